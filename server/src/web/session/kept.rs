//! Forms that are kept whole when they are sent after the session ended ([`app::kept`]): sealed, for who sent them and
//! the institution they worked for, 24 hours. They are sent again by their owner, or thrown away. Here they are sealed and
//! opened; how they are stored: [`crate::store::kept_forms`].

use super::super::Web;
use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::keys::{Purpose, Sealed};
use crate::store::{StoreError, kept_forms, party_tx};
use app::kept::{self, Fields};
use app::ports::Caller;
use app::ports::session::KeptForm;
use domain::bsn::Bsn;
use openidconnect::url::form_urlencoded;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How many forms are kept of one person; the oldest goes first.
const MOST: i64 = 5;

/// What is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    path: String,
    fields: Fields,
}

/// Keeps a form; the address where it is found, or nothing when nobody typed anything in it.
///
/// # Errors
/// The database does not answer.
pub(super) async fn keep(
    web: &Web,
    caller: &Caller,
    path: &str,
    body: &[u8],
) -> Result<Option<String>, StoreError> {
    let sent = form_urlencoded::parse(body).into_owned().collect();
    let Some(fields) = kept::of(path, sent) else {
        return Ok(None);
    };
    let id = clock::new_key();
    let content = Content {
        path: path.to_owned(),
        fields,
    };
    let plain = zeroize::Zeroizing::new(serde_json::to_vec(&content).unwrap_or_default());
    let sealed = web.keys.seal(&plain, &Purpose::Draft.of(id.as_bytes()));
    let mut tx = party_tx(&web.db, caller).await?;
    let party = caller.party().map(|party| party.id);
    kept_forms::insert(&mut tx, id, caller.user_id, party, &sealed.into_bytes()).await?;
    kept_forms::keep_newest(&mut tx, caller.user_id, MOST).await?;
    tx.commit().await?;
    Ok(Some(format!("/bewaard/{id}")))
}

/// A form of the caller; that it was shown is in the audit, for it may hold a person.
pub(super) async fn show(
    web: &Web,
    caller: &Caller,
    id: Uuid,
) -> Result<Option<KeptForm>, StoreError> {
    let mut tx = party_tx(&web.db, caller).await?;
    let found = kept_forms::open(&mut tx, id).await?;
    let Some(sealed) = found else {
        return Ok(None);
    };
    let unopened = || StoreError::Broken("sealed form".to_owned());
    let purpose = Purpose::Draft.of(id.as_bytes());
    let plain = web.keys.open(&Sealed::from_bytes(sealed), &purpose);
    let plain = plain.map_err(|_| unopened())?;
    let content: Content = serde_json::from_slice(&plain).map_err(|_| unopened())?;
    let line = Event::of(caller, Kind::RegistrationRead).object("kept-form", id);
    let bsns = content.fields.iter().flat_map(|(_, value)| bsns_in(value));
    let bsns = bsns.map(|bsn| web.keys.bsn_mac(&bsn));
    let line = audit::about_typed(&web.db, line, bsns).await?;
    audit::add(&mut tx, line).await?;
    tx.commit().await?;
    Ok(Some(KeptForm {
        id,
        path: content.path,
        fields: content.fields,
    }))
}

/// In a field, or in the words of one that takes many persons.
fn bsns_in(value: &str) -> Vec<Bsn> {
    match Bsn::in_text(value) {
        Some(bsn) => vec![bsn],
        None => value.split_whitespace().filter_map(Bsn::in_text).collect(),
    }
}

/// Throws a form of the caller away; false when there is none.
///
/// # Errors
/// The database does not answer.
pub(super) async fn forget(web: &Web, caller: &Caller, id: Uuid) -> Result<bool, StoreError> {
    let mut tx = party_tx(&web.db, caller).await?;
    let gone = kept_forms::delete(&mut tx, id).await?;
    tx.commit().await?;
    Ok(gone)
}

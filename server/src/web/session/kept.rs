//! Forms that are kept whole when they are sent after the session ended ([`app::kept`]): sealed, for who sent them and
//! the institution they worked for, 24 hours. They are sent again by their owner, or thrown away.

use super::super::Web;
use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::keys::{Purpose, Sealed};
use crate::store::{StoreError, party_tx};
use crate::web::router::BODY;
use app::kept::{self, Fields};
use app::ports::Caller;
use app::ports::session::KeptForm;
use axum::body::to_bytes;
use axum::extract::Request;
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
    request: Request,
) -> Result<Option<String>, StoreError> {
    let Ok(body) = to_bytes(request.into_body(), BODY).await else {
        return Ok(None);
    };
    let sent = form_urlencoded::parse(&body).into_owned().collect();
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
    sqlx::query!(
        "INSERT INTO kept_forms (id, user_id, party_id, sealed) VALUES ($1, $2, $3, $4)",
        id,
        caller.user_id,
        caller.party().map(|party| party.id),
        sealed.into_bytes()
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "DELETE FROM kept_forms WHERE id IN (SELECT id FROM kept_forms WHERE user_id = $1 ORDER BY kept_at DESC, id DESC OFFSET $2)",
        caller.user_id,
        MOST
    )
    .execute(&mut *tx)
    .await?;
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
    let found = sqlx::query_scalar!(
        "SELECT sealed FROM kept_forms WHERE id = $1 AND expires_at > now()",
        id
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(sealed) = found else {
        return Ok(None);
    };
    let unopened = || StoreError::Broken("sealed form".to_owned());
    let purpose = Purpose::Draft.of(id.as_bytes());
    let plain = web.keys.open(&Sealed::from_bytes(sealed), &purpose);
    let plain = plain.map_err(|_| unopened())?;
    let content: Content = serde_json::from_slice(&plain).map_err(|_| unopened())?;
    let line = Event::of(caller, Kind::RegistrationRead).object("kept-form", id);
    audit::add(&mut tx, line).await?;
    tx.commit().await?;
    Ok(Some(KeptForm {
        id,
        path: content.path,
        fields: content.fields,
    }))
}

/// Throws a form of the caller away; false when there is none.
///
/// # Errors
/// The database does not answer.
pub(super) async fn forget(web: &Web, caller: &Caller, id: Uuid) -> Result<bool, StoreError> {
    let mut tx = party_tx(&web.db, caller).await?;
    let gone = sqlx::query!("DELETE FROM kept_forms WHERE id = $1", id)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(gone.rows_affected() == 1)
}

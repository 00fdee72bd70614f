//! Posts about accesses to the drop box.

use super::answer::{Posted, go};
use crate::page::{ONCE, accounts, caller};
use crate::ports::PortError;
use crate::ports::accounts::{AccountChange, AccountChanged, AccountGiven, NewAccess};
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use domain::delivery::dropbox::Proof;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use uuid::Uuid;

/// Seconds in which a password that was made has to be looked at.
const LIFE: u32 = 300;

/// RIVM-beheer gives an installation another password or key, says where it may come from, lets it in again, or ends it.
#[server(prefix = "/api", endpoint = "toegang-wijzigen")]
pub(crate) async fn change_account(
    id: Uuid,
    step: String,
    #[server(default)] now: Option<String>,
    #[server(default)] key: String,
    #[server(default)] alone: Option<String>,
    #[server(default)] sources: String,
    #[server(default)] reason: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let change = match step.as_str() {
            "wachtwoord" => AccountChange::NewPassword { now: now.is_some() },
            "oud" => AccountChange::EndOldPassword,
            "sleutel" => AccountChange::AddKey {
                line: key,
                alone: alone.is_some(),
            },
            "sleutel-weg" => AccountChange::DropKey(key),
            "herkomst" => AccountChange::Sources(sources),
            "toelaten" => AccountChange::LetIn,
            "einde" => AccountChange::End(reason),
            _ => return Err(PortError::NotFound),
        };
        let changed = accounts()?.change_account(&caller, id, change).await?;
        let way = format!("/toegang/{id}");
        Ok(match changed {
            AccountChanged::Done => format!("{way}?melding=klaar"),
            AccountChanged::Password(sealed) => {
                once(&sealed);
                format!("{way}?melding=wachtwoord")
            }
            AccountChanged::Before => format!("{way}?melding=al"),
            AccountChanged::LastMeans => format!("{way}?melding=laatste"),
            AccountChanged::NoKey => format!("{way}?melding=sleutel#foutoverzicht"),
            AccountChanged::WeakKey => format!("{way}?melding=soort#foutoverzicht"),
            AccountChanged::NoSources => format!("{way}?melding=herkomst#foutoverzicht"),
            AccountChanged::NoReason => format!("{way}?melding=reden#foutoverzicht"),
        })
    })
    .await
}

/// RIVM-beheer gives out an access.
#[server(prefix = "/api", endpoint = "toegang-uitgeven")]
pub(crate) async fn give_account(
    #[server(default)] connection: String,
    #[server(default)] name: String,
    #[server(default)] installation: String,
    #[server(default)] proof: String,
    #[server(default)] rhythm: String,
    #[server(default)] key: String,
    #[server(default)] sources: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let Ok(connection) = connection.parse::<Uuid>() else {
            return Ok("/toegang?melding=koppeling#foutoverzicht".to_owned());
        };
        let proof = Proof::parse(&proof).ok_or(PortError::NotFound)?;
        let daily = match rhythm.as_str() {
            "workday" => true,
            "any" => false,
            _ => return Err(PortError::NotFound),
        };
        // What was chosen is chosen again; what was typed is in no address.
        let chosen = format!(
            "koppeling={connection}&bewijs={}&ritme={rhythm}",
            proof.as_str()
        );
        let again = |word: &str| format!("/toegang?melding={word}&{chosen}#foutoverzicht");
        let new = NewAccess {
            connection,
            name,
            installation,
            proof,
            daily,
            key,
            sources,
        };
        Ok(match accounts()?.give_account(&caller, new).await? {
            AccountGiven::Done(id) => format!("/toegang/{id}?melding=uitgegeven"),
            AccountGiven::Password(id, sealed) => {
                once(&sealed);
                format!("/toegang/{id}?melding=wachtwoord")
            }
            AccountGiven::NoConnection => again("koppeling"),
            AccountGiven::NoName => again("naam"),
            AccountGiven::NameTaken => again("naam-bezet"),
            AccountGiven::NoInstallation => again("installatie"),
            AccountGiven::InstallationTaken => again("installatie-bezet"),
            AccountGiven::NoKey => again("sleutel"),
            AccountGiven::WeakKey => again("soort"),
            AccountGiven::NoSources => again("herkomst"),
        })
    })
    .await
}

/// The next page opens it, and takes it away: it is never in an address.
fn once(sealed: &str) {
    let cookie =
        format!("{ONCE}={sealed}; Path=/; Max-Age={LIFE}; Secure; HttpOnly; SameSite=Strict");
    if let (Some(response), Ok(cookie)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&cookie),
    ) {
        response.append_header(SET_COOKIE, cookie);
    }
}

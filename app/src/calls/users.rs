//! Posts about who works for an institution, and who is the contact of a supplier.

use super::answer::{Posted, go};
use crate::page::{caller, users};
use crate::ports::PortError;
use crate::ports::users::Changed;
use domain::role::Role;
use leptos::prelude::*;
use uuid::Uuid;

/// Invites somebody; leads to the code.
#[server(prefix = "/api", endpoint = "gebruiker-uitnodigen")]
pub(crate) async fn invite(
    #[server(default)] name: String,
    #[server(default)] role: String,
    #[server(default)] supplier: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let supplier: Option<Uuid> = supplier.parse().ok();
        // Which supplier was chosen is chosen again; a name is in no address.
        let chosen = supplier.map_or(String::new(), |id| format!("&leverancier={id}"));
        let again = |word: &str| format!("/gebruikers?melding={word}{chosen}#foutoverzicht");
        let role = match Role::parse(&role) {
            _ if name.trim().is_empty() => return Ok(again("naam")),
            None => return Ok(again("rol")),
            Some(Role::Leverancier) if supplier.is_none() => return Ok(again("leverancier")),
            Some(role) => role,
        };
        let id = users()?.invite(&caller, name, role, supplier).await?;
        Ok(format!("/gebruikers/uitnodiging/{id}"))
    })
    .await
}

/// The code of an invitation opens nothing any more.
#[server(prefix = "/api", endpoint = "uitnodiging-intrekken")]
pub(crate) async fn take_back(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        let changed = users()?.take_back(&caller, id).await?;
        Ok(told(changed, "ingetrokken"))
    })
    .await
}

/// Somebody works here no longer.
#[server(prefix = "/api", endpoint = "gebruiker-beeindigen")]
pub(crate) async fn end_user(
    user: Uuid,
    role: String,
    #[server(default)] supplier: Option<Uuid>,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let role = Role::parse(&role).ok_or(PortError::NotFound)?;
        let changed = users()?.end_user(&caller, user, role, supplier).await?;
        Ok(told(changed, "beeindigd"))
    })
    .await
}

/// An access that was not used for long opens again.
#[server(prefix = "/api", endpoint = "gebruiker-toelaten")]
pub(crate) async fn readmit(
    user: Uuid,
    role: String,
    #[server(default)] supplier: Option<Uuid>,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let role = Role::parse(&role).ok_or(PortError::NotFound)?;
        let changed = users()?.readmit(&caller, user, role, supplier).await?;
        Ok(told(changed, "toegelaten"))
    })
    .await
}

fn told(changed: Changed, done: &str) -> String {
    let word = match changed {
        Changed::Done => done,
        Changed::Before => "al",
        Changed::LastManager => "laatste",
    };
    format!("/gebruikers?melding={word}")
}

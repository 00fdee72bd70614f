//! Posts of a request for a new party.

use super::answer::{Posted, go};
use crate::page::{caller, onboarding};
use crate::ports::onboarding::Filed;
use domain::onboarding::PartyForm;
use leptos::prelude::*;
use uuid::Uuid;

/// RIVM-beheer asks for a new party; the key is that of the form, so twice is once.
#[server(prefix = "/api", endpoint = "partij-aanvragen")]
pub(crate) async fn file_party(concept: Uuid, #[server(default)] form: PartyForm) -> Posted {
    go(async move {
        let caller = caller().await?;
        let filed = onboarding()?.file_party(&caller, concept, form).await?;
        Ok(match filed {
            Filed::Done => format!("/aanvragen/{concept}?melding=gevraagd"),
            Filed::Faults => format!("/aanvragen/nieuw?concept={concept}#foutoverzicht"),
        })
    })
    .await
}

/// RIVM-beheer invites the first manager of a new party.
#[server(prefix = "/api", endpoint = "partij-beheerder")]
pub(crate) async fn invite_manager(request: Uuid, #[server(default)] name: String) -> Posted {
    go(async move {
        let caller = caller().await?;
        let way = format!("/aanvragen/{request}");
        if name.trim().is_empty() {
            return Ok(format!("{way}?melding=naam#foutoverzicht"));
        }
        onboarding()?.invite_manager(&caller, request, name).await?;
        Ok(format!("{way}#beheerder"))
    })
    .await
}

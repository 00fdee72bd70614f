//! Posts about the list of a round.

use super::answer::{Posted, go};
use super::entry::step_path;
use crate::page::{caller, worklists};
use crate::ports::entry::Step;
use crate::ports::worklist::made_path;
use leptos::prelude::*;

/// Makes the list from what was pasted.
#[server(prefix = "/api", endpoint = "werklijst-maken")]
pub(crate) async fn make_worklist(
    #[server(default)] persons: String,
    #[server(default)] consent: Option<String>,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        if consent.is_none() {
            return Ok("/werklijst?nieuw=1&melding=toestemming#foutoverzicht".to_owned());
        }
        Ok(made_path(
            worklists()?.make_worklist(&caller, persons).await?,
            "melding",
        ))
    })
    .await
}

/// Asks about those of whom the BRP was not asked yet.
#[server(prefix = "/api", endpoint = "werklijst-verder")]
pub(crate) async fn ask_further() -> Posted {
    go(async move {
        let caller = caller().await?;
        worklists()?.ask_further(&caller).await?;
        Ok("/werklijst".to_owned())
    })
    .await
}

/// Begins a registration of somebody on the list, or of the next who is open.
#[server(prefix = "/api", endpoint = "werklijst-registreren")]
pub(crate) async fn begin_from_worklist(
    #[server(default)] number: Option<u32>,
    #[server(default)] same_as: Option<String>,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let same_as = same_as.filter(|reference| !reference.is_empty());
        let begun = worklists()?
            .begin_from_worklist(&caller, number, same_as)
            .await?;
        Ok(begun.map_or_else(
            || "/werklijst?melding=niemand".to_owned(),
            |draft| step_path(Step::Person, draft),
        ))
    })
    .await
}

/// Throws the list away.
#[server(prefix = "/api", endpoint = "werklijst-weggooien")]
pub(crate) async fn discard_worklist() -> Posted {
    go(async move {
        let caller = caller().await?;
        worklists()?.discard_worklist(&caller).await?;
        Ok("/werklijst".to_owned())
    })
    .await
}

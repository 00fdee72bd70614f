//! Posts about connections and about deliveries that wait.

use super::answer::{Posted, go};
use crate::page::{caller, parties};
use crate::ports::PortError;
use crate::ports::parties::{Said, Side, Wish};
use domain::connection::{ConnectionStep, standard_without};
use domain::delivery::Channel;
use domain::row::Column;
use leptos::prelude::*;
use uuid::Uuid;

/// RIVM-beheer asks for a connection.
#[server(prefix = "/api", endpoint = "koppeling-vragen")]
pub(crate) async fn ask_connection(
    #[server(default)] party: String,
    #[server(default)] intermediary: String,
    #[server(default)] channel: String,
    #[server(default)] purpose: String,
    #[server(default)] without: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let missing = match Channel::parse(&channel) {
            _ if party.is_empty() => Some("instelling"),
            None => Some("koppelvlak"),
            Some(_) if purpose.trim().is_empty() => Some("doel"),
            Some(channel) if !may_ask_without(channel, &without) => Some("kolommen"),
            Some(_) => None,
        };
        if let Some(word) = missing {
            return Ok(format!("/koppelingen?melding={word}#foutoverzicht"));
        }
        let channel = Channel::parse(&channel).ok_or(PortError::NotFound)?;
        let wish = Wish {
            party,
            intermediary,
            channel,
            purpose,
            without,
        };
        Ok(match parties()?.ask_connection(&caller, wish).await? {
            Some(id) => format!("/koppelingen/{id}?melding=gevraagd"),
            None => "/koppelingen?melding=bestaat".to_owned(),
        })
    })
    .await
}

/// Columns are left out of files, and only such as a file may lack.
fn may_ask_without(channel: Channel, without: &str) -> bool {
    let in_files = !matches!(channel, Channel::Portaal | Channel::Papier);
    standard_without(without).is_some_and(|standard| in_files || standard.len() == Column::COUNT)
}

/// The privacycoördinator decides about a connection.
#[server(prefix = "/api", endpoint = "koppeling-besluit")]
pub(crate) async fn decide_connection(
    id: Uuid,
    step: String,
    #[server(default)] reason: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let step = ConnectionStep::parse(&step).ok_or(PortError::NotFound)?;
        let way = format!("/koppelingen/{id}");
        if reason.trim().is_empty() {
            let step = step.as_str();
            return Ok(format!("{way}?stap={step}&melding=reden#foutoverzicht"));
        }
        let said = parties()?
            .decide_connection(&caller, id, step, reason)
            .await?;
        Ok(match said {
            Said::Done(deliveries) => format!("{way}?melding=klaar&aantal={deliveries}"),
            Said::Welcome => format!("{way}?melding=welkom"),
            Said::SamePerson => format!("{way}?melding=zelfde"),
            Said::Other => format!("{way}?melding=ander"),
            Said::NotTried => format!("{way}?melding=niet-getest"),
        })
    })
    .await
}

/// The privacycoördinator decides about a party of a connection as a whole.
#[server(prefix = "/api", endpoint = "partij-besluit")]
pub(crate) async fn decide_party(
    id: Uuid,
    side: String,
    step: String,
    #[server(default)] reason: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let side = Side::parse(&side).ok_or(PortError::NotFound)?;
        let step = ConnectionStep::parse(&step).ok_or(PortError::NotFound)?;
        let way = format!("/koppelingen/{id}");
        if reason.trim().is_empty() {
            let (side, step) = (side.as_str(), step.as_str());
            return Ok(format!(
                "{way}?wie={side}&stap={step}&melding=reden#foutoverzicht"
            ));
        }
        let said = parties()?
            .decide_party(&caller, id, side, step, reason)
            .await?;
        Ok(match said {
            Said::Done(deliveries) => format!("{way}?melding=klaar&aantal={deliveries}"),
            _ => format!("{way}?melding=ander"),
        })
    })
    .await
}

/// RIVM-beheer asks for what a delivery waits for.
#[server(prefix = "/api", endpoint = "geparkeerd-vragen")]
pub(crate) async fn ask_for_parked(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        let asked = parties()?.ask_for_parked(&caller, id).await?;
        Ok(format!("/koppelingen/{asked}?melding=gevraagd"))
    })
    .await
}

/// A delivery that waits goes on, or is destroyed.
#[server(prefix = "/api", endpoint = "geparkeerd-besluit")]
pub(crate) async fn settle_parked(
    id: Uuid,
    step: String,
    #[server(default)] reason: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let release = match step.as_str() {
            "vrijgeven" => true,
            "vernietigen" => false,
            _ => return Err(PortError::NotFound),
        };
        if reason.trim().is_empty() {
            return Ok(format!("/geparkeerd/{id}?melding={step}#foutoverzicht"));
        }
        parties()?
            .settle_parked(&caller, id, release, reason)
            .await?;
        let word = if release { "vrij" } else { "vernietigd" };
        Ok(format!("/geparkeerd?melding={word}"))
    })
    .await
}

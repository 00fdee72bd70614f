//! Posts about clusters: prepare a decision, go on with it or agree, say no.

#![expect(
    clippy::too_many_arguments,
    reason = "one for each input of a form, as the server functions of leptos have it"
)]

use super::answer::{Posted, go, not_wanted};
use crate::page::{caller, decisions};
use crate::parts::pager::address;
use crate::ports::PortError;
use crate::ports::decisions::{Agreed, Closing, Proposal};
use domain::decision::{DecisionKind, Told, days};
use domain::search::may_hold_a_bsn;
use leptos::prelude::*;
use uuid::Uuid;

/// Most characters of a field that comes back in the address.
const KEPT: usize = 100;

/// Prepares a decision about the cluster that a row is in; leads to the page with what it would come to.
#[server(prefix = "/api", endpoint = "groep-besluit")]
pub(crate) async fn propose(
    row: Uuid,
    kind: String,
    #[server(default)] value: String,
    #[server(default)] first: String,
    #[server(default)] last: String,
    #[server(default)] reason: String,
    #[server(default)] request: String,
    #[server(default)] told: String,
    #[server(default)] alone: bool,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let kind = DecisionKind::parse(&kind).ok_or(PortError::NotFound)?;
        let days = days(&first, &last);
        let told = Told::parse(&told);
        let wrong = match (kind, &days) {
            (DecisionKind::Map, _) if value.trim().is_empty() => Some("waarde"),
            (DecisionKind::Map, Err(fault)) => Some(fault.as_str()),
            (DecisionKind::Reject, _) if told.is_none() => Some("uitleg"),
            _ if reason.trim().is_empty() => Some("reden"),
            _ => None,
        };
        // What may hold something of a person stays out of the address.
        let kept = |text: &str| {
            let text = Some(text).filter(|text| !may_hold_a_bsn(text));
            text.unwrap_or_default().chars().take(KEPT).collect()
        };
        let typed: [(&str, String); 4] = [
            ("waarde", kept(&value)),
            ("vanaf", kept(&first)),
            ("tot", kept(&last)),
            (
                "uitleg",
                told.map_or_else(String::new, |told| told.as_str().to_owned()),
            ),
        ];
        let asks = |word: &str| {
            let mut query = vec![
                ("soort", kind.as_str().to_owned()),
                ("melding", word.to_owned()),
            ];
            query.extend(typed.clone());
            let way = address(&format!("/beoordelen/groepen/{row}"), &query);
            format!("{way}#foutoverzicht")
        };
        if let Some(word) = wrong {
            return Ok(asks(word));
        }
        let proposal = Proposal {
            kind,
            value,
            days: days.unwrap_or_default(),
            reason,
            told,
            request,
            alone,
        };
        Ok(match decisions()?.propose(&caller, row, proposal).await {
            // Its page says who was first, when somebody was.
            Err(PortError::NotFound) => format!("/beoordelen/groepen/{row}"),
            Err(PortError::Conflict) => asks("verzoek"),
            made => format!("/beoordelen/besluiten/{}", made?),
        })
    })
    .await
}

/// Prepares the link of a row to a person; leads to the page with what it would come to.
#[server(prefix = "/api", endpoint = "regel-koppelen")]
pub(crate) async fn link_row(
    row: Uuid,
    #[server(default)] person: String,
    #[server(default)] reason: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let missing = if person.trim().is_empty() {
            Some("persoon")
        } else {
            reason.trim().is_empty().then_some("reden")
        };
        if let Some(word) = missing {
            return Ok(format!(
                "/beoordelen/{row}/koppelen?melding={word}#foutoverzicht"
            ));
        }
        let person = person.trim().to_owned();
        let id = decisions()?
            .propose_link(&caller, row, person, reason)
            .await?;
        Ok(format!("/beoordelen/besluiten/{id}"))
    })
    .await
}

/// Prepares that a link is undone; leads to the page with what it would come to.
#[server(prefix = "/api", endpoint = "koppeling-terug")]
pub(crate) async fn undo_link(id: Uuid, #[server(default)] reason: String) -> Posted {
    go(async move {
        let caller = caller().await?;
        if reason.trim().is_empty() {
            return Ok(format!(
                "/beoordelen/besluiten/{id}?melding=reden#foutoverzicht"
            ));
        }
        let undo = decisions()?.propose_undo(&caller, id, reason).await?;
        Ok(format!("/beoordelen/besluiten/{undo}"))
    })
    .await
}

/// Who prepared it goes on, or the second person agrees.
#[server(prefix = "/api", endpoint = "besluit-akkoord")]
pub(crate) async fn decide(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        let word = match decisions()?.decide(&caller, id).await? {
            Agreed::Running => "loopt",
            Agreed::Waiting => "wacht",
            Agreed::SamePerson => "zelfde",
            Agreed::Other => "ander",
            Agreed::Late => "laat",
            Agreed::Before => "eerder",
            Agreed::NotYet => "kanniet",
        };
        Ok(format!("/beoordelen/besluiten/{id}?melding={word}"))
    })
    .await
}

/// The second person says no, or who asked takes it back.
#[server(prefix = "/api", endpoint = "besluit-niet")]
pub(crate) async fn drop_decision(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        let dropped = decisions()?.drop_decision(&caller, id).await;
        not_wanted(format!("/beoordelen/besluiten/{id}"), dropped)
    })
    .await
}

/// Prepares that rows which went back and were not mended are closed; leads to the page with what it would come to.
#[server(prefix = "/api", endpoint = "teruggestuurd-afsluiten")]
pub(crate) async fn close_returned(
    id: Uuid,
    kind: String,
    #[server(default)] reason: String,
    #[server(default)] told: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let kind = DecisionKind::parse(&kind).ok_or(PortError::NotFound)?;
        let told = Told::parse(&told);
        let missing = match kind {
            DecisionKind::Reject if told.is_none() => Some("uitleg"),
            _ => reason.trim().is_empty().then_some("reden"),
        };
        if let Some(word) = missing {
            let query = [
                ("melding", format!("sluiten-{word}")),
                ("soort", kind.as_str().to_owned()),
                (
                    "uitleg",
                    told.map_or_else(String::new, |told| told.as_str().to_owned()),
                ),
            ];
            let way = address(&format!("/beoordelen/besluiten/{id}"), &query);
            return Ok(format!("{way}#foutoverzicht"));
        }
        let closing = Closing { kind, reason, told };
        let made = decisions()?.propose_close(&caller, id, closing).await?;
        Ok(format!("/beoordelen/besluiten/{made}"))
    })
    .await
}

/// Rows that went back and were not mended are in the queue again.
#[server(prefix = "/api", endpoint = "regels-terughalen")]
pub(crate) async fn recall(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        decisions()?.recall(&caller, id).await?;
        Ok(format!("/beoordelen/besluiten/{id}"))
    })
    .await
}

/// A kept value no longer holds for rows that come later.
#[server(prefix = "/api", endpoint = "naam-beeindigen")]
pub(crate) async fn end_name(id: Uuid, #[server(default)] reason: String) -> Posted {
    go(async move {
        let caller = caller().await?;
        if reason.trim().is_empty() {
            return Ok(format!(
                "/beoordelen/besluiten/{id}?melding=einde#foutoverzicht"
            ));
        }
        decisions()?.end_name(&caller, id, reason).await?;
        Ok(format!("/beoordelen/besluiten/{id}"))
    })
    .await
}

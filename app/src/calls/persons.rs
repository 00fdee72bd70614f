//! Posts about vaccinations that contradict each other, and the search for a person.

use super::answer::{Posted, go};
use crate::page::{caller, persons};
use crate::ports::PortError;
use crate::ports::persons::{NewRuling, Ruled, Why};
use domain::ruling::RulingKind;
use leptos::prelude::*;
use uuid::Uuid;

/// Rules about a row; `counts` is "this" or "other", for a merge.
#[server(prefix = "/api", endpoint = "oordeel")]
pub(crate) async fn rule(
    row: Uuid,
    kind: String,
    #[server(default)] other: String,
    #[server(default)] counts: String,
    #[server(default)] reason: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let kind = RulingKind::parse(&kind).ok_or(PortError::NotFound)?;
        let other: Option<Uuid> = match other.as_str() {
            "" => None,
            key => Some(key.parse().map_err(|_| PortError::NotFound)?),
        };
        let way = |word: &str| {
            let with = other.map_or(String::new(), |other| format!("&met={other}"));
            let kind = kind.as_str();
            format!("/beoordelen/{row}/vergelijken?soort={kind}{with}&melding={word}")
        };
        let chosen = matches!(counts.as_str(), "this" | "other");
        if kind == RulingKind::Merge && !chosen {
            return Ok(format!("{}#foutoverzicht", way("keuze")));
        }
        if reason.trim().is_empty() {
            return Ok(format!("{}#foutoverzicht", way("reden")));
        }
        let ruling = NewRuling {
            kind,
            other,
            other_counts: counts == "other",
            reason,
        };
        Ok(match persons()?.rule(&caller, row, ruling).await? {
            Ruled::Done(id) => format!("/beoordelen/oordelen/{id}?melding=klaar"),
            Ruled::Late => format!("/beoordelen/{row}/vergelijken?melding=laat"),
            Ruled::SameDay => way("dag"),
        })
    })
    .await
}

/// A ruling no longer holds, for a reason.
#[server(prefix = "/api", endpoint = "oordeel-terug")]
pub(crate) async fn undo_ruling(id: Uuid, #[server(default)] reason: String) -> Posted {
    go(async move {
        let caller = caller().await?;
        if reason.trim().is_empty() {
            return Ok(format!(
                "/beoordelen/oordelen/{id}?melding=reden#foutoverzicht"
            ));
        }
        persons()?.undo_ruling(&caller, id, reason).await?;
        Ok(format!("/beoordelen/oordelen/{id}?melding=terug"))
    })
    .await
}

/// Looks for a person by BSN; leads to the record, with the reason in the address and nothing else.
#[server(prefix = "/api", endpoint = "dossier-zoeken")]
pub(crate) async fn find_person(
    #[server(default)] bsn: String,
    #[server(default)] why: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let digits = bsn.chars().filter(char::is_ascii_digit).count();
        let why = match Why::parse(&why) {
            _ if digits != 9 => return Ok("/dossiers?melding=bsn#foutoverzicht".to_owned()),
            None => return Ok("/dossiers?melding=reden#foutoverzicht".to_owned()),
            Some(why) => why,
        };
        Ok(match persons()?.find_person(&caller, bsn).await? {
            Some(id) => format!("/dossiers/{id}?reden={}", why.as_str()),
            None => "/dossiers?melding=geen".to_owned(),
        })
    })
    .await
}

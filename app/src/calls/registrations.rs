//! Posts that correct or withdraw a registration.

use super::answer::{Posted, go};
use crate::form::RowForm;
use crate::page::{caller, entry};
use crate::parts::pager::and;
use crate::parts::warnings::Tick;
use crate::ports::entry::{Corrected, Restored, StoodBy, Withdrawn};
use leptos::prelude::*;
use uuid::Uuid;

/// Stores a new version, or leads back to what was typed. `only_keep`: the session is about to end, so it is
/// only kept.
#[server(prefix = "/api", endpoint = "registratie-corrigeren")]
pub(crate) async fn correct_registration(
    registration: Uuid,
    #[server(default)] row: RowForm,
    #[server(default)] reason: String,
    #[server(default)] confirmed: Option<String>,
    #[server(default)] warned: Option<String>,
    #[server(default)] version: u32,
    #[server(default)] only_keep: bool,
) -> Posted {
    go(async move {
        let (mut caller, entry) = (caller().await?, entry()?);
        caller.only_keeps |= only_keep;
        let tick = Tick::of(confirmed, warned);
        let done = entry
            .correct(
                &caller,
                registration,
                row.to_row(),
                reason,
                tick.told(),
                Some(version),
            )
            .await?;
        // The page says what somebody else made of it since this version.
        let form = format!("/registraties/{registration}/corrigeren?versie={version}&concept=");
        Ok(match done {
            Corrected::Done => format!("/registraties/{registration}?melding=gecorrigeerd"),
            Corrected::LookAgain(draft) => tick.passed_over(format!("{form}{draft}#foutoverzicht")),
            Corrected::NotApproved(draft) => format!("{form}{draft}&melding=akkoord"),
            Corrected::Changed(draft) => format!("{form}{draft}"),
            Corrected::Withdrawn(draft) => {
                format!("/registreren?concept={draft}&melding=ingetrokken")
            }
            Corrected::Later(draft, wait) => format!("{form}{draft}&wacht={}", wait.as_str()),
        })
    })
    .await
}

/// Withdraws a registration; without a reason the page asks for it.
#[server(prefix = "/api", endpoint = "registratie-intrekken")]
pub(crate) async fn withdraw_registration(
    registration: Uuid,
    #[server(default)] reason: String,
    #[server(default)] consent_withdrawn: Option<String>,
) -> Posted {
    go(async move {
        if reason.trim().is_empty() {
            let page = format!("/registraties/{registration}/intrekken?melding=reden");
            let ticked = consent_withdrawn.is_some();
            let page = if ticked { and(&page, "vinkje", "1") } else { page };
            return Ok(format!("{page}#foutoverzicht"));
        }
        let (caller, entry) = (caller().await?, entry()?);
        let done = entry
            .withdraw(&caller, registration, reason, consent_withdrawn.is_some())
            .await?;
        Ok(match done {
            Withdrawn::Done => format!("/registraties/{registration}?melding=ingetrokken"),
            Withdrawn::TooLate(draft) => format!(
                "/registraties/{registration}/intrekken?concept={draft}&melding=te-laat#foutoverzicht"
            ),
            Withdrawn::Kept(draft) => {
                format!("/registraties/{registration}/intrekken?concept={draft}")
            }
        })
    })
    .await
}

/// Undoes the withdrawal of a registration; without a reason the page asks for it.
#[server(prefix = "/api", endpoint = "registratie-terugzetten")]
pub(crate) async fn restore_registration(
    registration: Uuid,
    #[server(default)] reason: String,
) -> Posted {
    go(async move {
        let page = format!("/registraties/{registration}/terugzetten");
        if reason.trim().is_empty() {
            return Ok(format!("{page}?melding=reden#foutoverzicht"));
        }
        let (caller, entry) = (caller().await?, entry()?);
        Ok(match entry.restore(&caller, registration, reason).await? {
            Restored::Done => format!("/registraties/{registration}?melding=teruggezet"),
            Restored::Again(draft) => format!("{page}?concept={draft}&melding=opnieuw"),
            Restored::NotApproved(draft) => format!("{page}?concept={draft}&melding=akkoord"),
            Restored::Kept(draft) => format!("{page}?concept={draft}"),
        })
    })
    .await
}

/// Answers RIVM that a registration is right as it stands; without an explanation the page asks for it.
#[server(prefix = "/api", endpoint = "registratie-klopt")]
pub(crate) async fn stand_by_registration(
    registration: Uuid,
    #[server(default)] reason: String,
) -> Posted {
    go(async move {
        let page = format!("/registraties/{registration}");
        if reason.trim().is_empty() {
            return Ok(format!("{page}?melding=toelichting#foutoverzicht"));
        }
        let (caller, entry) = (caller().await?, entry()?);
        Ok(match entry.stand_by(&caller, registration, reason).await? {
            StoodBy::Done => format!("{page}?melding=klopt"),
            StoodBy::NotApproved(draft) => format!("{page}?concept={draft}&melding=akkoord"),
            StoodBy::Kept(draft) => format!("{page}?concept={draft}"),
        })
    })
    .await
}

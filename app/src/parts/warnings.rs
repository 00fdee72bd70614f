//! Warnings about a row: never red, one tick to go on (features F12).

use super::field::asked_tick;
use super::messages::Messages;
use super::pager::and;
use super::{alert, link};
use crate::page::Visit;
use crate::ports::entry::DraftView;
use crate::texts::Texts;
use domain::finding::{Finding, Severity};
use leptos::prelude::*;

/// Findings that ask for a look but do not refuse.
pub(crate) fn of(findings: &[Finding]) -> Vec<Finding> {
    let asks = |finding: &&Finding| {
        matches!(
            finding.severity,
            Severity::Waarschuwing | Severity::Controle
        )
    };
    findings.iter().filter(asks).cloned().collect()
}

/// The block with the tick; nothing when there are no warnings.
pub(crate) fn with_tick(
    draft: &DraftView,
    messages: &Messages,
    t: &'static Texts,
) -> Option<AnyView> {
    let label = t.entry.warnings_tick;
    let tick = asked_tick("confirmed", label, draft.confirmed, true, messages, t);
    // Not by `hidden_inputs`: a form has its token once, or is not read.
    let tick = view! { <input type="hidden" name="warned" value=draft.told.clone()/>{tick} };
    block(&draft.findings, Some(tick.into_any()), t)
}

/// The tick is asked for once it was passed over; the first time they are only shown (ux §3.2: never as an error).
pub(crate) fn look(
    findings: &[Finding],
    confirmed: bool,
    visit: &Visit,
    messages: &mut Messages,
    t: &'static Texts,
) -> Option<AnyView> {
    if !messages.is_empty() || confirmed || of(findings).is_empty() {
        return None;
    }
    if visit.query("vinkje").is_some() {
        messages.add("confirmed", t.entry.warnings_needed);
        return None;
    }
    let way = link("#waarschuwingen", t.entry.warnings_look);
    Some(alert::warning(
        view! { <p class="utrecht-paragraph">{way}</p> },
    ))
}

/// What a form said of the warnings on its page.
pub(crate) struct Tick {
    ticked: bool,
    told: Option<String>,
}

impl Tick {
    /// Of the tick, and of the warnings that stood above it.
    pub(crate) fn of(confirmed: Option<String>, warned: Option<String>) -> Self {
        Self {
            ticked: confirmed.is_some(),
            told: warned,
        }
    }

    /// The warnings that were ticked.
    pub(crate) fn told(&self) -> Option<String> {
        self.told.clone().filter(|_| self.ticked)
    }

    /// The address that a form goes back to: the tick is asked for where it was passed over.
    pub(crate) fn passed_over(&self, path: String) -> String {
        if self.ticked || self.told.is_none() {
            return path;
        }
        and(&path, "vinkje", "1")
    }
}

/// The block without a tick, where they were confirmed already or nothing is left to decide.
pub(crate) fn shown(findings: &[Finding], t: &'static Texts) -> Option<AnyView> {
    block(findings, None, t)
}

fn block(findings: &[Finding], tick: Option<AnyView>, t: &'static Texts) -> Option<AnyView> {
    let warnings = of(findings);
    if warnings.is_empty() {
        return None;
    }
    let items = warnings.into_iter().map(|finding| {
        let column = finding
            .column
            .map(|column| format!("{}: ", column.title_in(t.language)));
        view! { <li>{column}{finding.message_in(t.language).into_owned()}</li> }
    });
    Some(
        view! {
            <section class="cims-warnings" id="waarschuwingen" tabindex="-1" aria-labelledby="waarschuwingen-titel">
                <h2 class="cims-warnings__title" id="waarschuwingen-titel">{t.entry.warnings_title}</h2>
                <ul class="cims-warnings__list">{items.collect_view()}</ul>
                {tick}
            </section>
        }
        .into_any(),
    )
}

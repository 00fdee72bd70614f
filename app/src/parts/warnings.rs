//! Warnings about a row: never red, one tick to go on (features F12).

use super::field::asked_tick;
use super::messages::Messages;
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
    findings: &[Finding],
    confirmed: bool,
    messages: &Messages,
    t: &'static Texts,
) -> Option<AnyView> {
    let label = t.entry.warnings_tick;
    let tick = asked_tick("confirmed", label, confirmed, true, messages, t);
    block(findings, Some(tick), t)
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

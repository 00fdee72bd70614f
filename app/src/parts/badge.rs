//! The outcome of a row or a file: a coloured word, the word always shown.

use crate::ports::deliveries::Phase;
use crate::texts::Texts;
use domain::delivery::{Channel, FileOutcome, RowOutcome};
use domain::finding::Severity;
use leptos::prelude::*;

/// A badge of a kind (`success`, `warning`, `error`, `neutral`).
pub(crate) fn badge(kind: &'static str, text: impl Into<String>) -> AnyView {
    let text = text.into();
    view! { <span class=format!("utrecht-status-badge utrecht-status-badge--{kind}")>{text}</span> }
        .into_any()
}

/// The words for the outcome of a row.
pub(crate) fn outcome_text(outcome: RowOutcome, t: &'static Texts) -> &'static str {
    match outcome {
        RowOutcome::Geaccepteerd => t.frame.outcome_accepted,
        RowOutcome::TeControleren => t.frame.outcome_review,
        RowOutcome::Afgekeurd => t.frame.outcome_refused,
        RowOutcome::Dubbel => t.frame.outcome_double,
        RowOutcome::Geteld => t.frame.outcome_counted,
    }
}

/// The outcome of a row.
pub(crate) fn outcome(outcome: RowOutcome, t: &'static Texts) -> AnyView {
    let kind = match outcome {
        RowOutcome::Geaccepteerd => "success",
        RowOutcome::TeControleren => "warning",
        RowOutcome::Afgekeurd => "error",
        RowOutcome::Dubbel | RowOutcome::Geteld => "neutral",
    };
    badge(kind, outcome_text(outcome, t))
}

/// Where a delivery stands: its outcome when it is done, else its phase.
pub(crate) fn delivery(phase: Phase, outcome: Option<FileOutcome>, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    let (kind, text) = match (phase, outcome) {
        (Phase::Done, Some(FileOutcome::Verwerkt)) => ("success", u.outcome_verwerkt),
        (Phase::Done, Some(FileOutcome::DeelsVerwerkt)) => ("warning", u.outcome_deels),
        (Phase::Done, Some(FileOutcome::Geweigerd)) => ("error", u.outcome_geweigerd),
        (Phase::Done, Some(FileOutcome::Dubbel)) => ("neutral", u.outcome_dubbel),
        (Phase::Done, Some(FileOutcome::Leeg)) => ("neutral", u.outcome_leeg),
        (Phase::Done, None) => ("neutral", u.phase_done),
        (Phase::Received, _) => ("neutral", u.phase_received),
        (Phase::Checking, _) => ("neutral", u.phase_checking),
        (Phase::Preview, _) => ("warning", u.phase_preview),
        (Phase::Storing, _) => ("neutral", u.phase_storing),
        (Phase::Parked, _) => ("warning", u.phase_parked),
        (Phase::Discarded, _) => ("neutral", u.phase_discarded),
        (Phase::Withdrawing, _) => ("neutral", t.withdrawals.phase_withdrawing),
        (Phase::Withdrawn, _) => ("neutral", t.withdrawals.phase_withdrawn),
        (Phase::Restoring, _) => ("neutral", t.withdrawals.phase_restoring),
    };
    badge(kind, text)
}

/// How bad a finding is.
pub(crate) fn severity(severity: Severity, t: &'static Texts) -> AnyView {
    let u = &t.upload;
    match severity {
        Severity::Fout => badge("error", u.severity_fout),
        Severity::Controle => badge("warning", u.severity_controle),
        Severity::Waarschuwing => badge("warning", u.severity_waarschuwing),
        Severity::Hersteld => badge("neutral", u.severity_hersteld),
        Severity::Dubbel => badge("neutral", u.severity_dubbel),
    }
}

/// The words for a channel.
pub(crate) fn channel(channel: Channel, t: &'static Texts) -> &'static str {
    let u = &t.upload;
    match channel {
        Channel::Portaal => u.channel_portaal,
        Channel::Upload => u.channel_upload,
        Channel::Sftp => u.channel_sftp,
        Channel::Zorgmail => u.channel_zorgmail,
        Channel::Ggd => u.channel_ggd,
        Channel::Lsp => u.channel_lsp,
        Channel::Papier => u.channel_papier,
    }
}

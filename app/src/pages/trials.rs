//! The technical test of a connection: what the newest file of the test lane shows, rule by rule, and the ones before
//! (features F-X7). Part of the page of a connection.

use super::clusters::cause;
use crate::parts::table::{Cell, table};
use crate::parts::{badge, heading, paragraph};
use crate::ports::deliveries::Phase;
use crate::ports::parties::{ConnectionView, TrialView};
use crate::texts::{Texts, fill, number};
use domain::delivery::Channel;
use domain::delivery::trial::{Demand, LEAST_ROWS};
use leptos::prelude::*;

/// The report; nothing for a channel that has no test lane.
pub(super) fn report(view: &ConnectionView, t: &'static Texts) -> Option<AnyView> {
    let p = &t.parties;
    if view.channel != Channel::Sftp {
        return None;
    }
    let Some(newest) = view.trials.first() else {
        return Some(view! { {heading(p.trial)}{paragraph(p.trial_none)} }.into_any());
    };
    let count = |count: u32| number(t.language, u64::from(count));
    let demands = newest.demands.iter().map(|(demand, shown)| {
        vec![
            Cell::new(demand_name(*demand, t)),
            Cell::new(verdict(*shown, t)),
        ]
    });
    let codes = newest
        .codes
        .iter()
        .map(|(code, rows)| vec![Cell::new(cause(*code, None, t)), Cell::number(count(*rows))]);
    let codes: Vec<_> = codes.collect();
    let codes = if codes.is_empty() {
        paragraph(p.trial_no_codes)
    } else {
        table(
            "proef-regels",
            p.trial_codes_caption,
            &[p.trial_rule, p.rows_read],
            codes,
        )
    };
    let files = view.trials.iter().map(|trial| file(trial, t)).collect();
    let headers = [
        p.received,
        t.registrations.outcome,
        p.rows_read,
        p.trial_refused,
        p.trial_verdict,
    ];
    Some(
        view! {
            {heading(p.trial)}
            {paragraph(if newest.conforms() { p.trial_good } else { p.trial_not_yet })}
            {table("proef-eisen", p.trial_caption, &[p.trial_demand, p.trial_shown], demands.collect())}
            {codes}
            {table("proef-bestanden", p.trial_files_caption, &headers, files)}
        }
        .into_any(),
    )
}

fn file(trial: &TrialView, t: &'static Texts) -> Vec<Cell> {
    let count = |count: u32| number(t.language, u64::from(count));
    vec![
        Cell::new(trial.at.clone()),
        Cell::new(badge::delivery(Phase::Done, Some(trial.outcome), t)),
        Cell::number(count(trial.rows)),
        Cell::number(count(trial.refused)),
        Cell::new(verdict(trial.conforms(), t)),
    ]
}

fn verdict(shown: bool, t: &'static Texts) -> AnyView {
    if shown {
        badge::badge("success", t.parties.trial_yes)
    } else {
        badge::badge("warning", t.parties.trial_no)
    }
}

fn demand_name(demand: Demand, t: &'static Texts) -> String {
    let p = &t.parties;
    match demand {
        Demand::Rows => fill(p.demand_rows, &[("aantal", &LEAST_ROWS.to_string())]),
        Demand::NothingRefused => p.demand_nothing_refused.to_owned(),
        Demand::Correction => p.demand_correction.to_owned(),
        Demand::Withdrawal => p.demand_withdrawal.to_owned(),
        Demand::WithoutConsent => p.demand_without_consent.to_owned(),
    }
}

//! The technical test of a connection: what the newest file of the test lane shows, rule by rule, and the ones before
//! (features F-X7). Part of the page of a connection, and of that of a file that was tried.

use super::clusters::cause;
use crate::parts::findings::findings;
use crate::parts::table::{Cell, table};
use crate::parts::{alert, badge, link, paragraph};
use crate::ports::deliveries::Phase;
use crate::ports::parties::{ConnectionView, TrialView};
use crate::texts::{Texts, fill, number};
use domain::delivery::trial::{Demand, LEAST_ROWS};
use leptos::prelude::*;

/// The report; nothing for a channel of which no files are tried.
pub(super) fn report(view: &ConnectionView, t: &'static Texts) -> Option<AnyView> {
    let p = &t.parties;
    if !view.channel.is_tried() {
        return None;
    }
    let needs = paragraph(p.trial_needs);
    let Some(newest) = view.trials.first() else {
        let demands = Demand::of(view.channel).iter();
        let demands = demands.map(|demand| view! { <li>{demand_name(*demand, t)}</li> });
        return Some(
            view! {
                {headed(t)}
                {paragraph(p.trial_none)}
                {needs}
                <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{demands.collect_view()}</ul>
            }
            .into_any(),
        );
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
            {headed(t)}
            {paragraph(if newest.conforms() { p.trial_good } else { p.trial_not_yet })}
            {needs}
            {shown(newest, p.trial_caption, t)}
            {of_file(newest, t)}
            {table("proef-bestanden", p.trial_files_caption, &headers, files)}
        }
        .into_any(),
    )
}

/// What was found about the file as a whole, and columns that the approval would not be about.
fn of_file(trial: &TrialView, t: &'static Texts) -> AnyView {
    let found = findings(&trial.findings, t)
        .map(|list| view! { <h3 class="utrecht-heading-3">{t.upload.file_messages}</h3>{list} });
    let columns = trial.outside.join(", ");
    let outside = (!trial.outside.is_empty())
        .then(|| alert::info(fill(t.parties.trial_outside, &[("kolommen", &columns)])));
    view! { {found}{outside} }.into_any()
}

/// The heading, where the steps of a request lead to.
fn headed(t: &'static Texts) -> AnyView {
    view! { <h2 class="utrecht-heading-2" id="toets">{t.parties.trial}</h2> }.into_any()
}

/// What a file shows of what is asked for, and which rules it hit.
pub(super) fn shown(trial: &TrialView, caption: &'static str, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    let count = |count: u32| number(t.language, u64::from(count));
    let demands = trial.demands.iter().map(|(demand, shown)| {
        vec![
            Cell::new(demand_name(*demand, t)),
            Cell::new(verdict(*shown, t)),
        ]
    });
    let codes = trial.codes.iter().map(|(code, rows)| {
        let help = format!("/hulp/regels/{}", code.as_str());
        vec![
            Cell::new(link(help, cause(*code, None, t))),
            Cell::number(count(*rows)),
        ]
    });
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
    view! {
        {table("proef-eisen", caption, &[p.trial_demand, p.trial_shown], demands.collect())}
        {codes}
    }
    .into_any()
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

pub(super) fn verdict(shown: bool, t: &'static Texts) -> AnyView {
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

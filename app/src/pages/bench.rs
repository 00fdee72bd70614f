//! `/proefbank` and `/proefbank/{id}`: trying a file with the same rules and answers as a real one, and nothing taken in
//! (features F-X7). The bytes go to a plain route of the server, as those of `/aanleveren`.

use super::clusters::amount;
use super::trials;
use crate::page::{Screen, Visit, onboarding, page};
use crate::parts::findings::findings;
use crate::parts::messages::{Messages, described_by, error_message};
use crate::parts::table::{Cell, empty, table};
use crate::parts::{
    alert, badge, heading, hidden_inputs, link, paragraph, second_link, submit, title,
};
use crate::ports::deliveries::Phase;
use crate::ports::onboarding::{AttemptView, BenchView, LaneView};
use crate::texts::{Texts, fill, number};
use domain::finding::Code;
use leptos::prelude::*;

/// `/proefbank`
pub(crate) fn bench() -> AnyView {
    page(|visit| async move {
        let caller = visit.tester()?.clone();
        let view = onboarding()?.bench(&caller).await?;
        let under_test = !caller.role().may_deliver();
        Ok(screen(&visit, &view, under_test))
    })
}

fn screen(visit: &Visit, view: &BenchView, under_test: bool) -> Screen {
    let t = visit.t;
    let o = &t.onboarding;
    let mut messages = Messages::default();
    if let Some((id, text)) = visit.query("fout").and_then(|word| said(&word, t)) {
        messages.add(id, text);
    }
    let form = if view.lanes.is_empty() {
        empty(o.no_lanes, Vec::new())
    } else {
        form(view, &messages, t)
    };
    let attempts = if view.attempts.is_empty() {
        paragraph(o.attempts_none)
    } else {
        let headers = [
            t.parties.received,
            o.file,
            t.parties.channel,
            t.registrations.outcome,
            t.parties.rows_read,
            t.parties.trial_refused,
            t.parties.trial_verdict,
            o.attempt_open,
        ];
        let rows = view.attempts.iter().map(|one| row(one, t)).collect();
        table("proeven", o.attempts_caption, &headers, rows)
    };
    let body = view! {
        {messages.summary(t)}
        {title(o.bench)}
        <p class="utrecht-paragraph utrecht-paragraph--lead">{o.bench_lead}</p>
        {under_test.then(|| alert::info(o.bench_waits))}
        {paragraph(o.bench_safe)}
        {paragraph(o.bench_limits)}
        <p class="utrecht-paragraph">{link("/aanleveren/sjabloon", t.upload.template)}</p>
        {form}
        {attempts}
    };
    Screen::new(o.bench, body)
        .wide()
        .failed(!messages.is_empty())
}

/// The field and the text for a word of the address.
fn said(word: &str, t: &'static Texts) -> Option<(&'static str, &'static str)> {
    let u = &t.upload;
    match word {
        "geen" => Some(("bestand", u.page_none)),
        "groot" => Some(("bestand", u.page_size)),
        "afgebroken" => Some(("bestand", u.page_broken_off)),
        "meer" => Some(("bestand", u.page_more)),
        "ruimte" => Some(("bestand", u.page_no_room)),
        "koppeling" => Some(("koppeling", t.onboarding.no_lane)),
        _ => None,
    }
}

/// "SFTP via ZorgSoft, wacht op akkoord"
fn lane_name(lane: &LaneView, t: &'static Texts) -> String {
    let o = &t.onboarding;
    let channel = badge::channel(lane.channel, t);
    let text = match (lane.waits, &lane.intermediary) {
        (true, None) => o.lane_waits,
        (true, Some(_)) => o.lane_waits_of,
        (false, None) => o.lane_approved,
        (false, Some(_)) => o.lane_approved_of,
    };
    let name = lane.intermediary.as_deref().unwrap_or_default();
    fill(text, &[("koppelvlak", channel), ("naam", name)])
}

fn form(view: &BenchView, messages: &Messages, t: &'static Texts) -> AnyView {
    let (o, u) = (&t.onboarding, &t.upload);
    let one = view.lanes.len() == 1;
    let lanes = view.lanes.iter().enumerate().map(|(place, lane)| {
        let id = if place == 0 {
            "koppeling".to_owned()
        } else {
            format!("koppeling_{place}")
        };
        view! {
            <div class="utrecht-form-field utrecht-form-field--radio cims-choice">
                <input class="utrecht-radio-button utrecht-radio-button--html-input utrecht-form-field__input" type="radio"
                    id=id.clone() name="koppeling" value=lane.id.to_string() checked=one/>
                <label class="utrecht-form-label utrecht-form-label--radio utrecht-form-field__label" for=id>{lane_name(lane, t)}</label>
            </div>
        }
    });
    let class = |id: &str, plain: &'static str, wrong: &'static str| {
        if messages.at(id).is_some() {
            wrong
        } else {
            plain
        }
    };
    let group = class(
        "koppeling",
        "utrecht-form-fieldset utrecht-form-fieldset--html-fieldset",
        "utrecht-form-fieldset utrecht-form-fieldset--html-fieldset utrecht-form-fieldset--invalid",
    );
    let file = class(
        "bestand",
        "utrecht-form-field",
        "utrecht-form-field utrecht-form-field--invalid",
    );
    let wrong_file = messages.at("bestand").is_some();
    let wrong_lane = messages.at("koppeling").is_some();
    view! {
        <form class="cims-form" method="post" action="/proefbank" enctype="multipart/form-data" novalidate>
            {hidden_inputs(Vec::new())}
            <fieldset class=group aria-describedby=described_by("koppeling", false, wrong_lane)>
                <legend class="utrecht-form-fieldset__legend utrecht-form-fieldset__legend--html-legend">{o.bench_lane}</legend>
                {error_message("koppeling", messages.at("koppeling"), t)}
                <div class="cims-choices">{lanes.collect_view()}</div>
            </fieldset>
            <div class=file>
                <label class="utrecht-form-label utrecht-form-field__label" for="bestand">{u.file}</label>
                <div class="utrecht-form-field-description utrecht-form-field__description" id="bestand-hint">{u.file_hint}</div>
                {error_message("bestand", messages.at("bestand"), t)}
                <input type="file" class="cims-upload__input" id="bestand" name="bestand" accept=".xlsx,.ods,.csv,text/csv"
                    aria-describedby=described_by("bestand", true, wrong_file) aria-invalid=wrong_file.then_some("true")/>
            </div>
            {submit(o.bench_send)}
        </form>
    }
    .into_any()
}

fn row(one: &AttemptView, t: &'static Texts) -> Vec<Cell> {
    let o = &t.onboarding;
    let count = |count: u64| number(t.language, count);
    let outcome = one.trial.as_ref().map(|trial| trial.outcome);
    let verdict = one
        .trial
        .as_ref()
        .map(|trial| trials::verdict(trial.conforms(), t));
    let label = fill(
        o.attempt_open_label,
        &[("bestand", &one.file_name), ("moment", &one.received)],
    );
    vec![
        Cell::new(one.received.clone()),
        Cell::new(one.file_name.clone()),
        Cell::new(channel(one, t)),
        Cell::new(badge::delivery(one.phase, outcome, t)),
        Cell::number(count(one.counts.rows())),
        Cell::number(count(u64::from(one.counts.afgekeurd))),
        Cell::new(verdict),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/proefbank/{}", one.id) aria-label=label>{o.attempt_open}</a>
        }),
    ]
}

/// "SFTP via ZorgSoft"
fn channel(one: &AttemptView, t: &'static Texts) -> String {
    let channel = badge::channel(one.channel, t);
    match &one.intermediary {
        None => channel.to_owned(),
        Some(name) => fill(
            t.onboarding.lane_approved_of,
            &[("koppelvlak", channel), ("naam", name)],
        ),
    }
}

/// `/proefbank/{id}`
pub(crate) fn attempt() -> AnyView {
    page(|visit| async move {
        let caller = visit.tester()?.clone();
        let view = onboarding()?.attempt(&caller, visit.id()?).await?;
        Ok(attempt_screen(&visit, &view))
    })
}

fn attempt_screen(visit: &Visit, view: &AttemptView) -> Screen {
    let t = visit.t;
    let o = &t.onboarding;
    let outcome = view.trial.as_ref().map(|trial| trial.outcome);
    let what = match &view.trial {
        Some(trial) => {
            let verdict = if trial.conforms() {
                alert::ok(o.attempt_good)
            } else {
                alert::info(o.attempt_not_yet)
            };
            let base = format!("/proefbank/{}", view.id);
            let file = findings(&view.findings, t)
                .map(|list| view! { {heading(t.upload.file_messages)}{list} });
            let unknown = view.findings.iter().any(|one| one.code == Code::A10);
            let waits =
                (unknown && !view.channel.is_portal()).then(|| paragraph(o.attempt_columns));
            view! {
                {verdict}
                {file}
                {waits}
                {trials::shown(trial, o.attempt_demands, t)}
                {heading(o.attempt_answers)}
                <ul class="utrecht-unordered-list utrecht-unordered-list--html-content cims-no-print">
                    <li>{link(format!("{base}/ontvangst.json"), o.attempt_receipt)}</li>
                    <li>{link(format!("{base}/resultaat.csv"), t.upload.download_result_csv)}</li>
                    <li>{link(format!("{base}/resultaat.json"), t.upload.download_result_json)}</li>
                </ul>
            }
            .into_any()
        }
        None if matches!(view.phase, Phase::Received | Phase::Checking) => {
            // a refresh is no action of the user: its address says so
            let again = format!("3; url=/proefbank/{}?auto=1", view.id);
            view! {
                <meta http-equiv="refresh" content=again/>
                {paragraph(o.attempt_working)}
            }
            .into_any()
        }
        None => findings(&view.findings, t).into_any(),
    };
    let u = &t.upload;
    let read = amount(view.counts.rows(), u.counts_total_one, u.counts_total, t);
    let body = view! {
        {title(o.attempt)}
        <p class="utrecht-paragraph">{badge::delivery(view.phase, outcome, t)}" "{view.file_name.clone()}", "{view.received.clone()}", "{channel(view, t)}</p>
        {view.trial.is_some().then(|| paragraph(read))}
        {what}
        <p class="utrecht-paragraph">{second_link("/proefbank", o.attempt_again)}</p>
    };
    // the file name is the sender's: it stays out of the title of the document
    Screen::new(o.attempt, body)
        .under(o.bench, "/proefbank")
        .wide()
}

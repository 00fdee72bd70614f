//! `/dossiers` and `/dossiers/{id}`: RIVM looks a person up, says why, and sees what counts, what was reported and what was
//! ruled. Opening a record is recorded with its reason.

use super::clusters::kind_name as decision_name;
use super::compare::{kind_name, sources};
use crate::calls::corrections::BeginCorrection;
use crate::calls::persons::FindPerson;
use crate::page::{Screen, Visit, page, persons};
use crate::parts::answers::of_row;
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::radios::Radios;
use crate::parts::table::{Cell, table};
use crate::parts::{alert, badge, brp_age, heading, hidden_inputs, paragraph, submit, title};
use crate::ports::persons::{Act, Acted, Jab, PersonView, Reported, RulingView, Why};
use crate::texts::{Texts, fill};
use domain::row::Column;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// `/dossiers`
pub(crate) fn find() -> AnyView {
    page(|visit| async move {
        visit.reviewer()?;
        Ok(find_screen(&visit))
    })
}

fn find_screen(visit: &Visit) -> Screen {
    let t = visit.t;
    let p = &t.persons;
    let mut messages = Messages::default();
    let mut told = None;
    match visit.query("melding").as_deref() {
        Some("bsn") => messages.add("bsn", p.no_bsn),
        Some("reden") => messages.add("why", p.no_why),
        Some("geen") => told = Some(alert::info(p.found_none)),
        _ => {}
    }
    let bsn = Field {
        numeric: true,
        width: 10,
        ..Field::new("bsn", p.bsn, "")
    };
    let body = view! {
        {told}
        {messages.summary(t)}
        {title(p.find_title)}
        {paragraph(p.find_lead)}
        <form class="cims-form" method="post" action=FindPerson::PATH novalidate autocomplete="off">
            {bsn.text(&messages, t)}
            {why(&messages, t)}
            {submit(p.find)}
        </form>
    };
    Screen::new(p.find_title, body)
        .under(t.review.title, "/beoordelen")
        .failed(!messages.is_empty())
}

fn why(messages: &Messages, t: &'static Texts) -> AnyView {
    let options = Why::ALL.map(|why| (why.as_str(), why_name(why, t)));
    Radios {
        id: "why",
        legend: t.persons.why,
        hint: "",
        value: "",
        options: &options,
        inline: false,
    }
    .named("why", messages, t)
}

const fn why_name(why: Why, t: &'static Texts) -> &'static str {
    let p = &t.persons;
    match why {
        Why::Review => p.why_review,
        Why::Request => p.why_request,
        Why::Complaint => p.why_complaint,
        Why::Safety => p.why_safety,
    }
}

/// `/dossiers/{id}`
pub(crate) fn record() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let id = visit.id()?;
        let Some(why) = visit.query("reden").and_then(|why| Why::parse(&why)) else {
            return Ok(ask_screen(&visit, id));
        };
        let view = persons()?.person(&caller, id, why).await?;
        Ok(screen(&visit, &view))
    })
}

/// Asks why, before anything is read.
fn ask_screen(visit: &Visit, id: Uuid) -> Screen {
    let t = visit.t;
    let p = &t.persons;
    let options = Why::ALL.map(|why| (why.as_str(), why_name(why, t)));
    let question = Radios {
        id: "reden",
        legend: p.why,
        hint: "",
        value: "",
        options: &options,
        inline: false,
    };
    let body = view! {
        {title(p.record)}
        {paragraph(p.find_lead)}
        <form class="cims-form" method="get" action=format!("/dossiers/{id}")>
            {question.named("reden", &Messages::default(), t)}
            {submit(p.find)}
        </form>
    };
    Screen::new(p.record, body).under(t.review.title, "/beoordelen")
}

fn screen(visit: &Visit, view: &PersonView) -> Screen {
    let t = visit.t;
    let p = &t.persons;
    let proof = if view.proof.is_empty() {
        paragraph(p.proof_none)
    } else {
        jabs("bewijs", p.proof_caption, &view.proof, t)
    };
    let aside = (!view.aside.is_empty()).then(|| {
        view! { {heading(p.aside)}{jabs("telt-niet", p.aside_caption, &view.aside, t)} }
    });
    let reported = view.reported.iter().map(|one| report(one, t)).collect();
    let headers = [
        p.when,
        p.party,
        t.upload.channel,
        p.said,
        Column::Vaccinatiedatum.title_in(t.language),
        Column::Vaccin.title_in(t.language),
        Column::Batchnummer.title_in(t.language),
        Column::Dosisnummer.title_in(t.language),
        t.registrations.outcome,
        t.corrections.start,
    ];
    let rulings = if view.rulings.is_empty() {
        paragraph(p.rulings_none)
    } else {
        let rows = view.rulings.iter().map(|one| ruling(one, t)).collect();
        let headers = [p.when, p.kind, p.made_by, p.reason, p.holds, p.open];
        table("oordelen", p.rulings_caption, &headers, rows)
    };
    let acts = (!view.acts.is_empty()).then(|| {
        let rows = view.acts.iter().map(|one| acted(one, t)).collect();
        let headers = [p.when, p.kind, p.made_by, p.agreed_by, p.open];
        view! { {heading(p.acts)}{table("besluiten", p.acts_caption, &headers, rows)} }
    });
    let merged = view.merged.then(|| alert::info(p.merged));
    let body = view! {
        {merged}
        {title(p.record)}
        {brp_age::line(&view.brp, t)}
        {heading(p.who)}
        {of_row(&view.who, t)}
        {heading(p.proof)}
        {proof}
        {aside}
        {heading(p.reported)}
        {table("meldingen", p.reported_caption, &headers, reported)}
        {heading(p.rulings)}
        {rulings}
        {acts}
    };
    Screen::new(p.record, body)
        .under(t.review.title, "/beoordelen")
        .under(p.find_title, "/dossiers")
        .wide()
}

fn jabs(id: &'static str, caption: &'static str, jabs: &[Jab], t: &'static Texts) -> AnyView {
    let columns = [
        Column::Vaccinatiedatum,
        Column::Vaccin,
        Column::Batchnummer,
        Column::Dosisnummer,
        Column::Vaccinatieland,
    ];
    let mut headers: Vec<&'static str> = columns
        .iter()
        .map(|column| column.title_in(t.language))
        .collect();
    headers.push(t.persons.sources);
    let rows = jabs.iter().map(|jab| {
        let cells = columns
            .iter()
            .map(|column| Cell::new(jab.cells.get(*column).to_owned()));
        cells.chain([Cell::new(sources(&jab.sources, t))]).collect()
    });
    table(id, caption, &headers, rows.collect())
}

fn report(one: &Reported, t: &'static Texts) -> Vec<Cell> {
    let p = &t.persons;
    let said = match one.mutation.as_str() {
        "C" => p.said_corrected,
        "V" => p.said_back,
        _ => p.said_new,
    };
    let cell = |column| Cell::new(one.cells.get(column).to_owned());
    let outcome = match (one.waits, one.stands) {
        (Some(row), _) => {
            let label = fill(p.judge_label, &[("moment", &one.at)]);
            view! { <a class="utrecht-link utrecht-link--html-a" href=format!("/beoordelen/{row}/vergelijken") aria-label=label>{p.judge}</a> }
                .into_any()
        }
        (None, true) => badge::outcome(one.outcome, t),
        (None, false) => p.before.into_any(),
    };
    vec![
        Cell::new(one.at.clone()),
        Cell::new(one.party.clone()),
        Cell::new(badge::channel(one.channel, t)),
        Cell::new(said),
        cell(Column::Vaccinatiedatum),
        cell(Column::Vaccin),
        cell(Column::Batchnummer),
        cell(Column::Dosisnummer),
        Cell::new(outcome),
        Cell::new(on_request(one, t)),
    ]
}

/// What an institution can ask RIVM to do with a report that stands.
fn on_request(one: &Reported, t: &'static Texts) -> Option<AnyView> {
    if !one.stands || one.mutation == "V" {
        return None;
    }
    let c = &t.corrections;
    let button = |withdraw: bool| {
        let (text, label) = if withdraw {
            (c.withdraw, c.start_withdraw_label)
        } else {
            (c.correct, c.start_label)
        };
        let label = fill(label, &[("moment", &one.at)]);
        let mut hidden = vec![("registration", one.registration.to_string())];
        hidden.extend(withdraw.then(|| ("withdraw", "1".to_owned())));
        view! {
            <form method="post" action=BeginCorrection::PATH>
                {hidden_inputs(hidden)}
                <button class="utrecht-link-button utrecht-link-button--html-button" type="submit" aria-label=label>{text}</button>
            </form>
        }
    };
    Some(view! { {button(false)}{button(true)} }.into_any())
}

fn ruling(one: &RulingView, t: &'static Texts) -> Vec<Cell> {
    let p = &t.persons;
    let label = fill(p.open_label, &[("moment", &one.made_at)]);
    vec![
        Cell::new(one.made_at.clone()),
        Cell::new(kind_name(one.kind, false, t)),
        Cell::new(one.made_by.clone()),
        Cell::new(one.reason.clone()),
        Cell::new(if one.undone.is_some() {
            p.undone
        } else {
            p.yes
        }),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/beoordelen/oordelen/{}", one.id) aria-label=label>{p.open}</a>
        }),
    ]
}

/// A decision about rows, or a correction that an institution asked for.
fn acted(one: &Acted, t: &'static Texts) -> Vec<Cell> {
    let p = &t.persons;
    let (what, place) = match one.act {
        Act::Decision(kind) => (decision_name(kind, t), "besluiten"),
        Act::Corrected => (p.act_corrected, "correcties"),
        Act::Withdrawn => (p.act_withdrawn, "correcties"),
    };
    let label = fill(p.act_label, &[("moment", &one.at)]);
    vec![
        Cell::new(one.at.clone()),
        Cell::new(what),
        Cell::new(one.asked_by.clone()),
        Cell::new(one.agreed_by.clone().unwrap_or_else(|| "–".to_owned())),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/beoordelen/{place}/{}", one.id) aria-label=label>{p.open}</a>
        }),
    ]
}

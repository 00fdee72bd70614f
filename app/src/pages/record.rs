//! `/dossiers` and `/dossiers/{id}`: RIVM looks a person up, says why, and sees what counts, and all that happened
//! in one line. Opening a record is recorded with its reason.

use super::compare::sources;
use super::record_line;
use crate::calls::persons::FindPerson;
use crate::page::{Screen, Visit, page, persons};
use crate::parts::answers::of_row;
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::radios::Radios;
use crate::parts::table::{Cell, table};
use crate::parts::{alert, badge, brp_age, heading, paragraph, submit, title};
use crate::ports::persons::{Jab, PersonView, Why};
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
    let merged = view.merged.then(|| alert::info(p.merged));
    let body = view! {
        {merged}
        {title(p.record)}
        {brp_age::line(&view.brp, t)}
        {heading(p.who)}
        {of_row(&view.who, t)}
        {heading(p.proof)}
        {counts(view, t)}
        {proof}
        {aside}
        {heading(p.line)}
        {paragraph(p.line_lead)}
        {record_line::line(view, t)}
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

/// "2 van 2"; more than the series has is a riddle (features F-X5).
fn counts(view: &PersonView, t: &'static Texts) -> Option<AnyView> {
    let p = &t.persons;
    let doses = view.doses?;
    let count = view.proof.len();
    let text = fill(
        p.of_series,
        &[
            ("aantal", &count.to_string()),
            ("serie", &doses.to_string()),
        ],
    );
    let above = count > usize::from(doses);
    let kind = if above { "error" } else { "success" };
    let riddle = above.then(|| view! { " "{p.above_series} });
    Some(view! { <p class="utrecht-paragraph">{badge::badge(kind, text)}{riddle}</p> }.into_any())
}

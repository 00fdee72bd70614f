//! `/beoordelen/oordelen/{id}`: a ruling about a row, and its undoing.

use super::compare::kind_name;
use crate::calls::persons::UndoRuling;
use crate::page::{Screen, Visit, page, persons};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::{alert, folded, hidden_inputs, link, paragraph, second_link, submit, title};
use crate::ports::persons::RulingView;
use crate::texts::Texts;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/beoordelen/oordelen/{id}`
pub(crate) fn ruling() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let view = persons()?.ruling(&caller, visit.id()?).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &RulingView) -> Screen {
    let t = visit.t;
    let (p, v) = (&t.persons, &t.review);
    let told = match (visit.query("melding").as_deref(), &view.undone) {
        (Some("klaar"), None) => Some(alert::ok(p.ruling_done)),
        (Some("terug"), Some(_)) => Some(alert::ok(p.ruling_undone)),
        _ => None,
    };
    let mut facts = vec![
        Answer::new(p.kind, kind_name(view.kind, false, t)),
        Answer::new(p.reason, view.reason.clone()),
        Answer::new(p.made_by, view.made_by.clone()),
        Answer::new(p.made_at, view.made_at.clone()),
    ];
    let mut messages = Messages::default();
    match &view.undone {
        Some(undone) => {
            facts.push(Answer::new(p.undone_by, undone.by.clone()));
            facts.push(Answer::new(p.undone_at, undone.at.clone()));
            if !undone.reason.is_empty() {
                facts.push(Answer::new(p.undone_why, undone.reason.clone()));
            }
        }
        None if visit.query("melding").as_deref() == Some("reden") => {
            messages.add("reason", p.undo_reason_missing);
        }
        None => {}
    }
    let undo = view.undone.is_none().then(|| undo(view, &messages, t));
    let compare = format!("/beoordelen/{}/vergelijken", view.row);
    let record = format!("/dossiers/{}", view.person);
    let body = view! {
        {messages.summary(t)}
        {told}
        {title(p.ruling)}
        {answers(facts, t)}
        {undo}
        <p class="utrecht-paragraph">{link(compare, p.to_row)}" · "{link(record, p.to_person)}</p>
        <p class="utrecht-paragraph">{second_link("/beoordelen", v.back)}</p>
    };
    Screen::new(p.ruling, body)
        .under(v.title, "/beoordelen")
        .failed(!messages.is_empty())
}

/// The form that turns it back.
fn undo(view: &RulingView, messages: &Messages, t: &'static Texts) -> AnyView {
    let p = &t.persons;
    let form = view! {
        <form class="cims-form" method="post" action=UndoRuling::PATH novalidate>
            {hidden_inputs(vec![("id", view.id.to_string())])}
            {paragraph(p.undo_text)}
            {Field::new("reason", p.undo_reason, "").area(messages, t)}
            {submit(p.undo)}
        </form>
    };
    folded(p.undo, form.into_any(), !messages.is_empty()).into_any()
}

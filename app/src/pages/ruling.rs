//! `/beoordelen/oordelen/{id}`: a ruling about a row, and its undoing.

use super::compare::kind_name;
use crate::calls::persons::UndoRuling;
use crate::page::{Screen, Visit, page, persons};
use crate::parts::answers::{Answer, answers};
use crate::parts::{alert, folded, link, paragraph, second_link, small_form, title};
use crate::ports::persons::RulingView;
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
    if let Some((by, at)) = &view.undone {
        facts.push(Answer::new(p.undone_by, by.clone()));
        facts.push(Answer::new(p.undone_at, at.clone()));
    }
    let undo = view.undone.is_none().then(|| {
        let form = small_form(UndoRuling::PATH, vec![("id", view.id.to_string())], p.undo);
        folded(p.undo, view! { {paragraph(p.undo_text)}{form} }, false)
    });
    let compare = format!("/beoordelen/{}/vergelijken", view.row);
    let record = format!("/dossiers/{}", view.person);
    let body = view! {
        {told}
        {title(p.ruling)}
        {answers(facts, t)}
        {undo}
        <p class="utrecht-paragraph">{link(compare, p.to_row)}" · "{link(record, p.to_person)}</p>
        <p class="utrecht-paragraph">{second_link("/beoordelen", v.back)}</p>
    };
    Screen::new(p.ruling, body).under(v.title, "/beoordelen")
}

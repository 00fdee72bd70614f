//! `/registreren/controleren`: check your answers, change a line, send. Sending twice stores once.

use super::choices;
use super::person::not_there_yet;
use super::vaccination::earlier;
use crate::calls::entry::{SendDraft, step_path};
use crate::page::{Screen, Visit, entry, page};
use crate::parts::answers::{Answer, answers, words};
use crate::parts::mended::mended;
use crate::parts::{alert, heading, time_out_note, title, warnings};
use crate::ports::PortError;
use crate::ports::entry::{BrpAnswer, DraftView, Step};
use crate::texts::{Texts, fill};
use domain::row::Column;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/registreren/controleren?concept=…`
pub(crate) fn check() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let id = visit.draft()?.ok_or(PortError::NotFound)?;
        let draft = entry()?.draft(&caller, id).await?;
        if let Some(elsewhere) = not_there_yet(&draft, Step::Check) {
            // What the page would have said is said there.
            let word = visit.query("melding").filter(|word| word == "gewijzigd");
            let word = word.map_or_else(String::new, |word| format!("&melding={word}"));
            leptos_axum::redirect(&format!("{elsewhere}{word}"));
        }
        Ok(screen(&visit, &draft))
    })
}

fn screen(visit: &Visit, draft: &DraftView) -> Screen {
    let t = visit.t;
    let e = &t.entry;
    let refused = draft.row.get(Column::Toestemming).eq_ignore_ascii_case("N");
    let later = (draft.brp == BrpAnswer::Later).then(|| alert::info(e.brp_later));
    let changed = match visit.query("melding").as_deref() {
        Some("gewijzigd") => Some(alert::error(e.check_changed)),
        Some("niet-verstuurd") => Some(alert::error(e.check_unsent)),
        _ => None,
    };
    let locked = (visit.query("melding").as_deref() == Some("akkoord"))
        .then(|| alert::error(e.not_approved));
    let person = (!refused).then(|| {
        view! {
            {heading(e.check_person)}
            {answers(person_answers(draft, t), t)}
        }
    });
    let body = view! {
        {locked}
        {changed}
        {later}
        {earlier(&draft.earlier, t)}
        {title(e.check_title)}
        {person}
        {heading(e.check_vaccination)}
        {answers(vaccination_answers(draft, refused, t), t)}
        {mended(&draft.mended, Some(e.mended_text), t)}
        {warnings::shown(&draft.findings, t)}
        <form class="cims-form" method="post" action=SendDraft::PATH>
            <input type="hidden" name="concept" value=draft.id.to_string()/>
            <input type="hidden" name="revision" value=draft.revision.clone()/>
            // for the next person of a row of people Enter is enough
            <button class="utrecht-button utrecht-button--primary-action cims-button--main" type="submit" autofocus=draft.next_person>
                {e.send}
            </button>
            {time_out_note(t.frame.time_out_line)}
        </form>
    };
    let link = step_path(Step::Person, draft.id);
    Screen::new(e.check_title, body).under(e.title, link)
}

/// Address of a field with the way back to this page.
fn change(step: Step, column: Column, draft: &DraftView) -> String {
    format!("{}&terug=1#{}", step_path(step, draft.id), column.name())
}

fn person_answers(draft: &DraftView, t: &'static Texts) -> Vec<Answer> {
    let shown = choices::PERSON.into_iter().filter(|column| {
        let always = matches!(
            column,
            Column::Bsn | Column::Geboortedatum | Column::Toestemming | Column::Achternaam
        );
        always || !draft.row.get(*column).is_empty()
    });
    let mut list: Vec<Answer> = shown
        .map(|column| {
            Answer::new(
                column.title_in(t.language),
                words(column, draft.row.get(column), t),
            )
            .change(change(Step::Person, column, draft))
        })
        .collect();
    if !draft.reason.is_empty() {
        list.push(
            Answer::new(t.entry.check_reason, draft.reason.clone()).change(change(
                Step::Person,
                Column::Bsn,
                draft,
            )),
        );
    }
    list
}

fn vaccination_answers(draft: &DraftView, refused: bool, t: &'static Texts) -> Vec<Answer> {
    let mut list = Vec::new();
    if refused {
        let consent = words(Column::Toestemming, draft.row.get(Column::Toestemming), t);
        let here = change(Step::Person, Column::Toestemming, draft);
        list.push(Answer::new(Column::Toestemming.title_in(t.language), consent).change(here));
    }
    let shown = choices::VACCINATION
        .into_iter()
        .filter(|column| match column {
            Column::Leeftijdsgroep | Column::Vaccinatieland => refused,
            Column::Doelgroep
            | Column::UitvoerderAgb
            | Column::BigNummer
            | Column::Vaccinatieplaats => !refused,
            _ => true,
        });
    list.extend(shown.map(|column| {
        let typed = draft.row.get(column);
        let default = draft.defaults.iter().find(|(of, _)| *of == column);
        let says = match default.filter(|_| typed.is_empty()) {
            Some((_, value)) => fill(
                t.entry.check_default,
                &[("waarde", &words(column, value, t))],
            ),
            None => words(column, typed, t),
        };
        Answer::new(column.title_in(t.language), says).change(change(
            Step::Vaccination,
            column,
            draft,
        ))
    }));
    list
}

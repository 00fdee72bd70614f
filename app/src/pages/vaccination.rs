//! `/registreren/vaccinatie`: what was given; this institution's own earlier registrations stand above it.

use super::choices;
use super::person::{anew, live, not_there_yet};
use super::vaccination_fields::{fields, performer};
use crate::calls::entry::{KeepTyped, SaveVaccination, step_path};
use crate::page::{Screen, Visit, entry, locations, page};
use crate::parts::messages::Messages;
use crate::parts::{alert, hidden_inputs, link, submit, time_out_note, title, warnings};
use crate::ports::PortError;
use crate::ports::entry::{BrpAnswer, DraftView, EarlierJab, Step};
use crate::texts::{Texts, fill};
use domain::row::Column;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/registreren/vaccinatie?concept=…`
pub(crate) fn vaccination() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let id = visit.draft()?.ok_or(PortError::NotFound)?;
        let draft = entry()?.draft(&caller, id).await?;
        if let Some(elsewhere) = not_there_yet(&draft, Step::Vaccination) {
            leptos_axum::redirect(&elsewhere);
        }
        let places = locations()?.locations(&caller).await?;
        let here = places.name(draft.location).map(str::to_owned);
        Ok(screen(&visit, draft, here))
    })
}

/// `here`: name of the location it is recorded at.
fn screen(visit: &Visit, draft: DraftView, here: Option<String>) -> Screen {
    let t = visit.t;
    let e = &t.entry;
    let mut messages = Messages::of(&draft.findings, &choices::VACCINATION, t);
    let look = warnings::look(&draft.findings, draft.confirmed, visit, &mut messages, t);
    let failed = !messages.is_empty();
    let later = (draft.brp == BrpAnswer::Later).then(|| alert::info(e.brp_later));
    let resumed = draft
        .resumed_from
        .as_ref()
        .map(|time| alert::info(fill(e.resumed, &[("tijd", time)])));
    let person = step_path(Step::Person, draft.id);
    let body = view! {
        {messages.summary(t)}
        {look}
        {anew(visit)}
        {resumed}
        {later}
        {earlier(&draft.earlier, t)}
        {title(e.vaccination_title)}
        {here.map(|here| location(&here, draft.id, t))}
        {form(visit, &draft, &messages)}
    };
    Screen::new(e.vaccination_title, body)
        .under(e.title, person)
        .failed(failed)
}

/// Earlier registrations of this person by the own institution; also on the page to check.
pub(crate) fn earlier(list: &[EarlierJab], t: &'static Texts) -> Option<AnyView> {
    if list.is_empty() {
        return None;
    }
    let items = list.iter().map(|jab| {
        let dose = jab.dose.to_string();
        let values = [("datum", jab.date.as_str()), ("vaccin", jab.vaccine.as_str()), ("dosis", dose.as_str())];
        view! { <li>{link(format!("/registraties/{}", jab.id), fill(t.entry.earlier_line, &values))}</li> }
    });
    Some(
        view! {
            <section class="cims-panel cims-panel--accent" aria-labelledby="eerder">
                <h2 class="utrecht-heading-3" id="eerder">{t.entry.earlier_title}</h2>
                <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{items.collect_view()}</ul>
            </section>
        }
        .into_any(),
    )
}

/// Where it is recorded, and where that is changed.
fn location(here: &str, draft: uuid::Uuid, t: &'static Texts) -> AnyView {
    let l = &t.locations;
    let change = format!("{}#location", step_path(Step::Person, draft));
    view! {
        <p class="utrecht-paragraph">
            {fill(l.here, &[("locatie", here)])}" "{link(change, l.elsewhere)}
        </p>
    }
    .into_any()
}

fn form(visit: &Visit, draft: &DraftView, messages: &Messages) -> AnyView {
    let t = visit.t;
    let e = &t.entry;
    let today = visit.frame.today;
    let mut hidden = vec![
        ("concept", draft.id.to_string()),
        ("revision", draft.revision.clone()),
        ("vaccination", "true".to_owned()),
    ];
    if visit.query("terug").is_some() {
        hidden.push(("back", "true".to_owned()));
    }
    let no_consent = draft.row.get(Column::Toestemming).eq_ignore_ascii_case("N");
    let what = fields(&draft.row, draft, no_consent, today, messages, t);
    // what was kept stands in a strip that says from where, and can be changed
    let kept = match (draft.next_person, draft.remembered) {
        (true, _) => Some(e.kept_title),
        (_, true) => Some(e.remembered_title),
        _ => None,
    };
    let what = if let Some(kept) = kept {
        view! {
            <details class="cims-kept" open>
                <summary class="cims-kept__title">{kept}</summary>
                <div class="cims-kept__fields">{what}{(!no_consent).then(|| performer(&draft.row, messages, t))}</div>
            </details>
        }
        .into_any()
    } else {
        view! { {what}{(!no_consent).then(|| performer(&draft.row, messages, t))} }.into_any()
    };
    let form = view! {
        <form class="cims-form" method="post" action=SaveVaccination::PATH data-keep=KeepTyped::PATH novalidate>
            {hidden_inputs(hidden)}
            // Enter in a field presses the first button: this one goes on, the suggestion below does not
            <button class="cims-visually-hidden" type="submit" tabindex="-1" aria-hidden="true">{e.go_on}</button>
            {what}
            {warnings::with_tick(draft, messages, t)}
            {submit(e.go_on)}
            {time_out_note(t.frame.time_out_line)}
        </form>
    };
    live(form.into_any(), visit, messages)
}

//! `/registraties/{id}/corrigeren`: every field, and why (features F08). What is refused waits in a draft.

use super::choices;
use super::person;
use super::vaccination_fields::{fields, performer};
use crate::calls::registrations::CorrectRegistration;
use crate::error::too_many;
use crate::page::{Screen, Visit, entry, page};
use crate::parts::answers::of_row;
use crate::parts::field::Field;
use crate::parts::messages::Messages;
use crate::parts::{
    alert, hidden_inputs, paragraph, second_link, submit, time_out_note, title, warnings,
};
use crate::ports::PortError;
use crate::ports::entry::{DraftView, RegistrationVersion, RegistrationView};
use crate::texts::{Texts, fill};
use domain::finding::Code;
use domain::row::{Column, RowText};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/registraties/{id}/corrigeren`
pub(crate) fn correct() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let (entry, id) = (entry()?, visit.id()?);
        let registration = entry.registration(&caller, id).await?;
        if !registration.may_change {
            return Err(PortError::NotFound);
        }
        let draft = match visit.draft()? {
            Some(draft) => entry.draft(&caller, draft).await?,
            None => as_draft(&registration),
        };
        Ok(screen(&visit, &registration, &draft))
    })
}

/// The newest version, to start from.
fn as_draft(registration: &RegistrationView) -> DraftView {
    let newest = registration
        .versions
        .iter()
        .find(|version| !version.withdrawal);
    let row = newest.map_or_else(RowText::default, |version| version.row.clone());
    DraftView::of_row(row, Vec::new())
}

/// What somebody else made of it since the form was made.
fn stands(newest: &RegistrationVersion, t: &'static Texts) -> AnyView {
    let r = &t.registrations;
    let who = fill(
        r.version_by,
        &[("moment", &newest.recorded), ("naam", &newest.recorded_by)],
    );
    view! {
        {alert::error(r.correct_changed)}
        <section class="cims-panel cims-stack" aria-labelledby="staat-er-nu">
            <h2 class="utrecht-heading-2" id="staat-er-nu">{r.correct_stands}</h2>
            {paragraph(who)}
            {of_row(&newest.row, t)}
        </section>
    }
    .into_any()
}

fn screen(visit: &Visit, registration: &RegistrationView, draft: &DraftView) -> Screen {
    let t = visit.t;
    let r = &t.registrations;
    let columns = [choices::PERSON.as_slice(), choices::VACCINATION.as_slice()].concat();
    let mut messages = Messages::of(&draft.findings, &columns, t);
    let refused_before = visit.query("concept").is_some();
    if refused_before && draft.reason.trim().is_empty() {
        messages.add("reason", r.reason_missing);
    }
    let look = refused_before
        .then(|| warnings::look(&draft.findings, draft.confirmed, visit, &mut messages, t))
        .flatten();
    let locked = (visit.query("melding").as_deref() == Some("akkoord"))
        .then(|| alert::error(t.entry.not_approved));
    let back = format!("/registraties/{}", registration.id);
    // What it says stands there already: in this registration, or in another one of the institution.
    let known = (refused_before && draft.findings.iter().any(|one| one.code == Code::D03))
        .then(|| alert::error(r.correct_known));
    let reason = Field {
        hint: r.reason_hint,
        ..Field::new("reason", r.correct_reason, &draft.reason)
    };
    let no_consent = draft.row.get(Column::Toestemming).eq_ignore_ascii_case("N");
    let row = &draft.row;
    let newest = registration.versions.first();
    let version = newest.map_or(0, |newest| newest.number).to_string();
    let stale = visit.query("versie").is_some_and(|made| made != version);
    let changed = newest.filter(|_| stale).map(|newest| stands(newest, t));
    let form = view! {
        <form class="cims-form" method="post" action=CorrectRegistration::PATH data-keep-along="true" novalidate>
            {hidden_inputs(vec![("registration", registration.id.to_string()), ("version", version)])}
            // Enter in a field presses the first button: this one saves, the suggestion below does not
            <button class="cims-visually-hidden" type="submit" tabindex="-1" aria-hidden="true">{r.correct_send}</button>
            {person::fields(row, &messages, false, t)}
            {fields(row, draft, no_consent, visit.frame.today, &messages, t)}
            {(!no_consent).then(|| performer(row, &messages, t))}
            {reason.area(&messages, t)}
            {warnings::with_tick(draft, &messages, t)}
            <div class="utrecht-button-group">
                {submit(r.correct_send)}
                {second_link(back.clone(), t.frame.cancel)}
            </div>
            {time_out_note(t.frame.time_out_line)}
        </form>
    };
    let wait = visit.wait("wacht");
    let failed = !messages.is_empty() || wait.is_some() || stale || known.is_some();
    let name = fill(r.detail_title, &[("kenmerk", &registration.reference)]);
    let body = view! {
        {messages.summary(t)}
        {look}
        {locked}
        {wait.map(|wait| alert::error(too_many(wait, t)))}
        {changed}
        {known}
        {title(r.correct_title)}
        {paragraph(name)}
        {paragraph(r.correct_text)}
        {person::live(form.into_any(), visit, &messages)}
    };
    Screen::new(r.correct_title, body)
        .under(r.title, "/registraties")
        .under(r.see, back)
        .failed(failed)
}

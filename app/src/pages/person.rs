//! `/registreren`: who was vaccinated, and may RIVM know it (features F01, F10, F89).
//!
//! Without a draft in the address the form is empty; the first post begins one. Nothing is kept on a GET.

use super::choices;
use crate::calls::entry::{DiscardDraft, KeepTyped, NOWHERE, SavePerson, step_path};
use crate::error::too_many;
use crate::form::Boxes;
use crate::islands::LiveForm;
use crate::page::{Screen, Visit, entry, locations, page, worklists};
use crate::parts::answers::words;
use crate::parts::date_boxes::{Kind, date_boxes};
use crate::parts::field::{Field, tick};
use crate::parts::messages::Messages;
use crate::parts::radios::Radios;
use crate::parts::{
    alert, fold, hidden_inputs, link, paragraph, second_link, small_form, submit, time_out_note,
    title,
};
use crate::ports::entry::{BrpAnswer, DraftView, Step};
use crate::ports::locations::OwnLocations;
use crate::texts::{Texts, fill};
use domain::finding::{Code, Finding};
use domain::row::{Column, RowText};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// `/registreren`
pub(crate) fn person() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let entry = entry()?;
        let (draft, waiting) = match visit.draft()? {
            Some(id) => (Some(entry.draft(&caller, id).await?), None),
            None => (None, entry.open_draft(&caller).await?),
        };
        let open = worklists()?.open_on_worklist(&caller).await?;
        let places = locations()?.locations(&caller).await?;
        Ok(screen(&visit, draft, waiting, open, &places))
    })
}

/// `open`: how many of this user's worklist are to do, when there is one.
fn screen(
    visit: &Visit,
    draft: Option<DraftView>,
    waiting: Option<DraftView>,
    open: Option<usize>,
    places: &OwnLocations,
) -> Screen {
    let t = visit.t;
    let e = &t.entry;
    let findings = draft
        .as_ref()
        .map(|draft| draft.findings.clone())
        .unwrap_or_default();
    let mut messages = Messages::of(&findings, &choices::PERSON, t);
    let not_matchable = draft
        .as_ref()
        .is_some_and(|draft| draft.brp == BrpAnswer::NotMatchable);
    // with a reason it goes on to review, so there is nothing left to mend
    if not_matchable
        && draft
            .as_ref()
            .is_some_and(|draft| draft.reason.trim().is_empty())
    {
        messages.add(
            Column::Bsn.name(),
            Finding::whole(Code::B10).message_in(t.language),
        );
        if visit.query("reden").is_some() {
            messages.add("reason", e.not_matchable_reason_missing);
        }
    }
    let failed = !messages.is_empty();
    let notices = notices(draft.as_ref(), waiting, t);
    let wait = visit.wait("wacht");
    let asked = draft.as_ref().is_some_and(is_answered);
    let body = view! {
        {messages.summary(t)}
        {wait.map(|wait| alert::error(too_many(wait, t)))}
        {anew(visit)}
        {notices}
        {title(e.person_title)}
        <p class="utrecht-paragraph">{link("/registreren/zonder-toestemming", e.without_link)}</p>
        <p class="utrecht-paragraph">{link("/werklijst", list_link(open, t))}</p>
        {form(visit, draft, &messages, not_matchable, places)}
    };
    let screen = Screen::new(e.title, body).failed(failed || wait.is_some());
    if asked { screen } else { screen.unkept() }
}

/// The question about consent has its answer: before that nothing of a person is kept when the session ends (ux §3.2).
fn is_answered(draft: &DraftView) -> bool {
    !draft.row.get(Column::Toestemming).trim().is_empty()
}

/// What was typed is not in the draft it was typed for, but in this one.
pub(crate) fn anew(visit: &Visit) -> Option<AnyView> {
    let e = &visit.t.entry;
    match visit.query("melding").as_deref() {
        Some("verstuurd") => Some(alert::info(e.anew_sent)),
        Some("gewijzigd") => Some(alert::warning(paragraph(e.anew_changed))),
        Some("ingetrokken") => Some(alert::warning(paragraph(e.anew_withdrawn))),
        Some("weg") => Some(alert::info(e.anew_gone)),
        _ => None,
    }
}

fn list_link(open: Option<usize>, t: &'static Texts) -> String {
    match open {
        Some(open) => fill(t.worklist.waiting, &[("open", &open.to_string())]),
        None => t.worklist.link.to_owned(),
    }
}

/// What happened before: saved and next, an earlier draft, a BRP that answers later.
fn notices(draft: Option<&DraftView>, waiting: Option<DraftView>, t: &'static Texts) -> AnyView {
    let e = &t.entry;
    let next = draft
        .filter(|draft| draft.next_person)
        .map(|draft| view! { {alert::ok(e.next_person)}{paragraph(kept(&draft.row, t))} });
    let later = draft
        .filter(|draft| draft.brp == BrpAnswer::Later)
        .map(|_| alert::info(e.brp_later));
    let resumed = draft
        .and_then(|draft| draft.resumed_from.as_ref())
        .map(|time| alert::info(fill(e.resumed, &[("tijd", time)])));
    let waiting = waiting.map(|draft| {
        let text = fill(e.resumed, &[("tijd", draft.resumed_from.as_deref().unwrap_or_default())]);
        view! {
            <section class="cims-panel cims-stack">
                {paragraph(text)}
                <div class="utrecht-button-group">
                    {second_link(step_path(draft.step, draft.id), e.resume)}
                    {small_form(DiscardDraft::PATH, vec![("concept", draft.id.to_string())], e.discard)}
                </div>
            </section>
        }
    });
    view! { {next}{later}{resumed}{waiting} }.into_any()
}

/// The vaccination that was kept, in a line: the next step has its fields (ux §3.5).
fn kept(row: &RowText, t: &'static Texts) -> String {
    let says = |column| words(column, row.get(column), t);
    fill(
        t.entry.next_kept,
        &[
            ("datum", &says(Column::Vaccinatiedatum)),
            ("vaccin", &says(Column::Vaccin)),
            ("batch", &says(Column::Batchnummer)),
            ("dosis", &says(Column::Dosisnummer)),
        ],
    )
}

fn form(
    visit: &Visit,
    draft: Option<DraftView>,
    messages: &Messages,
    not_matchable: bool,
    places: &OwnLocations,
) -> AnyView {
    let t = visit.t;
    let e = &t.entry;
    let place = draft.as_ref().map_or(places.picked, |draft| draft.location);
    let mut hidden = Vec::new();
    if let Some(draft) = &draft {
        hidden.push(("concept", draft.id.to_string()));
        hidden.push(("revision", draft.revision.clone()));
    } else if let Ok(caller) = visit.caller() {
        // The key of the draft that it will be: sent twice, it is one.
        hidden.push(("concept", caller.request_id.to_string()));
    }
    if visit.query("terug").is_some() {
        hidden.push(("back", "true".to_owned()));
    }
    let asked = draft.as_ref().is_some_and(is_answered);
    let next_person = draft.as_ref().is_some_and(|draft| draft.next_person);
    let row = draft
        .as_ref()
        .map(|draft| draft.row.clone())
        .unwrap_or_default();
    let reason = draft.map(|draft| draft.reason).unwrap_or_default();
    let button = if not_matchable {
        e.check_again
    } else {
        e.go_on
    };
    let form = view! {
        <form class="cims-form" method="post" action=SavePerson::PATH data-keep=KeepTyped::PATH novalidate>
            {hidden_inputs(hidden)}
            {strip(places, place, t)}
            {fields(&row, messages, next_person && messages.is_empty(), t)}
            {not_matchable.then(|| go_on_anyway(&reason, messages, t))}
            {submit(button)}
            {time_out_note(if asked { t.frame.time_out_line } else { t.frame.time_out_unasked })}
        </form>
    };
    live(form.into_any(), visit, messages)
}

/// Where it is recorded; only where the institution has locations. It goes along with the form, so nothing typed is lost.
fn strip(places: &OwnLocations, here: Option<uuid::Uuid>, t: &'static Texts) -> Option<AnyView> {
    if places.all.is_empty() {
        return None;
    }
    let l = &t.locations;
    let here = here.filter(|id| places.name(Some(*id)).is_some());
    let here = here.map_or_else(|| NOWHERE.to_owned(), |id| id.to_string());
    let all = places
        .all
        .iter()
        .map(|one| (one.id.to_string(), one.name.clone()));
    let options = std::iter::once((NOWHERE.to_owned(), l.pick_none.to_owned())).chain(all);
    let field = Field {
        hint: l.pick_hint,
        ..Field::new("location", l.pick, &here)
    };
    let field = field.select(options.collect(), &Messages::default(), t);
    Some(view! { <div class="cims-panel">{field}</div> }.into_any())
}

/// Checks the fields of a form on leaving them, once it came back with something to mend.
pub(crate) fn live(form: AnyView, visit: &Visit, messages: &Messages) -> AnyView {
    if messages.is_empty() {
        return form;
    }
    view! {
        <div id="nakijken" data-managed=choices::are_managed().then_some("") data-today=visit.today() data-prefix=visit.t.frame.error_prefix>
            {form}
            <LiveForm/>
        </div>
    }
    .into_any()
}

/// The fields about a person; also used to correct one.
pub(crate) fn fields(
    row: &RowText,
    messages: &Messages,
    autofocus: bool,
    t: &'static Texts,
) -> AnyView {
    fields_with(row, messages, autofocus, t.entry.consent_hint, t)
}

/// The same, with another hint at the question about consent: a card answers it, not the person.
pub(crate) fn fields_with(
    row: &RowText,
    messages: &Messages,
    autofocus: bool,
    consent_hint: &'static str,
    t: &'static Texts,
) -> AnyView {
    let e = &t.entry;
    let cell = |column| row.get(column);
    let unknown = Boxes::of(cell(Column::Geboortedatum)).unknown;
    let bsn = Field {
        hint: e.bsn_hint,
        width: 9,
        numeric: true,
        autofocus,
        ..Field::row(Column::Bsn, cell(Column::Bsn), t)
    };
    let surname = Field {
        optional: true,
        hint: e.surname_hint,
        ..Field::row(Column::Achternaam, cell(Column::Achternaam), t)
    };
    let consent = Radios {
        id: Column::Toestemming.name(),
        legend: e.consent,
        hint: consent_hint,
        value: cell(Column::Toestemming),
        options: &choices::of(Column::Toestemming, t),
        inline: true,
    };
    view! {
        {bsn.text(messages, t)}
        {date_boxes(Column::Geboortedatum, Kind::Birth, cell(Column::Geboortedatum), messages, t)}
        {consent.view(messages, t)}
        {surname.text(messages, t)}
        // not between the fields that are typed for every person: each would take a key press every time
        {tick("geboortedatum_onbekend", "row[geboortedatum_onbekend]", e.date_unknown, unknown, false)}
        {fold(e.bsn_find, paragraph(e.bsn_where))}
        {without_bsn(row, messages, t)}
    }
    .into_any()
}

/// Opens by ticking it, without a script: the reason, and what else is needed to recognise somebody.
fn without_bsn(row: &RowText, messages: &Messages, t: &'static Texts) -> AnyView {
    let e = &t.entry;
    let cell = |column| row.get(column);
    let reason = Radios {
        id: Column::GeenBsnReden.name(),
        legend: e.no_bsn_reason,
        hint: "",
        value: cell(Column::GeenBsnReden),
        options: &choices::of(Column::GeenBsnReden, t),
        inline: false,
    };
    let prefix = Field {
        optional: true,
        width: 12,
        ..Field::row(Column::Voorvoegsel, cell(Column::Voorvoegsel), t)
    };
    let sex = Field {
        optional: true,
        ..Field::row(Column::Geslacht, cell(Column::Geslacht), t)
    };
    let postcode = Field {
        optional: true,
        hint: e.postcode_hint,
        width: 9,
        ..Field::row(Column::Postcode, cell(Column::Postcode), t)
    };
    let number = Field {
        optional: true,
        width: 6,
        numeric: true,
        ..Field::row(Column::Huisnummer, cell(Column::Huisnummer), t)
    };
    let hidden = [
        Column::GeenBsnReden,
        Column::Voorvoegsel,
        Column::Geslacht,
        Column::Postcode,
        Column::Huisnummer,
    ];
    let open = hidden
        .iter()
        .any(|column| !cell(*column).is_empty() || messages.at(column.name()).is_some());
    view! {
        {tick("geen_bsn", "row[geen_bsn]", e.no_bsn, open, true)}
        <div class="cims-conditional">
            {paragraph(e.no_bsn_text)}
            {reason.view(messages, t)}
            {prefix.text(messages, t)}
            {sex.select(choices::options(Column::Geslacht, e.sex_unset, t), messages, t)}
            {postcode.text(messages, t)}
            {number.text(messages, t)}
        </div>
    }
    .into_any()
}

/// BSN and birth date do not belong together: correct them, or go on with a reason (features F39).
fn go_on_anyway(reason: &str, messages: &Messages, t: &'static Texts) -> AnyView {
    let e = &t.entry;
    let field = Field {
        hint: e.not_matchable_reason_hint,
        ..Field::new("reason", e.not_matchable_reason, reason)
    };
    view! {
        <section class="cims-panel cims-stack" aria-labelledby="niet-te-koppelen">
            <h2 class="utrecht-heading-2" id="niet-te-koppelen">{e.not_matchable_title}</h2>
            {paragraph(e.not_matchable_text)}
            {field.area(messages, t)}
            <p class="utrecht-paragraph">
                <button class="utrecht-button utrecht-button--secondary-action" type="submit" name="go_on" value="true">{e.not_matchable_go}</button>
            </p>
        </section>
    }
    .into_any()
}

/// The step a draft is at, when it is not far enough for the page that was asked.
pub(crate) fn not_there_yet(draft: &DraftView, asked: Step) -> Option<String> {
    let order = |step| match step {
        Step::Person => 0,
        Step::Vaccination => 1,
        Step::Check => 2,
    };
    (order(draft.step) < order(asked)).then(|| step_path(draft.step, draft.id))
}

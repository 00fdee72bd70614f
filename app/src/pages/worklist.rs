//! `/werklijst`: whom somebody vaccinates in this round, and who was done (features F05); pasted, or from a file.

use crate::calls::worklist::{AskFurther, BeginFromWorklist, DiscardWorklist, MakeWorklist};
use crate::page::{Screen, Visit, page, worklists};
use crate::parts::field::{Field, asked_tick};
use crate::parts::messages::{Messages, described_by, error_message};
use crate::parts::table::{Cell, table};
use crate::parts::{
    alert, badge, brp_age, findings::findings, heading, hidden_inputs, link, paragraph,
    second_link, small_form, submit, title,
};
use crate::ports::worklist::{Stands, WorklistLine, WorklistView};
use crate::texts::{Texts, fill};
use domain::finding::{Code, Finding};
use domain::row::Column;
use domain::worklist::MOST;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Most characters of a line that are taken.
const LINE: u16 = 100;

/// `/werklijst`
pub(crate) fn worklist() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let list = worklists()?.worklist(&caller).await?;
        let asked = visit.query("nieuw").is_some();
        Ok(match list {
            Some(list) if !asked => list_screen(&visit, &list),
            other => new_screen(&visit, other.is_some()),
        })
    })
}

fn new_screen(visit: &Visit, other: bool) -> Screen {
    let t = visit.t;
    let w = &t.worklist;
    let mut messages = Messages::default();
    match visit.query("melding").as_deref() {
        Some("toestemming") => messages.add("consent", w.no_consent),
        Some("leeg") => messages.add("persons", w.no_persons),
        Some("lang") => messages.add("persons", w.too_long),
        _ => {}
    }
    match visit.query("bestand").as_deref() {
        Some("toestemming") => messages.add("file_consent", w.no_consent),
        Some(word) => messages.add("bestand", file_message(word, t)),
        None => {}
    }
    let failed = !messages.is_empty();
    let most = u16::try_from(MOST).unwrap_or(u16::MAX);
    let persons = Field {
        hint: w.persons_hint,
        room: (10, most.saturating_mul(LINE)),
        ..Field::new("persons", w.persons, "")
    };
    let back = || other.then(|| second_link("/werklijst", t.frame.cancel));
    let body = view! {
        {messages.summary(t)}
        {title(w.title)}
        {paragraph(w.lead)}
        {heading(w.paste_title)}
        <form class="cims-form" method="post" action=MakeWorklist::PATH autocomplete="off">
            {hidden_inputs(Vec::new())}
            {persons.area(&messages, t)}
            {asked_tick("consent", w.consent, false, true, &messages, t)}
            <div class="utrecht-button-group">
                {submit(w.make)}
                {back()}
            </div>
        </form>
        {heading(w.file_title)}
        {paragraph(w.file_text)}
        {file_form(&messages, t)}
    };
    Screen::new(w.title, body)
        .under(t.entry.title, "/registreren")
        .failed(failed)
}

/// A file with the list: it goes to a plain route of the server, which comes back with a word in `bestand`.
fn file_form(messages: &Messages, t: &'static Texts) -> AnyView {
    let w = &t.worklist;
    let error = messages.at("bestand").map(str::to_owned);
    let wrong = error.is_some();
    let class = if wrong {
        "utrecht-form-field utrecht-form-field--invalid"
    } else {
        "utrecht-form-field"
    };
    view! {
        <form class="cims-form" method="post" action="/werklijst" enctype="multipart/form-data">
            <div class=class>
                <label class="utrecht-form-label utrecht-form-field__label" for="bestand">{w.file}</label>
                <div class="utrecht-form-field-description utrecht-form-field__description" id="bestand-hint">{w.file_hint}</div>
                {error_message("bestand", error.as_deref(), t)}
                <input type="file" class="cims-upload__input" id="bestand" name="bestand" accept=".xlsx,.ods,.csv,text/csv"
                    aria-describedby=described_by("bestand", true, wrong) aria-invalid=wrong.then_some("true")/>
            </div>
            {asked_tick("file_consent", w.file_consent, false, true, messages, t)}
            {submit(w.file_make)}
        </form>
    }
    .into_any()
}

/// What is said of a file that makes no list: a sentence of its own for each cause.
fn file_message(word: &str, t: &'static Texts) -> String {
    let w = &t.worklist;
    let text = match word {
        "meer" => w.file_more,
        "afgebroken" => w.file_broken_off,
        "groot" | "A06" => w.file_big,
        "leeg" => w.file_empty,
        "lang" | "A07" => w.file_long,
        "later" => w.file_later,
        "A08" => w.file_columns,
        "A09" => w.file_twice,
        "A11" | "A14" => w.file_damaged,
        "A16" => w.file_sheets,
        _ => {
            let code = word.parse::<Code>().ok();
            return code.map_or_else(
                || w.file_none.to_owned(),
                |code| Finding::whole(code).message_in(t.language).into_owned(),
            );
        }
    };
    text.to_owned()
}

fn list_screen(visit: &Visit, list: &WorklistView) -> Screen {
    let t = visit.t;
    let w = &t.worklist;
    let nobody = match visit.query("melding").as_deref() {
        Some("niemand") => Some(alert::info(w.nobody)),
        Some("verborgen") => Some(alert::info(w.without_hidden)),
        _ => None,
    };
    let count = |stands: &Stands| list.count(stands).to_string();
    let all = list.count(&Stands::Recorded) == list.lines.len();
    let open = list.count(&Stands::Open) > 0;
    let next = open.then(|| {
        view! {
            <form method="post" action=BeginFromWorklist::PATH>
                {hidden_inputs(Vec::new())}
                {submit(w.next)}
            </form>
        }
    });
    let unasked = list.count(&Stands::NotAsked);
    let further = (unasked > 0).then(|| {
        let text = fill(w.further_text, &[("aantal", &unasked.to_string())]);
        view! {
            <section class="cims-panel cims-stack">
                {paragraph(text)}
                {small_form(AskFurther::PATH, Vec::new(), w.further)}
            </section>
        }
    });
    let rows = list.lines.iter().map(|line| row(line, t)).collect();
    let headers = [
        Column::Bsn.title_in(t.language),
        Column::Geboortedatum.title_in(t.language),
        w.stands,
        w.newest,
        w.action,
    ];
    let told = all.then(|| alert::ok(w.done));
    let body = view! {
        {nobody}
        {told}
        {title(w.title)}
        {paragraph(fill(w.kept, &[("tijd", &list.made)]))}
        {brp_age::told(&list.brp, t)}
        <p class="utrecht-paragraph">
            {badge::badge("neutral", w.open)}" "{count(&Stands::Open)}" "
            {badge::badge("success", w.recorded)}" "{count(&Stands::Recorded)}" "
            {badge::badge("warning", w.not_matchable)}" "{count(&Stands::NotMatchable)}" "
            {badge::badge("error", w.wrong)}" "{count(&Stands::Wrong(Vec::new()))}
        </p>
        {further}
        {next}
        {table("werklijst", w.caption, &headers, rows)}
        <div class="utrecht-button-group">
            {second_link("/werklijst?nieuw=1", w.another)}
            {small_form(DiscardWorklist::PATH, Vec::new(), w.discard)}
        </div>
    };
    Screen::new(w.title, body)
        .under(t.entry.title, "/registreren")
        .wide()
}

fn row(line: &WorklistLine, t: &'static Texts) -> Vec<Cell> {
    let w = &t.worklist;
    let stands = match &line.stands {
        Stands::Open => badge::badge("neutral", w.open),
        Stands::Recorded => badge::badge("success", w.recorded),
        Stands::NotAsked => badge::badge("neutral", w.not_asked),
        Stands::NotMatchable => {
            view! { {badge::badge("warning", w.not_matchable)}{paragraph(w.not_matchable_text)} }
                .into_any()
        }
        Stands::Wrong(found) => {
            view! { {badge::badge("error", w.wrong)}{findings(found, t)} }.into_any()
        }
    };
    let newest = line.newest.as_ref().map(|jab| {
        let text = format!("{}, {} ({})", jab.date, jab.vaccine, jab.dose);
        link(format!("/registraties/{}", jab.id), text)
    });
    let newest = newest.unwrap_or_else(|| "-".into_any());
    let may = matches!(line.stands, Stands::Open | Stands::NotMatchable);
    let act = may.then(|| {
        let label = fill(w.record_label, &[("persoon", &line.bsn)]);
        view! {
            <form method="post" action=BeginFromWorklist::PATH>
                {hidden_inputs(vec![("number", line.number.to_string())])}
                <button class="utrecht-button utrecht-button--secondary-action" type="submit" aria-label=label>{w.record}</button>
            </form>
        }
    });
    let act = act.map_or_else(|| "-".into_any(), IntoAny::into_any);
    vec![
        Cell::new(line.bsn.clone()),
        Cell::new(line.birth_date.clone()),
        Cell::new(stands),
        Cell::new(newest),
        Cell::new(act),
    ]
}

//! `/codelijsten`, `/codelijsten/{lijst}` and `/codelijsten/{lijst}/onderdeel`: what stands in the code lists, since when and
//! by whom, and the forms in which RIVM-beheer proposes a change (features F88, F-X4; security G18).

use super::clusters::amount;
use crate::calls::lists::ProposeEntry;
use crate::page::{Screen, Visit, lists, page};
use crate::parts::answers::{Answer, answers};
use crate::parts::field::Field;
use crate::parts::filter;
use crate::parts::messages::{Messages, described_by, error_message};
use crate::parts::pager::{address, pager};
use crate::parts::table::{Cell, empty, table};
use crate::parts::{
    badge, folded, heading, hidden_inputs, link, paragraph, second_link, submit, title,
};
use crate::ports::PortError;
use crate::ports::lists::{
    ChangeLine, ChangeState, EntriesView, EntryLine, EntryView, ListsView, PastLine,
};
use crate::texts::{Texts, fill, number};
use domain::codes::{AgeBounds, AgeGroup};
use domain::dates::dutch;
use domain::lists::{Entry, Fault, ListKind};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// The name of a list.
pub(super) fn list_name(kind: ListKind, t: &'static Texts) -> &'static str {
    let l = &t.lists;
    match kind {
        ListKind::Batches => l.batches,
        ListKind::Names => l.names,
        ListKind::Codes => l.codes,
        ListKind::Products => l.products,
        ListKind::Groups => l.groups,
        ListKind::Ages => l.ages,
    }
}

/// What its entries are called by.
pub(super) fn key_name(kind: ListKind, t: &'static Texts) -> &'static str {
    let l = &t.lists;
    match kind {
        ListKind::Batches => l.batch,
        ListKind::Names => l.name,
        ListKind::Codes => l.hpk,
        ListKind::Products => l.product_name,
        ListKind::Groups => l.code,
        ListKind::Ages => l.age_group,
    }
}

/// The address of a list.
pub(super) fn list_path(kind: ListKind) -> String {
    format!("/codelijsten/{}", kind.word())
}

/// The address of an entry.
pub(super) fn entry_path(kind: ListKind, key: &str, product: &str) -> String {
    let query = [("sleutel", key.to_owned()), ("vaccin", product.to_owned())];
    address(&format!("{}/onderdeel", list_path(kind)), &query)
}

/// `/codelijsten`
pub(crate) fn front() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let view = lists()?.lists(&caller, visit.page()).await?;
        Ok(front_screen(&visit, &view))
    })
}

fn front_screen(visit: &Visit, view: &ListsView) -> Screen {
    let t = visit.t;
    let l = &t.lists;
    let lists = view.counts.iter().map(|(kind, count)| {
        vec![
            Cell::new(link(list_path(*kind), list_name(*kind, t))),
            Cell::number(number(t.language, u64::from(*count))),
        ]
    });
    let changes = if view.changes.items.is_empty() {
        paragraph(l.changes_none)
    } else {
        let headers = [
            l.asked_at, l.list, l.about, l.from, l.state, l.asked_by, l.open,
        ];
        let rows = view.changes.items.iter().map(|line| change_row(line, t));
        let rows = rows.collect();
        let pages = pager(
            "/codelijsten",
            &[],
            view.changes.page,
            view.changes.total,
            t,
        );
        view! { {table("wijzigingen", l.changes_caption, &headers, rows)}{pages} }.into_any()
    };
    let body = view! {
        {title(l.title)}
        {paragraph(l.lead)}
        {table("lijsten", l.lists_caption, &[l.list, l.number], lists.collect())}
        <p class="utrecht-paragraph">{second_link("/codelijsten/verdacht", l.suspects_link)}</p>
        {heading(l.changes)}
        {changes}
    };
    Screen::new(l.title, body).wide()
}

/// "EJ6796", or "EJ6796 en 67 meer".
pub(super) fn about(line: &ChangeLine, t: &'static Texts) -> String {
    if line.items < 2 {
        return line.first.clone();
    }
    let more = number(t.language, u64::from(line.items - 1));
    fill(
        t.lists.about_more,
        &[("naam", &line.first), ("aantal", &more)],
    )
}

/// Where a change stands.
pub(super) fn standing(state: ChangeState, t: &'static Texts) -> AnyView {
    let l = &t.lists;
    match state {
        ChangeState::Draft => badge::badge("neutral", l.state_draft),
        ChangeState::Asked => badge::badge("warning", l.state_asked),
        ChangeState::Rejected => badge::badge("error", l.state_rejected),
        ChangeState::CalledBack => badge::badge("neutral", l.state_called_back),
        ChangeState::Agreed => badge::badge("warning", l.state_agreed),
        ChangeState::Applied => badge::badge("warning", l.state_applied),
        ChangeState::Done => badge::badge("success", l.state_done),
    }
}

fn change_link(id: uuid::Uuid, text: &'static str, name: &str, t: &'static Texts) -> AnyView {
    let label = fill(t.lists.open_label, &[("naam", name)]);
    let way = format!("/codelijsten/wijzigingen/{id}");
    view! { <a class="utrecht-link utrecht-link--html-a" href=way aria-label=label>{text}</a> }
        .into_any()
}

fn change_row(line: &ChangeLine, t: &'static Texts) -> Vec<Cell> {
    let about = about(line, t);
    vec![
        Cell::new(line.asked_at.clone()),
        Cell::new(list_name(line.kind, t)),
        Cell::new(about.clone()),
        Cell::new(line.from.clone()),
        Cell::new(standing(line.state, t)),
        Cell::new(line.asked_by.clone()),
        Cell::new(change_link(line.id, t.lists.open, &about, t)),
    ]
}

fn kind(visit: &Visit) -> Result<ListKind, PortError> {
    ListKind::of_word(&visit.param("lijst")).ok_or(PortError::NotFound)
}

/// `/codelijsten/{lijst}`
pub(crate) fn entries() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let kind = kind(&visit)?;
        let search = visit.query("zoek").unwrap_or_default();
        let view = lists()?
            .entries(&caller, kind, search.clone(), visit.page())
            .await?;
        let manages = caller.role().may_operate();
        Ok(entries_screen(&visit, kind, &search, &view, manages))
    })
}

fn entries_screen(
    visit: &Visit,
    kind: ListKind,
    search: &str,
    view: &EntriesView,
    manages: bool,
) -> Screen {
    let t = visit.t;
    let (l, r) = (&t.lists, &t.registrations);
    let path = list_path(kind);
    let name = list_name(kind, t);
    let mut messages = messages(visit, kind, false, false);
    let file = file_messages(visit, &mut messages, t);
    let count = number(t.language, view.entries.total);
    let count = fill(l.count, &[("aantal", &count)]);
    let content = if view.entries.items.is_empty() {
        empty(l.entries_none, vec![second_link(path.clone(), r.clear)])
    } else {
        let lines = view.entries.items.iter();
        let rows = lines.map(|line| row(kind, line, view.ages, t));
        let rows = rows.collect();
        let query = [("zoek", search.to_owned())];
        let pages = pager(&path, &query, view.entries.page, view.entries.total, t);
        view! { {table("onderdelen", l.entries_caption, &headers(kind, t), rows)}{pages} }
            .into_any()
    };
    let asked = visit.query("melding").is_some() || visit.query("sleutel").is_some();
    let add = (manages && kind.grows()).then(|| {
        let form = add_form(visit, kind, view, &messages);
        view! { <div id="toevoegen">{folded(l.add, form, asked)}</div> }
    });
    let import = (manages && kind == ListKind::Batches)
        .then(|| folded(l.import, import_form(&messages, t), file));
    let fields = vec![Field::new("zoek", l.search, search).filter()];
    let bar = filter::bar(&path, count, !search.is_empty(), fields, t);
    let body = view! {
        {messages.summary(t)}
        {title(name)}
        {add}
        {import}
        {bar}
        {content}
    };
    Screen::new(name, body)
        .under(l.title, "/codelijsten")
        .wide()
        .failed(!messages.is_empty())
}

fn headers(kind: ListKind, t: &'static Texts) -> Vec<&'static str> {
    let l = &t.lists;
    match kind {
        ListKind::Batches => vec![
            l.batch, l.vaccine, l.released, l.last_day, l.hpk, l.holds, l.origin,
        ],
        ListKind::Names => vec![l.name, l.vaccine, l.holds, l.origin],
        ListKind::Codes => vec![l.hpk, l.vaccine, l.holds, l.origin],
        ListKind::Products => vec![
            l.vaccine,
            l.eu,
            l.doses,
            l.min_days,
            l.first_use,
            l.holds,
            l.origin,
        ],
        ListKind::Groups => vec![l.code, l.meaning, l.holds, l.origin],
        ListKind::Ages => vec![l.age_group, l.first_age, l.last_age, l.holds, l.origin],
    }
}

/// Last age of a group, in words.
fn last_age(group: &str, ages: AgeBounds, t: &'static Texts) -> String {
    let ages = ages.ages();
    let group = AgeGroup::parse(group);
    let found = ages.iter().find(|(known, ..)| Some(*known) == group);
    let last = found.and_then(|(_, _, last)| *last);
    last.map_or_else(|| t.lists.age_open.to_owned(), |age| age.to_string())
}

fn row(kind: ListKind, line: &EntryLine, ages: AgeBounds, t: &'static Texts) -> Vec<Cell> {
    let day = |day: Option<time::Date>| Cell::new(day.map(dutch).unwrap_or_default());
    let count = |count: Option<u16>| Cell::number(count.map(|n| n.to_string()).unwrap_or_default());
    let entry = &line.entry;
    let label = fill(t.lists.entry_label, &[("naam", &line.key)]);
    let way = entry_path(kind, &line.key, &line.product);
    let key = Cell::new(view! {
        <a class="utrecht-link utrecht-link--html-a" href=way aria-label=label>{line.key.clone()}</a>
    });
    let product = || Cell::new(line.product.clone());
    let mut cells = match kind {
        ListKind::Batches => vec![
            key,
            product(),
            day(entry.released),
            day(entry.last_day),
            Cell::new(entry.hpk.clone().unwrap_or_default()),
            Cell::new(holds(line, t)),
        ],
        ListKind::Names | ListKind::Codes => vec![key, product(), Cell::new(holds(line, t))],
        ListKind::Groups => vec![
            key,
            Cell::new(entry.meaning.clone().unwrap_or_default()),
            Cell::new(holds(line, t)),
        ],
        ListKind::Ages => vec![
            key,
            count(entry.first_age.map(u16::from)),
            Cell::new(last_age(&line.key, ages, t)),
            Cell::new(holds(line, t)),
        ],
        ListKind::Products => vec![
            key,
            Cell::new(entry.eu.clone().unwrap_or_default()),
            count(entry.doses.map(u16::from)),
            count(entry.min_days),
            day(entry.first_use),
            Cell::new(holds(line, t)),
        ],
    };
    cells.push(Cell::new(origin(line, t)));
    cells
}

/// Since when, and until when once it ended.
fn holds(line: &EntryLine, t: &'static Texts) -> String {
    let l = &t.lists;
    match (&line.from, &line.until) {
        (Some(from), None) => fill(l.holds_from, &[("dag", from)]),
        (Some(from), Some(until)) => fill(l.holds_until, &[("dag", from), ("einde", until)]),
        (None, Some(until)) => fill(l.ended_on, &[("einde", until)]),
        (None, None) => l.stands.to_owned(),
    }
}

fn origin(line: &EntryLine, t: &'static Texts) -> AnyView {
    let l = &t.lists;
    match line.change {
        Some(id) => change_link(id, l.origin_change, &line.key, t),
        None => l.origin_first.into_any(),
    }
}

/// What an entry says, in words.
pub(super) fn said(entry: &Entry, t: &'static Texts) -> String {
    let l = &t.lists;
    if entry.ended {
        return l.ended.to_owned();
    }
    if let Some(meaning) = &entry.meaning {
        return meaning.clone();
    }
    let parts = [
        (l.said_eu, entry.eu.clone()),
        (l.said_first_age, entry.first_age.map(|age| age.to_string())),
        (l.said_released, entry.released.map(dutch)),
        (l.said_last_day, entry.last_day.map(dutch)),
        (l.said_hpk, entry.hpk.clone()),
        (l.said_doses, entry.doses.map(|doses| doses.to_string())),
        (l.said_days, entry.min_days.map(|days| days.to_string())),
        (l.said_first_use, entry.first_use.map(dutch)),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter_map(|(text, value)| Some(fill(text, &[("waarde", &value?)])))
        .collect();
    if parts.is_empty() {
        l.stands.to_owned()
    } else {
        parts.join(", ")
    }
}

/// `/codelijsten/{lijst}/onderdeel`
pub(crate) fn entry() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let kind = kind(&visit)?;
        let key = visit.query("sleutel").unwrap_or_default();
        let product = visit.query("vaccin").unwrap_or_default();
        let view = lists()?.entry(&caller, kind, key, product).await?;
        Ok(entry_screen(
            &visit,
            kind,
            &view,
            caller.role().may_operate(),
        ))
    })
}

fn entry_screen(visit: &Visit, kind: ListKind, view: &EntryView, manages: bool) -> Screen {
    let t = visit.t;
    let l = &t.lists;
    let line = &view.line;
    let ends = visit.query("eind").is_some();
    let messages = messages(visit, kind, true, ends);
    let mut facts = Vec::new();
    if kind.has_product() {
        facts.push(Answer::new(l.vaccine, line.product.clone()));
    }
    facts.push(Answer::new(l.is_now, said(&line.entry, t)));
    if line.from.is_some() || line.until.is_some() {
        facts.push(Answer::new(l.holds, holds(line, t)));
    }
    let history = if view.history.is_empty() {
        paragraph(l.history_none)
    } else {
        let headers = [
            l.asked_at,
            l.was,
            l.becomes,
            l.from,
            l.state,
            l.asked_by,
            l.decided_by,
            l.open,
        ];
        let rows = view.history.iter().map(|past| past_row(past, line, t));
        table("geschiedenis", l.history_caption, &headers, rows.collect())
    };
    let wrong = !messages.is_empty();
    let change = (manages && !kind.is_bare()).then(|| {
        let form = change_form(visit, kind, line, &messages);
        folded(l.change, form, wrong && !ends)
    });
    let end = (manages && kind.ends() && !line.entry.ended)
        .then(|| folded(l.end, end_form(visit, kind, line, &messages), wrong && ends));
    let body = view! {
        {messages.summary(t)}
        {title(line.key.clone())}
        {answers(facts, t)}
        {change}
        {end}
        {heading(l.history)}
        {history}
        <p class="utrecht-paragraph">{second_link(list_path(kind), list_name(kind, t))}</p>
    };
    Screen::new(line.key.clone(), body)
        .under(l.title, "/codelijsten")
        .under(list_name(kind, t), list_path(kind))
        .wide()
        .failed(wrong)
}

fn past_row(past: &PastLine, line: &EntryLine, t: &'static Texts) -> Vec<Cell> {
    let l = &t.lists;
    let was = past.before.as_ref();
    let was = was.map_or_else(|| l.absent.to_owned(), |entry| said(entry, t));
    let decided = match (&past.decided_by, &past.decided_at) {
        (Some(name), Some(at)) => format!("{name}, {at}"),
        _ => String::new(),
    };
    vec![
        Cell::new(past.asked_at.clone()),
        Cell::new(was),
        Cell::new(said(&past.after, t)),
        Cell::new(past.from.clone()),
        Cell::new(standing(past.state, t)),
        Cell::new(past.asked_by.clone()),
        Cell::new(decided),
        Cell::new(change_link(past.change, l.open, &line.key, t)),
    ]
}

/// What is wrong with a form that came back. On the page of an entry its key is fixed, so what is said of that stands at
/// the first input; the ids of the form that ends it begin with `einde-`.
fn messages(visit: &Visit, kind: ListKind, of_entry: bool, ends: bool) -> Messages {
    let mut messages = Messages::default();
    let words = visit.query("melding").unwrap_or_default();
    let prefix = if of_entry && ends { "einde-" } else { "" };
    let first = match kind {
        _ if ends => "vanaf",
        ListKind::Batches => "houdbaar",
        ListKind::Products => "doses",
        ListKind::Groups => "betekenis",
        ListKind::Ages => "leeftijd",
        ListKind::Names | ListKind::Codes => "vanaf",
    };
    for fault in words.split('.').filter_map(Fault::parse) {
        let field = match field(fault) {
            "sleutel" | "vaccin" if of_entry => first,
            other => other,
        };
        messages.add(format!("{prefix}{field}"), fault_text(fault, kind, visit.t));
    }
    messages
}

/// The field of a fault, by the end of its id.
const fn field(fault: Fault) -> &'static str {
    match fault {
        Fault::NoKey
        | Fault::KeyForm
        | Fault::NameKnown
        | Fault::CodeKnown
        | Fault::Nothing
        | Fault::NotThere
        | Fault::Twice
        | Fault::Cells => "sleutel",
        Fault::NoVaccine | Fault::VaccineUnknown => "vaccin",
        Fault::HpkForm | Fault::HpkUnknown | Fault::HpkOther => "hpk",
        Fault::ReleasedForm => "vrijgegeven",
        Fault::NoLastDay | Fault::LastDayForm | Fault::LastDayEarly => "houdbaar",
        Fault::DosesForm => "doses",
        Fault::DaysForm => "dagen",
        Fault::FirstUseForm => "eerste",
        Fault::EuForm | Fault::EuKnown => "eu",
        Fault::NoMeaning => "betekenis",
        Fault::AgeForm | Fault::AgeOrder => "leeftijd",
        Fault::FromForm | Fault::FromPast => "vanaf",
        Fault::NoSource => "bron",
    }
}

/// What is wrong, and what to do.
pub(super) fn fault_text(fault: Fault, kind: ListKind, t: &'static Texts) -> &'static str {
    let l = &t.lists;
    match fault {
        Fault::NoKey => l.no_key,
        Fault::KeyForm => match kind {
            ListKind::Batches => l.key_form,
            ListKind::Names | ListKind::Products => l.name_form,
            ListKind::Codes => l.code_form,
            ListKind::Groups => l.group_form,
            ListKind::Ages => l.age_group_form,
        },
        Fault::NoVaccine => l.no_vaccine,
        Fault::VaccineUnknown => l.vaccine_unknown,
        Fault::HpkForm => l.code_form,
        Fault::HpkUnknown => l.hpk_unknown,
        Fault::HpkOther => l.hpk_other,
        Fault::NameKnown => l.name_known,
        Fault::CodeKnown => l.code_known,
        Fault::ReleasedForm | Fault::LastDayForm | Fault::FromForm => l.day_form,
        Fault::NoLastDay => l.no_last_day,
        Fault::LastDayEarly => l.last_day_early,
        Fault::DosesForm => l.doses_form,
        Fault::DaysForm => l.days_form,
        Fault::FirstUseForm => l.first_use_form,
        Fault::EuForm => l.eu_form,
        Fault::EuKnown => l.eu_known,
        Fault::NoMeaning => l.no_meaning,
        Fault::AgeForm => l.age_form,
        Fault::AgeOrder => l.age_order,
        Fault::FromPast => l.from_past,
        Fault::NoSource => l.no_source,
        Fault::Nothing => l.nothing,
        Fault::NotThere => l.not_there,
        Fault::Twice => l.twice,
        Fault::Cells => l.cells,
    }
}

/// What is wrong with a file that was sent; whether something is.
fn file_messages(visit: &Visit, messages: &mut Messages, t: &'static Texts) -> bool {
    let l = &t.lists;
    let Some(word) = visit.query("lijst") else {
        return false;
    };
    let text = match word.as_str() {
        "leeg" | "afgebroken" => l.file_empty.to_owned(),
        "kop" => l.file_header.to_owned(),
        "lang" => l.file_long.to_owned(),
        "groot" => l.file_big.to_owned(),
        "stuk" => l.file_broken.to_owned(),
        other => match other.strip_prefix("kop-") {
            Some(column) if ["batchnummer", "houdbaar_tot", "vaccin"].contains(&column) => {
                fill(l.file_lacks, &[("kolom", column)])
            }
            _ => String::new(),
        },
    };
    if text.is_empty() {
        for fault in word.split('.').filter_map(Fault::parse) {
            let text = fault_text(fault, ListKind::Batches, t);
            messages.add(format!("lijst-{}", field(fault)), text);
        }
    } else {
        messages.add("bestand", text);
    }
    true
}

/// The day from which it holds, and where it comes from.
fn when_and_why(visit: &Visit, prefix: &str, messages: &Messages) -> AnyView {
    let t = visit.t;
    let l = &t.lists;
    let day = visit.query("vanaf").unwrap_or_default();
    let (from, source) = (format!("{prefix}vanaf"), format!("{prefix}bron"));
    let from = Field {
        name: "form[vanaf]".to_owned(),
        hint: l.from_hint,
        ..Field::new(&from, l.from, &day)
    };
    let source = Field {
        name: "form[bron]".to_owned(),
        hint: l.source_hint,
        ..Field::new(&source, l.source, "")
    };
    view! {
        {from.text(messages, t)}
        {source.text(messages, t)}
    }
    .into_any()
}

/// The inputs of what an entry says; filled with what was typed, or else with what stands there.
fn said_inputs(
    visit: &Visit,
    kind: ListKind,
    entry: Option<&Entry>,
    messages: &Messages,
) -> AnyView {
    let t = visit.t;
    let l = &t.lists;
    let typed = visit.query("melding").is_some();
    let day = |of: fn(&Entry) -> Option<time::Date>| entry.and_then(of).map(dutch);
    let inputs: Vec<(&'static str, &'static str, &'static str, Option<String>)> = match kind {
        ListKind::Batches => vec![
            ("hpk", l.hpk, "", entry.and_then(|entry| entry.hpk.clone())),
            (
                "vrijgegeven",
                l.released,
                l.day_hint,
                day(|entry| entry.released),
            ),
            (
                "houdbaar",
                l.last_day,
                l.day_hint,
                day(|entry| entry.last_day),
            ),
        ],
        ListKind::Groups => vec![(
            "betekenis",
            l.meaning,
            l.meaning_hint,
            entry.and_then(|entry| entry.meaning.clone()),
        )],
        ListKind::Ages => vec![(
            "leeftijd",
            l.first_age,
            l.first_age_hint,
            entry.and_then(|entry| Some(entry.first_age?.to_string())),
        )],
        ListKind::Products => vec![
            (
                "doses",
                l.doses,
                "",
                entry.and_then(|entry| Some(entry.doses?.to_string())),
            ),
            (
                "dagen",
                l.min_days,
                "",
                entry.and_then(|entry| Some(entry.min_days?.to_string())),
            ),
            (
                "eerste",
                l.first_use,
                l.day_hint,
                day(|entry| entry.first_use),
            ),
        ],
        ListKind::Names | ListKind::Codes => Vec::new(),
    };
    // What a product is called by the EU stays what it is.
    let number = (kind == ListKind::Products && entry.is_none()).then_some((
        "eu",
        l.eu,
        l.eu_hint,
        None::<String>,
    ));
    let inputs = number.into_iter().chain(inputs);
    let inputs = inputs.map(|(field, label, hint, stands)| {
        let value = match (visit.query(field), typed) {
            (Some(typed), _) => typed,
            (None, true) => String::new(),
            (None, false) => stands.unwrap_or_default(),
        };
        let optional = matches!(field, "hpk" | "vrijgegeven" | "dagen");
        let input = Field {
            name: format!("form[{field}]"),
            hint,
            optional,
            ..Field::new(field, label, &value)
        };
        input.text(messages, t)
    });
    inputs.collect_view().into_any()
}

fn add_form(visit: &Visit, kind: ListKind, view: &EntriesView, messages: &Messages) -> AnyView {
    let t = visit.t;
    let l = &t.lists;
    let key = visit.query("sleutel").unwrap_or_default();
    let vaccine = visit.query("vaccin").unwrap_or_default();
    let hint = match kind {
        ListKind::Products => l.product_hint,
        ListKind::Groups => l.code_hint,
        _ => "",
    };
    let mut products = vec![(String::new(), l.choose.to_owned())];
    products.extend(
        view.products
            .iter()
            .map(|name| (name.clone(), name.clone())),
    );
    let key = Field {
        name: "form[sleutel]".to_owned(),
        hint,
        ..Field::new("sleutel", key_name(kind, t), &key)
    };
    let of_product = kind.has_product() && kind != ListKind::Products;
    let vaccine = of_product.then(|| {
        let vaccine = Field {
            name: "form[vaccin]".to_owned(),
            ..Field::new("vaccin", l.vaccine, &vaccine)
        };
        vaccine.select(products, messages, t)
    });
    let text = (!kind.is_bare()).then(|| paragraph(l.add_text));
    let hidden = vec![("form[lijst]", kind.word().to_owned())];
    view! {
        <form class="cims-form" method="post" action=ProposeEntry::PATH novalidate>
            {hidden_inputs(hidden)}
            {text}
            {key.text(messages, t)}
            {vaccine}
            {said_inputs(visit, kind, None, messages)}
            {when_and_why(visit, "", messages)}
            {submit(l.look_first)}
        </form>
    }
    .into_any()
}

/// Hidden inputs of a form about one entry.
fn about_entry(kind: ListKind, line: &EntryLine) -> Vec<(&'static str, String)> {
    vec![
        ("form[lijst]", kind.word().to_owned()),
        ("form[onderdeel]", "true".to_owned()),
        ("form[sleutel]", line.key.clone()),
        ("form[vaccin]", line.product.clone()),
    ]
}

fn change_form(visit: &Visit, kind: ListKind, line: &EntryLine, messages: &Messages) -> AnyView {
    view! {
        <form class="cims-form" method="post" action=ProposeEntry::PATH novalidate>
            {hidden_inputs(about_entry(kind, line))}
            {said_inputs(visit, kind, Some(&line.entry), messages)}
            {when_and_why(visit, "", messages)}
            {submit(visit.t.lists.look_first)}
        </form>
    }
    .into_any()
}

fn end_form(visit: &Visit, kind: ListKind, line: &EntryLine, messages: &Messages) -> AnyView {
    let l = &visit.t.lists;
    let mut hidden = about_entry(kind, line);
    hidden.push(("form[eind]", "true".to_owned()));
    view! {
        <form class="cims-form" method="post" action=ProposeEntry::PATH novalidate>
            {hidden_inputs(hidden)}
            {paragraph(if kind == ListKind::Products { l.end_product } else { l.end_text })}
            {when_and_why(visit, "einde-", messages)}
            {submit(l.look_first)}
        </form>
    }
    .into_any()
}

fn import_form(messages: &Messages, t: &'static Texts) -> AnyView {
    let l = &t.lists;
    let error = messages.at("bestand").map(str::to_owned);
    let wrong = error.is_some();
    let class = if wrong {
        "utrecht-form-field utrecht-form-field--invalid"
    } else {
        "utrecht-form-field"
    };
    let from = Field {
        name: "vanaf".to_owned(),
        hint: l.from_hint,
        ..Field::new("lijst-vanaf", l.from, "")
    };
    let source = Field {
        name: "bron".to_owned(),
        hint: l.source_hint,
        ..Field::new("lijst-bron", l.source, "")
    };
    view! {
        {paragraph(l.import_text)}
        <p class="utrecht-paragraph"><code class="utrecht-code cims-code">{l.import_columns}</code></p>
        {paragraph(l.import_needed)}
        {paragraph(l.import_result)}
        <form class="cims-form" method="post" action="/codelijsten/inlezen" enctype="multipart/form-data" novalidate>
            <div class=class>
                <label class="utrecht-form-label utrecht-form-field__label" for="bestand">{l.file}</label>
                {error_message("bestand", error.as_deref(), t)}
                <input type="file" class="cims-upload__input" id="bestand" name="bestand" accept=".csv,text/csv"
                    aria-describedby=described_by("bestand", false, wrong) aria-invalid=wrong.then_some("true")/>
            </div>
            {from.text(messages, t)}
            {source.text(messages, t)}
            {submit(l.import_send)}
        </form>
    }
    .into_any()
}

/// "Wijziging van 3 regels in Batches".
pub(super) fn change_title(line: &ChangeLine, t: &'static Texts) -> String {
    let l = &t.lists;
    let text = amount(u64::from(line.items), l.change_title_one, l.change_title, t);
    fill(&text, &[("lijst", list_name(line.kind, t))])
}

//! `/beoordelen` and `/beoordelen/{id}`: refused and for-review rows of all parties, for RIVM. Opening one is recorded.

use super::choices;
use super::link::linked;
use super::registrations::outcomes;
use crate::page::{Screen, Visit, page, review as port};
use crate::parts::answers::{Answer, answers, of_row};
use crate::parts::assigning::{Assigning, assigning, lists};
use crate::parts::field::Field;
use crate::parts::filter;
use crate::parts::findings::findings;
use crate::parts::pager::address;
use crate::parts::suggestions::suggestions;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{
    alert, badge, brp_age, button_link, heading, link, paragraph, second_link, title,
};
use crate::ports::review::{
    Age, Queue, ReviewFilter, ReviewLine, ReviewView, Reviewer, Suggestion, With,
};
use crate::texts::{Texts, fill, number};
use domain::decision::DecisionKind;
use domain::delivery::{Channel, RowOutcome};
use domain::finding::Code;
use domain::matching::Match;
use domain::row::Column;
use domain::search::may_hold_a_bsn;
use domain::suggestion::SuggestionKind;
use leptos::prelude::*;
use uuid::Uuid;

/// What can be in the list.
const OUTCOMES: [RowOutcome; 2] = [RowOutcome::Afgekeurd, RowOutcome::TeControleren];

/// `/beoordelen`
pub(crate) fn review() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let filter = filter(&visit);
        if let Some(screen) = without_bsn(&visit, "/beoordelen", query(&filter)) {
            return Ok(screen);
        }
        let list = port()?.rows(&caller, filter.clone()).await?;
        let reviewers = port()?.reviewers(&caller).await?;
        Ok(list_screen(&visit, &filter, list, &reviewers))
    })
}

/// `/beoordelen/{id}`
pub(crate) fn review_row() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let (id, filter) = (visit.id()?, filter(&visit));
        let row = port()?.row(&caller, id).await?;
        let next = port()?.next_row(&caller, id, filter.clone()).await?;
        let reviewers = port()?.reviewers(&caller).await?;
        let at = |row: Uuid| address(&format!("/beoordelen/{row}"), &query(&filter));
        let assigning = Assigning {
            row: id,
            group: false,
            assignee: row.assignee,
            reviewers: &reviewers,
            back: at(id),
        };
        let list = address("/beoordelen", &query(&filter));
        Ok(row_screen(&visit, &row, &assigning, next.map(at), list))
    })
}

/// What is searched in a list; nothing that may be a BSN.
pub(super) fn searched(visit: &Visit) -> Option<String> {
    let text = visit.query("zoek").map(|text| text.trim().to_owned());
    text.filter(|text| !text.is_empty() && !may_hold_a_bsn(text))
}

/// A search for what may be a BSN: the browser goes on to the same list without it, so that the address does not stay.
pub(super) fn without_bsn(
    visit: &Visit,
    path: &str,
    mut query: Vec<(&'static str, String)>,
) -> Option<Screen> {
    visit.query("zoek").filter(|text| may_hold_a_bsn(text))?;
    query.push(("melding", "bsn".to_owned()));
    leptos_axum::redirect(&address(path, &query));
    let v = &visit.t.review;
    Some(Screen::new(v.title, title(v.title)))
}

/// Says that a BSN is not searched for, and where a person is.
pub(super) fn no_bsn(visit: &Visit) -> Option<AnyView> {
    let t = visit.t;
    let asked = visit.query("melding").as_deref() == Some("bsn");
    asked.then(|| {
        let way = view! { <p class="utrecht-paragraph">{t.review.search_by_person}" "{link("/dossiers", t.persons.find_title)}</p> };
        view! { {alert::error(t.review.search_bsn)}{way} }.into_any()
    })
}

/// The search of a list.
pub(super) fn search_field(text: Option<&str>, t: &'static Texts) -> AnyView {
    let v = &t.review;
    let field = Field {
        hint: v.search_hint,
        ..Field::new("zoek", v.search, text.unwrap_or_default())
    };
    field.filter_search()
}

fn filter(visit: &Visit) -> ReviewFilter {
    ReviewFilter {
        zoek: searched(visit),
        partij: visit.query("partij"),
        code: visit.query("code").and_then(|code| code.parse().ok()),
        kanaal: visit
            .query("kanaal")
            .and_then(|channel| Channel::parse(&channel)),
        uitkomst: visit
            .query("uitkomst")
            .and_then(|outcome| RowOutcome::parse(&outcome)),
        kolom: visit
            .query("kolom")
            .and_then(|column| Column::parse(&column)),
        dagen: visit.query("dagen").and_then(|days| Age::parse(&days)),
        bij: visit.query("bij").and_then(|word| With::parse(&word)),
        na: visit.query("na"),
    }
}

fn query(filter: &ReviewFilter) -> Vec<(&'static str, String)> {
    let word = |word: Option<&'static str>| word.unwrap_or_default().to_owned();
    vec![
        ("zoek", filter.zoek.clone().unwrap_or_default()),
        ("partij", filter.partij.clone().unwrap_or_default()),
        ("code", word(filter.code.map(Code::as_str))),
        ("kolom", word(filter.kolom.map(Column::name))),
        ("kanaal", word(filter.kanaal.map(Channel::as_str))),
        ("uitkomst", word(filter.uitkomst.map(RowOutcome::as_str))),
        ("dagen", days(filter.dagen)),
        ("bij", filter.bij.map(With::word).unwrap_or_default()),
    ]
}

fn days(age: Option<Age>) -> String {
    age.map(|age| age.days().to_string()).unwrap_or_default()
}

fn list_screen(
    visit: &Visit,
    filter: &ReviewFilter,
    list: Queue,
    reviewers: &[Reviewer],
) -> Screen {
    let t = visit.t;
    let v = &t.review;
    let narrowed = ReviewFilter {
        na: None,
        ..filter.clone()
    };
    let filtered = narrowed != ReviewFilter::default();
    let content = if list.items.is_empty() {
        if filtered {
            empty(
                v.empty_filter,
                vec![second_link("/beoordelen", t.registrations.clear)],
            )
        } else {
            empty(v.empty, Vec::new())
        }
    } else {
        let headers = [
            v.received,
            v.party,
            t.upload.channel,
            v.row,
            t.registrations.outcome,
            v.findings,
            v.with_whom,
            v.open,
        ];
        let rows = list.items.iter().map(|line| row(line, filter, t)).collect();
        view! {
            {table("beoordelen", v.caption, &headers, rows)}
            {turns(filter, list.next, t)}
        }
        .into_any()
    };
    let body = view! {
        {no_bsn(visit)}
        {title(v.title)}
        <p class="utrecht-paragraph">{link("/beoordelen/groepen", t.decisions.clusters_link)}" · "{link("/beoordelen/besluiten", t.decisions.decisions)}" · "{link("/beoordelen/cijfers", t.numbers.title)}" · "{link("/dossiers", t.persons.find_title)}</p>
        {bar(filter, filtered, (list.total, list.or_more), reviewers, t)}
        {content}
    };
    Screen::new(v.title, body).wide()
}

/// Colleagues have the row open too.
pub(super) fn also_open(names: &[String], t: &'static Texts) -> Option<AnyView> {
    (!names.is_empty()).then(|| {
        let text = fill(t.review.also_open, &[("namen", &names.join(", "))]);
        alert::warning(paragraph(text))
    })
}

/// To the rows after these, and back to the newest ones.
fn turns(filter: &ReviewFilter, next: Option<String>, t: &'static Texts) -> Option<AnyView> {
    let v = &t.review;
    let on = next.map(|after| {
        let mut query = query(filter);
        query.push(("na", after));
        second_link(address("/beoordelen", &query), v.older)
    });
    let back = filter
        .na
        .as_ref()
        .map(|_| second_link(address("/beoordelen", &query(filter)), v.newest));
    if on.is_none() && back.is_none() {
        return None;
    }
    let way = view! { <nav class="utrecht-button-group" aria-label=v.caption>{back}{on}</nav> };
    Some(way.into_any())
}

fn bar(
    filter: &ReviewFilter,
    filtered: bool,
    (total, or_more): (u64, bool),
    reviewers: &[Reviewer],
    t: &'static Texts,
) -> AnyView {
    let (v, r) = (&t.review, &t.registrations);
    let text = if or_more { v.count_more } else { v.count };
    let count = if total == 1 {
        v.count_one.to_owned()
    } else {
        fill(text, &[("aantal", &number(t.language, total))])
    };
    let party = filter.partij.clone().unwrap_or_default();
    let code = filter.code.map(Code::as_str).unwrap_or_default();
    let channel = filter.kanaal.map(Channel::as_str).unwrap_or_default();
    let outcome = filter.uitkomst.map(RowOutcome::as_str).unwrap_or_default();
    let first = |text: &str| (String::new(), text.to_owned());
    let codes = Code::ALL
        .iter()
        .map(|code| (code.as_str().to_owned(), code.as_str().to_owned()));
    let codes = std::iter::once(first(v.all_codes)).chain(codes).collect();
    let channels = std::iter::once(first(v.all_channels))
        .chain(choices::channels(t))
        .collect();
    let columns = Column::ALL.iter().map(|column| {
        let name = column.title_in(t.language);
        (column.name().to_owned(), name.to_owned())
    });
    let columns = std::iter::once(first(v.all_columns))
        .chain(columns)
        .collect();
    let ages = Age::ALL.iter().map(|age| {
        let name = match age {
            Age::Day => v.age_day,
            Age::Week => v.age_week,
            Age::Month => v.age_month,
        };
        (age.days().to_string(), name.to_owned())
    });
    let ages = std::iter::once(first(v.all_ages)).chain(ages).collect();
    let column = filter.kolom.map(Column::name).unwrap_or_default();
    let age = days(filter.dagen);
    let with = filter.bij.map(With::word).unwrap_or_default();
    let of_all = std::iter::once(first(v.all_lists)).chain(lists(reviewers, t));
    let fields = vec![
        search_field(filter.zoek.as_deref(), t),
        Field::new("partij", v.party_hint, &party).filter(),
        Field::new("code", v.code, code).filter_select(codes),
        Field::new("kolom", t.upload.column, column).filter_select(columns),
        Field::new("kanaal", t.upload.channel, channel).filter_select(channels),
        Field::new("uitkomst", r.outcome, outcome).filter_select(outcomes(
            r.all_outcomes,
            &OUTCOMES,
            t,
        )),
        Field::new("dagen", v.age, &age).filter_select(ages),
        Field::new("bij", v.with_whom, &with).filter_select(of_all.collect()),
    ];
    filter::bar("/beoordelen", count, filtered, fields, t)
}

fn row(line: &ReviewLine, filter: &ReviewFilter, t: &'static Texts) -> Vec<Cell> {
    let v = &t.review;
    let label = fill(
        v.open_label,
        &[("regel", &line.row.to_string()), ("partij", &line.party)],
    );
    let way = address(&format!("/beoordelen/{}", line.id), &query(filter));
    vec![
        Cell::new(view! { {line.received.clone()}" "{late(line, t)} }),
        Cell::new(line.party.clone()),
        Cell::new(badge::channel(line.channel, t)),
        Cell::number(line.row.to_string()),
        Cell::new(badge::outcome(line.outcome, t)),
        Cell::new(findings(&line.findings, t)),
        with_whom(line, t),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=way aria-label=label>{v.open}</a>
        }),
    ]
}

/// On whose list it is, and who has it open now.
fn with_whom(line: &ReviewLine, t: &'static Texts) -> Cell {
    let list = line.assignee.clone().unwrap_or_else(|| "–".to_owned());
    if line.open_with.is_empty() {
        return Cell::new(list);
    }
    let names = line.open_with.join(", ");
    let open = fill(t.review.open_with, &[("namen", &names)]);
    Cell::new(view! { {list}" "{badge::badge("warning", open)} })
}

/// It waits too long (features F55).
fn late(line: &ReviewLine, t: &'static Texts) -> Option<AnyView> {
    line.overdue
        .then(|| badge::badge("error", t.review.overdue))
}

/// `next`: the address of the next row; `list`: that of the list it was opened from.
fn row_screen(
    visit: &Visit,
    row: &ReviewView,
    with: &Assigning<'_>,
    next: Option<String>,
    list: String,
) -> Screen {
    let t = visit.t;
    let v = &t.review;
    let line = &row.line;
    let name = fill(
        v.detail_title,
        &[("regel", &line.row.to_string()), ("partij", &line.party)],
    );
    let mut facts = vec![
        Answer::new(v.received, line.received.clone()),
        Answer::new(t.upload.channel, badge::channel(line.channel, t)),
        Answer::new(v.delivery, row.delivery.to_string()),
    ];
    let file = row.file.iter();
    facts.extend(file.map(|name| Answer::new(t.decisions.file, name.clone())));
    facts.extend(
        row.matched
            .and_then(|matched| match_note(matched, t))
            .map(|note| Answer::new(v.match_note, note)),
    );
    facts.push(brp_age::answer(&row.brp, t));
    facts.extend(
        row.reason
            .iter()
            .map(|reason| Answer::new(v.sender_reason, reason.clone())),
    );
    facts.extend(row.linked.iter().map(|by| linked(by, t)));
    let decided = row.linked.as_ref().map(|by| {
        let way = format!("/beoordelen/besluiten/{}", by.decision);
        view! { <p class="utrecht-paragraph">{link(way, t.links.linked_way)}</p> }
    });
    let person = row.may_link.then(|| {
        let way = format!("/beoordelen/{}/koppelen", line.id);
        view! {
            {paragraph(t.links.way_text)}
            <p class="utrecht-paragraph">{button_link(way, t.links.way)}</p>
        }
    });
    // what was typed in the form is withdrawn one by one, by who typed it
    let whole = (line.channel != Channel::Portaal).then(|| {
        let way = format!("/aanleveringen/{}/intrekken", row.delivery);
        view! { <p class="utrecht-paragraph">{link(way, t.withdrawals.link_review)}</p> }
    });
    // Nobody is known to compare it with.
    let nobody = row.may_link && row.linked.is_none();
    let accept = (row.stored && row.waits).then(|| {
        let kind = DecisionKind::Accept.as_str();
        let way = format!("/beoordelen/groepen/{}?soort={kind}", line.id);
        view! { <p class="utrecht-paragraph">{button_link(way, t.decisions.accept)}</p> }
    });
    let compare = (row.stored && !nobody).then(|| {
        let way = format!("/beoordelen/{}/vergelijken", line.id);
        view! { <p class="utrecht-paragraph">{button_link(way, t.persons.compare)}</p> }
    });
    let group = row.waits.then(|| {
        let way = format!("/beoordelen/groepen/{}", line.id);
        view! { <p class="utrecht-paragraph">{link(way, v.group_way)}</p> }
    });
    let first = row.suggestions.iter().find(|one| one.value.is_some());
    // Refused or stored: what waits for RIVM can go back.
    let back = row.waits.then(|| {
        let kind = DecisionKind::Return.as_str();
        format!("/beoordelen/groepen/{}?soort={kind}", line.id)
    });
    let body = view! {
        {title(name.clone())}
        <p class="utrecht-paragraph">{badge::outcome(line.outcome, t)}" "{late(line, t)}</p>
        {also_open(&row.also_open, t)}
        {alert::info(v.open_logged)}
        {answers(facts, t)}
        {heading(v.findings)}
        {findings(&line.findings, t).unwrap_or_else(|| paragraph(t.upload.no_messages))}
        {group}
        {suggestions(&row.suggestions, |one| take(row, one, first == Some(one), t), t)}
        {heading(v.delivered)}
        {of_row(&row.row, t)}
        {decided}
        {person}
        {compare}
        {accept}
        {whole}
        {assigning(with, t)}
        {ways(next, back, list, t)}
    };
    Screen::new(name, body).under(v.title, "/beoordelen")
}

/// The match in words; nothing when there is nothing to say.
const fn match_note(matched: Match, t: &'static Texts) -> Option<&'static str> {
    let v = &t.review;
    match matched {
        Match::Gevonden => None,
        Match::NaamWijktAf => Some(v.match_name),
        Match::DatumAnders => Some(v.match_date),
        Match::NietGevonden => Some(v.match_unknown),
        Match::NietUniek => Some(v.match_several),
        Match::Overleden => Some(v.match_died),
        Match::Geemigreerd => Some(v.match_emigrated),
        Match::Rni => Some(v.match_non_resident),
        Match::Overig => Some(v.match_suspended),
        Match::Uitgesteld => Some(v.match_later),
        Match::ZonderBsn => Some(v.match_no_bsn),
    }
}

/// On to the next row, back to the sender or back to the list, by key too.
fn ways(next: Option<String>, sender: Option<String>, list: String, t: &'static Texts) -> AnyView {
    let v = &t.review;
    view! {
        <nav class="utrecht-button-group" aria-label=v.caption>
            {next.map(|next| keyed(next, "n", v.next))}
            {sender.map(|sender| keyed(sender, "t", v.send_back))}
            {keyed(list, "l", v.back)}
        </nav>
        <p class="cims-form__note">{v.keys}</p>
    }
    .into_any()
}

/// A link that a key follows too.
fn keyed(href: String, key: &'static str, text: &'static str) -> AnyView {
    view! {
        <a class="utrecht-button-link utrecht-button-link--html-a utrecht-button-link--secondary-action"
            href=href accesskey=key aria-keyshortcuts=format!("Alt+Shift+{key}")>{text}</a>
    }
    .into_any()
}

/// What can be done with a suggestion: whom a BSN points at is found and linked, by two people.
fn take(row: &ReviewView, one: &Suggestion, first: bool, t: &'static Texts) -> Option<AnyView> {
    if one.kind == SuggestionKind::Bsn && row.may_link {
        let way = format!("/beoordelen/{}/koppelen", row.line.id);
        return Some(link(way, t.review.suggest_link));
    }
    whole_group(one, row.line.id, first, t)
}

/// A value that names no person can be put in place for the whole group of the row; the first such has a key.
fn whole_group(one: &Suggestion, row: Uuid, first: bool, t: &'static Texts) -> Option<AnyView> {
    one.value.as_ref()?;
    let way = format!("/beoordelen/groepen/{row}");
    let text = t.review.suggest_take;
    Some(if first {
        keyed(way, "v", text)
    } else {
        link(way, text)
    })
}

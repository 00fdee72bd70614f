//! `/codelijsten/wijzigingen/{id}`: a change of a code list, what it would do to rows that wait, the second person, and what
//! became of it (features F88; security G18).

use super::decisions::before;
use super::lists::{
    change_title, entry_path, fault_text, key_name, list_name, list_path, said, standing,
};
use crate::calls::lists::{AgreeList, DropList};
use crate::page::{Screen, Visit, lists, page};
use crate::parts::answers::{Answer, answers};
use crate::parts::table::{Cell, table};
use crate::parts::{alert, go_on_or_not, heading, link, paragraph, title};
use crate::ports::decisions::DecisionState;
use crate::ports::lists::{ChangeState, ChangeView, ItemLine, MayChange, WouldRelease, WrongLine};
use crate::texts::{Texts, fill, number};
use domain::lists::ListKind;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;

/// Lines that were not taken, and items, that are shown.
const SHOWN: usize = 200;

/// The page.
pub(crate) fn change() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let view = lists()?.list_change(&caller, visit.id()?).await?;
        Ok(screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &ChangeView) -> Screen {
    let t = visit.t;
    let l = &t.lists;
    let line = &view.line;
    let name = change_title(line, t);
    let told = match (visit.query("melding").as_deref(), line.state) {
        (Some("wacht"), ChangeState::Asked) => Some(alert::ok(l.told_waiting)),
        (Some("gaat-in"), ChangeState::Agreed) => {
            Some(alert::info(fill(l.told_later, &[("dag", &line.from)])))
        }
        (Some("gaat-in"), ChangeState::Applied) => Some(alert::info(l.told_going)),
        (Some("zelfde"), _) => Some(alert::error(l.told_same)),
        (Some("ander"), _) => Some(alert::error(l.told_other)),
        (Some("gewijzigd"), _) => Some(alert::error(l.told_stale)),
        (Some("eerder"), state) => {
            let decided = view.decided_by.as_deref().zip(view.decided_at.as_deref());
            decided.and_then(|decided| before(as_decided(state), decided, t))
        }
        _ => None,
    };
    let going = matches!(line.state, ChangeState::Agreed | ChangeState::Applied);
    let refresh = going.then(|| {
        let here = format!("/codelijsten/wijzigingen/{}", line.id);
        view! { <p class="utrecht-paragraph">{link(here, l.refresh)}</p> }
    });
    let body = view! {
        {told}
        {title(name.clone())}
        <p class="utrecht-paragraph">{standing(line.state, t)}</p>
        {answers(facts(view, t), t)}
        {did(view, t)}
        {refresh}
        {wrong(&view.wrong, line.kind, t)}
        {items(view, t)}
        {foreseen(view, t)}
        {acts(view, t)}
        <p class="utrecht-paragraph">{link(list_path(line.kind), list_name(line.kind, t))}</p>
    };
    Screen::new(name, body)
        .under(l.title, "/codelijsten")
        .wide()
}

/// What somebody decided about a change in this state.
const fn as_decided(state: ChangeState) -> DecisionState {
    match state {
        ChangeState::Draft => DecisionState::Draft,
        ChangeState::Asked => DecisionState::Asked,
        ChangeState::Rejected => DecisionState::Rejected,
        ChangeState::CalledBack => DecisionState::CalledBack,
        ChangeState::Agreed | ChangeState::Applied => DecisionState::Running,
        ChangeState::Done => DecisionState::Done,
    }
}

fn facts(view: &ChangeView, t: &'static Texts) -> Vec<Answer> {
    let l = &t.lists;
    let line = &view.line;
    let mut facts = vec![
        Answer::new(l.origin, view.source.clone()),
        Answer::new(l.from, line.from.clone()),
        Answer::new(l.asked_by, line.asked_by.clone()),
        Answer::new(l.asked_at, line.asked_at.clone()),
    ];
    let decided = [
        (l.decided_by, &view.decided_by),
        (l.decided_at, &view.decided_at),
    ];
    for (key, value) in decided {
        facts.extend(value.iter().map(|value| Answer::new(key, value.clone())));
    }
    if let Some(lines) = view.lines {
        let wrong = u32::try_from(view.wrong.len()).unwrap_or(u32::MAX);
        for (key, count) in [
            (l.file_read, lines),
            (l.file_same, view.unchanged),
            (l.file_wrong, wrong),
        ] {
            facts.push(Answer::new(key, number(t.language, u64::from(count))));
        }
    }
    facts
}

fn count(text: &str, count: u32, t: &'static Texts) -> String {
    fill(text, &[("aantal", &number(t.language, u64::from(count)))])
}

/// What came of it.
fn did(view: &ChangeView, t: &'static Texts) -> Option<AnyView> {
    let l = &t.lists;
    if !matches!(view.line.state, ChangeState::Applied | ChangeState::Done) {
        return None;
    }
    let (accepted, review) = view.released;
    let review = (review > 0).then(|| paragraph(count(l.did_review, review, t)));
    Some(view! { {paragraph(count(l.did, accepted, t))}{review} }.into_any())
}

/// Lines of a file that were not taken.
fn wrong(lines: &[WrongLine], kind: ListKind, t: &'static Texts) -> Option<AnyView> {
    let l = &t.lists;
    if lines.is_empty() {
        return None;
    }
    let rows = lines.iter().take(SHOWN).map(|wrong| {
        let faults = wrong.faults.iter().map(|fault| fault_text(*fault, kind, t));
        vec![
            Cell::number(wrong.line.to_string()),
            Cell::new(faults.collect::<Vec<_>>().join(" ")),
        ]
    });
    let more = (lines.len() > SHOWN)
        .then(|| paragraph(fill(l.wrong_more, &[("aantal", &SHOWN.to_string())])));
    Some(
        view! {
            {heading(l.wrong)}
            {table("fout", l.wrong_caption, &[l.line, l.what_to_do], rows.collect())}
            {more}
        }
        .into_any(),
    )
}

fn items(view: &ChangeView, t: &'static Texts) -> AnyView {
    let l = &t.lists;
    let kind = view.line.kind;
    if view.items.is_empty() {
        return alert::info(l.nothing_good);
    }
    let rows = view.items.iter().map(|item| row(item, kind, t)).collect();
    let mut headers = vec![key_name(kind, t), l.vaccine, l.is_now, l.becomes];
    if names_product(kind) {
        headers.remove(1);
    }
    let more = usize::try_from(view.line.items).is_ok_and(|all| all > view.items.len());
    let more = more.then(|| {
        let shown = view.items.len().to_string();
        paragraph(fill(l.items_more, &[("aantal", &shown)]))
    });
    view! {
        {heading(l.items)}
        {table("verandert", l.items_caption, &headers, rows)}
        {more}
    }
    .into_any()
}

/// Its key is the product itself, or it has none.
fn names_product(kind: ListKind) -> bool {
    kind == ListKind::Products || !kind.has_product()
}

fn row(item: &ItemLine, kind: ListKind, t: &'static Texts) -> Vec<Cell> {
    let l = &t.lists;
    let key = match &item.before {
        Some(_) => link(entry_path(kind, &item.key, &item.product), item.key.clone()),
        None => item.key.clone().into_any(),
    };
    let before = item.before.as_ref();
    let before = before.map_or_else(|| l.absent.to_owned(), |entry| said(entry, t));
    let mut cells = vec![
        Cell::new(key),
        Cell::new(item.product.clone()),
        Cell::new(before),
        Cell::new(said(&item.after, t)),
    ];
    if names_product(kind) {
        cells.remove(1);
    }
    cells
}

/// What it would do to rows that wait.
fn foreseen(view: &ChangeView, t: &'static Texts) -> Option<AnyView> {
    let l = &t.lists;
    let rows = view.foreseen?;
    let content = if rows.looked_at == 0 {
        paragraph(l.foreseen_none)
    } else {
        foreseen_table(rows, t)
    };
    let more = match view.line.kind {
        ListKind::Products => Some(paragraph(l.foreseen_intervals)),
        ListKind::Ages => Some(paragraph(l.foreseen_ages)),
        _ => None,
    };
    Some(view! { {heading(l.foreseen)}{content}{more} }.into_any())
}

fn foreseen_table(rows: WouldRelease, t: &'static Texts) -> AnyView {
    let l = &t.lists;
    let not = rows
        .looked_at
        .saturating_sub(rows.accepted)
        .saturating_sub(rows.to_review);
    let lines = [
        (l.released_accepted, rows.accepted),
        (l.released_review, rows.to_review),
        (l.released_not, not),
    ];
    let lines = lines.map(|(text, count)| {
        vec![
            Cell::new(text),
            Cell::number(number(t.language, u64::from(count))),
        ]
    });
    let more = rows.more.then(|| paragraph(l.foreseen_more));
    view! {
        {table("gevolgen", l.foreseen_caption, &[l.outcome, l.number], lines.into())}
        {more}
    }
    .into_any()
}

/// What this person may do.
fn acts(view: &ChangeView, t: &'static Texts) -> Option<AnyView> {
    let l = &t.lists;
    let go_on = |text| Some((AgreeList::PATH, text));
    let (yes, no) = match view.may {
        MayChange::Look => return None,
        MayChange::Ask if view.line.items == 0 => (None, t.frame.cancel),
        MayChange::Ask => (go_on(l.ask), t.frame.cancel),
        MayChange::Agree => (go_on(l.agree), l.say_no),
        MayChange::CallBack => (None, l.take_back),
    };
    Some(go_on_or_not(view.line.id, yes, (DropList::PATH, no)))
}

//! `/beoordelen/cijfers`: how much waits, how long, of whom and why (features F54). Each number has its bar beside it.

use super::{clusters::cause, quality};
use crate::page::{Screen, Visit, page, review};
use crate::parts::chart::bar;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{heading, link, paragraph, second_link, title};
use crate::ports::review::{PartyNumbers, ReviewNumbers, Solved, SolvedBy};
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;

/// Codes that are shown.
const CODES: usize = 15;

/// The page.
pub(crate) fn numbers() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let numbers = review()?.numbers(&caller).await?;
        Ok(screen(&visit, &numbers))
    })
}

fn screen(visit: &Visit, numbers: &ReviewNumbers) -> Screen {
    let t = visit.t;
    let (n, v) = (&t.numbers, &t.review);
    let total: u32 = numbers.ages.iter().sum();
    let content = if total == 0 && numbers.parties.is_empty() {
        empty(n.nothing, vec![second_link("/beoordelen", v.back)])
    } else {
        let waiting = if total == 0 {
            paragraph(t.decisions.clusters_empty).into_any()
        } else {
            view! {
                {heading(n.how_long)}
                {ages(numbers, t)}
                {heading(n.why)}
                {codes(numbers, t)}
            }
            .into_any()
        };
        view! {
            {waiting}
            {solved(&numbers.solved, t)}
            {parties(&numbers.parties, t)}
        }
        .into_any()
    };
    let body = view! { {title(n.title)}{content} };
    Screen::new(n.title, body)
        .under(v.title, "/beoordelen")
        .wide()
}

fn ages(numbers: &ReviewNumbers, t: &'static Texts) -> AnyView {
    let n = &t.numbers;
    let most = numbers.ages.iter().copied().max().unwrap_or_default();
    let names = [n.day, n.week, n.month, n.longer];
    let kinds = ["success", "success", "warning", "error"];
    let rows = names.into_iter().zip(kinds).zip(numbers.ages);
    let rows = rows.map(|((name, kind), count)| {
        let mut row = vec![Cell::new(name)];
        row.extend(counted(count, most, kind, t));
        row
    });
    let headers = [n.age, n.rows, n.picture];
    table("leeftijd", n.age_caption, &headers, rows.collect())
}

fn codes(numbers: &ReviewNumbers, t: &'static Texts) -> AnyView {
    let n = &t.numbers;
    let most = numbers.codes.first().map_or(0, |(_, rows)| *rows);
    let rows = numbers.codes.iter().take(CODES).map(|(code, count)| {
        let way = format!("/beoordelen/groepen?code={}", code.as_str());
        let mut row = vec![Cell::new(link(way, cause(*code, None, t)))];
        row.extend(counted(*count, most, "error", t));
        row
    });
    let headers = [n.cause, n.rows, n.picture];
    table("oorzaken", n.cause_caption, &headers, rows.collect())
}

/// What solved rows, its share, and how long that took.
fn solved(solved: &[Solved], t: &'static Texts) -> Option<AnyView> {
    if solved.is_empty() {
        return None;
    }
    let n = &t.numbers;
    let all: u32 = solved.iter().map(|one| one.rows).sum();
    let rows = solved.iter().map(|one| {
        let by = match one.by {
            SolvedBy::Sender => n.by_sender,
            SolvedBy::Mapping => n.by_mapping,
            SolvedBy::Suggestion => n.by_suggestion,
            SolvedBy::Rivm => n.by_rivm,
        };
        let mut row = vec![Cell::new(by)];
        row.extend(counted(one.rows, all, "success", t));
        row.push(Cell::new(time(one.median, t)));
        row
    });
    let headers = [n.solved_by, n.rows, n.picture, n.median];
    Some(
        view! {
            {heading(n.solved)}
            {table("opgelost", n.solved_caption, &headers, rows.collect())}
        }
        .into_any(),
    )
}

/// Minutes, hours or days in words.
fn time(minutes: u32, t: &'static Texts) -> String {
    let n = &t.numbers;
    let (text, count) = match minutes {
        0..60 => (n.minutes, minutes),
        60..2_880 => (n.hours, minutes / 60),
        _ => (n.days, minutes / 1_440),
    };
    fill(text, &[("aantal", &count.to_string())])
}

/// The institutions of which most waits: how much, with the way to all of them.
fn parties(parties: &[PartyNumbers], t: &'static Texts) -> AnyView {
    let n = &t.numbers;
    view! {
        {heading(n.parties)}
        {paragraph(n.party_text)}
        {quality::parties(parties, t)}
        <p class="utrecht-paragraph">{second_link(quality::ALL, n.all_parties)}</p>
    }
    .into_any()
}

/// A number and its bar.
fn counted(count: u32, most: u32, kind: &'static str, t: &'static Texts) -> [Cell; 2] {
    [
        Cell::number(number(t.language, u64::from(count))),
        Cell::new(bar(count, most, kind)),
    ]
}

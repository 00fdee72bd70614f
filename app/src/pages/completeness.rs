//! `/volledigheid` and `/installaties`: whether everything that installations should deliver came in (features F61, F-X6):
//! of all of them for RIVM, of its own for a supplier.

use crate::page::{Screen, Visit, page, parties};
use crate::parts::chart::{Day, calendar, columns};
use crate::parts::table::{Cell, empty, table};
use crate::parts::{alert, badge, brp_age};
use crate::parts::{paragraph, title};
use crate::ports::parties::{
    Announced, Came, CompletenessView, InstallationView, RowsBecame, SupplierTotals,
};
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;

/// Gaps that are named.
const GAPS: usize = 10;

/// The page.
pub(crate) fn completeness() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let list = parties()?.completeness(&caller).await?;
        Ok(screen(&visit, &list))
    })
}

fn screen(visit: &Visit, view: &CompletenessView) -> Screen {
    let t = visit.t;
    let p = &t.parties;
    let list = &view.installations;
    let gaps = (!view.brp_gaps.is_empty())
        .then(|| alert::error(fill(p.brp_gaps, &[("nummers", &ranges(&view.brp_gaps))])));
    let content = if list.is_empty() {
        empty(p.no_installations, Vec::new())
    } else {
        view! {
            {paragraph(p.complete_lead)}
            {installations(list, p.complete_caption, t)}
        }
        .into_any()
    };
    let body = view! { {title(p.complete)}{brp_age::line(&view.brp, t)}{gaps}{content} };
    Screen::new(p.complete, body).wide()
}

/// `/installaties`
pub(crate) fn own_installations() -> AnyView {
    page(|visit| async move {
        let caller = visit.supplier()?.clone();
        let list = parties()?.own_installations(&caller).await?;
        let o = &visit.t.onboarding;
        let content = if list.is_empty() {
            empty(o.own_none, Vec::new())
        } else {
            installations(&list, o.own_caption, visit.t)
        };
        let body = view! {
            {title(o.own)}
            {paragraph(o.own_lead)}
            {content}
        };
        Ok(Screen::new(o.own, body).wide())
    })
}

fn installations(list: &[InstallationView], caption: &'static str, t: &'static Texts) -> AnyView {
    view! { {totals(list, t)}{each(list, caption, t)} }.into_any()
}

/// What came of each supplier, over all its installations.
fn totals(list: &[InstallationView], t: &'static Texts) -> AnyView {
    let p = &t.parties;
    let headers = [
        p.supplier,
        p.installations,
        p.silent_count,
        p.missing_count,
        p.files,
        p.waiting_count,
        p.announced,
        p.rows_read,
        p.became,
    ];
    let count = |count: u64| Cell::number(number(t.language, count));
    let rows = SupplierTotals::of(list).into_iter().map(|sum| {
        vec![
            Cell::new(sum.name.clone()),
            count(u64::from(sum.installations)),
            count(u64::from(sum.silent)),
            count(sum.missing),
            count(sum.files),
            count(sum.waiting),
            Cell::new(announced(p.announced_read, &sum.announced, t)),
            count(sum.rows.read),
            Cell::new(became(&sum.rows, t)),
        ]
    });
    table("leveranciers", p.totals_caption, &headers, rows.collect())
}

/// What was announced, what was read of that, and what was taken.
fn announced(text: &str, of: &Announced, t: &'static Texts) -> String {
    let count = |count| number(t.language, count);
    fill(
        text,
        &[
            ("beloofd", &count(of.rows)),
            ("gelezen", &count(of.read)),
            ("verwerkt", &count(of.taken)),
        ],
    )
}

/// What became of the rows that were read: the numbers add up to those.
fn became(rows: &RowsBecame, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    let always = [
        (p.became_stored, rows.accepted),
        (p.became_review, rows.review),
        (p.became_refused, rows.refused),
        (p.became_double, rows.double),
        (p.became_counted, rows.counted),
    ];
    let sometimes = [
        (p.became_withdrawn, rows.withdrawn),
        (p.became_waiting, rows.waiting()),
    ];
    let sometimes = sometimes.into_iter().filter(|(_, rows)| *rows > 0);
    let items = always.into_iter().chain(sometimes).map(|(text, rows)| {
        let text = fill(text, &[("aantal", &number(t.language, rows))]);
        view! { <li>{text}</li> }
    });
    view! { <ul class="cims-plain-list">{items.collect_view()}</ul> }.into_any()
}

fn each(list: &[InstallationView], caption: &'static str, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    let headers = [
        p.party,
        p.installation,
        p.last_file,
        p.what_is_wrong,
        p.calendar,
        p.files,
        p.announced,
        p.rows_read,
        p.became,
    ];
    let rows = list.iter().map(|one| row(one, t)).collect();
    table("installaties", caption, &headers, rows)
}

fn row(one: &InstallationView, t: &'static Texts) -> Vec<Cell> {
    let p = &t.parties;
    let count = |count: u64| number(t.language, count);
    let came = one.days.iter().filter(|day| **day == Came::Yes).count();
    let missed = one.days.iter().filter(|day| **day == Came::Missed).count();
    let words = fill(
        p.calendar_words,
        &[("wel", &came.to_string()), ("niet", &missed.to_string())],
    );
    let days: Vec<Day> = one
        .days
        .iter()
        .map(|day| match day {
            Came::Yes => Day::Came,
            Came::Missed => Day::Missed,
            Came::NotExpected => Day::Quiet,
        })
        .collect();
    let by = one
        .intermediary
        .as_ref()
        .map(|name| fill(p.run_by, &[("naam", name)]));
    let rhythm = if one.daily { p.daily } else { p.not_daily };
    let most = one.volume.iter().max().copied().unwrap_or_default();
    let volume = (most > 0).then(|| columns(&one.volume));
    let most = (most > 0).then(|| fill(p.volume_words, &[("aantal", &count(most))]));
    vec![
        Cell::new(one.party.clone()),
        Cell::new(view! {
            {one.installation.clone()}" ("{one.account.clone()}")"{by.map(|by| view! { <br/>{by} })}
            <br/>{rhythm}
        }),
        Cell::new(one.last.clone().unwrap_or_else(|| p.never.to_owned())),
        Cell::new(wrong(one, t)),
        Cell::new(
            view! { {calendar(&days)}{volume}<span>{words}{most.map(|most| format!(" {most}"))}</span> },
        ),
        Cell::number(count(u64::from(one.files))),
        Cell::new(announced(p.announced_read, &one.announced, t)),
        Cell::number(count(one.rows.read)),
        Cell::new(became(&one.rows, t)),
    ]
}

/// Numbers that are missing: "3, 5-7".
pub(crate) fn ranges(gaps: &[(u32, u32)]) -> String {
    let ranges = gaps.iter().take(GAPS).map(|(from, to)| {
        if from == to {
            from.to_string()
        } else {
            format!("{from}-{to}")
        }
    });
    let mut ranges = ranges.collect::<Vec<_>>().join(", ");
    if gaps.len() > GAPS {
        ranges.push('…');
    }
    ranges
}

/// What is not as it should be, each in words.
fn wrong(one: &InstallationView, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    let count = |text: &str, count: u64| fill(text, &[("aantal", &number(t.language, count))]);
    let mut list = Vec::new();
    if one.silent {
        list.push(p.silent.to_owned());
    }
    if one.thin {
        list.push(p.thin.to_owned());
    }
    if !one.gaps.is_empty() {
        list.push(fill(p.gaps, &[("nummers", &ranges(&one.gaps))]));
    }
    if one.parked > 0 {
        list.push(count(p.parked_files, u64::from(one.parked)));
    }
    if one.held > 0 {
        list.push(count(p.held_files, u64::from(one.held)));
    }
    if one.refused > 0 {
        list.push(count(p.refused_files, u64::from(one.refused)));
    }
    if one.aborted > 0 {
        list.push(count(p.aborted, u64::from(one.aborted)));
    }
    if one.announced.lacks() {
        list.push(announced(p.promised, &one.announced, t));
    }
    if list.is_empty() && one.last.is_none() {
        return badge::badge("neutral", p.nothing_yet);
    }
    if list.is_empty() {
        return badge::badge("success", p.all_there);
    }
    let items = list.into_iter().map(|text| view! { <li>{text}</li> });
    view! { <ul class="cims-plain-list">{items.collect_view()}</ul> }.into_any()
}

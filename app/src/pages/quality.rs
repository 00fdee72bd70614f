//! How good what institutions deliver is, week by week, and what to do about it (features F54): `/kwaliteit` for the own one, and for
//! RIVM `/beoordelen/kwaliteit` with all of them and `/beoordelen/kwaliteit/{id}` with one, as it sees that itself.

use super::clusters::{amount, cause};
use super::review::{no_bsn, searched, without_bsn};
use crate::page::{Screen, Visit, deliveries as port, page, review};
use crate::parts::chart::{bar, shares};
use crate::parts::field::Field;
use crate::parts::filter;
use crate::parts::pager::pager;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{heading, link, paragraph, second_link, title};
use crate::ports::Page;
use crate::ports::deliveries::{QualityView, QualityWeek};
use crate::ports::review::{PartyNumbers, PartyQuality};
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;

/// Where RIVM sees it of all institutions.
pub(super) const ALL: &str = "/beoordelen/kwaliteit";

/// `/kwaliteit`
pub(crate) fn quality() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let view = port()?.quality(&caller).await?;
        Ok(screen(&visit, &view))
    })
}

/// `/beoordelen/kwaliteit`
pub(crate) fn qualities() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        if let Some(screen) = without_bsn(&visit, ALL, Vec::new()) {
            return Ok(screen);
        }
        let search = searched(&visit).unwrap_or_default();
        let list = review()?
            .qualities(&caller, search.clone(), visit.page())
            .await?;
        Ok(list_screen(&visit, &search, &list))
    })
}

/// `/beoordelen/kwaliteit/{id}`
pub(crate) fn quality_of() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let view = review()?.quality_of(&caller, visit.id()?).await?;
        Ok(party_screen(&visit, &view))
    })
}

fn screen(visit: &Visit, view: &QualityView) -> Screen {
    let t = visit.t;
    let n = &t.numbers;
    let content = if view.weeks.is_empty() {
        empty(
            n.quality_none,
            vec![second_link("/aanleveren", t.frame.tile_upload)],
        )
    } else {
        weeks_and_causes(view, t)
    };
    let body = view! {
        {title(n.quality)}
        {paragraph(n.quality_lead)}
        {content}
        <p class="utrecht-paragraph">{second_link("/aanleveringen", t.upload.list_title)}</p>
    };
    Screen::new(n.quality, body)
        .under(t.upload.list_title, "/aanleveringen")
        .wide()
}

/// What RIVM and the institution both see.
fn weeks_and_causes(view: &QualityView, t: &'static Texts) -> AnyView {
    let n = &t.numbers;
    let weeks = view.weeks.iter().map(|one| week(one, t)).collect();
    let headers = [n.week_of, n.delivered, n.refused, n.good, n.picture];
    let causes = view.causes.iter().map(|(code, rows)| {
        let way = format!("/hulp/regels/{}", code.as_str());
        vec![
            Cell::new(link(way, cause(*code, None, t))),
            Cell::number(number(t.language, u64::from(*rows))),
            Cell::new(code.help().how_to_fix),
        ]
    });
    let causes: Vec<_> = causes.collect();
    let refused = view.weeks.iter().any(|week| week.refused > 0);
    let causes = if refused {
        let headers = [n.cause, n.rows, t.mend.what_to_do];
        table("oorzaken", n.quality_causes, &headers, causes)
    } else {
        paragraph(n.quality_all_good).into_any()
    };
    view! {
        {picture(&view.weeks, t)}
        {table("weken", n.quality_weeks, &headers, weeks)}
        {heading(n.causes)}
        {causes}
    }
    .into_any()
}

/// The share of each week as a picture, and in a sentence for who does not see it.
fn picture(weeks: &[QualityWeek], t: &'static Texts) -> AnyView {
    let n = &t.numbers;
    let told: Vec<(String, Option<u64>)> = weeks
        .iter()
        // Day and month: the year stands in the table.
        .map(|week| {
            let (day, _) = week.monday.rsplit_once('-').unwrap_or_default();
            let share = (week.rows > 0).then(|| good_of(week.rows, week.refused));
            (day.to_owned(), share)
        })
        .collect();
    let known: Vec<u64> = told.iter().filter_map(|(_, share)| *share).collect();
    let text = match known.as_slice() {
        [] => String::new(),
        [only] => fill(n.picture_one, &[("laatste", &only.to_string())]),
        [first, .., last] => {
            let (first, last) = (first.to_string(), last.to_string());
            fill(n.picture_text, &[("eerste", &first), ("laatste", &last)])
        }
    };
    let without = weeks.len() - known.len();
    let without = (without > 0).then(|| {
        let count = u64::try_from(without).unwrap_or_default();
        format!(" {}", amount(count, n.picture_gap, n.picture_gaps, t))
    });
    shares(n.picture_name, text + &without.unwrap_or_default(), &told)
}

/// Good rows in a hundred, rounded down: only what is wholly good is 100.
fn good_of(rows: u32, refused: u32) -> u64 {
    u64::from(rows.saturating_sub(refused)) * 100 / u64::from(rows.max(1))
}

fn week(one: &QualityWeek, t: &'static Texts) -> Vec<Cell> {
    let count = |count: u32| Cell::number(number(t.language, u64::from(count)));
    let good = one.rows.saturating_sub(one.refused);
    vec![
        Cell::new(one.monday.clone()),
        count(one.rows),
        count(one.refused),
        Cell::number(share(one.rows, one.refused, t)),
        Cell::new(bar(good, one.rows, "success")),
    ]
}

/// "97 %"; a dash of nothing.
fn share(rows: u32, refused: u32, t: &'static Texts) -> String {
    if rows == 0 {
        return "-".to_owned();
    }
    let share = good_of(rows, refused).to_string();
    fill(t.numbers.percent, &[("aantal", &share)])
}

fn list_screen(visit: &Visit, search: &str, list: &Page<PartyNumbers>) -> Screen {
    let t = visit.t;
    let (n, r) = (&t.numbers, &t.registrations);
    let content = match (list.items.is_empty(), search.is_empty()) {
        (true, true) => empty(n.nothing, vec![second_link("/beoordelen", t.review.back)]),
        (true, false) => empty(n.party_not_found, vec![second_link(ALL, r.clear)]),
        _ => parties(&list.items, t),
    };
    let filter = [("zoek", search.to_owned())];
    let field = Field {
        hint: n.party_hint,
        ..Field::new("zoek", n.party, search)
    };
    let count = amount(list.total, n.party_one, n.party_count, t);
    let fields = vec![field.filter_search()];
    let bar = filter::bar(ALL, count, !search.is_empty(), fields, t);
    let body = view! {
        {no_bsn(visit)}
        {title(n.qualities)}
        {paragraph(n.party_text)}
        {bar}
        {content}
        {pager(ALL, &filter, list.page, list.total, t)}
    };
    Screen::new(n.qualities, body)
        .under(t.review.title, "/beoordelen")
        .under(n.title, "/beoordelen/cijfers")
        .wide()
}

/// Institutions side by side, each with the way to its own page.
pub(super) fn parties(parties: &[PartyNumbers], t: &'static Texts) -> AnyView {
    let n = &t.numbers;
    let most = parties.iter().map(|party| party.open).max();
    let rows = parties.iter().map(|party| {
        let causes: Vec<&str> = party.causes.iter().map(|code| code.as_str()).collect();
        let count = |count: u32| Cell::number(number(t.language, u64::from(count)));
        let (before, refused_before) = party.before;
        let good = party.rows.saturating_sub(party.refused);
        vec![
            Cell::new(link(format!("{ALL}/{}", party.id), party.party.clone())),
            count(party.open),
            Cell::new(bar(party.open, most.unwrap_or_default(), "error")),
            count(party.rows),
            count(party.refused),
            Cell::number(share(party.rows, party.refused, t)),
            Cell::new(bar(good, party.rows, "success")),
            Cell::number(share(before, refused_before, t)),
            Cell::new(if causes.is_empty() {
                "-".to_owned()
            } else {
                causes.join(", ")
            }),
        ]
    });
    let headers = [
        n.party,
        n.open,
        n.open_picture,
        n.delivered,
        n.refused,
        n.good,
        n.picture,
        n.good_before,
        n.waits_for,
    ];
    table("instellingen", n.party_caption, &headers, rows.collect())
}

fn party_screen(visit: &Visit, view: &PartyQuality) -> Screen {
    let t = visit.t;
    let n = &t.numbers;
    let content = if view.view.weeks.is_empty() {
        paragraph(n.quality_none_of).into_any()
    } else {
        weeks_and_causes(&view.view, t)
    };
    let count = number(t.language, u64::from(view.open));
    let waiting = fill(n.party_waits, &[("aantal", &count)]);
    let body = view! {
        {title(view.party.clone())}
        {paragraph(n.quality_of_lead)}
        <p class="utrecht-paragraph">{waiting}</p>
        {content}
        <p class="utrecht-paragraph">{second_link(ALL, n.qualities)}</p>
    };
    Screen::new(format!("{}: {}", n.quality_of, view.party), body)
        .under(t.review.title, "/beoordelen")
        .under(n.title, "/beoordelen/cijfers")
        .under(n.qualities, ALL)
        .wide()
}

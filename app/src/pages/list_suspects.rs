//! `/codelijsten/verdacht`: batches that no list has, or that were given once, with the known batch that is nearest
//! (features F-X4).

use super::clusters::amount;
use crate::page::{Screen, Visit, lists, page};
use crate::parts::pager::{address, pager};
use crate::parts::table::{Cell, empty, table};
use crate::parts::{badge, link, paragraph, second_link, title};
use crate::ports::Page;
use crate::ports::lists::SuspectLine;
use crate::texts::{Texts, fill, number};
use domain::lists::ListKind;
use leptos::prelude::*;

/// Where the form of a batch is.
const BATCHES: &str = "/codelijsten/batches";

/// The page.
pub(crate) fn suspects() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let list = lists()?.suspects(&caller, visit.page()).await?;
        Ok(screen(&visit, &list, caller.role().may_operate()))
    })
}

fn screen(visit: &Visit, list: &Page<SuspectLine>, manages: bool) -> Screen {
    let t = visit.t;
    let l = &t.lists;
    let content = if list.items.is_empty() {
        empty(l.suspects_none, vec![second_link("/codelijsten", l.title)])
    } else {
        let mut headers = vec![
            l.batch, l.vaccine, l.times, l.listed, l.parties, l.days, l.near,
        ];
        if manages {
            headers.push(l.to_list);
        }
        let rows = list
            .items
            .iter()
            .map(|line| row(line, manages, t))
            .collect();
        let pages = pager("/codelijsten/verdacht", &[], list.page, list.total, t);
        let count = amount(list.total, l.suspects_count_one, l.suspects_count, t);
        view! {
            {paragraph(count)}
            {table("verdacht", l.suspects_caption, &headers, rows)}
            {pages}
        }
        .into_any()
    };
    let body = view! {
        {title(l.suspects)}
        {paragraph(l.suspects_text)}
        {content}
        <p class="utrecht-paragraph">{link("/beoordelen/groepen?code=V22", l.suspects_groups)}</p>
    };
    Screen::new(l.suspects, body)
        .under(l.title, "/codelijsten")
        .wide()
}

fn row(line: &SuspectLine, manages: bool, t: &'static Texts) -> Vec<Cell> {
    let l = &t.lists;
    let times = number(t.language, u64::from(line.times));
    let times = match line.times {
        1 => badge::badge("warning", l.times_one),
        _ if line.more => fill(l.times_more, &[("aantal", &times)]).into_any(),
        _ => fill(l.times_many, &[("aantal", &times)]).into_any(),
    };
    let listed = if line.listed {
        badge::badge("neutral", l.listed_yes)
    } else {
        badge::badge("warning", l.listed_no)
    };
    let names = line
        .parties
        .iter()
        .take(3)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    let names = if line.parties.len() > 3 {
        fill(l.parties_more, &[("namen", &names)])
    } else {
        names
    };
    let (first, last) = &line.days;
    let days = if first == last {
        first.clone()
    } else {
        fill(l.days_value, &[("eerste", first), ("laatste", last)])
    };
    let near = line.near.clone().unwrap_or_else(|| l.near_none.to_owned());
    let mut cells = vec![
        Cell::new(line.batch.clone()),
        Cell::new(line.product.clone()),
        Cell::new(times),
        Cell::new(listed),
        Cell::new(names),
        Cell::new(days),
        Cell::new(near),
    ];
    if manages {
        cells.push(Cell::new(to_list(line, t)));
    }
    cells
}

/// The form of a batch with this one filled in, where the list lacks it; else its page.
fn to_list(line: &SuspectLine, t: &'static Texts) -> AnyView {
    let l = &t.lists;
    let query = [
        ("sleutel", line.batch.clone()),
        ("vaccin", line.product.clone()),
    ];
    let (way, text, label) = if line.listed {
        let way = format!("/codelijsten/{}/onderdeel", ListKind::Batches.word());
        (address(&way, &query), l.open, l.entry_label)
    } else {
        let way = format!("{}#toevoegen", address(BATCHES, &query));
        (way, l.to_list, l.to_list_label)
    };
    let label = fill(label, &[("naam", &line.batch)]);
    view! { <a class="utrecht-link utrecht-link--html-a" href=way aria-label=label>{text}</a> }
        .into_any()
}

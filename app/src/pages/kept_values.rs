//! `/beoordelen/waarden`: what institutions go on writing, and what that means: since when, until when, and by whom (features F52).

use super::decisions::days;
use crate::page::{Screen, Visit, decisions, page};
use crate::parts::answers::words;
use crate::parts::pager::pager;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{paragraph, second_link, title};
use crate::ports::Page;
use crate::ports::decisions::KeptValue;
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;

/// `/beoordelen/waarden`
pub(crate) fn kept_values() -> AnyView {
    page(|visit| async move {
        let caller = visit.reviewer()?.clone();
        let list = decisions()?.kept_values(&caller, visit.page()).await?;
        Ok(screen(&visit, &list))
    })
}

fn screen(visit: &Visit, list: &Page<KeptValue>) -> Screen {
    let t = visit.t;
    let (d, v) = (&t.decisions, &t.review);
    let content = if list.items.is_empty() {
        empty(
            d.values_empty,
            vec![second_link("/beoordelen/groepen", d.clusters)],
        )
    } else {
        let headers = [
            v.party,
            t.upload.column,
            d.value_from,
            d.value_to,
            d.days,
            d.value_since,
            d.value_until,
            d.asked_by,
            d.value_rows,
            d.open,
        ];
        let rows = list.items.iter().map(|one| row(one, t)).collect();
        let pages = pager("/beoordelen/waarden", &[], list.page, list.total, t);
        view! {
            {paragraph(d.values_text)}
            {table("waarden", d.values_caption, &headers, rows)}
            {pages}
        }
        .into_any()
    };
    let body = view! { {title(d.values)}{content} };
    Screen::new(d.values, body)
        .under(v.title, "/beoordelen")
        .wide()
}

fn row(one: &KeptValue, t: &'static Texts) -> Vec<Cell> {
    let d = &t.decisions;
    let shown = |value: &str| match one.column {
        Some(column) => words(column, value, t),
        None => value.to_owned(),
    };
    let column = one.column.map_or("", |column| column.title_in(t.language));
    let label = fill(
        d.value_label,
        &[("partij", &one.party), ("waarde", &one.old)],
    );
    let until = match (&one.until, &one.ended_by) {
        (Some(until), Some(by)) => {
            let why = one.why_ended.clone();
            view! { {format!("{until}, {by}")}{why.map(|why| view! { <br/>{why} })} }.into_any()
        }
        _ => d.value_holds.into_any(),
    };
    let by = match &one.agreed_by {
        Some(other) => fill(d.value_by, &[("een", &one.asked_by), ("ander", other)]),
        None => one.asked_by.clone(),
    };
    vec![
        Cell::new(one.party.clone()),
        Cell::new(column),
        Cell::new(one.old.clone()),
        Cell::new(shown(&one.new)),
        Cell::new(days(one.days, t)),
        Cell::new(one.since.clone()),
        Cell::new(until),
        Cell::new(by),
        Cell::number(number(t.language, u64::from(one.rows))),
        Cell::new(view! {
            <a class="utrecht-link utrecht-link--html-a" href=format!("/beoordelen/besluiten/{}", one.decision) aria-label=label>{d.open}</a>
        }),
    ]
}

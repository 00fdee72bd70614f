//! `/teruggestuurd`: the rows of the own institution that RIVM sent back, with what it asks and where they are mended (features F54).

use crate::page::{Screen, Visit, deliveries, page};
use crate::parts::pager::pager;
use crate::parts::table::{Cell, empty, table};
use crate::parts::{link, paragraph, second_link, title};
use crate::ports::Page;
use crate::ports::deliveries::ReturnedRow;
use crate::texts::{Texts, fill};
use leptos::prelude::*;

/// `/teruggestuurd`
pub(crate) fn returned() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let list = deliveries()?.returned(&caller, visit.page()).await?;
        Ok(screen(&visit, &list))
    })
}

fn screen(visit: &Visit, list: &Page<ReturnedRow>) -> Screen {
    let t = visit.t;
    let r = &t.returned;
    let content = if list.items.is_empty() {
        empty(
            r.empty,
            vec![second_link("/aanleveringen", t.upload.list_title)],
        )
    } else {
        let headers = [r.since, t.upload.file, t.upload.row, r.message, r.mend];
        let rows = list.items.iter().map(|one| row(one, t)).collect();
        let pages = pager("/teruggestuurd", &[], list.page, list.total, t);
        view! {
            {paragraph(r.text)}
            {paragraph(r.text_file)}
            {table("teruggestuurd", r.caption, &headers, rows)}
            {pages}
        }
        .into_any()
    };
    let body = view! { {title(r.title)}{content} };
    Screen::new(r.title, body).wide()
}

fn row(one: &ReturnedRow, t: &'static Texts) -> Vec<Cell> {
    let r = &t.returned;
    let number = one.row.to_string();
    // What is in the register is corrected there; what was refused is mended where it stands.
    let (way, text) = match one.registration {
        Some(id) => (format!("/registraties/{id}"), r.open_registration),
        None => (
            format!("/aanleveringen/{}/regels/{number}", one.delivery),
            r.open_row,
        ),
    };
    let file = match &one.file {
        Some(name) => link(format!("/aanleveringen/{}", one.delivery), name.clone()),
        None => r.typed.into_any(),
    };
    vec![
        Cell::new(one.since.clone()),
        Cell::new(file),
        Cell::number(number.clone()),
        Cell::new(one.message.clone()),
        Cell::new(link(way, fill(text, &[("regel", &number)]))),
    ]
}

//! `/aanleveringen/{id}/herstel/{code}/{kolom}`: every value of one kind of repair, before and after (features F20).

use crate::page::{Screen, Visit, deliveries, page};
use crate::parts::table::{Cell, table};
use crate::parts::{link, pager, paragraph, second_link, title};
use crate::ports::deliveries::RepairedValue;
use crate::ports::{Page, PortError, PortResult};
use crate::texts::{fill, number};
use domain::finding::Code;
use domain::row::Column;
use leptos::prelude::*;
use uuid::Uuid;

/// The page.
pub(crate) fn repaired() -> AnyView {
    page(|visit| async move {
        let caller = visit.deliverer()?.clone();
        let (id, code, column) = (visit.id()?, code(&visit)?, column(&visit)?);
        let list = deliveries()?
            .repaired(&caller, id, code, column, visit.page())
            .await?;
        Ok(screen(&visit, id, (code, column), list))
    })
}

fn code(visit: &Visit) -> PortResult<Code> {
    let code = visit.param("code").parse::<Code>().ok();
    code.filter(|code| code.is_repair())
        .ok_or(PortError::NotFound)
}

fn column(visit: &Visit) -> PortResult<Column> {
    let name = visit.param("kolom");
    let mut all = Column::ALL.into_iter();
    all.find(|column| column.name() == name)
        .ok_or(PortError::NotFound)
}

fn screen(
    visit: &Visit,
    id: Uuid,
    (code, column): (Code, Column),
    list: Page<RepairedValue>,
) -> Screen {
    let t = visit.t;
    let u = &t.upload;
    let back = format!("/aanleveringen/{id}");
    let base = format!("{back}/herstel/{}/{}", code.as_str(), column.name());
    let rows = list.items.into_iter().map(|value| {
        vec![
            Cell::number(value.row.to_string()),
            Cell::new(value.before),
            Cell::new(value.after),
        ]
    });
    let count = match list.total {
        1 => u.repairs_one.to_owned(),
        many => fill(u.repairs, &[("aantal", &number(t.language, many))]),
    };
    let body = view! {
        {title(u.repaired_title)}
        <p class="utrecht-paragraph">
            {link(format!("/hulp/regels/{}", code.as_str()), code.as_str())}" "{code.sentence(t.language)}" "
            {format!("{}: {}.", u.column, column.title_in(t.language))}
        </p>
        {paragraph(count)}
        {table("herstel", u.repaired_caption, &[u.row, u.before, u.after], rows.collect())}
        {pager::pager(&base, &[], list.page, list.total, t)}
        <p class="utrecht-paragraph">{second_link(back.clone(), t.mend.back)}</p>
    };
    Screen::new(u.repaired_title, body)
        .under(u.list_title, "/aanleveringen")
        .under(u.delivery, back)
}

//! The refused rows as a table of cells one can type in (features F24): a plain form, which a script makes a grid.

use super::mend::options;
use crate::calls::mend::MendRows;
use crate::islands::RepairGrid;
use crate::islands::repair_grid::WRONG;
use crate::page::Visit;
use crate::parts::messages::error_message;
use crate::parts::{hidden_inputs, paragraph, submit, time_out_note};
use crate::ports::PAGE_ROWS;
use crate::ports::deliveries::{Kept, RefusedList, RefusedRow};
use crate::texts::{Texts, fill, number};
use domain::finding::{Finding, Severity};
use domain::row::Column;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// The form with the rows of this page.
pub(super) fn form(visit: &Visit, id: Uuid, list: &RefusedList) -> AnyView {
    let t = visit.t;
    let m = &t.mend;
    let columns = columns(&list.rows.items);
    let hidden = [
        ("delivery", id.to_string()),
        ("pagina", list.rows.page.to_string()),
    ];
    let hidden = hidden.into_iter();
    let hidden = hidden.chain(visit.query("concept").map(|draft| ("concept", draft)));
    let head = columns.iter().map(|column| {
        view! { <th scope="col" role="columnheader" class="utrecht-table__header-cell">{column.title_in(t.language)}</th> }
    });
    let head = head.collect_view();
    let rows = list.rows.items.iter().map(|row| line(row, id, &columns, t));
    let rows = rows.collect_view();
    let lists = columns.iter().filter_map(|column| suggestions(*column, t));
    let lists = lists.collect_view();
    let pages = list.rows.total.div_ceil(u64::from(PAGE_ROWS));
    let lost = if u64::from(list.rows.page) < pages {
        m.paste_next
    } else {
        m.paste_last
    };
    let send = if list.preview {
        m.send_rows_preview
    } else {
        m.send_rows
    };
    let then = if list.preview { m.text_preview } else { m.text };
    view! {
        <form class="cims-grid-form" method="post" action=MendRows::PATH data-keep-along="true" novalidate
            data-channel=list.channel.as_str() data-managed=super::choices::are_managed().then_some("") data-today=visit.today() data-prefix=t.frame.error_prefix data-good=m.row_good>
                {hidden_inputs(hidden.collect())}
                {paragraph(m.intro)}
                <p class="cims-form__note" id="toetsen" hidden>{m.keys}</p>
                <div class="utrecht-table-container cims-table-region" role="region" aria-labelledby="regels" tabindex="0">
                    <table class="utrecht-table utrecht-table--html-table cims-grid cims-cards" role="table">
                        <caption class="cims-visually-hidden" id="regels">{m.caption}</caption>
                        <thead class="utrecht-table__header" role="rowgroup">
                            <tr class="utrecht-table__row" role="row">
                                <th scope="col" role="columnheader" class="utrecht-table__header-cell">{m.row}</th>
                                {head}
                            </tr>
                        </thead>
                        <tbody class="utrecht-table__body" role="rowgroup">{rows}</tbody>
                    </table>
                </div>
                // Shown once the script says how many.
                <div class="cims-grid__lost" role="alert"><strong id="geplakt"></strong><span>{m.paste_lost}" "{lost}</span></div>
                {lists}
                {paragraph(then)}
                <div class="utrecht-button-group">{submit(send)}</div>
                {time_out_note(t.frame.time_out_line)}
                <RepairGrid/>
        </form>
    }
    .into_any()
}

/// Where a message leads to.
pub(super) fn anchor(row: &RefusedRow, finding: &Finding) -> String {
    match finding.column {
        Some(column) => input_id(row, column),
        None => format!("rij-{}", row.number),
    }
}

fn input_id(row: &RefusedRow, column: Column) -> String {
    format!("r{}-{}", row.number, column.name())
}

/// The columns to show: those with something wrong first, then those that hold something, each in the order of the
/// format. The others can be filled in on the page of the row.
fn columns(rows: &[RefusedRow]) -> Vec<Column> {
    let wrong = |column: &Column| rows.iter().any(|row| fault(row, Some(*column)).is_some());
    let filled = |column: &Column| rows.iter().any(|row| !row.row.get(*column).is_empty());
    let all = Column::ALL.into_iter();
    let (mut shown, rest): (Vec<_>, Vec<_>) = all.partition(wrong);
    shown.extend(rest.into_iter().filter(filled));
    // Rows whose cells could not be told apart hold nothing: then all of it has to be filled in.
    if shown.is_empty() {
        Column::ALL.to_vec()
    } else {
        shown
    }
}

fn fault(row: &RefusedRow, column: Option<Column>) -> Option<&Finding> {
    let mut findings = row.findings.iter();
    findings.find(|finding| finding.severity == Severity::Fout && finding.column == column)
}

fn line(row: &RefusedRow, id: Uuid, columns: &[Column], t: &'static Texts) -> AnyView {
    let m = &t.mend;
    let number = row.number.to_string();
    let name = fill(m.row_link, &[("regel", &number)]);
    let row_id = format!("rij-{number}");
    let said = match row.kept {
        Some(Kept::Changed) => Some(m.row_changed.to_owned()),
        Some(Kept::LoggedOut | Kept::Waits) => None,
        None => fault(row, None).map(|finding| finding.message_in(t.language).into_owned()),
    };
    let cells = columns.iter().map(|column| cell(row, *column, t));
    let cells = cells.collect_view();
    view! {
        <tr class="utrecht-table__row" role="row" id=row_id.clone() aria-label=name.clone()>
            <th scope="row" role="rowheader" class="utrecht-table__cell cims-grid__row-number" data-label=m.row>
                <a class="utrecht-link utrecht-link--html-a" href=format!("/aanleveringen/{id}/regels/{number}")>{name.clone()}</a>
                <input type="hidden" name=format!("rows[r{number}][seen]") value=row.seen.to_string()/>
                <input type="hidden" name=format!("rows[r{number}][everywhere]") value="" data-everywhere="true"/>
                <p class="cims-grid__good" hidden>{m.row_good}</p>
                {error_message(&row_id, said.as_deref(), t)}
                {row.message.as_ref().map(|message| view! {
                    <p class="cims-grid__message">{fill(t.decisions.from_rivm, &[("bericht", message)])}</p>
                })}
            </th>
            {cells}
        </tr>
    }
    .into_any()
}

fn cell(row: &RefusedRow, column: Column, t: &'static Texts) -> AnyView {
    let m = &t.mend;
    let id = input_id(row, column);
    let title = column.title_in(t.language);
    let label = fill(
        m.cell,
        &[("kolom", title), ("regel", &row.number.to_string())],
    );
    // What was kept is not judged yet: the messages are about the cells as they stood.
    let wrong = fault(row, Some(column)).filter(|_| row.kept.is_none());
    let message = wrong.map(|finding| finding.message_in(t.language).into_owned());
    let shared = row.shared.iter().find(|(other, _)| *other == column);
    let same = shared.map(|(_, count)| {
        let text = match count {
            None => m.same_cell_all.to_owned(),
            Some(1) => m.same_cell_one.to_owned(),
            Some(many) => fill(m.same_cell, &[("aantal", &number(t.language, u64::from(*many)))]),
        };
        view! { <button class="utrecht-button utrecht-button--secondary-action" type="button" data-same="true" hidden>{text}</button> }
    });
    let class = if message.is_some() { WRONG } else { "" };
    let described = message.is_some().then(|| format!("{id}-fout"));
    let list = (options(column, t).len() > 1).then(|| list_id(column));
    view! {
        <td role="cell" class=format!("utrecht-table__cell {class}") data-label=title>
            <input class="cims-grid__input" type="text" id=id.clone() name=format!("rows[r{}][{}]", row.number, column.name())
                value=row.row.get(column).to_owned() aria-label=label data-column=column.name() list=list
                autocomplete="off" spellcheck="false"
                aria-invalid=message.is_some().then_some("true") aria-describedby=described/>
            {error_message(&id, message.as_deref(), t)}
            {same}
        </td>
    }
    .into_any()
}

fn list_id(column: Column) -> String {
    format!("keuzes-{}", column.name())
}

/// What one can choose in a column, for the inputs to suggest.
fn suggestions(column: Column, t: &'static Texts) -> Option<AnyView> {
    let options = options(column, t);
    if options.len() < 2 {
        return None;
    }
    let options = options.into_iter().skip(1).map(|(value, text)| {
        view! { <option value=value.clone()>{(text != value).then_some(text)}</option> }
    });
    Some(view! { <datalist id=list_id(column)>{options.collect_view()}</datalist> }.into_any())
}

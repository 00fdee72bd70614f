//! Tables that become cards on a small screen; the roles keep their meaning when `display` changes.

use leptos::prelude::*;

/// A cell: content, and whether it holds a number.
pub(crate) struct Cell {
    content: AnyView,
    number: bool,
}

impl Cell {
    /// A cell.
    pub(crate) fn new(content: impl IntoView + 'static) -> Self {
        Self {
            content: content.into_any(),
            number: false,
        }
    }

    /// A cell with a number.
    pub(crate) fn number(content: impl IntoView + 'static) -> Self {
        Self {
            content: content.into_any(),
            number: true,
        }
    }
}

/// A table with a caption; `id` is unique on the page.
pub(crate) fn table(
    id: &'static str,
    caption: &'static str,
    headers: &[&'static str],
    rows: Vec<Vec<Cell>>,
) -> AnyView {
    let head = headers.iter().map(|header| {
        view! { <th scope="col" role="columnheader" class="utrecht-table__header-cell">{*header}</th> }
    });
    let head = head.collect_view();
    let rows = rows.into_iter().map(|cells| {
        let cells = cells.into_iter().zip(headers).map(|(cell, header)| {
            let class = if cell.number {
                "utrecht-table__cell utrecht-table__cell--numeric-data"
            } else {
                "utrecht-table__cell"
            };
            view! { <td role="cell" class=class data-label=*header>{cell.content}</td> }
        });
        view! { <tr class="utrecht-table__row" role="row">{cells.collect_view()}</tr> }
    });
    let rows = rows.collect_view();
    view! {
        <div class="utrecht-table-container cims-table-region" role="region" aria-labelledby=id tabindex="0">
            <table class="utrecht-table utrecht-table--html-table utrecht-table--row-hover cims-cards" role="table">
                <caption class="utrecht-table__caption" id=id>{caption}</caption>
                <thead class="utrecht-table__header" role="rowgroup"><tr class="utrecht-table__row" role="row">{head}</tr></thead>
                <tbody class="utrecht-table__body" role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A list without rows: why, and the next step.
pub(crate) fn empty(why: &'static str, links: Vec<AnyView>) -> AnyView {
    view! {
        <div class="cims-empty-list">
            {super::paragraph(why)}
            <div class="utrecht-button-group">{links}</div>
        </div>
    }
    .into_any()
}

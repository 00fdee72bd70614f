//! How a row stood before somebody changed it, with every repair of then (features F-X3). For its own party.

use super::answers::of_row;
use super::{fold, link, paragraph};
use crate::ports::deliveries::EarlierReading;
use crate::texts::{Texts, fill};
use domain::finding::Code;
use domain::row::{Column, RowText};
use leptos::prelude::*;

/// Folded, one by one.
pub(crate) fn earlier(list: &[EarlierReading], t: &'static Texts) -> AnyView {
    let list = list.iter().map(|one| reading(one, t));
    list.collect_view().into_any()
}

fn reading(one: &EarlierReading, t: &'static Texts) -> AnyView {
    let said = if one.row == RowText::default() {
        paragraph(t.mend.earlier_unreadable)
    } else {
        of_row(&one.row, t)
    };
    let repairs = (!one.repairs.is_empty()).then(|| {
        let items = one.repairs.iter().map(|repair| item(repair, t));
        view! { <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{items.collect_view()}</ul> }
    });
    let summary = fill(t.mend.earlier, &[("moment", &one.until)]);
    fold(summary, view! { {said}{repairs} })
}

/// "Batchnummer: er stond “…”, wij maakten er “…” van." and the kind.
fn item(
    (code, column, before, after): &(Code, Column, String, String),
    t: &'static Texts,
) -> AnyView {
    let values = [
        ("kolom", column.title_in(t.language)),
        ("was", before.as_str()),
        ("werd", after.as_str()),
    ];
    let way = link(format!("/hulp/regels/{}", code.as_str()), code.as_str());
    view! { <li>{fill(t.mend.earlier_repair, &values)}" "{way}" "{code.sentence(t.language)}</li> }
        .into_any()
}

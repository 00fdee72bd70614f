//! What was made of what somebody typed: every repair, field by field (features F-X3: nothing differs unlisted).

use super::paragraph;
use crate::ports::entry::Mended;
use crate::texts::{Texts, fill};
use domain::finding::Finding;
use leptos::prelude::*;

/// The block; nothing when everything stands as it was typed. `otherwise`: what to do when that is not right.
pub(crate) fn mended(
    list: &[Mended],
    otherwise: Option<&'static str>,
    t: &'static Texts,
) -> Option<AnyView> {
    if list.is_empty() {
        return None;
    }
    let items = list
        .iter()
        .map(|one| view! { <li>{line(one, t)}</li> })
        .collect_view();
    Some(
        view! {
            <section class="cims-panel" aria-labelledby="aangepast">
                <h2 class="utrecht-heading-3" id="aangepast">{t.entry.mended_title}</h2>
                <ul class="utrecht-unordered-list utrecht-unordered-list--html-content">{items}</ul>
                {otherwise.map(paragraph)}
            </section>
        }
        .into_any(),
    )
}

/// "Batchnummer: u typte …, wij maakten er … van." and why; of a person, where no value may stand, only why.
fn line(one: &Mended, t: &'static Texts) -> String {
    let why: Vec<String> = one
        .codes
        .iter()
        .map(|code| Finding::whole(*code).message_in(t.language).into_owned())
        .collect();
    let column = one.column.title_in(t.language);
    let why = why.join(" ");
    match &one.values {
        Some((typed, became)) => {
            let values = [
                ("kolom", column),
                ("getypt", typed.as_str()),
                ("geworden", became.as_str()),
            ];
            format!("{} {why}", fill(t.entry.mended_line, &values))
        }
        None => format!("{column}: {why}"),
    }
}

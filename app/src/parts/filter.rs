//! The bar above a list: how many there are, what to leave out, and the way back to all.

use super::link;
use crate::texts::Texts;
use leptos::prelude::*;

/// The bar. `path`: the list without a filter, to which the form asks its question; `filtered`: something is left out.
pub(crate) fn bar(
    path: &str,
    count: String,
    filtered: bool,
    fields: Vec<AnyView>,
    t: &'static Texts,
) -> AnyView {
    let r = &t.registrations;
    view! {
        <section class="cims-filter" aria-label=r.filters>
            <p class="cims-filter__count">{count}</p>
            <form method="get" class="cims-filter__form" action=path.to_owned()>
                {fields}
                <div class="cims-filter__actions">
                    <button class="utrecht-button utrecht-button--secondary-action" type="submit">{r.apply}</button>
                    {filtered.then(|| link(path, r.clear))}
                </div>
            </form>
        </section>
    }
    .into_any()
}

//! Links to the other pages of a list; the filter stays in the address.

use crate::ports::PAGE_ROWS;
use crate::shell::encode;
use crate::texts::{Texts, fill};
use leptos::prelude::*;

/// Path with query: filled values only.
pub(crate) fn address(path: &str, query: &[(&str, String)]) -> String {
    let filled: Vec<String> = query
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if filled.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{}", filled.join("&"))
    }
}

/// An address that has a query, with one value more, before its anchor.
pub(crate) fn and(address: &str, name: &str, value: &str) -> String {
    match address.split_once('#') {
        Some((path, anchor)) => format!("{path}&{name}={value}#{anchor}"),
        None => format!("{address}&{name}={value}"),
    }
}

/// The pager; nothing when all rows fit on one page.
pub(crate) fn pager(
    path: &str,
    filter: &[(&str, String)],
    page: u32,
    total: u64,
    t: &'static Texts,
) -> Option<AnyView> {
    let pages = total.div_ceil(u64::from(PAGE_ROWS));
    if pages < 2 {
        return None;
    }
    let f = &t.frame;
    let to = |page: u64| {
        let mut query = filter.to_vec();
        query.push(("pagina", page.to_string()));
        address(path, &query)
    };
    let here = u64::from(page);
    let relative = |target: u64, kind: &str, text: &'static str| {
        view! {
            <a class=format!("utrecht-pagination__relative-link utrecht-pagination__relative-link--{kind}") href=to(target)>{text}</a>
        }
    };
    let text = fill(
        f.page_of,
        &[
            ("pagina", &here.to_string()),
            ("paginas", &pages.to_string()),
        ],
    );
    Some(
        view! {
            <nav class="utrecht-pagination" aria-label=f.pages>
                {(here > 1).then(|| relative(here - 1, "prev", f.previous))}
                <span class="utrecht-pagination__page-link utrecht-pagination__page-link--current" aria-current="page">{text}</span>
                {(here < pages).then(|| relative(here + 1, "next", f.next))}
            </nav>
        }
        .into_any(),
    )
}

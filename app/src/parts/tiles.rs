//! Big links of a start page.

use super::icon::{Icon, icon_with};
use leptos::prelude::*;

/// A tile: icon, address, title, text.
pub(crate) type Tile = (Icon, &'static str, &'static str, &'static str);

/// The tiles; the first is the main one.
pub(crate) fn tiles(list: Vec<Tile>) -> AnyView {
    let items = list
        .into_iter()
        .enumerate()
        .map(|(index, (shape, href, title, text))| {
            let class = if index == 0 {
                "cims-tiles__item cims-tiles__item--primary"
            } else {
                "cims-tiles__item"
            };
            view! {
                <li class=class>
                    {icon_with(shape, "cims-icon cims-icon--large")}
                    <a class="cims-tiles__link" href=href>{title}</a>
                    <p class="cims-tiles__text">{text}</p>
                </li>
            }
        });
    view! { <ul class="cims-tiles">{items.collect_view()}</ul> }.into_any()
}

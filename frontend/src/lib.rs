//! The wasm entry: hydrates the islands of `app`, nothing else.

// the islands are found by name in the exports of the wasm, so the crate must be linked
use app as _;

/// Wakes the islands of the page up, and says so on `<html>`: for whoever drives the page by a program.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
    if let Some(html) = leptos::prelude::document().document_element() {
        // A page that refuses an attribute works all the same.
        let _ = html.set_attribute("data-alive", "");
    }
}

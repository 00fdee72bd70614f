//! The wasm entry: hydrates the islands of `app`, nothing else.

// the islands are found by name in the exports of the wasm, so the crate must be linked
use app as _;

/// Wakes the islands of the page up.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}

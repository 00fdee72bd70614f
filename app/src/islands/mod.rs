//! Live parts: what scripts add to pages that are complete without them.
//!
//! Each renders plain HTML on the server and wakes up in the browser. They change what the server made
//! in place (a message at a field, a value in a box), so the markup has one source.

#![expect(
    missing_docs,
    reason = "the macro makes structs of properties, whose fields are documented here"
)]

pub mod focus;
pub mod live_form;
pub mod progress;
pub mod quick_dates;
pub mod time_out;

pub use focus::FocusOn;
pub use live_form::LiveForm;
pub use progress::Progress;
pub use quick_dates::QuickDates;
pub use time_out::TimeOut;

use leptos::wasm_bindgen::JsCast;
use leptos::web_sys;
use leptos::web_sys::{HtmlFormElement, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

/// The element with an id.
fn by_id(id: &str) -> Option<web_sys::HtmlElement> {
    leptos::prelude::document()
        .get_element_by_id(id)
        .and_then(|element| element.dyn_into().ok())
}

/// The input with an id.
fn input(id: &str) -> Option<web_sys::HtmlInputElement> {
    by_id(id).and_then(|element| element.dyn_into().ok())
}

/// Names and values of a form as it stands: what the browser would post.
fn typed(form: &HtmlFormElement) -> Vec<(String, String)> {
    let elements = form.elements();
    let one = |index| {
        let element = elements.item(index)?;
        let name = element.get_attribute("name")?;
        let value = if let Some(input) = element.dyn_ref::<HtmlInputElement>() {
            let choice = matches!(input.type_().as_str(), "radio" | "checkbox");
            (!choice || input.checked()).then(|| input.value())?
        } else if let Some(select) = element.dyn_ref::<HtmlSelectElement>() {
            select.value()
        } else {
            element.dyn_ref::<HtmlTextAreaElement>()?.value()
        };
        Some((name, value))
    };
    (0..elements.length()).filter_map(one).collect()
}

//! Puts the focus on an element when the page opens, such as the error summary.

use leptos::prelude::*;

/// Focuses the element with this id.
#[island]
pub fn FocusOn(
    /// Id of the element.
    id: String,
) -> impl IntoView {
    Effect::new(move |_| {
        if let Some(element) = super::by_id(&id) {
            // an element that cannot take the focus keeps it where it is
            let _ = element.focus();
        }
    });
    view! { <span hidden></span> }
}

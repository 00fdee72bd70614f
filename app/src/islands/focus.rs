//! Puts the focus on an element when the page opens, such as the error summary. On a slow line the script comes
//! late: who has moved on by then stays where they are.

use leptos::prelude::*;

/// Focuses the element with this id.
#[island]
pub fn FocusOn(
    /// Id of the element.
    id: String,
) -> impl IntoView {
    Effect::new(move |_| {
        let untouched = document()
            .active_element()
            .is_none_or(|element| element.tag_name() == "BODY");
        if let Some(element) = super::by_id(&id)
            && untouched
        {
            // an element that cannot take the focus keeps it where it is
            let _ = element.focus();
        }
    });
    view! { <span hidden></span> }
}

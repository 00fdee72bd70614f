//! The message at an input: added, changed or removed in place.

use super::by_id;
use leptos::prelude::*;
use leptos::web_sys::{Element, Node};

/// Says a message in the paragraph with this id, which is made and put in its `place` when it is not there yet, and
/// tied to what it describes; `None` removes it.
pub(super) fn say(
    id: &str,
    message: Option<&str>,
    prefix: &str,
    described: &Element,
    place: &dyn Fn(&Element) -> Option<Node>,
) -> Option<()> {
    let old = by_id(id);
    let Some(message) = message else {
        if let Some(old) = old {
            old.remove();
        }
        return Some(());
    };
    let paragraph = match old {
        Some(old) => old.into(),
        None => {
            let paragraph = document().create_element("p").ok()?;
            paragraph.set_id(id);
            paragraph.set_class_name(
                "utrecht-form-field-error-message utrecht-form-field__error-message",
            );
            place(&paragraph)?;
            let ids = described
                .get_attribute("aria-describedby")
                .unwrap_or_default();
            // the id may still be there of a message that was mended before
            if !ids.split(' ').any(|known| known == id) {
                let _ = described.set_attribute("aria-describedby", (ids + " " + id).trim());
            }
            paragraph
        }
    };
    paragraph.set_text_content(None);
    let hidden = document().create_element("span").ok()?;
    hidden.set_class_name("cims-visually-hidden");
    hidden.set_text_content(Some(prefix));
    paragraph.append_child(&hidden).ok()?;
    paragraph
        .append_child(&document().create_text_node(message))
        .ok()?;
    Some(())
}

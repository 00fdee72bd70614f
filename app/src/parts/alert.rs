//! Messages in a coloured block; the icon and the words say the same as the colour.

use super::icon::{Icon, icon_with};
use leptos::prelude::*;

fn alert(kind: &'static str, shape: Icon, content: AnyView) -> AnyView {
    view! {
        <div class=format!("utrecht-alert utrecht-alert--{kind}")>
            {icon_with(shape, "cims-icon utrecht-alert__icon")}
            <div class="utrecht-alert__content"><div class="utrecht-alert__message">{content}</div></div>
        </div>
    }
    .into_any()
}

/// Good to know.
pub(crate) fn info(text: impl Into<String>) -> AnyView {
    alert("info", Icon::Info, super::paragraph(text))
}

/// Something new, with links.
pub(crate) fn news(content: impl IntoView + 'static) -> AnyView {
    alert("info", Icon::Info, content.into_any())
}

/// It worked; read out by screen readers.
pub(crate) fn ok(text: impl Into<String>) -> AnyView {
    let text = text.into();
    view! { <div role="status">{alert("ok", Icon::Check, super::paragraph(text))}</div> }.into_any()
}

/// Look at this.
pub(crate) fn warning(content: impl IntoView + 'static) -> AnyView {
    alert("warning", Icon::Warning, content.into_any())
}

/// It did not work.
pub(crate) fn error(text: impl Into<String>) -> AnyView {
    alert("error", Icon::Error, super::paragraph(text))
}

//! Building blocks of pages: plain functions that return HTML with the class names of `style/README.md`.

pub(crate) mod alert;
pub(crate) mod answers;
pub(crate) mod assigning;
pub(crate) mod badge;
pub(crate) mod brp_age;
pub(crate) mod chart;
pub(crate) mod date_boxes;
pub(crate) mod earlier;
pub(crate) mod field;
pub(crate) mod filter;
pub(crate) mod findings;
pub(crate) mod icon;
pub(crate) mod mended;
pub(crate) mod messages;
pub(crate) mod pager;
pub(crate) mod radios;
pub(crate) mod suggestions;
pub(crate) mod table;
pub(crate) mod tiles;
pub(crate) mod warnings;

use crate::ports::Sessions;
use crate::ports::deliveries::RowRanges;
use crate::texts::{Texts, fill, number};
use leptos::prelude::*;
use std::sync::Arc;

/// A paragraph of text.
pub(crate) fn paragraph(text: impl Into<String>) -> AnyView {
    view! { <p class="utrecht-paragraph">{text.into()}</p> }.into_any()
}

/// "4, 9-31 en nog 1.200 regels".
pub(crate) fn row_ranges(rows: &RowRanges, t: &'static Texts) -> String {
    if rows.more == 0 {
        return rows.first.clone();
    }
    let more = number(t.language, u64::from(rows.more));
    let text = if rows.more == 1 {
        t.upload.rows_and_one
    } else {
        t.upload.rows_and_more
    };
    fill(text, &[("regels", &rows.first), ("aantal", &more)])
}

/// A heading of the second level.
pub(crate) fn heading(text: impl Into<String>) -> AnyView {
    view! { <h2 class="utrecht-heading-2">{text.into()}</h2> }.into_any()
}

/// The heading of a page.
pub(crate) fn title(text: impl Into<String>) -> AnyView {
    view! { <h1 class="utrecht-heading-1">{text.into()}</h1> }.into_any()
}

/// A link in running text.
pub(crate) fn link(href: impl Into<String>, text: impl Into<String>) -> AnyView {
    view! { <a class="utrecht-link utrecht-link--html-a" href=href.into()>{text.into()}</a> }
        .into_any()
}

/// A link that looks like the main button of a page.
pub(crate) fn button_link(href: impl Into<String>, text: impl Into<String>) -> AnyView {
    view! {
        <a class="utrecht-button-link utrecht-button-link--html-a utrecht-button-link--primary-action" href=href.into()>{text.into()}</a>
    }
    .into_any()
}

/// A link that looks like a lighter button.
pub(crate) fn second_link(href: impl Into<String>, text: impl Into<String>) -> AnyView {
    view! {
        <a class="utrecht-button-link utrecht-button-link--html-a utrecht-button-link--secondary-action" href=href.into()>{text.into()}</a>
    }
    .into_any()
}

/// The main button of a form.
pub(crate) fn submit(text: impl Into<String>) -> AnyView {
    view! {
        <button class="utrecht-button utrecht-button--primary-action cims-button--main" type="submit">{text.into()}</button>
    }
    .into_any()
}

/// A form of one button: a lighter act than the main one.
pub(crate) fn small_form(
    action: &'static str,
    hidden: Vec<(&'static str, String)>,
    text: impl Into<String>,
) -> AnyView {
    view! {
        <form method="post" action=action>
            {hidden_inputs(hidden)}
            <button class="utrecht-button utrecht-button--secondary-action" type="submit">{text.into()}</button>
        </form>
    }
    .into_any()
}

/// To go on with something, when this person may, or not to.
pub(crate) fn go_on_or_not(
    id: uuid::Uuid,
    yes: Option<(&'static str, &'static str)>,
    no: (&'static str, &'static str),
) -> AnyView {
    let id = || vec![("id", id.to_string())];
    let yes = yes.map(|(action, text)| {
        view! {
            <form method="post" action=action>
                {hidden_inputs(id())}
                {submit(text)}
            </form>
        }
    });
    view! {
        <div class="utrecht-button-group">
            {yes}
            {small_form(no.0, id(), no.1)}
        </div>
    }
    .into_any()
}

/// Hidden inputs of a form that is posted, with the token of this page.
pub(crate) fn hidden_inputs(values: Vec<(&'static str, String)>) -> AnyView {
    let token = use_context::<Arc<dyn Sessions>>().and_then(|sessions| sessions.form_token());
    values
        .into_iter()
        .chain(token.map(|token| (crate::FORM_TOKEN, token)))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value/> })
        .collect_view()
        .into_any()
}

/// The line under a form that says after how long without an action one logs in again.
pub(crate) fn time_out_note(text: &'static str) -> AnyView {
    let sessions = use_context::<Arc<dyn Sessions>>();
    let line = sessions.map(|sessions| {
        let minutes = sessions.life().idle_minutes.to_string();
        fill(text, &[("minuten", &minutes)])
    });
    view! { <p class="cims-form__note">{line}</p> }.into_any()
}

/// After how many days an uploaded file is wiped.
pub(crate) fn file_days(t: &'static Texts) -> AnyView {
    let sessions = use_context::<Arc<dyn Sessions>>();
    let line = sessions.map(|sessions| match sessions.life().file_days {
        1 => t.upload.limit_retention_one.to_owned(),
        days => fill(t.upload.limit_retention, &[("dagen", &days.to_string())]),
    });
    line.into_any()
}

/// A fold-out "Waar vind ik dit?".
pub(crate) fn fold(summary: impl Into<String>, body: impl IntoView + 'static) -> AnyView {
    folded(summary, body, false)
}

/// A fold-out that is open when there is something to mend in it.
pub(crate) fn folded(
    summary: impl Into<String>,
    body: impl IntoView + 'static,
    open: bool,
) -> AnyView {
    view! {
        <details class="cims-details" open=open>
            <summary class="cims-details__summary">{summary.into()}</summary>
            <div class="cims-details__body">{body.into_any()}</div>
        </details>
    }
    .into_any()
}

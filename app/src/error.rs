//! What people see when a port does not do what was asked, and where a post ends then.
//!
//! A page answers with the right status; a post always redirects, because an `Err` of a server function
//! would end up in the URL (security L14). No message holds a value.

use crate::page::Screen;
use crate::parts::{alert, button_link, paragraph};
use crate::ports::{PortError, Wait};
use crate::texts::{Texts, fill};
use axum::http::StatusCode;
use leptos::prelude::*;
use uuid::Uuid;

/// The page about an error, with its status.
pub(crate) fn screen(error: PortError, t: &'static Texts) -> (StatusCode, Screen) {
    let f = &t.frame;
    match error {
        PortError::NotFound => (
            StatusCode::NOT_FOUND,
            plain(f.not_found_title, f.not_found, t),
        ),
        PortError::NotLoggedIn => (
            StatusCode::UNAUTHORIZED,
            plain(f.not_logged_in_title, f.not_logged_in, t),
        ),
        PortError::TooMany(wait) => (
            StatusCode::TOO_MANY_REQUESTS,
            plain(f.too_many_title, too_many(wait, t), t),
        ),
        PortError::Conflict => (StatusCode::CONFLICT, plain(f.conflict_title, f.conflict, t)),
        // The page redirects to the receipt; this is what stands under the redirect.
        PortError::Sent(_) => (StatusCode::OK, plain(f.conflict_title, f.conflict, t)),
        PortError::Broken(incident) => {
            let text = fill(f.broken, &[("nummer", &incident.to_string())]);
            let body = view! {
                <h1 class="utrecht-heading-1">{f.broken_title}</h1>
                {alert::error(text)}
                <p class="utrecht-paragraph">{button_link("/", f.to_home)}</p>
            };
            (
                StatusCode::INTERNAL_SERVER_ERROR,
                Screen::new(f.broken_title, body),
            )
        }
    }
}

fn plain(title: &'static str, text: &'static str, t: &'static Texts) -> Screen {
    let body = view! {
        <h1 class="utrecht-heading-1">{title}</h1>
        {paragraph(text)}
        <p class="utrecht-paragraph">{button_link("/", t.frame.to_home)}</p>
    };
    Screen::new(title, body)
}

/// Why no more is asked of the BRP now, and until when.
pub(crate) const fn too_many(wait: Wait, t: &'static Texts) -> &'static str {
    let f = &t.frame;
    match wait {
        Wait::NextMinute => f.too_many_minute,
        Wait::Tomorrow => f.too_many_day,
        Wait::Rivm => f.too_many_blocked,
    }
}

/// The receipt of a draft that was sent; its reference is not needed to find it.
pub(crate) fn receipt_path(draft: Uuid) -> String {
    format!("/registreren/klaar/{draft}")
}

/// Path of the page about an error after a post.
pub(crate) fn after_post(error: PortError) -> String {
    match error {
        PortError::NotLoggedIn => "/inloggen?reden=verlopen".to_owned(),
        PortError::NotFound => "/niet-gevonden".to_owned(),
        PortError::TooMany(wait) => format!("/even-wachten?tot={}", wait.as_str()),
        PortError::Conflict => "/gewijzigd".to_owned(),
        // Whatever was sent along is not in it: never the bare receipt.
        PortError::Sent(draft) => format!("{}?melding=anders", receipt_path(draft)),
        PortError::Broken(incident) => format!("/storing/{incident}"),
    }
}

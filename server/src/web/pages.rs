//! The few pages that cannot be pages of `app`: made when it cannot be asked, or on the way back from the provider. In Dutch,
//! for the language of the visitor is not known here; the texts stand with the others.
//!
//! No script, no inline style; they work under the strictest policy of [`super::headers`].

use app::texts::outside::Outside;
use app::texts::{NL, fill};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use uuid::Uuid;

/// The texts of these pages.
pub(super) static TEXTS: &Outside = &NL.outside;

fn page(title: &str, head: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"nl\" class=\"ma-theme utrecht-root\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title} - {}</title><link rel=\"stylesheet\" href=\"/pkg/cims.css\">{head}</head>\
         <body class=\"utrecht-body utrecht-document\"><main id=\"inhoud\" class=\"utrecht-page-content__main cims-main\">\
         <h1 class=\"utrecht-heading-1\">{title}</h1>{body}</main></body></html>",
        NL.frame.portal
    ))
}

fn paragraph(text: &str) -> String {
    format!("<p class=\"utrecht-paragraph\">{text}</p>")
}

fn way(path: &str, text: &str) -> String {
    paragraph(&format!(
        "<a class=\"utrecht-link utrecht-link--html-a\" href=\"{path}\">{text}</a>"
    ))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

/// After login: moves on by itself. A `Strict` cookie does not travel in a chain of redirects that began at the
/// provider; from this page of our own it does (security §4.3).
#[must_use]
pub fn moving_on(path: &str) -> Response {
    let path = escape(path);
    let head = format!("<meta http-equiv=\"refresh\" content=\"0;url={path}\">");
    page(TEXTS.logged_in, &head, &way(&path, TEXTS.go_on)).into_response()
}

/// Our fault: a number to quote, nothing else (security §4.8).
#[must_use]
pub fn incident(number: Uuid) -> Response {
    let text = fill(TEXTS.incident_text, &[("nummer", &number.to_string())]);
    let body = paragraph(&text) + &way("/", TEXTS.to_start);
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    (status, page(TEXTS.incident, "", &body)).into_response()
}

/// The database cannot be reached.
#[must_use]
pub fn unavailable() -> Response {
    let page = page(TEXTS.unavailable, "", &paragraph(TEXTS.unavailable_text));
    again_after(60, (StatusCode::SERVICE_UNAVAILABLE, page).into_response())
}

/// A form that does much, without the token of its page: of another session, or open for too long (security §4.1).
#[must_use]
pub fn stale_form() -> Response {
    let body = paragraph(TEXTS.stale_text) + &paragraph(TEXTS.stale_way);
    let body = body + &way("/", TEXTS.to_start);
    (StatusCode::FORBIDDEN, page(TEXTS.stale, "", &body)).into_response()
}

/// A form of more bytes than any of ours has.
#[must_use]
pub fn too_large() -> Response {
    let body = paragraph(TEXTS.too_large_text) + &paragraph(TEXTS.too_large_way);
    let body = body + &way("/", TEXTS.to_start);
    let status = StatusCode::PAYLOAD_TOO_LARGE;
    (status, page(TEXTS.too_large, "", &body)).into_response()
}

/// Too many tries.
#[must_use]
pub fn too_many(seconds: u64) -> Response {
    let text = fill(TEXTS.wait_text, &[("seconden", &seconds.to_string())]);
    let page = page(TEXTS.wait, "", &paragraph(&text));
    again_after(
        seconds,
        (StatusCode::TOO_MANY_REQUESTS, page).into_response(),
    )
}

fn again_after(seconds: u64, mut response: Response) -> Response {
    let seconds = HeaderValue::from(seconds);
    response.headers_mut().insert(header::RETRY_AFTER, seconds);
    response
}

//! The few pages that cannot be pages of `app`: made when it cannot be asked, or on the way back from the provider.
//!
//! No script, no inline style; they work under the strictest policy of [`super::headers`].

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use uuid::Uuid;

fn page(title: &str, head: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"nl\" class=\"ma-theme utrecht-root\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><meta name=\"robots\" content=\"noindex\">\
         <title>{title} - Zorgverlenersportaal</title><link rel=\"stylesheet\" href=\"/pkg/cims.css\">{head}</head>\
         <body class=\"utrecht-body utrecht-document\"><main id=\"inhoud\" class=\"utrecht-page-content__main cims-main\">\
         <h1 class=\"utrecht-heading-1\">{title}</h1>{body}</main></body></html>"
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
    page(
        "U bent ingelogd",
        &format!("<meta http-equiv=\"refresh\" content=\"0;url={path}\">"),
        &format!("<p class=\"utrecht-paragraph\"><a class=\"utrecht-link utrecht-link--html-a\" href=\"{path}\">Ga verder</a></p>"),
    )
    .into_response()
}

/// Our fault: a number to quote, nothing else (security §4.8).
#[must_use]
pub fn incident(number: Uuid) -> Response {
    let body = format!(
        "<p class=\"utrecht-paragraph\">Er ging iets mis bij ons. Noem bij contact nummer {number}.</p>\
         <p class=\"utrecht-paragraph\"><a class=\"utrecht-link utrecht-link--html-a\" href=\"/\">Naar de startpagina</a></p>"
    );
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        page("Er ging iets mis", "", &body),
    )
        .into_response()
}

/// The database cannot be reached.
#[must_use]
pub fn unavailable() -> Response {
    let body = "<p class=\"utrecht-paragraph\">Het portaal is even niet bereikbaar. Probeer het over een minuut opnieuw.</p>";
    let mut response = (
        StatusCode::SERVICE_UNAVAILABLE,
        page("Even niet bereikbaar", "", body),
    )
        .into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// A form that does much, without the token of its page: of another session, or open for too long (security §4.1).
#[must_use]
pub fn stale_form() -> Response {
    let body = "<p class=\"utrecht-paragraph\">Dit formulier stond te lang open, of u bent daarna opnieuw ingelogd. Er is niets gewijzigd.</p>\
        <p class=\"utrecht-paragraph\">Ga terug, ververs de pagina en verstuur het formulier opnieuw.</p>\
        <p class=\"utrecht-paragraph\"><a class=\"utrecht-link utrecht-link--html-a\" href=\"/\">Naar de startpagina</a></p>";
    (
        StatusCode::FORBIDDEN,
        page("Verstuur het formulier opnieuw", "", body),
    )
        .into_response()
}

/// A form of more bytes than any of ours has.
#[must_use]
pub fn too_large() -> Response {
    let body = "<p class=\"utrecht-paragraph\">Wat u verstuurde, is te groot. Er is niets gewijzigd.</p>\
        <p class=\"utrecht-paragraph\">Ga terug, maak de tekst korter en verstuur het formulier opnieuw.</p>\
        <p class=\"utrecht-paragraph\"><a class=\"utrecht-link utrecht-link--html-a\" href=\"/\">Naar de startpagina</a></p>";
    (
        StatusCode::PAYLOAD_TOO_LARGE,
        page("Dit is te groot", "", body),
    )
        .into_response()
}

/// Too many tries.
#[must_use]
pub fn too_many(seconds: u64) -> Response {
    let body = format!(
        "<p class=\"utrecht-paragraph\">U probeerde het te vaak achter elkaar. Probeer het over {seconds} seconden opnieuw.</p>"
    );
    let mut response = (
        StatusCode::TOO_MANY_REQUESTS,
        page("Even wachten", "", &body),
    )
        .into_response();
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

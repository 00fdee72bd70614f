//! Language and colours: a cookie by a plain form.

use super::answer::{Posted, go, own_path};
use axum::http::HeaderValue;
use axum::http::header::SET_COOKIE;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

const YEAR: u32 = 365 * 24 * 60 * 60;

/// Chooses the language of the screens.
#[server(prefix = "/api", endpoint = "taal")]
pub(crate) async fn choose_language(taal: String, #[server(default)] terug: String) -> Posted {
    let value = if taal == "en" { "en" } else { "nl" };
    go(async { Ok(keep("cims-taal", value, YEAR, &terug)) }).await
}

/// Chooses light, dark, or what the system says (empty).
#[server(prefix = "/api", endpoint = "kleuren")]
pub(crate) async fn choose_colour(
    #[server(default)] kleur: String,
    #[server(default)] terug: String,
) -> Posted {
    let (value, life) = match kleur.as_str() {
        "licht" => ("licht", YEAR),
        "donker" => ("donker", YEAR),
        _ => ("", 0),
    };
    go(async { Ok(keep("cims-kleur", value, life, &terug)) }).await
}

/// Sets the cookie and says where to go back to.
fn keep(name: &str, value: &str, life: u32, back: &str) -> String {
    let cookie = format!("{name}={value}; Path=/; Max-Age={life}; Secure; HttpOnly; SameSite=Lax");
    if let (Some(response), Ok(cookie)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&cookie),
    ) {
        response.append_header(SET_COOKIE, cookie);
    }
    own_path(back)
}

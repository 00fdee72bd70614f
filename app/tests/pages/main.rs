//! Renders whole pages and posts forms, with ports in memory instead of a server. Not in the library itself: it is large,
//! and would be compiled twice.
#![cfg(feature = "ssr")]

mod accounts;
mod brp;
mod cards;
mod decisions;
mod entry;
mod fakes;
mod form;
mod kept;
mod lists;
mod locations;
mod onboarding;
mod pages;
mod persons;
mod sessions;
mod texts;
mod uploads;
mod users;
mod withdrawals;
mod worklist;

use app::{App, shell};
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::response::Response;
use fakes::World;
use leptos::config::LeptosOptions;
use std::sync::Arc;

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: String,
    pub(crate) cookie: String,
    pub(crate) html: String,
}

impl Answer {
    async fn of(response: Response) -> Self {
        let text = |name: header::HeaderName| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let (status, location, cookie) = (
            response.status(),
            text(header::LOCATION),
            text(header::SET_COOKIE),
        );
        let bytes = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        Self {
            status,
            location,
            cookie,
            html: String::from_utf8(bytes.to_vec()).expect("utf-8"),
        }
    }

    /// The text between `<title>` and its end.
    pub(crate) fn title(&self) -> &str {
        self.html
            .split_once("<title>")
            .and_then(|(_, rest)| rest.split_once("</title>"))
            .map_or("", |(title, _)| title)
    }

    /// There is a link with this address and text.
    pub(crate) fn links(&self, href: &str, text: &str) -> bool {
        let address = format!("<a href=\"{href}\"");
        let links = self
            .html
            .split(&address)
            .skip(1)
            .filter_map(|rest| rest.split_once('>'));
        links
            .filter_map(|(_, rest)| rest.split_once("</a>"))
            .any(|(inside, _)| inside == text)
    }

    /// Part of the page, for what must or must not be there.
    pub(crate) fn has(&self, part: &str) -> bool {
        self.html.contains(part)
    }
}

/// Asks for a page.
pub(crate) async fn get(world: &Arc<World>, path: &str) -> Answer {
    get_with(world, path, "").await
}

/// Asks for a page with cookies.
pub(crate) async fn get_with(world: &Arc<World>, path: &str, cookies: &str) -> Answer {
    static ROUTES: std::sync::Once = std::sync::Once::new();
    ROUTES.call_once(|| drop(leptos_axum::generate_route_list(App)));
    let context = {
        let world = Arc::clone(world);
        move || world.provide()
    };
    let options = LeptosOptions::builder().output_name("cims").build();
    let render =
        leptos_axum::render_app_async_with_context(context, move || shell(options.clone()));
    let request = Request::get(path)
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, cookies);
    Answer::of(render(request.body(Body::empty()).expect("a request")).await).await
}

/// Posts a form as a browser without scripts does.
pub(crate) async fn post(world: &Arc<World>, path: &str, form: &[(&str, &str)]) -> Answer {
    post_for(world, path, form, "text/html").await
}

/// Posts a form and asks for an answer of a kind; a script asks for `*/*`.
pub(crate) async fn post_for(
    world: &Arc<World>,
    path: &str,
    form: &[(&str, &str)],
    accept: &str,
) -> Answer {
    let context = {
        let world = Arc::clone(world);
        move || world.provide()
    };
    let body: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{}={}", app::shell::encode(name), app::shell::encode(value)))
        .collect();
    let request = Request::post(path)
        .header(header::ACCEPT, accept)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(body.join("&")))
        .expect("a request");
    let response = leptos_axum::handle_server_fns_with_context(context, request).await;
    Answer::of(axum::response::IntoResponse::into_response(response)).await
}

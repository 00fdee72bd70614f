//! Number, log line and metrics of every request; and what becomes of a panic.
//!
//! Logged are method, the route's pattern and status: never a query, a key in a path, a header or a body,
//! so a log holds nothing of a person (security G12).

use super::pages;
use super::session::guard::RequestId;
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::Instant;
use tracing::Instrument;

/// The outermost layer.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let id = crate::clock::new_key();
    request.extensions_mut().insert(RequestId(id));
    let method = name(request.method());
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-", |path| path.as_str())
        .to_owned();
    let span = tracing::info_span!("request", id = %id, method, path);
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = began.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| tracing::info!(status, seconds = took.as_secs_f64(), "answered"));
    metrics::counter!("cims_http_requests_total", "method" => method, "path" => path.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!("cims_http_seconds", "method" => method, "path" => path)
        .record(took.as_secs_f64());
    if let Ok(value) = HeaderValue::try_from(id.to_string()) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

/// Methods we use; a made-up one would be a label of its own in the metrics.
fn name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    }
}

/// Methods we do not use are refused on every path, before anything looks at them.
pub async fn known_methods(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::POST) {
        return next.run(request).await;
    }
    (
        StatusCode::METHOD_NOT_ALLOWED,
        [(header::ALLOW, "GET, HEAD, POST")],
    )
        .into_response()
}

/// A panic in a handler: a number for the person, a line in the log, and the process lives. What the panic
/// said is not logged: it may quote a value.
#[must_use]
pub fn panicked(_said: Box<dyn Any + Send + 'static>) -> Response {
    let number = crate::clock::new_key();
    tracing::error!(incident = %number, "a handler panicked");
    pages::incident(number)
}

/// Replaces the hook that prints what a panic said by one that only says where.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "panic");
    }));
}

//! Bodies of anything but an upload (security §6.1): read whole before anybody looks at them, so that one over the limit
//! gets one answer, whether its length was said beforehand or found out while reading. A release list is small enough to be
//! one of them, and is told so on its own page.

use super::router::BODY;
use super::{list_uploads, pages};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::Response;

/// The layer; outside every handler with a small body.
pub(super) async fn layer(request: Request, next: Next) -> Response {
    if *request.method() != Method::POST {
        return next.run(request).await;
    }
    let too_large = if request.uri().path() == list_uploads::PATH {
        list_uploads::too_large
    } else {
        pages::too_large
    };
    let said = request.headers().get(header::CONTENT_LENGTH);
    let said = said.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|length| length > BODY) {
        return too_large();
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, BODY).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        // Over the limit, or broken off: whoever broke off does not read the answer.
        Err(_) => too_large(),
    }
}

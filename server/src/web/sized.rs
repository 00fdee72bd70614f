//! Bodies of anything but an upload (security §6.1): read whole before anybody looks at them, so that one over the limit
//! gets one answer, whether its length was said beforehand or found out while reading.

use super::pages;
use super::router::BODY;
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
    let said = request.headers().get(header::CONTENT_LENGTH);
    let said = said.and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if said.is_some_and(|length| length > BODY) {
        return pages::too_large();
    }
    let (parts, body) = request.into_parts();
    match to_bytes(body, BODY).await {
        Ok(bytes) => {
            next.run(Request::from_parts(parts, Body::from(bytes)))
                .await
        }
        // Over the limit, or broken off: whoever broke off does not read the answer.
        Err(_) => pages::too_large(),
    }
}

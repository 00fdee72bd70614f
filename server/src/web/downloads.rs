//! Files people take away: own names only, never opened in the page (security §4.7).

use super::{headers, pages};
use crate::intake::template;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::codes::CodeLists;
use std::sync::OnceLock;
use uuid::Uuid;

/// Headers of a download. `name` is ours: ASCII letters, digits, `-`, `_` and `.`.
#[must_use]
pub fn headers_of(name: &str, kind: &'static str) -> [(HeaderName, HeaderValue); 3] {
    debug_assert!(
        name.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    );
    let named = HeaderValue::try_from(format!(
        "attachment; filename=\"{name}\"; filename*=UTF-8''{name}"
    ));
    [
        (
            header::CONTENT_DISPOSITION,
            named.unwrap_or(HeaderValue::from_static("attachment")),
        ),
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(headers::DOWNLOAD_POLICY),
        ),
    ]
}

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// `GET /aanleveren/sjabloon`: the standard format as a workbook; the same for everybody, so made once.
pub async fn template() -> Response {
    static MADE: OnceLock<Bytes> = OnceLock::new();
    let bytes = match MADE.get() {
        Some(bytes) => bytes.clone(),
        None => match tokio::task::spawn_blocking(|| template::xlsx(&CodeLists::builtin())).await {
            Ok(Ok(made)) => MADE.get_or_init(|| made.into()).clone(),
            Ok(Err(_)) | Err(_) => {
                let number = Uuid::now_v7();
                tracing::error!(incident = %number, "the template cannot be made");
                return pages::incident(number);
            }
        },
    };
    (
        headers_of("cims-standaardformaat.xlsx", XLSX),
        Body::from(bytes),
    )
        .into_response()
}

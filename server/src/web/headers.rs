//! The headers every response carries (security §4.2): pages, files, redirects, errors.
//!
//! Pages made by Leptos bring their own Content-Security-Policy, with the nonce of that response
//! ([`page_policy`]); everything else gets the stricter one without scripts. Whatever a handler set
//! itself (a download's sandbox, a hashed file's cache time) stays.

use axum::extract::{Request, State};
use axum::http::header::{
    self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;

/// Browser features we use none of.
const PERMISSIONS: &str = "accelerometer=(), autoplay=(), browsing-topics=(), camera=(), display-capture=(), \
    encrypted-media=(), fullscreen=(), gamepad=(), geolocation=(), gyroscope=(), hid=(), identity-credentials-get=(), \
    idle-detection=(), local-fonts=(), magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
    publickey-credentials-get=(), screen-wake-lock=(), serial=(), usb=(), window-management=(), xr-spatial-tracking=()";

/// Headers with one value for all responses.
pub const FIXED: [(HeaderName, &str); 7] = [
    (
        header::STRICT_TRANSPORT_SECURITY,
        "max-age=31536000; includeSubDomains",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (HeaderName::from_static("permissions-policy"), PERMISSIONS),
    (
        HeaderName::from_static("x-permitted-cross-domain-policies"),
        "none",
    ),
];

/// Content-Security-Policy of a page: scripts of our own files and those with this response's nonce, wasm, nothing else.
/// `provider` is the origin of the identity provider: login and logout redirect there after a form post.
#[must_use]
pub fn page_policy(nonce: &str, provider: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         font-src 'self'; connect-src 'self'; form-action 'self' {provider}; base-uri 'none'; object-src 'none'; \
         frame-ancestors 'none'"
    )
}

/// Content-Security-Policy of everything that is not a page of Leptos: no script at all.
#[must_use]
pub fn plain_policy(provider: &str) -> String {
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self' {provider}; \
         base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
    )
}

/// Content-Security-Policy of a downloaded file (security §4.7).
pub const DOWNLOAD_POLICY: &str = "default-src 'none'; sandbox";

/// The layer. `State` is the ready value of [`plain_policy`].
pub async fn layer(
    State(plain): State<Arc<HeaderValue>>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert_with(|| (*plain).clone());
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.remove(header::SERVER);
    if let Some(named) = headers.get(CONTENT_TYPE).and_then(with_charset) {
        headers.insert(CONTENT_TYPE, named);
    }
    response
}

/// Text without a charset is guessed at by browsers; ours is always UTF-8.
fn with_charset(kind: &HeaderValue) -> Option<HeaderValue> {
    let kind = kind.to_str().ok()?;
    let lower = kind.to_ascii_lowercase();
    if !lower.starts_with("text/") || lower.contains("charset") {
        return None;
    }
    HeaderValue::try_from(format!("{kind}; charset=utf-8")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_run_only_what_carries_its_nonce() {
        let policy = page_policy("abc", "https://login.example");
        assert!(policy.contains("script-src 'self' 'nonce-abc' 'wasm-unsafe-eval';"));
        for never in [
            "unsafe-inline",
            "'unsafe-eval'",
            "*",
            "data:",
            "strict-dynamic",
        ] {
            assert!(!policy.contains(never), "{never}");
        }
    }

    #[test]
    fn text_gets_a_charset_and_keeps_its_own() {
        let named = |kind| {
            with_charset(&HeaderValue::from_static(kind))
                .map(|v| v.to_str().expect("ascii").to_owned())
        };
        assert_eq!(
            named("text/css").as_deref(),
            Some("text/css; charset=utf-8")
        );
        assert_eq!(named("text/html; charset=utf-8"), None);
        assert_eq!(named("application/wasm"), None);
    }
}

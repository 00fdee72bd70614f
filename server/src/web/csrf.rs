//! Refuses requests that change something and were not sent by one of our own pages (security §4.1).
//!
//! Outermost layer on every route. It needs no token: every browser in use tells where a request comes
//! from in `Sec-Fetch-Site`; `Origin` is the second witness for those that do not. Leptos does no such
//! check by design, so nothing below this layer may be reached without it.

use super::pages;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Why a request was let through or not; the whole rule as a pure function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// GET and HEAD change nothing.
    Reads,
    /// Sent by one of our own pages.
    Own,
    /// Foreign, sibling, opaque or silent about where it comes from.
    Refused,
}

/// Judges a request by its method and headers. `origin` is the configured public origin, as browsers write it.
#[must_use]
pub fn judge(method: &Method, headers: &HeaderMap, origin: &str) -> Verdict {
    if matches!(*method, Method::GET | Method::HEAD) {
        return Verdict::Reads;
    }
    let mut sites = headers.get_all("sec-fetch-site").iter();
    let own = match (sites.next(), sites.next()) {
        (Some(site), None) => site == "same-origin",
        (Some(_), Some(_)) => false,
        (None, _) => {
            let mut origins = headers.get_all(header::ORIGIN).iter();
            matches!((origins.next(), origins.next()), (Some(one), None) if one == origin)
        }
    };
    if own { Verdict::Own } else { Verdict::Refused }
}

/// The layer: 403 without a body worth reading, before any handler, session or body is looked at.
pub async fn layer(State(origin): State<Arc<str>>, request: Request, next: Next) -> Response {
    match judge(request.method(), request.headers(), &origin) {
        Verdict::Reads | Verdict::Own => next.run(request).await,
        Verdict::Refused => {
            metrics::counter!("cims_csrf_refused_total").increment(1);
            (StatusCode::FORBIDDEN, pages::TEXTS.foreign).into_response()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    const OWN: &str = "https://cims.example";

    fn with(pairs: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(
                HeaderName::try_from(*name).expect("name"),
                value.parse().expect("value"),
            );
        }
        headers
    }

    #[test]
    fn only_our_own_pages_may_change_anything() {
        let post = |pairs: &[(&str, &str)]| judge(&Method::POST, &with(pairs), OWN);
        assert_eq!(post(&[("sec-fetch-site", "same-origin")]), Verdict::Own);
        assert_eq!(post(&[("origin", OWN)]), Verdict::Own);
        for refused in [
            &[][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "null")],
            &[("origin", "https://cims.example.evil.example")],
            &[("origin", "http://cims.example")],
            // The first witness decides: a matching Origin does not repair it.
            &[("sec-fetch-site", "cross-site"), ("origin", OWN)],
            &[
                ("sec-fetch-site", "same-origin"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[("origin", OWN), ("origin", "https://evil.example")],
        ] {
            assert_eq!(post(refused), Verdict::Refused, "{refused:?}");
        }
    }

    #[test]
    fn every_method_but_get_and_head_is_judged() {
        for method in [
            "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "ODD",
        ] {
            let method = Method::from_bytes(method.as_bytes()).expect("method");
            assert_eq!(judge(&method, &HeaderMap::new(), OWN), Verdict::Refused);
        }
        assert_eq!(judge(&Method::GET, &HeaderMap::new(), OWN), Verdict::Reads);
        assert_eq!(judge(&Method::HEAD, &HeaderMap::new(), OWN), Verdict::Reads);
    }
}

//! A browser for tests: keeps cookies, sends what browsers send, follows nothing by itself.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use std::collections::{BTreeMap, HashMap};
use tower::ServiceExt;

/// What came back, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn location(&self) -> &str {
        self.headers
            .get(header::LOCATION)
            .map_or("", |to| to.to_str().expect("ascii"))
    }

    pub fn cookies(&self) -> Vec<String> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|one| one.to_str().expect("ascii").to_owned())
            .collect()
    }

    /// The page without what differs between two answers that say the same: its nonce, and the seconds that the session
    /// has left, idle and in all.
    pub fn page(&self) -> String {
        let policy = self.headers[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .expect("ascii");
        let nonce = policy
            .split_once("'nonce-")
            .and_then(|(_, rest)| rest.split_once('\''))
            .map_or("-", |(nonce, _)| nonce);
        let mut page = self.body.replace(nonce, "");
        for left in ["&quot;seconds&quot;:", "&quot;absolute&quot;:"] {
            if let Some((before, rest)) = page.split_once(left) {
                let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
                page = format!("{before}{rest}");
            }
        }
        page
    }
}

/// One browser: one jar of cookies.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    pub jar: BTreeMap<String, String>,
    /// The token that a page of this session would bring, for forms that ask for one.
    pub token: Option<String>,
}

impl Browser {
    pub fn new(router: &Router) -> Self {
        Self {
            router: router.clone(),
            jar: BTreeMap::new(),
            token: None,
        }
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(
            Request::get(path)
                .header("sec-fetch-site", "none")
                .body(Body::empty())
                .expect("request"),
        )
        .await
    }

    /// A form of our own page, with the token of that page.
    pub async fn post(&mut self, path: &str, form: &str) -> Answer {
        match &self.token {
            Some(token) if app::HEAVY.contains(&path) => {
                let form = format!("{form}&{}={token}", app::FORM_TOKEN);
                self.post_bare(path, &form).await
            }
            _ => self.post_bare(path, form).await,
        }
    }

    /// A form as it is.
    pub async fn post_bare(&mut self, path: &str, form: &str) -> Answer {
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "text/html")
            .body(Body::from(form.to_owned()))
            .expect("request");
        self.send(request).await
    }

    /// Sends with the cookies, keeps those that come back.
    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        if !self.jar.is_empty() {
            let all: Vec<String> = self
                .jar
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            request
                .headers_mut()
                .insert(header::COOKIE, all.join("; ").parse().expect("cookie"));
        }
        let answer = raw(&self.router, request).await;
        for cookie in answer.cookies() {
            let (pair, attributes) = cookie.split_once(';').unwrap_or((&cookie, ""));
            let (name, value) = pair.split_once('=').expect("cookie");
            if attributes.contains("Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }
}

/// Sends as is.
pub async fn raw(router: &Router, request: Request<Body>) -> Answer {
    let response = router.clone().oneshot(request).await.expect("infallible");
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 16 << 20).await.expect("body");
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    }
}

/// A request without anything a browser would add.
pub fn bare(method: &Method, path: &str) -> Request<Body> {
    Request::builder()
        .method(method)
        .uri(path)
        .body(Body::empty())
        .expect("request")
}

/// The query of an address.
pub fn query(address: &str) -> HashMap<String, String> {
    let url = openidconnect::url::Url::parse(address).expect("address");
    url.query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

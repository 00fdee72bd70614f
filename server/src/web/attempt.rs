//! A login attempt, kept in the browser that began it: encrypted, ten minutes, once (security §4.3).
//!
//! The cookie is `Lax`, because the answer of the provider is a navigation begun elsewhere. That it is
//! used once is kept in the database, by a digest of its `state`: a stolen cookie plus a stolen answer
//! open nothing a second time.

use axum::http::HeaderValue;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Name of the cookie.
pub const COOKIE: &str = "__Host-cims-login";
/// Seconds an attempt lives.
pub const LIFE: i64 = 600;

/// What has to come back unchanged, and what has to be shown to the provider.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attempt {
    /// Comes back in the address.
    pub state: String,
    /// Comes back inside the ID token.
    pub nonce: String,
    /// PKCE: proves at the token endpoint that we began it.
    pub verifier: String,
    /// Own path to go to afterwards.
    pub next: String,
    /// Seconds since 1970.
    pub began: i64,
    /// Keyed hash of the code of an invitation, when somebody came with one.
    #[serde(default)]
    pub invitation: Option<String>,
}

impl Attempt {
    /// Does this `state` belong to it?
    #[must_use]
    pub fn is_of(&self, state: Option<&str>) -> bool {
        state.is_some_and(|state| bool::from(state.as_bytes().ct_eq(self.state.as_bytes())))
    }

    /// Older than [`LIFE`], or from the future.
    #[must_use]
    pub fn is_over(&self, now: i64) -> bool {
        !(0..LIFE).contains(&(now - self.began))
    }

    /// Under what it is remembered as used.
    #[must_use]
    pub fn digest(&self) -> Vec<u8> {
        Sha256::digest(self.state.as_bytes()).to_vec()
    }
}

/// `Set-Cookie` that begins an attempt with its sealed content.
#[must_use]
pub fn set(sealed: &[u8]) -> Option<HeaderValue> {
    let value = URL_SAFE_NO_PAD.encode(sealed);
    HeaderValue::try_from(format!(
        "{COOKIE}={value}; Path=/; Max-Age={LIFE}; Secure; HttpOnly; SameSite=Lax"
    ))
    .ok()
}

/// `Set-Cookie` that takes it away.
pub const GONE: HeaderValue = HeaderValue::from_static(
    "__Host-cims-login=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax",
);

/// Sealed content from the value of the cookie.
#[must_use]
pub fn sealed(value: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(value).ok()
}

/// Where to go after login: a path of our own, else the start page (ASVS 3.7.2).
#[must_use]
pub fn own_path(next: Option<&str>) -> String {
    let fits = |path: &&str| {
        path.starts_with('/')
            && !path.starts_with("//")
            && !path.starts_with("/auth/")
            && !path.starts_with("/api/")
            && path.len() <= 512
            && path.bytes().all(|byte| {
                byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>' | b'\'')
            })
    };
    next.filter(fits).unwrap_or("/").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_is_a_path_of_our_own_or_nothing() {
        assert_eq!(own_path(Some("/registreren?van=1")), "/registreren?van=1");
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "evil",
            "",
            "/auth/start",
            "/a b",
            "/\u{e9}",
            "/a\r\nSet-Cookie: x",
            "/\"><script>",
        ] {
            assert_eq!(own_path(Some(foreign)), "/", "{foreign}");
        }
        assert_eq!(own_path(None), "/");
    }

    #[test]
    fn an_attempt_lives_ten_minutes() {
        let attempt = Attempt {
            state: "s".into(),
            nonce: String::new(),
            verifier: String::new(),
            next: "/".into(),
            began: 1_000,
            invitation: None,
        };
        assert!(!attempt.is_over(1_000));
        assert!(!attempt.is_over(1_599));
        assert!(attempt.is_over(1_600));
        assert!(attempt.is_over(999));
        assert!(attempt.is_of(Some("s")));
        assert!(!attempt.is_of(Some("t")));
        assert!(!attempt.is_of(None));
    }
}

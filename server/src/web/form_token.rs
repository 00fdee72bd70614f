//! The second lock on forms that do much at once ([`app::HEAVY`], security §4.1): a token of the page they stand on.
//!
//! It is bound to the session and lives an hour. Nothing of it is stored: it is the moment of the page with a MAC over
//! session and moment. Without it, or with that of another session, the form does nothing.

use crate::keys::Keys;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use openidconnect::url::form_urlencoded;
use subtle::ConstantTimeEq;
use time::OffsetDateTime;
use uuid::Uuid;

/// Seconds a token lives.
const LIFE: i64 = 3_600;

/// Seconds a node's clock may be behind the one that made the page.
const BEHIND: i64 = 30;

/// The token of a page that is made now.
#[must_use]
pub fn issue(keys: &Keys, session: Uuid, now: OffsetDateTime) -> String {
    signed(keys, session, now.unix_timestamp())
}

/// Is it a token of this session, and not older than an hour?
#[must_use]
pub fn holds(keys: &Keys, session: Uuid, token: &str, now: OffsetDateTime) -> bool {
    let Some(began) = token
        .split_once('.')
        .and_then(|(began, _)| began.parse::<i64>().ok())
    else {
        return false;
    };
    let age = now.unix_timestamp() - began;
    (-BEHIND..=LIFE).contains(&age)
        && bool::from(
            signed(keys, session, began)
                .as_bytes()
                .ct_eq(token.as_bytes()),
        )
}

fn signed(keys: &Keys, session: Uuid, began: i64) -> String {
    format!("{began}.{}", keys.form_mac(session, began).hex())
}

/// The token that a posted form brings, and the form as it was; `None` when it is larger than `most` bytes.
pub async fn brought(request: Request, most: usize) -> Option<(Option<String>, Request)> {
    let (parts, body) = request.into_parts();
    let bytes: Bytes = to_bytes(body, most).await.ok()?;
    let token = form_urlencoded::parse(&bytes)
        .find(|(name, _)| name == app::FORM_TOKEN)
        .map(|(_, value)| value.into_owned());
    Some((token, Request::from_parts(parts, Body::from(bytes))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    const MADE: OffsetDateTime = datetime!(2021-03-01 10:00 UTC);

    fn keys() -> (tempfile::TempDir, Keys) {
        let dir = tempfile::tempdir().expect("folder");
        Keys::generate_missing(dir.path()).expect("keys");
        let keys = Keys::load(dir.path()).expect("keys");
        (dir, keys)
    }

    #[test]
    fn a_token_lives_an_hour_in_its_own_session() {
        let (_dir, keys) = keys();
        let session = Uuid::from_u128(1);
        let token = issue(&keys, session, MADE);
        let after = |seconds| holds(&keys, session, &token, MADE + Duration::seconds(seconds));
        assert!(after(0) && after(3_600) && after(-30));
        assert!(!after(3_601) && !after(-31));
        assert!(!holds(&keys, Uuid::from_u128(2), &token, MADE));
        let (_other, foreign) = self::keys();
        assert!(!holds(&foreign, session, &token, MADE));
    }

    #[test]
    fn a_token_that_was_changed_is_none() {
        let (_dir, keys) = keys();
        let session = Uuid::from_u128(1);
        let token = issue(&keys, session, MADE);
        let later = MADE.unix_timestamp() + 1;
        let moved = token.replacen(&MADE.unix_timestamp().to_string(), &later.to_string(), 1);
        for changed in [moved.as_str(), &token[..token.len() - 1], "", ".", "x.y"] {
            assert!(!holds(&keys, session, changed, MADE), "{changed}");
        }
    }
}

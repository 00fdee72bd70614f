//! Sessions (security §4.4): own store with hashed ids on tower-sessions, and the one answer to "who is this".
//!
//! tower-sessions draws the id, reads and writes the cookie; [`store`] keeps the record under SHA-256(id);
//! [`standing`] reads, per request, session, person and rights in one go; [`guard`] lets a request through by
//! the table of routes and hands a [`Visit`] on; [`port`] is the same for the pages.

pub mod guard;
mod kept;
pub mod port;
pub mod standing;
pub mod store;

pub use guard::Visit;
pub use standing::{Limits, Standing};
pub use store::HashedStore;

use axum::http::HeaderValue;
use sha2::{Digest, Sha256};
use tower_sessions::session::Id;

/// Name of the cookie. `__Host-`: only over a trustworthy connection, only this host, only path `/`.
pub const COOKIE: &str = "__Host-cims";

/// `Set-Cookie` that takes it away. Browsers refuse a `__Host-` cookie without its attributes, also to delete it.
pub const GONE: HeaderValue =
    HeaderValue::from_static("__Host-cims=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict");

/// Key of a session in the database: whoever reads the table cannot take a session over.
#[must_use]
pub fn hash(id: &Id) -> Vec<u8> {
    Sha256::digest(id.to_string().as_bytes()).to_vec()
}

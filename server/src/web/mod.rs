//! The web edge: routes, sessions, login, headers, uploads and downloads. No rules, no HTML of pages.

pub mod csrf;
pub mod downloads;
pub mod headers;
pub mod health;
pub mod oidc;
pub mod router;
pub mod session;
pub mod uploads;

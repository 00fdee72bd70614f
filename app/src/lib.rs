//! What people see: pages, parts, islands, server functions, and the ports the server implements.
//!
//! A page is complete HTML without JavaScript; islands add live checks with the same `domain` code.
//! Nothing here knows SQL, files or axum handlers: what a person does is a method of a port
//! ([`ports`]), and `server/portal` implements it. Pages, parts and texts are compiled for the server only;
//! what reaches the browser is [`islands`] and what these use.
//!
//! The router hands over, by Leptos context, `Arc<dyn Sessions>`, `Arc<dyn Entry>`, `Arc<dyn Deliveries>` and
//! `Arc<dyn Review>`, optionally `Arc<domain::codes::CodeLists>`, and renders [`shell()`]. Plain routes the pages
//! count on: `/auth/start?next=`, `POST /auth/uitloggen`, `POST /sessie/verleng`, `POST /aanleveren` (multipart,
//! field `bestand`), `/aanleveren/sjabloon`, `/aanleveringen/{id}/resultaat.csv`, `…/resultaat.json`, `…/ontvangst.json`,
//! `…/ontvangstbewijs.pdf`. An upload that never became a delivery
//! comes back as `/aanleveren?fout=` with a word of `pages::upload`.
#![recursion_limit = "512"]

#[cfg(feature = "ssr")]
mod calls;
pub mod form;
pub mod islands;
pub mod kept;
pub mod ports;

#[cfg(feature = "ssr")]
mod error;
#[cfg(feature = "ssr")]
mod page;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod parts;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "ssr")]
pub mod texts;

#[cfg(feature = "ssr")]
pub use shell::{App, shell};

/// Requests that the page makes by itself; they must not slide the idle time of the session.
pub const AUTOMATIC: &[&str] = &[islands::progress::PATH, "/api/registreren-bewaren"];

/// Name of the field that brings the token of a page.
pub const FORM_TOKEN: &str = "formulier";

/// Forms that do nothing without the token of their page: approvals, accounts, withdrawals (security §4.1).
pub const HEAVY: &[&str] = &[
    "/api/besluit-akkoord",
    "/api/besluit-niet",
    "/api/naam-beeindigen",
    "/api/correctie-akkoord",
    "/api/correctie-niet",
    "/api/partij-aanvragen",
    "/api/partij-beheerder",
    "/api/lijst-akkoord",
    "/api/lijst-niet",
    "/api/koppeling-vragen",
    "/api/koppeling-besluit",
    "/api/partij-besluit",
    "/api/toegang-wijzigen",
    "/api/toegang-uitgeven",
    "/api/geparkeerd-vragen",
    "/api/geparkeerd-besluit",
    "/api/gebruiker-uitnodigen",
    "/api/uitnodiging-intrekken",
    "/api/gebruiker-beeindigen",
    "/api/gebruiker-toelaten",
    "/api/sessie-beeindigen",
    "/api/sessies-beeindigen",
    "/api/kaart-verschil",
    "/api/kaart-weggooien",
    "/api/registratie-intrekken",
    "/api/registratie-terugzetten",
    "/api/aanlevering-intrekken",
    "/api/aanlevering-intrekken-akkoord",
    "/api/aanlevering-intrekken-afwijzen",
];

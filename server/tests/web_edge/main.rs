//! The web edge as browsers, providers and attackers meet it: the real router on a real database.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::allow_attributes,
    reason = "tests"
)]
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::missing_panics_doc,
    reason = "tests"
)]

mod accounts;
mod browser;
#[path = "../intake/clamd.rs"]
mod clamd;
#[path = "../support/disk.rs"]
#[allow(dead_code, reason = "a part of it is used here")]
mod disk;
mod doors;
#[path = "../sftp/house.rs"]
#[allow(
    dead_code,
    reason = "the client of the drop box, of which a part is used here"
)]
mod dropbox;
#[path = "../support/fixture_rows.rs"]
mod fixture_rows;
mod form_rows;
mod form_tokens;
mod full;
mod house;
mod login;
mod names;
mod onboarding;
mod others;
mod persons;
mod portal;
mod probes;
mod provider;
mod sessions;
mod stands;
#[path = "../support/mod.rs"]
mod support;
mod sweep;
mod tabs;
mod uploads;
mod users;
#[path = "../intake/world.rs"]
#[allow(
    dead_code,
    unused_imports,
    reason = "what the drop box of the tests stands in"
)]
mod world;

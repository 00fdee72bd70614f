//! The database as the server uses it: schema, isolation, audit, queue. Each test has a database of its own.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::disallowed_types,
    reason = "tests say where they fail, and break things on purpose"
)]

#[path = "../support/mod.rs"]
mod support;

mod audit;
mod brp;
mod catalog;
mod codes;
mod demo;
mod isolation;
mod jobs;
mod schema;
mod steps;

//! What people see: pages, parts, islands, server functions, and the ports the server implements.
//!
//! A page is complete HTML without JavaScript; islands add live checks with the same `domain` code.
//! Nothing here knows SQL, files or axum handlers: what a person does is a method of a port
//! ([`ports`]), and `server/portal` implements it.

pub mod ports;

//! The rules of CIMS, pure: no I/O, no clock, no randomness, no framework.
//!
//! In comes text as somebody delivered it ([`row::RawRow`]) and a [`row::Context`] (today, channel,
//! party profile, code lists); out comes [`row::Checked`]: all findings and repairs, and, when the row
//! may be stored, its content in proper types. The same code runs in the server and, as wasm, in the browser.

pub mod batch;
pub mod bsn;
pub mod card;
pub mod codes;
pub mod connection;
pub mod dates;
pub mod decision;
pub mod delivery;
pub mod duplicate;
pub mod evidence;
pub mod finding;
pub mod fixtures;
pub mod invitation;
pub mod lists;
pub mod matching;
pub mod onboarding;
pub mod party;
pub mod role;
pub mod row;
pub mod ruling;
pub mod search;
pub mod suggestion;
pub mod text;
pub mod vaccine;
pub mod worklist;

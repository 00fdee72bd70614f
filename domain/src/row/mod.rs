//! The row, exactly once: raw text in, checked vaccination out.
//!
//! Browser form, upload, SFTP, mail, GGD table, FHIR and paper card all map down to [`RawRow`];
//! [`check`] is the only way up.

mod accepted;
mod batch_text;
mod check;
pub mod columns;
mod content;
mod glance;
mod judge;
mod person;
mod raw;
mod repair;
mod text;
mod vaccination;

pub use accepted::{
    Accepted, AnonymousCount, Person, Postcode, SourceKey, SourceKeyError, Vaccination,
};
pub use check::{Checked, Context, Evidence, PartyProfile, Profile, check, check_found, day_of};
pub use columns::{Column, Requirement};
pub(crate) use content::Content;
pub use glance::{Ordinary, glance};
pub use raw::{RawRow, RowText};
pub use repair::{Repair, RepairSet};
pub use text::blank;
pub(crate) use text::is_prefix;

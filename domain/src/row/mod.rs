//! The row, exactly once: raw text in, checked vaccination out.
//!
//! Browser form, upload, SFTP, mail, GGD table, FHIR and paper card all map down to [`RawRow`];
//! [`check`] is the only way up.

pub mod check;
pub mod columns;
pub mod raw;
pub mod repair;
pub mod rules;

pub use check::{Accepted, Checked, Context, check};
pub use columns::Column;
pub use raw::{RawRow, RowText};
pub use repair::Repair;

//! The local copy of the BRP: the form of a set, loading it, and making a fictitious one.
//!
//! Matching reads it set-based in the worker's transactions; the portal's database role reads none of it, so a
//! deliverer can learn no more than "te koppelen" or "niet te koppelen" (security §4.6).

pub(crate) mod answer;
pub mod by_sftp;
pub mod fiction;
pub mod load;
mod merge;
mod read;
pub mod record;
pub(crate) mod relink;

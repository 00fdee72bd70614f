//! What the targets share: the readers of the server, compiled from their own files, and what is asked of them.
//!
//! Not by way of the crate `server`: a build takes a minute so, and nothing must be public for it.
#![allow(dead_code, reason = "the readers are whole, a target uses a part")]

pub mod archive;
pub mod child;
pub mod file;

/// Reading and judging a file.
#[path = "../../src/intake"]
pub mod intake {
    pub mod judge;
    pub mod lanes;
    pub mod read;

    /// The row rules without the net that the server has under them: a panic is a find.
    pub mod check {
        use domain::row::{Checked, Context, Ordinary, RawRow};

        pub fn row(raw: &RawRow<'_>, context: &Context<'_>) -> Checked {
            domain::row::check(raw, context)
        }

        pub fn at_a_glance(raw: &RawRow<'_>, context: &Context<'_>) -> Option<Ordinary> {
            domain::row::glance(raw, context)
        }
    }
}

/// The bytes of an SFTP channel.
pub mod sftp;

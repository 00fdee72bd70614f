//! What the help page of a code says: what it is, what to do, a good and a bad example.

use crate::finding::Code;

/// The help of one code, in Dutch (B1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Help {
    /// What the rule checks, and why.
    pub what: &'static str,
    /// What the sender can do.
    pub how_to_fix: &'static str,
    /// Examples that pass.
    pub good: &'static [&'static str],
    /// Examples that give this code.
    pub bad: &'static [&'static str],
}

/// The help of a code.
#[must_use]
pub const fn help(code: Code) -> &'static Help {
    let _ = code;
    &Help {
        what: "",
        how_to_fix: "",
        good: &[],
        bad: &[],
    }
}

//! What was repaired in a row, and which repairs a sender may switch off (F-X3).

use super::Column;
use crate::finding::Code;
use std::fmt;

/// One repair of one cell. Holds values of the row: for the sender's own screen only, never for a log
/// or an answer file, so `Debug` hides them.
#[derive(Clone, PartialEq, Eq)]
pub struct Repair {
    /// Which kind (H01-H08).
    pub code: Code,
    /// The cell.
    pub column: Column,
    /// The text before this repair.
    pub before: String,
    /// The text after it.
    pub after: String,
}

impl fmt::Debug for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Repair")
            .field("code", &self.code)
            .field("column", &self.column)
            .finish_non_exhaustive()
    }
}

/// A set of kinds of repair.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RepairSet(u16);

impl RepairSet {
    /// No repair.
    pub const NONE: Self = Self(0);

    /// The kinds of repair, H01-H08.
    pub fn kinds() -> impl Iterator<Item = Code> {
        Code::ALL.iter().copied().filter(|code| code.is_repair())
    }

    const fn bit(code: Code) -> u16 {
        match code {
            Code::H01 => 1,
            Code::H02 => 2,
            Code::H03 => 4,
            Code::H04 => 8,
            Code::H05 => 16,
            Code::H06 => 32,
            Code::H07 => 64,
            Code::H08 => 128,
            _ => 0,
        }
    }

    /// The set with one kind more; codes that are no repair change nothing.
    #[must_use]
    pub const fn with(self, code: Code) -> Self {
        Self(self.0 | Self::bit(code))
    }

    /// Whether the kind is in the set.
    #[must_use]
    pub const fn contains(self, code: Code) -> bool {
        self.0 & Self::bit(code) != 0
    }
}

impl FromIterator<Code> for RepairSet {
    fn from_iter<I: IntoIterator<Item = Code>>(codes: I) -> Self {
        codes.into_iter().fold(Self::NONE, Self::with)
    }
}

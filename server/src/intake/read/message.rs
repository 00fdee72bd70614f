//! What the limited child tells its parent, one JSON value a line: an array is a row (its number,
//! then its cells), anything else one of these messages. Only a last `Done` makes the answer whole.

use domain::finding::Code;
use serde::{Deserialize, Serialize};

/// The format of a file, by its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Delimited text.
    Csv,
    /// Office Open XML workbook.
    Xlsx,
    /// OpenDocument spreadsheet.
    Ods,
}

impl Format {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ods => "ods",
        }
    }
}

/// A line of the child that is not a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Message {
    /// What the archive holds.
    Format(Format),
    /// Numbers of days count from another day than in the date system of 1900: so many days later.
    DaysLater(i32),
    /// The rows that follow are of this visible sheet.
    Sheet {
        /// Counted from 0 among all sheets.
        index: u32,
        /// As its tab shows it.
        name: String,
    },
    /// The row with this number is hidden: left out and counted.
    Hidden(u32),
    /// The row with this number is longer than a row may be (rule R08).
    Long(u32),
    /// The row with this number holds something beyond the 64th column (rule R05).
    Wide(u32),
    /// A rule refuses the file.
    Refused {
        /// A02, A03, A05 or A06.
        code: Code,
        /// What fills the sentence of A06.
        limit: Option<String>,
    },
    /// The structure is broken at this row (rule A11).
    Broken(u32),
    /// The end: nothing is missing.
    Done,
}

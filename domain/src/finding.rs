//! What the rules found in a row or a file: code, column, severity; never a value from the row.
//!
//! [`Code`] names the rule; [`Finding::message`] fills its sentence, [`Finding::wire`] is what answers show.

mod code;

pub use code::{Code, Scope, Stage, UnknownCode};

use crate::row::Column;
use crate::text::{self, Lang};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// How bad a finding is (specification §1). Ordered from light to heavy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Repaired, shown before and after.
    Hersteld,
    /// Stored; the sender is told.
    Waarschuwing,
    /// Stored; goes to RIVM review.
    Controle,
    /// D01, D03 and A12: known already.
    Dubbel,
    /// The row (or file) is refused.
    Fout,
}

impl Severity {
    /// The word on the wire: `fout`, `controle`, …
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hersteld => "hersteld",
            Self::Waarschuwing => "waarschuwing",
            Self::Controle => "controle",
            Self::Dubbel => "dubbel",
            Self::Fout => "fout",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that made it; a [`Code`] knows its sentence, severity and help text.
    pub code: Code,
    /// The column it is about, if any.
    pub column: Option<Column>,
    /// How bad it is here (B11 and A10 depend on circumstances, so it is not in the code alone).
    pub severity: Severity,
    /// What fills the `{…}` of the sentence.
    pub filled: Filled,
}

impl Finding {
    /// A finding on a column, with the severity of the table.
    #[must_use]
    pub const fn on(code: Code, column: Column) -> Self {
        Self {
            code,
            column: Some(column),
            severity: code.severity(),
            filled: Filled::Nothing,
        }
    }

    /// A finding on the row or file as a whole, with the severity of the table.
    #[must_use]
    pub const fn whole(code: Code) -> Self {
        Self {
            code,
            column: None,
            severity: code.severity(),
            filled: Filled::Nothing,
        }
    }

    /// The same with its sentence filled.
    #[must_use]
    pub fn filled(mut self, filled: Filled) -> Self {
        self.filled = filled;
        self
    }

    /// The same with another severity than the table's.
    #[must_use]
    pub const fn severe(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The Dutch sentence, filled.
    #[must_use]
    pub fn message(&self) -> String {
        self.message_in(Lang::Nl).into_owned()
    }

    /// The sentence in a language, filled; borrowed when there is nothing to fill.
    #[must_use]
    pub fn message_in(&self, lang: Lang) -> Cow<'static, str> {
        text::fill(self.code.sentence(lang), &self.filled)
    }

    /// The finding as the answers of specification §6 show it.
    #[must_use]
    pub fn wire(&self) -> WireFinding {
        WireFinding {
            code: self.code,
            column: self.column,
            severity: self.severity,
            message: self.message_in(Lang::Nl),
        }
    }
}

/// `{"code","column","severity","message"}`; `column` is left out when there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WireFinding {
    /// The rule.
    pub code: Code,
    /// The column, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<Column>,
    /// How bad.
    pub severity: Severity,
    /// The Dutch sentence.
    pub message: Cow<'static, str>,
}

/// What may fill a `{…}` of a sentence. Never a value from a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Filled {
    /// Nothing to fill.
    #[default]
    Nothing,
    /// `{regel}`: a row number as the sender sees it.
    Line(u32),
    /// `{kolom}` or `{kolommen}`: header texts.
    Columns(Vec<String>),
    /// `{limiet}`: "20 MB" or "20.000".
    Limit(String),
    /// `{datum}`: dd-mm-jjjj.
    Date(String),
    /// `{codering}`: name of an encoding.
    Encoding(String),
}

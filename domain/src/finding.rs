//! What the rules found in a row or a file: code, column, severity; never a value from the row.

use crate::row::Column;
use serde::{Deserialize, Serialize};

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

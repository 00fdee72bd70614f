//! A row as it was delivered: text per column, nothing interpreted.

use super::Column;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Text per column, borrowed; `Debug` names the filled columns only. An absent column and an empty cell are the same: `""`.
#[derive(Clone, Copy)]
pub struct RawRow<'a> {
    cells: [&'a str; Column::COUNT],
}

impl<'a> RawRow<'a> {
    /// A row with every cell empty.
    pub const EMPTY: RawRow<'static> = RawRow {
        cells: [""; Column::COUNT],
    };

    /// The text of one cell, as delivered.
    #[must_use]
    pub const fn get(&self, column: Column) -> &'a str {
        self.cells[column as usize]
    }

    pub(super) const fn cells(&self) -> &[&'a str; Column::COUNT] {
        &self.cells
    }

    /// Sets one cell.
    pub const fn set(&mut self, column: Column, text: &'a str) {
        self.cells[column as usize] = text;
    }
}

/// The same, owned: what a form posts and what the store seals. `Debug` names the filled columns only.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowText {
    cells: std::collections::BTreeMap<Column, String>,
}

impl RowText {
    /// The text of one cell, `""` when absent.
    #[must_use]
    pub fn get(&self, column: Column) -> &str {
        self.cells.get(&column).map_or("", String::as_str)
    }

    /// Sets one cell; an empty text removes it.
    pub fn set(&mut self, column: Column, text: impl Into<String>) {
        let text = text.into();
        if text.is_empty() {
            self.cells.remove(&column);
        } else {
            self.cells.insert(column, text);
        }
    }

    /// Borrows it as a [`RawRow`].
    #[must_use]
    pub fn as_raw(&self) -> RawRow<'_> {
        let mut row = RawRow::EMPTY;
        for (column, text) in &self.cells {
            row.set(*column, text);
        }
        row
    }
}

impl fmt::Debug for RawRow<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filled = Column::ALL
            .into_iter()
            .filter(|column| !self.get(*column).is_empty());
        f.debug_set().entries(filled.map(Column::name)).finish()
    }
}

impl fmt::Debug for RowText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_raw().fmt(f)
    }
}

impl From<&RawRow<'_>> for RowText {
    fn from(row: &RawRow<'_>) -> Self {
        let mut text = Self::default();
        for column in Column::ALL {
            text.set(column, row.get(column));
        }
        text
    }
}

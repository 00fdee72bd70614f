//! What a form posts, as text per column.
//!
//! Inputs are named `row[bsn]`; a date is three boxes, `row[geboortedatum_dag]`, `…_maand`, `…_jaar`, and a box
//! `…_onbekend` for unknown parts. They are joined to the text a spreadsheet cell would hold, so that
//! `domain::row::check` judges it, and taken apart again to fill the boxes.

use domain::row::{Column, RowText};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Columns that are three boxes in a form.
pub const DATES: [Column; 2] = [Column::Geboortedatum, Column::Vaccinatiedatum];

/// The inputs `row[…]` of a form, by the name between the brackets.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowForm(pub BTreeMap<String, String>);

impl std::fmt::Debug for RowForm {
    /// Says nothing: it holds a person's data.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RowForm(…)")
    }
}

impl RowForm {
    /// The text of one input, without the blanks around it.
    #[must_use]
    pub fn input(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// The row it says. Inputs that are no column are left out. Without the tick "geen BSN" its fields
    /// are left out too: they are folded away on the page.
    #[must_use]
    pub fn to_row(&self) -> RowText {
        let mut row = RowText::default();
        for column in Column::ALL {
            row.set(column, self.input(column.name()));
        }
        for column in DATES {
            row.set(column, self.date(column));
        }
        if self.input("geen_bsn").is_empty() {
            row.set(Column::GeenBsnReden, "");
        } else {
            row.set(Column::Bsn, "");
        }
        row
    }

    /// Joins the boxes of a date: "2-5-1940", "2 mei 1940", "00-05-1940" when a part is said to be unknown.
    fn date(&self, column: Column) -> String {
        let part = |box_name: &str| self.input(&format!("{}_{box_name}", column.name()));
        let (day, month, year) = (part("dag"), part("maand"), part("jaar"));
        if day.is_empty() && month.is_empty() && year.is_empty() {
            return self.input(column.name()).to_owned();
        }
        let unknown = !part("onbekend").is_empty();
        let or_zero = |text: &str| {
            if text.is_empty() && unknown {
                "00".to_owned()
            } else {
                text.to_owned()
            }
        };
        let separator =
            if month.chars().any(char::is_alphabetic) && !month.eq_ignore_ascii_case("xx") {
                ' '
            } else {
                '-'
            };
        format!(
            "{}{separator}{}{separator}{year}",
            or_zero(day),
            or_zero(month)
        )
    }
}

/// The boxes of a date, as text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Boxes {
    /// Day.
    pub day: String,
    /// Month, a number or a name.
    pub month: String,
    /// Year.
    pub year: String,
    /// Day or month is said to be unknown.
    pub unknown: bool,
}

impl Boxes {
    /// Takes the text of a date cell apart; what has no three parts stands in the box of the year.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        let parts: Vec<&str> = text.split(['-', '/', '.', ' ']).collect();
        let (day, month, year) = match parts.as_slice() {
            [year, month, day] if year.len() == 4 => (*day, *month, *year),
            [day, month, year] => (*day, *month, *year),
            _ => {
                return Self {
                    year: text.to_owned(),
                    unknown: is_year(text),
                    ..Self::default()
                };
            }
        };
        let is_unknown = |part: &str| matches!(part, "0" | "00") || part.eq_ignore_ascii_case("xx");
        let shown = |part: &str| {
            if is_unknown(part) {
                String::new()
            } else {
                part.to_owned()
            }
        };
        Self {
            day: shown(day),
            month: shown(month),
            year: year.to_owned(),
            unknown: is_unknown(day) || is_unknown(month),
        }
    }
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())
}

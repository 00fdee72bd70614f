//! The rows of `domain::fixtures` as rows of a delivery: each of a person of its own wherever the rule leaves the
//! person alone, so that none of them is a double of another.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "each test binary uses a part of it"
)]

use domain::finding::Code;
use domain::fixtures::{self, Fixture, Setting};
use domain::row::{Column, RowText};

/// The failing or the passing row of a fixture.
pub(crate) struct FixtureRow {
    pub(crate) row: RowText,
    pub(crate) code: Code,
    pub(crate) fails: bool,
    /// The entry form has room for all that the fixture is about.
    pub(crate) in_form: bool,
}

/// Columns without an input on the entry form.
const NOT_TYPED: [Column; 3] = [Column::Mutatie, Column::Bronsleutel, Column::HpkCode];

/// What the form has no room for: without consent it asks nothing of the person, with consent no age group, a tick
/// for "geen BSN" takes the BSN away, and a date has three boxes, in which no day number fits.
const NOT_IN_FORM: [Code; 4] = [Code::T10, Code::T03, Code::P06, Code::H04];

/// Failing and passing rows of every fixture that needs no party of its own, one after the other. `person` gives the
/// BSN and the date of birth of one who is in the BRP.
pub(crate) fn rows(person: impl Fn(usize) -> (String, String)) -> Vec<FixtureRow> {
    let mut rows = Vec::new();
    let mut of_fixture = 0_usize;
    for fixture in fixtures::ALL
        .iter()
        .filter(|fixture| fixture.setting == Setting::Any)
    {
        for fails in [true, false] {
            let mut row = text(fixture, fails);
            let is_row = |column: &Column| {
                let cell = row.get(*column);
                !cell.is_empty() && !column.is_default(cell)
            };
            if !Column::ALL.iter().any(is_row) {
                // In a file a lone mutatie is what a drop-down list left behind, not a row.
                continue;
            }
            let good = |column| fixtures::row(fixtures::GOOD, &[]).get(column).to_owned();
            let key = fixtures::row(fixture.base, &[]).get(Column::Bronsleutel);
            if !key.is_empty() && row.get(Column::Bronsleutel) == key {
                row.set(Column::Bronsleutel, format!("F-{}", rows.len()));
            }
            let (bsn, birth) = person(rows.len());
            let own = row.get(Column::Bsn) == good(Column::Bsn);
            if own {
                row.set(Column::Bsn, bsn);
            } else if row.get(Column::Dosisnummer) == good(Column::Dosisnummer) {
                // A BSN of the fixture: another dose is no double either.
                of_fixture += 1;
                row.set(Column::Dosisnummer, (1 + of_fixture % 9).to_string());
            }
            let nobody_else = own || row.get(Column::Bsn).is_empty();
            if nobody_else && row.get(Column::Geboortedatum) == good(Column::Geboortedatum) {
                row.set(Column::Geboortedatum, birth);
            }
            let changes = if fails {
                fixture.failing
            } else {
                fixture.passing
            };
            let typed = changes
                .iter()
                .all(|(column, _)| !NOT_TYPED.contains(column));
            rows.push(FixtureRow {
                row,
                code: fixture.code,
                fails,
                in_form: typed && !(fails && NOT_IN_FORM.contains(&fixture.code)),
            });
        }
    }
    rows
}

fn text(fixture: &Fixture, fails: bool) -> RowText {
    let raw = if fails {
        fixture.failing_row()
    } else {
        fixture.passing_row()
    };
    let mut row = RowText::default();
    for column in Column::ALL {
        row.set(column, raw.get(column));
    }
    row
}

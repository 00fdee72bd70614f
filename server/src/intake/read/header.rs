//! Finds the header among the first lines and says which field is which column (specification §3).

use super::limits::{COLUMNS, HEADER_LINES};
use super::record::{Line, is_blank};
use domain::finding::{Code, Filled, Finding};
use domain::row::Column;
use domain::row::columns::fold_header;

/// Columns of our own answers: in a file that was repaired and sent again they are no news (A10).
/// The last one is the token by which a row replaces its earlier attempt.
pub const OWN_COLUMNS: [&str; 3] = ["foutcode", "melding", "cims_regel"];

/// The last of [`OWN_COLUMNS`].
pub const TOKEN: &str = OWN_COLUMNS[2];

/// Columns every file must have; vaccin and hpk_code stand in for one another.
const MINIMUM: [Column; 6] = [
    Column::Toestemming,
    Column::Bsn,
    Column::Geboortedatum,
    Column::Vaccinatiedatum,
    Column::Batchnummer,
    Column::Dosisnummer,
];

/// Columns of a list of persons.
const PERSON: [Column; 2] = [Column::Bsn, Column::Geboortedatum];

/// What a table is read for: which columns it must have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Needs {
    /// Rows of a delivery.
    #[default]
    Row,
    /// Persons of a worklist (features F05).
    Person,
}

/// What a field of the header means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A column of the standard format.
    Known(Column),
    /// A column of our own answers, ignored.
    Own,
    /// Not ours: named in A10, never stored.
    Unknown,
    /// No header text.
    Unnamed,
}

/// The header of a table.
#[derive(Debug, Clone)]
pub struct Header {
    /// Its row number as the sender sees it.
    pub row: u32,
    /// What each field means, up to the last one with a text.
    pub fields: Vec<Field>,
    /// The texts as the sender wrote them, for the file that goes back.
    pub names: Vec<String>,
    /// The line holds more than a line may.
    too_long: bool,
}

impl Header {
    /// The line with the most known names among the first 15; the first of them on a tie.
    #[must_use]
    pub fn find(lines: &[Line]) -> Option<Self> {
        let mut best: Option<(usize, &Line)> = None;
        for line in lines
            .iter()
            .take_while(|line| line.number <= HEADER_LINES as u32)
        {
            let known = known_names(&line.cells);
            if known > best.map_or(0, |(most, _)| most) {
                best = Some((known, line));
            }
        }
        best.map(|(_, line)| Self::of(line))
    }

    fn of(line: &Line) -> Self {
        let names: Vec<String> = {
            let width = line
                .cells
                .iter()
                .rposition(|cell| !is_nameless(cell))
                .map_or(0, |at| at + 1);
            line.cells[..width].to_vec()
        };
        let fields = names.iter().map(|name| field(name)).collect();
        Self {
            row: line.number,
            fields,
            names,
            too_long: line.too_long,
        }
    }

    /// Where the token of a row stands.
    #[must_use]
    pub fn token(&self) -> Option<usize> {
        let own = |(at, field): (usize, &Field)| {
            (*field == Field::Own && fold_header(&self.names[at]) == fold_header(TOKEN))
                .then_some(at)
        };
        self.fields.iter().enumerate().find_map(own)
    }

    /// The known columns in the order of the file, with the texts of the sender.
    #[must_use]
    pub fn known_fields(&self) -> Vec<(&str, Column)> {
        let known = |(at, field): (usize, &Field)| match field {
            Field::Known(column) => Some((self.names[at].as_str(), *column)),
            _ => None,
        };
        self.fields.iter().enumerate().filter_map(known).collect()
    }

    /// Number of different columns known.
    #[must_use]
    pub fn known(&self) -> usize {
        known_names(&self.names)
    }

    /// True when the minimum header is there.
    #[must_use]
    pub fn is_complete(&self, needs: Needs) -> bool {
        self.missing(needs).is_empty()
    }

    fn has(&self, column: Column) -> bool {
        self.fields.contains(&Field::Known(column))
    }

    fn missing(&self, needs: Needs) -> Vec<String> {
        missing(needs, |column| self.has(column))
    }

    /// Rules A08, A09, A10, A19 and A22.
    #[must_use]
    pub fn findings(&self, needs: Needs) -> Vec<Finding> {
        let mut findings = Vec::new();
        let missing = self.missing(needs);
        let complete = missing.is_empty();
        if !complete {
            findings.push(with_columns(Code::A08, missing));
        }
        for column in self.twice() {
            findings.push(with_columns(Code::A09, vec![column.name().to_owned()]));
        }
        let unknown = self.unknown();
        // Without the minimum header this may be a row of data: its cells are then nobody's to name.
        if complete && !unknown.is_empty() {
            findings.push(with_columns(Code::A10, unknown));
        }
        if self.row > 1 {
            findings.push(Finding::whole(Code::A19).filled(Filled::Line(self.row)));
        }
        if self.too_long || self.fields.len() > COLUMNS {
            findings.push(Finding::whole(Code::A22));
        }
        findings
    }

    /// Columns that two headers mean.
    fn twice(&self) -> Vec<Column> {
        let times = |column| {
            self.fields
                .iter()
                .filter(|&&field| field == Field::Known(column))
                .count()
        };
        Column::ALL
            .iter()
            .copied()
            .filter(|&column| times(column) > 1)
            .collect()
    }

    /// Columns we do not know, as the sender calls them (rule A10).
    #[must_use]
    pub fn unknown(&self) -> Vec<String> {
        let unknown = |(index, field): (usize, &Field)| {
            (*field == Field::Unknown).then(|| shown_name(&self.names[index], index))
        };
        self.fields.iter().enumerate().filter_map(unknown).collect()
    }
}

/// Rule A08 for a table without any header.
#[must_use]
pub fn no_header(needs: Needs) -> Finding {
    with_columns(Code::A08, missing(needs, |_| false))
}

/// Names of the columns of the minimum that are not there.
pub(super) fn missing(needs: Needs, has: impl Fn(Column) -> bool) -> Vec<String> {
    let minimum = match needs {
        Needs::Row => MINIMUM.as_slice(),
        Needs::Person => PERSON.as_slice(),
    };
    let mut missing: Vec<(Column, String)> = minimum
        .iter()
        .filter(|&&column| !has(column))
        .map(|&column| (column, column.name().to_owned()))
        .collect();
    if needs == Needs::Row && !has(Column::Vaccin) && !has(Column::HpkCode) {
        let either = format!("{} of {}", Column::Vaccin.name(), Column::HpkCode.name());
        missing.push((Column::Vaccin, either));
    }
    missing.sort_by_key(|(column, _)| *column);
    missing.into_iter().map(|(_, name)| name).collect()
}

fn with_columns(code: Code, columns: Vec<String>) -> Finding {
    Finding::whole(code).filled(Filled::Columns(columns))
}

fn known_names(cells: &[String]) -> usize {
    let mut seen = [false; Column::COUNT];
    for cell in cells {
        if let Some(column) = column(cell) {
            seen[column as usize] = true;
        }
    }
    seen.iter().filter(|&&seen| seen).count()
}

/// A text longer than any header is no name.
fn column(name: &str) -> Option<Column> {
    if name.len() > 200 {
        None
    } else {
        Column::from_header(name)
    }
}

fn field(name: &str) -> Field {
    if is_nameless(name) {
        Field::Unnamed
    } else if let Some(column) = column(name) {
        Field::Known(column)
    } else if OWN_COLUMNS
        .iter()
        .any(|own| fold_header(own) == fold_header(name))
    {
        Field::Own
    } else {
        Field::Unknown
    }
}

/// Empty, or nothing but a slash.
fn is_nameless(name: &str) -> bool {
    is_blank(name) || name.chars().all(|c| c == '/' || c.is_whitespace())
}

/// A header text as it may be shown: short, one line, and never a number that could be a person's.
fn shown_name(name: &str, index: usize) -> String {
    // However it is written: a BSN, a date of birth.
    if name.chars().filter(char::is_ascii_digit).count() >= 6 {
        return format!("kolom {}", letters(index));
    }
    let shown: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    shown.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// The letters a spreadsheet shows above a column: A, Z, AA.
fn letters(mut index: usize) -> String {
    let mut text = String::new();
    loop {
        text.insert(0, char::from(b'A' + u8::try_from(index % 26).unwrap_or(0)));
        if index < 26 {
            return text;
        }
        index = index / 26 - 1;
    }
}

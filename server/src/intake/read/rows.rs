//! The data rows of a table, one at a time: what is a row, what is skipped, and which row cannot be
//! judged as a row at all (rules R05, R08, R09).

use super::ReadError;
use super::child;
use super::csv::Csv;
use super::encoding::Utf8;
use super::header::{Field, Header, Needs, missing};
use super::limits::{Limits, count_in_words};
use super::record::{CELL_CHARS, Record, is_blank};
use domain::finding::{Code, Filled, Finding};
use domain::row::{Column, RawRow};
use std::io::Read;
use uuid::Uuid;

/// The bronsleutel of the template's example row.
pub const EXAMPLE: &str = "VOORBEELD";
/// Begins the line that closes a file: `#EINDE;<number of rows>`.
const TRAILER: &str = "#EINDE";

/// The lines of a delimited text.
pub(super) type TextLines<'t> = Csv<Utf8<Box<dyn Read + Send + 't>>>;

/// Where the lines come from.
pub(super) enum Lines<'t> {
    /// Delimited text.
    Text(Box<TextLines<'t>>),
    /// A workbook, read by the limited child.
    Workbook(child::Cells),
}

impl Lines<'_> {
    pub(super) fn next(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        match self {
            Self::Text(csv) => csv.next(record),
            Self::Workbook(cells) => cells.next(record),
        }
    }

    const fn days_later(&self) -> i32 {
        match self {
            Self::Text(_) => 0,
            Self::Workbook(cells) => cells.days_later(),
        }
    }
}

/// One row of the table.
pub struct Row<'r> {
    /// Its number as the sender sees it.
    pub number: u32,
    /// Its cells, or why they cannot be told apart.
    pub content: Content<'r>,
    /// The refused row it takes the place of, when it comes from the own file that went back.
    pub token: Option<Uuid>,
}

/// What a row holds.
pub enum Content<'r> {
    /// Text per column.
    Cells(RawRow<'r>),
    /// Rule R05, R08 or R09; and what there is to see of it for who mends it.
    Broken(Code, Option<RawRow<'r>>),
}

/// How a line becomes a row: the same for all rows of a table.
#[derive(Clone)]
pub(in crate::intake) struct Shape<'t> {
    header: &'t Header,
    fields: Vec<(usize, Column)>,
    has_strangers: bool,
    /// The field with the token of the row that is replaced.
    token: Option<usize>,
    /// A line of text has all its fields, a row of a workbook ends at its last filled cell.
    is_text: bool,
}

impl<'t> Shape<'t> {
    fn new(header: &'t Header, is_text: bool) -> Self {
        let known = |(index, field): (usize, &Field)| match field {
            Field::Known(column) => Some((index, *column)),
            _ => None,
        };
        let is_stranger = |field: &Field| !matches!(field, Field::Known(_));
        Self {
            header,
            fields: header.fields.iter().enumerate().filter_map(known).collect(),
            has_strangers: header.fields.iter().any(is_stranger),
            token: header.token(),
            is_text,
        }
    }

    /// The row in a line.
    pub(in crate::intake) fn row<'r>(&self, record: &'r Record) -> Row<'r> {
        let token = self.token;
        Row {
            number: record.number(),
            content: match self.broken(record) {
                Some(code) => Content::Broken(code, self.short(record, code)),
                None => Content::Cells(self.cells(record)),
            },
            token: token.and_then(|at| record.get(at).trim().parse().ok()),
        }
    }

    /// Empty, drop-down defaults alone, or the example row of the template.
    fn is_no_row(&self, record: &Record) -> bool {
        if record.too_long() || record.too_wide() || record.undecodable() {
            return false;
        }
        for &(index, column) in &self.fields {
            let cell = record.get(index);
            if column == Column::Bronsleutel && cell.trim() == EXAMPLE {
                return true;
            }
            if !is_blank(cell) && !column.is_default(cell) {
                // The example's key may stand in a later field only if the sender moved it there.
                return self.key(record) == EXAMPLE;
            }
        }
        let elsewhere = |index: usize| match self.header.fields.get(index) {
            None | Some(Field::Unknown) => !is_blank(record.get(index)),
            Some(_) => false,
        };
        // A line of text that ends too early was cut off, or has other delimiters: what it holds is told (R05).
        let short = self.is_text && record.len() < self.header.fields.len();
        let cut_off = short && record.filled_width() > 0;
        // A hidden row comes without cells, so it is an empty one here.
        !(cut_off || (0..record.len()).any(elsewhere))
    }

    /// Bare numbers of days since another day as those since 1900, which all that follows reads, and our own workbooks hold.
    fn count_from_1900(&self, record: &mut Record, later: i32) {
        for &(index, column) in &self.fields {
            if matches!(column, Column::Geboortedatum | Column::Vaccinatiedatum)
                && let Some(since_1900) = since_1900(record.get(index), later)
            {
                record.replace(index, &since_1900);
            }
        }
    }

    fn key<'r>(&self, record: &'r Record) -> &'r str {
        let field = self
            .fields
            .iter()
            .find(|(_, column)| *column == Column::Bronsleutel);
        field.map_or("", |&(index, _)| record.get(index).trim())
    }

    fn broken(&self, record: &Record) -> Option<Code> {
        let width = self.header.fields.len();
        let short = self.is_text && record.len() < width;
        if record.undecodable() {
            Some(Code::R09)
        } else if record.too_long() || self.has_long_stranger(record) {
            Some(Code::R08)
        } else if short || record.too_wide() || record.filled_width() > width {
            Some(Code::R05)
        } else {
            None
        }
    }

    /// A cell over the limit in a column the rules never see.
    fn has_long_stranger(&self, record: &Record) -> bool {
        let stranger = |field: &Field| !matches!(field, Field::Known(_));
        self.has_strangers
            && self.header.fields.iter().enumerate().any(|(index, field)| {
                let cell = record.get(index);
                stranger(field) && cell.len() > CELL_CHARS && cell.chars().count() > CELL_CHARS
            })
    }

    /// Of a line that ends too early with all that every row needs: its cells, for Excel leaves empty ones at the end out.
    fn short<'r>(&self, record: &'r Record, code: Code) -> Option<RawRow<'r>> {
        let there = record.len();
        let is_short = code == Code::R05 && there < self.header.fields.len();
        let has = |column| {
            self.fields
                .iter()
                .any(|field| field.0 < there && field.1 == column)
        };
        (is_short && missing(Needs::Row, has).is_empty()).then(|| self.cells(record))
    }

    fn cells<'r>(&self, record: &'r Record) -> RawRow<'r> {
        let mut row = RawRow::EMPTY;
        for &(index, column) in &self.fields {
            row.set(column, without_guard(record.get(index)));
        }
        row
    }
}

/// Reads the rows behind the header.
pub struct Rows<'t> {
    lines: Lines<'t>,
    shape: Shape<'t>,
    limits: Limits,
    record: Record,
    /// Number of the last line that was read.
    last: u32,
    rows: u32,
    skipped: u32,
    /// The number of rows the file itself promises; `Some(None)` when that is no number.
    promised: Option<Option<u32>>,
}

impl<'t> Rows<'t> {
    pub(super) fn new(lines: Lines<'t>, header: &'t Header, limits: Limits) -> Self {
        let is_text = matches!(lines, Lines::Text(_));
        Self {
            lines,
            shape: Shape::new(header, is_text),
            limits,
            record: Record::default(),
            last: header.row,
            rows: 0,
            skipped: 0,
            promised: None,
        }
    }

    /// Rows read so far.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.rows
    }

    /// Rows skipped so far: empty, drop-down defaults only, hidden, or the example.
    #[must_use]
    pub const fn skipped(&self) -> u32 {
        self.skipped
    }

    /// Those of the skipped rows that the sender has hidden.
    #[must_use]
    pub const fn hidden(&self) -> u32 {
        match &self.lines {
            Lines::Text(_) => 0,
            Lines::Workbook(cells) => cells.hidden(),
        }
    }

    /// How its lines become rows, for who reads them with [`Self::read`].
    pub(in crate::intake) fn shape(&self) -> Shape<'t> {
        self.shape.clone()
    }

    /// The next row; None at the end.
    ///
    /// # Errors
    /// The file is refused as a whole (A07, A11, A14), or cannot be read.
    #[expect(
        clippy::should_implement_trait,
        reason = "a row borrows the buffers of its reader"
    )]
    pub fn next(&mut self) -> Result<Option<Row<'_>>, ReadError> {
        let mut record = std::mem::take(&mut self.record);
        let found = self.read(&mut record);
        self.record = record;
        Ok(found?.then(|| self.shape.row(&self.record)))
    }

    /// Reads the line of the next row; false at the end. Errors as [`Self::next`].
    pub(in crate::intake) fn read(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        if !self.advance(record)? {
            self.check_promise()?;
            return Ok(false);
        }
        self.rows += 1;
        if self.rows > self.limits.rows {
            let limit = Filled::Limit(count_in_words(self.limits.rows));
            return Err(ReadError::Refused(Finding::whole(Code::A07).filled(limit)));
        }
        Ok(true)
    }

    /// Goes to the next line that is a row.
    fn advance(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        // A workbook may leave out empty lines: its numbers then jump.
        loop {
            let before = self.last;
            if !self.lines.next(record)? {
                return Ok(false);
            }
            let number = record.number();
            if number <= self.shape.header.row {
                continue;
            }
            let later = self.lines.days_later();
            if later != 0 {
                self.shape.count_from_1900(record, later);
            }
            self.last = number;
            self.skipped = self
                .skipped
                .saturating_add(number.saturating_sub(before + 1));
            if let Some(promised) = trailer(record) {
                self.promised = promised;
            } else if self.shape.is_no_row(record) {
                self.skipped = self.skipped.saturating_add(1);
            } else {
                return Ok(true);
            }
        }
    }

    fn check_promise(&self) -> Result<(), ReadError> {
        if self
            .promised
            .is_some_and(|promised| promised != Some(self.rows))
        {
            return Err(ReadError::Refused(Finding::whole(Code::A14)));
        }
        Ok(())
    }
}

/// A line `#EINDE`, and what it promises: nothing, a number of rows, or what is no number. Another word behind it makes it
/// a cell that happens to begin so.
fn trailer(record: &Record) -> Option<Option<Option<u32>>> {
    let rest = record.get(0).trim_start().strip_prefix(TRAILER)?;
    let within = rest.trim_matches(|c: char| c == ';' || c == ',' || c.is_whitespace());
    if within.bytes().any(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    let number = if within.is_empty() {
        record.get(1).trim()
    } else {
        within
    };
    Some((!number.is_empty()).then(|| number.parse().ok()))
}

/// Four digits that are a birth year in every date system (rule H04); which of them lie ahead of today the rules know.
const YEARS: std::ops::RangeInclusive<i32> = domain::dates::FIRST_YEAR..=2100;

/// A bare number as spreadsheets count days (rule H04), so many days later and otherwise as it was written. What would
/// then look like a year gets a zero in front.
fn since_1900(cell: &str, later: i32) -> Option<String> {
    let bare = cell.trim();
    let (before, after) = cell.split_once(bare).filter(|_| !bare.is_empty())?;
    let (digits, decimals) = bare.split_at(bare.find(['.', ',']).unwrap_or(bare.len()));
    let is_number = (3..=5).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(decimals, "" | ".0" | ".00" | ",0" | ",00");
    let number: i32 = is_number.then(|| digits.parse().ok()).flatten()?;
    if digits.len() == 4 && YEARS.contains(&number) {
        return None;
    }
    let days = number.checked_add(later)?;
    let width = if YEARS.contains(&days) { 5 } else { 0 };
    Some(format!("{before}{days:0width$}{decimals}{after}"))
}

/// Takes off the one `'` that our own files put before what a spreadsheet would run as a formula
/// (security §4.7), so that the way out and back changes nothing.
fn without_guard(cell: &str) -> &str {
    let Some(rest) = cell.strip_prefix('\'') else {
        return cell;
    };
    let guarded = rest.trim_start_matches('\'').chars().next();
    let risky = |c| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '\t' | '\r' | '\0' | '＝' | '＋' | '－' | '＠'
        )
    };
    if guarded.is_some_and(risky) {
        rest
    } else {
        cell
    }
}

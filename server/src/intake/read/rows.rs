//! The data rows of a table, one at a time: what is a row, what is skipped, and which row cannot be
//! judged as a row at all (rules R05, R08, R09).

use super::ReadError;
use super::child;
use super::csv::{Csv, Piece};
use super::encoding::Utf8;
use super::header::{Field, Header, Needs, missing};
use super::limits::{Limits, count_in_words};
use super::record::{CELL_CHARS, Fields, Record, is_blank};
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

    /// Takes whole plain lines in one go; false when the next one is to be looked at by itself.
    fn piece(&mut self, piece: &mut Piece) -> Result<bool, ReadError> {
        match self {
            Self::Text(csv) => csv.piece(piece),
            Self::Workbook(_) => Ok(false),
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

    /// Number of the line with the header.
    pub(in crate::intake) const fn header_row(&self) -> u32 {
        self.header.row
    }

    /// The row in a line that is one.
    pub(in crate::intake) fn row<'r>(&self, line: Fields<'r>) -> Row<'r> {
        let token = self.token;
        Row {
            number: line.number,
            content: match self.broken(line) {
                Some(code) => Content::Broken(code, self.short(line, code)),
                None => Content::Cells(self.cells(line)),
            },
            token: token.and_then(|at| line.get(at).trim().parse().ok()),
        }
    }

    /// Whether the line is a row; what it is counts either way.
    pub(in crate::intake) fn is_row(&self, line: Fields<'_>, tally: &mut Tally) -> bool {
        if let Some(promise) = trailer(line) {
            tally.promise = Some(promise);
            return false;
        }
        let is_row = !self.is_no_row(line);
        let counted = if is_row {
            &mut tally.rows
        } else {
            &mut tally.skipped
        };
        *counted = counted.saturating_add(1);
        is_row
    }

    /// Empty, drop-down defaults alone, or the example row of the template.
    fn is_no_row(&self, record: Fields<'_>) -> bool {
        if record.too_long || record.too_wide || record.undecodable {
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
        let short = self.is_text && record.width() < self.header.fields.len();
        let cut_off = short && record.filled_width() > 0;
        // A hidden row comes without cells, so it is an empty one here.
        !(cut_off || (0..record.width()).any(elsewhere))
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

    fn key<'r>(&self, record: Fields<'r>) -> &'r str {
        let field = self
            .fields
            .iter()
            .find(|(_, column)| *column == Column::Bronsleutel);
        field.map_or("", |&(index, _)| record.get(index).trim())
    }

    fn broken(&self, record: Fields<'_>) -> Option<Code> {
        let width = self.header.fields.len();
        let short = self.is_text && record.width() < width;
        let wide = || record.width() > width && record.filled_width() > width;
        if record.undecodable {
            Some(Code::R09)
        } else if record.too_long || self.has_long_stranger(record) {
            Some(Code::R08)
        } else if short || record.too_wide || wide() {
            Some(Code::R05)
        } else {
            None
        }
    }

    /// A cell over the limit in a column the rules never see.
    fn has_long_stranger(&self, record: Fields<'_>) -> bool {
        let stranger = |field: &Field| !matches!(field, Field::Known(_));
        self.has_strangers
            && self.header.fields.iter().enumerate().any(|(index, field)| {
                let cell = record.get(index);
                stranger(field) && cell.len() > CELL_CHARS && cell.chars().count() > CELL_CHARS
            })
    }

    /// Of a line that ends too early with all that every row needs: its cells, for Excel leaves empty ones at the end out.
    fn short<'r>(&self, record: Fields<'r>, code: Code) -> Option<RawRow<'r>> {
        let there = record.width();
        let is_short = code == Code::R05 && there < self.header.fields.len();
        let has = |column| {
            self.fields
                .iter()
                .any(|field| field.0 < there && field.1 == column)
        };
        (is_short && missing(Needs::Row, has).is_empty()).then(|| self.cells(record))
    }

    fn cells<'r>(&self, record: Fields<'r>) -> RawRow<'r> {
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
    tally: Tally,
}

/// What was counted of the lines.
#[derive(Clone, Copy, Default)]
pub(in crate::intake) struct Tally {
    pub(in crate::intake) rows: u32,
    skipped: u32,
    /// What the last line `#EINDE` says.
    promise: Option<Promise>,
}

/// The number of rows that the file itself promises.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// None: the file ends there, that is all.
    Nothing,
    Rows(u32),
    /// What stands there is no number, so it is not kept.
    NoNumber,
}

impl Tally {
    /// Adds what was counted of the lines behind those.
    pub(in crate::intake) const fn append(&mut self, next: Self) {
        self.rows = self.rows.saturating_add(next.rows);
        self.skipped = self.skipped.saturating_add(next.skipped);
        if next.promise.is_some() {
            self.promise = next.promise;
        }
    }
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
            tally: Tally::default(),
        }
    }

    /// Rows read so far.
    #[must_use]
    pub const fn rows(&self) -> u32 {
        self.tally.rows
    }

    /// Rows skipped so far: empty, drop-down defaults only, hidden, or the example.
    #[must_use]
    pub const fn skipped(&self) -> u32 {
        self.tally.skipped
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
        Ok(found?.then(|| self.shape.row(self.record.fields())))
    }

    /// Reads the line of the next row; false at the end. Errors as [`Self::next`].
    fn read(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        let found = self.advance(record)?;
        if found {
            self.check_limit()?;
        } else {
            self.check_promise()?;
        }
        Ok(found)
    }

    /// Goes to the next line that is a row; false at the end. That there are more than there may be is for the caller to see.
    pub(in crate::intake) fn advance(&mut self, record: &mut Record) -> Result<bool, ReadError> {
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
            self.tally.skipped = self
                .tally
                .skipped
                .saturating_add(number.saturating_sub(before + 1));
            if self.shape.is_row(record.fields(), &mut self.tally) {
                return Ok(true);
            }
        }
    }

    /// Takes whole plain lines in one go, the header and what is no row among them; they are not counted. False when the next line
    /// is to be looked at by itself.
    pub(in crate::intake) fn piece(&mut self, piece: &mut Piece) -> Result<bool, ReadError> {
        let taken = self.lines.piece(piece)?;
        if taken {
            self.last = self.last.max(piece.last());
        }
        Ok(taken)
    }

    /// What was counted since this was last asked.
    pub(in crate::intake) fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// Takes what was counted elsewhere.
    pub(in crate::intake) const fn count(&mut self, tally: Tally) {
        self.tally.append(tally);
    }

    /// How the file ends, once all its rows are counted.
    ///
    /// # Errors
    /// There are more rows than there may be (A07), or not those that the file promises (A14).
    pub(in crate::intake) fn check_end(&self) -> Result<(), ReadError> {
        self.check_limit()?;
        self.check_promise()
    }

    /// Most rows that there may be.
    pub(in crate::intake) const fn most(&self) -> u32 {
        self.limits.rows
    }

    fn check_limit(&self) -> Result<(), ReadError> {
        if self.tally.rows > self.limits.rows {
            let limit = Filled::Limit(count_in_words(self.limits.rows));
            return Err(ReadError::Refused(Finding::whole(Code::A07).filled(limit)));
        }
        Ok(())
    }

    fn check_promise(&self) -> Result<(), ReadError> {
        match self.tally.promise {
            Some(Promise::NoNumber) => Err(ReadError::Refused(Finding::whole(Code::A14))),
            Some(Promise::Rows(rows)) if rows != self.tally.rows => {
                Err(ReadError::Refused(Finding::whole(Code::A14)))
            }
            _ => Ok(()),
        }
    }
}

/// A line `#EINDE`, and what it promises. Another word behind it makes it a cell that happens to begin so.
fn trailer(line: Fields<'_>) -> Option<Promise> {
    let rest = line.get(0).trim_start().strip_prefix(TRAILER)?;
    let within = rest.trim_matches(|c: char| c == ';' || c == ',' || c.is_whitespace());
    if within.bytes().any(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    let number = if within.is_empty() {
        line.get(1).trim()
    } else {
        within
    };
    Some(match number {
        "" => Promise::Nothing,
        number => number.parse().map_or(Promise::NoNumber, Promise::Rows),
    })
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

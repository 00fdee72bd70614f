//! The child's side of reading a workbook (security §6.2): limits itself before it touches a byte,
//! looks the archive through, and writes rows as JSON lines. It knows no rule and no database.

use super::limits::{COLUMNS, HEADER_LINES, WORKBOOK_BYTES};
use super::message::{Format, Message};
use super::record::{Record, is_blank};
use super::{ods, preflight, xlsx};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{self, BufWriter, Read, Write};

/// Address space of the child.
const MEMORY: u64 = 512 * 1024 * 1024;
/// Seconds of processor time.
const SECONDS: u64 = 20;
/// Open files.
const FILES: u64 = 16;
/// Columns told apart while the header is sought: beyond them it is too wide anyway.
const FAR: u32 = 255;

/// Why the child stops before the end.
pub(super) enum Stop {
    /// The workbook is broken near the row at hand.
    Broken,
    /// The parent does not listen any more.
    Gone,
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

/// Gives up all the process does not need. Done first, and final: the limits are hard.
///
/// # Errors
/// When the system refuses; then nothing may be read.
pub fn limit_myself() -> io::Result<()> {
    limit(Resource::As, MEMORY, 0)?;
    // Its own signal comes first: the parent tells it from a process that the system ended.
    limit(Resource::Cpu, SECONDS, 1)?;
    limit(Resource::Nofile, FILES, 0)?;
    limit(Resource::Fsize, 0, 0)?;
    // A core file would hold the sender's rows.
    limit(Resource::Core, 0, 0)?;
    rustix::thread::set_no_new_privs(true)?;
    Ok(())
}

/// Sets a limit, and a hard one so much above it. Where the system's own is lower already, that one stays: it may not be raised.
fn limit(resource: Resource, wanted: u64, grace: u64) -> io::Result<()> {
    let least = |wanted: u64| {
        let now = getrlimit(resource).maximum;
        now.map_or(wanted, |now| now.min(wanted))
    };
    let both = Rlimit {
        current: Some(least(wanted)),
        maximum: Some(least(wanted.saturating_add(grace))),
    };
    Ok(setrlimit(resource, both)?)
}

/// Reads the workbook from the input: the first lines of every visible sheet, or all rows of one; hidden rows
/// only when `with_hidden`.
///
/// # Errors
/// When input or output fail; the parent sees an answer without its end.
pub fn run(
    input: impl Read,
    output: impl Write,
    sheet: Option<u32>,
    with_hidden: bool,
) -> io::Result<()> {
    let mut content = Vec::new();
    input.take(WORKBOOK_BYTES + 1).read_to_end(&mut content)?;
    let mut output = BufWriter::with_capacity(64 * 1024, output);
    let last = answer(&content, sheet, with_hidden, &mut output)?;
    write_message(&mut output, &last)?;
    output.flush()
}

fn answer(
    content: &[u8],
    sheet: Option<u32>,
    with_hidden: bool,
    output: &mut dyn Write,
) -> io::Result<Message> {
    let cleared = match preflight::clear(content) {
        Ok(cleared) => cleared,
        Err(refusal) => return Ok(refusal),
    };
    write_message(output, &Message::Format(cleared.format))?;
    let mut writer = Writer {
        output,
        record: Record::default(),
        head_only: sheet.is_none(),
        rows: 0,
        wide: false,
        hidden: 0,
        with_hidden,
    };
    let read = match cleared.format {
        Format::Ods => ods::read(content, sheet, &mut writer),
        Format::Xlsx | Format::Csv => {
            let may_hide = cleared.may_hide && !with_hidden;
            xlsx::read(content, sheet, may_hide, &mut writer)
        }
    };
    match read {
        Ok(()) => Ok(Message::Done),
        Err(Stop::Broken) => Ok(Message::Broken(writer.record.number().max(1))),
        Err(Stop::Gone) => Err(io::ErrorKind::BrokenPipe.into()),
    }
}

fn write_message(output: &mut dyn Write, message: &Message) -> io::Result<()> {
    serde_json::to_writer(&mut *output, message)?;
    output.write_all(b"\n")
}

/// Puts cells together to rows and writes them.
pub(super) struct Writer<'o> {
    output: &'o mut dyn Write,
    record: Record,
    head_only: bool,
    rows: usize,
    /// The row at hand holds something beyond the columns a table may have.
    wide: bool,
    /// The last hidden row told.
    hidden: u32,
    /// The sender takes hidden rows along.
    with_hidden: bool,
}

impl Writer<'_> {
    /// Numbers of days count from so many days later than in the date system of 1900.
    pub(super) fn days_later(&mut self, days: i32) -> Result<(), Stop> {
        Ok(write_message(self.output, &Message::DaysLater(days))?)
    }

    /// The rows that follow are of this sheet.
    pub(super) fn sheet(&mut self, index: u32, name: &str) -> Result<(), Stop> {
        self.rows = 0;
        self.hidden = 0;
        self.record.begin(0);
        let message = Message::Sheet {
            index,
            name: name.to_owned(),
        };
        Ok(write_message(self.output, &message)?)
    }

    /// True when the first lines of this sheet are written and more is not wanted.
    pub(super) const fn sheet_is_enough(&self) -> bool {
        self.head_only && self.rows > HEADER_LINES
    }

    /// True when a hidden row is a row like any other.
    pub(super) const fn takes_hidden(&self) -> bool {
        self.with_hidden
    }

    /// True when the row at hand is wider than any table: its further cells are not wanted.
    pub(super) const fn row_is_enough(&self) -> bool {
        self.wide && !self.head_only
    }

    /// A cell with something in it; rows come in order, cells of a row from left to right. A workbook
    /// in which they do not was not written by a spreadsheet: nothing of it is guessed.
    pub(super) fn cell(&mut self, row: u32, column: u32, text: &str) -> Result<(), Stop> {
        if row < self.record.number() {
            return Err(Stop::Broken);
        }
        if row > self.record.number() {
            self.end_row()?;
            self.record.begin(row);
            self.wide = false;
        }
        let column = column.min(FAR) as usize;
        if column >= COLUMNS {
            if is_blank(text) || self.row_is_enough() {
                return Ok(());
            }
            self.wide = true;
        }
        while self.record.len() < column {
            self.record.push("");
        }
        if self.record.len() == column {
            self.record.push(text);
        } else if column < FAR as usize {
            return Err(Stop::Broken);
        }
        Ok(())
    }

    /// A row the sender has hidden holds something.
    pub(super) fn hidden(&mut self, row: u32) -> Result<(), Stop> {
        if row != self.hidden {
            if row < self.record.number() {
                return Err(Stop::Broken);
            }
            self.end_row()?;
            // What follows has a higher number, as behind every row.
            self.record.begin(row);
            self.hidden = row;
            self.rows += 1;
            write_message(self.output, &Message::Hidden(row))?;
        }
        Ok(())
    }

    /// Writes the row at hand, if there is one.
    pub(super) fn end_row(&mut self) -> Result<(), Stop> {
        if self.record.is_empty() {
            return Ok(());
        }
        self.rows += 1;
        if self.record.too_long() {
            write_message(self.output, &Message::Long(self.record.number()))?;
        } else if self.row_is_enough() {
            write_message(self.output, &Message::Wide(self.record.number()))?;
        } else {
            serde_json::to_writer(&mut *self.output, &Json(&self.record))
                .map_err(io::Error::from)?;
            self.output.write_all(b"\n")?;
        }
        self.record.begin(self.record.number());
        Ok(())
    }
}

/// A row on the wire: `[number, "cell", …]`.
struct Json<'r>(&'r Record);

impl serde::Serialize for Json<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeSeq;
        let mut row = serializer.serialize_seq(Some(self.0.len() + 1))?;
        row.serialize_element(&self.0.number())?;
        for cell in self.0.cells() {
            row.serialize_element(cell)?;
        }
        row.end()
    }
}

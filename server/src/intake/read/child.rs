//! The parent's side of the limited child that reads workbooks (security §6.2): starts it with an
//! empty environment, feeds it the file, takes its rows, and kills it when it takes too long or says
//! too much. Whatever the child does, the parent's memory stays flat and its answer is a finding.

mod row;
mod watch;

use super::ReadError;
use super::message::{Format, Message};
use super::record::{Line, Record};
use domain::finding::{Filled, Finding};
use row::IntoRecord;
use serde::de::DeserializeSeed;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use watch::{Guard, Waited, Watched};

/// Most bytes the child may say in one run.
const OUTPUT: u64 = 512 * 1024 * 1024;
/// Longest line: a row of 16 KiB with every character escaped, and its commas.
const LINE: u64 = 256 * 1024;

/// Longest time the parent waits for the child, all waits together.
const PATIENCE: Duration = Duration::from_secs(30);
/// See [`name_program`].
static NAMED: OnceLock<PathBuf> = OnceLock::new();

/// Names the program that reads workbooks for this process, once: for tests, which run under another
/// name than `cims`.
pub fn name_program(path: PathBuf) {
    // The first name stays.
    let _ = NAMED.set(path);
}

/// The program that has the subcommand `read-workbook`, and how long it may keep the parent waiting.
#[derive(Debug, Clone)]
pub struct Program {
    path: Option<PathBuf>,
    patience: Duration,
}

impl Program {
    /// The running program.
    #[must_use]
    pub const fn current() -> Self {
        Self {
            path: None,
            patience: PATIENCE,
        }
    }

    /// Another program.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self {
            path: Some(path),
            patience: PATIENCE,
        }
    }

    /// The same with other patience.
    #[must_use]
    pub const fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// The running program itself by default: not its path, at which another version may stand by now, or none.
    fn path(&self) -> PathBuf {
        let named = self.path.as_ref().or_else(|| NAMED.get());
        named.map_or_else(|| PathBuf::from("/proc/self/exe"), Clone::clone)
    }
}

/// First lines of a visible sheet.
pub struct Sheet {
    /// Counted from 0 among all sheets.
    pub index: u32,
    /// As its tab shows it.
    pub name: String,
    /// Its first lines with a cell.
    pub head: Vec<Line>,
}

/// What a workbook holds.
pub struct Probe {
    /// XLSX or ODS.
    pub format: Format,
    /// Its visible sheets.
    pub sheets: Vec<Sheet>,
}

/// Asks the child for the first lines of every visible sheet.
///
/// # Errors
/// The workbook is refused, or the child cannot be started.
pub fn probe(program: &Program, content: &Arc<Vec<u8>>) -> Result<Probe, ReadError> {
    let mut cells = Cells::start(program, content, None, false).map_err(ReadError::Io)?;
    let mut format = None;
    let mut sheets: Vec<Sheet> = Vec::new();
    let mut record = Record::default();
    loop {
        match cells.line(&mut record)? {
            Said::Row => {
                if let Some(sheet) = sheets.last_mut() {
                    sheet.head.push(record.to_line());
                }
            }
            Said::Message(Message::Format(found)) => format = Some(found),
            Said::Message(Message::Sheet { index, name }) => {
                sheets.push(Sheet {
                    index,
                    name,
                    head: Vec::new(),
                });
            }
            Said::Message(Message::Done) => break,
            Said::Message(_) => {}
        }
    }
    let format = format.ok_or(ReadError::Broken(1))?;
    Ok(Probe { format, sheets })
}

/// What one line of the child says.
enum Said {
    /// The record holds a row.
    Row,
    /// Something else.
    Message(Message),
}

/// The rows a child sends.
pub struct Cells {
    output: BufReader<io::Take<Watched>>,
    guard: Guard,
    line: Vec<u8>,
    last: u32,
    /// Number of the row behind which hidden ones are counted.
    header: u32,
    hidden: u32,
    days_later: i32,
    done: bool,
}

impl Cells {
    /// Starts a child on a workbook: all rows of one sheet (hidden ones too when wanted), or the first lines of each.
    pub(super) fn start(
        program: &Program,
        content: &Arc<Vec<u8>>,
        sheet: Option<u32>,
        hidden: bool,
    ) -> io::Result<Self> {
        let mut command = Command::new(program.path());
        command.arg("read-workbook").env_clear();
        if let Some(sheet) = sheet {
            command.arg("--sheet").arg(sheet.to_string());
        }
        if hidden {
            command.arg("--hidden");
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn()?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("the child has no pipes"));
        };
        let content = Arc::clone(content);
        // A child that dies early breaks the pipe; what that means shows in its output.
        std::thread::spawn(move || drop(input.write_all(&content)));
        let waited = Arc::new(Mutex::new(Waited::default()));
        let guard = Guard::watch(child, Arc::clone(&waited), program.patience);
        let output = Watched { output, waited }.take(OUTPUT);
        Ok(Self {
            output: BufReader::with_capacity(64 * 1024, output),
            guard,
            line: Vec::new(),
            last: 0,
            header: 0,
            hidden: 0,
            days_later: 0,
            done: false,
        })
    }

    /// The same, with its header in this row: what is hidden above it is no row.
    pub(super) fn below(mut self, header: u32) -> Self {
        self.header = header;
        self
    }

    /// Hidden rows left out so far.
    pub(super) const fn hidden(&self) -> u32 {
        self.hidden
    }

    /// How many days later than in the date system of 1900 a bare number in a column of dates begins to count.
    pub(super) const fn days_later(&self) -> i32 {
        self.days_later
    }

    /// The next row; a hidden one comes without cells.
    pub(super) fn next(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        while !self.done {
            let before = self.last;
            match self.line(record)? {
                Said::Row => {}
                Said::Message(Message::Hidden(number)) => {
                    self.hidden += u32::from(number > self.header);
                    record.begin(number);
                }
                Said::Message(Message::Long(number)) => record.begin_too_long(number),
                Said::Message(Message::Wide(number)) => record.begin_too_wide(number),
                Said::Message(Message::Done) => {
                    self.done = true;
                    continue;
                }
                Said::Message(Message::DaysLater(days)) => {
                    self.days_later = days;
                    continue;
                }
                Said::Message(_) => continue,
            }
            if record.number() <= before {
                return Err(self.broken());
            }
            self.last = record.number();
            return Ok(true);
        }
        Ok(false)
    }

    const fn broken(&self) -> ReadError {
        ReadError::Broken(self.last.saturating_add(1))
    }

    /// One line of the child. An end without `Done` means that the child was stopped or died: of the workbook, or not.
    fn line(&mut self, record: &mut Record) -> Result<Said, ReadError> {
        self.line.clear();
        let read = (&mut self.output)
            .take(LINE)
            .read_until(b'\n', &mut self.line);
        let whole = read.is_ok() && self.line.last() == Some(&b'\n');
        if !whole {
            let too_much = self.line.len() as u64 == LINE || self.output.get_ref().limit() == 0;
            if !too_much && !self.guard.died_of_it() {
                return Err(ReadError::Io(io::Error::other(
                    "the reader of workbooks was ended",
                )));
            }
            self.guard.stop();
            return Err(self.broken());
        }
        let said = if self.line.first() == Some(&b'[') {
            let mut json = serde_json::Deserializer::from_slice(&self.line);
            IntoRecord(record)
                .deserialize(&mut json)
                .map(|()| Said::Row)
        } else {
            serde_json::from_slice(&self.line).map(Said::Message)
        };
        match said {
            Ok(Said::Message(Message::Refused { code, limit })) => {
                let filled = limit.map_or(Filled::Nothing, Filled::Limit);
                Err(ReadError::Refused(Finding::whole(code).filled(filled)))
            }
            Ok(Said::Message(Message::Broken(line))) => Err(ReadError::Broken(line)),
            Ok(said) => Ok(said),
            Err(_) => Err(self.broken()),
        }
    }
}

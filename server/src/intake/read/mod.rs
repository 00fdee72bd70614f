//! From bytes to rows: the same table in CSV, XLSX and ODS gives the same rows (specification §3).
//!
//! [`open`] looks at the whole file once (hash, size, encoding), finds the header and answers with a
//! [`Table`] or with the findings that refuse the file. A table can be read any number of times with
//! flat memory: whole-file decisions need a complete pass before the first row may be stored
//! (security G2). CSV is split in this process; workbooks only in a limited child (security §6.2).

pub mod cell;
pub mod child;
pub mod csv;
mod digest;
pub mod encoding;
pub mod header;
pub mod limits;
mod line;
pub mod message;
pub mod ods;
pub mod preflight;
pub mod record;
pub mod rows;
pub mod sniff;
pub mod source;
mod text;
pub mod workbook;
mod xlsx;
mod xml;

pub use child::{Program, name_program};
pub use encoding::Encoding;
pub use header::{Field, Header, Needs};
pub use limits::Limits;
pub use message::Format;
pub use rows::{Content, Row, Rows};
pub use source::Source;

use domain::finding::{Code, Filled, Finding, Severity};
use rows::Lines;
use sniff::{Compound, Kind, Sniffed};
use std::io;
use std::sync::Arc;

/// How a file is to be read.
#[derive(Clone)]
pub struct Options {
    /// What the channel allows.
    pub limits: Limits,
    /// The program that reads workbooks.
    pub program: Program,
    /// The visible sheet the sender chose, counted from 0; None lets a single match decide.
    pub sheet: Option<u32>,
    /// Hidden rows count as rows: the sender takes them along.
    pub hidden: bool,
    /// Which columns must be there.
    pub needs: Needs,
}

impl Options {
    /// The limits of a channel, this program as the child, no sheet chosen, hidden rows left out.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            program: Program::current(),
            sheet: None,
            hidden: false,
            needs: Needs::Row,
        }
    }
}

/// Why reading stopped.
#[derive(Debug)]
pub enum ReadError {
    /// The structure is broken at this row (rule A11).
    Broken(u32),
    /// Another rule refuses the file.
    Refused(Finding),
    /// The bytes cannot be read now: nothing is said about the file (security G13).
    Io(io::Error),
}

impl ReadError {
    /// The finding that refuses the file.
    ///
    /// # Errors
    /// When the file itself is not to blame.
    pub fn into_finding(self) -> io::Result<Finding> {
        match self {
            Self::Broken(line) => Ok(broken(line)),
            Self::Refused(finding) => Ok(finding),
            Self::Io(error) => Err(error),
        }
    }
}

/// What is known of a file as a whole.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// CSV, XLSX or ODS; None when it is none of these.
    pub format: Option<Format>,
    /// None for workbooks.
    pub encoding: Option<Encoding>,
    /// None for workbooks.
    pub delimiter: Option<char>,
    /// Row number of the header.
    pub header_row: Option<u32>,
    /// SHA-256 of all bytes; None when a limit cut the reading short.
    pub sha256: Option<[u8; 32]>,
    /// Size in bytes, as far as it was read.
    pub bytes: u64,
    /// The visible sheets that match, when there are several (rule A16): counted from 0, and the name.
    pub sheets: Vec<(u32, String)>,
}

/// A file looked at: its facts, its findings, and its table unless a finding refuses it.
pub struct Opened {
    /// What is known of it.
    pub facts: Facts,
    /// File findings so far, in order of their codes.
    pub findings: Vec<Finding>,
    /// Its rows; None when a finding refuses the file.
    pub table: Option<Table>,
}

impl Opened {
    fn refused(facts: Facts, finding: Finding) -> Self {
        Self {
            facts,
            findings: vec![finding],
            table: None,
        }
    }
}

/// A table with a header we understand.
pub struct Table {
    body: Body,
    header: Header,
    limits: Limits,
}

/// Where its lines are.
enum Body {
    Text(text::Text),
    Workbook {
        content: Arc<Vec<u8>>,
        sheet: u32,
        hidden: bool,
        program: Program,
    },
}

impl Table {
    /// The header as it was found.
    #[must_use]
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Reads the rows from the first.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn rows(&self) -> io::Result<Rows<'_>> {
        let lines = match &self.body {
            Body::Text(text) => Lines::Text(Box::new(text.lines()?)),
            Body::Workbook {
                content,
                sheet,
                hidden,
                program,
            } => {
                let cells = child::Cells::start(program, content, Some(*sheet), *hidden)?;
                Lines::Workbook(cells.below(self.header.row))
            }
        };
        Ok(Rows::new(lines, &self.header, self.limits))
    }
}

/// Looks at a file and finds its table.
///
/// # Errors
/// When the bytes cannot be read; a file that can be read is judged by findings.
pub fn open(source: Arc<dyn Source>, options: &Options) -> io::Result<Opened> {
    let sniffed = sniff::sniff(&*source, options.limits)?;
    let mut facts = Facts {
        sha256: sniffed.sha256,
        bytes: sniffed.bytes,
        ..Facts::default()
    };
    if let Some(limit) = sniffed.over {
        return Ok(Opened::refused(
            facts,
            too_big(limits::bytes_in_words(limit)),
        ));
    }
    match sniffed.kind {
        Kind::Text => text::open(source, &sniffed, options, facts),
        Kind::Zip => open_workbook(sniffed, options, facts),
        Kind::Compound => {
            let code = match sniff::compound(&sniffed.content) {
                Compound::Encrypted => Code::A03,
                Compound::OldWorkbook => Code::A04,
                Compound::Other => Code::A02,
            };
            facts.format = None;
            Ok(Opened::refused(facts, Finding::whole(code)))
        }
    }
}

fn open_workbook(sniffed: Sniffed, options: &Options, mut facts: Facts) -> io::Result<Opened> {
    let content = Arc::new(sniffed.content);
    let probe = match child::probe(&options.program, &content) {
        Ok(probe) => probe,
        Err(error) => return Ok(Opened::refused(facts, error.into_finding()?)),
    };
    facts.format = Some(probe.format);
    let sheets: Vec<(u32, String)> = matching(&probe.sheets, options.needs)
        .map(|(sheet, _)| (sheet.index, sheet.name.clone()))
        .collect();
    if sheets.len() > 1 {
        facts.sheets = sheets;
    }
    let (sheet, header) = match choose(&probe.sheets, options.sheet, options.needs) {
        Ok(chosen) => chosen,
        Err(refusal) => return Ok(Opened::refused(facts, refusal)),
    };
    let body = Body::Workbook {
        content,
        sheet,
        hidden: options.hidden,
        program: options.program.clone(),
    };
    Ok(finish(body, header, Vec::new(), options, facts))
}

/// The visible sheets with a complete header.
fn matching(
    sheets: &[child::Sheet],
    needs: Needs,
) -> impl Iterator<Item = (&child::Sheet, Header)> {
    sheets.iter().filter_map(move |sheet| {
        let header = Header::find(&sheet.head).filter(|header| header.is_complete(needs))?;
        Some((sheet, header))
    })
}

/// The sheet to read: the one chosen, else the one that matches, else the one that comes nearest.
fn choose(
    sheets: &[child::Sheet],
    wanted: Option<u32>,
    needs: Needs,
) -> Result<(u32, Header), Finding> {
    if sheets.iter().all(|sheet| sheet.head.is_empty()) {
        return Err(Finding::whole(Code::A01));
    }
    if let Some(sheet) = wanted.and_then(|wanted| sheets.iter().find(|s| s.index == wanted)) {
        return Header::find(&sheet.head).map_or_else(
            || Err(header::no_header(needs)),
            |header| Ok((sheet.index, header)),
        );
    }
    let mut found = matching(sheets, needs);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(Finding::whole(Code::A16)),
        (Some((sheet, header)), None) => Ok((sheet.index, header)),
        (None, _) => sheets
            .iter()
            .filter_map(|sheet| Some((sheet.index, Header::find(&sheet.head)?)))
            .max_by_key(|(index, header)| (header.known(), std::cmp::Reverse(*index)))
            .ok_or_else(|| header::no_header(needs)),
    }
}

/// Adds the findings of the header; a refusing one takes the table away.
fn finish(
    body: Body,
    header: Header,
    mut findings: Vec<Finding>,
    options: &Options,
    mut facts: Facts,
) -> Opened {
    facts.header_row = Some(header.row);
    findings.extend(header.findings(options.needs));
    findings.sort_by_key(|finding| finding.code);
    let refused = findings
        .iter()
        .any(|finding| finding.severity == Severity::Fout);
    let table = (!refused).then_some(Table {
        body,
        header,
        limits: options.limits,
    });
    Opened {
        facts,
        findings,
        table,
    }
}

fn too_big(limit: String) -> Finding {
    Finding::whole(Code::A06).filled(Filled::Limit(limit))
}

fn broken(line: u32) -> Finding {
    Finding::whole(Code::A11).filled(Filled::Line(line))
}

//! Opens a text file as a table: delimiter by known header names, `sep=` line, and the judgement
//! that a text is no table at all.

use super::csv::Csv;
use super::encoding::{Encoding, Utf8};
use super::header::{self, Header};
use super::limits::HEADER_LINES;
use super::record::{Line, Record, is_blank};
use super::rows::TextLines;
use super::sniff::Sniffed;
use super::source::Source;
use super::{Body, Facts, Format, Opened, Options, ReadError, broken, finish};
use domain::finding::{Code, Filled, Finding};
use std::io::{self, Read};
use std::sync::Arc;

/// In order of preference on a tie.
const DELIMITERS: [u8; 3] = [b';', b',', b'\t'];
/// Enough for the lines in which a header is sought, each as long as a line may be.
const PREFIX: usize = 256 * 1024;

/// A delimited text that can be read again and again.
pub(super) struct Text {
    source: Arc<dyn Source>,
    encoding: (Encoding, usize),
    delimiter: u8,
    has_sep_line: bool,
}

impl Text {
    /// The lines from the first; a `sep=` line is eaten, as spreadsheets do.
    pub(super) fn lines(&self) -> io::Result<TextLines<'_>> {
        let (encoding, mark) = self.encoding;
        let mut csv = Csv::new(
            Utf8::new(self.source.open()?, encoding, mark)?,
            self.delimiter,
        );
        if self.has_sep_line {
            skip_sep_line(&mut csv);
        }
        Ok(csv)
    }
}

/// What the first lines look like with one delimiter.
struct Trial {
    delimiter: u8,
    lines: Vec<Line>,
    header: Option<Header>,
    /// The row at which the structure is broken, if it is so early.
    broken: Option<u32>,
}

/// Opens a text.
pub(super) fn open(
    source: Arc<dyn Source>,
    sniffed: &Sniffed,
    options: &Options,
    mut facts: Facts,
) -> io::Result<Opened> {
    let (encoding, mark) = sniffed.encoding;
    let prefix = prefix(&*source, encoding, mark)?;
    if is_blank(&prefix) && sniffed.bytes < PREFIX as u64 {
        return Ok(Opened::refused(facts, Finding::whole(Code::A01)));
    }
    if is_document(&prefix) {
        return Ok(Opened::refused(facts, Finding::whole(Code::A02)));
    }
    // NULs refuse the file (A11) once its table is known; here they only hide the names.
    let legible = prefix.replace('\0', "");
    let sep = sep_line(&legible);
    let best = best_trial(&legible, sep.is_some());
    let Some(header) = best.header else {
        return Ok(no_table(options, facts, encoding, &prefix, &best));
    };
    facts.format = Some(Format::Csv);
    facts.encoding = Some(encoding);
    facts.delimiter = Some(char::from(best.delimiter));
    let findings = encoding.notice().map(read_as).into_iter().collect();
    let has_sep_line = sep.is_some();
    let text = Text {
        source,
        encoding: sniffed.encoding,
        delimiter: best.delimiter,
        has_sep_line,
    };
    Ok(finish(Body::Text(text), header, findings, options, facts))
}

/// The first part of the file, decoded.
fn prefix(source: &dyn Source, encoding: Encoding, mark: usize) -> io::Result<String> {
    let mut stream = Utf8::new(source.open()?, encoding, mark)?;
    let mut bytes = vec![0; PREFIX];
    let mut filled = 0;
    while bytes.len() - filled >= 64 {
        match stream.read(&mut bytes[filled..])? {
            0 => break,
            read => filled += read,
        }
    }
    bytes.truncate(filled);
    let whole = String::from_utf8_lossy(&bytes);
    // The end of the prefix may cut a character in two.
    Ok(whole.trim_end_matches('\u{FFFD}').to_owned())
}

/// True for a first line like `sep=;`, which spreadsheets write for one another.
fn sep_line(text: &str) -> Option<char> {
    let line = text.lines().next()?.trim().trim_matches('"');
    let (word, rest) = line.split_at_checked(4)?;
    let mut rest = rest.chars();
    let sep = rest.next().unwrap_or('\t');
    let more = rest.any(|c| !matches!(c, '"' | ';' | ',' | '\t' | ' '));
    (word.eq_ignore_ascii_case("sep=") && !more).then_some(sep)
}

fn skip_sep_line<R: Read>(csv: &mut Csv<R>) {
    let mut record = Record::default();
    // An error here comes again at the next line, where it can be told.
    drop(csv.next(&mut record));
    csv.restart_numbers();
}

fn best_trial(text: &str, has_sep_line: bool) -> Trial {
    let known = |trial: &Trial| trial.header.as_ref().map_or(0, Header::known);
    let mut best = try_delimiter(text, DELIMITERS[0], has_sep_line);
    for delimiter in &DELIMITERS[1..] {
        let trial = try_delimiter(text, *delimiter, has_sep_line);
        if known(&trial) > known(&best) {
            best = trial;
        }
    }
    best
}

fn try_delimiter(text: &str, delimiter: u8, has_sep_line: bool) -> Trial {
    let mut csv = Csv::new(text.as_bytes(), delimiter);
    if has_sep_line {
        skip_sep_line(&mut csv);
    }
    let mut record = Record::default();
    let mut lines = Vec::new();
    let mut broken = None;
    while lines.len() < HEADER_LINES {
        match csv.next(&mut record) {
            Ok(true) => lines.push(record.to_line()),
            Ok(false) => break,
            Err(ReadError::Broken(line)) => {
                broken = Some(line);
                break;
            }
            Err(ReadError::Refused(_) | ReadError::Io(_)) => break,
        }
    }
    Trial {
        delimiter,
        header: Header::find(&lines),
        lines,
        broken,
    }
}

/// No line has a name we know: another kind of file, a broken one, or a table without our header.
fn no_table(
    options: &Options,
    mut facts: Facts,
    encoding: Encoding,
    prefix: &str,
    trial: &Trial,
) -> Opened {
    if is_other_kind(prefix) {
        return Opened::refused(facts, Finding::whole(Code::A02));
    }
    if let Some(line) = trial.broken {
        facts.format = Some(Format::Csv);
        facts.encoding = Some(encoding);
        return Opened::refused(facts, broken(line));
    }
    let is_table = DELIMITERS
        .iter()
        .any(|&delimiter| prefix.contains(char::from(delimiter)));
    if !is_table || trial.lines.is_empty() {
        return Opened::refused(facts, Finding::whole(Code::A02));
    }
    facts.format = Some(Format::Csv);
    facts.encoding = Some(encoding);
    let mut findings = vec![header::no_header(options.needs)];
    findings.extend(encoding.notice().map(read_as));
    Opened {
        facts,
        findings,
        table: None,
    }
}

/// Says itself that it is another kind of document; perhaps a table too, but then made to deceive.
fn is_document(prefix: &str) -> bool {
    let start = prefix.trim_start();
    ["%PDF-", "{\\rtf", "<!", "<?xml", "<html"]
        .iter()
        .any(|mark| start.starts_with(mark))
}

/// Binary, or text of another kind: HTML, XML, JSON, RTF, PDF.
fn is_other_kind(prefix: &str) -> bool {
    let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    prefix.chars().take(16 * 1024).any(control)
        || prefix.trim_start().starts_with(['<', '{', '[', '%'])
}

fn read_as(name: &str) -> Finding {
    Finding::whole(Code::A18).filled(Filled::Encoding(name.to_owned()))
}

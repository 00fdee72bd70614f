//! The answer of `cims check` and `cims import`: as one JSON object (specification §6) or in words.
//! Rows are written as they come, so the answer on a million wrong rows takes no memory.

use super::judge::Verdict;
use super::read::Facts;
use domain::delivery::{Counts, FileOutcome, RowOutcome};
use domain::finding::{Code, Finding, Severity, WireFinding};
use domain::row::Column;
use serde::Serialize;
use std::borrow::Cow;
use std::io::{self, Write};

/// For whom the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// For programs.
    Json,
    /// For people, in Dutch.
    Words,
}

/// What the answer says of the file.
pub struct FileFacts<'f> {
    /// Its name, without folders.
    pub name: &'f str,
    /// Format, encoding, header.
    pub facts: &'f Facts,
    /// Counts.
    pub verdict: &'f Verdict,
    /// All file findings, in order of their codes.
    pub findings: &'f [Finding],
    /// What became of it; none for a parked file.
    pub outcome: Option<FileOutcome>,
}

#[derive(Serialize)]
struct WireFile<'f> {
    name: &'f str,
    format: Option<&'f str>,
    encoding: Option<&'f str>,
    delimiter: Option<char>,
    header_row: Option<u32>,
    rows: u32,
    skipped: u32,
    outcome: Option<FileOutcome>,
    findings: Vec<WireFinding>,
    sha256: Option<String>,
}

#[derive(Serialize)]
struct WireRow<'r> {
    row: u32,
    outcome: RowOutcome,
    findings: Vec<WireRowFinding<'r>>,
}

/// As [`WireFinding`], but a row's finding always has its column, if only to say there is none.
#[derive(Serialize)]
struct WireRowFinding<'r> {
    code: Code,
    column: Option<Column>,
    severity: Severity,
    message: Cow<'r, str>,
}

impl Show {
    /// Begins the answer: the file and its counts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn file(self, out: &mut impl Write, file: &FileFacts<'_>) -> io::Result<()> {
        match self {
            Self::Json => json_file(out, &wire_file(file), &file.verdict.counts),
            Self::Words => words_file(out, file),
        }
    }

    /// One row with its findings.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn row(
        self,
        out: &mut impl Write,
        first: bool,
        number: u32,
        outcome: RowOutcome,
        findings: &[Finding],
    ) -> io::Result<()> {
        if self == Self::Words {
            return words_row(out, number, outcome, findings);
        }
        if !first {
            out.write_all(b",")?;
        }
        let findings = findings
            .iter()
            .map(Finding::wire)
            .map(|finding| WireRowFinding {
                code: finding.code,
                column: finding.column,
                severity: finding.severity,
                message: finding.message,
            });
        let row = WireRow {
            row: number,
            outcome,
            findings: findings.collect(),
        };
        Ok(serde_json::to_writer(out, &row)?)
    }

    /// Ends the answer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn end(self, out: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Json => out.write_all(b"]}\n"),
            Self::Words => Ok(()),
        }
    }

    /// The whole answer about a file that cannot be read: nothing is said about its content, so there
    /// is no finding and no outcome.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn unreadable(self, out: &mut impl Write, name: &str) -> io::Result<()> {
        if self == Self::Words {
            return writeln!(out, "{name}: dit bestand kan niet worden gelezen.");
        }
        let (facts, verdict) = (Facts::default(), Verdict::default());
        let file = FileFacts {
            name,
            facts: &facts,
            verdict: &verdict,
            findings: &[],
            outcome: None,
        };
        json_file(
            out,
            &WireFile {
                outcome: None,
                ..wire_file(&file)
            },
            &verdict.counts,
        )?;
        self.end(out)
    }
}

fn wire_file<'f>(file: &'f FileFacts<'_>) -> WireFile<'f> {
    let FileFacts { facts, verdict, .. } = file;
    WireFile {
        name: file.name,
        format: facts.format.map(|format| format.as_str()),
        encoding: facts.encoding.map(|encoding| encoding.label()),
        delimiter: facts.delimiter,
        header_row: facts.header_row,
        rows: verdict.rows,
        skipped: verdict.skipped,
        outcome: file.outcome,
        findings: file.findings.iter().map(Finding::wire).collect(),
        sha256: facts.sha256.map(|hash| hex(&hash)),
    }
}

fn json_file(out: &mut impl Write, file: &WireFile<'_>, counts: &Counts) -> io::Result<()> {
    out.write_all(b"{\"file\":")?;
    serde_json::to_writer(&mut *out, file)?;
    out.write_all(b",\"counts\":")?;
    serde_json::to_writer(&mut *out, counts)?;
    out.write_all(b",\"rows\":[")
}

fn words_file(out: &mut impl Write, file: &FileFacts<'_>) -> io::Result<()> {
    let FileFacts { facts, verdict, .. } = file;
    writeln!(
        out,
        "{}: {}",
        file.name,
        file.outcome.map_or("GEPARKEERD", FileOutcome::as_str)
    )?;
    if let (Some(format), Some(row)) = (facts.format, facts.header_row) {
        write!(
            out,
            "{}, kopregel op regel {row}",
            format.as_str().to_uppercase()
        )?;
        match (facts.encoding, facts.delimiter) {
            (Some(encoding), Some('\t')) => {
                writeln!(out, ", {}, gescheiden door tabs", encoding.label())?
            }
            (Some(encoding), Some(delimiter)) => {
                writeln!(out, ", {}, gescheiden door {delimiter}", encoding.label())?;
            }
            _ => writeln!(out)?,
        }
    }
    for finding in file.findings {
        writeln!(
            out,
            "  {} {:<12} {}",
            finding.code,
            finding.severity.as_str(),
            finding.message()
        )?;
    }
    let counts = &verdict.counts;
    writeln!(
        out,
        "{} regels, {} overgeslagen",
        verdict.rows, verdict.skipped
    )?;
    writeln!(
        out,
        "  geaccepteerd {}, te controleren {}, afgekeurd {}, dubbel {}, geteld {}",
        counts.geaccepteerd, counts.te_controleren, counts.afgekeurd, counts.dubbel, counts.geteld
    )
}

fn words_row(
    out: &mut impl Write,
    number: u32,
    outcome: RowOutcome,
    findings: &[Finding],
) -> io::Result<()> {
    writeln!(out, "regel {number}: {}", outcome.as_str())?;
    for finding in findings {
        let column = finding.column.map_or("", Column::name);
        writeln!(
            out,
            "  {} {:<12} {column:<16} {}",
            finding.code,
            finding.severity.as_str(),
            finding.message()
        )?;
    }
    Ok(())
}

/// Lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

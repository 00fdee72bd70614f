//! The own file back: the refused rows only, each with its codes and messages, to be corrected and delivered again as
//! it is (specification §7, features F23).
//!
//! Same format, order, words in the header, delimiter and encoding; an ODS file comes back as XLSX. Made of the sealed
//! rows, so it outlives the raw file. Columns we do not know were never stored and do not come back. The column
//! `cims_regel` names the row it takes the place of: a key nobody can guess, looked up within the own party only.

use super::answer::{AnswerError, guarded};
use super::read::header::{OWN_COLUMNS, TOKEN};
use crate::keys::{Keys, Mac, Purpose, Sealed};
use crate::store::StoreError;
use crate::store::answers::{self, Refused};
use domain::bsn::Bsn;
use domain::finding::{Finding, Severity};
use domain::row::{Column, RowText};
use rust_xlsxwriter::{Color, Format, Note, Workbook, Worksheet, XlsxError};
use sqlx::PgConnection;
use std::collections::HashSet;
use std::io;
use uuid::Uuid;

/// Rows read at a time.
const PAGE: i64 = 1_000;
/// Characters of a cell with messages; the code list beside it is never cut.
const MESSAGE_CHARS: usize = 900;

/// A file that was made.
pub struct OwnFile {
    /// Its bytes.
    pub content: Vec<u8>,
    /// It is a workbook.
    pub workbook: bool,
    /// Rows in it.
    pub rows: u32,
    /// Whom it holds, each once: a refused row has no person of its own in the register, only the BSN that was typed.
    pub persons: HashSet<Mac>,
}

/// A refused row, opened.
struct Row {
    token: Uuid,
    text: RowText,
    findings: Vec<Finding>,
}

impl Row {
    fn faults(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == Severity::Fout)
    }

    /// "P03, V01"
    fn codes(&self) -> String {
        let codes: Vec<&str> = self.faults().map(|finding| finding.code.as_str()).collect();
        codes.join(", ")
    }

    /// "bsn: Dit BSN klopt niet. … / vaccinatiedatum: …"
    fn messages(&self) -> String {
        let said = self.faults().map(|finding| {
            let message = finding.message_in(domain::text::Lang::Nl);
            match finding.column {
                Some(column) => format!("{}: {message}", column.name()),
                None => message.into_owned(),
            }
        });
        // A longer cell would be refused on its way back (rule R08).
        said.collect::<Vec<_>>()
            .join(" / ")
            .chars()
            .take(MESSAGE_CHARS)
            .collect()
    }

    fn at(&self, column: Column) -> Option<String> {
        let said: Vec<String> = self
            .faults()
            .filter(|finding| finding.column == Some(column))
            .map(|finding| finding.message_in(domain::text::Lang::Nl).into_owned())
            .collect();
        (!said.is_empty()).then(|| said.join(" "))
    }
}

/// Makes the file of the refused rows that nobody mended yet.
///
/// # Errors
/// `NotFound` when who asks has no such delivery in preview or ended.
pub async fn make(
    connection: &mut PgConnection,
    keys: &Keys,
    delivery: Uuid,
) -> Result<OwnFile, AnswerError> {
    let read = answers::read_as(connection, delivery)
        .await?
        .ok_or(StoreError::NotFound)?;
    let info = |name: &str| read.info.get(name).and_then(serde_json::Value::as_str);
    let columns: Vec<(String, Column)> = read
        .info
        .get("columns")
        .and_then(|columns| serde_json::from_value(columns.clone()).ok())
        .unwrap_or_else(|| {
            let named = |column: Column| (column.name().to_owned(), column);
            Column::ALL.into_iter().map(named).collect()
        });
    let workbook = read.format.as_deref().is_some_and(|format| format != "csv");
    let mut sheet = workbook
        .then(|| Sheet::new(&columns))
        .transpose()
        .map_err(broken)?;
    let delimiter = info("delimiter").unwrap_or(";").to_owned();
    let mut text = String::new();
    let names = columns.iter().map(|(name, _)| name.as_str());
    let header: Vec<&str> = names.chain(OWN_COLUMNS).collect();
    line(
        &mut text,
        &delimiter,
        header.iter().map(|name| (*name).to_owned()),
    );
    let (mut after, mut rows, mut persons) = (0, 0, HashSet::new());
    loop {
        let page = answers::refused(connection, delivery, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.row_number;
        for refused in page {
            let row = open(keys, refused)?;
            rows += 1;
            let bsn = Bsn::in_text(row.text.get(Column::Bsn));
            persons.extend(bsn.map(|bsn| keys.bsn_mac(&bsn)));
            match &mut sheet {
                Some(sheet) => sheet.row(&columns, &row).map_err(broken)?,
                None => {
                    let cells = columns
                        .iter()
                        .map(|(_, column)| row.text.get(*column).to_owned());
                    let own = [row.codes(), row.messages(), row.token.to_string()];
                    line(&mut text, &delimiter, cells.chain(own));
                }
            }
        }
    }
    let content = match sheet {
        Some(sheet) => sheet.finish().map_err(broken)?,
        None => encoded(&text, info("encoding")),
    };
    Ok(OwnFile {
        content,
        workbook,
        rows,
        persons,
    })
}

fn broken(_: XlsxError) -> AnswerError {
    AnswerError::Write(io::Error::other("workbook"))
}

fn open(keys: &Keys, refused: Refused) -> Result<Row, StoreError> {
    let odd = || StoreError::Broken("sealed row".to_owned());
    let text = match refused.raw_sealed {
        None => RowText::default(),
        Some(sealed) => {
            let purpose = Purpose::Row.of(refused.id.as_bytes());
            let plain = keys
                .open(&Sealed::from_bytes(sealed), &purpose)
                .map_err(|_| odd())?;
            serde_json::from_slice(&plain).map_err(|_| odd())?
        }
    };
    Ok(Row {
        token: refused.id,
        text,
        findings: serde_json::from_value(refused.findings).unwrap_or_default(),
    })
}

/// A line of the CSV: no cell comes alive as a formula, and the reader takes the guard off again.
fn line(text: &mut String, delimiter: &str, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push_str(delimiter);
        }
        let cell = guarded(&cell);
        if cell.contains(['"', '\n', '\r']) || cell.contains(delimiter) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

/// The bytes in the encoding of the sender. UTF-8 begins with its mark: spreadsheets take it for something else without.
fn encoded(text: &str, encoding: Option<&str>) -> Vec<u8> {
    let wide = |bytes: fn(u16) -> [u8; 2]| {
        let marked = std::iter::once(0xfeff).chain(text.encode_utf16());
        marked.flat_map(bytes).collect()
    };
    match encoding {
        // What the encoding lacks becomes a question mark: a reference with `;` in it would split the cell.
        Some("windows-1252") => text
            .chars()
            .flat_map(|letter| {
                let mut buffer = [0; 4];
                let one: &str = letter.encode_utf8(&mut buffer);
                match encoding_rs::WINDOWS_1252.encode(one) {
                    (bytes, _, false) => bytes.into_owned(),
                    _ => b"?".to_vec(),
                }
            })
            .collect(),
        Some("utf-16le") => wide(u16::to_le_bytes),
        Some("utf-16be") => wide(u16::to_be_bytes),
        _ => [b"\xef\xbb\xbf", text.as_bytes()].concat(),
    }
}

/// The workbook: text cells, wrong ones coloured and with a note, the token in a hidden column.
struct Sheet {
    book: Workbook,
    sheet: Worksheet,
    next: u32,
    plain: Format,
    wrong: Format,
}

impl Sheet {
    fn new(columns: &[(String, Column)]) -> Result<Self, XlsxError> {
        let plain = Format::new().set_num_format("@");
        let bold = plain.clone().set_bold();
        let wrong = plain
            .clone()
            .set_background_color(Color::RGB(0x00FB_D5D5))
            .set_bold();
        let mut sheet = Worksheet::new();
        sheet.set_name("Verbeteren")?;
        sheet.set_freeze_panes(1, 0)?;
        let names = columns
            .iter()
            .map(|(name, _)| name.as_str())
            .chain(OWN_COLUMNS);
        for (at, name) in (0_u16..).zip(names) {
            sheet.set_column_format(at, &plain)?;
            sheet.set_column_width(at, 18)?;
            sheet.write_string_with_format(0, at, name, &bold)?;
            if name == TOKEN {
                sheet.set_column_hidden(at)?;
            }
        }
        Ok(Self {
            book: Workbook::new(),
            sheet,
            next: 1,
            plain,
            wrong,
        })
    }

    fn row(&mut self, columns: &[(String, Column)], row: &Row) -> Result<(), XlsxError> {
        let mut at = 0_u16;
        for (_, column) in columns {
            let text = row.text.get(*column);
            match row.at(*column) {
                None => self
                    .sheet
                    .write_string_with_format(self.next, at, text, &self.plain)?,
                Some(message) => {
                    self.sheet
                        .write_string_with_format(self.next, at, text, &self.wrong)?;
                    let note = Note::new(message).set_author("CIMS");
                    self.sheet.insert_note(self.next, at, &note)?
                }
            };
            at += 1;
        }
        for own in [row.codes(), row.messages(), row.token.to_string()] {
            self.sheet
                .write_string_with_format(self.next, at, own, &self.plain)?;
            at += 1;
        }
        self.next += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<u8>, XlsxError> {
        self.book.push_worksheet(self.sheet);
        self.book.save_to_buffer()
    }
}

#[cfg(test)]
mod tests {
    use super::encoded;

    #[test]
    fn a_letter_that_the_encoding_lacks_does_not_split_its_cell() {
        assert_eq!(encoded("Żółty;é", Some("windows-1252")), b"?\xf3?ty;\xe9");
        assert_eq!(encoded("é", Some("utf-16be")), b"\xfe\xff\x00\xe9");
    }
}

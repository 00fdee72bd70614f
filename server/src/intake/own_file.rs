//! The own file back: the refused rows only, each with its codes and messages, to be corrected and delivered again as
//! it is (specification §7, features F23).
//!
//! Same format, order, words in the header, delimiter and encoding. Made of the sealed rows, so it outlives the raw file. Columns we do not know were never stored and do not come back. The column
//! `cims_regel` names the row it takes the place of: a key nobody can guess, looked up within the own party only.

mod ods;

use super::answer::{AnswerError, guarded};
use super::read::Format as FileFormat;
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
    /// What it is: as the sender's was.
    pub format: FileFormat,
    /// Rows in it.
    pub rows: u32,
    /// Whom it holds, each once: a refused row has no person of its own in the register, only the BSN that was typed.
    pub persons: HashSet<Mac>,
}

/// A cell of the file, and what is wrong with it.
struct Cell {
    text: String,
    note: Option<String>,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { text, note: None }
    }
}

/// A refused row, opened.
struct Row {
    number: i32,
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

    /// "bsn: Dit BSN klopt niet. … / vaccinatiedatum: …"; behind the number of the row when there is nothing in it to know
    /// it by: of a line whose cells cannot be told apart no cell was stored.
    fn messages(&self) -> String {
        let number = (self.text == RowText::default()).then(|| format!("regel {}", self.number));
        let said = self.faults().map(|finding| {
            let message = finding.message_in(domain::text::Lang::Nl);
            match finding.column {
                Some(column) => format!("{}: {message}", column.name()),
                None => message.into_owned(),
            }
        });
        let said = said.collect::<Vec<_>>().join(" / ");
        let said = number.into_iter().chain([said]).collect::<Vec<_>>();
        // A longer cell would be refused on its way back (rule R08).
        said.join(": ").chars().take(MESSAGE_CHARS).collect()
    }

    /// All cells: those of the sender, then our own.
    fn cells(&self, columns: &[(String, Column)]) -> Vec<Cell> {
        let theirs = columns.iter().map(|(_, column)| Cell {
            text: self.text.get(*column).to_owned(),
            note: self.at(*column),
        });
        let own = [self.codes(), self.messages(), self.token.to_string()];
        theirs.chain(own.map(Cell::from)).collect()
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
    let names = columns.iter().map(|(name, _)| name.as_str());
    let header: Vec<&str> = names.chain(OWN_COLUMNS).collect();
    let mut made = match read.format.as_deref() {
        Some("xlsx") => Made::Xlsx(Box::new(Sheet::new(&header).map_err(broken)?)),
        Some("ods") => Made::Ods(ods::Sheet::new(&header)),
        _ => Made::Csv(Csv::new(info("delimiter").unwrap_or(";"), &header)),
    };
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
            made.row(&row.cells(&columns))?;
        }
    }
    let format = made.format();
    Ok(OwnFile {
        content: made.finish(info("encoding"))?,
        format,
        rows,
        persons,
    })
}

/// The file in the making.
enum Made {
    Csv(Csv),
    Xlsx(Box<Sheet>),
    Ods(ods::Sheet),
}

impl Made {
    const fn format(&self) -> FileFormat {
        match self {
            Self::Csv(_) => FileFormat::Csv,
            Self::Xlsx(_) => FileFormat::Xlsx,
            Self::Ods(_) => FileFormat::Ods,
        }
    }

    fn row(&mut self, cells: &[Cell]) -> Result<(), AnswerError> {
        match self {
            Self::Csv(csv) => csv.line(cells.iter().map(|cell| cell.text.as_str())),
            Self::Xlsx(sheet) => sheet.row(cells).map_err(broken)?,
            Self::Ods(sheet) => sheet.row(cells.iter()),
        }
        Ok(())
    }

    fn finish(self, encoding: Option<&str>) -> Result<Vec<u8>, AnswerError> {
        match self {
            Self::Csv(csv) => Ok(encoded(&csv.text, encoding)),
            Self::Xlsx(sheet) => sheet.finish().map_err(broken),
            Self::Ods(sheet) => sheet.finish().map_err(AnswerError::Write),
        }
    }
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
        number: refused.row_number,
        token: refused.id,
        text,
        findings: serde_json::from_value(refused.findings).unwrap_or_default(),
    })
}

/// Delimited text.
struct Csv {
    text: String,
    delimiter: String,
}

impl Csv {
    fn new(delimiter: &str, header: &[&str]) -> Self {
        let mut csv = Self {
            text: String::new(),
            delimiter: delimiter.to_owned(),
        };
        csv.line(header.iter().copied());
        csv
    }

    /// Adds a line: no cell comes alive as a formula, and the reader takes the guard off again.
    fn line<'c>(&mut self, cells: impl Iterator<Item = &'c str>) {
        let Self { text, delimiter } = self;
        for (at, cell) in cells.enumerate() {
            if at > 0 {
                text.push_str(delimiter);
            }
            let cell = guarded(cell);
            if cell.contains(['"', '\n', '\r']) || cell.contains(delimiter.as_str()) {
                text.push('"');
                text.push_str(&cell.replace('"', "\"\""));
                text.push('"');
            } else {
                text.push_str(&cell);
            }
        }
        text.push_str("\r\n");
    }
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
    fn new(header: &[&str]) -> Result<Self, XlsxError> {
        let plain = Format::new().set_num_format("@");
        let bold = plain.clone().set_bold();
        let wrong = plain
            .clone()
            .set_background_color(Color::RGB(0x00FB_D5D5))
            .set_bold();
        let mut sheet = Worksheet::new();
        sheet.set_name("Verbeteren")?;
        sheet.set_freeze_panes(1, 0)?;
        for (at, name) in (0_u16..).zip(header) {
            sheet.set_column_format(at, &plain)?;
            sheet.set_column_width(at, 18)?;
            sheet.write_string_with_format(0, at, *name, &bold)?;
            if *name == TOKEN {
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

    fn row(&mut self, cells: &[Cell]) -> Result<(), XlsxError> {
        for (at, cell) in (0_u16..).zip(cells) {
            let format = match &cell.note {
                None => &self.plain,
                Some(_) => &self.wrong,
            };
            self.sheet
                .write_string_with_format(self.next, at, &cell.text, format)?;
            if let Some(message) = &cell.note {
                let note = Note::new(message).set_author("CIMS");
                self.sheet.insert_note(self.next, at, &note)?;
            }
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

//! Splits UTF-8 text into lines of cells: RFC 4180 quotes with line ends inside, LF, CRLF or CR.
//!
//! Own, because the row numbers must be those of the sender's spreadsheet (empty lines count, a
//! quoted line end does not) and because a quote that never closes must refuse the file (rule A11)
//! instead of swallowing its end: the `csv` crate skips empty lines and closes quotes by itself.

use super::ReadError;
use super::line;
use super::record::{Fields, Parts, Record, is_marked};
use std::io::Read;

const BUFFER: usize = 128 * 1024;
/// With less room in it, it is full.
const ROOM: usize = 64;

/// The lines of a delimited text.
pub struct Csv<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    ended: bool,
    delimiter: u8,
    special: [bool; 256],
    /// A CR ended the line before: an LF right behind it belongs to it.
    after_cr: bool,
    number: u32,
    parts: Parts,
}

/// What ended a cell.
#[derive(PartialEq, Eq)]
enum End {
    Cell,
    Line,
    File,
}

impl<R: Read> Csv<R> {
    /// Reads from the first line.
    #[must_use]
    pub fn new(input: R, delimiter: u8) -> Self {
        let mut special = [false; 256];
        for byte in [delimiter, b'\n', b'\r', 0] {
            special[usize::from(byte)] = true;
        }
        Self {
            input,
            buffer: vec![0; BUFFER],
            at: 0,
            filled: 0,
            ended: false,
            delimiter,
            special,
            after_cr: false,
            number: 0,
            parts: Parts::default(),
        }
    }

    /// Counts from 1 again: the line `sep=` is not one of the sender's rows.
    pub const fn restart_numbers(&mut self) {
        self.number = 0;
    }

    /// Reads the next line; false at the end of the file.
    ///
    /// # Errors
    /// Rule A11 with the line, or the file cannot be read.
    pub fn next(&mut self, record: &mut Record) -> Result<bool, ReadError> {
        if !self.more()? {
            return Ok(false);
        }
        self.number = self.number.saturating_add(1);
        self.parts.clear();
        if self.whole_line() {
            record.fill(self.number, &mut self.parts);
            return Ok(true);
        }
        loop {
            let end = if self.peek()? == Some(b'"') {
                self.quoted()?
            } else {
                self.plain()?
            };
            self.parts.end_cell();
            if end != End::Cell {
                break;
            }
        }
        record.fill(self.number, &mut self.parts);
        Ok(true)
    }

    /// Takes the whole plain lines at hand in one go, to be split where there is time for it. False at the end of the file, and when the
    /// next line is to be looked at by itself: it holds a quote, or no LF ends it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn piece(&mut self, piece: &mut Piece) -> Result<bool, ReadError> {
        if !self.more()? {
            return Ok(false);
        }
        self.fill()?;
        let rest = &self.buffer[self.at..self.filled];
        let Some(last) = memchr::memrchr(b'\n', &rest[..plain(rest)]) else {
            return Ok(false);
        };
        let (from, to) = (self.at, self.at + last + 1);
        // The lines go with their buffer; what is behind them begins the other one.
        std::mem::swap(&mut self.buffer, &mut piece.bytes);
        self.buffer.resize(BUFFER, 0);
        let behind = &piece.bytes[to..self.filled];
        self.buffer[..behind.len()].copy_from_slice(behind);
        (self.at, self.filled) = (0, behind.len());
        (piece.from, piece.to, piece.delimiter) = (from, to, self.delimiter);
        let lines = memchr::memchr_iter(b'\n', &piece.bytes[from..to]).count();
        piece.before = self.number;
        self.number = self
            .number
            .saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        piece.last = self.number;
        Ok(true)
    }

    /// Whether there is a line more.
    fn more(&mut self) -> Result<bool, ReadError> {
        if self.peek()? == Some(b'\n') && self.after_cr {
            self.at += 1;
        }
        self.after_cr = false;
        Ok(self.peek()?.is_some())
    }

    /// Fills the buffer as far as the file goes, unless half of it is filled.
    fn fill(&mut self) -> Result<(), ReadError> {
        if self.filled - self.at > BUFFER / 2 {
            return Ok(());
        }
        self.buffer.copy_within(self.at..self.filled, 0);
        (self.at, self.filled) = (0, self.filled - self.at);
        // A decoder wants some room.
        while !self.ended && self.filled + ROOM <= BUFFER {
            let read = self.input.read(&mut self.buffer[self.filled..]);
            let read = read.map_err(ReadError::Io)?;
            self.filled += read;
            self.ended = read == 0;
        }
        Ok(())
    }

    /// Takes the line in one go, when it is a plain one.
    fn whole_line(&mut self) -> bool {
        let rest = &self.buffer[self.at..self.filled];
        let Some(length) = line::split(rest, self.delimiter, &mut self.parts.ends) else {
            self.parts.ends.clear();
            return false;
        };
        self.parts.bytes.extend_from_slice(&rest[..length]);
        self.parts.gap = 1;
        self.after_cr = rest[length] == b'\r';
        self.at += length + 1;
        true
    }

    /// The next byte, None at the end.
    fn peek(&mut self) -> Result<Option<u8>, ReadError> {
        while self.at == self.filled {
            if self.ended {
                return Ok(None);
            }
            self.filled = self.input.read(&mut self.buffer).map_err(ReadError::Io)?;
            self.at = 0;
            self.ended = self.filled == 0;
        }
        Ok(Some(self.buffer[self.at]))
    }

    /// A cell without quotes, up to its end.
    fn plain(&mut self) -> Result<End, ReadError> {
        loop {
            if self.peek()?.is_none() {
                return Ok(End::File);
            }
            let rest = &self.buffer[self.at..self.filled];
            let stop = rest
                .iter()
                .position(|&byte| self.special[usize::from(byte)]);
            self.parts.push(&rest[..stop.unwrap_or(rest.len())]);
            self.at += stop.unwrap_or(rest.len());
            if stop.is_some() {
                return self.end();
            }
        }
    }

    /// A cell in quotes; behind the closing quote only blanks may stand before its end.
    fn quoted(&mut self) -> Result<End, ReadError> {
        self.at += 1;
        loop {
            if self.peek()?.is_none() {
                return Err(self.broken());
            }
            let rest = &self.buffer[self.at..self.filled];
            let stop = rest.iter().position(|&byte| byte == b'"' || byte == 0);
            self.parts.push(&rest[..stop.unwrap_or(rest.len())]);
            self.at += stop.unwrap_or(rest.len());
            let Some(_) = stop else { continue };
            if self.buffer[self.at] == 0 {
                return Err(self.broken());
            }
            self.at += 1;
            if self.peek()? != Some(b'"') {
                return self.behind_quote();
            }
            self.parts.push(b"\"");
            self.at += 1;
        }
    }

    fn behind_quote(&mut self) -> Result<End, ReadError> {
        loop {
            match self.peek()? {
                None => return Ok(End::File),
                Some(byte) if self.special[usize::from(byte)] => return self.end(),
                Some(b' ' | b'\t') => self.at += 1,
                Some(_) => return Err(self.broken()),
            }
        }
    }

    /// Takes the special byte at hand.
    fn end(&mut self) -> Result<End, ReadError> {
        let byte = self.buffer[self.at];
        self.at += 1;
        match byte {
            b'\n' => Ok(End::Line),
            b'\r' => {
                self.after_cr = true;
                Ok(End::Line)
            }
            byte if byte == self.delimiter => Ok(End::Cell),
            _ => Err(self.broken()),
        }
    }

    const fn broken(&self) -> ReadError {
        ReadError::Broken(self.number)
    }
}

/// How many bytes hold no quote, no NUL, and no CR but before an LF.
fn plain(bytes: &[u8]) -> usize {
    let end = memchr::memchr2(b'"', 0, bytes).unwrap_or(bytes.len());
    memchr::memchr_iter(b'\r', &bytes[..end])
        .find(|at| bytes.get(at + 1) != Some(&b'\n'))
        .unwrap_or(end)
}

/// Whole plain lines: no quote and no NUL in them, and LF or CR LF behind each. Holds personal data, so it has no `Debug`.
#[derive(Default)]
pub struct Piece {
    bytes: Vec<u8>,
    from: usize,
    to: usize,
    delimiter: u8,
    /// Number of the line before the first.
    before: u32,
    last: u32,
}

impl Piece {
    /// Number of the last line.
    #[must_use]
    pub const fn last(&self) -> u32 {
        self.last
    }

    /// Shows each line, in order.
    pub fn each(&self, mut see: impl FnMut(Fields<'_>)) {
        let bytes = &self.bytes[self.from..self.to];
        let text = std::str::from_utf8(bytes).ok();
        let marked = text.is_some_and(is_marked);
        let mut ends = Vec::new();
        let (mut number, mut at) = (self.before, 0);
        while at < bytes.len() {
            number = number.saturating_add(1);
            ends.clear();
            let rest = &self.bytes[self.from + at..];
            let split = text.zip(line::split(rest, self.delimiter, &mut ends));
            let Some((text, length)) = split else {
                // It is long, or bytes are no text: seldom.
                let rest = &bytes[at..];
                let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                see(self.record(number, &rest[..length]).fields());
                at += length + 1;
                continue;
            };
            let text = &text[at..at + length];
            see(Fields {
                number,
                text,
                ends: &ends,
                gap: 1,
                too_long: false,
                too_wide: false,
                undecodable: marked && is_marked(text),
            });
            at += length + if rest[length] == b'\r' { 2 } else { 1 };
        }
    }

    /// One line, however long it is; the CR at its end is none of it.
    fn record(&self, number: u32, line: &[u8]) -> Record {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let mut parts = Parts::default();
        for cell in line.split(|byte| *byte == self.delimiter) {
            parts.push(cell);
            parts.end_cell();
        }
        let mut record = Record::default();
        record.fill(number, &mut parts);
        record
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out one byte at a time: every state meets the end of the buffer.
    struct Drip<'a>(&'a [u8]);
    impl Read for Drip<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else {
                return Ok(0);
            };
            out[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    proptest::proptest! {
        #[test]
        fn long_texts_are_split_alike_whatever_the_piece(text in "[a-z;é \"]{0,90}([a-z:;;é\t\"]{0,30}[\n\r]{1,2}|[a-z;\0]{0,9}){0,20}") {
            let cut = |text: &str| text.replace(['"', '\0'], "");
            for text in [cut(&text), text] {
                let whole = all(text.as_bytes());
                proptest::prop_assert_eq!(&whole, &all(Drip(text.as_bytes())));
                proptest::prop_assert_eq!(&whole, &in_pieces(text.as_bytes()));
                proptest::prop_assert_eq!(&whole, &in_pieces(Drip(text.as_bytes())));
            }
        }
    }

    /// The same, by pieces where there are.
    fn in_pieces(input: impl Read) -> Result<Vec<(u32, Vec<String>)>, u32> {
        let mut csv = Csv::new(input, b';');
        let (mut piece, mut record) = (Piece::default(), Record::default());
        let mut lines = Vec::new();
        let mut keep = |line: Fields<'_>| {
            let cells = (0..line.width())
                .map(|at| line.get(at).to_owned())
                .collect();
            lines.push((line.number, cells));
        };
        loop {
            match csv.piece(&mut piece).and_then(|taken| {
                if taken {
                    piece.each(&mut keep);
                    return Ok(true);
                }
                let more = csv.next(&mut record)?;
                if more {
                    keep(record.fields());
                }
                Ok(more)
            }) {
                Ok(true) => {}
                Ok(false) => return Ok(lines),
                Err(ReadError::Broken(line)) => return Err(line),
                Err(_) => panic!("no other error can come from memory"),
            }
        }
    }

    fn all(input: impl Read) -> Result<Vec<(u32, Vec<String>)>, u32> {
        let mut csv = Csv::new(input, b';');
        let mut record = Record::default();
        let mut lines = Vec::new();
        loop {
            match csv.next(&mut record) {
                Ok(true) => {
                    lines.push((record.number(), record.cells().map(str::to_owned).collect()));
                }
                Ok(false) => return Ok(lines),
                Err(ReadError::Broken(line)) => return Err(line),
                Err(_) => panic!("no other error can come from memory"),
            }
        }
    }

    fn read(text: &str) -> Result<Vec<(u32, Vec<String>)>, u32> {
        let whole = all(text.as_bytes());
        assert_eq!(
            whole,
            all(Drip(text.as_bytes())),
            "the piece size must not matter"
        );
        assert_eq!(
            whole,
            in_pieces(text.as_bytes()),
            "nor whether it is taken in pieces"
        );
        whole
    }

    fn lines(text: &str) -> Vec<(u32, Vec<String>)> {
        read(text).expect("readable")
    }

    fn line(number: u32, cells: &[&str]) -> (u32, Vec<String>) {
        (number, cells.iter().map(|&cell| cell.to_owned()).collect())
    }

    #[test]
    fn every_line_end_gives_the_same_lines() {
        let expected = vec![
            line(1, &["a", "b"]),
            line(2, &["1", ""]),
            line(3, &["", "2"]),
        ];
        assert_eq!(lines("a;b\n1;\n;2\n"), expected);
        assert_eq!(lines("a;b\r\n1;\r\n;2\r\n"), expected);
        assert_eq!(lines("a;b\r1;\r;2\r"), expected);
        assert_eq!(lines("a;b\n1;\n;2"), expected);
    }

    #[test]
    fn empty_lines_count_as_the_spreadsheet_counts_them() {
        assert_eq!(
            lines("a\n\n\r\nb"),
            [
                line(1, &["a"]),
                line(2, &[""]),
                line(3, &[""]),
                line(4, &["b"])
            ]
        );
    }

    #[test]
    fn a_line_end_in_quotes_is_no_new_row() {
        assert_eq!(
            lines("\"a\r\nb\";\"c \"\"d\"\"\"\nx;\"\"\n"),
            [line(1, &["a\r\nb", "c \"d\""]), line(2, &["x", ""])]
        );
    }

    #[test]
    fn a_quote_inside_a_plain_cell_is_a_character() {
        assert_eq!(lines("5\" x;y\n"), [line(1, &["5\" x", "y"])]);
    }

    #[test]
    fn a_quote_that_never_closes_names_the_row_where_it_opened() {
        assert_eq!(read("a;b\n1;\"2\n3;4\n"), Err(2));
        assert_eq!(read("a;b\n1;\"2\n3;\"4\"\n"), Err(2));
        assert_eq!(read("\""), Err(1));
    }

    #[test]
    fn a_nul_names_its_row_in_quotes_too() {
        assert_eq!(read("a\nb\0\n"), Err(2));
        assert_eq!(read("a\n\"b\0\"\n"), Err(2));
    }

    #[test]
    fn a_line_beyond_the_limit_is_remembered_not_kept() {
        let text = format!("{}\nb\n", "x;".repeat(100_000));
        let mut csv = Csv::new(text.as_bytes(), b';');
        let mut record = Record::default();
        assert!(csv.next(&mut record).is_ok_and(|more| more));
        assert!(record.too_long());
        assert!(record.len() <= super::super::record::ROW_BYTES);
        assert!(csv.next(&mut record).is_ok_and(|more| more));
        assert!(!record.too_long());
        assert_eq!(record.get(0), "b");
    }
}

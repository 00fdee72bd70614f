//! Reads a BRP set in chunks of lines, and watches its bytes meanwhile.
//!
//! A persoonslijst has no line break, so a quote that is still open where its line ends is one too many: read on, it would
//! give a person what stands in the lines of others. Such a file is no set. In: the bytes of a file. Out: chunks in the order of
//! the file, and what its closing line promises.

use super::load::LoadError;
use super::record::Header;
use crate::intake::read::Source;
use domain::delivery::dropbox::Tail;
use std::io::{self, Read};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Lines in a chunk.
const CHUNK: usize = 10_000;
/// Bytes in a chunk, for a file of long lines.
const CHUNK_BYTES: usize = 16 << 20;
/// Bytes in a line: what LO3 has fits four times over.
const LINE_BYTES: usize = 16 * 1024;

/// A line of the file with its number.
pub(super) type Line = (i64, csv::StringRecord);

/// Lines as read.
pub(super) struct Chunk {
    /// What stands where in them.
    pub(super) header: Arc<Header>,
    /// The lines.
    pub(super) lines: Vec<Line>,
}

/// Sends the lines behind the first `skip`; the rows that a closing line `#EINDE;<n>` promises, when there is one.
pub(super) fn read_chunks(
    source: &dyn Source,
    skip: u64,
    sender: &mpsc::Sender<Chunk>,
) -> Result<Option<u32>, LoadError> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .flexible(true)
        .buffer_capacity(1 << 20)
        .from_reader(Watched::new(source.open()?));
    let header = Arc::new(Header::read(reader.headers().map_err(broken)?)?);
    let (mut pile, mut seen) = (Pile::new(header, sender), 0_u64);
    let mut closing: Option<(u32, Line)> = None;
    for record in reader.records() {
        let record = record.map_err(broken)?;
        let line = record
            .position()
            .map_or(0, |position| position.line().cast_signed());
        // Something follows on it: it closed nothing.
        let before = closing.take().map(|(_, line)| line);
        let now = match trailer(&record) {
            Some(promised) => {
                closing = Some((promised, (line, record)));
                None
            }
            None => Some((line, record)),
        };
        for line in before.into_iter().chain(now) {
            seen += 1;
            if seen > skip && !pile.add(line) {
                // The writer stopped; it says why.
                return Ok(None);
            }
        }
    }
    pile.end();
    Ok(closing.map(|(promised, _)| promised))
}

/// Lines that wait until there are enough for a chunk.
struct Pile<'a> {
    chunk: Chunk,
    bytes: usize,
    sender: &'a mpsc::Sender<Chunk>,
}

impl<'a> Pile<'a> {
    fn new(header: Arc<Header>, sender: &'a mpsc::Sender<Chunk>) -> Self {
        let lines = Vec::with_capacity(CHUNK);
        Self {
            chunk: Chunk { header, lines },
            bytes: 0,
            sender,
        }
    }

    /// Adds a line; false when nobody wants it any more.
    fn add(&mut self, line: Line) -> bool {
        self.bytes += line.1.as_slice().len();
        self.chunk.lines.push(line);
        if self.chunk.lines.len() < CHUNK && self.bytes < CHUNK_BYTES {
            return true;
        }
        let header = Arc::clone(&self.chunk.header);
        let lines = std::mem::replace(&mut self.chunk.lines, Vec::with_capacity(CHUNK));
        self.bytes = 0;
        self.sender.blocking_send(Chunk { header, lines }).is_ok()
    }

    /// Sends what is left.
    fn end(self) {
        if !self.chunk.lines.is_empty() {
            self.sender.blocking_send(self.chunk).ok();
        }
    }
}

/// Rows that a line promises when it closes a file.
fn trailer(record: &csv::StringRecord) -> Option<u32> {
    if !record.get(0)?.trim_start().starts_with('#') {
        return None;
    }
    let fields: Vec<&str> = record.iter().collect();
    Tail::of(fields.join(";").as_bytes()).trailer
}

/// What is wrong with the file, by its line; trouble of the disk is none of that.
fn broken(error: csv::Error) -> LoadError {
    let line = error.position().map_or(0, csv::Position::line);
    let csv::ErrorKind::Io(error) = error.into_kind() else {
        return LoadError::Csv(line);
    };
    let watched = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Broken>());
    match watched.map(|broken| broken.0) {
        Some(line) => LoadError::Line(line),
        None => LoadError::Io(error),
    }
}

/// A line that is none of a set, by its number.
#[derive(Debug, thiserror::Error)]
#[error("line {0} is no line of a set")]
struct Broken(u64);

/// Where in its field the next byte stands, as the CSV reader sees it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// At its first byte.
    Begin,
    /// In one without quotes, or behind its quotes: a quote is a sign like any other.
    Plain,
    /// Inside quotes.
    Quoted,
    /// Behind a quote that closes, or is the first of two.
    Quote,
}

/// Bytes that are read only as long as each line closes its quotes and ends in time.
struct Watched<R> {
    inner: R,
    at: At,
    line: u64,
    length: usize,
}

impl<R> Watched<R> {
    const fn new(inner: R) -> Self {
        Self {
            inner,
            at: At::Begin,
            line: 1,
            length: 0,
        }
    }

    fn broken(&self) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, Broken(self.line))
    }

    fn watch(&mut self, bytes: &[u8]) -> io::Result<()> {
        for byte in bytes {
            let ends = matches!(byte, b'\r' | b'\n');
            self.length = if ends { 0 } else { self.length + 1 };
            if self.length > LINE_BYTES || ends && self.at == At::Quoted {
                return Err(self.broken());
            }
            self.line += u64::from(*byte == b'\n');
            self.at = match (self.at, byte) {
                (At::Begin | At::Quote, b'"') => At::Quoted,
                (At::Quoted, b'"') => At::Quote,
                (At::Quoted, _) => At::Quoted,
                (_, b';' | b'\r' | b'\n') => At::Begin,
                _ => At::Plain,
            };
        }
        Ok(())
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        if read == 0 && !buffer.is_empty() && self.at == At::Quoted {
            return Err(self.broken());
        }
        self.watch(buffer.get(..read).unwrap_or_default())?;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line that is none, of bytes that come one by one.
    fn watched(bytes: &str) -> Option<u64> {
        let mut watched = Watched::new(bytes.as_bytes());
        let mut one = [0];
        loop {
            match watched.read(&mut one) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => {
                    let inner = error.get_ref().expect("ours");
                    return inner.downcast_ref::<Broken>().map(|broken| broken.0);
                }
            }
        }
    }

    #[test]
    fn a_quote_that_stays_open_is_seen_in_its_own_line() {
        for (bytes, line) in [
            ("a;\"b\n", 1),
            ("a;b\r\n\"c\r\n", 2),
            ("a;\"b\"\"\nc", 1),
            ("a;b\nc;\"", 2),
            ("a;\"b\rc\";d\n", 1),
        ] {
            assert_eq!(watched(bytes), Some(line), "{bytes:?}");
        }
        for good in [
            "",
            "a;\"b;\"\"c\"\"\";d\n\"\";\"\"\n",
            "a;b \"c;d\n",
            "a;\"b\"c\";d\r\n",
            "a;\"b\"",
        ] {
            assert_eq!(watched(good), None, "{good:?}");
        }
    }

    #[test]
    fn a_line_without_an_end_is_not_read_on_for_ever() {
        let long = "x".repeat(LINE_BYTES);
        assert_eq!(watched(&format!("{long}\n{long}\n")), None);
        assert_eq!(watched(&format!("a\n{long}x")), Some(2));
    }

    #[test]
    fn a_closing_line_promises_rows_however_a_spreadsheet_writes_it() {
        let of = |fields: &[&str]| trailer(&csv::StringRecord::from(fields.to_vec()));
        assert_eq!(of(&["#EINDE", "12"]), Some(12));
        assert_eq!(of(&["#EINDE;12"]), Some(12));
        assert_eq!(of(&["#EINDE", "12", "", ""]), Some(12));
        assert_eq!(of(&["#EINDE", "", ""]), None);
        assert_eq!(of(&["A", "#EINDE", "12"]), None);
        assert_eq!(of(&[]), None);
    }
}

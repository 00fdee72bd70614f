//! One look at all bytes of a file before anything is interpreted: its hash, its size, its encoding,
//! and by its first bytes which reader may have it. The name of the file plays no part.

use super::digest;
use super::encoding::{Detector, Encoding};
use super::limits::{Limits, WORKBOOK_BYTES};
use super::source::Source;
use std::io::{self, Read};

/// Bytes that are looked at at a time.
const PIECE: usize = 128 * 1024;

/// What kind of reader the first bytes ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A zip archive: XLSX, ODS, or something else in a zip.
    Zip,
    /// A compound file: old .xls, or an encrypted workbook.
    Compound,
    /// Anything else: perhaps text.
    Text,
}

/// What the look told.
pub struct Sniffed {
    /// Which reader.
    pub kind: Kind,
    /// Size in bytes, as far as it was read.
    pub bytes: u64,
    /// The limit in bytes that was passed, if any.
    pub over: Option<u64>,
    /// SHA-256 of all bytes; none when a limit cut the reading short.
    pub sha256: Option<[u8; 32]>,
    /// Encoding, should it be text, and the length of its byte order mark.
    pub encoding: (Encoding, usize),
    /// All bytes, for zip and compound files (never more than the limit of a workbook).
    pub content: Vec<u8>,
}

/// Reads the whole file once.
///
/// # Errors
/// When the file cannot be read.
pub fn sniff(source: &dyn Source, limits: Limits) -> io::Result<Sniffed> {
    let mut input = source.open()?;
    let mut buffer = vec![0; PIECE];
    let mut filled = fill(&mut *input, &mut buffer)?;
    let kind = kind(&buffer[..filled]);
    let limit = match kind {
        Kind::Text => limits.bytes,
        Kind::Zip | Kind::Compound => limits.bytes.min(WORKBOOK_BYTES),
    };
    let mut detector = Detector::default();
    let mut bytes = 0;
    let mut content = Vec::new();
    let (hash, whole) = digest::beside(|hash| {
        // A workbook that is too large for one is still hashed: the sender may ask which file it was.
        while filled > 0 && bytes <= limits.bytes {
            let piece = &buffer[..filled];
            bytes += filled as u64;
            if kind == Kind::Text {
                detector.feed(piece);
            } else if bytes <= limit {
                content.extend_from_slice(piece);
            }
            buffer = hash.update(buffer, filled);
            filled = fill(&mut *input, &mut buffer)?;
        }
        Ok(filled == 0)
    })?;
    let over = (bytes > limit).then_some(limit);
    Ok(Sniffed {
        kind,
        bytes,
        over,
        sha256: whole.then_some(hash),
        encoding: detector.finish(),
        content,
    })
}

fn kind(start: &[u8]) -> Kind {
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        Kind::Zip
    } else if start.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        Kind::Compound
    } else {
        Kind::Text
    }
}

/// Fills the buffer as far as the file goes.
fn fill(input: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// What a compound file holds, by the names in its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compound {
    /// A workbook behind a password (rule A03).
    Encrypted,
    /// An old binary workbook, or one whose directory cannot be read (rule A04).
    OldWorkbook,
    /// A document, a presentation or a mail (rule A02).
    Other,
}

/// Streams of a document, a presentation and a mail.
const NOT_A_WORKBOOK: [&str; 3] = [
    "WordDocument",
    "PowerPoint Document",
    "__properties_version1.0",
];

/// Looks for directory entries (128 bytes, aligned, name in UTF-16 with its length at byte 64)
/// without following the chains of the file: nothing in it can lead this astray or cost time.
#[must_use]
pub fn compound(content: &[u8]) -> Compound {
    // Who sends a damaged one is helped by "save it as XLSX" too.
    let mut found = Compound::OldWorkbook;
    for entry in content.as_chunks::<128>().0 {
        if names(entry, "EncryptedPackage") {
            return Compound::Encrypted;
        }
        if NOT_A_WORKBOOK.iter().any(|name| names(entry, name)) {
            found = Compound::Other;
        }
    }
    found
}

fn names(entry: &[u8; 128], name: &str) -> bool {
    let bytes: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let length = u16::from_le_bytes([entry[64], entry[65]]);
    usize::from(length) == bytes.len() + 2 && entry.starts_with(&bytes)
}

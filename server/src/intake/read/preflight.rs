//! Looks through the archive of a workbook before any library interprets it (security §6.1): what it
//! holds, how large it really is when inflated, and the things no honest table brings along. Runs in
//! the limited child only.

use super::limits::{bytes_in_words, count_in_words};
use super::message::{Format, Message};
use domain::finding::Code;
use memchr::memmem;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// Most entries in the archive. A sheet that was printed has three: two dozen of them are some eighty. What they hold
/// together is weighed besides.
const ENTRIES: usize = 512;
/// Most bytes of all entries together, as really inflated.
const INFLATED: u64 = 128 * 1024 * 1024;
/// Largest ratio of inflated to packed bytes …
const RATIO: u64 = 200;
/// … once this much has been inflated.
const RATIO_FROM: u64 = 16 * 1024 * 1024;
/// Most shared strings, promised or real.
const STRINGS: u32 = 1_000_000;

/// An archive that may be read.
pub struct Cleared {
    /// XLSX or ODS.
    pub format: Format,
    /// Sheets in which something may be hidden: only these are searched for hidden rows.
    pub may_hide: bool,
}

/// Why the archive is refused: the message for the parent.
pub type Refusal = Message;

fn refuse(code: Code) -> Refusal {
    Message::Refused { code, limit: None }
}

/// A06, with the limit that was met: "groter dan …".
fn over(limit: String) -> Refusal {
    Message::Refused {
        code: Code::A06,
        limit: Some(limit),
    }
}

fn too_big() -> Refusal {
    over(format!("{} (uitgepakt)", bytes_in_words(INFLATED)))
}

fn too_dense() -> Refusal {
    over(format!("{RATIO} keer de ingepakte grootte"))
}

fn too_many_strings() -> Refusal {
    over(format!("{} teksten", count_in_words(STRINGS)))
}

/// Inspects every entry of the archive.
///
/// # Errors
/// The message that refuses the file: A02, A03, A05, A06 or a broken archive.
pub fn clear(content: &[u8]) -> Result<Cleared, Refusal> {
    let mut archive = ZipArchive::new(Cursor::new(content)).map_err(|_| Message::Broken(1))?;
    if archive.len() > ENTRIES {
        return Err(if is_workbook(&archive) {
            over(format!("{ENTRIES} onderdelen"))
        } else {
            refuse(Code::A02)
        });
    }
    let format = format(&mut archive)?;
    for index in 0..archive.len() {
        let entry = archive
            .by_index_raw(index)
            .map_err(|_| Message::Broken(1))?;
        if entry.encrypted() {
            return Err(refuse(Code::A03));
        }
        if entry.is_symlink() {
            return Err(refuse(Code::A02));
        }
        let name = entry.name().map_err(|_| refuse(Code::A02))?.to_lowercase();
        if brings_code_or_links(&name) {
            return Err(refuse(Code::A05));
        }
    }
    let mut weigher = Weigher {
        packed: content.len() as u64,
        inflated: 0,
        may_hide: false,
    };
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|_| Message::Broken(1))?;
        let name = entry.name().map_err(|_| refuse(Code::A02))?.to_lowercase();
        weigher.weigh(&name, &mut entry)?;
    }
    Ok(Cleared {
        format,
        may_hide: weigher.may_hide,
    })
}

fn is_workbook(archive: &ZipArchive<Cursor<&[u8]>>) -> bool {
    archive.file_names().flatten().any(|name| {
        let name = name.to_lowercase();
        name.contains("xl/workbook") && name.ends_with(".xml")
    })
}

/// XLSX has a workbook part, ODS names itself in its first entry.
fn format(archive: &mut ZipArchive<Cursor<&[u8]>>) -> Result<Format, Refusal> {
    if is_workbook(archive) {
        return Ok(Format::Xlsx);
    }
    let mut mimetype = String::new();
    if let Ok(entry) = archive.by_name("mimetype") {
        // An encrypted or unreadable one leaves the text empty: not a spreadsheet we know.
        drop(entry.take(128).read_to_string(&mut mimetype));
    }
    match mimetype.trim() {
        "application/vnd.oasis.opendocument.spreadsheet"
        | "application/vnd.oasis.opendocument.spreadsheet-template" => Ok(Format::Ods),
        _ if has_encrypted(archive) => Err(refuse(Code::A03)),
        _ => Err(refuse(Code::A02)),
    }
}

fn has_encrypted(archive: &mut ZipArchive<Cursor<&[u8]>>) -> bool {
    (0..archive.len()).any(|index| {
        archive
            .by_index_raw(index)
            .is_ok_and(|entry| entry.encrypted())
    })
}

/// Macros (both formats), macro sheets and links to other workbooks: rule A05.
fn brings_code_or_links(name: &str) -> bool {
    name.ends_with("vbaproject.bin")
        || ["xl/externallinks/", "xl/macrosheets/", "basic/", "scripts/"]
            .iter()
            .any(|folder| name.starts_with(folder) && !name.ends_with('/'))
}

/// Inflates entries to nowhere, and counts.
struct Weigher {
    packed: u64,
    inflated: u64,
    may_hide: bool,
}

impl Weigher {
    fn weigh(&mut self, name: &str, entry: &mut impl Read) -> Result<(), Refusal> {
        let mut scan = Scan::of(name);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = entry.read(&mut buffer).map_err(|_| Message::Broken(1))?;
            if read == 0 {
                break;
            }
            self.inflated += read as u64;
            let ratio = self.inflated / self.packed.max(1);
            if self.inflated > INFLATED {
                return Err(too_big());
            }
            if self.inflated > RATIO_FROM && ratio > RATIO {
                return Err(too_dense());
            }
            scan.feed(&buffer[..read])?;
        }
        self.may_hide |= scan.hides;
        Ok(())
    }
}

/// Searches the text of one entry for what is not allowed, whatever the size of the pieces.
struct Scan {
    is_text: bool,
    is_strings: bool,
    is_manifest: bool,
    tail: Vec<u8>,
    strings: u64,
    begun: bool,
    hides: bool,
}

/// Longest word sought, so what two pieces must share.
const OVERLAP: usize = 32;

impl Scan {
    fn of(name: &str) -> Self {
        Self {
            is_text: [".xml", ".rels", ".rdf"]
                .iter()
                .any(|end| name.ends_with(end)),
            is_strings: name.ends_with("sharedstrings.xml"),
            is_manifest: name == "meta-inf/manifest.xml",
            tail: Vec::new(),
            strings: 0,
            begun: false,
            hides: false,
        }
    }

    fn feed(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        if !self.is_text {
            return Ok(());
        }
        if !self.begun && (piece.starts_with(b"\xFF\xFE") || piece.starts_with(b"\xFE\xFF")) {
            // In UTF-16 the words below could hide; no spreadsheet program writes it.
            return Err(refuse(Code::A02));
        }
        self.begun = true;
        let old = self.tail.len();
        let mut joined = std::mem::take(&mut self.tail);
        joined.extend_from_slice(piece);
        self.judge(&joined, old)?;
        joined.drain(..joined.len().saturating_sub(OVERLAP));
        self.tail = joined;
        Ok(())
    }

    /// `old` bytes at the start were judged before.
    fn judge(&mut self, text: &[u8], old: usize) -> Result<(), Refusal> {
        if contains(text, b"<!DOCTYPE") || contains(text, b"<!ENTITY") {
            return Err(refuse(Code::A02));
        }
        if self.is_manifest && contains(text, b"encryption-data") {
            return Err(refuse(Code::A03));
        }
        if contains(text, b"<office:dde-source") || contains(text, b"<table:table-source") {
            return Err(refuse(Code::A05));
        }
        self.hides |= contains(text, b"hidden=");
        if self.is_strings {
            let new = &text[old.saturating_sub(3)..];
            self.strings += [&b"<si>"[..], b"<si ", b"<si/", b":si>", b":si "]
                .iter()
                .map(|tag| memmem::find_iter(new, tag).count() as u64)
                .sum::<u64>();
            if self.strings.max(promised_strings(text)) > u64::from(STRINGS) {
                return Err(too_many_strings());
            }
        }
        Ok(())
    }
}

/// What the attribute `uniqueCount` promises: a reader may reserve that much unseen (security L1).
fn promised_strings(text: &[u8]) -> u64 {
    let Some(at) = memmem::find(text, b"uniqueCount=") else {
        return 0;
    };
    let digits = text[at + b"uniqueCount=".len()..].iter().skip(1);
    digits
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |number: u64, digit| {
            number
                .saturating_mul(10)
                .saturating_add(u64::from(digit - b'0'))
        })
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    memmem::find(text, word).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weigh(packed: u64, inflated: u64, more: &[u8]) -> Result<(), Refusal> {
        let mut weigher = Weigher {
            packed,
            inflated,
            may_hide: false,
        };
        weigher.weigh("xl/media/a.bin", &mut &*more)
    }

    #[test]
    fn the_weight_of_all_entries_together_has_an_exact_limit() {
        let packed = 20 * 1024 * 1024;
        assert_eq!(weigh(packed, INFLATED - 4, b"1234"), Ok(()));
        assert_eq!(weigh(packed, INFLATED - 4, b"12345"), Err(too_big()));
    }

    #[test]
    fn a_high_ratio_is_refused_only_where_it_weighs() {
        assert_eq!(weigh(1_000, 10 * 1024 * 1024, b"1234"), Ok(()));
        assert_eq!(weigh(1_000, RATIO_FROM, b"1234"), Err(too_dense()));
        assert_eq!(weigh(RATIO_FROM / 100, RATIO_FROM, b"1234"), Ok(()));
    }

    #[test]
    fn words_are_found_across_the_pieces_of_an_entry() {
        for cut in 1..16 {
            let text = b"<?xml?><!DOCTYPE x>";
            let mut scan = Scan::of("xl/a.xml");
            let first = scan.feed(&text[..cut]);
            assert_eq!(
                first.and_then(|()| scan.feed(&text[cut..])),
                Err(refuse(Code::A02)),
                "{cut}"
            );
        }
    }

    #[test]
    fn strings_are_counted_once_whatever_the_pieces() {
        let text = "<si><t/></si>".repeat(100);
        for piece in 1..20 {
            let mut scan = Scan::of("xl/sharedstrings.xml");
            text.as_bytes()
                .chunks(piece)
                .for_each(|part| assert_eq!(scan.feed(part), Ok(())));
            assert_eq!(scan.strings, 100, "{piece}");
        }
    }

    #[test]
    fn a_promise_is_read_with_either_quote() {
        assert_eq!(
            promised_strings(b"<sst uniqueCount=\"1000001\">"),
            1_000_001
        );
        assert_eq!(
            promised_strings(b"<sst uniqueCount='99999999999999999999999'>"),
            u64::MAX
        );
        assert_eq!(promised_strings(b"<sst>"), 0);
    }
}

//! The encoding of a text file, decided over the whole file before row 1 (features L02), and the
//! stream that hands every reader UTF-8 whatever the sender wrote. Memory is two small buffers.

use super::record::UNDECODABLE;
use std::io::{self, Read};

/// How the sender wrote the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16, little end first; only with a byte order mark.
    Utf16Le,
    /// UTF-16, big end first; only with a byte order mark.
    Utf16Be,
    /// Anything that is not UTF-8: what Dutch Windows programs write.
    Windows1252,
}

impl Encoding {
    /// The WHATWG label (specification §6).
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }

    /// The name for people, in rule A18; none for UTF-8, which needs no notice.
    #[must_use]
    pub const fn notice(self) -> Option<&'static str> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le | Self::Utf16Be => Some("UTF-16"),
            Self::Windows1252 => Some("Windows-1252"),
        }
    }

    const fn codec(self) -> &'static encoding_rs::Encoding {
        match self {
            Self::Utf8 => encoding_rs::UTF_8,
            Self::Utf16Le => encoding_rs::UTF_16LE,
            Self::Utf16Be => encoding_rs::UTF_16BE,
            Self::Windows1252 => encoding_rs::WINDOWS_1252,
        }
    }
}

/// Decides the encoding from all bytes, fed in any pieces.
#[derive(Default)]
pub struct Detector {
    start: Vec<u8>,
    pending: Vec<u8>,
    not_utf8: bool,
}

impl Detector {
    /// Takes the next bytes of the file.
    pub fn feed(&mut self, bytes: &[u8]) {
        let missing = 3_usize.saturating_sub(self.start.len());
        self.start
            .extend_from_slice(&bytes[..missing.min(bytes.len())]);
        if self.not_utf8 {
            return;
        }
        if self.pending.is_empty() {
            self.check(bytes);
        } else {
            let mut joined = std::mem::take(&mut self.pending);
            joined.extend_from_slice(bytes);
            self.check(&joined);
        }
    }

    fn check(&mut self, bytes: &[u8]) {
        if let Err(error) = std::str::from_utf8(bytes) {
            if error.error_len().is_some() {
                self.not_utf8 = true;
            } else {
                self.pending = bytes[error.valid_up_to()..].to_vec();
            }
        }
    }

    /// The verdict over the whole file, and the length of the byte order mark.
    #[must_use]
    pub fn finish(&self) -> (Encoding, usize) {
        match self.start.as_slice() {
            [0xFF, 0xFE, ..] => (Encoding::Utf16Le, 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16Be, 2),
            // A mark of UTF-8 before what is none is no text all the same.
            start if self.not_utf8 || !self.pending.is_empty() => {
                let mark = if start == [0xEF, 0xBB, 0xBF] { 3 } else { 0 };
                (Encoding::Windows1252, mark)
            }
            [0xEF, 0xBB, 0xBF] => (Encoding::Utf8, 3),
            _ => (Encoding::Utf8, 0),
        }
    }
}

/// A file as a stream of UTF-8. Bytes that are no text become [`UNDECODABLE`].
pub struct Utf8<R> {
    inner: R,
    /// None: the file is UTF-8 already and passes through untouched.
    decoder: Option<encoding_rs::Decoder>,
    raw: Vec<u8>,
    raw_at: usize,
    ended: bool,
}

impl<R: Read> Utf8<R> {
    /// Begins behind the byte order mark.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn new(mut inner: R, encoding: Encoding, mark: usize) -> io::Result<Self> {
        let mut skipped = [0; 3];
        inner.read_exact(&mut skipped[..mark])?;
        let decoder = (encoding != Encoding::Utf8)
            .then(|| encoding.codec().new_decoder_without_bom_handling());
        Ok(Self {
            inner,
            decoder,
            raw: Vec::new(),
            raw_at: 0,
            ended: false,
        })
    }

    fn refill(&mut self) -> io::Result<()> {
        if self.raw_at == self.raw.len() && !self.ended {
            self.raw.resize(32 * 1024, 0);
            let read = self.inner.read(&mut self.raw)?;
            self.raw.truncate(read);
            self.raw_at = 0;
            self.ended = read == 0;
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf8<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.decoder.is_none() {
            return self.inner.read(out);
        }
        if out.len() < 16 {
            return Err(io::Error::other("the buffer is too small to decode into"));
        }
        loop {
            self.refill()?;
            let Some(decoder) = self.decoder.as_mut() else {
                return Ok(0);
            };
            let room = out.len() - UNDECODABLE.len_utf8();
            let (result, read, mut written) = decoder.decode_to_utf8_without_replacement(
                &self.raw[self.raw_at..],
                &mut out[..room],
                self.ended,
            );
            self.raw_at += read;
            if matches!(result, encoding_rs::DecoderResult::Malformed(..)) {
                written += UNDECODABLE.encode_utf8(&mut out[written..]).len();
            } else if self.ended && written == 0 {
                self.decoder = None;
                return Ok(0);
            }
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(bytes: &[u8], piece: usize) -> (Encoding, usize) {
        let mut detector = Detector::default();
        bytes.chunks(piece).for_each(|part| detector.feed(part));
        detector.finish()
    }

    fn decode(bytes: &[u8]) -> String {
        let (encoding, mark) = detect(bytes, 5);
        let mut text = Vec::new();
        let mut stream = Utf8::new(bytes, encoding, mark).expect("opens");
        let mut out = [0; 16];
        loop {
            match stream.read(&mut out).expect("reads") {
                0 => break,
                read => text.extend_from_slice(&out[..read]),
            }
        }
        String::from_utf8(text).expect("UTF-8")
    }

    #[test]
    fn one_late_byte_decides_for_the_whole_file() {
        let mut bytes = "Müller;".repeat(10_000).into_bytes();
        assert_eq!(detect(&bytes, 7), (Encoding::Utf8, 0));
        bytes.push(0xEB);
        assert_eq!(detect(&bytes, 7), (Encoding::Windows1252, 0));
    }

    #[test]
    fn a_character_cut_by_the_end_of_the_file_is_no_utf8() {
        assert_eq!(detect(b"caf\xC3", 2), (Encoding::Windows1252, 0));
    }

    #[test]
    fn byte_order_marks_decide_and_are_not_text() {
        assert_eq!(decode(b"\xEF\xBB\xBFbsn"), "bsn");
        assert_eq!(decode(b"\xFF\xFEb\0s\0\xEB\0"), "bsë");
        assert_eq!(decode(b"\xFE\xFF\0b\0s\0\xEB"), "bsë");
    }

    #[test]
    fn windows_1252_knows_the_euro_sign_and_never_fails() {
        assert_eq!(decode(b"\x80 \xEB"), "€ ë");
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(decode(&all).chars().count(), 256);
    }

    #[test]
    fn half_a_pair_in_utf16_is_marked_not_dropped() {
        assert_eq!(decode(b"\xFF\xFEa\0\x00\xD8b\0"), "a\u{FFFF}b");
        assert_eq!(decode(b"\xFF\xFEa\0b"), "a\u{FFFF}");
    }

    #[test]
    fn long_texts_pass_whatever_the_piece() {
        let text = "é€𝄞a".repeat(20_000);
        let mut bytes = vec![0xFF, 0xFE];
        bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
        assert_eq!(decode(&bytes), text);
    }
}

//! Batch numbers: their form, and which ones are nearly the same (V22, F-X4).

use std::fmt;

/// A batch number: 1-20 of `A-Z 0-9 - .`, upper case, no spaces.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchNumber {
    text: [u8; Self::MAX],
    length: u8,
}

impl BatchNumber {
    /// Most characters of a batch number.
    pub const MAX: usize = 20;

    /// Reads a batch number in its final form; repairs (prefix, spaces, case) come before this.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let length = u8::try_from(bytes.len()).ok()?;
        let allowed =
            |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
        if !(1..=Self::MAX).contains(&bytes.len()) || !bytes.iter().all(allowed) {
            return None;
        }
        let mut buffer = [0; Self::MAX];
        buffer[..bytes.len()].copy_from_slice(bytes);
        Some(Self {
            text: buffer,
            length,
        })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.text[..usize::from(self.length)]
    }

    /// With zeros behind it.
    pub(crate) const fn padded(&self) -> &[u8; Self::MAX] {
        &self.text
    }

    /// The batch number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl fmt::Debug for BatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A batch is no personal value, but findings and logs never hold values of a row.
        f.write_str("BatchNumber(…)")
    }
}

impl fmt::Display for BatchNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whether two different batch numbers are probably meant to be the same: equal when O and 0, I and 1 are
/// not told apart, or one edit (insert, remove, replace, or two neighbours swapped) away.
#[must_use]
pub fn near(a: &str, b: &str) -> bool {
    if a == b {
        return false;
    }
    let look = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' => '1',
        c => c,
    };
    let (left, right): (String, String) =
        (a.chars().map(look).collect(), b.chars().map(look).collect());
    strsim::osa_distance(&left, &right) <= 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_number_is_upper_case_without_spaces() {
        for good in [
            "EJ6795",
            "21C10-02",
            "300042698",
            "A.B-1",
            "ABCDEFGHIJ1234567890",
        ] {
            assert_eq!(
                BatchNumber::parse(good)
                    .map(|b| b.as_str().to_owned())
                    .as_deref(),
                Some(good)
            );
        }
        for bad in [
            "",
            "ej6795",
            "EJ 6795",
            "ABCDEFGHIJ12345678901",
            "EJ/6795",
            "ÉJ6795",
        ] {
            assert_eq!(BatchNumber::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn near_is_one_edit_or_a_look_alike() {
        for (a, b) in [
            ("EX0893", "EXO893"),
            ("EJ6795", "EJ6796"),
            ("EJ6795", "EJ679"),
            ("EJ6795", "EJ67955"),
            ("EJ6795", "JE6795"),
            ("AB1011", "ABIOII"),
        ] {
            assert!(near(a, b) && near(b, a), "{a} {b}");
        }
        for (a, b) in [
            ("EJ6795", "EJ6795"),
            ("EJ6795", "FJ6796"),
            ("210073", "210100"),
        ] {
            assert!(!near(a, b), "{a} {b}");
        }
    }
}

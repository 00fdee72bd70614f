//! The citizen service number (BSN): 9 digits that pass the eleven-test (specification §2, domain §5).

use std::fmt;

/// A valid BSN. Redacted in `Debug`; [`Bsn::expose`] is the one way out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bsn([u8; 9]);

/// Why a text is no BSN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BsnError {
    /// Not exactly nine digits (P02).
    #[error("not nine digits")]
    NotNineDigits,
    /// The eleven-test fails, or it is 000000000 (P03).
    #[error("the eleven-test fails")]
    ElevenTest,
}

impl Bsn {
    /// Reads exactly nine digits; repairs (leading zero, separators) come before this.
    ///
    /// # Errors
    /// When it is not nine digits or the eleven-test fails.
    pub fn parse(text: &str) -> Result<Self, BsnError> {
        text.as_bytes()
            .try_into()
            .map_err(|_| BsnError::NotNineDigits)
            .and_then(Self::from_digits)
    }

    /// The BSN that a cell or box holds, however it was written: see [`nine_digits`].
    #[must_use]
    pub fn in_text(text: &str) -> Option<Self> {
        nine_digits(text).and_then(|digits| Self::parse(&digits).ok())
    }

    fn from_digits(digits: [u8; 9]) -> Result<Self, BsnError> {
        let mut sum = 0;
        for (digit, weight) in digits.iter().zip([9, 8, 7, 6, 5, 4, 3, 2, -1]) {
            if !digit.is_ascii_digit() {
                return Err(BsnError::NotNineDigits);
            }
            sum += i32::from(digit - b'0') * weight;
        }
        if sum % 11 == 0 && digits != *b"000000000" {
            Ok(Self(digits))
        } else {
            Err(BsnError::ElevenTest)
        }
    }

    /// The nine digits. Where this is called, a BSN leaves the type that guards it: never towards
    /// a log, URL, error or metric.
    #[must_use]
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 9] {
        &self.0
    }

    /// In the range 9999xxxxx, kept free for tests (R10).
    #[must_use]
    pub fn is_test(&self) -> bool {
        self.0.starts_with(b"9999")
    }
}

impl fmt::Debug for Bsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bsn(…)")
    }
}

/// The nine digits of a text, separators left out (H02) and one lost leading zero put back (H01); they may fail the
/// eleven-test. None when there are not nine.
#[must_use]
pub fn nine_digits(text: &str) -> Option<String> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.len() {
        9 => Some(digits),
        8 => Some(format!("0{digits}")),
        _ => None,
    }
}

/// A run of exactly nine digits in the text is a BSN (R04).
#[must_use]
pub fn hides_a_bsn(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 9 {
        return false;
    }
    let is_bsn = |run: &[u8]| {
        run.try_into()
            .is_ok_and(|digits| Bsn::from_digits(digits).is_ok())
    };
    let mut start = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if !byte.is_ascii_digit() {
            if is_bsn(&bytes[start..at]) {
                return true;
            }
            start = at + 1;
        }
    }
    is_bsn(&bytes[start..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same test in another wording: the last digit is the weighted sum of the eight before it mod 11, and there is
    /// none where that is ten.
    fn last_digit(front: u32) -> Option<u32> {
        let digit = |place: u32| front / 10_u32.pow(8 - place) % 10;
        let sum: u32 = (1..=8).map(|place| digit(place) * (10 - place)).sum();
        Some(sum % 11).filter(|last| *last < 10)
    }

    #[test]
    fn known_test_numbers_pass_and_known_bad_ones_do_not() {
        for good in [
            "999990019",
            "999995571",
            "999991772",
            "999995005",
            "111222333",
            "999900390",
            "123456782",
        ] {
            assert!(Bsn::parse(good).is_ok(), "{good}");
        }
        for bad in ["999999245", "000000000", "123456789"] {
            assert_eq!(Bsn::parse(bad), Err(BsnError::ElevenTest), "{bad}");
        }
        for bad in [
            "",
            "12345678",
            "1234567820",
            "12345678a",
            "１２３４５６７８２",
        ] {
            assert_eq!(Bsn::parse(bad), Err(BsnError::NotNineDigits), "{bad}");
        }
    }

    /// Each number of nine digits, those of eight that a peer weighed unpadded (features L01) among them.
    #[test]
    fn the_eleven_test_agrees_with_the_oracle_on_every_number_there_is() {
        const THREADS: u32 = 4;
        let share = 100_000_000 / THREADS;
        std::thread::scope(|threads| {
            for thread in 0..THREADS {
                threads.spawn(move || {
                    for front in thread * share..(thread + 1) * share {
                        agrees_on_ten(front);
                    }
                });
            }
        });
        assert_eq!(Bsn::parse("23456786"), Err(BsnError::NotNineDigits));
    }

    /// The ten numbers that begin with these eight digits.
    fn agrees_on_ten(front: u32) {
        let last = last_digit(front);
        let mut digits = [b'0'; 9];
        let mut rest = front;
        for digit in digits[..8].iter_mut().rev() {
            *digit = b'0' + u8::try_from(rest % 10).expect("one digit");
            rest /= 10;
        }
        for digit in 0..=9_u8 {
            digits[8] = b'0' + digit;
            let (number, expected) = (front * 10 + u32::from(digit), last == Some(digit.into()));
            let expected = expected && number != 0;
            assert_eq!(Bsn::from_digits(digits).is_ok(), expected, "{number:09}");
        }
    }

    #[test]
    fn the_nine_digits_are_found_however_they_were_written() {
        for text in [
            "123456782",
            " 123456782 ",
            "1234.56.782",
            "1234-56-782",
            "'123456782",
            "123456782\u{a0}",
        ] {
            assert_eq!(nine_digits(text).as_deref(), Some("123456782"), "{text:?}");
            assert_eq!(Bsn::in_text(text), Bsn::parse("123456782").ok(), "{text:?}");
        }
    }

    #[test]
    fn one_lost_zero_comes_back_and_no_more() {
        assert_eq!(nine_digits("23456786").as_deref(), Some("023456786"));
        for text in ["", "geen", "2345678", "1234567820", "１２３４５６７８２"] {
            assert_eq!(nine_digits(text), None, "{text:?}");
            assert_eq!(Bsn::in_text(text), None, "{text:?}");
        }
    }

    #[test]
    fn digits_that_fail_the_eleven_test_are_nine_digits_but_no_bsn() {
        assert_eq!(nine_digits("123456789").as_deref(), Some("123456789"));
        assert_eq!(Bsn::in_text("123456789"), None);
    }

    #[test]
    fn debug_shows_no_digit() {
        let shown = format!("{:?}", Bsn::parse("999990019"));
        assert!(!shown.chars().any(|c| c.is_ascii_digit()), "{shown}");
    }

    #[test]
    fn a_bsn_hides_only_in_a_run_of_exactly_nine_digits() {
        for key in ["999990019", "a-999990019", "999990019.2021", "x1_123456782"] {
            assert!(hides_a_bsn(key), "{key}");
        }
        for key in [
            "",
            "1999990019",
            "99999001",
            "99999.0019",
            "000000000",
            "2021-0127-0001",
        ] {
            assert!(!hides_a_bsn(key), "{key}");
        }
    }
}

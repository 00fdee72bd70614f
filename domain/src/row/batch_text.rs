//! What people and spreadsheets make of a batch number, and the way back (H05, V24, V25).

use super::text::is_scientific;
use crate::dates::{self, DateError, month_number};
use crate::finding::Code;

/// V25 or V24, if it is either.
pub(super) fn fault(text: &str) -> Option<Code> {
    if is_damaged(text) {
        return Some(Code::V25);
    }
    is_several(text).then_some(Code::V24)
}

/// A spreadsheet made a number or a date of it (V25).
fn is_damaged(text: &str) -> bool {
    let signed = text.contains(['+', '-', ',', '.']);
    (signed && is_scientific(text)) || is_date(text)
}

fn is_date(text: &str) -> bool {
    if !text.contains(['-', '/', '.', ' ']) {
        return false;
    }
    match dates::parse(text, 0).0 {
        Ok(_) | Err(DateError::TwoDigitYear) => true,
        Err(_) => is_month_and_number(text),
    }
}

const ENGLISH: [&str; 5] = ["mar", "may", "oct", "march", "october"];

/// `mei-21`, `3-mrt`, `12-dec-21`, `Oct-10`.
fn is_month_and_number(text: &str) -> bool {
    let (mut months, mut numbers) = (0, 0);
    for part in text.split(['-', '/', '.', ' ']) {
        if month_number(part).is_some()
            || ENGLISH.iter().any(|name| part.eq_ignore_ascii_case(name))
        {
            months += 1;
        } else if (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit()) {
            numbers += 1;
        } else {
            return false;
        }
    }
    months == 1 && (1..=2).contains(&numbers)
}

/// Nearly every batch: capitals and digits, and no prefix. Nothing can be wrong with it but being unknown.
pub(super) fn is_ordinary(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    text.bytes().fold(true, |all, b| all & fits(b)) && !text.starts_with(['L', 'B', 'C'])
}

/// More than one batch number in the cell (V24).
fn is_several(text: &str) -> bool {
    let listed = text
        .split(['/', ',', ';', '+', '&', '|'])
        .map(|part| part.trim_matches(' '))
        .filter(|part| looks_whole(part, 4))
        .count();
    if listed > 1 {
        return true;
    }
    let words = text.split(' ').filter(|part| looks_whole(part, 5)).count();
    let halves = text.split('-').filter(|part| looks_whole(part, 5)).count();
    words > 1 || halves > 1
}

/// Long enough to be a batch number of its own: not the second half of one with a space in it.
fn looks_whole(part: &str, length: usize) -> bool {
    part.len() >= length && part.bytes().filter(u8::is_ascii_digit).count() >= 3
}

const PREFIXES: [&str; 13] = [
    "BATCHNUMMER",
    "BATCHNUMBER",
    "BATCHNR",
    "BATCH",
    "LOTNUMMER",
    "LOTNUMBER",
    "LOTNR",
    "LOT",
    "CHARGENUMMER",
    "CHARGENR",
    "CHARGE",
    "CH.-B.",
    "CHB",
];

/// Upper case, without spaces and without a prefix such as `LOT` or `batch:` (H05).
pub(super) fn cleaned(text: &str) -> String {
    let upper: String = text
        .chars()
        .filter(|c| *c != ' ')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let mut rest = upper.as_str();
    while let Some(shorter) = without_prefix(rest) {
        rest = shorter;
    }
    rest.to_owned()
}

/// What follows a prefix, when enough is left to be a batch number.
fn without_prefix(text: &str) -> Option<&str> {
    let rest = PREFIXES
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))?;
    let rest = ["NR", "NO"]
        .iter()
        .find_map(|number| rest.strip_prefix(number))
        .unwrap_or(rest)
        .trim_start_matches([':', '.', '#', '=', '-', '_']);
    (rest.len() >= 4 && rest.bytes().any(|b| b.is_ascii_digit())).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_or_a_cut_off_number_is_no_batch() {
        for text in [
            "3,00043E+08",
            "3E+08",
            "10-02-2021",
            "2021-02-10",
            "1-2-2021",
            "27-01-21",
            "mei-21",
            "3-mrt",
            "12-dec-21",
            "Oct-10",
            "27 jan 2021",
        ] {
            assert!(is_damaged(text), "{text}");
        }
        for text in [
            "EJ6795",
            "21C10-02",
            "300042698",
            "5E12",
            "210073",
            "20210127",
            "EJ-6795",
            "XD955",
            "MEI21",
            "ABV3025",
        ] {
            assert!(!is_damaged(text), "{text}");
        }
    }

    #[test]
    fn several_batches_are_told_from_one_with_spaces() {
        for text in [
            "EJ6795/EJ6796",
            "EJ6795, EJ6796",
            "EJ6795 EJ6796",
            "EJ6795-EJ6796",
            "210073 + 210074",
            "XD955 XD956",
            "EJ6795 en EJ6796",
        ] {
            assert!(is_several(text), "{text}");
        }
        for text in [
            "EJ6795",
            "EJ 6795",
            "21C10-02",
            "3000 42698",
            "LOT EJ6795",
            "batch: EJ6795",
            "EJ6795/",
            "30 00 49 5",
        ] {
            assert!(!is_several(text), "{text}");
        }
    }

    #[test]
    fn cleaning_twice_changes_nothing_more() {
        for (text, expected) in [
            ("ej6795", "EJ6795"),
            ("LOT EJ6795", "EJ6795"),
            ("batch: ej 6795", "EJ6795"),
            ("Lotnr. 300042698", "300042698"),
            ("LOT LOT 210073", "210073"),
            ("Lot no. EJ6795", "EJ6795"),
            ("Batch No: ej 6795", "EJ6795"),
            ("LOT NO 300042698", "300042698"),
            ("LOTNO12", "LOTNO12"),
            ("LOT", "LOT"),
            ("LOT-12", "LOT-12"),
        ] {
            assert_eq!(cleaned(text), expected, "{text}");
            assert_eq!(cleaned(expected), expected, "{text}");
        }
    }
}

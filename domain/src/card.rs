//! Paper cards (features F11): the number of a card, what is keyed twice, and where the two differ.
//!
//! Two people key consent, BSN, vaccination date and batch; ways to write the same are the same. Whatever else stands on the
//! card is keyed once, and judged by the rules of every row.

use crate::bsn::{hides_a_bsn, nine_digits};
use crate::dates::parse_partial;
use crate::row::{Column, RowText};
use serde::{Deserialize, Serialize};

/// What a second person keys again, without seeing the first. Consent too: a slip there keeps somebody who said no (T10).
pub const REKEYED: [Column; 4] = [
    Column::Toestemming,
    Column::Bsn,
    Column::Vaccinatiedatum,
    Column::Batchnummer,
];
/// Longest number of a card, in characters.
pub const NUMBER_CHARS: usize = 30;
/// Days a card waits for its second person before what was keyed is destroyed.
pub const OPEN_DAYS: i64 = 90;

/// Why a text is no number of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NumberFault {
    /// Nothing was filled in.
    Empty,
    /// Other signs than letters, digits, full stop, hyphen and underscore, or too many.
    Signs,
    /// It holds a BSN (as R04).
    HoldsBsn,
}

/// The number of a card, in capitals and without spaces.
///
/// # Errors
/// When it cannot be kept: see [`NumberFault`].
pub fn number(text: &str) -> Result<String, NumberFault> {
    let number: String = text.split_whitespace().collect::<String>().to_uppercase();
    let fits = |sign: char| {
        sign.is_ascii_uppercase() || sign.is_ascii_digit() || matches!(sign, '.' | '-' | '_')
    };
    if number.is_empty() {
        Err(NumberFault::Empty)
    } else if hides_a_bsn(&number) {
        Err(NumberFault::HoldsBsn)
    } else if number.chars().count() > NUMBER_CHARS || !number.chars().all(fits) {
        Err(NumberFault::Signs)
    } else {
        Ok(number)
    }
}

/// The source key of the row of a card: its number is found in the register under it.
#[must_use]
pub fn source_key(number: &str) -> String {
    format!("kaart-{number}")
}

/// A value as the two are compared. `year` is this year, for dates.
#[must_use]
pub fn compared(column: Column, text: &str, year: i32) -> String {
    let text = text.trim();
    match column {
        Column::Bsn => nine_digits(text).unwrap_or_else(|| text.to_owned()),
        Column::Vaccinatiedatum => {
            parse_partial(text, year).map_or_else(|_| text.to_owned(), |date| date.iso())
        }
        _ => text.split_whitespace().collect::<String>().to_uppercase(),
    }
}

/// The columns in which two people keyed something else.
#[must_use]
pub fn differences(first: &RowText, second: &RowText, year: i32) -> Vec<Column> {
    let differs = |column: &Column| {
        let of = |row: &RowText| compared(*column, row.get(*column), year);
        of(first) != of(second)
    };
    REKEYED.into_iter().filter(differs).collect()
}

/// What is right where two differ.
#[derive(Clone, PartialEq, Eq)]
pub enum Choice {
    /// What the first keyed.
    First,
    /// What the second keyed.
    Second,
    /// Neither: this.
    Other(String),
}

/// The row with what was chosen; `None` as long as a difference has no choice. Without consent no person is left in it,
/// and nothing about the person needs a choice.
#[must_use]
pub fn settled(
    first: &RowText,
    second: &RowText,
    differed: &[Column],
    choices: &[(Column, Choice)],
) -> Option<RowText> {
    let mut row = first.clone();
    for column in differed {
        if row.get(Column::Toestemming).eq_ignore_ascii_case("N") && column.is_personal() {
            continue;
        }
        let (_, choice) = choices.iter().find(|(of, _)| of == column)?;
        let right = match choice {
            Choice::First => first.get(*column),
            Choice::Second => second.get(*column),
            Choice::Other(text) if !text.trim().is_empty() && *column != Column::Toestemming => {
                text.trim()
            }
            Choice::Other(_) => return None,
        };
        row.set(*column, right);
    }
    if row.get(Column::Toestemming).eq_ignore_ascii_case("N") {
        let personal = |column: &Column| column.is_personal();
        Column::ALL
            .into_iter()
            .filter(personal)
            .for_each(|column| row.set(column, ""));
    }
    Some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(bsn: &str, date: &str, batch: &str) -> RowText {
        let mut row = RowText::default();
        row.set(Column::Toestemming, "J");
        row.set(Column::Bsn, bsn);
        row.set(Column::Vaccinatiedatum, date);
        row.set(Column::Batchnummer, batch);
        row
    }

    #[test]
    fn a_number_is_kept_in_capitals_without_spaces() {
        assert_eq!(number(" k 2021-0012 ").as_deref(), Ok("K2021-0012"));
        assert_eq!(number("  "), Err(NumberFault::Empty));
        assert_eq!(number("K/12"), Err(NumberFault::Signs));
        assert_eq!(number(&"K".repeat(31)), Err(NumberFault::Signs));
        for hidden in ["999990019", "K-999990019", "999 990 019"] {
            assert_eq!(number(hidden), Err(NumberFault::HoldsBsn), "{hidden}");
        }
    }

    #[test]
    fn every_number_makes_a_source_key_that_the_rules_take() {
        let longest = "K".repeat(NUMBER_CHARS);
        for text in ["1", "K.2021_12-a", longest.as_str()] {
            let key = source_key(&number(text).unwrap());
            assert!(crate::row::SourceKey::parse(&key).is_ok(), "{key}");
        }
    }

    #[test]
    fn ways_to_write_the_same_are_no_difference() {
        let first = row("999990019", "27-01-2021", "EJ6795");
        for same in [
            row("9999.90.019", "27-1-2021", "ej 6795"),
            row(" 999990019 ", "27 januari 2021", "EJ6795 "),
        ] {
            assert_eq!(differences(&first, &same, 2021), []);
        }
    }

    #[test]
    fn each_column_that_differs_is_named() {
        let first = row("999990019", "27-01-2021", "EJ6795");
        let second = row("999995571", "28-01-2021", "EJ6796");
        assert_eq!(differences(&first, &second, 2021), REKEYED[1..]);
        let second = row("", "27-01-2021", "EJ6795");
        assert_eq!(differences(&first, &second, 2021), [Column::Bsn]);
    }

    #[test]
    fn what_differs_is_settled_by_a_choice_for_each() {
        let first = row("999990019", "27-01-2021", "EJ6795");
        let second = row("999990019", "28-01-2021", "EJ6796");
        let differed = differences(&first, &second, 2021);
        let of = |choices: &[(Column, Choice)]| settled(&first, &second, &differed, choices);
        let date = (Column::Vaccinatiedatum, Choice::Second);
        assert!(of(std::slice::from_ref(&date)).is_none());
        let empty = (Column::Batchnummer, Choice::Other("  ".to_owned()));
        assert!(of(&[date.clone(), empty]).is_none());
        let right = of(&[date.clone(), (Column::Batchnummer, Choice::First)]).unwrap();
        assert_eq!(right.get(Column::Vaccinatiedatum), "28-01-2021");
        assert_eq!(right.get(Column::Batchnummer), "EJ6795");
        let other = (Column::Batchnummer, Choice::Other(" EJ6797 ".to_owned()));
        let right = of(&[date, other]).unwrap();
        assert_eq!(right.get(Column::Batchnummer), "EJ6797");
        assert_eq!(right.get(Column::Bsn), "999990019");
    }

    #[test]
    fn a_card_settled_as_without_consent_keeps_no_person() {
        let mut first = row("999990019", "27-01-2021", "EJ6795");
        first.set(Column::Achternaam, "Jansen");
        let mut second = row("", "27-01-2021", "EJ6795");
        second.set(Column::Toestemming, "N");
        let differed = differences(&first, &second, 2021);
        assert_eq!(differed, [Column::Toestemming, Column::Bsn]);
        let no = [(Column::Toestemming, Choice::Second)];
        let right = settled(&first, &second, &differed, &no).unwrap();
        assert_eq!(right.get(Column::Toestemming), "N");
        assert_eq!(right.get(Column::Bsn), "");
        assert_eq!(right.get(Column::Achternaam), "");
        assert_eq!(right.get(Column::Batchnummer), "EJ6795");
        let yes = [(Column::Toestemming, Choice::First)];
        assert!(settled(&first, &second, &differed, &yes).is_none());
        let typed = [(Column::Toestemming, Choice::Other("N".to_owned()))];
        assert!(settled(&first, &second, &differed, &typed).is_none());
    }
}

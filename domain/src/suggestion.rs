//! What a wrong value was probably meant to be (issue of the RIVM side, features F47, F-X9): for the eyes of a reviewer,
//! with the reason why. Nothing here changes a row.

use crate::batch::near;
use crate::bsn::Bsn;
use crate::dates::{DateError, PartialDate, parse_partial};
use time::Date;

/// What is suggested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum SuggestionKind {
    /// A known batch near an unknown one.
    Batch,
    /// A product whose name is near an unknown one.
    Vaccine,
    /// The same BSN with two digits exchanged.
    Bsn,
    /// The same date with day and month exchanged.
    DayMonth,
    /// Parts of the name in the wrong place.
    Names,
}

impl SuggestionKind {
    /// Every kind.
    pub const ALL: [Self; 5] = [
        Self::Batch,
        Self::Vaccine,
        Self::Bsn,
        Self::DayMonth,
        Self::Names,
    ];

    /// The name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Vaccine => "vaccine",
            Self::Bsn => "bsn",
            Self::DayMonth => "day_month",
            Self::Names => "names",
        }
    }
}

/// A batch that could be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearBatch {
    /// Its number.
    pub lot: String,
    /// Only signs that look alike differ: O and 0, I and 1.
    pub look_alike: bool,
    /// How often it was given in the days around the vaccination.
    pub used: u32,
}

/// Batches near the one that was typed, the likeliest first: those that look the same, then those that were given most in
/// these days. `known` are batches of the product, each with how often it was given then.
#[must_use]
pub fn near_batches(typed: &str, known: impl IntoIterator<Item = (String, u32)>) -> Vec<NearBatch> {
    let typed: String = typed.split_whitespace().collect::<String>().to_uppercase();
    let mut found: Vec<NearBatch> = known
        .into_iter()
        .filter(|(lot, _)| near(lot, &typed))
        .map(|(lot, used)| NearBatch {
            look_alike: looks(&lot) == looks(&typed),
            lot,
            used,
        })
        .collect();
    found.sort_by(|a, b| {
        let order = |one: &NearBatch| (!one.look_alike, std::cmp::Reverse(one.used));
        order(a).cmp(&order(b)).then_with(|| a.lot.cmp(&b.lot))
    });
    found
}

fn looks(lot: &str) -> String {
    lot.to_uppercase().replace('O', "0").replace('I', "1")
}

/// A valid BSN that differs in two digits that changed places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwappedBsn {
    /// The places, from 1.
    pub places: (u8, u8),
    /// The number.
    pub bsn: Bsn,
}

/// Every valid BSN that two exchanged digits make of this text of nine digits; nothing for another text.
#[must_use]
pub fn swapped_bsns(text: &str) -> Vec<SwappedBsn> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_digit).collect();
    if digits.len() != 9 {
        return Vec::new();
    }
    let pairs = (0..9).flat_map(|a| (a + 1..9).map(move |b| (a, b)));
    pairs
        .filter(|(a, b)| digits[*a] != digits[*b])
        .filter_map(|(a, b)| {
            let mut other = digits.clone();
            other.swap(a, b);
            let bsn = Bsn::parse(std::str::from_utf8(&other).ok()?).ok()?;
            let place = |at: usize| u8::try_from(at + 1).unwrap_or_default();
            Some(SwappedBsn {
                places: (place(a), place(b)),
                bsn,
            })
        })
        .collect()
}

/// The date with day and month exchanged, when that is another date.
#[must_use]
fn day_and_month(date: PartialDate) -> Option<Date> {
    let date = match date {
        PartialDate::Full(date) => date,
        _ => return None,
    };
    let month = time::Month::try_from(date.day()).ok()?;
    let other = Date::from_calendar_date(date.year(), month, u8::from(date.month())).ok()?;
    (other != date).then_some(other)
}

/// The same of what was typed, when it is a date or would be one so: `01-27-2021` has no month 27.
#[must_use]
pub fn exchanged(text: &str, year: i32) -> Option<Date> {
    match parse_partial(text, year) {
        Ok(date) => day_and_month(date),
        Err(DateError::Swapped) => {
            let parts: Vec<&str> = text
                .split(|sign: char| !sign.is_ascii_digit())
                .filter(|part| !part.is_empty())
                .collect();
            let [one, two, three] = *parts.as_slice() else {
                return None;
            };
            let other = if one.len() == 4 {
                format!("{one}-{three}-{two}")
            } else {
                format!("{two}-{one}-{three}")
            };
            match parse_partial(&other, year) {
                Ok(PartialDate::Full(date)) => Some(date),
                _ => None,
            }
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn what_was_typed_with_day_and_month_exchanged_is_read_the_other_way() {
        for (typed, other) in [
            ("05-12-2021", Some(date!(2021 - 05 - 12))),
            ("01-27-2021", Some(date!(2021 - 01 - 27))),
            ("2021-27-01", Some(date!(2021 - 01 - 27))),
            ("1/27/2021", Some(date!(2021 - 01 - 27))),
            ("27-01-2021", None),
            ("05-05-2021", None),
            ("31-31-2021", None),
            ("02-30-2021", None),
            ("morgen", None),
        ] {
            assert_eq!(exchanged(typed, 2021), other, "{typed}");
        }
    }

    fn known(list: &[(&str, u32)]) -> Vec<(String, u32)> {
        list.iter()
            .map(|(lot, used)| ((*lot).to_owned(), *used))
            .collect()
    }

    #[test]
    fn what_looks_the_same_comes_first_then_what_was_given_most() {
        let lots = known(&[("EJ6795", 2), ("EJ6796", 40), ("EX0893", 1), ("FA1027", 90)]);
        let found = near_batches("EJ6797", lots.clone());
        let order: Vec<&str> = found.iter().map(|one| one.lot.as_str()).collect();
        assert_eq!(order, ["EJ6796", "EJ6795"]);
        let found = near_batches("exo893", lots.clone());
        assert!(found[0].lot == "EX0893" && found[0].look_alike);
        assert!(near_batches("FA1027", lots.clone()).is_empty(), "known");
        assert!(near_batches("ZZ9999", lots).is_empty());
    }

    #[test]
    fn digits_that_changed_places_give_valid_numbers_only() {
        let found = swapped_bsns("999990091");
        assert!(
            found
                .iter()
                .any(|one| one.bsn.expose() == "999990019" && one.places == (8, 9))
        );
        for one in &found {
            assert!(Bsn::parse(one.bsn.expose()).is_ok());
        }
        assert!(swapped_bsns("99999001").is_empty() && swapped_bsns("abc").is_empty());
    }

    #[test]
    fn day_and_month_change_places_where_that_is_a_date() {
        let swap = |date| day_and_month(PartialDate::Full(date));
        assert_eq!(swap(date!(1940 - 05 - 02)), Some(date!(1940 - 02 - 05)));
        assert_eq!(swap(date!(1940 - 05 - 13)), None);
        assert_eq!(swap(date!(1940 - 05 - 05)), None, "the same date");
        assert_eq!(day_and_month(PartialDate::Unknown), None);
    }
}

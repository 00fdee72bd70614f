//! What of a person stands in a text that operators read: numbers that could be a BSN, and names and birth dates of the
//! persons of the run. It counts; a message with the value would be the next leak.

use anyhow::{Context as _, Result, ensure};
use std::collections::HashSet;

/// Shorter parts of names are words of their own.
const SHORTEST_NAME: usize = 4;

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaks {
    /// Words of nine digits that pass the eleven-test.
    pub(crate) bsns: usize,
    /// Words that are a name of one of the persons.
    pub(crate) names: usize,
    /// Birth dates of them, in whatever way they are written.
    pub(crate) births: usize,
}

/// The persons of a run.
pub(crate) struct Persons {
    names: HashSet<String>,
    births: HashSet<String>,
}

impl Persons {
    /// Those of a set of the BRP (docs/brp-bestand.md).
    pub(crate) fn of_set(set: &str) -> Result<Self> {
        let mut lines = set.lines();
        let header: Vec<&str> = lines.next().unwrap_or_default().split(';').collect();
        let place = |name: &str| {
            let found = header.iter().position(|column| *column == name);
            found.with_context(|| format!("the set of persons has no {name}"))
        };
        let named = [
            place("voornamen")?,
            place("geslachtsnaam")?,
            place("partner_geslachtsnaam")?,
        ];
        let born = place("geboortedatum")?;
        let (mut names, mut births) = (HashSet::new(), HashSet::new());
        for line in lines {
            let cells: Vec<&str> = line.split(';').collect();
            for cell in named.iter().filter_map(|place| cells.get(*place)) {
                let parts = words(cell).filter(|part| part.chars().count() >= SHORTEST_NAME);
                // In small letters some are words of our own addresses.
                names.extend(parts.flat_map(|part| [part.to_owned(), part.to_uppercase()]));
            }
            births.extend(cells.get(born).into_iter().flat_map(|birth| written(birth)));
        }
        ensure!(!names.is_empty() && !births.is_empty(), "a set of nobody");
        Ok(Self { names, births })
    }

    /// What of them stands in a text.
    pub(crate) fn leaks_in(&self, text: &str) -> Leaks {
        let named = |word: &&str| self.names.contains(*word);
        // Of a time the date ends at a T.
        let dates = text.split(|letter: char| !letter.is_ascii_digit() && !"-/.".contains(letter));
        Leaks {
            bsns: bsn_like(text),
            names: words(text).filter(named).count(),
            births: dates
                .filter(|word| self.births.contains(word.trim_matches(['-', '/', '.'])))
                .count(),
        }
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric())
}

/// The ways in which a date of eight digits is written.
fn written(date: &str) -> Vec<String> {
    let parts = (date.get(..4), date.get(4..6), date.get(6..8));
    // Of some nobody knows the year.
    let (Some(year), Some(month), Some(day)) = parts else {
        return Vec::new();
    };
    if year == "0000" {
        return Vec::new();
    }
    vec![
        format!("{year}{month}{day}"),
        format!("{day}{month}{year}"),
        format!("{year}-{month}-{day}"),
        format!("{day}-{month}-{year}"),
        format!("{day}/{month}/{year}"),
        format!("{day}.{month}.{year}"),
    ]
}

/// How many words of nine digits pass the eleven-test (weights 9 … 2, −1).
fn bsn_like(text: &str) -> usize {
    // A fraction of a second is nine digits after a point; a part of a UUID touches letters.
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.');
    words
        .filter(|word| {
            word.len() == 9
                && word.bytes().all(|byte| byte.is_ascii_digit())
                && passes(word.as_bytes())
        })
        .count()
}

fn passes(digits: &[u8]) -> bool {
    let weights = [9, 8, 7, 6, 5, 4, 3, 2, -1];
    let sum: i32 = digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| i32::from(digit - b'0') * weight)
        .sum();
    sum != 0 && sum % 11 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: &str = "pl_id;bsn;voornamen;geslachtsnaam;partner_geslachtsnaam;geboortedatum\n\
                       1;999990019;Erebos Jan;Bultenaar;;20000401\n\
                       2;999995571;Zoë;de Jager-Moulin;Jonker;00000000\n";

    fn found(text: &str) -> (usize, usize, usize) {
        let leaks = Persons::of_set(SET).expect("a set").leaks_in(text);
        (leaks.bsns, leaks.names, leaks.births)
    }

    #[test]
    fn a_test_bsn_in_a_log_line_is_found() {
        assert_eq!(found("{\"path\":\"/x?bsn=999990019\"}"), (1, 0, 0));
    }

    #[test]
    fn a_name_and_a_birth_date_in_a_log_line_are_found() {
        for text in ["de heer Bultenaar", "\"JONKER\"", "x=Erebos&", "Moulin."] {
            assert_eq!(found(text), (0, 1, 0), "{text}");
        }
        for text in [
            "01-04-2000",
            "born=2000-04-01T00:00:00Z",
            "20000401.",
            "(01/04/2000)",
        ] {
            assert_eq!(found(text), (0, 0, 1), "{text}");
        }
    }

    #[test]
    fn times_counts_and_identifiers_are_not_taken_for_one() {
        let text = "2021-02-24T10:00:00.999990019Z id=0190a999990019-12 total=123456789 Jan at 120000401 12000-04-01";
        assert_eq!(found(text), (0, 0, 0));
    }

    #[test]
    fn a_set_without_persons_finds_nobody_and_says_so() {
        assert!(Persons::of_set("pl_id;bsn\n1;2\n").is_err());
        assert!(Persons::of_set(SET.lines().next().expect("header")).is_err());
    }
}

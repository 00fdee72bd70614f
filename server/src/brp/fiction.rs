//! A fictitious population: the same seed gives the same file. For trials, demos and benchmarks.
//!
//! First come the named cases ([`CASES`]): every odd thing a BRP list can be, each on a test BSN that documentation and
//! tests may rely on. Then as many ordinary people as asked, with some of everything odd among them. Nobody exists.

mod cases;
mod names;

pub use cases::CASES;

use names::{GIVEN_FEMALE, GIVEN_MALE, PREFIXES, STREETS, SURNAMES, TOWNS};
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::HashSet;
use std::io::Write;

/// A list of the file, as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the columns of docs/brp-bestand.md")]
pub struct Case {
    pub bsn: &'static str,
    pub given: &'static str,
    pub prefix: &'static str,
    pub surname: &'static str,
    pub partner: &'static str,
    pub born: &'static str,
    pub sex: &'static str,
    pub postcode: &'static str,
    pub number: &'static str,
    pub suspended: &'static str,
    pub died: &'static str,
    pub secret: bool,
    /// What it shows.
    pub about: &'static str,
}

const HEADER: [&str; 20] = [
    "pl_id",
    "bsn",
    "voornamen",
    "voorvoegsel",
    "geslachtsnaam",
    "partner_voorvoegsel",
    "partner_geslachtsnaam",
    "geboortedatum",
    "geslacht",
    "postcode",
    "huisnummer",
    "huisletter",
    "huisnummertoevoeging",
    "straatnaam",
    "woonplaats",
    "opschorting_datum",
    "opschorting_reden",
    "overlijden_datum",
    "geheim",
    "a_nummer",
];

/// Writes the cases and then ordinary people until there are `persons` lists (at least the cases).
///
/// # Errors
/// When the writer does not take it.
pub fn write(out: impl Write, persons: u32, seed: u64) -> Result<u32, csv::Error> {
    let mut csv = csv::WriterBuilder::new().delimiter(b';').from_writer(out);
    csv.write_record(HEADER)?;
    for (at, case) in CASES.iter().enumerate() {
        csv.write_record(case_line(at, case))?;
    }
    let mut written = cases();
    for person in people(persons, seed) {
        csv.write_record(person)?;
        written += 1;
    }
    csv.flush()?;
    Ok(written)
}

/// How many of so many persons get a number outside the test range 9999…, which may be somebody's: it holds some 9,000.
#[must_use]
pub fn outside_test_range(persons: u32) -> u32 {
    let free = free_bsns()
        .take_while(|bsn| bsn.starts_with("9999"))
        .count();
    persons.saturating_sub(cases().saturating_add(u32::try_from(free).unwrap_or(u32::MAX)))
}

/// The people after the cases, each as the columns of [`HEADER`].
fn people(persons: u32, seed: u64) -> impl Iterator<Item = [String; 20]> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (cases()..persons)
        .zip(free_bsns())
        .map(move |(at, bsn)| person(&mut random, at, &bsn))
}

/// Numbers that no case has.
fn free_bsns() -> impl Iterator<Item = String> {
    let taken: HashSet<&str> = CASES.iter().map(|case| case.bsn).collect();
    test_bsns().filter(move |bsn| !taken.contains(bsn.as_str()))
}

fn cases() -> u32 {
    u32::try_from(CASES.len()).unwrap_or(u32::MAX)
}

/// Somebody of the file as a vaccinating institution would know them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "columns of the standard format")]
pub struct Ordinary {
    pub bsn: String,
    /// jjjjmmdd, all of it known.
    pub born: String,
    pub surname: String,
    pub prefix: String,
    pub sex: String,
    pub postcode: String,
    pub house_number: String,
}

/// Those of the file about whom nothing is odd: alive, here, born on a known day.
pub fn ordinary(persons: u32, seed: u64) -> impl Iterator<Item = Ordinary> {
    people(persons, seed)
        .filter(|line| line[16].is_empty() && !line[7].ends_with("00"))
        .map(|line| {
            let [
                _,
                bsn,
                _,
                prefix,
                surname,
                _,
                _,
                born,
                sex,
                postcode,
                house_number,
                ..,
            ] = line;
            Ordinary {
                bsn,
                born,
                surname,
                prefix,
                sex,
                postcode,
                house_number,
            }
        })
}

fn case_line(at: usize, case: &Case) -> [String; 20] {
    let (partner_prefix, partner) = case.partner.split_once('|').unwrap_or(("", case.partner));
    let address = if case.postcode.is_empty() {
        ("", "")
    } else {
        ("Proefstraat", "Voorbeeldstad")
    };
    let suspended_on = match case.suspended {
        "" => "",
        "O" => case.died,
        _ => "20200301",
    };
    let id = (100_001 + at).to_string();
    [
        id.as_str(),
        case.bsn,
        case.given,
        case.prefix,
        case.surname,
        partner_prefix,
        partner,
        case.born,
        case.sex,
        case.postcode,
        case.number,
        "",
        "",
        address.0,
        address.1,
        suspended_on,
        case.suspended,
        case.died,
        if case.secret { "4" } else { "0" },
        "",
    ]
    .map(str::to_owned)
}

/// Numbers that pass the eleven-test: the test range 9999…, and when that is used up (some 9,000) downwards from it.
fn test_bsns() -> impl Iterator<Item = String> {
    let passes = |number: &u32| {
        let mut rest = *number;
        let mut sum = -i64::from(rest % 10);
        for weight in 2..=9 {
            rest /= 10;
            sum += weight * i64::from(rest % 10);
        }
        sum % 11 == 0
    };
    (999_900_000..=999_999_999_u32)
        .chain((100_000_000..999_900_000).rev())
        .filter(passes)
        .map(|number| number.to_string())
}

/// Somebody ordinary, or in about one of twelve with something odd.
fn person(random: &mut ChaCha8Rng, at: u32, bsn: &str) -> [String; 20] {
    let pick = |random: &mut ChaCha8Rng, list: &'static [&'static str]| {
        list.choose(random).copied().unwrap_or_default()
    };
    let woman = random.random_bool(0.5);
    let given = pick(random, if woman { GIVEN_FEMALE } else { GIVEN_MALE });
    let prefix = if random.random_bool(0.18) {
        pick(random, PREFIXES)
    } else {
        ""
    };
    let mut surname = pick(random, SURNAMES).to_owned();
    if random.random_bool(0.03) {
        surname = format!("{surname}-{}", pick(random, SURNAMES));
    }
    let partner = if random.random_bool(0.35) {
        pick(random, SURNAMES)
    } else {
        ""
    };
    let partner_prefix = if !partner.is_empty() && random.random_bool(0.18) {
        pick(random, PREFIXES)
    } else {
        ""
    };
    let year = *[
        random.random_range(1925..2009),
        random.random_range(1935..1960),
    ]
    .choose(random)
    .unwrap_or(&1950);
    let (month, day) = (random.random_range(1..=12), random.random_range(1..=28));
    let born = match random.random_range(0..200) {
        0 => "00000000".to_owned(),
        1 => format!("{year}0000"),
        2 => format!("{year}{month:02}00"),
        _ => format!("{year}{month:02}{day:02}"),
    };
    let (suspended, suspended_on, died) = suspension(random);
    let abroad = matches!(suspended, "E" | "R");
    let (postcode, number, street, town) = if abroad {
        (String::new(), String::new(), "", "")
    } else {
        let letters = [
            "AB", "BC", "CD", "DE", "EG", "GH", "HJ", "KL", "LM", "NP", "RS", "TV", "XZ",
        ];
        let postcode = format!(
            "{}{}",
            random.random_range(1000..=9999),
            letters.choose(random).unwrap_or(&"AB")
        );
        (
            postcode,
            random.random_range(1..300).to_string(),
            pick(random, STREETS),
            pick(random, TOWNS),
        )
    };
    let letter = if !abroad && random.random_bool(0.05) {
        "A"
    } else {
        ""
    };
    let sex = if random.random_bool(0.003) {
        "O"
    } else if woman {
        "V"
    } else {
        "M"
    };
    let secret = if random.random_bool(0.02) { "1" } else { "0" };
    let id = (200_000 + u64::from(at)).to_string();
    [
        &id,
        bsn,
        given,
        prefix,
        &surname,
        partner_prefix,
        partner,
        &born,
        sex,
        &postcode,
        &number,
        letter,
        "",
        street,
        town,
        &suspended_on,
        suspended,
        &died,
        secret,
        "",
    ]
    .map(str::to_owned)
}

/// Reason, date, date of death.
fn suspension(random: &mut ChaCha8Rng) -> (&'static str, String, String) {
    let date = |random: &mut ChaCha8Rng, years: std::ops::Range<i32>| {
        format!(
            "{}{:02}{:02}",
            random.random_range(years),
            random.random_range(1..=12),
            random.random_range(1..=28)
        )
    };
    match random.random_range(0..1000) {
        0..25 => {
            let mut died = date(random, 2005..2022);
            if random.random_bool(0.05) {
                died.replace_range(6.., "00");
            }
            ("O", died.clone(), died)
        }
        25..40 => ("E", date(random, 2010..2021), String::new()),
        40..46 => ("R", date(random, 2014..2021), String::new()),
        46..48 => ("F", date(random, 2010..2021), String::new()),
        48..49 => ("W", date(random, 2010..2021), String::new()),
        _ => ("", String::new(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brp::record::{Header, Record};
    use domain::bsn::Bsn;

    fn file(persons: u32, seed: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes, persons, seed).expect("written");
        bytes
    }

    #[test]
    fn the_same_seed_gives_the_same_people_and_another_seed_others() {
        assert_eq!(file(400, 7), file(400, 7));
        assert_ne!(file(400, 7), file(400, 8));
    }

    #[test]
    fn every_line_can_be_loaded_and_no_number_but_the_known_double_stands_twice() {
        let bytes = file(12_000, 1);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b';')
            .from_reader(bytes.as_slice());
        let header = Header::read(reader.headers().expect("header")).expect("columns");
        let (mut seen, mut twice, mut keys, mut outside) =
            (HashSet::new(), Vec::new(), HashSet::new(), 0);
        for line in reader.records() {
            let line = line.expect("csv");
            let record = Record::read(&header, &line).expect("a list");
            assert!(keys.insert(record.pl_id.to_owned()));
            if let Some(bsn) = record.bsn {
                outside += u32::from(!bsn.is_test());
                if !seen.insert(bsn.expose().to_owned()) {
                    twice.push(bsn.expose().to_owned());
                }
            }
        }
        assert_eq!(keys.len(), 12_000);
        assert_eq!(twice, ["999995923", "999993744"]);
        assert!(outside > 0, "the test range holds some 9,000 numbers");
        assert_eq!(outside, outside_test_range(12_000));
        assert_eq!(outside_test_range(9_000), 0);
    }

    #[test]
    fn the_cases_have_test_numbers_and_show_every_oddity() {
        for case in CASES {
            assert!(
                case.bsn.is_empty() || Bsn::parse(case.bsn).is_ok_and(|bsn| bsn.is_test()),
                "{}",
                case.about
            );
            assert_eq!(case.born.len(), 8, "{}", case.about);
        }
        for reason in ["O", "E", "R", "W", "F"] {
            assert!(
                CASES.iter().any(|case| case.suspended == reason),
                "{reason}"
            );
        }
        let some = |what: fn(&Case) -> bool| assert!(CASES.iter().any(what));
        some(|case| case.secret);
        some(|case| case.born.ends_with("0000"));
        some(|case| case.born == "00000000");
        some(|case| !case.prefix.is_empty());
        some(|case| !case.surname.is_ascii());
        some(|case| !case.partner.is_empty());
        some(|case| case.bsn.is_empty());
    }
}

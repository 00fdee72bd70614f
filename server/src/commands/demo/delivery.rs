//! A delivery of any size about the fictitious persons, for trials and benchmarks: good rows, and wrong ones of
//! many kinds, evenly mixed. What must come of it is known beforehand, so that a fast wrong answer is seen.

use crate::brp::fiction::{self, Ordinary};
use domain::finding::Code;
use domain::row::Column;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use time::{Date, Duration, macros::date};

/// Columns of the file, in its order.
const COLUMNS: [Column; 16] = [
    Column::Bronsleutel,
    Column::Toestemming,
    Column::Bsn,
    Column::Geboortedatum,
    Column::Achternaam,
    Column::Voorvoegsel,
    Column::Geslacht,
    Column::Postcode,
    Column::Huisnummer,
    Column::Vaccinatiedatum,
    Column::HpkCode,
    Column::Batchnummer,
    Column::Dosisnummer,
    Column::Doelgroep,
    Column::Vaccinatieplaats,
    Column::Vaccinatieland,
];

/// HPK codes with a batch of theirs that was in use from [`FIRST`] for 80 days.
const PRODUCTS: [(&str, &str); 2] = [("2924528", "EM0477"), ("2924536", "300042698")];
const FIRST: Date = date!(2021 - 01 - 25);

/// Ways to be wrong: the rule that sees it, the column, and what stands there instead.
const WRONG: [(Code, Column, &str); 20] = [
    (Code::P01, Column::Bsn, ""),
    (Code::P02, Column::Bsn, "1234567"),
    (Code::P03, Column::Bsn, "123456789"),
    (Code::P10, Column::Geboortedatum, ""),
    (Code::P11, Column::Geboortedatum, "onbekend"),
    (Code::P12, Column::Geboortedatum, "31-02-1980"),
    (Code::P15, Column::Geboortedatum, "02-05-40"),
    (Code::P20, Column::Geslacht, "X"),
    (Code::P30, Column::Postcode, "ABCD12"),
    (Code::P31, Column::Huisnummer, "naast 12"),
    (Code::T01, Column::Toestemming, "misschien"),
    (Code::V01, Column::Vaccinatiedatum, ""),
    (Code::V02, Column::Vaccinatiedatum, "maandag"),
    (Code::V04, Column::Vaccinatiedatum, "01-02-2031"),
    (Code::V05, Column::Vaccinatiedatum, "01-12-2020"),
    (Code::V12, Column::HpkCode, "9999999"),
    (Code::V20, Column::Batchnummer, ""),
    (Code::V21, Column::Batchnummer, "ABV3025"),
    (Code::V31, Column::Dosisnummer, "12"),
    (Code::V42, Column::Doelgroep, "IEDEREEN"),
];

/// What must come of the file.
#[derive(Debug, Default, Serialize)]
pub(super) struct Expected {
    rows: u32,
    geaccepteerd: u32,
    afgekeurd: u32,
    /// Rows per rule.
    codes: BTreeMap<&'static str, u32>,
}

/// Writes the file: a row a person, `wrong` of each 100 rows wrong.
///
/// # Errors
/// When the writer does not take it, or there are fewer ordinary persons than rows.
pub(super) fn write(
    out: impl Write,
    rows: u32,
    wrong: u32,
    (persons, seed): (u32, u64),
) -> anyhow::Result<Expected> {
    let mut csv = csv::WriterBuilder::new().delimiter(b';').from_writer(out);
    csv.write_record(COLUMNS.map(Column::name))?;
    let mut expected = Expected::default();
    // Young people would be a question of their own (rule P18).
    let grown = fiction::ordinary(persons, seed).filter(|person| person.born.as_str() < "2008");
    for (at, person) in (0..rows).zip(grown) {
        let mut row = row(at, &person);
        expected.rows += 1;
        // Evenly spread: the n-th wrong row comes when n hundredths are due.
        let due = |at: u32| u64::from(at) * u64::from(wrong) / 100;
        if due(at + 1) > due(at) {
            let kind = usize::try_from(due(at)).unwrap_or_default() % WRONG.len();
            let (code, column, text) = WRONG[kind];
            if let Some(place) = COLUMNS.iter().position(|own| *own == column) {
                text.clone_into(&mut row[place]);
            }
            *expected.codes.entry(code.as_str()).or_default() += 1;
            expected.afgekeurd += 1;
        } else {
            expected.geaccepteerd += 1;
        }
        csv.write_record(row)?;
    }
    csv.flush()?;
    anyhow::ensure!(
        expected.rows == rows,
        "only {} of {persons} persons are ordinary enough: ask for more persons",
        expected.rows
    );
    Ok(expected)
}

fn row(at: u32, person: &Ordinary) -> [String; 16] {
    let (hpk, batch) = PRODUCTS[at as usize % PRODUCTS.len()];
    let on = FIRST + Duration::days(i64::from(at % 80));
    let born = &person.born;
    [
        &format!("demo-{at:07}"),
        "J",
        &person.bsn,
        &format!("{}-{}-{}", &born[6..], &born[4..6], &born[..4]),
        &person.surname,
        &person.prefix,
        &person.sex,
        &person.postcode,
        &person.house_number,
        &domain::dates::dutch(on),
        hpk,
        batch,
        "1",
        "LEEFTIJD",
        "Voorbeeldstad",
        "NL",
    ]
    .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_good_or_wrong_and_the_parts_add_up() {
        let mut bytes = Vec::new();
        let expected = write(&mut bytes, 4_000, 3, (6_000, 1)).expect("written");
        assert_eq!((expected.geaccepteerd, expected.afgekeurd), (3_880, 120));
        assert_eq!(expected.codes.values().sum::<u32>(), 120);
        assert_eq!(expected.codes.len(), WRONG.len());
        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 4_001);
    }

    #[test]
    fn too_few_persons_is_said() {
        assert!(write(std::io::sink(), 4_000, 3, (1_000, 1)).is_err());
    }
}

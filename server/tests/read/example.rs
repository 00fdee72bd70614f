//! One file with at least one case of every rule of stage 1, and the whole answer about it.
//!
//! `tests/fixtures/alle-regels.csv` is made from the fixtures of the domain. When these change, run the tests
//! with `CIMS_UPDATE_FIXTURES=1` and look at the difference.

use crate::support::{check, csv, full_table};
use domain::finding::{Code, Stage};
use domain::fixtures::{self, Setting};
use domain::row::{Column, RawRow};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Codes that `cims check` cannot give: they need a party, its profile or the test lane.
const ELSEWHERE: [Code; 4] = [Code::R10, Code::U03, Code::U11, Code::V41];

/// The n-th valid BSN of the test range.
fn test_bsn(n: usize) -> String {
    let valid = (999_900_000..999_999_999_u32).filter(|number| {
        let digits: Vec<u32> = number
            .to_string()
            .chars()
            .filter_map(|c| c.to_digit(10))
            .collect();
        let sum: u32 = (2..=9)
            .rev()
            .zip(&digits)
            .map(|(weight, digit)| weight * digit)
            .sum();
        sum % 11 == digits[8]
    });
    valid
        .map(|number| number.to_string())
        .nth(n)
        .expect("enough numbers")
}

/// Every fixture that fails without a party, each of another person; then a double, a contradiction, a
/// count, a row too short, an empty one and the example.
fn text() -> String {
    let failing: Vec<_> = fixtures::ALL
        .iter()
        .filter(|fixture| fixture.setting == Setting::Any)
        .collect();
    let (keys, bsns): (Vec<String>, Vec<String>) = (0..failing.len())
        .map(|n| (format!("R-{n:04}"), test_bsn(n)))
        .unzip();
    let good = fixtures::row(fixtures::GOOD, &[]);
    let mut rows: Vec<RawRow<'_>> = Vec::new();
    for (n, fixture) in failing.iter().enumerate() {
        let mut row = fixture.failing_row();
        for (column, own) in [(Column::Bronsleutel, &keys[n]), (Column::Bsn, &bsns[n])] {
            if row.get(column) == good.get(column) {
                row.set(column, own);
            }
        }
        rows.push(row);
    }
    let changed = |changes: &[(Column, &'static str)]| {
        let mut row = fixtures::row(fixtures::GOOD, &[]);
        changes
            .iter()
            .for_each(|(column, text)| row.set(*column, text));
        row
    };
    rows.push(changed(&[]));
    rows.push(changed(&[(Column::Bronsleutel, "R-9001")]));
    rows.push(changed(&[
        (Column::Bronsleutel, "R-9002"),
        (Column::Bsn, "999995571"),
    ]));
    rows.push(changed(&[
        (Column::Bronsleutel, "R-9002"),
        (Column::Bsn, "999991772"),
    ]));
    rows.push(fixtures::row(fixtures::COUNTED, &[]));
    rows.push(changed(&[(Column::Bronsleutel, "VOORBEELD")]));
    rows.push(RawRow::EMPTY);
    let lines = csv(&full_table(rows), ';').replace('\u{feff}', "");
    let mut lines = lines
        .replacen("\r\n", ";kamer\r\n", 1)
        .lines()
        .map(|line| {
            // One field more for the column we do not know.
            if line.ends_with(";kamer") {
                format!("{line}\r\n")
            } else {
                format!("{line};\r\n")
            }
        })
        .collect::<String>();
    lines.push_str("N;R-9003;J\r\n");
    format!(
        "Zorggroep De Linde, één regel per geval;\r\n\r\n{lines}#EINDE;{}\r\n",
        failing.len() + 5
    )
}

#[test]
fn every_rule_of_stage_one_is_in_one_file() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/alle-regels.csv");
    let text = text();
    let (content, _, lossy) = encoding_rs::WINDOWS_1252.encode(&text);
    assert!(!lossy, "a character that Windows-1252 does not have");
    if std::env::var_os("CIMS_UPDATE_FIXTURES").is_some() {
        std::fs::write(&path, &content).expect("written");
    }
    assert!(
        std::fs::read(&path).expect("the fixture") == *content,
        "run with CIMS_UPDATE_FIXTURES=1"
    );

    let answer = check("alle-regels.csv", &content);
    let found: BTreeSet<String> = answer
        .rows()
        .iter()
        .flat_map(|row| row.2.iter().map(|code| (*code).to_owned()))
        .collect();
    let wanted: BTreeSet<String> = Code::ALL
        .iter()
        .filter(|code| {
            matches!(code.stage(), Stage::Row | Stage::InFile) && !ELSEWHERE.contains(code)
        })
        .map(|code| code.as_str().to_owned())
        .collect();
    assert_eq!(found, wanted);
    assert_eq!(answer.file_codes(), ["A10", "A18", "A19"]);
    assert_eq!((answer.outcome(), answer.code), ("DEELS_VERWERKT", 1));
    insta::assert_json_snapshot!(answer.json);
}

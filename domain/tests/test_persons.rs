//! The 1,205 fictitious persons of the BRP (© RvIG 2022, EUPL-1.2) against our reading of names, dates and BSNs.

use domain::bsn::Bsn;
use domain::dates::PartialDate;
use domain::matching::{NameParts, Suspension, name_similarity};

/// Cells of each person, by the names of the header.
fn persons() -> Vec<std::collections::HashMap<String, String>> {
    let text = include_str!("../../data/brp_testpersonen.csv");
    let mut lines = text.lines().map(cells);
    let header = lines.next().expect("a header");
    lines
        .map(|cells| header.iter().cloned().zip(cells).collect())
        .collect()
}

/// RFC 4180 with `;`, enough for this file: no cell of it holds a line end.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => cell.extend(rest.next()),
            '"' => quoted = !quoted,
            ';' if !quoted => cells.push(std::mem::take(&mut cell)),
            _ => cell.push(c),
        }
    }
    cells.push(cell);
    cells
}

#[test]
fn every_person_is_recognised_by_name_however_it_is_written() {
    let persons = persons();
    assert_eq!(persons.len(), 1_205);
    for person in &persons {
        let (ascii, true_name, prefix) = (
            &person["geslachtsnaam"],
            &person["geslachtsnaam_diak"],
            &person["voorvoegsel"],
        );
        let true_name = if true_name.is_empty() {
            ascii
        } else {
            true_name
        };
        let known = NameParts::own(true_name, prefix);
        if !known.is_comparable() {
            continue;
        }
        for written in [
            ascii.clone(),
            true_name.to_uppercase(),
            format!("{prefix} {ascii}"),
            format!("{ascii}, {prefix}"),
        ] {
            let similarity = name_similarity(NameParts::own(&written, ""), known);
            assert!(similarity >= 0.85, "{written} / {true_name}: {similarity}");
        }
    }
}

#[test]
fn every_bsn_but_the_one_that_is_wrong_passes_the_eleven_test() {
    let persons = persons();
    let bsns = persons
        .iter()
        .map(|person| person["bsn"].as_str())
        .filter(|bsn| !bsn.is_empty());
    let failing: Vec<_> = bsns.filter(|bsn| Bsn::parse(bsn).is_err()).collect();
    assert_eq!(failing, ["999999245"]);
}

#[test]
fn every_date_is_read_and_some_are_partly_unknown() {
    let persons = persons();
    let births = persons
        .iter()
        .map(|person| person["geboortedatum"].as_str())
        .filter(|text| !text.is_empty());
    let births: Vec<PartialDate> = births
        .map(|text| PartialDate::from_lo3(text).expect("a date"))
        .collect();
    let unknown = births
        .iter()
        .filter(|birth| **birth == PartialDate::Unknown)
        .count();
    let partly = births.iter().filter(|birth| birth.full().is_none()).count() - unknown;
    // Twelve with zeros in them, and two on 30 February.
    assert_eq!((births.len(), partly, unknown), (1_204, 14, 3));
    for column in ["opschorting_datum", "overlijden_datum"] {
        for text in persons
            .iter()
            .map(|person| person[column].as_str())
            .filter(|text| !text.is_empty())
        {
            assert!(PartialDate::from_lo3(text).is_some(), "{text}");
        }
    }
}

#[test]
fn every_reason_of_suspension_is_known() {
    let mut counts = std::collections::BTreeMap::new();
    for person in persons() {
        if let Some(reason) = Suspension::parse(&person["opschorting_reden"]) {
            *counts.entry(format!("{reason:?}")).or_insert(0) += 1;
        }
    }
    let expected = [
        ("Deceased", 40),
        ("Emigrated", 60),
        ("Ministerial", 1),
        ("NonResident", 21),
        ("Wiped", 11),
    ];
    assert_eq!(
        counts
            .iter()
            .map(|(name, count)| (name.as_str(), *count))
            .collect::<Vec<_>>(),
        expected
    );
}

//! Doubles and contradictions inside one file (D01, D02).

use Column::{
    Batchnummer, Bronsleutel, Bsn, Dosisnummer, Geboortedatum, Leeftijdsgroep, Mutatie,
    Toestemming, Vaccin, Vaccinatiedatum,
};
use domain::codes::CodeLists;
use domain::delivery::{Counts, FileOutcome, RowOutcome};
use domain::duplicate::InFile;
use domain::finding::{Code, Filled, Stage};
use domain::fixtures::{self, COUNTED, Cells, GOOD};
use domain::row::{Column, RawRow, check};
use proptest::prelude::*;

/// Findings of a file of these rows: line, code, and the line that is named. The first row stands on line 2.
fn judged<'a>(rows: impl Iterator<Item = RawRow<'a>>) -> Vec<(u32, Code, u32)> {
    let lists = CodeLists::builtin();
    let context = fixtures::context(&lists);
    let mut file = InFile::default();
    for (line, row) in (2..).zip(rows) {
        file.add(line, &check(&row, &context));
    }
    let name = |finding: domain::duplicate::InFileFinding| match finding.finding.filled {
        Filled::Line(other) => (finding.line, finding.finding.code, other),
        filled => panic!("{filled:?}"),
    };
    file.finish().into_iter().map(name).collect()
}

fn file(rows: &[(Cells, Cells)]) -> Vec<(u32, Code, u32)> {
    judged(
        rows.iter()
            .map(|(base, changes)| fixtures::row(base, changes)),
    )
}

#[test]
fn every_rule_of_the_file_has_its_fixtures() {
    let rows = |changes: &[Cells]| {
        file(
            &changes
                .iter()
                .map(|changes| (GOOD, *changes))
                .collect::<Vec<_>>(),
        )
    };
    for &code in Code::ALL
        .iter()
        .filter(|code| code.stage() == Stage::InFile)
    {
        let fixture = fixtures::IN_FILE
            .iter()
            .find(|fixture| fixture.code == code)
            .unwrap();
        assert!(
            rows(fixture.failing).iter().any(|found| found.1 == code),
            "{code}"
        );
        assert!(
            rows(fixture.passing).iter().all(|found| found.1 != code),
            "{code}"
        );
    }
}

#[test]
fn the_same_content_again_is_a_double_whatever_its_key_and_dress() {
    let found = file(&[
        (GOOD, &[]),
        (GOOD, &[(Bronsleutel, "R-0002")]),
        (
            GOOD,
            &[
                (Bronsleutel, ""),
                (Vaccinatiedatum, "2021-01-27"),
                (Vaccin, "Pfizer"),
                (Batchnummer, "lot ej6795"),
            ],
        ),
        (GOOD, &[]),
    ]);
    assert_eq!(
        found,
        [(3, Code::D01, 2), (4, Code::D01, 2), (5, Code::D01, 2)]
    );
}

#[test]
fn one_key_with_two_contents_contradicts_on_both_rows() {
    let found = file(&[
        (GOOD, &[]),
        (GOOD, &[(Bsn, "999995571")]),
        (GOOD, &[(Bronsleutel, "R-3"), (Bsn, "999991772")]),
    ]);
    assert_eq!(found, [(2, Code::D02, 3), (3, Code::D02, 2)]);
}

#[test]
fn a_correction_with_and_one_without_consent_contradict_under_one_key() {
    const CORRECTED: Cells = &[(Mutatie, "C")];
    const WITHDRAWN: Cells = &[(Mutatie, "V")];
    const WITHOUT: Cells = &[
        (Mutatie, "C"),
        (Toestemming, "N"),
        (Bsn, ""),
        (Geboortedatum, ""),
    ];
    let both = file(&[(GOOD, CORRECTED), (GOOD, WITHOUT)]);
    assert_eq!(both, [(2, Code::D02, 3), (3, Code::D02, 2)]);
    let twice = file(&[(GOOD, WITHOUT), (GOOD, WITHOUT)]);
    assert_eq!(twice, [(3, Code::D01, 2)]);
    // Withdrawn and corrected are two mutations: not said twice, but one after the other.
    assert_eq!(file(&[(GOOD, WITHDRAWN), (GOOD, CORRECTED)]), []);
}

#[test]
fn one_person_date_and_dose_with_two_contents_contradicts() {
    let found = file(&[
        (GOOD, &[(Bronsleutel, "")]),
        (GOOD, &[(Bronsleutel, ""), (Batchnummer, "EJ6796")]),
    ]);
    assert_eq!(found, [(2, Code::D02, 3), (3, Code::D02, 2)]);
    let other_dose = file(&[
        (GOOD, &[]),
        (GOOD, &[(Bronsleutel, "R-2"), (Dosisnummer, "2")]),
    ]);
    assert_eq!(other_dose, []);
}

#[test]
fn a_double_of_a_contradicted_row_is_contradicted_too() {
    let found = file(&[(GOOD, &[]), (GOOD, &[]), (GOOD, &[(Batchnummer, "EJ6796")])]);
    assert_eq!(
        found,
        [
            (2, Code::D02, 4),
            (3, Code::D02, 4),
            (3, Code::D01, 2),
            (4, Code::D02, 2)
        ]
    );
}

#[test]
fn without_consent_only_the_same_key_makes_a_double() {
    assert_eq!(
        file(&[
            (COUNTED, &[(Bronsleutel, "")]),
            (COUNTED, &[(Bronsleutel, "")])
        ]),
        []
    );
    assert_eq!(
        file(&[(COUNTED, &[]), (COUNTED, &[(Bronsleutel, "R-9")])]),
        []
    );
    assert_eq!(file(&[(COUNTED, &[]), (COUNTED, &[])]), [(3, Code::D01, 2)]);
    let other = file(&[(COUNTED, &[]), (COUNTED, &[(Leeftijdsgroep, "B")])]);
    assert_eq!(other, [(2, Code::D02, 3), (3, Code::D02, 2)]);
}

#[test]
fn consent_given_and_refused_under_one_key_contradict() {
    let found = file(&[(GOOD, &[(Bronsleutel, "R-0002")]), (COUNTED, &[])]);
    assert_eq!(found, [(2, Code::D02, 3), (3, Code::D02, 2)]);
}

#[test]
fn withdrawals_are_doubles_only_of_the_same_key() {
    let withdrawal: Cells = &[(Mutatie, "V"), (Bronsleutel, "R-0001")];
    assert_eq!(
        file(&[(withdrawal, &[]), (withdrawal, &[(Bronsleutel, "R-0002")])]),
        []
    );
    assert_eq!(
        file(&[(withdrawal, &[]), (withdrawal, &[])]),
        [(3, Code::D01, 2)]
    );
    assert_eq!(file(&[(GOOD, &[]), (withdrawal, &[])]), []);
}

#[test]
fn a_refused_row_is_no_double_and_contradicts_nothing() {
    let found = file(&[
        (GOOD, &[]),
        (GOOD, &[(Toestemming, "")]),
        (GOOD, &[(Bsn, "999990091")]),
    ]);
    assert_eq!(found, []);
}

#[test]
fn counts_add_up_and_make_the_outcome_of_the_file() {
    use RowOutcome::{Afgekeurd, Dubbel, Geaccepteerd, Geteld, TeControleren};
    let outcome = |rows: &[RowOutcome]| {
        let mut counts = Counts::default();
        rows.iter().for_each(|row| counts.add(*row));
        assert_eq!(counts.rows(), rows.len() as u64);
        FileOutcome::of(&counts, [])
    };
    assert_eq!(outcome(&[]), FileOutcome::Leeg);
    assert_eq!(
        outcome(&[Geaccepteerd, TeControleren, Dubbel, Geteld]),
        FileOutcome::Verwerkt
    );
    assert_eq!(outcome(&[Dubbel]), FileOutcome::Verwerkt);
    assert_eq!(
        outcome(&[Geaccepteerd, Afgekeurd]),
        FileOutcome::DeelsVerwerkt
    );
    assert_eq!(outcome(&[Afgekeurd, Afgekeurd]), FileOutcome::Geweigerd);
}

#[test]
fn the_heaviest_outcome_wins() {
    use domain::finding::Finding;
    let of = |codes: &[Code], counted| {
        let findings: Vec<Finding> = codes.iter().map(|code| Finding::whole(*code)).collect();
        RowOutcome::of(&findings, counted)
    };
    assert_eq!(
        of(&[Code::D01, Code::D02, Code::P18], false),
        RowOutcome::Afgekeurd
    );
    assert_eq!(of(&[Code::D01, Code::P18], true), RowOutcome::Dubbel);
    assert_eq!(of(&[Code::V22], true), RowOutcome::Geteld);
    assert_eq!(
        of(&[Code::P17, Code::P18, Code::H02], false),
        RowOutcome::TeControleren
    );
    assert_eq!(of(&[Code::P17, Code::H02], false), RowOutcome::Geaccepteerd);
}

/// What a row of the small world below says, written out: compared field by field, without any digest.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Said {
    mutation: &'static str,
    key: &'static str,
    consent: bool,
    bsn: &'static str,
    dose: &'static str,
    batch: &'static str,
}

impl Said {
    fn is_withdrawal(&self) -> bool {
        self.mutation == "V" || (self.mutation == "C" && !self.consent)
    }

    fn is_accepted(&self) -> bool {
        self.mutation == "N" || !self.key.is_empty()
    }

    fn repeats(&self, other: &Self) -> bool {
        if self.is_withdrawal() || other.is_withdrawal() {
            return self.is_withdrawal() && other.is_withdrawal() && self.key == other.key;
        }
        let same =
            self.consent == other.consent && self.batch == other.batch && self.dose == other.dose;
        if self.consent {
            same && self.mutation == other.mutation && self.bsn == other.bsn
        } else {
            same && !self.key.is_empty() && self.key == other.key
        }
    }

    fn contradicts(&self, other: &Self) -> bool {
        if self.repeats(other) {
            return false;
        }
        let same_key =
            !self.key.is_empty() && self.key == other.key && self.mutation == other.mutation;
        let withdrawn = self.is_withdrawal() || other.is_withdrawal();
        let same_jab = !withdrawn
            && self.consent
            && other.consent
            && self.bsn == other.bsn
            && self.dose == other.dose;
        same_key || same_jab
    }

    fn row(self) -> domain::row::RawRow<'static> {
        let mut row = fixtures::row(if self.consent { GOOD } else { COUNTED }, &[]);
        for (column, text) in [
            (Mutatie, self.mutation),
            (Bronsleutel, self.key),
            (Dosisnummer, self.dose),
            (Batchnummer, self.batch),
        ] {
            row.set(column, text);
        }
        if self.consent {
            row.set(Bsn, self.bsn);
        }
        row
    }
}

fn said() -> impl Strategy<Value = Said> {
    let one_of = |texts: &[&'static str]| proptest::sample::select(texts.to_vec());
    (
        one_of(&["N", "N", "N", "C", "V"]),
        one_of(&["", "A", "B", "C"]),
        proptest::bool::weighted(0.7),
        one_of(&["999990019", "999995571"]),
        one_of(&["1", "2"]),
        one_of(&["EJ6795", "EJ6796"]),
    )
        .prop_map(|(mutation, key, consent, bsn, dose, batch)| Said {
            mutation,
            key,
            consent,
            bsn,
            dose,
            batch,
        })
}

proptest! {
    #[test]
    fn digests_find_exactly_what_comparing_every_pair_finds(rows in proptest::collection::vec(said(), 0..12)) {
        let found = judged(rows.iter().map(|said| said.row()));
        let lines: Vec<(u32, Said)> = (2..).zip(rows).filter(|(_, said)| said.is_accepted()).collect();
        let mut expected = Vec::new();
        for (line, said) in &lines {
            if lines.iter().any(|(_, other)| said.contradicts(other)) {
                expected.push((*line, Code::D02));
            }
            if lines.iter().any(|(other_line, other)| other_line < line && said.repeats(other)) {
                expected.push((*line, Code::D01));
            }
        }
        let short: Vec<(u32, Code)> = found.iter().map(|(line, code, _)| (*line, *code)).collect();
        prop_assert_eq!(short, expected);
        // The row that is named says what the finding says of it.
        let at = |wanted: u32| lines.iter().find(|(line, _)| *line == wanted).map(|(_, said)| *said);
        for (line, code, other) in found {
            let (said, other_said) = (at(line).unwrap(), at(other).unwrap());
            let holds = match code {
                Code::D01 => said.repeats(&other_said) && other < line,
                _ => said.contradicts(&other_said),
            };
            prop_assert!(holds);
        }
    }
}

//! Judging a row against the BRP: every line of the table of judgements (domain §6.4).

use domain::dates::PartialDate;
use domain::finding::{Code, Severity};
use domain::matching::{Asked, Candidate, Judged, Match, NameParts, Suspension, Thresholds, judge};
use time::macros::date;

const DAY: time::Date = date!(2021 - 01 - 27);

fn lo3(text: &str) -> PartialDate {
    PartialDate::from_lo3(text).expect("a date as the BRP writes it")
}

fn asked(birth: &str, surname: &'static str) -> Asked<'static> {
    Asked {
        has_bsn: true,
        birth_date: lo3(birth),
        name: NameParts::own(surname, ""),
    }
}

fn list(birth: &str) -> Candidate<'static> {
    Candidate {
        birth_date: lo3(birth),
        name: NameParts::own("Bultenaar", ""),
        suspension: None,
        death: None,
        secret: false,
    }
}

fn judged(asked: Asked<'_>, lists: &[Candidate<'_>]) -> Judged {
    judge(asked, lists, DAY, false, Thresholds::default())
}

fn codes(judged: &Judged) -> Vec<Code> {
    judged
        .findings()
        .iter()
        .map(|finding| finding.code)
        .collect()
}

#[test]
fn one_list_with_the_same_birth_date_is_found() {
    for (delivered, known) in [
        ("19400401", "19400401"),
        ("19400000", "19400401"),
        ("19400400", "19400401"),
        ("19400401", "19400000"),
        ("19400401", "19400400"),
    ] {
        let judged = judged(asked(delivered, ""), &[list(known)]);
        assert_eq!(
            (judged.result, judged.candidate),
            (Match::Gevonden, Some(0)),
            "{delivered} {known}"
        );
        assert_eq!(codes(&judged), []);
    }
}

#[test]
fn another_date_no_list_and_two_lists_give_one_and_the_same_code() {
    for (judged, result) in [
        (
            judged(asked("19400402", "Bultenaar"), &[list("19400401")]),
            Match::DatumAnders,
        ),
        (
            judged(asked("19410000", ""), &[list("19400401")]),
            Match::DatumAnders,
        ),
        (judged(asked("19400401", ""), &[]), Match::NietGevonden),
        (
            judged(asked("19400401", ""), &[list("19400401"), list("19500401")]),
            Match::NietUniek,
        ),
    ] {
        assert_eq!((judged.result, codes(&judged)), (result, vec![Code::B10]));
        assert!(!judged.result.is_matched());
    }
}

#[test]
fn a_list_that_is_an_error_or_wiped_is_nobody() {
    for letter in ["F", "W"] {
        let nobody = Candidate {
            suspension: Suspension::parse(letter),
            ..list("19400401")
        };
        assert_eq!(
            judged(asked("19400401", ""), &[nobody]).result,
            Match::NietGevonden
        );
        let judged = judged(asked("19400401", ""), &[nobody, list("19400401")]);
        assert_eq!(
            (judged.result, judged.candidate),
            (Match::Gevonden, Some(1))
        );
    }
}

#[test]
fn a_differing_name_is_a_warning_or_goes_to_review() {
    let list = Candidate {
        name: NameParts::own("Janssen", ""),
        ..list("19400401")
    };
    for (name, expected) in [
        ("Janssen", None),
        ("Jansen", None),
        ("", None),
        ("Maassen", Some(Severity::Waarschuwing)),
        ("Bultenaar", Some(Severity::Controle)),
    ] {
        let judged = judged(asked("19400401", name), &[list]);
        let found = judged
            .findings()
            .first()
            .map(|finding| (finding.code, finding.severity));
        assert_eq!(
            found,
            expected.map(|severity| (Code::B11, severity)),
            "{name}"
        );
        assert_eq!(
            judged.result == Match::NaamWijktAf,
            expected.is_some(),
            "{name}"
        );
    }
}

#[test]
fn a_brp_surname_that_is_unknown_is_not_compared() {
    for unknown in [".", "", " "] {
        let list = Candidate {
            name: NameParts::own(unknown, ""),
            ..list("19400401")
        };
        assert_eq!(
            judged(asked("19400401", "Jansen"), &[list]).result,
            Match::Gevonden
        );
    }
}

#[test]
fn an_unknown_birth_date_in_the_brp_passes_only_by_name() {
    assert_eq!(
        judged(asked("19400401", "Bultenaar"), &[list("00000000")]).result,
        Match::Gevonden
    );
    for name in ["Jansen", ""] {
        let judged = judged(asked("19400401", name), &[list("00000000")]);
        assert_eq!(
            (judged.result, codes(&judged)),
            (Match::DatumAnders, vec![Code::B10]),
            "{name}"
        );
    }
}

#[test]
fn death_counts_from_its_latest_possible_day() {
    for (death, expected) in [
        ("20210126", Match::Overleden),
        ("20210127", Match::Gevonden),
        ("20210128", Match::Gevonden),
        ("20210100", Match::Gevonden),
        ("20201200", Match::Overleden),
        ("20210000", Match::Gevonden),
        ("20200000", Match::Overleden),
        ("00000000", Match::Gevonden),
    ] {
        let dead = Candidate {
            suspension: Some(Suspension::Deceased),
            death: Some(lo3(death)),
            ..list("19400401")
        };
        let judged = judged(asked("19400401", ""), &[dead]);
        assert_eq!(judged.result, expected, "{death}");
        assert_eq!(
            codes(&judged),
            if expected == Match::Overleden {
                vec![Code::B12]
            } else {
                vec![]
            }
        );
    }
}

#[test]
fn emigrated_and_other_suspended_lists_are_matched_and_marked() {
    for (letter, expected) in [
        ("E", Match::Geemigreerd),
        ("R", Match::Rni),
        ("M", Match::Overig),
        (".", Match::Overig),
    ] {
        let list = Candidate {
            suspension: Suspension::parse(letter),
            secret: true,
            ..list("19400401")
        };
        let judged = judged(asked("19400401", ""), &[list]);
        assert_eq!(
            (judged.result, judged.secret, codes(&judged)),
            (expected, true, vec![])
        );
    }
}

#[test]
fn an_old_copy_postpones_and_a_row_without_bsn_goes_to_review() {
    let judged = judge(
        asked("19400401", ""),
        &[list("19400401")],
        DAY,
        true,
        Thresholds::default(),
    );
    assert_eq!(
        (judged.result, codes(&judged)),
        (Match::Uitgesteld, vec![Code::B13])
    );
    let without = Asked {
        has_bsn: false,
        ..asked("19400401", "Jansen")
    };
    let judged = judge(without, &[], DAY, true, Thresholds::default());
    assert_eq!(
        (judged.result, codes(&judged)),
        (Match::ZonderBsn, vec![Code::B14])
    );
}

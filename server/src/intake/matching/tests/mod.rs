//! However many vaccinations a person has, what is said of each is what looking through all of them says.

mod plain;

use super::doubles::{self, Place};
use super::history::{History, Jab};
use super::{
    Batches, BrpFacts, Came, Effect, Facts, Incoming, Judged, Known, Stored, Told, again, against,
    judge, own_doses,
};
use domain::codes::CodeLists;
use domain::dates::dutch;
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding};
use domain::row::{Accepted, Column, Context, RowText, Vaccination};
use domain::vaccine::VaccineId;
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;
use time::macros::{date, datetime};
use time::{Date, Duration};
use uuid::Uuid;

const PERSON: Uuid = Uuid::from_u128(1);
const FIRST_DAY: Date = date!(2021 - 03 - 01);
/// More than there are days, so that many are of one day.
const DAYS: usize = 1_500;

static LISTS: LazyLock<CodeLists> = LazyLock::new(CodeLists::builtin);

/// A few vaccinations that have much in common.
static FEW: LazyLock<Vec<Vaccination>> = LazyLock::new(|| {
    let mut few = Vec::new();
    for day in 0..5 {
        for product in ["Comirnaty", "Spikevax"] {
            for batch in ["EJ6796", "EJ6797"] {
                few.extend((1..=3).map(|dose| said("N", day, (product, batch, dose))));
            }
        }
    }
    few
});

fn said(mutation: &str, day: usize, (product, batch, dose): (&str, &str, usize)) -> Vaccination {
    let mut row = RowText::default();
    let on = FIRST_DAY + Duration::days(i64::try_from(day).unwrap());
    let (on, dose) = (dutch(on), dose.to_string());
    for (column, text) in [
        (Column::Bronsleutel, "k"),
        (Column::Mutatie, mutation),
        (Column::Toestemming, "J"),
        (Column::Bsn, "999990019"),
        (Column::Geboortedatum, "01-04-1940"),
        (Column::Vaccinatiedatum, on.as_str()),
        (Column::Vaccin, product),
        (Column::Batchnummer, batch),
        (Column::Dosisnummer, dose.as_str()),
    ] {
        row.set(column, text);
    }
    let context = Context {
        today: date!(2026 - 01 - 01),
        ..domain::fixtures::context(&LISTS)
    };
    let checked = domain::row::check(&row.as_raw(), &context);
    match checked.accepted {
        Some(Accepted::Vaccination(jab)) => *jab,
        _ => panic!("{:?}", checked.findings),
    }
}

fn facts() -> Facts {
    Facts {
        brp: BrpFacts {
            late: true,
            ..BrpFacts::default()
        },
        batches: Batches::default(),
        agbs: Vec::new(),
        keys: HashMap::new(),
        jabs: HashMap::new(),
        intervals: HashMap::from([(VaccineId(1), 2), (VaccineId(2), 3)]),
        kept_out: HashMap::new(),
    }
}

fn jab(id: usize, said: &Vaccination) -> Jab {
    Jab {
        id: number(id),
        date: said.date(),
        vaccine: said.vaccine(),
        batch: said.batch().as_str().to_owned(),
        dose: said.dose(),
        own: BTreeSet::new(),
        linked: BTreeSet::new(),
        others: false,
        settled: false,
    }
}

fn history(jabs: impl IntoIterator<Item = Jab>) -> HashMap<Uuid, History> {
    let mut history = History::default();
    jabs.into_iter().for_each(|jab| history.add(jab));
    HashMap::from([(PERSON, history)])
}

fn number(one: usize) -> Uuid {
    Uuid::from_u128(one as u128)
}

fn known(registration: Uuid, vaccination: Option<Uuid>) -> Known {
    Known {
        registration,
        version: 1,
        digest: None,
        said_before: Vec::new(),
        person: Some(PERSON),
        vaccination,
        withdrawn: false,
        undone: false,
        later: false,
        waits: false,
        goes_on: false,
    }
}

fn row(line: usize, key: &str, jab: Vaccination) -> Incoming {
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&line.to_be_bytes());
    Incoming {
        line: u32::try_from(line).unwrap(),
        raw: RowText::default(),
        findings: Vec::new(),
        repairs: Vec::new(),
        accepted: Some(Accepted::Vaccination(Box::new(jab))),
        person: Some(PERSON),
        digest: Some(digest),
        source_key: Some(key.to_owned()).filter(|key| !key.is_empty()),
        if_found: None,
        reason: None,
        replaces: None,
        linked: None,
        stored: None,
        unasked: false,
    }
}

fn has(judged: &Judged, code: Code) -> bool {
    let mut findings = judged.row.findings.iter();
    findings.any(|finding| finding.code == code)
}

fn with(judged: &[Judged], code: Code) -> usize {
    judged.iter().filter(|row| has(row, code)).count()
}

fn is_new(judged: &Judged) -> bool {
    matches!(
        judged.effect,
        Effect::Report {
            place: Place::New(_),
            ..
        }
    )
}

/// How each finding is told.
fn how(told: &[Told]) -> Vec<(&'static str, Finding)> {
    let one = |told: &Told| match told {
        Told::Same(finding) => ("same", finding.clone()),
        Told::Hidden(finding) => ("hidden", finding.clone()),
        Told::OnlySender(finding) => ("sender", finding.clone()),
    };
    told.iter().map(one).collect()
}

/// A vaccination that is known: what it says, by how many registrations of the party itself and by way of RIVM, by others, and
/// settled.
type There = (usize, usize, usize, bool, bool);

fn there() -> impl Strategy<Value = There> {
    let sources = (0_usize..3, 0_usize..2);
    let there = (0..FEW.len(), sources, any::<bool>(), any::<bool>());
    there.prop_map(|(said, (own, linked), others, settled)| (said, own, linked, others, settled))
}

#[derive(Debug, Clone)]
enum Step {
    /// A row that says this, in the place of one of the registrations or of none.
    Says {
        said: usize,
        replaces: Option<usize>,
        corrects: bool,
        by_rivm: bool,
        accepted: bool,
        stored: bool,
    },
    /// One of the registrations ends.
    Ends(usize),
}

fn step() -> impl Strategy<Value = Step> {
    let replaces = proptest::option::of(0_usize..50);
    let how = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    let says = (0..FEW.len(), replaces, how).prop_map(|(said, replaces, how)| {
        let (corrects, by_rivm, accepted, stored) = how;
        Step::Says {
            said,
            replaces,
            corrects,
            by_rivm,
            accepted,
            stored,
        }
    });
    prop_oneof![6 => says, 1 => (0_usize..50).prop_map(Step::Ends)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_row_is_told_what_all_that_is_known_of_its_person_says(
        known_before in vec(there(), 0..8),
        steps in vec(step(), 1..40),
    ) {
        let (mut list, mut reports): (Vec<Jab>, Vec<Uuid>) = (Vec::new(), Vec::new());
        for (at, (said, own, linked, others, settled)) in known_before.into_iter().enumerate() {
            let first = 1_000 + 10 * at;
            let (own, linked) = (first..first + own, first + own..first + own + linked);
            reports.extend(own.clone().chain(linked.clone()).map(number));
            list.push(Jab {
                own: own.map(number).collect(),
                linked: linked.map(number).collect(),
                others,
                settled,
                ..jab(100 + at, &FEW[said])
            });
        }
        let mut facts = Facts { jabs: history(list.clone()), ..facts() };
        for (at, step) in steps.into_iter().enumerate() {
            let one_of = |which: usize| reports.get(which % reports.len().max(1)).copied();
            match step {
                Step::Ends(which) => {
                    let gone = one_of(which).unwrap_or_default();
                    plain::forget(&mut list, gone);
                    doubles::forget(&mut facts, PERSON, gone);
                }
                Step::Says { said, replaces, corrects, by_rivm, accepted, stored } => {
                    let jab = &FEW[said];
                    let gone = replaces.and_then(one_of);
                    let rests = |jab: &&Jab| gone.is_some_and(|gone| jab.own.contains(&gone) || jab.linked.contains(&gone));
                    let stood = list.iter().find(rests).map(|jab| jab.id);
                    let goes_on = plain::goes_on(stood, jab, &list);
                    prop_assert_eq!(goes_on, doubles::goes_on(stood, jab, facts.jabs.get(&PERSON)));
                    let replaces = gone.map(|gone| Known { goes_on, ..known(gone, stood) });
                    let replaces = replaces.as_ref();
                    let mut told = Vec::new();
                    let place = doubles::judge((jab, corrects), PERSON, by_rivm, replaces, &facts, &mut told);
                    let (same, plainly) = plain::judge((jab, corrects), by_rivm, replaces, &list, &facts.intervals);
                    prop_assert_eq!(how(&told), how(&plainly));
                    prop_assert_eq!(same, match place {
                        Place::Same(id) => Some(id),
                        Place::New(_) => None,
                    });
                    if stored {
                        let registration = gone.unwrap_or_else(|| number(10_000 + at));
                        let outcome = (by_rivm, accepted);
                        plain::remember(&mut list, registration, outcome, replaces, place, jab);
                        doubles::remember(&mut facts, PERSON, registration, outcome, replaces, place, jab);
                        reports.push(registration);
                    }
                }
            }
            let own = list.iter().filter(|jab| !jab.own.is_empty()).count();
            prop_assert_eq!(usize::try_from(own_doses(&facts, PERSON)).ok(), Some(own));
        }
    }

    #[test]
    fn a_stored_row_is_judged_again_as_if_what_came_after_it_were_not_there(
        stored in vec((there(), (0_i64..6, 0_i64..6), any::<bool>()), 1..12),
    ) {
        // Rows of two deliveries can have come at one moment with one number.
        let came = |minute: i64, at: usize| -> Came {
            (datetime!(2021-03-01 12:00 UTC) + Duration::minutes(minute), i32::try_from(at / 2).unwrap())
        };
        let (mut jabs, mut rows, mut since) = (Vec::new(), Vec::new(), HashMap::new());
        for (at, ((said, _, _, others, settled), (first, last), alone)) in stored.into_iter().enumerate() {
            let own = BTreeSet::from([number(1_000 + at)]);
            let jab = Jab { own, others, settled, ..jab(100 + at, &FEW[said]) };
            if alone {
                since.insert(jab.id, came(first, at));
            }
            rows.push((row(at, "", FEW[said].clone()), jab.id, came(last, at)));
            jabs.push(jab);
        }
        let seen = |row: &Judged| (row.outcome, row.row.findings.clone(), row.shown.clone(), is_new(row));
        let plainly = rows.iter().map(|(row, own, came)| {
            let is_known = |jab: &&Jab| jab.id != *own && since.get(&jab.id).is_none_or(|since| since <= came);
            let others = jabs.iter().filter(is_known).cloned();
            let mut facts = Facts { jabs: history(others), ..facts() };
            seen(&against(row.clone(), &mut facts))
        });
        let plainly: Vec<_> = plainly.collect();
        let mut facts = Facts { jabs: history(jabs.clone()), ..facts() };
        let stored = rows.into_iter().map(|(row, jab, came)| Stored { row, jab, came });
        let judged = again(stored.collect(), &since, &mut facts);
        prop_assert_eq!(judged.iter().map(seen).collect::<Vec<_>>(), plainly);
    }
}

/// One of very many of a person: never two of one content, and of a dose one a day.
fn of_many(mutation: &str, at: usize, batch: &str) -> Vaccination {
    said(mutation, at % DAYS, ("Comirnaty", batch, 1 + at / DAYS % 9))
}

#[test]
fn ten_thousand_rows_about_one_person_and_the_correction_of_each_are_judged() {
    const PAIRS: usize = 10_000;
    let key = |at: usize| format!("k-{at}");
    let new = (0..PAIRS).map(|at| row(at, &key(at), of_many("N", at, "EJ6796")));
    let corrected = (0..PAIRS).map(|at| {
        let says = of_many("C", at, "EJ6797");
        row(PAIRS + at, &key(at), says)
    });
    let last = [
        row(2 * PAIRS, "as-it-was", of_many("N", 5, "EJ6796")),
        row(2 * PAIRS + 1, "as-it-is", of_many("N", 5, "EJ6797")),
    ];
    let judged = judge(new.chain(corrected).chain(last).collect(), &mut facts());
    let (pairs, last) = judged.split_at(2 * PAIRS);
    assert!(pairs.iter().all(is_new));
    // Each but the first of its day, and each but the first of its dose; beside a correction all the others are there.
    assert_eq!(with(pairs, Code::D04), 2 * PAIRS - DAYS);
    assert_eq!(with(pairs, Code::D05), 2 * PAIRS - PAIRS.div_ceil(DAYS));
    assert_eq!(pairs[0].doses, Some((0, 1)));
    assert_eq!(pairs[PAIRS - 1].doses, Some((9_999, 10_000)));
    assert_eq!(pairs[2 * PAIRS - 1].doses, Some((10_000, 10_000)));
    assert!(is_new(&last[0]) && !has(&last[0], Code::D03));
    assert_eq!(last[1].outcome, RowOutcome::Dubbel);
}

#[test]
fn ten_thousand_rows_of_one_person_that_wait_are_each_judged_against_what_came_before() {
    const ROWS: usize = 10_000;
    let start = datetime!(2021-03-01 12:00 UTC);
    let (mut jabs, mut rows, mut since) = (Vec::new(), Vec::new(), HashMap::new());
    for at in 0..ROWS {
        let says = of_many("N", at, "EJ6796");
        let own = BTreeSet::from([number(100_000 + at)]);
        let jab = Jab {
            own,
            ..jab(10 + at, &says)
        };
        let seconds = i64::try_from(at).unwrap();
        let came = (start + Duration::seconds(seconds), 1);
        since.insert(jab.id, came);
        rows.push(Stored {
            row: row(at, "", says),
            jab: jab.id,
            came,
        });
        jabs.push(jab);
    }
    // They need not stand in the order in which they came.
    rows.reverse();
    let mut facts = Facts {
        jabs: history(jabs),
        ..facts()
    };
    let judged = again(rows, &since, &mut facts);
    assert!(judged.iter().rev().map(|row| row.row.line).eq(0..10_000));
    assert!(judged.iter().all(is_new));
    assert_eq!(with(&judged, Code::D04), ROWS - DAYS);
    assert_eq!(with(&judged, Code::D05), ROWS - ROWS.div_ceil(DAYS));
}

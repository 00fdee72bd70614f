//! What holds for every row anybody can send: no panic, the same answer twice, repairs that are final, and
//! no value of the row in anything that is shown or logged. `PROPTEST_CASES=100000` makes a night of it.

use domain::codes::CodeLists;
use domain::delivery::{Channel, RowOutcome};
use domain::duplicate::InFile;
use domain::finding::{Code, Filled, Severity};
use domain::fixtures;
use domain::party::{Agb, BigNumber, TargetGroup};
use domain::row::{
    Accepted, Checked, Column, Context, PartyProfile, Profile, RepairSet, RowText, check, glance,
};
use domain::text::Lang;
use proptest::prelude::*;

/// Texts that mean something to some column, the good ones of the fixtures among them.
fn known() -> impl Strategy<Value = String> {
    let cells = fixtures::ALL
        .iter()
        .flat_map(|fixture| [fixture.base, fixture.failing, fixture.passing])
        .flatten();
    let mut texts: Vec<&str> = cells
        .map(|(_, text)| *text)
        .filter(|text| text.len() < 1_000)
        .collect();
    texts.sort_unstable();
    texts.dedup();
    proptest::sample::select(texts).prop_map(str::to_owned)
}

/// A known text with the wear and tear of the road.
fn worn() -> impl Strategy<Value = String> {
    let wear = proptest::sample::select(vec![
        "\u{a0}", "\u{200b}", "\u{feff}", " ", "'", ".", "-", ".0", ",0", "0", "E+08", "lot ",
        "LOT:", ", de", "/", "\0", "\u{80}", "#", "1", "ij",
    ]);
    (known(), wear, any::<proptest::sample::Index>()).prop_map(|(text, wear, at)| {
        let places: Vec<usize> = text
            .char_indices()
            .map(|(place, _)| place)
            .chain([text.len()])
            .collect();
        let (before, after) = text.split_at(places[at.index(places.len())]);
        [before, wear, after].concat()
    })
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![4 => Just(String::new()), 6 => known(), 6 => worn(), 2 => "[0-9]{1,11}", 1 => "[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}", 2 => ".{0,40}"]
}

/// A row whose cells proptest may show: they are all made up.
#[derive(Clone)]
struct Shown(RowText);

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cells = Column::ALL
            .into_iter()
            .map(|column| (column.name(), self.0.get(column)));
        f.debug_map()
            .entries(cells.filter(|(_, text)| !text.is_empty()))
            .finish()
    }
}

/// A row that starts from a good one, so that many are accepted.
fn row() -> impl Strategy<Value = Shown> {
    let base = proptest::sample::select(vec![fixtures::GOOD, fixtures::COUNTED, &[]]);
    let changes = proptest::collection::vec(
        (
            proptest::sample::select(Column::ALL.to_vec()),
            prop_oneof![cell(), known(), worn()],
        ),
        0..6,
    );
    (base, changes).prop_map(|(base, changes)| {
        let mut row = RowText::from(&fixtures::row(base, &[]));
        changes
            .into_iter()
            .for_each(|(column, text)| row.set(column, text));
        Shown(row)
    })
}

/// A good row with cells that the fixtures have in the same column, right and wrong, and some worn ones.
fn nearly_good() -> impl Strategy<Value = Shown> {
    let cells = fixtures::ALL
        .iter()
        .flat_map(|fixture| [fixture.base, fixture.failing, fixture.passing])
        .flatten()
        .filter(|(_, text)| text.len() < 1_000)
        .map(|(column, text)| (*column, (*text).to_owned()));
    let own = proptest::sample::select(cells.collect::<Vec<_>>());
    let other = (proptest::sample::select(Column::ALL.to_vec()), cell());
    let changes = proptest::collection::vec(prop_oneof![4 => own, 1 => other], 0..5);
    changes.prop_map(|changes| {
        let mut row = RowText::from(&fixtures::row(fixtures::GOOD, &[]));
        changes
            .into_iter()
            .for_each(|(column, text)| row.set(column, text));
        Shown(row)
    })
}

fn profile() -> impl Strategy<Value = Profile> {
    let defaults = PartyProfile {
        default_target_group: Some(TargetGroup::OVERIG),
        agb: Agb::parse("06010203"),
        big: BigNumber::parse("19012345601"),
    };
    proptest::sample::select(vec![
        Profile::Unknown,
        Profile::Party(PartyProfile::default()),
        Profile::Party(defaults),
    ])
}

fn off() -> impl Strategy<Value = RepairSet> {
    let kinds: Vec<Code> = RepairSet::kinds().collect();
    prop_oneof![
        3 => Just(RepairSet::NONE),
        1 => proptest::sample::subsequence(kinds, 0..8).prop_map(|codes| codes.into_iter().collect()),
    ]
}

fn judge(row: &RowText, off: RepairSet, known_party: bool) -> Checked {
    let lists = CodeLists::builtin();
    let profile = if known_party {
        Profile::Party(PartyProfile::default())
    } else {
        Profile::Unknown
    };
    let context = Context {
        today: fixtures::TODAY,
        channel: Channel::Sftp,
        profile,
        lists: &lists,
        off,
        test_lane: false,
    };
    check(&row.as_raw(), &context)
}

fn without_repairs(checked: &Checked) -> Vec<(Code, Option<Column>)> {
    // Damaged accents are seen in the cell as it came: invisible ones go with the repair.
    let kept = |code: Code| !code.is_repair() && code != Code::P22;
    checked
        .findings
        .iter()
        .filter(|finding| kept(finding.code))
        .map(|finding| (finding.code, finding.column))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn a_glance_says_of_a_row_what_the_check_says(
        row in nearly_good(), off in off(), profile in profile(), upload: bool, test_lane in proptest::bool::weighted(0.1)
    ) {
        let lists = CodeLists::builtin();
        let channel = if upload { Channel::Upload } else { Channel::Sftp };
        let context = Context { today: fixtures::TODAY, channel, profile, lists: &lists, off, test_lane };
        let raw = row.0.as_raw();
        let Some(ordinary) = glance(&raw, &context) else { return Ok(()) };
        let checked = check(&raw, &context);
        prop_assert_eq!(checked.outcome, RowOutcome::Geaccepteerd);
        prop_assert_eq!((checked.findings.len(), checked.repairs.len()), (0, 0));
        prop_assert_eq!(checked.evidence, ordinary.evidence);
        let (mut by_check, mut by_glance) = (InFile::default(), InFile::default());
        by_check.add(2, &checked);
        by_glance.add_keys(2, ordinary.keys);
        prop_assert_eq!(format!("{by_check:?}"), format!("{by_glance:?}"));
    }
}

proptest! {
    #[test]
    fn the_same_row_gives_the_same_answer(Shown(row) in row(), off in off(), known: bool) {
        prop_assert_eq!(judge(&row, off, known), judge(&row, off, known));
    }

    #[test]
    fn repairing_twice_changes_nothing_more(Shown(row) in row(), off in off(), known: bool) {
        let first = judge(&row, off, known);
        let repaired = first.repaired(&row.as_raw());
        let second = judge(&repaired, off, known);
        prop_assert_eq!(second.repairs.len(), 0, "{:?}", second.findings);
        prop_assert_eq!(without_repairs(&first), without_repairs(&second));
        prop_assert_eq!(first.accepted, second.accepted);
    }

    #[test]
    fn switched_off_repairs_are_not_made(Shown(row) in row(), off in off()) {
        let checked = judge(&row, off, false);
        prop_assert!(checked.repairs.iter().all(|repair| !off.contains(repair.code)));
        prop_assert!(checked.findings.iter().all(|finding| !off.contains(finding.code)));
    }

    #[test]
    fn outcome_findings_and_content_agree(Shown(row) in row(), off in off(), known: bool) {
        let checked = judge(&row, off, known);
        let refused = checked.findings.iter().any(|finding| finding.severity == Severity::Fout);
        prop_assert_eq!(checked.outcome == RowOutcome::Afgekeurd, refused);
        prop_assert_eq!(checked.accepted.is_none(), refused, "{:?}", checked.findings);
        let counted = matches!(checked.accepted, Some(Accepted::Count(_)));
        prop_assert_eq!(checked.outcome == RowOutcome::Geteld, counted);
    }

    #[test]
    fn no_finding_is_told_twice_of_one_cell(Shown(row) in row(), off in off(), known: bool) {
        let mut found: Vec<_> = judge(&row, off, known).findings.iter().map(|finding| (finding.column, finding.code)).collect();
        found.sort();
        let all = found.len();
        found.dedup();
        prop_assert_eq!(found.len(), all);
    }

    #[test]
    fn a_sentence_never_holds_a_value(Shown(row) in row(), off in off(), known: bool) {
        for finding in judge(&row, off, known).findings {
            prop_assert_eq!(&finding.filled, &Filled::Nothing);
            prop_assert_eq!(finding.message(), finding.code.sentence(Lang::Nl));
        }
    }

    #[test]
    fn debug_output_never_holds_a_value(Shown(base) in row(), mark in "Q[A-Z]{7}", at in proptest::sample::select(Column::ALL.to_vec())) {
        let mut row = base;
        row.set(at, format!("{}{mark}", row.get(at)));
        let checked = judge(&row, RepairSet::NONE, true);
        let shown = format!("{checked:?}");
        prop_assert!(!shown.contains(&mark));
    }

    #[test]
    fn without_consent_the_answer_does_not_depend_on_what_is_said_of_the_person(Shown(row) in row(), values in proptest::collection::vec("[A-Za-z0-9]{1,12}", 8)) {
        let (mut one, mut other) = (row.clone(), row);
        for (column, value) in Column::ALL.into_iter().filter(|column| column.is_personal()).zip(&values) {
            one.set(column, value.as_str());
            other.set(column, "#N/B");
        }
        for row in [&mut one, &mut other] {
            row.set(Column::Toestemming, "N");
        }
        prop_assert_eq!(judge(&one, RepairSet::NONE, true), judge(&other, RepairSet::NONE, true));
    }

    #[test]
    fn any_header_text_is_read_without_panic(header in ".{0,60}") {
        let _ = Column::from_header(&header);
    }

    #[test]
    fn an_exact_bsn_in_a_source_key_is_always_found(before in "[a-zA-Z._-]{0,20}", after in "[a-zA-Z._-]{0,20}", n in 1_u32..99_999_999) {
        let digits = format!("{n:08}");
        let sum: u32 = digits.bytes().zip((2..=9).rev()).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
        let key = format!("{before}{digits}{}{after}", sum % 11);
        // A rest of ten fits no digit: such a number cannot be finished to a BSN.
        prop_assert_eq!(domain::bsn::hides_a_bsn(&key), sum % 11 < 10);
    }
}

//! The row check on bytes of any kind: no panic, the same answer twice, repairs that are final, outcome and
//! content that agree, and a glance that says nothing else. Cells are parted by a unit separator; the first byte chooses repairs to switch off.
#![no_main]

use domain::codes::CodeLists;
use domain::delivery::{Channel, RowOutcome};
use domain::duplicate::InFile;
use domain::row::{Column, Context, PartyProfile, Profile, RawRow, RepairSet, check, glance};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static LISTS: LazyLock<CodeLists> = LazyLock::new(CodeLists::builtin);

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let mut row = RawRow::EMPTY;
    for (column, cell) in Column::ALL.into_iter().zip(text.split('\u{1f}')) {
        row.set(column, cell);
    }
    let kinds = RepairSet::kinds().enumerate().filter(|(bit, _)| choice & (1 << bit) != 0);
    let context = Context {
        today: time::macros::date!(2021 - 06 - 15),
        channel: Channel::ALL[usize::from(choice) % Channel::ALL.len()],
        profile: if choice & 1 == 0 { Profile::Unknown } else { Profile::Party(PartyProfile::default()) },
        lists: &LISTS,
        off: kinds.map(|(_, code)| code).collect(),
        test_lane: choice & 2 != 0,
    };
    let first = check(&row, &context);
    assert_eq!(first, check(&row, &context));
    assert_eq!(first.accepted.is_none(), first.outcome == RowOutcome::Afgekeurd);
    let repaired = first.repaired(&row);
    assert!(check(&repaired.as_raw(), &context).repairs.is_empty());
    if let Some(ordinary) = glance(&row, &context) {
        assert_eq!(first.outcome, RowOutcome::Geaccepteerd);
        assert!(first.findings.is_empty() && first.repairs.is_empty());
        assert_eq!(first.evidence, ordinary.evidence);
        let (mut by_check, mut by_glance) = (InFile::default(), InFile::default());
        by_check.add(2, &first);
        by_glance.add_keys(2, ordinary.keys);
        assert_eq!(format!("{by_check:?}"), format!("{by_glance:?}"));
    }
});

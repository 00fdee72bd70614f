//! Rule A20 for a large file, without asking the register about every row before anything is stored.
//!
//! Rows are drawn by lot while the file is read the first time. When clearly enough of them match the BRP, so do
//! the rows of the file: of 2,000 drawn, an error of ten percentage points has a chance below 10^-17 (Hoeffding). When
//! it is not clear, all rows are asked.

use super::{LOW_MATCH_PERCENT, Road};
use crate::intake::judge::Watch;
use crate::intake::matching::compare;
use crate::keys::Mac;
use crate::store::register::{self, BrpList};
use crate::store::{StoreError, chunk_tx};
use domain::bsn::Bsn;
use domain::matching::Asked;
use domain::row::{Accepted, Checked, Person};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use time::Date;

/// Rows that are drawn at least before the lot may decide; a smaller file is asked whole.
const ENOUGH: usize = 2_000;
/// Percentage points above the limit of the rule from which the lot decides.
const CLEARLY: usize = 10;
/// Rows asked in one query.
const AT_ONCE: usize = 5_000;

/// Draws rows by lot: all at first, and each time there are twice [`ENOUGH`], every second one goes.
pub(super) struct Lot {
    hasher: RandomState,
    /// A row stays when this many low bits of its hash are zero. Changed by who holds `drawn` alone.
    bits: AtomicU32,
    drawn: Mutex<Vec<(u64, Person, Date)>>,
}

impl Lot {
    /// Nothing drawn yet.
    pub(super) fn new() -> Self {
        Self {
            hasher: RandomState::new(),
            bits: AtomicU32::new(0),
            drawn: Mutex::default(),
        }
    }

    /// Draws a row, or not. What is left in the end does not depend on the order of the rows.
    fn add(&self, line: u32, checked: &Checked) {
        let Some(Accepted::Vaccination(jab)) = &checked.accepted else {
            return;
        };
        if jab.person().bsn().is_none() {
            return;
        }
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if !self.wants(line) {
            return;
        }
        drawn.push((self.hash(line), jab.person().clone(), jab.date()));
        if drawn.len() >= 2 * ENOUGH {
            let bits = self.bits.fetch_add(1, Ordering::Relaxed) + 1;
            drawn.retain(|(hash, ..)| hash.trailing_zeros() >= bits);
        }
    }

    /// As it stands, the row stays.
    fn wants(&self, line: u32) -> bool {
        self.hash(line).trailing_zeros() >= self.bits.load(Ordering::Relaxed)
    }

    fn hash(&self, line: u32) -> u64 {
        self.hasher.hash_one(line)
    }

    /// Enough of the rows match, beyond doubt.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn clearly_matches(self, road: &Road) -> Result<bool, StoreError> {
        // As long as nothing was left out, asking all rows costs as much and is exact.
        if self.bits.into_inner() == 0 {
            return Ok(false);
        }
        let drawn = self
            .drawn
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        let mut tx = chunk_tx(&road.db).await?;
        let mut matched = 0;
        for some in drawn.chunks(AT_ONCE) {
            let asked: Vec<(Mac, &Person, Date)> = some
                .iter()
                .filter_map(|(_, person, on)| Some((mac(road, person.bsn()?), person, *on)))
                .collect();
            let macs: Vec<Vec<u8>> = asked.iter().map(|(mac, ..)| mac.bytes.to_vec()).collect();
            let mut lists: HashMap<Vec<u8>, Vec<BrpList>> = HashMap::new();
            for list in register::brp_by_bsn(&mut tx, &macs).await? {
                let mac = list.bsn_mac.clone().unwrap_or_default();
                lists.entry(mac).or_default().push(list);
            }
            matched += asked
                .iter()
                .filter(|(mac, person, on)| {
                    let found = lists
                        .get(mac.bytes.as_slice())
                        .map_or(&[][..], Vec::as_slice);
                    compare(Asked::from(*person), found, *on, false)
                        .result
                        .is_matched()
                })
                .count();
        }
        tx.rollback().await?;
        let limit = LOW_MATCH_PERCENT as usize + CLEARLY;
        Ok(matched * 100 >= drawn.len() * limit)
    }
}

/// Nothing is drawn where there is no lot.
impl Watch for Option<Lot> {
    fn wants(&self, line: u32) -> bool {
        self.as_ref().is_some_and(|lot| lot.wants(line))
    }

    fn see(&self, line: u32, checked: &Checked) {
        if let Some(lot) = self {
            lot.add(line, checked);
        }
    }
}

fn mac(road: &Road, bsn: &Bsn) -> Mac {
    road.keys.bsn_mac(bsn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::codes::CodeLists;
    use domain::row::{Column, Context, RowText};
    use time::macros::date;

    fn checked(bsn: &str) -> Checked {
        let lists = CodeLists::builtin();
        let mut row = RowText::default();
        for (column, text) in [
            (Column::Bronsleutel, "k1"),
            (Column::Toestemming, "J"),
            (Column::Bsn, bsn),
            (Column::Geboortedatum, "01-04-1940"),
            (Column::Vaccinatiedatum, "27-01-2021"),
            (Column::Vaccin, "Comirnaty"),
            (Column::Batchnummer, "EJ6796"),
            (Column::Dosisnummer, "1"),
        ] {
            row.set(column, text);
        }
        let context = Context {
            today: date!(2021 - 02 - 01),
            ..domain::fixtures::context(&lists)
        };
        domain::row::check(&row.as_raw(), &context)
    }

    #[test]
    fn a_small_file_is_asked_whole_and_of_a_large_one_a_fair_part_is_drawn() {
        let row = checked("999990019");
        assert!(row.accepted.is_some(), "{:?}", row.findings);
        let lot = Lot::new();
        let drawn = || {
            let drawn = lot.drawn.lock().expect("no panic");
            (lot.bits.load(Ordering::Relaxed), drawn.len())
        };
        (0..3_000).for_each(|line| lot.add(line, &row));
        assert_eq!(drawn(), (0, 3_000));
        (3_000..1_000_000).for_each(|line| lot.add(line, &row));
        let (bits, drawn) = drawn();
        assert!((ENOUGH * 9 / 10..2 * ENOUGH).contains(&drawn));
        let share = 1_000_000_f64 / f64::from(1_u32 << bits);
        let drawn = drawn as f64;
        assert!((drawn / share - 1.0).abs() < 0.15, "{drawn} of {share}");
    }
}

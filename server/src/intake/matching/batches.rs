//! Rules V21, V22, V23: the batch against the managed list, and "Bedoelt u …?".

use super::finding;
use domain::finding::{Code, Finding};
use domain::row::{Column, Vaccination};
use domain::suggestion::near_batches;
use domain::vaccine::VaccineId;
use std::collections::HashMap;
use time::Date;

/// All known batches: some hundreds, so held in memory.
#[derive(Default)]
pub struct Batches {
    by_lot: HashMap<String, Vec<(VaccineId, Option<Date>)>>,
}

impl Batches {
    /// From (number, product, last day of use).
    pub fn new(all: impl IntoIterator<Item = (String, VaccineId, Option<Date>)>) -> Self {
        let mut by_lot: HashMap<String, Vec<_>> = HashMap::new();
        for (lot, vaccine, until) in all {
            by_lot.entry(lot).or_default().push((vaccine, until));
        }
        Self { by_lot }
    }

    /// What the list says of the batch of a row.
    pub(super) fn judge(&self, jab: &Vaccination) -> Option<Finding> {
        let said = self.says(jab.batch().as_str(), jab.vaccine(), jab.date());
        said.map(|code| finding(code, Column::Batchnummer))
    }

    /// What the list says of a batch of a product on a day: V22, V21, V23, or nothing when all is well.
    #[must_use]
    pub fn says(&self, lot: &str, product: VaccineId, on: Date) -> Option<Code> {
        let Some(known) = self.by_lot.get(lot) else {
            return Some(Code::V22);
        };
        let Some((_, until)) = known.iter().find(|(vaccine, _)| *vaccine == product) else {
            return Some(Code::V21);
        };
        until.is_some_and(|until| on > until).then_some(Code::V23)
    }

    /// Known batches of this product that an unknown number was probably meant to be, the likeliest first.
    #[must_use]
    pub fn suggestions(&self, typed: &str, vaccine: Option<VaccineId>) -> Vec<String> {
        if typed.is_empty() || self.by_lot.contains_key(typed) {
            return Vec::new();
        }
        let fits = |known: &[(VaccineId, Option<Date>)]| {
            vaccine.is_none_or(|wanted| known.iter().any(|(id, _)| *id == wanted))
        };
        let of_product = self
            .by_lot
            .iter()
            .filter(|(_, known)| fits(known))
            .map(|(lot, _)| (lot.clone(), 0));
        let near = near_batches(typed, of_product).into_iter();
        near.map(|near| near.lot).collect()
    }
}

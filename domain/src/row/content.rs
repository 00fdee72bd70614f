//! What a vaccination says, without keeping it: two rows say the same exactly when all of this is equal.

use super::accepted::{Postcode, Vaccination};
use crate::batch::BatchNumber;
use crate::bsn::Bsn;
use crate::codes::{Country, Mutation, NoBsnReason, Sex};
use crate::dates::PartialDate;
use crate::party::{Agb, BigNumber, TargetGroup};
use crate::vaccine::{Hpk, VaccineId};
use rustc_hash::FxHasher;
use std::hash::Hasher;
use time::Date;

/// Every column after repair, the source key aside.
pub(crate) struct Content<'a> {
    pub(crate) mutation: Mutation,
    pub(crate) bsn: Option<Bsn>,
    pub(crate) wrong_bsn: &'a str,
    pub(crate) no_bsn_reason: Option<NoBsnReason>,
    pub(crate) birth_date: PartialDate,
    pub(crate) surname: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) sex: Option<Sex>,
    pub(crate) postcode: Option<Postcode>,
    pub(crate) house_number: Option<u32>,
    pub(crate) date: Date,
    pub(crate) vaccine: VaccineId,
    pub(crate) hpk: Option<Hpk>,
    pub(crate) batch: BatchNumber,
    pub(crate) dose: u8,
    pub(crate) target_group: Option<TargetGroup>,
    pub(crate) agb: Option<Agb>,
    pub(crate) big: Option<BigNumber>,
    pub(crate) place: &'a str,
    pub(crate) country: Country,
}

impl<'a> From<&'a Vaccination> for Content<'a> {
    fn from(jab: &'a Vaccination) -> Self {
        let person = &jab.person;
        Self {
            mutation: jab.mutation,
            bsn: person.bsn,
            wrong_bsn: person.wrong_bsn().unwrap_or_default(),
            no_bsn_reason: person.no_bsn_reason,
            birth_date: person.birth_date,
            surname: person.surname().unwrap_or_default(),
            prefix: person.prefix().unwrap_or_default(),
            sex: person.sex,
            postcode: person.postcode,
            house_number: person.house_number,
            date: jab.date,
            vaccine: jab.vaccine,
            hpk: jab.hpk,
            batch: jab.batch,
            dose: jab.dose,
            target_group: jab.target_group,
            agb: jab.agb,
            big: jab.big,
            place: jab.place().unwrap_or_default(),
            country: jab.country,
        }
    }
}

impl Content<'_> {
    /// Its digest, of use within one run of the program only: what is of one length goes in as one block, the rest each by itself.
    pub(crate) fn digest(&self) -> u64 {
        let mut block = Block::default();
        block.put([
            self.mutation as u8,
            // Counted from 1: nothing is 0.
            self.no_bsn_reason.map_or(0, |reason| 1 + reason as u8),
            self.sex.map_or(0, |sex| 1 + sex as u8),
            self.dose,
        ]);
        block.put(self.bsn.map_or([0; 9], |bsn| *bsn.as_bytes()));
        block.put(partial(self.birth_date));
        block.put(self.postcode.map_or([0; 6], |postcode| postcode.0));
        block.put(self.house_number.unwrap_or_default().to_le_bytes());
        block.put(day(self.date).to_le_bytes());
        block.put(self.vaccine.0.to_le_bytes());
        // 0000000 is a code as well.
        block.put(self.hpk.map_or(u32::MAX, Hpk::number).to_le_bytes());
        block.put(self.agb.map_or([0; 8], |agb| *agb.as_bytes()));
        block.put(self.big.map_or([0; 11], |big| *big.as_bytes()));
        block.put(*self.country.as_bytes());
        block.put(*self.batch.padded());
        block.put(
            self.target_group
                .map_or([0; TargetGroup::CHARS], |group| *group.padded()),
        );
        let mut hasher = FxHasher::default();
        hasher.write(&block.bytes);
        for text in [self.surname, self.prefix, self.place, self.wrong_bsn] {
            // Each brings its length with it.
            hasher.write(text.as_bytes());
        }
        hasher.finish()
    }

    /// Digest of BSN, day and dose; none without BSN.
    pub(crate) fn jab(&self) -> Option<u64> {
        let bsn = self.bsn?;
        let mut hasher = FxHasher::default();
        hasher.write(bsn.as_bytes());
        hasher.write_u32(day(self.date));
        hasher.write_u8(self.dose);
        Some(hasher.finish())
    }
}

/// Parts of a fixed length, one behind the other.
struct Block {
    bytes: [u8; Self::LENGTH],
    at: usize,
}

impl Block {
    const LENGTH: usize = 112;

    fn put<const N: usize>(&mut self, part: [u8; N]) {
        self.bytes[self.at..self.at + N].copy_from_slice(&part);
        self.at += N;
    }
}

impl Default for Block {
    fn default() -> Self {
        Self {
            bytes: [0; Self::LENGTH],
            at: 0,
        }
    }
}

/// The year, and the day of it.
const fn day(date: Date) -> u32 {
    let (year, day) = date.to_ordinal_date();
    year.unsigned_abs() << 9 | day as u32
}

/// What is known of a date, and that.
fn partial(date: PartialDate) -> [u8; 5] {
    let (known, value) = match date {
        PartialDate::Unknown => (0, 0),
        PartialDate::Year(year) => (1, year.unsigned_abs()),
        PartialDate::YearMonth(year, month) => {
            (2, year.unsigned_abs() << 4 | u32::from(u8::from(month)))
        }
        PartialDate::Full(date) => (3, day(date)),
    };
    let [a, b, c, d] = value.to_le_bytes();
    [known, a, b, c, d]
}

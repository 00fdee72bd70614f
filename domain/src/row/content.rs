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
    /// As bytes that are equal exactly when the content is. Digests that are stored are made of them, so they stay as they are.
    pub(super) fn canonical(&self) -> Vec<u8> {
        // Each of them: a part that is left out would make other content the same.
        let Self {
            mutation,
            bsn,
            wrong_bsn,
            no_bsn_reason,
            birth_date,
            surname,
            prefix,
            sex,
            postcode,
            house_number,
            date,
            vaccine,
            hpk,
            batch,
            dose,
            target_group,
            agb,
            big,
            place,
            country,
        } = self;
        let mut bytes = Vec::with_capacity(160);
        let mut out = Canonical(&mut bytes);
        out.put(mutation.as_str().as_bytes());
        out.put(
            bsn.as_ref()
                .map_or(wrong_bsn.as_bytes(), |bsn| bsn.as_bytes()),
        );
        out.put(no_bsn_reason.map_or("", NoBsnReason::as_str).as_bytes());
        match *birth_date {
            PartialDate::Full(date) => out.date(date),
            partial => out.put(partial.iso().as_bytes()),
        }
        out.put(surname.as_bytes());
        out.put(prefix.as_bytes());
        out.put(sex.map_or("", Sex::as_str).as_bytes());
        out.put(postcode.as_ref().map_or(b"", |postcode| &postcode.0));
        out.number(*house_number);
        out.date(*date);
        out.number(Some(u32::from(vaccine.0)));
        out.number(hpk.map(Hpk::number));
        out.put(batch.as_bytes());
        out.number(Some(u32::from(*dose)));
        let group = target_group.as_ref();
        out.put(group.map_or("", TargetGroup::as_str).as_bytes());
        out.put(agb.as_ref().map_or(b"", |agb| agb.as_bytes()));
        out.put(big.as_ref().map_or(b"", |big| big.as_bytes()));
        out.put(place.as_bytes());
        out.put(country.as_bytes());
        bytes
    }

    /// Its digest, of use within one run of the program only: what is of one length goes in as one block, the rest each by itself.
    pub(crate) fn digest(&self) -> u64 {
        let Self {
            mutation,
            bsn,
            wrong_bsn,
            no_bsn_reason,
            birth_date,
            surname,
            prefix,
            sex,
            postcode,
            house_number,
            date,
            vaccine,
            hpk,
            batch,
            dose,
            target_group,
            agb,
            big,
            place,
            country,
        } = *self;
        let mut block = Block::default();
        block.put([
            mutation as u8,
            // Counted from 1: nothing is 0.
            no_bsn_reason.map_or(0, |reason| 1 + reason as u8),
            sex.map_or(0, |sex| 1 + sex as u8),
            dose,
        ]);
        block.put(bsn.map_or([0; 9], |bsn| *bsn.as_bytes()));
        block.put(partial(birth_date));
        block.put(postcode.map_or([0; 6], |postcode| postcode.0));
        block.put(house_number.unwrap_or_default().to_le_bytes());
        block.put(day(date).to_le_bytes());
        block.put(vaccine.0.to_le_bytes());
        // 0000000 is a code as well.
        block.put(hpk.map_or(u32::MAX, Hpk::number).to_le_bytes());
        block.put(agb.map_or([0; 8], |agb| *agb.as_bytes()));
        block.put(big.map_or([0; 11], |big| *big.as_bytes()));
        block.put(*country.as_bytes());
        block.put(*batch.padded());
        block.put(target_group.map_or([0; TargetGroup::CHARS], |group| *group.padded()));
        let mut hasher = FxHasher::default();
        hasher.write(&block.bytes);
        for text in [surname, prefix, place, wrong_bsn] {
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

/// Writes parts with a mark between them that cannot stand in a cell: the row check lets no control
/// character through. By hand, for it is done for every row.
pub(super) struct Canonical<'o>(pub(super) &'o mut Vec<u8>);

impl Canonical<'_> {
    pub(super) fn put(&mut self, part: &[u8]) {
        self.0.extend_from_slice(part);
        self.0.push(0x1f);
    }

    pub(super) fn number(&mut self, number: Option<u32>) {
        let mut buffer = [0_u8; 10];
        let mut at = buffer.len();
        if let Some(mut rest) = number {
            loop {
                at -= 1;
                // A remainder of ten fits a byte.
                buffer[at] = b'0' + (rest % 10) as u8;
                rest /= 10;
                if rest == 0 {
                    break;
                }
            }
        }
        self.put(&buffer[at..]);
    }

    pub(super) fn date(&mut self, date: Date) {
        // Days are as unambiguous as a calendar date, and quicker.
        self.number(Some(date.to_julian_day().unsigned_abs()));
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

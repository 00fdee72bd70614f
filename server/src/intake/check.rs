//! Stage 1 over rows: the row rules of `domain`, and what leaves a row before anything is stored.
//!
//! In go raw rows; out come rows ready for the register rules, with their keyed digest. Whatever names a
//! person is dropped here when there was no consent (rule T10), so that no later step can keep it.

use super::matching::{Digest, Incoming, Linked};
use crate::keys::Keys;
use domain::bsn::Bsn;
use domain::codes::Consent;
use domain::dates::{PartialDate, parse_partial};
use domain::finding::{Code, Finding};
use domain::row::{
    Accepted, Checked, Column, Context, Ordinary, Person, RawRow, RowText, Vaccination,
};
use sha2::{Digest as _, Sha256};
use time::Date;

/// Where rows of one delivery are checked.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// What the rules may know.
    pub context: Context<'a>,
    /// Keys, for the digest of the content.
    pub keys: &'a Keys,
}

impl Desk<'_> {
    /// Checks one row.
    #[must_use]
    pub fn check(&self, line: u32, raw: &RawRow<'_>) -> Incoming {
        self.take(line, RowText::from(raw), self::row(raw, &self.context))
    }

    /// Checks one row whose person RIVM found, if it did.
    #[must_use]
    pub fn check_linked(&self, line: u32, raw: &RawRow<'_>, linked: Option<Linked>) -> Incoming {
        let found = linked.as_ref().is_some_and(|linked| linked.bsn.is_some());
        let checked = row_of(raw, &self.context, found);
        let mut row = self.take(line, RowText::from(raw), checked);
        row.linked = linked;
        row
    }

    /// Takes a row that was checked already.
    #[must_use]
    pub fn take(&self, line: u32, mut raw: RowText, mut checked: Checked) -> Incoming {
        if without_consent(&raw, &checked) {
            forget_person(&mut raw);
            checked
                .repairs
                .retain(|repair| !repair.column.is_personal());
        }
        let (digest, source_key) = known_by(self.keys, checked.accepted.as_ref());
        let wrong_number = checked.findings.iter().any(|one| one.code == Code::P03);
        let if_found = if wrong_number {
            let found = row_of(&raw.as_raw(), &self.context, true);
            let (digest, key) = known_by(self.keys, found.accepted.as_ref());
            key.zip(digest)
        } else {
            None
        };
        Incoming {
            line,
            raw,
            findings: checked.findings,
            repairs: checked.repairs,
            accepted: checked.accepted,
            person: None,
            digest,
            source_key,
            if_found,
            reason: None,
            replaces: None,
            linked: None,
            stored: None,
            unasked: false,
        }
    }
}

/// What the BRP is asked about somebody. The name is part of it: rule B11 says how near it is, so each other name is another
/// question of the budget (security §4.6).
#[derive(Clone)]
pub struct Question {
    /// BSN.
    pub bsn: Bsn,
    /// Birth date.
    pub birth: PartialDate,
    /// Prefix and surname, folded; empty when none was given.
    name: zeroize::Zeroizing<String>,
}

impl Question {
    /// Of a row as repaired. None where BSN or birth date cannot be read.
    #[must_use]
    pub fn of(repaired: &RowText, year: i32) -> Option<Self> {
        let bsn = Bsn::in_text(repaired.get(Column::Bsn))?;
        let birth = parse_partial(repaired.get(Column::Geboortedatum).trim(), year).ok()?;
        let name = (
            repaired.get(Column::Voorvoegsel),
            repaired.get(Column::Achternaam),
        );
        Some(Self::new(bsn, birth, name))
    }

    /// Of an accepted row, whose BSN this is.
    #[must_use]
    pub fn of_person(bsn: &Bsn, person: &Person) -> Self {
        let name = (
            person.prefix().unwrap_or_default(),
            person.surname().unwrap_or_default(),
        );
        Self::new(*bsn, person.birth_date(), name)
    }

    fn new(bsn: Bsn, birth: PartialDate, (prefix, surname): (&str, &str)) -> Self {
        let name = zeroize::Zeroizing::new(format!("{} {}", prefix.trim(), surname.trim()));
        Self {
            bsn,
            birth,
            name: zeroize::Zeroizing::new(domain::matching::fold(name.trim())),
        }
    }

    /// Its keyed digest.
    #[must_use]
    pub fn digest(&self, keys: &Keys) -> Vec<u8> {
        let who = [self.bsn.expose(), &self.birth.iso(), &self.name].join("\u{1f}");
        let who = zeroize::Zeroizing::new(who);
        let digest = keys.digest(Sha256::digest(who.as_bytes()).into());
        digest.bytes.to_vec()
    }
}

/// The row rules. A row that makes them panic is unreadable, and the rest goes on (security F22).
#[must_use]
pub fn row(raw: &RawRow<'_>, context: &Context<'_>) -> Checked {
    row_of(raw, context, false)
}

/// The same; where RIVM `found` the person, digits that are no BSN refuse nothing.
#[must_use]
pub fn row_of(raw: &RawRow<'_>, context: &Context<'_>, found: bool) -> Checked {
    // The rules keep nothing between rows, so nothing half-done is seen after a panic.
    let checked = std::panic::AssertUnwindSafe(|| {
        if found {
            domain::row::check_found(raw, context)
        } else {
            domain::row::check(raw, context)
        }
    });
    std::panic::catch_unwind(checked)
        .unwrap_or_else(|_| Checked::refused(Finding::whole(Code::R09)))
}

/// What a row tells about its file, where there is nothing to find in it; where this panics, [`row`] says what it is.
#[must_use]
pub fn at_a_glance(raw: &RawRow<'_>, context: &Context<'_>) -> Option<Ordinary> {
    let glance = std::panic::AssertUnwindSafe(|| domain::row::glance(raw, context));
    std::panic::catch_unwind(glance).unwrap_or_default()
}

/// The day of the vaccination as these rules read it.
#[must_use]
pub fn day_of(raw: &RawRow<'_>, context: &Context<'_>) -> Option<Date> {
    let day = std::panic::AssertUnwindSafe(|| domain::row::day_of(raw, context));
    std::panic::catch_unwind(day).unwrap_or_default()
}

/// Drops what names a person.
pub fn forget_person(row: &mut RowText) {
    for column in Column::ALL
        .into_iter()
        .filter(|column| column.is_personal())
    {
        row.set(column, "");
    }
}

/// Consent was refused, whatever else the row says.
#[must_use]
pub fn refuses_consent(row: &RowText) -> bool {
    let word: String = row
        .get(Column::Toestemming)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect();
    Consent::parse(&word) == Some(Consent::No)
}

fn without_consent(row: &RowText, checked: &Checked) -> bool {
    refuses_consent(row)
        || checked
            .findings
            .iter()
            .any(|finding| finding.code == Code::T10)
}

/// Keyed digest of what a row says: equal exactly when all columns after repair are, bronsleutel and
/// mutatie aside (a correction with the content it corrects says nothing new).
fn digest(keys: &Keys, jab: &Vaccination) -> Digest {
    let canonical = zeroize::Zeroizing::new(jab.canonical());
    let after_mutation = canonical
        .iter()
        .position(|byte| *byte == 0x1f)
        .map_or(0, |mark| mark + 1);
    let content = &canonical[after_mutation..];
    keys.digest(Sha256::digest(content).into()).bytes
}

/// Its digest, and the sender's key or the one we make.
fn known_by(keys: &Keys, accepted: Option<&Accepted>) -> (Option<Digest>, Option<String>) {
    let digest = match accepted {
        Some(Accepted::Vaccination(jab)) => Some(digest(keys, jab)),
        _ => None,
    };
    let source_key = match accepted {
        Some(Accepted::Vaccination(jab)) => jab
            .source_key()
            .map(|key| key.as_str().to_owned())
            .or_else(|| digest.as_ref().map(derived_key)),
        Some(Accepted::Count(count)) => {
            count.source_key.as_ref().map(|key| key.as_str().to_owned())
        }
        Some(Accepted::Withdrawal { key, .. }) => Some(key.as_str().to_owned()),
        None => None,
    };
    (digest, source_key)
}

/// The key of a row whose sender gave none: made of its keyed digest, so that the same row sent again has
/// the same key, and says nothing about the person. Letters only: digits could look like a BSN (R04).
fn derived_key(digest: &Digest) -> String {
    let letters = digest[..12]
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from(b'a' + half));
    "cims-".chars().chain(letters).collect()
}

//! What a row that may be stored says, in proper types. Only [`super::check`] makes these.

use super::content::{Canonical, Content};
use crate::batch::BatchNumber;
use crate::bsn::Bsn;
use crate::codes::{AgeGroup, Country, Mutation, NoBsnReason, Origin, Sex};
use crate::dates::PartialDate;
use crate::party::{Agb, BigNumber, TargetGroup};
use crate::vaccine::{Hpk, VaccineId};
use std::fmt;
use time::Date;

/// The sender's own key of a row: 1-64 of `A-Z a-z 0-9 . _ -`, without a BSN in it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceKey(Box<str>);

impl SourceKey {
    /// Reads a key.
    ///
    /// # Errors
    /// When it is badly formed (R06) or holds a BSN (R04); a key can be both, so both are told.
    pub fn parse(text: &str) -> Result<Self, SourceKeyError> {
        Self::fault(text).map_or_else(|| Ok(Self(text.into())), Err)
    }

    /// What is wrong with a text as a key.
    pub(super) fn fault(text: &str) -> Option<SourceKeyError> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
        let badly_formed =
            !(1..=64).contains(&text.len()) || !text.bytes().fold(true, |all, b| all & allowed(b));
        let holds_bsn = crate::bsn::hides_a_bsn(text);
        (badly_formed || holds_bsn).then_some(SourceKeyError {
            badly_formed,
            holds_bsn,
        })
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no source key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no source key")]
pub struct SourceKeyError {
    /// Other characters than allowed, or too many (R06).
    pub badly_formed: bool,
    /// A run of nine digits in it is a BSN (R04).
    pub holds_bsn: bool,
}

impl fmt::Debug for SourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SourceKey(…)")
    }
}

/// A Dutch postcode in the form `1234AB`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Postcode(pub(super) [u8; 6]);

impl Postcode {
    /// Reads `1234AB` or `1234 AB`, without regard to case; not SA, SD, SS.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (digits, letters) = match bytes {
            [a, b, c, d, b' ', e, f] | [a, b, c, d, e, f] => (
                [*a, *b, *c, *d],
                [e.to_ascii_uppercase(), f.to_ascii_uppercase()],
            ),
            _ => return None,
        };
        let fits = digits[0] != b'0'
            && digits.iter().all(u8::is_ascii_digit)
            && letters.iter().all(u8::is_ascii_uppercase)
            && !matches!(&letters, b"SA" | b"SD" | b"SS");
        fits.then(|| {
            Self([
                digits[0], digits[1], digits[2], digits[3], letters[0], letters[1],
            ])
        })
    }

    /// `1234AB`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Postcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Postcode(…)")
    }
}

/// What the row says about the person. Redacted in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    pub(super) bsn: Option<Bsn>,
    pub(super) wrong_bsn: Option<Box<str>>,
    pub(super) no_bsn_reason: Option<NoBsnReason>,
    pub(super) birth_date: PartialDate,
    pub(super) surname: Option<Box<str>>,
    pub(super) prefix: Option<Box<str>>,
    pub(super) sex: Option<Sex>,
    pub(super) postcode: Option<Postcode>,
    pub(super) house_number: Option<u32>,
}

impl Person {
    /// The BSN; without it there is a reason, or digits that are none ([`Self::wrong_bsn`]).
    #[must_use]
    pub const fn bsn(&self) -> Option<&Bsn> {
        self.bsn.as_ref()
    }

    /// Nine digits that are no BSN, as the sender wrote them: only of somebody whom RIVM found (see [`super::check_found`]).
    #[must_use]
    pub fn wrong_bsn(&self) -> Option<&str> {
        self.wrong_bsn.as_deref()
    }

    /// Why there is no BSN.
    #[must_use]
    pub const fn no_bsn_reason(&self) -> Option<NoBsnReason> {
        self.no_bsn_reason
    }

    /// Date of birth, maybe partly unknown.
    #[must_use]
    pub const fn birth_date(&self) -> PartialDate {
        self.birth_date
    }

    /// Surname as delivered.
    #[must_use]
    pub fn surname(&self) -> Option<&str> {
        self.surname.as_deref()
    }

    /// Surname prefix.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    /// Sex.
    #[must_use]
    pub const fn sex(&self) -> Option<Sex> {
        self.sex
    }

    /// Postcode.
    #[must_use]
    pub const fn postcode(&self) -> Option<&Postcode> {
        self.postcode.as_ref()
    }

    /// House number.
    #[must_use]
    pub const fn house_number(&self) -> Option<u32> {
        self.house_number
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// One vaccination, or the correction of one, of somebody who gave consent.
#[derive(Clone, PartialEq, Eq)]
pub struct Vaccination {
    pub(super) mutation: Mutation,
    pub(super) source_key: Option<SourceKey>,
    pub(super) person: Person,
    pub(super) date: Date,
    pub(super) vaccine: VaccineId,
    pub(super) hpk: Option<Hpk>,
    pub(super) batch: BatchNumber,
    pub(super) dose: u8,
    pub(super) target_group: Option<TargetGroup>,
    pub(super) agb: Option<Agb>,
    pub(super) big: Option<BigNumber>,
    pub(super) place: Option<Box<str>>,
    pub(super) country: Country,
}

impl Vaccination {
    /// New or correction; never a withdrawal.
    #[must_use]
    pub const fn mutation(&self) -> Mutation {
        self.mutation
    }

    /// The sender's key; corrections always have one.
    #[must_use]
    pub const fn source_key(&self) -> Option<&SourceKey> {
        self.source_key.as_ref()
    }

    /// The person.
    #[must_use]
    pub const fn person(&self) -> &Person {
        &self.person
    }

    /// Date of vaccination.
    #[must_use]
    pub const fn date(&self) -> Date {
        self.date
    }

    /// The product.
    #[must_use]
    pub const fn vaccine(&self) -> VaccineId {
        self.vaccine
    }

    /// The HPK code, when the row had one.
    #[must_use]
    pub const fn hpk(&self) -> Option<Hpk> {
        self.hpk
    }

    /// The batch.
    #[must_use]
    pub const fn batch(&self) -> &BatchNumber {
        &self.batch
    }

    /// Dose number, 1-9.
    #[must_use]
    pub const fn dose(&self) -> u8 {
        self.dose
    }

    /// Why this person was vaccinated. OVERIG when neither row nor profile says so, which happens in
    /// `cims check` only: a known party's row without doelgroep is refused (V41).
    #[must_use]
    pub fn target_group(&self) -> TargetGroup {
        self.target_group.unwrap_or(TargetGroup::OVERIG)
    }

    /// The administering party; absent only when the party is unknown (`cims check`).
    #[must_use]
    pub const fn agb(&self) -> Option<&Agb> {
        self.agb.as_ref()
    }

    /// The responsible professional; absent only when the party is unknown (`cims check`).
    #[must_use]
    pub const fn big(&self) -> Option<&BigNumber> {
        self.big.as_ref()
    }

    /// Where it was given.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }

    /// In which country it was given.
    #[must_use]
    pub const fn country(&self) -> Country {
        self.country
    }

    /// Every column after repair, the source key aside, as bytes that are equal exactly when the content is:
    /// what a row digest is made of. They hold the BSN, so they go into a keyed digest and nowhere else.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        Content::from(self).canonical()
    }
}

impl fmt::Debug for Vaccination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vaccination(…)")
    }
}

/// A vaccination of somebody who gave no consent: counted, nothing about the person kept.
#[derive(Clone, PartialEq, Eq)]
pub struct AnonymousCount {
    /// Date of vaccination.
    pub date: Date,
    /// The product.
    pub vaccine: VaccineId,
    /// The batch.
    pub batch: BatchNumber,
    /// Dose number, 1-9.
    pub dose: u8,
    /// Part of the kingdom.
    pub origin: Origin,
    /// Age group.
    pub age_group: AgeGroup,
    /// The sender's key: never stored with the count, only hashed against double counting.
    pub source_key: Option<SourceKey>,
}

impl AnonymousCount {
    /// Everything that is counted, the source key aside.
    pub(crate) fn write_canonical(&self, out: &mut Vec<u8>) {
        let mut out = Canonical(out);
        out.put(b"N");
        out.put(b"-");
        out.date(self.date);
        out.number(Some(u32::from(self.vaccine.0)));
        out.put(self.batch.as_bytes());
        out.number(Some(u32::from(self.dose)));
        out.put(self.origin.as_str().as_bytes());
        out.put(self.age_group.as_str().as_bytes());
    }
}

impl fmt::Debug for AnonymousCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnonymousCount(…)")
    }
}

/// What a row that was not refused asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// Store this.
    Vaccination(Box<Vaccination>),
    /// Count this.
    Count(AnonymousCount),
    /// Withdraw what was delivered under this key.
    Withdrawal {
        /// The sender's key of it.
        key: SourceKey,
        /// V, or C without consent: there is nothing to correct any more.
        mutation: Mutation,
    },
}

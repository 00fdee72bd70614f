//! Stage 1 of a row (specification §5): text in, every finding and repair out, and the row's content
//! when nothing refuses it. Pure and offline: the same in browser, upload, SFTP, mail, GGD, LSP and paper.

use super::accepted::{Accepted, SourceKey, Vaccination};
use super::judge::Judge;
use super::repair::{Repair, RepairSet};
use super::{Column, RawRow, RowText};
use crate::codes::{AgeGroup, CodeLists, Consent, Mutation};
use crate::dates::Order;
use crate::delivery::{Channel, RowOutcome};
use crate::finding::{Code, Finding};
use crate::party::{Agb, BigNumber, TargetGroup};
use time::Date;

/// What a rule may know besides the row.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Today in Europe/Amsterdam.
    pub today: Date,
    /// The way the row came in.
    pub channel: Channel,
    /// Who delivers.
    pub profile: Profile,
    /// Products and dates.
    pub lists: &'a CodeLists,
    /// Repairs the sender switched off.
    pub off: RepairSet,
    /// Only BSNs of the test range are allowed (R10).
    pub test_lane: bool,
}

impl Context<'_> {
    /// A new row must bring its own key (R03).
    pub(super) fn needs_source_key(&self) -> bool {
        matches!(self.profile, Profile::Party(_)) && self.channel.needs_source_key()
    }
}

/// Who delivers, as far as a row may lean on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// `cims check`: what a profile could fill may be empty without a finding.
    Unknown,
    /// A known party, with what its profile (or the user's) fills in.
    Party(PartyProfile),
}

/// What the profile of a party or user fills in when the row leaves it empty.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PartyProfile {
    /// Default of `doelgroep`.
    pub default_target_group: Option<TargetGroup>,
    /// Default of `uitvoerder_agb`.
    pub agb: Option<Agb>,
    /// Default of `big_nummer`.
    pub big: Option<BigNumber>,
}

/// The outcome of stage 1 for one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Stage 1 alone.
    pub outcome: RowOutcome,
    /// Everything found, repairs included, in the order of the columns.
    pub findings: Vec<Finding>,
    /// What was repaired, with before and after: for the sender's screen only.
    pub repairs: Vec<Repair>,
    /// The content, unless the row is refused.
    pub accepted: Option<Accepted>,
    /// What the row tells about its file (A15, A17).
    pub evidence: Evidence,
}

/// What one row tells about its file; see [`crate::evidence`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Columns of which the filled cell has not the column's form.
    pub form_failures: u8,
    /// What `geboortedatum` proves about the order of day and month.
    pub birth_order: Option<Order>,
    /// What `vaccinatiedatum` proves about the order of day and month.
    pub vaccination_order: Option<Order>,
}

impl Checked {
    /// A row refused by its reader (R05, R08, R09): nothing in it is judged.
    #[must_use]
    pub fn refused(finding: Finding) -> Self {
        Self {
            outcome: RowOutcome::Afgekeurd,
            findings: vec![finding],
            repairs: Vec::new(),
            accepted: None,
            evidence: Evidence::default(),
        }
    }

    /// The row with its repairs written into the cells.
    #[must_use]
    pub fn repaired(&self, row: &RawRow<'_>) -> RowText {
        let mut text = RowText::from(row);
        for repair in &self.repairs {
            text.set(repair.column, repair.after.as_str());
        }
        text
    }
}

/// Judges one row by every rule of stage 1, in one pass.
///
/// A withdrawal needs only `mutatie` and `bronsleutel`. Without consent columns 4-11 are never looked into:
/// that they are filled is all that is noticed (T10).
#[must_use]
pub fn check(row: &RawRow<'_>, context: &Context<'_>) -> Checked {
    judged(Judge::new(row, context))
}

/// The same of a row whose person two people of RIVM found in the BRP (features F53): nine digits that are no BSN (P03) refuse it
/// no more. What stands there stays as it was written.
#[must_use]
pub fn check_found(row: &RawRow<'_>, context: &Context<'_>) -> Checked {
    let mut judge = Judge::new(row, context);
    judge.found = true;
    judged(judge)
}

fn judged(mut judge: Judge<'_, '_>) -> Checked {
    if judge.is_too_long() {
        return Checked::refused(Finding::whole(Code::R08));
    }
    let mutation = judge.mutation();
    let key = judge.source_key(mutation);
    if mutation == Mutation::Withdrawal {
        return judge.finish(key.map(|key| Accepted::Withdrawal { key, mutation }));
    }
    let consent = judge.consent();
    if consent == Some(Consent::No) {
        judge.no_personal_values();
        if mutation == Mutation::Correction {
            // Consent was withdrawn: there is nothing to correct any more.
            return judge.finish(key.map(|key| Accepted::Withdrawal { key, mutation }));
        }
    }
    let age_group = judge.age_group(consent);
    let land = judge.land(consent);
    let jab = judge.jab(land);
    let consented = consent == Some(Consent::Yes);
    let target_group = judge.target_group(consented);
    let (agb, big) = (judge.agb(consented), judge.big(consented));
    let place = judge.place();
    let accepted = if consent == Some(Consent::No) {
        jab.into_count(land, age_group, key)
    } else {
        let person = judge.person(jab.date, consented);
        jab.into_vaccination(land, person, |jab, person, country| Vaccination {
            mutation,
            source_key: key,
            person,
            date: jab.date,
            vaccine: jab.vaccine,
            hpk: jab.hpk,
            batch: jab.batch,
            dose: jab.dose,
            target_group,
            agb,
            big,
            place,
            country,
        })
    };
    judge.finish(accepted)
}

/// The day of the vaccination as the rules read it; `None` where it cannot be read, and of a withdrawal.
#[must_use]
pub fn day_of(row: &RawRow<'_>, context: &Context<'_>) -> Option<Date> {
    let mut judge = Judge::new(row, context);
    if judge.is_too_long() || judge.mutation() == Mutation::Withdrawal {
        return None;
    }
    let consent = judge.consent();
    let land = judge.land(consent);
    judge.jab(land).date
}

impl Judge<'_, '_> {
    /// R01. Most rows are new, so an unreadable `mutatie` is judged as one.
    fn mutation(&mut self) -> Mutation {
        let Some(text) = self.text(Column::Mutatie) else {
            return Mutation::New;
        };
        Mutation::parse(&text).unwrap_or_else(|| {
            self.find(Code::R01, Column::Mutatie);
            Mutation::New
        })
    }

    /// R03, R04, R06.
    fn source_key(&mut self, mutation: Mutation) -> Option<SourceKey> {
        let column = Column::Bronsleutel;
        let Some(text) = self.text(column) else {
            if self.context.needs_source_key() || mutation != Mutation::New {
                self.missing(Code::R03, column);
            }
            return None;
        };
        match SourceKey::parse(&text) {
            Ok(key) => Some(key),
            Err(error) => {
                if error.badly_formed {
                    self.find(Code::R06, column);
                }
                if error.holds_bsn {
                    self.find(Code::R04, column);
                }
                None
            }
        }
    }

    /// T01: empty is never yes.
    fn consent(&mut self) -> Option<Consent> {
        let column = Column::Toestemming;
        let consent = self.text(column).and_then(|text| Consent::parse(&text));
        if consent.is_none() {
            self.missing(Code::T01, column);
        }
        consent
    }

    /// T10: one finding a row, whatever is filled.
    fn no_personal_values(&mut self) {
        if Column::ALL
            .into_iter()
            .any(|column| column.is_personal() && self.filled(column))
        {
            self.find(Code::T10, Column::Toestemming);
        }
    }

    /// T02, T03.
    fn age_group(&mut self, consent: Option<Consent>) -> Option<AgeGroup> {
        let column = Column::Leeftijdsgroep;
        let text = self.text(column);
        match consent? {
            Consent::Yes => {
                if text.is_some() {
                    self.find(Code::T03, column);
                }
                None
            }
            Consent::No => {
                let group = text.and_then(|text| AgeGroup::parse(&text));
                if group.is_none() {
                    self.missing(Code::T02, column);
                }
                group
            }
        }
    }

    fn finish(mut self, accepted: Option<Accepted>) -> Checked {
        self.findings.sort_by_key(|finding| finding.column);
        let counted = matches!(accepted, Some(Accepted::Count(_)));
        let outcome = RowOutcome::of(&self.findings, counted);
        Checked {
            outcome,
            accepted: accepted.filter(|_| outcome != RowOutcome::Afgekeurd),
            findings: self.findings,
            repairs: self.repairs,
            evidence: self.evidence,
        }
    }
}

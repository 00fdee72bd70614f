//! Recording vaccinations one by one, and what this institution recorded (features F01-F12).
//!
//! A draft lives on the server, sealed, for its owner only, 24 hours. Its key (not a secret, no data) is in
//! the URL, so two tabs are two drafts. Values typed live in [`RowText`]; findings come from `domain`.

use super::Wait;
use super::deliveries::EarlierReading;
#[cfg(feature = "ssr")]
use super::{Caller, Page, PortResult};
use domain::decision::Told;
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding};
use domain::row::{Column, RowText};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a draft stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// BSN, birth date, consent (or reason without BSN).
    Person,
    /// Date, vaccine, batch, dose, target group.
    Vaccination,
    /// Check your answers.
    Check,
}

/// What the BRP check answered; never more than this (security §4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum BrpAnswer {
    /// Not asked: no consent, or no BSN.
    NotAsked,
    /// BSN and birth date belong together.
    Matchable,
    /// They do not, or are unknown: correct it, or go on with a reason.
    NotMatchable,
    /// The BRP set is missing or old: checked later (B13).
    Later,
}

/// An earlier registration of this person by the own institution.
#[derive(Clone, Serialize, Deserialize)]
pub struct EarlierJab {
    /// Key of the registration, for a link.
    pub id: Uuid,
    /// dd-mm-jjjj.
    pub date: String,
    /// Vaccine name.
    pub vaccine: String,
    /// Dose number.
    pub dose: u8,
}

/// A batch to pick: used here before.
#[derive(Clone, Serialize, Deserialize)]
pub struct BatchChoice {
    /// Batch number.
    pub number: String,
    /// Name of its vaccine.
    pub vaccine: String,
    /// How often used here in the last 14 days.
    pub times: u32,
}

/// What was made of a cell (rules H01-H08): never silent (features F-X3).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mended {
    /// The cell.
    pub column: Column,
    /// Every repair of it, in order.
    pub codes: Vec<Code>,
    /// As typed, and as it is stored; none where no value of a person may stand.
    pub values: Option<(String, String)>,
}

/// A draft as its owner sees it.
#[derive(Clone, Serialize, Deserialize)]
pub struct DraftView {
    /// Key, in the URL.
    pub id: Uuid,
    /// What it says, as a keyed digest: each form of it brings this along, so that what was typed over something else is
    /// not taken for it.
    pub revision: String,
    /// What was typed, as typed.
    pub row: RowText,
    /// What the rules say of it (empty before the first submit of a step).
    pub findings: Vec<Finding>,
    /// First step that is not complete.
    pub step: Step,
    /// Answer of the BRP check.
    pub brp: BrpAnswer,
    /// Reason to go on although not matchable (F39).
    pub reason: String,
    /// Own institution's earlier registrations of the person.
    pub earlier: Vec<EarlierJab>,
    /// Batches used here before.
    pub batches: Vec<BatchChoice>,
    /// "Bedoelt u EJ6796?": known batches near an unknown one (V22), the likeliest first.
    pub suggestions: Vec<String>,
    /// Warnings and controls were ticked "Ik heb dit gecontroleerd".
    pub confirmed: bool,
    /// Which warnings these are, and about what; opaque. A form brings it along, so that a tick says yes to nothing else.
    pub told: String,
    /// Made by "volgende persoon": show "Opgeslagen. Vul de volgende persoon in."
    pub next_person: bool,
    /// The vaccination stands ready as it was given earlier today (F03).
    pub remembered: bool,
    /// "14:05" when an earlier draft was taken up again after login.
    pub resumed_from: Option<String>,
    /// Where it is recorded, when the institution has locations (F03).
    pub location: Option<Uuid>,
    /// What is made of what was typed.
    pub mended: Vec<Mended>,
    /// What the institution's own settings fill in where nothing was typed.
    pub defaults: Vec<(Column, String)>,
}

#[cfg(feature = "ssr")]
impl DraftView {
    /// What the fields of a vaccination ask, for a row that is no draft: nothing is suggested and nothing was looked up.
    pub(crate) fn of_row(row: RowText, findings: Vec<Finding>) -> Self {
        Self {
            id: Uuid::nil(),
            revision: String::new(),
            row,
            findings,
            step: Step::Check,
            brp: BrpAnswer::NotAsked,
            reason: String::new(),
            earlier: Vec::new(),
            batches: Vec::new(),
            suggestions: Vec::new(),
            confirmed: false,
            told: String::new(),
            next_person: false,
            remembered: false,
            resumed_from: None,
            location: None,
            mended: Vec::new(),
            defaults: Vec::new(),
        }
    }
}

/// Why what was typed went into a new draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Anew {
    /// The draft of the form was sent before.
    Sent,
    /// It says something else by now than when the form was made: a second tab.
    Changed,
    /// It was thrown away, or kept for as long as it may be.
    Gone,
}

/// The draft for what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    /// Its key.
    pub draft: Uuid,
    /// It is a new one.
    pub anew: Option<Anew>,
}

/// Result of saving a step: go on, or show the step again with its findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Saved {
    /// Next step.
    GoOn(Step),
    /// Findings (or the BRP answer) to look at first.
    LookAgain,
}

/// After submitting.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Submitted {
    /// Stored (or counted); show the receipt. The same draft submitted twice gives the same reference.
    Done {
        /// Reference on the receipt, e.g. "2026-000123-4".
        reference: String,
    },
    /// Not stored: something to look at on this step.
    LookAgain(Step),
    /// Not stored: the draft says something else than the page that was sent.
    Changed,
    /// The draft was sent before, and said something else than the page that was sent now: that is not stored.
    Other {
        /// Reference of what was sent.
        reference: String,
    },
    /// Not stored: nobody approved that this institution records in the portal. The draft stays.
    NotApproved,
}

/// Confirmation of one registration. No person data.
#[derive(Clone, Serialize, Deserialize)]
pub struct Receipt {
    /// Reference.
    pub reference: String,
    /// Key of the registration; `None` when only counted.
    pub registration: Option<Uuid>,
    /// Outcome of the row.
    pub outcome: RowOutcome,
    /// Messages that remain (warnings, review), as the sender may see them.
    pub findings: Vec<Finding>,
    /// "22 november 2026, 14:05".
    pub received: String,
    /// Vaccine, date and batch in words.
    pub vaccination: String,
    /// What was made of what was typed; of the person without values.
    pub mended: Vec<Mended>,
}

/// Filter of "Mijn registraties"; all optional, in the URL (codes and dates only).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RegistrationFilter {
    /// First vaccination date, jjjj-mm-dd.
    pub van: Option<String>,
    /// Last vaccination date, jjjj-mm-dd.
    pub tot: Option<String>,
    /// Vaccine code (name in the URL form of the list).
    pub vaccin: Option<String>,
    /// Where it stands.
    pub uitkomst: Option<Standing>,
}

/// Where a registration stands: only what is in the register is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Standing {
    /// Accepted.
    Accepted,
    /// RIVM reviews it.
    InReview,
    /// Withdrawn.
    Withdrawn,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Accepted, Self::InReview, Self::Withdrawn];

    /// As in an address, and in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => RowOutcome::Geaccepteerd.as_str(),
            Self::InReview => RowOutcome::TeControleren.as_str(),
            Self::Withdrawn => "INGETROKKEN",
        }
    }

    /// Reads what [`Standing::as_str`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// A line of "Mijn registraties".
#[derive(Clone, Serialize, Deserialize)]
pub struct RegistrationLine {
    /// Key.
    pub id: Uuid,
    /// `*****1234`; nothing of a person without BSN.
    pub bsn_masked: String,
    /// dd-mm-jjjj.
    pub date: String,
    /// Vaccine name.
    pub vaccine: String,
    /// Batch number.
    pub batch: String,
    /// Dose number.
    pub dose: u8,
    /// Outcome now.
    pub outcome: RowOutcome,
    /// Corrected (version > 1).
    pub corrected: bool,
    /// Withdrawn.
    pub withdrawn: bool,
    /// "22-11-2026 14:05".
    pub recorded: String,
    /// Who recorded it.
    pub recorded_by: String,
}

/// One version of a registration.
#[derive(Clone, Serialize, Deserialize)]
pub struct RegistrationVersion {
    /// From 1.
    pub number: u32,
    /// What was delivered, after repair.
    pub row: RowText,
    /// When, by whom, through which channel, why (reason of a correction or withdrawal).
    pub recorded: String,
    /// Who.
    pub recorded_by: String,
    /// Reason given.
    pub reason: Option<String>,
    /// This version withdraws the registration.
    pub withdrawal: bool,
    /// RIVM rejected it for good, and this is why.
    pub rejected: Option<Told>,
}

/// A registration with its history.
#[derive(Clone, Serialize, Deserialize)]
pub struct RegistrationView {
    /// Key.
    pub id: Uuid,
    /// Reference on the receipt.
    pub reference: String,
    /// Outcome now.
    pub outcome: RowOutcome,
    /// What the sender may see.
    pub findings: Vec<Finding>,
    /// What RIVM asks about it, when it sent its row back.
    pub message: Option<String>,
    /// Newest first.
    pub versions: Vec<RegistrationVersion>,
    /// How its rows stood before somebody changed them, newest first.
    pub earlier: Vec<EarlierReading>,
    /// Correcting and withdrawing is allowed to this caller.
    pub may_change: bool,
    /// Withdrawing needs no more than a reason; later on it takes that the person withdrew the consent (F09).
    pub withdraw_freely: bool,
    /// Withdrawn by itself, and this caller may undo that.
    pub may_restore: bool,
    /// RIVM asks about it, and this caller may answer that it is right as it stands.
    pub may_stand_by: bool,
}

/// After undoing a withdrawal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Restored {
    /// It counts again.
    Done,
    /// The same vaccination was registered again since; the reason is kept in this draft.
    Again(Uuid),
    /// Nobody approves any more that this institution records in the portal; the reason is kept in this draft.
    NotApproved(Uuid),
    /// The session ended: only the reason is kept, in this draft.
    Kept(Uuid),
}

/// After standing by a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoodBy {
    /// It waits for RIVM again, with the explanation.
    Done,
    /// Nobody approves any more that this institution delivers so; the explanation is kept in this draft.
    NotApproved(Uuid),
    /// The session ended: only the explanation is kept, in this draft.
    Kept(Uuid),
}

/// After withdrawing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Withdrawn {
    /// It counts no more.
    Done,
    /// Recorded too long ago for another reason than withdrawn consent; what was typed is kept in this draft.
    TooLate(Uuid),
    /// The session ended: only the reason is kept, in this draft.
    Kept(Uuid),
}

/// After a correction: stored, or findings on what was typed.
#[derive(Clone, Serialize, Deserialize)]
pub enum Corrected {
    /// New version stored.
    Done,
    /// Not stored; what was typed is kept in the draft with this key.
    LookAgain(Uuid),
    /// Not stored: nobody approves any more that this institution records in the portal. What was typed is kept in this draft.
    NotApproved(Uuid),
    /// Not stored, and kept in this draft: somebody else changed the registration since the form was made.
    Changed(Uuid),
    /// Somebody withdrew it meanwhile: what was typed is in this draft of a new registration.
    Withdrawn(Uuid),
    /// Not stored, and kept in this draft: no more may be asked of the BRP now.
    Later(Uuid, Wait),
}

/// Recording (roles invoerder, instellingsbeheerder).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Entry: Send + Sync {
    /// A new draft with today's remembered defaults (F03); `same_as` keeps the vaccination of a receipt (F02), `same_person` its person.
    async fn begin(
        &self,
        caller: &Caller,
        same_as: Option<String>,
        same_person: bool,
    ) -> PortResult<Uuid>;
    /// The newest open draft of this user here, if any ("Uw invoer van 14:05 staat nog klaar").
    async fn open_draft(&self, caller: &Caller) -> PortResult<Option<DraftView>>;
    /// When the newest open draft of this user here was changed last ("14:05"), if there is one; nothing of what it says.
    async fn waiting(&self, caller: &Caller) -> PortResult<Option<String>>;
    /// A draft. `NotFound` when it is not the caller's, thrown away or expired; `Sent` when it was submitted.
    async fn draft(&self, caller: &Caller, id: Uuid) -> PortResult<DraftView>;
    /// The draft that what was typed in a step belongs in: the one of the form, or a new one when that was sent, or says
    /// something else by now and not this already. Without a revision nothing is compared.
    async fn place(
        &self,
        caller: &Caller,
        id: Uuid,
        revision: Option<String>,
        row: &RowText,
        step: Step,
    ) -> PortResult<Placed>;
    /// Throws a draft away.
    async fn discard(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
    /// Saves the person step: consent first; with N every person field is dropped before anything is stored;
    /// with J, and the form free of errors, the BRP check runs within its budgets. `reason` goes on without a match.
    async fn save_person(
        &self,
        caller: &Caller,
        id: Uuid,
        row: RowText,
        reason: String,
    ) -> PortResult<Saved>;
    /// Saves the vaccination step. `ticked`: [`DraftView::told`] of the page on which the warnings were ticked.
    async fn save_vaccination(
        &self,
        caller: &Caller,
        id: Uuid,
        row: RowText,
        ticked: Option<String>,
    ) -> PortResult<Saved>;
    /// Stores the draft as a delivery of one row, when it says what the page showed (without a revision: whatever it
    /// says). Twice the same draft: one registration, the same reference.
    async fn submit(
        &self,
        caller: &Caller,
        id: Uuid,
        revision: Option<String>,
    ) -> PortResult<Submitted>;
    /// The confirmation page, by its reference or the key of the submitted draft; survives reload.
    async fn receipt(&self, caller: &Caller, reference: String) -> PortResult<Receipt>;
    /// What this institution recorded, newest first.
    async fn registrations(
        &self,
        caller: &Caller,
        filter: RegistrationFilter,
        page: u32,
    ) -> PortResult<Page<RegistrationLine>>;
    /// One of them, with its versions (audited).
    async fn registration(&self, caller: &Caller, id: Uuid) -> PortResult<RegistrationView>;
    /// A new version with a reason (mutatie C); a draft keeps what was typed when it is refused. `version`: the one that
    /// the form was made of; without it nothing is compared. `ticked` as in [`Self::save_vaccination`].
    async fn correct(
        &self,
        caller: &Caller,
        id: Uuid,
        row: RowText,
        reason: String,
        ticked: Option<String>,
        version: Option<u32>,
    ) -> PortResult<Corrected>;
    /// Withdraws it with a reason (mutatie V), once however often this caller asks: within 30 days, or whenever the person withdrew the consent (F09).
    async fn withdraw(
        &self,
        caller: &Caller,
        id: Uuid,
        reason: String,
        consent_withdrawn: bool,
    ) -> PortResult<Withdrawn>;
    /// Undoes its withdrawal, with a reason: a version more, with what stood there before (F09).
    async fn restore(&self, caller: &Caller, id: Uuid, reason: String) -> PortResult<Restored>;
    /// It is right as it stands: RIVM, which sent its row back, looks at it again with this explanation (features F54). Once,
    /// however often the same is sent; `Conflict` when RIVM did not ask, or does not any more.
    async fn stand_by(&self, caller: &Caller, id: Uuid, why: String) -> PortResult<StoodBy>;
}

//! Paper cards (features F11): RIVM keys a card, a second person keys part of it again, and what differs is settled.
//!
//! What the first keyed reaches nobody's screen but the first's, until somebody else has keyed it again.

#[cfg(feature = "ssr")]
use super::{Caller, Page, PortResult};
#[cfg(feature = "ssr")]
use domain::card::Choice;
use domain::card::NumberFault;
use domain::delivery::RowOutcome;
use domain::finding::Finding;
use domain::row::{Column, RowText};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a card stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CardState {
    /// The first is still busy.
    Draft,
    /// It waits for a second person.
    Waiting,
    /// The two differ.
    Differs,
    /// In the register, or refused by its rules: it is a delivery.
    Stored,
}

/// A card in a list. No person.
#[derive(Clone, Serialize, Deserialize)]
pub struct CardLine {
    /// Key.
    pub id: Uuid,
    /// Number on the card; empty in a draft that has none yet.
    pub number: String,
    /// Name of the party; empty in a draft that has none yet.
    pub party: String,
    /// Who keyed it first.
    pub keyed_by: String,
    /// When.
    pub keyed_at: String,
    /// Where it stands.
    pub state: CardState,
    /// The caller keyed it first: somebody else goes on.
    pub own: bool,
    /// What became of its row.
    pub outcome: Option<RowOutcome>,
}

/// The lists of a keyer.
#[cfg(feature = "ssr")]
pub struct CardLists {
    /// What waits for somebody, the oldest first.
    pub open: Page<CardLine>,
    /// Own cards that were not finished.
    pub drafts: Vec<CardLine>,
    /// What was stored last, the newest first.
    pub stored: Vec<CardLine>,
}

/// Why the party of a card is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PartyFault {
    /// Nothing was filled in.
    Empty,
    /// No party has this code or AGB code, or more than one has it.
    Unknown,
    /// It has no approved connection for paper cards (features F-X10).
    NotApproved,
}

/// What somebody keys of a card.
#[derive(Clone, Default)]
pub struct TypedCard {
    /// Number, as typed.
    pub number: String,
    /// Code or AGB code of the party, as typed.
    pub party: String,
    /// The row.
    pub row: RowText,
    /// What the rules object to stands so on the card.
    pub so_on_card: bool,
}

/// A card that its first keyer did not finish (audited).
#[derive(Clone)]
pub struct CardDraft {
    /// Key; nil for one that was not kept yet.
    pub id: Uuid,
    /// What was typed.
    pub typed: TypedCard,
    /// What the rules say of the row.
    pub findings: Vec<Finding>,
    /// What is wrong with the number.
    pub number: Option<NumberFault>,
    /// The number is that of another card of this party: keyed when, and where that stands.
    pub used: Option<(String, Uuid)>,
    /// What is wrong with the party.
    pub party: Option<PartyFault>,
}

/// A value that two people keyed differently.
#[derive(Clone, Serialize, Deserialize)]
pub struct Difference {
    /// The column.
    pub column: Column,
    /// What the first keyed.
    pub first: String,
    /// What the second keyed.
    pub second: String,
}

/// What the caller can do with a card.
#[derive(Clone, Serialize, Deserialize)]
pub enum MayCard {
    /// The first waits for somebody else, and may throw it away meanwhile.
    Wait,
    /// The first waits until somebody else settled what differs.
    Look,
    /// Key it again; nothing of what the first keyed is told.
    KeyAgain,
    /// Settle what differs (audited).
    Settle(Vec<Difference>),
    /// It is done.
    Done {
        /// What became of its row.
        outcome: RowOutcome,
        /// What the rules found.
        findings: Vec<Finding>,
        /// Columns in which the two differed.
        differed: Vec<Column>,
        /// Who keyed it again.
        second: String,
        /// Who settled what differed, and when.
        settled: Option<(String, String)>,
    },
}

/// A card.
#[derive(Clone, Serialize, Deserialize)]
pub struct CardView {
    /// The line.
    pub line: CardLine,
    /// What the caller can do.
    pub may: MayCard,
}

/// After the first keying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keyed {
    /// Kept; something is to be looked at.
    LookAgain(Uuid),
    /// It waits for a second person.
    Waiting(Uuid),
}

/// After the second keying, or settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyedAgain {
    /// It is a delivery now.
    Stored,
    /// The two differ.
    Differs,
    /// The second person must be somebody else.
    SamePerson,
    /// A choice is missing.
    NoChoice,
    /// The reason is missing.
    NoReason,
    /// The party has no approved connection for paper cards any more: nothing is kept of it.
    NotApproved,
}

/// Paper cards (role RIVM-invoerder).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Cards: Send + Sync {
    /// What waits, own drafts, and what was stored last.
    async fn cards(&self, caller: &Caller, page: u32) -> PortResult<CardLists>;
    /// An own card that was not finished (audited); `None` when it was sent on meanwhile.
    async fn card_draft(&self, caller: &Caller, id: Uuid) -> PortResult<Option<CardDraft>>;
    /// Keeps what was keyed; free of errors, or said to stand so on the card, it waits for a second person.
    async fn key_card(
        &self,
        caller: &Caller,
        id: Option<Uuid>,
        typed: TypedCard,
    ) -> PortResult<Keyed>;
    /// Throws an own card away that nobody keyed again.
    async fn discard_card(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
    /// A card, with what the caller can do (audited where it shows what was keyed).
    async fn card(&self, caller: &Caller, id: Uuid) -> PortResult<CardView>;
    /// Another person keys it again; when both say the same it is stored.
    async fn key_again(&self, caller: &Caller, id: Uuid, row: RowText) -> PortResult<KeyedAgain>;
    /// Says what is right where the two differ, and why; then it is stored. Not by who keyed it first.
    async fn settle_card(
        &self,
        caller: &Caller,
        id: Uuid,
        choices: Vec<(Column, Choice)>,
        reason: String,
    ) -> PortResult<KeyedAgain>;
}

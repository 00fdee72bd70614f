//! RIVM decides once for all rows that share a cause (features F52-F54, F-X9).

use super::BrpAge;
use super::review::Suggestion;
#[cfg(feature = "ssr")]
use super::{Caller, Page, PortResult};
use domain::dates::Days;
use domain::decision::{DecisionKind, Told};
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding};
use domain::row::{Column, RowText};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Filter of the clusters, in the URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClusterFilter {
    /// Code of a party.
    pub partij: Option<String>,
    /// Rule code.
    pub code: Option<Code>,
    /// Words: a party, a rule, a column, or a value that rows share. Nothing of a person.
    pub zoek: Option<String>,
}

/// Rows of a party that wait for the same reason. No person data.
#[derive(Clone, Serialize, Deserialize)]
pub struct ClusterLine {
    /// One of its rows: the key of its page.
    pub sample: Uuid,
    /// Name of the party.
    pub party: String,
    /// The rule.
    pub code: Code,
    /// The column, or the whole row.
    pub column: Option<Column>,
    /// AFGEKEURD or TE_CONTROLEREN.
    pub outcome: RowOutcome,
    /// Rows.
    pub rows: u32,
    /// Since when: "22-11-2026 14:05".
    pub since: String,
}

/// A row of an opened cluster.
#[derive(Clone, Serialize, Deserialize)]
pub struct ClusterRow {
    /// Key, for its own page.
    pub id: Uuid,
    /// Number in its delivery.
    pub row: u32,
    /// When that came.
    pub received: String,
}

/// An opened cluster (audited: its value stands in it).
#[derive(Clone, Serialize, Deserialize)]
pub struct ClusterView {
    /// One of its rows.
    pub sample: Uuid,
    /// Name of the party.
    pub party: String,
    /// The rule.
    pub code: Code,
    /// The column, or the whole row.
    pub column: Option<Column>,
    /// The value they share; `None` where the column names a person.
    pub value: Option<String>,
    /// What the value was probably meant to be.
    pub suggestions: Vec<Suggestion>,
    /// AFGEKEURD or TE_CONTROLEREN.
    pub outcome: RowOutcome,
    /// Rows.
    pub rows: u32,
    /// The first of them.
    pub first: Vec<ClusterRow>,
    /// What can be decided.
    pub may: Vec<DecisionKind>,
    /// Colleagues who have it open too.
    pub also_open: Vec<String>,
    /// How old the BRP is that its rows were held against.
    pub brp: BrpAge,
}

/// A decision that somebody prepares.
#[derive(Clone)]
pub struct Proposal {
    /// What.
    pub kind: DecisionKind,
    /// The value to put there, for [`DecisionKind::Map`].
    pub value: String,
    /// Days of the jabs it is about, where it is a value that is kept ([`DecisionKind::is_kept`]).
    pub days: Days,
    /// Why; to the sender when the rows go back.
    pub reason: String,
    /// What the sender is told, for [`DecisionKind::Reject`].
    pub told: Option<Told>,
    /// Who of the institution asked for it, when and how ([`DecisionKind::takes_request`]).
    pub request: String,
    /// About the opened row alone, whatever else it waits for; where that can be ([`DecisionKind::may_be_alone`]).
    pub alone: bool,
}

/// Rows that went back and were not mended are closed.
#[derive(Clone)]
pub struct Closing {
    /// Refused for good or, of stored rows, left as they are too.
    pub kind: DecisionKind,
    /// Why.
    pub reason: String,
    /// What the sender is told, where they are refused for good.
    pub told: Option<Told>,
}

/// What a person of the BRP has in common with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Same {
    /// The delivered BSN.
    Bsn,
    /// The date of birth, as far as it is known.
    BirthDate,
    /// Postcode and house number; not told of who is secret.
    Address,
    /// The surname, or nearly.
    Name,
}

/// Why a list of the BRP is no longer kept up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Gone {
    /// Died.
    Died,
    /// Emigrated.
    Emigrated,
    /// Register of non-residents.
    NonResident,
    /// For another reason.
    Other,
}

/// Somebody of the BRP who may be the person of a row (audited).
#[derive(Clone, Serialize, Deserialize)]
pub struct Candidate {
    /// The list.
    pub list: String,
    /// `*****1234`.
    pub bsn: String,
    /// Full name; `None` of who is secret.
    pub name: Option<String>,
    /// "01-04-2000".
    pub birth_date: String,
    /// Postcode and house number; `None` of who is secret, or has none here.
    pub address: Option<String>,
    /// Name and address are masked (70.10).
    pub secret: bool,
    /// The list is no longer kept up.
    pub gone: Option<Gone>,
    /// What is the same.
    pub same: Vec<Same>,
    /// Vaccinations that count.
    pub vaccinations: u32,
}

/// Who may be the person of a row (audited).
#[derive(Clone, Serialize, Deserialize)]
pub struct Candidates {
    /// The row.
    pub row: Uuid,
    /// Its number in its delivery.
    pub number: u32,
    /// Name of the party.
    pub party: String,
    /// What was delivered of the person.
    pub delivered: RowText,
    /// The most alike first.
    pub found: Vec<Candidate>,
    /// There are more.
    pub more: bool,
    /// The copy of the BRP that they were sought in.
    pub brp: BrpAge,
}

/// The person that a row is to be linked to, or was.
#[derive(Clone, Serialize, Deserialize)]
pub struct LinkView {
    /// The row as it was delivered.
    pub delivered: RowText,
    /// The person; `None` when the BRP says otherwise now.
    pub person: Option<Candidate>,
    /// Vaccinations that count, before and after; `None` once it is settled.
    pub counting: Option<(u32, u32)>,
    /// Doses of the series of the product.
    pub doses: Option<u8>,
}

/// Who linked a registration to its person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedBy {
    /// The decision.
    pub decision: Uuid,
    /// Who asked.
    pub asked_by: String,
    /// Who agreed.
    pub agreed_by: String,
    /// When: "22-11-2026 14:05".
    pub at: String,
}

/// What was decided before somebody else wanted to, and who was first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// The decision, where it was one.
    pub decision: Option<Uuid>,
    /// The ruling about the row alone, where it was one.
    pub ruling: Option<Uuid>,
    /// Who asked for it, or ruled.
    pub by: String,
}

/// What the record of a person would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordChange {
    /// Vaccinations that count now.
    pub before: u32,
    /// And then.
    pub after: u32,
    /// Doses of the series of the product.
    pub doses: Option<u8>,
}

/// A row as a decision would leave it.
#[derive(Clone, Serialize, Deserialize)]
pub struct ForeseenRow {
    /// Key, for its own page.
    pub id: Uuid,
    /// Number in its delivery.
    pub row: u32,
    /// The file it came with, when it had one.
    pub file: Option<String>,
    /// When that came: "22-11-2026 14:05".
    pub received: String,
    /// Its outcome then.
    pub outcome: RowOutcome,
    /// What would be wrong.
    pub findings: Vec<Finding>,
    /// What becomes of the record of its person.
    pub record: Option<RecordChange>,
}

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecisionState {
    /// Prepared, not asked for.
    Draft,
    /// Waits for a second person.
    Asked,
    /// The second person said no.
    Rejected,
    /// Who asked took it back.
    CalledBack,
    /// Being carried out.
    Running,
    /// Carried out.
    Done,
}

impl DecisionState {
    /// Every state.
    pub const ALL: [Self; 6] = [
        Self::Draft,
        Self::Asked,
        Self::Rejected,
        Self::CalledBack,
        Self::Running,
        Self::Done,
    ];

    /// The name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Asked => "asked",
            Self::Rejected => "rejected",
            Self::CalledBack => "called_back",
            Self::Running => "running",
            Self::Done => "done",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// What a party writes for a product or a code, as rows that come later are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptName {
    /// Since when: "22-11-2026 14:05".
    pub since: String,
    /// Until when, once it was ended.
    pub until: Option<String>,
}

/// What a party goes on writing, and what that means: read so in rows that come later. No person data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptValue {
    /// The decision, where it is ended.
    pub decision: Uuid,
    /// Name of the party.
    pub party: String,
    /// The column.
    pub column: Option<Column>,
    /// What the party writes.
    pub old: String,
    /// What it means.
    pub new: String,
    /// Days of the jabs it holds for.
    pub days: Days,
    /// Since when: "22-11-2026 14:05".
    pub since: String,
    /// Until when, once it was ended.
    pub until: Option<String>,
    /// Who asked.
    pub asked_by: String,
    /// Who agreed.
    pub agreed_by: Option<String>,
    /// Who ended it.
    pub ended_by: Option<String>,
    /// Why.
    pub why_ended: Option<String>,
    /// Rows that it was applied to: that waited, and that came later.
    pub rows: u32,
}

/// A line of the list of decisions. No person data.
#[derive(Clone, Serialize, Deserialize)]
pub struct DecisionLine {
    /// Key.
    pub id: Uuid,
    /// What.
    pub kind: DecisionKind,
    /// Its rows are in the register, and wait; else they are refused.
    pub stored: bool,
    /// Name of the party.
    pub party: String,
    /// The rule of the cluster.
    pub code: Code,
    /// Its column.
    pub column: Option<Column>,
    /// Rows when it was asked for.
    pub rows: u32,
    /// Where it stands.
    pub state: DecisionState,
    /// What of it holds for rows that come later.
    pub name: Option<KeptName>,
    /// It is about rows that come later too.
    pub kept: bool,
    /// Days of the jabs it is about.
    pub days: Days,
    /// Rows that went back by it and still wait for their sender.
    pub returned: u32,
    /// They wait longer than the time to answer ([`domain::decision::ANSWER_WITHIN`]).
    pub overdue: bool,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: String,
}

/// What the caller may do about a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MayDecide {
    /// Ask for it, or let it go ahead.
    Confirm,
    /// Agree or say no.
    Agree,
    /// Take it back.
    CallBack,
    /// Nothing.
    Look,
}

/// An opened decision (audited).
#[derive(Clone, Serialize, Deserialize)]
pub struct DecisionView {
    /// The line of the list.
    pub line: DecisionLine,
    /// What stands there.
    pub old: Option<String>,
    /// What is to stand there.
    pub new: Option<String>,
    /// Why.
    pub reason: String,
    /// What the sender is told, where it is refused for good.
    pub told: Option<Told>,
    /// Who of the institution asked for it, when and how.
    pub request: Option<String>,
    /// Who ended the value that it kept.
    pub ended_by: Option<String>,
    /// Why.
    pub why_ended: Option<String>,
    /// A second person has to agree.
    pub second_person: bool,
    /// Who decided: agreed, or did not.
    pub decided_by: Option<String>,
    /// When, or when it was taken back.
    pub decided_at: Option<String>,
    /// Rows it was carried out on (of a kept value those that came later too), and of those the ones still refused.
    pub done: (u32, u32),
    /// Rows that would stay as they are: given on other days.
    pub outside: u32,
    /// What it would come to, as long as it was not carried out: rows by outcome.
    pub outcomes: Vec<(RowOutcome, u32)>,
    /// A page of the rows.
    pub first: Vec<ForeseenRow>,
    /// Where the next page begins, in the address; `None` on the last.
    pub next: Option<String>,
    /// This is not the first page.
    pub further: bool,
    /// Stored rows that are left waiting: another rule doubts them too, or they would be refused with the new value.
    pub left: u32,
    /// Rows of the group that no other value is put in: their delivery is parked, or on its way.
    pub held: u32,
    /// Persons who get more vaccinations that count, and of those the ones with more than the series has.
    pub persons: (u32, u32),
    /// Of stored rows that are rejected: persons of whom a vaccination goes that nobody else reports, and rows whose vaccination
    /// stays, for somebody else reports it too.
    pub gone: Option<(u32, u32)>,
    /// None of its rows waits any more: it cannot be carried out.
    pub late: bool,
    /// Another decision about the same rows that is open, or, when it is late, was first.
    pub other: Option<Earlier>,
    /// Of a link, or of undoing one: the person.
    pub link: Option<LinkView>,
    /// A link that holds, or stored rows that are away: it can be undone.
    pub may_undo: bool,
    /// Of undoing one, or of closing what went back: that decision.
    pub undoes: Option<Uuid>,
    /// The copy of the BRP that its rows are held against.
    pub brp: BrpAge,
    /// What the caller may do.
    pub may: MayDecide,
}

/// What came of agreeing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreed {
    /// It is being carried out.
    Running,
    /// It waits for a second person.
    Waiting,
    /// The second person must be somebody else.
    SamePerson,
    /// Another decision about these rows is open.
    Other,
    /// None of these rows waits any more.
    Late,
    /// Somebody else agreed before, did not agree, or took it back.
    Before,
    /// The row would be refused all the same, or changed, or the BRP says otherwise now.
    NotYet,
}

/// Decisions about clusters (roles RIVM-beoordelaar, RIVM-beheer).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Decisions: Send + Sync {
    /// Clusters, the largest first.
    async fn clusters(
        &self,
        caller: &Caller,
        filter: ClusterFilter,
        page: u32,
    ) -> PortResult<Page<ClusterLine>>;
    /// The cluster that a row is in.
    async fn cluster(&self, caller: &Caller, sample: Uuid) -> PortResult<ClusterView>;
    /// Prepares a decision about it; its key. `Conflict` when it takes a request of the institution, and none was filled in.
    async fn propose(&self, caller: &Caller, sample: Uuid, proposal: Proposal) -> PortResult<Uuid>;
    /// What was decided about a row that waits no more, and who was first.
    async fn decided_about(&self, caller: &Caller, row: Uuid) -> PortResult<Option<Earlier>>;
    /// Who of the BRP may be the person of a row that was not matched.
    async fn candidates(&self, caller: &Caller, row: Uuid) -> PortResult<Candidates>;
    /// Prepares the link of a row to one of them, with why; its key.
    async fn propose_link(
        &self,
        caller: &Caller,
        row: Uuid,
        list: String,
        reason: String,
    ) -> PortResult<Uuid>;
    /// Prepares that a link, or a rejection of stored rows, is undone, with why; its key.
    async fn propose_undo(&self, caller: &Caller, done: Uuid, reason: String) -> PortResult<Uuid>;
    /// Decisions, those that wait first.
    async fn decisions(&self, caller: &Caller, page: u32) -> PortResult<Page<DecisionLine>>;
    /// One, with what it would come to.
    async fn decision(&self, caller: &Caller, id: Uuid) -> PortResult<DecisionView> {
        self.decision_page(caller, id, None).await
    }
    /// The same, with the rows after a place as the page before named it.
    async fn decision_page(
        &self,
        caller: &Caller,
        id: Uuid,
        after: Option<String>,
    ) -> PortResult<DecisionView>;
    /// Who prepared it goes on, or the second person agrees. Twice: once.
    async fn decide(&self, caller: &Caller, id: Uuid) -> PortResult<Agreed>;
    /// The second person says no, or who asked takes it back.
    async fn drop_decision(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
    /// Values that hold for rows that come later, and those that did.
    async fn kept_values(&self, caller: &Caller, page: u32) -> PortResult<Page<KeptValue>>;
    /// The value of a decision that was carried out no longer holds for rows that come later, and why.
    async fn end_name(&self, caller: &Caller, id: Uuid, reason: String) -> PortResult<()>;
    /// Prepares that rows which went back and were not mended are closed; its key.
    async fn propose_close(
        &self,
        caller: &Caller,
        returned: Uuid,
        closing: Closing,
    ) -> PortResult<Uuid>;
    /// Rows that went back and were not mended are in the queue again.
    async fn recall(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
}

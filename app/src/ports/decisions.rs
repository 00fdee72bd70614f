//! RIVM decides once for all rows that share a cause (features F52-F54, F-X9).

use super::review::Suggestion;
#[cfg(feature = "ssr")]
use super::{Caller, Page, PortResult};
use domain::decision::DecisionKind;
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding};
use domain::row::Column;
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
}

/// A decision that somebody prepares.
#[derive(Clone)]
pub struct Proposal {
    /// What.
    pub kind: DecisionKind,
    /// The value to put there, for [`DecisionKind::Map`].
    pub value: String,
    /// Why; to the sender when the rows go back.
    pub reason: String,
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

/// The name that a party uses for a product, as rows that come later are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptName {
    /// Since when: "22-11-2026 14:05".
    pub since: String,
    /// Until when, once it was ended.
    pub until: Option<String>,
}

/// A line of the list of decisions. No person data.
#[derive(Clone, Serialize, Deserialize)]
pub struct DecisionLine {
    /// Key.
    pub id: Uuid,
    /// What.
    pub kind: DecisionKind,
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
    /// A second person has to agree.
    pub second_person: bool,
    /// Who decided.
    pub decided_by: Option<String>,
    /// Rows it was carried out on, and of those the ones still refused.
    pub done: (u32, u32),
    /// What it would come to, as long as it was not carried out: rows by outcome.
    pub outcomes: Vec<(RowOutcome, u32)>,
    /// The first rows: number, outcome, what would be wrong.
    pub first: Vec<(u32, RowOutcome, Vec<Finding>)>,
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
    /// Prepares a decision about it; its key.
    async fn propose(&self, caller: &Caller, sample: Uuid, proposal: Proposal) -> PortResult<Uuid>;
    /// Decisions, those that wait first.
    async fn decisions(&self, caller: &Caller, page: u32) -> PortResult<Page<DecisionLine>>;
    /// One, with what it would come to.
    async fn decision(&self, caller: &Caller, id: Uuid) -> PortResult<DecisionView>;
    /// Who prepared it goes on, or the second person agrees. Twice: once.
    async fn decide(&self, caller: &Caller, id: Uuid) -> PortResult<Agreed>;
    /// The second person says no, or who asked takes it back.
    async fn drop_decision(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
    /// The name of a decision that was carried out no longer holds for rows that come later.
    async fn end_name(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
    /// Rows that went back and were not mended are in the queue again.
    async fn recall(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
}

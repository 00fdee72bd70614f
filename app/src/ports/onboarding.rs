//! How a party comes in (features F79, F-X7): RIVM-beheer files a request, the institution tries its files on the page of
//! the test lane, and the privacycoördinator decides about the connection (`parties`).

use super::deliveries::Phase;
use super::parties::TrialView;
#[cfg(feature = "ssr")]
use super::{Caller, Page, PortResult};
use domain::delivery::{Channel, Counts};
use domain::finding::Finding;
use domain::onboarding::{Fault, PartyForm, TaskState};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A request that was filed.
#[derive(Clone, Serialize, Deserialize)]
pub struct RequestLine {
    /// Key.
    pub id: Uuid,
    /// Its connection.
    pub connection: Uuid,
    /// Name of the party.
    pub party: String,
    /// Code of the party.
    pub code: String,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// The channel.
    pub channel: Channel,
    /// Who asked.
    pub asked_by: String,
    /// "22-11-2026 14:05".
    pub asked_at: String,
    /// The technical test.
    pub test: TaskState,
    /// The say of the privacycoördinator.
    pub approval: TaskState,
}

/// Who is to manage the users of a new party.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Manager {
    /// This person does not give out accesses, or the party was refused.
    NotMine,
    /// Nobody yet: this person may invite somebody.
    Nobody,
    /// This person invited somebody, whose code waits.
    Invited {
        /// Whom it is meant for.
        name: String,
        /// The code in groups of four.
        code: String,
        /// Until when it can be entered.
        until: String,
    },
    /// Somebody is there.
    There,
}

/// A request with what was filled in.
#[derive(Clone, Serialize, Deserialize)]
pub struct RequestView {
    /// The line.
    pub line: RequestLine,
    /// As it was typed.
    pub form: PartyForm,
    /// Its first manager.
    pub manager: Manager,
}

/// The form of a request: empty, or a draft with what is wrong in it.
#[derive(Clone, Serialize, Deserialize)]
pub struct PartyFormView {
    /// Key under which it is filed: twice the same is one request.
    pub id: Uuid,
    /// What was typed.
    pub form: PartyForm,
    /// What is wrong.
    pub faults: Vec<Fault>,
    /// Code and name of the parties in between.
    pub between: Vec<(String, String)>,
}

/// What came of filing a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filed {
    /// It lies with the privacycoördinator.
    Done,
    /// Something is wrong; it is kept as a draft.
    Faults,
}

/// A connection for which files can be tried.
#[derive(Clone, Serialize, Deserialize)]
pub struct LaneView {
    /// Key of the connection.
    pub id: Uuid,
    /// The channel.
    pub channel: Channel,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// It waits for approval: what is tried counts for that.
    pub waits: bool,
}

/// A file that was tried. No value of a row.
#[derive(Clone, Serialize, Deserialize)]
pub struct AttemptView {
    /// Key of the delivery.
    pub id: Uuid,
    /// File name as given (shown to its own party only).
    pub file_name: String,
    /// The channel it was tried for.
    pub channel: Channel,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// Where it stands.
    pub phase: Phase,
    /// When it came: "22-11-2026 14:05".
    pub received: String,
    /// Rows per outcome.
    pub counts: Counts,
    /// Findings about the file.
    pub findings: Vec<Finding>,
    /// What it came to; none while it is looked at.
    pub trial: Option<TrialView>,
}

/// The page of the test lane.
#[derive(Clone, Serialize, Deserialize)]
pub struct BenchView {
    /// For what files can be tried, what waits for approval first.
    pub lanes: Vec<LaneView>,
    /// Files that were tried, the newest first.
    pub attempts: Vec<AttemptView>,
}

/// Bringing a party in.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Onboarding: Send + Sync {
    /// Requests that were filed, what waits for a decision first.
    async fn party_requests(&self, caller: &Caller, page: u32) -> PortResult<Page<RequestLine>>;

    /// One of them.
    async fn party_request(&self, caller: &Caller, id: Uuid) -> PortResult<RequestView>;

    /// The form: empty, or a draft of the caller.
    async fn party_form(&self, caller: &Caller, draft: Option<Uuid>) -> PortResult<PartyFormView>;

    /// Files a request under the key of its form.
    async fn file_party(&self, caller: &Caller, id: Uuid, form: PartyForm) -> PortResult<Filed>;

    /// Invites the first manager of a party that was asked for.
    async fn invite_manager(&self, caller: &Caller, request: Uuid, name: String) -> PortResult<()>;

    /// For what the own institution can try files, and what it tried.
    async fn bench(&self, caller: &Caller) -> PortResult<BenchView>;

    /// One file that was tried.
    async fn attempt(&self, caller: &Caller, id: Uuid) -> PortResult<AttemptView>;
}

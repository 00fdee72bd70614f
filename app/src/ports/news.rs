//! What somebody has not seen yet: files of theirs that ended, and requests that wait for their say.

use super::BrpAge;
use super::corrections::WaitingCorrection;
use super::deliveries::Discarded;
use super::lists::WaitingChange;
use super::withdrawals::WaitingRequest;
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::delivery::{Counts, FileOutcome};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A file of one's own that ended, was discarded by others than its sender, or waits for "Indienen".
#[derive(Clone, Serialize, Deserialize)]
pub struct FileNews {
    /// The delivery.
    pub delivery: Uuid,
    /// Name of the file.
    pub file_name: String,
    /// Its outcome; `None` while it waits for "Indienen", or when that never came.
    pub outcome: Option<FileOutcome>,
    /// Why it never counted, when it was discarded.
    pub discarded: Option<Discarded>,
    /// Rows per outcome.
    pub counts: Counts,
}

/// A decision about a cluster that waits for a second person.
#[derive(Clone, Serialize, Deserialize)]
pub struct WaitingDecision {
    /// Key.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Rows.
    pub rows: u32,
    /// Who asked.
    pub asked_by: String,
    /// "22-11-2026 14:05".
    pub asked_at: String,
}

/// Rows that RIVM sent back and that still wait.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReturnedRows {
    /// The decision, for RIVM.
    pub decision: Uuid,
    /// The delivery, for its sender.
    pub delivery: Uuid,
    /// Deliveries that they are of: for RIVM all of the decision.
    pub deliveries: u32,
    /// Name of the party.
    pub party: String,
    /// Name of the file.
    pub file_name: String,
    /// Rows.
    pub rows: u32,
    /// They are in the register.
    pub stored: bool,
}

/// Rows that RIVM refused for good not long ago, and that nobody of the institution has looked at.
#[derive(Clone, Serialize, Deserialize)]
pub struct RejectedRows {
    /// The delivery.
    pub delivery: Uuid,
    /// Name of the file.
    pub file_name: String,
    /// Rows.
    pub rows: u32,
}

/// News of one person.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct NewsOf {
    /// Files, newest first.
    pub files: Vec<FileNews>,
    /// Requests that wait for this person, oldest first.
    pub waiting: Vec<WaitingRequest>,
    /// Decisions about clusters that wait for this person, oldest first.
    pub decisions: Vec<WaitingDecision>,
    /// Corrections that wait for this person, oldest first.
    pub corrections: Vec<WaitingCorrection>,
    /// Changes of code lists that wait for this person, oldest first.
    pub lists: Vec<WaitingChange>,
    /// Rows that went back: to this institution; for RIVM those that were not mended in time.
    pub returned: Vec<ReturnedRows>,
    /// Rows of this institution that were refused for good and that nobody of it has looked at, the newest first.
    pub rejected: Vec<RejectedRows>,
    /// Connections that wait for this person's decision.
    pub connections: u32,
    /// Deliveries that wait until this person asks or decides.
    pub parked: u32,
    /// Installations where something is missing.
    pub incomplete: u32,
    /// The copy of the BRP, for who records, delivers or reviews; no news by itself.
    pub brp: Option<BrpAge>,
    /// Rows that wait for RIVM longer than [`domain::decision::ANSWER_WITHIN`] working days, counted up to a thousand.
    pub overdue: u32,
}

impl NewsOf {
    /// There is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.files.is_empty()
            && self.waiting.is_empty()
            && self.decisions.is_empty()
            && self.corrections.is_empty()
            && self.lists.is_empty()
            && self.returned.is_empty()
            && self.rejected.is_empty()
            && self.connections == 0
            && self.parked == 0
            && self.incomplete == 0
            && self.overdue == 0
    }
}

/// News (any role; empty where there is none).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait News: Send + Sync {
    /// What this person has not seen yet.
    async fn news(&self, caller: &Caller) -> PortResult<NewsOf>;
    /// This person opened the page of a delivery that ended: it is no news any more, nor what of it was refused for good.
    async fn seen(&self, caller: &Caller, delivery: Uuid) -> PortResult<()>;
}

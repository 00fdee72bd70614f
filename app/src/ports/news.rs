//! What somebody has not seen yet: files of theirs that ended, and requests that wait for their say.

use super::withdrawals::WaitingRequest;
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::delivery::{Counts, FileOutcome};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A file of one's own that ended, or waits for "Indienen".
#[derive(Clone, Serialize, Deserialize)]
pub struct FileNews {
    /// The delivery.
    pub delivery: Uuid,
    /// Name of the file.
    pub file_name: String,
    /// Its outcome; `None` while it waits for "Indienen".
    pub outcome: Option<FileOutcome>,
    /// Rows per outcome.
    pub counts: Counts,
}

/// News of one person.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct NewsOf {
    /// Files, newest first.
    pub files: Vec<FileNews>,
    /// Requests that wait for this person, oldest first.
    pub waiting: Vec<WaitingRequest>,
}

/// News (any role; empty where there is none).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait News: Send + Sync {
    /// What this person has not seen yet.
    async fn news(&self, caller: &Caller) -> PortResult<NewsOf>;
    /// This person opened the page of a delivery that ended: it is no news any more.
    async fn seen(&self, caller: &Caller, delivery: Uuid) -> PortResult<()>;
}

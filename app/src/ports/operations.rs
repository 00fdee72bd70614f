//! RIVM-beheer sees how the work goes: queues, deliveries on their way, what came, the BRP, the disk. No person data.

use super::BrpAge;
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::delivery::Channel;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Work of a kind that is not done.
#[derive(Clone, Serialize, Deserialize)]
pub struct QueueView {
    /// Kind of work, as in the table.
    pub kind: String,
    /// Waits for a worker.
    pub waiting: u32,
    /// Is worked on.
    pub working: u32,
    /// Given up.
    pub failed: u32,
    /// Seconds that the oldest waits.
    pub lag: u64,
}

/// Deliveries that have not ended.
#[derive(Clone, Serialize, Deserialize)]
pub struct OnTheWay {
    /// State, as in docs/states.md.
    pub state: String,
    /// How many.
    pub deliveries: u32,
    /// When the oldest came.
    pub oldest: String,
}

/// What came by a channel today.
#[derive(Clone, Serialize, Deserialize)]
pub struct CameBy {
    /// The channel.
    pub channel: Channel,
    /// When the last one came.
    pub last: String,
    /// Deliveries.
    pub deliveries: u32,
    /// Rows.
    pub rows: u64,
    /// Rows refused.
    pub refused: u64,
}

/// Work that does not succeed.
#[derive(Clone, Serialize, Deserialize)]
pub struct TroubleView {
    /// Kind of work.
    pub kind: String,
    /// What it is about.
    pub subject: Uuid,
    /// How often it was tried.
    pub attempts: u32,
    /// Why; no value of a row.
    pub why: String,
    /// Given up.
    pub failed: bool,
    /// Since when.
    pub since: String,
}

/// A row that was left out of its delivery, because it cannot be taken.
#[derive(Clone, Serialize, Deserialize)]
pub struct LeftOutView {
    /// The delivery, or the withdrawal of one.
    pub delivery: Uuid,
    /// Its number.
    pub row: u32,
    /// Why; no value of a row.
    pub why: String,
    /// Since when.
    pub since: String,
}

/// How the work goes.
#[derive(Clone, Serialize, Deserialize)]
pub struct OperationsView {
    /// Queues.
    pub queues: Vec<QueueView>,
    /// Deliveries on their way.
    pub on_the_way: Vec<OnTheWay>,
    /// What came today.
    pub came: Vec<CameBy>,
    /// Work that does not succeed.
    pub trouble: Vec<TroubleView>,
    /// Rows that were left out in the last seven days.
    pub left_out: Vec<LeftOutView>,
    /// Files in the drop box that are no deliveries yet.
    pub in_the_box: u32,
    /// The copy of the BRP.
    pub brp: BrpAge,
    /// Numbers of its sets that did not come since the last full one, as ranges.
    pub brp_gaps: Vec<(u32, u32)>,
    /// Bytes that are free for raw files, and all there are.
    pub room: (u64, u64),
}

/// Operations (role RIVM-beheer).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Operations: Send + Sync {
    /// How the work goes now.
    async fn operations(&self, caller: &Caller) -> PortResult<OperationsView>;
}

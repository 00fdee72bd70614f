//! What metrics say of each stage (docs/logging.md): counts as things happen, and every minute how long queues are, how old
//! the BRP is, how much room is left. Labels are codes of ours, never anything of a row.

use super::Road;
use crate::jobs::JobKind;
use crate::store::operations::{self, Queue};
use crate::store::{StoreError, register, worker_tx};
use domain::delivery::{Channel, Counts, FileOutcome, RowOutcome};

/// States of a delivery that are no end.
const ON_THE_WAY: [&str; 6] = [
    "received", "complete", "checking", "storing", "preview", "parked",
];

/// A delivery ended.
pub(super) fn ended(channel: Channel, outcome: FileOutcome, counts: &Counts) {
    let channel = channel.as_str();
    metrics::counter!("cims_deliveries_total", "channel" => channel, "outcome" => outcome.as_str())
        .increment(1);
    for outcome in RowOutcome::ALL {
        let rows = u64::from(counts.of(outcome));
        metrics::counter!("cims_rows_total", "channel" => channel, "outcome" => outcome.as_str())
            .increment(rows);
    }
}

/// How it stands now.
///
/// # Errors
/// When the database fails.
#[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
pub(super) async fn look(road: &Road) -> Result<(), StoreError> {
    let now = road.clock.now();
    let mut tx = worker_tx(&road.db).await?;
    // What is empty is told too: a gauge keeps what it was set to.
    let queues = operations::queues(&mut tx).await?;
    for kind in JobKind::ALL.map(JobKind::as_str) {
        let queue = queues.iter().find(|queue| queue.kind == kind);
        let count = |of: fn(&Queue) -> i64| queue.map_or(0, of) as f64;
        for (state, jobs) in [
            ("waiting", count(|queue| queue.waiting)),
            ("working", count(|queue| queue.working)),
            ("again", count(|queue| queue.again)),
            ("failed", count(|queue| queue.failed)),
        ] {
            metrics::gauge!("cims_queue_jobs", "kind" => kind, "state" => state).set(jobs);
        }
        let oldest = queue.and_then(|queue| queue.oldest);
        let lag = oldest.map_or(0.0, |at| (now - at).as_seconds_f64().max(0.0));
        metrics::gauge!("cims_queue_lag_seconds", "kind" => kind).set(lag);
    }
    let on_the_way = operations::on_the_way(&mut tx).await?;
    for state in ON_THE_WAY {
        let some = on_the_way.iter().find(|some| some.state == state);
        metrics::gauge!("cims_deliveries_on_the_way", "state" => state)
            .set(some.map_or(0, |some| some.deliveries) as f64);
    }
    let waiting = operations::in_the_box(&mut tx).await?;
    metrics::gauge!("cims_dropbox_files").set(waiting as f64);
    if let Some(loaded) = register::brp_loaded_at(&mut tx).await? {
        metrics::gauge!("cims_brp_age_seconds").set((now - loaded).as_seconds_f64());
    }
    tx.rollback().await?;
    if let Ok(room) = road.blobs.room() {
        metrics::gauge!("cims_disk_free_bytes").set(room.free as f64);
        metrics::gauge!("cims_disk_bytes").set(room.total as f64);
    }
    Ok(())
}

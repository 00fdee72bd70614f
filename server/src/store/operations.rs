//! How the work goes: queues, deliveries on their way, what came by each channel. Numbers and codes, nothing of a person.

use super::{StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// Jobs of a kind that are not done.
pub struct Queue {
    /// Kind of work.
    pub kind: String,
    /// Wait for a worker.
    pub waiting: i64,
    /// Are worked on.
    pub working: i64,
    /// Tried before, and to be tried again.
    pub again: i64,
    /// Given up; a set of the BRP no longer when a later one was taken.
    pub failed: i64,
    /// Since when the oldest of those that are not given up is there, or, for work of a later day, is due.
    pub oldest: Option<OffsetDateTime>,
}

/// Every kind of work that is not done.
///
/// # Errors
/// When the database fails.
pub async fn queues(tx: &mut WorkerTx<'_>) -> Result<Vec<Queue>, StoreError> {
    Ok(sqlx::query_as!(
        Queue,
        r#"SELECT kind, count(*) FILTER (WHERE state = 'queued') AS "waiting!", count(*) FILTER (WHERE state = 'leased') AS "working!",
                  count(*) FILTER (WHERE state = 'queued' AND attempts > 0) AS "again!", count(*) FILTER (WHERE state = 'failed') AS "failed!",
                  min(CASE WHEN attempts = 0 THEN GREATEST(created_at, run_at) ELSE created_at END) FILTER (WHERE state <> 'failed') AS oldest
           FROM jobs j WHERE state <> 'done'
             AND NOT (kind = 'load-brp' AND state = 'failed' AND EXISTS (SELECT FROM brp_loads l WHERE l.state = 'done' AND l.finished_at > j.finished_at))
           GROUP BY kind ORDER BY kind"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Deliveries in a state that is no end.
pub struct OnTheWay {
    /// The state.
    pub state: String,
    /// How many.
    pub deliveries: i64,
    /// When the oldest came.
    pub oldest: OffsetDateTime,
}

/// Deliveries that have not ended.
///
/// # Errors
/// When the database fails.
pub async fn on_the_way(tx: &mut WorkerTx<'_>) -> Result<Vec<OnTheWay>, StoreError> {
    Ok(sqlx::query_as!(
        OnTheWay,
        r#"SELECT state, count(*) AS "deliveries!", min(received_at) AS "oldest!" FROM deliveries
           WHERE state NOT IN ('done', 'withdrawn', 'discarded') GROUP BY state ORDER BY state"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// What came by a channel.
pub struct Came {
    /// The channel on the wire.
    pub channel: String,
    /// When the last one came.
    pub last: OffsetDateTime,
    /// Deliveries since the moment.
    pub deliveries: i64,
    /// Rows read of them.
    pub rows: i64,
    /// Rows refused of them.
    pub refused: i64,
}

/// What came by each channel, and how much of it since a moment; tests left out.
///
/// # Errors
/// When the database fails.
pub async fn came(tx: &mut WorkerTx<'_>, since: OffsetDateTime) -> Result<Vec<Came>, StoreError> {
    Ok(sqlx::query_as!(
        Came,
        r#"SELECT d.channel, max(d.received_at) AS "last!", count(*) FILTER (WHERE d.received_at >= $1) AS "deliveries!",
                  COALESCE(sum(d.geaccepteerd + d.te_controleren + d.afgekeurd + d.dubbel + d.geteld) FILTER (WHERE d.received_at >= $1), 0)::bigint AS "rows!",
                  COALESCE(sum(d.afgekeurd) FILTER (WHERE d.received_at >= $1), 0)::bigint AS "refused!"
           FROM deliveries d WHERE NOT d.test_lane AND NOT EXISTS (SELECT FROM withdrawals w WHERE w.id = d.id)
           GROUP BY d.channel ORDER BY d.channel"#,
        since
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A job that was given up, or is tried again.
pub struct Trouble {
    /// Kind of work.
    pub kind: String,
    /// What it is about.
    pub subject: Uuid,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it did not succeed; no value of a row.
    pub why: Option<String>,
    /// Given up.
    pub failed: bool,
    /// When it was asked for.
    pub since: OffsetDateTime,
}

/// Jobs that do not succeed, those that were given up first.
///
/// # Errors
/// When the database fails.
pub async fn trouble(tx: &mut WorkerTx<'_>, limit: i64) -> Result<Vec<Trouble>, StoreError> {
    Ok(sqlx::query_as!(
        Trouble,
        r#"SELECT kind, subject, attempts, last_error AS why, state = 'failed' AS "failed!", created_at AS since FROM jobs j
           WHERE (state = 'failed' OR (state = 'queued' AND attempts > 0))
             AND NOT (kind = 'load-brp' AND state = 'failed' AND EXISTS (SELECT FROM brp_loads l WHERE l.state = 'done' AND l.finished_at > j.finished_at))
           ORDER BY state <> 'failed', created_at LIMIT $1"#,
        limit
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A row that was left out of its delivery.
pub struct LeftOut {
    /// Its delivery, or the withdrawal.
    pub delivery: Uuid,
    /// Its number.
    pub row: i32,
    /// Why; no value of a row.
    pub why: String,
    /// When.
    pub at: OffsetDateTime,
}

/// Rows that were left out since a moment because they cannot be taken, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn left_out(
    tx: &mut WorkerTx<'_>,
    since: OffsetDateTime,
    limit: i64,
) -> Result<Vec<LeftOut>, StoreError> {
    Ok(sqlx::query_as!(
        LeftOut,
        r#"SELECT delivery_id AS delivery, row_number AS "row", why, left_at AS at FROM rows_left_out
           WHERE left_at >= $1 ORDER BY left_at DESC, delivery_id, row_number LIMIT $2"#,
        since,
        limit
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Files in the drop box that are no deliveries yet.
///
/// # Errors
/// When the database fails.
pub async fn in_the_box(tx: &mut WorkerTx<'_>) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "n!" FROM sftp_uploads WHERE state IN ('open', 'closed')"#
    )
    .fetch_one(&mut **tx)
    .await?)
}

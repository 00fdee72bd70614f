//! What somebody who delivered has not seen yet.

use super::{PartyTx, StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// A file that ended, was discarded, or waits for "Indienen".
pub struct File {
    /// The delivery.
    pub id: Uuid,
    /// Name of the file.
    pub file_name: Option<String>,
    /// State.
    pub state: String,
    /// Nobody submitted it in time.
    pub expired: bool,
    /// Outcome on the wire; none in preview.
    pub outcome: Option<String>,
    /// Counts per outcome.
    pub geaccepteerd: i32,
    /// Counts per outcome.
    pub te_controleren: i32,
    /// Counts per outcome.
    pub afgekeurd: i32,
    /// Counts per outcome.
    pub dubbel: i32,
    /// Counts per outcome.
    pub geteld: i32,
}

/// Files this person delivered for this party that they have not looked at since the end, or since others than they threw
/// them away; the newest five.
///
/// # Errors
/// When the database fails.
pub async fn files(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    user: Uuid,
    since: OffsetDateTime,
) -> Result<Vec<File>, StoreError> {
    let rows = sqlx::query_as!(
        File,
        "SELECT id, file_name, state, expired, outcome, geaccepteerd, te_controleren, afgekeurd, dubbel, geteld FROM deliveries
         WHERE party_id = $1 AND received_by = $2 AND channel <> 'portaal' AND NOT test_lane AND received_at > $3
           AND (state = 'preview' OR looked_at IS NULL
                AND (state = 'done' OR state = 'discarded' AND (outcome IS NOT NULL OR expired OR discarded_by <> $2)))
         ORDER BY seq DESC LIMIT 5",
        party,
        user,
        since
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Rows that RIVM refused for good.
pub struct Rejected {
    /// The delivery.
    pub delivery: Uuid,
    /// Name of its file.
    pub file_name: Option<String>,
    /// Rows.
    pub rows: i64,
}

/// Rows of this party that RIVM refused for good since a moment and that nobody of it has looked at, by delivery; the newest five.
///
/// # Errors
/// When the database fails.
pub async fn rejected(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    since: OffsetDateTime,
) -> Result<Vec<Rejected>, StoreError> {
    let rows = sqlx::query_as!(
        Rejected,
        r#"SELECT r.delivery_id AS delivery, d.file_name, count(*) AS "rows!"
           FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id
           WHERE r.party_id = $1 AND r.state = 'rejected' AND r.decided_at > $2 AND d.state = 'done' AND NOT d.test_lane
             AND (d.rejected_seen IS NULL OR r.decided_at > d.rejected_seen)
           GROUP BY 1, 2 ORDER BY max(r.decided_at) DESC LIMIT 5"#,
        party,
        since
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Somebody of the party looked at a delivery of which rows were refused for good since a moment.
///
/// # Errors
/// When the database fails.
pub async fn looked_at_rejected(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
    since: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries d SET rejected_seen = n.newest
         FROM (SELECT max(decided_at) AS newest FROM delivery_rows
               WHERE party_id = $1 AND delivery_id = $2 AND state = 'rejected' AND decided_at > $3) AS n
         WHERE d.id = $2 AND d.party_id = $1 AND (d.rejected_seen IS NULL OR n.newest > d.rejected_seen) AND n.newest IS NOT NULL",
        party,
        delivery,
        since
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who delivered it looked at a delivery that ended.
///
/// # Errors
/// When the database fails.
pub async fn looked(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    user: Uuid,
    delivery: Uuid,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET looked_at = $4
         WHERE id = $3 AND party_id = $1 AND received_by = $2 AND looked_at IS NULL AND state IN ('done', 'withdrawn', 'discarded')",
        party,
        user,
        delivery,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

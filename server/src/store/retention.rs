//! Which raw files and answers have had their time, and which belong to nobody.

use super::{StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// Takes the raw file from the oldest delivery that came before a moment and has ended: (delivery, party). A parked
/// one, or one that is worked on, keeps its file, and so does a double of it.
///
/// # Errors
/// When the database fails.
pub async fn next_due(
    tx: &mut WorkerTx<'_>,
    before: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Option<(Uuid, Uuid)>, StoreError> {
    let row = sqlx::query!(
        "UPDATE deliveries SET blob_id = NULL, blob_gone_at = $2
         WHERE id = (SELECT id FROM deliveries
                      WHERE blob_id IS NOT NULL AND received_at < $1 AND state IN ('done', 'withdrawn', 'discarded') AND outcome IS DISTINCT FROM 'DUBBEL'
                      ORDER BY received_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, party_id",
        before,
        now
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.id, row.party_id)))
}

/// Takes the oldest answer that was made before a moment, seen or out of sight: (file, party). The portal makes its own.
///
/// # Errors
/// When the database fails.
pub async fn next_answer(
    tx: &mut WorkerTx<'_>,
    before: OffsetDateTime,
) -> Result<Option<(Uuid, Uuid)>, StoreError> {
    let row = sqlx::query!(
        "DELETE FROM answer_files
         WHERE id = (SELECT id FROM answer_files WHERE created_at < $1 ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, party_id",
        before
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.id, row.party_id)))
}

/// Those of these files that no delivery, answer or upload names as its own.
///
/// # Errors
/// When the database fails.
pub async fn orphans(tx: &mut WorkerTx<'_>, files: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar!(
        r#"SELECT f AS "file!" FROM unnest($1::uuid[]) AS f
           WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.id = f AND d.blob_id = f)
             AND NOT EXISTS (SELECT FROM answer_files a WHERE a.id = f)
             AND NOT EXISTS (SELECT FROM sftp_uploads u WHERE u.id = f AND (u.state IN ('open', 'closed')
                                     OR EXISTS (SELECT FROM jobs j WHERE j.subject = u.id AND j.state IN ('queued', 'leased'))))"#,
        files
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

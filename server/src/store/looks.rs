//! Who has a waiting row open.

use super::{StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// Minutes that a row counts as open after somebody opened it.
const OPEN_MINUTES: i32 = 10;

/// Somebody opens a row; answers who else has it open.
///
/// # Errors
/// When the database fails.
pub async fn look(
    tx: &mut WorkerTx<'_>,
    row: Uuid,
    user: Uuid,
    at: OffsetDateTime,
) -> Result<Vec<String>, StoreError> {
    sqlx::query!(
        "INSERT INTO row_looks (row_id, user_id, seen_at) VALUES ($1, $2, $3)
         ON CONFLICT (row_id, user_id) DO UPDATE SET seen_at = EXCLUDED.seen_at",
        row,
        user,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(sqlx::query_scalar!(
        "SELECT u.name FROM row_looks l JOIN users u ON u.id = l.user_id
         WHERE l.row_id = $1 AND l.user_id <> $2 AND l.seen_at > $3::timestamptz - make_interval(mins => $4) ORDER BY u.name",
        row,
        user,
        at,
        OPEN_MINUTES
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Forgets who looked long ago.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut WorkerTx<'_>, before: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM row_looks WHERE seen_at < $1", before)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

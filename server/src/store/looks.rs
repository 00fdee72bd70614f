//! Who has a waiting row open.

use super::{PartyTx, StoreError, WorkerTx};
use time::{Duration, OffsetDateTime};
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

/// Who else has a row open of the group that this row is in, whichever row they opened it from. The few who look now are found
/// first, and then what they look at.
///
/// # Errors
/// When the database fails.
pub async fn at_group(
    tx: &mut WorkerTx<'_>,
    row: Uuid,
    user: Uuid,
    at: OffsetDateTime,
) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"WITH now AS MATERIALIZED (
               SELECT row_id, user_id FROM row_looks
               WHERE user_id <> $2 AND seen_at > $3::timestamptz - make_interval(mins => $4)),
           s AS MATERIALIZED (SELECT id, party_id, cluster_code, cluster_column, cluster_value, outcome FROM delivery_rows WHERE id = $1)
           SELECT DISTINCT u.name AS "name!"
           FROM now n JOIN delivery_rows r ON r.id = n.row_id JOIN users u ON u.id = n.user_id CROSS JOIN s
           WHERE r.party_id = s.party_id AND r.cluster_code = s.cluster_code AND r.cluster_column = s.cluster_column
             AND r.cluster_value = s.cluster_value AND r.outcome = s.outcome AND r.state = 'open'
           ORDER BY 1"#,
        row,
        user,
        at,
        OPEN_MINUTES
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Who else has these rows open: row, and name.
///
/// # Errors
/// When the database fails.
pub async fn at_rows(
    tx: &mut PartyTx<'_>,
    rows: &[Uuid],
    user: Uuid,
    at: OffsetDateTime,
) -> Result<Vec<(Uuid, String)>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT row_id AS "row_id!", name AS "name!" FROM staff_row_looks($1, $2, $3)"#,
        rows,
        user,
        at - Duration::minutes(i64::from(OPEN_MINUTES))
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found
        .into_iter()
        .map(|one| (one.row_id, one.name))
        .collect())
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

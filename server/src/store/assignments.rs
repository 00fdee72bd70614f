//! The lists of work of the reviewers: with whom a waiting row is (features F51).

use super::{PartyTx, StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// Somebody who reviews.
pub struct Reviewer {
    /// Key.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Rows on their list that wait.
    pub rows: i64,
}

/// Who can have rows on their list, by name.
///
/// # Errors
/// When the database fails.
pub async fn reviewers(tx: &mut PartyTx<'_>) -> Result<Vec<Reviewer>, StoreError> {
    Ok(sqlx::query_as!(
        Reviewer,
        r#"SELECT id AS "id!", name AS "name!", rows AS "rows!" FROM staff_reviewers()"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Puts a waiting row on somebody's list, or its whole cluster; answers which rows. None when it waits no more.
///
/// # Errors
/// When the database fails.
pub async fn assign(
    tx: &mut WorkerTx<'_>,
    row: Uuid,
    whole_cluster: bool,
    to: Uuid,
    by: Uuid,
    at: OffsetDateTime,
) -> Result<Vec<Uuid>, StoreError> {
    let waiting = waiting(tx, row, whole_cluster).await?;
    sqlx::query!(
        "INSERT INTO assignments (row_id, user_id, assigned_by, assigned_at)
         SELECT n, $2, $3, $4 FROM unnest($1::uuid[]) AS n
         ON CONFLICT (row_id) DO UPDATE SET user_id = EXCLUDED.user_id, assigned_by = EXCLUDED.assigned_by, assigned_at = EXCLUDED.assigned_at",
        &waiting,
        to,
        by,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(waiting)
}

/// Takes a row, or its whole cluster, off whoever's list it is on; answers which waiting rows.
///
/// # Errors
/// When the database fails.
pub async fn release(
    tx: &mut WorkerTx<'_>,
    row: Uuid,
    whole_cluster: bool,
) -> Result<Vec<Uuid>, StoreError> {
    let waiting = waiting(tx, row, whole_cluster).await?;
    sqlx::query!("DELETE FROM assignments WHERE row_id = ANY ($1)", &waiting)
        .execute(&mut **tx)
        .await?;
    Ok(waiting)
}

/// In the order of their keys, so that two who take the same group do not wait for each other in a ring.
async fn waiting(
    tx: &mut WorkerTx<'_>,
    row: Uuid,
    whole_cluster: bool,
) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"WITH s AS (SELECT * FROM delivery_rows WHERE id = $1 AND state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL)
           SELECT s.id AS "id!" FROM s
           UNION
           SELECT r.id FROM s JOIN delivery_rows r ON r.party_id = s.party_id AND r.cluster_code = s.cluster_code
                AND r.cluster_column = s.cluster_column AND r.cluster_value = s.cluster_value AND r.outcome = s.outcome
           WHERE $2 AND r.state = 'open' AND r.cluster_code IS NOT NULL AND r.returned_at IS NULL ORDER BY 1"#,
        row,
        whole_cluster
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// With whom a row is.
///
/// # Errors
/// When the database fails.
pub async fn assignee(tx: &mut WorkerTx<'_>, row: Uuid) -> Result<Option<Uuid>, StoreError> {
    Ok(
        sqlx::query_scalar!("SELECT user_id FROM assignments WHERE row_id = $1", row)
            .fetch_optional(&mut **tx)
            .await?,
    )
}

/// Forgets rows that wait for nobody any more.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM assignments a
         WHERE NOT EXISTS (SELECT FROM delivery_rows r WHERE r.id = a.row_id AND r.state = 'open')"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

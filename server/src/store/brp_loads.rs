//! What is known of the load of a BRP set, for the answer on it.

use super::{StoreError, WorkerTx};
use domain::delivery::rhythm::gaps;
use time::Duration;
use uuid::Uuid;

/// A load that ended.
pub struct Load {
    /// Everybody; else changes only.
    pub full: bool,
    /// Its lists are in the copy.
    pub done: bool,
    /// Lines that are a list.
    pub staged: i64,
    /// Lines that are none.
    pub refused: i64,
    /// The first of them.
    pub refused_lines: Vec<i64>,
    /// Lists that were not in the copy.
    pub new: i64,
    /// Lists with other content.
    pub changed: i64,
    /// Lists that disappeared.
    pub gone: i64,
    /// Lists in the copy after it.
    pub total: i64,
    /// Seconds it took.
    pub seconds: i64,
}

/// The load of an upload that ended: the one that was taken, else the last one that was not.
///
/// # Errors
/// When the database fails.
pub async fn of_upload(tx: &mut WorkerTx<'_>, upload: Uuid) -> Result<Option<Load>, StoreError> {
    Ok(sqlx::query_as!(
        Load,
        r#"SELECT kind = 'full' AS "full!", state = 'done' AS "done!", rows_staged AS staged, rows_refused AS refused, refused_lines,
                  COALESCE(rows_new, 0) AS "new!", COALESCE(rows_changed, 0) AS "changed!", COALESCE(rows_gone, 0) AS "gone!",
                  COALESCE(persons_after, 0) AS "total!", ceil(extract(epoch FROM finished_at - started_at))::bigint AS "seconds!"
           FROM brp_loads WHERE upload_id = $1 AND state IN ('done', 'refused') ORDER BY state = 'done' DESC, finished_at DESC LIMIT 1"#,
        upload
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Drops what is still staged of an upload that is refused: the next set would wait for it.
///
/// # Errors
/// When the database fails.
pub async fn give_up(tx: &mut WorkerTx<'_>, upload: Uuid) -> Result<(), StoreError> {
    let staged = sqlx::query!(
        "UPDATE brp_loads SET state = 'refused', finished_at = now() WHERE upload_id = $1 AND state = 'staging'",
        upload
    )
    .execute(&mut **tx)
    .await?;
    if staged.rows_affected() > 0 {
        sqlx::query!("TRUNCATE brp_staging")
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// Names of the other sets that wait to be loaded, or are; those that were tried `tries` times in vain left out.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    tx: &mut WorkerTx<'_>,
    but: Uuid,
    tries: i32,
) -> Result<Vec<String>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT u.name FROM jobs j JOIN sftp_uploads u ON u.id = j.subject
         WHERE j.kind = 'load-brp' AND j.state IN ('queued', 'leased') AND j.subject <> $1 AND j.attempts < $2",
        but,
        tries
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Numbers of sets that did not come, or were refused, as ranges: since the last full set, which holds everything before it.
///
/// # Errors
/// When the database fails.
pub async fn missing(tx: &mut WorkerTx<'_>) -> Result<Vec<(u32, u32)>, StoreError> {
    let taken = sqlx::query_scalar!(
        r#"SELECT set_number AS "number!" FROM brp_loads
           WHERE state = 'done' AND set_number IS NOT NULL
             AND finished_at >= COALESCE((SELECT max(finished_at) FROM brp_loads WHERE state = 'done' AND kind = 'full'), '-infinity')"#
    )
    .fetch_all(&mut **tx)
    .await?;
    let numbers = taken.into_iter().map(u32::try_from);
    Ok(gaps(&numbers.filter_map(Result::ok).collect::<Vec<_>>()))
}

/// A load ended less than so long ago.
///
/// # Errors
/// When the database fails.
pub async fn is_younger_than(
    tx: &mut WorkerTx<'_>,
    load: Uuid,
    time: Duration,
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM brp_loads WHERE id = $1 AND finished_at > now() - make_interval(secs => $2)) AS "young!""#,
        load,
        time.as_seconds_f64()
    )
    .fetch_one(&mut **tx)
    .await?)
}

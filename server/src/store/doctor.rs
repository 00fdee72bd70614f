//! Questions of `cims doctor`: each answers the keys of what does not agree, none when all does.

use super::{StoreError, WorkerTx};
use sqlx::PgConnection;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Most keys that one question answers: the first ones tell enough.
const MOST: i64 = 1_000;

/// Deliveries that ended and whose counts are not those of their rows.
///
/// # Errors
/// When the database fails.
pub async fn counts(tx: &mut WorkerTx<'_>) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT d.id FROM deliveries d
           LEFT JOIN (SELECT delivery_id, count(*) FILTER (WHERE outcome = 'GEACCEPTEERD') AS a, count(*) FILTER (WHERE outcome = 'TE_CONTROLEREN') AS c,
                             count(*) FILTER (WHERE outcome = 'AFGEKEURD') AS r, count(*) FILTER (WHERE outcome = 'DUBBEL') AS d,
                             count(*) FILTER (WHERE outcome = 'GETELD') AS g
                      FROM delivery_rows GROUP BY 1) AS n ON n.delivery_id = d.id
           WHERE d.state IN ('done', 'withdrawn') AND NOT EXISTS (SELECT FROM withdrawals w WHERE w.id = d.id)
             AND (d.geaccepteerd, d.te_controleren, d.afgekeurd, d.dubbel, d.geteld)
                 <> (COALESCE(n.a, 0), COALESCE(n.c, 0), COALESCE(n.r, 0), COALESCE(n.d, 0), COALESCE(n.g, 0))
             -- A registration that is put back is a version without a row of its own.
             AND NOT EXISTS (SELECT FROM reports r WHERE r.delivery_id = d.id AND r.restores IS NOT NULL)
           ORDER BY d.seq LIMIT $1"#,
        MOST
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Registrations that stand and do not lead to a row of a delivery (security G3).
///
/// # Errors
/// When the database fails.
pub async fn without_row(tx: &mut WorkerTx<'_>) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT r.id FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
         WHERE r.valid_to IS NULL AND r.content_sealed IS NOT NULL
           AND NOT EXISTS (SELECT FROM delivery_rows w WHERE w.delivery_id = o.delivery_id AND w.row_number = o.row_number)
         ORDER BY r.id LIMIT $1",
        MOST
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Vaccinations that stand without anybody who reports them, and registrations that point at none that stands.
///
/// # Errors
/// When the database fails.
pub async fn without_source(tx: &mut WorkerTx<'_>) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT v.id AS "id!" FROM vaccinations v
           WHERE v.valid_to IS NULL AND NOT EXISTS (SELECT FROM reports r WHERE r.vaccination_id = v.id AND r.valid_to IS NULL)
           UNION ALL
           SELECT r.id FROM reports r
           WHERE r.valid_to IS NULL AND r.content_sealed IS NOT NULL
             AND NOT EXISTS (SELECT FROM vaccinations v WHERE v.person_id = r.person_id AND v.id = r.vaccination_id AND v.valid_to IS NULL)
           LIMIT $1"#,
        MOST
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// The next persons after a key, in the order of their keys.
///
/// # Errors
/// When the database fails.
pub async fn persons(
    tx: &mut WorkerTx<'_>,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT id FROM persons WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Files that must lie on disk: raw files of deliveries, of uploads that are not taken yet, and answers.
///
/// # Errors
/// When the database fails.
pub async fn files(tx: &mut WorkerTx<'_>) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT blob_id AS "id!" FROM deliveries WHERE blob_id IS NOT NULL
           UNION ALL SELECT id FROM answer_files
           UNION ALL SELECT id FROM sftp_uploads WHERE state = 'closed'"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// SHA-256 of raw files, sealed, as they came in: of deliveries, and of uploads that are not taken yet.
///
/// # Errors
/// When the database fails.
pub async fn digests(tx: &mut WorkerTx<'_>) -> Result<HashMap<Uuid, Vec<u8>>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id AS "id!", sha256_sealed AS "sealed!" FROM deliveries WHERE blob_id = id AND sha256_sealed IS NOT NULL
           UNION ALL SELECT id, sha256_sealed FROM sftp_uploads WHERE state = 'closed'"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.sealed)).collect())
}

/// Deliveries of the drop box without their receipt, and those that ended without their result, unless that is being made
/// (specification §7); sets of the BRP likewise. Of what came or ended before `since` the days may be over: it has none.
///
/// # Errors
/// When the database fails.
pub async fn unanswered(
    tx: &mut WorkerTx<'_>,
    since: OffsetDateTime,
) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"WITH due AS (
               SELECT d.id, d.received_at >= $2 AS receipt,
                      CASE WHEN d.state IN ('done', 'withdrawn', 'discarded') AND COALESCE(d.finished_at, d.received_at) >= $2 THEN 2 ELSE 0 END AS results
               FROM deliveries d WHERE d.account_id IS NOT NULL
               UNION ALL
               SELECT u.id, u.opened_at >= $2, CASE WHEN u.gone_at >= $2 THEN 2 ELSE 0 END FROM sftp_uploads u JOIN sftp_accounts a ON a.id = u.account_id
               WHERE a.purpose = 'brp' AND (u.state = 'taken' OR u.why = 'refused'))
           SELECT due.id AS "id!" FROM due
           LEFT JOIN (SELECT COALESCE(delivery_id, upload_id) AS id, count(DISTINCT kind) FILTER (WHERE kind <> 'ontvangst') AS results,
                             count(DISTINCT kind) FILTER (WHERE kind = 'ontvangst') AS receipts
                      FROM answer_files GROUP BY 1) AS made ON made.id = due.id
           WHERE (due.receipt AND COALESCE(made.receipts, 0) = 0)
              OR (COALESCE(made.results, 0) < due.results
                  AND NOT EXISTS (SELECT FROM jobs j WHERE j.subject = due.id AND j.state IN ('queued', 'leased')))
           ORDER BY 1 LIMIT $1"#,
        MOST,
        since
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Deliveries on their way that no job works on, and jobs that gave up; a set of the BRP that was refused and answered is done,
/// also when it went before `since` and the days of its answer may be over.
///
/// # Errors
/// When the database fails.
pub async fn stuck(tx: &mut WorkerTx<'_>, since: OffsetDateTime) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT d.id AS "id!" FROM deliveries d
           WHERE d.state IN ('received', 'complete', 'checking', 'storing')
             AND NOT EXISTS (SELECT FROM jobs j WHERE j.subject = d.id AND j.state IN ('queued', 'leased'))
           UNION ALL SELECT j.subject FROM jobs j WHERE j.state = 'failed'
             AND NOT EXISTS (SELECT FROM answer_files a WHERE j.kind = 'load-brp' AND a.upload_id = j.subject AND a.kind = 'resultaat-json')
             AND NOT EXISTS (SELECT FROM sftp_uploads u WHERE j.kind = 'load-brp' AND u.id = j.subject AND u.gone_at < $2)
           LIMIT $1"#,
        MOST,
        since
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Deliveries by key: the first and last row that a version in the register came from, of those that came as a file. A form or
/// a card is one row.
///
/// # Errors
/// When the database fails.
pub async fn deliveries(
    tx: &mut WorkerTx<'_>,
) -> Result<Vec<(Uuid, Option<(i32, i32)>)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT d.id, r.first, r.last FROM deliveries d
         LEFT JOIN (SELECT delivery_id, min(row_number) AS first, max(row_number) AS last FROM reports WHERE channel NOT IN ('portaal', 'papier') GROUP BY 1) AS r
              ON r.delivery_id = d.id
         ORDER BY d.seq"
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.first.zip(row.last)))
        .collect())
}

/// What the audit says of deliveries: that each was received, typed in a form or keyed from a card, or asked for as a withdrawal;
/// and of a file the first and last row of it that was stored. Takes a connection that may read the audit.
///
/// # Errors
/// When the database fails.
pub async fn audited(
    connection: &mut PgConnection,
) -> Result<HashMap<Uuid, Option<(i32, i32)>>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT COALESCE(CASE WHEN e.event <> 'transfer.withdrawal-asked' THEN e.line ->> 'delivery' END, e.line -> 'participantObject' ->> 'id')::uuid AS "delivery!",
                  min((e.line -> 'rows' ->> 0)::integer) AS first, max((e.line -> 'rows' ->> 1)::integer) AS last
           FROM (SELECT line::jsonb AS line, line::jsonb ->> 'event' AS event FROM audit_lines) AS e
           WHERE e.event IN ('transfer.received', 'transfer.rows-stored', 'transfer.card-keyed', 'transfer.withdrawal-asked',
                             'record.entered', 'record.counted', 'record.corrected', 'record.withdrawn', 'record.restored') GROUP BY 1"#
    )
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.delivery, row.first.zip(row.last)))
        .collect())
}

/// Lines of the audit of before they named the delivery by which a registration was corrected, withdrawn or put back: how many
/// there are of a registration, and when the last one was written. The second answer is when the first line was written that
/// does name it: from then on each must. Takes a connection that may read the audit.
///
/// # Errors
/// When the database fails.
pub async fn told_by_registration(
    connection: &mut PgConnection,
) -> Result<(HashMap<Uuid, i64>, Option<OffsetDateTime>), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT COALESCE(e.line ->> 'registration', e.line -> 'participantObject' ->> 'id')::uuid AS "registration!", count(*) AS "lines!"
           FROM (SELECT line::jsonb AS line FROM audit_lines WHERE event IN ('record.corrected', 'record.withdrawn', 'record.restored')) AS e
           WHERE e.line ->> 'delivery' IS NULL
             AND (e.line ->> 'registration' IS NOT NULL OR e.line -> 'participantObject' ->> 'typeCode' = 'registration') GROUP BY 1"#
    )
    .fetch_all(&mut *connection)
    .await?;
    let named = sqlx::query_scalar!(
        "SELECT min(at) FROM audit_lines
         WHERE event IN ('record.corrected', 'record.withdrawn', 'record.restored') AND line::jsonb ->> 'delivery' IS NOT NULL"
    )
    .fetch_one(connection)
    .await?;
    let lines = rows.into_iter().map(|row| (row.registration, row.lines));
    Ok((lines.collect(), named))
}

/// Of these deliveries of one row, typed at the screen: what they made a version of, and when they came; the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_registrations(
    tx: &mut WorkerTx<'_>,
    deliveries: &[Uuid],
) -> Result<Vec<(Uuid, Uuid, OffsetDateTime)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT d.id, r.id AS registration, d.received_at FROM deliveries d JOIN reports r ON r.delivery_id = d.id
         WHERE d.id = ANY ($1) AND d.channel = 'portaal' AND r.version > 1 ORDER BY d.seq",
        deliveries
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.registration, row.received_at))
        .collect())
}

//! What files of the test lane came to.

use super::{PartyTx, StoreError, WorkerTx};
use domain::delivery::Channel;
use domain::delivery::trial::Trial;
use time::OffsetDateTime;
use uuid::Uuid;

/// Rows of a delivery by kind, of those that were not refused; and rows by rule code.
pub struct Kinds {
    /// Corrections.
    pub corrections: i64,
    /// Withdrawals.
    pub withdrawals: i64,
    /// Without consent.
    pub without_consent: i64,
    /// `{"P03": 2}`
    pub codes: serde_json::Value,
}

/// What kinds of rows a delivery has.
///
/// # Errors
/// When the database fails.
pub async fn kinds(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<Kinds, StoreError> {
    Ok(sqlx::query_as!(
        Kinds,
        r#"SELECT count(*) FILTER (WHERE mutation = 'C' AND outcome <> 'AFGEKEURD') AS "corrections!",
                  count(*) FILTER (WHERE mutation = 'V' AND outcome <> 'AFGEKEURD') AS "withdrawals!",
                  count(*) FILTER (WHERE outcome = 'GETELD') AS "without_consent!",
                  COALESCE((SELECT jsonb_object_agg(code, rows) FROM (
                      SELECT f ->> 'code' AS code, count(DISTINCT r.row_number) AS rows
                      FROM delivery_rows r, jsonb_array_elements(r.findings) AS f WHERE r.delivery_id = $1 GROUP BY 1) AS c), '{}') AS "codes!"
           FROM delivery_rows WHERE delivery_id = $1"#,
        delivery
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Keeps what a file of the test lane came to, with what its delivery knows of the file as a whole.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    trial: &Trial,
    channel: Channel,
    codes: &serde_json::Value,
) -> Result<(), StoreError> {
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    sqlx::query!(
        "INSERT INTO trials (delivery_id, party_id, intermediary_id, channel, outcome, rows, refused, corrections, withdrawals, without_consent,
                             codes, conforms, findings, columns)
         SELECT id, party_id, intermediary_id, channel, $2, $3, $4, $5, $6, $7, $8, $9, findings,
                ARRAY(SELECT c ->> 1 FROM jsonb_array_elements(CASE jsonb_typeof(format_info -> 'columns') WHEN 'array' THEN format_info -> 'columns' ELSE '[]' END) AS c)
         FROM deliveries WHERE id = $1",
        delivery,
        trial.outcome.as_str(),
        number(trial.rows),
        number(trial.refused),
        number(trial.corrections),
        number(trial.withdrawals),
        number(trial.without_consent),
        codes,
        trial.conforms(channel)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A file of the test lane.
pub struct Tried {
    /// When it ended.
    pub finished_at: OffsetDateTime,
    /// Outcome on the wire.
    pub outcome: String,
    /// Rows.
    pub rows: i32,
    /// Refused.
    pub refused: i32,
    /// Corrections not refused.
    pub corrections: i32,
    /// Withdrawals not refused.
    pub withdrawals: i32,
    /// Without consent.
    pub without_consent: i32,
    /// Rows by rule code.
    pub codes: serde_json::Value,
    /// It shows all that an approval asks for.
    pub conforms: bool,
    /// Findings about the file.
    pub findings: serde_json::Value,
    /// Its columns of the format, by name.
    pub columns: Vec<String>,
}

/// The newest files of the test lane of a connection.
///
/// # Errors
/// When the database fails.
pub async fn of_connection(
    tx: &mut PartyTx<'_>,
    connection: Uuid,
    limit: i64,
) -> Result<Vec<Tried>, StoreError> {
    Ok(sqlx::query_as!(
        Tried,
        "SELECT t.finished_at, t.outcome, t.rows, t.refused, t.corrections, t.withdrawals, t.without_consent, t.codes, t.conforms, t.findings, t.columns
         FROM connections c JOIN trials t ON t.party_id = c.party_id AND t.intermediary_id IS NOT DISTINCT FROM c.intermediary_id
                                         AND t.channel = c.channel
         WHERE c.id = $1 ORDER BY t.finished_at DESC LIMIT $2",
        connection,
        limit
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// The newest file of the test lane of a connection shows all that an approval asks for.
///
/// # Errors
/// When the database fails.
pub async fn conforms(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    intermediary: Option<Uuid>,
    channel: &str,
) -> Result<bool, StoreError> {
    let newest = sqlx::query_scalar!(
        "SELECT conforms FROM trials WHERE party_id = $1 AND intermediary_id IS NOT DISTINCT FROM $2 AND channel = $3
         ORDER BY finished_at DESC LIMIT 1",
        party,
        intermediary,
        channel
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(newest.unwrap_or(false))
}

/// A connection for which files can be tried.
pub struct Lane {
    /// Key of the connection.
    pub id: Uuid,
    /// Channel on the wire.
    pub channel: String,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// Its key.
    pub intermediary_id: Option<Uuid>,
    /// requested, approved, suspended.
    pub state: String,
}

/// Connections of the caller's party for which files of these channels can be tried, what waits for approval first.
///
/// # Errors
/// When the database fails.
pub async fn lanes(tx: &mut PartyTx<'_>, channels: &[String]) -> Result<Vec<Lane>, StoreError> {
    Ok(sqlx::query_as!(
        Lane,
        r#"SELECT c.id, c.channel, i.name AS "intermediary?", c.intermediary_id, c.state
           FROM connections c LEFT JOIN parties i ON i.id = c.intermediary_id
           WHERE c.party_id = cims_party() AND c.state IN ('requested', 'approved', 'suspended') AND c.channel = ANY ($1)
           ORDER BY c.state <> 'requested', c.channel, c.id"#,
        channels
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A file that was tried, as the party sees it.
pub struct Attempt {
    /// The delivery.
    pub id: Uuid,
    /// Name of the file.
    pub file_name: Option<String>,
    /// Channel on the wire.
    pub channel: String,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// State of the delivery.
    pub state: String,
    /// Outcome on the wire, when it has ended.
    pub outcome: Option<String>,
    /// Findings about the file.
    pub findings: serde_json::Value,
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
    /// Corrections not refused.
    pub corrections: i32,
    /// Withdrawals not refused.
    pub withdrawals: i32,
    /// Without consent.
    pub without_consent: i32,
    /// Rows by rule code; none while it is looked at.
    pub codes: Option<serde_json::Value>,
}

/// Files that the caller's party tried, the newest first; or the one with this key.
///
/// # Errors
/// When the database fails.
pub async fn attempts(
    tx: &mut PartyTx<'_>,
    only: Option<Uuid>,
    limit: i64,
) -> Result<Vec<Attempt>, StoreError> {
    Ok(sqlx::query_as!(
        Attempt,
        r#"SELECT d.id, d.file_name, d.channel, i.name AS "intermediary?", d.received_at, d.state, d.outcome, d.findings,
                  d.geaccepteerd, d.te_controleren, d.afgekeurd, d.dubbel, d.geteld,
                  COALESCE(t.corrections, 0) AS "corrections!", COALESCE(t.withdrawals, 0) AS "withdrawals!",
                  COALESCE(t.without_consent, 0) AS "without_consent!", t.codes AS "codes?"
           FROM deliveries d LEFT JOIN trials t ON t.delivery_id = d.id LEFT JOIN parties i ON i.id = d.intermediary_id
           WHERE d.party_id = cims_party() AND d.test_lane AND ($1::uuid IS NULL OR d.id = $1) ORDER BY d.seq DESC LIMIT $2"#,
        only,
        limit
    )
    .fetch_all(&mut **tx)
    .await?)
}

//! What files of the test lane came to.

use super::{PartyTx, StoreError, WorkerTx};
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

/// Keeps what a file of the test lane came to.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    trial: &Trial,
    codes: &serde_json::Value,
) -> Result<(), StoreError> {
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    sqlx::query!(
        "INSERT INTO trials (delivery_id, party_id, intermediary_id, channel, outcome, rows, refused, corrections, withdrawals, without_consent,
                             codes, conforms)
         SELECT id, party_id, intermediary_id, channel, $2, $3, $4, $5, $6, $7, $8, $9 FROM deliveries WHERE id = $1",
        delivery,
        trial.outcome.as_str(),
        number(trial.rows),
        number(trial.refused),
        number(trial.corrections),
        number(trial.withdrawals),
        number(trial.without_consent),
        codes,
        trial.conforms()
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
        "SELECT t.finished_at, t.outcome, t.rows, t.refused, t.corrections, t.withdrawals, t.without_consent, t.codes, t.conforms
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

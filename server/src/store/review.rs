//! Rows of all parties that wait for RIVM, as staff sees them: the policy on `cims.role` lets them through.

use super::{PartyTx, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

/// Filter of the list; all optional.
#[derive(Default)]
pub struct Filter {
    /// Code of a party.
    pub party: Option<String>,
    /// Rule code.
    pub code: Option<String>,
    /// Channel on the wire.
    pub channel: Option<String>,
    /// Outcome on the wire.
    pub outcome: Option<String>,
}

/// A row that waits.
pub struct Line {
    /// Key.
    pub id: Uuid,
    /// Delivery.
    pub delivery_id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Channel on the wire.
    pub channel: String,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Outcome on the wire.
    pub outcome: String,
    /// Findings as the sender sees them.
    pub findings: serde_json::Value,
    /// When it came.
    pub received_at: OffsetDateTime,
}

/// A page of the list, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut PartyTx<'_>,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> Result<Vec<Line>, StoreError> {
    let code = wanted(filter);
    let rows = sqlx::query_as!(
        Line,
        r#"SELECT r.id, r.delivery_id, p.name AS party, d.channel, r.row_number, r.outcome, r.findings, d.received_at
           FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
           WHERE r.state = 'open' AND r.returned_at IS NULL AND r.outcome IN ('AFGEKEURD', 'TE_CONTROLEREN')
             AND ($1::text IS NULL OR p.code = $1) AND ($2::jsonb IS NULL OR r.findings @> $2)
             AND ($3::text IS NULL OR d.channel = $3) AND ($4::text IS NULL OR r.outcome = $4)
           ORDER BY r.created_at DESC, r.delivery_id, r.row_number LIMIT $5 OFFSET $6"#,
        filter.party,
        code,
        filter.channel,
        filter.outcome,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Rows in all.
///
/// # Errors
/// When the database fails.
pub async fn total(tx: &mut PartyTx<'_>, filter: &Filter) -> Result<i64, StoreError> {
    let code = wanted(filter);
    let number = sqlx::query_scalar!(
        r#"SELECT count(*) AS "number!"
           FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
           WHERE r.state = 'open' AND r.returned_at IS NULL AND r.outcome IN ('AFGEKEURD', 'TE_CONTROLEREN')
             AND ($1::text IS NULL OR p.code = $1) AND ($2::jsonb IS NULL OR r.findings @> $2)
             AND ($3::text IS NULL OR d.channel = $3) AND ($4::text IS NULL OR r.outcome = $4)"#,
        filter.party,
        code,
        filter.channel,
        filter.outcome
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

fn wanted(filter: &Filter) -> Option<serde_json::Value> {
    filter
        .code
        .as_ref()
        .map(|code| serde_json::json!([{ "code": code }]))
}

/// An opened row.
pub struct Opened {
    /// As in the list.
    pub line: Line,
    /// As delivered, sealed.
    pub raw_sealed: Option<Vec<u8>>,
    /// Why the sender went on, sealed.
    pub reason_sealed: Option<Vec<u8>>,
    /// The registration, when it is stored.
    pub report_id: Option<Uuid>,
}

/// Opens one row; `None` when there is no such row to judge.
///
/// # Errors
/// When the database fails.
pub async fn one(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Option<Opened>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT r.id, r.delivery_id, p.name AS party, d.channel, r.row_number, r.outcome, r.findings, d.received_at,
                  r.raw_sealed, r.reason_sealed, r.report_id
           FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
           WHERE r.id = $1 AND r.state <> 'pending' AND (r.outcome IN ('AFGEKEURD', 'TE_CONTROLEREN') OR r.state = 'accepted')"#,
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| Opened {
        line: Line {
            id: row.id,
            delivery_id: row.delivery_id,
            party: row.party,
            channel: row.channel,
            row_number: row.row_number,
            outcome: row.outcome,
            findings: row.findings,
            received_at: row.received_at,
        },
        raw_sealed: row.raw_sealed,
        reason_sealed: row.reason_sealed,
        report_id: row.report_id,
    }))
}

/// What RIVM alone may know of rows: (row, findings, match).
///
/// # Errors
/// When the database fails.
pub async fn notes(
    tx: &mut PartyTx<'_>,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, serde_json::Value, Option<String>)>, StoreError> {
    let rows = sqlx::query!(r#"SELECT id AS "id!", staff_findings AS "staff_findings!", match FROM staff_row_notes($1)"#, ids)
        .fetch_all(&mut **tx)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.staff_findings, row.r#match))
        .collect())
}

/// Rows that wait, of a party, of a code, of an age, or of a party with a code.
pub struct OpenCount {
    /// Name of the party.
    pub party: Option<String>,
    /// Rule code.
    pub code: Option<String>,
    /// 0 up to a day, 1 up to a week, 2 up to four weeks, 3 older.
    pub age: Option<i32>,
    /// Rows.
    pub rows: i64,
}

/// How many rows wait, the most first.
///
/// # Errors
/// When the database fails.
pub async fn open_counts(tx: &mut PartyTx<'_>) -> Result<Vec<OpenCount>, StoreError> {
    let rows = sqlx::query_as!(
        OpenCount,
        r#"SELECT party, code, age, rows AS "rows!" FROM staff_open_counts()"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// What a party delivered.
pub struct Delivered {
    /// Name of the party.
    pub party: String,
    /// Rows.
    pub rows: i64,
    /// Rows that are refused now.
    pub refused: i64,
}

/// What each party delivered since a time, the most refused first.
///
/// # Errors
/// When the database fails.
pub async fn delivered(
    tx: &mut PartyTx<'_>,
    since: OffsetDateTime,
) -> Result<Vec<Delivered>, StoreError> {
    let rows = sqlx::query_as!(
        Delivered,
        r#"SELECT p.name AS party, sum(d.geaccepteerd + d.te_controleren + d.afgekeurd + d.dubbel + d.geteld) AS "rows!",
                  sum(d.afgekeurd) AS "refused!"
           FROM deliveries d JOIN parties p ON p.id = d.party_id
           WHERE d.state = 'done' AND d.received_at >= $1 AND NOT d.test_lane GROUP BY 1 ORDER BY 3 DESC, 1"#,
        since
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

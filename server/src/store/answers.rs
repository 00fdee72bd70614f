//! What a delivery came to, for its answers: counts, findings per row, totals per code. No values.

use super::StoreError;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A row of a delivery, as its sender may see it.
pub struct Row {
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Key of the sender; none when it holds a BSN or is badly formed.
    pub source_key: Option<String>,
    /// Outcome on the wire.
    pub outcome: String,
    /// Findings.
    pub findings: serde_json::Value,
    /// RIVM sent it back to be mended.
    pub returned: bool,
    /// RIVM refused it for good.
    pub rejected: bool,
    /// What its sender is told of that.
    pub told: Option<String>,
}

/// The next rows of a delivery. The transaction decides whose deliveries can be read.
///
/// # Errors
/// When the database fails.
pub async fn rows(
    connection: &mut PgConnection,
    delivery: Uuid,
    after: i32,
    limit: i64,
) -> Result<Vec<Row>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT r.row_number, r.source_key, r.outcome, r.findings, r.returned_by IS NOT NULL AND r.state = 'open' AS "returned!",
                  r.state = 'rejected' AS "rejected!", r.rejected_for AS told
           FROM delivery_rows r
           WHERE r.delivery_id = $1 AND r.row_number > $2 ORDER BY r.row_number LIMIT $3"#,
        delivery,
        after,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(rows)
}

/// A delivery as a whole.
pub struct Whole {
    /// Name of the file.
    pub file_name: Option<String>,
    /// State.
    pub state: String,
    /// Outcome on the wire; none while it is parked or in preview.
    pub outcome: Option<String>,
    /// Findings about the file.
    pub findings: serde_json::Value,
    /// Rows read.
    pub rows_read: i32,
    /// Rows skipped.
    pub skipped: i32,
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

/// A delivery; `None` when the transaction may not see it.
///
/// # Errors
/// When the database fails.
pub async fn whole(
    connection: &mut PgConnection,
    delivery: Uuid,
) -> Result<Option<Whole>, StoreError> {
    let row = sqlx::query_as!(
        Whole,
        "SELECT file_name, state, outcome, findings, rows_read, skipped, geaccepteerd, te_controleren, afgekeurd, dubbel, geteld
         FROM deliveries WHERE id = $1",
        delivery
    )
    .fetch_optional(connection)
    .await?;
    Ok(row)
}

/// How many rows have each code.
///
/// # Errors
/// When the database fails.
pub async fn codes(
    connection: &mut PgConnection,
    delivery: Uuid,
) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT f ->> 'code' AS "code!", count(DISTINCT r.row_number) AS "rows!"
           FROM delivery_rows r, jsonb_array_elements(r.findings) AS f WHERE r.delivery_id = $1 GROUP BY 1 ORDER BY 1"#,
        delivery
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.code, row.rows)).collect())
}

/// How a file was read, for the file that goes back.
pub struct ReadAs {
    /// csv, xlsx, ods.
    pub format: Option<String>,
    /// Encoding, delimiter, columns.
    pub info: serde_json::Value,
}

/// How the file of a delivery was read; None when there is no such delivery for who asks.
///
/// # Errors
/// When the database fails.
pub async fn read_as(
    connection: &mut PgConnection,
    delivery: Uuid,
) -> Result<Option<ReadAs>, StoreError> {
    let found = sqlx::query_as!(
        ReadAs,
        "SELECT format, format_info AS info FROM deliveries WHERE id = $1 AND state IN ('preview', 'done')",
        delivery
    )
    .fetch_optional(connection)
    .await?;
    Ok(found)
}

/// A refused row, sealed.
pub struct Refused {
    /// Key, which the sealed value is bound to; the token of the row.
    pub id: Uuid,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Findings as the sender may see them.
    pub findings: serde_json::Value,
    /// As delivered, sealed.
    pub raw_sealed: Option<Vec<u8>>,
}

/// The next refused rows that nobody mended yet.
///
/// # Errors
/// When the database fails.
pub async fn refused(
    connection: &mut PgConnection,
    delivery: Uuid,
    after: i32,
    limit: i64,
) -> Result<Vec<Refused>, StoreError> {
    let found = sqlx::query_as!(
        Refused,
        "SELECT id, row_number, findings, raw_sealed FROM delivery_rows
         WHERE delivery_id = $1 AND row_number > $2 AND outcome = 'AFGEKEURD' AND state IN ('open', 'pending')
         ORDER BY row_number LIMIT $3",
        delivery,
        after,
        limit
    )
    .fetch_all(connection)
    .await?;
    Ok(found)
}

/// What the receipt of a file says.
pub struct Receipt {
    /// Name of who delivered it.
    pub party: String,
    /// Name of the file, as it is kept.
    pub file_name: Option<String>,
    /// Bytes.
    pub file_size: Option<i64>,
    /// SHA-256, sealed.
    pub sha256_sealed: Option<Vec<u8>>,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// It was sent to try something out.
    pub test_lane: bool,
}

/// The receipt of a file.
///
/// # Errors
/// When the database fails; `NotFound` without such a delivery for who asks.
pub async fn receipt(connection: &mut PgConnection, delivery: Uuid) -> Result<Receipt, StoreError> {
    Ok(sqlx::query_as!(
        Receipt,
        "SELECT p.name AS party, d.file_name, d.file_size, d.sha256_sealed, d.received_at, d.test_lane
         FROM deliveries d JOIN parties p ON p.id = d.party_id WHERE d.id = $1",
        delivery
    )
    .fetch_one(connection)
    .await?)
}

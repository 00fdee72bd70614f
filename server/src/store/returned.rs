//! Rows that RIVM sent back, as their party sees them, under row-level security.

use super::{PartyTx, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

/// A row that waits for its sender.
pub struct Row {
    /// Its delivery.
    pub delivery: Uuid,
    /// Name of the file; none of what was typed.
    pub file_name: Option<String>,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Its registration, when it is stored.
    pub registration: Option<Uuid>,
    /// The decision.
    pub decision: Uuid,
    /// Its message, sealed.
    pub message_sealed: Vec<u8>,
    /// When it went back.
    pub since: OffsetDateTime,
    /// Rows in all pages.
    pub total: i64,
}

/// Rows of a party that went back and still wait, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    limit: i64,
    offset: i64,
) -> Result<Vec<Row>, StoreError> {
    Ok(sqlx::query_as!(
        Row,
        r#"SELECT r.delivery_id AS delivery, d.file_name, r.row_number, CASE r.outcome WHEN 'TE_CONTROLEREN' THEN r.report_id END AS registration,
                  k.id AS decision, k.reason_sealed AS message_sealed, r.returned_at AS "since!", count(*) OVER () AS "total!"
           FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id JOIN decisions k ON k.id = r.returned_by
           WHERE r.party_id = $1 AND r.state = 'open' AND r.returned_by IS NOT NULL
           ORDER BY r.returned_at, r.delivery_id, r.row_number LIMIT $2 OFFSET $3"#,
        party,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// What RIVM asks about a registration of the caller's party: the decision, and its message, sealed.
///
/// # Errors
/// When the database fails.
pub async fn about(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    registration: Uuid,
) -> Result<Option<(Uuid, Vec<u8>)>, StoreError> {
    let found = sqlx::query!(
        "SELECT k.id, k.reason_sealed FROM delivery_rows r JOIN decisions k ON k.id = r.returned_by
         WHERE r.party_id = $1 AND r.report_id = $2 AND r.state = 'open' AND r.returned_by IS NOT NULL LIMIT 1",
        party,
        registration
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|row| (row.id, row.reason_sealed)))
}

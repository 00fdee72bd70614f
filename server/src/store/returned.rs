//! Rows that RIVM sent back, as their party sees them, under row-level security.

use super::{PartyTx, StoreError, WorkerTx};
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

/// What RIVM asks about a registration.
pub struct Asked {
    /// The decision.
    pub decision: Uuid,
    /// Its message, sealed.
    pub message_sealed: Vec<u8>,
    /// About a row that is stored: it may be right as it stands.
    pub stored: bool,
}

/// What RIVM asks about a registration of the caller's party.
///
/// # Errors
/// When the database fails.
pub async fn about(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    registration: Uuid,
) -> Result<Option<Asked>, StoreError> {
    Ok(sqlx::query_as!(
        Asked,
        r#"SELECT k.id AS decision, k.reason_sealed AS message_sealed, r.outcome = 'TE_CONTROLEREN' AS "stored!"
           FROM delivery_rows r JOIN decisions k ON k.id = r.returned_by
           WHERE r.party_id = $1 AND r.report_id = $2 AND r.state = 'open' AND r.returned_by IS NOT NULL
           ORDER BY r.outcome = 'TE_CONTROLEREN' DESC LIMIT 1"#,
        party,
        registration
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// A stored row that waits, for its sender or for RIVM.
pub struct Waiting {
    /// Key.
    pub id: Uuid,
    /// Its delivery.
    pub delivery: Uuid,
    /// What its sender said beside it, sealed.
    pub reason_sealed: Option<Vec<u8>>,
    /// The person of its registration.
    pub person: Option<Uuid>,
    /// It went back.
    pub with_sender: bool,
}

/// The stored rows of a registration of a party that wait.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    registration: Uuid,
) -> Result<Vec<Waiting>, StoreError> {
    Ok(sqlx::query_as!(
        Waiting,
        r#"SELECT r.id AS "id!", r.delivery_id AS "delivery!", r.reason_sealed, p.person_id AS "person?", r.returned_by IS NOT NULL AS "with_sender!"
           FROM delivery_rows r LEFT JOIN reports p ON p.id = r.report_id AND p.valid_to IS NULL
           WHERE r.party_id = $1 AND r.report_id = $2 AND r.state = 'open' AND r.outcome = 'TE_CONTROLEREN'
           ORDER BY r.delivery_id, r.row_number"#,
        party,
        registration
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A stored row that went back is right as it stands, says its sender: RIVM has it in its queue again, with what was said,
/// sealed. `false` when it is not with its sender any more.
///
/// # Errors
/// When the database fails.
pub async fn stand_by(
    tx: &mut WorkerTx<'_>,
    row: Uuid,
    reason_sealed: &[u8],
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE delivery_rows SET returned_at = NULL, returned_by = NULL, reason_sealed = $2
         WHERE id = $1 AND state = 'open' AND outcome = 'TE_CONTROLEREN' AND returned_by IS NOT NULL",
        row,
        reason_sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

//! Rows that waited because of a delivery that is withdrawn.

use super::{StoreError, WorkerTx};
use time::Date;
use uuid::Uuid;

/// A stored row that waits for RIVM.
pub struct Waiting {
    /// The row.
    pub id: Uuid,
    /// Its party.
    pub party: Uuid,
    /// Its person.
    pub person: Uuid,
    /// Its vaccination.
    pub vaccination: Option<Uuid>,
    /// Day.
    pub on: Date,
    /// Dose.
    pub dose: i16,
    /// Findings as its sender sees them.
    pub shown: serde_json::Value,
    /// Findings that only RIVM sees.
    pub staff: serde_json::Value,
}

/// The stored rows of these persons that wait, locked.
///
/// # Errors
/// When the database fails.
pub async fn waiting(tx: &mut WorkerTx<'_>, persons: &[Uuid]) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query_as!(
        Waiting,
        r#"SELECT w.id, r.party_id AS party, r.person_id AS "person!", r.vaccination_id AS vaccination, r.vaccinated_on AS "on!", r.dose AS "dose!",
                  w.findings AS shown, w.staff_findings AS staff
           FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           JOIN delivery_rows w ON w.delivery_id = o.delivery_id AND w.row_number = o.row_number AND w.report_id = r.id
           WHERE r.person_id = ANY ($1) AND r.valid_to IS NULL AND r.outcome = 'TE_CONTROLEREN' AND r.content_sealed IS NOT NULL
             AND r.vaccinated_on IS NOT NULL AND r.dose IS NOT NULL AND w.state = 'open' AND w.outcome = 'TE_CONTROLEREN'
           ORDER BY w.id FOR UPDATE OF w"#,
        persons
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Of these rows, those that are accepted now were freed by this withdrawal.
///
/// # Errors
/// When the database fails.
pub async fn mark(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    withdrawal: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE delivery_rows SET freed_by = $2 WHERE id = ANY ($1) AND state = 'accepted'",
        rows,
        withdrawal
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The rows that a withdrawal freed and that stand since.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut WorkerTx<'_>, withdrawal: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar!(
        "SELECT id FROM delivery_rows WHERE freed_by = $1 AND state = 'accepted' ORDER BY id",
        withdrawal
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

//! Stored rows that RIVM rejects for good: their registrations are withdrawn, and come back when that is undone. Whoever changes
//! what is reported holds the persons first ([`super::register::hold`]).

use super::turns::Candidate;
use super::{StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// A stored row that turns, and its registration.
pub struct Turning {
    /// The row.
    pub row: Uuid,
    /// Its number.
    pub row_number: i32,
    /// The registration.
    pub report: Uuid,
    /// Its newest version.
    pub version: i32,
    /// About whom, when it stands.
    pub person: Option<Uuid>,
    /// Its vaccination, when it stands.
    pub jab: Option<Uuid>,
    /// The version it goes back to, when it comes back.
    pub onto: Option<i32>,
}

impl Turning {
    /// As the register turns it.
    #[must_use]
    pub const fn candidate(&self) -> Candidate {
        Candidate {
            row_number: self.row_number,
            id: self.report,
            version: self.version,
            person_id: self.person,
            vaccination_id: self.jab,
            turns: true,
            onto: self.onto,
        }
    }
}

/// Of these rows those that wait stored (for RIVM, or because they went back by `returned`), with what stands of their registrations; locked. What their sender said since is not
/// among them.
///
/// # Errors
/// When the database fails.
pub async fn to_reject(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    returned: Option<Uuid>,
) -> Result<Vec<Turning>, StoreError> {
    Ok(sqlx::query_as!(
        Turning,
        r#"SELECT w.id AS row, w.row_number, r.id AS report, r.version, r.person_id AS person, r.vaccination_id AS jab, NULL::integer AS onto
           FROM delivery_rows w JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
           JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           WHERE w.id = ANY ($1) AND w.state = 'open' AND w.outcome = 'TE_CONTROLEREN' AND w.returned_by IS NOT DISTINCT FROM $2 AND r.content_sealed IS NOT NULL
             AND (w.delivery_id, w.row_number) IN ((r.delivery_id, r.row_number), (o.delivery_id, o.row_number))
           ORDER BY r.id FOR UPDATE OF r, w"#,
        rows,
        returned
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Rows that a decision rejected and that can wait again: nothing was said of their registrations since, and the same party
/// reports the same jab by no other. In their order; with `delivery` those of it alone.
///
/// # Errors
/// When the database fails.
pub async fn to_readmit(
    tx: &mut WorkerTx<'_>,
    rejected: Uuid,
    delivery: Option<Uuid>,
) -> Result<Vec<(Uuid, Turning)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT w.delivery_id, w.id AS row, w.row_number, r.id AS report, r.version, p.person_id AS person, o.version - 1 AS "onto!"
           FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           JOIN reports p ON p.id = r.id AND p.version = o.version - 1 AND p.content_sealed IS NOT NULL
           JOIN delivery_rows w ON w.report_id = r.id AND w.state = 'rejected' AND (w.delivery_id, w.row_number) = (o.delivery_id, o.row_number)
           WHERE r.reject_id = $1 AND r.valid_to IS NULL AND ($2::uuid IS NULL OR w.delivery_id = $2)
             AND NOT EXISTS (SELECT FROM vaccinations v JOIN vaccinations s ON s.person_id = v.person_id AND s.valid_to IS NULL
                                    AND s.vaccinated_on = v.vaccinated_on AND s.vaccine = v.vaccine AND s.batch = v.batch AND s.dose = v.dose
                             JOIN reports m ON m.vaccination_id = s.id AND m.valid_to IS NULL AND m.party_id = r.party_id AND m.id <> r.id
                             WHERE v.person_id = p.person_id AND v.id = p.vaccination_id)
           ORDER BY w.delivery_id, w.row_number"#,
        rejected,
        delivery
    )
    .fetch_all(&mut **tx)
    .await?;
    let turning = rows.into_iter().map(|row| {
        let turning = Turning {
            row: row.row,
            row_number: row.row_number,
            report: row.report,
            version: row.version,
            person: row.person,
            jab: None,
            onto: Some(row.onto),
        };
        (row.delivery_id, turning)
    });
    Ok(turning.collect())
}

/// The rows of registrations that were rejected wait no more, and their sender is told why; the counts of their delivery move
/// with them.
///
/// # Errors
/// When the database fails.
pub async fn settle_rows(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    rows: &[Uuid],
    told: Option<&str>,
    by: Uuid,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    // In a statement of its own: one that ended while this waited for it is seen to have ended by the next statement only.
    sqlx::query!(
        "SELECT id FROM deliveries WHERE id = $1 FOR NO KEY UPDATE",
        delivery
    )
    .fetch_optional(&mut **tx)
    .await?;
    sqlx::query!(
        "WITH moved AS (UPDATE delivery_rows SET outcome = 'AFGEKEURD', state = 'rejected', rejected_for = $3, decided_by = $4, decided_at = $5
                        WHERE id = ANY ($2) AND state = 'open' AND outcome = 'TE_CONTROLEREN' RETURNING id)
         UPDATE deliveries d SET te_controleren = te_controleren - n.rows, afgekeurd = afgekeurd + n.rows
         FROM (SELECT count(*)::integer AS rows FROM moved) AS n
         -- What is being stored is counted at its end, which waits for the lock.
         WHERE d.id = $1 AND d.state IN ('done', 'withdrawn', 'parked')",
        delivery,
        rows,
        told,
        by,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Rows that wait again were rejected for no reason any more.
///
/// # Errors
/// When the database fails.
pub async fn forget_why(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE delivery_rows SET rejected_for = NULL WHERE id = ANY ($1) AND state = 'open'",
        rows
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What rejecting stored rows does to the records of their persons.
pub struct Gone {
    /// Persons of whom a vaccination goes that nobody else reports.
    pub persons: i64,
    /// Rows whose vaccination stays: somebody else reports it too.
    pub stay: i64,
}

/// What would go with these stored rows.
///
/// # Errors
/// When the database fails.
pub async fn gone(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<Gone, StoreError> {
    Ok(sqlx::query_as!(
        Gone,
        r#"WITH theirs AS (SELECT r.id, r.person_id, r.vaccination_id FROM delivery_rows w JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
                           WHERE w.id = ANY ($1) AND r.vaccination_id IS NOT NULL),
                seen AS (SELECT t.person_id, EXISTS (SELECT FROM (SELECT * FROM reports o WHERE o.vaccination_id = t.vaccination_id OFFSET 0) AS o
                                                     WHERE o.valid_to IS NULL AND o.outcome <> 'AFGEKEURD' AND o.id NOT IN (SELECT id FROM theirs)) AS stays
                         FROM theirs t)
           SELECT count(DISTINCT person_id) FILTER (WHERE NOT stays) AS "persons!", count(*) FILTER (WHERE stays) AS "stay!" FROM seen"#,
        rows
    )
    .fetch_one(&mut **tx)
    .await?)
}

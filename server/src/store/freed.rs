//! Rows that waited because of what is no longer there, a delivery or one registration: those that may, and those that were stored by
//! that.

use super::{StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// Persons of rows of this delivery that wait, each with the newest that came after the row and stands: the withdrawal of another
/// delivery about them, or the end of one registration by itself.
///
/// # Errors
/// When the database fails.
pub async fn ended_since(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
) -> Result<Vec<(Uuid, Cause)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (r.person_id) r.person_id AS "person!", n.withdrawal_id AS "withdrawal_id?", n.delivery_id AS "delivery_id!"
           FROM delivery_rows w JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
           JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           JOIN reports p ON p.person_id = r.person_id JOIN reports n ON n.id = p.id AND n.version = p.version + 1
           LEFT JOIN withdrawals x ON x.id = n.withdrawal_id
           WHERE w.delivery_id = $1 AND w.outcome = 'TE_CONTROLEREN' AND r.outcome = 'TE_CONTROLEREN' AND r.content_sealed IS NOT NULL
             AND CASE WHEN x.id IS NULL
                      THEN n.restores IS NULL AND n.reject_id IS NULL AND n.delivery_id NOT IN ($1, p.delivery_id) AND n.recorded_at > o.recorded_at
                           AND delivery_counts(n.delivery_id)
                      ELSE x.undoes IS NULL AND x.state = 'done' AND x.delivery_id <> $1 AND x.finished_at > o.recorded_at
                           AND NOT EXISTS (SELECT FROM withdrawals u WHERE u.undoes = x.id AND u.state = 'done') END
           ORDER BY r.person_id, COALESCE(x.finished_at, n.recorded_at) DESC"#,
        delivery
    )
    .fetch_all(&mut **tx)
    .await?;
    let since = rows.into_iter().map(|row| {
        let one = Cause::Row(row.delivery_id);
        (row.person, row.withdrawal_id.map_or(one, Cause::Withdrawal))
    });
    Ok(since.collect())
}

/// A stored row that waits.
pub struct Waiting {
    /// The row.
    pub id: Uuid,
    /// Its number in its delivery.
    pub row_number: i32,
    /// When it was stored.
    pub said_at: OffsetDateTime,
    /// When the first version of its registration was.
    pub first_at: OffsetDateTime,
    /// Number of the row of that version.
    pub first_row: i32,
    /// Its party.
    pub party: Uuid,
    /// Its person.
    pub person: Uuid,
    /// Its registration.
    pub report: Uuid,
    /// Its vaccination.
    pub jab: Uuid,
    /// Nothing else that stands rests on that vaccination.
    pub alone: bool,
    /// It waits for RIVM, and its delivery counts: it ended, or more of it is still to come.
    pub may_go: bool,
    /// It is of the delivery that turns.
    pub ours: bool,
    /// When its delivery came.
    pub received_at: OffsetDateTime,
    /// All columns, sealed.
    pub content_sealed: Vec<u8>,
    /// The decision by which RIVM found its person.
    pub link: Option<Uuid>,
    /// The BSN of that person, sealed.
    pub bsn_enc: Option<Vec<u8>>,
    /// Findings as its sender sees them.
    pub shown: serde_json::Value,
    /// Findings that only RIVM sees.
    pub staff: serde_json::Value,
}

/// The stored rows of these persons that wait.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    tx: &mut WorkerTx<'_>,
    persons: &[Uuid],
    withdrawn: Uuid,
) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query_as!(
        Waiting,
        r#"SELECT w.id, w.row_number, o.recorded_at AS said_at, f.recorded_at AS first_at, f.row_number AS first_row,
                  r.party_id AS party, r.person_id AS "person!", r.id AS report, r.vaccination_id AS "jab!",
                  NOT EXISTS (SELECT FROM (SELECT * FROM reports s WHERE s.vaccination_id = r.vaccination_id OFFSET 0) AS s
                              WHERE s.valid_to IS NULL AND s.id <> r.id AND s.outcome <> 'AFGEKEURD') AS "alone!",
                  w.returned_at IS NULL AND d.state IN ('done', 'storing', 'parked') AS "may_go!", d.id = $2 AS "ours!",
                  d.received_at, r.content_sealed AS "content_sealed!", r.link_id AS link, p.bsn_enc AS "bsn_enc?", w.findings AS shown,
                  w.staff_findings AS staff
           FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           JOIN reports f ON f.id = r.id AND f.version = 1
           JOIN deliveries d ON d.id = o.delivery_id
           JOIN delivery_rows w ON w.delivery_id = o.delivery_id AND w.row_number = o.row_number AND w.report_id = r.id
           LEFT JOIN persons p ON p.id = r.person_id AND r.link_id IS NOT NULL
           WHERE r.person_id = ANY ($1) AND r.valid_to IS NULL AND r.outcome = 'TE_CONTROLEREN' AND r.content_sealed IS NOT NULL
             AND r.vaccination_id IS NOT NULL AND w.state = 'open' AND w.outcome = 'TE_CONTROLEREN'
           ORDER BY o.recorded_at, d.seq, o.row_number"#,
        persons,
        withdrawn
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// By what a row was stored about which nobody decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// This withdrawal of a delivery as a whole.
    Withdrawal(Uuid),
    /// One registration ended, by a row of this delivery.
    Row(Uuid),
}

impl Cause {
    /// As columns `freed_by` and `freed_with` hold it.
    pub(super) const fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Withdrawal(id) => (Some(id), None),
            Self::Row(delivery) => (None, Some(delivery)),
        }
    }

    fn of(freed_by: Option<Uuid>, freed_with: Option<Uuid>) -> Option<Self> {
        freed_by
            .map(Self::Withdrawal)
            .or_else(|| freed_with.map(Self::Row))
    }
}

/// A row that was stored so.
pub struct Freed {
    /// The row.
    pub id: Uuid,
    /// Its party.
    pub party: Uuid,
    /// Its person.
    pub person: Uuid,
    /// By what.
    pub by: Cause,
}

/// The rows of these persons that were stored so, and that nobody changed or decided since; locked. `turns` is the delivery that
/// goes or comes back; `undone`: only of other deliveries, what a registration that ended by itself let in, and of withdrawals those
/// that do not stand any more, or of which this is another chunk.
///
/// # Errors
/// When the database fails.
pub async fn freed(
    tx: &mut WorkerTx<'_>,
    persons: &[Uuid],
    turns: Uuid,
    undone: bool,
) -> Result<Vec<Freed>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT w.id, r.party_id AS party, r.person_id AS "person!", w.freed_by, w.freed_with
           FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           JOIN deliveries d ON d.id = o.delivery_id
           JOIN delivery_rows w ON w.delivery_id = o.delivery_id AND w.row_number = o.row_number AND w.report_id = r.id
           WHERE r.person_id = ANY ($1) AND r.valid_to IS NULL AND r.outcome = 'GEACCEPTEERD' AND r.content_sealed IS NOT NULL
             AND (w.freed_by IS NOT NULL OR w.freed_with IS NOT NULL) AND w.state = 'accepted' AND w.outcome = 'GEACCEPTEERD'
             AND (d.state IN ('done', 'storing', 'parked') OR d.id = $2)
             AND (NOT $3 OR w.freed_with IS NOT NULL AND d.id <> $2 OR EXISTS (SELECT FROM withdrawals u WHERE u.undoes = w.freed_by AND u.state = 'done')
                  OR EXISTS (SELECT FROM withdrawals u WHERE u.id = w.freed_by AND u.delivery_id = $2))
             AND NOT EXISTS (SELECT FROM rulings m WHERE m.person_id = r.person_id AND m.undone_at IS NULL AND m.made_at > w.decided_at
                             AND r.vaccination_id IN (m.jab, m.other, m.lesser, m.kept))
           ORDER BY r.id FOR UPDATE OF r, w"#,
        persons,
        turns,
        undone
    )
    .fetch_all(&mut **tx)
    .await?;
    let freed = rows.into_iter().filter_map(|row| {
        Some(Freed {
            id: row.id,
            party: row.party,
            person: row.person,
            by: Cause::of(row.freed_by, row.freed_with)?,
        })
    });
    Ok(freed.collect())
}

/// Keeps in the history of rows that they moved, from this outcome, because a delivery was withdrawn or put back or a registration
/// ended; or, without a cause, because somebody put a registration back.
///
/// # Errors
/// When the database fails.
pub async fn remember(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    outcome: &str,
    (cause, by): (Option<Cause>, Uuid),
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let (withdrawal, with) = cause.map_or((None, None), Cause::columns);
    let by = cause.is_none().then_some(by);
    sqlx::query!(
        "INSERT INTO row_history (party_id, delivery_id, row_number, row_id, outcome, findings, mended_at, withdrawal_id, freed_with, mended_by)
         SELECT w.party_id, w.delivery_id, w.row_number, w.id, $2, w.findings, $3, $4, $5, $6
         FROM delivery_rows w WHERE w.id = ANY ($1)",
        rows,
        outcome,
        at,
        withdrawal,
        with,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

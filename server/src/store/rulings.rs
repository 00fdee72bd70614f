//! Which vaccinations of a person count: what was ruled about those that contradict each other, and what follows from it.

use super::freed::Cause;
use super::{StoreError, WorkerTx, register};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A stored row and its vaccination.
pub struct Stored {
    /// Key of the row.
    pub id: Uuid,
    /// Its party.
    pub party_id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Channel on the wire.
    pub channel: String,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Outcome on the wire.
    pub outcome: String,
    /// Waits for somebody, or not.
    pub state: String,
    /// Findings as the sender sees them.
    pub findings: serde_json::Value,
    /// Findings that RIVM alone sees.
    pub staff_findings: serde_json::Value,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// Delivery it came with.
    pub delivery_id: Uuid,
    /// Whose.
    pub person_id: Uuid,
    /// The vaccination that it reports.
    pub jab: Uuid,
    /// Who decided about it.
    pub decided_by: Option<String>,
    /// What stands of its registration is what this row said: no correction, and no withdrawal of its delivery that is under
    /// way, came since.
    pub stands: bool,
}

/// A row whose registration stands, locked, and its person held; `None` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn stored(tx: &mut WorkerTx<'_>, row: Uuid) -> Result<Option<Stored>, StoreError> {
    let held = lock(tx, &[row]).await?;
    let found = sqlx::query_as!(
        Stored,
        r#"SELECT w.id, w.party_id, p.name AS party, d.channel, w.row_number, w.outcome, w.state, w.findings, w.staff_findings,
                  d.received_at, d.id AS delivery_id, r.person_id AS "person_id!", r.vaccination_id AS "jab!", u.name AS "decided_by?",
                  (w.delivery_id, w.row_number) IN ((r.delivery_id, r.row_number), (o.delivery_id, o.row_number)) AS "stands!"
           FROM delivery_rows w JOIN deliveries d ON d.id = w.delivery_id JOIN parties p ON p.id = w.party_id
           JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
           JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           LEFT JOIN users u ON u.id = w.decided_by
           WHERE w.id = $1 AND r.person_id IS NOT NULL AND r.vaccination_id IS NOT NULL
           FOR UPDATE OF w"#,
        row
    )
    .fetch_optional(&mut **tx)
    .await?;
    // Two records became one while this waited.
    if found
        .as_ref()
        .is_some_and(|row| !held.contains(&row.person_id))
    {
        return Err(StoreError::Conflict("person".to_owned()));
    }
    Ok(found)
}

/// A vaccination of a person as it stands.
pub struct Jab {
    /// Key.
    pub id: Uuid,
    /// Day.
    pub vaccinated_on: Date,
    /// Product.
    pub vaccine: i16,
    /// Batch.
    pub batch: String,
    /// Dose.
    pub dose: i16,
    /// Country.
    pub country: String,
    /// Target group.
    pub target_group: String,
    /// Who administered.
    pub agb: Option<String>,
    /// It counts: in proofs, reports and the exchange.
    pub effective: bool,
    /// The one that counts in its place.
    pub merged_into: Option<Uuid>,
}

/// Vaccinations of a person, in the order of their days.
///
/// # Errors
/// When the database fails.
pub async fn jabs(tx: &mut WorkerTx<'_>, person: Uuid) -> Result<Vec<Jab>, StoreError> {
    let found = sqlx::query_as!(
        Jab,
        "SELECT id, vaccinated_on, vaccine, batch, dose, country, target_group, agb, effective, merged_into
         FROM vaccinations WHERE person_id = $1 AND valid_to IS NULL ORDER BY vaccinated_on, dose, valid_from, id",
        person
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// A version of a registration.
pub struct Version {
    /// The registration.
    pub id: Uuid,
    /// Which of its versions.
    pub version: i32,
    /// Name of its party.
    pub party: String,
    /// Channel on the wire.
    pub channel: String,
    /// N, C or V.
    pub mutation: String,
    /// Outcome on the wire.
    pub outcome: String,
    /// The vaccination.
    pub jab: Option<Uuid>,
    /// Day that was reported.
    pub vaccinated_on: Option<Date>,
    /// Product that was reported.
    pub vaccine: Option<i16>,
    /// Batch that was reported.
    pub batch: Option<String>,
    /// Dose that was reported.
    pub dose: Option<i16>,
    /// When it was reported.
    pub recorded_at: OffsetDateTime,
    /// It stands; no later version came.
    pub stands: bool,
    /// The row that waits for RIVM because of it.
    pub waits: Option<Uuid>,
    /// It says again what an earlier version said.
    pub restores: bool,
    /// Made by withdrawing a delivery as a whole, or by undoing that.
    pub with_delivery: bool,
    /// RIVM found its person.
    pub linked: bool,
    /// RIVM undid that.
    pub unlinked: bool,
    /// RIVM put another value in the row of the version before.
    pub amended: bool,
    /// RIVM made it at the request of its party.
    pub on_request: bool,
    /// Why it was corrected, withdrawn or put back, sealed; and the withdrawal it was sealed for, when it was a whole delivery.
    pub reason_sealed: Option<Vec<u8>>,
    /// That withdrawal.
    pub withdrawal_id: Option<Uuid>,
}

/// All that was ever reported of a person, the newest first: versions that name the person, and those that took such a
/// registration back.
///
/// # Errors
/// When the database fails.
pub async fn versions(tx: &mut WorkerTx<'_>, person: Uuid) -> Result<Vec<Version>, StoreError> {
    let found = sqlx::query_as!(
        Version,
        r#"SELECT r.id, r.version, p.name AS party, r.channel, r.mutation, r.outcome, r.vaccination_id AS jab, r.vaccinated_on,
                  r.vaccine, r.batch, r.dose, r.recorded_at, r.valid_to IS NULL AS "stands!",
                  (SELECT w.id FROM delivery_rows w WHERE w.report_id = r.id AND w.state = 'open' AND r.valid_to IS NULL LIMIT 1) AS waits,
                  r.restores IS NOT NULL AS "restores!", r.withdrawal_id IS NOT NULL AS "with_delivery!",
                  r.link_id IS NOT NULL AND r.restores IS NULL AS "linked!", r.unlink_id IS NOT NULL AND r.restores IS NULL AS "unlinked!",
                  EXISTS (SELECT FROM reports b WHERE b.id = r.id AND b.version = r.version - 1 AND b.delivery_id = r.delivery_id
                          AND b.row_number = r.row_number AND b.unlink_id IS NULL AND r.unlink_id IS NULL AND r.link_id IS NOT DISTINCT FROM b.link_id) AS "amended!",
                  EXISTS (SELECT FROM corrections c WHERE c.party_id = r.party_id AND c.report_id = r.id AND c.version = r.version - 1
                          AND c.state = 'done') AS "on_request!",
                  COALESCE(x.reason_sealed, r.reason_sealed) AS reason_sealed, r.withdrawal_id
           FROM reports r JOIN parties p ON p.id = r.party_id LEFT JOIN withdrawals x ON x.id = r.withdrawal_id
           WHERE r.id IN (SELECT o.id FROM vaccinations v JOIN reports o ON o.vaccination_id = v.id WHERE v.person_id = $1
                          UNION SELECT c.id FROM reports c WHERE c.person_id = $1 AND c.valid_to IS NULL)
             AND (r.person_id = $1 OR r.person_id IS NULL)
           ORDER BY r.recorded_at DESC, r.id, r.version DESC"#,
        person
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// The person who is meant: of two that the BRP says are one, the one that was kept.
///
/// # Errors
/// When the database fails.
pub async fn meant(tx: &mut WorkerTx<'_>, person: Uuid) -> Result<Uuid, StoreError> {
    let kept = sqlx::query_scalar!("SELECT merged_into FROM persons WHERE id = $1", person)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(kept.flatten().unwrap_or(person))
}

/// Who a person is, sealed.
pub struct Who {
    /// The newest registration that names the person; one whose sender did, where there is one.
    pub report: Uuid,
    /// Its content.
    pub content_sealed: Option<Vec<u8>>,
    /// The BSN: a sender may have said another one, or none.
    pub bsn_enc: Option<Vec<u8>>,
}

/// Who a person is, by the newest report.
///
/// # Errors
/// When the database fails.
pub async fn newest_content(
    tx: &mut WorkerTx<'_>,
    person: Uuid,
) -> Result<Option<Who>, StoreError> {
    let who = sqlx::query_as!(
        Who,
        "SELECT r.id AS report, r.content_sealed, p.bsn_enc FROM persons p JOIN vaccinations v ON v.person_id = p.id
         JOIN reports r ON r.vaccination_id = v.id AND r.person_id = v.person_id
         WHERE p.id = $1 AND r.content_sealed IS NOT NULL ORDER BY r.link_id IS NOT NULL, r.valid_to IS NULL DESC, r.recorded_at DESC LIMIT 1",
        person
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(who)
}

/// A ruling.
pub struct Ruling {
    /// Key.
    pub id: Uuid,
    /// Whose.
    pub person_id: Uuid,
    /// merge, keep, refuse.
    pub kind: String,
    /// The row that was judged.
    pub row_id: Uuid,
    /// Its vaccination.
    pub jab: Uuid,
    /// The one it was held against.
    pub other: Option<Uuid>,
    /// The one that counts, of a merge.
    pub kept: Option<Uuid>,
    /// Rows that it settled.
    pub rows: Vec<Uuid>,
    /// Why, sealed.
    pub reason_sealed: Vec<u8>,
    /// Name of who ruled.
    pub made_by: String,
    /// When.
    pub made_at: OffsetDateTime,
    /// Name of who undid it.
    pub undone_by: Option<String>,
    /// When.
    pub undone_at: Option<OffsetDateTime>,
    /// Why it was undone, sealed.
    pub undone_sealed: Option<Vec<u8>>,
}

/// Rulings about a person, or the one with this key; the newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut WorkerTx<'_>,
    person: Option<Uuid>,
    id: Option<Uuid>,
) -> Result<Vec<Ruling>, StoreError> {
    let found = sqlx::query_as!(
        Ruling,
        r#"SELECT r.id, r.person_id, r.kind, r.row_id, r.jab, r.other, r.kept, r.rows, r.reason_sealed, m.name AS made_by, r.made_at,
                  u.name AS "undone_by?", r.undone_at, r.undone_sealed
           FROM rulings r JOIN users m ON m.id = r.made_by LEFT JOIN users u ON u.id = r.undone_by
           WHERE r.person_id = $1 OR r.id = $2 ORDER BY r.made_at DESC, r.id"#,
        person,
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// A decision about rows, or a correction on request, that was carried out on registrations of a person.
pub struct Act {
    /// Key of the decision or correction.
    pub id: Uuid,
    /// Kind of the decision; `correct` or `withdraw` of a correction.
    pub kind: String,
    /// Who prepared it.
    pub asked_by: String,
    /// Who agreed, when that was somebody else.
    pub agreed_by: Option<String>,
    /// When.
    pub at: OffsetDateTime,
    /// Why, sealed; of a correction that is the request.
    pub reason_sealed: Option<Vec<u8>>,
    /// What the institution asked, sealed, of a decision that takes a request.
    pub request_sealed: Option<Vec<u8>>,
}

/// What RIVM did with registrations of a person besides rulings, the newest first. A row that was accepted with its group
/// names no decision: it is the one of its cluster that was under way at that moment.
///
/// # Errors
/// When the database fails.
pub async fn acts(tx: &mut WorkerTx<'_>, person: Uuid) -> Result<Vec<Act>, StoreError> {
    let found = sqlx::query_as!(
        Act,
        r#"WITH theirs AS (SELECT r.id, r.party_id, r.delivery_id, r.row_number, r.link_id, r.unlink_id, r.reject_id FROM reports r
                           WHERE r.id IN (SELECT o.id FROM vaccinations v JOIN reports o ON o.vaccination_id = v.id WHERE v.person_id = $1)),
                those AS (SELECT link_id AS id FROM theirs UNION SELECT unlink_id FROM theirs
                          UNION SELECT reject_id FROM theirs
                          UNION SELECT u.id FROM theirs t JOIN decisions u ON u.undoes = t.reject_id AND u.state IN ('running', 'done')
                          UNION SELECT h.decision_id FROM theirs t JOIN row_history h
                                  ON h.party_id = t.party_id AND h.delivery_id = t.delivery_id AND h.row_number = t.row_number
                          UNION SELECT d.id FROM theirs t JOIN delivery_rows w ON w.report_id = t.id AND w.state = 'accepted'
                                JOIN decisions d ON d.party_id = w.party_id AND d.kind = 'accept' AND d.cluster_code = w.cluster_code
                                 AND d.cluster_column = w.cluster_column AND d.cluster_value = w.cluster_value AND d.asked_by = w.decided_by AND w.freed_by IS NULL
                                 AND COALESCE(d.row_id, w.id) = w.id
                                 AND w.decided_at >= d.decided_at AND w.decided_at <= COALESCE(d.finished_at, 'infinity'))
           SELECT c.id AS "id!", CASE WHEN c.content_sealed IS NULL THEN 'withdraw' ELSE 'correct' END AS "kind!", a.name AS "asked_by!",
                  b.name AS "agreed_by?", c.decided_at AS "at!", c.request_sealed AS "reason_sealed?", NULL::bytea AS "request_sealed?"
           FROM corrections c JOIN users a ON a.id = c.asked_by JOIN users b ON b.id = c.decided_by
           WHERE c.person_id = $1 AND c.state = 'done'
           UNION ALL
           SELECT d.id, d.kind, a.name, b.name, d.decided_at, d.reason_sealed, d.request_sealed
           FROM decisions d JOIN users a ON a.id = d.asked_by LEFT JOIN users b ON b.id = d.decided_by AND d.decided_by <> d.asked_by
           WHERE d.id IN (SELECT id FROM those) AND d.decided_at IS NOT NULL
           ORDER BY 5 DESC, 1"#,
        person
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// Findings of registrations of a person became other ones, and nobody decided that.
pub struct Reread {
    /// When.
    pub at: OffsetDateTime,
    /// The change of a code list that did it; else a load of the BRP.
    pub list_change: Option<Uuid>,
    /// Codes that stood until then, also those that only RIVM saw.
    pub stood: Vec<String>,
}

/// When that was, the newest first; of rows that said the same once.
///
/// # Errors
/// When the database fails.
pub async fn reread(tx: &mut WorkerTx<'_>, person: Uuid) -> Result<Vec<Reread>, StoreError> {
    let found = sqlx::query_as!(
        Reread,
        r#"SELECT DISTINCT h.mended_at AS "at!", h.list_change_id AS "list_change?",
                  ARRAY(SELECT DISTINCT f ->> 'code' FROM jsonb_array_elements(h.findings || h.staff_findings) AS f ORDER BY 1) AS "stood!: Vec<String>"
           FROM (SELECT DISTINCT r.party_id, r.delivery_id, r.row_number FROM reports r
                 WHERE r.id IN (SELECT o.id FROM vaccinations v JOIN reports o ON o.vaccination_id = v.id WHERE v.person_id = $1)) AS t
           JOIN row_history h ON h.party_id = t.party_id AND h.delivery_id = t.delivery_id AND h.row_number = t.row_number
           WHERE h.list_change_id IS NOT NULL OR h.brp_load_id IS NOT NULL
           ORDER BY 1 DESC"#,
        person
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// A new ruling.
pub struct NewRuling {
    /// Key.
    pub id: Uuid,
    /// Whose.
    pub person_id: Uuid,
    /// merge, keep, refuse.
    pub kind: &'static str,
    /// The row that is judged.
    pub row_id: Uuid,
    /// Its vaccination.
    pub jab: Uuid,
    /// The one it is held against.
    pub other: Option<Uuid>,
    /// Of a merge, the one that gives way and the one that counts.
    pub merge: Option<(Uuid, Uuid)>,
    /// Rows it settles.
    pub rows: Vec<Uuid>,
    /// Why, sealed.
    pub reason_sealed: Vec<u8>,
    /// Who.
    pub by: Uuid,
    /// When.
    pub at: OffsetDateTime,
}

/// Keeps a ruling; [`settle`] does what follows from it. What a merge joins are the groups that the two belong to, so it
/// is their first members that give way and count.
///
/// # Errors
/// When the database fails; constraint `rulings_merge_of_two` when they are one already.
pub async fn insert(tx: &mut WorkerTx<'_>, new: &NewRuling) -> Result<(), StoreError> {
    let (lesser, kept) = match new.merge {
        Some((lesser, kept)) => (
            Some(top(tx, new.person_id, lesser).await?),
            Some(top(tx, new.person_id, kept).await?),
        ),
        None => (None, None),
    };
    sqlx::query!(
        "INSERT INTO rulings (id, person_id, kind, row_id, jab, other, lesser, kept, rows, reason_sealed, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        new.id,
        new.person_id,
        new.kind,
        new.row_id,
        new.jab,
        new.other,
        lesser,
        kept,
        &new.rows,
        new.reason_sealed,
        new.by,
        new.at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The vaccination at the end of the merges that a vaccination gave way in.
async fn top(tx: &mut WorkerTx<'_>, person: Uuid, jab: Uuid) -> Result<Uuid, StoreError> {
    let top = sqlx::query_scalar!(
        r#"WITH RECURSIVE way (at, steps) AS (
               SELECT $2::uuid, 0
               UNION ALL
               SELECT m.kept, w.steps + 1 FROM way w JOIN rulings m ON m.person_id = $1 AND m.lesser = w.at
               WHERE m.kind = 'merge' AND m.undone_at IS NULL AND w.steps < 100)
           SELECT at AS "at!" FROM way ORDER BY steps DESC LIMIT 1"#,
        person,
        jab
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(top)
}

/// A ruling no longer holds, for a sealed reason; `false` when it did not.
///
/// # Errors
/// When the database fails.
pub async fn undo(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    reason_sealed: Vec<u8>,
    by: Uuid,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE rulings SET undone_by = $2, undone_at = $3, undone_sealed = $4 WHERE id = $1 AND undone_at IS NULL",
        id,
        by,
        at,
        reason_sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Stored rows that wait because of one of these vaccinations. Where one was `opened`, only those that nothing but rules with
/// these codes doubts, besides that row itself: nobody has looked at what else makes another one wait.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    tx: &mut WorkerTx<'_>,
    jabs: &[Uuid],
    opened: Option<Uuid>,
    codes: &[String],
) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar!(
        "SELECT w.id FROM reports r JOIN delivery_rows w ON w.report_id = r.id AND w.state = 'open'
         JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
                       AND (w.delivery_id, w.row_number) IN ((r.delivery_id, r.row_number), (o.delivery_id, o.row_number))
         WHERE r.vaccination_id = ANY ($1) AND r.valid_to IS NULL AND w.outcome = 'TE_CONTROLEREN'
           AND ($2::uuid IS NULL OR w.id = $2
                OR NOT EXISTS (SELECT FROM jsonb_array_elements(w.findings || w.staff_findings) AS f
                               WHERE f ->> 'severity' IN ('controle', 'fout') AND f ->> 'code' <> ALL ($3::text[])))
         ORDER BY w.id FOR UPDATE OF w",
        jabs,
        opened,
        codes
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// What becomes of a stored row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// It is right.
    Accepted,
    /// It does not count.
    Rejected,
    /// It waits again.
    Waiting,
    /// It is right since something else went; nobody decided so.
    Freed(Cause),
}

/// A row that moved: number, and whose it is.
pub struct Moved {
    /// Key.
    pub id: Uuid,
    /// Its party.
    pub party_id: Uuid,
    /// Number in its delivery.
    pub row_number: i32,
    /// Whose.
    pub person_id: Option<Uuid>,
}

/// Locks stored rows in the order in which intake does: their persons, whom it answers, what stands of a registration, then its
/// row.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let persons = sqlx::query_scalar!(
        r#"SELECT DISTINCT r.person_id AS "person!" FROM delivery_rows w JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
           WHERE w.id = ANY ($1) AND r.person_id IS NOT NULL"#,
        rows
    )
    .fetch_all(&mut **tx)
    .await?;
    register::hold(tx, &persons).await?;
    sqlx::query!(
        "SELECT w.id FROM delivery_rows w JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
         WHERE w.id = ANY ($1) ORDER BY r.id FOR UPDATE OF r, w",
        rows
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(persons)
}

/// Settles stored rows that wait, or lets settled ones wait again: the row, what its registration came to, and the counts
/// of its delivery move together. `by` and `at`: who decided, and when. [`settle`] the persons afterwards.
///
/// # Errors
/// When the database fails.
pub async fn settle_rows(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    becomes: Becomes,
    by: Uuid,
    at: OffsetDateTime,
) -> Result<Vec<Moved>, StoreError> {
    moved(tx, rows, becomes, (by, at), true).await
}

/// What accepting stored rows would move: what is reported is accepted, as far as it takes to see what would count, and the rows
/// stay as they are. The caller goes back after it.
///
/// # Errors
/// When the database fails.
pub async fn accept_as_if(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    by: Uuid,
    at: OffsetDateTime,
) -> Result<Vec<Moved>, StoreError> {
    moved(tx, rows, Becomes::Accepted, (by, at), false).await
}

async fn moved(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    becomes: Becomes,
    (by, at): (Uuid, OffsetDateTime),
    keeps: bool,
) -> Result<Vec<Moved>, StoreError> {
    let (outcome, state) = match becomes {
        Becomes::Accepted | Becomes::Freed(_) => ("GEACCEPTEERD", "accepted"),
        Becomes::Rejected => ("AFGEKEURD", "rejected"),
        Becomes::Waiting => ("TE_CONTROLEREN", "open"),
    };
    let waits = becomes == Becomes::Waiting;
    let by = matches!(becomes, Becomes::Accepted | Becomes::Rejected).then_some(by);
    let (freed_by, freed_with) = match becomes {
        Becomes::Freed(cause) => cause.columns(),
        _ => (None, None),
    };
    if keeps {
        lock(tx, rows).await?;
        // Their deliveries too, in a statement of their own: one that ended while this waited for it is seen to have ended by
        // the next statement only.
        sqlx::query!(
            "SELECT d.id FROM deliveries d WHERE d.id IN (SELECT delivery_id FROM delivery_rows WHERE id = ANY ($1))
             ORDER BY d.id FOR NO KEY UPDATE",
            rows
        )
        .fetch_all(&mut **tx)
        .await?;
    }
    let moved = sqlx::query_as!(
        Moved,
        r#"WITH was AS (SELECT w.id, w.party_id, w.row_number, w.report_id, w.person_id, w.outcome FROM delivery_rows w
                        WHERE w.id = ANY ($1) AND w.report_id IS NOT NULL
                          AND CASE WHEN $2 THEN w.state IN ('accepted', 'rejected') ELSE w.state = 'open' AND w.outcome = 'TE_CONTROLEREN' END
                          -- Of a registration that changed since, the row says nothing any more.
                          AND EXISTS (SELECT FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
                                      WHERE r.id = w.report_id AND r.valid_to IS NULL
                                        AND (w.delivery_id, w.row_number) IN ((r.delivery_id, r.row_number), (o.delivery_id, o.row_number)))
                        FOR UPDATE),
                moved AS (UPDATE delivery_rows w SET outcome = $3, state = $4, decided_by = $5, freed_by = $7, freed_with = $9,
                                                     decided_at = CASE WHEN NOT $2 THEN $6::timestamptz END
                          FROM was WHERE w.id = was.id AND $8 RETURNING w.delivery_id, was.outcome AS before),
                told AS (UPDATE deliveries d
                         SET te_controleren = te_controleren + CASE WHEN $2 THEN n.rows ELSE -n.rows END,
                             geaccepteerd = geaccepteerd + CASE WHEN $2 THEN -n.accepted WHEN $3 = 'GEACCEPTEERD' THEN n.rows ELSE 0 END,
                             afgekeurd = afgekeurd + CASE WHEN $2 THEN -n.refused WHEN $3 = 'AFGEKEURD' THEN n.rows ELSE 0 END
                         FROM (SELECT delivery_id, count(*)::integer AS rows, (count(*) FILTER (WHERE before = 'GEACCEPTEERD'))::integer AS accepted,
                                      (count(*) FILTER (WHERE before = 'AFGEKEURD'))::integer AS refused FROM moved GROUP BY 1) AS n
                         -- What is being stored is counted at its end, which waits for the lock.
                         WHERE d.id = n.delivery_id AND d.state IN ('done', 'withdrawn', 'parked')),
                said AS (UPDATE reports r SET outcome = $3, accepted_by = $5
                         FROM was WHERE r.id = was.report_id AND r.valid_to IS NULL AND r.content_sealed IS NOT NULL)
           SELECT id, party_id, row_number, person_id FROM was ORDER BY row_number"#,
        rows,
        waits,
        outcome,
        state,
        by,
        at,
        freed_by,
        keeps,
        freed_with
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(moved)
}

/// Of stored rows that were accepted, those whose vaccination does not count all the same: another one of that day and
/// product does, and nobody said that they are one.
///
/// # Errors
/// When the database fails.
pub async fn in_the_way(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar!(
        "SELECT w.id FROM delivery_rows w JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
         JOIN vaccinations v ON v.person_id = r.person_id AND v.id = r.vaccination_id AND v.valid_to IS NULL
         WHERE w.id = ANY ($1) AND NOT v.effective AND v.merged_into IS NULL",
        rows
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Where a vaccination comes to stand.
pub struct Standing {
    /// Whose.
    pub person_id: Uuid,
    /// Its key.
    pub id: Uuid,
    /// The one that counts in its place.
    pub merged_into: Option<Uuid>,
    /// It counts.
    pub effective: bool,
}

/// Vaccinations of these persons that do not stand as they should: whether they count follows from what is reported and
/// ruled, whatever stood there, so it is the same whichever way it came about. Vaccinations that were merged are a group. Of
/// a group one counts, when any report of it is accepted: the one that the rulings chose, or, while that is withdrawn, the
/// next best. A day and product counts once.
///
/// # Errors
/// When the database fails.
pub async fn unsettled(
    tx: &mut WorkerTx<'_>,
    persons: &[Uuid],
) -> Result<Vec<Standing>, StoreError> {
    Ok(sqlx::query_as!(
        Standing,
        r#"WITH RECURSIVE alive AS (
               SELECT v.person_id, v.id, v.vaccinated_on, v.vaccine, v.effective, v.merged_into, v.valid_from,
                      EXISTS (SELECT FROM reports r WHERE r.vaccination_id = v.id AND r.valid_to IS NULL AND r.outcome = 'GEACCEPTEERD') AS accepted,
                      EXISTS (SELECT FROM reports r WHERE r.vaccination_id = v.id AND r.valid_to IS NULL AND r.outcome <> 'AFGEKEURD') AS stands
               FROM vaccinations v WHERE v.person_id = ANY ($1) AND v.valid_to IS NULL),
           way AS (
               SELECT a.*, a.id AS at, 0 AS steps FROM alive a
               UNION ALL
               SELECT w.person_id, w.id, w.vaccinated_on, w.vaccine, w.effective, w.merged_into, w.valid_from, w.accepted, w.stands,
                      m.kept, w.steps + 1
               FROM way w JOIN rulings m ON m.person_id = w.person_id AND m.lesser = w.at
               WHERE m.kind = 'merge' AND m.undone_at IS NULL AND w.steps < 100),
           tops AS (SELECT DISTINCT ON (person_id, id) * FROM way ORDER BY person_id, id, steps DESC),
           grouped AS (
               SELECT t.*, bool_or(t.accepted) OVER whole AS counts, first_value(t.id) OVER best AS head
               FROM tops t
               WINDOW whole AS (PARTITION BY t.person_id, t.at),
                      best AS (PARTITION BY t.person_id, t.at ORDER BY NOT t.stands, t.steps, t.valid_from, t.id)),
           standing AS (
               SELECT g.*, NULLIF(g.head, g.id) AS merged, g.head = g.id AND g.counts
                      AND row_number() OVER (PARTITION BY g.person_id, g.vaccinated_on, g.vaccine, g.head = g.id AND g.counts
                                             ORDER BY g.effective DESC, g.valid_from, g.id) = 1 AS in_force
               FROM grouped g)
           SELECT person_id AS "person_id!", id AS "id!", merged AS merged_into, in_force AS "effective!" FROM standing
           WHERE merged IS DISTINCT FROM merged_into OR in_force <> effective"#,
        persons
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Makes count what counts for these persons, and nothing else ([`unsettled`]).
///
/// # Errors
/// When the database fails.
pub async fn settle(tx: &mut WorkerTx<'_>, persons: &[Uuid]) -> Result<(), StoreError> {
    register::hold(tx, persons).await?;
    settle_as_if(tx, persons).await
}

/// The same for who goes back after it, to see what would count: nobody is held.
///
/// # Errors
/// When the database fails.
pub async fn settle_as_if(tx: &mut WorkerTx<'_>, persons: &[Uuid]) -> Result<(), StoreError> {
    if persons.is_empty() {
        return Ok(());
    }
    let changed = unsettled(tx, persons).await?;
    // First what no longer counts: a day and product has one place.
    for in_force in [false, true] {
        let those = || changed.iter().filter(|one| one.effective == in_force);
        let whose: Vec<Uuid> = those().map(|one| one.person_id).collect();
        let ids: Vec<Uuid> = those().map(|one| one.id).collect();
        let merged: Vec<Option<Uuid>> = those().map(|one| one.merged_into).collect();
        if ids.is_empty() {
            continue;
        }
        sqlx::query!(
            "UPDATE vaccinations v SET effective = $4, merged_into = n.merged
             FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS n (person_id, id, merged) WHERE v.person_id = n.person_id AND v.id = n.id",
            &whose,
            &ids,
            &merged as _,
            in_force
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}

/// Rows that waited because of a registration that a later version took the place of wait no more.
///
/// # Errors
/// When the database fails.
pub async fn replaced(tx: &mut WorkerTx<'_>, reports: &[Uuid]) -> Result<(), StoreError> {
    if reports.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "UPDATE delivery_rows SET state = 'repaired', decided_at = now()
         WHERE report_id = ANY ($1) AND state = 'open' AND outcome = 'TE_CONTROLEREN'",
        reports
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Rows of registrations that came back to what they said wait again, when that had to be looked at.
///
/// # Errors
/// When the database fails.
pub async fn wait_again(tx: &mut WorkerTx<'_>, reports: &[Uuid]) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE delivery_rows w SET state = 'open', decided_at = NULL
         FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
         WHERE r.id = ANY ($1) AND r.valid_to IS NULL AND r.outcome = 'TE_CONTROLEREN' AND w.delivery_id = o.delivery_id
           AND w.row_number = o.row_number AND w.state = 'repaired' AND w.outcome = 'TE_CONTROLEREN'",
        reports
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Of registrations that came back, the rows that a ruling settled which was undone in their absence.
///
/// # Errors
/// When the database fails.
pub async fn no_longer_ruled(
    tx: &mut WorkerTx<'_>,
    reports: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    let rows = sqlx::query_scalar!(
        "SELECT w.id FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
         JOIN delivery_rows w ON w.delivery_id = o.delivery_id AND w.row_number = o.row_number AND w.report_id = r.id
         JOIN rulings m ON m.person_id = r.person_id AND w.id = ANY (m.rows) AND m.made_at = w.decided_at AND m.undone_at IS NOT NULL
         WHERE r.id = ANY ($1) AND r.valid_to IS NULL AND r.content_sealed IS NOT NULL AND w.state IN ('accepted', 'rejected')",
        reports
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Persons of vaccinations that do not count, of these.
///
/// # Errors
/// When the database fails.
pub async fn not_counting(
    tx: &mut WorkerTx<'_>,
    jabs: &[Uuid],
    persons: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    if jabs.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT v.person_id FROM unnest($1::uuid[], $2::uuid[]) AS n (id, person_id)
         JOIN vaccinations v ON v.person_id = n.person_id AND v.id = n.id
         WHERE NOT v.effective AND v.valid_to IS NULL AND v.merged_into IS NULL",
        jabs,
        persons
    )
    .fetch_all(&mut **tx)
    .await?)
}

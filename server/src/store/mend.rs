//! Refused rows that their sender mends: as they stand, and as they stood.

use super::{PartyTx, StoreError, WorkerTx};
use std::collections::{BTreeSet, HashSet};
use time::OffsetDateTime;
use uuid::Uuid;

/// A row of a delivery.
pub struct Stands {
    /// Key, which its sealed value is bound to; a new one each time the row changes.
    pub id: Uuid,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Outcome.
    pub outcome: String,
    /// Waits for somebody, or not.
    pub state: String,
    /// Findings as the sender may see them.
    pub findings: serde_json::Value,
    /// As delivered or mended, sealed.
    pub raw_sealed: Option<Vec<u8>>,
    /// Why the sender goes on although not matchable, sealed.
    pub reason_sealed: Option<Vec<u8>>,
    /// The refused row of an earlier delivery that it takes the place of.
    pub replaces: Option<Uuid>,
    /// Its registration, when it is stored.
    pub report_id: Option<Uuid>,
    /// The decision by which RIVM sent it back, and its message, sealed; as the sender sees the row.
    pub returned_by: Option<Uuid>,
    /// The message.
    pub message_sealed: Option<Vec<u8>>,
}

impl Stands {
    /// Refused, and the sender may mend it.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.outcome == "AFGEKEURD" && matches!(self.state.as_str(), "pending" | "open")
    }

    /// Stored, and RIVM has to look at it.
    #[must_use]
    pub fn is_stored_open(&self) -> bool {
        self.outcome == "TE_CONTROLEREN" && self.state == "open" && self.report_id.is_some()
    }
}

/// The rows that mended rows may have to do with, in their order: all of a delivery of at most `limit` rows. Of a
/// larger one, which no portal takes, the rows themselves, refused rows that contradict another one, and, when asked
/// for, the other refused rows; `limit` of them. And the last refused row of those, when there may be more.
///
/// # Errors
/// When the database fails.
pub async fn rows(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    numbers: &[i32],
    all_refused: bool,
    limit: i32,
) -> Result<(Vec<Stands>, Option<i32>), StoreError> {
    let mut rows = sqlx::query_as!(
        Stands,
        r#"SELECT id, row_number, outcome, state, findings, raw_sealed, reason_sealed, replaces, report_id,
                  NULL::uuid AS returned_by, NULL::bytea AS message_sealed
           FROM delivery_rows
           WHERE delivery_id = $1
             AND ((SELECT d.rows_read FROM deliveries d WHERE d.id = $1) <= $4
                  OR row_number = ANY ($2)
                  OR (outcome = 'AFGEKEURD' AND ($3 OR findings @> '[{"code": "D02"}]')))
           ORDER BY row_number = ANY ($2) DESC, row_number LIMIT $4::integer"#,
        delivery,
        numbers,
        all_refused,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    rows.sort_by_key(|row| row.row_number);
    let asked = |row: &&Stands| !numbers.contains(&row.row_number);
    let last = rows.iter().rev().find(asked).map(|row| row.row_number);
    // Nothing but the rows that were asked for has room: the others all follow.
    let last = last.unwrap_or_default();
    let more = i32::try_from(rows.len()).is_ok_and(|found| found >= limit);
    Ok((rows, more.then_some(last)))
}

/// The refused rows of a delivery after this one, `limit` of them, and those that contradict another one wherever they
/// stand; in their order, with the last that was asked for when there may be more.
///
/// # Errors
/// When the database fails.
pub async fn refused_after(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    after: i32,
    limit: i32,
) -> Result<(Vec<Stands>, Option<i32>), StoreError> {
    let rows = sqlx::query_as!(
        Stands,
        r#"WITH next AS MATERIALIZED (SELECT id, row_number FROM delivery_rows
                                      WHERE delivery_id = $1 AND outcome = 'AFGEKEURD' AND row_number > $2
                                      ORDER BY row_number LIMIT $3::integer),
                contradict AS MATERIALIZED (SELECT id FROM delivery_rows
                                            WHERE delivery_id = $1 AND outcome = 'AFGEKEURD' AND findings @> '[{"code": "D02"}]'
                                            ORDER BY row_number LIMIT $3::integer)
           SELECT r.id, r.row_number, r.outcome, r.state, r.findings, r.raw_sealed, r.reason_sealed, r.replaces, r.report_id,
                  NULL::uuid AS returned_by, NULL::bytea AS message_sealed
           FROM delivery_rows r
           WHERE r.delivery_id = $1 AND r.id IN (SELECT id FROM next UNION SELECT id FROM contradict)
           ORDER BY r.row_number"#,
        delivery,
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    // Of those that contradict each other, the ones that stand further on come after the portion.
    let room = usize::try_from(limit).unwrap_or_default();
    let mut next = rows.iter().filter(|row| row.row_number > after);
    let last = next.nth(room.saturating_sub(1)).map(|row| row.row_number);
    Ok((rows, last))
}

/// Rows of a delivery whose registrations stand about one of these persons or under one of these keys, but those `among` these
/// numbers; in their order.
///
/// # Errors
/// When the database fails.
pub async fn stored_beside(
    tx: &mut WorkerTx<'_>,
    (party, delivery): (Uuid, Uuid),
    persons: &[Uuid],
    keys: &[String],
    among: &[i32],
) -> Result<Vec<Stands>, StoreError> {
    let rows = sqlx::query_as!(
        Stands,
        r#"WITH stand AS MATERIALIZED (
               SELECT p.id, p.delivery_id, p.row_number FROM unnest($3::uuid[]) AS w (person)
               CROSS JOIN LATERAL (SELECT * FROM reports WHERE person_id = w.person AND valid_to IS NULL OFFSET 0) AS p
               UNION
               SELECT k.id, k.delivery_id, k.row_number FROM unnest($4::text[]) AS w (source_key)
               CROSS JOIN LATERAL (SELECT * FROM reports WHERE party_id = $1 AND source_key = w.source_key
                                     AND COALESCE(valid_to, 'infinity') = 'infinity' OFFSET 0) AS k)
           SELECT r.id, r.row_number, r.outcome, r.state, r.findings, r.raw_sealed, r.reason_sealed, r.replaces, r.report_id,
                  NULL::uuid AS returned_by, NULL::bytea AS message_sealed
           FROM stand s
           CROSS JOIN LATERAL (SELECT * FROM delivery_rows WHERE delivery_id = $2 AND row_number = s.row_number OFFSET 0) AS r
           WHERE s.delivery_id = $2 AND r.report_id = s.id AND r.row_number <> ALL ($5)
           ORDER BY r.row_number"#,
        party,
        delivery,
        persons,
        keys,
        among
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Numbers of the rows of a delivery that somebody mended, and no decision did.
///
/// # Errors
/// When the database fails.
pub async fn mended_before(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
) -> Result<HashSet<i32>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT DISTINCT row_number FROM row_history WHERE delivery_id = $1 AND mended_by IS NOT NULL AND decision_id IS NULL",
        delivery
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().collect())
}

/// A registration as it stands.
pub struct Standing {
    /// The registration.
    pub id: Uuid,
    /// Its key.
    pub source_key: String,
    /// The decision by which RIVM found its person.
    pub link: Option<Uuid>,
    /// That person.
    pub person: Option<Uuid>,
    /// The BSN of that person, sealed.
    pub bsn_enc: Option<Vec<u8>>,
}

/// Registrations as they stand.
///
/// # Errors
/// When the database fails.
pub async fn standing(
    tx: &mut WorkerTx<'_>,
    registrations: &[Uuid],
) -> Result<Vec<Standing>, StoreError> {
    Ok(sqlx::query_as!(
        Standing,
        r#"SELECT r.id, r.source_key, r.link_id AS link, r.person_id AS person, p.bsn_enc AS "bsn_enc?"
           FROM reports r LEFT JOIN persons p ON p.id = r.person_id AND r.link_id IS NOT NULL
           WHERE r.id = ANY ($1) AND r.valid_to IS NULL"#,
        registrations
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A preview is thrown away, and with it what its rows said before: that they were mended stays.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE row_history SET raw_sealed = NULL, repairs_sealed = NULL, reason_sealed = NULL WHERE delivery_id = $1",
        delivery
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What somebody made of a row before its file was read anew, and how the row stands since.
pub struct Aside {
    /// Its number.
    pub row_number: i32,
    /// Who mended it.
    pub mended_by: Uuid,
    /// Key of the mended row, which its sealed values are bound to.
    pub id: Uuid,
    /// As mended, sealed.
    pub raw_sealed: Vec<u8>,
    /// Why the sender goes on although not matchable, sealed.
    pub reason_sealed: Option<Vec<u8>>,
    /// Key of the row as it stood in the file.
    pub file_id: Uuid,
    /// As it stood there, sealed.
    pub file_sealed: Vec<u8>,
    /// Key of the row as it stands now.
    pub now_id: Uuid,
    /// As it stands now, sealed.
    pub now_sealed: Vec<u8>,
}

/// The file of a preview is to be read anew: what was made of its rows is set aside, in their history.
///
/// # Errors
/// When the database fails.
pub async fn set_aside(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO row_history (party_id, delivery_id, row_number, row_id, raw_sealed, repairs_sealed, reason_sealed, outcome, findings, mended_by,
                                  mended_at, made_of, past)
         SELECT r.party_id, r.delivery_id, r.row_number, r.id, r.raw_sealed, r.repairs_sealed, r.reason_sealed, r.outcome, r.findings, m.by, $3,
                m.of, true
         FROM (SELECT row_number, (array_agg(mended_by ORDER BY mended_at DESC, row_id DESC))[1] AS by,
                      (array_agg(row_id ORDER BY mended_at, row_id))[1] AS of
               FROM row_history WHERE party_id = $1 AND delivery_id = $2 AND NOT past GROUP BY 1) AS m
         JOIN delivery_rows r ON r.delivery_id = $2 AND r.row_number = m.row_number AND r.state = 'pending'",
        party,
        delivery,
        at
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE row_history SET past = true WHERE party_id = $1 AND delivery_id = $2 AND NOT past",
        party,
        delivery
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was set aside of rows that stand in the preview again, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn aside(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
) -> Result<Vec<Aside>, StoreError> {
    Ok(sqlx::query_as!(
        Aside,
        r#"SELECT h.row_number, h.mended_by AS "mended_by!", h.row_id AS id, h.raw_sealed AS "raw_sealed!", h.reason_sealed, f.row_id AS file_id,
                  f.raw_sealed AS "file_sealed!", r.id AS now_id, r.raw_sealed AS "now_sealed!"
           FROM row_history h
           JOIN row_history f ON f.party_id = h.party_id AND f.delivery_id = h.delivery_id AND f.row_number = h.row_number AND f.row_id = h.made_of
           JOIN delivery_rows r ON r.delivery_id = h.delivery_id AND r.row_number = h.row_number AND r.state = 'pending'
           WHERE h.party_id = $1 AND h.delivery_id = $2 AND h.raw_sealed IS NOT NULL AND f.raw_sealed IS NOT NULL AND r.raw_sealed IS NOT NULL
           ORDER BY h.mended_at DESC, h.row_id DESC"#,
        party,
        delivery
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Keeps rows as they stood, in the history, with what was repaired in them; where `keep` is false without what they said.
/// `how`: who changed them, and the decision that says so.
///
/// # Errors
/// When the database fails.
pub async fn remember(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    numbers: &[i32],
    keep: &[bool],
    how: (Uuid, Option<Uuid>),
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO row_history (party_id, delivery_id, row_number, row_id, raw_sealed, repairs_sealed, reason_sealed, outcome, findings, mended_by,
                                  mended_at, decision_id)
         SELECT r.party_id, r.delivery_id, r.row_number, r.id, CASE WHEN n.keep THEN r.raw_sealed END, CASE WHEN n.keep THEN r.repairs_sealed END,
                CASE WHEN n.keep THEN r.reason_sealed END, r.outcome, r.findings, $4, $5, $6
         FROM unnest($2::integer[], $3::boolean[]) AS n (number, keep)
         JOIN delivery_rows r ON r.delivery_id = $1 AND r.row_number = n.number",
        delivery,
        numbers,
        keep,
        how.0,
        at,
        how.1
    )
    .execute(&mut **tx)
    .await?;
    let forget: Vec<i32> = numbers
        .iter()
        .zip(keep)
        .filter_map(|(number, keep)| (!keep).then_some(*number))
        .collect();
    sqlx::query!(
        "UPDATE row_history SET raw_sealed = NULL, repairs_sealed = NULL, reason_sealed = NULL WHERE delivery_id = $1 AND row_number = ANY ($2)",
        delivery,
        &forget
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A row that was taken out.
pub struct TakenOut {
    number: i32,
    id: Uuid,
    created_at: OffsetDateTime,
    returned_at: Option<OffsetDateTime>,
    returned_by: Option<Uuid>,
}

/// Takes rows out that are judged and stored anew in the same transaction; none that had an effect, but these of `stored`:
/// their registrations get a version more. [`go_on_waiting`] for what it answers.
///
/// # Errors
/// When the database fails.
pub async fn take_out(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    numbers: &[i32],
    stored: &[Uuid],
) -> Result<Vec<TakenOut>, StoreError> {
    Ok(sqlx::query_as!(
        TakenOut,
        "DELETE FROM delivery_rows
         WHERE delivery_id = $1 AND row_number = ANY ($2) AND (state IN ('pending', 'open') AND report_id IS NULL OR id = ANY ($3))
         RETURNING row_number AS number, id, created_at, returned_at, returned_by",
        delivery,
        numbers,
        stored
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Those that wait again wait since they came, on the list of the same reviewer. What went back stays with its sender as long
/// as it is refused.
///
/// # Errors
/// When the database fails.
pub async fn go_on_waiting(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    taken: &[TakenOut],
) -> Result<(), StoreError> {
    let numbers: Vec<i32> = taken.iter().map(|row| row.number).collect();
    let ids: Vec<Uuid> = taken.iter().map(|row| row.id).collect();
    let since: Vec<OffsetDateTime> = taken.iter().map(|row| row.created_at).collect();
    let returned: Vec<Option<OffsetDateTime>> = taken.iter().map(|row| row.returned_at).collect();
    let by: Vec<Option<Uuid>> = taken.iter().map(|row| row.returned_by).collect();
    sqlx::query!(
        "WITH was AS (SELECT * FROM unnest($2::integer[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::uuid[])
                          AS n (number, id, created_at, returned_at, returned_by)),
              moved AS (UPDATE assignments a SET row_id = r.id
                        FROM was w JOIN delivery_rows r ON r.delivery_id = $1 AND r.row_number = w.number
                        WHERE a.row_id = w.id AND r.state = 'open')
         UPDATE delivery_rows r
         SET created_at = w.created_at, returned_at = CASE r.outcome WHEN 'AFGEKEURD' THEN w.returned_at END,
             returned_by = CASE r.outcome WHEN 'AFGEKEURD' THEN w.returned_by END
         FROM was w WHERE r.delivery_id = $1 AND r.row_number = w.number AND r.state = 'open'",
        delivery,
        &numbers,
        &ids,
        &since,
        &returned as _,
        &by as _
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Refused rows of a delivery that can be mended, in their order.
///
/// # Errors
/// When the database fails.
pub async fn refused(
    tx: &mut PartyTx<'_>,
    delivery: Uuid,
    limit: i64,
    offset: i64,
) -> Result<Vec<Stands>, StoreError> {
    let rows = sqlx::query_as!(
        Stands,
        r#"SELECT r.id, r.row_number, r.outcome, r.state, r.findings, r.raw_sealed, r.reason_sealed, r.replaces, r.report_id, r.returned_by,
                  d.reason_sealed AS "message_sealed?"
           FROM delivery_rows r LEFT JOIN decisions d ON d.id = r.returned_by
           WHERE r.delivery_id = $1 AND r.outcome = 'AFGEKEURD' AND r.state IN ('pending', 'open')
           ORDER BY r.row_number LIMIT $2 OFFSET $3"#,
        delivery,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// One of them; `None` when there is no such row, or it is refused no more.
///
/// # Errors
/// When the database fails.
pub async fn one(
    tx: &mut PartyTx<'_>,
    delivery: Uuid,
    row: i32,
) -> Result<Option<Stands>, StoreError> {
    let row = sqlx::query_as!(
        Stands,
        r#"SELECT r.id, r.row_number, r.outcome, r.state, r.findings, r.raw_sealed, r.reason_sealed, r.replaces, r.report_id, r.returned_by,
                  d.reason_sealed AS "message_sealed?"
           FROM delivery_rows r LEFT JOIN decisions d ON d.id = r.returned_by
           WHERE r.delivery_id = $1 AND r.outcome = 'AFGEKEURD' AND r.state IN ('pending', 'open') AND r.row_number = $2"#,
        delivery,
        row
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// How a row of a party stood before somebody changed it.
pub struct Earlier {
    /// The key it had, which the sealed values are bound to.
    pub id: Uuid,
    /// What it said, sealed.
    pub raw_sealed: Vec<u8>,
    /// What was repaired of it, sealed.
    pub repairs_sealed: Option<Vec<u8>>,
    /// Until when.
    pub until: OffsetDateTime,
}

/// How these rows of a party stood before, in the reading of their file that stands; the newest first. `places`: delivery and
/// number, each once.
///
/// # Errors
/// When the database fails.
pub async fn earlier(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    places: &BTreeSet<(Uuid, i32)>,
) -> Result<Vec<Earlier>, StoreError> {
    let (deliveries, numbers): (Vec<Uuid>, Vec<i32>) = places.iter().copied().unzip();
    Ok(sqlx::query_as!(
        Earlier,
        r#"SELECT h.row_id AS id, h.raw_sealed AS "raw_sealed!", h.repairs_sealed, h.mended_at AS until
           FROM unnest($2::uuid[], $3::integer[]) AS n (delivery_id, number)
           JOIN row_history h ON h.party_id = $1 AND h.delivery_id = n.delivery_id AND h.row_number = n.number
           WHERE h.raw_sealed IS NOT NULL AND NOT h.past
           ORDER BY h.mended_at DESC, h.row_id DESC"#,
        party,
        &deliveries,
        &numbers
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// The first of them after a row, or the first of all when that is the last; `None` when it is the only one.
///
/// # Errors
/// When the database fails.
pub async fn next(
    tx: &mut PartyTx<'_>,
    delivery: Uuid,
    row: i32,
) -> Result<Option<i32>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT row_number FROM delivery_rows
         WHERE delivery_id = $1 AND outcome = 'AFGEKEURD' AND state IN ('pending', 'open') AND row_number <> $2
         ORDER BY row_number < $2, row_number LIMIT 1",
        delivery,
        row
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// How many there are.
///
/// # Errors
/// When the database fails.
pub async fn number_refused(tx: &mut PartyTx<'_>, delivery: Uuid) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "number!" FROM delivery_rows
           WHERE delivery_id = $1 AND outcome = 'AFGEKEURD' AND state IN ('pending', 'open')"#,
        delivery
    )
    .fetch_one(&mut **tx)
    .await?)
}

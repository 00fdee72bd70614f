//! Rows of all parties that wait for RIVM, as staff sees them: the policy on `cims.role` lets them through.

use super::{PartyTx, StoreError, WorkerTx};
use domain::search::SearchWord;
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// Filter of the list; all optional.
#[derive(Default)]
pub struct Filter {
    /// Code of a party.
    pub party: Option<String>,
    /// Rule code that the row has, whether it waits for it or not.
    pub code: Option<String>,
    /// Column it is about.
    pub column: Option<String>,
    /// Channel on the wire.
    pub channel: Option<String>,
    /// Outcome on the wire.
    pub outcome: Option<String>,
    /// Waits longer than so many days.
    pub days: Option<i32>,
    /// On the list of this reviewer.
    pub user: Option<Uuid>,
    /// On nobody's list.
    pub nobody: bool,
    /// What each word of a search may be: [`search`].
    pub search: Option<serde_json::Value>,
}

impl Filter {
    /// Its count is not kept: rows are counted, up to a number.
    #[must_use]
    pub const fn is_counted_so_far(&self) -> bool {
        self.code.is_some()
            || self.channel.is_some()
            || self.days.is_some()
            || self.user.is_some()
            || self.nobody
    }
}

/// Where a page ended: the next one begins after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// When the row was stored.
    pub at: OffsetDateTime,
    /// Its delivery.
    pub delivery: Uuid,
    /// Its number.
    pub row: i32,
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
    /// Findings that RIVM alone sees.
    pub staff_findings: serde_json::Value,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// When it was stored: its place in the list.
    pub created_at: OffsetDateTime,
    /// Name of the reviewer on whose list it is.
    pub assignee: Option<String>,
}

/// A page of the list, newest first, after a place.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut PartyTx<'_>,
    filter: &Filter,
    after: Option<Place>,
    limit: i32,
) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query_as!(
        Line,
        r#"SELECT id AS "id!", delivery_id AS "delivery_id!", party AS "party!", channel AS "channel!", row_number AS "row_number!",
                  outcome AS "outcome!", findings AS "findings!", staff_findings AS "staff_findings!", received_at AS "received_at!",
                  created_at AS "created_at!", assignee
           FROM staff_queue($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"#,
        filter.party,
        filter.code,
        filter.column,
        filter.channel,
        filter.outcome,
        filter.days,
        filter.user,
        filter.nobody,
        filter.search,
        after.map(|place| place.at),
        after.map(|place| place.delivery),
        after.map(|place| place.row),
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Rows in all; by code, channel, age and person no more than `most` are counted.
///
/// # Errors
/// When the database fails.
pub async fn total(tx: &mut PartyTx<'_>, filter: &Filter, most: i32) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(
        r#"SELECT staff_queue_count($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS "number!""#,
        filter.party,
        filter.code,
        filter.column,
        filter.channel,
        filter.outcome,
        filter.days,
        filter.user,
        filter.nobody,
        filter.search,
        most
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// A search as the queue takes it: per word the parties by name, code or AGB code, and the rules, columns and values that were
/// found for it before. None of it is of a person.
///
/// # Errors
/// When the database fails.
pub async fn search(
    tx: &mut PartyTx<'_>,
    words: &[SearchWord],
    values: &[String],
) -> Result<serde_json::Value, StoreError> {
    let texts: Vec<String> = words.iter().map(|word| word.text.clone()).collect();
    let found = sqlx::query!(
        r#"SELECT w.place AS "place!", p.id FROM unnest($1::text[]) WITH ORDINALITY AS w (word, place)
           JOIN parties p ON strpos(lower(p.name), w.word) > 0 OR lower(p.code) = w.word
                OR EXISTS (SELECT FROM party_agb a WHERE a.party_id = p.id AND a.agb = w.word)"#,
        &texts
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut parties: HashMap<i64, Vec<Uuid>> = HashMap::new();
    for row in found {
        parties.entry(row.place).or_default().push(row.id);
    }
    let search = words.iter().zip(1..).map(|(word, place)| {
        let codes: Vec<&str> = word.codes.iter().map(|code| code.as_str()).collect();
        let columns: Vec<&str> = word.columns.iter().map(|column| column.name()).collect();
        serde_json::json!({
            "parties": parties.remove(&place).unwrap_or_default(),
            "codes": codes,
            "columns": columns,
            "values": values,
        })
    });
    Ok(search.collect())
}

/// Sums up what was added to and taken from clusters, and from the hours of what waits: what is read for each page stays as small
/// as there are clusters, and hours.
///
/// # Errors
/// When the database fails.
pub async fn sum_up(tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH gone AS (DELETE FROM cluster_changes RETURNING *)
         INSERT INTO cluster_changes
         SELECT party_id, cluster_code, cluster_column, cluster_value, outcome, sum(rows) FROM gone GROUP BY 1, 2, 3, 4, 5 HAVING sum(rows) <> 0"
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "WITH gone AS (DELETE FROM waiting_hours RETURNING *)
         INSERT INTO waiting_hours SELECT hour, sum(rows) FROM gone GROUP BY 1 HAVING sum(rows) <> 0"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many rows wait since before a moment; no more than `most` are counted.
///
/// # Errors
/// When the database fails.
pub async fn waiting_since_before(
    tx: &mut WorkerTx<'_>,
    before: OffsetDateTime,
    most: i64,
) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "rows!" FROM (
               SELECT FROM delivery_rows
               WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL AND created_at < $1 LIMIT $2) AS counted"#,
        before,
        most
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// An opened row.
pub struct Opened {
    /// As in the list.
    pub line: Line,
    /// Name of the file it came in.
    pub file_name: Option<String>,
    /// As delivered, sealed.
    pub raw_sealed: Option<Vec<u8>>,
    /// Why the sender went on, sealed.
    pub reason_sealed: Option<Vec<u8>>,
    /// The registration, when it is stored.
    pub report_id: Option<Uuid>,
    /// It waits for RIVM.
    pub waits: bool,
}

/// Opens one row; `None` when there is no such row to judge.
///
/// # Errors
/// When the database fails.
pub async fn one(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Option<Opened>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT r.id, r.delivery_id, p.name AS party, d.channel, r.row_number, r.outcome, r.findings, d.received_at, r.created_at,
                  d.file_name, r.raw_sealed, r.reason_sealed, r.report_id, r.state = 'open' AND r.returned_at IS NULL AS "waits!"
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
            staff_findings: serde_json::Value::Null,
            received_at: row.received_at,
            created_at: row.created_at,
            assignee: None,
        },
        file_name: row.file_name,
        raw_sealed: row.raw_sealed,
        reason_sealed: row.reason_sealed,
        report_id: row.report_id,
        waits: row.waits,
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

/// Rows that wait, of a code or of an age.
pub struct OpenCount {
    /// Rule code.
    pub code: Option<String>,
    /// 0 up to a day, 1 up to a week, 2 up to four weeks, 3 older; right to the hour.
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
        r#"SELECT code, age, rows AS "rows!" FROM staff_open_counts()"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Waiting rows that were solved.
pub struct Solved {
    /// `sender`, `mapping`, `suggestion` or `rivm`.
    pub by: String,
    /// How many.
    pub rows: i64,
    /// Half of them took no longer than this, from their arrival; seconds.
    pub median: f64,
}

/// Waiting rows that were solved since a moment, by what solved them. Mended rows count when they are refused no more,
/// linked ones when they wait no more, replaced ones when their sender's other row came or RIVM corrected what they said; what
/// a sender mends before it delivers never waited.
///
/// # Errors
/// When the database fails.
pub async fn solved(
    tx: &mut WorkerTx<'_>,
    since: OffsetDateTime,
) -> Result<Vec<Solved>, StoreError> {
    let rows = sqlx::query_as!(
        Solved,
        r#"WITH mended AS (
               SELECT DISTINCT ON (h.delivery_id, h.row_number) h.delivery_id, h.mended_at AS at,
                      CASE WHEN k.suggested THEN 'suggestion' WHEN k.kind = 'map' THEN 'mapping' WHEN k.id IS NOT NULL THEN 'rivm'
                           WHEN EXISTS (SELECT FROM user_roles u WHERE u.user_id = h.mended_by AND u.party_id = h.party_id) THEN 'sender'
                           ELSE 'mapping' END AS by
               FROM row_history h JOIN delivery_rows r ON r.delivery_id = h.delivery_id AND r.row_number = h.row_number
               LEFT JOIN decisions k ON k.id = h.decision_id
               WHERE h.mended_at >= $1 AND h.made_of IS NULL AND (h.outcome = 'AFGEKEURD' OR h.outcome = 'TE_CONTROLEREN' AND h.decision_id IS NOT NULL AND r.state <> 'open')
                 AND r.outcome <> 'AFGEKEURD' AND r.state <> 'withdrawn'
               ORDER BY h.delivery_id, h.row_number, h.mended_at DESC),
           decided AS (
               SELECT delivery_id, decided_at AS at,
                      CASE WHEN state <> 'repaired' THEN 'rivm'
                           -- What stood of it ended with what its party had asked RIVM for.
                           WHEN (report_id, decided_at) IN (SELECT o.id, o.valid_to FROM corrections c JOIN reports o ON o.id = c.report_id AND o.version = c.version
                                                            WHERE c.state = 'done') THEN 'rivm'
                           ELSE 'sender' END AS by FROM delivery_rows
               WHERE decided_at >= $1 AND state IN ('accepted', 'rejected', 'repaired') AND freed_by IS NULL AND freed_with IS NULL),
           solved AS (SELECT * FROM mended UNION ALL SELECT * FROM decided)
           SELECT s.by AS "by!", count(*) AS "rows!",
                  (percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM s.at - d.received_at)))::double precision AS "median!"
           FROM solved s JOIN deliveries d ON d.id = s.delivery_id
           WHERE NOT d.test_lane AND d.state = 'done' AND s.at >= COALESCE(d.submitted_at, d.received_at) GROUP BY 1 ORDER BY 2 DESC, 1"#,
        since
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

//! Clusters of rows that wait, and what RIVM decides about them. Each step names the state it comes from, so that two of
//! the same command do one thing.

use super::{PartyTx, StoreError, WorkerTx, rejects};
use domain::dates::Days;
use domain::decision::DecisionKind;
use domain::delivery::RowOutcome;
use std::collections::BTreeMap;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A cluster in the list.
pub struct Cluster {
    /// One of its rows.
    pub sample: Uuid,
    /// Name of the party.
    pub party: String,
    /// Rule code.
    pub code: String,
    /// Column, or nothing.
    pub column: String,
    /// Outcome on the wire.
    pub outcome: String,
    /// Rows that wait.
    pub rows: i64,
    /// Since when.
    pub oldest: OffsetDateTime,
    /// Clusters in all pages.
    pub clusters: i64,
}

/// Clusters, the largest first.
///
/// # Errors
/// When the database fails.
pub async fn clusters(
    tx: &mut PartyTx<'_>,
    party: Option<&str>,
    code: Option<&str>,
    search: Option<&serde_json::Value>,
    limit: i32,
    offset: i32,
) -> Result<Vec<Cluster>, StoreError> {
    let rows = sqlx::query_as!(
        Cluster,
        r#"SELECT sample AS "sample!", party AS "party!", code AS "code!", in_column AS "column!", outcome AS "outcome!", rows AS "rows!",
                  oldest AS "oldest!", clusters AS "clusters!"
           FROM staff_clusters($1, $2, $3, $4, $5)"#,
        party,
        code,
        search,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A row of a cluster.
pub struct InCluster {
    /// Key.
    pub id: Uuid,
    /// Whose.
    pub party_id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Rule code.
    pub code: String,
    /// Column, or nothing.
    pub column: String,
    /// Delivery.
    pub delivery_id: Uuid,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// Outcome on the wire.
    pub outcome: String,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// As delivered, sealed.
    pub raw_sealed: Option<Vec<u8>>,
    /// Rows of the cluster in all.
    pub rows: i64,
}

/// The first rows of the cluster that a row is in, that row before the others; none when it waits no more.
///
/// # Errors
/// When the database fails.
pub async fn rows_of(
    tx: &mut PartyTx<'_>,
    sample: Uuid,
    limit: i32,
) -> Result<Vec<InCluster>, StoreError> {
    let rows = sqlx::query_as!(
        InCluster,
        r#"SELECT id AS "id!", party_id AS "party_id!", party AS "party!", code AS "code!", in_column AS "column!",
                  delivery_id AS "delivery_id!", row_number AS "row_number!", outcome AS "outcome!", received_at AS "received_at!",
                  raw_sealed, rows AS "rows!"
           FROM staff_cluster_rows($1, $2)"#,
        sample,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A new decision, not asked for yet.
pub struct NewDecision {
    /// Key.
    pub id: Uuid,
    /// A row of the cluster.
    pub sample: Uuid,
    /// map, return, reject, accept, link.
    pub kind: &'static str,
    /// Its rows are stored, where its kind may be about either ([`DecisionKind::is_about_either`]).
    pub stored: Option<bool>,
    /// The one row that it is about, or that is linked; the others are about the whole cluster.
    pub row: Option<Uuid>,
    /// What stands there, sealed.
    pub old_sealed: Option<Vec<u8>>,
    /// What is to stand there, sealed.
    pub new_sealed: Option<Vec<u8>>,
    /// Days of the jabs that a kept value holds for.
    pub days: Days,
    /// Why, sealed.
    pub reason_sealed: Vec<u8>,
    /// What the sender is told, where it is refused for good.
    pub told: Option<&'static str>,
    /// Who of the institution asked for it, sealed; where that is needed.
    pub request_sealed: Option<Vec<u8>>,
    /// The value was suggested.
    pub suggested: bool,
    /// It holds for rows that come later too.
    pub kept: bool,
    /// A second person has to agree.
    pub four_eyes: bool,
    /// Rows of the cluster.
    pub rows: i32,
    /// Who.
    pub by: Uuid,
    /// When.
    pub at: OffsetDateTime,
}

/// Keeps a decision as a draft.
///
/// # Errors
/// When the database fails; `NotFound` when the row waits no more.
pub async fn insert(tx: &mut WorkerTx<'_>, new: &NewDecision) -> Result<(), StoreError> {
    let made = sqlx::query!(
        "INSERT INTO decisions (id, party_id, kind, cluster_code, cluster_column, cluster_value, old_sealed, new_sealed, reason_sealed,
                                four_eyes, rows, asked_by, asked_at, row_id, sample_id, request_sealed, suggested, first_day, last_day, told, kept,
                                about_stored)
         SELECT $1, party_id, $3, cluster_code, cluster_column, cluster_value, $4, $5, $6, $7, $8, $9, $10, $11, $2, $12, $13, $14, $15, $16, $17, $18
         FROM delivery_rows WHERE id = $2 AND state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL",
        new.id,
        new.sample,
        new.kind,
        new.old_sealed,
        new.new_sealed,
        new.reason_sealed,
        new.four_eyes,
        new.rows,
        new.by,
        new.at,
        new.row,
        new.request_sealed,
        new.suggested,
        new.days.first,
        new.days.last,
        new.told,
        new.kept,
        new.stored
    )
    .execute(&mut **tx)
    .await?;
    made_one(made.rows_affected())
}

/// A decision.
pub struct Decision {
    /// Key.
    pub id: Uuid,
    /// Whose rows.
    pub party_id: Uuid,
    /// Name of the party.
    pub party: String,
    /// map, return, reject, accept, link.
    pub kind: String,
    /// The one row that it is about, or that is linked, or was.
    pub row_id: Option<Uuid>,
    /// The link, or the rejection, that is undone.
    pub undoes: Option<Uuid>,
    /// The decision by which its rows went back to their sender: it closes these.
    pub closes: Option<Uuid>,
    /// Its rows are stored, and wait; else they are refused.
    pub stored: bool,
    /// Rule code of the cluster.
    pub code: String,
    /// Its column, or nothing.
    pub column: String,
    /// Hash of its value.
    pub value: String,
    /// What stands there, sealed.
    pub old_sealed: Option<Vec<u8>>,
    /// What is to stand there, sealed.
    pub new_sealed: Option<Vec<u8>>,
    /// First day of the jabs that a name holds for.
    pub first_day: Option<Date>,
    /// The last.
    pub last_day: Option<Date>,
    /// Why, sealed.
    pub reason_sealed: Vec<u8>,
    /// What the sender is told, where it is refused for good.
    pub told: Option<String>,
    /// Who of the institution asked for it, sealed.
    pub request_sealed: Option<Vec<u8>>,
    /// The row at which it was prepared.
    pub sample_id: Option<Uuid>,
    /// A second person has to agree.
    pub four_eyes: bool,
    /// State.
    pub state: String,
    /// Rows when it was asked for.
    pub rows: i32,
    /// Rows it was carried out on; of a kept value those that came later too.
    pub done_rows: i32,
    /// Of those, still refused.
    pub still_refused: i32,
    /// Who asked.
    pub asked_by: Uuid,
    /// Name of who asked.
    pub asked_by_name: String,
    /// When.
    pub asked_at: OffsetDateTime,
    /// Name of who decided.
    pub decided_by_name: Option<String>,
    /// The same, by key.
    pub decided_by: Option<Uuid>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
    /// It holds for rows that come later too.
    pub kept: bool,
    /// When a kept value was ended.
    pub ended_at: Option<OffsetDateTime>,
    /// Name of who ended it.
    pub ended_by_name: Option<String>,
    /// Why, sealed.
    pub ended_sealed: Option<Vec<u8>>,
    /// Rows that went back by it and still wait for their sender.
    pub returned: i64,
}

impl Decision {
    /// Days of the jabs that its name holds for.
    #[must_use]
    pub const fn days(&self) -> Days {
        Days {
            first: self.first_day,
            last: self.last_day,
        }
    }

    /// The outcome of the rows that it is about.
    #[must_use]
    pub const fn about(&self) -> RowOutcome {
        if self.stored {
            RowOutcome::TeControleren
        } else {
            RowOutcome::Afgekeurd
        }
    }

    /// It puts another value in rows that are stored.
    #[must_use]
    pub fn amends(&self) -> bool {
        self.stored && self.is(DecisionKind::Map)
    }

    /// While it is carried out, what was decided about is all that it is carried out on: not what came since. Another value holds
    /// for that too.
    fn is_about_what_was(&self) -> bool {
        let kinds = [
            DecisionKind::Accept,
            DecisionKind::Reject,
            DecisionKind::Return,
        ];
        self.state == "running" && kinds.into_iter().any(|kind| self.is(kind))
    }

    /// Rows that came later are not its own.
    fn until(&self) -> Option<OffsetDateTime> {
        self.decided_at.filter(|_| self.is_about_what_was())
    }

    /// How many rows it may still be carried out on: a row may have been on its way when it was decided.
    fn most(&self) -> usize {
        if self.is_about_what_was() {
            usize::try_from(self.rows - self.done_rows).unwrap_or_default()
        } else {
            usize::MAX
        }
    }

    /// It is of this kind.
    #[must_use]
    pub fn is(&self, kind: DecisionKind) -> bool {
        self.kind == kind.as_str()
    }
}

/// Decisions that are no drafts, those that wait first, then the newest; with `id` that one, drafts included.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut WorkerTx<'_>,
    id: Option<Uuid>,
    limit: i64,
    offset: i64,
) -> Result<Vec<Decision>, StoreError> {
    let rows = sqlx::query_as!(
        Decision,
        r#"SELECT d.id, d.party_id, p.name AS party, d.kind, d.row_id, d.undoes, d.closes,
                  COALESCE(d.about_stored, is_about_stored(d.kind, d.cluster_code)) AS "stored!", d.cluster_code AS code, d.cluster_column AS "column", d.cluster_value AS value,
                  d.old_sealed, d.new_sealed, d.first_day, d.last_day, d.reason_sealed, d.told, d.request_sealed, d.sample_id, d.four_eyes, d.state, d.rows, d.done_rows, d.still_refused,
                  d.asked_by, a.name AS asked_by_name, d.asked_at, b.name AS "decided_by_name?", d.decided_by,
                  d.decided_at, COALESCE(d.kept, d.kind = 'map' AND d.cluster_column = 'vaccin') AS "kept!", d.ended_at, e.name AS "ended_by_name?", d.ended_sealed,
                  (SELECT count(*) FROM delivery_rows r WHERE r.returned_by = d.id AND r.state = 'open') AS "returned!"
           FROM decisions d JOIN parties p ON p.id = d.party_id JOIN users a ON a.id = d.asked_by LEFT JOIN users b ON b.id = d.decided_by
                LEFT JOIN users e ON e.id = d.ended_by
           WHERE CASE WHEN $1::uuid IS NULL THEN d.state <> 'draft' ELSE d.id = $1 END
           ORDER BY d.state <> 'asked', d.asked_at DESC, d.id LIMIT $2 OFFSET $3"#,
        id,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// How many there are.
///
/// # Errors
/// When the database fails.
pub async fn total(tx: &mut WorkerTx<'_>) -> Result<i64, StoreError> {
    Ok(
        sqlx::query_scalar!(r#"SELECT count(*) AS "n!" FROM decisions WHERE state <> 'draft'"#)
            .fetch_one(&mut **tx)
            .await?,
    )
}

/// Rows that went back to their sender and still wait.
pub struct Returned {
    /// They are in the register.
    pub stored: bool,
    /// The decision.
    pub decision: Uuid,
    /// Name of the party.
    pub party: String,
    /// The delivery, one of them where they are of more.
    pub delivery: Uuid,
    /// Name of its file.
    pub file_name: Option<String>,
    /// Deliveries that they are of.
    pub deliveries: i64,
    /// Rows.
    pub rows: i64,
    /// When they went back.
    pub since: OffsetDateTime,
}

/// Rows that went back by each decision and still wait, of every party that the caller may see, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn returned_by_decision(tx: &mut PartyTx<'_>) -> Result<Vec<Returned>, StoreError> {
    let rows = sqlx::query_as!(
        Returned,
        r#"WITH back AS MATERIALIZED (
               SELECT r.returned_by AS decision, r.party_id, (array_agg(r.delivery_id ORDER BY r.returned_at))[1] AS delivery,
                      count(DISTINCT r.delivery_id) AS deliveries, count(*) AS rows, min(r.returned_at) AS since,
                      bool_or(r.outcome = 'TE_CONTROLEREN') AS stored
               FROM delivery_rows r WHERE r.state = 'open' AND r.returned_by IS NOT NULL
               GROUP BY 1, 2 ORDER BY 6 LIMIT 20)
           SELECT b.decision AS "decision!", p.name AS "party!", b.delivery AS "delivery!", NULL::text AS file_name,
                  b.deliveries AS "deliveries!", b.rows AS "rows!", b.since AS "since!", b.stored AS "stored!"
           FROM back b JOIN parties p ON p.id = b.party_id ORDER BY b.since"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Rows that went back and still wait, of each delivery and the oldest first: of the caller's party.
///
/// # Errors
/// When the database fails.
pub async fn returned(tx: &mut PartyTx<'_>) -> Result<Vec<Returned>, StoreError> {
    let rows = sqlx::query_as!(
        Returned,
        r#"SELECT r.returned_by AS "decision!", p.name AS party, r.delivery_id AS delivery, d.file_name, 1::bigint AS "deliveries!", count(*) AS "rows!",
                  min(r.returned_at) AS "since!", bool_or(r.outcome = 'TE_CONTROLEREN') AS "stored!"
           FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id JOIN parties p ON p.id = r.party_id
           WHERE r.state = 'open' AND r.returned_by IS NOT NULL
           GROUP BY 1, 2, 3, 4 ORDER BY 7 LIMIT 20"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Rows that went back by a decision and still wait are in the queue of RIVM again. Answers the delivery of each.
///
/// # Errors
/// When the database fails.
pub async fn recall(tx: &mut WorkerTx<'_>, decision: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let deliveries = sqlx::query_scalar!(
        "UPDATE delivery_rows SET returned_at = NULL, returned_by = NULL WHERE returned_by = $1 AND state = 'open' RETURNING delivery_id",
        decision
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(deliveries)
}

/// A decision that waits for a second person.
pub struct Asked {
    /// Key.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Rows.
    pub rows: i32,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: OffsetDateTime,
}

/// Decisions that wait for somebody else than this person.
///
/// # Errors
/// When the database fails.
pub async fn asked(tx: &mut PartyTx<'_>, user: Uuid) -> Result<Vec<Asked>, StoreError> {
    let rows = sqlx::query_as!(
        Asked,
        "SELECT d.id, p.name AS party, d.rows, a.name AS asked_by, d.asked_at
         FROM decisions d JOIN parties p ON p.id = d.party_id JOIN users a ON a.id = d.asked_by
         WHERE d.state = 'asked' AND d.asked_by <> $1 ORDER BY d.asked_at LIMIT 20",
        user
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A step of a decision.
pub struct Step {
    /// From which state.
    pub from: String,
    /// To which.
    pub to: &'static str,
    /// Who decided, when this decides.
    pub by: Option<Uuid>,
    /// Rows that wait now.
    pub rows: i32,
    /// A second person has to agree.
    pub four_eyes: bool,
}

/// Takes a step; `false` when the decision was not in the state it starts from.
///
/// # Errors
/// When the database fails; constraint `decisions_four_eyes` when the same person agrees, `decisions_one_open` when
/// another decision about these rows is open.
pub async fn step(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    step: &Step,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "UPDATE decisions SET state = $3, decided_by = $4::uuid, decided_at = CASE WHEN $4::uuid IS NOT NULL THEN $5::timestamptz END,
                              rows = $6, four_eyes = $7
         WHERE id = $1 AND state = $2",
        id,
        step.from,
        step.to,
        step.by,
        at,
        step.rows,
        step.four_eyes
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// A name that a party uses for a product, by the decision that says so; both sealed.
pub struct KeptName {
    /// The decision.
    pub id: Uuid,
    /// The name.
    pub old_sealed: Option<Vec<u8>>,
    /// The product.
    pub new_sealed: Option<Vec<u8>>,
    /// First day of the jabs it holds for.
    pub first_day: Option<Date>,
    /// The last.
    pub last_day: Option<Date>,
}

/// The names of a party that hold, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn names(tx: &mut WorkerTx<'_>, party: Uuid) -> Result<Vec<KeptName>, StoreError> {
    let names = sqlx::query_as!(
        KeptName,
        "SELECT id, old_sealed, new_sealed, first_day, last_day FROM decisions
         WHERE party_id = $1 AND kind = 'map' AND cluster_column = 'vaccin' AND ended_at IS NULL AND state IN ('running', 'done')
         ORDER BY decided_at DESC",
        party
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(names)
}

/// Kept values of the party of a delivery that hold for rows of it that wait, one of each cluster. Names of products are
/// known when a row is judged; but one that was decided while the delivery was on its way or parked was not.
///
/// # Errors
/// When the database fails.
pub async fn kept_for(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT DISTINCT ON (d.cluster_code, d.cluster_column, d.cluster_value) d.id FROM decisions d
         WHERE d.party_id = (SELECT party_id FROM deliveries WHERE id = $1)
           AND COALESCE(d.kept, d.kind = 'map' AND d.cluster_column = 'vaccin') AND d.state IN ('running', 'done') AND d.ended_at IS NULL
           AND EXISTS (SELECT FROM delivery_rows r
                       WHERE r.party_id = d.party_id AND r.delivery_id = $1 AND r.cluster_code = d.cluster_code
                         AND r.cluster_column = d.cluster_column AND r.cluster_value = d.cluster_value
                         AND r.outcome = 'AFGEKEURD' AND r.state = 'open' AND r.returned_at IS NULL)
         ORDER BY d.cluster_code, d.cluster_column, d.cluster_value, d.decided_at DESC",
        delivery
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// The kept values of the cluster of a decision that hold, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn kept_beside(
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
) -> Result<Vec<Decision>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM decisions
         WHERE party_id = $1 AND cluster_code = $2 AND cluster_column = $3 AND cluster_value = $4 AND COALESCE(kept, kind = 'map' AND cluster_column = 'vaccin')
           AND state = 'done' AND ended_at IS NULL
         ORDER BY decided_at DESC",
        decision.party_id,
        decision.code,
        decision.column,
        decision.value
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found = Vec::new();
    for id in ids {
        found.extend(list(tx, Some(id), 1, 0).await?);
    }
    Ok(found)
}

/// A value that a party goes on writing, as rows that come later are read.
pub struct KeptValue {
    /// The decision.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// The column.
    pub column: String,
    /// What the party writes, sealed.
    pub old_sealed: Option<Vec<u8>>,
    /// What it means, sealed.
    pub new_sealed: Option<Vec<u8>>,
    /// First day of the jabs it holds for.
    pub first_day: Option<Date>,
    /// The last.
    pub last_day: Option<Date>,
    /// Since when.
    pub since: OffsetDateTime,
    /// When it was ended.
    pub ended_at: Option<OffsetDateTime>,
    /// Name of who asked.
    pub asked_by: String,
    /// Name of who agreed.
    pub agreed_by: Option<String>,
    /// Name of who ended it.
    pub ended_by: Option<String>,
    /// Why, sealed.
    pub ended_sealed: Option<Vec<u8>>,
    /// Rows that it was applied to: that waited, and that came later.
    pub rows: i32,
    /// Values in all pages.
    pub total: i64,
}

/// Kept values, those that hold first, by party.
///
/// # Errors
/// When the database fails.
pub async fn kept_values(
    tx: &mut WorkerTx<'_>,
    limit: i64,
    offset: i64,
) -> Result<Vec<KeptValue>, StoreError> {
    Ok(sqlx::query_as!(
        KeptValue,
        r#"SELECT d.id, p.name AS party, d.cluster_column AS "column", d.old_sealed, d.new_sealed, d.first_day, d.last_day, d.decided_at AS "since!",
                  d.ended_at, a.name AS asked_by, b.name AS "agreed_by?", e.name AS "ended_by?", d.ended_sealed, d.done_rows AS rows, count(*) OVER () AS "total!"
           FROM decisions d JOIN parties p ON p.id = d.party_id JOIN users a ON a.id = d.asked_by
           LEFT JOIN users b ON b.id = d.decided_by AND d.decided_by <> d.asked_by LEFT JOIN users e ON e.id = d.ended_by
           WHERE COALESCE(d.kept, d.kind = 'map' AND d.cluster_column = 'vaccin') AND d.state IN ('running', 'done') AND d.decided_at IS NOT NULL
           ORDER BY d.ended_at IS NOT NULL, p.name, d.decided_at DESC, d.id LIMIT $1 OFFSET $2"#,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A kept value is used no longer, for a sealed reason; `false` when it was not in use.
///
/// # Errors
/// When the database fails.
pub async fn end_name(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    reason_sealed: Vec<u8>,
    by: Uuid,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let ended = sqlx::query!(
        "UPDATE decisions SET ended_by = $2, ended_at = $3, ended_sealed = $4
         WHERE id = $1 AND COALESCE(kept, kind = 'map' AND cluster_column = 'vaccin') AND ended_at IS NULL AND state = 'done'",
        id,
        by,
        at,
        reason_sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// The rows of a cluster that still wait, delivery by delivery: (delivery, row number, key). Of a link, and of a decision about one
/// row, that row.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
) -> Result<Vec<(Uuid, i32, Uuid)>, StoreError> {
    if let Some(rejected) = decision
        .undoes
        .filter(|_| decision.is(DecisionKind::Readmit))
    {
        let rows = rejects::to_readmit(tx, rejected, None).await?.into_iter();
        let rows = rows.map(|(delivery, one)| (delivery, one.row_number, one.row));
        return Ok(rows.collect());
    }
    if let Some(returned) = decision.closes {
        return with_sender(tx, returned, decision.about()).await;
    }
    if let Some(link) = decision.undoes {
        let row = linked_row(tx, link).await?;
        let row = row.map(|row| (row.delivery_id, row.row_number, row.id));
        return Ok(row.into_iter().collect());
    }
    if let Some(row) = decision.row_id {
        // A link may be about a row of either outcome.
        let about = Some(decision.about().as_str()).filter(|_| !decision.is(DecisionKind::Link));
        let row = sqlx::query!(
            "SELECT delivery_id, row_number, id FROM delivery_rows
             WHERE id = $1 AND party_id = $2 AND state = 'open' AND returned_at IS NULL AND ($3::text IS NULL OR outcome = $3)",
            row,
            decision.party_id,
            about
        )
        .fetch_optional(&mut **tx)
        .await?;
        return Ok(row
            .map(|row| (row.delivery_id, row.row_number, row.id))
            .into_iter()
            .collect());
    }
    let rows = sqlx::query!(
        "SELECT delivery_id, row_number, id FROM delivery_rows
         WHERE party_id = $1 AND cluster_code = $2 AND cluster_column = $3 AND cluster_value = $4
           AND outcome = $5 AND state = 'open' AND returned_at IS NULL
           -- Stored rows of a delivery that is on its way or parked wait until it ended; so does one whose person RIVM found and
           -- who has no number any more.
           AND NOT ($6 AND (NOT EXISTS (SELECT FROM deliveries d WHERE d.id = delivery_rows.delivery_id AND d.state = 'done')
                            OR EXISTS (SELECT FROM reports r JOIN persons p ON p.id = r.person_id
                                       WHERE r.id = delivery_rows.report_id AND r.valid_to IS NULL AND r.link_id IS NOT NULL AND p.bsn_enc IS NULL)))
           AND ($7::timestamptz IS NULL OR created_at <= $7)
         ORDER BY delivery_id, row_number",
        decision.party_id,
        decision.code,
        decision.column,
        decision.value,
        decision.about().as_str(),
        decision.amends(),
        decision.until()
    )
    .fetch_all(&mut **tx)
    .await?;
    let most = decision.most();
    Ok(rows
        .into_iter()
        .take(most)
        .map(|row| (row.delivery_id, row.row_number, row.id))
        .collect())
}

/// Rows of the cluster of another value that it cannot be put in: their delivery is parked, or on its way. They wait until that
/// ended.
///
/// # Errors
/// When the database fails.
pub async fn held(tx: &mut WorkerTx<'_>, decision: &Decision) -> Result<i64, StoreError> {
    if !decision.is(DecisionKind::Map) {
        return Ok(0);
    }
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) AS "rows!" FROM delivery_rows w JOIN deliveries d ON d.id = w.delivery_id
           WHERE w.party_id = $1 AND w.cluster_code = $2 AND w.cluster_column = $3 AND w.cluster_value = $4
             AND w.outcome = $5 AND w.state = 'open' AND w.returned_at IS NULL AND d.state NOT IN ('done', 'withdrawn', 'preview')"#,
        decision.party_id,
        decision.code,
        decision.column,
        decision.value,
        decision.about().as_str()
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Rows that went back by a decision and still wait for their sender, delivery by delivery.
async fn with_sender(
    tx: &mut WorkerTx<'_>,
    returned: Uuid,
    about: RowOutcome,
) -> Result<Vec<(Uuid, i32, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT delivery_id, row_number, id FROM delivery_rows
         WHERE returned_by = $1 AND state = 'open' AND outcome = $2 ORDER BY delivery_id, row_number",
        returned,
        about.as_str()
    )
    .fetch_all(&mut **tx)
    .await?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|row| (row.delivery_id, row.row_number, row.id))
        .collect())
}

/// Rows go back to their sender, and refused ones are refused for good; those that still wait. Answers their numbers.
///
/// # Errors
/// When the database fails.
pub async fn settle_rows(
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    rows: &[Uuid],
    by: Uuid,
    at: OffsetDateTime,
) -> Result<Vec<i32>, StoreError> {
    let numbers = sqlx::query_scalar!(
        "UPDATE delivery_rows SET
             state = CASE $2 WHEN 'reject' THEN 'rejected' ELSE state END, rejected_for = CASE $2 WHEN 'reject' THEN $6 END,
             returned_at = CASE $2 WHEN 'return' THEN $5::timestamptz END, returned_by = CASE $2 WHEN 'return' THEN $3::uuid END,
             decided_at = $5, decided_by = $4
         WHERE id = ANY ($1) AND outcome = $7 AND state = 'open' AND returned_by IS NOT DISTINCT FROM $8 RETURNING row_number",
        rows,
        decision.kind,
        decision.id,
        by,
        at,
        decision.told,
        decision.about().as_str(),
        decision.closes
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(numbers)
}

/// Counts what was done, in the transaction it was done in.
///
/// # Errors
/// When the database fails.
pub async fn count(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    rows: i32,
    still_refused: i32,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE decisions SET done_rows = done_rows + $2, still_refused = still_refused + $3 WHERE id = $1",
        id,
        rows,
        still_refused
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts rows that were read by kept names of products when they came: how many, by the decision that keeps the name. It belongs
/// shortly before the commit: rows of a party come side by side.
///
/// # Errors
/// When the database fails.
pub async fn count_read(
    tx: &mut WorkerTx<'_>,
    read: &BTreeMap<Uuid, i32>,
) -> Result<(), StoreError> {
    if read.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = read.keys().copied().collect();
    let rows: Vec<i32> = read.values().copied().collect();
    // In one order, whoever counts.
    sqlx::query!(
        "SELECT id FROM decisions WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
        &ids
    )
    .fetch_all(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE decisions d SET done_rows = d.done_rows + n.rows FROM unnest($1::uuid[], $2::integer[]) AS n (id, rows) WHERE d.id = n.id",
        &ids,
        &rows
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// It has been carried out.
///
/// # Errors
/// When the database fails.
pub async fn finish(tx: &mut WorkerTx<'_>, id: Uuid, at: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE decisions SET state = 'done', finished_at = $2 WHERE id = $1 AND state = 'running'",
        id,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A row as it was delivered, sealed; also one that this decision changed.
///
/// # Errors
/// When the database fails.
pub async fn row_of(
    tx: &mut WorkerTx<'_>,
    row: Uuid,
    decision: Option<Uuid>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT raw_sealed FROM delivery_rows WHERE id = $1
           UNION ALL SELECT raw_sealed FROM row_history WHERE decision_id = $2 AND row_id = $1 LIMIT 1"#,
        row,
        decision
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.flatten())
}

/// A row whose registration stands under the person that a link found.
pub struct LinkedRow {
    /// The registration.
    pub report: Uuid,
    /// The person.
    pub person: Uuid,
    /// The row.
    pub id: Uuid,
    /// Its delivery.
    pub delivery_id: Uuid,
    /// Its number.
    pub row_number: i32,
    /// Vaccinations that count for the person.
    pub counting: i64,
}

/// The row of a link that holds; `None` when its sender said something else since, or it was undone or withdrawn.
///
/// # Errors
/// When the database fails.
pub async fn linked_row(
    tx: &mut WorkerTx<'_>,
    link: Uuid,
) -> Result<Option<LinkedRow>, StoreError> {
    let found = sqlx::query_as!(
        LinkedRow,
        r#"SELECT r.id AS report, r.person_id AS "person!", w.id, w.delivery_id, w.row_number,
                  (SELECT count(*) FROM vaccinations v WHERE v.person_id = r.person_id AND v.effective AND v.valid_to IS NULL) AS "counting!"
           FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
                JOIN delivery_rows w ON w.delivery_id = o.delivery_id AND w.row_number = o.row_number AND w.report_id = r.id
           WHERE r.link_id = $1 AND r.valid_to IS NULL AND r.person_id IS NOT NULL"#,
        link
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// A registration still stands by this link.
///
/// # Errors
/// When the database fails.
pub async fn stands_by_link(tx: &mut WorkerTx<'_>, link: Uuid) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM reports WHERE link_id = $1 AND valid_to IS NULL AND person_id IS NOT NULL) AS "stands!""#,
        link
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// What was decided about a row before somebody else wanted to, and by whom.
pub struct Earlier {
    /// The decision, where it was one.
    pub decision: Option<Uuid>,
    /// The ruling about the row alone, where it was one.
    pub ruling: Option<Uuid>,
    /// Who asked for it, or ruled.
    pub by: String,
}

/// What was decided about a row that waits no more; `None` when its sender mended it, or it still waits.
///
/// # Errors
/// When the database fails.
pub async fn dealt_with(tx: &mut WorkerTx<'_>, row: Uuid) -> Result<Option<Earlier>, StoreError> {
    let found = sqlx::query_as!(
        Earlier,
        r#"WITH settled AS (
               SELECT r.*, (SELECT g.id FROM rulings g WHERE g.person_id = r.person_id AND r.id = ANY (g.rows) AND g.undone_at IS NULL
                            ORDER BY g.made_at DESC LIMIT 1) AS ruling
               FROM delivery_rows r WHERE r.id = $1 AND r.state IN ('accepted', 'rejected') AND r.freed_by IS NULL AND r.freed_with IS NULL),
           found AS (SELECT COALESCE(
               (SELECT h.decision_id FROM row_history h WHERE h.row_id = $1 AND h.decision_id IS NOT NULL ORDER BY h.mended_at DESC LIMIT 1),
               (SELECT r.returned_by FROM delivery_rows r WHERE r.id = $1 AND r.state = 'open'),
               -- Whoever decided about the row did so while this decision was carried out.
               (SELECT o.id FROM settled s JOIN decisions o ON o.party_id = s.party_id AND o.cluster_code = s.cluster_code
                       AND o.cluster_column = s.cluster_column AND o.cluster_value = s.cluster_value AND COALESCE(o.row_id, s.id) = s.id
                       AND o.kind = CASE s.state WHEN 'accepted' THEN 'accept' ELSE 'reject' END AND o.asked_by = s.decided_by
                       AND o.decided_at <= s.decided_at AND (o.finished_at IS NULL OR o.finished_at >= s.decided_at)
                WHERE s.ruling IS NULL AND o.state IN ('running', 'done') ORDER BY o.decided_at DESC LIMIT 1)) AS decision)
           SELECT d.id AS "decision?", s.ruling AS "ruling?", u.name AS by
           FROM found f LEFT JOIN decisions d ON d.id = f.decision LEFT JOIN settled s ON true
           JOIN users u ON u.id = COALESCE(d.asked_by, s.decided_by)"#,
        row
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// What was told to be a double of these registrations before their value was put right is a double of them still: it keeps the
/// vaccination when they are withdrawn.
///
/// # Errors
/// When the database fails.
pub async fn doubles_follow(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    rows: &[i32],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE delivery_rows x SET vaccination_id = n.vaccination_id
         FROM reports n JOIN reports o ON o.id = n.id AND o.version = n.version - 1
         WHERE n.delivery_id = $1 AND n.row_number = ANY ($2) AND n.valid_to IS NULL AND n.vaccination_id IS NOT NULL
           AND x.vaccination_id = o.vaccination_id AND x.outcome = 'DUBBEL' AND x.party_id = n.party_id",
        delivery,
        rows
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The other decision about the same rows that is open.
///
/// # Errors
/// When the database fails.
pub async fn also_open(
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
) -> Result<Option<Earlier>, StoreError> {
    let found = sqlx::query_as!(
        Earlier,
        r#"SELECT d.id AS "decision?", NULL::uuid AS ruling, u.name AS by FROM decisions d JOIN users u ON u.id = d.asked_by
         WHERE d.party_id = $2 AND d.cluster_code = $3 AND d.cluster_column = $4 AND d.cluster_value = $5
           AND d.row_id IS NOT DISTINCT FROM $6 AND d.closes IS NOT DISTINCT FROM $8 AND COALESCE(d.about_stored, is_about_stored(d.kind, d.cluster_code)) = $7
           AND d.state IN ('asked', 'running') AND d.id <> $1"#,
        decision.id,
        decision.party_id,
        decision.code,
        decision.column,
        decision.value,
        decision.row_id,
        decision.stored,
        decision.closes
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// Vaccinations that count for these persons; who has none is not among them.
///
/// # Errors
/// When the database fails.
pub async fn counting_of(
    tx: &mut WorkerTx<'_>,
    persons: &[Uuid],
) -> Result<Vec<(Uuid, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT person_id, count(*) AS "n!" FROM vaccinations WHERE person_id = ANY ($1) AND effective AND valid_to IS NULL GROUP BY 1"#,
        persons
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.person_id, row.n)).collect())
}

/// Of these rows those that the decision may be about: they wait for RIVM, or, where it closes what went back, for their sender
/// still.
///
/// # Errors
/// When the database fails.
pub async fn in_hand(
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    rows: &[Uuid],
) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT id FROM delivery_rows
         WHERE id = ANY ($1) AND state = 'open' AND returned_by IS NOT DISTINCT FROM $2 ORDER BY delivery_id, row_number",
        rows,
        decision.closes
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Of these stored rows those that wait because of their group alone: no other rule doubts them. What stands for something
/// hidden is none, where that stands there itself.
///
/// # Errors
/// When the database fails.
pub async fn of_one_cause(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT w.id FROM delivery_rows w
         WHERE w.id = ANY ($1) AND NOT EXISTS (
             SELECT FROM jsonb_array_elements(w.findings || w.staff_findings) AS f
             WHERE f ->> 'severity' IN ('controle', 'fout')
               AND (f ->> 'code', COALESCE(f ->> 'column', '')) <> (w.cluster_code, w.cluster_column)
               AND (f ->> 'code' <> 'B19' OR jsonb_array_length(w.staff_findings) = 0))",
        rows
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A row as it waits, for who decides about it.
pub struct Shown {
    /// Its key.
    pub id: Uuid,
    /// Its party.
    pub party: Uuid,
    /// Its number.
    pub row_number: i32,
    /// Outcome on the wire.
    pub outcome: String,
    /// Findings as the sender sees them.
    pub findings: serde_json::Value,
    /// Findings that RIVM alone sees.
    pub staff_findings: serde_json::Value,
    /// Name of the file it came with.
    pub file_name: Option<String>,
    /// When that came.
    pub received_at: OffsetDateTime,
}

/// These rows, as they wait.
///
/// # Errors
/// When the database fails.
pub async fn shown(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<Vec<Shown>, StoreError> {
    Ok(sqlx::query_as!(
        Shown,
        "SELECT w.id, w.party_id AS party, w.row_number, w.outcome, w.findings, w.staff_findings, d.file_name, d.received_at
         FROM delivery_rows w JOIN deliveries d ON d.id = w.delivery_id WHERE w.id = ANY ($1) ORDER BY w.delivery_id, w.row_number",
        rows
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A stored row that a decision would accept.
pub struct Stored {
    /// Its key.
    pub id: Uuid,
    /// Its person.
    pub person: Uuid,
    /// Its product.
    pub vaccine: i16,
}

/// The stored ones of these rows.
///
/// # Errors
/// When the database fails.
pub async fn stored(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<Vec<Stored>, StoreError> {
    let rows = sqlx::query_as!(
        Stored,
        r#"SELECT w.id, r.person_id AS "person!", r.vaccine AS "vaccine!"
           FROM delivery_rows w JOIN reports r ON r.id = w.report_id AND r.valid_to IS NULL
           WHERE w.id = ANY ($1) AND r.person_id IS NOT NULL AND r.vaccine IS NOT NULL ORDER BY w.delivery_id, w.row_number"#,
        rows
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A new decision that closes rows which went back, not asked for yet.
pub struct NewClosing {
    /// Key.
    pub id: Uuid,
    /// The decision by which they went back.
    pub returned: Uuid,
    /// reject, accept.
    pub kind: &'static str,
    /// Why, sealed.
    pub reason_sealed: Vec<u8>,
    /// What the sender is told, where they are refused for good.
    pub told: Option<&'static str>,
    /// A second person has to agree.
    pub four_eyes: bool,
    /// Rows.
    pub rows: i32,
    /// Who.
    pub by: Uuid,
    /// When.
    pub at: OffsetDateTime,
}

/// Prepares that rows which went back are closed, with the cause that they had.
///
/// # Errors
/// When the database fails; `NotFound` when no rows went back by that decision.
pub async fn insert_closing(tx: &mut WorkerTx<'_>, new: &NewClosing) -> Result<(), StoreError> {
    let made = sqlx::query!(
        "INSERT INTO decisions (id, party_id, kind, cluster_code, cluster_column, cluster_value, reason_sealed, told, four_eyes, rows,
                                asked_by, asked_at, closes, about_stored)
         SELECT $1, party_id, $3, cluster_code, cluster_column, cluster_value, $4, $5, $6, $7, $8, $9, id, COALESCE(about_stored, false)
         FROM decisions WHERE id = $2 AND kind = 'return' AND state IN ('running', 'done')",
        new.id,
        new.returned,
        new.kind,
        new.reason_sealed,
        new.told,
        new.four_eyes,
        new.rows,
        new.by,
        new.at
    )
    .execute(&mut **tx)
    .await?;
    made_one(made.rows_affected())
}

const fn made_one(made: u64) -> Result<(), StoreError> {
    if made == 1 {
        Ok(())
    } else {
        Err(StoreError::NotFound)
    }
}

/// Prepares that a rejection of stored rows is undone: about these rows, with the cause that they had.
///
/// # Errors
/// When the database fails; `NotFound` when there is no such decision.
pub async fn insert_readmission(
    tx: &mut WorkerTx<'_>,
    (id, rejected): (Uuid, Uuid),
    rows: i32,
    reason_sealed: Vec<u8>,
    by: Uuid,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let made = sqlx::query!(
        "INSERT INTO decisions (id, party_id, kind, cluster_code, cluster_column, cluster_value, reason_sealed, four_eyes, rows,
                                asked_by, asked_at, undoes, about_stored)
         SELECT $1, party_id, 'readmit', cluster_code, cluster_column, cluster_value, $4, true, $3, $5, $6, id, true
         FROM decisions WHERE id = $2 AND kind = 'reject' AND about_stored AND state = 'done'",
        id,
        rejected,
        rows,
        reason_sealed,
        by,
        at
    )
    .execute(&mut **tx)
    .await?;
    made_one(made.rows_affected())
}

/// Prepares that a link is undone: about the row as it stands, with the cause that it had.
///
/// # Errors
/// When the database fails; `NotFound` when there is no such link.
pub async fn insert_undo(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    link: Uuid,
    row: Uuid,
    reason_sealed: Vec<u8>,
    by: Uuid,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    let made = sqlx::query!(
        "INSERT INTO decisions (id, party_id, kind, cluster_code, cluster_column, cluster_value, reason_sealed, four_eyes, rows,
                                asked_by, asked_at, row_id, undoes)
         SELECT $1, party_id, 'unlink', cluster_code, cluster_column, cluster_value, $4, true, 1, $5, $6, $3, id
         FROM decisions WHERE id = $2 AND kind = 'link' AND state = 'done'",
        id,
        link,
        row,
        reason_sealed,
        by,
        at
    )
    .execute(&mut **tx)
    .await?;
    made_one(made.rows_affected())
}

/// The newest version of a registration stands under what its sender said again. It was stored as any that a decision makes.
///
/// # Errors
/// When the database fails.
pub async fn mark_undone(
    tx: &mut WorkerTx<'_>,
    report: Uuid,
    undo: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE reports SET link_id = NULL, unlink_id = $2 WHERE id = $1 AND valid_to IS NULL",
        report,
        undo
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Who linked a registration to its person.
pub struct LinkedBy {
    /// The decision.
    pub id: Uuid,
    /// Name of who asked.
    pub asked_by: String,
    /// Name of who agreed.
    pub agreed_by: Option<String>,
    /// When.
    pub at: Option<OffsetDateTime>,
}

/// The decision by which the person of a registration, as it stands, was found; `None` when its sender said who it is.
///
/// # Errors
/// When the database fails.
pub async fn linked_by(
    tx: &mut WorkerTx<'_>,
    report: Uuid,
) -> Result<Option<LinkedBy>, StoreError> {
    let found = sqlx::query_as!(
        LinkedBy,
        r#"SELECT d.id, a.name AS asked_by, b.name AS "agreed_by?", d.decided_at AS at
           FROM reports r JOIN decisions d ON d.id = r.link_id JOIN users a ON a.id = d.asked_by LEFT JOIN users b ON b.id = d.decided_by
           WHERE r.id = $1 AND r.valid_to IS NULL"#,
        report
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

//! How good what a party delivers is, week by week, and why rows of it are refused (features F54). No row of it.
//!
//! A refused row that came again, corrected, in another delivery counts there and not here.

use super::{PartyTx, StoreError, WorkerTx};
use std::collections::HashMap;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// What was delivered in a week.
pub struct Week {
    /// Its Monday, Dutch time.
    pub monday: Date,
    /// Rows.
    pub rows: i64,
    /// Rows that are refused now.
    pub refused: i64,
}

/// What a party delivered since a moment, by week: of its own, or for staff of any.
///
/// # Errors
/// When the database fails.
pub async fn weeks(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    since: OffsetDateTime,
) -> Result<Vec<Week>, StoreError> {
    Ok(sqlx::query_as!(
        Week,
        r#"WITH own AS MATERIALIZED (
               SELECT id, received_at, geaccepteerd + te_controleren + dubbel + geteld AS good, afgekeurd AS refused
               FROM deliveries WHERE party_id = $1 AND received_at >= $2 AND state = 'done' AND NOT test_lane),
           again AS MATERIALIZED (
               SELECT r.delivery_id, count(*) AS rows FROM own d JOIN delivery_rows r ON r.delivery_id = d.id
               WHERE d.refused > 0 AND r.party_id = $1 AND r.state = 'repaired' AND r.outcome = 'AFGEKEURD' GROUP BY 1)
           SELECT date_trunc('week', d.received_at AT TIME ZONE 'Europe/Amsterdam')::date AS "monday!",
                  sum(d.good + d.refused - COALESCE(a.rows, 0))::bigint AS "rows!", sum(d.refused - COALESCE(a.rows, 0))::bigint AS "refused!"
           FROM own d LEFT JOIN again a ON a.delivery_id = d.id
           WHERE NOT EXISTS (SELECT FROM withdrawals w WHERE w.id = d.id)
           GROUP BY 1 ORDER BY 1"#,
        party,
        since
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Why rows of parties are refused that still have to be mended, whoever has to: of each party (rule code, rows), the most
/// first. The party and RIVM see the same; what others know of its persons refuses no row, so it is told by none of these.
///
/// # Errors
/// When the database fails.
pub async fn causes(
    tx: &mut WorkerTx<'_>,
    parties: &[Uuid],
    most: i64,
) -> Result<HashMap<Uuid, Vec<(String, i64)>>, StoreError> {
    let rows = sqlx::query!(
        r#"WITH refused AS (
               SELECT c.party_id, c.cluster_code AS code, c.rows FROM cluster_changes c
               WHERE c.party_id = ANY ($1) AND c.outcome = 'AFGEKEURD'
               UNION ALL
               -- What went back waits with its sender.
               SELECT r.party_id, r.cluster_code, 1 FROM delivery_rows r
               WHERE r.party_id = ANY ($1) AND r.state = 'open' AND r.returned_by IS NOT NULL AND r.outcome = 'AFGEKEURD'
                 AND r.cluster_code IS NOT NULL),
           counted AS (SELECT party_id, code, sum(rows)::bigint AS rows FROM refused GROUP BY 1, 2 HAVING sum(rows) > 0),
           placed AS (SELECT *, row_number() OVER (PARTITION BY party_id ORDER BY rows DESC, code) AS place FROM counted)
           SELECT party_id AS "party_id!", code AS "code!", rows AS "rows!" FROM placed WHERE place <= $2 ORDER BY party_id, place"#,
        parties,
        most
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut found: HashMap<Uuid, Vec<(String, i64)>> = HashMap::new();
    for row in rows {
        let of_party = found.entry(row.party_id).or_default();
        of_party.push((row.code, row.rows));
    }
    Ok(found)
}

/// What a party delivered in two times that follow each other, and what of it waits.
pub struct OfParty {
    /// The party.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// Rows that wait for RIVM, of any age.
    pub open: i64,
    /// Rows of the last time.
    pub rows: i64,
    /// Of those, refused now.
    pub refused: i64,
    /// Rows of the time before.
    pub rows_before: i64,
    /// Of those, refused now.
    pub refused_before: i64,
    /// Parties in all pages.
    pub total: i64,
}

/// What is wanted of the list of parties.
pub struct Wanted<'w> {
    /// Where the time before begins.
    pub before: OffsetDateTime,
    /// Where the last time begins.
    pub since: OffsetDateTime,
    /// A part of the name, or the code; empty for all.
    pub search: &'w str,
    /// Most waiting rows first; else most refused ones.
    pub by_open: bool,
    /// Parties of a page.
    pub limit: i64,
    /// Parties before it.
    pub offset: i64,
}

/// A page of the parties of which something waits or that delivered something.
///
/// # Errors
/// When the database fails.
pub async fn parties(
    tx: &mut WorkerTx<'_>,
    wanted: &Wanted<'_>,
) -> Result<Vec<OfParty>, StoreError> {
    Ok(sqlx::query_as!(
        OfParty,
        r#"WITH delivered AS MATERIALIZED (
               SELECT d.party_id,
                      COALESCE(sum(d.geaccepteerd + d.te_controleren + d.dubbel + d.geteld + d.afgekeurd) FILTER (WHERE d.received_at >= $2), 0)::bigint AS rows,
                      COALESCE(sum(d.afgekeurd) FILTER (WHERE d.received_at >= $2), 0)::bigint AS refused,
                      COALESCE(sum(d.geaccepteerd + d.te_controleren + d.dubbel + d.geteld + d.afgekeurd) FILTER (WHERE d.received_at < $2), 0)::bigint AS rows_before,
                      COALESCE(sum(d.afgekeurd) FILTER (WHERE d.received_at < $2), 0)::bigint AS refused_before
               FROM deliveries d
               WHERE d.state = 'done' AND d.received_at >= $1 AND NOT d.test_lane AND NOT EXISTS (SELECT FROM withdrawals w WHERE w.id = d.id)
               GROUP BY 1),
           again AS MATERIALIZED (
               SELECT d.party_id, count(*) FILTER (WHERE d.received_at >= $2) AS rows, count(*) FILTER (WHERE d.received_at < $2) AS rows_before
               FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id
               WHERE r.state = 'repaired' AND r.outcome = 'AFGEKEURD'
                 AND d.state = 'done' AND d.received_at >= $1 AND NOT d.test_lane AND d.afgekeurd > 0 AND NOT EXISTS (SELECT FROM withdrawals w WHERE w.id = d.id)
               GROUP BY 1),
           told AS MATERIALIZED (
               SELECT d.party_id, d.rows - COALESCE(a.rows, 0) AS rows, d.refused - COALESCE(a.rows, 0) AS refused,
                      d.rows_before - COALESCE(a.rows_before, 0) AS rows_before, d.refused_before - COALESCE(a.rows_before, 0) AS refused_before
               FROM delivered d LEFT JOIN again a USING (party_id)),
           open AS MATERIALIZED (SELECT c.party_id, sum(c.rows)::bigint AS rows FROM cluster_changes c GROUP BY 1 HAVING sum(c.rows) > 0),
           page AS MATERIALIZED (
               SELECT p.id, p.name, COALESCE(o.rows, 0) AS open, COALESCE(d.rows, 0) AS rows, COALESCE(d.refused, 0) AS refused,
                      COALESCE(d.rows_before, 0) AS rows_before, COALESCE(d.refused_before, 0) AS refused_before, count(*) OVER () AS total
               FROM parties p LEFT JOIN told d ON d.party_id = p.id LEFT JOIN open o ON o.party_id = p.id
               WHERE (o.rows > 0 OR d.rows + d.rows_before > 0)
                 AND ($3 = '' OR strpos(lower(p.name), lower($3)) > 0 OR lower(p.code) = lower($3))
               ORDER BY CASE WHEN $4 THEN COALESCE(o.rows, 0) END DESC, COALESCE(d.refused, 0) DESC, COALESCE(o.rows, 0) DESC, p.name, p.id
               LIMIT $5 OFFSET $6)
           SELECT g.id, g.name, g.open AS "open!", g.rows AS "rows!", g.refused AS "refused!", g.rows_before AS "rows_before!",
                  g.refused_before AS "refused_before!", g.total AS "total!"
           FROM page g
           ORDER BY CASE WHEN $4 THEN g.open END DESC, g.refused DESC, g.open DESC, g.name, g.id"#,
        wanted.before,
        wanted.since,
        wanted.search,
        wanted.by_open,
        wanted.limit,
        wanted.offset
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Name of a party and how many of its rows wait; `None` when there is none, or it is RIVM.
///
/// # Errors
/// When the database fails.
pub async fn party(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Option<(String, i64)>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT p.name, COALESCE((SELECT sum(c.rows) FROM cluster_changes c WHERE c.party_id = p.id), 0)::bigint AS "open!"
           FROM parties p WHERE p.id = $1 AND p.kind <> 'rivm'"#,
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.map(|row| (row.name, row.open)))
}

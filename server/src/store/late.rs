//! Registrations that must be held against the BRP again: stored while the copy was late (rule B13), or of a list that a later
//! load changed.

use super::rows::Clusters;
use super::{StoreError, WorkerTx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A registration that still must be held against the BRP.
pub struct Late {
    /// Key of the registration.
    pub report: Uuid,
    /// Its newest version.
    pub version: i32,
    /// The row it came with.
    pub row: Uuid,
    /// Its party.
    pub party: Uuid,
    /// Its person.
    pub person: Option<Uuid>,
    /// Day of the vaccination.
    pub on: Date,
    /// All columns, sealed.
    pub content_sealed: Vec<u8>,
    /// Findings as its sender sees them.
    pub shown: serde_json::Value,
    /// Findings that only RIVM sees.
    pub staff: serde_json::Value,
    /// The match so far.
    pub matched: Option<String>,
    /// Keyed hash of the BSN of whom RIVM found; none where the sender said who it is.
    pub found_mac: Option<Vec<u8>>,
}

/// The next of those with B13, locked; what RIVM refused stays refused.
///
/// # Errors
/// When the database fails.
pub async fn next(tx: &mut WorkerTx<'_>, limit: i64) -> Result<Vec<Late>, StoreError> {
    let late = sqlx::query_as!(
        Late,
        r#"SELECT r.id AS report, r.version, w.id AS row, r.party_id AS party, r.person_id AS person, r.vaccinated_on AS "on!",
                  r.content_sealed AS "content_sealed!", w.findings AS shown, w.staff_findings AS staff, w.match AS matched,
                  (SELECT p.bsn_mac FROM persons p WHERE p.id = r.person_id AND r.link_id IS NOT NULL) AS found_mac
           FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           -- What was put back stands in the row it came with, unless it got one of its own.
           CROSS JOIN LATERAL (SELECT x.delivery_id, x.row_number FROM delivery_rows x
                               WHERE (x.delivery_id, x.row_number) IN ((r.delivery_id, r.row_number), (o.delivery_id, o.row_number))
                               ORDER BY x.delivery_id = r.delivery_id DESC LIMIT 1) AS x
           JOIN delivery_rows w ON w.delivery_id = x.delivery_id AND w.row_number = x.row_number
           WHERE r.valid_to IS NULL AND r.findings @> '[{"code": "B13"}]' AND r.content_sealed IS NOT NULL AND r.vaccinated_on IS NOT NULL
             AND r.outcome <> 'AFGEKEURD'
           ORDER BY r.id LIMIT $1 FOR UPDATE OF r, w"#,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(late)
}

/// The next accepted registrations of persons whose list was suspended or died, or no longer is or did, with this load; locked.
///
/// # Errors
/// When the database fails.
pub async fn touched(
    tx: &mut WorkerTx<'_>,
    load: Uuid,
    after: Uuid,
    limit: i64,
) -> Result<Vec<Late>, StoreError> {
    let touched = sqlx::query_as!(
        Late,
        r#"WITH who AS MATERIALIZED (SELECT p.id FROM brp_lists l JOIN persons p ON p.mac_key = l.mac_key AND p.bsn_mac = l.bsn_mac
                                     WHERE l.standing_load = $1),
                page AS MATERIALIZED (SELECT r.id, r.version FROM who JOIN reports r ON r.person_id = who.id
                                      WHERE r.valid_to IS NULL AND r.id > $2 AND r.outcome = 'GEACCEPTEERD' AND NOT r.findings @> '[{"code": "B13"}]'
                                        AND r.content_sealed IS NOT NULL AND r.vaccinated_on IS NOT NULL
                                      ORDER BY r.id LIMIT $3)
           SELECT r.id AS report, r.version, w.id AS row, r.party_id AS party, r.person_id AS person, r.vaccinated_on AS "on!",
                  r.content_sealed AS "content_sealed!", w.findings AS shown, w.staff_findings AS staff, w.match AS matched,
                  (SELECT p.bsn_mac FROM persons p WHERE p.id = r.person_id AND r.link_id IS NOT NULL) AS found_mac
           FROM page s JOIN reports r ON r.id = s.id AND r.version = s.version
           JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           -- What was put back stands in the row it came with, unless it got one of its own.
           CROSS JOIN LATERAL (SELECT x.delivery_id, x.row_number FROM delivery_rows x
                               WHERE (x.delivery_id, x.row_number) IN ((r.delivery_id, r.row_number), (o.delivery_id, o.row_number))
                               ORDER BY x.delivery_id = r.delivery_id DESC LIMIT 1) AS x
           JOIN delivery_rows w ON w.delivery_id = x.delivery_id AND w.row_number = x.row_number
           ORDER BY r.id FOR UPDATE OF r, w"#,
        load,
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(touched)
}

/// The accepted registrations of these persons, and those that these vaccinations rest on; locked.
///
/// # Errors
/// When the database fails.
pub async fn accepted_of(
    tx: &mut WorkerTx<'_>,
    persons: &[Uuid],
    jabs: &[Uuid],
) -> Result<Vec<Late>, StoreError> {
    let found = sqlx::query_as!(
        Late,
        r#"SELECT r.id AS report, r.version, w.id AS row, r.party_id AS party, r.person_id AS person, r.vaccinated_on AS "on!",
                  r.content_sealed AS "content_sealed!", w.findings AS shown, w.staff_findings AS staff, w.match AS matched,
                  (SELECT p.bsn_mac FROM persons p WHERE p.id = r.person_id AND r.link_id IS NOT NULL) AS found_mac
           FROM reports r JOIN reports o ON o.id = r.id AND o.version = COALESCE(r.restores, r.version)
           -- What was put back stands in the row it came with, unless it got one of its own.
           CROSS JOIN LATERAL (SELECT x.delivery_id, x.row_number FROM delivery_rows x
                               WHERE (x.delivery_id, x.row_number) IN ((r.delivery_id, r.row_number), (o.delivery_id, o.row_number))
                               ORDER BY x.delivery_id = r.delivery_id DESC LIMIT 1) AS x
           JOIN delivery_rows w ON w.delivery_id = x.delivery_id AND w.row_number = x.row_number
           WHERE (r.person_id = ANY ($1) OR r.vaccination_id = ANY ($2)) AND r.valid_to IS NULL AND r.outcome = 'GEACCEPTEERD'
             AND r.content_sealed IS NOT NULL AND r.vaccinated_on IS NOT NULL
           ORDER BY r.id FOR UPDATE OF r, w"#,
        persons,
        jabs
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found)
}

/// What the BRP says after all, column by column.
#[derive(Default)]
pub struct Answers {
    /// Registrations.
    pub report: Vec<Uuid>,
    /// Their versions.
    pub version: Vec<i32>,
    /// Rows.
    pub row: Vec<Uuid>,
    /// Findings as the sender sees them.
    pub shown: Vec<serde_json::Value>,
    /// Findings that only RIVM sees.
    pub staff: Vec<serde_json::Value>,
    /// The match, where it is another one.
    pub matched: Vec<Option<String>>,
    /// RIVM must look.
    pub review: Vec<bool>,
    /// What it waits for then.
    pub clusters: Clusters,
}

/// Writes the answers: what RIVM must look at is open again, does not count meanwhile, and is counted so in its
/// delivery. How the rows stood is kept in their history: by this load, at this moment.
///
/// # Errors
/// When the database fails.
pub async fn answer(
    tx: &mut WorkerTx<'_>,
    answers: &Answers,
    load: Uuid,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH n AS (SELECT * FROM unnest($1::uuid[], $2::jsonb[], $3::jsonb[], $4::text[], $5::boolean[],
                                               $6::text[], $7::text[], $8::text[])
                        AS n (id, shown, staff, matched, review, code, in_column, value)),
              kept AS (INSERT INTO row_history (party_id, delivery_id, row_number, row_id, outcome, findings, staff_findings, mended_at, brp_load_id)
                       SELECT w.party_id, w.delivery_id, w.row_number, w.id, w.outcome, w.findings, w.staff_findings, $9, $10
                       FROM delivery_rows w JOIN n ON n.id = w.id),
              moved AS (SELECT w.delivery_id, count(*)::integer AS number FROM delivery_rows w JOIN n ON n.id = w.id
                        WHERE n.review AND w.outcome = 'GEACCEPTEERD' GROUP BY 1),
              told AS (UPDATE deliveries d SET geaccepteerd = geaccepteerd - number, te_controleren = te_controleren + number
                       FROM moved m WHERE m.delivery_id = d.id)
         UPDATE delivery_rows w
         SET findings = n.shown, staff_findings = n.staff, match = COALESCE(n.matched, w.match),
             outcome = CASE WHEN n.review THEN 'TE_CONTROLEREN' ELSE w.outcome END,
             state = CASE WHEN n.review THEN 'open' ELSE w.state END,
             cluster_code = CASE WHEN n.review THEN n.code ELSE w.cluster_code END,
             cluster_column = CASE WHEN n.review THEN n.in_column ELSE w.cluster_column END,
             cluster_value = CASE WHEN n.review THEN n.value ELSE w.cluster_value END
         FROM n WHERE w.id = n.id",
        &answers.row,
        &answers.shown,
        &answers.staff,
        &answers.matched as _,
        &answers.review,
        &answers.clusters.code as _,
        &answers.clusters.column,
        &answers.clusters.value,
        at,
        load
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE reports r
         SET findings = n.shown, outcome = CASE WHEN n.review THEN 'TE_CONTROLEREN' ELSE r.outcome END
         FROM unnest($1::uuid[], $2::integer[], $3::jsonb[], $4::boolean[]) AS n (id, version, shown, review)
         WHERE r.id = n.id AND r.version = n.version",
        &answers.report,
        &answers.version,
        &answers.shown,
        &answers.review
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

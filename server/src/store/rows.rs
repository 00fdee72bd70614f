//! The rows of deliveries: their outcome, their findings, and, sealed, what was delivered.

use super::{StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// New rows of a chunk, column by column.
#[derive(Default)]
pub struct NewRows {
    /// Keys.
    pub id: Vec<Uuid>,
    /// Numbers as the sender sees them.
    pub row_number: Vec<i32>,
    /// Outcomes.
    pub outcome: Vec<String>,
    /// Findings as the sender may see them.
    pub findings: Vec<serde_json::Value>,
    /// Findings that only RIVM sees.
    pub staff_findings: Vec<serde_json::Value>,
    /// What only RIVM sees of the match.
    pub matched: Vec<Option<String>>,
    /// N, C, V.
    pub mutation: Vec<Option<String>>,
    /// Keys of the sender.
    pub source_key: Vec<Option<String>>,
    /// Digests.
    pub row_digest: Vec<Option<Vec<u8>>>,
    /// As delivered, sealed.
    pub raw_sealed: Vec<Option<Vec<u8>>>,
    /// Repairs, sealed.
    pub repairs_sealed: Vec<Option<Vec<u8>>>,
    /// Reasons to go on, sealed.
    pub reason_sealed: Vec<Option<Vec<u8>>>,
    /// Persons.
    pub person_id: Vec<Option<Uuid>>,
    /// Registrations.
    pub report_id: Vec<Option<Uuid>>,
    /// Vaccinations.
    pub vaccination_id: Vec<Option<Uuid>>,
    /// Waits for somebody, or not.
    pub state: Vec<String>,
    /// Doses of the person that this party had reported before the row.
    pub doses_before: Vec<Option<i16>>,
    /// And has with it.
    pub doses_after: Vec<Option<i16>>,
    /// Doses of the first series of the product.
    pub doses_series: Vec<Option<i16>>,
    /// With it there are more than the series has, and than the row says.
    pub doses_above: Vec<Option<bool>>,
    /// Refused rows they take the place of.
    pub replaces: Vec<Option<Uuid>>,
    /// The clusters of those that wait.
    pub clusters: Clusters,
}

/// What a row that waits shares with others.
#[derive(Default)]
pub struct Cluster {
    /// Rule code; nothing when the row waits for nobody.
    pub code: Option<String>,
    /// Column, empty for the whole row.
    pub column: String,
    /// Keyed hash of the value that stands there, empty where the column names a person.
    pub value: String,
}

/// Clusters, column by column.
#[derive(Default)]
pub struct Clusters {
    /// Rule codes.
    pub code: Vec<Option<String>>,
    /// Columns.
    pub column: Vec<String>,
    /// Hashes.
    pub value: Vec<String>,
}

impl Clusters {
    /// One more.
    pub fn push(&mut self, cluster: Cluster) {
        self.code.push(cluster.code);
        self.column.push(cluster.column);
        self.value.push(cluster.value);
    }
}

/// Takes the rows of a preview away: they are stored anew.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    numbers: &[i32],
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM delivery_rows WHERE delivery_id = $1 AND row_number = ANY ($2) AND state = 'pending'",
        delivery,
        numbers
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Stores rows; `digest_key` made their digests.
///
/// # Errors
/// When the database fails; a unique violation when the chunk is stored already.
pub async fn insert(
    tx: &mut WorkerTx<'_>,
    (delivery, party): (Uuid, Uuid),
    digest_key: &str,
    new: &NewRows,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO delivery_rows (delivery_id, party_id, id, row_number, outcome, findings, staff_findings, match, mutation,
                                    source_key, row_digest, raw_sealed, repairs_sealed, reason_sealed, person_id, report_id,
                                    vaccination_id, state, doses_before, doses_after, doses_series, doses_above, replaces,
                                    cluster_code, cluster_column, cluster_value, digest_key)
         SELECT $1, $2, n.*, $27
         FROM unnest($3::uuid[], $4::integer[], $5::text[], $6::jsonb[], $7::jsonb[], $8::text[], $9::text[], $10::text[],
                     $11::bytea[], $12::bytea[], $13::bytea[], $14::bytea[], $15::uuid[], $16::uuid[], $17::uuid[], $18::text[],
                     $19::smallint[], $20::smallint[], $21::smallint[], $22::boolean[], $23::uuid[], $24::text[], $25::text[],
                     $26::text[]) AS n",
        delivery,
        party,
        &new.id,
        &new.row_number,
        &new.outcome,
        &new.findings,
        &new.staff_findings,
        &new.matched as _,
        &new.mutation as _,
        &new.source_key as _,
        &new.row_digest as _,
        &new.raw_sealed as _,
        &new.repairs_sealed as _,
        &new.reason_sealed as _,
        &new.person_id as _,
        &new.report_id as _,
        &new.vaccination_id as _,
        &new.state,
        &new.doses_before as _,
        &new.doses_after as _,
        &new.doses_series as _,
        &new.doses_above as _,
        &new.replaces as _,
        &new.clusters.code as _,
        &new.clusters.column,
        &new.clusters.value,
        digest_key
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Of these rows of a delivery those that one of these rules refuses: (number, key of the sender).
///
/// # Errors
/// When the database fails.
pub async fn refused_by(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    numbers: &[i32],
    codes: &[String],
) -> Result<Vec<(i32, Option<String>)>, StoreError> {
    let found = sqlx::query!(
        "SELECT row_number, source_key FROM delivery_rows
         WHERE delivery_id = $1 AND row_number = ANY ($2) AND outcome = 'AFGEKEURD'
           AND EXISTS (SELECT FROM jsonb_array_elements(findings) AS f WHERE f ->> 'code' = ANY ($3))",
        delivery,
        numbers,
        codes
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found
        .into_iter()
        .map(|row| (row.row_number, row.source_key))
        .collect())
}

/// Where the rows with these keys are now: (key, key now). A row gets a new one each time it is judged, and a download keeps
/// the old one.
///
/// # Errors
/// When the database fails.
pub async fn standing(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    ids: &[Uuid],
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query!(
        "SELECT h.row_id AS was, r.id FROM row_history h JOIN delivery_rows r ON r.delivery_id = h.delivery_id AND r.row_number = h.row_number
         WHERE h.row_id = ANY ($2) AND h.party_id = $1",
        party,
        ids
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().map(|row| (row.was, row.id)).collect())
}

/// Refused rows of earlier deliveries of this party that nobody mended, under these source keys: (source key, row), in the
/// order they came. Each key is looked up in `delivery_rows_refused_keys`, as [`super::register::known_keys`] does; none when
/// the party has no such row at all.
///
/// # Errors
/// When the database fails.
pub async fn refused_before(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
    keys: &[String],
) -> Result<Vec<(String, Uuid)>, StoreError> {
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let found = sqlx::query!(
        r#"SELECT k.source_key AS "source_key!", r.id
           FROM unnest($3::text[]) AS k (source_key)
           CROSS JOIN LATERAL (SELECT o.id, o.delivery_id FROM delivery_rows o
                               WHERE o.party_id = $1 AND o.source_key = k.source_key AND o.outcome = 'AFGEKEURD'
                                 AND o.state IN ('open', 'pending') AND o.delivery_id <> $2 OFFSET 0) AS r
           JOIN deliveries d ON d.id = r.delivery_id AND d.seq < (SELECT m.seq FROM deliveries m WHERE m.id = $2)
           WHERE EXISTS (SELECT FROM delivery_rows s WHERE s.party_id = $1 AND s.outcome = 'AFGEKEURD' AND s.state IN ('open', 'pending')
                           AND s.source_key IS NOT NULL)
           ORDER BY d.seq"#,
        party,
        delivery,
        keys
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found
        .into_iter()
        .map(|row| (row.source_key, row.id))
        .collect())
}

/// Refused rows of this party that a corrected row has taken the place of: nobody has to mend them any more. Each of them
/// may have taken the place of an earlier one itself, and another delivery may have tried to mend it in vain: these go with
/// it, whatever key they had then. A row that somebody copied with its token, so that there are two in one delivery, is a row
/// of its own.
///
/// # Errors
/// When the database fails.
pub async fn repaired(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
    ids: &[Uuid],
) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "WITH RECURSIVE attempts (id) AS (
             SELECT id FROM delivery_rows WHERE id = ANY ($3) AND party_id = $1
             UNION
             SELECT n.id FROM attempts a CROSS JOIN LATERAL (
                 SELECT b.replaces AS id FROM delivery_rows b WHERE b.id = a.id AND b.party_id = $1 AND b.replaces IS NOT NULL
                 UNION ALL
                 SELECT r.id FROM row_history h JOIN delivery_rows r ON r.delivery_id = h.delivery_id AND r.row_number = h.row_number
                 WHERE h.row_id = a.id AND h.party_id = $1
                 UNION ALL
                 SELECT h.row_id FROM delivery_rows r JOIN row_history h ON h.party_id = $1 AND h.delivery_id = r.delivery_id
                                                                       AND h.row_number = r.row_number
                 WHERE r.id = a.id
                 UNION ALL
                 SELECT l.id FROM delivery_rows l
                 WHERE l.replaces = a.id AND l.party_id = $1 AND l.delivery_id <> $2
                   AND NOT EXISTS (SELECT FROM delivery_rows t
                                   WHERE t.replaces = a.id AND t.delivery_id = l.delivery_id AND t.id <> l.id)
             ) AS n
         )
         UPDATE delivery_rows SET state = 'repaired', decided_at = now()
         WHERE id IN (SELECT id FROM attempts) AND party_id = $1 AND outcome = 'AFGEKEURD' AND state IN ('open', 'pending')",
        party,
        delivery,
        ids
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Remembers for RIVM-beheer that a row was left out because it cannot be taken; `why` is a code, no value of the row.
///
/// # Errors
/// When the database fails.
pub async fn left_out(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
    row: i32,
    why: &str,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO rows_left_out (party_id, delivery_id, row_number, why, left_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT rows_left_out_pk DO UPDATE SET why = EXCLUDED.why, left_at = EXCLUDED.left_at",
        party,
        delivery,
        row,
        why,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

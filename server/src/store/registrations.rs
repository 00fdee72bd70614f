//! "Mijn registraties": what a party reported, version by version, under row-level security.

use super::{PartyTx, StoreError};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Filter of the list.
#[derive(Default)]
pub struct Filter {
    /// First vaccination date.
    pub from: Option<Date>,
    /// Last vaccination date.
    pub to: Option<Date>,
    /// Number of the product.
    pub vaccine: Option<i16>,
    /// Outcome on the wire, or INGETROKKEN: what is withdrawn has no other.
    pub outcome: Option<String>,
}

/// A line of the list.
pub struct Line {
    /// Registration.
    pub id: Uuid,
    /// Newest version.
    pub version: i32,
    /// N, C, V.
    pub mutation: String,
    /// Outcome.
    pub outcome: String,
    /// Person in the register.
    pub person_id: Option<Uuid>,
    /// What the newest version that is no withdrawal says, sealed.
    pub content_sealed: Option<Vec<u8>>,
    /// Day.
    pub vaccinated_on: Option<Date>,
    /// Product.
    pub vaccine: Option<i16>,
    /// Batch.
    pub batch: Option<String>,
    /// Dose.
    pub dose: Option<i16>,
    /// First recorded.
    pub recorded_at: OffsetDateTime,
    /// By whom; "RIVM" for somebody of RIVM.
    pub recorded_by: Option<String>,
}

/// A page of the list, newest first.
///
/// # Errors
/// When the database fails.
pub async fn list(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    filter: &Filter,
    limit: i64,
    offset: i64,
) -> Result<Vec<Line>, StoreError> {
    let rows = sqlx::query_as!(
        Line,
        r#"SELECT c.id, c.version, c.mutation, c.outcome, l.person_id AS "person_id?", l.content_sealed AS "content_sealed?",
                  l.vaccinated_on AS "vaccinated_on?", l.vaccine AS "vaccine?", l.batch AS "batch?", l.dose AS "dose?",
                  f.recorded_at, CASE WHEN cims_is_of_rivm(f.recorded_by)
                                       AND NOT EXISTS (SELECT FROM user_roles own WHERE own.user_id = f.recorded_by AND own.party_id = f.party_id)
                                 THEN 'RIVM' ELSE u.name END AS "recorded_by?"
           FROM reports c
           JOIN reports f ON f.id = c.id AND f.version = 1
           JOIN LATERAL (SELECT * FROM reports l WHERE l.id = c.id AND l.mutation <> 'V' ORDER BY l.version DESC LIMIT 1) AS l ON true
           LEFT JOIN users u ON u.id = f.recorded_by
           WHERE c.party_id = $1 AND c.valid_to IS NULL
             AND ($2::date IS NULL OR l.vaccinated_on >= $2) AND ($3::date IS NULL OR l.vaccinated_on <= $3)
             AND ($4::smallint IS NULL OR l.vaccine = $4) AND ($5::text IS NULL OR $5 = CASE WHEN c.mutation = 'V' THEN 'INGETROKKEN' ELSE c.outcome END)
           ORDER BY f.recorded_at DESC, c.id DESC LIMIT $6 OFFSET $7"#,
        party,
        filter.from,
        filter.to,
        filter.vaccine,
        filter.outcome,
        limit,
        offset
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Lines in all.
///
/// # Errors
/// When the database fails.
pub async fn total(tx: &mut PartyTx<'_>, party: Uuid, filter: &Filter) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar!(
        r#"SELECT count(*) AS "number!"
           FROM reports c
           JOIN LATERAL (SELECT * FROM reports l WHERE l.id = c.id AND l.mutation <> 'V' ORDER BY l.version DESC LIMIT 1) AS l ON true
           WHERE c.party_id = $1 AND c.valid_to IS NULL
             AND ($2::date IS NULL OR l.vaccinated_on >= $2) AND ($3::date IS NULL OR l.vaccinated_on <= $3)
             AND ($4::smallint IS NULL OR l.vaccine = $4) AND ($5::text IS NULL OR $5 = CASE WHEN c.mutation = 'V' THEN 'INGETROKKEN' ELSE c.outcome END)"#,
        party,
        filter.from,
        filter.to,
        filter.vaccine,
        filter.outcome
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(number)
}

/// One version.
pub struct Version {
    /// Number.
    pub version: i32,
    /// The delivery whose row says it.
    pub delivery_id: Uuid,
    /// The number of that row.
    pub row_number: i32,
    /// N, C, V.
    pub mutation: String,
    /// Key of the sender.
    pub source_key: String,
    /// Outcome.
    pub outcome: String,
    /// Reference, on the first version.
    pub reference: Option<String>,
    /// Person in the register.
    pub person_id: Option<Uuid>,
    /// Content, sealed.
    pub content_sealed: Option<Vec<u8>>,
    /// Reason, sealed.
    pub reason_sealed: Option<Vec<u8>>,
    /// Findings as the sender may see them.
    pub findings: serde_json::Value,
    /// Channel on the wire.
    pub channel: String,
    /// When.
    pub recorded_at: OffsetDateTime,
    /// By whom; "RIVM" for whatever somebody of RIVM did, and for a person that RIVM found.
    pub recorded_by: Option<String>,
    /// The user who recorded it.
    pub by: Option<Uuid>,
    /// The version whose content it repeats.
    pub restores: Option<i32>,
    /// Its delivery was withdrawn.
    pub delivery_withdrawn: bool,
    /// The withdrawal of a delivery, or its undoing, that made it.
    pub withdrawal_id: Option<Uuid>,
    /// It ended because two people of RIVM undid the link to its person.
    pub unlinked: bool,
    /// Its reason, sealed.
    pub withdrawal_reason: Option<Vec<u8>>,
    /// RIVM rejected it for good.
    pub rejected: bool,
    /// What its sender is told of that.
    pub told: Option<String>,
}

/// All versions of a registration of the caller's party, newest first; none when it is not theirs.
///
/// # Errors
/// When the database fails.
pub async fn versions(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    id: Uuid,
) -> Result<Vec<Version>, StoreError> {
    let rows = sqlx::query_as!(
        Version,
        r#"SELECT r.version, r.delivery_id, r.row_number, r.mutation, r.source_key, r.outcome, r.reference, r.person_id, r.content_sealed, r.reason_sealed,
                  r.findings, r.channel, r.recorded_at, CASE WHEN w.by_rivm OR r.link_id IS NOT NULL OR r.unlink_id IS NOT NULL OR r.reject_id IS NOT NULL
                            -- Put right by RIVM: it says the row that its sender said before.
                            OR r.recorded_by IS NULL AND EXISTS (SELECT FROM reports o WHERE o.id = r.id AND o.version < r.version
                                                                 AND o.delivery_id = r.delivery_id AND o.row_number = r.row_number)
                            -- At the request of the party, or from its card: by nobody of its own.
                            OR cims_is_of_rivm(r.recorded_by)
                               AND NOT EXISTS (SELECT FROM user_roles own WHERE own.user_id = r.recorded_by AND own.party_id = r.party_id)
                       THEN 'RIVM' ELSE u.name END AS "recorded_by?", r.recorded_by AS by,
                  r.restores, d.state = 'withdrawn' AS "delivery_withdrawn!", r.withdrawal_id, w.reason_sealed AS "withdrawal_reason?",
                  r.unlink_id IS NOT NULL AS "unlinked!", r.reject_id IS NOT NULL AND r.mutation = 'V' AS "rejected!", x.rejected_for AS "told?"
           FROM reports r JOIN deliveries d ON d.id = r.delivery_id LEFT JOIN users u ON u.id = r.recorded_by LEFT JOIN withdrawals w ON w.id = r.withdrawal_id
           LEFT JOIN delivery_rows x ON r.reject_id IS NOT NULL AND x.delivery_id = r.delivery_id AND x.row_number = r.row_number
           WHERE r.party_id = $1 AND r.id = $2 ORDER BY r.version DESC"#,
        party,
        id
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// An earlier registration of a person.
pub struct Earlier {
    /// Registration.
    pub id: Uuid,
    /// Day.
    pub vaccinated_on: Date,
    /// Product.
    pub vaccine: i16,
    /// Dose.
    pub dose: i16,
}

/// What the caller's party reported of this person; not what RIVM found to be about this person (that would tell whose BSN
/// it is).
///
/// # Errors
/// When the database fails.
pub async fn earlier(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    person: Uuid,
) -> Result<Vec<Earlier>, StoreError> {
    let rows = sqlx::query_as!(
        Earlier,
        r#"SELECT id, vaccinated_on AS "vaccinated_on!", vaccine AS "vaccine!", dose AS "dose!" FROM reports
           WHERE party_id = $1 AND person_id = $2 AND valid_to IS NULL AND link_id IS NULL AND vaccinated_on IS NOT NULL AND vaccine IS NOT NULL AND dose IS NOT NULL
           ORDER BY vaccinated_on DESC, id"#,
        party,
        person
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// The registration of a person that was recorded last.
pub struct Newest {
    /// The person.
    pub person_id: Uuid,
    /// The registration.
    pub registration: Earlier,
    /// When its first version was recorded.
    pub recorded_at: OffsetDateTime,
}

/// What the caller's party recorded last of each of these persons; not what RIVM found to be about them.
///
/// # Errors
/// When the database fails.
pub async fn newest(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    persons: &[Uuid],
) -> Result<Vec<Newest>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT DISTINCT ON (c.person_id) c.person_id AS "person_id!", c.id, c.vaccinated_on AS "vaccinated_on!",
                  c.vaccine AS "vaccine!", c.dose AS "dose!", f.recorded_at
           FROM reports c JOIN reports f ON f.id = c.id AND f.version = 1
           WHERE c.party_id = $1 AND c.person_id = ANY ($2) AND c.valid_to IS NULL AND c.link_id IS NULL
             AND c.vaccinated_on IS NOT NULL AND c.vaccine IS NOT NULL AND c.dose IS NOT NULL
           ORDER BY c.person_id, f.recorded_at DESC, c.id DESC"#,
        party,
        persons
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Newest {
            person_id: row.person_id,
            registration: Earlier {
                id: row.id,
                vaccinated_on: row.vaccinated_on,
                vaccine: row.vaccine,
                dose: row.dose,
            },
            recorded_at: row.recorded_at,
        })
        .collect())
}

/// A batch used by the party before.
pub struct UsedBatch {
    /// Number.
    pub batch: String,
    /// Product.
    pub vaccine: i16,
    /// How often.
    pub times: i64,
}

/// Batches the caller's party recorded since a moment, most used first.
///
/// # Errors
/// When the database fails.
pub async fn used_batches(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    since: OffsetDateTime,
) -> Result<Vec<UsedBatch>, StoreError> {
    let rows = sqlx::query_as!(
        UsedBatch,
        r#"SELECT batch AS "batch!", vaccine AS "vaccine!", count(*) AS "times!" FROM reports
           WHERE party_id = $1 AND recorded_at > $2 AND valid_to IS NULL AND batch IS NOT NULL AND vaccine IS NOT NULL
           GROUP BY batch, vaccine ORDER BY count(*) DESC, batch LIMIT 10"#,
        party,
        since
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

//! Corrections of a registration that its institution asked RIVM for. Each step names the state it comes from, so that two
//! of the same command do one thing.

use super::{PartyTx, StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// A registration as it stands.
pub struct Standing {
    /// Its party.
    pub party_id: Uuid,
    /// Its newest version.
    pub version: i32,
    /// Key of the sender.
    pub source_key: String,
    /// About whom.
    pub person_id: Uuid,
    /// Content, sealed.
    pub content_sealed: Option<Vec<u8>>,
    /// The decision by which RIVM found the person.
    pub link_id: Option<Uuid>,
    /// BSN of the person, sealed.
    pub bsn_enc: Option<Vec<u8>>,
}

/// A registration that names a person; `None` when there is none, or it was withdrawn.
///
/// # Errors
/// When the database fails.
pub async fn standing(tx: &mut WorkerTx<'_>, report: Uuid) -> Result<Option<Standing>, StoreError> {
    let found = sqlx::query_as!(
        Standing,
        r#"SELECT r.party_id, r.version, r.source_key, r.person_id AS "person_id!", r.content_sealed, r.link_id, p.bsn_enc
           FROM reports r JOIN persons p ON p.id = r.person_id
           WHERE r.id = $1 AND r.valid_to IS NULL AND r.mutation <> 'V'"#,
        report
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// A new correction, a draft.
pub struct NewCorrection {
    /// Key.
    pub id: Uuid,
    /// The registration.
    pub report_id: Uuid,
    /// What is to stand there, sealed; `None` withdraws it.
    pub content_sealed: Option<Vec<u8>>,
    /// The request, sealed.
    pub request_sealed: Vec<u8>,
    /// Who.
    pub by: Uuid,
    /// When.
    pub at: OffsetDateTime,
}

/// Keeps a draft.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut WorkerTx<'_>,
    of: &Standing,
    new: &NewCorrection,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO corrections (id, party_id, report_id, version, person_id, content_sealed, request_sealed, asked_by, asked_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        new.id,
        of.party_id,
        new.report_id,
        of.version,
        of.person_id,
        new.content_sealed,
        new.request_sealed,
        new.by,
        new.at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A correction.
pub struct Correction {
    /// Key.
    pub id: Uuid,
    /// Whose registration.
    pub party_id: Uuid,
    /// Name of the party.
    pub party: String,
    /// The registration.
    pub report_id: Uuid,
    /// The version that was seen.
    pub version: i32,
    /// About whom.
    pub person_id: Uuid,
    /// What is to stand there, sealed.
    pub content_sealed: Option<Vec<u8>>,
    /// What stood there when it was seen, sealed.
    pub before_sealed: Option<Vec<u8>>,
    /// The request, sealed.
    pub request_sealed: Vec<u8>,
    /// State.
    pub state: String,
    /// Who prepared it.
    pub asked_by: Uuid,
    /// Name of who did.
    pub asked_by_name: String,
    /// When.
    pub asked_at: OffsetDateTime,
    /// Who decided.
    pub decided_by: Option<Uuid>,
    /// Name of who did.
    pub decided_by_name: Option<String>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
}

/// One, locked.
///
/// # Errors
/// When the database fails.
pub async fn one(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Option<Correction>, StoreError> {
    let found = sqlx::query_as!(
        Correction,
        r#"SELECT c.id, c.party_id, p.name AS party, c.report_id, c.version, c.person_id, c.content_sealed,
                  r.content_sealed AS before_sealed, c.request_sealed, c.state, c.asked_by, a.name AS asked_by_name, c.asked_at,
                  c.decided_by, d.name AS "decided_by_name?", c.decided_at
           FROM corrections c JOIN parties p ON p.id = c.party_id JOIN users a ON a.id = c.asked_by
           JOIN reports r ON r.id = c.report_id AND r.version = c.version
           LEFT JOIN users d ON d.id = c.decided_by
           WHERE c.id = $1 FOR UPDATE OF c"#,
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// Changes a draft; `false` when it is none any more.
///
/// # Errors
/// When the database fails.
pub async fn save(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    content_sealed: Option<Vec<u8>>,
    request_sealed: Vec<u8>,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE corrections SET content_sealed = $2, request_sealed = $3 WHERE id = $1 AND state = 'draft'",
        id,
        content_sealed,
        request_sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes a step; `false` when it was not in the state that the step starts from.
///
/// # Errors
/// When the database fails; constraint `corrections_one_open` when another one waits, `corrections_four_eyes` when the same
/// person agrees.
pub async fn step(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    from: &str,
    to: &str,
    by: Option<Uuid>,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE corrections SET state = $3, decided_by = $4::uuid, decided_at = CASE WHEN $4::uuid IS NOT NULL THEN $5::timestamptz END
         WHERE id = $1 AND state = $2",
        id,
        from,
        to,
        by,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A correction that waits for a second person.
pub struct Asked {
    /// Key.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: OffsetDateTime,
}

/// Corrections that wait for somebody else than this person.
///
/// # Errors
/// When the database fails.
pub async fn asked(tx: &mut PartyTx<'_>, user: Uuid) -> Result<Vec<Asked>, StoreError> {
    let rows = sqlx::query_as!(
        Asked,
        "SELECT c.id, p.name AS party, a.name AS asked_by, c.asked_at
         FROM corrections c JOIN parties p ON p.id = c.party_id JOIN users a ON a.id = c.asked_by
         WHERE c.state = 'asked' AND c.asked_by <> $1 ORDER BY c.asked_at LIMIT 20",
        user
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

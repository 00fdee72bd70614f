//! Requests for new parties: as a draft of who types one, and filed. What is decided stands with the connection.

use super::{PartyTx, StoreError, WorkerTx};
use app::ports::PAGE_ROWS;
use domain::onboarding::NewParty;
use time::OffsetDateTime;
use uuid::Uuid;

/// Keeps what was typed under a key that the page made; false when somebody else has that key, or it was filed.
///
/// # Errors
/// When the database fails.
pub async fn keep(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    by: Uuid,
    form_sealed: &[u8],
) -> Result<bool, StoreError> {
    let kept = sqlx::query!(
        "INSERT INTO party_requests AS r (id, asked_by, form_sealed) VALUES ($1, $2, $3)
         ON CONFLICT (id) DO UPDATE SET form_sealed = EXCLUDED.form_sealed WHERE r.asked_by = $2 AND r.filed_at IS NULL",
        id,
        by,
        form_sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(kept.rows_affected() == 1)
}

/// A request under this key was filed by this person.
///
/// # Errors
/// When the database fails.
pub async fn is_filed(tx: &mut WorkerTx<'_>, id: Uuid, by: Uuid) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM party_requests WHERE id = $1 AND asked_by = $2 AND filed_at IS NOT NULL) AS "filed!""#,
        id,
        by
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// A draft of this person: as typed, sealed.
///
/// # Errors
/// When the database fails; `NotFound` without one.
pub async fn draft(tx: &mut PartyTx<'_>, id: Uuid, by: Uuid) -> Result<Vec<u8>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT form_sealed FROM party_requests WHERE id = $1 AND asked_by = $2 AND filed_at IS NULL",
        id,
        by
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// What only the register knows about a request: its codes, and its AGB code, belong to another party.
pub struct Taken {
    /// A party has the code, and was not refused.
    pub code: bool,
    /// A party has the code of the new party in between, and was not refused.
    pub between: bool,
    /// A party that is not refused or ended has the AGB code today.
    pub agb: bool,
}

/// What of a request is taken already.
///
/// # Errors
/// When the database fails.
pub async fn taken(
    tx: &mut PartyTx<'_>,
    code: &str,
    agb: &str,
    between: &str,
) -> Result<Taken, StoreError> {
    // A code that was refused can be asked for again, for what it was.
    Ok(sqlx::query_as!(
        Taken,
        r#"SELECT EXISTS (SELECT FROM parties WHERE code = $1 AND (status <> 'refused' OR kind = 'tussenpartij')) AS "code!",
                  EXISTS (SELECT FROM parties WHERE code = $3 AND (status <> 'refused' OR kind <> 'tussenpartij')) AS "between!",
                  EXISTS (SELECT FROM party_agb a JOIN parties p ON p.id = a.party_id
                          WHERE a.agb = $2 AND a.valid_to IS NULL AND p.code <> $1 AND p.status NOT IN ('refused', 'ended')) AS "agb!""#,
        code,
        agb,
        between
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Makes the party in between that is asked for, or asks again for one that was refused. None when its code is taken.
///
/// # Errors
/// When the database fails.
pub async fn make_between(
    tx: &mut WorkerTx<'_>,
    code: &str,
    name: &str,
    by: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "INSERT INTO parties AS p (id, code, name, kind, status, requested_by) VALUES ($1, $2, $3, 'tussenpartij', 'requested', $4)
         ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name, status = 'requested', requested_by = EXCLUDED.requested_by
             WHERE p.status = 'refused' AND p.kind = 'tussenpartij' RETURNING p.id",
        crate::clock::new_key(),
        code,
        name,
        by
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Makes the party that is asked for, or asks again for one that was refused. None when its code is taken.
///
/// # Errors
/// When the database fails.
pub async fn make_party(
    tx: &mut WorkerTx<'_>,
    new: &NewParty,
    by: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    let party = sqlx::query_scalar!(
        "INSERT INTO parties AS p (id, code, name, kind, status, default_agb, requested_by) VALUES ($1, $2, $3, $4, 'requested', $5, $6)
         ON CONFLICT (code) DO UPDATE SET name = EXCLUDED.name, kind = EXCLUDED.kind, status = 'requested', default_agb = EXCLUDED.default_agb,
                                          requested_by = EXCLUDED.requested_by WHERE p.status = 'refused' RETURNING p.id",
        crate::clock::new_key(),
        new.code,
        new.name,
        new.kind.as_str(),
        new.agb.as_str(),
        by
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(party) = party {
        sqlx::query!(
            "UPDATE party_agb SET valid_to = current_date WHERE party_id = $1 AND agb <> $2 AND valid_to IS NULL",
            party,
            new.agb.as_str()
        )
        .execute(&mut **tx)
        .await?;
        sqlx::query!(
            "INSERT INTO party_agb (party_id, agb) VALUES ($1, $2) ON CONFLICT ON CONSTRAINT party_agb_pk DO UPDATE SET valid_to = NULL",
            party,
            new.agb.as_str()
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(party)
}

/// A request is filed: from now on it is no draft.
///
/// # Errors
/// When the database fails.
pub async fn file(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    party: Uuid,
    connection: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE party_requests SET party_id = $2, connection_id = $3, filed_at = now() WHERE id = $1 AND filed_at IS NULL",
        id,
        party,
        connection
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A request that was filed.
pub struct PartyRequest {
    /// Key.
    pub id: Uuid,
    /// Its party.
    pub party_id: Uuid,
    /// Its connection.
    pub connection_id: Uuid,
    /// As typed, sealed.
    pub form_sealed: Vec<u8>,
    /// Name of the party.
    pub party: String,
    /// Code of the party.
    pub code: String,
    /// Status of the party.
    pub status: String,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// Channel on the wire.
    pub channel: String,
    /// State of the connection.
    pub state: String,
    /// Who filed it.
    pub asked_name: String,
    /// When.
    pub filed_at: OffsetDateTime,
    /// The newest file that was tried shows all that is asked for; none when nothing was tried.
    pub conforms: Option<bool>,
}

/// A page of requests, what waits for a decision first; and how many there are.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut PartyTx<'_>, page: u32) -> Result<(Vec<PartyRequest>, u64), StoreError> {
    let total = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM party_requests WHERE filed_at IS NOT NULL"#
    )
    .fetch_one(&mut **tx)
    .await?;
    let skipped = (i64::from(page) - 1) * i64::from(PAGE_ROWS);
    let found = some(tx, None, skipped).await?;
    Ok((found, u64::try_from(total).unwrap_or_default()))
}

/// One request.
///
/// # Errors
/// When the database fails; `NotFound` without such a request.
pub async fn one(tx: &mut PartyTx<'_>, id: Uuid) -> Result<PartyRequest, StoreError> {
    let found = some(tx, Some(id), 0).await?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

async fn some(
    tx: &mut PartyTx<'_>,
    only: Option<Uuid>,
    skipped: i64,
) -> Result<Vec<PartyRequest>, StoreError> {
    Ok(sqlx::query_as!(
        PartyRequest,
        r#"SELECT r.id, p.id AS party_id, c.id AS connection_id, r.form_sealed, p.name AS party, p.code, p.status, i.name AS "intermediary?", c.channel, c.state,
                  u.name AS asked_name, r.filed_at AS "filed_at!",
                  (SELECT t.conforms FROM trials t WHERE t.party_id = c.party_id AND t.channel = c.channel
                      AND t.intermediary_id IS NOT DISTINCT FROM c.intermediary_id ORDER BY t.finished_at DESC LIMIT 1) AS conforms
           FROM party_requests r JOIN connections c ON c.id = r.connection_id JOIN parties p ON p.id = r.party_id JOIN users u ON u.id = r.asked_by
                LEFT JOIN parties i ON i.id = c.intermediary_id
           WHERE r.filed_at IS NOT NULL AND ($1::uuid IS NULL OR r.id = $1)
           ORDER BY c.state <> 'requested', r.filed_at DESC, r.id LIMIT $2 OFFSET $3"#,
        only,
        i64::from(PAGE_ROWS),
        skipped
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// The request that a connection was asked for with.
///
/// # Errors
/// When the database fails.
pub async fn of_connection(
    tx: &mut PartyTx<'_>,
    connection: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT id FROM party_requests WHERE connection_id = $1 AND filed_at IS NOT NULL ORDER BY filed_at DESC LIMIT 1",
        connection
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// Deletes drafts that nobody filed in a day.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM party_requests WHERE filed_at IS NULL AND begun_at < now() - interval '24 hours'"
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

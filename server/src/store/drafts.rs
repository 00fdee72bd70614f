//! Drafts of the entry form (sealed, of one user, 24 hours), defaults of today, receipts.

use super::{PartyTx, StoreError, WorkerTx};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A draft as it is stored.
pub struct DraftRow {
    /// Key.
    pub id: Uuid,
    /// Its content, sealed.
    pub sealed: Vec<u8>,
    /// Last change.
    pub updated_at: OffsetDateTime,
    /// It was submitted, and holds nothing any more.
    pub submitted: bool,
}

/// A draft to store.
pub struct NewDraft<'a> {
    /// Key.
    pub id: Uuid,
    /// Whose.
    pub party: Uuid,
    /// Who types it.
    pub user: Uuid,
    /// Its content, sealed.
    pub sealed: &'a [u8],
    /// It is a registration that somebody comes back to, and no correction, or untouched.
    pub resumes: bool,
    /// It is gone after so many, or after its 24 hours.
    pub minutes: Option<i32>,
}

/// Stores a new draft of the caller; `false` when its key is taken.
///
/// # Errors
/// When the database fails.
pub async fn insert(tx: &mut PartyTx<'_>, new: &NewDraft<'_>) -> Result<bool, StoreError> {
    let made = sqlx::query!(
        "INSERT INTO drafts (id, party_id, user_id, sealed, resumes, expires_at)
         VALUES ($1, $2, $3, $4, $5, LEAST(now() + interval '24 hours', now() + make_interval(mins => $6))) ON CONFLICT (id) DO NOTHING",
        new.id,
        new.party,
        new.user,
        new.sealed,
        new.resumes,
        new.minutes
    )
    .execute(&mut **tx)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// A draft of the caller, submitted or not; row-level security hides those of others.
///
/// # Errors
/// When the database fails.
pub async fn open(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Option<DraftRow>, StoreError> {
    let row = sqlx::query_as!(
        DraftRow,
        r#"SELECT id, sealed, updated_at, submitted_at IS NOT NULL AS "submitted!" FROM drafts WHERE id = $1 AND expires_at > now()"#,
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The newest open registrations of the caller.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut PartyTx<'_>, user: Uuid) -> Result<Vec<DraftRow>, StoreError> {
    let rows = sqlx::query_as!(
        DraftRow,
        r#"SELECT id, sealed, updated_at, false AS "submitted!" FROM drafts
           WHERE user_id = $1 AND resumes AND submitted_at IS NULL AND expires_at > now() ORDER BY updated_at DESC LIMIT 5"#,
        user
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Changes an open draft of the caller, which is gone after so many minutes, or after its 24 hours; `false` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn update(
    tx: &mut PartyTx<'_>,
    id: Uuid,
    sealed: &[u8],
    resumes: bool,
    minutes: Option<i32>,
) -> Result<bool, StoreError> {
    let changed = sqlx::query!(
        "UPDATE drafts SET sealed = $2, resumes = $4, updated_at = now(),
                expires_at = LEAST(created_at + interval '24 hours', now() + make_interval(mins => $3))
         WHERE id = $1 AND submitted_at IS NULL AND expires_at > now()",
        id,
        sealed,
        minutes,
        resumes
    )
    .execute(&mut **tx)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// Throws an open draft of the caller away; `false` when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut PartyTx<'_>, id: Uuid) -> Result<bool, StoreError> {
    let gone = sqlx::query!(
        "DELETE FROM drafts WHERE id = $1 AND submitted_at IS NULL",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(gone.rows_affected() == 1)
}

/// Takes a draft for submitting, so that a second submit of it waits. `None`: not there, not theirs, or too old.
/// The flag says that it was submitted before.
///
/// # Errors
/// When the database fails.
pub async fn lock(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    party: Uuid,
    user: Uuid,
) -> Result<Option<(Vec<u8>, bool)>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT sealed, submitted_at IS NOT NULL AS "submitted!" FROM drafts
           WHERE id = $1 AND party_id = $2 AND user_id = $3 AND expires_at > now() FOR UPDATE"#,
        id,
        party,
        user
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.sealed, row.submitted)))
}

/// A submitted draft keeps nothing of what was typed.
///
/// # Errors
/// When the database fails.
pub async fn submitted(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE drafts SET submitted_at = now(), updated_at = now(), sealed = '' WHERE id = $1",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How a location stands in the key of what is remembered; empty is the institution without one.
fn place(location: Option<Uuid>) -> String {
    location.map_or_else(String::new, |id| id.to_string())
}

/// Defaults of the caller at a location for a day.
///
/// # Errors
/// When the database fails.
pub async fn defaults(
    tx: &mut PartyTx<'_>,
    user: Uuid,
    location: Option<Uuid>,
    day: Date,
) -> Result<Option<serde_json::Value>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT content FROM remembered_defaults WHERE user_id = $1 AND location = $2 AND day = $3",
        user,
        place(location),
        day
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found)
}

/// What is remembered: whose, where, when.
pub struct Remembered<'a> {
    /// The party.
    pub party: Uuid,
    /// The user.
    pub user: Uuid,
    /// Where; none is the institution without a location.
    pub location: Option<Uuid>,
    /// Until the midnight that ends this day.
    pub day: Date,
    /// The session it ends with, and the row.
    pub content: &'a serde_json::Value,
}

/// Remembers defaults of the caller until midnight.
///
/// # Errors
/// When the database fails.
pub async fn remember(tx: &mut PartyTx<'_>, what: &Remembered<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO remembered_defaults (party_id, user_id, location, day, content) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT ON CONSTRAINT remembered_defaults_pk DO UPDATE SET day = EXCLUDED.day, content = EXCLUDED.content, updated_at = now(),
             picked_at = CASE WHEN remembered_defaults.day = EXCLUDED.day THEN remembered_defaults.picked_at END",
        what.party,
        what.user,
        place(what.location),
        what.day,
        what.content
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The caller records at this location from now on, today and in this session; what is remembered there of them stays.
///
/// # Errors
/// When the database fails.
pub async fn pick(tx: &mut PartyTx<'_>, what: &Remembered<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO remembered_defaults AS known (party_id, user_id, location, day, content, picked_at) VALUES ($1, $2, $3, $4, $5, clock_timestamp())
         ON CONFLICT ON CONSTRAINT remembered_defaults_pk DO UPDATE SET day = EXCLUDED.day, picked_at = clock_timestamp(), updated_at = now(),
             content = CASE WHEN known.day = EXCLUDED.day AND known.content ->> 'session' = EXCLUDED.content ->> 'session'
                            THEN known.content ELSE EXCLUDED.content END",
        what.party,
        what.user,
        place(what.location),
        what.day,
        what.content
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Where the caller records today in this session: the location picked last, when one was.
///
/// # Errors
/// When the database fails.
pub async fn picked(
    tx: &mut PartyTx<'_>,
    user: Uuid,
    day: Date,
    session: Uuid,
) -> Result<Option<Uuid>, StoreError> {
    let found = sqlx::query_scalar!(
        "SELECT location FROM remembered_defaults
         WHERE user_id = $1 AND day = $2 AND content ->> 'session' = $3 AND picked_at IS NOT NULL ORDER BY picked_at DESC LIMIT 1",
        user,
        day,
        session.to_string()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(found.and_then(|location| location.parse().ok()))
}

/// Forgets what was remembered for a user, who logs out.
///
/// # Errors
/// When the database fails.
pub async fn forget_remembered(tx: &mut PartyTx<'_>, user: Uuid) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM remembered_defaults WHERE user_id = $1", user)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Forgets what was remembered for a day before this one (features F03).
///
/// # Errors
/// When the database fails.
pub async fn forget_defaults(tx: &mut WorkerTx<'_>, today: Date) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM remembered_defaults WHERE day < $1", today)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes drafts and kept forms whose 24 hours are over; of a submitted draft its receipt stays.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM drafts WHERE expires_at < now()")
        .execute(&mut **tx)
        .await?;
    sqlx::query!("DELETE FROM kept_forms WHERE expires_at < now()")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// A new receipt.
pub struct NewReceipt<'a> {
    /// The party.
    pub party: Uuid,
    /// The draft it is of: twice the same draft is one receipt.
    pub token: Uuid,
    /// Reference.
    pub reference: &'a str,
    /// Who.
    pub user: Uuid,
    /// The registration, unless only counted.
    pub report: Option<Uuid>,
    /// The delivery.
    pub delivery: Uuid,
    /// Outcome.
    pub outcome: &'a str,
    /// What the page shows: no person.
    pub content: serde_json::Value,
}

/// Stores a receipt.
///
/// # Errors
/// When the database fails.
pub async fn insert_receipt(tx: &mut WorkerTx<'_>, new: &NewReceipt<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO receipts (party_id, token, reference, user_id, report_id, delivery_id, outcome, content)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.party,
        new.token,
        new.reference,
        new.user,
        new.report,
        new.delivery,
        new.outcome,
        new.content
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The reference a draft got, and the revision that was sent.
///
/// # Errors
/// When the database fails; `NotFound` without one.
pub async fn reference_of(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    token: Uuid,
) -> Result<(String, Option<String>), StoreError> {
    let found = sqlx::query!(
        "SELECT reference, content ->> 'revision' AS revision FROM receipts WHERE party_id = $1 AND token = $2",
        party,
        token
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((found.reference, found.revision))
}

/// The next number of a reference.
///
/// # Errors
/// When the database fails.
pub async fn next_number(tx: &mut WorkerTx<'_>) -> Result<i64, StoreError> {
    Ok(
        sqlx::query_scalar!(r#"SELECT nextval('receipt_numbers') AS "number!""#)
            .fetch_one(&mut **tx)
            .await?,
    )
}

/// A receipt.
pub struct ReceiptRow {
    /// Reference.
    pub reference: String,
    /// The registration.
    pub report_id: Option<Uuid>,
    /// Outcome.
    pub outcome: String,
    /// What the page shows.
    pub content: serde_json::Value,
    /// When.
    pub created_at: OffsetDateTime,
}

/// A receipt of the caller's party, by its reference or by the key of the draft it answers.
///
/// # Errors
/// When the database fails.
pub async fn receipt(
    tx: &mut PartyTx<'_>,
    reference: &str,
) -> Result<Option<ReceiptRow>, StoreError> {
    let row = sqlx::query_as!(
        ReceiptRow,
        "SELECT reference, report_id, outcome, content, created_at FROM receipts WHERE reference = $1 OR token = $2",
        reference,
        reference.parse::<Uuid>().ok()
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

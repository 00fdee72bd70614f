//! The list of a round (features F05): sealed, of one user at one party, 24 hours.

use super::{PartyTx, StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// A list as it is stored.
pub struct WorklistRow {
    /// Its lines, sealed.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub made_at: OffsetDateTime,
}

/// Stores a list in place of an earlier one of this user.
///
/// # Errors
/// When the database fails.
pub async fn put(
    tx: &mut PartyTx<'_>,
    party: Uuid,
    user: Uuid,
    sealed: &[u8],
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO worklists (party_id, user_id, sealed) VALUES ($1, $2, $3)
         ON CONFLICT ON CONSTRAINT worklists_pk DO UPDATE
         SET sealed = EXCLUDED.sealed, made_at = EXCLUDED.made_at, expires_at = EXCLUDED.expires_at",
        party,
        user,
        sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The list of the caller; row-level security hides those of others.
///
/// # Errors
/// When the database fails.
pub async fn of(tx: &mut PartyTx<'_>, user: Uuid) -> Result<Option<WorklistRow>, StoreError> {
    let row = sqlx::query_as!(
        WorklistRow,
        "SELECT sealed, made_at FROM worklists WHERE user_id = $1 AND expires_at > now()",
        user
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The same, locked, for who changes it.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut PartyTx<'_>, user: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT sealed FROM worklists WHERE user_id = $1 AND expires_at > now() FOR UPDATE",
        user
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// The same list with what was found out since.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut PartyTx<'_>, user: Uuid, sealed: &[u8]) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE worklists SET sealed = $2 WHERE user_id = $1 AND expires_at > now()",
        user,
        sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Throws the list of the caller away.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut PartyTx<'_>, user: Uuid) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM worklists WHERE user_id = $1", user)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Deletes lists whose 24 hours are over.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM worklists WHERE expires_at < now()")
        .execute(&mut **tx)
        .await?;
    Ok(())
}

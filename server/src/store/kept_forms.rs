//! Forms that were sent after the session of their sender ended (sealed, of one user and institution, 24 hours).

use super::{PartyTx, StoreError};
use uuid::Uuid;

/// Stores a form of the caller.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut PartyTx<'_>,
    id: Uuid,
    user: Uuid,
    party: Option<Uuid>,
    sealed: &[u8],
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO kept_forms (id, user_id, party_id, sealed) VALUES ($1, $2, $3, $4)",
        id,
        user,
        party,
        sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Leaves the newest of a user.
///
/// # Errors
/// When the database fails.
pub async fn keep_newest(
    tx: &mut PartyTx<'_>,
    user: Uuid,
    how_many: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM kept_forms WHERE id IN (SELECT id FROM kept_forms WHERE user_id = $1 ORDER BY kept_at DESC, id DESC OFFSET $2)",
        user,
        how_many
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What is sealed of a form of the caller; row-level security hides those of others.
///
/// # Errors
/// When the database fails.
pub async fn open(tx: &mut PartyTx<'_>, id: Uuid) -> Result<Option<Vec<u8>>, StoreError> {
    let sealed = sqlx::query_scalar!(
        "SELECT sealed FROM kept_forms WHERE id = $1 AND expires_at > now()",
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(sealed)
}

/// Takes a form of the caller away; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(tx: &mut PartyTx<'_>, id: Uuid) -> Result<bool, StoreError> {
    let gone = sqlx::query!("DELETE FROM kept_forms WHERE id = $1", id)
        .execute(&mut **tx)
        .await?;
    Ok(gone.rows_affected() == 1)
}

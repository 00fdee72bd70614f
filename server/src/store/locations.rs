//! The locations of an institution (features F03): kept by who manages it, picked by who records.

use super::{PartyTx, StoreError, WorkerTx};
use uuid::Uuid;

/// A location in use.
pub struct LocationRow {
    /// Key.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// The place that its vaccinations get when nothing else is said.
    pub place: Option<String>,
}

/// Locations of the caller's party that are in use, by name.
///
/// # Errors
/// When the database fails.
pub async fn in_use(tx: &mut PartyTx<'_>) -> Result<Vec<LocationRow>, StoreError> {
    Ok(sqlx::query_as!(
        LocationRow,
        "SELECT id, name, place FROM locations WHERE party_id = cims_party() AND ended_at IS NULL ORDER BY lower(name)"
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A new location; `false` when one of this name is in use.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    location: &LocationRow,
) -> Result<bool, StoreError> {
    let added = sqlx::query!(
        "INSERT INTO locations (id, party_id, name, place) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        location.id,
        party,
        location.name,
        location.place
    )
    .execute(&mut **tx)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Another name or place for a location of a party; `false` when it has none such in use.
///
/// # Errors
/// When the database fails; `Constraint("locations_name_once")` when another one has this name.
pub async fn rename(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    location: &LocationRow,
) -> Result<bool, StoreError> {
    let changed = sqlx::query!(
        "UPDATE locations SET name = $3, place = $4 WHERE id = $1 AND party_id = $2 AND ended_at IS NULL",
        location.id,
        party,
        location.name,
        location.place
    )
    .execute(&mut **tx)
    .await?;
    Ok(changed.rows_affected() == 1)
}

/// A location of a party is used no longer; `false` when it has none such in use.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut WorkerTx<'_>, party: Uuid, id: Uuid) -> Result<bool, StoreError> {
    let ended = sqlx::query!(
        "UPDATE locations SET ended_at = now() WHERE id = $1 AND party_id = $2 AND ended_at IS NULL",
        id,
        party
    )
    .execute(&mut **tx)
    .await?;
    Ok(ended.rows_affected() == 1)
}

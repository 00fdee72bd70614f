//! What a party's and a user's profile fill in when a row leaves it empty (specification §2, V2 and V3).

use super::{StoreError, WorkerTx};
use domain::party::{Agb, BigNumber, TargetGroup};
use domain::row::PartyProfile;
use uuid::Uuid;

/// The profile of a party, with the BIG number of a user before that of the party.
///
/// # Errors
/// When the database fails; `NotFound` without such a party.
pub async fn of(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    user: Uuid,
) -> Result<PartyProfile, StoreError> {
    let row = sqlx::query!(
        "SELECT p.default_target_group, p.default_agb, COALESCE(u.big, p.default_big) AS big
         FROM parties p LEFT JOIN users u ON u.id = $2 WHERE p.id = $1",
        party,
        user
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(PartyProfile {
        default_target_group: row
            .default_target_group
            .as_deref()
            .and_then(TargetGroup::parse),
        agb: row.default_agb.as_deref().and_then(Agb::parse),
        big: row.big.as_deref().and_then(BigNumber::parse),
    })
}

/// A party by its code: key, and whether it may deliver.
///
/// # Errors
/// When the database fails.
pub async fn by_code(
    tx: &mut WorkerTx<'_>,
    code: &str,
) -> Result<Option<(Uuid, bool)>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT id, status = 'active' AS "active!" FROM parties WHERE code = $1"#,
        code
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(|row| (row.id, row.active)))
}

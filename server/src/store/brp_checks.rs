//! Budgets on asking the BRP (security §4.6): each question is counted, whatever its answer.

use super::{StoreError, WorkerTx};
use serde::Deserialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// How often one may ask; configuration (`settings`, key `brp_budget`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Questions of a user in a minute.
    pub user_minute: i64,
    /// Questions of a user in 24 hours.
    pub user_day: i64,
    /// Questions of a party in 24 hours.
    pub party_day: i64,
    /// Questions over which mismatches are counted.
    pub mismatch_window: i64,
    /// Percentage of mismatches above which a user is blocked.
    pub mismatch_percent: i64,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            user_minute: 60,
            user_day: 400,
            party_day: 5_000,
            mismatch_window: 50,
            mismatch_percent: 20,
        }
    }
}

/// Whether somebody may ask now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// So many more, at least one.
    More(i64),
    /// Not now.
    Later,
    /// Blocked until RIVM lifts it.
    Blocked,
}

/// The budget in force.
///
/// # Errors
/// When the database fails.
pub async fn budget(tx: &mut WorkerTx<'_>) -> Result<Budget, StoreError> {
    let found = sqlx::query_scalar!("SELECT value FROM settings WHERE key = 'brp_budget'")
        .fetch_optional(&mut **tx)
        .await?;
    Ok(found
        .and_then(|value| serde_json::from_value(value).ok())
        .unwrap_or_default())
}

/// How many times this user of this party may ask more. Takes the user's turn, so that ten requests at once count as ten.
///
/// # Errors
/// When the database fails.
pub async fn allowed(
    tx: &mut WorkerTx<'_>,
    budget: Budget,
    user: Uuid,
    party: Uuid,
    now: OffsetDateTime,
) -> Result<Allowed, StoreError> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))",
        user.to_string()
    )
    .fetch_one(&mut **tx)
    .await?;
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM brp_blocks WHERE user_id = $1 AND lifted_at IS NULL) AS "blocked!",
                  (SELECT count(*) FROM brp_checks WHERE user_id = $1 AND checked_at > $3::timestamptz - interval '1 minute') AS "minute!",
                  (SELECT count(*) FROM brp_checks WHERE user_id = $1 AND checked_at > $3::timestamptz - interval '1 day') AS "day!",
                  (SELECT count(*) FROM brp_checks WHERE party_id = $2 AND checked_at > $3::timestamptz - interval '1 day') AS "party!""#,
        user,
        party,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    let more = (budget.user_minute - row.minute)
        .min(budget.user_day - row.day)
        .min(budget.party_day - row.party);
    Ok(match more {
        _ if row.blocked => Allowed::Blocked,
        ..=0 => Allowed::Later,
        more => Allowed::More(more),
    })
}

/// Counts questions; `true` when they make too many mismatches, so that the user is blocked now.
///
/// # Errors
/// When the database fails.
pub async fn count(
    tx: &mut WorkerTx<'_>,
    budget: Budget,
    user: Uuid,
    party: Uuid,
    matched: &[bool],
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    sqlx::query!(
        "INSERT INTO brp_checks (user_id, party_id, matched, checked_at) SELECT $1, $2, m, $4 FROM unnest($3::boolean[]) AS m",
        user,
        party,
        matched,
        now
    )
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query!(
        r#"SELECT count(*) AS "asked!", count(*) FILTER (WHERE NOT matched) AS "missed!"
           FROM (SELECT matched FROM brp_checks
                 WHERE user_id = $1 AND checked_at > COALESCE((SELECT max(lifted_at) FROM brp_blocks WHERE user_id = $1), '-infinity')
                 ORDER BY checked_at DESC, id DESC LIMIT $2) AS newest"#,
        user,
        budget.mismatch_window
    )
    .fetch_one(&mut **tx)
    .await?;
    let blocked = row.asked >= budget.mismatch_window
        && row.missed * 100 > row.asked * budget.mismatch_percent;
    if blocked {
        sqlx::query!(
            "INSERT INTO brp_blocks (user_id, blocked_at) VALUES ($1, $2)",
            user,
            now
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(blocked)
}

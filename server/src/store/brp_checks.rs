//! Budgets on asking the BRP (security §4.6): each question is counted, whatever its answer.

use super::{StoreError, WorkerTx};
use serde::Deserialize;
use std::collections::HashSet;
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
    /// Not in this minute.
    NextMinute,
    /// Not today: the user or the party asked as often as one may in 24 hours.
    Tomorrow,
    /// Blocked until RIVM lifts it.
    Blocked,
}

impl Allowed {
    /// How many more.
    #[must_use]
    pub const fn more(self) -> i64 {
        match self {
            Self::More(more) => more,
            _ => 0,
        }
    }
}

/// A question that was asked.
#[derive(Debug, Clone)]
pub struct Check {
    /// Keyed digest of BSN and birth date.
    pub question: Vec<u8>,
    /// The BRP knows them so; `None`: it is late, and answers another time.
    pub matched: Option<bool>,
    /// It stood in a file: it counts for the party, as the rows of the file did, and not for who looks at it.
    pub of_file: bool,
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

/// Whose turn it is until the end of a transaction: what is asked meanwhile waits. The user's comes before the party's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// One question after the other of this user.
    User,
    /// Of the whole party, for who answers at once.
    Party,
}

async fn take_turn(tx: &mut WorkerTx<'_>, of: Uuid, turn: Turn) -> Result<(), StoreError> {
    let kind = match turn {
        Turn::User => 0_i64,
        Turn::Party => 2,
    };
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1::text, $2))",
        of.to_string(),
        kind
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(())
}

/// How many times this user of this party may ask more. Takes their turn, so that ten requests at once count as ten.
///
/// # Errors
/// When the database fails.
pub async fn allowed(
    tx: &mut WorkerTx<'_>,
    budget: Budget,
    user: Uuid,
    party: Uuid,
    turn: Turn,
    now: OffsetDateTime,
) -> Result<Allowed, StoreError> {
    take_turn(tx, user, Turn::User).await?;
    if turn == Turn::Party {
        take_turn(tx, party, Turn::Party).await?;
    }
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM brp_blocks WHERE user_id = $1 AND lifted_at IS NULL) AS "blocked!",
                  (SELECT count(*) FROM brp_checks WHERE user_id = $1 AND NOT of_file AND checked_at > $3::timestamptz - interval '1 minute') AS "minute!",
                  (SELECT count(*) FROM brp_checks WHERE user_id = $1 AND NOT of_file AND checked_at > $3::timestamptz - interval '1 day') AS "day!",
                  (SELECT count(*) FROM brp_checks WHERE party_id = $2 AND NOT of_file AND checked_at > $3::timestamptz - interval '1 day') AS "party!""#,
        user,
        party,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    let today = (budget.user_day - row.day).min(budget.party_day - row.party);
    let minute = budget.user_minute - row.minute;
    Ok(if row.blocked {
        Allowed::Blocked
    } else if today <= 0 {
        Allowed::Tomorrow
    } else if minute <= 0 {
        Allowed::NextMinute
    } else {
        Allowed::More(minute.min(today))
    })
}

/// Takes the turn of the party, after that of the user, until the end of the transaction; whether it may ask so many more.
///
/// # Errors
/// When the database fails.
pub async fn party_may(
    tx: &mut WorkerTx<'_>,
    budget: Budget,
    party: Uuid,
    more: usize,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    take_turn(tx, party, Turn::Party).await?;
    let asked = sqlx::query_scalar!(
        r#"SELECT count(*) AS "asked!" FROM brp_checks
           WHERE party_id = $1 AND NOT of_file AND checked_at > $2::timestamptz - interval '1 day'"#,
        party,
        now
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(asked.saturating_add(i64::try_from(more).unwrap_or(i64::MAX)) <= budget.party_day)
}

/// Of which of these a user got an answer in the last 24 hours.
///
/// # Errors
/// When the database fails.
pub async fn known(
    tx: &mut WorkerTx<'_>,
    user: Uuid,
    questions: &[Vec<u8>],
    now: OffsetDateTime,
) -> Result<HashSet<Vec<u8>>, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT DISTINCT question AS "question!" FROM brp_checks
           WHERE user_id = $1 AND question = ANY ($2) AND matched IS NOT NULL AND checked_at > $3::timestamptz - interval '1 day'"#,
        user,
        questions,
        now
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(found.into_iter().collect())
}

/// Forgets about whom was asked a day ago; that it was asked stays.
///
/// # Errors
/// When the database fails.
pub async fn forget(tx: &mut WorkerTx<'_>, now: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE brp_checks SET question = NULL WHERE question IS NOT NULL AND checked_at < $1::timestamptz - interval '1 day'",
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Counts rows of a file that were held against the BRP; `true` when too many of the newest of the party did not match,
/// since the last time that this was said (security §4.6: "files are an oracle too").
///
/// # Errors
/// When the database fails.
pub async fn count_file(
    tx: &mut WorkerTx<'_>,
    budget: Budget,
    party: Uuid,
    (asked, matched): (u32, u32),
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    if asked == 0 {
        return Ok(false);
    }
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 1))",
        party.to_string()
    )
    .fetch_one(&mut **tx)
    .await?;
    let (asked, matched) = (
        i32::try_from(asked).unwrap_or(i32::MAX),
        i32::try_from(matched).unwrap_or(i32::MAX),
    );
    // As many of the newest files as make the window, this one first.
    let row = sqlx::query!(
        r#"WITH newest AS MATERIALIZED (
               SELECT id, asked, matched FROM brp_file_checks
               WHERE party_id = $1 AND id > COALESCE((SELECT max(id) FROM brp_file_checks WHERE party_id = $1 AND alarm), 0)
               ORDER BY id DESC LIMIT $2),
           sums AS (SELECT asked, matched, sum(asked) OVER (ORDER BY id DESC) - asked AS before FROM newest)
           SELECT COALESCE(sum(asked), 0)::bigint AS "asked!", COALESCE(sum(matched), 0)::bigint AS "matched!"
           FROM sums WHERE before + $3::bigint < $2"#,
        party,
        budget.mismatch_window,
        i64::from(asked)
    )
    .fetch_one(&mut **tx)
    .await?;
    let all = row.asked + i64::from(asked);
    let missed = all - row.matched - i64::from(matched);
    let alarm = all >= budget.mismatch_window && missed * 100 > all * budget.mismatch_percent;
    sqlx::query!(
        "INSERT INTO brp_file_checks (party_id, asked, matched, alarm, checked_at) VALUES ($1, $2, $3, $4, $5)",
        party,
        asked,
        matched,
        alarm,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(alarm)
}

/// A user who may not ask until RIVM lifts it.
pub struct Block {
    /// The user.
    pub user: Uuid,
    /// Subject at the login service.
    pub subject: String,
    /// Name.
    pub name: String,
    /// Since when.
    pub since: OffsetDateTime,
}

/// Users who are blocked, the longest first.
///
/// # Errors
/// When the database fails.
pub async fn blocks(tx: &mut WorkerTx<'_>) -> Result<Vec<Block>, StoreError> {
    Ok(sqlx::query_as!(
        Block,
        r#"SELECT u.id AS "user!", u.subject AS "subject!", u.name AS "name!", min(b.blocked_at) AS "since!"
           FROM brp_blocks b JOIN users u ON u.id = b.user_id WHERE b.lifted_at IS NULL
           GROUP BY u.id ORDER BY min(b.blocked_at)"#
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Lifts the block of a user, whose mismatches of before do not count any more; `false` when there was none.
///
/// # Errors
/// When the database fails.
pub async fn lift(
    tx: &mut WorkerTx<'_>,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let lifted = sqlx::query!(
        "UPDATE brp_blocks SET lifted_at = $2 WHERE user_id = $1 AND lifted_at IS NULL",
        user,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(lifted.rows_affected() > 0)
}

/// Counts questions, each once although its answer came later that day; `true` when they make too many mismatches, so that the user is blocked now.
///
/// # Errors
/// When the database fails.
pub async fn count(
    tx: &mut WorkerTx<'_>,
    budget: Budget,
    user: Uuid,
    party: Uuid,
    checks: &[Check],
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let questions: Vec<Vec<u8>> = checks.iter().map(|check| check.question.clone()).collect();
    let matched: Vec<Option<bool>> = checks.iter().map(|check| check.matched).collect();
    let of_file: Vec<bool> = checks.iter().map(|check| check.of_file).collect();
    sqlx::query!(
        "WITH asked AS (SELECT q, m, f FROM unnest($3::bytea[], $4::boolean[], $5::boolean[]) AS c (q, m, f)),
         waited AS (UPDATE brp_checks b SET matched = asked.m FROM asked
                    WHERE b.user_id = $1 AND b.party_id = $2 AND b.question = asked.q AND b.matched IS NULL RETURNING b.question)
         INSERT INTO brp_checks (user_id, party_id, question, matched, of_file, checked_at)
         SELECT $1, $2, q, m, f, $6 FROM asked WHERE NOT EXISTS (SELECT FROM waited WHERE waited.question = asked.q)",
        user,
        party,
        &questions,
        &matched as _,
        &of_file,
        now
    )
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query!(
        r#"SELECT count(*) AS "asked!", count(*) FILTER (WHERE NOT matched) AS "missed!"
           FROM (SELECT matched FROM brp_checks
                 WHERE user_id = $1 AND NOT of_file AND matched IS NOT NULL AND checked_at > COALESCE((SELECT max(lifted_at) FROM brp_blocks WHERE user_id = $1), '-infinity')
                 ORDER BY checked_at DESC, id DESC LIMIT $2) AS newest"#,
        user,
        budget.mismatch_window
    )
    .fetch_one(&mut **tx)
    .await?;
    let typed = checks.iter().any(|check| !check.of_file);
    let blocked = typed
        && row.asked >= budget.mismatch_window
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

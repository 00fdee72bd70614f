//! What each installation delivered lately, to see what did not come (features F61). No row and no file name.

use super::{PartyTx, StoreError, WorkerTx};
use time::{Date, OffsetDateTime};

/// An installation and what came of it since a moment.
pub struct Installation {
    /// Name of the account.
    pub account: String,
    /// As in the names of its files.
    pub installation: String,
    /// Name of the party.
    pub party: String,
    /// Name of who runs it.
    pub intermediary: Option<String>,
    /// A file is expected each working day.
    pub daily: bool,
    /// Since when files are expected: from when the account was given out, and its connection and parties were opened. None
    /// while that is not so.
    pub expected_since: Option<OffsetDateTime>,
    /// The last file, whenever that was.
    pub last_at: Option<OffsetDateTime>,
    /// Files since the moment.
    pub files: i64,
    /// Of those refused as a whole.
    pub refused: i64,
    /// Rows read of them.
    pub rows_read: i64,
    /// Rows refused.
    pub rows_refused: i64,
    /// Rows their control files or trailers promised, of the files that had one.
    pub promised: i64,
    /// Rows read of those files.
    pub promised_read: i64,
    /// Uploads that never counted.
    pub aborted: i64,
    /// Numbers of its files, taken or doubled, and the last one before the moment.
    pub numbers: Vec<i32>,
    /// Rows of its files that were taken, in the order they came.
    pub sizes: Vec<i32>,
    /// Days on which files came, Dutch time.
    pub days: Vec<Date>,
    /// Rows read on each of those days.
    pub day_rows: Vec<i64>,
}

/// What did not come of installations.
pub struct Lacking {
    /// A file is expected each working day.
    pub daily: bool,
    /// When the last file came, or since when files are expected; none while none are.
    pub since: Option<OffsetDateTime>,
    /// Numbers of its files, taken or doubled, and the last one before the moment.
    pub numbers: Vec<i32>,
    /// Rows of its files that were taken, in the order they came.
    pub sizes: Vec<i32>,
}

/// Every installation, for the metrics.
///
/// # Errors
/// When the database fails.
pub async fn for_metrics(
    tx: &mut WorkerTx<'_>,
    since: OffsetDateTime,
) -> Result<Vec<Lacking>, StoreError> {
    // It shows to who reviews.
    sqlx::query!("SELECT set_config('cims.role', 'rivm-beoordelaar', true) AS role")
        .fetch_one(&mut **tx)
        .await?;
    Ok(sqlx::query_as!(
        Lacking,
        r#"SELECT daily AS "daily!", CASE WHEN expected_since IS NOT NULL THEN GREATEST(last_at, expected_since) END AS since, numbers AS "numbers!", sizes AS "sizes!" FROM installation_figures($1)"#,
        since
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Every installation that brings rows, with what came since a moment: of all parties for who reviews, of the own party
/// for a supplier (`installation_figures` asks for the role).
///
/// # Errors
/// When the database fails.
pub async fn installations(
    tx: &mut PartyTx<'_>,
    since: OffsetDateTime,
) -> Result<Vec<Installation>, StoreError> {
    Ok(sqlx::query_as!(
        Installation,
        r#"SELECT account AS "account!", installation AS "installation!", party AS "party!", intermediary, daily AS "daily!",
                  expected_since, last_at, files AS "files!", refused AS "refused!", rows_read AS "rows_read!",
                  rows_refused AS "rows_refused!", promised AS "promised!", promised_read AS "promised_read!", aborted AS "aborted!",
                  numbers AS "numbers!", sizes AS "sizes!", days AS "days!", day_rows AS "day_rows!"
           FROM installation_figures($1)"#,
        since
    )
    .fetch_all(&mut **tx)
    .await?)
}

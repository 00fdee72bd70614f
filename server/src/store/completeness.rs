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
    /// Rows in the register.
    pub rows_stored: i64,
    /// Of those, rows that RIVM looks at.
    pub rows_waiting: i64,
    /// Rows that were known already.
    pub rows_double: i64,
    /// Rows without consent.
    pub rows_counted: i64,
    /// Rows that were in the register until their delivery was withdrawn.
    pub rows_withdrawn: i64,
    /// Rows their control files or trailers promised, of the files that had one.
    pub promised: i64,
    /// Rows read of those files.
    pub promised_read: i64,
    /// Of those, rows of files that were not refused as a whole.
    pub promised_taken: i64,
    /// Uploads that never counted.
    pub aborted: i64,
    /// Files that are set aside until somebody decides, whenever they came.
    pub parked: i64,
    /// Files that wait for one of those.
    pub held: i64,
    /// First numbers of what is missing, whenever that was.
    pub gap_from: Vec<i32>,
    /// Last numbers of that, one for each first one.
    pub gap_to: Vec<i32>,
    /// Rows of its files that were taken, in the order they came.
    pub sizes: Vec<i32>,
    /// The day on which each of them came, Dutch time.
    pub size_days: Vec<Date>,
    /// Days on which files came, Dutch time.
    pub days: Vec<Date>,
    /// Rows read on each of those days.
    pub day_rows: Vec<i64>,
}

/// What did not come of installations.
pub struct Lacking {
    /// Name of the account.
    pub account: String,
    /// A file is expected each working day.
    pub daily: bool,
    /// When the last file came, or since when files are expected; none while none are.
    pub since: Option<OffsetDateTime>,
    /// Last numbers of what is missing.
    pub gap_to: Vec<i32>,
    /// Rows were announced and not taken.
    pub announced: bool,
    /// Rows of its files that were taken, in the order they came.
    pub sizes: Vec<i32>,
    /// The day on which each of them came, Dutch time.
    pub size_days: Vec<Date>,
}

/// Day and rows of each file that was taken.
#[must_use]
pub fn files(days: &[Date], sizes: &[i32]) -> Vec<(Date, u32)> {
    let rows = sizes
        .iter()
        .map(|rows| u32::try_from(*rows).unwrap_or_default());
    days.iter().copied().zip(rows).collect()
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
        r#"SELECT account AS "account!", daily AS "daily!", CASE WHEN expected_since IS NOT NULL THEN GREATEST(last_at, expected_since) END AS since, gap_to AS "gap_to!", promised <> promised_taken AS "announced!", sizes AS "sizes!", size_days AS "size_days!" FROM installation_figures($1)"#,
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
                  rows_refused AS "rows_refused!", rows_stored AS "rows_stored!",
                  rows_review AS "rows_waiting!", rows_double AS "rows_double!", rows_counted AS "rows_counted!", rows_withdrawn AS "rows_withdrawn!",
                  promised_taken AS "promised_taken!", promised AS "promised!", promised_read AS "promised_read!",
                  aborted AS "aborted!", parked AS "parked!", held AS "held!", gap_from AS "gap_from!", gap_to AS "gap_to!", sizes AS "sizes!", size_days AS "size_days!", days AS "days!", day_rows AS "day_rows!"
           FROM installation_figures($1)"#,
        since
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Since when somebody looks without an hour's break; none as long as nobody knows of one. What came to be before that may be
/// because nobody was there to take files in.
///
/// # Errors
/// When the database fails.
pub async fn returned_at(
    tx: &mut WorkerTx<'_>,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT max(CASE WHEN looked_at < $1::timestamptz - interval '1 hour' THEN $1::timestamptz ELSE returned_at END) AS "at?" FROM alarm_looks"#,
        now
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Remembers how many there are of something that lacks; answers how many there were when anybody last looked.
///
/// # Errors
/// When the database fails.
pub async fn looked(
    tx: &mut WorkerTx<'_>,
    lacks: &str,
    number: i64,
    now: OffsetDateTime,
) -> Result<i64, StoreError> {
    let before = sqlx::query_scalar!(
        "SELECT number FROM alarm_looks WHERE lacks = $1 FOR UPDATE",
        lacks
    )
    .fetch_optional(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO alarm_looks AS a (lacks, number, looked_at) VALUES ($1, $2, $3)
         ON CONFLICT (lacks) DO UPDATE SET number = EXCLUDED.number, looked_at = EXCLUDED.looked_at,
                returned_at = CASE WHEN a.looked_at < EXCLUDED.looked_at - interval '1 hour' THEN EXCLUDED.looked_at ELSE a.returned_at END",
        lacks,
        number,
        now
    )
    .execute(&mut **tx)
    .await?;
    Ok(before.unwrap_or_default())
}

/// Remembers of which accounts something lacks, each by its name, or as `name:number` when it can lack more than one thing;
/// answers which did not when anybody last looked.
///
/// # Errors
/// When the database fails.
pub async fn newly(
    tx: &mut WorkerTx<'_>,
    lacks: &str,
    lacking: &[String],
    now: OffsetDateTime,
) -> Result<Vec<String>, StoreError> {
    let before = sqlx::query_scalar!(
        "SELECT accounts FROM alarm_looks WHERE lacks = $1 FOR UPDATE",
        lacks
    )
    .fetch_optional(&mut **tx)
    .await?
    .flatten();
    let number = i64::try_from(lacking.len()).unwrap_or(i64::MAX);
    let more = number > looked(tx, lacks, number, now).await?;
    sqlx::query!(
        "UPDATE alarm_looks SET accounts = $2 WHERE lacks = $1",
        lacks,
        lacking
    )
    .execute(&mut **tx)
    .await?;
    // A node of a release before kept how many, and not which; then the account, and not the number.
    let is_new = |one: &String| {
        let account = one.split(':').next();
        let told = |known: &String| known == one || Some(known.as_str()) == account;
        let known = before.as_ref();
        known.map_or(more, |known| !known.iter().any(told))
    };
    let new = lacking.iter().filter(|one| is_new(one));
    Ok(new.cloned().collect())
}

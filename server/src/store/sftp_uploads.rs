//! What lies in `in/` of the drop box and is not a delivery yet. Each step names the state it comes from, so that of
//! two who want it one gets it.

use super::answer_files::Answered;
use super::sftp_accounts::{Account, proof};
use super::{StoreError, WorkerTx};
use domain::delivery::dropbox::Tail;
use time::OffsetDateTime;
use uuid::Uuid;

/// A file in `in/`.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Key, also of its raw file.
    pub id: Uuid,
    /// As it is called now.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// Whole on disk.
    pub closed: bool,
    /// When it was begun.
    pub opened_at: OffsetDateTime,
    /// SHA-256, sealed.
    pub sha256_sealed: Option<Vec<u8>>,
    /// Rows that its last line promises; of a set that was taken, what its control file does.
    pub trailer: Option<i32>,
    /// Its last line is ended.
    pub ended: bool,
}

/// Begins one. The name is taken from then on.
///
/// # Errors
/// When the database fails; constraint `sftp_uploads_name` when there is one of this name.
pub async fn begin(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    account: &Account,
    name: &str,
    process: Uuid,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO sftp_uploads (id, account_id, party_id, name, process, test_lane) VALUES ($1, $2, $3, $4, $5, $6)",
        id,
        account.id,
        account.party,
        name,
        process,
        account.test_lane
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A party put down as many files, or bytes, as it may in 24 hours (security §5.2); of what is under way those bytes that
/// [`came`] told.
///
/// # Errors
/// When the database fails.
pub async fn had_enough(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    (files, bytes): (u32, u64),
) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT count(*) >= $2 OR COALESCE(sum(size), 0) >= $3::bigint AS "enough!"
           FROM sftp_uploads WHERE party_id = $1 AND opened_at > now() - make_interval(days => 1)"#,
        party,
        i64::from(files),
        i64::try_from(bytes).unwrap_or(i64::MAX)
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// So many bytes of an upload came; they count for the day, also when it never counts itself.
///
/// # Errors
/// When the database fails.
pub async fn came(tx: &mut WorkerTx<'_>, id: Uuid, bytes: u64) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE sftp_uploads SET size = $2 WHERE id = $1 AND state IN ('open', 'void') AND size < $2",
        id,
        i64::try_from(bytes).unwrap_or(i64::MAX)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All files in the folder where an account delivers now, or those of one name.
///
/// # Errors
/// When the database fails.
pub async fn of_account(
    tx: &mut WorkerTx<'_>,
    account: &Account,
    name: Option<&str>,
) -> Result<Vec<Upload>, StoreError> {
    Ok(sqlx::query_as!(
        Upload,
        r#"SELECT id, name, size, state = 'closed' AS "closed!", opened_at, sha256_sealed, trailer, ended
           FROM sftp_uploads WHERE account_id = $1 AND test_lane = $3 AND state IN ('open', 'closed') AND ($2::text IS NULL OR name = $2) ORDER BY name"#,
        account.id,
        name,
        account.test_lane
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// All bytes are on disk; said twice it is the same. False when it is neither open nor closed any more.
///
/// # Errors
/// When the database fails.
pub async fn close(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    size: u64,
    sha256_sealed: &[u8],
    tail: Tail,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE sftp_uploads SET state = 'closed', size = $2, sha256_sealed = $3, trailer = $4, ended = $5, closed_at = now()
         WHERE id = $1 AND state IN ('open', 'closed')",
        id,
        i64::try_from(size).unwrap_or(i64::MAX),
        sha256_sealed,
        tail.trailer.and_then(|rows| i32::try_from(rows).ok()),
        tail.ended
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// It never counts, for whatever reason.
///
/// # Errors
/// When the database fails.
pub async fn is_void(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM sftp_uploads WHERE id = $1 AND state = 'void') AS "void!""#,
        id
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Gives it another name. False when it is not there.
///
/// # Errors
/// When the database fails; constraint `sftp_uploads_name` when there is one of this name.
pub async fn rename(tx: &mut WorkerTx<'_>, id: Uuid, name: &str) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE sftp_uploads SET name = $2 WHERE id = $1 AND state = 'closed'",
        id,
        name
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// It never counts; `why` is one of the words of the table, `came` the bytes that are known to have come. False when it is
/// gone already.
///
/// # Errors
/// When the database fails.
pub async fn void(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    why: &str,
    came: u64,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE sftp_uploads SET state = 'void', why = $2, gone_at = now(), size = GREATEST(size, $3)
         WHERE id = $1 AND state IN ('open', 'closed')",
        id,
        why,
        i64::try_from(came).unwrap_or(i64::MAX)
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Its name, and who gets the answer.
///
/// # Errors
/// When the database fails; `NotFound` without such an upload.
pub async fn answered(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Answered, StoreError> {
    Ok(sqlx::query_as!(
        Answered,
        "SELECT party_id AS party, account_id AS account, name AS file_name FROM sftp_uploads WHERE id = $1",
        id
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// It is taken under its last name, in this transaction: a delivery, or a set of the BRP. False when somebody else took it, or
/// its account ended.
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut WorkerTx<'_>, id: Uuid, name: &str) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE sftp_uploads u SET state = 'taken', name = $2, gone_at = now() WHERE u.id = $1 AND u.state = 'closed'
           AND EXISTS (SELECT FROM sftp_accounts a WHERE a.id = u.account_id AND a.ended_at IS NULL)",
        id,
        name
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps how many rows a set of the BRP is to have: what its control file promises goes before its last line.
///
/// # Errors
/// When the database fails.
pub async fn promise(tx: &mut WorkerTx<'_>, id: Uuid, rows: Option<i32>) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE sftp_uploads SET trailer = $2 WHERE id = $1",
        id,
        rows
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How many rows a set is to have, where that was promised.
///
/// # Errors
/// When the database fails; `NotFound` without such an upload.
pub async fn promised(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Option<u32>, StoreError> {
    let rows = sqlx::query_scalar!("SELECT trailer FROM sftp_uploads WHERE id = $1", id)
        .fetch_one(&mut **tx)
        .await?;
    Ok(rows.and_then(|rows| u32::try_from(rows).ok()))
}

/// An upload whose process gives no sign of life.
pub struct Left {
    /// Key.
    pub id: Uuid,
    /// Whose it is.
    pub party: Uuid,
    /// The process that had it open.
    pub process: Uuid,
}

/// Files that other processes than this one have open and that give no sign of life.
///
/// # Errors
/// When the database fails.
pub async fn left_behind(tx: &mut WorkerTx<'_>, process: Uuid) -> Result<Vec<Left>, StoreError> {
    Ok(sqlx::query_as!(
        Left,
        "SELECT id, party_id AS party, process FROM sftp_uploads WHERE state = 'open' AND process <> $1 AND NOT process_lives(process) LIMIT 500",
        process
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A whole file that nobody proved.
pub struct Unproved {
    /// Key.
    pub id: Uuid,
    /// Whose it is.
    pub party: Uuid,
    /// The account that put it down.
    pub account: Uuid,
    /// As it is called.
    pub name: String,
    /// It is a set of the BRP, or would be.
    pub brp: bool,
    /// The control file of a file that did not come: no file of its own.
    pub control: bool,
}

/// Files that nobody proved in so many hours.
///
/// # Errors
/// When the database fails.
pub async fn unproved(tx: &mut WorkerTx<'_>, hours: i32) -> Result<Vec<Unproved>, StoreError> {
    Ok(sqlx::query_as!(
        Unproved,
        r#"SELECT u.id, u.party_id AS party, u.account_id AS account, u.name, a.purpose = 'brp' AS "brp!",
                  a.proof = 'control' AND u.name ~ '\.ctl$' AS "control!"
           FROM sftp_uploads u JOIN sftp_accounts a ON a.id = u.account_id
           WHERE u.state = 'closed' AND u.closed_at < now() - make_interval(hours => $1) LIMIT 500"#,
        hours
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// Where a page of whole files ended: when the last one was closed, and its key.
pub type Mark = (OffsetDateTime, Uuid);

/// How many whole files are looked at together.
const PAGE: usize = 100;

/// A page of whole files whose proof may be there although nobody comes any more: those of accounts in use that prove nothing,
/// whose last line is ended and that were left alone for so many seconds (a workbook has no last line; that it is whole
/// shows when it is opened), and those with a trailer or a control file, when a process was killed before it took them.
/// Answers where the next page begins, when there may be one: what stays as it is must not hide what came later.
///
/// # Errors
/// When the database fails.
pub async fn proved(
    tx: &mut WorkerTx<'_>,
    seconds: f64,
    after: Option<Mark>,
) -> Result<(Vec<(Account, Upload)>, Option<Mark>), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT u.id, u.name, u.size, u.opened_at, u.closed_at AS "closed_at!", u.sha256_sealed, u.trailer, u.ended, a.id AS account_id, a.party_id,
                  p.code, a.intermediary_id, a.name AS account_name, a.installation, a.proof, a.purpose = 'brp' AS "brp!", u.test_lane
           FROM sftp_uploads u JOIN sftp_accounts a ON a.id = u.account_id JOIN parties p ON p.id = a.party_id
           WHERE u.state = 'closed' AND u.closed_at < now() - make_interval(secs => $1) AND u.name !~ '\.(part|tmp|filepart)$'
             AND a.ended_at IS NULL
             AND (a.proof = 'quiet' AND (u.ended OR u.name ~* '\.(xlsx|ods)$') OR a.proof = 'trailer' AND u.trailer IS NOT NULL
                  OR a.proof = 'control' AND u.name ~ '\.ctl$')
             AND ($2::timestamptz IS NULL OR (u.closed_at, u.id) > ($2::timestamptz, $3::uuid))
           ORDER BY u.closed_at, u.id LIMIT $4"#,
        seconds,
        after.map(|(closed_at, _)| closed_at),
        after.map(|(_, id)| id),
        i64::try_from(PAGE).unwrap_or(i64::MAX)
    )
    .fetch_all(&mut **tx)
    .await?;
    let last = rows.last().filter(|_| rows.len() == PAGE);
    let next = last.map(|row| (row.closed_at, row.id));
    let page = rows
        .into_iter()
        .map(|row| {
            let account = Account {
                id: row.account_id,
                party: row.party_id,
                party_code: row.code,
                intermediary: row.intermediary_id,
                name: row.account_name,
                installation: row.installation,
                proof: proof(&row.proof)?,
                brp: row.brp,
                test_lane: row.test_lane,
            };
            let upload = Upload {
                id: row.id,
                name: row.name,
                size: row.size,
                closed: true,
                opened_at: row.opened_at,
                sha256_sealed: row.sha256_sealed,
                trailer: row.trailer,
                ended: row.ended,
            };
            Ok((account, upload))
        })
        .collect::<Result<_, StoreError>>()?;
    Ok((page, next))
}

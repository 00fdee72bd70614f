//! Answer files that lie ready in `uit/` (specification §7). The bytes are sealed on disk; here is what they are.

use super::{StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// A file in `uit/`.
#[derive(Debug, Clone)]
pub struct AnswerFile {
    /// Key, also of the file on disk.
    pub id: Uuid,
    /// What it answers: a delivery, or an upload.
    pub answers: Uuid,
    /// It answers an upload that is no delivery.
    pub of_upload: bool,
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: i64,
    /// When it was made.
    pub created_at: OffsetDateTime,
}

/// What an answer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A delivery.
    Delivery(Uuid),
    /// The upload of a set of the BRP, or one that nobody proved to be whole.
    Upload(Uuid),
}

impl Of {
    /// The key, whatever it is of.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::Delivery(id) | Self::Upload(id) => id,
        }
    }

    const fn columns(self) -> (Option<Uuid>, Option<Uuid>) {
        match self {
            Self::Delivery(id) => (Some(id), None),
            Self::Upload(id) => (None, Some(id)),
        }
    }
}

/// Whom an answer is for.
pub struct Answered {
    /// Whose.
    pub party: Uuid,
    /// The account that gets the answer.
    pub account: Uuid,
    /// Name of the file that was delivered.
    pub file_name: String,
}

/// What an answer needs to know of a delivery; none when it came by another way than the drop box.
///
/// # Errors
/// When the database fails.
pub async fn answered(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
) -> Result<Option<Answered>, StoreError> {
    Ok(sqlx::query_as!(
        Answered,
        r#"SELECT party_id AS party, account_id AS "account!", COALESCE(file_name, '') AS "file_name!"
           FROM deliveries WHERE id = $1 AND account_id IS NOT NULL"#,
        delivery
    )
    .fetch_optional(&mut **tx)
    .await?)
}

/// The deliveries of these rows that were answered in `uit/`. One that is on its way or parked is answered at its end.
///
/// # Errors
/// When the database fails.
pub async fn answered_of(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "SELECT d.id FROM deliveries d
         WHERE d.account_id IS NOT NULL AND d.state IN ('done', 'withdrawn')
           AND d.id IN (SELECT delivery_id FROM delivery_rows WHERE id = ANY ($1)) ORDER BY d.id",
        rows
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A new answer file.
pub struct NewAnswer<'a> {
    /// Key, also of the file on disk.
    pub id: Uuid,
    /// What it answers.
    pub of: Of,
    /// Whose.
    pub party: Uuid,
    /// Who gets it.
    pub account: Uuid,
    /// One of the words of the table.
    pub kind: &'a str,
    /// Name of the file that is answered.
    pub file: &'a str,
    /// What its own name has behind that.
    pub ending: &'a str,
    /// Bytes.
    pub size: u64,
}

/// The name of an answer: that of the file, when no other answer keeps it. An answer of a newer file does, and when the same
/// file came once more (DUBBEL), or one of that name that nobody proved, so does a result that nobody fetched: what it says of
/// rows stands nowhere else in `uit/`. Who does not get the name is called after the delivery too.
async fn name_for(tx: &mut WorkerTx<'_>, new: &NewAnswer<'_>) -> Result<String, StoreError> {
    let (delivery, upload) = new.of.columns();
    let name = format!("{}.{}", new.file, new.ending);
    let kept = sqlx::query_scalar!(
        r#"SELECT COALESCE(od.seq > nd.seq OR ou.gone_at > nu.gone_at OR ((nd.outcome = 'DUBBEL' OR nu.why = 'no-proof') AND a.kind <> 'ontvangst'
                      AND NOT EXISTS (SELECT FROM answer_files f WHERE (f.delivery_id = a.delivery_id OR f.upload_id = a.upload_id)
                                      AND f.kind = 'resultaat-csv' AND f.fetched_at IS NOT NULL)), false) AS "kept!"
           FROM answer_files a
           LEFT JOIN deliveries od ON od.id = a.delivery_id LEFT JOIN deliveries nd ON nd.id = $3
           LEFT JOIN sftp_uploads ou ON ou.id = a.upload_id LEFT JOIN sftp_uploads nu ON nu.id = $4
           WHERE a.account_id = $1 AND a.name = $2 AND a.hidden_at IS NULL"#,
        new.account,
        name.as_str(),
        delivery,
        upload
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(if kept == Some(true) {
        format!("{}.{}.{}", new.file, new.of.id(), new.ending)
    } else {
        name
    })
}

/// Puts one in `uit/`, where one of a name is seen; an answer made again takes the place of the old. One of another file that
/// has the name gives it up: it is called after its delivery from then on when nobody fetched it, and is out of sight otherwise.
///
/// # Errors
/// When the database fails.
pub async fn put(tx: &mut WorkerTx<'_>, new: &NewAnswer<'_>) -> Result<(), StoreError> {
    let (delivery, upload) = new.of.columns();
    sqlx::query!(
        "DELETE FROM answer_files WHERE (delivery_id = $1 OR upload_id = $2) AND kind = $3",
        delivery,
        upload,
        new.kind
    )
    .execute(&mut **tx)
    .await?;
    let name = name_for(tx, new).await?;
    sqlx::query!(
        "UPDATE answer_files a SET name = concat_ws('.', $3::text, COALESCE(a.delivery_id, a.upload_id)::text, $4::text)
         WHERE a.account_id = $1 AND a.name = $2 AND a.hidden_at IS NULL AND a.fetched_at IS NULL
           AND NOT EXISTS (SELECT FROM answer_files f WHERE f.account_id = a.account_id AND f.hidden_at IS NULL
                           AND f.name = concat_ws('.', $3::text, COALESCE(a.delivery_id, a.upload_id)::text, $4::text))",
        new.account,
        name.as_str(),
        new.file,
        new.ending
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "UPDATE answer_files SET hidden_at = now() WHERE account_id = $1 AND name = $2 AND hidden_at IS NULL",
        new.account,
        name.as_str()
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "INSERT INTO answer_files (id, delivery_id, upload_id, party_id, account_id, kind, name, size) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id,
        delivery,
        upload,
        new.party,
        new.account,
        new.kind,
        name.as_str(),
        i64::try_from(new.size).unwrap_or(i64::MAX)
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// All answers an account sees, or the one of a name.
///
/// # Errors
/// When the database fails.
pub async fn of_account(
    tx: &mut WorkerTx<'_>,
    account: Uuid,
    name: Option<&str>,
) -> Result<Vec<AnswerFile>, StoreError> {
    Ok(sqlx::query_as!(
        AnswerFile,
        r#"SELECT id, COALESCE(delivery_id, upload_id) AS "answers!", upload_id IS NOT NULL AS "of_upload!", name, size, created_at FROM answer_files
           WHERE account_id = $1 AND hidden_at IS NULL AND ($2::text IS NULL OR name = $2) ORDER BY name"#,
        account,
        name
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// The sender fetched it, to its end.
///
/// # Errors
/// When the database fails.
pub async fn fetched(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE answer_files SET fetched_at = COALESCE(fetched_at, now()) WHERE id = $1",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The sender took it out of `uit/`; the portal keeps it.
///
/// # Errors
/// When the database fails.
pub async fn hide(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE answer_files SET hidden_at = now() WHERE id = $1 AND hidden_at IS NULL",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

//! Deliveries: received, checked, submitted, ended. State moves only here, each time by one statement that
//! names the state it comes from, so that two of the same command do one thing.

use super::{StoreError, WorkerTx};
use domain::delivery::Counts;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// A new delivery.
pub struct NewDelivery<'a> {
    /// Key, also of its blob.
    pub id: Uuid,
    /// Whose.
    pub party: Uuid,
    /// Channel on the wire.
    pub channel: &'a str,
    /// State to begin in.
    pub state: &'a str,
    /// Outcome, when it ends at once (DUBBEL).
    pub outcome: Option<&'a str>,
    /// Name of the file, BSN-like digits masked.
    pub file_name: Option<&'a str>,
    /// Bytes.
    pub file_size: Option<i64>,
    /// Keyed digest of the content, and its key.
    pub digest: Option<(&'a [u8], &'a str)>,
    /// Key of the raw file, when there is one.
    pub blob: Option<Uuid>,
    /// Findings about the file.
    pub findings: serde_json::Value,
    /// The delivery it doubles.
    pub doubles: Option<Uuid>,
    /// Waits for "Indienen" once it is checked.
    pub preview: bool,
    /// When.
    pub received_at: OffsetDateTime,
    /// By whom.
    pub received_by: Option<Uuid>,
    /// A file of the test lane: nothing of it goes into the register.
    pub test_lane: bool,
    /// Who runs the installation, when the file did not come by its account.
    pub intermediary: Option<Uuid>,
    /// What the drop box knows besides.
    pub dropped: Option<Dropped>,
}

/// What the drop box knows of a file it received.
#[derive(Debug, Clone, Default)]
pub struct Dropped {
    /// The account.
    pub account: Uuid,
    /// Who runs the installation.
    pub intermediary: Option<Uuid>,
    /// The day the file is of, by its name.
    pub day: Option<Date>,
    /// Its number within the installation, by its name.
    pub sequence: Option<i32>,
    /// Rows that its control file promises.
    pub promised_rows: Option<i32>,
}

/// Stores a new delivery.
///
/// # Errors
/// When the database fails; constraint `deliveries_same_content` when the same content came in just now.
pub async fn insert(tx: &mut WorkerTx<'_>, new: &NewDelivery<'_>) -> Result<(), StoreError> {
    let (digest, key) = new.digest.unzip();
    let dropped = new.dropped.as_ref();
    sqlx::query!(
        "INSERT INTO deliveries (id, party_id, channel, state, outcome, file_name, file_size, file_digest, digest_key, blob_id,
                                 findings, doubles, received_at, received_by, preview, account_id, intermediary_id, file_day, file_sequence,
                                 promised_rows, test_lane, finished_at)
         VALUES ($1, $2, $3, $4::text, $5, $6, $7, $8, $9, $10, $11, $12, $13::timestamptz, $14, $15, $16, $17, $18, $19, $20, $21,
                 CASE WHEN $4::text = 'done' THEN $13::timestamptz END)",
        new.id,
        new.party,
        new.channel,
        new.state,
        new.outcome,
        new.file_name,
        new.file_size,
        digest,
        key,
        new.blob,
        new.findings,
        new.doubles,
        new.received_at,
        new.received_by,
        new.preview,
        dropped.map(|dropped| dropped.account),
        new.intermediary
            .or(dropped.and_then(|dropped| dropped.intermediary)),
        dropped.and_then(|dropped| dropped.day),
        dropped.and_then(|dropped| dropped.sequence),
        dropped.and_then(|dropped| dropped.promised_rows),
        new.test_lane
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Keeps what the receipt of a file says of its content, sealed.
///
/// # Errors
/// When the database fails.
pub async fn keep_sha256(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    sha256_sealed: &[u8],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET sha256_sealed = $2 WHERE id = $1",
        id,
        sha256_sealed
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A delivery with the same content that came before.
pub struct First {
    /// Its key.
    pub id: Uuid,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// Its double has to keep its own file: nobody knows yet whether this one will be stored. No longer than this one keeps
    /// its file: where somebody gave no consent, none stays (security G5).
    pub undecided: bool,
}

/// The delivery of this party with the same content that was not refused, withdrawn or thrown away (rule A12). What waits
/// for "Indienen" may never be stored: for a file that will be without asking (`preview` is false) it does not count.
/// Until the end of the transaction nobody decides about those that are looked at: a double is seen by who frees doubles.
///
/// # Errors
/// When the database fails.
pub async fn same_content(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    digest: &[u8],
    key: &str,
    preview: bool,
) -> Result<Option<First>, StoreError> {
    let found = sqlx::query!(
        r#"SELECT id, received_at, outcome IS NULL AND blob_id IS NOT NULL AS "undecided!", preview AND submitted_at IS NULL AND outcome IS NULL AS "waits!"
           FROM deliveries
           WHERE party_id = $1 AND digest_key = $2 AND file_digest = $3 AND NOT test_lane AND state NOT IN ('withdrawn', 'discarded')
             AND (outcome IS NULL OR outcome NOT IN ('GEWEIGERD', 'DUBBEL'))
           ORDER BY preview FOR SHARE"#,
        party,
        key,
        digest
    )
    .fetch_all(&mut **tx)
    .await?;
    let first = found.into_iter().find(|row| preview || !row.waits);
    Ok(first.map(|row| First {
        id: row.id,
        received_at: row.received_at,
        undecided: row.undecided,
    }))
}

/// The first of them is not stored after all: doubles whose file is still there are to be read, as far as nothing else of
/// their content is under way or stored; the others are doubles of that. Answers with those that are to be read.
///
/// # Errors
/// When the database fails.
pub async fn free_doubles(tx: &mut WorkerTx<'_>, first: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let mut freed = Vec::new();
    // Each that goes on stands in the way of the next: there are two at most, one that waits in a preview and one that does not.
    while let Some(id) = sqlx::query_scalar!(
        "UPDATE deliveries SET state = 'received', outcome = NULL, doubles = NULL, findings = '[]', finished_at = NULL, looked_at = NULL
         WHERE id = (SELECT d.id FROM deliveries d
                     WHERE d.doubles = $1 AND d.outcome = 'DUBBEL' AND d.state = 'done' AND d.blob_id IS NOT NULL
                       AND NOT EXISTS (SELECT FROM deliveries o
                                       WHERE o.party_id = d.party_id AND o.digest_key = d.digest_key AND o.file_digest = d.file_digest
                                         AND NOT o.test_lane AND o.state NOT IN ('withdrawn', 'discarded')
                                         AND (o.outcome IS NULL OR o.outcome NOT IN ('GEWEIGERD', 'DUBBEL'))
                                         AND (d.preview OR NOT o.preview OR o.submitted_at IS NOT NULL OR o.outcome IS NOT NULL))
                     ORDER BY d.seq LIMIT 1)
         RETURNING id",
        first
    )
    .fetch_optional(&mut **tx)
    .await?
    {
        freed.push(id);
    }
    sqlx::query!(
        "WITH other AS (SELECT DISTINCT ON (d.id) d.id AS double, o.id, o.outcome IS NOT NULL AS stored
                        FROM deliveries d JOIN deliveries o
                          ON o.party_id = d.party_id AND o.digest_key = d.digest_key AND o.file_digest = d.file_digest
                        WHERE d.doubles = $1 AND d.outcome = 'DUBBEL' AND d.blob_id IS NOT NULL
                          AND NOT o.test_lane AND o.state NOT IN ('withdrawn', 'discarded')
                          AND (o.outcome IS NULL OR o.outcome NOT IN ('GEWEIGERD', 'DUBBEL'))
                        ORDER BY d.id, o.preview)
         UPDATE deliveries d SET doubles = o.id, blob_id = CASE WHEN NOT o.stored THEN d.blob_id END,
                                 blob_gone_at = CASE WHEN o.stored THEN now() END
         FROM other o WHERE o.double = d.id",
        first
    )
    .execute(&mut **tx)
    .await?;
    Ok(freed)
}

/// The first of them is stored, or says something of who gave no consent: its doubles keep no files. Answers with those
/// whose file goes.
///
/// # Errors
/// When the database fails.
pub async fn forget_doubles(tx: &mut WorkerTx<'_>, first: Uuid) -> Result<Vec<Uuid>, StoreError> {
    Ok(sqlx::query_scalar!(
        "UPDATE deliveries SET blob_id = NULL, blob_gone_at = now()
         WHERE doubles = $1 AND outcome = 'DUBBEL' AND blob_id IS NOT NULL RETURNING id",
        first
    )
    .fetch_all(&mut **tx)
    .await?)
}

/// A delivery as its worker needs it.
pub struct Work {
    /// Whose.
    pub party_id: Uuid,
    /// Code of the party, for the audit.
    pub party_code: String,
    /// The party may deliver.
    pub active: bool,
    /// Channel on the wire.
    pub channel: String,
    /// State.
    pub state: String,
    /// Last stored row.
    pub progress: i32,
    /// Rows that were read; 0 before.
    pub rows_read: i32,
    /// Findings about the file so far.
    pub findings: serde_json::Value,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// Who delivered.
    pub received_by: Option<Uuid>,
    /// Profile of the party.
    pub default_target_group: Option<String>,
    /// Profile of the party.
    pub default_agb: Option<String>,
    /// Profile of the party, or of the user.
    pub default_big: Option<String>,
    /// Raw file.
    pub blob_id: Option<Uuid>,
    /// Only test BSNs, and nothing of it goes into the register.
    pub test_lane: bool,
    /// Stops in preview.
    pub preview: bool,
    /// Repairs the sender switched off: H codes.
    pub repairs_off: Vec<String>,
    /// Stored only when no row is refused.
    pub all_or_nothing: bool,
    /// The same content came besides by the same channel, without a preview: that one counts its rows without consent. Or
    /// it was withdrawn when counts did not go with their delivery (before migration 0133): they still stand.
    pub counted_before: bool,
    /// The sheet the sender chose, counted from 0.
    pub sheet: Option<i32>,
    /// The sender takes hidden rows along.
    pub with_hidden: bool,
    /// Came by the drop box: answers go there.
    pub dropped: bool,
    /// Rows that its control file promises (rule A14).
    pub promised_rows: Option<i32>,
    /// The party may deliver by this channel, as the privacycoördinator approved.
    pub approved: bool,
    /// Columns of the format that may stand in its files.
    pub approved_standard: Vec<String>,
    /// Columns besides those.
    pub approved_columns: Vec<String>,
    /// Codes for which it was parked and let go again.
    pub released: Vec<String>,
}

/// A delivery, locked for its worker.
///
/// # Errors
/// When the database fails; `NotFound` without such a delivery.
pub async fn work(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Work, StoreError> {
    let work = sqlx::query_as!(
        Work,
        r#"SELECT d.party_id, p.code AS party_code, p.status = 'active' AS "active!", d.channel, d.state, d.progress, d.rows_read, d.findings,
                  d.received_at, d.received_by, p.default_target_group, p.default_agb, COALESCE(u.big, p.default_big) AS default_big,
                  d.blob_id, d.test_lane, d.preview, d.repairs_off, d.all_or_nothing, d.sheet, d.with_hidden,
                  d.account_id IS NOT NULL AS "dropped!", d.promised_rows, d.released,
                  (p.status = 'active' AND c.id IS NOT NULL
                   AND NOT EXISTS (SELECT FROM parties i WHERE i.id = d.intermediary_id AND i.status <> 'active')) AS "approved!", COALESCE(c.standard, '{}') AS "approved_standard!",
                  COALESCE(c.columns, '{}') AS "approved_columns!",
                  EXISTS (SELECT FROM deliveries w WHERE w.party_id = d.party_id AND w.digest_key = d.digest_key
                          AND w.file_digest = d.file_digest AND w.id <> d.id
                            AND (w.state = 'withdrawn' AND w.geteld > 0
                                    AND NOT EXISTS (SELECT FROM counted n WHERE n.party_id = w.party_id AND n.said_by @> ARRAY[w.id])
                                 OR d.preview AND NOT w.preview AND w.channel = d.channel AND w.state NOT IN ('withdrawn', 'discarded')
                                    AND (w.outcome IS NULL OR w.outcome NOT IN ('GEWEIGERD', 'DUBBEL')))) AS "counted_before!"
           FROM deliveries d JOIN parties p ON p.id = d.party_id LEFT JOIN users u ON u.id = d.received_by
                LEFT JOIN connections c ON c.party_id = d.party_id AND c.intermediary_id IS NOT DISTINCT FROM d.intermediary_id
                                       AND c.channel = d.channel AND c.state = 'approved'
           WHERE d.id = $1 FOR UPDATE OF d"#,
        id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(work)
}

/// An earlier delivery of the same party is on its way into the register (features F59). What waits for a person holds
/// nothing up (parked, a preview nobody submitted), nor does what is only tried, or was tried `tries` times in vain; what
/// itself waits for a parked one holds up its own source alone.
///
/// # Errors
/// When the database fails.
pub async fn is_behind(tx: &mut WorkerTx<'_>, id: Uuid, tries: i32) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM deliveries d JOIN deliveries e ON e.party_id = d.party_id AND e.seq < d.seq
               JOIN jobs j ON j.subject = e.id AND j.kind IN ('check', 'store') AND j.state IN ('queued', 'leased') AND j.attempts < $2
               WHERE d.id = $1 AND e.state IN ('received', 'complete', 'checking', 'storing') AND NOT e.test_lane
                 AND (NOT e.preview OR e.state = 'storing')
                 AND (j.last_error IS DISTINCT FROM 'behind a parked delivery'
                      OR e.channel = d.channel AND e.intermediary_id IS NOT DISTINCT FROM d.intermediary_id
                         AND e.account_id IS NOT DISTINCT FROM d.account_id)) AS "behind!""#,
        id,
        tries
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// An earlier delivery of the same source is parked: of the same installation, or of its party by the same channel. Not
/// among files with a preview: there a person is at the screen, who can send the file again.
///
/// # Errors
/// When the database fails.
pub async fn is_behind_parked(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<bool, StoreError> {
    Ok(sqlx::query_scalar!(
        r#"SELECT EXISTS (
               SELECT FROM deliveries d JOIN deliveries e ON e.party_id = d.party_id AND e.seq < d.seq AND e.channel = d.channel
                      AND e.intermediary_id IS NOT DISTINCT FROM d.intermediary_id AND e.account_id IS NOT DISTINCT FROM d.account_id
               WHERE d.id = $1 AND NOT d.preview AND e.state = 'parked' AND NOT e.preview) AS "behind!""#,
        id
    )
    .fetch_one(&mut **tx)
    .await?)
}

/// Moves a delivery on, if it still is in one of the states it may come from.
///
/// # Errors
/// When the database fails.
pub async fn move_on(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    from: &[&str],
    to: &str,
) -> Result<bool, StoreError> {
    let from: Vec<String> = from.iter().map(|&state| state.to_owned()).collect();
    let moved = sqlx::query!(
        "UPDATE deliveries SET state = $3 WHERE id = $1 AND state = ANY ($2)",
        id,
        &from,
        to
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// What is known of a file after it was looked at.
pub struct ReadAs {
    /// csv, xlsx, ods.
    pub format: Option<String>,
    /// Encoding, delimiter, header row: for the screen.
    pub info: serde_json::Value,
    /// Findings about the file.
    pub findings: serde_json::Value,
    /// Rows.
    pub rows: i32,
    /// Rows skipped as empty.
    pub skipped: i32,
}

/// Remembers what a file turned out to be, and starts its progress anew under this fence.
///
/// # Errors
/// When the database fails.
pub async fn read_as(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    fence: i64,
    read: &ReadAs,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET format = $2, format_info = $3, findings = $4, rows_read = $5, skipped = $6, fence = $7, parser_version = $8,
                               ruleset_version = $8
         WHERE id = $1",
        id,
        read.format,
        read.info,
        read.findings,
        read.rows,
        read.skipped,
        fence,
        crate::intake::store::RULESET
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Takes the fence: from now on only this worker's chunks count.
///
/// # Errors
/// When the database fails.
pub async fn take_fence(tx: &mut WorkerTx<'_>, id: Uuid, fence: i64) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET fence = $2 WHERE id = $1 AND fence <= $2",
        id,
        fence
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The rows of a file are judged from the first one again.
///
/// # Errors
/// When the database fails.
pub async fn from_the_first_row(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET progress = 0, warnings = 0, repairs = 0 WHERE id = $1",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Moves the progress in the transaction of its chunk; `false` when another worker took over.
///
/// # Errors
/// When the database fails.
pub async fn progress(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    fence: i64,
    row: i32,
    warnings: i32,
    repairs: i32,
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "UPDATE deliveries SET progress = $3, warnings = warnings + $4, repairs = repairs + $5 WHERE id = $1 AND fence = $2 AND progress < $3",
        id,
        fence,
        row,
        warnings,
        repairs
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Holds up who would move rows of a delivery, until the end of the transaction: before they are counted for the last time.
///
/// # Errors
/// When the database fails.
pub async fn lock(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "SELECT id FROM deliveries WHERE id = $1 FOR NO KEY UPDATE",
        id
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(())
}

/// Counts the outcomes of the stored rows: what the delivery says adds up by construction.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Counts, StoreError> {
    let row = sqlx::query!(
        r#"SELECT count(*) FILTER (WHERE outcome = 'GEACCEPTEERD') AS "geaccepteerd!", count(*) FILTER (WHERE outcome = 'TE_CONTROLEREN') AS "te_controleren!",
                  count(*) FILTER (WHERE outcome = 'AFGEKEURD') AS "afgekeurd!", count(*) FILTER (WHERE outcome = 'DUBBEL') AS "dubbel!",
                  count(*) FILTER (WHERE outcome = 'GETELD') AS "geteld!"
           FROM delivery_rows WHERE delivery_id = $1"#,
        id
    )
    .fetch_one(&mut **tx)
    .await?;
    let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Counts {
        geaccepteerd: number(row.geaccepteerd),
        te_controleren: number(row.te_controleren),
        afgekeurd: number(row.afgekeurd),
        dubbel: number(row.dubbel),
        geteld: number(row.geteld),
    })
}

/// Writes counts and a new state; with an outcome the delivery ends, and a preview has its day again.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    state: &str,
    outcome: Option<&str>,
    counts: Counts,
    parked: Option<&str>,
) -> Result<(), StoreError> {
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    sqlx::query!(
        "UPDATE deliveries SET state = $2, outcome = $3, geaccepteerd = $4, te_controleren = $5, afgekeurd = $6, dubbel = $7, geteld = $8,
                               parked_reason = $9, finished_at = CASE WHEN $2 = 'done' THEN COALESCE(finished_at, now()) END,
                               preview_since = CASE WHEN $2 = 'preview' THEN now() ELSE preview_since END
         WHERE id = $1",
        id,
        state,
        outcome,
        number(counts.geaccepteerd),
        number(counts.te_controleren),
        number(counts.afgekeurd),
        number(counts.dubbel),
        number(counts.geteld),
        parked
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Rows that were refused in the preview keep that outcome; RIVM and the sender can act on them now.
///
/// # Errors
/// When the database fails.
pub async fn open_refused(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE delivery_rows SET state = CASE WHEN outcome = 'AFGEKEURD' THEN 'open' ELSE 'closed' END
         WHERE delivery_id = $1 AND state = 'pending'",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The rows of a preview go, those a corrected file took the place of too: its file is read anew.
///
/// # Errors
/// When the database fails.
pub async fn drop_rows(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM delivery_rows WHERE delivery_id = $1 AND state IN ('pending', 'repaired')",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Throws the rows of a preview away, with what they said before.
///
/// # Errors
/// When the database fails.
pub async fn forget_rows(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    drop_rows(tx, id).await?;
    super::mend::forget(tx, id).await
}

/// What of a delivery was not stored goes; what was stored stays as it is.
///
/// # Errors
/// When the database fails.
pub async fn forget_rest(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM delivery_rows WHERE delivery_id = $1 AND state = 'pending'",
        id
    )
    .execute(&mut **tx)
    .await?;
    // The same file may come again: it brings the rest.
    sqlx::query!(
        "UPDATE deliveries SET file_digest = NULL, digest_key = NULL WHERE id = $1",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The raw file is gone.
///
/// # Errors
/// When the database fails.
pub async fn forget_blob(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET blob_id = NULL, blob_gone_at = now() WHERE id = $1",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// A preview is checked anew, with these repairs switched off; its rows are the caller's to set aside and drop.
/// `false` when it is no preview (any more), or its file is gone.
///
/// # Errors
/// When the database fails.
pub async fn check_again(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    id: Uuid,
    off: &[String],
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "UPDATE deliveries SET state = 'received', repairs_off = $3, fence = 0, progress = 0, warnings = 0, repairs = 0,
                               geaccepteerd = 0, te_controleren = 0, afgekeurd = 0, dubbel = 0, geteld = 0
         WHERE id = $1 AND party_id = $2 AND state = 'preview' AND blob_id IS NOT NULL",
        id,
        party,
        off
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// What was submitted all or nothing waits for "Indienen" again; nothing of it was stored.
///
/// # Errors
/// When the database fails.
pub async fn take_back(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET state = 'preview', all_or_nothing = false, submitted_at = NULL, submitted_by = NULL
         WHERE id = $1 AND state = 'storing'",
        id
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Remembers how the sender wants the workbook of a preview to be read; `false` when it is no preview (any more).
///
/// # Errors
/// When the database fails.
pub async fn choose_reading(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    id: Uuid,
    sheet: Option<i32>,
    with_hidden: bool,
) -> Result<bool, StoreError> {
    let chosen = sqlx::query!(
        "UPDATE deliveries SET sheet = $3, with_hidden = $4 WHERE id = $1 AND party_id = $2 AND state = 'preview'",
        id,
        party,
        sheet,
        with_hidden
    )
    .execute(&mut **tx)
    .await?;
    Ok(chosen.rows_affected() == 1)
}

/// "Indienen": a preview goes on to be stored. Progress starts again, and so does the fence: it counts the leases
/// of one job. With `whole` only when no row is refused.
/// One in which nothing was read waits for a choice, not for this.
///
/// # Errors
/// When the database fails.
pub async fn submit(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    id: Uuid,
    by: Uuid,
    now: OffsetDateTime,
    whole: bool,
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "UPDATE deliveries SET state = 'storing', fence = 0, progress = 0, warnings = 0, repairs = 0, submitted_at = $4, submitted_by = $3,
                               all_or_nothing = $5
         WHERE id = $1 AND party_id = $2 AND state = 'preview' AND NOT ($5 AND afgekeurd > 0) AND rows_read > 0",
        id,
        party,
        by,
        now,
        whole
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Somebody throws a preview away.
///
/// # Errors
/// When the database fails.
pub async fn discard(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    id: Uuid,
    by: Uuid,
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "UPDATE deliveries SET state = 'discarded', finished_at = now(), discarded_by = $3 WHERE id = $1 AND party_id = $2 AND state = 'preview'",
        id,
        party,
        by
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// The time of a preview is over; `false` when somebody did something with it since.
///
/// # Errors
/// When the database fails.
pub async fn expire(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    before: OffsetDateTime,
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "UPDATE deliveries SET state = 'discarded', finished_at = now(), expired = true
         WHERE id = $1 AND state = 'preview' AND COALESCE(preview_since, received_at) < $2",
        id,
        before
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// A row of a preview, waiting to be stored.
pub struct Waiting {
    /// Key, which its sealed values are bound to.
    pub id: Uuid,
    /// Number as the sender sees it.
    pub row_number: i32,
    /// As delivered, sealed.
    pub raw_sealed: Option<Vec<u8>>,
    /// The refused row it takes the place of.
    pub replaces: Option<Uuid>,
    /// Why the sender goes on although not matchable, sealed.
    pub reason_sealed: Option<Vec<u8>>,
}

/// The next rows of a preview that were not refused and no double within their file.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    after: i32,
    limit: i64,
) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query_as!(
        Waiting,
        r#"SELECT id, row_number, raw_sealed, replaces, reason_sealed FROM delivery_rows
           WHERE delivery_id = $1 AND row_number > $2 AND state = 'pending' AND outcome <> 'AFGEKEURD'
             AND NOT findings @> '[{"code": "D01"}]'
           ORDER BY row_number LIMIT $3"#,
        id,
        after,
        limit
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// Writes the findings about the file anew.
///
/// # Errors
/// When the database fails.
pub async fn findings(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    findings: &serde_json::Value,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET findings = $2 WHERE id = $1",
        id,
        findings
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Previews that were made, or last mended, before a moment: (delivery, party).
///
/// # Errors
/// When the database fails.
pub async fn old_previews(
    tx: &mut WorkerTx<'_>,
    before: OffsetDateTime,
) -> Result<Vec<(Uuid, Uuid)>, StoreError> {
    let rows = sqlx::query!(
        "SELECT id, party_id FROM deliveries WHERE state = 'preview' AND COALESCE(preview_since, received_at) < $1 ORDER BY seq LIMIT 100",
        before
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.id, row.party_id)).collect())
}

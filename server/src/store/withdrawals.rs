//! Requests to withdraw a delivery or to undo that, and how far they are. Each step is one statement that names
//! the state it comes from, so that two of the same command do one thing.

use super::{PartyTx, StoreError, WorkerTx};
use time::OffsetDateTime;
use uuid::Uuid;

/// A delivery, as one needs to know it to withdraw it.
pub struct Target {
    /// Whose.
    pub party_id: Uuid,
    /// State.
    pub state: String,
    /// Outcome on the wire.
    pub outcome: Option<String>,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// Rows of it that went into the register.
    pub rows: i32,
    /// The same content came again, and counts.
    pub again: bool,
}

/// A file, locked; `None` when there is none, and for what was typed in the entry form or made by a withdrawal.
///
/// # Errors
/// When the database fails.
pub async fn target(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<Option<Target>, StoreError> {
    let row = sqlx::query_as!(
        Target,
        r#"SELECT d.party_id, d.state, d.outcome, d.received_at,
                  d.geaccepteerd + d.te_controleren AS "rows!",
                  EXISTS (SELECT FROM deliveries s WHERE s.party_id = d.party_id AND s.digest_key = d.digest_key AND s.file_digest = d.file_digest
                          AND s.id <> d.id AND s.state NOT IN ('withdrawn', 'discarded')
                          AND (s.outcome IS NULL OR s.outcome NOT IN ('GEWEIGERD', 'DUBBEL'))) AS "again!"
           FROM deliveries d WHERE d.id = $1 AND d.channel <> 'portaal' AND NOT d.test_lane FOR UPDATE OF d"#,
        delivery
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// A request.
pub struct Request {
    /// Key.
    pub id: Uuid,
    /// Whose delivery.
    pub party_id: Uuid,
    /// The withdrawal it undoes, if it does.
    pub undoes: Option<Uuid>,
    /// asked, rejected, called_back, running, done.
    pub state: String,
    /// By RIVM.
    pub by_rivm: bool,
    /// Who asked.
    pub asked_by: Uuid,
    /// Rows turned back.
    pub reversed: i32,
}

/// The newest request of a delivery, locked.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<Option<Request>, StoreError> {
    let row = sqlx::query_as!(
        Request,
        "SELECT id, party_id, undoes, state, by_rivm, asked_by, reversed FROM withdrawals
         WHERE delivery_id = $1 ORDER BY asked_at DESC, id DESC LIMIT 1 FOR UPDATE",
        delivery
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// The withdrawal that stands: carried out, and not undone.
///
/// # Errors
/// When the database fails.
pub async fn standing(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
) -> Result<Option<Request>, StoreError> {
    let row = sqlx::query_as!(
        Request,
        "SELECT w.id, w.party_id, w.undoes, w.state, w.by_rivm, w.asked_by, w.reversed FROM withdrawals w
         WHERE w.delivery_id = $1 AND w.state = 'done' AND w.undoes IS NULL
           AND NOT EXISTS (SELECT FROM withdrawals u WHERE u.undoes = w.id AND u.state = 'done')",
        delivery
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// A withdrawal of this delivery, or its undoing, is being carried out.
///
/// # Errors
/// When the database fails.
pub async fn runs(tx: &mut WorkerTx<'_>, party: Uuid, delivery: Uuid) -> Result<bool, StoreError> {
    let runs = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM withdrawals WHERE party_id = $1 AND delivery_id = $2 AND state = 'running') AS "runs!""#,
        party,
        delivery
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(runs)
}

/// A new request.
pub struct NewRequest {
    /// Key.
    pub id: Uuid,
    /// Whose delivery.
    pub party: Uuid,
    /// The delivery.
    pub delivery: Uuid,
    /// The withdrawal it undoes.
    pub undoes: Option<Uuid>,
    /// Reason, sealed.
    pub reason_sealed: Vec<u8>,
    /// By RIVM.
    pub by_rivm: bool,
    /// A second person has to agree.
    pub four_eyes: bool,
    /// Rows to go through.
    pub rows: i32,
    /// Who asks.
    pub by: Uuid,
    /// When.
    pub at: OffsetDateTime,
}

/// Stores a request: waiting for a second person, or under way.
///
/// # Errors
/// When the database fails; constraint `withdrawals_one_open` when one is open already.
pub async fn ask(tx: &mut WorkerTx<'_>, new: &NewRequest) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO withdrawals (id, party_id, delivery_id, undoes, state, reason_sealed, by_rivm, four_eyes, rows, asked_by, asked_at,
                                  decided_by, decided_at)
         VALUES ($1, $2, $3, $4, CASE WHEN $7 THEN 'asked' ELSE 'running' END, $5, $6, $7, $8, $9, $10::timestamptz,
                 CASE WHEN NOT $7 THEN $9::uuid END, CASE WHEN NOT $7 THEN $10::timestamptz END)",
        new.id,
        new.party,
        new.delivery,
        new.undoes,
        new.reason_sealed,
        new.by_rivm,
        new.four_eyes,
        new.rows,
        new.by,
        new.at
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Somebody decides about a request that waits; `false` when it no longer does.
///
/// # Errors
/// When the database fails; constraint `withdrawals_four_eyes` when the same person says yes.
pub async fn decide(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    state: &str,
    by: Uuid,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let decided = sqlx::query!(
        "UPDATE withdrawals SET state = $2, decided_by = $3, decided_at = $4 WHERE id = $1 AND state = 'asked'",
        id,
        state,
        by,
        at
    )
    .execute(&mut **tx)
    .await?;
    Ok(decided.rows_affected() == 1)
}

/// A request under way, as its worker needs it.
pub struct Work {
    /// State.
    pub state: String,
    /// Whose delivery.
    pub party_id: Uuid,
    /// The delivery.
    pub delivery_id: Uuid,
    /// The withdrawal it undoes.
    pub undoes: Option<Uuid>,
    /// Who asked.
    pub asked_by: Uuid,
    /// Who decided.
    pub decided_by: Option<Uuid>,
    /// Last row gone through.
    pub progress: i32,
}

/// Takes a request for a worker: from now on only this fence counts.
///
/// # Errors
/// When the database fails; `NotFound` without such a request.
pub async fn take(tx: &mut WorkerTx<'_>, id: Uuid, fence: i64) -> Result<Work, StoreError> {
    let work = sqlx::query_as!(
        Work,
        "UPDATE withdrawals SET fence = GREATEST(fence, $2) WHERE id = $1
         RETURNING state, party_id, delivery_id, undoes, asked_by, decided_by, progress",
        id,
        fence
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(work)
}

/// Row numbers of kept registrations that are remembered for the screen.
const KEPT_SHOWN: i32 = 1_000;

/// Moves the progress in the transaction of its chunk; `false` when another worker took over.
///
/// # Errors
/// When the database fails.
pub async fn progress(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    fence: i64,
    row: i32,
    reversed: i32,
    kept: &[i32],
) -> Result<bool, StoreError> {
    let moved = sqlx::query!(
        "UPDATE withdrawals SET progress = $3, reversed = reversed + $4, kept = kept + cardinality($5::integer[]),
                                kept_rows = (kept_rows || $5)[1:$6::integer]
         WHERE id = $1 AND fence = $2 AND progress < $3 AND state = 'running'",
        id,
        fence,
        row,
        reversed,
        kept,
        KEPT_SHOWN
    )
    .execute(&mut **tx)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// Ends a request and moves its delivery: withdrawn, or done again. Answers (turned back, kept).
///
/// # Errors
/// When the database fails; constraint `deliveries_same_content` when the same content came again meanwhile.
pub async fn finish(
    tx: &mut WorkerTx<'_>,
    id: Uuid,
    delivery: Uuid,
    withdrawn: bool,
    by: Uuid,
) -> Result<(i32, i32), StoreError> {
    sqlx::query!(
        "UPDATE deliveries SET state = CASE WHEN $2 THEN 'withdrawn' ELSE 'done' END,
                               withdrawn_at = CASE WHEN $2 THEN now() END, withdrawn_by = CASE WHEN $2 THEN $3::uuid END
         WHERE id = $1",
        delivery,
        withdrawn,
        by
    )
    .execute(&mut **tx)
    .await?;
    let row = sqlx::query!(
        "UPDATE withdrawals SET state = 'done', finished_at = now() WHERE id = $1 RETURNING reversed, kept",
        id
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok((row.reversed, row.kept))
}

/// A delivery and its newest request, as the page shows them.
pub struct View {
    /// Whose.
    pub party_id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Name of the file.
    pub file_name: Option<String>,
    /// State.
    pub state: String,
    /// Outcome on the wire.
    pub outcome: Option<String>,
    /// When it came.
    pub received_at: OffsetDateTime,
    /// Rows counted without a person.
    pub geteld: i32,
    /// Rows of it that went into the register.
    pub rows: i32,
    /// The same content came again, and counts.
    pub again: bool,
}

/// A delivery that can be looked at to withdraw it; the transaction decides whose.
///
/// # Errors
/// When the database fails.
pub async fn view(tx: &mut PartyTx<'_>, delivery: Uuid) -> Result<Option<View>, StoreError> {
    let row = sqlx::query_as!(
        View,
        r#"SELECT d.party_id, p.name AS party, d.file_name, d.state, d.outcome, d.received_at, d.geteld,
                  d.geaccepteerd + d.te_controleren AS "rows!",
                  EXISTS (SELECT FROM deliveries s WHERE s.party_id = d.party_id AND s.digest_key = d.digest_key AND s.file_digest = d.file_digest
                          AND s.id <> d.id AND s.state NOT IN ('withdrawn', 'discarded')
                          AND (s.outcome IS NULL OR s.outcome NOT IN ('GEWEIGERD', 'DUBBEL'))) AS "again!"
           FROM deliveries d JOIN parties p ON p.id = d.party_id WHERE d.id = $1 AND d.channel <> 'portaal' AND NOT d.test_lane"#,
        delivery
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row)
}

/// A request, as the page shows it.
pub struct Told {
    /// Key, which the reason is bound to.
    pub id: Uuid,
    /// It undoes a withdrawal.
    pub undo: bool,
    /// asked, rejected, called_back, running, done.
    pub state: String,
    /// Reason, sealed.
    pub reason_sealed: Vec<u8>,
    /// By RIVM.
    pub by_rivm: bool,
    /// Who asked.
    pub asked_by: Uuid,
    /// By name.
    pub asked_by_name: String,
    /// When.
    pub asked_at: OffsetDateTime,
    /// Who decided.
    pub decided_by: Option<Uuid>,
    /// By name.
    pub decided_by_name: Option<String>,
    /// Rows to go through.
    pub rows: i32,
    /// Turned back.
    pub reversed: i32,
    /// Kept.
    pub kept: i32,
    /// Which rows were kept.
    pub kept_rows: Vec<i32>,
    /// When it ended.
    pub finished_at: Option<OffsetDateTime>,
}

/// Requests of a delivery, newest first.
///
/// # Errors
/// When the database fails.
pub async fn told(tx: &mut PartyTx<'_>, delivery: Uuid) -> Result<Vec<Told>, StoreError> {
    let rows = sqlx::query_as!(
        Told,
        r#"SELECT w.id, w.undoes IS NOT NULL AS "undo!", w.state, w.reason_sealed, w.by_rivm, w.asked_by, a.name AS asked_by_name, w.asked_at,
                  w.decided_by, d.name AS "decided_by_name?", w.rows, w.reversed, w.kept, w.kept_rows, w.finished_at
           FROM withdrawals w JOIN users a ON a.id = w.asked_by LEFT JOIN users d ON d.id = w.decided_by
           WHERE w.delivery_id = $1 ORDER BY w.asked_at DESC, w.id DESC LIMIT 20"#,
        delivery
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

/// A request that waits for a second person.
pub struct Waiting {
    /// The delivery.
    pub delivery_id: Uuid,
    /// Name of the party.
    pub party: String,
    /// It undoes a withdrawal.
    pub undo: bool,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: OffsetDateTime,
}

/// Requests of the own side that wait for somebody else than this person.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    tx: &mut PartyTx<'_>,
    party: Option<Uuid>,
    user: Uuid,
) -> Result<Vec<Waiting>, StoreError> {
    let rows = sqlx::query_as!(
        Waiting,
        r#"SELECT w.delivery_id, p.name AS party, w.undoes IS NOT NULL AS "undo!", a.name AS asked_by, w.asked_at
           FROM withdrawals w JOIN parties p ON p.id = w.party_id JOIN users a ON a.id = w.asked_by
           WHERE w.state = 'asked' AND w.asked_by <> $2 AND w.by_rivm = ($1::uuid IS NULL) AND ($1::uuid IS NULL OR w.party_id = $1)
           ORDER BY w.asked_at LIMIT 20"#,
        party,
        user
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows)
}

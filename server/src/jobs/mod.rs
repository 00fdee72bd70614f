//! The queue of work in PostgreSQL: lease, heartbeat, fence (security G2).
//!
//! A worker leases a job for 30 seconds and renews it every 10; the lease of a process that is gone ends at once ([`Life`]). Each lease raises the job's *fence*; what the work
//! writes carries that fence, so a worker that was thought dead and comes back cannot write any more. Effect and
//! completion commit in one transaction ([`finish`]): at-least-once attempts, exactly-once effect.

mod life;
mod run;

pub use life::Life;
pub use run::{Handler, Stopped, no_panic, work};

use crate::store::{Db, StoreError, worker_tx};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// Seconds a lease lasts without a heartbeat.
const LEASE_SECONDS: f64 = 30.0;
/// Longest pause between attempts, in seconds (security F4).
const MAX_BACK_OFF: f64 = 300.0;
/// What was tried so often in vain (a quarter of an hour of back-off) holds up no other work any more (features F59, L09).
pub const TRIES: i32 = 10;
/// Shortest and longest pause of a job that stepped aside, in seconds; [`wake`] ends it.
const ASIDE: (f64, f64) = (1.0, 10.0);
/// Longest pause of one that waits until somebody decides about a parked delivery, in seconds; [`wake_held`] ends it.
const HELD_PAUSE: f64 = 60.0;
/// Why a job that stepped aside is not done.
const BEHIND: &str = "behind an earlier delivery";
/// The same, where the earlier one is parked: `installation_figures` of the schema counts these.
const HELD: &str = "behind a parked delivery";

/// What a job is about. The names are in the table: they never change meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JobKind {
    /// Read and check a delivery, up to its preview or its end.
    Check,
    /// Store a delivery whose preview was submitted.
    Store,
    /// Withdraw a delivery, or undo that; its subject is the withdrawal.
    Withdraw,
    /// Hold against a load of the BRP what was stored while the copy was late.
    Recheck,
    /// Carry out a decision about rows that share a cause.
    Decide,
    /// Put an agreed change in its code list, and look at what waited because of it.
    Lists,
    /// Make the answer files of a delivery.
    Answer,
    /// Load a set of the BRP; its subject is the upload.
    LoadBrp,
}

impl JobKind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::Check,
        Self::Store,
        Self::Withdraw,
        Self::Recheck,
        Self::Decide,
        Self::Lists,
        Self::Answer,
        Self::LoadBrp,
    ];

    /// The name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Store => "store",
            Self::Withdraw => "withdraw",
            Self::Recheck => "recheck",
            Self::Decide => "decide",
            Self::Lists => "lists",
            Self::Answer => "answer",
            Self::LoadBrp => "load-brp",
        }
    }

    /// One more may wait behind one that is under way: index `jobs_one_waits`.
    const fn waits_behind(self) -> bool {
        matches!(self, Self::Answer | Self::Decide | Self::Lists)
    }

    fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A leased job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Key.
    pub id: Uuid,
    /// What to do.
    pub kind: JobKind,
    /// With what: a delivery, a withdrawal, a load of the BRP, a decision, a change of a code list.
    pub subject: Uuid,
    /// Attempts, this one included.
    pub attempts: i32,
    /// Fence of this lease.
    pub fence: i64,
    /// It stepped aside last time: what it waited for may still be there.
    pub waited: bool,
    /// It stepped aside for a parked delivery, and nobody decided about one since.
    pub held: bool,
}

/// Puts work in the queue, in the caller's transaction; a job of this kind and subject that waits stays the only one. One that
/// is under way does too, but for answers, decisions and code lists: it may have read already, so one more waits behind it. Ring [`Db::work`] after the commit.
///
/// # Errors
/// When the database does not take it.
pub async fn push(
    connection: &mut PgConnection,
    kind: JobKind,
    subject: Uuid,
) -> Result<(), StoreError> {
    push_all(connection, kind, &[subject]).await
}

/// The same for many subjects at once.
///
/// # Errors
/// When the database does not take it.
pub async fn push_all(
    connection: &mut PgConnection,
    kind: JobKind,
    subjects: &[Uuid],
) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = subjects.iter().map(|_| crate::clock::new_key()).collect();
    sqlx::query!(
        "INSERT INTO jobs (id, kind, subject)
         SELECT n.id, $2, n.subject FROM unnest($1::uuid[], $3::uuid[]) AS n (id, subject) ORDER BY n.subject
         ON CONFLICT DO NOTHING",
        &ids,
        kind.as_str(),
        subjects
    )
    .execute(&mut *connection)
    .await?;
    if kind.waits_behind() {
        // One that waited already is not begun before this is committed: it has to see what it is called for.
        sqlx::query!(
            "SELECT id FROM jobs WHERE kind = $1 AND subject = ANY ($2) AND state = 'queued' ORDER BY subject FOR UPDATE",
            kind.as_str(),
            subjects
        )
        .fetch_all(connection)
        .await?;
    }
    Ok(())
}

/// What goes on with a delivery that was parked: its file, or the rows of its preview when it was submitted.
#[must_use]
pub const fn after_parking(submitted: bool) -> JobKind {
    if submitted {
        JobKind::Store
    } else {
        JobKind::Check
    }
}

/// Puts work in the queue that is not to be done before a moment; else as [`push`].
///
/// # Errors
/// When the database does not take it.
pub async fn push_for(
    connection: &mut PgConnection,
    kind: JobKind,
    subject: Uuid,
    run_at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO jobs (id, kind, subject, run_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        crate::clock::new_key(),
        kind.as_str(),
        subject,
        run_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Leases the job that is due longest: queued, or leased by a process that is gone or was not heard of in time.
///
/// # Errors
/// When the database is not there.
pub async fn lease(db: &Db, life: &Life) -> Result<Option<Job>, StoreError> {
    let mut tx = worker_tx(db).await?;
    let row = sqlx::query!(
        "UPDATE jobs SET state = 'leased', leased_by = $1, fence = fence + 1, attempts = attempts + 1,
                         lease_until = now() + make_interval(secs => $2)
         WHERE id = (SELECT id FROM jobs j
                     WHERE (state = 'queued' AND run_at <= now()
                            AND NOT EXISTS (SELECT FROM jobs o WHERE o.kind = j.kind AND o.subject = j.subject AND o.state = 'leased'))
                        OR (state = 'leased' AND (lease_until < now() OR NOT process_lives(leased_by)))
                     ORDER BY run_at, seq FOR UPDATE SKIP LOCKED LIMIT 1)
         RETURNING id, kind, subject, attempts, fence, last_error",
        life.boot(),
        LEASE_SECONDS
    )
    .fetch_optional(&mut *tx)
    .await?;
    tx.commit().await?;
    // A kind this program does not know is of a newer one: its lease passes.
    Ok(row.and_then(|row| {
        let kind = JobKind::parse(&row.kind)?;
        Some(Job {
            id: row.id,
            kind,
            subject: row.subject,
            attempts: row.attempts,
            fence: row.fence,
            waited: row.last_error.as_deref() == Some(BEHIND),
            held: row.last_error.as_deref() == Some(HELD),
        })
    }))
}

/// Renews a lease; `false` when it was lost to another worker.
///
/// # Errors
/// When the database is not there.
pub async fn heartbeat(db: &Db, job: &Job) -> Result<bool, StoreError> {
    let mut tx = worker_tx(db).await?;
    let renewed = sqlx::query!(
        "UPDATE jobs SET lease_until = now() + make_interval(secs => $3) WHERE id = $1 AND fence = $2 AND state = 'leased'",
        job.id,
        job.fence,
        LEASE_SECONDS
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    tx.commit().await?;
    Ok(renewed == 1)
}

/// The lease was lost: what this worker wants to write may not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// Another worker has the job.
    #[error("lease lost")]
    Fenced,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for JobError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Holds the lease for the rest of the transaction: first statement of each chunk. A stale worker gets [`JobError::Fenced`].
///
/// # Errors
/// When the lease was lost or the database is not there.
pub async fn guard(connection: &mut PgConnection, job: &Job) -> Result<(), JobError> {
    sqlx::query_scalar!(
        "SELECT fence FROM jobs WHERE id = $1 AND fence = $2 AND state = 'leased' FOR UPDATE",
        job.id,
        job.fence
    )
    .fetch_optional(connection)
    .await?
    .map(|_| ())
    .ok_or(JobError::Fenced)
}

/// Ends a job, in the transaction of its last effect.
///
/// # Errors
/// When the lease was lost or the database is not there.
pub async fn finish(connection: &mut PgConnection, job: &Job) -> Result<(), JobError> {
    end(connection, job, "done", None).await
}

/// Ends a job that can never succeed; `code` says why, without values.
///
/// # Errors
/// When the lease was lost or the database is not there.
pub async fn fail(connection: &mut PgConnection, job: &Job, code: &str) -> Result<(), JobError> {
    end(connection, job, "failed", Some(code)).await
}

async fn end(
    connection: &mut PgConnection,
    job: &Job,
    state: &str,
    code: Option<&str>,
) -> Result<(), JobError> {
    let ended = sqlx::query!(
        "UPDATE jobs SET state = $3, last_error = $4, leased_by = NULL, lease_until = NULL, finished_at = now()
         WHERE id = $1 AND fence = $2 AND state = 'leased'",
        job.id,
        job.fence,
        state,
        code
    )
    .execute(connection)
    .await?
    .rows_affected();
    if ended == 1 {
        Ok(())
    } else {
        Err(JobError::Fenced)
    }
}

/// Gives a job back, to be tried again after 2ⁿ seconds, at most 5 minutes, as often as it takes (security G13).
///
/// # Errors
/// When the lease was lost or the database is not there.
pub async fn retry(db: &Db, job: &Job, code: &str) -> Result<(), JobError> {
    let pause = f64::from(job.attempts.clamp(1, 20))
        .exp2()
        .min(MAX_BACK_OFF);
    let mut tx = worker_tx(db).await?;
    let given_back = sqlx::query!(
        "UPDATE jobs SET state = job_given_back(kind, subject), last_error = $3, leased_by = NULL, lease_until = NULL, run_at = now() + make_interval(secs => $4)
         WHERE id = $1 AND fence = $2 AND state = 'leased'",
        job.id,
        job.fence,
        code,
        pause
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    tx.commit().await?;
    if given_back == 1 {
        Ok(())
    } else {
        Err(JobError::Fenced)
    }
}

/// Gives a job back that has to wait for an earlier one, `parked` or on its way: no attempt that failed. It looks again after
/// a quarter of the time that it is there, or when it is woken.
///
/// # Errors
/// When the lease was lost or the database is not there.
pub async fn step_aside(db: &Db, job: &Job, parked: bool) -> Result<(), JobError> {
    let (why, longest) = if parked {
        (HELD, HELD_PAUSE)
    } else {
        (BEHIND, ASIDE.1)
    };
    let mut tx = worker_tx(db).await?;
    let given_back = sqlx::query!(
        "UPDATE jobs SET state = job_given_back(kind, subject), last_error = $3, leased_by = NULL, lease_until = NULL, attempts = attempts - 1,
                         run_at = now() + make_interval(secs => LEAST(GREATEST(extract(epoch FROM now() - created_at)::double precision / 4, $4), $5))
         WHERE id = $1 AND fence = $2 AND state = 'leased'",
        job.id,
        job.fence,
        why,
        ASIDE.0,
        longest
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    tx.commit().await?;
    if given_back == 1 {
        Ok(())
    } else {
        Err(JobError::Fenced)
    }
}

/// A delivery of this party moved on: the first that stepped aside looks again. Ring [`Db::work`] after the commit.
///
/// # Errors
/// When the database does not take it.
pub async fn wake(connection: &mut PgConnection, party: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE jobs SET run_at = now()
         WHERE id = (SELECT j.id FROM deliveries d JOIN jobs j ON j.subject = d.id AND j.kind IN ('check', 'store') AND j.state = 'queued'
                     WHERE d.party_id = $1 AND d.state IN ('received', 'complete', 'checking', 'storing') AND j.last_error = $2
                     ORDER BY d.seq FOR UPDATE OF j SKIP LOCKED LIMIT 1)",
        party,
        BEHIND
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Somebody decided about a parked delivery: all of its party that wait for one look again, from their files. Ring
/// [`Db::work`] after the commit.
///
/// # Errors
/// When the database does not take it.
pub async fn wake_held(connection: &mut PgConnection, parked: Uuid) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE jobs j SET run_at = now(), last_error = NULL
         FROM deliveries p JOIN deliveries d ON d.party_id = p.party_id AND d.state IN ('received', 'complete', 'checking', 'storing')
         WHERE p.id = $1 AND j.subject = d.id AND j.kind IN ('check', 'store') AND j.state = 'queued' AND j.last_error = $2",
        parked,
        HELD
    )
    .execute(connection)
    .await?;
    Ok(())
}

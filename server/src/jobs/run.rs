//! The loop of a worker: lease, do, beat the heart meanwhile, give back what failed.

use super::{Job, JobError, Life, heartbeat, lease, retry, step_aside};
use crate::store::{Db, StoreError};
use futures::FutureExt as _;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often a worker looks by itself; the bell of this process makes it look at once.
const LOOK: Duration = Duration::from_millis(500);
/// How often a lease is renewed.
const BEAT: Duration = Duration::from_secs(10);

/// Does the work of a job. It finishes the job itself, in the transaction of its last effect
/// ([`super::finish`]); an error gives the job back.
#[async_trait::async_trait]
pub trait Handler: Send + Sync {
    /// Does it. `stop` turns true when this process wants to end: finish the chunk, return `Ok`.
    async fn handle(&self, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped>;
}

/// Why a handler stopped before the job was finished.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// Another worker has it now: nothing to do.
    #[error("lease lost")]
    Fenced,
    /// An earlier delivery comes first (features F59): wait for it, nothing failed.
    #[error("behind an earlier delivery")]
    Behind,
    /// An earlier delivery is parked, and what is changed may be in it: wait until somebody decided about that one.
    #[error("behind a parked delivery")]
    Held,
    /// Try again later; the code says why, without values.
    #[error("to be tried again: {0}")]
    Again(String),
    /// A named constraint refused: mostly somebody was faster, and it goes well the next time.
    #[error("to be tried again: {0}")]
    Constraint(String),
    /// The database does not take a value, or the program panics over it; the same again gives the same. What cannot leave it
    /// out tries again later.
    #[error("value refused: {0}")]
    Value(String),
}

/// Work of which a panic is an answer: what was done is rolled back when its transaction is dropped, and nothing else is
/// kept. What the panic said is not told, for it may quote a value.
///
/// # Errors
/// Those of the work, and [`Stopped::Value`] when it panics.
pub async fn no_panic<T>(work: impl Future<Output = Result<T, Stopped>>) -> Result<T, Stopped> {
    let done = AssertUnwindSafe(work).catch_unwind().await;
    done.unwrap_or_else(|_| Err(Stopped::Value("panic".to_owned())))
}

impl From<JobError> for Stopped {
    fn from(error: JobError) -> Self {
        match error {
            JobError::Fenced => Self::Fenced,
            JobError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Stopped {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Value(_) => Self::Value(error.to_string()),
            StoreError::Constraint(_) => Self::Constraint(error.to_string()),
            _ => Self::Again(error.to_string()),
        }
    }
}

/// Works until `stop` turns true, in the name of this process.
pub async fn work(db: Db, life: &Life, handler: &dyn Handler, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        match lease(&db, life).await {
            Ok(Some(job)) => one(&db, &job, handler, &stop).await,
            Ok(None) => idle(&db, &mut stop).await,
            Err(error) => {
                tracing::warn!(%error, "no work could be leased");
                idle(&db, &mut stop).await;
            }
        }
    }
}

async fn idle(db: &Db, stop: &mut watch::Receiver<bool>) {
    tokio::select! {
        () = db.work.notified() => {}
        () = tokio::time::sleep(LOOK) => {}
        _ = stop.changed() => {}
    }
}

async fn one(db: &Db, job: &Job, handler: &dyn Handler, stop: &watch::Receiver<bool>) {
    let began = Instant::now();
    let stopped = tokio::select! {
        done = no_panic(handler.handle(job, stop)) => done,
        lost = beat(db, job) => Err(lost),
    };
    let result = match &stopped {
        Ok(()) => "done",
        Err(Stopped::Fenced) => "fenced",
        Err(Stopped::Behind | Stopped::Held) => "waits",
        Err(Stopped::Again(_) | Stopped::Constraint(_) | Stopped::Value(_)) => "again",
    };
    worked(job.kind.as_str(), result, began.elapsed());
    match stopped {
        Ok(()) => {
            tracing::info!(job = %job.id, kind = job.kind.as_str(), subject = %job.subject, "job done")
        }
        Err(Stopped::Fenced) => tracing::warn!(job = %job.id, "lease lost, work dropped"),
        Err(why @ (Stopped::Behind | Stopped::Held)) => {
            tracing::info!(job = %job.id, subject = %job.subject, %why, "waits for an earlier delivery");
            if let Err(error) = step_aside(db, job, why == Stopped::Held).await {
                tracing::warn!(job = %job.id, %error, "its lease will pass");
            }
        }
        Err(Stopped::Again(code) | Stopped::Constraint(code) | Stopped::Value(code)) => {
            tracing::warn!(job = %job.id, attempts = job.attempts, %code, "job given back");
            if let Err(error) = retry(db, job, &code).await {
                tracing::warn!(job = %job.id, %error, "its lease will pass");
            }
        }
    }
}

/// For the metrics: a job ended, or was given back.
fn worked(kind: &'static str, result: &'static str, took: Duration) {
    metrics::counter!("cims_jobs_total", "kind" => kind, "result" => result).increment(1);
    metrics::histogram!("cims_job_seconds", "kind" => kind).record(took.as_secs_f64());
}

/// Renews the lease for ever; ends only when it is lost. A database that is away is not a lost lease yet.
async fn beat(db: &Db, job: &Job) -> Stopped {
    loop {
        tokio::time::sleep(BEAT).await;
        match heartbeat(db, job).await {
            Ok(true) => {}
            Ok(false) => return Stopped::Fenced,
            Err(error) => tracing::warn!(job = %job.id, %error, "heartbeat missed"),
        }
    }
}

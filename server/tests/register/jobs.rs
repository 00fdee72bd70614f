//! The queue under workers that die, hang and come back (security G2).

use crate::support::TestDb;
use server::jobs::{self, Handler, Job, JobError, JobKind, Stopped};
use server::store::worker_tx;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::watch;
use uuid::Uuid;

async fn push(test: &TestDb, subject: Uuid) {
    let mut tx = worker_tx(&test.db).await.unwrap();
    jobs::push(&mut tx, JobKind::Check, subject).await.unwrap();
    tx.commit().await.unwrap();
}

async fn expire_leases(test: &TestDb) {
    sqlx::query("UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'leased'")
        .execute(&test.admin)
        .await
        .unwrap();
}

#[tokio::test]
async fn one_open_job_per_subject_is_leased_once() {
    let test = TestDb::new().await;
    let (subject, boot) = (Uuid::now_v7(), Uuid::now_v7());
    push(&test, subject).await;
    push(&test, subject).await;
    let job = jobs::lease(&test.db, boot).await.unwrap().expect("a job");
    assert_eq!((job.subject, job.attempts, job.fence), (subject, 1, 1));
    assert_eq!(jobs::lease(&test.db, Uuid::now_v7()).await.unwrap(), None);
}

#[tokio::test]
async fn a_worker_that_was_thought_dead_can_no_longer_write() {
    let test = TestDb::new().await;
    push(&test, Uuid::now_v7()).await;
    let stale = jobs::lease(&test.db, Uuid::now_v7())
        .await
        .unwrap()
        .expect("a job");
    assert!(jobs::heartbeat(&test.db, &stale).await.unwrap());
    expire_leases(&test).await;
    let fresh = jobs::lease(&test.db, Uuid::now_v7())
        .await
        .unwrap()
        .expect("the same job");
    assert_eq!((fresh.id, fresh.fence), (stale.id, stale.fence + 1));

    assert!(!jobs::heartbeat(&test.db, &stale).await.unwrap());
    let mut tx = worker_tx(&test.db).await.unwrap();
    assert_eq!(jobs::guard(&mut tx, &stale).await, Err(JobError::Fenced));
    assert_eq!(jobs::finish(&mut tx, &stale).await, Err(JobError::Fenced));
    assert_eq!(jobs::guard(&mut tx, &fresh).await, Ok(()));
    assert_eq!(jobs::finish(&mut tx, &fresh).await, Ok(()));
    tx.commit().await.unwrap();
    assert_eq!(jobs::lease(&test.db, Uuid::now_v7()).await.unwrap(), None);
}

#[tokio::test]
async fn a_job_given_back_waits_longer_each_time() {
    let test = TestDb::new().await;
    push(&test, Uuid::now_v7()).await;
    let mut pauses = Vec::new();
    for _ in 0..12 {
        let job = jobs::lease(&test.db, Uuid::now_v7())
            .await
            .unwrap()
            .expect("a job");
        jobs::retry(&test.db, &job, "database not reachable")
            .await
            .unwrap();
        assert_eq!(
            jobs::lease(&test.db, Uuid::now_v7()).await.unwrap(),
            None,
            "not due yet"
        );
        let pause: f64 =
            sqlx::query_scalar("SELECT extract(epoch FROM run_at - now())::float8 FROM jobs")
                .fetch_one(&test.admin)
                .await
                .unwrap();
        pauses.push(pause.round());
        sqlx::query("UPDATE jobs SET run_at = now()")
            .execute(&test.admin)
            .await
            .unwrap();
    }
    assert_eq!(pauses[..4], [2.0, 4.0, 8.0, 16.0]);
    assert_eq!(pauses[11], 300.0, "never longer than five minutes");
}

struct Counting<'a> {
    test: &'a TestDb,
    done: AtomicUsize,
    stop: watch::Sender<bool>,
    until: usize,
}

#[async_trait::async_trait]
impl Handler for Counting<'_> {
    async fn handle(&self, job: &Job, _stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
        let mut tx = worker_tx(&self.test.db).await?;
        jobs::guard(&mut tx, job).await?;
        jobs::finish(&mut tx, job).await?;
        tx.commit().await?;
        if self.done.fetch_add(1, Ordering::SeqCst) + 1 == self.until {
            self.stop.send_replace(true);
        }
        Ok(())
    }
}

#[tokio::test]
async fn three_workers_do_every_job_exactly_once_and_stop_when_asked() {
    let test = TestDb::new().await;
    for _ in 0..40 {
        push(&test, Uuid::now_v7()).await;
    }
    let (stop, stopped) = watch::channel(false);
    let handler = Counting {
        test: &test,
        done: AtomicUsize::new(0),
        stop,
        until: 40,
    };
    let worker = || jobs::work(test.db.clone(), Uuid::now_v7(), &handler, stopped.clone());
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        tokio::join!(worker(), worker(), worker())
    })
    .await
    .expect("they end");
    let done: i64 =
        sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state = 'done' AND attempts = 1")
            .fetch_one(&test.admin)
            .await
            .unwrap();
    assert_eq!((done, handler.done.load(Ordering::SeqCst)), (40, 40));
}

//! The queue under workers that die, hang and come back (security G2).

use crate::support::TestDb;
use server::jobs::{self, Handler, Job, JobError, JobKind, Life, Stopped};
use server::store::worker_tx;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

async fn push(test: &TestDb, subject: Uuid) {
    push_kind(test, JobKind::Check, subject).await;
}

async fn push_kind(test: &TestDb, kind: JobKind, subject: Uuid) {
    let mut tx = worker_tx(&test.db).await.unwrap();
    jobs::push(&mut tx, kind, subject).await.unwrap();
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
    let subject = Uuid::now_v7();
    let life = Life::begin(&test.db).await.unwrap();
    push(&test, subject).await;
    push(&test, subject).await;
    let job = jobs::lease(&test.db, &life).await.unwrap().expect("a job");
    assert_eq!((job.subject, job.attempts, job.fence), (subject, 1, 1));
    assert_eq!(jobs::lease(&test.db, &life).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_job_about_rows_may_have_missed_while_under_way_is_looked_at_once_more() {
    let test = TestDb::new().await;
    let life = Life::begin(&test.db).await.unwrap();
    let lease = async || jobs::lease(&test.db, &life).await.unwrap();
    for kind in [JobKind::Answer, JobKind::Decide, JobKind::Lists] {
        let subject = Uuid::now_v7();
        push_kind(&test, kind, subject).await;
        let job = lease().await.expect("a job");
        // Twice is once more; and not beside the one that is under way.
        push_kind(&test, kind, subject).await;
        push_kind(&test, kind, subject).await;
        assert_eq!(lease().await, None);
        let mut tx = worker_tx(&test.db).await.unwrap();
        jobs::finish(&mut tx, &job).await.unwrap();
        tx.commit().await.unwrap();
        let next = lease().await.expect("the one behind it");
        assert_eq!((next.kind, next.subject), (kind, subject));

        // What is given back does not come in the way of the one behind it, which does the same.
        push_kind(&test, kind, subject).await;
        jobs::retry(&test.db, &next, "in the way").await.unwrap();
        let last = lease().await.expect("one of the two");
        let mut tx = worker_tx(&test.db).await.unwrap();
        jobs::finish(&mut tx, &last).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(lease().await, None);
    }
}

#[tokio::test]
async fn of_a_process_that_ends_or_dies_with_another_job_behind_it_one_is_left() {
    let test = TestDb::new().await;
    let subject = Uuid::now_v7();
    let (ending, next) = (
        Life::begin(&test.db).await.unwrap(),
        Life::begin(&test.db).await.unwrap(),
    );
    push_kind(&test, JobKind::Answer, subject).await;
    jobs::lease(&test.db, &ending)
        .await
        .unwrap()
        .expect("a job");
    push_kind(&test, JobKind::Answer, subject).await;
    ending.end(&test.db).await.unwrap();
    let job = jobs::lease(&test.db, &next).await.unwrap().expect("a job");
    push_kind(&test, JobKind::Answer, subject).await;
    expire_leases(&test).await;
    let fresh = jobs::lease(&test.db, &next).await.unwrap().expect("a job");
    assert_eq!(fresh.id, job.id, "the one that was under way goes first");
    assert_eq!(jobs::lease(&test.db, &next).await.unwrap(), None);
}

#[tokio::test]
async fn a_worker_that_was_thought_dead_can_no_longer_write() {
    let test = TestDb::new().await;
    push(&test, Uuid::now_v7()).await;
    let life = Life::begin(&test.db).await.unwrap();
    let stale = jobs::lease(&test.db, &life).await.unwrap().expect("a job");
    assert!(jobs::heartbeat(&test.db, &stale).await.unwrap());
    expire_leases(&test).await;
    let fresh = jobs::lease(&test.db, &life)
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
    assert_eq!(jobs::lease(&test.db, &life).await.unwrap(), None);
}

#[tokio::test]
async fn what_a_dead_process_had_leased_is_free_at_once_and_what_a_living_one_has_is_not() {
    let test = TestDb::new().await;
    push(&test, Uuid::now_v7()).await;
    let (dying, next) = (
        Life::begin(&test.db).await.unwrap(),
        Life::begin(&test.db).await.unwrap(),
    );
    let stale = jobs::lease(&test.db, &dying).await.unwrap().expect("a job");
    assert_eq!(jobs::lease(&test.db, &next).await.unwrap(), None);

    drop(dying);
    let begun = Instant::now();
    let fresh = loop {
        if let Some(job) = jobs::lease(&test.db, &next).await.unwrap() {
            break job;
        }
        assert!(begun.elapsed().as_secs() < 20, "long before the lease ends");
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!((fresh.id, fresh.fence), (stale.id, stale.fence + 1));
    let mut tx = worker_tx(&test.db).await.unwrap();
    assert_eq!(jobs::guard(&mut tx, &stale).await, Err(JobError::Fenced));
}

#[tokio::test]
async fn a_sign_of_life_that_broke_is_given_anew_and_an_orderly_end_gives_back() {
    let test = TestDb::new().await;
    let life = Life::begin(&test.db).await.unwrap();
    let signs = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                 WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.granted";
    let count = || async {
        sqlx::query_scalar::<_, i64>(signs)
            .fetch_one(&test.admin)
            .await
            .unwrap()
    };
    assert_eq!(count().await, 1);
    sqlx::query(
        "SELECT pg_terminate_backend(l.pid) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
         WHERE l.locktype = 'advisory' AND d.datname = current_database()",
    )
    .execute(&test.admin)
    .await
    .unwrap();
    let begun = Instant::now();
    tokio::time::sleep(Duration::from_millis(500)).await;
    while count().await == 0 {
        assert!(begun.elapsed().as_secs() < 20, "not given anew");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    push(&test, Uuid::now_v7()).await;
    jobs::lease(&test.db, &life).await.unwrap().expect("a job");
    life.end(&test.db).await.unwrap();
    let queued: i64 = sqlx::query_scalar("SELECT count(*) FROM jobs WHERE state = 'queued'")
        .fetch_one(&test.admin)
        .await
        .unwrap();
    assert_eq!(queued, 1);
}

#[tokio::test]
async fn a_job_given_back_waits_longer_each_time() {
    let test = TestDb::new().await;
    push(&test, Uuid::now_v7()).await;
    let life = Life::begin(&test.db).await.unwrap();
    let seconds = async |of: &'static str| -> f64 {
        sqlx::query_scalar(of).fetch_one(&test.admin).await.unwrap()
    };
    const NOW: &str = "SELECT extract(epoch FROM clock_timestamp())::float8";
    let mut pauses = Vec::new();
    for _ in 0..12 {
        let job = jobs::lease(&test.db, &life).await.unwrap().expect("a job");
        let before = seconds(NOW).await;
        jobs::retry(&test.db, &job, "database not reachable")
            .await
            .unwrap();
        let after = seconds(NOW).await;
        let due = seconds("SELECT extract(epoch FROM run_at)::float8 FROM jobs").await;
        // As much as lies between, however slow the machine is.
        pauses.push(due - after - 0.001..=due - before + 0.001);
        for (due, leased) in [("1 minute", false), ("-10 minutes", true)] {
            sqlx::query("UPDATE jobs SET run_at = now() + $1::text::interval")
                .bind(due)
                .execute(&test.admin)
                .await
                .unwrap();
            if !leased {
                let job = jobs::lease(&test.db, &life).await.unwrap();
                assert_eq!(job, None, "not due yet");
            }
        }
    }
    for (pause, want) in pauses.iter().zip([2.0, 4.0, 8.0, 16.0]) {
        assert!(pause.contains(&want), "{pause:?} {want}");
    }
    assert!(
        pauses[11].contains(&300.0),
        "never longer than five minutes"
    );
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
    let life = Life::begin(&test.db).await.unwrap();
    let worker = || jobs::work(test.db.clone(), &life, &handler, stopped.clone());
    tokio::time::timeout(Duration::from_secs(20), async {
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

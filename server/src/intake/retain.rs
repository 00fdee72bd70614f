//! Raw files do not stay: after the configured days they are destroyed, and with them their keys (security G4,
//! features F26). What they came to stays: delivery, rows, digests. Answers in `uit/` have the same days; the portal tells
//! the same from what stays. Files that belong to no delivery go as well:
//! a process died between the file and its row, or could not remove it in time; nobody was told "ontvangen".
//!
//! The time is a parameter. Doing it twice, or on two nodes at once, changes nothing.

use super::Road;
use crate::audit::{self, Event, Kind};
use crate::store::{StoreError, retention, worker_tx};
use std::time::SystemTime;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A file this young may still get its delivery.
const YOUNG: Duration = Duration::days(1);
/// Files in one question.
const BATCH: usize = 500;

/// Destroys the raw files whose days are over; answers how many.
///
/// # Errors
/// When the database fails; the rest is done the next time.
pub async fn wipe(road: &Road, now: OffsetDateTime) -> Result<usize, StoreError> {
    let before = now - road.blobs.kept_for();
    let mut wiped = 0;
    // One by one: the audit lines of two parties stand in two chains, and a transaction holds one (security G7).
    loop {
        let mut tx = worker_tx(&road.db).await?;
        let Some((delivery, party)) = retention::next_due(&mut tx, before, now).await? else {
            return Ok(wiped);
        };
        let line = Event::of_worker(Some(party), None, Kind::Retention)
            .object("raw-file", delivery)
            .detail("why", "days over");
        audit::add(&mut tx, line).await?;
        // Row first, file after: a file that stays behind is an orphan and goes the next time.
        tx.commit().await?;
        destroy(road, delivery);
        wiped += 1;
    }
}

/// Destroys the answers whose days are over, also those that nobody fetched or that were taken out of `uit/`; answers how
/// many.
///
/// # Errors
/// When the database fails; the rest is done the next time.
pub async fn wipe_answers(road: &Road, now: OffsetDateTime) -> Result<usize, StoreError> {
    let before = now - road.blobs.kept_for();
    let mut wiped = 0;
    loop {
        let mut tx = worker_tx(&road.db).await?;
        let Some((answer, party)) = retention::next_answer(&mut tx, before).await? else {
            return Ok(wiped);
        };
        let line = Event::of_worker(Some(party), None, Kind::Retention)
            .object("answer-file", answer)
            .detail("why", "days over");
        audit::add(&mut tx, line).await?;
        tx.commit().await?;
        destroy(road, answer);
        wiped += 1;
    }
}

/// Destroys files that belong to no delivery, older than a day; answers how many.
///
/// # Errors
/// When the database or the folder fails; the rest is done the next time.
pub async fn sweep(road: &Road, now: OffsetDateTime) -> Result<usize, StoreError> {
    let before = SystemTime::from(now - YOUNG);
    let blobs = road.blobs.clone();
    let old = tokio::task::spawn_blocking(move || {
        blobs.sweep_parts(before)?;
        blobs.older_than(before)
    })
    .await
    .map_err(|_| StoreError::Broken("sweep stopped".to_owned()))?
    .map_err(|error| StoreError::Broken(format!("disk: {}", error.kind())))?;
    let mut swept = 0;
    for some in old.chunks(BATCH) {
        let mut tx = worker_tx(&road.db).await?;
        let orphans = retention::orphans(&mut tx, some).await?;
        for file in &orphans {
            let line = Event::of_worker(None, None, Kind::Retention)
                .object("raw-file", *file)
                .detail("why", "no delivery");
            audit::add(&mut tx, line).await?;
        }
        tx.commit().await?;
        for file in &orphans {
            destroy(road, *file);
        }
        swept += orphans.len();
    }
    Ok(swept)
}

fn destroy(road: &Road, file: Uuid) {
    if let Err(error) = road.blobs.destroy(file) {
        tracing::error!(%file, kind = %error.kind(), "a file could not be destroyed");
    }
}

//! What ends by itself: a preview nobody submitted, a draft nobody finished, the keyed hashes against
//! counting twice, raw files whose days are over. Every minute, on every worker (what asks the whole folder: every
//! hour); doing it twice changes nothing.
//!
//! What is destroyed does not come back, so nothing is while the clock cannot be believed (security F15): when it is not
//! that of the database, and for a day after it was set.

use super::{Road, measure, receive, retain};
use crate::audit::{self, Event, Kind};
use crate::store::{
    StoreError, assignments, brp_checks, cards, counted, deliveries, drafts, looks, party_requests,
    review, schema, sftp_accounts, worker_tx, worklists,
};
use domain::card::OPEN_DAYS;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::watch;
use tokio::time::Instant;
use uuid::Uuid;

/// How often.
const EVERY: Duration = Duration::from_secs(60);
/// Every so many times the folder of raw files is compared with the deliveries.
const SWEEP_EVERY: u32 = 60;
/// Hours a preview waits for "Indienen" after it was made or last mended (security G5).
const PREVIEW_HOURS: i64 = 24;
/// Hours an unfinished card waits for who keys it, as a draft of the entry form.
const DRAFT_HOURS: i64 = 24;

/// A clock that ran so much more or less than time passed was set.
const SET: time::Duration = time::Duration::minutes(1);
/// After it was set, nothing is destroyed for so long: somebody can set it right.
const DOUBT: Duration = Duration::from_secs(24 * 60 * 60);

/// Whether the clock of this machine was set since it was last looked at and believed.
#[derive(Debug)]
struct Trust {
    /// What it said, and when by a clock that cannot be set.
    begun: (OffsetDateTime, Instant),
    /// Since when it is known to have been set.
    doubted: Option<Instant>,
}

impl Trust {
    const fn new(now: OffsetDateTime, passed: Instant) -> Self {
        Self {
            begun: (now, passed),
            doubted: None,
        }
    }

    /// The clock says `now`; true when it may be believed.
    fn look(&mut self, now: OffsetDateTime, passed: Instant) -> bool {
        let expected = self.begun.0 + passed.duration_since(self.begun.1);
        if (now - expected).abs() <= SET {
            // A clock that drifts is not one that was set: the steps do not add up.
            *self = Self::new(now, passed);
            return true;
        }
        let since = *self.doubted.get_or_insert(passed);
        if passed.duration_since(since) < DOUBT {
            return false;
        }
        *self = Self::new(now, passed);
        true
    }
}

/// Tidies until `stop` turns true.
pub(super) async fn keep_tidy(road: &Road, mut stop: watch::Receiver<bool>) {
    let mut turn: u32 = 0;
    let mut trust = Trust::new(road.clock.now(), Instant::now());
    while !*stop.borrow() {
        let now = road.clock.now();
        if trust.look(now, Instant::now()) {
            go_round(road, now, turn.is_multiple_of(SWEEP_EVERY)).await;
        } else {
            tracing::error!("the clock was set: nothing is destroyed for a day");
        }
        if let Err(error) = measure::look(road, now).await {
            tracing::warn!(%error, "measuring waits for the next time");
        }
        turn = turn.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn go_round(road: &Road, now: OffsetDateTime, sweeps: bool) {
    match tidy_at(road, now).await {
        Ok(Tidied::Done) => {}
        Ok(Tidied::Clocks) => {
            tracing::error!("the clock is not that of the database: nothing is destroyed");
            return;
        }
        Err(error) => tracing::warn!(%error, "tidying waits for the next time"),
    }
    if sweeps && let Err(error) = retain::sweep(road, now).await {
        tracing::warn!(%error, "sweeping raw files waits for the next time");
    }
}

/// What came of tidying.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tidied {
    /// What is over has ended.
    Done,
    /// Nothing: the clock is not that of the database.
    Clocks,
}

/// Tidies once.
///
/// # Errors
/// When the database fails; the rest is done the next time.
pub async fn tidy(road: &Road) -> Result<Tidied, StoreError> {
    tidy_at(road, road.clock.now()).await
}

/// Tidies once, by a clock that says `now`.
///
/// # Errors
/// When the database fails; the rest is done the next time.
pub async fn tidy_at(road: &Road, now: OffsetDateTime) -> Result<Tidied, StoreError> {
    let mut tx = worker_tx(&road.db).await?;
    if !schema::clocks_agree(&mut tx, now).await? {
        return Ok(Tidied::Clocks);
    }
    drafts::delete_expired(&mut tx).await?;
    drafts::forget_defaults(&mut tx, road.clock.day(now)).await?;
    worklists::delete_expired(&mut tx).await?;
    party_requests::delete_expired(&mut tx).await?;
    cards::delete_drafts(&mut tx, now - time::Duration::hours(DRAFT_HOURS)).await?;
    counted::forget(&mut tx, road.clock.day(now)).await?;
    review::sum_up(&mut tx).await?;
    assignments::forget(&mut tx).await?;
    brp_checks::forget(&mut tx, now).await?;
    looks::forget(&mut tx, now - time::Duration::days(1)).await?;
    sftp_accounts::forget_penalties(&mut tx).await?;
    let before = now - time::Duration::hours(PREVIEW_HOURS);
    let old = deliveries::old_previews(&mut tx, before).await?;
    tx.commit().await?;
    for (id, party) in old {
        expire(road, id, party, before).await?;
    }
    forget_cards(road, now - time::Duration::days(OPEN_DAYS)).await?;
    retain::wipe(road, now).await?;
    retain::wipe_answers(road, now).await?;
    Ok(Tidied::Done)
}

/// What was keyed of a card does not wait for its second person for ever. One by one: a transaction holds one chain.
async fn forget_cards(road: &Road, before: time::OffsetDateTime) -> Result<(), StoreError> {
    loop {
        let mut tx = worker_tx(&road.db).await?;
        let Some((card, party)) = cards::delete_forgotten(&mut tx, before).await? else {
            return Ok(());
        };
        let line = Event::of_worker(Some(party), None, Kind::Retention).object("card", card);
        audit::add(&mut tx, line.detail("why", "days over")).await?;
        tx.commit().await?;
    }
}

/// Throws a preview away that nobody submitted, rows and raw file.
async fn expire(
    road: &Road,
    id: Uuid,
    party: Uuid,
    before: OffsetDateTime,
) -> Result<(), StoreError> {
    let mut tx = worker_tx(&road.db).await?;
    if !deliveries::expire(&mut tx, id, before).await? {
        return tx.rollback().await;
    }
    deliveries::forget_rows(&mut tx, id).await?;
    deliveries::forget_blob(&mut tx, id).await?;
    let freed = receive::free_doubles(&mut tx, id).await?;
    let line = Event::of_worker(Some(party), None, Kind::DeliveryDiscarded)
        .object("delivery", id)
        .detail("freed", freed);
    audit::add(&mut tx, line.detail("why", "not submitted in time")).await?;
    tx.commit().await?;
    road.db.work.notify_waiters();
    if let Err(error) = road.blobs.destroy(id) {
        tracing::error!(delivery = %id, kind = %error.kind(), "a raw file could not be destroyed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOON: OffsetDateTime = datetime!(2021-03-01 12:00 UTC);
    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_clock_that_runs_with_time_is_believed_and_one_that_was_set_is_not_for_a_day() {
        for step in [
            time::Duration::days(31),
            -time::Duration::days(31),
            time::Duration::minutes(2),
        ] {
            let begun = Instant::now();
            let mut trust = Trust::new(NOON, begun);
            assert!(trust.look(NOON + MINUTE, begun + MINUTE));
            let later = |minutes: u32| (NOON + step + MINUTE * minutes, begun + MINUTE * minutes);
            let looks = |trust: &mut Trust, minutes| {
                let (now, passed) = later(minutes);
                trust.look(now, passed)
            };
            assert!(!looks(&mut trust, 2), "{step}");
            assert!(!looks(&mut trust, 2 + 24 * 60 - 1), "{step}");
            assert!(
                looks(&mut trust, 2 + 24 * 60),
                "nobody set it right: {step}"
            );
            assert!(looks(&mut trust, 3 + 24 * 60), "{step}");
        }
    }

    #[test]
    fn a_clock_that_is_set_right_again_is_believed_at_once() {
        let begun = Instant::now();
        let mut trust = Trust::new(NOON, begun);
        assert!(!trust.look(NOON + time::Duration::days(31), begun + MINUTE));
        assert!(trust.look(NOON + MINUTE * 2, begun + MINUTE * 2));
        // A clock that is kept right by small steps was not set.
        let small = time::Duration::seconds(4);
        for looks in 3..100_u32 {
            let drifted = small * i32::try_from(looks).unwrap();
            assert!(trust.look(NOON + MINUTE * looks + drifted, begun + MINUTE * looks));
        }
    }
}

//! What ends by itself: a preview nobody submitted, a draft nobody finished, the keyed hashes against
//! counting twice, raw files whose days are over. Every minute, on every worker (what asks the whole folder: every
//! hour); doing it twice changes nothing.

use super::{Road, measure, retain};
use crate::audit::{self, Event, Kind};
use crate::store::{
    StoreError, assignments, cards, deliveries, drafts, looks, party_requests, register, review,
    worker_tx, worklists,
};
use domain::card::OPEN_DAYS;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// How often.
const EVERY: Duration = Duration::from_secs(60);
/// Every so many times the folder of raw files is compared with the deliveries.
const SWEEP_EVERY: u32 = 60;
/// Hours a preview waits for "Indienen" (security G5).
const PREVIEW_HOURS: i64 = 24;
/// Hours an unfinished card waits for who keys it, as a draft of the entry form.
const DRAFT_HOURS: i64 = 24;

/// Tidies until `stop` turns true.
pub(super) async fn keep_tidy(road: &Road, mut stop: watch::Receiver<bool>) {
    let mut turn: u32 = 0;
    while !*stop.borrow() {
        if let Err(error) = tidy(road).await {
            tracing::warn!(%error, "tidying waits for the next time");
        }
        if let Err(error) = measure::look(road).await {
            tracing::warn!(%error, "measuring waits for the next time");
        }
        if turn.is_multiple_of(SWEEP_EVERY)
            && let Err(error) = retain::sweep(road, road.clock.now()).await
        {
            tracing::warn!(%error, "sweeping raw files waits for the next time");
        }
        turn = turn.wrapping_add(1);
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            _ = stop.changed() => {}
        }
    }
}

/// Tidies once.
///
/// # Errors
/// When the database fails; the rest is done the next time.
pub async fn tidy(road: &Road) -> Result<(), StoreError> {
    let now = road.clock.now();
    let mut tx = worker_tx(&road.db).await?;
    drafts::delete_expired(&mut tx).await?;
    drafts::forget_defaults(&mut tx, road.clock.day(now)).await?;
    worklists::delete_expired(&mut tx).await?;
    party_requests::delete_expired(&mut tx).await?;
    cards::delete_drafts(&mut tx, now - time::Duration::hours(DRAFT_HOURS)).await?;
    register::forget_counted(&mut tx, road.clock.day(now)).await?;
    review::sum_up(&mut tx).await?;
    assignments::forget(&mut tx).await?;
    looks::forget(&mut tx, now - time::Duration::days(1)).await?;
    let old = deliveries::old_previews(&mut tx, now - time::Duration::hours(PREVIEW_HOURS)).await?;
    tx.commit().await?;
    for (id, party) in old {
        expire(road, id, party).await?;
    }
    forget_cards(road, now - time::Duration::days(OPEN_DAYS)).await?;
    retain::wipe(road, now).await?;
    Ok(())
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
async fn expire(road: &Road, id: Uuid, party: Uuid) -> Result<(), StoreError> {
    let mut tx = worker_tx(&road.db).await?;
    if !deliveries::discard(&mut tx, party, id).await? {
        return tx.rollback().await;
    }
    deliveries::forget_rows(&mut tx, id).await?;
    deliveries::forget_blob(&mut tx, id).await?;
    let line = Event::of_worker(Some(party), None, Kind::DeliveryDiscarded).object("delivery", id);
    audit::add(&mut tx, line.detail("why", "not submitted in time")).await?;
    tx.commit().await?;
    if let Err(error) = road.blobs.destroy(id) {
        tracing::error!(delivery = %id, kind = %error.kind(), "a raw file could not be destroyed");
    }
    Ok(())
}

//! What metrics say of each stage (docs/logging.md): counts as things happen, and every minute how long queues are, how old
//! the BRP is, how much room is left. Labels are codes of ours, never anything of a row.

use super::Road;
use super::store::is_late;
use crate::clock::{calendar_since, dutch_day};
use crate::jobs::JobKind;
use crate::store::completeness::Lacking;
use crate::store::operations::{self, Queue};
use crate::store::{StoreError, WorkerTx, brp_loads, completeness, register, worker_tx};
use domain::delivery::rhythm::{is_silent, is_thin};
use domain::delivery::{Channel, Counts, FileOutcome, RowOutcome};
use time::{Duration, OffsetDateTime};

/// Part of the volume with raw files below which there is little room (security F5).
const SCARCE: u64 = 10;

/// Work that waits for so long is an alarm (security F4).
const TOO_LONG: Duration = Duration::minutes(15);

/// States of a delivery that are no end.
const ON_THE_WAY: [&str; 6] = [
    "received", "complete", "checking", "storing", "preview", "parked",
];

/// A delivery ended.
pub(super) fn ended(channel: Channel, outcome: FileOutcome, counts: &Counts) {
    let channel = channel.as_str();
    metrics::counter!("cims_deliveries_total", "channel" => channel, "outcome" => outcome.as_str())
        .increment(1);
    for outcome in RowOutcome::ALL {
        let rows = u64::from(counts.of(outcome));
        metrics::counter!("cims_rows_total", "channel" => channel, "outcome" => outcome.as_str())
            .increment(rows);
    }
    // An alarm on a counter needs its zero.
    metrics::counter!("cims_rows_left_out_total").increment(0);
}

/// A row was left out because the database or the program cannot take it.
pub(super) fn left_out() {
    metrics::counter!("cims_rows_left_out_total").increment(1);
}

/// A file of the drop box was taken, or never counts and why.
pub(crate) fn upload(end: &'static str) {
    metrics::counter!("cims_dropbox_uploads_total", "end" => end).increment(1);
}

/// All bytes of a file of the drop box are on disk.
pub(crate) fn landed(bytes: u64) {
    metrics::counter!("cims_dropbox_bytes_total").increment(bytes);
}

/// Somebody tried to log in to the drop box.
pub(crate) fn dropbox_login(result: &'static str) {
    metrics::counter!("cims_dropbox_logins_total", "result" => result).increment(1);
}

/// More of it lacks than when anybody last looked, on whatever node and before whatever start.
async fn is_more(
    tx: &mut WorkerTx<'_>,
    lacks: &'static str,
    number: usize,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    Ok(number > completeness::looked(tx, lacks, number, now).await?)
}

/// A line of the log that somebody must act on, each minute that it lasts.
fn alarm(queues: &[Queue], now: OffsetDateTime) {
    for queue in queues {
        let waits = queue.oldest.map_or(Duration::ZERO, |at| now - at);
        if waits >= TOO_LONG {
            tracing::error!(
                kind = queue.kind,
                minutes = waits.whole_minutes(),
                again = queue.again,
                "work waits too long"
            );
        }
    }
}

/// How many installations something did not come of, as on `/volledigheid`.
#[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
async fn installations(tx: &mut WorkerTx<'_>, now: OffsetDateTime) -> Result<(), StoreError> {
    // While nobody was there to take files in, nobody was silent.
    let returned = completeness::returned_at(tx, now).await?;
    let since = calendar_since(now);
    let today = dutch_day(now);
    let all = completeness::for_metrics(tx, since).await?;
    let silent = |one: &Lacking| {
        one.daily
            && one
                .since
                .map(|since| returned.map_or(since, |returned| returned.max(since)))
                .is_some_and(|since| is_silent(dutch_day(since), today))
    };
    let accounts = |lacks: &dyn Fn(&Lacking) -> bool| -> Vec<String> {
        let some = all.iter().filter(|one| lacks(one));
        some.map(|one| one.account.clone()).collect()
    };
    // Each gap by its last number: it stays the same while what is missing comes in order.
    let gaps = all.iter().flat_map(|one| {
        let ends = one.gap_to.iter();
        ends.map(move |to| format!("{}:{to}", one.account))
    });
    let with_gap = accounts(&|one| !one.gap_to.is_empty()).len();
    let thin = |one: &Lacking| is_thin(&completeness::files(&one.size_days, &one.sizes));
    let lacking = [
        ("silent", accounts(&silent), None),
        ("gap", gaps.collect(), Some(with_gap)),
        ("announced", accounts(&|one| one.announced), None),
        ("thin", accounts(&thin), None),
    ];
    for (lacks, each, installations) in lacking {
        let count = installations.unwrap_or(each.len());
        metrics::gauge!("cims_installations_lacking", "lacks" => lacks).set(count as f64);
        // Each that did not before: how many there are does not tell that another one recovered.
        for one in completeness::newly(tx, lacks, &each, now).await? {
            let gap = one.split_once(':');
            let (account, up_to) =
                gap.map_or((one.as_str(), None), |(account, to)| (account, Some(to)));
            tracing::error!(
                lacks,
                account,
                up_to,
                installations = count,
                "installations lack files or rows"
            );
        }
    }
    metrics::gauge!("cims_installations").set(all.len() as f64);
    Ok(())
}

/// How it stands now; what somebody must act on is an error in the log.
///
/// # Errors
/// When the database fails.
#[expect(clippy::cast_precision_loss, reason = "gauges are floats")]
pub async fn look(road: &Road, now: OffsetDateTime) -> Result<(), StoreError> {
    let mut tx = worker_tx(&road.db).await?;
    // What is empty is told too: a gauge keeps what it was set to.
    let queues = operations::queues(&mut tx).await?;
    for kind in JobKind::ALL.map(JobKind::as_str) {
        let queue = queues.iter().find(|queue| queue.kind == kind);
        let count = |of: fn(&Queue) -> i64| queue.map_or(0, of) as f64;
        for (state, jobs) in [
            ("waiting", count(|queue| queue.waiting)),
            ("working", count(|queue| queue.working)),
            ("again", count(|queue| queue.again)),
            ("failed", count(|queue| queue.failed)),
        ] {
            metrics::gauge!("cims_queue_jobs", "kind" => kind, "state" => state).set(jobs);
        }
        let oldest = queue.and_then(|queue| queue.oldest);
        let lag = oldest.map_or(0.0, |at| (now - at).as_seconds_f64().max(0.0));
        metrics::gauge!("cims_queue_lag_seconds", "kind" => kind).set(lag);
    }
    let on_the_way = operations::on_the_way(&mut tx).await?;
    for state in ON_THE_WAY {
        let some = on_the_way.iter().find(|some| some.state == state);
        metrics::gauge!("cims_deliveries_on_the_way", "state" => state)
            .set(some.map_or(0, |some| some.deliveries) as f64);
    }
    let waiting = operations::in_the_box(&mut tx).await?;
    metrics::gauge!("cims_dropbox_files").set(waiting as f64);
    let loaded = register::brp_loaded_at(&mut tx).await?;
    if let Some(loaded) = loaded {
        metrics::gauge!("cims_brp_age_seconds").set((now - loaded).as_seconds_f64());
    }
    // Once: again when it was fresh in between.
    let late = is_late(loaded, now);
    if is_more(&mut tx, "brp-late", usize::from(late), now).await? {
        let hours = loaded.map(|loaded| (now - loaded).whole_hours());
        tracing::error!(hours, "the BRP is too old, or was never loaded");
    }
    let missing = brp_loads::missing(&mut tx).await?;
    let missing = missing.iter().map(|(from, to)| (to - from + 1) as usize);
    let missing = missing.sum();
    metrics::gauge!("cims_brp_missing_sets").set(missing as f64);
    if is_more(&mut tx, "brp", missing, now).await? {
        tracing::error!(missing, "sets of the BRP did not come");
    }
    installations(&mut tx, now).await?;
    tx.commit().await?;
    alarm(&queues, now);
    if let Ok(room) = road.blobs.room() {
        metrics::gauge!("cims_disk_free_bytes").set(room.free as f64);
        metrics::gauge!("cims_disk_bytes").set(room.total as f64);
        if room.free < room.total / SCARCE {
            tracing::error!(free = room.free, "little room is left for raw files");
        }
    }
    Ok(())
}

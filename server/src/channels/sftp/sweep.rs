//! Looks after files that were left alone in `in/`: those of processes that are gone, those whose end the database did not
//! hear, those that nobody proved, those of accounts that prove by silence, and those whose proof came just before a kill.

use super::{Shared, take};
use crate::intake::Road;
use crate::intake::receive::ReceiveError;
use crate::store::sftp_uploads::Left;
use crate::store::{sftp_uploads, worker_tx};
use domain::delivery::dropbox::Proof;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

/// How often.
const EVERY: Duration = Duration::from_secs(10);
/// Hours a file may wait for its proof; then it is told and goes (security F18).
pub(super) const PROOF_HOURS: i32 = 24;
/// Without a sign of life for so long a process is gone. One that lives gives it anew within some seconds after the
/// database was away, and its uploads go on meanwhile (security F3).
const GONE_AFTER: Duration = Duration::from_secs(12);

/// What became of an upload that the database did not hear.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    /// All its bytes are on disk. Its party.
    Whole(Uuid),
    /// It never counts. Its party, why, and how many bytes came.
    Void(Uuid, &'static str, u64),
}

/// Ends that wait until the database is back. A process that is killed meanwhile leaves them to the next one, which sees
/// from the files which are whole.
#[derive(Debug, Default)]
pub(super) struct Loose(Mutex<HashMap<Uuid, End>>);

impl Loose {
    fn inside(&self) -> MutexGuard<'_, HashMap<Uuid, End>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the end of an upload.
    pub(super) fn keep(&self, upload: Uuid, end: End) {
        self.inside().insert(upload, end);
    }

    fn all(&self) -> Vec<(Uuid, End)> {
        let inside = self.inside();
        inside.iter().map(|(id, end)| (*id, *end)).collect()
    }

    fn settled(&self, upload: Uuid) {
        self.inside().remove(&upload);
    }
}

/// Processes without a sign of life, and since when that was seen each time.
#[derive(Debug, Default)]
struct Silent(HashMap<Uuid, Instant>);

impl Silent {
    /// Those of these uploads whose process is gone for good.
    fn gone(&mut self, left: Vec<Left>, now: Instant) -> Vec<Left> {
        self.0
            .retain(|process, _| left.iter().any(|one| one.process == *process));
        for one in &left {
            self.0.entry(one.process).or_insert(now);
        }
        left.into_iter()
            .filter(|one| {
                let since = self.0.get(&one.process);
                since.is_some_and(|since| now.duration_since(*since) >= GONE_AFTER)
            })
            .collect()
    }
}

/// Sweeps until the server ends.
pub(super) async fn keep_swept(shared: Arc<Shared>) {
    let mut stop = shared.stop.clone();
    let every = EVERY.min(Duration::from_secs(
        u64::from(shared.settings.quiet_seconds).max(1),
    ));
    let mut silent = Silent::default();
    while !*stop.borrow() {
        if let Err(error) = sweep(&shared, &mut silent).await {
            tracing::warn!(%error, "sweeping the drop box waits for the next time");
            // Nobody can give a sign of life to a database that is away.
            silent = Silent::default();
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn sweep(shared: &Shared, silent: &mut Silent) -> Result<(), ReceiveError> {
    let road = &shared.road;
    let mut tx = worker_tx(&road.db).await?;
    let left = sftp_uploads::left_behind(&mut tx, shared.process).await?;
    let unproved = sftp_uploads::unproved(&mut tx, PROOF_HOURS).await?;
    tx.rollback().await?;
    let mut told = Told::default();
    for (id, end) in shared.loose.all() {
        let settled = match end {
            End::Whole(party) => take::found_whole(road, party, id).await,
            End::Void(party, why, came) => {
                let voided = take::void(road, party, id, why, came).await;
                voided.map_err(ReceiveError::from)
            }
        };
        if told.of(id, settled) {
            shared.loose.settled(id);
        }
    }
    for one in silent.gone(left, Instant::now()) {
        told.of(one.id, orphaned(road, &one).await);
    }
    take_proved(shared, &mut told).await?;
    for left in unproved {
        let voided = take::unproved(road, &left).await;
        told.of(left.id, voided.map_err(ReceiveError::from));
    }
    told.away.map_or(Ok(()), Err)
}

/// Takes whole files whose proof is there, page after page: those that wait on, for a file that does not come, are not all there is.
async fn take_proved(shared: &Shared, told: &mut Told) -> Result<(), ReceiveError> {
    let (road, quiet) = (&shared.road, f64::from(shared.settings.quiet_seconds));
    let mut after = None;
    loop {
        let mut tx = worker_tx(&road.db).await?;
        let (proved, next) = sftp_uploads::proved(&mut tx, quiet, after).await?;
        tx.rollback().await?;
        for (account, upload) in proved {
            let name = upload.name.clone();
            let taken = match account.proof {
                Proof::Quiet => take::taken(road, &account, &upload, &name, None).await,
                _ => take::if_proved(road, &account, &upload, &name, false).await,
            };
            told.of(upload.id, taken.map(drop));
        }
        if next.is_none() || *shared.stop.borrow() {
            return Ok(());
        }
        after = next;
    }
}

/// What became of each file in a sweep. One that cannot be settled does not hold up the next.
#[derive(Default)]
struct Told {
    /// The last one that may succeed the next time as it is: the database was away for a moment.
    away: Option<ReceiveError>,
}

impl Told {
    /// Says what is wrong with a file, if anything is; true when nothing is.
    fn of(&mut self, upload: Uuid, settled: Result<(), ReceiveError>) -> bool {
        let Err(error) = settled else { return true };
        if take::is_transient(&error) {
            tracing::warn!(%upload, %error, "a file in the drop box waits for the next sweep");
            self.away = Some(error);
        } else {
            tracing::error!(%upload, %error, "a file in the drop box cannot be settled");
        }
        false
    }
}

/// An upload of a process that is gone. Only a file of which all bytes came lies among the whole ones (security F2); what
/// has no end never counts.
async fn orphaned(road: &Road, left: &Left) -> Result<(), ReceiveError> {
    if road.blobs.holds(left.id) {
        return take::found_whole(road, left.party, left.id).await;
    }
    // How far it came was noted while its process lived.
    Ok(take::void(road, left.party, left.id, "broken-off", 0).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(process: Uuid) -> Vec<Left> {
        vec![Left {
            id: Uuid::from_u128(1),
            party: Uuid::from_u128(2),
            process,
        }]
    }

    #[test]
    fn a_process_is_gone_when_it_stays_silent_and_not_when_it_comes_back() {
        let (mut silent, process) = (Silent::default(), Uuid::from_u128(3));
        let begun = Instant::now();
        let just_before = begun + GONE_AFTER - Duration::from_secs(1);
        assert!(silent.gone(left(process), begun).is_empty());
        assert!(silent.gone(left(process), just_before).is_empty());
        // It was heard of: what follows begins anew.
        assert!(silent.gone(Vec::new(), just_before).is_empty());
        let again = begun + GONE_AFTER;
        assert!(silent.gone(left(process), again).is_empty());
        assert_eq!(silent.gone(left(process), again + GONE_AFTER).len(), 1);
    }
}

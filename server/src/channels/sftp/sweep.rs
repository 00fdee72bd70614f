//! Looks after files that were left alone in `in/`: those of processes that are gone, those that nobody proved, those
//! of accounts that prove by silence, and those whose proof came just before a kill.

use super::{Shared, take};
use crate::intake::receive::ReceiveError;
use crate::store::{sftp_uploads, worker_tx};
use domain::delivery::dropbox::Proof;
use std::sync::Arc;
use std::time::Duration;

/// How often.
const EVERY: Duration = Duration::from_secs(10);
/// Hours a file may wait for its proof; then it is told and goes (security F18).
const PROOF_HOURS: i32 = 24;

/// Sweeps until the server ends.
pub(super) async fn keep_swept(shared: Arc<Shared>) {
    let mut stop = shared.stop.clone();
    let every = EVERY.min(Duration::from_secs(
        u64::from(shared.settings.quiet_seconds).max(1),
    ));
    while !*stop.borrow() {
        if let Err(error) = sweep(&shared).await {
            tracing::warn!(%error, "sweeping the drop box waits for the next time");
        }
        tokio::select! {
            () = tokio::time::sleep(every) => {}
            _ = stop.changed() => {}
        }
    }
}

async fn sweep(shared: &Shared) -> Result<(), ReceiveError> {
    let road = &shared.road;
    let mut tx = worker_tx(&road.db).await?;
    let left = sftp_uploads::left_behind(&mut tx).await?;
    let unproved = sftp_uploads::unproved(&mut tx, PROOF_HOURS).await?;
    let proved = sftp_uploads::proved(&mut tx, f64::from(shared.settings.quiet_seconds)).await?;
    tx.rollback().await?;
    for (id, party) in left {
        take::void(road, party, id, "broken-off").await?;
    }
    for (account, upload) in proved {
        let name = upload.name.clone();
        let taken = match account.proof {
            Proof::Quiet => take::taken(road, &account, &upload, &name, None).await,
            _ => take::if_proved(road, &account, &upload, &name, false).await,
        };
        match taken {
            Ok(_) => {}
            // One file that is broken does not hold up the next.
            Err(ReceiveError::Store(error)) if error.is_transient() => return Err(error.into()),
            Err(error) => {
                tracing::error!(upload = %upload.id, %error, "a file in the drop box cannot be taken");
            }
        }
    }
    for (id, party) in unproved {
        take::void(road, party, id, "no-proof").await?;
    }
    Ok(())
}

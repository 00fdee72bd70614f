//! A set of the BRP that came in by the drop box: its job, which loads it and then destroys the file.
//!
//! A set that is no set, or an implausible one, ends the job as failed and changes nothing in the copy; the log and the
//! audit say why. Trouble of the machine is tried again, and a load goes on where it was (security G13).

use super::load::{self, LoadError, Request, Set};
use crate::audit::{self, Event, Kind, Outcome};
use crate::intake::{Blob, Road};
use crate::jobs::{self, Job, Stopped};
use crate::store::{sftp_uploads, worker_tx};
use domain::delivery::dropbox::BrpName;
use std::sync::Arc;
use tokio::sync::watch;

/// Loads the set of a job.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub async fn load(road: &Road, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    let name = sftp_uploads::name(&mut tx, job.subject).await?;
    tx.commit().await?;
    let full = BrpName::parse(&name).is_some_and(|set| set.full);
    let request = Request {
        file: name.into(),
        set: if full { Set::Full } else { Set::Delta },
        accept_shrink: false,
        restart: false,
        by: "sftp".to_owned(),
    };
    let source = Arc::new(Blob {
        road: road.clone(),
        id: job.subject,
    });
    let mut stop = stop.clone();
    let loaded = tokio::select! {
        loaded = load::load_from(&road.db, &road.keys, &request, source, |_| ()) => loaded,
        // What is staged stays; the next worker goes on behind it.
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
    };
    let refused = match loaded {
        Ok(_) => None,
        Err(LoadError::Store(error)) => return Err(error.into()),
        Err(LoadError::Io(error)) => {
            return Err(Stopped::Again(format!("disk: {}", error.kind())));
        }
        Err(LoadError::Busy) => return Err(Stopped::Again("another load".to_owned())),
        Err(LoadError::BrokenOff(_)) => {
            return Err(Stopped::Again("a load that was broken off".to_owned()));
        }
        Err(
            error @ (LoadError::Header(_)
            | LoadError::Csv(_)
            | LoadError::Refused { .. }
            | LoadError::Shrink { .. }),
        ) => Some(error.to_string()),
    };
    let mut tx = worker_tx(&road.db).await?;
    match &refused {
        None => jobs::finish(&mut tx, job).await?,
        Some(why) => {
            tracing::error!(upload = %job.subject, %why, "a set of the BRP was not taken");
            jobs::fail(&mut tx, job, why).await?;
            let line = Event::of_worker(None, None, Kind::BrpLoaded)
                .object("upload", job.subject)
                .outcome(Outcome::Failure)
                .detail("why", why.as_str());
            audit::add(&mut tx, line).await?;
        }
    }
    tx.commit().await?;
    // Everybody stands in it: no day longer than needed.
    if let Err(error) = road.blobs.destroy(job.subject) {
        tracing::error!(upload = %job.subject, kind = %error.kind(), "a raw file waits for the sweep");
    }
    Ok(())
}

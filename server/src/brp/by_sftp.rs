//! A set of the BRP that came in by the drop box: its job, which loads it, answers in `uit/`, and then destroys the file.
//!
//! A set that is no set, or an implausible one, ends the job as failed and changes nothing in the copy; the answer, the log
//! and the audit say why. Sets are taken in the order of their names. Trouble of the machine is tried again, and a load goes on where it was (security G13). A load that
//! was taken is not done again when only its answer is missing. What the database itself refuses is no trouble of the machine.

use super::answer::{self, Said};
use super::load::{self, Came, LoadError, Request, Set, SetOf};
use crate::audit::{self, Event, Kind, Outcome};
use crate::intake::answer_files::To;
use crate::intake::receive::shown_name;
use crate::intake::{Blob, Road};
use crate::jobs::{self, Job, Stopped};
use crate::store::answer_files::{Answered, Of};
use crate::store::{StoreError, brp_loads, sftp_uploads, worker_tx};
use domain::delivery::dropbox::BrpName;
use std::sync::Arc;
use tokio::sync::watch;

/// A constraint that refuses so often is no matter of who was faster.
const CONSTRAINT_TRIES: i32 = 3;

/// Loads the set of a job.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub async fn load(road: &Road, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    let to = sftp_uploads::answered(&mut tx, job.subject).await?;
    let promised = sftp_uploads::promised(&mut tx, job.subject).await?;
    let before = brp_loads::of_upload(&mut tx, job.subject).await?;
    let others = brp_loads::waiting(&mut tx, job.subject, jobs::TRIES).await?;
    tx.commit().await?;
    // Of two that wait the earlier one goes first, whichever came first: the later one holds what is true now.
    let mut others = others.iter().filter_map(|name| BrpName::parse(name));
    if let Some(set_of) = BrpName::parse(&to.file_name)
        && others.any(|other| other.order() < set_of.order())
    {
        return Err(Stopped::Behind);
    }
    let refused = if before.is_some_and(|load| load.done) {
        None
    } else {
        let mut stop = stop.clone();
        let loaded = tokio::select! {
            loaded = set(road, job, &to.file_name, promised) => loaded,
            // What is staged stays; the next worker goes on behind it.
            _ = stop.wait_for(|stop| *stop) => return Ok(()),
        };
        loaded.err()
    };
    let refused = match refused {
        None => None,
        Some(LoadError::Store(error)) if !is_final(&error, job) => return Err(error.into()),
        Some(LoadError::Io(error)) => {
            return Err(Stopped::Again(format!("disk: {}", error.kind())));
        }
        Some(error) => match Said::of(&error) {
            Some(said) => Some((error.to_string(), said)),
            None => return Err(Stopped::Again(error.to_string())),
        },
    };
    end(road, job, &to, refused).await?;
    // Everybody stands in it: no day longer than needed.
    if let Err(error) = road.blobs.destroy(job.subject) {
        tracing::error!(upload = %job.subject, kind = %error.kind(), "a raw file waits for the sweep");
    }
    Ok(())
}

async fn set(
    road: &Road,
    job: &Job,
    name: &str,
    promised: Option<u32>,
) -> Result<load::Loaded, LoadError> {
    let full = BrpName::parse(name).is_some_and(|set| set.full);
    let request = Request {
        file: name.into(),
        set: if full { Set::Full } else { Set::Delta },
        of: SetOf::named(name),
        accept_older: false,
        accept_shrink: false,
        restart: false,
        by: "sftp".to_owned(),
    };
    let source = Arc::new(Blob {
        road: road.clone(),
        id: job.subject,
    });
    let came = Came {
        upload: job.subject,
        promised,
    };
    let from = (source as Arc<_>, Some(came));
    load::load_from(&road.db, &road.keys, &request, from, |_| ()).await
}

/// The database refuses what stands in the set: tried again it would do so for ever, and later sets wait.
const fn is_final(error: &StoreError, job: &Job) -> bool {
    match error {
        StoreError::Value(_) => true,
        StoreError::Constraint(_) => job.attempts >= CONSTRAINT_TRIES,
        _ => false,
    }
}

/// The answer and the end of the job, in one transaction.
async fn end(
    road: &Road,
    job: &Job,
    to: &Answered,
    refused: Option<(String, Said)>,
) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    let (why, said) = refused.unzip();
    match &why {
        None => jobs::finish(&mut tx, job).await?,
        Some(why) => {
            tracing::error!(upload = %job.subject, %why, "a set of the BRP was not taken");
            jobs::fail(&mut tx, job, why).await?;
            brp_loads::give_up(&mut tx, job.subject).await?;
        }
    }
    let known = brp_loads::of_upload(&mut tx, job.subject).await?;
    let name = shown_name(&to.file_name);
    let to = To {
        of: Of::Upload(job.subject),
        party: to.party,
        account: to.account,
        name: &name,
    };
    answer::result(road, &mut tx, &to, known.as_ref(), said).await?;
    if let Some(why) = why {
        let line = Event::of_worker(None, None, Kind::BrpLoaded)
            .object("upload", job.subject)
            .outcome(Outcome::Failure)
            .detail("why", why);
        audit::add(&mut tx, line).await?;
    }
    Ok(tx.commit().await?)
}

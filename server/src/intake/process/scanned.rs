//! Before anything reads a file: whether the configured scanner objects to it (rule A21).

use super::{Trip, blocking};
use crate::intake::Road;
use crate::intake::scan::{ScanError, Scanned};
use crate::jobs::Stopped;

/// Whether there is a scanner that objects.
///
/// # Errors
/// When it gave no verdict: then the job is tried again, as often as it takes (security G13).
pub(super) async fn infected(road: &Road, trip: &Trip) -> Result<bool, Stopped> {
    // A file of which rows are stored was scanned before the first.
    let Some(scanner) = road.scanner.as_ref().filter(|_| trip.work.progress == 0) else {
        return Ok(false);
    };
    let file = blocking({
        let (road, id) = (road.clone(), trip.blob());
        move || road.blobs.read(&road.keys, id)
    })
    .await?;
    // Refused unread (A06), and perhaps too long for the scanner as well.
    if file.size() > trip.limits().bytes {
        return Ok(false);
    }
    match scanner.scan(file).await? {
        Scanned::Clean => Ok(false),
        Scanned::Found(what) => {
            tracing::warn!(delivery = %trip.id, %what, "the scanner objects to a file");
            Ok(true)
        }
    }
}

impl From<ScanError> for Stopped {
    fn from(error: ScanError) -> Self {
        Self::Again(error.to_string())
    }
}

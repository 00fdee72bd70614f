//! What every step of the way of a delivery needs, and the worker that goes it.

use super::read::Source;
use super::receive::BlobStore;
use super::scan::Scanner;
use super::{answer_files, decide, lists, process, recheck, tidy, withdraw};
use crate::brp::by_sftp;
use crate::clock;
use crate::jobs::{self, Handler, Job, JobKind, Life, Stopped};
use crate::keys::Keys;
use crate::store::Db;
use std::io::{self, Read};
use std::sync::Arc;
use time::{Date, OffsetDateTime};
use tokio::sync::watch;
use uuid::Uuid;

/// Database, keys, raw files, scanner, clock.
#[derive(Clone)]
pub struct Road {
    /// The database.
    pub db: Db,
    /// Keys.
    pub keys: Arc<Keys>,
    /// Raw files.
    pub blobs: BlobStore,
    /// Looks at each received file before it is read; none where none is configured.
    pub scanner: Option<Scanner>,
    /// The time.
    pub clock: Clock,
}

/// Where the time comes from: the machine, or a fixed moment (`--today`, tests).
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    /// The day the rules take for today, instead of the machine's.
    pub today: Option<Date>,
}

impl Clock {
    /// The time.
    #[must_use]
    pub fn now(self) -> OffsetDateTime {
        clock::now()
    }

    /// The day of the rules, for something that came in at `at`.
    #[must_use]
    pub fn day(self, at: OffsetDateTime) -> Date {
        self.today.unwrap_or_else(|| clock::dutch_day(at))
    }
}

#[async_trait::async_trait]
impl Handler for Road {
    async fn handle(&self, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
        match job.kind {
            JobKind::Check | JobKind::Store => process::delivery(self, job, stop).await,
            JobKind::Withdraw => withdraw::run(self, job, stop).await,
            JobKind::Recheck => recheck::recheck(self, job, stop).await,
            JobKind::Decide => decide::decide(self, job, stop).await,
            JobKind::Lists => lists::change(self, job, stop).await,
            JobKind::Answer => answer_files::make(self, job).await,
            JobKind::LoadBrp => by_sftp::load(self, job, stop).await,
        }
    }
}

/// Works on deliveries, and tidies, until `stop` turns true: what `cims serve --roles worker` runs.
pub async fn work(road: &Road, life: &Life, stop: watch::Receiver<bool>) {
    let working = jobs::work(road.db.clone(), life, road, stop.clone());
    tokio::join!(working, tidy::keep_tidy(road, stop));
}

/// A sealed file as the readers want it.
pub struct Blob {
    /// Where it lies.
    pub road: Road,
    /// Its key.
    pub id: Uuid,
}

impl Source for Blob {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(self.road.blobs.read(&self.road.keys, self.id)?))
    }
}

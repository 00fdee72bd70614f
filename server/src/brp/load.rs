//! Loading a BRP set: read, seal on all cores, COPY to staging in chunks, then one transaction that changes the copy.
//!
//! Memory is flat: a few chunks are under way at a time. Each chunk moves the load's progress in its own
//! transaction, so a load that was killed goes on where it stopped when the same file is offered again. The copy
//! itself changes at once or not at all: matching never sees half a set.

use super::merge;
pub use super::merge::Merged;
use super::read::{Chunk, read_chunks};
use super::record::{HeaderError, Record};
use crate::audit::{self, Event, Kind};
use crate::intake::read::Source;
use crate::jobs::{self, JobKind};
use crate::keys::{Keys, Purpose};
use crate::store::copy::CopyRows;
use crate::store::{Db, StoreError, WorkerTx, worker_tx};
use domain::delivery::dropbox::BrpName;
use futures::stream::{self, StreamExt};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use time::Date;
use tokio::sync::mpsc;
use uuid::Uuid;

/// Line numbers of refused lines that are kept.
const NAMED: usize = 100;

/// Any number: who loads holds it.
const LOCK: i64 = 0x6272_706c;

const COPY: &str = "COPY brp_staging (load_id, line, pl_id, mac_key, bsn_mac, bsn_enc, given_names, prefix, surname, partner_prefix,
    partner_surname, birth_date, sex, postcode, house_number, house_letter, house_addition, street, town, suspension_reason,
    suspension_date, death_date, secret, content_digest, usable) FROM STDIN BINARY";
const COPY_FIELDS: i16 = 25;

/// What the file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Everyone: who is not in it disappears from the copy.
    Full,
    /// Changes only.
    Delta,
}

impl Set {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Delta => "delta",
        }
    }
}

/// Which set it is, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetOf {
    /// The day it is of.
    pub day: Date,
    /// Counts the sets.
    pub number: Option<u32>,
}

impl SetOf {
    /// What the name of a file says; none when it has another form.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let set = BrpName::parse(name)?;
        Some(Self {
            day: set.day,
            number: Some(set.sequence),
        })
    }

    /// Comes before another set. Of one day, and without a number, nobody knows.
    fn is_older(self, than: Self) -> bool {
        match (self.number, than.number) {
            (Some(number), Some(other)) => (self.day, number) < (than.day, other),
            _ => self.day < than.day,
        }
    }
}

/// What to load and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// The file.
    pub file: PathBuf,
    /// What it holds.
    pub set: Set,
    /// Which set it is, where that is known.
    pub of: Option<SetOf>,
    /// Take a set that is older than the one that was taken last.
    pub accept_older: bool,
    /// Take a full set that is much smaller than the copy.
    pub accept_shrink: bool,
    /// Drop another load that was broken off.
    pub restart: bool,
    /// Who asked, for the audit.
    pub by: String,
}

/// The upload that a set came by.
#[derive(Debug, Clone, Copy)]
pub struct Came {
    /// Its key.
    pub upload: Uuid,
    /// How many lines it is to have, the header aside, where that was promised.
    pub promised: Option<u32>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Lines of the file that became lists, and those that cannot be.
    pub read: u64,
    /// Lines that are no persoonslijst.
    pub refused: u64,
    /// The first of them, by line of the file.
    pub refused_lines: Vec<i64>,
    /// Lines that an earlier, broken-off run had staged already.
    pub resumed: u64,
    /// Lists new, changed, gone, and in the copy now.
    pub merged: Merged,
}

/// Why a set was not taken. Nothing changed in the copy.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Io(#[from] std::io::Error),
    /// Not the columns of a BRP set.
    #[error("this is no BRP set: {0}")]
    Header(#[from] HeaderError),
    /// Broken CSV; the line only.
    #[error("this is no BRP set: broken at line {0}")]
    Csv(u64),
    /// A line that does not close its quotes, or does not end; the line only.
    #[error("this is no BRP set: line {0} leaves a quote open or is too long")]
    Line(u64),
    /// Somebody else is loading now.
    #[error("another load is running")]
    Busy,
    /// The load of another file was broken off.
    #[error(
        "the load of {0} was broken off; offer that file again to go on, or drop it with --restart"
    )]
    BrokenOff(String),
    /// Too many lines that are no list.
    #[error(
        "{refused} of {read} lines are no persoonslijst, first line {first}; the set was not taken"
    )]
    Refused {
        /// Lines read.
        read: u64,
        /// Lines refused.
        refused: u64,
        /// The first.
        first: i64,
    },
    /// Other lines than its control file or its last line `#EINDE;<n>` promises.
    #[error("{promised} lines were promised, the file has {read}; the set was not taken")]
    Promised {
        /// Lines promised.
        promised: u64,
        /// Lines read.
        read: u64,
    },
    /// A full set that lost many persons.
    #[error(
        "a full set of {now} lists would replace {before}; that much does not disappear in a day. If it is right: --accept-shrink"
    )]
    Shrink {
        /// Lists in the copy.
        before: i64,
        /// Lists in the file.
        now: i64,
    },
    /// A newer set was taken.
    #[error(
        "the set is older than the one taken last, of {} number {}; if it is right: --accept-older",
        newest.day, newest.number.map_or_else(|| "unknown".to_owned(), |number| number.to_string())
    )]
    Older {
        /// The set that was taken last.
        newest: SetOf,
    },
    /// Its day is still to come: every set until then would be older.
    #[error("the day of the set, {0}, is still to come")]
    Ahead(Date),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LoadError {
    /// What is wrong with the file stays wrong; what is wrong with the machine is tried again with the same file.
    const fn is_of_the_file(&self) -> bool {
        matches!(
            self,
            Self::Header(_)
                | Self::Csv(_)
                | Self::Line(_)
                | Self::Refused { .. }
                | Self::Promised { .. }
                | Self::Shrink { .. }
                | Self::Store(StoreError::Value(_))
        )
    }
}

impl From<sqlx::Error> for LoadError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Loads a set. `progress` hears the lines done so far.
///
/// # Errors
/// When the file is no usable set, is implausible, or the database is not there.
pub async fn load(
    db: &Db,
    keys: &Arc<Keys>,
    request: &Request,
    progress: impl Fn(u64),
) -> Result<Loaded, LoadError> {
    let source = Arc::new(request.file.clone());
    load_from(db, keys, request, (source, None), progress).await
}

/// Loads a set whose bytes come from elsewhere, maybe an upload; the file of the request is its name only.
///
/// # Errors
/// As [`load`].
pub async fn load_from(
    db: &Db,
    keys: &Arc<Keys>,
    request: &Request,
    (source, came): (Arc<dyn Source>, Option<Came>),
    progress: impl Fn(u64),
) -> Result<Loaded, LoadError> {
    let mut one_at_a_time = db.worker.acquire().await?;
    lock(&mut one_at_a_time).await?;
    let loaded = load_locked(db, keys, request, (&source, came), progress).await;
    // Killed before this, the connection unlocks when it goes back to the pool or ends.
    sqlx::query_scalar!("SELECT pg_advisory_unlock($1)", LOCK)
        .fetch_one(&mut *one_at_a_time)
        .await?;
    loaded
}

/// One load at a time; one that was just killed gets two seconds to let go.
async fn lock(connection: &mut PgConnection) -> Result<(), LoadError> {
    for _ in 0..40 {
        if sqlx::query_scalar!("SELECT pg_try_advisory_lock($1)", LOCK)
            .fetch_one(&mut *connection)
            .await?
            == Some(true)
        {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err(LoadError::Busy)
}

async fn load_locked(
    db: &Db,
    keys: &Arc<Keys>,
    request: &Request,
    (source, came): (&Arc<dyn Source>, Option<Came>),
    progress: impl Fn(u64),
) -> Result<Loaded, LoadError> {
    let upload = came.map(|came| came.upload);
    let mut run = Run::begin(db, keys, request, (source, upload)).await?;
    let resumed = run.done();
    let merged = match run.stage(db, keys, source, progress).await {
        Ok(closing) => {
            let promised = came.and_then(|came| came.promised);
            run.end(db, request, [promised, closing]).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = &merged
        && error.is_of_the_file()
    {
        run.close(db, "refused").await?;
    }
    Ok(Loaded {
        merged: merged?,
        read: run.done(),
        refused: run.refused,
        refused_lines: run.refused_lines,
        resumed,
    })
}

/// An older set would undo what a newer one said.
async fn in_order(tx: &mut WorkerTx<'_>, request: &Request) -> Result<(), LoadError> {
    let Some(of) = request.of else { return Ok(()) };
    let taken = sqlx::query!(
        r#"SELECT (now() AT TIME ZONE 'Europe/Amsterdam')::date AS "today!", l.set_day AS "day?", l.set_number AS "number?"
           FROM (VALUES (1)) AS one LEFT JOIN LATERAL (
               SELECT set_day, set_number FROM brp_loads WHERE state = 'done' AND set_day IS NOT NULL ORDER BY finished_at DESC LIMIT 1) AS l ON true"#
    )
    .fetch_one(&mut **tx)
    .await?;
    if of.day > taken.today {
        return Err(LoadError::Ahead(of.day));
    }
    let newest = taken.day.map(|day| SetOf {
        day,
        number: taken.number.and_then(|number| u32::try_from(number).ok()),
    });
    match newest {
        Some(newest) if of.is_older(newest) && !request.accept_older => {
            Err(LoadError::Older { newest })
        }
        _ => Ok(()),
    }
}

/// A load under way.
struct Run {
    id: Uuid,
    staged: u64,
    refused: u64,
    refused_lines: Vec<i64>,
}

impl Run {
    /// A new load, or the one that was broken off with this very file.
    async fn begin(
        db: &Db,
        keys: &Keys,
        request: &Request,
        (source, upload): (&Arc<dyn Source>, Option<Uuid>),
    ) -> Result<Self, LoadError> {
        let source = source.clone();
        let sha256 = tokio::task::spawn_blocking(move || file_sha256(&*source))
            .await
            .map_err(std::io::Error::other)??;
        let digest = keys.digest(sha256);
        let mut tx = worker_tx(db).await?;
        in_order(&mut tx, request).await?;
        let day = request.of.map(|of| of.day);
        let number = request.of.and_then(|of| of.number);
        let number = number.and_then(|number| i32::try_from(number).ok());
        let open = sqlx::query!("SELECT id, kind, file_name, file_digest, rows_staged, rows_refused, refused_lines FROM brp_loads WHERE state = 'staging' FOR UPDATE")
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(open) = open {
            if open.file_digest == digest.bytes && open.kind == request.set.as_str() {
                let mut run = Self {
                    id: open.id,
                    staged: open.rows_staged.unsigned_abs(),
                    refused: open.rows_refused.unsigned_abs(),
                    refused_lines: open.refused_lines,
                };
                run.distrust_staging(&mut tx).await?;
                sqlx::query!(
                    "UPDATE brp_loads SET upload_id = $2, set_day = $3, set_number = $4 WHERE id = $1",
                    run.id,
                    upload,
                    day,
                    number
                )
                .execute(&mut *tx)
                .await?;
                tx.commit().await?;
                return Ok(run);
            }
            if !request.restart {
                return Err(LoadError::BrokenOff(open.file_name));
            }
            sqlx::query!("UPDATE brp_loads SET state = 'failed', reason = 'restart', finished_at = now() WHERE id = $1", open.id)
                .execute(&mut *tx)
                .await?;
        }
        let id = crate::clock::new_key();
        let name = request
            .file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        sqlx::query!(
            "INSERT INTO brp_loads (id, kind, file_name, file_digest, digest_key, upload_id, set_day, set_number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            id, request.set.as_str(), name, digest.bytes.as_slice(), digest.key_id(), upload, day, number
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("TRUNCATE brp_staging")
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(Self {
            id,
            staged: 0,
            refused: 0,
            refused_lines: Vec::new(),
        })
    }

    /// Staging is not logged: after a crash of the database itself it is empty, whatever the progress says.
    async fn distrust_staging(&mut self, tx: &mut WorkerTx<'_>) -> Result<(), LoadError> {
        let there = sqlx::query_scalar!(
            r#"SELECT count(*) AS "n!" FROM brp_staging WHERE load_id = $1 AND usable"#,
            self.id
        )
        .fetch_one(&mut **tx)
        .await?;
        if there.unsigned_abs() != self.staged {
            sqlx::query!("TRUNCATE brp_staging")
                .execute(&mut **tx)
                .await?;
            (self.staged, self.refused, self.refused_lines) = (0, 0, Vec::new());
        }
        Ok(())
    }

    const fn done(&self) -> u64 {
        self.staged + self.refused
    }

    /// Reads, seals on all cores, and copies in the order of the file; what its closing line promises.
    async fn stage(
        &mut self,
        db: &Db,
        keys: &Arc<Keys>,
        source: &Arc<dyn Source>,
        progress: impl Fn(u64),
    ) -> Result<Option<u32>, LoadError> {
        let (sender, receiver) = mpsc::channel(2);
        let (source, skip) = (source.clone(), self.done());
        let reader = tokio::task::spawn_blocking(move || read_chunks(&*source, skip, &sender));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let load = self.id;
        let mut sealed = std::pin::pin!(
            stream::unfold(receiver, |mut receiver| async {
                receiver.recv().await.map(|chunk| (chunk, receiver))
            })
            .map(|chunk: Chunk| {
                let keys = Arc::clone(keys);
                tokio::task::spawn_blocking(move || seal(&keys, load, &chunk))
            })
            .buffered(cores)
        );
        while let Some(chunk) = sealed.next().await {
            self.copy(db, chunk.map_err(std::io::Error::other)?).await?;
            progress(self.done());
        }
        reader.await.map_err(std::io::Error::other)?
    }

    async fn copy(&mut self, db: &Db, chunk: SealedChunk) -> Result<(), LoadError> {
        let mut tx = worker_tx(db).await?;
        self.staged += chunk.staged;
        self.refused += chunk.refused.len() as u64;
        let room = NAMED.saturating_sub(self.refused_lines.len());
        self.refused_lines
            .extend(chunk.refused.into_iter().take(room));
        let mut copy = tx.copy_in_raw(COPY).await?;
        copy.send(chunk.bytes).await?;
        copy.finish().await?;
        sqlx::query!(
            "UPDATE brp_loads SET rows_staged = $2, rows_refused = $3, refused_lines = $4 WHERE id = $1",
            self.id, self.staged.cast_signed(), self.refused.cast_signed(), &self.refused_lines
        )
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Judges the set as a whole and takes it, in one transaction.
    async fn end(
        &self,
        db: &Db,
        request: &Request,
        promised: [Option<u32>; 2],
    ) -> Result<Merged, LoadError> {
        // Cut off between two lines a file looks whole.
        for promised in promised.into_iter().flatten().map(u64::from) {
            if promised != self.done() {
                let read = self.done();
                return Err(LoadError::Promised { promised, read });
            }
        }
        // One in a hundred lines wrong is a file of something else.
        if self.refused > 10 && self.refused * 100 > self.done() {
            let first = self.refused_lines.first().copied().unwrap_or_default();
            return Err(LoadError::Refused {
                read: self.done(),
                refused: self.refused,
                first,
            });
        }
        let mut tx = worker_tx(db).await?;
        let merged = merge::merge(&mut tx, self.id, request.set, request.accept_shrink).await?;
        sqlx::query!(
            "UPDATE brp_loads SET state = 'done', finished_at = now(), rows_new = $2, rows_changed = $3, rows_gone = $4, persons_after = $5 WHERE id = $1",
            self.id, merged.new, merged.changed, merged.gone, merged.total
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("TRUNCATE brp_staging")
            .execute(&mut *tx)
            .await?;
        let event = Event::of_command("brp load", &request.by, Kind::BrpLoaded)
            .object("brp-load", self.id)
            .detail("set", request.set.as_str())
            .detail("new", merged.new)
            .detail("changed", merged.changed)
            .detail("gone", merged.gone)
            .detail("renumbered", merged.renumbered)
            .detail("refused", self.refused);
        // Records follow a changed BSN; what was stored while the copy was late is held against this one.
        jobs::push(&mut tx, JobKind::Recheck, self.id).await?;
        audit::add(&mut tx, event).await?;
        tx.commit().await?;
        db.work.notify_waiters();
        Ok(merged)
    }

    async fn close(&self, db: &Db, state: &str) -> Result<(), LoadError> {
        let mut tx = worker_tx(db).await?;
        sqlx::query!(
            "UPDATE brp_loads SET state = $2, finished_at = now() WHERE id = $1",
            self.id,
            state
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("TRUNCATE brp_staging")
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}

/// Lines ready for COPY.
struct SealedChunk {
    bytes: Vec<u8>,
    staged: u64,
    refused: Vec<i64>,
}

fn seal(keys: &Keys, load: Uuid, chunk: &Chunk) -> SealedChunk {
    let mut rows = CopyRows::with_capacity(chunk.lines.len() * 400);
    let mut refused = Vec::new();
    let mut staged = 0;
    for (line, text) in &chunk.lines {
        if let Some(record) = Record::read(&chunk.header, text) {
            write(&mut rows, keys, load, *line, (&record, true));
            staged += 1;
        } else {
            refused.push(*line);
            // That it is in the file is known all the same, so a full set does not take it away.
            let named = Record::named(&chunk.header, text);
            if !named.pl_id.is_empty() {
                write(&mut rows, keys, load, *line, (&named, false));
            }
        }
    }
    SealedChunk {
        staged,
        bytes: rows.finish(),
        refused,
    }
}

fn write(
    rows: &mut CopyRows,
    keys: &Keys,
    load: Uuid,
    line: i64,
    (record, usable): (&Record<'_>, bool),
) {
    rows.row(COPY_FIELDS);
    rows.uuid(load);
    rows.bigint(line);
    rows.text(record.pl_id);
    match &record.bsn {
        Some(bsn) => {
            let mac = keys.bsn_mac(bsn);
            rows.text(&mac.key_id());
            rows.bytes(&mac.bytes);
            rows.bytes(
                keys.seal(
                    bsn.expose().as_bytes(),
                    &Purpose::BrpBsn.of(record.pl_id.as_bytes()),
                )
                .as_bytes(),
            );
        }
        None => (0..3).for_each(|_| rows.null()),
    }
    for text in [
        record.given_names,
        record.prefix,
        record.surname,
        record.partner_prefix,
        record.partner_surname,
        record.birth_date,
        record.sex,
        record.postcode,
    ] {
        rows.text_or_null(text);
    }
    match record.house_number {
        Some(number) => rows.integer(number),
        None => rows.null(),
    }
    for text in [
        record.house_letter,
        record.house_addition,
        record.street,
        record.town,
        record.suspension_reason,
        record.suspension_date,
        record.death_date,
    ] {
        rows.text_or_null(text);
    }
    rows.boolean(record.secret);
    rows.bytes(&keys.digest(record.content_sha256()).bytes);
    rows.boolean(usable);
}

fn file_sha256(source: &dyn Source) -> std::io::Result<[u8; 32]> {
    let (mut file, mut hash, mut buffer) = (source.open()?, Sha256::new(), vec![0; 1 << 20]);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().into()),
            read => hash.update(&buffer[..read]),
        }
    }
}

//! `cims doctor`: raw files, deliveries, counts, answers, register and audit agree, or what does not.

use crate::audit::verify::verify;
use crate::clock::dutch_moment;
use crate::commands::{NotFit, audit_verify};
use crate::config::Config;
use crate::intake::receive::BlobStore;
use crate::keys::{Keys, Purpose, Sealed};
use crate::store::{Db, StoreError, WorkerTx, doctor, retention, rulings, schema, worker_tx};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, PgConnection};
use std::collections::HashSet;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use uuid::Uuid;

/// Keys that are shown of what does not agree.
const SHOWN: usize = 5;
/// Persons that are looked at together.
const PERSONS: i64 = 5_000;
/// A raw file that nobody names yet may belong to an upload under way.
const YOUNG: Duration = Duration::from_secs(3_600);

/// Prove that raw files, deliveries, counts, answers, register and audit agree. Changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims doctor                         exit code 1 when something does not agree
  cims doctor --files                 read every raw file whole, too: that it opens with its key and is what came

It reads the audit as the role of `database.log_url` (cims_log), or else of `database.owner_url`.")]
pub struct Args {
    /// Open and read every file on disk.
    #[arg(long)]
    pub files: bool,
}

/// What one question came to.
#[derive(Debug)]
pub struct Finding {
    /// What was asked.
    pub question: &'static str,
    /// Keys of what does not agree.
    pub wrong: Vec<Uuid>,
    /// What agrees only because something is allowed for, in words.
    pub allowed: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub async fn run(args: Args, file: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(file).map_err(|error| NotFit(error.to_string()))?;
    let keys = Keys::load(&config.keys.dir).map_err(|error| NotFit(error.to_string()))?;
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, crate::clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    let blobs = BlobStore::open(&config.storage.dir)?.keeping(config.storage.raw_file_days);
    let mut log = audit_verify::connect(&config).await?;
    let findings = examine(&db, &keys, &blobs, &mut log, args.files).await?;
    log.close().await.map_err(StoreError::from)?;
    for finding in &findings {
        let keys: Vec<String> = finding
            .wrong
            .iter()
            .take(SHOWN)
            .map(Uuid::to_string)
            .collect();
        match finding.wrong.len() {
            0 => println!("ok     {}", finding.question),
            many => println!("WRONG  {}: {many} ({})", finding.question, keys.join(", ")),
        }
        if let Some(allowed) = &finding.allowed {
            println!("       {allowed}");
        }
    }
    let wrong = findings.iter().any(|finding| !finding.wrong.is_empty());
    Ok(ExitCode::from(u8::from(wrong)))
}

/// Asks everything. One transaction sees one moment; the disk is looked at after it, so that what was received meanwhile is
/// no stranger.
///
/// # Errors
/// When database or disk cannot be read.
pub async fn examine(
    db: &Db,
    keys: &Keys,
    blobs: &BlobStore,
    log: &mut PgConnection,
    read_files: bool,
) -> anyhow::Result<Vec<Finding>> {
    // Of what is a day younger than the oldest answers nothing was destroyed yet.
    let answers_since = crate::clock::now() - blobs.kept_for() + time::Duration::days(1);
    let mut tx = worker_tx(db).await?;
    let mut found = Vec::new();
    let mut add = |question, wrong| {
        found.push(Finding {
            question,
            wrong,
            allowed: None,
        });
    };
    add(
        "counts of a delivery are those of its rows",
        doctor::counts(&mut tx).await?,
    );
    add(
        "a registration leads to a row of a delivery",
        doctor::without_row(&mut tx).await?,
    );
    add(
        "a vaccination has a source that stands",
        doctor::without_source(&mut tx).await?,
    );
    add(
        "what counts follows from reports and rulings",
        unsettled(&mut tx).await?,
    );
    add(
        "a delivery on its way has a job",
        doctor::stuck(&mut tx, answers_since).await?,
    );
    add(
        "an ended delivery of the drop box has its answers",
        doctor::unanswered(&mut tx, answers_since).await?,
    );
    let files = doctor::files(&mut tx).await?;
    let lost: Vec<Uuid> = files
        .iter()
        .copied()
        .filter(|id| !blobs.holds(*id))
        .collect();
    let held: Vec<Uuid> = files.into_iter().filter(|id| !lost.contains(id)).collect();
    add("a file that is named lies on disk", lost);
    let old = blobs.older_than((crate::clock::now() - YOUNG).into())?;
    add(
        "a file on disk is named",
        retention::orphans(&mut tx, &old).await?,
    );
    if read_files {
        let came = doctor::digests(&mut tx).await?;
        let (mut unread, mut other) = (Vec::new(), Vec::new());
        for id in held {
            match (digest(blobs, keys, id), came.get(&id)) {
                (None, _) => unread.push(id),
                (Some(sha256), Some(sealed)) if !is_of(keys, id, sealed, sha256) => other.push(id),
                (Some(_), _) => {}
            }
        }
        add("a file on disk opens with its key", unread);
        add("a raw file is what came, by its SHA-256", other);
    }
    let audited = doctor::audited(log).await?;
    let mut silent = Vec::new();
    for (id, stored) in doctor::deliveries(&mut tx).await? {
        let told = audited.get(&id);
        let whole = match (told, stored) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(rows), Some((first, last))) => {
                rows.is_some_and(|(from, to)| from <= first && last <= to)
            }
        };
        if !whole {
            silent.push(id);
        }
    }
    let (wrong, allowed) = by_registration(&mut tx, log, silent).await?;
    let report = verify(log, keys).await?;
    let broken = report.broken.iter().map(|_| Uuid::nil()).collect();
    found.push(Finding {
        question: "the audit tells of each delivery and its stored rows",
        wrong,
        allowed,
    });
    found.push(Finding {
        question: "the chains of the audit are as written",
        wrong: broken,
        allowed: None,
    });
    tx.rollback().await?;
    Ok(found)
}

/// Until a version of this program the audit told of a correction, a withdrawal or a return by its registration alone. Of what
/// it does not tell by its key, those are left out that came before the first line that names a delivery, and of whose
/// registration there is such a line for each; what is left, and how many were left out.
async fn by_registration(
    tx: &mut WorkerTx<'_>,
    log: &mut PgConnection,
    mut silent: Vec<Uuid>,
) -> Result<(Vec<Uuid>, Option<String>), StoreError> {
    if silent.is_empty() {
        return Ok((silent, None));
    }
    let (mut lines, named) = doctor::told_by_registration(log).await?;
    let (mut told, mut last) = (HashSet::new(), None);
    for (delivery, registration, at) in doctor::of_registrations(tx, &silent).await? {
        let before = named.is_none_or(|named| at < named);
        let left = lines.get_mut(&registration).filter(|left| **left > 0);
        if let (true, Some(left)) = (before, left) {
            *left -= 1;
            told.insert(delivery);
            last = last.max(Some(at));
        }
    }
    silent.retain(|id| !told.contains(id));
    let allowed = last.map(|last| {
        format!(
            "{} changes of a registration, the last one of {}, are told by their registration: the audit did not name their delivery then",
            told.len(),
            dutch_moment(last)
        )
    });
    Ok((silent, allowed))
}

async fn unsettled(tx: &mut WorkerTx<'_>) -> Result<Vec<Uuid>, StoreError> {
    let (mut after, mut wrong) = (Uuid::nil(), Vec::new());
    loop {
        let persons = doctor::persons(tx, after, PERSONS).await?;
        let Some(last) = persons.last() else {
            return Ok(wrong);
        };
        after = *last;
        let some = rulings::unsettled(tx, &persons).await?;
        wrong.extend(some.into_iter().map(|jab| jab.id));
    }
}

/// SHA-256 of a file that opens with its key, to its last byte.
fn digest(blobs: &BlobStore, keys: &Keys, id: Uuid) -> Option<[u8; 32]> {
    let mut file = blobs.read(keys, id).ok()?;
    let (mut sha, mut portion) = (Sha256::new(), vec![0; 64 * 1024]);
    loop {
        match file.read(&mut portion).ok()? {
            0 => return Some(sha.finalize().into()),
            read => sha.update(portion.get(..read)?),
        }
    }
}

fn is_of(keys: &Keys, id: Uuid, sealed: &[u8], sha256: [u8; 32]) -> bool {
    let sealed = Sealed::from_bytes(sealed.to_vec());
    let plain = keys.open(&sealed, &Purpose::Sha256.of(id.as_bytes()));
    plain.is_ok_and(|plain| plain.as_slice() == sha256)
}

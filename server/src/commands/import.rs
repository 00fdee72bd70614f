//! `cims import`: the whole path of a delivery, by command.
//!
//! The file is received as from any sender, a worker in this process takes it down the road, and the answer
//! is made of what was stored. Killed half-way, the next worker that starts finishes it.

use super::check::{EXIT_REFUSED, EXIT_ROWS};
use crate::audit::{Event, Kind};
use crate::commands::NotFit;
use crate::config::Config;
use crate::intake::answer::{self, Summary};
use crate::intake::judge::Verdict;
use crate::intake::read::{self, Facts, Limits, Options};
use crate::intake::receive::{self, BlobStore, BlobWriter, Received, Sender};
use crate::intake::scan::Scanner;
use crate::intake::show::{FileFacts, Show};
use crate::intake::{Clock, Road};
use crate::jobs::Life;
use crate::keys::Keys;
use crate::store::{Db, profiles, schema, worker_tx};
use crate::web::observe;
use anyhow::{Context, bail};
use domain::delivery::Channel;
use domain::finding::Severity;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use time::Date;
use tokio::sync::watch;
use uuid::Uuid;

/// Deliver a file for a party, without preview.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims import aanlevering.csv --party ZONNEHOF
  cims import aanlevering.xlsx --party ZONNEHOF --by maria --json

Exit code: 0 all rows in, 1 some rows refused, 2 the file was refused or cannot be read.")]
pub struct Args {
    /// The file: CSV, XLSX or ODS.
    #[arg(value_name = "FILE")]
    pub file: std::path::PathBuf,
    /// Code of the delivering party.
    #[arg(long, value_name = "CODE")]
    pub party: String,
    /// Channel the file counts as.
    #[arg(long, default_value = "upload", value_parser = channel)]
    pub channel: Channel,
    /// Who delivers, for the audit.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// The day the rules take for today (jjjj-mm-dd).
    #[arg(long, value_name = "DATE", value_parser = super::check::day)]
    pub today: Option<Date>,
    /// Answer with one JSON object.
    #[arg(long)]
    pub json: bool,
}

fn channel(text: &str) -> Result<Channel, String> {
    Channel::parse(text).ok_or_else(|| "upload, sftp, zorgmail, ggd, lsp or papier".to_owned())
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub async fn run(args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    observe::quiet_panics();
    let config = Config::load(config).map_err(|error| NotFit(error.to_string()))?;
    let keys = Arc::new(Keys::load(&config.keys.dir).map_err(|error| NotFit(error.to_string()))?);
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, crate::clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    schema::check_keys(&db, &keys)
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    let blobs = BlobStore::open(&config.storage.dir)
        .map_err(|error| NotFit(format!("storage: {error}")))?;
    let road = Road {
        db,
        keys,
        blobs,
        scanner: config.scanner.address.clone().map(Scanner::new),
        clock: Clock { today: args.today },
    };
    let mut out = io::stdout().lock();
    let imported = match import(&road, &args).await {
        Ok(imported) => imported,
        Err(error) => {
            // One object whatever happens (specification §6).
            if args.json {
                Show::Json.unreadable(&mut out, &super::check::name(&args.file))?;
            } else if !std::fs::metadata(&args.file).is_ok_and(|file| file.is_file()) {
                Show::Words.unreadable(&mut out, &super::check::name(&args.file))?;
            }
            return Err(error);
        }
    };
    let code = show(&road, &args, &imported, &mut out).await?;
    out.flush()?;
    Ok(code)
}

/// A file taken down the road.
pub struct Imported {
    /// The delivery.
    pub delivery: Uuid,
    /// What it came to.
    pub summary: Summary,
    facts: Facts,
}

/// Delivers a file and waits for its end.
///
/// # Errors
/// When the file cannot be read, the party does not exist, or this installation is broken.
pub async fn import(road: &Road, args: &Args) -> anyhow::Result<Imported> {
    let mut tx = worker_tx(&road.db).await?;
    let Some((party, active)) = profiles::by_code(&mut tx, &args.party).await? else {
        bail!("there is no party {}", args.party)
    };
    tx.rollback().await?;
    if !active {
        bail!("party {} may not deliver", args.party);
    }
    let name = args
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let facts = facts(args).await?;
    let file = keep(road, args)
        .await
        .with_context(|| format!("{} cannot be read", args.file.display()))?;
    let by = args.by.as_deref().unwrap_or("beheer");
    let sender = Sender {
        party,
        by: None,
        channel: args.channel,
        file_name: &name,
        preview: false,
        test_lane: false,
        intermediary: None,
        event: Event::of_command("import", by, Kind::DeliveryReceived),
        now: road.clock.now(),
        dropped: None,
    };
    let received = receive::receive(road, sender, file).await?;
    let delivery = received.id();
    if let Received::New(_) = received {
        until_it_ends(road, delivery).await?;
    }
    Ok(Imported {
        delivery,
        summary: summary(road, delivery).await?,
        facts,
    })
}

/// What the file is, for the answer.
async fn facts(args: &Args) -> anyhow::Result<Facts> {
    let (file, options) = (args.file.clone(), Options::new(Limits::of(args.channel)));
    let opened = tokio::task::spawn_blocking(move || read::open(Arc::new(file), &options)).await?;
    Ok(opened
        .with_context(|| format!("{} cannot be read", args.file.display()))?
        .facts)
}

async fn keep(road: &Road, args: &Args) -> anyhow::Result<BlobWriter> {
    let (road, path) = (road.clone(), args.file.clone());
    let kept = tokio::task::spawn_blocking(move || -> io::Result<BlobWriter> {
        let mut from = std::fs::File::open(path)?;
        let mut file = road.blobs.create(&road.keys, crate::clock::new_key())?;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = from.read(&mut buffer)?;
            if read == 0 {
                return Ok(file);
            }
            file.push(&buffer[..read])?;
        }
    });
    Ok(kept.await??)
}

/// Works until this delivery has ended; a worker of another process may be the one that does it.
async fn until_it_ends(road: &Road, delivery: Uuid) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let life = Life::begin(&road.db).await?;
    let working = crate::intake::work(road, &life, stopped);
    let watching = async {
        while !summary(road, delivery).await?.ended {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // Nobody listens any more when the worker has ended.
        let _ = stop.send(true);
        Ok::<_, anyhow::Error>(())
    };
    let ((), watched) = tokio::join!(working, watching);
    life.end(&road.db).await?;
    watched
}

async fn summary(road: &Road, delivery: Uuid) -> anyhow::Result<Summary> {
    let mut tx = worker_tx(&road.db).await?;
    let summary = answer::summary(&mut tx, delivery).await?;
    tx.rollback().await?;
    Ok(summary)
}

/// Answers as `cims check` does (specification §6).
///
/// # Errors
/// When the database fails or `out` refuses.
pub async fn show(
    road: &Road,
    args: &Args,
    imported: &Imported,
    out: &mut impl Write,
) -> anyhow::Result<ExitCode> {
    let show = if args.json { Show::Json } else { Show::Words };
    let summary = &imported.summary;
    let mut verdict = Verdict::default();
    (verdict.rows, verdict.skipped, verdict.counts) =
        (summary.rows, summary.skipped, summary.counts);
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let file = FileFacts {
        name: &name,
        facts: &imported.facts,
        verdict: &verdict,
        findings: &summary.findings,
        outcome: summary.outcome,
    };
    show.file(out, &file)?;
    let mut tx = worker_tx(&road.db).await?;
    let (mut after, mut first) = (0, true);
    loop {
        let rows = answer::found(&mut tx, imported.delivery, &mut after).await?;
        if rows.is_empty() {
            break;
        }
        for (number, outcome, findings) in rows {
            show.row(out, first, number, outcome, &findings)?;
            first = false;
        }
    }
    show.end(out)?;
    let refused = summary
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Fout);
    Ok(match (refused, summary.counts.afgekeurd) {
        (true, _) => ExitCode::from(EXIT_REFUSED),
        (false, 0) => ExitCode::SUCCESS,
        (false, _) => ExitCode::from(EXIT_ROWS),
    })
}

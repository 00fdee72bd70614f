//! `cims brp load`: takes a set of BRP persons into the local copy.

use crate::brp::load::{Request, Set, SetOf, load};
use crate::commands::NotFit;
use crate::config::Config;
use crate::keys::Keys;
use crate::store::{Db, schema};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Load a file of BRP persons (docs/brp-bestand.md).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims brp load personen.csv --full
  cims brp load mutaties.csv --delta

A load that was broken off goes on when the same file is offered again.")]
pub struct Args {
    /// The file of persons.
    #[arg(value_name = "FILE")]
    pub file: std::path::PathBuf,
    /// The file holds everyone: who is not in it disappears.
    #[arg(long, conflicts_with = "delta", required_unless_present = "delta")]
    pub full: bool,
    /// The file holds changes only.
    #[arg(long)]
    pub delta: bool,
    /// The day the set is of, jjjj-mm-dd; without it that of a name like BRP_VOL_20210301_7.csv.
    #[arg(long, value_name = "DAY", value_parser = super::check::day)]
    pub day: Option<time::Date>,
    /// Accept a set older than the one taken last.
    #[arg(long)]
    pub accept_older: bool,
    /// Accept a full load much smaller than the last one.
    #[arg(long, requires = "full")]
    pub accept_shrink: bool,
    /// Drop another load that was broken off, and begin this one.
    #[arg(long)]
    pub restart: bool,
    /// Who loads it, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub async fn run(args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(config).map_err(|error| NotFit(error.to_string()))?;
    let keys = Arc::new(Keys::load(&config.keys.dir).map_err(|error| NotFit(error.to_string()))?);
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, crate::clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    schema::check_keys(&db, &keys)
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    let set = if args.full { Set::Full } else { Set::Delta };
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let of = match args.day {
        Some(day) => Some(SetOf { day, number: None }),
        None => SetOf::named(&name),
    };
    let request = Request {
        of,
        accept_older: args.accept_older,
        file: args.file,
        set,
        accept_shrink: args.accept_shrink,
        restart: args.restart,
        by: args.by,
    };
    let loaded = load(&db, &keys, &request, show_progress).await?;
    if loaded.resumed > 0 {
        println!("went on after line {}", loaded.resumed + 1);
    }
    let merged = loaded.merged;
    println!("{} lines read, {} refused", loaded.read, loaded.refused);
    if !loaded.refused_lines.is_empty() {
        let lines: Vec<_> = loaded
            .refused_lines
            .iter()
            .map(ToString::to_string)
            .collect();
        println!("refused: line {}", lines.join(", "));
    }
    println!(
        "{} new, {} changed, {} gone; {} lists in the copy",
        merged.new, merged.changed, merged.gone, merged.total
    );
    Ok(ExitCode::SUCCESS)
}

/// A counter on a terminal, nothing in a log.
#[expect(
    clippy::print_stderr,
    reason = "progress is for who waits at the terminal"
)]
pub(crate) fn show_progress(lines: u64) {
    if std::io::stderr().is_terminal() {
        eprint!("\r{lines} lines");
        std::io::stderr().flush().ok();
    }
}

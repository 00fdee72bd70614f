//! `cims check`: the row rules on a file; no database, no keys, nothing stored (specification §6).

use crate::clock;
use crate::intake::judge::{self, Verdict};
use crate::intake::noted::Noted;
use crate::intake::read::{self, Limits, Opened, Options};
use crate::intake::show::{FileFacts, Show};
use anyhow::Context as _;
use domain::codes::CodeLists;
use domain::delivery::{Channel, FileOutcome};
use domain::finding::Severity;
use domain::row::{Context, Profile, RepairSet};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use time::Date;
use time::macros::format_description;

/// A file finding refuses the file, or it cannot be read.
pub(super) const EXIT_REFUSED: u8 = 2;
/// At least one row is AFGEKEURD.
pub(super) const EXIT_ROWS: u8 = 1;

/// Check a file by the row rules; nothing is stored.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit code: 2 when the file is refused or cannot be read, 1 when a row is refused, else 0.

Examples:
  cims check aanlevering.csv
  cims check aanlevering.xlsx --today 2021-06-30 --json"
)]
pub struct Args {
    /// The file: CSV, XLSX or ODS.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The day the rules take for today (jjjj-mm-dd); the Dutch day it is when absent.
    #[arg(long, value_name = "DATE", value_parser = day)]
    pub today: Option<Date>,
    /// Answer with one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Reads a day written as jjjj-mm-dd.
pub(super) fn day(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "write the day as jjjj-mm-dd, like 2021-06-30".to_owned())
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let show = if args.json { Show::Json } else { Show::Words };
    let out = &mut BufWriter::new(std::io::stdout().lock());
    let done = check(&args, show, out);
    if done.is_err() {
        show.unreadable(out, &name(&args.file))?;
    }
    out.flush()?;
    // What the file is called is the caller's own; what is in it is never part of an error.
    done.with_context(|| format!("{} cannot be read", args.file.display()))
}

fn check(args: &Args, show: Show, out: &mut impl Write) -> anyhow::Result<ExitCode> {
    let lists = CodeLists::builtin();
    let context = Context {
        today: args.today.unwrap_or_else(clock::today),
        channel: Channel::Sftp,
        profile: Profile::Unknown,
        lists: &lists,
        off: RepairSet::NONE,
        test_lane: false,
    };
    let source = Arc::new(args.file.clone());
    let Opened {
        facts,
        mut findings,
        table,
    } = read::open(source, &Options::new(Limits::SYSTEM))?;
    let noted = Mutex::new(Noted::default());
    let verdict = match &table {
        Some(table) => judge::first_pass(table, &context, &[], &noted)?,
        None => Verdict::default(),
    };
    findings.extend(verdict.findings.iter().cloned());
    findings.sort_by_key(|finding| finding.code);
    let file = FileFacts {
        name: &name(&args.file),
        facts: &facts,
        verdict: &verdict,
        findings: &findings,
        outcome: Some(FileOutcome::of(&verdict.counts, &findings)),
    };
    show.file(out, &file)?;
    if !verdict.refuses() {
        let noted = noted.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut first = true;
        for (number, outcome, findings) in noted.into_rows(&verdict) {
            show.row(out, first, number, outcome, &findings)?;
            first = false;
        }
    }
    show.end(out)?;
    let refused = findings
        .iter()
        .any(|finding| finding.severity == Severity::Fout);
    Ok(match (refused, verdict.counts.afgekeurd) {
        (true, _) => ExitCode::from(EXIT_REFUSED),
        (false, 0) => ExitCode::SUCCESS,
        (false, _) => ExitCode::from(EXIT_ROWS),
    })
}

/// The name of a file as answers show it.
pub(super) fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

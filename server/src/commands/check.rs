//! `cims check`: the row rules on a file; no database, no keys, nothing stored (specification §6).

use anyhow::bail;
use std::process::ExitCode;

/// Check a file by the row rules; nothing is stored.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims check aanlevering.csv
  cims check aanlevering.xlsx --today 2021-06-30 --json")]
pub struct Args {
    /// The file: CSV, XLSX or ODS.
    #[arg(value_name = "FILE")]
    pub file: std::path::PathBuf,
    /// The day the rules take for today (jjjj-mm-dd).
    #[arg(long, value_name = "DATE")]
    pub today: Option<String>,
    /// Answer with one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    bail!("this command is not built yet")
}

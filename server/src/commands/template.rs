//! `cims template`: writes the versioned standard format.

use anyhow::bail;
use std::process::ExitCode;

/// Write the standard spreadsheet.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims template sjabloon.xlsx
  cims template --format csv sjabloon.csv")]
pub struct Args {
    /// xlsx or csv; taken from the file name when absent.
    #[arg(long)]
    pub format: Option<String>,
    /// File to write.
    #[arg(value_name = "FILE")]
    pub file: std::path::PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    bail!("this command is not built yet")
}

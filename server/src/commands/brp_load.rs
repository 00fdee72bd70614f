//! `cims brp load`: takes a set of BRP persons into the local copy.

use anyhow::bail;
use std::path::Path;
use std::process::ExitCode;

/// Load a file of BRP persons (docs/brp-bestand.md).
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims brp load personen.csv --full
  cims brp load mutaties.csv --delta")]
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
    /// Accept a full load much smaller than the last one.
    #[arg(long, requires = "full")]
    pub accept_shrink: bool,
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::unused_async, reason = "body follows")]
pub async fn run(args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    let _ = (args, config);
    bail!("this command is not built yet")
}

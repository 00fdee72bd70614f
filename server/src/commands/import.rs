//! `cims import`: the whole path of a delivery, by command.

use anyhow::bail;
use std::path::Path;
use std::process::ExitCode;

/// Deliver a file for a party, without preview.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims import aanlevering.csv --party ZONNEHOF
  cims import aanlevering.xlsx --party ZONNEHOF --by maria --json")]
pub struct Args {
    /// The file: CSV, XLSX or ODS.
    #[arg(value_name = "FILE")]
    pub file: std::path::PathBuf,
    /// Code of the delivering party.
    #[arg(long, value_name = "CODE")]
    pub party: String,
    /// Channel the file counts as.
    #[arg(long, default_value = "upload")]
    pub channel: String,
    /// Who delivers, for the audit.
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
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
#[expect(clippy::unused_async, reason = "body follows")]
pub async fn run(args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    let _ = (args, config);
    bail!("this command is not built yet")
}

//! `cims migrate`: brings the schema up to date, apart from any start of the server (security L17).

use anyhow::bail;
use std::path::Path;
use std::process::ExitCode;

/// Bring the database schema up to date.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims migrate
  cims migrate --dry-run              only list what would be applied")]
pub struct Args {
    /// List the pending migrations, change nothing.
    #[arg(long)]
    pub dry_run: bool,
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

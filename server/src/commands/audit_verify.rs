//! `cims audit verify`: recomputes the chains and names the first broken line.

use anyhow::bail;
use std::path::Path;
use std::process::ExitCode;

/// Verify the hash chains and anchors of the audit log.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims audit verify")]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::unused_async, reason = "body follows")]
pub async fn run(args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    let _ = (args, config);
    bail!("this command is not built yet")
}

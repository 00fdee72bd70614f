//! `cims config show`: the configuration in effect, secrets redacted.

use anyhow::bail;
use std::path::Path;
use std::process::ExitCode;

/// Show the configuration in effect.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims config show")]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub fn run(args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    let _ = (args, config);
    bail!("this command is not built yet")
}

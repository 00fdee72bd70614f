//! `cims rules`: the columns and rules, from the tables of `domain`.

use anyhow::bail;
use std::process::ExitCode;

/// List the columns and rules.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims rules
  cims rules --json")]
pub struct Args {
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

//! `cims read-workbook`: the limited child that reads one workbook (security §6.2). Not for people.

use anyhow::bail;
use std::process::ExitCode;

/// Read a workbook from standard input, rows as JSON lines to standard output.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
#[command(after_help = "Examples:
  cims read-workbook < aanlevering.xlsx")]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let _ = args;
    bail!("this command is not built yet")
}

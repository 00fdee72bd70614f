//! `cims read-workbook`: the limited child that reads one workbook (security §6.2). Not for people.

use crate::intake::read::workbook;
use std::process::ExitCode;

/// Read a workbook from standard input, rows as JSON lines to standard output.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
#[command(after_help = "Examples:
  cims read-workbook < aanlevering.xlsx
  cims read-workbook --sheet 0 < aanlevering.xlsx")]
pub struct Args {
    /// All rows of this sheet, counted from 0; without it the first lines of every visible sheet.
    #[arg(long, value_name = "N")]
    pub sheet: Option<u32>,

    /// Hidden rows too.
    #[arg(long)]
    pub hidden: bool,
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    workbook::limit_myself()?;
    workbook::run(
        std::io::stdin().lock(),
        std::io::stdout().lock(),
        args.sheet,
        args.hidden,
    )?;
    Ok(ExitCode::SUCCESS)
}

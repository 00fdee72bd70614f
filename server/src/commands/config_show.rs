//! `cims config show`: the configuration in effect, secrets redacted.

use crate::commands::NotFit;
use crate::config::Config;
use std::path::Path;
use std::process::ExitCode;

/// Show the configuration in effect.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims config show
  CIMS__SESSION__IDLE_MINUTES=10 cims config show")]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When the configuration is not usable.
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub fn run(_args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    let shown = Config::load(config)
        .and_then(|config| config.redacted())
        .map_err(|error| NotFit(error.to_string()))?;
    print!("{shown}");
    Ok(ExitCode::SUCCESS)
}

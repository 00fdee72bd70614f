//! `cims demo`: a seeded, fictitious register to try everything on.

use anyhow::bail;
use std::path::Path;
use std::process::ExitCode;

/// Fill an empty database with fictitious persons, parties and users.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims demo
  cims demo --persons 100000 --seed 7
  cims demo --keys-only               only make the key files")]
pub struct Args {
    /// Number of fictitious persons in the BRP.
    #[arg(long, default_value_t = 2_000)]
    pub persons: u32,
    /// Seed: the same seed gives the same data.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Make missing key files and stop.
    #[arg(long)]
    pub keys_only: bool,
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

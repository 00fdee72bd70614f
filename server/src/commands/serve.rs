//! `cims serve`: the web edge and the workers.

use anyhow::bail;
use std::path::Path;
use std::process::ExitCode;

/// Serve the portal and run the workers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims serve
  cims serve --roles web              a node that only serves pages
  cims serve --listen 127.0.0.1:3000")]
pub struct Args {
    /// What this node does, separated by commas: web, worker.
    #[arg(long, value_delimiter = ',', default_value = "web,worker")]
    pub roles: Vec<String>,
    /// Address to listen on, instead of the configured one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<std::net::SocketAddr>,
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

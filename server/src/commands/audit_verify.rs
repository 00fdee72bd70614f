//! `cims audit verify`: recomputes the chains and names the first broken line.

use crate::audit::verify::verify;
use crate::audit::{self, Event, Kind};
use crate::commands::NotFit;
use crate::config::Config;
use crate::keys::Keys;
use crate::store::{Db, StoreError, options, worker_tx};
use sqlx::{ConnectOptions, Connection, PgConnection};
use std::path::Path;
use std::process::ExitCode;

/// Verify the hash chains and anchors of the audit log.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims audit verify                   exit code 1 when a line is not as it was written

It reads as the role of `database.log_url` (cims_log), or else of `database.owner_url`.")]
pub struct Args {
    /// Who verifies, for the audit: reading the log is in the log.
    #[arg(long, value_name = "NAME", default_value = "logbeheer")]
    pub by: String,
}

/// A connection that may read the log.
///
/// # Errors
/// When none is configured, or it cannot be made.
pub async fn connect(config: &Config) -> anyhow::Result<PgConnection> {
    let database = &config.database;
    let (url, password) = match (&database.log_url, &database.owner_url) {
        (Some(url), _) => (url, &database.log_password_file),
        (None, Some(url)) => (url, &database.owner_password_file),
        (None, None) => {
            return Err(NotFit(
                "configuration: `database.log_url` is needed to read the log".to_owned(),
            )
            .into());
        }
    };
    let connection = options(url, password.as_deref())?.connect().await;
    Ok(connection.map_err(StoreError::from)?)
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub async fn run(args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(config).map_err(|error| NotFit(error.to_string()))?;
    let keys = Keys::load(&config.keys.dir).map_err(|error| NotFit(error.to_string()))?;
    let database = &config.database;
    let mut connection = connect(&config).await?;
    let report = verify(&mut connection, &keys).await?;
    connection.close().await.map_err(StoreError::from)?;
    let event = Event::of_command("audit verify", &args.by, Kind::LogVerified)
        .detail("lines", report.lines)
        .detail("broken", report.broken.len());
    let mut tx = worker_tx(&Db::open(database)?).await?;
    audit::add(&mut tx, event).await?;
    tx.commit().await?;
    for broken in &report.broken {
        println!("{broken}");
    }
    println!(
        "{} lines, {} anchors, {}",
        report.lines,
        report.anchors,
        if report.broken.is_empty() {
            "all as written"
        } else {
            "NOT as written"
        }
    );
    if report.unsigned > 0 {
        println!(
            "{} lines are in no anchor yet; a running server signs them within a minute",
            report.unsigned
        );
    }
    Ok(ExitCode::from(u8::from(!report.broken.is_empty())))
}

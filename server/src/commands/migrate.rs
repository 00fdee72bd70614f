//! `cims migrate`: brings the schema up to date, apart from any start of the server (security L17).

use crate::commands::NotFit;
use crate::config::Config;
use crate::store::{options, schema};
use sqlx::{ConnectOptions, Connection};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How long another migration may be in the way (security F17).
const PATIENCE: Duration = Duration::from_secs(300);

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
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub async fn run(args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(config).map_err(|error| NotFit(error.to_string()))?;
    let database = &config.database;
    let url = database.owner_url.as_deref().ok_or_else(|| {
        NotFit("configuration: `database.owner_url` is needed to migrate".to_owned())
    })?;
    let mut connection = options(url, database.owner_password_file.as_deref())?
        .application_name("cims-migrate")
        .connect()
        .await
        .map_err(crate::store::StoreError::from)?;
    let (steps, word) = if args.dry_run {
        (schema::pending(&mut connection).await?, "pending")
    } else {
        (schema::migrate(&mut connection, PATIENCE).await?, "applied")
    };
    connection
        .close()
        .await
        .map_err(crate::store::StoreError::from)?;
    for step in &steps {
        println!("{word} {:04} {}", step.version, step.name);
    }
    if steps.is_empty() {
        println!("the schema is up to date");
    }
    Ok(ExitCode::SUCCESS)
}

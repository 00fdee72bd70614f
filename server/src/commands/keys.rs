//! `cims keys reseal`: puts all that an older `enc` key sealed under the newest one (security G17).

use crate::audit::{self, Event, Kind};
use crate::commands::NotFit;
use crate::config::Config;
use crate::keys::Keys as Ring;
use crate::store::{Db, reseal, schema, worker_tx};
use std::path::Path;
use std::process::ExitCode;

/// What can be done with keys.
#[derive(Debug, clap::Subcommand)]
pub enum Keys {
    /// Put values that an older key sealed under the newest one (docs/keys.md).
    ///
    /// In batches, while the server runs; broken off it goes on when it is started again. Exit code 1 when values are left.
    #[command(after_help = "Examples:
  cims keys reseal
  cims keys reseal --batch 200 --by \"Rosa Register\"")]
    Reseal(Reseal),
}

/// Arguments of `reseal`.
#[derive(Debug, clap::Args)]
pub struct Reseal {
    /// Values in one transaction.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub batch: i64,
    /// Who does it, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub async fn run(command: Keys, config: &Path) -> anyhow::Result<ExitCode> {
    let Keys::Reseal(args) = command;
    let config = Config::load(config).map_err(|error| NotFit(error.to_string()))?;
    let keys = Ring::load(&config.keys.dir).map_err(|error| NotFit(error.to_string()))?;
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, crate::clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    schema::check_keys(&db, &keys)
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    let told = |place: &str, values: u64| println!("{place}: {values}");
    let done = reseal::all(&db, &keys, args.batch, told).await?;
    let left = reseal::left(&db, &keys).await?;
    let mut tx = worker_tx(&db).await?;
    let line = Event::of_command("keys reseal", &args.by, Kind::Command)
        .detail("values", done)
        .detail("left", left);
    audit::add(&mut tx, line).await?;
    tx.commit().await?;
    println!("{done} values sealed anew; {left} under an older key");
    Ok(ExitCode::from(u8::from(left > 0)))
}

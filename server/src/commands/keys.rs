//! `cims keys`: what an older key sealed under the newest one, and what is found by an older one by the newest (security G17).

use crate::audit::{self, Event, Kind};
use crate::commands::NotFit;
use crate::config::Config;
use crate::keys::Keys as Ring;
use crate::store::remac::{self, Done};
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
    /// Make everything that is found by the MAC of a BSN findable by the newest mac key (docs/keys.md).
    ///
    /// With every server and worker stopped: nothing starts before it is done. Broken off it goes on when it is started again.
    /// Exit code 1 when values did not open, which are found no more.
    #[command(after_help = "Examples:
  cims keys remac
  cims keys remac --batch 5000 --by \"Rosa Register\"")]
    Remac(Remac),
}

/// Arguments of `remac`.
#[derive(Debug, clap::Args)]
pub struct Remac {
    /// Values in one transaction.
    #[arg(long, value_name = "N", default_value_t = 5_000, value_parser = clap::value_parser!(i64).range(1..=50_000))]
    pub batch: i64,
    /// Who does it, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
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
    let config = Config::load(config).map_err(|error| NotFit(error.to_string()))?;
    let keys = Ring::load(&config.keys.dir).map_err(|error| NotFit(error.to_string()))?;
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, crate::clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    match command {
        Keys::Reseal(args) => reseal_all(&db, &keys, &args).await,
        Keys::Remac(args) => {
            schema::check_key_files(&db, &keys)
                .await
                .map_err(|error| NotFit(error.to_string()))?;
            let done = remac_all(&db, &keys, &args).await?;
            println!(
                "{} values found by mac key {}; {} did not open",
                done.made,
                keys.newest_mac(),
                done.unopened
            );
            Ok(ExitCode::from(u8::from(done.unopened > 0)))
        }
    }
}

/// Puts everything under the newest `mac` key.
///
/// # Errors
/// Says in one sentence why it does not begin, or what stopped it.
pub async fn remac_all(db: &Db, keys: &Ring, args: &Remac) -> anyhow::Result<Done> {
    if !remac::begin(db, keys).await? {
        return Ok(Done::default());
    }
    let done = remac::all(db, keys, args.batch).await?;
    let mut tx = worker_tx(db).await?;
    let line = Event::of_command("keys remac", &args.by, Kind::Command)
        .detail("values", done.made)
        .detail("unopened", done.unopened);
    audit::add(&mut tx, line).await?;
    remac::end(&mut tx, keys).await?;
    tx.commit().await?;
    Ok(done)
}

#[expect(clippy::print_stdout, reason = "its output is the answer")]
async fn reseal_all(db: &Db, keys: &Ring, args: &Reseal) -> anyhow::Result<ExitCode> {
    schema::check_keys(db, keys)
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    let told = |place: &str, values: u64| println!("{place}: {values}");
    let done = reseal::all(db, keys, args.batch, told).await?;
    let left = reseal::left(db, keys).await?;
    let mut tx = worker_tx(db).await?;
    let line = Event::of_command("keys reseal", &args.by, Kind::Command)
        .detail("values", done)
        .detail("left", left);
    audit::add(&mut tx, line).await?;
    tx.commit().await?;
    println!("{done} values sealed anew; {left} under an older key");
    Ok(ExitCode::from(u8::from(left > 0)))
}

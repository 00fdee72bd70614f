//! `cims demo`: a seeded, fictitious register to try everything on.
//!
//! It fills an empty database only, and marks it: a register that was not made here is never touched.

mod delivery;
mod parties;

use super::brp_load::show_progress;
use crate::audit::{self, Event, Kind};
use crate::brp::{fiction, load};
use crate::commands::NotFit;
use crate::config::Config;
use crate::keys::Keys;
use crate::store::{Db, StoreError, schema, worker_tx};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Fill an empty database with fictitious persons, parties and users.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims demo
  cims demo --persons 9000 --seed 7
  cims demo --keys-only               only make the key files
  cims demo --persons 1000 --csv personen.csv   only write the file of persons
  cims demo --persons 1000 --delivery 500 --wrong 3 aanlevering.csv
                                      only write a delivery of 500 rows about them, 3 of each 100 wrong

Accounts (log in with the account name): invoerder, beheerder, tweehuizen, kaarten, kaarten2, leverancier, beoordelaar, rivmbeheer, rivmbeheer2, privacy, auditor.")]
pub struct Args {
    /// Number of fictitious persons in the BRP. Above some 9,000 the test range of BSNs (9999…) is used up: for measuring only.
    #[arg(long, default_value_t = 2_000)]
    pub persons: u32,
    /// Seed: the same seed gives the same data.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Make missing key files and stop.
    #[arg(long)]
    pub keys_only: bool,
    /// Write the file of persons here and stop.
    #[arg(long, value_name = "FILE", conflicts_with = "keys_only")]
    pub csv: Option<std::path::PathBuf>,
    /// Write a delivery of this many rows about the persons to FILE, say what must come of it, and stop.
    #[arg(long, value_name = "ROWS", requires = "file", conflicts_with_all = ["keys_only", "csv"])]
    pub delivery: Option<u32>,
    /// Of each 100 rows of the delivery, so many are wrong.
    #[arg(long, default_value_t = 3, requires = "delivery", value_parser = clap::value_parser!(u32).range(0..=100))]
    pub wrong: u32,
    /// The file of the delivery.
    #[arg(value_name = "FILE", requires = "delivery")]
    pub file: Option<std::path::PathBuf>,
}

/// The mark in a database made here.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    persons: u32,
    seed: u64,
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub async fn run(args: Args, config: &Path) -> anyhow::Result<ExitCode> {
    if let Some(file) = &args.csv {
        let written = fiction::write(
            std::io::BufWriter::new(std::fs::File::create(file)?),
            args.persons,
            args.seed,
        )?;
        println!("{written} fictitious persons written");
        return Ok(ExitCode::SUCCESS);
    }
    if let (Some(rows), Some(file)) = (args.delivery, &args.file) {
        let out = std::io::BufWriter::new(std::fs::File::create(file)?);
        let expected = delivery::write(out, rows, args.wrong, (args.persons, args.seed))?;
        println!("{}", serde_json::to_string(&expected)?);
        return Ok(ExitCode::SUCCESS);
    }
    let config = Config::load(config).map_err(|error| NotFit(error.to_string()))?;
    let made = Keys::generate_missing(&config.keys.dir)?;
    println!("{made} key files made in {}", config.keys.dir.display());
    if args.keys_only {
        return Ok(ExitCode::SUCCESS);
    }
    let keys = Arc::new(Keys::load(&config.keys.dir)?);
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, crate::clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    schema::check_keys(&db, &keys)
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    let mark = Mark {
        persons: args.persons,
        seed: args.seed,
    };
    if claim(&db, &mark, &config.login.issuer).await? {
        println!("the demo is there already");
    }
    // Loading the same set again changes nothing, so a demo that was broken off is simply made again.
    let loaded = load_persons(&db, &keys, &config, &args).await?;
    println!(
        "{} persons in the BRP, {} parties, {} accounts",
        loaded.total,
        parties::PARTIES.len(),
        parties::ACCOUNTS.len()
    );
    let outside = fiction::outside_test_range(args.persons);
    if outside > 0 {
        println!(
            "{outside} of them have a BSN outside the test range 9999…, which may be somebody's: measure with this, show it to nobody"
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Marks the database and makes parties and users, in one transaction; `true` when that was done before.
async fn claim(db: &Db, mark: &Mark, issuer: &str) -> anyhow::Result<bool> {
    let mut tx = worker_tx(db).await?;
    let found = sqlx::query_scalar!("SELECT value FROM settings WHERE key = 'demo'")
        .fetch_optional(&mut *tx)
        .await
        .map_err(StoreError::from)?;
    if let Some(found) = found {
        let found: Mark = serde_json::from_value(found)?;
        anyhow::ensure!(
            found == *mark,
            "this database holds a demo of {} persons with seed {}; start with an empty one for another",
            found.persons,
            found.seed
        );
        return Ok(true);
    }
    let used = sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM parties) OR EXISTS (SELECT FROM users) OR EXISTS (SELECT FROM persons) OR EXISTS (SELECT FROM brp_lists) AS "used!""#)
        .fetch_one(&mut *tx)
        .await
        .map_err(StoreError::from)?;
    anyhow::ensure!(
        !used,
        "this database was not made by `cims demo` and is not empty; nothing was changed"
    );
    sqlx::query!(
        "INSERT INTO settings (key, value) VALUES ('demo', $1)",
        serde_json::to_value(mark)?
    )
    .execute(&mut *tx)
    .await
    .map_err(StoreError::from)?;
    parties::make(&mut tx, issuer).await?;
    let event = Event::of_command("demo", "demo", Kind::Command).detail("persons", mark.persons);
    audit::add(&mut tx, event).await?;
    tx.commit().await?;
    Ok(false)
}

async fn load_persons(
    db: &Db,
    keys: &Arc<Keys>,
    config: &Config,
    args: &Args,
) -> anyhow::Result<crate::brp::load::Merged> {
    std::fs::create_dir_all(&config.storage.dir)?;
    let file = config
        .storage
        .dir
        .join(format!("demo-personen-{}-{}.csv", args.persons, args.seed));
    fiction::write(
        std::io::BufWriter::new(std::fs::File::create(&file)?),
        args.persons,
        args.seed,
    )?;
    let request = load::Request {
        file: file.clone(),
        set: load::Set::Full,
        of: None,
        accept_older: false,
        accept_shrink: false,
        restart: false,
        by: "demo".to_owned(),
    };
    let loaded = load::load(db, keys, &request, show_progress).await;
    std::fs::remove_file(&file)?;
    Ok(loaded?.merged)
}

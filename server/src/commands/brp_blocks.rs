//! `cims brp blocks` and `cims brp lift`: who may not ask the BRP any more, and letting somebody ask again (security §4.6).

use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::commands::NotFit;
use crate::config::Config;
use crate::store::brp_checks::{self, Block};
use crate::store::{Db, schema, worker_tx};
use anyhow::{Context, bail};
use std::path::Path;
use std::process::ExitCode;

/// List who may not ask the BRP any more: too many of their persons could not be matched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims brp blocks")]
pub struct Blocks {}

/// Let somebody ask the BRP again. Ask first why so many persons could not be matched.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims brp lift maria.jansen --by \"Bea Beheer\"")]
pub struct Lift {
    /// Subject at the login service, as `cims brp blocks` lists it.
    #[arg(value_name = "SUBJECT")]
    pub subject: String,
    /// Who does this, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

async fn open(file: &Path) -> anyhow::Result<Db> {
    let config = Config::load(file).map_err(|error| NotFit(error.to_string()))?;
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    Ok(db)
}

/// Lists them.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub async fn list(_: Blocks, file: &Path) -> anyhow::Result<ExitCode> {
    let db = open(file).await?;
    for block in blocks(&db).await? {
        println!("{}\t{}\t{}", block.subject, block.since, block.name);
    }
    Ok(ExitCode::SUCCESS)
}

/// Who is blocked.
///
/// # Errors
/// When the database fails.
pub async fn blocks(db: &Db) -> anyhow::Result<Vec<Block>> {
    let mut tx = worker_tx(db).await?;
    let blocks = brp_checks::blocks(&mut tx).await?;
    tx.rollback().await?;
    Ok(blocks)
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub async fn run(args: Lift, file: &Path) -> anyhow::Result<ExitCode> {
    lift(&open(file).await?, &args).await?;
    Ok(ExitCode::SUCCESS)
}

/// Lifts the block of somebody.
///
/// # Errors
/// When nobody of that subject is blocked, or two are.
pub async fn lift(db: &Db, args: &Lift) -> anyhow::Result<()> {
    let mut tx = worker_tx(db).await?;
    let mut blocks = brp_checks::blocks(&mut tx).await?;
    blocks.retain(|block| block.subject == args.subject);
    if blocks.len() > 1 {
        bail!("two login services have this subject");
    }
    let block = blocks.pop();
    let block = block.with_context(|| format!("{} is not blocked", args.subject))?;
    brp_checks::lift(&mut tx, block.user, clock::now()).await?;
    let line = Event::of_command("brp lift", &args.by, Kind::UserChanged)
        .object("user", block.user)
        .detail("step", "brp-lifted");
    audit::add(&mut tx, line).await?;
    tx.commit().await?;
    Ok(())
}

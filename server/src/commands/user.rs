//! `cims user`: the first manager of an institution, the contact of a supplier, and people at RIVM. Everybody else is
//! invited in the portal.

use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::commands::NotFit;
use crate::config::Config;
use crate::keys::{Keys, Purpose};
use crate::portal::{code_hash, new_code};
use crate::store::users::{self, NewInvitation};
use crate::store::{Db, profiles, schema, worker_tx};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::invitation::{VALID_DAYS, grouped};
use domain::role::Role;
use std::path::Path;
use std::process::ExitCode;

/// Who may do what.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "its arguments say what each does")]
pub enum User {
    Invite(Invite),
}

/// Invite somebody. Prints a code that is entered at /uitnodiging, once, within 7 days.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cims user invite \"Bram Beheerder\" --role instellingsbeheerder --party ZONNEHOF
  cims user invite \"Rik Regelmaat\" --role rivm-beoordelaar")]
pub struct Invite {
    /// Whom it is for.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// invoerder, instellingsbeheerder, leverancier, rivm-invoerder, rivm-beoordelaar, rivm-beheer, privacycoordinator or auditor.
    #[arg(long, value_name = "ROLE", value_parser = role)]
    pub role: Role,
    /// Code of the institution or the supplier, for the first three.
    #[arg(long, value_name = "CODE")]
    pub party: Option<String>,
    /// Who does this, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

fn role(word: &str) -> Result<Role, String> {
    Role::parse(word)
        .filter(|role| role.is_given())
        .ok_or_else(|| "no such role".to_owned())
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub async fn run(command: User, file: &Path) -> anyhow::Result<ExitCode> {
    let User::Invite(args) = command;
    let config = Config::load(file).map_err(|error| NotFit(error.to_string()))?;
    let keys = Keys::load(&config.keys.dir).map_err(|error| NotFit(error.to_string()))?;
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    let code = invite(&db, &keys, &args).await?;
    println!(
        "code {}\nEnter it at /uitnodiging within {VALID_DAYS} days.",
        grouped(&code)
    );
    Ok(ExitCode::SUCCESS)
}

/// Makes an invitation; answers its code.
///
/// # Errors
/// When the institution does not exist, or does not fit the role.
pub async fn invite(db: &Db, keys: &Keys, args: &Invite) -> anyhow::Result<String> {
    let mut tx = worker_tx(db).await?;
    let party = match &args.party {
        Some(code) => {
            let found = profiles::by_code(&mut tx, code).await?;
            Some(
                found
                    .with_context(|| format!("there is no party {code}"))?
                    .0,
            )
        }
        None => None,
    };
    if party.is_some() != args.role.belongs_to_a_party() {
        bail!("a role of an institution needs --party, a role at RIVM has none");
    }
    let code = new_code()?;
    let (id, at) = (crate::clock::new_key(), clock::now());
    let new = NewInvitation {
        id,
        party,
        role: args.role.as_str(),
        name: args.name.trim(),
        code_hash: &code_hash(keys, &code),
        code_sealed: keys
            .seal(code.as_bytes(), &Purpose::Invitation.of(id.as_bytes()))
            .into_bytes(),
        by: None,
        at,
        expires_at: at + time::Duration::days(VALID_DAYS),
    };
    users::invite(&mut tx, &new).await?;
    let mut line = Event::of_command("user invite", &args.by, Kind::UserChanged)
        .object("invitation", id)
        .detail("step", "invited")
        .detail("role", args.role.as_str());
    if let Some(party) = party {
        line = line.for_party(party);
    }
    audit::add(&mut tx, line).await?;
    tx.commit().await?;
    Ok(code)
}

//! `cims user`: the first manager of an institution, the contact of an institution that runs its own installation, and people
//! at RIVM. Everybody else is invited in the portal. And who may not come in any more, wherever they work.

use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::commands::NotFit;
use crate::config::Config;
use crate::keys::{Keys, Purpose};
use crate::portal::{code_hash, new_code};
use crate::store::users::{self, Account, NewInvitation};
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
    List(List),
    Disable(Disable),
    Enable(Enable),
}

/// List everybody with a role, by name: subject at the login service, name, roles, and who is disabled.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cims user list")]
pub struct List {}

/// Shut somebody out, with all their roles, from their next request on. What they did stays.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cims user disable rik.regelmaat --by \"Bea Beheer\"")]
pub struct Disable {
    /// Subject at the login service, as `cims user list` shows it.
    #[arg(value_name = "SUBJECT")]
    pub subject: String,
    /// Who does this, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

/// Let somebody in again who was disabled.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cims user enable rik.regelmaat --by \"Bea Beheer\"")]
pub struct Enable {
    /// Subject at the login service, as `cims user list` shows it.
    #[arg(value_name = "SUBJECT")]
    pub subject: String,
    /// Who does this, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
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
    let config = Config::load(file).map_err(|error| NotFit(error.to_string()))?;
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    match command {
        User::Invite(args) => {
            let keys = Keys::load(&config.keys.dir).map_err(|error| NotFit(error.to_string()))?;
            let code = invite(&db, &keys, &args).await?;
            println!(
                "code {}\nEnter it at /uitnodiging within {VALID_DAYS} days.",
                grouped(&code)
            );
        }
        User::List(_) => {
            for user in everybody(&db).await? {
                let disabled = if user.disabled { "disabled" } else { "" };
                println!(
                    "{}\t{}\t{}\t{disabled}",
                    user.subject, user.name, user.roles
                );
            }
        }
        User::Disable(args) => set_disabled(&db, &args.subject, true, &args.by).await?,
        User::Enable(args) => set_disabled(&db, &args.subject, false, &args.by).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Everybody with a role that has not ended.
///
/// # Errors
/// When the database fails.
pub async fn everybody(db: &Db) -> anyhow::Result<Vec<Account>> {
    let mut tx = worker_tx(db).await?;
    let all = users::everybody(&mut tx).await?;
    tx.rollback().await?;
    Ok(all)
}

/// Shuts somebody out, or lets them in again.
///
/// # Errors
/// When nobody has that subject or two have it, or they are so already.
pub async fn set_disabled(db: &Db, subject: &str, disabled: bool, by: &str) -> anyhow::Result<()> {
    let mut tx = worker_tx(db).await?;
    let mut found = users::everybody(&mut tx).await?;
    found.retain(|user| user.subject == subject);
    if found.len() > 1 {
        bail!("two login services have this subject");
    }
    let user = found
        .pop()
        .with_context(|| format!("nobody has the subject {subject}; `cims user list` shows all"))?;
    let (name, step) = if disabled {
        ("user disable", "disabled")
    } else {
        ("user enable", "enabled")
    };
    if user.disabled == disabled {
        bail!("{subject} is {step} already");
    }
    users::set_disabled(&mut tx, user.id, disabled).await?;
    let line = Event::of_command(name, by, Kind::UserChanged)
        .object("user", user.id)
        .detail("step", step);
    audit::add(&mut tx, line).await?;
    tx.commit().await?;
    Ok(())
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

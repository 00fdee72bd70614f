//! `cims sftp`: gives out, changes and ends the accounts of the drop box (security §5.1).
//!
//! RIVM gives an account to each installation. A password is made here, shown once and kept as a hash; a key is the
//! better choice. Every change is a line of the audit.

use crate::audit::{self, Event, Kind};
use crate::channels::sftp::{fingerprint, hash, new_password, public_key, source};
use crate::commands::NotFit;
use crate::config::Config;
use crate::keys::Keys;
use crate::store::sftp_accounts::{self, Changed, NewAccount, OVERLAP_DAYS, Unfit};
use crate::store::{Db, StoreError, WorkerTx, profiles, schema, worker_tx};
use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use domain::delivery::dropbox::Proof;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use uuid::Uuid;

/// Accounts of the SFTP drop box.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "its arguments say what each does")]
pub enum Sftp {
    Add(Add),
    List(List),
    Password(Password),
    Change(Change),
    Unban(Unban),
    End(End),
    Fingerprint(Fingerprint),
}

/// Give an account to an installation. Its password is shown once.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cims sftp add zonnehof-1 --party ZONNEHOF --installation 1 --proof rename
  cims sftp add medimo-12 --party ZONNEHOF --intermediary MEDIMO --installation 12 --proof control \\
      --key medimo.pub --from 192.0.2.0/24")]
pub struct Add {
    /// Name to log in with: small letters, digits and hyphens.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Code of the party whose rows it brings.
    #[arg(long, value_name = "CODE")]
    pub party: String,
    /// Code of the party that runs the installation, when that is another one.
    #[arg(long, value_name = "CODE")]
    pub intermediary: Option<String>,
    /// The installation, as in the names of its files.
    #[arg(long, value_name = "ID")]
    pub installation: String,
    /// How it proves that a file is whole: rename, control, trailer, quiet.
    #[arg(long, value_name = "PROOF", default_value = "rename", value_parser = proof)]
    pub proof: Proof,
    /// When files are expected: workday, or any (whenever it has something).
    #[arg(long, value_name = "RHYTHM", default_value = "workday", value_parser = ["workday", "any"])]
    pub rhythm: String,
    /// The account brings sets of the BRP (docs/brp-bestand.md), no rows.
    #[arg(long)]
    pub brp: bool,
    /// File with a public key (Ed25519 or ECDSA P-256); then there is no password.
    #[arg(long = "key", value_name = "FILE")]
    pub keys: Vec<PathBuf>,
    /// Network it comes from; without one, anywhere.
    #[arg(long = "from", value_name = "NETWORK")]
    pub sources: Vec<String>,
    /// Who does this, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

/// List the accounts.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cims sftp list")]
pub struct List {}

/// Give an account another password. The one it had stays valid for 7 days.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cims sftp password zonnehof-1
  cims sftp password zonnehof-1 --now      the one it had is not valid any more")]
pub struct Password {
    /// Name of the account.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// End the password before at once.
    #[arg(long)]
    pub now: bool,
    /// Who does this, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

/// Change where an account comes from, its keys, its proof, when files are expected, or from which number on they count.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cims sftp change medimo-12 --from 192.0.2.0/24 --from 198.51.100.7/32
  cims sftp change medimo-12 --from anywhere
  cims sftp change medimo-12 --key old.pub --key new.pub      both are valid until it is said again with one
  cims sftp change zonnehof-1 --numbers-from 120              what is missing before 120 will not come

What is not named stays. Another password: `sftp password`.")]
pub struct Change {
    /// Name of the account.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Networks it comes from, instead of those it had; `anywhere` for no limit.
    #[arg(long = "from", value_name = "NETWORK")]
    pub sources: Vec<String>,
    /// Files with public keys (Ed25519 or ECDSA P-256), instead of those it had.
    #[arg(long = "key", value_name = "FILE")]
    pub keys: Vec<PathBuf>,
    /// How it proves that a file is whole: rename, control, trailer, quiet.
    #[arg(long, value_name = "PROOF", value_parser = proof)]
    pub proof: Option<Proof>,
    /// When files are expected: workday, or any.
    #[arg(long, value_name = "RHYTHM", value_parser = ["workday", "any"])]
    pub rhythm: Option<String>,
    /// The number from which on its files count: what is missing before it will not come.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=99_999_999))]
    pub numbers_from: Option<u32>,
    /// Who does this, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

/// Let an account in again that failed logins closed; its points begin anew.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cims sftp unban zonnehof-1
  cims sftp unban zonnehof-1 --from 192.0.2.7      for that address only")]
pub struct Unban {
    /// Name of the account.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// The address it is closed for (of IPv6, its /64); without one, every address.
    #[arg(long, value_name = "ADDRESS")]
    pub from: Option<IpAddr>,
    /// Who does this, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

/// End an account: it cannot log in or deliver any more.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cims sftp end zonnehof-1")]
pub struct End {
    /// Name of the account.
    #[arg(value_name = "NAME")]
    pub name: String,
    /// Who does this, for the audit.
    #[arg(long, value_name = "NAME", default_value = "beheer")]
    pub by: String,
}

/// Show the fingerprint of the host key, to publish.
#[derive(Debug, Args)]
#[command(after_help = "Example:
  cims sftp fingerprint")]
pub struct Fingerprint {}

fn proof(word: &str) -> Result<Proof, String> {
    Proof::parse(word).ok_or_else(|| "one of rename, control, trailer, quiet".to_owned())
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
#[expect(clippy::print_stdout, reason = "its output is the answer")]
pub async fn run(command: Sftp, file: &Path) -> anyhow::Result<ExitCode> {
    let config = Config::load(file).map_err(|error| NotFit(error.to_string()))?;
    if let Sftp::Fingerprint(_) = command {
        let seed = Keys::host_seed(&config.keys.dir).map_err(|error| NotFit(error.to_string()))?;
        println!("{}", fingerprint(&seed));
        return Ok(ExitCode::SUCCESS);
    }
    let db = Db::open(&config.database)?;
    schema::check_ready(&db, crate::clock::now())
        .await
        .map_err(|error| NotFit(error.to_string()))?;
    match command {
        Sftp::Add(args) => match add(&db, &args).await? {
            Some(password) => println!(
                "account {}\npassword {password}\nShown once: only its hash is kept.",
                args.name
            ),
            None => println!("account {}, logs in with its key", args.name),
        },
        Sftp::Password(args) => {
            let password = change(&db, &args).await?;
            println!(
                "account {}\npassword {password}\nShown once: only its hash is kept.",
                args.name
            );
        }
        Sftp::Change(args) => {
            alter(&db, &args).await?;
            println!("account {} changed", args.name);
        }
        Sftp::Unban(args) => {
            let closed = unban(&db, &args).await?;
            println!("account {} was closed for {closed} addresses", args.name);
        }
        Sftp::End(args) => {
            end(&db, &args).await?;
            println!("account {} ended", args.name);
        }
        Sftp::List(_) | Sftp::Fingerprint(_) => list(&db).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Gives out an account; answers its password, when it has one.
///
/// # Errors
/// When a party does not exist, a key is none we take, or the name is taken.
pub async fn add(db: &Db, args: &Add) -> anyhow::Result<Option<String>> {
    let keys = args
        .keys
        .iter()
        .map(|file| key(file))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let password = keys.is_empty().then(new_password).transpose()?;
    let hashed = password.as_deref().map(hash).transpose()?;
    let mut tx = worker_tx(db).await?;
    let party = party(&mut tx, &args.party).await?;
    let intermediary = match &args.intermediary {
        Some(code) => Some(self::party(&mut tx, code).await?),
        None => None,
    };
    let new = NewAccount {
        party,
        intermediary,
        name: &args.name,
        installation: &args.installation,
        proof: args.proof,
        rhythm: &args.rhythm,
        brp: args.brp,
        password: hashed.as_deref(),
        public_keys: &keys,
        sources: &args.sources,
    };
    let account = sftp_accounts::add(&mut tx, &new).await.map_err(not_taken)?;
    line(&mut tx, &args.by, (account, party), "given-out").await?;
    tx.commit().await?;
    Ok(password)
}

/// Why an account cannot be so.
fn not_taken(error: StoreError) -> anyhow::Error {
    let text = match Unfit::of(&error) {
        Some(Unfit::NameTaken) => "there is an account of this name",
        Some(Unfit::InstallationTaken) => "this installation of this party has an account",
        Some(Unfit::Name | Unfit::Installation | Unfit::Source) => {
            "a name is 3 to 32 small letters, digits and hyphens and begins with a letter; an installation is letters, digits and hyphens; a network is like 192.0.2.0/24"
        }
        None => return anyhow::Error::from(error),
    };
    anyhow::anyhow!(text)
}

/// One line of OpenSSH, without its comment.
fn key(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("{} cannot be read", file.display()))?;
    public_key::kept(&text).with_context(|| file.display().to_string())
}

async fn party(tx: &mut WorkerTx<'_>, code: &str) -> anyhow::Result<Uuid> {
    let found = profiles::by_code(tx, code).await?;
    let (party, _) = found.with_context(|| format!("there is no party {code}"))?;
    Ok(party)
}

/// Gives an account another password.
///
/// # Errors
/// When there is no such account.
pub async fn change(db: &Db, args: &Password) -> anyhow::Result<String> {
    let password = new_password()?;
    let hashed = hash(&password)?;
    let days = if args.now { 0 } else { OVERLAP_DAYS };
    let mut tx = worker_tx(db).await?;
    let changed = sftp_accounts::new_password(&mut tx, &args.name, &hashed, days).await;
    let account = known(changed, &args.name)?;
    line(&mut tx, &args.by, account, "password").await?;
    tx.commit().await?;
    Ok(password)
}

/// Changes what is named of an account; the rest stays.
///
/// # Errors
/// When there is no such account, nothing is named, or a key or network is none that we take.
pub async fn alter(db: &Db, args: &Change) -> anyhow::Result<()> {
    let keys = args
        .keys
        .iter()
        .map(|file| key(file))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let anywhere = args.sources.iter().any(|source| source == "anywhere");
    if anywhere && args.sources.len() > 1 {
        bail!("name networks, or anywhere");
    }
    let sources = if anywhere {
        Some(&[][..])
    } else {
        Some(&args.sources[..]).filter(|sources| !sources.is_empty())
    };
    let changed = Changed {
        sources,
        public_keys: Some(&keys[..]).filter(|keys| !keys.is_empty()),
        proof: args.proof,
        rhythm: args.rhythm.as_deref(),
        numbers_from: args.numbers_from,
    };
    let named = [
        ("from", changed.sources.is_some()),
        ("key", changed.public_keys.is_some()),
        ("proof", changed.proof.is_some()),
        ("rhythm", changed.rhythm.is_some()),
        ("numbers-from", changed.numbers_from.is_some()),
    ];
    let named: Vec<&str> = named
        .into_iter()
        .filter_map(|(name, is)| is.then_some(name))
        .collect();
    if named.is_empty() {
        bail!("nothing to change was named");
    }
    let mut tx = worker_tx(db).await?;
    let account = match sftp_accounts::change(&mut tx, &args.name, &changed).await {
        Err(StoreError::NotFound) => bail!("there is no account {} in use", args.name),
        other => other.map_err(not_taken)?,
    };
    line(&mut tx, &args.by, account, &named.join(" ")).await?;
    Ok(tx.commit().await?)
}

/// Lets an account in again; answers for how many addresses it was closed.
///
/// # Errors
/// When there is no such account.
pub async fn unban(db: &Db, args: &Unban) -> anyhow::Result<i64> {
    let from = args.from.map(source);
    let mut tx = worker_tx(db).await?;
    let found = sftp_accounts::unban(&mut tx, &args.name, from.as_deref()).await;
    let (account, closed) = match found {
        Err(StoreError::NotFound) => bail!("there is no account {} in use", args.name),
        other => other?,
    };
    line(&mut tx, &args.by, account, "unbanned").await?;
    tx.commit().await?;
    Ok(closed)
}

/// Ends an account.
///
/// # Errors
/// When there is no such account.
pub async fn end(db: &Db, args: &End) -> anyhow::Result<()> {
    let mut tx = worker_tx(db).await?;
    let account = known(
        sftp_accounts::end(&mut tx, &args.name, None).await,
        &args.name,
    )?;
    line(&mut tx, &args.by, account, "ended").await?;
    Ok(tx.commit().await?)
}

fn known(found: Result<(Uuid, Uuid), StoreError>, name: &str) -> anyhow::Result<(Uuid, Uuid)> {
    match found {
        Err(StoreError::NotFound) => bail!("there is no account {name} in use"),
        other => Ok(other?),
    }
}

async fn line(
    tx: &mut WorkerTx<'_>,
    by: &str,
    (account, party): (Uuid, Uuid),
    what: &str,
) -> Result<(), StoreError> {
    let event = Event::of_command("sftp", by, Kind::UserChanged)
        .for_party(party)
        .object("sftp-account", account)
        .detail("what", what);
    audit::add(tx, event).await?;
    Ok(())
}

#[expect(clippy::print_stdout, reason = "its output is the answer")]
async fn list(db: &Db) -> anyhow::Result<()> {
    let mut tx = worker_tx(db).await?;
    for account in sftp_accounts::list(&mut tx).await? {
        let by = account
            .intermediary
            .map_or_else(String::new, |code| format!(" by {code}"));
        let state = match (account.ended_at, account.last_login_at) {
            (Some(_), _) => "ended".to_owned(),
            (None, None) => "never logged in".to_owned(),
            (None, Some(at)) => format!("last login {}", crate::clock::dutch_moment(at)),
        };
        println!(
            "{}: {}{by}, installation {}, proof {}, {state}",
            account.name, account.party, account.installation, account.proof
        );
    }
    Ok(())
}

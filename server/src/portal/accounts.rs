//! Accesses to the drop box, for RIVM-beheer: the same as `cims sftp add`, `password`, `change`, `unban` and `end`.
//!
//! A new password goes to the browser of who asked, sealed in a cookie, and comes back with the next page, which shows it and
//! takes the cookie away. What is kept is its hash.

use super::{OrBroken, Portal, broken, event, words};
use crate::audit::{self, Kind};
use crate::channels::sftp::public_key::{self, NotTaken};
use crate::channels::sftp::{hash, new_password};
use crate::keys::{Purpose, Sealed};
use crate::store::connections::{self, BySftp};
use crate::store::sftp_accounts::{self, Changed, NewAccount, OVERLAP_DAYS, Seen, Unfit};
use crate::store::{StoreError, WorkerTx, worker_tx};
use app::ports::accounts::{
    ANYWHERE, AccountChange, AccountChanged, AccountFor, AccountGiven, AccountKey, AccountLine,
    AccountList, AccountView, Accounts, NewAccess,
};
use app::ports::{Caller, PAGE_ROWS, Page, PortError, PortResult};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::net::IpAddr;
use uuid::Uuid;

/// Seconds in which a password that was made has to be looked at; its cookie lives as long.
const LIFE: i64 = 300;
/// Networks that an account may come from.
const MOST_SOURCES: usize = 100;

fn operator(caller: &Caller) -> PortResult<()> {
    if caller.role().may_operate() {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

#[async_trait::async_trait]
impl Accounts for Portal {
    async fn accounts(&self, caller: &Caller, page: u32) -> PortResult<AccountList> {
        operator(caller)?;
        let page = page.max(1);
        let skipped = (i64::from(page) - 1) * i64::from(PAGE_ROWS);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let (found, total) = sftp_accounts::seen(&mut tx, None, i64::from(PAGE_ROWS), skipped)
            .await
            .or_broken(caller)?;
        let by_sftp = connections::by_sftp(&mut tx, None).await;
        let by_sftp = by_sftp.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        Ok(AccountList {
            accounts: Page {
                items: found.iter().map(line).collect(),
                total: u64::try_from(total).unwrap_or_default(),
                page,
            },
            connections: by_sftp.into_iter().map(choice).collect(),
        })
    }

    async fn account(
        &self,
        caller: &Caller,
        id: Uuid,
        sealed: Option<String>,
    ) -> PortResult<AccountView> {
        operator(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let seen = one(&mut tx, id).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let keys = seen.public_keys.iter().filter_map(|kept| {
            let (algorithm, fingerprint) = public_key::shown(kept)?;
            Some(AccountKey {
                algorithm,
                fingerprint,
            })
        });
        Ok(AccountView {
            line: line(&seen),
            proof: seen.proof,
            daily: seen.daily,
            has_password: seen.has_password,
            old_until: seen.before_until.map(words::moment),
            end_reason: self
                .open_text(Purpose::Reason, id, seen.end_reason_sealed)
                .or_broken(caller)?,
            keys: keys.collect(),
            sources: seen.sources,
            password: sealed.and_then(|sealed| self.unsealed(caller, id, &sealed)),
        })
    }

    async fn change_account(
        &self,
        caller: &Caller,
        id: Uuid,
        change: AccountChange,
    ) -> PortResult<AccountChanged> {
        operator(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        sftp_accounts::hold(&mut tx, id).await.or_broken(caller)?;
        let seen = one(&mut tx, id).await.or_broken(caller)?;
        if seen.ended_at.is_some() {
            return Ok(AccountChanged::Before);
        }
        let (what, changed) = match change {
            AccountChange::NewPassword { now } => {
                let sealed = self.give_password(caller, &mut tx, &seen, now).await?;
                ("password", AccountChanged::Password(sealed))
            }
            AccountChange::EndOldPassword => {
                let ended = sftp_accounts::end_password_before(&mut tx, id).await;
                let ended = ended.or_broken(caller)?;
                ("password-before", done_or_before(ended))
            }
            AccountChange::AddKey { line, alone } => {
                let added = add_key(&mut tx, &seen, &line, alone).await;
                ("key", added.or_broken(caller)?)
            }
            AccountChange::DropKey(fingerprint) => {
                let dropped = drop_key(&mut tx, &seen, &fingerprint).await;
                ("key-removed", dropped.or_broken(caller)?)
            }
            AccountChange::Sources(text) => {
                let put = put_sources(&mut tx, &seen, &text).await;
                ("from", put.or_broken(caller)?)
            }
            AccountChange::LetIn => {
                let closed = sftp_accounts::unban(&mut tx, &seen.name, None).await;
                let (_, closed) = closed.or_broken(caller)?;
                ("unbanned", done_or_before(closed > 0))
            }
            AccountChange::End(reason) => {
                let Some(reason) = self.sealed(id, &reason) else {
                    return Ok(AccountChanged::NoReason);
                };
                sftp_accounts::end(&mut tx, &seen.name, Some(&reason))
                    .await
                    .or_broken(caller)?;
                ("ended", AccountChanged::Done)
            }
        };
        if !matches!(changed, AccountChanged::Done | AccountChanged::Password(_)) {
            return Ok(changed);
        }
        let line = event(caller, Kind::UserChanged)
            .for_party(seen.party_id)
            .object("sftp-account", id)
            .detail("what", what);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(changed)
    }

    async fn give_account(&self, caller: &Caller, new: NewAccess) -> PortResult<AccountGiven> {
        operator(caller)?;
        let keys = match key_or_none(&new.key) {
            Ok(keys) => keys,
            Err(NotTaken::NoKey) => return Ok(AccountGiven::NoKey),
            Err(NotTaken::Algorithm) => return Ok(AccountGiven::WeakKey),
        };
        let Some(sources) = networks(&new.sources) else {
            return Ok(AccountGiven::NoSources);
        };
        let made = if keys.is_empty() {
            Some(made_password(caller).await?)
        } else {
            None
        };
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        // A party or connection that ends at this moment has ended, or waits until the access is there to end with it.
        match connections::lock(&mut tx, new.connection).await {
            Err(StoreError::NotFound) => return Ok(AccountGiven::NoConnection),
            locked => drop(locked.or_broken(caller)?),
        }
        let found = connections::by_sftp(&mut tx, Some(new.connection)).await;
        let found = found.or_broken(caller)?.pop();
        let Some(connection) = found else {
            return Ok(AccountGiven::NoConnection);
        };
        let account = NewAccount {
            party: connection.party_id,
            intermediary: connection.intermediary_id,
            name: new.name.trim(),
            installation: new.installation.trim(),
            proof: new.proof,
            rhythm: if new.daily { "workday" } else { "any" },
            brp: false,
            password: made.as_ref().map(|(_, hashed)| hashed.as_str()),
            public_keys: &keys,
            sources: &sources,
        };
        let id = match sftp_accounts::add(&mut tx, &account).await {
            Ok(id) => id,
            Err(error) => {
                let unfit = Unfit::of(&error).ok_or_else(|| broken(caller, &error))?;
                return Ok(not_given(unfit));
            }
        };
        let line = event(caller, Kind::UserChanged)
            .for_party(connection.party_id)
            .object("sftp-account", id)
            .detail("what", "given-out");
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(match made {
            Some((password, _)) => {
                AccountGiven::Password(id, self.sealed_password(caller, id, &password))
            }
            None => AccountGiven::Done(id),
        })
    }
}

/// A new password and its hash.
async fn made_password(caller: &Caller) -> PortResult<(String, String)> {
    let made = tokio::task::spawn_blocking(|| {
        let password = new_password()?;
        let hashed = hash(&password)?;
        Ok::<_, std::io::Error>((password, hashed))
    });
    let made = made.await.map_err(|error| broken(caller, &error))?;
    made.map_err(|error| broken(caller, &error.kind()))
}

/// A key, or none when nothing was typed.
fn key_or_none(line: &str) -> Result<Vec<String>, NotTaken> {
    if line.trim().is_empty() {
        return Ok(Vec::new());
    }
    public_key::kept(line).map(|key| vec![key])
}

const fn not_given(unfit: Unfit) -> AccountGiven {
    match unfit {
        Unfit::NameTaken => AccountGiven::NameTaken,
        Unfit::InstallationTaken => AccountGiven::InstallationTaken,
        Unfit::Name => AccountGiven::NoName,
        Unfit::Installation => AccountGiven::NoInstallation,
        Unfit::Source => AccountGiven::NoSources,
    }
}

fn choice(from: BySftp) -> AccountFor {
    AccountFor {
        id: from.id,
        party: from.party,
        intermediary: from.intermediary,
        approved: from.approved,
    }
}

impl Portal {
    /// Makes another password and keeps its hash; answers it sealed for who asked.
    async fn give_password(
        &self,
        caller: &Caller,
        tx: &mut WorkerTx<'_>,
        of: &Seen,
        now: bool,
    ) -> PortResult<String> {
        let (password, hashed) = made_password(caller).await?;
        let days = if now { 0 } else { OVERLAP_DAYS };
        sftp_accounts::new_password(tx, &of.name, &hashed, days)
            .await
            .or_broken(caller)?;
        Ok(self.sealed_password(caller, of.id, &password))
    }

    /// A password of an account, for who made it and for not long.
    fn sealed_password(&self, caller: &Caller, account: Uuid, password: &str) -> String {
        let until = self.road.clock.now().unix_timestamp() + LIFE;
        let plain = [&until.to_be_bytes(), password.as_bytes()].concat();
        let sealed = self
            .road
            .keys
            .seal_cookie(&plain, &purpose(caller, account));
        URL_SAFE_NO_PAD.encode(sealed.as_bytes())
    }

    /// The password that was made for this person of this account not long ago.
    fn unsealed(&self, caller: &Caller, account: Uuid, sealed: &str) -> Option<String> {
        let sealed = Sealed::from_bytes(URL_SAFE_NO_PAD.decode(sealed).ok()?);
        let plain = self
            .road
            .keys
            .open_cookie(&sealed, &purpose(caller, account))
            .ok()?;
        let (until, password) = plain.split_first_chunk::<8>()?;
        let now = self.road.clock.now().unix_timestamp();
        if i64::from_be_bytes(*until) < now {
            return None;
        }
        Some(String::from_utf8_lossy(password).into_owned())
    }
}

/// A password of one account opens for who made it, and under no other account.
fn purpose(caller: &Caller, account: Uuid) -> String {
    format!("cims/sftp-password/v1 {account} {}", caller.user_id)
}

async fn one(tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Seen, StoreError> {
    let (found, _) = sftp_accounts::seen(tx, Some(id), 1, 0).await?;
    found.into_iter().next().ok_or(StoreError::NotFound)
}

const fn done_or_before(done: bool) -> AccountChanged {
    if done {
        AccountChanged::Done
    } else {
        AccountChanged::Before
    }
}

/// A key more, or this one alone.
async fn add_key(
    tx: &mut WorkerTx<'_>,
    of: &Seen,
    line: &str,
    alone: bool,
) -> Result<AccountChanged, StoreError> {
    let key = match public_key::kept(line) {
        Ok(key) => key,
        Err(NotTaken::NoKey) => return Ok(AccountChanged::NoKey),
        Err(NotTaken::Algorithm) => return Ok(AccountChanged::WeakKey),
    };
    let before = of.public_keys.iter().filter(|_| !alone);
    let others = before.filter(|known| **known != key).cloned();
    let keys: Vec<String> = others.chain([key.clone()]).collect();
    if keys == of.public_keys {
        return Ok(AccountChanged::Before);
    }
    put_keys(tx, of, &keys).await
}

/// The key with this fingerprint opens it no more, unless nothing else would.
async fn drop_key(
    tx: &mut WorkerTx<'_>,
    of: &Seen,
    fingerprint: &str,
) -> Result<AccountChanged, StoreError> {
    let is_it =
        |kept: &String| public_key::shown(kept).is_some_and(|(_, shown)| shown == fingerprint);
    let keys = of.public_keys.iter().filter(|kept| !is_it(kept));
    let keys: Vec<String> = keys.cloned().collect();
    if keys.len() == of.public_keys.len() {
        return Ok(AccountChanged::Before);
    }
    if keys.is_empty() && !of.has_password {
        return Ok(AccountChanged::LastMeans);
    }
    put_keys(tx, of, &keys).await
}

async fn put_keys(
    tx: &mut WorkerTx<'_>,
    of: &Seen,
    keys: &[String],
) -> Result<AccountChanged, StoreError> {
    let changed = Changed {
        public_keys: Some(keys),
        ..Changed::default()
    };
    sftp_accounts::change(tx, &of.name, &changed).await?;
    Ok(AccountChanged::Done)
}

/// Where it may come from; what PostgreSQL takes for no network is none.
async fn put_sources(
    tx: &mut WorkerTx<'_>,
    of: &Seen,
    text: &str,
) -> Result<AccountChanged, StoreError> {
    let Some(sources) = networks(text) else {
        return Ok(AccountChanged::NoSources);
    };
    let changed = Changed {
        sources: Some(&sources),
        ..Changed::default()
    };
    match sftp_accounts::change(tx, &of.name, &changed).await {
        Err(StoreError::Value(_)) => Ok(AccountChanged::NoSources),
        put => put.map(|_| AccountChanged::Done),
    }
}

/// Networks as they were typed, one a line or with commas between; none of them is anywhere. Nothing typed is no answer.
fn networks(text: &str) -> Option<Vec<String>> {
    let typed = text.split([',', ';', '\n']).map(str::trim);
    let typed: Vec<&str> = typed.filter(|one| !one.is_empty()).collect();
    match typed.as_slice() {
        [] => None,
        [one] if one.eq_ignore_ascii_case(ANYWHERE) => Some(Vec::new()),
        many if many.len() > MOST_SOURCES => None,
        many => many.iter().map(|one| network(one)).collect(),
    }
}

/// An address with the length of its network, or without; what PostgreSQL says of it decides.
fn network(text: &str) -> Option<String> {
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    address.parse::<IpAddr>().ok()?;
    length
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.to_owned())
}

fn line(seen: &Seen) -> AccountLine {
    AccountLine {
        id: seen.id,
        name: seen.name.clone(),
        party: seen.party.clone(),
        intermediary: seen.intermediary.clone(),
        installation: seen.installation.clone(),
        brp: seen.brp,
        last: seen.last_login_at.map(words::moment),
        ended: seen.ended_at.map(words::moment),
        closed: u32::try_from(seen.closed).unwrap_or(u32::MAX),
        closed_until: seen.closed_until.map(words::moment),
    }
}

//! Who somebody is: a generated password or a key (security §5.1), and what trying costs.
//!
//! A name we do not know takes the same work, the same words and the same time as one we know: two hashes, one
//! question, one audit line, and the SSH side answers every "no" a second after the question.

use super::Shared;
use super::gate::{Seat, source};
use crate::audit::{self, Event, Kind, Outcome};
use crate::intake::measure;
use crate::store::sftp_accounts::{self, Account, Login};
use crate::store::{StoreError, worker_tx};
use argon2::Argon2;
use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use rand::TryRngCore;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{HashAlg, PrivateKey, PublicKey};
use std::io;
use std::net::IpAddr;
use std::sync::OnceLock;

/// Longest password that is looked at, in bytes.
const LONGEST: usize = 256;
/// Points for a name we do not know, for a wrong password or key, and for one connection too many (security §5.2).
const UNKNOWN: i32 = 2;
const WRONG: i32 = 1;
pub(super) const TOO_MANY: i32 = 3;
/// Letters and digits that are not taken for one another; 32 of them, so one is five bits.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789X";
/// 130 bits.
const LENGTH: usize = 26;

/// A new password; it is shown once.
///
/// # Errors
/// When the machine has no randomness.
pub fn new_password() -> io::Result<String> {
    let mut bytes = [0_u8; LENGTH];
    rand::rngs::OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(io::Error::other)?;
    let letter = |byte: &u8| char::from(ALPHABET[usize::from(byte % 32)]);
    Ok(bytes.iter().map(letter).collect())
}

/// Argon2id of a password, in PHC form.
///
/// # Errors
/// When the machine has no randomness for the salt.
pub fn hash(password: &str) -> io::Result<String> {
    let hash = Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(io::Error::other)?;
    Ok(hash.to_string())
}

/// `SHA256:…` of the host key, as clients show it.
#[must_use]
pub fn fingerprint(seed: &[u8; 32]) -> String {
    PrivateKey::from(Ed25519Keypair::from_seed(seed))
        .public_key()
        .fingerprint(HashAlg::Sha256)
        .to_string()
}

/// What stands in for the hash that a name does not have.
fn nobody() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        new_password()
            .and_then(|password| hash(&password))
            .unwrap_or_default()
    })
}

async fn find(shared: &Shared, name: &str, address: IpAddr) -> Result<Option<Login>, StoreError> {
    let mut tx = worker_tx(&shared.road.db).await?;
    sftp_accounts::login(&mut tx, name, &address.to_string(), &source(address)).await
}

/// The account of a name and its password, with its seat.
pub(super) async fn by_password(
    shared: &Shared,
    name: &str,
    password: &str,
    address: IpAddr,
) -> Option<(Account, Seat)> {
    let login = looked_up(find(shared, name, address).await)?;
    let hashes = match &login {
        Some(login) => [&login.password, &login.password_before]
            .map(|hash| hash.clone().unwrap_or_else(|| nobody().to_owned())),
        None => [nobody().to_owned(), nobody().to_owned()],
    };
    let password = zeroize::Zeroizing::new(password.to_owned());
    let right = {
        let _turn = shared.checks.acquire().await.ok()?;
        tokio::task::spawn_blocking(move || {
            // Both, whatever the first one says: the time tells nothing.
            let fits = hashes.map(|hash| verify(&hash, &password));
            fits.contains(&true)
        })
        .await
        .unwrap_or(false)
    };
    decide(shared, login, right, address, "password").await
}

fn verify(hash: &str, password: &str) -> bool {
    password.len() <= LONGEST
        && PasswordHash::new(hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
}

/// Whether a name has this key and may use it here; says so only to who has the key to sign with next. Else what it costs when
/// nothing better comes; none while that cannot be looked up.
pub(super) async fn has_key(
    shared: &Shared,
    name: &str,
    key: &PublicKey,
    address: IpAddr,
) -> Result<(), Option<Refused>> {
    let login = find(shared, name, address).await.map_err(|_| None)?;
    let right = login.as_ref().is_some_and(|login| knows(login, key));
    if right && login.as_ref().is_some_and(may_enter) {
        return Ok(());
    }
    Err(Some(Refused::of(login, right)))
}

/// A connection ended that had nothing but refused keys to show: one failed login, however many it offered.
pub(super) async fn only_offered(shared: &Shared, refused: &Refused, address: IpAddr) {
    measure::dropbox_login("refused");
    if let Err(error) = note(shared, Err(refused), address, "key-offered").await {
        tracing::warn!(%error, "a refused key could not be written down");
    }
}

/// The account of a name and a key that signed, with its seat.
pub(super) async fn by_key(
    shared: &Shared,
    name: &str,
    key: &PublicKey,
    address: IpAddr,
) -> Option<(Account, Seat)> {
    let login = looked_up(find(shared, name, address).await)?;
    let right = login.as_ref().is_some_and(|login| knows(login, key));
    decide(shared, login, right, address, "key").await
}

fn knows(login: &Login, key: &PublicKey) -> bool {
    let mut lines = login.public_keys.iter();
    lines.any(|line| {
        PublicKey::from_openssh(line).is_ok_and(|known| known.key_data() == key.key_data())
    })
}

fn may_enter(login: &Login) -> bool {
    login.expected_here && !login.banned
}

fn looked_up(found: Result<Option<Login>, StoreError>) -> Option<Option<Login>> {
    found
        .inspect_err(|error| tracing::warn!(%error, "a drop box login could not be looked up"))
        .ok()
}

/// Who may enter takes a seat first: a login is written down, and ends old points, only when there is one.
async fn decide(
    shared: &Shared,
    login: Option<Login>,
    right: bool,
    address: IpAddr,
    means: &str,
) -> Option<(Account, Seat)> {
    let enters = login.as_ref().filter(|login| right && may_enter(login));
    let seat = enters.and_then(|login| shared.gate.sit(login.account.id));
    let crowded = enters.filter(|_| seat.is_none()).map(|login| {
        // That others fill the house is not its doing.
        let own = shared.gate.is_full_of(login.account.id);
        if own { TOO_MANY } else { 0 }
    });
    measure::dropbox_login(if seat.is_some() { "in" } else { "refused" });
    let refused = Refused {
        crowded,
        ..Refused::of(login, right)
    };
    let tried = match &refused.account {
        Some(account) if seat.is_some() => Ok(account),
        _ => Err(&refused),
    };
    if let Err(error) = note(shared, tried, address, means).await {
        // No line, no login (security G8).
        tracing::warn!(%error, "a drop box login could not be written down");
        return None;
    }
    refused.account.zip(seat)
}

/// Somebody who does not come in.
#[derive(Debug)]
pub(super) struct Refused {
    account: Option<Account>,
    points: i32,
    /// Everything is right, and all seats are taken: what that costs.
    crowded: Option<i32>,
}

impl Refused {
    fn of(login: Option<Login>, right: bool) -> Self {
        let points = match &login {
            None => UNKNOWN,
            // Who knows the password or has the key does not guess: a program that tries on does not make its own ban longer.
            Some(login) if right && login.banned => 0,
            Some(_) => WRONG,
        };
        Self {
            account: login.map(|login| login.account),
            points,
            crowded: None,
        }
    }

    fn points(&self) -> i32 {
        self.crowded.unwrap_or(self.points)
    }
}

async fn note(
    shared: &Shared,
    tried: Result<&Account, &Refused>,
    address: IpAddr,
    means: &str,
) -> Result<(), StoreError> {
    let mut tx = worker_tx(&shared.road.db).await?;
    let (account, banned) = match tried {
        Ok(account) => {
            sftp_accounts::welcome(&mut tx, account.id, &source(address)).await?;
            (Some(account), false)
        }
        Err(refused) => {
            let account = refused.account.as_ref();
            let id = account.map(|known| known.id);
            let (source, points) = (source(address), refused.points());
            let banned = sftp_accounts::penalty(&mut tx, id, &source, points).await?;
            (account, banned)
        }
    };
    let crowded = tried.is_err_and(|refused| refused.crowded.is_some());
    let (kind, outcome) = match tried {
        Ok(_) => (Kind::Login, Outcome::Success),
        Err(_) if crowded => (Kind::Refused, Outcome::Failure),
        Err(_) => (Kind::LoginFailed, Outcome::Failure),
    };
    let mut event = line(account, kind, address)
        .outcome(outcome)
        .detail("means", means)
        .detail("banned", banned);
    if crowded {
        event = event.detail("why", "too-many-connections");
    }
    audit::add(&mut tx, event).await?;
    tx.commit().await
}

/// A line about a login. A name we do not know is not kept: people type passwords there.
fn line(account: Option<&Account>, kind: Kind, address: IpAddr) -> Event {
    let event = match account {
        Some(account) => {
            Event::of_worker(Some(account.party), None, kind).object("sftp-account", account.id)
        }
        None => Event::of_nobody(kind),
    };
    event
        .access_point(&address.to_string())
        .detail("door", "sftp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_long_and_only_it_fits_its_hash() {
        let password = new_password().expect("password");
        assert_eq!(password.len(), LENGTH);
        assert_ne!(password, new_password().expect("password"));
        let hash = hash(&password).expect("hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,"), "{hash}");
        assert!(verify(&hash, &password));
        assert!(!verify(&hash, &format!("{password}x")));
        assert!(!verify(&hash, &"x".repeat(LONGEST + 1)));
        assert!(!verify("", &password));
    }

    #[test]
    fn no_two_signs_of_a_password_are_the_same() {
        let different: std::collections::HashSet<_> = ALPHABET.iter().collect();
        assert_eq!(different.len(), 32);
    }
}

//! Accesses to the drop box (security §5.1): RIVM-beheer gives one out, and another password or key later, says where it may
//! come from, lets it in again, and ends it.

use super::Page;
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::delivery::dropbox::Proof;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A line of the list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountLine {
    /// Key.
    pub id: Uuid,
    /// Name to log in with.
    pub name: String,
    /// Name of the party whose rows it brings.
    pub party: String,
    /// Name of who runs it.
    pub intermediary: Option<String>,
    /// As in the names of its files.
    pub installation: String,
    /// Brings sets of the BRP, no rows of a party.
    pub brp: bool,
    /// When somebody last came in: "22-11-2026 14:05".
    pub last: Option<String>,
    /// When it ended.
    pub ended: Option<String>,
    /// For how many addresses (of IPv6: networks) failed logins closed it.
    pub closed: u32,
    /// When the last of those opens again.
    pub closed_until: Option<String>,
}

/// A connection by SFTP that is approved or asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountFor {
    /// Key.
    pub id: Uuid,
    /// Name of the party whose rows come.
    pub party: String,
    /// Name of who runs the installation.
    pub intermediary: Option<String>,
    /// Approved; else its installation sees the folder for tests.
    pub approved: bool,
}

/// Accesses, and for what another one can be given out.
#[derive(Clone, Serialize, Deserialize)]
pub struct AccountList {
    /// Those there are.
    pub accounts: Page<AccountLine>,
    /// Connections to choose from.
    pub connections: Vec<AccountFor>,
}

/// An access as it is given out: with a password that is made, unless it has a key.
#[derive(Debug, Clone)]
pub struct NewAccess {
    /// Key of the connection: whose rows, and who brings them.
    pub connection: Uuid,
    /// Name to log in with.
    pub name: String,
    /// As in the names of its files.
    pub installation: String,
    /// How it proves that a file is whole.
    pub proof: Proof,
    /// A file is expected each working day; else whenever it has something.
    pub daily: bool,
    /// A line of OpenSSH, or nothing.
    pub key: String,
    /// Networks, one a line; or the word [`ANYWHERE`].
    pub sources: String,
}

/// What came of giving one out.
#[derive(Clone, PartialEq, Eq)]
pub enum AccountGiven {
    /// Done; it logs in with its key.
    Done(Uuid),
    /// Done; its password, sealed for who asked: the page of the account opens it.
    Password(Uuid, String),
    /// Nothing was chosen, or the connection ended meanwhile.
    NoConnection,
    /// That is no name to log in with.
    NoName,
    /// Another account has this name.
    NameTaken,
    /// That is no installation.
    NoInstallation,
    /// This installation of this party has an access.
    InstallationTaken,
    /// That is no OpenSSH public key.
    NoKey,
    /// Only Ed25519 and ECDSA keys are taken.
    WeakKey,
    /// That is no network, or nothing was typed.
    NoSources,
}

/// A key that opens an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountKey {
    /// `ssh-ed25519`.
    pub algorithm: String,
    /// `SHA256:…`, as clients show it.
    pub fingerprint: String,
}

/// An opened account. No password and no hash of one, but a new one when it was just made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountView {
    /// The line of the list.
    pub line: AccountLine,
    /// How it proves that a file is whole: rename, control, trailer, quiet.
    pub proof: String,
    /// A file is expected each working day.
    pub daily: bool,
    /// It has a password.
    pub has_password: bool,
    /// Until when the one before is valid too.
    pub old_until: Option<String>,
    /// Why it ended, when somebody said so.
    pub end_reason: Option<String>,
    /// Keys that open it.
    pub keys: Vec<AccountKey>,
    /// Networks it may come from; anywhere when there are none.
    pub sources: Vec<String>,
    /// The password that was just made: shown this once.
    pub password: Option<String>,
}

/// What is changed of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountChange {
    /// Another password; the one it had stays valid for some days, or ends at once.
    NewPassword {
        /// It ends at once.
        now: bool,
    },
    /// The one before ends now.
    EndOldPassword,
    /// A key more, or this one alone.
    AddKey {
        /// A line of OpenSSH.
        line: String,
        /// In place of all it had.
        alone: bool,
    },
    /// The key with this fingerprint opens it no more.
    DropKey(String),
    /// Networks, one a line; or the word [`ANYWHERE`].
    Sources(String),
    /// Failed logins close it no more, and count anew.
    LetIn,
    /// It ends, for this reason.
    End(String),
}

/// What is typed where an account may come from anywhere. Nothing at all is a slip.
pub const ANYWHERE: &str = "overal";

/// What came of a change.
#[derive(Clone, PartialEq, Eq)]
pub enum AccountChanged {
    /// Done.
    Done,
    /// Done; the new password, sealed for who asked: the page of the account opens it.
    Password(String),
    /// Nothing to change: somebody was first, or it ended.
    Before,
    /// That is no OpenSSH public key.
    NoKey,
    /// Only Ed25519 and ECDSA keys are taken.
    WeakKey,
    /// That is no network, or nothing was typed.
    NoSources,
    /// Nobody said why it ends.
    NoReason,
    /// Nothing would open it any more.
    LastMeans,
}

/// Accesses to the drop box (role RIVM-beheer).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Accounts: Send + Sync {
    /// All accounts, those in use first, and the connections for which one can be given out.
    async fn accounts(&self, caller: &Caller, page: u32) -> PortResult<AccountList>;

    /// One of them; `sealed` is what came of making a password.
    async fn account(
        &self,
        caller: &Caller,
        id: Uuid,
        sealed: Option<String>,
    ) -> PortResult<AccountView>;

    /// Changes one (audited).
    async fn change_account(
        &self,
        caller: &Caller,
        id: Uuid,
        change: AccountChange,
    ) -> PortResult<AccountChanged>;

    /// Gives one out (audited).
    async fn give_account(&self, caller: &Caller, new: NewAccess) -> PortResult<AccountGiven>;
}

//! Accesses to the drop box (security §5.1): RIVM-beheer gives an installation another password or key, says where it may
//! come from, lets it in again, and ends it.

#[cfg(feature = "ssr")]
use super::{Caller, Page, PortResult};
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
    /// All accounts, those in use first.
    async fn accounts(&self, caller: &Caller, page: u32) -> PortResult<Page<AccountLine>>;

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
}

//! Ports: what a person can do, as small traits that the server implements.
//!
//! They cut the cycle "server functions need the database, the server needs the app". The router hands
//! each over by context as `Arc<dyn …>`. Every method starts from a [`Caller`], authorises again, and
//! writes its audit line in the transaction of what it does. Types that hold person data have no `Debug`.

pub mod accounts;
pub mod caller;
pub mod cards;
pub mod corrections;
pub mod decisions;
pub mod deliveries;
pub mod entry;
pub mod lists;
pub mod locations;
pub mod news;
pub mod onboarding;
pub mod operations;
pub mod parties;
pub mod persons;
pub mod review;
pub mod session;
pub mod users;
pub mod withdrawals;
pub mod worklist;

pub use caller::{Caller, Membership, PartyRef};
#[cfg(feature = "ssr")]
pub use {
    accounts::Accounts, cards::Cards, corrections::Corrections, decisions::Decisions,
    deliveries::Deliveries, entry::Entry, lists::Lists, locations::Locations, news::News,
    onboarding::Onboarding, operations::Operations, parties::Parties, persons::Persons,
    review::Review, session::Sessions, users::Users, withdrawals::Withdrawals, worklist::Worklists,
};

use serde::{Deserialize, Serialize};

/// How old the copy of the BRP is that persons are compared with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BrpAge {
    /// When a set was loaded last: "22-11-2026 14:05"; none without one.
    pub loaded: Option<String>,
    /// It is older than 48 hours, or there is none (rule B13).
    pub late: bool,
}

/// Why a port did not do what was asked. Refused *data* is never an error: that is an `Ok` with findings.
/// Holds no value, because Leptos may put an error into a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum PortError {
    /// Not logged in, or the session ended.
    #[error("not logged in")]
    NotLoggedIn,
    /// Unknown, of another party, or not for this role: one answer for all three (404).
    #[error("not found")]
    NotFound,
    /// A budget is used up (BRP checks): try again later.
    #[error("too many requests")]
    TooMany(Wait),
    /// Somebody else changed it in the meantime.
    #[error("changed in the meantime")]
    Conflict,
    /// This draft was sent before (back button, second tab): its receipt tells what became of it.
    #[error("sent before")]
    Sent(uuid::Uuid),
    /// Our fault; the number is in the log.
    #[error("incident {0}")]
    Broken(uuid::Uuid),
}

/// How long a budget of BRP checks stays used up (security §4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wait {
    /// Until the next minute.
    NextMinute,
    /// Until tomorrow.
    Tomorrow,
    /// Until RIVM lifts the block: too many persons could not be matched.
    Rivm,
}

impl Wait {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::NextMinute, Self::Tomorrow, Self::Rivm];

    /// As it stands in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NextMinute => "minuut",
            Self::Tomorrow => "morgen",
            Self::Rivm => "rivm",
        }
    }

    /// After how many seconds to try again; of a block nobody knows, so a day.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        match self {
            Self::NextMinute => 60,
            Self::Tomorrow | Self::Rivm => 24 * 60 * 60,
        }
    }

    /// Reads what [`Wait::as_str`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }
}

/// Result of a port.
pub type PortResult<T> = Result<T, PortError>;

/// One page of a list; pages count from 1, 50 rows a page.
#[derive(Clone, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows of this page.
    pub items: Vec<T>,
    /// Rows in all pages under this filter.
    pub total: u64,
    /// This page, from 1.
    pub page: u32,
}

/// Rows on a page of a list.
pub const PAGE_ROWS: u32 = 50;

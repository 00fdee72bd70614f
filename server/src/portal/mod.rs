//! Implements the ports of `app`: what a person does on a page, on the real register.
//!
//! A method reads: may this caller do it, load under row-level security, check, change, audit, commit, answer.
//! What belongs to another party is `NotFound`, as if it were not there. Every method that answers with
//! person data writes its audit line in the transaction it read them in (security G8).

mod accounts;
mod again;
mod cards;
mod corrections;
mod decisions;
mod deliveries;
mod entry;
mod four_eyes;
mod links;
mod lists;
mod locations;
mod mend;
mod news;
mod onboarding;
mod operations;
mod parties;
mod persons;
mod record;
mod review;
mod users;
mod withdrawals;
mod words;

use crate::audit::{Event, Kind};
use crate::intake::Road;
use crate::intake::store::is_late;
use crate::keys::{Purpose, Sealed};
use crate::store::{StoreError, WorkerTx, register};
use app::ports::{BrpAge, Caller, PortError, PortResult};
use domain::delivery::Channel;
use domain::row::RowText;
use domain::ruling::PRIORITY;
use std::fmt::Display;
use std::sync::Arc;
use time::OffsetDateTime;
use uuid::Uuid;

/// The ports, on the real register.
#[derive(Clone)]
pub struct Portal {
    road: Road,
    /// Channels, the best source first.
    priority: Arc<[Channel]>,
}

impl Portal {
    /// On this road.
    #[must_use]
    pub fn new(road: Road) -> Self {
        let priority = Arc::new(PRIORITY);
        Self { road, priority }
    }

    /// With the order of sources that is configured.
    #[must_use]
    pub fn with_priority(self, priority: &[Channel]) -> Self {
        let priority = priority.into();
        Self { priority, ..self }
    }

    /// Opens a sealed row: a version's content, or a row as delivered.
    fn open_row(
        &self,
        purpose: Purpose,
        id: Uuid,
        sealed: Option<Vec<u8>>,
    ) -> Result<RowText, StoreError> {
        let Some(sealed) = sealed else {
            return Ok(RowText::default());
        };
        let plain = self
            .road
            .keys
            .open(&Sealed::from_bytes(sealed), &purpose.of(id.as_bytes()))
            .map_err(|_| unopened())?;
        serde_json::from_slice(&plain).map_err(|_| unopened())
    }

    /// Opens a sealed text: a reason as typed.
    fn open_text(
        &self,
        purpose: Purpose,
        id: Uuid,
        sealed: Option<Vec<u8>>,
    ) -> Result<Option<String>, StoreError> {
        let Some(sealed) = sealed else {
            return Ok(None);
        };
        let plain = self
            .road
            .keys
            .open(&Sealed::from_bytes(sealed), &purpose.of(id.as_bytes()))
            .map_err(|_| unopened())?;
        Ok(Some(String::from_utf8_lossy(&plain).into_owned()))
    }
}

pub use onboarding::tried_channels;
pub use users::{code_hash, new_code};

/// A sealed value that does not open: changed, or its key is gone.
fn unopened() -> StoreError {
    StoreError::Broken("sealed value".to_owned())
}

/// The party of a caller who may deliver for it.
fn deliverer(caller: &Caller) -> PortResult<Uuid> {
    match caller.party() {
        Some(party) if caller.role().may_deliver() => Ok(party.id),
        _ => Err(PortError::NotFound),
    }
}

/// A caller who may look at rows of all parties.
fn reviewer(caller: &Caller) -> PortResult<()> {
    if caller.role().may_review() && caller.party().is_none() {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

/// How old the copy of the BRP is. The role of the portal sees nothing of the BRP, not even its date.
async fn brp_age(tx: &mut WorkerTx<'_>, now: OffsetDateTime) -> Result<BrpAge, StoreError> {
    let loaded = register::brp_loaded_at(tx).await?;
    Ok(BrpAge {
        late: is_late(loaded, now),
        loaded: loaded.map(words::moment),
    })
}

fn event(caller: &Caller, kind: Kind) -> Event {
    Event::of(caller, kind)
}

/// Errors of the store as a port tells them; the cause is logged once, under the number of the request.
trait OrBroken<T> {
    fn or_broken(self, caller: &Caller) -> PortResult<T>;
}

impl<T> OrBroken<T> for Result<T, StoreError> {
    fn or_broken(self, caller: &Caller) -> PortResult<T> {
        self.map_err(|error| match error {
            StoreError::NotFound => PortError::NotFound,
            error => broken(caller, &error),
        })
    }
}

/// Our fault: logged, and told by number only.
fn broken(caller: &Caller, error: &dyn Display) -> PortError {
    tracing::error!(incident = %caller.request_id, %error, "a request failed");
    PortError::Broken(caller.request_id)
}

//! The locations of an institution (features F03): its manager keeps the list, who records says where that is today.

#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A location.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Location {
    /// Key.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// The place that vaccinations get there when nothing else is said; may be empty.
    pub place: String,
}

/// Locations of the own institution.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnLocations {
    /// Those in use, by name; most institutions have none.
    pub all: Vec<Location>,
    /// Where this user records in this session, today.
    pub picked: Option<Uuid>,
}

impl OwnLocations {
    /// The name of one of them.
    #[must_use]
    pub fn name(&self, id: Option<Uuid>) -> Option<&str> {
        let found = self.all.iter().find(|one| Some(one.id) == id)?;
        Some(&found.name)
    }
}

/// What came of a change to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListChanged {
    /// Done.
    Done,
    /// A location of this name is there already.
    NameTaken,
}

/// Locations of the own institution.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Locations: Send + Sync {
    /// Those in use (who records, who manages).
    async fn locations(&self, caller: &Caller) -> PortResult<OwnLocations>;
    /// Says where a draft is recorded, and what comes after it today in this session; none is the institution without one.
    /// What is remembered there comes into the draft, unless its vaccination was filled in already.
    async fn pick_location(
        &self,
        caller: &Caller,
        draft: Uuid,
        location: Option<Uuid>,
    ) -> PortResult<()>;
    /// A new one (instellingsbeheerder).
    async fn add_location(
        &self,
        caller: &Caller,
        name: String,
        place: String,
    ) -> PortResult<ListChanged>;
    /// Another name or place for one (instellingsbeheerder).
    async fn rename_location(&self, caller: &Caller, location: Location)
    -> PortResult<ListChanged>;
    /// It is used no longer (instellingsbeheerder).
    async fn end_location(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
}

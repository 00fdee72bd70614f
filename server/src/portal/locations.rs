//! The list of locations of an institution, kept by its instellingsbeheerder (features F03).

use super::{OrBroken, Portal, deliverer, event, words};
use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::store::locations::{self, LocationRow};
use crate::store::{drafts, party_tx, worker_tx};
use app::ports::locations::{ListChanged, Location, Locations, OwnLocations};
use app::ports::{Caller, PortError, PortResult};
use uuid::Uuid;

/// Longest name and place that are kept, in characters (rule V43).
const CHARS: usize = 80;

/// The institution of a caller who keeps its list.
fn keeper(caller: &Caller) -> PortResult<Uuid> {
    match caller.party() {
        Some(party) if caller.role().may_manage_own_users() => Ok(party.id),
        _ => Err(PortError::NotFound),
    }
}

fn row(id: Uuid, name: &str, place: &str) -> LocationRow {
    let place = words::kept(place, CHARS);
    LocationRow {
        id,
        name: words::kept(name, CHARS),
        place: (!place.is_empty()).then_some(place),
    }
}

fn line(caller: &Caller, id: Uuid, step: &'static str) -> Event {
    event(caller, Kind::PartyChanged)
        .object("location", id)
        .detail("step", step)
}

#[async_trait::async_trait]
impl Locations for Portal {
    async fn locations(&self, caller: &Caller) -> PortResult<OwnLocations> {
        deliverer(caller)?;
        let day = self.road.clock.day(self.road.clock.now());
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = locations::in_use(&mut tx).await.or_broken(caller)?;
        let picked = drafts::picked(&mut tx, caller.user_id, day, caller.session_id)
            .await
            .or_broken(caller)?;
        Ok(OwnLocations {
            picked: picked.filter(|id| found.iter().any(|one| one.id == *id)),
            all: found
                .into_iter()
                .map(|one| Location {
                    id: one.id,
                    name: one.name,
                    place: one.place.unwrap_or_default(),
                })
                .collect(),
        })
    }

    async fn pick_location(
        &self,
        caller: &Caller,
        draft: Uuid,
        location: Option<Uuid>,
    ) -> PortResult<()> {
        self.record_at(caller, draft, location).await
    }

    async fn add_location(
        &self,
        caller: &Caller,
        name: String,
        place: String,
    ) -> PortResult<ListChanged> {
        let party = keeper(caller)?;
        let new = row(clock::new_key(), &name, &place);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !locations::add(&mut tx, party, &new)
            .await
            .or_broken(caller)?
        {
            return Ok(ListChanged::NameTaken);
        }
        audit::add(&mut tx, line(caller, new.id, "location-added"))
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(ListChanged::Done)
    }

    async fn rename_location(
        &self,
        caller: &Caller,
        location: Location,
    ) -> PortResult<ListChanged> {
        let party = keeper(caller)?;
        let changed = row(location.id, &location.name, &location.place);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        match locations::rename(&mut tx, party, &changed).await {
            Ok(true) => {}
            Ok(false) => return Err(PortError::NotFound),
            Err(error) if error.is_constraint("locations_name_once") => {
                return Ok(ListChanged::NameTaken);
            }
            Err(error) => return Err(super::broken(caller, &error)),
        }
        audit::add(&mut tx, line(caller, changed.id, "location-renamed"))
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(ListChanged::Done)
    }

    async fn end_location(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        let party = keeper(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !locations::end(&mut tx, party, id).await.or_broken(caller)? {
            return Err(PortError::NotFound);
        }
        audit::add(&mut tx, line(caller, id, "location-ended"))
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }
}

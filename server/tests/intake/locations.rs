//! Where somebody records, and what is remembered there of today (features F03).

use crate::world::{EREBOS, World, good, with};
use app::ports::entry::Entry;
use app::ports::locations::{ListChanged, Location, Locations};
use app::ports::{Caller, PortError};
use domain::role::Role;
use domain::row::{Column, RowText};
use server::intake::{Clock, Road};
use server::portal::Portal;
use time::macros::date;
use uuid::Uuid;

/// An institution with two locations, and who keeps their list.
struct Home {
    world: World,
    manager: Caller,
    east: Uuid,
    west: Uuid,
}

impl Home {
    async fn new() -> Self {
        let world = World::new().await;
        let party = world.maria.party().unwrap().clone();
        let manager = world
            .test
            .caller("bram", Role::Instellingsbeheerder, Some(&party))
            .await;
        let mut home = Self {
            world,
            manager,
            east: Uuid::nil(),
            west: Uuid::nil(),
        };
        home.east = home.add("Oost", "Zeist").await;
        home.west = home.add("West", "").await;
        home
    }

    async fn add(&self, name: &str, place: &str) -> Uuid {
        let portal = &self.world.portal;
        let added = portal.add_location(&self.manager, name.into(), place.into());
        assert_eq!(added.await, Ok(ListChanged::Done));
        let list = portal.locations(&self.manager).await.unwrap().all;
        list.iter().find(|one| one.name == name).unwrap().id
    }

    /// Records up to the vaccination at a location.
    async fn vaccinate(&self, location: Option<Uuid>, batch: &str) {
        let (portal, maria) = (&self.world.portal, &self.world.maria);
        let draft = portal.begin(maria, None, false).await.unwrap();
        portal.pick_location(maria, draft, location).await.unwrap();
        let row = with(
            good(EREBOS, "01-04-2000"),
            &[(Column::Batchnummer, batch), (Column::Vaccinatieplaats, "")],
        );
        portal
            .save_person(maria, draft, row.clone(), String::new())
            .await
            .unwrap();
        portal
            .save_vaccination(maria, draft, row, None)
            .await
            .unwrap();
    }

    /// What a new draft begins with, and where.
    async fn begins(&self, portal: &Portal, caller: &Caller) -> (RowText, Option<Uuid>) {
        let draft = portal.begin(caller, None, false).await.unwrap();
        let view = portal.draft(caller, draft).await.unwrap();
        (view.row, view.location)
    }

    /// What a draft gets that is begun and then said to be of this location.
    async fn begins_at(&self, location: Option<Uuid>) -> RowText {
        let (portal, maria) = (&self.world.portal, &self.world.maria);
        let draft = portal.begin(maria, None, false).await.unwrap();
        portal.pick_location(maria, draft, location).await.unwrap();
        portal.draft(maria, draft).await.unwrap().row
    }
}

#[tokio::test]
async fn what_is_remembered_belongs_to_a_user_a_location_and_a_day() {
    let home = Home::new().await;
    let world = &home.world;
    home.vaccinate(Some(home.east), "EJ6795").await;
    home.vaccinate(Some(home.west), "EJ6796").await;
    let (row, here) = home.begins(&world.portal, &world.maria).await;
    assert_eq!(
        (row.get(Column::Batchnummer), here),
        ("EJ6796", Some(home.west)),
        "what comes next is at the location picked last"
    );
    let batch = |row: RowText| row.get(Column::Batchnummer).to_owned();
    assert_eq!(batch(home.begins_at(Some(home.east)).await), "EJ6795");
    assert_eq!(batch(home.begins_at(Some(home.west)).await), "EJ6796");
    assert_eq!(batch(home.begins_at(None).await), "");

    // Another user of the institution, another session of the same one, and the day after begin with nothing.
    let (row, here) = home.begins(&world.portal, &home.manager).await;
    assert_eq!((row, here), (RowText::default(), None));
    let again = Caller {
        session_id: Uuid::from_u128(7),
        ..world.maria.clone()
    };
    let (row, here) = home.begins(&world.portal, &again).await;
    assert_eq!((row, here), (RowText::default(), None));
    let road = Road {
        clock: Clock {
            today: Some(date!(2021 - 06 - 16)),
        },
        ..world.road.clone()
    };
    let (row, here) = home.begins(&Portal::new(road.clone()), &world.maria).await;
    assert_eq!((row, here), (RowText::default(), None));
    assert!(world.count("remembered_defaults").await >= 3);
    server::intake::tidy::tidy(&road).await.unwrap();
    assert_eq!(
        world.count("remembered_defaults").await,
        0,
        "gone, not hidden"
    );
}

#[tokio::test]
async fn a_location_gives_its_place_and_takes_nothing_that_was_filled_in() {
    let home = Home::new().await;
    let (portal, maria) = (&home.world.portal, &home.world.maria);
    let row = home.begins_at(Some(home.east)).await;
    assert_eq!(row.get(Column::Vaccinatieplaats), "Zeist");

    let draft = portal.begin(maria, None, false).await.unwrap();
    let typed = good(EREBOS, "01-04-2000");
    portal
        .save_person(maria, draft, typed.clone(), String::new())
        .await
        .unwrap();
    portal
        .save_vaccination(maria, draft, typed, None)
        .await
        .unwrap();
    portal
        .pick_location(maria, draft, Some(home.west))
        .await
        .unwrap();
    let view = portal.draft(maria, draft).await.unwrap();
    assert_eq!(view.location, Some(home.west));
    assert_eq!(view.row.get(Column::Batchnummer), "EJ6795");
}

#[tokio::test]
async fn nobody_picks_or_changes_a_location_of_another_institution() {
    let home = Home::new().await;
    let world = &home.world;
    let portal = &world.portal;
    let theirs = portal.locations(&world.piet).await.unwrap();
    assert!(theirs.all.is_empty());
    let own = portal.begin(&world.piet, None, false).await.unwrap();
    let foreign = portal.pick_location(&world.piet, own, Some(home.east));
    assert_eq!(foreign.await, Err(PortError::NotFound));
    assert_eq!(portal.draft(&world.piet, own).await.unwrap().location, None);

    let other = world.piet.party().unwrap();
    let spy = world
        .test
        .caller("spy", Role::Instellingsbeheerder, Some(other))
        .await;
    let renamed = Location {
        id: home.east,
        name: "Van ons".into(),
        place: String::new(),
    };
    for caller in [&spy, &world.maria, &world.rivm] {
        let answer = portal.rename_location(caller, renamed.clone()).await;
        assert_eq!(answer, Err(PortError::NotFound), "{}", caller.name);
        let answer = portal.end_location(caller, home.east).await;
        assert_eq!(answer, Err(PortError::NotFound), "{}", caller.name);
    }
    // The same name is free for another institution.
    let added = portal.add_location(&spy, "Oost".into(), String::new());
    assert_eq!(added.await, Ok(ListChanged::Done));
    let list = portal.locations(&home.manager).await.unwrap().all;
    let names: Vec<&str> = list.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["Oost", "West"]);
}

#[tokio::test]
async fn a_location_that_was_ended_is_picked_no_more_and_its_name_is_free() {
    let home = Home::new().await;
    let (portal, maria) = (&home.world.portal, &home.world.maria);
    home.vaccinate(Some(home.east), "EJ6795").await;
    let taken = portal.add_location(&home.manager, "oost".into(), String::new());
    assert_eq!(taken.await, Ok(ListChanged::NameTaken));
    let west = Location {
        id: home.west,
        name: "OOST".into(),
        place: String::new(),
    };
    let taken = portal.rename_location(&home.manager, west).await;
    assert_eq!(taken, Ok(ListChanged::NameTaken));

    portal.end_location(&home.manager, home.east).await.unwrap();
    let (row, here) = home.begins(portal, maria).await;
    assert_eq!((row, here), (RowText::default(), None));
    assert_eq!(portal.locations(maria).await.unwrap().picked, None);
    let draft = portal.begin(maria, None, false).await.unwrap();
    let ended = portal.pick_location(maria, draft, Some(home.east)).await;
    assert_eq!(ended, Err(PortError::NotFound));
    let again = portal.end_location(&home.manager, home.east).await;
    assert_eq!(again, Err(PortError::NotFound));
    let new = home.add("Oost", "").await;
    assert_ne!(new, home.east);
    let lines = "audit_lines WHERE event = 'governance.party' AND line LIKE '%location-%'";
    assert_eq!(home.world.count(lines).await, 4);
}

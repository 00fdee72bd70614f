//! The list of locations, and the strip above the form.

use super::fakes::{ID, World};
use super::{get, post};
use app::ports::locations::{Location, OwnLocations};
use domain::role::Role;
use std::sync::Arc;
use uuid::Uuid;

const WEST: Uuid = Uuid::from_u128(2);

fn with_locations(role: Role) -> Arc<World> {
    let one = |id, name: &str, place: &str| Location {
        id,
        name: name.into(),
        place: place.into(),
    };
    let mut world = World::new(Some(role));
    world.places = OwnLocations {
        all: vec![one(ID, "<Oost>", "Zeist"), one(WEST, "West", "")],
        picked: Some(WEST),
    };
    Arc::new(world)
}

#[tokio::test]
async fn the_form_asks_where_only_when_the_institution_has_locations() {
    let page = get(&World::nurse(), "/registreren").await;
    assert!(!page.has("name=\"location\""));
    let page = get(&with_locations(Role::Invoerder), "/registreren").await;
    assert!(page.has("&lt;Oost&gt;</option>"), "a name is text");
    assert!(page.has(&format!("<option value=\"{WEST}\" selected")));
    let strip = page.html.find("name=\"location\"").expect("a strip");
    let bsn = page.html.find("name=\"row[bsn]\"").expect("a BSN");
    assert!(strip < bsn, "it stands above the form");
}

#[tokio::test]
async fn what_is_chosen_goes_along_with_the_form() {
    let world = with_locations(Role::Invoerder);
    let west = WEST.to_string();
    for location in [west.as_str(), "geen"] {
        let form = [("row[toestemming]", "J"), ("location", location)];
        post(&world, "/api/registreren-persoon", &form).await;
    }
    // The form for a count without a person does not ask.
    post(
        &world,
        "/api/registreren-persoon",
        &[("row[toestemming]", "N")],
    )
    .await;
    let form = [("row[toestemming]", "J"), ("location", "x")];
    let answer = post(&world, "/api/registreren-persoon", &form).await;
    assert_eq!(answer.location, "/niet-gevonden");
    let picked = world.picked.lock().expect("no panic before").clone();
    assert_eq!(picked, [Some(WEST), None]);
}

#[tokio::test]
async fn who_manages_the_institution_keeps_the_list_on_its_page() {
    let page = get(&with_locations(Role::Invoerder), "/instelling").await;
    assert!(!page.has("/api/locatie-"));
    let world = with_locations(Role::Instellingsbeheerder);
    let page = get(&world, "/instelling").await;
    for part in [
        "Locaties van Praktijk De Linde",
        "&lt;Oost&gt;, Zeist",
        "&lt;Oost&gt; beëindigen",
        "value=\"Zeist\"",
    ] {
        assert!(page.has(part), "{part}");
    }

    let answer = post(&world, "/api/locatie-toevoegen", &[("name", "Noord")]).await;
    assert_eq!(answer.location, "/instelling?melding=toegevoegd");
    let id = ID.to_string();
    let form = [("id", id.as_str()), ("name", "Noord")];
    let answer = post(&world, "/api/locatie-wijzigen", &form).await;
    assert_eq!(answer.location, "/instelling?melding=gewijzigd");
    let answer = post(&world, "/api/locatie-beeindigen", &[("id", &id)]).await;
    assert_eq!(answer.location, "/instelling?melding=beeindigd");
}

#[tokio::test]
async fn a_name_to_mend_comes_back_with_what_was_typed() {
    let world = with_locations(Role::Instellingsbeheerder);
    let form = [("name", "West"), ("place", "Den Dolder & co")];
    let answer = post(&world, "/api/locatie-toevoegen", &form).await;
    let page = get(&world, answer.location.trim_end_matches("#foutoverzicht")).await;
    assert!(page.title().starts_with("Fout:"));
    assert!(page.has("Deze naam is al in gebruik."));
    assert!(page.has("value=\"Den Dolder &amp; co\""));

    let id = ID.to_string();
    let form = [("id", id.as_str()), ("name", " "), ("place", "Bilthoven")];
    let answer = post(&world, "/api/locatie-wijzigen", &form).await;
    let page = get(&world, answer.location.trim_end_matches("#foutoverzicht")).await;
    assert!(page.has(&format!("href=\"#name-{id}\"")));
    let mut details = page.html.split("<details").skip(1);
    let is_open = |rest: &str| {
        rest.split('>')
            .next()
            .is_some_and(|tag| tag.contains("open"))
    };
    assert!(page.has("value=\"Bilthoven\"") && details.any(is_open));
}

//! Several sources of one vaccination: none of them makes count what RIVM has to look at.

use crate::world::{EREBOS, World, csv, good, with};
use domain::row::{Column, RowText};

fn first_dose(key: &str, on: &str) -> RowText {
    with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Bronsleutel, key),
            (Column::Vaccinatiedatum, on),
            (Column::Dosisnummer, "1"),
        ],
    )
}

const COUNTING: &str = "vaccinations WHERE effective AND valid_to IS NULL";
const WAITING: &str = "delivery_rows WHERE state = 'open' AND outcome = 'TE_CONTROLEREN' AND findings || staff_findings @> '[{\"code\": \"D05\"}]'";

#[tokio::test]
async fn a_second_source_of_what_contradicts_another_waits_as_the_first_does() {
    let world = World::new().await;
    for (who, key, on) in [
        (&world.maria, "a", "27-01-2021"),
        (&world.piet, "b", "03-02-2021"),
    ] {
        world.upload(who, &csv(&[first_dose(key, on)])).await;
    }
    assert_eq!(
        (world.count(COUNTING).await, world.count(WAITING).await),
        (1, 1)
    );
    // The other institution says the same.
    world
        .upload(&world.maria, &csv(&[first_dose("c", "03-02-2021")]))
        .await;
    assert_eq!(
        (world.count(COUNTING).await, world.count(WAITING).await),
        (1, 2)
    );
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 2);
    world.sound().await;
}

#[tokio::test]
async fn a_second_source_of_what_is_accepted_is_accepted() {
    let world = World::new().await;
    for (who, key) in [(&world.maria, "a"), (&world.piet, "b")] {
        world
            .upload(who, &csv(&[first_dose(key, "27-01-2021")]))
            .await;
    }
    assert_eq!(
        (world.count(COUNTING).await, world.count(WAITING).await),
        (1, 0)
    );
    let accepted = "reports WHERE outcome = 'GEACCEPTEERD'";
    assert_eq!(world.count(accepted).await, 2);
    world.sound().await;
}

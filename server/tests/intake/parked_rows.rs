//! Another value, or another list, for rows whose delivery is parked: they stay as they are, which is told, until their delivery
//! ends (features F52, F-X9, F-X10).

use crate::amended::{COUNTING, carry_out, foreseen, map, prepare, typo};
use crate::lists;
use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::decisions::{ClusterFilter, Decisions};
use app::ports::parties::Parties;
use domain::delivery::RowOutcome;
use domain::lists::ListKind;
use domain::row::{Column, RowText};
use uuid::Uuid;

/// A file of one row by SFTP that is parked behind it, as one that is stopped between two chunks.
async fn parked(world: &World, row: RowText) -> Uuid {
    // Over SFTP a row needs a key.
    let key = format!("p-{}", world.count("deliveries").await);
    let content = csv(&[with(row, &[(Column::Bronsleutel, &key)])]);
    let received = world.receive_by_sftp(&world.maria, "week.csv", &content);
    let id = received.await.id();
    world.work().await;
    let park = format!(
        "ALTER TABLE deliveries DISABLE TRIGGER deliveries_steps;
         UPDATE deliveries SET state = 'parked', parked_reason = 'A20', outcome = NULL, finished_at = NULL WHERE id = '{id}';
         ALTER TABLE deliveries ENABLE TRIGGER deliveries_steps"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(park))
        .execute(&world.test.admin)
        .await
        .unwrap();
    id
}

/// A row with a name of a product that no list has.
fn odd(bsn: &str, born: &str) -> RowText {
    with(good(bsn, born), &[(Column::Vaccin, "Pfizer NL groot")])
}

async fn settle(world: &World, delivery: Uuid, release: bool) {
    let why = "Nagevraagd bij de instelling".to_owned();
    let portal = &world.portal;
    let settled = portal.settle_parked(&world.rivm, delivery, release, why);
    settled.await.unwrap();
    world.work().await;
}

#[tokio::test]
async fn stored_rows_of_a_parked_delivery_stay_which_is_told_and_can_be_decided_about_when_it_goes_on()
 {
    let world = World::new().await;
    let waits = parked(&world, typo(good(EREBOS, "01-04-2000"))).await;
    let other = csv(&[typo(good(NAOMI, "01-04-1987"))]);
    world.upload(&world.maria, &other).await;
    let (id, view) = prepare(&world, "EJ6795").await;
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 1)]);
    assert_eq!(view.held, 1);
    carry_out(&world, id).await;
    let view = foreseen(&world, id).await;
    assert_eq!((view.done, view.held), ((1, 0), 1));
    assert_eq!(world.count(COUNTING).await, 1);

    let (again, view) = prepare(&world, "EJ6795").await;
    assert!(view.late && view.held == 1 && view.other.is_none());
    settle(&world, waits, true).await;
    assert_eq!(foreseen(&world, id).await.held, 0);
    let view = foreseen(&world, again).await;
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 1)]);
    assert_eq!((view.late, view.held), (false, 0));
    carry_out(&world, again).await;
    assert_eq!(world.count(COUNTING).await, 2);
    world.sound().await;
}

#[tokio::test]
async fn a_kept_value_is_put_in_parked_rows_when_their_delivery_goes_on_or_ends_with_what_is_stored()
 {
    let world = World::new().await;
    let goes_on = parked(&world, odd(EREBOS, "01-04-2000")).await;
    let ends = parked(&world, odd(NAOMI, "01-04-1987")).await;
    let other = csv(&[odd(FROUKE, "24-03-2000")]);
    world.upload(&world.maria, &other).await;
    let filter = ClusterFilter::default();
    let list = world.portal.clusters(&world.rivm, filter, 1).await.unwrap();
    let sample = list.items[0].sample;
    let id = world
        .portal
        .propose(&world.rivm, sample, map("Comirnaty"))
        .await
        .unwrap();
    carry_out(&world, id).await;
    let view = foreseen(&world, id).await;
    assert!(view.line.kept);
    assert_eq!((view.done, view.held), ((1, 0), 2));
    settle(&world, goes_on, true).await;
    let view = foreseen(&world, id).await;
    assert_eq!((view.done, view.held), ((2, 0), 1));
    settle(&world, ends, false).await;
    let view = foreseen(&world, id).await;
    assert_eq!((view.done, view.held), ((3, 0), 0));
    assert_eq!(world.count(COUNTING).await, 3);
    world.sound().await;
}

#[tokio::test]
async fn a_list_that_changed_meanwhile_is_asked_for_parked_rows_when_their_delivery_ends() {
    let world = World::new().await;
    let ends = parked(&world, odd(EREBOS, "01-04-2000")).await;
    let name = lists::named(ListKind::Names, "Pfizer NL groot");
    lists::carry_out(&world, name).await;
    assert_eq!(world.count(COUNTING).await, 0);
    settle(&world, ends, false).await;
    assert_eq!(world.count(COUNTING).await, 1);
    world.sound().await;
}

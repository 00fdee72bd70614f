//! What was counted without a person goes with the delivery that said it, and comes back with it: exactly once, whatever is
//! killed, and not while another delivery that counts says it too (security G6).

use crate::withdraw::{by_two, key, put_back, with_kills, withdrawn};
use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, row, with};
use app::ports::Deliveries;
use app::ports::deliveries::MendedRow;
use app::ports::withdrawals::Withdrawals;
use domain::row::{Column, RowText};
use server::intake::tidy::tidy_at;

/// A row of somebody who gave no consent.
fn nobody(batch: &str) -> RowText {
    row(&[
        (Column::Toestemming, "N"),
        (Column::Vaccinatiedatum, "27-01-2021"),
        (Column::Vaccin, "Comirnaty"),
        (Column::Batchnummer, batch),
        (Column::Dosisnummer, "1"),
        (Column::Leeftijdsgroep, "C"),
    ])
}

const ONE: &str = "EJ6795";
const OTHER: &str = "EJ6796";

/// What counts: how many of each batch.
async fn counts(world: &World) -> Vec<(String, i32)> {
    sqlx::query_as(
        "SELECT batch, sum(number)::integer FROM anonymous_counts WHERE number > 0 GROUP BY batch ORDER BY batch",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap()
}

fn these(counts: &[(&str, i32)]) -> Vec<(String, i32)> {
    let own = |&(batch, number): &(&str, i32)| (batch.to_owned(), number);
    counts.iter().map(own).collect()
}

#[tokio::test]
async fn counts_go_with_their_delivery_and_come_back_once_whatever_is_killed() {
    let world = World::new().await;
    // What was typed in the entry form is of no file.
    world.record(&world.maria, &nobody(ONE)).await;
    let before = these(&[(ONE, 1)]);
    assert_eq!(counts(&world).await, before);
    let rows = [
        key("n1", nobody(ONE)),
        nobody(ONE),
        key("n2", nobody(OTHER)),
        good(EREBOS, "01-04-2000"),
        good(NAOMI, "01-04-1987"),
        good(FROUKE, "24-03-2000"),
    ];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let with_it = these(&[(ONE, 3), (OTHER, 1)]);
    assert_eq!(counts(&world).await, with_it);
    for _ in 0..2 {
        world
            .portal
            .withdraw_delivery(&world.maria, delivery, "reden".into())
            .await
            .unwrap();
        assert!(with_kills(&world).await >= 3);
        assert_eq!(counts(&world).await, before);
        world
            .portal
            .restore_delivery(&world.maria, delivery, "toch".into())
            .await
            .unwrap();
        assert!(with_kills(&world).await >= 3);
        assert_eq!(counts(&world).await, with_it);
    }
    world.sound().await;
}

#[tokio::test]
async fn what_two_deliveries_counted_goes_when_both_are_gone() {
    let first = csv(&[key("n1", nobody(ONE))]);
    let second = csv(&[key("n1", nobody(ONE)), key("n2", nobody(ONE))]);
    for first_the_older in [true, false] {
        let world = World::new().await;
        let older = world.upload(&world.maria, &first).await;
        let newer = world.upload(&world.maria, &second).await;
        assert_eq!(counts(&world).await, these(&[(ONE, 2)]), "none twice");
        let (order, left) = if first_the_older {
            ([older, newer], 2)
        } else {
            ([newer, older], 1)
        };
        withdrawn(&world, &world.maria, order[0]).await;
        assert_eq!(counts(&world).await, these(&[(ONE, left)]));
        withdrawn(&world, &world.maria, order[1]).await;
        assert_eq!(counts(&world).await, []);
        put_back(&world, &world.maria, order[0]).await;
        assert_eq!(counts(&world).await, these(&[(ONE, 3 - left)]));
        put_back(&world, &world.maria, order[1]).await;
        assert_eq!(counts(&world).await, these(&[(ONE, 2)]));
    }
}

#[tokio::test]
async fn a_row_that_comes_again_while_its_delivery_goes_counts_once() {
    let first = csv(&[key("n1", nobody(ONE))]);
    let second = csv(&[key("n1", nobody(ONE)), key("n2", nobody(ONE))]);
    for round in 0..4 {
        let world = World::new().await;
        let delivery = world.upload(&world.maria, &first).await;
        world
            .receive_by_sftp(&world.maria, "later.csv", &second)
            .await;
        world
            .portal
            .withdraw_delivery(&world.maria, delivery, "reden".into())
            .await
            .unwrap();
        by_two(&world).await;
        assert_eq!(counts(&world).await, these(&[(ONE, 2)]), "{round}");
        put_back(&world, &world.maria, delivery).await;
        assert_eq!(counts(&world).await, these(&[(ONE, 2)]), "{round}");
    }
}

#[tokio::test]
async fn a_row_without_consent_is_counted_as_it_comes_again_after_its_delivery_was_withdrawn() {
    let world = World::new().await;
    let wrong = world
        .upload(&world.maria, &csv(&[key("n1", nobody(ONE))]))
        .await;
    withdrawn(&world, &world.maria, wrong).await;
    let right = csv(&[key("n1", nobody(OTHER))]);
    let right = world.upload(&world.maria, &right).await;
    assert_eq!(counts(&world).await, these(&[(OTHER, 1)]));
    withdrawn(&world, &world.maria, right).await;
    assert_eq!(counts(&world).await, []);
    // The wrong file as it was, once more: its rows count again, and are those of the first.
    let again = world
        .upload(&world.maria, &csv(&[key("n1", nobody(ONE))]))
        .await;
    assert_eq!(counts(&world).await, these(&[(ONE, 1)]));
    withdrawn(&world, &world.maria, again).await;
    assert_eq!(counts(&world).await, []);
}

#[tokio::test]
async fn a_delivery_whose_keys_counted_otherwise_counts_when_it_comes_again_after_both_were_withdrawn()
 {
    let world = World::new().await;
    let (wrong, right) = (
        csv(&[key("n1", nobody(ONE))]),
        csv(&[key("n1", nobody(OTHER))]),
    );
    let first = world.upload(&world.maria, &wrong).await;
    let second = world.upload(&world.maria, &right).await;
    assert_eq!(counts(&world).await, these(&[(ONE, 1)]));
    for delivery in [first, second] {
        withdrawn(&world, &world.maria, delivery).await;
        assert_eq!(counts(&world).await, []);
    }
    tidy_at(&world.road, world.road.clock.now()).await.unwrap();
    world.upload(&world.maria, &right).await;
    assert_eq!(counts(&world).await, these(&[(OTHER, 1)]));
}

#[tokio::test]
async fn a_refused_row_that_is_mended_into_a_count_goes_with_its_delivery() {
    let world = World::new().await;
    let unsaid = with(nobody(ONE), &[(Column::Leeftijdsgroep, "")]);
    let rows = csv(&[good(EREBOS, "01-04-2000"), unsaid]);
    let delivery = world.upload(&world.maria, &rows).await;
    assert_eq!(counts(&world).await, []);
    let view = world
        .portal
        .refused_row(&world.maria, delivery, 3, None)
        .await
        .unwrap();
    let mended = MendedRow {
        number: 3,
        seen: view.line.seen,
        cells: vec![(Column::Leeftijdsgroep, "C".to_owned())],
        ..MendedRow::default()
    };
    world
        .portal
        .mend(&world.maria, delivery, vec![mended], None)
        .await
        .unwrap();
    assert_eq!(counts(&world).await, these(&[(ONE, 1)]));
    withdrawn(&world, &world.maria, delivery).await;
    assert_eq!(counts(&world).await, []);
    put_back(&world, &world.maria, delivery).await;
    assert_eq!(counts(&world).await, these(&[(ONE, 1)]));
}

#[tokio::test]
async fn what_was_counted_before_counts_went_with_their_delivery_still_counts_once() {
    let world = World::new().await;
    let rows = csv(&[nobody(ONE), good(EREBOS, "01-04-2000")]);
    let delivery = world.upload(&world.maria, &rows).await;
    // As a release before left it.
    sqlx::query("DELETE FROM counted")
        .execute(&world.test.admin)
        .await
        .unwrap();
    withdrawn(&world, &world.maria, delivery).await;
    assert_eq!(counts(&world).await, these(&[(ONE, 1)]));
    world.upload(&world.maria, &rows).await;
    assert_eq!(counts(&world).await, these(&[(ONE, 1)]));
}

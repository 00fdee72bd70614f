//! The order of deliveries of one party: a correction waits for what it may correct, and what a file says that waited never
//! undoes what a newer one said (features F59, L09).

use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, row, with};
use app::ports::parties::Parties;
use app::ports::withdrawals::{Asked, Withdrawals};
use domain::row::{Column, RowText};
use server::intake;
use server::jobs::{self, Handler, Life};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

fn keyed(key: &str, row: RowText) -> RowText {
    with(row, &[(Column::Bronsleutel, key)])
}

/// The same jab, corrected: where it was given.
fn corrected(key: &str, place: &str) -> RowText {
    let said = [(Column::Mutatie, "C"), (Column::Vaccinatieplaats, place)];
    with(keyed(key, good(EREBOS, "01-04-2000")), &said)
}

fn withdrawn(key: &str) -> RowText {
    row(&[(Column::Bronsleutel, key), (Column::Mutatie, "V")])
}

async fn receive(world: &World, name: &str, rows: &[RowText]) -> Uuid {
    let content = csv(rows);
    let received = world.receive_by_sftp(&world.maria, name, &content);
    received.await.id()
}

async fn deliver(world: &World, name: &str, rows: &[RowText]) -> Uuid {
    let id = receive(world, name, rows).await;
    world.work().await;
    id
}

/// (state, outcome) of a delivery.
async fn state(world: &World, id: Uuid) -> (String, Option<String>) {
    sqlx::query_as("SELECT state, outcome FROM deliveries WHERE id = $1")
        .bind(id)
        .fetch_one(&world.test.admin)
        .await
        .unwrap()
}

fn done(outcome: &str) -> (String, Option<String>) {
    ("done".to_owned(), Some(outcome.to_owned()))
}

/// Codes of a row, as its sender sees them.
async fn codes(world: &World, id: Uuid, number: i32) -> Vec<String> {
    let findings: serde_json::Value = sqlx::query_scalar(
        "SELECT findings FROM delivery_rows WHERE delivery_id = $1 AND row_number = $2",
    )
    .bind(id)
    .bind(number)
    .fetch_one(&world.test.admin)
    .await
    .unwrap();
    let codes = findings.as_array().unwrap().iter();
    codes
        .map(|finding| finding["code"].as_str().unwrap().to_owned())
        .collect()
}

/// (delivery, N C or V) of what holds under a key.
async fn holds(world: &World, key: &str) -> (Uuid, String) {
    sqlx::query_as(
        "SELECT delivery_id, mutation FROM reports WHERE source_key = $1 AND valid_to IS NULL",
    )
    .bind(key)
    .fetch_one(&world.test.admin)
    .await
    .unwrap()
}

async fn until(world: &World, question: &str, count: i64) {
    let begun = Instant::now();
    while world.count(question).await != count {
        assert!(begun.elapsed() < Duration::from_secs(120), "{question}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_waits_for_the_file_before_it_and_new_rows_do_not() {
    let world = World::new().await;
    let twelve = receive(&world, "12.csv", &[keyed("a", good(EREBOS, "01-04-2000"))]).await;
    let rows = [
        keyed("b", good(NAOMI, "01-04-1987")),
        // Said twice: from here on a chunk of its own.
        with(
            keyed("b", good(NAOMI, "01-04-1987")),
            &[
                (Column::Mutatie, "C"),
                (Column::Vaccinatiedatum, "28-01-2021"),
            ],
        ),
        corrected("a", "Zeist"),
        keyed("c", good(FROUKE, "24-03-2000")),
        withdrawn("c"),
    ];
    let thirteen = receive(&world, "13.csv", &rows).await;
    // Somebody works on 12 and is not ready; a second worker takes 13.
    let slow = Life::begin(&world.road.db).await.unwrap();
    let of_twelve = jobs::lease(&world.road.db, &slow).await.unwrap().unwrap();
    assert_eq!(of_twelve.subject, twelve);
    let (stopper, stop) = watch::channel(false);
    let quick = Life::begin(&world.road.db).await.unwrap();
    let road = world.road.clone();
    let working = tokio::spawn(async move { intake::work(&road, &quick, stop).await });
    let looked =
        format!("jobs WHERE subject = '{thirteen}' AND (last_error IS NOT NULL OR state = 'done')");
    until(&world, &looked, 1).await;
    assert_eq!(
        state(&world, thirteen).await,
        ("storing".to_owned(), None),
        "{:?}",
        codes(&world, thirteen, 4).await
    );
    assert_eq!(
        world.count("reports").await,
        1,
        "the new row is in, what comes after it waits"
    );
    let attempts = format!("jobs WHERE subject = '{thirteen}' AND attempts <= 1");
    assert_eq!(
        world.count(&attempts).await,
        1,
        "to wait is no attempt that failed"
    );

    let (_keep, on) = watch::channel(false);
    world.road.handle(&of_twelve, &on).await.unwrap();
    until(
        &world,
        &format!("deliveries WHERE id = '{thirteen}' AND state = 'done'"),
        1,
    )
    .await;
    stopper.send_replace(true);
    working.await.unwrap();
    assert_eq!(state(&world, thirteen).await, done("VERWERKT"));
    assert_eq!(holds(&world, "a").await, (thirteen, "C".to_owned()));
    assert_eq!(holds(&world, "c").await, (thirteen, "V".to_owned()));
    assert_eq!(
        world
            .count("vaccinations WHERE effective AND valid_to IS NULL")
            .await,
        2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_preview_with_a_correction_waits_for_what_is_on_its_way_and_not_for_a_preview() {
    let world = World::new().await;
    // Nobody may ever press "Indienen" for the first one.
    let bare = [keyed("z", good(NAOMI, "01-04-1987"))];
    let first = world
        .receive(&world.maria, "1.csv", &csv(&bare), true)
        .await
        .id();
    world.work().await;
    assert_eq!(state(&world, first).await.0, "preview");
    receive(&world, "2.csv", &[keyed("a", good(EREBOS, "01-04-2000"))]).await;
    let slow = Life::begin(&world.road.db).await.unwrap();
    let of_second = jobs::lease(&world.road.db, &slow).await.unwrap().unwrap();
    let third = world
        .receive(
            &world.maria,
            "3.csv",
            &csv(&[corrected("a", "Zeist")]),
            true,
        )
        .await
        .id();
    let (stopper, stop) = watch::channel(false);
    let quick = Life::begin(&world.road.db).await.unwrap();
    let road = world.road.clone();
    let working = tokio::spawn(async move { intake::work(&road, &quick, stop).await });
    until(
        &world,
        &format!("jobs WHERE subject = '{third}' AND (last_error IS NOT NULL OR state = 'done')"),
        1,
    )
    .await;
    let (_keep, on) = watch::channel(false);
    world.road.handle(&of_second, &on).await.unwrap();
    until(
        &world,
        &format!("deliveries WHERE id = '{third}' AND state IN ('preview', 'done')"),
        1,
    )
    .await;
    stopper.send_replace(true);
    working.await.unwrap();
    assert_eq!(codes(&world, third, 2).await, [""; 0]);
    assert_eq!(state(&world, third).await.0, "preview");
}

#[tokio::test]
async fn a_file_that_fails_again_and_again_holds_up_nobody() {
    let world = World::new().await;
    deliver(&world, "11.csv", &[keyed("a", good(EREBOS, "01-04-2000"))]).await;
    let bad = receive(&world, "12.csv", &[keyed("b", good(NAOMI, "01-04-1987"))]).await;
    sqlx::query("UPDATE jobs SET attempts = 10, last_error = 'disk: broken', run_at = now() + interval '5 minutes' WHERE subject = $1")
        .bind(bad)
        .execute(&world.test.admin)
        .await
        .unwrap();
    let thirteen = deliver(&world, "13.csv", &[corrected("a", "Zeist")]).await;
    assert_eq!(state(&world, thirteen).await, done("VERWERKT"));
    assert_eq!(state(&world, bad).await.0, "received");
}

/// Rows that match nobody park their file (rule A20).
fn parks(row: RowText) -> Vec<RowText> {
    let nobody = (1..13).map(|at| {
        let (key, day) = (format!("niemand-{at}"), format!("{at:02}-03-2021"));
        with(
            keyed(&key, good(NOBODY, "01-04-1987")),
            &[(Column::Vaccinatiedatum, &day)],
        )
    });
    nobody.chain([row]).collect()
}

async fn release(world: &World, id: Uuid) {
    assert_eq!(state(world, id).await.0, "parked");
    world
        .portal
        .settle_parked(&world.rivm, id, true, "Het klopt zo.".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(state(world, id).await.0, "done");
}

#[tokio::test]
async fn what_a_file_says_that_waited_does_not_undo_what_a_newer_one_said() {
    for (late, kind) in [(corrected("a", "Zeist"), "C"), (withdrawn("a"), "V")] {
        let world = World::new().await;
        deliver(&world, "11.csv", &[keyed("a", good(EREBOS, "01-04-2000"))]).await;
        let twelve = deliver(&world, "12.csv", &parks(late)).await;
        // What is parked holds up nobody.
        let thirteen = deliver(&world, "13.csv", &[corrected("a", "Utrecht")]).await;
        assert_eq!(state(&world, thirteen).await, done("VERWERKT"));
        release(&world, twelve).await;
        assert_eq!(
            holds(&world, "a").await,
            (thirteen, "C".to_owned()),
            "{kind}"
        );
        assert_eq!(codes(&world, twelve, 14).await, ["R07"], "{kind}");
        let waits = format!(
            "delivery_rows WHERE delivery_id = '{twelve}' AND row_number = 14 AND outcome = 'AFGEKEURD' AND state = 'open'"
        );
        assert_eq!(world.count(&waits).await, 1, "{kind}: somebody looks at it");
        // Its sender says anew what holds: that is newer, and nobody has to look any more.
        let fourteen = deliver(&world, "14.csv", &[corrected("a", "Zeist")]).await;
        assert_eq!(
            holds(&world, "a").await,
            (fourteen, "C".to_owned()),
            "{kind}"
        );
        assert_eq!(world.count(&waits).await, 0, "{kind}");
    }
}

#[tokio::test]
async fn when_the_newer_file_is_withdrawn_the_one_that_waited_counts_again() {
    let world = World::new().await;
    deliver(&world, "11.csv", &[keyed("a", good(EREBOS, "01-04-2000"))]).await;
    let twelve = deliver(&world, "12.csv", &parks(corrected("a", "Zeist"))).await;
    let thirteen = deliver(&world, "13.csv", &[corrected("a", "Utrecht")]).await;
    let asked = world
        .portal
        .withdraw_delivery(&world.maria, thirteen, "verkeerd bestand".into())
        .await
        .unwrap();
    assert_eq!(asked, Asked::Running);
    world.work().await;
    release(&world, twelve).await;
    assert_eq!(holds(&world, "a").await, (twelve, "C".to_owned()));
}

/// Works until it is stopped; a job that waits steps aside.
fn working(world: &World) -> (watch::Sender<bool>, tokio::task::JoinHandle<()>) {
    let (stopper, stop) = watch::channel(false);
    let road = world.road.clone();
    let worker = tokio::spawn(async move {
        let life = Life::begin(&road.db).await.unwrap();
        intake::work(&road, &life, stop).await;
    });
    (stopper, worker)
}

/// 12 is parked with the row that 13 corrects, after a new row of its own; the worker has seen both.
async fn corrected_while_parked(world: &World) -> (Uuid, Uuid) {
    let rows = parks(keyed("a", good(EREBOS, "01-04-2000")));
    let twelve = receive(world, "12.csv", &rows).await;
    until(
        world,
        &format!("deliveries WHERE id = '{twelve}' AND state = 'parked'"),
        1,
    )
    .await;
    let rows = [
        keyed("b", good(NAOMI, "01-04-1987")),
        // Said twice: from here on a chunk of its own.
        with(
            keyed("b", good(NAOMI, "01-04-1987")),
            &[
                (Column::Mutatie, "C"),
                (Column::Vaccinatiedatum, "28-01-2021"),
            ],
        ),
        keyed("c", good(FROUKE, "24-03-2000")),
        withdrawn("c"),
        corrected("a", "Zeist"),
    ];
    let thirteen = receive(world, "13.csv", &rows).await;
    let held = format!(
        "jobs WHERE subject = '{thirteen}' AND state = 'queued' AND last_error = 'behind a parked delivery' AND attempts = 0"
    );
    until(world, &held, 1).await;
    assert_eq!(
        state(world, thirteen).await,
        ("storing".to_owned(), None),
        "what it needs of nobody is in"
    );
    (twelve, thirteen)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_of_a_row_that_is_parked_waits_until_its_file_is_let_go() {
    let world = World::new().await;
    let (stopper, worker) = working(&world);
    let (twelve, thirteen) = corrected_while_parked(&world).await;
    // By another way nothing waits: it is no file of this source.
    let other = world
        .receive(
            &world.maria,
            "upload.csv",
            &csv(&[corrected("x", "Zeist")]),
            false,
        )
        .await
        .id();
    let ended = |id: Uuid| format!("deliveries WHERE id = '{id}' AND state = 'done'");
    until(&world, &ended(other), 1).await;
    assert_eq!(codes(&world, other, 2).await, ["R02"]);
    world
        .portal
        .settle_parked(&world.rivm, twelve, true, "Het klopt zo.".into())
        .await
        .unwrap();
    until(&world, &ended(thirteen), 1).await;
    stopper.send_replace(true);
    worker.await.unwrap();
    assert_eq!(state(&world, thirteen).await, done("VERWERKT"));
    assert_eq!(holds(&world, "a").await, (thirteen, "C".to_owned()));
    assert_eq!(holds(&world, "b").await, (thirteen, "C".to_owned()));
    assert_eq!(holds(&world, "c").await, (thirteen, "V".to_owned()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_correction_of_a_row_whose_file_is_destroyed_goes_on_and_is_refused() {
    let world = World::new().await;
    let (stopper, worker) = working(&world);
    let (twelve, thirteen) = corrected_while_parked(&world).await;
    world
        .portal
        .settle_parked(&world.rivm, twelve, false, "Verschoven.".into())
        .await
        .unwrap();
    until(
        &world,
        &format!("deliveries WHERE id = '{thirteen}' AND state = 'done'"),
        1,
    )
    .await;
    stopper.send_replace(true);
    worker.await.unwrap();
    assert_eq!(state(&world, thirteen).await, done("DEELS_VERWERKT"));
    assert_eq!(codes(&world, thirteen, 6).await, ["R02"]);
}

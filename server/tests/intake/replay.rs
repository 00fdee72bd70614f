//! One file over several doors at once is one import; the same rows in other files are the same vaccinations.

use crate::torture::Crowd;
use crate::world::{World, csv, with};
use domain::row::Column;
use futures::future::join_all;
use server::intake;
use server::intake::receive::Received;
use server::jobs::Life;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use uuid::Uuid;

const ROWS: usize = 120;
const TIMES: usize = 20;

async fn world() -> (World, Vec<u8>) {
    let (world, crowd) = (World::new().await, Crowd::new(ROWS));
    crowd.enter_brp(&world).await;
    // Whichever door is first: over SFTP a row needs a key.
    let keyed = |place| {
        let key = format!("k-{place}");
        with(crowd.good(place), &[(Column::Bronsleutel, &key)])
    };
    let rows: Vec<_> = (0..ROWS).map(keyed).collect();
    (world, csv(&rows))
}

/// Two workers at once, as `cims serve` has them, until no delivery is under way.
async fn work_at_once(world: &World) {
    let (stop, stopped) = watch::channel(false);
    let life = Life::begin(&world.road.db).await.unwrap();
    let worker = || intake::work(&world.road, &life, stopped.clone());
    let watching = async {
        let begun = Instant::now();
        while world.count("deliveries WHERE state <> 'done'").await > 0 {
            assert!(begun.elapsed() < Duration::from_secs(60), "they do not end");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        stop.send_replace(true);
    };
    tokio::join!(worker(), worker(), watching);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_file_twenty_times_at_once_is_one_import() {
    let (world, content) = world().await;
    let colleague = world
        .test
        .caller("mo", domain::role::Role::Invoerder, world.maria.party())
        .await;
    let doors = (0..TIMES).map(|time| {
        let (world, content) = (&world, &content);
        let caller = [&world.maria, &colleague][time % 2];
        async move {
            if time % 4 < 2 {
                return world.receive(caller, "portaal.csv", content, false).await;
            }
            world.receive_by_sftp(caller, "sftp.csv", content).await
        }
    });
    let received = join_all(doors).await;
    let new: Vec<Uuid> = received
        .iter()
        .filter_map(|received| match received {
            Received::New(id) => Some(*id),
            Received::Double { .. } => None,
        })
        .collect();
    let [first] = new[..] else {
        panic!("{} imports of one file", new.len())
    };
    assert_eq!(world.count("jobs").await, 1);
    work_at_once(&world).await;

    let doubles: Vec<(String, Option<Uuid>, bool)> =
        sqlx::query_as("SELECT outcome, doubles, blob_id IS NULL FROM deliveries WHERE id <> $1")
            .bind(first)
            .fetch_all(&world.test.admin)
            .await
            .unwrap();
    assert_eq!(
        doubles,
        vec![("DUBBEL".to_owned(), Some(first), true); TIMES - 1]
    );
    assert_eq!(
        world.count("vaccinations WHERE effective").await,
        ROWS as i64
    );
    assert_eq!(world.count("reports").await, ROWS as i64);
    assert_eq!(
        world
            .count("delivery_rows WHERE outcome = 'GEACCEPTEERD'")
            .await,
        ROWS as i64
    );
    assert_eq!(world.count("delivery_rows").await, ROWS as i64);
    assert_eq!(
        world
            .count("audit_lines WHERE event = 'transfer.received'")
            .await,
        TIMES as i64
    );
    let kept = std::fs::read_dir(world.test.dir.path().join("storage/blobs")).unwrap();
    assert_eq!(kept.count(), 1, "raw files");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn previews_among_them_hold_up_no_import_and_make_no_second_one() {
    let (world, content) = world().await;
    let doors = (0..TIMES).map(|time| {
        let (world, content) = (&world, &content);
        async move {
            if time % 2 == 0 {
                world
                    .receive(&world.maria, "portaal.csv", content, true)
                    .await
            } else {
                world
                    .receive_by_sftp(&world.maria, "sftp.csv", content)
                    .await
            }
        }
    });
    let received = join_all(doors).await;
    let new = |from: usize| {
        let every = received.iter().skip(from).step_by(2);
        every
            .filter(|received| matches!(received, Received::New(_)))
            .count()
    };
    assert!(new(0) <= 1, "previews");
    assert_eq!(new(1), 1, "imports");
    world.work().await;
    assert_eq!(world.count("reports").await, ROWS as i64);
    assert_eq!(
        world.count("vaccinations WHERE effective").await,
        ROWS as i64
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_rows_in_several_files_at_once_are_stored_once() {
    let (world, content) = world().await;
    const FILES: usize = 6;
    for file in 0..FILES {
        // Empty lines at the end make another file of it.
        let mut other = content.clone();
        other.extend(b"\r\n".repeat(file));
        let name = format!("{file}.csv");
        let received = world.receive(&world.maria, &name, &other, false).await;
        assert!(matches!(received, Received::New(_)));
    }
    work_at_once(&world).await;
    assert_eq!(world.count("vaccinations").await, ROWS as i64);
    assert_eq!(
        world.count("vaccinations WHERE effective").await,
        ROWS as i64
    );
    assert_eq!(world.count("reports").await, ROWS as i64);
    assert_eq!(
        world
            .count("delivery_rows WHERE outcome = 'GEACCEPTEERD'")
            .await,
        ROWS as i64
    );
    assert_eq!(
        world
            .count("delivery_rows WHERE outcome = 'DUBBEL' AND findings @> '[{\"code\": \"D03\"}]' AND vaccination_id IS NOT NULL")
            .await,
        ((FILES - 1) * ROWS) as i64
    );
}

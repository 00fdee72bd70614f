//! Raw files go when their days are over, and those of nobody after one day; what they came to stays (features F26).
//! The clock is moved, nobody waits.

use crate::world::{EREBOS, World, csv, good};
use app::ports::Deliveries;
use app::ports::deliveries::RawFile;
use server::intake::retain;
use server::intake::tidy::{Tidied, tidy, tidy_at};
use time::Duration;
use uuid::Uuid;

async fn lines(world: &World) -> i64 {
    world
        .count("audit_lines WHERE event = 'governance.retention'")
        .await
}

#[tokio::test]
async fn a_raw_file_goes_after_its_days_and_its_provenance_stays() {
    let world = World::new().await;
    let id = world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    let now = world.road.clock.now();
    assert!(matches!(
        world
            .portal
            .delivery(&world.maria, id)
            .await
            .unwrap()
            .raw_file,
        RawFile::Until(_)
    ));
    assert_eq!(
        retain::wipe(&world.road, now + Duration::days(29)).await,
        Ok(0)
    );
    assert!(world.road.blobs.holds(id));
    let before = (
        world.count("delivery_rows").await,
        world.count("reports").await,
        lines(&world).await,
    );

    let later = now + Duration::days(31);
    assert_eq!(retain::wipe(&world.road, later).await, Ok(1));
    assert_eq!(
        retain::wipe(&world.road, later).await,
        Ok(0),
        "twice is once"
    );
    assert!(!world.road.blobs.holds(id));
    assert_eq!(
        (
            world.count("delivery_rows").await,
            world.count("reports").await,
            lines(&world).await
        ),
        (before.0, before.1, before.2 + 1)
    );
    assert_eq!(
        world
            .count("deliveries WHERE file_digest IS NOT NULL AND file_name IS NOT NULL AND blob_id IS NULL")
            .await,
        1,
        "the same content is still known"
    );
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert!(matches!(view.raw_file, RawFile::Gone(_)));
}

#[tokio::test]
async fn the_number_of_days_is_configuration() {
    let mut world = World::new().await;
    world.road.blobs = world.road.blobs.clone().keeping(3);
    let id = world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    let now = world.road.clock.now();
    assert_eq!(
        retain::wipe(&world.road, now + Duration::days(2)).await,
        Ok(0)
    );
    assert_eq!(
        retain::wipe(&world.road, now + Duration::days(4)).await,
        Ok(1)
    );
    assert!(!world.road.blobs.holds(id));
}

#[tokio::test]
async fn a_file_that_is_still_needed_stays() {
    let world = World::new().await;
    // Not read yet: no worker was there.
    let id = world
        .receive(
            &world.maria,
            "a.csv",
            &csv(&[good(EREBOS, "01-04-2000")]),
            false,
        )
        .await
        .id();
    let later = world.road.clock.now() + Duration::days(31);
    assert_eq!(retain::wipe(&world.road, later).await, Ok(0));
    assert_eq!(retain::sweep(&world.road, later).await, Ok(0));
    assert!(world.road.blobs.holds(id));
    world.work().await;
    assert_eq!(retain::wipe(&world.road, later).await, Ok(1));
    assert!(!world.road.blobs.holds(id));
}

#[tokio::test]
async fn a_file_of_no_delivery_is_swept_after_a_day() {
    let world = World::new().await;
    let kept = world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    // A process died after the file was whole and before its delivery was there.
    let orphan = Uuid::now_v7();
    let mut file = world.road.blobs.create(&world.road.keys, orphan).unwrap();
    file.push(b"wees").unwrap();
    file.finish().unwrap();
    // Another one died while it wrote.
    let spool = world.test.dir.path().join("storage/spool/half.part");
    std::fs::write(&spool, b"half").unwrap();
    let now = world.road.clock.now();
    assert_eq!(
        retain::sweep(&world.road, now + Duration::hours(23)).await,
        Ok(0)
    );
    assert!(world.road.blobs.holds(orphan) && spool.exists());
    let before = lines(&world).await;
    let later = now + Duration::hours(25);
    assert_eq!(retain::sweep(&world.road, later).await, Ok(1));
    assert_eq!(retain::sweep(&world.road, later).await, Ok(0));
    assert!(!world.road.blobs.holds(orphan) && !spool.exists());
    assert!(world.road.blobs.holds(kept));
    assert_eq!(lines(&world).await, before + 1);
}

#[tokio::test]
async fn a_clock_that_was_set_forward_or_back_destroys_nothing() {
    let world = World::new().await;
    let rows = csv(&[good(EREBOS, "01-04-2000")]);
    let done = world.upload(&world.maria, &rows).await;
    let other = csv(&[good(crate::world::NAOMI, "01-04-1987")]);
    let waits = world
        .receive(&world.maria, "b.csv", &other, true)
        .await
        .id();
    world.work().await;
    let before = lines(&world).await;
    let now = world.road.clock.now();
    for step in [
        Duration::days(400),
        Duration::hours(25),
        Duration::seconds(10),
        -Duration::hours(25),
        -Duration::days(400),
    ] {
        assert_eq!(
            tidy_at(&world.road, now + step).await,
            Ok(Tidied::Clocks),
            "{step}"
        );
    }
    assert!(world.road.blobs.holds(done) && world.road.blobs.holds(waits));
    assert_eq!(world.count("deliveries WHERE state = 'preview'").await, 1);
    assert_eq!(lines(&world).await, before);
    // Time that passed is another matter.
    let sql = "UPDATE deliveries SET received_at = received_at - interval '31 days', preview_since = preview_since - interval '31 days'";
    sqlx::query(sql).execute(&world.test.admin).await.unwrap();
    assert_eq!(tidy(&world.road).await, Ok(Tidied::Done));
    assert!(!world.road.blobs.holds(done) && !world.road.blobs.holds(waits));
    assert_eq!(world.count("deliveries WHERE state = 'preview'").await, 0);
}

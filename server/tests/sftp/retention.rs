//! Answers lie in `uit/` as many days as a raw file is kept (security G4); what was received and decided stays.

use crate::doctor::wrong;
use crate::house::{House, Raw, next, rows};
use crate::tree::names;
use domain::delivery::dropbox::Proof;
use russh_sftp::protocol::{Packet, Remove, StatusCode};
use server::intake::retain;
use server::intake::tidy::{Tidied, tidy};
use time::Duration;
use uuid::Uuid;

/// Delivers a file and waits for its answers; their keys.
async fn delivered(house: &House, raw: &mut Raw, file: &str) -> Vec<Uuid> {
    raw.put("x.part", &rows(file)).await;
    raw.rename("x.part", file).await;
    assert_eq!(house.answered(file).await, "VERWERKT");
    house.until("jobs WHERE state <> 'done'", 0).await;
    sqlx::query_scalar("SELECT id FROM answer_files")
        .fetch_all(&house.world.test.admin)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_goes_after_its_days_seen_or_out_of_sight() {
    let house = House::open().await;
    house.keyed("dagen", Proof::Rename, 1).await;
    let mut raw = house.raw("dagen", 1).await;
    let file = "CIMS_ZONNEHOF_dagen_20210301_1.csv";
    let answers = delivered(&house, &mut raw, file).await;
    let remove = Packet::Remove(Remove {
        id: next(),
        filename: format!("/uit/{file}.resultaat.csv"),
    });
    assert_eq!(raw.status(remove).await.0, StatusCode::Ok);
    let road = &house.world.road;
    let held = || answers.iter().filter(|id| road.blobs.holds(**id)).count();
    let lines = "audit_lines WHERE event = 'governance.retention'";
    let (now, before) = (road.clock.now(), house.world.count(lines).await);

    assert_eq!(
        retain::wipe_answers(road, now + Duration::days(29)).await,
        Ok(0)
    );
    assert_eq!((answers.len(), held()), (3, 3));
    let later = now + Duration::days(31);
    assert_eq!(retain::wipe_answers(road, later).await, Ok(3));
    assert_eq!(
        retain::wipe_answers(road, later).await,
        Ok(0),
        "twice is once"
    );
    assert_eq!(held(), 0);
    assert!(names(&mut raw, "/uit").await.is_empty());
    assert_eq!(house.world.count(lines).await, before + 3);
    assert_eq!(
        house.world.count("reports").await,
        2,
        "what it came to stays"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_whose_days_are_over_is_none_that_is_missing() {
    let mut house = House::open().await;
    house.keyed("dagen", Proof::Rename, 1).await;
    let mut raw = house.raw("dagen", 1).await;
    let old = delivered(&house, &mut raw, "CIMS_ZONNEHOF_dagen_20210301_1.csv").await;
    drop(raw);
    house.close().await;
    // A month goes by.
    for sql in [
        "UPDATE deliveries SET received_at = received_at - interval '31 days', finished_at = finished_at - interval '31 days'",
        "UPDATE answer_files SET created_at = created_at - interval '31 days'",
    ] {
        sqlx::query(sql)
            .execute(&house.world.test.admin)
            .await
            .unwrap();
    }
    assert_eq!(wrong(&house).await, []);
    assert_eq!(tidy(&house.world.road).await, Ok(Tidied::Done));
    assert_eq!(house.world.count("answer_files").await, 0);
    assert!(old.iter().all(|id| !house.world.road.blobs.holds(*id)));
    assert_eq!(wrong(&house).await, []);
}

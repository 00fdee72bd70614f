//! Until its connection is approved an installation delivers to `test/`, gets its answers, and nothing counts.

use crate::house::{House, rows};
use crate::world::conforming;
use domain::delivery::dropbox::Proof;
use russh_sftp::protocol::StatusCode;

async fn connection(house: &House, state: Option<&str>) {
    let (sql, state) = match state {
        None => (
            "DELETE FROM connections WHERE channel = 'sftp' AND $1 = ''",
            "",
        ),
        Some(state) => (
            "UPDATE connections SET state = $1 WHERE channel = 'sftp'",
            state,
        ),
    };
    sqlx::query(sql)
        .bind(state)
        .execute(&house.world.test.admin)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_test_there_is_a_folder_for_tests_with_the_same_answers_and_nothing_counts() {
    let house = House::open().await;
    house.keyed("proef", Proof::Rename, 1).await;
    let rows: Vec<(String, String)> =
        sqlx::query_as("SELECT party_id::text, id::text FROM connections WHERE channel = 'sftp'")
            .fetch_all(&house.world.test.admin)
            .await
            .unwrap();
    assert!(!rows.is_empty(), "they are approved to begin with");
    connection(&house, None).await;

    let mut raw = house.raw("proef", 1).await;
    let file = "CIMS_ZONNEHOF_proef_20210301_1.csv";
    let (code, _) = raw.create(&format!("/in/{file}.part")).await.unwrap_err();
    assert_eq!(code, StatusCode::NoSuchFile, "there is no folder in");
    raw.put(&format!("/test/{file}.part"), &conforming()).await;
    let (code, text) = raw
        .rename(&format!("/test/{file}.part"), &format!("/test/{file}"))
        .await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    assert_eq!(house.answered(file).await, "VERWERKT");
    for kind in ["ontvangst.json", "resultaat.csv", "resultaat.json"] {
        let answer = format!("answer_files WHERE name = '{file}.{kind}'");
        assert_eq!(house.world.count(&answer).await, 1, "{kind}");
    }
    assert_eq!(house.world.count("vaccinations").await, 0);
    assert_eq!(house.world.count("trials WHERE conforms").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_approved_or_suspended_has_no_folder_for_tests() {
    let house = House::open().await;
    house.keyed("echt", Proof::Rename, 2).await;
    for state in ["approved", "suspended"] {
        connection(&house, Some(state)).await;
        let mut raw = house.raw("echt", 2).await;
        let (code, _) = raw.create("/test/x.csv.part").await.unwrap_err();
        assert_eq!(code, StatusCode::NoSuchFile, "{state}");
        assert!(raw.create("/in/x.csv.part").await.is_ok(), "{state}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_left_in_the_test_folder_does_not_count_after_the_approval() {
    let house = House::open().await;
    house.keyed("later", Proof::Rename, 3).await;
    let all: String = sqlx::query_scalar(
        "SELECT jsonb_agg(to_jsonb(c))::text FROM connections c WHERE channel = 'sftp'",
    )
    .fetch_one(&house.world.test.admin)
    .await
    .unwrap();
    connection(&house, None).await;
    let file = "CIMS_ZONNEHOF_later_20210301_1.csv";
    let mut raw = house.raw("later", 3).await;
    raw.put(&format!("/test/{file}.part"), &conforming()).await;
    sqlx::query("INSERT INTO connections SELECT * FROM jsonb_populate_recordset(NULL::connections, $1::jsonb)")
        .bind(&all)
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    // Approved: the folder is another one, and what lies in the first is not there.
    let mut raw = house.raw("later", 3).await;
    let (code, _) = raw
        .rename(&format!("/in/{file}.part"), &format!("/in/{file}"))
        .await;
    assert_eq!(code, StatusCode::NoSuchFile);
    raw.put(&format!("/in/{file}.part"), &conforming()).await;
    let (code, text) = raw
        .rename(&format!("/in/{file}.part"), &format!("/in/{file}"))
        .await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    assert_eq!(house.answered(file).await, "VERWERKT");
    assert!(house.world.count("vaccinations").await > 0);
    assert_eq!(house.world.count("trials").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_file_that_is_refused_at_the_door_is_kept_no_more_than_any_and_is_the_newest() {
    let house = House::open().await;
    house.keyed("proef", Proof::Control, 4).await;
    connection(&house, None).await;
    let mut raw = house.raw("proef", 4).await;
    let conforms = async || -> bool {
        let newest = "SELECT conforms FROM trials ORDER BY finished_at DESC LIMIT 1";
        let found = sqlx::query_scalar(newest).fetch_one(&house.world.test.admin);
        found.await.unwrap()
    };
    // A good one first; then a name that does not fit, and a promise that is not kept.
    for (file, promise, good) in [
        ("CIMS_ZONNEHOF_proef_20210301_1.csv", "regels=10", true),
        ("personen.csv", "regels=10", false),
        ("CIMS_ZONNEHOF_proef_20210301_2.csv", "sha256=00", false),
    ] {
        let control = format!("/test/{file}.ctl");
        raw.put(&control, promise.as_bytes()).await;
        raw.put(&format!("/test/{file}"), &conforming()).await;
        let outcome = house.answered(file).await;
        assert_eq!(
            outcome,
            if good { "VERWERKT" } else { "GEWEIGERD" },
            "{file}"
        );
        assert_eq!(conforms().await, good, "{file}");
        let (id, kept): (uuid::Uuid, bool) =
            sqlx::query_as("SELECT id, blob_id IS NOT NULL FROM deliveries WHERE file_name = $1")
                .bind(file)
                .fetch_one(&house.world.test.admin)
                .await
                .unwrap();
        assert!(!kept && !house.world.road.blobs.holds(id), "{file}");
    }
    assert_eq!(house.world.count("trials").await, 3);
    assert_eq!(
        house.world.count("delivery_rows").await,
        10,
        "of the good one"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_end_or_a_refusal_what_comes_is_set_aside_and_not_read_until_it_is_asked_for() {
    let house = House::open().await;
    house.keyed("voorbij", Proof::Rename, 5).await;
    for (number, state) in [(1, "ended"), (2, "refused")] {
        connection(&house, Some(state)).await;
        let mut raw = house.raw("voorbij", 5).await;
        let (code, _) = raw.create("/test/x.csv.part").await.unwrap_err();
        assert_eq!(code, StatusCode::NoSuchFile, "{state}");
        let file = format!("CIMS_ZONNEHOF_voorbij_20210301_{number}.csv");
        raw.put("/in/x.part", &rows(&file)).await;
        let (code, text) = raw.rename("/in/x.part", &format!("/in/{file}")).await;
        assert_eq!(code, StatusCode::Ok, "{text}");
        let parked = "deliveries WHERE state = 'parked' AND parked_reason = 'approval' AND blob_id IS NOT NULL";
        house.until(parked, number).await;
    }
    assert_eq!(house.world.count("delivery_rows").await, 0);
    assert_eq!(house.world.count("trials").await, 0);
    // Asked for again it is tried again.
    sqlx::query("INSERT INTO connections (id, party_id, channel) SELECT gen_random_uuid(), party_id, channel FROM connections WHERE channel = 'sftp'")
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    let mut raw = house.raw("voorbij", 5).await;
    assert!(raw.create("/test/x.csv.part").await.is_ok());
}

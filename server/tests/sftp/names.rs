//! What answers in `uit/` are called, and that each of them can be had.

use crate::brp::fetch;
use crate::house::{House, Raw, next, rows, rows_of};
use crate::tree::names;
use crate::world::{EREBOS, NAOMI};
use domain::delivery::dropbox::Proof;
use russh_sftp::protocol::{Packet, Remove, StatusCode};
use uuid::Uuid;

/// Delivers a file under a name that may have been used before, and waits until so many are answered.
async fn deliver(house: &House, raw: &mut Raw, file: &str, content: &[u8], so_many: i64) {
    raw.put("x.part", content).await;
    let (code, text) = raw.rename("x.part", file).await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    house
        .until("deliveries WHERE state = 'done'", so_many)
        .await;
    house
        .until("jobs WHERE kind = 'answer' AND state <> 'done'", 0)
        .await;
}

/// The newest delivery.
async fn newest(house: &House) -> Uuid {
    sqlx::query_scalar("SELECT id FROM deliveries ORDER BY seq DESC LIMIT 1")
        .fetch_one(&house.world.test.admin)
        .await
        .unwrap()
}

/// A result of `uit/`.
async fn result(raw: &mut Raw, name: &str) -> serde_json::Value {
    let text = fetch(raw, &format!("/uit/{name}.resultaat.json")).await;
    serde_json::from_str(&text).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_file_once_more_hides_no_result_that_nobody_fetched() {
    let house = House::open().await;
    house.keyed("weer", Proof::Rename, 1).await;
    let mut raw = house.raw("weer", 1).await;
    let file = "CIMS_ZONNEHOF_weer_20210301_1.csv";
    let content = rows_of(&[
        (EREBOS, "01-04-2000", "goed"),
        ("999999245", "01-04-1987", "fout"),
    ]);
    deliver(&house, &mut raw, file, &content, 1).await;
    deliver(&house, &mut raw, file, &content, 2).await;
    let second = newest(&house).await;
    let double = result(&mut raw, &format!("{file}.{second}")).await;
    assert_eq!(double["uitkomst"], "DUBBEL");
    let first = fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(first.contains(";AFGEKEURD;"), "{first}");

    // Now its sender has it.
    deliver(&house, &mut raw, file, &content, 3).await;
    let third = newest(&house).await;
    let double = result(&mut raw, file).await;
    assert_eq!(
        (&double["uitkomst"], &double["aanlevering"]),
        (&"DUBBEL".into(), &third.to_string().into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_on_an_older_file_that_is_made_anew_hides_none_of_a_newer_one() {
    let house = House::open().await;
    house.keyed("ouder", Proof::Rename, 1).await;
    let mut raw = house.raw("ouder", 1).await;
    let file = "CIMS_ZONNEHOF_ouder_20210301_1.csv";
    deliver(&house, &mut raw, file, &rows("een"), 1).await;
    let older = newest(&house).await;
    deliver(&house, &mut raw, file, &rows("twee"), 2).await;
    let newer = newest(&house).await;
    assert_eq!(
        result(&mut raw, file).await["aanlevering"],
        newer.to_string()
    );

    let again = "UPDATE jobs SET state = 'queued', finished_at = NULL, run_at = now() WHERE kind = 'answer' AND subject = $1";
    sqlx::query(again)
        .bind(older)
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    house
        .until(
            "jobs WHERE kind = 'answer' AND state = 'done' AND attempts = 2",
            1,
        )
        .await;
    assert_eq!(
        result(&mut raw, file).await["aanlevering"],
        newer.to_string()
    );
    let anew = result(&mut raw, &format!("{file}.{older}")).await;
    assert_eq!(anew["aanlevering"], older.to_string());
    // The newest takes the name of all that are older.
    deliver(
        &house,
        &mut raw,
        file,
        &rows_of(&[(NAOMI, "01-04-1987", "drie")]),
        3,
    )
    .await;
    let newest = newest(&house).await;
    assert_eq!(
        result(&mut raw, file).await["aanlevering"],
        newest.to_string()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_that_is_listed_can_be_fetched_and_removed() {
    let house = House::open().await;
    house.keyed("lang", Proof::Rename, 1).await;
    let mut raw = house.raw("lang", 1).await;
    let long = format!("{}.csv", "a".repeat(124));
    for file in [long.as_str(), "9999.90.019.csv"] {
        raw.put("x.part", &rows(file)).await;
        let (code, text) = raw.rename("x.part", file).await;
        assert_eq!(code, StatusCode::Ok, "{text}");
    }
    house.until("answer_files", 6).await;
    let listed = names(&mut raw, "/uit").await;
    assert_eq!(listed.len(), 6, "{listed:?}");
    assert!(listed.contains(&format!("{long}.resultaat.json")));
    assert!(listed.contains(&"***********.csv.resultaat.json".to_owned()));
    for name in listed {
        let filename = format!("/uit/{name}");
        assert!(!raw.fetch(&filename).await.is_empty(), "{name}");
        let remove = Packet::Remove(Remove {
            id: next(),
            filename,
        });
        assert_eq!(raw.status(remove).await.0, StatusCode::Ok, "{name}");
    }
    assert!(names(&mut raw, "/uit").await.is_empty());
}

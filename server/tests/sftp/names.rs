//! What answers in `uit/` are called, and that each of them can be had.

use crate::brp::fetch;
use crate::house::{House, Raw, next, rows, rows_of};
use crate::tree::names;
use crate::world::{EREBOS, NAOMI};
use domain::delivery::dropbox::Proof;
use russh_sftp::protocol::{OpenFlags, Packet, Read, Remove, StatusCode};
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
async fn an_answer_that_nobody_fetched_is_still_there_after_a_newer_one_of_its_name() {
    let house = House::open().await;
    house.keyed("blijft", Proof::Rename, 1).await;
    let mut raw = house.raw("blijft", 1).await;
    let file = "CIMS_ZONNEHOF_blijft_20210301_1.csv";
    deliver(&house, &mut raw, file, &rows("goed"), 1).await;
    let first = newest(&house).await;
    // The same name again, and every row is refused.
    let refused = rows_of(&[("999999245", "01-04-1987", "fout")]);
    deliver(&house, &mut raw, file, &refused, 2).await;
    let second = newest(&house).await;
    let endings = ["ontvangst.json", "resultaat.csv", "resultaat.json"];
    let mut all: Vec<String> = endings
        .iter()
        .flat_map(|end| [format!("{file}.{end}"), format!("{file}.{first}.{end}")])
        .collect();
    all.sort();
    let mut listed = names(&mut raw, "/uit").await;
    listed.sort();
    assert_eq!(listed, all, "none is lost");
    // The newest has the name.
    let refused = result(&mut raw, file).await;
    assert_eq!(
        (&refused["uitkomst"], &refused["aanlevering"]),
        (&"GEWEIGERD".into(), &second.to_string().into())
    );
    let taken = result(&mut raw, &format!("{file}.{first}")).await;
    assert_eq!(
        (&taken["uitkomst"], &taken["aanlevering"]),
        (&"VERWERKT".into(), &first.to_string().into())
    );
    // What its sender has makes place as before.
    deliver(&house, &mut raw, file, &rows("nieuw"), 3).await;
    let listed = names(&mut raw, "/uit").await;
    assert!(
        !listed.contains(&format!("{file}.{second}.resultaat.json")),
        "{listed:?}"
    );
    assert!(
        listed.contains(&format!("{file}.{second}.resultaat.csv")),
        "{listed:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_of_which_the_link_broke_halfway_is_one_that_nobody_fetched() {
    let house = House::open().await;
    house.keyed("half", Proof::Rename, 1).await;
    let mut raw = house.raw("half", 1).await;
    let file = "CIMS_ZONNEHOF_half_20210301_1.csv";
    let content = rows_of(&[
        (EREBOS, "01-04-2000", "goed"),
        ("999999245", "01-04-1987", "fout"),
    ]);
    deliver(&house, &mut raw, file, &content, 1).await;
    let answer = format!("/uit/{file}.resultaat.csv");
    let has_it = "answer_files WHERE kind = 'resultaat-csv' AND fetched_at IS NOT NULL";
    let handle = raw.open(&answer, OpenFlags::READ).await.unwrap();
    let some = raw
        .ask(Packet::Read(Read {
            id: next(),
            handle: handle.clone(),
            offset: 0,
            len: 10,
        }))
        .await;
    assert!(matches!(some, Some(Packet::Data(_))), "{some:?}");
    assert_eq!(raw.close(&handle).await.0, StatusCode::Ok);
    raw.open(&answer, OpenFlags::READ).await.unwrap();
    drop(raw);
    assert_eq!(house.world.count(has_it).await, 0);

    let mut raw = house.raw("half", 1).await;
    deliver(&house, &mut raw, file, &content, 2).await;
    let first = fetch(&mut raw, &answer).await;
    assert!(first.contains(";AFGEKEURD;"), "{first}");
    assert_eq!(
        house.world.count(has_it).await,
        1,
        "now it was read to its end"
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

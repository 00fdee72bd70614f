//! A file counts when its sender has proved that it is whole, in the way of the account, and not before (§8).

use crate::brp::fetch;
use crate::clamd::{Clamd, VIRUS};
use crate::house::{House, rows, sha256};
use crate::world::World;
use domain::delivery::dropbox::Proof;
use russh_sftp::protocol::StatusCode;
use server::commands::sftp::{End, end};
use server::config;
use std::io::Read as _;
use std::time::Duration;
use uuid::Uuid;

async fn findings(house: &House, file: &str) -> String {
    sqlx::query_scalar(
        "SELECT findings::text FROM deliveries WHERE file_name = $1 ORDER BY seq DESC LIMIT 1",
    )
    .bind(file)
    .fetch_one(&house.world.test.admin)
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_rename_a_file_counts_when_it_gets_its_real_name() {
    let house = House::open().await;
    house.keyed("hernoem", Proof::Rename, 1).await;
    let mut raw = house.raw("hernoem", 1).await;
    for (ending, sequence) in [(".part", 1), (".tmp", 2), (".filepart", 3)] {
        let file = format!("CIMS_ZONNEHOF_hernoem_20210301_{sequence}.csv");
        raw.put(&format!("{file}{ending}"), &rows(&file)).await;
        assert_eq!(house.world.count("deliveries").await, sequence - 1);
        let (code, text) = raw.rename(&format!("{file}{ending}"), &file).await;
        assert_eq!(code, StatusCode::Ok, "{text}");
        // Before the answer to RENAME it was a delivery.
        assert_eq!(house.world.count("deliveries").await, sequence);
        assert_eq!(house.answered(&file).await, "VERWERKT");
        // The same jabs in another file: every row is known.
        let (new, known) = if sequence == 1 { (2, 0) } else { (0, 2) };
        let so = format!(
            "deliveries WHERE file_name = '{file}' AND geaccepteerd = {new} AND dubbel = {known}"
        );
        assert_eq!(house.world.count(&so).await, 1, "{file}");
    }
    // Under its real name at once: nobody proved anything.
    raw.put("CIMS_ZONNEHOF_hernoem_20210301_4.csv", &rows("vier"))
        .await;
    // From one real name to another is no proof either.
    let (code, _) = raw
        .rename(
            "CIMS_ZONNEHOF_hernoem_20210301_4.csv",
            "CIMS_ZONNEHOF_hernoem_20210301_5.csv",
        )
        .await;
    assert_eq!(code, StatusCode::Ok);
    assert_eq!(house.world.count("deliveries").await, 3);
    assert_eq!(house.world.count("vaccinations WHERE effective").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_control_file_a_file_counts_when_it_is_what_was_promised() {
    let house = House::open().await;
    house.keyed("controle", Proof::Control, 2).await;
    let mut raw = house.raw("controle", 2).await;
    let whole = |sequence: usize| rows(&format!("controle-{sequence}"));
    let unended = |sequence| whole(sequence).strip_suffix(b"\r\n").unwrap().to_vec();
    let both = format!("regels=2\nsha256={}\n", sha256(&whole(0)));
    // (what lies there, what is promised, outcome)
    let cases = [
        (whole(0), both, "VERWERKT"),
        (whole(1), "regels=3".to_owned(), "GEWEIGERD"),
        (whole(2), format!("sha256={}", sha256(b"else")), "GEWEIGERD"),
        (whole(3), "aantal=2".to_owned(), "GEWEIGERD"),
        // Cut off in its last row, which still is a row: the count alone would not see it.
        (unended(4), "regels=2".to_owned(), "GEWEIGERD"),
        (
            unended(5),
            format!("sha256={}", sha256(&unended(5))),
            "VERWERKT",
        ),
        (whole(0), "regels=2".to_owned(), "DUBBEL"),
    ];
    for (sequence, (content, control, outcome)) in cases.iter().enumerate() {
        let stem = format!("CIMS_ZONNEHOF_controle_20210301_{sequence}");
        let file = format!("{stem}.csv");
        let control_name = if sequence % 2 == 0 {
            format!("{file}.ctl")
        } else {
            format!("{stem}.ctl")
        };
        let received = house.world.count("deliveries").await;
        if sequence % 3 == 0 {
            raw.put(&control_name, control.as_bytes()).await;
            assert_eq!(house.world.count("deliveries").await, received);
            raw.put(&file, content).await;
        } else {
            raw.put(&file, content).await;
            assert_eq!(house.world.count("deliveries").await, received);
            raw.put(&control_name, control.as_bytes()).await;
        }
        assert_eq!(&house.answered(&file).await, outcome, "{control}");
        if *outcome == "GEWEIGERD" {
            assert!(findings(&house, &file).await.contains("A14"), "{control}");
        }
    }
    // Under a temporary name it is not there yet, whatever lies beside it.
    let file = "CIMS_ZONNEHOF_controle_20210301_9.csv";
    raw.put(&format!("{file}.part"), &whole(9)).await;
    raw.put(&format!("{file}.ctl"), b"regels=2").await;
    let before = house.world.count("deliveries").await;
    raw.rename(&format!("{file}.part"), file).await;
    assert_eq!(house.world.count("deliveries").await, before + 1);
    assert_eq!(house.answered(file).await, "VERWERKT");
    // Everything was used up.
    assert_eq!(
        house
            .world
            .count("sftp_uploads WHERE state IN ('open', 'closed')")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn by_trailer_a_file_counts_when_its_last_line_says_so() {
    let house = House::open().await;
    house.keyed("staart", Proof::Trailer, 3).await;
    let mut raw = house.raw("staart", 3).await;
    let with = |line: &str| [rows("staart"), line.as_bytes().to_vec()].concat();
    let file = |sequence: u32| format!("CIMS_ZONNEHOF_staart_20210301_{sequence}.csv");

    raw.put(&file(1), &rows("staart")).await;
    raw.put(&file(2), &with("#EIND")).await;
    assert_eq!(house.world.count("deliveries").await, 0);

    raw.put(&file(3), &with("#EINDE;3\r\n")).await;
    assert_eq!(house.answered(&file(3)).await, "GEWEIGERD");
    assert!(findings(&house, &file(3)).await.contains("A14"));

    raw.put(&file(4), &with("#EINDE;2\r\n")).await;
    assert_eq!(house.answered(&file(4)).await, "VERWERKT");
    assert_eq!(house.world.count("vaccinations WHERE effective").await, 2);

    // Under a temporary name it waits for the real one.
    let other = [rows("anders"), b"#EINDE;2".to_vec()].concat();
    raw.put(&format!("{}.part", file(5)), &other).await;
    assert_eq!(house.world.count("deliveries").await, 2);
    raw.rename(&format!("{}.part", file(5)), &file(5)).await;
    assert_eq!(house.world.count("deliveries").await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_proof_a_file_counts_after_a_quiet_time_and_an_ended_line() {
    let house = House::with(config::Sftp {
        quiet_seconds: 1,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("stil", Proof::Quiet, 4).await;
    let mut raw = house.raw("stil", 4).await;
    let content = rows("stil");
    let unended = content.strip_suffix(b"\r\n").unwrap();
    raw.put("CIMS_ZONNEHOF_stil_20210301_1.csv", unended).await;
    raw.put("CIMS_ZONNEHOF_stil_20210301_2.csv.part", &content)
        .await;
    raw.put("CIMS_ZONNEHOF_stil_20210301_3.csv", &content).await;
    let outcome = house.answered("CIMS_ZONNEHOF_stil_20210301_3.csv").await;
    assert_eq!(outcome, "VERWERKT");
    let early = "deliveries d JOIN sftp_uploads u ON u.id = d.id WHERE d.received_at < u.closed_at + interval '1 second'";
    assert_eq!(house.world.count(early).await, 0, "not before it was quiet");
    let known = "deliveries d JOIN sftp_uploads u ON u.id = d.id";
    assert_eq!(house.world.count(known).await, 1);
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(house.world.count("deliveries").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_another_name_is_refused_and_told() {
    let house = House::open().await;
    house.keyed("naam", Proof::Rename, 5).await;
    let mut raw = house.raw("naam", 5).await;
    for name in [
        "CIMS_DUINZICHT_naam_20210301_1.csv",
        "CIMS_ZONNEHOF_ander_20210301_1.csv",
        "vaccinaties.csv",
    ] {
        raw.put("x.part", &rows("naam")).await;
        assert_eq!(raw.rename("x.part", name).await.0, StatusCode::Ok);
        assert_eq!(house.answered(name).await, "GEWEIGERD");
        assert!(findings(&house, name).await.contains("A13"));
    }
    // A refusal does not make the same content a double.
    let right = "CIMS_ZONNEHOF_naam_20210301_1.csv";
    raw.put("x.part", &rows("naam")).await;
    raw.rename("x.part", right).await;
    assert_eq!(house.answered(right).await, "VERWERKT");
    let number: (Option<i32>, Option<String>) =
        sqlx::query_as("SELECT file_sequence, file_day::text FROM deliveries WHERE file_name = $1")
            .bind(right)
            .fetch_one(&house.world.test.admin)
            .await
            .unwrap();
    assert_eq!(number, (Some(1), Some("2021-03-01".to_owned())));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_proved_in_a_day_goes_and_is_written_down() {
    let mut house = House::with(config::Sftp {
        quiet_seconds: 1,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("vergeten", Proof::Rename, 6).await;
    let mut raw = house.raw("vergeten", 6).await;
    raw.put(
        "CIMS_ZONNEHOF_vergeten_20210301_1.csv.part",
        &rows("vergeten"),
    )
    .await;
    sqlx::query("UPDATE sftp_uploads SET closed_at = now() - interval '25 hours'")
        .execute(&house.world.road.db.worker)
        .await
        .unwrap();
    house
        .until("sftp_uploads WHERE state = 'void' AND why = 'no-proof'", 1)
        .await;
    assert_eq!(
        house
            .world
            .count("audit_lines WHERE line LIKE '%transfer.aborted%no-proof%'")
            .await,
        1
    );
    assert_eq!(house.world.count("deliveries").await, 0);
    // Written down and answered first, then it goes.
    let answers = "answer_files WHERE name LIKE '%.csv.part.resultaat.%' AND hidden_at IS NULL";
    assert_eq!(house.world.count(answers).await, 2);
    let id: Uuid = sqlx::query_scalar("SELECT id FROM sftp_uploads")
        .fetch_one(&house.world.test.admin)
        .await
        .unwrap();
    let begun = std::time::Instant::now();
    while house.world.road.blobs.holds(id) {
        assert!(begun.elapsed() < Duration::from_secs(30), "it stays");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    house.close().await;
}

/// What lies there unproved has lain there for a day.
async fn a_day_later(house: &House) {
    sqlx::query(
        "UPDATE sftp_uploads SET closed_at = now() - interval '25 hours' WHERE state = 'closed'",
    )
    .execute(&house.world.road.db.worker)
    .await
    .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_forgets_the_proof_is_answered_a_day_later_and_delivers_anew() {
    let house = House::with(config::Sftp {
        quiet_seconds: 1,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("meteen", Proof::Rename, 6).await;
    let mut raw = house.raw("meteen", 6).await;
    let file = "CIMS_ZONNEHOF_meteen_20210301_1.csv";
    raw.put(file, &rows("meteen")).await;
    a_day_later(&house).await;
    let answers = "answer_files WHERE upload_id IS NOT NULL";
    house.until(answers, 2).await;
    let text = fetch(&mut raw, &format!("/uit/{file}.resultaat.json")).await;
    let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&answer["bestand"], &answer["uitkomst"]),
        (&file.into(), &"GEWEIGERD".into())
    );
    let said = &answer["bevindingen"][0];
    assert_eq!(
        (&said["code"], &said["severity"]),
        (&"A14".into(), &"fout".into())
    );
    let message = said["message"].as_str().unwrap();
    assert!(message.contains("24 uur"), "{message}");
    assert_eq!(house.world.count("deliveries").await, 0);

    // Once more, with its proof; nobody fetched the table that says what was wrong.
    raw.put("x.part", &rows("meteen")).await;
    assert_eq!(raw.rename("x.part", file).await.0, StatusCode::Ok);
    let here = format!(
        "answer_files WHERE name = '{file}.resultaat.csv' AND hidden_at IS NULL AND delivery_id IS NOT NULL"
    );
    house.until(&here, 1).await;
    let table = fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(table.contains(";GEACCEPTEERD;"), "{table}");

    // And once without, under the same name: what the sender did not fetch stays, this answer is called after its upload.
    sqlx::query("UPDATE answer_files SET fetched_at = NULL")
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    raw.put(file, &rows("meteen")).await;
    a_day_later(&house).await;
    house.until(answers, 4).await;
    assert_eq!(house.world.count(&here).await, 1);
    let table = fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(table.contains(";GEACCEPTEERD;"), "{table}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_on_its_way_when_an_account_ends_is_not_delivered() {
    let house = House::with(config::Sftp {
        quiet_seconds: 4,
        ..config::Sftp::default()
    })
    .await;
    for (name, proof, seed) in [
        ("open", Proof::Trailer, 7),
        ("ligt", Proof::Quiet, 8),
        ("blijft", Proof::Quiet, 9),
    ] {
        house.keyed(name, proof, seed).await;
    }
    let file = |name: &str| format!("CIMS_ZONNEHOF_{name}_20210301_1.csv");
    let mut open = house.raw("open", 7).await;
    let handle = open.create(&file("open")).await.unwrap();
    let content = [rows("open"), b"#EINDE;2\r\n".to_vec()].concat();
    let (code, text) = open.write(&handle, 0, &content).await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    let mut lies = house.raw("ligt", 8).await;
    lies.put(&file("ligt"), &rows("ligt")).await;
    for name in ["open", "ligt"] {
        let args = End {
            name: name.to_owned(),
            by: "test".to_owned(),
        };
        end(&house.world.road.db, &args).await.unwrap();
    }
    let over = (
        StatusCode::PermissionDenied,
        "dit account is beëindigd".to_owned(),
    );
    assert_eq!(open.close(&handle).await, over);
    // Who came after it is taken; then its own quiet time is over too.
    let mut stays = house.raw("blijft", 9).await;
    stays.put(&file("blijft"), &rows("blijft")).await;
    assert_eq!(house.answered(&file("blijft")).await, "VERWERKT");
    assert_eq!(house.world.count("deliveries").await, 1);
    // It goes as what nobody proved.
    sqlx::query(
        "UPDATE sftp_uploads SET closed_at = now() - interval '25 hours' WHERE state = 'closed'",
    )
    .execute(&house.world.road.db.worker)
    .await
    .unwrap();
    house
        .until("sftp_uploads WHERE state = 'void' AND why = 'no-proof'", 2)
        .await;
    assert_eq!(house.world.count("deliveries").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_with_a_virus_is_answered_as_every_refused_one() {
    let clamd = Clamd::taking("25M");
    let mut world = World::new().await;
    world.road.scanner = Some(clamd.by_socket());
    let house = House::on(world, config::Sftp::default()).await;
    house.keyed("hernoem", Proof::Rename, 1).await;
    let mut raw = house.raw("hernoem", 1).await;
    for (sequence, outcome) in [(1, "GEWEIGERD"), (2, "VERWERKT")] {
        let file = format!("CIMS_ZONNEHOF_hernoem_20210301_{sequence}.csv");
        let mut content = rows(&file);
        if sequence == 1 {
            content.extend_from_slice(VIRUS.as_bytes());
        }
        raw.put(&format!("{file}.part"), &content).await;
        raw.rename(&format!("{file}.part"), &file).await;
        assert_eq!(house.answered(&file).await, outcome);
        let found = findings(&house, &file).await;
        assert_eq!(found.contains("A21"), sequence == 1, "{found}");
        let blobs = format!("deliveries WHERE file_name = '{file}' AND blob_id IS NOT NULL");
        assert_eq!(house.world.count(&blobs).await, i64::from(sequence == 2));
    }
    let answer = "SELECT id FROM answer_files WHERE name = 'CIMS_ZONNEHOF_hernoem_20210301_1.csv.resultaat.json'";
    let id = sqlx::query_scalar(answer)
        .fetch_one(&house.world.test.admin)
        .await
        .unwrap();
    let road = &house.world.road;
    let mut answer = String::new();
    let mut file = road.blobs.read(&road.keys, id).unwrap();
    file.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("A21"), "{answer}");
}

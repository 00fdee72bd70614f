//! The set of the BRP comes by the drop box (features F90).

use crate::house::{House, Raw, new_account};
use app::ports::operations::Operations;
use app::ports::parties::Parties;
use domain::delivery::dropbox::Proof;
use domain::role::Role;
use russh_sftp::protocol::StatusCode;
use server::brp::fiction;
use server::commands::doctor::examine;
use server::commands::sftp::{Add, add};
use server::config;

async fn brp_account(house: &House, name: &str) {
    brp_proved(house, name, Proof::Rename, 1).await;
}

async fn brp_proved(house: &House, name: &str, proof: Proof, seed: u8) {
    let args = Add {
        brp: true,
        proof,
        keys: vec![house.key_files(seed).1],
        ..new_account(name)
    };
    add(&house.world.road.db, &args).await.unwrap();
}

fn persons(count: u32) -> Vec<u8> {
    let mut set = Vec::new();
    fiction::write(&mut set, count, 1).unwrap();
    set
}

/// A file of `uit/`, without its mark.
pub(crate) async fn fetch(raw: &mut Raw, path: &str) -> String {
    let bytes = raw.fetch(path).await;
    let text = String::from_utf8(bytes).unwrap();
    text.trim_start_matches('\u{feff}').to_owned()
}

/// The result of a set, once it is there.
async fn result(house: &House, raw: &mut Raw, file: &str) -> serde_json::Value {
    let name = format!("{file}.resultaat.json");
    house
        .until(
            &format!("answer_files WHERE name = '{name}' AND hidden_at IS NULL"),
            1,
        )
        .await;
    serde_json::from_str(&fetch(raw, &format!("/uit/{name}")).await).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_of_the_brp_has_a_limit_of_its_own() {
    let set = persons(40);
    let limit = u64::try_from(set.len()).unwrap();
    let house = House::with(config::Sftp {
        max_file_bytes: 1_000,
        max_brp_file_bytes: limit,
        ..config::Sftp::default()
    })
    .await;
    assert!(limit > 1_000, "more than a file of rows may have");
    brp_account(&house, "brp").await;
    let mut raw = house.raw("brp", 1).await;
    raw.put("x.part", &set).await;
    let (code, text) = raw.rename("x.part", "BRP_MUTATIE_20210301_1.csv").await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'done'", 1)
        .await;
    // One byte more.
    let handle = raw.create("y.part").await.unwrap();
    assert_eq!(raw.write(&handle, 0, &set).await.0, StatusCode::Ok);
    let (code, text) = raw.write(&handle, set.len(), b"x").await;
    assert_eq!(
        (code, text.as_str()),
        (StatusCode::Failure, "bestand te groot")
    );
    // Rows keep the limit of rows.
    house.keyed("rijen", Proof::Rename, 2).await;
    let mut rows = house.raw("rijen", 2).await;
    let handle = rows.create("z.part").await.unwrap();
    assert_eq!(
        rows.write(&handle, 0, &[b'x'; 1_000]).await.0,
        StatusCode::Ok
    );
    assert_eq!(
        rows.write(&handle, 1_000, b"x").await.0,
        StatusCode::Failure
    );
}

/// Persons in a full set (domain §10), and bytes of a line with all columns that are usual.
const EVERYBODY: u64 = 17_500_000;
const USUAL_LINE: u64 = 150;

#[test]
fn everybody_fits_into_a_set_and_not_into_a_file_of_rows() {
    let line = u64::try_from(persons(10_000).len()).unwrap() / 10_000;
    assert!((80..=USUAL_LINE).contains(&line), "{line} bytes a person");
    let settings = config::Sftp::default();
    assert!(EVERYBODY * line > settings.max_file_bytes, "{line}");
    assert!(EVERYBODY * USUAL_LINE * 3 / 2 <= settings.max_brp_file_bytes);
    assert!(settings.max_brp_file_bytes < settings.day_bytes);
    let pages = [
        include_str!("../../../docs/brp-bestand.md"),
        include_str!("../../../docs/sftp.md"),
    ];
    let limit = format!("{} GiB", settings.max_brp_file_bytes >> 30);
    for page in pages {
        assert!(page.contains("max_brp_file_bytes") && page.contains(&limit));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_of_the_brp_is_loaded_and_its_file_is_gone() {
    let house = House::open().await;
    brp_account(&house, "brp").await;
    let mut raw = house.raw("brp", 1).await;
    let before = house.world.count("brp_lists").await;

    // Changes: added to what is there.
    let delta = persons(40);
    raw.put("BRP_MUTATIE_20210301_1.csv.part", &delta).await;
    assert_eq!(
        house.world.count("brp_loads").await,
        1,
        "nobody proved anything yet"
    );
    let (code, text) = raw
        .rename(
            "BRP_MUTATIE_20210301_1.csv.part",
            "BRP_MUTATIE_20210301_1.csv",
        )
        .await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    house.until("brp_loads WHERE state = 'done'", 2).await;
    assert!(house.world.count("brp_lists").await > before);
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'done'", 1)
        .await;

    // Everybody: who is not in it is gone. Nobody became a delivery, and no file stays.
    raw.put("x.part", &persons(60)).await;
    raw.rename("x.part", "BRP_VOL_20210302_2.csv").await;
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'done'", 2)
        .await;
    assert_eq!(
        house
            .world
            .count("brp_loads WHERE kind = 'full' AND state = 'done'")
            .await,
        2
    );
    assert_eq!(house.world.count("brp_lists WHERE pl_id = '1'").await, 0);
    assert_eq!(house.world.count("deliveries").await, 0);
    let blobs = house.world.test.dir.path().join("storage/blobs");
    house.until("answer_files", 6).await;
    let begun = std::time::Instant::now();
    while std::fs::read_dir(&blobs).unwrap().count() > 6 {
        assert!(
            begun.elapsed() < std::time::Duration::from_secs(5),
            "a raw file stays beside the answers"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let loaded = "audit_lines WHERE line LIKE '%beyond.brp-loaded%' AND line LIKE '%\"alternateUserID\":\"sftp\"%'";
    assert_eq!(house.world.count(loaded).await, 2);

    // Both are answered: a receipt at once, then what the copy came to.
    let receipt = fetch(&mut raw, "/uit/BRP_VOL_20210302_2.csv.ontvangst.json").await;
    let receipt: serde_json::Value = serde_json::from_str(&receipt).unwrap();
    assert_eq!(receipt["sha256"], crate::house::sha256(&persons(60)));
    let taken = result(&house, &mut raw, "BRP_VOL_20210302_2.csv").await;
    assert_eq!(
        (&taken["uitkomst"], &taken["soort"], &taken["aanlevering"]),
        (
            &"VERWERKT".into(),
            &"volledig".into(),
            &receipt["aanlevering"]
        )
    );
    let lists = house.world.count("brp_lists").await;
    assert_eq!(taken["totaal"], lists);
    assert!(taken["nieuw"].as_i64().unwrap() > 0 && taken["vervallen"].as_i64().unwrap() > 0);
    assert!(taken["seconden"].is_i64());
    let changes = result(&house, &mut raw, "BRP_MUTATIE_20210301_1.csv").await;
    assert_eq!(
        (&changes["soort"], &changes["vervallen"]),
        (&"mutatie".into(), &0.into())
    );
    let fetched = "audit_lines WHERE event = 'transfer.answer-fetched' AND line LIKE '%\"typeCode\":\"upload\"%'";
    assert_eq!(house.world.count(fetched).await, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_are_no_list_are_named_by_number_and_by_nothing_else() {
    let house = House::open().await;
    brp_account(&house, "brp").await;
    let mut raw = house.raw("brp", 1).await;
    let set = "pl_id;bsn;geslachtsnaam;geboortedatum\nA;999990019;Bultenaar;20000401\nB;999999245;Iakovidis;19800101\n";
    raw.put("x.part", set.as_bytes()).await;
    raw.rename("x.part", "BRP_MUTATIE_20210301_1.csv").await;
    let partly = result(&house, &mut raw, "BRP_MUTATIE_20210301_1.csv").await;
    assert_eq!(partly["uitkomst"], "DEELS_VERWERKT");
    assert_eq!(partly["afgekeurde_regels"], serde_json::json!([3]));
    let table = fetch(&mut raw, "/uit/BRP_MUTATIE_20210301_1.csv.resultaat.csv").await;
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    assert!(lines[1].starts_with("3;;AFGEKEURD;;BRP_REGEL;"), "{table}");
    for value in ["999999245", "Iakovidis", "1980", "Bultenaar"] {
        assert!(!table.contains(value) && !partly.to_string().contains(value));
    }

    // The answer got lost, the load did not: it is answered of the same load.
    let again = "UPDATE jobs SET state = 'queued', finished_at = NULL, run_at = now() WHERE kind = 'load-brp'";
    sqlx::query(again)
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    house
        .until(
            "jobs WHERE kind = 'load-brp' AND state = 'done' AND attempts = 2",
            1,
        )
        .await;
    assert_eq!(
        house
            .world
            .count("brp_loads WHERE upload_id IS NOT NULL")
            .await,
        1
    );
    let same = result(&house, &mut raw, "BRP_MUTATIE_20210301_1.csv").await;
    assert_eq!(same, partly);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_set_or_far_too_small_changes_nothing_and_is_told() {
    let house = House::open().await;
    brp_account(&house, "brp").await;
    house.keyed("rijen", Proof::Rename, 2).await;
    let mut raw = house.raw("brp", 1).await;
    raw.put("x.part", &persons(200)).await;
    raw.rename("x.part", "BRP_VOL_20210301_1.csv").await;
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'done'", 1)
        .await;
    let lists = house.world.count("brp_lists").await;

    for (file, content) in [
        ("BRP_VOL_20210302_2.csv", persons(20)),
        (
            "BRP_VOL_20210302_3.csv",
            b"bsn;naam\r\n999990019;Jansen\r\n".to_vec(),
        ),
    ] {
        raw.put("x.part", &content).await;
        raw.rename("x.part", file).await;
    }
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'failed'", 2)
        .await;
    assert_eq!(house.world.count("brp_lists").await, lists);
    let told = "audit_lines WHERE line LIKE '%beyond.brp-loaded%' AND line LIKE '%\"eventOutcomeIndicator\":8%'";
    assert_eq!(house.world.count(told).await, 2);
    house.world.nowhere(&["Jansen;"]).await;
    let (shrunk, table) = (
        result(&house, &mut raw, "BRP_VOL_20210302_2.csv").await,
        fetch(&mut raw, "/uit/BRP_VOL_20210302_2.csv.resultaat.csv").await,
    );
    assert_eq!(shrunk["uitkomst"], "GEWEIGERD");
    assert_eq!(shrunk["bevindingen"][0]["code"], "BRP_KRIMP");
    assert_eq!(shrunk["nieuw"], 0);
    assert!(
        table.contains(";GEWEIGERD;;BRP_KRIMP;Het bestand heeft "),
        "{table}"
    );
    let no_set = result(&house, &mut raw, "BRP_VOL_20210302_3.csv").await;
    assert_eq!(no_set["bevindingen"][0]["code"], "BRP_KOP");
    let said = no_set["bevindingen"][0]["message"].as_str().unwrap();
    assert_eq!(
        said,
        "Kolom 2 van de kopregel is niet bekend. Verbeter de naam of laat de kolom weg."
    );

    // Under another name it is none, and the account of a party brings none.
    raw.put("x.part", &persons(30)).await;
    raw.rename("x.part", "personen.csv").await;
    house
        .until("sftp_uploads WHERE state = 'void' AND why = 'refused'", 1)
        .await;
    let nameless = result(&house, &mut raw, "personen.csv").await;
    assert_eq!(nameless["uitkomst"], "GEWEIGERD");
    assert_eq!(nameless["bevindingen"][0]["code"], "BRP_NAAM");
    fetch(&mut raw, "/uit/personen.csv.ontvangst.json").await;
    let mut rows = house.raw("rijen", 2).await;
    rows.put("x.part", &persons(30)).await;
    rows.rename("x.part", "BRP_VOL_20210303_4.csv").await;
    assert_eq!(house.answered("BRP_VOL_20210303_4.csv").await, "GEWEIGERD");
    assert_eq!(house.world.count("jobs WHERE kind = 'load-brp'").await, 3);

    // Refused and answered is done: nothing waits for anybody.
    let mut log = house.world.test.admin.acquire().await.unwrap();
    let road = &house.world.road;
    let found = examine(&road.db, &road.keys, &road.blobs, &mut log, false).await;
    let found = found.unwrap().into_iter();
    let wrong = found.filter(|finding| !finding.wrong.is_empty());
    let wrong: Vec<_> = wrong.map(|finding| finding.question).collect();
    assert_eq!(wrong, Vec::<&str>::new());
    // RIVM-beheer sees it until a later set is taken.
    let rik = house.world.test.caller("rik", Role::RivmBeheer, None).await;
    let failed = async || {
        let view = house.world.portal.operations(&rik).await.unwrap();
        let queued: u32 = view.queues.iter().map(|queue| queue.failed).sum();
        (view.trouble.len(), queued)
    };
    assert_eq!(failed().await, (2, 2));
    raw.put("x.part", &persons(210)).await;
    raw.rename("x.part", "BRP_VOL_20210304_5.csv").await;
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'done'", 2)
        .await;
    assert_eq!(failed().await, (0, 0));
}

/// One person, called so.
fn called(surname: &str) -> Vec<u8> {
    format!("pl_id;bsn;geslachtsnaam;geboortedatum\nA;999990019;{surname};20000401\n").into_bytes()
}

async fn put(raw: &mut Raw, file: &str, content: &[u8]) {
    raw.put("x.part", content).await;
    raw.rename("x.part", file).await;
}

async fn surname(house: &House) -> String {
    sqlx::query_scalar("SELECT surname FROM brp_lists WHERE pl_id = 'A'")
        .fetch_one(&house.world.test.admin)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sets_are_taken_in_the_order_of_their_names_and_an_older_one_is_refused() {
    let house = House::open().await;
    brp_account(&house, "brp").await;
    let mut raw = house.raw("brp", 1).await;
    put(&mut raw, "BRP_MUTATIE_20210301_1.csv", &called("Een")).await;
    result(&house, &mut raw, "BRP_MUTATIE_20210301_1.csv").await;

    // Somebody loads by hand: what comes in meanwhile waits, and the later set is the first to look again.
    let mut busy = house.world.test.admin.acquire().await.unwrap();
    sqlx::query("SELECT pg_advisory_lock(1651667052)")
        .execute(&mut *busy)
        .await
        .unwrap();
    put(&mut raw, "BRP_MUTATIE_20210302_2.csv", &called("Twee")).await;
    let waits = "jobs WHERE kind = 'load-brp' AND last_error IS NOT NULL AND state = 'queued'";
    house.until(waits, 1).await;
    put(&mut raw, "BRP_MUTATIE_20210303_3.csv", &called("Drie")).await;
    house.until(waits, 2).await;
    sqlx::query("UPDATE jobs SET run_at = now() + CASE WHEN seq = (SELECT max(seq) FROM jobs) THEN interval '1 second' ELSE interval '4 seconds' END WHERE state = 'queued'")
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    sqlx::query("SELECT pg_advisory_unlock(1651667052)")
        .execute(&mut *busy)
        .await
        .unwrap();
    for file in ["BRP_MUTATIE_20210302_2.csv", "BRP_MUTATIE_20210303_3.csv"] {
        assert_eq!(result(&house, &mut raw, file).await["uitkomst"], "VERWERKT");
    }
    assert_eq!(surname(&house).await, "Drie", "the newest holds");

    // An older full set that comes again, or after all, changes nothing and is told; so is a day that is still to come.
    for (file, said) in [
        (
            "BRP_VOL_20210302_2.csv",
            "Een nieuwer bestand is al geladen: dag 03-03-2021, volgnummer 3. Lever een nieuw bestand aan, met een hoger volgnummer.",
        ),
        (
            "BRP_VOL_20990101_9.csv",
            "De dag 01-01-2099 in de bestandsnaam komt nog. Verbeter de naam en lever het bestand opnieuw aan.",
        ),
    ] {
        put(&mut raw, file, &persons(40)).await;
        let refused = result(&house, &mut raw, file).await;
        assert_eq!(refused["uitkomst"], "GEWEIGERD");
        assert_eq!(refused["bevindingen"][0]["code"], "BRP_VOLGORDE");
        assert_eq!(refused["bevindingen"][0]["message"], said);
    }
    assert_eq!(surname(&house).await, "Drie");
    // The same set once more is none that is older.
    put(&mut raw, "BRP_MUTATIE_20210303_3.csv", &called("Drie")).await;
    house
        .until("brp_loads WHERE state = 'done' AND set_number = 3", 2)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_that_did_not_come_is_seen_and_the_copy_is_as_old_as_its_set() {
    let house = House::open().await;
    brp_account(&house, "brp").await;
    let world = &house.world;
    let beheer = world.test.caller("rik", Role::RivmBeheer, None).await;
    let mut raw = house.raw("brp", 1).await;
    let stands = async || {
        let complete = world.portal.completeness(&world.rivm).await.unwrap();
        let work = world.portal.operations(&beheer).await.unwrap();
        assert_eq!(
            (&complete.brp.loaded, &complete.brp_gaps, complete.brp.late),
            (&work.brp.loaded, &work.brp_gaps, work.brp.late)
        );
        complete
    };
    assert!(!stands().await.brp.late, "loaded today");

    // Weeks old, loaded today.
    put(&mut raw, "BRP_VOL_20210301_1.csv", &persons(40)).await;
    result(&house, &mut raw, "BRP_VOL_20210301_1.csv").await;
    let view = stands().await;
    assert!(view.brp.late);
    assert_eq!(
        view.brp.loaded.as_deref(),
        Some("02-03-2021 00:00"),
        "the end of its day"
    );
    assert_eq!(view.brp_gaps, []);

    let today = server::clock::today();
    let name = |kind: &str, number: u32| {
        format!(
            "BRP_{kind}_{}{:02}{:02}_{number}.csv",
            today.year(),
            u8::from(today.month()),
            today.day()
        )
    };
    let file = name("MUTATIE", 4);
    put(&mut raw, &file, &called("Vier")).await;
    result(&house, &mut raw, &file).await;
    let view = stands().await;
    assert_eq!(view.brp_gaps, [(2, 3)], "two sets never came");
    assert!(!view.brp.late);

    // Everybody stands in a full set.
    let file = name("VOL", 5);
    put(&mut raw, &file, &persons(45)).await;
    result(&house, &mut raw, &file).await;
    assert_eq!(stands().await.brp_gaps, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_database_never_takes_is_refused_and_holds_up_no_later_set() {
    let house = House::open().await;
    brp_account(&house, "brp").await;
    let mut raw = house.raw("brp", 1).await;
    for hindrance in [
        "ALTER TABLE brp_lists ADD CONSTRAINT never_so CHECK (surname IS DISTINCT FROM 'Nooit')",
        "CREATE UNIQUE INDEX once_so ON brp_lists (surname) WHERE surname = 'Eenmaal'",
    ] {
        sqlx::query(hindrance)
            .execute(&house.world.test.admin)
            .await
            .unwrap();
    }
    let twice = "pl_id;bsn;geslachtsnaam;geboortedatum\nA;;Eenmaal;20000401\nB;;Eenmaal;20000401\n";
    put(&mut raw, "BRP_MUTATIE_20210301_1.csv", &called("Nooit")).await;
    put(&mut raw, "BRP_MUTATIE_20210302_2.csv", twice.as_bytes()).await;
    for file in ["BRP_MUTATIE_20210301_1.csv", "BRP_MUTATIE_20210302_2.csv"] {
        let refused = result(&house, &mut raw, file).await;
        assert_eq!(refused["uitkomst"], "GEWEIGERD", "{file}");
        assert_eq!(refused["bevindingen"][0]["code"], "BRP_LEZEN", "{file}");
    }
    assert_eq!(
        house.world.count("brp_loads WHERE state = 'staging'").await,
        0
    );
    let failed = "jobs WHERE kind = 'load-brp' AND state = 'failed'";
    assert_eq!(house.world.count(failed).await, 2);
    put(&mut raw, "BRP_MUTATIE_20210303_3.csv", &called("Drie")).await;
    let taken = result(&house, &mut raw, "BRP_MUTATIE_20210303_3.csv").await;
    assert_eq!(taken["uitkomst"], "VERWERKT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_has_as_many_lines_as_its_control_file_or_its_last_line_says() {
    let house = House::open().await;
    brp_proved(&house, "controle", Proof::Control, 1).await;
    brp_proved(&house, "einde", Proof::Trailer, 2).await;
    let (mut control, mut trailer) = (house.raw("controle", 1).await, house.raw("einde", 2).await);
    let closed = |surname: &str, closing: &str| {
        let mut set = called(surname);
        set.extend_from_slice(closing.as_bytes());
        set
    };
    let told = |answer: &serde_json::Value| {
        (
            answer["uitkomst"].as_str().map(str::to_owned),
            answer["bevindingen"][0]["code"].as_str().map(str::to_owned),
        )
    };
    let refused = (
        Some("GEWEIGERD".to_owned()),
        Some("BRP_CONTROLE".to_owned()),
    );
    let taken = (Some("VERWERKT".to_owned()), None);

    for (file, rows, expected) in [
        ("BRP_MUTATIE_20210301_1.csv", "regels=2\n", &refused),
        ("BRP_MUTATIE_20210302_2.csv", "regels=1\n", &taken),
    ] {
        control.put(file, &called("Controle")).await;
        control.put(&format!("{file}.ctl"), rows.as_bytes()).await;
        let answer = result(&house, &mut control, file).await;
        assert_eq!(told(&answer), *expected, "{answer}");
        let there = house.world.count("brp_lists WHERE pl_id = 'A'").await;
        assert_eq!(there, i64::from(expected == &taken));
    }
    for (file, closing, expected) in [
        ("BRP_MUTATIE_20210303_3.csv", "#EINDE;2\r\n", &refused),
        ("BRP_MUTATIE_20210304_4.csv", "#EINDE;1\r\n", &taken),
    ] {
        trailer.put(file, &closed("Einde", closing)).await;
        let answer = result(&house, &mut trailer, file).await;
        assert_eq!(told(&answer), *expected, "{answer}");
        assert_eq!(answer["afgekeurd"], 0, "the closing line is no person");
    }
    assert_eq!(surname(&house).await, "Einde");
}

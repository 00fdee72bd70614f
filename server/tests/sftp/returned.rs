//! What RIVM sends back is in the next answer on its file (features F54).

use crate::house::{House, rows_of};
use crate::world::{EREBOS, NAOMI, NOBODY, csv, good, with};
use app::ports::decisions::{ClusterFilter, Decisions, Proposal};
use app::ports::lists::{Lists, Proposed, Wish};
use app::ports::persons::{NewRuling, Persons, Ruled};
use app::ports::{Deliveries, Entry};
use domain::decision::{DecisionKind, Told};
use domain::delivery::dropbox::Proof;
use domain::lists::{ListKind, Typed};
use domain::role::Role;
use domain::row::Column;
use domain::ruling::RulingKind;
use server::intake::answer;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_go_back_are_in_the_next_answer_on_their_file() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("terug", Proof::Rename, 9).await;
    let mut raw = house.raw("terug", 9).await;
    let file = "CIMS_ZONNEHOF_terug_20210301_1.csv";
    let rows = rows_of(&[(EREBOS, "01-04-2000", "a")]);
    let rows = String::from_utf8(rows).unwrap();
    let rows = rows.replace(";Comirnaty;", ";Pfizer NL groot;");
    raw.put(&format!("{file}.part"), rows.as_bytes()).await;
    raw.rename(&format!("{file}.part"), file).await;
    house.answered(file).await;

    let clusters = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await
        .unwrap();
    let back = Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Return,
        value: String::new(),
        days: domain::dates::Days::ALL,
        reason: "Welk vaccin kreeg mevrouw Jansen, geboren 1 april?".into(),
        request: String::new(),
    };
    let id = world
        .portal
        .propose(&world.rivm, clusters.items[0].sample, back)
        .await
        .unwrap();
    let first = "answer_files WHERE kind = 'resultaat-csv'";
    let made: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM answer_files WHERE kind = 'resultaat-csv'")
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    world.portal.decide(&world.rivm, id).await.unwrap();
    house.until(&format!("{first} AND id <> '{made}'"), 1).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    let asked = format!(";AFGEKEURD;;TERUG;{}", answer::ASKED);
    assert!(text.contains(&asked), "{text}");
    assert!(!text.contains("Jansen"), "what was typed is in the portal");

    // The system sends the row again under its own key: nobody waits for the first one any more.
    let waits = "delivery_rows WHERE state = 'open'";
    assert_eq!(world.count(waits).await, 1);
    let again = "CIMS_ZONNEHOF_terug_20210302_2.csv";
    let good = rows_of(&[(EREBOS, "01-04-2000", "a"), (NAOMI, "01-04-1987", "b")]);
    raw.put(&format!("{again}.part"), &good).await;
    raw.rename(&format!("{again}.part"), again).await;
    assert_eq!(house.answered(again).await, "VERWERKT");
    assert_eq!(world.count(waits).await, 0);
    let first: uuid::Uuid = sqlx::query_scalar("SELECT id FROM deliveries WHERE file_name = $1")
        .bind(file)
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let view = world.portal.delivery(&world.maria, first).await.unwrap();
    assert_eq!(view.mended_by.len(), 1, "its sender sees where it went");
    let clusters = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await
        .unwrap();
    assert!(clusters.items.is_empty(), "nor does RIVM");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_rows_were_refused_for_good_is_in_the_next_answer_on_their_file() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("nooit", Proof::Rename, 9).await;
    let mut raw = house.raw("nooit", 9).await;
    let file = "CIMS_ZONNEHOF_nooit_20210301_1.csv";
    let rows = String::from_utf8(rows_of(&[(EREBOS, "01-04-2000", "a")])).unwrap();
    let rows = rows.replace(";Comirnaty;", ";Pfizer NL groot;");
    raw.put(&format!("{file}.part"), rows.as_bytes()).await;
    raw.rename(&format!("{file}.part"), file).await;
    house.answered(file).await;
    let filter = ClusterFilter::default();
    let clusters = world.portal.clusters(&world.rivm, filter, 1).await.unwrap();
    let refused = Proposal {
        told: Some(Told::Test),
        alone: false,
        kind: DecisionKind::Reject,
        value: String::new(),
        days: domain::dates::Days::ALL,
        reason: "Mevrouw Jansen belde hierover".into(),
        request: String::new(),
    };
    let sample = clusters.items[0].sample;
    let id = world.portal.propose(&world.rivm, sample, refused).await;
    let made: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM answer_files WHERE kind = 'resultaat-csv'")
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    world.portal.decide(&world.rivm, id.unwrap()).await.unwrap();
    let anew = format!("answer_files WHERE kind = 'resultaat-csv' AND id <> '{made}'");
    house.until(&anew, 1).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    let why = Told::Test.sentence(domain::text::Lang::Nl);
    assert!(
        text.contains(&format!(";AFGEKEURD;;AFGEWEZEN;{why}")),
        "{text}"
    );
    assert!(!text.contains("Jansen"), "nor what somebody typed");
}

/// The answer on a file with rows, that is none of these.
async fn another_answer(house: &House, seen: &[Uuid]) -> Uuid {
    let seen: Vec<String> = seen.iter().map(|id| format!("'{id}'")).collect();
    let other = format!("kind = 'resultaat-csv' AND id NOT IN ({})", seen.join(", "));
    house.until(&format!("answer_files WHERE {other}"), 1).await;
    let one = format!("SELECT id FROM answer_files WHERE {other}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(one))
        .fetch_one(&house.world.test.admin)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_rivm_links_and_unlinks_is_so_in_the_next_answers_on_its_file() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("wissel", Proof::Rename, 9).await;
    let mut raw = house.raw("wissel", 9).await;
    let file = "CIMS_ZONNEHOF_wissel_20210301_1.csv";
    // Two digits of the BSN changed places (rule P03).
    let cells = [
        (Column::Bronsleutel, "a"),
        (Column::Achternaam, "Bultenaar"),
    ];
    let rows = csv(&[with(good("999990091", "01-04-2000"), &cells)]);
    raw.put(&format!("{file}.part"), &rows).await;
    raw.rename(&format!("{file}.part"), file).await;
    house.answered(file).await;
    let refused = another_answer(&house, &[Uuid::nil()]).await;

    let rosa = world.test.caller("rosa", Role::RivmBeheer, None).await;
    let row: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let why = "Naam en geboortedatum zijn gelijk".to_owned();
    let link = world
        .portal
        .propose_link(&world.rivm, row, "1".into(), why)
        .await
        .unwrap();
    for who in [&world.rivm, &rosa] {
        world.portal.decide(who, link).await.unwrap();
    }
    let linked = another_answer(&house, &[refused]).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(text.contains(";GEACCEPTEERD;"), "{text}");
    assert!(!text.contains(EREBOS), "nobody says who was found");
    house
        .until("decisions WHERE kind = 'link' AND state = 'done'", 1)
        .await;

    let why = "Het is zijn broer".to_owned();
    let undo = world
        .portal
        .propose_undo(&world.rivm, link, why)
        .await
        .unwrap();
    for who in [&world.rivm, &rosa] {
        world.portal.decide(who, undo).await.unwrap();
    }
    another_answer(&house, &[refused, linked]).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(
        text.contains(";AFGEKEURD;") && text.contains("P03"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_a_list_releases_are_in_the_next_answer_on_their_file() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("lijst", Proof::Rename, 9).await;
    let mut raw = house.raw("lijst", 9).await;
    let file = "CIMS_ZONNEHOF_lijst_20210301_1.csv";
    let rows = String::from_utf8(rows_of(&[(EREBOS, "01-04-2000", "a")])).unwrap();
    let rows = rows.replace(";Comirnaty;", ";Pfizer NL groot;");
    raw.put(&format!("{file}.part"), rows.as_bytes()).await;
    raw.rename(&format!("{file}.part"), file).await;
    house.answered(file).await;
    let made: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM answer_files WHERE kind = 'resultaat-csv'")
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    let rosa = world.test.caller("rosa", Role::RivmBeheer, None).await;
    let rob = world.test.caller("rob", Role::RivmBeheer, None).await;
    let name = Wish {
        kind: ListKind::Names,
        typed: Typed {
            key: "Pfizer NL groot".into(),
            vaccine: "Comirnaty".into(),
            ..Typed::default()
        },
        from: String::new(),
        source: "Brief van 15 juni".into(),
    };
    let made_of = world.portal.propose_entry(&rosa, name).await.unwrap();
    let Proposed::Made(change) = made_of else {
        panic!("{made_of:?}")
    };
    for who in [&rosa, &rob] {
        world.portal.agree_list(who, change).await.unwrap();
    }
    let anew = format!("answer_files WHERE kind = 'resultaat-csv' AND id <> '{made}'");
    house.until(&anew, 1).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(text.contains(";GEACCEPTEERD;"), "{text}");
}

/// A file of one stored row that waits for RIVM: its batch is in no list (rule V22). The answer on it.
async fn doubted(house: &House, raw: &mut crate::house::Raw, file: &str) -> Uuid {
    let rows = String::from_utf8(rows_of(&[(EREBOS, "01-04-2000", "a")])).unwrap();
    let rows = rows.replace("EJ6795", "FE8405");
    raw.put(&format!("{file}.part"), rows.as_bytes()).await;
    raw.rename(&format!("{file}.part"), file).await;
    house.answered(file).await;
    let text = crate::brp::fetch(raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(
        text.contains(";TE_CONTROLEREN;") && text.contains("V22"),
        "{text}"
    );
    another_answer(house, &[Uuid::nil()]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_rows_that_a_list_accepts_are_so_in_the_next_answer_on_their_file() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("batch", Proof::Rename, 9).await;
    let mut raw = house.raw("batch", 9).await;
    let file = "CIMS_ZONNEHOF_batch_20210301_1.csv";
    let made = doubted(&house, &mut raw, file).await;
    let rosa = world.test.caller("rosa", Role::RivmBeheer, None).await;
    let rob = world.test.caller("rob", Role::RivmBeheer, None).await;
    let batch = Wish {
        kind: ListKind::Batches,
        typed: Typed {
            key: "FE8405".into(),
            vaccine: "Pfizer".into(),
            last_day: "31-10-2021".into(),
            ..Typed::default()
        },
        from: String::new(),
        source: "Vrijgavelijst 15 juni".into(),
    };
    let made_of = world.portal.propose_entry(&rosa, batch).await.unwrap();
    let Proposed::Made(change) = made_of else {
        panic!("{made_of:?}")
    };
    for who in [&rosa, &rob] {
        world.portal.agree_list(who, change).await.unwrap();
    }
    another_answer(&house, &[made]).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(
        text.contains(";GEACCEPTEERD;") && !text.contains("V22"),
        "{text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stored_rows_that_rivm_accepts_are_so_in_the_next_answer_on_their_file() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("klopt", Proof::Rename, 9).await;
    let mut raw = house.raw("klopt", 9).await;
    let file = "CIMS_ZONNEHOF_klopt_20210301_1.csv";
    let made = doubted(&house, &mut raw, file).await;
    let filter = ClusterFilter::default();
    let clusters = world.portal.clusters(&world.rivm, filter, 1).await.unwrap();
    let accepted = Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Accept,
        value: String::new(),
        days: domain::dates::Days::ALL,
        reason: "De batch klopt".into(),
        request: String::new(),
    };
    let sample = clusters.items[0].sample;
    let id = world.portal.propose(&world.rivm, sample, accepted).await;
    world.portal.decide(&world.rivm, id.unwrap()).await.unwrap();
    another_answer(&house, &[made]).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(text.contains(";GEACCEPTEERD;"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_ruling_and_its_undoing_make_of_a_row_is_in_the_next_answers_on_its_file() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("oordeel", Proof::Rename, 9).await;
    let mut raw = house.raw("oordeel", 9).await;
    let file = "CIMS_ZONNEHOF_oordeel_20210301_1.csv";
    let mut seen = vec![doubted(&house, &mut raw, file).await];
    // Another institution reports a later jab, which it can be merged with.
    let later = [
        (Column::Vaccinatiedatum, "10-03-2021"),
        (Column::Dosisnummer, "2"),
        (Column::Bronsleutel, "later"),
    ];
    let other = csv(&[with(good(EREBOS, "01-04-2000"), &later)]);
    world.receive_by_sftp(&world.piet, "x.csv", &other).await;
    house
        .until("jobs WHERE kind = 'check' AND state <> 'done'", 0)
        .await;
    let row: Uuid = sqlx::query_scalar(
        "SELECT r.id FROM delivery_rows r JOIN deliveries d ON d.id = r.delivery_id WHERE d.file_name = $1",
    )
    .bind(file)
    .fetch_one(&world.test.admin)
    .await
    .unwrap();
    let compared = world.portal.compare(&world.rivm, row, None).await.unwrap();
    let other = compared.other.unwrap().id;
    for (kind, other) in [(RulingKind::Keep, None), (RulingKind::Merge, Some(other))] {
        let ruling = NewRuling {
            kind,
            other,
            other_counts: true,
            reason: "Gebeld met de instelling".into(),
        };
        let ruled = world.portal.rule(&world.rivm, row, ruling).await.unwrap();
        let Ruled::Done(id) = ruled else {
            panic!("{ruled:?}")
        };
        seen.push(another_answer(&house, &seen).await);
        let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
        assert!(text.contains(";GEACCEPTEERD;"), "{kind:?}: {text}");
        let undone = world
            .portal
            .undo_ruling(&world.rivm, id, "Toch niet".into());
        undone.await.unwrap();
        seen.push(another_answer(&house, &seen).await);
        let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
        assert!(text.contains(";TE_CONTROLEREN;"), "{kind:?} undone: {text}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ends_by_itself_and_whom_that_frees_is_in_the_next_answers_on_the_file_that_waited() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("wacht", Proof::Rename, 9).await;
    let mut raw = house.raw("wacht", 9).await;
    let one = world
        .registered(&world.piet, &good(EREBOS, "01-04-2000"))
        .await;
    // Another batch of the same day (D04).
    let file = "CIMS_ZONNEHOF_wacht_20210301_1.csv";
    let rows = String::from_utf8(rows_of(&[(EREBOS, "01-04-2000", "a")])).unwrap();
    let rows = rows.replace("EJ6795", "EJ6796");
    raw.put(&format!("{file}.part"), rows.as_bytes()).await;
    raw.rename(&format!("{file}.part"), file).await;
    house.answered(file).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(text.contains(";TE_CONTROLEREN;"), "{text}");
    let mut seen = vec![another_answer(&house, &[Uuid::nil()]).await];

    let gone = Entry::withdraw(&world.portal, &world.piet, one, "verkeerd".into(), false);
    gone.await.unwrap();
    seen.push(another_answer(&house, &seen).await);
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(text.contains(";GEACCEPTEERD;"), "{text}");

    let back = world.portal.restore(&world.piet, one, "toch goed".into());
    back.await.unwrap();
    another_answer(&house, &seen).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(text.contains(";TE_CONTROLEREN;"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_brp_says_after_all_is_in_the_next_answer_on_its_file() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("later", Proof::Rename, 9).await;
    let mut raw = house.raw("later", 9).await;
    world.brp_loaded("3 days").await;
    let file = "CIMS_ZONNEHOF_later_20210301_1.csv";
    // The second is nobody's BSN.
    let rows = rows_of(&[(EREBOS, "01-04-2000", "a"), (NOBODY, "01-04-2000", "b")]);
    raw.put(&format!("{file}.part"), &rows).await;
    raw.rename(&format!("{file}.part"), file).await;
    house.answered(file).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert_eq!(text.matches(";B13;").count(), 2, "{text}");
    let made = another_answer(&house, &[Uuid::nil()]).await;
    world.brp_delta().await;
    another_answer(&house, &[made]).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(
        text.contains(";GEACCEPTEERD;")
            && text.contains(";TE_CONTROLEREN;")
            && text.contains("B10"),
        "{text}"
    );
    assert!(!text.contains("B13"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_under_another_key_or_of_somebody_else_or_refused_again_leaves_it_open() {
    let house = House::open().await;
    let world = &house.world;
    let typo = |rows: &[u8], word: &str| {
        let text = String::from_utf8(rows.to_vec()).unwrap();
        text.replace(";Comirnaty;", &format!(";{word};"))
            .into_bytes()
    };
    let rows = rows_of(&[(EREBOS, "01-04-2000", "a")]);
    let waits = "delivery_rows WHERE state = 'open'";
    let send = async |caller, rows: &[u8]| {
        world.receive_by_sftp(caller, "x.csv", rows).await;
        house
            .until("jobs WHERE kind = 'check' AND state <> 'done'", 0)
            .await;
    };
    send(&world.maria, &typo(&rows, "Pfizer NL groot")).await;
    assert_eq!(world.count(waits).await, 1);
    send(&world.piet, &rows).await;
    assert_eq!(world.count(waits).await, 1, "the key of another party");
    send(&world.maria, &rows_of(&[(NAOMI, "01-04-1987", "b")])).await;
    assert_eq!(world.count(waits).await, 1, "another key");
    send(&world.maria, &typo(&rows, "Pfizer NL klein")).await;
    assert_eq!(world.count(waits).await, 2, "refused again");
    send(&world.maria, &rows).await;
    assert_eq!(world.count(waits).await, 0, "all that was tried before");
}

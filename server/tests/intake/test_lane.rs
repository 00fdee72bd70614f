//! The test lane (features F-X7): same rules, same answers, nothing in the register, only test BSNs; and what an approval
//! looks at.

use crate::world::{EREBOS, World, conforming, csv, good, with};
use app::ports::parties::{Parties, Said, TrialView, Wish};
use app::ports::{Deliveries, PortError, Review};
use domain::connection::ConnectionStep;
use domain::delivery::trial::Demand;
use domain::delivery::{Channel, FileOutcome};
use domain::finding::Code;
use domain::role::Role;
use domain::row::Column;
use uuid::Uuid;

/// Valid, and of nobody we may test with.
const REAL: &str = "111222333";

/// What the register holds.
async fn register(world: &World) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in [
        "persons",
        "vaccinations",
        "reports",
        "anonymous_counts",
        "anonymous_keys",
        "counted",
    ] {
        counts.push(world.count(table).await);
    }
    counts
}

async fn row_findings(world: &World, delivery: Uuid) -> Vec<(i32, String, String)> {
    sqlx::query_as("SELECT row_number, outcome, findings::text FROM delivery_rows WHERE delivery_id = $1 ORDER BY 1")
        .bind(delivery)
        .fetch_all(&world.test.admin)
        .await
        .unwrap()
}

/// RIVM-beheer asks for SFTP for ZONNEHOF anew; the privacycoördinator looks at it.
async fn asked(world: &World) -> (app::ports::Caller, Uuid) {
    sqlx::query("DELETE FROM connections WHERE channel = 'sftp' AND party_id = $1")
        .bind(world.maria.party().unwrap().id)
        .execute(&world.test.admin)
        .await
        .unwrap();
    let beheer = world.test.caller("rik", Role::RivmBeheer, None).await;
    let wish = Wish {
        party: "ZONNEHOF".into(),
        intermediary: String::new(),
        channel: Channel::Sftp,
        purpose: "vaccinatieregistratie".into(),
        without: String::new(),
    };
    let id = world.portal.ask_connection(&beheer, wish).await.unwrap();
    let priya = world
        .test
        .caller("priya", Role::Privacycoordinator, None)
        .await;
    (priya, id.unwrap())
}

#[tokio::test]
async fn a_hundred_tests_leave_the_register_as_it_was_and_no_value_of_a_row() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    let before = register(&world).await;
    for _ in 0..100 {
        world.try_out(&world.piet, &conforming()).await;
    }
    assert_eq!(register(&world).await, before);
    assert_eq!(world.count("trials WHERE conforms").await, 100);
    assert_eq!(world.count("deliveries WHERE outcome = 'DUBBEL'").await, 0);
    assert_eq!(
        world
            .count("delivery_rows r JOIN deliveries d ON d.id = r.delivery_id WHERE d.test_lane AND raw_sealed IS NOT NULL")
            .await,
        0
    );
    assert_eq!(
        world
            .count("deliveries WHERE test_lane AND blob_id IS NOT NULL")
            .await,
        0,
        "the raw file is gone"
    );
    // The same content counts when it comes by the real way.
    let real = world
        .receive_by_sftp(&world.piet, "echt.csv", &conforming())
        .await;
    world.work().await;
    let outcome: Option<String> =
        sqlx::query_scalar("SELECT outcome FROM deliveries WHERE id = $1")
            .bind(real.id())
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    assert_eq!(outcome.as_deref(), Some("VERWERKT"));
}

#[tokio::test]
async fn real_people_are_refused_in_the_test_lane_and_kept_nowhere() {
    let world = World::new().await;
    let real = with(
        good(REAL, "01-04-2000"),
        &[
            (Column::Bronsleutel, "r1"),
            (Column::Achternaam, "Bestaatecht"),
        ],
    );
    let id = world.try_out(&world.maria, &csv(&[real])).await;
    let rows = row_findings(&world, id).await;
    assert_eq!((rows[0].0, rows[0].1.as_str()), (2, "AFGEKEURD"));
    assert!(rows[0].2.contains("R10"), "{}", rows[0].2);
    world.nowhere(&[REAL, "Bestaatecht"]).await;
    let review = world.portal.rows(&world.rivm, Default::default()).await;
    assert_eq!(review.unwrap().total, 0, "nobody has to mend a test");
    assert_eq!(
        world.portal.delivery(&world.maria, id).await.err(),
        Some(PortError::NotFound),
        "it is no delivery of the institution"
    );
}

#[tokio::test]
async fn test_people_that_the_brp_does_not_know_do_not_fail_a_test() {
    let world = World::new().await;
    // 999995005 is valid and in no list.
    let row = with(
        good("999995005", "01-04-2000"),
        &[(Column::Bronsleutel, "b1")],
    );
    let id = world
        .try_out(&world.maria, &csv(std::slice::from_ref(&row)))
        .await;
    let rows = row_findings(&world, id).await;
    assert!(
        rows[0].2.contains("B13") && !rows[0].2.contains("B10"),
        "{rows:?}"
    );
    let wrong = with(good(EREBOS, "02-04-2000"), &[(Column::Bronsleutel, "b2")]);
    let id = world.try_out(&world.maria, &csv(&[wrong])).await;
    assert!(
        row_findings(&world, id).await[0].2.contains("B10"),
        "who is known is held against it"
    );
}

#[tokio::test]
async fn sftp_is_approved_when_the_newest_test_shows_what_is_asked_for() {
    let world = World::new().await;
    let (priya, id) = asked(&world).await;
    let approve = || {
        world
            .portal
            .decide_connection(&priya, id, ConnectionStep::Approve, "gezien".into())
    };
    assert_eq!(approve().await, Ok(Said::NotTried), "nothing was tried");
    world.try_out(&world.maria, &conforming()).await;
    let broken = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Bronsleutel, "x"), (Column::Batchnummer, "???")],
    );
    world.try_out(&world.maria, &csv(&[broken])).await;
    let view = world.portal.connection(&priya, id).await.unwrap();
    let newest: &TrialView = &view.trials[0];
    assert_eq!(
        (newest.outcome, newest.rows, newest.refused),
        (FileOutcome::Geweigerd, 1, 1)
    );
    assert_eq!(newest.codes, [(Code::V26, 1)]);
    let shown: Vec<Demand> = newest
        .demands
        .iter()
        .filter(|(_, shown)| *shown)
        .map(|(demand, _)| *demand)
        .collect();
    assert_eq!(shown, []);
    assert!(view.trials[1].conforms());
    assert_eq!(approve().await, Ok(Said::NotTried), "the newest one counts");
    // A test of another party says nothing about this one.
    world.try_out(&world.piet, &conforming()).await;
    assert_eq!(approve().await, Ok(Said::NotTried));
    world.try_out(&world.maria, &conforming()).await;
    assert_eq!(approve().await, Ok(Said::Done(0)));
}

#[tokio::test]
async fn the_report_names_what_was_found_about_the_file_and_columns_that_nobody_asked_for() {
    let world = World::new().await;
    let (priya, connection) = asked(&world).await;
    let newest = async || {
        let portal = &world.portal;
        let view = portal.connection(&priya, connection).await.unwrap();
        view.trials.into_iter().next().unwrap()
    };
    world.try_out(&world.maria, &conforming()).await;
    let plain = newest().await;
    assert!(plain.findings.is_empty() && plain.outside.is_empty());
    // One column that we do not know, and one of the format that was not asked for.
    let strange = String::from_utf8(conforming()).unwrap();
    let strange: String = strange
        .lines()
        .enumerate()
        .map(|(place, line)| {
            let cell = if place == 0 { "kamer" } else { "zolder 7" };
            format!("{line};{cell}\r\n")
        })
        .collect();
    sqlx::query(
        "UPDATE connections SET standard = array_remove(standard, 'vaccinatieland') WHERE id = $1",
    )
    .bind(connection)
    .execute(&world.test.admin)
    .await
    .unwrap();
    world.try_out(&world.maria, strange.as_bytes()).await;
    let report = newest().await;
    assert!(report.conforms(), "it may be asked for besides");
    let codes: Vec<Code> = report.findings.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, [Code::A10]);
    assert_eq!(report.outside, ["vaccinatieland", "kamer"]);
    world.nowhere(&["zolder 7"]).await;
    // A file that is refused before a row of it is read says why.
    world.try_out(&world.maria, b"bsn;kamer\r\n1;2\r\n").await;
    let report = newest().await;
    assert_eq!(report.outcome, FileOutcome::Geweigerd);
    assert_eq!(report.findings[0].code, Code::A08);
}

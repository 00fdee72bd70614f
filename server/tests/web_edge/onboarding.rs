//! The page of the test lane over the real routes: what an institution under test reaches, and that nothing is kept.

use crate::browser::{Answer, Browser};
use crate::portal::Portal;
use app::ports::PartyRef;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use domain::row::Column;
use server::web::routes::{Access, Kind, routes};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A valid BSN of nobody we may test with.
const REAL: &str = "111222333";

/// Everything a delivery could reach in the register.
const REGISTER: &str = "SELECT (SELECT count(*) FROM persons) + (SELECT count(*) FROM vaccinations) + (SELECT count(*) FROM reports)
    + (SELECT count(*) FROM anonymous_counts) + (SELECT count(*) FROM anonymous_keys)";

fn part(name: &str, file: Option<&str>, content: &str) -> String {
    let file = file
        .map(|file| format!("; filename=\"{file}\""))
        .unwrap_or_default();
    format!("--grens\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
}

async fn send(browser: &mut Browser, parts: &[String]) -> Answer {
    let body = format!("{}--grens--\r\n", parts.concat());
    let request = Request::post("/proefbank")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=grens")
        .body(Body::from(body))
        .expect("request");
    browser.send(request).await
}

/// Rows without a person, and one with this BSN.
fn file(bsn: &str) -> String {
    let mut lines = vec![Column::ALL.map(Column::name).join(";")];
    let line = |number: usize, bsn: &str| {
        let cell = |column: Column| match column {
            Column::Bronsleutel => format!("w-{number}"),
            Column::Toestemming => if bsn.is_empty() { "N" } else { "J" }.to_owned(),
            Column::Bsn => bsn.to_owned(),
            Column::Geboortedatum if !bsn.is_empty() => "01-04-2000".to_owned(),
            Column::Achternaam if !bsn.is_empty() => "Bestaatecht".to_owned(),
            Column::Leeftijdsgroep if bsn.is_empty() => "B".to_owned(),
            Column::Vaccinatiedatum => format!("{:02}-02-2021", number + 1),
            Column::Vaccin => "Comirnaty".to_owned(),
            Column::Batchnummer => "EJ6795".to_owned(),
            Column::Dosisnummer => "1".to_owned(),
            Column::Doelgroep => "BEWONER_INSTELLING".to_owned(),
            Column::UitvoerderAgb => "06010001".to_owned(),
            Column::BigNummer => "19012345601".to_owned(),
            _ => String::new(),
        };
        Column::ALL.map(cell).join(";")
    };
    lines.extend((0..10).map(|number| line(number, "")));
    if !bsn.is_empty() {
        lines.push(line(10, bsn));
    }
    lines.join("\r\n") + "\r\n"
}

/// ZONNEHOF, that nobody approved yet, with its manager; and the connection it waits for.
async fn under_test() -> (Portal, PartyRef, Uuid) {
    let portal = Portal::new().await;
    let party = portal.test.party("ZONNEHOF").await;
    portal
        .sql("UPDATE parties SET status = 'requested' WHERE code = 'ZONNEHOF'")
        .await;
    portal
        .sql("DELETE FROM connections WHERE channel <> 'upload'")
        .await;
    portal
        .sql("UPDATE connections SET state = 'requested', decided_by = NULL, decided_at = NULL")
        .await;
    let connection = sqlx::query_scalar("SELECT id FROM connections")
        .fetch_one(&portal.test.admin)
        .await
        .expect("connection");
    let roles = [("instellingsbeheerder", Some(&party))];
    portal.user("bram", &roles).await;
    (portal, party, connection)
}

#[tokio::test]
async fn an_institution_under_test_tries_files_and_reaches_nothing_else() {
    let (portal, _, connection) = under_test().await;
    let mut bram = portal.logged_in("bram").await;
    let page = bram.get("/proefbank").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains(&connection.to_string()), "{}", page.body);
    for route in routes() {
        let Access::Roles(roles) = route.access else {
            continue;
        };
        if route.method != "GET" || route.kind != Kind::Page || route.path.contains('{') {
            continue;
        }
        let expected = if roles.contains(&domain::role::Role::OpProef) {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        assert_eq!(
            bram.get(route.path).await.status,
            expected,
            "{}",
            route.path
        );
    }
    let key = part("koppeling", None, &connection.to_string());
    for (parts, word) in [
        (vec![part("bestand", Some("a.csv"), &file(""))], "koppeling"),
        (vec![key.clone()], "geen"),
        (
            vec![
                part("koppeling", None, &Uuid::now_v7().to_string()),
                part("bestand", Some("a.csv"), "x"),
            ],
            "koppeling",
        ),
        (
            vec![part("koppeling", None, &"x".repeat(100_000))],
            "koppeling",
        ),
    ] {
        let answer = send(&mut bram, &parts).await;
        let expected = format!("/proefbank?fout={word}#foutoverzicht");
        assert_eq!(answer.location(), expected);
    }
    assert_eq!(portal.count("SELECT count(*) FROM deliveries").await, 0);

    let before = portal.count(REGISTER).await;
    let answer = send(&mut bram, &[key, part("bestand", Some("a.csv"), &file(""))]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let place = answer.location().to_owned();
    assert!(place.starts_with("/proefbank/"), "{place}");
    let waiting = bram.get(&place).await;
    assert!(waiting.body.contains("http-equiv=\"refresh\""));
    portal.work().await;
    let report = bram.get(&place).await;
    assert!(
        report.body.contains("Dit bestand voldoet aan alle eisen."),
        "{}",
        report.body
    );
    let csv = bram.get(&format!("{place}/resultaat.csv")).await;
    assert_eq!(csv.status, StatusCode::OK);
    assert!(csv.body.contains("GETELD"), "{}", csv.body);
    let json = bram.get(&format!("{place}/resultaat.json")).await;
    assert!(json.body.contains("\"geteld\":10"), "{}", json.body);
    // The receipt as it would lie in `uit/`: of the bytes that were sent.
    let receipt = bram.get(&format!("{place}/ontvangst.json")).await;
    assert_eq!(receipt.status, StatusCode::OK);
    let receipt: serde_json::Value = serde_json::from_str(&receipt.body).unwrap();
    let digest: Vec<String> = Sha256::digest(file(""))
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(receipt["sha256"], digest.concat());
    assert_eq!(receipt["grootte"], file("").len());
    assert!(place.ends_with(receipt["aanlevering"].as_str().unwrap()));
    assert_eq!(portal.count(REGISTER).await, before);
    let tried = "SELECT count(*) FROM trials WHERE conforms AND channel = 'upload'";
    assert_eq!(portal.count(tried).await, 1);

    // Approved: at the next request the same session is what it was given.
    portal
        .sql("UPDATE parties SET status = 'active' WHERE code = 'ZONNEHOF'")
        .await;
    assert_eq!(bram.get("/gebruikers").await.status, StatusCode::OK);
    assert_eq!(bram.get("/aanleveren").await.status, StatusCode::OK);
    assert_eq!(bram.get("/proefbank").await.status, StatusCode::OK);
    // Refused: there is nothing for them any more.
    portal
        .sql("UPDATE parties SET status = 'refused' WHERE code = 'ZONNEHOF'")
        .await;
    let out = bram.get("/proefbank").await;
    assert!(out.location().starts_with("/inloggen"), "{}", out.status);
}

#[tokio::test]
async fn real_people_are_refused_on_the_page_too_and_kept_nowhere() {
    let (portal, _, connection) = under_test().await;
    let mut bram = portal.logged_in("bram").await;
    let before = portal.count(REGISTER).await;
    let parts = [
        part("koppeling", None, &connection.to_string()),
        part("bestand", Some(&format!("{REAL}.csv")), &file(REAL)),
    ];
    let place = send(&mut bram, &parts).await.location().to_owned();
    portal.work().await;
    let report = bram.get(&place).await;
    assert!(report.body.contains("/hulp/regels/R10"), "{}", report.body);
    assert!(
        report
            .body
            .contains("Dit bestand voldoet nog niet aan alle eisen.")
    );
    let csv = bram.get(&format!("{place}/resultaat.csv")).await;
    assert!(csv.body.contains("R10"));
    for shown in [&report.body, &csv.body] {
        assert!(!shown.contains(REAL) && !shown.contains("Bestaatecht"));
    }
    assert_eq!(portal.count(REGISTER).await, before);
    let kept = "SELECT count(*) FROM deliveries d LEFT JOIN delivery_rows r ON r.delivery_id = d.id
                WHERE d.blob_id IS NOT NULL OR r.raw_sealed IS NOT NULL OR d.file_name LIKE '%111222333%' OR r.findings::text LIKE '%111222333%'";
    assert_eq!(portal.count(kept).await, 0);

    // Another institution has no such report, and cannot try files for this one.
    let other = portal.test.party("ANDERS").await;
    portal.user("spy", &[("invoerder", Some(&other))]).await;
    let mut spy = portal.logged_in("spy").await;
    for foreign in [place.clone(), format!("{place}/resultaat.csv")] {
        assert_eq!(spy.get(&foreign).await.status, StatusCode::NOT_FOUND);
    }
    let answer = send(&mut spy, &parts).await;
    assert_eq!(answer.location(), "/proefbank?fout=koppeling#foutoverzicht");
    // Its own approved ways it may try as often as it likes; that is no delivery, nor news.
    let own: Uuid =
        sqlx::query_scalar("SELECT id FROM connections WHERE party_id = $1 AND channel = 'upload'")
            .bind(other.id)
            .fetch_one(&portal.test.admin)
            .await
            .expect("connection");
    let parts = [
        part("koppeling", None, &own.to_string()),
        part("bestand", Some("proefje.csv"), &file("")),
    ];
    for _ in 0..2 {
        let place = send(&mut spy, &parts).await.location().to_owned();
        portal.work().await;
        assert_eq!(spy.get(&place).await.status, StatusCode::OK);
    }
    assert_eq!(portal.count(REGISTER).await, before);
    for page in ["/", "/aanleveringen"] {
        let page = spy.get(page).await;
        assert!(!page.body.contains("proefje.csv"), "{}", page.body);
    }
}

#[tokio::test]
async fn the_contact_of_a_supplier_reaches_one_page() {
    let portal = Portal::new().await;
    let supplier = portal.test.party("ZORGSOFT").await;
    portal
        .user("lars", &[("leverancier", Some(&supplier))])
        .await;
    let mut lars = portal.logged_in("lars").await;
    for route in routes() {
        let Access::Roles(roles) = route.access else {
            continue;
        };
        if route.method != "GET" || route.kind != Kind::Page || route.path.contains('{') {
            continue;
        }
        let expected = if roles.contains(&domain::role::Role::Leverancier) {
            StatusCode::OK
        } else {
            StatusCode::NOT_FOUND
        };
        assert_eq!(
            lars.get(route.path).await.status,
            expected,
            "{}",
            route.path
        );
    }
}

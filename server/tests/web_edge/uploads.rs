//! Uploads over the real route: what comes of a file, and every way in which none comes of it (ux §3.3).

use crate::browser::{Answer, Browser};
use crate::clamd::{Clamd, VIRUS};
use crate::house::{House, row, tried, with_row};
use crate::portal::Portal;
use crate::stands::NURSE;
use crate::support::NAOMI;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use domain::row::Column;
use futures::stream;
use uuid::Uuid;

/// One row without consent, that is counted; one of a person without BSN, for review; one that is refused.
pub const GOOD: &str = "\
toestemming;bsn;geen_bsn_reden;achternaam;geboortedatum;vaccinatiedatum;vaccin;batchnummer;dosisnummer;doelgroep;leeftijdsgroep;uitvoerder_agb;big_nummer
N;;;;;01-03-2021;Comirnaty;EJ6796;1;ZORGMEDEWERKER;B;06010001;19012345601
J;;BUITENLAND;Probeersel;02-05-1940;01-03-2021;Comirnaty;EJ6796;1;ZORGMEDEWERKER;;06010001;19012345601
J;x;;;y;01-03-2021;Comirnaty;EJ6796;1;ZORGMEDEWERKER;;06010001;19012345601
";

fn part(name: &str, file: Option<&str>, content: &str) -> String {
    let file = file
        .map(|file| format!("; filename=\"{file}\""))
        .unwrap_or_default();
    format!(
        "--grens\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\nContent-Type: text/csv\r\n\r\n{content}\r\n"
    )
}

fn upload(body: Body) -> Request<Body> {
    Request::post("/aanleveren")
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=grens")
        .body(body)
        .expect("request")
}

/// The form with one file.
pub fn file(name: &str, content: &str) -> Request<Body> {
    upload(Body::from(format!(
        "{}--grens--\r\n",
        part("bestand", Some(name), content)
    )))
}

async fn send(browser: &mut Browser, parts: &[String]) -> Answer {
    browser
        .send(upload(Body::from(format!(
            "{}--grens--\r\n",
            parts.concat()
        ))))
        .await
}

#[tokio::test]
async fn a_file_becomes_a_delivery_with_a_page_of_its_own() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut nurse = portal.logged_in("nurse").await;
    let answer = send(&mut nurse, &[part("bestand", Some("maart.csv"), GOOD)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let place = answer.location().to_owned();
    assert!(place.starts_with("/aanleveringen/"), "{place}");
    let waiting = nurse.get(&place).await;
    assert_eq!(waiting.status, StatusCode::OK);
    portal.work().await;
    let preview = nurse.get(&place).await;
    assert!(
        preview.body.contains("maart.csv") && preview.body.contains("/api/aanlevering-indienen"),
        "{}",
        preview.body
    );
    assert_eq!(
        portal
            .count("SELECT count(*) FROM audit_lines WHERE event = 'transfer.received'")
            .await,
        1
    );

    nurse
        .post(
            "/api/aanlevering-indienen",
            &format!("delivery={}", place.rsplit('/').next().expect("key")),
        )
        .await;
    portal.work().await;
    for (file, kind, within) in [
        (
            "resultaat.csv",
            "text/csv; charset=utf-8; header=present",
            "AFGEKEURD",
        ),
        ("resultaat.json", "application/json", "\"geteld\":1"),
        ("ontvangst.json", "application/json", "\"sha256\":\""),
        ("ontvangstbewijs.pdf", "application/pdf", "(maart.csv) Tj"),
    ] {
        let answer = nurse.get(&format!("{place}/{file}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{file}");
        assert_eq!(answer.headers[header::CONTENT_TYPE], kind);
        assert_eq!(
            answer.headers[header::CONTENT_SECURITY_POLICY],
            "default-src 'none'; sandbox"
        );
        let disposition = answer.headers[header::CONTENT_DISPOSITION]
            .to_str()
            .expect("ascii");
        assert!(
            disposition.starts_with("attachment; filename=")
                && disposition.contains("filename*=UTF-8''"),
            "{disposition}"
        );
        assert!(
            answer.body.contains(within) && !answer.body.contains("Probeersel"),
            "{}",
            answer.body
        );
    }
    assert_eq!(
        portal
            .count("SELECT count(*) FROM audit_lines WHERE event = 'transfer.answer-fetched'")
            .await,
        4
    );

    // Sixty files in a minute, and then one each second.
    let path = format!("{place}/resultaat.csv");
    let mut over = None;
    for _ in 0..90 {
        let answer = nurse.get(&path).await;
        if answer.status != StatusCode::OK {
            over = Some(answer);
            break;
        }
    }
    let over = over.expect("an end to it");
    assert_eq!(over.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(over.headers[header::RETRY_AFTER], "1");

    // The same content again is a double, and says so.
    let again = send(&mut nurse, &[part("bestand", Some("nog eens.csv"), GOOD)]).await;
    assert_ne!(again.location(), place);
    assert_eq!(
        portal
            .count("SELECT count(*) FROM deliveries WHERE outcome = 'DUBBEL'")
            .await,
        1
    );
}

#[tokio::test]
async fn the_receipt_says_what_became_of_a_file_and_a_trial_has_none() {
    let mut house = House::new().await;
    let row = house.another("EJ6795");
    let receipt = |id: Uuid| format!("/aanleveringen/{id}/ontvangstbewijs.pdf");
    let says = async |house: &House, id: Uuid, what: &str| {
        let answer = house.of(NURSE).get(&receipt(id)).await;
        assert!(answer.body.contains(&format!("({what}) Tj")), "{what}");
    };
    let first = house.preview(std::slice::from_ref(&row)).await;
    says(&house, first, "Nog niet ingediend of nog niet verwerkt").await;
    let form = format!("delivery={first}");
    house.post(NURSE, "/api/aanlevering-indienen", &form).await;
    house.portal.work().await;
    says(&house, first, "Verwerkt").await;
    let again = house.preview(&[row]).await;
    says(&house, again, "Al eerder ontvangen, er is niets opgenomen").await;
    let form = format!("delivery={first}&reason=verkeerd");
    let path = "/api/aanlevering-intrekken";
    house.post(NURSE, path, &form).await;
    house.portal.work().await;
    says(&house, first, "Ingetrokken, telt niet meer mee").await;
    let trial = tried(&mut house).await;
    let json = format!("/proefbank/{trial}/ontvangst.json");
    for (path, status) in [
        (json, StatusCode::OK),
        (receipt(trial), StatusCode::NOT_FOUND),
    ] {
        let answer = house.of("op-proef").get(&path).await;
        assert_eq!(answer.status, status, "{path}");
    }
}

#[tokio::test]
async fn what_was_repaired_of_a_row_before_it_was_mended_is_shown_to_its_institution_alone() {
    const DOTTED: &str = "9999.95.571";
    let house = House::new().await;
    let wrong = row(&[(Column::Bsn, DOTTED), (Column::Dosisnummer, "nul")]);
    let delivery = house.preview(&[wrong]).await;
    let id = delivery.to_string();
    let mend = async |dose: &str| {
        let seen = house.seen(delivery, 2).await.to_string();
        let fields = [("delivery", id.as_str()), ("number", "2"), ("seen", &seen)];
        let mended = with_row(&fields, "row", &row(&[(Column::Dosisnummer, dose)]));
        house.post(NURSE, "/api/regel-verbeteren", &mended).await;
    };
    let shown = async |path: &str, times: usize| {
        let page = house.of(NURSE).get(path).await.body;
        let readings = page.matches("Zo stond deze regel er tot ").count();
        assert_eq!(readings, times, "{page}");
        let repair = format!("BSN: er stond “{DOTTED}”, wij maakten er “{NAOMI}” van.");
        assert_eq!(page.matches(&repair).count(), 1, "{page}");
        let foreign = house.of("vreemd").get(path).await;
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!foreign.body.contains(DOTTED), "{path}");
    };
    mend("11").await;
    shown(&format!("/aanleveringen/{id}/regels/2"), 1).await;
    mend("1").await;
    let form = format!("delivery={id}");
    house.post(NURSE, "/api/aanlevering-indienen", &form).await;
    house.portal.work().await;
    let stored = format!("SELECT report_id FROM delivery_rows WHERE delivery_id = '{id}'");
    let registration = house.id(&stored).await;
    shown(&format!("/registraties/{registration}"), 2).await;
}

#[tokio::test]
async fn a_file_with_a_virus_is_said_to_have_one_and_not_to_be_kept() {
    const SAID: &str = "In dit bestand is een virus gevonden. Het is niet opgeslagen.";
    let clamd = Clamd::taking("25M");
    let mut portal = Portal::new().await;
    portal.road.scanner = Some(clamd.by_socket());
    portal.nurse().await;
    let mut nurse = portal.logged_in("nurse").await;
    for (content, infected) in [
        (GOOD.replace("Probeersel", VIRUS), true),
        (GOOD.to_owned(), false),
    ] {
        let answer = nurse.send(file("maart.csv", &content)).await;
        let place = answer.location().to_owned();
        portal.work().await;
        let page = nurse.get(&place).await;
        assert_eq!(page.body.contains(SAID), infected, "{}", page.body);
        assert_eq!(page.body.contains("/hulp/regels/A21"), infected);
        assert_eq!(
            page.body.contains("We hebben uw bestand gewist op"),
            infected
        );
        assert!(!page.body.contains(VIRUS));
    }
}

#[tokio::test]
async fn every_way_in_which_no_file_arrives_has_its_own_words() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut nurse = portal.logged_in("nurse").await;
    let two = [
        part("bestand", Some("a.csv"), GOOD),
        part("bestand", Some("b.csv"), GOOD),
    ];
    for (parts, word, words) in [
        (
            &[part("bestand", Some(""), "")][..],
            "geen",
            "Kies een bestand.",
        ),
        (&[part("iets", None, "x")][..], "geen", "Kies een bestand."),
        (&two[..], "meer", "Kies één bestand tegelijk."),
    ] {
        let answer = send(&mut nurse, parts).await;
        assert_eq!(
            answer.location(),
            format!("/aanleveren?fout={word}#foutoverzicht")
        );
        assert!(
            nurse
                .get(&format!("/aanleveren?fout={word}"))
                .await
                .body
                .contains(words),
            "{word}"
        );
    }
    let cut = part("bestand", Some("a.csv"), GOOD);
    let answer = nurse
        .send(upload(Body::from(cut[..cut.len() - 20].to_owned())))
        .await;
    assert_eq!(
        answer.location(),
        "/aanleveren?fout=afgebroken#foutoverzicht"
    );
    assert_eq!(portal.count("SELECT count(*) FROM deliveries").await, 0);
    assert_eq!(files(&portal), 0, "nothing stays behind");
}

#[tokio::test]
async fn what_was_cut_off_is_gone_before_the_answer_however_much_was_still_to_be_written() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut nurse = portal.logged_in("nurse").await;
    let head =
        "--grens\r\nContent-Disposition: form-data; name=\"bestand\"; filename=\"a.csv\"\r\n\r\n";
    // More than the writer has sealed by the time the end fails to come.
    let portions = std::iter::once(Bytes::from(head))
        .chain(std::iter::repeat_n(Bytes::from(vec![b'a'; 1 << 20]), 8));
    let body = Body::from_stream(stream::iter(
        portions.map(Ok::<_, std::convert::Infallible>),
    ));
    let answer = nurse.send(upload(body)).await;
    assert_eq!(
        answer.location(),
        "/aanleveren?fout=afgebroken#foutoverzicht"
    );
    assert_eq!(files(&portal), 0);
}

#[tokio::test]
async fn twenty_megabytes_fit_and_one_byte_more_is_read_to_its_end_and_refused() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut nurse = portal.logged_in("nurse").await;
    for (size, fits) in [(20 << 20, true), ((20 << 20) + 1, false)] {
        let head = "--grens\r\nContent-Disposition: form-data; name=\"bestand\"; filename=\"groot.csv\"\r\n\r\n";
        let mut portions = vec![Bytes::from(head)];
        portions.extend(std::iter::repeat_n(
            Bytes::from(vec![b'a'; 1 << 16]),
            size >> 16,
        ));
        portions.push(Bytes::from(vec![b'a'; size % (1 << 16)]));
        portions.push(Bytes::from("\r\n--grens--\r\n"));
        let sent = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let (all, counter) = (portions.len(), sent.clone());
        let body = Body::from_stream(stream::iter(portions.into_iter().map(move |portion| {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok::<_, std::io::Error>(portion)
        })));
        let answer = nurse.send(upload(body)).await;
        assert_eq!(
            answer.location().starts_with("/aanleveringen/"),
            fits,
            "{size}: {}",
            answer.location()
        );
        assert_eq!(
            answer.location() == "/aanleveren?fout=groot#foutoverzicht",
            !fits
        );
        assert_eq!(
            sent.load(std::sync::atomic::Ordering::Relaxed),
            all,
            "read to the end"
        );
    }
    assert_eq!(files(&portal), 1, "the part of the one too big is gone");
}

/// Files in the store, half and whole.
fn files(portal: &Portal) -> usize {
    ["spool", "blobs"]
        .iter()
        .map(|folder| {
            std::fs::read_dir(portal.test.dir.path().join("files").join(folder))
                .expect("folder")
                .count()
        })
        .sum()
}

#[tokio::test]
async fn a_script_is_told_where_the_upload_leads_and_follows_itself() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut nurse = portal.logged_in("nurse").await;
    let mut ask = async |parts: &[String]| {
        let mut request = upload(Body::from(format!("{}--grens--\r\n", parts.concat())));
        request.headers_mut().insert(
            header::ACCEPT,
            app::islands::drop_area::WHERE.parse().unwrap(),
        );
        let answer = nurse.send(request).await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.body
    };
    let place = ask(&[part("bestand", Some("maart.csv"), GOOD)]).await;
    assert!(place.starts_with("/aanleveringen/"), "{place}");
    assert_eq!(ask(&[]).await, "/aanleveren?fout=geen#foutoverzicht");
}

#[test]
fn the_browser_and_the_server_agree_on_what_is_too_big() {
    assert_eq!(
        u64::from(app::islands::drop_area::LIMIT),
        server::intake::read::Limits::PORTAL.bytes
    );
}

fn list(parts: &[String]) -> Request<Body> {
    let mut request = upload(Body::from(format!("{}--grens--\r\n", parts.concat())));
    *request.uri_mut() = "/werklijst".parse().expect("path");
    request
}

#[tokio::test]
async fn a_worklist_comes_from_a_file_that_is_kept_nowhere() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut nurse = portal.logged_in("nurse").await;
    let content = "bsn;geboortedatum;kamer\n999990019;01-04-2000;3\n";
    let consent = || part("file_consent", None, "1");
    let file = || part("bestand", Some("zaal.csv"), content);
    let answer = nurse.send(list(&[file(), consent()])).await;
    assert_eq!(answer.location(), "/werklijst");
    let page = nurse.get("/werklijst").await;
    assert!(page.body.contains("*****0019") && !page.body.contains("zaal.csv"));
    assert_eq!(portal.count("SELECT count(*) FROM deliveries").await, 0);

    let huge = "x".repeat(3 << 20);
    for (parts, word) in [
        (vec![file()], "toestemming"),
        (vec![consent()], "geen"),
        (vec![file(), file(), consent()], "meer"),
        (
            vec![part("bestand", Some("groot.csv"), &huge), consent()],
            "groot",
        ),
        (
            vec![part("bestand", Some("x.csv"), "naam\nJansen\n"), consent()],
            "A0",
        ),
    ] {
        let answer = nurse.send(list(&parts)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let leads = answer.location();
        assert!(
            leads.starts_with(&format!("/werklijst?nieuw=1&bestand={word}")),
            "{leads}"
        );
        let page = nurse.get(leads.split('#').next().expect("path")).await;
        assert!(page.body.contains("foutoverzicht"), "{word}");
    }
    let cut = "--grens\r\nContent-Disposition: form-data; name=\"bestand\"; filename=\"x.csv\"\r\n\r\nbsn";
    let mut request = upload(Body::from(cut));
    *request.uri_mut() = "/werklijst".parse().expect("path");
    let answer = nurse.send(request).await;
    assert!(answer.location().contains("bestand=afgebroken"));
}

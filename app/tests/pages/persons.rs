//! Two reports of a jab side by side, what is ruled about them, and the record of a person.

use super::fakes::{BSN, ID, World};
use super::{get, post};
use axum::http::StatusCode;
use domain::role::Role;
use std::sync::Arc;

fn reviewer() -> Arc<World> {
    Arc::new(World::new(Some(Role::RivmBeoordelaar)))
}

fn compare() -> String {
    format!("/beoordelen/{ID}/vergelijken")
}

#[tokio::test]
async fn what_differs_between_two_reports_is_marked_and_what_cannot_be_is_said() {
    let page = get(&reviewer(), &compare()).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.html.matches("Verschilt").count(), 1, "the batch");
    for part in [
        "EJ6795",
        "EM0477",
        "Praktijk &lt;De Linde&gt;",
        "Beide houden kan niet",
        "Samenvoegen",
        "Deze melding telt niet",
        "Vaccinaties van de persoon",
        "<span class=\"utrecht-status-badge utrecht-status-badge--error\">2 van 2 → 3 van 2</span>",
        "Blijft gelijk",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(page.has(&format!("{}?met={ID}", compare())));
    // Why a record is opened is asked each time.
    assert!(page.has(&format!("href=\"/dossiers/{ID}\"")));
}

/// What the form about the row sends.
async fn rule(kind: &str, counts: &str, reason: &str) -> String {
    let id = ID.to_string();
    let form = [
        ("row", id.as_str()),
        ("kind", kind),
        ("other", &id),
        ("counts", counts),
        ("reason", reason),
    ];
    post(&reviewer(), "/api/oordeel", &form).await.location
}

#[tokio::test]
async fn a_ruling_needs_a_reason_and_a_choice() {
    for (kind, counts, reason, word) in [
        ("merge", "", "x", "keuze"),
        ("merge", "other", " ", "reden"),
        ("refuse", "", "", "reden"),
    ] {
        let location = rule(kind, counts, reason).await;
        assert!(
            location.ends_with(&format!("melding={word}#foutoverzicht")),
            "{location}"
        );
        let path = location.split('#').next().expect("a path");
        assert!(
            get(&reviewer(), path).await.title().starts_with("Fout:"),
            "{path}"
        );
    }
    for (kind, leads) in [
        ("merge", "melding=klaar"),
        ("keep", "melding=dag"),
        ("refuse", "melding=laat"),
    ] {
        let location = rule(kind, "this", "x").await;
        assert!(location.ends_with(leads), "{location}");
        let page = get(&reviewer(), &location).await;
        assert!(page.has("utrecht-alert"), "{kind}");
    }
    let late = format!(
        "/beoordelen/{}/vergelijken?melding=laat",
        super::fakes::GONE
    );
    let page = get(&reviewer(), &late).await;
    assert!(page.has("J. &lt;Jansen&gt; was u voor. Bekijk hoe het nu is."));
}

#[tokio::test]
async fn a_ruling_is_undone_with_a_reason_that_its_page_shows() {
    let path = format!("/beoordelen/oordelen/{ID}");
    let id = ID.to_string();
    let form = [("id", id.as_str()), ("reason", " ")];
    let answer = post(&reviewer(), "/api/oordeel-terug", &form).await;
    assert_eq!(
        answer.location,
        format!("{path}?melding=reden#foutoverzicht")
    );
    let page = get(&reviewer(), &format!("{path}?melding=reden")).await;
    assert!(page.links("#reason", "Vul in waarom het oordeel niet klopt."));
    assert!(page.title().starts_with("Fout:"));
    let form = [("id", id.as_str()), ("reason", "Toch twee prikken")];
    let answer = post(&reviewer(), "/api/oordeel-terug", &form).await;
    assert_eq!(answer.location, format!("{path}?melding=terug"));
    let gone = format!("/beoordelen/oordelen/{}?melding=terug", super::fakes::GONE);
    let page = get(&reviewer(), &gone).await;
    assert!(page.has("Toch &lt;twee&gt; prikken") && !page.has("action=\"/api/oordeel-terug"));
    assert!(page.has("Het oordeel is teruggedraaid."));
}

#[tokio::test]
async fn a_record_opens_only_with_a_reason_and_no_address_holds_a_bsn() {
    let nothing = get(&reviewer(), &format!("/dossiers/{ID}")).await;
    assert!(nothing.has("Waarom opent u dit dossier?") && !nothing.has("EM0477"));
    let page = get(&reviewer(), &format!("/dossiers/{ID}?reden=verzoek")).await;
    assert!(page.has("EM0477") && page.has("Zelfde &lt;prik&gt;"));
    for part in [
        "Correctie op verzoek van de instelling",
        "J. &lt;Jansen&gt;",
        &format!("href=\"/beoordelen/correcties/{ID}\""),
        &format!("href=\"/beoordelen/besluiten/{ID}\""),
        "Opnieuw beoordeeld: een codelijst is gewijzigd",
        "Bevindingen tot dan: B19, V22",
        &format!("href=\"/codelijsten/wijzigingen/{ID}\""),
        "Opnieuw vergeleken met de BRP",
    ] {
        assert!(page.has(part), "{part}");
    }
    // All of it in one line, in the order in which it happened, each with who and why.
    let places: Vec<usize> = [
        "Oordeel teruggedraaid: Samenvoegen",
        "Toch &lt;twee&gt; prikken",
        "Zelfde &lt;prik&gt;",
        "RIVM, P. &lt;Pieters&gt;, met akkoord van J. &lt;Jansen&gt;",
        "Verzoek: Per &lt;brief&gt;",
        "Ingetrokken",
        "Reden: Verkeerde &lt;persoon&gt;",
        "RIVM, op verzoek van Praktijk De Linde",
        "Gemeld</strong>",
        "corrigeren op verzoek",
    ]
    .iter()
    .scan(
        page.html.find("id=\"verloop\"").expect("the line"),
        |from, part| {
            let at = page.html[*from..].find(part);
            *from += at.unwrap_or_else(|| panic!("{part}"));
            Some(*from)
        },
    )
    .collect();
    assert!(places.is_sorted());
    assert_eq!(
        page.html.matches("<li class=\"cims-timeline__item").count(),
        10
    );
    // What was withdrawn is what the version before said.
    let withdrawn = &page.html[places[5]..places[6]];
    assert!(withdrawn.contains("batch EJ6795"), "{withdrawn}");
    assert!(
        page.has(
            "<span class=\"utrecht-status-badge utrecht-status-badge--success\">2 van 2</span>"
        )
    );
    assert!(!page.has("meer dan de serie"));
    let merged = format!("/dossiers/{}?reden=verzoek", super::fakes::MERGED);
    let merged = get(&reviewer(), &merged).await;
    assert!(merged.has("twee nummers van dezelfde persoon") && !page.has("twee nummers"));
    assert!(
        merged
            .has("<span class=\"utrecht-status-badge utrecht-status-badge--error\">3 van 2</span>")
    );
    assert!(merged.has("Dat is meer dan de serie heeft."));
    let record = format!("/dossiers/{ID}?reden=verzoek");
    for (bsn, why, leads) in [
        (BSN, "verzoek", record.as_str()),
        ("999995571", "verzoek", "/dossiers?melding=geen"),
        (BSN, "", "/dossiers?melding=reden#foutoverzicht"),
        ("123", "verzoek", "/dossiers?melding=bsn#foutoverzicht"),
    ] {
        let form = [("bsn", bsn), ("why", why)];
        let answer = post(&reviewer(), "/api/dossier-zoeken", &form).await;
        assert_eq!(answer.location, leads);
    }
}

#[tokio::test]
async fn a_row_that_a_colleague_has_open_says_so() {
    let page = get(&reviewer(), &format!("/beoordelen/{ID}")).await;
    assert!(page.has("Ook geopend door R. &lt;Collega&gt;."));
    let page = get(&reviewer(), &compare()).await;
    assert!(!page.has("Ook geopend door"));
}

#[tokio::test]
async fn only_who_reviews_compares_and_opens_records() {
    let paths = [
        compare(),
        format!("/beoordelen/oordelen/{ID}"),
        "/dossiers".to_owned(),
        format!("/dossiers/{ID}?reden=verzoek"),
    ];
    for path in &paths {
        for role in [Role::Invoerder, Role::Privacycoordinator, Role::Auditor] {
            let page = get(&Arc::new(World::new(Some(role))), path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{role:?} {path}");
        }
    }
}

//! Forms that do much need the token of a page of the same session (security §4.1).

use crate::portal::Portal;
use axum::http::StatusCode;
use server::web::routes::{Kind, routes};
use time::Duration;

/// Somebody who manages the users of an institution.
async fn managed() -> Portal {
    let portal = Portal::new().await;
    let party = portal.test.party("ZONNEHOF").await;
    portal
        .user("bram", &[("instellingsbeheerder", Some(&party))])
        .await;
    portal
}

const INVITED: &str = "SELECT count(*) FROM invitations";
const REFUSED: &str = "SELECT count(*) FROM audit_lines WHERE event = 'access.refused'";

#[tokio::test]
async fn a_form_that_does_much_brings_the_token_of_its_page() {
    let portal = managed().await;
    let mut bram = portal.logged_in("bram").await;
    let page = bram.get("/gebruikers").await.body;
    let token = page
        .split_once("name=\"formulier\" value=\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(token, _)| token.to_owned())
        .expect("the page has a token");
    let send = "/api/gebruiker-uitnodigen";
    let form = format!("name=Nel&role=invoerder&formulier={token}");
    let answer = bram.post_bare(send, &form).await;
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
    assert_eq!(portal.count(INVITED).await, 1);
}

#[tokio::test]
async fn without_it_or_with_another_or_an_old_one_nothing_happens() {
    let portal = managed().await;
    let mut other = portal.logged_in("bram").await;
    let foreign = other.token.take().expect("a token");
    let mut bram = portal.logged_in("bram").await;
    let old = portal
        .token(server::clock::now() - Duration::seconds(3_605))
        .await;
    let send = "/api/gebruiker-uitnodigen";
    for token in [
        "",
        "&formulier=",
        &format!("&formulier={foreign}"),
        &format!("&formulier={old}"),
    ] {
        let form = format!("name=Nel&role=invoerder{token}");
        let answer = bram.post_bare(send, &form).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{token}");
        assert!(answer.body.contains("Er is niets gewijzigd"));
    }
    assert_eq!(portal.count(INVITED).await, 0);
    assert_eq!(portal.count(REFUSED).await, 4);
    let answer = bram.post(send, "name=Nel&role=invoerder").await;
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
    assert_eq!(portal.count(INVITED).await, 1);
}

#[tokio::test]
async fn every_form_of_the_list_is_locked_for_whoever_may_send_it() {
    let portal = managed().await;
    let party = portal.test.party("DUINZICHT").await;
    for role in [
        "rivm-beheer",
        "privacycoordinator",
        "rivm-beoordelaar",
        "rivm-invoerder",
    ] {
        portal.user(role, &[(role, None)]).await;
    }
    portal
        .user("nurse", &[("instellingsbeheerder", Some(&party))])
        .await;
    let mut locked = 0;
    for path in app::HEAVY {
        let route = routes()
            .iter()
            .find(|route| route.path == *path && route.kind == Kind::Call);
        assert!(route.is_some(), "{path} is no route");
    }
    for subject in [
        "nurse",
        "rivm-beheer",
        "privacycoordinator",
        "rivm-beoordelaar",
        "rivm-invoerder",
    ] {
        let mut browser = portal.logged_in(subject).await;
        for path in app::HEAVY {
            let answer = browser.post_bare(path, "id=x").await;
            // Not theirs, or theirs and locked: never let in.
            match answer.status {
                StatusCode::FORBIDDEN => locked += 1,
                StatusCode::NOT_FOUND => {}
                other => panic!("{path}: {other} {}", answer.location()),
            }
        }
    }
    assert!(locked >= app::HEAVY.len(), "{locked} locked");
}

//! What belongs to one institution does not exist for another: every route with a key in it, from the table
//! (security B3). A new route is probed by itself, because the table is what the router serves.

use crate::browser::{Answer, Browser};
use crate::portal::Portal;
use axum::http::{StatusCode, header};
use server::web::routes::{Kind, Route, routes};
use uuid::Uuid;

/// The keys of things that exist, of the other institution.
struct Foreign {
    delivery: Uuid,
    draft: Uuid,
    registration: Uuid,
    row: Uuid,
    session: Uuid,
    reference: String,
}

/// Something of everything for the party of `nurse`, by the same road as people take.
async fn something_of_everything(portal: &Portal, nurse: &mut Browser) -> Foreign {
    let answer = nurse
        .send(crate::uploads::file("x.csv", crate::uploads::GOOD))
        .await;
    let delivery = answer
        .location()
        .rsplit('/')
        .next()
        .expect("key")
        .parse()
        .expect("key");
    portal.work().await;
    nurse
        .post("/api/aanlevering-indienen", &format!("delivery={delivery}"))
        .await;
    portal.work().await;
    let form = "row%5Btoestemming%5D=N";
    let saved = nurse.post("/api/registreren-persoon", form).await;
    let draft = saved
        .location()
        .split("concept=")
        .nth(1)
        .map(|rest| rest.split(['&', '#']).next().expect("key"));
    let draft = draft.and_then(|key| key.parse().ok());
    let one = |text: &'static str| async move {
        sqlx::query_scalar::<_, Uuid>(text)
            .fetch_optional(&portal.test.admin)
            .await
            .expect(text)
    };
    Foreign {
        delivery,
        draft: match draft {
            Some(draft) => draft,
            None => one("SELECT id FROM drafts LIMIT 1")
                .await
                .expect("a draft was made"),
        },
        registration: one("SELECT id FROM reports LIMIT 1")
            .await
            .expect("a row was stored"),
        row: one("SELECT id FROM delivery_rows LIMIT 1")
            .await
            .expect("rows were read"),
        session: one("SELECT id FROM sessions LIMIT 1")
            .await
            .expect("session"),
        reference: "2026-000001-1".to_owned(),
    }
}

fn path(route: &Route, id: Uuid, reference: &str) -> String {
    let id = id.to_string();
    let parts = route.path.split('/').map(|part| match part {
        "{id}" => id.as_str(),
        "{reference}" => reference,
        "{nummer}" => "2",
        other => other,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The page without its nonce, and without the seconds that the session has left: those pass between two answers.
fn without_nonce(answer: &Answer) -> String {
    let policy = answer.headers[header::CONTENT_SECURITY_POLICY]
        .to_str()
        .expect("ascii");
    let nonce = policy
        .split_once("'nonce-")
        .and_then(|(_, rest)| rest.split_once('\''))
        .map_or("-", |(nonce, _)| nonce);
    let mut body = answer.body.replace(nonce, "");
    const LEFT: &str = "&quot;absolute&quot;:";
    if let Some((before, rest)) = body.split_once(LEFT) {
        body = format!(
            "{before}{}",
            rest.trim_start_matches(|c: char| c.is_ascii_digit())
        );
    }
    body
}

#[tokio::test]
async fn a_foreign_key_answers_as_if_it_were_not_there() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut owner = portal.logged_in("nurse").await;
    let foreign = something_of_everything(&portal, &mut owner).await;
    let other = portal.test.party("ANDERS").await;
    portal
        .user("spy", &[("instellingsbeheerder", Some(&other))])
        .await;
    let spy = portal.logged_in("spy").await;
    let mut probes = 0;

    for route in routes()
        .iter()
        .filter(|route| route.method == "GET" && route.path.contains("{id}"))
    {
        for id in [
            foreign.delivery,
            foreign.registration,
            foreign.row,
            foreign.draft,
            foreign.session,
        ] {
            let missing = Uuid::now_v7();
            let (mut one, mut two) = (spy.clone(), spy.clone());
            let there = one.get(&path(route, id, &foreign.reference)).await;
            let absent = two.get(&path(route, missing, &foreign.reference)).await;
            assert_eq!(there.status, StatusCode::NOT_FOUND, "{} {id}", route.path);
            let same =
                |answer: &Answer, id: Uuid| without_nonce(answer).replace(&id.to_string(), "");
            assert_eq!(same(&there, id), same(&absent, missing), "{}", route.path);
            probes += 1;
        }
    }
    let nothing_moved = "SELECT (SELECT count(*) FROM deliveries) * 1000 + (SELECT count(*) FROM deliveries WHERE state = 'preview') * 100
        + (SELECT count(*) FROM drafts) * 10 + (SELECT count(*) FROM sessions WHERE revoked_at IS NULL)";
    let before = portal.count(nothing_moved).await;
    for route in routes().iter().filter(|route| route.kind == Kind::Call) {
        for id in [
            foreign.delivery,
            foreign.registration,
            foreign.draft,
            foreign.session,
        ] {
            // Every name a call uses for a key; it takes its own.
            let form = format!(
                "concept={id}&delivery={id}&registration={id}&session={id}&instelling={id}&seen={id}&number=2&reason=x&same_as={}&taal=nl",
                foreign.reference
            );
            let mut browser = spy.clone();
            let answer = browser.post(route.path, &form).await;
            assert!(
                answer.status != StatusCode::FORBIDDEN,
                "{}: the probe does not reach it",
                route.path
            );
            assert!(
                !answer.status.is_server_error() || answer.body.contains("missing field"),
                "{}: {} {}",
                route.path,
                answer.status,
                answer.body
            );
            assert!(
                !answer.body.contains("Probeersel") && !answer.body.contains("x.csv"),
                "{}",
                route.path
            );
            probes += 1;
        }
    }
    let own_drafts = portal.count("SELECT count(*) FROM drafts d JOIN users u ON u.id = d.user_id WHERE u.subject = 'spy'").await;
    assert_eq!(
        portal.count(nothing_moved).await - own_drafts * 10,
        before,
        "nothing of the other institution moved"
    );
    assert!(probes >= 80, "{probes} probes");
    let own = owner
        .get(&format!("/registraties/{}", foreign.registration))
        .await;
    assert!(
        own.status == StatusCode::OK && own.body.contains("Probeersel"),
        "the probe had something to find"
    );
    assert_eq!(
        owner
            .get(&format!("/aanleveringen/{}", foreign.delivery))
            .await
            .status,
        StatusCode::OK,
        "its owner sees it"
    );
}

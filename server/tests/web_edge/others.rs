//! Sessions of others (security §4.4): who may see and end them, and that it holds on the next request.

use crate::browser::Browser;
use crate::portal::Portal;
use axum::http::StatusCode;
use uuid::Uuid;

async fn session_of(portal: &Portal, user: Uuid) -> Uuid {
    sqlx::query_scalar("SELECT id FROM sessions WHERE user_id = $1 AND revoked_at IS NULL")
        .bind(user)
        .fetch_one(&portal.test.admin)
        .await
        .expect("an open session")
}

async fn end(by: &mut Browser, user: Uuid, session: Option<Uuid>) -> String {
    let session = session.map_or_else(String::new, |id| format!("&session={id}"));
    let form = format!("user={user}{session}");
    let answer = by.post("/api/sessies-beeindigen", &form).await;
    answer.location().to_owned()
}

#[tokio::test]
async fn rivm_ends_any_session_and_it_holds_on_the_next_request() {
    let portal = Portal::new().await;
    let nurse = portal.nurse().await;
    let rik = portal.user("rik", &[("rivm-beheer", None)]).await;
    let mut there = portal.logged_in("nurse").await;
    let mut here = portal.logged_in("rik").await;
    let page = here.get("/gebruikers/sessies").await;
    assert!(page.body.contains("nurse") && page.body.contains("Instelling ZONNEHOF"));
    let session = session_of(&portal, nurse).await;
    assert_eq!(
        end(&mut here, nurse, Some(session)).await,
        "/gebruikers/sessies?melding=beeindigd"
    );
    let answer = there.get("/registreren").await;
    assert_eq!(
        answer.location(),
        "/inloggen?reden=beheer&next=%2Fregistreren"
    );
    // Once; and not one's own: that is a logout.
    assert_eq!(
        end(&mut here, nurse, Some(session)).await,
        "/gebruikers/sessies?melding=al"
    );
    assert_eq!(
        end(&mut here, rik, None).await,
        "/gebruikers/sessies?melding=al"
    );
    let told = "SELECT count(*) FROM audit_lines WHERE event = 'access.session-ended' AND line::jsonb ->> 'reason' = 'beheer'";
    assert_eq!(portal.count(told).await, 1);
    let shown = "SELECT count(*) FROM audit_lines WHERE event = 'look.list' AND line::jsonb ->> 'list' = 'sessions'";
    assert_eq!(portal.count(shown).await, 1);
}

#[tokio::test]
async fn an_institution_sees_and_ends_its_own_people_alone() {
    let portal = Portal::new().await;
    let own = portal.test.party("ZONNEHOF").await;
    let other = portal.test.party("ANDERS").await;
    portal
        .user("bram", &[("instellingsbeheerder", Some(&own))])
        .await;
    let iris = portal.user("iris", &[("invoerder", Some(&own))]).await;
    let vera = portal.user("vera", &[("invoerder", Some(&other))]).await;
    let rian = portal.user("rian", &[("rivm-beoordelaar", None)]).await;
    let mut vera_there = portal.logged_in("vera").await;
    let mut iris_there = portal.logged_in("iris").await;
    portal.logged_in("rian").await;
    let mut bram = portal.logged_in("bram").await;
    let page = bram.get("/gebruikers/sessies").await;
    assert!(page.body.contains("iris"));
    for foreign in ["vera", "rian"] {
        assert!(!page.body.contains(foreign), "{foreign}");
    }
    for foreign in [vera, rian] {
        let session = session_of(&portal, foreign).await;
        for session in [Some(session), None] {
            assert_eq!(
                end(&mut bram, foreign, session).await,
                "/gebruikers/sessies?melding=al"
            );
        }
    }
    assert_eq!(vera_there.get("/registreren").await.status, StatusCode::OK);
    assert_eq!(
        end(&mut bram, iris, None).await,
        "/gebruikers/sessies?melding=beeindigd"
    );
    let gone = iris_there.get("/registreren").await;
    assert!(gone.location().starts_with("/inloggen?reden=beheer"));
}

#[tokio::test]
async fn it_takes_the_role_and_the_token_of_the_page() {
    let portal = Portal::new().await;
    let nurse = portal.nurse().await;
    portal.user("rik", &[("rivm-beheer", None)]).await;
    portal.user("rian", &[("rivm-beoordelaar", None)]).await;
    let mut there = portal.logged_in("nurse").await;
    let mut rian = portal.logged_in("rian").await;
    assert_eq!(
        rian.get("/gebruikers/sessies").await.status,
        StatusCode::NOT_FOUND
    );
    let form = format!("user={nurse}");
    assert_eq!(
        rian.post("/api/sessies-beeindigen", &form).await.status,
        StatusCode::NOT_FOUND
    );
    let mut rik = portal.logged_in("rik").await;
    let bare = rik.post_bare("/api/sessies-beeindigen", &form).await;
    assert_ne!(bare.location(), "/gebruikers/sessies?melding=beeindigd");
    assert_eq!(there.get("/registreren").await.status, StatusCode::OK);
}

//! Login against a provider that speaks the protocol, and lies (security B22, ASVS 6.8, 10.5).

use crate::browser::query;
use crate::portal::{AHEAD, Portal};
use crate::provider::{Lie, SUBSTANTIAL};
use axum::http::StatusCode;
use std::sync::atomic::Ordering;

#[tokio::test]
async fn somebody_logs_in_and_comes_back_where_they_were() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut browser = portal.browser();
    let start = browser.get("/auth/start?next=/sessies").await;
    assert_eq!(start.status, StatusCode::SEE_OTHER);
    let sent = query(start.location());
    assert!(
        start
            .location()
            .starts_with(&format!("{}/authorize?", portal.provider.issuer()))
    );
    assert_eq!(sent["code_challenge_method"], "S256");
    assert_eq!(sent["response_type"], "code");
    assert_eq!(sent["redirect_uri"], "http://localhost:3000/auth/terug");
    assert_eq!(sent["acr_values"], SUBSTANTIAL);
    assert_eq!(sent["prompt"], "login");
    assert!(
        sent["state"].len() >= 22 && sent["nonce"].len() >= 22,
        "128 bits"
    );
    let attempt = start.cookies().pop().expect("cookie");
    assert!(
        attempt.starts_with("__Host-cims-login=")
            && attempt.ends_with("Path=/; Max-Age=600; Secure; HttpOnly; SameSite=Lax"),
        "{attempt}"
    );
    for secret in [&sent["state"], &sent["nonce"]] {
        assert!(!attempt.contains(secret.as_str()), "the cookie is sealed");
    }

    let code = portal.provider.grant(&sent, "nurse", Lie::None);
    let back = browser
        .get(&format!("/auth/terug?code={code}&state={}", sent["state"]))
        .await;
    assert_eq!(back.status, StatusCode::OK, "{}", back.location());
    assert!(
        back.body.contains("content=\"0;url=/sessies\""),
        "{}",
        back.body
    );
    let session = back
        .cookies()
        .into_iter()
        .find(|one| one.starts_with("__Host-cims="))
        .expect("session");
    assert!(
        !browser.jar.contains_key("__Host-cims-login"),
        "the attempt is gone"
    );
    let attributes: Vec<&str> = session.split("; ").skip(1).collect();
    for wanted in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        assert!(attributes.contains(&wanted), "{session}");
    }
    assert!(
        !session.contains("Domain") && !session.contains("Max-Age"),
        "{session}"
    );
    let value = session.split([';', '=']).nth(1).expect("value").to_owned();
    let in_clear: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM sessions WHERE position($1 IN sessions::text) > 0 OR id_hash = $2",
    )
    .bind(&value)
    .bind(value.as_bytes())
    .fetch_one(&portal.test.admin)
    .await
    .expect("sessions");
    assert_eq!(in_clear, 0, "the id is never stored");

    let home = browser.get("/").await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(
        home.body.contains("nurse") && home.body.contains("Instelling ZONNEHOF"),
        "the frame says who"
    );
    assert_eq!(
        portal
            .count("SELECT count(*) FROM audit_lines WHERE event = 'access.login'")
            .await,
        1
    );
}

#[tokio::test]
async fn a_token_that_does_not_hold_lets_nobody_in() {
    let portal = Portal::new().await;
    portal.nurse().await;
    for (lie, reason) in [
        (Lie::WrongKey, "mislukt"),
        (Lie::AlgNone, "mislukt"),
        (Lie::AlgHs256, "mislukt"),
        (Lie::ForeignIssuer, "mislukt"),
        (Lie::ForeignAudience, "mislukt"),
        (Lie::Expired, "mislukt"),
        (Lie::WrongNonce, "mislukt"),
        (Lie::NoNonce, "mislukt"),
        (Lie::LowAcr, "zwak"),
        (Lie::NoAcr, "zwak"),
    ] {
        let mut browser = portal.browser();
        let back = portal.log_in_with(&mut browser, "nurse", lie).await;
        assert_eq!(
            back.location(),
            format!("/inloggen?reden={reason}"),
            "{lie:?}"
        );
        assert!(browser.jar.is_empty(), "{lie:?} left {:?}", browser.jar);
    }
    assert_eq!(portal.count("SELECT count(*) FROM sessions").await, 0);
    assert_eq!(
        portal
            .count("SELECT count(*) FROM audit_lines WHERE event = 'access.login-failed'")
            .await,
        10
    );
}

#[tokio::test]
async fn an_answer_opens_once_and_only_the_browser_that_asked() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut browser = portal.browser();
    let start = browser.get("/auth/start").await;
    let sent = query(start.location());
    let stolen = browser.clone();

    // Another browser with the right state but without the cookie.
    let code = portal.provider.grant(&sent, "nurse", Lie::None);
    let other = portal
        .browser()
        .get(&format!("/auth/terug?code={code}&state={}", sent["state"]))
        .await;
    assert_eq!(other.location(), "/inloggen?reden=mislukt");

    // Own cookie, foreign state.
    let foreign = browser
        .clone()
        .get(&format!("/auth/terug?code={code}&state=another"))
        .await;
    assert_eq!(foreign.location(), "/inloggen?reden=mislukt");

    let good = browser
        .get(&format!("/auth/terug?code={code}&state={}", sent["state"]))
        .await;
    assert_eq!(good.status, StatusCode::OK, "{}", good.location());

    // The same answer again, with a copy of the cookie and a fresh code of the provider.
    let again = portal.provider.grant(&sent, "nurse", Lie::None);
    let replayed = stolen
        .clone()
        .get(&format!("/auth/terug?code={again}&state={}", sent["state"]))
        .await;
    assert_eq!(replayed.location(), "/inloggen?reden=mislukt");
    assert_eq!(portal.count("SELECT count(*) FROM sessions").await, 1);
}

#[tokio::test]
async fn another_issuer_in_the_answer_is_refused() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut browser = portal.browser();
    let sent = query(browser.get("/auth/start").await.location());
    let code = portal.provider.grant(&sent, "nurse", Lie::None);
    let back = browser
        .get(&format!(
            "/auth/terug?code={code}&state={}&iss=https%3A%2F%2Fevil.example",
            sent["state"]
        ))
        .await;
    assert_eq!(back.location(), "/inloggen?reden=mislukt");
}

#[tokio::test]
async fn new_keys_of_the_provider_need_nobodys_hand() {
    let portal = Portal::new().await;
    portal.nurse().await;
    portal.logged_in("nurse").await;
    assert_eq!(portal.provider.key_fetches(), 1, "fetched once, kept");
    portal.logged_in("nurse").await;
    assert_eq!(portal.provider.key_fetches(), 1);
    portal.provider.change_key("second");
    // Within seconds of the last fetch nothing is fetched: a made-up key id must not hammer the provider.
    let mut browser = portal.browser();
    let early = portal.log_in_with(&mut browser, "nurse", Lie::None).await;
    assert_eq!(early.location(), "/inloggen?reden=mislukt");
    assert_eq!(portal.provider.key_fetches(), 1);
    AHEAD.fetch_add(11, Ordering::Relaxed);
    portal.logged_in("nurse").await;
    assert_eq!(
        portal.provider.key_fetches(),
        2,
        "an unknown key is looked up once"
    );
}

#[tokio::test]
async fn somebody_without_an_account_is_told_so() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut browser = portal.browser();
    let back = portal
        .log_in_with(&mut browser, "stranger", Lie::None)
        .await;
    assert_eq!(back.location(), "/inloggen?reden=geen-toegang");
    let page = browser.get(back.location()).await;
    assert!(page.body.contains("U hebt geen toegang tot dit portaal."));
    assert!(browser.jar.is_empty());
}

#[tokio::test]
async fn cancelling_and_a_provider_that_is_down_are_told_apart() {
    let portal = Portal::new().await;
    let mut browser = portal.browser();
    let sent = query(browser.get("/auth/start").await.location());
    let back = browser
        .get(&format!(
            "/auth/terug?error=access_denied&state={}",
            sent["state"]
        ))
        .await;
    assert_eq!(back.location(), "/inloggen?reden=afgebroken");

    let down = Portal::with(|config| config.login.issuer = "http://127.0.0.1:1".to_owned()).await;
    let start = down.browser().get("/auth/start").await;
    assert_eq!(start.location(), "/inloggen?reden=storing");
    let page = down.browser().get("/inloggen?reden=storing").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("De inlogdienst werkt nu niet."));
}

#[tokio::test]
async fn who_tries_too_often_has_to_wait() {
    let portal = Portal::new().await;
    let mut browser = portal.browser();
    let mut waits = None;
    for _ in 0..150 {
        let answer = browser.get("/auth/start").await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            waits = answer
                .headers
                .get("retry-after")
                .map(|one| one.to_str().expect("ascii").to_owned());
            break;
        }
    }
    assert_eq!(waits.as_deref(), Some("1"));
}

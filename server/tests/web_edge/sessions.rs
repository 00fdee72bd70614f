//! Sessions: new ids, ends that stay ends, rights per request (security B22, ASVS 7).

use crate::browser::bare;
use crate::house::House;
use crate::portal::{AHEAD, Portal};
use crate::provider::Lie;
use axum::http::{Method, StatusCode, header};
use std::sync::atomic::Ordering;
use tower_sessions::SessionStore;
use tower_sessions::session::Id;

/// Where a request with this cookie is let in.
async fn is_in(browser: &crate::browser::Browser) -> bool {
    let answer = browser.clone().get("/instelling").await;
    assert!(
        answer.status == StatusCode::OK || answer.location().starts_with("/inloggen"),
        "{} {}",
        answer.status,
        answer.location()
    );
    answer.status == StatusCode::OK
}

#[tokio::test]
async fn login_gives_a_new_id_and_kills_what_the_browser_brought() {
    let portal = Portal::new().await;
    portal.nurse().await;
    // An id planted by somebody else: never taken over.
    let planted = Id::default().to_string();
    let mut browser = portal.browser();
    browser
        .jar
        .insert("__Host-cims".to_owned(), planted.clone());
    portal.log_in_with(&mut browser, "nurse", Lie::None).await;
    let first = browser.jar["__Host-cims"].clone();
    assert_ne!(first, planted);
    let mut attacker = portal.browser();
    attacker.jar.insert("__Host-cims".to_owned(), planted);
    assert!(!is_in(&attacker).await);

    // Logging in again: another id, and the old one is dead.
    let old = browser.clone();
    portal.log_in_with(&mut browser, "nurse", Lie::None).await;
    assert_ne!(browser.jar["__Host-cims"], first);
    assert!(is_in(&browser).await);
    assert!(!is_in(&old).await);
}

#[tokio::test]
async fn a_second_login_ends_the_first_session_and_says_so() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut here = portal.logged_in("nurse").await;
    let mut there = portal.logged_in("nurse").await;
    let answer = here.get("/registreren").await;
    assert_eq!(
        answer.location(),
        "/inloggen?reden=elders&next=%2Fregistreren"
    );
    let told = there.get("/").await;
    assert!(
        told.body.contains("Die sessie is beëindigd"),
        "{}",
        told.body
    );
    assert!(
        !there
            .get("/")
            .await
            .body
            .contains("Die sessie is beëindigd"),
        "once"
    );
}

#[tokio::test]
async fn idle_ends_at_fifteen_minutes_and_everything_at_eight_hours() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let browser = portal.logged_in("nurse").await;
    // Some seconds may pass between the two on a slow machine; what the limits are is said to the second.
    let limits = server::web::session::Limits::default();
    assert_eq!((limits.idle, limits.absolute), (15 * 60, 8 * 3600));
    portal
        .sql("UPDATE sessions SET last_seen_at = now() - interval '14 minutes 30 seconds'")
        .await;
    assert!(is_in(&browser).await, "14:30 lives");
    portal
        .sql("UPDATE sessions SET last_seen_at = now() - interval '14 minutes 40 seconds'")
        .await;
    assert!(is_in(&browser).await, "14:40 lives");
    assert!(is_in(&browser).await, "and was seen again");
    portal
        .sql("UPDATE sessions SET created_at = now() - interval '7 hours 59 minutes 30 seconds'")
        .await;
    assert!(is_in(&browser).await, "7:59:30 lives");
    portal
        .sql("UPDATE sessions SET created_at = now() - interval '8 hours 1 second'")
        .await;
    assert!(!is_in(&browser).await, "8 h, however active");

    let browser = portal.logged_in("nurse").await;
    portal.sql("UPDATE sessions SET last_seen_at = now() - interval '15 minutes 1 second' WHERE revoked_at IS NULL").await;
    let answer = browser.clone().get("/registreren?concept=x").await;
    assert_eq!(
        answer.location(),
        "/inloggen?reden=verlopen&next=%2Fregistreren%3Fconcept%3Dx"
    );
    portal.sql("UPDATE sessions SET last_seen_at = now()").await;
    assert!(!is_in(&browser).await, "what ended stays ended");
    assert_eq!(
        portal
            .count("SELECT count(*) FROM audit_lines WHERE event = 'access.session-ended'")
            .await,
        2
    );
}

#[tokio::test]
async fn a_clock_that_is_set_lengthens_no_session() {
    // Set back by an hour, what was seen lies in the future; set forward, long ago.
    for set in [
        "UPDATE sessions SET created_at = created_at + interval '1 hour', last_seen_at = last_seen_at + interval '1 hour'",
        "UPDATE sessions SET created_at = created_at - interval '1 hour', last_seen_at = last_seen_at - interval '1 hour'",
    ] {
        let portal = Portal::new().await;
        portal.nurse().await;
        let browser = portal.logged_in("nurse").await;
        assert!(is_in(&browser).await);
        portal.sql(set).await;
        assert!(!is_in(&browser).await, "{set}");
    }
}

#[tokio::test]
async fn a_page_that_asks_by_itself_keeps_nobody_logged_in() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut browser = portal.logged_in("nurse").await;
    let age = "SELECT extract(epoch FROM now() - last_seen_at)::bigint FROM sessions";
    portal
        .sql("UPDATE sessions SET last_seen_at = now() - interval '10 minutes'")
        .await;
    browser
        .post(
            "/api/aanlevering-voortgang",
            "delivery=00000000-0000-0000-0000-000000000000",
        )
        .await;
    browser.get("/instelling?auto=1").await;
    assert!(
        portal.count(age).await >= 600,
        "automatic requests do not count"
    );
    assert_eq!(
        browser.post("/sessie/verleng", "").await.status,
        StatusCode::NO_CONTENT
    );
    assert!(portal.count(age).await < 5, "“Blijf ingelogd” does");
}

#[tokio::test]
async fn logging_out_ends_ours_first_and_empties_the_browser() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut browser = portal.logged_in("nurse").await;
    let copy = browser.clone();
    let out = browser.post("/auth/uitloggen", "").await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert!(
        out.location().starts_with(&format!(
            "{}/end?client_id=cims&post_logout_redirect_uri=",
            portal.provider.issuer()
        )),
        "{}",
        out.location()
    );
    assert_eq!(out.headers["clear-site-data"], "\"cookies\", \"storage\"");
    assert!(browser.jar.is_empty());
    assert!(!is_in(&copy).await, "a copy of the cookie is worthless");
    assert_eq!(
        portal
            .count("SELECT count(*) FROM audit_lines WHERE event = 'access.logout'")
            .await,
        1
    );
    assert_eq!(
        portal.browser().get("/auth/uitloggen").await.status,
        StatusCode::METHOD_NOT_ALLOWED,
        "only by a post"
    );
}

#[tokio::test]
async fn of_two_log_ins_at_once_one_session_is_left() {
    let portal = Portal::new().await;
    portal.nurse().await;
    for _ in 0..10 {
        let (one, two) = tokio::join!(portal.logged_in("nurse"), portal.logged_in("nurse"));
        assert_ne!(is_in(&one).await, is_in(&two).await, "one of them");
    }
}

#[tokio::test]
async fn logging_out_wins_from_requests_in_flight() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let store = server::web::session::HashedStore::new(
        portal.test.db.portal.clone(),
        server::web::session::Limits::default(),
    );
    let browser = portal.logged_in("nurse").await;
    let id: Id = browser.jar["__Host-cims"].parse().expect("id");
    for round in 0..500 {
        // One log-in is enough: the session is put back as it was.
        portal
            .sql("UPDATE sessions SET revoked_at = NULL, revoked_reason = NULL, last_seen_at = now()")
            .await;
        // A request that already read its session, and saves it after the logout.
        let held = store.load(&id).await.expect("store").expect("alive");
        let busy: Vec<_> = (0..2)
            .map(|_| {
                let mut one = browser.clone();
                tokio::spawn(async move { one.get("/sessies").await.status })
            })
            .collect();
        browser.clone().post("/auth/uitloggen", "").await;
        store.save(&held).await.expect("silently dropped");
        for one in busy {
            one.await.expect("no panic");
        }
        assert!(!is_in(&browser).await, "resurrected in round {round}");
        assert!(store.load(&id).await.expect("store").is_none());
    }
    assert_eq!(
        portal
            .count("SELECT count(*) FROM sessions WHERE revoked_at IS NULL")
            .await,
        0
    );
}

#[tokio::test]
async fn rights_are_read_for_every_request() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let browser = portal.logged_in("nurse").await;
    assert_eq!(
        browser
            .clone()
            .get("/registreren/zonder-toestemming")
            .await
            .status,
        StatusCode::OK
    );
    portal.sql("UPDATE parties SET status = 'suspended'").await;
    let suspended = browser.clone().get("/registreren/zonder-toestemming").await;
    assert_eq!(
        suspended.location(),
        "/inloggen?reden=geen-toegang&next=%2Fregistreren%2Fzonder-toestemming"
    );
    portal.sql("UPDATE parties SET status = 'active'").await;

    let browser = portal.logged_in("nurse").await;
    portal.sql("UPDATE users SET disabled_at = now()").await;
    assert!(!is_in(&browser).await, "disabled");
    portal.sql("UPDATE users SET disabled_at = NULL").await;
    assert!(!is_in(&browser).await, "enabling revives no session");

    let browser = portal.logged_in("nurse").await;
    portal
        .sql("UPDATE user_roles SET role = 'rivm-beoordelaar', party_id = NULL")
        .await;
    let other_role = browser.clone().get("/registreren/zonder-toestemming").await;
    let missing = browser.clone().get("/registreren/bestaat-echt-niet").await;
    assert_eq!(
        (other_role.status, missing.status),
        (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND)
    );
    assert_eq!(
        other_role.page(),
        missing.page(),
        "no right and not there are one answer"
    );
    assert_eq!(
        portal
            .count("SELECT count(*) FROM audit_lines WHERE event = 'access.refused'")
            .await,
        1
    );
}

#[tokio::test]
async fn who_works_for_two_institutions_chooses_one_of_them_and_no_other() {
    let portal = Portal::new().await;
    let (one, two) = (
        portal.test.party("EEN").await,
        portal.test.party("TWEE").await,
    );
    let foreign = portal.test.party("VREEMD").await;
    portal
        .user(
            "both",
            &[("invoerder", Some(&one)), ("invoerder", Some(&two))],
        )
        .await;
    let mut browser = portal.logged_in("both").await;
    for path in ["/", "/registreren/zonder-toestemming"] {
        assert!(
            browser
                .get(path)
                .await
                .location()
                .starts_with("/instelling"),
            "{path}"
        );
    }
    let page = browser.get("/instelling").await;
    assert!(
        page.body.contains("Instelling EEN")
            && page.body.contains("Instelling TWEE")
            && !page.body.contains("VREEMD")
    );
    for wrong in [
        foreign.id.to_string(),
        String::new(),
        uuid::Uuid::nil().to_string(),
        "x".to_owned(),
    ] {
        browser
            .post("/api/instelling-kiezen", &format!("instelling={wrong}"))
            .await;
        assert!(
            browser.get("/").await.location().starts_with("/instelling"),
            "{wrong}"
        );
    }
    browser
        .post("/api/instelling-kiezen", &format!("instelling={}", two.id))
        .await;
    let home = browser.get("/").await;
    assert!(home.status == StatusCode::OK && home.body.contains("Instelling TWEE"));
    portal
        .sql("UPDATE parties SET status = 'suspended' WHERE code = 'TWEE'")
        .await;
    let home = browser.get("/").await;
    assert!(
        home.body.contains("Instelling EEN") && !home.body.contains("Instelling TWEE"),
        "the one that is left"
    );
}

#[tokio::test]
async fn staff_needs_the_stronger_login_where_it_is_configured() {
    let portal = Portal::with(|config| {
        config.login.staff_acr = vec!["http://eidas.europa.eu/LoA/high".to_owned()]
    })
    .await;
    portal.user("staff", &[("rivm-beheer", None)]).await;
    let mut browser = portal.browser();
    portal.log_in_with(&mut browser, "staff", Lie::None).await;
    let answer = browser.get("/instelling").await;
    assert_eq!(
        answer.location(),
        "/inloggen?reden=geen-toegang&next=%2Finstelling"
    );
}

#[tokio::test]
async fn a_database_that_is_away_is_said_and_nobody_gets_in() {
    let portal = Portal::new().await;
    portal.nurse().await;
    let browser = portal.logged_in("nurse").await;
    portal.test.db.portal.close().await;
    let answer = browser.clone().get("/instelling").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers[header::RETRY_AFTER], "60");
    let ready = crate::browser::raw(&portal.router, bare(&Method::GET, "/readyz")).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let alive = crate::browser::raw(&portal.router, bare(&Method::GET, "/healthz")).await;
    assert_eq!(alive.status, StatusCode::OK);
}

#[tokio::test]
async fn work_that_waits_too_long_is_said_and_keeps_no_node_out_of_service() {
    let portal = Portal::new().await;
    let ready = async || {
        let answer = crate::browser::raw(&portal.router, bare(&Method::GET, "/readyz")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    };
    assert!(ready().await.contains("\"jobs\":\"ok\""));
    portal
        .sql("INSERT INTO jobs (id, kind, subject, created_at, run_at) VALUES (gen_random_uuid(), 'check', gen_random_uuid(), now() - interval '6 minutes', now() - interval '6 minutes')")
        .await;
    assert!(ready().await.contains("\"jobs\":\"achter\""));
}

#[tokio::test]
async fn a_node_whose_clock_goes_astray_while_it_runs_serves_nobody_until_it_is_right() {
    let portal = Portal::new().await;
    let ready = async || {
        let answer = crate::browser::raw(&portal.router, bare(&Method::GET, "/readyz")).await;
        let right = answer.body.contains("\"clock\":\"ok\"");
        assert!(
            answer.body.contains("\"database\":\"ok\""),
            "{}",
            answer.body
        );
        (answer.status, right)
    };
    assert_eq!(ready().await, (StatusCode::OK, true));
    // Behind: what passes until it is asked makes the difference no smaller.
    AHEAD.store(-6, Ordering::Relaxed);
    let astray = ready().await;
    AHEAD.store(0, Ordering::Relaxed);
    assert_eq!(astray, (StatusCode::SERVICE_UNAVAILABLE, false));
    assert_eq!(ready().await, (StatusCode::OK, true));
}

#[tokio::test]
async fn of_a_person_who_was_not_asked_nothing_is_kept_after_the_session_ended() {
    const IDLE: &str = "UPDATE sessions SET last_seen_at = now() - interval '15 minutes 1 second' WHERE revoked_at IS NULL";
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut browser = portal.logged_in("nurse").await;
    portal.sql(IDLE).await;
    let person = "row%5Bbsn%5D=999990019&row%5Bgeboortedatum_jaar%5D=2000";
    let answer = browser.post("/api/registreren-persoon", person).await;
    let to = answer.location();
    assert!(
        to.starts_with("/inloggen?reden=verlopen") && !to.contains("concept"),
        "{to}"
    );
    assert_eq!(portal.count("SELECT count(*) FROM drafts").await, 0);
    assert_eq!(portal.count("SELECT count(*) FROM kept_forms").await, 0);
}

#[tokio::test]
async fn a_form_sent_after_the_session_ended_is_kept_for_its_owner_and_does_nothing_else() {
    const IDLE: &str = "UPDATE sessions SET last_seen_at = now() - interval '15 minutes 1 second' WHERE revoked_at IS NULL";
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut browser = portal.logged_in("nurse").await;
    portal.sql(IDLE).await;
    let person = "row%5Btoestemming%5D=J&row%5Bbsn%5D=999990019&row%5Bgeboortedatum_dag%5D=1\
        &row%5Bgeboortedatum_maand%5D=4&row%5Bgeboortedatum_jaar%5D=2000";
    let answer = browser.post("/api/registreren-persoon", person).await;
    let next =
        crate::browser::query(&format!("http://localhost{}", answer.location()))["next"].clone();
    assert!(
        answer
            .location()
            .starts_with("/inloggen?reden=verlopen&next=")
            && next.starts_with("/registreren?concept="),
        "{}",
        answer.location()
    );
    assert_eq!(portal.count("SELECT count(*) FROM brp_checks").await, 0);
    assert!(!is_in(&browser).await, "it lets nobody in");
    let mut again = portal.logged_in("nurse").await;
    let form = again.get(&next).await;
    assert!(form.body.contains("999990019"), "nothing typed is lost");

    // The next step of the same draft, and what cannot be done this way: sending it.
    portal.sql(IDLE).await;
    let draft = next.split('=').nth(1).expect("draft").to_owned();
    let copy = again.clone();
    let vaccination = format!("concept={draft}&row%5Bbatchnummer%5D=EJ6796");
    let answer = again
        .post("/api/registreren-vaccinatie", &vaccination)
        .await;
    assert!(
        answer
            .location()
            .contains("%2Fregistreren%2Fvaccinatie%3Fconcept"),
        "{}",
        answer.location()
    );
    let answer = copy
        .clone()
        .post("/api/registreren-versturen", &format!("concept={draft}"))
        .await;
    assert!(
        answer
            .location()
            .contains("%2Fregistreren%2Fcontroleren%3Fconcept"),
        "{}",
        answer.location()
    );
    assert_eq!(portal.count("SELECT count(*) FROM reports").await, 0);

    // Nothing is kept for who logged out, or has no access any more.
    let drafts = "SELECT count(*) FROM drafts";
    let before = portal.count(drafts).await;
    let mut gone = portal.logged_in("nurse").await;
    let left = gone.clone();
    gone.post("/auth/uitloggen", "").await;
    left.clone().post("/api/registreren-persoon", person).await;
    let mut disabled = portal.logged_in("nurse").await;
    portal.sql(IDLE).await;
    portal.sql("UPDATE users SET disabled_at = now()").await;
    disabled.post("/api/registreren-persoon", person).await;
    assert_eq!(portal.count(drafts).await, before);
}

#[tokio::test]
async fn a_form_without_a_draft_of_its_own_is_kept_as_it_was_sent() {
    const IDLE: &str = "UPDATE sessions SET last_seen_at = now() - interval '15 minutes 1 second' WHERE revoked_at IS NULL";
    const INVITE: &str = "/api/gebruiker-uitnodigen";
    const KEPT: &str = "Wat u invulde, is bewaard.";
    let portal = Portal::new().await;
    let party = portal.test.party("ZONNEHOF").await;
    let role = [("instellingsbeheerder", Some(&party))];
    for name in ["bram", "nel"] {
        portal.user(name, &role).await;
    }
    let mut bram = portal.logged_in("bram").await;
    portal.sql(IDLE).await;
    let answer = bram.post(INVITE, "name=Nel+de+Vries&role=invoerder").await;
    let to = answer.location().to_owned();
    assert!(to.starts_with("/inloggen?reden=verlopen&next="), "{to}");
    assert!(portal.browser().get(&to).await.body.contains(KEPT), "{to}");
    let kept = next(&answer).expect("the way to it");
    assert!(kept.starts_with("/bewaard/"), "{kept}");
    let invited = "SELECT count(*) FROM invitations";
    assert_eq!(portal.count(invited).await, 0, "nothing else was done");

    // Its sender finds it; a colleague does not.
    let mut nel = portal.logged_in("nel").await;
    assert_eq!(nel.get(&kept).await.status, StatusCode::NOT_FOUND);
    let mut bram = portal.logged_in("bram").await;
    let page = bram.get(&kept).await;
    assert!(page.body.contains("Nel de Vries"), "nothing typed is lost");
    let id = kept.trim_start_matches("/bewaard/");
    let again = format!("{INVITE}?{}={id}", app::kept::AGAIN);
    assert!(page.body.contains(&again), "it is sent from here");
    let form = format!(
        "name=Nel+de+Vries&role=invoerder&{}={}",
        app::FORM_TOKEN,
        bram.token.clone().expect("a token")
    );
    let sent = bram.post_bare(&again, &form).await;
    assert!(sent.location().starts_with("/gebruikers/uitnodiging/"));
    assert_eq!(portal.count(invited).await, 1);
    let left = "SELECT count(*) FROM kept_forms";
    assert_eq!(portal.count(left).await, 0, "sent is sent");

    // A script sends it just before the end: only kept, also while the session lives.
    let only = format!("{INVITE}?{}", app::kept::ONLY_KEEP);
    let answer = bram.post_bare(&only, &form).await;
    assert!(answer.location().ends_with("&bewaard=1"));
    assert_eq!(portal.count(invited).await, 1);
    // Nobody typed anything: nothing is kept, and nothing says so.
    portal.sql(IDLE).await;
    let answer = bram.post(INVITE, "name=&role=invoerder").await;
    assert_eq!(answer.location(), "/inloggen?reden=verlopen");
    let page = portal.browser().get(answer.location()).await;
    assert!(!page.body.contains("bewaard"), "{}", page.body);
    assert_eq!(portal.count(left).await, 1);
}

/// Where the login page is told to lead to.
fn next(answer: &crate::browser::Answer) -> Option<String> {
    let address = format!("http://localhost{}", answer.location());
    crate::browser::query(&address).remove("next")
}

#[tokio::test]
async fn a_form_sent_after_a_login_elsewhere_is_kept_for_its_owner() {
    let person = "row%5Btoestemming%5D=J&row%5Bbsn%5D=999990019&row%5Bgeboortedatum_dag%5D=1\
        &row%5Bgeboortedatum_maand%5D=4&row%5Bgeboortedatum_jaar%5D=2000";
    let portal = Portal::new().await;
    portal.nurse().await;
    let mut here = portal.logged_in("nurse").await;
    let mut there = portal.logged_in("nurse").await;
    let copy = here.clone();
    let answer = here.post("/api/registreren-persoon", person).await;
    let to = answer.location();
    assert!(to.starts_with("/inloggen?reden=elders&next="), "{to}");
    assert!(to.ends_with("&bewaard=1"), "{to}");
    let told = portal.browser().get(to).await;
    assert!(
        told.body.contains("Wat u invulde, is bewaard."),
        "{}",
        told.body
    );
    assert_eq!(portal.count("SELECT count(*) FROM brp_checks").await, 0);
    assert!(!is_in(&here).await, "it lets nobody in");
    let form = there.get(&next(&answer).expect("the way back")).await;
    assert!(form.body.contains("999990019"), "nothing typed is lost");

    // Not after a day, and not when a manager ended the session.
    let drafts = "SELECT count(*) FROM drafts";
    let before = portal.count(drafts).await;
    for change in [
        "UPDATE sessions SET last_seen_at = now() - interval '25 hours' WHERE revoked_reason = 'elders'",
        "UPDATE sessions SET last_seen_at = now(), revoked_reason = 'beheer' WHERE revoked_reason = 'elders'",
    ] {
        assert_eq!(portal.sql(change).await, 1);
        let answer = copy.clone().post("/api/registreren-persoon", person).await;
        assert_eq!(next(&answer), None, "{change}");
    }
    assert_eq!(portal.count(drafts).await, before);
}

#[tokio::test]
async fn forms_of_the_grid_and_of_rivm_are_kept_too() {
    let mut house = House::new().await;
    let delivery = house.refused(1).await;
    let seen = house.seen(delivery, 2).await;
    let correction = house.correction().await;
    let waiting = house.waiting().await;
    let nameless = house.nameless().await;
    let (nurse, judge) = ("invoerder", "rivm-beoordelaar");
    for (who, path, form, leads, typed) in [
        (
            nurse,
            "/api/regels-verbeteren",
            format!("delivery={delivery}&rows[r2][seen]={seen}&rows[r2][dosisnummer]=acht"),
            format!("/aanleveringen/{delivery}/regels?pagina=1&concept="),
            "acht",
        ),
        (
            judge,
            "/api/correctie-bewaren",
            format!("id={correction}&request=verzoek-in-een-brief"),
            format!("/beoordelen/correcties/{correction}"),
            "verzoek-in-een-brief",
        ),
        (
            judge,
            "/api/groep-besluit",
            format!("row={waiting}&kind=accept&reason=gebeld-met-balie"),
            "/beoordelen/besluiten/".to_owned(),
            "gebeld-met-balie",
        ),
        (
            judge,
            "/api/regel-koppelen",
            format!("row={nameless}&person=2&reason=zelfde-adres"),
            "/beoordelen/besluiten/".to_owned(),
            "zelfde-adres",
        ),
        (
            "rivm-beheer",
            "/api/lijst-voorstel",
            "form[lijst]=doelgroepen&form[sleutel]=DAKLOOS&form[betekenis]=Dakloos&form[bron]=brief-van-vws".to_owned(),
            "/codelijsten/wijzigingen/".to_owned(),
            "brief-van-vws",
        ),
    ] {
        let again = house.portal.logged_in(who).await;
        let answer = house.of(who).post(path, &form).await;
        let to = next(&answer).unwrap_or_default();
        assert!(to.starts_with(&leads), "{path}: {}", answer.location());
        let page = again.clone().get(&to).await;
        assert!(page.body.contains(typed), "{path}: {}", page.body);
        house.people.insert(who, again);
    }
    let done =
        "SELECT count(*) FROM audit_lines WHERE event IN ('transfer.row-mended', 'record.decided')";
    assert_eq!(house.portal.count(done).await, 0, "nothing else happened");
}

#[tokio::test]
async fn why_a_registration_is_right_as_it_stands_is_kept_when_the_session_ended() {
    let mut house = House::new().await;
    let registration = house.returned().await;
    let mut again = house.portal.logged_in("invoerder").await;
    let form = format!("registration={registration}&reason=zo-staat-het-op-de-doos");
    let answer = house
        .of("invoerder")
        .post("/api/registratie-klopt", &form)
        .await;
    let to = next(&answer).unwrap_or_default();
    let leads = format!("/registraties/{registration}?concept=");
    assert!(to.starts_with(&leads), "{}", answer.location());
    let page = again.get(&to).await;
    assert!(page.body.contains("zo-staat-het-op-de-doos"), "{to}");
    let with_sender = "SELECT count(*) FROM delivery_rows WHERE returned_at IS NOT NULL";
    assert_eq!(house.portal.count(with_sender).await, 1, "nothing was sent");
    // Sent from there it leads on, and RIVM has the row again.
    let sent = again.post("/api/registratie-klopt", &form).await;
    assert_eq!(
        sent.location(),
        format!("/registraties/{registration}?melding=klopt")
    );
    assert_eq!(house.portal.count(with_sender).await, 0);
}

#[tokio::test]
async fn a_proposal_of_rivm_that_lacks_something_is_kept_as_it_was_sent() {
    const IDLE: &str = "UPDATE sessions SET last_seen_at = now() - interval '15 minutes 1 second' WHERE revoked_at IS NULL";
    let mut house = House::new().await;
    let waiting = house.waiting().await;
    let nameless = house.nameless().await;
    let decision = house.decision(waiting).await;
    let judge = "rivm-beoordelaar";
    let proposals = [
        (
            judge,
            "/api/groep-besluit",
            format!("row={waiting}&kind=map&value=&reason=gebeld-met-balie"),
            "gebeld-met-balie",
        ),
        (
            judge,
            "/api/regel-koppelen",
            format!("row={nameless}&reason=zelfde-adres"),
            "zelfde-adres",
        ),
        (
            judge,
            "/api/koppeling-terug",
            format!("id={decision}&reason=toch-niet-zij"),
            "toch-niet-zij",
        ),
        (
            "rivm-beheer",
            "/api/lijst-voorstel",
            "form[lijst]=doelgroepen&form[sleutel]=DAKLOOS&form[bron]=brief-van-vws".to_owned(),
            "brief-van-vws",
        ),
    ];
    let done = "SELECT (SELECT count(*) FROM decisions) + (SELECT count(*) FROM list_changes)";
    let before = house.portal.count(done).await;
    for (who, path, form, typed) in &proposals {
        // Sent after a login elsewhere, after the end, and by a script just before it.
        for way in ["elders", "verlopen", "bewaren"] {
            let mut browser = house.portal.logged_in(who).await;
            let mut path = (*path).to_owned();
            match way {
                "elders" => drop(house.portal.logged_in(who).await),
                "verlopen" => drop(house.portal.sql(IDLE).await),
                _ => path += app::kept::ONLY_KEEP_ADDED,
            }
            let answer = browser.post(&path, form).await;
            let said = answer.location().ends_with("&bewaard=1");
            let to = next(&answer).unwrap_or_default();
            let kept = said && to.starts_with("/bewaard/");
            assert!(kept, "{way} {path}: {}", answer.location());
            let page = house.portal.logged_in(who).await.get(&to).await;
            assert!(page.body.contains(typed), "{path}: {}", page.body);
            assert!(!page.body.contains("Alsnog versturen"), "{path}");
        }
    }
    assert_eq!(house.portal.count(done).await, before, "nothing else");
}

#[tokio::test]
async fn a_difference_on_a_card_is_kept_with_what_is_personal_in_it() {
    let mut house = House::new().await;
    let card = house.differing().await;
    let (who, path) = ("rivm-invoerder-2", "/api/kaart-verschil");
    let mut browser = house.portal.logged_in(who).await;
    let form = format!(
        "card={card}&agreed=1&choice[bsn]=anders&other[bsn]=999990019&choice[batchnummer]=eerste&reason="
    );
    let only = path.to_owned() + app::kept::ONLY_KEEP_ADDED;
    let to = next(&browser.post(&only, &form).await).unwrap_or_default();
    let page = browser.get(&to).await;
    for part in ["999990019", "Geen van beide", "Eerste invoer"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
}

#[tokio::test]
async fn what_was_typed_is_kept_when_it_breaks_and_nothing_is_promised_when_not() {
    const INVITE: &str = "/api/gebruiker-uitnodigen";
    const FORM: &str = "name=Nel+de+Vries&role=invoerder";
    let portal = Portal::new().await;
    let party = portal.test.party("ZONNEHOF").await;
    let role = [("instellingsbeheerder", Some(&party))];
    portal.user("bram", &role).await;
    let mut bram = portal.logged_in("bram").await;
    portal
        .sql("ALTER TABLE invitations RENAME TO broken_invitations")
        .await;
    let answer = bram.post(INVITE, FORM).await;
    let to = answer.location().to_owned();
    assert!(
        to.starts_with("/bewaard/") && to.contains("?storing="),
        "{to}"
    );
    let page = bram.get(&to).await;
    for part in ["Er ging iets mis bij ons.", "Nel de Vries"] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    portal
        .sql("ALTER TABLE kept_forms RENAME TO broken_kept_forms")
        .await;
    let answer = bram.post(INVITE, FORM).await;
    assert!(answer.location().starts_with("/storing/"));
    let page = bram.get(answer.location()).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    let main = page.body.split("<main").nth(1).expect("a page");
    let main = main.split("</main>").next().expect("a page");
    assert!(!main.contains("bewaard"), "{main}");
}

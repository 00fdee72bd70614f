//! Accesses to the drop box over the real routes: who may change them, what a new password looks like, and that it is shown
//! once and to who made it.

use crate::browser::Browser;
use crate::portal::Portal;
use argon2::Argon2;
use argon2::password_hash::{PasswordVerifier, phc::PasswordHash};
use axum::http::StatusCode;
use domain::delivery::dropbox::Proof;
use server::commands::sftp::{Add, add};
use uuid::Uuid;

/// Keys of nobody: of a kind that is taken, and of one that is not.
const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICcf8LSK9zAlpzZJx0IvmLvnDlKHUr3ARgiRQZWdoRe4 iemand@huis";
const OTHER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIsiqHTHL8RuEM611TZ14e1ywesADa1y3EzGEyqSwtgu";
const RSA: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQCet9h7pEduUXEf/4DHXwo91rr07+GyUtb4Drc7jIyJb2TV+ECVNX2wvBOybHoWieDADrdKgy5lyR/VYKCFecKGM6klK2vgu4gO7puS7/rTrUotWASfFxwD3xMP9iBLHyEia2NzLYFpm5XiRpNfWL/sYnoGmws1zxT4g8a0VOvMew==";
const COOKIE: &str = "__Host-cims-eenmalig";

/// An access of ZONNEHOF with a password, and two who run the register.
async fn given() -> (Portal, Uuid, String) {
    let portal = Portal::new().await;
    portal.test.party("ZONNEHOF").await;
    for subject in ["rik", "rosa"] {
        portal.user(subject, &[("rivm-beheer", None)]).await;
    }
    let args = Add {
        name: "zonnehof-1".to_owned(),
        party: "ZONNEHOF".to_owned(),
        intermediary: None,
        installation: "1".to_owned(),
        proof: Proof::Rename,
        rhythm: "workday".to_owned(),
        brp: false,
        keys: Vec::new(),
        sources: Vec::new(),
        by: "test".to_owned(),
    };
    let password = add(&portal.test.db, &args).await.expect("an account");
    let id = sqlx::query_scalar("SELECT id FROM sftp_accounts")
        .fetch_one(&portal.test.admin)
        .await
        .expect("an account");
    (portal, id, password.expect("a password"))
}

async fn change(browser: &mut Browser, id: Uuid, rest: &str) -> String {
    let form = format!("id={id}&{rest}");
    let answer = browser.post("/api/toegang-wijzigen", &form).await;
    assert_eq!(answer.status, StatusCode::FOUND, "{}", answer.body);
    answer.location().to_owned()
}

/// The word that a change leads to.
async fn word(browser: &mut Browser, id: Uuid, rest: &str) -> String {
    let to = change(browser, id, rest).await;
    let (_, word) = to.split_once("melding=").expect(&to);
    word.split('#').next().unwrap_or_default().to_owned()
}

/// Whether a password opens the account: by the one of now, or by the one before while that is valid.
async fn opens(portal: &Portal, password: &str) -> bool {
    let hashes: (Option<String>, Option<String>) = sqlx::query_as(
        "SELECT password_hash, CASE WHEN password_before_until > now() THEN password_before END FROM sftp_accounts",
    )
    .fetch_one(&portal.test.admin)
    .await
    .expect("hashes");
    [hashes.0, hashes.1].into_iter().flatten().any(|hash| {
        let hash = PasswordHash::new(&hash).expect("a hash");
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// A password as it stands on a page: 26 signs that are not taken for one another.
fn password_on(page: &str) -> Option<String> {
    let words = page.split(|sign: char| !sign.is_ascii_alphanumeric());
    let is_one = |word: &&str| {
        word.len() == 26
            && word
                .chars()
                .all(|sign| "abcdefghjkmnpqrstuvwxyz23456789X".contains(sign))
    };
    words.filter(is_one).map(str::to_owned).next()
}

#[tokio::test]
async fn a_new_password_is_shown_once_and_the_old_one_is_valid_until_it_is_ended() {
    let (portal, id, first) = given().await;
    let mut rik = portal.logged_in("rik").await;
    let to = change(&mut rik, id, "step=wachtwoord").await;
    let page = rik.get(&to).await.page();
    let second = password_on(&page).expect("the new password");
    assert!(!to.contains(&second), "in no address");
    assert!(page.contains("Het vorige wachtwoord is ook geldig"));
    assert!(opens(&portal, &first).await && opens(&portal, &second).await);
    let days = "SELECT count(*) FROM sftp_accounts WHERE password_before_until BETWEEN now() + interval '6 days 23 hours' AND now() + interval '7 days'";
    assert_eq!(portal.count(days).await, 1);
    // Once: not when it is opened again, and nowhere else.
    assert!(!rik.jar.contains_key(COOKIE));
    assert_eq!(password_on(&rik.get(&to).await.page()), None);
    let kept = sqlx::query_scalar::<_, bool>(
        "SELECT EXISTS (SELECT FROM audit_lines WHERE line LIKE '%' || $1 || '%')
             OR EXISTS (SELECT FROM sftp_accounts a WHERE a::text LIKE '%' || $1 || '%')",
    )
    .bind(&second)
    .fetch_one(&portal.test.admin)
    .await
    .expect("looked up");
    assert!(!kept);
    assert_eq!(word(&mut rik, id, "step=oud").await, "klaar");
    assert!(!opens(&portal, &first).await && opens(&portal, &second).await);
    assert_eq!(
        word(&mut rik, id, "step=oud").await,
        "al",
        "it ended before"
    );
    // Or it ends at once.
    let to = change(&mut rik, id, "step=wachtwoord&now=1").await;
    let third = password_on(&rik.get(&to).await.page()).expect("another one");
    assert!(!opens(&portal, &second).await && opens(&portal, &third).await);
    for what in ["password", "password-before"] {
        let line = sqlx::query_scalar::<_, i64>(
            "SELECT count(*) FROM audit_lines WHERE event = 'governance.user' AND line LIKE '%\"what\":\"' || $1 || '\"%' AND line LIKE '%' || $2 || '%'",
        )
        .bind(what)
        .bind(id.to_string())
        .fetch_one(&portal.test.admin)
        .await
        .expect("counted");
        assert_eq!(line, if what == "password" { 2 } else { 1 }, "{what}");
    }
}

#[tokio::test]
async fn what_travels_to_be_shown_opens_for_who_asked_and_of_that_access_alone() {
    let (portal, id, _) = given().await;
    let mut rik = portal.logged_in("rik").await;
    let to = change(&mut rik, id, "step=wachtwoord").await;
    let sealed = rik.jar[COOKIE].clone();
    let mut rosa = portal.logged_in("rosa").await;
    rosa.jar.insert(COOKIE.to_owned(), sealed.clone());
    let page = rosa.get(&to).await.page();
    assert_eq!(password_on(&page), None, "another person");
    // Another access.
    sqlx::query("INSERT INTO sftp_accounts (id, party_id, name, installation, proof) SELECT $1, party_id, 'zonnehof-2', '2', proof FROM sftp_accounts")
        .bind(Uuid::nil())
        .execute(&portal.test.admin)
        .await
        .expect("another account");
    let other = format!("/toegang/{}", Uuid::nil());
    assert_eq!(password_on(&rik.get(&other).await.page()), None);
    let mut changed = sealed.clone();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.push(last);
    for wrong in [changed.as_str(), "", "!"] {
        rik.jar.insert(COOKIE.to_owned(), wrong.to_owned());
        let answer = rik.get(&to).await;
        assert_eq!(answer.status, StatusCode::OK, "{wrong}");
        assert_eq!(password_on(&answer.page()), None, "{wrong}");
    }
    rik.jar.insert(COOKIE.to_owned(), sealed);
    assert!(password_on(&rik.get(&to).await.page()).is_some());
}

/// Keys of the access as they are kept.
async fn keys(portal: &Portal) -> Vec<String> {
    sqlx::query_scalar("SELECT unnest(public_keys) FROM sftp_accounts")
        .fetch_all(&portal.test.admin)
        .await
        .expect("keys")
}

fn encoded(text: &str) -> String {
    text.replace('+', "%2B")
        .replace('/', "%2F")
        .replace(' ', "+")
}

#[tokio::test]
async fn keys_are_added_replaced_and_taken_away_but_the_last_thing_that_opens_stays() {
    let (portal, id, _) = given().await;
    let mut rik = portal.logged_in("rik").await;
    for (key, wanted) in [
        ("", "sleutel"),
        ("ssh-ed25519 AAAA", "sleutel"),
        (RSA, "soort"),
    ] {
        let form = format!("step=sleutel&key={}", encoded(key));
        assert_eq!(word(&mut rik, id, &form).await, wanted, "{key}");
    }
    let one = format!("step=sleutel&key={}", encoded(ED25519));
    assert_eq!(word(&mut rik, id, &one).await, "klaar");
    assert_eq!(word(&mut rik, id, &one).await, "al");
    let kept = keys(&portal).await;
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].contains("iemand"), "a comment may name somebody");
    let other = format!("step=sleutel&key={}", encoded(OTHER));
    assert_eq!(word(&mut rik, id, &other).await, "klaar");
    assert_eq!(keys(&portal).await.len(), 2);
    let page = rik.get(&format!("/toegang/{id}")).await.page();
    let shown: Vec<String> = page
        .split("name=\"key\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(shown.len(), 2, "{page}");
    assert!(shown.iter().all(|one| one.starts_with("SHA256:")));
    let drop = format!("step=sleutel-weg&key={}", encoded(&shown[0]));
    assert_eq!(word(&mut rik, id, &drop).await, "klaar");
    assert_eq!(word(&mut rik, id, &drop).await, "al");
    assert_eq!(keys(&portal).await, [OTHER]);
    let alone = format!("step=sleutel&alone=1&key={}", encoded(ED25519));
    assert_eq!(word(&mut rik, id, &alone).await, "klaar");
    assert_eq!(keys(&portal).await, kept);
    portal.sql("UPDATE sftp_accounts SET password_hash = NULL, password_before = NULL, password_before_until = NULL").await;
    assert_eq!(word(&mut rik, id, &drop).await, "laatste");
    assert_eq!(keys(&portal).await, kept);
}

#[tokio::test]
async fn where_an_access_may_come_from_is_said_and_never_by_saying_nothing() {
    let (portal, id, _) = given().await;
    let mut rik = portal.logged_in("rik").await;
    let sources = async || {
        sqlx::query_scalar::<_, Vec<String>>("SELECT sources::text[] FROM sftp_accounts")
            .fetch_one(&portal.test.admin)
            .await
            .expect("sources")
    };
    let form = "step=herkomst&sources=192.0.2.0%2F24%0D%0A2001:db8::%2F48,198.51.100.7";
    assert_eq!(word(&mut rik, id, form).await, "klaar");
    let now = ["192.0.2.0/24", "2001:db8::/48", "198.51.100.7/32"];
    assert_eq!(sources().await, now);
    for wrong in [
        "",
        "+",
        "192.0.2.1%2F24",
        "192.0.2.0%2F99",
        "huis",
        "overal,192.0.2.0%2F24",
    ] {
        let form = format!("step=herkomst&sources={wrong}");
        assert_eq!(word(&mut rik, id, &form).await, "herkomst", "{wrong}");
        assert_eq!(sources().await, now, "{wrong}");
    }
    let page = rik.get(&format!("/toegang/{id}?melding=herkomst")).await;
    assert!(page.page().contains("href=\"#sources\""));
    assert_eq!(
        word(&mut rik, id, "step=herkomst&sources=Overal").await,
        "klaar"
    );
    assert!(sources().await.is_empty());
}

#[tokio::test]
async fn an_access_ends_for_a_reason_that_its_page_shows_and_the_log_does_not_hold() {
    let (portal, id, _) = given().await;
    let mut rik = portal.logged_in("rik").await;
    for nothing in ["step=einde", "step=einde&reason=++"] {
        assert_eq!(word(&mut rik, id, nothing).await, "reden");
    }
    let in_use =
        "SELECT count(*) FROM sftp_accounts WHERE ended_at IS NULL AND end_reason_sealed IS NULL";
    assert_eq!(portal.count(in_use).await, 1);
    let form = "step=einde&reason=de+leverancier+stopt";
    assert_eq!(word(&mut rik, id, form).await, "klaar");
    assert_eq!(word(&mut rik, id, form).await, "al", "it ended before");
    let page = rik.get(&format!("/toegang/{id}")).await.page();
    assert!(page.contains("de leverancier stopt"), "{page}");
    assert!(!page.contains("/api/toegang-wijzigen"));
    let told = "SELECT count(*) FROM audit_lines WHERE event = 'governance.user' AND line LIKE '%\"what\":\"ended\"%'";
    assert_eq!(portal.count(told).await, 1);
    let typed = "SELECT count(*) FROM audit_lines WHERE line LIKE '%leverancier stopt%'";
    assert_eq!(portal.count(typed).await, 0);
}

#[tokio::test]
async fn nobody_but_who_runs_the_register_reaches_an_access_and_an_ended_one_stays_as_it_is() {
    let (portal, id, first) = given().await;
    let party = portal.test.party("DUINZICHT").await;
    portal
        .user("nora", &[("instellingsbeheerder", Some(&party))])
        .await;
    portal.user("lars", &[("leverancier", Some(&party))]).await;
    portal.user("rian", &[("rivm-beoordelaar", None)]).await;
    portal.user("priya", &[("privacycoordinator", None)]).await;
    for subject in ["nora", "lars", "rian", "priya"] {
        let mut browser = portal.logged_in(subject).await;
        for path in ["/toegang".to_owned(), format!("/toegang/{id}")] {
            let answer = browser.get(&path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{subject} {path}");
        }
        let form = format!("id={id}&step=wachtwoord");
        let answer = browser.post("/api/toegang-wijzigen", &form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{subject}");
        let form = "name=spion-1&installation=1&proof=rename&rhythm=any&sources=overal";
        let answer = browser.post("/api/toegang-uitgeven", form).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{subject}");
    }
    assert!(opens(&portal, &first).await);
    let mut rik = portal.logged_in("rik").await;
    let nowhere = change(&mut rik, Uuid::now_v7(), "step=wachtwoord").await;
    assert_eq!(nowhere, "/niet-gevonden");
    portal
        .sql("UPDATE sftp_accounts SET ended_at = now()")
        .await;
    assert_eq!(word(&mut rik, id, "step=wachtwoord").await, "al");
    assert!(opens(&portal, &first).await && !rik.jar.contains_key(COOKIE));
}

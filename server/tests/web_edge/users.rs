//! An institution manages who works for it, and RIVM-beheer who is the contact of a supplier, through the real login:
//! invitations, ends, accesses that nobody used.

use crate::browser::{Browser, query};
use crate::portal::Portal;
use crate::provider::Lie;
use app::ports::PartyRef;
use axum::http::StatusCode;
use domain::role::Role;
use server::commands::user::{Invite, everybody, invite, set_disabled};
use uuid::Uuid;

/// ZONNEHOF with its manager logged in.
async fn managed() -> (Portal, Browser, Uuid) {
    let portal = Portal::new().await;
    let party = portal.test.party("ZONNEHOF").await;
    let roles = [("instellingsbeheerder", Some(&party))];
    let id = portal.user("bram", &roles).await;
    let browser = portal.logged_in("bram").await;
    (portal, browser, id)
}

/// Invites somebody; the code as the page shows it.
async fn code(browser: &mut Browser, name: &str, role: &str) -> String {
    let answer = browser
        .post(
            "/api/gebruiker-uitnodigen",
            &format!("name={name}&role={role}"),
        )
        .await;
    let page = browser.get(answer.location()).await;
    assert_eq!(page.status, StatusCode::OK, "{}", answer.location());
    let shown = page.body.split('<').find_map(|part| {
        let text = part.split_once('>')?.1.trim();
        domain::invitation::code(text).map(|_| text.to_owned())
    });
    shown.expect("a code on the page")
}

/// Enters a code and logs in as somebody of the provider; where that leads.
async fn enter(portal: &Portal, browser: &mut Browser, code: &str, subject: &str) -> String {
    let answer = browser
        .post("/auth/uitnodiging", &format!("code={code}"))
        .await;
    if answer.location().starts_with('/') {
        return answer.location().to_owned();
    }
    let sent = query(answer.location());
    let granted = portal.provider.grant(&sent, subject, Lie::None);
    let back = browser
        .get(&format!(
            "/auth/terug?code={granted}&state={}",
            sent["state"]
        ))
        .await;
    if back.status == StatusCode::OK {
        return "in".to_owned();
    }
    back.location().to_owned()
}

#[tokio::test]
async fn somebody_who_is_invited_logs_in_with_the_code_once() {
    let (portal, mut bram, _) = managed().await;
    let code = code(&mut bram, "Nel+Nieuw", "invoerder").await;
    let mut nel = portal.browser();
    // Without the code there is no access.
    let answer = portal.log_in_with(&mut nel, "nel", Lie::None).await;
    assert_eq!(answer.location(), "/inloggen?reden=geen-toegang");
    assert_eq!(
        enter(&portal, &mut nel, &code.to_lowercase(), "nel").await,
        "in"
    );
    let home = nel.get("/").await;
    assert!(home.body.contains("Nel Nieuw") && home.body.contains("Instelling ZONNEHOF"));
    assert!(nel.get("/registreren").await.status == StatusCode::OK);
    assert_eq!(nel.get("/gebruikers").await.status, StatusCode::NOT_FOUND);

    // Once: for nobody else, and it is shown no more.
    let mut other = portal.browser();
    let unknown = "/uitnodiging?melding=onbekend#foutoverzicht";
    assert_eq!(enter(&portal, &mut other, &code, "dief").await, unknown);
    assert_eq!(
        portal
            .count("SELECT count(*) FROM users WHERE subject = 'dief'")
            .await,
        0
    );
    assert_eq!(
        portal
            .count("SELECT count(*) FROM invitations WHERE code_sealed IS NOT NULL")
            .await,
        0
    );
    let list = bram.get("/gebruikers").await;
    assert!(list.body.contains("Nel Nieuw"));
    for step in ["invited", "accepted"] {
        let lines = "SELECT count(*) FROM audit_lines WHERE line::jsonb ->> 'event' = 'governance.user' AND line::jsonb ->> 'step' = $1";
        let lines: i64 = sqlx::query_scalar(lines)
            .bind(step)
            .fetch_one(&portal.test.admin)
            .await
            .expect("lines");
        assert_eq!(lines, 1, "{step}");
    }
}

#[tokio::test]
async fn a_code_that_is_wrong_over_or_taken_back_opens_nothing() {
    let (portal, mut bram, _) = managed().await;
    let mut nel = portal.browser();
    let malformed = "/uitnodiging?melding=code#foutoverzicht";
    assert_eq!(enter(&portal, &mut nel, "1234", "nel").await, malformed);
    let unknown = "/uitnodiging?melding=onbekend#foutoverzicht";
    assert_eq!(
        enter(&portal, &mut nel, "ABCDEFGHJKLM2345", "nel").await,
        unknown
    );
    let over = code(&mut bram, "Nel", "invoerder").await;
    portal
        .sql("UPDATE invitations SET expires_at = now()")
        .await;
    assert_eq!(enter(&portal, &mut nel, &over, "nel").await, unknown);
    let back = code(&mut bram, "Nel", "invoerder").await;
    let id: Uuid = sqlx::query_scalar(
        "SELECT id FROM invitations WHERE ended_at IS NULL AND expires_at > now()",
    )
    .fetch_one(&portal.test.admin)
    .await
    .expect("invitation");
    let answer = bram
        .post("/api/uitnodiging-intrekken", &format!("id={id}"))
        .await;
    assert_eq!(answer.location(), "/gebruikers?melding=ingetrokken");
    assert_eq!(enter(&portal, &mut nel, &back, "nel").await, unknown);
    assert_eq!(
        portal
            .count("SELECT count(*) FROM users WHERE subject = 'nel'")
            .await,
        0
    );
}

#[tokio::test]
async fn who_is_ended_is_out_at_the_next_request_and_somebody_stays_to_manage() {
    let (portal, mut bram, bram_id) = managed().await;
    let code = code(&mut bram, "Nel", "instellingsbeheerder").await;
    let mut nel = portal.browser();
    assert_eq!(enter(&portal, &mut nel, &code, "nel").await, "in");
    assert_eq!(nel.get("/gebruikers").await.status, StatusCode::OK);
    let id: Uuid = sqlx::query_scalar("SELECT id FROM users WHERE subject = 'nel'")
        .fetch_one(&portal.test.admin)
        .await
        .expect("nel");
    let end = |id: Uuid| format!("user={id}&role=instellingsbeheerder");
    let answer = bram.post("/api/gebruiker-beeindigen", &end(id)).await;
    assert_eq!(answer.location(), "/gebruikers?melding=beeindigd");
    assert_ne!(nel.get("/gebruikers").await.status, StatusCode::OK);
    let again = bram.post("/api/gebruiker-beeindigen", &end(id)).await;
    assert_eq!(again.location(), "/gebruikers?melding=al");
    let last = bram.post("/api/gebruiker-beeindigen", &end(bram_id)).await;
    assert_eq!(last.location(), "/gebruikers?melding=laatste");
    assert_eq!(bram.get("/gebruikers").await.status, StatusCode::OK);
}

#[tokio::test]
async fn who_did_not_log_in_for_90_days_is_no_manager_who_is_left() {
    let (portal, mut bram, bram_id) = managed().await;
    let code = code(&mut bram, "Nel", "instellingsbeheerder").await;
    let mut nel = portal.browser();
    assert_eq!(enter(&portal, &mut nel, &code, "nel").await, "in");
    portal
        .sql("UPDATE user_roles SET last_used_at = now() - interval '91 days' WHERE user_id = (SELECT id FROM users WHERE subject = 'nel')")
        .await;
    let form = format!("user={bram_id}&role=instellingsbeheerder");
    let last = bram.post("/api/gebruiker-beeindigen", &form).await;
    assert_eq!(last.location(), "/gebruikers?melding=laatste");
}

#[tokio::test]
async fn users_of_another_institution_are_out_of_reach() {
    let (portal, mut bram, _) = managed().await;
    let other = portal.test.party("DUINZICHT").await;
    let piet = portal.user("piet", &[("invoerder", Some(&other))]).await;
    let manager = portal
        .user("dora", &[("instellingsbeheerder", Some(&other))])
        .await;
    let mut dora = portal.logged_in("dora").await;
    code(&mut dora, "Ander", "invoerder").await;
    let list = bram.get("/gebruikers").await;
    assert!(!list.body.contains("piet") && !list.body.contains("Ander"));
    for call in ["gebruiker-beeindigen", "gebruiker-toelaten"] {
        let form = format!("user={piet}&role=invoerder");
        let answer = bram.post(&format!("/api/{call}"), &form).await;
        assert_eq!(answer.location(), "/gebruikers?melding=al", "{call}");
    }
    let id: Uuid = sqlx::query_scalar("SELECT id FROM invitations")
        .fetch_one(&portal.test.admin)
        .await
        .expect("invitation");
    assert_eq!(
        bram.get(&format!("/gebruikers/uitnodiging/{id}"))
            .await
            .status,
        StatusCode::NOT_FOUND
    );
    bram.post("/api/uitnodiging-intrekken", &format!("id={id}"))
        .await;
    assert_eq!(
        portal
            .count("SELECT count(*) FROM invitations WHERE ended_at IS NULL")
            .await,
        1
    );
    assert_eq!(
        portal
            .count("SELECT count(*) FROM user_roles WHERE ended_at IS NOT NULL")
            .await,
        0
    );
    let _ = manager;
    // Nobody gives a role at RIVM away.
    let answer = bram
        .post("/api/gebruiker-uitnodigen", "name=Nel&role=rivm-beheer")
        .await;
    assert_eq!(answer.location(), "/niet-gevonden");
    assert_eq!(
        portal
            .count("SELECT count(*) FROM invitations WHERE role LIKE 'rivm%'")
            .await,
        0
    );
}

#[tokio::test]
async fn an_access_that_nobody_used_for_90_days_opens_nothing_until_it_is_given_back() {
    let (portal, mut bram, _) = managed().await;
    let code = code(&mut bram, "Nel", "invoerder").await;
    let mut nel = portal.browser();
    assert_eq!(enter(&portal, &mut nel, &code, "nel").await, "in");
    portal
        .sql("UPDATE user_roles SET last_used_at = now() - interval '89 days' WHERE role = 'invoerder'")
        .await;
    let mut again = portal.browser();
    portal.log_in_with(&mut again, "nel", Lie::None).await;
    assert_eq!(
        again.get("/registreren").await.status,
        StatusCode::OK,
        "using it counts from now"
    );
    assert_eq!(
        portal
            .count("SELECT count(*) FROM user_roles WHERE last_used_at < now() - interval '1 day'")
            .await,
        0
    );

    portal
        .sql("UPDATE user_roles SET last_used_at = now() - interval '91 days' WHERE role = 'invoerder'")
        .await;
    assert_ne!(again.get("/registreren").await.status, StatusCode::OK);
    let mut late = portal.browser();
    let answer = portal.log_in_with(&mut late, "nel", Lie::None).await;
    assert_eq!(answer.location(), "/inloggen?reden=niet-gebruikt");
    let list = bram.get("/gebruikers").await;
    assert!(list.body.contains("90 dagen niet gebruikt"));
    let id: Uuid = sqlx::query_scalar("SELECT id FROM users WHERE subject = 'nel'")
        .fetch_one(&portal.test.admin)
        .await
        .expect("nel");
    let form = format!("user={id}&role=invoerder");
    let answer = bram.post("/api/gebruiker-toelaten", &form).await;
    assert_eq!(answer.location(), "/gebruikers?melding=toegelaten");
    portal.log_in_with(&mut late, "nel", Lie::None).await;
    assert_eq!(late.get("/registreren").await.status, StatusCode::OK);
}

/// ZORGSOFT, a supplier that runs an installation of ZONNEHOF, which runs another one itself; and RIVM-beheer logged in.
async fn supplied() -> (Portal, Browser, PartyRef, PartyRef) {
    let portal = Portal::new().await;
    let (party, supplier) = (
        portal.test.party("ZONNEHOF").await,
        portal.test.party("ZORGSOFT").await,
    );
    portal
        .sql("UPDATE parties SET kind = 'tussenpartij' WHERE code = 'ZORGSOFT'")
        .await;
    for (name, between) in [("zorgsoft-1", Some(supplier.id)), ("eigen-1", None)] {
        sqlx::query("INSERT INTO sftp_accounts (id, party_id, intermediary_id, name, installation, proof) VALUES ($1, $2, $3, $4, $4, 'rename')")
            .bind(Uuid::now_v7())
            .bind(party.id)
            .bind(between)
            .bind(name)
            .execute(&portal.test.admin)
            .await
            .expect("an installation");
    }
    portal.user("rik", &[("rivm-beheer", None)]).await;
    let rik = portal.logged_in("rik").await;
    (portal, rik, party, supplier)
}

#[tokio::test]
async fn who_runs_the_register_invites_the_contact_of_a_supplier_who_sees_its_installations_alone()
{
    let (portal, mut rik, _, supplier) = supplied().await;
    let role = format!("leverancier&supplier={}", supplier.id);
    let code = code(&mut rik, "Lars", &role).await;
    let waits = rik.get("/gebruikers").await.body;
    assert!(waits.contains("Lars") && waits.contains("Instelling ZORGSOFT"));
    let mut lars = portal.browser();
    assert_eq!(enter(&portal, &mut lars, &code, "lars").await, "in");
    let own = lars.get("/installaties").await.body;
    assert!(own.contains("zorgsoft-1") && !own.contains("eigen-1"));
    for closed in ["/gebruikers", "/toegang", "/volledigheid", "/aanleveringen"] {
        let answer = lars.get(closed).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{closed}");
    }

    // Not used for 90 days it opens nothing, until it is given back.
    let id: Uuid = sqlx::query_scalar("SELECT id FROM users WHERE subject = 'lars'")
        .fetch_one(&portal.test.admin)
        .await
        .expect("lars");
    let form = format!("user={id}&role={role}");
    portal
        .sql("UPDATE user_roles SET last_used_at = now() - interval '91 days' WHERE role = 'leverancier'")
        .await;
    assert_ne!(lars.get("/installaties").await.status, StatusCode::OK);
    let list = rik.get("/gebruikers").await.body;
    assert!(list.contains("90 dagen niet gebruikt"));
    let answer = rik.post("/api/gebruiker-toelaten", &form).await;
    assert_eq!(answer.location(), "/gebruikers?melding=toegelaten");
    let mut lars = portal.logged_in("lars").await;
    assert_eq!(lars.get("/installaties").await.status, StatusCode::OK);

    // Ended, it holds at the next request.
    let answer = rik.post("/api/gebruiker-beeindigen", &form).await;
    assert_eq!(answer.location(), "/gebruikers?melding=beeindigd");
    assert_ne!(lars.get("/installaties").await.status, StatusCode::OK);
    for step in ["invited", "accepted", "readmitted", "ended"] {
        let lines = "SELECT count(*) FROM audit_lines WHERE event = 'governance.user' AND line::jsonb ->> 'step' = $1";
        let lines: i64 = sqlx::query_scalar(lines)
            .bind(step)
            .fetch_one(&portal.test.admin)
            .await
            .expect("lines");
        assert_eq!(lines, 1, "{step}");
    }
    let by = "SELECT count(*) FROM user_roles WHERE role = 'leverancier' AND granted_by = (SELECT id FROM users WHERE subject = 'rik')";
    assert_eq!(portal.count(by).await, 1, "who invited");
}

#[tokio::test]
async fn nobody_else_invites_the_contact_of_a_supplier_and_who_runs_the_register_nobody_else() {
    let (portal, mut rik, party, supplier) = supplied().await;
    portal
        .user("bram", &[("instellingsbeheerder", Some(&party))])
        .await;
    portal.user("nel", &[("invoerder", Some(&party))]).await;
    portal
        .user("lars", &[("leverancier", Some(&supplier))])
        .await;
    portal.user("priya", &[("privacycoordinator", None)]).await;
    let invites = "/api/gebruiker-uitnodigen";
    let contact = format!("name=Lars&role=leverancier&supplier={}", supplier.id);
    let mut bram = portal.logged_in("bram").await;
    let answer = bram.post(invites, &contact).await;
    assert_eq!(answer.location(), "/niet-gevonden");
    for subject in ["lars", "priya"] {
        let mut browser = portal.logged_in(subject).await;
        for form in [contact.as_str(), "name=Nel&role=rivm-beheer"] {
            let answer = browser.post(invites, form).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{subject}");
        }
    }
    // A role at RIVM, one of an institution, and a contact of who is no supplier.
    for form in [
        format!("name=Nel&role=rivm-beheer&supplier={}", supplier.id),
        format!("name=Nel&role=instellingsbeheerder&supplier={}", party.id),
        format!("name=Nel&role=leverancier&supplier={}", party.id),
    ] {
        let answer = rik.post(invites, &form).await;
        assert_eq!(answer.location(), "/niet-gevonden", "{form}");
    }
    let none = "SELECT count(*) FROM invitations";
    assert_eq!(portal.count(none).await, 0);

    // Nor is anybody of an institution theirs to end.
    let nel: Uuid = sqlx::query_scalar("SELECT id FROM users WHERE subject = 'nel'")
        .fetch_one(&portal.test.admin)
        .await
        .expect("nel");
    assert!(!rik.get("/gebruikers").await.body.contains(&nel.to_string()));
    let form = format!("user={nel}&role=invoerder&supplier={}", party.id);
    let answer = rik.post("/api/gebruiker-beeindigen", &form).await;
    assert_eq!(answer.location(), "/niet-gevonden");
    let ended = "SELECT count(*) FROM user_roles WHERE ended_at IS NOT NULL";
    assert_eq!(portal.count(ended).await, 0);

    // What RIVM and an institution invited is out of each other's reach.
    code(&mut bram, "Nel", "invoerder").await;
    let role = format!("leverancier&supplier={}", supplier.id);
    code(&mut rik, "Lars", &role).await;
    for (browser, theirs) in [(&mut bram, "leverancier"), (&mut rik, "invoerder")] {
        let id: Uuid = sqlx::query_scalar("SELECT id FROM invitations WHERE role = $1")
            .bind(theirs)
            .fetch_one(&portal.test.admin)
            .await
            .expect("invitation");
        let page = browser.get(&format!("/gebruikers/uitnodiging/{id}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{theirs}");
        let answer = browser
            .post("/api/uitnodiging-intrekken", &format!("id={id}"))
            .await;
        assert_eq!(answer.location(), "/gebruikers?melding=al", "{theirs}");
    }
    let open = "SELECT count(*) FROM invitations WHERE ended_at IS NULL";
    assert_eq!(portal.count(open).await, 2);
}

#[tokio::test]
async fn a_command_invites_the_first_manager_and_people_at_rivm() {
    let portal = Portal::new().await;
    portal.test.party("ZONNEHOF").await;
    let args = |role, party: Option<&str>| Invite {
        name: "Bea Begin".to_owned(),
        role,
        party: party.map(str::to_owned),
        by: "test".to_owned(),
    };
    let db = &portal.test.db;
    let manager = args(Role::Instellingsbeheerder, Some("ZONNEHOF"));
    let code = invite(db, &portal.test.keys, &manager).await.expect("code");
    let mut bea = portal.browser();
    assert_eq!(enter(&portal, &mut bea, &code, "bea").await, "in");
    assert_eq!(bea.get("/gebruikers").await.status, StatusCode::OK);
    for wrong in [
        args(Role::Instellingsbeheerder, None),
        args(Role::RivmBeheer, Some("ZONNEHOF")),
        args(Role::Invoerder, Some("NERGENS")),
    ] {
        assert!(invite(db, &portal.test.keys, &wrong).await.is_err());
    }
}

#[tokio::test]
async fn who_is_disabled_is_out_at_the_next_request_whatever_the_role() {
    let portal = Portal::new().await;
    portal
        .user("rian", &[("rivm-beoordelaar", None), ("rivm-beheer", None)])
        .await;
    portal.user("bea", &[("rivm-beheer", None)]).await;
    let browser = portal.logged_in("rian").await;
    let asked = async || browser.clone().get("/beoordelen").await.status;
    assert_eq!(asked().await, StatusCode::OK);
    let db = &portal.road.db;
    let all = everybody(db).await.unwrap();
    let all: Vec<_> = all
        .iter()
        .map(|one| (one.subject.as_str(), one.roles.as_str(), one.disabled))
        .collect();
    assert_eq!(
        all,
        [
            ("bea", "rivm-beheer", false),
            ("rian", "rivm-beheer, rivm-beoordelaar", false)
        ]
    );
    set_disabled(db, "niemand", true, "Bea").await.unwrap_err();
    set_disabled(db, "rian", true, "Bea").await.unwrap();
    assert_eq!(asked().await, StatusCode::SEE_OTHER);
    set_disabled(db, "rian", true, "Bea").await.unwrap_err();
    let mut again = portal.browser();
    portal.log_in_with(&mut again, "rian", Lie::None).await;
    assert_ne!(again.get("/beoordelen").await.status, StatusCode::OK);
    set_disabled(db, "rian", false, "Bea").await.unwrap();
    assert_eq!(asked().await, StatusCode::SEE_OTHER, "revives no session");
    let browser = portal.logged_in("rian").await;
    assert_eq!(
        browser.clone().get("/beoordelen").await.status,
        StatusCode::OK
    );
    let lines = "SELECT count(*) FROM audit_lines WHERE event = 'governance.user' AND line ~ '\"step\":\"(dis|en)abled\"'";
    assert_eq!(portal.count(lines).await, 2);
}

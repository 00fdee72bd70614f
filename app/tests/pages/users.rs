//! An institution manages who works for it: the pages, and what their forms do.

use super::fakes::{ID, World};
use super::{get, post};
use axum::http::StatusCode;
use domain::role::Role;
use std::sync::Arc;

fn manager() -> Arc<World> {
    Arc::new(World::new(Some(Role::Instellingsbeheerder)))
}

#[tokio::test]
async fn who_manages_sees_users_and_invitations_and_ends_nobody_by_being_there() {
    let page = get(&manager(), "/gebruikers").await;
    for part in [
        "I. &lt;Invoer&gt;",
        "90 dagen niet gebruikt: geen toegang",
        "Weer toegang geven",
        "N. &lt;Nieuw&gt;",
    ] {
        assert!(page.has(part), "{part}");
    }
    let ends = page.html.matches("Toegang beëindigen").count();
    assert_eq!(ends, 1, "not one's own");
    let code = get(&manager(), &format!("/gebruikers/uitnodiging/{ID}")).await;
    assert!(code.has("ABCD-EFGH-JKLM-2345") && code.has("/uitnodiging"));
    for role in [
        Role::Invoerder,
        Role::RivmBeoordelaar,
        Role::Privacycoordinator,
        Role::Leverancier,
        Role::Auditor,
    ] {
        let page = get(&Arc::new(World::new(Some(role))), "/gebruikers").await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{role:?}");
    }
}

#[tokio::test]
async fn who_runs_the_register_sees_contacts_of_suppliers_and_chooses_whose_to_invite() {
    let rik = Arc::new(World::new(Some(Role::RivmBeheer)));
    let page = get(&rik, "/gebruikers").await;
    for part in [
        "Contacten van leveranciers",
        "Zorg &lt;Soft&gt;",
        "name=\"role\" value=\"leverancier\"",
        "name=\"supplier\"",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(!page.has("Registreren en aanleveren"), "no role to choose");
    assert!(get(&rik, "/toegang").await.has("href=\"/gebruikers\""));
    let id = ID.to_string();
    let invite = async |name: &str, supplier: &str| {
        let form = [
            ("name", name),
            ("role", "leverancier"),
            ("supplier", supplier),
        ];
        let answer = post(&rik, "/api/gebruiker-uitnodigen", &form).await;
        answer.location
    };
    let nobody = "/gebruikers?melding=leverancier#foutoverzicht";
    assert_eq!(invite("Lars", "").await, nobody);
    assert!(get(&rik, nobody).await.has("Kies de leverancier."));
    let unnamed = format!("/gebruikers?melding=naam&leverancier={id}#foutoverzicht");
    assert_eq!(invite(" ", &id).await, unnamed);
    let again = get(&rik, &unnamed).await;
    assert!(again.has("Vul de naam van het contact in."));
    let led = invite("Lars", &id).await;
    assert_eq!(led, format!("/gebruikers/uitnodiging/{id}"));
}

#[tokio::test]
async fn an_invitation_needs_a_name_and_a_role() {
    for (name, role, leads) in [
        ("", "invoerder", "/gebruikers?melding=naam#foutoverzicht"),
        ("Nel", "", "/gebruikers?melding=rol#foutoverzicht"),
        ("Nel", "invoerder", &format!("/gebruikers/uitnodiging/{ID}")),
    ] {
        let form = [("name", name), ("role", role)];
        let answer = post(&manager(), "/api/gebruiker-uitnodigen", &form).await;
        assert_eq!(answer.location, leads);
    }
    let id = ID.to_string();
    for (role, leads) in [
        ("invoerder", "/gebruikers?melding=beeindigd"),
        ("instellingsbeheerder", "/gebruikers?melding=laatste"),
    ] {
        let form = [("user", id.as_str()), ("role", role)];
        let answer = post(&manager(), "/api/gebruiker-beeindigen", &form).await;
        assert_eq!(answer.location, leads);
        assert!(get(&manager(), leads).await.has("utrecht-alert"));
    }
}

#[tokio::test]
async fn the_page_to_enter_a_code_says_what_is_wrong_with_it() {
    let nobody = Arc::new(World::new(None));
    for (word, text) in [
        ("code", "Een code heeft 16 letters en cijfers."),
        ("onbekend", "of de code is verlopen"),
    ] {
        let page = get(&nobody, &format!("/uitnodiging?melding={word}")).await;
        assert!(page.has(text) && page.title().starts_with("Fout:"));
    }
    let page = get(&nobody, "/inloggen?reden=niet-gebruikt").await;
    assert!(page.has("U was 90 dagen niet ingelogd."));
}

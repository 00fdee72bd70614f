//! Sessions of others: who may see and end them, and what the page tells.

use super::fakes::{ID, World};
use super::{get, post};
use axum::http::StatusCode;
use domain::role::Role;
use std::sync::Arc;

fn of(role: Role) -> Arc<World> {
    Arc::new(World::new(Some(role)))
}

#[tokio::test]
async fn who_manages_users_sees_who_is_logged_in_and_no_more() {
    for (role, above) in [
        (Role::RivmBeheer, "/beheer"),
        (Role::Instellingsbeheerder, "/gebruikers"),
    ] {
        let page = get(&of(role), "/gebruikers/sessies").await;
        for part in [
            "I. &lt;Invoer&gt;",
            "Deze sessie",
            "Alle sessies van I. &lt;Invoer&gt; beëindigen",
            "Firefox",
        ] {
            assert!(page.has(part), "{part}");
        }
        assert!(page.has(&format!("href=\"{above}\"")), "{role:?}");
        let own = page.has("U ziet iedereen die voor uw instelling werkt.");
        assert_eq!(own, role == Role::Instellingsbeheerder);
    }
    for role in [
        Role::Invoerder,
        Role::RivmBeoordelaar,
        Role::RivmInvoerder,
        Role::Auditor,
    ] {
        let page = get(&of(role), "/gebruikers/sessies").await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{role:?}");
    }
}

#[tokio::test]
async fn ending_says_whether_there_was_something_to_end() {
    let id = ID.to_string();
    let world = of(Role::RivmBeheer);
    for (form, word, text) in [
        (
            vec![("user", id.as_str())],
            "beeindigd",
            "De sessie is beëindigd.",
        ),
        (
            vec![("user", id.as_str()), ("session", id.as_str())],
            "al",
            "Dat was al gebeurd.",
        ),
    ] {
        let answer = post(&world, "/api/sessies-beeindigen", &form).await;
        let leads = format!("/gebruikers/sessies?melding={word}");
        assert_eq!(answer.location, leads);
        assert!(get(&world, &leads).await.has(text));
    }
}

#[tokio::test]
async fn whose_session_was_ended_reads_why() {
    let nobody = Arc::new(World::new(None));
    let page = get(&nobody, "/inloggen?reden=beheer").await;
    assert!(page.has("Een beheerder heeft uw sessie beëindigd."));
}

//! Accesses to the drop box: the list, the page of one, and what its forms lead to.

use super::fakes::{CLOSED, GONE, ID, SEALED, World};
use super::{get, get_with, post};
use axum::http::StatusCode;
use domain::role::Role;
use std::sync::Arc;

fn of(role: Role) -> Arc<World> {
    Arc::new(World::new(Some(role)))
}

fn page() -> String {
    format!("/toegang/{ID}")
}

/// What the form of a step sends.
async fn change(step: &str, fields: &[(&str, &str)]) -> super::Answer {
    let id = ID.to_string();
    let mut form = vec![("id", id.as_str()), ("step", step)];
    form.extend(fields);
    post(&of(Role::RivmBeheer), "/api/toegang-wijzigen", &form).await
}

#[tokio::test]
async fn only_who_runs_the_register_sees_accesses() {
    for path in ["/toegang".to_owned(), page()] {
        for role in [
            Role::RivmBeoordelaar,
            Role::Privacycoordinator,
            Role::Leverancier,
            Role::Invoerder,
            Role::Auditor,
        ] {
            let answer = get(&of(role), &path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?} {path}");
        }
    }
    let start = get(&of(Role::RivmBeheer), "/").await;
    assert!(start.has("href=\"/toegang\""));
    let list = get(&of(Role::RivmBeheer), "/toegang").await;
    for part in [
        "linde-1",
        "Praktijk &lt;De Linde&gt;",
        "Medimo",
        "In gebruik",
        "Tijdelijk gesloten",
        "Beëindigd op 20-11-2026 09:00",
        "Bestanden van de BRP",
        "/toegang?pagina=2",
    ] {
        assert!(list.has(part), "{part}: {}", list.html);
    }
}

#[tokio::test]
async fn the_page_says_what_opens_it_and_from_where() {
    let answer = get(&of(Role::RivmBeheer), &page()).await;
    for part in [
        "Het vorige wachtwoord is ook geldig, tot 29-11-2026 14:05.",
        "Vorige wachtwoord nu beëindigen",
        "SHA256:eerste",
        "ecdsa-sha2-nistp256",
        "192.0.2.0/24, 2001:db8::/48",
        "Slotregel #EINDE",
        "Elke werkdag",
        "aria-label=\"Sleutel SHA256:tweede verwijderen\"",
    ] {
        assert!(answer.has(part), "{part}: {}", answer.html);
    }
    assert!(!answer.has("Dit is het nieuwe wachtwoord"));
    let ended = get(&of(Role::RivmBeheer), &format!("/toegang/{GONE}")).await;
    assert!(ended.has("Beëindigd op") && !ended.has("/api/toegang-wijzigen"));
    assert!(ended.has("de leverancier &lt;stopt&gt;"));
}

#[tokio::test]
async fn the_page_says_for_how_many_addresses_it_is_closed_and_until_when() {
    let beheer = of(Role::RivmBeheer);
    let closed = get(&beheer, &format!("/toegang/{CLOSED}")).await;
    for part in [
        "gesloten voor 2 adressen, de laatste tot 22-11-2026 15:00.",
        "value=\"toelaten\"",
        "Weer toelaten",
    ] {
        assert!(closed.has(part), "{part}: {}", closed.html);
    }
    let open = get(&beheer, &page()).await;
    assert!(!open.has("Tijdelijk gesloten") && !open.has("value=\"toelaten\""));
}

/// What the form that gives one out sends; `fields` instead of what is there.
async fn give(fields: &[(&str, &str)]) -> super::Answer {
    let id = ID.to_string();
    let mut form = vec![
        ("connection", id.as_str()),
        ("name", "linde-3"),
        ("installation", "3"),
        ("proof", "control"),
        ("rhythm", "any"),
        ("key", ""),
        ("sources", "overal"),
    ];
    for &(name, value) in fields {
        form.retain(|(known, _)| *known != name);
        form.push((name, value));
    }
    post(&of(Role::RivmBeheer), "/api/toegang-uitgeven", &form).await
}

#[tokio::test]
async fn an_access_is_given_out_for_a_connection_that_is_chosen_and_its_password_is_shown_once() {
    let beheer = of(Role::RivmBeheer);
    let list = get(&beheer, "/toegang").await;
    for part in [
        "action=\"/api/toegang-uitgeven\"",
        "Praktijk &lt;De Linde&gt; via Medimo (Akkoord)",
        "Nieuwe Hof (Wacht op akkoord)",
        "Controlebestand ernaast",
        "Elke werkdag",
    ] {
        assert!(list.has(part), "{part}: {}", list.html);
    }
    let made = give(&[]).await;
    assert_eq!(made.location, format!("{}?melding=wachtwoord", page()));
    let cookie = format!("__Host-cims-eenmalig={SEALED}");
    assert!(made.cookie.starts_with(&format!("{cookie}; Path=/; ")));
    let shown = get_with(&beheer, &made.location, &cookie).await;
    assert!(shown.has("abcdefghjkmnpqrstuvwxyz234") && shown.has("U ziet het alleen nu."));
    let keyed = give(&[("key", "ssh-ed25519 AAAA")]).await;
    assert_eq!(keyed.location, format!("{}?melding=uitgegeven", page()));
    assert!(keyed.cookie.is_empty());
    let told = get(&beheer, &keyed.location).await;
    assert!(told.has("De toegang is uitgegeven."));
}

#[tokio::test]
async fn an_access_that_cannot_be_given_out_so_leads_back_to_its_field_with_what_was_chosen() {
    let nobody = give(&[("connection", "")]).await;
    assert_eq!(nobody.location, "/toegang?melding=koppeling#foutoverzicht");
    let ended = GONE.to_string();
    for (wrong, word, field) in [
        (("connection", ended.as_str()), "koppeling", "connection"),
        (("name", ""), "naam", "name"),
        (("name", "linde-1"), "naam-bezet", "name"),
        (("installation", ""), "installatie", "installation"),
        (("installation", "1"), "installatie-bezet", "installation"),
        (("key", "iets"), "sleutel", "key"),
        (("key", "ssh-rsa AAAA"), "soort", "key"),
        (("sources", ""), "herkomst", "sources"),
    ] {
        let answer = give(&[wrong]).await;
        let (to, _) = answer.location.split_once('#').expect("the summary");
        assert!(to.starts_with(&format!("/toegang?melding={word}&koppeling=")));
        assert!(to.ends_with("&bewijs=control&ritme=any"), "{to}");
        let shown = get(&of(Role::RivmBeheer), to).await;
        assert!(shown.title().starts_with("Fout:"), "{word}");
        assert!(shown.has(&format!("href=\"#{field}\"")), "{word}");
        for chosen in [
            "<option value=\"control\" selected",
            "<option value=\"any\" selected",
        ] {
            assert!(shown.has(chosen), "{chosen}");
        }
    }
    for odd in [("proof", "geen"), ("rhythm", "soms")] {
        assert_eq!(give(&[odd]).await.location, "/niet-gevonden");
    }
}

#[tokio::test]
async fn ending_an_access_asks_for_a_reason() {
    let without = change("einde", &[("reason", "")]).await;
    assert_eq!(
        without.location,
        format!("{}?melding=reden#foutoverzicht", page())
    );
    let beheer = of(Role::RivmBeheer);
    let asked = get(&beheer, &format!("{}?melding=reden", page())).await;
    assert!(asked.title().starts_with("Fout:") && asked.links("#reason", "Vul een reden in."));
    assert!(asked.has("Dit is niet terug te draaien."));
    let with = change("einde", &[("reason", "de leverancier stopt")]).await;
    assert_eq!(with.location, format!("{}?melding=klaar", page()));
}

#[tokio::test]
async fn a_new_password_is_in_no_address_and_shown_once() {
    let made = change("wachtwoord", &[]).await;
    assert_eq!(made.location, format!("{}?melding=wachtwoord", page()));
    let cookie = format!("__Host-cims-eenmalig={SEALED}");
    assert!(made.cookie.starts_with(&format!("{cookie}; Path=/; ")));
    for part in ["Max-Age=300", "Secure", "HttpOnly", "SameSite=Strict"] {
        assert!(made.cookie.contains(part), "{part}: {}", made.cookie);
    }
    let beheer = of(Role::RivmBeheer);
    let shown = get_with(&beheer, &made.location, &cookie).await;
    assert!(shown.has("abcdefghjkmnpqrstuvwxyz234") && shown.has("U ziet het alleen nu."));
    assert!(
        shown
            .cookie
            .starts_with("__Host-cims-eenmalig=; Path=/; Max-Age=0;"),
        "{}",
        shown.cookie
    );
    // Without it the page says that it was shown, and takes nothing away.
    let again = get(&beheer, &made.location).await;
    assert!(again.has("Er is een nieuw wachtwoord, maar het is al getoond."));
    let other = get_with(&beheer, &made.location, "__Host-cims-eenmalig=iets").await;
    assert!(other.cookie.is_empty() && !other.has("abcdefgh"));
}

#[tokio::test]
async fn what_cannot_be_taken_leads_back_to_its_field() {
    for (step, fields, word, field) in [
        ("sleutel", vec![("key", "")], "sleutel", "key"),
        ("sleutel", vec![("key", "ssh-rsa AAAA")], "soort", "key"),
        ("herkomst", vec![("sources", "")], "herkomst", "sources"),
    ] {
        let answer = change(step, &fields).await;
        assert_eq!(
            answer.location,
            format!("{}?melding={word}#foutoverzicht", page())
        );
        let shown = get(&of(Role::RivmBeheer), &format!("{}?melding={word}", page())).await;
        assert!(shown.title().starts_with("Fout:") && shown.has(&format!("href=\"#{field}\"")));
    }
    for (step, word) in [
        ("oud", "klaar"),
        ("sleutel-weg", "laatste"),
        ("herkomst", "klaar"),
        ("toelaten", "klaar"),
    ] {
        let answer = change(step, &[("key", "SHA256:eerste"), ("sources", "overal")]).await;
        assert_eq!(answer.location, format!("{}?melding={word}", page()));
        let shown = get(&of(Role::RivmBeheer), &answer.location).await;
        assert!(shown.has("utrecht-alert"), "{word}");
    }
    assert_eq!(change("iets", &[]).await.location, "/niet-gevonden");
}

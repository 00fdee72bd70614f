//! Withdrawing a delivery: the page in all its states, for institutions and for RIVM, and what is news.

use super::fakes::{ID, World, all_news, request, turned};
use super::{get, post};
use app::ports::deliveries::Phase;
use app::ports::withdrawals::{Asked, May, Step};
use axum::http::StatusCode;
use domain::role::Role;
use std::sync::Arc;

fn path() -> String {
    format!("/aanleveringen/{ID}/intrekken")
}

fn world(role: Role, change: impl FnOnce(&mut World)) -> Arc<World> {
    let mut world = World::new(Some(role));
    change(&mut world);
    Arc::new(world)
}

#[tokio::test]
async fn the_page_says_the_consequence_asks_a_reason_and_shows_a_way_back() {
    let page = get(&World::nurse(), &path()).await;
    assert_eq!(page.status, StatusCode::OK);
    for part in [
        "1.300 regels van deze aanlevering staan in het register.",
        "Er wordt niets gewist.",
        // They are stored: D04, D05 and V32 have nothing to stand on any more.
        "Liggen regels van andere aanleveringen alleen door deze bij het RIVM? Dan slaan we die op.",
        "2 regels zijn geteld zonder persoon. Die tellen dan ook niet meer mee.",
        "Een andere gebruiker van uw instelling geeft eerst akkoord.",
        "utrecht-button--danger",
        "vaccinaties &lt;week 4&gt;.xlsx",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(page.links(&format!("/aanleveringen/{ID}"), "Niet intrekken"));
    assert!(!page.title().contains("week"));
    let page = get(&World::nurse(), &format!("{}?melding=reden", path())).await;
    assert!(page.links("#reason", "Vul een reden in.") && page.title().starts_with("Fout:"));
}

#[tokio::test]
async fn rivm_has_the_same_page_without_the_name_of_the_file() {
    for role in [Role::RivmBeoordelaar, Role::RivmBeheer] {
        let page = get(&world(role, |_| ()), &path()).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.has("week 4") && page.has("Aanlevering van Praktijk De Linde"));
        assert!(page.has("Een andere medewerker van het RIVM geeft eerst akkoord."));
        assert!(page.links("/beoordelen", "Niet intrekken"));
    }
    for role in [Role::Privacycoordinator, Role::Auditor] {
        let page = get(&world(role, |_| ()), &path()).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_request_that_waits_shows_who_when_and_why_and_what_this_person_may_do() {
    for (may, has, lacks) in [
        (May::Decide, "Akkoord, voer uit", "Verzoek terugtrekken"),
        (May::CallBack, "Verzoek terugtrekken", "Akkoord, voer uit"),
        (
            May::Look,
            "Er is nog niets gewijzigd.",
            "type=\"submit\">Niet akkoord",
        ),
    ] {
        let world = world(Role::Invoerder, |world| {
            world.ask = Step::Nothing;
            world.open = Some(request(may));
        });
        let page = get(&world, &path()).await;
        for part in [
            "P. &lt;Pieters&gt;",
            "22-11-2026 14:05",
            "Verkeerd &lt;bestand&gt;",
            has,
        ] {
            assert!(page.has(part), "{may:?}: {part}");
        }
        assert!(!page.has(lacks), "{may:?}: {lacks}");
        assert!(!page.has("name=\"reason\""), "one request at a time");
    }
}

#[tokio::test]
async fn the_result_and_the_way_to_undo_it_stand_on_both_pages() {
    let world = world(Role::Invoerder, |world| {
        world.phase = Phase::Withdrawn;
        world.ask = Step::Undo;
        world.last = Some(turned(false));
    });
    let own = get(&world, &path()).await;
    let delivery = get(&world, &format!("/aanleveringen/{ID}")).await;
    for page in [&own, &delivery] {
        for part in ["1.293", "4, 9-14", "Verkeerd bestand", "J. Jansen"] {
            assert!(page.has(part), "{part}");
        }
    }
    assert!(own.has("name=\"undo\"") && own.has("Ja, ongedaan maken vragen"));
    assert!(delivery.links(&path(), "Intrekken ongedaan maken"));
    assert!(
        delivery.has("Ingetrokken") && delivery.has("We wissen uw bestand op 22-12-2026."),
        "{}",
        delivery.html
    );
    assert!(!delivery.has("vaccinaties opgenomen"));
}

#[tokio::test]
async fn while_it_runs_the_page_refreshes_itself_without_a_script() {
    let running = world(Role::Invoerder, |world| {
        world.phase = Phase::Withdrawing;
        world.ask = Step::Nothing;
        world.open = Some(app::ports::withdrawals::OpenRequest {
            running: true,
            ..request(May::Look)
        });
    });
    for path in [path(), format!("/aanleveringen/{ID}")] {
        let page = get(&running, &path).await;
        assert!(
            page.has("<noscript><meta http-equiv=\"refresh\"") && page.has("<progress"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_reason_is_asked_and_every_answer_leads_to_its_page() {
    let id = ID.to_string();
    let form = |reason| [("delivery", id.as_str()), ("reason", reason)];
    let send = "/api/aanlevering-intrekken";
    let nurse = World::nurse();
    let answer = post(&nurse, send, &form("  ")).await;
    assert_eq!(
        answer.location,
        format!("{}?melding=reden#foutoverzicht", path())
    );
    assert!(nurse.reasons.lock().unwrap().is_empty());
    let answer = post(&nurse, send, &form("verkeerd bestand")).await;
    assert_eq!(answer.location, format!("/aanleveringen/{ID}"));
    let answer = post(
        &nurse,
        send,
        &[("delivery", &id), ("reason", "toch goed"), ("undo", "1")],
    )
    .await;
    assert_eq!(answer.location, format!("/aanleveringen/{ID}"));
    assert_eq!(
        *nurse.reasons.lock().unwrap(),
        [
            (false, "verkeerd bestand".to_owned()),
            (true, "toch goed".to_owned())
        ]
    );
    for (asked, rest) in [
        (Asked::Waiting, "?melding=gevraagd"),
        (Asked::TooLate, ""),
        (Asked::Again, ""),
        (Asked::NotApproved, "?melding=akkoord"),
        (Asked::SamePerson, "?melding=zelfde#foutoverzicht"),
    ] {
        let world = world(Role::Invoerder, |world| world.asked = asked);
        let answer = post(&world, "/api/aanlevering-intrekken-akkoord", &form("")).await;
        assert_eq!(answer.location, format!("{}{rest}", path()), "{asked:?}");
    }
    let rivm = world(Role::RivmBeheer, |_| ());
    let answer = post(&rivm, "/api/aanlevering-intrekken-akkoord", &form("")).await;
    assert_eq!(answer.location, path(), "RIVM has no page of the delivery");
    let answer = post(&rivm, "/api/aanlevering-intrekken-afwijzen", &form("")).await;
    assert_eq!(answer.location, path());
}

#[tokio::test]
async fn the_start_page_tells_what_is_new_and_nothing_when_nothing_is() {
    let world = world(Role::Invoerder, |world| world.news = all_news());
    let page = get(&world, "/").await;
    for (way, text) in [
        (
            format!("/aanleveringen/{ID}"),
            "Uw bestand is verwerkt: 293 van 300 opgenomen",
        ),
        (
            format!("/aanleveringen/{ID}"),
            "Uw bestand is gecontroleerd en wacht op Indienen",
        ),
        (
            path(),
            "Er wacht een verzoek op uw akkoord: een aanlevering intrekken (Praktijk De Linde)",
        ),
    ] {
        assert!(page.links(&way, text), "{text}");
    }
    assert!(page.has("vaccinaties &lt;week 4&gt;.xlsx"));
    assert!(!get(&World::nurse(), "/").await.has("Nieuw voor u"));
}

#[tokio::test]
async fn the_history_shows_every_outcome_and_both_answer_files() {
    let world = world(Role::Invoerder, |world| world.phase = Phase::Done);
    let page = get(&world, "/aanleveringen").await;
    for part in ["1.290", "RIVM controleert", "dubbel", "J. Jansen"] {
        assert!(page.has(part), "{part}");
    }
    for form in ["csv", "json"] {
        assert!(page.has(&format!("/aanleveringen/{ID}/resultaat.{form}")));
    }
    assert!(page.has("Resultaat (CSV) van vaccinaties &lt;week 4&gt;.xlsx"));
    let preview = get(&World::nurse(), "/aanleveringen").await;
    assert!(!preview.has("resultaat.csv"), "no answer before the end");
    // The own file back, while there is something in it.
    let way = format!("/aanleveringen/{ID}/verbeteren");
    assert!(page.has(&way) && preview.has(&way));
    assert!(page.has("Afgekeurde regels van vaccinaties &lt;week 4&gt;.xlsx"));
    let mut gone = World::new(Some(Role::Invoerder));
    gone.phase = Phase::Discarded;
    assert!(!get(&Arc::new(gone), "/aanleveringen").await.has(&way));
}

#[tokio::test]
async fn a_registration_that_was_withdrawn_by_itself_is_put_back_with_a_reason() {
    let world = world(Role::Invoerder, |world| world.may_restore = true);
    let (one, way) = (
        format!("/registraties/{ID}"),
        format!("/registraties/{ID}/terugzetten"),
    );
    let page = get(&world, &one).await;
    assert!(page.links(&way, "Intrekken ongedaan maken"));
    assert!(!page.has("Corrigeren"));
    let page = get(&world, &format!("{way}?melding=reden")).await;
    assert!(page.links("#reason", "Vul een reden in.") && page.links(&one, "Zo laten"));
    let id = ID.to_string();
    let send = "/api/registratie-terugzetten";
    for (reason, to) in [
        ("", format!("{way}?melding=reden#foutoverzicht")),
        ("vergissing", format!("{one}?melding=teruggezet")),
    ] {
        let answer = post(&world, send, &[("registration", &id), ("reason", reason)]).await;
        assert_eq!(answer.location, to);
    }
    // What was never withdrawn has no such page.
    let page = get(&World::nurse(), &way).await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(
        !get(&World::nurse(), &one)
            .await
            .links(&way, "Intrekken ongedaan maken")
    );
}

#[tokio::test]
async fn without_approval_each_page_says_so_and_nothing_is_lost() {
    let world = world(Role::Invoerder, |world| {
        world.may_restore = true;
        world.not_approved = true;
    });
    let id = ID.to_string();
    let one = format!("/registraties/{ID}");
    let rows = format!("/aanleveringen/{ID}/regels");
    let asks = [("registration", id.as_str()), ("reason", "vergissing")];
    let mends = [("delivery", id.as_str()), ("number", "4"), ("seen", &id)];
    let all = [("delivery", id.as_str()), ("pagina", "2")];
    for (way, form, to) in [
        (
            "/api/registratie-corrigeren",
            &asks[..],
            format!("{one}/corrigeren?versie=0&concept={ID}&melding=akkoord"),
        ),
        (
            "/api/registratie-terugzetten",
            &asks,
            format!("{one}/terugzetten?concept={ID}&melding=akkoord"),
        ),
        (
            "/api/registratie-klopt",
            &asks,
            format!("{one}?concept={ID}&melding=akkoord"),
        ),
        (
            "/api/regel-verbeteren",
            &mends,
            format!("{rows}/4?concept={ID}&melding=akkoord"),
        ),
        (
            "/api/regels-verbeteren",
            &all,
            format!("{rows}?pagina=2&concept={ID}&melding=akkoord"),
        ),
    ] {
        assert_eq!(post(&world, way, form).await.location, to);
    }
    let says = "heeft nu geen akkoord om zo aan te leveren.";
    for page in [
        format!("{one}/terugzetten?melding=akkoord"),
        format!("{one}?melding=akkoord"),
        format!("{rows}/4?melding=akkoord"),
        format!("{rows}?melding=akkoord"),
        format!("{}?melding=akkoord", path()),
    ] {
        assert!(get(&world, &page).await.has(says), "{page}");
    }
    let page = format!("{one}/corrigeren?melding=akkoord");
    let page = get(&World::nurse(), &page).await;
    assert!(page.has("heeft nog geen akkoord om hier te registreren."));
}

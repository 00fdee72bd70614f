//! Managing code lists: the pages for who reads and who manages, and what their forms do.

use super::fakes::{ID, World, all_news};
use super::{Answer, get, post};
use app::ports::lists::{ChangeState, ChangeView, ListAgreed, MayChange};
use axum::http::StatusCode;
use domain::lists::{Fault, ListKind};
use domain::role::Role;
use std::sync::Arc;

const PAGES: [&str; 10] = [
    "/codelijsten",
    "/codelijsten/verdacht",
    "/codelijsten/batches",
    "/codelijsten/namen",
    "/codelijsten/hpk-codes",
    "/codelijsten/vaccins",
    "/codelijsten/batches/onderdeel?sleutel=EJ6796&vaccin=Comirnaty",
    "/codelijsten/doelgroepen",
    "/codelijsten/leeftijdsgroepen",
    "/codelijsten/leeftijdsgroepen/onderdeel?sleutel=B",
];

fn of(role: Role, change: impl FnOnce(&mut World)) -> Arc<World> {
    let mut world = World::new(Some(role));
    change(&mut world);
    Arc::new(world)
}

fn manager() -> Arc<World> {
    of(Role::RivmBeheer, |_| ())
}

fn change() -> String {
    format!("/codelijsten/wijzigingen/{ID}")
}

async fn opened(set: impl FnOnce(&mut ChangeView)) -> Answer {
    let world = of(Role::RivmBeheer, |world| set(&mut world.change));
    get(&world, &change()).await
}

#[tokio::test]
async fn a_reviewer_reads_the_lists_and_only_the_manager_changes_them() {
    let form = "action=\"/api/lijst-voorstel";
    for path in PAGES.into_iter().map(str::to_owned).chain([change()]) {
        for role in [Role::RivmBeoordelaar, Role::RivmBeheer] {
            let page = get(&of(role, |_| ()), &path).await;
            assert_eq!(page.status, StatusCode::OK, "{role:?} {path}");
            let manages = role == Role::RivmBeheer
                && [
                    "batches",
                    "namen",
                    "hpk-codes",
                    "vaccins",
                    "doelgroepen",
                    "onderdeel",
                ]
                .iter()
                .any(|part| path.contains(part));
            assert_eq!(page.has(form), manages, "{role:?} {path}");
        }
        for role in [Role::Invoerder, Role::Privacycoordinator, Role::Auditor] {
            let page = get(&of(role, |_| ()), &path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{role:?} {path}");
        }
    }
    for path in [
        "/codelijsten/geheim",
        "/codelijsten/geheim/onderdeel?sleutel=x&vaccin=y",
    ] {
        let page = get(&manager(), path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_front_page_shows_the_lists_and_the_changes() {
    let page = get(&manager(), "/codelijsten").await;
    assert!(page.links("/codelijsten/batches", "Batches"));
    assert!(
        page.links("/codelijsten/verdacht", "Verdachte batches") || page.has("Verdachte batches")
    );
    for part in [
        "EJ&lt;6796&gt; en 1 meer",
        "Wacht op akkoord",
        "R. &lt;Rivm&gt;",
        "Doelgroepen",
        "Leeftijdsgroepen zonder toestemming",
    ] {
        assert!(page.has(part), "{part}");
    }
}

#[tokio::test]
async fn an_entry_shows_what_holds_and_who_changed_it() {
    let page = get(&manager(), PAGES[6]).await;
    for part in [
        "EJ&lt;6796&gt;",
        "vrijgegeven 04-01-2021, houdbaar tot en met 30-04-2021, HPK 2924528",
        "vanaf 01-01-2021",
        "Staat er nog niet in",
        "P. Pieters, 23-11-2026 09:00",
        "Geen akkoord",
        "value=\"30-04-2021\"",
        "Beëindigen",
    ] {
        assert!(page.has(part), "{part}");
    }
    let page = get(
        &manager(),
        "/codelijsten/vaccins/onderdeel?sleutel=Comirnaty&vaccin=Comirnaty",
    )
    .await;
    assert!(page.has("minstens 21 dagen") && page.has("Beëindigen"));
    assert!(page.has("Wat tot en met die dag is gegeven, kan nog worden aangeleverd."));
    let page = get(
        &manager(),
        "/codelijsten/namen/onderdeel?sleutel=Pfizer&vaccin=Comirnaty",
    )
    .await;
    assert!(page.has("Beëindigen") && !page.has("id=\"houdbaar\""));
}

#[tokio::test]
async fn products_and_target_groups_have_a_form_of_their_own_and_ages_change_by_group() {
    let page = get(&manager(), "/codelijsten/vaccins").await;
    for part in ["id=\"eu\"", "id=\"doses\"", "EU/1/20/1528"] {
        assert!(page.has(part), "{part}");
    }
    assert!(!page.has("id=\"vaccin\""), "a product is of no other");
    let entry = "/codelijsten/vaccins/onderdeel?sleutel=Comirnaty&vaccin=Comirnaty";
    let page = get(&manager(), entry).await;
    assert!(page.has("EU-nummer EU/1/20/1528") && !page.has("id=\"eu\""));
    let page = get(&manager(), "/codelijsten/doelgroepen").await;
    assert!(page.has("Dak- &lt;of&gt; thuisloos") && page.has("id=\"betekenis\""));
    assert!(!page.has("id=\"vaccin\""));
    let page = get(&manager(), "/codelijsten/leeftijdsgroepen").await;
    assert!(page.has(">18<") && page.has(">59<"));
    let page = get(
        &manager(),
        "/codelijsten/leeftijdsgroepen/onderdeel?sleutel=B",
    )
    .await;
    assert!(page.has("id=\"leeftijd\"") && page.has("value=\"18\""));
    assert!(!page.has("Beëindigen"));

    let world = of(Role::RivmBeheer, |world| {
        world.faults = vec![Fault::AgeOrder];
    });
    let form = [
        ("form[lijst]", "leeftijdsgroepen"),
        ("form[onderdeel]", "true"),
        ("form[sleutel]", "B"),
        ("form[leeftijd]", "12"),
    ];
    let answer = post(&world, "/api/lijst-voorstel", &form).await;
    let back = answer.location.split('#').next().unwrap_or_default();
    let page = get(&world, back).await;
    assert!(page.has("href=\"#leeftijd\"") && page.has("value=\"12\""));
    let wishes = world.wishes.lock().expect("no panic before");
    assert_eq!(wishes[0].typed.first_age, "12");
}

#[tokio::test]
async fn what_was_typed_comes_back_with_what_is_wrong_but_not_the_source() {
    let world = of(Role::RivmBeheer, |world| {
        world.faults = vec![Fault::LastDayForm, Fault::NoSource];
    });
    let form = [
        ("form[lijst]", "batches"),
        ("form[sleutel]", "fe8405"),
        ("form[vaccin]", "Comirnaty"),
        ("form[houdbaar]", "31-13-2021"),
        ("form[bron]", "van Jansen"),
    ];
    let answer = post(&world, "/api/lijst-voorstel", &form).await;
    assert_eq!(
        answer.location,
        "/codelijsten/batches?melding=last-day-form.no-source&sleutel=fe8405&vaccin=Comirnaty&houdbaar=31-13-2021#foutoverzicht"
    );
    let page = get(
        &world,
        answer.location.split('#').next().unwrap_or_default(),
    )
    .await;
    assert!(page.title().starts_with("Fout:"));
    assert!(page.links(
        "#houdbaar",
        "Schrijf de datum als dd-mm-jjjj, bijvoorbeeld 31-10-2026."
    ));
    assert!(page.links("#bron", "Vul in waar dit vandaan komt."));
    assert!(page.has("value=\"fe8405\"") && page.has("value=\"31-13-2021\""));
    let wishes = world.wishes.lock().expect("no panic before");
    assert_eq!(
        (wishes[0].kind, wishes[0].source.as_str()),
        (ListKind::Batches, "van Jansen")
    );
}

#[tokio::test]
async fn an_end_that_is_wrong_comes_back_to_its_own_form() {
    let world = of(Role::RivmBeheer, |world| {
        world.faults = vec![Fault::FromPast]
    });
    let form = [
        ("form[lijst]", "namen"),
        ("form[onderdeel]", "true"),
        ("form[eind]", "true"),
        ("form[sleutel]", "Pfizer"),
        ("form[vaccin]", "Comirnaty"),
        ("form[vanaf]", "01-01-2021"),
    ];
    let answer = post(&world, "/api/lijst-voorstel", &form).await;
    assert!(
        answer
            .location
            .starts_with("/codelijsten/namen/onderdeel?melding=from-past&eind=1")
    );
    let page = get(
        &world,
        answer.location.split('#').next().unwrap_or_default(),
    )
    .await;
    assert!(page.links(
        "#einde-vanaf",
        "Deze dag is voorbij. Kies vandaag of later."
    ));
    assert!(page.has("id=\"einde-vanaf\""));
    let good = post(&manager(), "/api/lijst-voorstel", &form).await;
    assert_eq!(good.location, change());
    let unknown = post(
        &manager(),
        "/api/lijst-voorstel",
        &[("form[lijst]", "geheim")],
    )
    .await;
    assert_eq!(unknown.location, "/niet-gevonden");
}

#[tokio::test]
async fn a_file_that_is_no_list_says_what_to_do() {
    for (word, field, text) in [
        (
            "leeg",
            "#bestand",
            "Kies een bestand met een kopregel en minstens één batch.",
        ),
        (
            "kop-houdbaar_tot",
            "#bestand",
            "In de kopregel ontbreekt houdbaar_tot. Voeg deze kolom toe.",
        ),
        ("no-source", "#lijst-bron", "Vul in waar dit vandaan komt."),
        (
            "groot",
            "#bestand",
            "Het bestand is groter dan 1 MB. Verdeel het over meer bestanden.",
        ),
    ] {
        let page = get(&manager(), &format!("/codelijsten/batches?lijst={word}")).await;
        assert!(page.links(field, text), "{word}");
    }
    let page = get(&manager(), "/codelijsten/batches").await;
    assert!(page.has("batchnummer;vaccin;hpk_code;vrijgegeven_op;houdbaar_tot"));
}

#[tokio::test]
async fn a_change_shows_wrong_lines_what_changes_and_what_it_releases() {
    let page = opened(|_| ()).await;
    for part in [
        "Wijziging van 2 regels in Batches",
        "Lijst &lt;van&gt; 29 november",
        "Deze HPK-code hoort bij een ander vaccin. Verbeter de code of het vaccin.",
        "houdbaar tot en met 31-05-2021",
        "Staat er nog niet in",
        "Wachtende regels na deze wijziging",
        ">97<",
        ">20<",
    ] {
        assert!(page.has(part), "{part}");
    }
    let empty = opened(|view| {
        view.items.clear();
        view.line.items = 0;
        view.foreseen = None;
        view.may = MayChange::Ask;
    })
    .await;
    assert!(
        empty.has("Er is niets om voor te leggen.") && !empty.has("Voorleggen aan een collega")
    );
    let done = opened(|view| {
        view.line.state = ChangeState::Done;
        view.foreseen = None;
        view.may = MayChange::Look;
    })
    .await;
    assert!(done.has("97 wachtende regels zijn geaccepteerd."));
    assert!(done.has("3 afgekeurde regels zijn opgenomen en wachten op een beoordelaar."));
}

#[tokio::test]
async fn a_change_offers_only_what_this_person_may_do() {
    let (ask, yes) = ("Voorleggen aan een collega", "Akkoord, wijzigen");
    let (no, back) = ("Geen akkoord</button>", "Terugnemen");
    let cases: [(MayChange, &[&str]); 4] = [
        (MayChange::Ask, &[ask]),
        (MayChange::Agree, &[yes, no]),
        (MayChange::CallBack, &[back]),
        (MayChange::Look, &[]),
    ];
    for (may, has) in cases {
        let page = opened(|view| view.may = may).await;
        for part in [ask, yes, no, back] {
            assert_eq!(page.has(part), has.contains(&part), "{may:?}: {part}");
        }
    }
}

#[tokio::test]
async fn agreeing_says_what_came_of_it() {
    let id = ID.to_string();
    for (agreed, word) in [
        (ListAgreed::Going, "gaat-in"),
        (ListAgreed::Waiting, "wacht"),
        (ListAgreed::SamePerson, "zelfde"),
        (ListAgreed::Other, "ander"),
        (ListAgreed::Stale, "gewijzigd"),
        (ListAgreed::Before, "eerder"),
    ] {
        let world = of(Role::RivmBeheer, |world| world.list_agreed = agreed);
        let answer = post(&world, "/api/lijst-akkoord", &[("id", id.as_str())]).await;
        assert_eq!(answer.location, format!("{}?melding={word}", change()));
    }
    for (word, text) in [
        ("zelfde", "Iemand anders moet akkoord geven."),
        ("ander", "Hierover loopt al een andere wijziging."),
        ("gewijzigd", "De lijst is intussen gewijzigd."),
        ("wacht", "Een collega van RIVM-beheer moet akkoord geven."),
    ] {
        let page = get(&manager(), &format!("{}?melding={word}", change())).await;
        assert!(page.has(text), "{word}");
    }
    let answer = post(&manager(), "/api/lijst-niet", &[("id", id.as_str())]).await;
    assert_eq!(answer.location, change());
}

#[tokio::test]
async fn who_comes_second_reads_who_decided_and_when() {
    for (state, text) in [
        (ChangeState::Agreed, "was u voor en gaf akkoord op"),
        (ChangeState::Done, "was u voor en gaf akkoord op"),
        (ChangeState::Rejected, "was u voor en gaf geen akkoord op"),
        (ChangeState::CalledBack, "nam dit terug op"),
    ] {
        let world = of(Role::RivmBeheer, |world| {
            world.change.line.state = state;
            world.change.decided_by = Some("P. <Pieters>".into());
            world.change.decided_at = Some("23-11-2026 09:00".into());
        });
        let page = get(&world, &format!("{}?melding=eerder", change())).await;
        let text = format!("P. &lt;Pieters&gt; {text} 23-11-2026 09:00.");
        assert!(page.has(&text), "{state:?}");
    }
    // It waits still: nobody was first.
    let page = get(&manager(), &format!("{}?melding=eerder", change())).await;
    assert!(!page.has("was u voor"));
}

#[tokio::test]
async fn a_batch_seen_once_stands_with_what_it_looks_like_and_a_way_into_the_list() {
    let page = get(&manager(), "/codelijsten/verdacht").await;
    for part in [
        "EJ&lt;6769&gt;",
        "1 keer gezien",
        "1.000 keer of meer",
        "EJ6796",
        "Geen bekende batch",
        "Praktijk &lt;De Linde&gt;",
        "27-01-2021 tot en met 28-01-2021",
        "/codelijsten/batches?sleutel=ZZ1&amp;vaccin=Comirnaty#toevoegen",
    ] {
        assert!(page.has(part), "{part}");
    }
    let page = get(&of(Role::RivmBeoordelaar, |_| ()), "/codelijsten/verdacht").await;
    assert!(!page.has("#toevoegen"), "who reads puts nothing in a list");
    let page = get(
        &manager(),
        "/codelijsten/batches?sleutel=ZZ1&vaccin=Comirnaty",
    )
    .await;
    assert!(page.has("value=\"ZZ1\""));
}

#[tokio::test]
async fn a_change_that_waits_is_news_for_who_may_agree() {
    let world = of(Role::RivmBeheer, |world| world.news = all_news());
    let page = get(&world, "/").await;
    assert!(page.links(
        &change(),
        "Er wacht een wijziging van een codelijst op uw akkoord: Batches"
    ));
}

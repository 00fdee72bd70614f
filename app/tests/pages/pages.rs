//! Every page: who may see it, that it is whole, and what is never on it.

use super::fakes::{BSN, GONE, ID, World};
use super::{get, get_with, post, post_for};
use app::islands::progress::{HowFar, PATH};
use app::islands::repair_grid::{self, Verdict};
use app::ports::deliveries::Phase;
use app::{App, shell};
use axum::http::StatusCode;
use domain::finding::{Code, Finding};
use domain::role::Role;
use domain::row::Column;
use domain::text::Lang;
use std::sync::Arc;

const DELIVERER: &[&str] = &[
    "/registreren",
    "/registreren/zonder-toestemming",
    "/registreren/klaar/2026-000123-4",
    "/werklijst",
    "/werklijst?nieuw=1",
    "/registraties",
    "/registraties/00000000-0000-0000-0000-000000000001",
    "/registraties/00000000-0000-0000-0000-000000000001/corrigeren",
    "/registraties/00000000-0000-0000-0000-000000000001/intrekken",
    "/aanleveren",
    "/aanleveringen",
    "/teruggestuurd",
    "/kwaliteit",
    "/aanleveringen/00000000-0000-0000-0000-000000000001",
    "/aanleveringen/00000000-0000-0000-0000-000000000001/herstel/H01/bsn",
    "/proefbank",
    "/proefbank/00000000-0000-0000-0000-000000000001",
];
const TESTER: &[&str] = &["/proefbank"];
const SUPPLIER: &[&str] = &["/installaties"];
const REVIEWER: &[&str] = &[
    "/beoordelen",
    "/beoordelen/00000000-0000-0000-0000-000000000001",
    "/beoordelen/groepen",
    "/beoordelen/groepen/00000000-0000-0000-0000-000000000001",
    "/beoordelen/besluiten",
    "/beoordelen/cijfers",
    "/beoordelen/waarden",
    "/beoordelen/kwaliteit",
    "/beoordelen/kwaliteit?zoek=linde&pagina=2",
    "/beoordelen/kwaliteit/00000000-0000-0000-0000-000000000001",
    "/volledigheid",
    "/beoordelen/besluiten/00000000-0000-0000-0000-000000000001",
    "/beoordelen/00000000-0000-0000-0000-000000000001/vergelijken",
    "/beoordelen/00000000-0000-0000-0000-000000000001/koppelen",
    "/beoordelen/oordelen/00000000-0000-0000-0000-000000000001",
    "/beoordelen/correcties/00000000-0000-0000-0000-000000000001",
    "/codelijsten",
    "/codelijsten/verdacht",
    "/codelijsten/batches",
    "/codelijsten/namen",
    "/codelijsten/vaccins",
    "/codelijsten/doelgroepen",
    "/codelijsten/leeftijdsgroepen",
    "/codelijsten/batches?zoek=niets",
    "/codelijsten/batches/onderdeel?sleutel=EJ6796&vaccin=Comirnaty",
    "/codelijsten/wijzigingen/00000000-0000-0000-0000-000000000001",
    "/dossiers",
    "/dossiers/00000000-0000-0000-0000-000000000001",
    "/dossiers/00000000-0000-0000-0000-000000000001?reden=beoordelen",
];
const GOVERNOR: &[&str] = &[
    "/koppelingen",
    "/koppelingen/00000000-0000-0000-0000-000000000001",
    "/geparkeerd",
    "/geparkeerd/00000000-0000-0000-0000-000000000001",
    "/aanvragen",
    "/aanvragen/00000000-0000-0000-0000-000000000001",
];
const OPERATOR: &[&str] = &[
    "/beheer",
    "/toegang",
    "/toegang/00000000-0000-0000-0000-000000000001",
    "/codelijsten/batches",
    "/codelijsten/hpk-codes",
    "/codelijsten/namen/onderdeel?sleutel=Pfizer&vaccin=Comirnaty",
    "/codelijsten/vaccins/onderdeel?sleutel=Comirnaty&vaccin=Comirnaty",
    "/codelijsten/wijzigingen/00000000-0000-0000-0000-000000000001",
    "/gebruikers",
    "/gebruikers/sessies",
    "/aanvragen/nieuw",
    "/aanvragen/nieuw?concept=00000000-0000-0000-0000-000000000001",
];
const KEYER: &[&str] = &[
    "/kaarten",
    "/kaarten/invoeren",
    "/kaarten/invoeren?concept=00000000-0000-0000-0000-000000000001",
    "/kaarten/00000000-0000-0000-0000-000000000001",
];
const MANAGER: &[&str] = &[
    "/gebruikers",
    "/gebruikers/sessies",
    "/gebruikers/uitnodiging/00000000-0000-0000-0000-000000000001",
];
const ANYBODY: &[&str] = &[
    "/",
    "/inloggen",
    "/hulp",
    "/hulp/regels",
    "/hulp/regels/P03",
    "/hulp/kolommen",
    "/toegankelijkheid",
    "/privacy",
    "/cookies",
    "/uitnodiging",
];

fn of(role: Role) -> Arc<World> {
    Arc::new(World::new(Some(role)))
}

#[tokio::test]
async fn every_page_is_whole_html_with_one_heading_and_unique_ids() {
    let mut locked = std::collections::BTreeSet::new();
    for (role, paths) in [
        (Role::Invoerder, DELIVERER),
        (Role::RivmBeoordelaar, REVIEWER),
        (Role::Privacycoordinator, GOVERNOR),
        (Role::RivmBeheer, GOVERNOR),
        (Role::RivmBeheer, OPERATOR),
        (Role::OpProef, TESTER),
        (Role::Leverancier, SUPPLIER),
        (Role::RivmInvoerder, KEYER),
        (Role::Instellingsbeheerder, MANAGER),
        (Role::Auditor, ANYBODY),
    ] {
        let world = of(role);
        let everybody = [
            "/sessies",
            "/instelling",
            "/bewaard/00000000-0000-0000-0000-000000000001",
        ];
        for path in paths.iter().chain(everybody.iter()) {
            let page = get(&world, path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(
                page.has("<html lang=\"nl\" class=\"ma-theme utrecht-root\""),
                "{path}"
            );
            assert_eq!(page.html.matches("<h1").count(), 1, "{path}");
            assert!(page.has("</body></html>"), "{path}");
            assert!(
                !page.title().is_empty() && !page.title().contains(BSN),
                "{path}"
            );
            assert!(!page.has(" style=\""), "{path}");
            for form in page.html.split("<form").skip(1) {
                let form = form.split_once("</form>").map_or(form, |(form, _)| form);
                if let Some(heavy) = app::HEAVY
                    .iter()
                    .find(|heavy| form.contains(&format!("action=\"{heavy}\"")))
                {
                    assert!(form.contains("name=\"formulier\""), "{heavy} on {path}");
                    locked.insert(*heavy);
                }
            }
            let mut ids: Vec<&str> = page
                .html
                .split(" id=\"")
                .skip(1)
                .filter_map(|rest| rest.split_once('"'))
                .map(|(id, _)| id)
                .collect();
            let all = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), all, "an id is there twice on {path}");
        }
    }
    assert!(locked.len() >= 8, "forms with a token: {locked:?}");
}

#[tokio::test]
async fn every_label_and_description_points_at_something() {
    for (role, paths) in [
        (Role::Invoerder, DELIVERER),
        (Role::RivmBeoordelaar, REVIEWER),
        (Role::Privacycoordinator, GOVERNOR),
        (Role::RivmBeheer, GOVERNOR),
        (Role::RivmBeheer, OPERATOR),
        (Role::OpProef, TESTER),
        (Role::Leverancier, SUPPLIER),
        (Role::RivmInvoerder, KEYER),
        (Role::Instellingsbeheerder, MANAGER),
    ] {
        for path in paths {
            let page = get(&of(role), path).await;
            for attribute in [
                " for=\"",
                "aria-describedby=\"",
                "aria-labelledby=\"",
                " list=\"",
            ] {
                let values = page
                    .html
                    .split(attribute)
                    .skip(1)
                    .filter_map(|rest| rest.split_once('"'));
                for id in values.flat_map(|(ids, _)| ids.split(' ')) {
                    assert!(
                        page.has(&format!(" id=\"{id}\"")),
                        "{attribute}{id} on {path}"
                    );
                }
            }
        }
    }
}

#[tokio::test]
async fn who_is_not_logged_in_is_led_to_the_login_page_and_back() {
    let nobody = Arc::new(World::new(None));
    for path in DELIVERER
        .iter()
        .chain(REVIEWER)
        .chain(GOVERNOR)
        .chain(OPERATOR)
        .chain(SUPPLIER)
        .chain(MANAGER)
        .chain(KEYER)
        .chain(["/sessies", "/instelling"].iter())
    {
        let page = get(&nobody, path).await;
        assert_eq!(page.status, StatusCode::FOUND, "{path}");
        let back = path.replace('?', "%3F").replace('=', "%3D");
        let back = back.replace('&', "%26");
        assert_eq!(page.location, format!("/inloggen?next={back}"));
        assert!(!page.has(BSN));
    }
    for path in ANYBODY {
        assert_eq!(get(&nobody, path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_page_without_a_right_to_it_is_the_page_that_does_not_exist() {
    let body = |html: &str| {
        html.split_once("<main")
            .map(|(_, main)| main.to_owned())
            .expect("a main")
    };
    let (nurse, reviewer, auditor, keyer) = (
        of(Role::Invoerder),
        of(Role::RivmBeoordelaar),
        of(Role::Auditor),
        of(Role::RivmInvoerder),
    );
    let (under_test, supplier) = (of(Role::OpProef), of(Role::Leverancier));
    for (world, paths) in [
        (&nurse, REVIEWER),
        (&reviewer, DELIVERER),
        (&auditor, DELIVERER),
        (&auditor, REVIEWER),
        (&under_test, &DELIVERER[..13]),
        (&under_test, SUPPLIER),
        (&supplier, DELIVERER),
        (&supplier, REVIEWER),
        (&supplier, GOVERNOR),
        (&supplier, OPERATOR),
        (&nurse, KEYER),
        (&reviewer, KEYER),
        (&keyer, DELIVERER),
        (&keyer, REVIEWER),
    ] {
        let missing = get(world, "/bestaat-niet").await;
        for path in paths {
            let page = get(world, path).await;
            assert_eq!(
                (page.status, missing.status),
                (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND),
                "{path}"
            );
            assert!(
                body(&page.html).starts_with(
                    body(&missing.html)
                        .split_once("<footer")
                        .expect("a footer")
                        .0
                ),
                "{path}"
            );
        }
    }
    for path in [
        "/registraties/geen-sleutel",
        "/registraties/00000000-0000-0000-0000-000000000009",
        "/hulp/regels/Z99",
    ] {
        assert_eq!(
            get(&nurse, path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
}

#[tokio::test]
async fn our_fault_has_a_number_and_its_status() {
    let mut world = World::new(Some(Role::Invoerder));
    world.broken = true;
    let page = get(&Arc::new(world), &format!("/registreren?concept={ID}")).await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(page.has(&format!("Noem bij contact nummer {ID}.")));
}

#[tokio::test]
async fn the_frame_names_who_where_and_as_what() {
    let page = get(&World::nurse(), "/registraties").await;
    for part in [
        "J. Jansen",
        "Praktijk De Linde",
        "Invoerder",
        "Demo: geen echte gegevens",
        "href=\"#inhoud\"",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(
        page.has("href=\"/registraties\" aria-current=\"page\""),
        "{}",
        page.html
    );
    assert!(
        !page.has("href=\"/beoordelen\""),
        "the menu shows what the role may do"
    );
    assert!(page.has("Blijf ingelogd"), "the dialog of the time-out");
}

#[tokio::test]
async fn scripts_carry_the_nonce_of_the_answer() {
    let page = get(&World::nurse(), "/").await;
    let scripts: Vec<&str> = page
        .html
        .split("<script")
        .skip(1)
        .filter_map(|rest| rest.split_once('>'))
        .map(|(tag, _)| tag)
        .collect();
    assert!(!scripts.is_empty());
    assert!(
        scripts.iter().all(|tag| tag.contains("nonce=")),
        "{scripts:?}"
    );
}

#[tokio::test]
async fn colours_and_language_are_cookies_set_by_plain_forms() {
    let world = World::nurse();
    let page = get_with(&world, "/hulp", "a=b; cims-kleur=donker; cims-taal=en").await;
    assert!(
        page.has("<html lang=\"en\"") && page.has("data-kleur=\"donker\""),
        "{}",
        page.html
    );
    assert!(page.has("<h1 class=\"utrecht-heading-1\">Help"));
    let page = get_with(&world, "/hulp", "cims-kleur=\"><script>").await;
    assert!(!page.has("data-kleur"));
    let answer = post(
        &world,
        "/api/kleuren",
        &[("kleur", "donker"), ("terug", "/hulp")],
    )
    .await;
    assert_eq!(answer.location, "/hulp");
    assert!(
        answer.cookie.starts_with("cims-kleur=donker; Path=/"),
        "{}",
        answer.cookie
    );
    // What comes from a form never leads elsewhere.
    for (to, leads) in [
        ("/registraties?pagina=2", "/registraties?pagina=2"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("evil", "/"),
        ("", "/"),
        ("/a\r\nb", "/"),
        ("/a b", "/"),
    ] {
        let answer = post(&world, "/api/taal", &[("taal", "en"), ("terug", to)]).await;
        assert_eq!(answer.location, leads, "{to:?}");
    }
}

#[tokio::test]
async fn a_preview_shows_counts_that_add_up_and_every_kind_of_message() {
    let page = get(&World::nurse(), &format!("/aanleveringen/{ID}")).await;
    for part in [
        "1.320 regels gelezen",
        "1.290",
        "18 regels kennen we al, of staan dubbel in dit bestand.",
        "34 waarden hersteld",
        "4, 9-14",
        "Indienen",
        "Weggooien",
        "Alles of niets indienen kan pas als elke regel goed is.",
        "Wat verandert er voor personen?",
        "1 van 2 → 2 van 2",
        "3 van 2: dubbele registratie?",
        "2 → 3, na de reeks van 2",
        "Dubbel: niets nieuws",
        "Al bekend, met andere gegevens",
        "34 keer toegepast",
        "staat uit",
        "Weer aanzetten",
        "Kies een werkblad",
        "Februari",
        "Neem de 3 verborgen regels mee",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(page.has("href=\"/hulp/regels/P03\"") && page.has("href=\"/hulp/regels/A18\""));
    assert!(page.has("vaccinaties &lt;week 4&gt;.xlsx"), "escaped");
    assert!(
        !page.title().contains("week"),
        "a file name stays out of the title"
    );
    assert_eq!(
        post(
            &World::nurse(),
            "/api/aanlevering-indienen",
            &[("delivery", &ID.to_string())]
        )
        .await
        .location,
        format!("/aanleveringen/{ID}")
    );
    for (form, to) in [
        (
            vec![("delivery", ID.to_string())],
            "?fout=werkblad#foutoverzicht",
        ),
        (
            vec![("delivery", ID.to_string()), ("sheet", "2".into())],
            "",
        ),
    ] {
        let form: Vec<(&str, &str)> = form
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let posted = post(&World::nurse(), "/api/aanlevering-werkblad", &form).await;
        assert_eq!(posted.location, format!("/aanleveringen/{ID}{to}"));
    }
    let page = get(
        &World::nurse(),
        &format!("/aanleveringen/{ID}?fout=werkblad"),
    )
    .await;
    assert!(page.has("Kies welk werkblad we lezen.") && page.title().starts_with("Fout: "));
    let posted = post(
        &World::nurse(),
        "/api/aanlevering-alles-of-niets",
        &[("delivery", &ID.to_string())],
    )
    .await;
    assert_eq!(
        posted.location,
        format!("/aanleveringen/{ID}?fout=afgekeurd#foutoverzicht")
    );
    let page = get(
        &World::nurse(),
        &format!("/aanleveringen/{ID}?fout=afgekeurd"),
    )
    .await;
    assert!(
        page.has("Er is niets opgeslagen: niet elke regel is goed.")
            && page.title().starts_with("Fout: ")
    );
}

#[tokio::test]
async fn every_repaired_value_of_a_kind_can_be_seen_page_by_page() {
    let delivery = format!("/aanleveringen/{ID}");
    let all = format!("{delivery}/herstel/H01/bsn");
    let preview = get(&World::nurse(), &delivery).await;
    assert!(preview.has(&format!("href=\"{all}\"")) && preview.has("Bekijk alle 34"));
    let page = get(&World::nurse(), &format!("{all}?pagina=2")).await;
    for part in [
        "&lt;9999900&gt;",
        "009999900",
        "61",
        "134 waarden hersteld",
        "Pagina 2 van 3",
        &format!("href=\"{all}?pagina=3\""),
        &format!("href=\"{delivery}\""),
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(!page.title().contains("9999900"), "no value in a title");
    for nothing in ["herstel/H02/bsn", "herstel/P03/bsn", "herstel/H01/naam"] {
        let page = get(&World::nurse(), &format!("{delivery}/{nothing}")).await;
        assert_eq!(page.status, 404, "{nothing}");
    }
}

#[tokio::test]
async fn how_a_row_stood_before_is_folded_away_with_what_was_repaired_of_it_then() {
    for path in [
        format!("/aanleveringen/{ID}/regels/4"),
        format!("/registraties/{ID}"),
    ] {
        let page = get(&World::nurse(), &path).await;
        let (_, earlier) = page
            .html
            .split_once("Zo stond deze regel er tot 21-11-2026 09:30")
            .expect("a fold");
        let (first, second) = earlier
            .split_once("Zo stond deze regel er tot 20-11-2026 16:10")
            .expect("one more");
        for part in [
            "Batchnummer: er stond “&lt;EJ 6796&gt;”, wij maakten er “EJ6796” van.",
            "href=\"/hulp/regels/H05\"",
            Code::H05.sentence(Lang::Nl),
            BSN,
        ] {
            assert!(first.contains(part), "{part} on {path}");
        }
        assert!(second.contains("We konden de cellen niet uit elkaar houden."));
        let english = get_with(&World::nurse(), &path, "cims-taal=en").await;
        for part in [
            "How this row stood until 21-11-2026 09:30",
            "it said “&lt;EJ 6796&gt;”, we made it “EJ6796”.",
        ] {
            assert!(english.has(part), "{part} on {path}");
        }
    }
}

#[tokio::test]
async fn a_refused_row_is_mended_on_its_own_page() {
    let list = format!("/aanleveringen/{ID}/regels");
    let page = get(&World::nurse(), &format!("{list}?goed=3")).await;
    for part in [
        "Regel 3 is nu goed.",
        "Nog 7 regels te verbeteren.",
        &format!("href=\"{list}/4\""),
    ] {
        assert!(page.has(part), "{part}");
    }
    let page = get(&World::nurse(), &format!("{list}/4")).await;
    for part in [
        "name=\"row[bsn]\"",
        "aria-invalid=\"true\"",
        "Ook in de 2 andere regels met deze waarde",
        "Waarom dient u toch in?",
        "De andere kolommen van deze regel",
        "Naar regel 9",
        "id=\"doelgroep\" name=\"row[doelgroep]\"",
        "<option value=\"BEWONER_INSTELLING\" selected",
    ] {
        assert!(page.has(part), "{part}");
    }
    let page = get(&World::nurse(), &format!("{list}/9")).await;
    assert!(page.has("Ook in alle andere regels met deze waarde"));
    // What was typed while somebody else was faster: said in a sentence, with no message of other cells.
    let page = get(&World::nurse(), &format!("{list}/4?concept={ID}")).await;
    assert!(page.has("Iemand anders heeft deze regel intussen gewijzigd."));
    assert!(page.has(&format!("name=\"concept\" value=\"{ID}\"")));
    assert!(!page.has("aria-invalid"));
    let id = ID.to_string();
    let post_form = async |more: &[(&str, &str)]| {
        let form = [&[("delivery", id.as_str()), ("number", "4")][..], more].concat();
        post(&World::nurse(), "/api/regel-verbeteren", &form)
            .await
            .location
    };
    let send = async |bsn: &str| post_form(&[("seen", &id), ("row[bsn]", bsn)]).await;
    assert_eq!(send("999990019").await, format!("{list}?goed=4"));
    assert_eq!(send("").await, format!("{list}/4?opnieuw=1#foutoverzicht"));
    let older = uuid::Uuid::from_u128(2).to_string();
    let late = post_form(&[("seen", &older), ("row[bsn]", "999990019")]).await;
    assert_eq!(late, format!("{list}/4?concept={ID}"));
    let again = [
        ("seen", id.as_str()),
        ("row[bsn]", "999990019"),
        ("concept", &id),
    ];
    assert_eq!(post_form(&again).await, format!("{list}?al=4"));
    let page = get(&World::nurse(), &format!("{list}?al=4")).await;
    assert!(page.has("Regel 4 is intussen al verbeterd."));
}

#[tokio::test]
async fn refused_rows_are_mended_together_in_one_table() {
    let list = format!("/aanleveringen/{ID}/regels");
    let page = get(&World::nurse(), &list).await;
    for part in [
        "name=\"rows[r4][bsn]\"",
        "id=\"r4-bsn-fout\"",
        "aria-label=\"BSN, regel 4\"",
        "Ook in de 2 andere regels",
        "list=\"keuzes-doelgroep\"",
        "Alleen deze regels indienen",
        "name=\"rows[r9][bsn]\"",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(
        page.html.find("data-column=\"bsn\"") < page.html.find("data-column=\"toestemming\""),
        "what is wrong comes first"
    );
    assert!(!page.title().starts_with("Fout: ") && !page.has("id=\"foutoverzicht\""));
    // What a script says of a column that is longer than the page: where the rest goes.
    let more = get(&World::nurse(), &format!("{list}?pagina=2")).await;
    for (page, then) in [
        (&page, "Er zijn hierna geen afgekeurde regels meer."),
        (
            &more,
            "Plak de rest daarna bij de volgende afgekeurde regels.",
        ),
    ] {
        assert!(page.has("id=\"geplakt\"") && page.has(then), "{then}");
    }
    assert!(!more.has("Er zijn hierna geen afgekeurde regels meer."));
    // After sending: what is still wrong, summed up with a link to each cell.
    let page = get(&World::nurse(), &format!("{list}?goede=3&foute=1")).await;
    assert!(page.title().starts_with("Fout: ") && page.has("3 regels zijn nu goed."));
    assert!(page.has("href=\"#r4-bsn\"") && page.has("Regel 4, BSN: "));
    assert!(
        page.has("href=\"#rij-9\""),
        "what is wrong with a whole row"
    );
    let page = get(&World::nurse(), &format!("{list}?concept={ID}")).await;
    assert!(page.has("Iemand anders heeft deze regel intussen gewijzigd. U ziet uw eigen invoer."));
    let id = ID.to_string();
    let post_rows = async |more: &[(&str, &str)]| {
        let form = [&[("delivery", id.as_str()), ("pagina", "2")][..], more].concat();
        post(&World::nurse(), "/api/regels-verbeteren", &form)
            .await
            .location
    };
    let two = [
        ("rows[r4][seen]", id.as_str()),
        ("rows[r4][bsn]", "999990019"),
        ("rows[r9][seen]", &id),
        ("rows[r9][bsn]", ""),
        ("rows[surprise][bsn]", ""),
    ];
    assert_eq!(
        post_rows(&two).await,
        format!("{list}?pagina=2&goede=1&foute=1#foutoverzicht")
    );
    let older = uuid::Uuid::from_u128(2).to_string();
    let late = [("rows[r4][seen]", older.as_str()), ("rows[r4][bsn]", "1")];
    assert_eq!(
        post_rows(&late).await,
        format!("{list}?pagina=2&concept={ID}")
    );
    assert_eq!(post_rows(&[]).await, format!("{list}?pagina=2&niets=1"));
}

#[tokio::test]
async fn the_script_of_the_grid_reads_what_the_server_answers() {
    let id = ID.to_string();
    let form = [
        ("delivery", id.as_str()),
        ("rows[r4][seen]", &id),
        ("rows[r4][bsn]", "12"),
    ];
    let answer = post_for(&World::nurse(), repair_grid::PATH, &form, "*/*").await;
    let text: String = leptos::serde_json::from_str(&answer.html).expect("text");
    let rows = Verdict::read(&text);
    let message = Finding::on(Code::P02, Column::Bsn).message();
    assert_eq!(
        rows,
        [Verdict {
            row: "4".into(),
            good: true,
            cells: vec![("bsn".into(), message)],
        }],
        "faults only"
    );
}

#[tokio::test]
async fn progress_works_without_a_script() {
    let mut world = World::new(Some(Role::Invoerder));
    world.phase = Phase::Checking;
    let page = get(&Arc::new(world), &format!("/aanleveringen/{ID}")).await;
    assert!(
        page.has("<noscript><meta http-equiv=\"refresh\" content=\"3\""),
        "{}",
        page.html
    );
    assert!(page.has("<progress") && page.has("Regel 400 van 1320"));
    assert!(!page.has("Indienen"));
}

#[tokio::test]
async fn the_script_of_the_progress_reads_what_the_server_answers() {
    let mut world = World::new(Some(Role::Invoerder));
    world.phase = Phase::Storing;
    let id = ID.to_string();
    let answer = post_for(&Arc::new(world), PATH, &[("delivery", &id)], "*/*").await;
    let now: HowFar = leptos::serde_json::from_str(&answer.html).expect("what the island reads");
    assert_eq!(
        now,
        HowFar {
            working: true,
            done: 400,
            total: 1_320
        }
    );
    let answer = post_for(
        &Arc::new(World::new(None)),
        PATH,
        &[("delivery", &id)],
        "*/*",
    )
    .await;
    assert!(
        answer.html.contains("\"working\":false"),
        "who is not logged in opens the page anew, and logs in"
    );
}

#[tokio::test]
async fn an_upload_that_failed_says_why_at_the_field() {
    let page = get(&World::nurse(), "/aanleveren?fout=groot").await;
    assert!(page.links("#bestand", "Het bestand is groter dan 20 MB."));
    assert!(page.has("enctype=\"multipart/form-data\"") && page.has("name=\"bestand\""));
    assert!(
        page.html.find("20.000 regels") < page.html.find("type=\"file\""),
        "limits are told before"
    );
}

#[tokio::test]
async fn a_list_keeps_its_filter_in_the_links_to_other_pages() {
    let page = get(
        &World::nurse(),
        "/registraties?van=2021-01-01&vaccin=Comirnaty&pagina=2",
    )
    .await;
    assert!(page.has("1.234 registraties") && !page.has("deze datum bestaat niet"));
    let wrong = get(&World::nurse(), "/registraties?van=31-02-2021").await;
    assert!(wrong.has("Vanaf: deze datum bestaat niet.") && wrong.has("Ingetrokken"));
    assert!(
        page.has("href=\"/registraties?van=2021-01-01&amp;vaccin=Comirnaty&amp;pagina=3\""),
        "{}",
        page.html
    );
    assert!(page.has("role=\"table\"") && page.has("data-label=\"Vaccin\""));
    assert!(
        get(&World::nurse(), "/registraties?vaccin=Nuvaxovid")
            .await
            .has("Niets gevonden met deze filters.")
    );
}

#[tokio::test]
async fn what_people_typed_is_escaped() {
    let page = get(&of(Role::RivmBeoordelaar), &format!("/beoordelen/{ID}")).await;
    assert!(page.has("Żółty&lt;b&gt;") && !page.has("Żółty<b>"));
    assert!(page.has("De geboortedatum wijkt af van de BRP.") && page.has("Dat wordt vastgelegd."));
    assert!(page.has("&lt;week&gt; 47.csv"));
    let address = format!("/beoordelen/kwaliteit/{ID}");
    let page = get(&of(Role::RivmBeoordelaar), &address).await;
    assert!(page.title().contains("Praktijk &lt;b&gt;De Linde"));
}

#[tokio::test]
async fn a_row_says_on_whose_list_it_is_and_has_keys_for_what_comes_next() {
    let reviewer = of(Role::RivmBeoordelaar);
    let list = get(&reviewer, "/beoordelen?bij=mij&code=B10").await;
    for text in [
        "<option value=\"mij\" selected>Mijn lijst (3)",
        "<option value=\"niemand\">Nog bij niemand",
        "B. &lt;Beoordelaar&gt; (1.200)",
        "data-label=\"Bij wie\" class=\"utrecht-table__cell\">B. &lt;Beoordelaar&gt;",
    ] {
        assert!(list.has(text), "{text}: {}", list.html);
    }
    let row = get(&reviewer, &format!("/beoordelen/{ID}?bij=mij")).await;
    assert!(row.has(&format!("name=\"back\" value=\"/beoordelen/{ID}?bij=mij\"")));
    assert!(row.has("RIVM controleert"), "a stored row goes back too");
    for key in ["n", "m", "v", "l", "t"] {
        assert!(row.has(&format!("accesskey=\"{key}\"")), "{key}");
    }
    let row = get(&reviewer, &format!("/beoordelen/{GONE}?bij=mij")).await;
    assert!(row.has("accesskey=\"n\""));
    assert!(!row.has("accesskey=\"t\""), "what waits no more stays");
    let group = get(&reviewer, &format!("/beoordelen/groepen/{ID}")).await;
    assert!(
        group.has("Dit geldt voor alle regels van de groep.")
            && group.has("name=\"group\" value=\"true\"")
    );
}

#[tokio::test]
async fn a_search_stays_in_the_address_unless_it_may_be_a_bsn() {
    let reviewer = of(Role::RivmBeoordelaar);
    for list in ["/beoordelen", "/beoordelen/groepen"] {
        let page = get(&reviewer, &format!("{list}?zoek=De+Linde&code=B10")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(
            page.has("name=\"zoek\" value=\"De Linde\""),
            "{}",
            page.html
        );
        for bsn in ["999990019", "9999.90.019", "9999+90+019", "rij%20999990019"] {
            let page = get(&reviewer, &format!("{list}?zoek={bsn}&code=B10")).await;
            assert_eq!(
                page.location,
                format!("{list}?code=B10&melding=bsn"),
                "{bsn}"
            );
            assert!(!page.html.contains("999990019") && !page.html.contains(bsn));
            // Who has to log in first does not take it along.
            let page = get(&Arc::new(World::new(None)), &format!("{list}?zoek={bsn}")).await;
            assert_eq!(
                page.location,
                format!("/inloggen?next={}", shell::encode(list))
            );
        }
        let page = get(&reviewer, &format!("{list}?melding=bsn")).await;
        assert!(page.has("Zoek hier niet op een BSN.") && page.has("href=\"/dossiers\""));
    }
    let row = get(
        &reviewer,
        &format!("/beoordelen/{ID}?zoek=999995571&bij=mij"),
    )
    .await;
    assert!(!row.html.contains("999995571"));
}

#[tokio::test]
async fn every_form_posts_to_a_route_that_exists() {
    let served: Vec<&str> = leptos::server_fn::axum::server_fn_paths()
        .map(|(path, _)| path)
        .collect();
    let plain = [
        "/auth/uitloggen",
        "/auth/uitnodiging",
        "/aanleveren",
        "/proefbank",
        "/werklijst",
        "/registraties",
        "/beoordelen",
        "/beoordelen/groepen",
        "/beoordelen/kwaliteit",
        "/codelijsten/batches",
        "/codelijsten/namen",
        "/codelijsten/hpk-codes",
        "/codelijsten/vaccins",
        "/codelijsten/doelgroepen",
        "/codelijsten/leeftijdsgroepen",
        "/codelijsten/inlezen",
        "/dossiers/00000000-0000-0000-0000-000000000001",
    ];
    for (role, paths) in [
        (Role::Invoerder, DELIVERER),
        (Role::RivmBeoordelaar, REVIEWER),
        (Role::RivmInvoerder, KEYER),
        (Role::RivmBeheer, OPERATOR),
        (Role::Auditor, &["/sessies"]),
    ] {
        for path in paths {
            let page = get(&of(role), path).await;
            for (action, _) in page
                .html
                .split(" action=\"")
                .skip(1)
                .filter_map(|rest| rest.split_once('"'))
            {
                assert!(
                    served.contains(&action) || plain.contains(&action),
                    "{action} on {path}"
                );
            }
        }
    }
}

#[test]
fn every_route_is_rendered_whole_before_it_is_sent() {
    let routes = leptos_axum::generate_route_list(App);
    assert!(routes.len() > 25, "{}", routes.len());
    for route in routes {
        assert!(
            matches!(route.mode(), leptos_router::SsrMode::Async),
            "{}",
            route.path()
        );
    }
}

//! A new party: the form that loses nothing, the steps, the page of the test lane, and who sees what before approval.

use super::fakes::{ID, World, installation};
use super::{get, post};
use app::ports::deliveries::Phase;
use app::ports::parties::SupplierTotals;
use axum::http::StatusCode;
use domain::role::Role;
use std::sync::Arc;

fn of(role: Role) -> Arc<World> {
    Arc::new(World::new(Some(role)))
}

#[tokio::test]
async fn a_request_with_faults_comes_back_with_what_was_typed() {
    let world = of(Role::RivmBeheer);
    let page = get(&world, &format!("/aanvragen/nieuw?concept={ID}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.title().starts_with("Fout: "), "{}", page.title());
    for part in [
        "value=\"Verpleeghuis &lt;Lindehof&gt;\"",
        "value=\"47470009\"",
        "<option value=\"sftp\" selected",
        "href=\"#code\"",
        "Een andere partij heeft deze code al.",
        "Vul in wie we bij de instelling kunnen bellen of mailen.",
        "name=\"form[agb]\"",
        &format!("name=\"concept\" value=\"{ID}\""),
    ] {
        assert!(page.has(part), "{part}");
    }
    let empty = get(&world, "/aanvragen/nieuw").await;
    assert!(!empty.has("foutoverzicht") && empty.has("name=\"formulier\""));
}

#[tokio::test]
async fn a_request_leads_to_its_page_or_back_to_its_form() {
    let world = of(Role::RivmBeheer);
    let id = ID.to_string();
    let good = [
        ("concept", id.as_str()),
        ("form[name]", "Verpleeghuis Lindehof"),
        ("form[code]", "LINDEHOF"),
        ("form[kind]", "verpleeghuis"),
        ("form[agb]", "47470009"),
        ("form[channel]", "upload"),
        ("form[purpose]", "vaccinatieregistratie"),
        ("form[contact]", "Anne de Boer"),
    ];
    let answer = post(&world, "/api/partij-aanvragen", &good).await;
    assert_eq!(answer.location, format!("/aanvragen/{id}?melding=gevraagd"));
    let answer = post(&world, "/api/partij-aanvragen", &good[..3]).await;
    assert_eq!(
        answer.location,
        format!("/aanvragen/nieuw?concept={id}#foutoverzicht")
    );
}

#[tokio::test]
async fn a_request_shows_its_three_steps_in_words() {
    let page = get(
        &of(Role::Privacycoordinator),
        &format!("/aanvragen/{ID}?melding=gevraagd"),
    )
    .await;
    for part in [
        "Gegevens</a><span class=\"cims-tasks__state\">Klaar",
        "Technische toets</a><span class=\"cims-tasks__state\">Nog te doen",
        "Akkoord privacycoördinator</a><span class=\"cims-tasks__state\">Kan nog niet",
        "De aanvraag ligt bij de privacycoördinator.",
        "Anne de Boer",
    ] {
        assert!(page.has(part), "{part}: {}", page.html);
    }
    assert!(page.has(&format!("href=\"/koppelingen/{ID}#toets\"")));
    let list = get(&of(Role::Privacycoordinator), "/aanvragen").await;
    assert!(!list.has("/aanvragen/nieuw"), "who decides does not ask");
    let list = get(&of(Role::RivmBeheer), "/aanvragen").await;
    assert!(list.links("/aanvragen/nieuw", "Nieuwe partij aanvragen"));
}

#[tokio::test]
async fn the_history_of_a_connection_is_read_from_the_beginning() {
    let page = get(
        &of(Role::Privacycoordinator),
        &format!("/koppelingen/{ID}?melding=welkom"),
    )
    .await;
    let place = |part: &str| {
        let found = page.html.find(part);
        found.unwrap_or_else(|| panic!("{part}: {}", page.html))
    };
    let asked = place("Gevraagd, door Rik van Beheer");
    let refused = place("Afwijzen, door Priya Privacy");
    assert!(asked < refused);
    assert!(page.has("Reden: Eerst &lt;b&gt;overleggen&lt;/b&gt;"));
    let approved = place("Toelichting: Verwerkersovereenkomst &lt;b&gt;gezien&lt;/b&gt;");
    assert!(refused < approved);
    assert!(page.has("Aanleveringen die wachtten en hiermee verder gingen: 1.200"));
    // A yes is explained, as a no has a reason.
    let form = page.html.split("id=\"reden-akkoord\"").next().unwrap();
    let label = form.rsplit("<label").next().unwrap();
    assert!(
        label.contains("Toelichting") && !label.contains("cims-optional"),
        "{label}"
    );
    let id = ID.to_string();
    for (step, says) in [
        ("approve", "Vul een toelichting in."),
        ("refuse", "Vul een reden in."),
    ] {
        let form = [("id", id.as_str()), ("step", step), ("reason", " ")];
        let world = of(Role::Privacycoordinator);
        let answer = post(&world, "/api/koppeling-besluit", &form).await;
        let again = format!("/koppelingen/{ID}?stap={step}&melding=reden#foutoverzicht");
        assert_eq!(answer.location, again);
        assert!(get(&world, &again).await.has(says), "{step}");
    }
    assert!(page.has("Dit is een nieuwe partij."));
    assert!(page.links(&format!("/aanvragen/{ID}"), "Naar de aanvraag"));
    assert!(page.has("De partij mag nu aanleveren."));
    assert!(page.has(" id=\"toets\"") && page.has(" id=\"besluit\""));
}

#[tokio::test]
async fn under_test_there_is_the_test_lane_and_nothing_else() {
    let world = of(Role::OpProef);
    let start = get(&world, "/").await;
    assert!(start.has("href=\"/proefbank\""));
    for never in [
        "href=\"/registreren\"",
        "href=\"/aanleveren\"",
        "href=\"/registraties\"",
        "href=\"/gebruikers\"",
        "href=\"/koppelingen\"",
    ] {
        assert!(!start.has(never), "{never}");
    }
    let bench = get(&world, "/proefbank").await;
    assert!(bench.has("Uw instelling wacht op akkoord."));
    assert!(bench.has("SFTP via ZorgSoft, wacht op akkoord"));
    // Who is at work already reads no such thing.
    let bench = get(&of(Role::Invoerder), "/proefbank").await;
    assert!(!bench.has("Uw instelling wacht op akkoord."));
    assert!(bench.has("enctype=\"multipart/form-data\"") && bench.has("action=\"/proefbank\""));
}

#[tokio::test]
async fn every_reason_why_a_file_is_not_tried_has_its_words() {
    let world = of(Role::OpProef);
    for (word, text) in [
        ("geen", "Kies een bestand."),
        ("groot", "Het bestand is groter dan 20 MB."),
        ("afgebroken", "Het bestand is niet goed overgekomen."),
        ("meer", "Kies één bestand tegelijk."),
        ("ruimte", "Er is nu geen ruimte voor het bestand."),
        ("koppeling", "Kies waarvoor u dit bestand probeert."),
    ] {
        let page = get(&world, &format!("/proefbank?fout={word}")).await;
        assert!(page.has("foutoverzicht") && page.has(text), "{word}");
    }
    assert!(
        !get(&world, "/proefbank?fout=iets")
            .await
            .has("foutoverzicht")
    );
}

#[tokio::test]
async fn the_report_of_a_test_names_each_demand_and_each_rule() {
    let mut world = World::new(Some(Role::OpProef));
    world.phase = Phase::Done;
    let page = get(&Arc::new(world), &format!("/proefbank/{ID}")).await;
    for part in [
        "Dit bestand voldoet nog niet aan alle eisen.",
        "Ten minste 10 regels",
        "Geen regel afgekeurd",
        "R10",
        "href=\"/hulp/regels/R10\"",
        "proef &lt;1&gt;.csv",
    ] {
        assert!(page.has(part), "{part}: {}", page.html);
    }
    assert!(!page.title().contains(".csv"), "{}", page.title());
    for file in ["resultaat.csv", "resultaat.json"] {
        assert!(
            page.has(&format!("href=\"/proefbank/{ID}/{file}\"")),
            "{file}"
        );
    }
    assert!(!page.has("http-equiv=\"refresh\""));
    let mut world = World::new(Some(Role::OpProef));
    world.phase = Phase::Checking;
    let page = get(&Arc::new(world), &format!("/proefbank/{ID}")).await;
    assert!(page.has("http-equiv=\"refresh\"") && page.has("?auto=1"));
    assert!(!page.has("resultaat.csv"));
}

#[tokio::test]
async fn a_supplier_sees_its_installations_and_nothing_else() {
    let world = of(Role::Leverancier);
    let start = get(&world, "/").await;
    assert!(start.has("href=\"/installaties\""));
    for never in [
        "href=\"/proefbank\"",
        "href=\"/registreren\"",
        "href=\"/volledigheid\"",
        "href=\"/gebruikers\"",
    ] {
        assert!(!start.has(never), "{never}");
    }
    let page = get(&world, "/installaties").await;
    for part in [
        "Nummers die ontbreken: 3, 7-9",
        "Stil: al drie werkdagen of langer geen bestand",
        "Het laatste bestand heeft veel minder regels dan normaal",
        "Aangekondigd 100 regels, gelezen 90",
        "Verwacht: elke werkdag",
        "Meeste regels op een dag: 1.234.",
        "cims-calendar__rows",
        "Bestanden die op een besluit van het RIVM wachten: 1",
        "Bestanden met correcties die daarop wachten: 2",
        "Per leverancier, over al zijn installaties",
        "100, daarvan gelezen 90, verwerkt 80",
        "In het register: 1.100",
        "In het register, te controleren: 80",
        "Afgekeurd: 34",
        "Dubbel: 6",
        "Geteld: 4",
        "Ingetrokken: 7",
        "Nog onderweg: 3",
    ] {
        assert!(page.has(part), "{part}: {}", page.html);
    }
    assert!(
        !page.has("BRP"),
        "the copy of the BRP is no matter of a supplier"
    );
    let reviewer = get(&of(Role::RivmBeoordelaar), "/installaties").await;
    assert_eq!(reviewer.status, StatusCode::NOT_FOUND);
}

#[test]
fn what_came_of_a_supplier_is_the_sum_of_its_installations() {
    let one = installation();
    let mut other = one.clone();
    (other.account, other.silent) = ("linde-2".into(), false);
    let mut own = one.clone();
    own.intermediary = None;
    let totals = SupplierTotals::of(&[one, other, own]);
    let names: Vec<_> = totals.iter().map(|sum| sum.name.as_str()).collect();
    assert_eq!(names, ["Medimo", "Praktijk De Linde"]);
    let sum = &totals[0];
    assert_eq!((sum.installations, sum.silent, sum.missing), (2, 1, 8));
    assert_eq!((sum.files, sum.waiting), (24, 6));
    let said = sum.announced;
    assert_eq!((said.rows, said.read, said.taken), (200, 180, 160));
    let rows = sum.rows;
    assert_eq!((rows.read, rows.accepted, rows.review), (2_468, 2_200, 160));
    assert_eq!((rows.refused, rows.double, rows.counted), (68, 12, 8));
    assert_eq!((rows.withdrawn, rows.waiting()), (14, 6));
    assert!(SupplierTotals::of(&[]).is_empty());
}

#[tokio::test]
async fn connections_are_found_by_party_channel_and_state() {
    let world = of(Role::RivmBeheer);
    let asked = "/koppelingen?partij=Linde&koppelvlak=sftp&stand=approved";
    let page = get(&world, asked).await;
    assert!(page.has("value=\"Linde\"") && page.has("<option value=\"sftp\" selected"));
    assert!(page.has("<option value=\"approved\" selected") && page.has("1 koppeling"));
    assert!(page.links("/koppelingen", "Filters wissen"));
    let none = get(&world, "/koppelingen?stand=ended").await;
    assert!(none.has("0 koppelingen") && !none.has("<table"));
    let all = get(&world, "/koppelingen?stand=onzin").await;
    assert!(all.has("<table"), "what is no state filters nothing");
}

#[tokio::test]
async fn an_approval_says_about_which_columns_it_is_and_what_it_needs() {
    let world = of(Role::Privacycoordinator);
    let page = get(&world, &format!("/koppelingen/{ID}")).await;
    for part in [
        "mutatie, bronsleutel, toestemming, bsn, geen_bsn_reden, geboortedatum, voorvoegsel",
        "Kolommen van het formaat zonder akkoord",
        "Het akkoord geldt voor precies deze kolommen.",
        "Alleen het nieuwste telt",
        "Over het hele bestand",
        "Deze kolommen kennen we niet en slaan we niet op: kamer.",
        "Deze kolommen van het proefbestand zijn niet gevraagd: kamer.",
    ] {
        assert!(page.has(part), "{part}: {}", page.html);
    }
    let world = of(Role::RivmBeheer);
    for (channel, without, leads) in [
        (
            "sftp",
            "achternaam",
            format!("/koppelingen/{ID}?melding=gevraagd"),
        ),
        (
            "sftp",
            "bsn",
            "/koppelingen?melding=kolommen#foutoverzicht".to_owned(),
        ),
        (
            "sftp",
            "kamer",
            "/koppelingen?melding=kolommen#foutoverzicht".to_owned(),
        ),
        (
            "portaal",
            "achternaam",
            "/koppelingen?melding=kolommen#foutoverzicht".to_owned(),
        ),
    ] {
        let form = [
            ("party", "LINDE"),
            ("channel", channel),
            ("purpose", "vaccinatieregistratie"),
            ("without", without),
        ];
        let answer = post(&world, "/api/koppeling-vragen", &form).await;
        assert_eq!(answer.location, leads, "{channel} {without}");
    }
    let page = get(&world, "/koppelingen?melding=kolommen").await;
    assert!(page.has("href=\"#without\""), "{}", page.html);
}

#[tokio::test]
async fn both_parties_of_a_connection_are_decided_about_as_a_whole() {
    let world = of(Role::Privacycoordinator);
    let page = get(&world, &format!("/koppelingen/{ID}")).await;
    for part in [
        "De partij als geheel",
        "Praktijk De Linde opschorten",
        "Praktijk De Linde beëindigen",
        "Medimo heropenen",
        "Reden: Gelekte &lt;b&gt;sleutel&lt;/b&gt;",
        "action=\"/api/partij-besluit\"",
    ] {
        assert!(page.has(part), "{part}: {}", page.html);
    }
    assert!(!page.has("Medimo opschorten"));
    let looks = get(&of(Role::RivmBeheer), &format!("/koppelingen/{ID}")).await;
    assert!(looks.has("De partij als geheel") && !looks.has("/api/partij-besluit"));

    let id = ID.to_string();
    for (side, reason, leads) in [
        (
            "partij",
            "een lek",
            format!("/koppelingen/{id}?melding=klaar&aantal=2"),
        ),
        (
            "tussenpartij",
            "een lek",
            format!("/koppelingen/{id}?melding=ander"),
        ),
        (
            "tussenpartij",
            " ",
            format!("/koppelingen/{id}?wie=tussenpartij&stap=reopen&melding=reden#foutoverzicht"),
        ),
    ] {
        let form = [
            ("id", id.as_str()),
            ("side", side),
            ("step", "reopen"),
            ("reason", reason),
        ];
        let answer = post(&world, "/api/partij-besluit", &form).await;
        assert_eq!(answer.location, leads);
    }
    // The fault stands with the field of that party, and only its form is open.
    let failed = format!("/koppelingen/{id}?wie=tussenpartij&stap=reopen&melding=reden");
    let page = get(&world, &failed).await;
    assert!(
        page.has("href=\"#reden-tussenpartij-heropenen\""),
        "{}",
        page.html
    );
    let details = page.html.split("<details").skip(1);
    let open = details.filter(|rest| {
        rest.split('>')
            .next()
            .is_some_and(|tag| tag.contains("open"))
    });
    assert_eq!(open.count(), 1, "{}", page.html);
}

#[tokio::test]
async fn who_asks_invites_the_first_manager_and_who_decides_does_not() {
    let world = of(Role::RivmBeheer);
    let page = get(&world, &format!("/aanvragen/{ID}?melding=naam")).await;
    assert!(page.has("action=\"/api/partij-beheerder\"") && page.has("href=\"#manager\""));
    let decides = get(&of(Role::Privacycoordinator), &format!("/aanvragen/{ID}")).await;
    assert!(!decides.has("/api/partij-beheerder"));
    let id = ID.to_string();
    for (name, leads) in [
        (" ", format!("/aanvragen/{id}?melding=naam#foutoverzicht")),
        ("Nora Nieuw", format!("/aanvragen/{id}#beheerder")),
    ] {
        let form = [("request", id.as_str()), ("name", name)];
        let answer = post(&world, "/api/partij-beheerder", &form).await;
        assert_eq!(answer.location, leads);
    }
}

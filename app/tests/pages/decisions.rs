//! Deciding about rows that share a cause: the pages in all their states, and what their forms do.

use super::fakes::{ID, NAMED, World, all_news, candidate, link};
use super::{Answer, get, post};
use app::ports::decisions::{Agreed, DecisionState, DecisionView, Earlier, KeptName, MayDecide};
use app::ports::deliveries::Phase;
use app::ports::review::ReviewNumbers;
use axum::http::StatusCode;
use domain::dates::Days;
use domain::decision::DecisionKind;
use domain::role::Role;
use domain::row::Column;
use std::sync::Arc;
use time::macros::date;

fn cluster() -> String {
    format!("/beoordelen/groepen/{ID}")
}

fn decision() -> String {
    format!("/beoordelen/besluiten/{ID}")
}

fn correction() -> String {
    format!("/beoordelen/correcties/{ID}")
}

fn reviewer(change: impl FnOnce(&mut World)) -> Arc<World> {
    let mut world = World::new(Some(Role::RivmBeoordelaar));
    change(&mut world);
    Arc::new(world)
}

fn with(change: impl FnOnce(&mut DecisionView)) -> Arc<World> {
    reviewer(|world| change(&mut world.decision))
}

fn earlier(decision: Option<uuid::Uuid>, ruling: Option<uuid::Uuid>) -> Earlier {
    Earlier {
        decision,
        ruling,
        by: "P. <Pieters>".into(),
    }
}

/// Details that stand open.
fn unfolded(page: &Answer) -> usize {
    let tags = page.html.split("<details").skip(1);
    tags.filter_map(|rest| rest.split_once('>'))
        .filter(|(tag, _)| tag.split([' ', '=']).any(|word| word == "open"))
        .count()
}

#[tokio::test]
async fn both_roles_of_rivm_see_groups_and_decisions_and_nobody_else_does() {
    for path in ["/beoordelen/groepen".to_owned(), cluster(), decision()] {
        for role in [Role::RivmBeoordelaar, Role::RivmBeheer] {
            let page = get(&Arc::new(World::new(Some(role))), &path).await;
            assert_eq!(page.status, StatusCode::OK, "{role:?} {path}");
        }
        for role in [Role::Invoerder, Role::Privacycoordinator, Role::Auditor] {
            let page = get(&Arc::new(World::new(Some(role))), &path).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{role:?} {path}");
        }
    }
}

#[tokio::test]
async fn the_page_of_a_group_shows_the_shared_value_and_every_thing_that_can_be_decided() {
    let page = get(&reviewer(|_| ()), &cluster()).await;
    for part in [
        "400 regels met dezelfde oorzaak",
        "&lt;b&gt;???",
        "Deze waarde betekent iets anders",
        "Datum, batch en dosis zijn van de instelling.",
        "Wie vroeg dit, wanneer en hoe?",
        "Terug naar de instelling",
        "Definitief afwijzen",
        "Zo laten staan",
        "Regel 12, ontvangen 22-11-2026 14:05",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(!page.has("<b>???") && unfolded(&page) == 0);
    for (rest, field, text) in [
        (
            "soort=map&melding=waarde",
            "#value",
            "Vul de nieuwe waarde in.",
        ),
        (
            "soort=map&melding=verzoek",
            "#request",
            "Vul in wie dit vroeg, wanneer en hoe.",
        ),
        (
            "soort=return&melding=reden",
            "#reden-terug",
            "Vul het bericht aan de instelling in.",
        ),
        (
            "soort=reject&melding=uitleg",
            "#told",
            "Kies wat de instelling leest.",
        ),
        (
            "soort=reject&melding=reden",
            "#reden-afwijzen",
            "Vul in waarom u dit besluit.",
        ),
    ] {
        let page = get(&reviewer(|_| ()), &format!("{}?{rest}", cluster())).await;
        assert!(page.links(field, text), "{rest}");
        assert!(page.title().starts_with("Fout:"));
        assert_eq!(unfolded(&page), 1, "{rest}");
    }
}

#[tokio::test]
async fn what_is_prepared_without_a_value_or_a_reason_comes_back_with_a_question() {
    let world = reviewer(|_| ());
    let id = ID.to_string();
    for (kind, value, reason, way) in [
        (
            "map",
            "",
            "x",
            format!("{}?soort=map&melding=waarde#foutoverzicht", cluster()),
        ),
        (
            "return",
            "",
            " ",
            format!("{}?soort=return&melding=reden#foutoverzicht", cluster()),
        ),
        (
            "map",
            "EJ6796",
            "x",
            format!(
                "{}?soort=map&melding=verzoek&waarde=EJ6796#foutoverzicht",
                cluster()
            ),
        ),
        (
            "reject",
            "",
            "x",
            format!("{}?soort=reject&melding=uitleg#foutoverzicht", cluster()),
        ),
    ] {
        let form = [
            ("row", id.as_str()),
            ("kind", kind),
            ("value", value),
            ("reason", reason),
        ];
        let answer = post(&world, "/api/groep-besluit", &form).await;
        assert_eq!(answer.location, way, "{kind}");
    }
    let form = [
        ("row", id.as_str()),
        ("kind", "map"),
        ("value", "EJ6796"),
        ("reason", "x"),
        ("request", "Mevrouw De Boer, per brief"),
    ];
    let answer = post(&world, "/api/groep-besluit", &form).await;
    assert_eq!(answer.location, decision());
    let form = [
        ("row", id.as_str()),
        ("kind", "reject"),
        ("told", "unclear"),
        ("reason", "x"),
    ];
    let answer = post(&world, "/api/groep-besluit", &form).await;
    assert_eq!(answer.location, decision());
}

#[tokio::test]
async fn who_delivered_reads_why_rows_were_refused_for_good_and_mends_the_others_only() {
    let mut world = World::new(Some(Role::Invoerder));
    world.phase = Phase::Done;
    world.news = all_news();
    let world = Arc::new(world);
    let told = get(&world, "/").await;
    let way = format!("/aanleveringen/{ID}");
    assert!(told.links(&way, "Het RIVM wees regels definitief af: 2"));
    let page = get(&world, &way).await;
    for part in [
        "Door het RIVM afgewezen",
        "De gegevens kloppen niet en zijn niet meer te herstellen.",
    ] {
        assert!(page.has(part), "{part}");
    }
}

#[tokio::test]
async fn what_waits_too_long_is_marked_and_news_for_rivm() {
    let page = get(&reviewer(|_| ()), "/beoordelen").await;
    assert!(page.has("Wacht langer dan 5 werkdagen"));
    assert!(page.has("Open bij R. &lt;Collega&gt;"));
    let page = get(&reviewer(|world| world.news = all_news()), "/").await;
    let text = "Regels die langer dan 5 werkdagen op het RIVM wachten: 4";
    assert!(page.links("/beoordelen?dagen=7", text));
    let page = get(&reviewer(|_| ()), "/").await;
    assert!(!page.has("langer dan 5 werkdagen"));
}

#[tokio::test]
async fn a_row_is_accepted_sent_back_or_rejected_with_its_group_or_alone() {
    let page = get(&reviewer(|_| ()), &cluster()).await;
    assert!(page.has("Alleen regel 12"));
    let alone = page.html.matches("name=\"alone\" value=\"true\"").count();
    assert_eq!(alone, 3, "of another value for the whole group is decided");
}

#[tokio::test]
async fn a_suggested_batch_is_filled_in_a_form_that_asks_who_of_the_institution_wanted_it() {
    let page = get(&reviewer(|_| ()), &cluster()).await;
    let way = format!("{}?soort=map&amp;voorstel=0#value", cluster());
    assert!(page.links(&way, "Deze waarde invullen"));
    let page = get(
        &reviewer(|_| ()),
        &format!("{}?soort=map&voorstel=0", cluster()),
    )
    .await;
    assert_eq!(unfolded(&page), 1);
    assert!(page.has("value=\"EJ6796\""));
}

#[tokio::test]
async fn the_days_of_a_name_are_asked_and_come_back_when_they_are_wrong() {
    let page = get(&reviewer(|_| ()), &cluster()).await;
    assert!(!page.has("Geldt vanaf"), "of a batch no day is asked");
    let group = format!("/beoordelen/groepen/{NAMED}");
    let page = get(&reviewer(|_| ()), &group).await;
    for part in [
        "De datum van de vaccinatie telt, niet de dag waarop de regel binnenkwam.",
        "Geldt vanaf",
        "Geldt tot en met",
        "name=\"first\" value=\"\"",
        "name=\"last\" value=\"\"",
    ] {
        assert!(page.has(part), "{part}: {}", page.html);
    }
    let id = NAMED.to_string();
    let day = "Schrijf de datum als dd-mm-jjjj, bijvoorbeeld 31-10-2026.";
    let order = "De laatste dag ligt voor de eerste dag. Verander een van de twee.";
    for (first, last, word, at, text) in [
        ("01-03-2021", "28-02-2021", "volgorde", "#last", order),
        ("maart", "", "vanaf", "#first", day),
        ("", "31-02-2021", "tot", "#last", day),
    ] {
        let form = [
            ("row", id.as_str()),
            ("kind", "map"),
            ("value", "Comirnaty"),
            ("first", first),
            ("last", last),
            ("reason", "Op verzoek"),
        ];
        let answer = post(&reviewer(|_| ()), "/api/groep-besluit", &form).await;
        let start = format!("{group}?soort=map&melding={word}&waarde=Comirnaty");
        let way = answer.location.clone();
        assert!(way.starts_with(&start) && !way.contains("verzoek"), "{way}");
        let page = get(&reviewer(|_| ()), way.trim_end_matches("#foutoverzicht")).await;
        assert!(page.links(at, text), "{first} {last}");
        for typed in [first, last].into_iter().filter(|typed| !typed.is_empty()) {
            assert!(page.has(&format!("value=\"{typed}\"")), "{typed}");
        }
        assert_eq!(unfolded(&page), 1);
    }
    // The same day twice is one day; a BSN does not go into an address.
    for (first, last, way) in [
        ("28-02-2021", "28-02-2021", decision()),
        (
            "999990019",
            "",
            format!("{group}?soort=map&melding=vanaf&waarde=Comirnaty#foutoverzicht"),
        ),
    ] {
        let form = [
            ("row", id.as_str()),
            ("kind", "map"),
            ("value", "Comirnaty"),
            ("first", first),
            ("last", last),
            ("reason", "Op verzoek"),
            ("request", "Mevrouw De Boer, per brief"),
        ];
        let answer = post(&reviewer(|_| ()), "/api/groep-besluit", &form).await;
        assert_eq!(answer.location, way);
    }
}

#[tokio::test]
async fn the_days_of_a_name_stand_on_its_decision_and_in_the_list() {
    let name = |days, outside| {
        with(move |view| {
            view.line.column = Some(Column::Vaccin);
            view.line.kept = true;
            view.line.days = days;
            view.outside = outside;
        })
    };
    let (first, last) = (Some(date!(2021 - 02 - 01)), Some(date!(2021 - 02 - 28)));
    for (first, last, text) in [
        (None, None, "Van alle dagen"),
        (first, None, "Vanaf 01-02-2021"),
        (None, last, "Tot en met 28-02-2021"),
        (first, last, "Van 01-02-2021 tot en met 28-02-2021"),
    ] {
        let world = name(Days { first, last }, 0);
        let page = get(&world, &decision()).await;
        assert!(page.has(text), "{text}");
        assert!(!page.has("van een andere dag"));
        let list = get(&world, "/beoordelen/besluiten").await;
        assert_eq!(list.has(text), first.or(last).is_some(), "{text}");
    }
    for (outside, text) in [
        (
            1,
            "1 regel is van een andere dag. Die verandert niet en blijft wachten.",
        ),
        (
            1_200,
            "1.200 regels zijn van een andere dag. Die veranderen niet en blijven wachten.",
        ),
    ] {
        let page = get(&name(Days { first, last }, outside), &decision()).await;
        assert!(page.has(text), "{text}");
    }
    // Of another value no day is said.
    let page = get(&with(|_| ()), &decision()).await;
    assert!(!page.has("Van alle dagen"));
}

#[tokio::test]
async fn a_decision_shows_what_it_would_come_to_and_only_what_this_person_may_do() {
    let (ask, go, yes) = (
        "Voorleggen aan een collega",
        "Besluit nemen",
        "Akkoord, uitvoeren",
    );
    let (no, back) = ("Geen akkoord</button>", "Terugnemen");
    let cases: [(MayDecide, bool, &[&str]); 5] = [
        (MayDecide::Confirm, true, &[ask]),
        (MayDecide::Confirm, false, &[go]),
        (MayDecide::Agree, true, &[yes, no]),
        (MayDecide::CallBack, true, &[back]),
        (MayDecide::Look, true, &[]),
    ];
    for (may, second_person, has) in cases {
        let world = with(|view| {
            view.may = may;
            view.second_person = second_person;
        });
        let page = get(&world, &decision()).await;
        for part in [ask, go, yes, no, back] {
            assert_eq!(page.has(part), has.contains(&part), "{may:?}: {part}");
        }
        for part in [
            "&lt;b&gt;???",
            "EJ6796",
            "390",
            "Op verzoek van de instelling",
            "Mevrouw &lt;De Boer&gt;, per brief",
        ] {
            assert!(page.has(part), "{may:?}: {part}");
        }
    }
}

#[tokio::test]
async fn what_came_of_it_and_the_name_that_holds_stand_on_the_page() {
    let name = |until: Option<&str>| {
        with(|view| {
            view.line.state = DecisionState::Done;
            view.line.kind = DecisionKind::Map;
            view.line.column = Some(Column::Vaccin);
            view.line.kept = true;
            view.line.name = Some(KeptName {
                since: "22-11-2026 14:05".into(),
                until: until.map(Into::into),
            });
            view.done = (400, 10);
            view.may = MayDecide::Look;
        })
    };
    let page = get(&name(None), &decision()).await;
    for part in [
        "400 regels zijn behandeld.",
        "10 daarvan zijn nog afgekeurd",
        "Deze waarde geldt sinds 22-11-2026 14:05.",
        "Waarde beëindigen",
    ] {
        assert!(page.has(part), "{part}");
    }
    let page = get(&name(Some("23-11-2026 09:00")), &decision()).await;
    assert!(page.has("Deze waarde gold van 22-11-2026 14:05 tot 23-11-2026 09:00."));
    assert!(!page.has("Waarde beëindigen"));
}

#[tokio::test]
async fn who_comes_second_reads_who_decided_and_when() {
    for (state, key, text) in [
        (
            DecisionState::Running,
            "Akkoord van",
            "P. &lt;Pieters&gt; was u voor en gaf akkoord op 23-11-2026 09:00.",
        ),
        (
            DecisionState::Rejected,
            "Geen akkoord van",
            "P. &lt;Pieters&gt; was u voor en gaf geen akkoord op 23-11-2026 09:00.",
        ),
    ] {
        let world = with(|view| {
            view.line.state = state;
            view.may = MayDecide::Look;
            view.decided_by = Some("P. <Pieters>".into());
            view.decided_at = Some("23-11-2026 09:00".into());
        });
        for page in [decision(), correction()] {
            let page = get(&world, &format!("{page}?melding=eerder")).await;
            assert!(page.has(text), "{state:?}");
            assert!(page.has(key) && page.has("P. &lt;Pieters&gt;, 23-11-2026 09:00"));
        }
    }
    // It waits still: nobody was first.
    for page in [decision(), correction()] {
        let page = get(&reviewer(|_| ()), &format!("{page}?melding=eerder")).await;
        assert!(!page.has("was u voor en gaf"));
    }
    let world = reviewer(|world| world.agreed = Agreed::Before);
    let id = ID.to_string();
    let answer = post(&world, "/api/correctie-akkoord", &[("id", id.as_str())]).await;
    assert_eq!(answer.location, format!("{}?melding=eerder", correction()));
}

#[tokio::test]
async fn agreeing_says_what_came_of_it() {
    let id = ID.to_string();
    for (agreed, word) in [
        (Agreed::Running, "loopt"),
        (Agreed::Waiting, "wacht"),
        (Agreed::SamePerson, "zelfde"),
        (Agreed::Other, "ander"),
        (Agreed::Late, "laat"),
        (Agreed::Before, "eerder"),
        (Agreed::NotYet, "kanniet"),
    ] {
        let world = reviewer(|world| world.agreed = agreed);
        let answer = post(&world, "/api/besluit-akkoord", &[("id", id.as_str())]).await;
        assert_eq!(answer.location, format!("{}?melding={word}", decision()));
    }
    let page = get(&reviewer(|_| ()), &format!("{}?melding=zelfde", decision())).await;
    assert!(page.has("Iemand anders moet akkoord geven."));
    let page = get(&reviewer(|_| ()), &format!("{}?melding=ander", decision())).await;
    assert!(page.has("Over deze regels loopt al een ander besluit."));
    let page = get(
        &reviewer(|_| ()),
        &format!("{}?melding=kanniet", decision()),
    )
    .await;
    assert!(page.has("Koppelen kan nu niet."));
    for call in [
        "/api/besluit-niet",
        "/api/naam-beeindigen",
        "/api/regels-terughalen",
    ] {
        let form = [("id", id.as_str()), ("reason", "Niet meer nodig")];
        let answer = post(&reviewer(|_| ()), call, &form).await;
        assert_eq!(answer.location, decision(), "{call}");
    }
    let answer = post(
        &reviewer(|_| ()),
        "/api/naam-beeindigen",
        &[("id", id.as_str())],
    )
    .await;
    let asks = format!("{}?melding=einde#foutoverzicht", decision());
    assert_eq!(answer.location, asks, "a value is ended for a reason");
}

#[tokio::test]
async fn a_decision_that_waits_is_news_for_who_may_agree() {
    let world = reviewer(|world| world.news = all_news());
    let page = get(&world, "/").await;
    let text = "Er wacht een besluit op uw akkoord: 400 regels (Praktijk De Linde)";
    assert!(page.links(&decision(), text));
}

#[tokio::test]
async fn rows_that_went_back_are_news_for_their_institution_and_for_rivm_when_nobody_answers() {
    let nurse = {
        let mut world = World::new(Some(Role::Invoerder));
        world.news = all_news();
        Arc::new(world)
    };
    let page = get(&nurse, "/").await;
    let way = format!("/aanleveringen/{ID}/regels");
    assert!(page.links(&way, "Het RIVM stuurde regels terug om te verbeteren: 3"));
    let page = get(&reviewer(|world| world.news = all_news()), "/").await;
    let text = "Teruggestuurde regels zonder antwoord binnen 5 werkdagen: 3 (Praktijk De Linde)";
    assert!(page.links(&decision(), text));
    assert!(page.has("in 2 aanleveringen"));
    assert!(!page.has("week 4&gt;.xlsx</li>") || !page.has("terug om te verbeteren"));
}

#[tokio::test]
async fn what_went_back_is_followed_until_it_was_mended_or_taken_back() {
    let back = |returned: u32, overdue: bool| {
        with(|view| {
            view.line.state = DecisionState::Done;
            view.line.kind = DecisionKind::Return;
            view.line.returned = returned;
            view.line.overdue = overdue;
            view.may = MayDecide::Look;
        })
    };
    let (recall, late) = (
        "Terughalen naar de werklijst",
        "Geen antwoord binnen 5 werkdagen",
    );
    for (returned, overdue, standing) in [
        (3, false, "Wacht op de instelling"),
        (3, true, late),
        (0, false, "Niet meer bij de instelling"),
    ] {
        let page = get(&back(returned, overdue), &decision()).await;
        assert!(page.has(standing), "{standing}");
        assert_eq!(page.has(recall), returned > 0);
        assert_eq!(page.has(late), overdue);
    }
}

#[tokio::test]
async fn the_numbers_stand_in_tables_with_a_picture_beside_each() {
    let page = get(&reviewer(|_| ()), "/beoordelen/cijfers").await;
    for part in ["De instelling verbeterde de regel", "3 uur", "2 dagen"] {
        assert!(page.has(part), "{part}");
    }
    for part in [
        "Langer dan vier weken",
        "1.400",
        "Praktijk &lt;b&gt;De Linde",
        "50 %",
        "95 %",
        "V11, B10",
        "aria-hidden=\"true\"",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(page.links(
        "/beoordelen/groepen?code=V11",
        "V11 Dit vaccin kennen we niet."
    ));
    assert_eq!(
        page.html.matches("cims-bar cims-bar--row").count(),
        4 + 2 + 2 * 2 + 2,
        "ages, codes, parties, what solved rows"
    );
    assert!(page.links("/beoordelen/kwaliteit", "Kwaliteit van alle instellingen"));
    let empty = reviewer(|world| world.numbers = ReviewNumbers::default());
    let page = get(&empty, "/beoordelen/cijfers").await;
    assert!(page.has("Er is nog niets aangeleverd") && !page.has("cims-bar"));
}

#[tokio::test]
async fn rivm_sees_the_quality_of_each_institution_as_it_sees_that_itself() {
    let list = get(
        &reviewer(|_| ()),
        "/beoordelen/kwaliteit?zoek=linde&pagina=2",
    )
    .await;
    let way = format!("/beoordelen/kwaliteit/{ID}");
    assert!(list.links(&way, "Praktijk &lt;b&gt;De Linde"));
    for part in [
        "5.000 instellingen",
        "Pagina 2 van 100",
        "zoek=linde&amp;pagina=3",
        "value=\"linde\"",
    ] {
        assert!(list.has(part), "{part}");
    }
    let of_rivm = get(&reviewer(|_| ()), &way).await;
    let deliverer = World::new(Some(Role::Invoerder));
    let own = get(&Arc::new(deliverer), "/kwaliteit").await;
    for page in [&of_rivm, &own] {
        for part in [
            "role=\"img\" aria-labelledby=\"beeld-naam beeld-tekst\"",
            "In de eerste week met regels was 90 procent goed, in de laatste 99 procent. In 1 week kwam er niets.",
            "Week van",
            "09-11-2026",
            "P03",
            "href=\"/hulp/regels/P03\"",
        ] {
            assert!(page.has(part), "{part}");
        }
    }
    // A week in which nothing came is a gap in the picture and a line in the table, not a share of nothing.
    for page in [&of_rivm, &own] {
        assert_eq!(page.html.matches("cims-chart__column").count(), 2);
        assert!(!page.has("0%</text>") || page.has("90%</text>"));
        assert!(page.has(">-</text>") && page.has(">09-11</text>"));
    }
    assert!(of_rivm.has("Regels die nu wachten op het RIVM: 1.424."));
    // What may be a BSN is not searched for, and does not stay in the address.
    let bsn = get(&reviewer(|_| ()), "/beoordelen/kwaliteit?zoek=999995571").await;
    assert_eq!(bsn.location, "/beoordelen/kwaliteit?melding=bsn");
}

#[tokio::test]
async fn who_may_be_the_person_of_a_row_is_shown_and_of_who_is_secret_no_name_and_address() {
    let row = format!("/beoordelen/{ID}");
    let way = format!("{row}/koppelen");
    let opened = get(&reviewer(|_| ()), &row).await;
    assert!(opened.links(&way, "Persoon zoeken"));
    // Digits of a BSN that changed places: nobody puts another number there, the person is linked.
    let found = "Zoek deze persoon in de BRP en koppel de regel";
    assert!(opened.links(&way, found));
    assert!(opened.has("20-11-2026 06:01, te lang geleden"));
    assert!(opened.has("Door P. &lt;Pieters&gt;, akkoord van J. Jansen op 22-11-2026 14:06"));
    let page = get(&reviewer(|_| ()), &way).await;
    for part in [
        "Erebos &lt;Bultenaar&gt;",
        "*****0019",
        "01-04-2000",
        "1234AB 7",
        "geboortedatum, achternaam",
        "1 vaccinatie",
        "Naam en adres afgeschermd",
        "Overleden",
        "Er lijken meer personen op.",
        "De instelling ziet het gevonden BSN niet.",
        "De BRP is bijgewerkt op 22-11-2026 06:00.",
    ] {
        assert!(page.has(part), "{part}: {}", page.html);
    }
    assert!(!page.has(" checked"), "nobody is chosen beforehand");
    let secret = get(
        &reviewer(|world| world.candidates = vec![candidate(true)]),
        &way,
    )
    .await;
    assert!(!secret.has("Bultenaar&gt;") && !secret.has("1234AB 7"));
    let nobody = get(&reviewer(|world| world.candidates.clear()), &way).await;
    assert!(nobody.has("Niemand in de BRP lijkt genoeg op deze persoon."));
    assert!(!nobody.has("/api/regel-koppelen"));
    for role in [Role::Invoerder, Role::Privacycoordinator, Role::Auditor] {
        let page = get(&Arc::new(World::new(Some(role))), &way).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{role:?}");
    }
}

#[tokio::test]
async fn a_link_needs_a_person_and_a_reason() {
    let id = ID.to_string();
    let missing = |word: &str| format!("/beoordelen/{ID}/koppelen?melding={word}#foutoverzicht");
    for (person, reason, way) in [
        ("", "Zelfde adres", missing("persoon")),
        ("l1", " ", missing("reden")),
        ("l1", "Zelfde adres", decision()),
        ("nobody", "Zelfde adres", "/niet-gevonden".to_owned()),
    ] {
        let form = [("row", id.as_str()), ("person", person), ("reason", reason)];
        let answer = post(&reviewer(|_| ()), "/api/regel-koppelen", &form).await;
        assert_eq!(answer.location, way, "{person}");
    }
    for (word, at, text) in [
        ("persoon", "#person", "Kies de persoon."),
        ("reden", "#reason", "Vul in waaraan u dat ziet."),
    ] {
        let page = get(&reviewer(|_| ()), &missing(word)).await;
        assert!(page.links(at, text), "{word}");
    }
}

#[tokio::test]
async fn the_decision_of_a_link_shows_the_person_and_what_changes_in_the_record() {
    let linked = |person| {
        with(move |view| {
            view.line.kind = DecisionKind::Link;
            view.new = None;
            view.link = Some(link(person));
        })
    };
    let page = get(&linked(Some(candidate(false))), &decision()).await;
    for part in [
        "Koppelen aan een persoon",
        "Erebos &lt;Bultenaar&gt;",
        "1 van 2 → 2 van 2",
    ] {
        assert!(page.has(part), "{part}");
    }
    let gone = get(&linked(None), &decision()).await;
    assert!(gone.has("Deze persoon past niet meer bij de regel."));
    assert!(!gone.has("1 van 2"));
}

#[tokio::test]
async fn a_link_that_holds_is_undone_from_its_page_with_a_reason() {
    let holds = || {
        with(|view| {
            view.line.kind = DecisionKind::Link;
            view.line.state = DecisionState::Done;
            view.link = Some(link(Some(candidate(false))));
            view.may = app::ports::decisions::MayDecide::Look;
            view.may_undo = true;
        })
    };
    let page = get(&holds(), &decision()).await;
    assert!(page.has("action=\"/api/koppeling-terug"));
    assert_eq!(unfolded(&page), 0);
    let id = ID.to_string();
    let form = [("id", id.as_str()), ("reason", " ")];
    let answer = post(&holds(), "/api/koppeling-terug", &form).await;
    assert_eq!(
        answer.location,
        format!("{}?melding=reden#foutoverzicht", decision())
    );
    let page = get(&holds(), &format!("{}?melding=reden", decision())).await;
    assert!(page.links("#reason", "Vul in waarom de koppeling niet klopt."));
    assert_eq!(unfolded(&page), 1);
    let form = [("id", id.as_str()), ("reason", "Het is zijn broer")];
    let answer = post(&holds(), "/api/koppeling-terug", &form).await;
    assert_eq!(answer.location, decision());

    let undoing = with(|view| {
        view.line.kind = DecisionKind::Unlink;
        view.link = Some(link(Some(candidate(false))));
        view.undoes = Some(ID);
    });
    let page = get(&undoing, &decision()).await;
    assert!(page.has("Koppeling ongedaan maken") && page.has("Besluit over de koppeling"));
    assert!(!page.has("/api/koppeling-terug"));
    let page = get(&undoing, &format!("{}?melding=kanniet", decision())).await;
    assert!(page.has("Ongedaan maken kan nu niet."));
}

#[tokio::test]
async fn a_decision_shows_what_the_records_of_persons_would_say() {
    let page = get(&reviewer(|_| ()), &decision()).await;
    for part in [
        "390 personen krijgen er een vaccinatie bij in hun dossier.",
        "Bij 12 van hen zijn dat er meer dan de reeks heeft.",
        "2 van 2 → 3 van 2",
    ] {
        assert!(page.has(part), "{part}");
    }
    let none = get(
        &with(|view| {
            view.persons = (0, 0);
            view.first[0].record = None;
        }),
        &decision(),
    )
    .await;
    assert!(none.has("In geen dossier komt er een vaccinatie bij.") && none.has("Blijft gelijk"));
}

#[tokio::test]
async fn who_comes_second_hears_who_was_first() {
    let row = super::fakes::GONE.to_string();
    let page = get(&reviewer(|_| ()), &format!("/beoordelen/groepen/{row}")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.has("P. &lt;Pieters&gt; heeft al over deze regels besloten."));
    assert!(page.links(&decision(), "Dat besluit bekijken"));
    let open = with(|view| {
        view.other = Some(earlier(Some(ID), None));
    });
    let page = get(&open, &decision()).await;
    assert!(page.has("P. &lt;Pieters&gt; was u voor: over deze regels loopt al een besluit."));

    // A draft about rows that wait no more.
    let late = |other: Option<Earlier>| {
        with(move |view| {
            view.late = true;
            view.may = MayDecide::Confirm;
            view.other = other;
        })
    };
    let ruled = late(Some(earlier(None, Some(ID))));
    let page = get(&ruled, &format!("{}?melding=laat", decision())).await;
    assert!(page.has("P. &lt;Pieters&gt; heeft al over deze regels besloten."));
    let way = format!("/beoordelen/oordelen/{ID}");
    assert!(page.has(&format!("href=\"{way}\"")));
    assert!(!page.has("Voorleggen aan een collega") && !page.has("/api/besluit-akkoord"));
    let page = get(&late(None), &decision()).await;
    assert!(page.has("Deze regels wachten niet meer."));
}

#[tokio::test]
async fn rows_whose_delivery_is_parked_are_told_with_what_becomes_of_them() {
    let page = get(&with(|view| view.held = 3), &decision()).await;
    assert!(page.has("3 regels blijven wachten: hun aanlevering is geparkeerd of nog niet klaar."));
    assert!(page.has("Is de aanlevering klaar, dan kunt u opnieuw besluiten."));
    let kept = with(|view| {
        view.line.kept = true;
        view.held = 1;
    });
    let page = get(&kept, &decision()).await;
    assert!(page.has("1 regel blijft wachten: de aanlevering is geparkeerd of nog niet klaar."));
    assert!(page.has("dan wordt de nieuwe waarde vanzelf ingevuld."));
    // All of them: nobody was first.
    let all = with(|view| {
        view.late = true;
        view.held = 3;
    });
    let page = get(&all, &decision()).await;
    assert!(page.has("3 regels blijven wachten") && !page.has("Deze regels wachten niet meer."));
    let page = get(&with(|_| ()), &decision()).await;
    assert!(!page.has("is geparkeerd of nog niet klaar"));
}

#[tokio::test]
async fn rejecting_stored_rows_says_what_goes_and_what_stays_and_can_be_undone() {
    let rejects = |change: fn(&mut DecisionView)| {
        with(|view| {
            view.line.kind = DecisionKind::Reject;
            view.line.stored = true;
            view.new = None;
            view.gone = Some((3, 1));
            change(view);
        })
    };
    let page = get(&rejects(|_| ()), &decision()).await;
    assert!(page.has("Van 3 personen verdwijnt een vaccinatie die nog niet meetelde."));
    assert!(page.has("1 vaccinatie blijft staan: iemand anders meldde die ook."));
    assert!(!page.has("krijgen er een vaccinatie bij"));
    let done = |view: &mut DecisionView| {
        view.line.state = DecisionState::Done;
        view.may = MayDecide::Look;
        view.outcomes.clear();
        view.may_undo = true;
    };
    let page = get(&rejects(done), &decision()).await;
    assert!(page.has("Afwijzing ongedaan maken"));
    assert!(page.has("action=\"/api/koppeling-terug"));
    let missing = format!("{}?melding=reden", decision());
    let page = get(&rejects(done), &missing).await;
    assert!(page.has("Vul in waarom u dit ongedaan maakt."));
}

#[tokio::test]
async fn what_went_back_is_closed_with_a_reason_and_a_sentence_for_the_institution() {
    let back = |stored: bool| {
        with(|view| {
            view.line.state = DecisionState::Done;
            view.line.kind = DecisionKind::Return;
            view.line.stored = stored;
            view.line.returned = 3;
            view.may = MayDecide::Look;
        })
    };
    for (stored, accept) in [(false, false), (true, true)] {
        let page = get(&back(stored), &decision()).await;
        assert!(page.has("Afsluiten: definitief afwijzen"));
        assert_eq!(page.has("Afsluiten: zo laten staan"), accept);
    }
    let call = "/api/teruggestuurd-afsluiten";
    let id = ID.to_string();
    let ways = |word: &str, told: &str| {
        let here = decision();
        format!("{here}?melding=sluiten-{word}&soort=reject{told}#foutoverzicht")
    };
    for (form, location) in [
        (vec![("kind", "reject")], ways("uitleg", "")),
        (
            vec![("kind", "reject"), ("told", "test")],
            ways("reden", "&uitleg=test"),
        ),
        (
            vec![
                ("kind", "reject"),
                ("told", "test"),
                ("reason", "Geen antwoord"),
            ],
            decision(),
        ),
    ] {
        let mut form = form;
        form.push(("id", id.as_str()));
        let answer = post(&back(false), call, &form).await;
        assert_eq!(answer.location, location);
    }
    let asks = format!("{}?melding=sluiten-uitleg&soort=reject", decision());
    let page = get(&back(false), &asks).await;
    assert!(page.has("Kies wat de instelling leest.") && unfolded(&page) > 0);
}

#[tokio::test]
async fn the_institution_finds_what_went_back_with_the_message_and_where_it_is_mended() {
    let nurse = |change: fn(&mut World)| {
        let mut world = World::new(Some(Role::Invoerder));
        change(&mut world);
        Arc::new(world)
    };
    let page = get(&nurse(|_| ()), "/teruggestuurd").await;
    assert!(page.links(
        &format!("/aanleveringen/{ID}/regels/12"),
        "Regel 12 verbeteren"
    ));
    assert!(page.links(
        &format!("/registraties/{ID}"),
        "Registratie van regel 13 bekijken"
    ));
    assert!(page.has("Ingevoerd in het portaal"));
    assert!(page.has("Kijk op de &lt;verpakking&gt;"));
    let list = get(&nurse(|_| ()), "/aanleveringen").await;
    assert!(list.links("/teruggestuurd", "Teruggestuurde regels"));
    let asked = nurse(|world| world.asked_back = Some("Kijk op de <doos>".into()));
    let page = get(&asked, &format!("/registraties/{ID}")).await;
    assert!(page.has("Bericht van het RIVM: Kijk op de &lt;doos&gt;"));
    let news = nurse(|world| {
        world.news = all_news();
        world.news.returned[0].stored = true;
    });
    let page = get(&news, "/").await;
    assert!(page.links(
        "/teruggestuurd",
        "Het RIVM stuurde regels terug om te verbeteren: 3"
    ));
}

#[tokio::test]
async fn an_institution_answers_that_a_registration_is_right_as_it_stands() {
    const SEND: &str = "/api/registratie-klopt";
    let form = format!("action=\"{SEND}\"");
    let one = format!("/registraties/{ID}");
    let unasked = get(&World::nurse(), &one).await;
    assert!(!unasked.has(&form), "RIVM asks nothing");
    let mut world = World::new(Some(Role::Invoerder));
    world.asked_back = Some("Kijk op de doos".into());
    let typed = "Zo staat het op de <doos>";
    typed.clone_into(&mut world.draft.lock().expect("no panic before").reason);
    let world = Arc::new(world);
    let page = get(&world, &one).await;
    assert!(page.has(&form) && page.has("Het klopt zo"));
    assert!(page.has("name=\"reason\"") && page.has("maxlength=\"500\""));
    assert!(!page.has("op de &lt;doos&gt;"));
    let id = ID.to_string();
    for (reason, to) in [
        (" ", format!("{one}?melding=toelichting#foutoverzicht")),
        (typed, format!("{one}?melding=klopt")),
    ] {
        let fields = [("registration", id.as_str()), ("reason", reason)];
        assert_eq!(post(&world, SEND, &fields).await.location, to);
    }
    let page = get(&world, &format!("{one}?melding=toelichting")).await;
    assert!(page.links("#reason", "Vul een toelichting in.") && page.title().starts_with("Fout: "));
    // What was typed when the session ended.
    let page = get(&world, &format!("{one}?concept={ID}")).await;
    assert!(page.has("Zo staat het op de &lt;doos&gt;") && !page.has("<doos>"));
    let page = get(&World::nurse(), &format!("{one}?melding=klopt")).await;
    assert!(page.has("Het RIVM heeft uw toelichting.") && !page.has(&form));
}

#[tokio::test]
async fn kept_values_say_since_when_until_when_and_by_whom() {
    let page = get(&reviewer(|_| ()), "/beoordelen/waarden").await;
    for text in [
        "Pfizer &lt;NL&gt; groot",
        "P. Pieters, akkoord van R. Rivm",
        "Geldt nog",
        "Toegepast op regels",
        "29-11-2026 09:00, Rosa Register",
        "De instelling schrijft nu &lt;goed&gt;",
    ] {
        assert!(page.has(text), "{text}");
    }
    assert!(page.links(&decision(), "Bekijken"));
    for list in ["/beoordelen/groepen", "/beoordelen/besluiten"] {
        let page = get(&reviewer(|_| ()), list).await;
        assert!(
            page.links("/beoordelen/waarden", "Bewaarde waarden"),
            "{list}"
        );
    }
}

#[tokio::test]
async fn the_rows_of_a_preview_are_looked_through_page_by_page() {
    let page = get(
        &with(|view| view.next = Some(format!("{ID}.20"))),
        &decision(),
    )
    .await;
    let next = format!("{}?na={ID}.20#eerste", decision());
    assert!(page.links(&next, "Volgende regels"));
    assert!(!page.has("Terug naar de eerste regels"));
    let last = get(&with(|view| view.further = true), &decision()).await;
    assert!(last.links(
        &format!("{}#eerste", decision()),
        "Terug naar de eerste regels"
    ));
    assert!(!last.has("Volgende regels"));
}

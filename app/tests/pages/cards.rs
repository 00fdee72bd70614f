//! Paper cards: what each of two people gets to see, and what their forms say.

use super::fakes::{BSN, ID, World, differences};
use super::{get, post};
use app::ports::cards::{KeyedAgain, MayCard};
use axum::http::StatusCode;
use domain::card::Choice;
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding};
use domain::role::Role;
use domain::row::Column;
use std::sync::Arc;

fn keyer(change: impl FnOnce(&mut World)) -> Arc<World> {
    let mut world = World::new(Some(Role::RivmInvoerder));
    change(&mut world);
    Arc::new(world)
}

fn card() -> String {
    format!("/kaarten/{ID}")
}

#[tokio::test]
async fn the_list_leads_each_card_to_what_this_person_can_do() {
    let page = get(&keyer(|_| {}), "/kaarten").await;
    for part in [
        "Kaart K2021-12 bekijken",
        "Kaart K2021-12 nogmaals invoeren",
        "Verschil in kaart K2021-12 oplossen",
        "Verder met kaart K2021-12",
        "Door u ingevoerd",
        "Praktijk &lt;De Linde&gt;",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(page.has("href=\"/kaarten\""), "it is in the menu");
}

#[tokio::test]
async fn only_who_keys_cards_sees_them() {
    for role in [
        Role::Invoerder,
        Role::RivmBeoordelaar,
        Role::RivmBeheer,
        Role::Privacycoordinator,
        Role::Auditor,
    ] {
        let world = Arc::new(World::new(Some(role)));
        for path in ["/kaarten", "/kaarten/invoeren", &card()] {
            assert_eq!(
                get(&world, path).await.status,
                StatusCode::NOT_FOUND,
                "{role:?} {path}"
            );
        }
    }
}

#[tokio::test]
async fn a_card_that_came_back_says_what_to_mend_and_asks_whether_it_stands_so() {
    let fresh = get(&keyer(|_| {}), "/kaarten/invoeren").await;
    assert!(!fresh.has("Zo staat het op de kaart") && !fresh.title().starts_with("Fout:"));
    let page = get(&keyer(|_| {}), &format!("/kaarten/invoeren?concept={ID}")).await;
    for part in [
        "Gebruik in het kaartnummer hooguit 30",
        "Deze code hoort niet bij precies één instelling.",
        "Dit BSN klopt niet.",
        "Zo staat het op de kaart",
        "name=\"so_on_card\"",
        "value=\"K/12\"",
        "data-keep-along=\"true\"",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(page.title().starts_with("Fout:"));
    let other = uuid::Uuid::from_u128(9);
    let sent = get(
        &keyer(|_| {}),
        &format!("/kaarten/invoeren?concept={other}"),
    )
    .await;
    assert_eq!(sent.location, format!("/kaarten/{other}"), "it was sent on");
}

#[tokio::test]
async fn keying_leads_on_or_back_and_nothing_of_a_person_is_in_the_address() {
    for (number, leads) in [
        ("K12", format!("/kaarten/{ID}?melding=wacht")),
        ("", format!("/kaarten/invoeren?concept={ID}#foutoverzicht")),
    ] {
        let form = [
            ("number", number),
            ("party", "47470001"),
            ("row[bsn]", BSN),
            ("row[toestemming]", "J"),
        ];
        let world = keyer(|_| {});
        let answer = post(&world, "/api/kaart-invoeren", &form).await;
        assert_eq!(answer.location, leads);
        assert_eq!(world.saved.lock().unwrap()[0].get(Column::Bsn), BSN);
    }
}

#[tokio::test]
async fn the_second_person_gets_empty_fields() {
    let page = get(&keyer(|_| {}), &card()).await;
    assert!(page.has("wat uw collega invulde, ziet u niet"));
    for column in ["bsn", "vaccinatiedatum_dag", "batchnummer"] {
        let input = page
            .html
            .split("<input")
            .find(|input| input.contains(&format!("name=\"row[{column}]\"")))
            .unwrap();
        assert!(input.contains("value=\"\""), "{column}: {input}");
    }
    assert!(!page.has(BSN) && !page.has("EJ6796"));
    let world = keyer(|world| world.keyed_again = KeyedAgain::Differs);
    let id = ID.to_string();
    let form = [
        ("card", id.as_str()),
        ("row[toestemming]", "J"),
        ("row[bsn]", BSN),
        ("row[achternaam]", "Jansen"),
    ];
    let answer = post(&world, "/api/kaart-nogmaals", &form).await;
    assert_eq!(answer.location, format!("/kaarten/{ID}?melding=verschil"));
    let saved = world.saved.lock().unwrap();
    assert_eq!(saved[0].get(Column::Bsn), BSN);
    assert_eq!(saved[0].get(Column::Achternaam), "", "that is keyed once");
}

#[tokio::test]
async fn what_differs_stands_side_by_side_and_is_settled_by_a_choice_each() {
    let world = keyer(|world| world.card = MayCard::Settle(differences()));
    let page = get(&world, &card()).await;
    for part in [
        "Eerste invoer: Ja",
        "Tweede invoer: Nee",
        "Tweede invoer: leeg",
        "Tweede invoer: &lt;b&gt;EJ6795",
        "name=\"other[batchnummer]\"",
    ] {
        assert!(page.has(part), "{part}");
    }
    assert!(!page.has("name=\"other[toestemming]\""), "yes or no");
    assert!(
        page.has("name=\"agreed\" value=\"eerste\""),
        "who said yes, for a form that is kept"
    );
    let id = ID.to_string();
    let form = [
        ("card", id.as_str()),
        ("choice[toestemming]", "eerste"),
        ("choice[bsn]", "tweede"),
        ("choice[batchnummer]", "anders"),
        ("other[batchnummer]", " EJ6797 "),
        ("reason", "Verkeerd gelezen"),
    ];
    let answer = post(&world, "/api/kaart-verschil", &form).await;
    assert_eq!(answer.location, format!("/kaarten/{ID}?melding=opgeslagen"));
    let choices = world.choices.lock().unwrap();
    assert!(choices.contains(&(Column::Toestemming, Choice::First)));
    assert!(choices.contains(&(Column::Bsn, Choice::Second)));
    assert!(choices.contains(&(Column::Batchnummer, Choice::Other("EJ6797".to_owned()))));
}

#[tokio::test]
async fn what_is_missing_or_not_allowed_is_said() {
    for (word, may, text) in [
        (
            "keuze",
            MayCard::Settle(differences()),
            "Kies bij elk verschil",
        ),
        (
            "reden",
            MayCard::Settle(differences()),
            "Vul in waarom dit juist is.",
        ),
        ("keuze", MayCard::KeyAgain, "Kies of er toestemming"),
        (
            "zelfde",
            MayCard::Wait,
            "U voerde deze kaart als eerste in.",
        ),
        ("akkoord", MayCard::KeyAgain, "Er is niets opgeslagen."),
        ("wacht", MayCard::Wait, "De kaart is bewaard."),
    ] {
        let world = keyer(|world| world.card = may);
        let page = get(&world, &format!("{}?melding={word}", card())).await;
        assert!(page.has(text), "{text}");
    }
    for (done, word) in [
        (KeyedAgain::SamePerson, "zelfde"),
        (KeyedAgain::NotApproved, "akkoord"),
        (KeyedAgain::NoReason, "reden#foutoverzicht"),
        (KeyedAgain::NoChoice, "keuze#foutoverzicht"),
    ] {
        let world = keyer(|world| world.keyed_again = done);
        let id = ID.to_string();
        let answer = post(&world, "/api/kaart-nogmaals", &[("card", &id)]).await;
        assert_eq!(answer.location, format!("/kaarten/{ID}?melding={word}"));
    }
}

#[tokio::test]
async fn who_keyed_it_first_waits_and_sees_nothing_of_the_difference() {
    let wait = get(&keyer(|world| world.card = MayCard::Wait), &card()).await;
    assert!(wait.has("Kaart weggooien") && !wait.has("name=\"row[bsn]\""));
    let look = get(&keyer(|world| world.card = MayCard::Look), &card()).await;
    assert!(look.has("Iemand anders dan u lost dat op."));
    assert!(!look.has("choice[") && !look.has("Kaart weggooien"));
}

#[tokio::test]
async fn a_card_that_is_done_says_what_became_of_it() {
    let world = keyer(|world| {
        world.card = MayCard::Done {
            outcome: RowOutcome::Afgekeurd,
            findings: vec![Finding::on(Code::V11, Column::Vaccin)],
            differed: vec![Column::Batchnummer],
            second: "Kas Kaartsma".into(),
            settled: Some(("Kas Kaartsma".into(), "22-11-2026 14:09".into())),
        };
    });
    let page = get(&world, &format!("{}?melding=opgeslagen", card())).await;
    for part in [
        "De kaart is opgeslagen.",
        "Afgekeurd",
        "De regels keuren deze kaart af.",
        "Batchnummer",
        "Kas Kaartsma, 22-11-2026 14:09",
    ] {
        assert!(page.has(part), "{part}");
    }
}

//! Paper cards (features F11): one keys, another keys again without seeing it, what differs is settled, the rules judge.

use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, good, with};
use app::ports::cards::{Cards, Keyed, KeyedAgain, MayCard, PartyFault, TypedCard};
use app::ports::entry::{Entry, RegistrationFilter};
use app::ports::{Caller, Deliveries, PortError};
use domain::card::{Choice, NumberFault, REKEYED};
use domain::delivery::{Channel, RowOutcome};
use domain::finding::Code;
use domain::row::{Column, RowText};
use server::intake::tidy;
use uuid::Uuid;

fn typed(number: &str, row: RowText) -> TypedCard {
    TypedCard {
        number: number.to_owned(),
        party: "ZONNEHOF".to_owned(),
        row,
        so_on_card: false,
    }
}

/// Kim keys a card that has nothing to look at.
async fn key(world: &World, number: &str, row: RowText) -> Uuid {
    let keyed = world.portal.key_card(&world.kim, None, typed(number, row));
    match keyed.await.unwrap() {
        Keyed::Waiting(card) => card,
        other @ Keyed::LookAgain(_) => panic!("{other:?}"),
    }
}

async fn again(world: &World, by: &Caller, card: Uuid, row: RowText) -> KeyedAgain {
    world.portal.key_again(by, card, row).await.unwrap()
}

async fn may(world: &World, by: &Caller, card: Uuid) -> MayCard {
    world.portal.card(by, card).await.unwrap().may
}

async fn outcome(world: &World, card: Uuid) -> RowOutcome {
    match may(world, &world.kas, card).await {
        MayCard::Done { outcome, .. } => outcome,
        _ => panic!("it is not done"),
    }
}

fn all(choice: &Choice) -> Vec<(Column, Choice)> {
    REKEYED.map(|column| (column, choice.clone())).into()
}

#[tokio::test]
async fn a_card_keyed_twice_the_same_is_a_delivery_by_paper_with_its_number() {
    let world = World::new().await;
    let card = key(&world, "k 12-a", good(EREBOS, "01-04-2000")).await;
    assert_eq!(world.count("reports").await, 0, "one person is not enough");
    // Other ways to write the same are the same.
    let same = with(
        good("9999.90.019", "01-04-2000"),
        &[
            (Column::Vaccinatiedatum, "27 januari 2021"),
            (Column::Batchnummer, "ej 6795"),
        ],
    );
    assert_eq!(
        again(&world, &world.kas, card, same).await,
        KeyedAgain::Stored
    );
    assert_eq!(outcome(&world, card).await, RowOutcome::Geaccepteerd);
    let stored = "deliveries d JOIN reports r ON r.delivery_id = d.id
                  WHERE d.channel = 'papier' AND r.channel = 'papier' AND r.source_key = 'kaart-K12-A' AND d.file_name = 'kaart-K12-A'
                    AND d.outcome = 'VERWERKT'";
    assert_eq!(world.count(stored).await, 1);
    // Its institution sees it among its own, and can correct it.
    let list = world
        .portal
        .registrations(&world.maria, RegistrationFilter::default(), 1)
        .await
        .unwrap();
    assert_eq!(list.total, 1);
    let deliveries = world.portal.list(&world.maria, 1).await.unwrap();
    assert_eq!(deliveries.items[0].channel, Channel::Papier);
    let delivery = world
        .portal
        .delivery(&world.maria, deliveries.items[0].id)
        .await
        .unwrap();
    assert_eq!(delivery.line.file_name, "kaart-K12-A");
    // What was keyed is in the row alone.
    let kept = "paper_cards WHERE first_sealed IS NOT NULL OR second_sealed IS NOT NULL OR first_macs <> '{}'";
    assert_eq!(world.count(kept).await, 0);
    world.nowhere(&[EREBOS, "9999.90.019"]).await;
}

#[tokio::test]
async fn nobody_keys_the_own_card_again_and_the_table_says_so_too() {
    let world = World::new().await;
    let card = key(&world, "K1", good(EREBOS, "01-04-2000")).await;
    let own = again(&world, &world.kim, card, good(EREBOS, "01-04-2000")).await;
    assert_eq!(own, KeyedAgain::SamePerson);
    assert!(matches!(may(&world, &world.kim, card).await, MayCard::Wait));
    let other = again(&world, &world.kas, card, good(NAOMI, "01-04-2000")).await;
    assert_eq!(other, KeyedAgain::Differs);
    let settled = world
        .portal
        .settle_card(&world.kim, card, all(&Choice::First), "reden".into())
        .await;
    assert_eq!(settled, Ok(KeyedAgain::SamePerson));
    assert!(matches!(may(&world, &world.kim, card).await, MayCard::Look));
    for column in ["second_by", "settled_by"] {
        let sql = format!("UPDATE paper_cards SET {column} = first_by");
        let refused = sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&world.test.admin)
            .await
            .unwrap_err();
        let constraint = refused.as_database_error().unwrap().constraint();
        assert_eq!(constraint, Some("paper_cards_two_people"));
    }
    assert_eq!(world.count("reports").await, 0);
}

#[tokio::test]
async fn what_the_first_keyed_is_told_to_nobody_before_it_was_keyed_again() {
    let world = World::new().await;
    let card = key(&world, "K1", good(EREBOS, "01-04-2000")).await;
    for caller in [&world.kim, &world.kas] {
        let view = world.portal.card(caller, card).await.unwrap();
        let told = serde_json::to_string(&view).unwrap();
        for value in [EREBOS, "01-04-2000", "27-01-2021", "EJ6795"] {
            assert!(!told.contains(value), "{value} for {}", caller.name);
        }
    }
    assert!(
        world
            .portal
            .card_draft(&world.kim, card)
            .await
            .unwrap()
            .is_none(),
        "it is no draft any more, for the first either"
    );
    let foreign = world.portal.card_draft(&world.kas, card).await.err();
    assert_eq!(foreign, Some(PortError::NotFound));
    // The role that serves people cannot read it from the table.
    let readable: bool = sqlx::query_scalar(
        "SELECT has_column_privilege('cims_portal', 'paper_cards', 'first_sealed', 'SELECT')",
    )
    .fetch_one(&world.test.admin)
    .await
    .unwrap();
    assert!(!readable);
}

#[tokio::test]
async fn what_differs_is_shown_side_by_side_and_settled_with_a_reason() {
    let world = World::new().await;
    let card = key(&world, "K1", good(NAOMI, "01-04-2000")).await;
    let second = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Batchnummer, "EJ6796")],
    );
    assert_eq!(
        again(&world, &world.kas, card, second.clone()).await,
        KeyedAgain::Differs
    );
    let MayCard::Settle(differences) = may(&world, &world.kas, card).await else {
        panic!("it is to be settled");
    };
    let told: Vec<_> = differences
        .iter()
        .map(|one| (one.column, one.first.as_str(), one.second.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Column::Bsn, NAOMI, EREBOS),
            (Column::Batchnummer, "EJ6795", "EJ6796")
        ]
    );
    let settle = async |choices: Vec<(Column, Choice)>, reason: &str| {
        world
            .portal
            .settle_card(&world.kas, card, choices, reason.to_owned())
            .await
            .unwrap()
    };
    let bsn = (Column::Bsn, Choice::Second);
    assert_eq!(
        settle(vec![bsn.clone()], "Verkeerd gelezen").await,
        KeyedAgain::NoChoice
    );
    let batch = (Column::Batchnummer, Choice::First);
    let both = vec![bsn, batch];
    assert_eq!(settle(both.clone(), "  ").await, KeyedAgain::NoReason);
    assert_eq!(
        settle(both.clone(), "Verkeerd gelezen").await,
        KeyedAgain::Stored
    );
    assert_eq!(outcome(&world, card).await, RowOutcome::Geaccepteerd);
    // Pressed twice is once; what was keyed is gone, that it differed and who settled it stays.
    assert_eq!(settle(both, "Verkeerd gelezen").await, KeyedAgain::Stored);
    assert_eq!(world.count("reports WHERE channel = 'papier'").await, 1);
    let trail = "paper_cards WHERE differed = '{bsn,batchnummer}' AND settled_by IS NOT NULL AND reason_sealed IS NOT NULL
                 AND first_sealed IS NULL AND second_sealed IS NULL";
    assert_eq!(world.count(trail).await, 1);
    world.nowhere(&["Verkeerd gelezen", NAOMI, EREBOS]).await;
}

#[tokio::test]
async fn a_third_person_may_settle_and_type_what_neither_keyed() {
    let world = World::new().await;
    let third = world
        .test
        .caller("kees", domain::role::Role::RivmInvoerder, None)
        .await;
    let card = key(&world, "K1", good(NAOMI, "01-04-2000")).await;
    again(&world, &world.kas, card, good(FROUKE, "01-04-2000")).await;
    let settled = world
        .portal
        .settle_card(
            &third,
            card,
            all(&Choice::Other(EREBOS.to_owned())),
            "Beide verkeerd".into(),
        )
        .await;
    assert_eq!(settled, Ok(KeyedAgain::Stored));
    assert_eq!(outcome(&world, card).await, RowOutcome::Geaccepteerd);
}

#[tokio::test]
async fn the_rules_judge_a_card_as_every_row_and_a_refused_one_waits_for_its_institution() {
    let world = World::new().await;
    // A fault that the form sees is asked about; so it stands on the card.
    let wrong = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Vaccin, "Onbekend vaccin")],
    );
    let keyed = world
        .portal
        .key_card(&world.kim, None, typed("K1", wrong.clone()))
        .await
        .unwrap();
    let Keyed::LookAgain(card) = keyed else {
        panic!("{keyed:?}")
    };
    let draft = world
        .portal
        .card_draft(&world.kim, card)
        .await
        .unwrap()
        .unwrap();
    assert!(draft.findings.iter().any(|one| one.code == Code::V11));
    let so = TypedCard {
        so_on_card: true,
        ..typed("K1", wrong.clone())
    };
    let keyed = world.portal.key_card(&world.kim, Some(card), so).await;
    assert_eq!(keyed, Ok(Keyed::Waiting(card)));
    assert_eq!(
        again(&world, &world.kas, card, wrong).await,
        KeyedAgain::Stored
    );
    let MayCard::Done {
        outcome, findings, ..
    } = may(&world, &world.kas, card).await
    else {
        panic!("it is done")
    };
    assert_eq!(outcome, RowOutcome::Afgekeurd);
    assert!(findings.iter().any(|one| one.code == Code::V11));
    // The register judges the rest: BSN and birth date that do not belong together, a vaccination that is known.
    let card = key(&world, "K2", good(NOBODY, "01-04-2000")).await;
    again(&world, &world.kas, card, good(NOBODY, "01-04-2000")).await;
    assert_eq!(self::outcome(&world, card).await, RowOutcome::Afgekeurd);
    for number in ["K3", "K4"] {
        let card = key(&world, number, good(NAOMI, "01-04-1987")).await;
        again(&world, &world.kas, card, good(NAOMI, "01-04-1987")).await;
        let expected = if number == "K3" {
            RowOutcome::Geaccepteerd
        } else {
            RowOutcome::Dubbel
        };
        assert_eq!(self::outcome(&world, card).await, expected, "{number}");
    }
    // The institution mends it where it mends files.
    let delivery: Uuid =
        sqlx::query_scalar("SELECT delivery_id FROM paper_cards WHERE number = 'K1'")
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    let refused = world
        .portal
        .refused(&world.maria, delivery, 1, None)
        .await
        .unwrap();
    assert_eq!(refused.rows.items.len(), 1);
}

#[tokio::test]
async fn a_number_used_before_by_the_institution_is_told_and_kept_by_nobody_twice() {
    let world = World::new().await;
    let first = key(&world, "K1", good(EREBOS, "01-04-2000")).await;
    let keyed = world
        .portal
        .key_card(&world.kas, None, typed(" k1", good(NAOMI, "01-04-1987")))
        .await
        .unwrap();
    let Keyed::LookAgain(second) = keyed else {
        panic!("{keyed:?}")
    };
    let draft = world
        .portal
        .card_draft(&world.kas, second)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(draft.used.map(|(_, card)| card), Some(first));
    // Another institution numbers its own cards.
    let other = TypedCard {
        party: "duinzicht".to_owned(),
        ..typed("K1", good(NAOMI, "01-04-1987"))
    };
    let keyed = world.portal.key_card(&world.kas, Some(second), other).await;
    assert_eq!(keyed, Ok(Keyed::Waiting(second)));
    // Two who send the same number in one moment: one of them is told.
    let keys = [&world.kim, &world.kas].map(|by| {
        world
            .portal
            .key_card(by, None, typed("K9", good(FROUKE, "24-03-2000")))
    });
    let [one, two] = keys;
    let (one, two) = tokio::join!(one, two);
    let waiting = [one.unwrap(), two.unwrap()]
        .into_iter()
        .filter(|keyed| matches!(keyed, Keyed::Waiting(_)));
    assert_eq!(waiting.count(), 1);
    // Thrown away by who keyed it, the number is free.
    let foreign = world.portal.discard_card(&world.kas, first).await;
    assert_eq!(foreign, Err(PortError::Conflict));
    world.portal.discard_card(&world.kim, first).await.unwrap();
    key(&world, "K1", good(EREBOS, "01-04-2000")).await;
}

#[tokio::test]
async fn number_and_institution_are_asked_for_before_anything_waits() {
    let world = World::new().await;
    let card = TypedCard {
        number: "K-999990019".to_owned(),
        party: "BESTAATNIET".to_owned(),
        ..typed("", good(EREBOS, "01-04-2000"))
    };
    let keyed = world.portal.key_card(&world.kim, None, card).await.unwrap();
    let Keyed::LookAgain(id) = keyed else {
        panic!("{keyed:?}")
    };
    let draft = world
        .portal
        .card_draft(&world.kim, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(draft.number, Some(NumberFault::HoldsBsn));
    assert_eq!(draft.party, Some(PartyFault::Unknown));
    assert_eq!(
        draft.typed.row.get(Column::Bsn),
        EREBOS,
        "nothing typed is lost"
    );
    sqlx::query("UPDATE connections SET state = 'suspended' WHERE channel = 'papier'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let keyed = world
        .portal
        .key_card(
            &world.kim,
            Some(id),
            typed("K1", good(EREBOS, "01-04-2000")),
        )
        .await;
    assert_eq!(keyed, Ok(Keyed::LookAgain(id)));
    let draft = world
        .portal
        .card_draft(&world.kim, id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(draft.party, Some(PartyFault::NotApproved));
    // No answer about consent is never yes, whatever stands on the card.
    sqlx::query("UPDATE connections SET state = 'approved' WHERE channel = 'papier'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let silent = TypedCard {
        so_on_card: true,
        ..typed(
            "K1",
            with(good(EREBOS, "01-04-2000"), &[(Column::Toestemming, "")]),
        )
    };
    let keyed = world.portal.key_card(&world.kim, Some(id), silent).await;
    assert_eq!(keyed, Ok(Keyed::LookAgain(id)));
    world.nowhere(&[EREBOS]).await;
}

#[tokio::test]
async fn an_approval_that_ended_in_between_keeps_the_card_out() {
    let world = World::new().await;
    let card = key(&world, "K1", good(EREBOS, "01-04-2000")).await;
    sqlx::query("UPDATE connections SET state = 'suspended' WHERE channel = 'papier'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let done = again(&world, &world.kas, card, good(EREBOS, "01-04-2000")).await;
    assert_eq!(done, KeyedAgain::NotApproved);
    assert_eq!(world.count("deliveries").await, 0);
    assert!(matches!(
        may(&world, &world.kas, card).await,
        MayCard::KeyAgain
    ));
}

#[tokio::test]
async fn without_consent_nothing_of_the_person_is_kept_by_either() {
    let world = World::new().await;
    let no = |bsn: &str| {
        with(
            good(bsn, "01-04-2000"),
            &[
                (Column::Toestemming, "N"),
                (Column::Leeftijdsgroep, "B"),
                (Column::Achternaam, "Bultenaar"),
            ],
        )
    };
    let card = key(&world, "K1", no(EREBOS)).await;
    assert_eq!(
        again(&world, &world.kas, card, no(EREBOS)).await,
        KeyedAgain::Stored,
        "the BSN was dropped from both"
    );
    assert_eq!(outcome(&world, card).await, RowOutcome::Geteld);
    assert_eq!(world.count("persons").await, 0);
    assert_eq!(world.count("anonymous_counts").await, 1);

    // One says yes and the other no: settled as no, the person is gone.
    let card = key(&world, "K2", good(EREBOS, "01-04-2000")).await;
    let done = again(&world, &world.kas, card, no(EREBOS)).await;
    assert_eq!(done, KeyedAgain::Differs);
    let choices = vec![(Column::Toestemming, Choice::Second)];
    let settled = world
        .portal
        .settle_card(&world.kas, card, choices, "Er staat nee".into())
        .await;
    assert_eq!(settled, Ok(KeyedAgain::Stored));
    assert_eq!(world.count("persons").await, 0);
    assert_eq!(world.count("reports").await, 0);
    world.nowhere(&[EREBOS, "Bultenaar"]).await;
}

#[tokio::test]
async fn what_is_typed_survives_a_session_that_ended_and_waits_for_nobody() {
    let world = World::new().await;
    let late = Caller {
        only_keeps: true,
        ..world.kim.clone()
    };
    let keyed = world
        .portal
        .key_card(&late, None, typed("K1", good(EREBOS, "01-04-2000")))
        .await
        .unwrap();
    let Keyed::LookAgain(card) = keyed else {
        panic!("{keyed:?}")
    };
    let lists = world.portal.cards(&world.kim, 1).await.unwrap();
    assert_eq!((lists.open.total, lists.drafts.len()), (0, 1));
    let others = world.portal.cards(&world.kas, 1).await.unwrap();
    assert!(others.drafts.is_empty(), "a draft is of its keyer alone");
    let keyed = world
        .portal
        .key_card(
            &world.kim,
            Some(card),
            typed("K1", good(EREBOS, "01-04-2000")),
        )
        .await;
    assert_eq!(keyed, Ok(Keyed::Waiting(card)));
    let lists = world.portal.cards(&world.kas, 1).await.unwrap();
    assert_eq!(lists.open.items[0].number, "K1");
    assert!(!lists.open.items[0].own);
}

#[tokio::test]
async fn what_nobody_finishes_is_destroyed() {
    let world = World::new().await;
    let waiting = key(&world, "K1", good(EREBOS, "01-04-2000")).await;
    let draft = world
        .portal
        .key_card(&world.kim, None, TypedCard::default())
        .await;
    assert!(matches!(draft, Ok(Keyed::LookAgain(_))));
    tidy::tidy(&world.road).await.unwrap();
    assert_eq!(world.count("paper_cards").await, 2);
    for (days, left) in [(2, 1), (91, 0)] {
        sqlx::query("UPDATE paper_cards SET first_at = now() - make_interval(days => $1)")
            .bind(days)
            .execute(&world.test.admin)
            .await
            .unwrap();
        tidy::tidy(&world.road).await.unwrap();
        assert_eq!(world.count("paper_cards").await, left, "{days} days");
    }
    let told =
        format!("audit_lines WHERE event = 'governance.retention' AND line LIKE '%{waiting}%'");
    assert_eq!(world.count(&told).await, 1);
}

#[tokio::test]
async fn institutions_and_reviewers_have_no_cards() {
    let world = World::new().await;
    let card = key(&world, "K1", good(EREBOS, "01-04-2000")).await;
    for caller in [&world.maria, &world.rivm] {
        assert_eq!(
            world.portal.cards(caller, 1).await.err(),
            Some(PortError::NotFound)
        );
        assert_eq!(
            world.portal.card(caller, card).await.err(),
            Some(PortError::NotFound)
        );
        let visible: i64 = {
            let mut tx = server::store::party_tx(&world.road.db, caller)
                .await
                .unwrap();
            sqlx::query_scalar("SELECT count(*) FROM paper_cards")
                .fetch_one(&mut *tx)
                .await
                .unwrap()
        };
        assert_eq!(visible, 0, "row-level security, for {}", caller.name);
    }
    // Who keys cards is no deliverer and judges nothing.
    assert_eq!(
        world.portal.list(&world.kim, 1).await.err(),
        Some(PortError::NotFound)
    );
    assert_eq!(
        Entry::begin(&world.portal, &world.kim, None, false)
            .await
            .err(),
        Some(PortError::NotFound)
    );
}

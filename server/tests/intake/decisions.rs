//! RIVM decides once for all rows that share a cause (features F52-F54, F-X9).

use crate::moment::{both, hang};
use crate::support::counted;
use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::decisions::{Agreed, ClusterFilter, DecisionState, Decisions, MayDecide, Proposal};
use app::ports::deliveries::QualityView;
use app::ports::news::{News, NewsOf};
use app::ports::review::{PartyNumbers, ReviewFilter};
use app::ports::{Caller, Deliveries, PortError, Review, Withdrawals};
use domain::dates::Days;
use domain::decision::{DecisionKind, Told};
use domain::delivery::RowOutcome;
use domain::finding::Code;
use domain::role::Role;
use domain::row::{Column, RowText};
use server::intake::answer;
use server::store::party_tx;
use time::macros::date;
use uuid::Uuid;

/// A second person of RIVM.
async fn second(world: &World) -> Caller {
    world.test.caller("rosa", Role::RivmBeheer, None).await
}

/// Who prepared it asks, the second person agrees, the worker works.
async fn carry_out(world: &World, id: Uuid) {
    let asked = world.portal.decide(&world.rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting), "a value takes a second person");
    let name = Uuid::now_v7().to_string();
    let other = world.test.caller(&name, Role::RivmBeheer, None).await;
    let agreed = world.portal.decide(&other, id).await;
    assert_eq!(agreed, Ok(Agreed::Running));
    world.work().await;
}

fn odd_vaccine(row: RowText) -> RowText {
    with(row, &[(Column::Vaccin, "Pfizer NL groot")])
}

fn map(value: &str) -> Proposal {
    Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Map,
        value: value.into(),
        days: Days::ALL,
        reason: "Afgesproken met de instelling".into(),
        request: "Mevrouw De Boer, per brief van 3 maart".into(),
    }
}

fn only(kind: DecisionKind) -> Proposal {
    Proposal {
        told: None,
        alone: false,
        kind,
        value: String::new(),
        days: Days::ALL,
        reason: "Kijk op de verpakking".into(),
        request: String::new(),
    }
}

async fn clusters(world: &World) -> Vec<(Code, Option<Column>, u32, Uuid)> {
    let list = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await
        .unwrap();
    list.items
        .iter()
        .map(|line| (line.code, line.column, line.rows, line.sample))
        .collect()
}

#[tokio::test]
async fn rows_with_the_same_fault_and_value_are_one_cluster_of_their_party() {
    let world = World::new().await;
    let rows = [
        odd_vaccine(good(EREBOS, "01-04-2000")),
        odd_vaccine(good(NAOMI, "01-04-1987")),
        with(good(FROUKE, "24-03-2000"), &[(Column::Vaccin, "Anders")]),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    world
        .upload(
            &world.maria,
            &csv(&[odd_vaccine(good(FROUKE, "24-03-2000"))]),
        )
        .await;
    world
        .upload(
            &world.piet,
            &csv(&[odd_vaccine(good(EREBOS, "01-04-2000"))]),
        )
        .await;
    let found = clusters(&world).await;
    let counts: Vec<u32> = found.iter().map(|(_, _, rows, _)| *rows).collect();
    assert_eq!(
        counts,
        [3, 1, 1],
        "another value, or party, is another cluster"
    );
    let (code, column, _, sample) = found[0];
    assert_eq!((code.as_str(), column), ("V11", Some(Column::Vaccin)));
    let view = world.portal.cluster(&world.rivm, sample).await.unwrap();
    assert_eq!(view.value.as_deref(), Some("Pfizer NL groot"));
    assert_eq!(view.rows, 3);
    assert!(view.may.contains(&DecisionKind::Map) && !view.may.contains(&DecisionKind::Accept));
    let shown = format!("{:?}", found);
    assert!(!shown.contains("Pfizer"), "the list shows no value");
}

#[tokio::test]
async fn a_mapping_is_foreseen_and_then_does_just_that_in_every_delivery() {
    let world = World::new().await;
    let broken_dose = with(
        odd_vaccine(good(FROUKE, "24-03-2000")),
        &[(Column::Dosisnummer, "nul")],
    );
    let first = world
        .upload(
            &world.maria,
            &csv(&[
                odd_vaccine(good(EREBOS, "01-04-2000")),
                odd_vaccine(good(NAOMI, "01-04-1987")),
            ]),
        )
        .await;
    let second = world.upload(&world.maria, &csv(&[broken_dose])).await;
    let vaccine = clusters(&world).await;
    let (_, _, rows, sample) = vaccine[0];
    assert_eq!(rows, 3);
    let before = world.count("reports").await;
    let id = world
        .portal
        .propose(&world.rivm, sample, map("Comirnaty"))
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(
        view.outcomes,
        [(RowOutcome::Geaccepteerd, 2), (RowOutcome::Afgekeurd, 1)]
    );
    assert_eq!(view.may, MayDecide::Confirm);
    assert_eq!(
        world.count("reports").await,
        before,
        "looking changes nothing"
    );
    assert_eq!(world.count("row_history").await, 0);

    carry_out(&world, id).await;
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!((view.line.state, view.done), (DecisionState::Done, (3, 1)));
    let first = world.portal.delivery(&world.maria, first).await.unwrap();
    assert_eq!(first.line.counts.geaccepteerd, 2);
    let second = world.portal.delivery(&world.maria, second).await.unwrap();
    assert_eq!(second.line.counts.afgekeurd, 1);
    assert_eq!(world.count("reports").await, before + 2);
    assert_eq!(
        world.count("reports WHERE recorded_by IS NOT NULL").await,
        0,
        "nobody of RIVM recorded them"
    );
    // What is left waits for another reason, in a cluster of its own.
    let left = clusters(&world).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].1, Some(Column::Dosisnummer));
    // The audit lists the rows.
    assert_eq!(
        world
            .count("audit_lines WHERE line::jsonb ->> 'event' = 'record.decided' AND line::jsonb -> 'rows' IS NOT NULL")
            .await,
        2
    );
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::Running),
        "twice is once"
    );
}

#[tokio::test]
async fn rivm_decides_about_what_came_while_it_was_approved_although_it_no_longer_is() {
    let world = World::new().await;
    let rows = csv(&[odd_vaccine(good(EREBOS, "01-04-2000"))]);
    let id = world.upload(&world.maria, &rows).await;
    sqlx::query("UPDATE connections SET state = 'suspended' WHERE channel = 'upload'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let (.., sample) = clusters(&world).await[0];
    let decision = world.portal.propose(&world.rivm, sample, map("Comirnaty"));
    carry_out(&world, decision.await.unwrap()).await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(view.line.counts.geaccepteerd, 1);
}

#[tokio::test]
async fn what_is_the_senders_own_takes_a_second_person_who_is_somebody_else() {
    let world = World::new().await;
    let batch = |row: RowText| with(row, &[(Column::Batchnummer, "???")]);
    world
        .upload(&world.maria, &csv(&[batch(good(EREBOS, "01-04-2000"))]))
        .await;
    let (_, column, _, sample) = clusters(&world).await[0];
    assert_eq!(column, Some(Column::Batchnummer));
    let id = world
        .portal
        .propose(&world.rivm, sample, map("EJ6796"))
        .await
        .unwrap();
    let other = second(&world).await;
    assert_eq!(
        world.portal.decision(&other, id).await.map(|_| ()),
        Err(PortError::NotFound),
        "a draft is its maker's"
    );
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::Waiting)
    );
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::SamePerson)
    );
    let told = |news: NewsOf| {
        news.decisions
            .iter()
            .map(|asked| asked.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(told(world.portal.news(&other).await.unwrap()), [id]);
    assert!(told(world.portal.news(&world.rivm).await.unwrap()).is_empty());
    assert!(told(world.portal.news(&world.maria).await.unwrap()).is_empty());
    world.work().await;
    assert_eq!(world.count("reports").await, 0);
    // Not in the database either.
    let forced = sqlx::query("UPDATE decisions SET state = 'running', decided_by = asked_by, decided_at = now() WHERE id = $1")
        .bind(id)
        .execute(&world.road.db.worker)
        .await;
    assert!(forced.is_err(), "decisions_four_eyes");
    let again = world
        .portal
        .propose(&other, sample, map("EJ6797"))
        .await
        .unwrap();
    assert_eq!(
        world.portal.decide(&other, again).await,
        Ok(Agreed::Other),
        "one at a time about the same rows"
    );
    assert_eq!(world.portal.decide(&other, id).await, Ok(Agreed::Running));
    world.work().await;
    assert_eq!(world.count("reports").await, 1);
}

#[tokio::test]
async fn a_second_person_says_no_and_who_asked_takes_it_back() {
    let world = World::new().await;
    let batch = |row: RowText| with(row, &[(Column::Batchnummer, "???")]);
    world
        .upload(&world.maria, &csv(&[batch(good(EREBOS, "01-04-2000"))]))
        .await;
    let sample = clusters(&world).await[0].3;
    let other = second(&world).await;
    for (who, state) in [
        (&other, DecisionState::Rejected),
        (&world.rivm, DecisionState::CalledBack),
    ] {
        let id = world
            .portal
            .propose(&world.rivm, sample, map("EJ6796"))
            .await
            .unwrap();
        world.portal.decide(&world.rivm, id).await.unwrap();
        world.portal.drop_decision(who, id).await.unwrap();
        let view = world.portal.decision(&world.rivm, id).await.unwrap();
        assert_eq!((view.line.state, view.may), (state, MayDecide::Look));
        assert_eq!(world.portal.decide(&other, id).await, Ok(Agreed::Before));
        let dropped = world.portal.drop_decision(&other, id).await;
        assert_eq!(dropped, Err(PortError::Conflict));
    }
    world.work().await;
    assert_eq!(world.count("reports").await, 0);
}

#[tokio::test]
async fn rows_that_go_back_leave_the_queue_and_show_the_message_to_their_sender() {
    let world = World::new().await;
    let delivery = world
        .upload(
            &world.maria,
            &csv(&[odd_vaccine(good(EREBOS, "01-04-2000"))]),
        )
        .await;
    let sample = clusters(&world).await[0].3;
    let id = world
        .portal
        .propose(&world.rivm, sample, only(DecisionKind::Return))
        .await
        .unwrap();
    world.portal.decide(&world.rivm, id).await.unwrap();
    world.work().await;
    assert!(clusters(&world).await.is_empty());
    let queue = world
        .portal
        .rows(&world.rivm, ReviewFilter::default())
        .await
        .unwrap();
    assert_eq!(queue.total, 0);
    let row = world
        .portal
        .refused_row(&world.maria, delivery, 2, None)
        .await
        .unwrap();
    assert_eq!(row.line.message.as_deref(), Some("Kijk op de verpakking"));
    let back = format!(";AFGEKEURD;;TERUG;{}\r\n", answer::ASKED);
    let table = answered(&world, delivery).await;
    assert!(table.contains(&back), "its answer says so too");
    assert!(
        !table.contains("verpakking"),
        "what was typed is in the portal"
    );
    let told = |news: NewsOf| {
        news.returned
            .iter()
            .map(|rows| rows.rows)
            .collect::<Vec<_>>()
    };
    assert_eq!(told(world.portal.news(&world.maria).await.unwrap()), [1]);
    assert!(told(world.portal.news(&world.piet).await.unwrap()).is_empty());
    assert!(told(world.portal.news(&world.rivm).await.unwrap()).is_empty());
    // A week later nobody has answered: RIVM hears of it, and takes the rows back to decide otherwise.
    for aged in [
        "UPDATE delivery_rows SET returned_at = returned_at - interval '9 days' WHERE returned_at IS NOT NULL",
        "UPDATE decisions SET decided_at = decided_at - interval '9 days'",
    ] {
        let done = sqlx::query(aged).execute(&world.road.db.worker).await;
        assert_eq!(done.unwrap().rows_affected(), 1);
    }
    assert_eq!(told(world.portal.news(&world.rivm).await.unwrap()), [1]);
    let line = world.portal.decision(&world.rivm, id).await.unwrap().line;
    assert_eq!((line.returned, line.overdue), (1, true));
    world.portal.recall(&world.rivm, id).await.unwrap();
    assert_eq!(clusters(&world).await.len(), 1);
    assert_eq!(
        world.portal.recall(&world.rivm, id).await,
        Err(PortError::Conflict)
    );
    assert!(told(world.portal.news(&world.maria).await.unwrap()).is_empty());
    assert!(!answered(&world, delivery).await.contains("TERUG"));
    world.nowhere(&["Kijk op de verpakking"]).await;
}

#[tokio::test]
async fn rows_that_are_rejected_for_good_can_no_longer_be_mended() {
    let world = World::new().await;
    let delivery = world
        .upload(
            &world.maria,
            &csv(&[odd_vaccine(good(EREBOS, "01-04-2000"))]),
        )
        .await;
    let sample = clusters(&world).await[0].3;
    let id = world
        .portal
        .propose(&world.rivm, sample, unclear())
        .await
        .unwrap();
    let told = world.portal.decision(&world.rivm, id).await.unwrap().told;
    assert_eq!(told, Some(Told::Unclear), "who agrees sees what is told");
    assert!(!answered(&world, delivery).await.contains("AFGEWEZEN"));
    world.portal.decide(&world.rivm, id).await.unwrap();
    world.work().await;
    assert!(clusters(&world).await.is_empty());
    let list = world
        .portal
        .refused(&world.maria, delivery, 1, None)
        .await
        .unwrap();
    assert_eq!(list.rows.total, 0);
    assert_eq!(
        world.count("delivery_rows WHERE state = 'rejected'").await,
        1
    );
    let view = world.portal.delivery(&world.maria, delivery).await.unwrap();
    let rejected: Vec<(Told, u32)> = view
        .rejected
        .iter()
        .map(|group| (group.told, group.count))
        .collect();
    assert_eq!(rejected, [(Told::Unclear, 1)], "the sender reads why");
    assert_eq!((view.line.counts.afgekeurd, view.mendable()), (1, 0));
    let answer = answered(&world, delivery).await;
    let why = Told::Unclear.sentence(domain::text::Lang::Nl);
    assert!(
        answer.contains(&format!(";AFGEKEURD;;AFGEWEZEN;{why}\r\n")),
        "{answer}"
    );
    assert!(
        !answer.contains("Kijk op"),
        "what somebody typed stays with RIVM"
    );
    let news = |news: NewsOf| {
        let rows = news.rejected.iter().map(|rows| (rows.delivery, rows.rows));
        rows.collect::<Vec<_>>()
    };
    assert_eq!(
        news(world.portal.news(&world.maria).await.unwrap()),
        [(delivery, 1)]
    );
    assert!(news(world.portal.news(&world.piet).await.unwrap()).is_empty());
    assert!(news(world.portal.news(&world.rivm).await.unwrap()).is_empty());
}

#[tokio::test]
async fn rejected_rows_are_news_until_somebody_of_the_institution_opened_the_page_that_says_why() {
    let world = World::new().await;
    let rows = [
        odd_vaccine(good(EREBOS, "01-04-2000")),
        with(good(NAOMI, "01-04-1987"), &[(Column::Vaccin, "Anders")]),
    ];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let party = world.maria.party();
    let marta = world.test.caller("marta", Role::Invoerder, party).await;
    let told = async || {
        let mut told = Vec::new();
        for who in [&world.maria, &marta] {
            let news = world.portal.news(who).await.unwrap().rejected;
            told.push(news.iter().map(|one| one.rows).sum::<u32>());
        }
        told
    };
    for (_, _, _, sample) in clusters(&world).await {
        let id = world.portal.propose(&world.rivm, sample, unclear()).await;
        let decided = world.portal.decide(&world.rivm, id.unwrap()).await;
        assert_eq!(decided, Ok(Agreed::Running));
        world.work().await;
        assert_eq!(told().await, [1, 1], "what was not seen yet");
        for other in [&world.piet, &world.rivm] {
            world.portal.seen(other, delivery).await.unwrap();
        }
        assert_eq!(told().await, [1, 1], "others do not take it from them");
        world.portal.seen(&marta, delivery).await.unwrap();
        assert_eq!(told().await, [0, 0]);
    }
}

/// The table of answers that a sender gets on a delivery.
async fn answered(world: &World, delivery: Uuid) -> String {
    let mut tx = party_tx(&world.road.db, &world.maria).await.unwrap();
    let mut table = Vec::new();
    answer::csv(&mut tx, delivery, &mut table).await.unwrap();
    String::from_utf8(table).unwrap()
}

/// Refusing for good, told by a sentence of our own.
fn unclear() -> Proposal {
    Proposal {
        told: Some(Told::Unclear),
        ..only(DecisionKind::Reject)
    }
}

/// Rows that the one kept value was applied to.
async fn applied_to(world: &World) -> u32 {
    let list = world.portal.kept_values(&world.rivm, 1).await.unwrap();
    assert_eq!(list.total, 1);
    list.items[0].rows
}

#[tokio::test]
async fn a_name_that_was_decided_holds_for_what_the_party_delivers_later_until_it_is_ended() {
    let world = World::new().await;
    let odd = |bsn, born| csv(&[odd_vaccine(good(bsn, born))]);
    world.upload(&world.maria, &odd(EREBOS, "01-04-2000")).await;
    let sample = clusters(&world).await[0].3;
    let id = world
        .portal
        .propose(&world.rivm, sample, map("Comirnaty"))
        .await
        .unwrap();
    carry_out(&world, id).await;

    let later = world.upload(&world.maria, &odd(NAOMI, "01-04-1987")).await;
    let view = world.portal.delivery(&world.maria, later).await.unwrap();
    assert_eq!(view.line.counts.geaccepteerd, 1);
    let repairs: Vec<&str> = view
        .repairs
        .iter()
        .map(|group| group.code.as_str())
        .collect();
    assert_eq!(repairs, ["H06"], "the sender sees how the name was read");
    let elsewhere = world.upload(&world.piet, &odd(FROUKE, "24-03-2000")).await;
    let view = world.portal.delivery(&world.piet, elsewhere).await.unwrap();
    assert_eq!(
        view.line.counts.afgekeurd, 1,
        "it is this party's name only"
    );
    // The one that waited, and the one that came: in the preview, and then in the register.
    assert_eq!(applied_to(&world).await, 2);
    let known = [
        odd_vaccine(good(NAOMI, "01-04-1987")),
        odd_vaccine(counted("n1")),
    ];
    let more = world.upload(&world.maria, &csv(&known)).await;
    let view = world.portal.delivery(&world.maria, more).await.unwrap();
    assert_eq!((view.line.counts.dubbel, view.line.counts.geteld), (1, 1));
    assert_eq!(applied_to(&world).await, 3, "what is known is not new");

    let line = world.portal.decision(&world.rivm, id).await.unwrap().line;
    assert!(line.name.is_some_and(|name| name.until.is_none()));
    world
        .portal
        .end_name(&world.rivm, id, "Niet meer nodig".into())
        .await
        .unwrap();
    assert_eq!(
        world
            .portal
            .end_name(&world.rivm, id, "Niet meer nodig".into())
            .await,
        Err(PortError::Conflict)
    );
    let line = world.portal.decision(&world.rivm, id).await.unwrap().line;
    assert!(line.name.is_some_and(|name| name.until.is_some()));
    assert_eq!(applied_to(&world).await, 3);
    let after = world.upload(&world.maria, &odd(FROUKE, "24-03-2000")).await;
    let view = world.portal.delivery(&world.maria, after).await.unwrap();
    assert_eq!(view.line.counts.afgekeurd, 1);
}

#[tokio::test]
async fn rows_that_wait_are_compared_as_those_that_come_without_regard_to_case_and_marks() {
    let world = World::new().await;
    let called = |bsn, born, name| with(good(bsn, born), &[(Column::Vaccin, name)]);
    let rows = [
        called(EREBOS, "01-04-2000", "Pfizer NL groot"),
        called(NAOMI, "01-04-1987", "PFIZER  nl-groot"),
        called(FROUKE, "24-03-2000", "Pfizer NL klein"),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let found = clusters(&world).await;
    let counts: Vec<u32> = found.iter().map(|(_, _, rows, _)| *rows).collect();
    assert_eq!(counts, [2, 1]);
    let sought = ClusterFilter {
        zoek: Some("pfizer nl GROOT".into()),
        ..ClusterFilter::default()
    };
    let list = world.portal.clusters(&world.rivm, sought, 1).await.unwrap();
    assert_eq!(list.items.len(), 1, "it is sought so too");
    let id = world
        .portal
        .propose(&world.rivm, found[0].3, map("Comirnaty"))
        .await
        .unwrap();
    carry_out(&world, id).await;
    let done = world.portal.decision(&world.rivm, id).await.unwrap().done;
    assert_eq!(done, (2, 0));
}

#[tokio::test]
async fn what_a_party_writes_for_a_code_is_kept_and_put_in_rows_that_come_later() {
    let world = World::new().await;
    for (column, code, odd, same, means) in [
        (
            Column::Doelgroep,
            Code::V42,
            "Bewoner VVT",
            "bewoner  vvt",
            "BEWONER_INSTELLING",
        ),
        (Column::HpkCode, Code::V12, "7777777", "7777777", "2924528"),
        (
            Column::Vaccinatieland,
            Code::V40,
            "Holland",
            "HOLLAND",
            "NL",
        ),
    ] {
        let row = |bsn, born, dose, text| {
            let cells = [
                (column, text),
                (Column::Dosisnummer, dose),
                (Column::Bronsleutel, ""),
            ];
            csv(&[with(good(bsn, born), &cells)])
        };
        let dose = match column {
            Column::Doelgroep => "1",
            Column::HpkCode => "2",
            _ => "3",
        };
        world
            .upload(&world.maria, &row(EREBOS, "01-04-2000", dose, odd))
            .await;
        let found = clusters(&world).await;
        let group = found.iter().find(|(by, ..)| *by == code);
        let sample = group.unwrap_or_else(|| panic!("{code:?}: {found:?}")).3;
        let id = world
            .portal
            .propose(&world.rivm, sample, map(means))
            .await
            .unwrap();
        let line = world.portal.decision(&world.rivm, id).await.unwrap().line;
        assert!(line.kept && line.name.is_none(), "{column:?}");
        carry_out(&world, id).await;
        let refused = async |caller: &Caller, content: &[u8]| {
            let delivery = world.upload(caller, content).await;
            let view = world.portal.delivery(caller, delivery).await.unwrap();
            view.line.counts.afgekeurd
        };
        let later = row(NAOMI, "01-04-1987", dose, same);
        assert_eq!(refused(&world.maria, &later).await, 0, "{column:?}");
        let elsewhere = row(FROUKE, "24-03-2000", dose, odd);
        assert_eq!(
            refused(&world.piet, &elsewhere).await,
            1,
            "{column:?}: it is this party's alone"
        );
        world
            .portal
            .end_name(&world.rivm, id, "Niet meer nodig".into())
            .await
            .unwrap();
        let after = row(FROUKE, "24-03-2000", dose, odd);
        assert_eq!(
            refused(&world.maria, &after).await,
            1,
            "{column:?}: until it is ended"
        );
    }
}

#[tokio::test]
async fn a_kept_code_holds_for_jabs_of_its_days_and_a_batch_is_never_kept() {
    let world = World::new().await;
    let row = |bsn, born, date: &str, cells: &[(Column, &str)]| {
        let row = with(good(bsn, born), cells);
        csv(&[with(row, &[(Column::Vaccinatiedatum, date)])])
    };
    let odd = [(Column::Doelgroep, "Bewoner VVT")];
    world
        .upload(&world.maria, &row(EREBOS, "01-04-2000", "27-01-2021", &odd))
        .await;
    let sample = clusters(&world).await[0].3;
    let january = Proposal {
        days: Days {
            first: None,
            last: Some(date!(2021 - 01 - 31)),
        },
        ..map("BEWONER_INSTELLING")
    };
    let id = world
        .portal
        .propose(&world.rivm, sample, january)
        .await
        .unwrap();
    carry_out(&world, id).await;
    assert!(clusters(&world).await.is_empty());
    let within = row(NAOMI, "01-04-1987", "28-01-2021", &odd);
    world.upload(&world.maria, &within).await;
    assert!(clusters(&world).await.is_empty());
    let outside = row(FROUKE, "24-03-2000", "02-02-2021", &odd);
    world.upload(&world.maria, &outside).await;
    assert_eq!(clusters(&world).await.len(), 1, "another day");

    let batch = [(Column::Batchnummer, "EJ67_95")];
    let again = [batch[0], (Column::Dosisnummer, "2")];
    world
        .upload(
            &world.piet,
            &row(EREBOS, "01-04-2000", "27-01-2021", &batch),
        )
        .await;
    let found = clusters(&world).await;
    let group = found.iter().find(|(code, ..)| *code == Code::V26);
    let sample = group.unwrap_or_else(|| panic!("{found:?}")).3;
    let id = world
        .portal
        .propose(&world.rivm, sample, map("EJ6795"))
        .await
        .unwrap();
    carry_out(&world, id).await;
    let line = world.portal.decision(&world.rivm, id).await.unwrap().line;
    assert!(!line.kept && line.name.is_none());
    let later = row(NAOMI, "01-04-1987", "27-01-2021", &again);
    world.upload(&world.piet, &later).await;
    let found = clusters(&world).await;
    assert!(found.iter().any(|(code, ..)| *code == Code::V26));
}

#[tokio::test]
async fn more_than_a_hundred_rows_are_only_rejected_when_a_second_person_agrees() {
    let world = World::new().await;
    let rows = |from: u32, count: u32| {
        let row = |n: u32| {
            let number = format!("{n}");
            let row = odd_vaccine(good(EREBOS, "01-04-2000"));
            with(row, &[(Column::Bronsleutel, number.as_str())])
        };
        (from..from + count).map(row).collect::<Vec<_>>()
    };
    world.upload(&world.maria, &csv(&rows(1, 60))).await;
    let sample = clusters(&world).await[0].3;
    let id = world
        .portal
        .propose(&world.rivm, sample, only(DecisionKind::Reject))
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert!(!view.second_person);
    // More of them came before it was decided.
    world.upload(&world.maria, &csv(&rows(100, 60))).await;
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::Waiting)
    );
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!((view.second_person, view.line.rows), (true, 120));
    let other = second(&world).await;
    assert_eq!(world.portal.decide(&other, id).await, Ok(Agreed::Running));
    world.work().await;
    assert_eq!(
        world.count("delivery_rows WHERE state = 'rejected'").await,
        120
    );
}

#[tokio::test]
async fn what_comes_after_a_decision_is_not_decided_by_it() {
    for (kind, became) in [
        (DecisionKind::Reject, "state = 'rejected'"),
        (DecisionKind::Return, "returned_at IS NOT NULL"),
    ] {
        let world = World::new().await;
        let rows = [
            odd_vaccine(good(EREBOS, "01-04-2000")),
            odd_vaccine(good(NAOMI, "01-04-1987")),
        ];
        world.upload(&world.maria, &csv(&rows)).await;
        // A file is on its way when somebody decides alone about two rows.
        let later = [odd_vaccine(good(FROUKE, "24-03-2000"))];
        world
            .receive(&world.maria, "later.csv", &csv(&later), false)
            .await;
        let sample = clusters(&world).await[0].3;
        let id = world
            .portal
            .propose(&world.rivm, sample, only(kind))
            .await
            .unwrap();
        let decided = world.portal.decide(&world.rivm, id).await;
        assert_eq!(decided, Ok(Agreed::Running));
        world.work().await;
        assert_eq!(
            world.count(&format!("delivery_rows WHERE {became}")).await,
            2
        );
        let waits = "delivery_rows WHERE state = 'open' AND returned_at IS NULL";
        assert_eq!(world.count(waits).await, 1);
        let view = world.portal.decision(&world.rivm, id).await.unwrap();
        assert_eq!((view.line.state, view.done), (DecisionState::Done, (2, 0)));
    }
}

#[tokio::test]
async fn the_numbers_count_what_waits_by_age_cause_and_party_and_what_was_delivered() {
    let world = World::new().await;
    let rows = [
        good(EREBOS, "01-04-2000"),
        odd_vaccine(good(NAOMI, "01-04-1987")),
        with(good(FROUKE, "24-03-2000"), &[(Column::Dosisnummer, "nul")]),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    world
        .upload(
            &world.piet,
            &csv(&[odd_vaccine(good(EREBOS, "01-04-2000"))]),
        )
        .await;
    let aged = "UPDATE delivery_rows SET created_at = now() - interval '40 days' WHERE cluster_column = 'dosisnummer'";
    sqlx::query(aged)
        .execute(&world.road.db.worker)
        .await
        .unwrap();
    let numbers = world.portal.numbers(&world.rivm).await.unwrap();
    assert_eq!(numbers.ages, [2, 0, 0, 1]);
    let codes: Vec<_> = numbers
        .codes
        .iter()
        .map(|(code, rows)| (code.as_str(), *rows))
        .collect();
    assert_eq!(codes, [("V11", 2), ("V31", 1)]);
    let parties: Vec<_> = numbers
        .parties
        .iter()
        .map(|party| (party.open, party.rows, party.refused, party.causes.len()))
        .collect();
    assert_eq!(parties, [(2, 3, 2, 2), (1, 1, 1, 1)]);
    assert!(world.portal.numbers(&world.maria).await.is_err());
}

#[tokio::test]
async fn rivm_sees_the_quality_of_each_party_as_the_party_sees_it_itself() {
    let world = World::new().await;
    let wrong = |bsn: &str, born: &str| with(good(bsn, born), &[(Column::Dosisnummer, "nul")]);
    let rows = [
        good(EREBOS, "01-04-2000"),
        wrong(NAOMI, "01-04-1987"),
        wrong(FROUKE, "24-03-2000"),
    ];
    let first = world.upload(&world.maria, &csv(&rows)).await;
    world
        .upload(
            &world.piet,
            &csv(&[odd_vaccine(good(EREBOS, "01-04-2000"))]),
        )
        .await;
    // Two institutions may have one name.
    sqlx::query("UPDATE parties SET name = (SELECT name FROM parties WHERE code = 'ZONNEHOF') WHERE code = 'DUINZICHT'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let list = async |search: &str| {
        let found = world.portal.qualities(&world.rivm, search.into(), 1).await;
        found.unwrap()
    };
    let of = |page: &app::ports::Page<PartyNumbers>| {
        let parties = page.items.iter();
        let parties = parties.map(|one| (one.open, one.rows, one.refused, one.before));
        parties.collect::<Vec<_>>()
    };
    assert_eq!(of(&list("").await), [(2, 3, 2, (0, 0)), (1, 1, 1, (0, 0))]);
    assert_eq!(list("duinzicht").await.total, 1, "by its code");
    assert_eq!(list("zonneh").await.total, 2, "by a part of the name");
    assert_eq!(list("' OR 1 = 1 --").await.total, 0);

    // The refused rows of one come again, corrected: each counts once, as what it is now.
    // All eight weeks are told, those in which nothing came too; of each that brought something its place.
    let own = |own: QualityView| {
        assert_eq!(own.weeks.len(), 8);
        let weeks = own.weeks.iter().zip(1..);
        let came = weeks.filter(|(week, _)| week.rows > 0);
        let came = came.map(|(week, place)| (place, week.rows, week.refused));
        (came.collect::<Vec<(u8, u32, u32)>>(), own.causes)
    };
    let id = list("").await.items[0].id;
    let said = world.portal.quality(&world.maria).await.unwrap();
    assert_eq!(own(said), (vec![(8, 3, 2)], vec![(Code::V31, 2)]));
    let refused = "UPDATE delivery_rows SET state = 'repaired' WHERE id = (SELECT id FROM delivery_rows WHERE delivery_id = $1 AND outcome = 'AFGEKEURD' ORDER BY row_number LIMIT 1)";
    sqlx::query(refused)
        .bind(first)
        .execute(&world.road.db.worker)
        .await
        .unwrap();
    world
        .upload(&world.maria, &csv(&[good(NAOMI, "01-04-1987")]))
        .await;
    let said = world.portal.quality(&world.maria).await.unwrap();
    let seen = world.portal.quality_of(&world.rivm, id).await.unwrap();
    assert_eq!(seen.open, 1);
    let said = own(said);
    assert_eq!(said, (vec![(8, 3, 1)], vec![(Code::V31, 1)]));
    assert_eq!(own(seen.view), said, "RIVM sees the same");
    assert_eq!(of(&list("").await)[0], (1, 3, 1, (0, 0)));

    // Five weeks ago is the time before; what is withdrawn counts no more.
    sqlx::query("UPDATE deliveries SET received_at = received_at - interval '35 days' WHERE party_id = (SELECT id FROM parties WHERE code = 'DUINZICHT')")
        .execute(&world.road.db.worker)
        .await
        .unwrap();
    let duinzicht = list("duinzicht").await;
    assert_eq!(of(&duinzicht), [(1, 0, 0, (1, 1))]);
    let piet = world.portal.quality(&world.piet).await.unwrap();
    assert_eq!(own(piet).0, [(3, 1, 1)], "a gap of four weeks since");
    world
        .portal
        .withdraw_delivery(&world.maria, first, "Verkeerd bestand".into())
        .await
        .unwrap();
    world.work().await;
    let seen = world.portal.quality_of(&world.rivm, id).await.unwrap();
    assert_eq!(own(seen.view), (vec![(8, 1, 0)], vec![]));
    // Nothing in any week is no picture.
    sqlx::query("UPDATE deliveries SET received_at = received_at - interval '70 days'")
        .execute(&world.road.db.worker)
        .await
        .unwrap();
    let nothing = world.portal.quality(&world.maria).await.unwrap();
    assert!(nothing.weeks.is_empty());
    for caller in [&world.maria, &world.piet] {
        let list = world.portal.qualities(caller, String::new(), 1).await;
        assert_eq!(list.err(), Some(PortError::NotFound));
        let one = world.portal.quality_of(caller, id).await;
        assert_eq!(one.err(), Some(PortError::NotFound));
    }
}

#[tokio::test]
async fn why_rows_are_refused_is_one_thing_for_the_party_and_for_rivm() {
    let world = World::new().await;
    let wrong = |bsn: &str, born: &str| with(good(bsn, born), &[(Column::Dosisnummer, "nul")]);
    let doubted = |bsn, born| with(good(bsn, born), &[(Column::Batchnummer, "ZZ9999")]);
    let rows = [
        wrong(EREBOS, "01-04-2000"),
        doubted(NAOMI, "01-04-1987"),
        doubted(FROUKE, "24-03-2000"),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let same = async || {
        let own = world.portal.quality(&world.maria).await.unwrap().causes;
        let list = world.portal.qualities(&world.rivm, String::new(), 1).await;
        let party = list.unwrap().items.remove(0);
        let codes: Vec<Code> = own.iter().map(|(code, _)| *code).collect();
        assert_eq!(party.causes, codes);
        let seen = world.portal.quality_of(&world.rivm, party.id).await;
        assert_eq!(seen.unwrap().view.causes, own);
        own
    };
    let refused = [(Code::V31, 1)];
    assert_eq!(same().await, refused, "a doubt of RIVM refuses nothing");
    let group = clusters(&world).await;
    let group = group.iter().find(|(code, ..)| *code == Code::V31).unwrap();
    let id = world
        .portal
        .propose(&world.rivm, group.3, only(DecisionKind::Return))
        .await
        .unwrap();
    world.portal.decide(&world.rivm, id).await.unwrap();
    world.work().await;
    assert_eq!(same().await, refused, "it went back, and is refused still");
}

#[tokio::test]
async fn before_deciding_it_is_shown_what_the_records_of_persons_would_say() {
    let world = World::new().await;
    // Erebos has two vaccinations that count; Naomi none.
    let earlier = |day: &str, dose: &str| {
        with(
            good(EREBOS, "01-04-2000"),
            &[(Column::Vaccinatiedatum, day), (Column::Dosisnummer, dose)],
        )
    };
    let known = [earlier("20-01-2021", "1"), earlier("15-02-2021", "2")];
    world.upload(&world.piet, &csv(&known)).await;
    let third = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Vaccinatiedatum, "20-03-2021"),
            (Column::Dosisnummer, "3"),
        ],
    );
    let rows = [odd_vaccine(third), odd_vaccine(good(NAOMI, "01-04-1987"))];
    world.upload(&world.maria, &csv(&rows)).await;
    let sample = clusters(&world).await[0].3;
    let id = world
        .portal
        .propose(&world.rivm, sample, map("Comirnaty"))
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 2)]);
    let said: Vec<_> = view
        .first
        .iter()
        .map(|row| row.record.map(|one| (one.before, one.after, one.doses)))
        .collect();
    assert_eq!(said, [Some((2, 3, Some(2))), Some((0, 1, Some(2)))]);
    assert_eq!(view.persons, (2, 1), "of one it is more than the series");
    carry_out(&world, id).await;
    assert_eq!(world.count("vaccinations WHERE effective").await, 4);

    // Stored rows that are accepted: what stands in the way of another goes on waiting.
    let world = World::new().await;
    let batch = |row: RowText| with(row, &[(Column::Batchnummer, "ZZ9999")]);
    let rows = [
        batch(good(EREBOS, "01-04-2000")),
        batch(good(NAOMI, "01-04-1987")),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let sample = clusters(&world).await[0].3;
    let id = world
        .portal
        .propose(&world.rivm, sample, only(DecisionKind::Accept))
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 2)]);
    assert_eq!(view.persons, (2, 0));
    assert!(view.first.iter().all(|row| row.record.is_some()));
    assert_eq!(
        world.count("vaccinations WHERE effective").await,
        0,
        "looking changes nothing"
    );
    world.portal.decide(&world.rivm, id).await.unwrap();
    world.work().await;
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
}

#[tokio::test]
async fn who_comes_second_hears_who_was_first() {
    let world = World::new().await;
    let rows = [odd_vaccine(good(EREBOS, "01-04-2000"))];
    world.upload(&world.maria, &csv(&rows)).await;
    let sample = clusters(&world).await[0].3;
    let waits = world.portal.decided_about(&world.rivm, sample).await;
    assert_eq!(waits, Ok(None), "it waits still");
    let other = second(&world).await;
    // Both prepared one; the first that is asked for is open, and the other says so.
    let mine = world
        .portal
        .propose(&world.rivm, sample, map("Comirnaty"))
        .await
        .unwrap();
    let theirs = world
        .portal
        .propose(&other, sample, map("Spikevax"))
        .await
        .unwrap();
    world.portal.decide(&world.rivm, mine).await.unwrap();
    let view = world.portal.decision(&other, theirs).await.unwrap();
    let open = view.other.unwrap();
    assert_eq!(
        (open.decision, open.by),
        (Some(mine), world.rivm.name.clone())
    );
    let agreed = world.portal.decide(&other, theirs).await;
    assert_eq!(agreed, Ok(Agreed::Other));
    world.portal.decide(&other, mine).await.unwrap();
    world.work().await;
    // Whoever still has the page of the group before them.
    let late = world.portal.propose(&other, sample, map("Spikevax")).await;
    assert_eq!(late, Err(PortError::NotFound));
    let first = world.portal.decided_about(&other, sample).await.unwrap();
    let first = first.unwrap();
    assert_eq!(
        (first.decision, first.by),
        (Some(mine), world.rivm.name.clone())
    );

    // Rejected, and sent back.
    for kind in [DecisionKind::Reject, DecisionKind::Return] {
        let world = World::new().await;
        world.upload(&world.maria, &csv(&rows)).await;
        let sample = clusters(&world).await[0].3;
        let id = world
            .portal
            .propose(&world.rivm, sample, only(kind))
            .await
            .unwrap();
        world.portal.decide(&world.rivm, id).await.unwrap();
        world.work().await;
        let first = world.portal.decided_about(&world.rivm, sample).await;
        assert_eq!(
            first.unwrap().and_then(|one| one.decision),
            Some(id),
            "{kind:?}"
        );
    }
}

/// A row that waits, in a group of its own.
async fn alone(world: &World, round: usize) -> Uuid {
    let name = format!("Pfizer NL groot {round}");
    let odd = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Vaccin, name.as_str())],
    );
    let delivery = world.upload(&world.maria, &csv(&[odd])).await;
    sqlx::query_scalar("SELECT id FROM delivery_rows WHERE delivery_id = $1")
        .bind(delivery)
        .fetch_one(&world.test.admin)
        .await
        .unwrap()
}

/// A decision about such a row that waits for a second person.
async fn asked(world: &World, round: usize) -> Uuid {
    let sample = alone(world, round).await;
    let id = world
        .portal
        .propose(&world.rivm, sample, map("Comirnaty"))
        .await
        .unwrap();
    let asked = world.portal.decide(&world.rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting));
    id
}

#[tokio::test]
async fn of_two_who_agree_at_once_the_second_hears_who_was_first() {
    let world = World::new().await;
    let rosa = second(&world).await;
    let ruud = world.test.caller("ruud", Role::RivmBeheer, None).await;
    for round in 0..5 {
        let id = asked(&world, round).await;
        let both = tokio::join!(
            world.portal.decide(&rosa, id),
            world.portal.decide(&ruud, id)
        );
        let (first, late) = match both {
            (Ok(Agreed::Running), Ok(Agreed::Before)) => (&rosa, &ruud),
            (Ok(Agreed::Before), Ok(Agreed::Running)) => (&ruud, &rosa),
            other => panic!("round {round}: {other:?}"),
        };
        let view = world.portal.decision(late, id).await.unwrap();
        assert_eq!(view.decided_by.as_ref(), Some(&first.name));
        assert!(view.decided_at.is_some());
        let lines = "audit_lines WHERE line::jsonb ->> 'decision' = 'map' AND line::jsonb ->> 'step' = 'agreed'";
        assert_eq!(world.count(lines).await, i64::try_from(round).unwrap() + 1);
        // Later than that it is the same; who prepared it or agreed is told that it runs.
        let again = world.portal.decide(late, id).await;
        assert_eq!(again, Ok(Agreed::Before));
        for caller in [first, &world.rivm] {
            let again = world.portal.decide(caller, id).await;
            assert_eq!(again, Ok(Agreed::Running));
        }
    }
    world.work().await;
    assert_eq!(world.count("decisions WHERE state = 'done'").await, 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_agrees_while_another_does_waits_and_hears_who_that_was() {
    let world = World::new().await;
    let rosa = second(&world).await;
    let ruud = world.test.caller("ruud", Role::RivmBeheer, None).await;
    let id = asked(&world, 0).await;
    hang(&world, "jobs", "new.kind = 'decide'").await;
    let (first, late) = both(
        &world,
        world.portal.decide(&rosa, id),
        world.portal.decide(&ruud, id),
    )
    .await;
    assert_eq!((first, late), (Ok(Agreed::Running), Ok(Agreed::Before)));
    let view = world.portal.decision(&ruud, id).await.unwrap();
    assert_eq!(view.decided_by, Some(rosa.name));
}

#[tokio::test]
async fn of_one_who_agrees_and_one_who_does_not_at_once_the_second_hears_who_was_first() {
    let world = World::new().await;
    let rosa = second(&world).await;
    let ruud = world.test.caller("ruud", Role::RivmBeheer, None).await;
    for round in 0..5 {
        let id = asked(&world, round).await;
        let both = tokio::join!(
            world.portal.decide(&rosa, id),
            world.portal.drop_decision(&ruud, id)
        );
        let (first, state) = match both {
            (Ok(Agreed::Running), Err(PortError::Conflict)) => (&rosa, DecisionState::Running),
            (Ok(Agreed::Before), Ok(())) => (&ruud, DecisionState::Rejected),
            other => panic!("round {round}: {other:?}"),
        };
        let view = world.portal.decision(&world.rivm, id).await.unwrap();
        assert_eq!(view.line.state, state);
        assert_eq!(view.decided_by.as_ref(), Some(&first.name));
    }
}

#[tokio::test]
async fn of_two_who_decide_about_the_same_rows_at_once_the_second_hears_who_was_first() {
    let world = World::new().await;
    let rosa = second(&world).await;
    // A value takes a second person, a refusal of one row does not.
    let kinds = [DecisionKind::Map, DecisionKind::Reject].repeat(3);
    for (round, kind) in kinds.into_iter().enumerate() {
        let sample = alone(&world, round).await;
        let (one, other, goes) = if kind == DecisionKind::Map {
            (map("Comirnaty"), map("Spikevax"), Agreed::Waiting)
        } else {
            let reject = || only(DecisionKind::Reject);
            (reject(), reject(), Agreed::Running)
        };
        let (mine, hers) = tokio::join!(
            world.portal.propose(&world.rivm, sample, one),
            world.portal.propose(&rosa, sample, other)
        );
        let (mine, hers) = (mine.unwrap(), hers.unwrap());
        let said = tokio::join!(
            world.portal.decide(&world.rivm, mine),
            world.portal.decide(&rosa, hers)
        );
        let said = (said.0.unwrap(), said.1.unwrap());
        let (first, late) = if said == (goes, Agreed::Other) {
            ((mine, &world.rivm), (hers, &rosa))
        } else {
            assert_eq!(said, (Agreed::Other, goes), "round {round}");
            ((hers, &rosa), (mine, &world.rivm))
        };
        let view = world.portal.decision(late.1, late.0).await.unwrap();
        let open = view.other.unwrap();
        assert_eq!(open.decision, Some(first.0));
        assert_eq!(open.by, first.1.name);
    }
}

/// The same row, given on another day.
fn on(day: &str, row: RowText) -> RowText {
    with(row, &[(Column::Vaccinatiedatum, day)])
}

/// Outcome of each row of a file that was uploaded.
async fn outcomes(world: &World, delivery: Uuid) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT outcome FROM delivery_rows WHERE delivery_id = $1 ORDER BY row_number",
    )
    .bind(delivery)
    .fetch_all(&world.test.admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_name_holds_for_jabs_of_the_days_that_were_decided_both_ends_included() {
    let world = World::new().await;
    let erebos = || odd_vaccine(good(EREBOS, "01-04-2000"));
    let naomi = || odd_vaccine(good(NAOMI, "01-04-1987"));
    let frouke = || odd_vaccine(good(FROUKE, "24-03-2000"));
    let rows = [
        on("31-01-2021", erebos()),
        on("01-02-2021", naomi()),
        on("28-02-2021", frouke()),
        on("01-03-2021", erebos()),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let (_, _, rows, sample) = clusters(&world).await[0];
    assert_eq!(rows, 4);
    let february = Days {
        first: Some(date!(2021 - 02 - 01)),
        last: Some(date!(2021 - 02 - 28)),
    };
    let proposal = Proposal {
        told: None,
        alone: false,
        days: february,
        ..map("Comirnaty")
    };
    let id = world
        .portal
        .propose(&world.rivm, sample, proposal)
        .await
        .unwrap();
    world.portal.decide(&world.rivm, id).await.unwrap();
    // The second person sees the days, and what they leave out.
    let other = second(&world).await;
    let view = world.portal.decision(&other, id).await.unwrap();
    assert_eq!((view.line.days, view.outside), (february, 2));
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 2)]);
    assert_eq!(view.persons, (2, 0));
    world.portal.decide(&other, id).await.unwrap();
    world.work().await;
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!((view.line.state, view.done), (DecisionState::Done, (2, 0)));
    let list = world.portal.decisions(&world.rivm, 1).await.unwrap();
    assert_eq!(list.items[0].days, february);
    assert!(list.items[0].name.is_some());
    assert_eq!(world.count("reports").await, 2);
    // The others wait as they did.
    let left = clusters(&world).await;
    assert_eq!((left.len(), left[0].2), (1, 2));
    assert_eq!(
        world.count("row_history").await,
        2,
        "they were not changed either"
    );

    // Rows that come later, on whatever day they come.
    let rows = [
        on("31-01-2021", naomi()),
        on("01-02-2021", frouke()),
        on("28-02-2021", erebos()),
        on("01-03-2021", naomi()),
    ];
    let later = world.upload(&world.maria, &csv(&rows)).await;
    let came = outcomes(&world, later).await;
    let refused: Vec<bool> = came.iter().map(|one| one == "AFGEKEURD").collect();
    assert_eq!(refused, [true, false, false, true], "{came:?}");

    // What is left may mean something else.
    let sample = clusters(&world).await[0].3;
    let march = Days {
        first: Some(date!(2021 - 03 - 01)),
        last: Some(date!(2022 - 12 - 31)),
    };
    let proposal = Proposal {
        told: None,
        alone: false,
        days: march,
        ..map("Spikevax")
    };
    let next = world
        .portal
        .propose(&world.rivm, sample, proposal)
        .await
        .unwrap();
    world.portal.decide(&world.rivm, next).await.unwrap();
    world.portal.decide(&other, next).await.unwrap();
    world.work().await;
    let moderna = |row| with(row, &[(Column::Batchnummer, "300042698")]);
    let both = || {
        csv(&[
            on("02-02-2021", erebos()),
            on("02-04-2021", moderna(frouke())),
        ])
    };
    let delivery = world.upload(&world.maria, &both()).await;
    let given = "SELECT vaccine FROM reports WHERE delivery_id = $1 ORDER BY row_number";
    let given: Vec<i16> = sqlx::query_scalar(given)
        .bind(delivery)
        .fetch_all(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(given, [1, 2], "each day has its own name");

    // One whose last day has not come yet is ended as any other.
    world
        .portal
        .end_name(&world.rivm, next, "Niet meer nodig".into())
        .await
        .unwrap();
    let line = world.portal.decision(&world.rivm, next).await.unwrap().line;
    assert!(line.name.is_some_and(|name| name.until.is_some()));
    let rows = csv(&[
        on("03-02-2021", naomi()),
        on("03-04-2021", moderna(naomi())),
    ]);
    let after = world.upload(&world.maria, &rows).await;
    let came = outcomes(&world, after).await;
    let refused: Vec<bool> = came.iter().map(|one| one == "AFGEKEURD").collect();
    assert_eq!(refused, [false, true], "the other name holds still");
}

#[tokio::test]
async fn days_are_of_names_alone_and_never_end_before_they_begin() {
    let world = World::new().await;
    let batch = |row: RowText| with(row, &[(Column::Batchnummer, "???")]);
    let rows = [
        batch(good(EREBOS, "01-04-2000")),
        odd_vaccine(good(NAOMI, "01-04-1987")),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let later = Days {
        first: Some(date!(2021 - 02 - 01)),
        last: None,
    };
    let found = clusters(&world).await;
    let of = |column| {
        let found = found.iter().find(|one| one.1 == Some(column));
        found.unwrap().3
    };
    // Another value is put in the rows that wait, and in no other: no day is asked.
    let sample = of(Column::Batchnummer);
    let proposal = Proposal {
        told: None,
        alone: false,
        days: later,
        ..map("EJ6795")
    };
    let id = world
        .portal
        .propose(&world.rivm, sample, proposal)
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!((view.line.days, view.outside), (Days::ALL, 0));
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 1)]);
    // Of a name on other days nothing is left to do.
    let sample = of(Column::Vaccin);
    let proposal = Proposal {
        told: None,
        alone: false,
        days: later,
        ..map("Comirnaty")
    };
    let id = world
        .portal
        .propose(&world.rivm, sample, proposal)
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!((view.outside, view.outcomes.len()), (1, 0));
    let turned = Days {
        first: later.first,
        last: Some(date!(2021 - 01 - 31)),
    };
    let forced = sqlx::query("UPDATE decisions SET first_day = $2, last_day = $3 WHERE id = $1")
        .bind(id)
        .bind(turned.first)
        .bind(turned.last)
        .execute(&world.road.db.worker)
        .await;
    assert!(forced.is_err(), "decisions_days_in_order");
}

#[tokio::test]
async fn the_name_of_a_product_that_ended_may_mean_another_one_for_jabs_given_after_it() {
    let world = World::new().await;
    sqlx::query("UPDATE vaccines SET valid_to = '2021-02-28' WHERE name = 'Comirnaty'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let moderna = |row| with(row, &[(Column::Batchnummer, "300042698")]);
    let waits = on("01-03-2021", moderna(good(EREBOS, "01-04-2000")));
    world.upload(&world.maria, &csv(&[waits])).await;
    let (code, column, _, sample) = clusters(&world).await[0];
    assert_eq!((code, column), (Code::V11, Some(Column::Vaccin)));
    let id = world
        .portal
        .propose(&world.rivm, sample, map("Spikevax"))
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 1)]);
    carry_out(&world, id).await;

    // Later rows: before its end it is the product itself, after it what was decided.
    let rows = [
        on("28-02-2021", good(NAOMI, "01-04-1987")),
        on("01-03-2021", moderna(good(FROUKE, "24-03-2000"))),
    ];
    let later = world.upload(&world.maria, &csv(&rows)).await;
    assert_eq!(outcomes(&world, later).await, ["GEACCEPTEERD"; 2]);
    let given = "SELECT vaccine FROM reports WHERE delivery_id = $1 ORDER BY row_number";
    let given: Vec<i16> = sqlx::query_scalar(given)
        .bind(later)
        .fetch_all(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(given, [1, 2]);
    // It is this party's name only.
    let elsewhere = on("02-03-2021", moderna(good(NAOMI, "01-04-1987")));
    let elsewhere = world.upload(&world.piet, &csv(&[elsewhere])).await;
    assert_eq!(outcomes(&world, elsewhere).await, ["AFGEKEURD"]);
}

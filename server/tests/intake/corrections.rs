//! RIVM corrects or withdraws what an institution asks it to (features F53): the request is kept, a second person agrees, and
//! the registration gets a version more, as if the institution had sent it.

use crate::world::{EREBOS, NAOMI, World, csv, good, with};
use app::ports::corrections::{Corrected, Corrections};
use app::ports::decisions::{DecisionState, MayDecide};
use app::ports::news::News;
use app::ports::persons::{Act, Persons, Why};
use app::ports::{Caller, Entry, PortError};
use domain::bsn::Bsn;
use domain::delivery::RowOutcome;
use domain::finding::Code;
use domain::role::Role;
use domain::row::{Column, RowText};
use uuid::Uuid;

const REQUEST: &str = "Mevrouw De Boer, per brief van 3 maart";

/// A stored registration of Maria.
async fn registration(world: &World) -> Uuid {
    world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    let list = world
        .portal
        .registrations(&world.maria, Default::default(), 1)
        .await
        .unwrap();
    list.items[0].id
}

async fn second(world: &World) -> Caller {
    world.test.caller("rosa", Role::RivmBeheer, None).await
}

/// Prepares a correction with these cells.
async fn prepared(world: &World, of: Uuid, cells: &[(Column, &str)]) -> Uuid {
    let id = world
        .portal
        .begin_correction(&world.rivm, of, false)
        .await
        .unwrap();
    let after = world.portal.correction(&world.rivm, id).await.unwrap();
    let row = with(after.after.unwrap(), cells);
    world
        .portal
        .save_correction(&world.rivm, id, row, REQUEST.into())
        .await
        .unwrap();
    id
}

async fn counts(world: &World) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat_ws(' ', to_char(vaccinated_on, 'DD-MM-YYYY'), batch) FROM vaccinations
         WHERE effective AND valid_to IS NULL",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_correction_is_foreseen_agreed_by_somebody_else_and_then_holds() {
    let world = World::new().await;
    let of = registration(&world).await;
    let id = prepared(&world, of, &[(Column::Vaccinatiedatum, "28-01-2021")]).await;
    let view = world.portal.correction(&world.rivm, id).await.unwrap();
    assert_eq!(view.outcome, Some(RowOutcome::Geaccepteerd));
    assert_eq!(view.before.get(Column::Vaccinatiedatum), "27-01-2021");
    assert_eq!(view.may, MayDecide::Confirm);
    assert_eq!(
        counts(&world).await,
        ["27-01-2021 EJ6795"],
        "looking changes nothing"
    );
    assert_eq!(world.count("reports").await, 1);

    let rosa = second(&world).await;
    assert_eq!(
        world.portal.correction(&rosa, id).await.err(),
        Some(PortError::NotFound),
        "a draft is its maker's"
    );
    let asked = world.portal.decide_correction(&world.rivm, id).await;
    assert_eq!(asked, Ok(Corrected::Waiting));
    let same = world.portal.decide_correction(&world.rivm, id).await;
    assert_eq!(same, Ok(Corrected::SamePerson));
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795"]);
    let forced = sqlx::query("UPDATE corrections SET state = 'done', decided_by = asked_by, decided_at = now() WHERE id = $1")
        .bind(id)
        .execute(&world.road.db.worker)
        .await;
    assert!(forced.is_err(), "corrections_four_eyes");
    let news = world.portal.news(&rosa).await.unwrap().corrections;
    assert_eq!(news.iter().map(|one| one.id).collect::<Vec<_>>(), [id]);
    assert!(
        world
            .portal
            .news(&world.rivm)
            .await
            .unwrap()
            .corrections
            .is_empty()
    );

    let agreed = world.portal.decide_correction(&rosa, id).await;
    assert_eq!(agreed, Ok(Corrected::Done));
    assert_eq!(
        world.portal.decide_correction(&rosa, id).await,
        Ok(Corrected::Done),
        "twice is once"
    );
    assert_eq!(counts(&world).await, ["28-01-2021 EJ6795"]);
    // The institution sees the new version and why; the old one stays readable.
    let seen = world.portal.registration(&world.maria, of).await.unwrap();
    assert_eq!(seen.versions.len(), 2);
    assert_eq!(seen.versions[0].reason.as_deref(), Some(REQUEST));
    assert_eq!(
        seen.versions[1].row.get(Column::Vaccinatiedatum),
        "27-01-2021"
    );
    let view = world.portal.correction(&world.rivm, id).await.unwrap();
    assert_eq!(
        (view.state, view.may),
        (DecisionState::Done, MayDecide::Look)
    );
    let person = world
        .portal
        .person(&world.rivm, view.person, Why::Request)
        .await
        .unwrap();
    assert_eq!(person.reported.len(), 2);
    let act = &person.acts[0];
    assert_eq!(
        (person.acts.len(), act.id, act.act),
        (1, id, Act::Corrected)
    );
    assert!(act.agreed_by.is_some() && act.agreed_by.as_ref() != Some(&act.asked_by));
    world.nowhere(&[REQUEST]).await;
}

/// What the log tells of a correction about who has this BSN.
async fn told(world: &World, id: Uuid, bsn: &str) -> Vec<String> {
    let mac = world.test.keys.bsn_mac(&Bsn::parse(bsn).unwrap());
    sqlx::query_scalar(
        "SELECT l.event FROM audit_lines l JOIN audit_persons p ON (l.shard, l.seq) = (p.shard, p.seq)
         LEFT JOIN persons r ON r.id = p.person_id
         WHERE strpos(l.line, $1) > 0 AND $2 IN (p.person_mac, r.bsn_mac) ORDER BY l.seq",
    )
    .bind(id.to_string())
    .bind(mac.bytes.to_vec())
    .fetch_all(&world.test.admin)
    .await
    .unwrap()
}

#[tokio::test]
async fn a_correction_to_another_person_is_told_of_both() {
    let world = World::new().await;
    let of = registration(&world).await;
    let naomi = [(Column::Bsn, NAOMI), (Column::Geboortedatum, "01-04-1987")];
    let id = prepared(&world, of, &naomi).await;
    assert_eq!(told(&world, id, NAOMI).await, ["look.read"], "it was typed");
    world.portal.correction(&world.rivm, id).await.unwrap();
    let asked = world.portal.decide_correction(&world.rivm, id).await;
    assert_eq!(asked, Ok(Corrected::Waiting));
    let rosa = second(&world).await;
    let agreed = world.portal.decide_correction(&rosa, id).await;
    assert_eq!(agreed, Ok(Corrected::Done));
    let of_both = [
        "look.read",
        "look.read",
        "record.decided",
        "record.corrected",
    ];
    assert_eq!(told(&world, id, NAOMI).await, of_both);
    // The page was opened once before anything was typed.
    let of_first = told(&world, id, EREBOS).await;
    assert_eq!(of_first[0], "look.read");
    assert_eq!(of_first[1..], of_both);
}

#[tokio::test]
async fn an_institution_reads_that_rivm_corrected_and_no_name_of_who_agreed() {
    let world = World::new().await;
    let row = good(EREBOS, "01-04-2000");
    let of = world.registered(&world.maria, &row).await;
    let id = prepared(&world, of, &[(Column::Vaccinatiedatum, "28-01-2021")]).await;
    let asked = world.portal.decide_correction(&world.rivm, id).await;
    assert_eq!(asked, Ok(Corrected::Waiting));
    let rosa = second(&world).await;
    let agreed = world.portal.decide_correction(&rosa, id).await;
    assert_eq!(agreed, Ok(Corrected::Done));
    let seen = world.portal.registration(&world.maria, of).await.unwrap();
    let by = seen
        .versions
        .iter()
        .map(|version| version.recorded_by.as_str());
    let by: Vec<&str> = by.collect();
    assert_eq!(by, ["RIVM", world.maria.name.as_str()]);
}

#[tokio::test]
async fn a_withdrawal_on_request_takes_the_vaccination_off_the_proof() {
    let world = World::new().await;
    let of = registration(&world).await;
    let id = world
        .portal
        .begin_correction(&world.rivm, of, true)
        .await
        .unwrap();
    let early = world.portal.decide_correction(&world.rivm, id).await;
    assert_eq!(early, Ok(Corrected::NotYet), "nobody asked");
    world
        .portal
        .save_correction(&world.rivm, id, RowText::default(), REQUEST.into())
        .await
        .unwrap();
    world
        .portal
        .decide_correction(&world.rivm, id)
        .await
        .unwrap();
    let rosa = second(&world).await;
    let agreed = world.portal.decide_correction(&rosa, id).await;
    assert_eq!(agreed, Ok(Corrected::Done));
    assert!(counts(&world).await.is_empty());
}

#[tokio::test]
async fn what_the_rules_refuse_or_what_changes_nothing_is_not_asked_for() {
    let world = World::new().await;
    let of = registration(&world).await;
    let wrong = prepared(&world, of, &[(Column::Batchnummer, "???")]).await;
    let view = world.portal.correction(&world.rivm, wrong).await.unwrap();
    assert_eq!(view.outcome, Some(RowOutcome::Afgekeurd));
    assert!(
        view.findings
            .iter()
            .any(|finding| finding.code == Code::V26)
    );
    let nothing = prepared(&world, of, &[]).await;
    for id in [wrong, nothing] {
        let asked = world.portal.decide_correction(&world.rivm, id).await;
        assert_eq!(asked, Ok(Corrected::NotYet));
    }
}

#[tokio::test]
async fn a_registration_that_changed_in_the_meantime_is_not_overwritten() {
    let world = World::new().await;
    let of = registration(&world).await;
    let id = prepared(&world, of, &[(Column::Vaccinatiedatum, "28-01-2021")]).await;
    let other = prepared(&world, of, &[(Column::Vaccinatiedatum, "29-01-2021")]).await;
    world
        .portal
        .decide_correction(&world.rivm, id)
        .await
        .unwrap();
    assert_eq!(
        world.portal.decide_correction(&world.rivm, other).await,
        Ok(Corrected::Other),
        "one at a time"
    );
    let own = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Batchnummer, "EM0477")],
    );
    world
        .portal
        .correct(&world.maria, of, own, "eigen".into(), None, None)
        .await
        .unwrap();
    let rosa = second(&world).await;
    assert_eq!(
        world.portal.decide_correction(&rosa, id).await,
        Ok(Corrected::Other)
    );
    assert_eq!(counts(&world).await, ["27-01-2021 EM0477"]);
    world.portal.drop_correction(&rosa, id).await.unwrap();
    let view = world.portal.correction(&rosa, id).await.unwrap();
    assert_eq!(view.state, DecisionState::Rejected);
}

/// Another day, prepared and agreed to by one.
async fn asked_for(world: &World, of: Uuid, day: &str) -> Uuid {
    let id = prepared(world, of, &[(Column::Vaccinatiedatum, day)]).await;
    let asked = world.portal.decide_correction(&world.rivm, id).await;
    assert_eq!(asked, Ok(Corrected::Waiting));
    id
}

#[tokio::test]
async fn of_two_who_agree_to_a_correction_at_once_the_second_hears_who_was_first() {
    let world = World::new().await;
    let of = registration(&world).await;
    let rosa = second(&world).await;
    let ruud = world.test.caller("ruud", Role::RivmBeheer, None).await;
    for day in ["28-01-2021", "29-01-2021", "30-01-2021"] {
        let id = asked_for(&world, of, day).await;
        let both = tokio::join!(
            world.portal.decide_correction(&rosa, id),
            world.portal.decide_correction(&ruud, id)
        );
        let (first, late) = match both {
            (Ok(Corrected::Done), Ok(Corrected::Before)) => (&rosa, &ruud),
            (Ok(Corrected::Before), Ok(Corrected::Done)) => (&ruud, &rosa),
            other => panic!("{day}: {other:?}"),
        };
        let view = world.portal.correction(late, id).await.unwrap();
        assert_eq!(view.decided.map(|(by, _)| by).as_ref(), Some(&first.name));
        assert_eq!(counts(&world).await, [format!("{day} EJ6795")]);
        // Who prepared it or agreed is told that it was done.
        for caller in [first, &world.rivm] {
            let again = world.portal.decide_correction(caller, id).await;
            assert_eq!(again, Ok(Corrected::Done));
        }
    }
}

#[tokio::test]
async fn of_one_who_agrees_to_a_correction_and_one_who_does_not_the_second_hears_who_was_first() {
    let world = World::new().await;
    let of = registration(&world).await;
    let rosa = second(&world).await;
    let ruud = world.test.caller("ruud", Role::RivmBeheer, None).await;
    for day in ["28-01-2021", "29-01-2021", "30-01-2021"] {
        let id = asked_for(&world, of, day).await;
        let both = tokio::join!(
            world.portal.decide_correction(&rosa, id),
            world.portal.drop_correction(&ruud, id)
        );
        let (first, state) = match both {
            (Ok(Corrected::Done), Err(PortError::Conflict)) => (&rosa, DecisionState::Done),
            (Ok(Corrected::Before), Ok(())) => (&ruud, DecisionState::Rejected),
            other => panic!("{day}: {other:?}"),
        };
        let view = world.portal.correction(&world.rivm, id).await.unwrap();
        assert_eq!(view.state, state);
        assert_eq!(view.decided.map(|(by, _)| by).as_ref(), Some(&first.name));
    }
}

//! A value that is wrong in rows that are stored is put right in all of them at once, at the institution's request and by two
//! people (features F52, F53, F-X9).

use crate::links;
use crate::moment::{both, hang};
use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::decisions::{Agreed, ClusterFilter, DecisionView, Decisions, Proposal};
use app::ports::persons::{Persons, Why};
use app::ports::withdrawals::Withdrawals;
use app::ports::{Deliveries, Entry};
use domain::dates::Days;
use domain::decision::DecisionKind;
use domain::delivery::RowOutcome;
use domain::finding::Code;
use domain::role::Role;
use domain::row::{Column, RowText};
use uuid::Uuid;

/// Nobody knows it; EJ6795 is meant.
const TYPO: &str = "EJ679S";

pub(crate) fn typo(row: RowText) -> RowText {
    with(row, &[(Column::Batchnummer, TYPO)])
}

pub(crate) fn map(value: &str) -> Proposal {
    Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Map,
        value: value.into(),
        days: Days::ALL,
        reason: "Verkeerd overgenomen van de doos".into(),
        request: "Mevrouw De Boer, per brief van 3 maart".into(),
    }
}

/// The group of the rows with that batch: how many, and one of them.
async fn group(world: &World) -> (u32, Uuid) {
    let filter = ClusterFilter {
        code: Some(Code::V22),
        ..ClusterFilter::default()
    };
    let list = world.portal.clusters(&world.rivm, filter, 1).await.unwrap();
    let line = &list.items[0];
    assert_eq!(line.column, Some(Column::Batchnummer));
    assert_eq!(line.outcome, RowOutcome::TeControleren);
    (line.rows, line.sample)
}

pub(crate) async fn foreseen(world: &World, id: Uuid) -> DecisionView {
    world.portal.decision(&world.rivm, id).await.unwrap()
}

/// Prepares it; what it would come to.
pub(crate) async fn prepare(world: &World, value: &str) -> (Uuid, DecisionView) {
    let (_, sample) = group(world).await;
    let id = world
        .portal
        .propose(&world.rivm, sample, map(value))
        .await
        .unwrap();
    (id, foreseen(world, id).await)
}

/// Who prepared it asks, the second person agrees, the worker works.
pub(crate) async fn carry_out(world: &World, id: Uuid) {
    let asked = world.portal.decide(&world.rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting));
    let name = Uuid::now_v7().to_string();
    let other = world.test.caller(&name, Role::RivmBeheer, None).await;
    let agreed = world.portal.decide(&other, id).await;
    assert_eq!(agreed, Ok(Agreed::Running));
    world.work().await;
}

pub(crate) const COUNTING: &str = "vaccinations WHERE effective AND valid_to IS NULL";
const STANDING: &str = "reports WHERE valid_to IS NULL AND mutation <> 'V'";
const WAITING: &str = "delivery_rows WHERE state = 'open'";

#[tokio::test]
async fn a_batch_that_was_copied_wrong_is_put_right_in_all_that_was_delivered_with_it() {
    let world = World::new().await;
    let keyed = with(
        typo(good(FROUKE, "24-03-2000")),
        &[(Column::Bronsleutel, "f1")],
    );
    let rows = [typo(good(EREBOS, "01-04-2000")), good(NAOMI, "01-04-1987")];
    let first = world.upload(&world.maria, &csv(&rows)).await;
    let second = world.upload(&world.maria, &csv(&[keyed])).await;
    let (rows, sample) = group(&world).await;
    assert_eq!((rows, world.count(COUNTING).await), (2, 1));
    let view = world.portal.cluster(&world.rivm, sample).await.unwrap();
    let may = [
        DecisionKind::Map,
        DecisionKind::Return,
        DecisionKind::Reject,
        DecisionKind::Accept,
    ];
    assert_eq!(view.may, may);
    assert_eq!(view.value.as_deref(), Some(TYPO));
    let near = view.suggestions.iter();
    let near: Vec<_> = near.filter_map(|one| one.value.as_deref()).collect();
    assert!(near.contains(&"EJ6795"), "{near:?}");

    let (id, view) = prepare(&world, "EJ6795").await;
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 2)]);
    assert_eq!((view.persons, view.left), ((2, 0), 0));
    assert!(view.second_person);
    assert_eq!(
        world.count("reports").await,
        3,
        "looking at it changes nothing"
    );
    // The same mistake of somebody else is somebody else's.
    let theirs = with(
        typo(good(NAOMI, "01-04-1987")),
        &[
            (Column::Vaccinatiedatum, "12-03-2021"),
            (Column::Dosisnummer, "2"),
        ],
    );
    world.upload(&world.piet, &csv(&[theirs])).await;
    carry_out(&world, id).await;

    let right = format!("{COUNTING} AND batch = 'EJ6795'");
    assert_eq!(
        (world.count(COUNTING).await, world.count(&right).await),
        (3, 3)
    );
    assert_eq!(world.count(WAITING).await, 1);
    // A version more of the same registration, under its own key, of the row it came with.
    assert_eq!(world.count(STANDING).await, 4);
    let versions = "reports n JOIN reports o USING (id) WHERE n.version = 2 AND o.version = 1 AND n.valid_to IS NULL AND o.valid_to IS NOT NULL
         AND n.source_key = o.source_key AND n.delivery_id = o.delivery_id AND n.row_number = o.row_number AND n.link_id IS NULL AND n.unlink_id IS NULL";
    assert_eq!(world.count(versions).await, 2);
    for (delivery, good) in [(first, 2), (second, 1)] {
        let view = world.portal.delivery(&world.maria, delivery).await.unwrap();
        let counts = view.line.counts;
        assert_eq!((counts.geaccepteerd, counts.te_controleren), (good, 0));
    }
    let history =
        "row_history h JOIN decisions d ON d.id = h.decision_id WHERE h.raw_sealed IS NOT NULL";
    assert_eq!(world.count(history).await, 2);
    assert_eq!(foreseen(&world, id).await.done, (2, 0));
    world.sound().await;

    // Its sender goes on with it: a correction corrects it, and it goes with its delivery.
    let correction = with(
        good(FROUKE, "24-03-2000"),
        &[
            (Column::Bronsleutel, "f1"),
            (Column::Dosisnummer, "2"),
            (Column::Mutatie, "C"),
        ],
    );
    world.upload(&world.maria, &csv(&[correction])).await;
    let two = format!("{COUNTING} AND dose = 2");
    assert_eq!(world.count(&two).await, 1);
    world
        .portal
        .withdraw_delivery(&world.maria, first, "verkeerd bestand".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(world.count(COUNTING).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn what_would_be_refused_with_the_new_value_stays_as_it_is() {
    let world = World::new().await;
    let spikevax = (Column::Vaccin, "Spikevax");
    let rows = [
        typo(good(EREBOS, "01-04-2000")),
        with(typo(good(NAOMI, "01-04-1987")), &[spikevax]),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let (id, view) = prepare(&world, "300042698").await;
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 1)]);
    assert_eq!(view.left, 1, "a batch of Spikevax is none of Comirnaty");
    carry_out(&world, id).await;
    assert_eq!(world.count(COUNTING).await, 1);
    assert_eq!(world.count(STANDING).await, 2);
    assert_eq!(world.count("reports").await, 3);
    let left = format!("{WAITING} AND outcome = 'TE_CONTROLEREN'");
    assert_eq!(world.count(&left).await, 1);
    // What is no batch at all is none of any row.
    let (id, view) = prepare(&world, "???").await;
    assert_eq!((view.outcomes.len(), view.left), (0, 1));
    carry_out(&world, id).await;
    assert_eq!(world.count("reports").await, 3);
    world.sound().await;
}

#[tokio::test]
async fn what_something_else_doubts_too_gets_the_batch_and_goes_on_waiting_for_that() {
    let world = World::new().await;
    let erebos = good(EREBOS, "01-04-2000");
    let stands = csv(std::slice::from_ref(&erebos));
    world.upload(&world.maria, &stands).await;
    let other_day = with(erebos, &[(Column::Vaccinatiedatum, "24-02-2021")]);
    let waits = world.upload(&world.maria, &csv(&[typo(other_day)])).await;
    let (id, view) = prepare(&world, "EJ6795").await;
    assert_eq!(view.outcomes, [(RowOutcome::TeControleren, 1)]);
    assert_eq!(view.persons, (0, 0));
    carry_out(&world, id).await;
    assert_eq!(world.count(COUNTING).await, 1);
    let codes: Vec<String> = sqlx::query_scalar(
        "SELECT one ->> 'code' FROM delivery_rows r, jsonb_array_elements(r.findings) AS one WHERE r.delivery_id = $1 ORDER BY 1",
    )
    .bind(waits)
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    assert_eq!(codes, ["D05"]);
    world.sound().await;
}

#[tokio::test]
async fn what_turns_out_to_be_known_already_is_another_source_of_it() {
    let world = World::new().await;
    let erebos = good(EREBOS, "01-04-2000");
    let stands = csv(std::slice::from_ref(&erebos));
    world.upload(&world.piet, &stands).await;
    world.upload(&world.maria, &stands).await;
    // Once more, with a slip of the pen: another batch on the day of the first.
    world.upload(&world.maria, &csv(&[typo(erebos)])).await;
    let (id, view) = prepare(&world, "EJ6795").await;
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 1)]);
    assert_eq!(view.persons, (0, 0));
    carry_out(&world, id).await;
    assert_eq!(world.count(COUNTING).await, 1);
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 1);
    assert_eq!(world.count(STANDING).await, 3);
    assert_eq!(world.count(WAITING).await, 0);
    world.sound().await;
}

#[tokio::test]
async fn whose_person_rivm_found_stays_that_person() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[typo(links::without_bsn())]))
        .await;
    links::link_if_it_waits(&world).await;
    let linked = format!("{STANDING} AND link_id IS NOT NULL");
    assert_eq!(world.count(&linked).await, 1);
    assert_eq!(world.count(COUNTING).await, 0, "its batch is not known");
    let (id, view) = prepare(&world, "EJ6795").await;
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 1)]);
    carry_out(&world, id).await;
    assert_eq!(world.count(&linked).await, 1);
    assert_eq!(world.count(COUNTING).await, 1);
    let theirs = "vaccinations v JOIN persons p ON p.id = v.person_id WHERE v.effective AND p.bsn_mac IS NOT NULL";
    assert_eq!(world.count(theirs).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn the_record_and_its_sender_say_what_was_changed() {
    let world = World::new().await;
    let row = typo(good(EREBOS, "01-04-2000"));
    let registration = world.registered(&world.maria, &row).await;
    let (id, _) = prepare(&world, "EJ6795").await;
    carry_out(&world, id).await;
    let view = Entry::registration(&world.portal, &world.maria, registration)
        .await
        .unwrap();
    let versions = view.versions.iter();
    let batches: Vec<&str> = versions
        .map(|version| version.row.get(Column::Batchnummer))
        .collect();
    assert_eq!(batches, ["EJ6795", TYPO]);
    assert_eq!(view.versions[0].recorded_by, "RIVM");
    let person: Uuid = sqlx::query_scalar("SELECT id FROM persons")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let record = world.portal.person(&world.rivm, person, Why::Review).await;
    let record = record.unwrap();
    assert_eq!(record.proof.len(), 1);
    assert_eq!(record.reported.len(), 2);
}

#[tokio::test]
async fn what_equals_another_row_of_its_file_with_the_new_value_stays_as_it_is() {
    let world = World::new().await;
    let right = links::without_bsn();
    let rows = [right.clone(), typo(right)];
    world.upload(&world.maria, &csv(&rows)).await;
    let (id, view) = prepare(&world, "EJ6795").await;
    assert_eq!((view.outcomes.len(), view.left), (0, 1));
    carry_out(&world, id).await;
    assert_eq!(
        (world.count("reports").await, world.count(STANDING).await),
        (2, 2)
    );
    assert_eq!(group(&world).await.0, 1, "it waits on");
    world.sound().await;
}

#[tokio::test]
async fn who_goes_on_delivering_the_old_value_hears_that_it_is_known_and_keeps_the_vaccination() {
    let world = World::new().await;
    let row = typo(good(EREBOS, "01-04-2000"));
    let first = csv(std::slice::from_ref(&row));
    let first = world.upload(&world.maria, &first).await;
    // Files that say all of it each time: one before, and one after it was put right.
    let doubles = "delivery_rows WHERE outcome = 'DUBBEL'";
    let before = [row.clone(), good(NAOMI, "01-04-1987")];
    world.upload(&world.maria, &csv(&before)).await;
    assert_eq!(world.count(doubles).await, 1);
    let (id, _) = prepare(&world, "EJ6795").await;
    carry_out(&world, id).await;
    let after = [row, good(FROUKE, "24-03-2000")];
    world.upload(&world.maria, &csv(&after)).await;
    assert_eq!(world.count(doubles).await, 2);
    assert_eq!(
        world
            .count("delivery_rows WHERE outcome = 'AFGEKEURD'")
            .await,
        0
    );
    let dangling = "delivery_rows d JOIN vaccinations v ON v.id = d.vaccination_id WHERE d.outcome = 'DUBBEL' AND v.valid_to IS NOT NULL";
    assert_eq!(world.count(dangling).await, 0);
    world
        .portal
        .withdraw_delivery(&world.maria, first, "dubbel bestand".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(world.count(COUNTING).await, 3, "the others hold it too");
    world.sound().await;
}

#[tokio::test]
async fn of_two_decisions_about_the_same_stored_rows_one_is_open_at_a_time() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[typo(good(EREBOS, "01-04-2000"))]))
        .await;
    let (id, _) = prepare(&world, "EJ6795").await;
    let asked = world.portal.decide(&world.rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting));
    let accept = Proposal {
        kind: DecisionKind::Accept,
        value: String::new(),
        request: String::new(),
        ..map("")
    };
    let (_, sample) = group(&world).await;
    let accept = world
        .portal
        .propose(&world.rivm, sample, accept)
        .await
        .unwrap();
    assert!(foreseen(&world, accept).await.other.is_some());
    let agreed = world.portal.decide(&world.rivm, accept).await;
    assert_eq!(agreed, Ok(Agreed::Other));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_its_sender_withdraws_at_that_moment_stays_withdrawn() {
    let world = World::new().await;
    let row = typo(good(EREBOS, "01-04-2000"));
    let registration = world.registered(&world.maria, &row).await;
    let (id, _) = prepare(&world, "EJ6795").await;
    let asked = world.portal.decide(&world.rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting));
    let other = world.test.caller("rosa", Role::RivmBeheer, None).await;
    world.portal.decide(&other, id).await.unwrap();
    hang(&world, "row_history", "true").await;
    let withdrawal = Entry::withdraw(
        &world.portal,
        &world.maria,
        registration,
        "toch niet".into(),
        true,
    );
    let ((), withdrawn) = both(&world, world.work(), withdrawal).await;
    withdrawn.unwrap();
    assert_eq!(world.count(STANDING).await, 0);
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 0);
    world.sound().await;
}

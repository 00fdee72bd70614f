//! Stored rows that wait go back to their sender, or are rejected for good, as refused ones (features F52, F54; security G18).

use crate::moment::{both, hang};
use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, with};
use app::ports::decisions::{Agreed, Closing, ClusterFilter, DecisionView, Decisions, Proposal};
use app::ports::entry::StoodBy;
use app::ports::news::News;
use app::ports::persons::{Persons, Why};
use app::ports::withdrawals::Withdrawals;
use app::ports::{Deliveries, Entry, PortError, Review};
use domain::dates::Days;
use domain::decision::{DecisionKind, Told};
use domain::delivery::RowOutcome;
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::text::Lang;
use server::intake::answer;
use server::store::party_tx;
use uuid::Uuid;

const COUNTING: &str = "vaccinations WHERE effective AND valid_to IS NULL";
const REGISTERED: &str = "vaccinations WHERE valid_to IS NULL";
const STANDING: &str = "reports WHERE valid_to IS NULL AND mutation <> 'V'";
const WAITING: &str = "delivery_rows WHERE state = 'open' AND outcome = 'TE_CONTROLEREN'";

/// Of a batch that nobody knows: stored, and RIVM looks at it.
fn odd(row: RowText) -> RowText {
    with(row, &[(Column::Batchnummer, "ZZ9999")])
}

fn keyed(row: RowText, key: &str) -> RowText {
    with(row, &[(Column::Bronsleutel, key)])
}

fn only(kind: DecisionKind) -> Proposal {
    Proposal {
        told: (kind == DecisionKind::Reject).then_some(Told::Test),
        alone: false,
        kind,
        value: String::new(),
        days: Days::ALL,
        reason: "Kijk op de verpakking".into(),
        request: String::new(),
    }
}

/// A row of the first group of stored rows that waits.
async fn sample(world: &World) -> Uuid {
    let list = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await
        .unwrap();
    let mut lines = list.items.iter();
    let line = lines.find(|line| line.outcome == RowOutcome::TeControleren);
    line.expect("a group of stored rows").sample
}

async fn view(world: &World, id: Uuid) -> DecisionView {
    world.portal.decision(&world.rivm, id).await.unwrap()
}

async fn propose(world: &World, kind: DecisionKind) -> Uuid {
    let sample = sample(world).await;
    let made = world.portal.propose(&world.rivm, sample, only(kind)).await;
    made.unwrap()
}

/// Two people agree; the worker has not seen it yet.
pub(crate) async fn agreed(world: &World, id: Uuid) {
    let asked = world.portal.decide(&world.rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting), "it takes a second person");
    let again = world.portal.decide(&world.rivm, id).await;
    assert_eq!(again, Ok(Agreed::SamePerson));
    let name = Uuid::now_v7().to_string();
    let other = world.test.caller(&name, Role::RivmBeheer, None).await;
    let done = world.portal.decide(&other, id).await;
    assert_eq!(done, Ok(Agreed::Running));
}

async fn reject(world: &World) -> Uuid {
    let id = propose(world, DecisionKind::Reject).await;
    agreed(world, id).await;
    world.work().await;
    id
}

async fn send_back(world: &World) -> Uuid {
    let id = propose(world, DecisionKind::Return).await;
    let done = world.portal.decide(&world.rivm, id).await;
    assert_eq!(done, Ok(Agreed::Running), "one person sends it back");
    world.work().await;
    id
}

async fn readmit(world: &World, rejected: Uuid) {
    let why = "Toch een echte vaccinatie".to_owned();
    let id = world.portal.propose_undo(&world.rivm, rejected, why).await;
    let id = id.unwrap();
    let foreseen = view(world, id).await;
    assert!(foreseen.second_person && foreseen.undoes == Some(rejected));
    agreed(world, id).await;
    world.work().await;
}

/// The table of answers that a sender gets on a delivery.
async fn answered(world: &World, delivery: Uuid) -> String {
    let mut tx = party_tx(&world.road.db, &world.maria).await.unwrap();
    let mut table = Vec::new();
    answer::csv(&mut tx, delivery, &mut table).await.unwrap();
    String::from_utf8(table).unwrap()
}

/// Registrations of a party that stand.
async fn registrations(world: &World) -> Vec<Uuid> {
    let sql = format!("SELECT id FROM {STANDING} ORDER BY recorded_at, id");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_all(&world.test.admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_stored_row_that_goes_back_stays_in_the_register_and_its_sender_reads_what_is_asked() {
    let world = World::new().await;
    let rows = [odd(good(EREBOS, "01-04-2000")), good(NAOMI, "01-04-1987")];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let id = propose(&world, DecisionKind::Return).await;
    let foreseen = view(&world, id).await;
    assert_eq!(foreseen.outcomes, [(RowOutcome::TeControleren, 1)]);
    assert!(!foreseen.second_person && foreseen.gone.is_none());
    assert_eq!(foreseen.first.len(), 1);
    let id = send_back(&world).await;

    assert_eq!(world.count(STANDING).await, 2, "nothing went");
    assert_eq!(world.count(COUNTING).await, 1);
    let queue = world.portal.rows(&world.rivm, Default::default()).await;
    assert_eq!(queue.unwrap().total, 0);
    let list = world.portal.returned(&world.maria, 1).await.unwrap();
    assert_eq!(list.total, 1);
    let row = &list.items[0];
    assert_eq!((row.delivery, row.row), (delivery, 2));
    assert_eq!(row.message, "Kijk op de verpakking");
    let registration = row.registration.expect("it is in the register");
    let shown = Entry::registration(&world.portal, &world.maria, registration).await;
    let shown = shown.unwrap();
    assert_eq!(shown.message.as_deref(), Some("Kijk op de verpakking"));
    assert!(shown.may_change);
    let back = format!(";TE_CONTROLEREN;;TERUG;{}\r\n", answer::ASKED);
    let table = answered(&world, delivery).await;
    assert!(table.contains(&back));
    assert!(
        !table.contains("verpakking"),
        "what was typed is in the portal"
    );
    let theirs = world.portal.returned(&world.piet, 1).await.unwrap();
    assert_eq!(theirs.total, 0);
    let news = world.portal.news(&world.maria).await.unwrap();
    let told: Vec<_> = news
        .returned
        .iter()
        .map(|one| (one.rows, one.stored))
        .collect();
    assert_eq!(told, [(1, true)]);
    assert_eq!(view(&world, id).await.line.returned, 1);
    // A week later nobody has answered.
    for aged in [
        "UPDATE delivery_rows SET returned_at = returned_at - interval '9 days' WHERE returned_at IS NOT NULL",
        "UPDATE decisions SET decided_at = decided_at - interval '9 days' WHERE state = 'done'",
    ] {
        sqlx::query(aged)
            .execute(&world.road.db.worker)
            .await
            .unwrap();
    }
    let news = world.portal.news(&world.rivm).await.unwrap();
    assert_eq!(news.returned.len(), 1, "RIVM hears of it");
    assert!(view(&world, id).await.line.overdue);
    world.portal.recall(&world.rivm, id).await.unwrap();
    sample(&world).await;
    assert!(!answered(&world, delivery).await.contains("TERUG"));
    world.sound().await;
}

/// One return over the files of weeks is one thing to follow up, however many files those are.
#[tokio::test]
async fn a_return_over_more_files_is_one_line_for_rivm_and_each_file_one_for_its_sender() {
    let world = World::new().await;
    let first = [
        odd(good(EREBOS, "01-04-2000")),
        odd(good(NAOMI, "01-04-1987")),
    ];
    world.upload(&world.maria, &csv(&first)).await;
    let second = [odd(good(FROUKE, "24-03-2000"))];
    world.upload(&world.maria, &csv(&second)).await;
    let id = send_back(&world).await;
    let aged = "UPDATE delivery_rows SET returned_at = returned_at - interval '9 days' WHERE returned_at IS NOT NULL";
    sqlx::query(aged)
        .execute(&world.road.db.worker)
        .await
        .unwrap();
    let told = world.portal.news(&world.rivm).await.unwrap().returned;
    let told: Vec<_> = told
        .iter()
        .map(|one| (one.decision, one.deliveries, one.rows, one.stored))
        .collect();
    assert_eq!(told, [(id, 2, 3, true)]);
    let told = world.portal.news(&world.maria).await.unwrap().returned;
    let mut told: Vec<_> = told.iter().map(|one| one.rows).collect();
    told.sort_unstable();
    assert_eq!(told, [1, 2]);
}

#[tokio::test]
async fn what_went_back_is_closed_by_a_correction_in_the_portal_or_in_the_next_file() {
    let world = World::new().await;
    let rows = [
        keyed(odd(good(EREBOS, "01-04-2000")), "e1"),
        keyed(odd(good(FROUKE, "24-03-2000")), "f1"),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let id = send_back(&world).await;
    assert_eq!(view(&world, id).await.line.returned, 2);
    // Delivered once more as it was, nothing was answered.
    let again = csv(&[
        keyed(odd(good(EREBOS, "01-04-2000")), "e1"),
        good(NAOMI, "01-04-1987"),
    ]);
    world.upload(&world.maria, &again).await;
    assert_eq!(view(&world, id).await.line.returned, 2);
    let corrected = with(
        keyed(good(EREBOS, "01-04-2000"), "e1"),
        &[(Column::Mutatie, "C")],
    );
    world.upload(&world.maria, &csv(&[corrected])).await;
    assert_eq!(view(&world, id).await.line.returned, 1);
    let list = world.portal.returned(&world.maria, 1).await.unwrap();
    let left = list.items[0].registration.unwrap();
    let right = good(FROUKE, "24-03-2000");
    world.corrects(&world.maria, left, &right).await;
    let line = view(&world, id).await.line;
    assert_eq!((line.returned, line.overdue), (0, false));
    assert_eq!(
        world.portal.returned(&world.maria, 1).await.unwrap().total,
        0
    );
    assert_eq!(world.count(COUNTING).await, 3);
    assert_eq!(world.count(WAITING).await, 0);
    world.sound().await;
}

#[tokio::test]
async fn what_went_back_leaves_with_its_delivery_and_is_with_its_sender_again_when_that_is_put_back()
 {
    let world = World::new().await;
    let file = csv(&[odd(good(EREBOS, "01-04-2000"))]);
    let delivery = world.upload(&world.maria, &file).await;
    send_back(&world).await;
    let portal = &world.portal;
    portal
        .withdraw_delivery(&world.maria, delivery, "verkeerd bestand".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(portal.returned(&world.maria, 1).await.unwrap().total, 0);
    portal
        .restore_delivery(&world.maria, delivery, "toch goed".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(portal.returned(&world.maria, 1).await.unwrap().total, 1);
    world.sound().await;
}

#[tokio::test]
async fn a_return_of_stored_rows_leaves_refused_ones_with_the_same_cause_alone() {
    let world = World::new().await;
    let nobody = good(NOBODY, "01-04-2000");
    world
        .upload(&world.maria, &csv(std::slice::from_ref(&nobody)))
        .await;
    let (portal, maria) = (&world.portal, &world.maria);
    let draft = portal.begin(maria, None, false).await.unwrap();
    for _ in 0..2 {
        let why = "nieuw in Nederland".to_owned();
        let saved = portal.save_person(maria, draft, nobody.clone(), why).await;
        saved.unwrap();
    }
    let saved = portal.save_vaccination(maria, draft, nobody, None).await;
    saved.unwrap();
    Entry::submit(portal, maria, draft, None).await.unwrap();
    let id = send_back(&world).await;
    assert_eq!(view(&world, id).await.done, (1, 0));
    let refused =
        "delivery_rows WHERE state = 'open' AND outcome = 'AFGEKEURD' AND returned_at IS NULL";
    assert_eq!(world.count(refused).await, 1);
    // What was typed has no file: it is found by its registration.
    let list = portal.returned(maria, 1).await.unwrap();
    assert_eq!((list.total, list.items[0].file.clone()), (1, None));
    assert!(list.items[0].registration.is_some());
}

#[tokio::test]
async fn stored_rows_are_rejected_for_good_by_two_people_and_stay_out_when_they_come_again() {
    let world = World::new().await;
    let test = odd(good(EREBOS, "01-04-2000"));
    let keyed_test = keyed(odd(good(FROUKE, "24-03-2000")), "f1");
    let rows = [test.clone(), good(NAOMI, "01-04-1987"), keyed_test.clone()];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let registration = registrations(&world).await;
    let id = propose(&world, DecisionKind::Reject).await;
    let foreseen = view(&world, id).await;
    assert_eq!(foreseen.outcomes, [(RowOutcome::Afgekeurd, 2)]);
    assert!(foreseen.second_person, "however few they are");
    assert_eq!(foreseen.gone, Some((2, 0)));
    assert_eq!(foreseen.told, Some(Told::Test));
    assert_eq!(world.count("reports").await, 3, "looking changes nothing");
    agreed(&world, id).await;
    world.work().await;

    assert_eq!(
        (world.count(REGISTERED).await, world.count(COUNTING).await),
        (1, 1)
    );
    assert_eq!(
        (world.count(STANDING).await, world.count(WAITING).await),
        (1, 0)
    );
    let by = format!(
        "reports WHERE mutation = 'V' AND version = 2 AND valid_to IS NULL AND reject_id = '{id}' AND row_digest IS NOT NULL AND recorded_by IS NULL"
    );
    assert_eq!(world.count(&by).await, 2, "a version more, by the decision");
    assert_eq!(view(&world, id).await.done, (2, 0));
    let shown = world.portal.delivery(&world.maria, delivery).await.unwrap();
    let counts = shown.line.counts;
    assert_eq!(
        (counts.geaccepteerd, counts.te_controleren, counts.afgekeurd),
        (1, 0, 2)
    );
    assert_eq!(shown.mendable(), 0);
    let groups: Vec<_> = shown
        .rejected
        .iter()
        .map(|one| (one.told, one.count))
        .collect();
    assert_eq!(groups, [(Told::Test, 2)]);
    let why = Told::Test.sentence(Lang::Nl);
    let line = format!(";AFGEKEURD;;AFGEWEZEN;{why}\r\n");
    assert!(answered(&world, delivery).await.contains(&line));
    let gone = registration.iter().copied();
    let mut rejected = 0;
    for one in gone {
        let shown = Entry::registration(&world.portal, &world.maria, one)
            .await
            .unwrap();
        let newest = &shown.versions[0];
        if newest.rejected.is_none() {
            continue;
        }
        rejected += 1;
        assert_eq!(
            (newest.rejected, newest.recorded_by.as_str()),
            (Some(Told::Test), "RIVM")
        );
        assert!(newest.withdrawal && !shown.may_change && !shown.may_restore);
        let back = world.portal.restore(&world.maria, one, "toch".into()).await;
        assert_eq!(back.err(), Some(PortError::Conflict), "for good");
    }
    assert_eq!(rejected, 2);
    world.sound().await;

    // Its sender goes on delivering it, and tries to correct it.
    let again = csv(&[test, keyed_test.clone(), good(NAOMI, "01-04-1987")]);
    world.upload(&world.maria, &again).await;
    let doubles = "delivery_rows WHERE outcome = 'DUBBEL'";
    assert_eq!(world.count(doubles).await, 3);
    let correction = with(
        keyed_test,
        &[(Column::Mutatie, "C"), (Column::Batchnummer, "EJ6795")],
    );
    world.upload(&world.maria, &csv(&[correction])).await;
    assert_eq!(world.count(COUNTING).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn what_somebody_else_reports_too_stays_as_that_one_said_it() {
    let world = World::new().await;
    let row = odd(good(EREBOS, "01-04-2000"));
    let of_maria = with(row.clone(), &[(Column::Vaccinatieland, "BE")]);
    world.upload(&world.maria, &csv(&[of_maria])).await;
    world.upload(&world.piet, &csv(&[row])).await;
    let in_belgium = format!("{REGISTERED} AND country = 'BE'");
    assert_eq!(
        (
            world.count(REGISTERED).await,
            world.count(&in_belgium).await
        ),
        (1, 1)
    );
    // The groups of the two are two; that of maria came first.
    let list = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await;
    let list = list.unwrap();
    let of_maria = list
        .items
        .iter()
        .find(|line| line.party.contains("ZONNEHOF"));
    let of_maria = of_maria.expect("her group").sample;
    let proposal = only(DecisionKind::Reject);
    let id = world
        .portal
        .propose(&world.rivm, of_maria, proposal)
        .await
        .unwrap();
    assert_eq!(view(&world, id).await.gone, Some((0, 1)));
    agreed(&world, id).await;
    world.work().await;
    assert_eq!(
        (
            world.count(REGISTERED).await,
            world.count(&in_belgium).await
        ),
        (1, 0)
    );
    assert_eq!(world.count(STANDING).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn a_rejection_is_undone_by_two_people_and_the_rows_wait_as_before() {
    let world = World::new().await;
    let rows = [
        odd(good(EREBOS, "01-04-2000")),
        odd(good(FROUKE, "24-03-2000")),
    ];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let registration = registrations(&world).await[0];
    let id = reject(&world).await;
    assert!(view(&world, id).await.may_undo);
    readmit(&world, id).await;
    assert!(!view(&world, id).await.may_undo);
    assert_eq!(
        (world.count(STANDING).await, world.count(WAITING).await),
        (2, 2)
    );
    assert_eq!(
        (world.count(REGISTERED).await, world.count(COUNTING).await),
        (2, 0)
    );
    let shown = world.portal.delivery(&world.maria, delivery).await.unwrap();
    let counts = shown.line.counts;
    assert_eq!((counts.te_controleren, counts.afgekeurd), (2, 0));
    assert!(!answered(&world, delivery).await.contains("AFGEWEZEN"));
    let shown = Entry::registration(&world.portal, &world.maria, registration).await;
    let shown = shown.unwrap();
    let by: Vec<_> = shown
        .versions
        .iter()
        .map(|one| one.recorded_by.as_str())
        .collect();
    assert_eq!(by[..2], ["RIVM", "RIVM"]);
    assert!(shown.may_change);
    world.sound().await;
    // It is decided about as any other, and goes with its delivery.
    let accept = propose(&world, DecisionKind::Accept).await;
    world.portal.decide(&world.rivm, accept).await.unwrap();
    world.work().await;
    assert_eq!(world.count(COUNTING).await, 2);
    let person: Uuid =
        sqlx::query_scalar("SELECT person_id FROM reports WHERE id = $1 AND valid_to IS NULL")
            .bind(registration)
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    let record = world
        .portal
        .person(&world.rivm, person, Why::Review)
        .await
        .unwrap();
    let acts: Vec<Uuid> = record.acts.iter().map(|act| act.id).collect();
    assert_eq!(
        (record.proof.len(), acts.len()),
        (1, 3),
        "rejected, undone, accepted"
    );
    assert!(acts.contains(&id));
    world
        .portal
        .withdraw_delivery(&world.maria, delivery, "verkeerd bestand".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(
        (world.count(REGISTERED).await, world.count(STANDING).await),
        (0, 0)
    );
    world.sound().await;
}

#[tokio::test]
async fn what_was_rejected_stays_so_when_its_delivery_goes_and_comes_back() {
    let world = World::new().await;
    let rows = [odd(good(EREBOS, "01-04-2000")), good(NAOMI, "01-04-1987")];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let id = reject(&world).await;
    let portal = &world.portal;
    portal
        .withdraw_delivery(&world.maria, delivery, "verkeerd bestand".into())
        .await
        .unwrap();
    world.work().await;
    assert!(
        !view(&world, id).await.may_undo,
        "it went with its delivery"
    );
    portal
        .restore_delivery(&world.maria, delivery, "toch goed".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(
        (world.count(COUNTING).await, world.count(STANDING).await),
        (1, 1)
    );
    assert_eq!(world.count(WAITING).await, 0);
    world.sound().await;
    assert!(view(&world, id).await.may_undo);
    readmit(&world, id).await;
    assert_eq!(
        (world.count(COUNTING).await, world.count(STANDING).await),
        (1, 2)
    );
    assert_eq!(world.count(WAITING).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn what_is_reported_anew_by_its_sender_does_not_come_back_beside_it() {
    let world = World::new().await;
    let row = odd(good(EREBOS, "01-04-2000"));
    world
        .upload(&world.maria, &csv(&[keyed(row.clone(), "e1")]))
        .await;
    let id = reject(&world).await;
    // The same jab under another key: another registration, about which nothing was decided.
    world.upload(&world.maria, &csv(&[keyed(row, "e2")])).await;
    assert_eq!(
        (world.count(STANDING).await, world.count(WAITING).await),
        (1, 1)
    );
    assert!(!view(&world, id).await.may_undo);
    let undo = world
        .portal
        .propose_undo(&world.rivm, id, "toch".into())
        .await;
    assert_eq!(undo.err(), Some(PortError::Conflict));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_its_sender_corrects_at_that_moment_is_not_rejected_with_what_it_said_before() {
    let world = World::new().await;
    let row = odd(good(EREBOS, "01-04-2000"));
    let registration = world.registered(&world.maria, &row).await;
    let id = propose(&world, DecisionKind::Reject).await;
    agreed(&world, id).await;
    // The correction has begun, and hangs with its person held.
    hang(&world, "reports", "new.mutation = 'C'").await;
    let right = good(EREBOS, "01-04-2000");
    let correction = world.corrects(&world.maria, registration, &right);
    let (_, ()) = both(&world, correction, world.work()).await;
    assert_eq!(
        (world.count(STANDING).await, world.count(COUNTING).await),
        (1, 1)
    );
    assert_eq!(view(&world, id).await.done, (0, 0));
    world.sound().await;
}

/// The rows that wait, by number.
async fn queue(world: &World) -> Vec<(u32, Uuid)> {
    let found = world.portal.rows(&world.rivm, Default::default()).await;
    let found = found.unwrap().items;
    let mut rows: Vec<(u32, Uuid)> = found.iter().map(|line| (line.row, line.id)).collect();
    rows.sort_unstable();
    rows
}

pub(crate) async fn propose_alone(world: &World, row: Uuid, kind: DecisionKind) -> Uuid {
    let alone = Proposal {
        alone: true,
        ..only(kind)
    };
    let id = world.portal.propose(&world.rivm, row, alone).await.unwrap();
    let foreseen = view(world, id).await;
    assert_eq!(foreseen.line.rows, 1);
    let rows: Vec<Uuid> = foreseen.first.iter().map(|one| one.id).collect();
    assert_eq!(rows, [row], "what is foreseen is of that row");
    id
}

#[tokio::test]
async fn one_refused_row_of_a_group_goes_back_or_is_rejected_and_its_like_go_on_waiting() {
    let world = World::new().await;
    let people = [
        (EREBOS, "01-04-2000"),
        (NAOMI, "01-04-1987"),
        (FROUKE, "24-03-2000"),
    ];
    let unnamed = (Column::Vaccin, "Pfizer NL groot");
    let rows = people.map(|(bsn, born)| with(good(bsn, born), &[unnamed]));
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let waits = queue(&world).await;
    assert_eq!(waits.len(), 3);
    let group = world.portal.cluster(&world.rivm, waits[1].1).await.unwrap();
    assert_eq!((group.rows, group.outcome), (3, RowOutcome::Afgekeurd));

    let back = propose_alone(&world, waits[1].1, DecisionKind::Return).await;
    let said = world.portal.decide(&world.rivm, back).await;
    assert_eq!(said, Ok(Agreed::Running));
    world.work().await;
    assert_eq!(queue(&world).await, [waits[0], waits[2]]);
    let theirs = world.portal.returned(&world.maria, 1).await.unwrap();
    let theirs: Vec<_> = theirs.items.iter().map(|row| row.row).collect();
    assert_eq!(theirs, [waits[1].0]);
    assert_eq!(
        answered(&world, delivery).await.matches(";TERUG;").count(),
        1
    );

    let reject = propose_alone(&world, waits[0].1, DecisionKind::Reject).await;
    let said = world.portal.decide(&world.rivm, reject).await;
    assert_eq!(
        said,
        Ok(Agreed::Running),
        "one refused row takes one person"
    );
    world.work().await;
    assert_eq!(queue(&world).await, [waits[2]]);
    let gone = "delivery_rows WHERE state = 'rejected' AND rejected_for = 'test'";
    assert_eq!(world.count(gone).await, 1);
    let earlier = world.portal.decided_about(&world.rivm, waits[0].1).await;
    assert_eq!(earlier.unwrap().and_then(|one| one.decision), Some(reject));
    // Recalled, it waits again beside the other.
    world.portal.recall(&world.rivm, back).await.unwrap();
    assert_eq!(queue(&world).await, [waits[1], waits[2]]);
    world.sound().await;
}

#[tokio::test]
async fn one_stored_row_of_a_group_is_rejected_by_two_people_and_comes_back_alone() {
    let world = World::new().await;
    let rows = [
        odd(good(EREBOS, "01-04-2000")),
        odd(good(NAOMI, "01-04-1987")),
        odd(good(FROUKE, "24-03-2000")),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let waits = queue(&world).await;
    let id = propose_alone(&world, waits[1].1, DecisionKind::Reject).await;
    agreed(&world, id).await;
    world.work().await;
    assert_eq!(view(&world, id).await.done, (1, 0));
    assert_eq!(queue(&world).await, [waits[0], waits[2]]);
    assert_eq!(world.count(STANDING).await, 2, "one went from the register");
    readmit(&world, id).await;
    assert_eq!(queue(&world).await.len(), 3);
    assert_eq!(world.count(STANDING).await, 3);
    world.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_accepted_at_the_moment_in_which_it_goes_back_is_one_of_the_two() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[odd(good(EREBOS, "01-04-2000"))]))
        .await;
    // About the row alone and about its group: two decisions that may be open beside each other.
    let alone = Proposal {
        alone: true,
        ..only(DecisionKind::Accept)
    };
    let row = sample(&world).await;
    let accept = world.portal.propose(&world.rivm, row, alone).await.unwrap();
    let back = propose(&world, DecisionKind::Return).await;
    for id in [back, accept] {
        assert_eq!(
            world.portal.decide(&world.rivm, id).await,
            Ok(Agreed::Running)
        );
    }
    world.work().await;
    assert_eq!(
        world.portal.returned(&world.maria, 1).await.unwrap().total,
        1
    );
    assert_eq!(world.count(COUNTING).await, 0, "it went back first");
    world.sound().await;
}

#[tokio::test]
async fn before_it_is_decided_a_jab_that_stands_refused_in_two_deliveries_counts_once() {
    let world = World::new().await;
    let refused = |row| with(row, &[(Column::Vaccin, "Pfizer NL groot")]);
    let erebos = refused(good(EREBOS, "01-04-2000"));
    // Of the second day it is the same dose: that waits for RIVM, once the first is there.
    let other_day = with(
        refused(good(FROUKE, "24-03-2000")),
        &[(Column::Vaccinatiedatum, "24-02-2021")],
    );
    let first = [erebos.clone(), refused(good(FROUKE, "24-03-2000"))];
    world.upload(&world.maria, &csv(&first)).await;
    let second = [erebos, refused(good(NAOMI, "01-04-1987")), other_day];
    world.upload(&world.maria, &csv(&second)).await;
    let list = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await
        .unwrap();
    assert_eq!((list.total, list.items[0].rows), (1, 5));
    let proposal = Proposal {
        value: "Comirnaty".into(),
        ..only(DecisionKind::Map)
    };
    let sample = list.items[0].sample;
    let id = world.portal.propose(&world.rivm, sample, proposal).await;
    let id = id.unwrap();
    let foreseen = view(&world, id).await;
    let outcomes = [
        (RowOutcome::Geaccepteerd, 3),
        (RowOutcome::TeControleren, 1),
        (RowOutcome::Dubbel, 1),
    ];
    assert_eq!(foreseen.outcomes, outcomes);
    assert_eq!(foreseen.persons, (3, 0));
    let refused = "delivery_rows WHERE outcome = 'AFGEKEURD' AND state = 'open'";
    assert_eq!(world.count(refused).await, 5, "looking changes nothing");
    assert_eq!(world.count("reports").await, 0);
    agreed(&world, id).await;
    world.work().await;
    for (outcome, rows) in outcomes {
        let then = format!("delivery_rows WHERE outcome = '{}'", outcome.as_str());
        assert_eq!(world.count(&then).await, i64::from(rows), "{outcome:?}");
    }
    assert_eq!(world.count(COUNTING).await, 3);
    world.sound().await;
}

#[tokio::test]
async fn every_row_that_would_change_is_found_page_by_page() {
    let world = World::new().await;
    let day = |day: u32| format!("{:02}-03-2021", day % 28 + 1);
    let rows = |from: u32| {
        let rows = (from..from + 23).map(|number| {
            let row = with(
                good(EREBOS, "01-04-2000"),
                &[(Column::Vaccinatiedatum, &day(number))],
            );
            with(row, &[(Column::Vaccin, "Pfizer NL groot")])
        });
        rows.collect::<Vec<_>>()
    };
    world.upload(&world.maria, &csv(&rows(0))).await;
    world.upload(&world.maria, &csv(&rows(1))).await;
    for kind in [
        DecisionKind::Map,
        DecisionKind::Return,
        DecisionKind::Reject,
    ] {
        let list = world
            .portal
            .clusters(&world.rivm, ClusterFilter::default(), 1)
            .await
            .unwrap();
        let proposal = Proposal {
            value: "Comirnaty".into(),
            ..only(kind)
        };
        let sample = list.items[0].sample;
        let id = world.portal.propose(&world.rivm, sample, proposal).await;
        let id = id.unwrap();
        let (mut seen, mut after, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = world.portal.decision_page(&world.rivm, id, after.clone());
            let page = page.await.unwrap();
            assert_eq!(page.further, after.is_some());
            seen.extend(page.first.iter().map(|row| row.id));
            pages += 1;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((seen.len(), pages), (46, 3), "{kind:?}");
    }
    // An address that names no place is the beginning.
    let sample = {
        let list = world
            .portal
            .clusters(&world.rivm, ClusterFilter::default(), 1);
        list.await.unwrap().items[0].sample
    };
    let id = world
        .portal
        .propose(&world.rivm, sample, only(DecisionKind::Return))
        .await;
    let odd = Some("'; --".to_owned());
    let page = world
        .portal
        .decision_page(&world.rivm, id.unwrap(), odd)
        .await;
    assert_eq!(page.unwrap().first.len(), 20);
}

#[tokio::test]
async fn what_went_back_is_closed_by_rivm_without_taking_it_back_first() {
    let world = World::new().await;
    let refused = |row| with(row, &[(Column::Vaccin, "Pfizer NL groot")]);
    let rows = [
        refused(good(EREBOS, "01-04-2000")),
        odd(good(NAOMI, "01-04-1987")),
    ];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let list = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await;
    let mut of = [Uuid::nil(); 2];
    for line in list.unwrap().items {
        of[usize::from(line.outcome == RowOutcome::TeControleren)] = line.sample;
    }
    let close = |kind| Closing {
        kind,
        reason: "Geen antwoord".into(),
        told: Some(Told::Unclear),
    };
    let mut returned = Vec::new();
    for sample in of {
        let proposal = only(DecisionKind::Return);
        let id = world
            .portal
            .propose(&world.rivm, sample, proposal)
            .await
            .unwrap();
        world.portal.decide(&world.rivm, id).await.unwrap();
        returned.push(id);
    }
    world.work().await;
    let portal = &world.portal;
    assert_eq!(portal.returned(&world.maria, 1).await.unwrap().total, 2);
    // Refused rows are never left as they are.
    let accept = portal.propose_close(&world.rivm, returned[0], close(DecisionKind::Accept));
    assert_eq!(accept.await.err(), Some(PortError::NotFound));
    let id = portal
        .propose_close(&world.rivm, returned[0], close(DecisionKind::Reject))
        .await
        .unwrap();
    let foreseen = view(&world, id).await;
    assert_eq!(
        (foreseen.outcomes, foreseen.first.len()),
        (vec![(RowOutcome::Afgekeurd, 1)], 1)
    );
    assert_eq!(foreseen.undoes, Some(returned[0]));
    assert_eq!(portal.decide(&world.rivm, id).await, Ok(Agreed::Running));
    world.work().await;
    assert_eq!(portal.returned(&world.maria, 1).await.unwrap().total, 1);
    let why = Told::Unclear.sentence(Lang::Nl);
    let told = format!(";AFGEKEURD;;AFGEWEZEN;{why}\r\n");
    assert!(answered(&world, delivery).await.contains(&told));
    // Of stored ones: rejected by two people, or left as they are by one.
    let reject = portal
        .propose_close(&world.rivm, returned[1], close(DecisionKind::Reject))
        .await
        .unwrap();
    assert!(view(&world, reject).await.second_person);
    assert_eq!(
        portal.decide(&world.rivm, reject).await,
        Ok(Agreed::Waiting)
    );
    portal.drop_decision(&world.rivm, reject).await.unwrap();
    let id = portal
        .propose_close(&world.rivm, returned[1], close(DecisionKind::Accept))
        .await
        .unwrap();
    assert_eq!(portal.decide(&world.rivm, id).await, Ok(Agreed::Running));
    world.work().await;
    assert_eq!(portal.returned(&world.maria, 1).await.unwrap().total, 0);
    assert_eq!(world.count(COUNTING).await, 1);
    let again = portal.propose_close(&world.rivm, returned[1], close(DecisionKind::Reject));
    assert_eq!(again.await.err(), Some(PortError::Conflict));
    let said = "audit_lines WHERE event = 'record.decided' AND line LIKE '%\"step\":\"agreed\"%'";
    assert_eq!(world.count(said).await, 4, "two returns and two closings");
    world.nowhere(&["Geen antwoord"]).await;
    world.sound().await;
}

#[tokio::test]
async fn kept_values_are_listed_dated_and_ended_for_a_reason() {
    let world = World::new().await;
    let refused = |row| with(row, &[(Column::Vaccin, "Pfizer NL groot")]);
    world
        .upload(&world.maria, &csv(&[refused(good(EREBOS, "01-04-2000"))]))
        .await;
    let list = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await;
    let proposal = Proposal {
        value: "Comirnaty".into(),
        ..only(DecisionKind::Map)
    };
    let sample = list.unwrap().items[0].sample;
    let id = world
        .portal
        .propose(&world.rivm, sample, proposal)
        .await
        .unwrap();
    assert_eq!(
        world
            .portal
            .kept_values(&world.rivm, 1)
            .await
            .unwrap()
            .total,
        0
    );
    agreed(&world, id).await;
    world.work().await;
    let list = world.portal.kept_values(&world.rivm, 1).await.unwrap();
    let value = &list.items[0];
    assert_eq!((list.total, value.decision, value.rows), (1, id, 1));
    assert_eq!(
        (value.old.as_str(), value.new.as_str()),
        ("Pfizer NL groot", "Comirnaty")
    );
    assert_eq!(value.column, Some(Column::Vaccin));
    assert!(value.agreed_by.is_some() && value.until.is_none());
    let why = "De instelling schrijft het nu goed".to_owned();
    world
        .portal
        .end_name(&world.rivm, id, why.clone())
        .await
        .unwrap();
    let list = world.portal.kept_values(&world.rivm, 1).await.unwrap();
    let value = &list.items[0];
    assert!(value.until.is_some() && value.ended_by.is_some());
    assert_eq!(value.why_ended.as_ref(), Some(&why));
    assert_eq!(view(&world, id).await.why_ended, Some(why));
    let said = "audit_lines WHERE event = 'record.decided' AND line LIKE '%\"step\":\"ended\"%'";
    assert_eq!(world.count(said).await, 1);
    world.nowhere(&["schrijft het nu goed"]).await;
    let theirs = world.portal.kept_values(&world.maria, 1).await;
    assert_eq!(theirs.err(), Some(PortError::NotFound));
}

/// The registrations of maria that RIVM sent back.
async fn with_sender(world: &World) -> Vec<Uuid> {
    let list = world.portal.returned(&world.maria, 1).await.unwrap();
    let rows = list.items.iter();
    rows.filter_map(|row| row.registration).collect()
}

const SAID: &str = "audit_lines WHERE event = 'transfer.row-stood-by'";

#[tokio::test]
async fn what_is_right_as_it_stands_waits_for_rivm_again_with_what_its_sender_says_of_it() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let rows = [
        odd(good(EREBOS, "01-04-2000")),
        odd(good(FROUKE, "24-03-2000")),
    ];
    let delivery = world.upload(maria, &csv(&rows)).await;
    let id = send_back(&world).await;
    let aged = "UPDATE delivery_rows SET returned_at = returned_at - interval '9 days' WHERE returned_at IS NOT NULL";
    sqlx::query(aged)
        .execute(&world.road.db.worker)
        .await
        .unwrap();
    let registration = with_sender(&world).await[0];
    let shown = Entry::registration(portal, maria, registration).await;
    assert!(shown.unwrap().may_stand_by);
    let why = "Zo staat het op de doos";
    let said = portal.stand_by(maria, registration, format!(" {why} \n"));
    assert_eq!(said.await, Ok(StoodBy::Done));

    let left = with_sender(&world).await;
    assert_eq!(left.len(), 1, "the other row is still asked about");
    assert!(!left.contains(&registration));
    assert_eq!(view(&world, id).await.line.returned, 1);
    let overdue = portal.news(&world.rivm).await.unwrap().returned;
    let overdue: Vec<_> = overdue.iter().map(|one| one.rows).collect();
    assert_eq!(overdue, [1]);
    let waits = queue(&world).await;
    assert_eq!(waits.len(), 1);
    let opened = portal.row(&world.rivm, waits[0].1).await.unwrap();
    assert!(opened.waits && opened.stored);
    assert_eq!(opened.reason.as_deref(), Some(why));
    world.nowhere(&[why]).await;
    let table = answered(&world, delivery).await;
    assert_eq!(table.matches(";TERUG;").count(), 1);
    let shown = Entry::registration(portal, maria, registration).await;
    let shown = shown.unwrap();
    assert!(shown.message.is_none() && !shown.may_stand_by && shown.may_change);
    assert_eq!(shown.versions.len(), 1, "nothing of it changed");
    let about = "audit_lines l JOIN audit_persons p ON (p.shard, p.seq) = (l.shard, l.seq)
                 WHERE l.event = 'transfer.row-stood-by' AND p.person_id IS NOT NULL";
    assert_eq!(world.count(about).await, 1);

    // It is decided about as any other that waits.
    let accept = propose_alone(&world, waits[0].1, DecisionKind::Accept).await;
    let done = portal.decide(&world.rivm, accept).await;
    assert_eq!(done, Ok(Agreed::Running));
    world.work().await;
    assert_eq!(world.count(COUNTING).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn pressed_twice_an_institution_says_once_that_it_is_right_and_nothing_else_after_it() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    world
        .upload(maria, &csv(&[odd(good(EREBOS, "01-04-2000"))]))
        .await;
    send_back(&world).await;
    let registration = with_sender(&world).await[0];
    for _ in 0..2 {
        let said = portal.stand_by(maria, registration, "Het klopt".into());
        assert_eq!(said.await, Ok(StoodBy::Done));
    }
    for other in ["Toch wel", "klopt", " "] {
        let said = portal.stand_by(maria, registration, other.into()).await;
        assert_eq!(said, Err(PortError::Conflict), "{other}");
    }
    assert_eq!(world.count(SAID).await, 1);
    // Asked once more it says more, and RIVM reads both; a long text is cut off.
    send_back(&world).await;
    let said = portal.stand_by(maria, registration, "x".repeat(600));
    assert_eq!(said.await, Ok(StoodBy::Done));
    let waits = queue(&world).await;
    let opened = portal.row(&world.rivm, waits[0].1).await.unwrap();
    let both = format!("Het klopt\n{}", "x".repeat(500));
    assert_eq!(opened.reason, Some(both));
    assert_eq!(world.count(SAID).await, 2);
}

#[tokio::test]
async fn what_its_sender_gave_as_a_reason_before_stays_beside_the_explanation() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let (nobody, reason) = (good(NOBODY, "01-04-2000"), "nieuw in Nederland");
    let draft = portal.begin(maria, None, false).await.unwrap();
    for _ in 0..2 {
        let saved = portal.save_person(maria, draft, nobody.clone(), reason.into());
        saved.await.unwrap();
    }
    let saved = portal.save_vaccination(maria, draft, nobody, None).await;
    saved.unwrap();
    Entry::submit(portal, maria, draft, None).await.unwrap();
    send_back(&world).await;
    let registration = with_sender(&world).await[0];
    let said = portal.stand_by(maria, registration, "Paspoort gezien".into());
    assert_eq!(said.await, Ok(StoodBy::Done));
    let waits = queue(&world).await;
    let opened = portal.row(&world.rivm, waits[0].1).await.unwrap();
    let both = format!("{reason}\nPaspoort gezien");
    assert_eq!(opened.reason, Some(both));
}

#[tokio::test]
async fn only_what_rivm_asks_its_own_institution_about_is_said_to_be_right() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let unnamed = with(
        good(FROUKE, "24-03-2000"),
        &[(Column::Vaccin, "Pfizer NL groot")],
    );
    let rows = [
        odd(good(EREBOS, "01-04-2000")),
        good(NAOMI, "01-04-1987"),
        unnamed,
    ];
    world.upload(maria, &csv(&rows)).await;
    let all = registrations(&world).await;
    let refused = queue(&world).await[1].1;
    let why = || "Het klopt".to_owned();
    for one in &all {
        // One waits for RIVM, and one is accepted: nobody asks about them.
        let said = portal.stand_by(maria, *one, why()).await;
        assert_eq!(said, Err(PortError::Conflict));
    }
    let back = propose_alone(&world, refused, DecisionKind::Return).await;
    portal.decide(&world.rivm, back).await.unwrap();
    send_back(&world).await;
    let asked = with_sender(&world).await;
    assert_eq!(asked.len(), 1);
    // What is refused is in no register: it has to be mended.
    let said = portal.stand_by(maria, refused, why()).await;
    assert_eq!(said, Err(PortError::NotFound));
    for other in [&world.piet, &world.rivm] {
        let said = portal.stand_by(other, asked[0], why()).await;
        assert_eq!(said, Err(PortError::NotFound));
    }
    // Nobody approves any more that it delivers so: what was typed is kept, as when the session ends.
    let connections = async |state: &str| {
        let sql = format!("UPDATE connections SET state = '{state}' WHERE channel = 'upload'");
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&world.test.admin)
            .await
            .unwrap();
    };
    connections("suspended").await;
    let said = portal.stand_by(maria, asked[0], why()).await;
    let Ok(StoodBy::NotApproved(first)) = said else {
        panic!("{said:?}")
    };
    connections("approved").await;
    let mut late = maria.clone();
    late.only_keeps = true;
    let said = portal.stand_by(&late, asked[0], why()).await;
    let Ok(StoodBy::Kept(second)) = said else {
        panic!("{said:?}")
    };
    for draft in [first, second] {
        let kept = portal.draft(maria, draft).await.unwrap();
        assert_eq!(kept.reason, why());
    }
    assert_eq!(with_sender(&world).await, asked);
    assert_eq!(world.count(SAID).await, 0);
    world.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_colleagues_who_explain_at_once_one_is_told_that_the_other_did() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    world
        .upload(maria, &csv(&[odd(good(EREBOS, "01-04-2000"))]))
        .await;
    send_back(&world).await;
    let registration = with_sender(&world).await[0];
    let (one, other) = tokio::join!(
        portal.stand_by(maria, registration, "Op de doos".into()),
        portal.stand_by(maria, registration, "Op het flesje".into())
    );
    let mut said = [one, other];
    said.sort_by_key(Result::is_err);
    assert_eq!(said, [Ok(StoodBy::Done), Err(PortError::Conflict)]);
    assert_eq!(world.count(SAID).await, 1);
}

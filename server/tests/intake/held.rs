//! Two about one person at the same moment: the second is judged by what the first did, whoever they are.

use crate::moment::{both, hang};
use crate::world::{EREBOS, World, csv, good, with};
use app::ports::persons::{NewRuling, Persons, Ruled};
use app::ports::withdrawals::Withdrawals;
use app::ports::{Entry, PortError};
use domain::row::{Column, RowText};
use domain::ruling::RulingKind;
use uuid::Uuid;

fn dose(number: &str, on: &str) -> RowText {
    with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Dosisnummer, number), (Column::Vaccinatiedatum, on)],
    )
}

const COUNTING: &str = "vaccinations WHERE effective AND valid_to IS NULL";
const STANDING: &str = "vaccinations WHERE valid_to IS NULL";
/// Registrations that stand, of a vaccination that does not, and the other way round.
const TORN: &str = "reports r FULL JOIN (SELECT * FROM vaccinations WHERE valid_to IS NULL) v ON v.id = r.vaccination_id
     WHERE r.valid_to IS NULL AND r.mutation <> 'V' AND v.id IS NULL
        OR v.id IS NOT NULL AND NOT EXISTS (SELECT FROM reports s WHERE s.vaccination_id = v.id AND s.valid_to IS NULL)";

async fn sound(world: &World) {
    assert_eq!(world.count(TORN).await, 0);
    world.sound().await;
}

/// Withdraws a delivery of Maria, as a worker of its own does.
async fn withdraw(world: &World, delivery: Uuid) {
    world
        .portal
        .withdraw_delivery(&world.maria, delivery, "verkeerd bestand".into())
        .await
        .unwrap();
    world.work().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_comes_while_the_only_one_is_withdrawn_keeps_the_vaccination() {
    let world = World::new().await;
    let first = csv(&[dose("1", "27-01-2021")]);
    let first = world.upload(&world.maria, &first).await;
    hang(&world, "delivery_rows", "new.source_key = 'later'").await;
    let row = with(dose("1", "27-01-2021"), &[(Column::Bronsleutel, "later")]);
    world
        .receive_by_sftp(&world.piet, "later.csv", &csv(&[row]))
        .await;
    both(&world, world.work(), withdraw(&world, first)).await;
    assert_eq!(world.count(COUNTING).await, 1);
    sound(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_called_known_while_its_delivery_is_withdrawn_is_not_withdrawn_with_it() {
    let world = World::new().await;
    let first = csv(&[dose("1", "27-01-2021")]);
    let first = world.upload(&world.maria, &first).await;
    hang(&world, "delivery_rows", "new.outcome = 'DUBBEL'").await;
    let again = with(dose("1", "27-01-2021"), &[(Column::Bronsleutel, "again")]);
    world
        .receive_by_sftp(&world.maria, "again.csv", &csv(&[again]))
        .await;
    both(&world, world.work(), withdraw(&world, first)).await;
    assert_eq!(
        world.count("delivery_rows WHERE outcome = 'DUBBEL'").await,
        1
    );
    assert_eq!(world.count(COUNTING).await, 1);
    sound(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vaccination_whose_two_sources_end_at_once_ends() {
    let world = World::new().await;
    let one = world
        .registered(&world.maria, &dose("1", "27-01-2021"))
        .await;
    let other = world
        .registered(&world.piet, &dose("1", "27-01-2021"))
        .await;
    assert_eq!(world.count(STANDING).await, 1);
    let maria = world.maria.party().unwrap().id;
    let of_maria = format!("new.party_id = '{maria}'");
    hang(&world, "delivery_rows", &of_maria).await;
    let (first, second) = both(
        &world,
        Entry::withdraw(&world.portal, &world.maria, one, "verkeerd".into(), false),
        Entry::withdraw(&world.portal, &world.piet, other, "verkeerd".into(), false),
    )
    .await;
    first.unwrap();
    second.unwrap();
    assert_eq!(world.count(STANDING).await, 0);
    sound(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_contradict_each_other_and_come_at_once_one_waits_for_rivm() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[dose("2", "12-03-2021")]))
        .await;
    hang(&world, "delivery_rows", "new.source_key = 'one'").await;
    let one = with(dose("1", "27-01-2021"), &[(Column::Bronsleutel, "one")]);
    world
        .receive_by_sftp(&world.maria, "one.csv", &csv(&[one]))
        .await;
    let first = world.work();
    let second = async {
        let other = with(dose("1", "28-01-2021"), &[(Column::Bronsleutel, "two")]);
        world
            .receive_by_sftp(&world.piet, "two.csv", &csv(&[other]))
            .await;
        world.work().await;
    };
    both(&world, first, second).await;
    assert_eq!(world.count(COUNTING).await, 2);
    let waits = "delivery_rows WHERE state = 'open' AND outcome = 'TE_CONTROLEREN'";
    assert_eq!(world.count(waits).await, 1);
    sound(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_a_withdrawal_under_way_turned_is_ruled_on_no_more() {
    let world = World::new().await;
    world
        .upload(&world.piet, &csv(&[dose("2", "12-03-2021")]))
        .await;
    let stood = with(dose("1", "27-01-2021"), &[(Column::Bronsleutel, "k")]);
    world.upload(&world.maria, &csv(&[stood])).await;
    // It says the day of the other dose: RIVM looks.
    let says = with(
        dose("1", "12-03-2021"),
        &[(Column::Bronsleutel, "k"), (Column::Mutatie, "C")],
    );
    let correction = world.upload(&world.maria, &csv(&[says])).await;
    let row: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows WHERE state = 'open'")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    // Its registration is what it was before; that the delivery is withdrawn has still to be said.
    hang(
        &world,
        "audit_lines",
        "new.line LIKE '%transfer.withdrawn%'",
    )
    .await;
    let ruled = async {
        let refused = NewRuling {
            kind: RulingKind::Refuse,
            other: None,
            other_counts: false,
            reason: "Gebeld".into(),
        };
        world.portal.rule(&world.rivm, row, refused).await
    };
    let (_, ruled) = both(&world, withdraw(&world, correction), ruled).await;
    assert!(
        matches!(ruled, Ok(Ruled::Late) | Err(PortError::NotFound)),
        "{ruled:?}"
    );
    assert_eq!(world.count(COUNTING).await, 2);
    sound(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_without_bsn_whom_two_files_name_at_once_is_one_person() {
    let world = World::new().await;
    let nobody = [
        (Column::Bsn, ""),
        (Column::GeenBsnReden, "BUITENLAND"),
        (Column::Achternaam, "Jansen"),
        (Column::Postcode, "1234AB"),
    ];
    let named = |key: &str| {
        let row = with(dose("1", "27-01-2021"), &nobody);
        csv(&[with(row, &[(Column::Bronsleutel, key)])])
    };
    hang(&world, "delivery_rows", "new.source_key = 'one'").await;
    world
        .receive_by_sftp(&world.maria, "one.csv", &named("one"))
        .await;
    let second = async {
        world
            .receive_by_sftp(&world.piet, "two.csv", &named("two"))
            .await;
        world.work().await;
    };
    both(&world, world.work(), second).await;
    assert_eq!(world.count("persons WHERE bsn_mac IS NULL").await, 1);
    assert_eq!(world.count(STANDING).await, 1);
    assert_eq!(world.count("reports WHERE valid_to IS NULL").await, 2);
    sound(&world).await;
}

//! A list of the BRP comes back with another BSN, or died or is none any more: what is stored of its person follows.

use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::deliveries::MendedRow;
use app::ports::persons::{Persons, Why};
use app::ports::{Caller, Deliveries};
use domain::bsn::Bsn;
use domain::row::{Column, RowText};
use server::brp::load::{Request, Set, load};
use server::keys::Sealed;
use uuid::Uuid;

/// A number of nobody at first.
const OTHER: &str = "999990408";
/// Another one.
const THIRD: &str = "999990421";
const BORN: &str = "01-04-2000";

/// A delta arrives, and what follows from it is done. A line: pl_id, bsn, surname, birth date, reason, date of death.
pub(crate) async fn brp(world: &World, lines: &[[&str; 6]]) {
    take(world, Set::Delta, lines).await;
}

/// As [`brp`], of either kind of set.
async fn take(world: &World, set: Set, lines: &[[&str; 6]]) {
    let mut text =
        "pl_id;bsn;geslachtsnaam;geboortedatum;opschorting_reden;overlijden_datum\n".to_owned();
    for line in lines {
        text.push_str(&line.join(";"));
        text.push('\n');
    }
    let file = world.test.dir.path().join("delta.csv");
    std::fs::write(&file, text).unwrap();
    let request = Request {
        file,
        set,
        of: None,
        accept_older: false,
        accept_shrink: true,
        restart: false,
        by: "test".to_owned(),
    };
    load(&world.road.db, &world.test.keys, &request, |_| {})
        .await
        .unwrap();
    world.work().await;
}

/// A row arrives and is done; what became of it.
async fn deliver(world: &World, who: &Caller, key: &str, row: RowText) -> String {
    let row = with(row, &[(Column::Bronsleutel, key)]);
    let id = world
        .receive(who, "rij.csv", &csv(&[row]), false)
        .await
        .id();
    world.work().await;
    sqlx::query_scalar("SELECT outcome FROM delivery_rows WHERE delivery_id = $1")
        .bind(id)
        .fetch_one(&world.test.admin)
        .await
        .unwrap()
}

fn second(bsn: &str) -> RowText {
    with(
        good(bsn, BORN),
        &[
            (Column::Vaccinatiedatum, "10-03-2021"),
            (Column::Dosisnummer, "2"),
        ],
    )
}

async fn person(world: &World, bsn: &str) -> Option<Uuid> {
    let mac = world.test.keys.bsn_mac(&Bsn::parse(bsn).unwrap());
    sqlx::query_scalar("SELECT id FROM persons WHERE bsn_mac = $1")
        .bind(mac.bytes.to_vec())
        .fetch_optional(&world.test.admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn the_record_follows_and_the_old_number_still_leads_to_it() {
    let world = World::new().await;
    assert_eq!(
        deliver(&world, &world.maria, "a", good(EREBOS, BORN)).await,
        "GEACCEPTEERD"
    );
    let before = person(&world, EREBOS).await.unwrap();
    brp(&world, &[["1", OTHER, "Bultenaar", "20000401", "", ""]]).await;
    assert_eq!(person(&world, OTHER).await, Some(before));
    assert_eq!(person(&world, EREBOS).await, None);
    let (mac, sealed): (Vec<u8>, Vec<u8>) =
        sqlx::query_as("SELECT bsn_mac, bsn_enc FROM person_numbers WHERE person_id = $1")
            .bind(before)
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    let old = Bsn::parse(EREBOS).unwrap();
    assert_eq!(mac, world.test.keys.bsn_mac(&old).bytes);
    let opened = world
        .test
        .keys
        .open_bsn(&Sealed::from_bytes(sealed), before);
    assert_eq!(opened.unwrap(), old, "the old number is readable");
    let sealed: Vec<u8> = sqlx::query_scalar("SELECT bsn_enc FROM persons WHERE id = $1")
        .bind(before)
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let opened = world
        .test
        .keys
        .open_bsn(&Sealed::from_bytes(sealed), before);
    assert_eq!(opened.unwrap(), Bsn::parse(OTHER).unwrap());

    // Under the new number, and under the old one with the same birth date: the same person, one vaccination a jab.
    let piet = &world.piet;
    assert_eq!(
        deliver(&world, piet, "b", second(OTHER)).await,
        "GEACCEPTEERD"
    );
    assert_eq!(
        deliver(&world, piet, "c", good(EREBOS, BORN)).await,
        "GEACCEPTEERD"
    );
    assert_eq!(world.count("persons").await, 1);
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
    // With another birth date it is nobody.
    let wrong = good(EREBOS, "02-04-2000");
    assert_eq!(deliver(&world, piet, "d", wrong).await, "AFGEKEURD");
    assert_eq!(
        world
            .count("delivery_rows WHERE findings @> '[{\"code\": \"B10\"}]'")
            .await,
        1
    );
    assert_eq!(world.count("persons").await, 1);

    // The same set again, and another one, change nothing.
    brp(&world, &[["1", OTHER, "Bultenaar", "20000401", "", ""]]).await;
    brp(&world, &[["2", NAOMI, "Jonker", "19870401", "", ""]]).await;
    assert_eq!(world.count("person_numbers").await, 1);
    assert_eq!(
        world
            .count("audit_lines WHERE event = 'record.relinked'")
            .await,
        1
    );
    world.nowhere(&[EREBOS, OTHER]).await;
}

#[tokio::test]
async fn a_number_that_goes_in_one_set_and_comes_back_as_another_in_a_later_one_is_followed() {
    let world = World::new().await;
    deliver(&world, &world.maria, "a", good(EREBOS, BORN)).await;
    let before = person(&world, EREBOS).await.unwrap();
    brp(&world, &[["1", "", "Bultenaar", "20000401", "", ""]]).await;
    assert_eq!(
        person(&world, EREBOS).await,
        Some(before),
        "as long as there is no other number"
    );
    brp(&world, &[["1", OTHER, "Bultenaar", "20000401", "", ""]]).await;
    assert_eq!(person(&world, OTHER).await, Some(before));
    assert_eq!(person(&world, EREBOS).await, None);
    let outcome = deliver(&world, &world.piet, "b", second(OTHER)).await;
    assert_eq!(outcome, "GEACCEPTEERD");
    assert_eq!(world.count("persons").await, 1);
    let relinked = "audit_lines WHERE event = 'record.relinked'";
    assert_eq!(world.count(relinked).await, 1);
}

#[tokio::test]
async fn a_list_that_is_gone_and_comes_back_with_another_number_is_followed() {
    let world = World::new().await;
    deliver(&world, &world.maria, "a", good(EREBOS, BORN)).await;
    let before = person(&world, EREBOS).await.unwrap();
    let without = [["2", NAOMI, "Jonker", "19870401", "", ""]];
    take(&world, Set::Full, &without).await;
    assert_eq!(world.count("brp_lists").await, 1);
    // Back as it was.
    brp(&world, &[["1", EREBOS, "Bultenaar", "20000401", "", ""]]).await;
    assert_eq!(person(&world, EREBOS).await, Some(before));
    let relinked = "audit_lines WHERE event = 'record.relinked'";
    assert_eq!(world.count(relinked).await, 0);

    take(&world, Set::Full, &without).await;
    brp(&world, &[["1", OTHER, "Bultenaar", "20000401", "", ""]]).await;
    assert_eq!(person(&world, OTHER).await, Some(before));
    assert_eq!(person(&world, EREBOS).await, None);
    let outcome = deliver(&world, &world.piet, "b", second(OTHER)).await;
    assert_eq!(outcome, "GEACCEPTEERD");
    assert_eq!(world.count("persons").await, 1);
    assert_eq!(world.count(relinked).await, 1);
}

/// The row is stored although its BSN is in the BRP no more: its sender says why.
async fn insist(world: &World, who: &Caller, row: RowText) {
    let received = world.receive(who, "rij.csv", &csv(&[row]), false).await;
    world.work().await;
    let refused = world.portal.refused_row(who, received.id(), 2, None);
    let line = refused.await.unwrap().line;
    let cells = Column::ALL.map(|column| (column, line.row.get(column).to_owned()));
    let mended = MendedRow {
        number: line.number,
        seen: line.seen,
        cells: cells.into(),
        reason: Some("Zo staat het op de kaart.".to_owned()),
        anyway: true,
        ..MendedRow::default()
    };
    let mended = world.portal.mend(who, received.id(), vec![mended], None);
    assert_eq!(mended.await.unwrap().good, 1);
}

#[tokio::test]
async fn two_records_under_numbers_that_one_list_had_one_after_the_other_become_one() {
    let world = World::new().await;
    for number in [OTHER, THIRD] {
        brp(&world, &[["1", number, "Bultenaar", "20000401", "", ""]]).await;
    }
    insist(&world, &world.maria, good(EREBOS, BORN)).await;
    insist(&world, &world.piet, second(OTHER)).await;
    assert!(person(&world, EREBOS).await.is_some() && person(&world, OTHER).await.is_some());
    // Another set of the BRP: what waits is judged again, and does not hold up what comes after it.
    brp(&world, &[["2", NAOMI, "Jonker", "19870401", "", ""]]).await;
    assert!(person(&world, THIRD).await.is_some());
    assert_eq!(person(&world, EREBOS).await, None);
    assert_eq!(person(&world, OTHER).await, None);
    assert_eq!(world.count("persons WHERE merged_into IS NULL").await, 1);
    world.sound().await;
}

#[tokio::test]
async fn a_chunk_that_was_under_way_during_the_load_follows_by_itself() {
    let world = World::new().await;
    let sql = async |text: &'static str| {
        sqlx::query(text).execute(&world.test.admin).await.unwrap();
    };
    sql("CREATE TABLE was AS SELECT pl_id, bsn_mac, bsn_enc FROM brp_lists WHERE pl_id = '1'")
        .await;
    brp(&world, &[["1", OTHER, "Bultenaar", "20000401", "", ""]]).await;
    assert_eq!(
        world.count("brp_renumbered WHERE outcome = 'nobody'").await,
        1
    );
    // As a chunk that had asked the copy before the load and is stored only now.
    let swap = "WITH now AS (SELECT pl_id, bsn_mac, bsn_enc FROM brp_lists WHERE pl_id = '1'),
                     back AS (UPDATE brp_lists l SET bsn_mac = w.bsn_mac, bsn_enc = w.bsn_enc FROM was w WHERE l.pl_id = w.pl_id)
                UPDATE was w SET bsn_mac = n.bsn_mac, bsn_enc = n.bsn_enc FROM now n WHERE w.pl_id = n.pl_id";
    sql(swap).await;
    assert_eq!(
        deliver(&world, &world.maria, "a", good(EREBOS, BORN)).await,
        "GEACCEPTEERD"
    );
    sql(swap).await;
    let before = person(&world, EREBOS).await.expect("under the old number");
    let again = "jobs WHERE kind = 'recheck' AND state = 'queued' AND run_at BETWEEN now() + interval '4 minutes' AND now() + interval '6 minutes'";
    assert_eq!(world.count(again).await, 1);

    sql("UPDATE jobs SET run_at = now() WHERE kind = 'recheck' AND state = 'queued'").await;
    sql("UPDATE brp_loads SET finished_at = finished_at - interval '5 minutes'").await;
    world.work().await;
    assert_eq!(person(&world, OTHER).await, Some(before));
    assert_eq!(person(&world, EREBOS).await, None);
    // And that was the last time.
    assert_eq!(world.count("jobs WHERE state <> 'done'").await, 0);
}

#[tokio::test]
async fn a_number_that_is_of_another_list_now_leads_to_that_one_alone() {
    let world = World::new().await;
    deliver(&world, &world.maria, "a", good(EREBOS, BORN)).await;
    let before = person(&world, EREBOS).await.unwrap();
    brp(
        &world,
        &[
            ["1", OTHER, "Bultenaar", "20000401", "", ""],
            ["7", EREBOS, "Anders", "19700101", "", ""],
        ],
    )
    .await;
    assert_eq!(person(&world, OTHER).await, Some(before));
    let piet = &world.piet;
    assert_eq!(
        deliver(&world, piet, "b", second(EREBOS)).await,
        "AFGEKEURD",
        "the BRP says that this number is of somebody born on another day"
    );
    let of_another = good(EREBOS, "01-01-1970");
    assert_eq!(deliver(&world, piet, "c", of_another).await, "GEACCEPTEERD");
    assert_eq!(world.count("persons").await, 2);
    assert_ne!(person(&world, EREBOS).await, Some(before));
}

#[tokio::test]
async fn two_lists_that_had_each_others_number_get_their_own_records() {
    let world = World::new().await;
    deliver(&world, &world.maria, "a", good(EREBOS, BORN)).await;
    deliver(&world, &world.maria, "b", good(NAOMI, "01-04-1987")).await;
    let (erebos, naomi) = (person(&world, EREBOS).await, person(&world, NAOMI).await);
    brp(
        &world,
        &[
            ["1", NAOMI, "Bultenaar", "20000401", "", ""],
            ["2", EREBOS, "Jonker", "19870401", "", ""],
        ],
    )
    .await;
    assert_eq!(person(&world, NAOMI).await, erebos);
    assert_eq!(person(&world, EREBOS).await, naomi);
    assert_eq!(world.count("persons").await, 2);
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
    assert_eq!(
        world
            .count("delivery_rows WHERE outcome = 'TE_CONTROLEREN'")
            .await,
        0
    );
}

#[tokio::test]
async fn who_stands_under_the_new_number_already_becomes_one_with_it() {
    let world = World::new().await;
    let (maria, piet) = (&world.maria, &world.piet);
    brp(&world, &[["8", OTHER, "Bultenaar", "20000401", "", ""]]).await;
    deliver(&world, maria, "a", good(EREBOS, BORN)).await;
    // Under the other number: the same jab, and the second.
    deliver(&world, piet, "b", good(OTHER, BORN)).await;
    deliver(&world, piet, "c", second(OTHER)).await;
    let (kept, gone) = (
        person(&world, EREBOS).await.unwrap(),
        person(&world, OTHER).await.unwrap(),
    );
    assert_eq!(world.count("vaccinations WHERE effective").await, 3);

    // The BRP: list 8 was an error, list 1 has its number.
    brp(
        &world,
        &[
            ["1", OTHER, "Bultenaar", "20000401", "", ""],
            ["8", OTHER, "Bultenaar", "20000401", "F", ""],
        ],
    )
    .await;
    assert_eq!(person(&world, OTHER).await, Some(kept));
    let of = format!("person_id = '{kept}' AND valid_to IS NULL");
    assert_eq!(
        world
            .count(&format!("vaccinations WHERE {of} AND effective"))
            .await,
        2
    );
    assert_eq!(world.count(&format!("vaccinations WHERE {of}")).await, 2);
    assert_eq!(world.count(&format!("reports WHERE {of}")).await, 3);
    assert_eq!(
        world
            .count(&format!("vaccinations WHERE person_id = '{gone}'"))
            .await,
        0
    );
    assert_eq!(
        world
            .count(&format!(
                "persons WHERE id = '{gone}' AND merged_into = '{kept}' AND bsn_mac IS NULL"
            ))
            .await,
        1
    );
    assert_eq!(
        world
            .count(&format!(
                "person_merges WHERE kept = '{kept}' AND gone = '{gone}' AND cardinality(vaccinations) = 2 AND cardinality(same) = 1"
            ))
            .await,
        1
    );
    assert_eq!(
        world
            .count("delivery_rows WHERE outcome = 'TE_CONTROLEREN'")
            .await,
        0
    );
    assert_eq!(
        world
            .count("audit_lines WHERE event = 'record.merged'")
            .await,
        1
    );
    // Who follows an old link is led to the record that stays.
    let view = world
        .portal
        .person(&world.rivm, gone, Why::Review)
        .await
        .unwrap();
    assert_eq!((view.id, view.merged, view.proof.len()), (kept, true, 2));
    let read = "audit_lines l JOIN audit_persons p ON (l.shard, l.seq) = (p.shard, p.seq) WHERE l.event = 'look.read'";
    assert_eq!(world.count(read).await, 2, "under both");
    let view = world
        .portal
        .person(&world.rivm, kept, Why::Review)
        .await
        .unwrap();
    assert!(!view.merged);
    // A third report of the jab, under either number, is of the one person.
    deliver(&world, maria, "d", second(EREBOS)).await;
    assert_eq!(world.count("persons WHERE merged_into IS NULL").await, 1);
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
}

#[tokio::test]
async fn records_that_become_one_and_contradict_each_other_go_to_review() {
    let world = World::new().await;
    brp(&world, &[["8", OTHER, "Bultenaar", "20000401", "", ""]]).await;
    deliver(&world, &world.maria, "a", good(EREBOS, BORN)).await;
    let other = with(
        good(OTHER, BORN),
        &[
            (Column::Vaccin, "Spikevax"),
            (Column::Batchnummer, "300042698"),
        ],
    );
    assert_eq!(
        deliver(&world, &world.piet, "b", other).await,
        "GEACCEPTEERD"
    );
    brp(
        &world,
        &[
            ["1", OTHER, "Bultenaar", "20000401", "", ""],
            ["8", OTHER, "Bultenaar", "20000401", "F", ""],
        ],
    )
    .await;
    let waits = "delivery_rows WHERE outcome = 'TE_CONTROLEREN' AND state = 'open' AND findings @> '[{\"code\": \"B19\"}]' AND staff_findings @> '[{\"code\": \"D04\"}]'";
    assert_eq!(world.count(waits).await, 1);
    assert_eq!(
        world
            .count("vaccinations WHERE effective AND valid_to IS NULL")
            .await,
        1
    );
    assert_eq!(world.count("deliveries WHERE te_controleren = 1").await, 1);
}

#[tokio::test]
async fn what_may_be_of_either_of_two_stays_and_goes_to_review() {
    let world = World::new().await;
    // Twins, whose rows have no name.
    brp(&world, &[["8", OTHER, "Bultenaar", "20000401", "", ""]]).await;
    deliver(&world, &world.maria, "a", good(EREBOS, BORN)).await;
    deliver(&world, &world.maria, "b", second(OTHER)).await;
    let before = (person(&world, EREBOS).await, person(&world, OTHER).await);
    brp(
        &world,
        &[
            ["1", OTHER, "Bultenaar", "20000401", "", ""],
            ["8", EREBOS, "Bultenaar", "20000401", "", ""],
        ],
    )
    .await;
    let after = (person(&world, EREBOS).await, person(&world, OTHER).await);
    assert_eq!(after, before);
    let waits = "delivery_rows WHERE outcome = 'TE_CONTROLEREN' AND match = 'NIET_UNIEK' AND findings @> '[{\"code\": \"B10\"}]'";
    assert_eq!(world.count(waits).await, 2);
    assert_eq!(world.count("vaccinations WHERE effective").await, 0);
}

#[tokio::test]
async fn who_turns_out_to_have_died_before_or_to_be_nobody_goes_to_review_and_who_moved_does_not() {
    let world = World::new().await;
    let maria = &world.maria;
    let suzanne = "999993653";
    brp(&world, &[["9", suzanne, "Moulin", "19851201", "", ""]]).await;
    for (key, bsn, birth) in [
        ("a", EREBOS, BORN),
        ("b", NAOMI, "01-04-1987"),
        ("c", FROUKE, "24-03-2000"),
        ("d", suzanne, "01-12-1985"),
    ] {
        let outcome = deliver(&world, maria, key, good(bsn, birth)).await;
        assert_eq!(outcome, "GEACCEPTEERD");
    }
    // Vaccinated on 27 January: dead by the 26th at the latest, maybe dead in January, emigrated, wiped.
    let later = [
        ["1", EREBOS, "Bultenaar", "20000401", "O", "20210126"],
        ["2", NAOMI, "Jonker", "19870401", "O", "20210100"],
        ["3", FROUKE, "Jansen", "20000324", "E", ""],
        ["9", suzanne, "Moulin", "19851201", "W", ""],
    ];
    brp(&world, &later).await;
    let rows: Vec<(String, String, serde_json::Value, serde_json::Value)> = sqlx::query_as(
        "SELECT outcome, match, findings, staff_findings FROM delivery_rows ORDER BY source_key",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    let told: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.0.as_str(), row.1.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("TE_CONTROLEREN", "OVERLEDEN"),
            ("GEACCEPTEERD", "GEVONDEN"),
            ("GEACCEPTEERD", "GEEMIGREERD"),
            ("TE_CONTROLEREN", "NIET_GEVONDEN"),
        ]
    );
    assert_eq!(rows[0].2[0]["code"], "B19", "the sender does not learn it");
    assert_eq!(rows[0].3[0]["code"], "B12");
    assert_eq!(rows[3].2[0]["code"], "B10");
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);

    // Decided once, the same death is no reason to ask again; that it was another one is.
    sqlx::query("UPDATE delivery_rows SET outcome = 'GEACCEPTEERD', state = 'accepted' WHERE source_key = 'a'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    sqlx::query("UPDATE reports SET outcome = 'GEACCEPTEERD' WHERE source_key = 'a'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    brp(
        &world,
        &[["1", EREBOS, "Bultenaar", "20000401", "O", "20210125"]],
    )
    .await;
    assert_eq!(
        world
            .count("delivery_rows WHERE source_key = 'a' AND outcome = 'GEACCEPTEERD'")
            .await,
        1
    );
}

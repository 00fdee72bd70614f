//! Rows that change what rows just before them bring, many at a time: it ends as if each had come by itself.

use crate::torture::Crowd;
use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, row, with};
use domain::row::{Column, RowText};
use std::collections::BTreeSet;

const CHUNKS: &str = "audit_lines WHERE event = 'transfer.rows-stored'";

fn new(key: &str, person: (&str, &str), dose: &str, on: &str) -> RowText {
    let cells = [
        (Column::Bronsleutel, key),
        (Column::Dosisnummer, dose),
        (Column::Vaccinatiedatum, on),
    ];
    with(good(person.0, person.1), &cells)
}

fn corrected(row: RowText, on: &str) -> RowText {
    let cells = [(Column::Mutatie, "C"), (Column::Vaccinatiedatum, on)];
    with(row, &cells)
}

fn withdrawn(key: &str) -> RowText {
    row(&[(Column::Bronsleutel, key), (Column::Mutatie, "V")])
}

async fn deliver(world: &World, name: &str, rows: &[RowText]) {
    world.receive_by_sftp(&world.maria, name, &csv(rows)).await;
    world.work().await;
}

/// These rows in one file, and in the twin each by itself: it ends alike.
async fn ends_alike(world: &World, twin: &World, rows: &[RowText]) {
    deliver(world, "alles.csv", rows).await;
    for (place, row) in rows.chunks(1).enumerate() {
        deliver(twin, &format!("regel-{place}.csv"), row).await;
    }
    assert_eq!(picture(world).await, picture(twin).await);
}

/// What became of each row, and what the register says, without keys and times.
async fn picture(world: &World) -> BTreeSet<String> {
    let mut lines = BTreeSet::new();
    for sql in [
        "SELECT concat_ws(' ', 'row', source_key, mutation, outcome, state, findings, staff_findings, doses_before, doses_after, report_id IS NULL,
                person_id IS NULL, vaccination_id IS NULL)
         FROM delivery_rows",
        "SELECT concat_ws(' ', 'report', source_key, version, mutation, r.outcome, r.vaccinated_on, r.dose, r.valid_to IS NULL, v.vaccinated_on, v.dose,
                v.effective, v.valid_to IS NULL)
         FROM reports r LEFT JOIN vaccinations v ON v.id = r.vaccination_id",
        "SELECT concat_ws(' ', 'vaccination', vaccinated_on, vaccine, batch, dose, effective, valid_to IS NULL, count(*))
         FROM vaccinations GROUP BY vaccinated_on, vaccine, batch, dose, effective, valid_to IS NULL",
    ] {
        let found: Vec<String> = sqlx::query_scalar(sql)
            .fetch_all(&world.test.admin)
            .await
            .unwrap();
        lines.extend(found);
    }
    lines
}

#[tokio::test]
async fn rows_each_followed_by_their_correction_are_stored_many_at_a_time() {
    const PAIRS: usize = 40;
    let (world, crowd) = (World::new().await, Crowd::new(PAIRS));
    crowd.enter_brp(&world).await;
    let pairs = (0..PAIRS).flat_map(|place| {
        let key = format!("k-{place}");
        let new = with(crowd.good(place), &[(Column::Bronsleutel, &key)]);
        [new.clone(), corrected(new, "28-01-2021")]
    });
    deliver(&world, "paren.csv", &pairs.collect::<Vec<_>>()).await;
    assert_eq!(world.count(CHUNKS).await, 2);
    let number = PAIRS as i64;
    let good = "delivery_rows WHERE outcome = 'GEACCEPTEERD'";
    assert_eq!(world.count(good).await, 2 * number);
    let corrected =
        "reports WHERE version = 2 AND valid_to IS NULL AND vaccinated_on = '2021-01-28'";
    assert_eq!(world.count(corrected).await, number);
    let counting = "vaccinations WHERE effective AND valid_to IS NULL";
    assert_eq!(world.count(counting).await, number);
    assert_eq!(world.count("vaccinations").await, 2 * number);
    world.sound().await;
}

#[tokio::test]
async fn in_rounds_it_ends_as_if_each_row_had_come_by_itself() {
    let (erebos, naomi, frouke) = (
        (EREBOS, "01-04-2000"),
        (NAOMI, "01-04-1987"),
        (FROUKE, "24-03-2000"),
    );
    let first = new("a", erebos, "1", "27-01-2021");
    let of_naomi = new("b", naomi, "1", "27-01-2021");
    // RIVM looks at it, until it is corrected.
    let same_day = new("e", frouke, "2", "27-01-2021");
    let third = new("f", erebos, "2", "10-03-2021");
    let rows = [
        first.clone(),
        // From here on one chunk.
        corrected(first, "28-01-2021"),
        of_naomi.clone(),
        new("c", naomi, "2", "10-03-2021"),
        corrected(of_naomi, "28-01-2021"),
        withdrawn("c"),
        new("d", frouke, "1", "27-01-2021"),
        same_day.clone(),
        corrected(same_day, "11-03-2021"),
        third.clone(),
        corrected(third, "12-03-2021"),
        withdrawn("f"),
        new("g", erebos, "2", "13-03-2021"),
    ];
    let (world, twin) = (World::new().await, World::new().await);
    ends_alike(&world, &twin, &rows).await;
    assert_eq!(world.count(CHUNKS).await, 2);
    let (looked_at, counting) = (
        "delivery_rows WHERE outcome = 'TE_CONTROLEREN' AND state = 'repaired'",
        "vaccinations WHERE effective AND valid_to IS NULL",
    );
    assert_eq!(world.count(looked_at).await, 1);
    assert_eq!(world.count(counting).await, 5);
    for world in [&world, &twin] {
        world.sound().await;
    }
}

#[tokio::test]
async fn what_waits_for_what_ends_before_it_is_stored_before_it_ends_itself() {
    let (erebos, naomi, frouke) = (
        (EREBOS, "01-04-2000"),
        (NAOMI, "01-04-1987"),
        (FROUKE, "24-03-2000"),
    );
    let begins = new("x", frouke, "1", "27-01-2021");
    // Too soon after the first: they wait.
    let soon = |key, person| new(key, person, "2", "29-01-2021");
    let one_file = [
        begins.clone(),
        // From here on one chunk, as its keys come again so soon.
        corrected(begins, "28-01-2021"),
        new("a", erebos, "1", "27-01-2021"),
        soon("b", erebos),
        withdrawn("a"),
        corrected(soon("b", erebos), "30-01-2021"),
        new("c", naomi, "1", "27-01-2021"),
        soon("d", naomi),
        corrected(new("c", naomi, "1", "27-01-2021"), "07-01-2021"),
        withdrawn("d"),
    ];
    let earlier = [
        new("a", erebos, "1", "27-01-2021"),
        soon("b", erebos),
        new("c", naomi, "1", "27-01-2021"),
        soon("d", naomi),
    ];
    let later = [
        withdrawn("a"),
        withdrawn("b"),
        corrected(new("c", naomi, "1", "27-01-2021"), "07-01-2021"),
        corrected(soon("d", naomi), "30-01-2021"),
    ];
    for (before, rows) in [
        (Vec::new(), one_file.to_vec()),
        (earlier.into(), later.into()),
    ] {
        let (world, twin) = (World::new().await, World::new().await);
        for world in [&world, &twin] {
            if !before.is_empty() {
                deliver(world, "eerder.csv", &before).await;
            }
        }
        ends_alike(&world, &twin, &rows).await;
        let freed = "delivery_rows WHERE freed_with IS NOT NULL AND outcome = 'GEACCEPTEERD'";
        assert_eq!(world.count(freed).await, 2);
        for world in [&world, &twin] {
            world.sound().await;
        }
    }
}

#[tokio::test]
async fn what_another_party_reported_is_free_before_the_next_row_reports_it_too() {
    let erebos = (EREBOS, "01-04-2000");
    let first = [new("a", erebos, "1", "27-01-2021")];
    let soon = new("x", erebos, "2", "29-01-2021");
    let third = [new("z", erebos, "2", "10-03-2021")];
    let rows = [withdrawn("a"), new("e", erebos, "2", "29-01-2021")];
    let (world, twin) = (World::new().await, World::new().await);
    for world in [&world, &twin] {
        deliver(world, "eerst.csv", &first).await;
        let theirs = csv(std::slice::from_ref(&soon));
        world.receive_by_sftp(&world.piet, "hun.csv", &theirs).await;
        world.work().await;
        deliver(world, "derde.csv", &third).await;
    }
    ends_alike(&world, &twin, &rows).await;
    let freed = "delivery_rows WHERE freed_with IS NOT NULL AND outcome = 'GEACCEPTEERD'";
    assert_eq!(world.count(freed).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn a_vaccination_that_another_row_came_to_report_does_not_end_with_the_correction_of_the_first()
 {
    let erebos = (EREBOS, "01-04-2000");
    let (one, other) = (
        new("a", erebos, "1", "27-01-2021"),
        new("b", erebos, "2", "10-03-2021"),
    );
    // The second says what the first said, and then the first says another day.
    let as_the_first = corrected(new("b", erebos, "1", "27-01-2021"), "27-01-2021");
    let rows = [as_the_first, corrected(one.clone(), "28-01-2021")];
    let (world, twin) = (World::new().await, World::new().await);
    for world in [&world, &twin] {
        deliver(world, "eerder.csv", &[one.clone(), other.clone()]).await;
    }
    ends_alike(&world, &twin, &rows).await;
    let torn = "reports r JOIN vaccinations v ON v.id = r.vaccination_id WHERE r.valid_to IS NULL AND v.valid_to IS NOT NULL";
    assert_eq!(world.count(torn).await, 0);
    world.sound().await;
}

#[tokio::test]
async fn who_is_no_longer_meant_by_a_corrected_row_has_their_own_in_the_next() {
    let (erebos, naomi) = ((EREBOS, "01-04-2000"), (NAOMI, "01-04-1987"));
    let earlier = [new("a", erebos, "1", "27-01-2021")];
    let rows = [
        corrected(new("a", naomi, "1", "27-01-2021"), "27-01-2021"),
        new("b", erebos, "1", "27-01-2021"),
    ];
    let (world, twin) = (World::new().await, World::new().await);
    for world in [&world, &twin] {
        deliver(world, "eerder.csv", &earlier).await;
    }
    ends_alike(&world, &twin, &rows).await;
    let counting = "vaccinations WHERE effective AND valid_to IS NULL";
    assert_eq!(world.count(counting).await, 2);
    world.sound().await;
}

#[tokio::test]
async fn corrections_about_one_person_that_have_nothing_to_do_with_each_other_are_one_round() {
    let erebos = (EREBOS, "01-04-2000");
    let (one, other) = (
        new("a", erebos, "1", "27-01-2021"),
        new("b", erebos, "2", "10-03-2021"),
    );
    let rows = [
        corrected(one.clone(), "28-01-2021"),
        corrected(other.clone(), "11-03-2021"),
    ];
    let (world, twin) = (World::new().await, World::new().await);
    for world in [&world, &twin] {
        deliver(world, "eerder.csv", &[one.clone(), other.clone()]).await;
    }
    ends_alike(&world, &twin, &rows).await;
    // The rows of a round are stored by one command.
    let rounds: i64 = sqlx::query_scalar(
        "SELECT count(DISTINCT cmin::text) FROM delivery_rows WHERE mutation = 'C'",
    )
    .fetch_one(&world.test.admin)
    .await
    .unwrap();
    assert_eq!(rounds, 1);
    let corrected = "reports WHERE version = 2 AND valid_to IS NULL";
    assert_eq!(world.count(corrected).await, 2);
    world.sound().await;
}

#[tokio::test]
async fn what_comes_again_behind_its_own_withdrawal_is_known_and_is_of_no_vaccination() {
    let earlier = [
        new("a", (EREBOS, "01-04-2000"), "1", "27-01-2021"),
        new("b", (NAOMI, "01-04-1987"), "1", "27-01-2021"),
        new("c", (FROUKE, "24-03-2000"), "1", "27-01-2021"),
    ];
    let [a, b, c] = earlier.clone();
    // All but the first are one chunk.
    let rows = [withdrawn("a"), a, withdrawn("b"), b, withdrawn("c"), c];
    let (world, twin) = (World::new().await, World::new().await);
    for world in [&world, &twin] {
        deliver(world, "eerder.csv", &earlier).await;
    }
    ends_alike(&world, &twin, &rows).await;
    assert_eq!(
        world.count("delivery_rows WHERE outcome = 'DUBBEL'").await,
        3
    );
    world.sound().await;
}

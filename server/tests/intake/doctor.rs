//! `cims doctor` finds nothing in a healthy register, and names what somebody broke.

use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::entry::{Corrected, Entry, Restored, Withdrawn};
use app::ports::withdrawals::Withdrawals;
use domain::row::Column;
use server::commands::doctor::examine;
use std::time::Duration;
use uuid::Uuid;

/// What does not agree: question and how many.
async fn wrong(world: &World, read_files: bool) -> Vec<(&'static str, usize)> {
    let mut log = world.test.admin.acquire().await.unwrap();
    let road = &world.road;
    examine(&road.db, &road.keys, &road.blobs, &mut log, read_files)
        .await
        .unwrap()
        .into_iter()
        .filter(|finding| !finding.wrong.is_empty())
        .map(|finding| (finding.question, finding.wrong.len()))
        .collect()
}

/// The table takes no step that is not drawn.
const NO_STEPS: &str = "ALTER TABLE deliveries DISABLE TRIGGER deliveries_steps";

async fn sql(world: &World, text: &str) {
    sqlx::raw_sql(sqlx::AssertSqlSafe(text.to_owned()))
        .execute(&world.test.admin)
        .await
        .unwrap();
}

/// A register in which a lot happened: files of two parties and channels, rows of every outcome, an entry, a correction, a
/// withdrawal that was undone, a test.
async fn busy() -> (World, Uuid) {
    let world = World::new().await;
    let rows = [
        with(good(EREBOS, "01-04-2000"), &[(Column::Bronsleutel, "a")]),
        with(
            good(NAOMI, "01-04-1987"),
            &[(Column::Batchnummer, "ZZ9999")],
        ),
        with(good(FROUKE, "24-03-2000"), &[(Column::Batchnummer, "???")]),
    ];
    let first = world.upload(&world.maria, &csv(&rows)).await;
    let other = [with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Bronsleutel, "b")],
    )];
    world
        .receive_by_sftp(&world.piet, "piet.csv", &csv(&other))
        .await;
    world.work().await;
    let corrected = [
        (Column::Bronsleutel, "a"),
        (Column::Mutatie, "C"),
        (Column::Batchnummer, "EM0477"),
    ];
    world
        .upload(
            &world.maria,
            &csv(&[with(good(EREBOS, "01-04-2000"), &corrected)]),
        )
        .await;
    let reference = world
        .record(&world.maria, &good(FROUKE, "24-03-2000"))
        .await;
    let receipt = world.portal.receipt(&world.maria, reference).await.unwrap();
    let registration = receipt.registration.unwrap();
    let better = with(
        good(FROUKE, "24-03-2000"),
        &[(Column::Batchnummer, "EM0477")],
    );
    let (portal, maria, why) = (&world.portal, &world.maria, || "fout".to_owned());
    let corrected = portal.correct(maria, registration, better, why(), None, None);
    assert!(matches!(corrected.await, Ok(Corrected::Done)));
    for _ in 0..2 {
        let withdrawn = Entry::withdraw(portal, maria, registration, why(), true);
        assert_eq!(withdrawn.await, Ok(Withdrawn::Done));
        let restored = portal.restore(maria, registration, why());
        assert_eq!(restored.await, Ok(Restored::Done));
    }
    for back in [true, false] {
        let asked = if back {
            world
                .portal
                .withdraw_delivery(&world.maria, first, "fout".into())
                .await
        } else {
            world
                .portal
                .restore_delivery(&world.maria, first, "toch".into())
                .await
        };
        asked.unwrap();
        world.work().await;
    }
    world
        .try_out(&world.maria, &crate::world::conforming())
        .await;
    (world, first)
}

#[tokio::test]
async fn a_register_in_which_a_lot_happened_agrees_with_itself() {
    let (world, _) = busy().await;
    assert_eq!(wrong(&world, true).await, []);
}

#[tokio::test]
async fn what_somebody_broke_is_named() {
    let (world, first) = busy().await;
    sql(
        &world,
        &format!("UPDATE deliveries SET geaccepteerd = geaccepteerd + 1 WHERE id = '{first}'"),
    )
    .await;
    assert_eq!(
        wrong(&world, false).await,
        [("counts of a delivery are those of its rows", 1)]
    );
    sql(
        &world,
        &format!("UPDATE deliveries SET geaccepteerd = geaccepteerd - 1 WHERE id = '{first}'"),
    )
    .await;

    let counting: Uuid = sqlx::query_scalar(
        "SELECT id FROM vaccinations WHERE effective AND valid_to IS NULL LIMIT 1",
    )
    .fetch_one(&world.test.admin)
    .await
    .unwrap();
    let set = |effective: bool| {
        format!("UPDATE vaccinations SET effective = {effective} WHERE id = '{counting}'")
    };
    sql(&world, &set(false)).await;
    assert_eq!(
        wrong(&world, false).await,
        [("what counts follows from reports and rulings", 1)]
    );
    sql(&world, &set(true)).await;

    sql(
        &world,
        "UPDATE vaccinations SET valid_to = now() WHERE valid_to IS NULL AND batch = 'ZZ9999'",
    )
    .await;
    assert_eq!(
        wrong(&world, false).await,
        [("a vaccination has a source that stands", 1)]
    );
    sql(&world, "UPDATE vaccinations SET valid_to = NULL WHERE batch = 'ZZ9999' AND valid_from = (SELECT max(valid_from) FROM vaccinations WHERE batch = 'ZZ9999')").await;

    sql(&world, "UPDATE delivery_rows SET row_number = 900 WHERE report_id IS NOT NULL AND source_key = 'b'").await;
    assert_eq!(
        wrong(&world, false).await,
        [("a registration leads to a row of a delivery", 1)]
    );
    sql(
        &world,
        "UPDATE delivery_rows SET row_number = 2 WHERE row_number = 900",
    )
    .await;

    sql(
        &world,
        &format!("{NO_STEPS}; UPDATE deliveries SET state = 'storing' WHERE id = '{first}'"),
    )
    .await;
    assert_eq!(
        wrong(&world, false).await,
        [("a delivery on its way has a job", 1)]
    );
    sql(
        &world,
        &format!("{NO_STEPS}; UPDATE deliveries SET state = 'done' WHERE id = '{first}'"),
    )
    .await;
    assert_eq!(wrong(&world, true).await, [], "all mended");
}

#[tokio::test]
async fn a_file_that_is_lost_foreign_or_changed_is_named() {
    let (world, first) = busy().await;
    let folder = world.test.dir.path().join("storage").join("blobs");
    let path = walk(&folder, &first.to_string());
    let whole = std::fs::read(&path).unwrap();

    let mut changed = whole.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    // What lies there may not be written, which only root overlooks.
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, &changed).unwrap();
    assert_eq!(wrong(&world, false).await, []);
    assert_eq!(
        wrong(&world, true).await,
        [("a file on disk opens with its key", 1)]
    );

    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        wrong(&world, true).await,
        [("a file that is named lies on disk", 1)]
    );
    std::fs::write(&path, &whole).unwrap();

    let stranger = path.with_file_name(Uuid::now_v7().to_string());
    let file = std::fs::File::create(&stranger).unwrap();
    assert_eq!(
        wrong(&world, false).await,
        [],
        "it may belong to an upload under way"
    );
    file.set_modified((world.road.clock.now() - Duration::from_secs(7_200)).into())
        .unwrap();
    assert_eq!(wrong(&world, false).await, [("a file on disk is named", 1)]);
}

#[tokio::test]
async fn a_raw_file_of_other_bytes_than_came_is_named() {
    let (world, first) = busy().await;
    let road = &world.road;
    road.blobs.destroy(first).unwrap();
    let mut other = road.blobs.create(&road.keys, first).unwrap();
    other.push(b"iets anders").unwrap();
    other.finish().unwrap();
    assert_eq!(wrong(&world, false).await, []);
    assert_eq!(
        wrong(&world, true).await,
        [("a raw file is what came, by its SHA-256", 1)]
    );
}

#[tokio::test]
async fn what_the_audit_does_not_tell_is_named() {
    let (world, first) = busy().await;
    sql(
        &world,
        "INSERT INTO deliveries (id, party_id, channel, state, outcome) SELECT gen_random_uuid(), party_id, 'sftp', 'done', 'LEEG' FROM deliveries LIMIT 1",
    )
    .await;
    let told = "the audit tells of each delivery and its stored rows";
    assert_eq!(wrong(&world, false).await, [(told, 1)]);
    // Nor of something that was typed in a form.
    sql(
        &world,
        "INSERT INTO deliveries (id, party_id, channel, state, outcome) SELECT gen_random_uuid(), party_id, 'portaal', 'done', 'VERWERKT' FROM deliveries LIMIT 1",
    )
    .await;
    assert_eq!(wrong(&world, false).await, [(told, 2)]);
    // A row in the register that no line tells of.
    sql(
        &world,
        &format!(
            "UPDATE reports SET row_number = 77 WHERE delivery_id = '{first}' AND row_number = 2"
        ),
    )
    .await;
    assert!(wrong(&world, false).await.contains(&(told, 3)));
}

/// The file of this name, wherever it lies.
fn walk(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let found = walk(&path, name);
            if found.exists() {
                return found;
            }
        } else if path
            .file_name()
            .is_some_and(|own| own.to_string_lossy().starts_with(name))
        {
            return path;
        }
    }
    folder.join("nothing")
}

#[tokio::test]
async fn changes_of_before_the_audit_named_their_delivery_are_told_and_not_taken_for_a_gap() {
    let (world, _) = busy().await;
    let told = async || {
        let mut log = world.test.admin.acquire().await.unwrap();
        let road = &world.road;
        let findings = examine(&road.db, &road.keys, &road.blobs, &mut log, false)
            .await
            .unwrap();
        let question = "the audit tells of each delivery and its stored rows";
        let found = findings.into_iter().find(|one| one.question == question);
        let found = found.unwrap();
        (found.wrong.len(), found.allowed)
    };
    assert_eq!(told().await, (0, None));
    // As an older program wrote them: corrections, withdrawals and returns without their delivery.
    let old = "UPDATE audit_lines SET line = (line::jsonb - 'delivery')::text
               WHERE event IN ('record.corrected', 'record.withdrawn', 'record.restored') AND line LIKE '%\"registration\"%'";
    sql(&world, "ALTER TABLE audit_lines DISABLE TRIGGER USER").await;
    sql(&world, old).await;
    let (wrong, allowed) = told().await;
    assert_eq!(wrong, 0);
    let allowed = allowed.unwrap();
    assert!(
        allowed.starts_with("5 changes of a registration"),
        "{allowed}"
    );
    // A change more than there are lines is no such thing.
    sql(
        &world,
        "UPDATE audit_lines SET line = replace(line, 'registration', 'elsewhere')
         WHERE seq = (SELECT max(seq) FROM audit_lines WHERE event = 'record.corrected')",
    )
    .await;
    assert_eq!(told().await.0, 1);
    // Nor is what came after a line that does name its delivery.
    sql(
        &world,
        &format!(
            "{old}; UPDATE audit_lines SET at = '2021-01-01', line = (line::jsonb || '{{\"delivery\": \"00000000-0000-0000-0000-000000000000\"}}')::text
             WHERE seq = (SELECT max(seq) FROM audit_lines WHERE event = 'record.corrected')"
        ),
    )
    .await;
    assert_eq!(told().await, (5, None));
}

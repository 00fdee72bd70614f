//! What somebody delivered or mended in the portal is not lost by what happens around it: time, RIVM, the same file by
//! another channel, a choice in the preview.

use crate::files::book;
use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, row, with};
use app::ports::Deliveries;
use app::ports::deliveries::{DeliveryView, MendedRow, Phase};
use app::ports::parties::Parties;
use domain::delivery::{Counts, FileOutcome};
use domain::finding::Code;
use domain::row::{Column, RowText};
use server::intake::receive::Received;
use server::intake::tidy::tidy;
use uuid::Uuid;

async fn preview(world: &World, content: &[u8]) -> Uuid {
    let id = world
        .receive(&world.maria, "bestand.csv", content, true)
        .await
        .id();
    world.work().await;
    id
}

async fn look(world: &World, id: Uuid) -> DeliveryView {
    world.portal.delivery(&world.maria, id).await.unwrap()
}

async fn submit(world: &World, id: Uuid) {
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    world.work().await;
}

/// So many hours pass for a delivery.
async fn hours_pass(world: &World, id: Uuid, hours: i32) {
    let sql = "UPDATE deliveries SET received_at = received_at - make_interval(hours => $2),
                                     preview_since = preview_since - make_interval(hours => $2) WHERE id = $1";
    let moved = sqlx::query(sql)
        .bind(id)
        .bind(hours)
        .execute(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(moved.rows_affected(), 1);
}

/// Changes cells of a refused row, or says why it goes on.
async fn mend(world: &World, id: Uuid, number: u32, cells: &[(Column, &str)], reason: &str) {
    let view = world
        .portal
        .refused_row(&world.maria, id, number, None)
        .await
        .unwrap();
    let cells = cells.iter().map(|(column, text)| (*column, (*text).into()));
    let mended = MendedRow {
        number,
        seen: view.line.seen,
        cells: cells.collect(),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        ..MendedRow::default()
    };
    let answer = world
        .portal
        .mend(&world.maria, id, vec![mended], None)
        .await;
    assert_eq!(answer.unwrap().good, 1, "row {number}");
}

/// Rows that are right, with keys as the system of an institution gives them.
fn keyed() -> Vec<RowText> {
    let people = [(EREBOS, "01-04-2000"), (NAOMI, "01-04-1987")];
    let keyed = people.iter().enumerate().map(|(at, (bsn, birth))| {
        let key = format!("k-{at}");
        with(good(bsn, birth), &[(Column::Bronsleutel, &key)])
    });
    keyed.collect()
}

fn wrong(row: RowText) -> RowText {
    with(row, &[(Column::Dosisnummer, "nul")])
}

/// Ten rows about nobody in the BRP: RIVM looks first (rule A20).
fn strangers() -> Vec<u8> {
    let rows = (1..=10).map(|day| {
        let date = format!("{day:02}-02-2021");
        with(
            good(NOBODY, "01-04-2000"),
            &[(Column::Vaccinatiedatum, &date)],
        )
    });
    csv(&rows.chain([good(EREBOS, "01-04-2000")]).collect::<Vec<_>>())
}

#[tokio::test]
async fn a_preview_has_its_day_from_when_rivm_let_it_go() {
    let world = World::new().await;
    let id = preview(&world, &strangers()).await;
    assert_eq!(look(&world, id).await.line.phase, Phase::Parked);
    hours_pass(&world, id, 25).await;
    tidy(&world.road).await.unwrap();
    world
        .portal
        .settle_parked(&world.rivm, id, true, "nagebeld".into())
        .await
        .unwrap();
    world.work().await;
    tidy(&world.road).await.unwrap();
    assert!(look(&world, id).await.may_submit, "it has just come");
    assert!(world.road.blobs.holds(id));
    hours_pass(&world, id, 25).await;
    tidy(&world.road).await.unwrap();
    assert_eq!(look(&world, id).await.line.phase, Phase::Discarded);
}

#[tokio::test]
async fn each_mended_row_gives_a_preview_its_day_again() {
    let world = World::new().await;
    let rows = [good(EREBOS, "01-04-2000"), wrong(good(NAOMI, "01-04-1987"))];
    let id = preview(&world, &csv(&rows)).await;
    hours_pass(&world, id, 23).await;
    mend(&world, id, 3, &[(Column::Dosisnummer, "1")], "").await;
    hours_pass(&world, id, 2).await;
    tidy(&world.road).await.unwrap();
    let view = look(&world, id).await;
    assert!(view.may_submit && view.line.counts.geaccepteerd == 2);
    hours_pass(&world, id, 23).await;
    tidy(&world.road).await.unwrap();
    assert_eq!(look(&world, id).await.line.phase, Phase::Discarded);
}

#[tokio::test]
async fn a_preview_that_nobody_submits_holds_up_no_file_of_a_system() {
    let world = World::new().await;
    let content = csv(&keyed());
    let id = preview(&world, &content).await;
    let other = world
        .receive_by_sftp(&world.maria, "his.csv", &content)
        .await;
    assert!(matches!(other, Received::New(_)));
    world.work().await;
    assert_eq!(world.count("reports").await, 2);
    // Now that it is stored, it is one that came before.
    for preview in [true, false] {
        let again = world
            .receive(&world.maria, "weer.csv", &content, preview)
            .await;
        assert!(matches!(again, Received::Double { of, .. } if of == other.id()));
        assert!(!world.road.blobs.holds(again.id()));
    }
    // Submitted after all, there is nothing new in it.
    submit(&world, id).await;
    let view = look(&world, id).await;
    assert_eq!(
        (view.line.outcome, view.line.counts.dubbel),
        (Some(FileOutcome::Verwerkt), 2)
    );
    assert_eq!(world.count("reports").await, 2);
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
}

#[tokio::test]
async fn what_has_no_person_is_counted_once_when_its_file_comes_twice() {
    let world = World::new().await;
    let content = csv(&[
        good(EREBOS, "01-04-2000"),
        row(&[
            (Column::Toestemming, "N"),
            (Column::Leeftijdsgroep, "B"),
            (Column::Vaccinatiedatum, "27-01-2021"),
            (Column::Vaccin, "Comirnaty"),
            (Column::Batchnummer, "EJ6795"),
            (Column::Dosisnummer, "1"),
        ]),
    ]);
    let id = preview(&world, &content).await;
    let other = world
        .receive(&world.maria, "import.csv", &content, false)
        .await;
    assert!(matches!(other, Received::New(_)));
    submit(&world, id).await;
    for id in [id, other.id()] {
        assert_eq!(look(&world, id).await.line.counts.geteld, 1);
    }
    assert_eq!(world.count("anonymous_counts WHERE number = 1").await, 1);
    assert_eq!(world.count("anonymous_counts").await, 1);
}

#[tokio::test]
async fn a_double_is_read_when_its_first_is_thrown_away_or_its_time_is_over() {
    let world = World::new().await;
    let content = csv(&keyed());
    let first = preview(&world, &content).await;
    let mut doubles = Vec::new();
    for name in ["tweede.csv", "derde.csv"] {
        let again = world.receive(&world.maria, name, &content, true).await;
        assert!(matches!(again, Received::Double { of, .. } if of == first));
        assert!(world.road.blobs.holds(again.id()), "nothing is stored yet");
        doubles.push(again.id());
    }
    Deliveries::discard(&world.portal, &world.maria, first)
        .await
        .unwrap();
    world.work().await;
    let [second, third] = doubles[..] else {
        panic!()
    };
    let view = look(&world, second).await;
    assert!(view.may_submit && view.doubles.is_none());
    assert!(view.file_findings.iter().all(|one| one.code != Code::A12));
    let view = look(&world, third).await;
    assert_eq!(
        (view.line.outcome, view.doubles),
        (Some(FileOutcome::Dubbel), Some(second)),
        "one at a time"
    );
    hours_pass(&world, second, 25).await;
    tidy(&world.road).await.unwrap();
    world.work().await;
    submit(&world, third).await;
    assert_eq!(world.count("reports").await, 2);
    assert!(!world.road.blobs.holds(second) && world.road.blobs.holds(third));
}

#[tokio::test]
async fn a_double_is_read_when_its_first_is_refused_or_destroyed() {
    let world = World::new().await;
    // Both came before the first was read.
    let refused = b"dit is geen tabel";
    let first = world.receive(&world.maria, "a.csv", refused, false).await;
    let again = world.receive(&world.maria, "b.csv", refused, false).await;
    assert!(matches!(again, Received::Double { .. }));
    world.work().await;
    for id in [first.id(), again.id()] {
        let view = look(&world, id).await;
        assert_eq!(view.line.outcome, Some(FileOutcome::Geweigerd));
        assert_eq!(view.file_findings[0].code, Code::A02);
    }

    let first = world
        .receive(&world.maria, "c.csv", &strangers(), false)
        .await
        .id();
    world.work().await;
    let again = world
        .receive(&world.maria, "d.csv", &strangers(), false)
        .await;
    assert!(matches!(again, Received::Double { of, .. } if of == first));
    world
        .portal
        .settle_parked(&world.rivm, first, false, "verkeerd".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(look(&world, again.id()).await.line.phase, Phase::Parked);
}

#[tokio::test]
async fn the_file_of_a_double_goes_when_its_first_is_stored() {
    let world = World::new().await;
    let content = csv(&keyed());
    let first = preview(&world, &content).await;
    let again = world
        .receive(&world.maria, "weer.csv", &content, true)
        .await
        .id();
    assert!(world.road.blobs.holds(again));
    submit(&world, first).await;
    assert!(!world.road.blobs.holds(again));
    let view = look(&world, again).await;
    assert_eq!(view.line.outcome, Some(FileOutcome::Dubbel));
    assert_eq!(world.count("reports").await, 2);
}

#[tokio::test]
async fn of_who_gave_no_consent_no_double_keeps_a_file_longer_than_its_first() {
    let world = World::new().await;
    let unconsented = with(
        good(NAOMI, "01-04-1987"),
        &[(Column::Toestemming, "N"), (Column::Leeftijdsgroep, "B")],
    );
    let content = csv(&[good(EREBOS, "01-04-2000"), unconsented]);
    let mut ids = Vec::new();
    for name in ["een.csv", "twee.csv"] {
        let received = world.receive(&world.maria, name, &content, true).await;
        ids.push(received.id());
    }
    assert!(ids.iter().all(|id| world.road.blobs.holds(*id)));
    world.work().await;
    let late = world
        .receive(&world.maria, "drie.csv", &content, true)
        .await;
    assert!(matches!(late, Received::Double { of, .. } if of == ids[0]));
    ids.push(late.id());
    assert!(ids.iter().all(|id| !world.road.blobs.holds(*id)));
    assert!(look(&world, ids[0]).await.may_submit);
}

#[tokio::test]
async fn what_was_mended_stays_when_a_repair_is_switched_off_and_on() {
    let world = World::new().await;
    let lot = [(Column::Batchnummer, "lot EJ6796")];
    let rows = [
        with(good(EREBOS, "01-04-2000"), &lot),
        wrong(good(NAOMI, "01-04-1987")),
        good(NOBODY, "01-04-2000"),
        wrong(with(good(FROUKE, "24-03-2000"), &lot)),
    ];
    let id = preview(&world, &csv(&rows)).await;
    mend(&world, id, 3, &[(Column::Dosisnummer, "1")], "").await;
    mend(&world, id, 4, &[], "Paspoort gezien").await;
    mend(&world, id, 5, &[(Column::Dosisnummer, "1")], "").await;
    let counts = |geaccepteerd, te_controleren, afgekeurd| Counts {
        geaccepteerd,
        te_controleren,
        afgekeurd,
        ..Counts::default()
    };
    assert_eq!(look(&world, id).await.line.counts, counts(3, 1, 0));
    let switch = async |on| {
        world
            .portal
            .switch_repair(&world.maria, id, "H05".into(), on)
            .await
            .unwrap();
        world.work().await;
    };
    switch(false).await;
    let view = look(&world, id).await;
    assert_eq!(view.line.phase, Phase::Preview);
    assert_eq!(view.line.counts, counts(1, 1, 2), "the batch numbers only");
    let row = world
        .portal
        .refused_row(&world.maria, id, 5, None)
        .await
        .unwrap();
    assert_eq!(row.line.row.get(Column::Dosisnummer), "1", "as mended");
    mend(&world, id, 5, &[(Column::Batchnummer, "EJ6796")], "").await;
    switch(true).await;
    assert_eq!(look(&world, id).await.line.counts, counts(3, 1, 0));
    assert_eq!(
        world
            .count("row_history WHERE raw_sealed IS NULL OR row_number = 2")
            .await,
        0
    );
    submit(&world, id).await;
    assert_eq!(look(&world, id).await.line.counts, counts(3, 1, 0));
    assert_eq!(world.count("reports").await, 4);
    world.nowhere(&["Paspoort gezien"]).await;
}

#[tokio::test]
async fn what_was_mended_stays_with_its_sheet() {
    let world = World::new().await;
    let january = [good(EREBOS, "01-04-2000"), wrong(good(NAOMI, "01-04-1987"))];
    let february = [
        good(EREBOS, "01-04-2000"),
        wrong(good(FROUKE, "24-03-2000")),
    ];
    let content = book(&[("Januari", &january), ("Februari", &february)], &[]);
    let id = preview(&world, &content).await;
    let choose = async |sheet| {
        world
            .portal
            .choose_sheet(&world.maria, id, sheet)
            .await
            .unwrap();
        world.work().await;
        look(&world, id).await.line.counts.geaccepteerd
    };
    assert_eq!(choose(0).await, 1);
    mend(&world, id, 3, &[(Column::Dosisnummer, "1")], "").await;
    assert_eq!(choose(1).await, 1, "another row in the same place");
    assert_eq!(choose(0).await, 2, "there it is again");
    assert_eq!(choose(1).await, 1);
}

#[tokio::test]
async fn the_raw_file_stays_when_what_was_mended_is_not_kept() {
    let world = World::new().await;
    let rows = [
        good(EREBOS, "01-04-2000"),
        wrong(good(FROUKE, "24-03-2000")),
    ];
    let id = preview(&world, &csv(&rows)).await;
    let nobody = [
        (Column::Toestemming, "N"),
        (Column::Bsn, ""),
        (Column::Geboortedatum, ""),
        (Column::Achternaam, ""),
        (Column::Leeftijdsgroep, "B"),
        (Column::Dosisnummer, "1"),
    ];
    // The database refuses at the commit.
    let at_the_commit = "CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'late'; END $$;
         CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON deliveries DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION late()";
    sqlx::raw_sql(at_the_commit)
        .execute(&world.test.admin)
        .await
        .unwrap();
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    let cells = nobody
        .iter()
        .map(|(column, text)| (*column, (*text).into()));
    let mended = MendedRow {
        number: 3,
        seen: view.line.seen,
        cells: cells.collect(),
        ..MendedRow::default()
    };
    let answer = world
        .portal
        .mend(&world.maria, id, vec![mended], None)
        .await;
    assert!(answer.is_err());
    assert!(world.road.blobs.holds(id), "the delivery names it still");
    assert_eq!(world.count("deliveries WHERE blob_id IS NULL").await, 0);
    sqlx::raw_sql("DROP TRIGGER late ON deliveries")
        .execute(&world.test.admin)
        .await
        .unwrap();
    mend(&world, id, 3, &nobody, "").await;
    assert!(!world.road.blobs.holds(id), "it says who it was");
    assert_eq!(world.count("deliveries WHERE blob_id IS NOT NULL").await, 0);
}

#[tokio::test]
async fn all_or_nothing_comes_back_to_the_preview_when_the_raw_file_is_gone() {
    let world = World::new().await;
    let other = with(
        good(NAOMI, "01-04-1987"),
        &[(Column::Batchnummer, "EM0477")],
    );
    let rows = [
        good(EREBOS, "01-04-2000"),
        other,
        wrong(good(FROUKE, "24-03-2000")),
    ];
    let id = preview(&world, &csv(&rows)).await;
    let nobody = [
        (Column::Toestemming, "N"),
        (Column::Bsn, ""),
        (Column::Geboortedatum, ""),
        (Column::Achternaam, ""),
        (Column::Leeftijdsgroep, "B"),
        (Column::Dosisnummer, "1"),
    ];
    mend(&world, id, 4, &nobody, "").await;
    assert!(!world.road.blobs.holds(id), "it says who it was");
    // The batch turned out to be of another vaccine.
    let sql = "UPDATE batches SET vaccine = (SELECT vaccine FROM batches WHERE lot = 'ABV3025') WHERE lot = 'EM0477'";
    sqlx::query(sql).execute(&world.test.admin).await.unwrap();
    assert_eq!(world.portal.submit_whole(&world.maria, id).await, Ok(true));
    world.work().await;
    let view = look(&world, id).await;
    assert_eq!(view.line.phase, Phase::Preview);
    let counts = view.line.counts;
    assert_eq!(
        (counts.geaccepteerd, counts.afgekeurd, counts.geteld),
        (1, 1, 1)
    );
    assert_eq!(world.count("reports").await, 0);
    assert_eq!(world.count("anonymous_counts").await, 0);
    mend(&world, id, 3, &[(Column::Batchnummer, "EJ6796")], "").await;
    assert_eq!(world.portal.submit_whole(&world.maria, id).await, Ok(true));
    world.work().await;
    let view = look(&world, id).await;
    assert_eq!(view.line.outcome, Some(FileOutcome::Verwerkt));
    assert_eq!(world.count("reports").await, 2);
}

//! Refused rows mended on the screen (features F24): in the preview and after the end, with what depends on them.

use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, with};
use app::ports::deliveries::{Kept, MendAnswer, MendedRow, Phase};
use app::ports::{Caller, Deliveries, PortError};
use domain::delivery::{Counts, FileOutcome};
use domain::finding::Code;
use domain::row::{Column, RowText};
use uuid::Uuid;

async fn preview(world: &World, rows: &[RowText]) -> Uuid {
    let id = world
        .receive(&world.maria, "bestand.csv", &csv(rows), true)
        .await
        .id();
    world.work().await;
    id
}

/// Opens a row, changes cells, sends it.
async fn mend(
    world: &World,
    caller: &Caller,
    id: Uuid,
    number: u32,
    cells: &[(Column, &str)],
    everywhere: bool,
) -> Result<MendAnswer, PortError> {
    let view = world.portal.refused_row(caller, id, number, None).await?;
    let mended = MendedRow {
        number,
        seen: view.seen,
        row: with(view.row, cells),
        reason: String::new(),
        everywhere,
        draft: None,
    };
    world.portal.mend(caller, id, mended).await
}

async fn counts(world: &World, id: Uuid) -> Counts {
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    view.line.counts
}

fn wrong(row: RowText) -> RowText {
    with(row, &[(Column::Dosisnummer, "nul")])
}

#[tokio::test]
async fn a_row_mended_in_the_preview_is_stored_with_the_others() {
    let world = World::new().await;
    let id = preview(
        &world,
        &[good(EREBOS, "01-04-2000"), wrong(good(NAOMI, "01-04-1987"))],
    )
    .await;
    let list = world.portal.refused(&world.maria, id, 1).await.unwrap();
    assert_eq!((list.total, list.items[0].number), (1, 3));
    let still = mend(
        &world,
        &world.maria,
        id,
        3,
        &[(Column::Dosisnummer, "11")],
        false,
    )
    .await;
    assert_eq!(still, Ok(MendAnswer::Refused));
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    assert_eq!(
        (view.row.get(Column::Dosisnummer), view.findings[0].code),
        ("11", Code::V31),
        "what was typed stands there with what is wrong now"
    );
    let good = mend(
        &world,
        &world.maria,
        id,
        3,
        &[(Column::Dosisnummer, "1")],
        false,
    )
    .await;
    assert_eq!(good, Ok(MendAnswer::Good));
    assert_eq!(counts(&world, id).await.geaccepteerd, 2);
    assert_eq!(world.count("reports").await, 0, "nothing before Indienen");
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        (view.line.phase, view.line.outcome),
        (Phase::Done, Some(FileOutcome::Verwerkt))
    );
    assert_eq!(world.count("reports").await, 2);
    assert_eq!(
        world
            .count("row_history WHERE row_number = 3 AND raw_sealed IS NOT NULL")
            .await,
        2,
        "as delivered, and as first mended"
    );
    assert_eq!(
        world
            .count("audit_lines WHERE line::jsonb ->> 'event' = 'transfer.row-mended'")
            .await,
        2
    );
}

#[tokio::test]
async fn a_row_mended_after_the_end_goes_into_the_register_at_once() {
    let world = World::new().await;
    let rows = [good(EREBOS, "01-04-2000"), wrong(good(NAOMI, "01-04-1987"))];
    let id = world.upload(&world.maria, &csv(&rows)).await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(view.line.outcome, Some(FileOutcome::DeelsVerwerkt));
    let good = mend(
        &world,
        &world.maria,
        id,
        3,
        &[(Column::Dosisnummer, "1")],
        false,
    )
    .await;
    assert_eq!(good, Ok(MendAnswer::Good));
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        (view.line.outcome, view.line.counts.geaccepteerd),
        (Some(FileOutcome::Verwerkt), 2)
    );
    let provenance = format!("reports WHERE delivery_id = '{id}' AND row_number = 3");
    assert_eq!(world.count(&provenance).await, 1);
    let gone = mend(&world, &world.maria, id, 3, &[], false).await;
    assert_eq!(gone, Err(PortError::NotFound), "it is no longer refused");
}

#[tokio::test]
async fn mending_one_of_two_rows_that_contradict_each_other_frees_both() {
    let world = World::new().await;
    let key = |row: RowText| with(row, &[(Column::Bronsleutel, "k1")]);
    let rows = [
        key(good(EREBOS, "01-04-2000")),
        key(good(NAOMI, "01-04-1987")),
        good(FROUKE, "24-03-2000"),
    ];
    for ended in [false, true] {
        let world = World::new().await;
        let id = if ended {
            world.upload(&world.maria, &csv(&rows)).await
        } else {
            preview(&world, &rows).await
        };
        assert_eq!(counts(&world, id).await.afgekeurd, 2);
        let good = mend(
            &world,
            &world.maria,
            id,
            3,
            &[(Column::Bronsleutel, "k2")],
            false,
        )
        .await;
        assert_eq!(good, Ok(MendAnswer::Good));
        let now = counts(&world, id).await;
        assert_eq!((now.geaccepteerd, now.afgekeurd), (3, 0), "ended: {ended}");
        let stored = if ended { 3 } else { 0 };
        assert_eq!(world.count("reports").await, stored);
    }
    // And a mended row that now contradicts a good one takes that one with it, while nothing is stored yet.
    let rows = [
        key(good(EREBOS, "01-04-2000")),
        wrong(good(NAOMI, "01-04-1987")),
    ];
    let id = preview(&world, &rows).await;
    let cells = [(Column::Dosisnummer, "1"), (Column::Bronsleutel, "k1")];
    let still = mend(&world, &world.maria, id, 3, &cells, false).await;
    assert_eq!(still, Ok(MendAnswer::Refused));
    assert_eq!(counts(&world, id).await.afgekeurd, 2);
}

#[tokio::test]
async fn one_value_is_mended_in_every_row_that_shares_it() {
    let world = World::new().await;
    let batch = |row: RowText, batch: &str| with(row, &[(Column::Batchnummer, batch)]);
    let id = preview(
        &world,
        &[
            batch(good(EREBOS, "01-04-2000"), "???"),
            batch(good(NAOMI, "01-04-1987"), "???"),
            batch(good(FROUKE, "24-03-2000"), "!!!"),
        ],
    )
    .await;
    let all = counts(&world, id).await;
    assert_eq!(
        all.afgekeurd, 3,
        "a file with refused rows only ends at once"
    );
    let view = world
        .portal
        .refused_row(&world.maria, id, 2, None)
        .await
        .unwrap();
    assert_eq!(view.shared, [(Column::Batchnummer, 1)]);
    let cells = [(Column::Batchnummer, "EJ6796")];
    let good = mend(&world, &world.maria, id, 2, &cells, true).await;
    assert_eq!(good, Ok(MendAnswer::Good));
    let now = counts(&world, id).await;
    assert_eq!((now.geaccepteerd, now.afgekeurd), (2, 1));
}

#[tokio::test]
async fn a_row_that_somebody_else_mended_meanwhile_is_not_overwritten() {
    let world = World::new().await;
    let id = preview(
        &world,
        &[good(EREBOS, "01-04-2000"), wrong(good(NAOMI, "01-04-1987"))],
    )
    .await;
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    mend(
        &world,
        &world.maria,
        id,
        3,
        &[(Column::Dosisnummer, "12")],
        false,
    )
    .await
    .unwrap();
    let late = MendedRow {
        number: 3,
        seen: view.seen,
        row: with(view.row, &[(Column::Dosisnummer, "1")]),
        reason: String::new(),
        everywhere: false,
        draft: None,
    };
    let Ok(MendAnswer::Kept(draft)) = world.portal.mend(&world.maria, id, late.clone()).await
    else {
        panic!("what was typed is kept");
    };
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, Some(draft))
        .await
        .unwrap();
    assert_eq!(
        (view.row.get(Column::Dosisnummer), view.kept),
        ("1", Some(Kept::Changed)),
        "what was typed stays on the screen"
    );
    let stolen = world
        .portal
        .refused_row(&world.piet, id, 3, Some(draft))
        .await;
    assert_eq!(stolen.map(|_| ()), Err(PortError::NotFound));
    // Looked at it, and sent again: now it counts, and the draft is gone.
    let again = MendedRow {
        seen: view.seen,
        draft: Some(draft),
        ..late.clone()
    };
    assert_eq!(
        world.portal.mend(&world.maria, id, again).await,
        Ok(MendAnswer::Good)
    );
    assert_eq!(world.count("drafts").await, 0);
    assert_eq!(
        world.portal.mend(&world.maria, id, late).await,
        Ok(MendAnswer::RightAlready)
    );
    let foreign = world.portal.refused_row(&world.piet, id, 3, None).await;
    assert_eq!(foreign.map(|_| ()), Err(PortError::NotFound));
}

#[tokio::test]
async fn who_cannot_be_matched_goes_to_review_with_a_reason() {
    let world = World::new().await;
    let id = preview(
        &world,
        &[good(EREBOS, "01-04-2000"), good(NOBODY, "01-04-2000")],
    )
    .await;
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    assert_eq!(view.findings[0].code, Code::B10);
    let mended = MendedRow {
        number: 3,
        seen: view.seen,
        row: view.row,
        reason: "Paspoort gezien".into(),
        everywhere: false,
        draft: None,
    };
    let answer = world.portal.mend(&world.maria, id, mended).await;
    assert_eq!(answer, Ok(MendAnswer::Good));
    assert_eq!(counts(&world, id).await.te_controleren, 1);
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    world.work().await;
    let now = counts(&world, id).await;
    assert_eq!(
        (now.te_controleren, now.afgekeurd),
        (1, 0),
        "the reason goes along when it is submitted"
    );
    assert_eq!(world.count("reports").await, 2);
    world.nowhere(&["Paspoort gezien"]).await;
}

#[tokio::test]
async fn a_row_mended_to_no_consent_leaves_nothing_of_the_person_in_any_version() {
    let world = World::new().await;
    let id = preview(
        &world,
        &[good(EREBOS, "01-04-2000"), wrong(good(NAOMI, "01-04-1987"))],
    )
    .await;
    let cells = [
        (Column::Toestemming, "N"),
        (Column::Bsn, ""),
        (Column::Geboortedatum, ""),
        (Column::Achternaam, ""),
        (Column::Leeftijdsgroep, "B"),
        (Column::Dosisnummer, "1"),
    ];
    let good = mend(&world, &world.maria, id, 3, &cells, false).await;
    assert_eq!(good, Ok(MendAnswer::Good));
    assert_eq!(counts(&world, id).await.geteld, 1);
    assert!(
        !world.road.blobs.holds(id),
        "the file as delivered says who it was"
    );
    assert_eq!(world.count("deliveries WHERE blob_id IS NOT NULL").await, 0);
    assert_eq!(
        world
            .count("row_history WHERE raw_sealed IS NOT NULL")
            .await,
        0
    );
}

#[tokio::test]
async fn a_value_that_names_a_person_is_never_put_into_other_rows() {
    let world = World::new().await;
    let nameless = |row: RowText| with(row, &[(Column::Bsn, "")]);
    let rows = [
        nameless(good(EREBOS, "01-04-2000")),
        nameless(good(NAOMI, "01-04-1987")),
        good(FROUKE, "24-03-2000"),
    ];
    let id = preview(&world, &rows).await;
    let view = world
        .portal
        .refused_row(&world.maria, id, 2, None)
        .await
        .unwrap();
    assert!(
        view.findings
            .iter()
            .any(|finding| finding.column == Some(Column::Bsn))
    );
    assert!(view.shared.is_empty(), "{:?}", view.shared);
    let cells = [(Column::Bsn, EREBOS)];
    let good = mend(&world, &world.maria, id, 2, &cells, true).await;
    assert_eq!(good, Ok(MendAnswer::Good));
    let other = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    assert_eq!(other.row.get(Column::Bsn), "");
}

#[tokio::test]
async fn a_preview_judges_a_mended_row_with_what_the_file_holds_of_the_same_person() {
    let world = World::new().await;
    let second = with(
        good(NAOMI, "01-04-1987"),
        &[
            (Column::Dosisnummer, "2"),
            (Column::Vaccinatiedatum, "10-03-2021"),
        ],
    );
    let id = preview(&world, &[wrong(good(NAOMI, "01-04-1987")), second]).await;
    let codes = async || -> Vec<Code> {
        let view = world.portal.delivery(&world.maria, id).await.unwrap();
        view.groups.iter().map(|group| group.finding.code).collect()
    };
    assert!(
        codes().await.contains(&Code::V33),
        "a second dose without a first"
    );
    let cells = [(Column::Dosisnummer, "1")];
    let good = mend(&world, &world.maria, id, 2, &cells, false).await;
    assert_eq!(good, Ok(MendAnswer::Good));
    assert!(
        !codes().await.contains(&Code::V33),
        "the first dose is there now"
    );
}

#[tokio::test]
async fn a_row_whose_cells_cannot_be_told_apart_is_filled_in_anew() {
    let world = World::new().await;
    let mut file = csv(&[good(EREBOS, "01-04-2000")]);
    // One field too many.
    let broken = format!("{};;;;;;;;;;;;;;;;;;;;;;x;y\r\n", "J");
    file.extend_from_slice(broken.as_bytes());
    let id = world
        .receive(&world.maria, "bestand.csv", &file, true)
        .await
        .id();
    world.work().await;
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    assert_eq!(view.findings[0].code, Code::R05);
    assert_eq!(view.row, RowText::default());
    let whole = MendedRow {
        number: 3,
        seen: view.seen,
        row: good(NAOMI, "01-04-1987"),
        reason: String::new(),
        everywhere: false,
        draft: None,
    };
    assert_eq!(
        world.portal.mend(&world.maria, id, whole).await,
        Ok(MendAnswer::Good)
    );
    assert_eq!(counts(&world, id).await.geaccepteerd, 2);
}

#[tokio::test]
async fn a_form_sent_after_the_session_ended_is_kept_and_changes_nothing() {
    let world = World::new().await;
    let id = preview(
        &world,
        &[good(EREBOS, "01-04-2000"), wrong(good(NAOMI, "01-04-1987"))],
    )
    .await;
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    let late = MendedRow {
        number: 3,
        seen: view.seen,
        row: with(view.row, &[(Column::Dosisnummer, "1")]),
        reason: String::new(),
        everywhere: false,
        draft: None,
    };
    let mut keeper = world.maria.clone();
    keeper.only_keeps = true;
    let Ok(MendAnswer::Kept(draft)) = world.portal.mend(&keeper, id, late).await else {
        panic!("kept");
    };
    assert_eq!(counts(&world, id).await.afgekeurd, 1);
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, Some(draft))
        .await
        .unwrap();
    assert_eq!(
        (view.row.get(Column::Dosisnummer), view.kept),
        ("1", Some(Kept::LoggedOut))
    );
}

#[tokio::test]
async fn a_preview_thrown_away_keeps_no_earlier_text_of_its_rows() {
    let world = World::new().await;
    let id = preview(
        &world,
        &[good(EREBOS, "01-04-2000"), wrong(good(NAOMI, "01-04-1987"))],
    )
    .await;
    let cells = [(Column::Dosisnummer, "1")];
    mend(&world, &world.maria, id, 3, &cells, false)
        .await
        .unwrap();
    let texts = "row_history WHERE raw_sealed IS NOT NULL";
    assert_eq!(world.count(texts).await, 1);
    Deliveries::discard(&world.portal, &world.maria, id)
        .await
        .unwrap();
    assert_eq!(world.count(texts).await, 0);
}

//! Refused rows mended on the screen (features F24): in the preview and after the end, with what depends on them.

use crate::support::counted;
use crate::torture::Crowd;
use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, with};
use app::ports::deliveries::{Kept, MendAnswer, MendedRow, Phase, RefusedView};
use app::ports::{Caller, Deliveries, PortError};
use domain::delivery::{Counts, FileOutcome};
use domain::finding::Code;
use domain::row::{Column, RowText};
use server::intake::mend::{self as mending, Became, Mended, Mending, Typed};
use server::keys::{Purpose, Sealed};
use server::store::worker_tx;
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
pub(crate) async fn mend(
    world: &World,
    caller: &Caller,
    id: Uuid,
    number: u32,
    cells: &[(Column, &str)],
    everywhere: bool,
) -> Result<MendAnswer, PortError> {
    let view = world.portal.refused_row(caller, id, number, None).await?;
    let mended = MendedRow {
        everywhere,
        ..whole(&view, &with(view.line.row.clone(), cells))
    };
    world.portal.mend(caller, id, vec![mended], None).await
}

/// The form of one row as it is posted: every cell.
fn whole(view: &RefusedView, row: &RowText) -> MendedRow {
    MendedRow {
        number: view.line.number,
        seen: view.line.seen,
        cells: Column::ALL
            .map(|column| (column, row.get(column).to_owned()))
            .into(),
        reason: Some(String::new()),
        everywhere: false,
        anyway: true,
    }
}

const GOOD: MendAnswer = answer(1, 0, 0);
const REFUSED: MendAnswer = answer(0, 1, 0);
const RIGHT_ALREADY: MendAnswer = answer(0, 0, 1);

const fn answer(good: u32, refused: u32, right_already: u32) -> MendAnswer {
    MendAnswer {
        good,
        refused,
        right_already,
        kept: None,
        not_approved: false,
        wait: None,
    }
}

async fn counts(world: &World, id: Uuid) -> Counts {
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    view.line.counts
}

fn wrong(row: RowText) -> RowText {
    with(row, &[(Column::Dosisnummer, "nul")])
}

/// A wrong row in which we repair the BSN.
fn wrong_and_repaired() -> RowText {
    let dotted = [(Column::Bsn, "9999.95.571")];
    with(wrong(good(NAOMI, "01-04-1987")), &dotted)
}

const KEPT_TEXTS: &str = "row_history WHERE raw_sealed IS NOT NULL OR repairs_sealed IS NOT NULL";

#[tokio::test]
async fn a_row_mended_in_the_preview_is_stored_with_the_others() {
    let world = World::new().await;
    let id = preview(
        &world,
        &[good(EREBOS, "01-04-2000"), wrong(good(NAOMI, "01-04-1987"))],
    )
    .await;
    let list = world
        .portal
        .refused(&world.maria, id, 1, None)
        .await
        .unwrap()
        .rows;
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
    assert_eq!(still, Ok(REFUSED));
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    assert_eq!(
        (
            view.line.row.get(Column::Dosisnummer),
            view.line.findings[0].code
        ),
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
    assert_eq!(good, Ok(GOOD));
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
    assert_eq!(good, Ok(GOOD));
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
async fn what_was_repaired_in_a_row_stays_beside_what_it_said_before_it_was_mended() {
    let world = World::new().await;
    let id = preview(&world, &[good(EREBOS, "01-04-2000"), wrong_and_repaired()]).await;
    let was: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows WHERE row_number = 3")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let cells = [(Column::Bsn, NAOMI), (Column::Dosisnummer, "1")];
    let answer = mend(&world, &world.maria, id, 3, &cells, false).await;
    assert_eq!(answer, Ok(GOOD));
    let sealed: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT repairs_sealed FROM row_history WHERE row_id = $1")
            .bind(was)
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    let sealed = Sealed::from_bytes(sealed.expect("kept"));
    let aad = Purpose::Repairs.of(was.as_bytes());
    let plain = world.road.keys.open(&sealed, &aad).unwrap();
    let repairs: Vec<(Code, Column, String, String)> = serde_json::from_slice(&plain).unwrap();
    let [(_, column, before, after)] = &repairs[..] else {
        panic!("{} repairs", repairs.len());
    };
    assert_eq!(
        (*column, before.as_str(), after.as_str()),
        (Column::Bsn, "9999.95.571", NAOMI)
    );
    let now = "delivery_rows WHERE row_number = 3 AND repairs_sealed IS NOT NULL";
    assert_eq!(world.count(now).await, 0, "as mended it needs no repair");
}

#[tokio::test]
async fn a_row_tells_how_it_stood_before_and_the_log_names_whom_that_was_about() {
    let world = World::new().await;
    let id = preview(&world, &[wrong(good(EREBOS, "01-04-2000"))]).await;
    let cells = [(Column::Bsn, NAOMI), (Column::Geboortedatum, "01-04-1987")];
    let still = mend(&world, &world.maria, id, 2, &cells, false).await;
    assert_eq!(still, Ok(REFUSED));
    for anew in [false, true] {
        if anew {
            let off = world
                .portal
                .switch_repair(&world.maria, id, "H05".into(), false);
            off.await.unwrap();
            world.work().await;
        }
        let view = world.portal.refused_row(&world.maria, id, 2, None);
        let view = view.await.unwrap();
        assert_eq!(view.line.row.get(Column::Bsn), NAOMI, "anew: {anew}");
        let [was] = &view.earlier[..] else {
            panic!("{} readings, anew: {anew}", view.earlier.len());
        };
        assert_eq!(was.row.get(Column::Bsn), EREBOS);
        assert!(was.repairs.is_empty());
        let about = format!(
            "audit_persons p JOIN audit_lines l ON (l.shard, l.seq) = (p.shard, p.seq)
             WHERE l.event = 'look.row' AND strpos(l.line, '{}') > 0",
            view.line.seen
        );
        assert_eq!(world.count(&about).await, 2, "as it stands and as it stood");
    }
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
        assert_eq!(good, Ok(GOOD));
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
    assert_eq!(still, Ok(REFUSED));
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
    assert_eq!(counts(&world, id).await.afgekeurd, 3);
    let phase = async || {
        let view = world.portal.delivery(&world.maria, id).await.unwrap();
        (view.line.phase, view.may_switch, view.line.outcome)
    };
    let waits = (Phase::Preview, true, None);
    assert_eq!(phase().await, waits, "with refused rows only, too");
    let view = world
        .portal
        .refused_row(&world.maria, id, 2, None)
        .await
        .unwrap();
    assert_eq!(view.line.shared, [(Column::Batchnummer, Some(1))]);
    let cells = [(Column::Batchnummer, "EJ6796")];
    let good = mend(&world, &world.maria, id, 2, &cells, true).await;
    assert_eq!(good, Ok(GOOD));
    let now = counts(&world, id).await;
    assert_eq!((now.geaccepteerd, now.afgekeurd), (2, 1));
    assert_eq!(phase().await, waits);
    assert_eq!(world.count("reports").await, 0, "seen before it is stored");
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    world.work().await;
    let partly = Some(FileOutcome::DeelsVerwerkt);
    assert_eq!(phase().await, (Phase::Done, false, partly));
    assert_eq!(world.count("reports").await, 2);
}

#[tokio::test]
async fn of_more_rows_than_are_counted_every_wrong_value_is_offered_for_all_of_them() {
    let world = World::new().await;
    let batch = |place: usize, batch: &str| {
        let row = counted(&format!("c-{place}"));
        with(row, &[(Column::Batchnummer, batch)])
    };
    let many = (0..2_000).map(|place| batch(place, "???"));
    // Two values that stand behind those.
    let rows: Vec<RowText> = many
        .chain([batch(2_000, "!!!"), batch(2_001, "!!!")])
        .collect();
    let id = preview(&world, &rows).await;
    assert_eq!(counts(&world, id).await.afgekeurd, 2_002);
    for number in [2, 2_002] {
        let view = world
            .portal
            .refused_row(&world.maria, id, number, None)
            .await
            .unwrap();
        assert_eq!(view.line.shared, [(Column::Batchnummer, None)], "{number}");
    }
}

#[tokio::test]
async fn a_row_is_a_double_of_one_with_a_wrong_key_once_that_one_is_mended() {
    let world = World::new().await;
    let key = |row: RowText, key: &str| with(row, &[(Column::Bronsleutel, key)]);
    let first = key(good(EREBOS, "01-04-2000"), "k1");
    world.upload(&world.maria, &csv(&[first])).await;
    let second = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Vaccinatiedatum, "10-03-2021"),
            (Column::Dosisnummer, "2"),
        ],
    );
    let rows = [
        key(second.clone(), "k1"),
        key(second, "k2"),
        key(wrong(good(FROUKE, "24-03-2000")), "k3"),
    ];
    let id = preview(&world, &rows).await;
    let now = async || {
        let counts = counts(&world, id).await;
        (counts.geaccepteerd, counts.afgekeurd, counts.dubbel)
    };
    assert_eq!(now().await, (1, 2, 0));
    // Mending another row does not make it a double.
    let cells = [(Column::Dosisnummer, "1")];
    let good = mend(&world, &world.maria, id, 4, &cells, false).await;
    assert_eq!((good, now().await), (Ok(GOOD), (2, 1, 0)));
    let cells = [(Column::Bronsleutel, "k9")];
    let good = mend(&world, &world.maria, id, 2, &cells, false).await;
    assert_eq!((good, now().await), (Ok(GOOD), (2, 0, 1)));
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
    let late = whole(
        &view,
        &with(view.line.row.clone(), &[(Column::Dosisnummer, "1")]),
    );
    let answer = world
        .portal
        .mend(&world.maria, id, vec![late.clone()], None)
        .await;
    let draft = answer.unwrap().kept.expect("what was typed is kept");
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, Some(draft))
        .await
        .unwrap();
    assert_eq!(
        (view.line.row.get(Column::Dosisnummer), view.line.kept),
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
        seen: view.line.seen,
        ..late.clone()
    };
    assert_eq!(
        world
            .portal
            .mend(&world.maria, id, vec![again], Some(draft))
            .await,
        Ok(GOOD)
    );
    assert_eq!(world.count("drafts").await, 0);
    assert_eq!(
        world.portal.mend(&world.maria, id, vec![late], None).await,
        Ok(RIGHT_ALREADY)
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
    assert_eq!(view.line.findings[0].code, Code::B10);
    let mended = MendedRow {
        reason: Some("Paspoort gezien".into()),
        ..whole(&view, &view.line.row.clone())
    };
    let answer = world
        .portal
        .mend(&world.maria, id, vec![mended], None)
        .await;
    assert_eq!(answer, Ok(GOOD));
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
    let id = preview(&world, &[good(EREBOS, "01-04-2000"), wrong_and_repaired()]).await;
    let cells = [
        (Column::Toestemming, "N"),
        (Column::Bsn, ""),
        (Column::Geboortedatum, ""),
        (Column::Achternaam, ""),
        (Column::Leeftijdsgroep, "B"),
        (Column::Dosisnummer, "1"),
    ];
    let good = mend(&world, &world.maria, id, 3, &cells, false).await;
    assert_eq!(good, Ok(GOOD));
    assert_eq!(counts(&world, id).await.geteld, 1);
    assert!(
        !world.road.blobs.holds(id),
        "the file as delivered says who it was"
    );
    assert_eq!(world.count("deliveries WHERE blob_id IS NOT NULL").await, 0);
    assert_eq!(world.count(KEPT_TEXTS).await, 0);
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
        view.line
            .findings
            .iter()
            .any(|finding| finding.column == Some(Column::Bsn))
    );
    assert!(view.line.shared.is_empty(), "{:?}", view.line.shared);
    let cells = [(Column::Bsn, EREBOS)];
    let good = mend(&world, &world.maria, id, 2, &cells, true).await;
    assert_eq!(good, Ok(GOOD));
    let other = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    assert_eq!(other.line.row.get(Column::Bsn), "");
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
    assert_eq!(good, Ok(GOOD));
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
    assert_eq!(view.line.findings[0].code, Code::R05);
    assert_eq!(view.line.row, RowText::default());
    let filled = whole(&view, &good(NAOMI, "01-04-1987"));
    assert_eq!(
        world
            .portal
            .mend(&world.maria, id, vec![filled], None)
            .await,
        Ok(GOOD)
    );
    assert_eq!(counts(&world, id).await.geaccepteerd, 2);
}

/// As Excel saves a CSV: empty cells at the end are left out.
#[tokio::test]
async fn a_row_that_ends_before_its_empty_cells_is_refused_and_sent_as_it_stands() {
    let world = World::new().await;
    let whole_line = |bsn, birth| with(good(bsn, birth), &[(Column::Vaccinatieland, "NL")]);
    let ends_early = good(NAOMI, "01-04-1987");
    let saved = async |rows: &[RowText]| {
        let whole = String::from_utf8(csv(rows)).unwrap();
        let lines = whole.lines().map(|line| line.trim_end_matches(';'));
        let short: String = lines.map(|line| format!("{line}\r\n")).collect();
        assert_ne!(short, whole);
        let received = world.receive(&world.maria, "bestand.csv", short.as_bytes(), true);
        let id = received.await.id();
        world.work().await;
        let row = world.portal.refused_row(&world.maria, id, 3, None);
        (id, row.await.unwrap().line)
    };
    let first = whole_line(EREBOS, "01-04-2000");
    let (id, line) = saved(&[first.clone(), ends_early.clone()]).await;
    assert_eq!(line.findings[0].code, Code::R05);
    assert_eq!(line.row, ends_early, "nothing is to be typed again");
    assert_eq!(counts(&world, id).await.afgekeurd, 1);
    let sent = mend(&world, &world.maria, id, 3, &[], false).await;
    assert_eq!(sent, Ok(GOOD));
    assert_eq!(counts(&world, id).await.geaccepteerd, 2);
    // The file is read anew, with a kind of repair off: what was sent on stays so.
    let off = world
        .portal
        .switch_repair(&world.maria, id, "H06".into(), false);
    off.await.unwrap();
    world.work().await;
    assert_eq!(counts(&world, id).await.geaccepteerd, 2);

    // Until somebody sends it on it stands in no other row's way.
    let again = whole_line(NAOMI, "01-04-1987");
    let other = wrong(whole_line(FROUKE, "24-03-2000"));
    let (id, _) = saved(&[first.clone(), ends_early.clone(), again, other]).await;
    let cells = [(Column::Dosisnummer, "1")];
    let sent = mend(&world, &world.maria, id, 5, &cells, false).await;
    assert_eq!(sent, Ok(GOOD));
    let now = counts(&world, id).await;
    assert_eq!((now.geaccepteerd, now.afgekeurd), (3, 1));

    // Without consent it holds nothing of the person.
    let refused = with(ends_early, &[(Column::Toestemming, "N")]);
    let (_, line) = saved(&[first, refused]).await;
    assert_eq!(line.row.get(Column::Bsn), "");
    assert_ne!(line.row.get(Column::Batchnummer), "");
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
    let late = whole(
        &view,
        &with(view.line.row.clone(), &[(Column::Dosisnummer, "1")]),
    );
    let mut keeper = world.maria.clone();
    keeper.only_keeps = true;
    let answer = world.portal.mend(&keeper, id, vec![late], None).await;
    let draft = answer.unwrap().kept.expect("kept");
    assert_eq!(counts(&world, id).await.afgekeurd, 1);
    let view = world
        .portal
        .refused_row(&world.maria, id, 3, Some(draft))
        .await
        .unwrap();
    assert_eq!(
        (view.line.row.get(Column::Dosisnummer), view.line.kept),
        ("1", Some(Kept::LoggedOut))
    );
}

#[tokio::test]
async fn a_preview_thrown_away_keeps_no_earlier_text_of_its_rows() {
    let world = World::new().await;
    let id = preview(&world, &[good(EREBOS, "01-04-2000"), wrong_and_repaired()]).await;
    let cells = [(Column::Dosisnummer, "1")];
    mend(&world, &world.maria, id, 3, &cells, false)
        .await
        .unwrap();
    assert_eq!(world.count(KEPT_TEXTS).await, 1);
    Deliveries::discard(&world.portal, &world.maria, id)
        .await
        .unwrap();
    assert_eq!(world.count(KEPT_TEXTS).await, 0);
}

#[tokio::test]
async fn rows_of_the_grid_are_mended_in_one_go_and_the_untouched_stay_as_they_are() {
    let world = World::new().await;
    let spaced = |row: RowText| with(row, &[(Column::Achternaam, "  met blanks ")]);
    let rows = [
        wrong(good(EREBOS, "01-04-2000")),
        wrong(spaced(good(NAOMI, "01-04-1987"))),
        wrong(good(FROUKE, "24-03-2000")),
        good(FROUKE, "24-03-2000"),
    ];
    let id = preview(&world, &rows).await;
    let list = world
        .portal
        .refused(&world.maria, id, 1, None)
        .await
        .unwrap();
    let dose = |at: usize, dose: &str| {
        let row = &list.rows.items[at];
        // As a text box posts it: without the blanks around.
        let name = row.row.get(Column::Achternaam).trim().to_owned();
        MendedRow {
            number: row.number,
            seen: row.seen,
            cells: vec![
                (Column::Dosisnummer, dose.to_owned()),
                (Column::Achternaam, name),
            ],
            ..MendedRow::default()
        }
    };
    let posted = vec![dose(0, "1"), dose(1, "nul"), dose(2, "12")];
    let answer = world.portal.mend(&world.maria, id, posted, None).await;
    assert_eq!(answer, Ok(answer_of(1, 1)));
    let list = world
        .portal
        .refused(&world.maria, id, 1, None)
        .await
        .unwrap();
    let left: Vec<_> = list.rows.items.iter().map(|row| row.number).collect();
    assert_eq!(left, [3, 4]);
    assert_eq!(list.rows.items[1].row.get(Column::Dosisnummer), "12");
    assert_eq!(
        world.count("row_history WHERE row_number = 3").await,
        0,
        "a row that nobody changed has no history"
    );
    assert_eq!(
        world
            .count("audit_lines WHERE line::jsonb ->> 'event' = 'transfer.row-mended'")
            .await,
        1
    );
    let none = world.portal.mend(&world.maria, id, Vec::new(), None).await;
    assert_eq!(none, Ok(MendAnswer::default()));
}

const fn answer_of(good: u32, refused: u32) -> MendAnswer {
    answer(good, refused, 0)
}

#[tokio::test]
async fn a_value_goes_everywhere_but_into_rows_that_say_something_of_their_own() {
    let world = World::new().await;
    let batch = |row: RowText| with(row, &[(Column::Batchnummer, "???")]);
    let rows = [
        batch(good(EREBOS, "01-04-2000")),
        batch(good(NAOMI, "01-04-1987")),
        batch(good(FROUKE, "24-03-2000")),
    ];
    let id = preview(&world, &rows).await;
    let list = world
        .portal
        .refused(&world.maria, id, 1, None)
        .await
        .unwrap();
    assert!(
        list.rows
            .items
            .iter()
            .all(|row| row.shared == [(Column::Batchnummer, Some(2))])
    );
    let typed = |at: usize, batch: &str, everywhere: bool| MendedRow {
        number: list.rows.items[at].number,
        seen: list.rows.items[at].seen,
        cells: vec![(Column::Batchnummer, batch.to_owned())],
        everywhere,
        ..MendedRow::default()
    };
    let posted = vec![typed(0, "EJ6796", true), typed(1, "!!!", false)];
    let answer = world.portal.mend(&world.maria, id, posted, None).await;
    assert_eq!(answer, Ok(answer_of(1, 1)));
    let now = counts(&world, id).await;
    assert_eq!((now.geaccepteerd, now.afgekeurd), (2, 1));
    let other = world
        .portal
        .refused_row(&world.maria, id, 3, None)
        .await
        .unwrap();
    assert_eq!(other.line.row.get(Column::Batchnummer), "!!!");
}

#[tokio::test]
async fn what_rows_would_come_to_is_said_by_the_same_rules_and_changes_nothing() {
    for ended in [false, true] {
        let world = World::new().await;
        let rows = [
            good(EREBOS, "01-04-2000"),
            wrong(good(NAOMI, "01-04-1987")),
            wrong(good(NOBODY, "01-04-2000")),
        ];
        let id = if ended {
            world.upload(&world.maria, &csv(&rows)).await
        } else {
            preview(&world, &rows).await
        };
        let list = world
            .portal
            .refused(&world.maria, id, 1, None)
            .await
            .unwrap();
        let typed: Vec<MendedRow> = list
            .rows
            .items
            .iter()
            .map(|row| MendedRow {
                number: row.number,
                seen: row.seen,
                cells: Column::ALL
                    .into_iter()
                    .map(|column| match column {
                        Column::Dosisnummer => (column, "1".to_owned()),
                        _ => (column, row.row.get(column).to_owned()),
                    })
                    .collect(),
                ..MendedRow::default()
            })
            .collect();
        let before = (
            world.count("reports").await,
            world.count("delivery_rows").await,
            counts(&world, id).await,
        );
        let foreseen = world
            .portal
            .foresee(&world.maria, id, typed.clone())
            .await
            .unwrap();
        let [first, second] = &foreseen[..] else {
            panic!("{foreseen:?}");
        };
        assert!(first.good && first.number == 3, "{first:?}");
        assert!(
            !second.good && second.findings.iter().any(|it| it.code == Code::B10),
            "the BRP is asked too: {second:?}"
        );
        let after = (
            world.count("reports").await,
            world.count("delivery_rows").await,
            counts(&world, id).await,
        );
        assert_eq!(before, after, "ended: {ended}");
        assert_eq!(world.count("row_history").await, 0);
        assert_eq!(
            world
                .count("audit_lines WHERE line::jsonb ->> 'event' = 'look.brp-check'")
                .await,
            3,
            "one of the rows, and one of those with each answer"
        );
        // And so it comes.
        let answer = world.portal.mend(&world.maria, id, typed, None).await;
        assert_eq!(answer, Ok(answer_of(1, 1)));
    }
}

/// Puts a good batch in a row, and in all that share its wrong one when asked for, by portions of so many rows.
async fn mend_batch(world: &World, id: Uuid, (number, everywhere): (u32, bool), size: i32) {
    let opened = world
        .portal
        .refused_row(&world.maria, id, number, None)
        .await
        .unwrap();
    let typed = Typed {
        number,
        seen: opened.line.seen,
        cells: vec![(Column::Batchnummer, "EJ6796".to_owned())],
        everywhere,
        ..Typed::default()
    };
    let all = Mending {
        delivery: id,
        party: world.maria.party().unwrap().id,
        by: world.maria.user_id,
        staff: false,
        asks: None,
        foresee: false,
        decision: None,
        again: false,
        as_of: None,
        rows: vec![typed],
    };
    let mut tx = worker_tx(&world.road.db).await.unwrap();
    let mended = mending::by_portions(&world.road, &mut tx, all, size).await;
    let Ok(Mended::Done(done)) = mended else {
        panic!("closed")
    };
    tx.commit().await.unwrap();
    assert!(matches!(done.rows[..], [(own, Became::Judged(..))] if own == number));
}

#[tokio::test]
async fn of_rows_that_contradict_each_other_as_they_are_mended_not_both_are_stored() {
    const ROWS: usize = 40;
    const SIZE: i32 = 10;
    let (world, crowd) = (World::new().await, Crowd::new(ROWS));
    crowd.enter_brp(&world).await;
    // The last is about the person, day and dose of row 4, portions before it; row 3 is wrong in a way of its own.
    let row = |place: usize| {
        let key = format!("k-{place}");
        let own = [
            (Column::Bronsleutel, key.as_str()),
            (Column::Batchnummer, if place == 1 { "!!!" } else { "???" }),
        ];
        if place == ROWS - 1 {
            let elsewhere = with(crowd.good(2), &[(Column::Vaccinatieplaats, "Zeist")]);
            return with(elsewhere, &own);
        }
        with(crowd.good(place), &own)
    };
    let rows: Vec<_> = (0..ROWS).map(row).collect();
    let id = world
        .receive_by_sftp(&world.maria, "a.csv", &csv(&rows))
        .await
        .id();
    world.work().await;
    assert_eq!(counts(&world, id).await.afgekeurd, ROWS as u32);
    mend_batch(&world, id, (2, true), SIZE).await;
    let contradicts =
        "delivery_rows WHERE row_number = 41 AND outcome = 'AFGEKEURD' AND state = 'open'
         AND findings @> '[{\"code\": \"D02\"}]'";
    assert_eq!(world.count(contradicts).await, 1);
    assert_eq!(world.count("reports").await, ROWS as i64 - 2);
    // As long as the other one stands, whatever else is mended.
    mend_batch(&world, id, (3, false), SIZE).await;
    assert_eq!(world.count(contradicts).await, 1);
    assert_eq!(counts(&world, id).await.afgekeurd, 1);
    assert_eq!(world.count("reports").await, ROWS as i64 - 1);
}

#[tokio::test]
async fn one_value_goes_into_every_row_that_shares_it_however_many_there_are() {
    const ROWS: usize = 64;
    const SIZE: i32 = 10;
    for size in [SIZE, 20_000] {
        let (world, crowd) = (World::new().await, Crowd::new(ROWS));
        crowd.enter_brp(&world).await;
        // Every eighth has another wrong value, and one row is the first of two that contradict each other.
        let row = |place: usize| {
            let batch = if place % 8 == 7 { "!!!" } else { "???" };
            let key = format!("k-{}", place.max(1));
            let cells = [
                (Column::Bronsleutel, key.as_str()),
                (Column::Batchnummer, batch),
            ];
            with(crowd.good(place), &cells)
        };
        let rows: Vec<_> = (0..ROWS).map(row).collect();
        let content = csv(&rows);
        let id = world
            .receive_by_sftp(&world.maria, "a.csv", &content)
            .await
            .id();
        world.work().await;
        let before = counts(&world, id).await;
        assert_eq!(before.afgekeurd, ROWS as u32);
        mend_batch(&world, id, (4, true), size).await;
        // The two that contradict each other stay refused, with their batch mended.
        let shared = (0..ROWS).filter(|place| place % 8 != 7).count() as u32;
        let now = counts(&world, id).await;
        assert_eq!(
            (now.geaccepteerd, now.afgekeurd),
            (shared - 2, ROWS as u32 - shared + 2),
            "{size}"
        );
        assert_eq!(world.count("reports").await, i64::from(shared) - 2);
        let history = "(SELECT DISTINCT row_number FROM row_history) AS one";
        assert_eq!(world.count(history).await, i64::from(shared), "{size}");
        let left = "delivery_rows WHERE state = 'open' AND findings @> '[{\"code\": \"D02\"}]' AND row_number IN (2, 3)";
        assert_eq!(world.count(left).await, 2, "{size}");
    }
}

//! Files: preview, "Indienen", outcomes, doubles, refused and empty ones, answers; nothing without consent.

use crate::moment::{both, hang};
use crate::support::{counted, until};
use crate::torture::Crowd;
use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, row, with};
use app::ports::deliveries::Phase;
use app::ports::{Deliveries, PortError};
use domain::delivery::{Counts, FileOutcome};
use domain::finding::Code;
use domain::row::{Column, RowText};
use server::intake::answer;
use server::intake::receive::Received;
use server::store::party_tx;
use std::time::Duration;

fn three() -> Vec<RowText> {
    vec![
        good(EREBOS, "01-04-2000"),
        good(NAOMI, "01-04-1987"),
        with(good(FROUKE, "24-03-2000"), &[(Column::Dosisnummer, "nul")]),
    ]
}

#[tokio::test]
async fn a_preview_changes_nothing_until_it_is_submitted() {
    let world = World::new().await;
    let id = world
        .receive(&world.maria, "zonnehof.csv", &csv(&three()), true)
        .await
        .id();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(view.line.phase, Phase::Preview);
    assert_eq!(
        view.line.counts,
        Counts {
            geaccepteerd: 2,
            afgekeurd: 1,
            ..Counts::default()
        }
    );
    assert_eq!(
        (
            view.groups.len(),
            view.groups[0].finding.code,
            view.groups[0].rows.first.as_str()
        ),
        (1, Code::V31, "4")
    );
    assert_eq!(
        view.read_as,
        "Gelezen als CSV met puntkomma, utf-8, kopregel 1"
    );
    assert_eq!(
        world.count("reports").await
            + world.count("vaccinations").await
            + world.count("persons").await,
        0
    );

    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .expect("pressed twice is once");
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        (view.line.phase, view.line.outcome),
        (Phase::Done, Some(FileOutcome::DeelsVerwerkt))
    );
    assert_eq!(
        view.line.counts,
        Counts {
            geaccepteerd: 2,
            afgekeurd: 1,
            ..Counts::default()
        }
    );
    assert_eq!(world.count("reports").await, 2);
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
    assert_eq!(
        world.count("delivery_rows WHERE state = 'pending'").await,
        0
    );
}

#[tokio::test]
async fn a_preview_thrown_away_leaves_nothing_and_does_not_count_as_received() {
    let world = World::new().await;
    let id = world
        .receive(&world.maria, "a.csv", &csv(&three()), true)
        .await
        .id();
    world.work().await;
    Deliveries::discard(&world.portal, &world.maria, id)
        .await
        .unwrap();
    Deliveries::discard(&world.portal, &world.maria, id)
        .await
        .expect("twice is once");
    assert_eq!(world.count("delivery_rows").await, 0);
    assert!(!world.road.blobs.holds(id));
    assert_eq!(
        Deliveries::submit(&world.portal, &world.maria, id).await,
        Err(PortError::Conflict)
    );
    assert!(matches!(
        world
            .receive(&world.maria, "a.csv", &csv(&three()), true)
            .await,
        Received::New(_)
    ));
}

/// "Al eerder ontvangen" would be untrue: nothing is stored, and after a day both are gone.
#[tokio::test]
async fn a_double_of_what_waits_for_submit_says_so() {
    let world = World::new().await;
    let (content, mut ids) = (csv(&three()), Vec::new());
    for name in ["ochtend.csv", "middag.csv"] {
        let received = world.receive(&world.maria, name, &content, true);
        ids.push(received.await.id());
        world.work().await;
    }
    let shown = async || {
        let view = world.portal.delivery(&world.maria, ids[1]).await.unwrap();
        (view.line.outcome, view.doubles, view.doubles_waits)
    };
    let double = Some(FileOutcome::Dubbel);
    assert_eq!(shown().await, (double, Some(ids[0]), true));
    Deliveries::submit(&world.portal, &world.maria, ids[0])
        .await
        .unwrap();
    world.work().await;
    assert_eq!(shown().await, (double, Some(ids[0]), false));
}

#[tokio::test]
async fn the_same_content_again_is_a_double_unless_the_first_was_refused() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &csv(&three())).await;
    let again = world
        .receive(&world.maria, "andere naam.csv", &csv(&three()), true)
        .await;
    assert!(matches!(again, Received::Double { of, .. } if of == first));
    let view = world
        .portal
        .delivery(&world.maria, again.id())
        .await
        .unwrap();
    assert_eq!(
        (view.line.outcome, view.doubles),
        (Some(FileOutcome::Dubbel), Some(first))
    );
    assert_eq!(
        (view.file_findings[0].code, view.line.counts),
        (Code::A12, Counts::default())
    );
    // Another party may send the same.
    assert!(matches!(
        world
            .receive(&world.piet, "a.csv", &csv(&three()), true)
            .await,
        Received::New(_)
    ));
    // Refused: may come again.
    let refused = b"dit is geen tabel";
    world.upload(&world.maria, refused).await;
    assert!(matches!(
        world.receive(&world.maria, "b.csv", refused, true).await,
        Received::New(_)
    ));
}

#[tokio::test]
async fn replaying_every_row_in_another_file_stores_nothing_new() {
    let world = World::new().await;
    let rows = [good(EREBOS, "01-04-2000"), good(NAOMI, "01-04-1987")];
    world.upload(&world.maria, &csv(&rows)).await;
    let before = (
        world.count("reports").await,
        world.count("vaccinations").await,
    );
    // A blank line more: another file with the same rows.
    let mut other = csv(&rows);
    other.extend_from_slice(b"\r\n");
    let id = world.upload(&world.maria, &other).await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        view.line.counts,
        Counts {
            dubbel: 2,
            ..Counts::default()
        }
    );
    assert_eq!(view.line.outcome, Some(FileOutcome::Verwerkt));
    assert_eq!(view.groups[0].finding.code, Code::D03);
    assert_eq!(
        (
            world.count("reports").await,
            world.count("vaccinations").await
        ),
        before
    );
}

#[tokio::test]
async fn empty_and_refused_files_end_with_their_outcome_and_an_answer() {
    let world = World::new().await;
    for (content, outcome) in [
        (csv(&[]), FileOutcome::Leeg),
        (Vec::new(), FileOutcome::Geweigerd),
        (b"a;b;c\r\n1;2;3\r\n".to_vec(), FileOutcome::Geweigerd),
        (
            csv(&[row(&[(Column::Toestemming, "J"), (Column::Bsn, "1")])]),
            FileOutcome::Geweigerd,
        ),
    ] {
        let id = world.upload(&world.maria, &content).await;
        let view = world.portal.delivery(&world.maria, id).await.unwrap();
        assert_eq!(
            (view.line.phase, view.line.outcome),
            (Phase::Done, Some(outcome))
        );
        let (table, totals) = answers(&world, id).await;
        assert!(table.starts_with("\u{feff}regel;bronsleutel;uitkomst;kolom;code;melding\r\n"));
        let totals: serde_json::Value = serde_json::from_str(&totals).unwrap();
        assert_eq!(totals["uitkomst"], serde_json::to_value(outcome).unwrap());
    }
}

async fn answers(world: &World, id: uuid::Uuid) -> (String, String) {
    let mut tx = party_tx(&world.road.db, &world.maria).await.unwrap();
    let (mut table, mut totals) = (Vec::new(), Vec::new());
    answer::csv(&mut tx, id, &mut table).await.unwrap();
    answer::json(&mut tx, id, &mut totals).await.unwrap();
    (
        String::from_utf8(table).unwrap(),
        String::from_utf8(totals).unwrap(),
    )
}

#[tokio::test]
async fn the_answer_names_a_row_by_its_key_as_it_was_repaired() {
    let world = World::new().await;
    let mut rows = three();
    rows[0].set(Column::Bronsleutel, "rij-1\u{a0}");
    rows[1].set(Column::Bronsleutel, "\u{200b}rij-2");
    rows[1].set(Column::Dosisnummer, "");
    let id = world.upload(&world.maria, &csv(&rows)).await;
    let (table, _) = answers(&world, id).await;
    let lines: Vec<&str> = table.trim_end().split("\r\n").collect();
    assert!(
        lines[1].starts_with("2;rij-1;GEACCEPTEERD;bronsleutel;H03;"),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].starts_with("3;rij-2;AFGEKEURD;bronsleutel;H03;"),
        "{}",
        lines[2]
    );
}

#[tokio::test]
async fn the_answer_has_every_row_and_no_value_of_a_person() {
    let world = World::new().await;
    let mut rows = three();
    rows[0].set(Column::Bronsleutel, "rij-1");
    rows[1].set(Column::Bronsleutel, "999995571");
    rows[1].set(Column::Achternaam, "Jonker");
    let id = world.upload(&world.maria, &csv(&rows)).await;
    let (table, totals) = answers(&world, id).await;
    let lines: Vec<&str> = table.trim_end().split("\r\n").collect();
    assert_eq!(lines[1], "2;rij-1;GEACCEPTEERD;;;");
    assert!(
        lines[2].starts_with("3;;AFGEKEURD;bronsleutel;R04;"),
        "{}",
        lines[2]
    );
    assert!(
        lines[3].starts_with("4;;AFGEKEURD;dosisnummer;V31;"),
        "{}",
        lines[3]
    );
    assert_eq!(lines.len(), 4);
    let totals: serde_json::Value = serde_json::from_str(&totals).unwrap();
    assert_eq!(
        (
            &totals["regels"],
            &totals["uitkomsten"]["afgekeurd"],
            &totals["codes"]["R04"]
        ),
        (&3.into(), &2.into(), &1.into())
    );
    for value in [EREBOS, NAOMI, FROUKE, "01-04-2000", "Jonker"] {
        assert!(
            !table.contains(value) && !totals.to_string().contains(value),
            "{value}"
        );
    }
}

#[tokio::test]
async fn two_parties_with_the_same_jab_are_one_vaccination_with_two_sources() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    world.record(&world.piet, &good(EREBOS, "01-04-2000")).await;
    assert_eq!(world.count("vaccinations").await, 1);
    assert_eq!(world.count("reports").await, 2);
    assert_eq!(
        world
            .count("reports r JOIN vaccinations v ON v.id = r.vaccination_id")
            .await,
        2
    );
}

#[tokio::test]
async fn without_consent_a_file_leaves_no_trace_of_a_person() {
    let world = World::new().await;
    let no = row(&[
        (Column::Toestemming, "N"),
        (Column::Vaccinatiedatum, "27-01-2021"),
        (Column::Vaccin, "Comirnaty"),
        (Column::Batchnummer, "EJ6795"),
        (Column::Dosisnummer, "1"),
        (Column::Leeftijdsgroep, "C"),
        (Column::Bronsleutel, "geheim-7"),
    ]);
    let with_values = with(
        no.clone(),
        &[
            (Column::Bronsleutel, "geheim-8"),
            (Column::Bsn, NAOMI),
            (Column::Achternaam, "Zeldzaamheid"),
            (Column::Geboortedatum, "01-04-1987"),
        ],
    );
    let id = world
        .upload(&world.maria, &csv(&[no.clone(), with_values]))
        .await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        view.line.counts,
        Counts {
            geteld: 1,
            afgekeurd: 1,
            ..Counts::default()
        }
    );
    assert!(
        !world.road.blobs.holds(id),
        "the raw file went with its last row"
    );
    assert_eq!(world.count("anonymous_counts WHERE number = 1").await, 1);
    // The same person again in another file is not counted twice.
    world
        .upload(&world.maria, &[csv(&[no]), b"\r\n".to_vec()].concat())
        .await;
    assert_eq!(world.count("anonymous_counts WHERE number = 1").await, 1);
    world
        .nowhere(&[NAOMI, "Zeldzaamheid", "01-04-1987", "1987-04-01"])
        .await;
    // The keys of counted rows lead to people in the source system: gone too.
    assert_eq!(world.count("delivery_rows WHERE outcome = 'GETELD' AND (raw_sealed IS NOT NULL OR source_key IS NOT NULL)").await, 0);
    world.nowhere(&["geheim-7"]).await;
}

#[tokio::test]
async fn a_file_that_can_hardly_be_matched_is_parked() {
    let world = World::new().await;
    let rows: Vec<RowText> = (0..10)
        .map(|day| {
            with(
                good(NOBODY, "01-04-2000"),
                &[
                    (Column::Vaccinatiedatum, &format!("{:02}-02-2021", day + 1)),
                    (Column::Dosisnummer, "1"),
                ],
            )
        })
        .collect();
    for preview in [true, false] {
        let mut content = csv(&rows);
        content.extend_from_slice(if preview { b"" } else { b"\r\n" });
        let id = world
            .receive(&world.maria, "a.csv", &content, preview)
            .await
            .id();
        world.work().await;
        let view = world.portal.delivery(&world.maria, id).await.unwrap();
        assert_eq!((view.line.phase, view.line.outcome), (Phase::Parked, None));
        assert!(
            view.file_findings
                .iter()
                .any(|finding| finding.code == Code::A20)
        );
        assert_eq!(world.count("reports").await, 0);
    }
}

#[tokio::test]
async fn a_correction_and_a_withdrawal_in_the_same_file_find_the_row_they_mean() {
    let world = World::new().await;
    let key = |row: RowText| with(row, &[(Column::Bronsleutel, "k1")]);
    let rows = [
        key(good(EREBOS, "01-04-2000")),
        key(with(
            good(EREBOS, "01-04-2000"),
            &[
                (Column::Mutatie, "C"),
                (Column::Vaccinatiedatum, "28-01-2021"),
            ],
        )),
        key(with(row(&[]), &[(Column::Mutatie, "V")])),
    ];
    let id = world.upload(&world.maria, &csv(&rows)).await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        (view.line.outcome, view.line.counts.afgekeurd),
        (Some(FileOutcome::Verwerkt), 0)
    );
    assert_eq!(world.count("reports").await, 3);
    assert_eq!(
        world
            .count("reports WHERE valid_to IS NULL AND mutation = 'V' AND content_sealed IS NULL")
            .await,
        1
    );
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 0);
    // A late re-delivery of the first row stays out.
    let id = world.upload(&world.maria, &csv(&rows[..1])).await;
    let counts = world
        .portal
        .delivery(&world.maria, id)
        .await
        .unwrap()
        .line
        .counts;
    assert_eq!(
        (counts.geaccepteerd, counts.afgekeurd),
        (0, 1),
        "its key is of something withdrawn, with other content"
    );
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 0);
}

/// Three rows that say the same, of which the first takes a key that is of another vaccination (R07), with so many others behind it:
/// the second is stored, and the third is its double.
async fn repeats_one_kept_out(others: u32) {
    let world = World::new().await;
    let key = |row: RowText, key: &str| with(row, &[(Column::Bronsleutel, key)]);
    let first = key(good(EREBOS, "01-04-2000"), "k1");
    world
        .receive_by_sftp(&world.maria, "eerste.csv", &csv(&[first]))
        .await;
    world.work().await;
    let second = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Vaccinatiedatum, "10-03-2021"),
            (Column::Dosisnummer, "2"),
        ],
    );
    let between = (0..others).map(|n| counted(&format!("c-{n}")));
    let rows: Vec<RowText> = [key(second.clone(), "k1")]
        .into_iter()
        .chain(between)
        .chain([key(second.clone(), "k2"), key(second, "k3")])
        .collect();
    let id = world
        .receive_by_sftp(&world.maria, "tweede.csv", &csv(&rows))
        .await
        .id();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    let expected = Counts {
        geaccepteerd: 1,
        afgekeurd: 1,
        dubbel: 1,
        geteld: others,
        ..Counts::default()
    };
    assert_eq!(view.line.counts, expected);
    let stored = "reports WHERE source_key = 'k2' AND valid_to IS NULL";
    assert_eq!(world.count(stored).await, 1);
    assert_eq!(world.count("vaccinations WHERE valid_to IS NULL").await, 2);
}

#[tokio::test]
async fn a_row_is_stored_when_the_one_it_repeats_is_kept_out_by_its_key() {
    repeats_one_kept_out(0).await;
}

#[tokio::test]
async fn a_row_is_stored_however_far_behind_the_one_that_it_repeats_and_a_key_kept_out() {
    // More than a chunk.
    repeats_one_kept_out(1_300).await;
}

#[tokio::test]
async fn a_row_sees_what_the_chunk_before_it_does_to_the_same_person() {
    let world = World::new().await;
    let key = |row: RowText, key: &str| with(row, &[(Column::Bronsleutel, key)]);
    let first = key(good(EREBOS, "01-04-2000"), "k1");
    let later = key(
        with(
            good(EREBOS, "01-04-2000"),
            &[(Column::Vaccinatiedatum, "28-02-2021")],
        ),
        "k2",
    );
    // A key that comes back begins a new chunk, and its row is a double of no effect.
    let rows = [first.clone(), first, later];
    for _ in 0..5 {
        let world = World::new().await;
        let id = world
            .receive(&world.maria, "bestand.csv", &csv(&rows), false)
            .await
            .id();
        world.work().await;
        let view = world.portal.delivery(&world.maria, id).await.unwrap();
        let expected = Counts {
            geaccepteerd: 1,
            dubbel: 1,
            te_controleren: 1,
            ..Counts::default()
        };
        assert_eq!(view.line.counts, expected, "the same dose on another day");
    }
    // The same two on their own, in the other order of arrival, for comparison.
    let id = world
        .receive(&world.maria, "bestand.csv", &csv(&rows[1..]), false)
        .await
        .id();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        (
            view.line.counts.geaccepteerd,
            view.line.counts.te_controleren
        ),
        (1, 1)
    );
}

#[tokio::test]
async fn a_kind_of_repair_is_switched_off_before_submitting_and_stays_off() {
    let world = World::new().await;
    let row = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Batchnummer, "lot EJ6796")],
    );
    let id = world
        .receive(
            &world.maria,
            "bestand.csv",
            &csv(&[row, good(NAOMI, "01-04-1987")]),
            true,
        )
        .await
        .id();
    world.work().await;
    let look = async || world.portal.delivery(&world.maria, id).await.unwrap();
    let view = look().await;
    assert!(view.may_switch);
    assert_eq!(view.line.counts.geaccepteerd, 2);
    assert!(view.repairs.iter().any(|group| group.code == "H05"));

    let switch = async |on| {
        world
            .portal
            .switch_repair(&world.maria, id, "H05".into(), on)
            .await
            .unwrap();
        world.work().await;
    };
    switch(false).await;
    let view = look().await;
    assert_eq!(view.repairs_off, ["H05"]);
    assert_eq!(
        (view.line.counts.geaccepteerd, view.line.counts.afgekeurd),
        (1, 1),
        "a batch number with a space in it cannot be"
    );
    assert!(view.repairs.iter().all(|group| group.code != "H05"));
    switch(true).await;
    assert_eq!(look().await.line.counts.geaccepteerd, 2);
    switch(false).await;
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    world.work().await;
    let view = look().await;
    assert_eq!(
        (view.line.phase, view.line.counts.afgekeurd),
        (Phase::Done, 1)
    );
    assert_eq!(world.count("reports").await, 1);
    let late = world
        .portal
        .switch_repair(&world.maria, id, "H05".into(), true)
        .await;
    assert_eq!(
        late,
        Err(PortError::Conflict),
        "what is stored stays as it is"
    );
    assert_eq!(
        world
            .count("audit_lines WHERE line::jsonb ->> 'event' = 'transfer.repair-switched'")
            .await,
        3
    );
}

#[tokio::test]
async fn while_a_preview_is_made_no_bar_stands_still() {
    let world = World::new().await;
    hang(&world, "delivery_rows", "new.state = 'pending'").await;
    let id = world
        .receive(&world.maria, "bestand.csv", &csv(&three()), true)
        .await
        .id();
    let look = world.portal.delivery(&world.maria, id);
    let ((), view) = both(&world, world.work(), look).await;
    let view = view.unwrap();
    assert_eq!((view.line.phase, view.progress), (Phase::Checking, (0, 0)));
}

#[tokio::test]
async fn the_bar_moves_while_a_preview_is_stored() {
    let world = World::new().await;
    let rows: Vec<RowText> = (0..1_300).map(|n| counted(&format!("c-{n}"))).collect();
    let id = world
        .receive(&world.maria, "bestand.csv", &csv(&rows), true)
        .await
        .id();
    world.work().await;
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    let look = async || world.portal.delivery(&world.maria, id).await.unwrap();
    let view = look().await;
    assert_eq!(
        (view.line.phase, view.progress),
        (Phase::Storing, (0, 1_300))
    );
    // In the second chunk.
    let late = "new.state <> 'pending' AND new.row_number = 1300";
    hang(&world, "delivery_rows", late).await;
    let first_is_in = async {
        until(Duration::from_secs(30), "the first chunk", async || {
            look().await.progress == (1_250, 1_300)
        })
        .await;
    };
    both(&world, world.work(), first_is_in).await;
    assert_eq!(look().await.line.phase, Phase::Done);
}

#[tokio::test]
async fn all_or_nothing_stores_nothing_while_a_row_is_refused() {
    let world = World::new().await;
    let id = world
        .receive(&world.maria, "bestand.csv", &csv(&three()), true)
        .await
        .id();
    world.work().await;
    assert_eq!(world.portal.submit_whole(&world.maria, id).await, Ok(false));
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(view.line.phase, Phase::Preview);
    assert_eq!(world.count("reports").await, 0);

    let other = with(
        good(NAOMI, "01-04-1987"),
        &[(Column::Batchnummer, "EM0477")],
    );
    let rows = [good(EREBOS, "01-04-2000"), other];
    let id = world
        .receive(&world.maria, "goed.csv", &csv(&rows), true)
        .await
        .id();
    world.work().await;
    // What was right at the preview is wrong at the storing: the batch turned out to be of another vaccine.
    let of_vaccine_of = async |lot: &str| {
        let sql = "UPDATE batches SET vaccine = (SELECT vaccine FROM batches WHERE lot = $1) WHERE lot = 'EM0477'";
        let changed = sqlx::query(sql)
            .bind(lot)
            .execute(&world.test.admin)
            .await
            .unwrap();
        assert_eq!(changed.rows_affected(), 1);
    };
    of_vaccine_of("ABV3025").await;
    assert_eq!(world.portal.submit_whole(&world.maria, id).await, Ok(true));
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        (view.line.phase, view.line.counts.afgekeurd),
        (Phase::Preview, 1)
    );
    assert_eq!(world.count("reports").await, 0);
    of_vaccine_of("EJ6796").await;
    world
        .portal
        .switch_repair(&world.maria, id, "H05".into(), true)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(world.portal.submit_whole(&world.maria, id).await, Ok(true));
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        (view.line.phase, world.count("reports").await),
        (Phase::Done, 2)
    );
}

#[tokio::test]
async fn all_or_nothing_stores_a_row_and_what_changes_it_far_behind_it() {
    let world = World::new().await;
    let brought = with(good(EREBOS, "01-04-2000"), &[(Column::Bronsleutel, "k1")]);
    let withdrawn = row(&[(Column::Bronsleutel, "k1"), (Column::Mutatie, "V")]);
    // More than a chunk of the storing stands between them.
    let between = (0..1_300).map(|n| counted(&format!("c-{n}")));
    let rows: Vec<RowText> = [brought]
        .into_iter()
        .chain(between)
        .chain([withdrawn])
        .collect();
    let id = world
        .receive(&world.maria, "bestand.csv", &csv(&rows), true)
        .await
        .id();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        (view.line.phase, view.line.counts.afgekeurd),
        (Phase::Preview, 0)
    );
    assert_eq!(world.portal.submit_whole(&world.maria, id).await, Ok(true));
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(
        (view.line.phase, view.line.outcome, view.line.counts.geteld),
        (Phase::Done, Some(FileOutcome::Verwerkt), 1_300)
    );
    assert_eq!(world.count("reports").await, 2);
}

#[tokio::test]
async fn the_preview_tells_what_changes_for_persons_among_the_own_registrations() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    // Another party knows Naomi; that is nothing this party may learn.
    world
        .upload(&world.piet, &csv(&[good(NAOMI, "01-04-1987")]))
        .await;
    let second = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Vaccinatiedatum, "10-03-2021"),
            (Column::Dosisnummer, "2"),
        ],
    );
    let id = world
        .receive(
            &world.maria,
            "bestand.csv",
            &csv(&[second, good(NAOMI, "01-04-1987")]),
            true,
        )
        .await
        .id();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    let told: Vec<_> = view
        .doses
        .iter()
        .map(|group| {
            (
                group.before,
                group.after,
                group.series,
                group.rows.first.as_str(),
            )
        })
        .collect();
    assert_eq!(told, [(0, 1, Some(2), "3"), (1, 2, Some(2), "2")]);
    assert!(view.own_doubles.is_empty());
    assert!(view.doses.iter().all(|group| !group.above));
}

#[tokio::test]
async fn a_dose_above_the_series_is_marked_unless_the_row_says_which_one_it_is() {
    let world = World::new().await;
    let on = |day: &str, dose: &str| {
        with(
            good(EREBOS, "01-04-2000"),
            &[(Column::Vaccinatiedatum, day), (Column::Dosisnummer, dose)],
        )
    };
    world
        .upload(
            &world.maria,
            &csv(&[on("10-02-2021", "1"), on("17-03-2021", "2")]),
        )
        .await;
    let twice_known = csv(&[on("28-04-2021", "2")]);
    let booster = csv(&[on("28-04-2021", "3")]);
    for (file, above) in [(twice_known, true), (booster, false)] {
        let received = world.receive(&world.maria, "bestand.csv", &file, true);
        let id = received.await.id();
        world.work().await;
        let view = world.portal.delivery(&world.maria, id).await.unwrap();
        let told: Vec<_> = view
            .doses
            .iter()
            .map(|group| (group.before, group.after, group.series, group.above))
            .collect();
        assert_eq!(told, [(2, 3, Some(2), above)]);
    }
}

#[tokio::test]
async fn the_preview_tells_what_the_party_itself_registered_before_and_nothing_of_others() {
    let world = World::new().await;
    let known = [good(EREBOS, "01-04-2000"), good(FROUKE, "24-03-2000")];
    world.upload(&world.maria, &csv(&known)).await;
    world
        .upload(&world.piet, &csv(&[good(NAOMI, "01-04-1987")]))
        .await;
    let other_batch = with(
        good(FROUKE, "24-03-2000"),
        &[(Column::Batchnummer, "EJ6796")],
    );
    let theirs = with(
        good(NAOMI, "01-04-1987"),
        &[(Column::Batchnummer, "EJ6796")],
    );
    let rows = [good(EREBOS, "01-04-2000"), other_batch, theirs];
    let file = csv(&rows);
    let received = world.receive(&world.maria, "bestand.csv", &file, true);
    let id = received.await.id();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    let told: Vec<_> = view
        .own_doubles
        .iter()
        .map(|group| (group.differ, group.rows.first.as_str()))
        .collect();
    assert_eq!(told, [(false, "2"), (true, "3")], "row 4 says nothing");
}

/// A workbook with these sheets; hidden rows by sheet and row, counted from 0.
pub(crate) fn book(sheets: &[(&str, &[RowText])], hidden: &[(usize, u32)]) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    for (index, (name, rows)) in sheets.iter().enumerate() {
        let sheet = book.add_worksheet();
        sheet.set_name(*name).unwrap();
        for (column, place) in Column::ALL.into_iter().zip(0_u16..) {
            sheet.write_string(0, place, column.name()).unwrap();
            for (row, line) in rows.iter().zip(1_u32..) {
                if !row.get(column).is_empty() {
                    sheet.write_string(line, place, row.get(column)).unwrap();
                }
            }
        }
        for (_, row) in hidden.iter().filter(|(of, _)| *of == index) {
            sheet.set_row_hidden(*row).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn of_several_sheets_the_sender_chooses_one_and_only_that_is_stored() {
    let world = World::new().await;
    let content = book(
        &[
            ("Januari 999990019", &[good(EREBOS, "01-04-2000")]),
            (
                "Februari",
                &[good(NAOMI, "01-04-1987"), good(FROUKE, "24-03-2000")],
            ),
        ],
        &[],
    );
    let id = world
        .receive(&world.maria, "bladen.xlsx", &content, true)
        .await
        .id();
    world.work().await;
    let look = async || world.portal.delivery(&world.maria, id).await.unwrap();
    let view = look().await;
    assert_eq!(view.line.phase, Phase::Preview);
    assert_eq!(view.file_findings[0].code, Code::A16);
    assert_eq!(
        view.sheets,
        [
            (0, "Januari *********".to_owned()),
            (1, "Februari".to_owned())
        ]
    );
    assert!(!view.may_submit, "nothing was read yet");
    let early = Deliveries::submit(&world.portal, &world.maria, id).await;
    assert_eq!(early, Err(PortError::Conflict));
    let odd = world.portal.choose_sheet(&world.maria, id, 7).await;
    assert_eq!(odd, Err(PortError::NotFound));

    for (sheet, rows) in [(0, 1), (1, 2)] {
        world
            .portal
            .choose_sheet(&world.maria, id, sheet)
            .await
            .unwrap();
        world.work().await;
        let view = look().await;
        assert_eq!(view.sheet, Some(sheet));
        assert_eq!(view.line.counts.geaccepteerd, rows, "sheet {sheet}");
        assert!(view.may_submit && view.sheets.len() == 2);
        assert!(view.file_findings.iter().all(|one| one.code != Code::A16));
    }
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(
        (look().await.line.phase, world.count("reports").await),
        (Phase::Done, 2)
    );
    let late = world.portal.choose_sheet(&world.maria, id, 0).await;
    assert_eq!(late, Err(PortError::Conflict));

    // Who cannot be asked is refused.
    let id = world
        .receive(&world.piet, "bladen.xlsx", &content, false)
        .await
        .id();
    world.work().await;
    let view = world.portal.delivery(&world.piet, id).await.unwrap();
    assert_eq!(view.line.outcome, Some(FileOutcome::Geweigerd));
}

#[tokio::test]
async fn hidden_rows_are_told_and_taken_along_when_the_sender_wants() {
    let world = World::new().await;
    let rows = [good(EREBOS, "01-04-2000"), good(NAOMI, "01-04-1987")];
    let content = book(&[("Blad", &rows)], &[(0, 2)]);
    let id = world
        .receive(&world.maria, "verborgen.xlsx", &content, true)
        .await
        .id();
    world.work().await;
    let look = async || {
        let view = world.portal.delivery(&world.maria, id).await.unwrap();
        (
            view.hidden,
            view.skipped,
            view.with_hidden,
            view.line.counts.geaccepteerd,
        )
    };
    assert_eq!(look().await, (1, 0, false, 1));
    for (on, seen) in [
        (true, (0, 0, true, 2)),
        (false, (1, 0, false, 1)),
        (true, (0, 0, true, 2)),
    ] {
        world
            .portal
            .take_hidden(&world.maria, id, on)
            .await
            .unwrap();
        world.work().await;
        assert_eq!(look().await, seen);
    }
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(world.count("reports").await, 2);
    assert_eq!(
        world
            .count("audit_lines WHERE line::jsonb ->> 'event' = 'transfer.reading-chosen'")
            .await,
        3
    );

    // All of it hidden: there is nothing to store, but something to choose.
    let content = book(&[("Blad", &[good(FROUKE, "24-03-2000")])], &[(0, 1)]);
    let id = world
        .receive(&world.maria, "alles.xlsx", &content, true)
        .await
        .id();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!((view.line.phase, view.hidden), (Phase::Preview, 1));
    assert!(!view.may_submit);
    world
        .portal
        .take_hidden(&world.maria, id, true)
        .await
        .unwrap();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert!(view.may_submit && view.line.counts.geaccepteerd == 1);
}

#[tokio::test]
async fn the_log_says_whose_repaired_values_the_page_of_a_delivery_shows() {
    let world = World::new().await;
    let dotted = |bsn: &str| format!("{}.{}.{}", &bsn[..4], &bsn[4..6], &bsn[6..]);
    let rows = [
        good(&dotted(EREBOS), "01-04-2000"),
        good(&dotted(NAOMI), "01-04-1987"),
        good(FROUKE, "24-03-2000"),
    ];
    let id = world
        .receive(&world.maria, "a.csv", &csv(&rows), true)
        .await
        .id();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    let examples: Vec<usize> = view
        .repairs
        .iter()
        .map(|kind| kind.examples.len())
        .collect();
    assert_eq!(examples, [2]);
    let about = "audit_persons p JOIN audit_lines l ON (l.shard, l.seq) = (p.shard, p.seq)
                 WHERE l.event = 'look.list' AND strpos(l.line, '";
    assert_eq!(world.count(&format!("{about}{id}') > 0")).await, 2);
}

#[tokio::test]
async fn every_repaired_value_is_shown_page_by_page_and_the_log_says_whose_they_are() {
    const ROWS: usize = 120;
    let (world, crowd) = (World::new().await, Crowd::new(ROWS));
    crowd.enter_brp(&world).await;
    let dotted = |place| {
        let row = crowd.good(place);
        let bsn = row.get(Column::Bsn);
        let bsn = format!("{}.{}.{}", &bsn[..4], &bsn[4..6], &bsn[6..]);
        with(row, &[(Column::Bsn, &bsn)])
    };
    let rows: Vec<_> = (0..ROWS).map(dotted).collect();
    let id = world
        .receive(&world.maria, "a.csv", &csv(&rows), true)
        .await
        .id();
    world.work().await;
    let portal = &world.portal;
    let mut seen = Vec::new();
    for page in 1..=3 {
        let list = portal.repaired(&world.maria, id, Code::H02, Column::Bsn, page);
        let list = list.await.unwrap();
        assert_eq!(list.total, ROWS as u64);
        seen.extend(list.items);
    }
    // The header is line 1.
    let numbers: Vec<u32> = seen.iter().map(|value| value.row).collect();
    assert_eq!(numbers, (2..ROWS as u32 + 2).collect::<Vec<_>>());
    for (row, value) in rows.iter().zip(&seen) {
        assert_eq!(value.before, row.get(Column::Bsn));
        assert_eq!(value.after, value.before.replace('.', ""));
    }
    let about = "audit_persons p JOIN audit_lines l ON (l.shard, l.seq) = (p.shard, p.seq)
                 WHERE l.event = 'look.row' AND strpos(l.line, '";
    assert_eq!(
        world.count(&format!("{about}{id}') > 0")).await,
        ROWS as i64
    );

    let other = portal.repaired(&world.maria, id, Code::H05, Column::Batchnummer, 1);
    assert_eq!(other.await.err(), Some(PortError::NotFound));
    let strange = portal.repaired(&world.piet, id, Code::H02, Column::Bsn, 1);
    assert_eq!(strange.await.err(), Some(PortError::NotFound));
}

#[tokio::test]
async fn the_log_names_whom_a_file_takes_a_vaccination_from_and_whom_it_gives_it_to() {
    let world = World::new().await;
    let keyed = |row: RowText, key: &str| with(row, &[(Column::Bronsleutel, key)]);
    let deliver = async |name: &str, rows: &[RowText]| {
        let received = world.receive_by_sftp(&world.maria, name, &csv(rows)).await;
        world.work().await;
        received.id()
    };
    let first = [
        keyed(good(EREBOS, "01-04-2000"), "k1"),
        keyed(good(FROUKE, "24-03-2000"), "k2"),
    ];
    deliver("eerst.csv", &first).await;
    let withdrawn = row(&[(Column::Bronsleutel, "k1"), (Column::Mutatie, "V")]);
    let withdrawn = deliver("weg.csv", &[withdrawn]).await;
    let moved = with(good(NAOMI, "01-04-1987"), &[(Column::Mutatie, "C")]);
    let moved = deliver("ander.csv", &[keyed(moved, "k2")]).await;
    assert_eq!(
        world
            .count("vaccinations WHERE effective AND valid_to IS NULL")
            .await,
        1
    );
    for (delivery, key, persons) in [(withdrawn, "k1", 1), (moved, "k2", 2)] {
        let about = format!(
            "audit_persons p JOIN audit_lines l ON (l.shard, l.seq) = (p.shard, p.seq)
             WHERE l.event = 'transfer.rows-stored' AND strpos(l.line, '{delivery}') > 0
               AND p.person_id IN (SELECT r.person_id FROM reports r WHERE r.source_key = '{key}')"
        );
        assert_eq!(world.count(&about).await, persons, "{key}");
    }
}

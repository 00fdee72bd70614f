//! Each rule that needs what is stored on a row that fails it and its nearest neighbour that passes, down the road of
//! an upload, with all that its sender and RIVM are told.

use crate::shown::BY_DELIVERING;
use crate::world::{EREBOS, FROUKE, MENELAOS, NAOMI, NOBODY, TWICE, World, csv, good, row, with};
use app::ports::Deliveries;
use domain::finding::Code;
use domain::row::{Column, RowText};
use server::intake::receive::Received;
use std::collections::BTreeSet;

/// Codes in order: those for the sender, those for RIVM alone.
type Told = [Vec<String>; 2];

/// A row that fails a rule, and what is told of it; a row that passes it.
struct Case {
    code: Code,
    failing: RowText,
    sender: &'static [Code],
    rivm: &'static [Code],
    passing: RowText,
}

/// A rule of which the sender is told, and no other.
fn told(code: Code, failing: RowText, passing: RowText) -> Case {
    let place = Code::ALL.iter().position(|one| *one == code).unwrap();
    Case {
        code,
        failing,
        sender: &Code::ALL[place..=place],
        rivm: &[],
        passing,
    }
}

/// Known before: a vaccination of Erebos by this party.
fn own(cells: &[(Column, &str)]) -> RowText {
    with(good(EREBOS, "01-04-2000"), cells)
}

/// Known before: one of Naomi by another party.
fn theirs(cells: &[(Column, &str)]) -> RowText {
    with(good(NAOMI, "01-04-1987"), cells)
}

/// Somebody of whom nothing is known.
fn fresh(cells: &[(Column, &str)]) -> RowText {
    with(good(FROUKE, "24-03-2000"), cells)
}

#[rustfmt::skip]
fn cases() -> Vec<Case> {
    use Column::*;
    let key = (Bronsleutel, "bekend");
    let no_bsn = [(Bsn, ""), (GeenBsnReden, "BUITENLAND"), (Achternaam, "Jansen")];
    let second = [(Dosisnummer, "2"), (Vaccinatiedatum, "10-03-2021")];
    let too_soon = [(Dosisnummer, "2"), (Vaccinatiedatum, "01-02-2021")];
    let before_it = [(Dosisnummer, "2"), (Vaccinatiedatum, "20-01-2021")];
    let vaxzevria = [(Batchnummer, "ABV3025"), (Vaccin, "Vaxzevria"), (Vaccinatiedatum, "10-03-2021")];
    let withdrawal = |key| row(&[(Mutatie, "V"), (Bronsleutel, key)]);
    let later = (Vaccinatiedatum, "10-03-2021");
    vec![
        told(Code::D03, own(&[key]), theirs(&[])),
        told(Code::D03, own(&[(Vaccinatieplaats, "Zeist")]), theirs(&[(Vaccinatieplaats, "Zeist")])),
        told(Code::R07, own(&[key, (Vaccinatieplaats, "Zeist")]), own(&[key, (Mutatie, "C"), (Vaccinatieplaats, "Zeist")])),
        told(Code::R02, own(&[(Mutatie, "C"), (Bronsleutel, "onbekend")]), own(&[(Mutatie, "C"), key])),
        told(Code::R02, withdrawal("onbekend"), withdrawal("bekend")),
        told(Code::U02, fresh(&[(UitvoerderAgb, "01999999")]), fresh(&[])),
        told(Code::V21, fresh(&[(Batchnummer, "ABV3025")]), fresh(&vaxzevria)),
        told(Code::V22, fresh(&[(Batchnummer, "QQ1234")]), fresh(&[])),
        told(Code::V23, fresh(&[(Vaccinatiedatum, "14-06-2021")]), fresh(&[])),
        told(Code::B10, good(NOBODY, "24-03-2000"), fresh(&[])),
        told(Code::B10, fresh(&[(Geboortedatum, "25-03-2000")]), fresh(&[])),
        told(Code::B10, good(TWICE, "01-01-1950"), fresh(&[])),
        told(Code::B11, fresh(&[(Achternaam, "Pietersen")]), fresh(&[(Achternaam, "Janssen")])),
        told(Code::B14, fresh(&no_bsn), fresh(&no_bsn[2..])),
        // What the own rows say is told, what others said is not.
        told(Code::D04, own(&[(Dosisnummer, "2")]), own(&second)),
        told(Code::D05, own(&[later]), own(&second)),
        told(Code::V32, own(&too_soon), own(&second)),
        // The earlier of two that are too near is reported later.
        Case { sender: &[Code::V32, Code::V33], ..told(Code::V32, own(&before_it), own(&second)) },
        told(Code::V33, fresh(&[(Dosisnummer, "2")]), fresh(&[])),
        told(Code::V33, theirs(&second), own(&second)),
        Case { rivm: &[Code::B12], ..told(Code::B19, good(MENELAOS, "02-05-1940"), fresh(&[])) },
        Case { code: Code::B12, sender: &[Code::B19], rivm: &[Code::B12], failing: good(MENELAOS, "02-05-1940"), passing: fresh(&[]) },
        Case { rivm: &[Code::D04], ..told(Code::B19, theirs(&[(Batchnummer, "EJ6796")]), own(&[(Batchnummer, "EJ6796")])) },
        Case { rivm: &[Code::D05], ..told(Code::B19, theirs(&[later]), own(&[later])) },
        Case { rivm: &[Code::V32], sender: &[Code::B19, Code::V33], ..told(Code::B19, theirs(&too_soon), own(&too_soon)) },
    ]
}

/// Rows alone in a preview each: nothing of one stays for the next. What was told of a row is kept.
#[derive(Default)]
struct Previews {
    told: Vec<(RowText, Told)>,
}

impl Previews {
    async fn of(&mut self, world: &World, row: &RowText) -> Told {
        if let Some((_, told)) = self.told.iter().find(|(known, _)| known == row) {
            return told.clone();
        }
        // Blank lines make it another file than those of before.
        let content = [csv(std::slice::from_ref(row)), b"\r\n".repeat(2)].concat();
        let told = preview(world, &content).await;
        self.told.push((row.clone(), told.clone()));
        told
    }
}

/// What is told of the rows of a file that is looked at and thrown away.
async fn preview(world: &World, content: &[u8]) -> Told {
    let received = world.receive(&world.maria, "geval.csv", content, true);
    let id = received.await.id();
    world.work().await;
    let told = [
        codes(world, id, "findings").await,
        codes(world, id, "staff_findings").await,
    ];
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    if view.may_submit {
        Deliveries::discard(&world.portal, &world.maria, id)
            .await
            .unwrap();
    }
    told
}

fn in_order(codes: &[Code]) -> Vec<String> {
    let mut codes: Vec<String> = codes.iter().map(ToString::to_string).collect();
    codes.sort();
    codes
}

async fn codes(world: &World, delivery: uuid::Uuid, column: &str) -> Vec<String> {
    let sql = format!(
        "SELECT f ->> 'code' FROM delivery_rows r, jsonb_array_elements(r.{column}) f
         WHERE r.delivery_id = $1 AND f ->> 'severity' <> 'hersteld' ORDER BY 1"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(delivery)
        .fetch_all(&world.test.admin)
        .await
        .unwrap()
}

/// A file of ten rows of which this many are of somebody in the BRP: its codes in the preview.
async fn matched(world: &World, number: usize) -> Vec<Code> {
    let row = |place: usize| {
        let bsn = if place < number { FROUKE } else { NOBODY };
        let day = format!("{:02}-02-2021", place + 1);
        with(good(bsn, "24-03-2000"), &[(Column::Vaccinatiedatum, &day)])
    };
    let content = csv(&(0..10).map(row).collect::<Vec<_>>());
    let received = world.receive(&world.maria, "tien.csv", &content, true);
    let id = received.await.id();
    world.work().await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    view.file_findings.iter().map(|one| one.code).collect()
}

/// Rules of the file that need the register: A12 and A20.
async fn files(world: &World, known: &[u8]) -> [Code; 2] {
    let again = world.receive(&world.maria, "b.csv", known, true).await;
    let view = world
        .portal
        .delivery(&world.maria, again.id())
        .await
        .unwrap();
    assert!(matches!(again, Received::Double { .. }));
    assert_eq!(view.file_findings[0].code, Code::A12);
    let other = [known, b"\r\n"].concat();
    let other = world.receive(&world.maria, "b.csv", &other, true).await;
    assert!(matches!(other, Received::New(_)));

    assert_eq!(matched(world, 6).await, [Code::A20]);
    assert_eq!(matched(world, 7).await, []);
    [Code::A12, Code::A20]
}

#[tokio::test]
async fn each_register_rule_fires_and_stays_away() {
    let world = World::new().await;
    let known = csv(&[own(&[(Column::Bronsleutel, "bekend")])]);
    world.upload(&world.maria, &known).await;
    world.upload(&world.piet, &csv(&[theirs(&[])])).await;
    let mut previews = Previews::default();
    let mut run = BTreeSet::from(files(&world, &known).await);
    for (number, case) in cases().into_iter().enumerate() {
        let code = case.code.as_str();
        let fails = previews.of(&world, &case.failing).await;
        let expected = [in_order(case.sender), in_order(case.rivm)];
        assert_eq!(fails, expected, "case {number}, {code} fails");
        assert!(fails.concat().iter().any(|one| one == code));
        let passes = previews.of(&world, &case.passing).await;
        let found = passes.concat();
        assert!(
            !found.iter().any(|one| one == code),
            "case {number}, {code} passes: {found:?}"
        );
        run.insert(case.code);
    }
    // A good neighbour is good: nobody is told anything of these.
    let name = [(Column::Achternaam, "Janssen")];
    let second = [
        (Column::Dosisnummer, "2"),
        (Column::Vaccinatiedatum, "10-03-2021"),
    ];
    for row in [fresh(&[]), fresh(&name), theirs(&[]), own(&second)] {
        let told = previews.of(&world, &row).await;
        assert!(told.iter().all(Vec::is_empty), "{told:?}");
    }
    // The row that had nothing, when the copy of the BRP is older than two days.
    world.brp_loaded("3 days").await;
    let late = [csv(&[fresh(&[])]), b"\r\n".repeat(3)].concat();
    let late = preview(&world, &late).await;
    assert_eq!(late, [in_order(&[Code::B13]), Vec::new()]);
    run.insert(Code::B13);

    assert_eq!(run, BY_DELIVERING.iter().copied().collect());
}

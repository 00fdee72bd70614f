//! The keystone: one list of rows through the entry form, CSV, XLSX and the command, with equal findings. That what is
//! posted by the form is what the port gets: `web_edge/form_rows.rs`.

use crate::fixture_rows::{self, FixtureRow};
use crate::torture::Crowd;
use crate::world::{EREBOS, FROUKE, MENELAOS, NAOMI, NOBODY, World, csv, good, row, with};
use app::ports::entry::{BrpAnswer, Entry, Mended, Submitted};
use clap::Parser;
use domain::finding::{Code, Finding, Severity};
use domain::row::{Column, RowText};
use futures::{StreamExt, stream};
use rust_xlsxwriter::Workbook;
use server::commands::import::{self, Args};

/// Rows of all kinds: good, repaired, refused by either stage, for review, without BSN, without consent.
fn rows() -> Vec<RowText> {
    let base = || good(EREBOS, "01-04-2000");
    vec![
        base(),
        with(
            good(NAOMI, "1-4-1987"),
            &[
                (Column::Bsn, "9999.95.571"),
                (Column::Batchnummer, "ej 6795"),
                (Column::Vaccin, "Pfizer"),
            ],
        ),
        with(
            good(FROUKE, "24-03-2000"),
            &[(Column::Batchnummer, "QQ1234")],
        ),
        with(
            good(FROUKE, "24-03-2000"),
            &[
                (Column::Bsn, "999991773"),
                (Column::Dosisnummer, "x"),
                (Column::Vaccinatiedatum, "31-02-2021"),
            ],
        ),
        with(
            good(FROUKE, "24-03-2000"),
            &[
                (Column::Batchnummer, "ABV3025"),
                (Column::Vaccinatiedatum, "11-03-2021"),
                (Column::Dosisnummer, "2"),
            ],
        ),
        with(
            good(FROUKE, "24-03-2000"),
            &[
                (Column::UitvoerderAgb, "01999999"),
                (Column::Vaccinatiedatum, "05-04-2021"),
                (Column::Dosisnummer, "3"),
            ],
        ),
        with(
            good(FROUKE, "24-03-2000"),
            &[(Column::Toestemming, "misschien")],
        ),
        with(
            good(FROUKE, "24-03-00"),
            &[(Column::Geslacht, "X"), (Column::Postcode, "0123AB")],
        ),
        good(MENELAOS, "02-05-1940"),
        good(NOBODY, "01-04-2000"),
        with(
            good("", "00-05-1942"),
            &[
                (Column::GeenBsnReden, "BUITENLAND"),
                (Column::Achternaam, "Dupont"),
            ],
        ),
        with(
            good(NAOMI, "01-04-1987"),
            &[
                (Column::Vaccinatiedatum, "10-03-2021"),
                (Column::Dosisnummer, "2"),
                (Column::Achternaam, "Jansen"),
            ],
        ),
        row(&[
            (Column::Toestemming, "N"),
            (Column::Vaccinatiedatum, "27-01-2021"),
            (Column::Vaccin, "Comirnaty"),
            (Column::Batchnummer, "EJ6795"),
            (Column::Dosisnummer, "1"),
            (Column::Leeftijdsgroep, "B"),
        ]),
    ]
}

/// Enough people for every fixture.
const PEOPLE: usize = 200;

/// Both rows of every fixture of the rules, each of another of these people.
fn of_fixtures() -> Vec<FixtureRow> {
    let crowd = Crowd::new(PEOPLE);
    fixture_rows::rows(|place| {
        let row = crowd.good(place);
        let cell = |column| row.get(column).to_owned();
        (cell(Column::Bsn), cell(Column::Geboortedatum))
    })
}

/// The rows above, and those of the fixtures.
fn all_rows() -> Vec<RowText> {
    let of_fixtures = of_fixtures().into_iter().map(|fixture| fixture.row);
    rows().into_iter().chain(of_fixtures).collect()
}

/// A world in which the rows of the fixtures are no more wrong than their rule says, and many may be typed.
async fn world() -> World {
    let world = World::new().await;
    Crowd::new(PEOPLE).enter_brp(&world).await;
    for change in [
        "INSERT INTO party_agb (party_id, agb) SELECT id, '06010203' FROM parties",
        r#"UPDATE settings SET value = '{"user_minute": 1000, "user_day": 1000, "party_day": 5000, "mismatch_window": 1000, "mismatch_percent": 20}' WHERE key = 'brp_budget'"#,
    ] {
        sqlx::query(change)
            .execute(&world.test.admin)
            .await
            .unwrap();
    }
    world
}

/// Findings as the sender sees them, without order.
fn codes(findings: &[Finding]) -> Vec<String> {
    let mut codes: Vec<String> = findings
        .iter()
        .map(|f| format!("{} {} {:?}", f.code, f.severity, f.column))
        .collect();
    codes.sort();
    codes
}

/// Findings per row of a file, whatever brought it in.
async fn stored(world: &World, delivery: uuid::Uuid) -> Vec<Vec<String>> {
    let rows: Vec<serde_json::Value> = sqlx::query_scalar(
        "SELECT findings FROM delivery_rows WHERE delivery_id = $1 ORDER BY row_number",
    )
    .bind(delivery)
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    rows.into_iter()
        .map(|findings| codes(&serde_json::from_value::<Vec<Finding>>(findings).unwrap()))
        .collect()
}

async fn by_file(content: &[u8]) -> Vec<Vec<String>> {
    let world = world().await;
    let id = world.upload(&world.maria, content).await;
    stored(&world, id).await
}

async fn by_command(name: &str, content: &[u8]) -> Vec<Vec<String>> {
    let world = world().await;
    let file = world.test.dir.path().join(name);
    std::fs::write(&file, content).unwrap();
    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }
    let line = Line::parse_from([
        "import",
        file.to_str().unwrap(),
        "--party",
        "ZONNEHOF",
        "--json",
    ]);
    let imported = import::import(&world.road, &line.args).await.unwrap();
    let mut out = Vec::new();
    import::show(&world.road, &line.args, &imported, &mut out)
        .await
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&out).unwrap();
    let counts = answer["counts"]
        .as_object()
        .unwrap()
        .values()
        .map(|n| n.as_u64().unwrap())
        .sum::<u64>();
    assert_eq!(
        answer["file"]["rows"].as_u64().unwrap(),
        counts,
        "counts add up"
    );
    for value in [EREBOS, NAOMI, FROUKE, "01-04-2000", "Dupont"] {
        assert!(
            !String::from_utf8_lossy(&out).contains(value),
            "a value in the answer"
        );
    }
    stored(&world, imported.delivery).await
}

/// Findings of the form as a file tells them: repairs among them.
fn with_repairs(findings: &[Finding], mended: &[Mended]) -> Vec<String> {
    let mut all = codes(findings);
    for one in mended {
        let repair = |code| format!("{code} {} {:?}", Severity::Hersteld, Some(one.column));
        // H08 is said of the surname; the prefix is where a part of it went.
        let said = |code: &&Code| **code != Code::H08 || one.column == Column::Achternaam;
        all.extend(one.codes.iter().filter(said).map(repair));
    }
    all.sort();
    all
}

/// Types a row into the form: its draft, and what it tells.
async fn typed(world: &World, row: &RowText) -> (uuid::Uuid, Vec<String>) {
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    world
        .portal
        .save_person(&world.maria, draft, row.clone(), String::new())
        .await
        .unwrap();
    world.ticks(&world.maria, draft, row).await;
    let view = world.portal.draft(&world.maria, draft).await.unwrap();
    let mut told = with_repairs(&view.findings, &view.mended);
    let refused = |finding: &Finding| finding.severity == Severity::Fout;
    if view.brp == BrpAnswer::NotMatchable && !view.findings.iter().any(refused) {
        // The form says it as the answer of its BRP check. It asks before the vaccination is typed; of a row of a
        // file that is refused for something else the BRP is not asked.
        told.push("B10 fout Some(Bsn)".to_owned());
        told.sort();
    }
    (draft, told)
}

/// Each row typed into the form. Refused rows are read off the draft; the others are submitted, so that each
/// row sees what the ones before it stored, as in a file.
async fn by_form(world: &World) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    for row in rows() {
        let (draft, told) = typed(world, &row).await;
        if let Submitted::Done { reference } =
            Entry::submit(&world.portal, &world.maria, draft, None)
                .await
                .unwrap()
        {
            let receipt = world.portal.receipt(&world.maria, reference).await.unwrap();
            assert_eq!(
                with_repairs(&receipt.findings, &receipt.mended),
                told,
                "the receipt tells the same"
            );
        }
        all.push(told);
    }
    all
}

/// The rows of the fixtures that the form has room for. Each is of another person, so many are typed at once.
async fn fixtures_by_form(world: &World) -> Vec<Option<Vec<String>>> {
    let fixtures = of_fixtures();
    let told = stream::iter(&fixtures).map(|fixture| async move {
        if fixture.in_form {
            Some(typed(world, &fixture.row).await.1)
        } else {
            None
        }
    });
    told.buffered(12).collect().await
}

fn xlsx() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, place) in Column::ALL.into_iter().zip(0_u16..) {
        sheet.write_string(0, place, column.name()).unwrap();
        for (row, line) in all_rows().iter().zip(1_u32..) {
            if !row.get(column).is_empty() {
                sheet.write_string(line, place, row.get(column)).unwrap();
            }
        }
    }
    book.save_to_buffer().unwrap()
}

#[tokio::test]
async fn same_row_same_findings() {
    let table = csv(&all_rows());
    let uploaded = by_file(&table).await;
    assert_eq!(uploaded.len(), all_rows().len());
    assert!(uploaded.iter().any(Vec::is_empty) && uploaded.iter().any(|codes| codes.len() > 2));
    let (own, of_rules) = uploaded.split_at(rows().len());
    for (fixture, codes) in of_fixtures().iter().zip(of_rules) {
        let told = codes
            .iter()
            .any(|code| code.starts_with(fixture.code.as_str()));
        assert_eq!(told, fixture.fails, "{}: {codes:?}", fixture.code);
    }
    assert_eq!(
        by_command("rijen.csv", &table).await,
        uploaded,
        "command, CSV"
    );
    let world = world().await;
    assert_eq!(by_form(&world).await, own, "entry form");
    let typed = fixtures_by_form(&world).await;
    assert!(typed.iter().flatten().count() > 90);
    for ((typed, codes), fixture) in typed.into_iter().zip(of_rules).zip(of_fixtures()) {
        let expected = typed.is_some().then(|| codes.clone());
        assert_eq!(typed, expected, "entry form, {}", fixture.code);
    }
    let book = xlsx();
    assert_eq!(by_file(&book).await, uploaded, "upload, XLSX");
    assert_eq!(
        by_command("rijen.xlsx", &book).await,
        uploaded,
        "command, XLSX"
    );
}

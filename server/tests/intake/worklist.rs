//! The list of a round through a ward (features F05): pasted, held against rules and BRP, worked through, gone.

use crate::moment::{both, hang};
use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, TWICE, World, good};
use app::ports::entry::{BrpAnswer, Entry, Submitted};
use app::ports::worklist::{Made, Stands, Worklists};
use app::ports::{Caller, PortError, Wait};
use domain::finding::Code;
use domain::row::Column;
use server::intake::tidy;

/// Three right ones, two that the BRP does not know so, one with a slip of the pen, one pasted twice.
fn ward() -> String {
    format!(
        "BSN\tGeboortedatum\tKamer\n{EREBOS}\t01-04-2000\t1\n{NAOMI}\t01-04-1987\t2\n{FROUKE}\t24-03-2000\t3\n\
         {NOBODY}\t01-04-2000\t4\n{TWICE}\t01-01-1950\t5\n999990091\t01-04-2000\t6\n{EREBOS}\t1-4-2000\t7\n"
    )
}

async fn stands(world: &World, caller: &Caller) -> Vec<(u32, Stands)> {
    let list = world.portal.worklist(caller).await.unwrap();
    list.map_or_else(Vec::new, |list| {
        list.lines
            .into_iter()
            .map(|line| (line.number, line.stands))
            .collect()
    })
}

fn word(stands: &Stands) -> &'static str {
    match stands {
        Stands::Open => "open",
        Stands::Recorded => "recorded",
        Stands::NotMatchable => "not matchable",
        Stands::NotAsked => "not asked",
        Stands::Wrong(_) => "wrong",
    }
}

async fn words(world: &World) -> Vec<(u32, &'static str)> {
    let all = stands(world, &world.maria).await;
    all.iter()
        .map(|(number, one)| (*number, word(one)))
        .collect()
}

async fn make(world: &World, text: String) -> Made {
    world
        .portal
        .make_worklist(&world.maria, text)
        .await
        .unwrap()
}

#[tokio::test]
async fn each_person_on_the_list_stands_where_rules_and_brp_say() {
    let world = World::new().await;
    assert_eq!(make(&world, ward()).await, Made::Done);
    assert_eq!(
        words(&world).await,
        [
            (2, "open"),
            (3, "open"),
            (4, "open"),
            (5, "not matchable"),
            (6, "not matchable"),
            (7, "wrong"),
        ],
        "a double BSN and an unknown one are one answer; who was pasted twice is there once"
    );
    let all = stands(&world, &world.maria).await;
    let Some((_, Stands::Wrong(found))) = all.last() else {
        panic!("the last one is wrong");
    };
    assert!(found.iter().any(|finding| finding.code == Code::P03));
    let list = world.portal.worklist(&world.maria).await.unwrap().unwrap();
    assert_eq!(list.lines[0].bsn, "*****0019");
    for line in &list.lines {
        assert!(!line.bsn.contains("99999"), "masked");
    }
}

#[tokio::test]
async fn each_question_is_audited_with_its_answer_and_spends_the_budget_once() {
    let world = World::new().await;
    make(&world, ward()).await;
    assert_eq!(world.count("brp_checks").await, 5);
    assert_eq!(world.count("brp_checks WHERE matched").await, 3);
    let lines = "audit_lines WHERE event = 'look.brp-check'";
    assert_eq!(
        world.count(lines).await,
        2,
        "those that were answered alike"
    );
    let persons = "audit_persons p JOIN audit_lines l ON (l.shard, l.seq) = (p.shard, p.seq) WHERE l.event = 'look.brp-check'";
    assert_eq!(world.count(persons).await, 5);
    // The form of somebody on the list asks no second time.
    let draft = begin(&world, Some(2), None).await.unwrap();
    let row = good(EREBOS, "01-04-2000");
    world
        .portal
        .save_person(&world.maria, draft, row, String::new())
        .await
        .unwrap();
    assert_eq!(world.count("brp_checks").await, 5);
    world.portal.ask_further(&world.maria).await.unwrap();
    assert_eq!(
        world.count("brp_checks").await,
        5,
        "nobody is left to ask about"
    );
}

async fn begin(world: &World, number: Option<u32>, same_as: Option<String>) -> Option<uuid::Uuid> {
    world
        .portal
        .begin_from_worklist(&world.maria, number, same_as)
        .await
        .unwrap()
}

async fn two_a_minute(world: &World) {
    sqlx::query(r#"UPDATE settings SET value = '{"user_minute": 2, "user_day": 400, "party_day": 5000, "mismatch_window": 50, "mismatch_percent": 20}' WHERE key = 'brp_budget'"#)
        .execute(&world.test.admin)
        .await
        .unwrap();
}

async fn a_minute_passes(world: &World) {
    sqlx::query("UPDATE brp_checks SET checked_at = checked_at - interval '61 seconds'")
        .execute(&world.test.admin)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_budget_that_ends_leaves_the_rest_for_later() {
    let world = World::new().await;
    two_a_minute(&world).await;
    make(&world, ward()).await;
    assert_eq!(
        words(&world).await[..3],
        [(2, "open"), (3, "open"), (4, "not asked")]
    );
    assert_eq!(
        world.portal.ask_further(&world.maria).await,
        Err(PortError::TooMany(Wait::NextMinute))
    );
    a_minute_passes(&world).await;
    world.portal.ask_further(&world.maria).await.unwrap();
    assert_eq!(
        words(&world).await[2..4],
        [(4, "open"), (5, "not matchable")]
    );
    assert_eq!(world.count("brp_checks").await, 4);
}

#[tokio::test]
async fn the_round_is_worked_through_with_one_vaccination() {
    let world = World::new().await;
    make(&world, ward()).await;
    let reference = world
        .record(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    assert_eq!(words(&world).await[0], (2, "recorded"));
    let list = world.portal.worklist(&world.maria).await.unwrap().unwrap();
    let newest = list.lines[0].newest.as_ref().expect("what was recorded");
    assert_eq!(newest.dose, 1);

    // The next who is open, with the vaccination of the receipt and the person of the list.
    let draft = begin(&world, None, Some(reference)).await.expect("a draft");
    let view = world.portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!(view.row.get(Column::Bsn), NAOMI);
    assert_eq!(view.row.get(Column::Geboortedatum), "01-04-1987");
    assert_eq!(view.row.get(Column::Batchnummer), "EJ6795");
    assert_eq!(
        view.row.get(Column::Toestemming),
        "",
        "consent is asked of each"
    );
    assert_eq!(view.brp, BrpAnswer::Matchable);
    let row = good(NAOMI, "01-04-1987");
    world
        .portal
        .save_person(&world.maria, draft, row, String::new())
        .await
        .unwrap();
    let sent = Entry::submit(&world.portal, &world.maria, draft, None)
        .await
        .unwrap();
    assert!(matches!(sent, Submitted::Done { .. }));
    assert_eq!(
        world.portal.open_on_worklist(&world.maria).await.unwrap(),
        Some(1)
    );
    world
        .record(&world.maria, &good(FROUKE, "24-03-2000"))
        .await;
    assert_eq!(begin(&world, None, None).await, None, "nobody is open");
}

#[tokio::test]
async fn who_does_not_consent_is_on_no_list() {
    let world = World::new().await;
    make(&world, ward()).await;
    let draft = begin(&world, Some(3), None).await.unwrap();
    let mut row = good(NAOMI, "01-04-1987");
    row.set(Column::Toestemming, "N");
    world
        .portal
        .save_person(&world.maria, draft, row, String::new())
        .await
        .unwrap();
    let left: Vec<u32> = words(&world)
        .await
        .iter()
        .map(|(number, _)| *number)
        .collect();
    assert_eq!(left, [2, 4, 5, 6, 7]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_consent_while_another_tab_asks_about_the_rest_does_not_come_back() {
    let world = World::new().await;
    two_a_minute(&world).await;
    make(&world, ward()).await;
    let draft = begin(&world, Some(3), None).await.unwrap();
    a_minute_passes(&world).await;
    hang(&world, "brp_checks", "true").await;
    let mut row = good(NAOMI, "01-04-1987");
    row.set(Column::Toestemming, "N");
    let (asked, saved) = both(
        &world,
        world.portal.ask_further(&world.maria),
        world
            .portal
            .save_person(&world.maria, draft, row, String::new()),
    )
    .await;
    asked.unwrap();
    saved.unwrap();
    assert_eq!(
        words(&world).await[..3],
        [(2, "open"), (4, "open"), (5, "not matchable")]
    );
}

#[tokio::test]
async fn a_list_is_of_one_user_and_goes_by_itself() {
    let world = World::new().await;
    make(&world, ward()).await;
    assert!(world.portal.worklist(&world.piet).await.unwrap().is_none());
    let party = world.maria.party().unwrap().clone();
    let colleague = world
        .test
        .caller("greet", domain::role::Role::Invoerder, Some(&party))
        .await;
    assert!(world.portal.worklist(&colleague).await.unwrap().is_none());
    assert_eq!(
        world.portal.worklist(&world.rivm).await.err(),
        Some(PortError::NotFound)
    );
    assert_eq!(
        world.portal.make_worklist(&world.rivm, ward()).await.err(),
        Some(PortError::NotFound)
    );
    // A new one takes its place; what is no list changes nothing.
    assert_eq!(
        make(&world, "\n \nBSN;Geboortedatum".into()).await,
        Made::Empty
    );
    let long = format!("{EREBOS};01-04-2000\n").repeat(domain::worklist::MOST + 1);
    assert_eq!(make(&world, long).await, Made::TooLong);
    assert_eq!(words(&world).await.len(), 6);
    make(&world, format!("{FROUKE} 24-03-2000")).await;
    assert_eq!(words(&world).await, [(1, "open")]);
    world.portal.discard_worklist(&world.maria).await.unwrap();
    assert_eq!(world.count("worklists").await, 0);

    make(&world, ward()).await;
    sqlx::query("UPDATE worklists SET expires_at = now() - interval '1 second'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    assert!(world.portal.worklist(&world.maria).await.unwrap().is_none());
    tidy::tidy(&world.road).await.unwrap();
    assert_eq!(world.count("worklists").await, 0);
}

/// A workbook with what a ward keeps: a heading line, other columns, dates as dates, and more lines than persons.
fn workbook(sheets: usize) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let date = rust_xlsxwriter::Format::new().set_num_format("dd-mm-yyyy");
    for _ in 0..sheets {
        let sheet = book.add_worksheet();
        sheet.write(0, 0, "Afdeling Zon").unwrap();
        for (column, name) in ["Kamer", "Naam", "Geb datum", "BSN nummer"]
            .iter()
            .enumerate()
        {
            sheet
                .write(1, u16::try_from(column).unwrap(), *name)
                .unwrap();
        }
        let persons = [(EREBOS, (2000, 4, 1)), (NAOMI, (1987, 4, 1))];
        for (row, (bsn, (year, month, day))) in (2..).zip(persons) {
            sheet.write(row, 0, row).unwrap();
            sheet.write(row, 1, "Jansen").unwrap();
            let born = rust_xlsxwriter::ExcelDateTime::from_ymd(year, month, day).unwrap();
            sheet
                .write_datetime_with_format(row, 2, &born, &date)
                .unwrap();
            // A number, as people type it.
            sheet.write(row, 3, bsn.parse::<f64>().unwrap()).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

async fn make_of(world: &World, content: impl Into<Vec<u8>>) -> Made {
    world
        .portal
        .make_worklist_of_file(&world.maria, content.into())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_workbook_gives_the_list_that_pasting_gives_and_nothing_else_of_it() {
    let world = World::new().await;
    assert_eq!(make_of(&world, workbook(1)).await, Made::Done);
    assert_eq!(words(&world).await, [(3, "open"), (4, "open")]);
    let draft = begin(&world, Some(3), None).await.unwrap();
    let draft = world.portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!(draft.row.get(Column::Bsn), EREBOS);
    assert_eq!(draft.row.get(Column::Achternaam), "", "the name stays out");
    assert_eq!(draft.brp, BrpAnswer::Matchable);
    world.nowhere(&["Jansen", "Afdeling Zon", EREBOS]).await;
    assert_eq!(world.count("deliveries").await, 0, "it is no delivery");
}

#[tokio::test]
async fn a_csv_gives_the_same_and_each_line_is_held_against_the_rules() {
    let world = World::new().await;
    let text = format!(
        "bsn;geboortedatum;kamer\r\n{EREBOS};01-04-2000;1\r\n{EREBOS};01-04-2000;1\r\n999990091;01-04-2000;2\r\n;;\r\n{NAOMI};36617;3\r\n{FROUKE}\r\n"
    );
    assert_eq!(make_of(&world, text).await, Made::Done);
    assert_eq!(
        words(&world).await,
        [
            (2, "open"),
            (4, "wrong"),
            (6, "not matchable"),
            (7, "wrong")
        ],
        "twice is one person; a day number is a date, here of somebody else; a short line is no row"
    );
}

#[tokio::test]
async fn a_file_that_is_no_list_says_why_and_leaves_the_list_that_is_there() {
    let world = World::new().await;
    make(&world, ward()).await;
    let before = words(&world).await;
    let many = format!(
        "bsn;geboortedatum\n{}",
        "999990019;01-04-2000\n".repeat(201)
    );
    let big = vec![b' '; 2 * 1024 * 1024 + 1];
    for (content, made) in [
        (Vec::new(), Made::Refused(Code::A01)),
        (b"%PDF-1.7 x".to_vec(), Made::Refused(Code::A02)),
        (b"naam;kamer\nJansen;3\n".to_vec(), Made::Refused(Code::A08)),
        (
            b"bsn;kamer\n999990019;3\n".to_vec(),
            Made::Refused(Code::A08),
        ),
        (
            b"bsn;geboortedatum;bsn\n1;2;3\n".to_vec(),
            Made::Refused(Code::A09),
        ),
        (b"bsn;geboortedatum\n".to_vec(), Made::Empty),
        (many.into_bytes(), Made::TooLong),
        (big, Made::Refused(Code::A06)),
        (workbook(2), Made::Refused(Code::A16)),
    ] {
        assert_eq!(make_of(&world, content).await, made);
    }
    assert_eq!(words(&world).await, before);
    let foreign = world
        .portal
        .make_worklist_of_file(&world.rivm, workbook(1))
        .await;
    assert_eq!(foreign, Err(PortError::NotFound));
}

#[tokio::test]
async fn hidden_rows_stay_out_and_that_is_told() {
    let world = World::new().await;
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in [
        ["bsn", "geboortedatum"],
        [EREBOS, "01-04-2000"],
        [NAOMI, "01-04-1987"],
    ]
    .iter()
    .enumerate()
    {
        let row = u32::try_from(row).unwrap();
        sheet.write(row, 0, cells[0]).unwrap();
        sheet.write(row, 1, cells[1]).unwrap();
    }
    sheet.set_row_hidden(2).unwrap();
    let content = book.save_to_buffer().unwrap();
    assert_eq!(make_of(&world, content).await, Made::WithoutHidden);
    assert_eq!(words(&world).await, [(2, "open")]);
}

#[tokio::test]
async fn a_configured_scanner_sees_the_file_first() {
    use crate::clamd::{Clamd, VIRUS};
    let mut world = World::new().await;
    let clamd = Clamd::taking("25M");
    world.road.scanner = Some(clamd.by_socket());
    world.portal = server::portal::Portal::new(world.road.clone());
    let bad = format!("bsn;geboortedatum;x\n{EREBOS};01-04-2000;{VIRUS}\n");
    assert_eq!(make_of(&world, bad).await, Made::Refused(Code::A21));
    assert_eq!(make_of(&world, workbook(1)).await, Made::Done);
    world.road.scanner = Some(Clamd::away().by_socket());
    world.portal = server::portal::Portal::new(world.road.clone());
    assert_eq!(make_of(&world, workbook(1)).await, Made::Later);
}

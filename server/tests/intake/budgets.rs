//! The BRP check is an oracle on who has which BSN: budgets, block, alarm, floor (security §4.6).
//! And what ends by itself.

use crate::world::{EREBOS, FROUKE, MENELAOS, NAOMI, NOBODY, World, csv, good, with};
use app::ports::deliveries::{Foreseen, Kept, MendAnswer, MendedRow};
use app::ports::entry::{BrpAnswer, Corrected, Entry, Saved, Step, Submitted};
use app::ports::{Caller, Deliveries, PortError, PortResult, Wait};
use domain::finding::Code;
use domain::row::{Column, RowText};
use server::commands::brp_blocks::{self, Lift};
use server::intake::tidy;
use std::time::{Duration, Instant};

async fn ask(world: &World, caller: &Caller, row: RowText) -> PortResult<Saved> {
    let draft = world.portal.begin(caller, None, false).await?;
    world
        .portal
        .save_person(caller, draft, row, String::new())
        .await
}

async fn set_budget(world: &World, budget: &str) {
    sqlx::query("UPDATE settings SET value = $1::jsonb WHERE key = 'brp_budget'")
        .bind(budget)
        .execute(&world.test.admin)
        .await
        .unwrap();
}

#[tokio::test]
async fn one_question_over_the_budget_is_too_many_and_is_audited() {
    let world = World::new().await;
    set_budget(&world, r#"{"user_minute": 3, "user_day": 400, "party_day": 5000, "mismatch_window": 50, "mismatch_percent": 20}"#).await;
    for _ in 0..3 {
        ask(&world, &world.maria, good(EREBOS, "01-04-2000"))
            .await
            .unwrap();
    }
    let checks = "audit_lines WHERE event = 'look.brp-check'";
    let before = world.count(checks).await;
    assert_eq!(
        ask(&world, &world.maria, good(EREBOS, "01-04-2000")).await,
        Err(PortError::TooMany(Wait::NextMinute))
    );
    assert_eq!(
        world.count(checks).await,
        before + 1,
        "a question that was not answered is audited too"
    );
    // A colleague elsewhere has an own budget.
    ask(&world, &world.piet, good(EREBOS, "01-04-2000"))
        .await
        .unwrap();
}

#[tokio::test]
async fn many_mismatches_block_a_user_until_it_is_lifted() {
    let world = World::new().await;
    set_budget(&world, r#"{"user_minute": 60, "user_day": 400, "party_day": 5000, "mismatch_window": 4, "mismatch_percent": 20}"#).await;
    for row in [
        good(EREBOS, "01-04-2000"),
        good(NAOMI, "01-04-1987"),
        good(NOBODY, "01-04-2000"),
        good(EREBOS, "02-04-2000"),
    ] {
        ask(&world, &world.maria, row).await.unwrap();
    }
    assert_eq!(
        ask(&world, &world.maria, good(EREBOS, "01-04-2000")).await,
        Err(PortError::TooMany(Wait::Rivm))
    );
    assert_eq!(
        world
            .count("audit_lines WHERE event = 'look.brp-check' AND line LIKE '%\"alarm\":true%'")
            .await,
        1
    );
    let blocked: Vec<String> = brp_blocks::blocks(&world.road.db)
        .await
        .unwrap()
        .into_iter()
        .map(|block| block.subject)
        .collect();
    assert_eq!(blocked, ["maria"]);
    let of = |subject: &str| Lift {
        subject: subject.to_owned(),
        by: "Bea Beheer".to_owned(),
    };
    brp_blocks::lift(&world.road.db, &of("piet"))
        .await
        .unwrap_err();
    brp_blocks::lift(&world.road.db, &of("maria"))
        .await
        .unwrap();
    assert_eq!(
        world
            .count("audit_lines WHERE line LIKE '%brp-lifted%' AND line LIKE '%Bea Beheer%'")
            .await,
        1
    );
    ask(&world, &world.maria, good(EREBOS, "01-04-2000"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_question_that_waits_for_the_brp_is_counted_once() {
    let world = World::new().await;
    set_budget(&world, &a_minute_of(2)).await;
    world.brp_loaded("3 days").await;
    let row = good(EREBOS, "01-04-2000");
    let (portal, maria) = (&world.portal, &world.maria);
    let draft = portal.begin(maria, None, false).await.unwrap();
    let saved = portal.save_person(maria, draft, row.clone(), String::new());
    assert_eq!(saved.await.unwrap(), Saved::GoOn(Step::Vaccination));
    let saved = world.ticks(maria, draft, &row).await;
    assert_eq!(saved, Saved::GoOn(Step::Check));
    ask(&world, maria, good(NOBODY, "01-04-2000"))
        .await
        .unwrap();
    let over = ask(&world, maria, good(FROUKE, "24-03-2000")).await;
    assert_eq!(over, Err(PortError::TooMany(Wait::NextMinute)));
    assert_eq!(world.count("brp_checks WHERE matched IS NULL").await, 2);
    // The BRP answers at last, and no question is counted twice for it.
    world.brp_loaded("1 minute").await;
    set_budget(&world, &a_minute_of(3)).await;
    let sent = Entry::submit(portal, maria, draft, None).await.unwrap();
    assert!(matches!(sent, Submitted::Done { .. }));
    assert_eq!(world.count("brp_checks WHERE matched").await, 1);
    assert_eq!(world.count("brp_checks").await, 2);
}

#[tokio::test]
async fn what_waits_for_the_brp_is_no_match_and_no_mismatch() {
    let world = World::new().await;
    set_budget(&world, r#"{"user_minute": 60, "user_day": 400, "party_day": 5000, "mismatch_window": 2, "mismatch_percent": 20}"#).await;
    world.brp_loaded("3 days").await;
    for row in [good(NOBODY, "01-04-2000"), good(EREBOS, "02-04-2000")] {
        ask(&world, &world.maria, row).await.unwrap();
    }
    assert_eq!(world.count("brp_blocks").await, 0);
    world.brp_loaded("1 minute").await;
    for row in [good(NOBODY, "01-04-2000"), good(EREBOS, "02-04-2000")] {
        ask(&world, &world.maria, row).await.unwrap();
    }
    assert_eq!(world.count("brp_blocks").await, 1, "the answers count");
}

#[tokio::test]
async fn users_of_a_party_at_the_same_moment_share_its_budget() {
    let world = World::new().await;
    set_budget(&world, r#"{"user_minute": 60, "user_day": 400, "party_day": 1, "mismatch_window": 50, "mismatch_percent": 20}"#).await;
    let party = world.maria.party().cloned().unwrap();
    let anna = world
        .test
        .caller("anna", domain::role::Role::Invoerder, Some(&party))
        .await;
    let row = || good(EREBOS, "01-04-2000");
    let (one, two) = tokio::join!(ask(&world, &world.maria, row()), ask(&world, &anna, row()));
    let refused = [&one, &two]
        .into_iter()
        .filter(|answer| **answer == Err(PortError::TooMany(Wait::Tomorrow)));
    assert_eq!(refused.count(), 1, "{one:?} {two:?}");
}

/// So many questions in a minute; mismatches do not block.
fn a_minute_of(questions: u32) -> String {
    format!(
        r#"{{"user_minute": {questions}, "user_day": 400, "party_day": 5000, "mismatch_window": 1000, "mismatch_percent": 20}}"#
    )
}

/// Maria asks until her minute is used up.
async fn use_up(world: &World, questions: u32) {
    set_budget(world, &a_minute_of(questions)).await;
    for _ in 0..questions {
        ask(world, &world.maria, good(NAOMI, "01-04-1987"))
            .await
            .unwrap();
    }
}

/// A preview with these rows.
async fn refused(world: &World, rows: &[RowText]) -> uuid::Uuid {
    let id = world
        .receive(&world.maria, "a.csv", &csv(rows), true)
        .await
        .id();
    world.work().await;
    id
}

/// What Maria types over BSN and birth date of the refused rows, in their order.
async fn typed(world: &World, id: uuid::Uuid, cells: &[&[(Column, &str)]]) -> Vec<MendedRow> {
    let list = world.portal.refused(&world.maria, id, 1, None).await;
    let rows = list.unwrap().rows.items;
    assert!(rows.len() >= cells.len(), "{} refused", rows.len());
    let rows = rows.into_iter().zip(cells);
    rows.map(|(row, cells)| MendedRow {
        number: row.number,
        seen: row.seen,
        cells: cells
            .iter()
            .map(|(column, text)| (*column, (*text).to_owned()))
            .collect(),
        ..MendedRow::default()
    })
    .collect()
}

fn about<'a>(bsn: &'a str, birth: &'a str) -> [(Column, &'a str); 2] {
    [(Column::Bsn, bsn), (Column::Geboortedatum, birth)]
}

/// Somebody whose birth date is another one; each has a BSN of their own, so that no two rows contradict each other.
fn stranger(which: usize) -> RowText {
    good([EREBOS, NAOMI, FROUKE, MENELAOS][which], "09-09-1999")
}

#[tokio::test]
async fn who_mends_rows_asks_within_the_same_budget_and_pays_once_for_a_person() {
    let world = World::new().await;
    set_budget(&world, &a_minute_of(2)).await;
    let mut rows = [0, 1, 2, 3].map(stranger);
    rows[3].set(Column::Vaccinatiedatum, "10-03-2021");
    let id = refused(&world, &rows).await;
    let pairs = [
        about(EREBOS, "01-04-2000"),
        about(NAOMI, "02-04-1987"),
        about(FROUKE, "24-03-2000"),
        // The same person in another row costs nothing.
        about(EREBOS, "01-04-2000"),
    ];
    let cells: Vec<&[(Column, &str)]> = pairs.iter().map(|pair| &pair[..]).collect();
    let posted = typed(&world, id, &cells).await;
    let say = |foreseen: &[Foreseen]| -> Vec<(u32, bool, Option<Code>)> {
        foreseen
            .iter()
            .map(|row| (row.number, row.good, row.findings.first().map(|f| f.code)))
            .collect()
    };
    for _ in 0..2 {
        let began = Instant::now();
        let foreseen = world
            .portal
            .foresee(&world.maria, id, posted.clone())
            .await
            .unwrap();
        assert!(began.elapsed() >= Duration::from_millis(300));
        assert_eq!(
            say(&foreseen)[..3],
            [
                (2, true, None),
                (3, false, Some(Code::B10)),
                (4, false, Some(Code::B13))
            ]
        );
        assert!(foreseen[3].good, "{:?}", foreseen[3]);
        assert_eq!(world.count("brp_checks WHERE NOT of_file").await, 2);
    }
    let began = Instant::now();
    let answer = world
        .portal
        .mend(&world.maria, id, posted, None)
        .await
        .unwrap();
    assert!(began.elapsed() >= Duration::from_millis(300));
    assert_eq!(
        (answer.wait, answer.kept.is_some()),
        (Some(Wait::NextMinute), true)
    );
    assert_eq!(world.count("brp_checks WHERE NOT of_file").await, 2);
    let list = world
        .portal
        .refused(&world.maria, id, 1, answer.kept)
        .await
        .unwrap();
    let waits: Vec<_> = list
        .rows
        .items
        .iter()
        .filter(|row| row.kept == Some(Kept::Waits))
        .collect();
    assert_eq!(waits.len(), 1);
    assert_eq!(
        waits[0].row.get(Column::Bsn),
        FROUKE,
        "nothing typed is lost"
    );
    let lines = "audit_lines WHERE event = 'look.brp-check' AND line LIKE '%te_koppelen%'";
    assert!(world.count(lines).await >= 6, "each time both answers");
    // A minute later it goes on.
    sqlx::query("UPDATE brp_checks SET checked_at = checked_at - interval '61 seconds'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let last = MendedRow {
        number: waits[0].number,
        seen: waits[0].seen,
        cells: about(FROUKE, "24-03-2000")
            .map(|(column, text)| (column, text.to_owned()))
            .into(),
        ..MendedRow::default()
    };
    let answer = world
        .portal
        .mend(&world.maria, id, vec![last], answer.kept)
        .await
        .unwrap();
    assert_eq!((answer.good, answer.wait), (1, None));
}

#[tokio::test]
async fn what_stood_in_the_file_costs_the_one_who_mends_it_nothing() {
    let world = World::new().await;
    use_up(&world, 1).await;
    let wrong = |row: RowText| with(row, &[(Column::Dosisnummer, "nul")]);
    let rows = [
        wrong(good(EREBOS, "01-04-2000")),
        wrong(good(FROUKE, "24-03-2000")),
        wrong(stranger(1)),
    ];
    let id = refused(&world, &rows).await;
    let cells: [&[(Column, &str)]; 3] = [&[(Column::Dosisnummer, "1")]; 3];
    let posted = typed(&world, id, &cells).await;
    let answer = world
        .portal
        .mend(&world.maria, id, posted, None)
        .await
        .unwrap();
    assert_eq!(
        answer,
        MendAnswer {
            good: 2,
            refused: 1,
            ..MendAnswer::default()
        }
    );
    let counted = "brp_file_checks WHERE asked = 3 AND matched = 2";
    assert_eq!(world.count(counted).await, 1, "for the party, as its files");
}

#[tokio::test]
async fn mending_in_two_steps_is_no_way_around_the_budget() {
    let world = World::new().await;
    let wrong = |row: RowText| with(row, &[(Column::Dosisnummer, "nul")]);
    let id = refused(&world, &[0, 1].map(|one| wrong(stranger(one)))).await;
    // Still refused by a rule of the row: the BRP was not asked.
    let pairs = [about(EREBOS, "01-04-2000"), about(FROUKE, "24-03-2000")];
    let cells: Vec<&[(Column, &str)]> = pairs.iter().map(|pair| &pair[..]).collect();
    let posted = typed(&world, id, &cells).await;
    let answer = world.portal.mend(&world.maria, id, posted, None).await;
    assert_eq!(answer.unwrap().refused, 2);
    assert_eq!(world.count("brp_checks").await, 0);
    use_up(&world, 1).await;
    let dose: &[(Column, &str)] = &[(Column::Dosisnummer, "1")];
    let mut posted = typed(&world, id, &[dose, dose]).await;
    let foreseen = world.portal.foresee(&world.maria, id, posted.clone()).await;
    let good: Vec<bool> = foreseen.unwrap().iter().map(|row| row.good).collect();
    assert_eq!(good, [false, false]);
    // Nor is taking the second one along with the first.
    posted.truncate(1);
    posted[0].everywhere = true;
    let answer = world.portal.mend(&world.maria, id, posted, None).await;
    assert_eq!(answer.unwrap().wait, Some(Wait::NextMinute));
    assert_eq!(
        world
            .count("delivery_rows WHERE outcome <> 'AFGEKEURD'")
            .await,
        0
    );
    assert_eq!(world.count("brp_checks").await, 1);
}

#[tokio::test]
async fn mismatches_while_mending_block_as_those_of_the_entry_form_do() {
    let world = World::new().await;
    let id = refused(&world, &[0, 1, 2, 3].map(stranger)).await;
    set_budget(&world, r#"{"user_minute": 60, "user_day": 400, "party_day": 5000, "mismatch_window": 4, "mismatch_percent": 20}"#).await;
    let pairs = [EREBOS, NAOMI, FROUKE, MENELAOS].map(|bsn| about(bsn, "05-05-1998"));
    let cells: Vec<&[(Column, &str)]> = pairs.iter().map(|pair| &pair[..]).collect();
    let posted = typed(&world, id, &cells).await;
    let foreseen = world.portal.foresee(&world.maria, id, posted).await;
    assert!(foreseen.unwrap().iter().all(|row| !row.good));
    assert_eq!(
        ask(&world, &world.maria, good(EREBOS, "01-04-2000")).await,
        Err(PortError::TooMany(Wait::Rivm))
    );
    let alarms = "audit_lines WHERE event = 'look.brp-check' AND line LIKE '%\"alarm\":true%'";
    assert_eq!(world.count(alarms).await, 1);
}

#[tokio::test]
async fn a_day_that_is_used_up_says_so() {
    let world = World::new().await;
    set_budget(&world, r#"{"user_minute": 60, "user_day": 1, "party_day": 5000, "mismatch_window": 50, "mismatch_percent": 20}"#).await;
    let row = good(EREBOS, "01-04-2000");
    ask(&world, &world.maria, row.clone()).await.unwrap();
    let again = ask(&world, &world.maria, row).await;
    assert_eq!(again, Err(PortError::TooMany(Wait::Tomorrow)));
}

#[tokio::test]
async fn a_draft_beyond_the_budget_tells_nothing_of_its_new_person_and_is_not_sent() {
    let world = World::new().await;
    set_budget(&world, &a_minute_of(1)).await;
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    let known = good(NAOMI, "01-04-1987");
    let (portal, maria) = (&world.portal, &world.maria);
    let saved = portal.save_person(maria, draft, known.clone(), String::new());
    assert_eq!(saved.await.unwrap(), Saved::GoOn(Step::Vaccination));
    portal
        .save_vaccination(maria, draft, known, None)
        .await
        .unwrap();
    for birth in ["01-04-2000", "02-04-2000"] {
        let absurd = with(good(EREBOS, birth), &[(Column::Achternaam, "Qqxzzwv")]);
        let over = portal.save_person(maria, draft, absurd.clone(), String::new());
        assert_eq!(over.await, Err(PortError::TooMany(Wait::NextMinute)));
        let saved = portal.save_vaccination(maria, draft, absurd, None).await;
        assert_eq!(saved.unwrap(), Saved::GoOn(Step::Person));
        let view = portal.draft(maria, draft).await.unwrap();
        assert_eq!((view.step, view.brp), (Step::Person, BrpAnswer::NotAsked));
        let codes: Vec<Code> = view.findings.iter().map(|found| found.code).collect();
        assert!(codes.is_empty(), "right and wrong look the same: {codes:?}");
        assert_eq!(view.row.get(Column::Bsn), EREBOS, "what was typed is kept");
        let sent = Entry::submit(portal, maria, draft, None).await.unwrap();
        assert!(matches!(sent, Submitted::LookAgain(Step::Person)));
    }
    assert_eq!(world.count("reports").await, 0);
    assert_eq!(world.count("brp_checks").await, 1);
}

#[tokio::test]
async fn another_name_is_another_question() {
    let world = World::new().await;
    set_budget(&world, &a_minute_of(3)).await;
    let (portal, maria) = (&world.portal, &world.maria);
    let named = |name| with(good(EREBOS, "01-04-2000"), &[(Column::Achternaam, name)]);
    let draft = portal.begin(maria, None, false).await.unwrap();
    let checks = "audit_lines WHERE event = 'look.brp-check'";
    // The same name, however it is written, is the same question.
    for (name, asked) in [("Aa", 1), ("Ab", 2), (" AB ", 2), ("", 3)] {
        let saved = portal.save_person(maria, draft, named(name), String::new());
        saved.await.unwrap();
        assert_eq!(world.count("brp_checks").await, asked, "{name:?}");
        assert_eq!(world.count(checks).await, asked, "{name:?}");
    }
    let over = portal.save_person(maria, draft, named("Ac"), String::new());
    assert_eq!(over.await, Err(PortError::TooMany(Wait::NextMinute)));
    let view = portal.draft(maria, draft).await.unwrap();
    let codes: Vec<Code> = view.findings.iter().map(|found| found.code).collect();
    assert!(codes.is_empty(), "{codes:?}");
}

#[tokio::test]
async fn another_name_in_a_correction_or_a_mended_row_is_another_question() {
    let world = World::new().await;
    let (portal, maria) = (&world.portal, &world.maria);
    let stands = good(EREBOS, "01-04-2000");
    let reference = world.record(maria, &stands).await;
    let id = portal.receipt(maria, reference).await.unwrap();
    let id = id.registration.unwrap();
    let asked = "brp_checks WHERE NOT of_file";
    let before = world.count(asked).await;
    set_budget(&world, &a_minute_of(60)).await;
    let batch = with(stands.clone(), &[(Column::Batchnummer, "EJ6796")]);
    for (row, more) in [
        (batch.clone(), 0),
        (with(batch, &[(Column::Achternaam, "Qqxzzwv")]), 1),
    ] {
        let done = portal.correct(maria, id, row, "batch".into(), None, None);
        done.await.unwrap();
        assert_eq!(world.count(asked).await, before + more);
    }
    let before = world.count(asked).await;
    let wrong = with(good(NAOMI, "01-04-1987"), &[(Column::Vaccin, "nep")]);
    let delivery = refused(&world, &[wrong]).await;
    for (name, more) in [("", 0), ("Aa", 1), ("Ab", 2), ("aa", 2)] {
        let vaccine = (Column::Vaccin, "Comirnaty");
        let cells: &[(Column, &str)] = &[(Column::Achternaam, name), vaccine];
        let rows = typed(&world, delivery, &[cells]).await;
        let foreseen = portal.foresee(maria, delivery, rows).await;
        foreseen.unwrap();
        assert_eq!(world.count(asked).await, before + more, "{name:?}");
    }
}

#[tokio::test]
async fn a_correction_beyond_the_budget_is_kept() {
    let world = World::new().await;
    let id = world
        .registered(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    set_budget(&world, &a_minute_of(1)).await;
    let other = good(FROUKE, "24-03-2000");
    let done = world
        .portal
        .correct(
            &world.maria,
            id,
            other,
            "verkeerde persoon".into(),
            None,
            None,
        )
        .await
        .unwrap();
    let Corrected::Later(draft, Wait::NextMinute) = done else {
        panic!("asked beyond the budget");
    };
    let view = world.portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!(view.row.get(Column::Bsn), FROUKE);
    assert!(view.findings.is_empty(), "nothing of the BRP");
}

#[tokio::test]
async fn small_files_with_many_mismatches_raise_the_alarm_of_their_party() {
    let world = World::new().await;
    set_budget(&world, r#"{"user_minute": 60, "user_day": 400, "party_day": 5000, "mismatch_window": 4, "mismatch_percent": 20}"#).await;
    let alarms = "audit_lines WHERE event = 'look.brp-check' AND line LIKE '%\"alarm\":true%'";
    refused(&world, &[0, 1, 2].map(stranger)).await;
    assert_eq!(world.count(alarms).await, 0, "three questions say nothing");
    refused(&world, &[good(EREBOS, "01-04-2000"), stranger(1)]).await;
    assert_eq!(world.count(alarms).await, 1);
    // Counting begins anew.
    refused(
        &world,
        &[
            good(EREBOS, "01-04-2000"),
            good(NAOMI, "01-04-1987"),
            good(FROUKE, "24-03-2000"),
            stranger(3),
        ],
    )
    .await;
    assert_eq!(
        world.count(alarms).await,
        2,
        "a quarter is more than a fifth"
    );
    refused(
        &world,
        &[
            good(EREBOS, "01-04-2000"),
            good(NAOMI, "01-04-1987"),
            good(FROUKE, "24-03-2000"),
        ],
    )
    .await;
    assert_eq!(world.count(alarms).await, 2);
    assert_eq!(world.count("brp_file_checks").await, 4);
}

#[tokio::test]
async fn about_whom_was_asked_is_forgotten_after_a_day_and_that_it_was_asked_is_not() {
    let world = World::new().await;
    ask(&world, &world.maria, good(EREBOS, "01-04-2000"))
        .await
        .unwrap();
    tidy::tidy(&world.road).await.unwrap();
    assert_eq!(
        world.count("brp_checks WHERE question IS NOT NULL").await,
        1
    );
    sqlx::query("UPDATE brp_checks SET checked_at = checked_at - interval '25 hours'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    tidy::tidy(&world.road).await.unwrap();
    assert_eq!(world.count("brp_checks WHERE question IS NULL").await, 1);
}

#[tokio::test]
async fn no_answer_comes_faster_than_the_floor_and_both_look_the_same() {
    let world = World::new().await;
    let mut answers = Vec::new();
    for row in [
        good(NOBODY, "01-04-2000"),
        good(EREBOS, "03-04-2000"),
        good(crate::world::TWICE, "01-01-1950"),
    ] {
        let began = Instant::now();
        answers.push(ask(&world, &world.maria, row).await.unwrap());
        assert!(began.elapsed() >= Duration::from_millis(300));
    }
    assert_eq!(answers, [Saved::LookAgain; 3]);
}

#[tokio::test]
async fn the_defaults_of_today_end_with_the_session() {
    let world = World::new().await;
    world
        .record(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    let view = world.portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!(
        (view.row.get(Column::Batchnummer), view.row.get(Column::Bsn)),
        ("EJ6795", "")
    );
    let again = Caller {
        session_id: uuid::Uuid::now_v7(),
        ..world.maria.clone()
    };
    let draft = world.portal.begin(&again, None, false).await.unwrap();
    assert_eq!(
        world
            .portal
            .draft(&again, draft)
            .await
            .unwrap()
            .row
            .get(Column::Batchnummer),
        ""
    );
}

#[tokio::test]
async fn a_preview_nobody_submits_is_gone_after_a_day() {
    let world = World::new().await;
    let rows = [with(good(EREBOS, "01-04-2000"), &[])];
    let id = world
        .receive(&world.maria, "a.csv", &csv(&rows), true)
        .await
        .id();
    world.work().await;
    tidy::tidy(&world.road).await.unwrap();
    assert!(
        world
            .portal
            .delivery(&world.maria, id)
            .await
            .unwrap()
            .may_submit,
        "not yet"
    );
    sqlx::query("UPDATE deliveries SET preview_since = now() - interval '25 hours'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    tidy::tidy(&world.road).await.unwrap();
    assert!(
        !world
            .portal
            .delivery(&world.maria, id)
            .await
            .unwrap()
            .may_submit
    );
    assert_eq!(world.count("delivery_rows").await, 0);
    assert!(!world.road.blobs.holds(id));
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_stores_nothing() {
    let world = World::new().await;
    let id = world
        .receive(
            &world.maria,
            "a.csv",
            &csv(&[good(EREBOS, "01-04-2000")]),
            false,
        )
        .await
        .id();
    let life = server::jobs::Life::begin(&world.road.db).await.unwrap();
    let stale = server::jobs::lease(&world.road.db, &life)
        .await
        .unwrap()
        .unwrap();
    sqlx::query("UPDATE jobs SET lease_until = now() - interval '1 second'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(world.count("reports").await, 1);
    let (_keep, stop) = tokio::sync::watch::channel(false);
    let answer = server::jobs::Handler::handle(&world.road, &stale, &stop).await;
    assert_eq!(answer, Err(server::jobs::Stopped::Fenced));
    assert_eq!(
        (
            world.count("reports").await,
            world.count("delivery_rows").await
        ),
        (1, 1)
    );
    assert_eq!(
        world
            .portal
            .delivery(&world.maria, id)
            .await
            .unwrap()
            .line
            .counts
            .geaccepteerd,
        1
    );
}

#[tokio::test]
async fn a_check_that_was_taken_over_does_not_hold_up_what_comes_after_it() {
    let world = World::new().await;
    let rows = csv(&[good(EREBOS, "01-04-2000")]);
    let id = world.receive(&world.maria, "a.csv", &rows, true).await.id();
    for _ in 0..3 {
        // Leased by a process that dies before it does anything.
        let life = server::jobs::Life::begin(&world.road.db).await.unwrap();
        server::jobs::lease(&world.road.db, &life)
            .await
            .unwrap()
            .unwrap();
        life.end(&world.road.db).await.unwrap();
    }
    world.work().await;
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(world.count("deliveries WHERE state = 'done'").await, 1);
    assert_eq!(world.count("reports").await, 1);
}

//! The BRP check is an oracle on who has which BSN: budgets, block, alarm, floor (security §4.6).
//! And what ends by itself.

use crate::world::{EREBOS, NAOMI, NOBODY, World, csv, good, with};
use app::ports::entry::{Entry, Saved};
use app::ports::{Caller, Deliveries, PortError, PortResult};
use domain::row::{Column, RowText};
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
        Err(PortError::TooMany)
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
        Err(PortError::TooMany)
    );
    assert_eq!(
        world
            .count("audit_lines WHERE event = 'look.brp-check' AND line LIKE '%\"alarm\":true%'")
            .await,
        1
    );
    sqlx::query("UPDATE brp_blocks SET lifted_at = now()")
        .execute(&world.test.admin)
        .await
        .unwrap();
    ask(&world, &world.maria, good(EREBOS, "01-04-2000"))
        .await
        .unwrap();
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

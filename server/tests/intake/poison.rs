//! A row that the database does not take is left out by itself; a database that takes nothing is waited for.

use crate::torture::Crowd;
use crate::world::{EREBOS, NAOMI, World, csv, good, with};
use app::ports::Deliveries;
use app::ports::operations::Operations;
use app::ports::withdrawals::Withdrawals;
use domain::role::Role;
use domain::row::Column;
use server::jobs::{self, Handler, Life, Stopped};
use tokio::sync::watch;
use uuid::Uuid;

const ROWS: usize = 200;
/// The row, as its sender numbers it, that the database is made to refuse.
const POISON: usize = 137;

/// The database fails with this SQLSTATE over each new row of a table for which a condition holds.
async fn fail(world: &World, table: &str, condition: &str, state: &str) {
    // A unique constraint has a name; of other errors the state alone says what it is.
    let constraint = if state == "23505" {
        ", CONSTRAINT = 'made_unique'"
    } else {
        ""
    };
    let sql = format!(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF {condition} THEN RAISE EXCEPTION 'made to fail' USING ERRCODE = '{state}'{constraint}; END IF; RETURN new; END $$;
         CREATE TRIGGER fail BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION fail()"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&world.test.admin)
        .await
        .unwrap();
}

async fn mend(world: &World) {
    sqlx::raw_sql("DROP FUNCTION fail CASCADE")
        .execute(&world.test.admin)
        .await
        .unwrap();
}

async fn world() -> (World, Vec<u8>) {
    let (world, crowd) = (World::new().await, Crowd::new(ROWS));
    crowd.enter_brp(&world).await;
    let mut rows: Vec<_> = (0..ROWS).map(|place| crowd.good(place)).collect();
    // The header is line 1.
    rows[POISON - 2] = with(crowd.good(POISON - 2), &[(Column::Batchnummer, "EJ6134")]);
    (world, csv(&rows))
}

/// Tries the next job once.
async fn try_once(world: &World) -> Result<(), Stopped> {
    let life = Life::begin(&world.road.db).await.unwrap();
    let job = jobs::lease(&world.road.db, &life).await.unwrap().unwrap();
    let (_keep, stop) = watch::channel(false);
    let tried = world.road.handle(&job, &stop).await;
    life.end(&world.road.db).await.unwrap();
    tried
}

/// Of the crowd's delivery the poison alone is refused; `before`: rows that were stored earlier.
async fn only_the_poison_is_out(world: &World, id: Uuid, before: usize) {
    let refused: Vec<(i32, String, String)> = sqlx::query_as(
        "SELECT row_number, findings -> 0 ->> 'code', state FROM delivery_rows WHERE delivery_id = $1 AND outcome <> 'GEACCEPTEERD'",
    )
    .bind(id)
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    assert_eq!(
        refused,
        [(POISON as i32, "R09".to_owned(), "open".to_owned())]
    );
    let counts = world
        .portal
        .delivery(&world.maria, id)
        .await
        .unwrap()
        .line
        .counts;
    assert_eq!(
        (counts.geaccepteerd, counts.afgekeurd),
        (ROWS as u32 - 1, 1)
    );
    assert_eq!(
        world.count("vaccinations WHERE effective").await,
        (ROWS + before) as i64 - 1
    );
    // The pieces of the chunk are in the audit, each row once.
    let told: i64 = sqlx::query_scalar(
        "SELECT sum((line::jsonb -> 'rows' ->> 1)::bigint - (line::jsonb -> 'rows' ->> 0)::bigint + 1)::bigint
         FROM audit_lines WHERE event = 'transfer.rows-stored'",
    )
    .fetch_one(&world.test.admin)
    .await
    .unwrap();
    assert_eq!(told, (ROWS + before) as i64);
    // RIVM-beheer sees which row of which delivery, and nothing that it says.
    let beheer = world.test.caller("rik", Role::RivmBeheer, None).await;
    let seen = world.portal.operations(&beheer).await.unwrap().left_out;
    let seen: Vec<(Uuid, u32)> = seen.iter().map(|row| (row.delivery, row.row)).collect();
    assert_eq!(seen, [(id, POISON as u32)]);
}

#[tokio::test]
async fn one_row_the_database_refuses_is_unreadable_and_the_rest_is_stored() {
    for state in ["22023", "23514", "XX000"] {
        let (world, content) = world().await;
        fail(&world, "vaccinations", "new.batch = 'EJ6134'", state).await;
        let id = world
            .receive(&world.maria, "a.csv", &content, false)
            .await
            .id();
        world.work().await;
        only_the_poison_is_out(&world, id, 0).await;
    }
}

#[tokio::test]
async fn the_same_after_a_preview_that_had_nothing_against_it() {
    let (world, content) = world().await;
    fail(&world, "vaccinations", "new.batch = 'EJ6134'", "22P02").await;
    let id = world.upload(&world.maria, &content).await;
    only_the_poison_is_out(&world, id, 0).await;
}

#[tokio::test]
async fn a_database_that_takes_nothing_blames_no_row() {
    let (world, content) = world().await;
    for (state, table) in [
        ("53100", "vaccinations"),
        ("XX000", "delivery_rows"),
        // A constraint that is wrong: the row itself could be kept as a refused one.
        ("23514", "vaccinations"),
    ] {
        fail(&world, table, "true", state).await;
        let id = world
            .receive(&world.maria, state, &content, false)
            .await
            .id();
        let tried = try_once(&world).await;
        assert!(
            matches!(tried, Err(Stopped::Again(_) | Stopped::Value(_))),
            "{tried:?}"
        );
        assert_eq!(
            world.count("delivery_rows").await + world.count("vaccinations").await,
            0
        );
        mend(&world).await;
        try_once(&world).await.unwrap();
        let counts = world
            .portal
            .delivery(&world.maria, id)
            .await
            .unwrap()
            .line
            .counts;
        assert_eq!(counts.geaccepteerd, ROWS as u32);
        // As it was, for the next.
        sqlx::raw_sql(
            "TRUNCATE vaccinations, reports, delivery_rows, receipts; UPDATE deliveries SET state = 'withdrawn'",
        )
        .execute(&world.test.admin)
        .await
        .unwrap();
    }
}

/// A day that PostgreSQL knows and the program does not: it panics over each vaccination that has it.
async fn beyond_all_days(world: &World, of: &str) {
    let sql = format!("UPDATE vaccinations SET vaccinated_on = 'infinity' WHERE {of}");
    let changed = sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 1);
}

#[tokio::test]
async fn one_row_that_makes_stage_two_panic_is_unreadable_and_the_rest_is_stored() {
    for preview in [false, true] {
        let (world, content) = world().await;
        let crowd = Crowd::new(ROWS);
        let earlier = with(
            crowd.good(POISON - 2),
            &[
                (Column::Bronsleutel, "eerder"),
                (Column::Vaccinatiedatum, "20-01-2021"),
            ],
        );
        world.upload(&world.maria, &csv(&[earlier])).await;
        beyond_all_days(&world, "true").await;
        let id = world
            .receive(&world.maria, "a.csv", &content, preview)
            .await
            .id();
        world.work().await;
        if preview {
            Deliveries::submit(&world.portal, &world.maria, id)
                .await
                .unwrap();
            world.work().await;
        }
        only_the_poison_is_out(&world, id, 1).await;
    }
}

#[tokio::test]
async fn an_outage_over_one_row_blames_no_row_however_often_it_is_tried() {
    for state in [
        "40001", "40P01", "55P03", "57P01", "08006", "53100", "53200", "53300",
    ] {
        let (world, content) = world().await;
        fail(&world, "vaccinations", "new.batch = 'EJ6134'", state).await;
        let id = world
            .receive(&world.maria, "a.csv", &content, false)
            .await
            .id();
        for _ in 0..4 {
            let tried = try_once(&world).await;
            assert!(
                matches!(tried, Err(Stopped::Again(_))),
                "{state}: {tried:?}"
            );
        }
        assert_eq!(world.count("delivery_rows").await, 0, "{state}");
        mend(&world).await;
        try_once(&world).await.unwrap();
        let counts = world
            .portal
            .delivery(&world.maria, id)
            .await
            .unwrap()
            .line
            .counts;
        assert_eq!(counts.geaccepteerd, ROWS as u32, "{state}");
        assert_eq!(world.count("rows_left_out").await, 0);
    }
}

#[tokio::test]
async fn what_a_unique_constraint_goes_on_refusing_is_the_row_and_nobody_who_is_in_the_way() {
    let (world, content) = world().await;
    fail(&world, "vaccinations", "new.batch = 'EJ6134'", "23505").await;
    let id = world
        .receive(&world.maria, "a.csv", &content, false)
        .await
        .id();
    for _ in 0..2 {
        let tried = try_once(&world).await;
        assert!(matches!(tried, Err(Stopped::Constraint(_))), "{tried:?}");
        assert_eq!(world.count("delivery_rows").await, 0);
    }
    try_once(&world).await.unwrap();
    only_the_poison_is_out(&world, id, 0).await;
}

#[tokio::test]
async fn a_row_that_cannot_be_judged_anew_waits_on_and_the_withdrawal_goes_on() {
    let world = World::new().await;
    let (erebos, naomi) = (good(EREBOS, "01-04-2000"), good(NAOMI, "01-04-1987"));
    let of = |row, key: &str, cells: &[(Column, &str)]| {
        with(with(row, cells), &[(Column::Bronsleutel, key)])
    };
    let other = [(Column::Batchnummer, "EJ6796")];
    let wrong = csv(&[of(erebos.clone(), "a", &[]), of(naomi.clone(), "b", &[])]);
    let long_ago = [
        (Column::Vaccinatiedatum, "20-01-2021"),
        (Column::Batchnummer, "EJ6134"),
    ];
    world
        .upload(&world.piet, &csv(&[of(erebos.clone(), "lang", &long_ago)]))
        .await;
    let first = world.upload(&world.maria, &wrong).await;
    let waiting = csv(&[of(erebos, "c", &other), of(naomi, "d", &other)]);
    let waiting = world.upload(&world.piet, &waiting).await;
    beyond_all_days(&world, "batch = 'EJ6134'").await;
    world
        .portal
        .withdraw_delivery(&world.maria, first, "verkeerd".into())
        .await
        .unwrap();
    world.work().await;
    let state = "deliveries WHERE state = 'withdrawn'";
    assert_eq!(world.count(state).await, 1);
    let counts = world
        .portal
        .delivery(&world.piet, waiting)
        .await
        .unwrap()
        .line
        .counts;
    assert_eq!((counts.geaccepteerd, counts.te_controleren), (1, 1));
    let beheer = world.test.caller("rik", Role::RivmBeheer, None).await;
    let seen = world.portal.operations(&beheer).await.unwrap().left_out;
    assert_eq!(seen.iter().map(|row| row.row).collect::<Vec<_>>(), [2]);
}

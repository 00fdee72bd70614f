//! A row that the database does not take is left out by itself; a database that takes nothing is waited for.

use crate::torture::Crowd;
use crate::world::{World, csv, with};
use app::ports::Deliveries;
use domain::row::Column;
use server::jobs::{self, Handler, Life, Stopped};
use tokio::sync::watch;
use uuid::Uuid;

const ROWS: usize = 200;
/// The row, as its sender numbers it, that the database is made to refuse.
const POISON: usize = 137;

/// The database fails with this SQLSTATE over each new row of a table for which a condition holds.
async fn fail(world: &World, table: &str, condition: &str, state: &str) {
    let sql = format!(
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN IF {condition} THEN RAISE EXCEPTION 'made to fail' USING ERRCODE = '{state}'; END IF; RETURN new; END $$;
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

async fn only_the_poison_is_out(world: &World, id: Uuid) {
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
        ROWS as i64 - 1
    );
    // The pieces of the chunk are in the audit, each row once.
    let told: i64 = sqlx::query_scalar(
        "SELECT sum((line::jsonb -> 'rows' ->> 1)::bigint - (line::jsonb -> 'rows' ->> 0)::bigint + 1)::bigint
         FROM audit_lines WHERE event = 'transfer.rows-stored'",
    )
    .fetch_one(&world.test.admin)
    .await
    .unwrap();
    assert_eq!(told, ROWS as i64);
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
        only_the_poison_is_out(&world, id).await;
    }
}

#[tokio::test]
async fn the_same_after_a_preview_that_had_nothing_against_it() {
    let (world, content) = world().await;
    fail(&world, "vaccinations", "new.batch = 'EJ6134'", "22P02").await;
    let id = world.upload(&world.maria, &content).await;
    only_the_poison_is_out(&world, id).await;
}

#[tokio::test]
async fn a_database_that_takes_nothing_blames_no_row() {
    let (world, content) = world().await;
    for (state, table) in [("53100", "vaccinations"), ("XX000", "delivery_rows")] {
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

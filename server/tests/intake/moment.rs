//! Two at once, at the moment that matters: the first hangs half-way on its way into the database until the second is there.

use crate::world::World;
use std::pin::pin;
use std::time::Duration;

/// Whatever puts such a row into this table hangs there until [`both`] lets it go on.
pub(crate) async fn hang(world: &World, table: &str, condition: &str) {
    let sql = format!(
        "CREATE TABLE go (x int); GRANT SELECT ON go TO PUBLIC;
         CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN
             IF {condition} THEN
                 PERFORM pg_advisory_xact_lock_shared(4242);
                 WHILE NOT EXISTS (SELECT FROM go) LOOP PERFORM pg_sleep(0.02); END LOOP;
             END IF;
             RETURN new;
         END $$;
         CREATE TRIGGER hang BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION hang()"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
        .execute(&world.test.admin)
        .await
        .unwrap();
}

async fn until(world: &World, what: &str) {
    while world.count(what).await == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Begins the second when the first hangs, and lets the first go on when the second waits for it, or has ended.
pub(crate) async fn both<F, S>(world: &World, first: F, second: S) -> (F::Output, S::Output)
where
    F: Future,
    S: Future,
{
    let second = async {
        // Of this database: other tests hang in theirs.
        let hangs = "pg_locks l JOIN pg_database d ON d.oid = l.database
             WHERE d.datname = current_database() AND l.locktype = 'advisory' AND l.objid = 4242";
        until(world, hangs).await;
        let mut second = pin!(second);
        let waits =
            "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let ended = tokio::select! {
            ended = &mut second => Some(ended),
            () = until(world, waits) => None,
        };
        sqlx::raw_sql("INSERT INTO go VALUES (1)")
            .execute(&world.test.admin)
            .await
            .unwrap();
        match ended {
            Some(ended) => ended,
            None => second.await,
        }
    };
    tokio::time::timeout(Duration::from_secs(120), async {
        tokio::join!(first, second)
    })
    .await
    .expect("neither waits for ever")
}

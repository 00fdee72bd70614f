//! Migrating, and refusing to serve with a database that is not fit (security F15, F17, G19).

use crate::support::TestDb;
use server::store::{Db, schema};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::time::Duration;

#[tokio::test]
async fn a_migrated_database_is_ready_and_migrating_again_does_nothing() {
    let test = TestDb::new().await;
    let now = server::clock::now();
    schema::check_ready(&test.db, now).await.expect("ready");
    let mut owner = PgConnection::connect_with(&test.as_role("postgres"))
        .await
        .unwrap();
    assert_eq!(
        schema::migrate(&mut owner, Duration::ZERO).await.unwrap(),
        []
    );
}

/// What tells of the tables.
const PAGE: &str = include_str!("../../../docs/database.md");

#[tokio::test]
async fn the_page_about_the_database_names_its_tables_and_policies_and_no_others() {
    let test = TestDb::new().await;
    let tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                  AND NOT relispartition AND relname !~ '^_sqlx'";
    let policies = "SELECT DISTINCT polname::text FROM pg_policy";
    let mut known = Vec::new();
    for query in [tables, policies] {
        let names: Vec<String> = sqlx::query_scalar(query)
            .fetch_all(&test.admin)
            .await
            .unwrap();
        known.extend(names);
    }
    assert!(known.len() >= 70, "{known:?}");
    let unnamed: Vec<&String> = known
        .iter()
        .filter(|name| !PAGE.contains(&format!("`{name}`")))
        .collect();
    assert!(unnamed.is_empty(), "not in docs/database.md: {unnamed:?}");
    // The first cell of a line of its tables, from the one of the policies on.
    let (_, lines) = PAGE.split_once("## Whose row is it").unwrap();
    for line in lines.lines().filter(|line| line.starts_with("| `")) {
        let (cell, _) = line.trim_start_matches("| ").split_once(" |").unwrap();
        for name in cell.split(", ") {
            let name = name.trim_matches('`').to_owned();
            assert!(known.contains(&name), "{name} is gone");
        }
    }
}

#[tokio::test]
async fn pending_migrations_a_wrong_clock_or_a_strong_role_refuse_the_start() {
    let test = TestDb::new().await;
    // Behind: what passes until it is asked makes the difference no smaller.
    let behind = server::clock::now() - time::Duration::seconds(6);
    let wrong = schema::check_ready(&test.db, behind)
        .await
        .unwrap_err()
        .to_string();
    assert!(wrong.contains("clocks"), "{wrong}");
    let strong = Db::from_options(test.as_role("postgres"), test.as_role("cims_worker"), 1);
    let wrong = schema::check_ready(&strong, server::clock::now())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        wrong.contains("postgres") && wrong.contains("row-level security"),
        "{wrong}"
    );
    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 9")
        .execute(&test.admin)
        .await
        .unwrap();
    let wrong = schema::check_ready(&test.db, server::clock::now())
        .await
        .unwrap_err()
        .to_string();
    assert!(
        wrong.contains("1 migration") && wrong.contains("cims migrate"),
        "{wrong}"
    );
    sqlx::query("UPDATE _sqlx_migrations SET checksum = '' WHERE version = 1")
        .execute(&test.admin)
        .await
        .unwrap();
    assert!(
        schema::check_ready(&test.db, server::clock::now())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_second_migrator_gives_up_instead_of_waiting_for_ever() {
    let test = TestDb::new().await;
    let mut first = PgConnection::connect_with(&test.as_role("postgres"))
        .await
        .unwrap();
    sqlx::query("SELECT pg_advisory_lock(1667853683)")
        .execute(&mut first)
        .await
        .unwrap();
    let mut second = PgConnection::connect_with(&test.as_role("postgres"))
        .await
        .unwrap();
    let refused = schema::migrate(&mut second, Duration::from_millis(300))
        .await
        .unwrap_err();
    assert!(
        matches!(refused, schema::SchemaError::Locked(_)),
        "{refused}"
    );
    first.close().await.unwrap();
    assert!(
        schema::migrate(&mut second, Duration::from_secs(5))
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_owner_without_superuser_rights_can_migrate_a_database_of_its_own() {
    let test = TestDb::new().await;
    let name = format!("{}_owned", test.name);
    sqlx::query(AssertSqlSafe(format!(
        "CREATE DATABASE {name} OWNER cims_owner"
    )))
    .execute(&test.admin)
    .await
    .unwrap();
    // As if logged in as cims_owner: the role is set from the first moment.
    let options = test
        .as_role("postgres")
        .database(&name)
        .options([("role", "cims_owner")]);
    let mut owner = PgConnection::connect_with(&options).await.unwrap();
    let steps = schema::migrate(&mut owner, Duration::ZERO)
        .await
        .expect("migrated");
    assert!(steps.len() >= 10);
    owner.close().await.unwrap();
    sqlx::query(AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
        .execute(&test.admin)
        .await
        .unwrap();
}

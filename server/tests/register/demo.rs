//! `cims demo` by its own command line, on a real database.

use crate::support::TestDb;
use std::process::{Command, Output};

fn cims(test: &TestDb, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cims"))
        .args(arguments)
        .current_dir(test.dir.path())
        .env("CIMS__DATABASE__PORTAL_URL", test.url("cims_portal"))
        .env("CIMS__DATABASE__WORKER_URL", test.url("cims_worker"))
        .env("CIMS__DATABASE__OWNER_URL", test.url("postgres"))
        .env("CIMS__DATABASE__LOG_URL", test.url("cims_log"))
        .env("CIMS__LOGIN__ISSUER", "http://localhost:3001")
        .output()
        .expect("cims runs")
}

fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[tokio::test]
async fn the_demo_fills_an_empty_database_and_a_second_time_changes_nothing() {
    let test = TestDb::new().await;
    let first = cims(&test, &["demo", "--persons", "300"]);
    assert!(first.status.success(), "{}", said(&first));
    assert!(
        said(&first).contains("300 persons in the BRP, 8 parties, 11 accounts"),
        "{}",
        said(&first)
    );
    let again = cims(&test, &["demo", "--persons", "300"]);
    assert!(
        again.status.success() && said(&again).contains("there already"),
        "{}",
        said(&again)
    );
    let changed: i64 = sqlx::query_scalar(
        "SELECT rows_changed + rows_new + rows_gone FROM brp_loads ORDER BY id DESC LIMIT 1",
    )
    .fetch_one(&test.admin)
    .await
    .unwrap();
    assert_eq!(changed, 0);
    let two: i64 = sqlx::query_scalar("SELECT count(*) FROM user_roles r JOIN users u ON u.id = r.user_id WHERE u.subject = 'tweehuizen' AND u.issuer = 'http://localhost:3001'")
        .fetch_one(&test.admin).await.unwrap();
    assert_eq!(two, 2, "works for two institutions");
    let open: i64 = sqlx::query_scalar("SELECT count(*) FROM connections WHERE state = 'approved' AND channel IN ('portaal', 'upload')").fetch_one(&test.admin).await.unwrap();
    assert_eq!(open, 10);
    let new: i64 = sqlx::query_scalar("SELECT count(*) FROM connections c JOIN parties p ON p.id = c.party_id WHERE p.code = 'NIEUWEHOF'").fetch_one(&test.admin).await.unwrap();
    assert_eq!(new, 0, "nobody approved anything of the new one yet");
    let other = cims(&test, &["demo", "--persons", "300", "--seed", "2"]);
    assert_eq!(other.status.code(), Some(2), "{}", said(&other));

    let verified = cims(&test, &["audit", "verify"]);
    assert!(
        verified.status.success() && said(&verified).contains("3 lines, 0 anchors, all as written"),
        "{}",
        said(&verified)
    );
}

#[tokio::test]
async fn a_register_that_is_not_a_demo_is_never_touched() {
    let test = TestDb::new().await;
    test.party("ECHT").await;
    let refused = cims(&test, &["demo"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        said(&refused).contains("not made by `cims demo`"),
        "{}",
        said(&refused)
    );
    let parties: i64 = sqlx::query_scalar("SELECT count(*) FROM parties")
        .fetch_one(&test.admin)
        .await
        .unwrap();
    assert_eq!(parties, 1);
}

#[tokio::test]
async fn an_installation_that_is_not_in_order_is_refused_with_one_sentence_and_78() {
    let test = TestDb::new().await;
    std::fs::write(
        test.dir.path().join("personen.csv"),
        "pl_id;bsn;geslachtsnaam;geboortedatum\n",
    )
    .unwrap();
    let load = ["brp", "load", "personen.csv", "--full"];
    assert!(cims(&test, &load).status.success());

    std::fs::remove_file(test.dir.path().join("keys/mac-1.key")).unwrap();
    let missing = cims(&test, &load);
    assert_eq!(missing.status.code(), Some(78));
    assert!(
        said(&missing).contains("mac-1.key") && said(&missing).lines().count() == 1,
        "{}",
        said(&missing)
    );

    assert!(cims(&test, &["demo", "--keys-only"]).status.success());
    // The file that came in its place is another key under the same name.
    let other = cims(&test, &load);
    assert_eq!(other.status.code(), Some(78));
    assert!(
        said(&other).contains("mac-1.key is not the key this database was made with"),
        "{}",
        said(&other)
    );

    sqlx::query("DELETE FROM _sqlx_migrations WHERE version = 10")
        .execute(&test.admin)
        .await
        .unwrap();
    let behind = cims(&test, &load);
    assert_eq!(behind.status.code(), Some(78));
    assert!(said(&behind).contains("cims migrate"), "{}", said(&behind));
    let listed = cims(&test, &["migrate", "--dry-run"]);
    assert!(said(&listed).contains("pending 0010"), "{}", said(&listed));

    std::fs::write(
        test.dir.path().join("cims.toml"),
        "[databse]\nconnections = 3\n",
    )
    .unwrap();
    let wrong = cims(&test, &["config", "show"]);
    assert_eq!(wrong.status.code(), Some(78));
    assert!(
        said(&wrong).contains("`databse`") && said(&wrong).contains("cims.toml"),
        "{}",
        said(&wrong)
    );
}

//! An account that ends in the very moment in which its sender hears of a file: a yes is never followed by a no a day later.

use crate::house::{House, rows};
use crate::support::until;
use crate::trouble::proved;
use domain::delivery::dropbox::Proof;
use russh_sftp::protocol::StatusCode;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

fn over() -> (StatusCode, String) {
    (
        StatusCode::PermissionDenied,
        "dit account is beëindigd".to_owned(),
    )
}

/// Somebody waits in the database of a test.
const WAITS: &str =
    "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_while_its_account_ends_waits_for_that_and_hears_no() {
    let house = House::open().await;
    let admin = &house.world.test.admin;
    // Somebody stays, or nobody would be let in at all.
    house.keyed("blijft", Proof::Rename, 1).await;
    for (name, proof) in [("hernoemt", Proof::Rename), ("sluit", Proof::Trailer)] {
        house.keyed(name, proof, 2).await;
        let mut raw = house.raw(name, 2).await;
        let file = format!("CIMS_ZONNEHOF_{name}_20210301_1.csv");
        let handle = raw.create(&file).await.unwrap();
        let written = raw.write(&handle, 0, &proved(name)).await;
        assert_eq!(written.0, StatusCode::Ok);
        let mut ending = admin.begin().await.unwrap();
        sqlx::query("UPDATE sftp_accounts SET ended_at = now() WHERE name = $1")
            .bind(name)
            .execute(&mut *ending)
            .await
            .unwrap();
        let ends = async {
            until(PATIENCE, "its CLOSE does not wait", async || {
                house.world.count(WAITS).await > 0
            })
            .await;
            ending.commit().await.unwrap();
        };
        let (said, ()) = tokio::join!(raw.close(&handle), ends);
        assert_eq!(said, over(), "{name}");
    }
    assert_eq!(house.world.count("deliveries").await, 0);
    // Its bytes came; they prove nothing, and go when their day is over.
    let lies = "sftp_uploads WHERE state = 'closed'";
    assert_eq!(house.world.count(lies).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_close_whose_account_ends_before_its_file_is_taken_hears_no() {
    let house = House::open().await;
    house.keyed("sluit", Proof::Trailer, 1).await;
    let mut raw = house.raw("sluit", 1).await;
    // Between the two transactions of a CLOSE.
    let sql = "CREATE FUNCTION its_account_ends() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
               $$ BEGIN UPDATE sftp_accounts SET ended_at = now() WHERE id = NEW.account_id; RETURN NEW; END $$;
               CREATE TRIGGER its_account_ends AFTER UPDATE ON sftp_uploads FOR EACH ROW
               WHEN (OLD.state = 'open' AND NEW.state = 'closed') EXECUTE FUNCTION its_account_ends()";
    sqlx::raw_sql(sql)
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    let file = "CIMS_ZONNEHOF_sluit_20210301_1.csv";
    let handle = raw.create(file).await.unwrap();
    let written = raw.write(&handle, 0, &proved("sluit")).await;
    assert_eq!(written.0, StatusCode::Ok);
    assert_eq!(raw.close(&handle).await, over());
    assert_eq!(house.world.count("deliveries").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rename_whose_account_ends_before_its_file_is_taken_hears_no() {
    let house = House::open().await;
    house.keyed("hernoemt", Proof::Rename, 1).await;
    let admin = &house.world.test.admin;
    let mut raw = house.raw("hernoemt", 1).await;
    raw.put("x.part", &rows("hernoemt")).await;
    let mut held = admin.begin().await.unwrap();
    sqlx::query("LOCK TABLE sftp_uploads IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *held)
        .await
        .unwrap();
    let ends = async {
        // It saw an account that is in use, and asks what lies there.
        let asks = format!("{WAITS} AND query LIKE '%FROM sftp_uploads WHERE account_id%'");
        until(PATIENCE, "it does not ask", async || {
            house.world.count(&asks).await > 0
        })
        .await;
        sqlx::query("UPDATE sftp_accounts SET ended_at = now()")
            .execute(admin)
            .await
            .unwrap();
        held.rollback().await.unwrap();
    };
    let file = "CIMS_ZONNEHOF_hernoemt_20210301_1.csv";
    let (said, ()) = tokio::join!(raw.rename("x.part", file), ends);
    assert_eq!(said, over());
    assert_eq!(house.world.count("deliveries").await, 0);
    let lies = "sftp_uploads WHERE state = 'closed' AND name = 'x.part'";
    assert_eq!(house.world.count(lies).await, 1);
}

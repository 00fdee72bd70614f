//! Each installation that begins to lack something is an alarm (docs/logging.md).

use crate::house::new_account;
use crate::world::World;
use server::commands::sftp::add;
use server::intake::measure;
use std::io;
use std::sync::{Arc, Mutex};

/// What is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The accounts that fell silent, as they were told.
    fn silent(&self) -> Vec<String> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|line| line["fields"]["message"] == "installations lack files or rows")
            .map(|line| line["fields"].clone())
            .filter(|fields| fields["lacks"] == "silent")
            .map(|fields| fields["account"].as_str().unwrap_or_default().to_owned())
            .collect()
    }
}

/// Files are expected of these accounts for two weeks, of the others from now.
async fn silent(world: &World, accounts: &[&str]) {
    sqlx::query(
        "UPDATE sftp_accounts SET created_at = now() - CASE WHEN name = ANY ($1) THEN interval '14 days' ELSE interval '0' END",
    )
    .bind(accounts.iter().map(ToString::to_string).collect::<Vec<_>>())
    .execute(&world.test.admin)
    .await
    .unwrap();
}

// One thread: that is whose lines are kept.
#[tokio::test]
async fn one_that_recovers_does_not_hide_another_that_falls_silent_in_the_same_minute() {
    let world = World::new().await;
    for name in ["een", "twee"] {
        add(&world.road.db, &new_account(name)).await.unwrap();
    }
    sqlx::query("UPDATE connections SET decided_at = now() - interval '14 days'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::ERROR)
        .with_writer(move || writer.clone())
        .finish();
    let _kept = tracing::subscriber::set_default(lines);
    let look = async || {
        let road = &world.road;
        measure::look(road, road.clock.now()).await.unwrap();
        log.silent()
    };
    silent(&world, &["een"]).await;
    assert_eq!(look().await, ["een"]);
    assert_eq!(look().await, ["een"], "told once");
    silent(&world, &["twee"]).await;
    assert_eq!(look().await, ["een", "twee"]);
    silent(&world, &["een", "twee"]).await;
    assert_eq!(look().await, ["een", "twee", "een"], "again is anew");
    // What a node of the release before kept says how many, and not which.
    sqlx::query("UPDATE alarm_looks SET accounts = NULL")
        .execute(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(look().await.len(), 3, "a new release tells nothing again");
}

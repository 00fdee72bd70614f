//! Each installation that begins to lack something is an alarm (docs/logging.md).

use crate::house::new_account;
use crate::world::{EREBOS, World, csv, good, with};
use domain::row::Column;
use server::commands::sftp::add;
use server::intake::measure;
use std::io;
use std::sync::{Arc, Mutex};
use tracing::subscriber::DefaultGuard;

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
    /// The fields of the errors that say this.
    fn told(&self, message: &str) -> Vec<serde_json::Value> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|line| line["fields"]["message"] == message)
            .map(|line| line["fields"].clone())
            .collect()
    }

    /// The accounts that lack something, as they were told.
    fn lacking(&self, lacks: &str) -> Vec<(String, Option<String>)> {
        let text = |value: &serde_json::Value| value.as_str().map(ToOwned::to_owned);
        self.told("installations lack files or rows")
            .iter()
            .filter(|fields| fields["lacks"] == lacks)
            .map(|fields| {
                let account = text(&fields["account"]).unwrap_or_default();
                (account, text(&fields["up_to"]))
            })
            .collect()
    }

    /// The accounts that fell silent, as they were told.
    fn silent(&self) -> Vec<String> {
        let all = self.lacking("silent").into_iter();
        all.map(|(account, _)| account).collect()
    }
}

/// Keeps the errors of this thread.
fn listen() -> (Log, DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::ERROR)
        .with_writer(move || writer.clone())
        .finish();
    (log, tracing::subscriber::set_default(lines))
}

async fn look(world: &World) {
    let road = &world.road;
    measure::look(road, road.clock.now()).await.unwrap();
}

/// Files of these numbers came by an account.
async fn came(world: &World, account: &str, numbers: &[i32]) {
    for number in numbers {
        let key = format!("{account}-{number}");
        let row = with(
            good(EREBOS, "01-04-2000"),
            &[(Column::Bronsleutel, key.as_str())],
        );
        let id = world
            .receive(&world.maria, "rij.csv", &csv(&[row]), false)
            .await
            .id();
        world.work().await;
        sqlx::query(
            "UPDATE deliveries SET file_sequence = $3, account_id = (SELECT id FROM sftp_accounts WHERE name = $2) WHERE id = $1",
        )
        .bind(id)
        .bind(account)
        .bind(number)
        .execute(&world.test.admin)
        .await
        .unwrap();
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
    let (log, _kept) = listen();
    let look = async || {
        look(&world).await;
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

#[tokio::test]
async fn a_second_stretch_of_missing_numbers_is_told_while_the_first_lasts() {
    let world = World::new().await;
    add(&world.road.db, &new_account("een")).await.unwrap();
    let (log, _kept) = listen();
    let told = |numbers: &[&str]| -> Vec<(String, Option<String>)> {
        let each = numbers.iter();
        each.map(|number| ("een".to_owned(), Some((*number).to_owned())))
            .collect()
    };
    came(&world, "een", &[1, 2, 6]).await;
    for _ in 0..2 {
        look(&world).await;
        assert_eq!(log.lacking("gap"), told(&["5"]), "once");
    }
    came(&world, "een", &[57]).await;
    look(&world).await;
    assert_eq!(log.lacking("gap"), told(&["5", "56"]));
    let errors = log.told("installations lack files or rows");
    assert_eq!(errors[1]["installations"], 1, "both are of one");
    // What comes after all, in order, is no new lack.
    for number in [3, 4, 5] {
        came(&world, "een", &[number]).await;
        look(&world).await;
    }
    assert_eq!(log.lacking("gap"), told(&["5", "56"]));
    // What the release before kept says of which account, and not which numbers.
    sqlx::query("UPDATE alarm_looks SET accounts = '{een}' WHERE lacks = 'gap'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    look(&world).await;
    assert_eq!(
        log.lacking("gap").len(),
        2,
        "a new release tells nothing again"
    );
}

#[tokio::test]
async fn a_brp_that_becomes_too_old_is_told_once_and_again_when_it_was_fresh_in_between() {
    let world = World::new().await;
    let (log, _kept) = listen();
    let late = async || {
        look(&world).await;
        log.told("the BRP is too old, or was never loaded").len()
    };
    assert_eq!(late().await, 0);
    world.brp_loaded("3 days").await;
    assert_eq!(late().await, 1);
    assert_eq!(late().await, 1, "once");
    world.brp_loaded("1 hour").await;
    assert_eq!(late().await, 1);
    // No load at all is no better than an old one.
    sqlx::query("UPDATE brp_loads SET state = 'failed'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(late().await, 2);
}

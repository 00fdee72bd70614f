//! The torture test with many kills: what they hit, and whether anything came out otherwise than in a clean run. And half a
//! minute without database, which is too long for every run of the tests.

use super::table::{Goal, Table};
use crate::cluster::{Cluster, Life};
use crate::{say, sh, test};
use anyhow::{Context as _, Result};
use serde_json::Value;

/// The test, and how its line of figures begins.
const TEST: &str = "torture::killed_at_any_moment_and_started_again_it_ends_as_a_clean_run";
const FIGURES: &str = "torture: ";
/// The test with long outages.
const OUTAGE: &str = "trouble::half_a_minute_without_database_loses_nothing_and_doubles_nothing";

/// Kills the real program at least this many times; a difference ends it with an error that shows the first ones.
pub(super) fn measure(kills: u32, table: &mut Table) -> Result<()> {
    let cluster = Cluster::start("torture", Life::Throwaway)?;
    say::step(format_args!("kill -9 at random, {kills} times"));
    let mut command = sh::cargo();
    command
        .args(["test", "--quiet"])
        .args(test::SERVER_SIDE)
        .args(["--test", "intake", "--", "--exact", "--nocapture", TEST])
        .env("SQLX_OFFLINE", "true")
        .env("DATABASE_URL", cluster.url("postgres"))
        .env("CIMS_TORTURE_KILLS", kills.to_string());
    let said = sh::quiet(&mut command)?;
    let figures = said
        .lines()
        .find_map(|line| line.strip_prefix(FIGURES))
        .context("the test told no figures")?;
    tell(&serde_json::from_str(figures)?, table)?;
    say::step(format_args!("the database away, twice 36 seconds"));
    let mut command = sh::cargo();
    command
        .args(["test", "--quiet"])
        .args(test::SERVER_SIDE)
        .args(["--test", "sftp", "--", "--exact", "--ignored", OUTAGE])
        .env("SQLX_OFFLINE", "true")
        .env("DATABASE_URL", cluster.url("postgres"));
    sh::quiet(&mut command)?;
    table.figure(
        "database away, twice 36 s",
        "nothing lost or doubled".to_owned(),
    );
    Ok(())
}

fn tell(figures: &Value, table: &mut Table) -> Result<()> {
    let number = |name: &str| figures[name].as_u64().context(name.to_owned());
    table.figure("kills", number("kills")?.to_string());
    let hit = figures["hit"].as_object().context("hit")?;
    for (state, times) in hit {
        table.figure(
            &format!("  the delivery was then: {state}"),
            times.to_string(),
        );
    }
    table.figure(
        "  between its first and last chunk",
        number("half_way")?.to_string(),
    );
    table.figure("deliveries, ended each", number("deliveries")?.to_string());
    table.figure("seed", number("seed")?.to_string());
    #[expect(clippy::cast_precision_loss, reason = "a small count")]
    let differences = number("differences")? as f64;
    table.ratio(
        "differences with a clean run",
        differences,
        Goal::AtMost(0.0),
        String::new(),
    );
    Ok(())
}

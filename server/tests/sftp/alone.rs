//! Files that wait for what does not come keep no other file waiting.

use crate::house::{House, rows};
use domain::delivery::dropbox::Proof;
use server::config;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_control_files_without_their_file_than_are_looked_at_together_hold_up_nobody() {
    let house = House::with(config::Sftp {
        quiet_seconds: 1,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("belooft", Proof::Control, 1).await;
    house.keyed("stil", Proof::Quiet, 2).await;
    let mut raw = house.raw("belooft", 1).await;
    for sequence in 1..=120 {
        let name = format!("CIMS_ZONNEHOF_belooft_20210301_{sequence}.csv.ctl");
        raw.put(&name, b"regels=2\n").await;
    }
    let mut other = house.raw("stil", 2).await;
    let file = "CIMS_ZONNEHOF_stil_20210301_1.csv";
    other.put(file, &rows(file)).await;
    assert_eq!(house.answered(file).await, "VERWERKT");
    let waiting = "sftp_uploads WHERE state = 'closed' AND name LIKE '%.ctl'";
    assert_eq!(house.world.count(waiting).await, 120, "they wait on");
}

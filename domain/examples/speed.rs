//! How many good rows a second one core checks: `cargo run --release -p domain --example speed`.

use domain::codes::CodeLists;
use domain::delivery::Channel;
use domain::duplicate::InFile;
use domain::fixtures;
use domain::row::{Column, Context, PartyProfile, Profile, RepairSet, check};
use std::time::Instant;

#[expect(clippy::print_stdout, reason = "an example talks to the terminal")]
fn main() {
    let lists = CodeLists::builtin();
    let context = Context {
        today: fixtures::TODAY,
        channel: Channel::Sftp,
        profile: Profile::Party(PartyProfile::default()),
        lists: &lists,
        off: RepairSet::NONE,
        test_lane: false,
    };
    let mut row = fixtures::row(
        fixtures::GOOD,
        &[
            (Column::Achternaam, "Bultenaar"),
            (Column::Postcode, "1234AB"),
        ],
    );
    let rows = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1_000_000);
    let keys: Vec<String> = (0..rows).map(|n| format!("R-{n:07}")).collect();
    for round in 0..3 {
        let (start, mut accepted) = (Instant::now(), 0);
        for key in &keys {
            row.set(Column::Bronsleutel, key);
            accepted += usize::from(check(&row, &context).accepted.is_some());
        }
        let alone = start.elapsed();
        let (start, mut file) = (Instant::now(), InFile::default());
        for (line, key) in (2..).zip(&keys) {
            row.set(Column::Bronsleutel, key);
            file.add(line, &check(&row, &context));
        }
        let fed = start.elapsed();
        let found = file.finish().len();
        println!(
            "round {round}: {accepted} accepted; check {:.2} M rows/s; check + keys {:.2} M rows/s; finish {:?} ({found} found)",
            f64::from(rows) / 1e6 / alone.as_secs_f64(),
            f64::from(rows) / 1e6 / fed.as_secs_f64(),
            start.elapsed() - fed,
        );
    }
}

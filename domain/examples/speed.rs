//! How many good rows a second one core checks: `cargo run --release -p domain --example speed`.

use domain::codes::CodeLists;
use domain::duplicate::InFile;
use domain::fixtures;
use domain::row::{Column, Context, PartyProfile, Profile, check, glance};
use std::time::{Duration, Instant};

/// Time on the processor where Linux tells it, so that a busy machine does not blur the figure; else the clock's.
fn spent(since: Instant) -> Duration {
    let schedule = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let on_cpu = schedule
        .split(' ')
        .next()
        .and_then(|nanos| nanos.parse().ok());
    on_cpu.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

#[expect(clippy::print_stdout, reason = "an example talks to the terminal")]
fn main() {
    let lists = CodeLists::builtin();
    let context = Context {
        profile: Profile::Party(PartyProfile::default()),
        ..fixtures::context(&lists)
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
    let began = Instant::now();
    for round in 0..3 {
        let (start, mut accepted) = (spent(began), 0);
        for key in &keys {
            row.set(Column::Bronsleutel, key);
            accepted += usize::from(check(&row, &context).accepted.is_some());
        }
        let alone = spent(began) - start;
        let (start, mut file) = (spent(began), InFile::default());
        for (line, key) in (2..).zip(&keys) {
            row.set(Column::Bronsleutel, key);
            file.add(line, &check(&row, &context));
        }
        let (fed, start) = (spent(began) - start, spent(began));
        let mut glanced = InFile::default();
        for (line, key) in (2..).zip(&keys) {
            row.set(Column::Bronsleutel, key);
            if let Some(ordinary) = glance(&row, &context) {
                glanced.add_keys(line, ordinary.keys);
            }
        }
        let (seen, start) = (spent(began) - start, spent(began));
        let found = file.finish().len();
        println!(
            "round {round}: {accepted} accepted; check {:.2} M rows/s; check + keys {:.2} M rows/s; glance + keys {:.2} M rows/s; finish {:?} ({found} found)",
            f64::from(rows) / 1e6 / alone.as_secs_f64(),
            f64::from(rows) / 1e6 / fed.as_secs_f64(),
            f64::from(rows) / 1e6 / seen.as_secs_f64(),
            spent(began) - start,
        );
    }
}

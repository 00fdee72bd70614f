//! `cargo xtask`: the one door of a developer and a newcomer.
//!
//! `run` starts everything on this machine, `test` proves everything that CI proves,
//! `build` makes what the browser loads, `sqlx-prepare` refreshes the checked queries.
//! Knows about build tools and processes, never about the product's rules.

mod apt;
mod bench;
mod cluster;
mod e2e;
mod fingerprint;
mod fuzz;
mod guard;
mod leaks;
mod licences;
mod memory;
mod node;
mod process;
mod rooms;
mod run;
mod say;
mod sh;
mod site;
mod sqlx;
mod ssh_audit;
mod stack;
mod tally;
mod test;
mod tools;
mod wasm;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask <task>

  run [--fresh] [--port N]   build everything, start PostgreSQL, the login peer and the portal with demo data
  test [step…]     everything CI checks; steps: fmt guard lint rust docs wasm deny e2e
  test --again     also the steps that passed before with the same files
  build [--force]  wasm, CSS and assets into target/site
  advisories       known faults in dependencies, from the list of today (needs a network)
  sqlx-prepare     refresh .sqlx from migrations/ and the queries in server/
  bench [--peers] [--rows N] [--persons N] [--runs N] [--binary FILE]
                   sizes, imports as ratios to a COPY of the same rows, uploads in the portal, in one run;
                   --peers: other people's tools on the same files too (xtask/peers), with Python
  bench --national [--nation N] [--stored N]
                   the same import with 17.5 million persons, and into 34 million rows; an hour, 38 GB of disk
  bench --torture N
                   kill -9 the program N times while deliveries are under way, and compare with a clean run
  bench --queue N
                   what the pages of RIVM take in the database with N rows that wait
  fuzz [target…] [--seconds N]
                   bytes of any kind at each reader; targets: row csv xlsx ods archive dropbox frames

Examples:
  cargo xtask run
  cargo xtask test rust
  cargo xtask build
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (task, rest) = arguments
        .split_first()
        .map_or(("help", &[][..]), |(first, rest)| (first.as_str(), rest));
    let outcome = match task {
        "build" => site::build(rest.iter().any(|a| a == "--force")).map(|_| true),
        "run" => run::run(rest).map(|()| true),
        "test" => test::run(rest),
        "bench" => bench::run(rest).map(|()| true),
        "fuzz" => fuzz::run(rest).map(|()| true),
        "advisories" => tools::advisories().map(|()| true),
        "sqlx-prepare" => sqlx::prepare().map(|()| true),
        "help" | "--help" | "-h" => {
            say::line(HELP);
            Ok(true)
        }
        other => Err(anyhow::anyhow!(
            "unknown task `{other}`; `cargo xtask help` lists them"
        )),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say::problem(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

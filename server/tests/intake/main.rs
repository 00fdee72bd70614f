//! The road of a delivery and the ports on it, on a real database. Each test has a database of its own.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::expect_used,
    reason = "tests say where they fail"
)]

#[path = "../support/mod.rs"]
mod support;

mod amended;
mod anything;
mod approval;
mod between;
mod budgets;
mod cards;
mod cases;
mod clamd;
mod corrections;
mod counted;
mod decisions;
mod doctor;
mod entry;
mod files;
#[path = "../support/fixture_rows.rs"]
mod fixture_rows;
mod freed;
mod groups;
mod held;
mod history;
mod late;
mod ledger;
mod links;
mod lists;
mod locations;
mod mend;
mod moment;
mod onboarding;
mod operations;
mod order;
mod own_file;
mod parked_rows;
mod poison;
mod probes;
mod queue;
mod renumbered;
mod replay;
mod reseal;
mod retention;
mod rounds;
mod rulings;
mod same_row;
mod scanner;
mod sent_back;
#[path = "../support/shown.rs"]
mod shown;
mod sources;
mod suggestions;
mod test_lane;
mod torture;
mod typos;
mod uploads;
mod withdraw;
mod worklist;
mod world;

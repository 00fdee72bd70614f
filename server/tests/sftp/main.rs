//! The drop box as senders and attackers meet it: the real server on a real port and a real database, with the programs
//! that suppliers use, and with packets no program would send.
#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::expect_used,
    dead_code,
    reason = "tests say where they fail, and use a part of the shared world"
)]

#[path = "../intake/clamd.rs"]
mod clamd;
#[path = "../support/cluster.rs"]
mod cluster;
#[path = "../support/disk.rs"]
mod disk;
#[path = "../support/mod.rs"]
mod support;
#[path = "../support/workbooks.rs"]
mod workbooks;
#[path = "../intake/world.rs"]
mod world;

mod alarms;
mod alone;
mod anywhere;
mod audit;
mod bans;
mod brp;
mod channels;
mod completeness;
mod cuts;
mod doctor;
mod ended;
mod hostile;
mod house;
mod killed;
mod lane;
mod login;
mod names;
mod onboarding;
mod programs;
mod proof;
mod ranks;
mod retention;
mod returned;
mod seats;
mod silent;
mod tree;
mod trouble;
mod unread;

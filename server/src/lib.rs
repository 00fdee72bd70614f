//! The server of CIMS: commands, web edge, channels, intake, register.
//!
//! Rules live in `domain`, what people see in `app`; this crate gives both a process, a database and
//! a network. A handler reads: begin, load and authorise, check, change, audit, commit, answer.

pub mod audit;
pub mod brp;
pub mod channels;
pub mod clock;
pub mod commands;
pub mod config;
pub mod intake;
pub mod jobs;
pub mod keys;
pub mod portal;
pub mod store;
pub mod web;

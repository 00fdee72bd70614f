//! The binary `cims`: reads the command line and hands over to one file of `commands`.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    server::commands::Cli::parse().run()
}

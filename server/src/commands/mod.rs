//! The command line: one file a command, each with its arguments, its examples and its `run`.
//!
//! A command answers with an exit code; what goes wrong is one sentence on standard error.
//! 78 (`EX_CONFIG`) means: this installation is not fit to start (security G19).

pub mod audit_verify;
pub mod brp_blocks;
pub mod brp_load;
pub mod check;
pub mod config_show;
pub mod demo;
pub mod doctor;
pub mod import;
pub mod keys;
pub mod migrate;
pub mod read_workbook;
pub mod rules;
pub mod serve;
pub mod sftp;
pub mod template;
pub mod user;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Exit code of a start that was refused: configuration, keys or schema are not in order.
pub const EXIT_CONFIG: u8 = 78;

/// CIMS: register of COVID-19 vaccinations, and the zorgverlenersportaal.
#[derive(Debug, Parser)]
#[command(name = "cims", version, propagate_version = true)]
#[command(after_help = "Examples:
  cims check aanlevering.csv          check a file by the row rules; nothing is stored
  cims template sjabloon.xlsx         write the standard spreadsheet
  cims migrate && cims serve          bring the database up to date, then serve")]
pub struct Cli {
    /// Configuration file; keys may be overridden by CIMS__SECTION__KEY in the environment.
    #[arg(
        long,
        global = true,
        env = "CIMS_CONFIG",
        default_value = crate::config::DEFAULT_FILE,
        value_name = "FILE"
    )]
    pub config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Args),
    Migrate(migrate::Args),
    Demo(demo::Args),
    Doctor(doctor::Args),
    Check(check::Args),
    Import(import::Args),
    Template(template::Args),
    Rules(rules::Args),
    /// The local copy of the BRP.
    #[command(subcommand)]
    Brp(Brp),
    /// The configuration.
    #[command(subcommand)]
    Config(ConfigCommand),
    /// The audit log.
    #[command(subcommand)]
    Audit(Audit),
    /// Accounts of the SFTP drop box.
    #[command(subcommand)]
    Sftp(sftp::Sftp),
    /// Key files.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// People.
    #[command(subcommand)]
    User(user::User),
    ReadWorkbook(read_workbook::Args),
}

#[derive(Debug, Subcommand)]
enum Brp {
    Load(brp_load::Args),
    Blocks(brp_blocks::Blocks),
    Lift(brp_blocks::Lift),
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    Show(config_show::Args),
}

#[derive(Debug, Subcommand)]
enum Audit {
    Verify(audit_verify::Args),
}

impl Cli {
    /// Runs the command; an error becomes one line on standard error and exit code 1, 2 or 78.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let file = self.config;
        let done = match self.command {
            Command::Serve(args) => with_runtime(serve::run(args, &file)),
            Command::Migrate(args) => with_runtime(migrate::run(args, &file)),
            Command::Demo(args) => with_runtime(demo::run(args, &file)),
            Command::Doctor(args) => with_runtime(doctor::run(args, &file)),
            Command::Check(args) => check::run(args),
            Command::Import(args) => with_runtime(import::run(args, &file)),
            Command::Template(args) => template::run(args),
            Command::Rules(args) => rules::run(args),
            Command::Brp(Brp::Load(args)) => with_runtime(brp_load::run(args, &file)),
            Command::Brp(Brp::Blocks(args)) => with_runtime(brp_blocks::list(args, &file)),
            Command::Brp(Brp::Lift(args)) => with_runtime(brp_blocks::run(args, &file)),
            Command::Config(ConfigCommand::Show(args)) => config_show::run(args, &file),
            Command::Audit(Audit::Verify(args)) => with_runtime(audit_verify::run(args, &file)),
            Command::Sftp(command) => with_runtime(sftp::run(command, &file)),
            Command::Keys(command) => with_runtime(keys::run(command, &file)),
            Command::User(command) => with_runtime(user::run(command, &file)),
            Command::ReadWorkbook(args) => read_workbook::run(args),
        };
        done.unwrap_or_else(|error| refuse(&error))
    }
}

/// Runs a command that needs the async runtime. `read-workbook` has none: it limits itself first.
fn with_runtime<F>(command: F) -> anyhow::Result<ExitCode>
where
    F: Future<Output = anyhow::Result<ExitCode>>,
{
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(command)
}

/// An installation that is not fit to start: ends with [`EXIT_CONFIG`].
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotFit(pub String);

#[expect(
    clippy::print_stderr,
    reason = "the one place where a command says why it stopped"
)]
fn refuse(error: &anyhow::Error) -> ExitCode {
    eprintln!("cims: {error:#}");
    if error.downcast_ref::<NotFit>().is_some() {
        ExitCode::from(EXIT_CONFIG)
    } else {
        ExitCode::from(2)
    }
}

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::{CommandFactory as _, Parser as _};

    /// The commands that do something, with the words that lead to each.
    fn leaves(command: &clap::Command, way: &str) -> Vec<(String, clap::Command)> {
        let below = command
            .get_subcommands()
            .filter(|one| one.get_name() != "help");
        let below: Vec<_> = below
            .flat_map(|one| leaves(one, &format!("{way} {}", one.get_name())))
            .collect();
        if below.is_empty() {
            vec![(way.to_owned(), command.clone())]
        } else {
            below
        }
    }

    /// The commands of a text with examples, as a shell takes them apart.
    fn examples(text: &str) -> Vec<Vec<String>> {
        let text = text.replace("\\\n", " ");
        let lines = text.lines().map(str::trim);
        let commands = lines.filter_map(|line| line.find("cims ").map(|at| &line[at..]));
        commands
            .map(|line| {
                // What follows three spaces says what it is for.
                let line = line.split("   ").next().unwrap_or_default();
                let line = line.split(" < ").next().unwrap_or_default();
                let parts = line.split('"').enumerate();
                parts
                    .flat_map(|(at, part)| {
                        if at % 2 == 1 {
                            vec![part.to_owned()]
                        } else {
                            part.split_whitespace().map(str::to_owned).collect()
                        }
                    })
                    .collect()
            })
            .collect()
    }

    #[test]
    fn each_command_has_examples_that_it_understands() {
        let all = leaves(&Cli::command(), "cims");
        assert!(all.len() > 14, "{}", all.len());
        for (way, command) in all {
            let text = command.get_after_help().map(ToString::to_string);
            let text = text.unwrap_or_default();
            assert!(text.contains("Example"), "{way} has no examples");
            let shown = examples(&text);
            let own = shown
                .iter()
                .filter(|words| words.join(" ").starts_with(&way));
            assert!(own.count() > 0, "{way}: {shown:?}");
            for words in shown {
                let parsed = Cli::try_parse_from(&words);
                assert!(parsed.is_ok(), "{words:?}: {:?}", parsed.err());
            }
        }
    }
}

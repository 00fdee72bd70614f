//! `cims rules`: the columns and rules, from the tables of `domain`.

use crate::intake::template::{VERSION, when};
use domain::finding::{Code, Scope, Severity, Stage};
use domain::row::Column;
use domain::row::columns::Requirement;
use domain::text::{Help, Lang};
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

/// List the columns and rules.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims rules
  cims rules --json")]
pub struct Args {
    /// Answer with one JSON object.
    #[arg(long)]
    pub json: bool,
}

#[derive(Serialize)]
struct Tables {
    version: &'static str,
    columns: Vec<ColumnEntry>,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
struct ColumnEntry {
    number: usize,
    name: &'static str,
    title: &'static str,
    synonyms: &'static [&'static str],
    requirement: Requirement,
    hint: &'static str,
}

#[derive(Serialize)]
struct Rule {
    code: Code,
    severity: Severity,
    scope: Scope,
    stage: Stage,
    message: &'static str,
    message_en: &'static str,
    help: &'static Help,
}

fn tables() -> Tables {
    let column = |column: Column| ColumnEntry {
        number: column.index() + 1,
        name: column.name(),
        title: column.title(),
        synonyms: column.synonyms(),
        requirement: column.requirement(),
        hint: column.hint(),
    };
    let rule = |&code: &Code| Rule {
        code,
        severity: code.severity(),
        scope: code.scope(),
        stage: code.stage(),
        message: code.sentence(Lang::Nl),
        message_en: code.sentence(Lang::En),
        help: code.help(),
    };
    Tables {
        version: VERSION,
        columns: Column::ALL.into_iter().map(column).collect(),
        rules: Code::ALL.iter().map(rule).collect(),
    }
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut out = BufWriter::new(io::stdout().lock());
    let tables = tables();
    if args.json {
        serde_json::to_writer_pretty(&mut out, &tables)?;
        writeln!(out)?;
    } else {
        in_words(&mut out, &tables)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn in_words(out: &mut impl Write, tables: &Tables) -> io::Result<()> {
    writeln!(
        out,
        "Standaardformaat, versie {}\n\nKolommen",
        tables.version
    )?;
    for column in &tables.columns {
        writeln!(
            out,
            "{:>3} {:<17} {}",
            column.number,
            column.name,
            when(column.requirement)
        )?;
        writeln!(out, "    {:<17} {}", "", column.hint)?;
        writeln!(out, "    {:<17} Ook: {}", "", column.synonyms.join(", "))?;
    }
    writeln!(out, "\nRegels")?;
    for rule in &tables.rules {
        writeln!(
            out,
            "{} {:<12} {}",
            rule.code,
            rule.severity.as_str(),
            rule.message
        )?;
    }
    Ok(())
}

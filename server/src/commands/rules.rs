//! `cims rules`: the columns and rules, from the tables of `domain`.

use crate::intake::template::{VERSION, when, when_in};
use domain::codes::CodeLists;
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
  cims rules --json
  cims rules --docs nl      the two tables of docs/leveranciers.md")]
pub struct Args {
    /// Answer with one JSON object.
    #[arg(long)]
    pub json: bool,
    /// Answer with the tables of the page for suppliers, in this language.
    #[arg(long, value_name = "LANGUAGE", value_parser = language, conflicts_with = "json")]
    pub docs: Option<Lang>,
}

fn language(word: &str) -> Result<Lang, String> {
    match word {
        "nl" => Ok(Lang::Nl),
        "en" => Ok(Lang::En),
        _ => Err("choose nl or en".to_owned()),
    }
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
    if let Some(lang) = args.docs {
        let [columns, codes] = for_suppliers(lang);
        write!(out, "{columns}\n{codes}")?;
    } else if args.json {
        serde_json::to_writer_pretty(&mut out, &tables)?;
        writeln!(out)?;
    } else {
        in_words(&mut out, &tables)?;
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The columns and the codes as they stand in `docs/leveranciers.md` and `docs/suppliers.md`: tables in Markdown.
#[must_use]
pub fn for_suppliers(lang: Lang) -> [String; 2] {
    let cell = |text: &str| text.replace('|', "\\|");
    let (columns_head, codes_head) = match lang {
        Lang::Nl => (
            "| # | kolom | nodig | inhoud | ook herkend als |",
            "| code | ernst | voor | melding |",
        ),
        Lang::En => (
            "| # | column | needed | content | also known as |",
            "| code | severity | of | message |",
        ),
    };
    let mut columns = format!("{columns_head}\n|---|---|---|---|---|\n");
    let lists = CodeLists::builtin();
    let groups: Vec<&str> = lists.groups().iter().map(|group| group.as_str()).collect();
    let codes_of = |column: Column| match column {
        Column::Doelgroep => format!(" ({})", groups.join(", ")),
        _ => String::new(),
    };
    for column in Column::ALL {
        columns += &format!(
            "| {} | `{}` | {} | {}{} | {} |\n",
            column.index() + 1,
            column.name(),
            when_in(column.requirement(), lang),
            cell(column.hint_in(lang)),
            codes_of(column),
            column.synonyms().join(", "),
        );
    }
    let mut codes = format!("{codes_head}\n|---|---|---|---|\n");
    for code in Code::ALL {
        let of = match (code.scope(), lang) {
            (Scope::File, Lang::Nl) => "bestand",
            (Scope::File, Lang::En) => "file",
            (Scope::Row, Lang::Nl) => "regel",
            (Scope::Row, Lang::En) => "row",
        };
        // By SFTP nobody is asked: the file is set aside until somebody decides (specification §4).
        let severity = match (code, lang) {
            (Code::A10 | Code::A15 | Code::A20, Lang::Nl) => "wacht",
            (Code::A10 | Code::A15 | Code::A20, Lang::En) => "waits",
            _ => code.severity().as_str(),
        };
        codes += &format!(
            "| {code} | {severity} | {of} | {} |\n",
            cell(code.sentence(lang)),
        );
    }
    [columns, codes]
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

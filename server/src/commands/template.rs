//! `cims template`: writes the versioned standard format.

use crate::intake::template;
use anyhow::Context as _;
use domain::codes::CodeLists;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Write the standard spreadsheet.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims template sjabloon.xlsx
  cims template --format csv sjabloon.csv")]
pub struct Args {
    /// xlsx or csv; taken from the file name when absent, xlsx when that has no ending.
    #[arg(long, value_enum)]
    pub format: Option<TemplateFormat>,
    /// File to write.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// A form of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TemplateFormat {
    /// Workbook with lists and explanation.
    Xlsx,
    /// Header and example row.
    Csv,
}

impl TemplateFormat {
    fn of(file: &Path) -> Option<Self> {
        let Some(extension) = file.extension() else {
            return Some(Self::Xlsx);
        };
        if extension.eq_ignore_ascii_case("csv") {
            Some(Self::Csv)
        } else {
            extension.eq_ignore_ascii_case("xlsx").then_some(Self::Xlsx)
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let format = args.format.or_else(|| TemplateFormat::of(&args.file));
    let format = format.with_context(|| {
        format!(
            "{} ends in neither .xlsx nor .csv; say which with --format",
            args.file.display()
        )
    })?;
    let content = match format {
        TemplateFormat::Xlsx => template::xlsx(&CodeLists::builtin())?,
        TemplateFormat::Csv => template::csv().into_bytes(),
    };
    std::fs::write(&args.file, content)
        .with_context(|| format!("{} cannot be written", args.file.display()))?;
    Ok(ExitCode::SUCCESS)
}

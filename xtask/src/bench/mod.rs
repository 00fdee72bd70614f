//! `cargo xtask bench`: what is measured on this machine, in one run. Only ratios within a run
//! compare (performance §4); counts are checked inside every measurement, so that a fast wrong
//! answer is no answer (P12).

mod intake;
mod sample;
mod table;

use crate::cluster::{Cluster, Life};
use crate::{say, sh, site};
use anyhow::{Context as _, Result, bail};

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// Rows of the large file.
    rows: u32,
    /// Persons in the BRP.
    persons: u32,
    /// Runs of which the median counts.
    runs: usize,
    /// Instead of measuring: kill the program this often, and compare with a run in peace.
    torture: Option<u32>,
}

/// Prints the sizes that a browser downloads, then the table of the imports.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let options = Options::read(words)?;
    if let Some(kills) = options.torture {
        return torture(kills);
    }
    let site = site::build(false)?;
    site::sizes(&site.join("pkg"))?;
    let table = intake::measure(options)?;
    say::line("");
    say::line(table.show());
    if !table.holds() {
        bail!("a goal is not met");
    }
    Ok(())
}

/// The test that kills (`server/tests/intake/torture.rs`), with more kills than CI has time for.
fn torture(kills: u32) -> Result<()> {
    let cluster = Cluster::start("torture", Life::Throwaway)?;
    let mut test = sh::cargo();
    test.args(["test", "--quiet"])
        .args(crate::test::SERVER_SIDE)
        .args([
            "--test",
            "intake",
            "killed_at_any_instant",
            "--",
            "--nocapture",
        ])
        .env("DATABASE_URL", cluster.url("postgres"))
        .env("SQLX_OFFLINE", "true")
        .env("CIMS_TORTURE_KILLS", kills.to_string());
    sh::run(&mut test)
}

impl Options {
    fn read(words: &[String]) -> Result<Self> {
        let mut options = Self {
            rows: 1_000_000,
            persons: 2_000_000,
            runs: 3,
            torture: None,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut number = || -> Result<u32> {
                let said = words.next().map(|number| number.replace('_', ""));
                said.and_then(|number| number.parse().ok())
                    .with_context(|| format!("{word} wants a number"))
            };
            match word.as_str() {
                "--rows" => options.rows = number()?,
                "--persons" => options.persons = number()?,
                "--runs" => options.runs = usize::try_from(number()?)?.max(1),
                "--torture" => options.torture = Some(number()?),
                other => bail!(
                    "unknown option `{other}`; known: --rows N, --persons N, --runs N, --torture N"
                ),
            }
        }
        Ok(options)
    }
}

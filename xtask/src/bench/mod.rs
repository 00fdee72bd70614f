//! `cargo xtask bench`: what is measured on this machine, in one run. Only ratios within a run
//! compare (performance §4); counts are checked inside every measurement, so that a fast wrong
//! answer is no answer (P12).

mod intake;
mod queue;
mod sample;
mod table;
mod torture;

use crate::{say, site};
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
    /// Instead of measuring imports: so many rows that wait for RIVM, and what their pages take.
    queue: Option<u32>,
}

/// Prints the sizes that a browser downloads, then the table of the imports.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let options = Options::read(words)?;
    let table = if let Some(kills) = options.torture {
        torture::measure(kills)?
    } else if let Some(rows) = options.queue {
        queue::measure(rows, options.runs)?
    } else {
        let site = site::build(false)?;
        site::sizes(&site.join("pkg"))?;
        intake::measure(options)?
    };
    say::line("");
    say::line(table.show());
    if !table.holds() {
        bail!("a goal is not met");
    }
    Ok(())
}

impl Options {
    fn read(words: &[String]) -> Result<Self> {
        let mut options = Self {
            rows: 1_000_000,
            persons: 2_000_000,
            runs: 3,
            torture: None,
            queue: None,
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
                "--queue" => options.queue = Some(number()?),
                other => bail!(
                    "unknown option `{other}`; known: --rows N, --persons N, --runs N, --torture N, --queue N"
                ),
            }
        }
        Ok(options)
    }
}

//! `cargo xtask bench`: what is measured on this machine, in one run. Only ratios within a run
//! compare (performance §4); counts are checked inside every measurement, so that a fast wrong
//! answer is no answer (P12).

mod decision;
mod dropbox;
mod ground;
mod intake;
mod large;
mod national;
mod peers;
mod portal;
mod queue;
mod sample;
mod table;
mod torture;

use crate::{say, site};
use anyhow::{Context as _, Result, bail};
use ground::Bench;
use std::path::PathBuf;
use table::Table;

/// What may be asked for.
const KNOWN: &str = "--rows N, --persons N, --runs N, --peers, --binary FILE, --national, --nation N, --stored N, --torture N, --queue N, --decision, --sftp";

/// How much is measured.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Rows of the large file.
    rows: u32,
    /// Persons in the BRP.
    persons: u32,
    /// Runs of which the median counts.
    runs: usize,
    /// Other people's tools on the same file too.
    peers: bool,
    /// Instead of the usual: the size of a country.
    national: bool,
    /// Persons in its BRP.
    nation: u32,
    /// Rows in its register.
    stored: u32,
    /// Measure this program instead of building one: for another revision.
    binary: Option<PathBuf>,
    /// Instead of measuring: kill the program this often, and compare with a run in peace.
    torture: Option<u32>,
    /// Instead of measuring imports: so many rows that wait for RIVM, and what their pages take. With `decision`: they wait beside
    /// the rows that are decided about.
    queue: Option<u32>,
    /// Instead of the usual: decisions about many rows.
    decision: bool,
    /// Instead of the usual: many clients of the drop box.
    sftp: bool,
}

/// Prints the sizes that a browser downloads, then the table of what was measured.
/// When something stops it half-way, the table shows what there is.
pub(crate) fn run(words: &[String]) -> Result<()> {
    let mut table = Table::default();
    let done = measure(Options::read(words)?, &mut table);
    say::line("");
    say::line(table.show());
    done?;
    if !table.holds() {
        bail!("a goal is not met");
    }
    Ok(())
}

fn measure(options: Options, table: &mut Table) -> Result<()> {
    if let Some(kills) = options.torture {
        return torture::measure(kills, table);
    }
    if let Some(rows) = options.queue.filter(|_| !options.decision) {
        return queue::measure(rows, options.runs, table);
    }
    site::build(false)?;
    let bench = Bench::prepare(options)?;
    if bench.options.national {
        return national::measure(&bench, table);
    }
    bench.base()?;
    if bench.options.decision {
        return decision::measure(&bench, table);
    }
    if bench.options.sftp {
        return dropbox::measure(&bench, table);
    }
    let imported = intake::measure(&bench, table)?;
    portal::measure(&bench, table)?;
    if bench.options.peers {
        peers::measure(&bench, table, &imported)?;
    }
    Ok(())
}

impl Options {
    fn read(words: &[String]) -> Result<Self> {
        let mut options = Self {
            rows: 1_000_000,
            persons: 2_000_000,
            runs: 3,
            peers: false,
            national: false,
            nation: 17_500_000,
            stored: 34_000_000,
            binary: None,
            torture: None,
            queue: None,
            decision: false,
            sftp: false,
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || {
                words
                    .next()
                    .with_context(|| format!("{word} wants a value"))
            };
            let mut number = || -> Result<u32> {
                let said = value()?.replace('_', "");
                said.parse()
                    .with_context(|| format!("{word} wants a number"))
            };
            match word.as_str() {
                "--rows" => options.rows = number()?,
                "--persons" => options.persons = number()?,
                "--runs" => options.runs = usize::try_from(number()?)?.max(1),
                "--peers" => options.peers = true,
                "--national" => options.national = true,
                "--nation" => options.nation = number()?,
                "--stored" => options.stored = number()?,
                "--binary" => options.binary = Some(PathBuf::from(value()?)),
                "--torture" => options.torture = Some(number()?),
                "--decision" => options.decision = true,
                "--sftp" => options.sftp = true,
                "--queue" => options.queue = Some(number()?),
                other => bail!("unknown option `{other}`; known: {KNOWN}"),
            }
        }
        Ok(options)
    }
}

//! One decision about many rows (issue of the review side: 10,000 rows carried out within 5 s, foreseen within 2 s): rows
//! with a name that nobody knows come in, two people of RIVM decide in the real portal, by `end2end/decision.mjs`.

use super::ground::Bench;
use super::sample::median;
use super::table::{Goal, Table};
use crate::node::Node;
use crate::stack::Stack;
use crate::{say, sh};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// Rows of a decision.
const ROWS: u32 = 10_000;
/// What its preview and its carrying out may take, in milliseconds.
const FORESEEN: f64 = 2_000.0;
const CARRIED_OUT: f64 = 5_000.0;
/// What stands where a product should.
const NAME: &str = "Pfizer NL groot";

/// Adds its lines.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    say::step(format_args!("decisions about {ROWS} rows each"));
    bench.afresh()?;
    let runs = bench.options.runs;
    for file in files(bench, runs)? {
        let run = bench.deliver(&file)?;
        let said: Value = serde_json::from_str(&run.said).context("the answer is no JSON")?;
        ensure!(
            said["counts"]["afgekeurd"] == ROWS,
            "not every row is refused: {}",
            said["counts"]
        );
    }
    let node = Node::find()?;
    fs::write(bench.place.demo_notes(), "made by the bench\n")?;
    let stack = Stack::start(&bench.place, &bench.cluster, &node)?;
    let mut script = node.node();
    script
        .arg(sh::root().join("end2end/decision.mjs"))
        .args(["V11", &ROWS.to_string(), "Comirnaty", &runs.to_string()])
        .env("CIMS_URL", bench.place.url());
    let said: Value = serde_json::from_str(sh::quiet(&mut script)?.trim())?;
    drop(stack);
    let taken = bench.ask(
        crate::stack::DATABASE,
        "select coalesce(sum(done_rows), 0) from decisions",
    )?;
    ensure!(
        taken == (u64::from(ROWS) * u64::try_from(runs)?).to_string(),
        "decided about {taken} rows"
    );
    for (what, name, most) in [
        ("foreseen", "preview", FORESEEN),
        ("carried out", "carriedOut", CARRIED_OUT),
    ] {
        let times = said[name].as_array().context("no times")?;
        let took = median(times.iter().filter_map(Value::as_f64));
        table.ratio(
            &format!("a decision about {ROWS} rows {what}, of {most} ms"),
            took / most,
            Goal::AtMost(1.0),
            format!("{took:.0} ms"),
        );
    }
    Ok(())
}

/// Files that share a wrong name and no person: one for each run, each a group of its own by its name.
fn files(bench: &Bench, runs: usize) -> Result<Vec<PathBuf>> {
    let made = bench.file(ROWS * u32::try_from(runs)?, 0)?;
    let text = fs::read_to_string(&made.path)?;
    let mut lines = text.lines();
    let header = lines.next().context("an empty file")?;
    // Its products stand there by their code: that makes place for a name.
    let code = header.split(';').position(|column| column == "hpk_code");
    let code = code.context("no column hpk_code")?;
    let header = header.replace("hpk_code", "vaccin");
    let lines: Vec<&str> = lines.collect();
    let parts = lines.chunks(usize::try_from(ROWS)?).enumerate();
    parts
        .map(|(number, part)| {
            let mut spoiled = format!("{header}\n");
            for line in part {
                let cells = line.split(';').enumerate().map(|(at, cell)| {
                    if at == code {
                        format!("{NAME} {number}")
                    } else {
                        cell.to_owned()
                    }
                });
                let cells: Vec<String> = cells.collect();
                writeln!(spoiled, "{}", cells.join(";"))?;
            }
            let path = made.path.with_extension(format!("naam-{number}.csv"));
            fs::write(&path, spoiled)?;
            Ok(path)
        })
        .collect()
}

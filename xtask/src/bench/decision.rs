//! One decision about many rows (issue of the review side: 10,000 rows carried out within 5 s, foreseen within 2 s): rows
//! with a name that nobody knows come in, two people of RIVM decide in the real portal, by `end2end/decision.mjs`.

use super::ground::Bench;
use super::queue;
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

/// What is decided, the code and outcome of its rows, the column that is spoiled, and what is chosen.
struct Decided {
    what: &'static str,
    kind: &'static str,
    code: &'static str,
    outcome: &'static str,
    column: &'static str,
    spoil: &'static str,
    value: &'static str,
}

const DECIDED: [Decided; 2] = [
    Decided {
        what: "a value for",
        kind: "map",
        code: "V11",
        outcome: "afgekeurd",
        column: "vaccin",
        spoil: NAME,
        value: "Comirnaty",
    },
    Decided {
        what: "accepting",
        kind: "accept",
        code: "V22",
        outcome: "te_controleren",
        column: "batchnummer",
        spoil: "ZZ99",
        value: "",
    },
];

/// Adds its lines.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    say::step(format_args!("decisions about {ROWS} rows each"));
    bench.afresh()?;
    let runs = bench.options.runs;
    let mut parts = rows(bench, runs)?;
    for decided in &DECIDED {
        for (number, part) in parts.split_off(parts.len() - runs).iter().enumerate() {
            let run = bench.deliver(&file(bench, part, decided, number)?)?;
            let said: Value = serde_json::from_str(&run.said).context("the answer is no JSON")?;
            ensure!(
                said["counts"][decided.outcome] == ROWS,
                "not every row waits: {}",
                said["counts"]
            );
        }
    }
    // Others wait beside them.
    if let Some(rows) = bench.options.queue {
        say::step(format_args!("{rows} rows that wait"));
        queue::fill(&bench.cluster, rows)?;
    }
    let node = Node::find()?;
    fs::write(bench.place.demo_notes(), "made by the bench\n")?;
    let stack = Stack::start(&bench.place, &bench.cluster, &node)?;
    for decided in &DECIDED {
        let mut script = node.node();
        script
            .arg(sh::root().join("end2end/decision.mjs"))
            .args([
                decided.kind,
                decided.code,
                &ROWS.to_string(),
                &runs.to_string(),
                decided.value,
            ])
            .env("CIMS_URL", bench.place.url());
        let said: Value = serde_json::from_str(sh::quiet(&mut script)?.trim())?;
        times(&said, decided, table)?;
    }
    drop(stack);
    let taken = bench.ask(
        crate::stack::DATABASE,
        "select coalesce(sum(done_rows), 0) from decisions",
    )?;
    ensure!(
        taken == (u64::from(ROWS) * u64::try_from(runs * DECIDED.len())?).to_string(),
        "decided about {taken} rows"
    );
    Ok(())
}

fn times(said: &Value, decided: &Decided, table: &mut Table) -> Result<()> {
    for (what, name, most) in [
        ("foreseen", "preview", FORESEEN),
        ("carried out", "carriedOut", CARRIED_OUT),
    ] {
        let times = said[name].as_array().context("no times")?;
        let took = median(times.iter().filter_map(Value::as_f64));
        table.ratio(
            &format!("{} {ROWS} rows {what}, of {most} ms", decided.what),
            took / most,
            Goal::AtMost(1.0),
            format!("{took:.0} ms"),
        );
    }
    Ok(())
}

/// The header of a made file, and its rows in portions of so many: one for each run of each decision. Products stand there by
/// their code, which makes place for a name.
fn rows(bench: &Bench, runs: usize) -> Result<Vec<(String, Vec<String>)>> {
    let portions = u32::try_from(runs * DECIDED.len())?;
    let made = bench.file(ROWS * portions, 0)?;
    let text = fs::read_to_string(&made.path)?;
    let mut lines = text.lines().map(str::to_owned);
    let header = lines.next().context("an empty file")?;
    let lines: Vec<String> = lines.collect();
    let parts = lines.chunks(usize::try_from(ROWS)?);
    Ok(parts.map(|part| (header.clone(), part.to_vec())).collect())
}

/// A file whose rows share a wrong value and no person: by its number a group of its own.
fn file(
    bench: &Bench,
    (header, lines): &(String, Vec<String>),
    decided: &Decided,
    number: usize,
) -> Result<PathBuf> {
    let header = if decided.column == "vaccin" {
        header.replace("hpk_code", "vaccin")
    } else {
        header.clone()
    };
    let spoiled = header
        .split(';')
        .position(|column| column == decided.column);
    let spoiled = spoiled.with_context(|| format!("no column {}", decided.column))?;
    let mut text = format!("{header}\n");
    let value = match decided.kind {
        "map" => format!("{} {number}", decided.spoil),
        _ => format!("{}{number}", decided.spoil),
    };
    for line in lines {
        let mut cells: Vec<&str> = line.split(';').collect();
        *cells.get_mut(spoiled).context("a short row")? = &value;
        writeln!(text, "{}", cells.join(";"))?;
    }
    let name = format!("{}-{number}.csv", decided.kind);
    let path = bench.place.folder.join(name);
    fs::write(&path, text)?;
    Ok(path)
}

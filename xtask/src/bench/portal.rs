//! Uploads through the real router of a running portal, as a logged in person sends them (performance P7).
//! Timed from the first byte sent until the page of the preview is there, by `end2end/speed.mjs`.

use super::ground::{Bench, File};
use super::sample::median;
use super::table::{Goal, Table};
use crate::node::Node;
use crate::stack::{Place, Stack};
use crate::{say, sh};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::fs;

/// Rows of a file, and what its upload may take in milliseconds.
const SIZES: [(u32, f64); 3] = [(100, 150.0), (1_000, 2_000.0), (20_000, 15_000.0)];

/// Runs at most: somebody may upload 20 files at once, all sizes together.
const RUNS: usize = 6;

/// Adds a line for each size, on the base.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    bench.afresh()?;
    let told = format!("BRP of {} persons", bench.options.persons);
    uploads(bench, table, &told)
}

/// The same on the database as it is; `told` says what is in it.
pub(super) fn uploads(bench: &Bench, table: &mut Table, told: &str) -> Result<()> {
    say::step("uploads in the portal");
    let node = Node::find()?;
    // The data is there: no demo is to be made for it.
    fs::write(bench.place.demo_notes(), "made by the bench\n")?;
    let mut stack = Stack::start(&bench.place, &bench.cluster, &node)?;
    let files = SIZES
        .into_iter()
        .filter(|(rows, _)| *rows <= bench.options.rows)
        .map(|(rows, most)| Ok((bench.file(rows, 3)?, most)))
        .collect::<Result<Vec<(File, f64)>>>()?;
    let said = send(&bench.place, &node, bench.options.runs.min(RUNS), &files)?;
    stack.still_alive()?;
    drop(stack);
    for ((file, most), said) in files.iter().zip(said.lines()) {
        let said: Value = serde_json::from_str(said)?;
        // P12: what the page shows is what the file was made with.
        for outcome in ["geaccepteerd", "afgekeurd"] {
            ensure!(
                said["counts"][outcome] == file.expected[outcome],
                "the preview counts {} {outcome}, not {}",
                said["counts"][outcome],
                file.expected[outcome]
            );
        }
        let times = said["milliseconds"].as_array().context("no times")?;
        let took = median(times.iter().filter_map(Value::as_f64));
        table.ratio(
            &format!("P7 portal: {:.0} rows to preview, of {most} ms", file.rows),
            took / most,
            Goal::AtMost(1.0),
            format!("{took:.0} ms, {told}"),
        );
    }
    Ok(())
}

/// A line of JSON for each file.
fn send(place: &Place, node: &Node, runs: usize, files: &[(File, f64)]) -> Result<String> {
    let mut script = node.node();
    script
        .arg(sh::root().join("end2end/speed.mjs"))
        .arg(runs.to_string())
        .args(files.iter().map(|(file, _)| &file.path))
        .env("CIMS_URL", place.url());
    let said = sh::quiet(&mut script)?;
    ensure!(
        said.lines().count() == files.len(),
        "not a line for each file: {said}"
    );
    Ok(said)
}

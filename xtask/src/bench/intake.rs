//! Imports of files made for it, against COPY of the very rows they stored into the same indexed
//! tables (performance P1, P5, P6, P12). Every run begins from the same database.

use super::ground::{Bench, File};
use super::sample::median;
use super::table::{Goal, Table};
use crate::say;
use crate::stack::DATABASE;
use anyhow::{Result, ensure};
use serde_json::Value;
use std::fs;
use std::time::Instant;

/// Tables an import writes rows to, in the order of their references.
const TABLES: [&str; 4] = ["persons", "vaccinations", "reports", "delivery_rows"];
/// Tables that triggers of those fill.
const KEPT: [&str; 3] = ["cluster_changes", "waiting_codes", "waiting_hours"];

/// The large file, and what its import took.
pub(super) struct Imported {
    /// The file.
    pub(super) file: File,
    /// Median of the imports, seconds.
    pub(super) seconds: f64,
}

/// Adds the lines of the imports; minutes.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result<Imported> {
    let rows = bench.options.rows;
    let large = bench.file(rows, 3)?;
    let (mut times, mut copies, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for run in 1..=bench.options.runs {
        bench.afresh()?;
        let imported = bench.import(&large)?;
        say::note(format_args!(
            "import {run}: {:.1} s, {:.0} MiB",
            imported.seconds, imported.memory
        ));
        if run == 1 {
            again(bench, table, &large, imported.seconds)?;
        }
        let copied = copy(bench)?;
        say::note(format_args!("COPY {run}: {copied:.1} s"));
        times.push(imported.seconds);
        copies.push(copied);
        memory.push(imported.memory);
    }
    let (time, copy, memory) = (median(times), median(copies), median(memory));
    let told = format!(
        "{time:.1} s, COPY {copy:.1} s, {:.0} rows/s",
        large.rows / time
    );
    table.ratio(
        "P1 import, all rows, to COPY of the same rows",
        time / copy,
        Goal::AtMost(3.0),
        told,
    );

    let (tenth, _) = bench.imports(&bench.file(rows / 10, 3)?)?;
    let (_, small) = bench.imports(&bench.file(rows / 100, 3)?)?;
    let tenth = large.rows / 10.0 / tenth;
    let told = format!("{:.0} and {tenth:.0} rows/s", large.rows / time);
    table.ratio(
        "P6 rows/s of all rows to those of a tenth",
        large.rows / time / tenth,
        Goal::AtLeast(1.0),
        told,
    );
    table.ratio(
        "P5 memory of all rows, MiB",
        memory,
        Goal::AtMost(256.0),
        String::new(),
    );
    // The keys of doubles within the file aside: some 24 bytes a row.
    let keys = large.rows * 24.0 / 1024.0 / 1024.0;
    let told = format!("{memory:.0} and {small:.0} MiB, {keys:.0} MiB of keys aside");
    table.ratio(
        "P5 memory of all rows to that of a hundredth",
        (memory - keys) / small,
        Goal::AtMost(1.25),
        told,
    );

    let (refused, _) = bench.imports(&bench.file(rows, 100)?)?;
    let told = format!("{refused:.1} s");
    table.ratio(
        "all rows wrong, to 3 in 100 wrong",
        refused / time,
        Goal::AtMost(1.5),
        told,
    );
    Ok(Imported {
        file: large,
        seconds: time,
    })
}

/// P12: the same file, and the same rows in a file that is one empty line longer.
fn again(bench: &Bench, table: &mut Table, file: &File, first: f64) -> Result<()> {
    let before = stored(bench)?;
    let same = bench.deliver(&file.path)?;
    let said: Value = serde_json::from_str(&same.said)?;
    ensure!(
        said["file"]["outcome"] == "DUBBEL",
        "the same file is not DUBBEL"
    );
    let longer = file.path.with_extension("nog-eens.csv");
    let mut bytes = fs::read(&file.path)?;
    bytes.extend_from_slice(b"\n");
    fs::write(&longer, bytes)?;
    let doubled = bench.deliver(&longer)?;
    let said: Value = serde_json::from_str(&doubled.said)?;
    ensure!(
        said["counts"]["dubbel"] == file.expected["geaccepteerd"],
        "not every accepted row is known: {}",
        said["counts"]
    );
    ensure!(stored(bench)? == before, "a second delivery stored rows");
    table.figure(
        "P12 the same file again: 0 rows stored",
        format!("{:.2} s", same.seconds),
    );
    // Nobody gathered statistics since: what is known of each person has to be found all the same.
    table.ratio(
        "P12 the same rows in another file, to the first (0 stored)",
        doubled.seconds / first,
        Goal::AtMost(1.0),
        format!("{:.1} s", doubled.seconds),
    );
    Ok(())
}

fn stored(bench: &Bench) -> Result<String> {
    let sql = "select (select count(*) from persons), (select count(*) from vaccinations), (select count(*) from reports)";
    bench.ask(DATABASE, sql)
}

/// Seconds that COPY takes for the rows that are stored now, into the same tables with their indexes.
fn copy(bench: &Bench) -> Result<f64> {
    let folder = bench.place.folder.join("copy");
    fs::create_dir_all(&folder)?;
    let file = |name: &str| folder.join(name).display().to_string();
    for name in TABLES {
        bench.sql(
            DATABASE,
            &format!("\\copy {name} to '{}' (format binary)", file(name)),
        )?;
    }
    // Cascade: later tables (rulings, corrections) point at these, and are empty here.
    let all = [&TABLES[..], &KEPT[..]].concat().join(", ");
    bench.sql(DATABASE, &format!("truncate {all} cascade"))?;
    bench.sql(DATABASE, "checkpoint")?;
    let begin = Instant::now();
    for name in TABLES {
        bench.sql(
            DATABASE,
            &format!("\\copy {name} from '{}' (format binary)", file(name)),
        )?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    fs::remove_dir_all(&folder)?;
    Ok(seconds)
}

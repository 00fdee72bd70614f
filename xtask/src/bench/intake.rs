//! Imports of files made for it, against COPY of the very rows they stored into the same indexed
//! tables (performance P1, P5, P6, P12). Every run begins from the same database.

use super::Options;
use super::sample::{Sample, median, sample};
use super::table::{Goal, Table};
use crate::cluster::{Cluster, Life};
use crate::stack::{DATABASE, Place, Ports};
use crate::{say, sh};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The database every run starts from.
const BASE: &str = "cims_base";
/// A party of the demo that delivers much.
const PARTY: &str = "GGDVOORBEELD";
/// The day of the imports: all rows lie before it.
const TODAY: &str = "2021-05-01";
/// Tables an import writes rows to, in the order of their references.
const TABLES: [&str; 4] = ["persons", "vaccinations", "reports", "delivery_rows"];

struct Bench {
    options: Options,
    place: Place,
    cluster: Cluster,
}

/// A made file, with what must come of it.
struct File {
    path: PathBuf,
    rows: f64,
    expected: Value,
}

/// Measures everything; minutes.
pub(super) fn measure(options: Options) -> Result<Table> {
    let bench = Bench::prepare(options)?;
    let mut table = Table::default();
    bench.imports(&mut table)?;
    Ok(table)
}

impl Bench {
    fn prepare(options: Options) -> Result<Self> {
        say::step("the program `cims`, optimised");
        let mut build = sh::cargo();
        build.args(["build", "--release", "--package", "server", "--bin", "cims"]);
        sh::run(build.env("SQLX_OFFLINE", "true"))?;
        let folder = sh::target().join("bench");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let place = Place {
            folder,
            binary: sh::target().join("release/cims"),
            ports: Ports::free()?,
            database: DATABASE.to_owned(),
        };
        let cluster = Cluster::start("bench", Life::Measured)?;
        let bench = Self {
            options,
            place,
            cluster,
        };
        bench.base()?;
        Ok(bench)
    }

    /// Schema, keys, parties and a BRP, in a database that is copied for each run.
    fn base(&self) -> Result<()> {
        say::step(format_args!("a BRP of {} persons", self.options.persons));
        self.place.prepare(&self.cluster)?;
        fs::create_dir_all(self.place.folder.join("storage"))?;
        self.cluster.fresh_database(DATABASE)?;
        sh::quiet(&mut self.place.cims(&["demo", "--keys-only"]))?;
        sh::quiet(&mut self.place.cims(&["migrate"]))?;
        let begin = Instant::now();
        let persons = self.options.persons.to_string();
        sh::quiet(&mut self.place.cims(&["demo", "--persons", &persons]))?;
        say::note(format_args!("loaded in {}", say::duration(begin.elapsed())));
        self.sql(DATABASE, "vacuum analyze")?;
        self.sql(
            "postgres",
            &format!("alter database {DATABASE} rename to {BASE}"),
        )
    }

    fn sql(&self, database: &str, sql: &str) -> Result<()> {
        sh::quiet(self.cluster.psql(database).args(["-c", sql])).map(drop)
    }

    /// The base again, with nothing of an earlier run left to write.
    fn afresh(&self) -> Result<()> {
        self.sql(
            "postgres",
            &format!("drop database if exists {DATABASE} with (force)"),
        )?;
        self.sql(
            "postgres",
            &format!("create database {DATABASE} template {BASE} strategy file_copy"),
        )?;
        self.sql("postgres", "checkpoint")
    }

    fn file(&self, rows: u32, wrong: u32) -> Result<File> {
        let path = self
            .place
            .folder
            .join(format!("aanlevering-{rows}-{wrong}.csv"));
        let persons = self.options.persons.to_string();
        let mut make = self.place.cims(&["demo", "--persons", &persons]);
        make.args([
            "--delivery",
            &rows.to_string(),
            "--wrong",
            &wrong.to_string(),
        ])
        .arg(&path);
        let said = sh::quiet(&mut make)?;
        Ok(File {
            path,
            rows: f64::from(rows),
            expected: serde_json::from_str(&said)?,
        })
    }

    /// One import, its counts checked.
    fn import(&self, file: &File) -> Result<Sample> {
        let run = self.deliver(&file.path)?;
        check(&run, &file.expected)?;
        Ok(run)
    }

    fn deliver(&self, path: &Path) -> Result<Sample> {
        let mut import = self.place.cims(&["import"]);
        import.arg(path).args([
            "--party",
            PARTY,
            "--channel",
            "sftp",
            "--today",
            TODAY,
            "--json",
        ]);
        sample(&mut import)
    }

    fn imports(&self, table: &mut Table) -> Result<()> {
        let rows = self.options.rows;
        let large = self.file(rows, 3)?;
        let (mut times, mut copies, mut memory) = (Vec::new(), Vec::new(), Vec::new());
        for run in 1..=self.options.runs {
            self.afresh()?;
            let imported = self.import(&large)?;
            say::note(format_args!(
                "import {run}: {:.1} s, {:.0} MiB",
                imported.seconds, imported.memory
            ));
            if run == 1 {
                self.again(table, &large)?;
            }
            let copied = self.copy()?;
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

        let smaller = |rows: u32| -> Result<(f64, f64)> {
            let file = self.file(rows, 3)?;
            let mut runs = Vec::new();
            for _ in 0..self.options.runs {
                self.afresh()?;
                runs.push(self.import(&file)?);
            }
            let time = median(runs.iter().map(|run| run.seconds));
            Ok((file.rows / time, median(runs.iter().map(|run| run.memory))))
        };
        let (tenth, _) = smaller(rows / 10)?;
        let (_, small) = smaller(rows / 100)?;
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

        let wrong = self.file(rows, 100)?;
        self.afresh()?;
        let refused = self.import(&wrong)?;
        let told = format!("{:.1} s", refused.seconds);
        table.ratio(
            "all rows wrong, to 3 in 100 wrong",
            refused.seconds / time,
            Goal::AtMost(1.5),
            told,
        );
        Ok(())
    }

    /// P12: the same file, and the same rows in a file that is one empty line longer.
    fn again(&self, table: &mut Table, file: &File) -> Result<()> {
        let before = self.stored()?;
        let same = self.deliver(&file.path)?;
        let said: Value = serde_json::from_str(&same.said)?;
        ensure!(
            said["file"]["outcome"] == "DUBBEL",
            "the same file is not DUBBEL"
        );
        let longer = file.path.with_extension("nog-eens.csv");
        let mut bytes = fs::read(&file.path)?;
        bytes.extend_from_slice(b"\n");
        fs::write(&longer, bytes)?;
        let doubled = self.deliver(&longer)?;
        let said: Value = serde_json::from_str(&doubled.said)?;
        ensure!(
            said["counts"]["dubbel"] == file.expected["geaccepteerd"],
            "not every accepted row is known: {}",
            said["counts"]
        );
        ensure!(self.stored()? == before, "a second delivery stored rows");
        table.figure(
            "P12 the same file again: 0 rows stored",
            format!("{:.2} s", same.seconds),
        );
        table.figure(
            "P12 the same rows in another file: 0 rows stored",
            format!("{:.1} s", doubled.seconds),
        );
        Ok(())
    }

    fn stored(&self) -> Result<String> {
        let sql = "select (select count(*) from persons), (select count(*) from vaccinations), (select count(*) from reports)";
        sh::quiet(self.cluster.psql(DATABASE).args(["-Atc", sql]))
    }

    /// Seconds that COPY takes for the rows that are stored now, into the same tables with their indexes.
    fn copy(&self) -> Result<f64> {
        let folder = self.place.folder.join("copy");
        fs::create_dir_all(&folder)?;
        let file = |name: &str| folder.join(name).display().to_string();
        for name in TABLES {
            self.sql(
                DATABASE,
                &format!("\\copy {name} to '{}' (format binary)", file(name)),
            )?;
        }
        // Cascade: later tables (rulings, corrections) point at these, and are empty here.
        self.sql(DATABASE, &format!("truncate {} cascade", TABLES.join(", ")))?;
        self.sql(DATABASE, "checkpoint")?;
        let begin = Instant::now();
        for name in TABLES {
            self.sql(
                DATABASE,
                &format!("\\copy {name} from '{}' (format binary)", file(name)),
            )?;
        }
        let seconds = begin.elapsed().as_secs_f64();
        fs::remove_dir_all(&folder)?;
        Ok(seconds)
    }
}

/// The counts per outcome and per code are those the file was made with.
fn check(run: &Sample, expected: &Value) -> Result<()> {
    let said: Value = serde_json::from_str(&run.said).context("the answer is no JSON")?;
    for outcome in ["geaccepteerd", "afgekeurd"] {
        ensure!(
            said["counts"][outcome] == expected[outcome],
            "{outcome}: {} instead of {} (exit code {})",
            said["counts"][outcome],
            expected[outcome],
            run.code
        );
    }
    let mut codes: BTreeMap<&str, u64> = BTreeMap::new();
    let rows = said["rows"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    for finding in rows
        .iter()
        .filter_map(|row| row["findings"].as_array())
        .flatten()
    {
        *codes
            .entry(finding["code"].as_str().unwrap_or_default())
            .or_default() += 1;
    }
    ensure!(
        serde_json::to_value(&codes)? == expected["codes"],
        "codes: {codes:?} instead of {}",
        expected["codes"]
    );
    Ok(())
}

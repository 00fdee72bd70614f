//! What every measurement stands on: the optimised program, a private PostgreSQL with its own settings, a BRP.
//! Of each made file is known what must come of it. Every run begins from the same database.

use super::Options;
use super::sample::{Sample, median, sample};
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
pub(super) const PARTY: &str = "GGDVOORBEELD";
/// The day of the imports: all rows lie before it.
pub(super) const TODAY: &str = "2021-05-01";

/// The ground under all measurements of a run.
pub(super) struct Bench {
    /// How much is measured.
    pub(super) options: Options,
    /// Folder, program and ports.
    pub(super) place: Place,
    /// The database server.
    pub(super) cluster: Cluster,
}

/// A made file, with what must come of it.
pub(super) struct File {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its rows, the header aside.
    pub(super) rows: f64,
    /// Rows per outcome and per code.
    pub(super) expected: Value,
}

impl Bench {
    /// Builds the program, unless one is given, and starts an empty PostgreSQL.
    pub(super) fn prepare(options: Options) -> Result<Self> {
        let binary = match &options.binary {
            Some(binary) => fs::canonicalize(binary)
                .with_context(|| format!("{} is not there", binary.display()))?,
            None => build()?,
        };
        let folder = sh::target().join("bench");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let place = Place {
            folder,
            binary,
            ports: Ports::free()?,
            database: DATABASE.to_owned(),
        };
        let cluster = Cluster::start("bench", Life::Measured)?;
        Ok(Self {
            options,
            place,
            cluster,
        })
    }

    /// Schema, keys, parties and a BRP, in a database that is copied for each run.
    pub(super) fn base(&self) -> Result<()> {
        self.register(self.options.persons)?;
        self.sql(
            "postgres",
            &format!("alter database {DATABASE} rename to {BASE}"),
        )
    }

    /// Schema, keys, parties and a BRP, in the database itself.
    pub(super) fn register(&self, persons: u32) -> Result<()> {
        say::step(format_args!("a BRP of {persons} persons"));
        self.place.prepare(&self.cluster)?;
        fs::create_dir_all(self.place.folder.join("storage"))?;
        self.cluster.fresh_database(DATABASE)?;
        sh::quiet(&mut self.place.cims(&["demo", "--keys-only"]))?;
        sh::quiet(&mut self.place.cims(&["migrate"]))?;
        let begin = Instant::now();
        let persons = persons.to_string();
        sh::quiet(&mut self.place.cims(&["demo", "--persons", &persons]))?;
        say::note(format_args!("loaded in {}", say::duration(begin.elapsed())));
        self.sql(DATABASE, "vacuum analyze")
    }

    /// Runs SQL as superuser.
    pub(super) fn sql(&self, database: &str, sql: &str) -> Result<()> {
        self.ask(database, sql).map(drop)
    }

    /// The answer of SQL, columns by `|`.
    pub(super) fn ask(&self, database: &str, sql: &str) -> Result<String> {
        let said = sh::quiet(self.cluster.psql(database).args(["-Atc", sql]))?;
        Ok(said.trim_end().to_owned())
    }

    /// The base again, with nothing of an earlier run left to write.
    pub(super) fn afresh(&self) -> Result<()> {
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

    /// The base itself, for the last measurement: nothing is copied, and there is no base any more.
    pub(super) fn take_base(&self) -> Result<()> {
        self.sql(
            "postgres",
            &format!("drop database if exists {DATABASE} with (force)"),
        )?;
        self.sql(
            "postgres",
            &format!("alter database {BASE} rename to {DATABASE}"),
        )
    }

    /// A file about the persons of the BRP, `wrong` of each 100 rows wrong.
    pub(super) fn file(&self, rows: u32, wrong: u32) -> Result<File> {
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
    pub(super) fn import(&self, file: &File) -> Result<Sample> {
        let run = self.deliver(&file.path)?;
        check(&run, &file.expected)?;
        Ok(run)
    }

    /// Imports of the file, each into the base: the median of seconds and of MiB.
    pub(super) fn imports(&self, file: &File) -> Result<(f64, f64)> {
        let mut runs = Vec::new();
        for _ in 0..self.options.runs {
            self.afresh()?;
            runs.push(self.import(file)?);
        }
        Ok((
            median(runs.iter().map(|run| run.seconds)),
            median(runs.iter().map(|run| run.memory)),
        ))
    }

    /// One import, whatever comes of it.
    pub(super) fn deliver(&self, path: &Path) -> Result<Sample> {
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
}

fn build() -> Result<PathBuf> {
    say::step("the program `cims`, optimised");
    let mut build = sh::cargo();
    build.args(["build", "--release", "--package", "server", "--bin", "cims"]);
    sh::run(build.env("SQLX_OFFLINE", "true"))?;
    Ok(sh::target().join("release/cims"))
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

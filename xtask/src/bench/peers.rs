//! Other people's ways to do the same work on the same file, in the same run (performance P2, P3, P4, P8).
//! The scripts are in `xtask/peers`. Each must come to our counts exactly, or its time says nothing.

use super::ground::{Bench, File, PARTY, TODAY};
use super::intake::Imported;
use super::sample::{Sample, median, sample, sample_fed};
use super::table::{Goal, Table};
use crate::fingerprint::Fingerprint;
use crate::{apt, say, sh, stack};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the scripts are.
const SCRIPTS: &str = "xtask/peers";
/// What they need, with versions.
const NEEDS: &str = "xtask/peers/requirements.txt";
/// The database of the peers.
const DATABASE: &str = "cims_peers";
/// Rows of the file for Django, and of the workbook.
const DJANGO: u32 = 20_000;
const WORKBOOK: u32 = 100_000;

/// The scripts, ready to run.
struct Peers<'b> {
    bench: &'b Bench,
    python: PathBuf,
    /// Products, batches and days, for all of them.
    lists: PathBuf,
}

/// Rows by what becomes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counts {
    accepted: u64,
    refused: u64,
}

/// Adds a line for each peer; minutes.
pub(super) fn measure(bench: &Bench, table: &mut Table, ours: &Imported) -> Result<()> {
    say::step("the peers");
    let peers = Peers::prepare(bench)?;
    peers.all_in_sql(table, ours)?;
    peers.in_our_tables(table, ours)?;
    peers.row_by_row(table, ours)?;
    peers.django(table)?;
    peers.row_rules(table, &ours.file)?;
    peers.workbook(table)
}

impl<'b> Peers<'b> {
    fn prepare(bench: &'b Bench) -> Result<Self> {
        let python = install()?;
        bench.afresh()?;
        let sql = format!(
            "select json_build_object('today', '{TODAY}', 'start', (select value #>> '{{}}' from settings where key = 'campaign_start'),
             'products', (select json_agg(json_build_array(hpk, vaccine)) from vaccine_hpk),
             'batches', (select json_agg(json_build_array(lot, vaccine)) from batches))"
        );
        let lists = bench.place.folder.join("lists.json");
        fs::write(&lists, bench.ask(stack::DATABASE, &sql)?)?;
        let peers = Self {
            bench,
            python,
            lists,
        };
        peers.persons()?;
        Ok(peers)
    }

    /// The BRP as the peers have it: plain text, each number once.
    fn persons(&self) -> Result<()> {
        let bench = self.bench;
        let file = bench.place.folder.join("personen.csv");
        let persons = bench.options.persons.to_string();
        let mut write = bench.place.cims(&["demo", "--persons", &persons, "--csv"]);
        sh::quiet(write.arg(&file))?;
        let columns = first_line(&file)?.replace(';', " text, ");
        bench.cluster.fresh_database(DATABASE)?;
        bench.sql(
            DATABASE,
            &format!("create unlogged table lists ({columns} text)"),
        )?;
        bench.sql(
            DATABASE,
            &format!(
                "\\copy lists from '{}' (format csv, header, delimiter ';')",
                file.display()
            ),
        )?;
        bench.sql(
            DATABASE,
            "create table brp as select bsn, case when min(geboortedatum) !~ '00(..)?$' then to_date(min(geboortedatum), 'YYYYMMDD') end as born
             from lists where bsn <> '' group by bsn having count(*) = 1;
             alter table brp add primary key (bsn);
             drop table lists",
        )?;
        bench.sql(DATABASE, "vacuum analyze")?;
        fs::remove_file(&file).map_err(Into::into)
    }

    /// The seconds a script says of one run; its counts must be these.
    fn once(&self, script: &str, words: &[&OsStr], expected: Counts) -> Result<f64> {
        let mut command = sh::program(&self.python);
        command.arg("-B").arg(sh::root().join(SCRIPTS).join(script));
        let said = sh::quiet(command.args(words))?;
        let said: Value = serde_json::from_str(said.trim())
            .with_context(|| format!("{script} says no JSON: {said}"))?;
        let counts = Counts::of(&said, "accepted", "refused")?;
        ensure!(
            counts == expected,
            "{script}: {counts:?} instead of {expected:?}"
        );
        let seconds = said["seconds"].as_f64().context("no seconds")?;
        say::note(format_args!("{script}: {seconds:.2} s"));
        Ok(seconds)
    }

    /// The median of some runs.
    fn seconds(&self, script: &str, words: &[&OsStr], expected: Counts) -> Result<f64> {
        let mut times = Vec::new();
        for _ in 0..self.bench.options.runs {
            times.push(self.once(script, words, expected)?);
        }
        Ok(median(times))
    }

    /// The same for a script that stores what it accepts.
    fn stored(&self, script: &str, file: &File, how: &[&str]) -> Result<f64> {
        let url = self.bench.cluster.url(DATABASE);
        let mut words = vec![file.path.as_os_str(), self.lists.as_os_str(), url.as_ref()];
        words.extend(how.iter().map(OsStr::new));
        self.seconds(script, &words, Counts::of_file(file)?)
    }

    fn all_in_sql(&self, table: &mut Table, ours: &Imported) -> Result<()> {
        let theirs = self.stored("sql_set.py", &ours.file, &[])?;
        let told = format!(
            "{theirs:.1} s into one table: no provenance, audit, sealing; ours {:.1} s",
            ours.seconds
        );
        table.ratio(
            "P2 all in SQL, tuned, to our import",
            theirs / ours.seconds,
            Goal::AtLeast(1.7),
            told,
        );
        Ok(())
    }

    /// Into the tables that an import fills, each time of a register where nothing is stored.
    fn in_our_tables(&self, table: &mut Table, ours: &Imported) -> Result<()> {
        let expected = Counts::of_file(&ours.file)?;
        let stored = expected.accepted;
        let wanted = format!("{stored}|{stored}|{stored}|{}", rows(&ours.file)?);
        let cluster = &self.bench.cluster;
        let (register, peers) = (cluster.url(stack::DATABASE), cluster.url(DATABASE));
        let words: [&OsStr; 5] = [
            ours.file.path.as_os_str(),
            self.lists.as_os_str(),
            register.as_ref(),
            peers.as_ref(),
            PARTY.as_ref(),
        ];
        let mut times = Vec::new();
        for _ in 0..self.bench.options.runs {
            self.bench.afresh()?;
            times.push(self.once("sql_tables.py", &words, expected)?);
            let found = self.bench.ask(
                stack::DATABASE,
                "select (select count(*) from persons), (select count(*) from vaccinations), (select count(*) from reports),
                 (select count(*) from delivery_rows)",
            )?;
            ensure!(
                found == wanted,
                "sql_tables.py: {found} rows instead of {wanted}"
            );
        }
        let theirs = median(times);
        let told = format!(
            "{theirs:.1} s with provenance, audit, sealing by pgcrypto; ours {:.1} s",
            ours.seconds
        );
        table.ratio(
            "P2 the same into our tables, to our import",
            theirs / ours.seconds,
            Goal::None,
            told,
        );
        Ok(())
    }

    fn row_by_row(&self, table: &mut Table, ours: &Imported) -> Result<()> {
        let tenth = self.bench.file(self.bench.options.rows / 10, 3)?;
        let theirs = self.stored("per_row.py", &tenth, &[])?;
        let told = format!(
            "a tenth of the rows in {theirs:.1} s, compared per row: {:.0} and {:.0} rows/s",
            tenth.rows / theirs,
            ours.file.rows / ours.seconds
        );
        table.ratio(
            "P2 prepared SELECT + INSERT per row, to our import",
            (theirs / tenth.rows) / (ours.seconds / ours.file.rows),
            Goal::AtLeast(5.0),
            told,
        );
        Ok(())
    }

    fn django(&self, table: &mut Table) -> Result<()> {
        let file = self.bench.file(self.bench.options.rows.min(DJANGO), 3)?;
        let (ours, _) = self.bench.imports(&file)?;
        for (what, how, goal) in [
            (
                "P3 django-import-export, use_bulk, to our import",
                &[][..],
                Goal::AtLeast(50.0),
            ),
            (
                "P3 the same, tuned: nothing looked up, to our import",
                &["tuned"],
                Goal::None,
            ),
        ] {
            let theirs = self.stored("django_bulk.py", &file, how)?;
            let told = format!(
                "{:.0} rows: {theirs:.1} s ({:.0} rows/s), ours {ours:.2} s",
                file.rows,
                file.rows / theirs
            );
            table.ratio(what, theirs / ours, goal, told);
        }
        Ok(())
    }

    fn row_rules(&self, table: &mut Table, file: &File) -> Result<()> {
        let expected = self.by_row_rules(file)?;
        let (ours, _) = self.check(&file.path, expected)?;
        for (name, script, least) in [
            ("polars", "polars_rules.py", 2.0),
            ("DuckDB", "duckdb_rules.py", 4.0),
        ] {
            let words = [file.path.as_os_str(), self.lists.as_os_str()];
            let theirs = self.seconds(script, &words, expected)?;
            table.ratio(
                &format!("P4 {name}, reading and row rules, to `cims check`"),
                theirs / ours,
                Goal::AtLeast(least),
                format!("{theirs:.2} s, ours {ours:.2} s"),
            );
        }
        Ok(())
    }

    fn workbook(&self, table: &mut Table) -> Result<()> {
        let file = self.bench.file(self.bench.options.rows.min(WORKBOOK), 3)?;
        let book = file.path.with_extension("xlsx");
        let mut write = sh::program(&self.python);
        write
            .arg("-B")
            .arg(sh::root().join(SCRIPTS).join("workbook.py"));
        sh::quiet(write.arg(&file.path).arg(&book))?;
        let all = Counts {
            accepted: rows(&file)?,
            refused: 0,
        };
        let theirs = self.seconds("openpyxl_read.py", &[book.as_os_str()], all)?;
        let mut times = Vec::new();
        for _ in 0..self.bench.options.runs {
            let mut read = sh::program(&self.bench.place.binary);
            let run = sample_fed(read.args(["read-workbook", "--sheet", "0"]), &book)?;
            ensure!(run.code == 0, "the workbook was not read");
            times.push(run.seconds);
        }
        let ours = median(times);
        table.ratio(
            "P8 openpyxl, reading alone, to our reading process",
            theirs / ours,
            Goal::AtLeast(8.0),
            format!("{:.0} rows: {theirs:.2} s, ours {ours:.2} s", file.rows),
        );
        let (checked, child) = self.check(&book, self.by_row_rules(&file)?)?;
        table.ratio(
            "P8 openpyxl, reading alone, to `cims check` with its rules",
            theirs / checked,
            Goal::None,
            format!("ours {checked:.2} s"),
        );
        ensure!(child > 0.0, "the reading process was not seen");
        table.ratio(
            "P8 memory of the reading process, MiB",
            child,
            Goal::AtMost(64.0),
            String::new(),
        );
        Ok(())
    }

    /// Median of `cims check`, seconds, and of its reading process, MiB.
    fn check(&self, path: &Path, expected: Counts) -> Result<(f64, f64)> {
        let mut runs: Vec<Sample> = Vec::new();
        for _ in 0..self.bench.options.runs {
            let mut check = sh::program(&self.bench.place.binary);
            check.arg("check").arg(path);
            let run = sample(check.args(["--today", TODAY, "--json"]))?;
            let said: Value = serde_json::from_str(&run.said).context("the answer is no JSON")?;
            let counts = Counts::of(&said["counts"], "geaccepteerd", "afgekeurd")?;
            ensure!(
                counts == expected,
                "cims check: {counts:?} instead of {expected:?}"
            );
            runs.push(run);
        }
        Ok((
            median(runs.iter().map(|run| run.seconds)),
            median(runs.iter().map(|run| run.child)),
        ))
    }

    /// What `cims check` must come to: it knows no register.
    fn by_row_rules(&self, file: &File) -> Result<Counts> {
        let mut rules = sh::program(&self.bench.place.binary);
        let said = sh::quiet(rules.args(["rules", "--json"]))?;
        Counts::of_file(file)?.without_register(&file.expected, &serde_json::from_str(&said)?)
    }
}

impl Counts {
    fn of(said: &Value, accepted: &str, refused: &str) -> Result<Self> {
        let number = |name: &str| {
            said[name]
                .as_u64()
                .with_context(|| format!("no count {name}"))
        };
        Ok(Self {
            accepted: number(accepted)?,
            refused: number(refused)?,
        })
    }

    fn of_file(file: &File) -> Result<Self> {
        Self::of(&file.expected, "geaccepteerd", "afgekeurd")
    }

    /// The rows that only the register refuses are accepted by who does not know it.
    fn without_register(self, expected: &Value, rules: &Value) -> Result<Self> {
        let rules = rules["rules"].as_array().context("no rules")?;
        let known_by_it: u64 = rules
            .iter()
            .filter(|rule| rule["stage"] == "register")
            .filter_map(|rule| expected["codes"][rule["code"].as_str()?].as_u64())
            .sum();
        Ok(Self {
            accepted: self.accepted + known_by_it,
            refused: self
                .refused
                .checked_sub(known_by_it)
                .context("more rows by the register than in all")?,
        })
    }
}

fn rows(file: &File) -> Result<u64> {
    file.expected["rows"].as_u64().context("no rows")
}

fn first_line(file: &Path) -> Result<String> {
    use std::io::BufRead as _;
    let mut line = String::new();
    std::io::BufReader::new(fs::File::open(file)?).read_line(&mut line)?;
    Ok(line.trim_end().to_owned())
}

/// Python with the packages of the peers, in `target/peers`; installed when their list changed.
fn install() -> Result<PathBuf> {
    let home = sh::target().join("peers");
    let python = home.join("bin/python3");
    let fingerprint = Fingerprint::of("peers", &[], &[NEEDS])?;
    if fingerprint.is_current(&[&python]) {
        return Ok(python);
    }
    apt::ensure(
        &[
            ("python3", "python3"),
            ("python3 -m ensurepip --version", "python3-venv"),
        ],
        "the peers of the benchmark",
    )?;
    say::note(format_args!("installing the peers of {NEEDS}"));
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    sh::quiet(sh::program("python3").args(["-m", "venv"]).arg(&home))?;
    let pip = ["-m", "pip", "install", "--quiet", "--requirement", NEEDS];
    sh::quiet(sh::program(&python).args(pip))?;
    fingerprint.keep()?;
    Ok(python)
}

#[cfg(test)]
mod tests {
    use super::Counts;
    use serde_json::json;

    #[test]
    fn what_only_the_register_refuses_is_accepted_without_it() {
        let all = Counts {
            accepted: 90,
            refused: 10,
        };
        let expected = json!({"codes": {"P01": 7, "V21": 3}});
        let rules = json!({"rules": [
            {"code": "P01", "stage": "row"},
            {"code": "V21", "stage": "register"},
            {"code": "B10", "stage": "register"},
        ]});
        let without = all.without_register(&expected, &rules).expect("counted");
        assert_eq!((without.accepted, without.refused), (93, 7));
    }
}

//! Many installations deliver by SFTP at once, as independent clients (issue of the drop box): how long until all files are
//! taken and answered, what the server holds in memory meanwhile, and whether its refusals tell who is known. Large files
//! are in [`super::large`].

use super::ground::{Bench, PARTY};
use super::sample::{high_water_of, median};
use super::table::{Goal, Table};
use crate::node::Node;
use crate::stack::Stack;
use crate::{apt, say, sh};
use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Clients at once.
const CLIENTS: u32 = 200;
/// Wrong passwords of each kind.
const GUESSES: u32 = 200;
/// Rows of a small file.
const ROWS: u32 = 100;
/// Seconds until all of a MiB each are taken; memory then, MiB.
const TAKEN: f64 = 120.0;
const MEMORY: f64 = 400.0;
/// Seconds until small files of all are answered, and one alone.
const ANSWERED: f64 = 60.0;
const ALONE: f64 = 3.0;

/// Adds its lines.
pub(super) fn measure(bench: &Bench, table: &mut Table) -> Result<()> {
    let asyncssh = (
        "/usr/lib/python3/dist-packages/asyncssh",
        "python3-asyncssh",
    );
    apt::ensure(
        &[asyncssh, ("ssh-keygen", "openssh-client")],
        "the clients of the drop box",
    )?;
    bench.afresh()?;
    say::step(format_args!("accounts for {CLIENTS} installations"));
    let key = key(bench)?;
    for number in 0..CLIENTS {
        let (name, number) = (format!("bench-{number}"), number.to_string());
        let words = ["sftp", "add", &name, "--party", PARTY, "--installation"];
        let mut add = bench.place.cims(&words);
        sh::quiet(add.arg(&number).arg("--key").arg(key.with_extension("pub")))?;
    }
    fs::write(bench.place.demo_notes(), "made by the bench\n")?;
    fs::write(bench.place.sftp_account(), "made by the bench\n")?;
    let stack = Stack::start(&bench.place, &bench.cluster, &Node::find()?)?;

    say::step(format_args!("{CLIENTS} clients at once"));
    let [taken, ..] = deliver(bench, &key, 1, CLIENTS, None)?;
    let memory = high_water_of(stack.portal_id());
    ensure!(memory > 0.0, "the server was not seen");
    let what = format!("SFTP: {CLIENTS} clients of 1 MiB at once, of {TAKEN} s");
    table.ratio(
        &what,
        taken / TAKEN,
        Goal::AtMost(1.0),
        format!("{taken:.1} s"),
    );
    table.ratio(
        "SFTP: memory of the server then, MiB",
        memory,
        Goal::AtMost(MEMORY),
        String::new(),
    );

    let folder = small_files(bench, CLIENTS)?;
    let [_, answered, _] = deliver(bench, &key, 2, CLIENTS, Some(&folder))?;
    let what = format!("SFTP: {CLIENTS} files of {ROWS} rows at once answered, of {ANSWERED} s");
    table.ratio(
        &what,
        answered / ANSWERED,
        Goal::AtMost(1.0),
        format!("{answered:.1} s"),
    );
    let stored = "select count(*) from reports";
    ensure!(
        bench.ask(crate::stack::DATABASE, stored)? == (CLIENTS * ROWS).to_string(),
        "not every row is stored"
    );

    let mut times = Vec::new();
    for run in 0..bench.options.runs {
        // Again the rows of the first: another file, for it is one line longer.
        let path = folder.join("0.csv");
        let mut bytes = fs::read(&path)?;
        bytes.push(b'\n');
        fs::write(&path, bytes)?;
        let sequence = 3 + u32::try_from(run)?;
        times.push(deliver(bench, &key, sequence, 1, Some(&folder))?[2]);
    }
    let alone = median(times);
    let what = format!("SFTP: {ROWS} rows, from CLOSE to answered, of {ALONE} s");
    table.ratio(
        &what,
        alone / ALONE,
        Goal::AtMost(1.0),
        format!("{alone:.2} s"),
    );
    guesses(bench, table)?;
    super::large::measure(bench, &key, table)
}

/// A wrong password for an account with one, for an account that has a key instead, and for nobody.
fn guesses(bench: &Bench, table: &mut Table) -> Result<()> {
    say::step(format_args!("{GUESSES} wrong passwords of each kind"));
    for number in 0..GUESSES {
        let (name, installation) = (format!("raad-{number}"), format!("R{number}"));
        let words = ["sftp", "add", &name, "--party", PARTY, "--installation"];
        sh::quiet(bench.place.cims(&words).arg(installation))?;
    }
    let mut script = sh::program("/usr/bin/python3");
    script
        .arg("-B")
        .arg(sh::root().join("xtask/peers/sftp_guesses.py"))
        .arg(bench.place.ports.sftp.to_string())
        .arg(GUESSES.to_string())
        .args(["raad-{}", "bench-{}", "niemand-{}"]);
    let said = sh::quiet(&mut script)?;
    let kinds = said
        .lines()
        .map(serde_json::from_str::<Value>)
        .collect::<Result<Vec<_>, _>>()?;
    ensure!(kinds.len() == 3, "not a line for each kind: {said}");
    ensure!(
        kinds.iter().all(|kind| kind["texts"] == kinds[0]["texts"]),
        "the words tell who is known: {said}"
    );
    let times = || kinds.iter().filter_map(|kind| kind["seconds"].as_f64());
    let (longest, shortest) = (
        times().fold(0.0, f64::max),
        times().fold(f64::MAX, f64::min),
    );
    table.ratio(
        "SFTP: refusal of the slowest kind of name, to the quickest",
        longest / shortest,
        Goal::AtMost(1.05),
        format!("medians {shortest:.3} to {longest:.3} s of {GUESSES} each, the same words"),
    );
    let chances = kinds.iter().filter_map(|kind| kind["p"].as_f64());
    table.ratio(
        "SFTP: chance that a refusal of nobody differs as much",
        chances.fold(1.0, f64::min),
        Goal::AtLeast(0.01),
        "Mann and Whitney, the smallest p".to_owned(),
    );
    Ok(())
}

/// Seconds until all are taken, until all are answered, and from the CLOSE of one to its answer at most.
fn deliver(
    bench: &Bench,
    key: &Path,
    sequence: u32,
    clients: u32,
    folder: Option<&Path>,
) -> Result<[f64; 3]> {
    let mut script = sh::program("/usr/bin/python3");
    script
        .arg("-B")
        .arg(sh::root().join("xtask/peers/sftp_clients.py"))
        .arg(bench.place.ports.sftp.to_string())
        .arg(key)
        .args([PARTY, &sequence.to_string(), &clients.to_string()])
        .args(folder);
    let said: Value = serde_json::from_str(sh::quiet(&mut script)?.trim())?;
    let seconds = |name: &str| said[name].as_f64().context("no seconds");
    Ok([seconds("taken")?, seconds("answered")?, seconds("waited")?])
}

/// One key for all of them.
fn key(bench: &Bench) -> Result<PathBuf> {
    let key = bench.place.folder.join("bench-key");
    let words = ["-q", "-t", "ed25519", "-N", "", "-f"];
    sh::quiet(sh::program("ssh-keygen").args(words).arg(&key))?;
    Ok(key)
}

/// A file of good rows for each, about other persons.
fn small_files(bench: &Bench, clients: u32) -> Result<PathBuf> {
    let made = bench.file(ROWS * clients, 0)?;
    let text = fs::read_to_string(&made.path)?;
    let mut lines = text.lines();
    let header = lines.next().context("an empty file")?;
    let lines: Vec<&str> = lines.collect();
    let folder = bench.place.folder.join("klein");
    fs::create_dir_all(&folder)?;
    for (number, part) in lines.chunks(usize::try_from(ROWS)?).enumerate() {
        let file = format!("{header}\n{}\n", part.join("\n"));
        fs::write(folder.join(format!("{number}.csv")), file)?;
    }
    Ok(folder)
}

//! `cargo xtask fuzz`: bytes of any kind at every reader, by libFuzzer, until the time is up.
//!
//! The installed compiler can do it: coverage is a pass of its code generator. Neither nightly nor cargo-fuzz is
//! needed; the folders are laid out for cargo-fuzz all the same. What breaks a target lies in `artifacts/`.

use crate::{say, sh};
use anyhow::{Context as _, Result, bail};
use std::path::Path;

/// Each its own workspace, and its targets.
const CRATES: [(&str, &[&str]); 2] = [
    ("domain/fuzz", &["row"]),
    (
        "server/fuzz",
        &["csv", "xlsx", "ods", "archive", "dropbox", "frames"],
    ),
];

/// What libFuzzer wants to know of a run: which edges were taken, and what was compared.
const COVERAGE: [&str; 6] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Longest input in bytes: a little over what the targets allow.
const LONGEST: u32 = 32 * 1024;
/// Seconds after which one input counts as endless.
const ENDLESS: u32 = 5;
/// Memory in MiB: what the limited child has.
const MEMORY: u32 = 512;

/// Runs the named targets, or all, so many seconds each.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (mut names, mut seconds) = (Vec::new(), 60_u32);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if word == "--seconds" {
            let number = words.next().context("--seconds needs a number")?;
            seconds = number.parse().context("--seconds needs a number")?;
        } else {
            names.push(word.as_str());
        }
    }
    let known = |name: &&str| CRATES.iter().any(|(_, targets)| targets.contains(name));
    if let Some(unknown) = names.iter().find(|name| !known(name)) {
        let all: Vec<&str> = CRATES
            .iter()
            .flat_map(|(_, targets)| *targets)
            .copied()
            .collect();
        bail!("unknown target `{unknown}`; targets are: {}", all.join(" "));
    }
    let machine = machine()?;
    for (folder, targets) in CRATES {
        let wanted = |target: &&&str| names.is_empty() || names.contains(*target);
        let targets: Vec<&str> = targets.iter().filter(wanted).copied().collect();
        if !targets.is_empty() {
            build(folder, &machine)?;
        }
        for target in targets {
            say::step(format_args!("{target}: {seconds} seconds"));
            attack(folder, &machine, target, seconds)?;
        }
    }
    Ok(())
}

/// The name of this kind of machine. Naming it keeps build scripts and macros free of coverage.
fn machine() -> Result<String> {
    let told = sh::quiet(sh::program("rustc").arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc does not tell its host")?.to_owned())
}

fn build(folder: &str, machine: &str) -> Result<()> {
    let mut cargo = sh::cargo();
    cargo
        .args([
            "build",
            "--release",
            "--locked",
            "--bins",
            "--target",
            machine,
        ])
        .current_dir(sh::root().join(folder))
        .env("CARGO_ENCODED_RUSTFLAGS", COVERAGE.join("\x1f"))
        .env_remove("CARGO_TARGET_DIR");
    sh::run(&mut cargo)
}

fn attack(folder: &str, machine: &str, target: &str, seconds: u32) -> Result<()> {
    let folder = sh::root().join(folder);
    let (corpus, artifacts) = (format!("corpus/{target}"), format!("artifacts/{target}/"));
    for made in [&corpus, &artifacts] {
        std::fs::create_dir_all(folder.join(made))?;
    }
    let program = folder.join(format!("target/{machine}/release/{target}"));
    let mut fuzzer = sh::program(program);
    fuzzer.current_dir(&folder).arg(corpus);
    let seeds = format!("seeds/{target}");
    if folder.join(&seeds).exists() {
        fuzzer.arg(seeds);
    }
    for (option, value) in [
        ("max_total_time", seconds),
        ("max_len", LONGEST),
        ("timeout", ENDLESS),
        ("rss_limit_mb", MEMORY),
        ("print_final_stats", 1),
    ] {
        fuzzer.arg(format!("-{option}={value}"));
    }
    fuzzer.arg(format!("-artifact_prefix={artifacts}"));
    sh::run(&mut fuzzer).with_context(|| found(&folder, &artifacts))
}

fn found(folder: &Path, artifacts: &str) -> String {
    format!("what did it lies in {}", folder.join(artifacts).display())
}

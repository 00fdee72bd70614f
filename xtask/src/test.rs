//! `cargo xtask test`: every check of CI, in an order that says early what is wrong.
//! Steps share cargo's output (same profile, same features), so nothing is compiled
//! twice; one private PostgreSQL serves them all. Later steps run though one failed.
//!
//! The long steps remember what they passed with: when all steps are asked for and no file that a step may read has
//! changed since, it is not run again, and says so. Each file of journeys remembers by itself. CI, named steps and
//! `--again` run everything.

use crate::cluster::{Cluster, Life};
use crate::fingerprint::Fingerprint;
use crate::memory::Scratch;
use crate::process::{Running, Stop, tethered};
use crate::tally::Tally;
use crate::{apt, e2e, guard, licences, rooms, say, sh, site, sqlx, ssh_audit, tally, tools, wasm};
use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;
use std::fs;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

type Work = fn(&mut Session) -> Result<Tally>;

/// Tests open our template in a real spreadsheet program and save it again, and read what a library wrote; suppliers' own
/// programs deliver; each test of rule A21 starts a malware scanner.
const RUST_NEEDS: [apt::Need; 9] = [
    ("soffice", "libreoffice-calc-nogui"),
    (
        "/usr/lib/python3/dist-packages/openpyxl",
        "python3-openpyxl",
    ),
    (
        "/usr/lib/python3/dist-packages/xlsxwriter",
        "python3-xlsxwriter",
    ),
    ("sftp", "openssh-client"),
    ("psftp", "putty-tools"),
    ("lftp", "lftp"),
    (
        "/usr/lib/python3/dist-packages/paramiko",
        "python3-paramiko",
    ),
    (
        "/usr/lib/python3/dist-packages/asyncssh",
        "python3-asyncssh",
    ),
    ("/usr/sbin/clamd", "clamav-daemon"),
];

/// Texts for people: no step reads them.
const PAPERS: [&str; 9] = [
    "README.md",
    "README.en.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "LICENSE",
    "publiccode.yml",
    "docs/architecture.md",
    "docs/decisions",
];

/// Steps that remember, with the parts of the project, beside [`PAPERS`], that cannot change their result. Everything else
/// counts as read.
const REMEMBER: [(&str, &[&str]); 4] = [
    ("lint", &["end2end", "style", "docs"]),
    ("rust", &["end2end", "style", "docs/screenshots"]),
    (
        "docs",
        &[
            "end2end",
            "style",
            "docs",
            "server/tests",
            "domain/tests",
            "app/tests",
            "xtask",
        ],
    ),
    (
        "e2e",
        &["docs", "server/tests", "domain/tests", "app/tests"],
    ),
];

/// Name, what it proves, and the work.
const STEPS: [(&str, &str, Work); 8] = [
    ("fmt", "rustfmt", fmt),
    (
        "guard",
        "what reaches the browser, and what may import what",
        guards,
    ),
    (
        "lint",
        "clippy without a warning; .sqlx equals what the migrations say",
        lint,
    ),
    ("rust", "tests of every crate", rust),
    ("docs", "documentation without a broken link", docs),
    ("wasm", "wasm, CSS and their budgets", build_wasm),
    ("deny", "licences, bans and sources of dependencies", deny),
    ("e2e", "journeys in Chromium", journeys),
];

/// Crates of the server side: always named together, so that features are the same in each step.
pub(crate) const SERVER_SIDE: [&str; 6] = [
    "--package",
    "domain",
    "--package",
    "app",
    "--package",
    "server",
];

/// What steps share.
pub(crate) struct Session {
    cluster: Option<Cluster>,
    chosen: Vec<&'static str>,
    /// What passed before with the same files is not run again.
    remembers: bool,
    /// The wasm while it is built beside the tests.
    wasm: Option<Running>,
    /// What later steps need, while it is installed beside the first ones.
    installing: Option<JoinHandle<()>>,
}

struct Line {
    name: &'static str,
    tally: Tally,
    time: Duration,
    said: String,
    /// Passed before, with the same files.
    before: bool,
}

/// Runs all steps or the named ones; answers whether all passed.
pub(crate) fn run(words: &[String]) -> Result<bool> {
    let (again, names): (Vec<_>, Vec<_>) = words.iter().partition(|word| *word == "--again");
    let remember = again.is_empty() && names.is_empty() && std::env::var_os("CI").is_none();
    if let Some(unknown) = names
        .iter()
        .find(|name| !STEPS.iter().any(|(step, ..)| *step == **name))
    {
        bail!(
            "unknown step `{unknown}`; steps are: {}",
            STEPS.map(|(step, ..)| step).join(" ")
        );
    }
    let stop = Stop::listen()?;
    let steps = || {
        STEPS
            .iter()
            .filter(|(step, ..)| names.is_empty() || names.iter().any(|name| name == step))
    };
    let mut session = Session {
        cluster: None,
        chosen: steps().map(|&(step, ..)| step).collect(),
        remembers: remember,
        wasm: None,
        installing: None,
    };
    let mut lines = Vec::new();
    for &(name, proves, work) in steps() {
        say::step(format_args!("{name}: {proves}"));
        let begin = Instant::now();
        let memory = Memory::of(name)?;
        if let Some(tally) = memory
            .as_ref()
            .filter(|_| remember)
            .and_then(Memory::passed)
        {
            say::note(
                "passed before, and no file that it reads has changed since (--again runs it)",
            );
            lines.push(Line {
                name,
                tally,
                time: begin.elapsed(),
                said: String::new(),
                before: true,
            });
            continue;
        }
        let (tally, said) = match work(&mut session) {
            Ok(tally) => (tally, String::new()),
            Err(error) => {
                say::problem(format_args!("{name}: {error:#}"));
                (
                    Tally {
                        passed: 0,
                        failed: 1,
                        skipped: 0,
                    },
                    format!("{error}"),
                )
            }
        };
        if let Some(memory) = memory.filter(|_| tally.failed == 0) {
            memory.keep(tally)?;
        }
        lines.push(Line {
            name,
            tally,
            time: begin.elapsed(),
            said,
            before: false,
        });
        if stop.asked() {
            bail!("stopped by a signal");
        }
    }
    Ok(summary(&lines))
}

/// A table of the steps, then the one line that machines read.
fn summary(lines: &[Line]) -> bool {
    let mut sum = Tally::default();
    say::line("");
    for Line {
        name,
        tally,
        time,
        said,
        before,
    } in lines
    {
        let said = said.lines().next().unwrap_or_default();
        let verdict = match (tally.failed, before) {
            (0, true) => "before",
            (0, false) => "ok",
            _ => "FAILED",
        };
        let time = say::duration(*time);
        say::line(format_args!(
            "{name:6} {verdict:7} {:>5} passed {:>3} failed {:>3} skipped {time:>14}  {said}",
            tally.passed, tally.failed, tally.skipped
        ));
        sum.add(*tally);
    }
    let time = lines.iter().map(|line| line.time).sum();
    say::line(format_args!(
        "total {}\n\n{} passed, {} failed",
        say::duration(time),
        sum.passed,
        sum.failed
    ));
    sum.failed == 0
}

/// What a step, or a part of one, passed with.
pub(crate) struct Memory {
    fingerprint: Fingerprint,
    kept_in: PathBuf,
}

impl Memory {
    /// Of a step that remembers; hashes every file that it may read.
    fn of(step: &str) -> Result<Option<Self>> {
        let files = read_by(step)?;
        files
            .map(|files| Self::kept_as(&format!("passed-{step}"), &files))
            .transpose()
    }

    /// Of a part of a step, by the files that it reads.
    pub(crate) fn kept_as(name: &str, files: &[String]) -> Result<Self> {
        let compiler = sh::quiet(sh::program("rustc").arg("-V"))?;
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        Ok(Self {
            fingerprint: Fingerprint::of(name, &[&compiler], &files)?,
            kept_in: sh::target().join("xtask").join(format!("{name}-tests")),
        })
    }

    /// How many tests passed, when nothing has changed since.
    pub(crate) fn passed(&self) -> Option<Tally> {
        if !self.fingerprint.is_current(&[&self.kept_in]) {
            return None;
        }
        let passed = fs::read_to_string(&self.kept_in)
            .ok()?
            .trim()
            .parse()
            .ok()?;
        Some(Tally {
            passed,
            ..Tally::default()
        })
    }

    pub(crate) fn keep(&self, tally: Tally) -> Result<()> {
        self.fingerprint.keep()?;
        fs::write(&self.kept_in, tally.passed.to_string())?;
        Ok(())
    }
}

/// The files that a step may read, when it remembers.
pub(crate) fn read_by(step: &str) -> Result<Option<Vec<String>>> {
    let Some((_, apart)) = REMEMBER.iter().find(|(name, _)| *name == step) else {
        return Ok(None);
    };
    let apart: Vec<&str> = apart.iter().chain(&PAPERS).copied().collect();
    sh::files_of_project(&apart).map(Some)
}

impl Session {
    /// The database server of this run, started when the first step needs it.
    pub(crate) fn cluster(&mut self) -> Result<&Cluster> {
        if self.cluster.is_none() {
            self.cluster = Some(Cluster::start("test", Life::Throwaway)?);
        }
        self.cluster
            .as_ref()
            .context("the cluster was just started")
    }

    /// Builds the wasm beside the tests: the last crates of both are compiled on one core each. The step of the wasm waits
    /// for it, and does what is left.
    fn begin_wasm(&mut self) -> Result<()> {
        if !self.chosen("wasm") {
            return Ok(());
        }
        let log = sh::target().join("xtask/wasm.log");
        fs::create_dir_all(sh::target().join("xtask"))?;
        say::note(format_args!(
            "the wasm is built meanwhile; what it says is in {}",
            log.display()
        ));
        let mut build = tethered(&std::env::current_exe()?, "TERM");
        let beside = Running::start("wasm", build.arg("build"), &log, Signal::TERM)?;
        self.wasm = Some(beside);
        Ok(())
    }

    /// Installs what later steps need while the compiler is at work: that waits for a network and a disk.
    fn begin_installing(&mut self) {
        let mut needs = Vec::new();
        if self.chosen("rust") {
            needs.extend(RUST_NEEDS);
        }
        if self.chosen("wasm") || self.chosen("e2e") {
            needs.extend(wasm::needs());
        }
        if self.chosen("e2e") {
            needs.extend(e2e::needs());
        }
        if apt::unattended() {
            // What failed is tried once more by the step that needs it, and told there.
            self.installing = Some(thread::spawn(move || {
                let _ = apt::ensure(&needs, "the steps to come");
            }));
        }
    }

    fn end_installing(&mut self) {
        if let Some(installing) = self.installing.take() {
            let _ = installing.join();
        }
    }

    /// Whether what passed before with the same files is left out.
    pub(crate) fn remembers(&self) -> bool {
        self.remembers
    }

    /// Whether a step is part of this run.
    pub(crate) fn chosen(&self, step: &str) -> bool {
        self.chosen.contains(&step)
    }
}

fn fmt(_: &mut Session) -> Result<Tally> {
    sh::run(sh::cargo().args(["fmt", "--all", "--check", "--message-format", "short"]))?;
    Ok(Tally::one())
}

fn guards(_: &mut Session) -> Result<Tally> {
    rooms::check()?;
    guard::check()?;
    Ok(Tally {
        passed: 2,
        ..Tally::default()
    })
}

/// Clippy's pass over the server expands the queries anyway, so it also tells whether .sqlx is fresh.
fn lint(session: &mut Session) -> Result<Tally> {
    session.cluster()?;
    session.begin_installing();
    let scratch = sqlx::Scratch::new(session.cluster()?)?;
    sh::run(scratch.watch(&mut clippy(&SERVER_SIDE, "--all-targets")))?;
    say::note(format_args!(
        "{} queries checked against the migrations",
        scratch.compare()?
    ));
    // The same app as the browser gets it: feature `hydrate`.
    sh::run(&mut clippy(
        &["--package", "app", "--package", "frontend"],
        "--lib",
    ))?;
    sh::run(&mut clippy(&["--package", "xtask"], "--all-targets"))?;
    Ok(Tally {
        passed: 4,
        ..Tally::default()
    })
}

fn clippy(packages: &[&str], targets: &str) -> Command {
    let mut command = sh::cargo();
    command
        .args(["clippy", "--quiet", targets])
        .args(packages)
        .args(["--", "-D", "warnings"]);
    command
}

fn rust(session: &mut Session) -> Result<Tally> {
    session.end_installing();
    apt::ensure(&RUST_NEEDS, "the tests")?;
    let auditor = ssh_audit::install()?;
    let url = session.cluster()?.url("postgres");
    let mut tally = Tally::default();
    // Without a network for it, the tests run as well, one crate after the other.
    let nextest = tools::NEXTEST.ensure();
    session.begin_wasm()?;
    let scratch = Scratch::make("tests");
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = (2 * cores).to_string();
    let disk = own_disk();
    if !disk {
        say::note("no disk may be mounted here: the tests of a full disk do not run");
    }
    if let Err(error) = &nextest {
        say::note(format_args!("cargo test instead of nextest: {error:#}"));
    }
    for packages in [&SERVER_SIDE[..], &["--package", "xtask"]] {
        let mut command = sh::cargo();
        match &nextest {
            Ok(path) => command
                .env("PATH", path)
                .args(["nextest", "run", "--no-fail-fast", "--profile", "whole"])
                .args(["--test-threads", &threads]),
            Err(_) => command.args(["test", "--no-fail-fast", "--all-targets"]),
        };
        // Nothing that a test needs is missing now: one that cannot run fails, and does not pass by.
        command
            .env("CIMS_SSH_AUDIT", &auditor)
            .env("CIMS_TEST_ALL", "1");
        if !disk {
            command.env("CIMS_TEST_NO_DISK", "1");
        }
        if let Some(scratch) = &scratch {
            command.env("TMPDIR", scratch.path());
        }
        tally.add(tally::count(offline(&mut command, &url).args(packages))?);
    }
    let mut examples = sh::cargo();
    tally.add(tally::count(
        offline(&mut examples, &url)
            .args(["test", "--doc"])
            .args(SERVER_SIDE),
    )?);
    Ok(tally)
}

/// Whether tests may have a disk of their own to fill up, in one of the two ways that they try.
fn own_disk() -> bool {
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    ways.into_iter().any(|way| {
        let tried = Command::new("unshare")
            .args(way)
            .args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    })
}

/// Queries from .sqlx while compiling; the server for the running tests.
fn offline<'a>(command: &'a mut Command, url: &str) -> &'a mut Command {
    command
        .env("SQLX_OFFLINE", "true")
        .env("DATABASE_URL", url)
        .env("CIMS_TEST_PG", url)
}

fn docs(_: &mut Session) -> Result<Tally> {
    let mut doc = sh::cargo();
    doc.args(["doc", "--quiet", "--no-deps", "--lib"])
        .args(SERVER_SIDE);
    sh::run(
        doc.env("RUSTDOCFLAGS", "-D warnings")
            .env("SQLX_OFFLINE", "true"),
    )?;
    Ok(Tally::one())
}

fn build_wasm(session: &mut Session) -> Result<Tally> {
    session.end_installing();
    if let Some(beside) = session.wasm.take()
        && !beside.ended()?
    {
        say::note("what was built beside the tests failed; once more, to see why");
    }
    site::build(false)?;
    Ok(Tally::one())
}

/// `deny.toml` by cargo-deny where it is installed, else its licences, bans and sources by ourselves.
/// Advisories need a network: `cargo xtask advisories`, which `.ci/nightly` runs.
fn deny(_: &mut Session) -> Result<Tally> {
    if sh::which("cargo-deny").is_none() {
        licences::check()?;
        return Ok(Tally::one());
    }
    sh::run(sh::cargo().args(["deny", "--offline", "check", "licenses", "bans", "sources"]))?;
    Ok(Tally::one())
}

fn journeys(session: &mut Session) -> Result<Tally> {
    session.end_installing();
    e2e::run(session)
}

//! The journeys of `end2end/`: real Chromium against the whole system on free ports with fresh demo data. Each lane has
//! a system of its own, for a login ends the same user's session elsewhere, and takes one file of journeys after the
//! other. Afterwards the portals' logs are searched for anything
//! like a BSN, and for names and birth dates of the persons. A file of journeys that passed before with the
//! same files of the project is not run again, unless all is asked for.
//!
//! The journeys get by environment: CIMS_URL, OIDC_URL, CIMS_PG (the demo database as
//! superuser), CIMS_SFTP (port of the drop box), CIMS_BIN, CIMS_CONFIG, CIMS_LOG, CHROMIUM, SHOTS (folder for screenshots).

use crate::cluster::Cluster;
use crate::leaks::{Leaks, Persons};
use crate::node::Node;
use crate::stack::{self, DATABASE, Place, Ports, Stack};
use crate::tally::{self, Tally};
use crate::test::{self, Memory, Session};
use crate::{apt, say, sh, site};
use anyhow::{Context as _, Result, anyhow, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;

/// Systems side by side: a browser and its portal wait for each other, so one of them leaves a third of two cores idle.
fn lanes() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().clamp(1, 4))
}

/// Chromium without the windows around a page, which nobody sees here and which take processor time from each journey.
const CHROMIUM: &str = "chromium-headless-shell";

/// The same with them, for a system whose packages have no other.
const WITH_WINDOWS: &str = "chromium";

/// Programs that the journeys use.
pub(crate) fn needs() -> [apt::Need; 3] {
    let foreign = sh::which("apt-get").is_none() && sh::which(CHROMIUM).is_none();
    let chromium = if foreign { WITH_WINDOWS } else { CHROMIUM };
    [
        (chromium, chromium),
        ("soffice", "libreoffice-calc-nogui"),
        ("sftp", "openssh-client"),
    ]
}

/// Runs all journeys.
pub(crate) fn run(session: &mut Session) -> Result<Tally> {
    apt::ensure(&needs(), "the journeys")?;
    let (passed, waiting) = remembered(session.remembers())?;
    if waiting.is_empty() {
        return Ok(passed);
    }
    let chromium = sh::which(CHROMIUM).or_else(|| sh::which(WITH_WINDOWS));
    let chromium = chromium.context("chromium is not on the path")?;
    let node = Node::find()?;
    node.install("end2end")?;
    if !session.chosen("wasm") {
        site::build(false)?;
    }
    let folder = sh::target().join("e2e");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let shots = folder.join("shots");
    fs::create_dir_all(&shots)?;
    let journeys = Journeys {
        binary: stack::binary(session.chosen("rust"))?,
        cluster: session.cluster()?,
        node,
        chromium,
        shots,
        folder,
        waiting: Mutex::new(waiting),
        starting: Mutex::new(()),
    };
    let journeys = &journeys;
    let tallies = thread::scope(|scope| {
        let lanes: Vec<_> = (1..=lanes())
            .map(|lane| scope.spawn(move || journeys_of(lane, journeys)))
            .collect();
        lanes
            .into_iter()
            .map(|lane| {
                lane.join()
                    .map_err(|_| anyhow!("a lane of journeys panicked"))?
            })
            .collect::<Result<Vec<_>>>()
    })?;
    let mut all = Tally::one();
    all.add(passed);
    for tally in tallies {
        all.add(tally);
    }
    say::note("no BSN, name or birth date in any portal's log");
    Ok(all)
}

/// What the lanes share.
struct Journeys<'a> {
    binary: PathBuf,
    cluster: &'a Cluster,
    node: Node,
    chromium: PathBuf,
    shots: PathBuf,
    folder: PathBuf,
    /// Files of journeys that nobody took yet, each with its memory; the last one is next.
    waiting: Mutex<Vec<(PathBuf, Memory)>>,
    /// Held while a system starts: migrations make roles of the whole cluster, and a free port stays free.
    starting: Mutex<()>,
}

/// The files of journeys, the largest one last: it is taken first, for it takes longest.
fn files() -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(sh::root().join("end2end/tests"))? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".test.mjs") {
            files.push((size(&path), path));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}

/// What passed before with the same files, and the files of journeys that are to be run. What a file of journeys reads is
/// all that the step reads but the other files of journeys.
fn remembered(remembers: bool) -> Result<(Tally, Vec<(PathBuf, Memory)>)> {
    let read = test::read_by("e2e")?.context("the journeys remember")?;
    let mut passed = Tally::default();
    let mut waiting = Vec::new();
    for file in files()? {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let other =
            |path: &&String| path.ends_with(".test.mjs") && !path.ends_with(&format!("/{name}"));
        let own: Vec<String> = read.iter().filter(|path| !other(path)).cloned().collect();
        let memory = Memory::kept_as(&format!("passed-e2e-{name}"), &own)?;
        match memory.passed().filter(|_| remembers) {
            Some(tally) => {
                say::note(format_args!(
                    "{name} passed before, and no file that it reads has changed since"
                ));
                passed.add(tally);
            }
            None => waiting.push((file, memory)),
        }
    }
    Ok((passed, waiting))
}

/// A lane: a whole system of its own, and one file of journeys after the other.
fn journeys_of(lane: usize, journeys: &Journeys<'_>) -> Result<Tally> {
    let (place, mut stack) = {
        let _one = journeys
            .starting
            .lock()
            .map_err(|_| anyhow!("a lane panicked"))?;
        let place = Place {
            folder: journeys.folder.join(lane.to_string()),
            binary: journeys.binary.clone(),
            ports: Ports::free()?,
            database: format!("{DATABASE}_{lane}"),
        };
        let stack = Stack::start(&place, journeys.cluster, &journeys.node)?;
        (place, stack)
    };
    let mut tally = Tally::default();
    let mut ended = Vec::new();
    loop {
        let next = journeys
            .waiting
            .lock()
            .map_err(|_| anyhow!("a lane panicked"))?
            .pop();
        let Some((file, memory)) = next else { break };
        let mut said = String::new();
        let ran = tally::count_to(&mut journeys.command(&place, &file), |line| {
            said.push_str(line);
            said.push('\n');
        });
        // In one piece: another lane prints too.
        say::line(said.trim_end());
        let ran = ran?;
        stack.still_alive()?;
        tally.add(ran);
        ended.push((memory, ran));
    }
    drop(stack);
    let persons = Persons::of_set(&fs::read_to_string(place.persons())?)?;
    let found = persons.leaks_in(&fs::read_to_string(place.log())?);
    if found != Leaks::default() {
        bail!("nothing of a person may be logged, and the portal's log holds {found:?}");
    }
    for (memory, ran) in ended {
        if ran.failed == 0 {
            memory.keep(ran)?;
        }
    }
    Ok(tally)
}

impl Journeys<'_> {
    fn command(&self, place: &Place, file: &Path) -> Command {
        let mut node = self.node.node();
        node.args(["--test", "--test-reporter=spec"])
            .arg(file)
            .current_dir(sh::root().join("end2end"));
        node.env("CIMS_URL", place.url())
            .env("OIDC_URL", place.login_url())
            .env("CIMS_PG", self.cluster.url(&place.database))
            .env("CIMS_SFTP", place.ports.sftp.to_string());
        node.env("CIMS_BIN", &place.binary)
            .env("CIMS_CONFIG", place.config())
            .env("CIMS_LOG", place.log());
        // Pictures alone are for who asks node for them.
        node.env_remove("AXE");
        node.env("CHROMIUM", &self.chromium)
            .env("SHOTS", &self.shots);
        node
    }
}

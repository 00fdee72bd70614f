//! Files made to harm, put down at a server that serves: each ends in its own sentence in time, and neither the server nor the
//! children that read workbooks for it grow (security §2 L1-L4, §6).

use crate::house::{House, Raw, rows};
use crate::trouble::Process;
use crate::workbooks::{corpus, table, xlsx};
use domain::delivery::dropbox::Proof;
use russh_sftp::protocol::StatusCode;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// MiB that the server may need above what one ordinary workbook made it need: buffers of more threads, no file.
const MORE: u64 = 64;
/// MiB of address space that a child may have (`intake/read/workbook.rs`).
const CHILD: u64 = 512;
/// Longest time that a file may take, once it has its turn.
const LONGEST: Duration = Duration::from_secs(30);

fn of(process: u32, what: &str) -> String {
    std::fs::read_to_string(format!("/proc/{process}/{what}")).unwrap_or_default()
}

/// Most memory that a process held so far, in MiB.
fn high_water(process: u32) -> Option<u64> {
    let status = of(process, "status");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024)
}

/// What was seen of the children of a process.
#[derive(Default)]
struct Seen {
    children: HashSet<u32>,
    highest: u64,
    /// Children whose address space has its limit.
    limited: HashSet<u32>,
}

/// Looks at the children of a process every few milliseconds.
struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Seen>,
}

impl Watch {
    fn begin(process: u32) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let ends = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut seen = Seen::default();
            while !ends.load(Ordering::Relaxed) {
                look(process, &mut seen);
                std::thread::sleep(Duration::from_millis(20));
            }
            seen
        });
        Self { stop, thread }
    }

    fn end(self) -> Seen {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn children(process: u32) -> Vec<u32> {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |id: &u32| {
        // Behind the name, which may hold anything: state and parent.
        let stat = of(*id, "stat");
        let parent = stat
            .rsplit_once(')')
            .and_then(|(_, rest)| rest.split_whitespace().nth(1));
        parent.is_some_and(|parent| parent == process.to_string())
    };
    ids.filter(is_child).collect()
}

fn look(process: u32, seen: &mut Seen) {
    for child in children(process) {
        seen.children.insert(child);
        seen.highest = seen.highest.max(high_water(child).unwrap_or_default());
        let limits = of(child, "limits");
        let mut limits = limits.lines();
        let space = limits.find(|line| line.starts_with("Max address space"));
        if space.is_some_and(|line| line.contains(&(CHILD << 20).to_string())) {
            seen.limited.insert(child);
        }
    }
}

/// Waits until this many deliveries are done; the longest that one was under way, all that it was seen.
async fn each_in_its_turn(house: &House, all: usize) -> Duration {
    let (begun, mut since) = (Instant::now(), HashMap::<Uuid, Instant>::new());
    let (mut done, mut slowest) = (HashSet::<Uuid>::new(), Duration::ZERO);
    while done.len() < all {
        let under_way: Vec<Uuid> = sqlx::query_scalar(
            "SELECT subject FROM jobs WHERE kind = 'check' AND state = 'leased'",
        )
        .fetch_all(&house.world.test.admin)
        .await
        .unwrap();
        for delivery in under_way {
            since.entry(delivery).or_insert_with(Instant::now);
        }
        let ended: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM deliveries WHERE state = 'done'")
            .fetch_all(&house.world.test.admin)
            .await
            .unwrap();
        for delivery in ended {
            if done.insert(delivery) {
                let took = since.get(&delivery).map(Instant::elapsed);
                slowest = slowest.max(took.unwrap_or_default());
            }
        }
        let patience = Duration::from_secs(120);
        assert!(begun.elapsed() < patience, "{} of {all}", done.len());
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    slowest
}

async fn deliver(raw: &mut Raw, name: &str, content: &[u8]) {
    let part = format!("{name}.part");
    raw.put(&part, content).await;
    let (code, text) = raw.rename(&part, name).await;
    assert_eq!(code, StatusCode::Ok, "{name}: {text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_serves_stays_flat_and_well_whatever_is_put_down() {
    let mut house = House::open().await;
    house.keyed("vijand", Proof::Rename, 1).await;
    house.close().await;
    let server = Process::start(&house.world);
    let mut raw = server.raw("vijand").await.expect("it listens");
    let name =
        |number: usize, ending: &str| format!("CIMS_ZONNEHOF_vijand_20210301_{number}.{ending}");
    let good = |number: usize| {
        let text = String::from_utf8(rows(&format!("goed-{number}"))).unwrap();
        xlsx(&table(&text))
    };
    let first = name(0, "xlsx");
    deliver(&mut raw, &first, &good(0)).await;
    assert_eq!(house.answered(&first).await, "VERWERKT");
    let before = high_water(server.id()).expect("its memory can be read");

    let watch = Watch::begin(server.id());
    let files = corpus();
    for (number, file) in (1..).zip(&files) {
        deliver(&mut raw, &name(number, file.ending), &file.content).await;
    }
    let slowest = each_in_its_turn(&house, files.len() + 1).await;
    assert!(slowest < LONGEST, "{slowest:?}");
    for (number, file) in (1..).zip(&files) {
        let name = name(number, file.ending);
        assert_eq!(house.answered(&name).await, file.outcome, "{}", file.what);
        let findings: String =
            sqlx::query_scalar("SELECT findings::text FROM deliveries WHERE file_name = $1")
                .bind(&name)
                .fetch_one(&house.world.test.admin)
                .await
                .unwrap();
        for code in file.codes {
            let told = findings.contains(&format!("\"{code}\""));
            assert!(told, "{}: {findings}", file.what);
        }
    }
    let seen = watch.end();

    let grown = high_water(server.id()).expect("it lives") - before;
    println!(
        "{before} MiB and {grown} more; {} children, at most {} MiB; {slowest:?}",
        seen.children.len(),
        seen.highest
    );
    assert!(grown <= MORE, "{grown} MiB above {before}");
    assert!(seen.highest <= CHILD, "a child of {} MiB", seen.highest);
    assert!(!seen.limited.is_empty(), "no child has its limit");

    let last = name(files.len() + 1, "xlsx");
    deliver(&mut raw, &last, &good(1)).await;
    assert_eq!(house.answered(&last).await, "VERWERKT");
}

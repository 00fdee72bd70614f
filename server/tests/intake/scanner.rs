//! Rule A21: what a malware scanner objects to is refused and destroyed; a scanner that gives no verdict holds a file
//! up and refuses nothing (security G4, G13).

use crate::clamd::{Clamd, VIRUS};
use crate::world::{EREBOS, NAOMI, World, csv, good, with};
use app::ports::Deliveries;
use app::ports::deliveries::{Phase, RawFile};
use domain::delivery::{Counts, FileOutcome};
use domain::finding::Code;
use domain::row::Column;
use rust_xlsxwriter::Workbook;
use server::intake::answer;
use server::intake::read::Limits;
use server::intake::receive::Received;
use server::intake::scan::{Address, ScanError, Scanned, Scanner};
use server::jobs::{self, Handler, Life, Stopped};
use server::store::worker_tx;
use std::io::{self, Read};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::watch;
use uuid::Uuid;

fn clean() -> Vec<u8> {
    csv(&[good(NAOMI, "01-04-1987")])
}

/// A good row, but for one cell.
fn infected() -> Vec<u8> {
    let cell = [(Column::Vaccinatieplaats, VIRUS)];
    csv(&[with(good(EREBOS, "01-04-2000"), &cell)])
}

/// The same, far enough to the end to lie across two chunks.
fn infected_late() -> Vec<u8> {
    let (mut content, row) = (infected(), infected());
    let at = row
        .windows(VIRUS.len())
        .position(|part| part == VIRUS.as_bytes());
    let empty = 64 * 1024 - at.unwrap() - VIRUS.len() / 2;
    let line = content.iter().position(|byte| *byte == b'\n').unwrap();
    content.splice(line..=line, vec![b'\n'; empty + 1]);
    content
}

fn infected_workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(String::from_utf8(infected()).unwrap().lines()) {
        for (column, cell) in (0..).zip(line.split(';')) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// Refused by A21 alone, and nothing of it is left but that.
async fn refused(world: &World, id: Uuid) {
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    let codes: Vec<Code> = view.file_findings.iter().map(|one| one.code).collect();
    assert_eq!(
        (view.line.phase, view.line.outcome, codes),
        (Phase::Done, Some(FileOutcome::Geweigerd), vec![Code::A21])
    );
    assert_eq!(
        (view.line.counts, view.read_as.as_str()),
        (Counts::default(), "")
    );
    assert!(matches!(view.raw_file, RawFile::Gone(_)));
    assert!(!world.road.blobs.holds(id));
    let ended = format!(
        "audit_lines WHERE event = 'transfer.ended' AND line LIKE '%{id}%' AND line::jsonb ->> 'code' = 'A21'
         AND line::jsonb ->> 'blob_destroyed' = 'true'"
    );
    assert_eq!(world.count(&ended).await, 1);
    let rows = format!("delivery_rows WHERE delivery_id = '{id}'");
    assert_eq!(world.count(&rows).await, 0);
}

async fn outcome(world: &World, id: Uuid) -> Option<FileOutcome> {
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    view.line.outcome
}

#[tokio::test]
async fn an_infected_upload_is_refused_and_destroyed_and_a_clean_one_passes() {
    let clamd = Clamd::taking("25M");
    let mut world = World::new().await;
    world.road.scanner = Some(clamd.by_socket());
    for content in [infected(), infected_late(), infected_workbook()] {
        let id = world.upload(&world.maria, &content).await;
        refused(&world, id).await;
        let mut tx = worker_tx(&world.road.db).await.unwrap();
        let mut totals = Vec::new();
        answer::json(&mut tx, id, &mut totals).await.unwrap();
        let totals: serde_json::Value = serde_json::from_slice(&totals).unwrap();
        assert_eq!(totals["uitkomst"], "GEWEIGERD");
        assert!(totals.to_string().contains("A21"), "{totals}");
        // Not received: the same again is looked at again.
        let again = world.receive(&world.maria, "a.csv", &content, true).await;
        assert!(matches!(again, Received::New(_)));
        world.work().await;
        refused(&world, again.id()).await;
    }
    world.nowhere(&[VIRUS, EREBOS]).await;
    let id = world.upload(&world.maria, &clean()).await;
    assert_eq!(outcome(&world, id).await, Some(FileOutcome::Verwerkt));
    assert!(world.road.blobs.holds(id));
    assert_eq!(world.count("vaccinations WHERE effective").await, 1);
}

#[tokio::test]
async fn files_of_every_channel_and_of_the_test_lane_are_scanned_over_a_port_too() {
    let clamd = Clamd::taking("25M");
    let mut world = World::new().await;
    world.road.scanner = Some(clamd.by_port());
    let received = world
        .receive_by_sftp(&world.maria, "a.csv", &infected())
        .await;
    world.work().await;
    refused(&world, received.id()).await;
    // No page shows a delivery of the test lane.
    let tried = world.try_out(&world.maria, &infected()).await;
    let told = format!(
        "deliveries WHERE id = '{tried}' AND test_lane AND outcome = 'GEWEIGERD' AND blob_id IS NULL
         AND jsonb_path_query_array(findings, '$[*].code') = '[\"A21\"]'"
    );
    assert_eq!(world.count(&told).await, 1);
    assert!(!world.road.blobs.holds(tried));
    let keyed = [(Column::Bronsleutel, "rij-1")];
    let keyed = csv(&[with(good(NAOMI, "01-04-1987"), &keyed)]);
    let received = world.receive_by_sftp(&world.maria, "b.csv", &keyed).await;
    world.work().await;
    assert_eq!(
        outcome(&world, received.id()).await,
        Some(FileOutcome::Verwerkt)
    );
}

#[tokio::test]
async fn without_a_scanner_nothing_is_scanned() {
    let world = World::new().await;
    assert!(world.road.scanner.is_none());
    let id = world.upload(&world.maria, &infected()).await;
    assert_eq!(outcome(&world, id).await, Some(FileOutcome::Verwerkt));
}

#[tokio::test]
async fn while_the_scanner_is_away_a_file_waits_and_goes_on_when_it_is_back() {
    let mut clamd = Clamd::away();
    let mut world = World::new().await;
    world.road.scanner = Some(clamd.by_socket());
    let good = world.receive(&world.maria, "a.csv", &clean(), true).await;
    let bad = world
        .receive(&world.maria, "b.csv", &infected(), true)
        .await;
    let (stop, stopped) = watch::channel(false);
    let working = tokio::spawn({
        let road = world.road.clone();
        async move {
            let life = Life::begin(&road.db).await.unwrap();
            server::intake::work(&road, &life, stopped).await;
        }
    });
    let waits = "jobs WHERE state = 'queued' AND attempts > 0 AND last_error LIKE 'scanner: %'";
    until(&world, waits, 2).await;
    let untouched = "deliveries WHERE state = 'received' AND outcome IS NULL AND findings = '[]' AND blob_id = id";
    assert_eq!(world.count(untouched).await, 2);
    assert_eq!(world.count("delivery_rows").await, 0);

    clamd.start("25M");
    until(&world, "deliveries WHERE state = 'preview'", 1).await;
    until(&world, "deliveries WHERE outcome = 'GEWEIGERD'", 1).await;
    stop.send_replace(true);
    working.await.unwrap();
    refused(&world, bad.id()).await;
    let view = world.portal.delivery(&world.maria, good.id()).await;
    assert_eq!(view.unwrap().line.phase, Phase::Preview);
}

async fn until(world: &World, question: &str, count: i64) {
    let begun = Instant::now();
    while world.count(question).await != count {
        assert!(begun.elapsed() < Duration::from_secs(120), "{question}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

#[tokio::test]
async fn a_file_over_the_limit_of_the_scanner_is_neither_refused_nor_let_through() {
    let mut clamd = Clamd::taking("100K");
    let mut world = World::new().await;
    let long = [clean(), b"\r\n".repeat(100_000)].concat();
    for scanner in [clamd.by_socket(), clamd.by_port()] {
        let told = scanner.scan(io::Cursor::new(long.clone())).await;
        // By a port the line may break before the word is read.
        assert!(
            matches!(told, Err(ScanError::OverItsLimit | ScanError::Away(_))),
            "{told:?}"
        );
    }
    world.road.scanner = Some(clamd.by_socket());
    let id = world.receive(&world.maria, "a.csv", &long, true).await.id();
    let life = Life::begin(&world.road.db).await.unwrap();
    let job = jobs::lease(&world.road.db, &life).await.unwrap().unwrap();
    let (_keep, stop) = watch::channel(false);
    let told = world.road.handle(&job, &stop).await;
    let over = Stopped::Again("scanner: file over a limit of clamd".to_owned());
    assert_eq!(told, Err(over.clone()));
    let untouched = "deliveries WHERE state = 'received' AND outcome IS NULL AND findings = '[]' AND blob_id = id";
    assert_eq!(world.count(untouched).await, 1);

    clamd.start("25M");
    assert_eq!(world.road.handle(&job, &stop).await, Ok(()));
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    assert_eq!(view.line.phase, Phase::Preview);
}

#[tokio::test]
async fn a_file_that_is_too_big_for_its_channel_needs_no_scanner_to_be_refused() {
    let mut world = World::new().await;
    world.road.scanner = Some(Clamd::away().by_socket());
    let most = usize::try_from(Limits::PORTAL.bytes).unwrap();
    let mut content = infected();
    content.resize(most + 1, b'\n');
    let id = world.upload(&world.maria, &content).await;
    let view = world.portal.delivery(&world.maria, id).await.unwrap();
    let codes: Vec<Code> = view.file_findings.iter().map(|one| one.code).collect();
    assert_eq!(codes, [Code::A06]);
}

/// Ends badly, as a disk does.
struct Half(io::Cursor<Vec<u8>>);

impl Read for Half {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match Read::read(&mut self.0, out)? {
            0 => Err(io::ErrorKind::InvalidData.into()),
            read => Ok(read),
        }
    }
}

#[tokio::test]
async fn what_the_scanner_did_not_see_whole_is_never_clean() {
    let clamd = Clamd::taking("25M");
    let content = vec![b'x'; 3 * 1024 * 1024];
    let whole = io::Cursor::new(content.clone());
    assert!(matches!(
        clamd.by_socket().scan(whole).await,
        Ok(Scanned::Clean)
    ));
    let half = Half(io::Cursor::new(content.clone()));
    assert!(matches!(
        clamd.by_socket().scan(half).await,
        Err(ScanError::Disk(io::ErrorKind::InvalidData))
    ));

    // Something else listens there: it takes so many bytes, says this, and hangs up.
    for (takes, says) in [
        (0, &b""[..]),
        (0, b"stream: OK\0"),
        (1_000, b"stream: OK\0"),
        (usize::MAX, b""),
        (usize::MAX, b"220 mail.example.nl ESMTP\r\n"),
        (usize::MAX, b"stream: OK, I think\0"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("other.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let other = tokio::spawn(async move {
            let (mut line, _) = listener.accept().await.unwrap();
            let mut taken = vec![0; 64 * 1024];
            let mut left = takes;
            while left > 0 {
                let most = left.min(taken.len());
                // The empty chunk at the end.
                let read = line.read(&mut taken[..most]).await.unwrap();
                if taken[..read].ends_with(&[0; 4]) {
                    break;
                }
                left -= read;
            }
            line.write_all(says).await.ok();
        });
        let scanner = Scanner::new(Address::Unix(socket));
        let told = scanner.scan(io::Cursor::new(content.clone())).await;
        other.await.unwrap();
        assert!(
            matches!(told, Err(ScanError::NoVerdict | ScanError::Away(_))),
            "{takes} {says:?}: {told:?}"
        );
    }
}

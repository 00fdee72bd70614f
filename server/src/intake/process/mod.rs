//! A delivery from "ontvangen" to its outcome: read, judged, and stored chunk by chunk (architecture §3).
//!
//! A thread reads and checks (stage 1) and hands over chunks; here each chunk becomes one transaction that
//! moves the progress too, under the fence of the job. So a kill at any moment loses nothing and doubles
//! nothing: the next worker goes on behind the last stored row.

mod convoy;
mod gate;
mod scanned;

use super::check::Desk;
use super::decide::products_of;
use super::judge::{self, Rulings, Verdict};
use super::matching::{Incoming, Judged};
use super::measure;
use super::read::{self, Header, Limits, Options};
use super::receive;
use super::store::{self, Chunk, Errand, Keep};
use super::{Blob, Road};
use crate::audit::{self, Event, Kind};
use crate::jobs::{self, Job, JobKind, Stopped};
use crate::keys::{Keys, Purpose, Sealed};
use crate::store::connections::{self, Waiting};
use crate::store::decisions;
use crate::store::deliveries::{self, ReadAs, Work};
use crate::store::products::Products;
use crate::store::{
    StoreError, WorkerTx, brp_checks, chunk_tx, lists, register, rows, trials, worker_tx,
};
use convoy::{Convoy, Turn};
use domain::codes::Mutation;
use domain::connection::ColumnSet;
use domain::delivery::trial::Trial;
use domain::delivery::{Channel, Counts, FileOutcome};
use domain::finding::{Code, Finding};
use domain::party::{Agb, BigNumber, TargetGroup};
use domain::row::{Accepted, Context, PartyProfile, Profile, RepairSet, RowText};
use gate::Lot;
use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use time::{Date, OffsetDateTime};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

/// Rows in a chunk.
const CHUNK: usize = 1_250;
/// Fewer rows than this are a short chunk: its transaction costs more than they do.
const SHORT: usize = 200;
/// A preview stores nothing in the register, so only within one chunk a row can see what an earlier row of
/// the file will do: a file of the portal is one chunk.
const PREVIEW_CHUNK: usize = 20_000;
/// Attempts at a chunk when somebody else is in the way.
const ATTEMPTS: u32 = 5;
/// Attempts at a delivery after which nobody is in the way any more of a row that a unique constraint refuses: it is the row.
const PATIENCE: i32 = 3;
/// Rows that are tried alone, before one is blamed where none went in.
const TRIED_ALONE: usize = 8;
/// Rule A20: fewer rows than this say nothing about the file.
const LOW_MATCH_ROWS: u32 = 10;
/// Rule A20: percentage of rows that must be matchable.
const LOW_MATCH_PERCENT: u32 = 70;

/// Parked until the connection is approved, or opened again.
const APPROVAL: &str = "approval";

/// Everything about the delivery that does not change while it is worked on.
struct Trip {
    job: Job,
    id: Uuid,
    work: Work,
    products: Products,
    channel: Channel,
    today: Date,
    /// From before its code lists were read.
    began: OffsetDateTime,
}

/// Goes the whole way with one delivery, or as far as its preview.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub async fn delivery(road: &Road, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
    let trip = begin(road, job).await?;
    match (job.kind, trip.work.state.as_str()) {
        (JobKind::Check, "received" | "complete" | "checking" | "storing") => {
            from_file(road, trip, stop).await
        }
        (JobKind::Store, "storing") => from_preview(road, trip, stop).await,
        // Ended meanwhile: thrown away, or done by a worker that was thought dead.
        _ => {
            let mut tx = worker_tx(&road.db).await?;
            jobs::finish(&mut tx, job).await?;
            Ok(tx.commit().await?)
        }
    }
}

async fn begin(road: &Road, job: &Job) -> Result<Trip, Stopped> {
    let began = road.clock.now();
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    let work = deliveries::work(&mut tx, job.subject).await?;
    deliveries::take_fence(&mut tx, job.subject, job.fence).await?;
    // Before its file is read once more.
    if job.waited && deliveries::is_behind(&mut tx, job.subject, jobs::TRIES).await? {
        return Err(Stopped::Behind);
    }
    if job.held && deliveries::is_behind_parked(&mut tx, job.subject).await? {
        return Err(Stopped::Held);
    }
    let today = today_of(road, &work);
    let products = products_of(road, &mut tx, work.party_id, today).await?;
    tx.commit().await?;
    let channel = Channel::parse(&work.channel)
        .ok_or_else(|| Stopped::Again("unknown channel".to_owned()))?;
    Ok(Trip {
        job: job.clone(),
        id: job.subject,
        work,
        products,
        channel,
        today,
        began,
    })
}

/// The day of the rules for a delivery.
pub(super) fn today_of(road: &Road, work: &Work) -> Date {
    road.clock.day(work.received_at)
}

fn context(trip: &Trip) -> Context<'_> {
    context_of(&trip.work, &trip.products, trip.channel, trip.today)
}

/// What a delivery's rows may lean on.
pub(super) fn context_of<'p>(
    work: &Work,
    products: &'p Products,
    channel: Channel,
    today: Date,
) -> Context<'p> {
    Context {
        today,
        channel,
        profile: profile(work),
        lists: products.lists(),
        off: work
            .repairs_off
            .iter()
            .filter_map(|code| code.parse::<Code>().ok())
            .collect::<RepairSet>(),
        test_lane: work.test_lane,
    }
}

fn profile(work: &Work) -> Profile {
    Profile::Party(PartyProfile {
        default_target_group: work
            .default_target_group
            .as_deref()
            .and_then(TargetGroup::parse),
        agb: work.default_agb.as_deref().and_then(Agb::parse),
        big: work.default_big.as_deref().and_then(BigNumber::parse),
    })
}

impl Trip {
    fn errand<'a>(&'a self, road: &'a Road, previewed: bool) -> Errand<'a> {
        Errand {
            road,
            products: &self.products,
            delivery: self.id,
            party: self.work.party_id,
            channel: self.channel,
            by: self.work.received_by,
            now: road.clock.now(),
            today: self.today,
            reference: None,
            reason: None,
            previewed,
            counted_before: self.work.counted_before,
        }
    }

    /// Somebody let it go although it was parked for this.
    fn released(&self, code: Code) -> bool {
        self.work
            .released
            .iter()
            .any(|known| known == code.as_str())
    }

    /// What holds a delivery of which no more than the header was read (features F-X10).
    fn lock(&self, opened: &read::Opened) -> Option<Parks> {
        // What is only tried needs no approval: it is what an approval looks at.
        if self.work.test_lane {
            return None;
        }
        let header = opened.table.as_ref().map(|table| table.header());
        let unknown = header.map_or_else(Vec::new, Header::unknown);
        if !self.work.approved {
            return Some(Parks {
                why: APPROVAL,
                columns: unknown,
            });
        }
        // What we do not know is never stored: in the portal its sender is told so, elsewhere it takes an approval.
        let unknown = unknown.into_iter().filter(|_| !self.channel.is_portal());
        let known = header.map_or_else(Vec::new, Header::known_fields);
        let known = known
            .into_iter()
            .map(|(_, column)| column.name().to_owned());
        let set = ColumnSet {
            standard: &self.work.approved_standard,
            extra: &self.work.approved_columns,
        };
        let columns: Vec<_> = known
            .chain(unknown)
            .filter(|column| !set.holds(column))
            .collect();
        (!columns.is_empty()).then_some(Parks {
            why: Code::A10.as_str(),
            columns,
        })
    }

    /// Judged and no more, for now or for good; within one chunk, so that a row sees what an earlier row would do.
    const fn stays_out(&self) -> bool {
        self.work.preview || self.work.test_lane
    }

    /// Key of its raw file.
    fn blob(&self) -> Uuid {
        self.work.blob_id.unwrap_or(self.id)
    }

    fn limits(&self) -> Limits {
        if self.stays_out() {
            Limits::PORTAL
        } else {
            Limits::of(self.channel)
        }
    }

    fn keep(&self) -> Keep {
        match (self.work.test_lane, self.work.preview) {
            (true, _) => Keep::Trial,
            (false, true) => Keep::Preview,
            (false, false) => Keep::Register,
        }
    }

    fn event(&self, kind: Kind) -> Event {
        Event::of_worker(Some(self.work.party_id), self.work.received_by, kind)
            .object("delivery", self.id)
    }
}

/// A file looked at, and judged as a whole.
struct Looked {
    opened: read::Opened,
    verdict: Verdict,
    /// Rows drawn to be held against the BRP before anything is stored.
    lot: Option<Lot>,
    /// Waits for somebody's decision.
    parks: Option<Parks>,
}

/// Why a delivery is set aside, and the names of the columns it is about.
struct Parks {
    why: &'static str,
    columns: Vec<String>,
}

impl Looked {
    /// Rule A21: not a byte of it is read.
    fn infected() -> Self {
        Self {
            opened: read::Opened {
                facts: read::Facts::default(),
                findings: vec![Finding::whole(Code::A21)],
                table: None,
            },
            verdict: Verdict::default(),
            lot: None,
            parks: None,
        }
    }

    /// Nothing was read, but the sender has something to choose: which sheet (A16), or hidden rows too.
    fn waits_for_a_choice(&self) -> bool {
        match &self.opened.table {
            None => self
                .opened
                .findings
                .iter()
                .any(|finding| finding.code == Code::A16),
            Some(_) => !self.verdict.refuses() && self.verdict.rows == 0 && self.verdict.hidden > 0,
        }
    }
}

async fn from_file(
    road: &Road,
    mut trip: Trip,
    stop: &watch::Receiver<bool>,
) -> Result<(), Stopped> {
    // What all rows of a preview came to decides about parking: cut off half-way, it begins again.
    if trip.stays_out() && trip.work.progress > 0 {
        afresh(road, &mut trip).await?;
    }
    let trip = Arc::new(trip);
    let Some(mut looked) = first_look(road, &trip, stop).await? else {
        return Ok(());
    };
    let findings: Vec<Finding> = looked
        .opened
        .findings
        .iter()
        .chain(&looked.verdict.findings)
        .cloned()
        .collect();
    if let Some(parks) = &looked.parks {
        remember(road, &trip, &looked, &findings, "checking").await?;
        return park(road, &trip, findings, parks).await;
    }
    let resumed = trip.work.progress > 0;
    let keep = trip.keep();
    remember(
        road,
        &trip,
        &looked,
        &findings,
        if keep == Keep::Register {
            "storing"
        } else {
            "checking"
        },
    )
    .await?;
    if looked.waits_for_a_choice() && trip.work.preview {
        return preview(road, &trip, false).await;
    }
    if looked.verdict.refuses() || looked.opened.table.is_none() || looked.verdict.rows == 0 {
        return end(road, &trip, &findings, looked.verdict.holds_unconsented).await;
    }
    let lot = looked.lot.take();
    let looked = Arc::new(looked);
    // What is stored at once is first judged as a whole: nothing of a parked file goes in (security G2).
    if let Some(lot) = lot.filter(|_| !resumed && !trip.released(Code::A20))
        && !clearly_matches(road, lot).await?
    {
        let gate = walk(road, &trip, &looked, Keep::Nothing, stop).await?;
        if gate.ended && gate.too_few_matched() {
            watch(road, &trip, &gate).await?;
            return park(road, &trip, findings, &Parks::few_matched()).await;
        }
    }
    let walked = walk(road, &trip, &looked, keep, stop).await?;
    if walked.closed {
        return park(road, &trip, findings, &Parks::of(APPROVAL)).await;
    }
    if !walked.ended {
        return Ok(());
    }
    watch(road, &trip, &walked).await?;
    match keep {
        Keep::Preview if walked.too_few_matched() && !trip.released(Code::A20) => {
            park(road, &trip, findings, &Parks::few_matched()).await
        }
        // With refused rows only, too: what is mended there is to be seen before it is stored.
        Keep::Preview => preview(road, &trip, looked.verdict.holds_unconsented).await,
        _ => end(road, &trip, &findings, looked.verdict.holds_unconsented).await,
    }
}

/// Whether the lot decides; of rows that cannot be asked in one go, all are asked, so that one of them is found.
async fn clearly_matches(road: &Road, lot: Lot) -> Result<bool, Stopped> {
    match jobs::no_panic(async { Ok(lot.clearly_matches(road).await?) }).await {
        Err(Stopped::Value(_)) => Ok(false),
        other => other,
    }
}

/// Files are an oracle on who has which BSN too, small ones above all: too many mismatches of a party are told
/// (security §4.6).
async fn watch(road: &Road, trip: &Trip, walked: &Walked) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, &trip.job).await?;
    let budget = brp_checks::budget(&mut tx).await?;
    let (party, asked) = (trip.work.party_id, (walked.asked, walked.matched));
    if brp_checks::count_file(&mut tx, budget, party, asked, road.clock.now()).await? {
        tracing::error!(%party, "too many rows of the files of a party could not be matched");
        let line = trip.event(Kind::BrpChecked).detail("alarm", true);
        audit::add(&mut tx, line).await?;
    }
    Ok(tx.commit().await?)
}

/// The scanner looks first, where there is one. None when this process wants to end meanwhile.
async fn first_look(
    road: &Road,
    trip: &Arc<Trip>,
    stop: &watch::Receiver<bool>,
) -> Result<Option<Looked>, Stopped> {
    let mut stop = stop.clone();
    let infected = tokio::select! {
        biased;
        infected = scanned::infected(road, trip) => infected?,
        // The next worker has it scanned again.
        _ = stop.wait_for(|stop| *stop) => return Ok(None),
    };
    if infected {
        return Ok(Some(Looked::infected()));
    }
    let (road, trip) = (road.clone(), trip.clone());
    blocking(move || look(&road, &trip)).await.map(Some)
}

async fn afresh(road: &Road, trip: &mut Trip) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, &trip.job).await?;
    deliveries::drop_rows(&mut tx, trip.id).await?;
    deliveries::from_the_first_row(&mut tx, trip.id).await?;
    tx.commit().await?;
    trip.work.progress = 0;
    Ok(())
}

fn look(road: &Road, trip: &Trip) -> io::Result<Looked> {
    let source = Arc::new(Blob {
        road: road.clone(),
        id: trip.blob(),
    });
    let mut options = Options::new(trip.limits());
    options.sheet = trip.work.sheet.and_then(|sheet| u32::try_from(sheet).ok());
    options.hidden = trip.work.with_hidden;
    let opened = read::open(source, &options)?;
    if let Some(parks) = trip.lock(&opened) {
        return Ok(Looked {
            opened,
            verdict: Verdict::default(),
            lot: None,
            parks: Some(parks),
        });
    }
    let released = trip.work.released.iter();
    let forgiven: Vec<Code> = released.filter_map(|code| code.parse().ok()).collect();
    let lot = (!trip.stays_out()).then(Lot::new);
    let mut verdict = match &opened.table {
        Some(table) => judge::first_pass(table, &context(trip), &forgiven, &lot)?,
        None => Verdict::default(),
    };
    // What the control file promised (rule A14); a trailer's promise was kept, or its reader refuses.
    let read = i32::try_from(verdict.rows).unwrap_or(i32::MAX);
    if !verdict.refuses() && trip.work.promised_rows.is_some_and(|rows| rows != read) {
        verdict.findings.push(Finding::whole(Code::A14));
        (verdict.rows, verdict.counts) = (0, Counts::default());
    }
    let shifted = verdict.findings.iter().any(|f| f.code == Code::A15);
    let parks = (shifted && !trip.channel.is_portal() && !trip.work.test_lane)
        .then(|| Parks::of(Code::A15.as_str()));
    Ok(Looked {
        opened,
        verdict,
        lot,
        parks,
    })
}

async fn remember(
    road: &Road,
    trip: &Trip,
    looked: &Looked,
    findings: &[Finding],
    state: &str,
) -> Result<(), Stopped> {
    let facts = &looked.opened.facts;
    let number = |count: u32| i32::try_from(count).unwrap_or(i32::MAX);
    let read = ReadAs {
        format: facts.format.map(|format| format.as_str().to_owned()),
        info: serde_json::json!({
            "encoding": facts.encoding.map(|encoding| encoding.label()),
            "delimiter": facts.delimiter,
            "header_row": facts.header_row,
            // For the file that goes back: its order and its own words, of the columns we know.
            "columns": looked.opened.table.as_ref().map(|table| table.header().known_fields()),
            "hidden": looked.verdict.hidden,
            "sheets": facts
                .sheets
                .iter()
                .map(|(index, name)| (*index, super::receive::shown_name(name)))
                .collect::<Vec<_>>(),
        }),
        findings: serde_json::to_value(findings).unwrap_or_default(),
        rows: number(looked.verdict.rows),
        skipped: number(looked.verdict.skipped),
    };
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, &trip.job).await?;
    deliveries::read_as(&mut tx, trip.id, trip.job.fence, &read).await?;
    deliveries::move_on(
        &mut tx,
        trip.id,
        &["received", "complete", "checking"],
        state,
    )
    .await?;
    Ok(tx.commit().await?)
}

/// What walking over all rows came to.
struct Walked {
    asked: u32,
    matched: u32,
    /// All rows were seen; `false` when this process wants to end.
    ended: bool,
    /// The party may not deliver by this channel any more (security F26).
    closed: bool,
}

impl Walked {
    /// Rule A20.
    fn too_few_matched(&self) -> bool {
        self.asked >= LOW_MATCH_ROWS && self.matched * 100 < self.asked * LOW_MATCH_PERCENT
    }
}

impl Parks {
    const fn of(why: &'static str) -> Self {
        Self {
            why,
            columns: Vec::new(),
        }
    }

    /// Rule A20.
    const fn few_matched() -> Self {
        Self::of(Code::A20.as_str())
    }
}

async fn is_open(road: &Road, trip: &Trip) -> Result<bool, Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    Ok(connections::is_open(&mut tx, trip.id).await?)
}

/// A correction or a withdrawal comes after what earlier deliveries of its party bring: it may be of theirs. One of a row
/// that nobody knows waits for a parked one of its source, too: it may be in there. New rows wait for nobody.
async fn wait_turn(road: &Road, trip: &Trip, rows: &[Incoming]) -> Result<(), Stopped> {
    if trip.work.test_lane || !rows.iter().any(changes) {
        return Ok(());
    }
    let mut tx = worker_tx(&road.db).await?;
    if deliveries::is_behind(&mut tx, trip.id, jobs::TRIES).await? {
        return Err(Stopped::Behind);
    }
    if !deliveries::is_behind_parked(&mut tx, trip.id).await? {
        return Ok(());
    }
    // What it brings itself is known when its turn comes.
    let (mut brought, mut changed) = (HashSet::new(), HashSet::new());
    for row in rows {
        let Some(key) = &row.source_key else { continue };
        if changes(row) {
            if !brought.contains(key) {
                changed.insert(key.clone());
            }
        } else if matches!(row.accepted, Some(Accepted::Vaccination(_))) {
            brought.insert(key);
        }
    }
    let changed = Vec::from_iter(changed);
    let known = register::known_keys(&mut tx, trip.work.party_id, trip.id, &changed).await?;
    let known: HashSet<String> = known
        .into_iter()
        .filter(|key| !key.undone)
        .map(|key| key.source_key)
        .collect();
    if changed.iter().all(|key| known.contains(key)) {
        return Ok(());
    }
    Err(Stopped::Held)
}

/// It changes a row that came before.
fn changes(row: &Incoming) -> bool {
    match &row.accepted {
        Some(Accepted::Vaccination(jab)) => jab.mutation() != Mutation::New,
        Some(Accepted::Withdrawal { .. }) => true,
        Some(Accepted::Count(_)) | None => false,
    }
}

async fn walk(
    road: &Road,
    trip: &Arc<Trip>,
    looked: &Arc<Looked>,
    keep: Keep,
    stop: &watch::Receiver<bool>,
) -> Result<Walked, Stopped> {
    let (send, mut chunks) = mpsc::channel::<Vec<Incoming>>(1);
    let after = if keep == Keep::Nothing {
        0
    } else {
        trip.work.progress
    };
    let reader = tokio::task::spawn_blocking({
        let (keys, trip, looked) = (road.keys.clone(), trip.clone(), looked.clone());
        move || read_chunks(&keys, &trip, &looked, after, &send)
    });
    let mut convoy = Convoy::new(road, trip, keep, false);
    let (mut ended, mut closed) = (true, false);
    while let Some(rows) = chunks.recv().await {
        if *stop.borrow() {
            ended = false;
            break;
        }
        let shut = async || Ok::<_, Stopped>(keep == Keep::Register && !is_open(road, trip).await?);
        if keep != Keep::Nothing && wait_turn(road, trip, &rows).await.is_err() {
            convoy.settle().await?;
            closed = shut().await?;
            if closed {
                break;
            }
            // What it changes may have come with the chunks before it.
            wait_turn(road, trip, &rows).await?;
        }
        let room = convoy.room(&rows).await?;
        // Asked when the chunks that it waited for are in.
        closed = shut().await?;
        if closed {
            break;
        }
        convoy.send(rows, room);
    }
    convoy.settle().await?;
    // The reader ends when nobody takes its rows.
    drop(chunks);
    reader
        .await
        .map_err(|_| Stopped::Again("reader stopped".to_owned()))?
        .map_err(|error| disk(&error))?;
    Ok(Walked {
        asked: convoy.asked,
        matched: convoy.matched,
        ended,
        closed,
    })
}

/// Reads the table again and hands over its rows in chunks. A row that makes a rule panic is unreadable
/// (R09), the rest goes on (security F22).
fn read_chunks(
    keys: &Keys,
    trip: &Trip,
    looked: &Looked,
    after: i32,
    send: &mpsc::Sender<Vec<Incoming>>,
) -> io::Result<()> {
    let Some(table) = &looked.opened.table else {
        return Ok(());
    };
    let context = context(trip);
    let desk = Desk { context, keys };
    let mut rulings = Rulings::new(table, &context, &looked.verdict)?;
    let mut gather = Gather::new(trip.stays_out());
    while let Some(ruling) = rulings.next().map_err(changed)? {
        if i64::from(ruling.number) <= i64::from(after) {
            continue;
        }
        let raw = ruling.raw.as_ref().map(RowText::from).unwrap_or_default();
        let mut row = desk.take(ruling.number, raw, ruling.checked);
        row.replaces = ruling.token;
        if let Some(full) = gather.add(row)
            && send.blocking_send(full).is_err()
        {
            return Ok(());
        }
    }
    if !gather.rows.is_empty() {
        // Nobody listens when the process ends: the next worker reads on.
        let _ = send.blocking_send(gather.rows);
    }
    Ok(())
}

fn changed(error: read::ReadError) -> io::Error {
    match error {
        read::ReadError::Io(error) => error,
        _ => io::Error::new(
            io::ErrorKind::InvalidData,
            "not the bytes of the first pass",
        ),
    }
}

/// Gathers rows into chunks. What is stored at once is split before a row whose source key is in the chunk already: a
/// correction finds what it corrects in the register. Where keys come again so soon that this makes a short chunk, it does not
/// from then on, as long as a chunk is short: its rows are written in rounds.
pub(super) struct Gather {
    rows: Vec<Incoming>,
    keys: HashSet<String>,
    preview: bool,
    /// Keys come again soon.
    dense: bool,
}

impl Gather {
    pub(super) fn new(preview: bool) -> Self {
        Self {
            rows: Vec::new(),
            keys: HashSet::new(),
            preview,
            dense: false,
        }
    }

    /// The last chunk.
    pub(super) fn into_rows(self) -> Vec<Incoming> {
        self.rows
    }

    pub(super) fn add(&mut self, row: Incoming) -> Option<Vec<Incoming>> {
        let again = row
            .source_key
            .as_ref()
            .is_some_and(|key| !self.keys.insert(key.clone()));
        let full = self.rows.len() >= if self.preview { PREVIEW_CHUNK } else { CHUNK };
        let short = self.rows.len() < SHORT;
        if !full && (self.preview || !again || (self.dense && short)) {
            self.rows.push(row);
            return None;
        }
        self.dense |= short;
        self.keys = row.source_key.iter().cloned().collect();
        Some(std::mem::replace(&mut self.rows, vec![row]))
    }
}

/// One chunk, one transaction; committed when `turn` says that the one before it is. A chunk with a row that the
/// database does not take, or that makes stage 2 panic, is halved until that row is alone; it is unreadable then (R09), and
/// the rest goes on. Where no other row goes in either, it is not the row: all of them wait. Rows that want to come after what
/// those before them do to the register are a transaction more.
async fn keep_chunk(
    road: &Road,
    trip: &Trip,
    rows: Vec<Incoming>,
    keep: Keep,
    previewed: bool,
    turn: &Option<Turn>,
) -> Result<Chunk, Stopped> {
    let mut kept = Chunk::default();
    // What still must go, the first rows last.
    let mut parts = vec![rows];
    // Rows that are tried at once; judging all that is left again behind each few would take long.
    let mut most = usize::MAX;
    while let Some(mut part) = parts.pop() {
        if part.len() > most {
            parts.push(part.split_off(most));
        }
        let how = How {
            keep,
            previewed,
            turn,
            left_out: None,
            only_tries: false,
        };
        let tried = insist(road, trip, &part, how).await;
        let chunk = match (tried, part.as_mut_slice()) {
            (Err(Stopped::Value(code)), [row]) => {
                let one_went_in = kept.judged.len() > kept.left_out.len();
                if !one_went_in && no_other_goes_in(road, trip, &parts, how).await? {
                    tracing::error!(delivery = %trip.id, %code, "no row can be taken");
                    return Err(Stopped::Again(code));
                }
                tracing::error!(delivery = %trip.id, row = row.line, %code, "a row that cannot be taken");
                row.refuse(Finding::whole(Code::R09));
                let left_out = row.line;
                // That this goes in shows that it is the row: a database that takes nothing fails here too.
                let how = How {
                    left_out: Some(&code),
                    ..how
                };
                let mut chunk = insist(road, trip, &part, how).await?;
                chunk.left_out.push(left_out);
                if keep != Keep::Nothing {
                    measure::left_out();
                }
                chunk
            }
            (Err(Stopped::Value(_)), [_, _, ..]) => {
                let rest = part.split_off(part.len() / 2);
                parts.extend([rest, part]);
                continue;
            }
            (other, _) => other?,
        };
        let taken = chunk.judged.len();
        let rest = part.split_off(taken);
        if rest.is_empty() {
            most = most.saturating_mul(2);
        } else {
            parts.push(rest);
            most = taken.saturating_mul(2);
        }
        kept.join(chunk);
    }
    Ok(kept)
}

/// Of many rows behind one that cannot be taken, some are tried, others each time: none of them can be taken. Of few
/// nothing can be told.
async fn no_other_goes_in(
    road: &Road,
    trip: &Trip,
    rest: &[Vec<Incoming>],
    how: How<'_>,
) -> Result<bool, Stopped> {
    let rows: Vec<&Incoming> = rest.iter().rev().flatten().collect();
    if rows.len() < TRIED_ALONE {
        return Ok(false);
    }
    let step = rows.len() / TRIED_ALONE;
    let first = usize::try_from(trip.job.attempts).unwrap_or_default() % step;
    let how = How {
        only_tries: true,
        ..how
    };
    for row in rows.into_iter().skip(first).step_by(step) {
        match insist(road, trip, std::slice::from_ref(row), how).await {
            Err(Stopped::Value(_)) => {}
            other => return other.map(|_| false),
        }
    }
    Ok(true)
}

/// How rows are kept.
#[derive(Clone, Copy)]
struct How<'a> {
    keep: Keep,
    previewed: bool,
    turn: &'a Option<Turn>,
    /// Why the one row was refused: it cannot be taken.
    left_out: Option<&'a str>,
    /// Whether they could be kept is all that is wanted.
    only_tries: bool,
}

/// Tries as often as somebody may be in the way.
async fn insist(
    road: &Road,
    trip: &Trip,
    rows: &[Incoming],
    how: How<'_>,
) -> Result<Chunk, Stopped> {
    let mut attempt = 1;
    loop {
        let kept = jobs::no_panic(try_chunk(road, trip, rows.to_vec(), how)).await;
        match kept {
            Err(Stopped::Again(_) | Stopped::Constraint(_)) if attempt < ATTEMPTS => attempt += 1,
            Err(Stopped::Constraint(code)) if trip.job.attempts >= PATIENCE => {
                return Err(Stopped::Value(code));
            }
            other => return other,
        }
    }
}

async fn try_chunk(
    road: &Road,
    trip: &Trip,
    rows: Vec<Incoming>,
    how: How<'_>,
) -> Result<Chunk, Stopped> {
    let How {
        keep,
        previewed,
        turn,
        left_out,
        only_tries,
    } = how;
    let errand = trip.errand(road, previewed);
    let mut tx = chunk_tx(&road.db).await?;
    let mut chunk = store::unfinished(&mut tx, &errand, rows, keep).await?;
    if keep == Keep::Nothing || only_tries {
        return Ok(chunk);
    }
    let judged = |row: Option<&Judged>| line(row.map(|row| &row.row));
    let (first, last) = (judged(chunk.judged.first()), judged(chunk.judged.last()));
    // From here on rows are locked that the chunk before, or a heartbeat, may want: so only in turn, and shortly.
    convoy::wait(turn).await?;
    if keep == Keep::Register {
        store::finish(&mut tx, &errand, &mut chunk).await?;
    }
    jobs::guard(&mut tx, &trip.job).await?;
    if !deliveries::progress(
        &mut tx,
        trip.id,
        trip.job.fence,
        last,
        chunk.warnings,
        chunk.repairs,
    )
    .await?
    {
        return Err(Stopped::Fenced);
    }
    if keep == Keep::Register {
        let event = trip
            .event(Kind::RowsStored)
            .rows(trip.id, first, last)
            .about(chunk.persons.iter().copied());
        let mut lines = std::mem::take(&mut chunk.lines);
        lines.push(event);
        audit::add_all(&mut tx, lines).await?;
    }
    if let Some(why) = left_out {
        rows::left_out(
            &mut tx,
            trip.work.party_id,
            trip.id,
            last,
            why,
            road.clock.now(),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(chunk)
}

fn line(row: Option<&Incoming>) -> i32 {
    row.map_or(0, |row| i32::try_from(row.line).unwrap_or(i32::MAX))
}

/// Waits for "Indienen".
async fn preview(road: &Road, trip: &Trip, holds_unconsented: bool) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    let counts = deliveries::count(&mut tx, trip.id).await?;
    deliveries::settle(&mut tx, trip.id, "preview", None, counts, None).await?;
    let put_back = super::mend::put_back(road, &mut tx, trip.work.party_id, trip.id).await?;
    let event = trip
        .event(Kind::DeliveryEnded)
        .detail("state", "preview")
        .detail("put_back", put_back);
    let mut spent = Vec::new();
    if holds_unconsented {
        spent = deliveries::forget_doubles(&mut tx, trip.id).await?;
    }
    close(road, trip, tx, holds_unconsented, None, event).await?;
    for double in spent {
        destroy(road, double);
    }
    Ok(())
}

/// Waits for somebody's decision: of the privacycoördinator about the connection and its columns, of RIVM about A15 and A20.
async fn park(
    road: &Road,
    trip: &Trip,
    mut findings: Vec<Finding>,
    parks: &Parks,
) -> Result<(), Stopped> {
    if parks.why == Code::A20.as_str() {
        findings.push(Finding::whole(Code::A20));
    }
    let mut tx = worker_tx(&road.db).await?;
    connections::hold(&mut tx, trip.id).await?;
    deliveries::lock(&mut tx, trip.id).await?;
    let counts = deliveries::count(&mut tx, trip.id).await?;
    deliveries::findings(
        &mut tx,
        trip.id,
        &serde_json::to_value(&findings).unwrap_or_default(),
    )
    .await?;
    deliveries::settle(&mut tx, trip.id, "parked", None, counts, Some(parks.why)).await?;
    connections::waits_for(&mut tx, trip.id, &parks.columns).await?;
    // What it waits for may have come since it was looked at; nobody looks again at what is parked.
    let goes_on = connections::let_go(&mut tx, Waiting::Delivery(trip.id)).await?;
    let next = goes_on
        .first()
        .map(|delivery| jobs::after_parking(delivery.submitted));
    let event = trip
        .event(Kind::DeliveryParked)
        .detail("code", parks.why)
        .detail("goes_on", next.is_some());
    close(road, trip, tx, false, next, event).await
}

/// What RIVM decided about values, and changed in lists since that moment, holds for the rows of a delivery that ended too.
///
/// # Errors
/// When the database fails.
pub(crate) async fn catch_up(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    counts: Counts,
    began: OffsetDateTime,
) -> Result<(), StoreError> {
    for kept in decisions::kept_for(tx, delivery).await? {
        jobs::push(tx, JobKind::Decide, kept).await?;
    }
    if counts.afgekeurd + counts.te_controleren > 0 {
        for change in lists::changed_under(tx, delivery, began).await? {
            jobs::push(tx, JobKind::Lists, change).await?;
        }
    }
    Ok(())
}

/// The end of a delivery, with its outcome.
async fn end(
    road: &Road,
    trip: &Trip,
    findings: &[Finding],
    holds_unconsented: bool,
) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    deliveries::lock(&mut tx, trip.id).await?;
    if !trip.work.test_lane {
        deliveries::open_refused(&mut tx, trip.id).await?;
    }
    let counts: Counts = deliveries::count(&mut tx, trip.id).await?;
    let outcome = FileOutcome::of(&counts, findings);
    if trip.work.test_lane {
        tried(&mut tx, trip, outcome, counts).await?;
    }
    deliveries::settle(
        &mut tx,
        trip.id,
        "done",
        Some(outcome.as_str()),
        counts,
        None,
    )
    .await?;
    if !trip.work.test_lane {
        catch_up(&mut tx, trip.id, counts, trip.began).await?;
    }
    let (mut freed, mut spent) = (0, Vec::new());
    if outcome == FileOutcome::Geweigerd {
        freed = receive::free_doubles(&mut tx, trip.id).await?;
    } else {
        spent = deliveries::forget_doubles(&mut tx, trip.id).await?;
    }
    let mut event = trip
        .event(Kind::DeliveryEnded)
        .detail("outcome", outcome.as_str())
        .detail("rows", counts.rows())
        .detail("freed", freed);
    let infected = findings.iter().any(|finding| finding.code == Code::A21);
    if infected {
        event = event.detail("code", Code::A21.as_str());
    }
    // Of a test nothing stays that says anything of a person, should real data have come in.
    let destroys = holds_unconsented || infected || trip.work.test_lane;
    close(road, trip, tx, destroys, None, event).await?;
    for double in spent {
        destroy(road, double);
    }
    if !trip.work.test_lane {
        measure::ended(trip.channel, outcome, &counts);
    }
    Ok(())
}

/// Remembers what a file of the test lane came to, for who approves the connection.
async fn tried(
    tx: &mut WorkerTx<'_>,
    trip: &Trip,
    outcome: FileOutcome,
    counts: Counts,
) -> Result<(), StoreError> {
    let kinds = trials::kinds(tx, trip.id).await?;
    let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let trial = Trial {
        outcome,
        rows: u32::try_from(counts.rows()).unwrap_or(u32::MAX),
        refused: counts.afgekeurd,
        corrections: number(kinds.corrections),
        withdrawals: number(kinds.withdrawals),
        without_consent: number(kinds.without_consent),
    };
    trials::insert(tx, trip.id, &trial, trip.channel, &kinds.codes).await
}

/// Ends the job in the transaction of its last effect, with the job that follows it, if one does. Values that rule T10
/// dropped live in the raw file alone, and so does what a scanner objects to (A21): such a file goes as soon as its last
/// row was read (security G4, G5). After the commit, for without it it would have to be read again. What a kill in between leaves, the sweep takes.
async fn close(
    road: &Road,
    trip: &Trip,
    mut tx: WorkerTx<'_>,
    destroys: bool,
    next: Option<JobKind>,
    event: Event,
) -> Result<(), Stopped> {
    if destroys {
        deliveries::forget_blob(&mut tx, trip.id).await?;
    }
    jobs::finish(&mut tx, &trip.job).await?;
    if let Some(next) = next {
        jobs::push(&mut tx, next, trip.id).await?;
    }
    if trip.work.dropped {
        jobs::push(&mut tx, JobKind::Answer, trip.id).await?;
    }
    jobs::wake(&mut tx, trip.work.party_id).await?;
    audit::add(&mut tx, event.detail("blob_destroyed", destroys)).await?;
    tx.commit().await?;
    road.db.work.notify_waiters();
    if destroys {
        destroy(road, trip.id);
    }
    Ok(())
}

fn destroy(road: &Road, file: Uuid) {
    if let Err(error) = road.blobs.destroy(file) {
        tracing::error!(delivery = %file, kind = %error.kind(), "a raw file waits for the sweep");
    }
}

/// Stores what a preview showed: from its sealed rows, for the raw file may be gone.
async fn from_preview(
    road: &Road,
    trip: Trip,
    stop: &watch::Receiver<bool>,
) -> Result<(), Stopped> {
    let trip = Arc::new(trip);
    let findings: Vec<Finding> =
        serde_json::from_value(trip.work.findings.clone()).unwrap_or_default();
    if !trip.work.approved {
        return park(road, &trip, findings, &Parks::of(APPROVAL)).await;
    }
    if trip.work.all_or_nothing && trip.work.progress == 0 && any_refused(road, &trip).await? {
        return back_to_preview(road, &trip).await;
    }
    let mut convoy = Convoy::new(road, &trip, Keep::Register, true);
    let mut after = trip.work.progress;
    loop {
        let rows = waiting(road, &trip, after, CHUNK).await?;
        let Some(last) = rows.last() else { break };
        after = line(Some(last));
        let mut gather = Gather::new(false);
        let mut chunks: Vec<_> = rows.into_iter().filter_map(|row| gather.add(row)).collect();
        chunks.push(gather.rows);
        for chunk in chunks {
            if *stop.borrow() {
                return convoy.settle().await;
            }
            let behind = wait_turn(road, &trip, &chunk).await;
            if behind.is_err() {
                convoy.settle().await?;
            }
            let room = convoy.room(&chunk).await?;
            if !is_open(road, &trip).await? {
                convoy.settle().await?;
                return park(road, &trip, findings, &Parks::of(APPROVAL)).await;
            }
            behind?;
            convoy.send(chunk, room);
        }
    }
    convoy.settle().await?;
    end(road, &trip, &findings, false).await
}

/// "Alles of niets": since the preview something may have become wrong with a row. Judged as the preview is, in one chunk:
/// nothing of it is stored yet, so a row sees what an earlier one brings only there.
async fn any_refused(road: &Road, trip: &Trip) -> Result<bool, Stopped> {
    let mut after = 0;
    loop {
        let rows = waiting(road, trip, after, PREVIEW_CHUNK).await?;
        let Some(last) = rows.last() else {
            return Ok(false);
        };
        after = line(Some(last));
        wait_turn(road, trip, &rows).await?;
        let chunk = keep_chunk(road, trip, rows, Keep::Nothing, true, &None).await?;
        if chunk.counts.afgekeurd > 0 {
            return Ok(true);
        }
    }
}

/// Nothing is stored; the sender sees in the preview what is wrong now. By its rows: what was mended stays, and the raw
/// file may be gone.
async fn back_to_preview(road: &Road, trip: &Trip) -> Result<(), Stopped> {
    let mut rows = waiting(road, trip, 0, PREVIEW_CHUNK).await?;
    let judged = keep_chunk(road, trip, rows.clone(), Keep::Nothing, true, &None).await?;
    for row in &mut rows {
        if judged.left_out.contains(&row.line) {
            row.refuse(Finding::whole(Code::R09));
        }
    }
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, &trip.job).await?;
    deliveries::take_back(&mut tx, trip.id).await?;
    store::unfinished(&mut tx, &trip.errand(road, true), rows, Keep::Preview).await?;
    let counts = deliveries::count(&mut tx, trip.id).await?;
    deliveries::settle(&mut tx, trip.id, "preview", None, counts, None).await?;
    let event = trip
        .event(Kind::DeliveryEnded)
        .detail("state", "checked-again");
    close(road, trip, tx, false, None, event).await
}

async fn waiting(
    road: &Road,
    trip: &Trip,
    after: i32,
    most: usize,
) -> Result<Vec<Incoming>, Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let rows = deliveries::waiting(&mut tx, trip.id, after, most).await?;
    let desk = Desk {
        context: context(trip),
        keys: &road.keys,
    };
    let opened = rows.into_iter().map(|row| {
        let sealed = Sealed::from_bytes(row.raw_sealed.unwrap_or_default());
        let plain = road
            .keys
            .open(&sealed, &Purpose::Row.of(row.id.as_bytes()))
            .ok()?;
        let text: RowText = serde_json::from_slice(&plain).ok()?;
        let mut waits = desk.check(u32::try_from(row.row_number).ok()?, &text.as_raw());
        if let Some(reason) = row.reason_sealed {
            let plain = road
                .keys
                .open(
                    &Sealed::from_bytes(reason),
                    &Purpose::Reason.of(row.id.as_bytes()),
                )
                .ok()?;
            waits.reason = Some(String::from_utf8_lossy(&plain).into_owned());
        }
        waits.replaces = row.replaces;
        Some(waits)
    });
    opened
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| StoreError::Broken("sealed row".to_owned()).into())
}

/// Runs what blocks on a thread of its own; a panic there is a try that failed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Stopped> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Stopped::Again("reader stopped".to_owned()))?
        .map_err(|error| disk(&error))
}

fn disk(error: &io::Error) -> Stopped {
    Stopped::Again(format!("disk: {}", error.kind()))
}

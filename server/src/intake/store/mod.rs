//! One transaction per chunk: rows, outcomes, versions, vaccinations, counts (security G2).
//!
//! In go rows after stage 1; the facts about them are fetched as sets, `matching` judges them, and what
//! follows is written as sets, in rounds where rows change what others of the chunk bring. [`Keep`] says how far
//! it goes: a preview keeps the outcome of each row and leaves the register alone. Audit line and progress are the
//! caller's, in the same transaction.

mod columns;
mod count;
mod facts;
mod people;

pub use columns::{cluster, content};
pub use facts::brp_is_late;
pub(crate) use facts::is_late;
pub use people::{People, Strangers, key_of};

use super::Road;
use super::freed::{self, Around, Way};
use super::matching::{self, Came, Effect, Incoming, Judged, Known, Place, Stored};
use crate::audit::Event;
use crate::keys::Keys;
use crate::store::products::Products;
use crate::store::register::{self, Origin};
use crate::store::{StoreError, WorkerTx, decisions, rows, rulings, turns};
use columns::Columns;
use domain::delivery::{Channel, Counts, RowOutcome};
use domain::finding::{Code, Severity};
use domain::row::{Accepted, Column};
use std::collections::{BTreeMap, HashMap, HashSet};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Version of the rules that judged a row, kept with it (security G3).
pub const RULESET: &str = concat!("cims-", env!("CARGO_PKG_VERSION"));

/// How far a chunk goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Judge, keep nothing: the pass that decides about the file as a whole.
    Nothing,
    /// Keep the outcome of each row; the register stays untouched until "Indienen".
    Preview,
    /// Keep what became of each row, and nothing that it says: the test lane.
    Trial,
    /// Everything.
    Register,
}

/// Of whom, and when.
pub struct Errand<'a> {
    /// Where things are.
    pub road: &'a Road,
    /// Code lists.
    pub products: &'a Products,
    /// The delivery.
    pub delivery: Uuid,
    /// Its party.
    pub party: Uuid,
    /// Its channel.
    pub channel: Channel,
    /// Who delivers, when a person does.
    pub by: Option<Uuid>,
    /// The time.
    pub now: OffsetDateTime,
    /// The day of the rules.
    pub today: Date,
    /// Reference of the receipt (entry form).
    pub reference: Option<String>,
    /// Reason of a correction or withdrawal, as typed (entry form).
    pub reason: Option<String>,
    /// Rows of this delivery are there already, from a preview.
    pub previewed: bool,
    /// Its rows without consent are counted by the same file that came besides (`Work::counted_before`).
    pub counted_before: bool,
}

/// What a chunk came to.
#[derive(Default)]
pub struct Chunk {
    /// Rows per outcome.
    pub counts: Counts,
    /// Rows with a warning.
    pub warnings: i32,
    /// Repaired values.
    pub repairs: i32,
    /// Rows held against the BRP, and those that matched (rule A20).
    pub asked: u32,
    /// Those that matched.
    pub matched: u32,
    /// Persons the chunk is about, for the audit.
    pub persons: Vec<Uuid>,
    /// The rows.
    pub judged: Vec<Judged>,
    /// Numbers of the rows that the database or the program cannot take.
    pub left_out: Vec<u32>,
    /// Persons without BSN whom it brings.
    pub strangers: Strangers,
    /// Whom registrations were about that it ended.
    ended: Vec<Uuid>,
    /// What waited because of these before it.
    before: freed::Before,
    /// Lines for the log about rows of others that moved with it; there after [`finish`].
    pub lines: Vec<Event>,
}

impl Chunk {
    /// The rows that follow.
    pub fn join(&mut self, next: Self) {
        for row in &next.judged {
            self.counts.add(row.outcome);
        }
        self.warnings += next.warnings;
        self.repairs += next.repairs;
        self.asked += next.asked;
        self.matched += next.matched;
        self.persons.extend(next.persons);
        self.judged.extend(next.judged);
        self.left_out.extend(next.left_out);
    }
}

/// Judges and keeps one chunk. What goes into the register is judged by what it holds at the commit: the persons are held
/// from before their vaccinations are read.
///
/// # Errors
/// When the database fails; `StoreError::Conflict` when somebody else was faster: try the chunk again.
pub async fn chunk(
    tx: &mut WorkerTx<'_>,
    errand: &Errand<'_>,
    rows: Vec<Incoming>,
    keep: Keep,
) -> Result<Chunk, StoreError> {
    let mut chunk = begin(tx, errand, rows, keep, Whole::Always).await?;
    if keep == Keep::Register {
        finish(tx, errand, &mut chunk).await?;
    }
    Ok(chunk)
}

/// The same without [`finish`], for chunks of a file that are under way beside each other. It may be about the first rows only, as
/// many as it judged: the others want to come after [`finish`].
///
/// # Errors
/// As [`chunk`].
pub async fn unfinished(
    tx: &mut WorkerTx<'_>,
    errand: &Errand<'_>,
    rows: Vec<Incoming>,
    keep: Keep,
) -> Result<Chunk, StoreError> {
    begin(tx, errand, rows, keep, Whole::IfAsOneByOne).await
}

/// Whether all rows that come at once are stored at once.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    /// They are: somebody typed or mended them.
    Always,
    /// As many of the first as can be: what becomes of the rows of a file is the same wherever it is cut.
    IfAsOneByOne,
}

async fn begin(
    tx: &mut WorkerTx<'_>,
    errand: &Errand<'_>,
    mut rows: Vec<Incoming>,
    keep: Keep,
    whole: Whole,
) -> Result<Chunk, StoreError> {
    let (mut facts, people) = facts::gather(
        tx,
        &errand.road.keys,
        errand.products,
        (errand.party, errand.delivery),
        errand.now,
        &mut rows,
        keep == Keep::Register,
    )
    .await?;
    facts.brp.lenient = keep == Keep::Trial;
    let mut judged = matching::judge(rows, &mut facts);
    if (keep, whole) == (Keep::Register, Whole::IfAsOneByOne) {
        judged.truncate(as_one_by_one(&judged));
    }
    let mut chunk = summary(judged);
    if keep == Keep::Nothing {
        return Ok(chunk);
    }
    let replaced = if keep == Keep::Register {
        take_places(tx, errand, &mut chunk.judged).await?
    } else {
        Vec::new()
    };
    let rounds = Columns::by_rounds(errand, &chunk.judged, keep);
    let digest_key = errand.road.keys.newest_digest().to_string();
    if errand.previewed {
        let numbers = rounds.iter().flat_map(|round| &round.rows.row_number);
        let numbers: Vec<i32> = numbers.copied().collect();
        rows::delete(tx, errand.delivery, &numbers).await?;
    }
    if keep == Keep::Register {
        let ended: HashSet<Uuid> = chunk.judged.iter().filter_map(ended_of).collect();
        if !ended.is_empty() {
            chunk.ended = ended.into_iter().collect();
            chunk.before = freed::before(tx, &around(errand, &chunk)).await?;
            let waits = |row: &&Judged| row.outcome == RowOutcome::TeControleren;
            let came = chunk.judged.iter().filter(waits);
            let came = came.filter_map(|row| i32::try_from(row.row.line).ok());
            chunk.before.came = came.collect();
        }
        let used = rounds.iter().flat_map(|round| &round.reports.person_id);
        let used: HashSet<Uuid> = used.flatten().copied().collect();
        chunk.strangers = people.store_new(tx, &errand.road.keys, &used).await?;
        // Also whom what ended was about: a withdrawal names nobody, a correction may name somebody else.
        let ended = chunk.ended.iter().copied();
        chunk.persons = used.into_iter().chain(ended).collect();
    }
    let of = (errand.delivery, errand.party);
    for round in &rounds {
        if keep == Keep::Register {
            write(tx, errand, &chunk.judged, round, &digest_key).await?;
        }
        rows::insert(tx, of, &digest_key, &round.rows).await?;
    }
    rows::repaired(tx, errand.party, errand.delivery, &replaced).await?;
    Ok(chunk)
}

/// What a round of a chunk does to the register.
async fn write(
    tx: &mut WorkerTx<'_>,
    errand: &Errand<'_>,
    judged: &[Judged],
    round: &Columns,
    digest_key: &str,
) -> Result<(), StoreError> {
    let (ids, versions) = &round.ends;
    let asked = ids.len() as u64;
    if register::end_versions(tx, ids, versions).await? < asked {
        return Err(StoreError::Conflict("version".to_owned()));
    }
    rulings::replaced(tx, ids).await?;
    register::insert_jabs(tx, &round.jabs).await?;
    let origin = Origin {
        party: errand.party,
        delivery: errand.delivery,
        channel: errand.channel.as_str(),
        by: errand.by,
        ruleset: RULESET,
        digest_key,
    };
    register::insert_reports(tx, &origin, &round.reports).await?;
    turns::go_on(tx, &round.goes_on).await?;
    let judged: Vec<&Judged> = round.places.iter().map(|at| &judged[*at]).collect();
    settle(tx, &judged).await
}

/// Judges stored rows of a party once more, as [`matching::again()`]: each with its vaccination, and when it came. Nothing is kept.
///
/// # Errors
/// When the database fails.
pub async fn again(
    tx: &mut WorkerTx<'_>,
    keys: &Keys,
    products: &Products,
    party: Uuid,
    now: OffsetDateTime,
    rows: Vec<(Incoming, (Uuid, Came))>,
    since: &HashMap<Uuid, Came>,
) -> Result<Vec<Judged>, StoreError> {
    let (mut rows, came): (Vec<Incoming>, Vec<(Uuid, Came)>) = rows.into_iter().unzip();
    let (mut facts, _) = facts::gather(
        tx,
        keys,
        products,
        (party, Uuid::nil()),
        now,
        &mut rows,
        false,
    )
    .await?;
    let stored = |(row, (jab, came))| Stored { row, jab, came };
    let rows = rows.into_iter().zip(came).map(stored).collect();
    Ok(matching::again(rows, since, &mut facts))
}

/// The refused rows whose place good rows of this chunk take: those their tokens name, as they stand now, and those of
/// earlier deliveries with the same source key (features F54).
async fn take_places(
    tx: &mut WorkerTx<'_>,
    errand: &Errand<'_>,
    judged: &mut [Judged],
) -> Result<Vec<Uuid>, StoreError> {
    let tokens: Vec<Uuid> = judged.iter().filter_map(|row| row.row.replaces).collect();
    let standing = rows::standing(tx, errand.party, &tokens).await?;
    let standing: HashMap<Uuid, Uuid> = standing.into_iter().collect();
    let is_good = |row: &Judged| row.outcome != RowOutcome::Afgekeurd;
    let good = judged.iter().filter(|row| is_good(row));
    let keys: HashSet<String> = good.filter_map(columns::source_key).collect();
    let keys = Vec::from_iter(keys);
    let mut refused: HashMap<String, Vec<Uuid>> = HashMap::new();
    for (key, id) in rows::refused_before(tx, errand.party, errand.delivery, &keys).await? {
        refused.entry(key).or_default().push(id);
    }
    let mut replaced = Vec::new();
    for row in judged {
        if let Some(token) = &mut row.row.replaces {
            *token = standing.get(token).copied().unwrap_or(*token);
        }
        if !is_good(row) {
            continue;
        }
        if !refused.is_empty()
            && let Some(same) = columns::source_key(row).and_then(|key| refused.get(&key))
        {
            // The newest of them, for who looks where it went.
            row.row.replaces = row.row.replaces.or_else(|| same.last().copied());
        }
        replaced.extend(row.row.replaces);
    }
    // Their keys are those of good rows.
    replaced.extend(refused.into_values().flatten());
    Ok(replaced)
}

fn summary(judged: Vec<Judged>) -> Chunk {
    let mut chunk = Chunk::default();
    for row in &judged {
        chunk.counts.add(row.outcome);
        chunk.warnings += i32::from(
            row.shown
                .iter()
                .any(|finding| finding.severity == Severity::Waarschuwing),
        );
        chunk.repairs += i32::try_from(row.row.repairs.len()).unwrap_or(i32::MAX);
        if let Some(matched) = row.matched {
            chunk.asked += 1;
            chunk.matched += u32::from(matched);
        }
    }
    chunk.judged = judged;
    chunk
}

fn around<'a>(errand: &Errand<'a>, chunk: &Chunk) -> Around<'a> {
    Around {
        road: errand.road,
        way: Way::End,
        delivery: errand.delivery,
        by: errand.by.unwrap_or_default(),
        persons: chunk.ended.clone(),
    }
}

/// How many rows can be stored at once. What waited for a registration that ends is stored at the end of the chunk (see
/// [`freed`]): a row about the same person that may find another answer then, as it waits or ends what waits, comes after that.
fn as_one_by_one(judged: &[Judged]) -> usize {
    let mut ended = HashSet::new();
    let later = judged.iter().position(|row| {
        let ends = ended_of(row);
        let mut about = row.row.person.iter().chain(&ends);
        let after_an_end = about.any(|person| ended.contains(person));
        ended.extend(ends);
        let waits = row.outcome == RowOutcome::TeControleren
            || version_ended(row).is_some_and(|known| known.waits);
        waits && after_an_end
    });
    later.unwrap_or(judged.len())
}

/// The version that ends by a row.
fn version_ended(row: &Judged) -> Option<&Known> {
    match &row.effect {
        Effect::Withdraw(known)
        | Effect::Report {
            replaces: Some(known),
            ..
        } => Some(known),
        _ => None,
    }
}

/// Whom that was about.
fn ended_of(row: &Judged) -> Option<Uuid> {
    version_ended(row)?.person
}

/// A registration that ended may have been the one that counted, and one that is accepted makes count what waited.
async fn settle(tx: &mut WorkerTx<'_>, judged: &[&Judged]) -> Result<(), StoreError> {
    let (mut ended, mut confirmed) = (HashSet::new(), (Vec::new(), Vec::new()));
    for row in judged {
        match &row.effect {
            Effect::Withdraw(known) => ended.extend(known.person),
            Effect::Report {
                replaces, place, ..
            } => {
                if let Some(known) = replaces {
                    ended.extend(known.person.into_iter().chain(row.row.person));
                }
                if let (Place::Same(jab), Some(person), RowOutcome::Geaccepteerd) =
                    (place, row.row.person, row.outcome)
                {
                    confirmed.0.push(*jab);
                    confirmed.1.push(person);
                }
            }
            _ => {}
        }
    }
    ended.extend(rulings::not_counting(tx, &confirmed.0, &confirmed.1).await?);
    let persons: Vec<Uuid> = ended.into_iter().collect();
    rulings::settle(tx, &persons).await
}

/// Where chunks meet: rows of others that waited because of what ended, who has no BSN, the numbers of people without consent, and
/// those of kept names. It belongs shortly before the commit.
///
/// # Errors
/// As [`chunk`].
pub async fn finish(
    tx: &mut WorkerTx<'_>,
    errand: &Errand<'_>,
    chunk: &mut Chunk,
) -> Result<(), StoreError> {
    if !chunk.ended.is_empty() {
        let before = std::mem::take(&mut chunk.before);
        chunk.lines = freed::after(tx, &around(errand, chunk), before).await?;
    }
    chunk.strangers.are_still_new(tx).await?;
    count::count(tx, errand, &chunk.judged).await?;
    let mut read: BTreeMap<Uuid, i32> = BTreeMap::new();
    for id in chunk.judged.iter().filter_map(|row| kept_name(errand, row)) {
        *read.entry(id).or_default() += 1;
    }
    decisions::count_read(tx, &read).await
}

/// The decision that keeps the name of a product by which a row was read that goes into the register, or is counted, now.
fn kept_name(errand: &Errand<'_>, row: &Judged) -> Option<Uuid> {
    let goes_in = row.outcome.is_stored() || row.outcome == RowOutcome::Geteld;
    if !goes_in || row.row.stored.is_some() {
        return None;
    }
    let (day, product) = match row.row.accepted.as_ref()? {
        Accepted::Vaccination(jab) => (jab.date(), jab.vaccine()),
        Accepted::Count(count) => (count.date, count.vaccine),
        Accepted::Withdrawal { .. } => return None,
    };
    let mut repairs = row.row.repairs.iter();
    let named = repairs.find(|one| (one.code, one.column) == (Code::H06, Column::Vaccin))?;
    errand.products.read_by(&named.before, day, product)
}

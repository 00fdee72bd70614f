//! Mending refused rows: what the sender types is judged by the rules of the file, and takes the place of the row.
//!
//! A row of a preview is judged as in a preview; a row of a delivery that ended goes on into the register, with the
//! delivery and its number as provenance. What stood there before is kept. Two rows that contradicted each other
//! (rule D02) are judged together: mending one frees the other.

use super::Road;
use super::check::{self, Desk};
use super::judge;
use super::matching::Incoming;
use super::process::{Gather, context_of, today_of};
use super::store::{self, Errand, Keep};
use crate::keys::{Purpose, Sealed};
use crate::store::deliveries;
use crate::store::mend::{self, Stands};
use crate::store::products::Products;
use crate::store::{StoreError, WorkerTx, withdrawals};
use domain::bsn::Bsn;
use domain::delivery::{Channel, Counts, FileOutcome, RowOutcome};
use domain::duplicate::{InFile, InFileFinding};
use domain::finding::{Code, Finding};
use domain::row::{Accepted, Checked, Column, RowText};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

/// Rows that are looked at for one that is mended: what a portal takes (specification §3).
const WITHIN_FILE: i32 = 20_000;

/// A row as somebody mended it.
#[derive(Clone)]
pub struct Mending {
    /// The delivery.
    pub delivery: Uuid,
    /// Whose it must be.
    pub party: Uuid,
    /// Who mends.
    pub by: Uuid,
    /// Number of the row.
    pub row: u32,
    /// The row as it stood when the form was made.
    pub seen: Uuid,
    /// All its cells.
    pub cells: RowText,
    /// Why the sender goes on although not matchable (features F39).
    pub reason: Option<String>,
    /// The same change in every refused row with the same wrong value.
    pub everywhere: bool,
}

/// What came of it.
pub enum Mended {
    /// Nothing of this delivery can be mended now: it is being stored, or was withdrawn.
    Closed,
    /// The row is refused no more.
    Right,
    /// Somebody else changed the row, and it is still refused.
    Changed,
    /// Judged anew.
    Judged {
        /// Of the row itself.
        outcome: RowOutcome,
        /// Rows that changed, this one included.
        rows: Vec<i32>,
        /// Persons in the register they are about.
        persons: Vec<Uuid>,
        /// There is no consent after all: the raw file, which says who it is about, has to go (rule T10).
        unconsented: bool,
    },
}

struct Line {
    stands: Stands,
    text: RowText,
    reason: Option<String>,
    findings: Vec<Finding>,
}

impl Line {
    fn number(&self) -> u32 {
        u32::try_from(self.stands.row_number).unwrap_or_default()
    }

    fn has(&self, codes: &[Code]) -> bool {
        self.findings
            .iter()
            .any(|finding| codes.contains(&finding.code))
    }
}

/// Judges a mended row, and what depends on it, in the caller's transaction.
///
/// # Errors
/// When the database fails; `NotFound` when the party has no such row.
pub async fn mend(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    mending: Mending,
) -> Result<Mended, StoreError> {
    let work = deliveries::work(tx, mending.delivery).await?;
    if work.party_id != mending.party {
        return Err(StoreError::NotFound);
    }
    let keep = match work.state.as_str() {
        "preview" => Keep::Preview,
        "done" => Keep::Register,
        _ => return Ok(Mended::Closed),
    };
    // What is being withdrawn goes through its rows once: a new one would be missed.
    if withdrawals::runs(tx, work.party_id, mending.delivery).await? {
        return Ok(Mended::Closed);
    }
    let today = today_of(road, &work);
    let products = Products::load(tx, today).await?;
    let channel = Channel::parse(&work.channel).ok_or(StoreError::NotFound)?;
    let context = context_of(&work, &products, channel, today);
    let desk = Desk {
        context,
        keys: &road.keys,
    };

    let row = i32::try_from(mending.row).map_err(|_| StoreError::NotFound)?;
    let rows = mend::rows(tx, mending.delivery, row, mending.everywhere, WITHIN_FILE).await?;
    let mut lines = open(road, rows)?;
    let place = lines
        .iter()
        .position(|line| line.number() == mending.row)
        .ok_or(StoreError::NotFound)?;
    if !lines[place].stands.is_open() {
        return Ok(Mended::Right);
    }
    if lines[place].stands.id != mending.seen {
        return Ok(Mended::Changed);
    }
    let changed = change(&mut lines, place, &mending);
    let judged = stage_one(&lines, &desk);
    let again = again(&lines, &judged, &changed, keep);

    let numbers: Vec<i32> = changed
        .iter()
        .map(|at| lines[*at].stands.row_number)
        .collect();
    // What was said of somebody who gave no consent is not kept, in no version (rule T10).
    let kept: Vec<bool> = changed
        .iter()
        .map(|at| !check::refuses_consent(&lines[*at].text))
        .collect();
    let now = road.clock.now();
    mend::remember(tx, mending.delivery, &numbers, &kept, mending.by, now).await?;
    let all: Vec<i32> = again
        .iter()
        .map(|at| lines[*at].stands.row_number)
        .collect();
    mend::take_out(tx, mending.delivery, &all).await?;

    let errand = Errand {
        keys: &road.keys,
        products: &products,
        delivery: mending.delivery,
        party: mending.party,
        channel,
        by: Some(mending.by),
        now,
        today,
        reference: None,
        reason: None,
        previewed: false,
        counted_before: false,
    };
    let mut gather = Gather::new(keep == Keep::Preview);
    let mut chunks: Vec<Vec<Incoming>> = Vec::new();
    for at in &again {
        let (line, checked) = (&lines[*at], judged[*at].clone());
        let mut row = desk.take(line.number(), line.text.clone(), checked);
        row.reason.clone_from(&line.reason);
        row.replaces = line.stands.replaces;
        chunks.extend(gather.add(row));
    }
    chunks.push(gather.into_rows());
    let (mut outcome, mut persons) = (RowOutcome::Afgekeurd, Vec::new());
    for chunk in chunks.into_iter().filter(|rows| !rows.is_empty()) {
        let stored = store::chunk(tx, &errand, chunk, keep).await?;
        let own = stored.judged.iter().find(|row| row.row.line == mending.row);
        outcome = own.map_or(outcome, |row| row.outcome);
        persons.extend(stored.persons);
    }
    settle(tx, &work, mending.delivery, keep).await?;
    Ok(Mended::Judged {
        outcome,
        rows: all,
        persons,
        unconsented: kept.contains(&false),
    })
}

fn open(road: &Road, rows: Vec<Stands>) -> Result<Vec<Line>, StoreError> {
    let broken = || StoreError::Broken("sealed row".to_owned());
    rows.into_iter()
        .map(|stands| {
            let text = match &stands.raw_sealed {
                None => RowText::default(),
                Some(sealed) => {
                    let plain = road
                        .keys
                        .open(
                            &Sealed::from_bytes(sealed.clone()),
                            &Purpose::Row.of(stands.id.as_bytes()),
                        )
                        .map_err(|_| broken())?;
                    serde_json::from_slice(&plain).map_err(|_| broken())?
                }
            };
            let reason = match &stands.reason_sealed {
                None => None,
                Some(sealed) => {
                    let plain = road
                        .keys
                        .open(
                            &Sealed::from_bytes(sealed.clone()),
                            &Purpose::Reason.of(stands.id.as_bytes()),
                        )
                        .map_err(|_| broken())?;
                    Some(String::from_utf8_lossy(&plain).into_owned())
                }
            };
            let findings = serde_json::from_value(stands.findings.clone()).unwrap_or_default();
            Ok(Line {
                stands,
                text,
                reason,
                findings,
            })
        })
        .collect()
}

/// Puts the new cells in place; answers which rows changed.
fn change(lines: &mut [Line], place: usize, mending: &Mending) -> BTreeSet<usize> {
    let before = std::mem::replace(&mut lines[place].text, mending.cells.clone());
    lines[place].reason.clone_from(&mending.reason);
    let mut changed = BTreeSet::from([place]);
    if !mending.everywhere {
        return changed;
    }
    for column in Column::ALL.into_iter().filter(|column| is_shared(*column)) {
        let (old, new) = (before.get(column), mending.cells.get(column));
        if old == new {
            continue;
        }
        for (at, line) in lines.iter_mut().enumerate().filter(|(at, _)| *at != place) {
            if line.stands.is_open() && shares(&line.text, &line.findings, column, old) {
                line.text.set(column, new);
                changed.insert(at);
            }
        }
    }
    changed
}

/// The value of this column may be the same in many rows. What names a person, or the row itself, never is: one BSN
/// in thirty rows without would make one person of thirty.
#[must_use]
pub const fn is_shared(column: Column) -> bool {
    !column.is_personal() && !matches!(column, Column::Bronsleutel)
}

/// A refused row has this very value in a column where something is wrong with it.
#[must_use]
pub fn shares(text: &RowText, findings: &[Finding], column: Column, value: &str) -> bool {
    text.get(column) == value
        && findings
            .iter()
            .any(|finding| finding.column == Some(column))
}

/// Stage 1 of every row, the rules D01 and D02 over the delivery included.
fn stage_one(lines: &[Line], desk: &Desk<'_>) -> Vec<Checked> {
    let mut judged: Vec<Checked> = lines
        .iter()
        .map(|line| check::row(&line.text.as_raw(), &desk.context))
        .collect();
    let mut in_file = InFile::default();
    for (line, checked) in lines.iter().zip(&judged) {
        in_file.add(line.number(), checked);
    }
    let mut doubles: BTreeMap<u32, Vec<InFileFinding>> = BTreeMap::new();
    for found in in_file.finish() {
        doubles.entry(found.line).or_default().push(found);
    }
    for (line, checked) in lines.iter().zip(&mut judged) {
        judge::add_doubles(
            checked,
            doubles.get(&line.number()).map_or(&[], Vec::as_slice),
        );
    }
    judged
}

/// Rows to judge anew: the mended ones, those that contradict another row now or did before, and, as a preview sees
/// nothing of itself in the register, what it already holds of the same persons.
fn again(
    lines: &[Line],
    judged: &[Checked],
    changed: &BTreeSet<usize>,
    keep: Keep,
) -> BTreeSet<usize> {
    let mut again = changed.clone();
    let person = |at: usize| match &judged[at].accepted {
        Some(Accepted::Vaccination(jab)) => jab.person().bsn().copied(),
        _ => None,
    };
    let persons: HashSet<Bsn> = changed.iter().filter_map(|at| person(*at)).collect();
    for (at, (line, checked)) in lines.iter().zip(judged).enumerate() {
        let waits = match keep {
            Keep::Preview => line.stands.state == "pending",
            _ => line.stands.is_open(),
        };
        for codes in [[Code::D01], [Code::D02]] {
            let now = checked
                .findings
                .iter()
                .any(|finding| codes.contains(&finding.code));
            if waits && line.has(&codes) != now {
                again.insert(at);
            }
        }
        let same_person = || person(at).is_some_and(|bsn| persons.contains(&bsn));
        if keep == Keep::Preview && waits && !line.stands.is_open() && same_person() {
            again.insert(at);
        }
    }
    again
}

async fn settle(
    tx: &mut WorkerTx<'_>,
    work: &deliveries::Work,
    id: Uuid,
    keep: Keep,
) -> Result<(), StoreError> {
    let counts: Counts = deliveries::count(tx, id).await?;
    let findings: Vec<Finding> = serde_json::from_value(work.findings.clone()).unwrap_or_default();
    let outcome = FileOutcome::of(&counts, &findings);
    match keep {
        Keep::Register => {
            deliveries::settle(tx, id, "done", Some(outcome.as_str()), counts, None).await
        }
        _ => deliveries::settle(tx, id, "preview", None, counts, None).await,
    }
}

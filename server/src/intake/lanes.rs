//! The rows of a table on all cores. Each lane takes the next batch of lines, works on it, and hands over one part;
//! the parts are kept in the order of the file, so the answer is the same whatever the number of lanes.
//!
//! Lines are read by one lane at a time, and a batch is small: memory is flat whatever the size of the file.

use super::read::record::Record;
use super::read::rows::Shape;
use super::read::{ReadError, Row, Rows};
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder};

/// Most rows in a batch: enough to make taking one cheap.
const ROWS: usize = 512;
/// Most bytes in a batch, give or take one row.
const BYTES: usize = 256 * 1024;
/// A line that needed more room gives it back.
const LINE: usize = 1024;
/// More lanes wait for each other: reading is done by one at a time.
const MOST: usize = 8;

/// As many lanes as there are cores, within reason.
pub(super) fn cores() -> NonZero<usize> {
    let most = NonZero::<usize>::MIN.saturating_add(MOST - 1);
    thread::available_parallelism().map_or(NonZero::<usize>::MIN, |cores| cores.min(most))
}

/// The rows in one batch of lines.
pub(super) struct Batch<'b> {
    lines: &'b [Record],
    shape: &'b Shape<'b>,
}

impl Batch<'_> {
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.lines.iter().map(|line| self.shape.row(line))
    }
}

/// Works on all rows: `work` makes a part of each batch, in no fixed order, and `keep` takes the parts in the order of
/// the file. Answers how the reading ended; rows before an error are worked on.
pub(super) fn each_batch<'t, P: Send>(
    rows: Rows<'t>,
    lanes: NonZero<usize>,
    work: impl Fn(Batch<'_>) -> P + Sync,
    keep: impl FnMut(P) + Send,
) -> (Rows<'t>, Result<(), ReadError>) {
    let shape = &rows.shape();
    let reading = Mutex::new(Reading {
        rows,
        batches: 0,
        end: None,
    });
    let keeping = Mutex::new(Keeping {
        kept: 0,
        early: BTreeMap::new(),
        keep,
    });
    let lane = || {
        let mut lines = Vec::new();
        loop {
            // In a statement of its own, for the lock ends with the statement.
            let taken = lock(&reading).next(&mut lines);
            let Some((number, filled)) = taken else { break };
            let lines = &lines[..filled];
            let part = work(Batch { lines, shape });
            lock(&keeping).add(number, part);
        }
    };
    thread::scope(|scope| {
        for _ in 1..lanes.get() {
            // Where there is no room for another thread, there is one lane less.
            drop(Builder::new().spawn_scoped(scope, lane));
        }
        lane();
    });
    let reading = reading.into_inner().unwrap_or_else(PoisonError::into_inner);
    (reading.rows, reading.end.unwrap_or(Ok(())))
}

/// A lane that panics takes the others with it when they have ended, so nobody sees what it left.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lines that no lane has taken yet.
struct Reading<'t> {
    rows: Rows<'t>,
    batches: usize,
    end: Option<Result<(), ReadError>>,
}

impl Reading<'_> {
    /// Fills the next batch: its number and its length; None when all lines are taken.
    fn next(&mut self, lines: &mut Vec<Record>) -> Option<(usize, usize)> {
        if self.end.is_some() {
            return None;
        }
        lines.retain(|line| line.room() <= LINE);
        let (mut filled, mut bytes) = (0, 0);
        while filled < ROWS && bytes < BYTES {
            if filled == lines.len() {
                lines.push(Record::default());
            }
            match self.rows.read(&mut lines[filled]) {
                Ok(true) => {
                    bytes += lines[filled].bytes();
                    filled += 1;
                }
                ended => {
                    self.end = Some(ended.map(drop));
                    break;
                }
            }
        }
        self.batches += 1;
        Some((self.batches - 1, filled))
    }
}

/// Puts parts in the order of the file.
struct Keeping<P, K> {
    kept: usize,
    /// Parts that came before their turn.
    early: BTreeMap<usize, P>,
    keep: K,
}

impl<P, K: FnMut(P)> Keeping<P, K> {
    fn add(&mut self, number: usize, part: P) {
        self.early.insert(number, part);
        while let Some(part) = self.early.remove(&self.kept) {
            (self.keep)(part);
            self.kept += 1;
        }
    }
}

//! The rows of a table on all cores. Each lane takes the next batch of lines, works on it, and hands over one part;
//! the parts are kept in the order of the file, so the answer is the same whatever the number of lanes.
//!
//! Lines are read by one lane at a time, and a batch is small: memory is flat whatever the size of the file.

use super::read::csv::Piece;
use super::read::record::Record;
use super::read::rows::{Shape, Tally};
use super::read::{ReadError, Row, Rows};
use std::collections::BTreeMap;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, Ordering};
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

/// One batch of lines.
pub(super) struct Batch<'b> {
    lines: Lines<'b>,
    shape: &'b Shape<'b>,
    /// What was counted of them.
    tally: Tally,
}

/// How they were taken.
enum Lines<'b> {
    /// Each by itself, and nothing but rows.
    Read(&'b [Record]),
    /// In one go; what they are is still to be seen.
    Piece(&'b Piece),
}

impl Batch<'_> {
    /// Shows each row, in the order of the file.
    pub(super) fn each_row(&mut self, mut see: impl FnMut(Row<'_>)) {
        let shape = self.shape;
        match self.lines {
            Lines::Read(lines) => lines.iter().for_each(|line| see(shape.row(line.fields()))),
            Lines::Piece(piece) => piece.each(|line| {
                if line.number > shape.header_row() && shape.is_row(line, &mut self.tally) {
                    see(shape.row(line));
                }
            }),
        }
    }
}

/// Works on all rows: `work` makes a part of each batch, in no fixed order, and `keep` takes the parts in the order of
/// the file. Answers how the reading ended; rows before an error are worked on.
pub(super) fn each_batch<'t, P: Send>(
    rows: Rows<'t>,
    lanes: NonZero<usize>,
    work: impl Fn(&mut Batch<'_>) -> P + Sync,
    keep: impl FnMut(P) + Send,
) -> (Rows<'t>, Result<(), ReadError>) {
    let shape = &rows.shape();
    let most = rows.most();
    let over = AtomicBool::new(false);
    let reading = Mutex::new(Reading {
        rows,
        batches: 0,
        end: None,
    });
    let keeping = Mutex::new(Keeping {
        kept: 0,
        early: BTreeMap::new(),
        tally: Tally::default(),
        keep,
    });
    let lane = || {
        let (mut lines, mut piece) = (Vec::new(), Piece::default());
        // Of a file with too many rows the rest is nobody's.
        while !over.load(Ordering::Relaxed) {
            // In a statement of its own, for the lock ends with the statement.
            let taken = lock(&reading).next(&mut lines, &mut piece);
            let Some(taken) = taken else { break };
            let mut batch = Batch {
                lines: match taken.lines {
                    Some(filled) => Lines::Read(&lines[..filled]),
                    None => Lines::Piece(&piece),
                },
                shape,
                tally: taken.tally,
            };
            let part = work(&mut batch);
            let rows = lock(&keeping).add(taken.number, part, batch.tally);
            if rows > most {
                over.store(true, Ordering::Relaxed);
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..lanes.get() {
            // Where there is no room for another thread, there is one lane less.
            drop(Builder::new().spawn_scoped(scope, lane));
        }
        lane();
    });
    let Reading { mut rows, end, .. } =
        reading.into_inner().unwrap_or_else(PoisonError::into_inner);
    let keeping = keeping.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.count(keeping.tally);
    // More rows than there may be were there before whatever ended the reading.
    let end = match end {
        Some(Err(error)) if rows.rows() <= most => Err(error),
        _ => rows.check_end(),
    };
    (rows, end)
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

/// What a lane took.
struct Taken {
    /// Of the batch.
    number: usize,
    /// So many lines each by itself; none when it is a piece.
    lines: Option<usize>,
    tally: Tally,
}

impl Reading<'_> {
    /// Takes the next batch; None when all lines are taken.
    fn next(&mut self, lines: &mut Vec<Record>, piece: &mut Piece) -> Option<Taken> {
        if self.end.is_some() {
            return None;
        }
        let number = self.batches;
        self.batches += 1;
        let filled = match self.rows.piece(piece) {
            Ok(true) => None,
            Ok(false) => Some(self.read(lines)),
            Err(error) => {
                self.end = Some(Err(error));
                Some(0)
            }
        };
        Some(Taken {
            number,
            lines: filled,
            tally: self.rows.take_tally(),
        })
    }

    /// Reads the lines of the next rows; answers how many.
    fn read(&mut self, lines: &mut Vec<Record>) -> usize {
        lines.retain(|line| line.room() <= LINE);
        let (mut filled, mut bytes) = (0, 0);
        while filled < ROWS && bytes < BYTES {
            if filled == lines.len() {
                lines.push(Record::default());
            }
            match self.rows.advance(&mut lines[filled]) {
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
        filled
    }
}

/// Puts parts in the order of the file.
struct Keeping<P, K> {
    kept: usize,
    /// Parts that came before their turn.
    early: BTreeMap<usize, (P, Tally)>,
    /// What was counted of those whose turn it was.
    tally: Tally,
    keep: K,
}

impl<P, K: FnMut(P)> Keeping<P, K> {
    /// Answers the rows that were kept.
    fn add(&mut self, number: usize, part: P, tally: Tally) -> u32 {
        self.early.insert(number, (part, tally));
        while let Some((part, tally)) = self.early.remove(&self.kept) {
            (self.keep)(part);
            self.tally.append(tally);
            self.kept += 1;
        }
        self.tally.rows
    }
}

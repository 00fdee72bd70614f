//! Chunks on their way into the database: at most two under way at once, committed in the order of the file.
//!
//! While one is being inserted, the facts of the next are fetched and judged. That is only right when what the
//! first will do cannot matter to the second: they have no person and no key in common, and neither corrects or
//! withdraws anything. Else the second waits. Each is a transaction of its own, and takes its turn to commit, so
//! that a kill leaves whole chunks from the front of the file, whatever was under way.

use super::{Trip, keep_chunk};
use crate::intake::Road;
use crate::intake::matching::Incoming;
use crate::intake::store::{Chunk, Keep};
use crate::jobs::Stopped;
use domain::codes::Mutation;
use domain::row::Accepted;
use std::collections::{HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Chunks under way at once: one is written while the next is judged.
const UNDER_WAY: usize = 2;

/// Told by a chunk once it is committed; a chunk that failed is gone instead.
pub(super) type Turn = watch::Receiver<bool>;

/// Waits until the chunk before is committed.
///
/// # Errors
/// [`Stopped::Again`] when the chunk before failed.
pub(super) async fn wait(turn: &Option<Turn>) -> Result<(), Stopped> {
    let Some(turn) = turn else { return Ok(()) };
    turn.clone()
        .wait_for(|committed| *committed)
        .await
        .map(drop)
        .map_err(|_| Stopped::Again("the chunk before failed".to_owned()))
}

/// The chunks under way. Dropped, it stops them; what was not committed did not happen.
pub(super) struct Convoy {
    road: Road,
    trip: Arc<Trip>,
    keep: Keep,
    previewed: bool,
    /// Oldest first: what each touches, and its turn for the next.
    ahead: VecDeque<(Footprint, Turn)>,
    tasks: JoinSet<Result<Chunk, Stopped>>,
    hasher: RandomState,
    /// Rows held against the BRP, and those of them that matched.
    pub(super) asked: u32,
    pub(super) matched: u32,
}

impl Convoy {
    /// None under way yet.
    pub(super) fn new(road: &Road, trip: &Arc<Trip>, keep: Keep, previewed: bool) -> Self {
        Self {
            road: road.clone(),
            trip: trip.clone(),
            keep,
            previewed,
            ahead: VecDeque::new(),
            tasks: JoinSet::new(),
            hasher: RandomState::new(),
            asked: 0,
            matched: 0,
        }
    }

    /// Waits until these rows may go: for room, and for who touches the same.
    ///
    /// # Errors
    /// Those of the chunks before it.
    pub(super) async fn room(&mut self, rows: &[Incoming]) -> Result<Room, Stopped> {
        let footprint = Footprint::of(rows, &self.hasher);
        while self.ahead.len() >= UNDER_WAY
            || self.ahead.iter().any(|(other, _)| footprint.meets(other))
        {
            self.settle_one().await?;
        }
        Ok(Room(footprint))
    }

    /// Sends a chunk on its way in the room that was made for it.
    pub(super) fn send(&mut self, rows: Vec<Incoming>, Room(footprint): Room) {
        let (tell, told) = watch::channel(false);
        let before = self.ahead.back().map(|(_, turn)| turn.clone());
        let (road, trip) = (self.road.clone(), self.trip.clone());
        let (keep, previewed) = (self.keep, self.previewed);
        self.tasks.spawn(async move {
            let chunk = keep_chunk(&road, &trip, rows, keep, previewed, &before).await?;
            // Nobody listens when it is the last one.
            let _ = tell.send(true);
            Ok(chunk)
        });
        self.ahead.push_back((footprint, told));
    }

    /// Waits for all that are under way.
    ///
    /// # Errors
    /// Those of the chunks.
    pub(super) async fn settle(&mut self) -> Result<(), Stopped> {
        while !self.ahead.is_empty() {
            self.settle_one().await?;
        }
        Ok(())
    }

    async fn settle_one(&mut self) -> Result<(), Stopped> {
        // They commit in order, so the first that ends well is the oldest.
        let Some(ended) = self.tasks.join_next().await else {
            self.ahead.clear();
            return Ok(());
        };
        self.ahead.pop_front();
        let chunk = ended.map_err(|_| Stopped::Again("chunk stopped".to_owned()))??;
        self.asked += chunk.asked;
        self.matched += chunk.matched;
        Ok(())
    }
}

/// A chunk may go; none was sent since.
pub(super) struct Room(Footprint);

/// Whom and what a chunk touches, as hashes that mean something in this process only.
enum Footprint {
    These(HashSet<u64>),
    /// A correction or a withdrawal reaches persons that only the register knows.
    Anything,
}

impl Footprint {
    fn of(rows: &[Incoming], hasher: &RandomState) -> Self {
        let mut touched = HashSet::with_capacity(rows.len() * 2);
        for row in rows {
            touched.extend(row.source_key.as_ref().map(|key| hasher.hash_one(key)));
            match &row.accepted {
                Some(Accepted::Vaccination(jab)) if jab.mutation() == Mutation::New => {
                    let person = jab.person();
                    touched.insert(match person.bsn() {
                        Some(bsn) => hasher.hash_one(bsn),
                        // Two of one birth date may be one person.
                        None => hasher.hash_one(person.birth_date().iso()),
                    });
                }
                Some(Accepted::Vaccination(_) | Accepted::Withdrawal { .. }) => {
                    return Self::Anything;
                }
                Some(Accepted::Count(_)) | None => {}
            }
        }
        Self::These(touched)
    }

    fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::These(one), Self::These(other)) => !one.is_disjoint(other),
            _ => true,
        }
    }
}

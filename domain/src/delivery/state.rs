//! The states of a delivery and the only steps between them (security §3); drawn in `docs/states.md`.
//!
//! A state carries its data and a step consumes it: what was is gone, and a step that is not in the drawing is
//! [`NotAllowed`]. The store writes [`State::as_str`] and the data in the transaction of the step.

use super::{Counts, FileOutcome};

/// Where a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Bytes are here; nobody has proved that they are all.
    Received,
    /// All bytes are here: by rename, control file, trailer, or an upload that ended well.
    Complete,
    /// Being read, checked and matched.
    Checking,
    /// Judged and waiting for "Indienen"; the register is untouched. Portal only.
    Preview(Counts),
    /// Rows are going into the register, chunk by chunk.
    Storing,
    /// Over.
    Done(FileOutcome, Counts),
    /// Set aside until somebody decides.
    Parked(ParkReason, ResumeAt),
    /// Taken back: nothing of it counts any more, everything stays readable. Holds the end it had, to go back to.
    Withdrawn(Option<(FileOutcome, Counts)>),
    /// Thrown away before it counted: a preview nobody submitted, a parked file nobody approved.
    Discarded,
}

/// Why a delivery is parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ParkReason {
    /// A10, A15 or A20 outside the portal.
    Finding,
    /// The connection or its columns wait for the privacy coordinator.
    Approval,
    /// The party was suspended (security F26).
    PartySuspended,
    /// Completeness was not proved in time (security F18).
    Incomplete,
}

/// Where a parked delivery goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResumeAt {
    /// Waits for its proof again.
    Received,
    /// Is read again from the start: the decision may change what the rules say.
    Complete,
    /// Goes on after the last stored chunk.
    Storing,
}

/// The step does not exist from this state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a delivery that is {state} cannot be {step}")]
pub struct NotAllowed {
    /// The state it is in.
    pub state: &'static str,
    /// What was asked.
    pub step: &'static str,
}

impl State {
    /// The word in the store.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Complete => "complete",
            Self::Checking => "checking",
            Self::Preview(_) => "preview",
            Self::Storing => "storing",
            Self::Done(..) => "done",
            Self::Parked(..) => "parked",
            Self::Withdrawn(_) => "withdrawn",
            Self::Discarded => "discarded",
        }
    }

    /// No step leads on from here.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Done(outcome, _) => !outcome.stored_rows(),
            Self::Withdrawn(None) | Self::Discarded => true,
            _ => false,
        }
    }

    const fn not_allowed(&self, step: &'static str) -> NotAllowed {
        NotAllowed {
            state: self.as_str(),
            step,
        }
    }

    /// All bytes have arrived.
    ///
    /// # Errors
    /// Unless it is received.
    pub const fn complete(self) -> Result<Self, NotAllowed> {
        match self {
            Self::Received => Ok(Self::Complete),
            other => Err(other.not_allowed("completed")),
        }
    }

    /// A worker takes it.
    ///
    /// # Errors
    /// Unless it is complete.
    pub const fn check(self) -> Result<Self, NotAllowed> {
        match self {
            Self::Complete => Ok(Self::Checking),
            other => Err(other.not_allowed("checked")),
        }
    }

    /// The file is over as a whole: refused, known already, or without rows.
    ///
    /// # Errors
    /// Unless it is being checked and the outcome is one of these three.
    pub const fn end(self, outcome: FileOutcome, counts: Counts) -> Result<Self, NotAllowed> {
        match (self, outcome.stored_rows()) {
            (Self::Checking, false) => Ok(Self::Done(outcome, counts)),
            (other, _) => Err(other.not_allowed("ended")),
        }
    }

    /// Every row is judged and a person looks first.
    ///
    /// # Errors
    /// Unless it is being checked.
    pub const fn preview(self, counts: Counts) -> Result<Self, NotAllowed> {
        match self {
            Self::Checking => Ok(Self::Preview(counts)),
            other => Err(other.not_allowed("previewed")),
        }
    }

    /// "Indienen", or straight on where nobody looks first.
    ///
    /// # Errors
    /// Unless it is in preview or being checked.
    pub const fn store(self) -> Result<Self, NotAllowed> {
        match self {
            Self::Preview(_) | Self::Checking => Ok(Self::Storing),
            other => Err(other.not_allowed("stored")),
        }
    }

    /// The last chunk is in the register.
    ///
    /// # Errors
    /// Unless it is being stored.
    pub const fn finish(self, outcome: FileOutcome, counts: Counts) -> Result<Self, NotAllowed> {
        match self {
            Self::Storing => Ok(Self::Done(outcome, counts)),
            other => Err(other.not_allowed("finished")),
        }
    }

    /// Set aside, at the edge of a chunk.
    ///
    /// # Errors
    /// When it is over, in preview, or parked already.
    pub const fn park(self, reason: ParkReason) -> Result<Self, NotAllowed> {
        match self {
            Self::Received => Ok(Self::Parked(reason, ResumeAt::Received)),
            Self::Complete | Self::Checking => Ok(Self::Parked(reason, ResumeAt::Complete)),
            Self::Storing => Ok(Self::Parked(reason, ResumeAt::Storing)),
            other => Err(other.not_allowed("parked")),
        }
    }

    /// Somebody decided that it may go on.
    ///
    /// # Errors
    /// Unless it is parked.
    pub const fn resume(self) -> Result<Self, NotAllowed> {
        match self {
            Self::Parked(_, ResumeAt::Received) => Ok(Self::Received),
            Self::Parked(_, ResumeAt::Complete) => Ok(Self::Complete),
            Self::Parked(_, ResumeAt::Storing) => Ok(Self::Storing),
            other => Err(other.not_allowed("resumed")),
        }
    }

    /// Thrown away: a preview that nobody submitted within a day, a parked file that may not go on.
    ///
    /// # Errors
    /// When rows of it are in the register, or it is neither in preview nor parked.
    pub const fn discard(self) -> Result<Self, NotAllowed> {
        match self {
            Self::Preview(_) | Self::Parked(_, ResumeAt::Received | ResumeAt::Complete) => {
                Ok(Self::Discarded)
            }
            other => Err(other.not_allowed("discarded")),
        }
    }

    /// Taken back by the party or by RIVM.
    ///
    /// # Errors
    /// Unless rows of it are in the register and nothing is being stored.
    pub const fn withdraw(self) -> Result<Self, NotAllowed> {
        match self {
            Self::Done(outcome, counts) if outcome.stored_rows() => {
                Ok(Self::Withdrawn(Some((outcome, counts))))
            }
            Self::Parked(_, ResumeAt::Storing) => Ok(Self::Withdrawn(None)),
            other => Err(other.not_allowed("withdrawn")),
        }
    }

    /// The withdrawal was a mistake.
    ///
    /// # Errors
    /// Unless it was withdrawn after it had ended.
    pub const fn restore(self) -> Result<Self, NotAllowed> {
        match self {
            Self::Withdrawn(Some((outcome, counts))) => Ok(Self::Done(outcome, counts)),
            other => Err(other.not_allowed("restored")),
        }
    }
}

impl FileOutcome {
    /// Rows of the file are in the register.
    #[must_use]
    pub const fn stored_rows(self) -> bool {
        matches!(self, Self::Verwerkt | Self::DeelsVerwerkt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(state: State) -> [(&'static str, Result<State, NotAllowed>); 12] {
        let counts = Counts::default();
        [
            ("complete", state.complete()),
            ("check", state.check()),
            ("end", state.end(FileOutcome::Geweigerd, counts)),
            ("preview", state.preview(counts)),
            ("store", state.store()),
            ("finish", state.finish(FileOutcome::Verwerkt, counts)),
            ("refuse", state.finish(FileOutcome::Geweigerd, counts)),
            ("park", state.park(ParkReason::Finding)),
            ("resume", state.resume()),
            ("discard", state.discard()),
            ("withdraw", state.withdraw()),
            ("restore", state.restore()),
        ]
    }

    /// Every state that can be reached, each with the steps that lead on.
    fn walk() -> Vec<(State, Vec<(&'static str, State)>)> {
        let (mut seen, mut next) = (vec![], vec![State::Received]);
        while let Some(state) = next.pop() {
            if seen.iter().any(|(known, _)| *known == state) {
                continue;
            }
            let on: Vec<_> = steps(state)
                .into_iter()
                .filter_map(|(step, to)| Some((step, to.ok()?)))
                .collect();
            next.extend(on.iter().map(|(_, to)| *to));
            seen.push((state, on));
        }
        seen
    }

    #[test]
    fn every_state_is_reached_and_only_final_ones_lead_nowhere() {
        let walk = walk();
        for name in [
            "received",
            "complete",
            "checking",
            "preview",
            "storing",
            "done",
            "parked",
            "withdrawn",
            "discarded",
        ] {
            assert!(
                walk.iter().any(|(state, _)| state.as_str() == name),
                "{name}"
            );
        }
        for (state, on) in walk {
            assert_eq!(state.is_final(), on.is_empty(), "{state:?} {on:?}");
        }
    }

    #[test]
    fn the_steps_are_those_of_the_drawing() {
        let mut arrows: Vec<String> = walk()
            .into_iter()
            .flat_map(|(from, on)| {
                on.into_iter()
                    .map(move |(step, to)| format!("{} -{step}-> {}", from.as_str(), to.as_str()))
            })
            .collect();
        arrows.sort();
        arrows.dedup();
        let drawing = include_str!("../../../docs/states.md");
        let mut drawn: Vec<&str> = drawing
            .lines()
            .filter(|line| line.contains("-> "))
            .collect();
        drawn.sort_unstable();
        assert_eq!(arrows, drawn);
    }

    #[test]
    fn what_is_not_allowed_says_so_without_moving() {
        let error = State::Complete.store().unwrap_err();
        assert_eq!(
            error.to_string(),
            "a delivery that is complete cannot be stored"
        );
        assert!(
            State::Checking
                .end(FileOutcome::Verwerkt, Counts::default())
                .is_err()
        );
        let in_register = State::Storing.park(ParkReason::PartySuspended).unwrap();
        assert!(in_register.discard().is_err());
        assert_eq!(in_register.resume(), Ok(State::Storing));
    }
}

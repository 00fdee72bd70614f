//! RIVM corrects or withdraws a registration on its institution's request; a second person agrees (features F53).

use super::decisions::{DecisionState, MayDecide};
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::delivery::RowOutcome;
use domain::finding::Finding;
use domain::row::RowText;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A correction that waits for a second person. No person data.
#[derive(Clone, Serialize, Deserialize)]
pub struct WaitingCorrection {
    /// Key.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Who asked.
    pub asked_by: String,
    /// "22-11-2026 14:05".
    pub asked_at: String,
}

/// A correction (audited).
#[derive(Clone, Serialize, Deserialize)]
pub struct CorrectionView {
    /// Key.
    pub id: Uuid,
    /// The person it is about.
    pub person: Uuid,
    /// Name of the party whose registration it is.
    pub party: String,
    /// What stands there now.
    pub before: RowText,
    /// What is to stand there; `None` when it is withdrawn.
    pub after: Option<RowText>,
    /// Who of the institution asked, when and how.
    pub request: String,
    /// What it would come to, as long as it was not carried out.
    pub outcome: Option<RowOutcome>,
    /// What would be found.
    pub findings: Vec<Finding>,
    /// Where it stands.
    pub state: DecisionState,
    /// Who prepared it.
    pub asked_by: String,
    /// When.
    pub asked_at: String,
    /// Who decided, and when.
    pub decided: Option<(String, String)>,
    /// What the caller may do.
    pub may: MayDecide,
}

/// What came of deciding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corrected {
    /// It is done.
    Done,
    /// It waits for a second person.
    Waiting,
    /// The second person must be somebody else.
    SamePerson,
    /// Somebody else agreed before, did not agree, or took it back.
    Before,
    /// It lacks the request, changes nothing, or would be refused.
    NotYet,
    /// The registration changed in the meantime, or another correction of it waits.
    Other,
}

/// Corrections on request (roles RIVM-beoordelaar, RIVM-beheer).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Corrections: Send + Sync {
    /// Prepares a correction of a registration, or its withdrawal; its key.
    async fn begin_correction(
        &self,
        caller: &Caller,
        registration: Uuid,
        withdraw: bool,
    ) -> PortResult<Uuid>;
    /// One, with what it would come to.
    async fn correction(&self, caller: &Caller, id: Uuid) -> PortResult<CorrectionView>;
    /// Who prepares it changes it.
    async fn save_correction(
        &self,
        caller: &Caller,
        id: Uuid,
        row: RowText,
        request: String,
    ) -> PortResult<()>;
    /// Who prepared it asks for it, or the second person agrees. Twice: once.
    async fn decide_correction(&self, caller: &Caller, id: Uuid) -> PortResult<Corrected>;
    /// The second person says no, or who asked takes it back.
    async fn drop_correction(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
}

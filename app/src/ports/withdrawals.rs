//! Withdrawing a delivery as a whole, and undoing that; where it takes two people, the second one's say
//! (security G6, G18).

use super::deliveries::RowRanges;
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What can be asked for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// It may be withdrawn.
    Withdraw,
    /// Its withdrawal may be undone.
    Undo,
    /// The party's own days are over: RIVM does it on request.
    TooLate,
    /// Withdrawn, and the same content was delivered again since: nothing to undo.
    Again,
    /// Withdrawn by RIVM, which alone can undo it.
    NotYours,
    /// Nothing of it is in the register, or a request is open.
    Nothing,
}

/// What this person may do with an open request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum May {
    /// Asked for it: may take it back.
    CallBack,
    /// Another person of the same side: says yes or no.
    Decide,
    /// Looks on.
    Look,
}

/// A request that waits or is being carried out.
#[derive(Clone, Serialize, Deserialize)]
pub struct OpenRequest {
    /// It undoes a withdrawal.
    pub undo: bool,
    /// Being carried out.
    pub running: bool,
    /// Who asked; "RIVM" for institutions.
    pub asked_by: String,
    /// "22-11-2026 14:05".
    pub asked_at: String,
    /// Why.
    pub reason: String,
    /// What this person may do.
    pub may: May,
    /// Rows gone through, and in all.
    pub progress: (u32, u32),
}

/// What the last one that was carried out came to.
#[derive(Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// It undid a withdrawal.
    pub undo: bool,
    /// "22-11-2026 14:05".
    pub at: String,
    /// Who asked; "RIVM" for institutions.
    pub asked_by: String,
    /// Who agreed, when that was somebody else.
    pub agreed_by: Option<String>,
    /// Why.
    pub reason: String,
    /// Registrations turned back.
    pub reversed: u32,
    /// Registrations kept because they changed since, or came again.
    pub kept: u32,
    /// Rows of the kept ones.
    pub kept_rows: RowRanges,
}

/// How the last request ended when it was not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The second person said no.
    Rejected,
    /// Who asked took it back.
    CalledBack,
}

/// The page of a withdrawal.
#[derive(Clone, Serialize, Deserialize)]
pub struct WithdrawalView {
    /// The delivery.
    pub delivery: Uuid,
    /// RIVM looks, not the institution.
    pub rivm: bool,
    /// Name of its file; empty for RIVM.
    pub file_name: String,
    /// Name of its party.
    pub party: String,
    /// "22-11-2026 14:05".
    pub received: String,
    /// Rows of it in the register.
    pub rows: u32,
    /// Rows counted without a person: their counts go with the delivery.
    pub counted: u32,
    /// What can be asked for.
    pub step: Step,
    /// A second person has to agree to that.
    pub second_person: bool,
    /// What waits or runs.
    pub open: Option<OpenRequest>,
    /// The last one that was carried out.
    pub last: Option<Outcome>,
    /// The last request was not carried out.
    pub refused: Option<Refusal>,
}

/// What became of asking or deciding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// It is being carried out, or was already.
    Running,
    /// It waits for a second person.
    Waiting,
    /// The party's own days are over.
    TooLate,
    /// The same content was delivered again.
    Again,
    /// The second person must be somebody else.
    SamePerson,
    /// It would bring rows back, and nobody approves any more that the party delivers so.
    NotApproved,
}

/// A request that waits for this person.
#[derive(Clone, Serialize, Deserialize)]
pub struct WaitingRequest {
    /// The delivery.
    pub delivery: Uuid,
    /// Name of its party.
    pub party: String,
    /// It undoes a withdrawal.
    pub undo: bool,
    /// Who asked.
    pub asked_by: String,
    /// "22-11-2026 14:05".
    pub asked_at: String,
}

/// Withdrawals (roles invoerder and instellingsbeheerder for their institution, beoordelaar and beheer for RIVM).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Withdrawals: Send + Sync {
    /// Where a delivery stands.
    async fn withdrawal(&self, caller: &Caller, delivery: Uuid) -> PortResult<WithdrawalView>;
    /// Asks to withdraw a delivery. Twice: once.
    async fn withdraw_delivery(
        &self,
        caller: &Caller,
        delivery: Uuid,
        reason: String,
    ) -> PortResult<Asked>;
    /// Asks to undo its withdrawal. Twice: once.
    async fn restore_delivery(
        &self,
        caller: &Caller,
        delivery: Uuid,
        reason: String,
    ) -> PortResult<Asked>;
    /// The second person agrees. Twice: once.
    async fn agree(&self, caller: &Caller, delivery: Uuid) -> PortResult<Asked>;
    /// The second person refuses, or who asked takes it back.
    async fn turn_down(&self, caller: &Caller, delivery: Uuid) -> PortResult<()>;
}

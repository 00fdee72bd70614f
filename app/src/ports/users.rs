//! An institution manages who works for it: invitations, ending an access, giving one back (features F86).

#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::role::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody who works for the institution.
#[derive(Clone, Serialize, Deserialize)]
pub struct UserLine {
    /// Key.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Last login: "22-11-2026 14:05".
    pub last: Option<String>,
    /// Not used for 90 days: it opens nothing.
    pub unused: bool,
    /// The caller.
    pub own: bool,
}

/// An invitation that waits.
#[derive(Clone, Serialize, Deserialize)]
pub struct InvitationLine {
    /// Key.
    pub id: Uuid,
    /// Whom it is meant for.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Until when the code can be entered.
    pub until: String,
}

/// Who works for the institution, and who is invited.
#[derive(Clone, Serialize, Deserialize)]
pub struct UserList {
    /// Users by name.
    pub users: Vec<UserLine>,
    /// Invitations, the newest first.
    pub invitations: Vec<InvitationLine>,
}

/// An invitation with its code, for who made it to pass on.
#[derive(Clone, Serialize, Deserialize)]
pub struct InvitationView {
    /// The line.
    pub line: InvitationLine,
    /// The code in groups of four.
    pub code: String,
}

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// Done.
    Done,
    /// Nobody would be left to manage the users.
    LastManager,
    /// It was done before.
    Before,
}

/// Users of the own institution (role instellingsbeheerder).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Users: Send + Sync {
    /// Who works here, and who is invited.
    async fn users(&self, caller: &Caller) -> PortResult<UserList>;
    /// Invites somebody; the key of the invitation.
    async fn invite(&self, caller: &Caller, name: String, role: Role) -> PortResult<Uuid>;
    /// An invitation with its code.
    async fn invitation(&self, caller: &Caller, id: Uuid) -> PortResult<InvitationView>;
    /// Its code opens nothing any more.
    async fn take_back(&self, caller: &Caller, id: Uuid) -> PortResult<Changed>;
    /// Somebody works here no longer, at once.
    async fn end_user(&self, caller: &Caller, user: Uuid, role: Role) -> PortResult<Changed>;
    /// An access that was not used for long opens again.
    async fn readmit(&self, caller: &Caller, user: Uuid, role: Role) -> PortResult<Changed>;
}

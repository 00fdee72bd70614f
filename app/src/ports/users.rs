//! An institution manages who works for it, and RIVM-beheer who is the contact of a supplier: invitations, ending an access,
//! giving one back (features F86).

#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::role::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Somebody who works for the institution, or the contact of a supplier.
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
    /// Key and name of the supplier, for RIVM.
    pub supplier: Option<(Uuid, String)>,
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
    /// Name of the supplier, for RIVM.
    pub supplier: Option<String>,
}

/// Who works for the institution, and who is invited; for RIVM the contacts of suppliers.
#[derive(Clone, Serialize, Deserialize)]
pub struct UserList {
    /// Users by name.
    pub users: Vec<UserLine>,
    /// Invitations, the newest first.
    pub invitations: Vec<InvitationLine>,
    /// Key and name of the suppliers whose contact can be invited, for RIVM.
    pub suppliers: Vec<(Uuid, String)>,
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

/// Users of the own institution (role instellingsbeheerder), or contacts of suppliers (rivm-beheer, who names the supplier).
/// Who invites whom: `domain::invitation::given_by`.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Users: Send + Sync {
    /// Who works there, and who is invited.
    async fn users(&self, caller: &Caller) -> PortResult<UserList>;
    /// Invites somebody; the key of the invitation.
    async fn invite(
        &self,
        caller: &Caller,
        name: String,
        role: Role,
        supplier: Option<Uuid>,
    ) -> PortResult<Uuid>;
    /// An invitation with its code.
    async fn invitation(&self, caller: &Caller, id: Uuid) -> PortResult<InvitationView>;
    /// Its code opens nothing any more.
    async fn take_back(&self, caller: &Caller, id: Uuid) -> PortResult<Changed>;
    /// Somebody works there no longer, at once.
    async fn end_user(
        &self,
        caller: &Caller,
        user: Uuid,
        role: Role,
        supplier: Option<Uuid>,
    ) -> PortResult<Changed>;
    /// An access that was not used for long opens again.
    async fn readmit(
        &self,
        caller: &Caller,
        user: Uuid,
        role: Role,
        supplier: Option<Uuid>,
    ) -> PortResult<Changed>;
}

//! Who asks: the one answer to "who is this" that every port starts from.

use domain::role::Role;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A delivering party (institution) as people see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartyRef {
    /// Key.
    pub id: Uuid,
    /// Short code, as in SFTP file names.
    pub code: String,
    /// Name of the institution.
    pub name: String,
}

/// A role somebody has: for an institution, or at RIVM (no party).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The institution; `None` for RIVM roles.
    pub party: Option<PartyRef>,
    /// The role there.
    pub role: Role,
}

/// The person behind a request, with the one membership they chose. Rights are read anew per request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// Key of the user (`(iss, sub)` in the store).
    pub user_id: Uuid,
    /// Display name.
    pub name: String,
    /// The chosen role and institution.
    pub membership: Membership,
    /// All of them, to choose from.
    pub memberships: Vec<Membership>,
    /// Key of the session (not its secret).
    pub session_id: Uuid,
    /// Number of this request, in logs and audit.
    pub request_id: Uuid,
    /// The session ended while a form was filled in: what was typed goes into a draft of this person, and nothing
    /// else happens. Set by the guard of the server for posts that come too late, or by a form that is sent just in time.
    #[serde(skip)]
    pub only_keeps: bool,
}

impl Caller {
    /// The chosen role.
    #[must_use]
    pub fn role(&self) -> Role {
        self.membership.role
    }

    /// The chosen institution, `None` for RIVM roles.
    #[must_use]
    pub fn party(&self) -> Option<&PartyRef> {
        self.membership.party.as_ref()
    }
}

//! Who may do what: roles, and the caller every port starts from.

use serde::{Deserialize, Serialize};

/// A role of the portal (features F86). No role combines delivering and approving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Records and delivers for one institution.
    Invoerder,
    /// The same, and manages the users of the own institution.
    Instellingsbeheerder,
    /// Judges refused and for-review rows at RIVM.
    RivmBeoordelaar,
    /// Runs the register at RIVM: code lists, operations.
    RivmBeheer,
    /// Approves delivering parties.
    Privacycoordinator,
    /// Reads the audit.
    Auditor,
}

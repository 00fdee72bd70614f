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
    /// What either of them is while their institution waits for approval: tries files, and nothing else. Never given
    /// to anybody; the session finds it (`web/session/standing.rs`).
    OpProef,
    /// Works for a supplier: sees how complete its own installations are, and no row.
    Leverancier,
    /// Keys paper cards at RIVM.
    RivmInvoerder,
    /// Judges refused and for-review rows at RIVM.
    RivmBeoordelaar,
    /// Runs the register at RIVM: code lists, operations.
    RivmBeheer,
    /// Approves delivering parties.
    Privacycoordinator,
    /// Reads the audit.
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Invoerder,
        Self::Instellingsbeheerder,
        Self::OpProef,
        Self::Leverancier,
        Self::RivmInvoerder,
        Self::RivmBeoordelaar,
        Self::RivmBeheer,
        Self::Privacycoordinator,
        Self::Auditor,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invoerder => "invoerder",
            Self::Instellingsbeheerder => "instellingsbeheerder",
            Self::OpProef => "op-proef",
            Self::Leverancier => "leverancier",
            Self::RivmInvoerder => "rivm-invoerder",
            Self::RivmBeoordelaar => "rivm-beoordelaar",
            Self::RivmBeheer => "rivm-beheer",
            Self::Privacycoordinator => "privacycoordinator",
            Self::Auditor => "auditor",
        }
    }

    /// The Dutch label people see.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Invoerder => "Invoerder",
            Self::Instellingsbeheerder => "Instellingsbeheerder",
            Self::OpProef => "Op proef",
            Self::Leverancier => "Leverancier",
            Self::RivmInvoerder => "Invoerder RIVM",
            Self::RivmBeoordelaar => "Beoordelaar RIVM",
            Self::RivmBeheer => "Beheerder RIVM",
            Self::Privacycoordinator => "Privacycoördinator",
            Self::Auditor => "Auditor",
        }
    }

    /// Reads the name on the wire.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Works for an institution, so every session of it is tied to one.
    #[must_use]
    pub const fn belongs_to_a_party(self) -> bool {
        matches!(
            self,
            Self::Invoerder | Self::Instellingsbeheerder | Self::OpProef | Self::Leverancier
        )
    }

    /// Is given to somebody; the other one is what a session makes of it.
    #[must_use]
    pub const fn is_given(self) -> bool {
        !matches!(self, Self::OpProef)
    }

    /// Sends files to the test lane.
    #[must_use]
    pub const fn may_try(self) -> bool {
        self.may_deliver() || matches!(self, Self::OpProef)
    }

    /// Sees how complete the installations of the own party are.
    #[must_use]
    pub const fn may_watch_own_installations(self) -> bool {
        matches!(self, Self::Leverancier)
    }

    /// What the role is while its institution waits for approval; none when it opens nothing then.
    #[must_use]
    pub const fn under_test(self) -> Option<Self> {
        if self.may_deliver() {
            Some(Self::OpProef)
        } else {
            None
        }
    }

    /// Records and delivers vaccinations.
    #[must_use]
    pub const fn may_deliver(self) -> bool {
        matches!(self, Self::Invoerder | Self::Instellingsbeheerder)
    }

    /// Keys paper cards on behalf of institutions (features F11): that is delivering, so this role judges nothing.
    #[must_use]
    pub const fn may_key_cards(self) -> bool {
        matches!(self, Self::RivmInvoerder)
    }

    /// Withdraws a whole delivery: of the own institution, or as RIVM (security G18).
    #[must_use]
    pub const fn may_withdraw_deliveries(self) -> bool {
        self.may_deliver() || matches!(self, Self::RivmBeoordelaar | Self::RivmBeheer)
    }

    /// Manages the users of the own institution.
    #[must_use]
    pub const fn may_manage_own_users(self) -> bool {
        matches!(self, Self::Instellingsbeheerder)
    }

    /// Sees who is logged in and ends sessions: of everybody, or of those who work for the own institution (security §4.4).
    #[must_use]
    pub const fn may_end_sessions(self) -> bool {
        self.may_operate() || self.may_manage_own_users()
    }

    /// Sees and judges refused and for-review rows of all parties, and agrees to what somebody else decided.
    #[must_use]
    pub const fn may_review(self) -> bool {
        matches!(self, Self::RivmBeoordelaar | Self::RivmBeheer)
    }

    /// Approves delivering parties and their connections.
    #[must_use]
    pub const fn may_approve(self) -> bool {
        matches!(self, Self::Privacycoordinator)
    }

    /// Manages code lists and operations.
    #[must_use]
    pub const fn may_operate(self) -> bool {
        matches!(self, Self::RivmBeheer)
    }

    /// Reads the audit.
    #[must_use]
    pub const fn may_read_audit(self) -> bool {
        matches!(self, Self::Auditor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_role_both_delivers_and_approves_or_judges() {
        for role in Role::ALL {
            assert!(
                !((role.may_deliver() || role.may_key_cards())
                    && (role.may_approve()
                        || role.may_review()
                        || role.may_operate()
                        || role.may_read_audit())),
                "{role:?}"
            );
            assert!(!role.may_deliver() || role.belongs_to_a_party(), "{role:?}");
        }
    }

    #[test]
    fn an_institution_under_test_may_try_and_nothing_else() {
        let tries = Role::OpProef;
        assert!(tries.may_try() && tries.belongs_to_a_party() && !tries.is_given());
        for may in [
            Role::may_deliver,
            Role::may_manage_own_users,
            Role::may_withdraw_deliveries,
            Role::may_review,
            Role::may_approve,
            Role::may_operate,
            Role::may_read_audit,
        ] {
            assert!(!may(tries) && !may(Role::Leverancier));
        }
        for role in Role::ALL {
            let expected = role.may_deliver().then_some(tries);
            assert_eq!(role.under_test(), expected, "{role:?}");
        }
        assert!(!Role::Leverancier.may_try());
    }

    #[test]
    fn every_role_is_read_back_from_its_name_on_the_wire() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(
                serde_json::to_string(&role).unwrap(),
                format!("\"{}\"", role.as_str())
            );
        }
        assert_eq!(Role::parse("admin"), None);
    }
}

//! Whether a party may deliver by a channel: the states of a connection and the steps between them (features F79-F81);
//! drawn in `docs/states.md`.

use crate::row::Column;
use crate::row::columns::{Requirement, fold_header};

/// A column is one of these, by the way headers are compared (specification §2): "Kamer" is "kamer".
#[must_use]
pub fn has_column(columns: &[String], name: &str) -> bool {
    let key = |name: &str| {
        let folded = fold_header(name);
        // Of nothing but signs only the very same is the same.
        if folded.is_empty() {
            name.to_owned()
        } else {
            folded
        }
    };
    let wanted = key(name);
    columns.iter().any(|column| key(column) == wanted)
}

/// The exact set of columns that an approval is about (features F80, F-X10).
#[derive(Debug, Clone, Copy)]
pub struct ColumnSet<'a> {
    /// Columns of the format, by name.
    pub standard: &'a [String],
    /// Columns besides; they are never stored.
    pub extra: &'a [String],
}

impl ColumnSet<'_> {
    /// A column of a header may stand in a file: one of the format under its own name, any other as headers are compared.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        match Column::parse(name) {
            Some(column) => self.standard.iter().any(|held| held == column.name()),
            None => has_column(self.extra, name),
        }
    }
}

/// All columns of the format, as this version has them.
#[must_use]
pub fn whole_standard() -> Vec<String> {
    Column::ALL.map(|column| column.name().to_owned()).into()
}

/// The columns of the format but those named, in any spelling of a header; none when a name is of no column, or of one
/// that a file must have.
#[must_use]
pub fn standard_without(names: &str) -> Option<Vec<String>> {
    let named = names.split([',', ';', '\n']).map(str::trim);
    let left_out = named
        .filter(|name| !name.is_empty())
        .map(|name| Column::from_header(name).filter(|column| may_lack(*column)))
        .collect::<Option<Vec<_>>>()?;
    let kept = Column::ALL
        .into_iter()
        .filter(|column| !left_out.contains(column));
    Some(kept.map(|column| column.name().to_owned()).collect())
}

/// A file can do without it.
const fn may_lack(column: Column) -> bool {
    matches!(
        column.requirement(),
        Requirement::Optional | Requirement::UnlessInProfile | Requirement::WithoutConsent
    )
}

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// Asked for; nothing is taken in.
    Requested,
    /// Deliveries are taken in.
    Approved,
    /// Nothing is taken in, and it was never.
    Refused,
    /// What comes is kept and waits.
    Suspended,
    /// Over; it has to be asked for again.
    Ended,
}

/// What the privacycoördinator decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionStep {
    /// Agrees to what was asked.
    Approve,
    /// Does not.
    Refuse,
    /// What comes waits from now on.
    Suspend,
    /// Goes on after it was suspended.
    Reopen,
    /// Ends it.
    End,
}

/// Where a party is as a whole. Only what an active one brings is taken in, by whatever connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PartyStatus {
    /// Asked for; its people try files.
    Requested,
    /// Delivers, as far as its connections go.
    Active,
    /// Its people cannot get in; what comes is kept and waits.
    Suspended,
    /// Over.
    Ended,
    /// Asked for and turned away.
    Refused,
}

impl PartyStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Requested,
        Self::Active,
        Self::Suspended,
        Self::Ended,
        Self::Refused,
    ];

    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
            Self::Refused => "refused",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// What can be decided about it now.
    #[must_use]
    pub fn steps(self) -> Vec<ConnectionStep> {
        ConnectionStep::ALL
            .into_iter()
            .filter(|step| step.leads_party(self).is_some())
            .collect()
    }
}

impl ConnectionState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Requested,
        Self::Approved,
        Self::Refused,
        Self::Suspended,
        Self::Ended,
    ];

    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// What can be decided now; `wider` says that more columns were asked for.
    #[must_use]
    pub fn steps(self, wider: bool) -> Vec<ConnectionStep> {
        ConnectionStep::ALL
            .into_iter()
            .filter(|step| step.leads(self, wider).is_some())
            .collect()
    }
}

impl ConnectionStep {
    /// Every step.
    pub const ALL: [Self; 5] = [
        Self::Approve,
        Self::Refuse,
        Self::Suspend,
        Self::Reopen,
        Self::End,
    ];

    /// The word in a form and in the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Refuse => "refuse",
            Self::Suspend => "suspend",
            Self::Reopen => "reopen",
            Self::End => "end",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.as_str() == text)
    }

    /// Where it leads a party as a whole; none when it is no step from there. A party becomes active, or is turned away,
    /// with the decision about its first connection.
    #[must_use]
    pub const fn leads_party(self, from: PartyStatus) -> Option<PartyStatus> {
        use PartyStatus::{Active, Ended, Suspended};
        match (self, from) {
            (Self::Suspend, Active) => Some(Suspended),
            (Self::Reopen, Suspended) => Some(Active),
            (Self::End, Active | Suspended) => Some(Ended),
            _ => None,
        }
    }

    /// Where it leads; none when it is no step from here.
    #[must_use]
    pub const fn leads(self, from: ConnectionState, wider: bool) -> Option<ConnectionState> {
        use ConnectionState::{Approved, Ended, Refused, Requested, Suspended};
        match (self, from) {
            (Self::Approve, Requested) => Some(Approved),
            (Self::Refuse, Requested) => Some(Refused),
            // More columns: whatever is said, the connection stays.
            (Self::Approve | Self::Refuse, Approved) if wider => Some(Approved),
            (Self::Suspend, Approved) => Some(Suspended),
            (Self::Reopen, Suspended) => Some(Approved),
            (Self::End, Approved | Suspended) => Some(Ended),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConnectionState::{Approved, Ended, Refused, Requested, Suspended};
    use ConnectionStep::{Approve, End, Refuse, Reopen, Suspend};

    #[test]
    fn the_steps_are_those_of_the_drawing() {
        assert_eq!(Requested.steps(false), [Approve, Refuse]);
        assert_eq!(Approved.steps(false), [Suspend, End]);
        assert_eq!(Approved.steps(true), [Approve, Refuse, Suspend, End]);
        assert_eq!(Suspended.steps(false), [Reopen, End]);
        for over in [Refused, Ended] {
            assert!(over.steps(false).is_empty() && over.steps(true).is_empty());
        }
        assert_eq!(Refuse.leads(Requested, false), Some(Refused));
        assert_eq!(Refuse.leads(Approved, true), Some(Approved));
        assert_eq!(End.leads(Suspended, false), Some(Ended));
    }

    #[test]
    fn a_party_is_suspended_opened_again_and_ended_and_nothing_else() {
        assert_eq!(PartyStatus::Active.steps(), [Suspend, End]);
        assert_eq!(PartyStatus::Suspended.steps(), [Reopen, End]);
        for other in [
            PartyStatus::Requested,
            PartyStatus::Ended,
            PartyStatus::Refused,
        ] {
            assert!(other.steps().is_empty(), "{other:?}");
        }
        for status in PartyStatus::ALL {
            assert_eq!(PartyStatus::parse(status.as_str()), Some(status));
        }
    }

    #[test]
    fn a_column_is_known_as_headers_are() {
        let columns = ["Kamer nr.".to_owned(), "***".to_owned()];
        for same in ["kamer_nr", "KAMERNR", " Kamer nr ", "***"] {
            assert!(has_column(&columns, same), "{same}");
        }
        for other in ["kamer", "kamer nr 2", "???", ""] {
            assert!(!has_column(&columns, other), "{other}");
        }
    }

    #[test]
    fn a_set_of_columns_holds_what_was_approved_and_no_other_column_of_the_format() {
        let standard = standard_without("Naam; Voorvoegsel, sekse").expect("columns");
        let extra = ["Kamer".to_owned(), "postcode".to_owned()];
        let set = ColumnSet {
            standard: &standard,
            extra: &extra,
        };
        for held in ["bsn", "postcode", "kamer"] {
            assert!(set.holds(held), "{held}");
        }
        for other in ["achternaam", "voorvoegsel", "geslacht", "afdeling"] {
            assert!(!set.holds(other), "{other}");
        }
        let none = ColumnSet {
            standard: &[],
            extra: &extra,
        };
        assert!(
            !none.holds("postcode"),
            "as a column of the format it was not"
        );
    }

    #[test]
    fn only_what_a_file_may_lack_is_left_out() {
        assert_eq!(
            standard_without("").map(|all| all.len()),
            Some(Column::COUNT)
        );
        for wrong in ["bsn", "vaccinatiedatum", "hpk", "kamer", "naam, kamer"] {
            assert_eq!(standard_without(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn words_are_read_back() {
        for state in ConnectionState::ALL {
            assert_eq!(ConnectionState::parse(state.as_str()), Some(state));
        }
        for step in ConnectionStep::ALL {
            assert_eq!(ConnectionStep::parse(step.as_str()), Some(step));
        }
    }
}

//! What RIVM may decide about rows that share a cause, and when a second person has to agree (features F52-F54,
//! security G18).

use crate::dates::{Days, FIRST_YEAR, parse_full, working_days_between};
use crate::finding::Code;
use crate::row::Column;
use time::Date;

/// About more rows than this nothing is decided unless a second person agrees.
pub const SECOND_PERSON_ABOVE: u32 = 100;

/// What is decided about all rows of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DecisionKind {
    /// Their value means another one: they get that, and are judged anew.
    Map,
    /// Their sender has to mend them.
    Return,
    /// They never go into the register.
    Reject,
    /// They stay in the register as they are.
    Accept,
    /// One of them is about this person of the BRP.
    Link,
    /// It is not, after all: a link is undone, and the row is as its sender said it.
    Unlink,
}

impl DecisionKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Map,
        Self::Return,
        Self::Reject,
        Self::Accept,
        Self::Link,
        Self::Unlink,
    ];

    /// The name in the store and in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::Return => "return",
            Self::Reject => "reject",
            Self::Accept => "accept",
            Self::Link => "link",
            Self::Unlink => "unlink",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// A second person has to agree: to every other value and person (security G18), and whenever it is about many rows.
    #[must_use]
    pub const fn needs_second_person(self, rows: u32) -> bool {
        match self {
            Self::Map | Self::Link | Self::Unlink => true,
            Self::Reject | Self::Return | Self::Accept => rows > SECOND_PERSON_ABOVE,
        }
    }

    /// Rows that come later are read as decided too: a name that a party uses for a product. Every other value is
    /// changed in the rows that wait, and nowhere else.
    #[must_use]
    pub fn is_kept(self, column: Option<Column>) -> bool {
        self == Self::Map && column == Some(Column::Vaccin)
    }

    /// Only at the recorded request of the institution (features F53): another value where it said what was done, as a
    /// date, a batch or a dose, and no code.
    #[must_use]
    pub fn takes_request(self, column: Option<Column>) -> bool {
        self == Self::Map && !column.is_some_and(is_code)
    }
}

/// The days of the jabs a kept name holds for, as typed; an empty text is no bound.
///
/// # Errors
/// What is wrong with them.
pub fn days(first: &str, last: &str) -> Result<Days, DaysFault> {
    // The year only matters for a year alone, which is no day.
    let day = |text: &str, fault| match text.trim() {
        "" => Ok(None),
        text => parse_full(text, FIRST_YEAR).map(Some).map_err(|_| fault),
    };
    let days = Days {
        first: day(first, DaysFault::FirstForm)?,
        last: day(last, DaysFault::LastForm)?,
    };
    if days.is_ordered() {
        Ok(days)
    } else {
        Err(DaysFault::Order)
    }
}

/// What is wrong with typed days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DaysFault {
    /// The first is no date.
    FirstForm,
    /// The last is no date.
    LastForm,
    /// The last comes before the first.
    Order,
}

impl DaysFault {
    /// The word in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstForm => "vanaf",
            Self::LastForm => "tot",
            Self::Order => "volgorde",
        }
    }
}

/// Working days after which rows that went back and were not mended are asked about.
pub const ANSWER_WITHIN: u32 = 5;

/// Rows that went back on one day are still not mended on another: more working days than [`ANSWER_WITHIN`] have passed
/// in between.
#[must_use]
pub fn is_overdue(returned: Date, today: Date) -> bool {
    working_days_between(returned, today) >= ANSWER_WITHIN
}

/// A row that waits for this reason may be linked to a person of the BRP: its own was not found there.
#[must_use]
pub const fn may_link(code: Code) -> bool {
    matches!(code, Code::B10 | Code::B14)
}

/// A column with a code list: what its values mean is RIVM's to say.
#[must_use]
pub const fn is_code(column: Column) -> bool {
    matches!(
        column,
        Column::Vaccin
            | Column::HpkCode
            | Column::Doelgroep
            | Column::Leeftijdsgroep
            | Column::Vaccinatieland
    )
}

/// RIVM may put another value in this column of many rows at once. Never in what names a person, says whether there is
/// consent, or names the row.
#[must_use]
pub const fn may_map(column: Column) -> bool {
    !column.is_personal()
        && !matches!(
            column,
            Column::Toestemming | Column::Mutatie | Column::Bronsleutel
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_person_agrees_to_other_values_and_to_the_loss_of_many_rows() {
        assert!(DecisionKind::Map.needs_second_person(1));
        assert!(DecisionKind::Link.needs_second_person(1));
        assert!(DecisionKind::Unlink.needs_second_person(1));
        for kind in [
            DecisionKind::Reject,
            DecisionKind::Return,
            DecisionKind::Accept,
        ] {
            assert!(!kind.needs_second_person(100));
            assert!(kind.needs_second_person(101), "{kind:?}");
        }
    }

    #[test]
    fn only_the_name_of_a_product_is_kept() {
        for column in Column::ALL {
            let kept = DecisionKind::Map.is_kept(Some(column));
            assert_eq!(kept, column == Column::Vaccin, "{column:?}");
            assert!(!DecisionKind::Reject.is_kept(Some(column)));
            assert!(!DecisionKind::Link.is_kept(Some(column)));
        }
    }

    #[test]
    fn what_the_institution_said_itself_is_changed_at_its_request_alone() {
        for column in [
            Column::Vaccinatiedatum,
            Column::Batchnummer,
            Column::Dosisnummer,
        ] {
            assert!(DecisionKind::Map.takes_request(Some(column)), "{column:?}");
            assert!(!DecisionKind::Return.takes_request(Some(column)));
        }
        assert!(!DecisionKind::Map.takes_request(Some(Column::Vaccin)));
        assert!(!DecisionKind::Map.takes_request(Some(Column::HpkCode)));
    }

    #[test]
    fn only_what_was_not_matched_is_linked() {
        let may: Vec<Code> = Code::ALL
            .iter()
            .copied()
            .filter(|code| may_link(*code))
            .collect();
        assert_eq!(may, [Code::B10, Code::B14]);
    }

    #[test]
    fn nobody_maps_what_names_a_person_or_gives_consent() {
        for column in Column::ALL
            .into_iter()
            .filter(|column| column.is_personal())
        {
            assert!(!may_map(column), "{column:?}");
        }
        assert!(!may_map(Column::Toestemming) && !may_map(Column::Bronsleutel));
        assert!(may_map(Column::Vaccin) && may_map(Column::Batchnummer));
    }

    #[test]
    fn a_week_with_its_weekend_is_the_time_to_answer() {
        use time::macros::date;
        let monday = date!(2026 - 11 - 23);
        assert!(!is_overdue(monday, monday));
        assert!(
            !is_overdue(monday, date!(2026 - 11 - 30)),
            "five days are allowed"
        );
        assert!(is_overdue(monday, date!(2026 - 12 - 01)));
        let friday = date!(2026 - 11 - 27);
        assert!(!is_overdue(friday, date!(2026 - 12 - 04)));
        assert!(is_overdue(friday, date!(2026 - 12 - 05)));
        assert!(!is_overdue(friday, monday), "a clock that went back");
        // Christmas is no working day.
        let monday = date!(2026 - 12 - 21);
        assert!(!is_overdue(monday, date!(2026 - 12 - 29)));
        assert!(is_overdue(monday, date!(2026 - 12 - 30)));
    }

    #[test]
    fn days_are_read_as_typed_and_end_no_sooner_than_they_begin() {
        use time::macros::date;
        let (first, last) = (date!(2021 - 02 - 01), date!(2021 - 03 - 31));
        let typed = days("01-02-2021", " 31-03-2021 ").expect("two days");
        assert_eq!((typed.first, typed.last), (Some(first), Some(last)));
        assert_eq!(days("", " "), Ok(Days::ALL));
        assert!(days("31-03-2021", "31-03-2021").is_ok(), "one day");
        assert_eq!(days("01-04-2021", "31-03-2021"), Err(DaysFault::Order));
        assert_eq!(days("februari", ""), Err(DaysFault::FirstForm));
        assert_eq!(days("", "2021"), Err(DaysFault::LastForm));
        assert_eq!(days("", "31-02-2021"), Err(DaysFault::LastForm));
    }

    #[test]
    fn names_are_read_as_written() {
        for kind in DecisionKind::ALL {
            assert_eq!(DecisionKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(DecisionKind::parse("surprise"), None);
    }
}

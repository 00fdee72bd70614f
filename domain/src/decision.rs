//! What RIVM may decide about rows that share a cause, and when a second person has to agree (features F52-F54,
//! security G18).

use crate::codes;
use crate::dates::{Days, FIRST_YEAR, parse_full, working_days_between};
use crate::finding::Code;
use crate::row::Column;
use crate::text::Lang;
use std::borrow::Cow;
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
    /// They wait in the register again: that stored rows were rejected is undone.
    Readmit,
}

impl DecisionKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Map,
        Self::Return,
        Self::Reject,
        Self::Accept,
        Self::Link,
        Self::Unlink,
        Self::Readmit,
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
            Self::Readmit => "readmit",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// A second person has to agree: to every other value and person (security G18), to what is `stored` and goes from the
    /// register, and whenever it is about many rows.
    #[must_use]
    pub const fn needs_second_person(self, stored: bool, rows: u32) -> bool {
        match self {
            Self::Map | Self::Link | Self::Unlink | Self::Readmit => true,
            Self::Reject if stored => true,
            Self::Reject | Self::Return | Self::Accept => rows > SECOND_PERSON_ABOVE,
        }
    }

    /// Rows that come later are changed as decided too: what a party writes for a product, or for a code that the lists do not
    /// know so. An empty cell, and a code that is only wrong beside another cell, are changed in the rows that wait and
    /// nowhere else; so is every value of no code list.
    #[must_use]
    pub fn is_kept(self, code: Code, column: Option<Column>, value: &str) -> bool {
        let unknown = match column {
            Some(Column::Vaccin) => return self == Self::Map && !value.trim().is_empty(),
            Some(Column::HpkCode) => Code::V12,
            Some(Column::Doelgroep) => Code::V42,
            Some(Column::Leeftijdsgroep) => Code::T02,
            Some(Column::Vaccinatieland) => Code::V40,
            _ => return false,
        };
        self == Self::Map && code == unknown && !value.trim().is_empty()
    }

    /// It may be decided about one row of a group, without the others.
    #[must_use]
    pub const fn may_be_alone(self) -> bool {
        matches!(self, Self::Return | Self::Reject | Self::Accept)
    }

    /// It may be decided about refused rows, and about stored ones that wait: which of the two is said with it.
    #[must_use]
    pub const fn is_about_either(self) -> bool {
        matches!(self, Self::Return | Self::Reject | Self::Readmit)
    }

    /// Only at the recorded request of the institution (features F53): another value where it said what was done, as a
    /// date, a batch or a dose, and no code.
    #[must_use]
    pub fn takes_request(self, column: Option<Column>) -> bool {
        self == Self::Map && !column.is_some_and(is_code)
    }
}

/// Why rows were refused for good, as their sender is told. Sentences of our own: what somebody typed may hold something of a
/// person, and never reaches an answer file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Told {
    /// No vaccination of this register.
    Other,
    /// Made to try something out.
    Test,
    /// Nobody can say any more what was meant.
    Unclear,
    /// The institution asked for it.
    Requested,
    /// Nothing more can be said: what was held against it may be somebody else's.
    Judged,
}

impl Told {
    /// Every reason, in the order in which they are offered.
    pub const ALL: [Self; 5] = [
        Self::Other,
        Self::Test,
        Self::Unclear,
        Self::Requested,
        Self::Judged,
    ];

    /// The name in the store and in forms.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Other => "other",
            Self::Test => "test",
            Self::Unclear => "unclear",
            Self::Requested => "requested",
            Self::Judged => "judged",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|told| told.as_str() == text)
    }

    /// What its sender reads.
    #[must_use]
    pub const fn sentence(self, lang: Lang) -> &'static str {
        let (dutch, english) = match self {
            Self::Other => (
                "Dit is geen vaccinatie voor dit register.",
                "This is no vaccination for this register.",
            ),
            Self::Test => (
                "Dit is een testregel en geen echte vaccinatie.",
                "This is a test row and no real vaccination.",
            ),
            Self::Unclear => (
                "De gegevens kloppen niet en zijn niet meer te herstellen.",
                "The data are wrong and can no longer be mended.",
            ),
            Self::Requested => (
                "Uw instelling heeft hierom gevraagd.",
                "Your institution asked for this.",
            ),
            Self::Judged => (
                "Het RIVM heeft deze regel beoordeeld en neemt hem niet op.",
                "RIVM has judged this row and does not take it in.",
            ),
        };
        match lang {
            Lang::Nl => dutch,
            Lang::En => english,
        }
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

/// The last day of which what waits since then is overdue ([`is_overdue`]).
#[must_use]
pub fn last_overdue(today: Date) -> Date {
    let mut day = today;
    while !is_overdue(day, today) {
        let Some(before) = day.previous_day() else {
            break;
        };
        day = before;
    }
    day
}

/// A row that waits for this reason may be linked to a person of the BRP: its own was not found there, or its BSN is none.
#[must_use]
pub const fn may_link(code: Code) -> bool {
    matches!(code, Code::P03 | Code::B10 | Code::B14)
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

/// A value as rows are compared by it, those that wait and those that come: in a column with a code list without regard to
/// case and spaces, and what stands for a product as the lists look it up.
#[must_use]
pub fn folded(column: Column, text: &str) -> Cow<'_, str> {
    if !is_code(column) {
        return Cow::Borrowed(text);
    }
    let folded = match column {
        Column::Vaccin => codes::folded(text),
        _ => text
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase(),
    };
    // Of marks alone nothing is left.
    if folded.is_empty() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(folded)
    }
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

/// Of rows that are stored and wait, RIVM may put another value in this column of many at once: what they say of the jab itself is
/// judged one by one.
#[must_use]
pub const fn may_amend(column: Column) -> bool {
    matches!(column, Column::Batchnummer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_person_agrees_to_other_values_and_to_the_loss_of_many_rows() {
        assert!(DecisionKind::Map.needs_second_person(false, 1));
        assert!(DecisionKind::Link.needs_second_person(false, 1));
        assert!(DecisionKind::Unlink.needs_second_person(false, 1));
        for kind in [
            DecisionKind::Reject,
            DecisionKind::Return,
            DecisionKind::Accept,
        ] {
            assert!(!kind.needs_second_person(false, 100));
            assert!(kind.needs_second_person(false, 101), "{kind:?}");
        }
    }

    #[test]
    fn a_second_person_agrees_when_anything_stored_goes_or_comes_back() {
        assert!(DecisionKind::Reject.needs_second_person(true, 1));
        assert!(DecisionKind::Readmit.needs_second_person(true, 1));
        // It stays, and waits for somebody else.
        assert!(!DecisionKind::Return.needs_second_person(true, 100));
    }

    #[test]
    fn what_a_party_writes_for_a_code_is_kept_and_no_date_batch_dose_or_empty_cell() {
        let unknown = [
            (Column::Vaccin, Code::V11),
            (Column::HpkCode, Code::V12),
            (Column::Doelgroep, Code::V42),
            (Column::Leeftijdsgroep, Code::T02),
            (Column::Vaccinatieland, Code::V40),
        ];
        for column in Column::ALL {
            let code = unknown.iter().find(|(one, _)| *one == column);
            let by = code.map_or(Code::V26, |(_, code)| *code);
            let kept = DecisionKind::Map.is_kept(by, Some(column), "iets");
            assert_eq!(kept, code.is_some() && is_code(column), "{column:?}");
            assert!(!DecisionKind::Map.is_kept(by, Some(column), " "));
            assert!(!DecisionKind::Reject.is_kept(by, Some(column), "iets"));
            assert!(!DecisionKind::Link.is_kept(by, Some(column), "iets"));
        }
        let beside = DecisionKind::Map.is_kept(Code::V13, Some(Column::HpkCode), "2924528");
        assert!(!beside, "a code of another product than the name says");
    }

    #[test]
    fn values_of_a_code_list_are_the_same_whatever_their_case_and_spaces() {
        for (column, one, other) in [
            (Column::Vaccin, "Pfizer NL groot", "PFIZER nl-groot"),
            (Column::Vaccin, "EU/1/20/1528/001", "eu/1/20/1528"),
            (Column::Doelgroep, "Bewoner VVT", " bewoner  vvt"),
            (Column::HpkCode, "123 4567", "123  4567 "),
        ] {
            assert_eq!(folded(column, one), folded(column, other), "{column:?}");
        }
        for (column, one, other) in [
            (Column::Vaccin, "???", "!!!"),
            (Column::Doelgroep, "A_B", "A-B"),
            (Column::Batchnummer, "ab1", "AB1"),
        ] {
            assert_ne!(folded(column, one), folded(column, other), "{column:?}");
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
    fn only_what_was_not_matched_or_has_no_true_bsn_is_linked() {
        let may: Vec<Code> = Code::ALL
            .iter()
            .copied()
            .filter(|code| may_link(*code))
            .collect();
        assert_eq!(may, [Code::B10, Code::B14, Code::P03]);
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
        assert_eq!(last_overdue(date!(2026 - 12 - 01)), monday);
        assert_eq!(last_overdue(date!(2026 - 11 - 30)), date!(2026 - 11 - 22));
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
    fn what_a_sender_is_told_is_a_short_sentence_of_our_own() {
        for told in Told::ALL {
            assert_eq!(Told::parse(told.as_str()), Some(told));
            for lang in [Lang::Nl, Lang::En] {
                let sentence = told.sentence(lang);
                assert!(sentence.ends_with('.') && sentence.split(' ').count() <= 20);
            }
        }
        assert_eq!(Told::parse("Mevrouw De Boer belde"), None);
    }

    #[test]
    fn names_are_read_as_written() {
        for kind in DecisionKind::ALL {
            assert_eq!(DecisionKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(DecisionKind::parse("surprise"), None);
    }
}

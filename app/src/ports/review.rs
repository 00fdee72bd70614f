//! RIVM looks at refused and for-review rows of all parties (features F44-F55; a first page of it).

use super::BrpAge;
use super::decisions::LinkedBy;
use super::deliveries::QualityView;
#[cfg(feature = "ssr")]
use super::{Caller, Page, PortResult};
use domain::delivery::{Channel, RowOutcome};
use domain::finding::{Code, Finding};
use domain::matching::Match;
use domain::row::{Column, RowText};
use domain::suggestion::SuggestionKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Filter, in the URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReviewFilter {
    /// Code of a party.
    pub partij: Option<String>,
    /// Rule code that makes the row wait.
    pub code: Option<Code>,
    /// Channel.
    pub kanaal: Option<Channel>,
    /// AFGEKEURD or TE_CONTROLEREN.
    pub uitkomst: Option<RowOutcome>,
    /// Column it is about.
    pub kolom: Option<Column>,
    /// Waits longer than this.
    pub dagen: Option<Age>,
    /// On whose list it is.
    pub bij: Option<With>,
    /// Words: a party, a rule, a column, or a value that rows share. Nothing of a person.
    pub zoek: Option<String>,
    /// Where the page before ended.
    pub na: Option<String>,
}

/// How long rows wait at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Age {
    /// More than a day.
    Day,
    /// More than a week.
    Week,
    /// More than four weeks.
    Month,
}

impl Age {
    /// Every age.
    pub const ALL: [Self; 3] = [Self::Day, Self::Week, Self::Month];

    /// In days; also its name in the address.
    #[must_use]
    pub const fn days(self) -> u8 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 28,
        }
    }

    /// Reads the number of days.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|age| age.days().to_string() == text)
    }
}

/// On whose list rows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum With {
    /// Of who asks.
    Me,
    /// Of nobody.
    Nobody,
    /// Of this colleague.
    Colleague(Uuid),
}

impl With {
    /// Reads the word in the address: `mij`, `niemand`, or the key of a colleague.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "mij" => Some(Self::Me),
            "niemand" => Some(Self::Nobody),
            other => other.parse().ok().map(Self::Colleague),
        }
    }

    /// The word in the address.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Me => "mij".to_owned(),
            Self::Nobody => "niemand".to_owned(),
            Self::Colleague(id) => id.to_string(),
        }
    }
}

/// Somebody who reviews, with their list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reviewer {
    /// Key.
    pub id: Uuid,
    /// Name.
    pub name: String,
    /// Rows on their list that wait.
    pub rows: u32,
    /// It is who asks.
    pub me: bool,
}

/// A page of the queue.
#[derive(Clone, Serialize, Deserialize)]
pub struct Queue {
    /// Rows, newest first.
    pub items: Vec<ReviewLine>,
    /// Rows under this filter.
    pub total: u64,
    /// There are more: only so many were counted.
    pub or_more: bool,
    /// Where the next page begins, when there is one.
    pub next: Option<String>,
}

/// A line of the list. No person data.
#[derive(Clone, Serialize, Deserialize)]
pub struct ReviewLine {
    /// Key of the row.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Channel.
    pub channel: Channel,
    /// Row number in its delivery.
    pub row: u32,
    /// Outcome.
    pub outcome: RowOutcome,
    /// Findings.
    pub findings: Vec<Finding>,
    /// "22-11-2026 14:05".
    pub received: String,
    /// It waits for RIVM longer than [`domain::decision::ANSWER_WITHIN`] working days.
    pub overdue: bool,
    /// Name of the reviewer on whose list it is; only in the list.
    pub assignee: Option<String>,
    /// Names of colleagues who have it open; only in the list.
    pub open_with: Vec<String>,
}

/// What was probably meant, with the reason why. Nothing is applied by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// What kind.
    pub kind: SuggestionKind,
    /// The column it is about.
    pub column: Column,
    /// What would stand there, where that names no person.
    pub value: Option<String>,
    /// The two digits that changed places, from 1.
    pub places: Option<(u8, u8)>,
    /// Only signs that look alike differ.
    pub look_alike: bool,
    /// How often the batch was given in the days around.
    pub used: u32,
    /// How often this kind was right, of how many that got an answer.
    pub record: (u32, u32),
}

/// An opened row (audited).
#[derive(Clone, Serialize, Deserialize)]
pub struct ReviewView {
    /// It waits for RIVM.
    pub waits: bool,
    /// The line of the list.
    pub line: ReviewLine,
    /// What was delivered.
    pub row: RowText,
    /// Delivery it came with.
    pub delivery: Uuid,
    /// Name of its file, if it came in one.
    pub file: Option<String>,
    /// Why the sender went on although not matchable.
    pub reason: Option<String>,
    /// It is in the register: it can be held against what else is known.
    pub stored: bool,
    /// Colleagues who have it open too.
    pub also_open: Vec<String>,
    /// On whose list it is.
    pub assignee: Option<Uuid>,
    /// What was probably meant, the likeliest of a kind first.
    pub suggestions: Vec<Suggestion>,
    /// It waits because its person was not found in the BRP, or its BSN is none: somebody may link it.
    pub may_link: bool,
    /// Who found its person, when its sender did not say who it is.
    pub linked: Option<LinkedBy>,
    /// What the match with the BRP came to, which only RIVM sees.
    pub matched: Option<Match>,
    /// The copy of the BRP as it is now.
    pub brp: BrpAge,
}

/// What a party delivered in the last four weeks, and what of it waits.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct PartyNumbers {
    /// Key.
    pub id: Uuid,
    /// Its name.
    pub party: String,
    /// Rows that wait for RIVM, of any age.
    pub open: u32,
    /// Rows delivered.
    pub rows: u32,
    /// Rows of those that are refused now.
    pub refused: u32,
    /// Rows of the four weeks before that, and of those what is refused now.
    pub before: (u32, u32),
    /// The codes that most of its rows wait for, three at most.
    pub causes: Vec<Code>,
}

/// How good what one party delivers is, as it sees that itself.
#[derive(Clone, Serialize, Deserialize)]
pub struct PartyQuality {
    /// Its name.
    pub party: String,
    /// Rows that wait for RIVM, of any age.
    pub open: u32,
    /// Week by week, and why rows are refused.
    pub view: QualityView,
}

/// What solved waiting rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SolvedBy {
    /// Their sender mended them.
    Sender,
    /// RIVM put another value in place, for a whole group.
    Mapping,
    /// A suggestion had it right.
    Suggestion,
    /// RIVM accepted or rejected them, or corrected what they said at a request.
    Rivm,
}

impl SolvedBy {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Sender, Self::Mapping, Self::Suggestion, Self::Rivm];

    /// The name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sender => "sender",
            Self::Mapping => "mapping",
            Self::Suggestion => "suggestion",
            Self::Rivm => "rivm",
        }
    }
}

/// Rows that were solved in the last four weeks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solved {
    /// By what.
    pub by: SolvedBy,
    /// How many.
    pub rows: u32,
    /// Half of them took no longer, from their arrival; minutes.
    pub median: u32,
}

/// Numbers of the work (features F54). No person data.
#[derive(Clone, Default, Serialize, Deserialize)]
pub struct ReviewNumbers {
    /// Rows that wait: up to a day, up to a week, up to four weeks, longer.
    pub ages: [u32; 4],
    /// By code, the most first.
    pub codes: Vec<(Code, u32)>,
    /// The parties with the most waiting rows.
    pub parties: Vec<PartyNumbers>,
    /// What was solved, the most first.
    pub solved: Vec<Solved>,
}

/// Review (roles RIVM-beoordelaar, RIVM-beheer).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Review: Send + Sync {
    /// Newest first.
    async fn rows(&self, caller: &Caller, filter: ReviewFilter) -> PortResult<Queue>;
    /// Opens one.
    async fn row(&self, caller: &Caller, id: Uuid) -> PortResult<ReviewView>;
    /// The row that waits after this one under a filter; `None` at the end.
    async fn next_row(
        &self,
        caller: &Caller,
        after: Uuid,
        filter: ReviewFilter,
    ) -> PortResult<Option<Uuid>>;
    /// Who can have rows on their list, by name.
    async fn reviewers(&self, caller: &Caller) -> PortResult<Vec<Reviewer>>;
    /// Puts a waiting row, or all rows of its group, on somebody's list, or takes them off. Answers how many.
    async fn assign(
        &self,
        caller: &Caller,
        row: Uuid,
        whole_group: bool,
        to: Option<Uuid>,
    ) -> PortResult<u32>;
    /// How much waits, how long, of whom and why.
    async fn numbers(&self, caller: &Caller) -> PortResult<ReviewNumbers>;
    /// How good what each party delivers is, the most refused rows first; of which the name or code has this text.
    async fn qualities(
        &self,
        caller: &Caller,
        search: String,
        page: u32,
    ) -> PortResult<Page<PartyNumbers>>;
    /// How good what one party delivers is, as it sees that itself.
    async fn quality_of(&self, caller: &Caller, party: Uuid) -> PortResult<PartyQuality>;
}

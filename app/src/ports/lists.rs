//! Managed code lists: what stands in them, what somebody wants changed, and what a second person says (features F88, F-X4;
//! security G18). No person data.

use super::Page;
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::codes::AgeBounds;
use domain::lists::{Entry, Fault, ListKind};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChangeState {
    /// Prepared, not asked for.
    Draft,
    /// Waits for a second person.
    Asked,
    /// The second person said no.
    Rejected,
    /// Who asked took it back.
    CalledBack,
    /// Agreed, and not in the list yet.
    Agreed,
    /// In the list; what waits is being looked at.
    Applied,
    /// In the list, and all that waited was looked at.
    Done,
}

impl ChangeState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Draft,
        Self::Asked,
        Self::Rejected,
        Self::CalledBack,
        Self::Agreed,
        Self::Applied,
        Self::Done,
    ];

    /// The name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Asked => "asked",
            Self::Rejected => "rejected",
            Self::CalledBack => "called_back",
            Self::Agreed => "agreed",
            Self::Applied => "applied",
            Self::Done => "done",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// A line of the list of changes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ChangeLine {
    /// Key.
    pub id: Uuid,
    /// The list.
    pub kind: ListKind,
    /// Items.
    pub items: u32,
    /// Key of the first.
    pub first: String,
    /// Where it stands.
    pub state: ChangeState,
    /// From which day: "29-11-2026".
    pub from: String,
    /// Who asked.
    pub asked_by: String,
    /// When: "22-11-2026 14:05".
    pub asked_at: String,
}

/// The front page of the lists.
#[derive(Clone, Serialize, Deserialize)]
pub struct ListsView {
    /// Entries that stand in each list.
    pub counts: Vec<(ListKind, u32)>,
    /// Changes, those that wait first.
    pub changes: Page<ChangeLine>,
}

/// One entry of a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct EntryLine {
    /// Batch number, name, code, or name of the product.
    pub key: String,
    /// Name of the product.
    pub product: String,
    /// What the list says.
    pub entry: Entry,
    /// Since when: "01-01-2021".
    pub from: Option<String>,
    /// Its last day, once it ended.
    pub until: Option<String>,
    /// The change that put it there; none is the first list.
    pub change: Option<Uuid>,
}

/// A page of a list.
#[derive(Clone, Serialize, Deserialize)]
pub struct EntriesView {
    /// Products to choose from.
    pub products: Vec<String>,
    /// Ages of the groups of counts without consent.
    pub ages: AgeBounds,
    /// Entries.
    pub entries: Page<EntryLine>,
}

/// What was asked for about an entry, and what came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PastLine {
    /// The change.
    pub change: Uuid,
    /// Where it stands.
    pub state: ChangeState,
    /// What the list said.
    pub before: Option<Entry>,
    /// What it was to say.
    pub after: Entry,
    /// From which day.
    pub from: String,
    /// Who asked.
    pub asked_by: String,
    /// When.
    pub asked_at: String,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<String>,
}

/// An entry with its history.
#[derive(Clone, Serialize, Deserialize)]
pub struct EntryView {
    /// The entry.
    pub line: EntryLine,
    /// All that was asked for, the newest first.
    pub history: Vec<PastLine>,
}

/// A batch that no list has, or that was given once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SuspectLine {
    /// Number.
    pub batch: String,
    /// Name of the product.
    pub product: String,
    /// It is in the list.
    pub listed: bool,
    /// Vaccinations and waiting rows with it.
    pub times: u32,
    /// There are more than were counted.
    pub more: bool,
    /// The first parties that reported it.
    pub parties: Vec<String>,
    /// First and last day.
    pub days: (String, String),
    /// The known batch that is nearest.
    pub near: Option<String>,
}

/// A change that somebody wants in one entry, as typed.
#[derive(Debug, Clone)]
pub struct Wish {
    /// The list.
    pub kind: ListKind,
    /// The entry.
    pub typed: domain::lists::Typed,
    /// From which day.
    pub from: String,
    /// Where it comes from.
    pub source: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proposed {
    /// It is prepared, under this key.
    Made(Uuid),
    /// What is wrong with it.
    Wrong(Vec<Fault>),
}

/// What came of an imported list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It is prepared, under this key; also when no line was good, to show what is wrong.
    Made(Uuid),
    /// What is wrong with the form.
    Wrong(Vec<Fault>),
    /// There is no file, or nothing in it.
    Empty,
    /// The header lacks this column.
    Lacks(&'static str),
    /// The header has a column twice, or one that we do not know.
    Odd,
    /// More lines than are taken.
    Long,
    /// Its cells cannot be told apart.
    Broken,
}

/// A line of a file that was not taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WrongLine {
    /// Its number in the file.
    pub line: u32,
    /// What is wrong.
    pub faults: Vec<Fault>,
}

/// One item of a change.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ItemLine {
    /// Batch number, name, code, or name of the product.
    pub key: String,
    /// Name of the product.
    pub product: String,
    /// What the list said.
    pub before: Option<Entry>,
    /// What it is to say.
    pub after: Entry,
}

/// What a change would do to rows that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WouldRelease {
    /// Rows that were looked at.
    pub looked_at: u32,
    /// They would be accepted.
    pub accepted: u32,
    /// They are refused, and would wait for RIVM.
    pub to_review: u32,
    /// There are more than were looked at.
    pub more: bool,
}

/// What the caller may do about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum MayChange {
    /// Ask for it.
    Ask,
    /// Agree or say no.
    Agree,
    /// Take it back.
    CallBack,
    /// Nothing.
    Look,
}

/// An opened change.
#[derive(Clone, Serialize, Deserialize)]
pub struct ChangeView {
    /// The line of the list.
    pub line: ChangeLine,
    /// Where it comes from.
    pub source: String,
    /// Lines of the file it was read from.
    pub lines: Option<u32>,
    /// Of those, what the list said already.
    pub unchanged: u32,
    /// Of those, what was not taken.
    pub wrong: Vec<WrongLine>,
    /// Items, the first of them when they are many.
    pub items: Vec<ItemLine>,
    /// Who decided.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<String>,
    /// What it would do, as long as it is open.
    pub foreseen: Option<WouldRelease>,
    /// What it did: rows accepted, and rows that were refused and wait for RIVM.
    pub released: (u32, u32),
    /// What the caller may do.
    pub may: MayChange,
}

/// What came of asking or agreeing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListAgreed {
    /// It goes into the list.
    Going,
    /// It waits for a second person.
    Waiting,
    /// The second person must be somebody else.
    SamePerson,
    /// Somebody else agreed before, did not agree, or took it back.
    Before,
    /// Another change of the same entry is open.
    Other,
    /// The list says something else than when it was proposed.
    Stale,
}

/// A change that waits for a second person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WaitingChange {
    /// Key.
    pub id: Uuid,
    /// The list.
    pub kind: ListKind,
    /// Items.
    pub items: u32,
    /// Who asked.
    pub asked_by: String,
    /// "22-11-2026 14:05".
    pub asked_at: String,
}

/// Code lists (read by RIVM-beoordelaar and RIVM-beheer, managed by RIVM-beheer).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Lists: Send + Sync {
    /// The lists, and what was changed in them.
    async fn lists(&self, caller: &Caller, page: u32) -> PortResult<ListsView>;
    /// Entries of a list whose key or product contains a text.
    async fn entries(
        &self,
        caller: &Caller,
        kind: ListKind,
        search: String,
        page: u32,
    ) -> PortResult<EntriesView>;
    /// One entry, by its key and the name of its product.
    async fn entry(
        &self,
        caller: &Caller,
        kind: ListKind,
        key: String,
        product: String,
    ) -> PortResult<EntryView>;
    /// Batches that no list has, or that were given once.
    async fn suspects(&self, caller: &Caller, page: u32) -> PortResult<Page<SuspectLine>>;
    /// Prepares a change of one entry.
    async fn propose_entry(&self, caller: &Caller, wish: Wish) -> PortResult<Proposed>;
    /// Prepares what a release list says, as one change.
    async fn import_list(
        &self,
        caller: &Caller,
        content: Vec<u8>,
        from: String,
        source: String,
    ) -> PortResult<Imported>;
    /// A change, with what it would do.
    async fn list_change(&self, caller: &Caller, id: Uuid) -> PortResult<ChangeView>;
    /// Who prepared it asks for it, or the second person agrees. Twice: once.
    async fn agree_list(&self, caller: &Caller, id: Uuid) -> PortResult<ListAgreed>;
    /// The second person says no, or who asked takes it back.
    async fn drop_list(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
}

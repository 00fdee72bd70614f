//! Uploading a file, its preview, its result, and the history of deliveries (features F13-F26).
//!
//! The bytes themselves come in through a plain multipart route of the server (`POST /aanleveren`),
//! which answers 303 to the page of the delivery.

use super::Wait;
#[cfg(feature = "ssr")]
use super::{Caller, Page, PortResult};
use domain::decision::Told;
use domain::delivery::{Channel, Counts, FileOutcome};
use domain::finding::{Code, Finding};
use domain::row::{Column, RowText};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// Received, waiting for a worker.
    Received,
    /// Being read and checked.
    Checking,
    /// Checked; nothing stored in the register until "Indienen".
    Preview,
    /// "Indienen" pressed, being stored.
    Storing,
    /// Ended with an outcome.
    Done,
    /// Parked, waiting for RIVM.
    Parked,
    /// It never counted: see [`Discarded`].
    Discarded,
    /// Being withdrawn as a whole.
    Withdrawing,
    /// Withdrawn as a whole.
    Withdrawn,
    /// The withdrawal is being undone.
    Restoring,
}

/// Why a delivery never counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Discarded {
    /// Somebody of the institution threw the preview away.
    Thrown,
    /// Nobody submitted the preview in time.
    Expired,
    /// RIVM did not let it go on.
    ByRivm,
}

/// A line of the upload history.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeliveryLine {
    /// Key.
    pub id: Uuid,
    /// File name as given (shown to its own party only).
    pub file_name: String,
    /// How it came in.
    pub channel: Channel,
    /// "22-11-2026 14:05".
    pub received: String,
    /// Who.
    pub received_by: String,
    /// Where it stands.
    pub phase: Phase,
    /// Outcome when done.
    pub outcome: Option<FileOutcome>,
    /// Rows per outcome.
    pub counts: Counts,
}

/// Findings with the same code and column, as the table "fout · wat te doen · regels".
#[derive(Clone, Serialize, Deserialize)]
pub struct FindingGroup {
    /// A finding of the group (its message is that of all).
    pub finding: Finding,
    /// Which rows.
    pub rows: RowRanges,
    /// Number of rows.
    pub count: u32,
}

/// Repairs of one kind.
#[derive(Clone, Serialize, Deserialize)]
pub struct RepairGroup {
    /// H-code as text.
    pub code: String,
    /// Column.
    pub column: Column,
    /// Number of values.
    pub count: u32,
    /// Up to three examples: row, before, after (shown to the sender only).
    pub examples: Vec<(u32, String, String)>,
}

/// A repaired value (shown to its own party only).
#[derive(Clone, Serialize, Deserialize)]
pub struct RepairedValue {
    /// Number of its row.
    pub row: u32,
    /// As delivered.
    pub before: String,
    /// As repaired.
    pub after: String,
}

/// How a row stood before somebody changed it (shown to its own party only).
#[derive(Clone, Serialize, Deserialize)]
pub struct EarlierReading {
    /// Until when: "22-11-2026 14:05".
    pub until: String,
    /// What it said.
    pub row: RowText,
    /// What was repaired of that: kind, column, before, after.
    pub repairs: Vec<(Code, Column, String, String)>,
}

/// Row numbers as ranges, "4, 9-31": so many as somebody reads.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowRanges {
    /// The first ones.
    pub first: String,
    /// Rows that are not in them.
    pub more: u32,
}

/// Rows that change as much for their persons: "1 van 2 → 2 van 2" (features F-X5).
#[derive(Clone, Serialize, Deserialize)]
pub struct DosesGroup {
    /// Doses of the person that this party reports without the row.
    pub before: u16,
    /// And with it.
    pub after: u16,
    /// Doses of the first series of the product.
    pub series: Option<u8>,
    /// More than the series has, and than the row says: registered twice?
    pub above: bool,
    /// Which rows.
    pub rows: RowRanges,
    /// Number of rows.
    pub count: u32,
}

/// Rows about what the party itself registered before, or delivers twice.
#[derive(Clone, Serialize, Deserialize)]
pub struct DoublesGroup {
    /// They say something else than what is known (rules D04, D05); else there is nothing new in them.
    pub differ: bool,
    /// Which rows.
    pub rows: RowRanges,
    /// Number of rows.
    pub count: u32,
}

/// Rows that RIVM refused for good, for one reason.
#[derive(Clone, Serialize, Deserialize)]
pub struct RejectedGroup {
    /// Why.
    pub told: Told,
    /// Which rows.
    pub rows: RowRanges,
    /// Number of rows.
    pub count: u32,
}

/// How long the raw file stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RawFile {
    /// Wiped on this day, "22-12-2026".
    Until(String),
    /// Wiped, "22-12-2026 03:10".
    Gone(String),
    /// There never was one, or it is not known when it went.
    None,
}

/// The page of a delivery: preview or result.
#[derive(Clone, Serialize, Deserialize)]
pub struct DeliveryView {
    /// The line of the list.
    pub line: DeliveryLine,
    /// Rows read so far and in all (0 when not known yet).
    pub progress: (u32, u32),
    /// "Gelezen als CSV met puntkomma, Windows-1252, kopregel 5".
    pub read_as: String,
    /// Rows skipped as empty.
    pub skipped: u32,
    /// Rows skipped because the sender has hidden them.
    pub hidden: u32,
    /// The sender takes hidden rows along.
    pub with_hidden: bool,
    /// Sheets to choose from, with their number; none when there is no choice (rule A16).
    pub sheets: Vec<(u32, String)>,
    /// The number of the sheet that was chosen.
    pub sheet: Option<u32>,
    /// Findings about the file.
    pub file_findings: Vec<Finding>,
    /// Findings about rows, grouped, worst first; all of them.
    pub groups: Vec<FindingGroup>,
    /// Repairs, grouped.
    pub repairs: Vec<RepairGroup>,
    /// The delivery this one doubles, when DUBBEL.
    pub doubles: Option<Uuid>,
    /// That one is not submitted yet: nothing of either is stored.
    pub doubles_waits: bool,
    /// Deliveries whose refused rows this one mended: key and file name.
    pub mends: Vec<(Uuid, String)>,
    /// Deliveries that mended refused rows of this one.
    pub mended_by: Vec<(Uuid, String)>,
    /// Waits for "Indienen".
    pub may_submit: bool,
    /// What the rows do for their persons, among the party's own registrations.
    pub doses: Vec<DosesGroup>,
    /// Rows that are doubles among them.
    pub own_doubles: Vec<DoublesGroup>,
    /// Rows that RIVM refused for good.
    pub rejected: Vec<RejectedGroup>,
    /// Repairs that the sender switched off: H codes.
    pub repairs_off: Vec<String>,
    /// Repairs can be switched: a preview whose file is still there.
    pub may_switch: bool,
    /// The raw file (features F26).
    pub raw_file: RawFile,
    /// When the privacycoördinator let it go, when it waited for that: "22-11-2026 14:05". Who that was stays at RIVM.
    pub let_go: Option<String>,
    /// Why it never counted, when it was discarded.
    pub discarded: Option<Discarded>,
    /// Its receipt can be fetched.
    pub has_receipt: bool,
    /// Accepted rows that withdrew a registration, of a delivery that ended.
    pub withdrawals: u32,
}

impl DeliveryView {
    /// Refused rows that its sender may mend: those that RIVM refused for good aside.
    #[must_use]
    pub fn mendable(&self) -> u32 {
        let rejected: u32 = self.rejected.iter().map(|group| group.count).sum();
        self.line.counts.afgekeurd.saturating_sub(rejected)
    }
}

/// A refused row to mend (shown to its own party only).
#[derive(Clone, Serialize, Deserialize)]
pub struct RefusedRow {
    /// Number as the sender sees it.
    pub number: u32,
    /// The row as it stands now: posted back, so that a change by somebody else is noticed.
    pub seen: Uuid,
    /// Its cells.
    pub row: RowText,
    /// What is wrong.
    pub findings: Vec<Finding>,
    /// What RIVM said when it sent the row back.
    pub message: Option<String>,
    /// What the caller typed before and was not judged, when that is shown in the cells.
    pub kept: Option<Kept>,
    /// Columns whose wrong value stands in other refused rows too, and in how many; of so many rows that these are not
    /// counted, every wrong one. Never what names a person.
    pub shared: Vec<(Column, Option<u32>)>,
}

/// A row that RIVM sent back to the own party, and that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnedRow {
    /// Its delivery.
    pub delivery: Uuid,
    /// Name of the file; `None` of what was typed in the portal.
    pub file: Option<String>,
    /// Number as the sender sees it.
    pub row: u32,
    /// Its registration, when it is in the register; else it was refused.
    pub registration: Option<Uuid>,
    /// What RIVM asks.
    pub message: String,
    /// When it went back: "22-11-2026 14:05".
    pub since: String,
}

/// The refused rows of a delivery, a page of them.
#[derive(Clone, Serialize, Deserialize)]
pub struct RefusedList {
    /// How the delivery came in: some rules depend on it.
    pub channel: Channel,
    /// Nothing is stored before "Indienen".
    pub preview: bool,
    /// The rows, in their order.
    pub rows: super::Page<RefusedRow>,
}

/// One refused row on its own page.
#[derive(Clone, Serialize, Deserialize)]
pub struct RefusedView {
    /// The row.
    pub line: RefusedRow,
    /// How it stood before, newest first.
    pub earlier: Vec<EarlierReading>,
    /// Why the sender goes on although not matchable, as typed.
    pub reason: String,
    /// Refused rows of the delivery, this one included.
    pub left: u32,
    /// The next refused row after this one, or the first.
    pub next: Option<u32>,
    /// Nothing is stored before "Indienen".
    pub preview: bool,
}

/// Why typed cells of a row were kept without judging them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    /// No more may be asked of the BRP now.
    Waits,
    /// Somebody else changed the row meanwhile.
    Changed,
    /// The session had ended.
    LoggedOut,
}

/// A mended row as it was posted.
#[derive(Clone, Default)]
pub struct MendedRow {
    /// Number of the row.
    pub number: u32,
    /// The row as it stood on the form.
    pub seen: Uuid,
    /// Cells as typed; the others stay as they stand.
    pub cells: Vec<(Column, String)>,
    /// Why the sender goes on although not matchable; `None` leaves it as it stands.
    pub reason: Option<String>,
    /// The same change in every refused row with the same wrong value.
    pub everywhere: bool,
    /// Judged anew although nothing was typed: what it is held against may have changed.
    pub anyway: bool,
}

/// What came of mended rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MendAnswer {
    /// Posted rows that are refused no more.
    pub good: u32,
    /// Posted rows that are judged anew and still refused, by what their page shows.
    pub refused: u32,
    /// Posted rows that somebody else had mended meanwhile.
    pub right_already: u32,
    /// Rows that were not judged: what was typed is kept in this draft, for the page to show.
    pub kept: Option<Uuid>,
    /// Nothing was judged: nobody approves any more that the party delivers so.
    pub not_approved: bool,
    /// Some of those wait because no more may be asked of the BRP now.
    pub wait: Option<Wait>,
}

/// What a row would come to if it were sent as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreseen {
    /// Number of the row.
    pub number: u32,
    /// It would be refused no more.
    pub good: bool,
    /// What would be wrong.
    pub findings: Vec<Finding>,
}

/// What was delivered in a week. No person data.
#[derive(Clone, Serialize, Deserialize)]
pub struct QualityWeek {
    /// Its Monday: "22-11-2026".
    pub monday: String,
    /// Rows.
    pub rows: u32,
    /// Rows that are refused now.
    pub refused: u32,
}

/// How good what a party delivers is.
#[derive(Clone, Serialize, Deserialize)]
pub struct QualityView {
    /// The last weeks, the oldest first, those without rows too; none when nothing was delivered in any.
    pub weeks: Vec<QualityWeek>,
    /// Why rows are refused, the most first.
    pub causes: Vec<(Code, u32)>,
}

/// Deliveries (roles invoerder, instellingsbeheerder).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Deliveries: Send + Sync {
    /// History of the own party, newest first.
    async fn list(&self, caller: &Caller, page: u32) -> PortResult<Page<DeliveryLine>>;
    /// How good what the own party delivers is.
    async fn quality(&self, caller: &Caller) -> PortResult<QualityView>;
    /// Rows of the own party that RIVM sent back and that wait, the oldest first.
    async fn returned(&self, caller: &Caller, page: u32) -> PortResult<Page<ReturnedRow>>;
    /// One delivery.
    async fn delivery(&self, caller: &Caller, id: Uuid) -> PortResult<DeliveryView>;
    /// All values of one kind of repair in a column.
    async fn repaired(
        &self,
        caller: &Caller,
        id: Uuid,
        code: Code,
        column: Column,
        page: u32,
    ) -> PortResult<Page<RepairedValue>>;
    /// "Indienen": store what the preview showed. Twice: once.
    async fn submit(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
    /// "Alles of niets": stores only when no row is refused; `false` when one is, and nothing changed.
    async fn submit_whole(&self, caller: &Caller, id: Uuid) -> PortResult<bool>;
    /// Switches a kind of repair (H code) off or on; the preview is made anew.
    async fn switch_repair(
        &self,
        caller: &Caller,
        id: Uuid,
        code: String,
        on: bool,
    ) -> PortResult<()>;
    /// Reads this sheet of the workbook (rule A16); the preview is made anew.
    async fn choose_sheet(&self, caller: &Caller, id: Uuid, sheet: u32) -> PortResult<()>;
    /// Takes hidden rows along, or leaves them out again; the preview is made anew.
    async fn take_hidden(&self, caller: &Caller, id: Uuid, on: bool) -> PortResult<()>;
    /// Refused rows that can be mended; with a draft, what was typed stands in their cells.
    async fn refused(
        &self,
        caller: &Caller,
        id: Uuid,
        page: u32,
        draft: Option<Uuid>,
    ) -> PortResult<RefusedList>;
    /// One of them, likewise.
    async fn refused_row(
        &self,
        caller: &Caller,
        id: Uuid,
        number: u32,
        draft: Option<Uuid>,
    ) -> PortResult<RefusedView>;
    /// Judges mended rows in the place of the refused ones, all in one go; `draft` filled the form, if one did.
    async fn mend(
        &self,
        caller: &Caller,
        id: Uuid,
        rows: Vec<MendedRow>,
        draft: Option<Uuid>,
    ) -> PortResult<MendAnswer>;
    /// What [`Deliveries::mend`] would come to; changes nothing.
    async fn foresee(
        &self,
        caller: &Caller,
        id: Uuid,
        rows: Vec<MendedRow>,
    ) -> PortResult<Vec<Foreseen>>;
    /// Throws a preview away.
    async fn discard(&self, caller: &Caller, id: Uuid) -> PortResult<()>;
}

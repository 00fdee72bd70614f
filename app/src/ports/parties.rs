//! Approval of delivering parties: RIVM-beheer asks for a connection, the privacycoördinator decides, and deliveries
//! without one wait (features F79-F81, F-X10; security G18).

use super::BrpAge;
use super::Page;
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::connection::{ConnectionState, ConnectionStep, PartyStatus};
use domain::delivery::trial::Demand;
use domain::delivery::{Channel, FileOutcome};
use domain::finding::{Code, Finding};
use domain::row::Column;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A connection: a party, perhaps one in between, a channel.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ConnectionView {
    /// Key.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// The way its deliveries come.
    pub channel: Channel,
    /// Where it is.
    pub state: ConnectionState,
    /// What the data is used for.
    pub purpose: String,
    /// Columns of the format that may stand in its files, in the order of the format.
    pub standard: Vec<Column>,
    /// Columns besides those.
    pub columns: Vec<String>,
    /// Columns asked for besides.
    pub wanted: Vec<String>,
    /// What it is asked to be used for instead.
    pub wanted_purpose: Option<String>,
    /// Who asked, when somebody did.
    pub asked_by: Option<String>,
    /// "22-11-2026 14:05".
    pub asked_at: String,
    /// Who decided last.
    pub decided_by: Option<String>,
    /// When.
    pub decided_at: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What this person may decide now.
    pub may: Vec<ConnectionStep>,
    /// Files of the test lane, the newest first; only of an opened connection.
    pub trials: Vec<TrialView>,
    /// All that happened, the oldest first; only of an opened connection.
    pub history: Vec<StepView>,
    /// The request for its party that it was asked for with; only of an opened connection.
    pub request: Option<Uuid>,
    /// Nobody approved its party yet.
    pub new_party: bool,
    /// Its party in between was asked for with it.
    pub new_between: bool,
    /// Its party, and the one in between, as a whole; only of an opened connection.
    pub standings: Vec<StandingView>,
}

/// A party of a connection as a whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StandingView {
    /// Which of the two.
    pub side: Side,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub status: PartyStatus,
    /// What this person may decide about it now.
    pub may: Vec<ConnectionStep>,
    /// When it was suspended, opened again, ended; the oldest first.
    pub history: Vec<StepView>,
}

/// One of the parties of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Side {
    /// Who delivers.
    Party,
    /// Who runs the installation.
    Between,
}

impl Side {
    /// The word in a form and an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Party => "partij",
            Self::Between => "tussenpartij",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Party, Self::Between]
            .into_iter()
            .find(|side| side.as_str() == text)
    }
}

/// Something that happened to a connection.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepView {
    /// "22-11-2026 14:05".
    pub at: String,
    /// What was decided; none when it was asked for.
    pub step: Option<ConnectionStep>,
    /// Who.
    pub by: Option<String>,
    /// Columns it was about.
    pub columns: Vec<String>,
    /// The purpose it was about.
    pub purpose: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Deliveries that waited and went on by it.
    pub let_go: u32,
}

/// A file of the test lane. No value of a row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrialView {
    /// When it ended: "22-11-2026 14:05".
    pub at: String,
    /// Its outcome.
    pub outcome: FileOutcome,
    /// Rows.
    pub rows: u32,
    /// Refused.
    pub refused: u32,
    /// What an approval asks for, and whether it shows that.
    pub demands: Vec<(Demand, bool)>,
    /// Rows by rule code, the most first.
    pub codes: Vec<(Code, u32)>,
    /// What was found about the file as a whole.
    pub findings: Vec<Finding>,
    /// Its columns that the connection was not asked for; only of an opened connection.
    pub outside: Vec<String>,
}

impl TrialView {
    /// It shows all that an approval asks for.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.demands.iter().all(|(_, shown)| *shown)
    }
}

impl ConnectionView {
    /// Somebody has to decide.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.state == ConnectionState::Requested
            || !self.wanted.is_empty()
            || self.wanted_purpose.is_some()
    }
}

/// Which connections are listed; as it stands in the address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectionFilter {
    /// Part of the name of the party, or of the one in between.
    pub partij: Option<String>,
    /// Channel.
    pub koppelvlak: Option<Channel>,
    /// State.
    pub stand: Option<ConnectionState>,
}

/// All connections, and whom one can be asked for.
#[derive(Clone, Serialize, Deserialize)]
pub struct ConnectionList {
    /// What waits for a decision first.
    pub connections: Page<ConnectionView>,
    /// Code and name of the parties; empty for who does not ask.
    pub parties: Vec<(String, String)>,
    /// Code and name of the parties in between.
    pub between: Vec<(String, String)>,
}

/// What somebody asks for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Code of the party.
    pub party: String,
    /// Code of the party in between; empty without one.
    pub intermediary: String,
    /// The channel.
    pub channel: Channel,
    /// What the data is used for.
    pub purpose: String,
    /// Names of columns of the format that may not stand in its files; empty for none.
    pub without: String,
}

/// What became of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Done; so many deliveries that waited go on.
    Done(u32),
    /// Done, and with it its party may deliver from now on.
    Welcome,
    /// Who asked cannot decide.
    SamePerson,
    /// Somebody else was first.
    Other,
    /// The newest file of the test lane does not show what is asked for, or there is none.
    NotTried,
}

/// Why a delivery is set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Waits {
    /// The party may not deliver by this channel, or not now.
    Approval,
    /// It has columns nobody approved.
    Columns,
    /// Columns look shifted (rule A15).
    Shifted,
    /// Too few rows matched (rule A20).
    FewMatched,
}

/// A delivery that is set aside. No file name and no row: only what a header tells.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ParkedView {
    /// Key.
    pub id: Uuid,
    /// Name of the party.
    pub party: String,
    /// Name of the party in between.
    pub intermediary: Option<String>,
    /// The way it came.
    pub channel: Channel,
    /// "22-11-2026 14:05".
    pub received: String,
    /// Bytes.
    pub size: u64,
    /// Why it waits.
    pub why: Waits,
    /// Columns besides those of the format.
    pub columns: Vec<String>,
    /// Last row of it that is in the register; 0 when none is.
    pub stored: u32,
    /// The connection that waits for a decision about it.
    pub asked: Option<Uuid>,
    /// This person may ask for the connection or its columns.
    pub may_ask: bool,
    /// This person may let it go.
    pub may_release: bool,
    /// This person may destroy it.
    pub may_destroy: bool,
}

/// What a day brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Came {
    /// A file, or more.
    Yes,
    /// Nothing, on a day that something was expected.
    Missed,
    /// Nothing, and nothing was expected.
    NotExpected,
}

/// Rows of files, and what became of each of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowsBecame {
    /// Read.
    pub read: u64,
    /// In the register.
    pub accepted: u64,
    /// In the register, and RIVM looks at them.
    pub review: u64,
    /// Refused.
    pub refused: u64,
    /// Known already.
    pub double: u64,
    /// Without consent.
    pub counted: u64,
    /// In the register until their delivery was withdrawn.
    pub withdrawn: u64,
}

impl RowsBecame {
    /// Nothing became of them yet: their file is on its way, or waits for somebody.
    #[must_use]
    pub const fn waiting(&self) -> u64 {
        let stored = self.accepted + self.review + self.withdrawn;
        let became = stored + self.refused + self.double + self.counted;
        self.read.saturating_sub(became)
    }

    fn add(&mut self, other: &Self) {
        self.read += other.read;
        self.accepted += other.accepted;
        self.review += other.review;
        self.refused += other.refused;
        self.double += other.double;
        self.counted += other.counted;
        self.withdrawn += other.withdrawn;
    }
}

/// Rows that control files or trailers announced; what came before, or came again, was announced once.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// Announced.
    pub rows: u64,
    /// Of those files read.
    pub read: u64,
    /// Of those, rows of files that were not refused as a whole.
    pub taken: u64,
}

impl Announced {
    /// Not all of it was taken.
    #[must_use]
    pub const fn lacks(&self) -> bool {
        self.rows != self.taken
    }

    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.read += other.read;
        self.taken += other.taken;
    }
}

/// An installation that delivers by SFTP, and what came of it in four weeks.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InstallationView {
    /// Name of the account.
    pub account: String,
    /// As in the names of its files.
    pub installation: String,
    /// Name of the party.
    pub party: String,
    /// Name of who runs it.
    pub intermediary: Option<String>,
    /// "22-11-2026 14:05"; none when nothing came yet.
    pub last: Option<String>,
    /// Nothing came for some working days.
    pub silent: bool,
    /// Numbers of files that are missing, as ranges, however long ago.
    pub gaps: Vec<(u32, u32)>,
    /// Files that are set aside until somebody decides.
    pub parked: u32,
    /// Files that wait for one of those.
    pub held: u32,
    /// Files.
    pub files: u32,
    /// Of those refused as a whole.
    pub refused: u32,
    /// Uploads that never counted.
    pub aborted: u32,
    /// Rows, and what became of them.
    pub rows: RowsBecame,
    /// What control files or trailers announced.
    pub announced: Announced,
    /// The last four weeks, day by day, today at the end.
    pub days: Vec<Came>,
    /// Rows read on each of those days.
    pub volume: Vec<u64>,
    /// A file is expected each working day; else whenever there is something.
    pub daily: bool,
    /// The last file has less than half the rows that are usual.
    pub thin: bool,
}

/// What came of all installations of a supplier, or of an institution that runs its own, in four weeks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupplierTotals {
    /// Its name.
    pub name: String,
    /// Installations.
    pub installations: u32,
    /// Of those silent.
    pub silent: u32,
    /// Files whose numbers are missing.
    pub missing: u64,
    /// Files.
    pub files: u64,
    /// Files that are set aside, and those that wait for one.
    pub waiting: u64,
    /// What control files or trailers announced.
    pub announced: Announced,
    /// Rows, and what became of them.
    pub rows: RowsBecame,
}

impl SupplierTotals {
    /// Of each who runs installations, by name.
    #[must_use]
    pub fn of(installations: &[InstallationView]) -> Vec<Self> {
        let mut all: BTreeMap<&str, Self> = BTreeMap::new();
        for one in installations {
            let name = one.intermediary.as_deref().unwrap_or(&one.party);
            let sum = all.entry(name).or_insert_with(|| Self::none(name));
            let missing = one.gaps.iter();
            let missing = missing.map(|(from, to)| u64::from(to.saturating_sub(*from)) + 1);
            sum.installations += 1;
            sum.silent += u32::from(one.silent);
            sum.missing += missing.sum::<u64>();
            sum.files += u64::from(one.files);
            sum.waiting += u64::from(one.parked) + u64::from(one.held);
            sum.announced.add(&one.announced);
            sum.rows.add(&one.rows);
        }
        all.into_values().collect()
    }

    fn none(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            installations: 0,
            silent: 0,
            missing: 0,
            files: 0,
            waiting: 0,
            announced: Announced::default(),
            rows: RowsBecame::default(),
        }
    }
}

/// Whether everything came: installations, and the copy of the BRP.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CompletenessView {
    /// Every installation that delivers by SFTP.
    pub installations: Vec<InstallationView>,
    /// The copy of the BRP.
    pub brp: BrpAge,
    /// Numbers of its sets that did not come since the last full one, as ranges.
    pub brp_gaps: Vec<(u32, u32)>,
}

impl InstallationView {
    /// Something did not come.
    #[must_use]
    pub const fn lacks(&self) -> bool {
        self.silent || self.thin || self.held > 0 || !self.gaps.is_empty() || self.announced.lacks()
    }
}

/// Approval of parties, and whether what they deliver is complete.
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Parties: Send + Sync {
    /// All connections.
    async fn connections(
        &self,
        caller: &Caller,
        filter: ConnectionFilter,
        page: u32,
    ) -> PortResult<ConnectionList>;

    /// One connection.
    async fn connection(&self, caller: &Caller, id: Uuid) -> PortResult<ConnectionView>;

    /// Asks for a connection; none when it is there or was asked for already.
    async fn ask_connection(&self, caller: &Caller, wish: Wish) -> PortResult<Option<Uuid>>;

    /// Decides about a connection.
    async fn decide_connection(
        &self,
        caller: &Caller,
        id: Uuid,
        step: ConnectionStep,
        reason: String,
    ) -> PortResult<Said>;

    /// Decides about a party of a connection as a whole, with all connections it has.
    async fn decide_party(
        &self,
        caller: &Caller,
        connection: Uuid,
        side: Side,
        step: ConnectionStep,
        reason: String,
    ) -> PortResult<Said>;

    /// Every installation that delivers by SFTP and the copy of the BRP, and whether everything came.
    async fn completeness(&self, caller: &Caller) -> PortResult<CompletenessView>;

    /// The installations that the caller's party runs for others, and whether everything came of them.
    async fn own_installations(&self, caller: &Caller) -> PortResult<Vec<InstallationView>>;

    /// All deliveries that are set aside.
    async fn parked(&self, caller: &Caller) -> PortResult<Vec<ParkedView>>;

    /// One of them.
    async fn parked_delivery(&self, caller: &Caller, id: Uuid) -> PortResult<ParkedView>;

    /// Asks for the connection, or the columns, that a delivery waits for.
    async fn ask_for_parked(&self, caller: &Caller, id: Uuid) -> PortResult<Uuid>;

    /// Lets a delivery go, or destroys it.
    async fn settle_parked(
        &self,
        caller: &Caller,
        id: Uuid,
        release: bool,
        reason: String,
    ) -> PortResult<()>;
}

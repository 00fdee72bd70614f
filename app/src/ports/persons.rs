//! RIVM sees to it that one vaccination counts for each jab: a stored row held against what else is known of the person, a
//! ruling and its undoing, and the record of a person (features F48, F50).

use super::BrpAge;
use super::decisions::RecordChange;
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::decision::DecisionKind;
use domain::delivery::{Channel, RowOutcome};
use domain::finding::Finding;
use domain::row::RowText;
use domain::ruling::RulingKind;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who reported a vaccination.
#[derive(Clone, Serialize, Deserialize)]
pub struct Source {
    /// Name of the party.
    pub party: String,
    /// Channel.
    pub channel: Channel,
    /// When: "22-11-2026 14:05".
    pub received: String,
    /// What it came to.
    pub outcome: RowOutcome,
}

/// A vaccination of a person, with those that were merged into it among its sources.
#[derive(Clone, Serialize, Deserialize)]
pub struct Jab {
    /// Key.
    pub id: Uuid,
    /// Its cells: vaccinatiedatum, vaccin, batchnummer, dosisnummer, vaccinatieland, doelgroep, uitvoerder_agb.
    pub cells: RowText,
    /// In proofs and reports.
    pub counts: bool,
    /// Reports it rests on.
    pub sources: Vec<Source>,
}

/// A row held against what else is known of its person (audited).
#[derive(Clone, Serialize, Deserialize)]
pub struct Comparison {
    /// The row.
    pub row: Uuid,
    /// Number in its delivery.
    pub number: u32,
    /// Name of its party.
    pub party: String,
    /// What was found, as RIVM sees it.
    pub findings: Vec<Finding>,
    /// The person in the register.
    pub person: Uuid,
    /// What the row reports.
    pub this: Jab,
    /// What it is held against.
    pub other: Option<Jab>,
    /// What else it can be held against.
    pub others: Vec<Jab>,
    /// The other one stands: that one of two sources that the configured order puts first.
    pub other_first: bool,
    /// Both can count: they are not of the same day and product.
    pub may_keep: bool,
    /// What the record would say after each ruling that is possible.
    pub records: Vec<(RulingKind, RecordChange)>,
    /// Colleagues who have it open too.
    pub also_open: Vec<String>,
    /// Nobody decided about it yet; else the name of who did, when a person did.
    pub open: Result<(), Option<String>>,
}

/// What a reviewer rules about a row.
#[derive(Clone)]
pub struct NewRuling {
    /// What.
    pub kind: RulingKind,
    /// What it was held against; a merge has one.
    pub other: Option<Uuid>,
    /// Of a merge: the other one counts, not the one of the row.
    pub other_counts: bool,
    /// Why.
    pub reason: String,
}

/// What came of ruling.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruled {
    /// It holds, under this key.
    Done(Uuid),
    /// Somebody was first, or what it was held against ended.
    Late,
    /// Two of one day and product cannot both count.
    SameDay,
}

/// A ruling (audited).
#[derive(Clone, Serialize, Deserialize)]
pub struct RulingView {
    /// Key.
    pub id: Uuid,
    /// The person.
    pub person: Uuid,
    /// What.
    pub kind: RulingKind,
    /// Why.
    pub reason: String,
    /// Who ruled.
    pub made_by: String,
    /// When.
    pub made_at: String,
    /// It was undone.
    pub undone: Option<Undone>,
    /// The row that was judged.
    pub row: Uuid,
}

/// A ruling was turned back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undone {
    /// By whom.
    pub by: String,
    /// When.
    pub at: String,
    /// Why; empty of those that were undone before a reason was asked.
    pub reason: String,
}

/// Why somebody opens the record of a person; asked each time, and kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// A row waits.
    Review,
    /// The institution asks for a correction.
    Request,
    /// The person, or somebody for them, says that something is wrong.
    Complaint,
    /// Adverse events, recalls, the inspectorate.
    Safety,
}

impl Why {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Review, Self::Request, Self::Complaint, Self::Safety];

    /// The name in the address and in the audit.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Review => "beoordelen",
            Self::Request => "verzoek",
            Self::Complaint => "melding",
            Self::Safety => "veiligheid",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|why| why.as_str() == text)
    }
}

/// How a version of a report came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum How {
    /// Delivered for the first time.
    New,
    /// Its institution corrected it.
    Corrected,
    /// Its institution withdrew it.
    Withdrawn,
    /// Withdrawn with its whole delivery.
    Gone,
    /// Put back.
    Back,
    /// Put back with its whole delivery; or what stood there before a delivery that was withdrawn.
    BackWithDelivery,
    /// RIVM found its person.
    Linked,
    /// RIVM undid that.
    Unlinked,
    /// RIVM put another value in it.
    Amended,
}

/// A version of a report, in the time line.
#[derive(Clone, Serialize, Deserialize)]
pub struct Reported {
    /// The registration.
    pub registration: Uuid,
    /// When.
    pub at: String,
    /// Name of the party.
    pub party: String,
    /// Channel.
    pub channel: Channel,
    /// Which of the versions of that registration, from 1.
    pub version: u32,
    /// How it came about.
    pub how: How,
    /// It takes the registration back.
    pub back: bool,
    /// RIVM made it at the request of the institution.
    pub on_request: bool,
    /// Why it was corrected, withdrawn or put back.
    pub reason: Option<String>,
    /// What it came to.
    pub outcome: RowOutcome,
    /// Its cells: vaccinatiedatum, vaccin, batchnummer, dosisnummer; empty when it takes the registration back.
    pub cells: RowText,
    /// No later version came.
    pub stands: bool,
    /// The row of it that waits.
    pub waits: Option<Uuid>,
}

/// What RIVM did with registrations of a person, besides rulings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Act {
    /// A decision about rows.
    Decision(DecisionKind),
    /// A correction at the request of the institution.
    Corrected,
    /// A withdrawal at its request.
    Withdrawn,
}

/// A decision or correction that was carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acted {
    /// Key of the decision or correction.
    pub id: Uuid,
    /// What.
    pub act: Act,
    /// Who prepared it.
    pub asked_by: String,
    /// Who agreed, when that was somebody else.
    pub agreed_by: Option<String>,
    /// When.
    pub at: String,
    /// Why.
    pub reason: String,
    /// What the institution asked, of a decision that takes a request.
    pub request: Option<String>,
}

/// What let rows of a record be judged anew, without anybody who decided about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// This change of a code list.
    List(Uuid),
    /// A load of the BRP.
    Brp,
}

/// Findings became other ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reread {
    /// When.
    pub at: String,
    /// By what.
    pub cause: Cause,
    /// Codes of the rules that spoke until then.
    pub stood: Vec<String>,
}

/// Something that happened to a record: which of the lists of [`PersonView`] has it, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Happened {
    /// A version of a report.
    Reported(usize),
    /// A ruling.
    Ruled(usize),
    /// A ruling was undone.
    Undone(usize),
    /// A decision or correction.
    Acted(usize),
    /// Findings became other ones.
    Reread(usize),
}

/// The record of a person (audited).
#[derive(Clone, Serialize, Deserialize)]
pub struct PersonView {
    /// Key.
    pub id: Uuid,
    /// Another person was asked for, whom the BRP says is this one.
    pub merged: bool,
    /// BSN, birth date and name as reported last.
    pub who: RowText,
    /// The copy of the BRP that says who this is.
    pub brp: BrpAge,
    /// What a proof would say, in the order of the days.
    pub proof: Vec<Jab>,
    /// Doses of the series: of the product, or as many as the highest dose says. More that count than that is a riddle.
    pub doses: Option<u8>,
    /// Vaccinations that do not count.
    pub aside: Vec<Jab>,
    /// All that was reported, the newest first.
    pub reported: Vec<Reported>,
    /// All that was ruled, the newest first.
    pub rulings: Vec<RulingView>,
    /// What else RIVM decided about these reports, the newest first.
    pub acts: Vec<Acted>,
    /// What a code list or the BRP changed, the newest first.
    pub rereads: Vec<Reread>,
    /// All of it in one line, the newest first.
    pub line: Vec<Happened>,
}

/// One vaccination for each jab (roles RIVM-beoordelaar, RIVM-beheer).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Persons: Send + Sync {
    /// Holds a stored row against another vaccination of its person: this one, or the nearest.
    async fn compare(
        &self,
        caller: &Caller,
        row: Uuid,
        other: Option<Uuid>,
    ) -> PortResult<Comparison>;
    /// Rules about a row that waits.
    async fn rule(&self, caller: &Caller, row: Uuid, ruling: NewRuling) -> PortResult<Ruled>;
    /// A ruling.
    async fn ruling(&self, caller: &Caller, id: Uuid) -> PortResult<RulingView>;
    /// It no longer holds, for a reason; what it settled waits again. `Conflict` when it did not hold.
    async fn undo_ruling(&self, caller: &Caller, id: Uuid, reason: String) -> PortResult<()>;
    /// The person with this BSN, if the register knows one.
    async fn find_person(&self, caller: &Caller, bsn: String) -> PortResult<Option<Uuid>>;
    /// The record of a person.
    async fn person(&self, caller: &Caller, id: Uuid, why: Why) -> PortResult<PersonView>;
}

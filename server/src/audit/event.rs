//! One event, with the field names of the NEN 7513 log extension (domain facts §8.3).

use crate::keys::Mac;
use app::ports::Caller;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// What happened (security §7). The names are on disk: they never change meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each name is the text beside it")]
pub enum Kind {
    PersonMade,
    Entered,
    Corrected,
    Withdrawn,
    Restored,
    Counted,
    Decided,
    CheckedAgain,
    Relinked,
    PersonsMerged,
    RegistrationRead,
    ListShown,
    BsnShown,
    Searched,
    BrpChecked,
    RowOpened,
    CardOpened,
    Exported,
    CardKeyed,
    CardDiscarded,
    DeliveryReceived,
    UploadEnded,
    DeliverySubmitted,
    DeliveryEnded,
    DeliveryParked,
    DeliveryDiscarded,
    RepairSwitched,
    ReadingChosen,
    RowMended,
    RowStoodBy,
    RowAssigned,
    WithdrawalAsked,
    WithdrawalDecided,
    DeliveryWithdrawn,
    DeliveryRestored,
    RowsStored,
    AnswerFetched,
    Login,
    LoginFailed,
    Logout,
    SessionEnded,
    MembershipChosen,
    Refused,
    BrpLoaded,
    Command,
    LogRead,
    LogVerified,
    PartyChanged,
    UserChanged,
    CodeListChanged,
    Retention,
}

impl Kind {
    /// The name in the line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PersonMade => "record.person-made",
            Self::Entered => "record.entered",
            Self::Corrected => "record.corrected",
            Self::Withdrawn => "record.withdrawn",
            Self::Restored => "record.restored",
            Self::Counted => "record.counted",
            Self::Decided => "record.decided",
            Self::CheckedAgain => "record.checked-again",
            Self::Relinked => "record.relinked",
            Self::PersonsMerged => "record.merged",
            Self::RegistrationRead => "look.read",
            Self::ListShown => "look.list",
            Self::BsnShown => "look.bsn",
            Self::Searched => "look.search",
            Self::BrpChecked => "look.brp-check",
            Self::RowOpened => "look.row",
            Self::CardOpened => "look.card",
            Self::Exported => "look.export",
            Self::CardKeyed => "transfer.card-keyed",
            Self::CardDiscarded => "transfer.card-discarded",
            Self::DeliveryReceived => "transfer.received",
            Self::UploadEnded => "transfer.aborted",
            Self::DeliverySubmitted => "transfer.submitted",
            Self::DeliveryEnded => "transfer.ended",
            Self::DeliveryParked => "transfer.parked",
            Self::DeliveryDiscarded => "transfer.discarded",
            Self::RepairSwitched => "transfer.repair-switched",
            Self::ReadingChosen => "transfer.reading-chosen",
            Self::RowMended => "transfer.row-mended",
            Self::RowStoodBy => "transfer.row-stood-by",
            Self::RowAssigned => "transfer.row-assigned",
            Self::WithdrawalAsked => "transfer.withdrawal-asked",
            Self::WithdrawalDecided => "transfer.withdrawal-decided",
            Self::DeliveryWithdrawn => "transfer.withdrawn",
            Self::DeliveryRestored => "transfer.restored",
            Self::RowsStored => "transfer.rows-stored",
            Self::AnswerFetched => "transfer.answer-fetched",
            Self::Login => "access.login",
            Self::LoginFailed => "access.login-failed",
            Self::Logout => "access.logout",
            Self::SessionEnded => "access.session-ended",
            Self::MembershipChosen => "access.membership-chosen",
            Self::Refused => "access.refused",
            Self::BrpLoaded => "beyond.brp-loaded",
            Self::Command => "beyond.command",
            Self::LogRead => "beyond.log-read",
            Self::LogVerified => "beyond.log-verified",
            Self::PartyChanged => "governance.party",
            Self::UserChanged => "governance.user",
            Self::CodeListChanged => "governance.code-list",
            Self::Retention => "governance.retention",
        }
    }

    const fn action(self) -> Action {
        match self {
            Self::PersonMade
            | Self::Entered
            | Self::Counted
            | Self::CardKeyed
            | Self::DeliveryReceived
            | Self::RowsStored => Action::Create,
            Self::RegistrationRead
            | Self::ListShown
            | Self::BsnShown
            | Self::RowOpened
            | Self::CardOpened
            | Self::Exported
            | Self::AnswerFetched
            | Self::LogRead => Action::Read,
            Self::Corrected
            | Self::Withdrawn
            | Self::Restored
            | Self::Decided
            | Self::CheckedAgain
            | Self::Relinked
            | Self::PersonsMerged
            | Self::RowMended
            | Self::RowStoodBy
            | Self::PartyChanged
            | Self::UserChanged
            | Self::CodeListChanged => Action::Update,
            Self::CardDiscarded | Self::DeliveryDiscarded | Self::Retention => Action::Delete,
            _ => Action::Execute,
        }
    }
}

/// EventActionCode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "C R U D E of the standard")]
pub enum Action {
    Create,
    Read,
    Update,
    Delete,
    Execute,
}

/// EventOutcomeIndicator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was tried and not done.
    Failure,
}

/// An event on its way into the log.
#[derive(Debug, Clone)]
pub struct Event {
    fields: Map<String, Value>,
    organisation: Option<Uuid>,
    actor: String,
    persons: Vec<Uuid>,
    macs: Vec<Vec<u8>>,
    /// The key that made all of them: MACs are made with the newest.
    mac_key: Option<String>,
}

impl Event {
    /// Something a logged-in person did, for the membership they chose.
    #[must_use]
    pub fn of(caller: &Caller, kind: Kind) -> Self {
        let mut event = Self::new(
            caller.user_id.to_string(),
            caller.party().map(|party| party.id),
            kind,
        );
        event.set("roleIDCode", caller.role().as_str());
        event.set("userIsRequestor", true);
        event.set("session", caller.session_id.to_string());
        event.set("request", caller.request_id.to_string());
        event
    }

    /// Something a user did before, or without, choosing a membership.
    #[must_use]
    pub fn of_user(user: Uuid, kind: Kind) -> Self {
        Self::new(user.to_string(), None, kind)
    }

    /// Something nobody we know did: a failed login, a refused request.
    #[must_use]
    pub fn of_nobody(kind: Kind) -> Self {
        Self::new("nobody".to_owned(), None, kind)
    }

    /// Something the server did by itself, or for a user (`on_behalf`), for a party.
    #[must_use]
    pub fn of_worker(party: Option<Uuid>, on_behalf: Option<Uuid>, kind: Kind) -> Self {
        let mut event = Self::new("worker".to_owned(), party, kind);
        if let Some(user) = on_behalf {
            event.set("onBehalfOf", user.to_string());
        }
        event
    }

    /// Something done by a `cims` command; `by` is the name given or the login name.
    #[must_use]
    pub fn of_command(command: &str, by: &str, kind: Kind) -> Self {
        let mut event = Self::new("command".to_owned(), None, kind);
        event.set("command", command);
        event.set("alternateUserID", by);
        event
    }

    fn new(actor: String, organisation: Option<Uuid>, kind: Kind) -> Self {
        let action = match kind.action() {
            Action::Create => "C",
            Action::Read => "R",
            Action::Update => "U",
            Action::Delete => "D",
            Action::Execute => "E",
        };
        let mut event = Self {
            fields: Map::new(),
            organisation,
            actor,
            persons: Vec::new(),
            macs: Vec::new(),
            mac_key: None,
        };
        event.set("event", kind.as_str());
        event.set("eventID", crate::clock::new_key().to_string());
        event.set("eventActionCode", action);
        event.set("eventOutcomeIndicator", 0);
        event.set("purposeOfUse", "vaccinatieregistratie");
        event
    }

    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.fields.insert(name.to_owned(), value.into());
    }

    /// For this party, when the caller has none.
    #[must_use]
    pub fn for_party(mut self, party: Uuid) -> Self {
        self.organisation = Some(party);
        self
    }

    /// Whether it was done.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.set(
            "eventOutcomeIndicator",
            if outcome == Outcome::Success { 0 } else { 8 },
        );
        self
    }

    /// What it was done to: a kind of thing and its key.
    #[must_use]
    pub fn object(mut self, kind: &str, id: Uuid) -> Self {
        self.set(
            "participantObject",
            json!({ "typeCode": kind, "id": id.to_string() }),
        );
        self
    }

    /// Rows of a delivery, first to last.
    #[must_use]
    pub fn rows(mut self, delivery: Uuid, first: i32, last: i32) -> Self {
        self.set("delivery", delivery.to_string());
        self.set("rows", json!([first, last]));
        self
    }

    /// Where from: the address of the client.
    #[must_use]
    pub fn access_point(mut self, address: &str) -> Self {
        self.set("networkAccessPointID", address);
        self
    }

    /// A count or a code that belongs to the fact. Never a value of a person.
    #[must_use]
    pub fn detail(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.set(name, value);
        self
    }

    /// Persons of the register this is about, each once.
    #[must_use]
    pub fn about(mut self, persons: impl IntoIterator<Item = Uuid>) -> Self {
        self.persons.extend(persons);
        self.persons.sort_unstable();
        self.persons.dedup();
        self
    }

    /// Somebody known by MAC only: a search that may have found nobody.
    #[must_use]
    pub fn about_mac(mut self, mac: &Mac) -> Self {
        self.macs.push(mac.bytes.to_vec());
        self.mac_key = Some(mac.key_id());
        self
    }

    pub(super) fn line(&self) -> String {
        let mut fields = self.fields.clone();
        fields.insert("actor".to_owned(), self.actor.clone().into());
        if let Some(party) = self.organisation {
            fields.insert("organisation".to_owned(), party.to_string().into());
        }
        Value::Object(fields).to_string()
    }

    /// One party, or one actor without a party, always writes to the same chain.
    pub(super) fn shard_key(&self) -> String {
        self.organisation
            .map_or_else(|| self.actor.clone(), |party| party.to_string())
    }

    /// Number of that chain, as `audit_add` finds it.
    pub(super) fn shard(&self) -> u8 {
        Sha256::digest(self.shard_key().as_bytes())[0] % 16
    }

    pub(super) fn persons(&self) -> &[Uuid] {
        &self.persons
    }

    pub(super) fn macs(&self) -> &[Vec<u8>] {
        &self.macs
    }

    pub(super) fn mac_key(&self) -> Option<&str> {
        self.mac_key.as_deref()
    }
}

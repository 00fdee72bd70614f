//! Ports in memory: one draft, one registration, one delivery, one row for review.

use app::ports::accounts::{
    AccountChange, AccountChanged, AccountFor, AccountGiven, AccountKey, AccountLine, AccountList,
    AccountView, NewAccess,
};
use app::ports::cards::{
    CardDraft, CardLine, CardLists, CardState, CardView, Difference, Keyed, KeyedAgain, MayCard,
    PartyFault, TypedCard,
};
use app::ports::corrections::{Corrected as Changed, CorrectionView, WaitingCorrection};
use app::ports::decisions::{
    Agreed, Candidate, Candidates, Closing, ClusterFilter, ClusterLine, ClusterRow, ClusterView,
    DecisionLine, DecisionState, DecisionView, Earlier, ForeseenRow, Gone, KeptValue, LinkView,
    LinkedBy, MayDecide, Proposal, RecordChange, Same,
};
use app::ports::deliveries::{
    DeliveryLine, DeliveryView, Discarded, DosesGroup, DoublesGroup, EarlierReading, FindingGroup,
    Foreseen, Kept, MendAnswer, MendedRow, Phase, QualityView, QualityWeek, RawFile, RefusedList,
    RefusedRow, RefusedView, RejectedGroup, RepairGroup, RepairedValue, ReturnedRow, RowRanges,
};
use app::ports::entry::*;
use app::ports::lists::{
    ChangeLine, ChangeState, ChangeView, EntriesView, EntryLine, EntryView, Imported, ItemLine,
    ListAgreed, ListsView, MayChange, PastLine, Proposed, SuspectLine, WaitingChange,
    Wish as ListWish, WouldRelease, WrongLine,
};
use app::ports::locations::{ListChanged, Location, OwnLocations};
use app::ports::news::{FileNews, NewsOf, RejectedRows, ReturnedRows, WaitingDecision};
use app::ports::onboarding::{
    AttemptView, BenchView, Filed, LaneView, Manager, PartyFormView, RequestLine, RequestView,
};
use app::ports::operations::{
    CameBy, LeftOutView, OnTheWay, OperationsView, QueueView, TroubleView,
};
use app::ports::parties::{
    Announced, Came, CompletenessView, ConnectionFilter, ConnectionList, ConnectionView,
    InstallationView, ParkedView, RowsBecame, Said, Side, StandingView, StepView, TrialView, Waits,
    Wish,
};
use app::ports::persons::{
    Act, Acted, Cause, Comparison, Happened, How, Jab, NewRuling, PersonView, Reported, Reread,
    Ruled, RulingView, Source, Undone, Why,
};
use app::ports::review::{
    PartyNumbers, PartyQuality, Queue, ReviewFilter, ReviewLine, ReviewNumbers, ReviewView,
    Reviewer, Solved, SolvedBy, Suggestion,
};
use app::ports::session::{Frame, KeptForm, Life, SessionLine, UserSession};
use app::ports::users::{
    Changed as UserChanged, InvitationLine, InvitationView, UserLine, UserList,
};
use app::ports::withdrawals::{
    Asked, May, OpenRequest, Outcome, Step as Ask, WaitingRequest, WithdrawalView,
};
use app::ports::worklist::{Made, Stands, WorklistLine, WorklistView};
use app::ports::*;
use async_trait::async_trait;
use domain::card::{Choice, NumberFault};
use domain::codes::{AgeBounds, CodeLists};
use domain::connection::{ConnectionState, ConnectionStep, PartyStatus};
use domain::dates::Days;
use domain::decision::{DecisionKind, Told};
use domain::delivery::trial::Demand;
use domain::delivery::{Channel, Counts, FileOutcome, RowOutcome};
use domain::finding::{Code, Filled, Finding};
use domain::lists::{Entry as ListEntry, Fault as ListFault, ListKind};
use domain::matching::Match;
use domain::onboarding::{Fault, PartyForm, TaskState};
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::ruling::RulingKind;
use domain::suggestion::SuggestionKind;
use leptos::prelude::provide_context;
use std::sync::{Arc, Mutex};
use time::macros::date;
use uuid::Uuid;

/// Key of everything there is one of.
pub(crate) const ID: Uuid = Uuid::from_u128(0x01);
/// A valid BSN of nobody.
pub(crate) const BSN: &str = "999990019";

/// What the ports know and what was asked of them.
pub(crate) struct World {
    pub(crate) role: Option<Role>,
    pub(crate) draft: Mutex<DraftView>,
    pub(crate) saved: Mutex<Vec<RowText>>,
    pub(crate) look_again: bool,
    pub(crate) not_approved: bool,
    pub(crate) phase: Phase,
    pub(crate) broken: bool,
    pub(crate) may_restore: bool,
    /// What RIVM asks about the registration.
    pub(crate) asked_back: Option<String>,
    pub(crate) news: NewsOf,
    pub(crate) ask: Ask,
    pub(crate) open: Option<OpenRequest>,
    pub(crate) last: Option<Outcome>,
    pub(crate) asked: Asked,
    pub(crate) reasons: Mutex<Vec<(bool, String)>>,
    pub(crate) decision: DecisionView,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) agreed: Agreed,
    pub(crate) numbers: ReviewNumbers,
    pub(crate) card: MayCard,
    pub(crate) keyed_again: KeyedAgain,
    pub(crate) choices: Mutex<Vec<(Column, Choice)>>,
    pub(crate) change: ChangeView,
    pub(crate) list_agreed: ListAgreed,
    pub(crate) wishes: Mutex<Vec<ListWish>>,
    pub(crate) faults: Vec<ListFault>,
    pub(crate) idle_minutes: u32,
    pub(crate) file_days: u32,
    pub(crate) counts: Counts,
    pub(crate) skipped: u32,
    pub(crate) withdrawals: u32,
    pub(crate) discarded: Option<Discarded>,
    pub(crate) ages: AgeBounds,
    pub(crate) places: OwnLocations,
    pub(crate) picked: Mutex<Vec<Option<Uuid>>>,
}

fn ranges(first: &str) -> RowRanges {
    RowRanges {
        first: first.to_owned(),
        more: 0,
    }
}

impl World {
    pub(crate) fn new(role: Option<Role>) -> Self {
        let draft = DraftView {
            revision: "nu".into(),
            id: ID,
            row: RowText::default(),
            findings: Vec::new(),
            step: Step::Check,
            brp: BrpAnswer::NotAsked,
            reason: String::new(),
            earlier: Vec::new(),
            batches: Vec::new(),
            suggestions: Vec::new(),
            confirmed: false,
            told: String::new(),
            next_person: false,
            remembered: false,
            resumed_from: None,
            location: None,
            mended: Vec::new(),
            defaults: Vec::new(),
        };
        Self {
            role,
            draft: Mutex::new(draft),
            saved: Mutex::default(),
            look_again: false,
            not_approved: false,
            phase: Phase::Preview,
            broken: false,
            may_restore: false,
            asked_back: None,
            news: NewsOf::default(),
            ask: Ask::Withdraw,
            open: None,
            last: None,
            asked: Asked::Running,
            reasons: Mutex::default(),
            decision: decision(),
            candidates: vec![candidate(false), candidate(true)],
            agreed: Agreed::Running,
            numbers: numbers(),
            card: MayCard::KeyAgain,
            keyed_again: KeyedAgain::Stored,
            choices: Mutex::default(),
            change: change(),
            list_agreed: ListAgreed::Going,
            wishes: Mutex::default(),
            faults: Vec::new(),
            idle_minutes: 15,
            file_days: 30,
            counts: Counts {
                geaccepteerd: 1_290,
                te_controleren: 3,
                afgekeurd: 7,
                dubbel: 18,
                geteld: 2,
            },
            skipped: 2,
            withdrawals: 0,
            discarded: None,
            ages: AgeBounds::default(),
            places: OwnLocations::default(),
            picked: Mutex::default(),
        }
    }

    /// Somebody who delivers.
    pub(crate) fn nurse() -> Arc<Self> {
        Arc::new(Self::new(Some(Role::Invoerder)))
    }

    /// Somebody who delivers, with a draft changed by `change`.
    pub(crate) fn with_draft(change: impl FnOnce(&mut DraftView)) -> Arc<Self> {
        let world = Self::new(Some(Role::Invoerder));
        change(&mut world.draft.lock().expect("no panic before"));
        Arc::new(world)
    }

    pub(crate) fn provide(self: &Arc<Self>) {
        provide_context(Arc::clone(self) as Arc<dyn Sessions>);
        provide_context(Arc::clone(self) as Arc<dyn Entry>);
        provide_context(Arc::clone(self) as Arc<dyn Deliveries>);
        provide_context(Arc::clone(self) as Arc<dyn Review>);
        provide_context(Arc::clone(self) as Arc<dyn News>);
        provide_context(Arc::clone(self) as Arc<dyn Withdrawals>);
        provide_context(Arc::clone(self) as Arc<dyn Decisions>);
        provide_context(Arc::clone(self) as Arc<dyn Parties>);
        provide_context(Arc::clone(self) as Arc<dyn Persons>);
        provide_context(Arc::clone(self) as Arc<dyn Corrections>);
        provide_context(Arc::clone(self) as Arc<dyn Accounts>);
        provide_context(Arc::clone(self) as Arc<dyn Operations>);
        provide_context(Arc::clone(self) as Arc<dyn Onboarding>);
        provide_context(Arc::clone(self) as Arc<dyn Lists>);
        provide_context(Arc::clone(self) as Arc<dyn Users>);
        provide_context(Arc::clone(self) as Arc<dyn Locations>);
        provide_context(Arc::clone(self) as Arc<dyn Worklists>);
        provide_context(Arc::clone(self) as Arc<dyn Cards>);
        provide_context(Arc::new(CodeLists::builtin().with_age_bounds(self.ages)));
    }

    fn saved(&self, row: RowText, on: Step) -> Saved {
        self.saved.lock().expect("no panic before").push(row);
        if self.look_again {
            Saved::LookAgain
        } else {
            Saved::GoOn(on)
        }
    }
}

fn suggestion(kind: SuggestionKind, column: Column, value: Option<&str>) -> Suggestion {
    Suggestion {
        kind,
        column,
        value: value.map(str::to_owned),
        places: (kind == SuggestionKind::Bsn).then_some((8, 9)),
        look_alike: false,
        used: 14,
        record: (9, 10),
    }
}

/// A row with two faults in its BSN.
fn refused_row(number: u32, draft: Option<Uuid>) -> RefusedRow {
    RefusedRow {
        number,
        seen: ID,
        row: row(),
        findings: vec![
            Finding::on(Code::P03, Column::Bsn),
            Finding::on(Code::B10, Column::Bsn),
        ],
        message: Some("Kijk op de verpakking.".into()),
        kept: draft.map(|_| Kept::Changed),
        // Of the row after the last that was counted.
        shared: vec![(Column::Batchnummer, (number != 9).then_some(2))],
    }
}

/// A row before it was mended, with a repair of then; and one that could not be read.
fn earlier() -> Vec<EarlierReading> {
    let mut said = row();
    said.set(Column::Batchnummer, "<EJ 6796>");
    vec![
        EarlierReading {
            until: "21-11-2026 09:30".into(),
            row: said,
            repairs: vec![(
                Code::H05,
                Column::Batchnummer,
                "<EJ 6796>".into(),
                "EJ6796".into(),
            )],
        },
        EarlierReading {
            until: "20-11-2026 16:10".into(),
            row: RowText::default(),
            repairs: Vec::new(),
        },
    ]
}

/// A whole row.
pub(crate) fn row() -> RowText {
    let mut row = RowText::default();
    for (column, text) in [
        (Column::Bsn, BSN),
        (Column::Geboortedatum, "2-5-1940"),
        (Column::Toestemming, "J"),
        (Column::Achternaam, "Żółty<b>"),
        (Column::Vaccinatiedatum, "27-1-2021"),
        (Column::Vaccin, "Comirnaty"),
        (Column::Batchnummer, "EJ6796"),
        (Column::Dosisnummer, "1"),
        (Column::Doelgroep, "BEWONER_INSTELLING"),
    ] {
        row.set(column, text);
    }
    row
}

#[async_trait]
impl Sessions for World {
    fn form_token(&self) -> Option<String> {
        self.role.map(|_| "1.token".to_owned())
    }

    fn life(&self) -> Life {
        Life {
            idle_minutes: self.idle_minutes,
            absolute_hours: 8,
            file_days: self.file_days,
        }
    }

    async fn frame(&self) -> PortResult<Frame> {
        let party = Some(PartyRef {
            id: ID,
            code: "linde".into(),
            name: "Praktijk De Linde".into(),
        });
        let caller = self.role.map(|role| {
            let membership = Membership {
                party: party.filter(|_| role.belongs_to_a_party()),
                role,
            };
            Caller {
                user_id: ID,
                name: "J. Jansen".into(),
                membership: membership.clone(),
                memberships: vec![membership],
                session_id: ID,
                request_id: ID,
                only_keeps: false,
            }
        });
        Ok(Frame {
            caller,
            demo: true,
            today: date!(2026 - 11 - 22),
            seconds_left: 900,
            absolute_seconds_left: 28_800,
            colour: String::new(),
            language: "nl".into(),
            ended_another: false,
        })
    }

    async fn mine(&self, _: &Caller) -> PortResult<Vec<SessionLine>> {
        let line = |current| SessionLine {
            id: ID,
            began: "22 november 2026, 14:05".into(),
            last_seen: "22 november 2026, 14:07".into(),
            browser: "Firefox".into(),
            current,
        };
        Ok(vec![line(true), line(false)])
    }

    async fn end(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }

    async fn kept_form(&self, _: &Caller, id: Uuid) -> PortResult<KeptForm> {
        if id != ID {
            return Err(PortError::NotFound);
        }
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Ok(KeptForm {
            id,
            path: "/api/oordeel".into(),
            fields: vec![
                field("row", &ID.to_string()),
                field("kind", "keep"),
                field("reason", "<b>gebeld</b>"),
            ],
        })
    }

    async fn discard_kept(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }

    async fn choose(&self, _: &Caller, _: Option<Uuid>) -> PortResult<()> {
        Ok(())
    }

    async fn open_sessions(&self, _: &Caller, page: u32) -> PortResult<Page<UserSession>> {
        let one = |current, several| UserSession {
            id: ID,
            user: ID,
            name: if current { "J. Jansen" } else { "I. <Invoer>" }.into(),
            institution: if several {
                "Praktijk De Linde".into()
            } else {
                String::new()
            },
            began: "22 november 2026, 14:05".into(),
            last_seen: "22 november 2026, 14:07".into(),
            browser: "Firefox".into(),
            current,
            several,
        };
        Ok(Page {
            items: vec![one(true, false), one(false, false), one(false, true)],
            total: 3,
            page,
        })
    }

    async fn end_sessions(&self, _: &Caller, _: Uuid, session: Option<Uuid>) -> PortResult<u32> {
        Ok(u32::from(session.is_none()))
    }
}

fn card_line(state: CardState, own: bool) -> CardLine {
    CardLine {
        id: ID,
        number: "K2021-12".into(),
        party: "Praktijk <De Linde>".into(),
        keyed_by: "Kim Kaartman".into(),
        keyed_at: "22-11-2026 14:05".into(),
        state,
        own,
        outcome: (state == CardState::Stored).then_some(RowOutcome::Geaccepteerd),
    }
}

/// What two people keyed differently.
pub(crate) fn differences() -> Vec<Difference> {
    let one = |column, first: &str, second: &str| Difference {
        column,
        first: first.into(),
        second: second.into(),
    };
    vec![
        one(Column::Toestemming, "J", "N"),
        one(Column::Bsn, BSN, ""),
        one(Column::Batchnummer, "EJ6796", "<b>EJ6795"),
    ]
}

#[async_trait]
impl Cards for World {
    async fn cards(&self, _: &Caller, page: u32) -> PortResult<CardLists> {
        Ok(CardLists {
            open: Page {
                items: vec![
                    card_line(CardState::Waiting, true),
                    card_line(CardState::Waiting, false),
                    card_line(CardState::Differs, false),
                ],
                total: 3,
                page,
            },
            drafts: vec![card_line(CardState::Draft, true)],
            stored: vec![card_line(CardState::Stored, false)],
        })
    }

    async fn card_draft(&self, _: &Caller, id: Uuid) -> PortResult<Option<CardDraft>> {
        if id != ID {
            return Ok(None);
        }
        let typed = TypedCard {
            number: "K/12".into(),
            party: "onbekend".into(),
            row: row(),
            so_on_card: false,
        };
        Ok(Some(CardDraft {
            id,
            typed,
            findings: vec![Finding::on(Code::P03, Column::Bsn)],
            number: Some(NumberFault::Signs),
            used: None,
            party: Some(PartyFault::Unknown),
        }))
    }

    async fn key_card(&self, _: &Caller, _: Option<Uuid>, typed: TypedCard) -> PortResult<Keyed> {
        self.saved.lock().expect("no panic before").push(typed.row);
        Ok(if typed.number.is_empty() {
            Keyed::LookAgain(ID)
        } else {
            Keyed::Waiting(ID)
        })
    }

    async fn discard_card(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }

    async fn card(&self, _: &Caller, id: Uuid) -> PortResult<CardView> {
        if id != ID {
            return Err(PortError::NotFound);
        }
        Ok(CardView {
            line: card_line(CardState::Waiting, false),
            may: self.card.clone(),
        })
    }

    async fn key_again(&self, _: &Caller, _: Uuid, row: RowText) -> PortResult<KeyedAgain> {
        self.saved.lock().expect("no panic before").push(row);
        Ok(self.keyed_again)
    }

    async fn settle_card(
        &self,
        _: &Caller,
        _: Uuid,
        choices: Vec<(Column, Choice)>,
        _: String,
    ) -> PortResult<KeyedAgain> {
        *self.choices.lock().expect("no panic before") = choices;
        Ok(self.keyed_again)
    }
}

#[async_trait]
impl Worklists for World {
    async fn worklist(&self, _: &Caller) -> PortResult<Option<WorklistView>> {
        let line = |number, stands, newest: bool| WorklistLine {
            number,
            bsn: "*****0019".into(),
            birth_date: "2-5-1940".into(),
            stands,
            newest: newest.then(|| EarlierJab {
                id: ID,
                date: "27-01-2021".into(),
                vaccine: "Comirnaty".into(),
                dose: 1,
            }),
        };
        let wrong = vec![Finding::on(Code::P03, Column::Bsn)];
        Ok(Some(WorklistView {
            made: "14:05".into(),
            brp: brp("22-11-2026 06:04", true),
            lines: vec![
                line(1, Stands::Open, false),
                line(2, Stands::Recorded, true),
                line(3, Stands::NotMatchable, false),
                line(4, Stands::NotAsked, false),
                line(5, Stands::Wrong(wrong), false),
            ],
        }))
    }

    async fn open_on_worklist(&self, _: &Caller) -> PortResult<Option<usize>> {
        Ok(Some(1))
    }

    async fn make_worklist(&self, _: &Caller, text: String) -> PortResult<Made> {
        Ok(if text.is_empty() {
            Made::Empty
        } else {
            Made::Done
        })
    }

    async fn make_worklist_of_file(&self, _: &Caller, _: Vec<u8>) -> PortResult<Made> {
        Ok(Made::Done)
    }

    async fn ask_further(&self, _: &Caller) -> PortResult<()> {
        Err(PortError::TooMany(Wait::NextMinute))
    }

    async fn discard_worklist(&self, _: &Caller) -> PortResult<()> {
        Ok(())
    }

    async fn begin_from_worklist(
        &self,
        _: &Caller,
        number: Option<u32>,
        _: Option<String>,
    ) -> PortResult<Option<Uuid>> {
        Ok((number != Some(99)).then_some(ID))
    }
}

#[async_trait]
impl Entry for World {
    async fn begin(&self, _: &Caller, _: Option<String>, _: bool) -> PortResult<Uuid> {
        Ok(ID)
    }

    async fn open_draft(&self, _: &Caller) -> PortResult<Option<DraftView>> {
        let draft = self.draft.lock().expect("no panic before").clone();
        Ok(draft.resumed_from.is_some().then_some(draft))
    }

    async fn waiting(&self, _: &Caller) -> PortResult<Option<String>> {
        let draft = self.draft.lock().expect("no panic before");
        Ok(draft.resumed_from.clone())
    }

    async fn draft(&self, _: &Caller, id: Uuid) -> PortResult<DraftView> {
        if self.broken {
            return Err(PortError::Broken(ID));
        }
        if id == ID {
            Ok(self.draft.lock().expect("no panic before").clone())
        } else {
            Err(PortError::NotFound)
        }
    }

    async fn place(
        &self,
        _: &Caller,
        id: Uuid,
        revision: Option<String>,
        _: &RowText,
        _: Step,
    ) -> PortResult<Placed> {
        let anew = match revision.as_deref() {
            Some("verstuurd") => Some(Anew::Sent),
            Some("oud") => Some(Anew::Changed),
            _ => None,
        };
        Ok(Placed { draft: id, anew })
    }

    async fn discard(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }

    async fn save_person(&self, _: &Caller, _: Uuid, row: RowText, _: String) -> PortResult<Saved> {
        Ok(self.saved(row, Step::Vaccination))
    }

    async fn save_vaccination(
        &self,
        _: &Caller,
        _: Uuid,
        row: RowText,
        _: Option<String>,
    ) -> PortResult<Saved> {
        Ok(self.saved(row, Step::Check))
    }

    async fn submit(&self, _: &Caller, _: Uuid, revision: Option<String>) -> PortResult<Submitted> {
        let reference = "2026-000123-4".into();
        Ok(match revision.as_deref() {
            Some("oud") => Submitted::Changed,
            Some("verstuurd") => Submitted::Other { reference },
            _ => Submitted::Done { reference },
        })
    }

    async fn receipt(&self, _: &Caller, reference: String) -> PortResult<Receipt> {
        Ok(Receipt {
            reference,
            registration: Some(ID),
            outcome: RowOutcome::TeControleren,
            findings: vec![Finding::on(Code::V22, Column::Batchnummer)],
            received: "22 november 2026, 14:05".into(),
            vaccination: "Comirnaty, 27 januari 2021, batch EJ6796".into(),
            mended: vec![Mended {
                column: Column::Bsn,
                codes: vec![Code::H01],
                values: None,
            }],
        })
    }

    async fn registrations(
        &self,
        _: &Caller,
        filter: RegistrationFilter,
        page: u32,
    ) -> PortResult<Page<RegistrationLine>> {
        let line = RegistrationLine {
            id: ID,
            bsn_masked: "*****0019".into(),
            date: "27-01-2021".into(),
            vaccine: "Comirnaty".into(),
            batch: "EJ6796".into(),
            dose: 1,
            outcome: RowOutcome::Geaccepteerd,
            corrected: true,
            withdrawn: false,
            recorded: "22-11-2026 14:05".into(),
            recorded_by: "J. Jansen".into(),
        };
        let items = if filter.vaccin.as_deref() == Some("Nuvaxovid") {
            Vec::new()
        } else {
            vec![line]
        };
        Ok(Page {
            total: if items.is_empty() { 0 } else { 1_234 },
            items,
            page,
        })
    }

    async fn registration(&self, _: &Caller, id: Uuid) -> PortResult<RegistrationView> {
        if id != ID {
            return Err(PortError::NotFound);
        }
        let version = |number, reason: Option<&str>| RegistrationVersion {
            number,
            row: row(),
            recorded: "22-11-2026 14:05".into(),
            recorded_by: "J. Jansen".into(),
            reason: reason.map(str::to_owned),
            withdrawal: false,
            rejected: None,
        };
        Ok(RegistrationView {
            id,
            reference: "2026-000123-4".into(),
            outcome: RowOutcome::Geaccepteerd,
            findings: Vec::new(),
            message: self.asked_back.clone(),
            versions: vec![
                RegistrationVersion {
                    withdrawal: self.may_restore,
                    ..version(2, Some("Verkeerde batch"))
                },
                version(1, None),
            ],
            earlier: earlier(),
            may_change: !self.may_restore,
            withdraw_freely: true,
            may_restore: self.may_restore,
            may_stand_by: self.asked_back.is_some(),
        })
    }

    async fn correct(
        &self,
        _: &Caller,
        _: Uuid,
        row: RowText,
        _: String,
        _: Option<String>,
        _: Option<u32>,
    ) -> PortResult<Corrected> {
        self.saved.lock().expect("no panic before").push(row);
        Ok(if self.not_approved {
            Corrected::NotApproved(ID)
        } else if self.look_again {
            Corrected::LookAgain(ID)
        } else {
            Corrected::Done
        })
    }

    async fn withdraw(&self, _: &Caller, _: Uuid, _: String, _: bool) -> PortResult<Withdrawn> {
        Ok(Withdrawn::Done)
    }

    async fn restore(&self, _: &Caller, _: Uuid, _: String) -> PortResult<Restored> {
        Ok(if self.not_approved {
            Restored::NotApproved(ID)
        } else if self.look_again {
            Restored::Again(ID)
        } else {
            Restored::Done
        })
    }

    async fn stand_by(&self, _: &Caller, _: Uuid, _: String) -> PortResult<StoodBy> {
        Ok(if self.not_approved {
            StoodBy::NotApproved(ID)
        } else {
            StoodBy::Done
        })
    }
}

#[async_trait]
impl Deliveries for World {
    async fn list(&self, caller: &Caller, page: u32) -> PortResult<Page<DeliveryLine>> {
        Ok(Page {
            items: vec![self.delivery(caller, ID).await?.line],
            total: 1,
            page,
        })
    }

    async fn returned(&self, _: &Caller, page: u32) -> PortResult<Page<ReturnedRow>> {
        let row = |row, registration, file: Option<&str>| ReturnedRow {
            delivery: ID,
            file: file.map(str::to_owned),
            row,
            registration,
            message: "Kijk op de <verpakking>".into(),
            since: "22-11-2026 14:05".into(),
        };
        Ok(Page {
            items: vec![
                row(12, None, Some("week <4>.csv")),
                row(13, Some(ID), Some("week <4>.csv")),
                row(1, Some(ID), None),
            ],
            total: 3,
            page,
        })
    }

    async fn quality(&self, _: &Caller) -> PortResult<QualityView> {
        Ok(quality())
    }

    async fn delivery(&self, _: &Caller, id: Uuid) -> PortResult<DeliveryView> {
        let ended = self.phase == Phase::Done || self.discarded == Some(Discarded::ByRivm);
        let line = DeliveryLine {
            id,
            file_name: "vaccinaties <week 4>.xlsx".into(),
            channel: Channel::Upload,
            received: "22-11-2026 14:05".into(),
            received_by: "J. Jansen".into(),
            phase: self.phase,
            outcome: ended.then_some(FileOutcome::DeelsVerwerkt),
            counts: self.counts,
        };
        Ok(DeliveryView {
            line,
            progress: (400, 1_320),
            read_as: "Gelezen als CSV met puntkomma, Windows-1252, kopregel 5".into(),
            skipped: self.skipped,
            file_findings: vec![Finding::whole(Code::A18)],
            groups: vec![FindingGroup {
                finding: Finding::on(Code::P03, Column::Bsn),
                rows: ranges("4, 9-14"),
                count: 7,
            }],
            repairs: vec![RepairGroup {
                code: "H01".into(),
                column: Column::Bsn,
                count: 34,
                examples: vec![(4, "99999001".into(), "099999001".into())],
            }],
            doubles: None,
            doubles_waits: false,
            mends: vec![(ID, "eerste.csv".into())],
            mended_by: Vec::new(),
            may_submit: true,
            doses: [(1, "2-3", false), (2, "5", true), (2, "7", false)]
                .map(|(before, rows, above)| DosesGroup {
                    before,
                    after: before + 1,
                    series: Some(2),
                    above,
                    rows: ranges(rows),
                    count: 2,
                })
                .into(),
            own_doubles: [false, true]
                .map(|differ| DoublesGroup {
                    differ,
                    rows: ranges("4, 9"),
                    count: 2,
                })
                .into(),
            rejected: vec![RejectedGroup {
                told: Told::Unclear,
                rows: ranges("5-6"),
                count: 2,
            }],
            repairs_off: vec!["H05".into()],
            may_switch: true,
            raw_file: RawFile::Until("22-12-2026".into()),
            let_go: Some("23-11-2026 09:30".into()),
            discarded: self.discarded,
            withdrawals: self.withdrawals,
            has_receipt: true,
            hidden: 3,
            with_hidden: false,
            sheets: vec![(0, "Januari".into()), (2, "Februari".into())],
            sheet: Some(2),
        })
    }

    async fn submit(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }

    async fn choose_sheet(&self, _: &Caller, _: Uuid, _: u32) -> PortResult<()> {
        Ok(())
    }

    async fn take_hidden(&self, _: &Caller, _: Uuid, _: bool) -> PortResult<()> {
        Ok(())
    }

    async fn repaired(
        &self,
        _: &Caller,
        _: Uuid,
        code: Code,
        _: Column,
        page: u32,
    ) -> PortResult<Page<RepairedValue>> {
        if code != Code::H01 {
            return Err(PortError::NotFound);
        }
        Ok(Page {
            items: vec![RepairedValue {
                row: 61,
                before: "<9999900>".into(),
                after: "009999900".into(),
            }],
            total: 134,
            page,
        })
    }

    async fn refused(
        &self,
        _: &Caller,
        _: Uuid,
        page: u32,
        draft: Option<Uuid>,
    ) -> PortResult<RefusedList> {
        let mut unreadable = refused_row(9, None);
        unreadable.row = RowText::default();
        unreadable.findings = vec![Finding::whole(Code::R05)];
        Ok(RefusedList {
            channel: Channel::Upload,
            preview: false,
            rows: Page {
                items: vec![refused_row(4, draft), unreadable],
                total: if page == 1 { 7 } else { 120 },
                page,
            },
        })
    }

    async fn refused_row(
        &self,
        _: &Caller,
        _: Uuid,
        number: u32,
        draft: Option<Uuid>,
    ) -> PortResult<RefusedView> {
        Ok(RefusedView {
            line: refused_row(number, draft),
            earlier: earlier(),
            reason: String::new(),
            left: 7,
            next: Some(9),
            preview: false,
        })
    }

    async fn mend(
        &self,
        _: &Caller,
        _: Uuid,
        rows: Vec<MendedRow>,
        draft: Option<Uuid>,
    ) -> PortResult<MendAnswer> {
        let mut answer = MendAnswer::default();
        if self.not_approved {
            answer.kept = Some(ID);
            answer.not_approved = true;
            return Ok(answer);
        }
        for row in rows {
            let bsn = row.cells.iter().find(|(column, _)| *column == Column::Bsn);
            match bsn {
                None => {}
                Some((_, text)) if text.is_empty() => answer.refused += 1,
                Some(_) if draft.is_some() => answer.right_already += 1,
                Some(_) if row.seen != ID => answer.kept = Some(ID),
                Some(_) => answer.good += 1,
            }
        }
        Ok(answer)
    }

    async fn foresee(
        &self,
        _: &Caller,
        _: Uuid,
        rows: Vec<MendedRow>,
    ) -> PortResult<Vec<Foreseen>> {
        let foreseen = rows.into_iter().map(|row| Foreseen {
            number: row.number,
            good: row.number == 4,
            findings: vec![
                Finding::on(Code::P02, Column::Bsn),
                Finding::on(Code::H01, Column::Vaccinatiedatum),
            ],
        });
        Ok(foreseen.collect())
    }

    async fn submit_whole(&self, _: &Caller, _: Uuid) -> PortResult<bool> {
        Ok(false)
    }

    async fn switch_repair(&self, _: &Caller, _: Uuid, _: String, _: bool) -> PortResult<()> {
        Ok(())
    }

    async fn discard(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }
}

#[async_trait]
impl Review for World {
    async fn rows(&self, caller: &Caller, _: ReviewFilter) -> PortResult<Queue> {
        Ok(Queue {
            items: vec![self.row(caller, ID).await?.line],
            total: 10_000,
            or_more: true,
            next: Some("1.2.3".into()),
        })
    }

    async fn next_row(&self, _: &Caller, _: Uuid, _: ReviewFilter) -> PortResult<Option<Uuid>> {
        Ok(Some(ID))
    }

    async fn reviewers(&self, _: &Caller) -> PortResult<Vec<Reviewer>> {
        let one = |id, name: &str, rows, me| Reviewer {
            id,
            name: name.into(),
            rows,
            me,
        };
        Ok(vec![
            one(ID, "B. <Beoordelaar>", 1_200, false),
            one(Uuid::from_u128(2), "R. Rian", 3, true),
        ])
    }

    async fn assign(
        &self,
        _: &Caller,
        _: Uuid,
        whole_group: bool,
        _: Option<Uuid>,
    ) -> PortResult<u32> {
        Ok(if whole_group { 400 } else { 1 })
    }

    async fn numbers(&self, _: &Caller) -> PortResult<ReviewNumbers> {
        Ok(self.numbers.clone())
    }

    async fn qualities(&self, _: &Caller, _: String, page: u32) -> PortResult<Page<PartyNumbers>> {
        Ok(Page {
            items: self.numbers.parties.clone(),
            total: 5_000,
            page,
        })
    }

    async fn quality_of(&self, _: &Caller, _: Uuid) -> PortResult<PartyQuality> {
        Ok(PartyQuality {
            party: "Praktijk <b>De Linde".into(),
            open: 1_424,
            view: quality(),
        })
    }

    async fn row(&self, _: &Caller, id: Uuid) -> PortResult<ReviewView> {
        let line = ReviewLine {
            id,
            party: "Praktijk De Linde".into(),
            channel: Channel::Portaal,
            row: 1,
            outcome: RowOutcome::TeControleren,
            findings: vec![Finding::on(Code::B10, Column::Bsn)],
            received: "22-11-2026 14:05".into(),
            overdue: true,
            assignee: Some("B. <Beoordelaar>".into()),
            open_with: vec!["R. <Collega>".into()],
        };
        Ok(ReviewView {
            line,
            assignee: Some(ID),
            waits: id != GONE,
            may_link: true,
            linked: Some(LinkedBy {
                decision: ID,
                asked_by: "P. <Pieters>".into(),
                agreed_by: "J. Jansen".into(),
                at: "22-11-2026 14:06".into(),
            }),
            row: row(),
            delivery: ID,
            file: Some("<week> 47.csv".into()),
            reason: Some("Gezien op het paspoort".into()),
            stored: true,
            also_open: vec!["R. <Collega>".into()],
            matched: Some(Match::DatumAnders),
            brp: brp("20-11-2026 06:01", true),
            suggestions: vec![
                suggestion(SuggestionKind::Bsn, Column::Bsn, None),
                suggestion(SuggestionKind::Batch, Column::Batchnummer, Some("EJ6796")),
            ],
        })
    }
}

pub(crate) fn brp(loaded: &str, late: bool) -> BrpAge {
    BrpAge {
        loaded: Some(loaded.into()),
        late,
    }
}

/// A request of somebody of the own institution.
pub(crate) fn request(may: May) -> OpenRequest {
    OpenRequest {
        undo: false,
        running: false,
        asked_by: "P. <Pieters>".into(),
        asked_at: "22-11-2026 14:05".into(),
        reason: "Verkeerd <bestand>".into(),
        may,
        progress: (0, 1_300),
    }
}

/// What a withdrawal came to.
pub(crate) fn turned(undo: bool) -> Outcome {
    Outcome {
        undo,
        at: "22-11-2026 14:06".into(),
        asked_by: "P. Pieters".into(),
        agreed_by: Some("J. Jansen".into()),
        reason: "Verkeerd bestand".into(),
        reversed: 1_293,
        kept: 7,
        kept_rows: ranges("4, 9-14"),
    }
}

/// News of every kind.
pub(crate) fn all_news() -> NewsOf {
    let file = |outcome, discarded| FileNews {
        discarded,
        delivery: ID,
        file_name: "vaccinaties <week 4>.xlsx".into(),
        outcome,
        counts: Counts {
            geaccepteerd: 293,
            afgekeurd: 7,
            ..Counts::default()
        },
    };
    NewsOf {
        files: vec![
            file(Some(FileOutcome::DeelsVerwerkt), None),
            file(None, None),
            file(Some(FileOutcome::Geweigerd), Some(Discarded::ByRivm)),
            file(None, Some(Discarded::Expired)),
            file(None, Some(Discarded::Thrown)),
        ],
        waiting: vec![WaitingRequest {
            delivery: ID,
            party: "Praktijk De Linde".into(),
            undo: false,
            asked_by: "P. Pieters".into(),
            asked_at: "22-11-2026 14:05".into(),
        }],
        brp: Some(brp("22-11-2026 06:05", true)),
        connections: 2,
        parked: 3,
        incomplete: 1,
        overdue: 4,
        rejected: vec![RejectedRows {
            delivery: ID,
            file_name: "vaccinaties <week 3>.xlsx".into(),
            rows: 2,
        }],
        returned: vec![ReturnedRows {
            decision: ID,
            delivery: ID,
            deliveries: 2,
            party: "Praktijk De Linde".into(),
            file_name: "vaccinaties <week 4>.xlsx".into(),
            rows: 3,
            stored: false,
        }],
        corrections: vec![WaitingCorrection {
            id: ID,
            party: "Praktijk De Linde".into(),
            asked_by: "R. Rivm".into(),
            asked_at: "22-11-2026 14:05".into(),
        }],
        lists: vec![WaitingChange {
            id: ID,
            kind: ListKind::Batches,
            items: 3,
            asked_by: "R. Rivm".into(),
            asked_at: "22-11-2026 14:05".into(),
        }],
        decisions: vec![WaitingDecision {
            id: ID,
            party: "Praktijk De Linde".into(),
            rows: 400,
            asked_by: "P. Pieters".into(),
            asked_at: "22-11-2026 14:05".into(),
        }],
    }
}

#[async_trait]
impl News for World {
    async fn news(&self, _: &Caller) -> PortResult<NewsOf> {
        Ok(self.news.clone())
    }

    async fn seen(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }
}

/// A vaccination with one source.
fn jab(batch: &str, counts: bool) -> Jab {
    let mut cells = RowText::default();
    for (column, text) in [
        (Column::Vaccinatiedatum, "27-01-2021"),
        (Column::Vaccin, "Comirnaty"),
        (Column::Batchnummer, batch),
        (Column::Dosisnummer, "1"),
    ] {
        cells.set(column, text);
    }
    let source = Source {
        party: "Praktijk <De Linde>".into(),
        channel: Channel::Sftp,
        received: "22-11-2026 14:05".into(),
        outcome: RowOutcome::Geaccepteerd,
    };
    Jab {
        id: ID,
        cells,
        counts,
        sources: vec![source],
    }
}

#[async_trait]
impl Persons for World {
    async fn compare(&self, _: &Caller, row: Uuid, _: Option<Uuid>) -> PortResult<Comparison> {
        Ok(Comparison {
            row,
            number: 2,
            party: "Praktijk De Linde".into(),
            findings: vec![Finding::on(Code::D04, Column::Vaccinatiedatum)],
            person: ID,
            this: jab("EJ6795", false),
            other: Some(jab("EM0477", true)),
            others: vec![jab("EL1484", true)],
            other_first: true,
            records: vec![
                (RulingKind::Merge, counting(2, 3)),
                (RulingKind::Refuse, counting(2, 2)),
            ],
            may_keep: false,
            also_open: Vec::new(),
            open: if row == GONE {
                Err(Some("J. <Jansen>".into()))
            } else {
                Ok(())
            },
        })
    }

    async fn rule(&self, _: &Caller, _: Uuid, ruling: NewRuling) -> PortResult<Ruled> {
        Ok(match ruling.kind {
            RulingKind::Merge => Ruled::Done(ID),
            RulingKind::Keep => Ruled::SameDay,
            RulingKind::Refuse => Ruled::Late,
        })
    }

    async fn ruling(&self, _: &Caller, id: Uuid) -> PortResult<RulingView> {
        Ok(RulingView {
            id,
            person: ID,
            kind: RulingKind::Merge,
            reason: "Zelfde <prik>".into(),
            made_by: "R. Rivm".into(),
            made_at: "22-11-2026 14:05".into(),
            undone: (id == GONE).then(|| Undone {
                by: "R. <Collega>".into(),
                at: "23-11-2026 09:00".into(),
                reason: "Toch <twee> prikken".into(),
            }),
            row: ID,
        })
    }

    async fn undo_ruling(&self, _: &Caller, _: Uuid, _: String) -> PortResult<()> {
        Ok(())
    }

    async fn find_person(&self, _: &Caller, bsn: String) -> PortResult<Option<Uuid>> {
        Ok((bsn == BSN).then_some(ID))
    }

    async fn person(&self, caller: &Caller, id: Uuid, _: Why) -> PortResult<PersonView> {
        let reported = Reported {
            registration: ID,
            at: "22-11-2026 14:05".into(),
            party: "Praktijk De Linde".into(),
            channel: Channel::Sftp,
            version: 1,
            how: How::New,
            back: false,
            on_request: false,
            reason: None,
            outcome: RowOutcome::TeControleren,
            cells: jab("EJ6795", false).cells,
            stands: true,
            waits: Some(ID),
        };
        let taken_back = Reported {
            registration: GONE,
            version: 2,
            how: How::Withdrawn,
            back: true,
            reason: Some("Verkeerde <persoon>".into()),
            cells: RowText::default(),
            waits: None,
            ..reported.clone()
        };
        let corrected = Reported {
            registration: GONE,
            how: How::Corrected,
            on_request: true,
            stands: false,
            waits: None,
            ..reported.clone()
        };
        Ok(PersonView {
            id,
            merged: id == MERGED,
            who: row(),
            brp: brp("22-11-2026 06:03", true),
            proof: vec![jab("EM0477", true); if id == MERGED { 3 } else { 2 }],
            doses: Some(2),
            aside: vec![jab("EJ6795", false)],
            reported: vec![reported, taken_back, corrected],
            rulings: vec![
                self.ruling(caller, ID).await?,
                self.ruling(caller, GONE).await?,
            ],
            acts: vec![
                acted(Act::Decision(DecisionKind::Accept), None),
                acted(Act::Corrected, Some("J. <Jansen>")),
            ],
            rereads: vec![
                Reread {
                    at: "22-11-2026 14:05".into(),
                    cause: Cause::List(ID),
                    stood: vec!["B19".into(), "V22".into()],
                },
                Reread {
                    at: "22-11-2026 14:05".into(),
                    cause: Cause::Brp,
                    stood: Vec::new(),
                },
            ],
            line: vec![
                Happened::Reread(0),
                Happened::Reread(1),
                Happened::Undone(1),
                Happened::Ruled(1),
                Happened::Ruled(0),
                Happened::Acted(1),
                Happened::Acted(0),
                Happened::Reported(1),
                Happened::Reported(2),
                Happened::Reported(0),
            ],
        })
    }
}

fn acted(act: Act, agreed_by: Option<&str>) -> Acted {
    Acted {
        id: ID,
        act,
        asked_by: "P. <Pieters>".into(),
        agreed_by: agreed_by.map(str::to_owned),
        at: "22-11-2026 14:05".into(),
        reason: "Nieuwe <batch>".into(),
        request: (act == Act::Decision(DecisionKind::Accept)).then(|| "Per <brief>".to_owned()),
    }
}

/// An invitation that waits.
fn invitation() -> InvitationLine {
    InvitationLine {
        id: ID,
        name: "N. <Nieuw>".into(),
        role: Role::Invoerder,
        until: "29-11-2026 14:05".into(),
        supplier: None,
    }
}

#[async_trait]
impl Users for World {
    async fn users(&self, caller: &Caller) -> PortResult<UserList> {
        let supplier = || (ID, "Zorg <Soft>".to_owned());
        let rivm = caller.party().is_none();
        let one = |own: bool, unused: bool| UserLine {
            id: ID,
            name: if own { "B. Beheer" } else { "I. <Invoer>" }.into(),
            role: Role::Invoerder,
            last: (!unused).then(|| "22-11-2026 14:05".to_owned()),
            unused,
            own,
            supplier: rivm.then(supplier),
        };
        Ok(UserList {
            users: vec![one(true, false), one(false, true)],
            invitations: vec![invitation()],
            suppliers: rivm.then(supplier).into_iter().collect(),
        })
    }

    async fn invite(&self, _: &Caller, _: String, _: Role, _: Option<Uuid>) -> PortResult<Uuid> {
        Ok(ID)
    }

    async fn invitation(&self, _: &Caller, _: Uuid) -> PortResult<InvitationView> {
        Ok(InvitationView {
            line: invitation(),
            code: "ABCD-EFGH-JKLM-2345".into(),
        })
    }

    async fn take_back(&self, _: &Caller, _: Uuid) -> PortResult<UserChanged> {
        Ok(UserChanged::Done)
    }

    async fn end_user(
        &self,
        _: &Caller,
        _: Uuid,
        role: Role,
        _: Option<Uuid>,
    ) -> PortResult<UserChanged> {
        Ok(if role == Role::Invoerder {
            UserChanged::Done
        } else {
            UserChanged::LastManager
        })
    }

    async fn readmit(
        &self,
        _: &Caller,
        _: Uuid,
        _: Role,
        _: Option<Uuid>,
    ) -> PortResult<UserChanged> {
        Ok(UserChanged::Before)
    }
}

#[async_trait]
impl Locations for World {
    async fn locations(&self, _: &Caller) -> PortResult<OwnLocations> {
        Ok(self.places.clone())
    }

    async fn pick_location(&self, _: &Caller, _: Uuid, location: Option<Uuid>) -> PortResult<()> {
        self.picked.lock().expect("no panic before").push(location);
        Ok(())
    }

    async fn add_location(&self, _: &Caller, name: String, _: String) -> PortResult<ListChanged> {
        Ok(self.named(&name))
    }

    async fn rename_location(&self, _: &Caller, one: Location) -> PortResult<ListChanged> {
        Ok(self.named(&one.name))
    }

    async fn end_location(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }
}

impl World {
    fn named(&self, name: &str) -> ListChanged {
        if self.places.all.iter().any(|one| one.name == name) {
            ListChanged::NameTaken
        } else {
            ListChanged::Done
        }
    }
}

/// What a page that shows a password once has in its cookie.
pub(crate) const SEALED: &str = "verzegeld-wachtwoord";

fn account_line() -> AccountLine {
    AccountLine {
        id: ID,
        name: "linde-1".into(),
        party: "Praktijk <De Linde>".into(),
        intermediary: Some("Medimo".into()),
        installation: "1".into(),
        brp: false,
        last: Some("22-11-2026 14:05".into()),
        ended: None,
        closed: 0,
        closed_until: None,
    }
}

/// An access that failed logins closed.
pub(crate) const CLOSED: Uuid = Uuid::from_u128(0x3ec);

fn closed() -> AccountLine {
    AccountLine {
        name: "linde-2".into(),
        closed: 2,
        closed_until: Some("22-11-2026 15:00".into()),
        ..account_line()
    }
}

#[async_trait]
impl Accounts for World {
    async fn accounts(&self, _: &Caller, page: u32) -> PortResult<AccountList> {
        let ended = AccountLine {
            name: "oud-1".into(),
            brp: true,
            ended: Some("20-11-2026 09:00".into()),
            last: None,
            intermediary: None,
            ..account_line()
        };
        let asked = AccountFor {
            id: GONE,
            party: "Nieuwe Hof".into(),
            intermediary: None,
            approved: false,
        };
        let approved = AccountFor {
            id: ID,
            party: "Praktijk <De Linde>".into(),
            intermediary: Some("Medimo".into()),
            approved: true,
        };
        Ok(AccountList {
            accounts: Page {
                items: vec![account_line(), closed(), ended],
                total: 120,
                page,
            },
            connections: vec![asked, approved],
        })
    }

    async fn account(
        &self,
        _: &Caller,
        id: Uuid,
        sealed: Option<String>,
    ) -> PortResult<AccountView> {
        let gone = id == GONE;
        let key = |algorithm: &str, fingerprint: &str| AccountKey {
            algorithm: algorithm.into(),
            fingerprint: fingerprint.into(),
        };
        Ok(AccountView {
            line: AccountLine {
                id,
                ended: gone.then(|| "20-11-2026 09:00".into()),
                ..if id == CLOSED {
                    closed()
                } else {
                    account_line()
                }
            },
            proof: "trailer".into(),
            daily: true,
            end_reason: gone.then(|| "de leverancier <stopt>".into()),
            has_password: true,
            old_until: Some("29-11-2026 14:05".into()),
            keys: vec![
                key("ssh-ed25519", "SHA256:eerste"),
                key("ecdsa-sha2-nistp256", "SHA256:tweede"),
            ],
            sources: vec!["192.0.2.0/24".into(), "2001:db8::/48".into()],
            password: sealed
                .filter(|sealed| sealed == SEALED)
                .map(|_| "abcdefghjkmnpqrstuvwxyz234".into()),
        })
    }

    async fn change_account(
        &self,
        _: &Caller,
        id: Uuid,
        change: AccountChange,
    ) -> PortResult<AccountChanged> {
        Ok(match change {
            _ if id == GONE => AccountChanged::Before,
            AccountChange::NewPassword { .. } => AccountChanged::Password(SEALED.into()),
            AccountChange::AddKey { line, .. } if line.is_empty() => AccountChanged::NoKey,
            AccountChange::AddKey { line, .. } if line.starts_with("ssh-rsa") => {
                AccountChanged::WeakKey
            }
            AccountChange::DropKey(_) => AccountChanged::LastMeans,
            AccountChange::Sources(text) if text.is_empty() => AccountChanged::NoSources,
            AccountChange::End(reason) if reason.is_empty() => AccountChanged::NoReason,
            AccountChange::EndOldPassword
            | AccountChange::LetIn
            | AccountChange::End(_)
            | AccountChange::AddKey { .. }
            | AccountChange::Sources(_) => AccountChanged::Done,
        })
    }

    async fn give_account(&self, _: &Caller, new: NewAccess) -> PortResult<AccountGiven> {
        Ok(match (new.name.as_str(), new.installation.as_str()) {
            _ if new.connection != ID => AccountGiven::NoConnection,
            ("", _) => AccountGiven::NoName,
            ("linde-1", _) => AccountGiven::NameTaken,
            (_, "") => AccountGiven::NoInstallation,
            (_, "1") => AccountGiven::InstallationTaken,
            _ if new.key.starts_with("ssh-rsa") => AccountGiven::WeakKey,
            _ if new.key == "iets" => AccountGiven::NoKey,
            _ if new.sources.is_empty() => AccountGiven::NoSources,
            _ if new.key.is_empty() => AccountGiven::Password(ID, SEALED.into()),
            _ => AccountGiven::Done(ID),
        })
    }
}

#[async_trait]
impl Operations for World {
    async fn operations(&self, _: &Caller) -> PortResult<OperationsView> {
        Ok(OperationsView {
            queues: vec![QueueView {
                kind: "check".into(),
                waiting: 3,
                working: 1,
                failed: 0,
                lag: 12,
            }],
            on_the_way: vec![OnTheWay {
                state: "parked".into(),
                deliveries: 2,
                oldest: "22-11-2026 14:05".into(),
            }],
            came: vec![CameBy {
                channel: Channel::Sftp,
                last: "22-11-2026 14:05".into(),
                deliveries: 4,
                rows: 1_234,
                refused: 5,
            }],
            trouble: vec![TroubleView {
                kind: "load-brp".into(),
                subject: ID,
                attempts: 3,
                why: "disk: <full>".into(),
                failed: false,
                since: "22-11-2026 14:05".into(),
            }],
            left_out: vec![LeftOutView {
                delivery: ID,
                row: 137,
                why: "value refused (<22023>)".into(),
                since: "22-11-2026 14:05".into(),
            }],
            in_the_box: 1,
            brp: brp("22-11-2026 14:05", true),
            brp_gaps: vec![(4, 5)],
            room: (41_000_000_000, 252_000_000_000),
        })
    }
}

/// What a list says of a batch.
pub(crate) fn batch() -> ListEntry {
    ListEntry {
        hpk: Some("2924528".into()),
        released: Some(date!(2021 - 01 - 04)),
        last_day: Some(date!(2021 - 04 - 30)),
        ..ListEntry::default()
    }
}

fn change_line() -> ChangeLine {
    ChangeLine {
        id: ID,
        kind: ListKind::Batches,
        items: 2,
        first: "EJ<6796>".into(),
        state: ChangeState::Asked,
        from: "29-11-2026".into(),
        asked_by: "R. <Rivm>".into(),
        asked_at: "22-11-2026 14:05".into(),
    }
}

/// A change that waits for a second person.
pub(crate) fn change() -> ChangeView {
    let later = ListEntry {
        last_day: Some(date!(2021 - 05 - 31)),
        ..batch()
    };
    let item = |key: &str, before| ItemLine {
        key: key.into(),
        product: "Comirnaty".into(),
        before,
        after: later.clone(),
    };
    ChangeView {
        line: change_line(),
        source: "Lijst <van> 29 november".into(),
        lines: Some(5),
        unchanged: 1,
        wrong: vec![WrongLine {
            line: 4,
            faults: vec![ListFault::HpkOther],
        }],
        items: vec![item("EJ<6796>", Some(batch())), item("FE8405", None)],
        decided_by: None,
        decided_at: None,
        foreseen: Some(WouldRelease {
            looked_at: 120,
            accepted: 97,
            to_review: 3,
            more: false,
        }),
        released: (97, 3),
        may: MayChange::Agree,
    }
}

/// A row that somebody else decided about.
pub(crate) const GONE: Uuid = Uuid::from_u128(0x3ea);

/// A row whose group shares the name of a product.
pub(crate) const NAMED: Uuid = Uuid::from_u128(0x3eb);

/// A person whom the BRP says is another one.
pub(crate) const MERGED: Uuid = Uuid::from_u128(0x3e9);

fn entry_line(kind: ListKind) -> EntryLine {
    let (key, entry) = match kind {
        ListKind::Batches => ("EJ<6796>", batch()),
        ListKind::Names => ("Pfizer <NL>", ListEntry::default()),
        ListKind::Codes => ("2924528", ListEntry::default()),
        ListKind::Products => (
            "Comirnaty",
            ListEntry {
                doses: Some(2),
                min_days: Some(21),
                first_use: Some(date!(2021 - 01 - 04)),
                eu: Some("EU/1/20/1528".into()),
                ..ListEntry::default()
            },
        ),
        ListKind::Groups => (
            "DAKLOOS",
            ListEntry {
                meaning: Some("Dak- <of> thuisloos".into()),
                ..ListEntry::default()
            },
        ),
        ListKind::Ages => (
            "B",
            ListEntry {
                first_age: Some(18),
                ..ListEntry::default()
            },
        ),
    };
    let product = if kind.has_product() { "Comirnaty" } else { "" };
    EntryLine {
        key: key.into(),
        product: product.into(),
        entry,
        from: Some("01-01-2021".into()).filter(|_| kind != ListKind::Products),
        until: None,
        change: Some(ID),
    }
}

#[async_trait]
impl Lists for World {
    async fn lists(&self, _: &Caller, page: u32) -> PortResult<ListsView> {
        Ok(ListsView {
            counts: ListKind::ALL.map(|kind| (kind, 68)).into(),
            changes: Page {
                items: vec![change_line()],
                total: 1,
                page,
            },
        })
    }

    async fn entries(
        &self,
        _: &Caller,
        kind: ListKind,
        search: String,
        page: u32,
    ) -> PortResult<EntriesView> {
        let items = match search.as_str() {
            "niets" => Vec::new(),
            _ => vec![entry_line(kind)],
        };
        Ok(EntriesView {
            products: vec!["Comirnaty".into(), "Spikevax".into()],
            ages: AgeBounds::default(),
            entries: Page {
                total: items.len() as u64,
                items,
                page,
            },
        })
    }

    async fn entry(
        &self,
        _: &Caller,
        kind: ListKind,
        _: String,
        _: String,
    ) -> PortResult<EntryView> {
        let line = entry_line(kind);
        let past = |state, before| PastLine {
            change: ID,
            state,
            before,
            after: line.entry.clone(),
            from: "29-11-2026".into(),
            asked_by: "R. <Rivm>".into(),
            asked_at: "22-11-2026 14:05".into(),
            decided_by: Some("P. Pieters".into()),
            decided_at: Some("23-11-2026 09:00".into()),
        };
        Ok(EntryView {
            history: vec![
                past(ChangeState::Done, Some(line.entry.clone())),
                past(ChangeState::Rejected, None),
            ],
            line,
        })
    }

    async fn suspects(&self, _: &Caller, page: u32) -> PortResult<Page<SuspectLine>> {
        let line = |batch: &str, listed, times| SuspectLine {
            batch: batch.into(),
            product: "Comirnaty".into(),
            listed,
            times,
            more: times >= 1_000,
            parties: vec!["Praktijk <De Linde>".into()],
            days: ("27-01-2021".into(), "28-01-2021".into()),
            near: Some("EJ6796".into()).filter(|_| !listed),
        };
        Ok(Page {
            items: vec![
                line("EJ<6769>", false, 1),
                line("ZZ1", false, 1_000),
                line("EJ6795", true, 1),
            ],
            total: 3,
            page,
        })
    }

    async fn propose_entry(&self, _: &Caller, wish: ListWish) -> PortResult<Proposed> {
        self.wishes.lock().expect("no panic before").push(wish);
        if self.faults.is_empty() {
            Ok(Proposed::Made(ID))
        } else {
            Ok(Proposed::Wrong(self.faults.clone()))
        }
    }

    async fn import_list(
        &self,
        _: &Caller,
        _: Vec<u8>,
        _: String,
        _: String,
    ) -> PortResult<Imported> {
        Ok(Imported::Made(ID))
    }

    async fn list_change(&self, _: &Caller, _: Uuid) -> PortResult<ChangeView> {
        Ok(self.change.clone())
    }

    async fn agree_list(&self, _: &Caller, _: Uuid) -> PortResult<ListAgreed> {
        Ok(self.list_agreed)
    }

    async fn drop_list(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }
}

#[async_trait]
impl Corrections for World {
    async fn begin_correction(&self, _: &Caller, _: Uuid, _: bool) -> PortResult<Uuid> {
        Ok(ID)
    }

    async fn correction(&self, _: &Caller, id: Uuid) -> PortResult<CorrectionView> {
        Ok(CorrectionView {
            id,
            person: ID,
            party: "Praktijk De Linde".into(),
            before: row(),
            after: Some(jab("EM0477", false).cells),
            request: "Mevrouw <De Boer>, per brief".into(),
            outcome: Some(RowOutcome::Geaccepteerd),
            findings: Vec::new(),
            state: self.decision.line.state,
            asked_by: "R. Rivm".into(),
            asked_at: "22-11-2026 14:05".into(),
            decided: self
                .decision
                .decided_by
                .clone()
                .zip(self.decision.decided_at.clone()),
            may: self.decision.may,
        })
    }

    async fn save_correction(
        &self,
        _: &Caller,
        _: Uuid,
        row: RowText,
        _: String,
    ) -> PortResult<()> {
        self.saved.lock().expect("no panic before").push(row);
        Ok(())
    }

    async fn decide_correction(&self, _: &Caller, _: Uuid) -> PortResult<Changed> {
        Ok(match self.agreed {
            Agreed::Running => Changed::Done,
            Agreed::Waiting => Changed::Waiting,
            Agreed::SamePerson => Changed::SamePerson,
            Agreed::Before => Changed::Before,
            Agreed::Other | Agreed::Late | Agreed::NotYet => Changed::Other,
        })
    }

    async fn drop_correction(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }
}

#[async_trait]
impl Parties for World {
    async fn connections(
        &self,
        caller: &Caller,
        filter: ConnectionFilter,
        page: u32,
    ) -> PortResult<ConnectionList> {
        let none = filter.stand == Some(ConnectionState::Ended);
        let choices = if caller.role().may_operate() {
            vec![("LINDE".to_owned(), "Praktijk De Linde".to_owned())]
        } else {
            Vec::new()
        };
        Ok(ConnectionList {
            connections: Page {
                items: if none {
                    Vec::new()
                } else {
                    vec![self.connection(caller, ID).await?]
                },
                total: u64::from(!none),
                page,
            },
            parties: choices,
            between: Vec::new(),
        })
    }

    async fn connection(&self, caller: &Caller, id: Uuid) -> PortResult<ConnectionView> {
        let state = ConnectionState::Approved;
        Ok(ConnectionView {
            id,
            party: "Praktijk De Linde".into(),
            intermediary: Some("Medimo".into()),
            channel: Channel::Sftp,
            state,
            purpose: "vaccinatieregistratie".into(),
            standard: Column::ALL
                .into_iter()
                .filter(|column| *column != Column::Achternaam)
                .collect(),
            columns: Vec::new(),
            wanted: vec!["kamer".into()],
            wanted_purpose: Some("onderzoek".into()),
            asked_by: Some("Rik van Beheer".into()),
            asked_at: "22-11-2026 14:05".into(),
            decided_by: None,
            decided_at: None,
            reason: None,
            may: if caller.role().may_approve() {
                state.steps(true)
            } else {
                Vec::new()
            },
            trials: vec![TrialView {
                at: "22-11-2026 14:05".into(),
                outcome: FileOutcome::DeelsVerwerkt,
                rows: 12,
                refused: 1,
                demands: Demand::ALL.map(|one| (one, one == Demand::Rows)).into(),
                codes: vec![(Code::P03, 1)],
                findings: vec![
                    Finding::whole(Code::A10).filled(Filled::Columns(vec!["kamer".into()])),
                ],
                outside: vec!["kamer".into()],
            }],
            history: vec![
                StepView {
                    at: "22-11-2026 14:05".into(),
                    step: None,
                    by: Some("Rik van Beheer".into()),
                    columns: vec!["kamer".into()],
                    purpose: Some("onderzoek".into()),
                    reason: None,
                    let_go: 0,
                },
                StepView {
                    at: "23-11-2026 09:00".into(),
                    step: Some(ConnectionStep::Refuse),
                    by: Some("Priya Privacy".into()),
                    columns: Vec::new(),
                    purpose: None,
                    reason: Some("Eerst <b>overleggen</b>".into()),
                    let_go: 0,
                },
                StepView {
                    at: "24-11-2026 09:00".into(),
                    step: Some(ConnectionStep::Approve),
                    by: Some("Priya Privacy".into()),
                    columns: Vec::new(),
                    purpose: None,
                    reason: Some("Verwerkersovereenkomst <b>gezien</b>".into()),
                    let_go: 1_200,
                },
            ],
            request: Some(ID),
            new_party: true,
            new_between: true,
            standings: vec![
                StandingView {
                    side: Side::Party,
                    name: "Praktijk De Linde".into(),
                    status: PartyStatus::Active,
                    may: if caller.role().may_approve() {
                        PartyStatus::Active.steps()
                    } else {
                        Vec::new()
                    },
                    history: Vec::new(),
                },
                StandingView {
                    side: Side::Between,
                    name: "Medimo".into(),
                    status: PartyStatus::Suspended,
                    may: if caller.role().may_approve() {
                        PartyStatus::Suspended.steps()
                    } else {
                        Vec::new()
                    },
                    history: vec![StepView {
                        purpose: None,
                        at: "23-11-2026 09:00".into(),
                        step: Some(ConnectionStep::Suspend),
                        by: Some("Priya Privacy".into()),
                        columns: Vec::new(),
                        reason: Some("Gelekte <b>sleutel</b>".into()),
                        let_go: 0,
                    }],
                },
            ],
        })
    }

    async fn ask_connection(&self, _: &Caller, wish: Wish) -> PortResult<Option<Uuid>> {
        Ok((wish.channel == Channel::Sftp).then_some(ID))
    }

    async fn decide_connection(
        &self,
        _: &Caller,
        _: Uuid,
        step: ConnectionStep,
        _: String,
    ) -> PortResult<Said> {
        Ok(match step {
            ConnectionStep::Approve => Said::Done(3),
            ConnectionStep::Refuse => Said::SamePerson,
            ConnectionStep::Reopen => Said::Welcome,
            _ => Said::Other,
        })
    }

    async fn decide_party(
        &self,
        _: &Caller,
        _: Uuid,
        side: Side,
        _: ConnectionStep,
        _: String,
    ) -> PortResult<Said> {
        Ok(match side {
            Side::Party => Said::Done(2),
            Side::Between => Said::Other,
        })
    }

    async fn completeness(&self, _: &Caller) -> PortResult<CompletenessView> {
        let installations = vec![installation()];
        Ok(CompletenessView {
            installations,
            brp: brp("20-11-2026 06:00", true),
            brp_gaps: vec![(4, 5)],
        })
    }

    async fn own_installations(&self, caller: &Caller) -> PortResult<Vec<InstallationView>> {
        Ok(self.completeness(caller).await?.installations)
    }

    async fn parked(&self, caller: &Caller) -> PortResult<Vec<ParkedView>> {
        Ok(vec![self.parked_delivery(caller, ID).await?])
    }

    async fn parked_delivery(&self, caller: &Caller, id: Uuid) -> PortResult<ParkedView> {
        Ok(ParkedView {
            id,
            party: "Praktijk De Linde".into(),
            intermediary: None,
            channel: Channel::Sftp,
            received: "22-11-2026 14:05".into(),
            size: 1_234,
            why: Waits::Columns,
            columns: vec!["kamer".into()],
            stored: 0,
            asked: None,
            may_ask: caller.role().may_operate(),
            may_release: false,
            may_destroy: caller.role().may_approve(),
        })
    }

    async fn ask_for_parked(&self, _: &Caller, _: Uuid) -> PortResult<Uuid> {
        Ok(ID)
    }

    async fn settle_parked(&self, _: &Caller, _: Uuid, _: bool, _: String) -> PortResult<()> {
        Ok(())
    }
}

fn request_line() -> RequestLine {
    RequestLine {
        id: ID,
        connection: ID,
        party: "Verpleeghuis Lindehof".into(),
        code: "LINDEHOF".into(),
        intermediary: Some("ZorgSoft".into()),
        channel: Channel::Sftp,
        asked_by: "Rik van Beheer".into(),
        asked_at: "22-11-2026 14:05".into(),
        test: TaskState::Todo,
        approval: TaskState::NotYet,
    }
}

/// What somebody typed for a new party.
pub(crate) fn party_form() -> PartyForm {
    PartyForm {
        name: "Verpleeghuis <Lindehof>".into(),
        code: "LINDEHOF".into(),
        kind: "verpleeghuis".into(),
        agb: "47470009".into(),
        channel: "sftp".into(),
        intermediary: "ZORGSOFT".into(),
        columns: "kamer".into(),
        purpose: "vaccinatieregistratie".into(),
        contact: "Anne de Boer".into(),
        ..PartyForm::default()
    }
}

/// An installation with something of everything.
pub(crate) fn installation() -> InstallationView {
    InstallationView {
        account: "linde-1".into(),
        installation: "1".into(),
        party: "Praktijk De Linde".into(),
        intermediary: Some("Medimo".into()),
        last: Some("22-11-2026 14:05".into()),
        silent: true,
        gaps: vec![(3, 3), (7, 9)],
        parked: 1,
        held: 2,
        files: 12,
        refused: 1,
        aborted: 2,
        rows: RowsBecame {
            read: 1_234,
            accepted: 1_100,
            review: 80,
            refused: 34,
            double: 6,
            counted: 4,
            withdrawn: 7,
        },
        announced: Announced {
            rows: 100,
            read: 90,
            taken: 80,
        },
        days: vec![Came::Yes, Came::Missed, Came::NotExpected],
        volume: vec![1_234, 0, 0],
        daily: true,
        thin: true,
    }
}

/// A file that was tried: done, or on its way.
pub(crate) fn attempt(phase: Phase) -> AttemptView {
    AttemptView {
        id: ID,
        file_name: "proef <1>.csv".into(),
        channel: Channel::Sftp,
        intermediary: Some("ZorgSoft".into()),
        phase,
        received: "22-11-2026 14:05".into(),
        counts: Counts {
            geaccepteerd: 11,
            afgekeurd: 1,
            ..Counts::default()
        },
        findings: vec![Finding::whole(Code::A18)],
        trial: (phase == Phase::Done).then(|| TrialView {
            at: "22-11-2026 14:05".into(),
            outcome: FileOutcome::DeelsVerwerkt,
            rows: 12,
            refused: 1,
            demands: Demand::ALL.map(|one| (one, one == Demand::Rows)).into(),
            codes: vec![(Code::R10, 1)],
            findings: Vec::new(),
            outside: Vec::new(),
        }),
    }
}

#[async_trait]
impl Onboarding for World {
    async fn party_requests(&self, _: &Caller, page: u32) -> PortResult<Page<RequestLine>> {
        Ok(Page {
            items: vec![request_line()],
            total: 1,
            page,
        })
    }

    async fn party_request(&self, caller: &Caller, _: Uuid) -> PortResult<RequestView> {
        let manager = if caller.role().may_operate() {
            Manager::Nobody
        } else {
            Manager::NotMine
        };
        Ok(RequestView {
            line: request_line(),
            form: party_form(),
            manager,
        })
    }

    async fn invite_manager(&self, _: &Caller, _: Uuid, _: String) -> PortResult<()> {
        Ok(())
    }

    async fn party_form(&self, _: &Caller, draft: Option<Uuid>) -> PortResult<PartyFormView> {
        Ok(PartyFormView {
            id: ID,
            form: draft.map(|_| party_form()).unwrap_or_default(),
            faults: draft.map_or(Vec::new(), |_| vec![Fault::CodeTaken, Fault::Contact]),
            between: vec![("ZORGSOFT".into(), "ZorgSoft".into())],
        })
    }

    async fn file_party(&self, _: &Caller, _: Uuid, form: PartyForm) -> PortResult<Filed> {
        Ok(if form.read().is_ok() {
            Filed::Done
        } else {
            Filed::Faults
        })
    }

    async fn bench(&self, _: &Caller) -> PortResult<BenchView> {
        let lane = |id: u128, waits: bool| LaneView {
            id: Uuid::from_u128(id),
            channel: Channel::Sftp,
            intermediary: waits.then(|| "ZorgSoft".into()),
            waits,
        };
        Ok(BenchView {
            lanes: vec![lane(1, true), lane(2, false)],
            attempts: vec![attempt(Phase::Done), attempt(Phase::Checking)],
        })
    }

    async fn attempt(&self, _: &Caller, _: Uuid) -> PortResult<AttemptView> {
        Ok(attempt(self.phase))
    }
}

#[async_trait]
impl Withdrawals for World {
    async fn withdrawal(&self, caller: &Caller, delivery: Uuid) -> PortResult<WithdrawalView> {
        let rivm = caller.party().is_none();
        Ok(WithdrawalView {
            delivery,
            rivm,
            file_name: if rivm {
                String::new()
            } else {
                "vaccinaties <week 4>.xlsx".into()
            },
            party: "Praktijk De Linde".into(),
            received: "22-11-2026 14:05".into(),
            rows: 1_300,
            counted: 2,
            step: self.ask,
            second_person: true,
            open: self.open.clone(),
            last: self.last.clone(),
            refused: None,
        })
    }

    async fn withdraw_delivery(&self, _: &Caller, _: Uuid, reason: String) -> PortResult<Asked> {
        self.reasons
            .lock()
            .expect("no panic before")
            .push((false, reason));
        Ok(self.asked)
    }

    async fn restore_delivery(&self, _: &Caller, _: Uuid, reason: String) -> PortResult<Asked> {
        self.reasons
            .lock()
            .expect("no panic before")
            .push((true, reason));
        Ok(self.asked)
    }

    async fn agree(&self, _: &Caller, _: Uuid) -> PortResult<Asked> {
        Ok(self.asked)
    }

    async fn turn_down(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }
}

const fn counting(before: u32, after: u32) -> RecordChange {
    RecordChange {
        before,
        after,
        doses: Some(2),
    }
}

pub(crate) fn decision() -> DecisionView {
    DecisionView {
        line: decision_line(),
        old: Some("<b>???".into()),
        new: Some("EJ6796".into()),
        reason: "Op verzoek van de instelling".into(),
        told: None,
        brp: brp("22-11-2026 06:02", true),
        request: Some("Mevrouw <De Boer>, per brief".into()),
        ended_by: None,
        why_ended: None,
        second_person: true,
        decided_by: None,
        decided_at: None,
        done: (0, 0),
        outside: 0,
        outcomes: vec![(RowOutcome::Geaccepteerd, 390), (RowOutcome::Afgekeurd, 10)],
        first: vec![ForeseenRow {
            id: ID,
            row: 12,
            file: Some("week <4>.csv".into()),
            received: "22-11-2026 14:05".into(),
            outcome: RowOutcome::Afgekeurd,
            findings: vec![Finding::on(Code::V31, Column::Dosisnummer)],
            record: Some(counting(2, 3)),
        }],
        next: None,
        further: false,
        left: 0,
        held: 0,
        persons: (390, 12),
        gone: None,
        other: None,
        late: false,
        link: None,
        may_undo: false,
        undoes: None,
        may: MayDecide::Agree,
    }
}

/// Somebody of the BRP who may be the person of a row; the second is secret.
pub(crate) fn candidate(secret: bool) -> Candidate {
    Candidate {
        list: if secret { "l2" } else { "l1" }.into(),
        bsn: "*****0019".into(),
        name: (!secret).then(|| "Erebos <Bultenaar>".to_owned()),
        birth_date: "01-04-2000".into(),
        address: (!secret).then(|| "1234AB 7".to_owned()),
        secret,
        gone: secret.then_some(Gone::Died),
        same: vec![Same::BirthDate, Same::Name],
        vaccinations: 1,
    }
}

/// The person of a link that is asked for.
pub(crate) fn link(person: Option<Candidate>) -> LinkView {
    LinkView {
        delivered: row(),
        person,
        counting: Some((1, 2)),
        doses: Some(2),
    }
}

pub(crate) fn decision_line() -> DecisionLine {
    DecisionLine {
        id: ID,
        kind: DecisionKind::Map,
        stored: false,
        party: "Praktijk De Linde".into(),
        code: Code::V26,
        column: Some(Column::Batchnummer),
        rows: 400,
        state: DecisionState::Asked,
        name: None,
        kept: false,
        days: Days::ALL,
        returned: 0,
        overdue: false,
        asked_by: "P. Pieters".into(),
        asked_at: "22-11-2026 14:05".into(),
    }
}

fn quality() -> QualityView {
    let week = |monday: &str, rows, refused| QualityWeek {
        monday: monday.into(),
        rows,
        refused,
    };
    QualityView {
        weeks: vec![
            week("02-11-2026", 400, 40),
            week("09-11-2026", 0, 0),
            week("16-11-2026", 1_200, 12),
        ],
        causes: vec![(Code::P03, 7)],
    }
}

pub(crate) fn numbers() -> ReviewNumbers {
    ReviewNumbers {
        ages: [1, 20, 3, 1_400],
        codes: vec![(Code::V11, 1_400), (Code::B10, 24)],
        parties: vec![
            PartyNumbers {
                id: ID,
                party: "Praktijk <b>De Linde".into(),
                open: 1_424,
                rows: 3_000,
                refused: 1_500,
                before: (200, 10),
                causes: vec![Code::V11, Code::B10],
            },
            PartyNumbers {
                party: "Zonnehof".into(),
                ..PartyNumbers::default()
            },
        ],
        solved: vec![
            Solved {
                by: SolvedBy::Sender,
                rows: 300,
                median: 200,
            },
            Solved {
                by: SolvedBy::Suggestion,
                rows: 4,
                median: 3_000,
            },
        ],
    }
}

#[async_trait]
impl Decisions for World {
    async fn clusters(
        &self,
        _: &Caller,
        _: ClusterFilter,
        page: u32,
    ) -> PortResult<Page<ClusterLine>> {
        Ok(Page {
            items: vec![ClusterLine {
                sample: ID,
                party: "Praktijk De Linde".into(),
                code: Code::V26,
                column: Some(Column::Batchnummer),
                outcome: RowOutcome::Afgekeurd,
                rows: 400,
                since: "22-11-2026 14:05".into(),
            }],
            total: 1,
            page,
        })
    }

    async fn cluster(&self, _: &Caller, sample: Uuid) -> PortResult<ClusterView> {
        if sample == GONE {
            return Err(PortError::NotFound);
        }
        let (code, column) = if sample == NAMED {
            (Code::V11, Column::Vaccin)
        } else {
            (Code::V26, Column::Batchnummer)
        };
        Ok(ClusterView {
            sample,
            party: "Praktijk De Linde".into(),
            code,
            column: Some(column),
            value: Some("<b>???".into()),
            suggestions: vec![suggestion(
                SuggestionKind::Batch,
                Column::Batchnummer,
                Some("EJ6796"),
            )],
            outcome: RowOutcome::Afgekeurd,
            rows: 400,
            first: vec![ClusterRow {
                id: ID,
                row: 12,
                received: "22-11-2026 14:05".into(),
            }],
            may: DecisionKind::ALL.into(),
            also_open: vec!["Rosa Register".into()],
            brp: brp("22-11-2026 03:10", false),
        })
    }

    async fn propose(&self, _: &Caller, _: Uuid, proposal: Proposal) -> PortResult<Uuid> {
        let at_request = proposal.kind.takes_request(Some(Column::Batchnummer));
        if at_request && proposal.request.trim().is_empty() {
            return Err(PortError::Conflict);
        }
        Ok(ID)
    }

    async fn candidates(&self, _: &Caller, row_id: Uuid) -> PortResult<Candidates> {
        Ok(Candidates {
            row: row_id,
            number: 12,
            party: "Praktijk De Linde".into(),
            delivered: row(),
            found: self.candidates.clone(),
            more: self.candidates.len() > 1,
            brp: brp("22-11-2026 06:00", false),
        })
    }

    async fn propose_link(&self, _: &Caller, _: Uuid, list: String, _: String) -> PortResult<Uuid> {
        if list == "l1" {
            Ok(ID)
        } else {
            Err(PortError::NotFound)
        }
    }

    async fn decided_about(&self, _: &Caller, row: Uuid) -> PortResult<Option<Earlier>> {
        Ok((row == GONE).then(|| Earlier {
            decision: Some(ID),
            ruling: None,
            by: "P. <Pieters>".into(),
        }))
    }

    async fn propose_undo(&self, _: &Caller, link: Uuid, _: String) -> PortResult<Uuid> {
        if link == ID {
            Ok(ID)
        } else {
            Err(PortError::NotFound)
        }
    }

    async fn decisions(&self, _: &Caller, page: u32) -> PortResult<Page<DecisionLine>> {
        Ok(Page {
            items: vec![self.decision.line.clone()],
            total: 1,
            page,
        })
    }

    async fn decision_page(
        &self,
        _: &Caller,
        _: Uuid,
        _: Option<String>,
    ) -> PortResult<DecisionView> {
        Ok(self.decision.clone())
    }

    async fn decide(&self, _: &Caller, _: Uuid) -> PortResult<Agreed> {
        Ok(self.agreed)
    }

    async fn drop_decision(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }

    async fn kept_values(&self, _: &Caller, page: u32) -> PortResult<Page<KeptValue>> {
        let value = KeptValue {
            decision: ID,
            party: "Praktijk De Linde".into(),
            column: Some(Column::Vaccin),
            old: "Pfizer <NL> groot".into(),
            new: "Comirnaty".into(),
            days: Days::ALL,
            since: "22-11-2026 14:05".into(),
            until: None,
            asked_by: "P. Pieters".into(),
            agreed_by: Some("R. Rivm".into()),
            ended_by: None,
            why_ended: None,
            rows: 400,
        };
        let ended = KeptValue {
            until: Some("29-11-2026 09:00".into()),
            ended_by: Some("Rosa Register".into()),
            why_ended: Some("De instelling schrijft nu <goed>".into()),
            ..value.clone()
        };
        Ok(Page {
            items: vec![value, ended],
            total: 2,
            page,
        })
    }

    async fn end_name(&self, _: &Caller, _: Uuid, _: String) -> PortResult<()> {
        Ok(())
    }

    async fn propose_close(&self, _: &Caller, _: Uuid, _: Closing) -> PortResult<Uuid> {
        Ok(ID)
    }

    async fn recall(&self, _: &Caller, _: Uuid) -> PortResult<()> {
        Ok(())
    }
}

//! Approval of connections, and deliveries that wait for somebody. RIVM-beheer asks, the privacycoördinator decides; the
//! same person never does both, as `connections_four_eyes` says too (security G18).

use super::{OrBroken, Portal, brp_age, event, words};
use crate::audit::{self, Kind};
use crate::clock::{calendar_since, dutch_day};
use crate::intake::{process, receive};
use crate::jobs::{self, JobKind};
use crate::keys::Purpose;
use crate::store::completeness::{self, Installation};
use crate::store::connections::{
    self, Connection, Decision, GoesOn, Locked, Parked, Request, Settled, Step, Waiting, Whole,
};
use crate::store::trials::{self, Tried};
use crate::store::{
    StoreError, WorkerTx, brp_loads, deliveries, party_requests, party_tx, profiles, sftp_accounts,
    worker_tx,
};
use app::ports::parties::{
    Announced, Came, CompletenessView, ConnectionFilter, ConnectionList, ConnectionView,
    InstallationView, ParkedView, Parties, RowsBecame, Said, Side, StandingView, StepView,
    TrialView, Waits, Wish,
};
use app::ports::{Caller, Page, PortError, PortResult};
use domain::connection::{
    ColumnSet, ConnectionState, ConnectionStep, PartyStatus, standard_without, whole_standard,
};
use domain::dates::is_working_day;
use domain::delivery::rhythm::{CALENDAR_DAYS, is_silent, is_thin};
use domain::delivery::trial::{Demand, Trial};
use domain::delivery::{Channel, FileOutcome};
use domain::finding::{Code, Filled, Finding};
use domain::row::Column;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use time::{Date, Duration};
use uuid::Uuid;

/// Longest purpose and reason that are kept, in characters.
const PURPOSE_CHARS: usize = 200;
const REASON_CHARS: usize = 500;
/// Files of the test lane that are shown.
const TRIALS: i64 = 5;

fn governs(caller: &Caller) -> PortResult<()> {
    let role = caller.role();
    if role.may_approve() || role.may_operate() {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

fn sees_parked(caller: &Caller) -> PortResult<()> {
    if caller.role().may_review() || caller.role().may_approve() {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

fn only(holds: bool) -> PortResult<()> {
    if holds {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

#[async_trait::async_trait]
impl Parties for Portal {
    async fn connections(
        &self,
        caller: &Caller,
        filter: ConnectionFilter,
        page: u32,
    ) -> PortResult<ConnectionList> {
        governs(caller)?;
        let page = page.max(1);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let (found, total) = connections::list(&mut tx, &filter, page)
            .await
            .or_broken(caller)?;
        let mut list = ConnectionList {
            connections: Page {
                items: Vec::new(),
                total,
                page,
            },
            parties: Vec::new(),
            between: Vec::new(),
        };
        if caller.role().may_operate() {
            for (code, name, between) in connections::parties(&mut tx).await.or_broken(caller)? {
                let side = if between {
                    &mut list.between
                } else {
                    &mut list.parties
                };
                side.push((code, name));
            }
        }
        for connection in found {
            list.connections
                .items
                .push(self.connection_view(caller, connection).or_broken(caller)?);
        }
        Ok(list)
    }

    async fn connection(&self, caller: &Caller, id: Uuid) -> PortResult<ConnectionView> {
        governs(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let connection = connections::one(&mut tx, id).await.or_broken(caller)?;
        let tried = trials::of_connection(&mut tx, id, TRIALS)
            .await
            .or_broken(caller)?;
        let mut view = self.connection_view(caller, connection).or_broken(caller)?;
        let standard: Vec<String> = view
            .standard
            .iter()
            .map(|column| column.name().to_owned())
            .chain(view.wanted.iter().cloned())
            .collect();
        let extra = [&view.columns[..], &view.wanted].concat();
        let asked = ColumnSet {
            standard: &standard,
            extra: &extra,
        };
        let tried = tried
            .iter()
            .map(|one| trial(one, view.channel, Some(asked)));
        view.trials = tried.collect::<Result<_, _>>().or_broken(caller)?;
        let steps = connections::steps(&mut tx, id).await.or_broken(caller)?;
        let steps = steps.into_iter().map(|step| self.step_view(id, step));
        view.history = steps.collect::<Result<_, _>>().or_broken(caller)?;
        view.request = party_requests::of_connection(&mut tx, id)
            .await
            .or_broken(caller)?;
        for party in connections::wholes(&mut tx, id).await.or_broken(caller)? {
            let steps = connections::party_steps(&mut tx, party.id)
                .await
                .or_broken(caller)?;
            let view_of = self.standing(caller, party, steps).or_broken(caller)?;
            view.standings.push(view_of);
        }
        Ok(view)
    }

    async fn ask_connection(&self, caller: &Caller, wish: Wish) -> PortResult<Option<Uuid>> {
        only(caller.role().may_operate())?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let (party, _) = profiles::by_code(&mut tx, &wish.party)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let intermediary = match wish.intermediary.as_str() {
            "" => None,
            code => {
                let found = profiles::by_code(&mut tx, code).await.or_broken(caller)?;
                Some(found.ok_or(PortError::NotFound)?.0)
            }
        };
        let purpose = words::kept(&wish.purpose, PURPOSE_CHARS);
        let standard = standard_without(&wish.without).ok_or(PortError::Conflict)?;
        let request = Request {
            party,
            intermediary,
            channel: wish.channel.as_str(),
            purpose: Some(&purpose),
            standard: &standard,
            columns: &[],
            by: caller.user_id,
        };
        let asked = connections::ask(&mut tx, &request)
            .await
            .or_broken(caller)?;
        if let Some(id) = asked {
            let line = event(caller, Kind::PartyChanged)
                .for_party(party)
                .object("connection", id)
                .detail("step", "asked")
                .detail("channel", wish.channel.as_str());
            audit::add(&mut tx, line).await.or_broken(caller)?;
        }
        tx.commit().await.or_broken(caller)?;
        Ok(asked)
    }

    async fn decide_connection(
        &self,
        caller: &Caller,
        id: Uuid,
        step: ConnectionStep,
        reason: String,
    ) -> PortResult<Said> {
        only(caller.role().may_approve())?;
        let reason = self.sealed(id, &reason).ok_or(PortError::Conflict)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let locked = connections::lock(&mut tx, id).await.or_broken(caller)?;
        let wider = !locked.wanted.is_empty() || locked.wanted_purpose.is_some();
        let from = ConnectionState::parse(&locked.state).ok_or(PortError::NotFound)?;
        let Some(to) = step.leads(from, wider) else {
            return Ok(Said::Other);
        };
        let asked = locked.asked_by == Some(caller.user_id)
            || (locked.party_status == "requested"
                && locked.party_asked_by == Some(caller.user_id))
            || locked.between_asked_by == Some(caller.user_id);
        if asked {
            return Ok(Said::SamePerson);
        }
        let first = step == ConnectionStep::Approve && from == ConnectionState::Requested;
        if first && !is_tested(&mut tx, &locked).await.or_broken(caller)? {
            return Ok(Said::NotTried);
        }
        let decision = Decision {
            step: step.as_str(),
            state: to.as_str(),
            widen: step == ConnectionStep::Approve && wider,
            columns: &locked.wanted,
            purpose: locked.wanted_purpose.as_deref(),
            by: caller.user_id,
            reason_sealed: &reason,
        };
        connections::decide(&mut tx, id, &decision)
            .await
            .or_broken(caller)?;
        let party = settle_party(&mut tx, caller, &locked, to)
            .await
            .or_broken(caller)?;
        let gone_on = if to == ConnectionState::Approved {
            connections::let_go(&mut tx, Waiting::Connection(id))
                .await
                .or_broken(caller)?
        } else {
            Vec::new()
        };
        go_on(&mut tx, &gone_on).await.or_broken(caller)?;
        let line = event(caller, Kind::PartyChanged)
            .for_party(locked.party_id)
            .object("connection", id)
            .detail("step", step.as_str())
            .detail("columns", wider)
            .detail("deliveries", gone_on.len());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        self.road.db.work.notify_waiters();
        if party == Some(ConnectionState::Approved) {
            return Ok(Said::Welcome);
        }
        Ok(Said::Done(u32::try_from(gone_on.len()).unwrap_or(u32::MAX)))
    }

    async fn decide_party(
        &self,
        caller: &Caller,
        connection: Uuid,
        side: Side,
        step: ConnectionStep,
        reason: String,
    ) -> PortResult<Said> {
        only(caller.role().may_approve())?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let between = side == Side::Between;
        let (party, status) = connections::lock_party(&mut tx, connection, between)
            .await
            .or_broken(caller)?;
        let reason = self.sealed(party, &reason).ok_or(PortError::Conflict)?;
        let from = PartyStatus::parse(&status).ok_or(PortError::NotFound)?;
        let Some(to) = step.leads_party(from) else {
            return Ok(Said::Other);
        };
        let (word, by) = (step.as_str(), caller.user_id);
        connections::move_party(&mut tx, party, word, to.as_str(), by, &reason)
            .await
            .or_broken(caller)?;
        if to == PartyStatus::Ended {
            sftp_accounts::end_of_party(&mut tx, party)
                .await
                .or_broken(caller)?;
        }
        let gone_on = if to == PartyStatus::Active {
            connections::let_go(&mut tx, Waiting::Party(party))
                .await
                .or_broken(caller)?
        } else {
            Vec::new()
        };
        go_on(&mut tx, &gone_on).await.or_broken(caller)?;
        let line = event(caller, Kind::PartyChanged)
            .for_party(party)
            .object("party", party)
            .detail("step", word)
            .detail("deliveries", gone_on.len());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        self.road.db.work.notify_waiters();
        Ok(Said::Done(u32::try_from(gone_on.len()).unwrap_or(u32::MAX)))
    }

    async fn completeness(&self, caller: &Caller) -> PortResult<CompletenessView> {
        only(caller.role().may_review())?;
        let installations = self.installations(caller).await?;
        let now = self.road.clock.now();
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let brp = brp_age(&mut tx, now).await.or_broken(caller)?;
        let brp_gaps = brp_loads::missing(&mut tx).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        Ok(CompletenessView {
            installations,
            brp,
            brp_gaps,
        })
    }

    async fn own_installations(&self, caller: &Caller) -> PortResult<Vec<InstallationView>> {
        only(caller.role().may_watch_own_installations())?;
        self.installations(caller).await
    }

    async fn parked(&self, caller: &Caller) -> PortResult<Vec<ParkedView>> {
        sees_parked(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = connections::parked(&mut tx, None).await.or_broken(caller)?;
        Ok(found
            .into_iter()
            .filter_map(|parked| waits(caller, parked))
            .collect())
    }

    async fn parked_delivery(&self, caller: &Caller, id: Uuid) -> PortResult<ParkedView> {
        Ok(self.set_aside(caller, id).await?.1)
    }

    async fn ask_for_parked(&self, caller: &Caller, id: Uuid) -> PortResult<Uuid> {
        let (parked, view) = self.set_aside(caller, id).await?;
        if let Some(asked) = view.asked {
            return Ok(asked);
        }
        only(view.may_ask)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let request = Request {
            party: parked.party_id,
            intermediary: parked.intermediary_id,
            channel: &parked.channel,
            purpose: None,
            standard: &whole_standard(),
            columns: &parked.strange,
            by: caller.user_id,
        };
        let asked = connections::ask(&mut tx, &request)
            .await
            .or_broken(caller)?
            .ok_or(PortError::Conflict)?;
        let line = event(caller, Kind::PartyChanged)
            .for_party(parked.party_id)
            .object("connection", asked)
            .detail("step", "asked")
            .detail("delivery", id.to_string());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(asked)
    }

    async fn settle_parked(
        &self,
        caller: &Caller,
        id: Uuid,
        release: bool,
        reason: String,
    ) -> PortResult<()> {
        let (_, view) = self.set_aside(caller, id).await?;
        only(if release {
            view.may_release
        } else {
            view.may_destroy
        })?;
        let reason_sealed = self.sealed(id, &reason).ok_or(PortError::Conflict)?;
        let settled = Settled {
            delivery: id,
            release,
            by: caller.user_id,
            reason_sealed: &reason_sealed,
        };
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let was = connections::settle(&mut tx, &settled)
            .await
            .or_broken(caller)?
            .ok_or(PortError::Conflict)?;
        jobs::wake_held(&mut tx, id).await.or_broken(caller)?;
        let mut freed = 0;
        if release {
            jobs::push(&mut tx, jobs::after_parking(was.submitted), id)
                .await
                .or_broken(caller)?;
        } else {
            let forgotten = if was.stored {
                deliveries::forget_rest(&mut tx, id).await
            } else {
                deliveries::forget_rows(&mut tx, id).await
            };
            forgotten.or_broken(caller)?;
            deliveries::forget_blob(&mut tx, id)
                .await
                .or_broken(caller)?;
            if was.stored {
                let counts = deliveries::count(&mut tx, id).await.or_broken(caller)?;
                let outcome = Some(FileOutcome::DeelsVerwerkt.as_str());
                deliveries::settle(&mut tx, id, "done", outcome, counts, None)
                    .await
                    .or_broken(caller)?;
                process::catch_up(&mut tx, id, counts, self.road.clock.now())
                    .await
                    .or_broken(caller)?;
            }
            freed = receive::free_doubles(&mut tx, id).await.or_broken(caller)?;
            if was.dropped {
                jobs::push(&mut tx, JobKind::Answer, id)
                    .await
                    .or_broken(caller)?;
            }
        }
        let kind = if release {
            Kind::Decided
        } else {
            Kind::DeliveryDiscarded
        };
        let line = event(caller, kind)
            .for_party(was.party_id)
            .object("delivery", id)
            .detail("parked", if release { "released" } else { "destroyed" })
            .detail("freed", freed)
            .detail("stored", was.stored);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        if !release && let Err(error) = self.road.blobs.destroy(id) {
            tracing::error!(delivery = %id, kind = %error.kind(), "a raw file waits for the sweep");
        }
        self.road.db.work.notify_waiters();
        Ok(())
    }
}

impl Portal {
    /// How many connections wait for this person's decision, and how many deliveries until it asks or decides.
    pub(super) async fn to_approve(&self, caller: &Caller) -> PortResult<(u32, u32)> {
        let role = caller.role();
        if !role.may_approve() && !role.may_review() {
            return Ok((0, 0));
        }
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let connections = if role.may_approve() {
            connections::waiting(&mut tx, caller.user_id)
                .await
                .or_broken(caller)?
        } else {
            0
        };
        let parked = connections::parked(&mut tx, None).await.or_broken(caller)?;
        let parked = parked
            .into_iter()
            .filter_map(|parked| waits(caller, parked))
            .filter(|parked| parked.may_ask || parked.may_release)
            .count();
        Ok((
            u32::try_from(connections).unwrap_or_default(),
            u32::try_from(parked).unwrap_or_default(),
        ))
    }

    /// Every installation, and what came of it in the last weeks.
    pub(super) async fn installations(&self, caller: &Caller) -> PortResult<Vec<InstallationView>> {
        let now = self.road.clock.now();
        let since = calendar_since(now);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = completeness::installations(&mut tx, since)
            .await
            .or_broken(caller)?;
        let today = dutch_day(now);
        Ok(found
            .into_iter()
            .map(|one| installation(one, today))
            .collect())
    }

    /// A reason as it is kept; none when nothing was typed.
    pub(super) fn sealed(&self, id: Uuid, reason: &str) -> Option<Vec<u8>> {
        let reason = words::kept(reason, REASON_CHARS);
        let purpose = Purpose::Reason.of(id.as_bytes());
        (!reason.is_empty()).then(|| {
            self.road
                .keys
                .seal(reason.as_bytes(), &purpose)
                .into_bytes()
        })
    }

    async fn set_aside(&self, caller: &Caller, id: Uuid) -> PortResult<(Parked, ParkedView)> {
        sees_parked(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = connections::parked(&mut tx, Some(id))
            .await
            .or_broken(caller)?;
        let parked = found.into_iter().next().ok_or(PortError::NotFound)?;
        let view = waits(caller, parked.clone()).ok_or(PortError::NotFound)?;
        Ok((parked, view))
    }

    fn connection_view(
        &self,
        caller: &Caller,
        from: Connection,
    ) -> Result<ConnectionView, StoreError> {
        let broken = || StoreError::Broken("connection".to_owned());
        let state = ConnectionState::parse(&from.state).ok_or_else(broken)?;
        let mine = from.asked_by == Some(caller.user_id);
        let may = if caller.role().may_approve() && !mine {
            state.steps(!from.wanted.is_empty() || from.wanted_purpose.is_some())
        } else {
            Vec::new()
        };
        Ok(ConnectionView {
            id: from.id,
            party: from.party,
            intermediary: from.intermediary,
            channel: Channel::parse(&from.channel).ok_or_else(broken)?,
            state,
            purpose: from.purpose,
            standard: in_order(&from.standard),
            columns: from.columns,
            wanted: from.wanted,
            wanted_purpose: from.wanted_purpose,
            asked_by: from.asked_name,
            asked_at: words::moment(from.asked_at),
            decided_by: from.decided_name,
            decided_at: from.decided_at.map(words::moment),
            reason: self.open_text(Purpose::Reason, from.id, from.reason_sealed)?,
            may,
            trials: Vec::new(),
            history: Vec::new(),
            request: None,
            new_party: from.new_party,
            new_between: from.new_between,
            standings: Vec::new(),
        })
    }

    fn standing(
        &self,
        caller: &Caller,
        party: Whole,
        steps: Vec<Step>,
    ) -> Result<StandingView, StoreError> {
        let odd = || StoreError::Broken("party".to_owned());
        let status = PartyStatus::parse(&party.status).ok_or_else(odd)?;
        let history = steps
            .into_iter()
            .map(|step| self.step_view(party.id, step))
            .collect::<Result<_, _>>()?;
        Ok(StandingView {
            side: if party.between {
                Side::Between
            } else {
                Side::Party
            },
            name: party.name,
            status,
            may: if caller.role().may_approve() {
                status.steps()
            } else {
                Vec::new()
            },
            history,
        })
    }

    fn step_view(&self, connection: Uuid, from: Step) -> Result<StepView, StoreError> {
        Ok(StepView {
            at: words::moment(from.at),
            step: ConnectionStep::parse(&from.step),
            by: from.by_name,
            columns: from.columns,
            purpose: from.purpose,
            reason: self.open_text(Purpose::Reason, connection, from.reason_sealed)?,
            let_go: u32::try_from(from.let_go).unwrap_or(u32::MAX),
        })
    }
}

/// Columns of the format in its order. A column that this version does not have is in no file.
fn in_order(standard: &[String]) -> Vec<Column> {
    let held = |column: &Column| standard.iter().any(|name| name == column.name());
    Column::ALL.into_iter().filter(held).collect()
}

/// What a channel needs before its first approval was shown by the newest file that was tried (features F79).
async fn is_tested(tx: &mut WorkerTx<'_>, locked: &Locked) -> Result<bool, StoreError> {
    if !Channel::parse(&locked.channel).is_some_and(Channel::is_tried) {
        return Ok(true);
    }
    trials::conforms(tx, locked.party_id, locked.intermediary_id, &locked.channel).await
}

/// With its first approved connection a party that was asked for is active, and so is the one in between; refused, they
/// are turned away. What became of the party, if anything did.
async fn settle_party(
    tx: &mut WorkerTx<'_>,
    caller: &Caller,
    locked: &Locked,
    to: ConnectionState,
) -> Result<Option<ConnectionState>, StoreError> {
    let mut became = None;
    for party in [locked.intermediary_id, Some(locked.party_id)]
        .into_iter()
        .flatten()
    {
        let (settled, step) = match to {
            ConnectionState::Approved => {
                let settled = connections::activate(tx, party, caller.user_id).await?;
                (settled, "activated")
            }
            ConnectionState::Refused => (connections::turn_away(tx, party).await?, "refused"),
            _ => return Ok(None),
        };
        became = settled.then_some(to);
        if settled {
            let line = event(caller, Kind::PartyChanged)
                .for_party(party)
                .object("party", party)
                .detail("step", step);
            audit::add(tx, line).await?;
        }
    }
    Ok(became)
}

/// What a file of the test lane came to; held against the columns that were asked for, where they are given.
pub(super) fn trial(
    tried: &Tried,
    channel: Channel,
    asked: Option<ColumnSet<'_>>,
) -> Result<TrialView, StoreError> {
    let odd = || StoreError::Broken("trial".to_owned());
    let number = |count: i32| u32::try_from(count).unwrap_or_default();
    let trial = Trial {
        outcome: FileOutcome::parse(&tried.outcome).ok_or_else(odd)?,
        rows: number(tried.rows),
        refused: number(tried.refused),
        corrections: number(tried.corrections),
        withdrawals: number(tried.withdrawals),
        without_consent: number(tried.without_consent),
    };
    let demands = Demand::of(channel).iter();
    let codes: BTreeMap<String, u32> =
        serde_json::from_value(tried.codes.clone()).map_err(|_| odd())?;
    let mut codes: Vec<(Code, u32)> = codes
        .into_iter()
        .filter_map(|(code, rows)| Some((code.parse().ok()?, rows)))
        .collect();
    codes.sort_by_key(|(_, rows)| Reverse(*rows));
    let findings: Vec<Finding> =
        serde_json::from_value(tried.findings.clone()).map_err(|_| odd())?;
    let unknown = findings.iter().filter(|finding| finding.code == Code::A10);
    let unknown = unknown.flat_map(|finding| match &finding.filled {
        Filled::Columns(columns) => columns.as_slice(),
        _ => &[],
    });
    let unasked = |column: &&String| asked.is_some_and(|asked| !asked.holds(column));
    let outside = tried.columns.iter().chain(unknown).filter(unasked);
    Ok(TrialView {
        outside: outside.cloned().collect(),
        findings: findings.clone(),
        at: words::moment(tried.finished_at),
        outcome: trial.outcome,
        rows: trial.rows,
        refused: trial.refused,
        demands: demands
            .map(|demand| (*demand, trial.meets(*demand)))
            .collect(),
        codes,
    })
}

fn installation(from: Installation, today: Date) -> InstallationView {
    let count = |count: i64| u32::try_from(count).unwrap_or_default();
    let many = |count: i64| u64::try_from(count).unwrap_or_default();
    let since = from.expected_since.map(dutch_day).filter(|_| from.daily);
    let positive = |list: &[i32]| -> Vec<u32> {
        let list = list.iter();
        list.filter_map(|number| u32::try_from(*number).ok())
            .collect()
    };
    let day_of = |back: u16| today - Duration::days(i64::from(back));
    let volume = (0..CALENDAR_DAYS).rev().map(|back| {
        let place = from.days.iter().position(|day| *day == day_of(back));
        let rows = place.and_then(|place| from.day_rows.get(place));
        rows.map_or(0, |rows| many(*rows))
    });
    let volume = volume.collect();
    let calendar = (0..CALENDAR_DAYS).rev().map(|back| {
        let day = day_of(back);
        let expected = since.is_some_and(|since| since < day) && is_working_day(day);
        if from.days.contains(&day) {
            Came::Yes
        } else if expected && day < today {
            Came::Missed
        } else {
            Came::NotExpected
        }
    });
    InstallationView {
        days: calendar.collect(),
        volume,
        daily: from.daily,
        thin: is_thin(&completeness::files(&from.size_days, &from.sizes)),
        account: from.account,
        installation: from.installation,
        party: from.party,
        intermediary: from.intermediary,
        last: from.last_at.map(words::moment),
        silent: since.is_some_and(|since| {
            is_silent(
                from.last_at.map_or(since, |at| dutch_day(at).max(since)),
                today,
            )
        }),
        gaps: positive(&from.gap_from)
            .into_iter()
            .zip(positive(&from.gap_to))
            .collect(),
        parked: count(from.parked),
        held: count(from.held),
        files: count(from.files),
        refused: count(from.refused),
        aborted: count(from.aborted),
        rows: RowsBecame {
            read: many(from.rows_read),
            accepted: many(from.rows_stored - from.rows_waiting),
            review: many(from.rows_waiting),
            refused: many(from.rows_refused),
            double: many(from.rows_double),
            counted: many(from.rows_counted),
            withdrawn: many(from.rows_withdrawn),
        },
        announced: Announced {
            rows: many(from.promised),
            read: many(from.promised_read),
            taken: many(from.promised_taken),
        },
    }
}

async fn go_on(tx: &mut WorkerTx<'_>, deliveries: &[GoesOn]) -> Result<(), StoreError> {
    for delivery in deliveries {
        jobs::push(tx, jobs::after_parking(delivery.submitted), delivery.id).await?;
        jobs::wake_held(tx, delivery.id).await?;
    }
    Ok(())
}

/// A delivery that waits, as this person sees it.
fn waits(caller: &Caller, parked: Parked) -> Option<ParkedView> {
    let role = caller.role();
    let why = match parked.why.as_str() {
        "approval" => Waits::Approval,
        code if code == Code::A10.as_str() => Waits::Columns,
        code if code == Code::A15.as_str() => Waits::Shifted,
        code if code == Code::A20.as_str() => Waits::FewMatched,
        _ => return None,
    };
    // About connections the privacycoördinator decides, about the content RIVM.
    let about_content = matches!(why, Waits::Shifted | Waits::FewMatched);
    Some(ParkedView {
        id: parked.id,
        party: parked.party,
        intermediary: parked.intermediary,
        channel: Channel::parse(&parked.channel)?,
        received: words::moment(parked.received_at),
        size: u64::try_from(parked.file_size).unwrap_or_default(),
        why,
        columns: parked.strange,
        stored: u32::try_from(parked.stored).unwrap_or_default(),
        asked: parked.asked.filter(|_| !about_content),
        may_ask: !about_content && role.may_operate() && parked.asked.is_none(),
        may_release: about_content && role.may_review(),
        may_destroy: if about_content {
            role.may_review()
        } else {
            role.may_approve()
        },
    })
}

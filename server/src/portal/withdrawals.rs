//! Asking for the withdrawal of a delivery, agreeing to it, and what became of it. The work itself is a job.
//!
//! Own party, or RIVM. A request is carried out at once, or waits for a second, different person of the same
//! side; the database refuses the same person as well (`withdrawals_four_eyes`).

use super::{OrBroken, Portal, event, words};
use crate::audit::{self, Kind};
use crate::jobs::{self, JobKind};
use crate::keys::Purpose;
use crate::store::deliveries::{self, NewDelivery};
use crate::store::withdrawals::{self, NewRequest, Request, Target, Told, View};
use crate::store::{StoreError, WorkerTx, connections, party_tx, worker_tx};
use app::ports::withdrawals::{
    Asked, May, OpenRequest, Outcome, Refusal, Step, WithdrawalView, Withdrawals,
};
use app::ports::{Caller, PortError, PortResult};
use domain::delivery::{Channel, FileOutcome, withdrawal};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Longest reason that is kept, in characters.
const REASON_CHARS: usize = 500;

/// Who may withdraw: `Some` party for an institution, `None` for RIVM.
pub(super) fn side(caller: &Caller) -> PortResult<Option<Uuid>> {
    match caller.party() {
        _ if !caller.role().may_withdraw_deliveries() => Err(PortError::NotFound),
        Some(party) if caller.role().may_deliver() => Ok(Some(party.id)),
        None if !caller.role().may_deliver() => Ok(None),
        _ => Err(PortError::NotFound),
    }
}

#[async_trait::async_trait]
impl Withdrawals for Portal {
    async fn withdrawal(&self, caller: &Caller, delivery: Uuid) -> PortResult<WithdrawalView> {
        let side = side(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let row = withdrawals::view(&mut tx, delivery)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let told = withdrawals::told(&mut tx, delivery)
            .await
            .or_broken(caller)?;
        self.shown(caller, side, delivery, row, &told)
            .or_broken(caller)
    }

    async fn withdraw_delivery(
        &self,
        caller: &Caller,
        delivery: Uuid,
        reason: String,
    ) -> PortResult<Asked> {
        self.ask(caller, delivery, reason, false).await
    }

    async fn restore_delivery(
        &self,
        caller: &Caller,
        delivery: Uuid,
        reason: String,
    ) -> PortResult<Asked> {
        self.ask(caller, delivery, reason, true).await
    }

    async fn agree(&self, caller: &Caller, delivery: Uuid) -> PortResult<Asked> {
        let (mut tx, target, request) = self.open(caller, delivery).await?;
        match request.state.as_str() {
            // Pressed before: in another tab, or by a third person.
            "running" | "done" => return Ok(Asked::Running),
            "asked" => {}
            _ => return Err(PortError::Conflict),
        }
        if request.asked_by == caller.user_id {
            return Ok(Asked::SamePerson);
        }
        let undo = request.undoes.is_some();
        if target.state != if undo { "withdrawn" } else { "done" } {
            return Err(PortError::Conflict);
        }
        if undo && target.again {
            return Ok(Asked::Again);
        }
        if undo && !request.by_rivm && !is_open(&mut tx, caller, delivery).await? {
            return Ok(Asked::NotApproved);
        }
        let now = self.road.clock.now();
        withdrawals::decide(&mut tx, request.id, "running", caller.user_id, now)
            .await
            .or_broken(caller)?;
        start(&mut tx, &target, request.id, caller.user_id, now)
            .await
            .or_broken(caller)?;
        if undo {
            deliveries::move_on(&mut tx, delivery, &["withdrawn"], "done")
                .await
                .or_broken(caller)?;
        }
        let line = event(caller, Kind::WithdrawalDecided)
            .for_party(target.party_id)
            .object("withdrawal", request.id)
            .detail("delivery", delivery.to_string())
            .detail("decision", "agreed");
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        self.road.db.work.notify_waiters();
        Ok(Asked::Running)
    }

    async fn turn_down(&self, caller: &Caller, delivery: Uuid) -> PortResult<()> {
        let (mut tx, target, request) = self.open(caller, delivery).await?;
        let (state, decision) = if request.asked_by == caller.user_id {
            ("called_back", "called back")
        } else {
            ("rejected", "rejected")
        };
        if request.state == state {
            return Ok(());
        }
        let now = self.road.clock.now();
        if !withdrawals::decide(&mut tx, request.id, state, caller.user_id, now)
            .await
            .or_broken(caller)?
        {
            return Err(PortError::Conflict);
        }
        let line = event(caller, Kind::WithdrawalDecided)
            .for_party(target.party_id)
            .object("withdrawal", request.id)
            .detail("delivery", delivery.to_string())
            .detail("decision", decision);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }
}

/// What a party brings back needs its approval as what it delivers does (features F-X10); RIVM's own acts do not.
async fn is_open(tx: &mut WorkerTx<'_>, caller: &Caller, delivery: Uuid) -> PortResult<bool> {
    connections::is_open(tx, delivery).await.or_broken(caller)
}

impl Portal {
    /// A delivery of the caller's side and its newest request, both locked.
    async fn open(
        &self,
        caller: &Caller,
        delivery: Uuid,
    ) -> PortResult<(WorkerTx<'_>, Target, Request)> {
        let side = side(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let target = target(&mut tx, caller, side, delivery).await?;
        let request = withdrawals::newest(&mut tx, delivery)
            .await
            .or_broken(caller)?
            .filter(|request| request.by_rivm == side.is_none())
            .ok_or(PortError::NotFound)?;
        Ok((tx, target, request))
    }

    async fn ask(
        &self,
        caller: &Caller,
        delivery: Uuid,
        reason: String,
        undo: bool,
    ) -> PortResult<Asked> {
        let side = side(caller)?;
        let now = self.road.clock.now();
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        // The delivery is locked, so a second click waits here and then finds the first.
        let target = target(&mut tx, caller, side, delivery).await?;
        let newest = withdrawals::newest(&mut tx, delivery)
            .await
            .or_broken(caller)?;
        let same = newest
            .as_ref()
            .is_some_and(|one| one.undoes.is_some() == undo);
        match newest.as_ref().map(|one| (one.state.as_str(), one.by_rivm)) {
            // Pressed before: in another tab, or by somebody else.
            Some(("running" | "done", _)) if same => return Ok(Asked::Running),
            Some(("asked", by_rivm)) if same && by_rivm == side.is_none() => {
                return Ok(Asked::Waiting);
            }
            Some(("running" | "asked", _)) => return Err(PortError::Conflict),
            _ => {}
        }
        let (undoes, rows) = if undo {
            let standing = withdrawals::standing(&mut tx, delivery)
                .await
                .or_broken(caller)?
                .filter(|one| target.state == "withdrawn" && one.by_rivm == side.is_none())
                .ok_or(PortError::Conflict)?;
            if target.again {
                return Ok(Asked::Again);
            }
            if side.is_some() && !is_open(&mut tx, caller, delivery).await? {
                return Ok(Asked::NotApproved);
            }
            (Some(standing.id), standing.reversed)
        } else {
            if !in_register(&target.state, target.outcome.as_deref()) {
                return Err(PortError::Conflict);
            }
            if side.is_some() && too_late(target.received_at, now) {
                return Ok(Asked::TooLate);
            }
            (None, target.rows)
        };
        let id = crate::clock::new_key();
        let kept = words::kept(&reason, REASON_CHARS);
        let sealed = self
            .road
            .keys
            .seal(kept.as_bytes(), &Purpose::Reason.of(id.as_bytes()));
        let new = NewRequest {
            id,
            party: target.party_id,
            delivery,
            undoes,
            reason_sealed: sealed.into_bytes(),
            by_rivm: side.is_none(),
            four_eyes: withdrawal::needs_second_person(
                side.is_none(),
                u32::try_from(rows).unwrap_or_default(),
            ),
            rows,
            by: caller.user_id,
            at: now,
        };
        withdrawals::ask(&mut tx, &new).await.or_broken(caller)?;
        if !new.four_eyes {
            start(&mut tx, &target, id, caller.user_id, now)
                .await
                .or_broken(caller)?;
            if undo {
                deliveries::move_on(&mut tx, delivery, &["withdrawn"], "done")
                    .await
                    .or_broken(caller)?;
            }
        }
        let line = event(caller, Kind::WithdrawalAsked)
            .for_party(target.party_id)
            .object("withdrawal", id)
            .detail("delivery", delivery.to_string())
            .detail("undo", undo)
            .detail("four_eyes", new.four_eyes);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        self.road.db.work.notify_waiters();
        Ok(if new.four_eyes {
            Asked::Waiting
        } else {
            Asked::Running
        })
    }

    fn shown(
        &self,
        caller: &Caller,
        side: Option<Uuid>,
        delivery: Uuid,
        row: View,
        told: &[Told],
    ) -> Result<WithdrawalView, StoreError> {
        let open = told
            .first()
            .filter(|one| matches!(one.state.as_str(), "asked" | "running"));
        let done = told.iter().find(|one| one.state == "done");
        let rows = number(i64::from(row.rows));
        let step = match (open, row.state.as_str(), done) {
            (Some(_), ..) => Step::Nothing,
            (None, "withdrawn", Some(done)) if done.by_rivm != side.is_none() => Step::NotYours,
            (None, "withdrawn", Some(_)) if row.again => Step::Again,
            (None, "withdrawn", Some(_)) => Step::Undo,
            (None, state, _) if !in_register(state, row.outcome.as_deref()) => Step::Nothing,
            _ if side.is_some() && too_late(row.received_at, self.road.clock.now()) => {
                Step::TooLate
            }
            _ => Step::Withdraw,
        };
        let to_turn = match (step, done) {
            (Step::Undo, Some(done)) => number(i64::from(done.reversed)),
            _ => rows,
        };
        Ok(WithdrawalView {
            delivery,
            rivm: side.is_none(),
            // The name is the sender's own.
            file_name: side.and(row.file_name).unwrap_or_default(),
            party: row.party,
            received: words::moment(row.received_at),
            rows,
            counted: number(i64::from(row.geteld)),
            step,
            second_person: withdrawal::needs_second_person(side.is_none(), to_turn),
            open: open
                .map(|one| self.open_request(caller, side, one))
                .transpose()?,
            last: done.map(|one| self.outcome(side, one)).transpose()?,
            refused: told.first().and_then(|one| match one.state.as_str() {
                "rejected" => Some(Refusal::Rejected),
                "called_back" => Some(Refusal::CalledBack),
                _ => None,
            }),
        })
    }

    fn reason(&self, one: &Told) -> Result<String, StoreError> {
        let opened = self.open_text(Purpose::Reason, one.id, Some(one.reason_sealed.clone()))?;
        Ok(opened.unwrap_or_default())
    }

    fn open_request(
        &self,
        caller: &Caller,
        side: Option<Uuid>,
        one: &Told,
    ) -> Result<OpenRequest, StoreError> {
        let may = match (one.by_rivm == side.is_none(), one.state.as_str()) {
            (true, "asked") if one.asked_by == caller.user_id => May::CallBack,
            (true, "asked") => May::Decide,
            _ => May::Look,
        };
        Ok(OpenRequest {
            undo: one.undo,
            running: one.state == "running",
            asked_by: name(side, one, &one.asked_by_name),
            asked_at: words::moment(one.asked_at),
            reason: self.reason(one)?,
            may,
            progress: (
                number(i64::from(one.reversed) + i64::from(one.kept)),
                number(i64::from(one.rows)),
            ),
        })
    }

    fn outcome(&self, side: Option<Uuid>, one: &Told) -> Result<Outcome, StoreError> {
        let agreed = one
            .decided_by_name
            .as_deref()
            .filter(|_| one.decided_by != Some(one.asked_by));
        let kept = number(i64::from(one.kept));
        // Of many, the numbers of the first are remembered.
        let mut kept_rows = words::ranges(&one.kept_rows);
        let remembered = u32::try_from(one.kept_rows.len()).unwrap_or(u32::MAX);
        kept_rows.more += kept.saturating_sub(remembered);
        Ok(Outcome {
            undo: one.undo,
            at: one.finished_at.map(words::moment).unwrap_or_default(),
            asked_by: name(side, one, &one.asked_by_name),
            agreed_by: agreed.map(|agreed| name(side, one, agreed)),
            reason: self.reason(one)?,
            reversed: number(i64::from(one.reversed)),
            kept,
            kept_rows,
        })
    }
}

/// Names of RIVM's people stay at RIVM.
fn name(side: Option<Uuid>, one: &Told, name: &str) -> String {
    if one.by_rivm && side.is_some() {
        "RIVM".to_owned()
    } else {
        name.to_owned()
    }
}

/// A file of the caller's side, locked.
async fn target(
    tx: &mut WorkerTx<'_>,
    caller: &Caller,
    side: Option<Uuid>,
    delivery: Uuid,
) -> PortResult<Target> {
    withdrawals::target(tx, delivery)
        .await
        .or_broken(caller)?
        .filter(|target| side.is_none_or(|party| party == target.party_id))
        .ok_or(PortError::NotFound)
}

/// Rows of it are in the register, and nothing is being stored.
fn in_register(state: &str, outcome: Option<&str>) -> bool {
    let outcome = outcome.and_then(|word| serde_json::from_value::<FileOutcome>(word.into()).ok());
    state == "done" && outcome.is_some_and(FileOutcome::stored_rows)
}

fn too_late(received: OffsetDateTime, now: OffsetDateTime) -> bool {
    now - received > Duration::days(withdrawal::OWN_DAYS)
}

/// The versions of a withdrawal are rows of a delivery of their own; the worker makes them.
async fn start(
    tx: &mut WorkerTx<'_>,
    target: &Target,
    id: Uuid,
    by: Uuid,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    let delivery = NewDelivery {
        id,
        party: target.party_id,
        channel: Channel::Portaal.as_str(),
        state: "storing",
        outcome: None,
        file_name: None,
        file_size: None,
        digest: None,
        blob: None,
        findings: serde_json::json!([]),
        doubles: None,
        preview: false,
        received_at: now,
        received_by: Some(by),
        test_lane: false,
        intermediary: None,
        dropped: None,
    };
    deliveries::insert(tx, &delivery).await?;
    jobs::push(tx, JobKind::Withdraw, id).await
}

fn number(count: i64) -> u32 {
    u32::try_from(count).unwrap_or_default()
}

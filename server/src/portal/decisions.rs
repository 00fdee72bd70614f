//! RIVM decides about rows that share a cause: clusters, a decision prepared with what it would come to, a second person
//! where that is needed. The work itself is a job.

use super::again::{Halt, again};
use super::four_eyes::{Press, dropped, press};
use super::review::named;
use super::{OrBroken, Portal, brp_age, event, reviewer, words};
use crate::audit::{self, Event, Kind};
use crate::clock::dutch_day;
use crate::intake::decide::{self, Window};
use crate::intake::suggest::{self, Bench};
use crate::jobs::{self, JobKind};
use crate::keys::Purpose;
use crate::store::decisions::{self, Decision, InCluster, NewClosing, NewDecision, Step};
use crate::store::products::Products;
use crate::store::rejects;
use crate::store::{PartyTx, StoreError, WorkerTx, party_tx, worker_tx};
use app::ports::decisions::{
    Agreed, Candidates, Closing, ClusterFilter, ClusterLine, ClusterRow, ClusterView, DecisionLine,
    DecisionState, DecisionView, Decisions, Earlier, ForeseenRow, KeptName, KeptValue, MayDecide,
    Proposal, RecordChange,
};
use app::ports::{Caller, PAGE_ROWS, Page, PortError, PortResult};
use domain::dates::Days;
use domain::decision::{DecisionKind, Told, is_overdue, may_amend, may_map};
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding};
use domain::row::Column;
use std::collections::BTreeSet;
use time::Date;
use uuid::Uuid;

/// Rows of a cluster or a decision that are shown.
const SHOWN: usize = 20;
/// Longest reason or value that is kept, in characters.
const CHARS: usize = 500;

#[async_trait::async_trait]
impl Decisions for Portal {
    async fn clusters(
        &self,
        caller: &Caller,
        filter: ClusterFilter,
        page: u32,
    ) -> PortResult<Page<ClusterLine>> {
        reviewer(caller)?;
        let page = page.max(1);
        let offset = i32::try_from(u64::from(page - 1) * u64::from(PAGE_ROWS));
        let most = i32::try_from(PAGE_ROWS).unwrap_or(i32::MAX);
        let party = filter.partij.filter(|code| !code.is_empty());
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let search = self
            .search(&mut tx, filter.zoek.as_deref())
            .await
            .or_broken(caller)?;
        let found = decisions::clusters(
            &mut tx,
            party.as_deref(),
            filter.code.map(Code::as_str),
            search.as_ref(),
            most,
            offset.unwrap_or(i32::MAX),
        )
        .await
        .or_broken(caller)?;
        let total = found.first().map_or(0, |cluster| cluster.clusters);
        let items = found.into_iter().map(|cluster| {
            Ok(ClusterLine {
                sample: cluster.sample,
                party: cluster.party,
                code: code(&cluster.code)?,
                column: Column::parse(&cluster.column),
                outcome: outcome(&cluster.outcome)?,
                rows: number(cluster.rows),
                since: words::moment(cluster.oldest),
            })
        });
        let items = items.collect::<Result<Vec<_>, _>>().or_broken(caller)?;
        let line = event(caller, Kind::ListShown)
            .detail("list", "clusters")
            .detail("rows", items.len());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Page {
            items,
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    async fn cluster(&self, caller: &Caller, sample: Uuid) -> PortResult<ClusterView> {
        let (mut tx, rows) = self.open_cluster(caller, sample).await?;
        let first = rows.first().ok_or(PortError::NotFound)?;
        let column = Column::parse(&first.column);
        let outcome = outcome(&first.outcome).or_broken(caller)?;
        let value = self.shared_value(first).or_broken(caller)?;
        // Known by its rows: the value is none of a person.
        let line = event(caller, Kind::RowOpened)
            .for_party(first.party_id)
            .object("row", first.id)
            .detail("cluster", first.code.clone())
            .detail("rows", first.rows);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        let code = code(&first.code).or_broken(caller)?;
        let suggestions = match column.filter(|column| may_map(*column)) {
            Some(column) => {
                let text = self
                    .open_row(Purpose::Row, first.id, first.raw_sealed.clone())
                    .or_broken(caller)?;
                let findings = [Finding::on(code, column)];
                self.suggested(caller, first.id, &text, &findings).await?.0
            }
            None => Vec::new(),
        };
        let (also_open, _, brp) = self.opened_by(caller, sample, true).await?;
        Ok(ClusterView {
            also_open,
            brp,
            sample,
            party: first.party.clone(),
            suggestions,
            code,
            column,
            value,
            outcome,
            rows: number(first.rows),
            may: may(column, outcome),
            first: rows
                .iter()
                .map(|row| ClusterRow {
                    id: row.id,
                    row: u32::try_from(row.row_number).unwrap_or_default(),
                    received: words::moment(row.received_at),
                })
                .collect(),
        })
    }

    async fn decided_about(&self, caller: &Caller, row: Uuid) -> PortResult<Option<Earlier>> {
        reviewer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let found = decisions::dealt_with(&mut tx, row)
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        Ok(found.map(earlier))
    }

    async fn propose(&self, caller: &Caller, sample: Uuid, proposal: Proposal) -> PortResult<Uuid> {
        let (tx, rows) = self.open_cluster(caller, sample).await?;
        let first = rows.first().ok_or(PortError::NotFound)?;
        let column = Column::parse(&first.column);
        let outcome = outcome(&first.outcome).or_broken(caller)?;
        if !may(column, outcome).contains(&proposal.kind) {
            return Err(PortError::NotFound);
        }
        let at_request = proposal.kind.takes_request(column);
        if at_request && proposal.request.trim().is_empty() {
            return Err(PortError::Conflict);
        }
        let old = self.shared_value(first).or_broken(caller)?;
        let cause = code(&first.code).or_broken(caller)?;
        let kept = proposal
            .kind
            .is_kept(cause, column, old.as_deref().unwrap_or_default());
        drop(tx);
        let id = crate::clock::new_key();
        let seal = |purpose: Purpose, text: &str| {
            let kept = words::kept(text, CHARS);
            let keys = &self.road.keys;
            keys.seal(kept.as_bytes(), &purpose.of(id.as_bytes()))
                .into_bytes()
        };
        let maps = proposal.kind == DecisionKind::Map;
        let alone = proposal.alone && proposal.kind.may_be_alone();
        let rows = if alone { 1 } else { first.rows };
        let rejects = proposal.kind == DecisionKind::Reject;
        let stored = outcome == RowOutcome::TeControleren;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let now = self.road.clock.now();
        let suggested = match column.filter(|_| maps) {
            Some(column) => {
                let today = self.road.clock.day(now);
                let products = Products::load(&mut tx, today).await.or_broken(caller)?;
                let bench = Bench {
                    keys: &self.road.keys,
                    products: &products,
                    today,
                };
                suggest::was_shown(&mut tx, &bench, sample, column, &proposal.value)
                    .await
                    .or_broken(caller)?
            }
            None => false,
        };
        let new = NewDecision {
            id,
            sample,
            kind: proposal.kind.as_str(),
            stored: proposal.kind.is_about_either().then_some(stored),
            row: alone.then_some(sample),
            old_sealed: old.map(|old| seal(Purpose::OldValue, &old)),
            kept,
            // Other values are put in the rows that wait, and nowhere else.
            days: if kept { proposal.days } else { Days::ALL },
            new_sealed: maps.then(|| seal(Purpose::NewValue, &proposal.value)),
            reason_sealed: seal(Purpose::Reason, &proposal.reason),
            suggested,
            told: rejects.then(|| proposal.told.unwrap_or(Told::Judged).as_str()),
            request_sealed: at_request.then(|| seal(Purpose::Request, &proposal.request)),
            four_eyes: proposal.kind.needs_second_person(stored, number(rows)),
            rows: i32::try_from(rows).unwrap_or(i32::MAX),
            by: caller.user_id,
            at: now,
        };
        decisions::insert(&mut tx, &new).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(id)
    }

    async fn candidates(&self, caller: &Caller, row: Uuid) -> PortResult<Candidates> {
        self.who_may_be(caller, row).await
    }

    async fn propose_link(
        &self,
        caller: &Caller,
        row: Uuid,
        list: String,
        reason: String,
    ) -> PortResult<Uuid> {
        self.prepare_link(caller, row, &list, &reason).await
    }

    async fn propose_undo(&self, caller: &Caller, link: Uuid, reason: String) -> PortResult<Uuid> {
        self.prepare_undo(caller, link, &reason).await
    }

    async fn decisions(&self, caller: &Caller, page: u32) -> PortResult<Page<DecisionLine>> {
        reviewer(caller)?;
        let page = page.max(1);
        let offset = i64::from(page - 1) * i64::from(PAGE_ROWS);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let total = decisions::total(&mut tx).await.or_broken(caller)?;
        let found = decisions::list(&mut tx, None, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let today = dutch_day(self.road.clock.now());
        let items = found.iter().map(|found| line(found, today));
        let items = items.collect::<Result<Vec<_>, _>>();
        Ok(Page {
            items: items.or_broken(caller)?,
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    async fn decision_page(
        &self,
        caller: &Caller,
        id: Uuid,
        after: Option<String>,
    ) -> PortResult<DecisionView> {
        let window = Window {
            after: after.as_deref().and_then(place),
            most: SHOWN,
        };
        let (mut tx, decision) = self.open_decision(caller, id).await?;
        let today = dutch_day(self.road.clock.now());
        let line = line(&decision, today).or_broken(caller)?;
        let open = matches!(line.state, DecisionState::Draft | DecisionState::Asked);
        let mut foreseen = match line.kind {
            DecisionKind::Map if open => {
                let rows = decide::foresee(&self.road, &mut tx, &decision, window).await;
                rows.or_broken(caller)?
            }
            DecisionKind::Return | DecisionKind::Reject | DecisionKind::Readmit if open => {
                let rows = decide::foresee_settled(&mut tx, &decision, window).await;
                rows.or_broken(caller)?
            }
            DecisionKind::Accept if open => {
                let rows = decide::foresee_accept(&self.road, &mut tx, &decision, window).await;
                rows.or_broken(caller)?
            }
            _ => decide::Foreseen::default(),
        };
        let late = open && !says_itself(line.kind) && foreseen.waits == 0;
        let other = match decision.sample_id.filter(|_| late) {
            Some(sample) => decisions::dealt_with(&mut tx, sample).await,
            None if open => decisions::also_open(&mut tx, &decision).await,
            None => Ok(None),
        };
        let other = other.or_broken(caller)?.map(earlier);
        let held = match line.state {
            DecisionState::Rejected | DecisionState::CalledBack => 0,
            _ => decisions::held(&mut tx, &decision)
                .await
                .or_broken(caller)?,
        };
        let mut about = Vec::new();
        let may_undo = may_undo(&mut tx, &decision, line.state).await;
        let may_undo = may_undo.or_broken(caller)?;
        let link = if matches!(line.kind, DecisionKind::Link | DecisionKind::Unlink) {
            let opened = self.open_link(&mut tx, &decision, line.state).await;
            let opened = opened.or_broken(caller)?;
            if let Some(row) = opened.row {
                foreseen.outcomes.insert(row.outcome.as_str(), 1);
                foreseen.rows.push(row);
            }
            about = opened.about;
            Some(opened.view)
        } else {
            None
        };
        let next = foreseen.last.filter(|_| foreseen.more);
        let next = next.map(|(delivery, number)| format!("{delivery}.{number}"));
        let first = first_rows(&mut tx, foreseen.rows).await.or_broken(caller)?;
        let text = |purpose, sealed: Option<Vec<u8>>| self.open_text(purpose, id, sealed);
        let view = DecisionView {
            old: text(Purpose::OldValue, decision.old_sealed.clone()).or_broken(caller)?,
            // Of a link that is the key of a list, which says nothing to anybody.
            new: text(
                Purpose::NewValue,
                decision.new_sealed.clone().filter(|_| link.is_none()),
            )
            .or_broken(caller)?,
            link,
            may_undo,
            undoes: decision.undoes.or(decision.closes),
            brp: brp_age(&mut tx, self.road.clock.now())
                .await
                .or_broken(caller)?,
            reason: text(Purpose::Reason, Some(decision.reason_sealed.clone()))
                .or_broken(caller)?
                .unwrap_or_default(),
            request: text(Purpose::Request, decision.request_sealed.clone()).or_broken(caller)?,
            told: decision.told.as_deref().and_then(Told::parse),
            ended_by: decision.ended_by_name.clone(),
            why_ended: text(Purpose::Undone, decision.ended_sealed.clone()).or_broken(caller)?,
            second_person: decision.four_eyes,
            decided_by: decision
                .decided_by_name
                .clone()
                .filter(|_| decision.decided_by != Some(decision.asked_by) || !decision.four_eyes),
            decided_at: decision.decided_at.map(words::moment),
            done: (
                number(decision.done_rows.into()),
                number(decision.still_refused.into()),
            ),
            outside: foreseen.outside,
            outcomes: RowOutcome::ALL
                .into_iter()
                .filter_map(|outcome| {
                    let rows = foreseen.outcomes.get(outcome.as_str())?;
                    Some((outcome, *rows))
                })
                .collect(),
            may: match (line.state, decision.asked_by == caller.user_id) {
                (DecisionState::Draft, true) => MayDecide::Confirm,
                (DecisionState::Asked, true) => MayDecide::CallBack,
                (DecisionState::Asked, false) => MayDecide::Agree,
                _ => MayDecide::Look,
            },
            persons: (foreseen.persons, foreseen.above),
            gone: foreseen.gone,
            first,
            next,
            further: window.after.is_some(),
            left: foreseen.left,
            held: number(held),
            other,
            late,
            line,
        };
        let mut line = event(caller, Kind::RowOpened)
            .for_party(decision.party_id)
            .object("decision", id)
            .detail(
                "foreseen",
                view.outcomes.iter().map(|(_, rows)| *rows).sum::<u32>(),
            );
        for mac in &about {
            line = line.about_mac(mac);
        }
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(view)
    }

    async fn decide(&self, caller: &Caller, id: Uuid) -> PortResult<Agreed> {
        again(caller, || self.try_step(caller, id)).await
    }

    async fn drop_decision(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        let (mut tx, decision) = self.open_decision(caller, id).await?;
        let to = dropped(caller, &decision.state, decision.asked_by).ok_or(PortError::Conflict)?;
        let now = self.road.clock.now();
        let step = Step {
            from: decision.state.clone(),
            to,
            by: Some(caller.user_id),
            rows: decision.rows,
            four_eyes: decision.four_eyes,
        };
        if !decisions::step(&mut tx, id, &step, now)
            .await
            .or_broken(caller)?
        {
            return Err(PortError::Conflict);
        }
        let line = step_line(caller, &decision, to);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }

    async fn recall(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        let (mut tx, decision) = self.open_decision(caller, id).await?;
        let back = decisions::recall(&mut tx, id).await.or_broken(caller)?;
        if back.is_empty() {
            return Err(PortError::Conflict);
        }
        let rows = back.len();
        let deliveries: BTreeSet<Uuid> = back.into_iter().collect();
        for delivery in deliveries {
            decide::answer_anew(&mut tx, delivery)
                .await
                .or_broken(caller)?;
        }
        let line = step_line(caller, &decision, "recalled").detail("rows", rows);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }

    async fn propose_close(
        &self,
        caller: &Caller,
        returned: Uuid,
        closing: Closing,
    ) -> PortResult<Uuid> {
        let (mut tx, decision) = self.open_decision(caller, returned).await?;
        let about_return = decision.is(DecisionKind::Return);
        let rejects = closing.kind == DecisionKind::Reject;
        let may = rejects || decision.stored && closing.kind == DecisionKind::Accept;
        if !about_return || !may {
            return Err(PortError::NotFound);
        }
        let rows = u32::try_from(decision.returned).unwrap_or(u32::MAX);
        if rows == 0 {
            return Err(PortError::Conflict);
        }
        let id = crate::clock::new_key();
        let reason = words::kept(&closing.reason, CHARS);
        let purpose = Purpose::Reason.of(id.as_bytes());
        let new = NewClosing {
            id,
            returned,
            kind: closing.kind.as_str(),
            reason_sealed: self
                .road
                .keys
                .seal(reason.as_bytes(), &purpose)
                .into_bytes(),
            told: rejects.then(|| closing.told.unwrap_or(Told::Judged).as_str()),
            four_eyes: closing.kind.needs_second_person(decision.stored, rows),
            rows: i32::try_from(rows).unwrap_or(i32::MAX),
            by: caller.user_id,
            at: self.road.clock.now(),
        };
        decisions::insert_closing(&mut tx, &new)
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(id)
    }

    async fn kept_values(&self, caller: &Caller, page: u32) -> PortResult<Page<KeptValue>> {
        reviewer(caller)?;
        let page = page.max(1);
        let offset = i64::from(page - 1) * i64::from(PAGE_ROWS);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let found = decisions::kept_values(&mut tx, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let total = found.first().map_or(0, |value| value.total);
        let items = found.into_iter().map(|value| self.kept_value(value));
        let items = items.collect::<Result<Vec<_>, _>>().or_broken(caller)?;
        let line = event(caller, Kind::ListShown)
            .detail("list", "kept-values")
            .detail("rows", items.len());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Page {
            items,
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    async fn end_name(&self, caller: &Caller, id: Uuid, reason: String) -> PortResult<()> {
        let (mut tx, decision) = self.open_decision(caller, id).await?;
        let now = self.road.clock.now();
        let reason = words::kept(&reason, CHARS);
        let purpose = Purpose::Undone.of(id.as_bytes());
        let sealed = self.road.keys.seal(reason.as_bytes(), &purpose);
        if !decisions::end_name(&mut tx, id, sealed.into_bytes(), caller.user_id, now)
            .await
            .or_broken(caller)?
        {
            return Err(PortError::Conflict);
        }
        let line = step_line(caller, &decision, "ended");
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }
}

impl Portal {
    /// One attempt to go on or to agree. Whoever comes second at the same moment tries again, and finds what the first one did.
    async fn try_step(&self, caller: &Caller, id: Uuid) -> Result<Agreed, Halt> {
        let (mut tx, decision) = self.open_decision(caller, id).await?;
        let now = self.road.clock.now();
        let (asked_by, decided_by) = (decision.asked_by, decision.decided_by);
        let asks = match press(caller, &decision.state, asked_by, decided_by) {
            Press::Ask => true,
            Press::Agree => false,
            Press::SamePerson => return Ok(Agreed::SamePerson),
            Press::Goes => return Ok(Agreed::Running),
            Press::Before => return Ok(Agreed::Before),
        };
        // More rows may wait than when it was prepared.
        let waiting = decisions::waiting(&mut tx, &decision).await?;
        let rows = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        let kind = kind(&decision)?;
        let four_eyes = decision.four_eyes || kind.needs_second_person(decision.stored, rows);
        let (to, by) = if asks && four_eyes {
            ("asked", None)
        } else {
            ("running", Some(caller.user_id))
        };
        // Whoever was first dealt with them.
        if rows == 0 && !says_itself(kind) {
            return Ok(Agreed::Late);
        }
        if kind == DecisionKind::Link {
            let link = decide::foresee_link(&self.road, &mut tx, &decision).await?;
            if !link.is_some_and(|(_, link)| link.holds()) {
                return Ok(Agreed::NotYet);
            }
        }
        if let Some(link) = decision.undoes.filter(|_| kind == DecisionKind::Unlink)
            && decisions::linked_row(&mut tx, link).await?.is_none()
        {
            return Ok(Agreed::NotYet);
        }
        let step = Step {
            from: decision.state.clone(),
            to,
            by,
            rows: i32::try_from(rows).unwrap_or(i32::MAX),
            four_eyes,
        };
        match decisions::step(&mut tx, id, &step, now).await {
            Ok(true) => {}
            Ok(false) => return Err(StoreError::Conflict("decision".to_owned()).into()),
            Err(error) if error.is_constraint("decisions_one_open") => return Ok(Agreed::Other),
            Err(error) => return Err(error.into()),
        }
        if to == "running" {
            jobs::push(&mut tx, JobKind::Decide, id).await?;
        }
        let line = step_line(
            caller,
            &decision,
            if to == "asked" { "asked" } else { "agreed" },
        );
        audit::add(&mut tx, line).await?;
        tx.commit().await?;
        self.road.db.work.notify_waiters();
        Ok(if to == "asked" {
            Agreed::Waiting
        } else {
            Agreed::Running
        })
    }

    fn kept_value(&self, value: decisions::KeptValue) -> Result<KeptValue, StoreError> {
        let text = |purpose, sealed| self.open_text(purpose, value.id, sealed);
        Ok(KeptValue {
            decision: value.id,
            column: Column::parse(&value.column),
            old: text(Purpose::OldValue, value.old_sealed)?.unwrap_or_default(),
            new: text(Purpose::NewValue, value.new_sealed)?.unwrap_or_default(),
            why_ended: text(Purpose::Undone, value.ended_sealed)?,
            party: value.party,
            days: Days {
                first: value.first_day,
                last: value.last_day,
            },
            since: words::moment(value.since),
            until: value.ended_at.map(words::moment),
            asked_by: value.asked_by,
            agreed_by: value.agreed_by,
            ended_by: value.ended_by,
            rows: number(value.rows.into()),
        })
    }

    /// The first rows of the cluster that a row is in, that row before the others.
    async fn open_cluster(
        &self,
        caller: &Caller,
        sample: Uuid,
    ) -> PortResult<(PartyTx<'_>, Vec<InCluster>)> {
        reviewer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let most = i32::try_from(SHOWN).unwrap_or(i32::MAX);
        let rows = decisions::rows_of(&mut tx, sample, most)
            .await
            .or_broken(caller)?;
        if rows.is_empty() {
            return Err(PortError::NotFound);
        }
        Ok((tx, rows))
    }

    /// What stands in the column of a cluster, unless that names a person.
    fn shared_value(&self, row: &InCluster) -> Result<Option<String>, StoreError> {
        let Some(column) = Column::parse(&row.column).filter(|column| may_map(*column)) else {
            return Ok(None);
        };
        let text = self.open_row(Purpose::Row, row.id, row.raw_sealed.clone())?;
        Ok(Some(text.get(column).to_owned()))
    }

    async fn open_decision(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> PortResult<(WorkerTx<'_>, Decision)> {
        reviewer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let found = decisions::list(&mut tx, Some(id), 1, 0)
            .await
            .or_broken(caller)?;
        let decision = found.into_iter().next().ok_or(PortError::NotFound)?;
        // A draft is its maker's.
        if decision.state == "draft" && decision.asked_by != caller.user_id {
            return Err(PortError::NotFound);
        }
        Ok((tx, decision))
    }
}

/// A link tells by itself that its row waits no more.
const fn says_itself(kind: DecisionKind) -> bool {
    matches!(kind, DecisionKind::Link | DecisionKind::Unlink)
}

/// The row that a page of them ended with, as the address names it; nonsense is the beginning.
fn place(cursor: &str) -> Option<(Uuid, i32)> {
    let (delivery, number) = cursor.split_once('.')?;
    Some((delivery.parse().ok()?, number.parse().ok()?))
}

/// It was carried out, and can be undone by a decision of its own: a link that holds, or a rejection of stored rows of which any
/// are still away.
async fn may_undo(
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    state: DecisionState,
) -> Result<bool, StoreError> {
    if state != DecisionState::Done {
        return Ok(false);
    }
    if decision.is(DecisionKind::Link) {
        return Ok(decisions::linked_row(tx, decision.id).await?.is_some());
    }
    if decision.stored && decision.is(DecisionKind::Reject) {
        let rows = rejects::to_readmit(tx, decision.id, None).await?;
        return Ok(!rows.is_empty());
    }
    Ok(false)
}

fn earlier(found: decisions::Earlier) -> Earlier {
    Earlier {
        decision: found.decision,
        ruling: found.ruling,
        by: found.by,
    }
}

/// Rows as a decision would leave them, with where they came from.
async fn first_rows(
    tx: &mut WorkerTx<'_>,
    rows: Vec<decide::RowOf>,
) -> Result<Vec<ForeseenRow>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let shown = decisions::shown(tx, &ids).await?;
    let mut first = Vec::new();
    for row in rows {
        let Some(stands) = shown.iter().find(|one| one.id == row.id) else {
            continue;
        };
        let findings = match row.findings {
            Some(findings) => findings,
            None => named(stands.findings.clone(), stands.staff_findings.clone())?,
        };
        first.push(ForeseenRow {
            id: row.id,
            row: u32::try_from(stands.row_number).unwrap_or_default(),
            file: stands.file_name.clone(),
            received: words::moment(stands.received_at),
            outcome: row.outcome,
            findings,
            record: row.record.map(record),
        });
    }
    Ok(first)
}

fn record(record: decide::RecordOf) -> RecordChange {
    RecordChange {
        before: number(record.before),
        after: number(record.after),
        doses: record.doses,
    }
}

/// What can be decided about a cluster.
fn may(column: Option<Column>, outcome: RowOutcome) -> Vec<DecisionKind> {
    let maps = match outcome {
        RowOutcome::Afgekeurd => column.is_some_and(may_map),
        RowOutcome::TeControleren => column.is_some_and(may_amend),
        _ => false,
    };
    let kinds = DecisionKind::ALL.into_iter();
    kinds
        .filter(|kind| match kind {
            DecisionKind::Map => maps,
            DecisionKind::Return | DecisionKind::Reject => {
                matches!(outcome, RowOutcome::Afgekeurd | RowOutcome::TeControleren)
            }
            DecisionKind::Accept => outcome == RowOutcome::TeControleren,
            // Row by row, or on the page of what is undone.
            DecisionKind::Link | DecisionKind::Unlink | DecisionKind::Readmit => false,
        })
        .collect()
}

fn kind(decision: &Decision) -> Result<DecisionKind, StoreError> {
    DecisionKind::parse(&decision.kind).ok_or_else(|| StoreError::Broken("decision".to_owned()))
}

/// What of it holds for rows that come later.
fn name(decision: &Decision) -> Option<KeptName> {
    let kept = decision.kept && decision.state == "done";
    decision.decided_at.filter(|_| kept).map(|since| KeptName {
        since: words::moment(since),
        until: decision.ended_at.map(words::moment),
    })
}

fn line(decision: &Decision, today: Date) -> Result<DecisionLine, StoreError> {
    let odd = || StoreError::Broken("decision".to_owned());
    Ok(DecisionLine {
        id: decision.id,
        kind: kind(decision)?,
        stored: decision.stored,
        party: decision.party.clone(),
        code: code(&decision.code)?,
        column: Column::parse(&decision.column),
        name: name(decision),
        kept: decision.kept,
        days: decision.days(),
        returned: number(decision.returned),
        overdue: decision.returned > 0
            && decision
                .decided_at
                .is_some_and(|since| is_overdue(dutch_day(since), today)),
        rows: number(decision.rows.into()),
        state: DecisionState::parse(&decision.state).ok_or_else(odd)?,
        asked_by: decision.asked_by_name.clone(),
        asked_at: words::moment(decision.asked_at),
    })
}

/// The line of a step of a decision.
fn step_line(caller: &Caller, decision: &Decision, step: &str) -> Event {
    event(caller, Kind::Decided)
        .for_party(decision.party_id)
        .object("decision", decision.id)
        .detail("decision", decision.kind.as_str())
        .detail("step", step)
}

fn code(text: &str) -> Result<Code, StoreError> {
    text.parse()
        .map_err(|_| StoreError::Broken("code".to_owned()))
}

fn outcome(text: &str) -> Result<RowOutcome, StoreError> {
    RowOutcome::parse(text).ok_or_else(|| StoreError::Broken("outcome".to_owned()))
}

fn number(count: i64) -> u32 {
    u32::try_from(count).unwrap_or_default()
}

//! Uploads, their preview and their result (features F13-F26). Own party only.
//!
//! A preview shows what was found and changes nothing; "Indienen" puts the storing in the queue.

use super::{OrBroken, Portal, broken, deliverer, event, unopened, words};
use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::intake::{answer, receive};
use crate::jobs::{self, JobKind};
use crate::keys::{Mac, Purpose, Sealed};
use crate::store::delivery_views::{self, Line};
use crate::store::{
    StoreError, WorkerTx, deliveries, mend, party_tx, quality, returned, worker_tx,
};
use app::ports::deliveries::{
    Deliveries, DeliveryLine, DeliveryView, Discarded, DosesGroup, DoublesGroup, FindingGroup,
    Foreseen, MendAnswer, MendedRow, Phase, QualityView, QualityWeek, RawFile, RefusedList,
    RefusedView, RejectedGroup, RepairGroup, RepairedValue, ReturnedRow,
};
use app::ports::{Caller, PAGE_ROWS, Page, PortError, PortResult};
use domain::dates::dutch;
use domain::delivery::{Channel, Counts, FileOutcome};
use domain::finding::{Code, Finding};
use domain::row::Column;
use std::collections::{BTreeMap, HashSet};
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// Examples of a kind of repair.
const EXAMPLES: i64 = 3;

/// Weeks that the page of quality looks back.
const QUALITY_WEEKS: i64 = 8;
/// Causes of refused rows that are named of a party.
pub(super) const CAUSES: i64 = 3;

impl Portal {
    fn returned_row(&self, row: returned::Row) -> Result<ReturnedRow, StoreError> {
        let message = self.open_text(Purpose::Reason, row.decision, Some(row.message_sealed))?;
        Ok(ReturnedRow {
            delivery: row.delivery,
            file: row.file_name,
            row: u32::try_from(row.row_number).unwrap_or_default(),
            registration: row.registration,
            message: message.unwrap_or_default(),
            since: words::moment(row.since),
        })
    }

    /// How good what a party delivers is: it, and RIVM, see the same.
    pub(super) async fn quality_view(
        &self,
        caller: &Caller,
        party: Uuid,
    ) -> PortResult<QualityView> {
        let first = first_monday(self.road.clock.now());
        // Noon is that day in every season.
        let since = clock::dutch_midnight(first.midnight().assume_utc() + Duration::hours(12));
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let weeks = quality::weeks(&mut tx, party, since)
            .await
            .or_broken(caller)?;
        drop(tx);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let mut causes = quality::causes(&mut tx, &[party], CAUSES)
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        let delivered: BTreeMap<Date, (u32, u32)> = weeks
            .into_iter()
            .filter(|week| week.rows > 0)
            .map(|week| (week.monday, (number(week.rows), number(week.refused))))
            .collect();
        // A week in which nothing came stands between the others all the same: so the time is true.
        let mondays = (0..QUALITY_WEEKS).map(|week| first + Duration::weeks(week));
        let weeks = mondays.filter(|_| !delivered.is_empty()).map(|monday| {
            let (rows, refused) = delivered.get(&monday).copied().unwrap_or_default();
            QualityWeek {
                monday: dutch(monday),
                rows,
                refused,
            }
        });
        let causes = causes.remove(&party).unwrap_or_default();
        let causes = causes
            .into_iter()
            .filter_map(|(code, rows)| Some((code.parse().ok()?, number(rows))));
        Ok(QualityView {
            weeks: weeks.collect(),
            causes: causes.collect(),
        })
    }
}

/// When the first of the weeks began, Dutch time; this week is the last one.
fn first_monday(now: OffsetDateTime) -> Date {
    let day = clock::dutch_day(now) - Duration::weeks(QUALITY_WEEKS - 1);
    day - Duration::days(i64::from(day.weekday().number_days_from_monday()))
}

#[async_trait::async_trait]
impl Deliveries for Portal {
    async fn list(&self, caller: &Caller, page: u32) -> PortResult<Page<DeliveryLine>> {
        let party = deliverer(caller)?;
        let page = page.max(1);
        let offset = i64::from(page - 1) * i64::from(PAGE_ROWS);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let total = delivery_views::total(&mut tx, party)
            .await
            .or_broken(caller)?;
        let lines = delivery_views::list(&mut tx, party, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let items = lines
            .iter()
            .map(line)
            .collect::<Result<Vec<_>, _>>()
            .or_broken(caller)?;
        Ok(Page {
            items,
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    async fn quality(&self, caller: &Caller) -> PortResult<QualityView> {
        let party = deliverer(caller)?;
        self.quality_view(caller, party).await
    }

    async fn returned(&self, caller: &Caller, page: u32) -> PortResult<Page<ReturnedRow>> {
        let party = deliverer(caller)?;
        let page = page.max(1);
        let offset = i64::from(page - 1) * i64::from(PAGE_ROWS);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let rows = returned::list(&mut tx, party, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let total = rows.first().map_or(0, |row| row.total);
        let items = rows.into_iter().map(|row| self.returned_row(row));
        let items = items.collect::<Result<Vec<_>, _>>().or_broken(caller)?;
        let line = event(caller, Kind::ListShown)
            .detail("list", "returned")
            .detail("rows", items.len());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Page {
            items,
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    async fn delivery(&self, caller: &Caller, id: Uuid) -> PortResult<DeliveryView> {
        let party = deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let row = delivery_views::one(&mut tx, party, id)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let shown = line(&row).or_broken(caller)?;
        let doubles_waits = match row.doubles {
            Some(first) => delivery_views::waits(&mut tx, party, first).await,
            None => Ok(false),
        };
        let mut view = DeliveryView {
            progress: match (row.turned, row.to_turn) {
                (Some(turned), Some(all)) => (number(i64::from(turned)), number(i64::from(all))),
                _ if shown.phase == Phase::Storing => {
                    (number(row.done), number(i64::from(row.rows_read)))
                }
                // All rows of a preview come at once: a bar would stand still.
                _ => (0, 0),
            },
            read_as: read_as(&row),
            skipped: number(i64::from(row.skipped)).saturating_sub(hidden(&row)),
            hidden: hidden(&row),
            with_hidden: row.with_hidden,
            sheets: sheets(&row),
            sheet: row.sheet.and_then(|sheet| u32::try_from(sheet).ok()),
            file_findings: serde_json::from_value(row.findings.clone()).unwrap_or_default(),
            groups: Vec::new(),
            repairs: Vec::new(),
            doubles: row.doubles,
            doubles_waits: doubles_waits.or_broken(caller)?,
            mends: Vec::new(),
            mended_by: Vec::new(),
            // One in which nothing was read waits for a choice.
            may_submit: shown.phase == Phase::Preview && row.rows_read > 0,
            raw_file: raw_file(&row, self.road.blobs.kept_for()),
            let_go: row.let_go_at.map(words::moment),
            discarded: discarded(&row.state, row.outcome.as_deref(), row.expired),
            withdrawals: 0,
            has_receipt: row.has_receipt,
            doses: Vec::new(),
            own_doubles: Vec::new(),
            rejected: Vec::new(),
            may_switch: shown.phase == Phase::Preview && row.has_file,
            repairs_off: row.repairs_off,
            line: shown,
        };
        // While it is worked on, the page asks every second and shows numbers only.
        if is_settled(view.line.phase) {
            view.groups = self.groups(&mut tx, id).await.or_broken(caller)?;
            let (repairs, bsns) = self.repairs(&mut tx, id).await.or_broken(caller)?;
            view.repairs = repairs;
            view.doses = doses(delivery_views::doses(&mut tx, id).await.or_broken(caller)?);
            let doubles = delivery_views::doubles(&mut tx, id)
                .await
                .or_broken(caller)?;
            view.own_doubles = doubles.iter().map(double).collect();
            let rejected = delivery_views::rejected(&mut tx, id)
                .await
                .or_broken(caller)?;
            view.rejected = rejected.iter().map(rejected_group).collect();
            let others = delivery_views::others(&mut tx, id)
                .await
                .or_broken(caller)?;
            let (before, after): (Vec<_>, Vec<_>) =
                others.into_iter().partition(|other| other.before);
            view.mends = before.into_iter().map(named).collect();
            view.mended_by = after.into_iter().map(named).collect();
            if view.line.phase == Phase::Done {
                let withdrawn = delivery_views::withdrawals(&mut tx, id).await;
                view.withdrawals = number(withdrawn.or_broken(caller)?);
            }
            let line = event(caller, Kind::ListShown)
                .object("delivery", id)
                .detail("list", "repairs")
                .detail("groups", view.repairs.len());
            let line = audit::about_typed(&self.road.db, line, bsns)
                .await
                .or_broken(caller)?;
            audit::add(&mut tx, line).await.or_broken(caller)?;
            tx.commit().await.or_broken(caller)?;
        }
        Ok(view)
    }

    async fn repaired(
        &self,
        caller: &Caller,
        id: Uuid,
        code: Code,
        column: Column,
        page: u32,
    ) -> PortResult<Page<RepairedValue>> {
        let phase = self.phase(caller, id).await?;
        if !is_settled(phase) {
            return Err(PortError::NotFound);
        }
        let page = page.max(1);
        let offset = i64::from(page - 1) * i64::from(PAGE_ROWS);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let kind = (code.as_str(), column.name());
        let (rows, total) =
            delivery_views::repaired(&mut tx, id, kind, i64::from(PAGE_ROWS), offset)
                .await
                .or_broken(caller)?;
        if total == 0 {
            return Err(PortError::NotFound);
        }
        let (mut items, mut bsns) = (Vec::new(), HashSet::new());
        for row in rows {
            let all = self.repairs_of(row.id, row.repairs_sealed);
            let all = all.or_broken(caller)?.into_iter();
            let line = number(i64::from(row.row_number));
            let of_kind = all.filter(|(other, of, ..)| (*other, *of) == (code, column));
            items.extend(of_kind.map(|(_, _, before, after)| RepairedValue {
                row: line,
                before,
                after,
            }));
            let text = self.open_row(Purpose::Row, row.id, row.raw_sealed);
            bsns.extend(self.mac_of(&text.or_broken(caller)?));
        }
        let line = event(caller, Kind::RowOpened)
            .object("delivery", id)
            .detail("code", code.as_str())
            .detail("column", column.name())
            .detail("shown", items.len());
        let line = audit::about_typed(&self.road.db, line, bsns)
            .await
            .or_broken(caller)?;
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Page {
            items,
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    async fn submit(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        if self.store(caller, id, false).await? {
            return Ok(());
        }
        self.pressed_before(caller, id).await
    }

    async fn submit_whole(&self, caller: &Caller, id: Uuid) -> PortResult<bool> {
        if self.store(caller, id, true).await? {
            return Ok(true);
        }
        match self.phase(caller, id).await? {
            // It still waits, so a row is refused.
            Phase::Preview => Ok(false),
            _ => self.pressed_before(caller, id).await.map(|()| true),
        }
    }

    async fn switch_repair(
        &self,
        caller: &Caller,
        id: Uuid,
        code: String,
        on: bool,
    ) -> PortResult<()> {
        let code = code
            .parse::<Code>()
            .ok()
            .filter(|code| code.is_repair())
            .ok_or(PortError::NotFound)?;
        let mut off = self.row_of(caller, id).await?.repairs_off;
        off.retain(|other| other != code.as_str());
        if !on {
            off.push(code.as_str().to_owned());
        }
        off.sort();
        let tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let line = event(caller, Kind::RepairSwitched)
            .detail("code", code.as_str())
            .detail("on", on);
        self.check_anew(caller, tx, id, &off, line).await
    }

    async fn choose_sheet(&self, caller: &Caller, id: Uuid, sheet: u32) -> PortResult<()> {
        let row = self.row_of(caller, id).await?;
        if sheets(&row).iter().all(|(index, _)| *index != sheet) {
            return Err(PortError::NotFound);
        }
        self.read_anew(caller, &row, i32::try_from(sheet).ok(), row.with_hidden)
            .await
    }

    async fn take_hidden(&self, caller: &Caller, id: Uuid, on: bool) -> PortResult<()> {
        let row = self.row_of(caller, id).await?;
        self.read_anew(caller, &row, row.sheet, on).await
    }

    async fn refused(
        &self,
        caller: &Caller,
        id: Uuid,
        page: u32,
        draft: Option<Uuid>,
    ) -> PortResult<RefusedList> {
        self.refused_list(caller, id, page, draft).await
    }

    async fn refused_row(
        &self,
        caller: &Caller,
        id: Uuid,
        number: u32,
        draft: Option<Uuid>,
    ) -> PortResult<RefusedView> {
        self.open_refused(caller, id, number, draft).await
    }

    async fn mend(
        &self,
        caller: &Caller,
        id: Uuid,
        rows: Vec<MendedRow>,
        draft: Option<Uuid>,
    ) -> PortResult<MendAnswer> {
        self.judge_mended(caller, id, rows, draft).await
    }

    async fn foresee(
        &self,
        caller: &Caller,
        id: Uuid,
        rows: Vec<MendedRow>,
    ) -> PortResult<Vec<Foreseen>> {
        self.foresee_mended(caller, id, rows).await
    }

    async fn discard(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        let party = deliverer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !deliveries::discard(&mut tx, party, id, caller.user_id)
            .await
            .or_broken(caller)?
        {
            tx.rollback().await.or_broken(caller)?;
            return match self.phase(caller, id).await? {
                Phase::Discarded => Ok(()),
                _ => Err(PortError::Conflict),
            };
        }
        deliveries::forget_rows(&mut tx, id)
            .await
            .or_broken(caller)?;
        deliveries::forget_blob(&mut tx, id)
            .await
            .or_broken(caller)?;
        let freed = receive::free_doubles(&mut tx, id).await.or_broken(caller)?;
        let line = event(caller, Kind::DeliveryDiscarded)
            .object("delivery", id)
            .detail("freed", freed);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        self.road.db.work.notify_waiters();
        self.road
            .blobs
            .destroy(id)
            .map_err(|error| broken(caller, &error.kind()))
    }
}

impl Portal {
    /// "Indienen"; `false` when it cannot be submitted now (so).
    async fn store(&self, caller: &Caller, id: Uuid, whole: bool) -> PortResult<bool> {
        let party = deliverer(caller)?;
        let now = self.road.clock.now();
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !deliveries::submit(&mut tx, party, id, caller.user_id, now, whole)
            .await
            .or_broken(caller)?
        {
            tx.rollback().await.or_broken(caller)?;
            return Ok(false);
        }
        jobs::push(&mut tx, JobKind::Store, id)
            .await
            .or_broken(caller)?;
        let line = event(caller, Kind::DeliverySubmitted)
            .object("delivery", id)
            .detail("whole", whole);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        self.road.db.work.notify_waiters();
        Ok(true)
    }

    pub(super) async fn phase(&self, caller: &Caller, id: Uuid) -> PortResult<Phase> {
        let row = self.row_of(caller, id).await?;
        Ok(line(&row).or_broken(caller)?.phase)
    }

    async fn row_of(&self, caller: &Caller, id: Uuid) -> PortResult<Line> {
        let party = deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let row = delivery_views::one(&mut tx, party, id)
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        row.ok_or(PortError::NotFound)
    }

    /// Reads the workbook of a preview in another way.
    async fn read_anew(
        &self,
        caller: &Caller,
        row: &Line,
        sheet: Option<i32>,
        with_hidden: bool,
    ) -> PortResult<()> {
        let party = deliverer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        if !deliveries::choose_reading(&mut tx, party, row.id, sheet, with_hidden)
            .await
            .or_broken(caller)?
        {
            return Err(PortError::Conflict);
        }
        let mut line = event(caller, Kind::ReadingChosen).detail("hidden", with_hidden);
        if let Some(sheet) = sheet {
            line = line.detail("sheet", sheet);
        }
        self.check_anew(caller, tx, row.id, &row.repairs_off, line)
            .await
    }

    /// Has a preview made anew in the transaction of a choice, with the line that tells the choice.
    async fn check_anew(
        &self,
        caller: &Caller,
        mut tx: WorkerTx<'_>,
        id: Uuid,
        off: &[String],
        line: Event,
    ) -> PortResult<()> {
        let party = deliverer(caller)?;
        if !deliveries::check_again(&mut tx, party, id, off)
            .await
            .or_broken(caller)?
        {
            return Err(PortError::Conflict);
        }
        // Nothing that somebody mended is lost: the new preview has it again.
        mend::set_aside(&mut tx, party, id, self.road.clock.now())
            .await
            .or_broken(caller)?;
        deliveries::drop_rows(&mut tx, id).await.or_broken(caller)?;
        jobs::push(&mut tx, JobKind::Check, id)
            .await
            .or_broken(caller)?;
        audit::add(&mut tx, line.object("delivery", id))
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        self.road.db.work.notify_waiters();
        Ok(())
    }

    /// Twice "Indienen" is once; what is no preview (any more) cannot be submitted.
    async fn pressed_before(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        match self.phase(caller, id).await? {
            Phase::Storing | Phase::Done => Ok(()),
            _ => Err(PortError::Conflict),
        }
    }

    async fn groups(
        &self,
        tx: &mut crate::store::PartyTx<'_>,
        id: Uuid,
    ) -> Result<Vec<FindingGroup>, StoreError> {
        let mut groups: Vec<FindingGroup> = Vec::new();
        for group in delivery_views::groups(tx, id).await? {
            let Ok(finding) = serde_json::from_value::<Finding>(group.finding) else {
                continue;
            };
            let count = u32::try_from(group.rows.len()).unwrap_or(u32::MAX);
            groups.push(FindingGroup {
                finding,
                rows: words::ranges(&group.rows),
                count,
            });
        }
        groups.sort_by_key(|group| {
            (
                std::cmp::Reverse(group.finding.severity),
                std::cmp::Reverse(group.count),
                group.finding.code,
            )
        });
        Ok(groups)
    }

    /// Kinds of repairs with their examples, and whom these are about.
    async fn repairs(
        &self,
        tx: &mut crate::store::PartyTx<'_>,
        id: Uuid,
    ) -> Result<(Vec<RepairGroup>, HashSet<Mac>), StoreError> {
        let mut groups: BTreeMap<(Code, Column), RepairGroup> = BTreeMap::new();
        let mut bsns = HashSet::new();
        for row in delivery_views::repairs(tx, id, EXAMPLES).await? {
            let repairs = self.repairs_of(row.id, row.repairs_sealed.unwrap_or_default())?;
            let found = repairs.into_iter().find(|(code, column, ..)| {
                code.as_str() == row.code && column.name() == row.column
            });
            let Some((code, column, before, after)) = found else {
                continue;
            };
            let group = groups.entry((code, column)).or_insert_with(|| RepairGroup {
                code: code.as_str().to_owned(),
                column,
                count: number(row.count),
                examples: Vec::new(),
            });
            let line = number(i64::from(row.row_number));
            group.examples.push((line, before, after));
            let text = self.open_row(Purpose::Row, row.id, row.raw_sealed)?;
            bsns.extend(self.mac_of(&text));
        }
        Ok((groups.into_values().collect(), bsns))
    }

    /// What was repaired in a row: code, column, before, after.
    pub(super) fn repairs_of(
        &self,
        row: Uuid,
        sealed: Vec<u8>,
    ) -> Result<Vec<(Code, Column, String, String)>, StoreError> {
        let keys = &self.road.keys;
        let plain = keys
            .open(
                &Sealed::from_bytes(sealed),
                &Purpose::Repairs.of(row.as_bytes()),
            )
            .map_err(|_| unopened())?;
        serde_json::from_slice(&plain).map_err(|_| unopened())
    }
}

/// Its rows stand still: its page opens some of them.
const fn is_settled(phase: Phase) -> bool {
    matches!(
        phase,
        Phase::Preview | Phase::Done | Phase::Parked | Phase::Withdrawn
    )
}

fn doses(groups: Vec<delivery_views::Doses>) -> Vec<DosesGroup> {
    let number = |doses: i16| u16::try_from(doses).unwrap_or_default();
    groups
        .into_iter()
        .map(|group| DosesGroup {
            before: number(group.before),
            after: number(group.after),
            series: group.series.and_then(|series| u8::try_from(series).ok()),
            above: group.above,
            count: u32::try_from(group.rows.len()).unwrap_or(u32::MAX),
            rows: words::ranges(&group.rows),
        })
        .collect()
}

fn named(other: delivery_views::Other) -> (Uuid, String) {
    let name = other.name.unwrap_or_else(|| other.id.to_string());
    (other.id, name)
}

fn double(group: &delivery_views::Doubles) -> DoublesGroup {
    DoublesGroup {
        differ: group.differ,
        count: u32::try_from(group.rows.len()).unwrap_or(u32::MAX),
        rows: words::ranges(&group.rows),
    }
}

fn rejected_group(group: &delivery_views::Rejected) -> RejectedGroup {
    RejectedGroup {
        told: answer::told(group.told.as_deref()),
        count: u32::try_from(group.rows.len()).unwrap_or(u32::MAX),
        rows: words::ranges(&group.rows),
    }
}

fn line(row: &Line) -> Result<DeliveryLine, StoreError> {
    let odd = || StoreError::Broken("delivery".to_owned());
    let counts = Counts {
        geaccepteerd: number(i64::from(row.geaccepteerd)),
        te_controleren: number(i64::from(row.te_controleren)),
        afgekeurd: number(i64::from(row.afgekeurd)),
        dubbel: number(i64::from(row.dubbel)),
        geteld: number(i64::from(row.geteld)),
    };
    Ok(DeliveryLine {
        id: row.id,
        file_name: row.file_name.clone().unwrap_or_default(),
        channel: Channel::parse(&row.channel).ok_or_else(odd)?,
        received: words::moment(row.received_at),
        received_by: row.received_by.clone().unwrap_or_default(),
        phase: match row.turning {
            Some(true) => Phase::Restoring,
            Some(false) => Phase::Withdrawing,
            None => phase(&row.state).ok_or_else(odd)?,
        },
        outcome: row
            .outcome
            .as_ref()
            .and_then(|word| serde_json::from_value::<FileOutcome>(word.as_str().into()).ok()),
        counts,
    })
}

/// Who saw to it that a delivery never counted.
pub(super) fn discarded(state: &str, outcome: Option<&str>, expired: bool) -> Option<Discarded> {
    (state == "discarded").then_some(match outcome {
        Some(_) => Discarded::ByRivm,
        None if expired => Discarded::Expired,
        None => Discarded::Thrown,
    })
}

pub(super) fn phase(state: &str) -> Option<Phase> {
    Some(match state {
        "received" | "complete" => Phase::Received,
        "checking" => Phase::Checking,
        "preview" => Phase::Preview,
        "storing" => Phase::Storing,
        "done" => Phase::Done,
        "withdrawn" => Phase::Withdrawn,
        "parked" => Phase::Parked,
        "discarded" => Phase::Discarded,
        _ => return None,
    })
}

/// When the raw file goes, or when it went.
fn raw_file(row: &Line, kept_for: time::Duration) -> RawFile {
    match (row.has_file, row.file_gone_at) {
        (true, _) => RawFile::Until(dutch(clock::dutch_day(row.received_at + kept_for))),
        (false, Some(at)) => RawFile::Gone(words::moment(at)),
        (false, None) => RawFile::None,
    }
}

/// Hidden rows that were left out.
fn hidden(row: &Line) -> u32 {
    let hidden = row
        .format_info
        .get("hidden")
        .and_then(serde_json::Value::as_u64);
    hidden
        .and_then(|hidden| u32::try_from(hidden).ok())
        .unwrap_or_default()
}

/// The sheets to choose from; none when there is no choice.
fn sheets(row: &Line) -> Vec<(u32, String)> {
    let sheets = row.format_info.get("sheets").cloned().unwrap_or_default();
    serde_json::from_value(sheets).unwrap_or_default()
}

/// "Gelezen als CSV met puntkomma, Windows-1252, kopregel 5".
fn read_as(row: &Line) -> String {
    let Some(format) = &row.format else {
        return String::new();
    };
    let info = |name: &str| {
        row.format_info
            .get(name)
            .and_then(|value| value.as_str())
            .map(str::to_owned)
    };
    let mut words = format!("Gelezen als {}", format.to_uppercase());
    if let Some(delimiter) = info("delimiter") {
        words += match delimiter.as_str() {
            ";" => " met puntkomma",
            "," => " met komma",
            _ => " met tab",
        };
    }
    if let Some(encoding) = info("encoding") {
        words += ", ";
        words += &encoding;
    }
    if let Some(header) = row
        .format_info
        .get("header_row")
        .and_then(serde_json::Value::as_u64)
    {
        words += &format!(", kopregel {header}");
    }
    words
}

fn number(count: i64) -> u32 {
    u32::try_from(count).unwrap_or_default()
}

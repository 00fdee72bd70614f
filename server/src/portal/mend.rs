//! Refused rows of the own party, to be mended on the screen (features F24).

use super::again::{Halt, again};
use super::entry::{ANSWERS, KeptRow, floor, wait};
use super::{OrBroken, Portal, deliverer, event, unopened, words};
use crate::audit::{self, Event, Kind, Outcome};
use crate::intake::mend::{self, Allowance, Became, Mended, Mending, Typed};
use crate::keys::{Mac, Purpose, Sealed};
use crate::store::brp_checks::{self, Allowed, Budget, Check, Turn};
use crate::store::mend::{self as rows, Stands};
use crate::store::{
    PartyTx, StoreError, WorkerTx, deliveries, delivery_views, party_tx, worker_tx,
};
use app::ports::deliveries::{
    EarlierReading, Foreseen, Kept, MendAnswer, MendedRow, Phase, RefusedList, RefusedRow,
    RefusedView,
};
use app::ports::{Caller, PAGE_ROWS, Page, PortError, PortResult};
use domain::dates::Days;
use domain::delivery::{Channel, RowOutcome};
use domain::finding::{Code, Finding};
use domain::row::{Column, RowText};
use std::collections::{BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// Rows that are opened to see whether a wrong value stands in them too; of more rows none is.
const LOOKED_AT: i64 = 2_000;

impl Portal {
    pub(super) async fn refused_list(
        &self,
        caller: &Caller,
        id: Uuid,
        page: u32,
        draft: Option<Uuid>,
    ) -> PortResult<RefusedList> {
        let mut kept = self.kept_mending(caller, id, draft).await?;
        let (mut tx, phase, channel) = self.to_mend(caller, id).await?;
        let refused = rows::number_refused(&mut tx, id).await.or_broken(caller)?;
        let total = u64::try_from(refused).unwrap_or_default();
        // Mended rows leave the list, and the last page may be gone with them.
        let last = u32::try_from(total.div_ceil(u64::from(PAGE_ROWS))).unwrap_or(u32::MAX);
        let page = page.clamp(1, last.max(1));
        let offset = i64::from(page - 1) * i64::from(PAGE_ROWS);
        let found = rows::refused(&mut tx, id, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let values = self.wrong_values(&mut tx, id, refused).await;
        let values = values.or_broken(caller)?;
        let (mut items, mut bsns) = (Vec::new(), HashSet::new());
        for row in &found {
            let (opened, mac) = self.opened(row, &values, &mut kept).or_broken(caller)?;
            bsns.extend(mac);
            items.push(opened);
        }
        let line = event(caller, Kind::RowOpened)
            .object("delivery", id)
            .detail("shown", items.len())
            .detail("opened", values.opened);
        let line = audit::about_typed(&self.road.db, line, bsns)
            .await
            .or_broken(caller)?;
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(RefusedList {
            channel,
            preview: phase == Phase::Preview,
            rows: Page { items, total, page },
        })
    }

    pub(super) async fn open_refused(
        &self,
        caller: &Caller,
        id: Uuid,
        wanted: u32,
        draft: Option<Uuid>,
    ) -> PortResult<RefusedView> {
        let party = deliverer(caller)?;
        let mut kept = self.kept_mending(caller, id, draft).await?;
        let kept_reason = kept.iter().find(|row| row.number == wanted);
        let kept_reason = kept_reason.and_then(|row| row.reason.clone());
        let (mut tx, phase, _) = self.to_mend(caller, id).await?;
        let place = i32::try_from(wanted).map_err(|_| PortError::NotFound)?;
        let own = rows::one(&mut tx, id, place)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let next = rows::next(&mut tx, id, place).await.or_broken(caller)?;
        let left = rows::number_refused(&mut tx, id).await.or_broken(caller)?;
        let values = self.wrong_values(&mut tx, id, left).await;
        let values = values.or_broken(caller)?;
        let (opened, mac) = self.opened(&own, &values, &mut kept).or_broken(caller)?;
        let reason = self
            .open_text(Purpose::Reason, own.id, own.reason_sealed)
            .or_broken(caller)?
            .unwrap_or_default();
        let (earlier, mut bsns) = self
            .earlier(&mut tx, party, &BTreeSet::from([(id, place)]))
            .await
            .or_broken(caller)?;
        bsns.extend(mac);
        let line = event(caller, Kind::RowOpened)
            .object("row", own.id)
            .detail("delivery", id.to_string())
            .detail("opened", values.opened);
        let line = audit::about_typed(&self.road.db, line, bsns)
            .await
            .or_broken(caller)?;
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(RefusedView {
            line: opened,
            earlier,
            reason: kept_reason.unwrap_or(reason),
            left: u32::try_from(left).unwrap_or(u32::MAX),
            next: next.and_then(|next| u32::try_from(next).ok()),
            preview: phase == Phase::Preview,
        })
    }

    /// How rows of the caller's party stood before somebody changed them, and whom that is about.
    pub(super) async fn earlier(
        &self,
        tx: &mut PartyTx<'_>,
        party: Uuid,
        places: &BTreeSet<(Uuid, i32)>,
    ) -> Result<(Vec<EarlierReading>, HashSet<Mac>), StoreError> {
        let (mut readings, mut bsns) = (Vec::new(), HashSet::new());
        for stood in rows::earlier(tx, party, places).await? {
            let row = self.open_row(Purpose::Row, stood.id, Some(stood.raw_sealed))?;
            bsns.extend(self.mac_of(&row));
            readings.push(EarlierReading {
                until: words::moment(stood.until),
                row,
                repairs: match stood.repairs_sealed {
                    Some(sealed) => self.repairs_of(stood.id, sealed)?,
                    None => Vec::new(),
                },
            });
        }
        Ok((readings, bsns))
    }

    pub(super) async fn judge_mended(
        &self,
        caller: &Caller,
        id: Uuid,
        posted: Vec<MendedRow>,
        draft: Option<Uuid>,
    ) -> PortResult<MendAnswer> {
        floor(self.try_to_judge(caller, id, posted, draft)).await
    }

    async fn try_to_judge(
        &self,
        caller: &Caller,
        id: Uuid,
        posted: Vec<MendedRow>,
        draft: Option<Uuid>,
    ) -> PortResult<MendAnswer> {
        let mending = self.mending(caller, id, posted).await?;
        if caller.only_keeps {
            return self.keep_all(caller, id, mending.rows).await;
        }
        let (mended, allowed) = self.keep_trying(caller, &mending, false).await?;
        let done = match mended {
            Mended::Done(done) => done,
            Mended::Closed => return Err(PortError::Conflict),
            Mended::NotApproved => {
                let kept = self.keep_all(caller, id, mending.rows).await?;
                self.drop_mending(caller, draft).await?;
                return Ok(MendAnswer {
                    not_approved: true,
                    ..kept
                });
            }
        };
        let mut answer = MendAnswer::default();
        for (_, became) in &done.rows {
            match became {
                Became::Judged(RowOutcome::Afgekeurd, _) => answer.refused += 1,
                Became::Judged(..) => answer.good += 1,
                Became::RightAlready => answer.right_already += 1,
                Became::Later => answer.wait = Some(wait(allowed)),
                Became::Outside | Became::Changed | Became::Same => {}
            }
        }
        let of = |number| done.rows.iter().find(|(other, _)| *other == number);
        let unjudged = mending
            .rows
            .into_iter()
            .filter_map(|row| match of(row.number)?.1 {
                Became::Changed => Some((row, false)),
                Became::Later => Some((row, true)),
                _ => None,
            });
        let unjudged: Vec<(Typed, bool)> = unjudged.collect();
        if !unjudged.is_empty() {
            answer.kept = Some(self.keep_mending(caller, id, unjudged).await?);
        }
        self.drop_mending(caller, draft).await?;
        Ok(answer)
    }

    /// Nothing is judged: what was typed is kept.
    async fn keep_all(
        &self,
        caller: &Caller,
        id: Uuid,
        rows: Vec<Typed>,
    ) -> PortResult<MendAnswer> {
        let rows = rows.into_iter().map(|row| (row, false));
        let kept = self.keep_mending(caller, id, rows.collect()).await?;
        Ok(MendAnswer {
            kept: Some(kept),
            ..MendAnswer::default()
        })
    }

    pub(super) async fn foresee_mended(
        &self,
        caller: &Caller,
        id: Uuid,
        posted: Vec<MendedRow>,
    ) -> PortResult<Vec<Foreseen>> {
        floor(self.try_to_foresee(caller, id, posted)).await
    }

    async fn try_to_foresee(
        &self,
        caller: &Caller,
        id: Uuid,
        posted: Vec<MendedRow>,
    ) -> PortResult<Vec<Foreseen>> {
        let mending = self.mending(caller, id, posted).await?;
        if caller.only_keeps {
            return Err(PortError::NotLoggedIn);
        }
        let (Mended::Done(done), _) = self.keep_trying(caller, &mending, true).await? else {
            return Err(PortError::Conflict);
        };
        let rows = done.rows.into_iter();
        Ok(rows
            .filter_map(|(number, became)| match became {
                Became::Judged(outcome, findings) => Some(Foreseen {
                    number,
                    good: outcome != RowOutcome::Afgekeurd,
                    findings,
                }),
                Became::Later => Some(Foreseen {
                    number,
                    good: false,
                    findings: vec![Finding::whole(Code::B13)],
                }),
                _ => None,
            })
            .collect())
    }

    /// What was posted, once it is sure that the delivery is the caller's, whatever else becomes of it.
    async fn mending(
        &self,
        caller: &Caller,
        id: Uuid,
        posted: Vec<MendedRow>,
    ) -> PortResult<Mending> {
        let party = deliverer(caller)?;
        self.phase(caller, id).await?;
        let rows = posted.into_iter().map(|row| Typed {
            days: Days::ALL,
            number: row.number,
            seen: row.seen,
            cells: row.cells,
            reason: row.reason,
            everywhere: row.everywhere,
            anyway: row.anyway,
            linked: None,
            stored: false,
        });
        Ok(Mending {
            delivery: id,
            party,
            by: caller.user_id,
            staff: false,
            // Said in the transaction that asks.
            asks: None,
            foresee: false,
            decision: None,
            again: false,
            as_of: None,
            rows: rows.collect(),
        })
    }

    /// Tries until nobody is in the way.
    async fn keep_trying(
        &self,
        caller: &Caller,
        mending: &Mending,
        only_look: bool,
    ) -> PortResult<(Mended, Allowed)> {
        again(caller, || async {
            let tried = self.try_mend(caller, mending.clone(), only_look).await;
            tried.map_err(|error| {
                // The same file came again meanwhile: this one counts for nothing any more.
                if error.is_constraint("deliveries_same_content") {
                    PortError::Conflict.into()
                } else {
                    Halt::from(error)
                }
            })
        })
        .await
    }

    /// One attempt, one transaction: rows, counts, raw file, audit. To `only_look` is to do it and undo it, all but the
    /// audit line: so what is foreseen is what would be, by the same rules.
    async fn try_mend(
        &self,
        caller: &Caller,
        mut mending: Mending,
        only_look: bool,
    ) -> Result<(Mended, Allowed), StoreError> {
        let (id, party) = (mending.delivery, mending.party);
        let typed = mending.rows.clone();
        let now = self.road.clock.now();
        let mut tx = worker_tx(&self.road.db).await?;
        // Before the mark: the turn of this user is held to the end, whatever is undone.
        let budget = brp_checks::budget(&mut tx).await?;
        let allowed =
            brp_checks::allowed(&mut tx, budget, caller.user_id, party, Turn::User, now).await?;
        mending.asks = Some(Allowance {
            more: allowed.more(),
            only_look,
        });
        tx.mark().await?;
        let mut mended = mend::mend(&self.road, &mut tx, mending).await?;
        let Mended::Done(done) = &mut mended else {
            return Ok((mended, allowed));
        };
        let asked = std::mem::take(&mut done.asked);
        let unasked = std::mem::take(&mut done.unasked);
        if done.judged.is_empty() && unasked.is_empty() {
            return Ok((mended, allowed));
        }
        if only_look {
            tx.go_back().await?;
        }
        let mut lines = self
            .count_asked(&mut tx, caller, (budget, allowed), id, asked, unasked)
            .await?;
        if done.judged.is_empty() {
            audit::add_all(&mut tx, lines).await?;
            tx.commit().await?;
            return Ok((mended, allowed));
        }
        let mut spent = Vec::new();
        let numbers = |only: fn(&Became) -> bool| -> Vec<u32> {
            let rows = done.rows.iter().filter(|(_, became)| only(became));
            rows.map(|(number, _)| *number).collect()
        };
        let line = if only_look {
            let judged = numbers(|became| matches!(became, Became::Judged(..)));
            let about = typed.iter().filter(|row| judged.contains(&row.number));
            let macs: HashSet<_> = about.filter_map(|row| self.mac_typed(row)).collect();
            let line = event(caller, Kind::BrpChecked)
                .object("delivery", id)
                .detail("rows", judged);
            audit::about_bsns(&mut tx, line, macs).await?
        } else {
            if done.unconsented {
                deliveries::forget_blob(&mut tx, id).await?;
                spent = deliveries::forget_doubles(&mut tx, id).await?;
                spent.push(id);
            }
            let refused =
                |became: &Became| matches!(became, Became::Judged(RowOutcome::Afgekeurd, _));
            event(caller, Kind::RowMended)
                .object("delivery", id)
                .detail(
                    "rows",
                    numbers(|became| matches!(became, Became::Judged(..))),
                )
                .detail("still_refused", numbers(refused))
                .detail("judged", done.judged.len())
                .detail("blob_destroyed", done.unconsented)
                .about(done.persons.iter().copied())
        };
        lines.push(line);
        if !only_look {
            lines.append(&mut done.lines);
        }
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        // After the commit: undone, the delivery would name files that are gone. What a kill leaves of them the sweep takes.
        for file in spent {
            if let Err(error) = self.road.blobs.destroy(file) {
                tracing::error!(%file, kind = %error.kind(), "a raw file waits for the sweep");
            }
        }
        Ok((mended, allowed))
    }

    /// Counts whom the BRP was asked about as one set. Answers the lines for the log, which name them, those too about whom it was
    /// not asked.
    async fn count_asked(
        &self,
        tx: &mut WorkerTx<'_>,
        caller: &Caller,
        (budget, allowed): (Budget, Allowed),
        delivery: Uuid,
        asked: Vec<(Mac, Check)>,
        unasked: Vec<Mac>,
    ) -> Result<Vec<Event>, StoreError> {
        let (user, party) = (
            caller.user_id,
            deliverer(caller).map_err(|_| StoreError::NotFound)?,
        );
        let now = self.road.clock.now();
        let questions: Vec<Vec<u8>> = asked.iter().map(|(_, one)| one.question.clone()).collect();
        let known = brp_checks::known(tx, user, &questions, now).await?;
        let new = asked.iter().map(|(_, one)| one);
        let new: Vec<Check> = new
            .filter(|one| !known.contains(&one.question))
            .cloned()
            .collect();
        let mut alarm = false;
        let typed = new.iter().filter(|one| !one.of_file).count();
        // Held against the party's budget at the end, and not for as long as rows are judged: colleagues go on meanwhile.
        if typed > 0 && !brp_checks::party_may(tx, budget, party, typed, now).await? {
            return Err(StoreError::Conflict("party budget".to_owned()));
        }
        if !new.is_empty() {
            alarm |= brp_checks::count(tx, budget, user, party, &new, now).await?;
        }
        let of_file = || {
            new.iter()
                .filter(|one| one.of_file && one.matched.is_some())
        };
        let all = u32::try_from(of_file().count()).unwrap_or(u32::MAX);
        let matched = of_file().filter(|one| one.matched == Some(true)).count();
        let matched = u32::try_from(matched).unwrap_or(u32::MAX);
        alarm |= brp_checks::count_file(tx, budget, party, (all, matched), now).await?;
        if alarm {
            tracing::error!(%user, %party, "too many persons of mended rows could not be matched");
        }
        let line = || event(caller, Kind::BrpChecked).object("delivery", delivery);
        let mut lines = Vec::new();
        for (answer, word) in ANSWERS {
            let alike = asked.iter().filter(|(_, one)| one.matched == answer);
            let macs: Vec<Mac> = alike.map(|(mac, _)| *mac).collect();
            if !macs.is_empty() {
                let line = line().detail("answer", word).detail("alarm", alarm);
                lines.push(macs.iter().fold(line, Event::about_mac));
            }
        }
        if !unasked.is_empty() {
            let line = line()
                .outcome(Outcome::Failure)
                .detail("blocked", allowed == Allowed::Blocked);
            lines.push(unasked.iter().fold(line, Event::about_mac));
        }
        Ok(lines)
    }

    /// The delivery is the caller's, and its rows can be mended.
    async fn to_mend<'a>(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> PortResult<(PartyTx<'a>, Phase, Channel)> {
        let party = deliverer(caller)?;
        let phase = self.phase(caller, id).await?;
        if !matches!(phase, Phase::Preview | Phase::Done) {
            return Err(PortError::NotFound);
        }
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let line = delivery_views::one(&mut tx, party, id)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let channel = Channel::parse(&line.channel).ok_or(PortError::NotFound)?;
        Ok((tx, phase, channel))
    }

    /// The wrong values of columns that rows can share, and in how many of the refused rows each stands.
    async fn wrong_values(
        &self,
        tx: &mut PartyTx<'_>,
        id: Uuid,
        refused: i64,
    ) -> Result<WrongValues, StoreError> {
        let mut values = WrongValues {
            uncounted: refused > LOOKED_AT,
            ..WrongValues::default()
        };
        if values.uncounted {
            return Ok(values);
        }
        for row in &rows::refused(tx, id, LOOKED_AT, 0).await? {
            let text = self.text_of(row)?;
            values.opened += 1;
            for column in shared_and_wrong(&findings(row)) {
                *values
                    .rows
                    .entry((column, text.get(column).to_owned()))
                    .or_default() += 1;
            }
        }
        Ok(values)
    }

    /// A row as its sender gets to see it, and whom it is about. What was kept of it moves into its cells.
    fn opened(
        &self,
        row: &Stands,
        values: &WrongValues,
        kept: &mut Vec<KeptRow>,
    ) -> Result<(RefusedRow, Option<Mac>), StoreError> {
        let mut text = self.text_of(row)?;
        let mac = self.mac_of(&text);
        let said = findings(row);
        let shared = shared_and_wrong(&said).filter_map(|column| {
            if values.uncounted {
                return Some((column, None));
            }
            let all = values.rows.get(&(column, text.get(column).to_owned()))?;
            let others = all.saturating_sub(1);
            (others > 0).then_some((column, Some(others)))
        });
        let shared = shared.collect();
        let number = u32::try_from(row.row_number).unwrap_or_default();
        let typed = kept.iter().position(|kept| kept.number == number);
        let kept = typed.map(|at| kept.swap_remove(at)).and_then(|kept| {
            let mut differs = kept.reason.is_some();
            for (column, cell) in kept.cells {
                differs |= !mend::same_in_a_box(text.get(column), &cell);
                text.set(column, cell);
            }
            let why = if kept.seen == row.id {
                Kept::LoggedOut
            } else {
                Kept::Changed
            };
            differs.then_some(if kept.waits { Kept::Waits } else { why })
        });
        let message = match row.returned_by {
            Some(decision) => {
                self.open_text(Purpose::Reason, decision, row.message_sealed.clone())?
            }
            None => None,
        };
        let opened = RefusedRow {
            number,
            message,
            seen: row.id,
            row: text,
            findings: said,
            kept,
            shared,
        };
        Ok((opened, mac))
    }

    fn text_of(&self, row: &Stands) -> Result<RowText, StoreError> {
        let sealed = Sealed::from_bytes(row.raw_sealed.clone().unwrap_or_default());
        let plain = self
            .road
            .keys
            .open(&sealed, &Purpose::Row.of(row.id.as_bytes()))
            .map_err(|_| unopened())?;
        serde_json::from_slice(&plain).map_err(|_| unopened())
    }

    fn mac_typed(&self, row: &Typed) -> Option<Mac> {
        let bsn = row
            .cells
            .iter()
            .find(|(column, _)| *column == Column::Bsn)?;
        let mut text = RowText::default();
        text.set(Column::Bsn, &bsn.1);
        self.mac_of(&text)
    }
}

/// Wrong values of a delivery.
#[derive(Default)]
struct WrongValues {
    rows: HashMap<(Column, String), u32>,
    /// Rows that were opened for it.
    opened: u32,
    /// So many rows are refused that any value may stand in another one.
    uncounted: bool,
}

/// The columns that something is wrong with and whose value many rows can share.
fn shared_and_wrong(said: &[Finding]) -> impl Iterator<Item = Column> + '_ {
    let wrong = |column: &Column| said.iter().any(|finding| finding.column == Some(*column));
    Column::ALL
        .into_iter()
        .filter(|column| mend::is_shared(*column))
        .filter(wrong)
}

fn findings(row: &Stands) -> Vec<Finding> {
    serde_json::from_value(row.findings.clone()).unwrap_or_default()
}

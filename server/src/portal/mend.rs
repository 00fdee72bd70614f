//! Refused rows of the own party, to be mended on the screen (features F24).

use super::{OrBroken, Portal, deliverer, event, unopened};
use crate::audit::{self, Kind};
use crate::intake::mend::{self, Mended, Mending};
use crate::keys::{Purpose, Sealed};
use crate::store::mend::{self as rows, Stands};
use crate::store::{PartyTx, StoreError, deliveries, delivery_views, party_tx, worker_tx};
use app::ports::deliveries::{Kept, MendAnswer, MendedRow, Phase, RefusedLine, RefusedView};
use app::ports::{Caller, PAGE_ROWS, Page, PortError, PortResult};
use domain::delivery::RowOutcome;
use domain::finding::Finding;
use domain::row::{Column, RowText};
use uuid::Uuid;

/// Rows that are opened to see whether a wrong value stands in them too.
const LOOKED_AT: i64 = 2_000;
/// Attempts when somebody else is in the way.
const ATTEMPTS: u32 = 4;

impl Portal {
    pub(super) async fn refused_lines(
        &self,
        caller: &Caller,
        id: Uuid,
        page: u32,
    ) -> PortResult<Page<RefusedLine>> {
        let page = page.max(1);
        let offset = i64::from(page - 1) * i64::from(PAGE_ROWS);
        let (mut tx, _) = self.to_mend(caller, id).await?;
        let total = rows::number_refused(&mut tx, id).await.or_broken(caller)?;
        let found = rows::refused(&mut tx, id, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let line = |row: &Stands| RefusedLine {
            number: number(row),
            findings: findings(row),
        };
        Ok(Page {
            items: found.iter().map(line).collect(),
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    pub(super) async fn open_refused(
        &self,
        caller: &Caller,
        id: Uuid,
        wanted: u32,
        draft: Option<Uuid>,
    ) -> PortResult<RefusedView> {
        let typed = match draft {
            Some(draft) => Some(self.kept_mending(caller, draft).await?),
            None => None,
        };
        let (mut tx, phase) = self.to_mend(caller, id).await?;
        let place = i32::try_from(wanted).map_err(|_| PortError::NotFound)?;
        let own = rows::one(&mut tx, id, place)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let next = rows::next(&mut tx, id, place).await.or_broken(caller)?;
        let left = rows::number_refused(&mut tx, id).await.or_broken(caller)?;
        let all = rows::refused(&mut tx, id, LOOKED_AT, 0)
            .await
            .or_broken(caller)?;
        let row = self.text_of(&own).or_broken(caller)?;
        let said = findings(&own);
        let mut shared: Vec<(Column, u32)> = Column::ALL
            .into_iter()
            .filter(|column| mend::is_shared(*column))
            .filter(|column| said.iter().any(|finding| finding.column == Some(*column)))
            .map(|column| (column, 0))
            .collect();
        let mut opened = 1;
        for other in all.iter().filter(|other| other.id != own.id) {
            let about = findings(other);
            let same_column =
                |column: &Column| about.iter().any(|finding| finding.column == Some(*column));
            if !shared.iter().any(|(column, _)| same_column(column)) {
                continue;
            }
            let text = self.text_of(other).or_broken(caller)?;
            opened += 1;
            for (column, count) in &mut shared {
                *count += u32::from(mend::shares(&text, &about, *column, row.get(*column)));
            }
        }
        shared.retain(|(_, count)| *count > 0);
        let reason = self
            .open_text(Purpose::Reason, own.id, own.reason_sealed)
            .or_broken(caller)?
            .unwrap_or_default();
        let mut line = event(caller, Kind::RowOpened)
            .object("row", own.id)
            .detail("delivery", id.to_string())
            .detail("opened", opened);
        // Known by MAC: a refused row has no person in the register.
        if let Some(mac) = self.mac_of(&row) {
            line = line.about_mac(&mac);
        }
        let mut view = RefusedView {
            number: wanted,
            seen: own.id,
            kept: None,
            reason,
            findings: said,
            shared,
            left: u32::try_from(left).unwrap_or(u32::MAX),
            next: next.and_then(|next| u32::try_from(next).ok()),
            preview: phase == Phase::Preview,
            row,
        };
        if let Some((seen, typed, reason)) = typed {
            view.kept = Some(if seen == own.id {
                Kept::LoggedOut
            } else {
                Kept::Changed
            });
            (view.row, view.reason) = (typed, reason);
        }
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(view)
    }

    pub(super) async fn judge_mended(
        &self,
        caller: &Caller,
        id: Uuid,
        mended: MendedRow,
    ) -> PortResult<MendAnswer> {
        let party = deliverer(caller)?;
        // It must be the caller's, whatever else becomes of it.
        self.phase(caller, id).await?;
        let (seen, typed) = (mended.seen, mended.row.clone());
        let reason = mended.reason.trim().to_owned();
        if caller.only_keeps {
            let draft = self.keep_mending(caller, seen, typed, reason).await?;
            return Ok(MendAnswer::Kept(draft));
        }
        let mending = Mending {
            delivery: id,
            party,
            by: caller.user_id,
            row: mended.number,
            seen,
            cells: mended.row,
            reason: Some(reason.clone()).filter(|reason| !reason.is_empty()),
            everywhere: mended.everywhere,
        };
        let mut attempt = 1;
        let done = loop {
            match self.try_mend(caller, mending.clone()).await {
                // The same file came again meanwhile: this one counts for nothing any more.
                Err(error) if error.is_constraint("deliveries_same_content") => {
                    return Err(PortError::Conflict);
                }
                // Somebody stored the same person or vaccination in this very moment.
                Err(StoreError::Constraint(_) | StoreError::Conflict(_)) if attempt < ATTEMPTS => {
                    attempt += 1;
                }
                other => break other.or_broken(caller)?,
            }
        };
        let answer = match done {
            Mended::Closed => return Err(PortError::Conflict),
            Mended::Changed => {
                let draft = self.keep_mending(caller, seen, typed, reason).await?;
                MendAnswer::Kept(draft)
            }
            Mended::Right => MendAnswer::RightAlready,
            Mended::Judged {
                outcome: RowOutcome::Afgekeurd,
                ..
            } => MendAnswer::Refused,
            Mended::Judged { .. } => MendAnswer::Good,
        };
        self.drop_mending(caller, mended.draft).await?;
        Ok(answer)
    }

    /// One attempt, one transaction: rows, counts, raw file, audit.
    async fn try_mend(&self, caller: &Caller, mending: Mending) -> Result<Mended, StoreError> {
        let (id, row) = (mending.delivery, mending.row);
        let mut tx = worker_tx(&self.road.db).await?;
        let done = mend::mend(&self.road, &mut tx, mending).await?;
        let Mended::Judged {
            outcome,
            rows,
            persons,
            unconsented,
        } = &done
        else {
            return Ok(done);
        };
        if *unconsented {
            self.road
                .blobs
                .destroy(id)
                .map_err(|error| StoreError::Broken(format!("disk: {}", error.kind())))?;
            deliveries::forget_blob(&mut tx, id).await?;
        }
        let line = event(caller, Kind::RowMended)
            .object("delivery", id)
            .detail("row", row)
            .detail("rows", rows.len())
            .detail("outcome", outcome.as_str())
            .detail("blob_destroyed", *unconsented)
            .about(persons.iter().copied());
        audit::add(&mut tx, line).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// The delivery is the caller's, and its rows can be mended.
    async fn to_mend<'a>(&self, caller: &Caller, id: Uuid) -> PortResult<(PartyTx<'a>, Phase)> {
        let party = deliverer(caller)?;
        let phase = self.phase(caller, id).await?;
        if !matches!(phase, Phase::Preview | Phase::Done) {
            return Err(PortError::NotFound);
        }
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        delivery_views::one(&mut tx, party, id)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        Ok((tx, phase))
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
}

fn number(row: &Stands) -> u32 {
    u32::try_from(row.row_number).unwrap_or_default()
}

fn findings(row: &Stands) -> Vec<Finding> {
    serde_json::from_value(row.findings.clone()).unwrap_or_default()
}

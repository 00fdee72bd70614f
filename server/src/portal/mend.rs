//! Refused rows of the own party, to be mended on the screen (features F24).

use super::{OrBroken, Portal, deliverer, event, unopened};
use crate::audit::{self, Kind};
use crate::intake::mend::{self, Mended, Mending};
use crate::keys::{Purpose, Sealed};
use crate::store::mend::{self as rows, Stands};
use crate::store::{PartyTx, StoreError, delivery_views, party_tx, worker_tx};
use app::ports::deliveries::{MendAnswer, MendedRow, Phase, RefusedLine, RefusedView};
use app::ports::{Caller, PAGE_ROWS, Page, PortError, PortResult};
use domain::delivery::RowOutcome;
use domain::finding::Finding;
use domain::row::{Column, RowText};
use uuid::Uuid;

/// Rows that are opened to see whether a wrong value stands in them too.
const LOOKED_AT: i64 = 2_000;

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
    ) -> PortResult<RefusedView> {
        let (mut tx, phase) = self.to_mend(caller, id).await?;
        let all = rows::refused(&mut tx, id, LOOKED_AT, 0)
            .await
            .or_broken(caller)?;
        let place = all
            .iter()
            .position(|row| number(row) == wanted)
            .ok_or(PortError::NotFound)?;
        let own = &all[place];
        let row = self.text_of(own).or_broken(caller)?;
        let said = findings(own);
        let mut shared: Vec<(Column, u32)> = Column::ALL
            .into_iter()
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
        let next = all.get(place + 1).or_else(|| all.first());
        let view = RefusedView {
            number: wanted,
            seen: own.id,
            findings: said,
            shared,
            left: u32::try_from(all.len()).unwrap_or(u32::MAX),
            next: next.filter(|next| next.id != own.id).map(number),
            preview: phase == Phase::Preview,
            row,
        };
        let line = event(caller, Kind::RowOpened)
            .object("row", own.id)
            .detail("delivery", id.to_string())
            .detail("opened", opened);
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
        let mending = Mending {
            delivery: id,
            party,
            by: caller.user_id,
            row: mended.number,
            seen: mended.seen,
            cells: mended.row,
            reason: Some(mended.reason.trim().to_owned()).filter(|reason| !reason.is_empty()),
            everywhere: mended.everywhere,
        };
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let done = match mend::mend(&self.road, &mut tx, mending).await {
            Err(StoreError::NotFound) => return Err(PortError::NotFound),
            // Somebody stored the same vaccination in this very moment.
            Err(StoreError::Conflict(_)) => return Err(PortError::Conflict),
            other => other.or_broken(caller)?,
        };
        let (outcome, rows, persons) = match done {
            Mended::Changed => return Err(PortError::Conflict),
            Mended::Judged {
                outcome,
                rows,
                persons,
            } => (outcome, rows, persons),
        };
        let line = event(caller, Kind::RowMended)
            .object("delivery", id)
            .detail("row", mended.number)
            .detail("rows", rows.len())
            .detail("outcome", outcome.as_str())
            .about(persons);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(if outcome == RowOutcome::Afgekeurd {
            MendAnswer::Refused
        } else {
            MendAnswer::Good
        })
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

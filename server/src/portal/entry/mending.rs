//! What was typed for refused rows and could not be judged: kept as a draft, for its owner only.

use super::super::{OrBroken, Portal};
use super::draft::{Draft, KeptRow};
use crate::intake::check;
use crate::intake::mend::Typed;
use crate::store::{drafts, party_tx};
use app::ports::{Caller, PortError, PortResult};
use domain::row::RowText;
use uuid::Uuid;

impl Portal {
    /// Keeps the cells of rows as typed, each with whether it waits for the BRP; nothing of a person who gave no consent.
    pub(in crate::portal) async fn keep_mending(
        &self,
        caller: &Caller,
        delivery: Uuid,
        rows: Vec<(Typed, bool)>,
    ) -> PortResult<Uuid> {
        // It changes something that is there, so the entry form does not offer it as one of its own.
        let draft = Draft {
            corrects: Some(delivery),
            mends: rows.into_iter().map(kept).collect(),
            ..Draft::default()
        };
        self.new_draft(caller, &draft).await
    }

    /// What was kept of this delivery; nothing without a draft.
    pub(in crate::portal) async fn kept_mending(
        &self,
        caller: &Caller,
        delivery: Uuid,
        draft: Option<Uuid>,
    ) -> PortResult<Vec<KeptRow>> {
        let Some(id) = draft else {
            return Ok(Vec::new());
        };
        let draft = self.load_draft(caller, id).await?;
        if draft.corrects != Some(delivery) {
            return Err(PortError::NotFound);
        }
        Ok(draft.mends)
    }

    /// It was judged after all, or is of no use any more.
    pub(in crate::portal) async fn drop_mending(
        &self,
        caller: &Caller,
        draft: Option<Uuid>,
    ) -> PortResult<()> {
        let Some(id) = draft else { return Ok(()) };
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        drafts::delete(&mut tx, id).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }
}

fn kept((typed, waits): (Typed, bool)) -> KeptRow {
    let mut row = RowText::default();
    for (column, text) in &typed.cells {
        row.set(*column, text);
    }
    if check::refuses_consent(&row) {
        check::forget_person(&mut row);
    }
    KeptRow {
        number: typed.number,
        seen: typed.seen,
        cells: typed
            .cells
            .iter()
            .map(|(column, _)| (*column, row.get(*column).to_owned()))
            .collect(),
        reason: typed.reason,
        waits,
    }
}

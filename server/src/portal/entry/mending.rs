//! What was typed for a refused row and could not be judged: kept as a draft, for its owner only.

use super::super::{OrBroken, Portal};
use super::draft::Draft;
use crate::intake::check;
use crate::store::{drafts, party_tx};
use app::ports::{Caller, PortError, PortResult};
use domain::row::RowText;
use uuid::Uuid;

impl Portal {
    /// Keeps the cells of a row as typed; nothing of a person who gave no consent.
    pub(in crate::portal) async fn keep_mending(
        &self,
        caller: &Caller,
        seen: Uuid,
        mut row: RowText,
        reason: String,
    ) -> PortResult<Uuid> {
        if check::refuses_consent(&row) {
            check::forget_person(&mut row);
        }
        // It changes something that is there, so the entry form does not offer it as one of its own.
        let draft = Draft {
            row,
            reason,
            corrects: Some(seen),
            ..Draft::default()
        };
        self.new_draft(caller, &draft).await
    }

    /// What was kept: the row as it stood then, the cells, the reason.
    pub(in crate::portal) async fn kept_mending(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> PortResult<(Uuid, RowText, String)> {
        let draft = self.load_draft(caller, id).await?;
        let seen = draft.corrects.ok_or(PortError::NotFound)?;
        Ok((seen, draft.row, draft.reason))
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

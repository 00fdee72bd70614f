//! The vaccination step: what was given, and the tick under what asks for a look.

use super::super::{OrBroken, Portal, deliverer};
use super::draft::is_vaccination_step;
use crate::store::{drafts, party_tx};
use app::ports::entry::{Saved, Step};
use app::ports::{Caller, PortResult};
use domain::row::{Column, RowText};
use uuid::Uuid;

/// What is remembered for the next person of today (features F03). No person, no age group.
const REMEMBERED: [Column; 9] = [
    Column::Vaccinatiedatum,
    Column::Vaccin,
    Column::HpkCode,
    Column::Batchnummer,
    Column::Doelgroep,
    Column::UitvoerderAgb,
    Column::BigNummer,
    Column::Vaccinatieplaats,
    Column::Vaccinatieland,
];

impl Portal {
    pub(super) async fn save_vaccination_step(
        &self,
        caller: &Caller,
        id: Uuid,
        typed: &RowText,
        confirmed: bool,
    ) -> PortResult<Saved> {
        let mut draft = self.load_draft(caller, id).await?;
        for column in Column::ALL
            .into_iter()
            .filter(|column| is_vaccination_step(*column))
        {
            draft.row.set(column, typed.get(column));
        }
        draft.vaccination_saved = true;
        draft.confirmed = confirmed;
        if caller.only_keeps {
            self.keep_draft(caller, id, &draft).await?;
            return Ok(Saved::LookAgain);
        }
        let looked = self.look(caller, &draft).await?;
        self.keep_draft(caller, id, &draft).await?;
        let step = draft.step(&looked.judged);
        if step == Step::Vaccination {
            return Ok(Saved::LookAgain);
        }
        self.remember(caller, &draft.row).await?;
        Ok(Saved::GoOn(step))
    }

    async fn remember(&self, caller: &Caller, row: &RowText) -> PortResult<()> {
        let party = deliverer(caller)?;
        let mut kept = RowText::default();
        for column in REMEMBERED {
            kept.set(column, row.get(column));
        }
        let day = self.road.clock.day(self.road.clock.now());
        let content = serde_json::json!({ "session": caller.session_id, "row": kept });
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        drafts::remember(&mut tx, party, caller.user_id, day, &content)
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }
}

//! The vaccination step: what was given, and the tick under what asks for a look.

use super::super::{OrBroken, Portal, deliverer};
use super::draft::{Draft, is_vaccination_step, located, remembered};
use crate::store::drafts::{self, Remembered};
use crate::store::party_tx;
use app::ports::entry::{Saved, Step};
use app::ports::{Caller, PortError, PortResult};
use domain::row::{Column, RowText};
use uuid::Uuid;

/// What is remembered for the next person of today (features F03). No person, no age group.
pub(super) const REMEMBERED: [Column; 9] = [
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
        ticked: Option<String>,
    ) -> PortResult<Saved> {
        let mut draft = self.load_draft(caller, id).await?;
        for column in Column::ALL
            .into_iter()
            .filter(|column| is_vaccination_step(*column))
        {
            draft.row.set(column, typed.get(column));
        }
        draft.vaccination_saved = true;
        // A script that keeps the form says nothing of the tick.
        if ticked.is_some() || !caller.only_keeps {
            draft.confirm(ticked);
        }
        if caller.only_keeps {
            self.keep_draft(caller, id, &draft).await?;
            return Ok(Saved::LookAgain);
        }
        let looked = self.look(caller, &draft).await?;
        self.keep_draft(caller, id, &draft).await?;
        let step = draft.step(&self.road.keys, &looked.judged);
        if step == Step::Vaccination {
            return Ok(Saved::LookAgain);
        }
        self.remember(caller, &draft).await?;
        Ok(Saved::GoOn(step))
    }

    async fn remember(&self, caller: &Caller, draft: &Draft) -> PortResult<()> {
        let mut kept = RowText::default();
        for column in REMEMBERED {
            kept.set(column, draft.row.get(column));
        }
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let what = Remembered {
            party: deliverer(caller)?,
            user: caller.user_id,
            location: draft.location,
            day: self.road.clock.day(self.road.clock.now()),
            content: &serde_json::json!({ "session": caller.session_id, "row": kept }),
        };
        drafts::remember(&mut tx, &what).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }

    /// Says where a draft is recorded, and what comes after it.
    pub(in crate::portal) async fn record_at(
        &self,
        caller: &Caller,
        id: Uuid,
        location: Option<Uuid>,
    ) -> PortResult<()> {
        let mut draft = self.load_draft(caller, id).await?;
        let day = self.road.clock.day(self.road.clock.now());
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let here = located(&mut tx, location).await.or_broken(caller)?;
        if location.is_some() && here.is_none() {
            return Err(PortError::NotFound);
        }
        if !caller.only_keeps {
            let what = Remembered {
                party: deliverer(caller)?,
                user: caller.user_id,
                location,
                day,
                content: &serde_json::json!({ "session": caller.session_id }),
            };
            drafts::pick(&mut tx, &what).await.or_broken(caller)?;
        }
        let moved = draft.location != location;
        draft.location = location;
        if moved && !draft.vaccination_saved {
            let known = remembered(&mut tx, caller, here.as_ref(), day)
                .await
                .or_broken(caller)?;
            for column in REMEMBERED {
                draft.row.set(column, known.get(column));
            }
        } else if moved && draft.next_person {
            // The vaccination was asked for again as it was; where it was given is said here.
            let place = here.and_then(|here| here.place).unwrap_or_default();
            draft.row.set(Column::Vaccinatieplaats, place);
        }
        tx.commit().await.or_broken(caller)?;
        if moved {
            self.keep_draft(caller, id, &draft).await?;
        }
        Ok(())
    }
}

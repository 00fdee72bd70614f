//! RIVM corrects or withdraws a registration on its institution's request. What it would come to is found by doing it and
//! going back; a second person does it, by the road that the institution's own correction takes.

use super::again::{Halt, again};
use super::entry::{Arrived, Parcel};
use super::four_eyes::{Press, dropped, press};
use super::{OrBroken, Portal, event, reviewer, words};
use crate::audit::{self, Event, Kind};
use crate::intake::matching::Linked;
use crate::keys::{Purpose, Sealed};
use crate::store::corrections::{self, Correction, NewCorrection, Standing};
use crate::store::{StoreError, WorkerTx, register, worker_tx};
use app::ports::corrections::{Corrected, CorrectionView, Corrections};
use app::ports::decisions::{DecisionState, MayDecide};
use app::ports::{Caller, PortError, PortResult};
use domain::delivery::RowOutcome;
use domain::finding::Finding;
use domain::row::{Column, RowText};
use uuid::Uuid;

/// Longest request that is kept, in characters.
const CHARS: usize = 1_000;

/// What a correction would come to.
type Foreseen = Option<(RowOutcome, Vec<Finding>)>;

#[async_trait::async_trait]
impl Corrections for Portal {
    async fn begin_correction(
        &self,
        caller: &Caller,
        registration: Uuid,
        withdraw: bool,
    ) -> PortResult<Uuid> {
        reviewer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let standing = corrections::standing(&mut tx, registration)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let content = self
            .open_row(
                Purpose::Report,
                registration,
                standing.content_sealed.clone(),
            )
            .or_broken(caller)?;
        let id = crate::clock::new_key();
        let new = NewCorrection {
            id,
            report_id: registration,
            content_sealed: (!withdraw).then(|| self.seal_row(id, &content)),
            request_sealed: self.seal_request(id, ""),
            by: caller.user_id,
            at: self.road.clock.now(),
        };
        corrections::insert(&mut tx, &standing, &new)
            .await
            .or_broken(caller)?;
        let line = event(caller, Kind::RegistrationRead)
            .for_party(standing.party_id)
            .object("registration", registration)
            .about([standing.person_id]);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(id)
    }

    async fn correction(&self, caller: &Caller, id: Uuid) -> PortResult<CorrectionView> {
        again(caller, || self.try_view(caller, id)).await
    }

    async fn save_correction(
        &self,
        caller: &Caller,
        id: Uuid,
        row: RowText,
        request: String,
    ) -> PortResult<()> {
        let (mut tx, correction) = self.open_correction(caller, id).await?;
        let mut after = self.after(&correction).or_broken(caller)?;
        if let Some(content) = &mut after {
            // Whose row it is, and under which key, stays as it was.
            for column in Column::ALL {
                if !matches!(column, Column::Mutatie | Column::Bronsleutel) {
                    content.set(column, row.get(column));
                }
            }
        }
        let content = after.as_ref().map(|after| self.seal_row(id, after));
        let request = self.seal_request(id, &request);
        if !corrections::save(&mut tx, id, content, request)
            .await
            .or_broken(caller)?
        {
            return Err(PortError::Conflict);
        }
        let line = event(caller, Kind::RegistrationRead)
            .for_party(correction.party_id)
            .object("correction", id);
        let line = self.about_both(&mut tx, line, &correction, after.as_ref());
        let line = line.await.or_broken(caller)?;
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }

    async fn decide_correction(&self, caller: &Caller, id: Uuid) -> PortResult<Corrected> {
        again(caller, || self.try_decide(caller, id)).await
    }

    async fn drop_correction(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        let (mut tx, correction) = self.open_correction(caller, id).await?;
        let to = dropped(caller, &correction.state, correction.asked_by);
        let to = to.ok_or(PortError::Conflict)?;
        let (by, now) = (Some(caller.user_id), self.road.clock.now());
        if !corrections::step(&mut tx, id, &correction.state, to, by, now)
            .await
            .or_broken(caller)?
        {
            return Err(PortError::Conflict);
        }
        let line = event(caller, Kind::Decided)
            .for_party(correction.party_id)
            .object("correction", id)
            .detail("step", to)
            .about([correction.person_id]);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }
}

impl Portal {
    async fn try_view(&self, caller: &Caller, id: Uuid) -> Result<CorrectionView, Halt> {
        let (mut tx, correction) = self.open_correction(caller, id).await?;
        let state = state(&correction)?;
        let before = self.open_row(
            Purpose::Report,
            correction.report_id,
            correction.before_sealed.clone(),
        )?;
        let after = self.after(&correction)?;
        let foreseen = match state {
            DecisionState::Draft | DecisionState::Asked => {
                self.foresee_correction(&mut tx, caller, &correction)
                    .await?
            }
            _ => None,
        };
        let (outcome, findings) = foreseen.unzip();
        let view = CorrectionView {
            id,
            person: correction.person_id,
            party: correction.party.clone(),
            before,
            after,
            request: self.request(&correction)?,
            outcome,
            findings: findings.unwrap_or_default(),
            state,
            asked_by: correction.asked_by_name.clone(),
            asked_at: words::moment(correction.asked_at),
            decided: correction
                .decided_by_name
                .clone()
                .zip(correction.decided_at.map(words::moment)),
            may: match (state, correction.asked_by == caller.user_id) {
                (DecisionState::Draft, true) => MayDecide::Confirm,
                (DecisionState::Asked, true) => MayDecide::CallBack,
                (DecisionState::Asked, false) => MayDecide::Agree,
                _ => MayDecide::Look,
            },
        };
        let line = event(caller, Kind::RegistrationRead)
            .for_party(correction.party_id)
            .object("correction", id);
        let line = self
            .about_both(&mut tx, line, &correction, view.after.as_ref())
            .await?;
        audit::add(&mut tx, line).await?;
        tx.commit().await?;
        Ok(view)
    }

    async fn try_decide(&self, caller: &Caller, id: Uuid) -> Result<Corrected, Halt> {
        let (mut tx, correction) = self.open_correction(caller, id).await?;
        let (asked_by, decided_by) = (correction.asked_by, correction.decided_by);
        let (to, by) = match press(caller, &correction.state, asked_by, decided_by) {
            Press::Ask => ("asked", None),
            Press::Agree => ("done", Some(caller.user_id)),
            Press::SamePerson => return Ok(Corrected::SamePerson),
            Press::Goes => return Ok(Corrected::Done),
            Press::Before => return Ok(Corrected::Before),
        };
        // What is foreseen is what is done: nobody changes it in between.
        register::hold(&mut tx, &[correction.person_id]).await?;
        let request = self.request(&correction)?;
        let foreseen = self
            .foresee_correction(&mut tx, caller, &correction)
            .await?;
        let Some((outcome, _)) = foreseen else {
            return Ok(Corrected::Other);
        };
        if request.is_empty() || matches!(outcome, RowOutcome::Afgekeurd | RowOutcome::Dubbel) {
            return Ok(Corrected::NotYet);
        }
        let now = self.road.clock.now();
        match corrections::step(&mut tx, id, &correction.state, to, by, now).await {
            Ok(true) => {}
            Ok(false) => return Err(PortError::Conflict.into()),
            Err(error) if error.is_constraint("corrections_one_open") => {
                return Ok(Corrected::Other);
            }
            Err(error) => return Err(error.into()),
        }
        let arrived = if to == "done" {
            Some(self.carry_out(&mut tx, caller, &correction).await?)
        } else {
            None
        };
        let kind = match (to, correction.content_sealed.is_some()) {
            ("done", true) => Kind::Corrected,
            ("done", false) => Kind::Withdrawn,
            _ => Kind::Decided,
        };
        let line = event(caller, kind)
            .for_party(correction.party_id)
            .object("correction", id)
            .detail("registration", correction.report_id.to_string())
            .detail("step", to);
        let after = self.after(&correction)?;
        let line = self
            .about_both(&mut tx, line, &correction, after.as_ref())
            .await?;
        let mut lines = Vec::new();
        let line = match arrived {
            Some(arrived) => {
                lines = arrived.chunk.lines;
                line.detail("delivery", arrived.delivery.to_string())
                    .about(arrived.chunk.persons)
            }
            None => line,
        };
        lines.push(line);
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        Ok(if to == "done" {
            Corrected::Done
        } else {
            Corrected::Waiting
        })
    }

    async fn open_correction(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> PortResult<(WorkerTx<'_>, Correction)> {
        reviewer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let found = corrections::one(&mut tx, id).await.or_broken(caller)?;
        let correction = found.ok_or(PortError::NotFound)?;
        // A draft is its maker's.
        if correction.state == "draft" && correction.asked_by != caller.user_id {
            return Err(PortError::NotFound);
        }
        Ok((tx, correction))
    }

    /// The line about whom the registration names, and whom it is to name: the BSN may be what was wrong.
    async fn about_both(
        &self,
        tx: &mut WorkerTx<'_>,
        line: Event,
        correction: &Correction,
        after: Option<&RowText>,
    ) -> Result<Event, StoreError> {
        let named = after.and_then(|row| self.mac_of(row));
        let line = line.about([correction.person_id]);
        audit::about_bsns(tx, line, named).await
    }

    /// What it would come to; `None` when the registration changed since it was looked at.
    async fn foresee_correction(
        &self,
        tx: &mut WorkerTx<'_>,
        caller: &Caller,
        correction: &Correction,
    ) -> Result<Foreseen, StoreError> {
        tx.mark().await?;
        let foreseen = self.carry_out(tx, caller, correction).await;
        tx.go_back().await?;
        match foreseen {
            Ok(arrived) => Ok(arrived
                .judged()
                .map(|judged| (judged.outcome, judged.row.findings.clone()))),
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Delivers the row for its institution; `NotFound` when the registration changed since it was looked at.
    async fn carry_out(
        &self,
        tx: &mut WorkerTx<'_>,
        caller: &Caller,
        correction: &Correction,
    ) -> Result<Arrived, StoreError> {
        let standing = corrections::standing(tx, correction.report_id).await?;
        let standing = standing
            .filter(|standing| standing.version == correction.version)
            .ok_or(StoreError::NotFound)?;
        let after = self.after(correction)?;
        let mutation = if after.is_some() { "C" } else { "V" };
        let mut row = after.unwrap_or_default();
        row.set(Column::Mutatie, mutation);
        row.set(Column::Bronsleutel, standing.source_key.as_str());
        let request = self.request(correction)?;
        let linked = self.keeps_link(correction.report_id, &standing, &row)?;
        let parcel = Parcel {
            linked,
            caller,
            party: correction.party_id,
            row: &row,
            source_key: None,
            goes_on: Some(request.clone()),
            reason: Some(request),
            reference: None,
            card: None,
            draft: None,
        };
        self.deliver(tx, parcel).await
    }

    /// The person whom RIVM found stays, where the correction says nothing new of who it is.
    fn keeps_link(
        &self,
        report: Uuid,
        standing: &Standing,
        row: &RowText,
    ) -> Result<Option<Linked>, StoreError> {
        let (Some(decision), Some(sealed)) = (standing.link_id, standing.bsn_enc.clone()) else {
            return Ok(None);
        };
        let said = self.open_row(Purpose::Report, report, standing.content_sealed.clone())?;
        let mut personal = Column::ALL
            .into_iter()
            .filter(|column| column.is_personal());
        if !personal.all(|column| said.get(column) == row.get(column)) {
            return Ok(None);
        }
        let keys = &self.road.keys;
        let bsn = keys.open_bsn(&Sealed::from_bytes(sealed), standing.person_id);
        let bsn = Some(bsn.map_err(|_| StoreError::Broken("sealed BSN".to_owned()))?);
        Ok(Some(Linked { decision, bsn }))
    }

    fn after(&self, correction: &Correction) -> Result<Option<RowText>, StoreError> {
        let sealed = correction.content_sealed.clone();
        sealed
            .map(|sealed| self.open_row(Purpose::NewValue, correction.id, Some(sealed)))
            .transpose()
    }

    fn request(&self, correction: &Correction) -> Result<String, StoreError> {
        let sealed = Some(correction.request_sealed.clone());
        let request = self.open_text(Purpose::Reason, correction.id, sealed)?;
        Ok(request.unwrap_or_default())
    }

    fn seal_row(&self, id: Uuid, row: &RowText) -> Vec<u8> {
        // A map of texts cannot fail to serialise.
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(row).unwrap_or_default());
        let keys = &self.road.keys;
        keys.seal(&plain, &Purpose::NewValue.of(id.as_bytes()))
            .into_bytes()
    }

    fn seal_request(&self, id: Uuid, request: &str) -> Vec<u8> {
        let kept = words::kept(request, CHARS);
        let keys = &self.road.keys;
        keys.seal(kept.as_bytes(), &Purpose::Reason.of(id.as_bytes()))
            .into_bytes()
    }
}

fn state(correction: &Correction) -> Result<DecisionState, StoreError> {
    DecisionState::parse(&correction.state)
        .ok_or_else(|| StoreError::Broken("correction".to_owned()))
}

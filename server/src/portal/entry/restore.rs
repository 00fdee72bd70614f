//! Undoing the withdrawal of one registration: a version more, with what stood there before (features F09).

use super::super::again::{Halt, again};
use super::super::{OrBroken, Portal, deliverer, event};
use super::draft::Draft;
use super::submit::new_delivery;
use crate::audit::{self, Kind};
use crate::intake::freed;
use crate::intake::withdraw::{self, Of};
use crate::keys::Purpose;
use crate::store::turns::{self, By, Candidate};
use crate::store::{
    StoreError, WorkerTx, connections, deliveries, party_tx, register, registrations, worker_tx,
};
use app::ports::entry::Restored;
use app::ports::{Caller, PortError, PortResult};
use domain::delivery::{Counts, FileOutcome, RowOutcome};
use uuid::Uuid;

impl Portal {
    /// Withdrawn by itself only: what went with its whole delivery comes back with that.
    pub(super) async fn restore_registration(
        &self,
        caller: &Caller,
        id: Uuid,
        reason: String,
    ) -> PortResult<Restored> {
        let typed = Draft::of_reason(id, reason.clone(), false);
        if caller.only_keeps {
            return Ok(Restored::Kept(self.new_draft(caller, &typed).await?));
        }
        let party = deliverer(caller)?;
        match again(caller, || self.try_restore(caller, party, (id, &typed))).await? {
            Some(restored) => Ok(restored),
            None => self.restored_before(caller, party, id).await,
        }
    }

    /// `None` when it is not theirs, or in no state to be put back.
    async fn try_restore(
        &self,
        caller: &Caller,
        party: Uuid,
        (id, typed): (Uuid, &Draft),
    ) -> Result<Option<Restored>, Halt> {
        let mut tx = worker_tx(&self.road.db).await?;
        let Some((candidate, origin)) = to_restore(&mut tx, party, id).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let again = turns::same_jab(&mut tx, party, id, candidate.version - 1).await?;
        if again.is_some() {
            tx.rollback().await?;
            let draft = self.new_draft(caller, typed).await?;
            return Ok(Some(Restored::Again(draft)));
        }
        let delivery = crate::clock::new_key();
        let now = self.road.clock.now();
        deliveries::insert(&mut tx, &new_delivery(delivery, party, caller.user_id, now)).await?;
        if !connections::is_open(&mut tx, delivery).await? {
            tx.rollback().await?;
            let draft = self.new_draft(caller, typed).await?;
            return Ok(Some(Restored::NotApproved(draft)));
        }
        let sealed = self.road.keys.seal(
            typed.reason.trim().as_bytes(),
            &Purpose::Reason.of(id.as_bytes()),
        );
        let by = By {
            delivery,
            withdrawal: None,
            user: Some(caller.user_id),
            reason_sealed: Some(sealed.into_bytes()),
            rejects: None,
        };
        let of = Of {
            party,
            delivery: origin,
            back: false,
        };
        // What was stored in its absence waits again, as long as it stands against that.
        let around = freed::Around {
            road: &self.road,
            way: freed::Way::Back,
            delivery: origin,
            by: caller.user_id,
            persons: candidate.person_id.into_iter().collect(),
        };
        let before = freed::before(&mut tx, &around).await?;
        let about = withdraw::turn(&mut tx, &self.road.keys, &by, &of, &[candidate]).await?;
        let mut lines = freed::after(&mut tx, &around, before).await?;
        let mut counts = Counts::default();
        counts.add(RowOutcome::Geaccepteerd);
        let outcome = FileOutcome::of(&counts, &[]);
        deliveries::settle(
            &mut tx,
            delivery,
            "done",
            Some(outcome.as_str()),
            counts,
            None,
        )
        .await?;
        let line = event(caller, Kind::Restored)
            .object("registration", id)
            .detail("delivery", delivery.to_string())
            .about(about);
        lines.push(line);
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        Ok(Some(Restored::Done))
    }

    /// Pressed twice is once; what was never withdrawn, or went with its delivery, cannot be put back.
    async fn restored_before(
        &self,
        caller: &Caller,
        party: Uuid,
        id: Uuid,
    ) -> PortResult<Restored> {
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let versions = registrations::versions(&mut tx, party, id)
            .await
            .or_broken(caller)?;
        let newest = versions.first().ok_or(PortError::NotFound)?;
        if newest.restores.is_some() && newest.withdrawal_id.is_none() {
            Ok(Restored::Done)
        } else {
            Err(PortError::Conflict)
        }
    }
}

/// The registration, when it can be put back, and its delivery; the person is held.
async fn to_restore(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    id: Uuid,
) -> Result<Option<(Candidate, Uuid)>, StoreError> {
    let Some((seen, _)) = turns::withdrawn_alone(tx, party, id).await? else {
        return Ok(None);
    };
    register::hold(tx, seen.person_id.as_slice()).await?;
    turns::withdrawn_alone(tx, party, id).await
}

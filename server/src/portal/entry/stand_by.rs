//! A registration that RIVM asks about is right as it stands: its row waits for RIVM again, with why (features F54).

use super::super::again::{Halt, again};
use super::super::{OrBroken, Portal, deliverer, event, words};
use super::draft::Draft;
use crate::audit::{self, Event, Kind};
use crate::intake::decide;
use crate::keys::Purpose;
use crate::store::returned::{self, Waiting};
use crate::store::{
    StoreError, connections, party_tx, registrations, rulings, withdrawals, worker_tx,
};
use app::ports::entry::StoodBy;
use app::ports::{Caller, PortError, PortResult};
use uuid::Uuid;

/// What is kept of an explanation.
const CHARS: usize = 500;

impl Portal {
    /// Only what is stored: a refused row is in no register, and has to be mended.
    pub(super) async fn stand_by_registration(
        &self,
        caller: &Caller,
        id: Uuid,
        why: &str,
    ) -> PortResult<StoodBy> {
        let typed = Draft::of_reason(id, words::kept(why, CHARS), false);
        if caller.only_keeps {
            return Ok(StoodBy::Kept(self.new_draft(caller, &typed).await?));
        }
        let party = deliverer(caller)?;
        let stood = again(caller, || self.try_stand_by(caller, party, (id, &typed))).await?;
        match stood {
            Some(stood) => Ok(stood),
            None => Err(self.not_asked(caller, party, id).await?),
        }
    }

    /// `None` when it is not theirs, or RIVM does not ask about it.
    async fn try_stand_by(
        &self,
        caller: &Caller,
        party: Uuid,
        (id, typed): (Uuid, &Draft),
    ) -> Result<Option<StoodBy>, Halt> {
        let why = &typed.reason;
        let mut tx = worker_tx(&self.road.db).await?;
        let seen = returned::waiting(&mut tx, party, id).await?;
        let seen: Vec<Uuid> = seen.iter().map(|row| row.id).collect();
        rulings::lock(&mut tx, &seen).await?;
        // As they stand now that nobody else changes them.
        let rows = returned::waiting(&mut tx, party, id).await?;
        let asked: Vec<&Waiting> = rows.iter().filter(|row| row.with_sender).collect();
        if why.is_empty() || asked.is_empty() {
            tx.rollback().await?;
            return Ok(self.was_said(&rows, why)?.then_some(StoodBy::Done));
        }
        let mut lines = Vec::new();
        for row in asked {
            if withdrawals::runs(&mut tx, party, row.delivery).await? {
                return Err(PortError::Conflict.into());
            }
            if !connections::is_open(&mut tx, row.delivery).await? {
                tx.rollback().await?;
                let draft = self.new_draft(caller, typed).await?;
                return Ok(Some(StoodBy::NotApproved(draft)));
            }
            let sealed = self.road.keys.seal(
                self.said_with(row, why)?.as_bytes(),
                &Purpose::Reason.of(row.id.as_bytes()),
            );
            if !returned::stand_by(&mut tx, row.id, &sealed.into_bytes()).await? {
                return Err(PortError::Conflict.into());
            }
            decide::answer_anew(&mut tx, row.delivery).await?;
            lines.push(line(caller, id, row));
        }
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        Ok(Some(StoodBy::Done))
    }

    /// What the sender said of a row, and this after it.
    fn said_with(&self, row: &Waiting, why: &str) -> Result<String, StoreError> {
        let before = self.open_text(Purpose::Reason, row.id, row.reason_sealed.clone())?;
        Ok(match before {
            Some(before) if ends_with(&before, why) => before,
            Some(before) if !before.is_empty() => format!("{before}\n{why}"),
            _ => why.to_owned(),
        })
    }

    /// Pressed twice is once: RIVM has this explanation already.
    fn was_said(&self, rows: &[Waiting], why: &str) -> Result<bool, StoreError> {
        for row in rows {
            let said = self.open_text(Purpose::Reason, row.id, row.reason_sealed.clone())?;
            if !why.is_empty() && said.is_some_and(|said| ends_with(&said, why)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Why there is nothing to stand by.
    async fn not_asked(&self, caller: &Caller, party: Uuid, id: Uuid) -> PortResult<PortError> {
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let versions = registrations::versions(&mut tx, party, id)
            .await
            .or_broken(caller)?;
        Ok(if versions.is_empty() {
            PortError::NotFound
        } else {
            PortError::Conflict
        })
    }
}

/// Its last words are these.
fn ends_with(said: &str, why: &str) -> bool {
    let before = said.strip_suffix(why);
    before.is_some_and(|before| before.is_empty() || before.ends_with('\n'))
}

fn line(caller: &Caller, registration: Uuid, row: &Waiting) -> Event {
    event(caller, Kind::RowStoodBy)
        .object("row", row.id)
        .detail("registration", registration.to_string())
        .detail("delivery", row.delivery.to_string())
        .about(row.person)
}

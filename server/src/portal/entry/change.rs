//! Correcting and withdrawing: a new version with a reason; the old one stays readable (features F08, F09).

use super::super::again::{Halt, again};
use super::super::{OrBroken, Portal, deliverer, event};
use super::draft::{Draft, is_person_step, is_vaccination_step, odd};
use super::submit::Parcel;
use crate::audit::{self, Kind};
use crate::intake::check;
use crate::intake::matching::Effect;
use crate::keys::Purpose;
use crate::store::{connections, party_tx, registrations, worker_tx};
use app::ports::entry::{Corrected, Withdrawn};
use app::ports::{Caller, PortError, PortResult};
use domain::delivery::{RowOutcome, withdrawal};
use domain::finding::Code;
use domain::row::{Column, RowText};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long after recording an institution may withdraw for any reason (features F09).
const OWN_WITHDRAWAL: Duration = Duration::days(withdrawal::OWN_DAYS);

/// Whether withdrawing at `now` takes no more than a reason.
pub(super) fn withdraw_freely(recorded: OffsetDateTime, now: OffsetDateTime) -> bool {
    now - recorded <= OWN_WITHDRAWAL
}

/// A registration of the own party that can be changed.
struct Current {
    version: u32,
    recorded: OffsetDateTime,
    party: Uuid,
    source_key: String,
    person: Option<Uuid>,
    content: RowText,
}

/// What became of a correction.
enum Stored {
    Done,
    LookAgain,
    NotApproved,
    /// Somebody else was faster.
    Changed,
}

impl Portal {
    async fn current(&self, caller: &Caller, id: Uuid) -> PortResult<Current> {
        let party = deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let versions = registrations::versions(&mut tx, party, id)
            .await
            .or_broken(caller)?;
        let recorded = versions.last().map(|first| first.recorded_at);
        let newest = versions.into_iter().next().ok_or(PortError::NotFound)?;
        if newest.mutation == "V" {
            return Err(PortError::Conflict);
        }
        let content = self
            .open_row(Purpose::Report, id, newest.content_sealed)
            .or_broken(caller)?;
        let line = event(caller, Kind::RegistrationRead)
            .object("registration", id)
            .about(newest.person_id);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Current {
            version: u32::try_from(newest.version).unwrap_or_default(),
            recorded: recorded.unwrap_or(newest.recorded_at),
            party,
            source_key: newest.source_key,
            person: newest.person_id,
            content,
        })
    }

    pub(super) async fn correct_registration(
        &self,
        caller: &Caller,
        id: Uuid,
        (typed, reason, ticked): (&RowText, String, Option<String>),
        version: Option<u32>,
    ) -> PortResult<Corrected> {
        let mut draft = Draft {
            person_saved: true,
            vaccination_saved: true,
            reason,
            corrects: Some(id),
            ..Draft::default()
        };
        draft.confirm(ticked);
        for column in Column::ALL
            .into_iter()
            .filter(|column| is_person_step(*column) || is_vaccination_step(*column))
        {
            draft.row.set(column, typed.get(column));
        }
        if draft.row.get(Column::Toestemming).is_empty() {
            draft.row.set(Column::Toestemming, "J");
        }
        if check::refuses_consent(&draft.row) {
            check::forget_person(&mut draft.row);
        }
        if caller.only_keeps {
            return Ok(Corrected::LookAgain(self.new_draft(caller, &draft).await?));
        }
        let current = match self.current(caller, id).await {
            Err(PortError::Conflict) => {
                // Why it was withdrawn may be that this person does not agree any more: that is asked again.
                draft.corrects = None;
                draft.reason.clear();
                draft.row.set(Column::Toestemming, "");
                return Ok(Corrected::Withdrawn(self.new_draft(caller, &draft).await?));
            }
            current => current?,
        };
        draft.source_key = Some(current.source_key.clone());
        if version.is_some_and(|version| version != current.version) {
            // A form that came twice finds what it says.
            let says = Some(Code::D03);
            let stored = self
                .store_correction(caller, id, &current, &draft, says)
                .await?;
            if matches!(stored, Stored::Done) {
                return Ok(Corrected::Done);
            }
            return Ok(Corrected::Changed(self.new_draft(caller, &draft).await?));
        }
        let stands = self.about(&current.content);
        let row = self.look(caller, &draft).await?.judged.row;
        if self.about(&row.repaired()) == stands {
            // To hold what stands there against the BRP is no new question.
            draft.asked = stands;
        } else {
            match self.ask_brp(caller, &mut draft, &row).await {
                Err(PortError::TooMany(wait)) => {
                    let draft = self.new_draft(caller, &draft).await?;
                    return Ok(Corrected::Later(draft, wait));
                }
                asked => asked?,
            }
        }
        let stored = if draft.reason.trim().is_empty() {
            Stored::LookAgain
        } else {
            self.store_correction(caller, id, &current, &draft, None)
                .await?
        };
        Ok(match stored {
            Stored::Done => Corrected::Done,
            Stored::LookAgain => Corrected::LookAgain(self.new_draft(caller, &draft).await?),
            Stored::NotApproved => Corrected::NotApproved(self.new_draft(caller, &draft).await?),
            Stored::Changed => Corrected::Changed(self.new_draft(caller, &draft).await?),
        })
    }

    async fn store_correction(
        &self,
        caller: &Caller,
        id: Uuid,
        current: &Current,
        draft: &Draft,
        only: Option<Code>,
    ) -> PortResult<Stored> {
        again(caller, || {
            self.try_correction(caller, id, current, draft, only)
        })
        .await
    }

    /// Stores the new version, unless there is something to look at first. `only`: when this is said of it, and nothing is
    /// stored else.
    async fn try_correction(
        &self,
        caller: &Caller,
        id: Uuid,
        current: &Current,
        draft: &Draft,
        only: Option<Code>,
    ) -> Result<Stored, Halt> {
        let row = draft.delivered();
        let parcel = Parcel {
            linked: None,
            caller,
            party: current.party,
            row: &row,
            source_key: None,
            goes_on: Some(draft.reason.clone()),
            reason: Some(draft.reason.clone()),
            reference: None,
            card: None,
            draft: Some(draft),
        };
        let mut tx = worker_tx(&self.road.db).await?;
        let arrived = self.deliver(&mut tx, parcel).await?;
        // The same lock as for what is new (features F-X10).
        if !connections::is_open(&mut tx, arrived.delivery).await? {
            tx.rollback().await?;
            return Ok(Stored::NotApproved);
        }
        let judged = arrived.judged().ok_or_else(|| odd(caller))?;
        // Looked up afresh: another version than the one that was compared stands there when somebody stored it meanwhile.
        let replaces = match &judged.effect {
            Effect::Report { replaces, .. } => replaces.as_ref().map(|known| known.version),
            _ => None,
        };
        if replaces.is_some_and(|version| u32::try_from(version) != Ok(current.version)) {
            tx.rollback().await?;
            return Ok(Stored::Changed);
        }
        let says = |code| judged.shown.iter().any(|finding| finding.code == code);
        // Of a double no version is made: the registration would stay as it is, and nobody would hear it.
        let nothing = only.is_none() && judged.outcome == RowOutcome::Dubbel;
        if judged.outcome == RowOutcome::Afgekeurd
            || nothing
            || only.is_some_and(|code| !says(code))
            || !draft.confirms(&self.road.keys, judged)
        {
            tx.rollback().await?;
            return Ok(Stored::LookAgain);
        }
        let line = event(caller, Kind::Corrected)
            .object("registration", id)
            .detail("delivery", arrived.delivery.to_string())
            .about(arrived.chunk.persons);
        let mut lines = arrived.chunk.lines;
        lines.push(line);
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        Ok(Stored::Done)
    }

    pub(super) async fn withdraw_registration(
        &self,
        caller: &Caller,
        id: Uuid,
        reason: String,
        consent_withdrawn: bool,
    ) -> PortResult<Withdrawn> {
        let typed = Draft::of_reason(id, reason.clone(), consent_withdrawn);
        if caller.only_keeps {
            return Ok(Withdrawn::Kept(self.new_draft(caller, &typed).await?));
        }
        let current = match self.current(caller, id).await {
            Err(PortError::Conflict) => return self.withdrawn_before(caller, id).await,
            current => current?,
        };
        if !consent_withdrawn && !withdraw_freely(current.recorded, self.road.clock.now()) {
            return Ok(Withdrawn::TooLate(self.new_draft(caller, &typed).await?));
        }
        let of = (id, &current);
        let done = again(caller, || {
            self.try_withdrawal(caller, of, &reason, consent_withdrawn)
        });
        if done.await? {
            Ok(Withdrawn::Done)
        } else {
            self.withdrawn_before(caller, id).await
        }
    }

    /// `false` when it was withdrawn in this moment.
    async fn try_withdrawal(
        &self,
        caller: &Caller,
        (id, current): (Uuid, &Current),
        reason: &str,
        consent_withdrawn: bool,
    ) -> Result<bool, Halt> {
        let mut row = RowText::default();
        row.set(Column::Mutatie, "V");
        row.set(Column::Bronsleutel, current.source_key.as_str());
        let parcel = Parcel {
            linked: None,
            caller,
            party: current.party,
            row: &row,
            source_key: None,
            goes_on: None,
            reason: Some(reason.to_owned()),
            reference: None,
            card: None,
            draft: None,
        };
        let mut tx = worker_tx(&self.road.db).await?;
        // Needs no approval: what was said of a person can always be taken back.
        let arrived = self.deliver(&mut tx, parcel).await?;
        if arrived.registration() != Some(id) {
            tx.rollback().await?;
            return Ok(false);
        }
        let line = event(caller, Kind::Withdrawn)
            .object("registration", id)
            .detail("delivery", arrived.delivery.to_string())
            .detail("consent_withdrawn", consent_withdrawn)
            .about(current.person);
        let mut lines = arrived.chunk.lines;
        lines.push(line);
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Pressed twice is once; what somebody else withdrew, or went with its delivery, is told.
    async fn withdrawn_before(&self, caller: &Caller, id: Uuid) -> PortResult<Withdrawn> {
        let party = deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let versions = registrations::versions(&mut tx, party, id)
            .await
            .or_broken(caller)?;
        let newest = versions.first().ok_or(PortError::NotFound)?;
        let own = newest.by == Some(caller.user_id) && newest.withdrawal_id.is_none();
        if newest.mutation == "V" && own {
            Ok(Withdrawn::Done)
        } else {
            Err(PortError::Conflict)
        }
    }
}

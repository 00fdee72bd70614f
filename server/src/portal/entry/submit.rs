//! Submitting: a delivery of one row, on the road of all deliveries, and its receipt.

use super::super::again::{Halt, again};
use super::super::{OrBroken, Portal, deliverer, event, words};
use super::brp::floor;
use super::draft::{Draft, context, is_person_step, is_vaccination_step, mended, odd};
use crate::audit::{self, Kind};
use crate::intake::check::Desk;
use crate::intake::matching::{Effect, Incoming, Judged, Linked};
use crate::intake::store::{self, Chunk, Errand, Keep};
use crate::keys::Keys;
use crate::store::deliveries::{self, NewDelivery};
use crate::store::drafts::{self, NewReceipt};
use crate::store::products::Products;
use crate::store::{StoreError, WorkerTx, connections, party_tx, profiles, worker_tx};
use app::ports::entry::{BrpAnswer, Receipt, Step, Submitted};
use app::ports::{Caller, PortError, PortResult};
use domain::card;
use domain::delivery::{Channel, FileOutcome, RowOutcome};
use domain::finding::{Finding, Severity};
use domain::row::{Accepted, Column, Context, RowText};
use time::OffsetDateTime;
use uuid::Uuid;

/// One row on its way into the register.
pub(in crate::portal) struct Parcel<'a> {
    pub(in crate::portal) caller: &'a Caller,
    pub(in crate::portal) party: Uuid,
    pub(in crate::portal) row: &'a RowText,
    /// The key under which the row is stored, when it is not in the row itself.
    pub(in crate::portal) source_key: Option<String>,
    /// Why the sender goes on although not matchable.
    pub(in crate::portal) goes_on: Option<String>,
    /// Reason of a correction or withdrawal.
    pub(in crate::portal) reason: Option<String>,
    pub(in crate::portal) reference: Option<String>,
    /// Number of the paper card it was keyed from, by somebody at RIVM.
    pub(in crate::portal) card: Option<&'a str>,
    /// The draft it was typed in: no more is held against the BRP than was asked there.
    pub(in crate::portal) draft: Option<&'a Draft>,
    /// Its person as RIVM found it.
    pub(in crate::portal) linked: Option<Linked>,
}

impl Parcel<'_> {
    const fn channel(&self) -> Channel {
        if self.card.is_some() {
            Channel::Papier
        } else {
            Channel::Portaal
        }
    }
}

/// What became of it.
pub(in crate::portal) struct Arrived {
    pub(in crate::portal) delivery: Uuid,
    pub(in crate::portal) chunk: Chunk,
    pub(in crate::portal) products: Products,
}

impl Arrived {
    pub(in crate::portal) fn judged(&self) -> Option<&Judged> {
        self.chunk.judged.first()
    }

    pub(in crate::portal) fn registration(&self) -> Option<Uuid> {
        match self.judged().map(|judged| &judged.effect) {
            Some(Effect::Report { registration, .. }) => Some(*registration),
            Some(Effect::Withdraw(known)) => Some(known.registration),
            _ => None,
        }
    }
}

impl Portal {
    /// Stores one row as a delivery of its own, in the caller's transaction; who keeps it writes the lines of its chunk with its own.
    pub(in crate::portal) async fn deliver(
        &self,
        tx: &mut WorkerTx<'_>,
        parcel: Parcel<'_>,
    ) -> Result<Arrived, StoreError> {
        let now = self.road.clock.now();
        let today = self.road.clock.day(now);
        let user = parcel.caller.user_id;
        let channel = parcel.channel();
        let products = Products::load(tx, today).await?;
        // Who keys a card did not give the jab.
        let professional = parcel.card.map_or(user, |_| Uuid::nil());
        let profile = profiles::of(tx, parcel.party, professional).await?;
        let desk = Desk {
            context: Context {
                channel,
                ..context(today, &products, profile)
            },
            keys: &self.road.keys,
        };
        let mut row: Incoming = desk.check_linked(1, &parcel.row.as_raw(), parcel.linked);
        if let (Some(key), Some(Accepted::Vaccination(_))) = (parcel.source_key, &row.accepted) {
            row.source_key = Some(key);
        }
        row.unasked = parcel
            .draft
            .is_some_and(|draft| draft.lacks_answer(&self.road.keys, &row, today.year()));
        row.reason = parcel.goes_on;
        let delivery = crate::clock::new_key();
        let name = parcel.card.map(card::source_key);
        let new = NewDelivery {
            channel: channel.as_str(),
            file_name: name.as_deref(),
            ..new_delivery(delivery, parcel.party, user, now)
        };
        deliveries::insert(tx, &new).await?;
        let errand = Errand {
            road: &self.road,
            products: &products,
            delivery,
            party: parcel.party,
            channel,
            by: Some(user),
            now,
            today,
            reference: parcel.reference,
            reason: parcel.reason,
            previewed: false,
            counted_before: false,
        };
        let chunk = store::chunk(tx, &errand, vec![row], Keep::Register).await?;
        let outcome = FileOutcome::of(&chunk.counts, &[]);
        deliveries::settle(
            tx,
            delivery,
            "done",
            Some(outcome.as_str()),
            chunk.counts,
            None,
        )
        .await?;
        Ok(Arrived {
            delivery,
            chunk,
            products,
        })
    }

    pub(super) async fn submit_draft(
        &self,
        caller: &Caller,
        id: Uuid,
        seen: Option<&str>,
    ) -> PortResult<Submitted> {
        deliverer(caller)?;
        self.ask_after_all(caller, id).await?;
        again(caller, || self.try_submit(caller, id, seen)).await
    }

    /// The BRP could not answer when it was asked: it is asked again before the row is stored, if it may be.
    async fn ask_after_all(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        let mut draft = match self.load_draft(caller, id).await {
            Err(PortError::Sent(_)) => return Ok(()),
            draft => draft?,
        };
        if draft.brp != Some(BrpAnswer::Later) {
            return Ok(());
        }
        floor(async {
            let row = self.look(caller, &draft).await?.judged.row;
            match self.ask_brp(caller, &mut draft, &row).await {
                Err(PortError::TooMany(_)) => Ok(()),
                asked => {
                    asked?;
                    self.keep_draft(caller, id, &draft).await
                }
            }
        })
        .await
    }

    async fn try_submit(
        &self,
        caller: &Caller,
        id: Uuid,
        seen: Option<&str>,
    ) -> Result<Submitted, Halt> {
        let party = deliverer(caller)?;
        let mut tx = worker_tx(&self.road.db).await?;
        let (sealed, submitted) = drafts::lock(&mut tx, id, party, caller.user_id)
            .await?
            .ok_or(PortError::NotFound)?;
        if submitted {
            let (reference, sent) = drafts::reference_of(&mut tx, party, id).await?;
            let same = seen.is_none_or(|seen| sent.is_none_or(|sent| sent == seen));
            return Ok(if same {
                Submitted::Done { reference }
            } else {
                Submitted::Other { reference }
            });
        }
        let draft = self.unseal_draft(id, sealed)?;
        let revision = draft.revision(&self.road.keys);
        if seen.is_some_and(|seen| seen != revision) {
            return Ok(Submitted::Changed);
        }
        let now = self.road.clock.now();
        let reference = words::reference(
            self.road.clock.day(now).year(),
            drafts::next_number(&mut tx).await?,
        );
        let parcel = Parcel {
            linked: None,
            caller,
            party,
            row: &draft.row,
            source_key: Some(own_key(id)),
            goes_on: Some(draft.reason.clone()).filter(|reason| !reason.trim().is_empty()),
            reason: None,
            reference: Some(reference.clone()),
            card: None,
            draft: Some(&draft),
        };
        let arrived = self.deliver(&mut tx, parcel).await?;
        // The same lock as for files (features F-X10): asked of the delivery that was made, and undone with it.
        if !connections::is_open(&mut tx, arrived.delivery).await? {
            tx.rollback().await?;
            return Ok(Submitted::NotApproved);
        }
        let judged = arrived.judged().ok_or_else(|| odd(caller))?;
        let step = draft.step(&self.road.keys, judged);
        if judged.outcome == RowOutcome::Afgekeurd || step != Step::Check {
            tx.rollback().await?;
            return Ok(Submitted::LookAgain(if step == Step::Check {
                Step::Person
            } else {
                step
            }));
        }
        let receipt = NewReceipt {
            party,
            token: id,
            reference: &reference,
            user: caller.user_id,
            report: arrived.registration(),
            delivery: arrived.delivery,
            outcome: judged.outcome.as_str(),
            content: receipt_content(&draft, judged, &arrived.products, &self.road.keys, revision),
        };
        drafts::insert_receipt(&mut tx, &receipt).await?;
        drafts::submitted(&mut tx, id).await?;
        let kind = if judged.outcome == RowOutcome::Geteld {
            Kind::Counted
        } else {
            Kind::Entered
        };
        let line = event(caller, kind)
            .object("delivery", arrived.delivery)
            .detail("outcome", judged.outcome.as_str());
        let mut lines = arrived.chunk.lines;
        lines.push(line.about(arrived.chunk.persons));
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        Ok(Submitted::Done { reference })
    }

    pub(super) async fn show_receipt(
        &self,
        caller: &Caller,
        reference: &str,
    ) -> PortResult<Receipt> {
        deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let row = drafts::receipt(&mut tx, reference)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let findings = row
            .content
            .get("findings")
            .cloned()
            .and_then(|list| serde_json::from_value(list).ok());
        let mended = row
            .content
            .get("mended")
            .cloned()
            .and_then(|list| serde_json::from_value(list).ok());
        Ok(Receipt {
            mended: mended.unwrap_or_default(),
            reference: row.reference,
            registration: row.report_id,
            outcome: RowOutcome::parse(&row.outcome).ok_or_else(|| odd(caller))?,
            findings: findings.unwrap_or_default(),
            received: words::moment(row.created_at),
            vaccination: row
                .content
                .get("words")
                .and_then(|words| words.as_str())
                .unwrap_or_default()
                .to_owned(),
        })
    }
}

pub(super) const fn new_delivery<'a>(
    id: Uuid,
    party: Uuid,
    user: Uuid,
    now: OffsetDateTime,
) -> NewDelivery<'a> {
    NewDelivery {
        id,
        party,
        channel: Channel::Portaal.as_str(),
        state: "storing",
        outcome: None,
        file_name: None,
        file_size: None,
        digest: None,
        blob: None,
        findings: serde_json::Value::Array(Vec::new()),
        doubles: None,
        preview: false,
        received_at: now,
        received_by: Some(user),
        test_lane: false,
        intermediary: None,
        dropped: None,
    }
}

/// The source key of a row typed here: of its draft, so that an entry withdrawn by mistake can be typed again.
/// Letters only: digits could look like a BSN (R04).
fn own_key(draft: Uuid) -> String {
    let letters = draft
        .as_bytes()
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from(b'a' + half));
    "portaal-".chars().chain(letters).collect()
}

/// What the receipt shows, and "same vaccination, next person" takes over. No person.
fn receipt_content(
    draft: &Draft,
    judged: &Judged,
    products: &Products,
    keys: &Keys,
    revision: String,
) -> serde_json::Value {
    let mut row = RowText::default();
    for column in Column::ALL
        .into_iter()
        .filter(|column| is_vaccination_step(*column) && *column != Column::Leeftijdsgroep)
    {
        row.set(column, draft.row.get(column));
    }
    let (date, vaccine, batch) = match &judged.row.accepted {
        Some(Accepted::Vaccination(jab)) => (jab.date(), jab.vaccine(), *jab.batch()),
        Some(Accepted::Count(count)) => (count.date, count.vaccine, count.batch),
        _ => return serde_json::json!({ "row": row, "revision": revision }),
    };
    let words = format!(
        "{}, {}, batch {}",
        products.name(Products::number(vaccine)),
        domain::dates::dutch(date),
        batch
    );
    let findings: Vec<&Finding> = judged
        .shown
        .iter()
        .filter(|finding| finding.severity != Severity::Hersteld)
        .collect();
    let mut mended = mended(&judged.row.repairs);
    for one in &mut mended {
        if is_person_step(one.column) {
            one.values = None;
        }
    }
    serde_json::json!({
        "row": row, "words": words, "findings": findings, "mended": mended, "revision": revision,
        "ticked": draft.ticked_of_batch(keys, judged),
    })
}

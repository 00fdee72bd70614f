//! The record of a person as RIVM reads it: who it is, what a proof would say, and all that happened in one line (features F48,
//! F-X5). Reading it is recorded with its reason.

use super::persons::{Known, cells};
use super::{OrBroken, Portal, brp_age, event, words};
use crate::audit::{self, Kind};
use crate::keys::{Purpose, Sealed};
use crate::store::products::Products;
use crate::store::rulings::{self, Ruling, Version};
use crate::store::{StoreError, WorkerTx, worker_tx};
use app::ports::persons::{
    Act, Acted, Cause, Happened, How, Jab, PersonView, Reported, Reread, RulingView, Why,
};
use app::ports::{Caller, PortError, PortResult};
use domain::decision::DecisionKind;
use domain::delivery::{Channel, RowOutcome};
use domain::row::{Column, RowText};
use std::cmp::Reverse;
use time::OffsetDateTime;
use uuid::Uuid;

/// Cells in which a name or a place of a person stands on the record.
const WHO: [Column; 4] = [
    Column::Bsn,
    Column::Geboortedatum,
    Column::Voorvoegsel,
    Column::Achternaam,
];

impl Portal {
    pub(super) async fn record_of(
        &self,
        caller: &Caller,
        asked: Uuid,
        why: Why,
    ) -> PortResult<PersonView> {
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let id = rulings::meant(&mut tx, asked).await.or_broken(caller)?;
        let who = self.who(&mut tx, id).await.or_broken(caller)?;
        let who = who.ok_or(PortError::NotFound)?;
        let view = self.view_of(&mut tx, id, who).await.or_broken(caller)?;
        let line = event(caller, Kind::RegistrationRead)
            .object("person", id)
            .detail("why", why.as_str())
            .about([id])
            .about((id != asked).then_some(asked));
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(PersonView {
            merged: id != asked,
            ..view
        })
    }

    /// Who the person is, as the newest report says; `None` when nothing was reported.
    async fn who(&self, tx: &mut WorkerTx<'_>, id: Uuid) -> Result<Option<RowText>, StoreError> {
        let Some(newest) = rulings::newest_content(tx, id).await? else {
            return Ok(None);
        };
        let content = self.open_row(Purpose::Report, newest.report, newest.content_sealed)?;
        let mut who = RowText::default();
        for column in WHO {
            who.set(column, content.get(column));
        }
        // Who was linked is known by another BSN than was delivered.
        if let Some(sealed) = newest.bsn_enc {
            let opened = self.road.keys.open_bsn(&Sealed::from_bytes(sealed), id);
            let bsn = opened.map_err(|_| StoreError::Broken("person".to_owned()))?;
            who.set(Column::Bsn, bsn.expose());
        }
        Ok(Some(who))
    }

    async fn view_of(
        &self,
        tx: &mut WorkerTx<'_>,
        id: Uuid,
        who: RowText,
    ) -> Result<PersonView, StoreError> {
        let known = self.record(tx, id).await?;
        let made = rulings::list(tx, Some(id), None).await?;
        let acts = rulings::acts(tx, id).await?;
        let rereads = rulings::reread(tx, id).await?;
        let line = line(&known.versions, &made, &acts, &rereads);
        let rulings = made.iter().map(|ruling| self.ruling_view(ruling));
        let reported = known.versions.iter();
        let reported = reported.map(|version| self.reported_of(version, &known.products));
        let acted = acts.into_iter().map(|act| self.acted(act));
        let (proof, aside): (Vec<Jab>, Vec<Jab>) =
            known.jabs().into_iter().partition(|jab| jab.counts);
        Ok(PersonView {
            id,
            merged: false,
            who,
            brp: brp_age(tx, self.road.clock.now()).await?,
            doses: doses(&known),
            proof,
            aside,
            reported: reported.collect::<Result<_, _>>()?,
            rulings: rulings.collect::<Result<Vec<RulingView>, _>>()?,
            acts: acted.collect::<Result<_, _>>()?,
            rereads: rereads.into_iter().map(reread).collect(),
            line,
        })
    }

    fn reported_of(&self, version: &Version, products: &Products) -> Result<Reported, StoreError> {
        let odd = || StoreError::Broken("report".to_owned());
        let sealed_for = version.withdrawal_id.unwrap_or(version.id);
        let reason = self.open_text(Purpose::Reason, sealed_for, version.reason_sealed.clone())?;
        Ok(Reported {
            registration: version.id,
            at: words::moment(version.recorded_at),
            party: version.party.clone(),
            channel: Channel::parse(&version.channel).ok_or_else(odd)?,
            version: u32::try_from(version.version).unwrap_or_default(),
            how: how(version),
            back: version.mutation == "V",
            on_request: version.on_request,
            reason: reason.filter(|reason| !reason.trim().is_empty()),
            outcome: RowOutcome::parse(&version.outcome).ok_or_else(odd)?,
            cells: cells(
                products,
                version.vaccinated_on,
                version.vaccine,
                version.batch.as_deref(),
                version.dose,
            ),
            stands: version.stands,
            waits: version.waits,
        })
    }

    fn acted(&self, act: rulings::Act) -> Result<Acted, StoreError> {
        let odd = || StoreError::Broken("decision".to_owned());
        let of = match act.kind.as_str() {
            "correct" => Act::Corrected,
            "withdraw" => Act::Withdrawn,
            kind => Act::Decision(DecisionKind::parse(kind).ok_or_else(odd)?),
        };
        let reason = self.open_text(Purpose::Reason, act.id, act.reason_sealed)?;
        let request = self.open_text(Purpose::Request, act.id, act.request_sealed)?;
        Ok(Acted {
            id: act.id,
            act: of,
            asked_by: act.asked_by,
            agreed_by: act.agreed_by,
            at: words::moment(act.at),
            reason: reason.unwrap_or_default(),
            request: request.filter(|request| !request.trim().is_empty()),
        })
    }
}

fn reread(one: rulings::Reread) -> Reread {
    Reread {
        at: words::moment(one.at),
        cause: one.list_change.map_or(Cause::Brp, Cause::List),
        stood: one.stood,
    }
}

fn how(version: &Version) -> How {
    match (version.restores, version.mutation.as_str()) {
        (_, "V") if version.with_delivery => How::Gone,
        (_, "V") if !version.unlinked => How::Withdrawn,
        (true, _) if version.with_delivery => How::BackWithDelivery,
        (true, _) => How::Back,
        _ if version.unlinked => How::Unlinked,
        _ if version.amended => How::Amended,
        _ if version.linked => How::Linked,
        (_, "C") => How::Corrected,
        _ => How::New,
    }
}

/// As many as the series of the products has, or as the highest dose says: a third that says so is no riddle.
fn doses(known: &Known) -> Option<u8> {
    let counted = known.jabs.iter().filter(|jab| jab.effective);
    let doses = counted.map(|jab| {
        let vaccine = Products::id(jab.vaccine);
        let vaccine = vaccine.and_then(|id| known.products.lists().vaccine(id));
        let series = vaccine.map_or(0, |vaccine| vaccine.doses);
        series.max(u8::try_from(jab.dose).unwrap_or_default())
    });
    doses.max()
}

/// All that happened, the newest first; what a decision made stands above it.
fn line(
    versions: &[Version],
    rulings: &[Ruling],
    acts: &[rulings::Act],
    rereads: &[rulings::Reread],
) -> Vec<Happened> {
    let mut line: Vec<(OffsetDateTime, Happened)> = Vec::new();
    for (at, version) in versions.iter().enumerate() {
        line.push((version.recorded_at, Happened::Reported(at)));
    }
    for (at, ruling) in rulings.iter().enumerate() {
        line.push((ruling.made_at, Happened::Ruled(at)));
        if let Some(undone) = ruling.undone_at {
            line.push((undone, Happened::Undone(at)));
        }
    }
    for (at, act) in acts.iter().enumerate() {
        line.push((act.at, Happened::Acted(at)));
    }
    for (at, reread) in rereads.iter().enumerate() {
        line.push((reread.at, Happened::Reread(at)));
    }
    line.sort_by_key(|(at, _)| Reverse(*at));
    line.into_iter().map(|(_, what)| what).collect()
}

//! RIVM links a row to a person of the BRP (features F10, F53): who it may be, the decision that says so, and what it comes
//! to. Everybody whose data is shown has a line of their own in the audit, in the transaction that read it.

use super::review::named;
use super::{OrBroken, Portal, brp_age, event, reviewer, words};
use crate::audit::{self, Kind};
use crate::intake::decide;
use crate::intake::link::{self, Found};
use crate::intake::suggest::{self, Bench};
use crate::keys::{Mac, Purpose};
use crate::store::decisions::{self, Decision, NewDecision};
use crate::store::products::Products;
use crate::store::{StoreError, WorkerTx, party_tx, worker_tx};
use crate::store::{rejects, review};
use app::ports::decisions::{Candidate, Candidates, DecisionState, Gone, LinkView, LinkedBy, Same};
use app::ports::{Caller, PortError, PortResult};
use domain::dates::{PartialDate, dutch};
use domain::decision::{DecisionKind, may_link};
use domain::finding::Finding;
use domain::matching::Suspension;
use domain::row::{Column, RowText};
use uuid::Uuid;

/// Longest reason that is kept, in characters.
const CHARS: usize = 500;
/// What a row says of its person.
const WHO: [Column; 8] = [
    Column::Bsn,
    Column::GeenBsnReden,
    Column::Geboortedatum,
    Column::Voorvoegsel,
    Column::Achternaam,
    Column::Geslacht,
    Column::Postcode,
    Column::Huisnummer,
];

/// What an opened link shows, whom it is about, and what would become of the row.
pub(super) struct Opened {
    pub(super) view: LinkView,
    pub(super) about: Vec<Mac>,
    pub(super) row: Option<decide::RowOf>,
}

impl Portal {
    /// Who of the BRP may be the person of a row that waits because its own was not found.
    pub(super) async fn who_may_be(&self, caller: &Caller, row: Uuid) -> PortResult<Candidates> {
        let line = self.linkable(caller, row).await?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let text = self.row_text(&mut tx, row, None).await.or_broken(caller)?;
        let today = self.road.clock.day(self.road.clock.now());
        let (found, more) = link::candidates(&self.road, &mut tx, &text, today)
            .await
            .or_broken(caller)?;
        let mut shown = Vec::new();
        let mut event = event(caller, Kind::BrpChecked)
            .object("row", row)
            .detail("candidates", found.len());
        for one in &found {
            let (candidate, mac) = self.candidate(one).or_broken(caller)?;
            event = event.about_mac(&mac);
            shown.push(candidate);
        }
        if let Some(mac) = self.mac_of(&text) {
            event = event.about_mac(&mac);
        }
        let brp = brp_age(&mut tx, self.road.clock.now())
            .await
            .or_broken(caller)?;
        audit::add(&mut tx, event).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Candidates {
            brp,
            row,
            number: u32::try_from(line.row_number).unwrap_or_default(),
            party: line.party,
            delivered: who(&text),
            found: shown,
            more,
        })
    }

    /// Prepares the link of a row to a list that is a candidate of it.
    pub(super) async fn prepare_link(
        &self,
        caller: &Caller,
        row: Uuid,
        list: &str,
        reason: &str,
    ) -> PortResult<Uuid> {
        self.linkable(caller, row).await?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let text = self.row_text(&mut tx, row, None).await.or_broken(caller)?;
        let today = self.road.clock.day(self.road.clock.now());
        // Nobody but who is shown: the form names the list.
        let found = link::chosen(&self.road, &mut tx, &text, today, list)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let (_, mac) = self.candidate(&found).or_broken(caller)?;
        let suggested = self.was_suggested(&mut tx, row, &found).await;
        let id = crate::clock::new_key();
        let seal = |purpose: Purpose, text: &str| {
            let keys = &self.road.keys;
            keys.seal(text.as_bytes(), &purpose.of(id.as_bytes()))
                .into_bytes()
        };
        let new = NewDecision {
            stored: None,
            id,
            sample: row,
            kind: DecisionKind::Link.as_str(),
            row: Some(row),
            old_sealed: None,
            days: domain::dates::Days::ALL,
            new_sealed: Some(seal(Purpose::NewValue, list)),
            request_sealed: None,
            suggested: suggested.or_broken(caller)?,
            kept: false,
            told: None,
            reason_sealed: seal(Purpose::Reason, &words::kept(reason, CHARS)),
            four_eyes: true,
            rows: 1,
            by: caller.user_id,
            at: self.road.clock.now(),
        };
        decisions::insert(&mut tx, &new).await.or_broken(caller)?;
        let line = event(caller, Kind::BrpChecked)
            .object("row", row)
            .detail("decision", id.to_string())
            .about_mac(&mac);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(id)
    }

    /// Prepares that a link is undone, or that stored rows were rejected.
    pub(super) async fn prepare_undo(
        &self,
        caller: &Caller,
        done: Uuid,
        reason: &str,
    ) -> PortResult<Uuid> {
        reviewer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let known = decisions::list(&mut tx, Some(done), 1, 0)
            .await
            .or_broken(caller)?;
        let known = known.first().ok_or(PortError::NotFound)?;
        let id = crate::clock::new_key();
        let reason = words::kept(reason, CHARS);
        let purpose = Purpose::Reason.of(id.as_bytes());
        let sealed = self.road.keys.seal(reason.as_bytes(), &purpose);
        let (by, at) = (caller.user_id, self.road.clock.now());
        if known.stored && known.is(DecisionKind::Reject) {
            let rows = rejects::to_readmit(&mut tx, done, None).await;
            let rows = i32::try_from(rows.or_broken(caller)?.len()).unwrap_or(i32::MAX);
            if rows == 0 {
                return Err(PortError::Conflict);
            }
            let sealed = sealed.into_bytes();
            decisions::insert_readmission(&mut tx, (id, done), rows, sealed, by, at)
                .await
                .or_broken(caller)?;
        } else {
            let found = decisions::linked_row(&mut tx, done).await;
            let row = found.or_broken(caller)?.ok_or(PortError::Conflict)?;
            decisions::insert_undo(&mut tx, id, done, row.id, sealed.into_bytes(), by, at)
                .await
                .or_broken(caller)?;
        }
        tx.commit().await.or_broken(caller)?;
        Ok(id)
    }

    /// The person of a link and, as long as it is open, what it would come to. The caller audits whom it is about.
    pub(super) async fn open_link(
        &self,
        tx: &mut WorkerTx<'_>,
        decision: &Decision,
        state: DecisionState,
    ) -> Result<Opened, StoreError> {
        let odd = || StoreError::Broken("decision".to_owned());
        // Of undoing a link: the person is that of the link.
        let linked = match decision.undoes {
            None => None,
            Some(link) => decisions::list(tx, Some(link), 1, 0).await?.pop(),
        };
        let link = linked.as_ref().unwrap_or(decision);
        let row = link.row_id.ok_or_else(odd)?;
        let text = self.row_text(tx, row, Some(link.id)).await?;
        let found = decide::chosen(&self.road, tx, link).await?;
        let open = matches!(state, DecisionState::Draft | DecisionState::Asked);
        let foreseen = match decision.undoes {
            _ if !open => None,
            Some(link) => link::foresee_unlink(&self.road, tx, decision, link).await?,
            None => decide::foresee_link(&self.road, tx, decision).await?,
        };
        let mut about: Vec<Mac> = self.mac_of(&text).into_iter().collect();
        let person = found.map(|found| self.candidate(&found)).transpose()?;
        let person = person.map(|(candidate, mac)| {
            about.push(mac);
            candidate
        });
        let number = |count: i64| u32::try_from(count).unwrap_or_default();
        let counting = foreseen.as_ref().map(|(_, link)| {
            let (before, after) = link.counting;
            (number(before), number(after))
        });
        let today = self.road.clock.day(self.road.clock.now());
        let products = Products::load(tx, today).await?;
        let bench = Bench {
            keys: &self.road.keys,
            products: &products,
            today,
        };
        let product = suggest::product(&bench, &text);
        let vaccine = product.and_then(|id| products.lists().vaccine(id));
        Ok(Opened {
            view: LinkView {
                delivered: who(&text),
                person,
                counting,
                doses: vaccine.map(|vaccine| vaccine.doses),
            },
            about,
            row: foreseen.map(|(row, link)| decide::RowOf {
                id: row,
                outcome: link.outcome,
                findings: Some(link.findings),
                record: None,
            }),
        })
    }

    /// Who linked a registration.
    pub(super) async fn linked_by(
        &self,
        caller: &Caller,
        report: Option<Uuid>,
    ) -> PortResult<Option<LinkedBy>> {
        let Some(report) = report else {
            return Ok(None);
        };
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let found = decisions::linked_by(&mut tx, report)
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        Ok(found.map(|found| LinkedBy {
            decision: found.id,
            asked_by: found.asked_by,
            agreed_by: found.agreed_by.unwrap_or_default(),
            at: found.at.map(words::moment).unwrap_or_default(),
        }))
    }

    /// That this is the person of a row followed from a suggestion that was shown of its BSN.
    async fn was_suggested(
        &self,
        tx: &mut WorkerTx<'_>,
        row: Uuid,
        found: &Found,
    ) -> Result<bool, StoreError> {
        let bsn = link::bsn_of(&self.road, &found.listed)?;
        let today = self.road.clock.day(self.road.clock.now());
        let products = Products::load(tx, today).await?;
        let bench = Bench {
            keys: &self.road.keys,
            products: &products,
            today,
        };
        suggest::was_shown(tx, &bench, row, Column::Bsn, bsn.expose()).await
    }

    /// A row that may be linked.
    async fn linkable(&self, caller: &Caller, row: Uuid) -> PortResult<review::Line> {
        reviewer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let opened = review::one(&mut tx, row).await.or_broken(caller)?;
        let notes = review::notes(&mut tx, &[row]).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let opened = opened.filter(|row| row.waits).ok_or(PortError::NotFound)?;
        let staff = notes.into_iter().next().map(|(_, staff, _)| staff);
        let findings = named(opened.line.findings.clone(), staff.unwrap_or_default());
        if waits_for_person(&findings.or_broken(caller)?) {
            Ok(opened.line)
        } else {
            Err(PortError::NotFound)
        }
    }

    async fn row_text(
        &self,
        tx: &mut WorkerTx<'_>,
        row: Uuid,
        decision: Option<Uuid>,
    ) -> Result<RowText, StoreError> {
        let sealed = decisions::row_of(tx, row, decision).await?;
        self.open_row(Purpose::Row, row, sealed)
    }

    /// As it is shown: of who is secret no name and no address (domain §6.3).
    fn candidate(&self, found: &Found) -> Result<(Candidate, Mac), StoreError> {
        let bsn = link::bsn_of(&self.road, &found.listed)?;
        let list = &found.listed.list;
        let part = |text: &Option<String>| text.clone().unwrap_or_default();
        let name = [
            part(&list.given_names),
            part(&list.prefix),
            part(&list.surname),
        ];
        let name = name.into_iter().filter(|part| !part.is_empty());
        let partner = [part(&list.partner_prefix), part(&list.partner_surname)];
        let partner: Vec<String> = partner
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        let mut name = name.collect::<Vec<_>>().join(" ");
        if !partner.is_empty() {
            name = format!("{name} ({})", partner.join(" "));
        }
        let address = list.postcode.as_ref().zip(list.house_number);
        let address = address.map(|(postcode, number)| format!("{postcode} {number}"));
        let like = &found.like;
        let same = [
            (Same::Bsn, like.bsn),
            (Same::BirthDate, like.birth_date),
            (Same::Name, like.name),
            (Same::Address, like.address && !list.secret),
        ];
        let shown = Candidate {
            list: found.listed.pl_id.clone(),
            bsn: words::masked(bsn.expose()),
            name: (!list.secret).then_some(name),
            birth_date: list.birth_date.as_deref().map(day).unwrap_or_default(),
            address: address.filter(|_| !list.secret),
            secret: list.secret,
            gone: gone(list.suspension_reason.as_deref()),
            same: same
                .into_iter()
                .filter_map(|(what, same)| same.then_some(what))
                .collect(),
            vaccinations: u32::try_from(found.counting).unwrap_or_default(),
        };
        Ok((shown, self.road.keys.bsn_mac(&bsn)))
    }
}

/// Rows with these findings wait because their person was not found.
pub(super) fn waits_for_person(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| may_link(finding.code))
}

fn who(text: &RowText) -> RowText {
    let mut row = RowText::default();
    for column in WHO {
        row.set(column, text.get(column));
    }
    row
}

/// "01-04-2000"; parts that are not known as 00.
fn day(lo3: &str) -> String {
    match PartialDate::from_lo3(lo3) {
        Some(PartialDate::Full(date)) => dutch(date),
        Some(PartialDate::YearMonth(year, month)) => {
            format!("00-{:02}-{year:04}", u8::from(month))
        }
        Some(PartialDate::Year(year)) => format!("00-00-{year:04}"),
        Some(PartialDate::Unknown) | None => String::new(),
    }
}

fn gone(reason: Option<&str>) -> Option<Gone> {
    Some(match Suspension::parse(reason?)? {
        Suspension::Deceased => Gone::Died,
        Suspension::Emigrated => Gone::Emigrated,
        Suspension::NonResident => Gone::NonResident,
        _ => Gone::Other,
    })
}

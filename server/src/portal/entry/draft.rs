//! Drafts: begun, shown, thrown away. What is typed is sealed before it is stored.

use super::super::{OrBroken, Portal, broken, deliverer, event, words};
use super::vaccination::REMEMBERED;
use crate::audit::{self, Event, Kind};
use crate::intake::check::{Desk, Question};
use crate::intake::matching::{Incoming, Judged};
use crate::intake::store::{self, Errand, Keep};
use crate::keys::{Keys, Mac, Purpose, Sealed};
use crate::store::drafts::NewDraft;
use crate::store::locations::{self, LocationRow};
use crate::store::products::Products;
use crate::store::{
    PartyTx, StoreError, WorkerTx, drafts, party_tx, profiles, register, registrations, worker_tx,
};
use app::ports::entry::{
    Anew, BatchChoice, BrpAnswer, DraftView, EarlierJab, Mended, Placed, Step,
};
use app::ports::{Caller, PortError, PortResult};
use domain::batch::BatchNumber;
use domain::codes::NamedVaccine;
use domain::dates::dutch;
use domain::delivery::Channel;
use domain::finding::{Code, Finding, Severity};
use domain::row::{Accepted, Column, Context, Profile, Repair, RepairSet, RowText};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// More batches to choose from would be a list to search in.
const CHOICES: usize = 3;

/// Which jab a warning is about, beside its own cell.
const TOLD_OF_JAB: [Column; 2] = [Column::Vaccinatiedatum, Column::Vaccin];

/// Whom it is about.
const TOLD_OF_PERSON: [Column; 3] = [Column::Bsn, Column::Geboortedatum, Column::Achternaam];

/// Warnings about the batch and nothing else: ticked once, the next person gets the same without a word.
const OF_BATCH: [Code; 2] = [Code::V22, Code::V23];

/// Hexadecimal digits that name a warning within a draft: nobody gains by finding another that is named so.
const TOLD_DIGITS: usize = 16;

/// How far back "used here before" looks.
const USED: Duration = Duration::days(14);

/// What a draft holds.
#[derive(Default, Serialize, Deserialize)]
// A field of the next release is no reason to lose a draft.
#[serde(default)]
pub(in crate::portal) struct Draft {
    pub(super) row: RowText,
    /// The person step was sent once.
    pub(super) person_saved: bool,
    /// The vaccination step was sent once, or kept from the registration before.
    pub(super) vaccination_saved: bool,
    pub(super) brp: Option<BrpAnswer>,
    /// About whom the BRP was asked (keyed digest), so that saving the same again asks nothing.
    pub(super) asked: Option<Vec<u8>>,
    pub(super) reason: String,
    pub(super) confirmed: bool,
    /// The warnings that were ticked, each as [`Draft::told`] names it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) ticked: Vec<String>,
    pub(super) next_person: bool,
    /// The day of which its vaccination is: what is ready of one day is not given on another unseen (features F03).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) begun_on: Option<time::Date>,
    /// The registration this corrects, or the delivery it mends rows of.
    pub(super) corrects: Option<Uuid>,
    /// The key of that registration at its source: it is judged as its next version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_key: Option<String>,
    /// The rows it mends.
    pub(super) mends: Vec<KeptRow>,
    /// The line of the worklist it was begun from.
    pub(super) worklist: Option<u32>,
    /// Where it is recorded (features F03).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) location: Option<Uuid>,
}

/// What was typed for a refused row.
#[derive(Serialize, Deserialize)]
pub(in crate::portal) struct KeptRow {
    /// Number of the row.
    pub(in crate::portal) number: u32,
    /// The row as it stood then.
    pub(in crate::portal) seen: Uuid,
    /// Cells as typed.
    pub(in crate::portal) cells: Vec<(Column, String)>,
    /// Why the sender goes on although not matchable, where that was asked.
    pub(in crate::portal) reason: Option<String>,
    /// It waits until more may be asked of the BRP.
    #[serde(default)]
    pub(in crate::portal) waits: bool,
}

/// Columns of the person step.
pub(super) fn is_person_step(column: Column) -> bool {
    column == Column::Toestemming || column.is_personal()
}

/// Minutes that a person stays in a draft while it is not answered whether that person agrees: as long as a session
/// waits for its user (ux §3.2).
const UNANSWERED_MINUTES: i32 = 15;

fn minutes(row: &RowText) -> Option<i32> {
    let filled = |column: &Column| !row.get(*column).trim().is_empty();
    let unanswered = !filled(&Column::Toestemming)
        && Column::ALL
            .iter()
            .any(|column| column.is_personal() && filled(column));
    unanswered.then_some(UNANSWERED_MINUTES)
}

/// Columns of the vaccination step.
pub(super) fn is_vaccination_step(column: Column) -> bool {
    !is_person_step(column) && !matches!(column, Column::Mutatie | Column::Bronsleutel)
}

/// A draft against the rules and the register.
pub(super) struct Looked {
    pub(super) judged: Judged,
    pub(super) suggestions: Vec<String>,
}

impl Draft {
    /// Why a registration is to be withdrawn or put back, or is right as it stands, kept for after the next login.
    pub(super) fn of_reason(registration: Uuid, reason: String, consent_withdrawn: bool) -> Self {
        Self {
            reason,
            confirmed: consent_withdrawn,
            corrects: Some(registration),
            ..Self::default()
        }
    }

    /// Keyed digest of what it says: of what its owner typed, and nothing of what was made of it.
    pub(super) fn revision(&self, keys: &Keys) -> String {
        let said = serde_json::to_vec(&(&self.row, &self.reason, self.location));
        let said = zeroize::Zeroizing::new(said.unwrap_or_default());
        keys.digest(Sha256::digest(said.as_slice()).into()).hex()
    }

    fn answer(&self) -> BrpAnswer {
        self.brp.unwrap_or(BrpAnswer::NotAsked)
    }

    /// The BRP does not stand in the way.
    fn may_pass(&self) -> bool {
        self.answer() != BrpAnswer::NotMatchable || !self.reason.trim().is_empty()
    }

    /// The BRP was not asked about this very person in this draft, or could not answer yet: the row is not held against
    /// it, in no look and no submit, because each of those would be a question outside the budget (security §4.6).
    pub(super) fn lacks_answer(&self, keys: &Keys, row: &Incoming, year: i32) -> bool {
        match Question::of(&row.repaired(), year) {
            Some(asked) => {
                self.brp == Some(BrpAnswer::Later) || self.asked != Some(asked.digest(keys))
            }
            None => {
                matches!(&row.accepted, Some(Accepted::Vaccination(jab)) if jab.person().bsn().is_some())
            }
        }
    }

    /// The row that it comes to: of a correction, the next version of its registration.
    pub(super) fn delivered(&self) -> RowText {
        let mut row = self.row.clone();
        if let Some(key) = &self.source_key {
            row.set(Column::Mutatie, "C");
            row.set(Column::Bronsleutel, key.as_str());
        }
        row
    }

    /// What its owner gets to see of the findings.
    pub(super) fn findings(&self, judged: &Judged) -> Vec<Finding> {
        // The answer of the BRP check says it; a correction has no such step.
        let told_otherwise = |code| match code {
            Code::B10 => self.corrects.is_none(),
            Code::B13 => self.corrects.is_none() || judged.row.unasked,
            _ => false,
        };
        let shown = judged
            .shown
            .iter()
            .filter(|finding| !told_otherwise(finding.code))
            .filter(|finding| finding.severity != Severity::Hersteld);
        let now = |finding: &&Finding| {
            if finding.column.is_some_and(is_person_step) {
                // "Same vaccination, next person" knows the vaccination before anything was typed of the person.
                self.person_saved && (self.vaccination_saved || finding.severity == Severity::Fout)
            } else {
                self.vaccination_saved
            }
        };
        shown.filter(now).cloned().collect()
    }

    /// First step that is not complete.
    pub(super) fn step(&self, keys: &Keys, judged: &Judged) -> Step {
        let refused = |here: fn(Column) -> bool| {
            judged.shown.iter().any(|f| {
                f.severity == Severity::Fout && f.code != Code::B10 && f.column.is_some_and(here)
            })
        };
        let unasked = judged.row.unasked && self.answer() != BrpAnswer::Later;
        if !self.person_saved || refused(is_person_step) || unasked || !self.may_pass() {
            return Step::Person;
        }
        let refuses =
            |finding: &Finding| finding.severity == Severity::Fout && finding.code != Code::B10;
        if !self.vaccination_saved
            || judged.shown.iter().any(refuses)
            || !self.confirms(keys, judged)
        {
            return Step::Vaccination;
        }
        Step::Check
    }

    /// The vaccination stands ready as it was given here before today, and nobody looked at it yet (features F03).
    fn is_remembered(&self) -> bool {
        let given = [Column::Vaccinatiedatum, Column::Vaccin, Column::Batchnummer];
        let filled = |column| !self.row.get(column).trim().is_empty();
        !self.vaccination_saved && !self.next_person && given.into_iter().any(filled)
    }

    /// A registration that somebody typed in: worth coming back to.
    fn resumes(&self) -> bool {
        self.person_saved && self.corrects.is_none()
    }

    /// On another day than it was begun: what is only remembered is gone, and what was asked for again is looked at before
    /// it is given to somebody.
    pub(super) fn of_another_day(&mut self, day: time::Date) {
        if self.begun_on.is_none_or(|begun| begun == day) {
            return;
        }
        if self.next_person && !self.person_saved {
            self.vaccination_saved = false;
            self.confirm(None);
        } else if !self.next_person && !self.vaccination_saved {
            let of_place = |column: &Column| *column == Column::Vaccinatieplaats;
            let here = self.location.is_some();
            for column in REMEMBERED
                .into_iter()
                .filter(|one| !(here && of_place(one)))
            {
                self.row.set(column, "");
            }
        }
    }

    /// Takes over a tick, with the warnings that it was set under.
    pub(super) fn confirm(&mut self, ticked: Option<String>) {
        self.confirmed = ticked.is_some();
        let told = ticked.unwrap_or_default();
        self.ticked = told.split_whitespace().map(str::to_owned).collect();
    }

    /// All that is to be looked at before going on was seen and ticked (features F12).
    pub(super) fn confirms(&self, keys: &Keys, judged: &Judged) -> bool {
        let told = self.told(keys, judged);
        told.iter().all(|one| self.ticked.contains(one))
    }

    /// Names what its owner is warned of: each warning with the cell it is about, and whom and which jab. A tick under one
    /// says nothing of the same warning about another batch or another person.
    fn told(&self, keys: &Keys, judged: &Judged) -> Vec<String> {
        self.told_where(keys, judged, |_| true)
    }

    /// Of what was ticked: what is about the batch, and so says nothing of the person.
    pub(super) fn ticked_of_batch(&self, keys: &Keys, judged: &Judged) -> Vec<String> {
        let mut told = self.told_where(keys, judged, |code| OF_BATCH.contains(&code));
        told.retain(|one| self.ticked.contains(one));
        told
    }

    fn told_where(&self, keys: &Keys, judged: &Judged, of: fn(Code) -> bool) -> Vec<String> {
        let asks = |finding: &&Finding| {
            matches!(
                finding.severity,
                Severity::Waarschuwing | Severity::Controle
            )
        };
        let typed = |column| self.row.get(column).trim();
        let name = |finding: &Finding| {
            let whom = (!OF_BATCH.contains(&finding.code)).then(|| TOLD_OF_PERSON.map(typed));
            let what = (finding.column.map(typed), TOLD_OF_JAB.map(typed), whom);
            let said = (finding.code.as_str(), finding.column, what);
            let said = zeroize::Zeroizing::new(serde_json::to_vec(&said).unwrap_or_default());
            keys.digest(Sha256::digest(said.as_slice()).into()).hex()[..TOLD_DIGITS].to_owned()
        };
        let findings = self.findings(judged);
        let findings = findings.iter().filter(|finding| of(finding.code));
        findings.filter(asks).map(name).collect()
    }
}

impl Portal {
    pub(super) fn seal_draft(&self, id: Uuid, draft: &Draft) -> Vec<u8> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(draft).unwrap_or_default());
        self.road
            .keys
            .seal(&plain, &Purpose::Draft.of(id.as_bytes()))
            .into_bytes()
    }

    pub(super) fn unseal_draft(&self, id: Uuid, sealed: Vec<u8>) -> Result<Draft, StoreError> {
        let plain = self.road.keys.open(
            &Sealed::from_bytes(sealed),
            &Purpose::Draft.of(id.as_bytes()),
        );
        let plain = plain.map_err(|_| super::super::unopened())?;
        serde_json::from_slice(&plain).map_err(|_| super::super::unopened())
    }

    /// An open draft of the caller.
    pub(super) async fn load_draft(&self, caller: &Caller, id: Uuid) -> PortResult<Draft> {
        deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let row = drafts::open(&mut tx, id)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        if row.submitted {
            return Err(PortError::Sent(id));
        }
        self.unseal_draft(id, row.sealed).or_broken(caller)
    }

    pub(super) async fn keep_draft(
        &self,
        caller: &Caller,
        id: Uuid,
        draft: &Draft,
    ) -> PortResult<()> {
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let sealed = self.seal_draft(id, draft);
        if !drafts::update(&mut tx, id, &sealed, draft.resumes(), minutes(&draft.row))
            .await
            .or_broken(caller)?
        {
            return Err(PortError::NotFound);
        }
        tx.commit().await.or_broken(caller)
    }

    pub(super) async fn new_draft(&self, caller: &Caller, draft: &Draft) -> PortResult<Uuid> {
        let id = crate::clock::new_key();
        self.insert_draft(caller, id, draft).await?;
        Ok(id)
    }

    /// `false` when the key is taken, by whomever.
    async fn insert_draft(&self, caller: &Caller, id: Uuid, draft: &Draft) -> PortResult<bool> {
        let party = deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let new = NewDraft {
            id,
            party,
            user: caller.user_id,
            sealed: &self.seal_draft(id, draft),
            resumes: draft.resumes(),
            minutes: minutes(&draft.row),
        };
        let made = drafts::insert(&mut tx, &new).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(made)
    }

    /// The draft that what was typed belongs in: this one, or a new one when this was sent, or says something else by now
    /// than the form did. A form that came twice finds what it says.
    pub(super) async fn place_typed(
        &self,
        caller: &Caller,
        id: Uuid,
        revision: Option<String>,
        typed: &RowText,
        step: Step,
    ) -> PortResult<Placed> {
        let of_step = match step {
            Step::Person => is_person_step,
            _ => is_vaccination_step,
        };
        let says = |draft: &Draft| {
            let mut columns = Column::ALL.into_iter().filter(|column| of_step(*column));
            columns.all(|column| draft.row.get(column) == typed.get(column))
        };
        let mut placed = id;
        let mut found = self.load_draft(caller, id).await;
        if revision.is_none() && matches!(found, Err(PortError::NotFound)) {
            // The first form comes with a key, so that sent twice it makes one draft.
            placed = self.draft_of_form(caller, id);
            let draft = self.fresh_draft(caller, None, false).await?;
            self.insert_draft(caller, placed, &draft).await?;
            found = self.load_draft(caller, placed).await;
        }
        let same = |draft: &Draft| {
            // A form without one is the first: it knows of no vaccination.
            let seen = revision.as_ref();
            seen.map_or(!draft.vaccination_saved, |seen| {
                *seen == draft.revision(&self.road.keys)
            })
        };
        let anew = match found {
            Ok(draft) if same(&draft) || says(&draft) => {
                return Ok(Placed {
                    draft: placed,
                    anew: None,
                });
            }
            Ok(_) => Anew::Changed,
            Err(PortError::Sent(_)) => Anew::Sent,
            // Thrown away, or too old: what was typed is not.
            Err(PortError::NotFound) => Anew::Gone,
            Err(error) => return Err(error),
        };
        Ok(Placed {
            draft: self.begin_draft(caller, None, false).await?,
            anew: Some(anew),
        })
    }

    /// The key of the draft that a first form makes: of the key in the form and of who sends it, so that it is never that of
    /// somebody else's.
    fn draft_of_form(&self, caller: &Caller, key: Uuid) -> Uuid {
        let said = Sha256::new().chain_update(caller.user_id).chain_update(key);
        let digest = self.road.keys.digest(said.finalize().into());
        let (bytes, _) = digest.bytes.split_first_chunk().unwrap_or((&[0; 16], &[]));
        uuid::Builder::from_custom_bytes(*bytes).into_uuid()
    }

    pub(super) async fn begin_draft(
        &self,
        caller: &Caller,
        same_as: Option<String>,
        same_person: bool,
    ) -> PortResult<Uuid> {
        let draft = self.fresh_draft(caller, same_as, same_person).await?;
        self.new_draft(caller, &draft).await
    }

    /// A draft that holds what is kept of today, or of a receipt; not stored yet.
    pub(super) async fn fresh_draft(
        &self,
        caller: &Caller,
        same_as: Option<String>,
        same_person: bool,
    ) -> PortResult<Draft> {
        let party = deliverer(caller)?;
        let day = self.road.clock.day(self.road.clock.now());
        let mut draft = Draft {
            begun_on: Some(day),
            ..Draft::default()
        };
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let user = caller.user_id;
        let picked = drafts::picked(&mut tx, user, day, caller.session_id)
            .await
            .or_broken(caller)?;
        let here = located(&mut tx, picked).await.or_broken(caller)?;
        draft.location = here.as_ref().map(|here| here.id);
        match same_as {
            None => {
                draft.row = remembered(&mut tx, caller, here.as_ref(), day)
                    .await
                    .or_broken(caller)?;
            }
            Some(reference) => {
                let receipt = drafts::receipt(&mut tx, &reference)
                    .await
                    .or_broken(caller)?
                    .ok_or(PortError::NotFound)?;
                if same_person {
                    let report = receipt.report_id.ok_or(PortError::NotFound)?;
                    let versions = registrations::versions(&mut tx, party, report)
                        .await
                        .or_broken(caller)?;
                    let newest = versions
                        .into_iter()
                        .find(|v| v.content_sealed.is_some())
                        .ok_or(PortError::NotFound)?;
                    let content = self
                        .open_row(Purpose::Report, report, newest.content_sealed)
                        .or_broken(caller)?;
                    // Whether somebody agrees is asked of each vaccination (features F89).
                    let of_person = |column: &Column| column.is_personal();
                    for column in Column::ALL.into_iter().filter(of_person) {
                        draft.row.set(column, content.get(column));
                    }
                    let line = event(caller, Kind::RegistrationRead)
                        .object("registration", report)
                        .about(newest.person_id);
                    audit::add(&mut tx, line).await.or_broken(caller)?;
                } else {
                    let row = receipt
                        .content
                        .get("row")
                        .cloned()
                        .and_then(|row| serde_json::from_value(row).ok());
                    draft.row = row.unwrap_or_default();
                    draft.vaccination_saved = true;
                    draft.next_person = true;
                    // What was ticked of the batch holds for the next person too.
                    let ticked = receipt.content.get("ticked").cloned();
                    let ticked = ticked.and_then(|list| serde_json::from_value(list).ok());
                    draft.ticked = ticked.unwrap_or_default();
                    draft.confirmed = !draft.ticked.is_empty();
                    draft.begun_on = Some(self.road.clock.day(receipt.created_at));
                    draft.of_another_day(day);
                }
            }
        }
        tx.commit().await.or_broken(caller)?;
        Ok(draft)
    }

    pub(super) async fn newest_draft(&self, caller: &Caller) -> PortResult<Option<DraftView>> {
        let Some((id, at, draft)) = self.newest_typed(caller).await? else {
            return Ok(None);
        };
        let mut view = self.view(caller, id, draft).await?;
        view.resumed_from = Some(words::clock_time(at));
        Ok(Some(view))
    }

    /// The newest open draft in which somebody typed: only that is worth coming back to.
    pub(super) async fn newest_typed(
        &self,
        caller: &Caller,
    ) -> PortResult<Option<(Uuid, OffsetDateTime, Draft)>> {
        deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = drafts::newest(&mut tx, caller.user_id)
            .await
            .or_broken(caller)?;
        drop(tx);
        for row in found {
            let draft = self.unseal_draft(row.id, row.sealed).or_broken(caller)?;
            if draft.resumes() {
                return Ok(Some((row.id, row.updated_at, draft)));
            }
        }
        Ok(None)
    }

    pub(super) async fn show_draft(&self, caller: &Caller, id: Uuid) -> PortResult<DraftView> {
        let draft = self.load_draft(caller, id).await?;
        self.view(caller, id, draft).await
    }

    pub(super) async fn discard_draft(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        if !drafts::delete(&mut tx, id).await.or_broken(caller)? {
            return Err(PortError::NotFound);
        }
        tx.commit().await.or_broken(caller)
    }

    /// Holds a row against rules and register; keeps nothing.
    pub(super) async fn look(&self, caller: &Caller, draft: &Draft) -> PortResult<Looked> {
        let party = deliverer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let looked = self.look_in(&mut tx, caller, party, draft).await;
        tx.rollback().await.or_broken(caller)?;
        looked.or_broken(caller)
    }

    async fn look_in(
        &self,
        tx: &mut WorkerTx<'_>,
        caller: &Caller,
        party: Uuid,
        draft: &Draft,
    ) -> Result<Looked, StoreError> {
        let now = self.road.clock.now();
        let today = self.road.clock.day(now);
        let products = Products::load(tx, today).await?;
        let profile = profiles::of(tx, party, caller.user_id).await?;
        let desk = Desk {
            context: context(today, &products, profile),
            keys: &self.road.keys,
        };
        let mut row = desk.check(1, &draft.delivered().as_raw());
        if draft.source_key.is_none() {
            row.source_key = None;
        }
        row.unasked = draft.lacks_answer(&self.road.keys, &row, today.year());
        row.reason = Some(draft.reason.clone()).filter(|reason| !reason.trim().is_empty());
        let errand = Errand {
            road: &self.road,
            products: &products,
            delivery: Uuid::nil(),
            party,
            channel: Channel::Portaal,
            by: Some(caller.user_id),
            now,
            today,
            reference: None,
            reason: None,
            previewed: false,
            counted_before: false,
        };
        let mut chunk = store::chunk(tx, &errand, vec![row], Keep::Nothing).await?;
        let judged = chunk.judged.pop().ok_or(StoreError::NotFound)?;
        let suggestions = self.suggestions(tx, &products, draft).await?;
        Ok(Looked {
            judged,
            suggestions,
        })
    }

    /// "Bedoelt u EJ6796?"
    async fn suggestions(
        &self,
        tx: &mut WorkerTx<'_>,
        products: &Products,
        draft: &Draft,
    ) -> Result<Vec<String>, StoreError> {
        let typed: String = draft
            .row
            .get(Column::Batchnummer)
            .to_uppercase()
            .split_whitespace()
            .collect();
        if !draft.vaccination_saved || BatchNumber::parse(&typed).is_none() {
            return Ok(Vec::new());
        }
        let vaccine = match products.lists().named(draft.row.get(Column::Vaccin)) {
            NamedVaccine::Own(id) | NamedVaccine::Alias(id) => Some(id),
            _ => None,
        };
        let known = register::batches(tx).await?;
        let known = known.into_iter().filter_map(|batch| {
            Some((
                batch.lot,
                Products::id(batch.vaccine)?,
                batch.expiration_date,
            ))
        });
        Ok(crate::intake::matching::Batches::new(known).suggestions(&typed, vaccine))
    }

    /// The draft as its owner sees it. Shows own earlier registrations of the person, so it is audited.
    pub(super) async fn view(
        &self,
        caller: &Caller,
        id: Uuid,
        mut draft: Draft,
    ) -> PortResult<DraftView> {
        let party = deliverer(caller)?;
        let now = self.road.clock.now();
        // Of what is stored: the form that brings it back is held against that.
        let revision = draft.revision(&self.road.keys);
        draft.of_another_day(self.road.clock.day(now));
        let looked = self.look(caller, &draft).await?;
        let mut worker = worker_tx(&self.road.db).await.or_broken(caller)?;
        let products = Products::load(&mut worker, self.road.clock.day(now))
            .await
            .or_broken(caller)?;
        let mac = self.mac_of(&draft.row);
        let person = known_person(&mut worker, mac.as_ref())
            .await
            .or_broken(caller)?;
        worker.rollback().await.or_broken(caller)?;

        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let mut earlier = Vec::new();
        if let Some(person) = person {
            let found = registrations::earlier(&mut tx, party, person)
                .await
                .or_broken(caller)?;
            earlier.extend(found.into_iter().map(|jab| EarlierJab {
                id: jab.id,
                date: dutch(jab.vaccinated_on),
                vaccine: products.name(jab.vaccine),
                dose: u8::try_from(jab.dose).unwrap_or_default(),
            }));
        }
        let used = registrations::used_batches(&mut tx, party, now - USED)
            .await
            .or_broken(caller)?;
        // Of batches that are as near, those that are used here.
        let mut suggestions = looked.suggestions;
        let times = |lot: &String| used.iter().find(|used| used.batch == *lot);
        suggestions.sort_by_key(|lot| Reverse(times(lot).map(|used| used.times)));
        suggestions.truncate(CHOICES);
        let batches = used.into_iter().map(|used| BatchChoice {
            number: used.batch,
            vaccine: products.name(used.vaccine),
            times: u32::try_from(used.times).unwrap_or(u32::MAX),
        });
        // Somebody whom the register does not know is named by the BSN that was typed.
        let unknown = mac.iter().filter(|_| person.is_none());
        let line = event(caller, Kind::RegistrationRead)
            .object("draft", id)
            .about(person)
            .detail("earlier", earlier.len());
        let line = unknown.fold(line, Event::about_mac);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        let defaults = defaults(&draft.row, &looked.judged.row);
        Ok(DraftView {
            id,
            revision,
            confirmed: draft.confirmed && draft.confirms(&self.road.keys, &looked.judged),
            told: draft.told(&self.road.keys, &looked.judged).join(" "),
            remembered: draft.is_remembered(),
            findings: draft.findings(&looked.judged),
            step: draft.step(&self.road.keys, &looked.judged),
            // What it answered of somebody else is no answer.
            brp: if self.about(&looked.judged.row.repaired()) == draft.asked {
                draft.answer()
            } else {
                BrpAnswer::NotAsked
            },
            earlier,
            batches: batches.collect(),
            suggestions,
            row: draft.row,
            reason: draft.reason,
            next_person: draft.next_person,
            resumed_from: None,
            location: draft.location,
            mended: mended(&looked.judged.row.repairs),
            defaults,
        })
    }
}

/// Who has this BSN, when the register knows somebody.
async fn known_person(
    tx: &mut WorkerTx<'_>,
    mac: Option<&Mac>,
) -> Result<Option<Uuid>, StoreError> {
    let Some(mac) = mac else {
        return Ok(None);
    };
    let found = register::persons_by_bsn(tx, &mac.key_id(), &[mac.bytes.to_vec()]).await?;
    Ok(found.first().map(|(_, id)| *id))
}

/// What the rules know at the entry form.
pub(in crate::portal) fn context(
    today: time::Date,
    products: &Products,
    profile: domain::row::PartyProfile,
) -> Context<'_> {
    Context {
        today,
        channel: Channel::Portaal,
        profile: Profile::Party(profile),
        lists: products.lists(),
        off: RepairSet::NONE,
        test_lane: false,
    }
}

/// What was made of each cell, from what was typed to what is stored (features F-X3).
pub(in crate::portal) fn mended(repairs: &[Repair]) -> Vec<Mended> {
    let mut list: Vec<Mended> = Vec::new();
    for repair in repairs {
        let known = list.iter_mut().find(|one| one.column == repair.column);
        match known {
            Some(one) => {
                one.codes.push(repair.code);
                if let Some((_, became)) = &mut one.values {
                    became.clone_from(&repair.after);
                }
            }
            None => list.push(Mended {
                column: repair.column,
                codes: vec![repair.code],
                values: Some((repair.before.clone(), repair.after.clone())),
            }),
        }
    }
    // in the order of the specification, not of the rules
    list.sort_by_key(|one| one.column);
    list
}

/// What was not typed and stands in the row all the same: the institution says it once for all (features F03).
fn defaults(typed: &RowText, row: &Incoming) -> Vec<(Column, String)> {
    let Some(Accepted::Vaccination(jab)) = &row.accepted else {
        return Vec::new();
    };
    let filled = [
        (
            Column::Doelgroep,
            Some(jab.target_group().as_str().to_owned()),
        ),
        (
            Column::UitvoerderAgb,
            jab.agb().map(|agb| agb.as_str().to_owned()),
        ),
        (
            Column::BigNummer,
            jab.big().map(|big| big.as_str().to_owned()),
        ),
        (Column::Vaccinatieplaats, jab.place().map(str::to_owned)),
    ];
    filled
        .into_iter()
        .filter(|(column, _)| typed.get(*column).trim().is_empty())
        .filter_map(|(column, value)| Some((column, value?)))
        .collect()
}

/// An error that a step cannot mend.
pub(super) fn odd(caller: &Caller) -> PortError {
    broken(caller, &"a row without outcome")
}

/// A location of the caller's party that is in use.
pub(super) async fn located(
    tx: &mut PartyTx<'_>,
    id: Option<Uuid>,
) -> Result<Option<LocationRow>, StoreError> {
    if id.is_none() {
        return Ok(None);
    }
    let all = locations::in_use(tx).await?;
    Ok(all.into_iter().find(|one| Some(one.id) == id))
}

/// What is remembered of today at a location; before anything is, no more than its place.
pub(super) async fn remembered(
    tx: &mut PartyTx<'_>,
    caller: &Caller,
    here: Option<&LocationRow>,
    day: time::Date,
) -> Result<RowText, StoreError> {
    let location = here.map(|here| here.id);
    let content = drafts::defaults(tx, caller.user_id, location, day).await?;
    let known = content.and_then(|content| kept(&content, caller));
    Ok(known.unwrap_or_else(|| {
        let mut row = RowText::default();
        let place = here.and_then(|here| here.place.as_deref());
        row.set(Column::Vaccinatieplaats, place.unwrap_or_default());
        row
    }))
}

/// Defaults of this session: a log-out ends them, for the next log-in is another session (features F03).
fn kept(content: &serde_json::Value, caller: &Caller) -> Option<RowText> {
    let session: Uuid = serde_json::from_value(content.get("session")?.clone()).ok()?;
    let row = content.get("row")?.clone();
    (session == caller.session_id).then(|| serde_json::from_value(row).ok())?
}

//! The list of a round through a ward (features F05): pasted, held against rules, BRP and own registrations as one set.

use super::super::{OrBroken, Portal, deliverer, event, unopened, words};
use super::brp::{floor, question};
use super::draft::context;
use crate::audit::{self, Kind};
use crate::clock;
use crate::keys::{Purpose, Sealed};
use crate::store::products::Products;
use crate::store::registrations::{self, Newest};
use crate::store::worklists::{self, WorklistRow};
use crate::store::{StoreError, party_tx, profiles, register, worker_tx};
use app::ports::entry::{BrpAnswer, EarlierJab};
use app::ports::worklist::{Made, Stands, WorklistLine, WorklistView, Worklists};
use app::ports::{Caller, PortError, PortResult};
use domain::bsn::Bsn;
use domain::dates::{PartialDate, dutch};
use domain::finding::{Finding, Severity};
use domain::row::{Column, RowText, check};
use domain::worklist;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// What is stored of a line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    number: u32,
    bsn: String,
    birth_date: String,
    /// Errors of BSN and birth date.
    wrong: Vec<Finding>,
    /// What the BRP said, once it was asked.
    answer: Option<BrpAnswer>,
}

impl Kept {
    fn row(&self) -> RowText {
        let mut row = RowText::default();
        row.set(Column::Toestemming, "J");
        row.set(Column::Bsn, self.bsn.as_str());
        row.set(Column::Geboortedatum, self.birth_date.as_str());
        row
    }

    fn question(&self, today: time::Date) -> Option<(Bsn, PartialDate)> {
        question(&self.row(), today).filter(|_| self.wrong.is_empty())
    }
}

/// A list with what the register knows of its persons.
struct Seen {
    lines: Vec<Kept>,
    made: WorklistRow,
    newest: HashMap<Uuid, Newest>,
    persons: HashMap<u32, Uuid>,
}

#[async_trait::async_trait]
impl Worklists for Portal {
    async fn worklist(&self, caller: &Caller) -> PortResult<Option<WorklistView>> {
        deliverer(caller)?;
        let Some(seen) = self.seen_worklist(caller).await? else {
            return Ok(None);
        };
        let mut worker = worker_tx(&self.road.db).await.or_broken(caller)?;
        let today = self.road.clock.day(self.road.clock.now());
        let products = Products::load(&mut worker, today).await.or_broken(caller)?;
        worker.rollback().await.or_broken(caller)?;
        let lines = seen
            .lines
            .iter()
            .map(|line| WorklistLine {
                number: line.number,
                bsn: masked(&line.bsn),
                birth_date: line.birth_date.clone(),
                stands: seen.stands(line),
                newest: seen.newest_of(line).map(|newest| {
                    let jab = &newest.registration;
                    EarlierJab {
                        id: jab.id,
                        date: dutch(jab.vaccinated_on),
                        vaccine: products.name(jab.vaccine),
                        dose: u8::try_from(jab.dose).unwrap_or_default(),
                    }
                }),
            })
            .collect();
        Ok(Some(WorklistView {
            made: words::clock_time(seen.made.made_at),
            lines,
        }))
    }

    async fn open_on_worklist(&self, caller: &Caller) -> PortResult<Option<usize>> {
        deliverer(caller)?;
        let seen = self.seen_worklist(caller).await?;
        Ok(seen.map(|seen| {
            let open = |line: &&Kept| seen.stands(line) == Stands::Open;
            seen.lines.iter().filter(open).count()
        }))
    }

    async fn make_worklist(&self, caller: &Caller, text: String) -> PortResult<Made> {
        let party = deliverer(caller)?;
        let today = self.road.clock.day(self.road.clock.now());
        let read = worklist::read(&text, today.year());
        if read.is_empty() {
            return Ok(Made::Empty);
        }
        if read.len() > worklist::MOST {
            return Ok(Made::TooLong);
        }
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let products = Products::load(&mut tx, today).await.or_broken(caller)?;
        let profile = profiles::of(&mut tx, party, caller.user_id)
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let rules = context(today, &products, profile);
        let mut known = HashSet::new();
        let mut lines = Vec::new();
        for line in read {
            let mut kept = Kept {
                number: line.number,
                bsn: line.bsn,
                birth_date: line.birth_date,
                wrong: Vec::new(),
                answer: None,
            };
            let ours = [Column::Bsn, Column::Geboortedatum].map(Some);
            kept.wrong = check(&kept.row().as_raw(), &rules)
                .findings
                .into_iter()
                .filter(|found| found.severity == Severity::Fout && ours.contains(&found.column))
                .collect();
            // Pasted twice is one person.
            let again = kept
                .question(today)
                .is_some_and(|(bsn, _)| !known.insert(bsn));
            if !again {
                lines.push(kept);
            }
        }
        self.keep_worklist(caller, party, &lines).await?;
        match self.ask_further(caller).await {
            // The list stands; the page says who was not asked about.
            Ok(()) | Err(PortError::TooMany) => Ok(Made::Done),
            Err(error) => Err(error),
        }
    }

    async fn ask_further(&self, caller: &Caller) -> PortResult<()> {
        floor(self.ask_rest(caller)).await
    }

    async fn discard_worklist(&self, caller: &Caller) -> PortResult<()> {
        deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        worklists::delete(&mut tx, caller.user_id)
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }

    async fn begin_from_worklist(
        &self,
        caller: &Caller,
        number: Option<u32>,
        same_as: Option<String>,
    ) -> PortResult<Option<Uuid>> {
        deliverer(caller)?;
        let seen = self
            .seen_worklist(caller)
            .await?
            .ok_or(PortError::NotFound)?;
        let wanted = |line: &&Kept| match number {
            Some(number) => line.number == number && line.wrong.is_empty(),
            None => seen.stands(line) == Stands::Open,
        };
        let Some(line) = seen.lines.iter().find(wanted) else {
            return match number {
                Some(_) => Err(PortError::NotFound),
                None => Ok(None),
            };
        };
        let mut draft = self.fresh_draft(caller, same_as, false).await?;
        draft.row.set(Column::Bsn, line.bsn.as_str());
        draft
            .row
            .set(Column::Geboortedatum, line.birth_date.as_str());
        let today = self.road.clock.day(self.road.clock.now());
        if let (Some(answer), Some((bsn, birth))) = (line.answer, line.question(today)) {
            // It was asked for the list: the budget is spent once.
            draft.brp = Some(answer);
            draft.asked = Some(self.asked_about(&bsn, birth));
        }
        draft.worklist = Some(line.number);
        Ok(Some(self.new_draft(caller, &draft).await?))
    }
}

impl Portal {
    fn seal_worklist(&self, caller: &Caller, lines: &[Kept]) -> Vec<u8> {
        let plain = zeroize::Zeroizing::new(serde_json::to_vec(lines).unwrap_or_default());
        let aad = Purpose::Worklist.of(caller.user_id.as_bytes());
        self.road.keys.seal(&plain, &aad).into_bytes()
    }

    async fn keep_worklist(&self, caller: &Caller, party: Uuid, lines: &[Kept]) -> PortResult<()> {
        let sealed = self.seal_worklist(caller, lines);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        worklists::put(&mut tx, party, caller.user_id, &sealed)
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }

    async fn stored_worklist(
        &self,
        caller: &Caller,
    ) -> PortResult<Option<(Vec<Kept>, WorklistRow)>> {
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let Some(row) = worklists::of(&mut tx, caller.user_id)
            .await
            .or_broken(caller)?
        else {
            return Ok(None);
        };
        let aad = Purpose::Worklist.of(caller.user_id.as_bytes());
        let sealed = Sealed::from_bytes(row.sealed.clone());
        let plain = self.road.keys.open(&sealed, &aad);
        let plain = plain.map_err(|_| unopened()).or_broken(caller)?;
        let lines = serde_json::from_slice(&plain)
            .map_err(|_| unopened())
            .or_broken(caller)?;
        Ok(Some((lines, row)))
    }

    /// Asks about those that were not asked about, as far as the budget goes.
    async fn ask_rest(&self, caller: &Caller) -> PortResult<()> {
        deliverer(caller)?;
        let Some((mut lines, _)) = self.stored_worklist(caller).await? else {
            return Err(PortError::NotFound);
        };
        let today = self.road.clock.day(self.road.clock.now());
        let (rest, questions): (Vec<_>, Vec<_>) = lines
            .iter_mut()
            .filter(|line| matches!(line.answer, None | Some(BrpAnswer::Later)))
            .filter_map(|line| line.question(today).map(|question| (line, question)))
            .unzip();
        if questions.is_empty() {
            return Ok(());
        }
        let answers = self.brp_answers(caller, &questions).await?;
        for (line, answer) in rest.into_iter().zip(answers) {
            line.answer = Some(answer);
        }
        self.change_worklist(caller, &lines).await
    }

    /// Nothing is kept of somebody who does not consent, on no list either (rule T10).
    pub(super) async fn forget_line(&self, caller: &Caller, number: u32) -> PortResult<()> {
        let Some((mut lines, _)) = self.stored_worklist(caller).await? else {
            return Ok(());
        };
        lines.retain(|line| line.number != number);
        self.change_worklist(caller, &lines).await
    }

    async fn change_worklist(&self, caller: &Caller, lines: &[Kept]) -> PortResult<()> {
        let sealed = self.seal_worklist(caller, lines);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        worklists::update(&mut tx, caller.user_id, &sealed)
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }

    /// The list beside what this institution recorded of its persons; audited.
    async fn seen_worklist(&self, caller: &Caller) -> PortResult<Option<Seen>> {
        let party = deliverer(caller)?;
        let Some((lines, made)) = self.stored_worklist(caller).await? else {
            return Ok(None);
        };
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let persons = self.persons_on(&mut tx, &lines).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let keys: Vec<Uuid> = persons.values().copied().collect();
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let newest = registrations::newest(&mut tx, party, &keys)
            .await
            .or_broken(caller)?;
        let line = event(caller, Kind::RegistrationRead)
            .about(keys)
            .detail("worklist", lines.len());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        let newest = newest.into_iter().map(|one| (one.person_id, one)).collect();
        Ok(Some(Seen {
            lines,
            made,
            newest,
            persons,
        }))
    }

    /// Persons of the register by the number of their line.
    async fn persons_on(
        &self,
        tx: &mut crate::store::WorkerTx<'_>,
        lines: &[Kept],
    ) -> Result<HashMap<u32, Uuid>, StoreError> {
        let today = self.road.clock.day(self.road.clock.now());
        let macs: Vec<_> = lines
            .iter()
            .filter_map(|line| line.question(today).map(|(bsn, _)| (line.number, bsn)))
            .map(|(number, bsn)| (number, self.road.keys.bsn_mac(&bsn)))
            .collect();
        let Some(key) = macs.first().map(|(_, mac)| mac.key_id()) else {
            return Ok(HashMap::new());
        };
        let all: Vec<Vec<u8>> = macs.iter().map(|(_, mac)| mac.bytes.to_vec()).collect();
        let found: HashMap<Vec<u8>, Uuid> = register::persons_by_bsn(tx, &key, &all)
            .await?
            .into_iter()
            .collect();
        let of = |(number, mac): &(u32, crate::keys::Mac)| {
            found.get(mac.bytes.as_slice()).map(|id| (*number, *id))
        };
        Ok(macs.iter().filter_map(of).collect())
    }
}

impl Seen {
    fn newest_of(&self, line: &Kept) -> Option<&Newest> {
        self.newest.get(self.persons.get(&line.number)?)
    }

    fn stands(&self, line: &Kept) -> Stands {
        let since = clock::dutch_day(self.made.made_at);
        let recorded = self
            .newest_of(line)
            .is_some_and(|newest| clock::dutch_day(newest.recorded_at) >= since);
        match line.answer {
            _ if !line.wrong.is_empty() => Stands::Wrong(line.wrong.clone()),
            _ if recorded => Stands::Recorded,
            Some(BrpAnswer::NotMatchable) => Stands::NotMatchable,
            Some(BrpAnswer::Matchable | BrpAnswer::Later) => Stands::Open,
            Some(BrpAnswer::NotAsked) | None => Stands::NotAsked,
        }
    }
}

/// The last four digits; what is too short to be a number is shown as typed, so that it can be found.
fn masked(typed: &str) -> String {
    let digits: Vec<char> = typed.chars().filter(char::is_ascii_digit).collect();
    match digits.as_slice() {
        [_, .., a, b, c, d] => format!("*****{a}{b}{c}{d}"),
        _ => typed.to_owned(),
    }
}

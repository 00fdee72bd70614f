//! The list of a round through a ward (features F05): pasted, held against rules, BRP and own registrations as one set.

use super::super::{OrBroken, Portal, broken, brp_age, deliverer, event, unopened, words};
use super::brp::floor;
use super::draft::context;
use crate::audit::{self, Kind};
use crate::clock;
use crate::intake::check::Question;
use crate::intake::read::{self, Content, Limits, Needs, Options, ReadError};
use crate::intake::scan::Scanned;
use crate::keys::{Purpose, Sealed};
use crate::store::products::Products;
use crate::store::registrations::{self, Newest};
use crate::store::worklists::{self, WorklistRow};
use crate::store::{StoreError, party_tx, profiles, register, worker_tx};
use app::ports::entry::{BrpAnswer, EarlierJab};
use app::ports::worklist::{Made, Stands, WorklistLine, WorklistView, Worklists};
use app::ports::{Caller, PortError, PortResult};
use domain::dates::dutch;
use domain::finding::{Code, Finding, Severity};
use domain::row::{Column, Context, RowText, check};
use domain::worklist;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use uuid::Uuid;

/// Lines as they were read; one that is no row with the rule that says so.
type Lines = Vec<(worklist::Line, Option<Code>)>;

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
    fn of(line: worklist::Line, wrong: Vec<Finding>) -> Self {
        Self {
            number: line.number,
            bsn: line.bsn,
            birth_date: line.birth_date,
            wrong,
            answer: None,
        }
    }

    fn row(&self) -> RowText {
        let mut row = RowText::default();
        row.set(Column::Toestemming, "J");
        row.set(Column::Bsn, self.bsn.as_str());
        row.set(Column::Geboortedatum, self.birth_date.as_str());
        row
    }

    fn question(&self, today: time::Date) -> Option<Question> {
        Question::of(&self.row(), today.year()).filter(|_| self.wrong.is_empty())
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
        let brp = brp_age(&mut worker, self.road.clock.now())
            .await
            .or_broken(caller)?;
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
            brp,
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
        deliverer(caller)?;
        let today = self.road.clock.day(self.road.clock.now());
        let read = worklist::read(&text, today.year());
        let lines = read.into_iter().map(|line| (line, None)).collect();
        self.make_list(caller, lines).await
    }

    async fn make_worklist_of_file(&self, caller: &Caller, content: Vec<u8>) -> PortResult<Made> {
        deliverer(caller)?;
        if let Some(scanner) = &self.road.scanner {
            match scanner.scan(io::Cursor::new(content.clone())).await {
                Ok(Scanned::Clean) => {}
                Ok(Scanned::Found(what)) => {
                    tracing::warn!(incident = %caller.request_id, %what, "the scanner objects to a worklist");
                    return Ok(Made::Refused(Code::A21));
                }
                Err(error) => {
                    tracing::warn!(incident = %caller.request_id, %error, "a worklist cannot be scanned");
                    return Ok(Made::Later);
                }
            }
        }
        let read = tokio::task::spawn_blocking(move || of_file(content)).await;
        let read = read.map_err(|_| broken(caller, &"the reader of a worklist stopped"))?;
        let (lines, hidden) = match read.map_err(ReadError::into_finding) {
            Ok(read) => read,
            Err(Ok(found)) if found.code == Code::A07 => return Ok(Made::TooLong),
            Err(Ok(found)) => return Ok(Made::Refused(found.code)),
            Err(Err(error)) => return Err(broken(caller, &error)),
        };
        Ok(match self.make_list(caller, lines).await? {
            Made::Done if hidden => Made::WithoutHidden,
            made => made,
        })
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
        if let (Some(answer), Some(asked)) = (line.answer, line.question(today)) {
            // It was asked for the list: the budget is spent once.
            draft.brp = Some(answer);
            draft.asked = Some(asked.digest(&self.road.keys));
        }
        draft.worklist = Some(line.number);
        Ok(Some(self.new_draft(caller, &draft).await?))
    }
}

impl Portal {
    /// Holds lines against the rules of a row, keeps them, and asks the BRP as far as the budget goes. A line that is no row
    /// comes with the rule that says so.
    async fn make_list(&self, caller: &Caller, read: Lines) -> PortResult<Made> {
        let party = deliverer(caller)?;
        if read.is_empty() {
            return Ok(Made::Empty);
        }
        if read.len() > worklist::MOST {
            return Ok(Made::TooLong);
        }
        let today = self.road.clock.day(self.road.clock.now());
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let products = Products::load(&mut tx, today).await.or_broken(caller)?;
        let profile = profiles::of(&mut tx, party, caller.user_id)
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let rules = context(today, &products, profile);
        let mut known = HashSet::new();
        let mut lines = Vec::new();
        for (line, no_row) in read {
            let kept = match no_row {
                Some(code) => Kept::of(line, vec![Finding::whole(code)]),
                None => checked(line, &rules),
            };
            // Twice on the list is one person.
            let again = kept
                .question(today)
                .is_some_and(|asked| !known.insert(asked.bsn));
            if !again {
                lines.push(kept);
            }
        }
        self.keep_worklist(caller, party, &lines).await?;
        match self.ask_further(caller).await {
            // The list stands; the page says who was not asked about.
            Ok(()) | Err(PortError::TooMany(_)) => Ok(Made::Done),
            Err(error) => Err(error),
        }
    }

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
        let lines = self.open_worklist(caller, row.sealed.clone());
        Ok(Some((lines.or_broken(caller)?, row)))
    }

    fn open_worklist(&self, caller: &Caller, sealed: Vec<u8>) -> Result<Vec<Kept>, StoreError> {
        let aad = Purpose::Worklist.of(caller.user_id.as_bytes());
        let plain = self.road.keys.open(&Sealed::from_bytes(sealed), &aad);
        let plain = plain.map_err(|_| unopened())?;
        serde_json::from_slice(&plain).map_err(|_| unopened())
    }

    /// Asks about those that were not asked about, as far as the budget goes.
    async fn ask_rest(&self, caller: &Caller) -> PortResult<()> {
        deliverer(caller)?;
        let Some((lines, _)) = self.stored_worklist(caller).await? else {
            return Err(PortError::NotFound);
        };
        let today = self.road.clock.day(self.road.clock.now());
        let (rest, questions): (Vec<_>, Vec<_>) = lines
            .iter()
            .filter(|line| matches!(line.answer, None | Some(BrpAnswer::Later)))
            .filter_map(|line| line.question(today).map(|question| (line, question)))
            .unzip();
        if questions.is_empty() {
            return Ok(());
        }
        let answers = self.brp_answers(caller, &questions).await?;
        let whom = |line: &Kept| (line.bsn.clone(), line.birth_date.clone());
        let rest = rest.into_iter().map(whom);
        let answers: HashMap<_, _> = rest.zip(answers).collect();
        self.change_worklist(caller, |lines| {
            for line in lines {
                line.answer = answers.get(&whom(line)).copied().or(line.answer);
            }
        })
        .await
    }

    /// Nothing is kept of somebody who does not consent, on no list either (rule T10).
    pub(super) async fn forget_line(&self, caller: &Caller, number: u32) -> PortResult<()> {
        self.change_worklist(caller, |lines| lines.retain(|line| line.number != number))
            .await
    }

    /// Changes the list as it stands now, whatever another tab did to it meanwhile; nothing when it is gone.
    async fn change_worklist(
        &self,
        caller: &Caller,
        change: impl FnOnce(&mut Vec<Kept>),
    ) -> PortResult<()> {
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let stands = worklists::lock(&mut tx, caller.user_id).await;
        let Some(stands) = stands.or_broken(caller)? else {
            return Ok(());
        };
        let mut lines = self.open_worklist(caller, stands).or_broken(caller)?;
        change(&mut lines);
        let sealed = self.seal_worklist(caller, &lines);
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
            .filter_map(|line| line.question(today).map(|asked| (line.number, asked.bsn)))
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

/// A line against the rules; repaired as a row of a delivery would be (a day number of a spreadsheet is a date).
fn checked(line: worklist::Line, rules: &Context<'_>) -> Kept {
    let mut kept = Kept::of(line, Vec::new());
    let row = kept.row();
    let checked = check(&row.as_raw(), rules);
    let repaired = checked.repaired(&row.as_raw());
    let ours = [Column::Bsn, Column::Geboortedatum];
    kept.wrong = checked
        .findings
        .into_iter()
        .filter(|found| {
            let ours = found.column.is_some_and(|column| ours.contains(&column));
            found.severity == Severity::Fout && ours
        })
        .collect();
    if kept.wrong.is_empty() {
        kept.bsn = repaired.get(Column::Bsn).to_owned();
        kept.birth_date = repaired.get(Column::Geboortedatum).to_owned();
    }
    kept
}

/// Lines of a file, read as a delivery is: workbooks by the limited child. And whether hidden rows were left out.
fn of_file(content: Vec<u8>) -> Result<(Lines, bool), ReadError> {
    let limits = Limits {
        bytes: worklist::MOST_BYTES,
        rows: u32::try_from(worklist::MOST).unwrap_or(u32::MAX),
    };
    let options = Options {
        needs: Needs::Person,
        ..Options::new(limits)
    };
    let opened = read::open(Arc::new(content), &options).map_err(ReadError::Io)?;
    let Some(table) = opened.table else {
        let mut refusing = opened.findings.into_iter();
        let refused = refusing.find(|finding| finding.severity == Severity::Fout);
        let refused = refused.unwrap_or_else(|| Finding::whole(Code::A02));
        return Err(ReadError::Refused(refused));
    };
    let mut rows = table.rows().map_err(ReadError::Io)?;
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        let line = |bsn: &str, birth_date: &str| worklist::Line {
            number: row.number,
            bsn: bsn.to_owned(),
            birth_date: birth_date.to_owned(),
        };
        lines.push(match &row.content {
            Content::Cells(cells) => {
                let cell = |column| cells.get(column).trim();
                (line(cell(Column::Bsn), cell(Column::Geboortedatum)), None)
            }
            Content::Broken(code, _) => (line("", ""), Some(*code)),
        });
    }
    Ok((lines, rows.hidden() > 0))
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

//! Mending refused rows: what the sender types is judged by the rules of the file, and takes the place of the row.
//!
//! A row of a preview is judged as in a preview; a row of a delivery that ended goes on into the register, with the
//! delivery and its number as provenance. What stood there before is kept. Two rows that contradicted each other
//! (rule D02) are judged together: mending one frees the other. What RIVM changes in stored rows that wait goes the same way,
//! and their registrations get a version more.

use super::Road;
use super::check::{self, Desk, Question};
use super::decide::products_of;
use super::judge;
use super::matching::{self, Effect, Incoming, Judged, Linked, Place};
use super::process::{Gather, context_of, today_of};
use super::store::{self, Errand, Keep};
use super::suggest::{self, Bench};
use crate::audit::Event;
use crate::keys::{Mac, Purpose, Sealed};
use crate::store::brp_checks::{self, Check};
use crate::store::deliveries;
use crate::store::mend::{self, Standing, Stands};
use crate::store::suggestions::{self, Shown};
use crate::store::{StoreError, WorkerTx, register, withdrawals};
use domain::bsn::Bsn;
use domain::dates::Days;
use domain::delivery::{Channel, Counts, FileOutcome, RowOutcome};
use domain::duplicate::{InFile, InFileFinding};
use domain::finding::{Code, Filled, Finding};
use domain::matching::Match;
use domain::row::{Accepted, Checked, Column, RowText};
use domain::vaccine::VaccineId;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

/// Rows that are looked at for one that is mended: what a portal takes (specification §3). A change in all rows that share a
/// value goes through a larger delivery by portions of so many.
const WITHIN_FILE: i32 = 20_000;

/// Rows as somebody mended them.
#[derive(Clone)]
pub struct Mending {
    /// The delivery.
    pub delivery: Uuid,
    /// Whose it must be.
    pub party: Uuid,
    /// Who mends.
    pub by: Uuid,
    /// That is somebody of RIVM: no registration gets their name.
    pub staff: bool,
    /// How often the BRP may be asked (security §4.6); `None` for who sees the BRP anyway.
    pub asks: Option<Allowance>,
    /// Only what it would come to is asked: where that takes no writing, nothing is written. The caller undoes the rest.
    pub foresee: bool,
    /// The decision that says so, kept in the history of the rows.
    pub decision: Option<Uuid>,
    /// It is done again after the file was read anew: in the rows as they stand now, right or wrong.
    pub again: bool,
    /// Names and codes mean what the lists of this day say, where that is later than now.
    pub as_of: Option<Date>,
    /// The rows, each number once.
    pub rows: Vec<Typed>,
}

/// How many more persons the BRP may be asked about.
#[derive(Debug, Clone, Copy)]
pub struct Allowance {
    /// So many, beside those who stood in the file and those who were asked about today.
    pub more: i64,
    /// All is undone: rows beyond it are judged by everything but the BRP. Else they stay as they stand.
    pub only_look: bool,
}

/// One of them.
#[derive(Clone, Default)]
pub struct Typed {
    /// Number of the row.
    pub number: u32,
    /// The row as it stood when the form was made.
    pub seen: Uuid,
    /// Cells as typed; the others stay as they stand.
    pub cells: Vec<(Column, String)>,
    /// Only a row whose vaccination was on one of these days changes.
    pub days: Days,
    /// Why the sender goes on although not matchable (features F39), empty for no reason; `None` leaves it.
    pub reason: Option<String>,
    /// The same change in every refused row with the same wrong value.
    pub everywhere: bool,
    /// Judged anew although nothing changed.
    pub anyway: bool,
    /// RIVM found its person, by this decision: a row that is stored and waits is judged anew too, and gets a version more.
    /// Without a BSN such a link is undone.
    pub linked: Option<(Uuid, Option<Bsn>)>,
    /// RIVM changes a row that is stored and waits: it gets a version more.
    pub stored: bool,
}

/// What came of it.
#[expect(
    clippy::large_enum_variant,
    reason = "one is made a mending, and taken apart at once"
)]
pub enum Mended {
    /// Nothing of this delivery can be mended now: it is being stored, or was withdrawn.
    Closed,
    /// Nobody approves any more that the party delivers so: what its people change waits for that (features F-X10).
    NotApproved,
    /// Row by row.
    Done(Done),
}

/// What came of the rows.
#[derive(Default)]
pub struct Done {
    /// Of each typed row, in their order.
    pub rows: Vec<(u32, Became)>,
    /// Numbers of the rows that were judged anew, those included that only depend on a mended one.
    pub judged: Vec<i32>,
    /// Persons in the register they are about.
    pub persons: Vec<Uuid>,
    /// What becomes of the records of persons.
    pub records: Vec<Record>,
    /// What the rows share with rows of other deliveries, where only that was asked: their person, and the key of their sender.
    pub shared: Vec<(u32, Vec<u8>)>,
    /// Findings of the row whose person RIVM found, as RIVM sees them.
    pub of_linked: Vec<Finding>,
    /// What the BRP was asked, once per person, with whose BSN; only of rows whose sender is held to a budget.
    pub asked: Vec<(Mac, Check)>,
    /// Whom it may not be asked about now.
    pub unasked: Vec<Mac>,
    /// There is no consent after all: the raw file, which says who it is about, has to go (rule T10).
    pub unconsented: bool,
    /// Rows were written.
    wrote: bool,
    /// What the log has to say of rows of others that moved with them: whoever keeps this writes it, after all else, for a chain of
    /// the log is what everybody holds last.
    pub lines: Vec<Event>,
}

impl Done {
    /// Questions to the BRP that did not stand in the file.
    fn typed_questions(&self) -> i64 {
        let typed = self.asked.iter().filter(|(_, check)| !check.of_file);
        i64::try_from(typed.count()).unwrap_or(i64::MAX)
    }

    /// The portion that follows.
    fn join(&mut self, next: Self) {
        self.judged.extend(next.judged);
        self.persons.extend(next.persons);
        for (who, check) in next.asked {
            let known = |(_, other): &(Mac, Check)| other.question == check.question;
            if !self.asked.iter().any(known) {
                self.asked.push((who, check));
            }
        }
        self.unconsented |= next.unconsented;
        self.wrote |= next.wrote;
        self.lines.extend(next.lines);
    }
}

/// A row that gives its person a vaccination that counts.
pub struct Record {
    /// Its number.
    pub row: u32,
    /// The person.
    pub person: Uuid,
    /// Its product.
    pub vaccine: VaccineId,
}

impl Record {
    fn of(row: &Judged) -> Option<Self> {
        let Effect::Report {
            place: Place::New(_),
            replaces,
            ..
        } = &row.effect
        else {
            return None;
        };
        // What is stored and waits does not count yet.
        if replaces.is_some() && row.row.stored.is_none() {
            return None;
        }
        let Some(Accepted::Vaccination(jab)) = &row.row.accepted else {
            return None;
        };
        let person = row.row.person?;
        (row.outcome == RowOutcome::Geaccepteerd).then(|| Self {
            row: row.row.line,
            person,
            vaccine: jab.vaccine(),
        })
    }
}

/// What became of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Became {
    /// Judged anew: its outcome, and what its sender may see of the findings.
    Judged(RowOutcome, Vec<Finding>),
    /// It was refused no more.
    RightAlready,
    /// The vaccination was on another day than the change is about: left as it stands.
    Outside,
    /// Somebody else changed it meanwhile, and it is still refused: not judged.
    Changed,
    /// Nothing was changed in it.
    Same,
    /// Not judged: the BRP may not be asked about its person now.
    Later,
}

struct Line {
    stands: Stands,
    text: RowText,
    reason: Option<String>,
    findings: Vec<Finding>,
    linked: Option<Linked>,
    /// Its registration, which gets a version more.
    stored: Option<Uuid>,
}

impl Line {
    fn number(&self) -> u32 {
        u32::try_from(self.stands.row_number).unwrap_or_default()
    }

    /// RIVM finds its person, or found it and nothing else is said now.
    fn is_found(&self, standing: &HashMap<Uuid, Standing>) -> bool {
        match &self.linked {
            Some(linked) => linked.bsn.is_some(),
            None => self
                .stored
                .and_then(|own| standing.get(&own))
                .is_some_and(|stands| stands.link.is_some() && stands.bsn_enc.is_some()),
        }
    }

    /// What it says, with the BSN of whom RIVM found: what a suggestion is held against.
    fn meant(&self) -> RowText {
        let mut text = self.text.clone();
        if let Some(bsn) = self.linked.as_ref().and_then(|linked| linked.bsn) {
            text.set(Column::Bsn, bsn.expose());
        }
        text
    }

    fn has(&self, codes: &[Code]) -> bool {
        self.findings
            .iter()
            .any(|finding| codes.contains(&finding.code))
    }
}

/// Judges mended rows, and what depends on them, in the caller's transaction.
///
/// # Errors
/// When the database fails; `NotFound` when the party has no such row.
pub async fn mend(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    mending: Mending,
) -> Result<Mended, StoreError> {
    by_portions(road, tx, mending, WITHIN_FILE).await
}

/// The same, with another size of portions. The result does not depend on it, but for rows that contradict each other only as
/// they are mended: of two in different portions the first is stored.
///
/// # Errors
/// As [`mend()`].
pub async fn by_portions(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    mending: Mending,
    size: i32,
) -> Result<Mended, StoreError> {
    let work = deliveries::work(tx, mending.delivery).await?;
    if work.party_id != mending.party {
        return Err(StoreError::NotFound);
    }
    let keep = match work.state.as_str() {
        "preview" => Keep::Preview,
        "done" => Keep::Register,
        _ => return Ok(Mended::Closed),
    };
    // RIVM judges what came while it was approved; what its people type is new.
    if keep == Keep::Register && !work.approved && !mending.staff {
        return Ok(Mended::NotApproved);
    }
    // What is being withdrawn goes through its rows once: a new one would be missed.
    if withdrawals::runs(tx, work.party_id, mending.delivery).await? {
        return Ok(Mended::Closed);
    }
    let today = today_of(road, &work);
    // What names and codes mean is asked of the lists of now: a name may have come since the delivery.
    let known = today.max(road.clock.day(road.clock.now()));
    let known = mending.as_of.map_or(known, |day| known.max(day));
    let products = products_of(road, tx, work.party_id, known).await?;
    let channel = Channel::parse(&work.channel).ok_or(StoreError::NotFound)?;
    let errand = Errand {
        road,
        products: &products,
        delivery: mending.delivery,
        party: mending.party,
        channel,
        by: Some(mending.by).filter(|_| !mending.staff),
        now: road.clock.now(),
        today,
        reference: None,
        reason: None,
        previewed: false,
        counted_before: false,
    };
    let shop = Shop {
        road,
        mending: &mending,
        errand,
        desk: Desk {
            context: context_of(&work, &products, channel, today),
            keys: &road.keys,
        },
        keep,
        whole: work.rows_read <= size,
    };
    let mut spread = Vec::new();
    let (mut done, mut more) = portion(&shop, tx, &mut spread, None, size).await?;
    // Only the typed rows are asked about when nothing is written.
    while let Some(after) = more.filter(|_| !mending.foresee && !spread.is_empty()) {
        let from = Some((after, done.typed_questions()));
        let next;
        (next, more) = portion(&shop, tx, &mut spread, from, size).await?;
        done.join(next);
    }
    if done.wrote {
        settle(tx, &work, mending.delivery, keep).await?;
    }
    Ok(Mended::Done(done))
}

/// What every portion needs.
struct Shop<'a> {
    road: &'a Road,
    mending: &'a Mending,
    errand: Errand<'a>,
    desk: Desk<'a>,
    keep: Keep,
    /// Every portion has all rows of the delivery.
    whole: bool,
}

/// A change in every refused row with the same wrong value: column, old value, new one.
type Spread = Vec<(Column, String, String)>;

/// The typed rows and `size` others; or, `after` a row, the next refused ones, in which the change is made that was typed
/// before; with how many questions to the BRP that took. Answers what came of it, and the last row it looked at when more
/// may follow.
async fn portion(
    shop: &Shop<'_>,
    tx: &mut WorkerTx<'_>,
    spread: &mut Spread,
    after: Option<(i32, i64)>,
    size: i32,
) -> Result<(Done, Option<i32>), StoreError> {
    let &Shop {
        road,
        mending,
        ref errand,
        ref desk,
        keep,
        whole,
    } = shop;
    let (products, today) = (errand.products, errand.today);
    let numbers = mending
        .rows
        .iter()
        .map(|row| i32::try_from(row.number).map_err(|_| StoreError::NotFound))
        .collect::<Result<Vec<i32>, _>>()?;
    let everywhere = mending.rows.iter().any(|row| row.everywhere);
    let (rows, more) = match after {
        None => mend::rows(tx, mending.delivery, &numbers, everywhere, size).await?,
        Some((after, _)) => mend::refused_after(tx, mending.delivery, after, size).await?,
    };
    let more = more.filter(|_| everywhere);
    let mut lines = open(road, rows)?;
    let ids: Vec<Uuid> = lines.iter().map(|line| line.stands.id).collect();
    let suggested = suggestions::open(tx, &ids).await?;
    let before = texts_of(&lines, &suggested);
    let mut asks = Asks::default();
    let only_look = mending.asks.is_some_and(|asks| asks.only_look);
    // What is typed here is asked about in the first portion.
    let typed: &[Typed] = if after.is_none() { &mending.rows } else { &[] };
    if let Some(allowance) = mending.asks {
        let most = allowance.more - after.map_or(0, |(_, spent)| spent);
        let now = road.clock.now();
        asks = Asks::within(tx, desk, &lines, (mending, typed), most, now).await?;
    }
    let waits = |row: &&Typed| !only_look && asks.later.contains(&row.number);
    let (later, typed): (Vec<&Typed>, Vec<&Typed>) = typed.iter().partition(waits);
    let day_of = |text: &RowText| check::day_of(&text.as_raw(), &desk.context);
    let own = |number: u32| mending.rows.iter().any(|row| row.number == number);
    let stays = |number: u32| asks.later.contains(&number) || (after.is_some() && own(number));
    let (changed, mut done) = change(&mut lines, &typed, spread, stays, mending.again, day_of)?;
    let later = later.iter().map(|row| (row.number, Became::Later));
    done.rows.extend(later);
    done.unasked = std::mem::take(&mut asks.unasked);
    if changed.is_empty() {
        return Ok((done, more));
    }
    let bench = Bench {
        keys: &road.keys,
        products,
        today,
    };
    let standing = standing(tx, &lines).await?;
    let mut beside = Vec::new();
    if !whole {
        beside = stored_beside(shop, tx, &lines, &standing, &changed).await?;
    }
    let judged = stage_one(&lines, &standing, desk, &changed, &beside);
    let again = again(&lines, &judged, &changed, keep);
    // What is only foreseen is one chunk, as a preview is.
    let mut gather = Gather::new(keep == Keep::Preview || mending.foresee);
    let mut chunks: Vec<Vec<Incoming>> = Vec::new();
    for at in &again {
        let (line, checked) = (&lines[*at], judged[*at].clone());
        let mut row = desk.take(line.number(), line.text.clone(), checked);
        row.reason.clone_from(&line.reason);
        row.replaces = line.stands.replaces;
        row.linked.clone_from(&line.linked);
        row.unasked = asks.later.contains(&row.line);
        row.stored = line.stored;
        if let Some(stands) = line.stored.and_then(|own| standing.get(&own)) {
            keeps(road, stands, &mut row)?;
        }
        chunks.extend(gather.add(row));
    }
    chunks.push(gather.into_rows());
    // A second chunk sees what the first one wrote.
    let writes = !mending.foresee || chunks.len() > 1;

    let numbers: Vec<i32> = changed
        .iter()
        .map(|at| lines[*at].stands.row_number)
        .collect();
    // What was said of somebody who gave no consent is not kept, in no version (rule T10).
    let kept: Vec<bool> = changed
        .iter()
        .map(|at| !check::refuses_consent(&lines[*at].text))
        .collect();
    let now = errand.now;
    done.unconsented = kept.contains(&false);
    done.judged = again
        .iter()
        .map(|at| lines[*at].stands.row_number)
        .collect();
    let mut taken = Vec::new();
    if writes {
        let stood = before.into_iter();
        let stood = stood.map(|(at, text)| (lines[at].stands.id, (text, lines[at].meant())));
        suggest::settle(tx, &bench, &suggested, &stood.collect(), now).await?;
        let how = (mending.by, mending.decision);
        mend::remember(tx, mending.delivery, &numbers, &kept, how, now).await?;
        let stored = lines.iter().filter(|line| line.stored.is_some());
        let stored: Vec<Uuid> = stored.map(|line| line.stands.id).collect();
        taken = mend::take_out(tx, mending.delivery, &done.judged, &stored).await?;
    }

    let mut outcomes: BTreeMap<u32, (RowOutcome, Vec<Finding>)> = BTreeMap::new();
    for chunk in chunks.into_iter().filter(|rows| !rows.is_empty()) {
        let keeps = if writes { keep } else { Keep::Nothing };
        let mut stored = store::chunk(tx, errand, chunk, keeps).await?;
        done.lines.append(&mut stored.lines);
        let linked = stored.judged.iter().find(|row| row.row.linked.is_some());
        if let Some(linked) = linked {
            done.of_linked.clone_from(&linked.row.findings);
        }
        done.records
            .extend(stored.judged.iter().filter_map(Record::of));
        if mending.foresee {
            for row in &stored.judged {
                let key = row.row.source_key.as_ref();
                let key = key.map(|key| key.as_bytes().to_vec());
                let person = store::key_of(&road.keys, &row.row);
                let both = person.into_iter().chain(key);
                done.shared.extend(both.map(|one| (row.row.line, one)));
            }
        }
        if mending.asks.is_some() {
            asks.answered(desk, &stored.judged, &mut done);
        }
        let judged = stored.judged.into_iter();
        outcomes.extend(judged.map(|row| (row.row.line, (row.outcome, row.shown))));
        done.persons.extend(stored.persons);
    }
    for (number, became) in &mut done.rows {
        if matches!(became, Became::Judged(..))
            && let Some((outcome, findings)) = outcomes.remove(number)
        {
            *became = Became::Judged(outcome, findings);
        }
    }
    if only_look {
        for (number, became) in &mut done.rows {
            if asks.later.contains(number) && matches!(became, Became::Judged(..)) {
                *became = Became::Later;
            }
        }
    }
    if writes {
        mend::go_on_waiting(tx, mending.delivery, &taken).await?;
    }
    done.wrote = writes;
    Ok((done, more))
}

/// Whom mended rows ask the BRP about.
#[derive(Default)]
struct Asks {
    /// Questions that did not stand in the file.
    typed: HashSet<Vec<u8>>,
    /// Rows whose question the budget does not cover.
    later: HashSet<u32>,
    /// Whom they are about.
    unasked: Vec<Mac>,
}

impl Asks {
    /// Holds the rows against the budget: those that were typed, and those that were mended before and are refused still,
    /// which can come along. A person is asked about once, however many rows say the same and however often in a day; a
    /// row whose BSN, birth date and name stay as they were delivered asks what its file asked already.
    async fn within(
        tx: &mut WorkerTx<'_>,
        desk: &Desk<'_>,
        lines: &[Line],
        (mending, rows): (&Mending, &[Typed]),
        most: i64,
        now: OffsetDateTime,
    ) -> Result<Self, StoreError> {
        let before = mend::mended_before(tx, mending.delivery).await?;
        let question = |text: &RowText| {
            let checked = check::row(&text.as_raw(), &desk.context);
            let repaired = checked.repaired(&text.as_raw());
            let asked = Question::of(&repaired, desk.context.today.year())?;
            let digest = asked.digest(desk.keys);
            Some((checked.accepted.is_some(), asked.bsn, digest))
        };
        let places: HashMap<u32, &Line> = lines.iter().map(|line| (line.number(), line)).collect();
        let (mut asked, mut typed) = (Vec::new(), HashSet::new());
        for row in rows {
            let Some(line) = places.get(&row.number) else {
                continue;
            };
            typed.insert(row.number);
            let mut text = line.text.clone();
            for (column, cell) in &row.cells {
                if !same_in_a_box(text.get(*column), cell) {
                    text.set(*column, cell.as_str());
                }
            }
            let Some((true, bsn, digest)) = question(&text) else {
                continue;
            };
            let stood = question(&line.text).map(|(_, _, digest)| digest);
            if stood.as_ref() != Some(&digest) || before.contains(&line.stands.row_number) {
                asked.push((row.number, bsn, digest));
            }
        }
        for line in lines {
            let comes_along = line.stands.is_open() && before.contains(&line.stands.row_number);
            if comes_along
                && !typed.contains(&line.number())
                && let Some((_, bsn, digest)) = question(&line.text)
            {
                asked.push((line.number(), bsn, digest));
            }
        }
        let digests: Vec<Vec<u8>> = asked.iter().map(|(_, _, digest)| digest.clone()).collect();
        let mut free = brp_checks::known(tx, mending.by, &digests, now).await?;
        let mut asks = Self::default();
        let mut left = most;
        for (number, bsn, digest) in asked {
            if !free.contains(&digest) {
                if left <= 0 {
                    asks.later.insert(number);
                    if typed.contains(&number) {
                        asks.unasked.push(desk.keys.bsn_mac(&bsn));
                    }
                    continue;
                }
                left -= 1;
                free.insert(digest.clone());
            }
            asks.typed.insert(digest);
        }
        Ok(asks)
    }

    /// Keeps what the BRP answered.
    fn answered(&self, desk: &Desk<'_>, judged: &[Judged], done: &mut Done) {
        let mut seen: HashSet<Vec<u8>> = done
            .asked
            .iter()
            .map(|(_, check)| check.question.clone())
            .collect();
        for row in judged {
            let Some(Accepted::Vaccination(jab)) = &row.row.accepted else {
                continue;
            };
            // Without an answer it was asked only when the BRP is late.
            let late = row.note == Some(Match::Uitgesteld.as_str()) && !row.row.unasked;
            let Some(bsn) = row.row.bsn(jab).filter(|_| late || row.matched.is_some()) else {
                continue;
            };
            let question = Question::of_person(bsn, jab.person()).digest(desk.keys);
            if seen.insert(question.clone()) {
                let of_file = !self.typed.contains(&question);
                let check = Check {
                    question,
                    matched: row.matched,
                    of_file,
                };
                done.asked.push((desk.keys.bsn_mac(bsn), check));
            }
        }
    }
}

/// The registrations that get a version more, as they stand.
async fn standing(
    tx: &mut WorkerTx<'_>,
    lines: &[Line],
) -> Result<HashMap<Uuid, Standing>, StoreError> {
    let registrations: Vec<Uuid> = lines.iter().filter_map(|line| line.stored).collect();
    if registrations.is_empty() {
        return Ok(HashMap::new());
    }
    let found = mend::standing(tx, &registrations).await?;
    Ok(found.into_iter().map(|one| (one.id, one)).collect())
}

/// What a stored row keeps. Its key, above all: one that we made of the content is not made anew, for with another value, other
/// defaults of the party, or another digest, it would be that of another registration. And the person that RIVM found,
/// unless it is said anew who that is.
fn keeps(road: &Road, stands: &Standing, row: &mut Incoming) -> Result<(), StoreError> {
    row.source_key = Some(stands.source_key.clone());
    let found = stands.link.zip(stands.person).zip(stands.bsn_enc.clone());
    if let (None, Some(((decision, person), sealed))) = (&row.linked, found) {
        let bsn = road.keys.open_bsn(&Sealed::from_bytes(sealed), person);
        let bsn = Some(bsn.map_err(|_| broken())?);
        row.linked = Some(Linked { decision, bsn });
    }
    Ok(())
}

/// What stands in the rows about which something was suggested: their place and text.
fn texts_of(lines: &[Line], suggested: &[Shown]) -> Vec<(usize, RowText)> {
    let about = |line: &Line| suggested.iter().any(|one| one.row == line.stands.id);
    let places = lines.iter().enumerate();
    places
        .filter(|(_, line)| about(line))
        .map(|(at, line)| (at, line.text.clone()))
        .collect()
}

fn open(road: &Road, rows: Vec<Stands>) -> Result<Vec<Line>, StoreError> {
    rows.into_iter()
        .map(|stands| {
            let text = match &stands.raw_sealed {
                None => RowText::default(),
                Some(sealed) => text_of(road, stands.id, sealed)?,
            };
            let reason = reason_of(road, stands.id, stands.reason_sealed.as_ref())?;
            let findings = serde_json::from_value(stands.findings.clone()).unwrap_or_default();
            Ok(Line {
                stands,
                text,
                reason,
                findings,
                linked: None,
                stored: None,
            })
        })
        .collect()
}

fn broken() -> StoreError {
    StoreError::Broken("sealed row".to_owned())
}

fn unsealed(road: &Road, purpose: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let plain = road
        .keys
        .open(&Sealed::from_bytes(sealed.to_vec()), purpose)
        .map_err(|_| broken())?;
    Ok(plain.to_vec())
}

fn text_of(road: &Road, row: Uuid, sealed: &[u8]) -> Result<RowText, StoreError> {
    let plain = unsealed(road, &Purpose::Row.of(row.as_bytes()), sealed)?;
    serde_json::from_slice(&plain).map_err(|_| broken())
}

fn reason_of(
    road: &Road,
    row: Uuid,
    sealed: Option<&Vec<u8>>,
) -> Result<Option<String>, StoreError> {
    let Some(sealed) = sealed else {
        return Ok(None);
    };
    let plain = unsealed(road, &Purpose::Reason.of(row.as_bytes()), sealed)?;
    Ok(Some(String::from_utf8_lossy(&plain).into_owned()))
}

/// The file of a preview was read anew: what was made of its rows before is made of them again, where they say what they
/// said then. Each in the name of who did it; how many rows. Judged as any mended row.
///
/// # Errors
/// When the database fails.
pub(super) async fn put_back(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
) -> Result<usize, StoreError> {
    let mut by: BTreeMap<Uuid, Vec<Typed>> = BTreeMap::new();
    let mut done = HashSet::new();
    for aside in mend::aside(tx, party, delivery).await? {
        let now = text_of(road, aside.now_id, &aside.now_sealed)?;
        if now != text_of(road, aside.file_id, &aside.file_sealed)?
            || !done.insert(aside.row_number)
        {
            continue;
        }
        let mended = text_of(road, aside.id, &aside.raw_sealed)?;
        let cells = Column::ALL
            .into_iter()
            .filter(|column| mended.get(*column) != now.get(*column))
            .map(|column| (column, mended.get(column).to_owned()));
        by.entry(aside.mended_by).or_default().push(Typed {
            number: u32::try_from(aside.row_number).map_err(|_| broken())?,
            seen: aside.now_id,
            cells: cells.collect(),
            reason: reason_of(road, aside.id, aside.reason_sealed.as_ref())?,
            // A short line may have been sent on as it stood.
            anyway: true,
            ..Typed::default()
        });
    }
    let mut rows = 0;
    for (who, typed) in by {
        let mending = Mending {
            delivery,
            party,
            by: who,
            staff: false,
            // What was asked about these rows was asked when they were mended.
            asks: None,
            foresee: false,
            decision: None,
            again: true,
            as_of: None,
            rows: typed,
        };
        // Of a preview no row of others moves: there is nothing to tell.
        if let Mended::Done(done) = mend(road, tx, mending).await? {
            let judged = |became: &Became| matches!(became, Became::Judged(..));
            rows += done
                .rows
                .iter()
                .filter(|(_, became)| judged(became))
                .count();
        }
    }
    Ok(rows)
}

/// Puts the typed cells in place; answers the places of the rows that changed, and what is known of the typed ones:
/// those that changed are said to be judged, and will be. A change for all goes to the rows that do not stay as they are.
fn change(
    lines: &mut [Line],
    typed: &[&Typed],
    spread: &mut Spread,
    stays: impl Fn(u32) -> bool,
    again: bool,
    day_of: impl Fn(&RowText) -> Option<Date>,
) -> Result<(BTreeSet<usize>, Done), StoreError> {
    let places: HashMap<u32, usize> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| (line.number(), at))
        .collect();
    let (mut changed, mut done) = (BTreeSet::new(), Done::default());
    for row in typed {
        let at = *places.get(&row.number).ok_or(StoreError::NotFound)?;
        let line = &mut lines[at];
        let cells = row.cells.iter();
        let new: Vec<_> = cells
            .filter(|(column, text)| !same_in_a_box(line.text.get(*column), text))
            .collect();
        let reason = row.reason.as_ref().map(|text| text.trim());
        let says_more = reason.is_some_and(|reason| reason != line.reason.as_deref().unwrap_or(""));
        let waits = match row.linked {
            Some((_, None)) => line.stands.report_id.is_some(),
            Some(_) => line.stands.is_open() || line.stands.is_stored_open(),
            None if again => line.stands.state == "pending",
            None if row.stored => line.stands.is_stored_open(),
            None => line.stands.is_open(),
        };
        let became = if !waits {
            Became::RightAlready
        } else if !row.days.is_all() && !row.days.hold(day_of(&line.text)) {
            Became::Outside
        } else if new.is_empty() && !says_more && !row.anyway && row.linked.is_none() {
            Became::Same
        } else if line.stands.id != row.seen && !again {
            Became::Changed
        } else {
            if let Some(reason) = reason {
                line.reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
            }
            for (column, text) in new {
                if row.everywhere && is_shared(*column) {
                    let old = line.text.get(*column).to_owned();
                    spread.push((*column, old, text.clone()));
                }
                line.text.set(*column, text);
            }
            line.linked = row.linked.map(|(decision, bsn)| Linked { decision, bsn });
            line.stored = line
                .stands
                .report_id
                .filter(|_| row.stored || row.linked.is_some());
            changed.insert(at);
            Became::Judged(RowOutcome::Afgekeurd, Vec::new())
        };
        done.rows.push((row.number, became));
    }
    // A row that was typed in itself says what it wants; the change goes to the others.
    let own = changed.clone();
    for (column, old, new) in spread.iter() {
        for (at, line) in lines.iter_mut().enumerate() {
            if !own.contains(&at)
                && !stays(line.number())
                && line.stands.is_open()
                && shares(&line.text, &line.findings, *column, old)
            {
                line.text.set(*column, new.clone());
                changed.insert(at);
            }
        }
    }
    Ok((changed, done))
}

/// Two cells are the same as a text box shows and posts them: without lines and the blanks around. Else a row would
/// change by being looked at.
#[must_use]
pub fn same_in_a_box(one: &str, other: &str) -> bool {
    let in_a_box = |text: &str| text.replace(['\r', '\n'], "").trim().to_owned();
    in_a_box(one) == in_a_box(other)
}

/// The value of this column may be the same in many rows. What names a person, or the row itself, never is: one BSN
/// in thirty rows without would make one person of thirty.
#[must_use]
pub const fn is_shared(column: Column) -> bool {
    !column.is_personal() && !matches!(column, Column::Bronsleutel)
}

/// A refused row has this very value in a column where something is wrong with it.
#[must_use]
pub fn shares(text: &RowText, findings: &[Finding], column: Column, value: &str) -> bool {
    text.get(column) == value
        && findings
            .iter()
            .any(|finding| finding.column == Some(column))
}

/// Rows of the delivery that are not among the lines, and are stored about the persons or under the keys of changed ones, and of
/// those that contradict another: what is said of these in one file is held together, however large. By their numbers.
async fn stored_beside(
    shop: &Shop<'_>,
    tx: &mut WorkerTx<'_>,
    lines: &[Line],
    standing: &HashMap<Uuid, Standing>,
    changed: &BTreeSet<usize>,
) -> Result<Vec<(u32, Checked)>, StoreError> {
    let (desk, mending) = (&shop.desk, shop.mending);
    let (mut macs, mut keys) = (Vec::new(), Vec::new());
    for (at, line) in lines.iter().enumerate() {
        let contradicted = line.stands.is_open() && line.has(&[Code::D02]);
        if !contradicted && !changed.contains(&at) {
            continue;
        }
        let checked = check::row_of(&line.text.as_raw(), &desk.context, line.is_found(standing));
        match &checked.accepted {
            Some(Accepted::Vaccination(jab)) => {
                macs.extend(jab.person().bsn().map(|bsn| desk.keys.bsn_mac(bsn)));
                keys.extend(jab.source_key().map(|key| key.as_str().to_owned()));
            }
            Some(Accepted::Withdrawal { key, .. }) => keys.push(key.as_str().to_owned()),
            Some(Accepted::Count(_)) | None => {}
        }
    }
    let mut persons = Vec::new();
    if let Some(key) = macs.first().map(Mac::key_id) {
        let macs: Vec<Vec<u8>> = macs.iter().map(|mac| mac.bytes.to_vec()).collect();
        let known = register::persons_by_bsn(tx, &key, &macs).await?;
        persons.extend(known.into_iter().map(|(_, person)| person));
    }
    let among: Vec<i32> = lines.iter().map(|line| line.stands.row_number).collect();
    let of = (mending.party, mending.delivery);
    let found = mend::stored_beside(tx, of, &persons, &keys, &among).await?;
    let beside = open(shop.road, found)?;
    let checked = |line: &Line| {
        let checked = check::row(&line.text.as_raw(), &desk.context);
        (line.number(), checked)
    };
    Ok(beside.iter().map(checked).collect())
}

/// Stage 1 of every row, the rules D01 and D02 over the delivery included, with what is stored `beside` the lines. A row is no
/// double of one whose key keeps it out, as long as that one stands so (see [`matching::judge`]).
fn stage_one(
    lines: &[Line],
    standing: &HashMap<Uuid, Standing>,
    desk: &Desk<'_>,
    changed: &BTreeSet<usize>,
    beside: &[(u32, Checked)],
) -> Vec<Checked> {
    let mut judged: Vec<Checked> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| {
            // What a line of another length means to say is not known until somebody sends it on.
            if !changed.contains(&at) && line.stands.is_open() && line.has(&[Code::R05]) {
                return Checked::refused(Finding::whole(Code::R05));
            }
            let found = line.is_found(standing);
            check::row_of(&line.text.as_raw(), &desk.context, found)
        })
        .collect();
    let mut rows: Vec<(u32, &Checked)> = lines.iter().map(Line::number).zip(&judged).collect();
    rows.extend(beside.iter().map(|(number, checked)| (*number, checked)));
    rows.sort_by_key(|(number, _)| *number);
    let mut in_file = InFile::default();
    for (number, checked) in rows {
        in_file.add(number, checked);
    }
    let at = |number: u32| lines.binary_search_by_key(&number, Line::number).ok();
    let key = |at: usize| match &judged[at].accepted {
        Some(Accepted::Vaccination(jab)) => jab.source_key(),
        _ => None,
    };
    let of_one_kept_out = |found: &InFileFinding| {
        let (Code::D01, Filled::Line(first)) = (found.finding.code, &found.finding.filled) else {
            return false;
        };
        at(*first).zip(at(found.line)).is_some_and(|(first, own)| {
            let stands = !changed.contains(&first) && lines[first].stands.is_open();
            stands && lines[first].has(&matching::BY_KEY) && key(first) != key(own)
        })
    };
    let mut doubles: BTreeMap<u32, Vec<InFileFinding>> = BTreeMap::new();
    for found in in_file.finish() {
        if !of_one_kept_out(&found) {
            doubles.entry(found.line).or_default().push(found);
        }
    }
    for (line, checked) in lines.iter().zip(&mut judged) {
        judge::add_doubles(
            checked,
            doubles.get(&line.number()).map_or(&[], Vec::as_slice),
        );
    }
    judged
}

/// Rows to judge anew: the mended ones, those that contradict another row now or did before, and, as a preview sees
/// nothing of itself in the register, what it already holds of the same persons.
fn again(
    lines: &[Line],
    judged: &[Checked],
    changed: &BTreeSet<usize>,
    keep: Keep,
) -> BTreeSet<usize> {
    let mut again = changed.clone();
    let person = |at: usize| match &judged[at].accepted {
        Some(Accepted::Vaccination(jab)) => jab.person().bsn().copied(),
        _ => None,
    };
    let persons: HashSet<Bsn> = changed.iter().filter_map(|at| person(*at)).collect();
    for (at, (line, checked)) in lines.iter().zip(judged).enumerate() {
        let waits = match keep {
            Keep::Preview => line.stands.state == "pending",
            _ => line.stands.is_open(),
        };
        for codes in [[Code::D01], [Code::D02]] {
            let now = checked
                .findings
                .iter()
                .any(|finding| codes.contains(&finding.code));
            if waits && line.has(&codes) != now {
                again.insert(at);
            }
        }
        let same_person = || person(at).is_some_and(|bsn| persons.contains(&bsn));
        if keep == Keep::Preview && waits && !line.stands.is_open() && same_person() {
            again.insert(at);
        }
    }
    again
}

async fn settle(
    tx: &mut WorkerTx<'_>,
    work: &deliveries::Work,
    id: Uuid,
    keep: Keep,
) -> Result<(), StoreError> {
    let counts: Counts = deliveries::count(tx, id).await?;
    let findings: Vec<Finding> = serde_json::from_value(work.findings.clone()).unwrap_or_default();
    let outcome = FileOutcome::of(&counts, &findings);
    match keep {
        Keep::Register => {
            deliveries::settle(tx, id, "done", Some(outcome.as_str()), counts, None).await
        }
        _ => deliveries::settle(tx, id, "preview", None, counts, None).await,
    }
}

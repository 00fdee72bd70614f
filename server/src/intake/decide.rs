//! A decision of RIVM about the rows of a cluster, carried out (features F52, F-X9).
//!
//! A job. It goes delivery by delivery, each one transaction with its audit line. A row that was dealt with is in the
//! cluster no more, so a kill loses nothing and does nothing twice. A value is put in its place by the road that a
//! sender's own mending takes: the same rules, the same history. A value that is kept is put in rows that come later by the
//! same job, when their delivery ended.

use super::Road;
use super::link;
use super::mend::{self, Became, Mended, Mending, Record, Typed};
use super::reject;
use crate::audit::{self, Event, Kind};
use crate::jobs::{self, Job, JobKind, Stopped};
use crate::keys::{Purpose, Sealed};
use crate::store::answer_files;
use crate::store::decisions::{self, Decision};
use crate::store::products::Products;
use crate::store::rejects;
use crate::store::rulings::{self, Becomes};
use crate::store::{StoreError, WorkerTx, register, suggestions, worker_tx};
use domain::dates::Days;
use domain::decision::DecisionKind;
use domain::delivery::RowOutcome;
use domain::finding::Finding;
use domain::row::{Column, RowText};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use time::{Date, OffsetDateTime};
use tokio::sync::watch;
use uuid::Uuid;

/// Rows of one delivery in one transaction.
const AT_ONCE: usize = 2_000;
/// Rows of one delivery foreseen at once: nothing is written, and each portion looks at all rows of a delivery of a portal.
const FORESEEN_AT_ONCE: usize = 20_000;

/// Carries a decision out.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub async fn decide(road: &Road, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    let Some(decision) = decisions::list(&mut tx, Some(job.subject), 1, 0)
        .await?
        .pop()
    else {
        jobs::finish(&mut tx, job).await?;
        return Ok(tx.commit().await?);
    };
    let decided = match decision.state.as_str() {
        "running" if decision.kept => {
            let mut all = decisions::kept_beside(&mut tx, &decision).await?;
            all.insert(0, decision);
            all
        }
        "running" => vec![decision],
        // Rows came that it holds for. Of two that hold for a day the newest counts.
        "done" => decisions::kept_beside(&mut tx, &decision).await?,
        _ => Vec::new(),
    };
    tx.commit().await?;
    for decision in &decided {
        let mut tx = worker_tx(&road.db).await?;
        let waiting = decisions::waiting(&mut tx, decision).await?;
        tx.commit().await?;
        for (delivery, rows) in by_delivery(waiting, AT_ONCE) {
            if *stop.borrow() {
                return Ok(());
            }
            let mut tx = worker_tx(&road.db).await?;
            jobs::guard(&mut tx, job).await?;
            portion(road, &mut tx, decision, delivery, &rows).await?;
            tx.commit().await?;
        }
    }
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    decisions::finish(&mut tx, job.subject, road.clock.now()).await?;
    jobs::finish(&mut tx, job).await?;
    Ok(tx.commit().await?)
}

/// Rows of one delivery, or a part of them when they are many: (row number, key).
pub type Rows = Vec<(i32, Uuid)>;

fn by_delivery(waiting: Vec<(Uuid, i32, Uuid)>, at_once: usize) -> Vec<(Uuid, Rows)> {
    let mut portions: Vec<(Uuid, Rows)> = Vec::new();
    for (delivery, number, id) in waiting {
        match portions.last_mut() {
            Some((last, rows)) if *last == delivery && rows.len() < at_once => {
                rows.push((number, id))
            }
            _ => portions.push((delivery, vec![(number, id)])),
        }
    }
    portions
}

/// What was done with a portion.
#[derive(Default)]
struct Carried {
    /// Numbers of its rows.
    numbers: Vec<i32>,
    /// Of those, still refused.
    refused: i32,
    /// Persons they are about.
    persons: Vec<Uuid>,
    /// Lines about rows of others that moved with them.
    lines: Vec<Event>,
}

async fn portion(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
) -> Result<(), StoreError> {
    let Some(done) = carried(road, tx, decision, delivery, rows).await? else {
        return Ok(());
    };
    let changed = i32::try_from(done.numbers.len()).unwrap_or(i32::MAX);
    decisions::count(tx, decision.id, changed, done.refused).await?;
    let line = Event::of_worker(
        Some(decision.party_id),
        Some(decision.asked_by),
        Kind::Decided,
    )
    .object("decision", decision.id)
    .detail("decision", decision.kind.clone())
    .detail("delivery", delivery.to_string())
    .detail("rows", done.numbers)
    .detail("still_refused", done.refused)
    .about(done.persons);
    let mut lines = done.lines;
    lines.push(line);
    audit::add_all(tx, lines).await
}

/// Does what was decided; `None` when nothing is left to do, and nothing to tell.
async fn carried(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
) -> Result<Option<Carried>, StoreError> {
    let ids: Vec<Uuid> = rows.iter().map(|(_, id)| *id).collect();
    let kind = DecisionKind::parse(&decision.kind)
        .ok_or_else(|| StoreError::Broken("decision".to_owned()))?;
    let locks = decision.stored && kind != DecisionKind::Readmit;
    if locks || matches!(kind, DecisionKind::Link | DecisionKind::Unlink) {
        // What stands of them is read after this: what their sender says now comes after it.
        rulings::lock(tx, &ids).await?;
    }
    let done = match kind {
        DecisionKind::Map => return mapped(road, tx, decision, delivery, rows).await,
        DecisionKind::Link => {
            let linked = linked(road, tx, decision, delivery, rows).await?;
            if linked.is_some() {
                answer_anew(tx, delivery).await?;
            }
            linked.unwrap_or_default()
        }
        DecisionKind::Unlink => {
            let done = unlinked(road, tx, decision, rows).await?;
            if !done.numbers.is_empty() {
                answer_anew(tx, delivery).await?;
            }
            done
        }
        DecisionKind::Accept => {
            let good = acceptable(tx, decision, ids).await?;
            let (by, now) = (decision.asked_by, road.clock.now());
            let (numbers, persons) = accept(tx, &good, by, now).await?;
            if !numbers.is_empty() {
                answer_anew(tx, delivery).await?;
            }
            Carried {
                numbers,
                persons,
                ..Carried::default()
            }
        }
        DecisionKind::Readmit => {
            let done = reject::readmit(road, tx, decision, delivery, &ids).await?;
            turned(tx, delivery, done).await?
        }
        DecisionKind::Reject if decision.stored => {
            let done = reject::reject(road, tx, decision, delivery, &ids).await?;
            turned(tx, delivery, done).await?
        }
        DecisionKind::Reject | DecisionKind::Return => {
            let (by, now) = (decision.asked_by, road.clock.now());
            let numbers = decisions::settle_rows(tx, decision, &ids, by, now).await?;
            answer_anew(tx, delivery).await?;
            Carried {
                numbers,
                ..Carried::default()
            }
        }
    };
    Ok(Some(done))
}

/// Stored rows went from the register, or came back.
async fn turned(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    done: reject::Turned,
) -> Result<Carried, StoreError> {
    if !done.numbers.is_empty() {
        answer_anew(tx, delivery).await?;
    }
    Ok(Carried {
        numbers: done.numbers,
        persons: done.persons,
        lines: done.lines,
        refused: 0,
    })
}

/// Another value stands in the rows, and they were judged by it; `None` when their delivery is being withdrawn.
async fn mapped(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
) -> Result<Option<Carried>, StoreError> {
    let rows = &amendable(road, tx, decision, delivery, rows).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let mended = mend::mend(road, tx, mending(road, decision, delivery, rows, false)?).await?;
    let Mended::Done(done) = mended else {
        // It is being withdrawn: its rows wait for nobody any more.
        return Ok(None);
    };
    let (mut numbers, mut refused) = (Vec::new(), 0);
    for (number, became) in &done.rows {
        if let Became::Judged(outcome, _) = became {
            if decision.amends() && !outcome.is_stored() {
                // Not as it was foreseen a moment ago: all of it once more.
                return Err(StoreError::Conflict("amended".to_owned()));
            }
            numbers.push(i32::try_from(*number).unwrap_or(i32::MAX));
            refused += i32::from(*outcome == RowOutcome::Afgekeurd);
        }
    }
    if decision.amends() {
        decisions::doubles_follow(tx, delivery, &numbers).await?;
    }
    if !numbers.is_empty() {
        answer_anew(tx, delivery).await?;
    }
    Ok(Some(Carried {
        numbers,
        refused,
        persons: done.persons,
        lines: done.lines,
    }))
}

/// A link was undone.
async fn unlinked(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    rows: &Rows,
) -> Result<Carried, StoreError> {
    let done = match decision.undoes {
        Some(undone) => link::unlink(road, tx, decision, undone).await?,
        None => None,
    };
    let number = rows.first().map(|(number, _)| *number);
    let done = number.zip(done);
    Ok(
        done.map_or_else(Carried::default, |(number, link)| Carried {
            numbers: vec![number],
            refused: i32::from(link.outcome == RowOutcome::Afgekeurd),
            persons: link.done.persons,
            lines: link.done.lines,
        }),
    )
}

/// Of stored rows those that stay stored with the new value. Of refused ones all.
async fn amendable(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
) -> Result<Rows, StoreError> {
    if !decision.amends() {
        return Ok(rows.clone());
    }
    tx.mark().await?;
    let tried = mend::mend(road, tx, mending(road, decision, delivery, rows, true)?).await?;
    tx.go_back().await?;
    let Mended::Done(tried) = tried else {
        return Ok(Rows::new());
    };
    let stays = tried.rows.into_iter();
    let stays = stays.filter(|(_, became)| is_kept_out(became));
    let stays: HashSet<u32> = stays.map(|(number, _)| number).collect();
    let may = |(number, _): &(i32, Uuid)| {
        u32::try_from(*number).is_ok_and(|number| !stays.contains(&number))
    };
    Ok(rows.iter().copied().filter(may).collect())
}

/// A stored row must stay stored: what would be refused, or is a double of another row of its file, stays as it is.
fn is_kept_out(became: &Became) -> bool {
    matches!(became, Became::Judged(outcome, _) if !outcome.is_stored())
}

/// Whose files come by the drop box finds there what RIVM decided, in a new answer on the file.
///
/// # Errors
/// When the database fails.
pub async fn answer_anew(tx: &mut WorkerTx<'_>, delivery: Uuid) -> Result<(), StoreError> {
    if answer_files::answered(tx, delivery).await?.is_some() {
        jobs::push(tx, JobKind::Answer, delivery).await?;
    }
    Ok(())
}

/// The same for all files that these rows came with.
///
/// # Errors
/// When the database fails.
pub async fn answers_anew(tx: &mut WorkerTx<'_>, rows: &[Uuid]) -> Result<(), StoreError> {
    let deliveries = answer_files::answered_of(tx, rows).await?;
    jobs::push_all(tx, JobKind::Answer, &deliveries).await
}

/// The row is about the person that was found; `None` when it is not any more, or the list is gone.
async fn linked(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
) -> Result<Option<Carried>, StoreError> {
    let Some(found) = chosen(road, tx, decision).await? else {
        return Ok(None);
    };
    let bsn = link::bsn_of(road, &found.listed)?;
    let link = link::link(road, tx, decision, delivery, rows, bsn).await?;
    let Some(holds) = link.filter(link::Link::holds) else {
        return Ok(None);
    };
    let mut persons = holds.done.persons;
    if persons.is_empty() {
        // Known already: nothing new is written, and the log still says about whom it is.
        let mac = road.keys.bsn_mac(&bsn);
        let found = register::persons_by_bsn(tx, &mac.key_id(), &[mac.bytes.to_vec()]).await?;
        persons.extend(found.into_iter().map(|(_, person)| person));
    }
    let number = rows.first().map(|(number, _)| *number);
    Ok(number.map(|number| Carried {
        numbers: vec![number],
        persons,
        lines: holds.done.lines,
        refused: 0,
    }))
}

/// The person that a link is about, held against the row as it was delivered; `None` when the BRP says otherwise now.
///
/// # Errors
/// When the database fails.
pub async fn chosen(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
) -> Result<Option<link::Found>, StoreError> {
    let broken = || StoreError::Broken("decision".to_owned());
    let row = decision.row_id.ok_or_else(broken)?;
    let Some(sealed) = decisions::row_of(tx, row, Some(decision.id)).await? else {
        return Ok(None);
    };
    let purpose = Purpose::Row.of(row.as_bytes());
    let plain = road.keys.open(&Sealed::from_bytes(sealed), &purpose);
    let text: RowText =
        serde_json::from_slice(&plain.map_err(|_| broken())?).map_err(|_| broken())?;
    let list = value(
        road,
        Purpose::NewValue,
        decision.id,
        decision.new_sealed.clone(),
    )?;
    let today = road.clock.day(road.clock.now());
    link::chosen(road, tx, &text, today, &list).await
}

/// What a link would come to: the person, and the row. No row when it changed since, or its delivery is being withdrawn.
///
/// # Errors
/// When the database fails.
pub async fn foresee_link(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
) -> Result<Option<(Uuid, link::Link)>, StoreError> {
    let waiting = decisions::waiting(tx, decision).await?;
    let Some((delivery, rows)) = by_delivery(waiting, AT_ONCE).pop() else {
        return Ok(None);
    };
    let Some(found) = chosen(road, tx, decision).await? else {
        return Ok(None);
    };
    let bsn = link::bsn_of(road, &found.listed)?;
    let link = link::foresee(road, tx, decision, delivery, &rows, bsn).await?;
    let row = rows.first().map(|(_, id)| *id);
    Ok(row.zip(link))
}

/// Of a cluster the rows that nothing else doubts: nobody has looked at what does. A row that was opened and decided about by
/// itself, whatever it waits for. None that went back to its sender meanwhile.
async fn acceptable(
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    rows: Vec<Uuid>,
) -> Result<Vec<Uuid>, StoreError> {
    let rows = decisions::in_hand(tx, decision, &rows).await?;
    if decision.row_id.is_some() {
        return Ok(rows);
    }
    decisions::of_one_cause(tx, &rows).await
}

/// Stored rows are right, and count from now on. Those that another vaccination of that day and product stands in the way
/// of go on waiting: which of the two counts is for somebody who sees both. Answers the numbers, and the persons.
async fn accept(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    by: Uuid,
    at: OffsetDateTime,
) -> Result<(Vec<i32>, Vec<Uuid>), StoreError> {
    let (moved, persons) = accepted(tx, rows, Becomes::Accepted, by, at).await?;
    Ok((
        moved.into_iter().map(|(_, number)| number).collect(),
        persons,
    ))
}

/// Keys and numbers of the rows that are accepted, and the persons.
///
/// # Errors
/// When the database fails.
pub(super) async fn accepted(
    tx: &mut WorkerTx<'_>,
    rows: &[Uuid],
    becomes: Becomes,
    by: Uuid,
    at: OffsetDateTime,
) -> Result<(Vec<(Uuid, i32)>, Vec<Uuid>), StoreError> {
    let mut moved = rulings::settle_rows(tx, rows, becomes, by, at).await?;
    let persons: Vec<Uuid> = moved.iter().filter_map(|row| row.person_id).collect();
    rulings::settle(tx, &persons).await?;
    let blocked = rulings::in_the_way(tx, rows).await?;
    rulings::settle_rows(tx, &blocked, Becomes::Waiting, by, at).await?;
    let blocked: HashSet<Uuid> = blocked.into_iter().collect();
    moved.retain(|row| !blocked.contains(&row.id));
    if becomes == Becomes::Accepted {
        let ids: Vec<Uuid> = moved.iter().map(|row| row.id).collect();
        suggestions::as_it_stood(tx, &ids, at).await?;
    }
    let moved = moved.iter().map(|row| (row.id, row.row_number));
    Ok((moved.collect(), persons))
}

fn mending(
    road: &Road,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
    foresee: bool,
) -> Result<Mending, StoreError> {
    let broken = || StoreError::Broken("decision".to_owned());
    let column = Column::parse(&decision.column).ok_or_else(broken)?;
    let value = value(
        road,
        Purpose::NewValue,
        decision.id,
        decision.new_sealed.clone(),
    )?;
    let stored = decision.amends();
    let typed = rows.iter().map(|(number, id)| Typed {
        number: u32::try_from(*number).unwrap_or_default(),
        seen: *id,
        cells: vec![(column, value.clone())],
        days: decision.days(),
        stored,
        ..Typed::default()
    });
    Ok(Mending {
        delivery,
        party: decision.party_id,
        by: decision.asked_by,
        staff: true,
        asks: None,
        foresee,
        decision: Some(decision.id),
        again: false,
        as_of: None,
        rows: typed.collect(),
    })
}

fn value(
    road: &Road,
    purpose: Purpose,
    decision: Uuid,
    sealed: Option<Vec<u8>>,
) -> Result<String, StoreError> {
    let sealed = Sealed::from_bytes(sealed.unwrap_or_default());
    let plain = road
        .keys
        .open(&sealed, &purpose.of(decision.as_bytes()))
        .map_err(|_| StoreError::Broken("decision".to_owned()))?;
    Ok(String::from_utf8_lossy(&plain).into_owned())
}

/// The code lists of a day, with the names for products that were decided for a party.
///
/// # Errors
/// When the database fails.
pub async fn products_of(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    today: Date,
) -> Result<Products, StoreError> {
    let products = Products::load(tx, today).await?;
    let kept = decisions::names(tx, party).await?.into_iter();
    let names = kept.map(|name| {
        let days = Days {
            first: name.first_day,
            last: name.last_day,
        };
        let old = value(road, Purpose::OldValue, name.id, name.old_sealed)?;
        let new = value(road, Purpose::NewValue, name.id, name.new_sealed)?;
        Ok((name.id, old, new, days))
    });
    Ok(products.with_names(&names.collect::<Result<Vec<_>, StoreError>>()?))
}

/// What a decision would come to.
#[derive(Default)]
pub struct Foreseen {
    /// Rows that wait.
    pub waits: usize,
    /// Rows that stay as they are: given on other days than the decision is about.
    pub outside: u32,
    /// Rows by the outcome they would have.
    pub outcomes: BTreeMap<&'static str, u32>,
    /// Those of them that are shown.
    pub rows: Vec<RowOf>,
    /// The place of the last of those.
    pub last: Option<(Uuid, i32)>,
    /// There are more after it.
    pub more: bool,
    /// Stored rows that are left waiting: another rule doubts them too, or with the new value they would be refused.
    pub left: u32,
    /// Persons who would have more vaccinations that count.
    pub persons: u32,
    /// Of those, the ones with more than the series of the product has.
    pub above: u32,
    /// Of stored rows that are rejected: persons of whom a vaccination goes, and rows whose vaccination somebody else reports too.
    pub gone: Option<(u32, u32)>,
}

/// A row as a decision would leave it.
pub struct RowOf {
    /// Its key, as it stands.
    pub id: Uuid,
    /// Its outcome.
    pub outcome: RowOutcome,
    /// What its sender would see; `None` when it stays as it stands.
    pub findings: Option<Vec<Finding>>,
    /// What the record of its person would say.
    pub record: Option<RecordOf>,
}

/// What the record of a person would say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordOf {
    /// Vaccinations that count now.
    pub before: i64,
    /// And then.
    pub after: i64,
    /// Doses of the series of the product.
    pub doses: Option<u8>,
}

impl RecordOf {
    fn is_above(&self) -> bool {
        self.doses
            .is_some_and(|doses| self.after > i64::from(doses))
    }
}

/// Which rows are shown of those that would change.
#[derive(Debug, Clone, Copy, Default)]
pub struct Window {
    /// Those after this one: its delivery and its number.
    pub after: Option<(Uuid, i32)>,
    /// So many.
    pub most: usize,
}

/// Does what the decision says, without what only has to be kept, and undoes it within the caller's transaction: so what is
/// foreseen is what would be. What the rows of one delivery do counts for those of the next.
///
/// # Errors
/// When the database fails.
pub async fn foresee(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    window: Window,
) -> Result<Foreseen, StoreError> {
    let mut foreseen = Foreseen::default();
    let products = Products::load(tx, road.clock.day(road.clock.now())).await?;
    let waiting = decisions::waiting(tx, decision).await?;
    foreseen.waits = waiting.len();
    let amends = decision.amends();
    let mut changed: BTreeMap<Uuid, RecordOf> = BTreeMap::new();
    for part in parts(road, tx, decision, waiting).await? {
        let of_rows = records(tx, &products, &part.records, &mut changed).await?;
        for (number, id) in part.rows {
            let Some(became) = u32::try_from(number)
                .ok()
                .and_then(|number| part.became.get(&number))
            else {
                continue;
            };
            foreseen.outside += u32::from(*became == Became::Outside);
            if amends && is_kept_out(became) {
                foreseen.left += 1;
                continue;
            }
            let Became::Judged(outcome, findings) = became else {
                continue;
            };
            *foreseen.outcomes.entry(outcome.as_str()).or_default() += 1;
            foreseen.show(window, (part.delivery, number), || RowOf {
                id,
                outcome: *outcome,
                findings: Some(findings.clone()),
                record: u32::try_from(number)
                    .ok()
                    .and_then(|number| of_rows.get(&number).copied()),
            });
        }
    }
    foreseen.sum(&changed);
    Ok(foreseen)
}

/// Rows of a delivery, as the decision would leave them.
struct Part {
    delivery: Uuid,
    rows: Rows,
    became: BTreeMap<u32, Became>,
    records: Vec<Record>,
}

/// Each delivery by itself, which takes no writing; and those rows once more that share a person, or the key of their sender, with
/// rows of another one: a jab that stands refused in two deliveries is one.
async fn parts(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    waiting: Vec<(Uuid, i32, Uuid)>,
) -> Result<Vec<Part>, StoreError> {
    let mut parts = Vec::new();
    let mut places: HashMap<Vec<u8>, BTreeSet<usize>> = HashMap::new();
    let mut shared: Vec<(usize, u32, Vec<u8>)> = Vec::new();
    for (delivery, rows) in by_delivery(waiting, FORESEEN_AT_ONCE) {
        tx.mark().await?;
        let mended = mend::mend(road, tx, mending(road, decision, delivery, &rows, true)?).await?;
        tx.go_back().await?;
        let Mended::Done(done) = mended else { continue };
        let at = parts.len();
        for (number, key) in done.shared {
            places.entry(key.clone()).or_default().insert(at);
            shared.push((at, number, key));
        }
        parts.push(Part {
            delivery,
            rows,
            became: done.rows.into_iter().collect(),
            records: done.records,
        });
    }
    let mut again: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
    for (at, number, key) in shared {
        if places.get(&key).is_some_and(|parts| parts.len() > 1) {
            again.entry(at).or_default().insert(number);
        }
    }
    if !again.is_empty() {
        tx.try_out().await?;
        let tried = in_turn(road, tx, decision, &mut parts, again).await;
        tx.end_trial().await?;
        tried?;
    }
    Ok(parts)
}

/// Carries the decision out on these rows, delivery after delivery, as it would be. The caller goes back after it.
async fn in_turn(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    parts: &mut [Part],
    again: BTreeMap<usize, BTreeSet<u32>>,
) -> Result<(), StoreError> {
    for (at, numbers) in again {
        let part = &mut parts[at];
        let is_of = |(number, _): &&(i32, Uuid)| {
            u32::try_from(*number).is_ok_and(|number| numbers.contains(&number))
        };
        let mut rows: Rows = part.rows.iter().filter(is_of).copied().collect();
        let judged = |became: &Became| matches!(became, Became::Judged(..));
        rows.retain(|(number, _)| {
            let number = u32::try_from(*number).unwrap_or_default();
            part.became.get(&number).is_some_and(judged)
        });
        if decision.amends() {
            let stay = amendable(road, tx, decision, part.delivery, &rows).await?;
            for (number, _) in rows.iter().filter(|row| !stay.contains(row)) {
                let number = u32::try_from(*number).unwrap_or_default();
                // What would be refused stays as it is.
                let out = Became::Judged(RowOutcome::Afgekeurd, Vec::new());
                part.became.insert(number, out);
            }
            rows = stay;
        }
        part.records.retain(|record| !numbers.contains(&record.row));
        if rows.is_empty() {
            continue;
        }
        let mending = mending(road, decision, part.delivery, &rows, false)?;
        if let Mended::Done(done) = mend::mend(road, tx, mending).await? {
            part.became.extend(done.rows);
            part.records.extend(done.records);
            part.records.sort_by_key(|record| record.row);
        }
    }
    Ok(())
}

/// What it would come to that rows go back, never come in, or wait again: what is said of them stays as it stands. Stored rows that
/// are rejected go from the register, and with them what nobody else reports.
///
/// # Errors
/// When the database fails.
pub async fn foresee_settled(
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    window: Window,
) -> Result<Foreseen, StoreError> {
    let waiting = decisions::waiting(tx, decision).await?;
    let mut foreseen = Foreseen {
        waits: waiting.len(),
        ..Foreseen::default()
    };
    let goes = decision.stored && decision.is(DecisionKind::Reject);
    let outcome = if goes {
        RowOutcome::Afgekeurd
    } else {
        decision.about()
    };
    if !waiting.is_empty() {
        let rows = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        foreseen.outcomes.insert(outcome.as_str(), rows);
    }
    if goes {
        let ids: Vec<Uuid> = waiting.iter().map(|(_, _, id)| *id).collect();
        let gone = rejects::gone(tx, &ids).await?;
        let count = |number: i64| u32::try_from(number).unwrap_or_default();
        foreseen.gone = Some((count(gone.persons), count(gone.stay)));
    }
    for (delivery, number, id) in waiting {
        foreseen.show(window, (delivery, number), || RowOf {
            id,
            outcome,
            findings: None,
            record: None,
        });
    }
    Ok(foreseen)
}

impl Foreseen {
    /// Keeps a row that is shown; the rows come in the order of their places.
    fn show(&mut self, window: Window, place: (Uuid, i32), row: impl FnOnce() -> RowOf) {
        if window.after.is_some_and(|after| place <= after) {
            return;
        }
        if self.rows.len() < window.most {
            self.rows.push(row());
            self.last = Some(place);
        } else {
            self.more = true;
        }
    }

    fn sum(&mut self, changed: &BTreeMap<Uuid, RecordOf>) {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.persons = count(changed.len());
        self.above = count(changed.values().filter(|one| one.is_above()).count());
    }
}

/// What these rows make of the records of their persons, one after another: by row, and the last of each person.
async fn records(
    tx: &mut WorkerTx<'_>,
    products: &Products,
    rows: &[Record],
    changed: &mut BTreeMap<Uuid, RecordOf>,
) -> Result<BTreeMap<u32, RecordOf>, StoreError> {
    let persons: Vec<Uuid> = rows.iter().map(|row| row.person).collect();
    let known: BTreeMap<Uuid, i64> = decisions::counting_of(tx, &persons)
        .await?
        .into_iter()
        .collect();
    let mut of_rows = BTreeMap::new();
    for row in rows {
        let counted = known.get(&row.person).copied().unwrap_or_default();
        let before = changed.get(&row.person).map_or(counted, |one| one.after);
        let vaccine = products.lists().vaccine(row.vaccine);
        let record = RecordOf {
            before,
            after: before + 1,
            doses: vaccine.map(|vaccine| vaccine.doses),
        };
        changed.insert(row.person, record);
        of_rows.insert(row.row, record);
    }
    Ok(of_rows)
}

/// What it would come to that stored rows are accepted; undone within the caller's transaction.
///
/// # Errors
/// When the database fails.
pub async fn foresee_accept(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    window: Window,
) -> Result<Foreseen, StoreError> {
    let now = road.clock.now();
    let products = Products::load(tx, road.clock.day(now)).await?;
    let waiting = decisions::waiting(tx, decision).await?;
    let ids: Vec<Uuid> = waiting.iter().map(|(_, _, id)| *id).collect();
    let places = waiting.into_iter();
    let places: HashMap<Uuid, (Uuid, i32)> = places
        .map(|(delivery, number, id)| (id, (delivery, number)))
        .collect();
    let stored = decisions::stored(tx, &ids).await?;
    let persons: Vec<Uuid> = stored.iter().map(|row| row.person).collect();
    let before: BTreeMap<Uuid, i64> = decisions::counting_of(tx, &persons)
        .await?
        .into_iter()
        .collect();
    let good = acceptable(tx, decision, ids.clone()).await?;
    tx.mark().await?;
    let by = decision.asked_by;
    let moved = rulings::accept_as_if(tx, &good, by, now).await?;
    let theirs: Vec<Uuid> = moved.iter().filter_map(|row| row.person_id).collect();
    rulings::settle_as_if(tx, &theirs).await?;
    let mut accepted: HashSet<Uuid> = moved.into_iter().map(|row| row.id).collect();
    for blocked in rulings::in_the_way(tx, &good).await? {
        accepted.remove(&blocked);
    }
    let after = decisions::counting_of(tx, &persons).await?;
    tx.go_back().await?;
    let after: BTreeMap<Uuid, i64> = after.into_iter().collect();
    let left = ids.len().saturating_sub(good.len());
    let mut foreseen = Foreseen {
        waits: ids.len(),
        left: u32::try_from(left).unwrap_or(u32::MAX),
        ..Foreseen::default()
    };
    let mut changed = BTreeMap::new();
    for row in &stored {
        let outcome = if accepted.contains(&row.id) {
            RowOutcome::Geaccepteerd
        } else {
            RowOutcome::TeControleren
        };
        *foreseen.outcomes.entry(outcome.as_str()).or_default() += 1;
        let count = |of: &BTreeMap<Uuid, i64>| of.get(&row.person).copied().unwrap_or_default();
        let vaccine = Products::id(row.vaccine).and_then(|id| products.lists().vaccine(id));
        let record = RecordOf {
            before: count(&before),
            after: count(&after),
            doses: vaccine.map(|vaccine| vaccine.doses),
        };
        if record.after > record.before {
            changed.insert(row.person, record);
        }
        let Some(place) = places.get(&row.id) else {
            continue;
        };
        foreseen.show(window, *place, || {
            let record = Some(record).filter(|record| record.after != record.before);
            let accepted = outcome == RowOutcome::Geaccepteerd;
            RowOf {
                id: row.id,
                outcome,
                findings: accepted.then(Vec::new),
                record,
            }
        });
    }
    foreseen.sum(&changed);
    Ok(foreseen)
}

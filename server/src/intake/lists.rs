//! A code list changes, and what waited because of it is looked at again (features F88, F-X4).
//!
//! A job of a change that two people agreed about. First the list, in one transaction; then the rows that wait, in sets,
//! each one transaction with its audit line. A row that was released waits no more, so a kill does nothing twice. A list
//! only ever releases: nothing that stands in the register is refused by it.

use super::decide::{accepted, answer_anew, answers_anew};
use super::matching::Batches;
use super::mend::{self, Became, Mended, Mending, Typed};
use super::{Road, freed, store};
use crate::audit::{self, Event, Kind};
use crate::jobs::{self, Job, Stopped};
use crate::keys::{Purpose, Sealed};
use crate::store::lists::{self, Change, Doubted, Refused, Reread, Sample};
use crate::store::products::Products;
use crate::store::rulings::{self, Becomes};
use crate::store::{StoreError, WorkerTx, decisions, register, worker_tx};
use domain::codes::NamedVaccine;
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding, Severity};
use domain::lists::ListKind;
use domain::row::{Column, RowText};
use domain::vaccine::Hpk;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio::sync::watch;
use uuid::Uuid;

/// Rows of one delivery in one transaction.
const AT_ONCE: usize = 2_000;
/// Stored rows in a set.
const SET: i64 = 1_000;
/// Refused rows, and stored ones, that are looked at for a page.
const LOOKED_AT: i64 = 2_000;

/// Puts a change in its list, and looks at what waits.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub async fn change(road: &Road, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    let found = lists::list(&mut tx, Some(job.subject), 1, 0).await?.pop();
    // One that is done is called for again by a delivery that was judged meanwhile.
    let goes = |change: &Change| matches!(change.state.as_str(), "agreed" | "applied" | "done");
    let Some(change) = found.filter(goes) else {
        jobs::finish(&mut tx, job).await?;
        return Ok(tx.commit().await?);
    };
    let now = road.clock.now();
    if lists::applied(&mut tx, change.id, now).await? {
        lists::apply(&mut tx, &change, now).await?;
        let line = line(&change, "applied").detail("items", change.items);
        audit::add(&mut tx, line).await?;
    }
    tx.commit().await?;
    // A delivery that ends from here on knows of the change.
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    let refused = refused(road, &mut tx, &change, i64::MAX).await?;
    tx.commit().await?;
    for portion in portions(refused) {
        if *stop.borrow() {
            return Ok(());
        }
        let mut tx = worker_tx(&road.db).await?;
        jobs::guard(&mut tx, job).await?;
        let released = judge_anew(road, &mut tx, &change, &portion, true).await?;
        lists::count(&mut tx, change.id, released.accepted, released.to_review).await?;
        tx.commit().await?;
    }
    let mut after = Some(Uuid::nil());
    while let Some(last) = after {
        if *stop.borrow() {
            return Ok(());
        }
        let mut tx = worker_tx(&road.db).await?;
        jobs::guard(&mut tx, job).await?;
        let (released, next) = doubted(road, &mut tx, &change, last, SET).await?;
        lists::count(&mut tx, change.id, released.accepted, 0).await?;
        tx.commit().await?;
        after = next;
    }
    let mut after = Some(Uuid::nil());
    while let Some(last) = after {
        if *stop.borrow() {
            return Ok(());
        }
        let mut tx = worker_tx(&road.db).await?;
        jobs::guard(&mut tx, job).await?;
        let (released, next) = too_soon(road, &mut tx, &change, last, SET).await?;
        lists::count(&mut tx, change.id, released.accepted, 0).await?;
        tx.commit().await?;
        after = next;
    }
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    lists::finish(&mut tx, change.id, road.clock.now()).await?;
    jobs::finish(&mut tx, job).await?;
    Ok(tx.commit().await?)
}

/// What a change does to rows that wait.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Released {
    /// Rows that were looked at.
    pub looked_at: u32,
    /// They are accepted.
    pub accepted: i32,
    /// They were refused and wait for RIVM.
    pub to_review: i32,
    /// There are more than were looked at.
    pub more: bool,
}

/// Does what the change says in the caller's transaction, which must not be committed: so what is foreseen is what
/// would be. Looks at the first rows only.
///
/// # Errors
/// When the database fails.
pub async fn foresee(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    change: &Change,
) -> Result<Released, StoreError> {
    lists::apply(tx, change, road.clock.now()).await?;
    let mut all = Released::default();
    let mut waiting = refused(road, tx, change, LOOKED_AT + 1).await?;
    let most = usize::try_from(LOOKED_AT).unwrap_or(usize::MAX);
    all.more = waiting.len() > most;
    waiting.truncate(most);
    for portion in portions(waiting) {
        let released = judge_anew(road, tx, change, &portion, false).await?;
        all.add(released);
    }
    let (released, next) = doubted(road, tx, change, Uuid::nil(), LOOKED_AT).await?;
    all.add(released);
    all.more |= next.is_some();
    let (released, next) = too_soon(road, tx, change, Uuid::nil(), LOOKED_AT).await?;
    all.add(released);
    all.more |= next.is_some();
    Ok(all)
}

impl Released {
    fn add(&mut self, more: Self) {
        self.looked_at += more.looked_at;
        self.accepted += more.accepted;
        self.to_review += more.to_review;
    }
}

/// Codes by which refused rows wait because of a list.
fn codes(kind: ListKind) -> &'static [Code] {
    match kind {
        ListKind::Batches => &[Code::V21],
        // Name and code may agree by a change of either.
        ListKind::Names => &[Code::V11, Code::V13],
        ListKind::Codes => &[Code::V12, Code::V13],
        ListKind::Products => &[Code::V06, Code::V11, Code::V12, Code::V13],
        ListKind::Groups => &[Code::V42],
        // The letter of a group is what it was; nothing waits because of an age.
        ListKind::Ages => &[],
    }
}

/// Refused rows that the list as it stands now may release: of each cluster one row is opened, and only when its value
/// says something now are the others looked at.
async fn refused(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    change: &Change,
    limit: i64,
) -> Result<Vec<Refused>, StoreError> {
    let kind = kind(change)?;
    let codes: Vec<String> = codes(kind)
        .iter()
        .map(|code| code.as_str().to_owned())
        .collect();
    // What is foreseen of a change of a later day is asked of the lists of that day.
    let today = road.clock.day(road.clock.now());
    let products = Products::load(tx, today.max(change.holds_from)).await?;
    let lots = lots(tx, change).await?;
    let mut touched = Vec::new();
    for sample in lists::refused_clusters(tx, &codes).await? {
        let text = open(road, Purpose::Row, sample.id, sample.raw_sealed.clone())?;
        if says(kind, &sample, &text, &products, &lots) {
            touched.push(sample);
        }
    }
    if touched.is_empty() {
        return Ok(Vec::new());
    }
    lists::refused_rows(tx, &touched, limit).await
}

/// The value of a cluster says something now, or may.
fn says(
    kind: ListKind,
    sample: &Sample,
    text: &RowText,
    products: &Products,
    lots: &[String],
) -> bool {
    let Some(column) = Column::parse(&sample.column) else {
        return false;
    };
    let value = text.get(column);
    match kind {
        _ if sample.code == Code::V13.as_str() => agree(text, products),
        ListKind::Names => is_named(value, products),
        ListKind::Codes => is_coded(value, products),
        ListKind::Batches => {
            let folded: String = value.split_whitespace().collect::<String>().to_uppercase();
            lots.iter().any(|lot| folded.contains(lot.as_str()))
        }
        // One product more, one that came back, or another first day of use.
        ListKind::Products if sample.code == Code::V11.as_str() => is_named(value, products),
        ListKind::Products if sample.code == Code::V12.as_str() => is_coded(value, products),
        ListKind::Products => true,
        ListKind::Groups => products.lists().group(value.trim()).is_some(),
        ListKind::Ages => false,
    }
}

/// Name and code mean one product.
fn agree(text: &RowText, products: &Products) -> bool {
    let lists = products.lists();
    let coded = Hpk::parse(text.get(Column::HpkCode).trim()).and_then(|code| lists.by_hpk(code));
    match lists.named(text.get(Column::Vaccin).trim()) {
        NamedVaccine::Own(vaccine) | NamedVaccine::Alias(vaccine) => coded == Some(vaccine),
        NamedVaccine::Several | NamedVaccine::Unknown => false,
    }
}

fn is_coded(value: &str, products: &Products) -> bool {
    Hpk::parse(value.trim()).is_some_and(|code| products.lists().by_hpk(code).is_some())
}

fn is_named(value: &str, products: &Products) -> bool {
    matches!(
        products.lists().named(value.trim()),
        NamedVaccine::Own(_) | NamedVaccine::Alias(_)
    )
}

/// Batches of a change; none when it is of another list.
async fn lots(tx: &mut WorkerTx<'_>, change: &Change) -> Result<Vec<String>, StoreError> {
    if kind(change)? != ListKind::Batches {
        return Ok(Vec::new());
    }
    let items = lists::items(tx, change.id, i64::MAX).await?;
    Ok(items.into_iter().map(|item| item.key).collect())
}

fn kind(change: &Change) -> Result<ListKind, StoreError> {
    ListKind::parse(&change.list).ok_or_else(|| StoreError::Broken("list".to_owned()))
}

/// Rows of one delivery, or a part of them when they are many.
fn portions(rows: Vec<Refused>) -> Vec<Vec<Refused>> {
    let mut portions: Vec<Vec<Refused>> = Vec::new();
    for row in rows {
        match portions.last_mut() {
            Some(last)
                if last.len() < AT_ONCE
                    && last
                        .first()
                        .is_some_and(|one| one.delivery_id == row.delivery_id) =>
            {
                last.push(row);
            }
            _ => portions.push(vec![row]),
        }
    }
    portions
}

/// Judges refused rows by the list as it stands now. Those that say something else than before are stored so when `keep`
/// is set; the others keep their place, so that a list that changes nothing leaves no history.
async fn judge_anew(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    change: &Change,
    rows: &[Refused],
    keep: bool,
) -> Result<Released, StoreError> {
    let Some(first) = rows.first() else {
        return Ok(Released::default());
    };
    let mending = |rows: Vec<&Refused>, foresee: bool| Mending {
        delivery: first.delivery_id,
        party: first.party_id,
        by: change.decided_by.unwrap_or(change.asked_by),
        staff: true,
        asks: None,
        foresee,
        decision: None,
        again: false,
        as_of: Some(change.holds_from),
        rows: rows
            .into_iter()
            .map(|row| Typed {
                number: u32::try_from(row.row_number).unwrap_or_default(),
                seen: row.id,
                anyway: true,
                ..Typed::default()
            })
            .collect(),
    };
    tx.mark().await?;
    let tried = mend::mend(road, tx, mending(rows.iter().collect(), true)).await?;
    tx.go_back().await?;
    let Mended::Done(tried) = tried else {
        // It is being withdrawn: its rows wait for nobody any more.
        return Ok(Released::default());
    };
    let mut released = Released {
        looked_at: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        ..Released::default()
    };
    let mut moved = Vec::new();
    for (row, (_, became)) in rows.iter().zip(&tried.rows) {
        let Became::Judged(outcome, findings) = became else {
            continue;
        };
        match outcome {
            RowOutcome::Afgekeurd => {
                let before: Vec<Finding> =
                    serde_json::from_value(row.findings.clone()).unwrap_or_default();
                if before != *findings {
                    moved.push(row);
                }
            }
            RowOutcome::TeControleren => {
                released.to_review += 1;
                moved.push(row);
            }
            _ => {
                released.accepted += 1;
                moved.push(row);
            }
        }
    }
    if !keep || moved.is_empty() {
        return Ok(released);
    }
    let numbers: Vec<i32> = moved.iter().map(|row| row.row_number).collect();
    if let Mended::Done(done) = mend::mend(road, tx, mending(moved, false)).await? {
        answer_anew(tx, first.delivery_id).await?;
        let line = of_rows(change, first.party_id)
            .detail("delivery", first.delivery_id.to_string())
            .detail("rows", numbers)
            .about(done.persons);
        let mut lines = done.lines;
        lines.push(line);
        audit::add_all(tx, lines).await?;
    }
    Ok(released)
}

/// Looks at stored rows that wait because their batch was not known, or past its day, after one of them; answers the last
/// one when there may be more. Who waits for nothing else is accepted.
async fn doubted(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    change: &Change,
    after: Uuid,
    limit: i64,
) -> Result<(Released, Option<Uuid>), StoreError> {
    let lots = lots(tx, change).await?;
    let rows = if lots.is_empty() {
        Vec::new()
    } else {
        lists::doubted(tx, &lots, after, limit).await?
    };
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == limit);
    let next = rows.last().map(|row| row.row).filter(|_| full);
    let known = register::batches(tx).await?.into_iter();
    let known = Batches::new(known.filter_map(|batch| {
        Some((
            batch.lot,
            Products::id(batch.vaccine)?,
            batch.expiration_date,
        ))
    }));
    let mut released = Released::default();
    let mut new = Anew::default();
    for row in &rows {
        released.looked_at += 1;
        let Some(said) = said_now(row, &known)? else {
            continue;
        };
        let sealed = Some(row.content_sealed.clone());
        new.0.push(One {
            report: row.report,
            version: row.version,
            row: row.row,
            party: row.party,
            said,
            text: open(road, Purpose::Report, row.report, sealed)?,
        });
    }
    released.accepted = new.store(road, tx, change).await?;
    Ok((released, next))
}

/// Looks at stored rows that wait because their dose came too soon (V32), after one of them, when a product gets another
/// interval; answers the last one when there may be more. They are judged by what judged them when they came. Who waits for
/// nothing else is accepted.
async fn too_soon(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    change: &Change,
    after: Uuid,
    limit: i64,
) -> Result<(Released, Option<Uuid>), StoreError> {
    if !changes_interval(tx, change).await? {
        return Ok((Released::default(), None));
    }
    let rows = lists::too_soon(tx, after, limit).await?;
    let full = i64::try_from(rows.len()).is_ok_and(|count| count == limit);
    let next = rows.last().map(|row| row.row).filter(|_| full);
    let mut released = Released {
        looked_at: u32::try_from(rows.len()).unwrap_or(u32::MAX),
        ..Released::default()
    };
    let persons: BTreeSet<Uuid> = rows.iter().map(|row| row.person).collect();
    let ids: HashSet<Uuid> = rows.iter().map(|row| row.row).collect();
    let now = freed::judged_now(road, tx, persons.into_iter().collect(), &ids).await?;
    let ids: Vec<Uuid> = ids.into_iter().collect();
    rulings::lock(tx, &ids).await?;
    let shown = decisions::shown(tx, &ids).await?;
    let mut new = Anew::default();
    for row in rows {
        let Some(stands) = shown.iter().find(|one| one.id == row.row) else {
            continue;
        };
        let still = |findings: &Vec<Finding>| findings.iter().any(|one| one.code == Code::V32);
        if now.get(&row.row).is_none_or(still) {
            continue;
        }
        let mut said = Said::read(&stands.findings, &stands.staff_findings)?;
        said.drop(Code::V32);
        new.0.push(One {
            report: row.report,
            version: row.version,
            row: row.row,
            party: stands.party,
            said,
            text: open(road, Purpose::Report, row.report, Some(row.content_sealed))?,
        });
    }
    released.accepted = new.store(road, tx, change).await?;
    Ok((released, next))
}

/// A product of the change gets other days between its doses.
async fn changes_interval(tx: &mut WorkerTx<'_>, change: &Change) -> Result<bool, StoreError> {
    if kind(change)? != ListKind::Products {
        return Ok(false);
    }
    let items = lists::items(tx, change.id, i64::MAX).await?;
    Ok(items.iter().any(|item| {
        let before = item.before.as_ref();
        before.is_some_and(|before| before.min_days != item.after.min_days)
    }))
}

/// A stored row whose findings are other ones now.
struct One {
    /// Its registration, and the version of that.
    report: Uuid,
    version: i32,
    row: Uuid,
    party: Uuid,
    said: Said,
    text: RowText,
}

/// Those of a set.
#[derive(Default)]
struct Anew(Vec<One>);

impl Anew {
    /// Accepts who waits for nothing, and writes the findings; answers how many are accepted. Their files are answered anew.
    async fn store(
        self,
        road: &Road,
        tx: &mut WorkerTx<'_>,
        change: &Change,
    ) -> Result<i32, StoreError> {
        if self.0.is_empty() {
            return Ok(0);
        }
        let by = change.decided_by.unwrap_or(change.asked_by);
        let now = road.clock.now();
        let mut good: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
        for one in self.0.iter().filter(|one| !one.said.waits()) {
            good.entry(one.party).or_default().push(one.row);
        }
        let mut all = 0;
        let mut lines = Vec::new();
        let mut blocked: HashSet<Uuid> = HashSet::new();
        for (party, rows) in good {
            let (moved, persons) = accepted(tx, &rows, Becomes::Accepted, by, now).await?;
            let number = i32::try_from(moved.len()).unwrap_or(i32::MAX);
            all += number;
            blocked.extend(rows);
            for (row, _) in moved {
                blocked.remove(&row);
            }
            let line = of_rows(change, party)
                .detail("registrations", number)
                .about(persons);
            lines.push(line);
        }
        let mut new = Reread::default();
        for mut one in self.0 {
            if blocked.contains(&one.row) {
                one.said.contradicts();
            }
            let said = &one.said;
            new.clusters.push(if said.waits() {
                store::cluster(&road.keys, Severity::Controle, &said.all(), &one.text)
            } else {
                crate::store::rows::Cluster::default()
            });
            new.report.push(one.report);
            new.version.push(one.version);
            new.row.push(one.row);
            let json = |findings: &[Finding]| serde_json::to_value(findings).unwrap_or_default();
            new.shown.push(json(&said.shown));
            new.staff.push(json(&said.staff));
        }
        lists::reread(tx, &new, change.id, now).await?;
        answers_anew(tx, &new.row).await?;
        audit::add_all(tx, lines).await?;
        Ok(all)
    }
}

/// Findings of a stored row by the list as it stands now.
struct Said {
    shown: Vec<Finding>,
    staff: Vec<Finding>,
}

impl Said {
    fn read(shown: &serde_json::Value, staff: &serde_json::Value) -> Result<Self, StoreError> {
        let read = |value: &serde_json::Value| {
            serde_json::from_value::<Vec<Finding>>(value.clone())
                .map_err(|_| StoreError::Broken("findings".to_owned()))
        };
        Ok(Self {
            shown: read(shown)?,
            staff: read(staff)?,
        })
    }

    /// A rule says nothing any more; nor does what stood for it, where it was hidden and nothing else is.
    fn drop(&mut self, code: Code) {
        let hid = !self.staff.is_empty();
        self.shown.retain(|one| one.code != code);
        self.staff.retain(|one| one.code != code);
        if hid && self.staff.is_empty() {
            self.shown.retain(|one| one.code != Code::B19);
        }
    }

    /// Nothing is left of it, but another vaccination of that day and product counts: somebody has to see both.
    fn contradicts(&mut self) {
        self.shown.push(Finding::whole(Code::B19));
        self.staff
            .push(Finding::on(Code::D04, Column::Vaccinatiedatum));
    }

    /// All that RIVM sees; what stands for something hidden aside, where that stands there itself.
    fn all(&self) -> Vec<Finding> {
        let shown = self.shown.iter();
        let shown = shown.filter(|one| one.code != Code::B19 || self.staff.is_empty());
        self.staff.iter().chain(shown).cloned().collect()
    }

    fn waits(&self) -> bool {
        let mut all = self.shown.iter().chain(&self.staff);
        all.any(|finding| finding.severity >= Severity::Controle)
    }
}

/// `None` when nothing changed for the row.
fn said_now(row: &Doubted, known: &Batches) -> Result<Option<Said>, StoreError> {
    let Said {
        mut shown,
        mut staff,
    } = Said::read(&row.shown, &row.staff)?;
    let Some(vaccine) = Products::id(row.vaccine) else {
        return Ok(None);
    };
    let now = known.says(&row.batch, vaccine, row.on);
    let of_batch = |finding: &Finding| matches!(finding.code, Code::V22 | Code::V23);
    // What belongs to another product now is a fault of the row; the register keeps it for somebody to look at.
    let stays = shown
        .iter()
        .any(|finding| of_batch(finding) && Some(finding.code) == now);
    if stays || now == Some(Code::V21) {
        return Ok(None);
    }
    shown.retain(|finding| !of_batch(finding));
    staff.retain(|finding| !of_batch(finding));
    shown.extend(now.map(|code| Finding::on(code, Column::Batchnummer)));
    Ok(Some(Said { shown, staff }))
}

fn open(
    road: &Road,
    purpose: Purpose,
    id: Uuid,
    sealed: Option<Vec<u8>>,
) -> Result<RowText, StoreError> {
    let odd = || StoreError::Broken("sealed row".to_owned());
    let Some(sealed) = sealed else {
        return Ok(RowText::default());
    };
    let plain = road
        .keys
        .open(&Sealed::from_bytes(sealed), &purpose.of(id.as_bytes()))
        .map_err(|_| odd())?;
    serde_json::from_slice(&plain).map_err(|_| odd())
}

fn line(change: &Change, step: &str) -> Event {
    Event::of_worker(None, change.decided_by, Kind::CodeListChanged)
        .object("list-change", change.id)
        .detail("list", change.list.clone())
        .detail("step", step)
}

fn of_rows(change: &Change, party: Uuid) -> Event {
    Event::of_worker(Some(party), change.decided_by, Kind::CheckedAgain)
        .object("list-change", change.id)
        .detail("list", change.list.clone())
}

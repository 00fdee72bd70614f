//! Withdraws a delivery as a whole, or undoes that, chunk by chunk (security G6).
//!
//! A registration is turned when something else is to stand than what stands: it gets one version more, empty or with what the
//! last of the deliveries that count said of it. What changed since, or came again in another delivery, is kept. Each chunk is
//! one transaction that moves the progress under the fence of the job, with its audit line; the last one moves
//! the delivery, and takes what it alone counted without a person out of the counts, or puts it back. So a kill at any moment
//! loses nothing and doubles nothing. Nothing is deleted. Rows of other deliveries that
//! waited because of it alone are stored in the same transaction ([`super::freed`]).

use super::matching::BETWEEN_JABS;
use super::{Road, freed, store};
use crate::audit::{self, Event, Kind};
use crate::jobs::{self, Job, Stopped};
use crate::keys::{Keys, Purpose, Sealed};
use crate::store::rows::{self, NewRows};
use crate::store::rulings::Becomes;
use crate::store::turns::{self, Before, By, Candidate, Revived, Rewritten, Source, Turned};
use crate::store::withdrawals::{self, Work};
use crate::store::{
    StoreError, WorkerTx, chunk_tx, counted, deliveries, freed as freed_rows, register, rulings,
    worker_tx,
};
use domain::delivery::{Counts, FileOutcome, RowOutcome};
use domain::finding::{Code, Finding, Severity};
use domain::row::{Column, RowText};
use std::collections::{HashMap, HashSet};
use time::Date;
use tokio::sync::watch;
use uuid::Uuid;

/// Registrations in a chunk.
const CHUNK: i64 = 5_000;
/// Persons whose waiting rows are judged at once.
const PERSONS: usize = 5_000;
/// Attempts at a chunk when somebody else is in the way.
const ATTEMPTS: u32 = 5;

/// Goes the whole way with one request.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub async fn run(road: &Road, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
    by_chunks(road, job, stop, CHUNK).await
}

/// The same, with another size of chunks: the result does not depend on it.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub async fn by_chunks(
    road: &Road,
    job: &Job,
    stop: &watch::Receiver<bool>,
    size: i64,
) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    let mut work = withdrawals::take(&mut tx, job.subject, job.fence).await?;
    if work.state != "running" {
        // Ended by a worker that was thought dead.
        jobs::finish(&mut tx, job).await?;
        return Ok(tx.commit().await?);
    }
    tx.commit().await?;
    let (mut attempt, mut at_once, mut waits_on) = (1, size, None);
    while !*stop.borrow() {
        let tried = chunk(road, job, &work, at_once, waits_on.as_deref());
        match jobs::no_panic(tried).await {
            Ok(Some(row)) => {
                (work.progress, attempt, waits_on) = (row, 1, None);
                at_once = (at_once * 2).min(size);
            }
            Ok(None) => return Ok(()),
            Err(Stopped::Again(_) | Stopped::Constraint(_)) if attempt < ATTEMPTS => attempt += 1,
            Err(Stopped::Value(_)) if at_once > 1 => at_once /= 2,
            // Alone: what waits because of it waits on for RIVM, and the withdrawal goes on.
            Err(Stopped::Value(why)) if waits_on.is_none() && work.undoes.is_none() => {
                waits_on = Some(why);
            }
            Err(stopped) => return Err(stopped),
        }
    }
    Ok(())
}

/// One chunk, one transaction: answers its last row, or nothing when that was the end. `waits_on` says why the rows that
/// wait because of it cannot be judged.
async fn chunk(
    road: &Road,
    job: &Job,
    work: &Work,
    size: i64,
    waits_on: Option<&str>,
) -> Result<Option<i32>, Stopped> {
    let mut tx = chunk_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    let seen = candidates(&mut tx, work, size).await?;
    let persons = persons_of(&mut tx, &seen).await?;
    register::hold(&mut tx, &Vec::from_iter(persons.iter().copied())).await?;
    // As they stand now that nobody else changes them.
    let candidates = candidates(&mut tx, work, size).await?;
    let (Some(first), Some(last)) = (candidates.first(), candidates.last()) else {
        end(road, tx, job, work).await?;
        return Ok(None);
    };
    let (first, last) = (first.row_number, last.row_number);
    let about = persons_of(&mut tx, &candidates).await?;
    if about.iter().any(|person| !persons.contains(person)) {
        return Err(Stopped::Again("another person".to_owned()));
    }
    let (turned, kept): (Vec<_>, Vec<_>) = candidates.into_iter().partition(|one| one.turns);
    let kept: Vec<i32> = kept.iter().map(|one| one.row_number).collect();
    let by = By {
        delivery: job.subject,
        withdrawal: Some(job.subject),
        user: Some(work.decided_by.unwrap_or(work.asked_by)),
        reason_sealed: None,
        rejects: None,
    };
    let of = Of {
        party: work.party_id,
        delivery: work.delivery_id,
        back: work.undoes.is_none(),
    };
    let around = freed::Around {
        road,
        way: way(job, work),
        delivery: work.delivery_id,
        by: work.decided_by.unwrap_or(work.asked_by),
        persons: Vec::from_iter(persons_of(&mut tx, &turned).await?),
    };
    let (about, mut lines) = match waits_on {
        None => {
            let before = freed::before(&mut tx, &around).await?;
            let about = turn(&mut tx, &road.keys, &by, &of, &turned).await?;
            (about, freed::after(&mut tx, &around, before).await?)
        }
        Some(why) => {
            let about = turn(&mut tx, &road.keys, &by, &of, &turned).await?;
            tracing::error!(withdrawal = %job.subject, row = last, %why, "rows that cannot be judged wait on");
            let now = road.clock.now();
            rows::left_out(&mut tx, work.party_id, job.subject, last, why, now).await?;
            (about, Vec::new())
        }
    };
    let count = i32::try_from(turned.len()).unwrap_or(i32::MAX);
    if !withdrawals::progress(&mut tx, job.subject, job.fence, last, count, &kept).await? {
        return Err(Stopped::Fenced);
    }
    let kind = if work.undoes.is_none() {
        Kind::Withdrawn
    } else {
        Kind::Restored
    };
    let line = event(job, work, kind)
        .rows(work.delivery_id, first, last)
        .detail("turned", turned.len())
        .detail("kept", kept.len())
        .about(about);
    lines.push(line);
    audit::add_all(&mut tx, lines).await?;
    tx.commit().await?;
    Ok(Some(last))
}

async fn candidates(
    tx: &mut WorkerTx<'_>,
    work: &Work,
    size: i64,
) -> Result<Vec<Candidate>, StoreError> {
    let (of, after) = (work.delivery_id, work.progress);
    turns::of_delivery(tx, of, work.undoes, after, size).await
}

/// Whom registrations are about, and will be when they turn.
async fn persons_of(
    tx: &mut WorkerTx<'_>,
    turned: &[Candidate],
) -> Result<HashSet<Uuid>, StoreError> {
    let (ids, onto): (Vec<Uuid>, Vec<i32>) = turned
        .iter()
        .filter_map(|one| Some((one.id, one.onto?)))
        .unzip();
    let now = turned.iter().filter_map(|one| one.person_id);
    let then = turns::persons(tx, &ids, &onto).await?;
    Ok(now.chain(then).collect())
}

fn way(job: &Job, work: &Work) -> freed::Way {
    let by = job.subject;
    let undoing = |undoes| freed::Way::PutBack { by, undoes };
    work.undoes.map_or(freed::Way::Withdrawn(by), undoing)
}

fn event(job: &Job, work: &Work, kind: Kind) -> Event {
    Event::of_worker(Some(work.party_id), Some(work.asked_by), kind)
        .object("withdrawal", job.subject)
}

/// The last transaction: the delivery moves, its open rows close (or open again), the job ends.
async fn end(road: &Road, mut tx: WorkerTx<'_>, job: &Job, work: &Work) -> Result<(), Stopped> {
    let withdrawn = work.undoes.is_none();
    let by = work.decided_by.unwrap_or(work.asked_by);
    let mut since = HashMap::new();
    match work.undoes {
        None => turns::close_rows(&mut tx, work.delivery_id).await?,
        Some(undone) => {
            since.extend(freed_rows::ended_since(&mut tx, work.delivery_id).await?);
            let persons: Vec<Uuid> = since.keys().copied().collect();
            register::hold(&mut tx, &persons).await?;
            turns::open_rows(&mut tx, work.delivery_id, undone).await?;
        }
    }
    let (reversed, kept) =
        withdrawals::finish(&mut tx, job.subject, work.delivery_id, withdrawn, by).await?;
    let counts = Counts {
        geaccepteerd: u32::try_from(reversed).unwrap_or_default(),
        ..Counts::default()
    };
    let outcome = FileOutcome::of(&counts, &[]);
    deliveries::settle(
        &mut tx,
        job.subject,
        "done",
        Some(outcome.as_str()),
        counts,
        None,
    )
    .await?;
    let mut lines = Vec::new();
    let persons: Vec<Uuid> = since.keys().copied().collect();
    for some in persons.chunks(PERSONS) {
        let around = freed::Around {
            road,
            way: way(job, work),
            delivery: work.delivery_id,
            by,
            persons: some.to_vec(),
        };
        lines.extend(freed::come_back(&mut tx, &around, &since).await?);
    }
    // What others count for the party waits for the commit from here on.
    counted::hold(&mut tx, work.party_id).await?;
    counted::turn(&mut tx, work.party_id, work.delivery_id, withdrawn).await?;
    jobs::finish(&mut tx, job).await?;
    let kind = if withdrawn {
        Kind::DeliveryWithdrawn
    } else {
        Kind::DeliveryRestored
    };
    let line = event(job, work, kind)
        .detail("delivery", work.delivery_id.to_string())
        .detail("reversed", reversed)
        .detail("kept", kept);
    lines.push(line);
    audit::add_all(&mut tx, lines).await?;
    Ok(tx.commit().await?)
}

/// A vaccination by what it says of the jab.
type Jab = (Uuid, Date, i16, String, i16);

/// Whose registrations turn.
pub struct Of {
    /// The party.
    pub party: Uuid,
    /// The delivery that no longer counts, or counts again.
    pub delivery: Uuid,
    /// Back, as if it had not come; else forward again.
    pub back: bool,
}

/// Turns these registrations, of persons who are held; answers whom they are about.
///
/// # Errors
/// When the database fails; `StoreError::Conflict` when somebody else was faster: try again.
pub async fn turn(
    tx: &mut WorkerTx<'_>,
    keys: &Keys,
    by: &By,
    of: &Of,
    turned: &[Candidate],
) -> Result<HashSet<Uuid>, StoreError> {
    let ids: Vec<Uuid> = turned.iter().map(|one| one.id).collect();
    let versions: Vec<i32> = turned.iter().map(|one| one.version).collect();
    if register::end_versions(tx, &ids, &versions).await? < turned.len() as u64 {
        return Err(StoreError::Conflict("version".to_owned()));
    }
    turns::close_review(tx, &ids).await?;
    let (onto_ids, onto): (Vec<Uuid>, Vec<i32>) = turned
        .iter()
        .filter_map(|one| Some((one.id, one.onto?)))
        .unzip();
    let before: HashMap<Uuid, Before> = turns::before(tx, &onto_ids, &onto)
        .await?
        .into_iter()
        .map(|one| (one.id, one))
        .collect();
    let placed = Placed::of(turned, &before);
    turns::revive(tx, &placed.revived).await?;
    turns::insert(tx, by, &placed.versions).await?;
    if !placed.review.is_empty() {
        let open = review_rows(keys, &placed.review, &before)?;
        let digest_key = keys.newest_digest().to_string();
        rows::insert(tx, (by.delivery, of.party), &digest_key, &open).await?;
    }
    let mut touched: Vec<Uuid> = turned.iter().filter_map(|one| one.vaccination_id).collect();
    // What came back stands as it stood when it ended.
    touched.extend(before.values().filter_map(|one| one.now));
    // What goes back to nothing is no source any more, whichever delivery it came with.
    let gone = turned.iter().filter(|one| one.onto.is_none());
    let gone: HashSet<Uuid> = gone.map(|one| one.id).collect();
    recompute(tx, keys, of, (&ids, &gone), &touched).await?;
    let mut about: HashSet<Uuid> = turned.iter().filter_map(|one| one.person_id).collect();
    about.extend(before.values().filter_map(|one| one.person_id));
    rulings::wait_again(tx, &ids).await?;
    let unruled = rulings::no_longer_ruled(tx, &ids).await?;
    if !unruled.is_empty() {
        let (nobody, now) = (Uuid::nil(), crate::clock::now());
        rulings::settle_rows(tx, &unruled, Becomes::Waiting, nobody, now).await?;
    }
    let whose: Vec<Uuid> = about.iter().copied().collect();
    rulings::settle(tx, &whose).await?;
    Ok(about)
}

/// Where each turned registration comes to stand.
#[derive(Default)]
struct Placed {
    versions: Turned,
    revived: Revived,
    /// Rows that RIVM has to look at, their registrations and vaccinations, and why.
    review: Vec<(i32, Uuid, Uuid, Code)>,
}

impl Placed {
    fn of(turned: &[Candidate], before: &HashMap<Uuid, Before>) -> Self {
        let mut placed = Self::default();
        // What this chunk itself brings back, which the database did not know when it was asked.
        let (mut back, mut taken) = (HashMap::<Jab, Uuid>::new(), HashSet::new());
        for one in turned {
            let (jab, review) = match before.get(&one.id) {
                Some(before) => placed.place(before, &mut back, &mut taken),
                None => (None, None),
            };
            let versions = &mut placed.versions;
            versions.id.push(one.id);
            versions.version.push(one.version);
            versions.onto.push(one.onto);
            versions.row_number.push(one.row_number);
            versions.vaccination_id.push(jab);
            let found = review.map(|_| findings(&[Finding::whole(Code::B19)]));
            versions.review.push(found);
            if let (Some(why), Some(jab)) = (review, jab) {
                placed.review.push((one.row_number, one.id, jab, why));
            }
        }
        placed
    }

    /// The vaccination a version goes back to, and the rule by which another one stands in its way now.
    fn place(
        &mut self,
        before: &Before,
        back: &mut HashMap<Jab, Uuid>,
        taken: &mut HashSet<(Uuid, Date, i16)>,
    ) -> (Option<Uuid>, Option<Code>) {
        let (Some(person), Some(old), Some(on), Some(vaccine), Some(batch), Some(dose)) = (
            before.person_id,
            before.jab,
            before.vaccinated_on,
            before.vaccine,
            before.batch.clone(),
            before.dose,
        ) else {
            return (None, None);
        };
        if before.now.is_some() {
            return (before.now, None);
        }
        let jab = (person, on, vaccine, batch, dose);
        if let Some(known) = back.get(&jab) {
            return (Some(*known), None);
        }
        let mut codes = BETWEEN_JABS.into_iter();
        let against = codes.find(|code| before.against.as_deref() == Some(code.as_str()));
        let in_chunk = taken.contains(&(person, on, vaccine));
        // What was ruled says which one counts, not who came first.
        let against = against
            .or(in_chunk.then_some(Code::D04))
            .filter(|_| before.effective && !before.ruled);
        let effective = before.effective && against.is_none() && !before.ruled;
        if effective {
            taken.insert((person, on, vaccine));
        }
        let new = crate::clock::new_key();
        back.insert(jab, new);
        self.revived.person_id.push(person);
        self.revived.old.push(old);
        self.revived.new.push(new);
        self.revived.effective.push(effective);
        (Some(new), against)
    }
}

/// Rows for the list of RIVM: the jab came back, but another one counts now that it contradicts (rules D04, D05, V32).
fn review_rows(
    keys: &Keys,
    review: &[(i32, Uuid, Uuid, Code)],
    before: &HashMap<Uuid, Before>,
) -> Result<NewRows, StoreError> {
    let mut new = NewRows::default();
    for (number, registration, jab, why) in review {
        let Some(before) = before.get(registration) else {
            continue;
        };
        let id = crate::clock::new_key();
        let content = before.content_sealed.clone().unwrap_or_default();
        let plain = keys
            .open(
                &Sealed::from_bytes(content),
                &Purpose::Report.of(registration.as_bytes()),
            )
            .map_err(|_| unopened())?;
        let sealed = keys.seal(&plain, &Purpose::Row.of(id.as_bytes()));
        new.id.push(id);
        new.row_number.push(*number);
        new.outcome
            .push(RowOutcome::TeControleren.as_str().to_owned());
        new.findings.push(findings(&[Finding::whole(Code::B19)]));
        let column = match why {
            Code::D05 => Column::Dosisnummer,
            _ => Column::Vaccinatiedatum,
        };
        let why = [Finding::on(*why, column)];
        let text: RowText = serde_json::from_slice(&plain).map_err(|_| unopened())?;
        let waits = store::cluster(keys, Severity::Controle, &why, &text);
        new.clusters.push(waits);
        new.staff_findings.push(findings(&why));
        new.matched.push(None);
        new.mutation.push(None);
        new.source_key.push(None);
        new.row_digest.push(None);
        new.raw_sealed.push(Some(sealed.into_bytes()));
        new.repairs_sealed.push(None);
        new.reason_sealed.push(None);
        new.person_id.push(before.person_id);
        new.report_id.push(Some(*registration));
        new.vaccination_id.push(Some(*jab));
        new.state.push("open".to_owned());
    }
    Ok(new)
}

fn findings(findings: &[Finding]) -> serde_json::Value {
    serde_json::to_value(findings).unwrap_or_default()
}

fn unopened() -> StoreError {
    StoreError::Broken("sealed value".to_owned())
}

/// A vaccination says what its first source said. Where the turned registrations were that source, or have become
/// it, the content is taken anew.
async fn recompute(
    tx: &mut WorkerTx<'_>,
    keys: &Keys,
    of: &Of,
    (turned, gone): (&[Uuid], &HashSet<Uuid>),
    touched: &[Uuid],
) -> Result<(), StoreError> {
    let turned: HashSet<Uuid> = turned.iter().copied().collect();
    let sources = turns::sources(tx, of.delivery, touched).await?;
    let mut rewritten = Rewritten::default();
    for of_one in sources.chunk_by(|a, b| a.jab == b.jab) {
        let standing = || of_one.iter().filter(|one| one.ours || !one.withdrawn);
        let moved = standing()
            .next()
            .is_some_and(|first| first.ours || turned.contains(&first.id));
        let counts = standing().find(|one| !of.back || !(one.ours || gone.contains(&one.id)));
        if let (true, Some(source)) = (moved, counts) {
            rewrite(keys, source, &mut rewritten)?;
        }
    }
    turns::rewrite(tx, &rewritten).await
}

/// Takes over what this source said, when the vaccination says something else.
fn rewrite(keys: &Keys, source: &Source, rewritten: &mut Rewritten) -> Result<(), StoreError> {
    let sealed = Sealed::from_bytes(source.content_sealed.clone());
    let plain = keys
        .open(&sealed, &Purpose::Report.of(source.id.as_bytes()))
        .map_err(|_| unopened())?;
    let said: RowText = serde_json::from_slice(&plain).map_err(|_| unopened())?;
    let filled = |column| Some(said.get(column).to_owned()).filter(|text| !text.is_empty());
    let (hpk, agb) = (filled(Column::HpkCode), filled(Column::UitvoerderAgb));
    let country = filled(Column::Vaccinatieland).unwrap_or_else(|| source.country.clone());
    let group = source
        .said_target_group
        .clone()
        .unwrap_or_else(|| source.target_group.clone());
    let effective = source.outcome == RowOutcome::Geaccepteerd.as_str();
    let now = (
        &source.hpk,
        &source.country,
        &source.target_group,
        &source.agb,
        source.effective,
    );
    if now == (&hpk, &country, &group, &agb, effective) {
        return Ok(());
    }
    rewritten.person_id.push(source.person_id);
    rewritten.old.push(source.jab);
    rewritten.new.push(crate::clock::new_key());
    rewritten.hpk.push(hpk);
    rewritten.country.push(country);
    rewritten.target_group.push(group);
    rewritten.agb.push(agb);
    rewritten.effective.push(effective);
    Ok(())
}

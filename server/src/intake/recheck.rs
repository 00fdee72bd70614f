//! What a load of the BRP means for what was stored before it: a job of each load.
//!
//! First the records of persons whose BSN changed follow it (`brp/relink`). Then what was stored while the copy was late (rule
//! B13), and what is accepted of persons whose list died, was suspended or is none any more with this load, is held against
//! it. It goes in sets, each one transaction with its audit lines; what is done carries no B13 any more, or the match
//! already, so a kill loses nothing and does nothing twice. Who matches loses the warning and that is all; who does not goes
//! to RIVM, as a row whose sender went on would have (specification §5).

use super::decide::answers_anew;
use super::matching::{brp_again, brp_again_of_found};
use super::{Road, store};
use crate::audit::{self, Event, Kind};
use crate::brp::relink;
use crate::clock;
use crate::jobs::{self, Job, Stopped};
use crate::keys::{Keys, Purpose, Sealed};
use crate::store::late::{self, Answers, Late};
use crate::store::register::{self, BrpList};
use crate::store::{StoreError, WorkerTx, brp_loads, rulings, worker_tx};
use domain::bsn::Bsn;
use domain::dates::{PartialDate, parse_partial};
use domain::finding::{Code, Finding, Severity};
use domain::matching::{Asked, NameParts};
use domain::row::{Column, RowText};
use std::collections::{BTreeMap, HashMap};
use time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// Registrations in a set.
const SET: i64 = 1_000;
/// A load so young is looked at once more after a while: a chunk that was under way had been matched with the copy before it,
/// and was stored after this job had looked.
const YOUNG: Duration = Duration::minutes(1);
/// Longer than [`YOUNG`], and than a chunk may take.
const LOOK_AGAIN: Duration = Duration::minutes(5);

/// Holds all of them against the BRP, unless the copy is late again: the next load has a job of its own.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub async fn recheck(road: &Road, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
    let mut tx = worker_tx(&road.db).await?;
    jobs::guard(&mut tx, job).await?;
    relink::relink(road, &mut tx, job.subject).await?;
    tx.commit().await?;
    let mut after = Uuid::nil();
    while !*stop.borrow() {
        let mut tx = worker_tx(&road.db).await?;
        jobs::guard(&mut tx, job).await?;
        let some = late::touched(&mut tx, job.subject, after, SET).await?;
        let Some(last) = some.last() else {
            break;
        };
        after = last.report;
        set(road, &mut tx, job, &some, true).await?;
        tx.commit().await?;
    }
    while !*stop.borrow() {
        let mut tx = worker_tx(&road.db).await?;
        jobs::guard(&mut tx, job).await?;
        let late = super::store::brp_is_late(&mut tx, road.clock.now()).await?;
        let some = if late {
            Vec::new()
        } else {
            late::next(&mut tx, SET).await?
        };
        if some.is_empty() {
            jobs::finish(&mut tx, job).await?;
            if brp_loads::is_younger_than(&mut tx, job.subject, YOUNG).await? {
                let again = road.clock.now() + LOOK_AGAIN;
                jobs::push_for(&mut tx, job.kind, job.subject, again).await?;
            }
            return Ok(tx.commit().await?);
        }
        set(road, &mut tx, job, &some, false).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn set(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    job: &Job,
    some: &[Late],
    if_other: bool,
) -> Result<(), StoreError> {
    let rows: Vec<RowText> = some
        .iter()
        .map(|late| content(&road.keys, late.report, late.content_sealed.clone()))
        .collect::<Result<_, _>>()?;
    let macs: Vec<Option<Vec<u8>>> = some
        .iter()
        .zip(&rows)
        .map(|(late, row)| {
            if late.found_mac.is_some() {
                return late.found_mac.clone();
            }
            let bsn = Bsn::parse(row.get(Column::Bsn)).ok()?;
            Some(road.keys.bsn_mac(&bsn).bytes.to_vec())
        })
        .collect();
    let asked: Vec<Vec<u8>> = macs.iter().flatten().cloned().collect();
    let mut lists: HashMap<Vec<u8>, Vec<BrpList>> = HashMap::new();
    for list in register::brp_by_bsn(tx, &asked).await? {
        let mac = list.bsn_mac.clone().unwrap_or_default();
        lists.entry(mac).or_default().push(list);
    }
    let year = clock::dutch_day(road.clock.now()).year();
    let mut answers = Answers::default();
    // Per party: persons, and how many RIVM must look at.
    let mut told: BTreeMap<Uuid, (Vec<Uuid>, u32)> = BTreeMap::new();
    for ((late, row), mac) in some.iter().zip(&rows).zip(&macs) {
        let found = mac.as_ref().and_then(|mac| lists.get(mac));
        let found = found.map_or(&[][..], Vec::as_slice);
        let asked = Asked {
            has_bsn: mac.is_some(),
            birth_date: parse_partial(row.get(Column::Geboortedatum), year)
                .unwrap_or(PartialDate::Unknown),
            name: NameParts::own(row.get(Column::Achternaam), row.get(Column::Voorvoegsel)),
        };
        // What its sender says of whom RIVM found holds no more than when it was found.
        let again = match late.found_mac {
            Some(_) => brp_again_of_found(found, late.on),
            None => brp_again(asked, found, late.on),
        };
        // Known already, and maybe somebody decided about it.
        if if_other && late.matched.as_deref() == Some(again.result.as_str()) {
            continue;
        }
        let review = again
            .findings
            .iter()
            .any(|finding| finding.severity >= Severity::Controle);
        answers.report.push(late.report);
        answers.version.push(late.version);
        answers.row.push(late.row);
        answers.shown.push(added(&late.shown, &again.shown)?);
        let hidden: Vec<Finding> = again
            .findings
            .iter()
            .filter(|finding| !again.shown.contains(finding))
            .cloned()
            .collect();
        answers.staff.push(added(&late.staff, &hidden)?);
        answers.matched.push(Some(again.result.as_str().to_owned()));
        answers.review.push(review);
        let waits = store::cluster(&road.keys, Severity::Controle, &again.findings, row);
        answers.clusters.push(waits);
        let (persons, reviews) = told.entry(late.party).or_default();
        persons.extend(late.person);
        *reviews += u32::from(review);
    }
    if answers.report.is_empty() {
        return Ok(());
    }
    write(road, tx, job.subject, &answers).await?;
    // A vaccination that another accepted registration rests on goes on counting.
    let persons: Vec<Uuid> = some.iter().filter_map(|late| late.person).collect();
    rulings::settle(tx, &persons).await?;
    let lines = told.into_iter().map(|(party, (persons, reviews))| {
        Event::of_worker(Some(party), None, Kind::CheckedAgain)
            .object("brp-load", job.subject)
            .detail("registrations", persons.len())
            .detail("to_review", reviews)
            .about(persons)
    });
    audit::add_all(tx, lines.collect()).await
}

/// Why registrations go to RIVM although each was accepted.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Why {
    /// The BRP gave a number to another, and whose record this is does not show (rule B10).
    NotSure,
    /// Two records became one, and say different things: rule D04 or D05, which its sender does not see.
    Contradicts(Code),
}

/// Puts registrations before RIVM because of this load; they do not count meanwhile. Answers how many. [`rulings::settle`] their
/// persons afterwards.
///
/// # Errors
/// When the database fails, or something sealed does not open.
pub(crate) async fn review(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    load: Uuid,
    some: &[Late],
    why: Why,
) -> Result<usize, StoreError> {
    let (finding, hidden) = match why {
        Why::NotSure => {
            let finding = Finding::on(Code::B10, Column::Bsn);
            (finding.severe(Severity::Controle), false)
        }
        Why::Contradicts(Code::D04) => (Finding::on(Code::D04, Column::Vaccinatiedatum), true),
        Why::Contradicts(code) => (Finding::on(code, Column::Dosisnummer), true),
    };
    let mut answers = Answers::default();
    for late in some {
        let text = content(&road.keys, late.report, late.content_sealed.clone())?;
        let (shown, staff) = if hidden {
            (Finding::whole(Code::B19), vec![finding.clone()])
        } else {
            (finding.clone(), Vec::new())
        };
        answers.report.push(late.report);
        answers.version.push(late.version);
        answers.row.push(late.row);
        answers.shown.push(and(&late.shown, &[shown])?);
        answers.staff.push(and(&late.staff, &staff)?);
        answers
            .matched
            .push((!hidden).then(|| "NIET_UNIEK".to_owned()));
        answers.review.push(true);
        let all = std::slice::from_ref(&finding);
        let waits = store::cluster(&road.keys, Severity::Controle, all, &text);
        answers.clusters.push(waits);
    }
    write(road, tx, load, &answers).await?;
    Ok(some.len())
}

/// Writes what the BRP says after a load, and has the files that the rows came with answered anew.
async fn write(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    load: Uuid,
    answers: &Answers,
) -> Result<(), StoreError> {
    late::answer(tx, answers, load, road.clock.now()).await?;
    answers_anew(tx, &answers.row).await
}

/// Content of a registration.
pub(crate) fn content(keys: &Keys, report: Uuid, sealed: Vec<u8>) -> Result<RowText, StoreError> {
    let odd = || StoreError::Broken("sealed registration".to_owned());
    let plain = keys
        .open(
            &Sealed::from_bytes(sealed),
            &Purpose::Report.of(report.as_bytes()),
        )
        .map_err(|_| odd())?;
    serde_json::from_slice(&plain).map_err(|_| odd())
}

/// The findings so far without B13, and the new ones.
fn added(so_far: &serde_json::Value, new: &[Finding]) -> Result<serde_json::Value, StoreError> {
    let odd = |_| StoreError::Broken("findings".to_owned());
    let mut findings: Vec<Finding> = serde_json::from_value(so_far.clone()).map_err(odd)?;
    findings.retain(|finding| finding.code != Code::B13);
    and(&serde_json::to_value(findings).map_err(odd)?, new)
}

/// The findings so far, and the new ones; the same twice says no more.
fn and(so_far: &serde_json::Value, new: &[Finding]) -> Result<serde_json::Value, StoreError> {
    let odd = |_| StoreError::Broken("findings".to_owned());
    let mut findings: Vec<Finding> = serde_json::from_value(so_far.clone()).map_err(odd)?;
    for finding in new {
        if !findings.contains(finding) {
            findings.push(finding.clone());
        }
    }
    serde_json::to_value(findings).map_err(odd)
}

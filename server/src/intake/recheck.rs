//! Rule B13, second half: what was stored while the copy of the BRP was late is held against it by itself.
//!
//! A job of each load of the copy. It goes in sets, each one transaction with its audit lines; what is done carries no
//! B13 any more, so a kill loses nothing and does nothing twice. Who matches loses the warning and that is all; who
//! does not goes to RIVM, as a row whose sender went on would have (specification §5).

use super::matching::brp_again;
use super::{Road, store};
use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::jobs::{self, Job, Stopped};
use crate::keys::{Keys, Purpose, Sealed};
use crate::store::late::{self, Answers, Late};
use crate::store::register::{self, BrpList};
use crate::store::{StoreError, WorkerTx, rulings, worker_tx};
use domain::bsn::Bsn;
use domain::dates::{PartialDate, parse_partial};
use domain::finding::{Code, Finding, Severity};
use domain::matching::{Asked, NameParts};
use domain::row::{Column, RowText};
use std::collections::{BTreeMap, HashMap};
use tokio::sync::watch;
use uuid::Uuid;

/// Registrations in a set.
const SET: i64 = 1_000;

/// Holds all of them against the BRP, unless the copy is late again: the next load has a job of its own.
///
/// # Errors
/// [`Stopped`] when it must be tried again, or another worker has it.
pub async fn recheck(road: &Road, job: &Job, stop: &watch::Receiver<bool>) -> Result<(), Stopped> {
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
            return Ok(tx.commit().await?);
        }
        set(road, &mut tx, job, &some).await?;
        tx.commit().await?;
    }
    Ok(())
}

async fn set(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    job: &Job,
    some: &[Late],
) -> Result<(), StoreError> {
    let rows: Vec<RowText> = some
        .iter()
        .map(|late| open(&road.keys, late))
        .collect::<Result<_, _>>()?;
    let macs: Vec<Option<Vec<u8>>> = rows
        .iter()
        .map(|row| {
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
        let asked = Asked {
            has_bsn: mac.is_some(),
            birth_date: parse_partial(row.get(Column::Geboortedatum), year)
                .unwrap_or(PartialDate::Unknown),
            name: NameParts::own(row.get(Column::Achternaam), row.get(Column::Voorvoegsel)),
        };
        let again = brp_again(asked, found.map_or(&[][..], Vec::as_slice), late.on);
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
        answers.matched.push(again.result.as_str().to_owned());
        answers.review.push(review);
        let waits = store::cluster(&road.keys, Severity::Controle, &again.findings, row);
        answers.clusters.push(waits);
        let (persons, reviews) = told.entry(late.party).or_default();
        persons.extend(late.person);
        *reviews += u32::from(review);
    }
    late::answer(tx, &answers).await?;
    // A vaccination that another accepted registration rests on goes on counting.
    let persons: Vec<Uuid> = some.iter().filter_map(|late| late.person).collect();
    rulings::settle(tx, &persons).await?;
    for (party, (persons, reviews)) in told {
        let event = Event::of_worker(Some(party), None, Kind::CheckedAgain)
            .object("brp-load", job.subject)
            .detail("registrations", persons.len())
            .detail("to_review", reviews)
            .about(persons);
        audit::add(tx, event).await?;
    }
    Ok(())
}

fn open(keys: &Keys, late: &Late) -> Result<RowText, StoreError> {
    let odd = || StoreError::Broken("sealed registration".to_owned());
    let sealed = Sealed::from_bytes(late.content_sealed.clone());
    let plain = keys
        .open(&sealed, &Purpose::Report.of(late.report.as_bytes()))
        .map_err(|_| odd())?;
    serde_json::from_slice(&plain).map_err(|_| odd())
}

/// The findings so far without B13, and the new ones.
fn added(so_far: &serde_json::Value, new: &[Finding]) -> Result<serde_json::Value, StoreError> {
    let odd = |_| StoreError::Broken("findings".to_owned());
    let mut findings: Vec<Finding> = serde_json::from_value(so_far.clone()).map_err(odd)?;
    findings.retain(|finding| finding.code != Code::B13);
    for finding in new {
        // B19 says the same, however many hide behind it.
        if !(finding.code == Code::B19 && findings.contains(finding)) {
            findings.push(finding.clone());
        }
    }
    serde_json::to_value(findings).map_err(odd)
}

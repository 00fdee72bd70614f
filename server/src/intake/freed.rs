//! What waited because of a delivery that is withdrawn (security G6; rules D04, D05, V32): the register is then as if that had not
//! come, so such a row waits no more. In the transaction of the withdrawal's chunk. When the delivery is put back it waits again.

use super::Road;
use super::decide::accept;
use super::matching::{WAITS, contradicts};
use super::store::jabs;
use crate::audit::{self, Event, Kind};
use crate::store::freed::{self, Waiting};
use crate::store::products::Products;
use crate::store::rulings::{self, Becomes};
use crate::store::{StoreError, WorkerTx};
use domain::finding::{Code, Finding, Severity};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Looks at the rows of these persons that wait because of another vaccination: what nothing contradicts any more is accepted.
///
/// # Errors
/// When the database fails; `StoreError::Broken` when findings cannot be read.
pub async fn free(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    withdrawal: Uuid,
    by: Uuid,
    persons: &[Uuid],
) -> Result<(), StoreError> {
    let mut waiting = Vec::new();
    for row in freed::waiting(tx, persons).await? {
        if waits_for_others(&row)? {
            waiting.push(row);
        }
    }
    if waiting.is_empty() {
        return Ok(());
    }
    let now = road.clock.now();
    let products = Products::load(tx, road.clock.day(now)).await?;
    let vaccines = products.lists().vaccines().iter();
    let intervals: HashMap<_, _> = vaccines
        .filter_map(|vaccine| Some((vaccine.id, vaccine.min_days?)))
        .collect();
    let whose: Vec<Uuid> = waiting.iter().map(|row| row.person).collect();
    // Seen by nobody in particular: whose they are makes no difference here.
    let known = jabs(tx, Uuid::nil(), &whose).await?;
    let mut parties: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for row in &waiting {
        let others = known.get(&row.person).map_or(&[][..], Vec::as_slice);
        let others: Vec<_> = others
            .iter()
            .filter(|jab| Some(jab.id) != row.vaccination)
            .cloned()
            .collect();
        let dose = u8::try_from(row.dose).unwrap_or_default();
        if !contradicts(row.on, dose, &others, &intervals) {
            parties.entry(row.party).or_default().push(row.id);
        }
    }
    for (party, rows) in parties {
        let (numbers, persons) = accept(tx, &rows, by, now).await?;
        freed::mark(tx, &rows, withdrawal).await?;
        let line = Event::of_worker(Some(party), Some(by), Kind::CheckedAgain)
            .object("withdrawal", withdrawal)
            .detail("registrations", numbers.len())
            .about(persons);
        audit::add(tx, line).await?;
    }
    Ok(())
}

/// A delivery counts again: what its withdrawal freed waits as before.
///
/// # Errors
/// When the database fails.
pub async fn hold(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    undone: Uuid,
    by: Uuid,
) -> Result<(), StoreError> {
    let rows = freed::of(tx, undone).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let now = road.clock.now();
    let moved = rulings::settle_rows(tx, &rows, Becomes::Waiting, by, now).await?;
    let persons: Vec<Uuid> = moved.iter().filter_map(|row| row.person_id).collect();
    rulings::settle(tx, &persons).await?;
    let line = Event::of_worker(None, Some(by), Kind::CheckedAgain)
        .object("withdrawal", undone)
        .detail("to_review", moved.len())
        .about(persons);
    audit::add(tx, line).await?;
    Ok(())
}

/// Nothing but another vaccination of its person makes the row wait.
fn waits_for_others(row: &Waiting) -> Result<bool, StoreError> {
    let read = |value: &serde_json::Value| {
        serde_json::from_value::<Vec<Finding>>(value.clone())
            .map_err(|_| StoreError::Broken("findings".to_owned()))
    };
    let (shown, staff) = (read(&row.shown)?, read(&row.staff)?);
    let mut codes = shown
        .iter()
        .chain(&staff)
        .filter(|finding| finding.severity >= Severity::Controle)
        .map(|finding| finding.code)
        // It stands for what RIVM sees.
        .filter(|code| *code != Code::B19)
        .peekable();
    Ok(codes.peek().is_some() && codes.all(|code| WAITS.contains(&code)))
}

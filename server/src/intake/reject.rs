//! Stored rows that wait are rejected for good, or that is undone (features F52, F54; security G18). Part of the job that carries a
//! decision out, delivery by delivery.
//!
//! The registration of a rejected row is withdrawn by RIVM: an empty version more, which keeps the digest of what stood there, so that
//! the same row stays out when it comes again. Its vaccination follows its other sources, and ends without any. Undone, the registration
//! says again what it said, and its row waits. What waited because of the registration goes on waiting for RIVM: it may be next in
//! the same decision.

use super::Road;
use super::freed;
use super::withdraw::{self, Of};
use crate::audit::Event;
use crate::store::decisions::Decision;
use crate::store::rejects::{self, Turning};
use crate::store::rulings::{self, Becomes};
use crate::store::turns::{By, Candidate};
use crate::store::{StoreError, WorkerTx, register, withdrawals};
use std::collections::HashSet;
use uuid::Uuid;

/// What was done: numbers of the rows, the persons, and what else the log has to say.
#[derive(Default)]
pub struct Turned {
    /// Numbers of the rows.
    pub numbers: Vec<i32>,
    /// Persons they are about.
    pub persons: Vec<Uuid>,
    /// Lines about rows of others that moved with them.
    pub lines: Vec<Event>,
}

/// Rejects stored rows of a delivery.
///
/// # Errors
/// When the database fails; `Conflict` when somebody else was faster: try again.
pub async fn reject(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &[Uuid],
) -> Result<Turned, StoreError> {
    // What is being withdrawn goes anyway.
    if withdrawals::runs(tx, decision.party_id, delivery).await? {
        return Ok(Turned::default());
    }
    let held = rulings::lock(tx, rows).await?;
    let turning = rejects::to_reject(tx, rows, decision.closes).await?;
    if turning.is_empty() {
        return Ok(Turned::default());
    }
    all_held(&turning, &held)?;
    let by = by(delivery, Some(decision.id));
    let of = Of {
        party: decision.party_id,
        // Nothing of the delivery goes but these.
        delivery: Uuid::nil(),
        back: true,
    };
    let turned = candidates(&turning);
    let persons = withdraw::turn(tx, &road.keys, &by, &of, &turned).await?;
    let (settled, told) = (rows_of(&turning), decision.told.as_deref());
    let (who, at) = (decision.asked_by, road.clock.now());
    rejects::settle_rows(tx, delivery, &settled, told, who, at).await?;
    Ok(Turned {
        numbers: turning.iter().map(|one| one.row_number).collect(),
        persons: persons.into_iter().collect(),
        lines: Vec::new(),
    })
}

/// Lets rows of a delivery wait again that a decision rejected.
///
/// # Errors
/// As [`reject`].
pub async fn readmit(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &[Uuid],
) -> Result<Turned, StoreError> {
    if withdrawals::runs(tx, decision.party_id, delivery).await? {
        return Ok(Turned::default());
    }
    let seen = to_readmit(tx, decision, delivery, rows).await?;
    let persons: Vec<Uuid> = seen.iter().filter_map(|one| one.person).collect();
    register::hold(tx, &persons).await?;
    // Somebody may have been faster while this waited for the persons.
    let turning = to_readmit(tx, decision, delivery, rows).await?;
    if turning.is_empty() {
        return Ok(Turned::default());
    }
    all_held(&turning, &persons)?;
    let of = Of {
        party: decision.party_id,
        delivery,
        back: false,
    };
    // What was stored in their absence waits again, as long as it stands against them.
    let around = freed::Around {
        road,
        way: freed::Way::Back,
        delivery,
        by: decision.asked_by,
        persons,
    };
    let before = freed::before(tx, &around).await?;
    let by = by(delivery, None);
    let turned = candidates(&turning);
    let persons = withdraw::turn(tx, &road.keys, &by, &of, &turned).await?;
    let (rows, at) = (rows_of(&turning), road.clock.now());
    rulings::settle_rows(tx, &rows, Becomes::Waiting, decision.asked_by, at).await?;
    rejects::forget_why(tx, &rows).await?;
    let lines = freed::after(tx, &around, before).await?;
    Ok(Turned {
        numbers: turning.iter().map(|one| one.row_number).collect(),
        persons: persons.into_iter().collect(),
        lines,
    })
}

/// Of these rows those that can wait again.
async fn to_readmit(
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &[Uuid],
) -> Result<Vec<Turning>, StoreError> {
    let rejected = decision.undoes.unwrap_or_default();
    let rows: HashSet<&Uuid> = rows.iter().collect();
    let all = rejects::to_readmit(tx, rejected, Some(delivery)).await?;
    let all = all.into_iter().map(|(_, one)| one);
    Ok(all.filter(|one| rows.contains(&one.row)).collect())
}

const fn by(delivery: Uuid, rejects: Option<Uuid>) -> By {
    By {
        delivery,
        withdrawal: None,
        // No registration of an institution gets the name of somebody of RIVM.
        user: None,
        reason_sealed: None,
        rejects,
    }
}

fn candidates(turning: &[Turning]) -> Vec<Candidate> {
    turning.iter().map(Turning::candidate).collect()
}

fn rows_of(turning: &[Turning]) -> Vec<Uuid> {
    turning.iter().map(|one| one.row).collect()
}

/// Two records became one while this waited for the persons: all of it once more.
fn all_held(turning: &[Turning], held: &[Uuid]) -> Result<(), StoreError> {
    let held: HashSet<Uuid> = held.iter().copied().collect();
    let mut persons = turning.iter().filter_map(|one| one.person);
    if persons.all(|person| held.contains(&person)) {
        Ok(())
    } else {
        Err(StoreError::Conflict("person".to_owned()))
    }
}

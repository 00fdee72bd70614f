//! The audit: append-only, hash-chained, after NEN 7513 (security G7, §7).
//!
//! [`add`] is the last statement of the transaction it records: it holds the head of its chain until commit,
//! and without it there is no data (security G8). An event holds the fact, never the data: keys, counts and
//! codes. The database adds time, chain and number, so nobody can choose them.

mod anchor;
mod event;
pub mod verify;

pub use anchor::anchor;
pub use event::{Action, Event, Kind, Outcome};

use crate::keys::Mac;
use crate::store::{Db, StoreError, WorkerTx, register, worker_tx};
use sqlx::PgConnection;
use std::collections::HashMap;

/// Where a line stands: chain and number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineRef {
    /// Chain, 0 to 15.
    pub shard: i16,
    /// Number within the chain, from 1.
    pub seq: i64,
}

/// Writes one line in the caller's transaction.
///
/// # Errors
/// When the database does not take it; the transaction is then void.
pub async fn add(connection: &mut PgConnection, event: Event) -> Result<LineRef, StoreError> {
    let row = sqlx::query!(
        r#"SELECT shard AS "shard!", seq AS "seq!" FROM audit_add($1, $2, $3, $4, $5)"#,
        event.line(),
        event.shard_key(),
        event.persons(),
        event.macs(),
        event.mac_key(),
    )
    .fetch_one(connection)
    .await?;
    Ok(LineRef {
        shard: row.shard,
        seq: row.seq,
    })
}

/// Writes lines in the caller's transaction, in the order of their chains, so that no two transactions wait for each other.
///
/// # Errors
/// When the database does not take one; the transaction is then void.
pub async fn add_all(
    connection: &mut PgConnection,
    mut events: Vec<Event>,
) -> Result<(), StoreError> {
    events.sort_by_key(Event::shard);
    for event in events {
        add(connection, event).await?;
    }
    Ok(())
}

/// As [`about_bsns`], for who has no transaction that may look at the register.
///
/// # Errors
/// When the database fails.
pub async fn about_typed(
    db: &Db,
    event: Event,
    bsns: impl IntoIterator<Item = Mac>,
) -> Result<Event, StoreError> {
    let mut tx = worker_tx(db).await?;
    let event = about_bsns(&mut tx, event, bsns).await?;
    tx.rollback().await?;
    Ok(event)
}

/// The event about who has these BSNs: by key who stands in the register, by MAC who does not. One look at the register
/// for all of them.
///
/// # Errors
/// When the database fails.
pub async fn about_bsns(
    tx: &mut WorkerTx<'_>,
    event: Event,
    bsns: impl IntoIterator<Item = Mac>,
) -> Result<Event, StoreError> {
    let bsns: Vec<Mac> = bsns.into_iter().collect();
    let Some(key) = bsns.first().map(Mac::key_id) else {
        return Ok(event);
    };
    let macs: Vec<Vec<u8>> = bsns.iter().map(|mac| mac.bytes.to_vec()).collect();
    let found = register::persons_by_bsn(tx, &key, &macs).await?;
    let found: HashMap<Vec<u8>, uuid::Uuid> = found.into_iter().collect();
    let unknown = bsns
        .iter()
        .filter(|mac| !found.contains_key(mac.bytes.as_slice()));
    let event = unknown.fold(event, Event::about_mac);
    Ok(event.about(found.into_values()))
}

//! Everything that is found by the MAC of a BSN or of an identity, under the newest `mac` key (security G17).
//!
//! Not while a server runs: it would look under one key for what stands under the other. So it is said first, in `settings`,
//! that this is under way, and nothing starts before it is done. In batches of one transaction each, by key order; what is
//! under the newest key is passed over, so what was broken off goes on.

use super::schema::{MAC_KEY, mac_key};
use super::{Db, StoreError, WORKER, WorkerTx, worker_tx};
use crate::keys::{Keys, Mac, Purpose, Sealed};
use domain::bsn::Bsn;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A server that was stopped leaves the database a moment after its process.
const STOPPED_WITHIN: Duration = Duration::from_secs(2);

/// What it came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// MACs made anew.
    pub made: u64,
    /// What does not open, and so is found no more: `enc` keys that are gone, or a changed value.
    pub unopened: u64,
}

/// Why it does not begin.
#[derive(Debug, thiserror::Error)]
pub enum NotNow {
    /// A server, a worker or a command.
    #[error("another cims is connected to the database: stop every server and worker first")]
    Connected,
    /// A load of the BRP that was broken off holds lines under the older key.
    #[error(
        "a load of the BRP is under way or was broken off: finish it first, with the older mac key alone"
    )]
    Load,
    /// Database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for NotNow {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// Says that it is under way, so that nothing starts meanwhile; `false` when everything is under the newest key.
///
/// # Errors
/// When somebody else is connected, or a load is not finished.
pub async fn begin(db: &Db, keys: &Keys) -> Result<bool, NotNow> {
    let mut tx = worker_tx(db).await?;
    let newest = keys.newest_mac().to_string();
    if mac_key(&mut tx).await?.is_none_or(|known| known == newest) {
        return Ok(false);
    }
    let from = Instant::now();
    while others(db, &mut tx).await? {
        if from.elapsed() > STOPPED_WITHIN {
            return Err(NotNow::Connected);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let loading = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM brp_loads WHERE state = 'staging') AS "is!""#
    )
    .fetch_one(&mut *tx)
    .await?;
    if loading {
        return Err(NotNow::Load);
    }
    say(&mut tx, &format!("to {newest}")).await?;
    tx.commit().await?;
    Ok(true)
}

/// Whether another cims is connected now.
async fn others(db: &Db, tx: &mut WorkerTx<'_>) -> Result<bool, StoreError> {
    // Within a transaction it would say the same for ever.
    sqlx::query!("SELECT pg_stat_clear_snapshot()::text")
        .fetch_one(&mut **tx)
        .await?;
    let connected = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM pg_stat_activity
           WHERE datname = current_database() AND usename = session_user AND application_name = $1"#,
        WORKER
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(connected > i64::from(db.worker.size()))
}

async fn say(tx: &mut WorkerTx<'_>, key: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO settings (key, value) VALUES ($1, to_jsonb($2::text)) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value",
        MAC_KEY,
        key
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Says that all of it is under the newest key, in the transaction of the audit line about it.
///
/// # Errors
/// When the database fails.
pub async fn end(tx: &mut WorkerTx<'_>, keys: &Keys) -> Result<(), StoreError> {
    say(tx, &keys.newest_mac().to_string()).await
}

/// What changes of one row.
#[derive(Default)]
struct Changes<O> {
    owners: Vec<O>,
    /// As they stand, for what else holds them.
    old_keys: Vec<String>,
    old: Vec<Vec<u8>>,
    new: Vec<Vec<u8>>,
}

impl<O> Changes<O> {
    fn push(&mut self, owner: O, (old_key, old): (String, Vec<u8>), new: &Mac) {
        self.owners.push(owner);
        self.old_keys.push(old_key);
        self.old.push(old);
        self.new.push(new.bytes.to_vec());
    }
}

/// The BSN in a sealed value.
fn bsn(keys: &Keys, sealed: Vec<u8>, aad: &[u8]) -> Option<Bsn> {
    let plain = keys.open(&Sealed::from_bytes(sealed), aad).ok()?;
    Bsn::parse(std::str::from_utf8(&plain).ok()?).ok()
}

/// Makes all MACs anew.
///
/// # Errors
/// When the database fails; what was done stays done.
pub async fn all(db: &Db, keys: &Keys, most: i64) -> Result<Done, StoreError> {
    let mut done = Done::default();
    lists(db, keys, most, &mut done).await?;
    numbers(db, keys, most, &mut done).await?;
    persons(db, keys, most, &mut done).await?;
    Ok(done)
}

async fn lists(db: &Db, keys: &Keys, most: i64, done: &mut Done) -> Result<(), StoreError> {
    let newest = keys.newest_mac().to_string();
    let mut after = String::new();
    loop {
        let mut tx = worker_tx(db).await?;
        let found = sqlx::query!(
            r#"SELECT pl_id, mac_key AS "mac_key!", bsn_mac AS "bsn_mac!", bsn_enc AS "bsn_enc!" FROM brp_lists
               WHERE pl_id > $1 AND bsn_mac IS NOT NULL AND mac_key <> $2 ORDER BY pl_id LIMIT $3"#,
            after,
            newest,
            most
        )
        .fetch_all(&mut *tx)
        .await?;
        let Some(last) = found.last() else {
            return Ok(());
        };
        after.clone_from(&last.pl_id);
        let mut changes = Changes::default();
        for list in found {
            let aad = Purpose::BrpBsn.of(list.pl_id.as_bytes());
            match bsn(keys, list.bsn_enc, &aad) {
                Some(bsn) => changes.push(
                    list.pl_id,
                    (list.mac_key, list.bsn_mac),
                    &keys.bsn_mac(&bsn),
                ),
                None => done.unopened += 1,
            }
        }
        sqlx::query!(
            "UPDATE brp_lists AS l SET mac_key = $1, bsn_mac = n.mac FROM unnest($2::text[], $3::bytea[]) AS n (id, mac) WHERE l.pl_id = n.id",
            newest,
            &changes.owners,
            &changes.new
        )
        .execute(&mut *tx)
        .await?;
        renumbered(&mut tx, &newest, &changes).await?;
        done.made += count(&changes);
        tx.commit().await?;
    }
}

async fn numbers(db: &Db, keys: &Keys, most: i64, done: &mut Done) -> Result<(), StoreError> {
    let newest = keys.newest_mac().to_string();
    let mut after = (Uuid::nil(), Vec::new());
    loop {
        let mut tx = worker_tx(db).await?;
        let found = sqlx::query!(
            "SELECT person_id, mac_key, bsn_mac, bsn_enc FROM person_numbers
             WHERE (person_id, bsn_mac) > ($1, $2) AND mac_key <> $3 ORDER BY person_id, bsn_mac LIMIT $4",
            after.0,
            after.1,
            newest,
            most
        )
        .fetch_all(&mut *tx)
        .await?;
        let Some(last) = found.last() else {
            return Ok(());
        };
        after = (last.person_id, last.bsn_mac.clone());
        let mut changes = Changes::default();
        for number in found {
            let aad = Purpose::Bsn.of(number.person_id.as_bytes());
            match bsn(keys, number.bsn_enc, &aad) {
                Some(bsn) => changes.push(
                    number.person_id,
                    (number.mac_key, number.bsn_mac),
                    &keys.bsn_mac(&bsn),
                ),
                None => done.unopened += 1,
            }
        }
        sqlx::query!(
            "UPDATE person_numbers AS p SET mac_key = $1, bsn_mac = n.mac
             FROM unnest($2::uuid[], $3::text[], $4::bytea[], $5::bytea[]) AS n (id, old_key, old, mac)
             WHERE p.person_id = n.id AND p.mac_key = n.old_key AND p.bsn_mac = n.old",
            newest,
            &changes.owners,
            &changes.old_keys,
            &changes.old,
            &changes.new
        )
        .execute(&mut *tx)
        .await?;
        renumbered(&mut tx, &newest, &changes).await?;
        done.made += count(&changes);
        tx.commit().await?;
    }
}

/// A person may have a BSN, an identity, or both; one key for the two.
async fn persons(db: &Db, keys: &Keys, most: i64, done: &mut Done) -> Result<(), StoreError> {
    let newest = keys.newest_mac().to_string();
    let mut after = Uuid::nil();
    loop {
        let mut tx = worker_tx(db).await?;
        let found = sqlx::query!(
            r#"SELECT id, mac_key AS "mac_key!", bsn_mac, bsn_enc, identity_mac, identity_sealed FROM persons
               WHERE id > $1 AND mac_key <> $2 ORDER BY id LIMIT $3"#,
            after,
            newest,
            most
        )
        .fetch_all(&mut *tx)
        .await?;
        let Some(last) = found.last() else {
            return Ok(());
        };
        after = last.id;
        let mut changes = Changes::default();
        let (mut ids, mut bsn_macs, mut identity_macs) = (Vec::new(), Vec::new(), Vec::new());
        for person in found {
            let number = person
                .bsn_enc
                .map(|sealed| bsn(keys, sealed, &Purpose::Bsn.of(person.id.as_bytes())));
            let identity = person.identity_sealed.map(|sealed| {
                let aad = Purpose::Identity.of(person.id.as_bytes());
                let plain = keys.open(&Sealed::from_bytes(sealed), &aad);
                plain.ok().map(|plain| keys.identity_mac(&plain))
            });
            if number == Some(None) || identity == Some(None) {
                done.unopened += 1;
                continue;
            }
            let number = number.flatten().map(|bsn| keys.bsn_mac(&bsn));
            if let (Some(new), Some(old)) = (&number, person.bsn_mac) {
                changes.push(person.id, (person.mac_key, old), new);
            }
            ids.push(person.id);
            bsn_macs.push(number.map(|mac| mac.bytes.to_vec()));
            identity_macs.push(identity.flatten().map(|mac| mac.bytes.to_vec()));
        }
        sqlx::query!(
            "UPDATE persons AS p SET mac_key = $1, bsn_mac = n.bsn, identity_mac = n.identity
             FROM unnest($2::uuid[], $3::bytea[], $4::bytea[]) AS n (id, bsn, identity) WHERE p.id = n.id",
            newest,
            &ids,
            &bsn_macs as _,
            &identity_macs as _
        )
        .execute(&mut *tx)
        .await?;
        renumbered(&mut tx, &newest, &changes).await?;
        done.made += u64::try_from(ids.len()).unwrap_or_default();
        tx.commit().await?;
    }
}

/// A former BSN that waits for its person has no value of its own: it goes along with whoever has that BSN.
async fn renumbered<O>(
    tx: &mut WorkerTx<'_>,
    newest: &str,
    changes: &Changes<O>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE brp_renumbered AS r SET old_key = $1, old_mac = n.mac
         FROM unnest($2::text[], $3::bytea[], $4::bytea[]) AS n (old_key, old, mac)
         WHERE r.old_key = n.old_key AND r.old_mac = n.old",
        newest,
        &changes.old_keys,
        &changes.old,
        &changes.new
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn count<O>(changes: &Changes<O>) -> u64 {
    u64::try_from(changes.owners.len()).unwrap_or_default()
}

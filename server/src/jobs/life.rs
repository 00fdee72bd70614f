//! That a process lives, as the database can see it: so that what it had leased is free the moment it is killed.
//!
//! Each process holds a shared advisory lock of its boot id, in an open transaction on a connection of its own. The
//! system closes that connection when the process ends, however it ends, and the lock is gone; [`super::lease`]
//! takes a job whose holder has no lock. A transaction, because a pooler keeps its connection apart; it reads
//! nothing and so holds no vacuum up. A connection that broke is made again; a job that was taken meanwhile is
//! taken rightly, for the fence keeps its former holder out.

use crate::store::{Db, StoreError, worker_tx};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Executor as _};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// First half of the lock, "CIMS", as in `process_lives` of the schema; the second is a hash of the boot id.
const CLASS: i32 = 0x4349_4d53;
/// How often the connection is looked after: well within the time an idle transaction may last.
const LOOK: Duration = Duration::from_secs(5);
/// Pause between attempts to connect again.
const PAUSE: Duration = Duration::from_millis(500);

/// A living process. Dropped, it counts as dead.
#[derive(Debug)]
pub struct Life {
    boot: Uuid,
    keeper: JoinHandle<()>,
}

impl Life {
    /// Begins to live.
    ///
    /// # Errors
    /// When the database is not there.
    pub async fn begin(db: &Db) -> Result<Self, StoreError> {
        let boot = crate::clock::new_key();
        let options = db.worker.connect_options();
        let held = hold(&options, boot).await?;
        Ok(Self {
            boot,
            keeper: tokio::spawn(keep(options, boot, held)),
        })
    }

    /// Names this process in its leases.
    #[must_use]
    pub const fn boot(&self) -> Uuid {
        self.boot
    }

    /// Ends in order: gives back what is still leased.
    ///
    /// # Errors
    /// When the database is not there; the leases are free all the same once this process ends.
    pub async fn end(&self, db: &Db) -> Result<(), StoreError> {
        let mut tx = worker_tx(db).await?;
        sqlx::query!(
            "UPDATE jobs SET state = job_given_back(kind, subject), leased_by = NULL, lease_until = NULL WHERE state = 'leased' AND leased_by = $1",
            self.boot
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

async fn hold(options: &PgConnectOptions, boot: Uuid) -> Result<PgConnection, StoreError> {
    let mut connection = options.connect().await?;
    connection.execute("BEGIN").await?;
    // Shared: a connection that is made again need not wait until the server has seen the old one break.
    sqlx::query!(
        "SELECT pg_advisory_xact_lock_shared($1, hashtext($2::text))",
        CLASS,
        boot.to_string()
    )
    .fetch_one(&mut connection)
    .await?;
    Ok(connection)
}

async fn keep(options: Arc<PgConnectOptions>, boot: Uuid, mut held: PgConnection) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Err(error) = held.execute("SELECT 1").await else {
            continue;
        };
        tracing::warn!(error = %StoreError::from(error), "the sign of life is given anew");
        held = loop {
            match hold(&options, boot).await {
                Ok(held) => break held,
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        };
    }
}

//! The database: two pools, transactions that know their caller, and the schema.
//!
//! The portal pool reads for people, as role `cims_portal`, under row-level security; the worker pool writes
//! the register, as `cims_worker`. Store functions take [`PartyTx`] or [`WorkerTx`], never a pool: a query
//! without a caller does not compile (security §4.5).

pub mod answer_files;
pub mod answers;
pub mod assignments;
pub mod brp_checks;
pub mod brp_loads;
pub mod brp_people;
pub mod cards;
pub mod completeness;
pub mod connections;
pub mod copy;
pub mod corrections;
pub mod counted;
pub mod decisions;
pub mod deliveries;
pub mod delivery_views;
pub mod doctor;
pub mod drafts;
mod error;
pub mod freed;
pub mod kept_forms;
pub mod late;
pub mod lists;
pub mod locations;
pub mod looks;
pub mod mend;
pub mod news;
pub mod operations;
pub mod party_requests;
pub mod products;
pub mod profiles;
pub mod quality;
pub mod register;
pub mod registrations;
pub mod rejects;
pub mod relink;
pub mod remac;
pub mod reseal;
pub mod retention;
pub mod returned;
pub mod review;
pub mod rows;
pub mod rulings;
pub mod schema;
pub mod sftp_accounts;
pub mod sftp_uploads;
pub mod suggestions;
pub mod trials;
pub mod turns;
pub mod users;
pub mod withdrawals;
pub mod worklists;

pub use error::StoreError;

use crate::config;
use app::ports::Caller;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Executor as _, PgPool, Postgres, Transaction};
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use uuid::Uuid;

/// What the connections of workers are called; every `cims` that uses the database has at least one.
pub(crate) const WORKER: &str = "cims-worker";

/// The two pools, and the bell that wakes this process's workers.
#[derive(Debug, Clone)]
pub struct Db {
    /// Role `cims_portal`.
    pub portal: PgPool,
    /// Role `cims_worker`.
    pub worker: PgPool,
    /// Rung after a commit that put work in the queue.
    pub work: Arc<Notify>,
}

impl Db {
    /// Opens both pools. No connection is made before it is needed.
    ///
    /// # Errors
    /// When an address or password file is not usable.
    pub fn open(config: &config::Database) -> Result<Self, StoreError> {
        let portal = options(&config.portal_url, config.portal_password_file.as_deref())?
            .application_name("cims-portal")
            .options([
                ("statement_timeout", "30s"),
                ("idle_in_transaction_session_timeout", "60s"),
            ]);
        let worker = options(&config.worker_url, config.worker_password_file.as_deref())?
            .application_name(WORKER)
            .options([("idle_in_transaction_session_timeout", "300s")]);
        Ok(Self::from_options(portal, worker, config.connections))
    }

    /// Two pools of `connections` each.
    #[must_use]
    pub fn from_options(
        portal: PgConnectOptions,
        worker: PgConnectOptions,
        connections: u32,
    ) -> Self {
        Self {
            portal: pool(portal, connections),
            worker: pool(worker, connections),
            work: Arc::new(Notify::new()),
        }
    }
}

/// An address with the password from its file, when it has one.
///
/// # Errors
/// When the address or the file is not usable; says neither.
pub fn options(url: &str, password_file: Option<&Path>) -> Result<PgConnectOptions, StoreError> {
    let options = PgConnectOptions::from_str(url).map_err(|_| StoreError::Address)?;
    match password_file {
        None => Ok(options),
        Some(file) => {
            let password = std::fs::read_to_string(file).map_err(|_| StoreError::Address)?;
            Ok(options.password(password.trim_end_matches(['\r', '\n'])))
        }
    }
}

fn pool(options: PgConnectOptions, connections: u32) -> PgPool {
    PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        // Whatever a borrower set may not reach the next one (security L18, L19). An error closes the connection.
        .after_release(|connection, _| {
            Box::pin(async move {
                connection
                    .execute("RESET ALL; RESET ROLE; SELECT pg_advisory_unlock_all()")
                    .await?;
                Ok(true)
            })
        })
        .connect_lazy_with(options)
}

/// A transaction of a person, for the party or the staff role they chose; rolls back when dropped.
#[derive(Debug)]
pub struct PartyTx<'a>(Transaction<'a, Postgres>);

/// A transaction of the worker role: writes the register.
#[derive(Debug)]
pub struct WorkerTx<'a>(Transaction<'a, Postgres>);

impl WorkerTx<'_> {
    /// A place to go back to with [`WorkerTx::go_back`].
    ///
    /// # Errors
    /// When the database is gone.
    pub async fn mark(&mut self) -> Result<(), StoreError> {
        self.0.execute("SAVEPOINT marked").await?;
        Ok(())
    }

    /// A place to go back to with [`WorkerTx::end_trial`], around any that [`WorkerTx::mark`] makes.
    ///
    /// # Errors
    /// When the database is gone.
    pub async fn try_out(&mut self) -> Result<(), StoreError> {
        self.0.execute("SAVEPOINT tried").await?;
        Ok(())
    }

    /// Undoes what was done since [`WorkerTx::try_out`], a failed statement included.
    ///
    /// # Errors
    /// When the database is gone.
    pub async fn end_trial(&mut self) -> Result<(), StoreError> {
        self.0.execute("ROLLBACK TO SAVEPOINT tried").await?;
        Ok(())
    }

    /// Undoes what was done since [`WorkerTx::mark`], a failed statement included.
    ///
    /// # Errors
    /// When the database is gone.
    pub async fn go_back(&mut self) -> Result<(), StoreError> {
        self.0.execute("ROLLBACK TO SAVEPOINT marked").await?;
        Ok(())
    }
}

/// Begins a transaction for a caller. The database then shows only rows of the caller's party, or, for staff,
/// those its role may see.
///
/// # Errors
/// When the database is not there.
pub async fn party_tx<'a>(db: &Db, caller: &Caller) -> Result<PartyTx<'a>, StoreError> {
    let party = caller.party().map(|party| party.id);
    begin_for(
        &db.portal,
        Some(caller.user_id),
        party,
        caller.role().as_str(),
    )
    .await
}

/// Begins a transaction for somebody who has not chosen a party yet: sees own memberships only.
///
/// # Errors
/// When the database is not there.
pub async fn actor_tx<'a>(db: &Db, user: Uuid) -> Result<PartyTx<'a>, StoreError> {
    begin_for(&db.portal, Some(user), None, "").await
}

/// Begins a transaction for nobody yet (sessions, login): sees no row of any party.
///
/// # Errors
/// When the database is not there.
pub async fn anonymous_tx<'a>(db: &Db) -> Result<PartyTx<'a>, StoreError> {
    begin_for(&db.portal, None, None, "").await
}

async fn begin_for<'a>(
    pool: &PgPool,
    user: Option<Uuid>,
    party: Option<Uuid>,
    role: &str,
) -> Result<PartyTx<'a>, StoreError> {
    let mut tx = pool.begin().await?;
    let text = |id: Option<Uuid>| id.map_or_else(String::new, |id| id.to_string());
    sqlx::query!(
        // To compile a question takes longer than to answer it.
        "SELECT set_config('cims.party', $1, true) AS party, set_config('cims.actor', $2, true) AS actor, set_config('cims.role', $3, true) AS role,
                set_config('jit', 'off', true) AS jit",
        text(party),
        text(user),
        role,
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(PartyTx(tx))
}

/// Begins a transaction of the worker role.
///
/// # Errors
/// When the database is not there.
pub async fn worker_tx<'a>(db: &Db) -> Result<WorkerTx<'a>, StoreError> {
    Ok(WorkerTx(db.worker.begin().await?))
}

/// Begins a transaction of the worker role for a page that sums up much: to compile its question takes longer than to answer it.
///
/// # Errors
/// When the database is not there.
pub async fn sums_tx<'a>(db: &Db) -> Result<WorkerTx<'a>, StoreError> {
    let mut tx = worker_tx(db).await?;
    sqlx::query!("SELECT set_config('jit', 'off', true) AS jit")
        .fetch_one(&mut *tx)
        .await?;
    Ok(tx)
}

/// Begins a transaction of the worker role for a chunk: facts are found by key, whatever the planner thinks of the
/// size of a table. Its statistics are of before the import, and a whole table read per chunk would make the cost of
/// a row grow with the register. A lock that somebody else holds is waited for two seconds: chunks commit in turn, and
/// a ring of two deliveries that wait for each other through that turn is one the database cannot see.
///
/// # Errors
/// When the database is not there.
pub async fn chunk_tx<'a>(db: &Db) -> Result<WorkerTx<'a>, StoreError> {
    let mut tx = worker_tx(db).await?;
    sqlx::query!(
        "SELECT set_config('enable_seqscan', 'off', true) AS a, set_config('enable_hashjoin', 'off', true) AS b,
                set_config('enable_mergejoin', 'off', true) AS c, set_config('jit', 'off', true) AS d,
                set_config('lock_timeout', '2s', true) AS e"
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(tx)
}

macro_rules! transaction {
    ($name:ident) => {
        impl $name<'_> {
            /// Makes it so.
            ///
            /// # Errors
            /// When the database refuses or is gone; then nothing happened.
            pub async fn commit(self) -> Result<(), StoreError> {
                Ok(self.0.commit().await?)
            }

            /// Undoes it at once, instead of when the connection is next used.
            ///
            /// # Errors
            /// When the database is gone, which undoes it too.
            pub async fn rollback(self) -> Result<(), StoreError> {
                Ok(self.0.rollback().await?)
            }
        }

        impl Deref for $name<'_> {
            type Target = PgConnection;
            fn deref(&self) -> &PgConnection {
                &self.0
            }
        }

        impl DerefMut for $name<'_> {
            fn deref_mut(&mut self) -> &mut PgConnection {
                &mut self.0
            }
        }
    };
}

transaction!(PartyTx);
transaction!(WorkerTx);

//! The schema: migrations in this binary, and whether a database is fit to serve with (security G19, F17).
//!
//! Migrating is a command of its own, never part of a start (security L17). It polls for its lock instead of
//! waiting in it: a waiting lock and `CREATE INDEX CONCURRENTLY` of another migrator would wait for each other.

use super::{Db, StoreError, WorkerTx, worker_tx};
use crate::keys::Keys;
use sqlx::migrate::{Migrate, MigrateError, Migrator};
use sqlx::{Connection, PgConnection, PgPool};
use std::collections::HashMap;
use std::time::Duration;
use time::OffsetDateTime;

static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Any number, the same in every version: who migrates holds it.
const LOCK: i64 = 0x6369_6d73;

/// How far the clocks of this machine and of the database may be apart (security F15).
const MAX_SKEW: time::Duration = time::Duration::seconds(5);

/// Why migrating stopped.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Somebody else migrates and does not end.
    #[error("another migration has been running for {} minutes; nothing was changed", .0.as_secs() / 60)]
    Locked(Duration),
    /// A migration failed or does not belong to this program.
    #[error("migration: {0}")]
    Migration(#[from] MigrateError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for SchemaError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A migration of this program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Number.
    pub version: i64,
    /// What it does, from the file name.
    pub name: String,
}

/// The migrations this database still lacks, in order.
///
/// # Errors
/// When the database is not there, or holds a changed or half-done migration.
pub async fn pending(connection: &mut PgConnection) -> Result<Vec<Step>, SchemaError> {
    let exists = sqlx::query_scalar!("SELECT to_regclass('public._sqlx_migrations') IS NOT NULL")
        .fetch_one(&mut *connection)
        .await?;
    let mut applied = HashMap::new();
    if exists == Some(true) {
        if let Some(version) = connection.dirty_version("_sqlx_migrations").await? {
            return Err(MigrateError::Dirty(version).into());
        }
        for migration in connection
            .list_applied_migrations("_sqlx_migrations")
            .await?
        {
            applied.insert(migration.version, migration.checksum);
        }
    }
    let mut steps = Vec::new();
    for migration in MIGRATOR.iter() {
        match applied.get(&migration.version) {
            Some(checksum) if *checksum == migration.checksum => {}
            Some(_) => return Err(MigrateError::VersionMismatch(migration.version).into()),
            None => steps.push(Step {
                version: migration.version,
                name: migration.description.to_string(),
            }),
        }
    }
    Ok(steps)
}

/// Applies what is pending; returns it. A schema newer than this program is left alone.
///
/// # Errors
/// When a migration fails (it leaves nothing behind), or the lock stays taken for `patience`.
pub async fn migrate(
    connection: &mut PgConnection,
    patience: Duration,
) -> Result<Vec<Step>, SchemaError> {
    lock(connection, patience).await?;
    let done = migrate_locked(connection).await;
    sqlx::query_scalar!("SELECT pg_advisory_unlock($1)", LOCK)
        .fetch_one(&mut *connection)
        .await?;
    done
}

async fn migrate_locked(connection: &mut PgConnection) -> Result<Vec<Step>, SchemaError> {
    let steps = pending(connection).await?;
    // A migration that waits for a busy table gives up, instead of making everybody wait behind it.
    sqlx::query_scalar!("SELECT set_config('lock_timeout', '3s', false)")
        .fetch_one(&mut *connection)
        .await?;
    let mut migrator = Migrator::with_migrations(MIGRATOR.iter().cloned().collect());
    migrator.set_locking(false).set_ignore_missing(true);
    migrator.run_direct(None, connection, false).await?;
    // The server asks at its start whether it is behind.
    sqlx::raw_sql("GRANT SELECT ON _sqlx_migrations TO cims_portal, cims_worker")
        .execute(&mut *connection)
        .await?;
    Ok(steps)
}

/// Polls for the migration lock: 250 ms, doubling to 5 s.
async fn lock(connection: &mut PgConnection, patience: Duration) -> Result<(), SchemaError> {
    let (mut waited, mut pause) = (Duration::ZERO, Duration::from_millis(250));
    while sqlx::query_scalar!("SELECT pg_try_advisory_lock($1)", LOCK)
        .fetch_one(&mut *connection)
        .await?
        != Some(true)
    {
        if waited >= patience {
            return Err(SchemaError::Locked(waited));
        }
        tokio::time::sleep(pause).await;
        waited += pause;
        pause = (pause * 2).min(Duration::from_secs(5));
    }
    Ok(())
}

/// Why a server may not start with this database; one sentence.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    /// Behind.
    #[error("the database lacks {0} migration(s), first {1}; run `cims migrate`")]
    Pending(usize, i64),
    /// Another clock.
    #[error("the clocks of this machine and of the database are {0} s apart")]
    Clock(i64),
    /// A pool that row-level security does not hold.
    #[error(
        "database role {0} may bypass row-level security; the portal and the worker need roles that may not"
    )]
    Role(String),
    /// Another key than the one this database knows by that name.
    #[error("key file {0}.key is not the key this database was made with")]
    Key(String),
    /// What is stored is found under another `mac` key than the newest one here.
    #[error(
        "what is stored is found under mac key {known}, and the newest key file is mac-{newest}.key: {}",
        if known.parse::<u16>().is_ok_and(|known| known > *newest) { "bring the newer file" } else { "stop everything and run `cims keys remac` (docs/keys.md)" }
    )]
    MacKey {
        /// Its number, or what is under way.
        known: String,
        /// The newest one here.
        newest: u16,
    },
    /// Cannot be asked.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl From<sqlx::Error> for NotReady {
    fn from(error: sqlx::Error) -> Self {
        Self::Schema(error.into())
    }
}

/// Whether a server may start: schema up to date, clocks together, roles held by row-level security.
///
/// # Errors
/// Says why not.
pub async fn check_ready(db: &Db, now: OffsetDateTime) -> Result<(), NotReady> {
    let mut connection = db.worker.acquire().await?;
    if let [first, ..] = pending(&mut connection).await?.as_slice() {
        let all = pending(&mut connection).await?.len();
        return Err(NotReady::Pending(all, first.version));
    }
    let skew = skew(&mut connection, now).await?;
    if skew > MAX_SKEW {
        return Err(NotReady::Clock(skew.whole_seconds()));
    }
    drop(connection);
    check_role(&db.portal).await?;
    check_role(&db.worker).await
}

/// How far the clock that says `now` and that of the database are apart.
async fn skew(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<time::Duration, sqlx::Error> {
    let there = sqlx::query_scalar!(r#"SELECT clock_timestamp() AS "at!""#)
        .fetch_one(connection)
        .await?;
    Ok((there - now).abs())
}

/// The clock that says `now` is that of the database, as at the start of a node (security F15).
///
/// # Errors
/// When the database fails.
pub async fn clocks_agree(
    connection: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    Ok(skew(connection, now).await? <= MAX_SKEW)
}

async fn check_role(pool: &PgPool) -> Result<(), NotReady> {
    let role = sqlx::query!(
        r#"SELECT rolname AS "name!", rolsuper OR rolbypassrls
               OR EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relnamespace = 'public'::regnamespace) AS "free!"
           FROM pg_roles r WHERE rolname = current_user"#
    )
    .fetch_one(pool)
    .await?;
    if role.free {
        Err(NotReady::Role(role.name))
    } else {
        Ok(())
    }
}

/// The setting that says under which `mac` key everything is found.
pub(crate) const MAC_KEY: &str = "mac_key";

/// Its number; "to 2" while `cims keys remac` is under way. None before anything was stored.
pub(crate) async fn mac_key(tx: &mut WorkerTx<'_>) -> Result<Option<String>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        r#"SELECT value #>> '{}' AS "key!" FROM settings WHERE key = $1"#,
        MAC_KEY
    );
    found.fetch_optional(&mut **tx).await
}

/// Whether the key files are those of this database, and everything is found under the newest of them.
///
/// # Errors
/// Names the first file that is another key, or the `mac` key that is not the newest one.
pub async fn check_keys(db: &Db, keys: &Keys) -> Result<(), NotReady> {
    check_key_files(db, keys).await?;
    let newest = keys.newest_mac();
    let mut tx = worker_tx(db).await.map_err(SchemaError::from)?;
    sqlx::query!(
        "INSERT INTO settings (key, value) VALUES ($1, to_jsonb($2::text)) ON CONFLICT (key) DO NOTHING",
        MAC_KEY,
        newest.to_string()
    )
    .execute(&mut *tx)
    .await?;
    let known = mac_key(&mut tx).await?.unwrap_or_default();
    tx.commit().await.map_err(SchemaError::from)?;
    if known == newest.to_string() {
        Ok(())
    } else {
        let newest = newest.0;
        Err(NotReady::MacKey { known, newest })
    }
}

/// Whether the key files are those of this database. A new key is remembered; another file under a known name is
/// refused, before it seals what nobody can open afterwards.
///
/// # Errors
/// Names the first file that is another key.
pub async fn check_key_files(db: &Db, keys: &Keys) -> Result<(), NotReady> {
    let mut tx = worker_tx(db).await.map_err(SchemaError::from)?;
    for (name, value) in keys.check_values() {
        let known = sqlx::query_scalar!(
            r#"INSERT INTO settings (key, value) VALUES ('key_check:' || $1, to_jsonb($2::text))
               ON CONFLICT (key) DO UPDATE SET key = EXCLUDED.key RETURNING value #>> '{}' AS "value!""#,
            name,
            value
        )
        .fetch_one(&mut *tx)
        .await?;
        if known != *value {
            return Err(NotReady::Key(name.clone()));
        }
    }
    tx.commit().await.map_err(SchemaError::from)?;
    Ok(())
}

/// Whether the database answers, for `/readyz`.
///
/// # Errors
/// When it does not.
pub async fn ping(db: &Db) -> Result<(), StoreError> {
    let mut connection = db.portal.acquire().await?;
    Ok(connection.ping().await?)
}

//! The session store: key is SHA-256 of the id, every time is the database's, an ended session stays ended.
//!
//! Against what stores on tower-sessions do by default (security L15): `create` inserts and never takes an id
//! from the browser; `save` only touches what is still alive, so a request in flight cannot undo a logout.

use super::{Limits, hash};
use crate::audit::{self, Event, Kind};
use crate::store::StoreError;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use std::collections::HashMap;
use time::OffsetDateTime;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{self, Error};
use uuid::Uuid;

/// Key in the session's data under which [`Login`] travels from the login to [`HashedStore::create`].
pub const LOGIN: &str = "login";
/// Key of the chosen membership: the party's id, or null for a role at RIVM.
pub const PARTY: &str = "party";
/// Key of a sentence to show once.
pub const NOTICE: &str = "notice";

/// Who logged in, and with what.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// The user.
    pub user: Uuid,
    /// How surely the provider knew.
    pub acr: Option<String>,
    /// Browser as it names itself, shortened.
    pub client: String,
    /// Address it came from, for the audit.
    pub address: String,
}

/// Sessions in PostgreSQL.
#[derive(Debug, Clone)]
pub struct HashedStore {
    pool: PgPool,
    limits: Limits,
}

impl HashedStore {
    /// A store on the portal's pool.
    #[must_use]
    pub fn new(pool: PgPool, limits: Limits) -> Self {
        Self { pool, limits }
    }

    /// Ends a session at the wish of who holds its id.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn log_out(&self, id: &Id) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        let ended = sqlx::query!(
            "UPDATE sessions SET revoked_at = now(), revoked_reason = 'uitgelogd'
             WHERE id_hash = $1 AND revoked_at IS NULL RETURNING id, user_id",
            hash(id)
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(ended) = ended {
            let event = ended.user_id.map_or_else(
                || Event::of_nobody(Kind::Logout),
                |user| Event::of_user(user, Kind::Logout),
            );
            audit::add(&mut tx, event.object("session", ended.id)).await?;
        }
        Ok(tx.commit().await?)
    }

    /// A new row for somebody who just logged in; every other session of the same user ends.
    async fn insert(&self, record: &mut Record, login: &Login) -> Result<(), StoreError> {
        let mut tx = self.pool.begin().await?;
        // Two log-ins at once: the second sees the first, and ends it.
        sqlx::query!(
            "SELECT pg_advisory_xact_lock(hashtextextended($1::text, 3))",
            login.user.to_string()
        )
        .fetch_one(&mut *tx)
        .await?;
        let others = sqlx::query!(
            "UPDATE sessions SET revoked_at = now(), revoked_reason = 'elders' WHERE user_id = $1 AND revoked_at IS NULL
             RETURNING last_seen_at > now() - make_interval(secs => $2) AS \"fresh!\"",
            login.user,
            f64::from(self.limits.idle)
        )
        .fetch_all(&mut *tx)
        .await?;
        let fresh = others.iter().filter(|other| other.fresh).count();
        if fresh > 0 {
            record.data.insert(NOTICE.to_owned(), "elders".into());
        }
        let id = crate::clock::new_key();
        sqlx::query!(
            "INSERT INTO sessions (id_hash, id, user_id, data, client, acr) VALUES ($1, $2, $3, $4, $5, $6)",
            hash(&record.id),
            id,
            login.user,
            record.data.iter().map(|(key, value)| (key.clone(), value.clone())).collect::<serde_json::Value>(),
            login.client,
            login.acr
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("DELETE FROM sessions WHERE created_at < now() - interval '2 days'")
            .execute(&mut *tx)
            .await?;
        let event = Event::of_user(login.user, Kind::Login)
            .object("session", id)
            .access_point(&login.address);
        audit::add(
            &mut tx,
            event
                .detail("acr", login.acr.clone())
                .detail("endedOthers", fresh),
        )
        .await?;
        Ok(tx.commit().await?)
    }
}

#[async_trait]
impl SessionStore for HashedStore {
    /// A new session for somebody who just logged in. Ends the other sessions of the same user (one session
    /// per user), and leaves a sentence saying so.
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // The id may stem from a cookie the browser sent along: never use that one.
        record.id = Id::default();
        let login = record
            .data
            .remove(LOGIN)
            .ok_or_else(|| Error::Encode("a session without a user".to_owned()))?;
        let login: Login =
            serde_json::from_value(login).map_err(|error| Error::Encode(error.to_string()))?;
        self.insert(record, &login).await.map_err(backend)
    }

    /// Changes a session that is alive; one that ended in the meantime is left alone, silently.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        sqlx::query!(
            "UPDATE sessions SET data = $2 WHERE id_hash = $1 AND revoked_at IS NULL",
            hash(&record.id),
            json(&record.data)?
        )
        .execute(&self.pool)
        .await
        .map_err(backend)?;
        Ok(())
    }

    /// A session that is alive. Requests are judged by [`super::standing`], which reads rights as well.
    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let row = sqlx::query!(
            "SELECT data, created_at + make_interval(secs => $3) AS \"ends!\" FROM sessions
             WHERE id_hash = $1 AND revoked_at IS NULL
               AND last_seen_at > now() - make_interval(secs => $2) AND last_seen_at < now() + interval '1 minute'
               AND created_at > now() - make_interval(secs => $3)",
            hash(id),
            f64::from(self.limits.idle),
            f64::from(self.limits.absolute)
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(backend)?;
        row.map(|row| {
            let data: HashMap<String, serde_json::Value> = serde_json::from_value(row.data)
                .map_err(|error| Error::Decode(error.to_string()))?;
            let expiry_date: OffsetDateTime = row.ends;
            Ok(Record {
                id: *id,
                data,
                expiry_date,
            })
        })
        .transpose()
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.log_out(id).await.map_err(backend)
    }
}

fn json(data: &HashMap<String, serde_json::Value>) -> session_store::Result<serde_json::Value> {
    serde_json::to_value(data).map_err(|error| Error::Encode(error.to_string()))
}

fn backend(error: impl Into<StoreError>) -> Error {
    Error::Backend(error.into().to_string())
}

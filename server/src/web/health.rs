//! `/healthz` (the process lives), `/readyz` (database, schema, disk, job lag) and `/version`: in the portal, and on the port of
//! the metrics, for nodes without a portal.

use super::Web;
use crate::store::schema::{self, NotReady};
use crate::store::{Db, StoreError, operations, worker_tx};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use time::OffsetDateTime;

/// Free part of the volume with raw files below which an operator should look (security F5).
const FREE_AT_LEAST: f64 = 0.10;

/// Seconds that work may wait before an operator should look (ux §7).
const LAG_AT_MOST: f64 = 300.0;

/// `GET /healthz`.
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /version`.
pub async fn version() -> Json<Version> {
    Json(Version {
        name: "cims",
        version: env!("CARGO_PKG_VERSION"),
    })
}

/// What is looked at.
#[derive(Clone)]
pub struct Watched {
    /// The database.
    pub db: Db,
    /// Where raw files lie.
    pub storage: PathBuf,
    /// Time.
    pub clock: fn() -> OffsetDateTime,
}

impl From<&Web> for Watched {
    fn from(web: &Web) -> Self {
        Self {
            db: web.db.clone(),
            storage: web.config.storage.dir.clone(),
            clock: web.clock,
        }
    }
}

/// What is running.
#[derive(Serialize)]
pub struct Version {
    name: &'static str,
    version: &'static str,
}

/// What was looked at, each "ok" or "fout", the disk also "krap", the jobs "achter"; no addresses, no error texts.
#[derive(Serialize)]
pub struct Readiness {
    database: &'static str,
    migrations: &'static str,
    clock: &'static str,
    disk: &'static str,
    jobs: &'static str,
}

const OK: &str = "ok";
const WRONG: &str = "fout";
/// Little room left: the portal goes on (security F5), so this alone takes no node out of service.
const SCARCE: &str = "krap";
const BEHIND: &str = "achter";

/// `GET /readyz`: 200 when all is well, else 503 with what is not.
pub async fn ready(State(watched): State<Watched>) -> Response {
    let answer = tokio::time::timeout(
        Duration::from_secs(3),
        schema::check_ready(&watched.db, (watched.clock)()),
    )
    .await;
    let (database, migrations, clock) = match answer {
        Ok(Ok(())) => (OK, OK, OK),
        Ok(Err(NotReady::Pending(..))) => (OK, WRONG, OK),
        // As at a start: a node whose clock went astray serves nobody until it is right (security G19, F15).
        Ok(Err(NotReady::Clock(_))) => (OK, OK, WRONG),
        Ok(Err(_)) | Err(_) => (WRONG, WRONG, WRONG),
    };
    let disk = room(&watched.storage);
    let jobs = match database {
        OK => tokio::time::timeout(Duration::from_secs(3), lag(&watched)).await,
        _ => Ok(Ok(f64::MAX)),
    };
    // Work that waits is no reason to take a node away from those who look at pages.
    let jobs = match jobs {
        Ok(Ok(seconds)) if seconds <= LAG_AT_MOST => OK,
        _ => BEHIND,
    };
    let status = if [database, migrations, clock, disk].contains(&WRONG) {
        StatusCode::SERVICE_UNAVAILABLE
    } else {
        StatusCode::OK
    };
    (
        status,
        Json(Readiness {
            database,
            migrations,
            clock,
            disk,
            jobs,
        }),
    )
        .into_response()
}

/// Seconds that the oldest job waits.
async fn lag(watched: &Watched) -> Result<f64, StoreError> {
    let mut tx = worker_tx(&watched.db).await?;
    let queues = operations::queues(&mut tx).await?;
    tx.rollback().await?;
    let oldest = queues.iter().filter_map(|queue| queue.oldest).min();
    let now = (watched.clock)();
    Ok(oldest.map_or(0.0, |at| (now - at).as_seconds_f64()))
}

/// Whether the folder exists, and whether its volume has room.
fn room(folder: &Path) -> &'static str {
    let Ok(volume) = rustix::fs::statvfs(folder) else {
        return WRONG;
    };
    #[expect(clippy::cast_precision_loss, reason = "a ratio")]
    let free = volume.f_bavail as f64 / (volume.f_blocks.max(1)) as f64;
    if free >= FREE_AT_LEAST { OK } else { SCARCE }
}

//! The web edge: routes, sessions, login, headers, uploads and downloads. No rules, no pages.
//!
//! A request passes, from outside in: number, log and metrics · headers · a net for panics · allowed methods ·
//! where it comes from ([`csrf`]) · body limit · session and rights ([`session::guard`]) · its handler.

pub mod attempt;
pub mod client;
pub mod csrf;
pub mod downloads;
pub mod form_token;
pub mod headers;
pub mod health;
pub mod limiter;
pub mod list_uploads;
pub mod listen;
pub mod lists;
pub mod login;
pub mod observe;
pub mod oidc;
pub mod pages;
mod printed;
pub mod router;
pub mod routes;
pub mod session;
mod site;
mod sized;
pub mod uploads;
pub mod worklist_file;

use crate::config::Config;
use crate::intake::Road;
use crate::keys::Keys;
use crate::store::Db;
use anyhow::Context;
use app::ports::{
    Accounts, Cards, Corrections, Decisions, Deliveries, Entry, Lists, Locations, News, Onboarding,
    Operations, Parties, Persons, Review, Users, Withdrawals, Worklists,
};
use domain::codes::CodeLists;
use secrecy::SecretString;
use session::{HashedStore, Limits};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::sync::watch;
use uuid::Uuid;

/// What handlers and layers share.
#[derive(Clone)]
pub struct Web(Arc<Shared>);

/// Behind [`Web`].
pub struct Shared {
    /// The configuration in effect.
    pub config: Config,
    /// Pools.
    pub db: Db,
    /// Keys.
    pub keys: Arc<Keys>,
    /// Identity provider.
    pub provider: oidc::Provider,
    /// Sessions.
    pub sessions: HashedStore,
    /// Life of sessions.
    pub limits: Limits,
    /// Store of raw files, for uploads.
    pub road: Road,
    /// Log-ins per address.
    pub log_ins: limiter::Limiter<IpAddr>,
    /// Uploads per user.
    pub uploads: limiter::Limiter<Uuid>,
    /// Files taken away per user.
    pub downloads: limiter::Limiter<Uuid>,
    /// Time.
    pub clock: fn() -> OffsetDateTime,
    /// Code lists in force, for forms and the template.
    pub lists: watch::Sender<Arc<CodeLists>>,
}

/// What pages can do, handed to them by context.
#[derive(Clone)]
pub struct Ports {
    /// Recording.
    pub entry: Arc<dyn Entry>,
    /// Files.
    pub deliveries: Arc<dyn Deliveries>,
    /// Review.
    pub review: Arc<dyn Review>,
    /// What somebody has not seen yet.
    pub news: Arc<dyn News>,
    /// Withdrawing deliveries.
    pub withdrawals: Arc<dyn Withdrawals>,
    /// Deciding about rows that share a cause.
    pub decisions: Arc<dyn Decisions>,
    /// Accesses to the drop box.
    pub accounts: Arc<dyn Accounts>,
    /// How the work goes.
    pub operations: Arc<dyn Operations>,
    /// Bringing a party in.
    pub onboarding: Arc<dyn Onboarding>,
    /// Users of an institution.
    pub users: Arc<dyn Users>,
    /// Locations of an institution.
    pub locations: Arc<dyn Locations>,
    /// Lists of a round.
    pub worklists: Arc<dyn Worklists>,
    /// Paper cards.
    pub cards: Arc<dyn Cards>,
    /// Approval of parties.
    pub parties: Arc<dyn Parties>,
    /// Corrections on request.
    pub corrections: Arc<dyn Corrections>,
    /// One vaccination for each jab.
    pub persons: Arc<dyn Persons>,
    /// Managing code lists.
    pub code_lists: Arc<dyn Lists>,
}

impl std::ops::Deref for Web {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Web {
    /// Makes the web edge ready; asks nobody anything yet.
    ///
    /// # Errors
    /// The client secret cannot be read.
    pub fn new(config: Config, road: Road, clock: fn() -> OffsetDateTime) -> anyhow::Result<Self> {
        let login = &config.login;
        let secret = login.client_secret_file.as_ref().map(|file| {
            let secret = std::fs::read_to_string(file);
            secret.with_context(|| format!("client secret {}", file.display()))
        });
        let secret = secret.transpose()?;
        let provider = oidc::Provider::new(
            oidc::Settings {
                issuer: login.issuer.clone(),
                client_id: login.client_id.clone(),
                client_secret: secret.map(|secret| SecretString::from(secret.trim())),
                acr: login.acr.clone(),
                public_url: config.server.origin.trim_end_matches('/').to_owned(),
            },
            clock,
        )?;
        let limits = Limits {
            idle: i32::try_from(config.session.idle_minutes * 60)?,
            absolute: i32::try_from(config.session.absolute_hours * 3600)?,
        };
        let sessions = HashedStore::new(road.db.portal.clone(), limits);
        let log_ins = limiter::Limiter::new(120, Duration::from_secs(60));
        let uploads = limiter::Limiter::new(20, Duration::from_secs(60));
        let downloads = limiter::Limiter::new(60, Duration::from_secs(60));
        let (db, keys) = (road.db.clone(), Arc::clone(&road.keys));
        Ok(Self(Arc::new(Shared {
            config,
            db,
            keys,
            provider,
            sessions,
            limits,
            road,
            log_ins,
            uploads,
            downloads,
            clock,
            lists: watch::Sender::new(Arc::new(CodeLists::builtin())),
        })))
    }

    /// Scheme, host and port people see.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.config.server.origin.trim_end_matches('/')
    }
}

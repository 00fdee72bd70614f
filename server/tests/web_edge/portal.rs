//! The portal under test: the real router on a real database, with a provider of the test behind it.

use crate::browser::{Answer, Browser, query};
use crate::provider::{CLIENT, Lie, Provider, SECRET, SUBSTANTIAL};
use crate::support::TestDb;
use app::ports::PartyRef;
use axum::Router;
use server::config::Config;
use server::intake::Road;
use server::intake::receive::BlobStore;
use server::jobs::{self, Handler};
use server::web::{Ports, Web, router};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use uuid::Uuid;

pub const ORIGIN: &str = "http://localhost:3000";

/// How far the portal's clock is ahead of the machine's, in seconds.
pub static AHEAD: AtomicI64 = AtomicI64::new(0);

fn clock() -> time::OffsetDateTime {
    server::clock::now() + time::Duration::seconds(AHEAD.load(Ordering::Relaxed))
}

pub struct Portal {
    pub test: TestDb,
    pub provider: Provider,
    pub router: Router,
    pub road: Road,
}

impl Portal {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::made(change, server::intake::Clock::default(), None).await
    }

    /// One whose rules take this day for today, with a few fictitious people in its BRP.
    pub async fn on(day: time::Date) -> Self {
        let clock = server::intake::Clock { today: Some(day) };
        let portal = Self::made(|_| {}, clock, None).await;
        portal.test.brp().await;
        portal
    }

    /// One that keeps raw files here.
    pub async fn storing(blobs: BlobStore) -> Self {
        let clock = server::intake::Clock::default();
        Self::made(|_| {}, clock, Some(blobs)).await
    }

    async fn made(
        change: impl FnOnce(&mut Config),
        clock: server::intake::Clock,
        blobs: Option<BlobStore>,
    ) -> Self {
        let test = TestDb::new().await;
        let provider = Provider::start().await;
        let secret = test.dir.path().join("client-secret");
        std::fs::write(&secret, SECRET).expect("secret");
        let site = test.dir.path().join("site");
        std::fs::create_dir_all(site.join("pkg")).expect("folder");
        std::fs::write(site.join("pkg/cims.css"), "body{}").expect("file");
        std::fs::write(site.join("favicon.svg"), "<svg/>").expect("file");
        std::fs::write(site.join("robots.txt"), "User-agent: *\n").expect("file");
        let mut config = Config::default();
        config.server.origin = ORIGIN.to_owned();
        config.server.site_root = site;
        config.storage.dir = test.dir.path().to_owned();
        config.login.issuer = provider.issuer().to_owned();
        config.login.client_id = CLIENT.to_owned();
        config.login.client_secret_file = Some(secret);
        config.login.acr = vec![SUBSTANTIAL.to_owned()];
        change(&mut config);
        let files = test.dir.path().join("files");
        let road = Road {
            db: test.db.clone(),
            keys: Arc::clone(&test.keys),
            blobs: blobs.unwrap_or_else(|| BlobStore::open(files).expect("folder")),
            scanner: None,
            clock,
        };
        let web = Web::new(config, road.clone(), self::clock).expect("web");
        let portal = Arc::new(server::portal::Portal::new(road.clone()));
        let ports = Ports {
            entry: portal.clone(),
            deliveries: portal.clone(),
            review: portal.clone(),
            news: portal.clone(),
            withdrawals: portal.clone(),
            decisions: portal.clone(),
            parties: portal.clone(),
            persons: portal.clone(),
            corrections: portal.clone(),
            accounts: portal.clone(),
            operations: portal.clone(),
            onboarding: portal.clone(),
            code_lists: portal.clone(),
            users: portal.clone(),
            locations: portal.clone(),
            cards: portal.clone(),
            worklists: portal,
        };
        let router = router::router(web, ports).expect("every route is in the table");
        Self {
            test,
            provider,
            router,
            road,
        }
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.router)
    }

    /// A user of the provider with these roles: (role, party).
    pub async fn user(&self, subject: &str, roles: &[(&str, Option<&PartyRef>)]) -> Uuid {
        let id = Uuid::now_v7();
        sqlx::query("INSERT INTO users (id, issuer, subject, name) VALUES ($1, $2, $3, $3)")
            .bind(id)
            .bind(self.provider.issuer())
            .bind(subject)
            .execute(&self.test.admin)
            .await
            .expect("user");
        for (role, party) in roles {
            sqlx::query("INSERT INTO user_roles (user_id, party_id, role) VALUES ($1, $2, $3)")
                .bind(id)
                .bind(party.map(|party| party.id))
                .bind(role)
                .execute(&self.test.admin)
                .await
                .expect("role");
        }
        id
    }

    /// A party and somebody who records there.
    pub async fn nurse(&self) -> Uuid {
        let party = self.test.party("ZONNEHOF").await;
        self.user("nurse", &[("invoerder", Some(&party))]).await
    }

    /// Logs in as far as the answer of `/auth/terug`.
    pub async fn log_in_with(&self, browser: &mut Browser, subject: &str, lie: Lie) -> Answer {
        let start = browser.get("/auth/start?next=/sessies").await;
        let sent = query(start.location());
        let code = self.provider.grant(&sent, subject, lie);
        browser
            .get(&format!("/auth/terug?code={code}&state={}", sent["state"]))
            .await
    }

    /// A browser in which somebody is logged in.
    pub async fn logged_in(&self, subject: &str) -> Browser {
        let mut browser = self.browser();
        let answer = self.log_in_with(&mut browser, subject, Lie::None).await;
        assert!(
            browser.jar.contains_key("__Host-cims"),
            "{} {}",
            answer.status,
            answer.location()
        );
        browser.token = Some(self.token(server::clock::now()).await);
        browser
    }

    /// The token of a page that was made at a moment, in the newest session.
    pub async fn token(&self, made: time::OffsetDateTime) -> String {
        let session: Uuid =
            sqlx::query_scalar("SELECT id FROM sessions ORDER BY created_at DESC LIMIT 1")
                .fetch_one(&self.test.admin)
                .await
                .expect("a session");
        server::web::form_token::issue(&self.test.keys, session, made)
    }

    /// Works on what waits, as the worker does, until nothing does.
    pub async fn work(&self) {
        let (_stopper, stop) = tokio::sync::watch::channel(false);
        let life = jobs::Life::begin(&self.road.db).await.expect("life");
        while let Some(job) = jobs::lease(&self.road.db, &life).await.expect("queue") {
            self.road.handle(&job, &stop).await.expect("done");
        }
    }

    pub async fn sql(&self, text: &'static str) -> u64 {
        sqlx::query(text)
            .execute(&self.test.admin)
            .await
            .expect(text)
            .rows_affected()
    }

    pub async fn count(&self, text: &'static str) -> i64 {
        sqlx::query_scalar(text)
            .fetch_one(&self.test.admin)
            .await
            .expect(text)
    }
}

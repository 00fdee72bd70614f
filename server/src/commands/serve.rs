//! `cims serve`: the web edge, the drop box and the workers, until somebody asks it to stop.
//!
//! It starts only when configuration, keys, schema and clock are in order (exit 78 and one sentence otherwise,
//! security G19), and stops in order: no new connections, open requests and chunks end, leases are given back.

use super::NotFit;
use crate::channels::sftp;
use crate::config::{self, Config};
use crate::intake::{self, Road, receive::BlobStore, scan::Scanner};
use crate::jobs::Life;
use crate::keys::Keys;
use crate::portal::Portal;
use crate::store::{Db, schema};
use crate::web::{Ports, Web, health, listen, lists, observe, router};
use crate::{audit, clock};
use anyhow::Context;
use axum::{Router, routing::get};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing_subscriber::EnvFilter;

/// How often the heads of the audit chains are signed (security G7).
const ANCHOR_EVERY: Duration = Duration::from_secs(60);
/// Workers of one process; each has one delivery at a time.
const WORKERS: usize = 2;

/// Serve the portal and run the workers.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  cims serve
  cims serve --roles web              a node that only serves pages
  cims serve --roles sftp,worker      a node that only takes in files
  cims serve --listen 127.0.0.1:3000")]
pub struct Args {
    /// What this node does, separated by commas: web, sftp, worker.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "web,sftp,worker"
    )]
    pub roles: Vec<Role>,
    /// Address to listen on, instead of the configured one.
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<std::net::SocketAddr>,
}

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Serves pages.
    Web,
    /// Serves the SFTP drop box.
    Sftp,
    /// Works on deliveries.
    Worker,
}

/// Runs the command.
///
/// # Errors
/// Says in one sentence what stopped it.
pub async fn run(args: Args, file: &Path) -> anyhow::Result<ExitCode> {
    let mut config = Config::load(file).map_err(not_fit)?;
    if let Some(listen) = args.listen {
        config.server.listen = listen;
    }
    logging(&config.log)?;
    observe::quiet_panics();
    let road = ready(&config).await?;
    let (stopper, stop) = watch::channel(false);
    let mut parts = JoinSet::new();
    let watched = health::Watched {
        db: road.db.clone(),
        storage: config.storage.dir.clone(),
        clock: clock::now,
    };
    parts.spawn(metrics(config.server.metrics_listen, watched, stop.clone()).await?);
    let mut life = None;
    if args.roles.contains(&Role::Worker) || args.roles.contains(&Role::Sftp) {
        life = Some(Arc::new(Life::begin(&road.db).await?));
    }
    if let Some(living) = life.as_ref().filter(|_| args.roles.contains(&Role::Worker)) {
        if let Some(scanner) = &config.scanner.address {
            tracing::info!(%scanner, "files are scanned before they are read");
        }
        for _ in 0..WORKERS {
            parts.spawn(worker(road.clone(), living.clone(), stop.clone()));
        }
        parts.spawn(anchors(road.clone(), stop.clone()));
    }
    if let Some(living) = life.as_ref().filter(|_| args.roles.contains(&Role::Sftp)) {
        parts.spawn(dropbox(&config, &road, living.clone(), stop.clone()).await?);
    }
    if args.roles.contains(&Role::Web) {
        parts.spawn(web(config, &road, stop).await?);
    }
    let ended = tokio::select! {
        asked = asked_to_stop() => asked,
        Some(part) = parts.join_next() => part.map_err(anyhow::Error::from).and_then(|ended| ended).and(Err(anyhow::anyhow!("a part of the server ended by itself"))),
    };
    tracing::info!("stopping");
    stopper.send_replace(true);
    while let Some(part) = parts.join_next().await {
        part??;
    }
    if let Some(life) = life {
        life.end(&road.db).await?;
    }
    ended.map(|()| ExitCode::SUCCESS)
}

/// Keys, database and folders, or the reason why this installation may not serve.
async fn ready(config: &Config) -> anyhow::Result<Road> {
    let keys = Arc::new(Keys::load(&config.keys.dir).map_err(not_fit)?);
    let db = Db::open(&config.database).map_err(not_fit)?;
    schema::check_ready(&db, clock::now())
        .await
        .map_err(not_fit)?;
    schema::check_keys(&db, &keys).await.map_err(not_fit)?;
    let blobs = BlobStore::open(&config.storage.dir)
        .map_err(|error| {
            NotFit(format!(
                "storage folder {}: {error}",
                config.storage.dir.display()
            ))
        })?
        .keeping(config.storage.raw_file_days);
    Ok(Road {
        db,
        keys,
        blobs,
        scanner: config.scanner.address.clone().map(Scanner::new),
        clock: intake::Clock::default(),
    })
}

fn not_fit(error: impl std::fmt::Display) -> NotFit {
    NotFit(error.to_string())
}

async fn web(
    config: Config,
    road: &Road,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<impl Future<Output = anyhow::Result<()>> + use<>> {
    let address = config.server.listen;
    let origin = config.server.origin.clone();
    let portal = Portal::new(road.clone());
    let portal = Arc::new(portal.with_priority(&config.review.source_priority));
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
    let web = Web::new(config, road.clone(), clock::now).map_err(not_fit)?;
    let follow = lists::follow(web.clone(), stop.clone());
    let router = router::router(web, ports)?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!(%address, origin, "portal ready");
    Ok(async move {
        let following = tokio::spawn(follow);
        let served = listen::serve(listener, router, stop).await;
        following.abort();
        Ok(served?)
    })
}

async fn dropbox(
    config: &Config,
    road: &Road,
    life: Arc<Life>,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<impl Future<Output = anyhow::Result<()>> + use<>> {
    let (settings, road) = (config.sftp.clone(), road.clone());
    let address = settings.listen;
    let seed = Keys::host_seed(&config.keys.dir).map_err(not_fit)?;
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    tracing::info!(%address, host_key = sftp::fingerprint(&seed), "drop box ready");
    Ok(async move { Ok(sftp::serve(listener, road, settings, &seed, life, stop).await?) })
}

async fn worker(road: Road, life: Arc<Life>, stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    intake::work(&road, &life, stop).await;
    Ok(())
}

/// Signs the heads of the audit chains each minute, and once more at the end.
async fn anchors(road: Road, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    loop {
        let ending = tokio::select! {
            () = tokio::time::sleep(ANCHOR_EVERY) => false,
            _ = stop.changed() => true,
        };
        if let Err(error) = audit::anchor(&road.db, &road.keys).await {
            tracing::warn!(%error, "audit heads not signed this minute");
        }
        if ending {
            return Ok(());
        }
    }
}

/// The recorder of this process, and its own small server: metrics never share a port with people. How it stands is told there
/// too, for a node without a portal.
async fn metrics(
    address: std::net::SocketAddr,
    watched: health::Watched,
    stop: watch::Receiver<bool>,
) -> anyhow::Result<impl Future<Output = anyhow::Result<()>> + use<>> {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&[
            0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
        ])?
        .install_recorder()?;
    let router = Router::new()
        .route("/metrics", get(move || async move { recorder.render() }))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .with_state(watched);
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    Ok(async move { Ok(listen::serve(listener, router, stop).await?) })
}

/// SIGTERM of the service manager, or Ctrl-C.
async fn asked_to_stop() -> anyhow::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = term.recv() => Ok(()),
        pressed = tokio::signal::ctrl_c() => Ok(pressed?),
    }
}

fn logging(log: &config::Log) -> anyhow::Result<()> {
    // The configuration was refused if it is none.
    let filter = EnvFilter::try_new(&log.filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let set = if log.json {
        lines.json().try_init()
    } else {
        lines.try_init()
    };
    set.map_err(|error| anyhow::anyhow!("log lines cannot be set up: {error}"))
}

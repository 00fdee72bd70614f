//! The whole system on this machine: login peer, database, portal, demo data, all on
//! loopback addresses. `cargo xtask run` shows it to people, the journeys drive it.

use crate::cluster::Cluster;
use crate::node::Node;
use crate::process::{Running, tethered};
use crate::{say, sh, site};
use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;
use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The database of the demo, unless a place names its own.
pub(crate) const DATABASE: &str = "cims_demo";
/// Levels of assurance that the peer knows (`end2end/oidc/accounts.mjs`).
const SUBSTANTIAL: &str = "http://eidas.europa.eu/LoA/substantial";
const HIGH: &str = "http://eidas.europa.eu/LoA/high";

/// Ports on 127.0.0.1.
#[derive(Clone, Copy)]
pub(crate) struct Ports {
    /// The portal.
    pub(crate) portal: u16,
    /// The login peer.
    pub(crate) login: u16,
    /// Metrics.
    pub(crate) metrics: u16,
    /// The drop box.
    pub(crate) sftp: u16,
}

/// Where the system lives and with what.
pub(crate) struct Place {
    /// Configuration, keys, stored files, logs.
    pub(crate) folder: PathBuf,
    /// The program `cims`.
    pub(crate) binary: PathBuf,
    /// Its ports.
    pub(crate) ports: Ports,
    /// Its database.
    pub(crate) database: String,
}

/// The running system. Fields are dropped in this order: portal first.
pub(crate) struct Stack {
    portal: Running,
    peer: Running,
}

impl Ports {
    /// Four ports that nobody uses now.
    pub(crate) fn free() -> Result<Self> {
        let listeners = [
            free_listener()?,
            free_listener()?,
            free_listener()?,
            free_listener()?,
        ];
        let ports = listeners
            .each_ref()
            .map(|listener| listener.local_addr().map(|address| address.port()));
        let [portal, login, metrics, sftp] = ports;
        Ok(Self {
            portal: portal?,
            login: login?,
            metrics: metrics?,
            sftp: sftp?,
        })
    }

    /// An error that names the first port somebody else uses.
    pub(crate) fn must_be_free(self) -> Result<()> {
        for port in [self.portal, self.login, self.metrics, self.sftp] {
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| format!("port {port} is in use; is the portal running already? (--port N takes N and the three after it)"))?;
        }
        Ok(())
    }
}

impl Place {
    /// The address that a browser opens.
    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.ports.portal)
    }

    /// The address of the login peer.
    pub(crate) fn login_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.login)
    }

    /// The configuration file.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.join("cims.toml")
    }

    /// What the portal logs.
    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("portal.log")
    }

    /// What `cims demo` said about its data.
    pub(crate) fn demo_notes(&self) -> PathBuf {
        self.folder.join("demo.txt")
    }

    /// The account of the drop box: name and password of the demo.
    pub(crate) fn sftp_account(&self) -> PathBuf {
        self.folder.join("sftp.txt")
    }

    fn secret(&self) -> PathBuf {
        self.folder.join("client-secret")
    }

    /// `cims` with this configuration.
    pub(crate) fn cims(&self, words: &[&str]) -> Command {
        let mut command = sh::program(&self.binary);
        command.arg("--config").arg(self.config()).args(words);
        command
    }

    /// The fictitious persons of the demo, as `cims brp load` reads them.
    pub(crate) fn persons(&self) -> PathBuf {
        self.folder.join("personen.csv")
    }

    /// Folder, configuration and client secret.
    pub(crate) fn prepare(&self, cluster: &Cluster) -> Result<()> {
        fs::create_dir_all(&self.folder)?;
        // Users of the demo belong to an issuer: at another port they would be strangers.
        let issuer = format!("issuer = \"{}\"", self.login_url());
        if !fs::read_to_string(self.config()).is_ok_and(|kept| kept.contains(&issuer))
            && self.demo_notes().exists()
        {
            fs::remove_file(self.demo_notes())?;
        }
        if !self.secret().exists() {
            let mut random = [0_u8; 32];
            File::open("/dev/urandom")?.read_exact(&mut random)?;
            let text: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
            OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(self.secret())?
                .write_all(text.as_bytes())?;
        }
        fs::write(self.config(), self.settings(cluster)).context("cannot write the configuration")
    }

    fn settings(&self, cluster: &Cluster) -> String {
        let path = |path: PathBuf| format!("{:?}", path.to_string_lossy());
        let Ports {
            portal,
            metrics,
            sftp,
            ..
        } = self.ports;
        format!(
            "# Written by `cargo xtask` at each start; changes are lost.\n\
             [server]\nlisten = \"127.0.0.1:{portal}\"\nmetrics_listen = \"127.0.0.1:{metrics}\"\norigin = \"{origin}\"\nsite_root = {site}\ndemo = true\n\n\
             [database]\nportal_url = \"{as_portal}\"\nworker_url = \"{as_worker}\"\nowner_url = \"{as_owner}\"\n\n\
             [keys]\ndir = {keys}\n\n[storage]\ndir = {storage}\n\n[sftp]\nlisten = \"127.0.0.1:{sftp}\"\n\n\
             [login]\nissuer = \"{issuer}\"\nclient_id = \"cims\"\nclient_secret_file = {secret}\nacr = [\"{SUBSTANTIAL}\", \"{HIGH}\"]\nstaff_acr = [\"{HIGH}\"]\nprovider_name = \"demo-inlogdienst\"\n\n\
             [log]\njson = true\n",
            origin = self.url(),
            site = path(site::folder()),
            as_portal = cluster.url_as("cims_portal", &self.database),
            as_worker = cluster.url_as("cims_worker", &self.database),
            as_owner = cluster.url(&self.database),
            keys = path(self.folder.join("keys")),
            storage = path(self.folder.join("storage")),
            issuer = self.login_url(),
            secret = path(self.secret()),
        )
    }

    /// Schema and demo data. Data that a broken start left half-way is made anew.
    fn fill(&self, cluster: &Cluster) -> Result<()> {
        let complete = self.demo_notes().exists() && cluster.has_database(&self.database)?;
        if !complete {
            say::step("demo data");
            cluster.fresh_database(&self.database)?;
            for folder in ["keys", "storage"] {
                let folder = self.folder.join(folder);
                if folder.exists() {
                    fs::remove_dir_all(&folder)?;
                }
                fs::create_dir_all(&folder)?;
            }
        }
        // Also for a demo of before a key was needed.
        sh::quiet(&mut self.cims(&["demo", "--keys-only"]))?;
        sh::quiet(&mut self.cims(&["migrate"]))
            .context("the schema (after a change of a migration: cargo xtask run --fresh)")?;
        if !complete {
            let notes = sh::quiet(&mut self.cims(&["demo"]))?;
            sh::quiet(self.cims(&["demo", "--csv"]).arg(self.persons()))?;
            fs::write(self.demo_notes(), notes)?;
        }
        if !complete || !self.sftp_account().exists() {
            let account = "sftp add zonnehof-1 --party ZONNEHOF --installation 1 --by demo";
            let made = sh::quiet(&mut self.cims(&account.split(' ').collect::<Vec<_>>()))?;
            fs::write(self.sftp_account(), made)?;
        }
        Ok(())
    }
}

impl Stack {
    /// Starts everything; returns when the portal says it is ready.
    pub(crate) fn start(place: &Place, cluster: &Cluster, node: &Node) -> Result<Self> {
        place.prepare(cluster)?;
        node.install("end2end/oidc")?;
        place.fill(cluster)?;
        let peer = Self::start_peer(place, node)?;
        let mut serve = tethered(&place.binary, "TERM");
        serve.arg("--config").arg(place.config()).arg("serve");
        let mut portal = Running::start("the portal", &mut serve, &place.log(), Signal::TERM)?;
        let ready = || answers_ok(place.ports.portal, "/readyz");
        portal
            .wait_until(Duration::from_secs(60), ready)
            .with_context(|| last_lines(&place.log()))?;
        Ok(Self { portal, peer })
    }

    fn start_peer(place: &Place, node: &Node) -> Result<Running> {
        let mut command = tethered(&node.file(), "TERM");
        command.arg(sh::root().join("end2end/oidc/server.mjs"));
        command
            .env("OIDC_PORT", place.ports.login.to_string())
            .env("OIDC_ISSUER", place.login_url())
            .env("CIMS_URL", place.url());
        command
            .env("OIDC_CLIENT_ID", "cims")
            .env("OIDC_CLIENT_SECRET_FILE", place.secret());
        let log = place.folder.join("login.log");
        let mut peer = Running::start("the login peer", &mut command, &log, Signal::TERM)?;
        let ready = || answers_ok(place.ports.login, "/.well-known/openid-configuration");
        peer.wait_until(Duration::from_secs(30), ready)
            .with_context(|| last_lines(&log))?;
        Ok(peer)
    }

    /// Number of the process of the portal.
    pub(crate) fn portal_id(&self) -> u32 {
        self.portal.id()
    }

    /// An error when a part has ended by itself.
    pub(crate) fn still_alive(&mut self) -> Result<()> {
        self.portal.still_alive()?;
        self.peer.still_alive()
    }
}

fn free_listener() -> Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("no free port")
}

/// Whether a GET of `path` is answered with 200.
fn answers_ok(port: u16, path: &str) -> bool {
    let ask = || -> Result<bool> {
        let mut stream = TcpStream::connect_timeout(
            &SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
            Duration::from_secs(1),
        )?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
        )?;
        let mut begin = [0_u8; 12];
        stream.read_exact(&mut begin)?;
        Ok(begin.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

/// The end of a log, for an error message.
fn last_lines(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    format!(
        "{} ends with:\n{}",
        log.display(),
        lines[lines.len().saturating_sub(15)..].join("\n")
    )
}

/// Builds `cims`; `with_tests` takes the same features as the test step, so that nothing is compiled again.
pub(crate) fn binary(with_tests: bool) -> Result<PathBuf> {
    let mut build = sh::cargo();
    build.arg("build").env("SQLX_OFFLINE", "true");
    if with_tests {
        build
            .args(crate::test::SERVER_SIDE)
            .args(["--bins", "--tests", "--quiet"]);
    } else {
        build.args(["--package", "server", "--bin", "cims"]);
    }
    sh::run(&mut build)?;
    let binary = sh::target().join("debug/cims");
    if !binary.exists() {
        bail!("{} was not built", binary.display());
    }
    Ok(binary)
}

//! A private PostgreSQL of the installed version: own data folder, only a Unix socket,
//! nobody else on it. For tests it is thrown away each time, skips fsync and stays in memory where there is room; for the
//! demo it is kept. PostgreSQL refuses root, so as root it runs as user `postgres`.

use crate::process::{Running, tethered};
use crate::{apt, memory, sh};
use anyhow::{Context as _, Result, bail};
use rustix::process::Signal;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The oldest major version that the migrations are written for.
const OLDEST: u32 = 15;
/// `sun_path` of Linux holds 108 bytes with the closing NUL; the file name takes 16.
const LONGEST_SOCKET_FOLDER: usize = 107 - "/.s.PGSQL.5432".len();

/// What the data is worth.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// Made anew at each start, not safe against a crash.
    Throwaway,
    /// Kept between starts.
    Kept,
    /// Made anew at each start, with PostgreSQL's own settings: for measuring.
    Measured,
}

/// A running server; it stops when this is dropped.
pub(crate) struct Cluster {
    folder: PathBuf,
    socket: PathBuf,
    tools: PathBuf,
    user: Option<User>,
    life: Life,
    server: Option<Running>,
    /// Held as long as we live: a second start of the same cluster would stop the first.
    _lock: File,
}

#[derive(Clone, Copy)]
struct User {
    uid: u32,
    gid: u32,
}

impl Cluster {
    /// Starts the cluster called `name`, making it first when needed.
    pub(crate) fn start(name: &str, life: Life) -> Result<Self> {
        if tools().is_none() {
            apt::ensure(
                &[("/usr/lib/postgresql/15/bin/postgres", "postgresql")],
                "the database",
            )?;
        }
        let tools = tools().with_context(|| {
            format!("no PostgreSQL {OLDEST} or newer found; on Debian: apt-get install postgresql")
        })?;
        let user = unprivileged_user()?;
        let lock = lock(name)?;
        let folder = match memory::folder(&format!("pg-{name}")) {
            Some(folder) if life == Life::Throwaway => {
                private_folder(&folder, user)?;
                folder
            }
            _ => place(name, user)?,
        };
        let short = std::env::temp_dir().join(format!("cims-{}", hash_of(&folder)));
        let socket = if folder.join("sock").as_os_str().len() <= LONGEST_SOCKET_FOLDER {
            folder.join("sock")
        } else {
            short
        };
        let mut cluster = Self {
            folder,
            socket,
            tools,
            user,
            life,
            server: None,
            _lock: lock,
        };
        cluster.make()?;
        cluster.serve()?;
        Ok(cluster)
    }

    /// The address of one database as PostgreSQL's superuser, for sqlx and psql.
    pub(crate) fn url(&self, database: &str) -> String {
        self.url_as("postgres", database)
    }

    /// The address of one database as `role`.
    pub(crate) fn url_as(&self, role: &str, database: &str) -> String {
        format!(
            "postgres://{role}@localhost/{database}?host={}",
            escape(&self.socket)
        )
    }

    /// Whether a database of that name exists.
    pub(crate) fn has_database(&self, name: &str) -> Result<bool> {
        let sql = format!("select 1 from pg_database where datname = '{name}'");
        Ok(sh::quiet(self.psql("postgres").args(["-Atc", &sql]))?.trim() == "1")
    }

    /// An empty database of that name; an earlier one is dropped.
    pub(crate) fn fresh_database(&self, name: &str) -> Result<()> {
        for sql in [
            format!("drop database if exists {name} with (force)"),
            format!("create database {name}"),
        ] {
            sh::quiet(self.psql("postgres").args(["-c", &sql]))?;
        }
        Ok(())
    }

    /// `psql` on one database, stopping at the first error.
    pub(crate) fn psql(&self, database: &str) -> Command {
        let mut command = self.tool("psql");
        command.arg("-h").arg(&self.socket).args([
            "-U",
            "postgres",
            "-d",
            database,
            "-X",
            "-q",
            "-v",
            "ON_ERROR_STOP=1",
        ]);
        // The client keeps our own user, the socket is open to root; only the server may not be root.
        command
    }

    /// An error when the server has ended by itself.
    pub(crate) fn still_alive(&mut self) -> Result<()> {
        self.server.as_mut().map_or(Ok(()), Running::still_alive)
    }

    fn tool(&self, name: &str) -> Command {
        sh::program(self.tools.join(name))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn make(&self) -> Result<()> {
        self.stop_leftover();
        if self.life != Life::Kept && self.data().exists() {
            fs::remove_dir_all(self.data())?;
        }
        private_folder(&self.socket, self.user)?;
        if self.data().join("PG_VERSION").exists() {
            return Ok(());
        }
        let mut initdb = self.tool("initdb");
        initdb.arg("-D").arg(self.data()).args([
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "--data-checksums",
            "--no-sync",
        ]);
        become_user(&mut initdb, self.user).current_dir(&self.folder);
        sh::quiet(&mut initdb).map(drop)
    }

    /// A server that survived our sudden death would hold the data folder.
    fn stop_leftover(&self) {
        if self.data().join("postmaster.pid").exists() {
            let mut stop = self.tool("pg_ctl");
            stop.arg("-D")
                .arg(self.data())
                .args(["-m", "fast", "-w", "stop"]);
            // Fails when the file is stale: then there is nothing to stop.
            let _ = sh::quiet(become_user(&mut stop, self.user).current_dir(&self.folder));
        }
    }

    fn serve(&mut self) -> Result<()> {
        let mut command = tethered(&self.tools.join("postgres"), "INT");
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(&self.socket);
        let mut settings = vec![
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "max_connections=300",
        ];
        if self.life == Life::Throwaway {
            settings.extend([
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
            ]);
        }
        for setting in settings {
            command.args(["-c", setting]);
        }
        become_user(&mut command, self.user).current_dir(&self.folder);
        let log = self.folder.join("log");
        // INT is PostgreSQL's fast shutdown: ends sessions, writes a checkpoint.
        let mut server = Running::start("PostgreSQL", &mut command, &log, Signal::INT)?;
        let ready = || {
            sh::quiet(
                self.tool("pg_isready")
                    .arg("-q")
                    .arg("-h")
                    .arg(&self.socket),
            )
            .is_ok()
        };
        server
            .wait_until(Duration::from_secs(60), ready)
            .with_context(|| format!("see {}", log.display()))?;
        self.server = Some(server);
        Ok(())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let ran = self.server.take().is_some();
        if self.life != Life::Kept {
            // Only space is at stake, and the next start removes it again.
            let _ = fs::remove_dir_all(self.data());
        }
        if ran && memory::holds(&self.folder) {
            // The log too: what is still there tells the next start that a run was killed.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// One start of a cluster at a time; the lock ends with us, however we end.
fn lock(name: &str) -> Result<File> {
    let folder = sh::root().join(".local/pg");
    fs::create_dir_all(&folder)?;
    let file = File::create(folder.join(format!("{name}.lock")))?;
    if file.try_lock().is_err() {
        bail!(
            "another `cargo xtask` in this folder is using the database `{name}`; wait for it to end"
        );
    }
    Ok(file)
}

/// The folder with `postgres` and `initdb` of the newest installed version.
fn tools() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|&version| version >= OLDEST)
        .max();
    let debian = newest.map(|version| PathBuf::from(format!("/usr/lib/postgresql/{version}/bin")));
    debian
        .or_else(|| sh::which("initdb")?.parent().map(Path::to_path_buf))
        .filter(|folder| folder.join("postgres").exists())
}

/// Nobody special when we are nobody special; else the user of Debian's package.
fn unprivileged_user() -> Result<Option<User>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let fields = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields.first() == Some(&"postgres"));
    match fields.as_deref() {
        Some([_, _, uid, gid, ..]) => Ok(Some(User {
            uid: uid.parse()?,
            gid: gid.parse()?,
        })),
        _ => bail!(
            "PostgreSQL refuses to run as root and there is no user `postgres`; make one: useradd --system postgres"
        ),
    }
}

fn become_user(command: &mut Command, user: Option<User>) -> &mut Command {
    if let Some(user) = user {
        command.uid(user.uid).gid(user.gid);
    }
    command
}

/// `.local/pg/<name>`, or a folder of its own under /var/tmp when the database's user cannot reach the project.
fn place(name: &str, user: Option<User>) -> Result<PathBuf> {
    let ours = sh::root().join(".local/pg").join(name);
    fs::create_dir_all(sh::root().join(".local/pg"))?;
    private_folder(&ours, user)?;
    let mut probe = Command::new("test");
    probe.arg("-w").arg(&ours).current_dir("/");
    if become_user(&mut probe, user)
        .status()
        .is_ok_and(|status| status.success())
    {
        return Ok(ours);
    }
    let elsewhere = PathBuf::from(format!("/var/tmp/cims-pg-{}-{name}", hash_of(&ours)));
    private_folder(&elsewhere, user)?;
    Ok(elsewhere)
}

/// Makes a folder that only the database's user may enter; refuses one that belongs to somebody else.
fn private_folder(path: &Path, user: Option<User>) -> Result<()> {
    if fs::DirBuilder::new().mode(0o700).create(path).is_ok() {
        if let Some(user) = user {
            chown(path, Some(user.uid), Some(user.gid))?;
        }
        return Ok(());
    }
    let found =
        fs::symlink_metadata(path).with_context(|| format!("cannot make {}", path.display()))?;
    let owner = user.map_or_else(|| rustix::process::geteuid().as_raw(), |user| user.uid);
    if !found.is_dir() || found.uid() != owner {
        bail!("{} exists and is not ours: remove it", path.display());
    }
    Ok(())
}

/// Tells folders apart by a short name.
pub(crate) fn hash_of(path: &Path) -> String {
    let mut hasher = DefaultHasher::new();
    path.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A path as the value of a URL's query.
fn escape(path: &Path) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    path.to_string_lossy()
        .bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

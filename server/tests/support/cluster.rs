//! A PostgreSQL of its own for a test that kills it: with its own settings for safety, and where asked the write-ahead log on
//! a small disk.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "a test that cannot start should say where"
)]

use crate::disk::SmallDisk;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How a cluster is killed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signal {
    /// It takes its sessions along.
    Quit,
    /// It does not hear of it itself; its sessions find out one by one.
    Kill,
}

impl Signal {
    const fn name(self) -> &'static str {
        match self {
            Self::Quit => "QUIT",
            Self::Kill => "KILL",
        }
    }
}

/// A cluster that may be killed and started again.
pub(crate) struct Cluster {
    dir: tempfile::TempDir,
    tools: PathBuf,
    /// PostgreSQL refuses root.
    user: Option<(u32, u32)>,
    /// The disk of its write-ahead log.
    pub(crate) log_disk: Option<SmallDisk>,
    server: Option<Child>,
}

impl Cluster {
    /// Makes one and starts it; its log on a disk of so many MiB. None where none can be made or no disk be mounted.
    pub(crate) async fn start(log_mebibytes: Option<u32>) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let is_root = std::fs::metadata(dir.path()).unwrap().uid() == 0;
        let user = if is_root { Some(postgres()?) } else { None };
        for folder in ["", "sock", "log-disk"] {
            let folder = dir.path().join(folder);
            std::fs::create_dir_all(&folder).unwrap();
            if let Some((id, group)) = user {
                chown(&folder, Some(id), Some(group)).unwrap();
            }
        }
        let mut log_disk = None;
        if let Some(mebibytes) = log_mebibytes {
            log_disk = Some(SmallDisk::new(
                &dir.path().join("log-disk"),
                mebibytes,
                user,
            )?);
        }
        let mut cluster = Self {
            dir,
            tools: tools()?,
            user,
            log_disk,
            server: None,
        };
        let mut make = cluster.tool("initdb");
        make.args(["-U", "postgres", "-A", "trust", "-E", "UTF8"])
            .args(["--locale=C.UTF-8", "--data-checksums", "--no-sync"])
            .arg("--wal-segsize=1")
            .arg("-D")
            .arg(cluster.dir.path().join("data"));
        if let Some(disk) = &cluster.log_disk {
            make.arg("-X").arg(disk.path().join("wal"));
        }
        let made = make.output().unwrap();
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{said}");
        cluster.run().await;
        Some(cluster)
    }

    fn tool(&self, name: &str) -> Command {
        let mut command = Command::new(self.tools.join(name));
        if let Some((id, group)) = self.user {
            command.uid(id).gid(group);
        }
        command.current_dir(self.dir.path());
        command
    }

    /// Its address, as superuser.
    pub(crate) fn options(&self) -> PgConnectOptions {
        PgConnectOptions::new_without_pgpass()
            .socket(self.dir.path().join("sock"))
            .port(5432)
            .username("postgres")
            .disable_statement_logging()
    }

    /// Starts it, when it does not run; it takes work from then on.
    pub(crate) async fn run(&mut self) {
        let begun = Instant::now();
        while !self.works().await {
            let ended = match &mut self.server {
                Some(server) => server.try_wait().unwrap().is_some(),
                None => true,
            };
            if ended {
                self.server = Some(self.begin());
            }
            let log = || std::fs::read_to_string(self.dir.path().join("log"));
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn begin(&self) -> Child {
        let log = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.dir.path().join("log"))
            .unwrap();
        self.tool("postgres")
            .arg("-D")
            .arg(self.dir.path().join("data"))
            .arg("-k")
            .arg(self.dir.path().join("sock"))
            .args(["-c", "listen_addresses=", "-c", "max_wal_size=16MB"])
            .args(["-c", "min_wal_size=2MB", "-c", "max_connections=60"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// Something can be written in it.
    async fn works(&self) -> bool {
        let asked = async {
            let mut connection = self.options().database("postgres").connect().await?;
            let sql = "SELECT pg_logical_emit_message(true, 'test', 'works')";
            sqlx::query(sql).execute(&mut connection).await?;
            connection.close().await
        };
        let asked = tokio::time::timeout(Duration::from_secs(5), asked).await;
        asked.is_ok_and(|done| done.is_ok())
    }

    /// Writes to its log until it takes no more.
    pub(crate) async fn exhaust(&self) {
        let Ok(mut connection) = self.options().database("postgres").connect().await else {
            return;
        };
        let sql = "SELECT pg_logical_emit_message(true, 'test', repeat('x', 500000))";
        let begun = Instant::now();
        while sqlx::query(sql).execute(&mut connection).await.is_ok() {
            assert!(begun.elapsed() < Duration::from_secs(60), "it takes all");
        }
    }

    /// Kills it: nothing is tidied up.
    pub(crate) async fn kill(&mut self, signal: Signal) {
        let Some(mut server) = self.server.take() else {
            return;
        };
        let id = server.id().to_string();
        let asked = Command::new("kill")
            .args(["-s", signal.name(), &id])
            .status();
        assert!(asked.unwrap().success());
        while server.try_wait().unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let id = server.id().to_string();
            Command::new("kill").args(["-s", "QUIT", &id]).status().ok();
            server.wait().ok();
        }
    }
}

/// User and group of Debian's package.
fn postgres() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|line| line.starts_with("postgres:"))?;
    let mut fields = line.split(':').skip(2);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// The folder of the newest installed version.
fn tools() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter();
    let newest = versions
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max();
    let debian = newest.map(|version| format!("/usr/lib/postgresql/{version}/bin").into());
    let told = || {
        let told = Command::new("pg_config").arg("--bindir").output().ok()?;
        let folder = String::from_utf8(told.stdout).ok()?;
        Some(PathBuf::from(folder.trim()))
    };
    debian
        .or_else(told)
        .filter(|folder: &PathBuf| folder.join("initdb").exists())
}

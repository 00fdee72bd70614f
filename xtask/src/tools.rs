//! Programs of cargo that checks use: those on the path, else our own, in a fixed version, under `target/xtask/tools`.
//! Another version than the fixed one is put in the place of our own; what is on the path is its user's.

use crate::{say, sh};
use anyhow::{Context as _, Result};
use std::ffi::OsString;
use std::fs;
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
        let listed = fs::read_to_string(folder().join(".crates.toml")).unwrap_or_default();
        let is_own = own.join(self.name).is_file() && self.is_in(&listed);
        if sh::which(self.name).is_none() && !is_own {
            say::note(format_args!(
                "installing {} {}: some minutes, once for each version",
                self.name, self.version
            ));
            let install = [
                "install",
                "--quiet",
                "--locked",
                "--force",
                self.name,
                "--version",
            ];
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

    /// Whether cargo's list of what it installed has it in this version.
    fn is_in(&self, listed: &str) -> bool {
        let entry = format!("\"{} {} (", self.name, self.version);
        listed
            .lines()
            .any(|line| line.trim_start().starts_with(&entry))
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

#[cfg(test)]
mod tests {
    use super::Tool;

    #[test]
    fn another_version_than_the_fixed_one_is_not_what_is_wanted() {
        let tool = |version| Tool {
            name: "cargo-nextest",
            version,
        };
        let listed = "[v1]\n\"cargo-deny 0.20.2 (registry+https://x)\" = [\"cargo-deny\"]\n\"cargo-nextest 0.9.143 (registry+https://x)\" = [\"cargo-nextest\"]\n";
        assert!(tool("0.9.143").is_in(listed));
        assert!(!tool("0.9.144").is_in(listed));
        assert!(!tool("0.9.14").is_in(listed));
        assert!(!tool("0.20.2").is_in(listed));
        assert!(!tool("0.9.143").is_in(""));
    }
}

//! Programs of the operating system: says what is missing and, on Debian, installs
//! it (as root, or by sudo). Elsewhere it stops with the list and the command.

use crate::{say, sh};
use anyhow::{Result, bail};
use std::io::IsTerminal as _;
use std::path::Path;
use std::process::Command;

/// What must be there (a name on the path, an absolute path, or a command that must succeed) and the Debian package that brings it.
pub(crate) type Need = (&'static str, &'static str);

/// Makes sure that all programs are there.
pub(crate) fn ensure(needs: &[Need], what_for: &str) -> Result<()> {
    let mut packages: Vec<&str> = needs
        .iter()
        .filter(|(program, _)| !is_there(program))
        .map(|&(_, package)| package)
        .collect();
    packages.sort_unstable();
    packages.dedup();
    if packages.is_empty() {
        return Ok(());
    }
    let list = packages.join(" ");
    if sh::which("apt-get").is_none() {
        bail!("{what_for} needs programs that are not here; on Debian they come with: {list}");
    }
    let Some(prefix) = privilege() else {
        bail!(
            "{what_for} needs Debian packages that are not here. Run this once:\n    sudo apt-get update && sudo apt-get install --no-install-recommends {list}"
        );
    };
    say::note(format_args!("installing for {what_for}: {list}"));
    sh::quiet(&mut apt(prefix, &["update", "-qq"]))?;
    let install = ["install", "-y", "-qq", "--no-install-recommends"];
    sh::quiet(apt(prefix, &install).args(&packages))?;
    match needs.iter().find(|(program, _)| !is_there(program)) {
        Some((program, package)) => {
            bail!("{package} is installed but {program} is still not found")
        }
        None => Ok(()),
    }
}

/// Whether nobody has to be there to type a password.
pub(crate) fn unattended() -> bool {
    rustix::process::geteuid().is_root()
        || Command::new("sudo")
            .args(["-n", "true"])
            .output()
            .is_ok_and(|output| output.status.success())
}

fn is_there(probe: &str) -> bool {
    match probe.split_once(' ') {
        Some((program, arguments)) => {
            let mut command = Command::new(program);
            command
                .args(arguments.split(' '))
                .output()
                .is_ok_and(|output| output.status.success())
        }
        None if probe.starts_with('/') => Path::new(probe).exists(),
        None => sh::which(probe).is_some(),
    }
}

/// What to put before `apt-get`; nothing when we may not install.
fn privilege() -> Option<&'static [&'static str]> {
    if rustix::process::geteuid().is_root() {
        return Some(&[]);
    }
    sh::which("sudo")?;
    (unattended() || std::io::stdin().is_terminal()).then_some(&["sudo"])
}

fn apt(prefix: &[&str], arguments: &[&str]) -> Command {
    let words: Vec<&str> = prefix
        .iter()
        .copied()
        .chain([
            "env",
            "DEBIAN_FRONTEND=noninteractive",
            "apt-get",
            "-o",
            "DPkg::Lock::Timeout=300",
        ])
        .chain(arguments.iter().copied())
        .collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

//! `ssh-audit`, which looks at the drop box in the tests. Debian's is too old to know our key exchange.

use crate::{apt, say, sh};
use anyhow::Result;
use std::fs;
use std::path::PathBuf;

/// The version that the tests are written for: what it warns of changes with it.
const PACKAGE: &str = "ssh-audit==3.9.0";

/// The program, in a virtual environment of its own under `.local/ssh-audit`.
pub(crate) fn install() -> Result<PathBuf> {
    let home = sh::root().join(".local/ssh-audit");
    let (program, kept) = (home.join("bin/ssh-audit"), home.join("version"));
    if program.exists() && fs::read_to_string(&kept).is_ok_and(|version| version == PACKAGE) {
        return Ok(program);
    }
    apt::ensure(
        &[
            ("python3", "python3"),
            ("python3 -m ensurepip --version", "python3-venv"),
        ],
        "ssh-audit from PyPI",
    )?;
    say::note(format_args!("installing {PACKAGE} into .local/ssh-audit"));
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    sh::quiet(sh::program("python3").args(["-m", "venv"]).arg(&home))?;
    let pip = ["-m", "pip", "install", "--quiet", PACKAGE];
    sh::quiet(sh::program(home.join("bin/python3")).args(pip))?;
    fs::write(&kept, PACKAGE)?;
    Ok(program)
}

//! Commands and places: where the project is, which programs exist, how to run
//! one and say clearly which one failed.

use anyhow::{Context as _, Result, bail};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The project's folder, whatever the current one is.
pub(crate) fn root() -> PathBuf {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    manifest
        .parent()
        .map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Cargo's own output folder (`CARGO_TARGET_DIR` or `target`).
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that runs us, in the project's folder.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Any other program, in the project's folder.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// Runs to the end with our own output; an error names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", show(command)))?;
    if !status.success() {
        bail!("{} ended with {status}", show(command));
    }
    Ok(())
}

/// Runs to the end quietly; when it fails its output is part of the error.
pub(crate) fn quiet(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", show(command)))?;
    if !output.status.success() {
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        bail!(
            "{} ended with {}:\n{}",
            show(command),
            output.status,
            String::from_utf8_lossy(&said).trim_end()
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The program and its arguments, short enough for a message.
pub(crate) fn show(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name();
    let words = program.into_iter().chain(command.get_args());
    let text = words
        .map(OsStr::to_string_lossy)
        .collect::<Vec<_>>()
        .join(" ");
    format!("`{}`", text.chars().take(160).collect::<String>())
}

/// The first program of that name on the path.
pub(crate) fn which(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// All files of the project, relative to it, but for some folders and what is built or installed.
pub(crate) fn files_of_project(apart: &[&str]) -> Result<Vec<String>> {
    const BUILT: [&str; 3] = ["target", ".local", ".git"];
    let root = root();
    let out = |path: &Path| {
        let all = BUILT.iter().chain(apart);
        all.into_iter().any(|one| path.starts_with(one))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(&root).context("cannot read the project")? {
        let path = entry?.path();
        let inside = |path: &Path| path.strip_prefix(&root).map(Path::to_path_buf);
        let files = match inside(&path) {
            Ok(path) if out(&path) => continue,
            _ if path.is_dir() => files_under(&path)?,
            _ => vec![path],
        };
        let own = files.iter().filter_map(|file| inside(file).ok());
        found.extend(
            own.filter(|file| !out(file))
                .map(|file| file.display().to_string()),
        );
    }
    found.sort();
    Ok(found)
}

/// All files under a folder, sorted, without build output and dependencies.
pub(crate) fn files_under(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in
            fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
        {
            let entry = entry?;
            let kind = entry.file_type()?;
            let built = ["node_modules", "target"]
                .iter()
                .any(|name| entry.file_name() == *name);
            if kind.is_dir() && !built {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

//! A disk of its own for a test, small enough to fill up: where no disk may be mounted, there is none.

#![allow(
    clippy::allow_attributes,
    clippy::unwrap_used,
    reason = "a test that cannot start should say where"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Ways in which a process may have mounts of its own.
const WAYS: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];

/// The disk; it is gone when this is dropped, and when the test is killed.
pub(crate) struct SmallDisk {
    holder: Child,
    inside: PathBuf,
}

impl SmallDisk {
    /// One of so many MiB, mounted at a folder for its holder only, and for this user (id, group) when it is for another one.
    pub(crate) fn new(at: &Path, mebibytes: u32, user: Option<(u32, u32)>) -> Option<Self> {
        let (owned, becomes) = match user {
            Some((id, group)) => (
                format!(",uid={id},gid={group},mode=700"),
                format!("setpriv --reuid={id} --regid={group} --clear-groups "),
            ),
            None => (String::new(), String::new()),
        };
        // It ends with the pipe that we hold.
        let script = format!(
            "mount -t tmpfs -o size={mebibytes}m{owned} tmpfs \"$0\" && echo ready && exec {becomes}cat"
        );
        WAYS.into_iter().find_map(|way| {
            let mut holder = Command::new("unshare")
                .args(way)
                .args(["sh", "-c", &script])
                .arg(at)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .ok()?;
            let mut said = String::new();
            BufReader::new(holder.stdout.take()?)
                .read_line(&mut said)
                .ok()?;
            let inside = PathBuf::from(format!("/proc/{}/root", holder.id()));
            let inside = inside.join(at.strip_prefix("/").ok()?);
            let disk = Self { holder, inside };
            (said == "ready\n").then_some(disk)
        })
    }

    /// Where it is seen from here.
    pub(crate) fn path(&self) -> &Path {
        &self.inside
    }

    /// Fills it up, or what became free of it since; how many bytes that were.
    pub(crate) fn fill(&self) -> u64 {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(self.ballast())
            .unwrap();
        let block = [0; 4096];
        let mut written = 0;
        while file.write_all(&block).is_ok() {
            written += 4096;
        }
        written
    }

    /// Gives the room back.
    pub(crate) fn empty(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.inside.join("ballast")
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}

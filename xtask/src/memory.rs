//! Folders in memory for what tests throw away. A thousand databases and raw files that are written through to a disk and
//! removed again make two cores wait for it.

use crate::cluster::hash_of;
use crate::sh;
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// Where Linux keeps files in memory.
const PLACE: &str = "/dev/shm";
/// With less room than this a disk is the better place, in bytes.
const ENOUGH: u64 = 8 << 30;

/// The path of such a folder of this project, not made yet; none where memory is scarce.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let room = rustix::fs::statvfs(PLACE).ok()?;
    let enough = room.f_bavail.saturating_mul(room.f_frsize) >= ENOUGH;
    let name = format!("cims-{}-{name}", hash_of(&sh::root()));
    enough.then(|| Path::new(PLACE).join(name))
}

/// An empty folder that goes when this is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes it; what a run that was killed left in it goes first.
    pub(crate) fn make(name: &str) -> Result<Option<Self>> {
        let Some(path) = folder(name) else {
            return Ok(None);
        };
        if path.exists() {
            fs::remove_dir_all(&path)?;
        }
        fs::create_dir(&path)?;
        Ok(Some(Self(path)))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

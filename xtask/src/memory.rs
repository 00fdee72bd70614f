//! Folders in memory for what tests throw away. A thousand databases and raw files that are written through to a disk and
//! removed again make two cores wait for it.

use crate::cluster::hash_of;
use crate::sh;
use rustix::fs::StatVfsMountFlags;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Where Linux keeps files in memory.
const PLACE: &str = "/dev/shm";
/// With less room than this a disk is the better place, in bytes.
const ENOUGH: u64 = 8 << 30;

/// The path of such a folder of this project, whether it is there or not; none where memory is scarce.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let path = Path::new(PLACE).join(format!("cims-{}-{name}", hash_of(&sh::root())));
    // What a run that was killed left there takes part of the room, and is used again.
    (path.exists() || has_room()).then_some(path)
}

/// Whether a folder is one of these.
pub(crate) fn holds(folder: &Path) -> bool {
    folder.starts_with(PLACE)
}

fn has_room() -> bool {
    let Ok(room) = rustix::fs::statvfs(PLACE) else {
        return false;
    };
    // Tests run programs that they wrote there.
    let runs = !room.f_flag.contains(StatVfsMountFlags::NOEXEC);
    // The room is a limit: it may be more than there is.
    runs && room.f_bavail.saturating_mul(room.f_frsize) >= ENOUGH && available() >= ENOUGH
}

/// Memory that programs can still get, in bytes.
fn available() -> u64 {
    let told = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = told
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse().ok());
    kilobytes.map_or(0, |kilobytes: u64| kilobytes << 10)
}

/// An empty folder that goes when this is dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    /// Makes it, where there is room and nobody else has that name; what a run that was killed left in it goes first.
    pub(crate) fn make(name: &str) -> Option<Self> {
        let path = folder(name)?;
        if path.exists() {
            fs::remove_dir_all(&path).ok()?;
        }
        // Tests start a PostgreSQL in it, which runs as another user: it may pass through.
        fs::DirBuilder::new().mode(0o711).create(&path).ok()?;
        Some(Self(path))
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

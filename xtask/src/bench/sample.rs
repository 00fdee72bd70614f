//! One run of a program: how long, and the most memory it held.

use crate::sh;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a run cost, and what it said.
pub(super) struct Sample {
    /// From start to exit.
    pub(super) seconds: f64,
    /// Peak of the resident memory of the process itself, MiB.
    pub(super) memory: f64,
    /// The same of the largest of its children, MiB; 0 when none was seen.
    pub(super) child: f64,
    /// Exit code.
    pub(super) code: i32,
    /// Standard output.
    pub(super) said: String,
}

/// Runs a program to its end, its output in a file so that a full pipe cannot slow it down.
pub(super) fn sample(command: &mut Command) -> Result<Sample> {
    let file = std::env::temp_dir().join(format!("cims-bench-{}", std::process::id()));
    command
        .stdout(fs::File::create(&file)?)
        .stdin(Stdio::null());
    let run = watch(command)?;
    let said = fs::read_to_string(&file)?;
    fs::remove_file(&file)?;
    Ok(Sample { said, ..run })
}

/// The same for a program that reads a file from its input and whose output nobody keeps.
pub(super) fn sample_fed(command: &mut Command, input: &Path) -> Result<Sample> {
    command.stdin(fs::File::open(input)?).stdout(Stdio::null());
    watch(command)
}

fn watch(command: &mut Command) -> Result<Sample> {
    let begin = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {}", sh::show(command)))?;
    let folder = PathBuf::from(format!("/proc/{}", child.id()));
    let (mut own, mut largest) = (0_u64, 0_u64);
    let exit = loop {
        if let Some(exit) = child.try_wait()? {
            break exit;
        }
        // Gone in the moment of its exit: then the last look counts.
        own = own.max(peak(&folder));
        largest = largest.max(peak_of_children(&folder));
        std::thread::sleep(Duration::from_millis(5));
    };
    let seconds = begin.elapsed().as_secs_f64();
    let Some(code) = exit.code() else {
        bail!("{} ended with {exit}", sh::show(command));
    };
    #[expect(clippy::cast_precision_loss, reason = "memory far below 2^52 kB")]
    Ok(Sample {
        seconds,
        memory: own as f64 / 1024.0,
        child: largest as f64 / 1024.0,
        code,
        said: String::new(),
    })
}

/// Peak of the resident memory of a running process, MiB; 0 when it is gone.
pub(super) fn high_water_of(id: u32) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "memory far below 2^52 kB")]
    let kilobytes = peak(&PathBuf::from(format!("/proc/{id}"))) as f64;
    kilobytes / 1024.0
}

/// Peak of the resident memory of a process by its folder of /proc, kB; 0 when it is gone.
fn peak(process: &Path) -> u64 {
    let status = fs::read_to_string(process.join("status")).unwrap_or_default();
    high_water(&status).unwrap_or_default()
}

/// The largest peak among the children of all its threads, kB.
fn peak_of_children(process: &Path) -> u64 {
    let words = |process: &Path| fs::read(process.join("cmdline")).unwrap_or_default();
    let own = words(process);
    let threads = fs::read_dir(process.join("task")).into_iter().flatten();
    let lists = threads
        .flatten()
        .map(|thread| fs::read_to_string(thread.path().join("children")).unwrap_or_default());
    lists
        .flat_map(|list| {
            list.split_whitespace()
                .map(|id| Path::new("/proc").join(id))
                .collect::<Vec<_>>()
        })
        // Until it runs its program, a child is still its parent.
        .filter(|child| words(child) != own)
        .map(|child| peak(&child))
        .max()
        .unwrap_or_default()
}

fn high_water(status: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The middle of some figures; the lower middle of an even number.
pub(super) fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_by(f64::total_cmp);
    sorted
        .get(sorted.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::{high_water, median};

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median([9.0, 1.0, 4.0]) - 4.0).abs() < f64::EPSILON);
        assert!(median([]).is_nan());
    }

    #[test]
    fn the_high_water_mark_is_read() {
        assert_eq!(
            high_water("VmPeak:\t 9 kB\nVmHWM:\t  2048 kB\n"),
            Some(2048)
        );
    }
}

//! Counts tests: runs a test program with its output passed on, and reads from that
//! output how many passed and failed (nextest, cargo test, node's test runner).

use crate::{say, sh};
use anyhow::{Context as _, Result, bail};
use std::io::{BufRead as _, BufReader};
use std::process::Command;

/// Numbers of tests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Ended well.
    pub(crate) passed: u32,
    /// Did not.
    pub(crate) failed: u32,
    /// Not run here.
    pub(crate) skipped: u32,
}

impl Tally {
    /// One check that passed.
    pub(crate) fn one() -> Self {
        Self {
            passed: 1,
            ..Self::default()
        }
    }

    /// Adds another tally to this one.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Runs a test program to its end, its output passed on line by line.
///
/// # Errors
/// When it fails without a failed test: it did not compile.
pub(crate) fn count(command: &mut Command) -> Result<Tally> {
    count_to(command, |line| say::line(line))
}

/// As [`count`]; each line goes to `sink`, for programs that run side by side.
pub(crate) fn count_to(command: &mut Command, mut sink: impl FnMut(&str)) -> Result<Tally> {
    let (reader, writer) = std::io::pipe()?;
    let name = sh::show(command);
    command
        .env("CARGO_TERM_COLOR", "never")
        .env("NO_COLOR", "1")
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    // Our own ends of the pipe live in the command: without them the reader sees the end.
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    let mut tally = Tally::default();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        sink(&line);
        tally.add(read(&line));
    }
    let status = child.wait()?;
    if !status.success() && tally.failed == 0 {
        bail!("{name} ended with {status}");
    }
    Ok(tally)
}

/// What one line of output says about the end of a run; most lines say nothing.
fn read(line: &str) -> Tally {
    let line = line.trim();
    if line.contains(" tests run: ")
        || line.contains(" test run: ")
        || line.starts_with("test result: ")
    {
        let skipped = before(line, "skipped") + before(line, "ignored");
        return Tally {
            passed: before(line, "passed"),
            failed: before(line, "failed") + before(line, "timed out"),
            skipped,
        };
    }
    // node --test, in its two ways of reporting
    let mut words = line.split_whitespace();
    match (
        words.next(),
        words.next(),
        words.next().and_then(|number| number.parse().ok()),
        words.next(),
    ) {
        (Some("#" | "ℹ"), Some("pass"), Some(passed), None) => Tally {
            passed,
            ..Tally::default()
        },
        (Some("#" | "ℹ"), Some("fail" | "cancelled"), Some(failed), None) => Tally {
            failed,
            ..Tally::default()
        },
        (Some("#" | "ℹ"), Some("skipped" | "todo"), Some(skipped), None) => Tally {
            skipped,
            ..Tally::default()
        },
        _ => Tally::default(),
    }
}

/// The number in front of a word; 0 when the word is not there.
fn before(line: &str, word: &str) -> u32 {
    let number = line
        .split_once(&format!(" {word}"))
        .and_then(|(left, _)| left.rsplit(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Tally, read};

    #[test]
    fn the_closing_lines_of_three_runners_are_understood() {
        let nextest = "     Summary [   0.512s] 12 tests run: 10 passed (1 slow), 1 failed, 1 timed out, 2 skipped";
        assert_eq!(
            read(nextest),
            Tally {
                passed: 10,
                failed: 2,
                skipped: 2
            }
        );
        let cargo = "test result: FAILED. 3 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(
            read(cargo),
            Tally {
                passed: 3,
                failed: 1,
                skipped: 2
            }
        );
        assert_eq!(
            read("# pass 7"),
            Tally {
                passed: 7,
                failed: 0,
                skipped: 0
            }
        );
        assert_eq!(
            read("ℹ fail 2"),
            Tally {
                passed: 0,
                failed: 2,
                skipped: 0
            }
        );
    }

    #[test]
    fn other_lines_count_nothing() {
        assert_eq!(read("test row::check ... ok"), Tally::default());
        assert_eq!(read("10 passed, or so they say"), Tally::default());
    }
}

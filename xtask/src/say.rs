//! What xtask prints: plain lines on standard output, so that a CI log and a
//! terminal read the same. The only place of this crate that prints.

use std::fmt::Display;
use std::time::Duration;

/// One line of text.
#[expect(
    clippy::print_stdout,
    reason = "a build tool talks to its terminal; no personal data passes here"
)]
pub(crate) fn line(text: impl Display) {
    println!("{text}");
}

/// A step that begins.
pub(crate) fn step(text: impl Display) {
    line(format_args!("==> {text}"));
}

/// A remark under a step.
pub(crate) fn note(text: impl Display) {
    line(format_args!("    {text}"));
}

/// What went wrong, for the last line before a failing exit.
pub(crate) fn problem(text: impl Display) {
    line(format_args!("!!! {text}"));
}

/// `3.4 s`, `2 min 5 s`.
pub(crate) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {} s", seconds / 60, seconds % 60)
    }
}

/// `86.1 kB` (thousand bytes, as browsers and budgets count).
pub(crate) fn kilobytes(bytes: usize) -> String {
    format!("{}.{} kB", bytes / 1000, bytes % 1000 / 100)
}

//! The table of a run: what was measured, against which goal.

use std::fmt::Write as _;

/// What a ratio must be.
#[derive(Clone, Copy)]
pub(super) enum Goal {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// Told for its own sake.
    None,
}

/// A line.
struct Line {
    what: String,
    goal: Goal,
    /// The ratio, or a figure that is none.
    ratio: Option<f64>,
    told: String,
}

/// The lines so far.
#[derive(Default)]
pub(super) struct Table(Vec<Line>);

impl Table {
    /// Adds a ratio with its goal.
    pub(super) fn ratio(&mut self, what: &str, ratio: f64, goal: Goal, told: String) {
        self.0.push(Line {
            what: what.to_owned(),
            goal,
            ratio: Some(ratio),
            told,
        });
    }

    /// Adds a figure.
    pub(super) fn figure(&mut self, what: &str, told: String) {
        self.0.push(Line {
            what: what.to_owned(),
            goal: Goal::None,
            ratio: None,
            told,
        });
    }

    /// Every goal is met.
    pub(super) fn holds(&self) -> bool {
        self.0.iter().all(Line::holds)
    }

    /// The table as text.
    pub(super) fn show(&self) -> String {
        let mut text = format!(
            "{:<58} {:>8} {:>8}       {}\n",
            "measured", "ratio", "goal", "figures of this machine"
        );
        for line in &self.0 {
            let ratio = line
                .ratio
                .map_or_else(String::new, |ratio| format!("{ratio:.2}"));
            let goal = match line.goal {
                Goal::AtMost(most) => format!("<= {most}"),
                Goal::AtLeast(least) => format!(">= {least}"),
                Goal::None => String::new(),
            };
            let verdict = match line.goal {
                Goal::None => "  ",
                _ if line.holds() => "ok",
                _ => "NO",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{:<58} {ratio:>8} {goal:>8}  {verdict}   {}",
                line.what, line.told
            );
        }
        text
    }
}

impl Line {
    fn holds(&self) -> bool {
        match (self.goal, self.ratio) {
            (Goal::AtMost(most), Some(ratio)) => ratio <= most,
            (Goal::AtLeast(least), Some(ratio)) => ratio >= least,
            _ => true,
        }
    }
}

//! What stage 1 found in the rows of a file, in few bytes: twelve a row with findings, and two a finding.
//!
//! `cims check` notes it while the file is read the one time, for its answer begins with the counts. A row may be
//! noted by any lane, in any order.

use super::judge::{Verdict, Watch};
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding};
use domain::row::{Checked, Column};
use std::sync::{Mutex, PoisonError};

/// The rows with findings.
#[derive(Default)]
pub struct Noted {
    rows: Vec<Row>,
    findings: Vec<(Code, Option<Column>)>,
}

struct Row {
    line: u32,
    outcome: RowOutcome,
    /// How many findings, and where the first stands.
    length: u8,
    from: u32,
}

impl Noted {
    /// Notes a row that has findings. Those of stage 1 are as the rule table has them, with nothing filled in, so code
    /// and column are all there is to them.
    fn add(&mut self, line: u32, checked: &Checked) {
        self.rows.push(Row {
            line,
            outcome: checked.outcome,
            length: u8::try_from(checked.findings.len()).unwrap_or(u8::MAX),
            from: u32::try_from(self.findings.len()).unwrap_or(u32::MAX),
        });
        let small = |finding: &Finding| (finding.code, finding.column);
        self.findings.extend(checked.findings.iter().map(small));
    }

    /// Every row with findings in the order of the file: its line, its outcome and all its findings, those of the
    /// whole file included.
    pub fn into_rows(
        mut self,
        verdict: &Verdict,
    ) -> impl Iterator<Item = (u32, RowOutcome, Vec<Finding>)> {
        self.rows.sort_unstable_by_key(|row| row.line);
        let mut lines: Vec<u32> = self.rows.iter().map(|row| row.line).collect();
        lines.extend(verdict.lines_of_doubles());
        lines.sort_unstable();
        lines.dedup();
        lines.into_iter().map(move |line| {
            let (outcome, mut findings) = self.row(line);
            let doubles = verdict.doubles_of(line);
            findings.extend(doubles.iter().map(|found| found.finding.clone()));
            if doubles.is_empty() {
                (line, outcome, findings)
            } else {
                // A double is never counted, consent or not.
                (line, RowOutcome::of(&findings, false), findings)
            }
        })
    }

    fn row(&self, line: u32) -> (RowOutcome, Vec<Finding>) {
        let Ok(at) = self.rows.binary_search_by_key(&line, |row| row.line) else {
            return (RowOutcome::Geaccepteerd, Vec::new());
        };
        let row = &self.rows[at];
        let findings = self.findings.iter().skip(row.from as usize);
        let whole = |&(code, column): &(Code, Option<Column>)| Finding {
            column,
            ..Finding::whole(code)
        };
        let findings = findings.take(usize::from(row.length)).map(whole);
        (row.outcome, findings.collect())
    }
}

impl Watch for Mutex<Noted> {
    fn wants(&self, _: u32) -> bool {
        false
    }

    fn see(&self, line: u32, checked: &Checked) {
        if !checked.findings.is_empty() {
            let mut noted = self.lock().unwrap_or_else(PoisonError::into_inner);
            noted.add(line, checked);
        }
    }
}

//! Stage 1 of a whole file, shared by `cims check`, `cims import` and the upload (security G2).
//!
//! [`first_pass`] reads every row once, on all cores, and decides what only the whole file can tell: A07, A11,
//! A14, A15, A17, the doubles D01 and D02, and the counts. [`Rulings`] reads it again and hands out each row
//! with all its findings. Memory is flat, some 30 bytes a row for the keys of doubles aside.

use super::check;
use super::lanes::{self, Batch};
use super::read::{Content, ReadError, Row, Rows, Table};
use domain::delivery::{Counts, FileOutcome, RowOutcome};
use domain::duplicate::{InFile, InFileFinding};
use domain::evidence::FileEvidence;
use domain::finding::{Code, Filled, Finding, Severity};
use domain::row::{Accepted, Checked, Context, Ordinary, RawRow};
use std::io;
use std::num::NonZero;
use uuid::Uuid;

/// Who looks on while a file is judged.
pub trait Watch: Sync {
    /// Wants to see this row even though there is nothing to find in it.
    fn wants(&self, line: u32) -> bool;
    /// A row as stage 1 left it, in no fixed order.
    fn see(&self, line: u32, checked: &Checked);
}

/// What is done with every row.
impl<F: Fn(u32, &Checked) + Sync> Watch for F {
    fn wants(&self, _: u32) -> bool {
        true
    }

    fn see(&self, line: u32, checked: &Checked) {
        self(line, checked);
    }
}

/// Nobody looks on.
pub struct Nobody;

impl Watch for Nobody {
    fn wants(&self, _: u32) -> bool {
        false
    }

    fn see(&self, _: u32, _: &Checked) {}
}

/// What the first pass decided about a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Rows read; 0 when the file is refused as a whole.
    pub rows: u32,
    /// Rows skipped: empty, drop-down defaults only, hidden, or the example of the template.
    pub skipped: u32,
    /// Those of the skipped rows that the sender has hidden.
    pub hidden: u32,
    /// Rows per outcome of stage 1; they add up to `rows`.
    pub counts: Counts,
    /// File findings of this pass.
    pub findings: Vec<Finding>,
    /// A row without consent holds personal values: the raw file must go (rule T10).
    pub holds_unconsented: bool,
    /// D01 and D02, by line.
    doubles: Vec<InFileFinding>,
}

impl Verdict {
    /// True when a file finding refuses the file.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Fout)
    }

    /// What becomes of the file by stage 1, given the findings of its opening too.
    #[must_use]
    pub fn outcome(&self, opening: &[Finding]) -> FileOutcome {
        FileOutcome::of(&self.counts, opening.iter().chain(&self.findings))
    }

    /// The lines with findings of the whole file, in order; one with two findings comes twice.
    pub(super) fn lines_of_doubles(&self) -> impl Iterator<Item = u32> {
        self.doubles.iter().map(|found| found.line)
    }

    /// The findings of the whole file on one row.
    pub(super) fn doubles_of(&self, line: u32) -> &[InFileFinding] {
        let from = self.doubles.partition_point(|found| found.line < line);
        let length = self.doubles[from..].partition_point(|found| found.line == line);
        &self.doubles[from..from + length]
    }
}

/// Reads the whole table once, on all cores; `watch` is shown each row in which something was found, and those it wants. What
/// somebody forgave is no finding any more.
///
/// # Errors
/// When the bytes cannot be read now; a file that can be read is judged by findings.
pub fn first_pass(
    table: &Table,
    context: &Context<'_>,
    forgiven: &[Code],
    watch: &impl Watch,
) -> io::Result<Verdict> {
    first_pass_in(lanes::cores(), table, context, forgiven, watch)
}

/// As [`first_pass`], in so many lanes; the verdict does not depend on how many.
///
/// # Errors
/// As [`first_pass`].
pub fn first_pass_in(
    lanes: NonZero<usize>,
    table: &Table,
    context: &Context<'_>,
    forgiven: &[Code],
    watch: &impl Watch,
) -> io::Result<Verdict> {
    let mut pass = Pass::default();
    let judge = |batch: &mut Batch<'_>| {
        let mut part = Pass::default();
        batch.each_row(|row| {
            if !watch.wants(row.number)
                && let Content::Cells(raw) = &row.content
                && let Some(ordinary) = check::at_a_glance(raw, context)
            {
                part.add_ordinary(row.number, &ordinary);
                return;
            }
            let checked = stage_one(&row, context);
            watch.see(row.number, &checked);
            part.add(row.number, &checked);
        });
        part
    };
    let (rows, end) = lanes::each_batch(table.rows()?, lanes, judge, |part| pass.append(part));
    let refused = end.map_or_else(|error| error.into_finding().map(Some), |()| Ok(None))?;
    Ok(pass.finish(&rows, refused, forgiven))
}

/// What the first pass gathers.
#[derive(Default)]
struct Pass {
    counts: Counts,
    /// Outcome of the rows that may still become doubles, where it is not GEACCEPTEERD.
    special: Vec<(u32, RowOutcome)>,
    in_file: InFile,
    evidence: FileEvidence,
    holds_unconsented: bool,
}

impl Pass {
    fn add(&mut self, line: u32, checked: &Checked) {
        self.counts.add(checked.outcome);
        if !matches!(
            checked.outcome,
            RowOutcome::Geaccepteerd | RowOutcome::Afgekeurd
        ) {
            self.special.push((line, checked.outcome));
        }
        self.in_file.add(line, checked);
        self.evidence.add(line, checked.evidence);
        self.holds_unconsented |= checked
            .findings
            .iter()
            .any(|finding| finding.code == Code::T10);
    }

    /// A row in which there is nothing to find.
    fn add_ordinary(&mut self, line: u32, ordinary: &Ordinary) {
        self.counts.add(RowOutcome::Geaccepteerd);
        self.in_file.add_keys(line, ordinary.keys);
        self.evidence.add(line, ordinary.evidence);
    }

    /// Adds the next part of the file.
    fn append(&mut self, mut next: Self) {
        self.counts.append(next.counts);
        self.special.append(&mut next.special);
        self.in_file.append(next.in_file);
        self.evidence.append(&next.evidence);
        self.holds_unconsented |= next.holds_unconsented;
    }

    fn finish(mut self, rows: &Rows<'_>, refused: Option<Finding>, forgiven: &[Code]) -> Verdict {
        let mut findings: Vec<Finding> = refused.into_iter().collect();
        if findings.is_empty() {
            findings = whole_file(&self.evidence);
            findings.retain(|finding| !forgiven.contains(&finding.code));
        }
        let mut verdict = Verdict {
            findings,
            holds_unconsented: self.holds_unconsented,
            hidden: rows.hidden(),
            ..Verdict::default()
        };
        if !verdict.refuses() {
            verdict.doubles = std::mem::take(&mut self.in_file).finish();
            self.move_doubles(&verdict.doubles);
            verdict.rows = rows.rows();
            verdict.skipped = rows.skipped();
            verdict.counts = self.counts;
        }
        verdict
    }

    /// Counts the doubles under the outcome they end in.
    fn move_doubles(&mut self, doubles: &[InFileFinding]) {
        for found in doubles.chunk_by(|a, b| a.line == b.line) {
            let line = found[0].line;
            let before = self
                .special
                .binary_search_by_key(&line, |(line, _)| *line)
                .map_or(RowOutcome::Geaccepteerd, |place| self.special[place].1);
            let counted = before == RowOutcome::Geteld;
            let after = RowOutcome::of(found.iter().map(|found| &found.finding), counted);
            self.counts.move_row(before, after);
        }
    }
}

/// Rules A15 and A17.
fn whole_file(evidence: &FileEvidence) -> Vec<Finding> {
    let shifted = evidence.shifted_from();
    let shifted = shifted.map(|line| Finding::whole(Code::A15).filled(Filled::Line(line)));
    let swapped = evidence.swapped_columns().into_iter();
    let swapped = swapped.map(|column| {
        Finding::whole(Code::A17).filled(Filled::Columns(vec![column.name().to_owned()]))
    });
    shifted.into_iter().chain(swapped).collect()
}

/// Reads a table again, after its first pass: every row with all findings of stage 1.
pub struct Rulings<'t> {
    rows: Rows<'t>,
    context: &'t Context<'t>,
    verdict: &'t Verdict,
}

/// One row and what stage 1 says of it.
pub struct Ruling<'r> {
    /// Its number as the sender sees it.
    pub number: u32,
    /// Its text per column; none when its cells cannot be told apart (R05, R08, R09). Of a refused row it is what is to be
    /// mended.
    pub raw: Option<RawRow<'r>>,
    /// All findings, those of the whole file included.
    pub checked: Checked,
    /// The refused row it takes the place of.
    pub token: Option<Uuid>,
}

impl<'t> Rulings<'t> {
    /// Begins at the first row.
    ///
    /// # Errors
    /// When the file cannot be opened again.
    pub fn new(
        table: &'t Table,
        context: &'t Context<'t>,
        verdict: &'t Verdict,
    ) -> io::Result<Self> {
        Ok(Self {
            rows: table.rows()?,
            context,
            verdict,
        })
    }

    /// The next row; None at the end.
    ///
    /// # Errors
    /// When the bytes cannot be read now, or are not those of the first pass.
    #[expect(
        clippy::should_implement_trait,
        reason = "a ruling borrows the buffers of its reader"
    )]
    pub fn next(&mut self) -> Result<Option<Ruling<'_>>, ReadError> {
        let Some(row) = self.rows.next()? else {
            return Ok(None);
        };
        let mut checked = stage_one(&row, self.context);
        add_doubles(&mut checked, self.verdict.doubles_of(row.number));
        let raw = match row.content {
            Content::Cells(raw) => Some(raw),
            Content::Broken(_, raw) => raw,
        };
        Ok(Some(Ruling {
            number: row.number,
            raw,
            checked,
            token: row.token,
        }))
    }
}

pub(super) fn add_doubles(checked: &mut Checked, doubles: &[InFileFinding]) {
    if doubles.is_empty() {
        return;
    }
    let counted = matches!(checked.accepted, Some(Accepted::Count(_)));
    checked
        .findings
        .extend(doubles.iter().map(|found| found.finding.clone()));
    checked.outcome = RowOutcome::of(&checked.findings, counted);
    if checked.outcome == RowOutcome::Afgekeurd {
        checked.accepted = None;
    }
}

/// Stage 1 of one row as it was read.
fn stage_one(row: &Row<'_>, context: &Context<'_>) -> Checked {
    match &row.content {
        Content::Broken(code, _) => Checked::refused(Finding::whole(*code)),
        Content::Cells(raw) => check::row(raw, context),
    }
}

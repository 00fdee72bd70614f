//! A delimited text from its bytes to what the rules say of its rows.

use crate::intake::judge::{self, Nobody, Rulings};
use crate::intake::read::record::ROW_BYTES;
use crate::intake::read::{self, Limits, Options, Source};
use domain::codes::CodeLists;
use domain::delivery::{Channel, Counts, RowOutcome};
use domain::finding::{Code, Finding, Severity};
use domain::row::{Column, Context, Profile, RepairSet};
use std::io::{self, Read};
use std::sync::{Arc, LazyLock};

static LISTS: LazyLock<CodeLists> = LazyLock::new(CodeLists::builtin);

/// Small enough to be reached.
pub const LIMITS: Limits = Limits {
    bytes: 24 * 1024,
    rows: 40,
};

/// Bytes that come so many at a time.
pub struct Pieces {
    /// All of them.
    pub bytes: Vec<u8>,
    /// So many.
    pub most: usize,
}

impl Source for Pieces {
    fn open(&self) -> io::Result<Box<dyn Read + Send + '_>> {
        Ok(Box::new(Piece(&self.bytes, self.most)))
    }
}

struct Piece<'a>(&'a [u8], usize);

impl Read for Piece<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = out.len().min(self.1);
        self.0.read(&mut out[..most])
    }
}

/// All that was found: of the file, and per row.
#[derive(Debug, PartialEq, Eq)]
pub struct Told {
    /// When it was opened, and by the first pass.
    pub file: Vec<Finding>,
    /// Rows, skipped ones, outcomes.
    pub counts: (u32, u32, Counts),
    /// Number, outcome, findings.
    pub rows: Vec<(u32, RowOutcome, Vec<Finding>)>,
}

/// Reads a text and asks of the answer what must always hold.
pub fn tell(source: Arc<dyn Source>, size: usize) -> Told {
    let opened = read::open(source, &Options::new(LIMITS)).expect("memory can be read");
    let mut file = opened.findings;
    let refuses = |list: &[Finding]| list.iter().any(|one| one.severity == Severity::Fout);
    assert_eq!(opened.table.is_none(), refuses(&file));
    let too_big = file.iter().any(|one| one.code == Code::A06);
    assert_eq!(too_big, size as u64 > LIMITS.bytes);
    let Some(table) = opened.table else {
        let counts = (0, 0, Counts::default());
        return Told {
            file,
            counts,
            rows: Vec::new(),
        };
    };
    assert_eq!(opened.facts.bytes, size as u64);
    let context = Context {
        today: time::macros::date!(2021 - 06 - 15),
        channel: Channel::Upload,
        profile: Profile::Unknown,
        lists: &LISTS,
        off: RepairSet::NONE,
        test_lane: false,
    };
    let ascends = |last: &mut u32, number: u32| {
        assert!(number > *last, "row {number} after {last}");
        *last = number;
    };
    let verdict =
        judge::first_pass(&table, &context, &[], &Nobody).expect("memory can be read");
    assert_eq!(verdict.counts.rows(), u64::from(verdict.rows));
    assert!(verdict.rows <= LIMITS.rows);
    assert_eq!(verdict.refuses(), refuses(&verdict.findings));
    file.extend(verdict.findings.iter().cloned());
    let counts = (verdict.rows, verdict.skipped, verdict.counts);
    let mut rows = Vec::new();
    if verdict.refuses() {
        assert_eq!(verdict.rows, 0);
        return Told { file, counts, rows };
    }
    let mut second = Counts::default();
    let mut last = table.header().row;
    let mut rulings = Rulings::new(&table, &context, &verdict).expect("memory can be read");
    while let Ok(Some(ruling)) = rulings.next() {
        ascends(&mut last, ruling.number);
        if let Some(raw) = ruling.raw {
            let bytes: usize = Column::ALL
                .iter()
                .map(|column| raw.get(*column).len())
                .sum();
            assert!(bytes <= ROW_BYTES);
        }
        second.add(ruling.checked.outcome);
        rows.push((
            ruling.number,
            ruling.checked.outcome,
            ruling.checked.findings,
        ));
    }
    assert_eq!(second, verdict.counts, "the second pass counts otherwise");
    Told { file, counts, rows }
}

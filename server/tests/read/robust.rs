//! Whatever the bytes: an answer, the same each time, and no cell lost or moved.

use crate::support::{HEADER, csv};
use domain::codes::CodeLists;
use proptest::prelude::*;
use server::intake::judge::{self, Nobody, Rulings};
use server::intake::read::csv::Csv;
use server::intake::read::record::Record;
use server::intake::read::{self, Limits, Options, Program};
use std::sync::Arc;

/// Rows with findings, and the counts, of any bytes; what is refused as a whole is only its codes.
fn judged(content: Vec<u8>) -> (Vec<&'static str>, u64, u32, Vec<(u32, usize)>) {
    let lists = CodeLists::builtin();
    let context = domain::fixtures::context(&lists);
    let mut options = Options::new(Limits::SYSTEM);
    options.program = Program::at(env!("CARGO_BIN_EXE_cims").into());
    let opened = read::open(Arc::new(content), &options).expect("memory can be read");
    let mut codes: Vec<_> = opened
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    let Some(table) = opened.table else {
        return (codes, 0, 0, Vec::new());
    };
    let verdict = judge::first_pass(&table, &context, &[], &Nobody).expect("memory can be read");
    codes.extend(verdict.findings.iter().map(|finding| finding.code.as_str()));
    let mut rows = Vec::new();
    if !verdict.refuses() {
        let mut counts = domain::delivery::Counts::default();
        let mut rulings = Rulings::new(&table, &context, &verdict).expect("memory can be read");
        while let Some(ruling) = rulings.next().expect("the same bytes") {
            counts.add(ruling.checked.outcome);
            rows.push((ruling.number, ruling.checked.findings.len()));
        }
        assert_eq!(counts, verdict.counts, "both passes count the same");
    }
    (codes, verdict.counts.rows(), verdict.rows, rows)
}

fn split(text: &str, delimiter: u8) -> Vec<Vec<String>> {
    let mut csv = Csv::new(text.as_bytes(), delimiter);
    let mut record = Record::default();
    let mut lines = Vec::new();
    while csv.next(&mut record).expect("well formed") {
        lines.push(record.cells().map(str::to_owned).collect());
    }
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_get_an_answer(content in proptest::collection::vec(any::<u8>(), 0..400)) {
        let first = judged(content.clone());
        prop_assert_eq!(first.1, u64::from(first.2));
        prop_assert_eq!(first, judged(content));
    }

    #[test]
    fn any_rows_below_a_header_are_all_accounted_for(lines in proptest::collection::vec("[ -~éJN0-9;\"\r\n\t]{0,60}", 0..12)) {
        let answer = judged(format!("{HEADER}\n{}\n", lines.join("\n")).into_bytes());
        prop_assert_eq!(answer.1, u64::from(answer.2));
        if answer.2 > 0 {
            prop_assert_eq!(answer.3.len(), answer.2 as usize);
        }
    }

    #[test]
    fn what_is_written_as_csv_is_read_back(
        table in proptest::collection::vec(proptest::collection::vec("[a-z;,\t\"\r\né€ ]{0,8}", 1..5), 1..6),
        delimiter in prop_oneof![Just(';'), Just(','), Just('\t')],
    ) {
        prop_assert_eq!(split(&csv(&table, delimiter), delimiter as u8), table);
    }
}

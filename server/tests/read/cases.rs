//! Each rule of the file on a file that fails it and its nearest neighbour that passes; and no rule without such a
//! pair anywhere.

use crate::files::compound;
use crate::programs::{book, good};
use crate::shown::{BY_A_TEST, BY_DELIVERING, BY_READING};
use crate::support::{GOOD, HEADER, check, judge_with, table, xlsx};
use crate::workbooks::with_parts;
use domain::finding::Code;
use domain::fixtures;
use server::intake::read::Limits;
use std::collections::BTreeSet;

/// A file, and how it is read.
enum Given {
    /// By `cims check`.
    Checked(Vec<u8>),
    /// Under limits that a test can reach.
    Limited(Vec<u8>, Limits),
}

impl Given {
    /// Every code of the answer, of the file and of its rows.
    fn codes(&self) -> BTreeSet<String> {
        match self {
            Self::Checked(content) => {
                let answer = check("x.csv", content);
                let rows = answer.rows().into_iter().flat_map(|row| row.2);
                answer
                    .file_codes()
                    .into_iter()
                    .chain(rows)
                    .map(str::to_owned)
                    .collect()
            }
            Self::Limited(content, limits) => judge_with(content, *limits)
                .into_iter()
                .map(|(code, _)| code.to_owned())
                .collect(),
        }
    }
}

fn text(content: impl Into<Vec<u8>>) -> Given {
    Given::Checked(content.into())
}

/// Lines under the usual header.
fn rows(lines: &str) -> Given {
    text(format!("{HEADER}\n{lines}\n"))
}

/// The row without findings, and its workbook.
fn honest() -> (String, Vec<u8>) {
    let text = format!("{HEADER}\n{GOOD}\n");
    let workbook = xlsx(&table(&text));
    (text, workbook)
}

/// The same workbook, said to be encrypted: bit 0 of the flags of its first entry.
fn encrypted(mut workbook: Vec<u8>) -> Vec<u8> {
    for (mark, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let at = workbook.windows(4).position(|four| four == mark);
        workbook[at.expect("a header of an entry") + flags] |= 1;
    }
    workbook
}

/// Ten good rows, and as many behind them in which a cell too many pushes the others aside.
fn shifted(number: usize) -> Given {
    let good = (0..10).map(|n| GOOD.replace("R-1", &format!("G{n}")));
    let shifted =
        (0..number).map(|n| format!("R{n};x;J;999990019;01-04-1940;27-01-2021;Comirnaty;EJ6795"));
    rows(&good.chain(shifted).collect::<Vec<_>>().join("\n"))
}

/// Rows with these vaccination dates.
fn vaccinated(days: [&str; 2]) -> Given {
    rows(&days.map(|day| GOOD.replace("27-01-2021", day)).join("\n"))
}

/// A table of this many columns.
fn wide(columns: usize) -> Given {
    let more = columns - HEADER.split(';').count();
    let names: String = (0..more).map(|n| format!(";k{n}")).collect();
    text(format!("{HEADER}{names}\n{GOOD}{}\n", ";".repeat(more)))
}

/// Code, the file that fails, the file that passes.
fn cases() -> Vec<(Code, Given, Given)> {
    let (honest, workbook) = honest();
    let header_only = format!("{HEADER}\n");
    let (bytes, limits) = (honest.len() as u64, Limits::PORTAL);
    let of_bytes = |bytes| Given::Limited(honest.clone().into(), Limits { bytes, ..limits });
    let two = format!("{honest}{}\n", GOOD.replace("R-1", "R-2"));
    let of_rows = |rows| Given::Limited(two.clone().into(), Limits { rows, ..limits });
    let part = |name| text(with_parts(&[(name, b"<x/>")]));
    let sheets = |second_hidden: bool| {
        text(book(&[&good, &|sheet| {
            good(sheet);
            sheet.set_hidden(second_hidden);
        }]))
    };
    let named = format!("achternaam;{HEADER}\nMüller;{GOOD}\n");
    let windows = encoding_rs::WINDOWS_1252.encode(&named).0.into_owned();
    let short = HEADER.replace(";dosisnummer", "");
    vec![
        (Code::A01, text(""), text(header_only)),
        (
            Code::A02,
            text(format!("%PDF-1.7\n{honest}")),
            text(honest.as_str()),
        ),
        (
            Code::A03,
            text(encrypted(workbook.clone())),
            text(workbook.clone()),
        ),
        (
            Code::A04,
            text(compound("Workbook")),
            text(workbook.clone()),
        ),
        (
            Code::A05,
            part("xl/vbaProject.bin"),
            part("xl/media/image1.bin"),
        ),
        (Code::A06, of_bytes(bytes - 1), of_bytes(bytes)),
        (Code::A07, of_rows(1), of_rows(2)),
        (
            Code::A08,
            text(format!("{short}\n{GOOD}\n")),
            text(honest.as_str()),
        ),
        (
            Code::A09,
            text(format!("{HEADER};lot\n{GOOD};\n")),
            text(format!("{HEADER};kamer\n{GOOD};\n")),
        ),
        (
            Code::A10,
            text(format!("{HEADER};kamer\n{GOOD};\n")),
            text(format!("{HEADER};melding\n{GOOD};\n")),
        ),
        (
            Code::A11,
            rows(&GOOD.replace("R-1", "\"R-1")),
            rows(&GOOD.replace("R-1", "\"R-1\"")),
        ),
        (
            Code::A14,
            rows(&format!("{GOOD}\n#EINDE;2")),
            rows(&format!("{GOOD}\n#EINDE;1")),
        ),
        (Code::A15, shifted(20), shifted(19)),
        (Code::A16, sheets(false), sheets(true)),
        (
            Code::A17,
            vaccinated(["01-27-2021", "02-03-2021"]),
            vaccinated(["01-27-2021", "27-01-2021"]),
        ),
        (Code::A18, text(windows), text(named)),
        (
            Code::A19,
            text(format!("Lijst van januari\n{honest}")),
            text(honest),
        ),
        (Code::A22, wide(65), wide(64)),
        (
            Code::R05,
            rows(&format!("{GOOD};x")),
            rows(&format!("{GOOD};")),
        ),
    ]
}

#[test]
fn every_rule_of_the_file_fires_and_its_neighbour_does_not() {
    let cases = cases();
    for (code, failing, passing) in &cases {
        let found = failing.codes();
        assert!(found.contains(code.as_str()), "{code} fails: {found:?}");
        let found = passing.codes();
        assert!(!found.contains(code.as_str()), "{code} passes: {found:?}");
    }
    let run: BTreeSet<Code> = cases.into_iter().map(|case| case.0).collect();
    assert_eq!(run, BY_READING.iter().copied().collect());
}

#[test]
fn every_rule_is_shown_to_fail_and_to_pass() {
    // The tests of `domain` run each of its fixtures, the failing row and the passing one.
    let mut shown: BTreeSet<Code> = fixtures::ALL.iter().map(|fixture| fixture.code).collect();
    shown.extend(fixtures::IN_FILE.iter().map(|fixture| fixture.code));
    shown.extend(BY_READING);
    shown.extend(BY_DELIVERING);
    for &(code, file, test) in BY_A_TEST {
        let path = format!("{}/tests/{file}", env!("CARGO_MANIFEST_DIR"));
        let source = std::fs::read_to_string(&path).expect("a file of tests");
        let body = source.split_once(&format!("async fn {test}() {{\n"));
        let (before, body) = body.expect("a test of this name");
        let attribute = before.trim_end().lines().next_back().expect("an attribute");
        assert!(
            attribute.starts_with("#[tokio::test"),
            "{test}: {attribute}"
        );
        let (body, _) = body.split_once("\n}\n").expect("its end");
        assert!(body.contains(code.as_str()), "{test} shows no {code}");
        shown.insert(code);
    }
    assert_eq!(shown, Code::ALL.iter().copied().collect());
}

//! A file is read once, by as many lanes as there are cores: the answer is that of one lane, row by row.

use crate::support::{GOOD, HEADER, check_csv};
use domain::codes::CodeLists;
use domain::fixtures;
use serde_json::{Value, json};
use server::intake::judge::{Nobody, Rulings, Verdict, first_pass_in};
use server::intake::read::{self, Limits, Options, Table};
use std::num::NonZero;
use std::sync::{Arc, Mutex};

/// Enough rows for several batches: good ones, doubles near and far, contradictions, rows without consent, repairs,
/// refused and broken ones, quotes, and lines of every length.
fn mixed() -> String {
    let mut text = format!("{HEADER};vaccinatieplaats;bron\n");
    for n in 0..3_000_u32 {
        let day = 1 + n % 28;
        text += &match n % 11 {
            0 => format!("{GOOD};plaats {n};\n"),
            1 => format!(
                ";J;999990019;01-04-1940;27-01-2021;Comirnaty;EJ6795;1;{};\n",
                n % 700
            ),
            2 => format!(
                "K-{};J;999991772;{day:02}-04-1940;27-01-2021;Pfizer;lot ej6795;2.0;;\n",
                n % 900
            ),
            3 => "R;N;;;27-01-2021;Comirnaty;EJ6795;1;;\n".to_owned(),
            4 => format!("G-{n};nee;999990019;;27-01-2021;Comirnaty;EJ6795;1;;\n"),
            5 => format!(
                "\"Q-{n}\";J;\"999.990.019\";1-4-1940;2021-01-{day:02};Comirnaty;\"EJ\n6795\";1;\"a \"\"b\"\"\";\r\n"
            ),
            6 => format!("W-{n};J;;13-13-1940;27-01-21;Onbekend;;x;;\r"),
            7 => format!(
                "L-{n};J;999990019;01-04-1940;27-01-2021;Comirnaty;EJ6795;1;{};\n",
                "é".repeat(n as usize % 90)
            ),
            8 => format!("B-{n};J;999990019\n"),
            9 => format!(
                "X-{n};J;999995571;01-04-1940;{day:02}-02-2021;Comirnaty;EJ6795;3;;{}\n",
                "x".repeat(7 * n as usize)
            ),
            _ => ";;;;;;;;;\n".to_owned(),
        };
    }
    text
}

/// The same rows and many good ones, without quotes and with LF or CR LF behind each: lines that are taken many at a time.
fn plain() -> String {
    let mut text = String::new();
    for (n, line) in mixed().replace('"', "").lines().enumerate() {
        let end = if n % 3 == 0 { "\r\n" } else { "\n" };
        text += &format!("{}{end}", line.replace('\r', ""));
        if n > 0 && n % 2 == 0 {
            text += &format!("P-{n};J;999990019;01-04-1940;27-01-2021;Comirnaty;EJ6795;1;;{end}");
        }
    }
    text
}

fn table(text: &str) -> Table {
    let content = text.as_bytes().to_vec();
    let opened = read::open(Arc::new(content), &Options::new(Limits::SYSTEM)).expect("readable");
    opened.table.expect("a table")
}

/// The verdict in so many lanes, and what was seen of each row on the way.
fn judged(text: &str, lanes: usize) -> (Verdict, Vec<(u32, String)>) {
    let lists = CodeLists::builtin();
    let seen = Mutex::new(Vec::new());
    let lanes = NonZero::new(lanes).expect("a lane");
    let see = |line, checked: &domain::row::Checked| {
        seen.lock()
            .expect("no panic")
            .push((line, format!("{checked:?}")));
    };
    let verdict = first_pass_in(lanes, &table(text), &fixtures::context(&lists), &[], &see)
        .expect("readable");
    let mut seen = seen.into_inner().expect("no panic");
    seen.sort();
    (verdict, seen)
}

/// The verdict when nobody looks on, so that good rows are judged at a glance.
fn judged_at_a_glance(text: &str, lanes: usize) -> Verdict {
    let lists = CodeLists::builtin();
    let lanes = NonZero::new(lanes).expect("a lane");
    first_pass_in(
        lanes,
        &table(text),
        &fixtures::context(&lists),
        &[],
        &Nobody,
    )
    .expect("readable")
}

#[test]
fn the_number_of_lanes_changes_nothing() {
    let text = mixed();
    for text in [
        &text,
        &format!("{text}\0\n{text}"),
        &text[..text.len() / 500],
        &plain(),
        &format!("{}\"{}", plain(), plain()),
    ] {
        let one = judged(text, 1);
        for lanes in [2, 3, 8] {
            assert!(judged(text, lanes) == one, "{lanes} lanes");
        }
        for lanes in [1, 2, 8] {
            assert_eq!(
                judged_at_a_glance(text, lanes),
                one.0,
                "{lanes} lanes, at a glance"
            );
        }
    }
}

#[test]
fn what_a_file_promises_and_may_hold_is_counted_however_its_lines_are_taken() {
    let rows = |count: usize| format!("{HEADER}\n{}", format!("{GOOD}\n").repeat(count));
    let quoted = |count: usize| rows(count).replace(";J;", ";\"J\";");
    let codes = |text: &str, most: u32| {
        let lists = CodeLists::builtin();
        let mut limits = Limits::SYSTEM;
        limits.rows = most;
        let opened = read::open(Arc::new(text.as_bytes().to_vec()), &Options::new(limits));
        let table = opened.expect("readable").table.expect("a table");
        let verdict = first_pass_in(
            NonZero::<usize>::MIN,
            &table,
            &fixtures::context(&lists),
            &[],
            &Nobody,
        );
        let verdict = verdict.expect("readable");
        let codes: Vec<&str> = verdict
            .findings
            .iter()
            .map(|found| found.code.as_str())
            .collect();
        (codes.join(" "), verdict.rows, verdict.skipped)
    };
    let refused = |code: &str| (code.to_owned(), 0, 0);
    for text in [rows(9_000), quoted(9_000)] {
        assert_eq!(
            codes(&format!("{text}#EINDE;9000\n"), 9_000),
            (String::new(), 9_000, 0)
        );
        assert_eq!(
            codes(&format!("{text};;;\n\n#EINDE\n"), 9_000),
            (String::new(), 9_000, 2)
        );
        assert_eq!(
            codes(&format!("{text}#EINDE;8999\n"), 9_000),
            refused("A14")
        );
        assert_eq!(
            codes(&format!("{text}#EINDE;8999\n#EINDE;9000"), 9_000),
            (String::new(), 9_000, 0)
        );
        assert_eq!(codes(&text, 8_999), refused("A07"));
        // What is wrong first is told.
        assert_eq!(codes(&format!("{text}\"\n"), 8_999), refused("A07"));
        assert_eq!(codes(&format!("{text}\"\n"), 9_000), refused("A11"));
    }
}

#[test]
fn the_answer_of_one_reading_is_that_of_reading_again() {
    for text in [mixed(), plain()] {
        answers_alike(&text);
    }
}

fn answers_alike(text: &str) {
    let (lists, table) = (CodeLists::builtin(), table(text));
    let context = fixtures::context(&lists);
    let (verdict, _) = judged(text, 2);
    let mut rulings = Rulings::new(&table, &context, &verdict).expect("readable");
    let mut rows = Vec::new();
    while let Some(ruling) = rulings.next().expect("the same bytes") {
        let checked = ruling.checked;
        let findings = checked.findings.iter().map(|finding| {
            let wire = finding.wire();
            json!({ "code": wire.code, "column": wire.column, "severity": wire.severity, "message": wire.message })
        });
        let findings: Vec<Value> = findings.collect();
        if !findings.is_empty() {
            rows.push(
                json!({ "row": ruling.number, "outcome": checked.outcome, "findings": findings }),
            );
        }
    }
    assert!(rows.len() > 1_000, "{}", rows.len());
    let answer = check_csv(text);
    assert_eq!(answer.json["counts"], json!(verdict.counts));
    assert!(answer.json["rows"] == json!(rows), "the rows differ");
}

//! A file is read once, by as many lanes as there are cores: the answer is that of one lane, row by row.

use crate::support::{GOOD, HEADER, check_csv};
use domain::codes::CodeLists;
use domain::delivery::Channel;
use domain::row::{Context, Profile, RepairSet};
use serde_json::{Value, json};
use server::intake::judge::{Rulings, Verdict, first_pass_in};
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

fn table(text: &str) -> Table {
    let content = text.as_bytes().to_vec();
    let opened = read::open(Arc::new(content), &Options::new(Limits::SYSTEM)).expect("readable");
    opened.table.expect("a table")
}

fn context(lists: &CodeLists) -> Context<'_> {
    Context {
        today: domain::fixtures::TODAY,
        channel: Channel::Sftp,
        profile: Profile::Unknown,
        lists,
        off: RepairSet::NONE,
        test_lane: false,
    }
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
    let verdict = first_pass_in(lanes, &table(text), &context(&lists), &[], see).expect("readable");
    let mut seen = seen.into_inner().expect("no panic");
    seen.sort();
    (verdict, seen)
}

#[test]
fn the_number_of_lanes_changes_nothing() {
    let text = mixed();
    for text in [
        &text,
        &format!("{text}\0\n{text}"),
        &text[..text.len() / 500],
    ] {
        let one = judged(text, 1);
        for lanes in [2, 3, 8] {
            assert!(judged(text, lanes) == one, "{lanes} lanes");
        }
    }
}

#[test]
fn the_answer_of_one_reading_is_that_of_reading_again() {
    let text = mixed();
    let (lists, table) = (CodeLists::builtin(), table(&text));
    let context = context(&lists);
    let (verdict, _) = judged(&text, 2);
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
    let answer = check_csv(&text);
    assert_eq!(answer.json["counts"], json!(verdict.counts));
    assert!(answer.json["rows"] == json!(rows), "the rows differ");
}

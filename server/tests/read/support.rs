//! Tables in every form, and `cims check` on them.

use domain::codes::CodeLists;
use domain::delivery::Channel;
use domain::row::{Column, Context};
use serde_json::Value;
use server::intake::judge::{self, Nobody};
use server::intake::read::{self, Limits, Options, Program};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

pub(crate) use crate::workbooks::{GOOD, HEADER, Table, ods_with, table, xlsx, xlsx_parts, zip_of};

/// What `cims check --json` answered.
pub(crate) struct Answer {
    pub(crate) json: Value,
    pub(crate) code: i32,
}

impl Answer {
    pub(crate) fn file(&self, key: &str) -> &Value {
        &self.json["file"][key]
    }

    pub(crate) fn outcome(&self) -> &str {
        self.file("outcome").as_str().unwrap_or("null")
    }

    /// Codes of the file findings.
    pub(crate) fn file_codes(&self) -> Vec<&str> {
        codes(self.file("findings"))
    }

    /// Message of a file finding.
    pub(crate) fn message(&self, code: &str) -> &str {
        let findings = self.file("findings").as_array().expect("an array");
        let found = findings.iter().find(|finding| finding["code"] == code);
        found
            .and_then(|finding| finding["message"].as_str())
            .unwrap_or_default()
    }

    /// Row number, outcome and codes of every row with findings.
    pub(crate) fn rows(&self) -> Vec<(u64, &str, Vec<&str>)> {
        let rows = self.json["rows"].as_array().expect("an array");
        rows.iter()
            .map(|row| {
                let number = row["row"].as_u64().expect("a number");
                (
                    number,
                    row["outcome"].as_str().expect("a text"),
                    codes(&row["findings"]),
                )
            })
            .collect()
    }

    /// The five counts, in the order of the specification.
    pub(crate) fn counts(&self) -> [u64; 5] {
        [
            "geaccepteerd",
            "te_controleren",
            "afgekeurd",
            "dubbel",
            "geteld",
        ]
        .map(|key| self.json["counts"][key].as_u64().expect("a number"))
    }
}

fn codes(findings: &Value) -> Vec<&str> {
    let findings = findings.as_array().expect("an array");
    findings
        .iter()
        .map(|finding| finding["code"].as_str().expect("a code"))
        .collect()
}

/// Runs `cims check --json` on a file with this name and content, on the day of the fixtures.
pub(crate) fn check(name: &str, content: &[u8]) -> Answer {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("written");
    check_at(&path)
}

/// The same on a file that is there.
pub(crate) fn check_at(path: &Path) -> Answer {
    let output = Command::new(env!("CARGO_BIN_EXE_cims"))
        .env_clear()
        .args(["check", "--json", "--today", "2021-06-15"])
        .arg(path)
        .output()
        .expect("cims runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let json = serde_json::from_str(&text).unwrap_or_else(|error| {
        panic!(
            "{error}: {text}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    let answer = Answer {
        json,
        code: output.status.code().expect("an exit code"),
    };
    hold_always(&answer);
    answer
}

/// Checks a text as a CSV file.
pub(crate) fn check_csv(text: &str) -> Answer {
    check("x.csv", text.as_bytes())
}

/// What holds for every answer: counts add up, rows are in order, the keys are those of the contract,
/// exit code and outcome agree, and nothing in it looks like a BSN or a date of birth.
fn hold_always(answer: &Answer) {
    let keys = |value: &Value| {
        value
            .as_object()
            .expect("an object")
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut file = keys(&answer.json["file"]);
    file.sort();
    let mut expected = [
        "name",
        "format",
        "encoding",
        "delimiter",
        "header_row",
        "rows",
        "skipped",
        "outcome",
        "findings",
        "sha256",
    ];
    expected.sort_unstable();
    assert_eq!(file, expected);
    assert_eq!(
        answer.counts().iter().sum::<u64>(),
        answer.file("rows").as_u64().expect("a number")
    );
    let numbers: Vec<u64> = answer.rows().iter().map(|row| row.0).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "rows out of order");
    for (row, value) in answer
        .rows()
        .iter()
        .zip(answer.json["rows"].as_array().expect("rows"))
    {
        assert!(!row.2.is_empty(), "a row without findings is left out");
        for finding in value["findings"].as_array().expect("findings") {
            let mut keys = keys(finding);
            keys.sort();
            assert_eq!(keys, ["code", "column", "message", "severity"]);
        }
    }
    let refused = answer
        .file("findings")
        .as_array()
        .expect("findings")
        .iter()
        .any(|f| f["severity"] == "fout");
    let code = if refused || answer.file("outcome").is_null() {
        2
    } else {
        i32::from(answer.counts()[2] > 0)
    };
    assert_eq!(answer.code, code, "exit code");
    if refused {
        assert_eq!(answer.outcome(), "GEWEIGERD");
        assert_eq!(answer.counts(), [0; 5]);
        assert!(numbers.is_empty());
    }
    let mut said = answer.json.clone();
    said["file"]["sha256"] = Value::Null;
    said["file"]["name"] = Value::Null;
    let said = said.to_string();
    let mut run = 0;
    for byte in said.bytes() {
        run = if byte.is_ascii_digit() { run + 1 } else { 0 };
        assert!(run < 8, "a long number in the answer: {said}");
    }
}

/// File findings under other limits than those of `cims check`, with their sentences.
pub(crate) fn judge_with(content: &[u8], limits: Limits) -> Vec<(&'static str, String)> {
    let lists = CodeLists::builtin();
    let context = Context {
        channel: Channel::Upload,
        ..domain::fixtures::context(&lists)
    };
    let mut options = Options::new(limits);
    options.program = Program::at(env!("CARGO_BIN_EXE_cims").into());
    let opened = read::open(Arc::new(content.to_vec()), &options).expect("readable");
    let mut findings = opened.findings;
    if let Some(table) = &opened.table {
        findings.extend(
            judge::first_pass(table, &context, &[], &Nobody)
                .expect("readable")
                .findings,
        );
    }
    findings
        .iter()
        .map(|finding| (finding.code.as_str(), finding.message()))
        .collect()
}

/// The header of all columns and these rows.
pub(crate) fn full_table<'a>(rows: impl IntoIterator<Item = domain::row::RawRow<'a>>) -> Table {
    let header = Column::ALL.map(|column| column.name().to_owned()).to_vec();
    let cells = |row: domain::row::RawRow<'a>| {
        Column::ALL
            .map(|column| row.get(column).to_owned())
            .to_vec()
    };
    std::iter::once(header)
        .chain(rows.into_iter().map(cells))
        .collect()
}

/// The table as CSV.
pub(crate) fn csv(table: &Table, delimiter: char) -> String {
    let quote = |cell: &String| {
        if cell.contains([delimiter, '"', '\n', '\r']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.clone()
        }
    };
    let line = |cells: &Vec<String>| {
        let cells: Vec<String> = cells.iter().map(quote).collect();
        cells.join(&delimiter.to_string()) + "\r\n"
    };
    table.iter().map(line).collect()
}

/// The table as ODS, every cell a text.
pub(crate) fn ods(table: &Table) -> Vec<u8> {
    let escape = |cell: &String| cell.replace('&', "&amp;").replace('<', "&lt;");
    let cell = |text: &String| {
        if text.is_empty() {
            return "<table:table-cell/>".to_owned();
        }
        let paragraphs: String = escape(text)
            .split('\n')
            .map(|line| format!("<text:p>{line}</text:p>"))
            .collect();
        format!("<table:table-cell office:value-type=\"string\">{paragraphs}</table:table-cell>")
    };
    let row = |cells: &Vec<String>| {
        format!(
            "<table:table-row>{}</table:table-row>",
            cells.iter().map(cell).collect::<String>()
        )
    };
    ods_with(&format!(
        "<table:table table:name=\"Blad1\">{}</table:table>",
        table.iter().map(row).collect::<String>()
    ))
}

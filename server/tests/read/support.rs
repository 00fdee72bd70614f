//! Tables in every form, and `cims check` on them.

use domain::codes::CodeLists;
use domain::delivery::Channel;
use domain::row::{Column, Context, Profile, RepairSet};
use serde_json::Value;
use server::intake::judge;
use server::intake::read::{self, Limits, Options, Program};
use std::io::{Cursor, Write};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

/// Lines of cells, the header first.
pub(crate) type Table = Vec<Vec<String>>;

/// The minimum header and three columns more.
pub(crate) const HEADER: &str =
    "bronsleutel;toestemming;bsn;geboortedatum;vaccinatiedatum;vaccin;batchnummer;dosisnummer";
/// A row without findings under [`HEADER`].
pub(crate) const GOOD: &str = "R-1;J;999990019;01-04-1940;27-01-2021;Comirnaty;EJ6795;1";

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
        today: domain::fixtures::TODAY,
        channel: Channel::Upload,
        profile: Profile::Unknown,
        lists: &lists,
        off: RepairSet::NONE,
        test_lane: false,
    };
    let mut options = Options::new(limits);
    options.program = Program::at(env!("CARGO_BIN_EXE_cims").into());
    let opened = read::open(Arc::new(content.to_vec()), &options).expect("readable");
    let mut findings = opened.findings;
    if let Some(table) = &opened.table {
        findings.extend(
            judge::first_pass(table, &context, &[], |_, _| {})
                .expect("readable")
                .findings,
        );
    }
    findings
        .iter()
        .map(|finding| (finding.code.as_str(), finding.message()))
        .collect()
}

/// Lines of a text with `;` as a table.
pub(crate) fn table(text: &str) -> Table {
    text.lines()
        .map(|line| line.split(';').map(str::to_owned).collect())
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

/// The table as XLSX, every cell a text.
pub(crate) fn xlsx(table: &Table) -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(table) {
        for (column, cell) in (0..).zip(cells) {
            if !cell.is_empty() {
                sheet.write_string(row, column, cell).expect("written");
            }
        }
    }
    book.save_to_buffer().expect("a workbook")
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

/// An ODS with these tables in it.
pub(crate) fn ods_with(tables: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><office:document-content \
         xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
         xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\" \
         xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" \
         xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" office:version=\"1.3\">\
         <office:automatic-styles><style:style style:name=\"weg\" style:family=\"table\">\
         <style:table-properties table:display=\"false\"/></style:style></office:automatic-styles>\
         <office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    );
    zip_of(&[
        (
            "mimetype",
            b"application/vnd.oasis.opendocument.spreadsheet",
        ),
        ("content.xml", content.as_bytes()),
    ])
}

/// A zip archive with these entries.
pub(crate) fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, content) in entries {
        archive.start_file(*name, options).expect("begun");
        archive.write_all(content).expect("written");
    }
    archive.finish().expect("closed").into_inner()
}

/// An XLSX of hand-made parts: the inside of `sheetData`, and shared strings.
pub(crate) fn xlsx_parts(sheet_data: &str, shared: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let sheet =
        format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet_data}</sheetData></worksheet>");
    let types = format!(
        "<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/>\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/></Types>"
    );
    let root = format!(
        "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{relations}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
    );
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{relations}\"><sheets><sheet name=\"Blad1\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let book_relations = format!(
        "<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{relations}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"r2\" Type=\"{relations}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
    );
    let mut entries: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", root.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", book_relations.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/sharedStrings.xml", shared.as_bytes()),
    ];
    entries.extend_from_slice(more);
    zip_of(&entries)
}

//! Workbooks made to harm: each ends in its own sentence, soon, and the parent stays well
//! (security §2 L1-L4, §6).

use crate::support::{Answer, GOOD, HEADER, check, judge_with, ods_with, table, xlsx_parts};
use crate::workbooks::{corpus, many_parts, ods_header, with_parts};
use server::intake::read::{Limits, workbook};
use std::time::{Duration, Instant};

/// Checks a file and minds the time: the sentence must come within 30 seconds.
fn soon(content: &[u8]) -> Answer {
    let begin = Instant::now();
    let answer = check("x.xlsx", content);
    assert!(begin.elapsed() < Duration::from_secs(30));
    answer
}

#[test]
fn an_honest_workbook_passes_the_same_way() {
    assert_eq!(soon(&with_parts(&[])).counts(), [1, 0, 0, 0, 0]);
}

#[test]
fn each_file_of_the_corpus_ends_in_its_own_sentence() {
    for file in corpus() {
        let begin = Instant::now();
        let answer = check(&format!("x.{}", file.ending), &file.content);
        assert!(begin.elapsed() < Duration::from_secs(30), "{}", file.what);
        assert_eq!(answer.outcome(), file.outcome, "{}", file.what);
        assert_eq!(answer.file_codes(), file.codes, "{}", file.what);
    }
}

#[test]
fn too_many_entries_are_refused() {
    assert_eq!(soon(&many_parts(512)).counts(), [1, 0, 0, 0, 0]);
    let refused = soon(&many_parts(513));
    assert_eq!(
        refused.message("A06"),
        "Het bestand is groter dan 512 onderdelen."
    );
}

#[test]
fn the_message_names_the_limit_that_was_met() {
    let shared = "<sst count=\"1\" uniqueCount=\"1000001\"><si><t>a</t></si></sst>";
    assert_eq!(
        soon(&xlsx_parts("", shared, &[])).message("A06"),
        "Het bestand is groter dan 1.000.000 teksten."
    );
    let spaces = " ".repeat(20 << 20);
    let bomb = xlsx_parts("", "<sst/>", &[("xl/media/a.bin", spaces.as_bytes())]);
    assert_eq!(
        soon(&bomb).message("A06"),
        "Het bestand is groter dan 200 keer de ingepakte grootte."
    );
}

#[test]
fn repeats_in_ods_are_never_expanded() {
    let header = ods_header();
    let emptiness = "<table:table-row table:number-rows-repeated=\"1048570\">\
                     <table:table-cell table:number-columns-repeated=\"16384\"/></table:table-row>";
    let sheet = format!(
        "<table:table table:name=\"a\"><table:table-row>{header}</table:table-row>{emptiness}</table:table>"
    );
    let answer = soon(&ods_with(&sheet));
    assert_eq!(
        (answer.outcome(), answer.file("skipped")),
        ("LEEG", &serde_json::json!(0))
    );
    let cell = |times: u32| {
        format!(
            "<table:table-cell office:value-type=\"string\" table:number-columns-repeated=\"{times}\"><text:p>x</text:p></table:table-cell>"
        )
    };
    let sheet = |rows: u32, columns: u32| {
        let row = format!(
            "<table:table-row table:number-rows-repeated=\"{rows}\">{}</table:table-row>",
            cell(columns)
        );
        ods_with(&format!(
            "<table:table table:name=\"a\"><table:table-row>{header}</table:table-row>{row}</table:table>"
        ))
    };
    let wide = soon(&sheet(3, 4_000_000_000));
    assert_eq!(wide.rows().len(), 3);
    assert_eq!(wide.rows()[2], (4, "AFGEKEURD", vec!["R05"]));
    // Something repeated is real, so it counts: up to the limit of rows, not to four billion.
    let findings = judge_with(
        &sheet(4_000_000_000, 1),
        Limits {
            rows: 1_000,
            ..Limits::PORTAL
        },
    );
    assert_eq!(findings[0].0, "A07");
}

#[test]
fn blank_cells_that_are_repeated_without_end_cost_nothing() {
    let header = ods_header();
    let sheet = |before: u32, rows: u32| {
        let blank =
            "<table:table-cell office:value-type=\"string\"><text:p> </text:p></table:table-cell>";
        soon(&ods_with(&format!(
            "<table:table table:name=\"a\"><table:table-row>{header}</table:table-row>\
             <table:table-row table:number-rows-repeated=\"{rows}\">\
             <table:table-cell table:number-columns-repeated=\"{before}\"/>{blank}</table:table-row></table:table>"
        )))
    };
    // Beyond the last column nothing is there.
    for rows in [1, 4_000_000_000] {
        assert_eq!(sheet(100, rows).outcome(), "LEEG", "{rows}");
    }
    // Within the table they are rows, of which no spreadsheet has so many.
    assert_eq!(sheet(3, 1_000).outcome(), "LEEG");
    assert_eq!(sheet(3, 4_000_000_000).file_codes(), ["A11"]);
}

#[test]
fn a_place_that_no_sheet_has_is_broken() {
    let header: Vec<String> = (b'A'..)
        .zip(HEADER.split(';'))
        .map(|(letter, name)| {
            let letter = char::from(letter);
            format!("<c r=\"{letter}1\" t=\"inlineStr\"><is><t>{name}</t></is></c>")
        })
        .collect();
    let answer = |row: &str, cell: &str| {
        let data = format!(
            "<row r=\"1\">{}</row><row r=\"{row}\"><c r=\"{cell}\"><v>1</v></c></row>",
            header.concat()
        );
        soon(&xlsx_parts(&data, "<sst/>", &[]))
            .file_codes()
            .join(",")
    };
    assert_eq!(answer("2", "A2"), "");
    // Numbers that fit in no place: the library that reads them ends there.
    for (row, cell) in [
        ("99999999999", "A2"),
        ("inlineStr", "A2"),
        ("2", "A99999999999"),
        ("2", "ABCDEFGHIJK2"),
    ] {
        assert_eq!(answer(row, cell), "A11", "{row} {cell}");
    }
}

#[test]
fn rows_out_of_order_and_cells_twice_are_broken_not_guessed() {
    let rows = table(&format!("{HEADER}\n{GOOD}"));
    let row = |number: u32, cells: &[String]| {
        let cell = |(column, text): (u8, &String)| {
            let letter = char::from(b'A' + column);
            format!("<c r=\"{letter}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
        };
        let cells: String = (0..).zip(cells).map(cell).collect();
        format!("<row r=\"{number}\">{cells}</row>")
    };
    let (header, good) = (row(1, &rows[0]), |number| row(number, &rows[1]));
    let answer = |data: String| {
        soon(&xlsx_parts(&data, "<sst/>", &[]))
            .file_codes()
            .join(",")
    };
    assert_eq!(answer(format!("{header}{}{}", good(2), good(5))), "");
    assert_eq!(answer(format!("{header}{}{}", good(5), good(3))), "A11");
    assert_eq!(answer(format!("{header}{}{}", good(2), good(2))), "A11");
}

#[test]
fn a_row_that_comes_back_behind_a_hidden_one_ends_the_child() {
    let cell = |row: u32| format!("<c r=\"A{row}\" t=\"inlineStr\"><is><t>bsn</t></is></c>");
    let row = |row: u32| format!("<row r=\"{row}\">{}</row>", cell(row));
    let hidden = |row: u32| format!("<row r=\"{row}\" hidden=\"1\">{}</row>", cell(row));
    let said = |data: String| {
        let mut said = Vec::new();
        let content = xlsx_parts(&data, "<sst/>", &[]);
        workbook::run(content.as_slice(), &mut said, Some(0), false).expect("memory");
        String::from_utf8(said).expect("text")
    };
    let in_order = said(format!("{}{}{}", row(1), hidden(2), row(3)));
    assert!(in_order.ends_with("[3,\"bsn\"]\n\"done\"\n"), "{in_order}");
    for data in [
        format!("{}{}{}", row(1), hidden(2), row(1)),
        format!("{}{}", row(3), hidden(2)),
        format!("{}{}", hidden(3), hidden(2)),
    ] {
        let said = said(data);
        assert!(said.contains("\"broken\""), "{said}");
        assert!(said.matches("[1,").count() < 2, "{said}");
    }
}

//! Workbooks as programs make them: dates, numbers, formulas, errors, hidden and merged things.
//! What LibreOffice and openpyxl write is read here too; without them these tests fail.

use crate::support::{
    Answer, GOOD, HEADER, check, check_at, csv, full_table, ods_with, table, xlsx, xlsx_parts,
};
use domain::fixtures;
use domain::row::{Column, RawRow};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use server::intake::read::{self, Limits, Options, Program};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// A workbook whose sheets are filled by functions.
pub(crate) fn book(sheets: &[&dyn Fn(&mut Worksheet)]) -> Vec<u8> {
    let mut book = Workbook::new();
    for fill in sheets {
        fill(book.add_worksheet());
    }
    book.save_to_buffer().expect("a workbook")
}

/// Writes lines as texts from a row on.
fn lines(sheet: &mut Worksheet, first: u32, text: &str) {
    for (row, cells) in (first..).zip(table(text)) {
        for (column, cell) in (0..).zip(cells) {
            sheet.write_string(row, column, cell).expect("written");
        }
    }
}

/// Header and one good row.
pub(crate) fn good(sheet: &mut Worksheet) {
    lines(sheet, 0, &format!("{HEADER}\n{GOOD}"));
}

fn clean(answer: &Answer) {
    assert_eq!(
        (answer.file_codes(), answer.rows()),
        (vec![], vec![]),
        "{}",
        answer.json
    );
}

#[test]
fn real_dates_and_numbers_are_read_as_typed() {
    let content = book(&[&|sheet| {
        good(sheet);
        let day = Format::new().set_num_format("dd-mm-yyyy");
        let date = |y, m, d| ExcelDateTime::from_ymd(y, m, d).expect("a date");
        sheet.write_number(1, 2, 999_990_019.0).expect("written");
        sheet
            .write_datetime_with_format(1, 3, date(1940, 4, 1), &day)
            .expect("written");
        let moment = date(2021, 1, 27).and_hms(10, 30, 0).expect("a moment");
        sheet
            .write_datetime_with_format(1, 4, moment, &day)
            .expect("written");
        sheet.write_number(1, 7, 1.0).expect("written");
    }]);
    clean(&check("x.xlsx", &content));
}

#[test]
fn one_american_text_among_real_dates_refuses_its_row_alone() {
    let content = book(&[&|sheet| {
        let american = GOOD.replace("27-01-2021", "01-27-2021");
        lines(sheet, 0, &format!("{HEADER}\n{american}\n{GOOD}"));
        let day = Format::new().set_num_format("dd-mm-yyyy");
        let date = ExcelDateTime::from_ymd(2021, 1, 27).expect("a date");
        sheet
            .write_datetime_with_format(2, 4, date, &day)
            .expect("written");
    }]);
    let answer = check("x.xlsx", &content);
    assert_eq!(answer.file_codes(), Vec::<&str>::new());
    let found = answer.rows();
    assert_eq!((found[0].0, found[0].1), (2, "AFGEKEURD"));
    assert!(found[0].2.contains(&"V08"), "{:?}", found[0].2);
}

/// The second cell style is that of a date.
const STYLES: &str = "<styleSheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">\
    <cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>";

/// A row of inline texts.
fn inline_row(number: u32, line: &str) -> String {
    let cell = |(column, text): (u8, &str)| {
        let letter = char::from(b'A' + column);
        format!("<c r=\"{letter}{number}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let cells: String = (0..).zip(line.split(';')).map(cell).collect();
    format!("<row r=\"{number}\">{cells}</row>")
}

/// Header and good row, two dates in it as styled day numbers.
fn with_days(birth: u32, vaccination: u32) -> String {
    let text = |cell: &str, text: &str| {
        format!("<c r=\"{cell}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
    };
    let day = |cell: &str, day: u32| format!("<c r=\"{cell}\" s=\"1\"><v>{day}</v></c>");
    let row = inline_row(2, GOOD)
        .replace(&text("D2", "01-04-1940"), &day("D2", birth))
        .replace(&text("E2", "27-01-2021"), &day("E2", vaccination));
    inline_row(1, HEADER) + &row
}

/// A hand-made workbook with styles and properties.
fn with_styles(sheet_data: &str, properties: &str) -> Vec<u8> {
    let plain = xlsx_parts(
        sheet_data,
        "<sst/>",
        &[("xl/styles.xml", STYLES.as_bytes())],
    );
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(plain)).expect("a zip");
    let mut entries: Vec<(String, String)> = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).expect("an entry");
        let name = entry.name().expect("a name").into_owned();
        let mut content = std::io::read_to_string(entry).expect("inflated");
        if name == "xl/workbook.xml" {
            content = content.replace("<sheets>", &format!("{properties}<sheets>"));
        } else if name == "xl/_rels/workbook.xml.rels" {
            content = content
                .replace("/sharedStrings\"", "/styles\"")
                .replace("sharedStrings.xml", "styles.xml");
        }
        entries.push((name, content));
    }
    let entries: Vec<(&str, &[u8])> = entries
        .iter()
        .map(|(n, c)| (n.as_str(), c.as_bytes()))
        .collect();
    crate::support::zip_of(&entries)
}

#[test]
fn a_date_before_march_1900_is_the_day_the_spreadsheet_shows() {
    // Day 60 is 29-02-1900 in the spreadsheet, a day that never was.
    for (serial, code) in [(1, "P17"), (59, "P17"), (60, "P12"), (61, "P17")] {
        let answer = check("x.xlsx", &with_styles(&with_days(serial, 44_223), ""));
        assert_eq!(answer.rows()[0].2, [code], "{serial}");
    }
}

#[test]
fn the_date_system_of_1904_is_minded() {
    // 27-01-2021 is day 44223 since 1900 and 42761 since 1904.
    let cells = with_days(13_240, 42_761);
    clean(&check(
        "x.xlsx",
        &with_styles(&cells, "<workbookPr date1904=\"1\"/>"),
    ));
    let answer = check("x.xlsx", &with_styles(&cells, ""));
    assert_eq!(answer.rows()[0].2, ["V05"]);
}

#[test]
fn a_bare_number_of_days_counts_in_the_date_system_of_its_workbook() {
    // Born the day after the vaccination of 27-01-2021, or the day before it; the number has no format of a date.
    let codes = |since_1904: bool, days: u32| {
        let cells = with_days(days, if since_1904 { 42_761 } else { 44_223 });
        let cells = cells.replace("<c r=\"D2\" s=\"1\">", "<c r=\"D2\">");
        let properties = if since_1904 {
            "<workbookPr date1904=\"1\"/>"
        } else {
            ""
        };
        let answer = check("x.xlsx", &with_styles(&cells, properties));
        let rows = answer.rows();
        assert!(rows[0].2.contains(&"H04"), "{}", answer.json);
        rows[0].2.contains(&"P13")
    };
    assert!(codes(false, 44_224) && !codes(false, 44_222));
    assert!(codes(true, 42_762) && !codes(true, 42_760));
}

#[test]
fn a_birth_year_is_a_year_in_every_date_system() {
    let codes = |birth: &str, properties: &str| {
        let cells = with_days(
            0,
            if properties.is_empty() {
                44_223
            } else {
                42_761
            },
        );
        let born = format!(
            "<c r=\"D2\" t=\"inlineStr\"><is><t xml:space=\"preserve\">{birth}</t></is></c>"
        );
        let cells = cells.replace("<c r=\"D2\" s=\"1\"><v>0</v></c>", &born);
        let answer = check("x.xlsx", &with_styles(&cells, properties));
        let rows = answer.rows();
        rows.first().map_or_else(Vec::new, |row| {
            row.2.iter().map(ToString::to_string).collect()
        })
    };
    let since_1904 = |birth: &str| codes(birth, "<workbookPr date1904=\"1\"/>");
    let none: [&str; 0] = [];
    for year in ["1942", "2009"] {
        assert_eq!(since_1904(year), codes(year, ""), "{year}");
    }
    assert_eq!(since_1904("1942"), none);
    assert_eq!(since_1904("1942.0"), ["H07"]);
    // Day 480 since 1904 is 25-04-1905, and no birth year 1942.
    assert_eq!(since_1904("480"), ["H04", "P17"]);
    // Born the day after the vaccination, however the number of days is written.
    for (days, expected) in [
        ("42762", vec!["H04", "P13"]),
        (" 42762 ", vec!["H04", "P13"]),
        ("42762.0", vec!["H07", "H04", "P13"]),
    ] {
        assert_eq!(since_1904(days), expected, "{days}");
    }
}

#[test]
fn a_number_that_lost_its_zero_or_was_read_as_a_date_is_told() {
    let content = book(&[&|sheet| {
        lines(sheet, 0, &format!("{HEADER}\n{GOOD}\n{GOOD}"));
        // 012345672 passes the eleven-test.
        sheet.write_number(1, 2, 12_345_672.0).expect("written");
        let day = Format::new().set_num_format("dd-mm-yyyy");
        let date = ExcelDateTime::from_ymd(2021, 10, 2).expect("a date");
        sheet.write_string(2, 0, "R-2").expect("written");
        sheet
            .write_datetime_with_format(2, 6, date, &day)
            .expect("written");
    }]);
    let answer = check("x.xlsx", &content);
    assert_eq!(
        answer.rows(),
        [
            (2, "GEACCEPTEERD", vec!["H01"]),
            (3, "AFGEKEURD", vec!["V25"])
        ]
    );
}

#[test]
fn formulas_give_their_cached_value_and_errors_refuse_their_cell() {
    let content = book(&[&|sheet| {
        lines(
            sheet,
            0,
            &format!("{HEADER};vaccinatieplaats\n{GOOD};Huis\n{GOOD};Huis"),
        );
        sheet
            .write_formula(1, 7, Formula::new("=3-2").set_result("1"))
            .expect("written");
        sheet.write_string(2, 0, "R-2").expect("written");
        sheet
            .write_formula(2, 8, Formula::new("=NA()").set_result("#N/A"))
            .expect("written");
    }]);
    let answer = check("x.xlsx", &content);
    // Row 3 is refused for its cell, so it is no double of row 2.
    assert_eq!(answer.rows(), [(3, "AFGEKEURD", vec!["R09"])]);
}

#[test]
fn a_formula_that_nobody_worked_out_refuses_its_row_and_never_makes_it_an_empty_one() {
    // What a program writes that cannot work it out; the row behind it was worked out, and is empty.
    let formulas: String = ('A'..='H')
        .map(|letter| format!("<c r=\"{letter}2\"><f>Blad2!{letter}2</f></c>"))
        .collect();
    let empty = "<c r=\"C3\" t=\"str\"><f>IF(1=1,\"\",\"\")</f><v></v></c>";
    let data = format!(
        "{}<row r=\"2\">{formulas}</row><row r=\"3\">{empty}</row>",
        inline_row(1, HEADER)
    );
    let xlsx = check("x.xlsx", &xlsx_parts(&data, "<sst/>", &[]));
    let text = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let header: String = HEADER.split(';').map(text).collect();
    let formulas = "<table:table-cell table:formula=\"of:=[$Blad2.A2]\"/>".repeat(8);
    let empty = "<table:table-cell table:formula=\"of:=&quot;&quot;\" office:value-type=\"string\" office:string-value=\"\"/>";
    let ods = check(
        "x.ods",
        &ods_with(&format!(
            "<table:table table:name=\"a\"><table:table-row>{header}</table:table-row>\
             <table:table-row>{formulas}</table:table-row><table:table-row>{empty}</table:table-row></table:table>"
        )),
    );
    for answer in [xlsx, ods] {
        assert_eq!(answer.outcome(), "GEWEIGERD", "{}", answer.json);
        assert_eq!(answer.counts(), [0, 0, 1, 0, 0]);
        assert_eq!(answer.rows()[0].0, 2);
    }
}

/// The same workbook, with its main part under another name, as some programs give it.
fn with_another_main_part(content: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(content)).expect("a zip");
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index(index).expect("an entry");
        let name = entry
            .name()
            .expect("a name")
            .replace("workbook.xml", "workbook2.xml");
        let content = std::io::read_to_string(entry).expect("inflated");
        entries.push((name, content.replace("xl/workbook.xml", "xl/workbook2.xml")));
    }
    let entries: Vec<(&str, &[u8])> = entries
        .iter()
        .map(|(name, content)| (name.as_str(), content.as_bytes()))
        .collect();
    crate::support::zip_of(&entries)
}

#[test]
fn a_main_part_under_another_name_hides_rows_and_counts_from_1904_all_the_same() {
    // Born the day after the vaccination, by a bare number of days since 1904; then a row that the sender has hidden.
    let cells = with_days(42_762, 42_761).replace("<c r=\"D2\" s=\"1\">", "<c r=\"D2\">");
    let hidden = inline_row(3, GOOD).replace("<row ", "<row hidden=\"1\" ");
    let content = with_styles(&(cells + &hidden), "<workbookPr date1904=\"1\"/>");
    let usual = check("x.xlsx", &content);
    let other = check("x.xlsx", &with_another_main_part(&content));
    for answer in [usual, other] {
        let rows = answer.rows();
        assert!(rows[0].2.contains(&"P13"), "{}", answer.json);
        assert_eq!(
            (answer.file("rows"), answer.file("skipped")),
            (&1.into(), &1.into())
        );
    }
}

#[test]
fn zeros_that_a_format_puts_before_a_number_are_read_as_a_csv_has_them() {
    // 012345672 passes the eleven-test; as a number it is one digit short.
    let row = GOOD
        .replace("999990019", "012345672")
        .replace("EJ6795", "00123");
    let expected = check("x.csv", format!("{HEADER}\n{row}\n").as_bytes());
    clean(&expected);
    let content = book(&[&|sheet| {
        lines(sheet, 0, &format!("{HEADER}\n{row}"));
        for (column, number, zeros) in [(2, 12_345_672.0, "000000000"), (6, 123.0, "00000")] {
            let format = Format::new().set_num_format(zeros);
            sheet
                .write_number_with_format(1, column, number, &format)
                .expect("written");
        }
    }]);
    clean(&check("x.xlsx", &content));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.xlsx");
    std::fs::write(&file, content).expect("written");
    clean(&check_at(&by_libreoffice(folder.path(), &file, "ods")));
}

/// Header and good row of an ODS with other cells in it, by column, and the day from which it counts.
fn ods_counting_from(day: &str, cells: &[(usize, &str)]) -> Vec<u8> {
    let row = |line: &str, cells: &[(usize, &str)]| {
        let texts = line.split(';').enumerate().map(|(at, text)| {
            let other = cells.iter().find(|(column, _)| *column == at);
            other.map_or_else(
                || format!("<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"),
                |(_, cell)| (*cell).to_owned(),
            )
        });
        format!(
            "<table:table-row>{}</table:table-row>",
            texts.collect::<String>()
        )
    };
    ods_with(&format!(
        "<table:calculation-settings><table:null-date table:date-value=\"{day}\"/></table:calculation-settings>\
         <table:table table:name=\"a\">{}{}</table:table>",
        row(HEADER, &[]),
        row(GOOD, cells)
    ))
}

#[test]
fn a_bare_number_of_days_counts_from_the_day_that_an_ods_names() {
    // 27-01-2021 is day 44223 since 30-12-1899; born the day after it, or the day before.
    for (day, number) in [
        ("1899-12-30", 44_223),
        ("1900-01-01", 44_221),
        ("1904-01-01", 42_761),
    ] {
        for (days, after) in [(number + 1, true), (number - 1, false)] {
            let cell = format!(
                "<table:table-cell office:value-type=\"float\" office:value=\"{days}\"><text:p>{days}</text:p></table:table-cell>"
            );
            let answer = check("x.ods", &ods_counting_from(day, &[(3, &cell)]));
            let codes = answer.rows()[0].2.clone();
            assert!(codes.contains(&"H04"), "{day}: {}", answer.json);
            assert_eq!(codes.contains(&"P13"), after, "{day} {days}");
        }
    }
    let answer = check("x.ods", &ods_counting_from("ooit", &[]));
    assert_eq!(answer.file_codes(), ["A11"]);
}

#[test]
fn a_text_that_an_ods_holds_in_its_attribute_alone_is_read() {
    let batch = "<table:table-cell office:value-type=\"string\" office:string-value=\"EJ6795\"/>";
    clean(&check(
        "x.ods",
        &ods_counting_from("1899-12-30", &[(6, batch)]),
    ));
    // The value of an error is empty; what is shown says what it is.
    let error = "<table:table-cell office:value-type=\"string\" office:string-value=\"\"><text:p>#N/A</text:p></table:table-cell>";
    let answer = check("x.ods", &ods_counting_from("1899-12-30", &[(6, error)]));
    assert_eq!(answer.rows(), [(2, "AFGEKEURD", vec!["V26"])]);
}

#[test]
fn hidden_sheets_are_never_read_and_two_matching_sheets_are_not_guessed() {
    let hidden = book(&[
        &|sheet| lines(sheet, 0, "Uitleg\nVul het tweede blad in"),
        &good,
        &|sheet| {
            good(sheet);
            sheet.set_hidden(true);
        },
        &|sheet| {
            good(sheet);
            sheet.set_very_hidden(true);
        },
    ]);
    clean(&check("x.xlsx", &hidden));
    let two = check("x.xlsx", &book(&[&good, &good]));
    assert_eq!(two.message("A16"), "Kies welk werkblad u wilt aanleveren.");
    assert_eq!(two.code, 2);
    let only_hidden = book(&[&|sheet| lines(sheet, 0, "kleur;maat"), &|sheet| {
        good(sheet);
        sheet.set_hidden(true);
    }]);
    assert_eq!(check("x.xlsx", &only_hidden).file_codes(), ["A08"]);
    let cell =
        "<table:table-cell office:value-type=\"string\"><text:p>bsn</text:p></table:table-cell>";
    let ods = ods_with(&format!(
        "<table:table table:name=\"a\" table:style-name=\"weg\"><table:table-row>{cell}</table:table-row></table:table>"
    ));
    assert_eq!(check("x.ods", &ods).file_codes(), ["A01"]);
}

#[test]
fn hidden_rows_are_counted_and_left_out() {
    let (wrong, no_consent) = (GOOD.replace("999990019", "1"), GOOD.replace(";J;", ";;"));
    let content = book(&[&|sheet| {
        lines(
            sheet,
            0,
            &format!("{HEADER}\n{GOOD}\n{wrong}\n{no_consent}"),
        );
        sheet.set_row_hidden(2).expect("hidden");
    }]);
    let answer = check("x.xlsx", &content);
    assert_eq!(answer.rows(), [(4, "AFGEKEURD", vec!["T01"])]);
    assert_eq!(
        (answer.file("rows"), answer.file("skipped")),
        (&2.into(), &1.into())
    );
}

#[test]
fn what_is_hidden_above_the_header_is_no_row() {
    let content = book(&[&|sheet| {
        lines(
            sheet,
            0,
            &format!("Lijst van januari\nintern\n{HEADER}\n{GOOD}\n{GOOD}"),
        );
        for row in [1, 4] {
            sheet.set_row_hidden(row).expect("hidden");
        }
    }]);
    let mut options = Options::new(Limits::PORTAL);
    options.program = Program::at(env!("CARGO_BIN_EXE_cims").into());
    let opened = read::open(Arc::new(content), &options).expect("readable");
    let table = opened.table.expect("a table");
    let mut rows = table.rows().expect("rows");
    while rows.next().expect("readable").is_some() {}
    assert_eq!((rows.rows(), rows.hidden()), (1, 1));
}

#[test]
fn formatted_emptiness_and_merged_titles_cost_nothing() {
    let content = book(&[&|sheet| {
        let bold = Format::new().set_bold();
        sheet
            .merge_range(0, 0, 1, 7, "Vaccinaties januari", &bold)
            .expect("merged");
        lines(sheet, 2, &format!("{HEADER}\n{GOOD}"));
        for row in 4..3_000 {
            sheet.write_blank(row, 0, &bold).expect("written");
        }
        sheet.write_blank(3, 300, &bold).expect("written");
    }]);
    let answer = check("x.xlsx", &content);
    assert_eq!(answer.file_codes(), ["A19"]);
    assert_eq!(answer.counts(), [1, 0, 0, 0, 0]);
    assert_eq!(answer.file("skipped"), 0);
}

#[test]
fn ods_cells_are_read_by_their_value() {
    let text = |text: &str| {
        format!(
            "<table:table-cell office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let typed = |kind: &str, value: &str| {
        format!(
            "<table:table-cell office:value-type=\"{kind}\" {value}><text:p>1,0E+09</text:p></table:table-cell>"
        )
    };
    let header: String = HEADER.split(';').map(text).collect();
    let note =
        "<office:annotation><text:p>let op</text:p></office:annotation><text:p>Comirnaty</text:p>";
    let row = [
        text("R-1"),
        text("<text:span>J</text:span>"),
        typed("float", "office:value=\"999990019\""),
        typed("date", "office:date-value=\"1940-04-01\""),
        typed("date", "office:date-value=\"2021-01-27T10:00:00\""),
        format!("<table:table-cell office:value-type=\"string\">{note}</table:table-cell>"),
        text("EJ&#54;795"),
        typed("float", "office:value=\"1\""),
    ]
    .concat();
    let hidden = row.replace("R-1", "R-2");
    let sheet = format!(
        "<table:table table:name=\"a\"><table:table-header-rows><table:table-row>{header}</table:table-row></table:table-header-rows>\
         <table:table-row>{row}</table:table-row><table:table-row table:visibility=\"filter\">{hidden}</table:table-row></table:table>"
    );
    let answer = check("x.ods", &ods_with(&sheet));
    clean(&answer);
    assert_eq!(
        (answer.file("rows"), answer.file("skipped")),
        (&1.into(), &1.into())
    );
}

/// Converts a file with LibreOffice, which `cargo xtask test` installs.
pub(crate) fn by_libreoffice(folder: &Path, file: &Path, to: &str) -> PathBuf {
    let out = folder.join("uit");
    let run = Command::new("soffice")
        .arg(format!(
            "-env:UserInstallation=file://{}",
            folder.join("profiel").display()
        ))
        .args(["--headless", "--convert-to", to, "--outdir"])
        .arg(&out)
        .arg(file)
        .output()
        .expect("soffice of LibreOffice runs");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "LibreOffice failed: {said}");
    let extension = to.split(':').next().unwrap_or(to);
    out.join(file.file_stem().expect("a name"))
        .with_extension(extension)
}

#[test]
fn what_libreoffice_makes_of_a_table_gives_the_same_findings() {
    let rows = fixtures::ALL
        .iter()
        .flat_map(|fixture| [fixture.failing_row(), fixture.passing_row()]);
    let table = full_table(rows);
    let expected = check("x.csv", csv(&table, ';').as_bytes());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.xlsx");
    std::fs::write(&file, xlsx(&table)).expect("written");
    // Left alone, LibreOffice writes CSV in the encoding of the machine and loses letters: 76 is UTF-8.
    for to in ["xlsx", "ods", "csv:Text - txt - csv (StarCalc):59,34,76"] {
        let made = by_libreoffice(folder.path(), &file, to);
        let answer = check_at(&made);
        for (row, wanted) in answer.rows().iter().zip(expected.rows()) {
            assert_eq!(*row, wanted, "{to}");
        }
        assert_eq!(answer.counts(), expected.counts(), "{to}");
    }
}

#[test]
fn what_openpyxl_writes_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("x.xlsx");
    let script = format!(
        "import datetime, openpyxl\nb = openpyxl.Workbook()\ns = b.active\ns.append('{HEADER}'.split(';'))\n\
         s.append(['R-1', 'J', 999990019, datetime.date(1940, 4, 1), datetime.datetime(2021, 1, 27), 'Comirnaty', 'EJ6795', 1])\n\
         s.append(['R-2', 'J', '999995571', '01-04-1940', '27-01-2021', 'Comirnaty', '', 1.0])\nb.save('{}')\n",
        file.display()
    );
    // Debian's own, with the package that `cargo xtask test` installs.
    let made = Command::new("/usr/bin/python3")
        .args(["-c", &script])
        .output()
        .expect("python3 runs");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "openpyxl failed: {said}");
    assert_eq!(check_at(&file).rows(), [(3, "AFGEKEURD", vec!["V20"])]);
}

/// Reads a table from a CSV and writes it as a workbook of texts, with one of Python's writers.
const BY_PYTHON: &str = "
import csv, sys
source, target, writer = sys.argv[1:]
rows = list(csv.reader(open(source, encoding='utf-8', newline=''), delimiter=';'))
if writer == 'openpyxl':
    import openpyxl
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet('Vaccinaties')
    for row in rows:
        sheet.append([cell or None for cell in row])
    book.save(target)
else:
    import xlsxwriter
    book = xlsxwriter.Workbook(target, {'constant_memory': writer == 'xlsxwriter-flat'})
    sheet = book.add_worksheet('Vaccinaties')
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            if cell:
                sheet.write_string(number, column, cell)
    book.close()
";

#[test]
fn what_the_writers_of_python_make_of_a_table_gives_the_same_findings() {
    // A control character is no text in XML: openpyxl refuses it.
    let is_text = |row: &RawRow<'_>| {
        let cells = Column::ALL.map(|column| row.get(column));
        !cells.concat().contains(|c: char| c.is_control())
    };
    let rows = fixtures::ALL
        .iter()
        .flat_map(|fixture| [fixture.failing_row(), fixture.passing_row()])
        .filter(is_text);
    let table = full_table(rows);
    let text = csv(&table, ';');
    let expected = check("x.csv", text.as_bytes());
    let folder = tempfile::tempdir().expect("a folder");
    let source = folder.path().join("x.csv");
    std::fs::write(&source, &text).expect("written");
    for writer in ["openpyxl", "xlsxwriter", "xlsxwriter-flat"] {
        let target = folder.path().join(format!("{writer}.xlsx"));
        let made = Command::new("/usr/bin/python3")
            .args(["-c", BY_PYTHON])
            .args([source.as_path(), target.as_path(), Path::new(writer)])
            .output()
            .expect("python3 runs");
        let said = String::from_utf8_lossy(&made.stderr);
        assert!(made.status.success(), "{writer} failed: {said}");
        let answer = check_at(&target);
        for (row, wanted) in answer.rows().iter().zip(expected.rows()) {
            assert_eq!(*row, wanted, "{writer}");
        }
        assert_eq!(answer.counts(), expected.counts(), "{writer}");
    }
}

//! Files in the shape in which a practice system and Google Sheets export them, and merged cells.

use crate::programs::book;
use crate::support::{GOOD, HEADER, check, ods_with, table};
use crate::workbooks::with_parts;
use rust_xlsxwriter::Format;

#[test]
fn a_list_of_a_practice_system_in_windows_1252_is_read() {
    // Everything in quotes, a title above, headers in words of its own, names with accents, days and months without zeros,
    // and the sign by which old programs close a file.
    let lines = [
        "Lijst vaccinaties; praktijk De Brink",
        "BSN-nummer|Geslachtsnaam|Tussenvoegsel|Geb.datum|M/V|Akkoord|Prikdatum|Soort vaccin|Batchnr.|Dosisnr.",
        "999990019|Müller|von|1-4-1940|V|J|27-1-2021|Comirnaty|EJ6795|1",
        "999995571|Coëlho||1-4-1940|M|J|27-1-2021|Comirnaty||1",
    ];
    let quoted = |line: &str| format!("\"{}\"\r\n", line.replace('|', "\";\""));
    let text = lines.map(quoted).concat() + "\u{1a}";
    let content = encoding_rs::WINDOWS_1252.encode(&text).0.into_owned();
    let answer = check("x.csv", &content);
    assert_eq!(answer.file("encoding"), "windows-1252");
    assert_eq!(
        answer.message("A18"),
        "Het bestand is gelezen als Windows-1252."
    );
    assert_eq!(answer.message("A19"), "De kopregel staat op regel 2.");
    assert_eq!(answer.file_codes().len(), 2, "{}", answer.json);
    // The names are whole: nothing of P22.
    assert_eq!(answer.rows(), [(4, "AFGEKEURD", vec!["V20"])]);
    assert_eq!(answer.counts(), [1, 0, 1, 0, 0]);
    assert_eq!(answer.file("skipped"), 1);
}

/// A workbook as Google Sheets writes it: whole numbers with a decimal or an exponent, a format of dates of its own, all
/// texts shared, and styled emptiness to row 1000.
fn by_google() -> Vec<u8> {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let mut texts = Vec::new();
    let mut shared = |letter: char, row: u32, text: &str| {
        texts.push(format!("<si><t>{text}</t></si>"));
        let at = texts.len() - 1;
        format!("<c r=\"{letter}{row}\" s=\"1\" t=\"s\"><v>{at}</v></c>")
    };
    let header: String = ('A'..='H')
        .zip(HEADER.split(';'))
        .map(|(letter, text)| shared(letter, 1, text))
        .collect();
    let cells: String = ('A'..='H')
        .zip(GOOD.split(';'))
        .map(|(letter, text)| match letter {
            'C' => "<c r=\"C2\" s=\"1\"><v>9.99990019E8</v></c>".to_owned(),
            'D' => "<c r=\"D2\" s=\"2\"><v>14702.0</v></c>".to_owned(),
            'E' => "<c r=\"E2\" s=\"2\"><v>44223.0</v></c>".to_owned(),
            'H' => "<c r=\"H2\" s=\"1\"><v>1.0</v></c>".to_owned(),
            _ => shared(letter, 2, text),
        })
        .collect();
    let emptiness: String = (3..=1_000)
        .map(|row| {
            format!("<row r=\"{row}\"><c r=\"A{row}\" s=\"1\"/><c r=\"Z{row}\" s=\"2\"/></row>")
        })
        .collect();
    let sheet = format!(
        "<worksheet xmlns=\"{main}\"><sheetPr><outlinePr summaryBelow=\"0\" summaryRight=\"0\"/></sheetPr>\
         <sheetViews><sheetView workbookViewId=\"0\"/></sheetViews><sheetFormatPr customHeight=\"1\" defaultRowHeight=\"15.75\"/>\
         <sheetData><row r=\"1\">{header}</row><row r=\"2\">{cells}</row>{emptiness}</sheetData></worksheet>"
    );
    let styles = format!(
        "<styleSheet xmlns=\"{main}\"><numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"d-m-yyyy\"/></numFmts>\
         <cellXfs count=\"3\"><xf numFmtId=\"0\"/><xf numFmtId=\"0\" applyAlignment=\"1\"/><xf numFmtId=\"164\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>"
    );
    let shared = format!("<sst xmlns=\"{main}\">{}</sst>", texts.concat());
    with_parts(&[
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
        ("xl/styles.xml", styles.as_bytes()),
        ("xl/sharedStrings.xml", shared.as_bytes()),
    ])
}

#[test]
fn what_google_sheets_exports_is_read() {
    // Its CSV has commas, days without zeros, and no end behind its last line.
    let row = GOOD.replace("01-04-1940", "1-4-1940");
    let text = format!("{HEADER}\r\n{row}").replace(';', ",");
    for (name, content) in [("x.csv", text.into_bytes()), ("x.xlsx", by_google())] {
        let answer = check(name, &content);
        assert!(answer.file_codes().is_empty(), "{name}: {}", answer.json);
        assert!(answer.rows().is_empty(), "{name}: {}", answer.json);
        assert_eq!(answer.counts(), [1, 0, 0, 0, 0], "{name}");
        assert_eq!(answer.file("skipped"), 0, "{name}");
    }
}

#[test]
fn a_value_merged_over_two_rows_is_of_the_first_alone() {
    let second = GOOD.replace("R-1", "R-2").replace("999990019", "999995571");
    let lines = table(&format!("{HEADER}\n{GOOD}\n{second}"));
    let xlsx = book(&[&|sheet| {
        for (row, cells) in (0..).zip(&lines) {
            for (column, cell) in (0..).zip(cells) {
                if (row, column) != (2, 6) {
                    sheet.write_string(row, column, cell).expect("written");
                }
            }
        }
        sheet
            .merge_range(1, 6, 2, 6, "EJ6795", &Format::new())
            .expect("merged");
    }]);
    let cell = |row: u32, column: u16, text: &str| {
        let spans = match (row, column) {
            (2, 6) => return "<table:covered-table-cell/>".to_owned(),
            (1, 6) => " table:number-rows-spanned=\"2\"",
            _ => "",
        };
        format!(
            "<table:table-cell office:value-type=\"string\"{spans}><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let mut rows = String::new();
    for (row, cells) in (0..).zip(&lines) {
        rows.push_str("<table:table-row>");
        for (column, text) in (0..).zip(cells) {
            rows.push_str(&cell(row, column, text));
        }
        rows.push_str("</table:table-row>");
    }
    let ods = ods_with(&format!(
        "<table:table table:name=\"a\">{rows}</table:table>"
    ));
    for (name, content) in [("x.xlsx", xlsx), ("x.ods", ods)] {
        let answer = check(name, &content);
        assert_eq!(answer.rows(), [(3, "AFGEKEURD", vec!["V20"])], "{name}");
        assert_eq!(answer.counts(), [1, 0, 1, 0, 0], "{name}");
    }
}

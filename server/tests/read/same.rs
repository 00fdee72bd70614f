//! The same table in CSV, XLSX and ODS gives the same findings (specification §3).

use crate::support::{
    Answer, GOOD, HEADER, Table, check, check_csv, csv, full_table, ods, table, xlsx, xlsx_parts,
};
use domain::fixtures;

/// Everything that must not depend on the form of the file.
fn essence(answer: &Answer) -> serde_json::Value {
    let mut file = answer.json["file"].clone();
    for key in ["name", "format", "encoding", "delimiter", "sha256"] {
        file[key] = serde_json::Value::Null;
    }
    serde_json::json!([file, answer.json["counts"], answer.json["rows"]])
}

fn same_in_every_form(table: &Table) -> Answer {
    let first = check("x.csv", csv(table, ';').as_bytes());
    for (name, content) in [
        ("komma.csv", csv(table, ',').into_bytes()),
        ("tab.csv", csv(table, '\t').into_bytes()),
        ("x.xlsx", xlsx(table)),
        ("x.ods", ods(table)),
    ] {
        let other = check(name, &content);
        assert_eq!(essence(&first), essence(&other), "{name}");
    }
    first
}

#[test]
fn all_fixtures_in_one_file_give_the_same_findings_in_every_form() {
    let rows = fixtures::ALL
        .iter()
        .flat_map(|fixture| [fixture.failing_row(), fixture.passing_row()]);
    let answer = same_in_every_form(&full_table(rows));
    assert!(answer.rows().len() > 50, "{:?}", answer.file("findings"));
}

#[test]
fn titles_gaps_and_unknown_columns_are_the_same_in_every_form() {
    let text = format!(
        "Lijst van januari\n\nkamer;{HEADER}\n1;{GOOD}\n;;;;;;;;\n2;{}\n",
        GOOD.replace(";J;", ";;")
    );
    let answer = same_in_every_form(&table(&text));
    assert_eq!(answer.file_codes(), ["A10", "A19"]);
    assert_eq!(answer.file("header_row"), 3);
    assert_eq!(answer.file("skipped"), 1);
    assert_eq!(answer.rows()[0].0, 6);
}

#[test]
fn refusals_are_the_same_in_every_form() {
    for text in [
        "bsn;geboortedatum;toestemming\n999990019;01-04-1940;J\n".to_owned(),
        format!("{HEADER};lot\n{GOOD};EJ6795\n"),
        "kleur;maat\nrood;3\n".to_owned(),
        format!("{HEADER}\n"),
        format!("{HEADER}\n{GOOD};te veel\n"),
        format!("{HEADER}{}\n{GOOD}{}\n", ";x".repeat(60), ";".repeat(60)),
    ] {
        same_in_every_form(&table(&text));
    }
}

#[test]
fn the_header_is_sought_in_the_same_lines_in_every_form() {
    for (above, code) in [
        ("titel;\n".repeat(14), "A19"),
        ("\n".repeat(14), "A19"),
        ("titel;\n".repeat(15), "A08"),
    ] {
        let answer = same_in_every_form(&table(&format!("{above}{HEADER}\n{GOOD}\n")));
        assert_eq!(answer.file_codes(), [code], "{above:?}");
    }
}

#[test]
fn shifted_columns_and_american_dates_are_the_same_in_every_form() {
    let good = (0..10).map(|n| GOOD.replace("R-1", &format!("G{n}")) + "\n");
    let shifted =
        (0..25).map(|n| format!("R{n};x;J;999990019;01-04-1940;27-01-2021;Comirnaty;EJ6795\n"));
    let shifted: String = good.chain(shifted).collect();
    let american = GOOD.replace("27-01-2021", "01-27-2021");
    let either = GOOD.replace("27-01-2021", "02-03-2021");
    for (rows, code) in [(shifted, "A15"), (format!("{american}\n{either}\n"), "A17")] {
        let answer = same_in_every_form(&table(&format!("{HEADER}\n{rows}")));
        assert_eq!(answer.file_codes(), [code]);
    }
}

/// A workbook with one good row, whose place stands as it is in the XML.
fn with_place_in_xml(place: &str) -> Vec<u8> {
    let cell = |text: &String| {
        format!("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">{text}</t></is></c>")
    };
    let row =
        |cells: &Vec<String>| format!("<row>{}</row>", cells.iter().map(cell).collect::<String>());
    let table = table(&format!("vaccinatieplaats;{HEADER}\nPLAATS;{GOOD}"));
    let rows: String = table.iter().map(row).collect();
    xlsx_parts(&rows.replace("PLAATS", place), "<sst/>", &[])
}

#[test]
fn a_line_end_in_a_cell_is_the_same_however_a_program_writes_it() {
    // Excel writes a carriage return as `_x000D_`, others as a reference; in a CSV it stands in quotes.
    for (plain, xml) in [
        ("Zeist\r", "Zeist_x000D_"),
        ("Zei\rst", "Zei_x000D_st"),
        ("Zeist\r\nOost", "Zeist_x000D_&#10;Oost"),
        ("Zeist\r", "Zeist&#13;"),
        ("Zeist\u{a0}", "Zeist_x00A0_"),
    ] {
        let text = format!("vaccinatieplaats;{HEADER}\n\"{plain}\";{GOOD}\n");
        let by_text = check_csv(&text);
        assert_eq!(
            by_text.rows(),
            [(2, "GEACCEPTEERD", vec!["H03"])],
            "{plain:?}"
        );
        let by_workbook = check("x.xlsx", &with_place_in_xml(xml));
        assert_eq!(by_workbook.rows(), by_text.rows(), "{xml}");
    }
}

#[test]
fn a_line_cut_short_is_refused_and_a_row_of_a_workbook_ends_where_its_cells_do() {
    // Not the same table: the CSV of such a workbook has all its fields, and that gives the same.
    let header = format!("{HEADER};vaccinatieplaats");
    let cut = check_csv(&format!("{header}\n{GOOD}\n"));
    assert_eq!(cut.rows(), [(2, "AFGEKEURD", vec!["R05"])]);
    let ragged = check("x.xlsx", &xlsx(&table(&format!("{header}\n{GOOD}\n"))));
    assert_eq!(ragged.counts(), [1, 0, 0, 0, 0]);
    same_in_every_form(&table(&format!("{header}\n{GOOD};\n")));
}

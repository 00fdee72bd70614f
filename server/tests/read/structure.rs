//! Header, columns and the shape of the file: the A rules.

use crate::support::{GOOD, HEADER, check, check_csv, table, xlsx};
use serde_json::{Value, json};

#[test]
fn the_header_is_found_below_a_title_and_the_skipped_lines_are_named() {
    let title = "Zorggroep De Linde\n\n\"Instructie;\nvul alles in\";;;\nLogo\n";
    let answer = check_csv(&format!(
        "{title}{HEADER}\n{GOOD}\n{}\n",
        GOOD.replace(";J;", ";;")
    ));
    assert_eq!(answer.file("header_row"), 5);
    assert_eq!(answer.message("A19"), "De kopregel staat op regel 5.");
    assert_eq!(answer.rows(), [(7, "AFGEKEURD", vec!["T01"])]);
}

#[test]
fn the_fifteenth_line_may_be_the_header_the_sixteenth_not() {
    let fifteenth = format!("{}{HEADER}\n{GOOD}\n", "titel;\n".repeat(14));
    assert_eq!(check_csv(&fifteenth).outcome(), "VERWERKT");
    let sixteenth = format!("{}{HEADER}\n{GOOD}\n", "titel;\n".repeat(15));
    assert_eq!(check_csv(&sixteenth).file_codes(), ["A08"]);
}

#[test]
fn the_first_of_two_equal_headers_counts() {
    let answer = check_csv(&format!("{HEADER}\n{HEADER}\n{GOOD}\n"));
    assert_eq!(answer.file("header_row"), 1);
    // The second one is a row, and not a good one.
    assert_eq!(answer.counts(), [1, 0, 1, 0, 0]);
}

#[test]
fn a_fuller_line_below_wins_from_a_few_names_above() {
    let answer = check_csv(&format!("naam;plaats\n{HEADER}\n{GOOD}\n"));
    assert_eq!(answer.file("header_row"), 2);
}

#[test]
fn headers_are_known_by_their_synonyms_in_any_dress_and_order() {
    let header =
        "Lot;B.S.N.*;Geboren (dd-mm-jjjj);Akkoord;PRIK-DATUM;hpk code;Dosisnr;\u{FEFF}M/V;/;";
    let row = "EJ6795;999990019;01-04-1940;ja;27-01-2021;2924528;1;v;;";
    let answer = check_csv(&format!("{header}\n{row}\n"));
    assert_eq!((answer.file_codes(), answer.rows()), (vec![], vec![]));
    assert_eq!(answer.counts(), [1, 0, 0, 0, 0]);
}

#[test]
fn every_missing_column_is_named() {
    let answer = check_csv("bsn;geboortedatum;toestemming\n999990019;01-04-1940;J\n");
    assert_eq!(
        answer.message("A08"),
        "Deze kolommen ontbreken: vaccinatiedatum, vaccin of hpk_code, batchnummer, dosisnummer."
    );
    let nothing = check_csv("kleur;maat\nrood;3\n");
    assert_eq!(nothing.file_codes(), ["A08"]);
    assert_eq!(nothing.file("header_row"), &Value::Null);
}

#[test]
fn hpk_code_stands_in_for_vaccin() {
    let header = HEADER.replace("vaccin;", "hpk_code;");
    let answer = check_csv(&format!(
        "{header}\n{}\n",
        GOOD.replace("Comirnaty", "2924528")
    ));
    assert_eq!(answer.outcome(), "VERWERKT");
}

#[test]
fn two_headers_for_one_column_refuse_the_file() {
    let answer = check_csv(&format!("{HEADER};lot\n{GOOD};EJ6795\n"));
    assert_eq!(
        answer.message("A09"),
        "De kolom batchnummer komt twee keer voor."
    );
    assert_eq!(answer.code, 2);
}

#[test]
fn unknown_columns_are_named_and_our_own_are_not() {
    let answer = check_csv(&format!(
        "{HEADER};Kamer;foutcode;melding;Telefoon 0612345678\n{GOOD};12;;;\n"
    ));
    assert_eq!(
        answer.message("A10"),
        "Deze kolommen kennen we niet en slaan we niet op: Kamer, kolom L."
    );
    assert_eq!(answer.file("findings")[0]["severity"], "waarschuwing");
    assert_eq!(answer.code, 0);
}

#[test]
fn data_without_a_header_is_not_repeated_in_the_answer() {
    let answer = check_csv("999990019;Bultenaar;prik\n999995571;Jonker;prik\n");
    assert_eq!(answer.file_codes(), ["A08"]);
    let said = answer.json.to_string();
    assert!(!said.contains("Bultenaar") && !said.contains("999990019"));
}

#[test]
fn sixty_four_columns_may_be_sixty_five_not() {
    let wide = |more: usize| {
        let names: String = (0..more).map(|n| format!(";k{n}")).collect();
        format!("{HEADER}{names}\n{GOOD}{}\n", ";".repeat(more))
    };
    assert_eq!(check_csv(&wide(56)).file_codes(), ["A10"]);
    assert_eq!(check_csv(&wide(57)).file_codes(), ["A10", "A22"]);
    // Empty header cells at the end are no columns.
    assert_eq!(
        check_csv(&format!("{HEADER}{}\n{GOOD}\n", ";".repeat(100))).file_codes(),
        Vec::<&str>::new()
    );
}

#[test]
fn a_broken_structure_names_the_row() {
    let unclosed = format!("{HEADER}\n{GOOD}\n\"R-2;J\n{GOOD}\n");
    assert_eq!(
        check_csv(&unclosed).message("A11"),
        "Het bestand is beschadigd bij regel 3."
    );
    let nul = format!("{HEADER}\n{GOOD}\n{GOOD}\0\n");
    assert_eq!(
        check_csv(&nul).message("A11"),
        "Het bestand is beschadigd bij regel 3."
    );
    let nul_in_header = format!("{}\n{GOOD}\n", HEADER.replace("bsn", "b\0sn"));
    assert_eq!(
        check_csv(&nul_in_header).message("A11"),
        "Het bestand is beschadigd bij regel 1."
    );
    let unmarked: Vec<u8> = format!("{HEADER}\n")
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(check("x.csv", &unmarked).file_codes(), ["A11"]);
    assert_eq!(
        check_csv(&format!("\"{HEADER}\n{GOOD}\n")).file_codes(),
        ["A11"]
    );
}

#[test]
fn shifted_columns_and_swapped_dates_refuse_the_file() {
    let good: String = (0..10)
        .map(|n| format!("{}\n", GOOD.replace("R-1", &format!("G{n}"))))
        .collect();
    let shifted: String = (0..25)
        .map(|n| format!("R{n};x;J;999990019;01-04-1940;27-01-2021;Comirnaty;EJ6795\n"))
        .collect();
    let answer = check_csv(&format!("{HEADER}\n{good}{shifted}"));
    assert_eq!(
        answer.message("A15"),
        "Vanaf regel 12 lijken de kolommen verschoven."
    );
    let american = GOOD.replace("27-01-2021", "01-27-2021");
    let answer = check_csv(&format!(
        "{HEADER}\n{american}\n{}\n",
        GOOD.replace("27-01-2021", "02-03-2021")
    ));
    assert_eq!(
        answer.message("A17"),
        "In kolom vaccinatiedatum staan dag en maand omgewisseld."
    );
}

#[test]
fn one_american_date_among_dates_of_another_form_refuses_its_row_alone() {
    let american = GOOD.replace("27-01-2021", "01-27-2021");
    for (other, rows) in [
        ("2021-01-27", 1),
        ("20210127", 1),
        ("3 feb 2021", 1),
        ("2021-02-03", 10),
    ] {
        let others = (0..rows).map(|n| {
            let row = GOOD.replace("R-1", &format!("G{n}"));
            row.replace("27-01-2021", other) + "\n"
        });
        let others: String = others.collect();
        let answer = check_csv(&format!("{HEADER}\n{others}{american}\n"));
        assert_eq!(answer.file_codes(), Vec::<&str>::new(), "{other}");
        let found = answer.rows();
        let last = found.last().expect("the American row");
        assert_eq!((last.0, last.1), (rows + 2, "AFGEKEURD"), "{other}");
        assert!(last.2.contains(&"V08"), "{other}: {:?}", last.2);
    }
    // A year alone proves nothing about day and month.
    let years = format!(
        "{HEADER}\n{}\n{}\n",
        GOOD.replace("01-04-1940", "1940"),
        GOOD.replace("01-04-1940", "04-13-1940")
    );
    assert_eq!(
        check_csv(&years).message("A17"),
        "In kolom geboortedatum staan dag en maand omgewisseld."
    );
}

#[test]
fn only_a_header_is_a_report_of_nothing() {
    let answer = check_csv(&format!("{HEADER}\n"));
    assert_eq!((answer.outcome(), answer.code), ("LEEG", 0));
    assert_eq!(answer.json["rows"], json!([]));
}

#[test]
fn rows_with_other_delimiters_than_the_header_are_told_not_skipped() {
    for (of_header, of_rows) in [(',', ';'), (';', ','), (';', '\t'), (',', '\t')] {
        let header = HEADER.replace(';', &of_header.to_string());
        let rows = (GOOD.to_owned() + "\n").repeat(30);
        let rows = rows.replace(';', &of_rows.to_string());
        let answer = check_csv(&format!("{header}\n{rows}"));
        assert_eq!(
            answer.counts(),
            [0, 0, 30, 0, 0],
            "{of_header:?} {of_rows:?}"
        );
        assert_eq!(answer.rows()[0].2, ["R05"]);
        assert_eq!(answer.file("skipped"), 0);
    }
}

#[test]
fn only_what_a_drop_down_holds_is_skipped() {
    let header = "toestemming;bsn;geboortedatum;vaccinatiedatum;vaccin;batchnummer;dosisnummer";
    for (line, skipped) in [
        ("J;;;;;;", 1),
        ("nee;;;;;;", 1),
        ("999990019 Jansen 02-05-1940;;;;;;", 0),
        ("vast wel;;;;;;", 0),
        // Cut off in the first cell.
        ("J", 0),
        ("", 1),
        (" ", 1),
    ] {
        let answer = check_csv(&format!("{header}\n{line}\n"));
        assert_eq!(answer.file("skipped"), skipped, "{line}");
        assert_eq!(answer.file("rows"), 1 - skipped, "{line}");
    }
}

#[test]
fn a_whole_row_in_one_cell_of_a_workbook_is_a_row() {
    let header = format!("mutatie;{HEADER}");
    let mut table = table(&header);
    table.push(vec![format!("N;{GOOD}")]);
    let answer = check("x.xlsx", &xlsx(&table));
    assert_eq!(answer.counts(), [0, 0, 1, 0, 0]);
}

#[test]
fn a_cell_that_begins_like_the_trailer_is_a_row() {
    let header = HEADER.replace("bronsleutel", "vaccinatieplaats");
    let answer = check_csv(&format!(
        "{header}\n{}\n",
        GOOD.replace("R-1", "#EINDE straat")
    ));
    assert_eq!(answer.file("rows"), 1, "{}", answer.json);
}

#[test]
fn a_name_of_a_column_that_may_be_somebody_is_not_repeated() {
    for name in ["999990019", "999.990.019", "Jan Jansen 02-05-1940"] {
        let answer = check_csv(&format!("{name};{HEADER}\nx;{GOOD}\n"));
        assert_eq!(answer.file_codes(), ["A10"]);
        let told = answer.json.to_string();
        assert!(!told.contains(name) && told.contains("kolom A"), "{told}");
    }
}

#[test]
fn the_trailer_is_never_a_row_and_must_tell_the_truth() {
    for (trailer, codes) in [
        ("#EINDE;2", vec![]),
        ("#EINDE", vec![]),
        ("#EINDE;2;;;;;;", vec![]),
        ("#EINDE;3", vec!["A14"]),
        ("#EINDE;1", vec!["A14"]),
        ("#EINDE;twee", vec!["A14"]),
    ] {
        let second = GOOD.replace("R-1", "R-2").replace("999990019", "999995571");
        let answer = check_csv(&format!("{HEADER}\n{GOOD}\n\n{second}\n{trailer}\n"));
        assert_eq!(answer.file_codes(), codes, "{trailer}");
        if codes.is_empty() {
            assert_eq!(answer.counts(), [2, 0, 0, 0, 0]);
            assert_eq!(answer.file("skipped"), 1);
        }
    }
}

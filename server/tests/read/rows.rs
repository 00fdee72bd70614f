//! What is a row, what is skipped, which row cannot be read, and how rows count together.

use crate::support::{GOOD, HEADER, check, check_csv, csv, full_table};
use domain::finding::Code;
use domain::fixtures;
use domain::row::{Column, RawRow};

#[test]
fn empty_and_default_rows_and_the_example_are_skipped_and_counted() {
    let header = format!("mutatie;geslacht;doelgroep;vaccinatieland;{HEADER}");
    let rows = [
        "",
        ";;;;;;;;;;;",
        " ;\u{a0};;;;;;;;;;",
        "N;O;LEEFTIJD;NL;;J;;;;;;",
        "N;;;;VOORBEELD;J;999990019;01-04-1940;27-01-2021;Comirnaty;EJ6795;1",
    ];
    let answer = check_csv(&format!("{header}\n{}\nN;;;;{GOOD}\n", rows.join("\n")));
    assert_eq!(answer.file("skipped"), 5);
    assert_eq!(answer.file("rows"), 1);
    assert_eq!(answer.counts(), [1, 0, 0, 0, 0]);
}

#[test]
fn a_line_with_nothing_to_see_in_it_is_empty() {
    // Old programs close a file with Ctrl-Z, or a page with a form feed.
    for end in [
        "\u{1a}",
        "\u{1a}\n",
        "\u{c}\n",
        "\u{feff}\n",
        "\u{202c}\u{ad}\n",
    ] {
        let answer = check_csv(&format!("{HEADER}\n{GOOD}\n{end}"));
        assert_eq!(answer.counts(), [1, 0, 0, 0, 0], "{end:?}");
        assert_eq!(answer.file("skipped"), 1, "{end:?}");
    }
}

#[test]
fn a_row_with_one_real_value_is_a_row() {
    let answer = check_csv(&format!("{HEADER}\n;;;;;Comirnaty;;\n"));
    assert_eq!(answer.counts(), [0, 0, 1, 0, 0]);
    assert_eq!(answer.outcome(), "GEWEIGERD");
    // No file finding refuses it: every row does.
    assert_eq!(answer.code, 1);
}

#[test]
fn another_number_of_fields_refuses_only_that_row() {
    let (short, long) = ("R-1;J;999990019", format!("{GOOD};x"));
    let padded = GOOD.replace("R-1", "R-9").replace("999990019", "999995571") + ";;; ;";
    let answer = check_csv(&format!("{HEADER}\n{short}\n{long}\n{padded}\n{GOOD}\n"));
    assert_eq!(
        answer.rows(),
        [(2, "AFGEKEURD", vec!["R05"]), (3, "AFGEKEURD", vec!["R05"])]
    );
    assert_eq!(answer.counts(), [2, 0, 2, 0, 0]);
}

#[test]
fn long_rows_and_cells_have_an_exact_limit() {
    let with_place = |length: usize| {
        let text = format!(
            "vaccinatieplaats;opmerking;{HEADER}\n;{};{GOOD}\n",
            "é".repeat(length)
        );
        check_csv(&text)
    };
    assert_eq!(with_place(1_000).counts(), [1, 0, 0, 0, 0]);
    assert_eq!(with_place(1_001).rows(), [(2, "AFGEKEURD", vec!["R08"])]);
    let columns: String = (0..20).map(|n| format!(";k{n}")).collect();
    let with_bytes = |bytes: usize| {
        let filler = bytes - GOOD.len() - 20;
        let cells: String = (0..20)
            .map(|n| {
                format!(
                    ";{}",
                    "x".repeat(filler / 20 + usize::from(n < filler % 20))
                )
            })
            .collect();
        check_csv(&format!(
            "{HEADER}{columns}\n{GOOD}{cells}\n{GOOD}{}\n",
            ";".repeat(20)
        ))
    };
    assert_eq!(with_bytes(16 * 1024).counts()[2], 0);
    assert_eq!(
        with_bytes(16 * 1024 + 1).rows()[0],
        (2, "AFGEKEURD", vec!["R08"])
    );
}

#[test]
fn a_row_of_undecodable_text_is_unreadable_and_the_others_are_not() {
    let text = format!(
        "achternaam;{HEADER}\n?;{GOOD}\nJansen;{}\n",
        GOOD.replace("R-1", "R-2").replace("999990019", "999995571")
    );
    let mut content = vec![0xFF, 0xFE];
    for unit in text.encode_utf16() {
        // Half of a pair stands where the question mark was.
        let unit = if unit == u16::from(b'?') {
            0xD800
        } else {
            unit
        };
        content.extend_from_slice(&unit.to_le_bytes());
    }
    let answer = check("x.csv", &content);
    assert_eq!(answer.rows(), [(2, "AFGEKEURD", vec!["R09"])]);
    assert_eq!(answer.counts(), [1, 0, 1, 0, 0]);
}

#[test]
fn our_own_guard_against_formulas_is_taken_off_again() {
    let answer = check_csv(&format!(
        "vaccinatieplaats;{HEADER}\n'-@Home;{}\n",
        GOOD.replace("R-1", "'-1")
    ));
    assert_eq!(answer.counts(), [1, 0, 0, 0, 0]);
    // A key `-1` is well formed, `'-1` is not; one apostrophe goes, never two.
    let answer = check_csv(&format!("{HEADER}\n{}\n", GOOD.replace("R-1", "''-1")));
    assert_eq!(answer.rows(), [(2, "AFGEKEURD", vec!["R06"])]);
}

#[test]
fn doubles_and_contradictions_point_at_the_other_row() {
    let other_batch = GOOD.replace("R-1", "R-3").replace("EJ6795", "EJ6796");
    let answer = check_csv(&format!(
        "{HEADER}\n{GOOD}\n{}\n",
        GOOD.replace("R-1", "R-2")
    ));
    assert_eq!(answer.rows(), [(3, "DUBBEL", vec!["D01"])]);
    assert_eq!(
        answer.json["rows"][0]["findings"][0]["message"],
        "Deze regel staat al op regel 2."
    );
    assert_eq!((answer.outcome(), answer.code), ("VERWERKT", 0));
    let answer = check_csv(&format!("{HEADER}\n{GOOD}\n{other_batch}\n"));
    assert_eq!(
        answer.rows(),
        [(2, "AFGEKEURD", vec!["D02"]), (3, "AFGEKEURD", vec!["D02"])]
    );
    assert_eq!(
        answer.json["rows"][1]["findings"][0]["message"],
        "Deze regel spreekt regel 2 tegen."
    );
}

#[test]
fn a_double_without_consent_leaves_its_count() {
    let header = format!("leeftijdsgroep;{HEADER}");
    let row = "C;K-1;N;;;27-01-2021;Comirnaty;EJ6795;1";
    let answer = check_csv(&format!(
        "{header}\n{row}\n{row}\n{}\n",
        row.replace("K-1", "")
    ));
    assert_eq!(answer.counts(), [0, 0, 0, 1, 2]);
}

#[test]
fn every_rule_of_stage_one_fires_and_its_neighbour_does_not() {
    for fixture in fixtures::ALL
        .iter()
        .filter(|fixture| fixture.setting == fixtures::Setting::Any)
    {
        if Column::ALL
            .iter()
            .map(|column| (column, fixture.failing_row().get(*column)))
            .all(|(column, cell)| cell.is_empty() || column.is_default(cell))
        {
            // In a file a lone mutatie is what a drop-down list left behind, not a row.
            continue;
        }
        let code = fixture.code.as_str();
        let text = |row: RawRow<'static>| csv(&full_table([row]), ';');
        let failing = check_csv(&text(fixture.failing_row()));
        let found = failing.rows().iter().any(|row| row.2.contains(&code));
        // One American date is also proof for the whole file.
        let whole = failing.file_codes() == ["A17"] && fixture.code == Code::V08;
        assert!(found || whole, "{code}: {}", failing.json);
        let passing = check_csv(&text(fixture.passing_row()));
        assert!(
            passing.rows().iter().all(|row| !row.2.contains(&code)),
            "{code}: {}",
            passing.json
        );
    }
}

#[test]
fn a_row_says_nothing_of_the_profile_that_check_does_not_know() {
    let row = fixtures::row(
        fixtures::GOOD,
        &[
            (Column::Bronsleutel, ""),
            (Column::Doelgroep, ""),
            (Column::UitvoerderAgb, ""),
            (Column::BigNummer, ""),
        ],
    );
    let answer = check_csv(&csv(&full_table([row]), ';'));
    assert_eq!(answer.counts(), [1, 0, 0, 0, 0]);
    assert!(answer.rows().is_empty());
}

//! The same table in CSV, XLSX and ODS gives the same findings (specification §3).

use crate::support::{Answer, GOOD, HEADER, Table, check, csv, full_table, ods, table, xlsx};
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

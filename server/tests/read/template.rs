//! The template we offer passes our own check, also after another program has saved it (features F14).

use crate::programs::by_libreoffice;
use crate::support::check_at;
use domain::codes::CodeLists;
use domain::finding::Code;
use domain::row::Column;
use std::path::Path;
use std::process::Command;

fn cims(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_cims"))
        .env_clear()
        .args(args)
        .output()
        .expect("cims runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Header found on row 1, the example skipped, nothing wrong.
fn passes(path: &Path) {
    let answer = check_at(path);
    assert_eq!(
        (answer.outcome(), answer.code),
        ("LEEG", 0),
        "{}",
        answer.json
    );
    assert_eq!(answer.file_codes(), Vec::<&str>::new(), "{}", answer.json);
    assert_eq!(
        (answer.file("header_row"), answer.file("skipped")),
        (&1.into(), &1.into())
    );
}

#[test]
fn the_template_passes_its_own_check_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["sjabloon.xlsx", "sjabloon.csv", "sjabloon"] {
        let path = folder.path().join(name);
        cims(&["template", path.to_str().expect("a path")]);
        passes(&path);
    }
    let forced = folder.path().join("x.bin");
    cims(&[
        "template",
        "--format",
        "csv",
        forced.to_str().expect("a path"),
    ]);
    passes(&forced);
    assert_eq!(check_at(&forced).file("format"), "csv");
    // Another ending promises what we would not write.
    let other = folder.path().join("sjabloon.ods");
    let refused = Command::new(env!("CARGO_BIN_EXE_cims"))
        .env_clear()
        .arg("template")
        .arg(&other)
        .output()
        .expect("cims runs");
    assert!(!refused.status.success() && !other.exists());
}

#[test]
fn the_template_passes_after_libreoffice_saved_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sjabloon.xlsx");
    cims(&["template", path.to_str().expect("a path")]);
    for to in ["xlsx", "ods", "csv"] {
        let saved = by_libreoffice(folder.path(), &path, to);
        passes(&saved);
    }
}

#[test]
fn the_example_row_is_a_good_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.csv");
    cims(&["template", path.to_str().expect("a path")]);
    let text = std::fs::read_to_string(&path)
        .expect("text")
        .replace("VOORBEELD", "R-1");
    std::fs::write(&path, text).expect("written");
    let answer = check_at(&path);
    assert_eq!(answer.counts(), [1, 0, 0, 0, 0]);
    assert!(answer.rows().is_empty(), "{}", answer.json);
}

#[test]
fn the_template_is_the_same_file_each_time() {
    let lists = CodeLists::builtin();
    let make = || server::intake::template::xlsx(&lists).expect("a template");
    assert_eq!(make(), make());
}

#[test]
fn the_rules_are_the_tables_of_the_domain() {
    let rules: serde_json::Value = serde_json::from_str(&cims(&["rules", "--json"])).expect("JSON");
    let names = |key: &str, name: &str| -> Vec<String> {
        let entries = rules[key].as_array().expect("an array");
        entries
            .iter()
            .map(|entry| entry[name].as_str().expect("a text").to_owned())
            .collect()
    };
    assert_eq!(
        names("columns", "name"),
        Column::ALL.map(|column| column.name().to_owned())
    );
    let codes: Vec<String> = Code::ALL
        .iter()
        .map(|code| code.as_str().to_owned())
        .collect();
    assert_eq!(names("rules", "code"), codes);
    let words = cims(&["rules"]);
    for code in Code::ALL {
        assert!(
            words.contains(code.sentence(domain::text::Lang::Nl)),
            "{code}"
        );
    }
}

/// What stands between two marks of a page.
fn between<'p>(page: &'p str, mark: &str) -> &'p str {
    let begin = format!("<!-- {mark} -->\n");
    let end = format!("<!-- /{mark} -->");
    let (_, rest) = page.split_once(&begin).expect(&begin);
    rest.split_once(&end).expect(&end).0
}

#[test]
fn the_page_for_suppliers_has_the_columns_and_codes_of_the_tables_in_both_languages() {
    for (lang, file, page) in [
        (
            "nl",
            "leveranciers.md",
            include_str!("../../../docs/leveranciers.md"),
        ),
        (
            "en",
            "suppliers.md",
            include_str!("../../../docs/suppliers.md"),
        ),
    ] {
        let made = cims(&["rules", "--docs", lang]);
        let (columns, codes) = made.split_once("\n\n").expect("two tables");
        for (mark, table) in [("kolommen", columns), ("codes", codes)] {
            assert_eq!(
                between(page, mark).trim(),
                table.trim(),
                "put the output of `cims rules --docs {lang}` in docs/{file}"
            );
        }
        assert_eq!(codes.lines().count(), 2 + domain::finding::Code::ALL.len());
    }
}

#[test]
fn the_example_of_the_page_for_suppliers_is_a_good_file_and_the_same_in_both_languages() {
    let [dutch, english] = [
        include_str!("../../../docs/leveranciers.md"),
        include_str!("../../../docs/suppliers.md"),
    ]
    .map(|page| {
        let blocks = page.split("```\n");
        let mut files = blocks.filter(|block| block.starts_with("mutatie;"));
        files.next().expect("an example").to_owned()
    });
    assert_eq!(dutch, english);
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("voorbeeld.csv");
    std::fs::write(&path, dutch).expect("written");
    let answer = check_at(&path);
    assert_eq!(answer.counts(), [3, 0, 0, 0, 1], "{}", answer.json);
}

//! What is no spreadsheet, what is too much of one, and what cannot be read at all.

use crate::support::{GOOD, HEADER, check, check_at, check_csv, judge_with, zip_of};
use domain::delivery::Channel;
use serde_json::Value;
use server::intake::read::Limits;

#[test]
fn an_empty_file_says_so() {
    for content in [&b""[..], b"\xEF\xBB\xBF", b"\r\n\r\n"] {
        let answer = check("x.csv", content);
        assert_eq!(answer.file_codes(), ["A01"]);
        assert_eq!(answer.message("A01"), "Het bestand is leeg.");
    }
}

#[test]
fn other_kinds_of_file_are_no_spreadsheet_whatever_their_name() {
    for (name, content) in [
        ("x.csv", b"%PDF-1.7\nbsn;geboortedatum\n".to_vec()),
        ("x.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR;".to_vec()),
        (
            "x.csv",
            b"<html><table><tr><td>1;2</td></tr></table></html>".to_vec(),
        ),
        (
            "x.xls",
            b"<?xml version=\"1.0\"?><Workbook>;</Workbook>".to_vec(),
        ),
        ("x.csv", b"{\"rows\": [1, 2]}".to_vec()),
        ("x.csv", b"Beste collega. Hierbij de lijst.\n".to_vec()),
        ("x.csv", b"\x1f\x8b\x08\0\0\0".to_vec()),
        ("x.xlsx", zip_of(&[("word/document.xml", b"<w:document/>")])),
        ("x.xlsx", zip_of(&[])),
        (
            "x.ods",
            zip_of(&[
                ("mimetype", b"application/vnd.oasis.opendocument.text"),
                ("content.xml", b"<x/>"),
            ]),
        ),
    ] {
        let answer = check(name, &content);
        assert_eq!(
            answer.file_codes(),
            ["A02"],
            "{}",
            String::from_utf8_lossy(&content[..20])
        );
        assert_eq!(answer.file("format"), &Value::Null);
    }
}

/// A compound file with one directory entry.
pub(crate) fn compound(entry: &str) -> Vec<u8> {
    let mut content = vec![0; 1024];
    content[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    let name: Vec<u8> = entry.encode_utf16().flat_map(u16::to_le_bytes).collect();
    content[640..640 + name.len()].copy_from_slice(&name);
    content[640 + 64] = u8::try_from(name.len() + 2).expect("a short name");
    content
}

#[test]
fn compound_files_are_told_apart() {
    assert_eq!(
        check("x.xlsx", &compound("EncryptedPackage")).file_codes(),
        ["A03"]
    );
    assert_eq!(check("x.xlsx", &compound("Workbook")).file_codes(), ["A04"]);
    assert_eq!(check("x.csv", &compound("Book")).file_codes(), ["A04"]);
    assert_eq!(
        check("x.xls", &compound("WordDocument")).file_codes(),
        ["A02"]
    );
    // Its directory is damaged: most likely an old workbook.
    assert_eq!(check("x.xls", &compound("")).file_codes(), ["A04"]);
}

#[test]
fn the_content_decides_not_the_extension() {
    let text = format!("{HEADER}\n{GOOD}\n");
    assert_eq!(check("x.xlsx", text.as_bytes()).file("format"), "csv");
    let book = crate::support::xlsx(&crate::support::table(&text));
    assert_eq!(check("x.csv", &book).file("format"), "xlsx");
}

#[test]
fn a_workbook_has_its_own_limit_in_bytes() {
    let mut content = b"PK\x03\x04".to_vec();
    content.resize(20 * 1024 * 1024 + 1, 0);
    assert_eq!(
        check("x.xlsx", &content).message("A06"),
        "Het bestand is groter dan 20 MB."
    );
    content.pop();
    assert_eq!(check("x.xlsx", &content).file_codes(), ["A11"]);
}

#[test]
fn one_byte_and_one_row_over_have_their_own_sentence() {
    let text = format!("{HEADER}\n{GOOD}\n\n{}\n", GOOD.replace("R-1", "R-2"));
    let bytes = text.len() as u64;
    let fits = Limits { bytes, rows: 2 };
    assert_eq!(judge_with(text.as_bytes(), fits), []);
    let limits = Limits {
        bytes: bytes - 1,
        ..fits
    };
    assert_eq!(judge_with(text.as_bytes(), limits)[0].0, "A06");
    let limits = Limits { rows: 1, ..fits };
    assert_eq!(
        judge_with(text.as_bytes(), limits),
        [(
            "A07",
            "Het bestand heeft meer dan 1 regels. Splits het bestand.".to_owned()
        )]
    );
    assert_eq!(
        Limits::of(Channel::Upload),
        Limits {
            bytes: 20 << 20,
            rows: 20_000
        }
    );
    assert_eq!(
        Limits::of(Channel::Sftp),
        Limits {
            bytes: 1 << 30,
            rows: 1_000_000
        }
    );
}

#[test]
fn a_path_that_cannot_be_read_ends_with_two_and_says_nothing_of_the_content() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in [folder.path().join("weg.csv"), folder.path().to_owned()] {
        let answer = check_at(&path);
        assert_eq!(answer.code, 2);
        assert_eq!(answer.file("outcome"), &Value::Null);
        assert_eq!(answer.file("sha256"), &Value::Null);
    }
}

#[test]
fn the_hash_is_of_the_bytes_as_they_came() {
    let answer = check_csv("");
    assert_eq!(
        answer.file("sha256"),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
}

#[test]
fn the_answer_in_words_names_rows_codes_and_no_values() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("x.csv");
    std::fs::write(
        &path,
        format!("{HEADER}\n{}\n", GOOD.replace("999990019", "999990018")),
    )
    .expect("written");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cims"))
        .args(["check", "--today", "2021-06-15"])
        .arg(&path)
        .output()
        .expect("cims runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text.contains("regel 2: AFGEKEURD") && text.contains("P03 fout"),
        "{text}"
    );
    assert!(!text.contains("999990018"), "{text}");
}

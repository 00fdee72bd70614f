//! What `ssh-audit` says of the running server (security B25).

use crate::house::House;
use crate::support::{not_run, unless_all};
use domain::delivery::dropbox::Proof;
use serde_json::Value;
use server::config;
use std::path::{Path, PathBuf};

/// The program, of the version that `cargo xtask test` installs.
fn program() -> Option<PathBuf> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local/ssh-audit/bin/ssh-audit");
    std::env::var_os("CIMS_SSH_AUDIT")
        .map(PathBuf::from)
        .or_else(|| installed.exists().then_some(installed))
}

/// Exit code and report; it opens some forty connections, to see how fast it may.
async fn report(program: &Path, house: &House) -> (Option<i32>, Value) {
    let port = house.port.to_string();
    let output = tokio::process::Command::new("timeout")
        .arg("100")
        .arg(program)
        .args(["--json", "--port", &port, "127.0.0.1"])
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let report = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{output:?}"));
    (output.status.code(), report)
}

/// Algorithm and note, of each note of a kind.
fn notes<'r>(report: &'r Value, kind: &str) -> Vec<(&'r str, &'r str)> {
    let mut found = Vec::new();
    for group in ["kex", "key", "enc", "mac"] {
        for one in report[group].as_array().unwrap() {
            let name = one["algorithm"].as_str().unwrap();
            let notes = one["notes"][kind].as_array();
            found.extend(
                notes
                    .into_iter()
                    .flatten()
                    .map(|note| (name, note.as_str().unwrap_or_default())),
            );
        }
    }
    found
}

/// It was let in so often that key exchanges alone could keep the server busy (DHEat).
fn too_fast(report: &Value) -> bool {
    let notes = report["additional_notes"].as_array().unwrap();
    notes
        .iter()
        .any(|note| note.as_str().is_some_and(|note| note.contains("DHEat")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_auditor_of_ssh_finds_no_failure_and_no_warning() {
    let Some(program) = program() else {
        println!("{}", not_run("cargo xtask test rust installs ssh-audit"));
        return;
    };
    let house = House::with(config::Sftp {
        classic_key_exchange: false,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("toets", Proof::Rename, 1).await;
    let (code, report_of) = report(&program, &house).await;
    assert_eq!(notes(&report_of, "fail"), []);
    assert_eq!(notes(&report_of, "warn"), []);
    assert!(!too_fast(&report_of), "{report_of}");
    assert_eq!(code, Some(0), "{report_of}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_the_key_exchanges_of_older_clients_it_warns_of_nothing_but_those() {
    let Some(program) = program() else {
        println!("{}", not_run("cargo xtask test rust installs ssh-audit"));
        return;
    };
    let house = House::open().await;
    house.keyed("toets", Proof::Rename, 1).await;
    let (_, report_of) = report(&program, &house).await;
    assert_eq!(notes(&report_of, "fail"), []);
    let old = "does not provide protection against post-quantum attacks";
    assert_eq!(
        notes(&report_of, "warn"),
        [
            ("curve25519-sha256", old),
            ("curve25519-sha256@libssh.org", old),
            ("diffie-hellman-group16-sha512", old),
        ]
    );
    // Nor of how fast one source may ask for them.
    assert!(!too_fast(&report_of), "{report_of}");
    assert_eq!(report_of["banner"]["raw"], "SSH-2.0-CIMS");
}

#[test]
#[should_panic(expected = "not run: no auditor")]
fn where_all_tests_must_run_one_that_cannot_is_not_green() {
    assert_eq!(unless_all("no auditor", false), "not run: no auditor");
    unless_all("no auditor", true);
}

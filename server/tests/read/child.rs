//! The limited child: what it gives up before it reads, and what its parent does when it misbehaves.

use crate::support::{GOOD, HEADER, table, xlsx};
use server::intake::read::{self, Limits, Options, Program};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

#[test]
fn the_child_gives_up_what_it_does_not_need_before_it_reads() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cims"))
        .arg("read-workbook")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the child starts");
    let of = |what: &str| {
        std::fs::read_to_string(format!("/proc/{}/{what}", child.id())).unwrap_or_default()
    };
    let begin = Instant::now();
    // It waits for its input with its limits set.
    while !of("status").contains("NoNewPrivs:\t1") && begin.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let limits: Vec<String> = of("limits")
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for limit in [
        "Max address space 536870912 536870912 bytes",
        "Max cpu time 20 21 seconds",
        "Max open files 16 16 files",
        "Max file size 0 0 bytes",
        "Max core file size 0 0 bytes",
    ] {
        assert!(
            limits.iter().any(|line| line == limit),
            "{limit}: {limits:?}"
        );
    }
    assert!(of("status").contains("NoNewPrivs:\t1"));
    assert_eq!(of("environ"), "");
    child.kill().expect("killed");
    child.wait().expect("gone");
}

/// What becomes of a good workbook when the child is this shell script: its findings, or nothing is said of it.
fn with_child(script: &str, patience: Duration) -> (Option<Vec<String>>, Duration) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("child");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("executable");
    let mut options = Options::new(Limits::PORTAL);
    options.program = Program::at(path).with_patience(patience);
    let content = xlsx(&table(&format!("{HEADER}\n{GOOD}\n")));
    let begin = Instant::now();
    let codes = read::open(Arc::new(content), &options).ok().map(|opened| {
        let codes = opened.findings.iter();
        codes.map(|finding| finding.code.to_string()).collect()
    });
    (codes, begin.elapsed())
}

#[test]
fn a_child_that_dies_of_the_file_or_raves_gives_a_finding_and_no_more() {
    for script in [
        "exit 101",
        "kill -XCPU $$",
        "kill -ABRT $$",
        "kill -SEGV $$",
        "echo '{\"format\":\"xlsx\"}'",
        "exec >&-; exec /bin/sleep 60",
        "echo 'not JSON'",
        "echo '[4294967296, \"x\"]'; echo '\"done\"'",
        "while :; do echo -n xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done",
    ] {
        let (codes, took) = with_child(script, Duration::from_secs(10));
        assert_eq!(codes, Some(vec!["A11".to_owned()]), "{script}");
        assert!(took < Duration::from_secs(20), "{script}: {took:?}");
    }
}

/// The system has no memory left, the service is stopped, the machine is too slow: that refuses nobody's file (security G13).
#[test]
fn a_child_that_somebody_else_ends_says_nothing_of_the_file() {
    for script in [
        "exec /bin/sleep 60",
        "kill -KILL $$",
        "kill -TERM $$",
        "kill -INT $$",
        "exit 1",
        "echo '{\"format\":\"xlsx\"}'; kill -KILL $$",
    ] {
        let (codes, took) = with_child(script, Duration::from_secs(1));
        assert_eq!(codes, None, "{script}");
        assert!(took < Duration::from_secs(20), "{script}: {took:?}");
    }
}

#[test]
fn a_program_that_is_not_there_says_nothing_of_the_file() {
    let mut options = Options::new(Limits::PORTAL);
    options.program = Program::at("/nergens/cims".into());
    let content = xlsx(&table(&format!("{HEADER}\n{GOOD}\n")));
    assert!(read::open(Arc::new(content), &options).is_err());
}

/// A new version was put in the place of the program, and the one that runs goes on until it is restarted.
#[test]
fn a_workbook_is_read_by_a_program_whose_file_was_replaced_meanwhile() {
    let folder = tempfile::tempdir().expect("a folder");
    let (program, book) = (folder.path().join("cims"), folder.path().join("x.xlsx"));
    std::fs::copy(env!("CARGO_BIN_EXE_cims"), &program).expect("copied");
    std::fs::write(&book, xlsx(&table(&format!("{HEADER}\n{GOOD}")))).expect("written");
    let output = Command::new("bash")
        .args([
            "-c",
            "exec 3<\"$1\"; rm \"$1\"; exec /proc/self/fd/3 check --json --today 2021-06-15 \"$2\"",
            "bash",
        ])
        .args([&program, &book])
        .output()
        .expect("bash runs");
    assert!(!program.exists());
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
}

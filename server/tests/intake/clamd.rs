//! A real clamd of this test alone: a socket in a folder, no network, and one signature of our own.

#![allow(
    clippy::allow_attributes,
    dead_code,
    reason = "each test binary uses a part of it"
)]

use server::intake::scan::{Address, Scanner};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = "/usr/sbin/clamd";
/// What our signature finds.
pub(crate) const VIRUS: &str = "CIMS-PROEFVIRUS-1f8c";

pub(crate) struct Clamd {
    dir: tempfile::TempDir,
    port: u16,
    child: Option<Child>,
}

impl Clamd {
    /// One that is not there yet.
    pub(crate) fn away() -> Self {
        assert!(
            Path::new(PROGRAM).exists(),
            "{PROGRAM} is missing; `cargo xtask test rust` installs it"
        );
        let dir = tempfile::tempdir().unwrap();
        let hex: String = VIRUS.bytes().map(|byte| format!("{byte:02x}")).collect();
        for folder in ["db", "tmp"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        // Name, any kind of file, any place, these bytes.
        let signature = format!("CIMS.Proefvirus:0:*:{hex}\n");
        std::fs::write(dir.path().join("db/cims.ndb"), signature).unwrap();
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        Self {
            dir,
            port,
            child: None,
        }
    }

    /// One that listens, and takes files of this length (in its own words: `25M`).
    pub(crate) fn taking(longest: &str) -> Self {
        let mut clamd = Self::away();
        clamd.start(longest);
        clamd
    }

    pub(crate) fn start(&mut self, longest: &str) {
        self.stop();
        let dir = self.dir.path();
        let text = format!(
            "Foreground yes\nLocalSocket {}\nTCPSocket {}\nTCPAddr 127.0.0.1\nDatabaseDirectory {}\nTemporaryDirectory {}\nStreamMaxLength {longest}\n",
            self.socket().display(),
            self.port,
            dir.join("db").display(),
            dir.join("tmp").display(),
        );
        let file = dir.join("clamd.conf");
        std::fs::write(&file, text).unwrap();
        let child = Command::new(PROGRAM)
            .arg("--config-file")
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let begun = Instant::now();
        while std::os::unix::net::UnixStream::connect(self.socket()).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "clamd is silent");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
            std::fs::remove_file(self.socket()).ok();
        }
    }

    fn socket(&self) -> PathBuf {
        self.dir.path().join("clamd.sock")
    }

    /// By its socket.
    pub(crate) fn by_socket(&self) -> Scanner {
        Scanner::new(Address::Unix(self.socket()))
    }

    /// By its port.
    pub(crate) fn by_port(&self) -> Scanner {
        Scanner::new(Address::Tcp(format!("127.0.0.1:{}", self.port)))
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        self.stop();
    }
}

//! Large files by SFTP: 1.5 GiB of noise from OpenSSH, and as much as takes each of the other clients past the point where the
//! server agrees on keys anew (security B8). What the server says that it stored is what was sent, what is stored is that too
//! to its last byte, and the server takes no more memory than for a small file.

use super::ground::{Bench, PARTY};
use super::sample::high_water_of;
use super::table::{Goal, Table};
use crate::process::Running;
use crate::stack::Ports;
use crate::{apt, say, sh};
use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// MiB of a small file, of a large one, and of one that is past the 1 GiB after which the server wants other keys.
const SMALL: u64 = 16;
const LARGE: u64 = 1_536;
const PAST_REKEY: u64 = 1_088;
/// How much more memory a large file may take than a small one.
const FLAT: f64 = 1.25;
/// MiB more than after the small one, whatever the client.
const MORE: f64 = 64.0;

/// Adds its lines.
pub(super) fn measure(bench: &Bench, key: &Path, table: &mut Table) -> Result<()> {
    apt::ensure(
        &[
            ("psftp", "putty-tools"),
            ("lftp", "lftp"),
            (
                "/usr/lib/python3/dist-packages/paramiko",
                "python3-paramiko",
            ),
        ],
        "clients that deliver large files",
    )?;
    let ports = Ports::free()?;
    let mut box_alone = serve(bench, ports)?;
    let clients = Clients::of(bench, key, ports.sftp)?;
    say::step(format_args!("a file of {LARGE} MiB"));
    clients.deliver("openssh", SMALL)?;
    let small = high_water_of(box_alone.id());
    ensure!(small > 0.0, "the server was not seen");
    let seconds = clients.deliver("openssh", LARGE)?;
    let large = high_water_of(box_alone.id());
    table.ratio(
        "SFTP: memory for a file of 1.5 GiB, to that for 16 MiB",
        large / small,
        Goal::AtMost(FLAT),
        format!("{large:.0} and {small:.0} MiB, {seconds:.1} s, the same SHA-256"),
    );
    for client in ["psftp", "lftp", "paramiko", "asyncssh"] {
        say::step(format_args!("a file of {PAST_REKEY} MiB by {client}"));
        let seconds = clients.deliver(client, PAST_REKEY)?;
        let more = high_water_of(box_alone.id()) - small;
        table.ratio(
            &format!("SFTP: MiB more for {PAST_REKEY} MiB by {client}"),
            more,
            Goal::AtMost(MORE),
            format!("{seconds:.1} s, the same SHA-256"),
        );
    }
    box_alone.still_alive()?;
    // Its exit code is about all that it asks; here two answers count.
    let said = bench.place.cims(&["doctor", "--files"]).output()?;
    let said = String::from_utf8_lossy(&said.stdout);
    for question in [
        "a file on disk opens with its key",
        "a raw file is what came, by its SHA-256",
    ] {
        ensure!(said.contains(&format!("ok     {question}")), "{said}");
    }
    Ok(())
}

/// A drop box of its own, with a higher limit.
fn serve(bench: &Bench, ports: Ports) -> Result<Running> {
    let local = |port: u16| format!("127.0.0.1:{port}");
    let mut serve = bench.place.cims(&["serve", "--roles", "sftp"]);
    serve
        .env("CIMS__SFTP__LISTEN", local(ports.sftp))
        .env("CIMS__SERVER__METRICS_LISTEN", local(ports.metrics))
        .env("CIMS__SFTP__MAX_FILE_BYTES", (LARGE << 21).to_string());
    let log = bench.place.folder.join("large.log");
    let mut box_alone = Running::start("the drop box", &mut serve, &log, Signal::TERM)?;
    let ready = || TcpStream::connect((Ipv4Addr::LOCALHOST, ports.sftp)).is_ok();
    box_alone.wait_until(Duration::from_secs(30), ready)?;
    Ok(box_alone)
}

/// The clients, all on one account: it has a key, and a password.
struct Clients<'a> {
    bench: &'a Bench,
    folder: PathBuf,
    key: &'a Path,
    port: String,
    password: String,
    host_key: String,
}

/// Its name, and that of its installation.
const ACCOUNT: &str = "groot";

impl<'a> Clients<'a> {
    fn of(bench: &'a Bench, key: &'a Path, port: u16) -> Result<Self> {
        let public = key.with_extension("pub");
        let words = ["sftp", "add", ACCOUNT, "--party", PARTY, "--installation"];
        let mut add = bench.place.cims(&words);
        sh::quiet(add.arg(ACCOUNT).arg("--key").arg(public))?;
        let said = sh::quiet(&mut bench.place.cims(&["sftp", "password", ACCOUNT, "--now"]))?;
        let password = said
            .lines()
            .find_map(|line| line.strip_prefix("password "))
            .context("no password")?;
        let host_key = sh::quiet(&mut bench.place.cims(&["sftp", "fingerprint"]))?;
        Ok(Self {
            bench,
            folder: bench.place.folder.clone(),
            key,
            port: port.to_string(),
            password: password.to_owned(),
            host_key: host_key.trim().to_owned(),
        })
    }

    /// Delivers a file of noise, and sees that the receipt is of what was sent; in how many seconds.
    fn deliver(&self, client: &str, mebibytes: u64) -> Result<f64> {
        let path = self.folder.join("noise");
        let mut file = File::create(&path)?;
        io::copy(
            &mut File::open("/dev/urandom")?.take(mebibytes << 20),
            &mut file,
        )?;
        drop(file);
        let sent = sh::quiet(sh::program("sha256sum").arg(&path))?;
        let sent = sent.split(' ').next().unwrap_or_default();
        // Each a file with a number of its own.
        let number = fs::read_dir(self.bench.place.folder.join("storage/blobs"))?.count();
        let name = format!("CIMS_{PARTY}_{ACCOUNT}_20210501_{number}.csv");
        let began = Instant::now();
        sh::quiet(&mut self.put(client, &path, &name)?)?;
        let seconds = began.elapsed().as_secs_f64();
        let receipt: Value =
            serde_json::from_str(&sh::quiet(&mut self.script("receipt", &path, &name))?)?;
        ensure!(
            receipt["sha256"] == sent && receipt["grootte"] == mebibytes << 20,
            "{client} sent {sent}, and the receipt says {receipt}"
        );
        fs::remove_file(&path)?;
        Ok(seconds)
    }

    /// Puts a file down and gives it its real name.
    fn put(&self, client: &str, path: &Path, name: &str) -> Result<Command> {
        let (from, batch) = (path.display(), self.folder.join("large.batch"));
        let at = format!("{ACCOUNT}@127.0.0.1");
        let rename = if client == "psftp" { "mv" } else { "rename" };
        let lines = format!("put {from} /in/{name}.part\n{rename} /in/{name}.part /in/{name}\n");
        fs::write(&batch, lines)?;
        let anybody = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"];
        Ok(match client {
            "openssh" => {
                let mut sftp = sh::program("sftp");
                // Both sides agree on keys anew: the server after 1 GiB, this client after a quarter.
                let options = anybody.iter().chain(&["RekeyLimit=256M"]);
                sftp.args(options.flat_map(|option| ["-o", option]));
                sftp.arg("-q").arg("-i").arg(self.key);
                sftp.args(["-P", &self.port, "-b"]).arg(&batch).arg(at);
                sftp
            }
            "psftp" => {
                let mut psftp = sh::program("psftp");
                psftp.args(["-P", &self.port, "-batch", "-hostkey", &self.host_key]);
                psftp
                    .args(["-pw", &self.password, "-b"])
                    .arg(&batch)
                    .arg(at);
                psftp
            }
            "lftp" => {
                let mut lftp = sh::program("lftp");
                let options: String = anybody
                    .iter()
                    .map(|option| format!(" -o{option}"))
                    .collect();
                lftp.arg("-c").arg(format!(
                    "set cmd:fail-exit yes; set net:max-retries 1; set sftp:auto-confirm yes; \
                     set sftp:connect-program 'ssh -a -x{options}'; open -u {ACCOUNT},{} sftp://127.0.0.1:{}; \
                     put {from} -o /in/{name}.part; mv /in/{name}.part /in/{name}",
                    self.password, self.port
                ));
                lftp
            }
            other => self.script(other, path, name),
        })
    }

    /// A client of Python.
    fn script(&self, what: &str, path: &Path, name: &str) -> Command {
        let mut script = sh::program("/usr/bin/python3");
        script
            .args(["-W", "ignore", "-B"])
            .arg(sh::root().join("xtask/peers/sftp_large.py"))
            .args([what, &self.port, ACCOUNT, &self.password])
            .arg(path)
            .arg(name);
        script
    }
}

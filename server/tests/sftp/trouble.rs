//! The server is killed, the database goes away, the disk is full (security F1-F5).

use crate::house::{Anyone, House, Raw, key, rows};
use crate::support::TestDb;
use crate::world::World;
use domain::delivery::dropbox::Proof;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use russh::client;
use russh::keys::PrivateKeyWithHashAlg;
use russh_sftp::protocol::StatusCode;
use server::config;
use server::store::Db;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};
use uuid::Uuid;

/// `cims serve` as a process of its own, to be killed.
struct Process {
    child: Child,
    port: u16,
}

impl Process {
    fn start(world: &World) -> Self {
        let free = |_| std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let listeners = [0, 1].map(free);
        let [port, metrics] = listeners
            .each_ref()
            .map(|one| one.local_addr().unwrap().port());
        drop(listeners);
        let dir = world.test.dir.path();
        let file = dir.join("cims.toml");
        let text = format!(
            "[server]\nmetrics_listen = \"127.0.0.1:{metrics}\"\n[database]\nportal_url = {:?}\nworker_url = {:?}\n\
             [keys]\ndir = {:?}\n[storage]\ndir = {:?}\n[sftp]\nlisten = \"127.0.0.1:{port}\"\nquiet_seconds = 1\n",
            world.test.url("cims_portal"),
            world.test.url("cims_worker"),
            dir.join("keys"),
            dir.join("storage"),
        );
        std::fs::write(&file, text).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_cims"))
            .arg("--config")
            .arg(&file)
            .args(["serve", "--roles", "sftp,worker"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, port }
    }

    /// Not in order: no signal it could hear.
    fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// A channel, once it listens; none when it was killed meanwhile.
    async fn raw(&self, name: &str) -> Option<Raw> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) {
            let config = Arc::new(client::Config::default());
            if let Ok(mut ssh) = client::connect(config, ("127.0.0.1", self.port), Anyone).await {
                let key = PrivateKeyWithHashAlg::new(Arc::new(key(1)), None);
                let entered = ssh.authenticate_publickey(name, key).await;
                if entered.is_ok_and(|entered| entered.success()) {
                    return Some(Raw::new(ssh).await);
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        None
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Puts a file down and proves it; none when the server went away before the last yes.
async fn deliver(raw: &mut Raw, file: &str, content: &[u8]) -> Option<()> {
    let part = format!("{file}.part");
    let handle = raw.try_create(&part).await?;
    for (place, portion) in content.chunks(40).enumerate() {
        raw.try_write(&handle, place * 40, portion).await?;
    }
    raw.try_close(&handle).await?;
    raw.try_rename(&part, file).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_at_any_moment_it_loses_no_yes_and_imports_nothing_twice() {
    let house = House::open().await;
    house.keyed("moord", Proof::Rename, 1).await;
    let seed = Uuid::new_v4().as_u64_pair().0;
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut process = Process::start(&house.world);
    let (mut kills, mut files) = (0, 0);
    while kills < 12 {
        let file = format!("CIMS_ZONNEHOF_moord_20210301_{files}.csv");
        let content = rows(&file);
        files += 1;
        loop {
            let raw = process.raw("moord").await;
            let mut raw = raw.expect("it listens again");
            let moment = Duration::from_micros(random.random_range(0..60_000));
            let done = tokio::select! {
                done = deliver(&mut raw, &file, &content) => done,
                () = tokio::time::sleep(moment) => None,
            };
            if done.is_some() {
                break;
            }
            process.kill();
            kills += 1;
            process = Process::start(&house.world);
        }
    }
    house.until("deliveries WHERE state <> 'done'", 0).await;
    // A yes that did not arrive is asked for again, and then it is a double.
    let imported = "deliveries WHERE outcome = 'VERWERKT'";
    assert_eq!(house.world.count(imported).await, files);
    assert_eq!(
        house
            .world
            .count("deliveries WHERE outcome NOT IN ('VERWERKT', 'DUBBEL')")
            .await,
        0
    );
    let stored =
        "delivery_rows r JOIN deliveries d ON d.id = r.delivery_id AND d.outcome = 'VERWERKT'";
    assert_eq!(house.world.count(stored).await, 2 * files);
    // What was half-way has no end, and its name is free.
    house.until("sftp_uploads WHERE state = 'open'", 0).await;
    println!("{kills} kills, {files} files");
}

/// A socket before the cluster that can be shut.
struct Door {
    socket: PathBuf,
    behind: PathBuf,
    open: Option<JoinHandle<()>>,
}

impl Door {
    fn open(&mut self) {
        std::fs::remove_file(&self.socket).ok();
        let listener = UnixListener::bind(&self.socket).unwrap();
        let behind = self.behind.clone();
        self.open = Some(tokio::spawn(async move {
            let mut through = JoinSet::new();
            while let Ok((mut inside, _)) = listener.accept().await {
                let behind = behind.clone();
                through.spawn(async move {
                    let mut outside = UnixStream::connect(behind).await.unwrap();
                    tokio::io::copy_bidirectional(&mut inside, &mut outside)
                        .await
                        .ok();
                });
            }
        }));
    }

    /// Cuts everybody off and lets nobody in.
    async fn shut(&mut self) {
        if let Some(open) = self.open.take() {
            open.abort();
            open.await.ok();
        }
        std::fs::remove_file(&self.socket).ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_bytes_land_and_the_yes_waits() {
    let mut test = TestDb::new().await;
    let direct = test.as_role("cims_worker");
    let name = format!(".s.PGSQL.{}", direct.get_port());
    let behind = direct
        .get_socket()
        .expect("the cluster of the tests has a socket")
        .join(&name);
    let mut door = Door {
        socket: test.dir.path().join(&name),
        behind,
        open: None,
    };
    door.open();
    let through = |role: &str| test.as_role(role).socket(test.dir.path());
    test.db = Db::from_options(through("cims_portal"), through("cims_worker"), 4);
    let house = House::on(World::on(test).await, config::Sftp::default()).await;
    house.keyed("weg", Proof::Rename, 1).await;
    let mut raw = house.raw("weg", 1).await;
    let (file, content) = ("CIMS_ZONNEHOF_weg_20210301_1.csv", rows("weg"));
    let handle = raw.create("x.part").await.unwrap();
    assert_eq!(
        raw.write(&handle, 0, &content[..100]).await.0,
        StatusCode::Ok
    );
    door.shut().await;
    assert_eq!(
        raw.write(&handle, 100, &content[100..]).await.0,
        StatusCode::Ok
    );
    let begun = Instant::now();
    let closing = raw.close(&handle);
    let back = async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        door.open();
    };
    let ((code, text), ()) = tokio::join!(closing, back);
    assert_eq!(code, StatusCode::Ok, "{text}");
    assert!(
        begun.elapsed() >= Duration::from_secs(3),
        "not before it is known"
    );
    assert_eq!(raw.rename("x.part", file).await.0, StatusCode::Ok);
    assert_eq!(house.answered(file).await, "VERWERKT");
    assert_eq!(house.world.count("delivery_rows").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_for_which_there_is_no_room_is_not_begun() {
    let house = House::with(config::Sftp {
        max_file_bytes: 1 << 60,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("vol", Proof::Rename, 1).await;
    let mut raw = house.raw("vol", 1).await;
    let (code, text) = raw.create("x.part").await.unwrap_err();
    assert_eq!(code, StatusCode::Failure);
    assert_eq!(
        text,
        "er is nu geen ruimte, lever het bestand later opnieuw aan"
    );
    assert_eq!(house.world.count("sftp_uploads").await, 0);
}

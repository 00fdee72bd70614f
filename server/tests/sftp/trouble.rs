//! The server is killed, the database goes away, the disk is full (security F1-F5).

use crate::house::{Anyone, House, Raw, key, rows};
use crate::support::{TestDb, counted, no_disk, until};
use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::Parties;
use domain::connection::ConnectionStep;
use domain::delivery::dropbox::Proof;
use domain::role::Role;
use domain::row::Column;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use russh::client;
use russh::keys::PrivateKeyWithHashAlg;
use russh_sftp::protocol::{OpenFlags, StatusCode};
use server::config;
use server::store::Db;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use time::macros::date;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::task::{JoinHandle, JoinSet};
use uuid::Uuid;

/// `cims serve` as a process of its own, to be killed.
pub(crate) struct Process {
    child: Child,
    pub(crate) port: u16,
    metrics: u16,
}

impl Process {
    pub(crate) fn start(world: &World) -> Self {
        Self::begin(world, "", |program| Command::new(program))
    }

    /// With more lines under `[sftp]`, and a command that runs the program.
    pub(crate) fn begin(world: &World, more: &str, run: impl Fn(&str) -> Command) -> Self {
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
             [log]\njson = true\n[keys]\ndir = {:?}\n[storage]\ndir = {:?}\n[sftp]\nlisten = \"127.0.0.1:{port}\"\nquiet_seconds = 1\n{more}",
            world.test.url("cims_portal"),
            world.test.url("cims_worker"),
            dir.join("keys"),
            dir.join("storage"),
        );
        std::fs::write(&file, text).unwrap();
        let child = run(env!("CARGO_BIN_EXE_cims"))
            .arg("--config")
            .arg(&file)
            .args(["serve", "--roles", "sftp,worker"])
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.join("log")).unwrap())
            .spawn()
            .unwrap();
        Self {
            child,
            port,
            metrics,
        }
    }

    /// Lines of its log at the level somebody must act on, once one of them says this.
    async fn alarm(world: &World, says: &str) -> Vec<serde_json::Value> {
        let begun = Instant::now();
        loop {
            let log = std::fs::read_to_string(world.test.dir.path().join("log")).unwrap();
            let lines = log
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok())
                .filter(|line: &serde_json::Value| line["level"] == "ERROR")
                .collect::<Vec<_>>();
            if lines.iter().any(|line| line["fields"]["message"] == says) {
                return lines;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{says}: {log}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Its number.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it measured.
    pub(crate) async fn metrics(&self) -> String {
        self.asked("/metrics").await
    }

    /// What its own small server answers, head and all.
    async fn asked(&self, path: &str) -> String {
        let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", self.metrics))
            .await
            .unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).await.unwrap();
        text
    }

    /// As a service manager ends it; how long that takes, and whether it went well.
    async fn asked_to_stop(&mut self) -> (Duration, bool) {
        let begun = Instant::now();
        self.ask_to_stop();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (begun.elapsed(), status.success());
            }
            assert!(begun.elapsed() < Duration::from_secs(70), "it goes on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn ask_to_stop(&self) {
        let asked = Command::new("kill")
            .args(["-s", "TERM", &self.child.id().to_string()])
            .status();
        assert!(asked.unwrap().success());
    }

    /// Not in order: no signal it could hear.
    fn kill(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    /// A channel, once it listens; none when it was killed meanwhile.
    pub(crate) async fn raw(&self, name: &str) -> Option<Raw> {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(60) {
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
pub(crate) async fn deliver(raw: &mut Raw, file: &str, content: &[u8]) -> Option<()> {
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
        // Each time it may take longer: on a slow machine it would never come to an end otherwise.
        let mut longest = 60_000;
        loop {
            let raw = process.raw("moord").await;
            let mut raw = raw.expect("it listens again");
            let moment = Duration::from_micros(random.random_range(0..longest));
            let done = tokio::select! {
                done = deliver(&mut raw, &file, &content) => done,
                () = tokio::time::sleep(moment) => None,
            };
            if done.is_some() {
                break;
            }
            process.kill();
            kills += 1;
            longest += 60_000;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_stage_is_measured_by_the_names_of_the_page_and_nothing_of_a_file() {
    let mut house = House::open().await;
    house.keyed("meet", Proof::Rename, 1).await;
    house.close().await;
    let process = Process::start(&house.world);
    let mut raw = process.raw("meet").await.expect("it listens");
    let (file, content) = ("CIMS_ZONNEHOF_meet_20210301_1.csv", rows("meet"));
    assert!(deliver(&mut raw, file, &content).await.is_some());
    let _half = raw.create("half.part").await.unwrap();
    drop(raw);
    assert_eq!(house.answered(file).await, "VERWERKT");
    house.until("sftp_uploads WHERE state = 'void'", 1).await;
    let page = include_str!("../../../docs/logging.md");
    let of_the_web = ["cims_http", "cims_login_failed", "cims_csrf"];
    let names: Vec<&str> = page
        .split('`')
        .filter(|word| word.starts_with("cims_"))
        .filter(|word| !of_the_web.iter().any(|web| word.starts_with(web)))
        .collect();
    assert!(names.len() > 10, "{names:?}");
    let begun = Instant::now();
    let text = loop {
        let text = process.metrics().await;
        if names.iter().all(|name| text.contains(name)) {
            break text;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{names:?} {text}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    for line in [
        "cims_dropbox_uploads_total{end=\"taken\"} 1".to_owned(),
        "cims_dropbox_uploads_total{end=\"broken-off\"} 1".to_owned(),
        format!("cims_dropbox_bytes_total {}", content.len()),
        "cims_dropbox_logins_total{result=\"in\"} 1".to_owned(),
        "cims_deliveries_total{channel=\"sftp\",outcome=\"VERWERKT\"} 1".to_owned(),
        "cims_rows_total{channel=\"sftp\",outcome=\"GEACCEPTEERD\"} 2".to_owned(),
    ] {
        assert!(text.contains(&line), "{line}: {text}");
    }
    for value in ["meet", "ZONNEHOF", EREBOS] {
        assert!(!text.contains(value), "{value}");
    }
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

impl Door {
    /// A database of a test that is reached through a door of its own.
    fn before(test: &mut TestDb) -> Self {
        let direct = test.as_role("cims_worker");
        let name = format!(".s.PGSQL.{}", direct.get_port());
        let behind = direct
            .get_socket()
            .expect("the cluster of the tests has a socket")
            .join(&name);
        let mut door = Self {
            socket: test.dir.path().join(&name),
            behind,
            open: None,
        };
        door.open();
        let through = |role: &str| test.as_role(role).socket(test.dir.path());
        test.db = Db::from_options(through("cims_portal"), through("cims_worker"), 4);
        door
    }

    async fn shut_for(&mut self, time: Duration) {
        self.shut().await;
        tokio::time::sleep(time).await;
        self.open();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_database_is_away_bytes_land_and_the_yes_waits() {
    let mut test = TestDb::new().await;
    let mut door = Door::before(&mut test);
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

/// What comes back of an outage within a moment.
pub(crate) fn hasty() -> config::Sftp {
    config::Sftp {
        quiet_seconds: 1,
        patience_seconds: 1,
        ..config::Sftp::default()
    }
}

/// Rows with the line that proves them.
pub(crate) fn proved(key: &str) -> Vec<u8> {
    let mut content = rows(key);
    content.extend(b"#EINDE;2\r\n");
    content
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_file_that_the_database_did_not_hear_of_is_swept_in_and_sent_again_is_a_double() {
    let mut test = TestDb::new().await;
    let mut door = Door::before(&mut test);
    let house = House::on(World::on(test).await, hasty()).await;
    house.keyed("weg", Proof::Trailer, 1).await;
    let mut raw = house.raw("weg", 1).await;
    let (file, content) = ("CIMS_ZONNEHOF_weg_20210301_1.csv", proved("weg"));
    let handle = raw.create(file).await.unwrap();
    assert_eq!(raw.write(&handle, 0, &content).await.0, StatusCode::Ok);
    door.shut().await;
    let (code, text) = raw.close(&handle).await;
    assert_eq!(code, StatusCode::Failure);
    assert_eq!(text, "tijdelijk niet beschikbaar, opnieuw aanbieden");
    door.open();
    // Nobody does anything: it is taken all the same.
    assert_eq!(house.answered(file).await, "VERWERKT");
    assert_eq!(house.world.count("delivery_rows").await, 2);
    raw.put(file, &content).await;
    house.until("deliveries WHERE outcome = 'DUBBEL'", 1).await;
    assert_eq!(house.world.count("delivery_rows").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_cannot_be_settled_does_not_hold_up_the_others() {
    const OTHERS: usize = 8;
    let house = House::with(hasty()).await;
    house.keyed("rij", Proof::Trailer, 1).await;
    // The table takes the end of no upload that is named here.
    let sql = "CREATE TABLE stubborn (name text);
               CREATE FUNCTION stubborn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
               $$ BEGIN
                   IF EXISTS (SELECT FROM stubborn s WHERE s.name IN ('*', NEW.name)) THEN RAISE 'not now'; END IF;
                   RETURN NEW;
               END $$;
               CREATE TRIGGER stubborn BEFORE UPDATE ON sftp_uploads FOR EACH ROW WHEN (NEW.state = 'closed') EXECUTE FUNCTION stubborn();
               INSERT INTO stubborn VALUES ('*')";
    let admin = &house.world.test.admin;
    sqlx::raw_sql(sql).execute(admin).await.unwrap();
    let mut raw = house.raw("rij", 1).await;
    for number in 0..=OTHERS {
        let name = format!("CIMS_ZONNEHOF_rij_20210301_{number}.csv");
        let handle = raw.create(&name).await.unwrap();
        raw.write(&handle, 0, &proved(&name)).await;
        assert_eq!(raw.close(&handle).await.0, StatusCode::Failure);
    }
    sqlx::raw_sql("UPDATE stubborn SET name = 'CIMS_ZONNEHOF_rij_20210301_0.csv'")
        .execute(admin)
        .await
        .unwrap();
    let many = i64::try_from(OTHERS).unwrap();
    house
        .until("deliveries WHERE outcome = 'VERWERKT'", many)
        .await;
    assert_eq!(
        house.world.count("sftp_uploads WHERE state = 'open'").await,
        1
    );
    sqlx::raw_sql("DELETE FROM stubborn")
        .execute(admin)
        .await
        .unwrap();
    house
        .until("deliveries WHERE outcome = 'VERWERKT'", many + 1)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_without_room_on_its_disk_is_waited_for_as_one_that_is_away() {
    let house = House::open().await;
    house.keyed("vol", Proof::Trailer, 1).await;
    let full = "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
                CREATE TRIGGER full_disk BEFORE UPDATE ON sftp_uploads FOR EACH ROW EXECUTE FUNCTION full_disk()";
    let admin = &house.world.test.admin;
    let mut raw = house.raw("vol", 1).await;
    let (file, content) = ("CIMS_ZONNEHOF_vol_20210301_1.csv", proved("vol"));
    let handle = raw.create(file).await.unwrap();
    assert_eq!(raw.write(&handle, 0, &content).await.0, StatusCode::Ok);
    sqlx::raw_sql(full).execute(admin).await.unwrap();
    let room = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let sql = "DROP TRIGGER full_disk ON sftp_uploads";
        sqlx::raw_sql(sql).execute(admin).await.unwrap();
    };
    let ((code, text), ()) = tokio::join!(raw.close(&handle), room);
    assert_eq!(code, StatusCode::Ok, "{text}");
    assert_eq!(house.answered(file).await, "VERWERKT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_under_way_survives_an_outage_of_the_database() {
    let mut test = TestDb::new().await;
    let mut door = Door::before(&mut test);
    let house = House::on(World::on(test).await, hasty()).await;
    house.keyed("weg", Proof::Trailer, 1).await;
    let mut raw = house.raw("weg", 1).await;
    let (file, content) = ("CIMS_ZONNEHOF_weg_20210301_1.csv", proved("weg"));
    let handle = raw.create(file).await.unwrap();
    let (first, second) = content.split_at(100);
    assert_eq!(raw.write(&handle, 0, first).await.0, StatusCode::Ok);
    door.shut_for(Duration::from_secs(2)).await;
    // Its process cannot show at once that it lives; the sweep goes round some times.
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(raw.write(&handle, 100, second).await.0, StatusCode::Ok);
    let (code, text) = raw.close(&handle).await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    assert_eq!(house.answered(file).await, "VERWERKT");
    assert_eq!(
        house.world.count("sftp_uploads WHERE state = 'void'").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_between_disk_and_database_leaves_a_file_that_is_taken() {
    let house = House::with(hasty()).await;
    house.keyed("moord", Proof::Trailer, 1).await;
    let (file, content) = ("CIMS_ZONNEHOF_moord_20210301_1.csv", proved("moord"));
    let road = &house.world.road;
    let half = Uuid::now_v7();
    let whole = Uuid::now_v7();
    let mut writing = road.blobs.create(&road.keys, whole).unwrap();
    writing.push(&content).unwrap();
    writing.finish().unwrap();
    for (id, name) in [(half, "half.csv"), (whole, file)] {
        sqlx::query("INSERT INTO sftp_uploads (id, account_id, party_id, name, process) SELECT $1, id, party_id, $2, $3 FROM sftp_accounts WHERE name = 'moord'")
            .bind(id)
            .bind(name)
            .bind(Uuid::now_v7())
            .execute(&house.world.test.admin)
            .await
            .unwrap();
    }
    assert_eq!(house.answered(file).await, "VERWERKT");
    let void = "sftp_uploads WHERE state = 'void' AND why = 'broken-off'";
    house.until(void, 1).await;
    assert_eq!(house.world.count("delivery_rows").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_stop_it_lets_an_upload_end_and_begins_no_other() {
    let mut house = House::open().await;
    house.keyed("wissel", Proof::Rename, 1).await;
    house.close().await;
    let mut process = Process::start(&house.world);
    let mut raw = process.raw("wissel").await.expect("it listens");
    let (file, content) = ("CIMS_ZONNEHOF_wissel_20210301_1.csv", rows("wissel"));
    let handle = raw.create("x.part").await.unwrap();
    assert_eq!(
        raw.write(&handle, 0, &content[..100]).await.0,
        StatusCode::Ok
    );
    process.ask_to_stop();
    let begun = Instant::now();
    while std::net::TcpStream::connect(("127.0.0.1", process.port)).is_ok() {
        assert!(
            begun.elapsed() < Duration::from_secs(20),
            "it lets people in"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (code, text) = raw.create("y.part").await.unwrap_err();
    assert_eq!(code, StatusCode::Failure);
    assert_eq!(text, "tijdelijk niet beschikbaar, opnieuw aanbieden");
    // What was begun ends, and gets its name.
    assert_eq!(
        raw.write(&handle, 100, &content[100..]).await.0,
        StatusCode::Ok
    );
    assert_eq!(raw.close(&handle).await.0, StatusCode::Ok);
    assert_eq!(raw.rename("x.part", file).await.0, StatusCode::Ok);
    let (took, well) = process.asked_to_stop().await;
    assert!(well && took < Duration::from_secs(15), "{took:?}");
    assert_eq!(house.world.count("deliveries").await, 1);
    // The next version goes on with it.
    let _next = Process::start(&house.world);
    assert_eq!(house.answered(file).await, "VERWERKT");
    assert_eq!(house.world.count("delivery_rows").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_goes_on_too_long_when_it_stops_is_cut_and_written_down() {
    const LAST: Duration = Duration::from_secs(3);
    let mut house = House::open().await;
    house.keyed("wissel", Proof::Trailer, 1).await;
    house.close().await;
    let more = "last_uploads_seconds = 3\n";
    let mut process = Process::begin(&house.world, more, |program| Command::new(program));
    let mut raw = process.raw("wissel").await.expect("it listens");
    let (file, content) = ("CIMS_ZONNEHOF_wissel_20210301_1.csv", proved("wissel"));
    let handle = raw.create(file).await.unwrap();
    let first = raw.write(&handle, 0, &content[..10]).await;
    assert_eq!(first.0, StatusCode::Ok);
    process.ask_to_stop();
    let begun = Instant::now();
    // Byte by byte, as long as that is answered.
    let mut at = 10;
    while raw
        .try_write(&handle, at, &content[at..=at])
        .await
        .is_some()
    {
        at += 1;
        assert!(begun.elapsed() < LAST * 5, "it goes on");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let cut = begun.elapsed();
    assert!(cut > LAST - Duration::from_millis(500), "{cut:?}");
    assert!(at < content.len(), "it was not whole");
    let (took, well) = process.asked_to_stop().await;
    assert!(well && took < Duration::from_secs(10), "{took:?}");
    // It said so itself before it ended, and nothing half stays.
    let void = "sftp_uploads WHERE state = 'void' AND why = 'broken-off'";
    assert_eq!(house.world.count(void).await, 1);
    let told = "audit_lines WHERE event = 'transfer.aborted' AND line LIKE '%broken-off%'";
    assert_eq!(house.world.count(told).await, 1);
    let spool = house.world.test.dir.path().join("storage/spool");
    assert_eq!(std::fs::read_dir(spool).unwrap().count(), 0);
    // The next one takes it.
    let next = Process::start(&house.world);
    let mut raw = next.raw("wissel").await.expect("it listens");
    raw.put(file, &content).await;
    assert_eq!(house.answered(file).await, "VERWERKT");
    assert_eq!(house.world.count("deliveries").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_stop_in_the_middle_of_an_import_it_ends_the_chunk_and_the_next_one_goes_on() {
    const ROWS: i64 = 15_000;
    let mut house = House::open().await;
    house.close().await;
    let content = csv(&(0..ROWS)
        .map(|number| counted(&format!("n-{number}")))
        .collect::<Vec<_>>());
    let (world, maria) = (&house.world, &house.world.maria);
    world.receive_by_sftp(maria, "groot.csv", &content).await;
    let mut process = Process::start(world);
    let patience = Duration::from_secs(150);
    until(patience, "nothing is stored", async || {
        world.count("deliveries WHERE progress > 0").await > 0
    })
    .await;
    let (took, well) = process.asked_to_stop().await;
    assert!(well && took < Duration::from_secs(15), "{took:?}");
    let stored = world.count("delivery_rows").await;
    assert!(stored < ROWS, "it was in the middle");
    assert_eq!(stored % 1_250, 0, "whole chunks");
    assert_eq!(
        world.count("jobs WHERE state = 'leased'").await,
        0,
        "its work is free"
    );
    let _next = Process::start(world);
    until(patience, "it goes on", async || {
        world.count("deliveries WHERE outcome = 'VERWERKT'").await > 0
    })
    .await;
    assert_eq!(world.count("delivery_rows").await, ROWS);
    assert_eq!(
        world
            .count("(SELECT DISTINCT delivery_id, row_number FROM delivery_rows) AS r")
            .await,
        ROWS
    );
}

/// Longer than a sender is kept waiting, and than a lease lasts.
const LONG: Duration = Duration::from_secs(36);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "two outages of 36 seconds: cargo xtask bench --torture N runs it"]
async fn half_a_minute_without_database_loses_nothing_and_doubles_nothing() {
    let mut test = TestDb::new().await;
    let mut door = Door::before(&mut test);
    let house = House::on(World::on(test).await, config::Sftp::default()).await;
    house.keyed("weg", Proof::Rename, 1).await;
    let mut raw = house.raw("weg", 1).await;

    // During receipt: the sender waits, hears a clear no, and offers it again.
    let (file, content) = ("CIMS_ZONNEHOF_weg_20210301_1.csv", rows("weg"));
    let handle = raw.create("x.part").await.unwrap();
    assert_eq!(raw.write(&handle, 0, &content).await.0, StatusCode::Ok);
    let begun = Instant::now();
    let closing = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let said = raw.close(&handle).await;
        (said, begun.elapsed())
    };
    let (((code, text), waited), ()) = tokio::join!(closing, door.shut_for(LONG));
    assert_eq!(code, StatusCode::Failure);
    assert_eq!(text, "tijdelijk niet beschikbaar, opnieuw aanbieden");
    assert!(waited >= Duration::from_secs(29), "{waited:?}");
    assert_eq!(house.world.count("deliveries").await, 0);
    raw.put("x.part", &content).await;
    assert_eq!(raw.rename("x.part", file).await.0, StatusCode::Ok);
    assert_eq!(house.answered(file).await, "VERWERKT");
    assert_eq!(house.world.count("delivery_rows").await, 2);
    drop(raw);
    house.until("sftp_uploads WHERE state = 'open'", 0).await;

    // During a job: it goes on by itself.
    let mut raw = house.raw("weg", 1).await;
    let many = many_rows();
    raw.put("x.part", &many).await;
    let file = "CIMS_ZONNEHOF_weg_20210301_2.csv";
    assert_eq!(raw.rename("x.part", file).await.0, StatusCode::Ok);
    house
        .until("jobs WHERE kind = 'check' AND state = 'leased'", 1)
        .await;
    door.shut_for(LONG).await;
    assert!(
        house.world.count("deliveries WHERE state = 'done'").await < 2,
        "the outage hit the job"
    );
    let begun = Instant::now();
    while house.world.count("deliveries WHERE state = 'done'").await < 2 {
        assert!(begun.elapsed() < Duration::from_secs(120));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let told = format!("answer_files WHERE name = '{file}.resultaat.json'");
    house.until(&told, 1).await;
    let stored = house.world.count("delivery_rows").await;
    assert_eq!(stored, 2 + MANY as i64);
    assert_eq!(
        house
            .world
            .count("(SELECT DISTINCT delivery_id, row_number FROM delivery_rows) AS r")
            .await,
        stored
    );
    let twice =
        "(SELECT FROM reports WHERE valid_to IS NULL GROUP BY source_key HAVING count(*) > 1) AS r";
    assert_eq!(house.world.count(twice).await, 0);
}

/// Rows of [`many_rows`].
pub(crate) const MANY: usize = 3 * 9 * 150;

/// Enough rows to be in the middle of.
pub(crate) fn many_rows() -> Vec<u8> {
    let people = [
        (EREBOS, "01-04-2000"),
        (NAOMI, "01-04-1987"),
        (FROUKE, "24-03-2000"),
    ];
    let mut all = Vec::with_capacity(MANY);
    for (bsn, birth) in people {
        for dose in 1..=9 {
            for day in 0..150 {
                let on = date!(2021 - 01 - 10) + time::Duration::days(day);
                let (month, day_of) = (u8::from(on.month()), on.day());
                let key = format!("veel-{}", all.len());
                all.push(with(
                    good(bsn, birth),
                    &[
                        (Column::Bronsleutel, key.as_str()),
                        (Column::Dosisnummer, &dose.to_string()),
                        (
                            Column::Vaccinatiedatum,
                            &format!("{day_of:02}-{month:02}-2021"),
                        ),
                    ],
                ));
            }
        }
    }
    csv(&all)
}

/// Whether a process of ours may have a disk of its own here: needed to fill one up.
fn own_disk() -> Option<&'static [&'static str]> {
    const WAYS: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    WAYS.into_iter().find(|way| {
        let tried = Command::new("unshare")
            .args(*way)
            .args(["mount", "-t", "tmpfs", "tmpfs", "/mnt"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        tried.is_ok_and(|status| status.success())
    })
}

/// A process whose raw files lie on a disk of 64 MiB of its own, and where that is seen from here; with so many MiB on it
/// from the start. None where no disk may be mounted.
fn on_a_small_disk(world: &World, filled: u32) -> Option<(Process, PathBuf)> {
    let way = own_disk()?;
    let storage = world.test.dir.path().join("storage");
    let script = format!(
        "mount -t tmpfs -o size=64m tmpfs \"$0\" && head -c {filled}M /dev/zero > \"$0/ballast\" && exec \"$@\""
    );
    let process = Process::begin(world, "max_file_bytes = 4194304\n", |program| {
        let mut command = Command::new("unshare");
        command.args(way).args(["sh", "-c", &script]);
        command.arg(&storage).arg(program);
        command
    });
    let inside = PathBuf::from(format!("/proc/{}/root", process.child.id()))
        .join(storage.strip_prefix("/").unwrap());
    Some((process, inside))
}

const NO_ROOM: &str = "er is nu geen ruimte, lever het bestand later opnieuw aan";

/// Writes until a "no"; then CLOSE says no as well.
async fn write_until_no(mut raw: Raw, handle: String, begun: usize) -> (Raw, String) {
    let portion = vec![b'a'; 32_000];
    let mut at = begun;
    loop {
        let (code, text) = raw.write(&handle, at, &portion).await;
        at += portion.len();
        if code != StatusCode::Ok {
            assert_eq!(raw.close(&handle).await.0, StatusCode::Failure);
            return (raw, text);
        }
        assert!(at < 4_000_000, "the disk is not full");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fills_up_fails_the_files_that_are_written_and_nothing_else() {
    const WRITERS: usize = 10;
    let mut house = House::open().await;
    for name in ["vol-a", "vol-b"] {
        house.keyed(name, Proof::Rename, 1).await;
    }
    house.close().await;
    let world = &house.world;
    let Some((process, inside)) = on_a_small_disk(world, 0) else {
        println!("{}", no_disk());
        return;
    };
    let (ballast, spool) = (inside.join("ballast"), inside.join("spool"));
    let account = |number: usize| ["vol-a", "vol-b"][number % 2];
    let mut whole = process.raw("vol-a").await.expect("it listens");
    assert!(process.asked("/readyz").await.contains("\"disk\":\"ok\""));
    // One that was answered, one that waits for its connection, one that is whole and not proved yet.
    let file = |name: &str| format!("CIMS_ZONNEHOF_vol-a_20210301_{name}.csv");
    let (answered, waiting, closed) = (file("1"), file("2"), file("3"));
    whole.put("x.part", &rows("een")).await;
    whole.rename("x.part", &answered).await;
    assert_eq!(house.answered(&answered).await, "VERWERKT");
    let priya = world.test.caller("priya", Role::Privacycoordinator, None);
    let priya = priya.await;
    let connection: Uuid =
        sqlx::query_scalar("SELECT id FROM connections WHERE party_id = $1 AND channel = 'sftp'")
            .bind(world.maria.party().unwrap().id)
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    let say = async |step| {
        let said = world
            .portal
            .decide_connection(&priya, connection, step, "een lek".into());
        said.await.unwrap()
    };
    say(ConnectionStep::Suspend).await;
    whole.put("x.part", &rows("twee")).await;
    whole.rename("x.part", &waiting).await;
    house.until("deliveries WHERE state = 'parked'", 1).await;
    whole.put("x.part", &rows("drie")).await;

    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let mut raw = process.raw(account(number)).await.expect("it listens");
        let handle = raw.create(&format!("{number}.part")).await.unwrap();
        let (code, _) = raw.write(&handle, 0, &vec![b'a'; 32_000]).await;
        assert_eq!(code, StatusCode::Ok);
        writers.push((raw, handle));
    }
    assert!(fill(&ballast) > 40 << 20);
    let refused = writers
        .into_iter()
        .map(|(raw, handle)| write_until_no(raw, handle, 32_000));
    let mut writers = Vec::new();
    for (raw, text) in futures::future::join_all(refused).await {
        assert_eq!(text, NO_ROOM);
        writers.push(raw);
    }
    let many = i64::try_from(WRITERS).unwrap();
    let gone = "sftp_uploads WHERE state = 'void' AND why = 'disk'";
    house.until(gone, many).await;
    assert_eq!(
        std::fs::read_dir(&spool).unwrap().count(),
        0,
        "nothing half stays"
    );
    let told = "audit_lines WHERE event = 'transfer.aborted' AND line LIKE '%\"why\":\"disk\"%'";
    assert_eq!(world.count(told).await, many);
    // Nothing is begun; whoever looks at health sees why, and the node stays in service.
    for raw in &mut writers {
        let refused = raw.create("y.part").await.unwrap_err();
        assert_eq!(refused, (StatusCode::Failure, NO_ROOM.to_owned()));
    }
    let ready = process.asked("/readyz").await;
    assert!(
        ready.starts_with("HTTP/1.0 200") && ready.contains("\"disk\":\"krap\""),
        "{ready}"
    );
    // Logins, answers and imports go on.
    let mut late = process.raw("vol-b").await.expect("a login");
    assert!(late.open("/in/x", OpenFlags::READ).await.is_err());
    let answer = whole
        .fetch(&format!("/uit/{answered}.resultaat.json"))
        .await;
    assert!(!answer.is_empty());
    say(ConnectionStep::Reopen).await;
    house.until("deliveries WHERE state = 'done'", 2).await;
    assert_eq!(world.count("delivery_rows").await, 4);
    // A receipt that cannot be written is no yes; the file that was whole stays.
    let rest = inside.join("rest");
    fill(&rest);
    let (code, text) = whole.rename("x.part", &closed).await;
    assert_eq!(code, StatusCode::Failure, "{text}");
    assert_eq!(world.count("sftp_uploads WHERE state = 'closed'").await, 1);

    for file in [&ballast, &rest] {
        std::fs::remove_file(file).unwrap();
    }
    assert_eq!(whole.rename("x.part", &closed).await.0, StatusCode::Ok);
    for (number, raw) in writers.iter_mut().enumerate() {
        let name = format!(
            "CIMS_ZONNEHOF_{}_20210301_{}.csv",
            account(number),
            10 + number
        );
        raw.put("x.part", &rows(&name)).await;
        assert_eq!(raw.rename("x.part", &name).await.0, StatusCode::Ok);
        assert_eq!(house.answered(&name).await, "VERWERKT");
    }
    for name in [&waiting, &closed] {
        assert_eq!(house.answered(name).await, "VERWERKT", "{name}");
    }
    assert_eq!(world.count(gone).await, many);
    assert!(process.asked("/readyz").await.contains("\"disk\":\"ok\""));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_with_little_room_is_an_alarm_each_minute() {
    let mut house = House::open().await;
    house.keyed("vol", Proof::Rename, 1).await;
    house.close().await;
    let Some((process, _)) = on_a_small_disk(&house.world, 60) else {
        println!("{}", no_disk());
        return;
    };
    Process::alarm(&house.world, "little room is left for raw files").await;
    let mut raw = process.raw("vol").await.expect("it listens");
    let refused = raw.create("x.part").await.unwrap_err();
    assert_eq!(refused, (StatusCode::Failure, NO_ROOM.to_owned()));
    let text = process.metrics().await;
    assert!(text.contains("cims_disk_free_bytes"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn work_that_waits_and_files_that_do_not_come_are_alarms() {
    let mut house = House::open().await;
    for (name, seed) in [("stil", 1), ("gat", 2), ("goed", 3)] {
        house.keyed(name, Proof::Rename, seed).await;
    }
    for (name, seed, numbers) in [("gat", 2, [1, 3]), ("goed", 3, [1, 2])] {
        let mut raw = house.raw(name, seed).await;
        for number in numbers {
            let file = format!("CIMS_ZONNEHOF_{name}_20210301_{number}.csv");
            raw.put("x.part", &rows(&file)).await;
            raw.rename("x.part", &file).await;
            house.answered(&file).await;
        }
    }
    house.until("jobs WHERE state <> 'done'", 0).await;
    house.close().await;
    let admin = &house.world.test.admin;
    sqlx::raw_sql(
        "UPDATE sftp_accounts SET created_at = now() - interval '14 days' WHERE name = 'stil';
         UPDATE connections SET decided_at = decided_at - interval '14 days';
         INSERT INTO jobs (id, kind, subject, attempts, created_at, run_at)
         SELECT gen_random_uuid(), kind, gen_random_uuid(), 3, now() - make_interval(mins => age), now() + interval '1 hour'
         FROM (VALUES ('answer', 16), ('recheck', 14)) AS late (kind, age)",
    )
    .execute(admin)
    .await
    .unwrap();
    let process = Process::start(&house.world);
    let lines = Process::alarm(&house.world, "work waits too long").await;
    let late: Vec<&str> = lines
        .iter()
        .filter(|line| line["fields"]["message"] == "work waits too long")
        .filter_map(|line| line["fields"]["kind"].as_str())
        .collect();
    assert!(late.iter().all(|kind| *kind == "answer"), "{late:?}");
    let lines = Process::alarm(&house.world, "installations lack files or rows").await;
    let mut lack: Vec<(&str, u64)> = lines
        .iter()
        .filter(|line| line["fields"]["message"] == "installations lack files or rows")
        .filter_map(|line| {
            Some((
                line["fields"]["lacks"].as_str()?,
                line["fields"]["installations"].as_u64()?,
            ))
        })
        .collect();
    lack.sort_unstable();
    lack.dedup();
    assert_eq!(lack, [("gap", 1), ("silent", 1)]);
    let text = process.metrics().await;
    for line in [
        "cims_installations_lacking{lacks=\"silent\"} 1",
        "cims_installations_lacking{lacks=\"gap\"} 1",
        "cims_installations_lacking{lacks=\"thin\"} 0",
        "cims_installations 3",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
}

/// Fills a disk up with one file; its bytes.
fn fill(path: &Path) -> u64 {
    let mut file = std::fs::File::create(path).unwrap();
    let block = vec![0; 4096];
    let mut written = 0;
    while file.write_all(&block).is_ok() {
        written += 4096;
    }
    written
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

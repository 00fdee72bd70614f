//! PostgreSQL is killed, or its disk is full, while files come in and are imported (security F3, F6).

use crate::cluster::{Cluster, Signal};
use crate::house::{House, Raw, rows, sha256};
use crate::support::{TestDb, counted, no_disk, not_run, until};
use crate::trouble::{MANY, hasty, many_rows, proved};
use crate::world::{World, csv};
use domain::delivery::dropbox::Proof;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use russh_sftp::protocol::StatusCode;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// A file and how it is proved: what is put down, under what name, and what beside it.
pub(crate) struct Delivery {
    pub(crate) name: String,
    shown: String,
    pub(crate) content: Vec<u8>,
    control: Option<String>,
}

impl Delivery {
    pub(crate) fn new(account: &str, proof: Proof, number: usize) -> Self {
        let name = format!("CIMS_ZONNEHOF_{account}_20210301_{number}.csv");
        let content = match proof {
            Proof::Trailer => proved(&name),
            _ => rows(&name),
        };
        Self {
            shown: match proof {
                Proof::Rename => format!("{name}.part"),
                _ => name.clone(),
            },
            control: (proof == Proof::Control).then(|| format!("sha256={}\n", sha256(&content))),
            name,
            content,
        }
    }

    /// Everything but its end: the handles to close.
    pub(crate) async fn begin(&self, raw: &mut Raw) -> Option<Vec<String>> {
        let handle = raw.try_create(&self.shown).await?;
        for (place, portion) in self.content.chunks(PORTION).enumerate() {
            raw.try_write(&handle, place * PORTION, portion).await?;
        }
        let mut open = vec![handle];
        if let Some(promise) = &self.control {
            let handle = raw.try_create(&format!("{}.ctl", self.name)).await?;
            raw.try_write(&handle, 0, promise.as_bytes()).await?;
            open.push(handle);
        }
        Some(open)
    }

    /// Its end; a yes to all of it.
    pub(crate) async fn finish(&self, raw: &mut Raw, open: Vec<String>) -> Option<()> {
        for handle in open {
            raw.try_close(&handle).await?;
        }
        if self.shown != self.name {
            raw.try_rename(&self.shown, &self.name).await?;
        }
        Some(())
    }

    /// Offers it until there is a yes.
    pub(crate) async fn offer(&self, house: &House, account: &str) {
        let begun = Instant::now();
        loop {
            if let Some(mut raw) = house.try_raw(account, 1).await
                && let Some(open) = self.begin(&mut raw).await
                && self.finish(&mut raw, open).await.is_some()
            {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{}", self.name);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Bytes of a WRITE.
const PORTION: usize = 200;

pub(crate) const ACCOUNTS: [(&str, Proof); 3] = [
    ("hernoemt", Proof::Rename),
    ("sluit", Proof::Trailer),
    ("belooft", Proof::Control),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_killed_while_a_file_is_finished_loses_no_yes_and_imports_nothing_twice() {
    const KILLS: usize = 15;
    let Some(mut cluster) = Cluster::start(None).await else {
        println!("{}", not_run("no PostgreSQL to start here"));
        return;
    };
    let test = TestDb::within(cluster.options()).await;
    let house = House::on(World::on(test).await, hasty()).await;
    let seed = Uuid::new_v4().as_u64_pair().0;
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut takes = Duration::ZERO;
    for (account, proof) in ACCOUNTS {
        house.keyed(account, proof, 1).await;
        let (mut raw, file) = (
            house.raw(account, 1).await,
            Delivery::new(account, proof, 0),
        );
        let open = file.begin(&mut raw).await.unwrap();
        let begun = Instant::now();
        assert!(file.finish(&mut raw, open).await.is_some());
        takes += begun.elapsed() / 3;
    }
    let mut unheard = 0;
    let mut within = takes;
    for number in 1..=KILLS {
        let (account, proof) = ACCOUNTS[number % 3];
        let file = Delivery::new(account, proof, number);
        let begun = Instant::now();
        let (mut raw, open) = loop {
            if let Some(mut raw) = house.try_raw(account, 1).await
                && let Some(open) = file.begin(&mut raw).await
            {
                break (raw, open);
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "nobody is let in"
            );
        };
        let moment = within.mul_f64(random.random_range(0.0..0.8));
        let signal = [Signal::Quit, Signal::Kill][number % 2];
        let outage = async {
            tokio::time::sleep(moment).await;
            cluster.kill(signal).await;
            // Sometimes longer than a sender is kept waiting.
            tokio::time::sleep(Duration::from_millis(random.random_range(0..2500))).await;
            cluster.run().await;
        };
        let (heard, ()) = tokio::join!(file.finish(&mut raw, open), outage);
        // After a yes the next kill comes sooner: the first files may have taken longer than the others do.
        within = if heard.is_none() { takes } else { moment };
        if heard.is_none() {
            unheard += 1;
            file.offer(&house, account).await;
        }
    }
    println!("{KILLS} kills within {takes:?}, {unheard} without a yes");
    assert!(unheard > 0, "no kill came before a yes");
    house.until("deliveries WHERE state <> 'done'", 0).await;
    for number in 0..=KILLS {
        for (account, proof) in ACCOUNTS {
            let file = Delivery::new(account, proof, number);
            let of = format!("deliveries WHERE file_name = '{}'", file.name);
            let expected = i64::from(number == 0 || ACCOUNTS[number % 3].0 == account);
            let taken = format!("{of} AND outcome = 'VERWERKT'");
            let taken = house.world.count(&taken).await;
            assert_eq!(taken, expected, "{}", file.name);
            // What was sent again because nobody heard the yes.
            let other = format!("{of} AND outcome NOT IN ('VERWERKT', 'DUBBEL')");
            assert_eq!(house.world.count(&other).await, 0, "{}", file.name);
        }
    }
    let files = i64::try_from(KILLS + 3).unwrap();
    assert_eq!(house.world.count("delivery_rows").await, 2 * files);
    house.world.sound().await;
    // Nothing half stays, in the database or on disk.
    house.until("sftp_uploads WHERE state = 'open'", 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgresql_killed_in_the_middle_of_an_import_and_an_upload_loses_no_row_and_doubles_none()
{
    const ROWS: usize = 8_000;
    let Some(mut cluster) = Cluster::start(None).await else {
        println!("{}", not_run("no PostgreSQL to start here"));
        return;
    };
    let test = TestDb::within(cluster.options()).await;
    let house = House::on(World::on(test).await, hasty()).await;
    for (account, proof) in [("hernoemt", Proof::Rename), ("sluit", Proof::Trailer)] {
        house.keyed(account, proof, 1).await;
    }
    let (mut import, mut sender) = (house.raw("hernoemt", 1).await, house.raw("sluit", 1).await);
    let many = "CIMS_ZONNEHOF_hernoemt_20210301_1.csv";
    let file = "CIMS_ZONNEHOF_sluit_20210301_1.csv";
    let content = proved("sluit");
    let handle = sender.create(file).await.unwrap();
    let written = sender.write(&handle, 0, &content[..100]).await;
    assert_eq!(written.0, StatusCode::Ok);
    let all: Vec<_> = (0..ROWS).map(|row| counted(&format!("n-{row}"))).collect();
    import.put("x.part", &csv(&all)).await;
    assert_eq!(import.rename("x.part", many).await.0, StatusCode::Ok);
    let patience = Duration::from_secs(150);
    until(patience, "nothing is stored", async || {
        house.world.count("deliveries WHERE progress > 0").await > 0
    })
    .await;
    cluster.kill(Signal::Kill).await;
    let rest = sender.write(&handle, 100, &content[100..]).await;
    assert_eq!(rest.0, StatusCode::Ok, "bytes land: {}", rest.1);
    cluster.run().await;
    let half = house.world.count("delivery_rows").await;
    assert!(half < i64::try_from(ROWS).unwrap(), "it was in the middle");
    let (code, text) = sender.close(&handle).await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    // Nobody does anything: the import goes on where it was.
    until(patience, "both are done", async || {
        let done = "deliveries WHERE outcome = 'VERWERKT'";
        house.world.count(done).await == 2
    })
    .await;
    let rows = i64::try_from(ROWS).unwrap() + 2;
    assert_eq!(house.world.count("delivery_rows").await, rows);
    let each = "(SELECT DISTINCT delivery_id, row_number FROM delivery_rows) AS r";
    assert_eq!(house.world.count(each).await, rows);
    for name in [many, file] {
        assert_eq!(house.answered(name).await, "VERWERKT");
    }
    house.world.sound().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_the_write_ahead_log_stops_the_database_and_loses_nothing() {
    let Some(mut cluster) = Cluster::start(Some(64)).await else {
        println!("{}", no_disk());
        return;
    };
    let test = TestDb::within(cluster.options()).await;
    let house = House::on(World::on(test).await, hasty()).await;
    for (account, proof) in [("hernoemt", Proof::Rename), ("sluit", Proof::Trailer)] {
        house.keyed(account, proof, 1).await;
    }
    let (mut import, mut sender) = (house.raw("hernoemt", 1).await, house.raw("sluit", 1).await);
    let many = "CIMS_ZONNEHOF_hernoemt_20210301_1.csv";
    let file = "CIMS_ZONNEHOF_sluit_20210301_1.csv";
    let content = proved("sluit");
    let handle = sender.create(file).await.unwrap();
    let written = sender.write(&handle, 0, &content[..100]).await;
    assert_eq!(written.0, StatusCode::Ok);
    import.put("x.part", &many_rows()).await;
    assert_eq!(import.rename("x.part", many).await.0, StatusCode::Ok);
    house
        .until("jobs WHERE kind = 'check' AND state = 'leased'", 1)
        .await;

    let disk = cluster.log_disk.as_ref().unwrap();
    let begun = Instant::now();
    // It comes back by itself now and then, for what it needs no more gives it room; and then that is used up, too.
    while begun.elapsed() < Duration::from_secs(4) {
        disk.fill();
        cluster.exhaust().await;
    }
    let rest = sender.write(&handle, 100, &content[100..]).await;
    assert_eq!(rest.0, StatusCode::Ok, "bytes land: {}", rest.1);
    let (code, text) = sender.close(&handle).await;
    assert_eq!(code, StatusCode::Failure);
    assert_eq!(text, "tijdelijk niet beschikbaar, opnieuw aanbieden");

    cluster.log_disk.as_ref().unwrap().empty();
    cluster.run().await;
    // Nobody does anything: what was whole is taken, and the import goes on where it was.
    let patience = Duration::from_secs(120);
    until(patience, "both are done", async || {
        let done = "deliveries WHERE outcome = 'VERWERKT'";
        house.world.count(done).await == 2
    })
    .await;
    let rows = i64::try_from(MANY).unwrap() + 2;
    assert_eq!(house.world.count("delivery_rows").await, rows);
    let each = "(SELECT DISTINCT delivery_id, row_number FROM delivery_rows) AS r";
    assert_eq!(house.world.count(each).await, rows);
    for name in [many, file] {
        assert_eq!(house.answered(name).await, "VERWERKT");
    }
    drop(sender);
    let mut sender = house.raw("sluit", 1).await;
    sender.put(file, &content).await;
    house.until("deliveries WHERE outcome = 'DUBBEL'", 1).await;
    assert_eq!(house.world.count("delivery_rows").await, rows);
    house.world.sound().await;
}

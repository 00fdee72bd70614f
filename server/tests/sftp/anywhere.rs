//! A connection that ends at any byte of what its client sends, from the first of the greeting to the last of the proof: in a
//! packet of SSH, in its length, in its seal, between two (security B11).

use crate::house::line::{Ends, Line};
use crate::house::{Anyone, House, Raw};
use crate::killed::{ACCOUNTS, Delivery};
use domain::delivery::dropbox::Proof;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use russh::client;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::DuplexStream;
use uuid::Uuid;

/// Connections of each account.
const EACH: usize = 60;

/// Logs in, puts a file down and proves it, as far as the line lets it. Notes how many bytes had passed at the end of each of
/// these three; none without the last yes.
async fn deliver(
    file: &Delivery,
    account: &str,
    near: DuplexStream,
    line: &Line,
    ends: &mut Vec<usize>,
) -> Option<()> {
    let config = Arc::new(client::Config::default());
    let ssh = client::connect_stream(config, near, Anyone).await.ok()?;
    let mut raw = Raw::by_key(ssh, account, 1).await?;
    ends.push(line.passed());
    let open = file.begin(&mut raw).await?;
    ends.push(line.passed());
    file.finish(&mut raw, open).await?;
    ends.push(line.passed());
    Some(())
}

/// Until the line carried all that it may, and was given more.
async fn spent(line: &Line) {
    while !line.is_spent() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// A file that was sent, as far as that came.
struct Sent {
    file: Delivery,
    /// Its sender heard yes, the first time or when it came again.
    whole: bool,
    /// Stages that were over when its first connection ended.
    stages: usize,
    about: String,
}

/// What one account sends: the first file is not cut, and tells where the stages end.
async fn sends(
    house: &House,
    (account, proof): (&str, Proof),
    from: &str,
    random: &mut ChaCha8Rng,
) -> Vec<Sent> {
    let file = Delivery::new(account, proof, 0);
    let (near, line) = house.line(from).await;
    let mut ends = Vec::new();
    let heard = deliver(&file, account, near, &line, &mut ends).await;
    assert!(heard.is_some(), "{account}: {ends:?}");
    let stages = [0..ends[0], ends[0]..ends[1], ends[1]..ends[2]];
    let mut sent = vec![Sent {
        file,
        whole: true,
        stages: ends.len(),
        about: format!("{account}: {stages:?}"),
    }];
    let mut hung: Vec<Line> = Vec::new();
    for number in 1..=EACH {
        let file = Delivery::new(account, proof, number);
        let after = random.random_range(stages[number % stages.len()].clone());
        let how = [Ends::Cut, Ends::Resets, Ends::Hangs][random.random_range(0..3)];
        let (near, line) = house.line(from).await;
        line.ends_after(after, how);
        let mut ends = Vec::new();
        let longest = tokio::time::sleep(Duration::from_secs(60));
        let heard = tokio::select! {
            done = deliver(&file, account, near, &line, &mut ends) => done.is_some(),
            () = spent(&line) => false,
            () = longest => panic!("{account}: {how:?} after {after}: nothing passes"),
        };
        let about = format!("{account}: {how:?} after {after}, {ends:?}");
        // Nothing else ended it; so what proves the file did not pass.
        assert!(heard || line.is_spent(), "{about}");
        if !heard && how == Ends::Hangs {
            hung.push(line);
            // An account has eight connections.
            if hung.len() > 3 {
                hung.remove(0).cut();
            }
        }
        let again = !heard && random.random_bool(0.3);
        if again {
            file.offer(house, account).await;
        }
        sent.push(Sent {
            file,
            whole: heard || again,
            stages: ends.len(),
            about,
        });
    }
    for line in hung {
        line.cut();
    }
    sent
}

/// A file of which the proof came is there, once and byte by byte; of another there is nothing.
async fn judge(house: &House, sent: &Sent) {
    let told: Vec<(Uuid, String)> =
        sqlx::query_as("SELECT id, outcome FROM deliveries WHERE file_name = $1")
            .bind(&sent.file.name)
            .fetch_all(&house.world.test.admin)
            .await
            .unwrap();
    let about = format!("{}: {told:?}", sent.about);
    assert_eq!(told.len(), usize::from(sent.whole), "{about}");
    for (id, outcome) in &told {
        assert_eq!(outcome, "VERWERKT", "{about}");
        let road = &house.world.road;
        let mut kept = Vec::new();
        let mut blob = road.blobs.read(&road.keys, *id).unwrap();
        blob.read_to_end(&mut kept).unwrap();
        assert!(kept == sent.file.content, "other bytes: {about}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ends_at_any_byte_leaves_nothing_half_and_loses_nothing_whole() {
    let house = House::open().await;
    let seed = Uuid::new_v4().as_u64_pair().0;
    println!("seed {seed}");
    for (account, proof) in ACCOUNTS {
        house.keyed(account, proof, 1).await;
    }
    // Each from an address of its own: from one, twelve a second may begin.
    let of_each = ACCOUNTS.into_iter().zip(20_u64..).map(|(account, place)| {
        let mut random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(place));
        let house = &house;
        async move {
            let from = format!("127.0.0.{place}");
            sends(house, account, &from, &mut random).await
        }
    });
    let sent = futures::future::join_all(of_each).await;
    let sent: Vec<Sent> = sent.into_iter().flatten().collect();
    house.until("sftp_uploads WHERE state = 'open'", 0).await;
    house.until("deliveries WHERE state <> 'done'", 0).await;
    let (mut whole, mut stages) = (0, BTreeMap::new());
    for one in &sent {
        judge(&house, one).await;
        whole += i64::from(one.whole);
        *stages.entry(one.stages).or_insert(0) += 1;
    }
    println!("ended after so many stages: {stages:?}; {whole} files");
    for stage in 0..3 {
        assert!(stages.contains_key(&stage), "{stages:?}");
    }
    assert_eq!(house.world.count("delivery_rows").await, 2 * whole);
}

//! One connection too many costs points, and is no login (security §5.2).

use crate::house::{House, key};
use domain::delivery::dropbox::Proof;
use russh::client::AuthResult;
use russh::keys::PrivateKeyWithHashAlg;
use std::sync::Arc;
use std::time::Duration;

async fn enters(house: &House, from: &str) -> bool {
    let mut ssh = house.ssh(from).await.unwrap();
    let key = PrivateKeyWithHashAlg::new(Arc::new(key(1)), None);
    let entered = ssh.authenticate_publickey("vol", key).await;
    matches!(entered, Ok(AuthResult::Success))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_too_many_close_the_account_for_their_address_and_are_no_login() {
    let house = House::open().await;
    house.keyed("vol", Proof::Rename, 1).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(house.raw("vol", 1).await);
    }
    let logins = "audit_lines WHERE line LIKE '%access.login\"%'";
    assert_eq!(house.world.count(logins).await, 8);
    let last = "SELECT last_login_at FROM sftp_accounts WHERE name = 'vol'";
    let last = async || -> time::OffsetDateTime {
        sqlx::query_scalar(last)
            .fetch_one(&house.world.test.admin)
            .await
            .unwrap()
    };
    let before = last().await;
    for times in 1..=4 {
        assert!(!enters(&house, "127.0.0.1").await);
        let points = format!("sftp_penalties WHERE score = {} AND bans = 0", 3 * times);
        assert_eq!(house.world.count(&points).await, 1, "{times}");
    }
    assert!(!enters(&house, "127.0.0.1").await);
    let closed = "sftp_penalties WHERE banned_until > now()";
    assert_eq!(house.world.count(closed).await, 1, "five times three");
    assert_eq!(house.world.count(logins).await, 8, "nobody came in");
    assert_eq!(last().await, before);
    let refused = "audit_lines WHERE line LIKE '%access.refused%too-many-connections%'";
    assert_eq!(house.world.count(refused).await, 5);

    // With room for all of them it is closed there, and nowhere else.
    drop(held);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!enters(&house, "127.0.0.1").await);
    let mut elsewhere = false;
    for _ in 0..4 {
        elsewhere = elsewhere || enters(&house, "127.0.0.2").await;
    }
    assert!(elsewhere);
}

/// The timer of the kernel for each connection to this port, and in how many hundredths of a second it goes off.
fn timers(port: u16) -> Vec<(String, u64)> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let here = format!(":{port:04X}");
    table
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .filter(|fields| fields[1].ends_with(&here) && fields[3] == "01")
        .map(|fields| {
            let (kind, when) = fields[5].split_once(':').unwrap();
            (kind.to_owned(), u64::from_str_radix(when, 16).unwrap())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_seat_of_which_the_link_is_gone_without_a_word_does_not_wait_for_the_idle_time() {
    let house = House::open().await;
    house.keyed("stil", Proof::Rename, 1).await;
    let _held = house.raw("stil", 1).await;
    let begun = std::time::Instant::now();
    // 02 is the question whether the other side is still there; for a moment after a message there may be another timer.
    loop {
        let found = timers(house.port);
        if matches!(found.as_slice(), [(kind, when)] if kind == "02" && (1_000..=6_200).contains(when))
        {
            break;
        }
        assert!(begun.elapsed().as_secs() < 10, "{found:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

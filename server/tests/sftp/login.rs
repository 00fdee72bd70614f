//! Who comes in, and what trying costs (security §5.1, §5.2).

use crate::house::{House, Raw, key, new_account, next, rows};
use crate::ranks::mann_whitney;
use app::ports::Caller;
use app::ports::accounts::{
    AccountChange, AccountChanged, AccountFor, AccountGiven, Accounts, NewAccess,
};
use domain::delivery::dropbox::Proof;
use domain::role::Role;
use rand::SeedableRng;
use rand::seq::SliceRandom as _;
use rand_chacha::ChaCha8Rng;
use russh::client::AuthResult;
use russh::keys::PrivateKeyWithHashAlg;
use russh_sftp::protocol::{OpenDir, Packet, StatusCode};
use server::commands::sftp::{Add, Change, End, Password, Unban, add, alter, change, end, unban};
use server::config;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use uuid::Uuid;

async fn by_key(house: &House, from: &str, name: &str, seed: u8) -> bool {
    let mut ssh = house.ssh(from).await.unwrap();
    let key = PrivateKeyWithHashAlg::new(Arc::new(key(seed)), None);
    matches!(
        ssh.authenticate_publickey(name, key).await,
        Ok(AuthResult::Success)
    )
}

/// The key of an access, as the list of RIVM has it.
async fn access(house: &House, name: &str) -> Uuid {
    let test = &house.world.test;
    let rosa = test.caller("rosa", Role::RivmBeheer, None).await;
    let all = house.world.portal.accounts(&rosa, 1).await.unwrap();
    let found = all.accounts.items.iter().find(|one| one.name == name);
    found.unwrap().id
}

/// `times` wrong passwords from an address, six on a connection.
async fn guess(house: &House, from: &str, name: &str, times: usize) {
    let tries = (0..times).step_by(6).map(|begun| async move {
        let mut ssh = house.ssh(from).await.unwrap();
        for _ in begun..times.min(begun + 6) {
            let tried = ssh.authenticate_password(name, "fout").await;
            assert!(!matches!(tried, Ok(AuthResult::Success)));
        }
    });
    futures::future::join_all(tries).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifteen_wrong_passwords_close_the_account_for_that_address_also_after_a_restart() {
    let mut house = House::open().await;
    let password = house.account("geraden", Proof::Rename).await;
    house.account("buur", Proof::Rename).await;
    let buur = house.account("buur-2", Proof::Rename).await;
    guess(&house, "127.0.0.1", "geraden", 14).await;
    assert!(
        house.password("127.0.0.1", "geraden", &password).await,
        "fourteen is not fifteen"
    );
    guess(&house, "127.0.0.1", "geraden", 15).await;
    assert!(!house.password("127.0.0.1", "geraden", &password).await);
    house.restart().await;
    assert!(!house.password("127.0.0.1", "geraden", &password).await);
    // Neither the account elsewhere nor another account here.
    assert!(house.password("127.0.0.2", "geraden", &password).await);
    assert!(house.password("127.0.0.1", "buur-2", &buur).await);
    // It ends by itself.
    sqlx::query("UPDATE sftp_penalties SET banned_until = now()")
        .execute(&house.world.test.admin)
        .await
        .unwrap();
    assert!(house.password("127.0.0.1", "geraden", &password).await);
    let lines = "audit_lines WHERE line LIKE '%access.login-failed%' AND line LIKE '%127.0.0.1%'";
    assert_eq!(house.world.count(lines).await, 14 + 15 + 2);
    let banned =
        "audit_lines WHERE line LIKE '%access.login-failed%' AND line LIKE '%\"banned\":true%'";
    assert_eq!(house.world.count(banned).await, 1);
}

/// What somebody shows who tries to come in.
#[derive(Clone, Copy)]
enum Shows<'a> {
    Password(&'a str),
    Key(u8),
}

/// Somebody who is refused: why, by what name, with what.
struct Refused<'a> {
    why: &'static str,
    name: &'a str,
    shows: Shows<'a>,
    /// A number of the network it comes from; of each try another address.
    network: u8,
}

/// Words and time of one refusal.
async fn refusal(house: &House, who: &Refused<'_>, round: u8) -> (String, Duration) {
    let from = format!("127.0.{}.{round}", who.network);
    let mut ssh = house.ssh(&from).await.unwrap();
    let begun = Instant::now();
    let answer = match who.shows {
        Shows::Password(password) => ssh.authenticate_password(who.name, password).await,
        Shows::Key(seed) => {
            let key = PrivateKeyWithHashAlg::new(Arc::new(key(seed)), None);
            ssh.authenticate_publickey(who.name, key).await
        }
    };
    let after = begun.elapsed();
    let answer = answer.unwrap();
    assert!(!answer.success(), "{}", who.why);
    (format!("{answer:?}"), after)
}

/// Times of refusals, a list for each who is refused: all of a round at once, so that what else the machine does, it does to all
/// of them, and in another order each time, for passwords are looked at in the order they come.
async fn refusals(
    house: &House,
    tried: &[Refused<'_>],
    random: &mut ChaCha8Rng,
    said: &mut BTreeSet<String>,
) -> Vec<Vec<Duration>> {
    let mut times = vec![Vec::new(); tried.len()];
    for round in 1..=ROUNDS {
        let mut order: Vec<usize> = (0..tried.len()).collect();
        order.shuffle(random);
        let tries = order
            .into_iter()
            .map(async |place| (place, refusal(house, &tried[place], round).await));
        for (place, (words, after)) in futures::future::join_all(tries).await {
            said.insert(words);
            times[place].push(after);
        }
    }
    for (who, theirs) in tried.iter().zip(&times) {
        let soonest = theirs.iter().min().unwrap();
        let why = who.why;
        assert!(*soonest >= Duration::from_millis(990), "{why}: {soonest:?}");
    }
    times
}

/// Refusals of each kind in a batch.
const ROUNDS: u8 = 32;

/// Whose refusals come earlier or later than those of a name that nobody has, by a rank test at one in a hundred; and what it
/// says of all, to be read.
fn stand_out(
    tried: &[Refused<'_>],
    times: &[Vec<Duration>],
) -> (Vec<(&'static str, bool)>, String) {
    let unknown = &times[0];
    // Were one of them so much later that somebody behind a network could tell, these tries would show it.
    let later: Vec<_> = unknown.iter().map(|time| *time + APART).collect();
    let seen = mann_whitney(&later, unknown);
    let mut told = format!("{APART:?} later: {seen:?}\n");
    assert!(
        seen.p < 0.01,
        "the machine is too busy to measure: {seen:?}"
    );
    let mut out = Vec::new();
    for (who, theirs) in tried.iter().zip(times).skip(1) {
        let found = mann_whitney(theirs, unknown);
        told += &format!("{}: {found:?}\n", who.why);
        if found.p < 0.01 {
            out.push((who.why, found.later > 0.5));
        }
    }
    (out, told)
}

/// What somebody behind a network could tell apart.
const APART: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn why_somebody_is_refused_shows_by_neither_words_nor_time() {
    let house = House::open().await;
    let known = house.account("bekend", Proof::Rename).await;
    house.keyed("sleutel", Proof::Rename, 1).await;
    let ended = house.account("voorbij", Proof::Rename).await;
    let db = &house.world.road.db;
    let args = End {
        name: "voorbij".to_owned(),
        by: "test".to_owned(),
    };
    end(db, &args).await.unwrap();
    for (name, keys) in [
        ("elders", Vec::new()),
        ("elders-2", vec![house.key_files(2).1]),
    ] {
        let args = Add {
            sources: vec!["10.0.0.0/8".to_owned()],
            keys,
            ..new_account(name)
        };
        add(db, &args).await.unwrap();
    }
    let args = Password {
        name: "elders".to_owned(),
        now: true,
        by: "test".to_owned(),
    };
    let elsewhere = change(db, &args).await.unwrap();
    // Banned for the addresses of network 1: an account with a password, one with a key, and names nobody has.
    sqlx::query(
        "INSERT INTO sftp_penalties (account_id, address, banned_until)
         SELECT a.id, '127.0.1.' || n, now() + interval '1 hour'
         FROM (SELECT id FROM sftp_accounts WHERE name IN ('bekend', 'sleutel') UNION ALL SELECT NULL) AS a, generate_series(1, 50) AS n",
    )
    .execute(&house.world.test.admin)
    .await
    .unwrap();
    let wrong = Shows::Password("hunter2-geheim");
    let refused = |why, name, shows, network| Refused {
        why,
        name,
        shows,
        network,
    };
    let by_password = [
        refused("nobody has this name", "onbekend", wrong, 2),
        refused("and its address is banned", "onbekend", wrong, 1),
        refused("wrong password", "bekend", wrong, 3),
        refused("it has a key only", "sleutel", wrong, 4),
        refused(
            "banned, password right",
            "bekend",
            Shows::Password(&known),
            1,
        ),
        refused("banned, password wrong", "bekend", wrong, 1),
        refused(
            "from elsewhere, password right",
            "elders",
            Shows::Password(&elsewhere),
            5,
        ),
        refused("from elsewhere, password wrong", "elders", wrong, 6),
        refused("it has ended", "voorbij", Shows::Password(&ended), 7),
    ];
    let by_key = [
        refused("nobody has this name", "onbekend", Shows::Key(1), 8),
        refused("and its address is banned", "onbekend", Shows::Key(1), 1),
        refused("wrong key", "sleutel", Shows::Key(9), 9),
        refused("it has a password only", "bekend", Shows::Key(1), 10),
        refused("banned, key right", "sleutel", Shows::Key(1), 1),
        refused("from elsewhere, key right", "elders-2", Shows::Key(2), 11),
        refused("it has ended", "voorbij", Shows::Key(1), 12),
    ];
    let seed = Uuid::new_v4().as_u64_pair().0;
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for tried in [&by_password[..], &by_key] {
        let mut said = BTreeSet::new();
        let times = refusals(&house, tried, &mut random, &mut said).await;
        let (mut out, told) = stand_out(tried, &times);
        println!("{told}");
        if !out.is_empty() {
            // Of so many comparisons one stands out by chance now and then; twice the same way none does.
            let times = refusals(&house, tried, &mut random, &mut said).await;
            let (again, told) = stand_out(tried, &times);
            println!("again: {told}");
            out.retain(|one| again.contains(one));
        }
        assert!(out.is_empty(), "shows by its time (and is later): {out:?}");
        assert_eq!(said.len(), 1, "{said:?}");
    }
    // Neither the name nor the password is kept.
    house.world.nowhere(&["onbekend", "hunter2"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_of_the_account_opens_it_and_no_other() {
    let house = House::open().await;
    house.keyed("sleutel", Proof::Rename, 1).await;
    assert!(by_key(&house, "127.0.0.1", "sleutel", 1).await);
    assert!(!by_key(&house, "127.0.0.1", "sleutel", 2).await);
    assert!(!by_key(&house, "127.0.0.1", "niemand", 1).await);
    assert!(!house.password("127.0.0.1", "sleutel", "").await);
    // A connection with nothing but refused keys is one failed login, and a wrong password another.
    let failed = "sftp_penalties WHERE account_id IS NOT NULL AND score = 2";
    house.until(failed, 1).await;
    house
        .until("sftp_penalties WHERE account_id IS NULL AND score = 2", 1)
        .await;
    let offered = "audit_lines WHERE line LIKE '%access.login-failed%' AND line LIKE '%\"means\":\"key-offered\"%'";
    house.until(offered, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_offers_all_its_keys_is_not_punished_for_the_wrong_ones() {
    let house = House::open().await;
    house.keyed("sleutelbos", Proof::Rename, 5).await;
    let offer = async |seeds: &[u8]| {
        let mut ssh = house.ssh("127.0.0.1").await.unwrap();
        let mut entered = false;
        for seed in seeds {
            let key = PrivateKeyWithHashAlg::new(Arc::new(key(*seed)), None);
            let answer = ssh.authenticate_publickey("sleutelbos", key).await.unwrap();
            entered = matches!(answer, AuthResult::Success);
        }
        entered
    };
    let lines = "audit_lines WHERE line LIKE '%access.login-failed%'";
    assert!(offer(&[1, 2, 3, 5]).await, "the last of its keys is right");
    assert!(!offer(&[1, 2, 3]).await);
    house.until(lines, 1).await;
    let score = "sftp_penalties WHERE account_id IS NOT NULL AND score = 1";
    assert_eq!(house.world.count(score).await, 1);
    // Fifteen connections with none are fifteen failures.
    for _ in 0..14 {
        assert!(!offer(&[1]).await);
    }
    house.until(lines, 15).await;
    assert!(!offer(&[5]).await, "closed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_tries_on_with_the_right_password_does_not_make_its_ban_longer_and_can_be_let_in() {
    let house = House::open().await;
    let password = house.account("ijverig", Proof::Rename).await;
    let db = &house.world.road.db;
    let unban = async |from: Option<&str>| {
        let args = Unban {
            name: "ijverig".to_owned(),
            from: from.map(|from| from.parse().unwrap()),
            by: "test".to_owned(),
        };
        unban(db, &args).await
    };
    for from in ["127.0.0.1", "127.0.0.2"] {
        guess(&house, from, "ijverig", 15).await;
    }
    for _ in 0..16 {
        assert!(!house.password("127.0.0.1", "ijverig", &password).await);
    }
    let more = "sftp_penalties WHERE bans > 1 OR score > 0";
    assert_eq!(house.world.count(more).await, 0);
    // The wrong one does cost: half as long again.
    let minutes = async |from: &str| -> f64 {
        sqlx::query_scalar("SELECT (extract(epoch FROM banned_until - since) / 60)::float8 FROM sftp_penalties WHERE address = $1")
            .bind(from)
            .fetch_one(&house.world.test.admin)
            .await
            .unwrap()
    };
    assert!((minutes("127.0.0.1").await - 30.0).abs() < 0.1);
    guess(&house, "127.0.0.2", "ijverig", 15).await;
    assert_eq!(house.world.count(more).await, 1);
    assert!((minutes("127.0.0.2").await - 45.0).abs() < 0.1);

    assert_eq!(unban(Some("127.0.0.1")).await.unwrap(), 1);
    assert!(house.password("127.0.0.1", "ijverig", &password).await);
    assert!(!house.password("127.0.0.2", "ijverig", &password).await);
    assert_eq!(unban(None).await.unwrap(), 1);
    assert!(house.password("127.0.0.2", "ijverig", &password).await);
    assert_eq!(unban(None).await.unwrap(), 0);
    let told = "audit_lines WHERE line LIKE '%governance.user%' AND line LIKE '%unbanned%'";
    assert_eq!(house.world.count(told).await, 3);
    let args = Unban {
        name: "niemand".to_owned(),
        from: None,
        by: "test".to_owned(),
    };
    assert!(server::commands::sftp::unban(db, &args).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_comes_from_its_own_networks() {
    let house = House::open().await;
    let args = Add {
        name: "netwerk".to_owned(),
        party: "ZONNEHOF".to_owned(),
        intermediary: Some("DUINZICHT".to_owned()),
        installation: "1".to_owned(),
        proof: Proof::Rename,
        rhythm: "any".to_owned(),
        brp: false,
        keys: vec![house.key_files(1).1],
        sources: vec!["127.0.0.2/31".to_owned()],
        by: "test".to_owned(),
    };
    add(&house.world.road.db, &args).await.unwrap();
    assert!(by_key(&house, "127.0.0.2", "netwerk", 1).await);
    assert!(by_key(&house, "127.0.0.3", "netwerk", 1).await);
    // Nobody comes from there: the connection closes before a word.
    assert!(house.ssh("127.0.0.4").await.is_err());
    // Once somebody may come from anywhere, this account still may not.
    house.keyed("overal", Proof::Rename, 2).await;
    assert!(!by_key(&house, "127.0.0.4", "netwerk", 1).await);
    assert!(by_key(&house, "127.0.0.4", "overal", 2).await);
    for sources in [["127.0.0.1/33"], ["overal"]] {
        let wrong = Add {
            name: "ander-netwerk".to_owned(),
            installation: "2".to_owned(),
            sources: sources.map(str::to_owned).to_vec(),
            party: args.party.clone(),
            intermediary: None,
            proof: Proof::Rename,
            rhythm: "any".to_owned(),
            brp: false,
            keys: Vec::new(),
            by: "test".to_owned(),
        };
        assert!(add(&house.world.road.db, &wrong).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_rivm_changes_on_the_page_of_an_access_holds_at_the_next_login() {
    let house = House::open().await;
    let first = house.account("pagina", Proof::Rename).await;
    // Somebody else stays, or nobody would be let in at all.
    house.keyed("blijft", Proof::Rename, 1).await;
    let portal = &house.world.portal;
    let rik = house.world.test.caller("rik", Role::RivmBeheer, None).await;
    let all = portal.accounts(&rik, 1).await.unwrap();
    let id = all
        .accounts
        .items
        .iter()
        .find(|one| one.name == "pagina")
        .unwrap()
        .id;
    let change = async |change| portal.change_account(&rik, id, change).await.unwrap();
    let made = change(AccountChange::NewPassword { now: false }).await;
    let AccountChanged::Password(sealed) = made else {
        panic!("a password")
    };
    let view = portal.account(&rik, id, Some(sealed)).await.unwrap();
    let second = view.password.unwrap();
    for password in [&first, &second] {
        assert!(house.password("127.0.0.1", "pagina", password).await);
    }
    assert!(change(AccountChange::EndOldPassword).await == AccountChanged::Done);
    assert!(!house.password("127.0.0.1", "pagina", &first).await);
    assert!(house.password("127.0.0.1", "pagina", &second).await);
    let public = std::fs::read_to_string(house.key_files(2).1).unwrap();
    let add = AccountChange::AddKey {
        line: public,
        alone: false,
    };
    assert!(change(add).await == AccountChanged::Done);
    assert!(by_key(&house, "127.0.0.1", "pagina", 2).await);
    let elsewhere = AccountChange::Sources("127.0.0.9".to_owned());
    assert!(change(elsewhere).await == AccountChanged::Done);
    assert!(!by_key(&house, "127.0.0.1", "pagina", 2).await);
    assert!(house.password("127.0.0.9", "pagina", &second).await);
    house.world.nowhere(&[&first, &second]).await;
}

/// An access as RIVM fills it in, for the connection of a party.
async fn filled_in(house: &House, rik: &Caller, party: &str) -> NewAccess {
    let list = house.world.portal.accounts(rik, 1).await.unwrap();
    let of = |one: &&AccountFor| one.party.ends_with(party);
    NewAccess {
        connection: list.connections.iter().find(of).unwrap().id,
        name: "nieuw-1".to_owned(),
        installation: "7".to_owned(),
        proof: Proof::Rename,
        daily: true,
        key: String::new(),
        sources: "overal".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_that_rivm_gives_out_on_the_page_opens_with_the_password_shown_there_once() {
    let house = House::open().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let rik = world.test.caller("rik", Role::RivmBeheer, None).await;
    let rosa = world.test.caller("rosa", Role::RivmBeheer, None).await;
    let new = filled_in(&house, &rik, "ZONNEHOF").await;
    let given = portal.give_account(&rik, new).await.unwrap();
    let AccountGiven::Password(id, sealed) = given else {
        panic!("a password")
    };
    let other = portal.account(&rosa, id, Some(sealed.clone())).await;
    assert_eq!(other.unwrap().password, None, "of who gave it out");
    let view = portal.account(&rik, id, Some(sealed)).await.unwrap();
    assert_eq!((view.line.name.as_str(), view.daily), ("nieuw-1", true));
    let password = view.password.unwrap();
    let mut ssh = house.ssh("127.0.0.1").await.unwrap();
    let entered = ssh.authenticate_password("nieuw-1", &password).await;
    assert!(matches!(entered, Ok(AuthResult::Success)));
    let mut raw = Raw::new(ssh).await;
    let file = "CIMS_ZONNEHOF_7_20210301_1.csv";
    raw.put("/in/x.part", &rows("n")).await;
    let (code, text) = raw.rename("/in/x.part", &format!("/in/{file}")).await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    assert_eq!(house.answered(file).await, "VERWERKT");
    let told =
        "audit_lines WHERE line LIKE '%sftp-account%' AND line LIKE '%\"what\":\"given-out\"%'";
    assert_eq!(world.count(told).await, 1);
    world.nowhere(&[&password]).await;

    // Under test it sees the folder for tests; with a key there is no password.
    let waits = "UPDATE connections SET state = 'requested' WHERE channel = 'sftp'";
    sqlx::query(waits).execute(&world.test.admin).await.unwrap();
    let keyed = NewAccess {
        name: "nieuw-2".to_owned(),
        installation: "8".to_owned(),
        key: std::fs::read_to_string(house.key_files(2).1).unwrap(),
        ..filled_in(&house, &rik, "ZONNEHOF").await
    };
    let given = portal.give_account(&rik, keyed).await.unwrap();
    assert!(matches!(given, AccountGiven::Done(_)));
    let mut raw = house.raw("nieuw-2", 2).await;
    assert!(raw.create("/test/x.part").await.is_ok());
    assert!(raw.create("/in/x.part").await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_access_is_not_given_out_on_the_page() {
    let house = House::open().await;
    let (world, portal) = (&house.world, &house.world.portal);
    let rik = world.test.caller("rik", Role::RivmBeheer, None).await;
    let good = filled_in(&house, &rik, "ZONNEHOF").await;
    let other = filled_in(&house, &rik, "DUINZICHT").await;
    let first = portal.give_account(&rik, good.clone()).await.unwrap();
    assert!(matches!(first, AccountGiven::Password(..)));
    let next = NewAccess {
        name: "nieuw-2".to_owned(),
        installation: "8".to_owned(),
        ..good.clone()
    };
    let named = |name: &str| NewAccess {
        name: name.to_owned(),
        ..next.clone()
    };
    let installed = |installation: &str| NewAccess {
        installation: installation.to_owned(),
        ..next.clone()
    };
    let from = |sources: &str| NewAccess {
        sources: sources.to_owned(),
        ..next.clone()
    };
    let no_key = NewAccess {
        key: "ssh-ed25519 AAAA".to_owned(),
        ..next.clone()
    };
    let nowhere = NewAccess {
        connection: Uuid::now_v7(),
        ..next.clone()
    };
    for (wrong, why) in [
        (named("nieuw-1"), AccountGiven::NameTaken),
        (named("Nieuw-2"), AccountGiven::NoName),
        (named("n-999990019"), AccountGiven::NoName),
        (installed("7"), AccountGiven::InstallationTaken),
        (installed("7_8"), AccountGiven::NoInstallation),
        (installed("999990019"), AccountGiven::NoInstallation),
        (from(""), AccountGiven::NoSources),
        (from("192.0.2.1/24"), AccountGiven::NoSources),
        (no_key, AccountGiven::NoKey),
        (nowhere, AccountGiven::NoConnection),
    ] {
        assert!(
            portal.give_account(&rik, wrong.clone()).await.unwrap() == why,
            "{wrong:?}"
        );
    }
    assert_eq!(world.count("sftp_accounts").await, 1);
    // The same installation of another party is another one; that of a connection that ended is none.
    let other = NewAccess {
        name: "duin-1".to_owned(),
        ..other
    };
    let given = portal.give_account(&rik, other).await.unwrap();
    assert!(matches!(given, AccountGiven::Password(..)));
    sqlx::query("UPDATE connections SET state = 'ended' WHERE channel = 'sftp'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let late = portal.give_account(&rik, next).await.unwrap();
    assert!(late == AccountGiven::NoConnection);
    let list = portal.accounts(&rik, 1).await.unwrap();
    assert!(list.connections.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_access_that_rivm_ends_on_its_page_is_over_for_a_session_that_is_open() {
    let house = House::open().await;
    // Somebody else stays, or nobody would be let in at all.
    house.keyed("blijft", Proof::Rename, 1).await;
    house.keyed("eindigt", Proof::Rename, 2).await;
    let portal = &house.world.portal;
    let rik = house.world.test.caller("rik", Role::RivmBeheer, None).await;
    let id = access(&house, "eindigt").await;
    let mut raw = house.raw("eindigt", 2).await;
    raw.put("x.part", b"x").await;
    let end = async |reason: &str| {
        let change = AccountChange::End(reason.to_owned());
        portal.change_account(&rik, id, change).await.unwrap()
    };
    assert!(end(" ").await == AccountChanged::NoReason);
    let file = "CIMS_ZONNEHOF_eindigt_20210301_1.csv";
    raw.put("y.part", b"y").await;
    assert!(end("de leverancier stopt").await == AccountChanged::Done);
    let over = (
        StatusCode::PermissionDenied,
        "dit account is beëindigd".to_owned(),
    );
    assert_eq!(raw.create("z.part").await, Err(over.clone()));
    assert_eq!(raw.rename("x.part", file).await, over);
    assert!(!by_key(&house, "127.0.0.1", "eindigt", 2).await);
    assert_eq!(house.world.count("deliveries").await, 0);
    let view = portal.account(&rik, id, None).await.unwrap();
    assert_eq!(view.end_reason.as_deref(), Some("de leverancier stopt"));
    assert!(end("nog eens").await == AccountChanged::Before);
    let told = "audit_lines WHERE line LIKE '%sftp-account%' AND line LIKE '%\"what\":\"ended\"%'";
    assert_eq!(house.world.count(told).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rivm_lets_an_access_in_again_on_its_page_and_reads_there_that_it_was_closed() {
    let house = House::open().await;
    let password = house.account("geraden", Proof::Rename).await;
    let portal = &house.world.portal;
    let rik = house.world.test.caller("rik", Role::RivmBeheer, None).await;
    let id = access(&house, "geraden").await;
    let let_in = async || {
        let change = AccountChange::LetIn;
        portal.change_account(&rik, id, change).await.unwrap()
    };
    guess(&house, "127.0.0.1", "geraden", 14).await;
    let view = portal.account(&rik, id, None).await.unwrap();
    assert_eq!((view.line.closed, view.line.closed_until), (0, None));
    assert!(let_in().await == AccountChanged::Before, "it is open");
    guess(&house, "127.0.0.1", "geraden", 1).await;
    guess(&house, "127.0.0.2", "geraden", 15).await;
    for from in ["127.0.0.1", "127.0.0.2"] {
        assert!(!house.password(from, "geraden", &password).await, "{from}");
    }
    let view = portal.account(&rik, id, None).await.unwrap();
    assert_eq!(view.line.closed, 2);
    assert!(view.line.closed_until.is_some());
    assert!(let_in().await == AccountChanged::Done);
    for from in ["127.0.0.1", "127.0.0.2"] {
        assert!(house.password(from, "geraden", &password).await, "{from}");
    }
    let told =
        "audit_lines WHERE line LIKE '%sftp-account%' AND line LIKE '%\"what\":\"unbanned\"%'";
    assert_eq!(house.world.count(told).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn during_a_change_two_passwords_are_valid_and_after_its_end_none() {
    let house = House::open().await;
    let first = house.account("wissel", Proof::Rename).await;
    // Somebody else stays, or nobody would be let in at all.
    house.keyed("blijft", Proof::Rename, 1).await;
    let new = |now: bool| Password {
        name: "wissel".to_owned(),
        now,
        by: "test".to_owned(),
    };
    let db = &house.world.road.db;
    let second = change(db, &new(false)).await.unwrap();
    for password in [&first, &second] {
        assert!(house.password("127.0.0.1", "wissel", password).await);
    }
    sqlx::query(
        "UPDATE sftp_accounts SET password_before_until = now() WHERE password_before IS NOT NULL",
    )
    .execute(&db.worker)
    .await
    .unwrap();
    assert!(!house.password("127.0.0.1", "wissel", &first).await);
    let third = change(db, &new(true)).await.unwrap();
    assert!(!house.password("127.0.0.1", "wissel", &second).await);
    assert!(house.password("127.0.0.1", "wissel", &third).await);

    // A session that is open cannot go on delivering.
    let mut ssh = house.ssh("127.0.0.1").await.unwrap();
    let entered = ssh.authenticate_password("wissel", &third).await.unwrap();
    assert!(matches!(entered, AuthResult::Success));
    let mut raw = Raw::new(ssh).await;
    raw.put("x.part", b"x").await;
    let args = End {
        name: "wissel".to_owned(),
        by: "test".to_owned(),
    };
    end(db, &args).await.unwrap();
    let file = "CIMS_ZONNEHOF_wissel_20210301_1.csv";
    let over = (
        StatusCode::PermissionDenied,
        "dit account is beëindigd".to_owned(),
    );
    assert_eq!(raw.create("y.part").await, Err(over.clone()));
    assert_eq!(raw.rename("x.part", file).await, over);
    let listed = OpenDir {
        id: next(),
        path: "/uit".to_owned(),
    };
    assert_eq!(raw.status(Packet::OpenDir(listed)).await, over);
    assert_eq!(house.world.count("deliveries").await, 0);
    assert!(!house.password("127.0.0.1", "wissel", &third).await);
    assert!(end(db, &args).await.is_err(), "it ended already");
    let told = "audit_lines WHERE line LIKE '%governance.user%' AND line LIKE '%sftp-account%'";
    assert_eq!(house.world.count(told).await, 5);
    house.world.nowhere(&[&first, &second, &third]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_does_not_log_in_is_cut_whatever_it_says() {
    let house = House::with(config::Sftp {
        login_seconds: 4,
        ..config::Sftp::default()
    })
    .await;
    house.keyed("traag", Proof::Rename, 1).await;
    // One that says nothing, and one that came half-way.
    let mut silent = tokio::net::TcpStream::connect(("127.0.0.1", house.port))
        .await
        .unwrap();
    let half = house.ssh("127.0.0.1").await.unwrap();
    let begun = Instant::now();
    let mut heard = Vec::new();
    silent.read_to_end(&mut heard).await.ok();
    assert!(heard.starts_with(b"SSH-2.0-CIMS\r\n"), "{heard:?}");
    while !half.is_closed() {
        assert!(begun.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Who is logged in stays.
    let mut raw = house.raw("traag", 1).await;
    tokio::time::sleep(Duration::from_millis(4500)).await;
    raw.put("x.part", b"x").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_has_eight_connections_and_a_source_32_without_a_login() {
    let house = House::open().await;
    house.keyed("druk", Proof::Rename, 1).await;
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(house.raw("druk", 1).await);
    }
    assert!(!by_key(&house, "127.0.0.1", "druk", 1).await);
    held.pop();
    let begun = Instant::now();
    while !by_key(&house, "127.0.0.1", "druk", 1).await {
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    let mut silent = Vec::new();
    for _ in 0..32 {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", house.port))
            .await
            .unwrap();
        silent.push(stream);
    }
    // The 33rd hears nothing; one from elsewhere comes in.
    let begun = Instant::now();
    loop {
        let mut late = tokio::net::TcpStream::connect(("127.0.0.1", house.port))
            .await
            .unwrap();
        let mut heard = [0; 8];
        if late.read(&mut heard).await.is_ok_and(|read| read == 0) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10));
    }
    assert!(by_key(&house, "127.0.0.9", "druk", 1).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_changed_in_what_is_named_and_the_rest_stays() {
    let house = House::open().await;
    house.keyed("wijzigt", Proof::Rename, 1).await;
    // Somebody else comes from anywhere, or an address of nobody is not even heard.
    house.keyed("blijft", Proof::Rename, 3).await;
    let db = &house.world.road.db;
    let change = |sources: &[&str], keys: Vec<PathBuf>| Change {
        name: "wijzigt".to_owned(),
        sources: sources.iter().map(|&source| source.to_owned()).collect(),
        keys,
        proof: None,
        rhythm: None,
        numbers_from: None,
        by: "test".to_owned(),
    };
    let enters = async |from: &str, seed| by_key(&house, from, "wijzigt", seed).await;
    // During a change of keys both are valid.
    let (old, new) = (house.key_files(1).1, house.key_files(2).1);
    alter(db, &change(&[], vec![old, new.clone()]))
        .await
        .unwrap();
    assert!(enters("127.0.0.1", 1).await && enters("127.0.0.1", 2).await);
    alter(db, &change(&[], vec![new])).await.unwrap();
    assert!(!enters("127.0.0.1", 1).await && enters("127.0.0.1", 2).await);
    alter(db, &change(&["127.0.0.9/32"], Vec::new()))
        .await
        .unwrap();
    assert!(!enters("127.0.0.1", 2).await && enters("127.0.0.9", 2).await);
    alter(db, &change(&["anywhere"], Vec::new())).await.unwrap();
    assert!(enters("127.0.0.1", 2).await);
    for wrong in [&["nergens"][..], &["anywhere", "127.0.0.9/32"], &[]] {
        assert!(
            alter(db, &change(wrong, Vec::new())).await.is_err(),
            "{wrong:?}"
        );
    }
    let lines = "audit_lines WHERE line LIKE '%sftp-account%' AND line LIKE '%\"what\":\"from\"%'";
    assert_eq!(house.world.count(lines).await, 2);
}

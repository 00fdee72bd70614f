//! One file at once by every door that is there: the upload page, the drop box and `cims import`, each as it really is.

use crate::dropbox::{Anyone, Raw, key as ssh_key, new_account};
use crate::house::{House, upload};
use crate::portal::Portal;
use crate::support::{EREBOS, FROUKE, NAOMI, csv, good, with};
use axum::http::StatusCode as Http;
use domain::delivery::Channel;
use domain::row::Column;
use futures::future::join_all;
use russh::client;
use russh::keys::PrivateKeyWithHashAlg;
use russh_sftp::protocol::StatusCode;
use server::channels::sftp;
use server::commands::import::{self, import};
use server::commands::sftp::{Add, add};
use server::config;
use server::intake;
use server::jobs::Life;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

const UPLOADS: usize = 7;
const DROPPED: usize = 7;
const IMPORTS: usize = 6;
const TIMES: usize = UPLOADS + DROPPED + IMPORTS;
/// Account of the drop box, and the seed of its key.
const ACCOUNT: &str = "deuren";
const SEED: u8 = 41;

/// Good rows of three persons, with keys: over SFTP a row needs one.
fn content() -> String {
    let people = [
        (EREBOS, "01-04-2000"),
        (NAOMI, "01-04-1987"),
        (FROUKE, "24-03-2000"),
    ];
    let rows = people.iter().enumerate().map(|(place, (bsn, born))| {
        let key = format!("deur-{place}");
        with(good(bsn, born), &[(Column::Bronsleutel, &key)])
    });
    csv(&rows.collect::<Vec<_>>())
}

/// The drop box of this portal, with an account of ZONNEHOF; its port.
async fn drop_box(portal: &Portal, life: &Arc<Life>, stop: &watch::Sender<bool>) -> u16 {
    let public = portal.test.dir.path().join("deuren.pub");
    let openssh = ssh_key(SEED).public_key().to_openssh().expect("key");
    std::fs::write(&public, openssh).expect("file");
    let account = Add {
        keys: vec![public],
        ..new_account(ACCOUNT)
    };
    add(&portal.road.db, &account).await.expect("account");
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port");
    let port = listener.local_addr().expect("address").port();
    let (road, life, stop) = (portal.road.clone(), life.clone(), stop.subscribe());
    tokio::spawn(async move {
        let settings = config::Sftp::default();
        sftp::serve(listener, road, settings, &[7; 32], life, stop)
            .await
            .expect("a drop box that ends in order");
    });
    port
}

/// Puts the file down under a name of its own, as a supplier's program does: part first, then its real name.
async fn drop_one(port: u16, number: usize, content: &str) {
    let config = Arc::new(client::Config::default());
    let mut ssh = client::connect(config, ("127.0.0.1", port), Anyone)
        .await
        .expect("connection");
    let key = PrivateKeyWithHashAlg::new(Arc::new(ssh_key(SEED)), None);
    let entered = ssh.authenticate_publickey(ACCOUNT, key).await;
    assert!(entered.expect("login").success());
    let mut raw = Raw::new(ssh).await;
    let name = format!("CIMS_ZONNEHOF_{ACCOUNT}_20210615_{number}.csv");
    raw.put(&format!("{name}.part"), content.as_bytes()).await;
    let (code, said) = raw.rename(&format!("{name}.part"), &name).await;
    assert_eq!(code, StatusCode::Ok, "{said}");
}

/// The command's own function, on a file on disk.
async fn import_one(portal: &Portal, file: PathBuf) -> Uuid {
    let args = import::Args {
        file,
        party: "ZONNEHOF".to_owned(),
        channel: Channel::Sftp,
        by: None,
        today: None,
        json: false,
    };
    import(&portal.road, &args).await.expect("import").delivery
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_file_twenty_times_by_every_door_at_once_is_one_import() {
    let house = House::new().await;
    let portal = &house.portal;
    let content = content();
    let file = portal.test.dir.path().join("bestand.csv");
    std::fs::write(&file, &content).expect("file");
    let stop = watch::Sender::new(false);
    let life = Arc::new(Life::begin(&portal.road.db).await.expect("life"));
    let port = drop_box(portal, &life, &stop).await;
    let worker = tokio::spawn({
        let (road, life, stop) = (portal.road.clone(), life.clone(), stop.subscribe());
        async move { intake::work(&road, &life, stop).await }
    });

    let uploads = join_all((0..UPLOADS).map(|turn| {
        let name = ["invoerder", "instellingsbeheerder", "invoerder-2"][turn % 3];
        let (mut browser, request) = (house.of(name), upload("/aanleveren", &content));
        async move {
            let answer = browser.send(request).await;
            assert_eq!(answer.status, Http::SEE_OTHER, "{}", answer.body);
        }
    }));
    let dropped = join_all((0..DROPPED).map(|number| drop_one(port, number + 1, &content)));
    let imports = join_all((0..IMPORTS).map(|_| import_one(portal, file.clone())));
    tokio::join!(uploads, dropped, imports);
    until(portal, "SELECT count(*) FROM deliveries", TIMES as i64).await;
    let on_the_way = "SELECT count(*) FROM deliveries WHERE state NOT IN ('done', 'preview')";
    until(portal, on_the_way, 0).await;

    // By each door, and exactly one of them brought its rows into the register.
    for (channel, times) in [("upload", UPLOADS), ("sftp", DROPPED + IMPORTS)] {
        let came = format!("SELECT count(*) FROM deliveries WHERE channel = '{channel}'");
        assert_eq!(count(portal, &came).await, times as i64, "{channel}");
    }
    let stored = house.id("SELECT DISTINCT delivery_id FROM reports").await;
    for table in ["reports", "vaccinations WHERE effective"] {
        let rows = count(portal, &format!("SELECT count(*) FROM {table}")).await;
        assert_eq!(rows, 3, "{table}");
    }
    // An upload waits for "Indienen", so it may stand beside the import; submitted, there is nothing new in it.
    let preview: Option<Uuid> =
        sqlx::query_scalar("SELECT id FROM deliveries WHERE state = 'preview'")
            .fetch_optional(&portal.test.admin)
            .await
            .expect("at most one");
    if let Some(preview) = preview {
        let form = format!("delivery={preview}");
        house
            .post("invoerder", "/api/aanlevering-indienen", &form)
            .await;
        until(
            portal,
            "SELECT count(*) FROM deliveries WHERE state <> 'done'",
            0,
        )
        .await;
        let known = format!(
            "SELECT count(*) FROM delivery_rows WHERE delivery_id = '{preview}' AND outcome = 'DUBBEL'"
        );
        assert_eq!(count(portal, &known).await, 3);
    }
    let others = TIMES as i64 - 1 - i64::from(preview.is_some());
    // The others are doubles, each with the way to the one that holds its content, and none keeps a raw file.
    let firsts = [Some(stored), preview].into_iter().flatten();
    let firsts: Vec<String> = firsts.map(|id| format!("'{id}'")).collect();
    let doubles = format!(
        "SELECT count(*) FROM deliveries WHERE outcome = 'DUBBEL' AND doubles IN ({})",
        firsts.join(", ")
    );
    assert_eq!(count(portal, &doubles).await, others);
    assert_eq!(count(portal, "SELECT count(*) FROM reports").await, 3);
    stop.send_replace(true);
    worker.await.expect("worker");
}

async fn count(portal: &Portal, question: &str) -> i64 {
    sqlx::query_scalar(sqlx::AssertSqlSafe(question.to_owned()))
        .fetch_one(&portal.test.admin)
        .await
        .expect("number")
}

/// Waits until a question counts this many.
async fn until(portal: &Portal, question: &str, wanted: i64) {
    let begun = Instant::now();
    while count(portal, question).await != wanted {
        assert!(begun.elapsed() < Duration::from_secs(60), "{question}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

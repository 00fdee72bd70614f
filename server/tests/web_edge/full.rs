//! The disk of raw files is full: whoever brings a file is told so, and nothing is lost (security F5).

use crate::browser::{Answer, Browser};
use crate::disk::SmallDisk;
use crate::portal::Portal;
use crate::support::no_disk;
use crate::uploads::{GOOD, file};
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode, header};
use futures::stream;
use server::intake::receive::BlobStore;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const SAID: &str =
    "Er is nu geen ruimte voor het bestand. Er is niets bewaard. Probeer het later opnieuw.";

/// Sends a file of so many MiB to a form; how many portions of it were read.
async fn large(browser: &mut Browser, form: &str, mebibytes: usize) -> (Answer, bool) {
    let head = "--grens\r\nContent-Disposition: form-data; name=\"bestand\"; filename=\"groot.csv\"\r\n\r\n";
    let mut portions = vec![Bytes::from(head)];
    portions.extend(std::iter::repeat_n(
        Bytes::from(vec![b'a'; 1 << 16]),
        mebibytes * 16,
    ));
    portions.push(Bytes::from("\r\n--grens--\r\n"));
    let (all, read) = (portions.len(), Arc::new(AtomicUsize::new(0)));
    let counter = read.clone();
    let body = Body::from_stream(stream::iter(portions.into_iter().map(move |portion| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(portion)
    })));
    let request = Request::post(form)
        .header("sec-fetch-site", "same-origin")
        .header(header::ACCEPT, "text/html")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=grens")
        .body(body)
        .expect("request");
    let answer = browser.send(request).await;
    (answer, read.load(Ordering::Relaxed) == all)
}

fn half_files(disk: &SmallDisk) -> usize {
    let spool = std::fs::read_dir(disk.path().join("spool"));
    spool.expect("folder").count()
}

#[tokio::test]
async fn on_a_full_disk_the_page_says_so_and_what_was_there_goes_on() {
    let folder = tempfile::tempdir().expect("folder");
    let Some(disk) = SmallDisk::new(folder.path(), 4, None) else {
        println!("{}", no_disk());
        return;
    };
    let blobs = BlobStore::open(disk.path()).expect("folders");
    let portal = Portal::storing(blobs).await;
    let party = portal.test.party("ZONNEHOF").await;
    for (name, role) in [("nurse", "invoerder"), ("bram", "instellingsbeheerder")] {
        portal.user(name, &[(role, Some(&party))]).await;
    }
    let mut nurse = portal.logged_in("nurse").await;
    let mut bram = portal.logged_in("bram").await;
    let before = nurse.send(file("eerder.csv", GOOD)).await;
    let place = before.location().to_owned();
    assert!(place.starts_with("/aanleveringen/"), "{place}");
    portal.work().await;

    // It fills up while a file comes in, and then there is no room to begin one.
    for full in [false, true] {
        if full {
            disk.fill();
        }
        for (browser, form) in [(&mut nurse, "/aanleveren"), (&mut bram, "/proefbank")] {
            let (answer, to_its_end) = large(browser, form, 8).await;
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
            let expected = format!("{form}?fout=ruimte#foutoverzicht");
            assert_eq!(answer.location(), expected);
            assert!(to_its_end, "or a browser shows a broken connection");
            let page = browser.get(&format!("{form}?fout=ruimte")).await;
            assert!(page.body.contains(SAID), "{}", page.body);
            assert_eq!(half_files(&disk), 0, "nothing half stays");
        }
    }
    let few = nurse.send(file("klein.csv", GOOD)).await;
    assert_eq!(few.location(), "/aanleveren?fout=ruimte#foutoverzicht");
    assert_eq!(portal.count("SELECT count(*) FROM deliveries").await, 1);

    // What was there is read and submitted all the same, and the same file comes in once there is room.
    let preview = nurse.get(&place).await;
    assert!(preview.body.contains("/api/aanlevering-indienen"));
    let id = place.rsplit('/').next().expect("key");
    let submitted = format!("delivery={id}");
    nurse.post("/api/aanlevering-indienen", &submitted).await;
    portal.work().await;
    let done = "SELECT count(*) FROM deliveries WHERE state = 'done'";
    assert_eq!(portal.count(done).await, 1);
    disk.empty();
    let other = format!("{GOOD}\r\n");
    let answer = nurse.send(file("klein.csv", &other)).await;
    assert!(answer.location().starts_with("/aanleveringen/"));
    portal.work().await;
    assert_eq!(portal.count("SELECT count(*) FROM deliveries").await, 2);
}

//! The set of the BRP comes by the drop box (features F90).

use crate::house::{House, new_account};
use domain::delivery::dropbox::Proof;
use russh_sftp::protocol::StatusCode;
use server::brp::fiction;
use server::commands::sftp::{Add, add};

async fn brp_account(house: &House, name: &str) {
    let args = Add {
        brp: true,
        proof: Proof::Rename,
        keys: vec![house.key_files(1).1],
        ..new_account(name)
    };
    add(&house.world.road.db, &args).await.unwrap();
}

fn persons(count: u32) -> Vec<u8> {
    let mut set = Vec::new();
    fiction::write(&mut set, count, 1).unwrap();
    set
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_of_the_brp_is_loaded_and_its_file_is_gone() {
    let house = House::open().await;
    brp_account(&house, "brp").await;
    let mut raw = house.raw("brp", 1).await;
    let before = house.world.count("brp_lists").await;

    // Changes: added to what is there.
    let delta = persons(40);
    raw.put("BRP_MUTATIE_20210301_1.csv.part", &delta).await;
    assert_eq!(
        house.world.count("brp_loads").await,
        1,
        "nobody proved anything yet"
    );
    let (code, text) = raw
        .rename(
            "BRP_MUTATIE_20210301_1.csv.part",
            "BRP_MUTATIE_20210301_1.csv",
        )
        .await;
    assert_eq!(code, StatusCode::Ok, "{text}");
    house.until("brp_loads WHERE state = 'done'", 2).await;
    assert!(house.world.count("brp_lists").await > before);
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'done'", 1)
        .await;

    // Everybody: who is not in it is gone. Nobody became a delivery, and no file stays.
    raw.put("x.part", &persons(60)).await;
    raw.rename("x.part", "BRP_VOL_20210302_2.csv").await;
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'done'", 2)
        .await;
    assert_eq!(
        house
            .world
            .count("brp_loads WHERE kind = 'full' AND state = 'done'")
            .await,
        2
    );
    assert_eq!(house.world.count("brp_lists WHERE pl_id = '1'").await, 0);
    assert_eq!(house.world.count("deliveries").await, 0);
    let blobs = house.world.test.dir.path().join("storage/blobs");
    assert_eq!(std::fs::read_dir(blobs).unwrap().count(), 0);
    let loaded = "audit_lines WHERE line LIKE '%beyond.brp-loaded%' AND line LIKE '%\"alternateUserID\":\"sftp\"%'";
    assert_eq!(house.world.count(loaded).await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_set_or_far_too_small_changes_nothing_and_is_told() {
    let house = House::open().await;
    brp_account(&house, "brp").await;
    house.keyed("rijen", Proof::Rename, 2).await;
    let mut raw = house.raw("brp", 1).await;
    raw.put("x.part", &persons(200)).await;
    raw.rename("x.part", "BRP_VOL_20210301_1.csv").await;
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'done'", 1)
        .await;
    let lists = house.world.count("brp_lists").await;

    for (file, content) in [
        ("BRP_VOL_20210302_2.csv", persons(20)),
        (
            "BRP_VOL_20210302_3.csv",
            b"bsn;naam\r\n999990019;Jansen\r\n".to_vec(),
        ),
    ] {
        raw.put("x.part", &content).await;
        raw.rename("x.part", file).await;
    }
    house
        .until("jobs WHERE kind = 'load-brp' AND state = 'failed'", 2)
        .await;
    assert_eq!(house.world.count("brp_lists").await, lists);
    let told = "audit_lines WHERE line LIKE '%beyond.brp-loaded%' AND line LIKE '%\"eventOutcomeIndicator\":8%'";
    assert_eq!(house.world.count(told).await, 2);
    house.world.nowhere(&["Jansen;"]).await;

    // Under another name it is none, and the account of a party brings none.
    raw.put("x.part", &persons(30)).await;
    raw.rename("x.part", "personen.csv").await;
    house
        .until("sftp_uploads WHERE state = 'void' AND why = 'refused'", 1)
        .await;
    let mut rows = house.raw("rijen", 2).await;
    rows.put("x.part", &persons(30)).await;
    rows.rename("x.part", "BRP_VOL_20210303_4.csv").await;
    assert_eq!(house.answered("BRP_VOL_20210303_4.csv").await, "GEWEIGERD");
    assert_eq!(house.world.count("jobs WHERE kind = 'load-brp'").await, 3);
}

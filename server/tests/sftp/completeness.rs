//! What did not come is seen (features F61).

use crate::house::{House, rows};
use app::ports::Parties;
use app::ports::parties::{Came, InstallationView};
use domain::delivery::dropbox::Proof;

async fn seen(house: &House, account: &str) -> InstallationView {
    let all = house
        .world
        .portal
        .completeness(&house.world.rivm)
        .await
        .unwrap();
    all.installations
        .into_iter()
        .find(|one| one.account == account)
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_third_file_of_five_is_missed_at_once() {
    let house = House::open().await;
    house.keyed("vijf", Proof::Rename, 1).await;
    house.keyed("ander", Proof::Rename, 2).await;
    let mut raw = house.raw("vijf", 1).await;
    for sequence in [1, 2, 4, 5] {
        let file = format!("CIMS_ZONNEHOF_vijf_20210301_{sequence}.csv");
        raw.put("x.part", &rows(&file)).await;
        raw.rename("x.part", &file).await;
    }
    house.until("deliveries WHERE state = 'done'", 4).await;
    let view = seen(&house, "vijf").await;
    assert_eq!(view.gaps, [(3, 3)]);
    assert_eq!(
        (view.files, view.rows_read, view.refused, view.aborted),
        (4, 8, 0, 0)
    );
    assert_eq!(view.days.len(), 28);
    assert_eq!(view.days.last(), Some(&Came::Yes));
    assert!(view.lacks() && !view.silent);
    assert!(!seen(&house, "ander").await.lacks());
    // It comes after all: nothing is missing any more.
    let file = "CIMS_ZONNEHOF_vijf_20210301_3.csv";
    raw.put("x.part", &rows(file)).await;
    raw.rename("x.part", file).await;
    assert!(!seen(&house, "vijf").await.lacks());
    // A file that was refused is told apart, with what it promised.
    house.keyed("belofte", Proof::Control, 3).await;
    let mut other = house.raw("belofte", 3).await;
    let file = "CIMS_ZONNEHOF_belofte_20210301_2.csv";
    other.put(&format!("{file}.ctl"), b"regels=3").await;
    other.put(file, &rows(file)).await;
    assert_eq!(house.answered(file).await, "GEWEIGERD");
    let view = seen(&house, "belofte").await;
    assert_eq!((view.refused, view.promised, view.promised_read), (1, 3, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_silent_and_what_was_broken_off_is_seen() {
    let house = House::open().await;
    house.keyed("stil", Proof::Rename, 1).await;
    assert!(!seen(&house, "stil").await.silent, "given out today");
    sqlx::query(
        "UPDATE sftp_accounts SET created_at = now() - interval '14 days' WHERE name = 'stil'",
    )
    .execute(&house.world.road.db.worker)
    .await
    .unwrap();
    let view = seen(&house, "stil").await;
    assert!(view.silent && view.last.is_none());
    assert!(
        view.days.iter().filter(|day| **day == Came::Missed).count() >= 9,
        "working days of two weeks"
    );
    let mut raw = house.raw("stil", 1).await;
    let _half = raw.create("x.part").await.unwrap();
    drop(raw);
    house.until("sftp_uploads WHERE state = 'void'", 1).await;
    assert_eq!(seen(&house, "stil").await.aborted, 1);
    // Whenever it has something: never silent.
    sqlx::query("UPDATE sftp_accounts SET rhythm = 'any' WHERE name = 'stil'")
        .execute(&house.world.road.db.worker)
        .await
        .unwrap();
    let view = seen(&house, "stil").await;
    assert!(!view.silent && !view.days.contains(&Came::Missed));
}

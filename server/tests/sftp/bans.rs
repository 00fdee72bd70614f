//! For whom a ban holds, and how long it is remembered (security §5.2).

use crate::house::House;
use domain::delivery::dropbox::Proof;
use server::commands::sftp::{Unban, unban};
use server::intake::tidy::tidy;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_let_in_again_from_the_network_of_any_address_in_it() {
    let house = House::open().await;
    house.account("dicht", Proof::Rename).await;
    sqlx::query(
        "INSERT INTO sftp_penalties (account_id, address, bans, banned_until)
         SELECT id, address, 1, now() + interval '1 hour' FROM sftp_accounts, (VALUES ('2001:db8::'), ('2001:db8:0:1::')) AS x (address)
         WHERE name = 'dicht'",
    )
    .execute(&house.world.test.admin)
    .await
    .unwrap();
    let args = Unban {
        name: "dicht".to_owned(),
        from: Some("2001:db8::7".parse().unwrap()),
        by: "test".to_owned(),
    };
    let db = &house.world.road.db;
    assert_eq!(unban(db, &args).await.unwrap(), 1);
    assert_eq!(unban(db, &args).await.unwrap(), 0);
    let closed = "sftp_penalties WHERE banned_until > now()";
    assert_eq!(house.world.count(closed).await, 1, "not the next network");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn points_and_bans_that_are_over_for_a_week_are_forgotten() {
    let house = House::open().await;
    sqlx::query(
        "INSERT INTO sftp_penalties (address, since, banned_until)
         SELECT address, now() - since, now() + until
         FROM (VALUES ('192.0.2.1', interval '8 days', NULL::interval),
                      ('192.0.2.2', interval '9 days', interval '-8 days'),
                      ('192.0.2.3', interval '8 days', interval '-6 days'),
                      ('192.0.2.4', interval '8 days', interval '1 hour'),
                      ('192.0.2.5', interval '6 days', NULL)) AS x (address, since, until)",
    )
    .execute(&house.world.test.admin)
    .await
    .unwrap();
    tidy(&house.world.road).await.unwrap();
    let mut left: Vec<String> = sqlx::query_scalar("SELECT address FROM sftp_penalties")
        .fetch_all(&house.world.test.admin)
        .await
        .unwrap();
    left.sort_unstable();
    assert_eq!(left, ["192.0.2.3", "192.0.2.4", "192.0.2.5"]);
}

//! `cims doctor` knows which answers an ended delivery of the drop box has (specification §7).

use crate::house::{House, rows};
use domain::delivery::dropbox::Proof;
use server::commands::doctor::examine;

/// What does not agree: question and how many.
pub(crate) async fn wrong(house: &House) -> Vec<(&'static str, usize)> {
    let mut log = house.world.test.admin.acquire().await.unwrap();
    let road = &house.world.road;
    let found = examine(&road.db, &road.keys, &road.blobs, &mut log, true).await;
    found
        .unwrap()
        .into_iter()
        .filter(|finding| !finding.wrong.is_empty())
        .map(|finding| (finding.question, finding.wrong.len()))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ended_delivery_without_an_answer_is_named() {
    let mut house = House::open().await;
    house.keyed("arts", Proof::Rename, 1).await;
    let mut raw = house.raw("arts", 1).await;
    for number in 1..=2 {
        let file = format!("CIMS_ZONNEHOF_arts_20210301_{number}.csv");
        raw.put("x.part", &rows(&file)).await;
        raw.rename("x.part", &file).await;
        house.answered(&file).await;
    }
    // Refused as a whole, by its name, and empty: answered likewise.
    raw.put("x.part", b"leeg\r\n").await;
    raw.rename("x.part", "naam.csv").await;
    assert_eq!(house.answered("naam.csv").await, "GEWEIGERD");
    // Taken out of `uit/` it is kept.
    raw.put("x.part", &rows("weg")).await;
    let removed = "CIMS_ZONNEHOF_arts_20210301_3.csv";
    raw.rename("x.part", removed).await;
    house.answered(removed).await;
    drop(raw);
    house.until("jobs WHERE state <> 'done'", 0).await;
    house.close().await;
    assert_eq!(wrong(&house).await, []);

    let admin = &house.world.test.admin;
    for kind in ["ontvangst", "resultaat-csv", "resultaat-json"] {
        let question = "an ended delivery of the drop box has its answers";
        let row: (uuid::Uuid, serde_json::Value) = sqlx::query_as(
            "DELETE FROM answer_files WHERE id = (SELECT id FROM answer_files WHERE kind = $1 LIMIT 1) RETURNING id, to_jsonb(answer_files)",
        )
        .bind(kind)
        .fetch_one(admin)
        .await
        .unwrap();
        let found = wrong(&house).await;
        assert_eq!(found, [(question, 1)], "{kind}");
        // On its way it is not missing yet.
        if kind != "ontvangst" {
            sqlx::query("INSERT INTO jobs (id, kind, subject) VALUES (gen_random_uuid(), 'answer', ($1 ->> 'delivery_id')::uuid)")
                .bind(&row.1)
                .execute(admin)
                .await
                .unwrap();
            assert_eq!(wrong(&house).await, [], "{kind}");
            sqlx::query("DELETE FROM jobs WHERE state = 'queued'")
                .execute(admin)
                .await
                .unwrap();
        }
        sqlx::query(
            "INSERT INTO answer_files SELECT * FROM jsonb_populate_record(NULL::answer_files, $1)",
        )
        .bind(&row.1)
        .execute(admin)
        .await
        .unwrap();
    }
    assert_eq!(wrong(&house).await, [], "all put back");
}

//! What RIVM sends back is in the next answer on its file (features F54).

use crate::house::{House, rows_of};
use crate::world::EREBOS;
use app::ports::decisions::{ClusterFilter, Decisions, Proposal};
use domain::decision::DecisionKind;
use domain::delivery::dropbox::Proof;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_go_back_are_in_the_next_answer_on_their_file() {
    let house = House::open().await;
    let world = &house.world;
    house.keyed("terug", Proof::Rename, 9).await;
    let mut raw = house.raw("terug", 9).await;
    let file = "CIMS_ZONNEHOF_terug_20210301_1.csv";
    let rows = rows_of(&[(EREBOS, "01-04-2000", "a")]);
    let rows = String::from_utf8(rows).unwrap();
    let rows = rows.replace(";Comirnaty;", ";Pfizer NL groot;");
    raw.put(&format!("{file}.part"), rows.as_bytes()).await;
    raw.rename(&format!("{file}.part"), file).await;
    house.answered(file).await;

    let clusters = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await
        .unwrap();
    let back = Proposal {
        kind: DecisionKind::Return,
        value: String::new(),
        days: domain::dates::Days::ALL,
        reason: "Welk vaccin is dit?".into(),
        request: String::new(),
    };
    let id = world
        .portal
        .propose(&world.rivm, clusters.items[0].sample, back)
        .await
        .unwrap();
    let first = "answer_files WHERE kind = 'resultaat-csv'";
    let made: uuid::Uuid =
        sqlx::query_scalar("SELECT id FROM answer_files WHERE kind = 'resultaat-csv'")
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    world.portal.decide(&world.rivm, id).await.unwrap();
    house.until(&format!("{first} AND id <> '{made}'"), 1).await;
    let text = crate::brp::fetch(&mut raw, &format!("/uit/{file}.resultaat.csv")).await;
    assert!(
        text.contains(";AFGEKEURD;;TERUG;Welk vaccin is dit?"),
        "{text}"
    );
}

//! RIVM-beheer sees how the work goes: queues, deliveries on their way, what came by each channel today.

use crate::world::{EREBOS, NAOMI, World, conforming, csv, good, with};
use app::ports::Deliveries;
use app::ports::operations::Operations;
use domain::delivery::Channel;
use domain::finding::Code;
use domain::role::Role;
use domain::row::Column;

#[tokio::test]
async fn what_waits_what_came_and_what_does_not_succeed_is_shown() {
    let world = World::new().await;
    let beheer = world.test.caller("rik", Role::RivmBeheer, None).await;
    let view = world.portal.operations(&beheer).await.unwrap();
    assert!(view.queues.is_empty() && view.on_the_way.is_empty() && view.came.is_empty());
    assert!(view.brp.loaded.is_some() && !view.brp.late);
    assert!(view.room.0 > 0 && view.room.0 <= view.room.1);

    let rows = [
        with(good(EREBOS, "01-04-2000"), &[(Column::Bronsleutel, "a")]),
        with(
            good(EREBOS, "01-04-2000"),
            &[(Column::Bronsleutel, "b"), (Column::Dosisnummer, "nul")],
        ),
    ];
    world
        .receive_by_sftp(&world.maria, "a.csv", &csv(&rows))
        .await;
    let view = world.portal.operations(&beheer).await.unwrap();
    let queue = &view.queues[0];
    assert_eq!(
        (queue.kind.as_str(), queue.waiting, queue.working),
        ("check", 1, 0)
    );
    assert_eq!(view.on_the_way[0].state, "received");

    world.work().await;
    // Tests are no deliveries.
    world.try_out(&world.maria, &conforming()).await;
    let view = world.portal.operations(&beheer).await.unwrap();
    assert!(view.queues.is_empty() && view.on_the_way.is_empty());
    let sftp = &view.came[0];
    assert_eq!(
        (sftp.channel, sftp.deliveries, sftp.rows, sftp.refused),
        (Channel::Sftp, 1, 2, 1)
    );

    for (subject, state) in [("1", "failed"), ("2", "queued")] {
        sqlx::query("INSERT INTO jobs (id, kind, subject, state, attempts, last_error) VALUES (gen_random_uuid(), 'answer', $1::uuid, $2, 4, 'disk: full')")
            .bind(format!("00000000-0000-0000-0000-00000000000{subject}"))
            .bind(state)
            .execute(&world.test.admin)
            .await
            .unwrap();
    }
    world.brp_loaded("3 days").await;
    let view = world.portal.operations(&beheer).await.unwrap();
    let trouble: Vec<(bool, u32, &str)> = view
        .trouble
        .iter()
        .map(|job| (job.failed, job.attempts, job.why.as_str()))
        .collect();
    assert_eq!(trouble, [(true, 4, "disk: full"), (false, 4, "disk: full")]);
    assert!(view.brp.late);
}

#[tokio::test]
async fn an_institution_sees_its_quality_by_week_and_why_rows_are_refused() {
    let world = World::new().await;
    let rows = [
        with(good(EREBOS, "01-04-2000"), &[(Column::Bronsleutel, "a")]),
        with(
            good(EREBOS, "01-04-2000"),
            &[(Column::Bronsleutel, "b"), (Column::Dosisnummer, "nul")],
        ),
    ];
    let first = world.upload(&world.maria, &csv(&rows)).await;
    world.try_out(&world.maria, &conforming()).await;
    sqlx::query(
        "UPDATE deliveries SET received_at = received_at - interval '14 days' WHERE id = $1",
    )
    .bind(first)
    .execute(&world.test.admin)
    .await
    .unwrap();
    world
        .upload(&world.maria, &csv(&[good(NAOMI, "01-04-1987")]))
        .await;
    let view = world.portal.quality(&world.maria).await.unwrap();
    let weeks: Vec<(u32, u32)> = view
        .weeks
        .iter()
        .map(|week| (week.rows, week.refused))
        .collect();
    let mut expected = [(0, 0); 8];
    (expected[5], expected[7]) = ((2, 1), (1, 0));
    assert_eq!(weeks, expected, "oldest first, tests left out");
    assert_eq!(view.causes, [(Code::V31, 1)]);
    // As a row that waited and that RIVM refused: what it is refused for is no error.
    sqlx::query(
        "UPDATE delivery_rows SET findings = jsonb_set(findings, '{0,severity}', '\"waarschuwing\"') WHERE outcome = 'AFGEKEURD'",
    )
    .execute(&world.test.admin)
    .await
    .unwrap();
    let view = world.portal.quality(&world.maria).await.unwrap();
    assert_eq!(view.causes, [(Code::V31, 1)]);
    let other = world.portal.quality(&world.piet).await.unwrap();
    assert!(other.weeks.is_empty() && other.causes.is_empty());
    assert!(world.portal.quality(&world.rivm).await.is_err());
}

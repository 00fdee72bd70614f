//! The queue of RIVM (features F51): its counts are kept as rows come and go, its pages follow each other, and its filters
//! find what waits because of what RIVM alone sees.

use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::decisions::{ClusterFilter, Decisions};
use app::ports::news::News;
use app::ports::review::{Age, Review, ReviewFilter, With};
use app::ports::{Caller, PortError};
use domain::delivery::{Channel, RowOutcome};
use domain::finding::Code;
use domain::role::Role;
use domain::row::{Column, RowText};
use server::intake::tidy;
use time::OffsetDateTime;
use uuid::Uuid;

type Counts = Vec<(String, String, String, String, i64)>;

/// How many rows each cluster has, as it is kept.
pub(crate) async fn kept(world: &World) -> Counts {
    counts(world, "SELECT party_id::text, cluster_code, cluster_column || cluster_value, outcome, sum(rows)::bigint FROM cluster_changes GROUP BY 1, 2, 3, 4 HAVING sum(rows) <> 0 ORDER BY 1, 2, 3, 4").await
}

/// How many it has.
pub(crate) async fn real(world: &World) -> Counts {
    counts(world, "SELECT party_id::text, cluster_code, cluster_column || cluster_value, outcome, count(*) FROM delivery_rows
                   WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4").await
}

async fn counts(world: &World, question: &'static str) -> Counts {
    sqlx::query_as(question)
        .fetch_all(&world.test.admin)
        .await
        .unwrap()
}

/// By the hour in which rows that wait came: how many are kept, and how many there are.
pub(crate) async fn hours(world: &World) -> [Vec<(OffsetDateTime, i64)>; 2] {
    let kept = "SELECT hour, sum(rows)::bigint FROM waiting_hours GROUP BY 1 HAVING sum(rows) <> 0 ORDER BY 1";
    let real = "SELECT date_trunc('hour', created_at), count(*) FROM delivery_rows
                WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1 ORDER BY 1";
    let mut found = [Vec::new(), Vec::new()];
    for (found, question) in found.iter_mut().zip([kept, real]) {
        let rows = sqlx::query_as(question).fetch_all(&world.test.admin);
        *found = rows.await.unwrap();
    }
    found
}

/// So many rows that are refused because of their dose.
fn refused(rows: usize) -> Vec<RowText> {
    (0..rows)
        .map(|place| {
            let key = format!("r{place}");
            let cells = [
                (Column::Bronsleutel, key.as_str()),
                (Column::Dosisnummer, "nul"),
            ];
            with(good(EREBOS, "01-04-2000"), &cells)
        })
        .collect()
}

async fn page(world: &World, filter: ReviewFilter) -> app::ports::review::Queue {
    world.portal.rows(&world.rivm, filter).await.unwrap()
}

#[tokio::test]
async fn pages_of_the_queue_follow_each_other_without_a_row_twice_or_left_out() {
    let world = World::new().await;
    world.upload(&world.maria, &csv(&refused(120))).await;
    world.upload(&world.piet, &csv(&refused(3))).await;
    let mut seen = Vec::new();
    let mut filter = ReviewFilter::default();
    let mut pages = 0;
    loop {
        let queue = page(&world, filter.clone()).await;
        assert_eq!((queue.total, queue.or_more), (123, false));
        seen.extend(queue.items.iter().map(|line| line.id));
        pages += 1;
        match queue.next {
            Some(next) => filter.na = Some(next),
            None => break,
        }
    }
    assert_eq!(pages, 3);
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len(), all), (123, 123));
    // Nonsense in the address is the beginning.
    for nonsense in [
        "",
        "x",
        "1.2",
        "9999999999999999999999999999999999999999.x.1",
    ] {
        let filter = ReviewFilter {
            na: Some(nonsense.to_owned()),
            ..ReviewFilter::default()
        };
        assert_eq!(page(&world, filter).await.items.len(), 50, "{nonsense}");
    }
}

/// The codes of rows that wait are kept as the rows have them.
async fn assert_codes(world: &World) {
    let kept = "SELECT party_id::text, code, outcome, row_number::text, count(*) FROM waiting_codes GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
    let real = "SELECT r.party_id::text, c.code, r.outcome, r.row_number::text, count(*)
                FROM delivery_rows r CROSS JOIN LATERAL unnest(row_codes(r.findings, r.staff_findings)) AS c (code)
                WHERE state = 'open' AND cluster_code IS NOT NULL AND returned_at IS NULL GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4";
    assert_eq!(counts(world, kept).await, counts(world, real).await);
}

#[tokio::test]
async fn a_row_is_found_by_each_of_its_codes_also_by_one_that_it_does_not_wait_for() {
    let world = World::new().await;
    let both = with(
        good(NAOMI, "01-04-1987"),
        &[
            (Column::Vaccin, "Pfizer NL groot"),
            (Column::Dosisnummer, "nul"),
        ],
    );
    world.upload(&world.maria, &csv(&[both])).await;
    world.upload(&world.piet, &csv(&refused(60))).await;
    let of = |code| ReviewFilter {
        code: Some(code),
        ..ReviewFilter::default()
    };
    let found = async |filter: ReviewFilter| {
        let queue = page(&world, filter).await;
        (queue.total, queue.items.len())
    };
    assert_eq!(found(of(Code::V11)).await, (1, 1), "that it waits for");
    assert_eq!(found(of(Code::V31)).await, (61, 50), "and another one");
    assert_eq!(found(of(Code::P03)).await, (0, 0));
    for (narrowed, rows) in [
        (
            ReviewFilter {
                partij: Some("ZONNEHOF".into()),
                ..of(Code::V31)
            },
            1,
        ),
        (
            ReviewFilter {
                kolom: Some(Column::Vaccin),
                ..of(Code::V31)
            },
            1,
        ),
        (
            ReviewFilter {
                zoek: Some("zonnehof".into()),
                ..of(Code::V31)
            },
            1,
        ),
        (
            ReviewFilter {
                uitkomst: Some(RowOutcome::TeControleren),
                ..of(Code::V31)
            },
            0,
        ),
        (
            ReviewFilter {
                kanaal: Some(Channel::Sftp),
                ..of(Code::V31)
            },
            0,
        ),
        (
            ReviewFilter {
                bij: Some(With::Me),
                ..of(Code::V31)
            },
            0,
        ),
    ] {
        let queue = page(&world, narrowed.clone()).await;
        assert_eq!(
            (queue.total, queue.items.len()),
            (rows, usize::try_from(rows).unwrap()),
            "{narrowed:?}"
        );
    }
    let first = page(&world, of(Code::V31)).await;
    let rest = ReviewFilter {
        na: first.next,
        ..of(Code::V31)
    };
    assert_eq!(page(&world, rest).await.items.len(), 11);
    assert_codes(&world).await;
    for change in [
        "UPDATE delivery_rows SET created_at = created_at - interval '3 days' WHERE row_number % 3 = 0",
        "UPDATE delivery_rows SET returned_at = now() WHERE row_number % 5 = 0",
        "UPDATE delivery_rows SET findings = '[{\"code\": \"V30\", \"severity\": \"fout\"}]' WHERE row_number % 7 = 0",
        "UPDATE delivery_rows SET state = 'closed' WHERE cluster_code = 'V11'",
    ] {
        let done = sqlx::query(change).execute(&world.road.db.worker).await;
        assert!(done.unwrap().rows_affected() > 0);
        assert_codes(&world).await;
    }
    assert_eq!(found(of(Code::V11)).await, (0, 0), "it waits no more");
}

#[tokio::test]
async fn a_row_is_found_by_what_rivm_alone_sees_of_it_and_not_by_what_stands_for_that() {
    let world = World::new().await;
    world
        .upload(&world.piet, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    let other = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Batchnummer, "EM0477")],
    );
    world.upload(&world.maria, &csv(&[other])).await;
    for (code, rows) in [(Code::D04, 1), (Code::B19, 0)] {
        let filter = ReviewFilter {
            code: Some(code),
            ..ReviewFilter::default()
        };
        assert_eq!(page(&world, filter).await.total, rows, "{code:?}");
    }
    assert_codes(&world).await;
}

#[tokio::test]
async fn rows_that_wait_for_rivm_longer_than_five_working_days_are_marked_and_news() {
    let world = World::new().await;
    world.upload(&world.maria, &csv(&refused(2))).await;
    let told = async |who: &Caller| world.portal.news(who).await.unwrap().overdue;
    let marked = async || {
        let queue = page(&world, ReviewFilter::default()).await;
        queue.items.iter().filter(|line| line.overdue).count()
    };
    assert_eq!((told(&world.rivm).await, marked().await), (0, 0));
    let aged = "UPDATE delivery_rows SET created_at = created_at - interval '14 days' WHERE row_number = 2";
    let done = sqlx::query(aged).execute(&world.road.db.worker).await;
    assert_eq!(done.unwrap().rows_affected(), 1);
    assert_eq!((told(&world.rivm).await, marked().await), (1, 1));
    assert_eq!(
        told(&world.maria).await,
        0,
        "it waits for RIVM, not for her"
    );
    let row = page(&world, ReviewFilter::default()).await.items[1].id;
    let view = world.portal.row(&world.rivm, row).await.unwrap();
    assert!(view.line.overdue, "on its page too");
}

#[tokio::test]
async fn the_counts_that_are_kept_are_those_of_the_rows_also_after_they_are_summed_up() {
    let world = World::new().await;
    world.upload(&world.maria, &csv(&refused(4))).await;
    world
        .upload(
            &world.piet,
            &csv(&[with(
                good(NAOMI, "01-04-1987"),
                &[(Column::Batchnummer, "ZZ9999")],
            )]),
        )
        .await;
    assert_eq!(kept(&world).await, real(&world).await);
    assert_eq!(kept(&world).await.len(), 2);
    tidy::tidy(&world.road).await.unwrap();
    assert_eq!(
        world.count("cluster_changes").await,
        2,
        "as many as there are clusters"
    );
    assert_eq!(kept(&world).await, real(&world).await);
    let [kept_hours, _] = hours(&world).await;
    let all = usize::try_from(world.count("waiting_hours").await).unwrap();
    assert_eq!(all, kept_hours.len(), "summed up as well");
    for change in [
        "UPDATE delivery_rows SET created_at = created_at - interval '9 days' WHERE row_number = 4",
        "UPDATE delivery_rows SET returned_at = now() WHERE row_number = 2 AND state = 'open'",
        "UPDATE delivery_rows SET state = 'rejected' WHERE row_number = 3",
        "UPDATE delivery_rows SET cluster_value = 'other' WHERE row_number = 4",
        "DELETE FROM delivery_rows WHERE row_number = 5",
    ] {
        sqlx::query(change)
            .execute(&world.test.admin)
            .await
            .unwrap();
        assert_eq!(kept(&world).await, real(&world).await, "{change}");
        let [kept_hours, real_hours] = hours(&world).await;
        assert_eq!(kept_hours, real_hours, "{change}");
        assert!(
            !change.contains("9 days") || kept_hours.len() > 1,
            "{change}"
        );
    }
    assert_eq!(page(&world, ReviewFilter::default()).await.total, 1);
}

#[tokio::test]
async fn the_queue_is_narrowed_by_party_code_column_channel_outcome_and_age() {
    let world = World::new().await;
    world
        .upload(&world.piet, &csv(&[good(FROUKE, "24-03-2000")]))
        .await;
    // Seen by its sender as B19, because another institution registered it.
    let double = with(
        good(FROUKE, "24-03-2000"),
        &[(Column::Batchnummer, "EM0477")],
    );
    world.upload(&world.maria, &csv(&[double])).await;
    let dropped = refused(1);
    world
        .receive_by_sftp(&world.maria, "a.csv", &csv(&dropped))
        .await;
    world.work().await;
    let d04 = ReviewFilter {
        code: Some(Code::D04),
        ..ReviewFilter::default()
    };
    let found = page(&world, d04).await;
    assert_eq!(found.total, 1);
    assert!(
        found.items[0]
            .findings
            .iter()
            .any(|finding| finding.code == Code::D04)
    );
    for (filter, rows) in [
        (
            ReviewFilter {
                kolom: Some(Column::Dosisnummer),
                ..ReviewFilter::default()
            },
            1,
        ),
        (
            ReviewFilter {
                kolom: Some(Column::Vaccin),
                ..ReviewFilter::default()
            },
            0,
        ),
        (
            ReviewFilter {
                kanaal: Some(Channel::Sftp),
                ..ReviewFilter::default()
            },
            1,
        ),
        (
            ReviewFilter {
                kanaal: Some(Channel::Lsp),
                ..ReviewFilter::default()
            },
            0,
        ),
        (
            ReviewFilter {
                uitkomst: Some(RowOutcome::Afgekeurd),
                ..ReviewFilter::default()
            },
            1,
        ),
        (
            ReviewFilter {
                partij: Some("ZONNEHOF".into()),
                ..ReviewFilter::default()
            },
            2,
        ),
        (
            ReviewFilter {
                partij: Some("DUINZICHT".into()),
                ..ReviewFilter::default()
            },
            0,
        ),
        (
            ReviewFilter {
                dagen: Some(Age::Week),
                ..ReviewFilter::default()
            },
            0,
        ),
    ] {
        let queue = page(&world, filter.clone()).await;
        assert_eq!(
            (queue.total, queue.items.len()),
            (rows, usize::try_from(rows).unwrap()),
            "{filter:?}"
        );
    }
    sqlx::query("UPDATE delivery_rows SET created_at = created_at - interval '8 days' WHERE outcome = 'AFGEKEURD'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let old = ReviewFilter {
        dagen: Some(Age::Week),
        ..ReviewFilter::default()
    };
    assert_eq!(page(&world, old).await.total, 1);
}

#[tokio::test]
async fn a_reviewer_goes_from_row_to_row_in_the_order_of_the_list() {
    let world = World::new().await;
    let rows =
        ["1", "2", "3"].map(|_| with(good(EREBOS, "01-04-2000"), &[(Column::Vaccin, "Onbekend")]));
    world.upload(&world.maria, &csv(&rows)).await;
    let other = with(good(NAOMI, "01-04-1987"), &[(Column::Dosisnummer, "nul")]);
    world.upload(&world.piet, &csv(&[other])).await;
    let only = ReviewFilter {
        code: Some(Code::V11),
        ..ReviewFilter::default()
    };
    for filter in [ReviewFilter::default(), only] {
        let list = world
            .portal
            .rows(&world.rivm, filter.clone())
            .await
            .unwrap();
        let order: Vec<Uuid> = list.items.iter().map(|line| line.id).collect();
        let mut walked = vec![order[0]];
        while let Some(next) = world
            .portal
            .next_row(&world.rivm, walked[walked.len() - 1], filter.clone())
            .await
            .unwrap()
        {
            walked.push(next);
        }
        assert_eq!(walked, order);
    }
    let nobody = world
        .portal
        .next_row(&world.maria, Uuid::now_v7(), ReviewFilter::default())
        .await;
    assert_eq!(nobody, Err(PortError::NotFound));
}

#[tokio::test]
async fn each_reviewer_has_a_list_of_their_own_and_a_group_is_taken_as_a_whole() {
    let world = World::new().await;
    world.upload(&world.maria, &csv(&refused(3))).await;
    let other = with(good(NAOMI, "01-04-1987"), &[(Column::Vaccin, "Onbekend")]);
    world.upload(&world.maria, &csv(&[other])).await;
    let bram = world.test.caller("bram", Role::RivmBeheer, None).await;
    let nora = world.test.caller("nora", Role::Auditor, None).await;
    let of = |with| ReviewFilter {
        bij: Some(with),
        ..ReviewFilter::default()
    };
    let all = page(&world, ReviewFilter::default()).await.items;
    let (alone, grouped) = (all[0].id, all[1].id);
    let assign = |row, group, to| world.portal.assign(&world.rivm, row, group, to);
    assert_eq!(assign(alone, true, Some(world.rivm.user_id)).await, Ok(1));
    assert_eq!(assign(grouped, true, Some(bram.user_id)).await, Ok(3));

    let mine = page(&world, of(With::Me)).await;
    assert_eq!((mine.total, mine.items.len()), (1, 1));
    assert_eq!(mine.items[0].id, alone);
    assert_eq!(mine.items[0].assignee.as_deref(), Some(&*world.rivm.name));
    assert_eq!(
        page(&world, of(With::Colleague(bram.user_id))).await.total,
        3
    );
    assert_eq!(page(&world, of(With::Nobody)).await.total, 0);
    let next = world
        .portal
        .next_row(&world.rivm, alone, of(With::Me))
        .await;
    assert_eq!(next, Ok(None), "the list under its filter ends here");

    // One of the group goes to somebody else, and one to nobody.
    assert_eq!(
        assign(grouped, false, Some(world.rivm.user_id)).await,
        Ok(1)
    );
    assert_eq!(assign(all[2].id, false, None).await, Ok(1));
    let lists = world.portal.reviewers(&world.rivm).await.unwrap();
    let rows = |id| {
        lists
            .iter()
            .find(|one| one.id == id)
            .map(|one| (one.rows, one.me))
    };
    assert_eq!(rows(world.rivm.user_id), Some((2, true)));
    assert_eq!(rows(bram.user_id), Some((1, false)));
    assert_eq!(page(&world, of(With::Nobody)).await.total, 1);

    // Who does not review has no list, and a row that waits no more goes to nobody.
    assert_eq!(rows(nora.user_id), None);
    assert_eq!(
        assign(alone, false, Some(nora.user_id)).await,
        Err(PortError::NotFound)
    );
    let done = "UPDATE delivery_rows SET state = 'accepted' WHERE id = $1";
    let admin = &world.test.admin;
    sqlx::query(done).bind(alone).execute(admin).await.unwrap();
    assert_eq!(
        assign(alone, false, Some(bram.user_id)).await,
        Err(PortError::Conflict)
    );
    assert_eq!(page(&world, of(With::Me)).await.total, 1);
    assert_eq!(world.count("assignments").await, 3);
    tidy::tidy(&world.road).await.unwrap();
    assert_eq!(
        world.count("assignments").await,
        2,
        "solved rows are on no list"
    );
    let audited =
        "SELECT count(*) FROM audit_lines WHERE line::jsonb ->> 'event' = 'transfer.row-assigned'";
    let lines: i64 = sqlx::query_scalar(audited).fetch_one(admin).await.unwrap();
    assert_eq!(lines, 4);
}

/// How many rows a search finds: as counted, on the pages, and in the clusters.
async fn searched(world: &World, text: &str) -> (u64, usize, u64) {
    let filter = ReviewFilter {
        zoek: Some(text.to_owned()),
        ..ReviewFilter::default()
    };
    let mut rows = 0;
    let queue = page(world, filter.clone()).await;
    let total = queue.total;
    let mut next = queue.next;
    rows += queue.items.len();
    while let Some(after) = next {
        let filter = ReviewFilter {
            na: Some(after),
            ..filter.clone()
        };
        let queue = page(world, filter).await;
        rows += queue.items.len();
        next = queue.next;
    }
    let clusters = ClusterFilter {
        zoek: Some(text.to_owned()),
        ..ClusterFilter::default()
    };
    let clusters = world.portal.clusters(&world.rivm, clusters, 1).await;
    (total, rows, clusters.unwrap().total)
}

#[tokio::test]
async fn a_search_finds_parties_rules_columns_and_shared_values_and_nothing_of_a_person() {
    let world = World::new().await;
    world.upload(&world.maria, &csv(&refused(60))).await;
    let batch = [with(
        good(NAOMI, "01-04-1987"),
        &[
            (Column::Batchnummer, "ZZ9999"),
            (Column::Achternaam, "Jonker"),
        ],
    )];
    world.upload(&world.piet, &csv(&batch)).await;
    sqlx::query("UPDATE parties SET name = 'Huize Duinzicht (Noord)' WHERE code = 'DUINZICHT'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    sqlx::query("INSERT INTO party_agb (party_id, agb) SELECT id, '06010002' FROM parties WHERE code = 'DUINZICHT'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let code = world
        .portal
        .rows(&world.rivm, ReviewFilter::default())
        .await;
    let dose = code.unwrap().items[1].findings[0].code;
    for (text, rows, clusters) in [
        ("", 61, 2),
        (dose.as_str(), 60, 1),
        (&dose.as_str().to_lowercase(), 60, 1),
        ("Dosisnummer", 60, 1),
        ("batch", 1, 1),
        ("duinzicht", 1, 1),
        ("Duinzicht (noord)", 1, 1),
        ("06010002", 1, 1),
        ("06010001", 61, 2),
        ("ZZ9999", 1, 1),
        ("duinzicht dosisnummer", 0, 0),
        ("zonnehof dosisnummer", 60, 1),
        ("Jonker", 0, 0),
        ("xyzzy", 0, 0),
        ("'; DROP TABLE parties; --", 0, 0),
    ] {
        let found = searched(&world, text).await;
        let expected = (rows, usize::try_from(rows).unwrap(), clusters);
        assert_eq!(found, expected, "{text}");
    }
    // With another filter beside it.
    let filter = ReviewFilter {
        zoek: Some("dosisnummer".to_owned()),
        kanaal: Some(Channel::Sftp),
        ..ReviewFilter::default()
    };
    let queue = page(&world, filter).await;
    assert_eq!((queue.total, queue.items.len()), (0, 0));
    // A number that may be a BSN finds nothing, however it came here.
    assert_eq!(searched(&world, NAOMI).await, (0, 0, 0));
}

#[tokio::test]
async fn a_search_that_leads_to_many_clusters_finds_the_same_rows() {
    let world = World::new().await;
    let rows: Vec<RowText> = (0..310)
        .map(|place| {
            let (key, batch) = (format!("r{place}"), format!("???{place}"));
            let cells = [
                (Column::Bronsleutel, key.as_str()),
                (Column::Batchnummer, batch.as_str()),
            ];
            with(good(EREBOS, "01-04-2000"), &cells)
        })
        .collect();
    world.upload(&world.maria, &csv(&rows)).await;
    let clusters = kept(&world).await.len();
    assert!(clusters > 300, "each value is a cluster: {clusters}");
    let (total, rows, found) = searched(&world, "batchnummer").await;
    assert_eq!((total, rows), (310, 310));
    assert_eq!(found, u64::try_from(clusters).unwrap());
}

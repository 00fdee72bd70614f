//! Party A and party B, through the real roles and the one constructor of transactions (security §4.5).

use crate::support::TestDb;
use domain::role::Role;
use server::store::{actor_tx, anonymous_tx, party_tx, worker_tx};
use sqlx::Connection;
use uuid::Uuid;

async fn delivery(test: &TestDb, party: Uuid) -> Uuid {
    let id = Uuid::now_v7();
    let mut tx = worker_tx(&test.db).await.unwrap();
    sqlx::query("INSERT INTO deliveries (id, party_id, channel) VALUES ($1, $2, 'upload')")
        .bind(id)
        .bind(party)
        .execute(&mut *tx)
        .await
        .unwrap();
    sqlx::query("INSERT INTO delivery_rows (delivery_id, row_number, id, party_id, outcome, state, match, cluster_code) VALUES ($1, 2, $2, $3, 'AFGEKEURD', 'open', 'DATUM_ANDERS', 'B10')")
        .bind(id).bind(Uuid::now_v7()).bind(party).execute(&mut *tx).await.unwrap();
    tx.commit().await.unwrap();
    id
}

#[tokio::test]
async fn a_party_sees_its_own_rows_and_staff_sees_all() {
    let test = TestDb::new().await;
    let (a, b) = (test.party("AAA").await, test.party("BBB").await);
    let (of_a, of_b) = (delivery(&test, a.id).await, delivery(&test, b.id).await);
    let maria = test.caller("maria", Role::Invoerder, Some(&a)).await;
    let judge = test.caller("judge", Role::RivmBeoordelaar, None).await;
    let auditor = test.caller("auditor", Role::Auditor, None).await;

    let mut tx = party_tx(&test.db, &maria).await.unwrap();
    let seen: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM deliveries")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    assert_eq!(seen, [of_a]);
    let foreign: Vec<Uuid> =
        sqlx::query_scalar("SELECT delivery_id FROM delivery_rows WHERE delivery_id = $1")
            .bind(of_b)
            .fetch_all(&mut *tx)
            .await
            .unwrap();
    assert!(foreign.is_empty());
    let notes: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM staff_row_notes(ARRAY(SELECT id FROM delivery_rows))",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert_eq!(notes, 0, "a deliverer learns nothing of the match");
    let looks: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM staff_row_looks(ARRAY(SELECT id FROM delivery_rows), $1, now() - interval '1 day')",
    )
    .bind(Uuid::nil())
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert_eq!(looks, 0, "nor who of RIVM looks at its rows");
    let parties: Vec<String> = sqlx::query_scalar("SELECT code FROM parties")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    assert_eq!(parties, ["AAA"]);
    tx.commit().await.unwrap();

    let mut tx = party_tx(&test.db, &judge).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM deliveries")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(seen, 2);
    let matches: Vec<String> = sqlx::query_scalar(
        "SELECT match FROM staff_row_notes(ARRAY(SELECT id FROM delivery_rows))",
    )
    .fetch_all(&mut *tx)
    .await
    .unwrap();
    assert_eq!(matches, ["DATUM_ANDERS", "DATUM_ANDERS"]);
    tx.commit().await.unwrap();

    let mut tx = party_tx(&test.db, &auditor).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM deliveries")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(seen, 0, "the auditor reads the log, not the deliveries");
}

#[tokio::test]
async fn before_a_party_is_chosen_only_own_memberships_show() {
    let test = TestDb::new().await;
    let (a, b) = (test.party("AAA").await, test.party("BBB").await);
    let maria = test.caller("maria", Role::Invoerder, Some(&a)).await;
    test.caller("bob", Role::Invoerder, Some(&b)).await;
    let mut tx = actor_tx(&test.db, maria.user_id).await.unwrap();
    let roles: Vec<Option<Uuid>> = sqlx::query_scalar("SELECT party_id FROM user_roles")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    assert_eq!(roles, [Some(a.id)]);
    let names: Vec<String> = sqlx::query_scalar("SELECT code FROM parties")
        .fetch_all(&mut *tx)
        .await
        .unwrap();
    assert_eq!(names, ["AAA"]);
    tx.rollback().await.unwrap();
    let mut tx = anonymous_tx(&test.db).await.unwrap();
    let roles: i64 = sqlx::query_scalar("SELECT count(*) FROM user_roles")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(roles, 0);
}

#[tokio::test]
async fn a_draft_is_its_owners_alone_and_cannot_be_planted_elsewhere() {
    let test = TestDb::new().await;
    let (a, b) = (test.party("AAA").await, test.party("BBB").await);
    let maria = test.caller("maria", Role::Invoerder, Some(&a)).await;
    let colleague = test.caller("colleague", Role::Invoerder, Some(&a)).await;
    let mut tx = party_tx(&test.db, &maria).await.unwrap();
    let insert =
        "INSERT INTO drafts (id, party_id, user_id, sealed) VALUES (gen_random_uuid(), $1, $2, '')";
    sqlx::query(insert)
        .bind(a.id)
        .bind(maria.user_id)
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    for (party, user) in [(b.id, maria.user_id), (a.id, colleague.user_id)] {
        let mut tx = party_tx(&test.db, &maria).await.unwrap();
        let refused = sqlx::query(insert)
            .bind(party)
            .bind(user)
            .execute(&mut *tx)
            .await
            .unwrap_err();
        assert_eq!(
            refused.as_database_error().unwrap().code().unwrap(),
            "42501"
        );
    }
    let mut tx = party_tx(&test.db, &colleague).await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM drafts")
        .fetch_one(&mut *tx)
        .await
        .unwrap();
    assert_eq!(seen, 0);
}

#[tokio::test]
async fn nothing_of_a_caller_is_left_in_a_connection() {
    let test = TestDb::new().await;
    let a = test.party("AAA").await;
    delivery(&test, a.id).await;
    let maria = test.caller("maria", Role::Invoerder, Some(&a)).await;
    // More rounds than connections; some dropped in the middle, some with a setting that is not transaction-local.
    for round in 0..12 {
        let mut tx = party_tx(&test.db, &maria).await.unwrap();
        if round % 3 == 0 {
            sqlx::query("SELECT set_config('cims.party', $1, false)")
                .bind(a.id.to_string())
                .execute(&mut *tx)
                .await
                .unwrap();
            tx.commit().await.unwrap();
        } else if round % 3 == 1 {
            drop(tx);
        } else {
            tx.commit().await.unwrap();
        }
        let mut plain = test.db.portal.acquire().await.unwrap();
        let left: Option<Uuid> = sqlx::query_scalar("SELECT cims_party()")
            .fetch_one(&mut *plain)
            .await
            .unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM deliveries")
            .fetch_one(&mut *plain)
            .await
            .unwrap();
        assert_eq!((left, seen), (None, 0), "round {round}");
    }
}

#[tokio::test]
async fn the_portal_role_writes_no_register_and_the_log_role_reads_no_register() {
    let test = TestDb::new().await;
    let a = test.party("AAA").await;
    let of_a = delivery(&test, a.id).await;
    let maria = test.caller("maria", Role::Invoerder, Some(&a)).await;
    for statement in [
        "INSERT INTO deliveries (id, party_id, channel) SELECT gen_random_uuid(), cims_party(), 'upload'",
        "UPDATE deliveries SET state = 'done'",
        "DELETE FROM delivery_rows",
        "SELECT match FROM delivery_rows",
        "SELECT * FROM persons",
        "SELECT * FROM brp_lists",
        "SELECT * FROM audit_lines",
        "SELECT audit_anchor_add('', '', '')",
    ] {
        let mut tx = party_tx(&test.db, &maria).await.unwrap();
        let refused = sqlx::query(statement).execute(&mut *tx).await.unwrap_err();
        assert_eq!(
            refused.as_database_error().unwrap().code().unwrap(),
            "42501",
            "{statement}"
        );
    }
    let mut log = sqlx::PgConnection::connect_with(&test.as_role("cims_log"))
        .await
        .unwrap();
    for statement in [
        "SELECT id FROM deliveries",
        "SELECT id FROM reports",
        "SELECT id FROM persons",
    ] {
        assert!(
            sqlx::query(statement).execute(&mut log).await.is_err(),
            "{statement}"
        );
    }
    let still: String = sqlx::query_scalar("SELECT state FROM deliveries WHERE id = $1")
        .bind(of_a)
        .fetch_one(&test.admin)
        .await
        .unwrap();
    assert_eq!(still, "received");
}

/// Many people of many parties on few connections, some of them gone in the middle (security B5, smaller).
#[tokio::test]
async fn interleaved_and_aborted_requests_never_see_another_party() {
    use rand::{Rng, SeedableRng};
    let test = TestDb::new().await;
    let mut callers = Vec::new();
    for number in 0..8 {
        let party = test.party(&format!("P{number}")).await;
        delivery(&test, party.id).await;
        callers.push(
            test.caller(&format!("user{number}"), Role::Invoerder, Some(&party))
                .await,
        );
    }
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(5);
    // So many wait for a connection at a time that none waits too long on a slow machine.
    let room = std::sync::Arc::new(tokio::sync::Semaphore::new(64));
    let mut requests = tokio::task::JoinSet::new();
    for _ in 0..1_200 {
        let room = room.clone();
        let (db, caller) = (test.db.clone(), callers[random.random_range(0..8)].clone());
        let (yields, end) = (random.random_range(0..6), random.random_range(0..4));
        let handle = requests.spawn(async move {
            let _place = room.acquire_owned().await.unwrap();
            let mut tx = party_tx(&db, &caller).await.unwrap();
            for _ in 0..yields {
                tokio::task::yield_now().await;
            }
            let seen: Vec<Uuid> = sqlx::query_scalar("SELECT party_id FROM deliveries")
                .fetch_all(&mut *tx)
                .await
                .unwrap();
            assert_eq!(seen, [caller.party().unwrap().id]);
            match end {
                0 => tx.commit().await.unwrap(),
                1 => tx.rollback().await.unwrap(),
                2 => drop(tx),
                _ => std::future::pending().await,
            }
        });
        if end == 3 {
            let after = std::time::Duration::from_millis(random.random_range(0..30));
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                handle.abort();
            });
        }
    }
    while let Some(done) = requests.join_next().await {
        assert!(done.is_ok() || done.unwrap_err().is_cancelled());
    }
    let left: Option<Uuid> = sqlx::query_scalar("SELECT cims_party()")
        .fetch_one(&test.db.portal)
        .await
        .unwrap();
    assert_eq!(left, None);
}

//! The log as an attacker with every right in the database would meet it (security G7, B31).

use crate::support::TestDb;
use domain::role::Role;
use server::audit::verify::{Broken, Fault, Report, verify, verify_within};
use server::audit::{self, Event, Kind};
use server::store::{party_tx, worker_tx};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

/// Twenty lines of one party, all in one chain, anchored; returns the chain.
async fn written(test: &TestDb) -> i16 {
    let party = test.party("AAA").await;
    let maria = test.caller("maria", Role::Invoerder, Some(&party)).await;
    let mut shard = 0;
    for number in 0..20 {
        let mut tx = party_tx(&test.db, &maria).await.unwrap();
        let event = Event::of(&maria, Kind::RegistrationRead)
            .object("registration", Uuid::now_v7())
            .about([Uuid::now_v7()])
            .detail("number", number);
        shard = audit::add(&mut tx, event).await.unwrap().shard;
        tx.commit().await.unwrap();
    }
    audit::anchor(&test.db, &test.keys).await.unwrap();
    shard
}

async fn report(test: &TestDb) -> Report {
    let mut connection = sqlx::PgConnection::connect_with(&test.as_role("cims_log"))
        .await
        .unwrap();
    verify(&mut connection, &test.keys).await.unwrap()
}

use sqlx::Connection;

/// Does what a superuser can: switches the triggers off, changes, switches them on again.
async fn tamper(test: &TestDb, statement: &str) {
    let all = format!("BEGIN; SET LOCAL session_replication_role = replica; {statement}; COMMIT");
    sqlx::raw_sql(AssertSqlSafe(all))
        .execute(&test.admin)
        .await
        .unwrap();
}

#[tokio::test]
async fn an_untouched_log_verifies() {
    let test = TestDb::new().await;
    written(&test).await;
    assert_eq!(
        report(&test).await,
        Report {
            lines: 20,
            anchors: 1,
            unsigned: 0,
            broken: vec![]
        }
    );
}

#[tokio::test]
async fn a_log_that_is_written_meanwhile_verifies() {
    let test = TestDb::new().await;
    let party = test.party("AAA").await;
    let maria = test.caller("maria", Role::Invoerder, Some(&party)).await;
    let (db, keys) = (test.db.clone(), test.keys.clone());
    let writer = tokio::spawn(async move {
        for number in 0..300 {
            let mut tx = party_tx(&db, &maria).await.unwrap();
            let event = Event::of(&maria, Kind::RegistrationRead)
                .object("registration", Uuid::now_v7())
                .detail("number", number);
            audit::add(&mut tx, event).await.unwrap();
            tx.commit().await.unwrap();
            if number % 50 == 0 {
                audit::anchor(&db, &keys).await.unwrap();
            }
        }
    });
    while !writer.is_finished() {
        assert_eq!(report(&test).await.broken, []);
    }
    writer.await.unwrap();
    assert_eq!(report(&test).await.lines, 300);
}

#[tokio::test]
async fn no_role_of_ours_can_change_a_line() {
    let test = TestDb::new().await;
    written(&test).await;
    // Not even a superuser, as long as the triggers stand.
    for statement in [
        "UPDATE audit_lines SET line = 'x'",
        "DELETE FROM audit_lines",
        "TRUNCATE audit_lines",
        "DELETE FROM audit_persons",
        "UPDATE audit_anchors SET content = ''",
        "TRUNCATE audit_anchors",
        "UPDATE audit_heads SET seq = 3",
        "DELETE FROM audit_heads",
        "TRUNCATE audit_heads",
    ] {
        let refused = sqlx::query(statement)
            .execute(&test.admin)
            .await
            .unwrap_err();
        assert_eq!(
            refused.as_database_error().unwrap().code().unwrap(),
            "42501",
            "{statement}"
        );
    }
    assert_eq!(report(&test).await.broken, []);
}

#[tokio::test]
async fn every_edit_names_its_line() {
    let edits: &[(&str, Fault)] = &[
        (
            "UPDATE audit_lines SET line = replace(line, 'look.read', 'look.list') WHERE shard = $S AND seq = 7",
            Fault::Hash,
        ),
        (
            "UPDATE audit_lines SET line = line || ' ' WHERE shard = $S AND seq = 7",
            Fault::Hash,
        ),
        (
            "UPDATE audit_lines SET hash = sha256(hash) WHERE shard = $S AND seq = 7",
            Fault::Hash,
        ),
        (
            "UPDATE audit_lines SET actor = 'somebody else' WHERE shard = $S AND seq = 7",
            Fault::Column("actor"),
        ),
        (
            "UPDATE audit_lines SET event = 'look.list' WHERE shard = $S AND seq = 7",
            Fault::Column("event"),
        ),
        (
            "UPDATE audit_lines SET at = at + interval '1 microsecond' WHERE shard = $S AND seq = 7",
            Fault::Column("at"),
        ),
        (
            "UPDATE audit_lines SET organisation_id = NULL WHERE shard = $S AND seq = 7",
            Fault::Column("organisation_id"),
        ),
        (
            "UPDATE audit_persons SET person_id = gen_random_uuid() WHERE shard = $S AND seq = 7",
            Fault::Persons,
        ),
        (
            "DELETE FROM audit_persons WHERE shard = $S AND seq = 7",
            Fault::Persons,
        ),
        (
            "UPDATE audit_persons SET person_mac = sha256('x'), mac_key = '1', person_id = NULL WHERE shard = $S AND seq = 7",
            Fault::Persons,
        ),
        (
            "INSERT INTO audit_persons (shard, seq, person_id) VALUES ($S, 7, gen_random_uuid())",
            Fault::Persons,
        ),
        (
            "DELETE FROM audit_lines WHERE shard = $S AND seq = 7",
            Fault::Gap { found: 8 },
        ),
        (
            "DELETE FROM audit_lines WHERE shard = $S AND seq BETWEEN 7 AND 9",
            Fault::Gap { found: 10 },
        ),
        // Two lines changed places.
        (
            "UPDATE audit_lines SET seq = 100 WHERE shard = $S AND seq = 7; UPDATE audit_lines SET seq = 7 WHERE shard = $S AND seq = 8; UPDATE audit_lines SET seq = 8 WHERE shard = $S AND seq = 100",
            Fault::Hash,
        ),
    ];
    let test = TestDb::new().await;
    let shard = written(&test).await;
    for (edit, fault) in edits {
        let broken = after(&test, &edit.replace("$S", &shard.to_string())).await;
        let expected = Broken {
            shard,
            seq: 7,
            fault: fault.clone(),
        };
        assert_eq!(broken, [expected], "{edit}");
    }
    assert_eq!(report(&test).await.broken, []);
}

/// What verifying says after a change by a superuser with the triggers off; the change is undone.
async fn after(test: &TestDb, change: &str) -> Vec<Broken> {
    let mut tx = test.admin.begin().await.unwrap();
    let all = format!("SET LOCAL session_replication_role = replica; {change}");
    sqlx::raw_sql(AssertSqlSafe(all))
        .execute(&mut *tx)
        .await
        .unwrap();
    let broken = verify_within(&mut tx, &test.keys).await.unwrap().broken;
    tx.rollback().await.unwrap();
    broken
}

/// Security B31: a hundred changes somewhere, each named by its first bad line.
#[tokio::test]
async fn a_hundred_random_changes_are_each_found_at_their_first_line() {
    use rand::{Rng, SeedableRng};
    let test = TestDb::new().await;
    let shard = written(&test).await;
    let mut random = rand_chacha::ChaCha8Rng::seed_from_u64(31);
    for round in 0..100 {
        let first = random.random_range(1..20);
        let other = random.random_range(first + 1..=20);
        let place = random.random_range(1..120);
        let at = format!("WHERE shard = {shard} AND seq = {first}");
        let change = match round % 5 {
            0 => format!(
                "UPDATE audit_lines SET line = overlay(line placing chr(1 + ascii(substr(line, {place}, 1))) from {place} for 1) {at}"
            ),
            1 => format!(
                "UPDATE audit_lines SET hash = set_byte(hash, {place} % 32, (get_byte(hash, {place} % 32) + 1) % 256) {at}"
            ),
            2 => format!("DELETE FROM audit_lines {at}"),
            3 => format!("DELETE FROM audit_lines WHERE shard = {shard} AND seq >= {first}"),
            _ => format!(
                "UPDATE audit_lines SET seq = 1000 {at};
                 UPDATE audit_lines SET seq = {first} WHERE shard = {shard} AND seq = {other};
                 UPDATE audit_lines SET seq = {other} WHERE shard = {shard} AND seq = 1000"
            ),
        };
        let broken = after(&test, &change).await;
        assert_eq!(broken.len(), 1, "{change}");
        assert_eq!((broken[0].shard, broken[0].seq), (shard, first), "{change}");
    }
}

#[tokio::test]
async fn cutting_the_end_off_is_noticed_even_when_the_head_is_put_back() {
    let test = TestDb::new().await;
    let shard = written(&test).await;
    tamper(&test, &format!("DELETE FROM audit_lines WHERE shard = {shard} AND seq > 15; DELETE FROM audit_persons WHERE shard = {shard} AND seq > 15")).await;
    assert_eq!(
        report(&test).await.broken,
        [Broken {
            shard,
            seq: 16,
            fault: Fault::Anchor { id: 1 }
        }]
    );
    tamper(&test, &format!("UPDATE audit_heads SET seq = 15, hash = (SELECT hash FROM audit_lines WHERE shard = {shard} AND seq = 15) WHERE shard = {shard}")).await;
    assert_eq!(
        report(&test).await.broken,
        [Broken {
            shard,
            seq: 16,
            fault: Fault::Anchor { id: 1 }
        }]
    );
    // All of it gone: the anchor still remembers.
    tamper(&test, "TRUNCATE audit_lines, audit_persons").await;
    assert_eq!(
        report(&test).await.broken,
        [Broken {
            shard,
            seq: 1,
            fault: Fault::Anchor { id: 1 }
        }]
    );
}

#[tokio::test]
async fn a_chain_rewritten_whole_does_not_agree_with_its_anchor() {
    let test = TestDb::new().await;
    let shard = written(&test).await;
    // Every hash recomputed after the change, head included: only the signed anchor tells.
    tamper(&test, &format!(
        "UPDATE audit_lines SET line = replace(line, '\"number\":3', '\"number\":4') WHERE shard = {shard};
         DO $$ DECLARE h bytea := sha256(convert_to('cims/audit/v1/{shard}', 'UTF8')); l record; BEGIN
            FOR l IN SELECT seq, line FROM audit_lines WHERE shard = {shard} ORDER BY seq LOOP
                h := sha256(h || convert_to(l.line, 'UTF8'));
                UPDATE audit_lines SET hash = h WHERE shard = {shard} AND seq = l.seq;
            END LOOP;
            UPDATE audit_heads SET hash = h WHERE shard = {shard};
         END $$")).await;
    assert_eq!(
        report(&test).await.broken,
        [Broken {
            shard,
            seq: 20,
            fault: Fault::Anchor { id: 1 }
        }]
    );
    // A new anchor for it cannot be signed without the key.
    tamper(
        &test,
        "UPDATE audit_anchors SET content = audit_heads_text()",
    )
    .await;
    assert_eq!(
        report(&test).await.broken,
        [Broken {
            shard: 0,
            seq: 0,
            fault: Fault::Forged { id: 1 }
        }]
    );
}

#[tokio::test]
async fn a_person_of_no_line_is_named() {
    let test = TestDb::new().await;
    let shard = written(&test).await;
    let stray = format!(
        "INSERT INTO audit_persons (shard, seq, person_id) VALUES ({shard}, 21, gen_random_uuid())"
    );
    let fault = Fault::Persons;
    assert_eq!(
        after(&test, &stray).await,
        [Broken {
            shard,
            seq: 21,
            fault
        }]
    );
}

#[tokio::test]
async fn anchors_of_several_servers_come_one_after_the_other() {
    let test = TestDb::new().await;
    written(&test).await;
    let mut servers = tokio::task::JoinSet::new();
    for server in 0..4 {
        let (db, keys) = (test.db.clone(), test.keys.clone());
        servers.spawn(async move {
            for _ in 0..10 {
                let mut tx = worker_tx(&db).await.unwrap();
                let user = Uuid::from_u128(server);
                audit::add(&mut tx, Event::of_user(user, Kind::Login))
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
                audit::anchor(&db, &keys).await.unwrap();
            }
        });
    }
    servers.join_all().await;
    assert_eq!(report(&test).await.broken, []);
    // Each names the one before it: none is skipped.
    let named: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM audit_anchors a JOIN audit_anchors b ON a.content LIKE '%after ' || b.id || ' %' AND a.id > b.id
         WHERE NOT EXISTS (SELECT FROM audit_anchors c WHERE c.id > b.id AND c.id < a.id)",
    )
    .fetch_one(&test.admin)
    .await
    .unwrap();
    assert_eq!(named, 40);
}

#[tokio::test]
async fn an_anchor_taken_from_among_the_others_is_named() {
    let test = TestDb::new().await;
    written(&test).await;
    for _ in 0..2 {
        audit::anchor(&test.db, &test.keys).await.unwrap();
    }
    assert_eq!(report(&test).await.broken, []);
    for id in [1, 2] {
        let taken = after(&test, &format!("DELETE FROM audit_anchors WHERE id = {id}")).await;
        let fault = Fault::Taken { id };
        assert_eq!(
            taken,
            [Broken {
                shard: 0,
                seq: 0,
                fault
            }]
        );
    }
}

#[tokio::test]
async fn a_mac_in_the_log_says_which_key_made_it_and_cannot_say_another() {
    let test = TestDb::new().await;
    let party = test.party("AAA").await;
    let maria = test.caller("maria", Role::Invoerder, Some(&party)).await;
    let mac = test
        .keys
        .bsn_mac(&domain::bsn::Bsn::parse("999990019").unwrap());
    let mut tx = party_tx(&test.db, &maria).await.unwrap();
    let event = Event::of(&maria, Kind::BrpChecked).about_mac(&mac);
    let line = audit::add(&mut tx, event).await.unwrap();
    tx.commit().await.unwrap();
    let kept: (Vec<u8>, String) = sqlx::query_as("SELECT person_mac, mac_key FROM audit_persons")
        .fetch_one(&test.admin)
        .await
        .unwrap();
    assert_eq!(kept, (mac.bytes.to_vec(), mac.key_id()));
    let report = report(&test).await;
    assert_eq!((report.broken, report.unsigned), (vec![], 1));
    let (shard, seq, fault) = (line.shard, line.seq, Fault::Persons);
    let changed = after(&test, "UPDATE audit_persons SET mac_key = '9'").await;
    assert_eq!(changed, [Broken { shard, seq, fault }]);
}

#[tokio::test]
async fn a_line_that_cannot_be_written_takes_its_work_with_it() {
    let test = TestDb::new().await;
    let party = test.party("AAA").await;
    let mut tx = worker_tx(&test.db).await.unwrap();
    sqlx::query(
        "INSERT INTO deliveries (id, party_id, channel) VALUES (gen_random_uuid(), $1, 'upload')",
    )
    .bind(party.id)
    .execute(&mut *tx)
    .await
    .unwrap();
    // No event code: refused by the function, and with it the whole transaction.
    assert!(
        sqlx::query("SELECT audit_add('{}', 'x', '{}', '{}', NULL)")
            .execute(&mut *tx)
            .await
            .is_err()
    );
    tx.commit().await.ok();
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM deliveries")
        .fetch_one(&test.admin)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn many_writers_at_once_make_one_unbroken_chain_each() {
    let test = TestDb::new().await;
    let mut tasks = tokio::task::JoinSet::new();
    for actor in 0..8 {
        let db = test.db.clone();
        tasks.spawn(async move {
            let user = Uuid::from_u128(actor % 4);
            for _ in 0..15 {
                let mut tx = worker_tx(&db).await.unwrap();
                audit::add(&mut tx, Event::of_user(user, Kind::Login))
                    .await
                    .unwrap();
                tx.commit().await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(
        report(&test).await,
        Report {
            lines: 120,
            anchors: 0,
            unsigned: 120,
            broken: vec![]
        }
    );
}

#[tokio::test]
async fn the_auditor_asks_whom_an_account_saw_and_nobody_else_can() {
    let test = TestDb::new().await;
    let party = test.party("AAA").await;
    let maria = test.caller("maria", Role::Invoerder, Some(&party)).await;
    let seen = Uuid::now_v7();
    let mut tx = party_tx(&test.db, &maria).await.unwrap();
    audit::add(
        &mut tx,
        Event::of(&maria, Kind::RegistrationRead).about([seen]),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    let ask = "SELECT persons FROM audit_of_actor($1, now() - interval '1 hour', now() + interval '1 hour')";
    for (role, expected) in [
        (Role::Auditor, vec![vec![seen]]),
        (Role::RivmBeheer, vec![]),
    ] {
        let asker = test.caller(role.as_str(), role, None).await;
        let mut tx = party_tx(&test.db, &asker).await.unwrap();
        let found: Vec<Vec<Uuid>> = sqlx::query_scalar(ask)
            .bind(maria.user_id.to_string())
            .fetch_all(&mut *tx)
            .await
            .unwrap();
        assert_eq!(found, expected, "{role:?}");
    }
}

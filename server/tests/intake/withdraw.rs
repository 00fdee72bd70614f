//! A delivery is withdrawn as a whole and put back: afterwards the register is as if it had not come (or as it was),
//! nothing is deleted, and where it takes two people, one is not enough (security G6, G18, bar B32).

use crate::moment::{both, hang};
use crate::sent_back;
use crate::support::TestDb;
use crate::world::{EREBOS, FROUKE, MENELAOS, NAOMI, World, csv, good, row, with};
use app::ports::deliveries::{MendAnswer, MendedRow, Phase};
use app::ports::entry::Restored;
use app::ports::withdrawals::{Asked, May, Refusal, Step, Withdrawals};
use app::ports::{Caller, Deliveries, Entry, News, PartyRef, PortError, Review};
use domain::bsn::Bsn;
use domain::decision::DecisionKind;
use domain::role::Role;
use domain::row::{Column, RowText};
use server::intake::receive::Received;
use server::intake::withdraw;
use server::jobs::{self, Handler, Life, Stopped};
use server::keys::{Purpose, Sealed};
use server::store::{rulings, worker_tx};
use std::collections::HashMap;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// A row under a key of the sender.
pub(crate) fn key(name: &str, row: RowText) -> RowText {
    with(row, &[(Column::Bronsleutel, name)])
}

fn second(bsn: &str, birth: &str) -> RowText {
    with(
        good(bsn, birth),
        &[
            (Column::Dosisnummer, "2"),
            (Column::Vaccinatiedatum, "12-03-2021"),
        ],
    )
}

/// What the register says now, in words that do not depend on keys made at random. What a later row was told when
/// it came is its history: it is not judged again.
pub(crate) async fn register(world: &World) -> Vec<String> {
    let mut people: HashMap<Uuid, &str> = HashMap::new();
    for bsn in [EREBOS, NAOMI, FROUKE, MENELAOS] {
        let mac = world.road.keys.bsn_mac(&Bsn::parse(bsn).unwrap());
        let found: Option<Uuid> = sqlx::query_scalar("SELECT id FROM persons WHERE bsn_mac = $1")
            .bind(mac.bytes.to_vec())
            .fetch_optional(&world.test.admin)
            .await
            .unwrap();
        people.extend(found.map(|id| (id, bsn)));
    }
    let who = |id: Option<Uuid>| id.map_or("nobody", |id| people[&id]);
    let jabs: Vec<(Uuid, String)> = sqlx::query_as(
        "SELECT person_id, concat_ws(' ', vaccinated_on, vaccine, hpk, batch, dose, country, target_group, agb, effective)
         FROM vaccinations WHERE valid_to IS NULL",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    let mut all: Vec<String> = jabs
        .into_iter()
        .map(|(person, jab)| format!("jab {} {jab}", who(Some(person))))
        .collect();
    type Report = (Uuid, Option<Uuid>, Option<Vec<u8>>, String);
    let reports: Vec<Report> = sqlx::query_as(
        "SELECT r.id, r.person_id, r.content_sealed,
                concat_ws(' ', p.code, CASE WHEN r.source_key LIKE 'cims-%' THEN 'made' ELSE r.source_key END, r.mutation, r.outcome,
                          r.vaccinated_on, r.vaccine, r.batch, r.dose, r.target_group, r.row_digest IS NOT NULL,
                          v.vaccinated_on, v.batch, v.dose, v.valid_to)
         FROM reports r JOIN parties p ON p.id = r.party_id LEFT JOIN vaccinations v ON v.id = r.vaccination_id
         WHERE r.valid_to IS NULL AND r.mutation <> 'V'",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    for (id, person, sealed, words) in reports {
        let sealed = Sealed::from_bytes(sealed.expect("a version with content"));
        let plain = world
            .road
            .keys
            .open(&sealed, &Purpose::Report.of(id.as_bytes()))
            .unwrap();
        let content = String::from_utf8(plain.to_vec()).unwrap();
        all.push(format!("report {} {words} {content}", who(person)));
    }
    let counts: Vec<String> = sqlx::query_scalar(
        "SELECT concat_ws(' ', 'count', p.code, vaccinated_on, vaccine, batch, dose, origin, age_group, number)
         FROM anonymous_counts c JOIN parties p ON p.id = c.party_id WHERE number > 0",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    all.extend(counts);
    all.sort();
    all
}

/// Rows of deliveries that wait for somebody: (party, row, outcome).
pub(crate) async fn open_rows(world: &World) -> Vec<(String, i32, String)> {
    sqlx::query_as(
        "SELECT p.code, r.row_number, r.outcome FROM delivery_rows r JOIN parties p ON p.id = r.party_id
         WHERE r.state = 'open' ORDER BY 1, 2, 3",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap()
}

/// Another AGB code of the other institution, so that two sources of one jab differ.
async fn other_agb(world: &World) {
    sqlx::query("INSERT INTO party_agb (party_id, agb) VALUES ($1, '06010002')")
        .bind(world.piet.party().unwrap().id)
        .execute(&world.test.admin)
        .await
        .unwrap();
}

/// Rows of every kind: corrections and a withdrawal of earlier rows, a double of another party, one for review, one
/// refused, one without consent, and a jab that the other party reports later.
fn mixed() -> Vec<RowText> {
    let erebos = || good(EREBOS, "01-04-2000");
    vec![
        key(
            "k1",
            with(
                erebos(),
                &[
                    (Column::Mutatie, "C"),
                    (Column::Vaccinatiedatum, "28-01-2021"),
                ],
            ),
        ),
        key("k2", with(row(&[]), &[(Column::Mutatie, "V")])),
        key("k3", good(FROUKE, "24-03-2000")),
        key("k4", good(MENELAOS, "02-05-1940")),
        key("k5", with(erebos(), &[(Column::Dosisnummer, "nul")])),
        key("k6", second(EREBOS, "01-04-2000")),
        key("k7", second(NAOMI, "01-04-1987")),
        row(&[
            (Column::Toestemming, "N"),
            (Column::Vaccinatiedatum, "27-01-2021"),
            (Column::Vaccin, "Comirnaty"),
            (Column::Batchnummer, "EJ6795"),
            (Column::Dosisnummer, "1"),
            (Column::Leeftijdsgroep, "C"),
        ]),
    ]
}

/// What happened in one world: with the mixed delivery, or as if it had never come.
async fn story(with_it: bool) -> (World, Option<Uuid>) {
    let world = World::new().await;
    other_agb(&world).await;
    let earlier = [
        key("k1", good(EREBOS, "01-04-2000")),
        key("k2", good(NAOMI, "01-04-1987")),
    ];
    world.upload(&world.maria, &csv(&earlier)).await;
    world
        .upload(&world.piet, &csv(&[key("p1", good(FROUKE, "24-03-2000"))]))
        .await;
    let delivery = if with_it {
        Some(world.upload(&world.maria, &csv(&mixed())).await)
    } else {
        None
    };
    // The other party reports what the delivery reported first, with another AGB code.
    let later = with(
        second(EREBOS, "01-04-2000"),
        &[(Column::UitvoerderAgb, "06010002")],
    );
    world.upload(&world.piet, &csv(&[key("p2", later)])).await;
    (world, delivery)
}

pub(crate) async fn withdrawn(world: &World, caller: &Caller, delivery: Uuid) {
    let asked = world
        .portal
        .withdraw_delivery(caller, delivery, "verkeerd bestand".into())
        .await
        .unwrap();
    assert_eq!(asked, Asked::Running);
    world.work().await;
}

/// How many rows there are in all tables that keep facts: none of them may ever shrink.
async fn facts(world: &World) -> [i64; 4] {
    [
        world.count("reports").await,
        world.count("vaccinations").await,
        world.count("persons").await,
        world.count("delivery_rows").await,
    ]
}

#[tokio::test]
async fn afterwards_the_register_is_as_if_the_delivery_had_not_come() {
    let (twin, _) = story(false).await;
    let (world, delivery) = story(true).await;
    let delivery = delivery.unwrap();
    assert_ne!(register(&world).await, register(&twin).await);
    let before = facts(&world).await;
    withdrawn(&world, &world.maria, delivery).await;
    assert_eq!(register(&world).await, register(&twin).await);
    assert_eq!(open_rows(&world).await, open_rows(&twin).await);

    let after = facts(&world).await;
    for (before, after) in before.iter().zip(after) {
        assert!(after >= *before, "nothing is deleted: {before} {after}");
    }
    let view = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap();
    let last = view.last.unwrap();
    assert_eq!((last.reversed, last.kept, last.undo), (6, 0, false));
    assert_eq!(
        (last.reason.as_str(), last.asked_by.as_str()),
        ("verkeerd bestand", "maria")
    );
    assert_eq!((view.step, view.counted), (Step::Undo, 1));
    let shown = world.portal.delivery(&world.maria, delivery).await.unwrap();
    assert_eq!(shown.line.phase, Phase::Withdrawn);
    // The old versions stay readable, with the reason of the new one.
    let k3: Uuid = sqlx::query_scalar("SELECT id FROM reports WHERE source_key = 'k3' LIMIT 1")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let k3 = world.portal.registration(&world.maria, k3).await.unwrap();
    assert_eq!(k3.versions.len(), 2);
    assert!(k3.versions[0].withdrawal && !k3.may_change);
    assert_eq!(k3.versions[0].reason.as_deref(), Some("verkeerd bestand"));
    assert_eq!(k3.versions[1].row.get(Column::Bsn), FROUKE);
    // Every version leads to a delivery and a row, and each one is told to the audit.
    let loose = "reports r WHERE NOT EXISTS (SELECT FROM deliveries d WHERE d.id = r.delivery_id)";
    assert_eq!(world.count(loose).await, 0);
    for line in [
        "transfer.withdrawal-asked",
        "record.withdrawn",
        "transfer.withdrawn",
    ] {
        assert_eq!(
            world
                .count(&format!("audit_lines WHERE event = '{line}'"))
                .await,
            1,
            "{line}"
        );
    }
}

#[tokio::test]
async fn undoing_it_puts_back_what_was_there() {
    let (world, delivery) = story(true).await;
    let delivery = delivery.unwrap();
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    let rounds = 2;
    for round in 1..=rounds {
        withdrawn(&world, &world.maria, delivery).await;
        assert_ne!(register(&world).await, before);
        let asked = world
            .portal
            .restore_delivery(&world.maria, delivery, "toch goed".into())
            .await
            .unwrap();
        assert_eq!(asked, Asked::Running);
        world.work().await;
        assert_eq!(register(&world).await, before, "round {round}");
        assert_eq!(open_rows(&world).await, waited, "round {round}");
    }
    let view = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap();
    let last = view.last.unwrap();
    assert_eq!((last.reversed, last.kept, last.undo), (6, 0, true));
    assert_eq!(view.step, Step::Withdraw);
    let shown = world.portal.delivery(&world.maria, delivery).await.unwrap();
    assert_eq!(shown.line.phase, Phase::Done);
    assert_eq!(
        world
            .count("audit_lines WHERE event = 'transfer.restored'")
            .await,
        rounds
    );
}

#[tokio::test]
async fn what_changed_since_or_came_again_is_kept_and_told() {
    let world = World::new().await;
    let rows = [
        key("k1", good(EREBOS, "01-04-2000")),
        key("k2", good(NAOMI, "01-04-1987")),
        key("k3", good(FROUKE, "24-03-2000")),
        key("k4", second(EREBOS, "01-04-2000")),
        key("k5", second(NAOMI, "01-04-1987")),
    ];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let later = [
        // Corrected, withdrawn, the same jab under another key, and the same row once more.
        key(
            "k1",
            with(
                good(EREBOS, "01-04-2000"),
                &[(Column::Mutatie, "C"), (Column::Batchnummer, "EJ6796")],
            ),
        ),
        key("k2", with(row(&[]), &[(Column::Mutatie, "V")])),
        key("anders", good(FROUKE, "24-03-2000")),
        rows[3].clone(),
    ];
    world.upload(&world.maria, &csv(&later)).await;
    let before = register(&world).await;
    withdrawn(&world, &world.maria, delivery).await;
    let last = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap()
        .last
        .unwrap();
    assert_eq!((last.reversed, last.kept), (1, 4));
    assert_eq!(last.kept_rows.first, "2-5");
    let gone: Vec<_> = before
        .iter()
        .filter(|line| {
            let its_jab = line.starts_with("jab") && line.contains(NAOMI);
            !its_jab && !line.contains(" k5 ")
        })
        .cloned()
        .collect();
    assert_eq!(register(&world).await, gone);
    // Undoing it brings back the one, and leaves alone what was left alone.
    world
        .portal
        .restore_delivery(&world.maria, delivery, "toch".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(register(&world).await, before);
}

#[tokio::test]
async fn a_withdrawn_delivery_may_come_again_and_counts_nobody_twice() {
    let (world, delivery) = story(true).await;
    let delivery = delivery.unwrap();
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    assert!(matches!(
        world
            .receive(&world.maria, "a.csv", &csv(&mixed()), true)
            .await,
        Received::Double { of, .. } if of == delivery
    ));
    withdrawn(&world, &world.maria, delivery).await;
    let again = world.upload(&world.maria, &csv(&mixed())).await;
    let view = world.portal.delivery(&world.maria, again).await.unwrap();
    assert_eq!(view.line.phase, Phase::Done);
    assert_eq!(
        (view.line.counts.dubbel, view.line.counts.geteld),
        (0, 1),
        "nothing of it is known any more"
    );
    // Sent once more it is new, not a correction of what is gone; RIVM sees the same rows.
    let now = register(&world).await;
    let jabs = |all: &[String]| -> Vec<String> {
        all.iter()
            .filter(|line| line.starts_with("jab"))
            .cloned()
            .collect()
    };
    // The other party was first this time, so its AGB code is that of the shared jab.
    let shared: Vec<String> = jabs(&before)
        .into_iter()
        .map(|line| {
            if line.contains(EREBOS) && line.contains("2021-03-12") {
                line.replace("06010001", "06010002")
            } else {
                line
            }
        })
        .collect();
    assert_eq!(jabs(&now), shared);
    assert_eq!(open_rows(&world).await, waited);
    assert_eq!(
        world.count("anonymous_counts WHERE number = 1").await,
        1,
        "of the two the second counts"
    );
    // Now there is nothing to undo: the content is there by another delivery.
    let view = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap();
    assert_eq!(view.step, Step::Again);
    assert_eq!(
        world
            .portal
            .restore_delivery(&world.maria, delivery, "x".into())
            .await,
        Ok(Asked::Again)
    );
    assert_eq!(register(&world).await, now);
}

#[tokio::test]
async fn the_jab_of_another_party_that_came_in_its_place_stays_and_rivm_looks() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[key("k1", good(EREBOS, "01-04-2000"))]))
        .await;
    let moved = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Mutatie, "C"),
            (Column::Vaccinatiedatum, "28-02-2021"),
        ],
    );
    let delivery = world.upload(&world.maria, &csv(&[key("k1", moved)])).await;
    // The day is free now; another party reports another batch there, under another dose.
    let theirs = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Batchnummer, "EJ6796"), (Column::Dosisnummer, "2")],
    );
    world.upload(&world.piet, &csv(&[key("p1", theirs)])).await;
    assert_eq!(
        world
            .count("vaccinations WHERE valid_to IS NULL AND effective")
            .await,
        2
    );
    withdrawn(&world, &world.maria, delivery).await;
    let counts: Vec<(String, bool)> = sqlx::query_as(
        "SELECT batch, effective FROM vaccinations WHERE valid_to IS NULL AND vaccinated_on = '2021-01-27' ORDER BY 1",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    assert_eq!(
        counts,
        [("EJ6795".to_owned(), false), ("EJ6796".to_owned(), true)],
        "the first stays effective, both are kept"
    );
    let waits = open_rows(&world).await;
    assert_eq!(
        waits,
        [("ZONNEHOF".to_owned(), 2, "TE_CONTROLEREN".to_owned())]
    );
    let rows = world
        .portal
        .rows(&world.rivm, Default::default())
        .await
        .unwrap();
    let opened = world
        .portal
        .row(&world.rivm, rows.items[0].id)
        .await
        .unwrap();
    assert_eq!(opened.row.get(Column::Bsn), EREBOS);
    assert_eq!(opened.line.findings[0].code.as_str(), "D04");
    // Undone, the row waits no longer.
    world
        .portal
        .restore_delivery(&world.maria, delivery, "toch".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(open_rows(&world).await, []);
    assert_eq!(
        world
            .count("vaccinations WHERE valid_to IS NULL AND effective")
            .await,
        2
    );
}

#[tokio::test]
async fn two_deliveries_withdrawn_in_either_order_leave_the_same() {
    let rows = |mutation: &str, day: &str| {
        csv(&[key(
            "k1",
            with(
                good(EREBOS, "01-04-2000"),
                &[(Column::Mutatie, mutation), (Column::Vaccinatiedatum, day)],
            ),
        )])
    };
    for first_the_older in [true, false] {
        let world = World::new().await;
        let older = world.upload(&world.maria, &rows("", "27-01-2021")).await;
        let newer = world.upload(&world.maria, &rows("C", "28-01-2021")).await;
        let order = if first_the_older {
            [older, newer]
        } else {
            [newer, older]
        };
        for delivery in order {
            withdrawn(&world, &world.maria, delivery).await;
        }
        assert_eq!(register(&world).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn killed_at_any_moment_it_goes_on_where_it_was() {
    let (twin, _) = story(false).await;
    let (world, delivery) = story(true).await;
    let delivery = delivery.unwrap();
    world
        .portal
        .withdraw_delivery(&world.maria, delivery, "reden".into())
        .await
        .unwrap();
    let kills = with_kills(&world).await;
    assert!(kills >= 3, "{kills} kills");
    assert_eq!(register(&world).await, register(&twin).await);
    let last = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap()
        .last
        .unwrap();
    assert_eq!((last.reversed, last.kept), (6, 0), "each counted once");
}

#[tokio::test]
async fn a_worker_that_was_thought_dead_writes_nothing() {
    let (world, delivery) = story(true).await;
    world
        .portal
        .withdraw_delivery(&world.maria, delivery.unwrap(), "reden".into())
        .await
        .unwrap();
    let process = Life::begin(&world.road.db).await.unwrap();
    let stale = jobs::lease(&world.road.db, &process)
        .await
        .unwrap()
        .unwrap();
    sqlx::query("UPDATE jobs SET lease_until = now() - interval '1 second'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let fresh = jobs::lease(&world.road.db, &process)
        .await
        .unwrap()
        .unwrap();
    let before = register(&world).await;
    let (_keep, stop) = watch::channel(false);
    assert_eq!(world.road.handle(&stale, &stop).await, Err(Stopped::Fenced));
    assert_eq!(register(&world).await, before);
    world.road.handle(&fresh, &stop).await.unwrap();
    assert_ne!(register(&world).await, before);
    assert_eq!(
        world.road.handle(&fresh, &stop).await,
        Err(Stopped::Fenced),
        "a job that ended is nobody's"
    );
}

/// Another person of the same institution.
async fn colleague(test: &TestDb, name: &str, role: Role, of: &Caller) -> Caller {
    let party: Option<PartyRef> = of.party().cloned();
    test.caller(name, role, party.as_ref()).await
}

async fn rows_in_register(world: &World, delivery: Uuid, rows: i32) {
    sqlx::query("UPDATE deliveries SET geaccepteerd = $2 - te_controleren WHERE id = $1")
        .bind(delivery)
        .bind(rows)
        .execute(&world.test.admin)
        .await
        .unwrap();
}

#[tokio::test]
async fn above_a_thousand_rows_a_second_person_of_the_institution_agrees_first() {
    let (world, delivery) = story(true).await;
    let delivery = delivery.unwrap();
    let manager = colleague(
        &world.test,
        "marta",
        Role::Instellingsbeheerder,
        &world.maria,
    )
    .await;
    rows_in_register(&world, delivery, 1_001).await;
    let before = register(&world).await;
    let view = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap();
    assert!(view.second_person);
    for _ in 0..2 {
        let asked = world
            .portal
            .withdraw_delivery(&world.maria, delivery, "reden".into())
            .await;
        assert_eq!(asked, Ok(Asked::Waiting), "asked twice is once");
    }
    assert_eq!(world.count("withdrawals").await, 1);
    world.work().await;
    assert_eq!(register(&world).await, before, "nothing happens yet");
    // Who asked, in this session or another one, cannot agree; neither can another institution or RIVM.
    let elsewhere = Caller {
        session_id: Uuid::now_v7(),
        ..world.maria.clone()
    };
    for caller in [&world.maria, &elsewhere] {
        assert_eq!(
            world.portal.agree(caller, delivery).await,
            Ok(Asked::SamePerson)
        );
    }
    for caller in [&world.piet, &world.rivm] {
        assert_eq!(
            world.portal.agree(caller, delivery).await,
            Err(PortError::NotFound)
        );
    }
    let view = world.portal.withdrawal(&manager, delivery).await.unwrap();
    let open = view.open.unwrap();
    assert_eq!(
        (open.may, open.asked_by.as_str(), open.reason.as_str()),
        (May::Decide, "maria", "reden")
    );
    let mine = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap();
    assert_eq!(mine.open.unwrap().may, May::CallBack);
    assert_eq!(world.portal.news(&manager).await.unwrap().waiting.len(), 1);
    assert_eq!(
        world.portal.news(&world.maria).await.unwrap().waiting.len(),
        0
    );
    for _ in 0..2 {
        assert_eq!(
            world.portal.agree(&manager, delivery).await,
            Ok(Asked::Running),
            "agreed twice is once"
        );
    }
    world.work().await;
    assert_ne!(register(&world).await, before);
    let last = world
        .portal
        .withdrawal(&manager, delivery)
        .await
        .unwrap()
        .last
        .unwrap();
    assert_eq!(
        (last.asked_by.as_str(), last.agreed_by.as_deref()),
        ("maria", Some("marta"))
    );
    assert_eq!(
        world.portal.agree(&manager, delivery).await,
        Ok(Asked::Running),
        "of one that is carried out nothing is left to do"
    );
    world.work().await;
    assert_eq!(world.count("withdrawals").await, 1);
}

#[tokio::test]
async fn at_a_thousand_rows_one_person_is_enough_and_the_database_holds_the_line_too() {
    let (world, delivery) = story(true).await;
    let delivery = delivery.unwrap();
    rows_in_register(&world, delivery, 1_000).await;
    let view = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap();
    assert!(!view.second_person);
    rows_in_register(&world, delivery, 1_001).await;
    world
        .portal
        .withdraw_delivery(&world.maria, delivery, "reden".into())
        .await
        .unwrap();
    let refused = sqlx::query(
        "UPDATE withdrawals SET state = 'running', decided_by = asked_by, decided_at = now()",
    )
    .execute(&world.test.admin)
    .await
    .unwrap_err();
    assert!(
        refused.to_string().contains("withdrawals_four_eyes"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_request_is_refused_or_taken_back_and_then_asked_anew() {
    let (world, delivery) = story(true).await;
    let delivery = delivery.unwrap();
    let manager = colleague(
        &world.test,
        "marta",
        Role::Instellingsbeheerder,
        &world.maria,
    )
    .await;
    rows_in_register(&world, delivery, 2_000).await;
    let before = register(&world).await;
    for (who, refusal) in [
        (&manager, Refusal::Rejected),
        (&world.maria, Refusal::CalledBack),
    ] {
        world
            .portal
            .withdraw_delivery(&world.maria, delivery, "reden".into())
            .await
            .unwrap();
        world.portal.turn_down(who, delivery).await.unwrap();
        world
            .portal
            .turn_down(who, delivery)
            .await
            .expect("twice is once");
        let view = world
            .portal
            .withdrawal(&world.maria, delivery)
            .await
            .unwrap();
        assert_eq!(
            (view.refused, view.step, view.open.is_none()),
            (Some(refusal), Step::Withdraw, true)
        );
        assert_eq!(
            world.portal.agree(&manager, delivery).await,
            Err(PortError::Conflict),
            "what was turned down cannot be agreed to"
        );
    }
    world.work().await;
    assert_eq!(register(&world).await, before);
    assert_eq!(
        world
            .count("audit_lines WHERE event = 'transfer.withdrawal-decided'")
            .await,
        2
    );
}

#[tokio::test]
async fn rivm_needs_two_people_and_undoes_its_own() {
    let (world, delivery) = story(true).await;
    let delivery = delivery.unwrap();
    let operator = world.test.caller("rob", Role::RivmBeheer, None).await;
    let before = register(&world).await;
    assert_eq!(
        world
            .portal
            .withdraw_delivery(&world.rivm, delivery, "op verzoek".into())
            .await,
        Ok(Asked::Waiting)
    );
    assert_eq!(
        world.portal.agree(&world.rivm, delivery).await,
        Ok(Asked::SamePerson)
    );
    assert_eq!(
        world.portal.agree(&world.maria, delivery).await,
        Err(PortError::NotFound),
        "the institution is not RIVM's second person"
    );
    world.work().await;
    assert_eq!(register(&world).await, before);
    let theirs = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap()
        .open
        .unwrap();
    assert_eq!(
        (theirs.may, theirs.asked_by.as_str()),
        (May::Look, "RIVM"),
        "names of RIVM's people stay there"
    );
    assert_eq!(
        world.portal.agree(&operator, delivery).await,
        Ok(Asked::Running)
    );
    world.work().await;
    let (twin, _) = story(false).await;
    assert_eq!(register(&world).await, register(&twin).await);
    // The institution sees what happened, and cannot undo it.
    let view = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap();
    assert_eq!(view.step, Step::NotYours);
    assert_eq!(
        world
            .portal
            .restore_delivery(&world.maria, delivery, "nee".into())
            .await,
        Err(PortError::Conflict)
    );
    assert_eq!(
        world
            .portal
            .restore_delivery(&operator, delivery, "vergissing".into())
            .await,
        Ok(Asked::Waiting)
    );
    assert_eq!(
        world.portal.agree(&operator, delivery).await,
        Ok(Asked::SamePerson)
    );
    assert_eq!(
        world.portal.agree(&world.rivm, delivery).await,
        Ok(Asked::Running)
    );
    world.work().await;
    assert_eq!(register(&world).await, before);
}

#[tokio::test]
async fn only_what_is_in_the_register_can_be_withdrawn_and_only_once() {
    let world = World::new().await;
    let ask = |delivery| {
        world
            .portal
            .withdraw_delivery(&world.maria, delivery, "reden".into())
    };
    let preview = world
        .receive(
            &world.maria,
            "a.csv",
            &csv(&[key("k9", good(NAOMI, "01-04-1987"))]),
            true,
        )
        .await
        .id();
    world.work().await;
    let refused = world.upload(&world.maria, b"geen tabel").await;
    for delivery in [preview, refused] {
        assert_eq!(ask(delivery).await, Err(PortError::Conflict));
        let view = world
            .portal
            .withdrawal(&world.maria, delivery)
            .await
            .unwrap();
        assert_eq!(view.step, Step::Nothing);
    }
    // What was typed in the form is withdrawn by itself, and a withdrawal is no delivery to withdraw.
    world
        .record(&world.maria, &good(FROUKE, "24-03-2000"))
        .await;
    let typed: Uuid = sqlx::query_scalar("SELECT id FROM deliveries WHERE channel = 'portaal'")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(ask(typed).await, Err(PortError::NotFound));
    let delivery = world
        .upload(&world.maria, &csv(&[key("k1", good(EREBOS, "01-04-2000"))]))
        .await;
    // A double click: both at once.
    let (one, two) = tokio::join!(ask(delivery), ask(delivery));
    assert_eq!((one, two), (Ok(Asked::Running), Ok(Asked::Running)));
    assert_eq!(world.count("withdrawals").await, 1);
    assert_eq!(
        world
            .portal
            .restore_delivery(&world.maria, delivery, "te vroeg".into())
            .await,
        Err(PortError::Conflict),
        "while it runs"
    );
    world.work().await;
    assert_eq!(ask(delivery).await, Ok(Asked::Running), "it is done");
    world.work().await;
    assert_eq!(world.count("withdrawals").await, 1);
    let withdrawal: Uuid = sqlx::query_scalar("SELECT id FROM withdrawals")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(ask(withdrawal).await, Err(PortError::NotFound));
}

#[tokio::test]
async fn after_thirty_days_only_rivm_withdraws() {
    let (world, delivery) = story(true).await;
    let delivery = delivery.unwrap();
    sqlx::query(
        "UPDATE deliveries SET received_at = received_at - interval '31 days' WHERE id = $1",
    )
    .bind(delivery)
    .execute(&world.test.admin)
    .await
    .unwrap();
    assert_eq!(
        world
            .portal
            .withdraw_delivery(&world.maria, delivery, "reden".into())
            .await,
        Ok(Asked::TooLate)
    );
    let view = world
        .portal
        .withdrawal(&world.maria, delivery)
        .await
        .unwrap();
    assert_eq!(view.step, Step::TooLate);
    assert_eq!(
        world
            .portal
            .withdraw_delivery(&world.rivm, delivery, "op verzoek".into())
            .await,
        Ok(Asked::Waiting)
    );
}

#[tokio::test]
async fn who_delivered_hears_of_the_end_until_the_page_was_opened() {
    let world = World::new().await;
    let id = world
        .receive(
            &world.maria,
            "week 4.csv",
            &csv(&[key("k1", good(EREBOS, "01-04-2000"))]),
            true,
        )
        .await
        .id();
    assert!(
        world
            .portal
            .news(&world.maria)
            .await
            .unwrap()
            .files
            .is_empty()
    );
    world.work().await;
    let news = world.portal.news(&world.maria).await.unwrap().files;
    assert_eq!(
        (news.len(), news[0].outcome),
        (1, None),
        "it waits for Indienen"
    );
    Deliveries::submit(&world.portal, &world.maria, id)
        .await
        .unwrap();
    world.work().await;
    let news = world.portal.news(&world.maria).await.unwrap().files;
    assert_eq!(
        (
            news.len(),
            news[0].file_name.as_str(),
            news[0].counts.geaccepteerd
        ),
        (1, "week 4.csv", 1)
    );
    // A colleague did not deliver it, another institution even less; looking at it does not take it from her.
    let marta = colleague(&world.test, "marta", Role::Invoerder, &world.maria).await;
    for other in [&marta, &world.piet, &world.rivm] {
        assert!(world.portal.news(other).await.unwrap().files.is_empty());
        world.portal.seen(other, id).await.unwrap();
    }
    assert_eq!(
        world.portal.news(&world.maria).await.unwrap().files.len(),
        1
    );
    world.portal.seen(&world.maria, id).await.unwrap();
    assert!(
        world
            .portal
            .news(&world.maria)
            .await
            .unwrap()
            .files
            .is_empty()
    );
}

/// The registration of a reference.
pub(crate) async fn registration(world: &World, caller: &Caller, reference: String) -> Uuid {
    let receipt = world.portal.receipt(caller, reference).await.unwrap();
    receipt.registration.unwrap()
}

#[tokio::test]
async fn one_registration_withdrawn_by_mistake_is_put_back_and_equals_what_it_was() {
    let world = World::new().await;
    let reference = world
        .record(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    let id = registration(&world, &world.maria, reference).await;
    let before = register(&world).await;
    let never = world.portal.restore(&world.maria, id, "x".into()).await;
    assert_eq!(never, Err(PortError::Conflict), "it is not withdrawn");
    Entry::withdraw(&world.portal, &world.maria, id, "verkeerd".into(), false)
        .await
        .unwrap();
    let view = world.portal.registration(&world.maria, id).await.unwrap();
    assert!(view.may_restore && !view.may_change);
    assert_eq!(register(&world).await, Vec::<String>::new());
    assert_eq!(
        world.portal.restore(&world.piet, id, "x".into()).await,
        Err(PortError::NotFound)
    );
    for _ in 0..2 {
        assert_eq!(
            world
                .portal
                .restore(&world.maria, id, "toch goed".into())
                .await,
            Ok(Restored::Done),
            "twice is once"
        );
    }
    assert_eq!(register(&world).await, before);
    let view = world.portal.registration(&world.maria, id).await.unwrap();
    assert_eq!(view.versions.len(), 3);
    assert_eq!(view.versions[0].reason.as_deref(), Some("toch goed"));
    assert!(view.may_change && !view.may_restore);
    assert_eq!(
        world
            .count("audit_lines WHERE event = 'record.restored'")
            .await,
        1
    );
    // It can be corrected and withdrawn again, as any other.
    Entry::withdraw(&world.portal, &world.maria, id, "nu echt".into(), false)
        .await
        .unwrap();
    assert_eq!(register(&world).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_registration_is_not_put_back_when_it_came_again_or_went_with_its_delivery() {
    let world = World::new().await;
    let row = good(EREBOS, "01-04-2000");
    let reference = world.record(&world.maria, &row).await;
    let id = registration(&world, &world.maria, reference).await;
    Entry::withdraw(&world.portal, &world.maria, id, "verkeerd".into(), false)
        .await
        .unwrap();
    world.record(&world.maria, &row).await;
    let before = register(&world).await;
    let answer = world.portal.restore(&world.maria, id, "x".into()).await;
    let Ok(Restored::Again(draft)) = answer else {
        panic!("{answer:?}");
    };
    let kept = world.portal.draft(&world.maria, draft).await.unwrap();
    assert_eq!(kept.reason, "x", "what was typed is not lost");
    assert_eq!(register(&world).await, before);

    let delivery = world
        .upload(
            &world.maria,
            &csv(&[
                key("k1", good(NAOMI, "01-04-1987")),
                key("k2", good(FROUKE, "24-03-2000")),
            ]),
        )
        .await;
    let id_of = |key: &'static str| {
        sqlx::query_scalar::<_, Uuid>("SELECT id FROM reports WHERE source_key = $1 LIMIT 1")
            .bind(key)
            .fetch_one(&world.test.admin)
    };
    let (naomi, frouke) = (id_of("k1").await.unwrap(), id_of("k2").await.unwrap());
    Entry::withdraw(&world.portal, &world.maria, naomi, "verkeerd".into(), false)
        .await
        .unwrap();
    withdrawn(&world, &world.maria, delivery).await;
    for id in [naomi, frouke] {
        let view = world.portal.registration(&world.maria, id).await.unwrap();
        assert!(!view.may_restore, "its delivery does not count");
        assert_eq!(
            world.portal.restore(&world.maria, id, "x".into()).await,
            Err(PortError::Conflict)
        );
    }
    assert_eq!(register(&world).await, before);
}

#[tokio::test]
async fn a_registration_put_back_goes_with_its_delivery_all_the_same() {
    let world = World::new().await;
    let rows = [key("k1", good(EREBOS, "01-04-2000"))];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let id: Uuid = sqlx::query_scalar("SELECT id FROM reports")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    Entry::withdraw(&world.portal, &world.maria, id, "verkeerd".into(), false)
        .await
        .unwrap();
    world
        .portal
        .restore(&world.maria, id, "toch".into())
        .await
        .unwrap();
    let before = register(&world).await;
    withdrawn(&world, &world.maria, delivery).await;
    assert_eq!(register(&world).await, Vec::<String>::new());
    // The same file again is new: no tombstone keeps it out.
    world.upload(&world.maria, &csv(&rows)).await;
    assert_eq!(register(&world).await, before);
}

#[tokio::test]
async fn a_mended_row_goes_with_its_delivery_and_none_is_mended_meanwhile() {
    let world = World::new().await;
    let wrong = |row| with(row, &[(Column::Dosisnummer, "nul")]);
    let rows = [
        key("k1", good(EREBOS, "01-04-2000")),
        key("k2", wrong(good(NAOMI, "01-04-1987"))),
        key("k3", wrong(good(FROUKE, "24-03-2000"))),
    ];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let mended = |number: u32| {
        let world = &world;
        async move {
            let view = world
                .portal
                .refused_row(&world.maria, delivery, number, None)
                .await
                .unwrap();
            MendedRow {
                number,
                seen: view.line.seen,
                cells: vec![(Column::Dosisnummer, "1".to_owned())],
                ..MendedRow::default()
            }
        }
    };
    let (second, third) = (mended(3).await, mended(4).await);
    let mend = |row: MendedRow| world.portal.mend(&world.maria, delivery, vec![row], None);
    let good = MendAnswer {
        good: 1,
        ..MendAnswer::default()
    };
    assert_eq!(mend(second).await, Ok(good));
    let before = register(&world).await;
    assert_eq!(
        world
            .portal
            .withdraw_delivery(&world.maria, delivery, "reden".into())
            .await,
        Ok(Asked::Running)
    );
    assert_eq!(
        mend(third.clone()).await,
        Err(PortError::Conflict),
        "while it is withdrawn"
    );
    world.work().await;
    assert_eq!(register(&world).await, Vec::<String>::new());
    assert_eq!(open_rows(&world).await, []);
    assert_eq!(mend(third).await, Err(PortError::Conflict), "afterwards");
    world
        .portal
        .restore_delivery(&world.maria, delivery, "toch".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(register(&world).await, before);
    // The row that was refused can be mended again.
    assert_eq!(mend(mended(4).await).await, Ok(good));
}

/// How many rows of a delivery its sender sees accepted, and for review.
pub(crate) async fn told(world: &World, caller: &Caller, delivery: Uuid) -> (u32, u32) {
    let seen = world.portal.delivery(caller, delivery).await.unwrap();
    let counts = seen.line.counts;
    (counts.geaccepteerd, counts.te_controleren)
}

pub(crate) async fn put_back(world: &World, caller: &Caller, delivery: Uuid) {
    let asked = world
        .portal
        .restore_delivery(caller, delivery, "toch goed".into())
        .await
        .unwrap();
    assert_eq!(asked, Asked::Running);
    world.work().await;
    world.sound().await;
}

/// Codes by which stored rows wait, RIVM's view, in the order of the rows.
pub(crate) async fn waits_for(world: &World) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT string_agg(DISTINCT one ->> 'code', ' ' ORDER BY one ->> 'code') FROM delivery_rows r,
                jsonb_array_elements(r.findings || r.staff_findings) AS one
         WHERE r.state = 'open' AND one ->> 'severity' = 'controle' AND one ->> 'code' <> 'B19'
         GROUP BY r.created_at, r.row_number ORDER BY r.created_at, r.row_number",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap()
}

/// A vaccination of somebody: day, dose, product and batch.
pub(crate) fn jab(of: (&str, &str), on: &str, dose: &str, vaccine: &str, batch: &str) -> RowText {
    with(
        good(of.0, of.1),
        &[
            (Column::Vaccinatiedatum, on),
            (Column::Dosisnummer, dose),
            (Column::Vaccin, vaccine),
            (Column::Batchnummer, batch),
        ],
    )
}

pub(crate) const E: (&str, &str) = (EREBOS, "01-04-2000");
pub(crate) const N: (&str, &str) = (NAOMI, "01-04-1987");
pub(crate) const F: (&str, &str) = (FROUKE, "24-03-2000");

/// The first dose of three persons, by mistake.
fn wrong() -> Vec<u8> {
    csv(&[good(E.0, E.1), good(N.0, N.1), good(F.0, F.1)])
}

/// Each waits because of one of those: another product that day, another batch that day, the same dose on another day.
pub(crate) fn later() -> Vec<RowText> {
    vec![
        key("l1", jab(E, "27-01-2021", "1", "Spikevax", "300042698")),
        key("l2", jab(N, "27-01-2021", "1", "Comirnaty", "EJ6796")),
        key("l3", jab(F, "28-02-2021", "1", "Comirnaty", "EJ6795")),
    ]
}

#[tokio::test]
async fn what_waited_because_of_it_alone_is_stored_and_waits_again_when_it_is_put_back() {
    let twin = World::new().await;
    twin.upload(&twin.piet, &csv(&later())).await;
    let world = World::new().await;
    let first = world.upload(&world.maria, &wrong()).await;
    let waiting = world.upload(&world.piet, &csv(&later())).await;
    assert_eq!(waits_for(&world).await, ["D04", "D04", "D05"]);
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 3));
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    for round in 1..=2 {
        withdrawn(&world, &world.maria, first).await;
        assert_eq!(register(&world).await, register(&twin).await, "{round}");
        assert_eq!(open_rows(&world).await, []);
        assert_eq!(told(&world, &world.piet, waiting).await, (3, 0));
        // Nobody decided it.
        let freed = "delivery_rows WHERE freed_by IS NOT NULL AND state = 'accepted' AND outcome = 'GEACCEPTEERD' AND decided_by IS NULL";
        assert_eq!(world.count(freed).await, 3);
        world.sound().await;
        assert_eq!(
            world.count("reports WHERE accepted_by IS NOT NULL").await,
            0
        );

        put_back(&world, &world.maria, first).await;
        assert_eq!(register(&world).await, before, "{round}");
        assert_eq!(open_rows(&world).await, waited);
        assert_eq!(told(&world, &world.piet, waiting).await, (0, 3));
        assert_eq!(
            world
                .count("delivery_rows WHERE freed_by IS NOT NULL")
                .await,
            0
        );
    }
    // Why stands in the history, and in the log of whose rows they are: a line for each time.
    let history: Vec<(String, bool, i64)> = sqlx::query_as(
        "SELECT h.outcome, w.undoes IS NULL, count(*) FROM row_history h JOIN withdrawals w ON w.id = h.withdrawal_id
         WHERE h.mended_by IS NULL AND h.raw_sealed IS NULL GROUP BY 1, 2 ORDER BY 1",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    assert_eq!(
        history,
        [
            ("GEACCEPTEERD".to_owned(), false, 6),
            ("TE_CONTROLEREN".to_owned(), true, 6)
        ]
    );
    let party = world.piet.party().unwrap().id;
    let lines =
        format!("audit_lines WHERE event = 'record.checked-again' AND organisation_id = '{party}'");
    assert_eq!(world.count(&lines).await, 4);
}

#[tokio::test]
async fn a_dose_too_soon_after_a_withdrawn_one_of_the_own_institution_is_stored() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &wrong()).await;
    let soon = csv(&[key("s1", jab(E, "05-02-2021", "2", "Comirnaty", "EJ6795"))]);
    let waiting = world.upload(&world.maria, &soon).await;
    assert_eq!(waits_for(&world).await, ["V32"]);
    let before = register(&world).await;
    withdrawn(&world, &world.maria, first).await;
    assert_eq!(told(&world, &world.maria, waiting).await, (1, 0));
    let twin = World::new().await;
    twin.upload(&twin.maria, &soon).await;
    assert_eq!(register(&world).await, register(&twin).await);
    put_back(&world, &world.maria, first).await;
    assert_eq!(register(&world).await, before);
    assert_eq!(told(&world, &world.maria, waiting).await, (0, 1));
}

#[tokio::test]
async fn what_something_else_stands_against_too_goes_on_waiting() {
    // Of Erebos the batch is not known, of Naomi another delivery says that day too, and of Frouke two came that contradict
    // each other: the first of them would have been stored.
    let third = csv(&[jab(N, "12-03-2021", "2", "Comirnaty", "EJ6795")]);
    let rows = csv(&[
        jab(E, "28-02-2021", "1", "Comirnaty", "ZZ9999"),
        jab(N, "12-03-2021", "1", "Spikevax", "300042698"),
        jab(F, "28-02-2021", "1", "Comirnaty", "EJ6795"),
        jab(F, "01-03-2021", "1", "Comirnaty", "EJ6795"),
    ]);
    let world = World::new().await;
    let first = world.upload(&world.maria, &wrong()).await;
    world.upload(&world.maria, &third).await;
    let waiting = world.upload(&world.piet, &rows).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 4));
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    withdrawn(&world, &world.maria, first).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 3));
    let twin = World::new().await;
    twin.upload(&twin.maria, &third).await;
    twin.upload(&twin.piet, &rows).await;
    assert_eq!(register(&world).await, register(&twin).await);
    assert_eq!(open_rows(&world).await, open_rows(&twin).await);
    put_back(&world, &world.maria, first).await;
    assert_eq!(register(&world).await, before);
    assert_eq!(open_rows(&world).await, waited);
}

#[tokio::test]
async fn what_waited_for_something_else_is_not_stored_by_it() {
    let world = World::new().await;
    let first = world
        .upload(&world.maria, &csv(&[key("a", good(E.0, E.1))]))
        .await;
    // It contradicts a registration that RIVM rejected since, and nothing of the withdrawn delivery.
    world
        .upload(
            &world.maria,
            &csv(&[jab(E, "28-02-2021", "2", "Comirnaty", "ZZ9999")]),
        )
        .await;
    let rejected: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows WHERE state = 'open'")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let waiting = world
        .upload(
            &world.piet,
            &csv(&[jab(E, "28-02-2021", "3", "Spikevax", "300042698")]),
        )
        .await;
    let rejection = sent_back::propose_alone(&world, rejected, DecisionKind::Reject).await;
    sent_back::agreed(&world, rejection).await;
    world.work().await;
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
    withdrawn(&world, &world.maria, first).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
}

#[tokio::test]
async fn what_the_sender_changed_since_is_left_alone_when_it_is_put_back() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &wrong()).await;
    let waiting = world.upload(&world.piet, &csv(&later())).await;
    withdrawn(&world, &world.maria, first).await;
    let changes = [
        key(
            "l1",
            with(
                jab(E, "28-02-2021", "2", "Spikevax", "300042698"),
                &[(Column::Mutatie, "C")],
            ),
        ),
        key("l2", with(row(&[]), &[(Column::Mutatie, "V")])),
    ];
    let changed = world.upload(&world.piet, &csv(&changes)).await;
    assert_eq!(told(&world, &world.piet, changed).await, (2, 0));
    put_back(&world, &world.maria, first).await;
    assert_eq!(
        told(&world, &world.piet, waiting).await,
        (2, 1),
        "the one that nobody changed waits again"
    );
    assert_eq!(told(&world, &world.piet, changed).await, (2, 0));
    assert_eq!(
        open_rows(&world).await,
        [("DUINZICHT".to_owned(), 4, "TE_CONTROLEREN".to_owned())]
    );
    let stands = "reports WHERE valid_to IS NULL AND outcome = 'GEACCEPTEERD' AND mutation <> 'V'";
    assert_eq!(
        world.count(stands).await,
        4,
        "three first doses, one corrected"
    );
    // Nobody changed it any more when the correction is withdrawn as a whole.
    withdrawn(&world, &world.piet, changed).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 2));
    let open = "delivery_rows WHERE source_key = 'l1' AND state = 'open' AND freed_by IS NULL";
    assert_eq!(world.count(open).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn what_waits_because_of_two_deliveries_is_stored_when_both_are_withdrawn() {
    for (withdraws, undoes) in [([0, 1], [0, 1]), ([0, 1], [1, 0]), ([1, 0], [0, 1])] {
        let world = World::new().await;
        let two = [
            csv(&[good(N.0, N.1)]),
            csv(&[jab(N, "12-03-2021", "2", "Comirnaty", "EJ6795")]),
        ];
        let mut both = Vec::new();
        for content in &two {
            both.push(world.upload(&world.maria, content).await);
        }
        let row = csv(&[jab(N, "12-03-2021", "1", "Spikevax", "300042698")]);
        let waiting = world.upload(&world.piet, &row).await;
        assert_eq!(waits_for(&world).await, ["D04 D05"]);
        let (before, waited) = (register(&world).await, open_rows(&world).await);
        withdrawn(&world, &world.maria, both[withdraws[0]]).await;
        assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
        withdrawn(&world, &world.maria, both[withdraws[1]]).await;
        assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
        put_back(&world, &world.maria, both[undoes[0]]).await;
        assert_eq!(
            told(&world, &world.piet, waiting).await,
            (0, 1),
            "one of them stands against it again, whichever withdrawal it was that stored it"
        );
        put_back(&world, &world.maria, both[undoes[1]]).await;
        assert_eq!(register(&world).await, before);
        assert_eq!(open_rows(&world).await, waited);
    }
}

#[tokio::test]
async fn a_stored_row_that_went_and_came_back_with_its_own_delivery_waits_when_the_other_is_back() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &csv(&[good(F.0, F.1)])).await;
    let rows = csv(&[jab(F, "28-02-2021", "1", "Comirnaty", "EJ6795")]);
    let waiting = world.upload(&world.piet, &rows).await;
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    withdrawn(&world, &world.maria, first).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
    withdrawn(&world, &world.piet, waiting).await;
    put_back(&world, &world.maria, first).await;
    put_back(&world, &world.piet, waiting).await;
    assert_eq!(register(&world).await, before);
    assert_eq!(open_rows(&world).await, waited);
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
    // Back in the other order it stays stored until the first is back.
    withdrawn(&world, &world.maria, first).await;
    withdrawn(&world, &world.piet, waiting).await;
    put_back(&world, &world.piet, waiting).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
    put_back(&world, &world.maria, first).await;
    assert_eq!(register(&world).await, before);
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
}

/// Does the work in the queue, one registration a chunk, and kills it at ever later moments; how often.
pub(crate) async fn with_kills(world: &World) -> u32 {
    let (_keep, stop) = watch::channel(false);
    let process = Life::begin(&world.road.db).await.unwrap();
    let mut kills = 0;
    for life in (1..).map(|step| Duration::from_micros(900 * step)) {
        let Some(job) = jobs::lease(&world.road.db, &process).await.unwrap() else {
            if world
                .count("jobs WHERE state IN ('queued', 'leased')")
                .await
                == 0
            {
                return kills;
            }
            // The database still ends what the killed one asked.
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        let work = withdraw::by_chunks(&world.road, &job, &stop, 1);
        if tokio::time::timeout(life, work).await.is_err() {
            kills += 1;
        }
        sqlx::query(
            "UPDATE jobs SET lease_until = now() - interval '1 second' WHERE state = 'leased'",
        )
        .execute(&world.test.admin)
        .await
        .unwrap();
    }
    kills
}

#[tokio::test]
async fn in_chunks_and_killed_at_any_moment_each_row_is_stored_once_and_waits_once() {
    // Of Frouke the delivery has two rows, chunks apart; the one that waits contradicts the last.
    let first = csv(&[
        good(E.0, E.1),
        jab(F, "27-01-2021", "1", "Comirnaty", "EJ6795"),
        good(N.0, N.1),
        jab(F, "12-03-2021", "2", "Comirnaty", "EJ6795"),
    ]);
    let mut rows = later();
    rows[2] = key("l3", jab(F, "12-03-2021", "3", "Spikevax", "300042698"));
    let rows = csv(&rows);
    let twin = World::new().await;
    twin.upload(&twin.piet, &rows).await;
    let world = World::new().await;
    let delivery = world.upload(&world.maria, &first).await;
    let waiting = world.upload(&world.piet, &rows).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 3));
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    world
        .portal
        .withdraw_delivery(&world.maria, delivery, "reden".into())
        .await
        .unwrap();
    assert!(with_kills(&world).await >= 3);
    assert_eq!(register(&world).await, register(&twin).await);
    assert_eq!(told(&world, &world.piet, waiting).await, (3, 0));
    world
        .portal
        .restore_delivery(&world.maria, delivery, "toch".into())
        .await
        .unwrap();
    assert!(with_kills(&world).await >= 3);
    assert_eq!(register(&world).await, before);
    assert_eq!(open_rows(&world).await, waited);
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 3));
    let history = "row_history WHERE withdrawal_id IS NOT NULL";
    assert_eq!(world.count(history).await, 6, "each once, there and back");
}

/// Does all the work in the queue with two workers at once; what is in the way is tried again.
pub(crate) async fn by_two(world: &World) {
    let (_keep, stop) = watch::channel(false);
    let one = || async {
        let life = Life::begin(&world.road.db).await.unwrap();
        while let Some(job) = jobs::lease(&world.road.db, &life).await.unwrap() {
            if world.road.handle(&job, &stop).await.is_err() {
                jobs::retry(&world.road.db, &job, "in the way")
                    .await
                    .unwrap();
            }
        }
    };
    tokio::join!(one(), one());
    // What was given back waits a few seconds.
    sqlx::query("UPDATE jobs SET run_at = now() WHERE state = 'queued'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    world.work().await;
}

#[tokio::test]
async fn two_withdrawals_at_once_and_an_import_of_the_same_persons_end_as_one_after_the_other() {
    for round in 0..4 {
        let world = World::new().await;
        let two = [
            csv(&[good(N.0, N.1), good(E.0, E.1), good(F.0, F.1)]),
            csv(&[jab(N, "12-03-2021", "2", "Comirnaty", "EJ6795")]),
        ];
        let mut both = Vec::new();
        for content in &two {
            both.push(world.upload(&world.maria, content).await);
        }
        let mut rows = later();
        rows[1] = key("l2", jab(N, "12-03-2021", "1", "Spikevax", "300042698"));
        let waiting = world.upload(&world.piet, &csv(&rows)).await;
        assert_eq!(told(&world, &world.piet, waiting).await, (0, 3));
        let correction = key(
            "l3",
            with(
                jab(F, "01-03-2021", "1", "Comirnaty", "EJ6795"),
                &[(Column::Mutatie, "C")],
            ),
        );
        world
            .receive_by_sftp(&world.piet, "correctie.csv", &csv(&[correction]))
            .await;
        for delivery in &both {
            world
                .portal
                .withdraw_delivery(&world.maria, *delivery, "reden".into())
                .await
                .unwrap();
        }
        by_two(&world).await;
        let counting = "vaccinations WHERE effective AND valid_to IS NULL";
        let waits = world.count("delivery_rows WHERE state = 'open'").await;
        assert_eq!((waits, world.count(counting).await), (0, 3), "{round}");
        for delivery in &both {
            world
                .portal
                .restore_delivery(&world.maria, *delivery, "toch".into())
                .await
                .unwrap();
        }
        by_two(&world).await;
        let found = told(&world, &world.piet, waiting).await;
        assert_eq!(found.0 + found.1, 3);
        let naomi = "delivery_rows WHERE source_key IN ('l1', 'l2') AND state = 'open' AND freed_by IS NULL";
        assert_eq!(world.count(naomi).await, 2, "{round}");
        let twice = "(SELECT FROM vaccinations WHERE effective AND valid_to IS NULL GROUP BY person_id, vaccinated_on, vaccine HAVING count(*) > 1) x";
        assert_eq!(world.count(twice).await, 0);
        world.sound().await;
    }
}

#[tokio::test]
async fn rows_settled_while_their_delivery_ends_are_counted_in_it() {
    let world = World::new().await;
    let odd = with(good(E.0, E.1), &[(Column::Batchnummer, "QQQQQQ")]);
    let delivery = world.upload(&world.maria, &csv(&[odd])).await;
    assert_eq!(told(&world, &world.maria, delivery).await, (0, 1));
    let row: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    // Its rows are stored, and it is not counted yet.
    sqlx::raw_sql(
        "BEGIN; SET LOCAL session_replication_role = replica;
         UPDATE deliveries SET state = 'storing', te_controleren = 0; COMMIT",
    )
    .execute(&world.test.admin)
    .await
    .unwrap();
    let mut ends = world.test.admin.begin().await.unwrap();
    sqlx::query("SELECT id FROM deliveries FOR NO KEY UPDATE")
        .execute(&mut *ends)
        .await
        .unwrap();
    let (db, by) = (world.road.db.clone(), world.rivm.user_id);
    let now = world.road.clock.now();
    let settles = tokio::spawn(async move {
        let mut tx = worker_tx(&db).await.unwrap();
        let (rows, becomes) = ([row], rulings::Becomes::Accepted);
        let moved = rulings::settle_rows(&mut tx, &rows, becomes, by, now);
        assert_eq!(moved.await.unwrap().len(), 1);
        tx.commit().await.unwrap();
    });
    let waiting =
        "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while world.count(waiting).await == 0 {
        assert!(
            !settles.is_finished(),
            "it waits for the end of the delivery"
        );
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    sqlx::query("UPDATE deliveries SET state = 'done', te_controleren = 1")
        .execute(&mut *ends)
        .await
        .unwrap();
    ends.commit().await.unwrap();
    settles.await.unwrap();
    assert_eq!(told(&world, &world.maria, delivery).await, (1, 0));
}

/// Asks for the withdrawal of a delivery and carries it out, while a file of the other institution is on its way in.
async fn withdraw_while_one_comes_in(world: &World, first: Uuid, content: &[u8], name: &str) {
    world.receive_by_sftp(&world.piet, name, content).await;
    both(world, world.work(), withdrawn(world, &world.maria, first)).await;
    assert_eq!(world.count("deliveries WHERE state = 'withdrawn'").await, 1);
    world.sound().await;
}

async fn newest(world: &World) -> Uuid {
    sqlx::query_scalar("SELECT id FROM deliveries WHERE file_name = 'later.csv'")
        .fetch_one(&world.test.admin)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_waits_of_a_delivery_that_is_still_being_stored_is_stored_by_the_withdrawal() {
    let world = World::new().await;
    let rows = csv(&[good(E.0, E.1), good(F.0, F.1)]);
    let first = world.upload(&world.maria, &rows).await;
    // The correction makes a chunk of its own, about somebody else: the first has been stored when it hangs.
    let second = jab(N, "12-03-2021", "2", "Comirnaty", "EJ6795");
    let rows = [
        later().swap_remove(0),
        key("n", second.clone()),
        key(
            "n",
            with(
                second,
                &[
                    (Column::Mutatie, "C"),
                    (Column::Vaccinatiedatum, "13-03-2021"),
                ],
            ),
        ),
    ];
    hang(&world, "delivery_rows", "new.mutation = 'C'").await;
    withdraw_while_one_comes_in(&world, first, &csv(&rows), "later.csv").await;
    let waiting = newest(&world).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (3, 0));
    assert_eq!(open_rows(&world).await, []);
    put_back(&world, &world.maria, first).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (2, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_that_is_judged_in_the_very_moment_of_the_withdrawal_is_stored_by_it() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &wrong()).await;
    hang(&world, "delivery_rows", "new.source_key = 'l3'").await;
    withdraw_while_one_comes_in(&world, first, &csv(&later()), "later.csv").await;
    let waiting = newest(&world).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (3, 0));
    assert_eq!(open_rows(&world).await, []);
    let twin = World::new().await;
    twin.upload(&twin.piet, &csv(&later())).await;
    assert_eq!(register(&world).await, register(&twin).await);
}

#[tokio::test]
async fn a_row_that_waits_of_a_delivery_that_was_parked_half_way_is_stored_by_the_withdrawal() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &wrong()).await;
    let waiting = world.upload(&world.piet, &csv(&later())).await;
    // As a suspension leaves it, with rows of it in the register.
    let parked = async |state: &str, why: &str| {
        let sql = format!(
            "BEGIN; SET LOCAL session_replication_role = replica;
             UPDATE deliveries SET state = '{state}', parked_reason = {why} WHERE id = '{waiting}'; COMMIT"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql))
            .execute(&world.test.admin)
            .await
            .unwrap();
    };
    parked("parked", "'approval'").await;
    withdrawn(&world, &world.maria, first).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (3, 0));
    parked("done", "NULL").await;
    assert_eq!(open_rows(&world).await, []);
    world.sound().await;
}

#[tokio::test]
async fn what_a_registration_that_is_put_back_by_itself_stands_against_waits_again() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &csv(&[good(N.0, N.1)])).await;
    let alone = world
        .record(
            &world.maria,
            &jab(N, "12-03-2021", "2", "Comirnaty", "EJ6795"),
        )
        .await;
    let alone = registration(&world, &world.maria, alone).await;
    let row = csv(&[jab(N, "12-03-2021", "1", "Spikevax", "300042698")]);
    let waiting = world.upload(&world.piet, &row).await;
    assert_eq!(waits_for(&world).await, ["D04 D05"]);
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    Entry::withdraw(&world.portal, &world.maria, alone, "verkeerd".into(), false)
        .await
        .unwrap();
    withdrawn(&world, &world.maria, first).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
    let restored = world
        .portal
        .restore(&world.maria, alone, "toch goed".into())
        .await;
    assert_eq!(restored, Ok(Restored::Done));
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
    world.sound().await;
    let history = "row_history WHERE outcome = 'GEACCEPTEERD' AND mended_by IS NOT NULL AND withdrawal_id IS NULL";
    assert_eq!(
        world.count(history).await,
        1,
        "who put it back made it wait"
    );
    put_back(&world, &world.maria, first).await;
    assert_eq!(register(&world).await, before);
    assert_eq!(open_rows(&world).await, waited);
}

#[tokio::test]
async fn a_registration_put_back_that_nothing_waited_for_leaves_what_is_stored() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &csv(&[good(N.0, N.1)])).await;
    let alone = world
        .record(
            &world.maria,
            &jab(N, "12-03-2021", "2", "Comirnaty", "EJ6795"),
        )
        .await;
    let alone = registration(&world, &world.maria, alone).await;
    Entry::withdraw(&world.portal, &world.maria, alone, "verkeerd".into(), false)
        .await
        .unwrap();
    let row = csv(&[jab(N, "27-01-2021", "1", "Comirnaty", "EJ6796")]);
    let waiting = world.upload(&world.piet, &row).await;
    withdrawn(&world, &world.maria, first).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
    let restored = world
        .portal
        .restore(&world.maria, alone, "toch goed".into())
        .await;
    assert_eq!(restored, Ok(Restored::Done));
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
    assert_eq!(open_rows(&world).await, []);
    world.sound().await;
}

#[tokio::test]
async fn what_comes_back_after_the_delivery_it_waited_for_went_is_stored_and_waits_when_that_is_back()
 {
    let world = World::new().await;
    let first = world.upload(&world.maria, &wrong()).await;
    // Of Frouke something else stands against it too, which stays.
    let stays = jab(F, "28-02-2021", "2", "Spikevax", "300042698");
    world.upload(&world.maria, &csv(&[stays])).await;
    let waiting = world.upload(&world.piet, &csv(&later())).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 3));
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    withdrawn(&world, &world.piet, waiting).await;
    withdrawn(&world, &world.maria, first).await;
    put_back(&world, &world.piet, waiting).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (2, 1));
    let freed = "delivery_rows r JOIN withdrawals w ON w.id = r.freed_by WHERE w.undoes IS NULL AND w.delivery_id = ";
    assert_eq!(world.count(&format!("{freed}'{first}'")).await, 2);
    put_back(&world, &world.maria, first).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 3));
    assert_eq!(register(&world).await, before);
    assert_eq!(open_rows(&world).await, waited);
}

#[tokio::test]
async fn what_comes_back_waits_when_what_came_since_contradicts_it() {
    for (since, code) in [
        (jab(E, "30-01-2021", "1", "Comirnaty", "EJ6795"), "D05"),
        (jab(E, "27-01-2021", "2", "Spikevax", "300042698"), "D04"),
        (jab(E, "30-01-2021", "2", "Comirnaty", "EJ6795"), "V32"),
    ] {
        let world = World::new().await;
        let first = world.upload(&world.maria, &csv(&[good(E.0, E.1)])).await;
        withdrawn(&world, &world.maria, first).await;
        let other = world.upload(&world.piet, &csv(&[since])).await;
        assert_eq!(told(&world, &world.piet, other).await, (1, 0), "{code}");
        put_back(&world, &world.maria, first).await;
        let counting = "vaccinations WHERE effective AND valid_to IS NULL";
        assert_eq!(world.count(counting).await, 1, "{code}");
        assert_eq!(waits_for(&world).await, [code]);
        // It goes once more: nobody has to look at anything.
        withdrawn(&world, &world.maria, first).await;
        assert_eq!(open_rows(&world).await, [], "{code}");
        assert_eq!(world.count(counting).await, 1, "{code}");
        world.sound().await;
    }
}

#[tokio::test]
async fn two_doses_that_stood_beside_each_other_come_back_beside_each_other() {
    let world = World::new().await;
    let both = csv(&[
        key("a", good(E.0, E.1)),
        key("b", jab(E, "03-03-2021", "2", "Comirnaty", "EJ6795")),
    ]);
    let first = world.upload(&world.maria, &both).await;
    let before = register(&world).await;
    withdrawn(&world, &world.maria, first).await;
    put_back(&world, &world.maria, first).await;
    assert_eq!(register(&world).await, before);
    assert_eq!(open_rows(&world).await, []);
}

#[tokio::test]
async fn of_two_deliveries_that_say_the_same_nothing_is_left_when_both_are_withdrawn() {
    // The second brings one row more; its others are known.
    let first_rows = [key("a", good(E.0, E.1)), key("b", good(N.0, N.1))];
    let more = key("c", good(F.0, F.1));
    for first_the_older in [true, false] {
        let world = World::new().await;
        let older = world.upload(&world.maria, &csv(&first_rows)).await;
        let again = [&first_rows[..], std::slice::from_ref(&more)].concat();
        let newer = world.upload(&world.maria, &csv(&again)).await;
        let both = register(&world).await;
        let order = if first_the_older {
            [older, newer]
        } else {
            [newer, older]
        };
        for delivery in order {
            withdrawn(&world, &world.maria, delivery).await;
        }
        assert_eq!(register(&world).await, Vec::<String>::new());
        // What either says is there again when it counts again, and once when both do.
        put_back(&world, &world.maria, order[0]).await;
        let one = if first_the_older { 2 } else { 3 };
        let counting = "vaccinations WHERE effective AND valid_to IS NULL";
        assert_eq!(world.count(counting).await, one, "{first_the_older}");
        put_back(&world, &world.maria, order[1]).await;
        assert_eq!(register(&world).await, both);
    }
}

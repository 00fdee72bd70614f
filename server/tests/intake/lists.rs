//! RIVM-beheer manages the code lists: two people, from a day, with a history; and what waited is looked at again (features
//! F88, F-X4; security G18).

use crate::moment::{both, hang};
use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::decisions::{Agreed, ClusterFilter, Decisions, Proposal};
use app::ports::lists::{
    ChangeState, ChangeView, Imported, ListAgreed, Lists, MayChange, Proposed, Wish,
};
use app::ports::news::News;
use app::ports::persons::{Cause, Happened, NewRuling, Persons, Why};
use app::ports::{Caller, Deliveries, PortError};
use domain::dates::Days;
use domain::decision::DecisionKind;
use domain::delivery::Counts;
use domain::lists::{Fault, ListKind, Typed};
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::ruling::RulingKind;
use uuid::Uuid;

/// Two of RIVM-beheer.
async fn managers(world: &World) -> (Caller, Caller) {
    let rosa = world.test.caller("rosa", Role::RivmBeheer, None).await;
    let rob = world.test.caller("rob", Role::RivmBeheer, None).await;
    (rosa, rob)
}

fn wish(kind: ListKind, typed: Typed) -> Wish {
    Wish {
        kind,
        typed,
        from: String::new(),
        source: "Vrijgavelijst 15 juni".into(),
    }
}

pub(crate) fn batch(lot: &str, vaccine: &str, last_day: &str) -> Wish {
    let typed = Typed {
        key: lot.into(),
        vaccine: vaccine.into(),
        last_day: last_day.into(),
        ..Typed::default()
    };
    wish(ListKind::Batches, typed)
}

pub(crate) fn named(kind: ListKind, key: &str) -> Wish {
    let typed = Typed {
        key: key.into(),
        vaccine: "Comirnaty".into(),
        ..Typed::default()
    };
    wish(kind, typed)
}

async fn prepare(world: &World, who: &Caller, wish: Wish) -> Uuid {
    match world.portal.propose_entry(who, wish).await.unwrap() {
        Proposed::Made(id) => id,
        Proposed::Wrong(faults) => panic!("{faults:?}"),
    }
}

/// One prepares and asks, the other agrees, the worker works; the change as it stands then.
pub(crate) async fn carry_out(world: &World, wish: Wish) -> ChangeView {
    let rosa = world
        .test
        .caller(&Uuid::now_v7().to_string(), Role::RivmBeheer, None)
        .await;
    let rob = world
        .test
        .caller(&Uuid::now_v7().to_string(), Role::RivmBeheer, None)
        .await;
    let id = prepare(world, &rosa, wish).await;
    assert_eq!(
        world.portal.agree_list(&rosa, id).await,
        Ok(ListAgreed::Waiting)
    );
    assert_eq!(
        world.portal.agree_list(&rob, id).await,
        Ok(ListAgreed::Going)
    );
    world.work().await;
    world.portal.list_change(&rosa, id).await.unwrap()
}

async fn counts(world: &World, caller: &Caller, delivery: Uuid) -> Counts {
    let view = world.portal.delivery(caller, delivery).await.unwrap();
    view.line.counts
}

fn unknown_batch(row: RowText) -> RowText {
    with(row, &[(Column::Batchnummer, "FE8405")])
}

fn odd_name(row: RowText) -> RowText {
    with(row, &[(Column::Vaccin, "Pfizer NL groot")])
}

#[tokio::test]
async fn a_new_batch_takes_a_second_person_and_releases_what_waited_for_it() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    let rows = [
        unknown_batch(good(EREBOS, "01-04-2000")),
        unknown_batch(good(NAOMI, "01-04-1987")),
    ];
    let waits = world.upload(&world.maria, &csv(&rows)).await;
    assert_eq!(counts(&world, &world.maria, waits).await.te_controleren, 2);

    let id = prepare(&world, &rosa, batch("fe 8405", "Pfizer", "31-10-2021")).await;
    assert_eq!(
        world.portal.list_change(&rob, id).await.map(|_| ()),
        Err(PortError::NotFound),
        "a draft is its maker's"
    );
    let view = world.portal.list_change(&rosa, id).await.unwrap();
    let foreseen = view.foreseen.unwrap();
    assert_eq!((foreseen.looked_at, foreseen.accepted), (2, 2));
    assert_eq!(view.may, MayChange::Ask);
    assert_eq!(
        world.portal.agree_list(&rosa, id).await,
        Ok(ListAgreed::Waiting)
    );
    assert_eq!(
        world.portal.agree_list(&rosa, id).await,
        Ok(ListAgreed::SamePerson)
    );
    // Not in the database either.
    let forced = sqlx::query("UPDATE list_changes SET state = 'agreed', decided_by = asked_by, decided_at = now() WHERE id = $1")
        .bind(id)
        .execute(&world.road.db.worker)
        .await;
    assert!(forced.is_err(), "list_changes_four_eyes");
    // Nor by somebody who only reads the lists.
    assert_eq!(
        world.portal.agree_list(&world.rivm, id).await,
        Err(PortError::NotFound)
    );
    let seen = world.portal.list_change(&world.rivm, id).await.unwrap();
    assert_eq!(seen.may, MayChange::Look);
    let told = async |who: &Caller| world.portal.news(who).await.unwrap().lists.len();
    assert_eq!(
        (told(&rob).await, told(&rosa).await, told(&world.rivm).await),
        (1, 0, 0)
    );
    world.work().await;
    assert_eq!(counts(&world, &world.maria, waits).await.te_controleren, 2);
    assert_eq!(world.count("batches WHERE lot = 'FE8405'").await, 0);

    assert_eq!(
        world.portal.agree_list(&rob, id).await,
        Ok(ListAgreed::Going)
    );
    world.work().await;
    let now = counts(&world, &world.maria, waits).await;
    assert_eq!((now.geaccepteerd, now.te_controleren), (2, 0));
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
    let v22 = "delivery_rows WHERE findings @> '[{\"code\": \"V22\"}]'";
    assert_eq!(world.count(v22).await, 0);
    let view = world.portal.list_change(&rosa, id).await.unwrap();
    assert_eq!(
        (view.line.state, view.released),
        (ChangeState::Done, (2, 0))
    );
    assert_eq!(view.decided_by.as_deref(), Some("rob"));
    assert_eq!(
        world.portal.agree_list(&rob, id).await,
        Ok(ListAgreed::Going),
        "twice is once"
    );
    let entry = world
        .portal
        .entry(
            &world.rivm,
            ListKind::Batches,
            "FE8405".into(),
            "Comirnaty".into(),
        )
        .await
        .unwrap();
    assert_eq!(entry.line.from.as_deref(), Some("15-06-2021"));
    let past = &entry.history[0];
    assert_eq!(
        (
            past.asked_by.as_str(),
            past.decided_by.as_deref(),
            past.before.is_none()
        ),
        ("rosa", Some("rob"), true)
    );
    for step in ["asked", "agreed", "applied"] {
        let line = format!(
            "audit_lines WHERE event = 'governance.code-list' AND line::jsonb ->> 'step' = '{step}'"
        );
        assert_eq!(world.count(&line).await, 1, "{step}");
    }
    let about = "audit_lines WHERE event = 'record.checked-again' AND line::jsonb ? 'persons'";
    assert_eq!(world.count(about).await, 1);
    world.nowhere(&["Vrijgavelijst 15 juni"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_were_judged_by_the_list_of_before_while_it_changed_are_judged_anew() {
    let world = World::new().await;
    hang(&world, "delivery_rows", "new.outcome = 'AFGEKEURD'").await;
    let keyed = |key, row| with(row, &[(Column::Bronsleutel, key)]);
    let rows = [
        keyed("een", odd_name(good(EREBOS, "01-04-2000"))),
        keyed("twee", good(NAOMI, "01-04-1987")),
    ];
    let coming = world
        .receive_by_sftp(&world.maria, "rijen.csv", &csv(&rows))
        .await
        .id();
    let name = named(ListKind::Names, "Pfizer NL groot");
    let ((), change) = both(&world, world.work(), carry_out(&world, name)).await;
    assert_eq!(change.line.state, ChangeState::Done);
    world.work().await;
    let counts = counts(&world, &world.maria, coming).await;
    assert_eq!((counts.geaccepteerd, counts.afgekeurd), (2, 0));
}

#[tokio::test]
async fn of_two_who_agree_to_a_change_at_once_the_second_hears_who_was_first() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    let ruud = world.test.caller("ruud", Role::RivmBeheer, None).await;
    for lot in ["FE8405", "FE8406", "FE8407"] {
        let id = prepare(&world, &rosa, batch(lot, "Comirnaty", "31-10-2021")).await;
        let asked = world.portal.agree_list(&rosa, id).await;
        assert_eq!(asked, Ok(ListAgreed::Waiting));
        let both = tokio::join!(
            world.portal.agree_list(&rob, id),
            world.portal.agree_list(&ruud, id)
        );
        let (first, late) = match both {
            (Ok(ListAgreed::Going), Ok(ListAgreed::Before)) => (&rob, &ruud),
            (Ok(ListAgreed::Before), Ok(ListAgreed::Going)) => (&ruud, &rob),
            other => panic!("{lot}: {other:?}"),
        };
        let view = world.portal.list_change(late, id).await.unwrap();
        assert_eq!(view.decided_by.as_ref(), Some(&first.name));
        // Later than that it is the same; who prepared it or agreed is told that it goes.
        world.work().await;
        let again = world.portal.agree_list(late, id).await;
        assert_eq!(again, Ok(ListAgreed::Before));
        for caller in [first, &rosa] {
            let again = world.portal.agree_list(caller, id).await;
            assert_eq!(again, Ok(ListAgreed::Going));
        }
    }
    let agreed = "audit_lines WHERE line::jsonb ->> 'step' = 'agreed'";
    assert_eq!(world.count(agreed).await, 3);
}

#[tokio::test]
async fn of_one_who_agrees_to_a_change_and_one_who_does_not_the_second_hears_who_was_first() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    let ruud = world.test.caller("ruud", Role::RivmBeheer, None).await;
    for lot in ["FE8405", "FE8406", "FE8407"] {
        let id = prepare(&world, &rosa, batch(lot, "Comirnaty", "31-10-2021")).await;
        world.portal.agree_list(&rosa, id).await.unwrap();
        let both = tokio::join!(
            world.portal.agree_list(&rob, id),
            world.portal.drop_list(&ruud, id)
        );
        let (first, state) = match both {
            (Ok(ListAgreed::Going), Err(PortError::Conflict)) => (&rob, ChangeState::Agreed),
            (Ok(ListAgreed::Before), Ok(())) => (&ruud, ChangeState::Rejected),
            other => panic!("{lot}: {other:?}"),
        };
        let view = world.portal.list_change(&rosa, id).await.unwrap();
        assert_eq!(view.line.state, state);
        assert_eq!(view.decided_by.as_ref(), Some(&first.name));
    }
}

#[tokio::test]
async fn a_second_person_says_no_and_who_asked_takes_it_back() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    for (who, state) in [
        (&rob, ChangeState::Rejected),
        (&rosa, ChangeState::CalledBack),
    ] {
        let id = prepare(&world, &rosa, batch("FE8405", "Comirnaty", "31-10-2021")).await;
        world.portal.agree_list(&rosa, id).await.unwrap();
        world.portal.drop_list(who, id).await.unwrap();
        let view = world.portal.list_change(&rosa, id).await.unwrap();
        assert_eq!((view.line.state, view.may), (state, MayChange::Look));
        assert_eq!(
            world.portal.agree_list(&rob, id).await,
            Ok(ListAgreed::Before)
        );
    }
    world.work().await;
    assert_eq!(world.count("batches WHERE change_id IS NOT NULL").await, 0);
    let only_reads = world
        .portal
        .propose_entry(&world.rivm, batch("FE8405", "Comirnaty", "31-10-2021"))
        .await;
    assert_eq!(only_reads, Err(PortError::NotFound));
}

#[tokio::test]
async fn a_name_releases_refused_rows_of_every_party_and_leaves_the_others_alone() {
    let world = World::new().await;
    let other = with(good(FROUKE, "24-03-2000"), &[(Column::Vaccin, "Anders")]);
    let twice_wrong = with(
        odd_name(good(FROUKE, "24-03-2000")),
        &[(Column::Dosisnummer, "nul"), (Column::Bronsleutel, "b2")],
    );
    let first = world
        .upload(
            &world.maria,
            &csv(&[odd_name(good(EREBOS, "01-04-2000")), other, twice_wrong]),
        )
        .await;
    let second = world
        .upload(&world.piet, &csv(&[odd_name(good(NAOMI, "01-04-1987"))]))
        .await;
    assert_eq!(counts(&world, &world.maria, first).await.afgekeurd, 3);

    let done = carry_out(&world, named(ListKind::Names, "PFIZER NL Groot")).await;
    assert_eq!(
        (done.line.state, done.released),
        (ChangeState::Done, (2, 0))
    );
    let now = counts(&world, &world.maria, first).await;
    assert_eq!((now.geaccepteerd, now.afgekeurd), (1, 2));
    assert_eq!(counts(&world, &world.piet, second).await.geaccepteerd, 1);
    // What has another fault too says so from now on; what the name does not touch has no history.
    assert_eq!(
        world
            .count("delivery_rows WHERE state = 'open' AND cluster_code = 'V31'")
            .await
            + world
                .count("delivery_rows WHERE state = 'open' AND cluster_code = 'V30'")
                .await,
        1
    );
    assert_eq!(world.count("row_history").await, 3);
    assert_eq!(
        world.count("reports WHERE recorded_by IS NOT NULL").await,
        0,
        "nobody of RIVM recorded them"
    );

    // Ended, the name says nothing any more; what was registered stays.
    let end = Wish {
        typed: Typed {
            end: true,
            ..named(ListKind::Names, "PFIZER NL Groot").typed
        },
        ..named(ListKind::Names, "")
    };
    carry_out(&world, end).await;
    let later = world
        .upload(&world.maria, &csv(&[odd_name(good(FROUKE, "24-03-2000"))]))
        .await;
    assert_eq!(counts(&world, &world.maria, later).await.afgekeurd, 1);
    assert_eq!(counts(&world, &world.maria, first).await.geaccepteerd, 1);
    assert_eq!(
        world
            .count("vaccine_aliases WHERE valid_to IS NOT NULL")
            .await,
        1
    );
}

#[tokio::test]
async fn a_release_list_is_one_proposal_and_every_wrong_line_says_why() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    let list = "\
batchnummer;vaccin;hpk_code;vrijgegeven_op;houdbaar_tot
FE8405;Comirnaty;2924528;01-06-2021;31-10-2021
FE/1;Comirnaty;;;31-10-2021
FE8406;griepprik;;;31-10-2021
EJ6796;Pfizer;;;30-04-2021
EJ6795;;2924528;;31-05-2021
FE8407;Comirnaty;2924536;;31-10-2021
FE8408;Comirnaty;;;
FE8405;Comirnaty;;;30-11-2021
kort
";
    let import = async |text: &str, source: &str| {
        let bytes = text.as_bytes().to_vec();
        let answer = world
            .portal
            .import_list(&rosa, bytes, String::new(), source.to_owned());
        answer.await.unwrap()
    };
    assert_eq!(
        import(list, " ").await,
        Imported::Wrong(vec![Fault::NoSource])
    );
    assert_eq!(import("", "lijst").await, Imported::Empty);
    assert_eq!(
        import("batchnummer;vaccin\nA;B\n", "lijst").await,
        Imported::Lacks("houdbaar_tot")
    );
    let Imported::Made(id) = import(list, "lijst").await else {
        panic!("a proposal")
    };
    let view = world.portal.list_change(&rosa, id).await.unwrap();
    let wrong: Vec<(u32, Vec<Fault>)> = view
        .wrong
        .iter()
        .map(|wrong| (wrong.line, wrong.faults.clone()))
        .collect();
    assert_eq!(
        wrong,
        [
            (3, vec![Fault::KeyForm]),
            (4, vec![Fault::VaccineUnknown]),
            (7, vec![Fault::HpkOther]),
            (8, vec![Fault::NoLastDay]),
            (9, vec![Fault::Twice]),
            (10, vec![Fault::Cells]),
        ]
    );
    assert_eq!((view.lines, view.unchanged), (Some(9), 1));
    let keys: Vec<&str> = view.items.iter().map(|item| item.key.as_str()).collect();
    assert_eq!(keys, ["FE8405", "EJ6795"], "the good ones, as one set");
    assert!(view.items[0].before.is_none() && view.items[1].before.is_some());

    world.portal.agree_list(&rosa, id).await.unwrap();
    world.portal.agree_list(&rob, id).await.unwrap();
    world.work().await;
    assert_eq!(
        world
            .count("batches WHERE lot = 'EJ6795' AND vaccine = 1 AND expiration_date = '2021-05-31' AND hpk = '2924528'")
            .await,
        1
    );
    assert_eq!(world.count("batches WHERE valid_to IS NULL").await, 69);
    let Imported::Made(again) = import(list, "lijst").await else {
        panic!("a proposal")
    };
    let view = world.portal.list_change(&rosa, again).await.unwrap();
    assert_eq!((view.items.len(), view.unchanged), (0, 3));
    assert_eq!(
        world.portal.agree_list(&rosa, again).await,
        Err(PortError::Conflict),
        "there is nothing to ask for"
    );
}

#[tokio::test]
async fn a_later_last_day_releases_a_row_that_waits_for_nothing_else() {
    let world = World::new().await;
    let late = |row: RowText| with(row, &[(Column::Vaccinatiedatum, "10-05-2021")]);
    let rows = [
        late(good(EREBOS, "01-04-2000")),
        with(good(NAOMI, "01-04-1987"), &[(Column::Bronsleutel, "n1")]),
        with(
            unknown_batch(good(NAOMI, "01-04-1987")),
            &[
                (Column::Vaccinatiedatum, "30-01-2021"),
                (Column::Dosisnummer, "2"),
                (Column::Bronsleutel, "n2"),
            ],
        ),
    ];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let before = counts(&world, &world.maria, delivery).await;
    assert_eq!((before.geaccepteerd, before.te_controleren), (1, 2));

    carry_out(&world, batch("EJ6795", "Comirnaty", "31-05-2021")).await;
    let now = counts(&world, &world.maria, delivery).await;
    assert_eq!((now.geaccepteerd, now.te_controleren), (2, 1));

    // The second dose came too soon besides: it waits for that alone now.
    let done = carry_out(&world, batch("FE8405", "Comirnaty", "31-10-2021")).await;
    assert_eq!(done.released, (0, 0));
    assert_eq!(counts(&world, &world.maria, delivery).await, now);
    assert_eq!(
        world
            .count("delivery_rows WHERE state = 'open' AND cluster_code = 'V32' AND NOT findings @> '[{\"code\": \"V22\"}]'")
            .await,
        1
    );
    assert_eq!(
        world
            .count("reports WHERE findings @> '[{\"code\": \"V22\"}]'")
            .await,
        0
    );
}

#[tokio::test]
async fn what_a_row_waited_for_before_a_list_changed_is_kept_and_told() {
    let world = World::new().await;
    let rows = [unknown_batch(good(EREBOS, "01-04-2000"))];
    world.upload(&world.maria, &csv(&rows)).await;
    carry_out(&world, batch("FE8405", "Comirnaty", "31-10-2021")).await;
    let kept = "row_history WHERE outcome = 'TE_CONTROLEREN' AND findings @> '[{\"code\": \"V22\"}]' AND mended_by IS NULL
                AND list_change_id IN (SELECT id FROM list_changes) AND row_id IN (SELECT id FROM delivery_rows WHERE findings = '[]')";
    assert_eq!(world.count(kept).await, 1);
    let change: Uuid = sqlx::query_scalar("SELECT id FROM list_changes")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let (portal, rivm) = (&world.portal, &world.rivm);
    let person = portal.find_person(rivm, EREBOS.into()).await.unwrap();
    let record = portal.person(rivm, person.unwrap(), Why::Review).await;
    let record = record.unwrap();
    let told: Vec<(Cause, &[String])> = record
        .rereads
        .iter()
        .map(|one| (one.cause, one.stood.as_slice()))
        .collect();
    assert_eq!(told, [(Cause::List(change), &["V22".to_owned()][..])]);
    assert_eq!(record.line[0], Happened::Reread(0), "after it was reported");
    // A change that says nothing about it leaves nothing.
    carry_out(&world, batch("FE8405", "Comirnaty", "30-11-2021")).await;
    assert_eq!(world.count("row_history").await, 1);
}

#[tokio::test]
async fn a_row_that_its_batch_lets_go_while_another_of_that_day_counts_waits_for_who_sees_both() {
    let world = World::new().await;
    let unknown = [unknown_batch(good(EREBOS, "01-04-2000"))];
    let first = world.upload(&world.maria, &csv(&unknown)).await;
    let other = world
        .upload(&world.piet, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    // What the other institution says counts meanwhile.
    let row: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows WHERE delivery_id = $1")
        .bind(other)
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let keep = NewRuling {
        kind: RulingKind::Keep,
        other: None,
        other_counts: false,
        reason: "Gebeld met de instelling".into(),
    };
    world.portal.rule(&world.rivm, row, keep).await.unwrap();
    let counts_now = "vaccinations WHERE effective AND valid_to IS NULL AND batch = 'EJ6795'";
    assert_eq!(world.count(counts_now).await, 1);

    let done = carry_out(&world, batch("FE8405", "Comirnaty", "31-10-2021")).await;
    assert_eq!(done.released, (0, 0));
    assert_eq!(world.count(counts_now).await, 1);
    let before = counts(&world, &world.maria, first).await;
    assert_eq!((before.geaccepteerd, before.te_controleren), (0, 1));
    let says_why = "delivery_rows WHERE state = 'open' AND cluster_code = 'D04' AND staff_findings @> '[{\"code\": \"D04\"}]'
                    AND findings @> '[{\"code\": \"B19\"}]' AND NOT findings @> '[{\"code\": \"V22\"}]'";
    assert_eq!(world.count(says_why).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn a_shorter_interval_releases_doses_that_came_too_soon_by_the_old_one() {
    let world = World::new().await;
    let dose = |bsn, born, number: &str, date: &str, cells: &[(Column, &str)]| {
        let key = format!("{born}-{number}");
        let of = [
            (Column::Dosisnummer, number),
            (Column::Vaccinatiedatum, date),
            (Column::Bronsleutel, key.as_str()),
        ];
        csv(&[with(with(good(bsn, born), &of), cells)])
    };
    let first = |bsn, born| dose(bsn, born, "1", "27-01-2021", &[]);
    let soon = |bsn, born, cells| dose(bsn, born, "2", "10-02-2021", cells);
    // Her own first dose, one of another institution, and one whose second batch is not known besides.
    world
        .upload(&world.maria, &first(EREBOS, "01-04-2000"))
        .await;
    world.upload(&world.piet, &first(NAOMI, "01-04-1987")).await;
    world
        .upload(&world.maria, &first(FROUKE, "24-03-2000"))
        .await;
    let odd = [(Column::Batchnummer, "ZZ9999")];
    let waits = [
        world
            .upload(&world.maria, &soon(EREBOS, "01-04-2000", &[]))
            .await,
        world
            .upload(&world.maria, &soon(NAOMI, "01-04-1987", &[]))
            .await,
        world
            .upload(&world.maria, &soon(FROUKE, "24-03-2000", &odd))
            .await,
    ];
    let accepted = async || {
        let mut all = Vec::new();
        for delivery in waits {
            let now = counts(&world, &world.maria, delivery).await;
            assert_eq!(now.geaccepteerd + now.te_controleren, 1);
            all.push(now.geaccepteerd);
        }
        all
    };
    assert_eq!(accepted().await, [0, 0, 0]);
    let interval = |days: &str| {
        let typed = Typed {
            key: "Comirnaty".into(),
            doses: "2".into(),
            min_days: days.into(),
            first_use: "04-01-2021".into(),
            ..Typed::default()
        };
        wish(ListKind::Products, typed)
    };
    let done = carry_out(&world, interval("15")).await;
    assert_eq!(done.released, (0, 0), "fourteen days are still too few");
    assert_eq!(accepted().await, [0, 0, 0]);
    let (rosa, _) = managers(&world).await;
    let draft = prepare(&world, &rosa, interval("14")).await;
    let foreseen = world.portal.list_change(&rosa, draft).await.unwrap();
    let foreseen = foreseen.foreseen.unwrap();
    assert_eq!((foreseen.looked_at, foreseen.accepted), (3, 2));
    assert_eq!(accepted().await, [0, 0, 0], "nothing was done yet");
    let done = carry_out(&world, interval("14")).await;
    assert_eq!(done.released, (2, 0));
    assert_eq!(accepted().await, [1, 1, 0]);
    let still = "delivery_rows WHERE state = 'open' AND cluster_code = 'V22'";
    assert_eq!(world.count(still).await, 1, "it waits for its batch alone");
    for left in [
        "delivery_rows WHERE state = 'open' AND (findings @> '[{\"code\": \"V32\"}]' OR staff_findings @> '[{\"code\": \"V32\"}]')",
        "waiting_codes WHERE code = 'V32'",
        "delivery_rows WHERE state = 'accepted' AND findings @> '[{\"code\": \"B19\"}]'",
    ] {
        assert_eq!(world.count(left).await, 0, "{left}");
    }
    // A longer one takes nothing back.
    carry_out(&world, interval("28")).await;
    assert_eq!(accepted().await, [1, 1, 0]);
}

#[tokio::test]
async fn a_batch_that_gets_a_second_product_frees_the_rows_that_said_so() {
    let world = World::new().await;
    let row = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Vaccin, "Spikevax"), (Column::HpkCode, "2924536")],
    );
    let delivery = world.upload(&world.maria, &csv(&[row])).await;
    assert_eq!(counts(&world, &world.maria, delivery).await.afgekeurd, 1);
    let (rosa, _) = managers(&world).await;
    let id = prepare(&world, &rosa, batch("EJ6795", "Spikevax", "30-06-2021")).await;
    let view = world.portal.list_change(&rosa, id).await.unwrap();
    assert_eq!(view.foreseen.unwrap().accepted, 1);
    assert_eq!(
        world.count("row_history").await,
        0,
        "looking changes nothing"
    );
    world.portal.drop_list(&rosa, id).await.unwrap();
    let done = carry_out(&world, batch("EJ6795", "Spikevax", "30-06-2021")).await;
    assert_eq!(done.released, (1, 0));
    assert_eq!(counts(&world, &world.maria, delivery).await.geaccepteerd, 1);
}

#[tokio::test]
async fn a_batch_that_ended_is_unknown_from_then_on_and_may_come_back() {
    let world = World::new().await;
    let first = world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    let end = Wish {
        typed: Typed {
            end: true,
            ..batch("EJ6795", "Comirnaty", "").typed
        },
        ..batch("", "", "")
    };
    carry_out(&world, end.clone()).await;
    let second = world
        .upload(&world.maria, &csv(&[good(NAOMI, "01-04-1987")]))
        .await;
    assert_eq!(counts(&world, &world.maria, second).await.te_controleren, 1);
    assert_eq!(
        counts(&world, &world.maria, first).await.geaccepteerd,
        1,
        "what stands, stands"
    );
    assert_eq!(
        world.count("batches WHERE lot = 'EJ6795'").await,
        1,
        "nothing is deleted"
    );
    let (rosa, _) = managers(&world).await;
    let again = world.portal.propose_entry(&rosa, end).await.unwrap();
    assert_eq!(again, Proposed::Wrong(vec![Fault::NotThere]));
    let done = carry_out(&world, batch("EJ6795", "Comirnaty", "30-04-2021")).await;
    assert_eq!(done.released, (1, 0));
    let entry = world
        .portal
        .entry(
            &rosa,
            ListKind::Batches,
            "EJ6795".into(),
            "Comirnaty".into(),
        )
        .await
        .unwrap();
    assert!(!entry.line.entry.ended);
    assert_eq!(entry.history.len(), 2);
}

#[tokio::test]
async fn a_change_of_a_later_day_waits_for_that_day() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    let later = Wish {
        from: "01-07-2021".into(),
        ..batch("FE8405", "Comirnaty", "31-10-2021")
    };
    let id = prepare(&world, &rosa, later).await;
    world.portal.agree_list(&rosa, id).await.unwrap();
    world.portal.agree_list(&rob, id).await.unwrap();
    world.work().await;
    let view = world.portal.list_change(&rob, id).await.unwrap();
    assert_eq!(view.line.state, ChangeState::Agreed);
    assert_eq!(world.count("batches WHERE lot = 'FE8405'").await, 0);
    assert_eq!(
        world
            .count("jobs WHERE kind = 'lists' AND run_at > now() + interval '15 days'")
            .await,
        1
    );
    sqlx::query("UPDATE jobs SET run_at = now() WHERE kind = 'lists'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(
        world
            .count("batches WHERE lot = 'FE8405' AND valid_from = '2021-07-01'")
            .await,
        1
    );
    let past = Wish {
        from: "14-06-2021".into(),
        ..batch("FE8406", "Comirnaty", "31-10-2021")
    };
    let answer = world.portal.propose_entry(&rosa, past).await.unwrap();
    assert_eq!(answer, Proposed::Wrong(vec![Fault::FromPast]));
}

/// Its sender was asked what a name means, and meanwhile everybody's list knows it.
#[tokio::test]
async fn what_went_back_to_its_sender_is_released_by_the_list_too() {
    let world = World::new().await;
    let (rosa, _) = managers(&world).await;
    let delivery = world
        .upload(&world.maria, &csv(&[odd_name(good(EREBOS, "01-04-2000"))]))
        .await;
    let filter = ClusterFilter::default();
    let groups = world.portal.clusters(&world.rivm, filter, 1).await.unwrap();
    let back = Proposal {
        kind: DecisionKind::Return,
        value: String::new(),
        days: Days::ALL,
        reason: "Welk vaccin is dit?".into(),
        told: None,
        request: String::new(),
        alone: false,
    };
    let sample = groups.items[0].sample;
    let id = world.portal.propose(&world.rivm, sample, back).await;
    let id = id.unwrap();
    let said = world.portal.decide(&world.rivm, id).await;
    assert_eq!(said, Ok(Agreed::Running));
    world.work().await;
    let with_sender = async || {
        let list = world.portal.returned(&world.maria, 1).await;
        list.unwrap().total
    };
    assert_eq!(with_sender().await, 1);

    let name = named(ListKind::Names, "Pfizer NL groot");
    let draft = prepare(&world, &rosa, name.clone()).await;
    let foreseen = world.portal.list_change(&rosa, draft).await.unwrap();
    let foreseen = foreseen.foreseen.unwrap();
    assert_eq!((foreseen.looked_at, foreseen.accepted), (1, 1));
    world.portal.drop_list(&rosa, draft).await.unwrap();
    assert_eq!(with_sender().await, 1, "looking changes nothing");
    let done = carry_out(&world, name).await;
    assert_eq!(done.released, (1, 0));
    assert_eq!(counts(&world, &world.maria, delivery).await.geaccepteerd, 1);
    assert_eq!(with_sender().await, 0, "nobody is asked any more");
    let decided = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!((decided.line.returned, decided.line.overdue), (0, false));
    let told = world.portal.news(&world.maria).await.unwrap();
    assert!(told.returned.is_empty());
    world.sound().await;
}

/// Whoever agrees now sees what becomes of the rows on the day from which the name is known.
#[tokio::test]
async fn a_name_of_a_later_day_says_now_what_it_will_release() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    let rows = [
        odd_name(good(EREBOS, "01-04-2000")),
        odd_name(good(NAOMI, "01-04-1987")),
    ];
    let waits = world.upload(&world.maria, &csv(&rows)).await;
    assert_eq!(counts(&world, &world.maria, waits).await.afgekeurd, 2);
    let later = Wish {
        from: "01-07-2021".into(),
        ..named(ListKind::Names, "Pfizer NL groot")
    };
    let id = prepare(&world, &rosa, later).await;
    let draft = world.portal.list_change(&rosa, id).await.unwrap();
    let foreseen = draft.foreseen.unwrap();
    assert_eq!((foreseen.looked_at, foreseen.accepted), (2, 2));
    assert_eq!(
        world.portal.agree_list(&rosa, id).await,
        Ok(ListAgreed::Waiting)
    );
    let asked = world.portal.list_change(&rob, id).await.unwrap();
    let foreseen = asked.foreseen.unwrap();
    assert_eq!((foreseen.looked_at, foreseen.accepted), (2, 2));
    assert_eq!(
        counts(&world, &world.maria, waits).await.afgekeurd,
        2,
        "looking changes nothing"
    );
}

#[tokio::test]
async fn two_changes_of_one_entry_never_go_beside_each_other() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    let first = prepare(&world, &rosa, batch("EJ6795", "Comirnaty", "31-05-2021")).await;
    let second = prepare(&world, &rob, batch("EJ6795", "Comirnaty", "30-06-2021")).await;
    assert_eq!(
        world.portal.agree_list(&rosa, first).await,
        Ok(ListAgreed::Waiting)
    );
    assert_eq!(
        world.portal.agree_list(&rob, second).await,
        Ok(ListAgreed::Other)
    );
    world.portal.agree_list(&rob, first).await.unwrap();
    world.work().await;
    assert_eq!(
        world.portal.agree_list(&rob, second).await,
        Ok(ListAgreed::Stale),
        "it was made of what the list said then"
    );
}

#[tokio::test]
async fn an_earlier_first_use_frees_rows_of_before() {
    let world = World::new().await;
    let row = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Vaccin, "Jcovden"),
            (Column::Batchnummer, "XD974"),
            (Column::Vaccinatiedatum, "20-04-2021"),
        ],
    );
    let delivery = world.upload(&world.maria, &csv(&[row])).await;
    assert_eq!(counts(&world, &world.maria, delivery).await.afgekeurd, 1);
    let typed = Typed {
        key: "Jcovden".into(),
        doses: "1".into(),
        first_use: "19-04-2021".into(),
        ..Typed::default()
    };
    let done = carry_out(&world, wish(ListKind::Products, typed)).await;
    assert_eq!(done.released.0 + done.released.1, 1);
    assert_eq!(counts(&world, &world.maria, delivery).await.afgekeurd, 0);
    assert_eq!(world.count("vaccines").await, 5);
}

#[tokio::test]
async fn a_product_that_ended_is_still_reported_of_before_and_comes_back() {
    let world = World::new().await;
    let on =
        |bsn: &str, born: &str, day: &str| with(good(bsn, born), &[(Column::Vaccinatiedatum, day)]);
    let known = world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    let typed = Typed {
        key: "Comirnaty".into(),
        end: true,
        ..Typed::default()
    };
    // Its last day is that before today, 15 June.
    let done = carry_out(&world, wish(ListKind::Products, typed)).await;
    assert_eq!(done.line.state, ChangeState::Done);
    let said = async || {
        let name = || "Comirnaty".to_owned();
        let entry = world
            .portal
            .entry(&world.rivm, ListKind::Products, name(), name());
        entry.await.unwrap().line
    };
    let ended = said().await;
    assert_eq!(
        (ended.until.as_deref(), ended.entry.ended),
        (Some("14-06-2021"), true)
    );
    assert_eq!(ended.entry.doses, Some(2), "what it was stays readable");
    assert_eq!(counts(&world, &world.maria, known).await.geaccepteerd, 1);
    // A late report of a day before is taken; of the day itself it is not, by name or by code.
    let by_code = [(Column::Vaccin, ""), (Column::HpkCode, "2924528")];
    let late = [
        on(NAOMI, "01-04-1987", "14-06-2021"),
        on(FROUKE, "24-03-2000", "15-06-2021"),
        with(on(EREBOS, "01-04-2000", "15-06-2021"), &by_code),
    ];
    let late = world.upload(&world.maria, &csv(&late)).await;
    let now = counts(&world, &world.maria, late).await;
    assert_eq!(
        (now.geaccepteerd + now.te_controleren, now.afgekeurd),
        (1, 2)
    );
    for code in ["V11", "V12"] {
        let refused = format!("delivery_rows WHERE findings @> '[{{\"code\": \"{code}\"}}]'");
        assert_eq!(world.count(&refused).await, 1, "{code}");
    }
    // Ended twice is nothing; with what it was it comes back, and the rows that waited are taken.
    let (rosa, _) = managers(&world).await;
    let again = Typed {
        key: "Comirnaty".into(),
        end: true,
        ..Typed::default()
    };
    let twice = world
        .portal
        .propose_entry(&rosa, wish(ListKind::Products, again))
        .await;
    assert!(matches!(twice, Ok(Proposed::Wrong(faults)) if faults == [Fault::NotThere]));
    let back = Typed {
        key: "Comirnaty".into(),
        doses: "2".into(),
        min_days: "21".into(),
        first_use: "04-01-2021".into(),
        ..Typed::default()
    };
    let done = carry_out(&world, wish(ListKind::Products, back)).await;
    assert_eq!(done.released.0 + done.released.1, 2);
    assert_eq!(
        (
            said().await.until,
            counts(&world, &world.maria, late).await.afgekeurd
        ),
        (None, 0)
    );
}

fn bimervax() -> Typed {
    Typed {
        key: "Bimervax".into(),
        eu: "EU/1/22/1709".into(),
        doses: "1".into(),
        first_use: "01-02-2021".into(),
        ..Typed::default()
    }
}

#[tokio::test]
async fn a_new_product_is_put_in_the_list_by_two_people_and_its_rows_are_judged_anew() {
    let world = World::new().await;
    let row = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Vaccin, "bimervax"),
            (Column::Batchnummer, "HB1234"),
            (Column::Vaccinatiedatum, "10-02-2021"),
        ],
    );
    let delivery = world
        .upload(&world.maria, &csv(std::slice::from_ref(&row)))
        .await;
    assert_eq!(counts(&world, &world.maria, delivery).await.afgekeurd, 1);

    let (rosa, rob) = managers(&world).await;
    let id = prepare(&world, &rosa, wish(ListKind::Products, bimervax())).await;
    let view = world.portal.list_change(&rosa, id).await.unwrap();
    let foreseen = view.foreseen.unwrap();
    assert_eq!((foreseen.looked_at, foreseen.to_review), (1, 1));
    assert_eq!(view.items[0].product, "Bimervax");
    assert_eq!(
        world.count("vaccines").await,
        5,
        "what is foreseen is not kept"
    );
    world.portal.agree_list(&rosa, id).await.unwrap();
    // The same name, or the same EU number, by somebody else in the meantime.
    for (name, eu) in [("BIMERVAX", "EU/1/22/1710"), ("Anders", "EU/1/22/1709")] {
        let typed = Typed {
            key: name.into(),
            eu: eu.into(),
            ..bimervax()
        };
        let other = prepare(&world, &rob, wish(ListKind::Products, typed)).await;
        let asked = world.portal.agree_list(&rob, other).await;
        assert_eq!(asked, Ok(ListAgreed::Other), "{name}");
    }
    world.portal.agree_list(&rob, id).await.unwrap();
    world.work().await;

    let now = counts(&world, &world.maria, delivery).await;
    assert_eq!(
        (now.afgekeurd, now.te_controleren),
        (0, 1),
        "its batch is new"
    );
    assert_eq!(world.count("vaccines WHERE name = 'Bimervax'").await, 1);
    let entry = world
        .portal
        .entry(
            &world.rivm,
            ListKind::Products,
            "Bimervax".into(),
            "Bimervax".into(),
        )
        .await
        .unwrap();
    assert_eq!(entry.line.from.as_deref(), Some("15-06-2021"));
    assert_eq!(entry.line.entry.eu.as_deref(), Some("EU/1/22/1709"));
    assert_eq!(entry.history.len(), 1);
    // A batch, a code and a name of it, as of any product.
    carry_out(&world, batch("HB1234", "Bimervax", "30-09-2021")).await;
    let now = counts(&world, &world.maria, delivery).await;
    assert_eq!((now.geaccepteerd, now.te_controleren), (1, 0));
    let typed = Typed {
        key: "9999999".into(),
        vaccine: "Bimervax".into(),
        ..Typed::default()
    };
    carry_out(&world, wish(ListKind::Codes, typed)).await;
    // What it is called is taken now.
    for typed in [
        bimervax(),
        Typed {
            key: "Hipra".into(),
            ..bimervax()
        },
    ] {
        let again = world
            .portal
            .propose_entry(&rosa, wish(ListKind::Products, typed))
            .await;
        assert!(matches!(again, Ok(Proposed::Wrong(_))), "{again:?}");
    }
}

#[tokio::test]
async fn a_name_is_proposed_for_one_product_at_a_time() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    let first = prepare(&world, &rosa, named(ListKind::Names, "Prikje")).await;
    let typed = Typed {
        key: "prikje".into(),
        vaccine: "Spikevax".into(),
        ..Typed::default()
    };
    let second = prepare(&world, &rob, wish(ListKind::Names, typed)).await;
    world.portal.agree_list(&rosa, first).await.unwrap();
    let other = world.portal.agree_list(&rob, second).await;
    assert_eq!(other, Ok(ListAgreed::Other));
    world.portal.agree_list(&rob, first).await.unwrap();
    world.work().await;
    let stale = world.portal.agree_list(&rob, second).await;
    assert_eq!(
        stale,
        Ok(ListAgreed::Stale),
        "it is a name of Comirnaty now"
    );
}

#[tokio::test]
async fn a_new_target_group_frees_rows_that_named_it_and_one_that_ends_is_known_no_more() {
    let world = World::new().await;
    let row = |bsn, born| with(good(bsn, born), &[(Column::Doelgroep, "dakloos")]);
    let delivery = world
        .upload(&world.maria, &csv(&[row(EREBOS, "01-04-2000")]))
        .await;
    assert_eq!(counts(&world, &world.maria, delivery).await.afgekeurd, 1);
    let typed = Typed {
        key: "Dakloos".into(),
        meaning: "Dak- of thuisloos".into(),
        ..Typed::default()
    };
    let done = carry_out(&world, wish(ListKind::Groups, typed)).await;
    assert_eq!(done.released, (1, 0));
    assert_eq!(counts(&world, &world.maria, delivery).await.geaccepteerd, 1);
    let stored = "vaccinations WHERE target_group = 'DAKLOOS'";
    assert_eq!(world.count(stored).await, 1);

    let end = Typed {
        key: "DAKLOOS".into(),
        end: true,
        ..Typed::default()
    };
    carry_out(&world, wish(ListKind::Groups, end)).await;
    let later = world
        .upload(&world.maria, &csv(&[row(NAOMI, "01-04-1987")]))
        .await;
    assert_eq!(counts(&world, &world.maria, later).await.afgekeurd, 1);
    assert_eq!(world.count(stored).await, 1, "what is registered stays");
    let entry = world
        .portal
        .entry(
            &world.rivm,
            ListKind::Groups,
            "DAKLOOS".into(),
            String::new(),
        )
        .await
        .unwrap();
    assert_eq!(entry.line.until.as_deref(), Some("14-06-2021"));
    assert_eq!(entry.history.len(), 2);
}

#[tokio::test]
async fn the_ages_of_a_group_change_by_two_people_and_one_change_at_a_time() {
    let world = World::new().await;
    let (rosa, rob) = managers(&world).await;
    let first = |group: &str, age: &str| {
        let typed = Typed {
            key: group.into(),
            first_age: age.into(),
            ..Typed::default()
        };
        wish(ListKind::Ages, typed)
    };
    let id = prepare(&world, &rosa, first("B", "16")).await;
    let other = prepare(&world, &rob, first("C", "65")).await;
    world.portal.agree_list(&rosa, id).await.unwrap();
    // Each is in order by itself; together they need not be.
    let asked = world.portal.agree_list(&rob, other).await;
    assert_eq!(asked, Ok(ListAgreed::Other));
    world.portal.agree_list(&rob, id).await.unwrap();
    world.work().await;
    let view = world
        .portal
        .entries(&world.rivm, ListKind::Ages, String::new(), 1)
        .await
        .unwrap();
    assert_eq!((view.ages.a, view.ages.b, view.ages.c), (12, 16, 60));
    let wrong = world
        .portal
        .propose_entry(&rosa, first("A", "16"))
        .await
        .unwrap();
    assert_eq!(wrong, Proposed::Wrong(vec![Fault::AgeOrder]));
}

#[tokio::test]
async fn a_batch_seen_once_and_one_that_no_list_has_are_suspicious() {
    let world = World::new().await;
    let rows = [
        good(EREBOS, "01-04-2000"),
        good(NAOMI, "01-04-1987"),
        with(
            good(FROUKE, "24-03-2000"),
            &[(Column::Batchnummer, "EM0477")],
        ),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let slip = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Batchnummer, "EJ6759"),
            (Column::Vaccinatiedatum, "10-03-2021"),
            (Column::Dosisnummer, "2"),
        ],
    );
    world.upload(&world.piet, &csv(&[slip])).await;
    let list = world.portal.suspects(&world.rivm, 1).await.unwrap();
    let found: Vec<_> = list
        .items
        .iter()
        .map(|one| {
            (
                one.batch.as_str(),
                one.listed,
                one.times,
                one.near.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("EJ6759", false, 1, Some("EJ6795")),
            ("EM0477", true, 1, None)
        ],
        "a batch given twice is none"
    );
    assert_eq!(list.items[0].parties, ["Instelling DUINZICHT"]);
    assert_eq!(list.items[1].parties, ["Instelling ZONNEHOF"]);
    carry_out(&world, batch("EJ6759", "Comirnaty", "30-04-2021")).await;
    let list = world.portal.suspects(&world.rivm, 1).await.unwrap();
    assert!(list.items.iter().all(|one| one.listed));
}

#[tokio::test]
async fn the_lists_are_found_by_number_name_and_product() {
    let world = World::new().await;
    let all = world.portal.lists(&world.rivm, 1).await.unwrap();
    assert_eq!(
        all.counts,
        [
            (ListKind::Products, 5),
            (ListKind::Codes, 4),
            (ListKind::Names, 18),
            (ListKind::Batches, 68),
            (ListKind::Groups, 7),
            (ListKind::Ages, 3),
        ]
    );
    for (kind, search, total) in [
        (ListKind::Groups, "beroep", 1),
        (ListKind::Groups, "instelling", 1),
        (ListKind::Batches, "ej67", 5),
        (ListKind::Batches, "jcov", 11),
        (ListKind::Names, "%", 0),
        (ListKind::Codes, "2924528", 1),
    ] {
        let view = world
            .portal
            .entries(&world.rivm, kind, search.into(), 1)
            .await
            .unwrap();
        if search == "jcov" {
            assert!(
                view.entries
                    .items
                    .iter()
                    .all(|one| one.product == "Jcovden")
            );
            continue;
        }
        assert_eq!(view.entries.total, total, "{search}");
    }
}

#[tokio::test]
async fn a_name_that_comes_to_mean_what_the_code_says_releases_rows_in_which_the_two_disagreed() {
    let world = World::new().await;
    let of = |vaccine: &str| {
        let typed = Typed {
            key: "Prikje".into(),
            vaccine: vaccine.into(),
            ..Typed::default()
        };
        wish(ListKind::Names, typed)
    };
    carry_out(&world, of("Spikevax")).await;
    let row = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Vaccin, "Prikje"), (Column::HpkCode, "2924528")],
    );
    let delivery = world.upload(&world.maria, &csv(&[row])).await;
    let waits = "delivery_rows WHERE state = 'open' AND cluster_code = 'V13'";
    assert_eq!(world.count(waits).await, 1);
    let end = Wish {
        typed: Typed {
            end: true,
            ..of("Spikevax").typed
        },
        ..of("")
    };
    carry_out(&world, end).await;
    assert_eq!(world.count(waits).await, 1, "a list only releases");
    let done = carry_out(&world, of("Comirnaty")).await;
    assert_eq!(done.released, (1, 0));
    assert_eq!(counts(&world, &world.maria, delivery).await.geaccepteerd, 1);
}

//! Rows that waited because of one registration are stored when that ends by itself, whichever way it goes, and wait again when that
//! is undone (security G6). What waited because of a whole delivery: [`crate::withdraw`].

use crate::amended;
use crate::lists;
use crate::mend::mend;
use crate::withdraw::{
    E, F, N, jab, key, later, open_rows, put_back, register, told, waits_for, withdrawn,
};
use crate::world::{World, csv, good, row, with};
use app::ports::Entry;
use app::ports::corrections::{Corrected as Agreed, Corrections};
use app::ports::decisions::Decisions;
use app::ports::entry::{Corrected, Restored};
use app::ports::persons::{NewRuling, Persons, Ruled};
use domain::lists::ListKind;
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::ruling::RulingKind;
use uuid::Uuid;

/// Rows that were stored because one registration ended; nobody decided so.
const FREED: &str =
    "delivery_rows WHERE freed_with IS NOT NULL AND freed_by IS NULL AND decided_by IS NULL
     AND state = 'accepted' AND outcome = 'GEACCEPTEERD'";

/// Another batch than the first dose of that day.
fn other_batch() -> Vec<u8> {
    csv(&[key("p", jab(E, "27-01-2021", "1", "Comirnaty", "EJ6796"))])
}

/// A row that withdraws what stands under a key.
fn gone(name: &str) -> RowText {
    key(name, with(row(&[]), &[(Column::Mutatie, "V")]))
}

/// The only registration there is.
async fn only(world: &World) -> Uuid {
    sqlx::query_scalar("SELECT id FROM reports WHERE valid_to IS NULL")
        .fetch_one(&world.test.admin)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_waited_because_of_one_registration_is_stored_when_its_sender_withdraws_that() {
    let twin = World::new().await;
    twin.upload(&twin.piet, &other_batch()).await;
    let world = World::new().await;
    let one = world.registered(&world.maria, &good(E.0, E.1)).await;
    let waiting = world.upload(&world.piet, &other_batch()).await;
    assert_eq!(waits_for(&world).await, ["D04"]);
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    for round in 1..=2 {
        Entry::withdraw(&world.portal, &world.maria, one, "verkeerd".into(), false)
            .await
            .unwrap();
        assert_eq!(told(&world, &world.piet, waiting).await, (1, 0), "{round}");
        assert_eq!(register(&world).await, register(&twin).await, "{round}");
        assert_eq!(open_rows(&world).await, []);
        assert_eq!(world.count(FREED).await, 1);
        world.sound().await;

        let restored = world
            .portal
            .restore(&world.maria, one, "toch goed".into())
            .await;
        assert_eq!(restored, Ok(Restored::Done));
        assert_eq!(told(&world, &world.piet, waiting).await, (0, 1), "{round}");
        assert_eq!(register(&world).await, before, "{round}");
        assert_eq!(open_rows(&world).await, waited);
        assert_eq!(world.count(FREED).await, 0);
        world.sound().await;
    }
    // Why stands in the history, and in the log of whose row it is: a line for each time.
    let history: Vec<(String, bool, i64)> = sqlx::query_as(
        "SELECT outcome, mended_by IS NULL AND freed_with IS NOT NULL, count(*) FROM row_history GROUP BY 1, 2 ORDER BY 1",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    assert_eq!(
        history,
        [
            ("GEACCEPTEERD".to_owned(), false, 2),
            ("TE_CONTROLEREN".to_owned(), true, 2)
        ]
    );
    let party = world.piet.party().unwrap().id;
    let lines =
        format!("audit_lines WHERE event = 'record.checked-again' AND organisation_id = '{party}'");
    assert_eq!(world.count(&lines).await, 4);
}

#[tokio::test]
async fn rows_with_v_free_what_waited_for_what_they_withdraw_until_their_file_is_withdrawn() {
    let twin = World::new().await;
    twin.upload(&twin.piet, &csv(&later())).await;
    let world = World::new().await;
    let first = [
        key("a", good(E.0, E.1)),
        key("b", good(N.0, N.1)),
        key("c", good(F.0, F.1)),
    ];
    world.upload(&world.maria, &csv(&first)).await;
    let waiting = world.upload(&world.piet, &csv(&later())).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 3));
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    let rows = ["a", "b", "c"].map(gone);
    let file = world.upload(&world.maria, &csv(&rows)).await;
    for round in 1..=2 {
        assert_eq!(told(&world, &world.piet, waiting).await, (3, 0), "{round}");
        assert_eq!(register(&world).await, register(&twin).await, "{round}");
        assert_eq!(open_rows(&world).await, []);
        assert_eq!(world.count(FREED).await, 3);
        world.sound().await;
        withdrawn(&world, &world.maria, file).await;
        assert_eq!(told(&world, &world.piet, waiting).await, (0, 3), "{round}");
        assert_eq!(register(&world).await, before, "{round}");
        assert_eq!(open_rows(&world).await, waited);
        assert_eq!(world.count(FREED).await, 0);
        put_back(&world, &world.maria, file).await;
    }
}

#[tokio::test]
async fn a_row_that_waits_for_what_a_later_row_of_its_file_withdraws_is_stored() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[key("a", good(E.0, E.1))]))
        .await;
    let instead = key("b", jab(E, "27-01-2021", "1", "Comirnaty", "EJ6796"));
    let file = world
        .upload(&world.maria, &csv(&[instead, gone("a")]))
        .await;
    assert_eq!(told(&world, &world.maria, file).await, (2, 0));
    assert_eq!(open_rows(&world).await, []);
    world.sound().await;
    withdrawn(&world, &world.maria, file).await;
    world.sound().await;
    put_back(&world, &world.maria, file).await;
    assert_eq!(told(&world, &world.maria, file).await, (2, 0));
}

#[tokio::test]
async fn a_correction_that_takes_the_place_of_what_its_file_withdraws_is_stored() {
    let world = World::new().await;
    let first = [
        key("a", good(E.0, E.1)),
        key("b", jab(E, "12-03-2021", "2", "Comirnaty", "EJ6795")),
    ];
    world.upload(&world.maria, &csv(&first)).await;
    let moved = key("a", jab(E, "12-03-2021", "2", "Comirnaty", "EJ6796"));
    let moved = with(moved, &[(Column::Mutatie, "C")]);
    let file = world.upload(&world.maria, &csv(&[moved, gone("b")])).await;
    assert_eq!(told(&world, &world.maria, file).await, (2, 0));
    assert_eq!(open_rows(&world).await, []);
    world.sound().await;
}

#[tokio::test]
async fn what_comes_back_after_the_registration_it_waited_for_ended_is_stored() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[key("a", good(E.0, E.1))]))
        .await;
    let waiting = world.upload(&world.piet, &other_batch()).await;
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    withdrawn(&world, &world.piet, waiting).await;
    let file = world.upload(&world.maria, &csv(&[gone("a")])).await;
    put_back(&world, &world.piet, waiting).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
    assert_eq!(world.count(FREED).await, 1);
    withdrawn(&world, &world.maria, file).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
    assert_eq!(register(&world).await, before);
    assert_eq!(open_rows(&world).await, waited);
    world.sound().await;
}

/// Maria corrects what stands under key a, by a row with C or by the form; the file, when it was one.
async fn corrected(world: &World, by_file: bool, says: RowText) -> Option<Uuid> {
    if by_file {
        let row = key("a", with(says, &[(Column::Mutatie, "C")]));
        return Some(world.upload(&world.maria, &csv(&[row])).await);
    }
    let of: Uuid =
        sqlx::query_scalar("SELECT id FROM reports WHERE source_key = 'a' AND valid_to IS NULL")
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    let done = world.corrects(&world.maria, of, &says).await;
    assert!(matches!(done, Corrected::Done));
    None
}

#[tokio::test]
async fn a_correction_frees_what_it_no_longer_collides_with() {
    for by_file in [true, false] {
        let world = World::new().await;
        let first = csv(&[key("a", good(E.0, E.1))]);
        world.upload(&world.maria, &first).await;
        let waiting = world.upload(&world.piet, &other_batch()).await;
        // Another batch, and still that day.
        let same_day = jab(E, "27-01-2021", "1", "Comirnaty", "EM0477");
        corrected(&world, by_file, same_day).await;
        assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
        let (before, waited) = (register(&world).await, open_rows(&world).await);
        let second = jab(E, "12-03-2021", "2", "Comirnaty", "EJ6795");
        let correction = corrected(&world, by_file, second).await;
        assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
        assert_eq!(open_rows(&world).await, []);
        let counting = "vaccinations WHERE effective AND valid_to IS NULL";
        assert_eq!(world.count(counting).await, 2);
        world.sound().await;
        if let Some(file) = correction {
            withdrawn(&world, &world.maria, file).await;
            assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
            assert_eq!(register(&world).await, before);
            assert_eq!(open_rows(&world).await, waited);
            world.sound().await;
        }
    }
}

/// No decision is counted once its transaction holds a chain of the log: an import takes the two in the other order.
async fn chains_come_last(world: &World) {
    let sql = "CREATE FUNCTION logs() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN PERFORM set_config('test.logged', 'yes', true); RETURN new; END $$;
         CREATE FUNCTION counts() RETURNS trigger LANGUAGE plpgsql AS
         $$ BEGIN
             IF current_setting('test.logged', true) = 'yes' THEN RAISE 'counted after the log'; END IF;
             RETURN new;
         END $$;
         CREATE TRIGGER logs BEFORE INSERT ON audit_lines FOR EACH ROW EXECUTE FUNCTION logs();
         CREATE TRIGGER counts BEFORE UPDATE OF done_rows ON decisions FOR EACH ROW EXECUTE FUNCTION counts()";
    sqlx::raw_sql(sql).execute(&world.test.admin).await.unwrap();
}

#[tokio::test]
async fn whichever_way_a_refused_correction_goes_in_the_log_says_whose_row_it_freed() {
    for way in ["sender", "decision", "list"] {
        let world = World::new().await;
        let first = csv(&[key("a", good(E.0, E.1))]);
        world.upload(&world.maria, &first).await;
        let waiting = world.upload(&world.piet, &other_batch()).await;
        let odd = key("a", jab(E, "12-03-2021", "2", "Pfizer NL groot", "EJ6795"));
        let odd = with(odd, &[(Column::Mutatie, "C")]);
        world.upload(&world.maria, &csv(&[odd])).await;
        let (file, number, refused): (Uuid, i32, Uuid) = sqlx::query_as(
            "SELECT delivery_id, row_number, id FROM delivery_rows WHERE outcome = 'AFGEKEURD'",
        )
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
        assert_eq!(told(&world, &world.piet, waiting).await, (0, 1), "{way}");
        match way {
            "sender" => {
                let number = u32::try_from(number).unwrap();
                let cells = [(Column::Vaccin, "Comirnaty")];
                let mended = mend(&world, &world.maria, file, number, &cells, false).await;
                assert_eq!(mended.unwrap().good, 1);
            }
            "decision" => {
                chains_come_last(&world).await;
                let proposal = amended::map("Comirnaty");
                let proposed = world.portal.propose(&world.rivm, refused, proposal).await;
                amended::carry_out(&world, proposed.unwrap()).await;
            }
            _ => {
                let name = lists::named(ListKind::Names, "Pfizer NL groot");
                lists::carry_out(&world, name).await;
            }
        }
        assert_eq!(told(&world, &world.piet, waiting).await, (1, 0), "{way}");
        assert_eq!(world.count(FREED).await, 1, "{way}");
        let party = world.piet.party().unwrap().id;
        let lines = format!(
            "audit_lines l JOIN audit_persons p ON (p.shard, p.seq) = (l.shard, l.seq)
             WHERE l.event = 'record.checked-again' AND l.organisation_id = '{party}'"
        );
        assert_eq!(world.count(&lines).await, 1, "{way}");
        world.sound().await;
    }
}

#[tokio::test]
async fn what_something_else_doubts_or_contradicts_goes_on_waiting() {
    let world = World::new().await;
    let first = [
        key("a", good(E.0, E.1)),
        key("b", good(N.0, N.1)),
        key("c", jab(N, "12-03-2021", "2", "Comirnaty", "EJ6795")),
    ];
    world.upload(&world.maria, &csv(&first)).await;
    // Of Erebos the batch is not known either; Naomi's is the first dose again, and another product on the day of the second.
    let rows = [
        jab(E, "27-01-2021", "1", "Comirnaty", "ZZ9999"),
        jab(N, "12-03-2021", "1", "Spikevax", "300042698"),
    ];
    let waiting = world.upload(&world.piet, &csv(&rows)).await;
    assert_eq!(waits_for(&world).await, ["D04 V22", "D04 D05"]);
    let both = csv(&[gone("a"), gone("b")]);
    world.upload(&world.maria, &both).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 2));
    world.upload(&world.maria, &csv(&[gone("c")])).await;
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 1));
    assert_eq!(waits_for(&world).await, ["D04 V22"]);
    world.sound().await;
}

#[tokio::test]
async fn a_withdrawal_on_request_frees_what_waited_because_of_it() {
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[key("a", good(E.0, E.1))]))
        .await;
    let of = only(&world).await;
    let waiting = world.upload(&world.piet, &other_batch()).await;
    let (portal, rivm) = (&world.portal, &world.rivm);
    let id = portal.begin_correction(rivm, of, true).await.unwrap();
    let request = "Mevrouw De Boer, per brief van 3 maart";
    portal
        .save_correction(rivm, id, RowText::default(), request.into())
        .await
        .unwrap();
    let asked = portal.decide_correction(rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting));
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
    let rosa = world.test.caller("rosa", Role::RivmBeheer, None).await;
    let agreed = portal.decide_correction(&rosa, id).await;
    assert_eq!(agreed, Ok(Agreed::Done));
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
    assert_eq!(world.count(FREED).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn a_row_that_rivm_refuses_frees_what_waited_because_of_it_until_the_ruling_is_undone() {
    let world = World::new().await;
    let odd = jab(E, "27-01-2021", "1", "Comirnaty", "ZZ9999");
    world.upload(&world.maria, &csv(&[odd])).await;
    let refused: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows WHERE state = 'open'")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let waiting = world.upload(&world.piet, &other_batch()).await;
    assert_eq!(waits_for(&world).await, ["V22", "D04"]);
    let (before, waited) = (register(&world).await, open_rows(&world).await);
    let (portal, rivm) = (&world.portal, &world.rivm);
    let ruling = NewRuling {
        kind: RulingKind::Refuse,
        other: None,
        other_counts: false,
        reason: "Gebeld met de instelling".into(),
    };
    let ruled = portal.rule(rivm, refused, ruling).await.unwrap();
    let Ruled::Done(id) = ruled else {
        panic!("{ruled:?}");
    };
    assert_eq!(told(&world, &world.piet, waiting).await, (1, 0));
    assert_eq!(open_rows(&world).await, []);
    assert_eq!(world.count(FREED).await, 1);
    world.sound().await;
    portal
        .undo_ruling(rivm, id, "Toch niet".into())
        .await
        .unwrap();
    assert_eq!(told(&world, &world.piet, waiting).await, (0, 1));
    assert_eq!(register(&world).await, before);
    assert_eq!(open_rows(&world).await, waited);
    world.sound().await;
}

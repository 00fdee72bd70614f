//! RIVM links a row to a person of the BRP (features F10, F53; rules B10, B14): two people do, the rules of any row hold, and
//! its sender learns nothing of who was found.

use crate::world::{EREBOS, FROUKE, MENELAOS, NAOMI, NOBODY, TWICE, World, csv, good, with};
use app::ports::decisions::{
    Agreed, Candidate, DecisionState, Decisions, Gone, MayDecide, Proposal, Same,
};
use app::ports::entry::{Corrected, Entry, RegistrationFilter, RegistrationView};
use app::ports::review::{ReviewFilter, SolvedBy};
use app::ports::withdrawals::Withdrawals;
use app::ports::{Caller, Corrections, Deliveries, PortError, Review};
use domain::bsn::Bsn;
use domain::decision::DecisionKind;
use domain::delivery::RowOutcome;
use domain::finding::Code;
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::suggestion::SuggestionKind;
use server::intake::{answer, own_file};
use server::store::party_tx;
use uuid::Uuid;

const WHY: &str = "Naam, geboortedatum en adres zijn gelijk";

async fn second(world: &World) -> Caller {
    let name = format!("rosa-{}", Uuid::now_v7());
    world.test.caller(&name, Role::RivmBeheer, None).await
}

/// Erebos as somebody knows him who has no BSN of him.
pub(crate) fn without_bsn() -> RowText {
    with(
        good("", "01-04-2000"),
        &[
            (Column::GeenBsnReden, "ONBEKEND"),
            (Column::Achternaam, "Bultenaer"),
            (Column::Postcode, "1234AB"),
            (Column::Huisnummer, "7"),
        ],
    )
}

/// The row that waits for RIVM last, of a code.
pub(crate) async fn waiting(world: &World, code: Code) -> Uuid {
    let filter = ReviewFilter {
        code: Some(code),
        ..ReviewFilter::default()
    };
    let list = world.portal.rows(&world.rivm, filter).await.unwrap();
    list.items.first().expect("a row that waits").id
}

async fn found(world: &World, row: Uuid) -> Vec<Candidate> {
    let view = world.portal.candidates(&world.rivm, row).await.unwrap();
    view.found
}

/// Asks for a link, and the second person agrees; the worker works.
async fn link(world: &World, row: Uuid, list: &str) -> Uuid {
    let id = world
        .portal
        .propose_link(&world.rivm, row, list.into(), WHY.into())
        .await
        .unwrap();
    let asked = world.portal.decide(&world.rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting));
    let agreed = world.portal.decide(&second(world).await, id).await;
    assert_eq!(agreed, Ok(Agreed::Running));
    world.work().await;
    id
}

/// Links the row that waits for its person last, when there is one and it can be.
pub(crate) async fn link_if_it_waits(world: &World) {
    let filter = ReviewFilter {
        code: Some(Code::B14),
        ..ReviewFilter::default()
    };
    let list = world.portal.rows(&world.rivm, filter).await.unwrap();
    let Some(row) = list.items.first() else {
        return;
    };
    let asked = world
        .portal
        .propose_link(&world.rivm, row.id, "1".into(), WHY.into())
        .await;
    if let Ok(id) = asked {
        agreed(world, id).await;
    }
}

/// Undoes a link, when that can be.
pub(crate) async fn undo_if_it_holds(world: &World, link: Uuid) {
    let asked = world
        .portal
        .propose_undo(&world.rivm, link, WHY.into())
        .await;
    if let Ok(id) = asked {
        agreed(world, id).await;
    }
}

/// Two people say yes, or somebody takes it back.
async fn agreed(world: &World, id: Uuid) {
    match world.portal.decide(&world.rivm, id).await {
        Ok(Agreed::Waiting) => {
            let second = second(world).await;
            let agreed = world.portal.decide(&second, id).await;
            assert_eq!(agreed, Ok(Agreed::Running));
            world.work().await;
        }
        _ => world.portal.drop_decision(&world.rivm, id).await.unwrap(),
    }
}

/// Vaccinations that count for who has this BSN.
async fn counting(world: &World, bsn: &str) -> i64 {
    let mac = world.test.keys.bsn_mac(&Bsn::parse(bsn).unwrap());
    sqlx::query_scalar(
        "SELECT count(v.id) FROM persons p JOIN vaccinations v ON v.person_id = p.id AND v.effective AND v.valid_to IS NULL
         WHERE p.bsn_mac = $1",
    )
    .bind(mac.bytes.to_vec())
    .fetch_one(&world.test.admin)
    .await
    .unwrap()
}

async fn registration(world: &World) -> RegistrationView {
    let list = world
        .portal
        .registrations(&world.maria, RegistrationFilter::default(), 1)
        .await
        .unwrap();
    let id = list.items[0].id;
    world.portal.registration(&world.maria, id).await.unwrap()
}

async fn address(world: &World, list: &str, postcode: &str, number: i32) {
    sqlx::query("UPDATE brp_lists SET postcode = $2, house_number = $3 WHERE pl_id = $1")
        .bind(list)
        .bind(postcode)
        .bind(number)
        .execute(&world.test.admin)
        .await
        .unwrap();
}

/// The outcome and the codes that the sender of a delivery sees.
async fn seen(world: &World, delivery: Uuid) -> (String, Vec<Code>) {
    let (outcome, findings): (String, serde_json::Value) = sqlx::query_as(
        "SELECT outcome, findings FROM delivery_rows WHERE delivery_id = $1 ORDER BY row_number LIMIT 1",
    )
    .bind(delivery)
    .fetch_one(&world.test.admin)
    .await
    .unwrap();
    let findings: Vec<domain::finding::Finding> = serde_json::from_value(findings).unwrap();
    (outcome, findings.iter().map(|one| one.code).collect())
}

#[tokio::test]
async fn a_row_without_bsn_is_linked_by_two_people_and_then_counts_for_the_person() {
    let world = World::new().await;
    address(&world, "1", "1234AB", 7).await;
    let delivery = world.upload(&world.maria, &csv(&[without_bsn()])).await;
    let row = waiting(&world, Code::B14).await;
    assert!(world.portal.row(&world.rivm, row).await.unwrap().may_link);
    let found = found(&world, row).await;
    assert_eq!(found.len(), 1, "the others were born on other days");
    assert_eq!(found[0].bsn, "*****0019");
    assert_eq!(
        found[0].same,
        [Same::BirthDate, Same::Name, Same::Address],
        "Bultenaer and Bultenaar"
    );

    let id = world
        .portal
        .propose_link(&world.rivm, row, found[0].list.clone(), WHY.into())
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(view.outcomes, [(RowOutcome::Geaccepteerd, 1)]);
    let seen = view.link.unwrap();
    assert_eq!((seen.counting, seen.doses), (Some((0, 1)), Some(2)));
    assert_eq!((view.may, view.new), (MayDecide::Confirm, None));
    assert_eq!(counting(&world, EREBOS).await, 0, "looking changes nothing");
    assert_eq!(world.count("reports").await, 1);
    let rosa = second(&world).await;
    assert_eq!(
        world.portal.decision(&rosa, id).await.err(),
        Some(PortError::NotFound),
        "a draft is its maker's"
    );
    let asked = world.portal.decide(&world.rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting));
    let same = world.portal.decide(&world.rivm, id).await;
    assert_eq!(same, Ok(Agreed::SamePerson));
    for (change, constraint) in [
        (
            "state = 'running', decided_by = asked_by, decided_at = now()",
            "decisions_four_eyes",
        ),
        ("four_eyes = false", "decisions_link_four_eyes"),
    ] {
        let sql = format!("UPDATE decisions SET {change} WHERE id = '{id}'");
        let forced = sqlx::query(sqlx::AssertSqlSafe(sql))
            .execute(&world.road.db.worker)
            .await;
        assert!(forced.unwrap_err().to_string().contains(constraint));
    }

    assert_eq!(world.portal.decide(&rosa, id).await, Ok(Agreed::Running));
    world.work().await;
    let view = world.portal.decision(&rosa, id).await.unwrap();
    assert_eq!((view.line.state, view.done), (DecisionState::Done, (1, 0)));
    assert_eq!(counting(&world, EREBOS).await, 1);
    assert_eq!(
        world
            .count("vaccinations WHERE effective AND valid_to IS NULL")
            .await,
        1,
        "not for the person without BSN as well"
    );
    let delivery = world.portal.delivery(&world.maria, delivery).await.unwrap();
    let counts = delivery.line.counts;
    assert_eq!((counts.geaccepteerd, counts.te_controleren), (1, 0));
    // Who linked and who agreed is in the history of the row, and on its page.
    let history = "row_history h JOIN decisions d ON d.id = h.decision_id JOIN users a ON a.id = d.asked_by JOIN users b ON b.id = d.decided_by
                   WHERE a.subject LIKE '%rian%' AND b.subject LIKE '%rosa%' AND h.raw_sealed IS NOT NULL";
    assert_eq!(world.count(history).await, 1);
    let stored: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let stands =
        "delivery_rows WHERE outcome = 'GEACCEPTEERD' AND state = 'closed' AND match = 'GEVONDEN'";
    assert_eq!(world.count(stands).await, 1);
    let by = server::store::decisions::linked_by(
        &mut server::store::worker_tx(&world.road.db).await.unwrap(),
        registration(&world).await.id,
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!(by.id, id);
    assert_ne!(stored, row, "the row of before is in the history");
    assert_eq!(
        world.portal.decide(&rosa, id).await,
        Ok(Agreed::Running),
        "twice is once"
    );
    world.work().await;
    assert_eq!(counting(&world, EREBOS).await, 1);
    world.nowhere(&[WHY, EREBOS]).await;
}

#[tokio::test]
async fn the_sender_never_learns_who_was_found() {
    let world = World::new().await;
    let delivery = world.upload(&world.maria, &csv(&[without_bsn()])).await;
    let before = registration(&world).await;
    link(&world, waiting(&world, Code::B14).await, "1").await;
    assert_eq!(counting(&world, EREBOS).await, 1);

    // Its own pages and files say what it said.
    let after = registration(&world).await;
    assert_eq!(after.versions.len(), 2);
    for version in &after.versions {
        assert_eq!(version.row.get(Column::Bsn), "");
        assert_eq!(version.row.get(Column::Achternaam), "Bultenaer");
    }
    assert_eq!(after.versions[0].row, before.versions[0].row);
    let mut tx = party_tx(&world.road.db, &world.maria).await.unwrap();
    let (mut table, mut totals) = (Vec::new(), Vec::new());
    answer::csv(&mut tx, delivery, &mut table).await.unwrap();
    answer::json(&mut tx, delivery, &mut totals).await.unwrap();
    let own = own_file::make(&mut tx, &world.road.keys, delivery).await;
    drop(tx);
    let told = [table, totals].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(
        told.contains("GEACCEPTEERD") && !told.contains("0019"),
        "{told}"
    );
    if let Ok(own) = own {
        assert!(!String::from_utf8_lossy(&own.content).contains("0019"));
    }

    // Who types the BSN that was found is told nothing of the row.
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    world
        .portal
        .save_person(
            &world.maria,
            draft,
            good(EREBOS, "01-04-2000"),
            String::new(),
        )
        .await
        .unwrap();
    let form = world.portal.draft(&world.maria, draft).await.unwrap();
    assert!(form.earlier.is_empty());
    // The same jab is no double of its own, and another day with the same dose is RIVM's to look at.
    let same = world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    assert_eq!(seen(&world, same).await, ("GEACCEPTEERD".into(), vec![]));
    assert_eq!(counting(&world, EREBOS).await, 1, "one vaccination per jab");
    let world = World::new().await;
    world.upload(&world.maria, &csv(&[without_bsn()])).await;
    link(&world, waiting(&world, Code::B14).await, "1").await;
    let other = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Vaccinatiedatum, "28-01-2021")],
    );
    let other = world.upload(&world.maria, &csv(&[other])).await;
    assert_eq!(
        seen(&world, other).await,
        ("TE_CONTROLEREN".into(), vec![Code::B19])
    );
    let hidden = "delivery_rows WHERE staff_findings @> '[{\"code\": \"D05\"}]'";
    assert_eq!(world.count(hidden).await, 1);
}

#[tokio::test]
async fn a_link_is_judged_by_the_rules_of_any_row() {
    let world = World::new().await;
    // The same jab, reported by another institution with the BSN.
    world
        .upload(&world.piet, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    world.upload(&world.maria, &csv(&[without_bsn()])).await;
    let row = waiting(&world, Code::B14).await;
    assert_eq!(found(&world, row).await[0].vaccinations, 1);
    let id = link(&world, row, "1").await;
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(view.done, (1, 0));
    assert_eq!(
        counting(&world, EREBOS).await,
        1,
        "one vaccination, two sources"
    );
    let sources = "reports r JOIN vaccinations v ON v.id = r.vaccination_id AND v.effective WHERE r.valid_to IS NULL";
    assert_eq!(world.count(sources).await, 2);

    // Another batch on the same day: it waits, and which of the two counts is decided by somebody who sees both.
    let world = World::new().await;
    world
        .upload(&world.piet, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    let batch = with(without_bsn(), &[(Column::Batchnummer, "EM0477")]);
    let delivery = world.upload(&world.maria, &csv(&[batch])).await;
    link(&world, waiting(&world, Code::B14).await, "1").await;
    assert_eq!(counting(&world, EREBOS).await, 1);
    assert_eq!(
        seen(&world, delivery).await,
        ("TE_CONTROLEREN".into(), vec![Code::B19])
    );
    let waits = waiting(&world, Code::D04).await;
    let view = world.portal.row(&world.rivm, waits).await.unwrap();
    assert!(!view.may_link, "its person is known now");
    let by = view.linked.unwrap();
    assert!(
        by.asked_by.contains("rian") && by.agreed_by.contains("rosa"),
        "{by:?}"
    );
    // Somebody who died before is told to RIVM alone.
    let world = World::new().await;
    let died = with(
        good("", "02-05-1940"),
        &[
            (Column::GeenBsnReden, "ONBEKEND"),
            (Column::Achternaam, "Homeros"),
            (Column::Postcode, "1234AB"),
        ],
    );
    let delivery = world.upload(&world.maria, &csv(&[died])).await;
    let row = waiting(&world, Code::B14).await;
    let candidates = found(&world, row).await;
    assert_eq!(candidates[0].gone, Some(Gone::Died));
    link(&world, row, "4").await;
    assert_eq!(
        seen(&world, delivery).await,
        ("TE_CONTROLEREN".into(), vec![Code::B19])
    );
    assert_eq!(counting(&world, MENELAOS).await, 0);
}

#[tokio::test]
async fn a_refused_row_is_linked_unless_something_else_is_wrong() {
    let world = World::new().await;
    // The birth date of somebody else; the name is right.
    let wrong = |cells: &[(Column, &str)]| {
        let named = with(
            good(EREBOS, "02-04-2000"),
            &[(Column::Achternaam, "Bultenaar")],
        );
        with(named, cells)
    };
    let delivery = world.upload(&world.maria, &csv(&[wrong(&[])])).await;
    assert_eq!(seen(&world, delivery).await.0, "AFGEKEURD");
    let row = waiting(&world, Code::B10).await;
    let candidates = found(&world, row).await;
    assert_eq!(candidates.len(), 1);
    assert_eq!(candidates[0].same, [Same::Bsn, Same::Name]);
    link(&world, row, "1").await;
    assert_eq!(
        seen(&world, delivery).await,
        ("GEACCEPTEERD".into(), vec![])
    );
    assert_eq!(counting(&world, EREBOS).await, 1);

    let world = World::new().await;
    let broken = wrong(&[(Column::UitvoerderAgb, "06099999")]);
    let delivery = world.upload(&world.maria, &csv(&[broken])).await;
    let row: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let id = world
        .portal
        .propose_link(&world.rivm, row, "1".into(), WHY.into())
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(view.outcomes, [(RowOutcome::Afgekeurd, 1)]);
    assert_eq!(view.first[0].findings[0].code, Code::U02);
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::NotYet)
    );
    assert_eq!(seen(&world, delivery).await.0, "AFGEKEURD");
    assert_eq!(world.count("reports").await, 0);
}

#[tokio::test]
async fn nobody_is_linked_who_is_no_candidate() {
    let world = World::new().await;
    world
        .upload(
            &world.maria,
            &csv(&[without_bsn(), good(NAOMI, "01-04-1987")]),
        )
        .await;
    let row = waiting(&world, Code::B14).await;
    for list in ["2", "999", ""] {
        let answer = world
            .portal
            .propose_link(&world.rivm, row, list.into(), WHY.into())
            .await;
        assert_eq!(answer, Err(PortError::NotFound), "{list}");
    }
    // Not by the road of groups, not of a row that was matched, not by an institution.
    let forged = Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Link,
        value: "1".into(),
        days: domain::dates::Days::ALL,
        reason: WHY.into(),
        request: String::new(),
    };
    let forged = world.portal.propose(&world.rivm, row, forged).await;
    assert_eq!(forged, Err(PortError::NotFound));
    let matched: Uuid =
        sqlx::query_scalar("SELECT id FROM delivery_rows WHERE outcome = 'GEACCEPTEERD'")
            .fetch_one(&world.test.admin)
            .await
            .unwrap();
    for (caller, row) in [
        (&world.rivm, matched),
        (&world.maria, row),
        (&world.rivm, Uuid::now_v7()),
    ] {
        let answer = world.portal.candidates(caller, row).await.map(drop);
        assert_eq!(answer, Err(PortError::NotFound), "{}", caller.name);
    }
    // Who has a BSN that is on two lists, and lists F and W.
    let twice = with(good(TWICE, "01-01-1950"), &[(Column::Achternaam, "Eerste")]);
    world.upload(&world.maria, &csv(&[twice])).await;
    assert!(
        found(&world, waiting(&world, Code::B10).await)
            .await
            .is_empty()
    );
    for reason in ["F", "W"] {
        sqlx::query("UPDATE brp_lists SET suspension_reason = $1 WHERE pl_id = '1'")
            .bind(reason)
            .execute(&world.test.admin)
            .await
            .unwrap();
        assert!(found(&world, row).await.is_empty(), "{reason}");
    }
}

#[tokio::test]
async fn a_link_that_was_overtaken_does_nothing() {
    let world = World::new().await;
    world.upload(&world.maria, &csv(&[without_bsn()])).await;
    let row = waiting(&world, Code::B14).await;
    let ask = async || {
        let id = world
            .portal
            .propose_link(&world.rivm, row, "1".into(), WHY.into())
            .await
            .unwrap();
        (id, world.portal.decide(&world.rivm, id).await.unwrap())
    };
    let (first, asked) = ask().await;
    assert_eq!(asked, Agreed::Waiting);
    assert_eq!(ask().await.1, Agreed::Other, "one at a time about a row");
    // The BRP says otherwise now.
    sqlx::query(
        "UPDATE brp_lists SET birth_date = '19990101', surname = 'Anders' WHERE pl_id = '1'",
    )
    .execute(&world.test.admin)
    .await
    .unwrap();
    let rosa = second(&world).await;
    assert_eq!(world.portal.decide(&rosa, first).await, Ok(Agreed::NotYet));
    let view = world.portal.decision(&rosa, first).await.unwrap();
    assert!(view.link.unwrap().person.is_none());
    world.portal.drop_decision(&rosa, first).await.unwrap();
    assert_eq!(world.count("reports WHERE link_id IS NOT NULL").await, 0);
    assert_eq!(waiting(&world, Code::B14).await, row, "it waits as before");
}

#[tokio::test]
async fn who_is_secret_has_no_name_and_no_address_and_five_are_the_most() {
    let world = World::new().await;
    address(&world, "1", "1234AB", 7).await;
    sqlx::query("UPDATE brp_lists SET secret = true WHERE pl_id = '1'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    world.upload(&world.maria, &csv(&[without_bsn()])).await;
    let row = waiting(&world, Code::B14).await;
    let view = world.portal.candidates(&world.rivm, row).await.unwrap();
    let one = &view.found[0];
    assert!(one.secret && one.name.is_none() && one.address.is_none());
    assert_eq!(one.same, [Same::BirthDate, Same::Name]);
    assert!(!view.more);

    // Seven of that name and day.
    for place in 0..7 {
        let list = format!("z{place}");
        let bsn = [
            "999991000",
            "999991012",
            "999991024",
            "999991036",
            "999991048",
            "999991061",
            "999991073",
        ]
        .get(place)
        .copied()
        .unwrap_or(NOBODY);
        let keys = &world.test.keys;
        let Ok(bsn) = Bsn::parse(bsn) else { continue };
        let mac = keys.bsn_mac(&bsn);
        let sealed = keys.seal(
            bsn.expose().as_bytes(),
            &server::keys::Purpose::BrpBsn.of(list.as_bytes()),
        );
        sqlx::query(
            "INSERT INTO brp_lists (pl_id, mac_key, bsn_mac, bsn_enc, surname, birth_date, content_digest, load_id)
             SELECT $1, $2, $3, $4, 'Bultenaar', '20000401', '\\x00', load_id FROM brp_lists LIMIT 1",
        )
        .bind(&list)
        .bind(mac.key_id())
        .bind(mac.bytes.to_vec())
        .bind(sealed.into_bytes())
        .execute(&world.test.admin)
        .await
        .unwrap();
    }
    assert!(
        world.count("brp_lists WHERE pl_id LIKE 'z%'").await >= 6,
        "test numbers"
    );
    let lines = "audit_persons p JOIN audit_lines l ON (l.shard, l.seq) = (p.shard, p.seq) WHERE l.event = 'look.brp-check'";
    let before = world.count(lines).await;
    let view = world.portal.candidates(&world.rivm, row).await.unwrap();
    assert_eq!((view.found.len(), view.more), (5, true));
    assert!(
        view.found[0].secret,
        "it has the address too, so it comes first"
    );
    assert_eq!(
        world.count(lines).await,
        before + 5,
        "a line for each who is shown, for nobody else"
    );
}

#[tokio::test]
async fn a_linked_registration_is_withdrawn_put_back_and_corrected_as_any_other() {
    let world = World::new().await;
    let delivery = world.upload(&world.maria, &csv(&[without_bsn()])).await;
    link(&world, waiting(&world, Code::B14).await, "1").await;
    let of = registration(&world).await.id;
    world
        .portal
        .withdraw(&world.maria, of, "Dubbel ingevoerd".into(), false)
        .await
        .unwrap();
    assert_eq!(counting(&world, EREBOS).await, 0);
    Entry::restore(&world.portal, &world.maria, of, "Toch niet".into())
        .await
        .unwrap();
    assert_eq!(counting(&world, EREBOS).await, 1, "of the same person");
    assert_eq!(
        world
            .count("reports WHERE valid_to IS NULL AND link_id IS NOT NULL")
            .await,
        1
    );

    // The delivery as a whole, and back.
    world
        .portal
        .withdraw_delivery(&world.maria, delivery, "Verkeerd bestand".into())
        .await
        .unwrap();
    world.work().await;
    let standing = counting(&world, EREBOS).await;
    world
        .portal
        .restore_delivery(&world.maria, delivery, "Toch goed".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!((standing, counting(&world, EREBOS).await), (0, 1));

    // What its sender says anew about somebody without BSN is looked at anew.
    let better = with(
        registration(&world).await.versions[0].row.clone(),
        &[(Column::Batchnummer, "EM0477")],
    );
    let done = world.corrects(&world.maria, of, &better).await;
    assert!(matches!(done, Corrected::Done));
    assert_eq!(counting(&world, EREBOS).await, 0);
    let row = waiting(&world, Code::B14).await;
    link(&world, row, "1").await;
    assert_eq!(counting(&world, EREBOS).await, 1);
    let agrees = world
        .count("vaccinations v WHERE v.effective AND v.valid_to IS NULL AND v.batch = 'EM0477'")
        .await;
    assert_eq!(agrees, 1);
}

/// Asks that a link is undone, and the second person agrees; the worker works.
async fn undo(world: &World, link: Uuid) -> Uuid {
    let id = world
        .portal
        .propose_undo(&world.rivm, link, "Het is zijn broer".into())
        .await
        .unwrap();
    let asked = world.portal.decide(&world.rivm, id).await;
    assert_eq!(asked, Ok(Agreed::Waiting));
    let agreed = world.portal.decide(&second(world).await, id).await;
    assert_eq!(agreed, Ok(Agreed::Running));
    world.work().await;
    id
}

#[tokio::test]
async fn a_wrong_link_is_undone_by_two_people_and_the_row_waits_again() {
    let world = World::new().await;
    // The person who was found has a vaccination of her own.
    let other = with(
        good(EREBOS, "01-04-2000"),
        &[
            (Column::Vaccinatiedatum, "10-03-2021"),
            (Column::Dosisnummer, "2"),
        ],
    );
    world.upload(&world.piet, &csv(&[other])).await;
    let delivery = world.upload(&world.maria, &csv(&[without_bsn()])).await;
    let before = registration(&world).await;
    let first = counting(&world, EREBOS).await;
    let link = link(&world, waiting(&world, Code::B14).await, "1").await;
    assert_eq!(counting(&world, EREBOS).await, first + 1);
    assert!(
        world
            .portal
            .decision(&world.rivm, link)
            .await
            .unwrap()
            .may_undo
    );

    let id = world
        .portal
        .propose_undo(&world.rivm, link, "Het is zijn broer".into())
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(
        (view.line.kind, view.undoes),
        (DecisionKind::Unlink, Some(link))
    );
    assert_eq!(view.outcomes, [(RowOutcome::TeControleren, 1)]);
    let seen = view.link.unwrap();
    let (had, has) = (
        u32::try_from(first + 1).unwrap(),
        u32::try_from(first).unwrap(),
    );
    assert_eq!(seen.counting, Some((had, has)));
    assert_eq!(seen.person.unwrap().bsn, "*****0019");
    assert_eq!(
        counting(&world, EREBOS).await,
        first + 1,
        "looking changes nothing"
    );
    let rosa = second(&world).await;
    assert_eq!(
        world.portal.decision(&rosa, id).await.err(),
        Some(PortError::NotFound),
        "a draft is its maker's"
    );
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::Waiting)
    );
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::SamePerson)
    );
    let again = world
        .portal
        .propose_undo(&rosa, link, "Nog eens".into())
        .await
        .unwrap();
    let again = world.portal.decide(&rosa, again).await;
    assert_eq!(again, Ok(Agreed::Other), "one at a time");
    assert_eq!(world.portal.decide(&rosa, id).await, Ok(Agreed::Running));
    world.work().await;

    assert_eq!(counting(&world, EREBOS).await, first, "as before");
    let view = world.portal.decision(&rosa, id).await.unwrap();
    assert_eq!((view.line.state, view.done), (DecisionState::Done, (1, 0)));
    let old = world.portal.decision(&rosa, link).await.unwrap();
    assert!(!old.may_undo);
    let again = world
        .portal
        .propose_undo(&rosa, link, "Nog eens".into())
        .await;
    assert_eq!(again, Err(PortError::Conflict));
    // The row waits as it did, under the person without BSN that it had.
    assert_eq!(
        self::seen(&world, delivery).await,
        ("TE_CONTROLEREN".into(), vec![Code::B14])
    );
    let row = waiting(&world, Code::B14).await;
    assert!(world.portal.row(&world.rivm, row).await.unwrap().may_link);
    let after = registration(&world).await;
    assert_eq!(after.versions.len(), 3, "nothing of it is forgotten");
    assert_eq!(after.versions[0].row, before.versions[0].row);
    let persons = "(SELECT DISTINCT r.person_id FROM reports r WHERE r.version IN (1, 3)
                    AND r.delivery_id = (SELECT id FROM deliveries ORDER BY received_at DESC LIMIT 1)) AS of";
    assert_eq!(world.count(persons).await, 1, "the person of before");
    // Who is found next is somebody else, or nobody; the sender's own rows are its own again.
    let line = "audit_lines l JOIN audit_persons p ON (l.shard, l.seq) = (p.shard, p.seq) WHERE l.event = 'record.decided'
                AND l.line::jsonb ->> 'decision' = 'unlink' AND l.line::jsonb ? 'rows'";
    assert_eq!(world.count(line).await, 2, "both persons are told of");
    self::link(&world, row, "1").await;
    assert_eq!(
        counting(&world, EREBOS).await,
        first + 1,
        "linked once more"
    );
    world.nowhere(&["Het is zijn broer", EREBOS]).await;
}

#[tokio::test]
async fn a_row_that_was_refused_is_refused_again_without_its_link_and_its_sender_mends_it() {
    let world = World::new().await;
    let wrong = with(
        good(EREBOS, "02-04-2000"),
        &[(Column::Achternaam, "Bultenaar")],
    );
    let delivery = world.upload(&world.maria, &csv(&[wrong])).await;
    for turn in 0..2 {
        let link = link(&world, waiting(&world, Code::B10).await, "1").await;
        assert_eq!(seen(&world, delivery).await.0, "GEACCEPTEERD");
        let id = undo(&world, link).await;
        let view = world.portal.decision(&world.rivm, id).await.unwrap();
        assert_eq!(view.done, (1, 1), "turn {turn}");
        let stands = registration(&world).await;
        assert!(!stands.may_restore, "two people decided that");
        assert_eq!(seen(&world, delivery).await.0, "AFGEKEURD");
        assert_eq!(counting(&world, EREBOS).await, 0);
        assert_eq!(
            world
                .count("reports WHERE valid_to IS NULL AND person_id IS NOT NULL")
                .await,
            0
        );
        assert_eq!(
            world
                .count("delivery_rows WHERE report_id IS NOT NULL")
                .await,
            0
        );
    }
    // Under its own key, as if it had never been stored.
    let right = good(EREBOS, "01-04-2000");
    let later = world.upload(&world.maria, &csv(&[right])).await;
    assert_eq!(seen(&world, later).await, ("GEACCEPTEERD".into(), vec![]));
    assert_eq!(counting(&world, EREBOS).await, 1);
}

#[tokio::test]
async fn a_link_is_undone_although_the_defaults_of_the_party_changed_since() {
    for change in [
        "UPDATE parties SET default_target_group = 'OVERIG', default_big = NULL",
        // Its row would be refused now: its vaccine is in use from a later day.
        "UPDATE vaccines SET first_use = '2021-06-01'",
    ] {
        let world = World::new().await;
        let row = with(without_bsn(), &[(Column::Doelgroep, "")]);
        let delivery = world.upload(&world.maria, &csv(&[row])).await;
        let link = link(&world, waiting(&world, Code::B14).await, "1").await;
        assert_eq!(counting(&world, EREBOS).await, 1);
        sqlx::query(change)
            .execute(&world.test.admin)
            .await
            .unwrap();
        undo(&world, link).await;
        assert_eq!(counting(&world, EREBOS).await, 0, "{change}");
        let (outcome, codes) = seen(&world, delivery).await;
        let refused = outcome == "AFGEKEURD";
        assert_eq!(codes, [if refused { Code::V06 } else { Code::B14 }]);
        let stands = "reports WHERE valid_to IS NULL AND link_id IS NOT NULL";
        assert_eq!(world.count(stands).await, 0, "{change}");
        assert_eq!(
            world.count("(SELECT DISTINCT id FROM reports) AS r").await,
            1
        );
        assert_eq!(world.count("reports WHERE source_key = ''").await, 0);
    }
}

#[tokio::test]
async fn a_row_is_linked_although_the_defaults_of_the_party_changed_since() {
    let world = World::new().await;
    let row = with(without_bsn(), &[(Column::Doelgroep, "")]);
    world.upload(&world.maria, &csv(&[row])).await;
    let row = waiting(&world, Code::B14).await;
    sqlx::query("UPDATE parties SET default_target_group = 'OVERIG'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    link(&world, row, "1").await;
    assert_eq!(counting(&world, EREBOS).await, 1);
    assert_eq!(
        world.count("vaccinations WHERE valid_to IS NULL AND EXISTS (SELECT FROM reports r WHERE r.vaccination_id = vaccinations.id AND r.valid_to IS NULL)").await,
        1,
        "no second registration of the same row"
    );
    assert_eq!(
        world.count("(SELECT DISTINCT id FROM reports) AS r").await,
        1
    );
}

#[tokio::test]
async fn a_link_that_its_sender_overtook_is_not_undone() {
    let world = World::new().await;
    world.upload(&world.maria, &csv(&[without_bsn()])).await;
    let link = link(&world, waiting(&world, Code::B14).await, "1").await;
    let id = world
        .portal
        .propose_undo(&world.rivm, link, "Het is zijn broer".into())
        .await
        .unwrap();
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::Waiting)
    );
    let of = registration(&world).await.id;
    world
        .portal
        .withdraw(&world.maria, of, "Dubbel ingevoerd".into(), false)
        .await
        .unwrap();
    let rosa = second(&world).await;
    assert_eq!(world.portal.decide(&rosa, id).await, Ok(Agreed::NotYet));
    assert!(!world.portal.decision(&rosa, link).await.unwrap().may_undo);
    for caller in [&world.maria, &world.piet] {
        let asked = world.portal.propose_undo(caller, link, "x".into()).await;
        assert_eq!(asked, Err(PortError::NotFound), "not for who delivers");
    }
}

#[tokio::test]
async fn who_judges_a_person_sees_how_old_the_brp_is() {
    let world = World::new().await;
    let rows = [with(good(EREBOS, "02-04-2000"), &[])];
    world.upload(&world.maria, &csv(&rows)).await;
    let row = waiting(&world, Code::B10).await;
    for (age, late) in [("47 hours", false), ("49 hours", true)] {
        world.brp_loaded(age).await;
        let opened = world.portal.row(&world.rivm, row).await.unwrap().brp;
        let sought = world.portal.candidates(&world.rivm, row).await.unwrap().brp;
        assert_eq!((opened.late, sought.late), (late, late), "{age}");
        assert!(opened.loaded.is_some() && opened.loaded == sought.loaded);
    }
}

#[tokio::test]
async fn who_was_found_goes_on_counting_when_the_person_emigrates_or_dies_later() {
    for (reason, died) in [("E", ""), ("O", "20260101")] {
        let world = World::new().await;
        address(&world, "1", "1234AB", 7).await;
        let delivery = world.upload(&world.maria, &csv(&[without_bsn()])).await;
        link(&world, waiting(&world, Code::B14).await, "1").await;
        assert_eq!(counting(&world, EREBOS).await, 1);
        let before = seen(&world, delivery).await;
        let line = ["1", EREBOS, "Bultenaar", "20000401", reason, died];
        crate::renumbered::brp(&world, &[line]).await;
        assert_eq!(counting(&world, EREBOS).await, 1, "{reason}");
        assert_eq!(seen(&world, delivery).await, before, "{reason}");
        world.sound().await;
    }
}

#[tokio::test]
async fn who_was_found_and_had_died_before_the_jab_is_looked_at_and_the_sender_hears_nothing_of_it()
{
    let world = World::new().await;
    address(&world, "1", "1234AB", 7).await;
    let delivery = world.upload(&world.maria, &csv(&[without_bsn()])).await;
    link(&world, waiting(&world, Code::B14).await, "1").await;
    let line = ["1", EREBOS, "Bultenaar", "20000401", "O", "20201231"];
    crate::renumbered::brp(&world, &[line]).await;
    assert_eq!(counting(&world, EREBOS).await, 0);
    let (outcome, codes) = seen(&world, delivery).await;
    assert_eq!(outcome, "TE_CONTROLEREN");
    assert!(
        codes.contains(&Code::B19) && !codes.contains(&Code::B12),
        "{codes:?}"
    );
    world.sound().await;
}

#[tokio::test]
async fn what_rivm_corrects_on_request_stays_with_whom_it_found() {
    let world = World::new().await;
    address(&world, "1", "1234AB", 7).await;
    world.upload(&world.maria, &csv(&[without_bsn()])).await;
    link(&world, waiting(&world, Code::B14).await, "1").await;
    let of = registration(&world).await.id;
    let id = world
        .portal
        .begin_correction(&world.rivm, of, false)
        .await
        .unwrap();
    let after = world.portal.correction(&world.rivm, id).await.unwrap();
    let row = with(after.after.unwrap(), &[(Column::Batchnummer, "EJ6796")]);
    world
        .portal
        .save_correction(&world.rivm, id, row, "Verzoek per brief".into())
        .await
        .unwrap();
    world
        .portal
        .decide_correction(&world.rivm, id)
        .await
        .unwrap();
    let second = second(&world).await;
    world.portal.decide_correction(&second, id).await.unwrap();
    assert_eq!(counting(&world, EREBOS).await, 1);
    let batch = "vaccinations WHERE effective AND valid_to IS NULL AND batch = 'EJ6796'";
    assert_eq!(world.count(batch).await, 1);
    world.sound().await;
}

/// Erebos, with two digits of his BSN exchanged: it fails the eleven test.
fn exchanged() -> RowText {
    with(
        good("999990091", "01-04-2000"),
        &[(Column::Achternaam, "Bultenaar")],
    )
}

#[tokio::test]
async fn a_bsn_with_two_digits_exchanged_is_linked_to_whom_the_suggestion_points_at() {
    let world = World::new().await;
    let delivery = world.upload(&world.maria, &csv(&[exchanged()])).await;
    assert_eq!(
        seen(&world, delivery).await,
        ("AFGEKEURD".into(), vec![Code::P03])
    );
    let row = waiting(&world, Code::P03).await;
    let view = world.portal.row(&world.rivm, row).await.unwrap();
    assert!(view.may_link, "the suggestion leads somewhere");
    assert_eq!(view.suggestions[0].kind, SuggestionKind::Bsn);
    let candidates = found(&world, row).await;
    assert_eq!(candidates.len(), 1);
    assert_eq!(candidates[0].list, "1");
    assert_eq!(candidates[0].same, [Same::BirthDate, Same::Name]);

    link(&world, row, "1").await;
    assert_eq!(
        seen(&world, delivery).await,
        ("GEACCEPTEERD".into(), vec![])
    );
    assert_eq!(counting(&world, EREBOS).await, 1);
    assert_eq!(
        world.count("persons").await,
        1,
        "nobody without a BSN beside"
    );
    assert_eq!(world.count("suggestions WHERE was_right").await, 1);
    let numbers = world.portal.numbers(&world.rivm).await.unwrap();
    let mut solved = numbers.solved.iter().map(|one| (one.by, one.rows));
    assert!(solved.any(|one| one == (SolvedBy::Suggestion, 1)));

    // What its sender wrote stays, everywhere where it looks.
    let stands = registration(&world).await;
    assert_eq!(stands.versions[0].row.get(Column::Bsn), "999990091");
    let mut tx = party_tx(&world.road.db, &world.maria).await.unwrap();
    let (mut table, mut totals) = (Vec::new(), Vec::new());
    answer::csv(&mut tx, delivery, &mut table).await.unwrap();
    answer::json(&mut tx, delivery, &mut totals).await.unwrap();
    drop(tx);
    let told = [table, totals].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(
        told.contains("GEACCEPTEERD") && !told.contains("0019"),
        "{told}"
    );
    // The right number is no double of its own row: who tries numbers learns nothing of them.
    let same = world
        .upload(&world.maria, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    assert_eq!(seen(&world, same).await, ("GEACCEPTEERD".into(), vec![]));
    assert_eq!(counting(&world, EREBOS).await, 1, "one vaccination per jab");
    world.sound().await;
    world.nowhere(&[WHY, EREBOS, "999990091"]).await;
}

#[tokio::test]
async fn a_row_without_a_true_bsn_is_refused_again_without_its_link_and_linked_once_more() {
    let world = World::new().await;
    let delivery = world.upload(&world.maria, &csv(&[exchanged()])).await;
    for turn in 0..2 {
        let link = link(&world, waiting(&world, Code::P03).await, "1").await;
        assert_eq!(seen(&world, delivery).await.0, "GEACCEPTEERD");
        assert_eq!(counting(&world, EREBOS).await, 1);
        let id = undo(&world, link).await;
        let view = world.portal.decision(&world.rivm, id).await.unwrap();
        assert_eq!(view.done, (1, 1), "turn {turn}");
        assert_eq!(
            seen(&world, delivery).await,
            ("AFGEKEURD".into(), vec![Code::P03])
        );
        assert_eq!(counting(&world, EREBOS).await, 0);
        let stands = "reports WHERE valid_to IS NULL AND person_id IS NOT NULL";
        assert_eq!(world.count(stands).await, 0);
    }
    // Something else is wrong with it too: that refuses it as any row.
    let broken = with(exchanged(), &[(Column::UitvoerderAgb, "06099999")]);
    let broken = world.upload(&world.maria, &csv(&[broken])).await;
    let row: Uuid = sqlx::query_scalar("SELECT id FROM delivery_rows WHERE delivery_id = $1")
        .bind(broken)
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    let id = world
        .portal
        .propose_link(&world.rivm, row, "1".into(), WHY.into())
        .await
        .unwrap();
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(view.first[0].findings[0].code, Code::U02);
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::NotYet)
    );
    world.sound().await;
}

#[tokio::test]
async fn a_linked_row_without_a_true_bsn_that_comes_again_is_a_double_as_long_as_the_link_holds() {
    for key in ["", "HIS-1"] {
        let world = World::new().await;
        let row = with(exchanged(), &[(Column::Bronsleutel, key)]);
        world
            .upload(&world.maria, &csv(std::slice::from_ref(&row)))
            .await;
        let link = link(&world, waiting(&world, Code::P03).await, "1").await;
        // With another row beside it: the same bytes would be the same file.
        let beside = [row.clone(), good(NAOMI, "01-04-1987")];
        let again = world.upload(&world.maria, &csv(&beside)).await;
        let known = ("DUBBEL".to_owned(), vec![Code::D03]);
        assert_eq!(seen(&world, again).await, known, "{key}");
        assert_eq!(world.count("delivery_rows WHERE state = 'open'").await, 0);
        assert_eq!(counting(&world, EREBOS).await, 1);

        // What says something else waits for somebody who looks.
        let other = with(row.clone(), &[(Column::Batchnummer, "EM0477")]);
        let other = world.upload(&world.maria, &csv(&[other])).await;
        let refused = ("AFGEKEURD".to_owned(), vec![Code::P03]);
        assert_eq!(seen(&world, other).await, refused, "{key}");
        // So does the row itself, without its link.
        undo(&world, link).await;
        let beside = [row, good(FROUKE, "24-03-2000")];
        let anew = world.upload(&world.maria, &csv(&beside)).await;
        assert_eq!(seen(&world, anew).await, refused, "{key}");
        world.sound().await;
    }
}

#[tokio::test]
async fn a_row_without_a_true_bsn_that_was_sent_twice_before_is_linked_to_the_same_person_alone() {
    let world = World::new().await;
    let first = world.upload(&world.maria, &csv(&[exchanged()])).await;
    let beside = [exchanged(), good(NAOMI, "01-04-1987")];
    let again = world.upload(&world.maria, &csv(&beside)).await;
    let row = async |delivery: Uuid| -> Uuid {
        sqlx::query_scalar(
            "SELECT id FROM delivery_rows WHERE delivery_id = $1 ORDER BY row_number LIMIT 1",
        )
        .bind(delivery)
        .fetch_one(&world.test.admin)
        .await
        .unwrap()
    };
    link(&world, row(first).await, "1").await;
    assert_eq!(seen(&world, first).await.0, "GEACCEPTEERD");
    let refused = ("AFGEKEURD".to_owned(), vec![Code::P03]);
    assert_eq!(seen(&world, again).await, refused, "it waits still");

    // His brother, of the same day: the same row cannot be about both.
    let brother = ["9", NOBODY, "Bultenaar", "20000401", "", ""];
    crate::renumbered::brp(&world, &[brother]).await;
    let of_both = world
        .portal
        .propose_link(&world.rivm, row(again).await, "9".into(), WHY.into())
        .await;
    let asked = world.portal.decide(&world.rivm, of_both.unwrap()).await;
    assert_eq!(asked, Ok(Agreed::NotYet));

    link(&world, row(again).await, "1").await;
    let known = ("DUBBEL".to_owned(), vec![Code::D03]);
    assert_eq!(seen(&world, again).await, known);
    assert_eq!(counting(&world, EREBOS).await, 1);
    // The log names him with both.
    let lines = "audit_lines l JOIN audit_persons p ON (l.shard, l.seq) = (p.shard, p.seq)
                 WHERE l.event = 'record.decided' AND l.line::jsonb ? 'still_refused' AND p.person_id IS NOT NULL";
    assert_eq!(world.count(lines).await, 2);
    world.sound().await;
}

#[tokio::test]
async fn whoever_was_found_for_a_wrong_bsn_stays_found_when_the_brp_or_the_registration_changes() {
    let world = World::new().await;
    world.upload(&world.maria, &csv(&[exchanged()])).await;
    link(&world, waiting(&world, Code::P03).await, "1").await;
    let line = ["1", EREBOS, "Bultenaar", "20000401", "E", ""];
    crate::renumbered::brp(&world, &[line]).await;
    assert_eq!(counting(&world, EREBOS).await, 1, "emigrated");

    let of = registration(&world).await.id;
    let id = world
        .portal
        .begin_correction(&world.rivm, of, false)
        .await
        .unwrap();
    let after = world.portal.correction(&world.rivm, id).await.unwrap();
    let row = with(after.after.unwrap(), &[(Column::Batchnummer, "EJ6796")]);
    world
        .portal
        .save_correction(&world.rivm, id, row, "Verzoek per brief".into())
        .await
        .unwrap();
    world
        .portal
        .decide_correction(&world.rivm, id)
        .await
        .unwrap();
    let rosa = second(&world).await;
    world.portal.decide_correction(&rosa, id).await.unwrap();
    assert_eq!(counting(&world, EREBOS).await, 1, "corrected on request");
    let batch = "vaccinations WHERE effective AND valid_to IS NULL AND batch = 'EJ6796'";
    assert_eq!(world.count(batch).await, 1);
    world.sound().await;
}

#[tokio::test]
async fn a_linked_row_without_a_true_bsn_that_waits_is_amended_and_freed_as_any_other() {
    // RIVM puts the batch right while it waits.
    let world = World::new().await;
    let typo = with(exchanged(), &[(Column::Batchnummer, "ZZ9999")]);
    let delivery = world.upload(&world.maria, &csv(&[typo])).await;
    link(&world, waiting(&world, Code::P03).await, "1").await;
    assert_eq!(seen(&world, delivery).await.0, "TE_CONTROLEREN");
    let row = waiting(&world, Code::V22).await;
    let view = world.portal.row(&world.rivm, row).await.unwrap();
    assert!(!view.may_link, "its person is known now");
    let proposal = Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Map,
        value: "EJ6795".into(),
        days: domain::dates::Days::ALL,
        reason: "Verkeerd overgenomen".into(),
        request: "Mevrouw De Boer, per brief van 3 maart".into(),
    };
    let id = world
        .portal
        .propose(&world.rivm, row, proposal)
        .await
        .unwrap();
    agreed(&world, id).await;
    assert_eq!(seen(&world, delivery).await.0, "GEACCEPTEERD");
    assert_eq!(counting(&world, EREBOS).await, 1);
    world.sound().await;

    // What stood against it goes.
    let world = World::new().await;
    let other = world
        .upload(&world.piet, &csv(&[good(EREBOS, "01-04-2000")]))
        .await;
    let batch = with(exchanged(), &[(Column::Batchnummer, "EM0477")]);
    let delivery = world.upload(&world.maria, &csv(&[batch])).await;
    link(&world, waiting(&world, Code::P03).await, "1").await;
    assert_eq!(
        seen(&world, delivery).await,
        ("TE_CONTROLEREN".into(), vec![Code::B19])
    );
    world
        .portal
        .withdraw_delivery(&world.piet, other, "Verkeerd bestand".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(seen(&world, delivery).await.0, "GEACCEPTEERD");
    assert_eq!(counting(&world, EREBOS).await, 1);
    world.sound().await;
}

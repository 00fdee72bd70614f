//! Rule B13: what was stored while the copy of the BRP was late is checked again by itself after a load.

use crate::torture::Crowd;
use crate::world::{EREBOS, NOBODY, World, csv, good, with};
use app::ports::decisions::{Decisions, Proposal};
use app::ports::news::News;
use app::ports::persons::{Cause, Persons, Why};
use app::ports::review::{Review, ReviewFilter};
use app::ports::worklist::Worklists;
use app::ports::{BrpAge, Caller, Deliveries};
use domain::decision::DecisionKind;
use domain::role::Role;
use domain::row::Column;

const ROWS: usize = 30;

#[tokio::test]
async fn after_the_next_load_who_matches_loses_the_warning_and_who_does_not_goes_to_review() {
    let (world, crowd) = (World::new().await, Crowd::new(ROWS));
    crowd.enter_brp(&world).await;
    world.brp_loaded("3 days").await;
    let mut rows: Vec<_> = (0..ROWS).map(|place| crowd.good(place)).collect();
    rows.push(good(NOBODY, "01-04-2000"));
    rows.push(with(
        crowd.good(0),
        &[
            (Column::Bsn, crate::world::MENELAOS),
            (Column::Geboortedatum, "02-05-1940"),
        ],
    ));
    let id = world
        .receive(&world.maria, "a.csv", &csv(&rows), false)
        .await
        .id();
    world.work().await;
    let late = "delivery_rows WHERE outcome = 'GEACCEPTEERD' AND findings @> '[{\"code\": \"B13\"}]' AND match = 'UITGESTELD'";
    assert_eq!(world.count(late).await, ROWS as i64 + 2);
    assert_eq!(
        world.count("vaccinations WHERE effective").await,
        ROWS as i64 + 2
    );

    world.brp_delta().await;
    world.work().await;
    let b13 = "WHERE findings @> '[{\"code\": \"B13\"}]'";
    assert_eq!(world.count(&format!("delivery_rows {b13}")).await, 0);
    assert_eq!(world.count(&format!("reports {b13}")).await, 0);
    assert_eq!(
        world.count("delivery_rows WHERE outcome = 'GEACCEPTEERD' AND state = 'closed' AND match = 'GEVONDEN' AND findings = '[]'").await,
        ROWS as i64
    );
    // Nobody's BSN is told as B10; that the BRP knows of a death is told to RIVM alone.
    let review: Vec<(String, String, Option<String>, String)> = sqlx::query_as(
        "SELECT match, findings -> 0 ->> 'code', staff_findings -> 0 ->> 'code', state FROM delivery_rows WHERE outcome = 'TE_CONTROLEREN' ORDER BY row_number",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    let told = |a: &str, b: &str, c: Option<&str>| {
        (
            a.to_owned(),
            b.to_owned(),
            c.map(str::to_owned),
            "open".to_owned(),
        )
    };
    assert_eq!(
        review,
        [
            told("NIET_GEVONDEN", "B10", None),
            told("OVERLEDEN", "B19", Some("B12"))
        ]
    );
    assert_eq!(
        world
            .count("reports WHERE outcome = 'TE_CONTROLEREN'")
            .await,
        2
    );
    assert_eq!(
        world.count("vaccinations WHERE effective").await,
        ROWS as i64
    );
    let counts = world
        .portal
        .delivery(&world.maria, id)
        .await
        .unwrap()
        .line
        .counts;
    assert_eq!(
        (counts.geaccepteerd, counts.te_controleren),
        (ROWS as u32, 2)
    );
    let audited =
        "audit_lines WHERE event = 'record.checked-again' AND line LIKE '%\"to_review\":2%'";
    assert_eq!(world.count(audited).await, 1);

    // How they stood is kept, and told to who opens the record of the dead.
    let stood = "row_history WHERE outcome = 'GEACCEPTEERD' AND findings @> '[{\"code\": \"B13\"}]' AND mended_by IS NULL
                 AND brp_load_id = (SELECT id FROM brp_loads ORDER BY started_at DESC LIMIT 1)";
    assert_eq!(world.count(stood).await, ROWS as i64 + 2);
    let (portal, rivm) = (&world.portal, &world.rivm);
    let dead = portal
        .find_person(rivm, crate::world::MENELAOS.into())
        .await;
    let record = portal.person(rivm, dead.unwrap().unwrap(), Why::Review);
    let told = record.await.unwrap().rereads;
    let told: Vec<(Cause, &[String])> = told
        .iter()
        .map(|one| (one.cause, one.stood.as_slice()))
        .collect();
    assert_eq!(told, [(Cause::Brp, &["B13".to_owned()][..])]);

    // A second load finds nothing to do, and says nothing.
    world.brp_delta().await;
    world.work().await;
    assert_eq!(
        world
            .count("audit_lines WHERE event = 'record.checked-again'")
            .await,
        1
    );
    assert_eq!(
        world
            .count("jobs WHERE kind = 'recheck' AND state = 'done'")
            .await,
        2
    );
    assert_eq!(world.count("row_history").await, ROWS as i64 + 2);
}

/// A row waits for its batch, and somebody prepared to accept it; the decision.
async fn prepared(world: &World) -> uuid::Uuid {
    let row = with(
        good(EREBOS, "01-04-2000"),
        &[(Column::Batchnummer, "ZZ9999")],
    );
    world.upload(&world.maria, &csv(&[row])).await;
    let portal = &world.portal;
    let waiting = portal.rows(&world.rivm, ReviewFilter::default()).await;
    let accept = Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Accept,
        value: String::new(),
        days: domain::dates::Days::ALL,
        reason: "Nieuwe batch".into(),
        request: String::new(),
    };
    let sample = waiting.unwrap().items[0].id;
    portal.propose(&world.rivm, sample, accept).await.unwrap()
}

#[tokio::test]
async fn whoever_goes_by_the_brp_is_told_how_old_it_is() {
    let world = World::new().await;
    let (portal, rivm, maria) = (&world.portal, &world.rivm, &world.maria);
    let decision = prepared(&world).await;
    let text = format!("{EREBOS}\t01-04-2000\n");
    portal.make_worklist(maria, text).await.unwrap();
    let person = portal.find_person(rivm, EREBOS.into()).await.unwrap();
    let told = async |caller: &Caller| portal.news(caller).await.unwrap().brp;
    for (age, late) in [("1 minute", false), ("3 days", true)] {
        world.brp_loaded(age).await;
        let record = portal.person(rivm, person.unwrap(), Why::Review).await;
        let all: [(&str, Option<BrpAge>); 5] = [
            (
                "decision",
                portal
                    .decision(rivm, decision)
                    .await
                    .ok()
                    .map(|view| view.brp),
            ),
            ("record", record.ok().map(|view| view.brp)),
            (
                "worklist",
                portal.worklist(maria).await.unwrap().map(|list| list.brp),
            ),
            ("start page of RIVM", told(rivm).await),
            ("start page of a nurse", told(maria).await),
        ];
        for (what, brp) in all {
            let brp = brp.expect(what);
            assert_eq!((brp.late, brp.loaded.is_some()), (late, true), "{what}");
        }
    }
    // Who has nothing to do with it reads nothing of it.
    let auditor = world.test.caller("aad", Role::Auditor, None).await;
    assert!(told(&auditor).await.is_none());
}

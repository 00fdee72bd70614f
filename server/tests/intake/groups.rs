//! A decision about a group of rows touches what the group is about, and nothing else (features F51-F54).

use crate::world::{EREBOS, FROUKE, NAOMI, NOBODY, World, csv, good, with};
use app::ports::corrections::{Corrected, Corrections};
use app::ports::decisions::{Agreed, ClusterFilter, Decisions, Proposal};
use app::ports::deliveries::MendedRow;
use app::ports::entry::Entry;
use app::ports::persons::{NewRuling, Persons, Ruled};
use app::ports::review::{Age, ReviewFilter, SolvedBy, With};
use app::ports::{Caller, Deliveries, PortError, Review};
use domain::dates::Days;
use domain::decision::DecisionKind;
use domain::delivery::RowOutcome;
use domain::finding::Code;
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::ruling::RulingKind;
use uuid::Uuid;

async fn second(world: &World) -> Caller {
    world.test.caller("rosa", Role::RivmBeheer, None).await
}

fn only(kind: DecisionKind) -> Proposal {
    Proposal {
        told: None,
        alone: false,
        kind,
        value: String::new(),
        days: Days::ALL,
        reason: "Kijk op de verpakking".into(),
        request: String::new(),
    }
}

fn map(value: &str) -> Proposal {
    Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Map,
        value: value.into(),
        days: Days::ALL,
        reason: "Afgesproken met de instelling".into(),
        request: "Mevrouw De Boer, per brief van 3 maart".into(),
    }
}

fn unknown_batch(row: RowText) -> RowText {
    with(row, &[(Column::Batchnummer, "ZZ9999")])
}

fn odd_vaccine(row: RowText) -> RowText {
    with(row, &[(Column::Vaccin, "Pfizer NL groot")])
}

/// Rule, rows and one row of each group, the largest first.
async fn groups(world: &World) -> Vec<(Code, u32, Uuid)> {
    let list = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await
        .unwrap();
    let lines = list.items.iter();
    lines
        .map(|line| (line.code, line.rows, line.sample))
        .collect()
}

async fn waiting(world: &World, filter: ReviewFilter) -> Vec<Uuid> {
    let list = world.portal.rows(&world.rivm, filter).await.unwrap();
    list.items.iter().map(|line| line.id).collect()
}

async fn prepare(world: &World, who: &Caller, row: Uuid, proposal: Proposal) -> Uuid {
    world.portal.propose(who, row, proposal).await.unwrap()
}

/// Prepares and carries out what takes no second person.
async fn decided(world: &World, row: Uuid, kind: DecisionKind) -> Uuid {
    let id = prepare(world, &world.rivm, row, only(kind)).await;
    let agreed = world.portal.decide(&world.rivm, id).await;
    assert_eq!(agreed, Ok(Agreed::Running));
    world.work().await;
    id
}

/// Somebody who is in no list, recorded with a reason: stored, and RIVM looks at it (rule B10).
async fn recorded_with_a_reason(world: &World) {
    let row = good(NOBODY, "01-04-2000");
    let (portal, maria) = (&world.portal, &world.maria);
    let draft = portal.begin(maria, None, false).await.unwrap();
    for _ in 0..2 {
        let why = "nieuw in Nederland".into();
        let saved = portal.save_person(maria, draft, row.clone(), why).await;
        saved.unwrap();
    }
    let saved = portal.save_vaccination(maria, draft, row, None).await;
    saved.unwrap();
    Entry::submit(portal, maria, draft, None).await.unwrap();
}

#[tokio::test]
async fn a_stored_row_that_waits_is_accepted_by_itself_whatever_else_doubts_it() {
    let world = World::new().await;
    let batch = (Column::Batchnummer, "ZZ9999");
    // One without a BSN, whose batch nobody knows either, and others of that batch.
    let nobody = with(
        good("", "24-03-2000"),
        &[
            batch,
            (Column::GeenBsnReden, "BUITENLAND"),
            (Column::Achternaam, "Onbekend"),
        ],
    );
    let rows = [
        with(good(EREBOS, "01-04-2000"), &[batch]),
        with(good(NAOMI, "01-04-1987"), &[batch]),
        nobody,
    ];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let queue = async || {
        let filter = app::ports::review::ReviewFilter::default();
        let found = world.portal.rows(&world.rivm, filter).await.unwrap();
        let mut rows: Vec<(u32, Uuid)> =
            found.items.iter().map(|line| (line.row, line.id)).collect();
        rows.sort_unstable();
        rows
    };
    let waits = queue().await;
    assert_eq!(waits.len(), 3);
    let alone = Proposal {
        alone: true,
        ..only(DecisionKind::Accept)
    };
    for (number, row) in [waits[2], waits[0]] {
        let view = world.portal.row(&world.rivm, row).await.unwrap();
        assert!(view.waits && view.stored, "{number}");
        let id = world
            .portal
            .propose(&world.rivm, row, alone.clone())
            .await
            .unwrap();
        let foreseen = world.portal.decision(&world.rivm, id).await.unwrap();
        assert_eq!((foreseen.line.rows, foreseen.left), (1, 0), "{number}");
        assert!(!foreseen.second_person && !foreseen.late);
        let said = world.portal.decide(&world.rivm, id).await;
        assert_eq!(said, Ok(Agreed::Running));
        world.work().await;
        assert!(!queue().await.contains(&(number, row)), "{number}");
    }
    assert_eq!(queue().await, [waits[1]], "its like go on waiting");
    let told = world.portal.delivery(&world.maria, delivery).await.unwrap();
    let told = told.line.counts;
    assert_eq!((told.geaccepteerd, told.te_controleren), (2, 1));
    // Who comes second hears that it was done.
    let late = world.portal.propose(&world.rivm, waits[0].1, alone).await;
    assert_eq!(late.err(), Some(PortError::NotFound));
}

#[tokio::test]
async fn refused_and_stored_rows_with_the_same_cause_are_two_groups() {
    let world = World::new().await;
    let file = csv(&[good(NOBODY, "01-04-2000")]);
    let delivery = world.upload(&world.maria, &file).await;
    recorded_with_a_reason(&world).await;
    let found = groups(&world).await;
    let counts: Vec<_> = found.iter().map(|(code, rows, _)| (*code, *rows)).collect();
    assert_eq!(counts, [(Code::B10, 1), (Code::B10, 1)]);
    let of = async |outcome: RowOutcome| {
        for (_, _, sample) in &found {
            let view = world.portal.cluster(&world.rivm, *sample).await.unwrap();
            assert_eq!((view.rows, view.first.len()), (1, 1));
            if view.outcome == outcome {
                return *sample;
            }
        }
        panic!("{outcome:?}")
    };
    let refused = of(RowOutcome::Afgekeurd).await;
    let stored = of(RowOutcome::TeControleren).await;
    let mine = Some(world.rivm.user_id);
    let taken = world.portal.assign(&world.rivm, stored, true, mine).await;
    assert_eq!(taken, Ok(1), "a group is taken without the other");
    decided(&world, refused, DecisionKind::Reject).await;
    assert_eq!(
        world
            .count("delivery_rows WHERE state = 'rejected' AND outcome = 'AFGEKEURD'")
            .await,
        1
    );
    let left = waiting(&world, ReviewFilter::default()).await;
    assert_eq!(left, [stored], "the register goes on asking about its own");
    decided(&world, stored, DecisionKind::Accept).await;
    assert_eq!(world.count("vaccinations WHERE effective").await, 1);
    let view = world.portal.delivery(&world.maria, delivery).await.unwrap();
    assert_eq!(view.line.counts.afgekeurd, 1);
}

#[tokio::test]
async fn who_has_a_group_open_is_shown_to_a_colleague() {
    let world = World::new().await;
    let row = unknown_batch(good(EREBOS, "01-04-2000"));
    world.upload(&world.maria, &csv(&[row])).await;
    let (_, _, sample) = groups(&world).await[0];
    let rosa = second(&world).await;
    let mine = world.portal.cluster(&world.rivm, sample).await.unwrap();
    assert!(mine.also_open.is_empty());
    let hers = world.portal.cluster(&rosa, sample).await.unwrap();
    assert_eq!(hers.also_open, ["rian"]);
}

#[tokio::test]
async fn a_group_that_was_opened_from_another_of_its_rows_is_open_with_the_same_colleague() {
    let world = World::new().await;
    let rows = [
        unknown_batch(good(EREBOS, "01-04-2000")),
        unknown_batch(good(NAOMI, "01-04-1987")),
        odd_vaccine(good(FROUKE, "24-03-2000")),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let (_, number, sample) = groups(&world).await[0];
    assert_eq!(number, 2);
    let rosa = second(&world).await;
    let mine = world.portal.cluster(&world.rivm, sample).await.unwrap();
    let like = mine.first.iter().find(|row| row.id != sample).unwrap().id;
    let hers = world.portal.cluster(&rosa, like).await.unwrap();
    assert_eq!(hers.also_open, ["rian"], "by another row of the same group");
    let again = world.portal.cluster(&world.rivm, sample).await.unwrap();
    assert_eq!(again.also_open, ["rosa"]);
    let (_, _, other) = groups(&world).await[1];
    let other = world.portal.cluster(&rosa, other).await.unwrap();
    assert!(
        other.also_open.is_empty(),
        "nobody looks at the other group"
    );
}

#[tokio::test]
async fn the_queue_says_which_colleague_has_a_row_open() {
    let world = World::new().await;
    let rows = [
        unknown_batch(good(EREBOS, "01-04-2000")),
        unknown_batch(good(NAOMI, "01-04-1987")),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let rosa = second(&world).await;
    let open = async |who: &Caller| {
        let list = world.portal.rows(who, ReviewFilter::default()).await;
        let list = list.unwrap().items.into_iter();
        let open = list.filter(|line| !line.open_with.is_empty());
        open.map(|line| (line.id, line.open_with))
            .collect::<Vec<_>>()
    };
    assert!(open(&world.rivm).await.is_empty());
    let row = waiting(&world, ReviewFilter::default()).await[0];
    world.portal.row(&rosa, row).await.unwrap();
    assert_eq!(open(&world.rivm).await, [(row, vec!["rosa".to_owned()])]);
    assert!(open(&rosa).await.is_empty(), "she knows it herself");
    // Who looked away is not in the way.
    sqlx::query("UPDATE row_looks SET seen_at = seen_at - interval '11 minutes'")
        .execute(&world.road.db.worker)
        .await
        .unwrap();
    assert!(open(&world.rivm).await.is_empty());
}

#[tokio::test]
async fn accepting_a_group_leaves_waiting_what_another_rule_doubts_too() {
    let world = World::new().await;
    let erebos = good(EREBOS, "01-04-2000");
    world
        .upload(&world.piet, &csv(std::slice::from_ref(&erebos)))
        .await;
    // An unknown batch, and a dose that is known on another day.
    let twice = with(erebos, &[(Column::Vaccinatiedatum, "24-02-2021")]);
    let rows = [
        unknown_batch(twice),
        unknown_batch(good(NAOMI, "01-04-1987")),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let (code, rows, sample) = groups(&world).await[0];
    assert_eq!((code, rows), (Code::V22, 2));
    let id = prepare(&world, &world.rivm, sample, only(DecisionKind::Accept)).await;
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(
        view.outcomes,
        [
            (RowOutcome::Geaccepteerd, 1),
            (RowOutcome::TeControleren, 1)
        ]
    );
    assert_eq!(view.persons, (1, 0));
    world.portal.decide(&world.rivm, id).await.unwrap();
    world.work().await;
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
    let left = waiting(&world, ReviewFilter::default()).await;
    assert_eq!(left.len(), 1);
    // On its own page the reviewer sees all that is doubted, and may say that it is right.
    let shown = world.portal.row(&world.rivm, left[0]).await.unwrap();
    let codes = shown.line.findings.iter().map(|finding| finding.code);
    let codes: Vec<Code> = codes.collect();
    assert!(codes.contains(&Code::V22) && codes.contains(&Code::D05));
    keep(&world, &world.rivm, left[0]).await;
    assert_eq!(world.count("vaccinations WHERE effective").await, 3);
}

/// On the page that compares: this one is right too.
async fn keep(world: &World, who: &Caller, row: Uuid) {
    let view = world.portal.compare(who, row, None).await.unwrap();
    let new = NewRuling {
        kind: RulingKind::Keep,
        other: view.other.map(|other| other.id),
        other_counts: false,
        reason: "Gebeld met de instelling".into(),
    };
    let ruled = world.portal.rule(who, row, new).await.unwrap();
    assert!(matches!(ruled, Ruled::Done(_)));
}

#[tokio::test]
async fn a_draft_about_rows_that_wait_no_more_does_nothing_and_says_who_was_first() {
    let world = World::new().await;
    let rows = [odd_vaccine(good(EREBOS, "01-04-2000"))];
    world.upload(&world.maria, &csv(&rows)).await;
    let sample = groups(&world).await[0].2;
    let other = second(&world).await;
    let mine = prepare(&world, &world.rivm, sample, map("Comirnaty")).await;
    let theirs = prepare(&world, &other, sample, map("Spikevax")).await;
    world.portal.decide(&world.rivm, mine).await.unwrap();
    world.portal.decide(&other, mine).await.unwrap();
    world.work().await;
    let late = world.portal.decide(&other, theirs).await;
    assert_eq!(late, Ok(Agreed::Late));
    let view = world.portal.decision(&other, theirs).await.unwrap();
    let first = view.other.unwrap();
    assert!(view.late);
    assert_eq!(
        (first.decision, first.by),
        (Some(mine), world.rivm.name.clone())
    );
    assert_eq!(
        world
            .count("decisions WHERE state IN ('asked', 'running')")
            .await,
        0
    );
    // The name that was agreed to holds.
    let later = [odd_vaccine(good(NAOMI, "01-04-1987"))];
    world.upload(&world.maria, &csv(&later)).await;
    assert_eq!(
        world
            .count(
                "reports WHERE vaccine = (SELECT vaccine FROM reports ORDER BY recorded_at LIMIT 1)"
            )
            .await,
        2
    );
}

#[tokio::test]
async fn who_decided_about_one_row_is_named_and_not_who_decided_about_its_group_before() {
    let world = World::new().await;
    let other = second(&world).await;
    let first = [unknown_batch(good(NAOMI, "01-04-1987"))];
    world.upload(&world.maria, &csv(&first)).await;
    let sample = groups(&world).await[0].2;
    let id = prepare(&world, &other, sample, only(DecisionKind::Accept)).await;
    world.portal.decide(&other, id).await.unwrap();
    world.work().await;
    let earlier = world.portal.decided_about(&world.rivm, sample).await;
    let earlier = earlier.unwrap().unwrap();
    assert_eq!(
        (earlier.decision, earlier.by),
        (Some(id), other.name.clone())
    );
    // Weeks later one of the same group, judged by itself.
    let later = [unknown_batch(good(EREBOS, "01-04-2000"))];
    world.upload(&world.maria, &csv(&later)).await;
    let row = groups(&world).await[0].2;
    keep(&world, &world.rivm, row).await;
    let earlier = world.portal.decided_about(&other, row).await;
    let earlier = earlier.unwrap().unwrap();
    assert_eq!(
        (earlier.decision, earlier.by),
        (None, world.rivm.name.clone())
    );
    assert_eq!(world.count("rulings").await, 1);
    assert!(earlier.ruling.is_some());
}

#[tokio::test]
async fn what_goes_back_or_is_rejected_is_shown_row_by_row_before_it_is_decided() {
    for kind in [DecisionKind::Return, DecisionKind::Reject] {
        let world = World::new().await;
        let rows = [odd_vaccine(good(EREBOS, "01-04-2000"))];
        world.upload(&world.maria, &csv(&rows)).await;
        world
            .upload(
                &world.maria,
                &csv(&rows.map(|row| with(row, &[(Column::Dosisnummer, "2")]))),
            )
            .await;
        let sample = groups(&world).await[0].2;
        let id = prepare(&world, &world.rivm, sample, only(kind)).await;
        let view = world.portal.decision(&world.rivm, id).await.unwrap();
        assert_eq!(view.first.len(), 2, "{kind:?}");
    }
}

/// The row of a delivery as its sender mends it, with one other cell.
async fn mended(world: &World, delivery: Uuid, number: u32, cell: (Column, &str)) {
    let portal = &world.portal;
    let view = portal
        .refused_row(&world.maria, delivery, number, None)
        .await;
    let mended = MendedRow {
        number,
        seen: view.unwrap().line.seen,
        cells: vec![(cell.0, cell.1.to_owned())],
        reason: None,
        everywhere: false,
        anyway: false,
    };
    let done = portal
        .mend(&world.maria, delivery, vec![mended], None)
        .await;
    done.unwrap();
}

#[tokio::test]
async fn a_row_that_was_mended_in_vain_keeps_its_age_and_its_reviewer() {
    let world = World::new().await;
    let wrong = with(good(EREBOS, "01-04-2000"), &[(Column::Dosisnummer, "nul")]);
    let delivery = world.upload(&world.maria, &csv(&[wrong])).await;
    let row = groups(&world).await[0].2;
    let mine = Some(world.rivm.user_id);
    let taken = world.portal.assign(&world.rivm, row, false, mine).await;
    assert_eq!(taken, Ok(1));
    sqlx::query("UPDATE delivery_rows SET created_at = created_at - interval '8 days'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    mended(&world, delivery, 2, (Column::Dosisnummer, "elf")).await;
    let old = ReviewFilter {
        dagen: Some(Age::Week),
        bij: Some(With::Me),
        ..ReviewFilter::default()
    };
    assert_eq!(waiting(&world, old).await.len(), 1);
}

#[tokio::test]
async fn a_row_that_went_back_stays_with_its_sender_until_it_is_right() {
    let world = World::new().await;
    // Two that contradict each other, of somebody whom the BRP does not know.
    let one = good(NOBODY, "01-04-2000");
    let two = with(one.clone(), &[(Column::Batchnummer, "EM0477")]);
    let delivery = world.upload(&world.maria, &csv(&[one, two])).await;
    let (code, rows, sample) = groups(&world).await[0];
    assert_eq!((code, rows), (Code::D02, 2));
    decided(&world, sample, DecisionKind::Return).await;
    mended(&world, delivery, 2, (Column::Vaccinatiedatum, "28-01-2021")).await;
    for number in [2, 3] {
        let portal = &world.portal;
        let view = portal
            .refused_row(&world.maria, delivery, number, None)
            .await;
        let line = view.unwrap().line;
        assert_eq!(line.findings[0].code, Code::B10, "{number}");
        assert_eq!(
            line.message.as_deref(),
            Some("Kijk op de verpakking"),
            "{number}"
        );
    }
    assert!(waiting(&world, ReviewFilter::default()).await.is_empty());
    // What is right in the end went back no more.
    mended(&world, delivery, 3, (Column::Bsn, EREBOS)).await;
    assert_eq!(
        world
            .count("delivery_rows WHERE returned_at IS NOT NULL")
            .await,
        1
    );
}

/// How many rows were solved so.
async fn solved(world: &World, by: SolvedBy) -> u32 {
    let numbers = world.portal.numbers(&world.rivm).await.unwrap();
    let found = numbers.solved.iter().find(|one| one.by == by);
    found.map_or(0, |one| one.rows)
}

#[tokio::test]
async fn what_a_sender_mends_before_it_counts_was_never_waiting() {
    let world = World::new().await;
    let rows = [
        good(EREBOS, "01-04-2000"),
        with(good(NAOMI, "01-04-1987"), &[(Column::Dosisnummer, "nul")]),
    ];
    let delivery = world
        .receive(&world.maria, "a.csv", &csv(&rows), true)
        .await;
    let delivery = delivery.id();
    world.work().await;
    mended(&world, delivery, 3, (Column::Dosisnummer, "1")).await;
    assert_eq!(solved(&world, SolvedBy::Sender).await, 0);
    Deliveries::submit(&world.portal, &world.maria, delivery)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(world.count("vaccinations WHERE effective").await, 2);
    assert_eq!(solved(&world, SolvedBy::Sender).await, 0);
}

#[tokio::test]
async fn a_row_that_its_sender_replaced_was_solved_by_its_sender() {
    let world = World::new().await;
    let key = |row: RowText| with(row, &[(Column::Bronsleutel, "k1")]);
    let erebos = || good(EREBOS, "01-04-2000");
    let unknown = csv(&[key(unknown_batch(erebos()))]);
    world.upload(&world.maria, &unknown).await;
    assert_eq!(solved(&world, SolvedBy::Sender).await, 0);
    let better = key(with(erebos(), &[(Column::Mutatie, "C")]));
    world.upload(&world.maria, &csv(&[better])).await;
    assert_eq!(solved(&world, SolvedBy::Sender).await, 1);
}

#[tokio::test]
async fn a_row_that_rivm_corrected_at_a_request_was_solved_by_rivm() {
    let world = World::new().await;
    let unknown = csv(&[unknown_batch(good(EREBOS, "01-04-2000"))]);
    world.upload(&world.maria, &unknown).await;
    let (portal, rivm) = (&world.portal, &world.rivm);
    let list = portal.registrations(&world.maria, Default::default(), 1);
    let of = list.await.unwrap().items[0].id;
    let id = portal.begin_correction(rivm, of, false).await.unwrap();
    let view = portal.correction(rivm, id).await.unwrap();
    let row = with(view.after.unwrap(), &[(Column::Batchnummer, "EJ6795")]);
    let saved = portal.save_correction(rivm, id, row, "Per brief".into());
    saved.await.unwrap();
    let asked = portal.decide_correction(rivm, id).await;
    assert_eq!(asked, Ok(Corrected::Waiting));
    assert_eq!(solved(&world, SolvedBy::Rivm).await, 0, "it still waits");
    let rosa = second(&world).await;
    let agreed = portal.decide_correction(&rosa, id).await;
    assert_eq!(agreed, Ok(Corrected::Done));
    assert_eq!(solved(&world, SolvedBy::Rivm).await, 1);
    assert_eq!(solved(&world, SolvedBy::Sender).await, 0);
}

#[tokio::test]
async fn a_suggestion_counts_for_all_rows_it_was_taken_for_and_for_none_its_sender_mended() {
    let world = World::new().await;
    let odd = |bsn, born| with(good(bsn, born), &[(Column::Vaccin, "Comirnatty")]);
    let rows = [odd(EREBOS, "01-04-2000"), odd(NAOMI, "01-04-1987")];
    let delivery = world.upload(&world.maria, &csv(&rows)).await;
    let sample = groups(&world).await[0].2;
    let view = world.portal.cluster(&world.rivm, sample).await.unwrap();
    let value = view.suggestions[0].value.clone().expect("a product");
    // A reviewer looked at it, and its sender mended it.
    let number = view.first[0].row;
    mended(&world, delivery, number, (Column::Vaccin, &value)).await;
    assert_eq!(solved(&world, SolvedBy::Sender).await, 1);
    assert_eq!(solved(&world, SolvedBy::Suggestion).await, 0);
    world.upload(&world.piet, &csv(&rows)).await;
    let sample = groups(&world).await[0].2;
    world.portal.cluster(&world.rivm, sample).await.unwrap();
    let id = prepare(&world, &world.rivm, sample, map(&value)).await;
    world.portal.decide(&world.rivm, id).await.unwrap();
    world
        .portal
        .decide(&second(&world).await, id)
        .await
        .unwrap();
    world.work().await;
    assert_eq!(solved(&world, SolvedBy::Suggestion).await, 2);
    assert_eq!(solved(&world, SolvedBy::Mapping).await, 0);
}

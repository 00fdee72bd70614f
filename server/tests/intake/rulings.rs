//! One truth per jab (features F48, F50): what RIVM rules about rows that contradict what is known, and that one counts
//! for each jab whatever is merged, kept, refused, corrected, withdrawn and undone.

use crate::world::{EREBOS, NAOMI, World, csv, good, with};
use app::ports::decisions::{Decisions, Proposal};
use app::ports::persons::{Act, NewRuling, PersonView, Persons, Ruled, Why};
use app::ports::review::ReviewFilter;
use app::ports::withdrawals::Withdrawals;
use app::ports::{Caller, Deliveries, Entry, PortError, Review};
use domain::decision::{DecisionKind, Told};
use domain::delivery::Channel;
use domain::finding::Code;
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::ruling::RulingKind;
use uuid::Uuid;

fn erebos(cells: &[(Column, &str)]) -> RowText {
    with(good(EREBOS, "01-04-2000"), cells)
}

fn ruling(kind: RulingKind, other: Option<Uuid>, other_counts: bool) -> NewRuling {
    NewRuling {
        kind,
        other,
        other_counts,
        reason: "Gebeld met de instelling".into(),
    }
}

/// Rows that wait, the newest first.
async fn waiting(world: &World) -> Vec<Uuid> {
    let list = world
        .portal
        .rows(&world.rivm, ReviewFilter::default())
        .await
        .unwrap();
    list.items.iter().map(|line| line.id).collect()
}

async fn rule(world: &World, row: Uuid, new: NewRuling) -> Uuid {
    match world.portal.rule(&world.rivm, row, new).await.unwrap() {
        Ruled::Done(id) => id,
        other => panic!("{other:?}"),
    }
}

/// RIVM decides that a row and its like are right; answers the decision.
async fn accept_group(world: &World, row: Uuid) -> Uuid {
    let accept = Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Accept,
        value: String::new(),
        days: domain::dates::Days::ALL,
        reason: "Nieuwe batch".into(),
        request: String::new(),
    };
    let portal = &world.portal;
    let id = portal.propose(&world.rivm, row, accept).await.unwrap();
    portal.decide(&world.rivm, id).await.unwrap();
    world.work().await;
    id
}

/// What counts: "27-01-2021 EJ6795 1".
async fn counts(world: &World) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT concat_ws(' ', to_char(vaccinated_on, 'DD-MM-YYYY'), batch, dose) FROM vaccinations
         WHERE effective AND valid_to IS NULL ORDER BY vaccinated_on, batch",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap()
}

async fn record(world: &World) -> PersonView {
    let person = world
        .portal
        .find_person(&world.rivm, EREBOS.into())
        .await
        .unwrap()
        .unwrap();
    world
        .portal
        .person(&world.rivm, person, Why::Review)
        .await
        .unwrap()
}

#[tokio::test]
async fn rows_that_are_accepted_count_from_then_on() {
    let world = World::new().await;
    let unknown = erebos(&[(Column::Batchnummer, "ZZ9999")]);
    let delivery = world.upload(&world.maria, &csv(&[unknown])).await;
    assert!(counts(&world).await.is_empty(), "RIVM has to look first");
    let row = waiting(&world).await[0];
    let decision = accept_group(&world, row).await;
    assert_eq!(counts(&world).await, ["27-01-2021 ZZ9999 1"]);
    let acts = record(&world).await.acts;
    let of_group = Act::Decision(DecisionKind::Accept);
    assert_eq!(
        (acts.len(), acts[0].id, acts[0].act),
        (1, decision, of_group)
    );
    assert_eq!(acts[0].agreed_by, None, "a few rows take one person");
    assert!(waiting(&world).await.is_empty());
    let view = world.portal.delivery(&world.maria, delivery).await.unwrap();
    let told = view.line.counts;
    assert_eq!((told.geaccepteerd, told.te_controleren), (1, 0));
    let list = world
        .portal
        .registrations(&world.maria, Default::default(), 1)
        .await
        .unwrap();
    assert_eq!(list.items[0].outcome.as_str(), "GEACCEPTEERD");
}

#[tokio::test]
async fn accepting_a_group_leaves_waiting_what_another_vaccination_of_that_day_stands_in_the_way_of()
 {
    let world = World::new().await;
    world.upload(&world.piet, &csv(&[erebos(&[])])).await;
    let other_day = erebos(&[
        (Column::Vaccinatiedatum, "03-02-2021"),
        (Column::Dosisnummer, "2"),
    ]);
    world.upload(&world.piet, &csv(&[other_day])).await;
    let same_day = erebos(&[(Column::Batchnummer, "EM0477")]);
    world.upload(&world.maria, &csv(&[same_day])).await;
    let before = counts(&world).await;
    let row = waiting(&world).await[0];
    let id = accept_group(&world, row).await;
    assert_eq!(counts(&world).await, before);
    assert_eq!(
        waiting(&world).await.first(),
        Some(&row),
        "it waits for somebody who sees both"
    );
    let view = world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(view.done.0, 0);
}

#[tokio::test]
async fn a_second_source_without_doubt_makes_a_vaccination_count() {
    let world = World::new().await;
    let doubtful = erebos(&[(Column::Achternaam, "Heelanders")]);
    let first = world.upload(&world.maria, &csv(&[doubtful])).await;
    assert!(counts(&world).await.is_empty());
    let second = world.upload(&world.piet, &csv(&[erebos(&[])])).await;
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
    // And without it, it counts no longer.
    Withdrawals::withdraw_delivery(&world.portal, &world.piet, second, "fout".into())
        .await
        .unwrap();
    world.work().await;
    assert!(counts(&world).await.is_empty());
    assert_eq!(waiting(&world).await.len(), 1);
    let view = world.portal.delivery(&world.maria, first).await.unwrap();
    assert_eq!(view.line.counts.te_controleren, 1);
}

#[tokio::test]
async fn a_second_source_of_what_contradicts_another_vaccination_waits_as_the_first_does() {
    let world = World::new().await;
    let by_sftp = async |who: &Caller, name: &str, cells: &[(Column, &str)]| {
        let row = with(erebos(&[(Column::Bronsleutel, name)]), cells);
        world.receive_by_sftp(who, name, &csv(&[row])).await;
        world.work().await;
    };
    let other_batch = [(Column::Batchnummer, "EM0477")];
    let other_day = [(Column::Vaccinatiedatum, "05-03-2021")];
    by_sftp(&world.piet, "a", &[]).await;
    by_sftp(&world.maria, "b", &other_batch).await;
    by_sftp(&world.maria, "c", &other_day).await;
    assert_eq!(waiting(&world).await.len(), 2);
    // Another institution says the same as each of them.
    by_sftp(&world.piet, "d", &other_batch).await;
    by_sftp(&world.piet, "e", &other_day).await;
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
    let rows = waiting(&world).await;
    assert_eq!(rows.len(), 4, "RIVM looks, whoever says it");
    // Of what counts a second source is one without more.
    by_sftp(&world.maria, "f", &[]).await;
    assert_eq!(waiting(&world).await.len(), 4);
    // What RIVM rules about one is about both: they are one vaccination.
    rule(&world, rows[0], ruling(RulingKind::Keep, None, false)).await;
    assert_eq!(waiting(&world).await.len(), 2);
    world.sound().await;
}

#[tokio::test]
async fn a_correction_that_says_the_same_jab_leaves_what_rivm_ruled_of_it() {
    let key = |row: RowText, key: &str| with(row, &[(Column::Bronsleutel, key)]);
    let other_group = [(Column::Mutatie, "C"), (Column::Doelgroep, "OVERIG")];
    // Right and wrong batch, of which RIVM says which is right.
    let world = World::new().await;
    world
        .upload(&world.maria, &csv(&[key(erebos(&[]), "x")]))
        .await;
    let wrong = key(erebos(&[(Column::Batchnummer, "EM0477")]), "y");
    world.upload(&world.piet, &csv(&[wrong])).await;
    let row = waiting(&world).await[0];
    let other: Uuid = sqlx::query_scalar("SELECT id FROM vaccinations WHERE effective")
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    rule(&world, row, ruling(RulingKind::Merge, Some(other), true)).await;
    let better = key(erebos(&other_group), "x");
    world.upload(&world.maria, &csv(&[better])).await;
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
    assert!(waiting(&world).await.is_empty(), "nothing new to look at");
    let group = "vaccinations WHERE effective AND valid_to IS NULL AND target_group = 'OVERIG'";
    assert_eq!(world.count(group).await, 1);
    world.sound().await;

    // A batch that no list has, and that RIVM left so.
    let world = World::new().await;
    let unknown = key(erebos(&[(Column::Batchnummer, "ZZ9999")]), "x");
    world.upload(&world.maria, &csv(&[unknown])).await;
    accept_group(&world, waiting(&world).await[0]).await;
    let better = with(erebos(&other_group), &[(Column::Batchnummer, "ZZ9999")]);
    let correction = world.upload(&world.maria, &csv(&[key(better, "x")])).await;
    assert_eq!(counts(&world).await, ["27-01-2021 ZZ9999 1"]);
    assert!(waiting(&world).await.is_empty());
    Withdrawals::withdraw_delivery(&world.portal, &world.maria, correction, "fout".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(counts(&world).await, ["27-01-2021 ZZ9999 1"]);
    world.sound().await;
}

#[tokio::test]
async fn a_row_that_its_sender_corrected_waits_no_more_until_the_correction_is_undone() {
    let world = World::new().await;
    let key = |row: RowText| with(row, &[(Column::Bronsleutel, "k1")]);
    let unknown = key(erebos(&[(Column::Batchnummer, "ZZ9999")]));
    world.upload(&world.maria, &csv(&[unknown])).await;
    let first = waiting(&world).await;
    let better = key(erebos(&[(Column::Mutatie, "C")]));
    let correction = world.upload(&world.maria, &csv(&[better])).await;
    assert!(
        waiting(&world).await.is_empty(),
        "the old row asks for nothing"
    );
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
    Withdrawals::withdraw_delivery(&world.portal, &world.maria, correction, "fout".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(
        waiting(&world).await,
        first,
        "it stands as before, and waits as before"
    );
    assert!(counts(&world).await.is_empty());
}

/// Piet's jab counts, Maria's other batch of that day waits: her row, and his vaccination.
async fn contradiction(world: &World) -> (Uuid, Uuid, Uuid, Uuid) {
    let known = world.upload(&world.piet, &csv(&[erebos(&[])])).await;
    let other = erebos(&[(Column::Batchnummer, "EM0477")]);
    let new = world.upload(&world.maria, &csv(&[other])).await;
    let row = waiting(world).await[0];
    let view = world.portal.compare(&world.rivm, row, None).await.unwrap();
    (row, view.other.unwrap().id, known, new)
}

#[tokio::test]
async fn two_reports_of_a_jab_stand_side_by_side_with_what_differs() {
    let world = World::new().await;
    let (row, other, ..) = contradiction(&world).await;
    let view = world.portal.compare(&world.rivm, row, None).await.unwrap();
    assert_eq!(view.party, "Instelling ZONNEHOF");
    assert!(
        view.findings
            .iter()
            .any(|finding| finding.code == Code::D04)
    );
    assert!(
        !view
            .findings
            .iter()
            .any(|finding| finding.code == Code::B19)
    );
    let that = view.other.as_ref().unwrap();
    assert_eq!(view.this.cells.get(Column::Batchnummer), "EM0477");
    assert_eq!(that.cells.get(Column::Batchnummer), "EJ6795");
    assert_eq!((view.this.counts, that.counts), (false, true));
    assert_eq!(that.sources[0].party, "Instelling DUINZICHT");
    assert!(!view.may_keep, "a product counts once on a day");
    assert!(
        view.other_first,
        "between equal channels the known one stays"
    );
    let keep = ruling(RulingKind::Keep, Some(other), false);
    assert_eq!(
        world.portal.rule(&world.rivm, row, keep).await,
        Ok(Ruled::SameDay)
    );
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
}

async fn undo(world: &World, id: Uuid) {
    let reason = " Toch twee prikken ".to_owned();
    let undone = world.portal.undo_ruling(&world.rivm, id, reason).await;
    undone.unwrap();
}

#[tokio::test]
async fn merged_reports_are_one_vaccination_and_undoing_parts_them() {
    let world = World::new().await;
    let (row, other, ..) = contradiction(&world).await;
    for (other_counts, batch) in [(true, "EJ6795"), (false, "EM0477")] {
        let id = rule(
            &world,
            row,
            ruling(RulingKind::Merge, Some(other), other_counts),
        )
        .await;
        assert_eq!(counts(&world).await, [format!("27-01-2021 {batch} 1")]);
        assert!(waiting(&world).await.is_empty());
        let view = record(&world).await;
        assert_eq!((view.proof.len(), view.aside.len()), (1, 0));
        assert_eq!(view.proof[0].sources.len(), 2, "both are kept as sources");
        assert_eq!(view.rulings[0].reason, "Gebeld met de instelling");
        undo(&world, id).await;
        let again = world.portal.undo_ruling(&world.rivm, id, "x".into());
        assert_eq!(again.await, Err(PortError::Conflict));
        assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
        assert_eq!(waiting(&world).await, [row]);
        let view = record(&world).await;
        assert_eq!((view.proof.len(), view.aside.len()), (1, 1));
        let undone = view.rulings[0].undone.as_ref().expect("undone");
        assert_eq!(undone.reason, "Toch twee prikken");
    }
    world
        .nowhere(&["Gebeld met de instelling", "Toch twee prikken"])
        .await;
}

#[tokio::test]
async fn a_report_of_what_gave_way_before_is_not_held_against_the_one_it_gave_way_to() {
    for kind in [RulingKind::Keep, RulingKind::Refuse] {
        let world = World::new().await;
        world.upload(&world.piet, &csv(&[erebos(&[])])).await;
        let unknown =
            |key: &str| erebos(&[(Column::Batchnummer, "ZZ9999"), (Column::Bronsleutel, key)]);
        world.upload(&world.maria, &csv(&[unknown("m1")])).await;
        let first = waiting(&world).await[0];
        let view = world.portal.compare(&world.rivm, first, None).await;
        let other = view.unwrap().other.unwrap().id;
        rule(&world, first, ruling(RulingKind::Merge, Some(other), true)).await;
        // The same wrong batch once more: no list has it, so RIVM has to look at this one too.
        world.upload(&world.piet, &csv(&[unknown("p2")])).await;
        let row = waiting(&world).await[0];
        let view = world.portal.compare(&world.rivm, row, None).await.unwrap();
        assert!(view.other.is_none() && view.others.is_empty());
        assert!(view.may_keep, "it counts as that one does");
        let kinds: Vec<RulingKind> = view.records.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [RulingKind::Keep, RulingKind::Refuse]);
        let late = ruling(RulingKind::Merge, Some(other), true);
        assert_eq!(
            world.portal.rule(&world.rivm, row, late).await,
            Ok(Ruled::Late)
        );
        rule(&world, row, ruling(kind, None, false)).await;
        assert!(waiting(&world).await.is_empty());
        assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
        // Of a row that is settled it is still told what counts in its place.
        let view = world.portal.compare(&world.rivm, first, None).await;
        assert_eq!(view.unwrap().other.map(|jab| jab.id), Some(other));
        world.sound().await;
    }
}

/// The row that waits besides this one.
async fn next_to(world: &World, row: Uuid) -> Uuid {
    let rows = waiting(world).await;
    let mut others = rows.into_iter().filter(|one| *one != row);
    let (other, more) = (others.next().unwrap(), others.next());
    assert_eq!(more, None);
    other
}

#[tokio::test]
async fn what_another_rule_doubts_in_a_row_that_nobody_opened_goes_on_waiting() {
    let world = World::new().await;
    let doubtful = erebos(&[(Column::Achternaam, "Heelanders")]);
    let delivery = world.upload(&world.maria, &csv(&[doubtful])).await;
    let marias = waiting(&world).await[0];
    let other_batch = erebos(&[(Column::Batchnummer, "EM0477")]);
    world.upload(&world.piet, &csv(&[other_batch])).await;
    let row = next_to(&world, marias).await;
    let view = world.portal.compare(&world.rivm, row, None).await.unwrap();
    let other = view.other.unwrap().id;
    let id = rule(&world, row, ruling(RulingKind::Merge, Some(other), true)).await;
    assert_eq!(waiting(&world).await, [marias], "its name is still odd");
    let view = world.portal.delivery(&world.maria, delivery).await.unwrap();
    assert_eq!(view.line.counts.te_controleren, 1);
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
    world.sound().await;
    undo(&world, id).await;
    assert_eq!(next_to(&world, marias).await, row);
    assert!(counts(&world).await.is_empty());
    // Whoever opened it may say that it is right.
    rule(&world, marias, ruling(RulingKind::Keep, None, false)).await;
    assert_eq!(waiting(&world).await, [row]);
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
    world.sound().await;
}

#[tokio::test]
async fn of_a_jab_that_two_report_the_row_that_was_opened_is_right_and_both_are_refused() {
    for kind in [RulingKind::Keep, RulingKind::Refuse] {
        let world = World::new().await;
        let unknown = erebos(&[(Column::Batchnummer, "ZZ9999")]);
        let doubtful = with(unknown.clone(), &[(Column::Achternaam, "Heelanders")]);
        world.upload(&world.maria, &csv(&[doubtful])).await;
        let marias = waiting(&world).await[0];
        world.upload(&world.piet, &csv(&[unknown])).await;
        let row = next_to(&world, marias).await;
        let id = rule(&world, row, ruling(kind, None, false)).await;
        let lines = format!(
            "(SELECT DISTINCT organisation_id FROM audit_lines WHERE event = 'record.decided'
              AND strpos(line, '{id}') > 0 AND line::jsonb ->> 'rows' = '1') AS parties"
        );
        if kind == RulingKind::Keep {
            assert_eq!(waiting(&world).await, [marias]);
            assert_eq!(counts(&world).await, ["27-01-2021 ZZ9999 1"]);
            assert_eq!(world.count(&lines).await, 1);
        } else {
            assert!(waiting(&world).await.is_empty());
            assert!(counts(&world).await.is_empty());
            assert_eq!(world.count(&lines).await, 2, "each party has its line");
        }
        undo(&world, id).await;
        assert_eq!(next_to(&world, marias).await, row);
        world.sound().await;
    }
}

#[tokio::test]
async fn what_gave_way_counts_while_the_one_that_counted_is_withdrawn() {
    let world = World::new().await;
    let (row, other, known, _) = contradiction(&world).await;
    rule(&world, row, ruling(RulingKind::Merge, Some(other), true)).await;
    Withdrawals::withdraw_delivery(&world.portal, &world.piet, known, "fout".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(
        counts(&world).await,
        ["27-01-2021 EM0477 1"],
        "the jab does not disappear with one of its sources"
    );
    Withdrawals::restore_delivery(&world.portal, &world.piet, known, "toch goed".into())
        .await
        .unwrap();
    world.work().await;
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
    assert!(waiting(&world).await.is_empty(), "the ruling still holds");
}

#[tokio::test]
async fn a_report_that_does_not_count_is_kept_and_can_count_again() {
    let world = World::new().await;
    let (row, other, _, new) = contradiction(&world).await;
    let id = rule(&world, row, ruling(RulingKind::Refuse, Some(other), false)).await;
    assert_eq!(counts(&world).await, ["27-01-2021 EJ6795 1"]);
    assert!(waiting(&world).await.is_empty());
    let view = world.portal.delivery(&world.maria, new).await.unwrap();
    assert_eq!(
        view.line.counts.afgekeurd, 1,
        "its sender sees that it was refused"
    );
    let told = view.rejected.iter().map(|group| group.told);
    assert_eq!(told.collect::<Vec<_>>(), [Told::Judged], "and no more");
    // The same from a third side is judged anew: nothing vouches for it.
    let again = erebos(&[(Column::Batchnummer, "EM0477"), (Column::Bronsleutel, "x1")]);
    world.upload(&world.maria, &csv(&[again])).await;
    assert_eq!(waiting(&world).await.len(), 1);
    undo(&world, id).await;
    assert!(waiting(&world).await.contains(&row));
    let view = world.portal.delivery(&world.maria, new).await.unwrap();
    assert!(view.rejected.is_empty(), "it waits again");
}

#[tokio::test]
async fn two_jabs_of_different_days_can_both_count() {
    let world = World::new().await;
    world.upload(&world.piet, &csv(&[erebos(&[])])).await;
    let later = erebos(&[(Column::Vaccinatiedatum, "10-03-2021")]);
    world.upload(&world.maria, &csv(&[later])).await;
    let row = waiting(&world).await[0];
    let view = world.portal.compare(&world.rivm, row, None).await.unwrap();
    assert!(
        view.findings
            .iter()
            .any(|finding| finding.code == Code::D05)
    );
    assert!(view.may_keep);
    rule(&world, row, ruling(RulingKind::Keep, None, false)).await;
    assert_eq!(
        counts(&world).await,
        ["27-01-2021 EJ6795 1", "10-03-2021 EJ6795 1"]
    );
}

#[tokio::test]
async fn what_the_record_would_say_is_shown_for_each_ruling_and_is_what_it_says_then() {
    for kind in RulingKind::ALL {
        let world = World::new().await;
        let second = erebos(&[
            (Column::Vaccinatiedatum, "03-03-2021"),
            (Column::Dosisnummer, "2"),
        ]);
        world
            .upload(&world.piet, &csv(&[erebos(&[]), second]))
            .await;
        let again = erebos(&[
            (Column::Vaccinatiedatum, "05-03-2021"),
            (Column::Dosisnummer, "2"),
        ]);
        let delivery = world.upload(&world.maria, &csv(&[again])).await;
        let row = waiting(&world).await[0];
        let before = world.portal.delivery(&world.maria, delivery).await.unwrap();
        let view = world.portal.compare(&world.rivm, row, None).await.unwrap();
        let after: Vec<_> = view
            .records
            .iter()
            .map(|(kind, record)| (*kind, record.before, record.after, record.doses))
            .collect();
        assert_eq!(
            after,
            [
                (RulingKind::Merge, 2, 2, Some(2)),
                (RulingKind::Keep, 2, 3, Some(2)),
                (RulingKind::Refuse, 2, 2, Some(2)),
            ]
        );
        // Looking changes nothing.
        assert_eq!(waiting(&world).await, [row]);
        assert_eq!(world.count("rulings").await, 0);
        let looked = world.portal.delivery(&world.maria, delivery).await.unwrap();
        assert_eq!(looked.line.counts, before.line.counts);

        let other = view.other.map(|other| other.id);
        rule(&world, row, ruling(kind, other, false)).await;
        let said = after.iter().find(|(of, ..)| *of == kind).unwrap().2;
        assert_eq!(counts(&world).await.len(), said as usize, "{kind:?}");
        let settled = world.portal.compare(&world.rivm, row, None).await;
        assert!(settled.is_err() || settled.unwrap().records.is_empty());
    }
}

#[tokio::test]
async fn of_two_reviewers_the_second_hears_that_somebody_was_first() {
    let world = World::new().await;
    let (row, other, ..) = contradiction(&world).await;
    let rosa = world.test.caller("rosa", Role::RivmBeheer, None).await;
    let (mine, hers) = tokio::join!(
        world.portal.rule(
            &world.rivm,
            row,
            ruling(RulingKind::Merge, Some(other), true)
        ),
        world
            .portal
            .rule(&rosa, row, ruling(RulingKind::Refuse, Some(other), false)),
    );
    let done = [mine.unwrap(), hers.unwrap()];
    let first = done.iter().filter(|one| matches!(one, Ruled::Done(_)));
    assert_eq!(first.count(), 1, "{done:?}");
    assert!(done.contains(&Ruled::Late));
    assert_eq!(world.count("rulings").await, 1);
    let view = world.portal.compare(&rosa, row, None).await.unwrap();
    let who = view.open.unwrap_err().unwrap();
    assert!(who == "rian" || who == "rosa", "{who}");
}

#[tokio::test]
async fn a_row_that_one_reviewer_has_open_is_shown_so_to_the_other_for_a_while() {
    let world = World::new().await;
    let (row, ..) = contradiction(&world).await;
    let rosa = world.test.caller("rosa", Role::RivmBeheer, None).await;
    let mine = world.portal.row(&world.rivm, row).await.unwrap();
    assert!(mine.also_open.is_empty(), "one's own looking is nothing");
    let hers = world.portal.compare(&rosa, row, None).await.unwrap();
    assert_eq!(hers.also_open, ["rian"]);
    let mine = world.portal.row(&world.rivm, row).await.unwrap();
    assert_eq!(mine.also_open, ["rosa"]);
    sqlx::query("UPDATE row_looks SET seen_at = seen_at - interval '11 minutes'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let hers = world.portal.compare(&rosa, row, None).await.unwrap();
    assert!(hers.also_open.is_empty());
}

#[tokio::test]
async fn the_configured_order_of_sources_proposes_which_one_counts() {
    let world = World::new().await;
    world.upload(&world.piet, &csv(&[erebos(&[])])).await;
    let other = erebos(&[(Column::Batchnummer, "EM0477"), (Column::Bronsleutel, "h1")]);
    world
        .receive_by_sftp(&world.maria, "a.csv", &csv(&[other]))
        .await;
    world.work().await;
    let row = waiting(&world).await[0];
    let view = world.portal.compare(&world.rivm, row, None).await.unwrap();
    assert!(!view.other_first, "sftp goes before upload");
    let order = [Channel::Upload, Channel::Sftp];
    let portal = world.portal.clone().with_priority(&order);
    let view = portal.compare(&world.rivm, row, None).await.unwrap();
    assert!(view.other_first, "another order, another report that leads");
}

#[tokio::test]
async fn a_record_is_opened_with_a_reason_that_the_audit_keeps() {
    let world = World::new().await;
    world.upload(&world.maria, &csv(&[erebos(&[])])).await;
    let view = record(&world).await;
    assert_eq!(view.who.get(Column::Bsn), EREBOS);
    assert_eq!(view.proof.len(), 1);
    assert_eq!(view.reported.len(), 1);
    for why in Why::ALL {
        world
            .portal
            .person(&world.rivm, view.id, why)
            .await
            .unwrap();
        let kept = format!(
            "audit_lines WHERE line::jsonb ->> 'why' = '{}'",
            why.as_str()
        );
        assert!(world.count(&kept).await >= 1, "{why:?}");
    }
    let nobody = world.portal.find_person(&world.rivm, NAOMI.into()).await;
    assert_eq!(nobody, Ok(None));
    world.nowhere(&[NAOMI]).await;
}

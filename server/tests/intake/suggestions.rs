//! What a waiting row was probably meant to say: for the eyes of RIVM, with why, and never by itself.

use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::decisions::{Agreed, ClusterFilter, Decisions, Proposal};
use app::ports::deliveries::MendedRow;
use app::ports::persons::{NewRuling, Persons, Ruled};
use app::ports::review::{ReviewFilter, ReviewView, SolvedBy, Suggestion};
use app::ports::{Deliveries, Review};
use domain::decision::DecisionKind;
use domain::finding::Code;
use domain::role::Role;
use domain::row::{Column, RowText};
use domain::ruling::RulingKind;
use domain::suggestion::{SuggestionKind, near_batches};
use std::collections::HashMap;
use uuid::Uuid;

/// A row of a file that one institution delivers, as RIVM opens it.
async fn opened(world: &World, row: RowText) -> ReviewView {
    world.upload(&world.maria, &csv(&[row])).await;
    let list = world
        .portal
        .rows(&world.rivm, ReviewFilter::default())
        .await
        .unwrap();
    let newest = list.items.first().expect("a row waits").id;
    world.portal.row(&world.rivm, newest).await.unwrap()
}

fn of(view: &ReviewView, kind: SuggestionKind) -> Vec<&Suggestion> {
    let all = view.suggestions.iter();
    all.filter(|one| one.kind == kind).collect()
}

#[tokio::test]
async fn a_batch_near_a_known_one_is_suggested_that_was_given_most_these_days_first() {
    let world = World::new().await;
    let lots = [(EREBOS, "01-04-2000"), (NAOMI, "01-04-1987")]
        .map(|(bsn, birth)| with(good(bsn, birth), &[(Column::Batchnummer, "EJ6796")]));
    world.upload(&world.piet, &csv(&lots)).await;
    let typo = with(
        good(FROUKE, "24-03-2000"),
        &[(Column::Batchnummer, "EJ6797")],
    );
    let view = opened(&world, typo).await;
    let found = of(&view, SuggestionKind::Batch);
    assert_eq!(found[0].value.as_deref(), Some("EJ6796"));
    assert_eq!((found[0].used, found[0].record), (2, (0, 0)));
    assert!(
        found[1..]
            .iter()
            .any(|one| one.value.as_deref() == Some("EJ6795"))
    );
    assert_eq!(
        view.row.get(Column::Batchnummer),
        "EJ6797",
        "nothing changes by itself"
    );
    assert_eq!(world.count("vaccinations WHERE batch = 'EJ6797'").await, 1);
    assert_eq!(
        world.count("suggestions").await,
        1,
        "the first one is remembered"
    );
    world.nowhere(&["EJ6796\u{1f}"]).await;
}

#[tokio::test]
async fn two_digits_that_changed_places_are_found_by_birth_date_and_name() {
    let world = World::new().await;
    let named = |birth: &str, surname: &str| {
        let cells = [(Column::Bsn, "999990091"), (Column::Achternaam, surname)];
        with(good("999990091", birth), &cells)
    };
    let view = opened(&world, named("01-04-2000", "Bultenaar")).await;
    let found = of(&view, SuggestionKind::Bsn);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].places, Some((8, 9)));
    assert_eq!(found[0].value, None, "which number, only the digits say");
    let mac = world
        .test
        .keys
        .bsn_mac(&domain::bsn::Bsn::parse(EREBOS).unwrap());
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM audit_persons WHERE person_mac = $1")
        .bind(mac.bytes.to_vec())
        .fetch_one(&world.test.admin)
        .await
        .unwrap();
    assert_eq!(seen, 1, "whom it points at was looked at");
    for row in [
        named("02-04-2000", "Bultenaar"),
        named("01-04-2000", "Anders"),
        named("01-04-2000", ""),
    ] {
        let view = opened(&world, row).await;
        assert!(of(&view, SuggestionKind::Bsn).is_empty());
    }
}

#[tokio::test]
async fn parts_that_changed_places_are_suggested_and_others_are_not() {
    let world = World::new().await;
    let birth = with(
        good(EREBOS, "04-01-2000"),
        &[(Column::Achternaam, "Bultenaar")],
    );
    let view = opened(&world, birth).await;
    let found = of(&view, SuggestionKind::DayMonth);
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].column, &found[0].value),
        (Column::Geboortedatum, &None)
    );

    let future = with(
        good(NAOMI, "01-04-1987"),
        &[(Column::Vaccinatiedatum, "05-12-2021")],
    );
    let view = opened(&world, future).await;
    let found = of(&view, SuggestionKind::DayMonth);
    assert_eq!(found[0].value.as_deref(), Some("12-05-2021"));

    let whole_name = with(
        good(FROUKE, "24-03-2000"),
        &[(Column::Achternaam, "Froukje Wilhelmina Jansen")],
    );
    let view = opened(&world, whole_name).await;
    assert_eq!(of(&view, SuggestionKind::Names).len(), 1);

    let other = with(
        good(EREBOS, "13-04-2000"),
        &[(Column::Achternaam, "Bultenaar")],
    );
    let view = opened(&world, other).await;
    assert!(
        view.suggestions.is_empty(),
        "no month 13, no digits that changed places"
    );
}

#[tokio::test]
async fn a_date_that_is_none_is_read_the_other_way() {
    let world = World::new().await;
    let american = with(
        good(FROUKE, "24-03-2000"),
        &[(Column::Vaccinatiedatum, "01-27-2021")],
    );
    let born = with(
        good(FROUKE, "03-24-2000"),
        &[(Column::Achternaam, "Jansen")],
    );
    // Beside what is written as it should: in a file of months and days nobody looks at rows.
    let rows = [good(EREBOS, "01-04-2000"), american, born];
    world.upload(&world.maria, &csv(&rows)).await;
    let view = async |code| {
        let filter = ReviewFilter {
            code: Some(code),
            ..ReviewFilter::default()
        };
        let list = world.portal.rows(&world.rivm, filter).await.unwrap();
        let row = list.items.first().expect("a row waits").id;
        world.portal.row(&world.rivm, row).await.unwrap()
    };
    let seen = view(Code::V08).await;
    let found = of(&seen, SuggestionKind::DayMonth);
    assert_eq!(found[0].value.as_deref(), Some("27-01-2021"));
    let seen = view(Code::P12).await;
    let found = of(&seen, SuggestionKind::DayMonth);
    assert_eq!(
        (found[0].column, &found[0].value),
        (Column::Geboortedatum, &None)
    );
}

#[tokio::test]
async fn a_suggestion_that_is_taken_over_or_not_tells_how_often_its_kind_was_right() {
    let world = World::new().await;
    let odd = |bsn, birth| with(good(bsn, birth), &[(Column::Vaccin, "Comirnatty")]);
    world
        .upload(
            &world.maria,
            &csv(&[odd(EREBOS, "01-04-2000"), odd(NAOMI, "01-04-1987")]),
        )
        .await;
    let list = world
        .portal
        .clusters(&world.rivm, ClusterFilter::default(), 1)
        .await
        .unwrap();
    let sample = list.items[0].sample;
    let view = world.portal.cluster(&world.rivm, sample).await.unwrap();
    let value = view.suggestions[0].value.clone().expect("a product");
    assert_eq!(view.suggestions[0].record, (0, 0));
    let proposal = Proposal {
        told: None,
        alone: false,
        kind: DecisionKind::Map,
        value,
        days: domain::dates::Days::ALL,
        reason: "voorstel".into(),
        request: String::new(),
    };
    let id = world
        .portal
        .propose(&world.rivm, sample, proposal)
        .await
        .unwrap();
    // Foreseen is not done: it teaches nothing.
    world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(
        world
            .count("suggestions WHERE settled_at IS NOT NULL")
            .await,
        0
    );
    assert_eq!(
        world.portal.decide(&world.rivm, id).await,
        Ok(Agreed::Waiting)
    );
    let other = world.test.caller("rosa", Role::RivmBeheer, None).await;
    assert_eq!(world.portal.decide(&other, id).await, Ok(Agreed::Running));
    world.work().await;
    assert_eq!(world.count("suggestions WHERE was_right").await, 1);

    // The next one of this kind says so; its sender meant something else.
    let delivery = world
        .upload(
            &world.maria,
            &csv(&[with(
                good(FROUKE, "24-03-2000"),
                &[(Column::Vaccin, "Modernna")],
            )]),
        )
        .await;
    let list = world
        .portal
        .rows(&world.rivm, ReviewFilter::default())
        .await
        .unwrap();
    let row = list.items[0].id;
    let view = world.portal.row(&world.rivm, row).await.unwrap();
    assert_eq!(view.suggestions[0].record, (1, 1));
    let cells = [(Column::Vaccin, "Comirnaty".to_owned())];
    let mended = MendedRow {
        number: 2,
        seen: row,
        cells: cells.to_vec(),
        reason: None,
        everywhere: false,
        anyway: false,
    };
    world
        .portal
        .mend(&world.maria, delivery, vec![mended], None)
        .await
        .unwrap();
    assert_eq!(world.count("suggestions WHERE was_right = false").await, 1);

    // Two rows by a suggestion, taken for the group of the row that it was shown of; one by its sender.
    let numbers = world.portal.numbers(&world.rivm).await.unwrap();
    let rows = |by| {
        let found = numbers.solved.iter().find(|one| one.by == by);
        found.map_or(0, |one| one.rows)
    };
    assert_eq!(rows(SolvedBy::Suggestion), 2);
    assert_eq!(rows(SolvedBy::Mapping), 0);
    assert_eq!(rows(SolvedBy::Sender), 1);
    assert_eq!(rows(SolvedBy::Rivm), 0);
    assert!(
        numbers.solved.iter().all(|one| one.median < 5),
        "in minutes"
    );
}

/// A row of a batch that nobody knows, of which RIVM was shown what it probably was.
async fn shown_a_batch(world: &World, row: RowText) -> Uuid {
    let odd = with(row, &[(Column::Batchnummer, "EJ6797")]);
    let view = opened(world, odd).await;
    assert!(!of(&view, SuggestionKind::Batch).is_empty());
    view.line.id
}

const WRONG: &str = "suggestions WHERE was_right = false";
const UNANSWERED: &str = "suggestions WHERE settled_at IS NULL";

#[tokio::test]
async fn of_a_row_that_is_accepted_as_it_stands_the_suggestion_was_not_right() {
    let world = World::new().await;
    let row = shown_a_batch(&world, good(EREBOS, "01-04-2000")).await;
    let proposal = Proposal {
        told: None,
        alone: true,
        kind: DecisionKind::Accept,
        value: String::new(),
        days: domain::dates::Days::ALL,
        reason: "Staat zo op de verpakking".into(),
        request: String::new(),
    };
    let id = world.portal.propose(&world.rivm, row, proposal).await;
    let id = id.unwrap();
    world.portal.decision(&world.rivm, id).await.unwrap();
    assert_eq!(world.count(WRONG).await, 0, "foreseen is not done");
    let said = world.portal.decide(&world.rivm, id).await;
    assert_eq!(said, Ok(Agreed::Running));
    world.work().await;
    assert_eq!(world.count(WRONG).await, 1);
    assert_eq!(world.count(UNANSWERED).await, 0);
    let row = with(
        good(NAOMI, "01-04-1987"),
        &[(Column::Batchnummer, "EJ6797")],
    );
    let next = opened(&world, row).await;
    assert_eq!(of(&next, SuggestionKind::Batch)[0].record, (0, 1));
}

#[tokio::test]
async fn of_a_row_that_a_ruling_keeps_the_suggestion_was_not_right_until_that_is_undone() {
    let world = World::new().await;
    let row = shown_a_batch(&world, good(EREBOS, "01-04-2000")).await;
    let keep = NewRuling {
        kind: RulingKind::Keep,
        other: None,
        other_counts: false,
        reason: "Gebeld met de instelling".into(),
    };
    world.portal.compare(&world.rivm, row, None).await.unwrap();
    assert_eq!(world.count(WRONG).await, 0, "foreseen is not done");
    let ruled = world.portal.rule(&world.rivm, row, keep).await;
    let Ok(Ruled::Done(ruling)) = ruled else {
        panic!("not ruled")
    };
    assert_eq!(world.count(WRONG).await, 1);
    let why = "Toch nakijken".to_owned();
    let undone = world.portal.undo_ruling(&world.rivm, ruling, why).await;
    undone.unwrap();
    assert_eq!(world.count(WRONG).await, 0);
    assert_eq!(world.count(UNANSWERED).await, 1);
}

/// Every one-edit slip in a batch of the list, for a week in which some batches are given and others not.
#[tokio::test]
async fn of_one_edit_slips_at_least_95_in_100_get_the_right_batch_first() {
    let world = World::new().await;
    let lots: Vec<(String, i16)> = sqlx::query_as("SELECT lot, vaccine FROM batches ORDER BY lot")
        .fetch_all(&world.test.admin)
        .await
        .unwrap();
    assert!(lots.len() >= 60, "{} lots", lots.len());
    // Of each product the n-th batch is given half as often as the one before: some are in use, most are not.
    let mut seen: HashMap<i16, u32> = HashMap::new();
    let mut state = 2_021_u64;
    let mut given: Vec<(String, i16, u32)> = Vec::new();
    let mut shuffled = lots.clone();
    for at in (1..shuffled.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let other = usize::try_from(state >> 33).unwrap() % (at + 1);
        shuffled.swap(at, other);
    }
    for (lot, vaccine) in shuffled {
        let rank = seen.entry(vaccine).or_default();
        given.push((lot, vaccine, 4_096_u32 >> (*rank).min(12)));
        *rank += 1;
    }
    let known: Vec<&str> = lots.iter().map(|(lot, _)| lot.as_str()).collect();
    let (mut right, mut all) = (0_u64, 0_u64);
    for (lot, vaccine, times) in &given {
        for typo in slips(lot) {
            if known.contains(&typo.as_str()) {
                continue;
            }
            let of_product = given.iter().filter(|(_, of, _)| of == vaccine);
            let found = near_batches(
                &typo,
                of_product.map(|(lot, _, times)| (lot.clone(), *times)),
            );
            all += u64::from(*times);
            right +=
                u64::from(*times) * u64::from(found.first().is_some_and(|one| &one.lot == lot));
        }
    }
    assert!(right * 100 >= all * 95, "{right} of {all}");
}

/// One sign more, less, other, or two neighbours exchanged.
fn slips(lot: &str) -> Vec<String> {
    let signs: Vec<char> = lot.chars().collect();
    let alphabet: Vec<char> = ('A'..='Z').chain('0'..='9').collect();
    let mut all = Vec::new();
    for at in 0..=signs.len() {
        for sign in &alphabet {
            let mut more = signs.clone();
            more.insert(at, *sign);
            all.push(more);
            if at < signs.len() && signs[at] != *sign {
                let mut other = signs.clone();
                other[at] = *sign;
                all.push(other);
            }
        }
        if at < signs.len() {
            let mut less = signs.clone();
            less.remove(at);
            all.push(less);
        }
        if at + 1 < signs.len() && signs[at] != signs[at + 1] {
            let mut exchanged = signs.clone();
            exchanged.swap(at, at + 1);
            all.push(exchanged);
        }
    }
    all.into_iter()
        .map(|signs| signs.into_iter().collect())
        .collect()
}

#[tokio::test]
async fn a_suggestion_that_was_seen_twice_is_one() {
    let world = World::new().await;
    let view = opened(
        &world,
        with(
            good(FROUKE, "24-03-2000"),
            &[(Column::Batchnummer, "EJ6797")],
        ),
    )
    .await;
    let again: Uuid = view.line.id;
    world.portal.row(&world.rivm, again).await.unwrap();
    assert_eq!(world.count("suggestions").await, 1);
}

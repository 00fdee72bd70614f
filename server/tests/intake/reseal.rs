//! Another key (security G17): all that the old one sealed is put under the new one, and opens when the old one is gone.

use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::cards::{Cards, TypedCard};
use app::ports::entry::{Entry, RegistrationFilter};
use app::ports::worklist::Worklists;
use domain::row::Column;
use server::keys::Keys;
use server::store::reseal;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

/// Something in many places: registrations, refused and repaired rows, a draft, a worklist, cards, a reason.
async fn filled() -> World {
    let world = World::new().await;
    world
        .record(&world.maria, &good(EREBOS, "01-04-2000"))
        .await;
    let rows = [
        with(good(NAOMI, "01-04-1987"), &[(Column::Bsn, "9999.95.571")]),
        with(good(FROUKE, "24-03-2000"), &[(Column::Vaccin, "nep")]),
    ];
    world.upload(&world.maria, &csv(&rows)).await;
    let draft = world.portal.begin(&world.maria, None, false).await.unwrap();
    world
        .portal
        .save_person(
            &world.maria,
            draft,
            good(NAOMI, "01-04-1987"),
            String::new(),
        )
        .await
        .unwrap();
    let text = format!("{EREBOS} 01-04-2000");
    world
        .portal
        .make_worklist(&world.maria, text)
        .await
        .unwrap();
    let card = TypedCard {
        number: "K1".to_owned(),
        party: "ZONNEHOF".to_owned(),
        row: good(FROUKE, "24-03-2000"),
        so_on_card: false,
    };
    world.portal.key_card(&world.kim, None, card).await.unwrap();
    let list = world
        .portal
        .registrations(&world.maria, RegistrationFilter::default(), 1)
        .await
        .unwrap();
    world
        .portal
        .withdraw(&world.maria, list.items[0].id, "reden".into(), false)
        .await
        .unwrap();
    world
}

/// The keys of the world, with `enc-2.key` besides; with `alone`, without `enc-1.key`.
fn rotated(world: &World, alone: bool) -> Arc<Keys> {
    let folder = world.test.dir.path().join("keys");
    let second = folder.join("enc-2.key");
    if !second.exists() {
        std::fs::copy(folder.join("cookie-1.key"), &second).unwrap();
    }
    if alone {
        std::fs::rename(folder.join("enc-1.key"), world.test.dir.path().join("gone")).unwrap();
    }
    Arc::new(Keys::load(&folder).unwrap())
}

#[tokio::test]
async fn what_the_old_key_sealed_opens_after_it_is_gone() {
    let mut world = filled().await;
    sqlx::query("UPDATE brp_lists SET bsn_enc = '\\x00'")
        .execute(&world.test.admin)
        .await
        .unwrap();
    let keys = rotated(&world, false);
    let before = reseal::left(&world.road.db, &keys).await.unwrap();
    assert!(before >= 10, "{before} values of the old key");
    // One a batch: several versions of one registration are no reason to pass one over.
    let told = Mutex::new(BTreeSet::new());
    let tell = |place: &str, _: u64| {
        told.lock().unwrap().insert(place.to_owned());
    };
    // What is no sealed value stays, and is told as left.
    let strange = world.count("brp_lists").await;
    let done = reseal::all(&world.road.db, &keys, 1, tell).await.unwrap();
    let left = reseal::left(&world.road.db, &keys).await.unwrap();
    for place in reseal::PLACES {
        let (table, column) = place.split_once('.').unwrap();
        if table != "brp_lists" {
            let old = format!(
                "{table} WHERE substr({column}, 1, 3) <> '\\x010002' AND length({column}) > 0"
            );
            assert_eq!(world.count(&old).await, 0, "{place}");
        }
    }
    assert_eq!(left, u64::try_from(strange).unwrap());
    assert_eq!(done + left, before);
    for place in [
        "persons.bsn_enc",
        "reports.content_sealed",
        "reports.reason_sealed",
        "delivery_rows.raw_sealed",
        "delivery_rows.repairs_sealed",
        "drafts.sealed",
        "worklists.sealed",
        "paper_cards.first_sealed",
    ] {
        assert!(told.lock().unwrap().contains(place), "{place}");
    }
    // Twice changes nothing.
    let again = reseal::all(&world.road.db, &keys, 1_000, |_, _| {}).await;
    assert_eq!(again.unwrap(), 0);

    world.road.keys = rotated(&world, true);
    world.portal = server::portal::Portal::new(world.road.clone());
    let list = world
        .portal
        .registrations(&world.maria, RegistrationFilter::default(), 1)
        .await
        .unwrap();
    for line in &list.items {
        world
            .portal
            .registration(&world.maria, line.id)
            .await
            .unwrap();
    }
    assert!(world.portal.worklist(&world.maria).await.unwrap().is_some());
    assert!(
        world
            .portal
            .open_draft(&world.maria)
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn every_sealed_column_of_the_schema_is_among_the_places() {
    let world = World::new().await;
    let columns: Vec<String> = sqlx::query_scalar(
        "SELECT table_name || '.' || column_name FROM information_schema.columns
         WHERE table_schema = 'public' AND data_type = 'bytea' AND (column_name ~ '(_sealed|_enc)$' OR column_name = 'sealed')
           AND table_name NOT IN ('brp_staging')",
    )
    .fetch_all(&world.test.admin)
    .await
    .unwrap();
    let known: BTreeSet<String> = reseal::PLACES.iter().map(ToString::to_string).collect();
    assert_eq!(columns.into_iter().collect::<BTreeSet<_>>(), known);
}

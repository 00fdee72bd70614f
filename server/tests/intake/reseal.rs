//! Another key (security G17): all that the old one sealed is put under the new one, and opens when the old one is gone.

use crate::world::{EREBOS, FROUKE, NAOMI, World, csv, good, with};
use app::ports::cards::{Cards, TypedCard};
use app::ports::entry::{Entry, RegistrationFilter};
use app::ports::worklist::Worklists;
use domain::row::{Column, RowText};
use server::commands::keys::{Remac, remac_all};
use server::keys::Keys;
use server::store::remac::{self, Done};
use server::store::{reseal, schema};
use sqlx::postgres::PgPoolOptions;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

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

/// The keys of the world, with `mac-2.key` besides.
fn with_other_mac(world: &World) -> Arc<Keys> {
    let folder = world.test.dir.path().join("keys");
    let second = folder.join("mac-2.key");
    if !second.exists() {
        std::fs::copy(folder.join("cookie-1.key"), &second).unwrap();
    }
    Arc::new(Keys::load(&folder).unwrap())
}

fn no_bsn() -> RowText {
    let cells = [
        (Column::GeenBsnReden, "BUITENLAND"),
        (Column::Achternaam, "Dupont"),
    ];
    with(good("", "00-05-1942"), &cells)
}

/// How many values are found by this key.
async fn found_by(world: &World, key: &str) -> i64 {
    let places = [
        "persons WHERE mac_key",
        "person_numbers WHERE mac_key",
        "brp_lists WHERE mac_key",
        "brp_renumbered WHERE old_key",
    ];
    let mut all = 0;
    for place in places {
        all += world.count(&format!("{place} = '{key}'")).await;
    }
    all
}

#[tokio::test]
async fn everybody_is_found_by_another_mac_key() {
    let mut world = World::new().await;
    let known = [good(EREBOS, "01-04-2000"), no_bsn()];
    world.upload(&world.maria, &csv(&known)).await;
    for place in [
        // A BSN that somebody had, and one that waits for its person.
        "INSERT INTO person_numbers (person_id, mac_key, bsn_mac, bsn_enc, load_id)
         SELECT id, mac_key, bsn_mac, bsn_enc, (SELECT id FROM brp_loads LIMIT 1) FROM persons WHERE bsn_mac IS NOT NULL",
        "INSERT INTO brp_renumbered (load_id, pl_id, old_key, old_mac)
         SELECT load_id, pl_id, mac_key, bsn_mac FROM brp_lists WHERE bsn_mac IS NOT NULL ORDER BY pl_id LIMIT 1",
    ] {
        sqlx::query(place).execute(&world.test.admin).await.unwrap();
    }
    let (db, old) = (world.road.db.clone(), world.road.keys.clone());
    schema::check_keys(&db, &old).await.unwrap();
    let (before, persons) = (found_by(&world, "1").await, world.count("persons").await);
    assert!(before > 5 && found_by(&world, "2").await == 0);
    let new = with_other_mac(&world);
    let args = Remac {
        batch: 1,
        by: "Rosa".to_owned(),
    };

    // Nothing starts with it, and nothing is changed beside a server.
    let refused = schema::check_keys(&db, &new).await.unwrap_err();
    assert!(refused.to_string().contains("cims keys remac"), "{refused}");
    let server = world.test.as_role("cims_worker");
    let server = PgPoolOptions::new()
        .min_connections(9)
        .connect_with(server.application_name("cims-worker"))
        .await
        .unwrap();
    remac_all(&db, &new, &args).await.unwrap_err();
    assert_eq!(found_by(&world, "1").await, before);

    // One that was just stopped leaves in a moment. Broken off, nothing starts with either; it goes on.
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.close().await;
    };
    let (begun, ()) = tokio::join!(remac::begin(&db, &new), stopping);
    assert!(begun.unwrap());
    for keys in [&old, &new] {
        schema::check_keys(&db, keys).await.unwrap_err();
    }
    let done = remac_all(&db, &new, &args).await.unwrap();
    assert_eq!(done.unopened, 0);
    assert_eq!(
        (found_by(&world, "1").await, found_by(&world, "2").await),
        (0, before)
    );
    schema::check_keys(&db, &new).await.unwrap();
    let refused = schema::check_keys(&db, &old).await.unwrap_err();
    assert!(refused.to_string().contains("newer file"), "{refused}");
    assert_eq!(remac_all(&db, &new, &args).await.unwrap(), Done::default());
    assert_eq!(
        world
            .count("audit_lines WHERE line LIKE '%keys remac%'")
            .await,
        1
    );

    // Who was known is known: with and without BSN, in the register and in the BRP.
    world.road.keys = new;
    world.portal = server::portal::Portal::new(world.road.clone());
    let again: Vec<_> = known
        .into_iter()
        .map(|row| with(row, &[(Column::Batchnummer, "EJ6796")]))
        .collect();
    world.upload(&world.maria, &csv(&again)).await;
    assert_eq!(world.count("persons").await, persons);
    let matched = "delivery_rows WHERE findings::text LIKE '%B10%'";
    assert_eq!(world.count(matched).await, 0);
    world.record(&world.maria, &good(NAOMI, "01-04-1987")).await;
    assert_eq!(world.count("persons WHERE mac_key = '1'").await, 0);
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

//! The seed of the code lists equals what `domain` and the data file say.

use crate::support::TestDb;
use domain::codes::{CodeLists, Country};
use serde::Deserialize;
use server::store::products::Products;
use server::store::worker_tx;
use sqlx::Row;
use std::collections::BTreeSet;
use time::Date;

#[tokio::test]
async fn the_seeded_vaccines_are_those_built_into_the_rules() {
    let test = TestDb::new().await;
    let rows = sqlx::query("SELECT id, name, eu_number, doses, min_interval_days, first_use,
            ARRAY(SELECT hpk FROM vaccine_hpk h WHERE h.vaccine = v.id ORDER BY hpk) AS hpk,
            ARRAY(SELECT alias FROM vaccine_aliases a WHERE a.vaccine = v.id) AS aliases FROM vaccines v ORDER BY id")
        .fetch_all(&test.admin).await.unwrap();
    let builtin = CodeLists::builtin();
    assert_eq!(rows.len(), builtin.vaccines().len());
    for (row, vaccine) in rows.iter().zip(builtin.vaccines()) {
        assert_eq!(
            row.get::<i16, _>("id"),
            i16::try_from(vaccine.id.0).unwrap()
        );
        assert_eq!(row.get::<String, _>("name"), vaccine.name);
        assert_eq!(row.get::<String, _>("eu_number"), vaccine.eu_number);
        assert_eq!(row.get::<i16, _>("doses"), i16::from(vaccine.doses));
        assert_eq!(
            row.get::<Option<i16>, _>("min_interval_days"),
            vaccine.min_days.map(|days| i16::try_from(days).unwrap())
        );
        assert_eq!(row.get::<Date, _>("first_use"), vaccine.first_use);
        assert_eq!(vaccine.last_use, None, "the first list has no end");
        let hpk: Vec<String> = vaccine.hpk.iter().map(ToString::to_string).collect();
        assert_eq!(row.get::<Vec<String>, _>("hpk"), hpk);
        let aliases: BTreeSet<String> = vaccine.aliases.iter().cloned().collect();
        assert_eq!(
            row.get::<Vec<String>, _>("aliases")
                .into_iter()
                .collect::<BTreeSet<_>>(),
            aliases,
            "{}",
            vaccine.name
        );
    }
}

#[tokio::test]
async fn the_seeded_lists_are_what_the_rules_know_without_a_database() {
    let test = TestDb::new().await;
    let mut tx = worker_tx(&test.db).await.unwrap();
    let today = time::macros::date!(2021 - 06 - 15);
    let products = Products::load(&mut tx, today).await.unwrap();
    let (seeded, builtin) = (products.lists(), CodeLists::builtin());
    assert!(!seeded.knows_more());
    assert_eq!(seeded.groups(), builtin.groups());
    assert_eq!(seeded.age_bounds(), builtin.age_bounds());
    for group in seeded.groups() {
        assert!(seeded.meaning(*group).is_some(), "{group}");
    }
    for country in ["NL", "BE"] {
        let country = Country::parse(country).unwrap();
        assert_eq!(
            seeded.campaign_start(country),
            builtin.campaign_start(country)
        );
    }
}

#[derive(Deserialize)]
struct Lots {
    hpk_codes: Vec<Lot>,
}

#[derive(Deserialize)]
struct Lot {
    hpk_code: String,
    lot_number: String,
    entry_date: String,
    expiration_date: String,
    mp: String,
}

#[tokio::test]
async fn the_seeded_batches_are_those_of_the_data_file() {
    let test = TestDb::new().await;
    let file = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../data/hpk-codes.json"
    ))
    .unwrap();
    let lots: Lots = serde_json::from_str(&file).unwrap();
    let expected: BTreeSet<_> = lots
        .hpk_codes
        .into_iter()
        .map(|lot| {
            (
                lot.lot_number,
                lot.hpk_code,
                lot.mp,
                lot.entry_date,
                lot.expiration_date,
            )
        })
        .collect();
    assert_eq!(expected.len(), 68);
    let seeded = sqlx::query("SELECT lot, hpk, eu_number, entry_date::text, expiration_date::text FROM batches b JOIN vaccines v ON v.id = b.vaccine")
        .fetch_all(&test.admin).await.unwrap();
    let seeded: BTreeSet<(String, String, String, String, String)> = seeded
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)))
        .collect();
    assert_eq!(seeded, expected);
}

//! The days of a name that an institution uses for a product, as two people of RIVM decide them in a browser without scripts.

use crate::house::{House, form, row};
use domain::row::{Column, RowText};

fn prik(day: &str, dose: &str) -> RowText {
    row(&[
        (Column::Vaccin, "Prik van hier"),
        (Column::Vaccinatiedatum, day),
        (Column::Dosisnummer, dose),
    ])
}

#[tokio::test]
async fn a_name_is_decided_for_some_days_and_the_second_person_sees_which() {
    let mut house = House::new().await;
    let good = house.another("EJ6795");
    let rows = [good, prik("28-02-2021", "1"), prik("01-03-2021", "2")];
    let delivery = house.stored(&rows).await;
    let sql = format!(
        "SELECT id FROM delivery_rows WHERE delivery_id = '{delivery}' AND outcome = 'AFGEKEURD' ORDER BY row_number LIMIT 1"
    );
    let sample = house.id(&sql).await.to_string();
    let asks = |first: &str, last: &str| {
        form(&[
            ("row", &sample),
            ("kind", "map"),
            ("value", "Comirnaty"),
            ("first", first),
            ("last", last),
            ("reason", "Zo heet het daar"),
        ])
    };
    let (one, other) = ("rivm-beoordelaar", "rivm-beheer");
    let propose = "/api/groep-besluit";
    let turned = asks("01-03-2021", "28-02-2021");
    let to = house.post(one, propose, &turned).await;
    let page = house.of(one).get(&to).await;
    let sentence = "De laatste dag ligt voor de eerste dag. Verander een van de twee.";
    assert!(page.body.contains(sentence), "{}", page.body);
    let made = "SELECT count(*) FROM decisions";
    assert_eq!(house.portal.count(made).await, 0, "nothing was prepared");

    let to = house
        .post(one, propose, &asks("01-03-2021", "31-12-2021"))
        .await;
    let days = "Van 01-03-2021 tot en met 31-12-2021";
    let left = "1 regel is van een andere dag.";
    let page = house.of(one).get(&to).await;
    assert!(page.body.contains(days) && page.body.contains(left));
    let id = to.rsplit('/').next().expect("a key").to_owned();
    let agree = form(&[("id", &id)]);
    house.post(one, "/api/besluit-akkoord", &agree).await;
    let page = house.of(other).get(&to).await;
    assert!(page.body.contains(days) && page.body.contains(left));
    house.post(other, "/api/besluit-akkoord", &agree).await;
    house.portal.work().await;
    let list = house.of(other).get("/beoordelen/besluiten").await;
    assert!(list.body.contains(days) && list.body.contains("Uitgevoerd, waarde geldt"));
    let waits = "SELECT count(*) FROM delivery_rows WHERE state = 'open' AND cluster_code = 'V11'";
    assert_eq!(house.portal.count(waits).await, 1, "that of the other day");

    let end = form(&[
        ("id", &id),
        ("reason", "De instelling schrijft het nu goed"),
    ]);
    house.post(other, "/api/naam-beeindigen", &end).await;
    let list = house.of(other).get("/beoordelen/besluiten").await;
    assert!(list.body.contains("Uitgevoerd, waarde beëindigd"));
}

//! The 68 real lots of 2021 pass the rules as the G-Standaard writes them: batch, HPK code and product name.

use domain::codes::CodeLists;
use domain::finding::Code;
use domain::fixtures;
use domain::row::{Accepted, Column, Context, check};
use time::macros::date;

#[test]
fn every_real_lot_is_a_batch_of_its_product() {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("../../data/hpk-codes.json")).expect("json");
    let lots = file["hpk_codes"].as_array().expect("a list");
    assert_eq!(lots.len(), 68);
    let lists = CodeLists::builtin();
    let context = Context {
        today: date!(2024 - 01 - 01),
        ..fixtures::context(&lists)
    };
    for lot in lots {
        let text = |name: &str| lot[name].as_str().expect("text");
        let number = text("lot_number");
        for (batch, repaired) in [
            (number.to_owned(), false),
            (format!("lot {}", number.to_lowercase()), true),
        ] {
            let mut row = fixtures::row(fixtures::GOOD, &[]);
            row.set(Column::Vaccinatiedatum, text("expiration_date"));
            row.set(Column::Vaccin, text("product_name"));
            row.set(Column::HpkCode, text("hpk_code"));
            row.set(Column::Batchnummer, &batch);
            let checked = check(&row, &context);
            let codes: Vec<Code> = checked
                .findings
                .iter()
                .map(|finding| finding.code)
                .collect();
            let expected: &[Code] = if repaired {
                &[Code::H06, Code::H05]
            } else {
                &[Code::H06]
            };
            assert_eq!(codes, expected, "{batch}");
            let Some(Accepted::Vaccination(vaccination)) = checked.accepted else {
                panic!("{batch}")
            };
            assert_eq!(vaccination.batch().as_str(), number);
            let product = lists
                .vaccine(vaccination.vaccine())
                .expect("a known product");
            assert_eq!(product.eu_number, text("mp"), "{batch}");
        }
    }
}

//! The boxes of a form as the cells of a row, and back.

use app::form::{Boxes, RowForm};
use domain::row::Column;

fn form(inputs: &[(&str, &str)]) -> RowForm {
    RowForm(
        inputs
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
    )
}

fn birth(day: &str, month: &str, year: &str, unknown: bool) -> String {
    let mut inputs = vec![
        ("geboortedatum_dag", day),
        ("geboortedatum_maand", month),
        ("geboortedatum_jaar", year),
    ];
    if unknown {
        inputs.push(("geboortedatum_onbekend", "1"));
    }
    form(&inputs).to_row().get(Column::Geboortedatum).to_owned()
}

#[test]
fn three_boxes_are_the_cell_of_a_spreadsheet() {
    assert_eq!(birth("2", "5", "1940", false), "2-5-1940");
    assert_eq!(birth(" 02", "05 ", "1940", false), "02-05-1940");
    assert_eq!(birth("2", "mei", "1940", false), "2 mei 1940");
    assert_eq!(birth("", "5", "1940", true), "00-5-1940");
    assert_eq!(birth("", "", "1940", true), "00-00-1940");
    assert_eq!(birth("XX", "xx", "1942", false), "XX-xx-1942");
    assert_eq!(birth("", "", "", false), "");
}

#[test]
fn a_missing_part_that_is_not_said_to_be_unknown_is_a_fault() {
    assert_eq!(birth("", "5", "1940", false), "-5-1940");
}

#[test]
fn boxes_show_what_was_typed() {
    for (cell, day, month, year, unknown) in [
        ("2-5-1940", "2", "5", "1940", false),
        ("2 mei 1940", "2", "mei", "1940", false),
        ("00-05-1940", "", "05", "1940", true),
        ("1940-05-02", "02", "05", "1940", false),
        ("1942", "", "", "1942", true),
        ("-5-1940", "", "5", "1940", false),
        ("", "", "", "", false),
    ] {
        let boxes = Boxes::of(cell);
        assert!(
            boxes.day == day
                && boxes.month == month
                && boxes.year == year
                && boxes.unknown == unknown,
            "{cell}"
        );
    }
}

#[test]
fn a_number_typed_before_ticking_no_bsn_does_not_travel() {
    let row = form(&[
        ("bsn", "999990019"),
        ("geen_bsn", "1"),
        ("geen_bsn_reden", "ONBEKEND"),
    ])
    .to_row();
    assert!(row.get(Column::Bsn).is_empty());
    assert_eq!(row.get(Column::GeenBsnReden), "ONBEKEND");
    let row = form(&[("bsn", "999990019"), ("geen_bsn_reden", "ONBEKEND")]).to_row();
    assert!(row.get(Column::GeenBsnReden).is_empty());
}

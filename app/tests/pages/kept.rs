//! What of a form is kept when the session ended.

use app::kept::{Fields, column, of, typed};
use domain::row::Column;

fn fields(list: &[(&str, &str)]) -> Fields {
    list.iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_form_is_kept_when_somebody_typed_in_it() {
    let reason = fields(&[("row", "1"), ("kind", "keep"), ("reason", "gebeld")]);
    assert_eq!(of("/api/oordeel", reason.clone()), Some(reason));
    let nothing = fields(&[("row", "1"), ("kind", "keep"), ("reason", " ")]);
    assert_eq!(of("/api/oordeel", nothing), None);
    assert_eq!(of("/api/besluit-niet", fields(&[("reason", "x")])), None);
}

#[test]
fn the_token_of_a_page_is_not_kept() {
    let sent = fields(&[("name", "Nel"), (app::FORM_TOKEN, "1.a")]);
    let kept = of("/api/gebruiker-uitnodigen", sent);
    assert_eq!(kept, Some(fields(&[("name", "Nel")])));
}

#[test]
fn without_consent_nothing_of_a_person_is_kept() {
    let typed = [
        ("row[bsn]", "999990019"),
        ("row[geboortedatum_dag]", "1"),
        ("row[vaccinatiedatum_dag]", "27"),
    ];
    for (answer, kept) in [("J", 4), ("N", 2), ("", 2)] {
        let mut sent = vec![("row[toestemming]", answer)];
        sent.extend(typed);
        let left = of("/api/kaart-nogmaals", fields(&sent)).expect("a date");
        assert_eq!(left.len(), kept, "{answer}");
    }
    let list = [("persons", "999990019 01-04-2000")];
    assert_eq!(of("/api/werklijst-maken", fields(&list)), None);
    let agreed = [list[0], ("consent", "1")];
    assert!(of("/api/werklijst-maken", fields(&agreed)).is_some());
}

#[test]
fn what_differs_on_a_card_is_kept_whole_when_its_person_agreed() {
    let typed = [
        ("choice[bsn]", "anders"),
        ("other[bsn]", "999990019"),
        ("choice[batchnummer]", "tweede"),
    ];
    for (agreed, chosen, kept) in [
        ("1", None, true),
        ("eerste", Some("eerste"), true),
        ("eerste", Some("tweede"), false),
        ("eerste", None, false),
        ("", None, false),
    ] {
        let mut sent = vec![("card", "1"), ("agreed", agreed)];
        sent.extend(chosen.map(|chosen| ("choice[toestemming]", chosen)));
        sent.extend(typed);
        let left = of("/api/kaart-verschil", fields(&sent)).expect("a batch");
        let person = left.iter().any(|(_, value)| value == "999990019");
        assert_eq!(person, kept, "{agreed} {chosen:?}");
        let choice = ("choice[bsn]".to_owned(), "anders".to_owned());
        assert_eq!(left.contains(&choice), kept, "{agreed} {chosen:?}");
    }
}

#[test]
fn what_came_with_the_page_was_not_typed() {
    let form = "/api/lijst-voorstel";
    let page = [("form[lijst]", "batches"), ("form[eind]", "true")];
    assert_eq!(of(form, fields(&page)), None);
    let about = [("form[onderdeel]", "true"), ("form[sleutel]", "EJ6796")];
    assert_eq!(of(form, fields(&about)), None);
    let day = ("form[vanaf]", "27-01-2021");
    let typed = [page[0], day, ("form[sleutel]", "EJ6796")];
    let left = of(form, fields(&typed)).expect("a batch");
    assert_eq!(typed_names(form, &left), ["form[sleutel]", "form[vanaf]"]);
}

fn typed_names<'a>(form: &str, left: &'a Fields) -> Vec<&'a str> {
    let mut names: Vec<_> = typed(form, left)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    names
}

#[test]
fn an_input_leads_to_its_column() {
    for (name, expected) in [
        ("row[bsn]", Some(Column::Bsn)),
        ("row[geen_bsn_reden]", Some(Column::GeenBsnReden)),
        ("row[geboortedatum_jaar]", Some(Column::Geboortedatum)),
        ("other[batchnummer]", Some(Column::Batchnummer)),
        ("reason", None),
        ("form[bron]", None),
    ] {
        assert_eq!(column(name), expected, "{name}");
    }
}

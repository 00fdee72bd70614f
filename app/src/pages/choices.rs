//! What one can choose in a form: values of the specification with words beside them.

use crate::page::code_lists;
use crate::texts::{Texts, fill};
use domain::codes::AgeGroup;
use domain::row::Column;

/// Columns of the person step.
pub(crate) const PERSON: [Column; 9] = [
    Column::Bsn,
    Column::Geboortedatum,
    Column::Toestemming,
    Column::GeenBsnReden,
    Column::Achternaam,
    Column::Voorvoegsel,
    Column::Geslacht,
    Column::Postcode,
    Column::Huisnummer,
];

/// Columns of the vaccination step.
pub(crate) const VACCINATION: [Column; 10] = [
    Column::Vaccinatiedatum,
    Column::Vaccin,
    Column::Batchnummer,
    Column::Dosisnummer,
    Column::Doelgroep,
    Column::Leeftijdsgroep,
    Column::UitvoerderAgb,
    Column::BigNummer,
    Column::Vaccinatieplaats,
    Column::Vaccinatieland,
];

/// Value and words of a column with a list; empty for the others.
pub(crate) fn of(column: Column, t: &'static Texts) -> Vec<(&'static str, &'static str)> {
    let e = &t.entry;
    match column {
        Column::Toestemming => vec![("J", e.yes), ("N", e.no)],
        Column::GeenBsnReden => vec![
            ("BUITENLAND", e.no_bsn_abroad),
            ("ONBEKEND", e.no_bsn_unknown),
            ("GEEN_VAST_ADRES", e.no_bsn_no_address),
        ],
        Column::Geslacht => vec![("M", e.sex_man), ("V", e.sex_woman), ("O", e.sex_unknown)],
        Column::Doelgroep => vec![
            ("BEWONER_INSTELLING", e.group_resident),
            ("KWETSBAAR_OUDER", e.group_vulnerable),
            ("LEEFTIJD", e.group_age),
            ("MEDISCHE_INDICATIE", e.group_medical),
            ("ZORGMEDEWERKER", e.group_care_worker),
            ("SPECIAAL_BEROEP", e.group_profession),
            ("OVERIG", e.group_other),
        ],
        Column::Vaccinatieland => vec![
            ("NL", e.country_nl),
            ("BES", e.country_bes),
            ("CAS", e.country_cas),
        ],
        _ => Vec::new(),
    }
}

/// The age groups, with the ages that this portal is configured for.
pub(crate) fn ages(t: &'static Texts) -> Vec<(&'static str, String)> {
    let (bounds, e) = (code_lists().age_bounds(), &t.entry);
    let words = |group: &AgeGroup| match bounds.ages(*group) {
        (from, Some(to)) => fill(
            e.age_between,
            &[("van", &from.to_string()), ("tot", &to.to_string())],
        ),
        (from, None) => fill(e.age_from, &[("van", &from.to_string())]),
    };
    AgeGroup::ALL
        .iter()
        .map(|group| (group.as_str(), words(group)))
        .collect()
}

/// The same for a drop-down, with an empty first choice.
pub(crate) fn options(column: Column, first: &str, t: &'static Texts) -> Vec<(String, String)> {
    let list = of(column, t)
        .into_iter()
        .map(|(value, text)| (value.to_owned(), text.to_owned()));
    std::iter::once((String::new(), first.to_owned()))
        .chain(list)
        .collect()
}

/// The products of the code lists, with an empty first choice.
pub(crate) fn vaccines(first: &str) -> Vec<(String, String)> {
    let lists = code_lists();
    let names = lists
        .vaccines()
        .iter()
        .map(|vaccine| (vaccine.name.clone(), vaccine.name.clone()));
    std::iter::once((String::new(), first.to_owned()))
        .chain(names)
        .collect()
}

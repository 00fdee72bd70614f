//! What one can choose in a form: values of the specification with words beside them.

use crate::page::code_lists;
use crate::parts::badge;
use crate::texts::{Texts, fill};
use domain::dates::dutch;
use domain::delivery::Channel;
use domain::row::Column;
use domain::text::Lang;

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
pub(crate) fn of(column: Column, t: &'static Texts) -> Vec<(String, String)> {
    let e = &t.entry;
    let fixed: Vec<(&str, &str)> = match column {
        Column::Toestemming => vec![("J", e.yes), ("N", e.no)],
        Column::GeenBsnReden => vec![
            ("BUITENLAND", e.no_bsn_abroad),
            ("ONBEKEND", e.no_bsn_unknown),
            ("GEEN_VAST_ADRES", e.no_bsn_no_address),
        ],
        Column::Geslacht => vec![("M", e.sex_man), ("V", e.sex_woman), ("O", e.sex_unknown)],
        Column::Doelgroep => return groups(t),
        Column::Leeftijdsgroep => return ages(t),
        Column::Vaccinatieland => vec![
            ("NL", e.country_nl),
            ("BES", e.country_bes),
            ("CAS", e.country_cas),
        ],
        _ => Vec::new(),
    };
    let own = |(value, text): (&str, &str)| (value.to_owned(), text.to_owned());
    fixed.into_iter().map(own).collect()
}

/// The target groups in force.
fn groups(t: &'static Texts) -> Vec<(String, String)> {
    let lists = code_lists();
    let groups = lists.groups().iter();
    let groups = groups.map(|group| {
        let said = lists.meaning(*group).filter(|_| t.language == Lang::Nl);
        let first = || first_group(group.as_str(), t).map(str::to_owned);
        let words = said.map(str::to_owned).or_else(first);
        let words = words.or_else(|| lists.meaning(*group).map(str::to_owned));
        let code = group.as_str().to_owned();
        let words = words.unwrap_or_else(|| code.clone());
        (code, words)
    });
    groups.collect()
}

/// What the groups of the first list are called; also those that ended.
pub(crate) fn first_group(code: &str, t: &'static Texts) -> Option<&'static str> {
    let e = &t.entry;
    Some(match code {
        "BEWONER_INSTELLING" => e.group_resident,
        "KWETSBAAR_OUDER" => e.group_vulnerable,
        "LEEFTIJD" => e.group_age,
        "MEDISCHE_INDICATIE" => e.group_medical,
        "ZORGMEDEWERKER" => e.group_care_worker,
        "SPECIAAL_BEROEP" => e.group_profession,
        "OVERIG" => e.group_other,
        _ => return None,
    })
}

/// The age groups with their ages.
fn ages(t: &'static Texts) -> Vec<(String, String)> {
    let e = &t.entry;
    let ages = code_lists().age_bounds().ages().into_iter();
    let ages = ages.map(|(group, first, last)| {
        let first = first.to_string();
        let words = match last {
            Some(last) => fill(
                e.age_between,
                &[("eerste", &first), ("laatste", &last.to_string())],
            ),
            None => fill(e.age_from, &[("eerste", &first)]),
        };
        (group.as_str().to_owned(), words)
    });
    ages.collect()
}

/// The lists hold a product, name, code or target group that the live check in the browser does not know; it then leaves
/// those columns to the server.
pub(crate) fn are_managed() -> bool {
    code_lists().knows_more()
}

/// The same for a drop-down, with an empty first choice.
pub(crate) fn options(column: Column, first: &str, t: &'static Texts) -> Vec<(String, String)> {
    std::iter::once((String::new(), first.to_owned()))
        .chain(of(column, t))
        .collect()
}

/// The products of the code lists, with an empty first choice. Those that ended come last, with their last day: what was
/// given of them may still be reported.
pub(crate) fn vaccines(first: &str, t: &'static Texts) -> Vec<(String, String)> {
    let lists = code_lists();
    let mut vaccines: Vec<_> = lists.vaccines().iter().collect();
    vaccines.sort_by_key(|vaccine| vaccine.last_use.is_some());
    let names = vaccines.into_iter().map(|vaccine| {
        let name = vaccine.name.clone();
        let words = vaccine.last_use.map_or_else(
            || name.clone(),
            |last| {
                let parts = [("naam", name.as_str()), ("dag", &dutch(last))];
                fill(t.entry.vaccine_until, &parts)
            },
        );
        (name, words)
    });
    std::iter::once((String::new(), first.to_owned()))
        .chain(names)
        .collect()
}

/// Channels by name, for a drop-down.
pub(crate) fn channels(t: &'static Texts) -> Vec<(String, String)> {
    let name = |channel| badge::channel(channel, t).to_owned();
    Channel::ALL
        .map(|channel| (channel.as_str().to_owned(), name(channel)))
        .into()
}

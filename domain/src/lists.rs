//! Code lists that RIVM manages (features F88, F-X4): what an entry says, and what is wrong with one that somebody wants.
//!
//! In comes what was typed in a form or stands in a line of a release list; out comes an [`Entry`] to propose, or every
//! [`Fault`]. That a second person agrees is the database's to hold (security G18).

use crate::batch::BatchNumber;
use crate::codes::{AgeGroup, CodeLists, NamedVaccine, is_eu_number};
use crate::dates::parse_full;
use crate::party::TargetGroup;
use crate::vaccine::{Hpk, VaccineId};
use serde::{Deserialize, Serialize};
use time::Date;

time::serde::format_description!(iso, Date, "[year]-[month]-[day]");

/// A list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ListKind {
    /// Batches of a product.
    Batches,
    /// Names people write for a product.
    Names,
    /// HPK codes of a product.
    Codes,
    /// The products: doses, days between them, first use.
    Products,
    /// Target groups, with what they mean.
    Groups,
    /// Ages of the groups of counts without consent.
    Ages,
}

/// The product of an entry that is of none.
pub const NO_PRODUCT: VaccineId = VaccineId(0);

impl ListKind {
    /// Every list.
    pub const ALL: [Self; 6] = [
        Self::Products,
        Self::Codes,
        Self::Names,
        Self::Batches,
        Self::Groups,
        Self::Ages,
    ];

    /// The name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Batches => "batches",
            Self::Names => "names",
            Self::Codes => "codes",
            Self::Products => "products",
            Self::Groups => "groups",
            Self::Ages => "ages",
        }
    }

    /// Reads the name in the store.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The word in an address.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Batches => "batches",
            Self::Names => "namen",
            Self::Codes => "hpk-codes",
            Self::Products => "vaccins",
            Self::Groups => "doelgroepen",
            Self::Ages => "leeftijdsgroepen",
        }
    }

    /// Reads the word in an address.
    #[must_use]
    pub fn of_word(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == text)
    }

    /// New things can be put in it. The age groups are A, B and C: only their ages change.
    #[must_use]
    pub const fn grows(self) -> bool {
        !matches!(self, Self::Ages)
    }

    /// What stands in it can end. Of a product that is its last day of use: what was given until then may still be reported.
    #[must_use]
    pub const fn ends(self) -> bool {
        !matches!(self, Self::Ages)
    }

    /// Its entries are of a product.
    #[must_use]
    pub const fn has_product(self) -> bool {
        !matches!(self, Self::Groups | Self::Ages)
    }

    /// An entry of it is its key and product alone: there is nothing to change but that it ends.
    #[must_use]
    pub const fn is_bare(self) -> bool {
        matches!(self, Self::Names | Self::Codes)
    }
}

/// What a list says about one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// HPK code of a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hpk: Option<String>,
    /// Day a batch was released.
    #[serde(skip_serializing_if = "Option::is_none", with = "iso::option")]
    pub released: Option<Date>,
    /// Last day a batch may be used.
    #[serde(skip_serializing_if = "Option::is_none", with = "iso::option")]
    pub last_day: Option<Date>,
    /// Doses of the first series.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub doses: Option<u8>,
    /// Fewest usual days to the next dose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_days: Option<u16>,
    /// First day of use in the Netherlands.
    #[serde(skip_serializing_if = "Option::is_none", with = "iso::option")]
    pub first_use: Option<Date>,
    /// EU number of a product; it stays what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eu: Option<String>,
    /// What a target group means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meaning: Option<String>,
    /// First age of an age group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_age: Option<u8>,
    /// It is in the list no longer.
    pub ended: bool,
}

/// What somebody typed about an entry, or a line of a release list says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// Batch number, name, HPK code, or name of a product.
    pub key: String,
    /// Name of the product.
    pub vaccine: String,
    /// HPK code, beside or instead of the name.
    pub hpk: String,
    /// Day of release.
    pub released: String,
    /// Last day of use.
    pub last_day: String,
    /// Doses.
    pub doses: String,
    /// Days.
    pub min_days: String,
    /// First day of use.
    pub first_use: String,
    /// EU number.
    pub eu: String,
    /// What a target group means.
    pub meaning: String,
    /// First age.
    pub first_age: String,
    /// The entry ends.
    pub end: bool,
}

/// What is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Fault {
    /// No batch number, name or code.
    NoKey,
    /// That is no batch number, name or code.
    KeyForm,
    /// No product.
    NoVaccine,
    /// Not one known product.
    VaccineUnknown,
    /// No HPK code.
    HpkForm,
    /// An HPK code that is not in the list.
    HpkUnknown,
    /// An HPK code of another product.
    HpkOther,
    /// The name says a product already.
    NameKnown,
    /// The code is in the list already.
    CodeKnown,
    /// The day of release is no date.
    ReleasedForm,
    /// No last day of use.
    NoLastDay,
    /// The last day of use is no date.
    LastDayForm,
    /// It would end before it is released.
    LastDayEarly,
    /// Not 1 to 9 doses.
    DosesForm,
    /// Not 1 to 365 days.
    DaysForm,
    /// The first day of use is no date.
    FirstUseForm,
    /// That is no EU number.
    EuForm,
    /// The EU number is that of another product.
    EuKnown,
    /// Not said what the target group means.
    NoMeaning,
    /// No age.
    AgeForm,
    /// Younger than the group before it, or older than the one after it.
    AgeOrder,
    /// The day from which it holds is no date.
    FromForm,
    /// The day from which it holds is past.
    FromPast,
    /// Not said where it comes from.
    NoSource,
    /// The list says so already.
    Nothing,
    /// The list has no such entry.
    NotThere,
    /// Another line of the file is about the same batch.
    Twice,
    /// Not as many cells as the header.
    Cells,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 28] = [
        Self::NoKey,
        Self::KeyForm,
        Self::NoVaccine,
        Self::VaccineUnknown,
        Self::HpkForm,
        Self::HpkUnknown,
        Self::HpkOther,
        Self::NameKnown,
        Self::CodeKnown,
        Self::ReleasedForm,
        Self::NoLastDay,
        Self::LastDayForm,
        Self::LastDayEarly,
        Self::DosesForm,
        Self::DaysForm,
        Self::FirstUseForm,
        Self::EuForm,
        Self::EuKnown,
        Self::NoMeaning,
        Self::AgeForm,
        Self::AgeOrder,
        Self::FromForm,
        Self::FromPast,
        Self::NoSource,
        Self::Nothing,
        Self::NotThere,
        Self::Twice,
        Self::Cells,
    ];

    /// The name in the store and in addresses.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoKey => "no-key",
            Self::KeyForm => "key-form",
            Self::NoVaccine => "no-vaccine",
            Self::VaccineUnknown => "vaccine-unknown",
            Self::HpkForm => "hpk-form",
            Self::HpkUnknown => "hpk-unknown",
            Self::HpkOther => "hpk-other",
            Self::NameKnown => "name-known",
            Self::CodeKnown => "code-known",
            Self::ReleasedForm => "released-form",
            Self::NoLastDay => "no-last-day",
            Self::LastDayForm => "last-day-form",
            Self::LastDayEarly => "last-day-early",
            Self::DosesForm => "doses-form",
            Self::DaysForm => "days-form",
            Self::FirstUseForm => "first-use-form",
            Self::EuForm => "eu-form",
            Self::EuKnown => "eu-known",
            Self::NoMeaning => "no-meaning",
            Self::AgeForm => "age-form",
            Self::AgeOrder => "age-order",
            Self::FromForm => "from-form",
            Self::FromPast => "from-past",
            Self::NoSource => "no-source",
            Self::Nothing => "nothing",
            Self::NotThere => "not-there",
            Self::Twice => "twice",
            Self::Cells => "cells",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.as_str() == text)
    }
}

/// Longest name of a product, in characters.
const NAME_CHARS: usize = 80;
/// Most days between two doses that are a plan.
const MOST_DAYS: u16 = 365;

/// Longest meaning of a target group, in characters.
const MEANING_CHARS: usize = 80;

/// Which entry is meant: its key as the list has it, and its product; no product yet is that of a new one.
///
/// # Errors
/// What is wrong with the key or the product.
pub fn key(
    kind: ListKind,
    typed: &Typed,
    lists: &CodeLists,
) -> Result<(String, Option<VaccineId>), Vec<Fault>> {
    let text = typed.key.split_whitespace();
    let text = match kind {
        ListKind::Batches | ListKind::Ages => text.collect::<String>().to_uppercase(),
        ListKind::Groups => text.collect::<Vec<_>>().join("_").to_uppercase(),
        ListKind::Names | ListKind::Codes | ListKind::Products => {
            text.collect::<Vec<_>>().join(" ")
        }
    };
    let fits = match kind {
        ListKind::Batches => BatchNumber::parse(&text).is_some(),
        ListKind::Names | ListKind::Products => {
            text.chars().count() <= NAME_CHARS && text.chars().any(char::is_alphanumeric)
        }
        ListKind::Codes => Hpk::parse(&text).is_some(),
        ListKind::Groups => TargetGroup::parse(&text).is_some(),
        ListKind::Ages => AgeGroup::parse(&text).is_some(),
    };
    let key = match (text.is_empty(), fits) {
        (true, _) => Err(Fault::NoKey),
        (false, true) => Ok(text),
        (false, false) => Err(Fault::KeyForm),
    };
    let vaccine = match (&key, kind) {
        (_, ListKind::Groups | ListKind::Ages) => Ok(Some(NO_PRODUCT)),
        (Ok(name), ListKind::Products) => product_called(name, lists),
        (Err(_), ListKind::Products) => return Err(key.err().into_iter().collect()),
        (_, ListKind::Batches) => product(typed, lists).map(Some),
        (_, ListKind::Names | ListKind::Codes) => by_name(typed.vaccine.trim(), lists).map(Some),
    };
    match (key, vaccine) {
        (Ok(key), Ok(vaccine)) => Ok((key, vaccine)),
        (key, vaccine) => Err(key.err().into_iter().chain(vaccine.err()).collect()),
    }
}

/// The product that has this name itself; none when it is new. A name that says a product already is no name of another.
fn product_called(name: &str, lists: &CodeLists) -> Result<Option<VaccineId>, Fault> {
    let known = lists.vaccines().iter().find(|one| one.name == name);
    match (known, lists.named(name)) {
        (Some(known), _) => Ok(Some(known.id)),
        (None, NamedVaccine::Unknown) => Ok(None),
        (None, _) => Err(Fault::NameKnown),
    }
}

fn by_name(name: &str, lists: &CodeLists) -> Result<VaccineId, Fault> {
    match lists.named(name) {
        _ if name.is_empty() => Err(Fault::NoVaccine),
        NamedVaccine::Own(id) | NamedVaccine::Alias(id) => Ok(id),
        NamedVaccine::Several | NamedVaccine::Unknown => Err(Fault::VaccineUnknown),
    }
}

/// The product of a batch, by name, by code, or by both when they agree.
fn product(typed: &Typed, lists: &CodeLists) -> Result<VaccineId, Fault> {
    let (name, code) = (typed.vaccine.trim(), typed.hpk.trim());
    let coded = match code {
        "" => None,
        code => {
            let code = Hpk::parse(code).ok_or(Fault::HpkForm)?;
            Some(lists.by_hpk(code).ok_or(Fault::HpkUnknown)?)
        }
    };
    match (name, coded) {
        ("", Some(id)) => Ok(id),
        (name, coded) => {
            let named = by_name(name, lists)?;
            if coded.is_some_and(|id| id != named) {
                return Err(Fault::HpkOther);
            }
            Ok(named)
        }
    }
}

/// What the entry is to say, where [`key`] found what it is about; `before` is what the list says of it now.
///
/// # Errors
/// Everything that is wrong with it.
pub fn entry(
    kind: ListKind,
    typed: &Typed,
    lists: &CodeLists,
    before: Option<&Entry>,
    this_year: i32,
) -> Result<Entry, Vec<Fault>> {
    if typed.end {
        return match before {
            Some(before) if !before.ended && kind.ends() => Ok(Entry {
                ended: true,
                ..before.clone()
            }),
            _ => Err(vec![Fault::NotThere]),
        };
    }
    let mut faults = Vec::new();
    let new = match kind {
        ListKind::Batches => batch(typed, before, this_year, &mut faults),
        ListKind::Products => about_product(typed, lists, before, this_year, &mut faults),
        ListKind::Groups => target_group(typed, before, &mut faults),
        ListKind::Ages => ages(typed, lists, &mut faults),
        ListKind::Names => {
            if lists.named(typed.key.trim()) != NamedVaccine::Unknown {
                faults.push(Fault::NameKnown);
            }
            Entry::default()
        }
        ListKind::Codes => {
            if Hpk::parse(typed.key.trim()).is_some_and(|code| lists.by_hpk(code).is_some()) {
                faults.push(Fault::CodeKnown);
            }
            Entry::default()
        }
    };
    if faults.is_empty() && before == Some(&new) {
        faults.push(Fault::Nothing);
    }
    if !kind.grows() && before.is_none() {
        faults.push(Fault::NotThere);
    }
    if faults.is_empty() {
        Ok(new)
    } else {
        Err(faults)
    }
}

fn day(text: &str, this_year: i32, fault: Fault, faults: &mut Vec<Fault>) -> Option<Date> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let day = parse_full(text, this_year).ok();
    if day.is_none() {
        faults.push(fault);
    }
    day
}

fn batch(typed: &Typed, before: Option<&Entry>, year: i32, faults: &mut Vec<Fault>) -> Entry {
    let released = day(&typed.released, year, Fault::ReleasedForm, faults);
    let last_day = day(&typed.last_day, year, Fault::LastDayForm, faults);
    if typed.last_day.trim().is_empty() {
        faults.push(Fault::NoLastDay);
    }
    // A list that says less takes nothing away.
    let released = released.or_else(|| before.and_then(|before| before.released));
    if let (Some(released), Some(last_day)) = (released, last_day)
        && last_day < released
    {
        faults.push(Fault::LastDayEarly);
    }
    let hpk = Some(typed.hpk.trim().to_owned()).filter(|code| !code.is_empty());
    Entry {
        hpk: hpk.or_else(|| before.and_then(|before| before.hpk.clone())),
        released,
        last_day,
        ..Entry::default()
    }
}

fn about_product(
    typed: &Typed,
    lists: &CodeLists,
    before: Option<&Entry>,
    year: i32,
    faults: &mut Vec<Fault>,
) -> Entry {
    let doses = typed.doses.trim().parse().ok();
    let doses = doses.filter(|doses| (1..=9).contains(doses));
    if doses.is_none() {
        faults.push(Fault::DosesForm);
    }
    let days = typed.min_days.trim();
    let min_days = days.parse().ok();
    let min_days = min_days.filter(|days| (1..=MOST_DAYS).contains(days));
    if min_days.is_none() && !days.is_empty() {
        faults.push(Fault::DaysForm);
    }
    let first_use = day(&typed.first_use, year, Fault::FirstUseForm, faults);
    if typed.first_use.trim().is_empty() {
        faults.push(Fault::FirstUseForm);
    }
    let eu = match before {
        Some(before) => before.eu.clone(),
        None => new_number(&typed.eu, lists, faults),
    };
    Entry {
        doses,
        min_days,
        first_use,
        eu,
        ..Entry::default()
    }
}

/// The EU number of a new product.
fn new_number(typed: &str, lists: &CodeLists, faults: &mut Vec<Fault>) -> Option<String> {
    let number = typed.split_whitespace().collect::<String>().to_uppercase();
    if !is_eu_number(&number) {
        faults.push(Fault::EuForm);
        return None;
    }
    if lists.vaccines().iter().any(|one| one.eu_number == number) {
        faults.push(Fault::EuKnown);
    }
    Some(number)
}

fn target_group(typed: &Typed, before: Option<&Entry>, faults: &mut Vec<Fault>) -> Entry {
    let meaning = typed.meaning.split_whitespace().collect::<Vec<_>>();
    let meaning: String = meaning.join(" ").chars().take(MEANING_CHARS).collect();
    let known = before.and_then(|before| before.meaning.clone());
    let meaning = Some(meaning).filter(|text| !text.is_empty()).or(known);
    if meaning.is_none() {
        faults.push(Fault::NoMeaning);
    }
    Entry {
        meaning,
        ..Entry::default()
    }
}

/// Where a group starts; the one before it ends the year before.
fn ages(typed: &Typed, lists: &CodeLists, faults: &mut Vec<Fault>) -> Entry {
    let first_age = typed.first_age.trim().parse::<u8>().ok();
    match (first_age, AgeGroup::parse(typed.key.trim())) {
        (Some(first), Some(group)) => {
            if !lists.age_bounds().with(group, first).is_ordered() {
                faults.push(Fault::AgeOrder);
            }
        }
        _ => faults.push(Fault::AgeForm),
    }
    Entry {
        first_age,
        ..Entry::default()
    }
}

/// From which day a change holds: today when nothing was typed, never earlier.
///
/// # Errors
/// That it is no date, or past.
pub fn from(text: &str, today: Date) -> Result<Date, Fault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(today);
    }
    match parse_full(text, today.year()) {
        Ok(day) if day >= today => Ok(day),
        Ok(_) => Err(Fault::FromPast),
        Err(_) => Err(Fault::FromForm),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    fn typed(key: &str, vaccine: &str, last_day: &str) -> Typed {
        Typed {
            key: key.to_owned(),
            vaccine: vaccine.to_owned(),
            last_day: last_day.to_owned(),
            ..Typed::default()
        }
    }

    fn propose(
        kind: ListKind,
        typed: &Typed,
        before: Option<&Entry>,
    ) -> Result<(String, Entry), Vec<Fault>> {
        let lists = CodeLists::builtin();
        let (key, _) = key(kind, typed, &lists)?;
        Ok((key, entry(kind, typed, &lists, before, 2026)?))
    }

    #[test]
    fn a_batch_is_read_as_people_write_it() {
        let line = Typed {
            hpk: "2924528".into(),
            released: "2021-06-01".into(),
            ..typed(" fe 8405 ", "", "31-10-2021")
        };
        let (key, entry) = propose(ListKind::Batches, &line, None).expect("good");
        assert_eq!(key, "FE8405");
        assert_eq!(entry.released, Some(date!(2021 - 06 - 01)));
        assert_eq!(entry.last_day, Some(date!(2021 - 10 - 31)));
        assert_eq!(entry.hpk.as_deref(), Some("2924528"));
        let same = propose(ListKind::Batches, &line, Some(&entry));
        assert_eq!(same, Err(vec![Fault::Nothing]));
        // A later list without these columns takes nothing away.
        let later = typed("FE8405", "Pfizer", "30-11-2021");
        let (_, later) = propose(ListKind::Batches, &later, Some(&entry)).expect("good");
        assert_eq!((later.hpk, later.released), (entry.hpk, entry.released));
    }

    #[test]
    fn every_fault_of_a_batch_is_told() {
        let day = "31-10-2021";
        for (line, faults) in [
            (typed("", "Comirnaty", day), vec![Fault::NoKey]),
            (typed("FE/8405", "Comirnaty", day), vec![Fault::KeyForm]),
            (typed("FE8405", "", day), vec![Fault::NoVaccine]),
            (
                typed("?", "griepprik", day),
                vec![Fault::KeyForm, Fault::VaccineUnknown],
            ),
            (typed("FE8405", "Comirnaty", ""), vec![Fault::NoLastDay]),
            (
                typed("FE8405", "Comirnaty", "31-13-2021"),
                vec![Fault::LastDayForm],
            ),
            (
                Typed {
                    hpk: "29".into(),
                    ..typed("FE8405", "Comirnaty", day)
                },
                vec![Fault::HpkForm],
            ),
            (
                Typed {
                    hpk: "1111111".into(),
                    ..typed("FE8405", "Comirnaty", day)
                },
                vec![Fault::HpkUnknown],
            ),
            (
                Typed {
                    hpk: "2924536".into(),
                    ..typed("FE8405", "Comirnaty", day)
                },
                vec![Fault::HpkOther],
            ),
            (
                Typed {
                    released: "01-11-2021".into(),
                    ..typed("FE8405", "Comirnaty", day)
                },
                vec![Fault::LastDayEarly],
            ),
            (
                Typed {
                    end: true,
                    ..typed("FE8405", "Comirnaty", day)
                },
                vec![Fault::NotThere],
            ),
        ] {
            assert_eq!(
                propose(ListKind::Batches, &line, None),
                Err(faults),
                "{line:?}"
            );
        }
    }

    #[test]
    fn a_name_or_code_that_says_something_already_is_not_taken_again() {
        for (kind, key, fault) in [
            (ListKind::Names, "Pfizer", Fault::NameKnown),
            (ListKind::Names, "vaccin Comirnaty", Fault::NameKnown),
            (ListKind::Names, "pfizer / moderna", Fault::NameKnown),
            (ListKind::Names, "...", Fault::KeyForm),
            (ListKind::Codes, "2924528", Fault::CodeKnown),
            (ListKind::Codes, "292452", Fault::KeyForm),
        ] {
            let answer = propose(kind, &typed(key, "Comirnaty", ""), None);
            assert_eq!(answer, Err(vec![fault]), "{key}");
        }
        let (key, _) = propose(
            ListKind::Names,
            &typed(" Comirnaty  XBB kind", "Comirnaty", ""),
            None,
        )
        .expect("new");
        assert_eq!(key, "Comirnaty XBB kind");
    }

    #[test]
    fn what_is_said_of_a_product_changes_and_a_product_ends_and_comes_back() {
        let before = Entry {
            doses: Some(2),
            min_days: Some(21),
            first_use: Some(date!(2021 - 01 - 04)),
            eu: Some("EU/1/20/1528".into()),
            ..Entry::default()
        };
        let wish = |doses: &str, days: &str, first: &str| Typed {
            doses: doses.into(),
            min_days: days.into(),
            first_use: first.into(),
            ..typed("Comirnaty", "", "")
        };
        let kind = ListKind::Products;
        let (_, new) = propose(kind, &wish("2", "28", "04-01-2021"), Some(&before)).expect("good");
        assert_eq!((new.min_days, new.eu), (Some(28), before.eu.clone()));
        let (_, new) = propose(kind, &wish("1", "", "04-01-2021"), Some(&before)).expect("good");
        assert_eq!(new.min_days, None);
        assert_eq!(
            propose(kind, &wish("0", "400", ""), Some(&before)),
            Err(vec![Fault::DosesForm, Fault::DaysForm, Fault::FirstUseForm])
        );
        let ended = Typed {
            end: true,
            ..wish("2", "21", "04-01-2021")
        };
        let (_, ended) = propose(kind, &ended, Some(&before)).expect("it ends");
        assert!(ended.ended);
        assert_eq!(ended.first_use, before.first_use, "what it was stays");
        let again = propose(kind, &wish("2", "21", "04-01-2021"), Some(&ended));
        assert_eq!(again.expect("it comes back").1, before);
    }

    #[test]
    fn a_new_product_has_a_name_and_an_eu_number_of_its_own() {
        let kind = ListKind::Products;
        let wish = |name: &str, eu: &str| Typed {
            doses: "1".into(),
            first_use: "01-09-2023".into(),
            eu: eu.into(),
            ..typed(name, "", "")
        };
        let (name, new) =
            propose(kind, &wish(" Bimervax  LP.8.1", "eu/1/22/1709"), None).expect("good");
        assert_eq!(name, "Bimervax LP.8.1");
        assert_eq!(new.eu.as_deref(), Some("EU/1/22/1709"));
        for (name, eu, fault) in [
            ("Pfizer", "EU/1/22/1709", Fault::NameKnown),
            ("comirnaty", "EU/1/22/1709", Fault::NameKnown),
            ("Bimervax", "EU/1/20/1528", Fault::EuKnown),
            ("Bimervax", "1709", Fault::EuForm),
            ("Bimervax", "EU/1/22/1709/001", Fault::EuForm),
            ("Bimervax", "", Fault::EuForm),
            ("", "EU/1/22/1709", Fault::NoKey),
            ("...", "EU/1/22/1709", Fault::KeyForm),
        ] {
            let answer = propose(kind, &wish(name, eu), None);
            assert_eq!(answer, Err(vec![fault]), "{name} {eu}");
        }
    }

    #[test]
    fn a_target_group_has_a_code_and_a_meaning() {
        let kind = ListKind::Groups;
        let wish = |code: &str, meaning: &str| Typed {
            meaning: meaning.into(),
            ..typed(code, "", "")
        };
        let (code, new) = propose(
            kind,
            &wish("dak en thuisloos", " Dak- en  thuisloos "),
            None,
        )
        .expect("good");
        assert_eq!(code, "DAK_EN_THUISLOOS");
        assert_eq!(new.meaning.as_deref(), Some("Dak- en thuisloos"));
        for (code, meaning, fault) in [
            ("", "Iets", Fault::NoKey),
            ("2DE", "Iets", Fault::KeyForm),
            ("ANDERS", " ", Fault::NoMeaning),
        ] {
            assert_eq!(propose(kind, &wish(code, meaning), None), Err(vec![fault]));
        }
        let end = Typed {
            end: true,
            ..typed("DAK_EN_THUISLOOS", "", "")
        };
        let (_, ended) = propose(kind, &end, Some(&new)).expect("it ends");
        assert!(ended.ended);
        // What ended comes back with what it meant.
        let again = propose(kind, &wish("DAK_EN_THUISLOOS", ""), Some(&ended));
        assert_eq!(again, Ok((code, new)));
    }

    #[test]
    fn an_age_group_starts_after_the_one_before_it() {
        let kind = ListKind::Ages;
        let first = |age: u8| Entry {
            first_age: Some(age),
            ..Entry::default()
        };
        let wish = |group: &str, age: &str| Typed {
            first_age: age.into(),
            ..typed(group, "", "")
        };
        let (group, new) = propose(kind, &wish("b", "16"), Some(&first(18))).expect("good");
        assert_eq!((group.as_str(), new), ("B", first(16)));
        for (group, age, fault) in [
            ("B", "12", Fault::AgeOrder),
            ("B", "60", Fault::AgeOrder),
            ("C", "121", Fault::AgeOrder),
            ("C", "zestig", Fault::AgeForm),
            ("C", "", Fault::AgeForm),
            ("B", "18", Fault::Nothing),
        ] {
            let now = if group == "B" { 18 } else { 60 };
            let answer = propose(kind, &wish(group, age), Some(&first(now)));
            assert_eq!(answer, Err(vec![fault]), "{group} {age}");
        }
        let new = propose(kind, &wish("D", "70"), None);
        assert_eq!(new, Err(vec![Fault::KeyForm]));
    }

    #[test]
    fn a_change_holds_from_today_or_later() {
        let today = date!(2026 - 11 - 29);
        assert_eq!(from("", today), Ok(today));
        assert_eq!(from("01-12-2026", today), Ok(date!(2026 - 12 - 01)));
        assert_eq!(from("28-11-2026", today), Err(Fault::FromPast));
        assert_eq!(from("morgen", today), Err(Fault::FromForm));
    }

    #[test]
    fn an_entry_is_kept_with_days_as_people_read_them() {
        let entry = Entry {
            last_day: Some(date!(2021 - 10 - 31)),
            ..Entry::default()
        };
        let text = serde_json::to_string(&entry).expect("text");
        assert_eq!(text, r#"{"last_day":"2021-10-31","ended":false}"#);
        assert_eq!(serde_json::from_str::<Entry>(&text).expect("entry"), entry);
        for kind in ListKind::ALL {
            assert_eq!(ListKind::parse(kind.as_str()), Some(kind));
            assert_eq!(ListKind::of_word(kind.word()), Some(kind));
        }
        for fault in Fault::ALL {
            assert_eq!(Fault::parse(fault.as_str()), Some(fault));
        }
    }
}

//! Code lists that RIVM manages (features F88, F-X4): what an entry says, and what is wrong with one that somebody wants.
//!
//! In comes what was typed in a form or stands in a line of a release list; out comes an [`Entry`] to propose, or every
//! [`Fault`]. That a second person agrees is the database's to hold (security G18).

use crate::batch::BatchNumber;
use crate::codes::{CodeLists, NamedVaccine};
use crate::dates::parse_full;
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
}

impl ListKind {
    /// Every list.
    pub const ALL: [Self; 4] = [Self::Batches, Self::Names, Self::Codes, Self::Products];

    /// The name in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Batches => "batches",
            Self::Names => "names",
            Self::Codes => "codes",
            Self::Products => "products",
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
        }
    }

    /// Reads the word in an address.
    #[must_use]
    pub fn of_word(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == text)
    }

    /// What stands in it can end, and new things can be put in it. Products are part of the rules: only what is said of
    /// them changes.
    #[must_use]
    pub const fn grows(self) -> bool {
        !matches!(self, Self::Products)
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
    pub const ALL: [Self; 23] = [
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

/// Which entry is meant: its key as the list has it, and its product.
///
/// # Errors
/// What is wrong with the key or the product.
pub fn key(
    kind: ListKind,
    typed: &Typed,
    lists: &CodeLists,
) -> Result<(String, VaccineId), Vec<Fault>> {
    let text = match kind {
        ListKind::Batches => typed
            .key
            .split_whitespace()
            .collect::<String>()
            .to_uppercase(),
        _ => typed.key.split_whitespace().collect::<Vec<_>>().join(" "),
    };
    let fits = match kind {
        ListKind::Batches => BatchNumber::parse(&text).is_some(),
        ListKind::Names => {
            text.chars().count() <= NAME_CHARS && text.chars().any(char::is_alphanumeric)
        }
        ListKind::Codes => Hpk::parse(&text).is_some(),
        ListKind::Products => lists.vaccines().iter().any(|one| one.name == text),
    };
    let key = match (text.is_empty(), fits) {
        (true, _) => Err(Fault::NoKey),
        (false, true) => Ok(text),
        (false, false) => Err(Fault::KeyForm),
    };
    let vaccine = match (&key, kind) {
        (Ok(name), ListKind::Products) => by_name(name, lists),
        (Err(_), ListKind::Products) => return Err(key.err().into_iter().collect()),
        (_, ListKind::Batches) => product(typed, lists),
        _ => by_name(typed.vaccine.trim(), lists),
    };
    match (key, vaccine) {
        (Ok(key), Ok(vaccine)) => Ok((key, vaccine)),
        (key, vaccine) => Err(key.err().into_iter().chain(vaccine.err()).collect()),
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
            Some(before) if !before.ended && kind.grows() => Ok(Entry {
                ended: true,
                ..before.clone()
            }),
            _ => Err(vec![Fault::NotThere]),
        };
    }
    let mut faults = Vec::new();
    let new = match kind {
        ListKind::Batches => batch(typed, before, this_year, &mut faults),
        ListKind::Products => about_product(typed, this_year, &mut faults),
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
    if kind == ListKind::Products && before.is_none() {
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

fn about_product(typed: &Typed, year: i32, faults: &mut Vec<Fault>) -> Entry {
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
    Entry {
        doses,
        min_days,
        first_use,
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
    fn what_is_said_of_a_product_changes_but_no_product_ends_or_comes() {
        let before = Entry {
            doses: Some(2),
            min_days: Some(21),
            first_use: Some(date!(2021 - 01 - 04)),
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
        assert_eq!(new.min_days, Some(28));
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
        assert_eq!(
            propose(kind, &ended, Some(&before)),
            Err(vec![Fault::NotThere])
        );
        assert_eq!(
            propose(kind, &typed("Sinopharm", "", ""), None),
            Err(vec![Fault::KeyForm])
        );
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

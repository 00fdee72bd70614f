//! What a waiting row was probably meant to say (issue of the RIVM side, features F47): near batches and names, digits or
//! parts that changed places. For RIVM's eyes; nothing is applied by itself.
//!
//! What was shown is kept as a keyed hash; when the row is mended, [`settle`] sees whether it got that, so that each
//! suggestion says how often its kind was right before.

use super::matching::compare;
use crate::keys::{Keys, Mac};
use crate::store::products::Products;
use crate::store::suggestions::{self, Shown};
use crate::store::{StoreError, WorkerTx, register};
use domain::bsn::{Bsn, nine_digits};
use domain::codes::NamedVaccine;
use domain::dates::{PartialDate, dutch, parse_partial};
use domain::finding::{Code, Finding};
use domain::matching::{Asked, Match, NameParts, fold};
use domain::row::{Column, RowText};
use domain::suggestion::{SuggestionKind, exchanged, near_batches, swapped_bsns};
use domain::vaccine::VaccineId;
use std::collections::HashMap;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// Days around the vaccination in which a batch counts as in use.
const AROUND: Duration = Duration::days(7);
/// Most batches that are suggested.
const MOST: usize = 3;

/// One suggestion.
pub struct Suggested {
    /// What kind.
    pub kind: SuggestionKind,
    /// The column it is about.
    pub column: Column,
    /// What would stand there, where that names no person.
    pub value: Option<String>,
    /// The two digits that changed places, from 1.
    pub places: Option<(u8, u8)>,
    /// Only signs that look alike differ.
    pub look_alike: bool,
    /// How often the batch was given in the days around.
    pub used: u32,
    /// What would stand there, as it is compared.
    canonical: String,
    /// The person of the BRP that this is about.
    pub about: Option<Mac>,
}

impl Suggested {
    fn new(kind: SuggestionKind, column: Column, value: Option<String>, canonical: String) -> Self {
        Self {
            kind,
            column,
            value,
            places: None,
            look_alike: false,
            used: 0,
            canonical,
            about: None,
        }
    }
}

/// What a row is held against.
pub struct Bench<'a> {
    /// Keys.
    pub keys: &'a Keys,
    /// Products and their names.
    pub products: &'a Products,
    /// Today.
    pub today: Date,
}

/// Suggestions for a row with these findings, as RIVM sees them; the likeliest of a kind first.
///
/// # Errors
/// When the database fails.
pub async fn of_row(
    tx: &mut WorkerTx<'_>,
    bench: &Bench<'_>,
    row: &RowText,
    findings: &[Finding],
) -> Result<Vec<Suggested>, StoreError> {
    let has = |codes: &[Code]| findings.iter().any(|finding| codes.contains(&finding.code));
    let mut found = Vec::new();
    if has(&[Code::V21, Code::V22, Code::V24, Code::V26]) {
        found.extend(batches(tx, bench, row).await?);
    }
    if has(&[Code::V11]) {
        found.extend(vaccine(bench, row));
    }
    if has(&[Code::P03, Code::P12, Code::B10, Code::B11]) {
        found.extend(person(tx, bench, row).await?);
    }
    if has(&[Code::V04, Code::V05, Code::V06, Code::V08]) {
        found.extend(vaccination_date(bench, row));
    }
    Ok(found)
}

async fn batches(
    tx: &mut WorkerTx<'_>,
    bench: &Bench<'_>,
    row: &RowText,
) -> Result<Vec<Suggested>, StoreError> {
    let typed = row.get(Column::Batchnummer);
    let product = product(bench, row);
    let known: Vec<String> = register::batches(tx)
        .await?
        .into_iter()
        .filter(|batch| product.is_none() || Products::id(batch.vaccine) == product)
        .map(|batch| batch.lot)
        .collect();
    let near = near_batches(typed, known.into_iter().map(|lot| (lot, 0)));
    let lots: Vec<String> = near.into_iter().map(|one| one.lot).collect();
    let on = parse_partial(row.get(Column::Vaccinatiedatum).trim(), bench.today.year());
    let on = match on {
        Ok(PartialDate::Full(date)) => date,
        _ => bench.today,
    };
    let given: HashMap<String, i64> = suggestions::given(tx, &lots, on - AROUND, on + AROUND)
        .await?
        .into_iter()
        .collect();
    let used = |lot: &String| {
        let times = given.get(lot).copied().unwrap_or_default();
        u32::try_from(times).unwrap_or(u32::MAX)
    };
    let ranked = near_batches(typed, lots.iter().map(|lot| (lot.clone(), used(lot))));
    let suggested = ranked.into_iter().take(MOST).map(|near| Suggested {
        look_alike: near.look_alike,
        used: near.used,
        ..Suggested::new(
            SuggestionKind::Batch,
            Column::Batchnummer,
            Some(near.lot.clone()),
            canonical(bench, Column::Batchnummer, &near.lot),
        )
    });
    Ok(suggested.collect())
}

/// The product of a row, by its name or code.
#[must_use]
pub fn product(bench: &Bench<'_>, row: &RowText) -> Option<VaccineId> {
    let lists = bench.products.lists();
    match lists.named(row.get(Column::Vaccin)) {
        NamedVaccine::Own(id) | NamedVaccine::Alias(id) => Some(id),
        NamedVaccine::Several | NamedVaccine::Unknown => {
            let code = domain::vaccine::Hpk::parse(row.get(Column::HpkCode).trim())?;
            lists.by_hpk(code)
        }
    }
}

fn vaccine(bench: &Bench<'_>, row: &RowText) -> Option<Suggested> {
    let lists = bench.products.lists();
    let near = lists.near_name(row.get(Column::Vaccin))?;
    let name = lists.vaccine(near)?.name.clone();
    let canonical = canonical(bench, Column::Vaccin, &name);
    Some(Suggested::new(
        SuggestionKind::Vaccine,
        Column::Vaccin,
        Some(name),
        canonical,
    ))
}

/// A date that is none, or before the campaign, before the birth or after today, and is none of these with day and month exchanged.
fn vaccination_date(bench: &Bench<'_>, row: &RowText) -> Option<Suggested> {
    let typed = row.get(Column::Vaccinatiedatum).trim();
    let other = exchanged(typed, bench.today.year())?;
    let country = domain::codes::Country::parse("NL")?;
    let start = bench.products.lists().campaign_start(country);
    if other < start || other > bench.today {
        return None;
    }
    let value = dutch(other);
    let canonical = canonical(bench, Column::Vaccinatiedatum, &value);
    Some(Suggested::new(
        SuggestionKind::DayMonth,
        Column::Vaccinatiedatum,
        Some(value),
        canonical,
    ))
}

/// Digits, day and month, or names that changed places: only what makes exactly one person of the BRP of it, by BSN, birth
/// date and surname.
async fn person(
    tx: &mut WorkerTx<'_>,
    bench: &Bench<'_>,
    row: &RowText,
) -> Result<Vec<Suggested>, StoreError> {
    let surname = row.get(Column::Achternaam).trim();
    let typed = row.get(Column::Geboortedatum).trim();
    let other_birth = exchanged(typed, bench.today.year()).map(PartialDate::Full);
    let birth = parse_partial(typed, bench.today.year()).ok();
    if birth.or(other_birth).is_none() {
        return Ok(Vec::new());
    }
    let digits = canonical(bench, Column::Bsn, row.get(Column::Bsn));
    let own = Bsn::parse(&digits).ok();
    let swapped = swapped_bsns(&digits);
    let numbers: Vec<Bsn> = own
        .into_iter()
        .chain(swapped.iter().map(|one| one.bsn))
        .collect();
    let macs: Vec<Mac> = numbers.iter().map(|bsn| bench.keys.bsn_mac(bsn)).collect();
    let all: Vec<Vec<u8>> = macs.iter().map(|mac| mac.bytes.to_vec()).collect();
    let lists = register::brp_by_bsn(tx, &all).await?;
    // Without a surname a birth date alone would point at strangers.
    let is_person = |mac: &Mac, birth: PartialDate, surname: &str, prefix: &str| {
        let of: Vec<_> = lists
            .iter()
            .filter(|list| list.bsn_mac.as_deref() == Some(mac.bytes.as_slice()))
            .cloned()
            .collect();
        let asked = Asked {
            has_bsn: true,
            birth_date: birth,
            name: NameParts::own(surname, prefix),
        };
        !surname.is_empty() && compare(asked, &of, bench.today, false).result == Match::Gevonden
    };
    let prefix = row.get(Column::Voorvoegsel).trim();
    let mut found = Vec::new();
    if let Some(mac) = own.and(macs.first()) {
        if let Some(other) = other_birth.filter(|other| is_person(mac, *other, surname, prefix)) {
            let column = Column::Geboortedatum;
            let one = Suggested::new(SuggestionKind::DayMonth, column, None, other.iso());
            found.push(Suggested {
                about: Some(*mac),
                ..one
            });
        }
        let parts = name_parts(surname, prefix);
        let fits = |surname: &str, prefix: &str| {
            birth.is_some_and(|birth| is_person(mac, birth, surname, prefix))
        };
        let parts = parts.iter().find(|(surname, prefix)| fits(surname, prefix));
        if let Some((other, _)) = parts.filter(|_| !fits(surname, prefix)) {
            let column = Column::Achternaam;
            let one = Suggested::new(SuggestionKind::Names, column, None, fold(other));
            found.push(Suggested {
                about: Some(*mac),
                ..one
            });
        }
    }
    let skip = usize::from(own.is_some());
    let right: Vec<_> = swapped
        .iter()
        .zip(macs.iter().skip(skip))
        .filter(|(_, mac)| birth.is_some_and(|birth| is_person(mac, birth, surname, prefix)))
        .collect();
    if let [(one, mac)] = right.as_slice() {
        let canonical = one.bsn.expose().to_owned();
        found.push(Suggested {
            places: Some(one.places),
            about: Some(**mac),
            ..Suggested::new(SuggestionKind::Bsn, Column::Bsn, None, canonical)
        });
    }
    Ok(found)
}

/// Other ways to read a surname: it stands in the column of the prefix, or a given name stands beside it.
fn name_parts(surname: &str, prefix: &str) -> Vec<(String, String)> {
    let mut parts = vec![(prefix.to_owned(), surname.to_owned())];
    let words: Vec<&str> = surname
        .split([' ', ','])
        .filter(|word| !word.is_empty())
        .collect();
    if let [first, .., last] = words.as_slice() {
        parts.push(((*last).to_owned(), prefix.to_owned()));
        parts.push(((*first).to_owned(), prefix.to_owned()));
    }
    parts
}

/// A value as it is compared: two ways to write the same are the same.
fn canonical(bench: &Bench<'_>, column: Column, text: &str) -> String {
    let text = text.trim();
    match column {
        Column::Batchnummer => text.split_whitespace().collect::<String>().to_uppercase(),
        Column::Bsn => nine_digits(text).unwrap_or_else(|| text.to_owned()),
        Column::Geboortedatum | Column::Vaccinatiedatum => parse_partial(text, bench.today.year())
            .map_or_else(|_| text.to_owned(), |date| date.iso()),
        Column::Vaccin => match bench.products.lists().named(text) {
            NamedVaccine::Own(id) | NamedVaccine::Alias(id) => id.0.to_string(),
            NamedVaccine::Several | NamedVaccine::Unknown => text.to_lowercase(),
        },
        Column::Achternaam => fold(text),
        _ => text.to_owned(),
    }
}

fn mac(bench: &Bench<'_>, column: Column, canonical: &str) -> String {
    bench.keys.value_mac(column.name(), canonical).named_hex()
}

/// Remembers the first suggestion of each kind, and answers how often each kind was right.
///
/// # Errors
/// When the database fails.
pub async fn shown(
    tx: &mut WorkerTx<'_>,
    bench: &Bench<'_>,
    row: Uuid,
    suggested: &[Suggested],
    at: OffsetDateTime,
) -> Result<HashMap<&'static str, (i64, i64)>, StoreError> {
    let mut first: Vec<Shown> = Vec::new();
    for one in suggested {
        if first.iter().all(|other| other.kind != one.kind.as_str()) {
            first.push(Shown {
                row,
                kind: one.kind.as_str().to_owned(),
                column: one.column,
                value_mac: mac(bench, one.column, &one.canonical),
            });
        }
    }
    if first.is_empty() {
        return Ok(HashMap::new());
    }
    suggestions::note(tx, &first, at).await?;
    let record = suggestions::record(tx).await?.into_iter();
    Ok(record
        .map(|(kind, right, settled)| (kind.as_str(), (right, settled)))
        .collect())
}

/// Was this value suggested for a row?
///
/// # Errors
/// When the database fails.
pub async fn was_shown(
    tx: &mut WorkerTx<'_>,
    bench: &Bench<'_>,
    row: Uuid,
    column: Column,
    value: &str,
) -> Result<bool, StoreError> {
    let value = mac(bench, column, &canonical(bench, column, value));
    let shown = suggestions::open(tx, &[row]).await?;
    Ok(shown
        .iter()
        .any(|one| one.column == column && one.value_mac == value))
}

/// Holds what was suggested of these rows against what stands there now. `rows`: key, then what stood and what stands, of a
/// row that was linked with the BSN of whom RIVM found.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    tx: &mut WorkerTx<'_>,
    bench: &Bench<'_>,
    open: &[Shown],
    rows: &HashMap<Uuid, (RowText, RowText)>,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    for one in open {
        let Some((before, now)) = rows.get(&one.row) else {
            continue;
        };
        // As typed: a name that was just decided to mean the product would be no change.
        let now = now.get(one.column);
        if before.get(one.column) != now {
            let now = canonical(bench, one.column, now);
            let right = mac(bench, one.column, &now) == one.value_mac;
            suggestions::settle(tx, one, right, at).await?;
        }
    }
    Ok(())
}

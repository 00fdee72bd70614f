//! A row in which there is nothing to find, known at a glance: nearly every row of a large file.
//!
//! [`glance`] speaks only of rows that [`super::check`] accepts without a finding or a repair, and keeps nothing of them. Of any
//! other row it says nothing, right or wrong, and [`super::check`] judges it. The test beside it holds the two together.

use super::accepted::{Postcode, SourceKey};
use super::batch_text;
use super::check::{Context, Evidence, PartyProfile, Profile};
use super::person::birth_rule;
use super::text::{is_mojibake, is_unreadable, plain};
use super::vaccination::PLACE_LIMIT;
use super::{Column, Content, RawRow};
use crate::batch::BatchNumber;
use crate::bsn::Bsn;
use crate::codes::{Consent, Country, Mutation, NamedVaccine, Sex};
use crate::dates::{self, Order};
use crate::duplicate::Keys;
use crate::party::{Agb, BigNumber};
use crate::vaccine::{Hpk, VaccineId};
use time::Date;

/// What such a row tells about its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ordinary {
    /// What it is compared by.
    pub keys: Keys,
    /// What its dates prove.
    pub evidence: Evidence,
}

/// Longest name that is looked at here, in bytes: a prefix is no longer.
const NAME: usize = super::person::PREFIX_LIMIT;

/// What a row tells about its file, where there is nothing to find in it; `None` of every row that has to be looked into.
#[must_use]
pub fn glance(row: &RawRow<'_>, context: &Context<'_>) -> Option<Ordinary> {
    let cell = |column| row.get(column);
    let empty = |column| cell(column).is_empty();
    let new = empty(Column::Mutatie) || cell(Column::Mutatie) == Mutation::New.as_str();
    let consent = cell(Column::Toestemming) == Consent::Yes.as_str();
    let usual = empty(Column::GeenBsnReden)
        && empty(Column::Leeftijdsgroep)
        && matches!(cell(Column::Vaccinatieland), "" | "NL");
    if !(new && consent && usual) || context.test_lane {
        return None;
    }
    let key = Some(cell(Column::Bronsleutel)).filter(|key| !key.is_empty());
    let keyed = key.map_or_else(
        || !context.needs_source_key(),
        |key| SourceKey::fault(key).is_none(),
    );
    if !keyed {
        return None;
    }
    let (date, vaccination_order) = full(cell(Column::Vaccinatiedatum), context)?;
    let (birth, birth_order) = full(cell(Column::Geboortedatum), context)?;
    let possible = date <= context.today && date >= context.lists.campaign_start(Country::NL);
    let birth_date = dates::PartialDate::Full(birth);
    if !possible || birth_rule(birth_date, Some(date), context.today).is_some() {
        return None;
    }
    let (vaccine, hpk) = product(row, date, context)?;
    let content = Content {
        mutation: Mutation::New,
        bsn: Some(Bsn::parse(cell(Column::Bsn)).ok()?),
        wrong_bsn: "",
        no_bsn_reason: None,
        birth_date,
        surname: name(cell(Column::Achternaam))?,
        prefix: name(cell(Column::Voorvoegsel))?,
        sex: or_empty(cell(Column::Geslacht), Sex::parse)?,
        postcode: or_empty(cell(Column::Postcode), Postcode::parse)?,
        house_number: or_empty(cell(Column::Huisnummer), house_number)?,
        date,
        vaccine,
        hpk,
        batch: Some(cell(Column::Batchnummer))
            .filter(|text| batch_text::is_ordinary(text))
            .and_then(BatchNumber::parse)?,
        dose: dose(cell(Column::Dosisnummer))?,
        target_group: or_profile(
            cell(Column::Doelgroep),
            context.profile,
            |text| context.lists.group(text),
            |party| party.default_target_group,
        )?,
        agb: or_profile(cell(Column::UitvoerderAgb), context.profile, agb, |party| {
            party.agb
        })?,
        big: or_profile(
            cell(Column::BigNummer),
            context.profile,
            BigNumber::parse,
            |party| party.big,
        )?,
        place: place(cell(Column::Vaccinatieplaats))?,
        country: Country::NL,
    };
    Some(Ordinary {
        keys: Keys::of_content(&content, key),
        evidence: Evidence {
            form_failures: 0,
            birth_order,
            vaccination_order,
        },
    })
}

/// Empty, or what is read; the outer `None` when it is neither.
fn or_empty<'r, T>(text: &'r str, read: impl FnOnce(&'r str) -> Option<T>) -> Option<Option<T>> {
    if text.is_empty() {
        Some(None)
    } else {
        read(text).map(Some)
    }
}

/// A date with all its parts, as it stands.
fn full(text: &str, context: &Context<'_>) -> Option<(Date, Option<Order>)> {
    let (date, order) = dates::parse(text, context.today.year());
    Some((date.ok()?.full()?, order))
}

/// Letters, and what stands between those of a name; nothing of it before the first or behind the last.
fn name(text: &str) -> Option<&str> {
    let between = |c: char| matches!(c, ' ' | '-' | '\'');
    let fits = text.len() <= NAME
        && text.chars().all(|c| c.is_alphabetic() || between(c))
        && !text.starts_with(between)
        && !text.ends_with(between)
        && !is_mojibake(text);
    fits.then_some(text)
}

fn house_number(text: &str) -> Option<u32> {
    let digits = text.len() <= 5 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| text.parse().ok())??;
    (number > 0).then_some(number)
}

fn product(
    row: &RawRow<'_>,
    date: Date,
    context: &Context<'_>,
) -> Option<(VaccineId, Option<Hpk>)> {
    let lists = context.lists;
    let named = or_empty(row.get(Column::Vaccin), |text| {
        match lists.named_on(text, Some(date), Country::NL) {
            NamedVaccine::Own(vaccine) if is_bare(text) => Some(vaccine),
            _ => None,
        }
    })?;
    let coded = or_empty(row.get(Column::HpkCode), |text| {
        let hpk = Hpk::parse(text)?;
        Some((hpk, lists.by_hpk(hpk)?))
    })?;
    let (hpk, coded) = coded.unzip();
    let agree = named.is_none() || coded.is_none() || named == coded;
    let vaccine = named.or(coded).filter(|_| agree)?;
    let used = lists
        .vaccine(vaccine)
        .is_none_or(|vaccine| vaccine.was_used_on(date));
    used.then_some((vaccine, hpk))
}

fn dose(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [digit @ b'1'..=b'9'] => Some(digit - b'0'),
        _ => None,
    }
}

/// What is read, or what the profile of a party fills in; where that has nothing either, something is missing.
fn or_profile<T>(
    text: &str,
    profile: Profile,
    read: impl FnOnce(&str) -> Option<T>,
    filled_in: impl FnOnce(PartyProfile) -> Option<T>,
) -> Option<Option<T>> {
    match (text, profile) {
        ("", Profile::Unknown) => Some(None),
        ("", Profile::Party(party)) => filled_in(party).map(Some),
        (text, _) => read(text).map(Some),
    }
}

fn agb(text: &str) -> Option<Agb> {
    Agb::parse(text).filter(|agb| *agb != Agb::NONE)
}

fn place(text: &str) -> Option<&str> {
    let fits = text.len() <= PLACE_LIMIT && is_bare(text) && !is_unreadable(text);
    fits.then_some(text)
}

/// Nothing around it, and nothing in it that cannot be seen.
fn is_bare(text: &str) -> bool {
    plain(text) && !text.starts_with(' ') && !text.ends_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::CodeLists;
    use crate::fixtures;

    fn known(column: Column, text: &'static str) -> bool {
        let lists = CodeLists::builtin();
        let context = Context {
            profile: Profile::Party(PartyProfile::default()),
            ..fixtures::context(&lists)
        };
        let mut row = fixtures::row(fixtures::GOOD, &[]);
        row.set(column, text);
        glance(&row, &context).is_some()
    }

    /// What it is for: that it says nothing would be right of every row.
    #[test]
    fn the_usual_forms_of_every_column_are_known_at_a_glance() {
        for (column, texts) in [
            (Column::Mutatie, &["", "N"][..]),
            (Column::Bronsleutel, &["a-1_2.3"]),
            (Column::Toestemming, &["J"]),
            (Column::Bsn, &["999995571"]),
            (Column::GeenBsnReden, &[""]),
            (
                Column::Geboortedatum,
                &["01-04-1940", "1-4-1940", "1940-04-01"],
            ),
            (
                Column::Achternaam,
                &["", "Jansen", "O'Brien", "Jansen-de Vries", "Öztürk"],
            ),
            (Column::Voorvoegsel, &["", "van der"]),
            (Column::Geslacht, &["", "M", "v", "O"]),
            (Column::Postcode, &["", "1234AB", "1234 ab"]),
            (Column::Huisnummer, &["", "1", "99999"]),
            (Column::Vaccinatiedatum, &["27-01-2021", "20210127"]),
            (Column::Vaccin, &["Comirnaty", "EU/1/20/1528"]),
            (Column::HpkCode, &["", "2924528"]),
            (Column::Batchnummer, &["EJ6795", "300042698"]),
            (Column::Dosisnummer, &["1", "9"]),
            (Column::Doelgroep, &["LEEFTIJD", "overig"]),
            (Column::Leeftijdsgroep, &[""]),
            (Column::UitvoerderAgb, &["06010203"]),
            (Column::BigNummer, &["19012345601"]),
            (Column::Vaccinatieplaats, &["", "De Linde, zaal 2"]),
            (Column::Vaccinatieland, &["", "NL"]),
        ] {
            for text in texts {
                assert!(known(column, text), "{column:?} {text}");
            }
        }
    }

    #[test]
    fn what_is_to_be_found_or_repaired_is_left_to_the_check() {
        for (column, text) in [
            (Column::Mutatie, "V"),
            (Column::Bronsleutel, "999990019"),
            (Column::Toestemming, "N"),
            (Column::Bsn, "999990018"),
            (Column::Geboortedatum, "00-04-1940"),
            (Column::Achternaam, "Vries, de"),
            (Column::Achternaam, " Jansen"),
            (Column::Achternaam, "Ã–zdemir"),
            (Column::Achternaam, "J\u{200b}ansen"),
            (Column::Postcode, "1234SS"),
            (Column::Huisnummer, "0"),
            (Column::Vaccinatiedatum, "16-06-2021"),
            (Column::Vaccin, "Pfizer"),
            (Column::HpkCode, "2924536"),
            (Column::Batchnummer, "LOT EJ6795"),
            (Column::Dosisnummer, "0"),
            (Column::Doelgroep, ""),
            (Column::UitvoerderAgb, "00000000"),
            (Column::Vaccinatieplaats, "#N/B"),
            (Column::Vaccinatieland, "BE"),
        ] {
            assert!(!known(column, text), "{column:?} {text}");
        }
    }
}

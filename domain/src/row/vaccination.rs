//! Rules on the vaccination and on who gave it (V, U): date, product, batch, dose, place, target group.

use super::accepted::{Accepted, AnonymousCount, Person, SourceKey, Vaccination};
use super::batch_text;
use super::judge::{Judge, Step};
use super::text::{is_unreadable, trimmed, without_decimals};
use super::{Column, Profile};
use crate::batch::BatchNumber;
use crate::codes::{AgeGroup, Consent, Country, NamedVaccine, Origin};
use crate::dates::DateError;
use crate::finding::Code;
use crate::party::{Agb, BigNumber, TargetGroup};
use crate::vaccine::{Hpk, VaccineId};
use std::borrow::Cow;
use time::Date;

/// Longest place name, in characters.
pub(super) const PLACE_LIMIT: usize = 80;

/// What columns 12-16 say, as far as they can be read.
pub(super) struct Jab {
    pub(super) date: Option<Date>,
    pub(super) vaccine: Option<VaccineId>,
    pub(super) hpk: Option<Hpk>,
    pub(super) batch: Option<BatchNumber>,
    pub(super) dose: Option<u8>,
}

/// The same, whole.
pub(super) struct WholeJab {
    pub(super) date: Date,
    pub(super) vaccine: VaccineId,
    pub(super) hpk: Option<Hpk>,
    pub(super) batch: BatchNumber,
    pub(super) dose: u8,
}

impl Jab {
    fn whole(self) -> Option<WholeJab> {
        Some(WholeJab {
            date: self.date?,
            vaccine: self.vaccine?,
            hpk: self.hpk,
            batch: self.batch?,
            dose: self.dose?,
        })
    }

    /// A count, when everything it needs is there.
    pub(super) fn into_count(
        self,
        land: Option<Land>,
        age_group: Option<AgeGroup>,
        key: Option<SourceKey>,
    ) -> Option<Accepted> {
        let (Some(Land::Origin(origin)), Some(age_group)) = (land, age_group) else {
            return None;
        };
        let WholeJab {
            date,
            vaccine,
            batch,
            dose,
            ..
        } = self.whole()?;
        Some(Accepted::Count(AnonymousCount {
            date,
            vaccine,
            batch,
            dose,
            origin,
            age_group,
            source_key: key,
        }))
    }

    /// A vaccination of a person, when everything it needs is there.
    pub(super) fn into_vaccination(
        self,
        land: Option<Land>,
        person: Option<Person>,
        make: impl FnOnce(WholeJab, Person, Country) -> Vaccination,
    ) -> Option<Accepted> {
        let Some(Land::Country(country)) = land else {
            return None;
        };
        Some(Accepted::Vaccination(Box::new(make(
            self.whole()?,
            person?,
            country,
        ))))
    }
}

/// Where it was given: a country, or without consent a part of the kingdom.
#[derive(Clone, Copy)]
pub(super) enum Land {
    Country(Country),
    Origin(Origin),
}

impl Judge<'_, '_> {
    /// Columns 12-16: needed with and without consent.
    pub(super) fn jab(&mut self, land: Option<Land>) -> Jab {
        let country = match land {
            Some(Land::Country(country)) => country,
            Some(Land::Origin(_)) | None => Country::NL,
        };
        let date = self.vaccination_date(country);
        let day = date.map(|(date, _)| date);
        let (vaccine, hpk) = self.product(day, country);
        if let (Some((date, true)), Some(vaccine)) = (date, vaccine) {
            self.in_use(date, vaccine, country);
        }
        let batch = self.batch();
        let dose = self.dose();
        Jab {
            date: day,
            vaccine,
            hpk,
            batch,
            dose,
        }
    }

    /// The date, and whether it is a possible day of vaccination.
    fn vaccination_date(&mut self, country: Country) -> Option<(Date, bool)> {
        let column = Column::Vaccinatiedatum;
        let Some(text) = self.text(column) else {
            self.missing(Code::V01, column);
            return None;
        };
        let start = self.context.lists.campaign_start(country);
        let error = match self.date(column, &text, start).map(|date| date.full()) {
            Ok(Some(date)) => {
                let broken = if date > self.context.today {
                    Some(Code::V04)
                } else {
                    (date < start).then_some(Code::V05)
                };
                if let Some(code) = broken {
                    self.find(code, column);
                }
                return Some((date, broken.is_none()));
            }
            Ok(None) | Err(DateError::Impossible) => Code::V03,
            Err(DateError::Form) => Code::V02,
            Err(DateError::TwoDigitYear) => Code::V07,
            Err(DateError::Swapped) => Code::V08,
        };
        self.find(error, column);
        None
    }

    /// V06, and for a product that ended V11 or V12: on the list of that day it does not stand. The days of use are those of
    /// the Netherlands, so they say nothing about a jab given abroad.
    fn in_use(&mut self, date: Date, vaccine: VaccineId, country: Country) {
        let Some(vaccine) = self.context.lists.vaccine(vaccine) else {
            return;
        };
        if country != Country::NL || vaccine.was_used_on(date) {
            return;
        }
        let (code, column) = match (date < vaccine.first_use, self.filled(Column::Vaccin)) {
            (true, _) => (Code::V06, Column::Vaccinatiedatum),
            (false, true) => (Code::V11, Column::Vaccin),
            (false, false) => (Code::V12, Column::HpkCode),
        };
        self.find(code, column);
    }

    /// The product by name and by HPK code; both must agree.
    fn product(&mut self, day: Option<Date>, country: Country) -> (Option<VaccineId>, Option<Hpk>) {
        if !self.filled(Column::Vaccin) && !self.filled(Column::HpkCode) {
            self.find(Code::V10, Column::Vaccin);
            return (None, None);
        }
        let named = self.named_vaccine(day, country);
        let coded = self.hpk();
        let hpk = coded.map(|(hpk, _)| hpk);
        match (named, coded.map(|(_, vaccine)| vaccine)) {
            (Some(named), Some(coded)) if named != coded => {
                self.find(Code::V13, Column::HpkCode);
                (None, hpk)
            }
            (named, coded) => (named.or(coded), hpk),
        }
    }

    fn named_vaccine(&mut self, day: Option<Date>, country: Country) -> Option<VaccineId> {
        let column = Column::Vaccin;
        let text = self.text(column)?;
        let lists = self.context.lists;
        let error = match lists.named_on(&text, day, country) {
            NamedVaccine::Own(vaccine) => return Some(vaccine),
            NamedVaccine::Alias(vaccine) if self.allows(Code::H06) => {
                let name = lists
                    .vaccine(vaccine)
                    .map_or("", |vaccine| vaccine.name.as_str());
                self.repaired(Code::H06, column, &text, name);
                return Some(vaccine);
            }
            NamedVaccine::Several => Code::V14,
            NamedVaccine::Alias(_) | NamedVaccine::Unknown => Code::V11,
        };
        self.find(error, column);
        None
    }

    fn hpk(&mut self) -> Option<(Hpk, VaccineId)> {
        let column = Column::HpkCode;
        let text = self.text_with_spaces(column)?;
        let hpk = self
            .digits(column, &text, 7, false)
            .and_then(|digits| Hpk::parse(&digits));
        let known = hpk.and_then(|hpk| Some((hpk, self.context.lists.by_hpk(hpk)?)));
        if known.is_none() {
            self.find(Code::V12, column);
        }
        known
    }

    fn batch(&mut self) -> Option<BatchNumber> {
        let column = Column::Batchnummer;
        let Some(text) = self.text_with_spaces(column) else {
            self.missing(Code::V20, column);
            return None;
        };
        if batch_text::is_ordinary(&text)
            && let Some(batch) = BatchNumber::parse(&text)
        {
            return Some(batch);
        }
        let bare = trimmed(&text);
        if let Some(code) = batch_text::fault(bare) {
            self.find(code, column);
            return None;
        }
        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut now: Cow<'_, str> = Cow::Borrowed(&text);
        if self.allows(Code::H02) && now.contains(['\'', '\u{2019}']) {
            now = Cow::Owned(now.replace(['\'', '\u{2019}'], ""));
            steps.push((Code::H02, now.clone()));
        }
        if self.allows(Code::H05) {
            let after = batch_text::cleaned(&now);
            if after != now {
                now = Cow::Owned(after);
                steps.push((Code::H05, now.clone()));
            }
        }
        // Last, for a prefix or a space may stand beside the number.
        if self.allows(Code::H07)
            && let Some(whole) = without_decimals(&now).map(str::to_owned)
        {
            now = Cow::Owned(whole);
            steps.push((Code::H07, now.clone()));
        }
        // A prefix or a space may have hidden that it is a date, or two batches.
        let fault = batch_text::fault(&now)
            .or_else(|| BatchNumber::parse(&now).is_none().then_some(Code::V26));
        if let Some(code) = fault {
            self.find(code, column);
            return None;
        }
        self.repaired_in_steps(column, &text, &steps);
        BatchNumber::parse(&now)
    }

    fn dose(&mut self) -> Option<u8> {
        let column = Column::Dosisnummer;
        let Some(text) = self.text(column) else {
            self.missing(Code::V30, column);
            return None;
        };
        let dose = self
            .number(column, &text, 1..=9)
            .and_then(|n| u8::try_from(n).ok());
        if dose.is_none() {
            self.find(Code::V31, column);
        }
        dose
    }

    /// `vaccinatieland`: a country with consent, a part of the kingdom without.
    pub(super) fn land(&mut self, consent: Option<Consent>) -> Option<Land> {
        let column = Column::Vaccinatieland;
        let Some(text) = self.text(column) else {
            return match consent {
                _ if self.is_unread(column) => None,
                Some(Consent::No) => Some(Land::Origin(Origin::Nl)),
                Some(Consent::Yes) | None => Some(Land::Country(Country::NL)),
            };
        };
        let country = || Country::parse(&text).map(Land::Country);
        let origin = || Origin::parse(&text).map(Land::Origin);
        let land = match consent {
            Some(Consent::Yes) => country(),
            Some(Consent::No) => origin(),
            None => country().or_else(origin),
        };
        if land.is_none() {
            self.find(Code::V40, column);
        }
        land
    }

    pub(super) fn place(&mut self) -> Option<Box<str>> {
        let column = Column::Vaccinatieplaats;
        let text = self.text(column)?;
        if is_unreadable(&text) {
            self.find(Code::R09, column);
            return None;
        }
        if text.len() > PLACE_LIMIT && text.chars().count() > PLACE_LIMIT {
            self.find(Code::V43, column);
            return None;
        }
        Some(text.as_ref().into())
    }

    /// Doelgroep, or the party's default (V41, V42). `required` is false without consent.
    pub(super) fn target_group(&mut self, required: bool) -> Option<TargetGroup> {
        let column = Column::Doelgroep;
        if let Some(text) = self.text(column) {
            let group = self.context.lists.group(&text);
            if group.is_none() {
                self.find(Code::V42, column);
            }
            return group;
        }
        let Profile::Party(party) = self.context.profile else {
            return None;
        };
        if required && party.default_target_group.is_none() {
            self.missing(Code::V41, column);
        }
        party.default_target_group
    }

    /// AGB code, or the party's (U01, U03). `00000000` means "none".
    pub(super) fn agb(&mut self, required: bool) -> Option<Agb> {
        let column = Column::UitvoerderAgb;
        if let Some(text) = self.text_with_spaces(column) {
            match self
                .digits(column, &text, 8, true)
                .and_then(|digits| Agb::parse(&digits))
            {
                None => {
                    self.find(Code::U01, column);
                    return None;
                }
                Some(agb) if agb != Agb::NONE => return Some(agb),
                Some(_) => {}
            }
        }
        let Profile::Party(party) = self.context.profile else {
            return None;
        };
        if required && party.agb.is_none() {
            self.missing(Code::U03, column);
        }
        party.agb
    }

    /// BIG number, or the one of party or user (U10, U11).
    pub(super) fn big(&mut self, required: bool) -> Option<BigNumber> {
        let column = Column::BigNummer;
        if let Some(text) = self.text_with_spaces(column) {
            let big = self
                .digits(column, &text, 11, false)
                .and_then(|digits| BigNumber::parse(&digits));
            if big.is_none() {
                self.find(Code::U10, column);
            }
            return big;
        }
        let Profile::Party(party) = self.context.profile else {
            return None;
        };
        if required && party.big.is_none() {
            self.missing(Code::U11, column);
        }
        party.big
    }
}

//! Rules on the person (P, R10): only for rows with consent. Without a readable answer on consent the
//! filled cells are judged, but nothing is called missing.

use super::Column;
use super::accepted::{Person, Postcode};
use super::judge::Judge;
use super::text::{
    is_mojibake, is_scientific, is_unreadable, split_prefix, trimmed, without_separators,
};
use crate::bsn::{Bsn, BsnError};
use crate::codes::{NoBsnReason, Sex};
use crate::dates::{DateError, PartialDate, has_reached};
use crate::finding::Code;
use time::Date;
use time::macros::date;

/// Longest surname and prefix, in characters.
const SURNAME_LIMIT: usize = 200;
pub(super) const PREFIX_LIMIT: usize = 20;
/// Nobody alive was born before it (P16).
const FIRST_BIRTH: Date = date!(1890 - 01 - 01);

impl Judge<'_, '_> {
    /// Judges columns 4-11; `None` when nothing can be stored. `required` is false when consent is unreadable.
    pub(super) fn person(&mut self, vaccination: Option<Date>, required: bool) -> Option<Person> {
        let (bsn, wrong_bsn) = match self.bsn() {
            Some(Ok(bsn)) => (Some(bsn), None),
            Some(Err(digits)) => (None, Some(digits)),
            None => (None, None),
        };
        let reason = self.no_bsn_reason();
        let birth_date = self.birth_date(vaccination, required);
        let (surname, prefix) = self.names();
        let sex = self.sex();
        let postcode = self.postcode();
        let house_number = self.house_number();
        self.bsn_or_reason(reason, required);
        Some(Person {
            bsn,
            wrong_bsn,
            no_bsn_reason: reason,
            birth_date: birth_date?,
            surname,
            prefix,
            sex,
            postcode,
            house_number,
        })
    }

    /// The BSN; or nine digits that are none, of somebody whom RIVM found.
    fn bsn(&mut self) -> Option<Result<Bsn, Box<str>>> {
        let text = self.text_with_spaces(Column::Bsn)?;
        let Some(digits) = self.digits(Column::Bsn, &text, 9, true) else {
            let code = if is_scientific(trimmed(&text)) {
                Code::P04
            } else {
                Code::P02
            };
            self.find(code, Column::Bsn);
            return None;
        };
        match Bsn::parse(&digits) {
            Ok(bsn) => {
                if self.context.test_lane && !bsn.is_test() {
                    self.find(Code::R10, Column::Bsn);
                }
                Some(Ok(bsn))
            }
            Err(_) if self.found => Some(Err(digits.as_ref().into())),
            Err(BsnError::ElevenTest | BsnError::NotNineDigits) => {
                self.find(Code::P03, Column::Bsn);
                None
            }
        }
    }

    fn no_bsn_reason(&mut self) -> Option<NoBsnReason> {
        let text = self.text(Column::GeenBsnReden)?;
        let reason = NoBsnReason::parse(&text);
        if reason.is_none() {
            self.find(Code::P05, Column::GeenBsnReden);
        }
        reason
    }

    /// P01, P06, P07: a BSN, or a reason together with what a person is found by instead.
    fn bsn_or_reason(&mut self, reason: Option<NoBsnReason>, required: bool) {
        match (self.filled(Column::Bsn), self.filled(Column::GeenBsnReden)) {
            (true, true) => self.find(Code::P06, Column::GeenBsnReden),
            (true, false) => {}
            (false, false) if required => self.find(Code::P01, Column::Bsn),
            (false, false) => {}
            (false, true) => {
                if !self.filled(Column::Achternaam) {
                    self.find(Code::P07, Column::Achternaam);
                } else if reason == Some(NoBsnReason::Onbekend) && !self.filled(Column::Postcode) {
                    self.find(Code::P07, Column::Postcode);
                }
            }
        }
    }

    fn birth_date(&mut self, vaccination: Option<Date>, required: bool) -> Option<PartialDate> {
        let column = Column::Geboortedatum;
        let Some(text) = self.text(column) else {
            if required {
                self.missing(Code::P10, column);
            }
            return None;
        };
        match self.date(column, &text, FIRST_BIRTH) {
            Ok(date) => {
                if let Some(code) = birth_rule(date, vaccination, self.context.today) {
                    self.find(code, column);
                }
                Some(date)
            }
            Err(error) => {
                let code = match error {
                    DateError::Form => Code::P11,
                    DateError::TwoDigitYear => Code::P15,
                    DateError::Swapped | DateError::Impossible => Code::P12,
                };
                self.find(code, column);
                None
            }
        }
    }

    /// Surname and prefix, with `Vries, de` split (H08).
    fn names(&mut self) -> (Option<Box<str>>, Option<Box<str>>) {
        let prefix = self.prefix();
        let column = Column::Achternaam;
        let Some(text) = self.text(column) else {
            return (None, prefix);
        };
        if is_mojibake(self.raw(column)) {
            self.find(Code::P22, column);
        }
        let too_long = text.len() > SURNAME_LIMIT && text.chars().count() > SURNAME_LIMIT;
        if too_long || is_unreadable(&text) || !text.chars().any(char::is_alphabetic) {
            self.find(Code::P21, column);
            return (None, prefix);
        }
        if self.allows(Code::H08)
            && let Some((name, split)) = split_prefix(&text)
            && !self.filled(Column::Voorvoegsel)
            && split.chars().count() <= PREFIX_LIMIT
        {
            self.repaired(Code::H08, column, &text, name);
            // The other half of the same repair: one finding, two cells changed.
            self.repairs.push(super::Repair {
                code: Code::H08,
                column: Column::Voorvoegsel,
                before: String::new(),
                after: split.to_owned(),
            });
            return (Some(name.into()), Some(split.into()));
        }
        (Some(text.as_ref().into()), prefix)
    }

    fn prefix(&mut self) -> Option<Box<str>> {
        let column = Column::Voorvoegsel;
        let text = self.text(column)?;
        if is_unreadable(&text) {
            self.find(Code::R09, column);
            return None;
        }
        if text.chars().count() > PREFIX_LIMIT {
            self.find(Code::P23, column);
            return None;
        }
        if is_mojibake(self.raw(column)) {
            self.find(Code::P22, column);
        }
        Some(text.as_ref().into())
    }

    fn sex(&mut self) -> Option<Sex> {
        let text = self.text(Column::Geslacht)?;
        let sex = Sex::parse(&text);
        if sex.is_none() {
            self.find(Code::P20, Column::Geslacht);
        }
        sex
    }

    fn postcode(&mut self) -> Option<Postcode> {
        let column = Column::Postcode;
        let text = self.text(column)?;
        if let Some(postcode) = Postcode::parse(&text) {
            return Some(postcode);
        }
        if self.allows(Code::H02)
            && let Some(after) = without_separators(&text)
            && let Some(postcode) = Postcode::parse(&after)
        {
            self.repaired(Code::H02, column, &text, &after);
            return Some(postcode);
        }
        self.find(Code::P30, column);
        None
    }

    fn house_number(&mut self) -> Option<u32> {
        let column = Column::Huisnummer;
        let text = self.text(column)?;
        let number = self.number(column, &text, 1..=99_999);
        if number.is_none() {
            self.find(Code::P31, column);
        }
        number
    }
}

/// The first rule that a date of birth breaks for every day it can be.
pub(super) fn birth_rule(
    birth: PartialDate,
    vaccination: Option<Date>,
    today: Date,
) -> Option<Code> {
    let (earliest, latest) = (birth.earliest(), birth.latest());
    if latest < FIRST_BIRTH {
        Some(Code::P16)
    } else if earliest > today || vaccination.is_some_and(|day| earliest > day) {
        Some(Code::P13)
    } else if birth.full().is_some() && birth.full() == vaccination {
        Some(Code::P14)
    } else if has_reached(111, latest, vaccination.unwrap_or(today)) {
        Some(Code::P17)
    } else if vaccination.is_some_and(|day| !has_reached(12, earliest, day)) {
        Some(Code::P18)
    } else {
        None
    }
}

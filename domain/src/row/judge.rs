//! The notebook of one row's check: gives cells in a readable form, repairs what may be repaired, and
//! writes down findings and repairs. The rules themselves are in the modules beside it.

use super::check::{Context, Evidence};
use super::repair::Repair;
use super::text::{
    blank, is_fraction, plain, trimmed, visible, without_decimals, without_separators,
};
use super::{Column, RawRow};
use crate::dates::{self, DateError, Order, PartialDate};
use crate::finding::{Code, Finding};
use std::borrow::Cow;
use std::ops::RangeInclusive;
use time::Date;

/// Longest cell, in characters (R08).
pub(super) const CELL_LIMIT: usize = 1_000;
/// Longest row, in bytes (R08).
pub(super) const ROW_LIMIT: usize = 16 * 1_024;

/// What one repair changed, kept back until the cell proves to have the right form.
pub(super) type Step<'t> = (Code, Cow<'t, str>);

pub(super) struct Judge<'r, 'c> {
    row: &'r RawRow<'r>,
    pub(super) context: &'c Context<'c>,
    pub(super) findings: Vec<Finding>,
    pub(super) repairs: Vec<Repair>,
    pub(super) evidence: Evidence,
    /// RIVM found the person in the BRP, whatever stands in the cell of the BSN.
    pub(super) found: bool,
    /// All cells together, in bytes.
    bytes: usize,
    /// One bit a column: something can be seen in the cell.
    filled: u32,
    /// One bit a column: nothing in the cell but visible ASCII.
    plain: u32,
    /// One bit a column: the cell is over the limit. Refused for that, so not judged further.
    unread: u32,
}

impl<'r, 'c> Judge<'r, 'c> {
    /// Looks over the whole row once; R08 for each cell that is too long.
    pub(super) fn new(row: &'r RawRow<'r>, context: &'c Context<'c>) -> Self {
        let (mut bytes, mut seen, mut ascii, mut long, mut bit) = (0, 0, 0, 0, 1_u32);
        for text in row.cells() {
            if !text.is_empty() {
                bytes += text.len();
                if plain(text) {
                    ascii |= bit;
                }
                if !blank(text) {
                    seen |= bit;
                }
                if text.len() > CELL_LIMIT && text.chars().count() > CELL_LIMIT {
                    long |= bit;
                }
            }
            bit <<= 1;
        }
        let mut judge = Self {
            row,
            context,
            findings: Vec::new(),
            repairs: Vec::new(),
            evidence: Evidence::default(),
            found: false,
            bytes,
            filled: seen,
            plain: ascii,
            unread: long,
        };
        if long != 0 {
            for column in Column::ALL
                .into_iter()
                .filter(|column| long & (1 << column.index()) != 0)
            {
                judge.find(Code::R08, column);
            }
        }
        judge
    }

    /// R08 of the row as a whole.
    pub(super) const fn is_too_long(&self) -> bool {
        self.bytes > ROW_LIMIT
    }

    /// The cell was refused already for its length.
    pub(super) const fn is_unread(&self, column: Column) -> bool {
        self.unread & (1 << column.index()) != 0
    }

    pub(super) fn find(&mut self, code: Code, column: Column) {
        if code.is_form() && self.filled(column) {
            self.evidence.form_failures += 1;
        }
        self.findings.push(Finding::on(code, column));
    }

    /// As [`Self::find`], for an empty cell; a cell refused for its length is not empty.
    pub(super) fn missing(&mut self, code: Code, column: Column) {
        if !self.is_unread(column) {
            self.find(code, column);
        }
    }

    /// Something can be seen in the cell.
    pub(super) const fn filled(&self, column: Column) -> bool {
        self.filled & (1 << column.index()) != 0
    }

    /// The cell exactly as it came.
    pub(super) const fn raw(&self, column: Column) -> &'r str {
        self.row.get(column)
    }

    pub(super) const fn allows(&self, repair: Code) -> bool {
        !self.context.off.contains(repair)
    }

    /// The cell without invisible characters (H03) and plain spaces around it; `None` when empty or unread.
    #[inline]
    pub(super) fn text(&mut self, column: Column) -> Option<Cow<'r, str>> {
        Some(match self.text_with_spaces(column)? {
            Cow::Borrowed(text) => Cow::Borrowed(trimmed(text)),
            owned @ Cow::Owned(_) => owned,
        })
    }

    /// The same with the plain spaces around it, where they count as a repair of their own.
    #[inline]
    pub(super) fn text_with_spaces(&mut self, column: Column) -> Option<Cow<'r, str>> {
        let bit = 1 << column.index();
        if self.filled & !self.unread & bit == 0 {
            return None;
        }
        let raw = self.row.get(column);
        Some(if self.plain & bit != 0 {
            Cow::Borrowed(raw)
        } else {
            self.visible(column, raw)
        })
    }

    #[cold]
    fn visible(&mut self, column: Column, raw: &'r str) -> Cow<'r, str> {
        if !self.allows(Code::H03) {
            return Cow::Borrowed(raw);
        }
        let seen = visible(raw, column);
        if let Cow::Owned(after) = &seen {
            self.repaired(Code::H03, column, raw, after);
        }
        seen
    }

    /// Writes down one repair: a finding for everybody, before and after for the sender.
    pub(super) fn repaired(&mut self, code: Code, column: Column, before: &str, after: &str) {
        self.findings.push(Finding::on(code, column));
        self.repairs.push(Repair {
            code,
            column,
            before: before.to_owned(),
            after: after.to_owned(),
        });
    }

    pub(super) fn repaired_in_steps(&mut self, column: Column, before: &str, steps: &[Step<'_>]) {
        let mut before = before;
        for (code, after) in steps {
            self.repaired(*code, column, before, after);
            before = after;
        }
    }

    /// A code of exactly `length` digits, after H07, H02 and, where allowed, H01. `None` when it is none;
    /// then no repair is claimed either.
    pub(super) fn digits<'t>(
        &mut self,
        column: Column,
        text: &'t str,
        length: usize,
        lost_zero: bool,
    ) -> Option<Cow<'t, str>> {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if text.len() == length && digits(text) {
            return Some(Cow::Borrowed(text));
        }
        let mut steps: Vec<Step<'t>> = Vec::new();
        let mut now: Cow<'t, str> = Cow::Borrowed(text);
        let bare = trimmed(text);
        if let Some(whole) = without_decimals(bare) {
            if bare.len() < text.len() {
                steps.push((Code::H02, Cow::Borrowed(bare)));
            }
            steps.push((Code::H07, Cow::Borrowed(whole)));
            now = Cow::Borrowed(whole);
            // A dot of decimals must never go as a separator: ten times the number would be left.
            if !steps.iter().all(|(code, _)| self.allows(*code)) {
                return None;
            }
        } else if let Some(after) = without_separators(text)
            && self.allows(Code::H02)
            && !is_fraction(bare)
        {
            now = Cow::Owned(after);
            steps.push((Code::H02, now.clone()));
        }
        if lost_zero && now.len() + 1 == length && digits(&now) && self.allows(Code::H01) {
            now = Cow::Owned(["0", &now].concat());
            steps.push((Code::H01, now.clone()));
        }
        if now.len() != length || !digits(&now) {
            return None;
        }
        self.repaired_in_steps(column, text, &steps);
        Some(now)
    }

    /// A number of at most five digits between the bounds, after H07.
    pub(super) fn number(
        &mut self,
        column: Column,
        text: &str,
        bounds: RangeInclusive<u32>,
    ) -> Option<u32> {
        let whole = without_decimals(text).filter(|_| self.allows(Code::H07));
        let digits = whole.unwrap_or(text);
        if digits.len() > 5 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number = digits
            .parse()
            .ok()
            .filter(|number| bounds.contains(number))?;
        if let Some(after) = whole {
            self.repaired(Code::H07, column, text, after);
        }
        Some(number)
    }

    /// A date, after H07 and H04. A day number counts only between `first` and today.
    pub(super) fn date(
        &mut self,
        column: Column,
        text: &str,
        first: Date,
    ) -> Result<PartialDate, DateError> {
        let this_year = self.context.today.year();
        let (result, order) = dates::parse(text, this_year);
        self.proves(column, order);
        if result != Err(DateError::Form) {
            return result;
        }
        let mut steps: Vec<Step<'_>> = Vec::new();
        let mut number = text;
        if let Some(whole) = without_decimals(text).filter(|_| self.allows(Code::H07)) {
            steps.push((Code::H07, Cow::Borrowed(whole)));
            if let (Ok(date), order) = dates::parse(whole, this_year) {
                self.proves(column, order);
                self.repaired_in_steps(column, text, &steps);
                return Ok(date);
            }
            number = whole;
        }
        let in_range = |date: &Date| *date >= first && *date <= self.context.today;
        match dates::from_day_number(number).filter(in_range) {
            Some(date) if self.allows(Code::H04) => {
                self.proves(column, Some(Order::of_numbers(date)));
                steps.push((Code::H04, Cow::Owned(dates::dutch(date))));
                self.repaired_in_steps(column, text, &steps);
                Ok(PartialDate::Full(date))
            }
            _ => Err(DateError::Form),
        }
    }

    /// What a date says about the order of day and month in its column (A17).
    const fn proves(&mut self, column: Column, order: Option<Order>) {
        if order.is_some() {
            match column {
                Column::Geboortedatum => self.evidence.birth_order = order,
                _ => self.evidence.vaccination_order = order,
            }
        }
    }
}

//! Dates as people write them, partly unknown dates, ages (specification §2, domain §6.3).
//!
//! Text goes in, a calendar type comes out or the reason why not. Nothing reads a clock, and day and
//! month are never swapped on a guess.

pub use time::Date;

use serde::{Deserialize, Serialize};
use std::fmt;
use time::{Duration, Month, Weekday};

/// A date of which the day, the month or everything may be unknown. Redacted in `Debug`, for it is
/// mostly somebody's date of birth.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PartialDate {
    /// Nothing known (BRP `00000000`; never in a delivered row).
    Unknown,
    /// Only the year.
    Year(i32),
    /// Year and month.
    YearMonth(i32, Month),
    /// The whole date.
    Full(Date),
}

impl PartialDate {
    /// From parts as the BRP and our columns write them: 0 is unknown. A known day in an unknown month is
    /// no date, nor is a month in an unknown year.
    #[must_use]
    pub fn from_parts(year: i32, month: u8, day: u8) -> Option<Self> {
        match (year, month, day) {
            (0, 0, 0) => Some(Self::Unknown),
            (0, ..) | (_, 0, 1..) => None,
            (1..=9999, 0, 0) => Some(Self::Year(year)),
            (1..=9999, _, 0) => Some(Self::YearMonth(year, Month::try_from(month).ok()?)),
            (1..=9999, ..) => Date::from_calendar_date(year, Month::try_from(month).ok()?, day)
                .ok()
                .map(Self::Full),
            _ => None,
        }
    }

    /// From the BRP's eight digits: `19510000`, `00000000`; also four (`2014`). A day that never was (`19650230`
    /// stands in some lists) is an unknown day: the month is all that can be true of it.
    #[must_use]
    pub fn from_lo3(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let year = i32::try_from(number(bytes.get(..4)?)?).ok()?;
        match bytes.len() {
            4 => Self::from_parts(year, 0, 0),
            8 => {
                let (month, day) = (day_part(&bytes[4..6])?, day_part(&bytes[6..])?);
                let day_of_a_month = (1..=31).contains(&day) && month != 0;
                Self::from_parts(year, month, day)
                    .or_else(|| Self::from_parts(year, month, 0).filter(|_| day_of_a_month))
            }
            _ => None,
        }
    }

    /// The earliest day it can be; for an unknown date the first day of the calendar.
    #[must_use]
    pub fn earliest(self) -> Date {
        match self {
            Self::Unknown => Date::MIN,
            Self::Year(year) => {
                Date::from_calendar_date(year, Month::January, 1).unwrap_or(Date::MIN)
            }
            Self::YearMonth(year, month) => {
                Date::from_calendar_date(year, month, 1).unwrap_or(Date::MIN)
            }
            Self::Full(date) => date,
        }
    }

    /// The latest day it can be; for an unknown date the last day of the calendar.
    #[must_use]
    pub fn latest(self) -> Date {
        match self {
            Self::Unknown => Date::MAX,
            Self::Year(year) => {
                Date::from_calendar_date(year, Month::December, 31).unwrap_or(Date::MAX)
            }
            Self::YearMonth(year, month) => {
                Date::from_calendar_date(year, month, month.length(year)).unwrap_or(Date::MAX)
            }
            Self::Full(date) => date,
        }
    }

    /// The whole date, when every part is known.
    #[must_use]
    pub const fn full(self) -> Option<Date> {
        match self {
            Self::Full(date) => Some(date),
            Self::Unknown | Self::Year(_) | Self::YearMonth(..) => None,
        }
    }

    /// Whether both may be the same day: the parts known on both sides are equal.
    #[must_use]
    pub fn agrees_with(self, other: Self) -> bool {
        self.earliest() <= other.latest() && other.earliest() <= self.latest()
    }

    /// `1951`, `1951-05`, `1951-05-31`, or empty when unknown: what FHIR and storage use.
    #[must_use]
    pub fn iso(self) -> String {
        match self {
            Self::Unknown => String::new(),
            Self::Year(year) => format!("{year:04}"),
            Self::YearMonth(year, month) => format!("{year:04}-{:02}", u8::from(month)),
            Self::Full(date) => iso(date),
        }
    }
}

impl fmt::Debug for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartialDate(…)")
    }
}

/// `2021-01-27`.
#[must_use]
pub fn iso(date: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}

/// `27-01-2021`, as Dutch readers expect it.
#[must_use]
pub fn dutch(date: Date) -> String {
    format!(
        "{:02}-{:02}-{:04}",
        date.day(),
        u8::from(date.month()),
        date.year()
    )
}

/// Days from one to another, both included; where one is missing there is no bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Days {
    /// The first.
    pub first: Option<Date>,
    /// The last.
    pub last: Option<Date>,
}

impl Days {
    /// Every day.
    pub const ALL: Self = Self {
        first: None,
        last: None,
    };

    /// Without a bound.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.first.is_none() && self.last.is_none()
    }

    /// The last day does not come before the first.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        self.first
            .zip(self.last)
            .is_none_or(|(first, last)| first <= last)
    }

    /// It is one of them. What has no day that is known is within no bounds.
    #[must_use]
    pub fn hold(self, day: Option<Date>) -> bool {
        day.map_or(self.is_all(), |day| {
            self.first.is_none_or(|first| first <= day) && self.last.is_none_or(|last| day <= last)
        })
    }
}

/// Why a text is no date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// None of the accepted forms (P11, V02).
    #[error("not a date form")]
    Form,
    /// The year has two digits (P15, V07).
    #[error("two-digit year")]
    TwoDigitYear,
    /// The month is over 12 and the day is not: probably swapped (V08; P12 for a birth date).
    #[error("day and month look swapped")]
    Swapped,
    /// No such day (P12, V03).
    #[error("no such day")]
    Impossible,
}

/// What a date proves about the order in which day and month of its column are written (A17).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// The first number is over 12: day first.
    DayMonth,
    /// The second number is over 12: month first.
    MonthDay,
    /// Both can be a month.
    Ambiguous,
    /// Another form, in which they cannot have changed places: the month by its name, or a day over 12.
    Plain,
    /// Another form, of which both can be a month. Nothing is wrong with it as it stands; but a spreadsheet that takes
    /// `01-02-2021` for 1 February makes such a date of it, and leaves `01-27-2021` a text.
    PlainPair,
}

impl Order {
    /// Of a whole date that is written in numbers, the year not last: `2021-01-27`, a day number.
    pub(crate) const fn of_numbers(date: Date) -> Self {
        if date.day() > 12 {
            Self::Plain
        } else {
            Self::PlainPair
        }
    }
}

/// Reads a date in one of the forms of specification §2, day numbers aside. Four digits are a year
/// when they lie between 1890 and `this_year`.
///
/// # Errors
/// When the form is not accepted, the year has two digits, or the day does not exist.
pub fn parse_partial(text: &str, this_year: i32) -> Result<PartialDate, DateError> {
    parse(text, this_year).0
}

/// Reads a date of which every part is known.
///
/// # Errors
/// As [`parse_partial`]; a partly unknown date is [`DateError::Impossible`].
pub fn parse_full(text: &str, this_year: i32) -> Result<Date, DateError> {
    parse_partial(text, this_year)?
        .full()
        .ok_or(DateError::Impossible)
}

/// As [`parse_partial`], and what the text proves about the order of day and month.
pub(crate) fn parse(text: &str, this_year: i32) -> (Result<PartialDate, DateError>, Option<Order>) {
    let bytes = text.as_bytes();
    if let &[d1, d2, b'-', m1, m2, b'-', ref year @ ..] = bytes
        && year.len() == 4
        && let (Some(day), Some(month), Some(year)) =
            (number(&[d1, d2]), number(&[m1, m2]), number(year))
    {
        // Nearly every date; the general way below gives the same.
        return dutch_order(year, month as u8, day as u8);
    }
    if !text.is_ascii() || bytes.len() > 20 {
        return (Err(DateError::Form), None);
    }
    if bytes.iter().all(u8::is_ascii_digit) {
        return in_numbers(digits_only(bytes, this_year));
    }
    if bytes.contains(&b' ') {
        let read = with_month_name(text);
        return (read, whole(read).map(|_| Order::Plain));
    }
    let Some(separator) = bytes
        .iter()
        .copied()
        .find(|b| matches!(b, b'-' | b'/' | b'.'))
    else {
        return (Err(DateError::Form), None);
    };
    let mut parts = bytes.split(|b| *b == separator);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(first), Some(second), Some(third), None) => {
            three_parts(first, second, third, separator)
        }
        _ => (Err(DateError::Form), None),
    }
}

fn three_parts(
    first: &[u8],
    second: &[u8],
    third: &[u8],
    separator: u8,
) -> (Result<PartialDate, DateError>, Option<Order>) {
    if separator == b'-' && first.len() == 4 && second.len() == 2 && third.len() == 2 {
        return in_numbers(build(first, second, third));
    }
    let short = |part: &[u8]| matches!(part.len(), 1 | 2);
    let (Some(day), Some(month), true) = (
        day_part(first),
        day_part(second),
        short(first) && short(second),
    ) else {
        return (Err(DateError::Form), None);
    };
    match (third.len(), number(third)) {
        (2, Some(_)) => (Err(DateError::TwoDigitYear), None),
        (4, Some(year)) => dutch_order(year, month, day),
        _ => (Err(DateError::Form), None),
    }
}

/// What was read of a form in which the year comes first.
fn in_numbers(
    read: Result<PartialDate, DateError>,
) -> (Result<PartialDate, DateError>, Option<Order>) {
    (read, whole(read).map(Order::of_numbers))
}

/// A date that was read and has all its parts: a year alone proves nothing.
fn whole(read: Result<PartialDate, DateError>) -> Option<Date> {
    read.ok().and_then(PartialDate::full)
}

/// Day, month, year: the only forms whose order can be another one.
fn dutch_order(year: u32, month: u8, day: u8) -> (Result<PartialDate, DateError>, Option<Order>) {
    let order = match (day, month) {
        (1..=12, 1..=12) => Some(Order::Ambiguous),
        (1..=12, 13..=31) => Some(Order::MonthDay),
        (13..=31, 1..=12) => Some(Order::DayMonth),
        _ => None,
    };
    (calendar(year, month, day), order)
}

/// `1942` (a year) and `20210127`.
fn digits_only(bytes: &[u8], this_year: i32) -> Result<PartialDate, DateError> {
    match (
        bytes.len(),
        number(bytes).and_then(|n| i32::try_from(n).ok()),
    ) {
        (4, Some(year)) if (FIRST_YEAR..=this_year).contains(&year) => Ok(PartialDate::Year(year)),
        // Outside these centuries eight digits are more likely ddmmjjjj, which is no accepted form.
        (8, Some(whole)) if (1800..2200).contains(&(whole / 10_000)) => {
            build(&bytes[..4], &bytes[4..6], &bytes[6..])
        }
        (2, Some(_)) => Err(DateError::TwoDigitYear),
        _ => Err(DateError::Form),
    }
}

/// Years before this one are no birth years (P16), so four digits below it are not read as a year.
pub const FIRST_YEAR: i32 = 1890;

const MONTHS: [(&str, &str); 12] = [
    ("jan", "januari"),
    ("feb", "februari"),
    ("mrt", "maart"),
    ("apr", "april"),
    ("mei", "mei"),
    ("jun", "juni"),
    ("jul", "juli"),
    ("aug", "augustus"),
    ("sep", "september"),
    ("okt", "oktober"),
    ("nov", "november"),
    ("dec", "december"),
];

/// The number of a Dutch month name or its abbreviation.
pub(crate) fn month_number(name: &str) -> Option<u8> {
    let place = MONTHS.iter().position(|(short, long)| {
        name.eq_ignore_ascii_case(short) || name.eq_ignore_ascii_case(long)
    })?;
    u8::try_from(place + 1).ok()
}

/// `27 jan 2021`, `27 januari 2021`.
fn with_month_name(text: &str) -> Result<PartialDate, DateError> {
    let mut parts = text.split(' ').filter(|part| !part.is_empty());
    let (Some(day), Some(name), Some(year), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(DateError::Form);
    };
    let month = month_number(name).ok_or(DateError::Form)?;
    let day = match day.len() {
        1 | 2 => day_part(day.as_bytes()).ok_or(DateError::Form)?,
        _ => return Err(DateError::Form),
    };
    match (year.len(), number(year.as_bytes())) {
        (2, Some(_)) => Err(DateError::TwoDigitYear),
        (4, Some(year)) => calendar(year, month, day),
        _ => Err(DateError::Form),
    }
}

fn build(year: &[u8], month: &[u8], day: &[u8]) -> Result<PartialDate, DateError> {
    match (number(year), day_part(month), day_part(day)) {
        (Some(year), Some(month), Some(day)) => calendar(year, month, day),
        _ => Err(DateError::Form),
    }
}

fn calendar(year: u32, month: u8, day: u8) -> Result<PartialDate, DateError> {
    if month > 12 && (1..=12).contains(&day) {
        return Err(DateError::Swapped);
    }
    let year = i32::try_from(year).map_err(|_| DateError::Form)?;
    match PartialDate::from_parts(year, month, day) {
        None | Some(PartialDate::Unknown) => Err(DateError::Impossible),
        Some(date) => Ok(date),
    }
}

/// One or two digits, or `XX` for unknown.
fn day_part(part: &[u8]) -> Option<u8> {
    if part.eq_ignore_ascii_case(b"xx") {
        return Some(0);
    }
    number(part).and_then(|n| u8::try_from(n).ok())
}

/// Up to eight ASCII digits as a number.
fn number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0_u32, |n, d| {
        d.is_ascii_digit().then(|| n * 10 + u32::from(d - b'0'))
    })
}

/// The date of a spreadsheet's day number (1900 system, as text; H04). Day 60 is 29-02-1900, which
/// never was: spreadsheets keep the error of a predecessor.
#[must_use]
pub fn from_day_number(text: &str) -> Option<Date> {
    // One and two digits are no day numbers people meet, but ages and short years.
    if !(3..=5).contains(&text.len()) {
        return None;
    }
    let days = i64::from(number(text.as_bytes())?);
    if days <= 60 {
        return None;
    }
    Date::from_calendar_date(1899, Month::December, 30)
        .ok()?
        .checked_add(Duration::days(days))
}

/// Whether somebody has reached an age on a day. Who was born on 29 February grows older on 1 March.
#[must_use]
pub fn has_reached(age: i32, birth: Date, on: Date) -> bool {
    let years = on.year() - birth.year();
    years > age
        || (years == age && (on.month() as u8, on.day()) >= (birth.month() as u8, birth.day()))
}

/// Monday to Friday, without the holidays of [`is_holiday`].
#[must_use]
pub fn is_working_day(day: Date) -> bool {
    day.weekday().number_from_monday() <= 5 && !is_holiday(day)
}

/// Working days after one day and before another.
#[must_use]
pub fn working_days_between(after: Date, before: Date) -> u32 {
    let days = std::iter::successors(after.next_day(), |day| day.next_day());
    let working = days
        .take_while(|day| *day < before)
        .filter(|day| is_working_day(*day));
    u32::try_from(working.count()).unwrap_or(u32::MAX)
}

/// A holiday in the Netherlands, on which nobody has to answer (Algemene termijnenwet, article 3): New Year's Day, Good
/// Friday, Easter Monday, Ascension Day, Whit Monday, the King's birthday as it is kept, 5 May, and Christmas.
#[must_use]
pub fn is_holiday(day: Date) -> bool {
    let fixed = matches!(
        (day.month(), day.day()),
        (Month::January, 1) | (Month::May, 5) | (Month::December, 25 | 26)
    );
    // On Saturday when the 27th is a Sunday.
    let king = day.month() == Month::April
        && match day.day() {
            26 => day.weekday() == Weekday::Saturday,
            27 => day.weekday() != Weekday::Sunday,
            _ => false,
        };
    let after_easter = easter(day.year()).map(|easter| (day - easter).whole_days());
    fixed || king || matches!(after_easter, Some(-2 | 1 | 39 | 50))
}

/// Easter Sunday, by the rule of Gauss as Meeus and Butcher wrote it down.
fn easter(year: i32) -> Option<Date> {
    let golden = year % 19;
    let (century, of_century) = (year / 100, year % 100);
    let skipped = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - century / 4 - skipped + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (of_century / 4) - epact - of_century % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let days = epact + weekday - 7 * late + 114;
    let month = Month::try_from(u8::try_from(days / 31).ok()?).ok()?;
    Date::from_calendar_date(year, month, u8::try_from(days % 31 + 1).ok()?).ok()
}

#[cfg(test)]
mod tests;

//! The calendar against an independent oracle, and every accepted and refused form.

use super::*;
use time::macros::date;

/// Days of a month after the rule of Gregory, written out: not taken from the crate under test.
fn days_in(year: i32, month: u8) -> u8 {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

#[test]
fn every_day_from_1890_to_2030_is_read_in_every_form_and_no_other_day_is() {
    // Ten years and two leap days before 1-1-1900, which is day 1.
    let mut day_number = 1_i64 - 3652;
    for year in 1890..=2030 {
        for month in 1..=12_u8 {
            for day in 1..=31_u8 {
                let exists = day <= days_in(year, month);
                let expected = exists.then(|| {
                    Date::from_calendar_date(year, Month::try_from(month).unwrap(), day).unwrap()
                });
                let (short, long) = MONTHS[usize::from(month) - 1];
                for text in [
                    format!("{day:02}-{month:02}-{year}"),
                    format!("{day}/{month}/{year}"),
                    format!("{day:02}.{month}.{year}"),
                    format!("{year}-{month:02}-{day:02}"),
                    format!("{year}{month:02}{day:02}"),
                    format!("{day} {short} {year}"),
                    format!("{day:02} {long} {year}"),
                ] {
                    let read = parse_full(&text, 2030);
                    assert_eq!(read, expected.ok_or(DateError::Impossible), "{text}");
                }
                if let Some(date) = expected {
                    // Spreadsheets count from 1 on 1-1-1900 and count a 29-2-1900 that never was.
                    let shown = day_number + i64::from(day_number >= 60);
                    let read = (shown > 99)
                        .then(|| from_day_number(&shown.to_string()))
                        .flatten();
                    assert_eq!(read, (shown > 99).then_some(date), "{shown}");
                    day_number += 1;
                }
            }
        }
    }
}

#[test]
fn partly_unknown_dates_cover_exactly_their_days() {
    for year in 1890..=2021 {
        for text in [
            format!("00-00-{year}"),
            format!("XX-xx-{year}"),
            format!("{year}"),
            format!("{year}0000"),
            format!("{year}-00-00"),
        ] {
            assert_eq!(
                parse_partial(&text, 2021),
                Ok(PartialDate::Year(year)),
                "{text}"
            );
        }
        for month in 1..=12_u8 {
            let of_month = PartialDate::YearMonth(year, Month::try_from(month).unwrap());
            for text in [
                format!("00-{month:02}-{year}"),
                format!("xx-{month:02}-{year}"),
                format!("{year}{month:02}00"),
            ] {
                assert_eq!(parse_partial(&text, 2021), Ok(of_month), "{text}");
                assert_eq!(
                    parse_full(&text, 2021),
                    Err(DateError::Impossible),
                    "{text}"
                );
            }
            let days = (of_month.latest() - of_month.earliest()).whole_days() + 1;
            assert_eq!(days, i64::from(days_in(year, month)));
        }
        let days = (PartialDate::Year(year).latest() - PartialDate::Year(year).earliest())
            .whole_days()
            + 1;
        assert_eq!(
            days,
            (1..=12)
                .map(|month| i64::from(days_in(year, month)))
                .sum::<i64>()
        );
    }
}

#[test]
fn a_day_without_its_month_or_a_month_without_its_year_is_no_date() {
    for text in [
        "05-00-1942",
        "05-XX-1942",
        "00-05-0000",
        "00-00-0000",
        "31-04-1942",
        "00-13-1942",
    ] {
        assert_eq!(
            parse_partial(text, 2021),
            Err(DateError::Impossible),
            "{text}"
        );
    }
}

#[test]
fn the_wrong_forms_say_what_is_wrong() {
    use DateError::{Form, Swapped, TwoDigitYear};
    for (text, error) in [
        ("01-02-45", TwoDigitYear),
        ("1/2/21", TwoDigitYear),
        ("27 jan 21", TwoDigitYear),
        ("45", TwoDigitYear),
        ("01-27-2021", Swapped),
        ("2021-27-01", Swapped),
        ("20212701", Swapped),
        ("27012021", Form),
        ("1889", Form),
        ("2022", Form),
        ("27-01/2021", Form),
        ("27-01-2021 00:00", Form),
        ("2021-1-27", Form),
        ("2021/01/27", Form),
        ("27 janvier 2021", Form),
        ("27-jan-2021", Form),
        ("-1-1-2021", Form),
        ("1--2021", Form),
        ("001-01-2021", Form),
        ("01-01-02021", Form),
        ("1-1-942", Form),
        ("+1-01-2021", Form),
        ("２７-01-2021", Form),
        ("", Form),
    ] {
        assert_eq!(parse_partial(text, 2021), Err(error), "{text}");
    }
}

#[test]
fn a_whole_date_says_whether_day_and_month_can_have_changed_places() {
    for (text, order) in [
        ("27-01-2021", Some(Order::DayMonth)),
        ("01/27/2021", Some(Order::MonthDay)),
        ("1.2.2021", Some(Order::Ambiguous)),
        ("2021-01-27", Some(Order::Plain)),
        ("20210127", Some(Order::Plain)),
        ("27 jan 2021", Some(Order::Plain)),
        ("2 jan 2021", Some(Order::Plain)),
        ("2021-01-02", Some(Order::PlainPair)),
        ("20210102", Some(Order::PlainPair)),
        // Not whole, or no date.
        ("1942", None),
        ("2021-01-00", None),
        ("2021-XX-XX", None),
        ("2021-27-01", None),
        ("2021-02-30", None),
        ("00 jan 2021", None),
        ("27 jan 21", None),
        ("00-01-2021", None),
        ("27-27-2021", None),
        ("27-01-21", None),
    ] {
        assert_eq!(parse(text, 2021).1, order, "{text}");
    }
}

#[test]
fn dates_of_the_brp_are_read_with_their_zeros() {
    assert_eq!(
        PartialDate::from_lo3("00000000"),
        Some(PartialDate::Unknown)
    );
    assert_eq!(
        PartialDate::from_lo3("19510000"),
        Some(PartialDate::Year(1951))
    );
    assert_eq!(
        PartialDate::from_lo3("20200300"),
        Some(PartialDate::YearMonth(2020, Month::March))
    );
    assert_eq!(
        PartialDate::from_lo3("20000229"),
        Some(PartialDate::Full(date!(2000 - 02 - 29)))
    );
    assert_eq!(PartialDate::from_lo3("2014"), Some(PartialDate::Year(2014)));
    // Two lists of the test persons hold this day.
    let february = PartialDate::YearMonth(1965, Month::February);
    assert_eq!(PartialDate::from_lo3("19650230"), Some(february));
    for text in [
        "", "19650232", "19511301", "19650031", "00000101", "1951000", "x9510000",
    ] {
        assert_eq!(PartialDate::from_lo3(text), None, "{text}");
    }
}

#[test]
fn every_date_that_the_brp_can_write_is_read_as_the_calendar_has_it() {
    // All years with all that can stand beside a month, and all pairs of digits beside two of them.
    let near = (0..=9999).flat_map(|year| {
        (0..=13_u8).flat_map(move |month| (0..=32_u8).map(move |day| (year, month, day)))
    });
    let all = [0, 2000].into_iter().flat_map(|year| {
        (0..=99_u8).flat_map(move |month| (0..=99_u8).map(move |day| (year, month, day)))
    });
    for (year, month, day) in near.chain(all) {
        let of = |month| Month::try_from(month).ok();
        let expected = match (year, month, day) {
            (0, 0, 0) => Some(PartialDate::Unknown),
            (0, ..) | (_, 0, 1..) | (.., 32..) => None,
            (_, 0, 0) => Some(PartialDate::Year(year)),
            (_, 13.., _) => None,
            (.., 1..) if day <= days_in(year, month) => {
                Date::from_calendar_date(year, of(month).unwrap(), day)
                    .ok()
                    .map(PartialDate::Full)
            }
            _ => of(month).map(|month| PartialDate::YearMonth(year, month)),
        };
        let text = format!("{year:04}{month:02}{day:02}");
        assert!(PartialDate::from_lo3(&text) == expected, "{text}");
        if (month, day) == (0, 0) && year > 0 {
            assert!(PartialDate::from_lo3(&text[..4]) == expected, "{text}");
        }
    }
}

#[test]
fn partial_dates_agree_when_no_part_known_on_both_sides_differs() {
    let years = 2019..=2021;
    let mut all = vec![(None, None, None)];
    for year in years {
        all.push((Some(year), None, None));
        for month in 1..=12_u8 {
            all.push((Some(year), Some(month), None));
            all.extend((1..=days_in(year, month)).map(|day| (Some(year), Some(month), Some(day))));
        }
    }
    assert_eq!(all.len(), 1 + 3 + 36 + 365 + 366 + 365);
    let date = |(year, month, day): (Option<i32>, Option<u8>, Option<u8>)| {
        let (month, day) = (month.unwrap_or_default(), day.unwrap_or_default());
        PartialDate::from_parts(year.unwrap_or_default(), month, day).unwrap()
    };
    fn same<T: PartialEq>(a: Option<T>, b: Option<T>) -> bool {
        a.is_none() || b.is_none() || a == b
    }
    for a in &all {
        for b in &all {
            let expected = same(a.0, b.0) && same(a.1, b.1) && same(a.2, b.2);
            assert_eq!(date(*a).agrees_with(date(*b)), expected, "{a:?} {b:?}");
        }
    }
}

#[test]
fn a_partial_date_lies_between_the_first_and_the_last_day_of_what_is_known() {
    let day = |year, month, day| {
        Date::from_calendar_date(year, Month::try_from(month).unwrap(), day).unwrap()
    };
    for year in 1..=9999 {
        let whole = PartialDate::Year(year);
        assert_eq!(whole.earliest(), day(year, 1, 1));
        assert_eq!(whole.latest(), day(year, 12, 31));
        for month in 1..=12_u8 {
            let of_month = PartialDate::YearMonth(year, Month::try_from(month).unwrap());
            assert_eq!(of_month.earliest(), day(year, month, 1));
            assert_eq!(of_month.latest(), day(year, month, days_in(year, month)));
        }
    }
    assert_eq!(PartialDate::Unknown.earliest(), Date::MIN);
    assert_eq!(PartialDate::Unknown.latest(), Date::MAX);
}

#[test]
fn known_parts_must_agree_and_unknown_parts_agree_with_all() {
    let lo3 = |text| PartialDate::from_lo3(text).unwrap();
    for (a, b, agree) in [
        ("19420502", "19420502", true),
        ("19420502", "19420503", false),
        ("19420500", "19420502", true),
        ("19420500", "19420602", false),
        ("19420000", "19421231", true),
        ("19420000", "19430101", false),
        ("19420000", "19420500", true),
        ("00000000", "19420502", true),
    ] {
        assert_eq!(lo3(a).agrees_with(lo3(b)), agree, "{a} {b}");
        assert_eq!(lo3(b).agrees_with(lo3(a)), agree, "{b} {a}");
    }
}

#[test]
fn an_age_is_reached_on_the_birthday() {
    let birth = date!(2009 - 01 - 28);
    assert!(!has_reached(12, birth, date!(2021 - 01 - 27)));
    assert!(has_reached(12, birth, date!(2021 - 01 - 28)));
    let leap = date!(2008 - 02 - 29);
    assert!(!has_reached(13, leap, date!(2021 - 02 - 28)));
    assert!(has_reached(13, leap, date!(2021 - 03 - 01)));
}

#[test]
fn debug_shows_no_part_of_a_date_of_birth() {
    assert_eq!(format!("{:?}", PartialDate::Year(1942)), "PartialDate(…)");
}

#[test]
fn easter_is_where_the_calendar_has_it() {
    for day in [
        date!(2021 - 04 - 04),
        date!(2024 - 03 - 31),
        date!(2026 - 04 - 05),
        date!(2027 - 03 - 28),
        date!(2038 - 04 - 25),
    ] {
        assert_eq!(easter(day.year()), Some(day));
    }
}

#[test]
fn nobody_has_to_answer_on_a_holiday() {
    for day in [
        date!(2026 - 01 - 01),
        date!(2026 - 04 - 03),
        date!(2026 - 04 - 06),
        date!(2026 - 04 - 27),
        date!(2026 - 05 - 05),
        date!(2026 - 05 - 14),
        date!(2026 - 05 - 25),
        date!(2026 - 12 - 25),
        // The 27th is a Sunday.
        date!(2025 - 04 - 26),
    ] {
        assert!(is_holiday(day), "{day}");
    }
    for day in [
        date!(2026 - 04 - 05),
        date!(2025 - 04 - 27),
        date!(2026 - 05 - 04),
        date!(2026 - 12 - 24),
        date!(2026 - 12 - 31),
    ] {
        assert!(!is_holiday(day), "{day}");
    }
    // Christmas on Friday: Thursday, then Monday.
    let (before, after) = (date!(2026 - 12 - 23), date!(2026 - 12 - 29));
    assert_eq!(working_days_between(before, after), 2);
}

#[test]
fn on_a_weekend_and_a_holiday_nobody_works() {
    for (day, works) in [
        (date!(2026 - 12 - 24), true),
        (date!(2026 - 12 - 25), false),
        (date!(2026 - 12 - 26), false),
        (date!(2026 - 12 - 28), true),
    ] {
        assert_eq!(is_working_day(day), works, "{day}");
    }
}

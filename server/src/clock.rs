//! The one place that reads the clock of the machine. Everything else takes time as a parameter.

use domain::dates::dutch;
use domain::delivery::rhythm::CALENDAR_DAYS;
use std::sync::Mutex;
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use uuid::{ContextV7, Timestamp, Uuid};

/// Keys made in the same millisecond still count on.
static COUNTER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// The time now, in UTC.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one door to the clock")]
pub fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A new key: the time now and randomness of the operating system (UUID version 7), so that keys grow with time.
#[must_use]
pub fn new_key() -> Uuid {
    key_of(now())
}

fn key_of(at: OffsetDateTime) -> Uuid {
    let seconds = u64::try_from(at.unix_timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(&COUNTER, seconds, at.nanosecond()))
}

/// An instant as the clocks in the Netherlands show it.
#[must_use]
pub fn dutch_time(at: OffsetDateTime) -> OffsetDateTime {
    at.to_offset(dutch_offset(at))
}

/// The day in the Netherlands at an instant: "today" of every rule (specification §2).
#[must_use]
pub fn dutch_day(at: OffsetDateTime) -> Date {
    at.to_offset(dutch_offset(at)).date()
}

/// The moment at which the day of an instant began in the Netherlands.
#[must_use]
pub fn dutch_midnight(at: OffsetDateTime) -> OffsetDateTime {
    let midnight = dutch_day(at).midnight();
    let guess = midnight.assume_offset(dutch_offset(at));
    // The offset may have changed since.
    midnight.assume_offset(dutch_offset(guess))
}

/// The moment at which the first day of the picture of an installation began: its numbers are of those days and no others.
#[must_use]
pub fn calendar_since(at: OffsetDateTime) -> OffsetDateTime {
    let first = dutch_day(at) - Duration::days(i64::from(CALENDAR_DAYS) - 1);
    // Noon is that day in every season.
    dutch_midnight(first.midnight().assume_utc() + Duration::hours(12))
}

/// The day it is now in the Netherlands.
#[must_use]
pub fn today() -> Date {
    dutch_day(now())
}

/// "22-11-2026 14:05", in the Netherlands.
#[must_use]
pub fn dutch_moment(at: OffsetDateTime) -> String {
    let at = dutch_time(at);
    format!("{} {:02}:{:02}", dutch(at.date()), at.hour(), at.minute())
}

/// Offset of Europe/Amsterdam: summer time from the last Sunday of March to that of October, 01:00 UTC.
fn dutch_offset(at: OffsetDateTime) -> UtcOffset {
    let at = at.to_offset(UtcOffset::UTC);
    let summer = last_sunday(at.year(), time::Month::March) <= at
        && at < last_sunday(at.year(), time::Month::October);
    let hours = if summer { 2 } else { 1 };
    UtcOffset::from_hms(hours, 0, 0).unwrap_or(UtcOffset::UTC)
}

/// 01:00 UTC on the last Sunday of a month of 31 days.
fn last_sunday(year: i32, month: time::Month) -> OffsetDateTime {
    let last = Date::from_calendar_date(year, month, 31).unwrap_or(Date::MIN);
    let back = i64::from(last.weekday().number_days_from_sunday());
    let day = last.saturating_sub(time::Duration::days(back));
    day.midnight().assume_utc() + time::Duration::hours(1)
}

#[cfg(test)]
mod tests {
    use super::{dutch_day, dutch_midnight, dutch_moment, key_of, new_key};
    use time::macros::{date, datetime};

    #[test]
    fn the_day_turns_at_dutch_midnight_in_winter_and_in_summer() {
        assert_eq!(
            dutch_day(datetime!(2021-01-31 22:59:59 UTC)),
            date!(2021 - 01 - 31)
        );
        assert_eq!(
            dutch_day(datetime!(2021-01-31 23:00 UTC)),
            date!(2021 - 02 - 01)
        );
        assert_eq!(
            dutch_day(datetime!(2021-06-30 21:59:59 UTC)),
            date!(2021 - 06 - 30)
        );
        assert_eq!(
            dutch_day(datetime!(2021-06-30 22:00 UTC)),
            date!(2021 - 07 - 01)
        );
    }

    #[test]
    fn keys_grow_with_time_also_within_a_millisecond() {
        let keys: Vec<_> = (0..1_000).map(|_| new_key()).collect();
        assert!(keys.is_sorted_by(|one, next| one < next));
        let at = datetime!(2021-01-31 22:59:59 UTC);
        let (seconds, _) = key_of(at).get_timestamp().expect("a time").to_unix();
        assert!(i64::try_from(seconds).expect("small") >= at.unix_timestamp());
        assert_eq!(new_key().get_version_num(), 7);
    }

    #[test]
    fn a_day_begins_at_dutch_midnight_also_when_the_clocks_change_in_it() {
        for (at, began) in [
            (
                datetime!(2021-01-31 12:00 UTC),
                datetime!(2021-01-30 23:00 UTC),
            ),
            (
                datetime!(2021-06-30 12:00 UTC),
                datetime!(2021-06-29 22:00 UTC),
            ),
            (
                datetime!(2021-03-28 12:00 UTC),
                datetime!(2021-03-27 23:00 UTC),
            ),
            (
                datetime!(2021-10-31 12:00 UTC),
                datetime!(2021-10-30 22:00 UTC),
            ),
        ] {
            assert_eq!(dutch_midnight(at), began);
        }
    }

    #[test]
    fn a_moment_is_told_in_dutch_time() {
        assert_eq!(
            dutch_moment(datetime!(2026-11-22 13:05 UTC)),
            "22-11-2026 14:05"
        );
        assert_eq!(
            dutch_moment(datetime!(2026-06-01 22:30 UTC)),
            "02-06-2026 00:30"
        );
    }

    #[test]
    fn summer_time_begins_and_ends_on_the_last_sunday_at_one_utc() {
        // 28-03-2021 and 31-10-2021; the offset shows in the day only near midnight.
        assert_eq!(
            dutch_day(datetime!(2021-03-27 22:30 UTC)),
            date!(2021 - 03 - 27)
        );
        assert_eq!(
            dutch_day(datetime!(2021-03-28 22:30 UTC)),
            date!(2021 - 03 - 29)
        );
        assert_eq!(
            dutch_day(datetime!(2021-10-30 22:30 UTC)),
            date!(2021 - 10 - 31)
        );
        assert_eq!(
            dutch_day(datetime!(2021-10-31 22:30 UTC)),
            date!(2021 - 10 - 31)
        );
    }
}

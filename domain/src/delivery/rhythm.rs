//! Is everything here? Gaps in the numbers of files, and installations that are silent (features F61, F-X6).

use crate::dates::working_days_between;
use time::{Date, Duration};

/// Working days without a file after which an installation that delivers daily is silent.
pub const SILENT_AFTER: u32 = 3;
/// Days of the picture.
pub const CALENDAR_DAYS: u16 = 28;

/// Numbers that are missing between the first and the last one, as ranges. In any order, doubles allowed.
#[must_use]
pub fn gaps(numbers: &[u32]) -> Vec<(u32, u32)> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
        .windows(2)
        .filter_map(|pair| match pair {
            [one, next] if one + 1 < *next => Some((one + 1, next - 1)),
            _ => None,
        })
        .collect()
}

/// Nothing came for more working days than [`SILENT_AFTER`]; `since` is the day of the last file, or of the account.
#[must_use]
pub fn is_silent(since: Date, today: Date) -> bool {
    working_days_between(since, today) >= SILENT_AFTER
}

/// Days before that of the last file whose files say what is usual (security §5.6).
pub const USUAL_DAYS: i64 = 7;

/// Files of those days below which nothing is known: of three one odd file is not the middle one.
const USUAL_FILES: usize = 3;

/// Rows of a usual file below which nothing is said of the last one: a small practice has quiet days, and says so with an empty file.
pub const USUAL_ROWS: u32 = 10;

/// The last file has less than half the rows of the middle one of those before it of [`USUAL_DAYS`], which has [`USUAL_ROWS`] or
/// more; day and rows of each file, in the order they came.
#[must_use]
pub fn is_thin(files: &[(Date, u32)]) -> bool {
    let Some(((day, last), before)) = files.split_last() else {
        return false;
    };
    let from = day.saturating_sub(Duration::days(USUAL_DAYS));
    let near = before.iter().filter(|(day, _)| *day >= from);
    let mut sorted: Vec<u32> = near.map(|(_, rows)| *rows).collect();
    if sorted.len() < USUAL_FILES {
        return false;
    }
    sorted.sort_unstable();
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
    middle >= USUAL_ROWS && u64::from(*last) * 2 < u64::from(middle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn what_is_missing_between_is_a_gap() {
        assert_eq!(gaps(&[1, 2, 4, 5]), [(3, 3)]);
        assert_eq!(gaps(&[9, 5, 5, 1]), [(2, 4), (6, 8)]);
        assert!(gaps(&[7, 8, 9]).is_empty() && gaps(&[4]).is_empty() && gaps(&[]).is_empty());
        assert_eq!(gaps(&[0, u32::MAX]), [(1, u32::MAX - 1)]);
    }

    #[test]
    fn a_file_with_less_than_half_the_usual_rows_stands_out() {
        // One a day.
        let is_thin = |sizes: &[u32]| {
            let days = (0..).map(|day| date!(2026 - 11 - 16) + Duration::days(day));
            let files: Vec<(Date, u32)> = days.zip(sizes.iter().copied()).collect();
            super::is_thin(&files)
        };
        assert!(is_thin(&[100, 90, 110, 100, 105, 49]));
        assert!(!is_thin(&[100, 90, 110, 100, 105, 50]));
        assert!(is_thin(&[100, 90, 110, 49]));
        assert!(!is_thin(&[100, 90, 1]), "too few to know");
        assert!(is_thin(&[10, 9, 11, 10, 10, 4]));
        assert!(
            is_thin(&[10, 9, 11, 10, 10, 0]),
            "nothing is less than usual"
        );
        assert!(!is_thin(&[3, 2, 1, 2, 3, 0]), "a quiet day");
        assert!(!is_thin(&[9, 9, 9, 9, 9, 0]), "too small to know");
        assert!(!is_thin(&[0, 0, 0, 0, 0, 0]) && !is_thin(&[]));
        assert!(
            !is_thin(&[1, 1, 1, 9_000, 1, 1]),
            "one large file is not usual"
        );
    }

    #[test]
    fn what_is_usual_is_that_of_the_seven_days_before() {
        let last = date!(2026 - 11 - 27);
        let days_before = |days: i64, rows: u32| (last - Duration::days(days), rows);
        // Much in weeks before, little in this one: as many as always.
        let mut files: Vec<(Date, u32)> = (8..28).rev().map(|day| days_before(day, 900)).collect();
        files.extend([7, 4, 3, 2, 1].map(|day| days_before(day, 100)));
        files.push((last, 60));
        assert!(!is_thin(&files));
        files.push((last, 49));
        assert!(is_thin(&files));
        // Of a week in which little came nothing is known.
        let is_thin_after = |days: [i64; 3]| {
            let mut files = Vec::from(days.map(|day| days_before(day, 100)));
            files.push((last, 1));
            is_thin(&files)
        };
        assert!(!is_thin_after([8, 7, 1]));
        assert!(is_thin_after([7, 2, 1]));
    }

    #[test]
    fn three_working_days_without_a_file_are_silence() {
        let friday = date!(2026 - 11 - 20);
        assert!(!is_silent(friday, date!(2026 - 11 - 25)), "Monday, Tuesday");
        assert!(is_silent(friday, date!(2026 - 11 - 26)), "and Wednesday");
        assert!(!is_silent(friday, friday));
    }
}

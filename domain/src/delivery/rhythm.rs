//! Is everything here? Gaps in the numbers of files, and installations that are silent (features F61, F-X6).

use crate::dates::working_days_between;
use time::Date;

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

/// Files before the last one that say what is usual.
const USUAL_FILES: usize = 5;

/// Rows of a usual file below which nothing is said of the last one: a small practice has quiet days, and says so with an empty file.
pub const USUAL_ROWS: u32 = 10;

/// The last file has less than half the rows of the middle one of those before it, which has [`USUAL_ROWS`] or more; sizes in the
/// order they came.
#[must_use]
pub fn is_thin(sizes: &[u32]) -> bool {
    let Some((last, before)) = sizes.split_last() else {
        return false;
    };
    if before.len() < USUAL_FILES {
        return false;
    }
    let mut sorted = before.to_vec();
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
        assert!(is_thin(&[100, 90, 110, 100, 105, 49]));
        assert!(!is_thin(&[100, 90, 110, 100, 105, 50]));
        assert!(!is_thin(&[100, 90, 110, 100, 1]), "too few to know");
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
    fn three_working_days_without_a_file_are_silence() {
        let friday = date!(2026 - 11 - 20);
        assert!(!is_silent(friday, date!(2026 - 11 - 25)), "Monday, Tuesday");
        assert!(is_silent(friday, date!(2026 - 11 - 26)), "and Wednesday");
        assert!(!is_silent(friday, friday));
    }
}

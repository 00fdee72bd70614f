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
    fn three_working_days_without_a_file_are_silence() {
        let friday = date!(2026 - 11 - 20);
        assert!(!is_silent(friday, date!(2026 - 11 - 25)), "Monday, Tuesday");
        assert!(is_silent(friday, date!(2026 - 11 - 26)), "and Wednesday");
        assert!(!is_silent(friday, friday));
    }
}

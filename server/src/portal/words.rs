//! Moments, numbers and names as pages show them.

pub(super) use crate::clock::dutch_moment as moment;
use crate::clock::dutch_time;
use app::ports::deliveries::RowRanges;
use time::OffsetDateTime;

/// "14:05", Dutch time.
pub(super) fn clock_time(at: OffsetDateTime) -> String {
    let at = dutch_time(at);
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// What is kept of a text that somebody wrote: without space around it, and no more than so many characters.
pub(super) fn kept(text: &str, most: usize) -> String {
    text.trim().chars().take(most).collect()
}

/// `*****1234`; nothing without a BSN.
pub(super) fn masked(bsn: &str) -> String {
    match bsn.get(5..) {
        Some(end) if bsn.len() == 9 => format!("*****{end}"),
        _ => String::new(),
    }
}

/// Reference of a receipt: year, number, and a digit that catches a slip of the pen.
pub(super) fn reference(year: i32, number: i64) -> String {
    let digits = format!("{year}{number:06}");
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            if place % 2 == 0 {
                (digit * 2) / 10 + (digit * 2) % 10
            } else {
                digit
            }
        })
        .sum();
    format!("{year}-{number:06}-{}", (10 - sum % 10) % 10)
}

/// Ranges that are shown: thousands of them would be a page that nobody reads.
const RANGES: usize = 25;

/// Row numbers as ranges: "4, 9-31".
pub(super) fn ranges(rows: &[i32]) -> RowRanges {
    let mut sorted = rows.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    let mut runs = sorted.chunk_by(|a, b| a + 1 == *b);
    let words: Vec<String> = runs
        .by_ref()
        .take(RANGES)
        .map(|run| match run {
            [only] => only.to_string(),
            [first, .., last] => format!("{first}-{last}"),
            [] => String::new(),
        })
        .collect();
    RowRanges {
        first: words.join(", "),
        more: u32::try_from(runs.map(<[i32]>::len).sum::<usize>()).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn rows_are_told_as_ranges() {
        let all = |rows: &[i32]| {
            let ranges = ranges(rows);
            assert_eq!(ranges.more, 0);
            ranges.first
        };
        assert_eq!(all(&[4, 9, 10, 11, 31, 12]), "4, 9-12, 31");
        assert_eq!(all(&[5, 6]), "5-6");
        assert_eq!(all(&[]), "");
    }

    #[test]
    fn of_many_ranges_the_first_are_told_and_the_rest_is_counted() {
        let every_third: Vec<i32> = (0..1_000).flat_map(|at| [3 * at, 3 * at + 1]).collect();
        let ranges = ranges(&every_third);
        assert!(ranges.first.starts_with("0-1, 3-4, ") && ranges.first.ends_with(", 72-73"));
        assert_eq!(ranges.more, 2 * (1_000 - 25));
    }

    #[test]
    fn a_reference_ends_in_a_luhn_digit() {
        let reference = reference(2026, 123);
        assert_eq!(reference, "2026-000123-3");
        let digits: Vec<u32> = reference.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits
            .iter()
            .rev()
            .enumerate()
            .map(|(place, d)| {
                if place % 2 == 1 {
                    d * 2 / 10 + d * 2 % 10
                } else {
                    *d
                }
            })
            .sum();
        assert_eq!(sum % 10, 0);
    }

    #[test]
    fn moments_are_in_dutch_time() {
        assert_eq!(moment(datetime!(2026-07-01 22:05 UTC)), "02-07-2026 00:05");
    }

    #[test]
    fn a_bsn_shows_its_last_four_digits() {
        assert_eq!(masked("999990019"), "*****0019");
        assert_eq!(masked(""), "");
    }
}

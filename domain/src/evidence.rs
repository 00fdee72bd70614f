//! What many rows together say about their file: shifted columns (A15) and swapped day and month (A17).
//!
//! The reader feeds every row's [`Evidence`] and asks at the end. Memory is one bit a row, and four bytes more
//! for each row that fails.

use crate::dates::Order;
use crate::row::{Column, Evidence};

/// Fewest columns that fail on form in a row before it looks shifted (A15).
const FAILING_COLUMNS: u8 = 3;
/// Fewest rows from the shift on.
const FEWEST_ROWS: usize = 20;
/// Share of them that fail, in percent.
const SHARE: usize = 70;

/// So many dates of another form for each that proves month first show that this one is a slip (A17).
const PLAIN_FOR_EACH: u32 = 10;

/// Collects what rows say about their file.
#[derive(Debug, Clone, Default)]
pub struct FileEvidence {
    rows: usize,
    /// Place among the rows, and line, of each row that looks shifted.
    failing: Vec<(u32, u32)>,
    birth: Orders,
    vaccination: Orders,
}

#[derive(Debug, Clone, Copy, Default)]
struct Orders {
    /// That cannot stand in the American order: day first, or a form of its own.
    day_month: u32,
    month_day: u32,
    /// Of a form of its own, but a spreadsheet may have made it of an American date.
    plain_pair: u32,
}

impl Orders {
    const fn append(&mut self, next: Self) {
        self.day_month = self.day_month.saturating_add(next.day_month);
        self.month_day = self.month_day.saturating_add(next.month_day);
        self.plain_pair = self.plain_pair.saturating_add(next.plain_pair);
    }

    fn add(&mut self, order: Option<Order>) {
        match order {
            Some(Order::DayMonth | Order::Plain) => {
                self.day_month = self.day_month.saturating_add(1);
            }
            Some(Order::MonthDay) => self.month_day = self.month_day.saturating_add(1),
            Some(Order::PlainPair) => self.plain_pair = self.plain_pair.saturating_add(1),
            Some(Order::Ambiguous) | None => {}
        }
    }

    const fn swapped(self) -> bool {
        // A spreadsheet leaves more than half of the American dates a text, so these would not be so few.
        let slips = self.plain_pair / PLAIN_FOR_EACH >= self.month_day;
        self.month_day > 0 && self.day_month == 0 && !slips
    }
}

impl FileEvidence {
    /// Adds one row, in the order of the file.
    pub fn add(&mut self, line: u32, evidence: Evidence) {
        if evidence.form_failures >= FAILING_COLUMNS {
            self.failing
                .push((u32::try_from(self.rows).unwrap_or(u32::MAX), line));
        }
        self.rows += 1;
        self.birth.add(evidence.birth_order);
        self.vaccination.add(evidence.vaccination_order);
    }

    /// Adds the rows of the next part of the file.
    pub fn append(&mut self, next: &Self) {
        let before = u32::try_from(self.rows).unwrap_or(u32::MAX);
        let moved = |&(place, line): &(u32, u32)| (before.saturating_add(place), line);
        self.failing.extend(next.failing.iter().map(moved));
        self.rows += next.rows;
        self.birth.append(next.birth);
        self.vaccination.append(next.vaccination);
    }

    /// A15: the line from which columns look shifted. Of all rows from which at least 70 % of the rest, and at
    /// least 20 rows, fail on form in 3 or more columns, it is the one that best parts good rows from bad.
    #[must_use]
    pub fn shifted_from(&self) -> Option<u32> {
        let candidates = self
            .failing
            .iter()
            .enumerate()
            .filter_map(|(before, (place, line))| {
                let place = *place as usize;
                let (rest, failing) = (self.rows - place, self.failing.len() - before);
                // Good rows before it and failing rows from it on; `before` failing rows stand before it.
                let parted = place - before + failing;
                (rest >= FEWEST_ROWS && failing * 100 >= rest * SHARE).then_some((parted, *line))
            });
        // On a tie the earliest line.
        candidates
            .reduce(|best, next| if next.0 > best.0 { next } else { best })
            .map(|(_, line)| line)
    }

    /// A17: columns in which day and month stand in the American order: at least one value proves it, none proves the
    /// opposite, and the others are ambiguous. Dates of another form (`2021-01-27`, `27 jan 2021`, a date of a workbook) are not.
    #[must_use]
    pub fn swapped_columns(&self) -> Vec<Column> {
        [
            (Column::Geboortedatum, self.birth),
            (Column::Vaccinatiedatum, self.vaccination),
        ]
        .into_iter()
        .filter_map(|(column, orders)| orders.swapped().then_some(column))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(rows: impl IntoIterator<Item = u8>) -> FileEvidence {
        let mut file = FileEvidence::default();
        for (place, form_failures) in rows.into_iter().enumerate() {
            file.add(
                place as u32 + 2,
                Evidence {
                    form_failures,
                    ..Evidence::default()
                },
            );
        }
        file
    }

    #[test]
    fn a_shift_is_found_at_its_first_row() {
        let rows = || std::iter::repeat_n(0, 50).chain(std::iter::repeat_n(4, 30));
        assert_eq!(file(rows()).shifted_from(), Some(52));
        let with_one_bad_row_early = std::iter::once(3).chain(rows());
        assert_eq!(file(with_one_bad_row_early).shifted_from(), Some(53));
        assert_eq!(file(std::iter::repeat_n(3, 20)).shifted_from(), Some(2));
    }

    #[test]
    fn fewer_rows_fewer_columns_or_a_smaller_share_are_no_shift() {
        assert_eq!(file(std::iter::repeat_n(3, 19)).shifted_from(), None);
        assert_eq!(file(std::iter::repeat_n(2, 100)).shifted_from(), None);
        let six_of_ten = (0..100).map(|n| if n % 10 < 6 { 3 } else { 0 });
        assert_eq!(file(six_of_ten).shifted_from(), None);
        assert_eq!(file([]).shifted_from(), None);
    }

    #[test]
    fn seventy_percent_exactly_is_a_shift() {
        let seven_of_ten = |n: u32| if n % 10 < 7 { 3 } else { 0 };
        assert_eq!(file((0..100).map(seven_of_ten)).shifted_from(), Some(2));
    }

    fn columns(orders: &[Order]) -> Vec<Column> {
        let mut file = FileEvidence::default();
        for order in orders {
            file.add(
                2,
                Evidence {
                    vaccination_order: Some(*order),
                    ..Evidence::default()
                },
            );
        }
        file.swapped_columns()
    }

    #[test]
    fn one_proof_of_month_first_and_none_of_day_first_is_swapped() {
        assert_eq!(
            columns(&[Order::Ambiguous, Order::MonthDay]),
            [Column::Vaccinatiedatum]
        );
        assert_eq!(columns(&[Order::MonthDay, Order::DayMonth]), []);
        assert_eq!(columns(&[Order::Ambiguous, Order::Ambiguous]), []);
    }

    #[test]
    fn a_date_that_cannot_be_swapped_shows_that_the_column_is_not() {
        assert_eq!(columns(&[Order::MonthDay, Order::Plain]), []);
        let slip = [&[Order::PlainPair; 10][..], &[Order::MonthDay]].concat();
        assert_eq!(columns(&slip), []);
    }

    #[test]
    fn dates_that_a_spreadsheet_made_of_american_ones_are_swapped() {
        let half_read = [&[Order::PlainPair; 9][..], &[Order::MonthDay]].concat();
        assert_eq!(columns(&half_read), [Column::Vaccinatiedatum]);
        let mostly = [&[Order::PlainPair; 19][..], &[Order::MonthDay; 2]].concat();
        assert_eq!(columns(&mostly), [Column::Vaccinatiedatum]);
    }
}

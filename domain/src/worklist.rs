//! The list of a round through a ward, as somebody pastes it from a spreadsheet or types it: one person a line, a BSN
//! and a birth date (features F05). What else stands on a line is not taken over.

use crate::bsn::Bsn;
use crate::dates::parse_partial;

/// Most lines of a list: a list is a round of one day, not a register.
pub const MOST: usize = 200;

/// Most bytes of a file with a list: as a spreadsheet of a few hundred lines is, with room for what else stands in it.
pub const MOST_BYTES: u64 = 2 * 1024 * 1024;

/// A line as typed; whether it is right is for the rules of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Number of the line in the text, from 1.
    pub number: u32,
    /// BSN as typed.
    pub bsn: String,
    /// Birth date as typed.
    pub birth_date: String,
}

/// Reads a list. Empty lines and lines without any digit (a heading) are left out. `year` is this year, for dates.
#[must_use]
pub fn read(text: &str, year: i32) -> Vec<Line> {
    text.lines()
        .zip(1..)
        .filter(|(line, _)| line.chars().any(|sign| sign.is_ascii_digit()))
        .map(|(line, number)| {
            let (bsn, birth_date) = cells(line, year);
            Line {
                number,
                bsn,
                birth_date,
            }
        })
        .collect()
}

/// The two cells of a line, in whatever order and among whatever other cells they stand.
fn cells(line: &str, year: i32) -> (String, String) {
    let cells = split(line);
    let bsn = cells
        .iter()
        .position(|cell| is_bsn(cell, 9))
        // A spreadsheet drops a leading zero; eight digits may be a date as well.
        .or_else(|| cells.iter().position(|cell| is_bsn(cell, 8)))
        .or_else(|| cells.iter().position(|cell| has_digits(cell)))
        .unwrap_or(0);
    let mut rest = cells.iter().enumerate().filter(|(at, _)| *at != bsn);
    let date = rest
        .clone()
        .find(|(_, cell)| parse_partial(cell, year).is_ok())
        .or_else(|| rest.find(|(_, cell)| has_digits(cell)));
    let text = |cell: Option<&&str>| cell.map_or_else(String::new, |cell| (*cell).to_owned());
    (text(cells.get(bsn)), text(date.map(|(_, cell)| cell)))
}

/// By the separator of a spreadsheet; else the first word and the rest.
fn split(line: &str) -> Vec<&str> {
    let found = ['\t', ';', ',']
        .into_iter()
        .find(|sign| line.contains(*sign));
    let parts: Vec<&str> = match found {
        Some(sign) => line.split(sign).collect(),
        None => line.trim().splitn(2, char::is_whitespace).collect(),
    };
    parts
        .into_iter()
        .map(|cell| cell.trim().trim_matches('"'))
        .collect()
}

fn has_digits(cell: &str) -> bool {
    cell.chars().any(|sign| sign.is_ascii_digit())
}

fn is_bsn(cell: &str, length: usize) -> bool {
    let digits: String = cell
        .chars()
        .filter(|sign| !matches!(sign, ' ' | '.' | '-'))
        .collect();
    digits.len() == length && Bsn::parse(&format!("{digits:0>9}")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(line: &str) -> (String, String) {
        let found = read(line, 2021);
        assert_eq!(found.len(), 1, "{line}");
        (found[0].bsn.clone(), found[0].birth_date.clone())
    }

    #[test]
    fn a_line_is_read_as_it_comes_from_a_spreadsheet_or_a_hand() {
        let expected = ("999990019".to_owned(), "02-05-1940".to_owned());
        for line in [
            "999990019\t02-05-1940",
            "999990019;02-05-1940",
            "\"999990019\",\"02-05-1940\"",
            "999990019 02-05-1940",
            "  999990019   02-05-1940  ",
            "02-05-1940\t999990019",
            "Jansen\t999990019\tkamer 12\t02-05-1940",
        ] {
            assert_eq!(one(line), expected, "{line}");
        }
        assert_eq!(one("9999.90.019;2 mei 1940").0, "9999.90.019");
        assert_eq!(one("999990019 2 mei 1940").1, "2 mei 1940");
    }

    #[test]
    fn a_heading_and_empty_lines_are_no_persons() {
        let found = read("BSN\tGeboortedatum\n\n999990019\t02-05-1940\n \n", 2021);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].number, 3);
    }

    #[test]
    fn what_is_wrong_is_kept_as_typed_for_the_rules() {
        assert_eq!(
            one("123456789;31-02-1940"),
            ("123456789".into(), "31-02-1940".into())
        );
        assert_eq!(one("999990019"), ("999990019".into(), String::new()));
        assert_eq!(one("Jansen; 5"), ("5".into(), String::new()));
    }

    #[test]
    fn a_birth_date_of_eight_digits_is_no_bsn() {
        assert_eq!(
            one("19400502;999990019"),
            ("999990019".into(), "19400502".into())
        );
    }
}

//! Cells of a workbook as the text a CSV of the same table would hold: numbers without float noise
//! or powers of ten, dates as jjjj-mm-dd.

/// A number as text: whole numbers exactly, others with the 15 digits a spreadsheet keeps.
#[must_use]
pub fn number(value: f64) -> String {
    const EXACT: f64 = 1e15;
    if !value.is_finite() {
        return "#NUM!".to_owned();
    }
    if value.fract() == 0.0 && value.abs() < EXACT {
        return format!("{value:.0}").replace("-0", "0");
    }
    let rounded = format!("{value:.14e}").parse().unwrap_or(value);
    format!("{rounded}")
}

/// Stands in a cell whose formula nobody has worked out: its value is not known, so the rules refuse it as the error
/// that spreadsheets have for that.
pub const NOT_WORKED_OUT: &str = "#N/A";

/// What is shown is this whole number behind zeros: a format of zeros does that, and a CSV of the same table holds them.
#[must_use]
pub fn is_padded(shown: &str, number: &str) -> bool {
    let whole = number.bytes().all(|byte| byte.is_ascii_digit());
    let zeros = shown.strip_suffix(number).filter(|_| whole);
    zeros.is_some_and(|zeros| !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0'))
}

/// A truth value; both spreadsheet programs write it so in files.
#[must_use]
pub const fn truth(value: bool) -> &'static str {
    if value { "TRUE" } else { "FALSE" }
}

/// An ISO date or date with time, cut to its date: `2021-01-27T00:00:00` is a day.
#[must_use]
pub fn iso_day(text: &str) -> &str {
    match text.split_once('T') {
        Some((day, _)) if day.len() == 10 => day,
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_look_as_they_were_typed() {
        for (value, text) in [
            (123_456_782.0, "123456782"),
            (0.0, "0"),
            (-0.0, "0"),
            (-12.0, "-12"),
            (19_065_432_101.0, "19065432101"),
            (1.5, "1.5"),
            (0.1 + 0.2, "0.3"),
            (1e-7, "0.0000001"),
            (1e15, "1000000000000000"),
            (1e21, "1000000000000000000000"),
            (f64::NAN, "#NUM!"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn only_zeros_before_a_whole_number_are_those_of_its_format() {
        assert!(is_padded("00123", "123"));
        for (shown, number) in [
            ("123", "123"),
            ("10123", "123"),
            ("001.5", "1.5"),
            ("0 123", "123"),
            ("", "1"),
        ] {
            assert!(!is_padded(shown, number), "{shown}");
        }
    }

    #[test]
    fn a_moment_is_cut_to_its_day() {
        assert_eq!(iso_day("2021-01-27T10:30:00"), "2021-01-27");
        assert_eq!(iso_day("2021-01-27"), "2021-01-27");
        assert_eq!(iso_day("T"), "T");
    }
}

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
    fn a_moment_is_cut_to_its_day() {
        assert_eq!(iso_day("2021-01-27T10:30:00"), "2021-01-27");
        assert_eq!(iso_day("2021-01-27"), "2021-01-27");
        assert_eq!(iso_day("T"), "T");
    }
}

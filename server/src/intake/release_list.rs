//! Reads a release list of batches: CSV with a header, as `/codelijsten/batches` describes it (features F-X4).
//!
//! In come the bytes of a file; out come its lines as typed entries, each with the number that a spreadsheet shows. What
//! is wrong with a line is for `domain::lists` to say; here only what makes the file no list at all.

use domain::lists::Typed;
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

/// Most lines of a list.
pub const MOST_LINES: usize = 5_000;

/// Columns by their names in the header.
const COLUMNS: [&str; 5] = [
    "batchnummer",
    "vaccin",
    "hpk_code",
    "vrijgegeven_op",
    "houdbaar_tot",
];

/// Why a file is no release list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoList {
    /// There is nothing in it.
    Empty,
    /// The header lacks this column; of vaccin and hpk_code one is enough.
    Lacks(&'static str),
    /// A column stands in it twice, or one that we do not know.
    Odd,
    /// More lines than [`MOST_LINES`].
    Long,
    /// Its cells cannot be told apart.
    Broken,
}

/// A line with its number; `None` when it has not as many cells as the header.
pub type Line = (u32, Option<Typed>);

/// Reads the lines. Empty ones are passed over.
///
/// # Errors
/// Why it is no list.
pub fn read(bytes: &[u8]) -> Result<Vec<Line>, NoList> {
    // One sign ends a line, or the numbers of lines that end in two would be one too low.
    let text = decode(bytes).replace("\r\n", "\n").replace('\r', "\n");
    let first = text.lines().next().unwrap_or_default();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter(first))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header = match records.next() {
        None => return Err(NoList::Empty),
        Some(header) => header.map_err(|_| NoList::Broken)?,
    };
    let columns = columns(&header)?;
    let mut lines = Vec::new();
    for record in records {
        let record = record.map_err(|_| NoList::Broken)?;
        if record.iter().all(str::is_empty) {
            continue;
        }
        if lines.len() == MOST_LINES {
            return Err(NoList::Long);
        }
        let number = record
            .position()
            .map_or(0, |place| u32::try_from(place.line()).unwrap_or(u32::MAX));
        let cells = (record.len() == columns.len()).then(|| typed(&columns, &record));
        lines.push((number, cells));
    }
    if lines.is_empty() {
        return Err(NoList::Empty);
    }
    Ok(lines)
}

/// UTF-8, or else what Dutch Windows programs write; without byte order mark.
fn decode(bytes: &[u8]) -> String {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, &bytes[length..]),
        None => (UTF_8, bytes),
    };
    match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => text.into_owned(),
        None => WINDOWS_1252
            .decode_without_bom_handling(bytes)
            .0
            .into_owned(),
    }
}

/// What stands most often between the names.
fn delimiter(header: &str) -> u8 {
    let count = |sign: u8| header.bytes().filter(|byte| *byte == sign).count();
    [b';', b',', b'\t']
        .into_iter()
        .max_by_key(|sign| (count(*sign), *sign == b';'))
        .unwrap_or(b';')
}

fn columns(header: &csv::StringRecord) -> Result<Vec<&'static str>, NoList> {
    let mut found = Vec::new();
    for name in header {
        let name = name.to_lowercase();
        match COLUMNS.into_iter().find(|known| *known == name) {
            Some(known) if !found.contains(&known) => found.push(known),
            _ => return Err(NoList::Odd),
        }
    }
    for needed in ["batchnummer", "houdbaar_tot"] {
        if !found.contains(&needed) {
            return Err(NoList::Lacks(needed));
        }
    }
    if !found.contains(&"vaccin") && !found.contains(&"hpk_code") {
        return Err(NoList::Lacks("vaccin"));
    }
    Ok(found)
}

fn typed(columns: &[&'static str], record: &csv::StringRecord) -> Typed {
    let mut typed = Typed::default();
    for (column, cell) in columns.iter().zip(record) {
        let place = match *column {
            "batchnummer" => &mut typed.key,
            "vaccin" => &mut typed.vaccine,
            "hpk_code" => &mut typed.hpk,
            "vrijgegeven_op" => &mut typed.released,
            _ => &mut typed.last_day,
        };
        cell.clone_into(place);
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_with_the_numbers_a_spreadsheet_shows() {
        let text = "Batchnummer;vaccin;houdbaar_tot\r\nFE8405;Comirnaty;31-10-2021\r\n\r\n ;;\r\nfe 1;\"Spikevax\";31-12-2021\r\nkort;x\r\n";
        let lines = read(text.as_bytes()).expect("a list");
        let numbers: Vec<u32> = lines.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [2, 5, 6]);
        let second = lines[1].1.as_ref().expect("cells");
        assert_eq!(
            (
                second.key.as_str(),
                second.vaccine.as_str(),
                second.last_day.as_str()
            ),
            ("fe 1", "Spikevax", "31-12-2021")
        );
        assert_eq!(lines[2].1, None);
    }

    #[test]
    fn commas_tabs_and_a_byte_order_mark_are_no_matter() {
        for text in [
            "\u{feff}batchnummer,hpk_code,houdbaar_tot\nFE8405,2924528,2021-10-31\n",
            "houdbaar_tot\tbatchnummer\tvaccin\n2021-10-31\tFE8405\tPfizer",
        ] {
            let lines = read(text.as_bytes()).expect("a list");
            let typed = lines[0].1.as_ref().expect("cells");
            assert_eq!(
                (typed.key.as_str(), typed.last_day.as_str()),
                ("FE8405", "2021-10-31")
            );
        }
        assert!(read(b"batchnummer;vaccin;houdbaar_tot\nFE1;caf\xe9;31-10-2021").is_ok());
    }

    #[test]
    fn what_is_no_list_is_said_so() {
        let long = format!(
            "batchnummer;vaccin;houdbaar_tot\n{}",
            "A;B;C\n".repeat(MOST_LINES + 1)
        );
        for (text, why) in [
            ("", NoList::Empty),
            ("batchnummer;vaccin;houdbaar_tot\n", NoList::Empty),
            ("batchnummer;vaccin\nA;B\n", NoList::Lacks("houdbaar_tot")),
            ("vaccin;houdbaar_tot\nA;B\n", NoList::Lacks("batchnummer")),
            ("batchnummer;houdbaar_tot\nA;B\n", NoList::Lacks("vaccin")),
            (
                "batchnummer;vaccin;houdbaar_tot;prijs\nA;B;C;D\n",
                NoList::Odd,
            ),
            ("batchnummer;batchnummer\nA;B\n", NoList::Odd),
            (long.as_str(), NoList::Long),
        ] {
            assert_eq!(read(text.as_bytes()), Err(why));
        }
    }
}

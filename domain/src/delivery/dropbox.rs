//! The SFTP drop box: names of files, and how a sender proves that a file is whole (specification §8).
//!
//! A CLOSE proves nothing: a client that is stopped half-way closes too (security L27). So each account has one
//! [`Proof`], and everything here only reads names, control files and last lines; who acts on it is the server.

use crate::bsn::Bsn;
use time::{Date, Month};

/// Longest name in the drop box.
pub const NAME_CHARS: usize = 128;
/// Largest control file, in bytes.
pub const CONTROL_BYTES: u64 = 4096;
/// Bytes at the end of a file in which its last line must lie.
pub const TAIL_BYTES: usize = 512;
/// Endings of a name that say: not ready yet.
pub const TEMPORARY: [&str; 3] = [".part", ".tmp", ".filepart"];
/// Ending of a control file.
pub const CONTROL: &str = ".ctl";
/// Begins the line that closes a file.
pub const TRAILER: &str = "#EINDE;";

/// How the installation of an account proves that a file is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Proof {
    /// Uploads under a temporary name, then renames.
    Rename,
    /// Puts a control file beside it.
    Control,
    /// Ends the file with `#EINDE;<n>`.
    Trailer,
    /// Proves nothing: five quiet minutes and a last line that is ended.
    Quiet,
}

impl Proof {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Rename, Self::Control, Self::Trailer, Self::Quiet];

    /// The word in the store and on the command line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rename => "rename",
            Self::Control => "control",
            Self::Trailer => "trailer",
            Self::Quiet => "quiet",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|proof| proof.as_str() == text)
    }
}

/// Why a name may not be used in the drop box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    /// Other characters, too long, or a folder.
    #[error(
        "gebruik in de naam alleen letters, cijfers, punt, streepje en _, hoogstens 128 tekens"
    )]
    Form,
    /// Nine digits in it are a BSN.
    #[error("een bestandsnaam mag geen BSN bevatten")]
    Bsn,
}

/// Looks whether a name may be used (security §5.4).
///
/// # Errors
/// Says in Dutch what is wrong, without the name.
pub fn check_name(name: &str) -> Result<(), BadName> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    if name.is_empty() || name.len() > NAME_CHARS || !name.bytes().all(fits) {
        return Err(BadName::Form);
    }
    // "." and ".." are folders, and nobody sees a hidden file.
    if name.starts_with('.') {
        return Err(BadName::Form);
    }
    let mut numbers = name.split(|c: char| !c.is_ascii_digit());
    if numbers.any(|digits| Bsn::parse(digits).is_ok()) {
        return Err(BadName::Bsn);
    }
    Ok(())
}

/// Longest name of an account, and of an installation.
const ACCOUNT_CHARS: usize = 32;

/// A name to log in with: 3 to 32 small letters, digits and hyphens, a letter first. It stands in logs, so it holds no BSN.
#[must_use]
pub fn is_account_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (3..=ACCOUNT_CHARS).contains(&name.len())
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(fits)
        && check_name(name).is_ok()
}

/// An installation, as in the names of its files: 1 to 32 letters, digits and hyphens. With a BSN in it no file would come in.
#[must_use]
pub fn is_installation(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    text.len() <= ACCOUNT_CHARS && text.bytes().all(fits) && check_name(text).is_ok()
}

/// The name without its temporary ending, when it has one.
#[must_use]
pub fn without_temporary(name: &str) -> Option<&str> {
    TEMPORARY
        .into_iter()
        .find_map(|ending| name.strip_suffix(ending))
        .filter(|rest| !rest.is_empty())
}

/// True for a control file.
#[must_use]
pub fn is_control(name: &str) -> bool {
    name.len() > CONTROL.len() && name.ends_with(CONTROL)
}

/// Names the control file of a data file may have: `x.csv.ctl` or `x.ctl`.
#[must_use]
pub fn control_names(name: &str) -> [String; 2] {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    [format!("{name}{CONTROL}"), format!("{stem}{CONTROL}")]
}

/// The name of a file of rows: `CIMS_<partij>_<installatie>_<jjjjmmdd>_<volgnr>.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileName<'a> {
    /// Code of the party.
    pub party: &'a str,
    /// The installation within the party.
    pub installation: &'a str,
    /// The day it is of.
    pub day: Date,
    /// Counts the files of the installation.
    pub sequence: u32,
}

impl<'a> FileName<'a> {
    /// Reads a name; none when it has another form.
    #[must_use]
    pub fn parse(name: &'a str) -> Option<Self> {
        let (stem, ending) = name.rsplit_once('.')?;
        if !["csv", "xlsx", "ods"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
        {
            return None;
        }
        let mut parts = stem.split('_');
        let (mark, party, installation) = (parts.next()?, parts.next()?, parts.next()?);
        let (day, sequence) = (parts.next()?, parts.next()?);
        let whole = mark.eq_ignore_ascii_case("CIMS") && parts.next().is_none();
        if !whole || party.is_empty() || installation.is_empty() || sequence.len() > 8 {
            return None;
        }
        Some(Self {
            party,
            installation,
            day: compact_day(day)?,
            sequence: number(sequence)?,
        })
    }
}

/// The name of a set of the BRP: `BRP_VOL_<jjjjmmdd>_<volgnr>.csv`, or `BRP_MUTATIE_…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrpName {
    /// Everybody; else changes only.
    pub full: bool,
    /// The day it is of.
    pub day: Date,
    /// Counts the sets, over the days.
    pub sequence: u32,
}

impl BrpName {
    /// Reads a name; none when it has another form.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let stem = name.strip_suffix(".csv")?;
        let mut parts = stem.split('_');
        let (mark, kind) = (parts.next()?, parts.next()?);
        let (day, sequence) = (parts.next()?, parts.next()?);
        if mark != "BRP" || parts.next().is_some() || sequence.len() > 8 {
            return None;
        }
        Some(Self {
            full: match kind {
                "VOL" => true,
                "MUTATIE" => false,
                _ => return None,
            },
            day: compact_day(day)?,
            sequence: number(sequence)?,
        })
    }

    /// Sets are taken in this order.
    #[must_use]
    pub const fn order(&self) -> (Date, u32) {
        (self.day, self.sequence)
    }
}

fn number(digits: &str) -> Option<u32> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn compact_day(digits: &str) -> Option<Date> {
    if digits.len() != 8 {
        return None;
    }
    let all = number(digits)?;
    let month = u8::try_from(all / 100 % 100).ok()?;
    let day = u8::try_from(all % 100).ok()?;
    Date::from_calendar_date(
        i32::try_from(all / 10_000).ok()?,
        Month::try_from(month).ok()?,
        day,
    )
    .ok()
}

/// What a control file promises; it promises something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control {
    /// Rows of the file, the header aside.
    pub rows: Option<u32>,
    /// SHA-256 of the file.
    pub sha256: Option<[u8; 32]>,
}

impl Control {
    /// Reads a control file: `regels=<n>` and/or `sha256=<hex>`, one a line. None when it says anything else.
    #[must_use]
    pub fn parse(content: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(content).ok()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut control = Self {
            rows: None,
            sha256: None,
        };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (key, value) = line.split_once('=')?;
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "regels" if control.rows.is_none() => control.rows = Some(number(value)?),
                "sha256" if control.sha256.is_none() => control.sha256 = Some(hex(value)?),
                _ => return None,
            }
        }
        (control.rows.is_some() || control.sha256.is_some()).then_some(control)
    }
}

fn hex(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(place * 2..place * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// What the last bytes of a file tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail {
    /// The number its last line `#EINDE;<n>` promises.
    pub trailer: Option<u32>,
    /// The last line is ended.
    pub ended: bool,
}

impl Tail {
    /// Reads at most the last [`TAIL_BYTES`] of a file. UTF-16 is seen through: what counts here is ASCII.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let from = bytes.len().saturating_sub(TAIL_BYTES);
        let narrow: Vec<u8> = bytes
            .iter()
            .skip(from)
            .copied()
            .filter(|byte| *byte != 0)
            .collect();
        let text = String::from_utf8_lossy(&narrow);
        let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
        // A spreadsheet closes the line with delimiters of its empty cells.
        let trailer = last
            .and_then(|line| line.trim_matches('"').strip_prefix(TRAILER))
            .and_then(|rest| number(rest.trim_end_matches([';', ',', '"', ' '])));
        Self {
            trailer,
            ended: text.ends_with(['\n', '\r']),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn a_name_is_plain_and_holds_no_bsn() {
        for good in ["CIMS_ZONNEHOF_1_20210301_1.csv", "a", "x.csv.part", "-x"] {
            assert_eq!(check_name(good), Ok(()), "{good}");
        }
        let long = "a".repeat(129);
        for bad in [
            "", ".", "..", ".hidden", "a/b", "a\\b", "a b", "é.csv", "a\0", "a\n", &long,
        ] {
            assert_eq!(check_name(bad), Err(BadName::Form), "{bad:?}");
        }
        assert_eq!(check_name("999990019.csv"), Err(BadName::Bsn));
        assert_eq!(
            check_name("CIMS_X_1_20210301_999990019.csv"),
            Err(BadName::Bsn)
        );
    }

    #[test]
    fn an_account_and_an_installation_have_plain_names_without_a_bsn() {
        let long = "a".repeat(32);
        for good in ["zonnehof-1", "abc", &long] {
            assert!(is_account_name(good), "{good}");
        }
        let longer = "a".repeat(33);
        for bad in [
            "",
            "ab",
            "1abc",
            "-abc",
            "Zonnehof",
            "zonne hof",
            "zonne_hof",
            "a-999990019",
            &longer,
        ] {
            assert!(!is_account_name(bad), "{bad}");
        }
        for good in ["1", "Medimo-12", &long] {
            assert!(is_installation(good), "{good}");
        }
        for bad in ["", "a_b", "a.b", "a b", "999990019", &longer] {
            assert!(!is_installation(bad), "{bad}");
        }
    }

    #[test]
    fn a_temporary_name_loses_its_ending() {
        assert_eq!(without_temporary("x.csv.part"), Some("x.csv"));
        assert_eq!(without_temporary("x.csv.tmp"), Some("x.csv"));
        assert_eq!(without_temporary("x.csv.filepart"), Some("x.csv"));
        assert_eq!(without_temporary("x.csv"), None);
        assert_eq!(without_temporary(".part"), None);
    }

    #[test]
    fn the_name_of_a_file_says_whose_and_which() {
        assert_eq!(
            FileName::parse("CIMS_ZONNEHOF_medimo1_20210301_0012.csv"),
            Some(FileName {
                party: "ZONNEHOF",
                installation: "medimo1",
                day: date!(2021 - 03 - 01),
                sequence: 12,
            })
        );
        for other in [
            "ZONNEHOF_1_20210301_1.csv",
            "CIMS_ZONNEHOF_1_20210231_1.csv",
            "CIMS_ZONNEHOF_1_2021031_1.csv",
            "CIMS_ZONNEHOF_1_20210301.csv",
            "CIMS_ZONNEHOF_1_20210301_1_2.csv",
            "CIMS_ZONNEHOF_1_20210301_x.csv",
            "CIMS_ZONNEHOF_1_20210301_+1.csv",
            "CIMS__1_20210301_1.csv",
            "CIMS_ZONNEHOF_1_20210301_1.txt",
            "CIMS_ZONNEHOF_1_20210301_1",
        ] {
            assert_eq!(FileName::parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_name_of_a_set_of_the_brp_says_whether_it_is_everybody() {
        let set = BrpName::parse("BRP_VOL_20210301_7.csv").expect("a set");
        assert_eq!(
            (set.full, set.day, set.sequence),
            (true, date!(2021 - 03 - 01), 7)
        );
        assert!(
            !BrpName::parse("BRP_MUTATIE_20210301_8.csv")
                .expect("a set")
                .full
        );
        for other in [
            "BRP_20210301_7.csv",
            "BRP_vol_20210301_7.csv",
            "BRP_VOL_20210301_7.txt",
            "BRP_VOL_20210301_7_1.csv",
        ] {
            assert_eq!(BrpName::parse(other), None, "{other}");
        }
    }

    #[test]
    fn a_control_file_promises_rows_or_a_digest() {
        let digest = "ab".repeat(32);
        assert_eq!(
            Control::parse(format!("regels=12\r\nsha256={digest}\r\n").as_bytes()),
            Some(Control {
                rows: Some(12),
                sha256: Some([0xab; 32]),
            })
        );
        assert_eq!(
            Control::parse("\u{feff}REGELS = 3\n".as_bytes()).map(|control| control.rows),
            Some(Some(3))
        );
        for other in [
            "",
            "regels=",
            "regels=-1",
            "regels=1\nregels=2",
            "sha256=ab",
            "rows=3",
        ] {
            assert_eq!(Control::parse(other.as_bytes()), None, "{other:?}");
        }
        assert_eq!(Control::parse(b"\xff\xfe"), None);
        assert_eq!(
            control_names("x.csv"),
            ["x.csv.ctl".to_owned(), "x.ctl".to_owned()]
        );
        assert!(is_control("x.ctl") && !is_control(".ctl") && !is_control("x.csv"));
    }

    #[test]
    fn the_last_line_is_the_trailer_or_it_is_none() {
        let trailer = |bytes: &[u8]| Tail::of(bytes).trailer;
        assert_eq!(trailer(b"a;b\r\n#EINDE;12\r\n"), Some(12));
        assert_eq!(trailer(b"a;b\n#EINDE;12"), Some(12));
        assert_eq!(trailer(b"a;b\n#EINDE;12;;;\n\n"), Some(12));
        assert_eq!(trailer(b"#EINDE;12\na;b\n"), None);
        assert_eq!(trailer(b"a;b\n#EIN"), None);
        assert_eq!(trailer(b"a;b\n#EINDE;\n"), None);
        let wide: Vec<u8> = "a;b\r\n#EINDE;7\r\n"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(trailer(&wide), Some(7));
        assert!(Tail::of(b"a;b\n").ended && !Tail::of(b"a;b").ended && !Tail::of(b"").ended);
    }

    #[test]
    fn a_trailer_that_was_cut_promises_less_and_so_is_told_by_the_count() {
        // `#EINDE;120` cut after the 12 reads as 12: that the rows are counted too is what catches it.
        assert_eq!(Tail::of(b"a;b\n#EINDE;12").trailer, Some(12));
    }
}

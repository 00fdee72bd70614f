//! A line of a BRP set: columns by name (docs/brp-bestand.md), values as LO3 has them.

use domain::bsn::Bsn;
use sha2::{Digest, Sha256};

/// A column of the file, by its name in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    PlId,
    Bsn,
    GivenNames,
    /// True spelling, where it differs from the plain one.
    GivenNamesTrue,
    Prefix,
    Surname,
    SurnameTrue,
    PartnerPrefix,
    PartnerSurname,
    BirthDate,
    Sex,
    Postcode,
    HouseNumber,
    HouseLetter,
    HouseAddition,
    Street,
    Town,
    SuspensionReason,
    SuspensionDate,
    DeathDate,
    Secret,
    /// Known, not stored.
    Unused,
}

const NAMES: [(&str, Field); 24] = [
    ("pl_id", Field::PlId),
    ("a_nummer", Field::Unused),
    ("bsn", Field::Bsn),
    ("voornamen", Field::GivenNames),
    ("voornamen_diak", Field::GivenNamesTrue),
    ("voorvoegsel", Field::Prefix),
    ("geslachtsnaam", Field::Surname),
    ("geslachtsnaam_diak", Field::SurnameTrue),
    ("partner_voorvoegsel", Field::PartnerPrefix),
    ("partner_geslachtsnaam", Field::PartnerSurname),
    ("geboortedatum", Field::BirthDate),
    ("geboorteplaats", Field::Unused),
    ("geboorteland", Field::Unused),
    ("geslacht", Field::Sex),
    ("postcode", Field::Postcode),
    ("huisnummer", Field::HouseNumber),
    ("huisletter", Field::HouseLetter),
    ("huisnummertoevoeging", Field::HouseAddition),
    ("straatnaam", Field::Street),
    ("woonplaats", Field::Town),
    ("opschorting_datum", Field::SuspensionDate),
    ("opschorting_reden", Field::SuspensionReason),
    ("overlijden_datum", Field::DeathDate),
    ("geheim", Field::Secret),
];

/// Columns without which a file is no BRP set.
const REQUIRED: [(&str, Field); 4] = [
    ("pl_id", Field::PlId),
    ("bsn", Field::Bsn),
    ("geslachtsnaam", Field::Surname),
    ("geboortedatum", Field::BirthDate),
];

/// Bytes in a value: LO3 has 200 characters at most. The database keeps no longer ones in an index.
const VALUE_BYTES: usize = 1000;

/// Why a file is no BRP set. Names columns, never values.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// A column we do not know: a typo must not silently lose data.
    #[error("column {0} of the header is not known (docs/brp-bestand.md)")]
    Unknown(usize),
    /// A needed column is absent.
    #[error("column `{0}` is missing")]
    Missing(&'static str),
    /// A column twice.
    #[error("column `{0}` stands twice in the header")]
    Twice(&'static str),
}

/// Where each column stands in this file.
#[derive(Debug, Clone)]
pub struct Header {
    fields: Vec<Field>,
}

impl Header {
    /// Reads the header line.
    ///
    /// # Errors
    /// When a column is unknown, missing or double.
    pub fn read(names: &csv::StringRecord) -> Result<Self, HeaderError> {
        let mut fields = Vec::with_capacity(names.len());
        for (at, name) in names.iter().enumerate() {
            let name = name.trim().trim_start_matches('\u{feff}').to_lowercase();
            let (known, field) = NAMES
                .iter()
                .find(|(known, _)| *known == name)
                .ok_or(HeaderError::Unknown(at + 1))?;
            if *field != Field::Unused && fields.contains(field) {
                return Err(HeaderError::Twice(known));
            }
            fields.push(*field);
        }
        match REQUIRED.iter().find(|(_, field)| !fields.contains(field)) {
            Some((name, _)) => Err(HeaderError::Missing(name)),
            None => Ok(Self { fields }),
        }
    }
}

/// One persoonslijst. Values are text as delivered, trimmed; `""` is absent.
#[derive(Default)]
pub struct Record<'a> {
    /// Key of the list.
    pub pl_id: &'a str,
    /// Number, when it has one.
    pub bsn: Option<Bsn>,
    /// Given names, in their true spelling.
    pub given_names: &'a str,
    /// Prefix of the surname.
    pub prefix: &'a str,
    /// Surname, in its true spelling.
    pub surname: &'a str,
    /// Prefix of the partner's surname.
    pub partner_prefix: &'a str,
    /// Surname of the partner.
    pub partner_surname: &'a str,
    /// jjjjmmdd, 00 for unknown parts.
    pub birth_date: &'a str,
    /// M, V or O.
    pub sex: &'a str,
    /// 1234AB.
    pub postcode: &'a str,
    /// Number of the house.
    pub house_number: Option<i32>,
    /// Letter of the house.
    pub house_letter: &'a str,
    /// Addition to the number.
    pub house_addition: &'a str,
    /// Street.
    pub street: &'a str,
    /// Town.
    pub town: &'a str,
    /// O E M R F W or a dot.
    pub suspension_reason: &'a str,
    /// jjjjmmdd.
    pub suspension_date: &'a str,
    /// jjjjmmdd.
    pub death_date: &'a str,
    /// Name and address are masked on every screen.
    pub secret: bool,
}

impl std::fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Record(…)")
    }
}

impl<'a> Record<'a> {
    /// Reads a line; `None` when it cannot be a persoonslijst (no key, a number that is no BSN, a date that is no
    /// LO3 date, an unknown reason, a value the database cannot hold).
    #[must_use]
    pub fn read(header: &Header, line: &'a csv::StringRecord) -> Option<Self> {
        if line.len() != header.fields.len() {
            return None;
        }
        let mut record = Self::default();
        for (field, value) in header.fields.iter().zip(line) {
            let value = value.trim();
            if *field != Field::Unused && !is_storable(value) {
                return None;
            }
            match field {
                Field::PlId => record.pl_id = value,
                Field::Bsn if value.is_empty() => {}
                Field::Bsn => record.bsn = Some(Bsn::parse(value).ok()?),
                Field::GivenNames => fill(&mut record.given_names, value),
                Field::GivenNamesTrue => prefer(&mut record.given_names, value),
                Field::Prefix => record.prefix = value,
                Field::Surname => fill(&mut record.surname, value),
                Field::SurnameTrue => prefer(&mut record.surname, value),
                Field::PartnerPrefix => record.partner_prefix = value,
                Field::PartnerSurname => record.partner_surname = value,
                Field::BirthDate => record.birth_date = date(value)?,
                Field::Sex => record.sex = value,
                Field::Postcode => record.postcode = value,
                // One that is no number says nothing; the person is known by the rest.
                Field::HouseNumber => record.house_number = value.parse().ok(),
                Field::HouseLetter => record.house_letter = value,
                Field::HouseAddition => record.house_addition = value,
                Field::Street => record.street = value,
                Field::Town => record.town = value,
                Field::SuspensionReason => record.suspension_reason = value,
                // Seen in real sets: a year alone. Not matched on, so it is kept as it is.
                Field::SuspensionDate => record.suspension_date = value,
                Field::DeathDate => record.death_date = date(value)?,
                Field::Secret => record.secret = !matches!(value, "" | "0"),
                Field::Unused => {}
            }
        }
        let known_reason = matches!(
            record.suspension_reason,
            "" | "O" | "E" | "M" | "R" | "F" | "W" | "."
        );
        (!record.pl_id.is_empty() && known_reason).then_some(record)
    }

    /// The key alone, of a line that is no persoonslijst.
    #[must_use]
    pub fn named(header: &Header, line: &'a csv::StringRecord) -> Self {
        let at = header.fields.iter().position(|field| *field == Field::PlId);
        let key = at.and_then(|at| line.get(at)).unwrap_or_default().trim();
        Self {
            pl_id: if is_storable(key) { key } else { "" },
            ..Self::default()
        }
    }

    /// SHA-256 over all that is stored, to see whether a list changed. Keyed before it is kept (security G10).
    #[must_use]
    pub fn content_sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let number = self
            .house_number
            .map(|number| number.to_string())
            .unwrap_or_default();
        let parts = [
            self.bsn.as_ref().map_or("", Bsn::expose),
            self.given_names,
            self.prefix,
            self.surname,
            self.partner_prefix,
            self.partner_surname,
            self.birth_date,
            self.sex,
            self.postcode,
            &number,
            self.house_letter,
            self.house_addition,
            self.street,
            self.town,
            self.suspension_reason,
            self.suspension_date,
            self.death_date,
            if self.secret { "1" } else { "" },
        ];
        for part in parts {
            hash.update(part.as_bytes());
            hash.update([0x1f]);
        }
        hash.finalize().into()
    }
}

/// The database can hold it: it takes no NUL, which UTF-8 has.
fn is_storable(value: &str) -> bool {
    value.len() <= VALUE_BYTES && !value.contains('\0')
}

/// Keeps what a column of true spelling already said.
fn fill<'a>(slot: &mut &'a str, value: &'a str) {
    if slot.is_empty() {
        *slot = value;
    }
}

fn prefer<'a>(slot: &mut &'a str, value: &'a str) {
    if !value.is_empty() {
        *slot = value;
    }
}

/// Eight digits, or nothing. Whether the day exists is not ours to judge: it is what the BRP says.
fn date(value: &str) -> Option<&str> {
    (value.is_empty() || (value.len() == 8 && value.bytes().all(|byte| byte.is_ascii_digit())))
        .then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(names: &[&str]) -> Result<Header, HeaderError> {
        Header::read(&csv::StringRecord::from(names.to_vec()))
    }

    const NAMES: [&str; 6] = [
        "pl_id",
        "bsn",
        "geslachtsnaam",
        "geslachtsnaam_diak",
        "geboortedatum",
        "geheim",
    ];

    fn read(values: [&str; 6]) -> Option<(String, String, bool)> {
        let line = csv::StringRecord::from(values.to_vec());
        let record = Record::read(&header(&NAMES).expect("header"), &line)?;
        Some((
            record.surname.to_owned(),
            record.birth_date.to_owned(),
            record.secret,
        ))
    }

    #[test]
    fn a_column_we_do_not_know_or_miss_or_find_twice_is_named() {
        assert_eq!(
            header(&["pl_id", "bsn", "achternaam"]).expect_err("refused"),
            HeaderError::Unknown(3)
        );
        assert_eq!(
            header(&["pl_id", "bsn", "geboortedatum"]).expect_err("refused"),
            HeaderError::Missing("geslachtsnaam")
        );
        assert_eq!(
            header(&["bsn", "pl_id", "bsn"]).expect_err("refused"),
            HeaderError::Twice("bsn")
        );
        assert!(
            header(&[
                "\u{feff}PL_ID",
                "BSN",
                " geslachtsnaam",
                "geboortedatum",
                "a_nummer",
                "geboorteland"
            ])
            .is_ok()
        );
    }

    #[test]
    fn the_true_spelling_wins_and_zero_is_not_secret() {
        assert_eq!(
            read(["1", "999990743", "Sener", "Şener ", "19800101", "0"]),
            Some(("Şener".into(), "19800101".into(), false))
        );
        assert_eq!(
            read(["1", "", "Sener", "", "19800000", "4"]),
            Some(("Sener".into(), "19800000".into(), true))
        );
    }

    #[test]
    fn a_line_that_is_no_list_is_refused() {
        assert_eq!(
            read(["", "999990743", "a", "", "19800101", ""]),
            None,
            "no key"
        );
        assert_eq!(
            read(["1", "999999245", "a", "", "19800101", ""]),
            None,
            "fails the eleven-test"
        );
        assert_eq!(
            read(["1", "999990743", "a", "", "1980-01-01", ""]),
            None,
            "not a date of LO3"
        );
        assert_eq!(
            read(["1", "999990743", "a\0b", "", "19800101", ""]),
            None,
            "no text for the database"
        );
        let long = "a".repeat(VALUE_BYTES + 1);
        assert_eq!(read(["1", "", &long, "", "19800101", ""]), None);
        let nameless = csv::StringRecord::from(vec!["1\0", "", "a", "", "19800101", ""]);
        let named = Record::named(&header(&NAMES).expect("header"), &nameless);
        assert_eq!(named.pl_id, "", "its key is none that can be kept");
        let short = csv::StringRecord::from(vec!["1", "999990743"]);
        assert!(Record::read(&header(&NAMES).expect("header"), &short).is_none());
    }
}

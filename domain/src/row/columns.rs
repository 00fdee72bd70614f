//! The table of columns of the standard format (specification §2): name, header synonyms, title,
//! requirement and hint. Template, help pages, forms and the reader take them from here.

use crate::codes::{Consent, Country, Mutation, Origin, Sex};
use crate::party::TargetGroup;
use crate::text::Lang;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// A column of the standard format, in the order of the specification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the table below describes each column")]
pub enum Column {
    Mutatie,
    Bronsleutel,
    Toestemming,
    Bsn,
    GeenBsnReden,
    Geboortedatum,
    Achternaam,
    Voorvoegsel,
    Geslacht,
    Postcode,
    Huisnummer,
    Vaccinatiedatum,
    Vaccin,
    HpkCode,
    Batchnummer,
    Dosisnummer,
    Doelgroep,
    Leeftijdsgroep,
    UitvoerderAgb,
    BigNummer,
    Vaccinatieplaats,
    Vaccinatieland,
}

/// When a column must be filled (specification §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Requirement {
    /// V: in every row.
    Always,
    /// J: with consent; empty without consent.
    WithConsent,
    /// Only without consent.
    WithoutConsent,
    /// J*: with consent, unless `geen_bsn_reden` is filled.
    BsnOrReason,
    /// V¹: one of `vaccin` and `hpk_code`; both must agree.
    VaccineOrHpk,
    /// V², V³: unless the profile of the party or user gives it.
    UnlessInProfile,
    /// The source key: on sftp, zorgmail, ggd and lsp, and for every C and V row.
    ByChannel,
    /// O: never.
    Optional,
}

struct Entry {
    column: Column,
    name: &'static str,
    synonyms: &'static [&'static str],
    title: (&'static str, &'static str),
    requirement: Requirement,
    hint: (&'static str, &'static str),
}

const fn entry(
    column: Column,
    name: &'static str,
    synonyms: &'static [&'static str],
    title: (&'static str, &'static str),
    requirement: Requirement,
    hint: (&'static str, &'static str),
) -> Entry {
    Entry {
        column,
        name,
        synonyms,
        title,
        requirement,
        hint,
    }
}

#[rustfmt::skip]
const TABLE: [Entry; Column::COUNT] = [
    entry(Column::Mutatie, "mutatie", &["soort_bericht", "actie"], ("Mutatie", "Change"), Requirement::Optional,
        ("N (nieuw), C (correctie) of V (vervallen). Leeg is N.", "N (new), C (correction) or V (withdrawn). Empty is N.")),
    entry(Column::Bronsleutel, "bronsleutel", &["afzender_id", "uniek_id", "registratienummer"], ("Bronsleutel", "Source key"), Requirement::ByChannel,
        ("Uw eigen, unieke nummer van deze regel: 1 tot en met 64 letters, cijfers, punten, streepjes of liggende streepjes. Geen BSN.", "Your own unique number of this row: 1 to 64 letters, digits, full stops, hyphens or underscores. Not a BSN.")),
    entry(Column::Toestemming, "toestemming", &["toestemming_rivm", "akkoord"], ("Toestemming", "Consent"), Requirement::Always,
        ("J (ja) of N (nee). Leeg is nooit ja.", "J (yes) or N (no). Empty is never yes.")),
    entry(Column::Bsn, "bsn", &["bsnummer", "bsn_nummer", "burgerservicenummer"], ("BSN", "BSN"), Requirement::BsnOrReason,
        ("9 cijfers, bijvoorbeeld 999990019.", "9 digits, for example 999990019.")),
    entry(Column::GeenBsnReden, "geen_bsn_reden", &["reden_geen_bsn"], ("Reden zonder BSN", "Reason without BSN"), Requirement::Optional,
        ("BUITENLAND, ONBEKEND of GEEN_VAST_ADRES. Alleen als er geen BSN is.", "BUITENLAND, ONBEKEND or GEEN_VAST_ADRES. Only when there is no BSN.")),
    entry(Column::Geboortedatum, "geboortedatum", &["geb_datum", "geboren", "geboorte_datum"], ("Geboortedatum", "Date of birth"), Requirement::WithConsent,
        ("Bijvoorbeeld 02-05-1940. Dag of maand onbekend? Vul 00 in, zoals 00-00-1940.", "For example 02-05-1940. Day or month unknown? Fill in 00, as in 00-00-1940.")),
    entry(Column::Achternaam, "achternaam", &["naam", "geslachtsnaam", "familienaam"], ("Achternaam", "Surname"), Requirement::Optional,
        ("Zonder voorvoegsel. Alleen om de persoon te herkennen.", "Without prefix. Only used to recognise the person.")),
    entry(Column::Voorvoegsel, "voorvoegsel", &["tussenvoegsel"], ("Voorvoegsel", "Surname prefix"), Requirement::Optional,
        ("Bijvoorbeeld: van der.", "For example: van der.")),
    entry(Column::Geslacht, "geslacht", &["sekse", "m_v"], ("Geslacht", "Sex"), Requirement::Optional,
        ("M (man), V (vrouw) of O (onbekend).", "M (male), V (female) or O (unknown).")),
    entry(Column::Postcode, "postcode", &["pc"], ("Postcode", "Postcode"), Requirement::Optional,
        ("Bijvoorbeeld 1234 AB.", "For example 1234 AB.")),
    entry(Column::Huisnummer, "huisnummer", &["huisnr"], ("Huisnummer", "House number"), Requirement::Optional,
        ("Alleen het nummer, zonder toevoeging.", "Only the number, without addition.")),
    entry(Column::Vaccinatiedatum, "vaccinatiedatum", &["datum_vaccinatie", "prikdatum", "vacc_datum"], ("Vaccinatiedatum", "Vaccination date"), Requirement::Always,
        ("Bijvoorbeeld 27-01-2021.", "For example 27-01-2021.")),
    entry(Column::Vaccin, "vaccin", &["vaccinsoort", "soort_vaccin", "merk"], ("Vaccin", "Vaccine"), Requirement::VaccineOrHpk,
        ("De merknaam, bijvoorbeeld Comirnaty, of het EU-nummer.", "The brand name, for example Comirnaty, or the EU number.")),
    entry(Column::HpkCode, "hpk_code", &["hpk"], ("HPK-code", "HPK code"), Requirement::VaccineOrHpk,
        ("7 cijfers, bijvoorbeeld 2924528.", "7 digits, for example 2924528.")),
    entry(Column::Batchnummer, "batchnummer", &["batch", "batchnr", "lotnummer", "lot", "chargenummer"], ("Batchnummer", "Batch number"), Requirement::Always,
        ("Staat op de verpakking, bijvoorbeeld EJ6795.", "Printed on the package, for example EJ6795.")),
    entry(Column::Dosisnummer, "dosisnummer", &["dosis", "dosisnr", "prik"], ("Dosisnummer", "Dose number"), Requirement::Always,
        ("1 tot en met 9: de hoeveelste prik dit is.", "1 to 9: which dose this is.")),
    entry(Column::Doelgroep, "doelgroep", &["groep", "reden_vaccinatie"], ("Doelgroep", "Target group"), Requirement::UnlessInProfile,
        ("Waarom deze persoon is gevaccineerd. Kies uit de lijst.", "Why this person was vaccinated. Choose from the list.")),
    entry(Column::Leeftijdsgroep, "leeftijdsgroep", &["cohort"], ("Leeftijdsgroep", "Age group"), Requirement::WithoutConsent,
        ("Alleen zonder toestemming: A (jongste), B of C (oudste).", "Only without consent: A (youngest), B or C (oldest).")),
    entry(Column::UitvoerderAgb, "uitvoerder_agb", &["agb", "agb_code"], ("AGB-code uitvoerder", "AGB code of the administering party"), Requirement::UnlessInProfile,
        ("8 cijfers.", "8 digits.")),
    entry(Column::BigNummer, "big_nummer", &["big", "big_registratie", "bignr"], ("BIG-nummer", "BIG number"), Requirement::UnlessInProfile,
        ("11 cijfers: van de verantwoordelijke zorgverlener.", "11 digits: of the responsible professional.")),
    entry(Column::Vaccinatieplaats, "vaccinatieplaats", &["locatie", "plaats"], ("Vaccinatieplaats", "Place of vaccination"), Requirement::Optional,
        ("Bijvoorbeeld de naam van het verpleeghuis of de plaats.", "For example the name of the nursing home or the town.")),
    entry(Column::Vaccinatieland, "vaccinatieland", &["land"], ("Vaccinatieland", "Country of vaccination"), Requirement::Optional,
        ("Landcode van 2 letters. Leeg is NL.", "Country code of 2 letters. Empty is NL.")),
];

impl Column {
    /// Number of columns.
    pub const COUNT: usize = 22;

    /// All columns, in the order of the specification.
    pub const ALL: [Self; Self::COUNT] = {
        let mut all = [Self::Mutatie; Self::COUNT];
        let mut i = 0;
        while i < Self::COUNT {
            all[i] = TABLE[i].column;
            i += 1;
        }
        all
    };

    const fn entry(self) -> &'static Entry {
        &TABLE[self as usize]
    }

    /// The name on the wire and in the header: `geboortedatum`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.entry().name
    }

    /// Reads the name on the wire, as written; a header is matched more loosely.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }

    /// Place in [`Self::ALL`], from 0.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Other header names that mean this column.
    #[must_use]
    pub const fn synonyms(self) -> &'static [&'static str] {
        self.entry().synonyms
    }

    /// The Dutch label people see.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.title_in(Lang::Nl)
    }

    /// The label in a language.
    #[must_use]
    pub const fn title_in(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Nl => self.entry().title.0,
            Lang::En => self.entry().title.1,
        }
    }

    /// When it must be filled.
    #[must_use]
    pub const fn requirement(self) -> Requirement {
        self.entry().requirement
    }

    /// One Dutch sentence on what to fill in.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        self.hint_in(Lang::Nl)
    }

    /// The hint in a language.
    #[must_use]
    pub const fn hint_in(self, lang: Lang) -> &'static str {
        match lang {
            Lang::Nl => self.entry().hint.0,
            Lang::En => self.entry().hint.1,
        }
    }

    /// Columns 4-11: they say something about the person, so they stay empty without consent (T10).
    #[must_use]
    pub const fn is_personal(self) -> bool {
        Self::Bsn.index() <= self.index() && self.index() <= Self::Huisnummer.index()
    }

    /// The text is what a drop-down of this column can hold: a row with such cells alone is no row (specification §3).
    #[must_use]
    pub fn is_default(self, cell: &str) -> bool {
        let cell = cell.trim();
        match self {
            Self::Mutatie => Mutation::parse(cell).is_some(),
            Self::Toestemming => Consent::parse(cell).is_some(),
            Self::Geslacht => Sex::parse(cell).is_some(),
            Self::Doelgroep => {
                TargetGroup::parse(cell).is_some_and(|group| TargetGroup::FIRST.contains(&group))
            }
            Self::Vaccinatieland => Country::parse(cell).is_some() || Origin::parse(cell).is_some(),
            _ => false,
        }
    }

    /// The column a header text means: name or synonym, without regard to case, spaces, `-`, `_`,
    /// `.`, `*`, `/`, diacritics, invisible characters and text in brackets.
    #[must_use]
    pub fn from_header(header: &str) -> Option<Self> {
        let wanted = fold_header(header);
        let at = NAMES.binary_search_by(|(name, _)| name.cmp(&wanted)).ok()?;
        Some(NAMES[at].1)
    }
}

/// All names and synonyms as they are compared, in order: a file asks for each of its cells in the first lines, once
/// per delimiter that is tried.
static NAMES: LazyLock<Vec<(String, Column)>> = LazyLock::new(|| {
    let mut names: Vec<_> = TABLE
        .iter()
        .flat_map(|entry| {
            let all = std::iter::once(entry.name).chain(entry.synonyms.iter().copied());
            all.map(|name| (fold_header(name), entry.column))
        })
        .collect();
    names.sort_unstable();
    names
});

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A header text as it is compared: see [`Column::from_header`]. Two headers with the same fold are
/// the same unknown column as well.
#[must_use]
pub fn fold_header(header: &str) -> String {
    let mut depth = 0_u32;
    let mut folded = String::with_capacity(header.len());
    for c in header.nfkd() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 && c.is_alphanumeric() => folded.extend(c.to_lowercase()),
            _ => {}
        }
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_stands_in_the_order_of_the_enum() {
        for (index, entry) in TABLE.iter().enumerate() {
            assert_eq!(entry.column.index(), index, "{}", entry.name);
        }
    }

    #[test]
    fn the_name_is_the_name_on_the_wire() {
        for column in Column::ALL {
            assert_eq!(
                serde_json::to_string(&column).unwrap(),
                format!("\"{}\"", column.name())
            );
        }
    }

    #[test]
    fn no_header_means_two_columns() {
        let mut seen = std::collections::BTreeMap::new();
        for entry in &TABLE {
            for name in std::iter::once(&entry.name).chain(entry.synonyms) {
                let before = seen.insert(fold_header(name), entry.column);
                assert!(before.is_none_or(|column| column == entry.column), "{name}");
                assert_eq!(Column::from_header(name), Some(entry.column), "{name}");
            }
        }
    }

    #[test]
    fn headers_are_matched_without_regard_to_dress() {
        for (header, column) in [
            ("BSN", Column::Bsn),
            ("  b.s.n. * ", Column::Bsn),
            ("\u{feff}Géboorte-Datum (dd-mm-jjjj)", Column::Geboortedatum),
            ("M/V", Column::Geslacht),
            ("HPK code [7 cijfers]", Column::HpkCode),
            ("big\u{a0}nummer", Column::BigNummer),
        ] {
            assert_eq!(Column::from_header(header), Some(column), "{header}");
        }
        for header in [
            "", "  ", "/", "(bsn)", "bsn2", "telefoon", "b s n (", "voornaam",
        ] {
            let expected = (header == "b s n (").then_some(Column::Bsn);
            assert_eq!(Column::from_header(header), expected, "{header}");
        }
    }
}

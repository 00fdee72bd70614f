//! The one table of rules (specification §4): code, severity and stage; sentence and help are in
//! [`crate::text`]. A code never changes its meaning and is never used again.

use super::Severity;
use crate::text::{self, Help, Lang};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a code is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The whole file or delivery.
    File,
    /// One row.
    Row,
}

/// When a code is checked (specification §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// While the file is read.
    File,
    /// Stage 1: from the row alone, in browser and server.
    Row,
    /// Stage 1 of a file: needs the other rows of the file.
    InFile,
    /// Stage 2: needs stored facts.
    Register,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident $severity:ident $stage:ident,)+) => {
        /// A rule of the specification. The comment of each says when it fires.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* $code,)+
        }

        impl Code {
            /// Every code, in alphabetical order.
            pub const ALL: &'static [Self] = &[$(Self::$code),+];

            /// `"P03"`.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$code => stringify!($code),)+ }
            }

            /// The severity of the rule table. B11 (waarschuwing from 0.70, else controle), B10
            /// (controle when submitted with a reason) and the parking codes may differ per finding.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$code => Severity::$severity,)+ }
            }

            /// When it is checked.
            #[must_use]
            pub const fn stage(self) -> Stage {
                match self { $(Self::$code => Stage::$stage,)+ }
            }
        }
    };
}

codes! {
    /// 0 bytes.
    A01 Fout File,
    /// Not CSV, XLSX or ODS.
    A02 Fout File,
    /// Encrypted workbook.
    A03 Fout File,
    /// Old binary .xls.
    A04 Fout File,
    /// Contains macros or external links.
    A05 Fout File,
    /// Too many bytes.
    A06 Fout File,
    /// Too many rows.
    A07 Fout File,
    /// Required columns missing.
    A08 Fout File,
    /// Two headers mean the same column.
    A09 Fout File,
    /// Unknown columns (our own `foutcode`, `melding` and row token are ignored).
    A10 Waarschuwing File,
    /// Structure broken (unbalanced quote, NUL).
    A11 Fout File,
    /// Same content received before from this party and not refused then.
    A12 Dubbel File,
    /// File name does not fit the account.
    A13 Fout File,
    /// Row count or sha256 differs from the control file or trailer.
    A14 Fout File,
    /// Columns look shifted from a row on (≥ 70 % of the rest, ≥ 20 rows, fails on form in ≥ 3 columns).
    A15 Fout File,
    /// Several visible sheets match.
    A16 Fout File,
    /// ≥ 1 value proves month-day order, none proves day-month, the others are ambiguous.
    A17 Fout File,
    /// Read as Windows-1252 or UTF-16.
    A18 Waarschuwing File,
    /// Lines above the header skipped.
    A19 Waarschuwing File,
    /// < 70 % of ≥ 10 rows can be matched with the BRP.
    A20 Fout File,
    /// A configured malware scanner (clamd) objects.
    A21 Fout File,
    /// More than 64 columns.
    A22 Fout File,
    /// BSN not in the BRP, or birth date differs, or BSN not unique: one code and one text for all three (no oracle); only RIVM sees which. In the portal the sender may submit anyway with a reason: then C.
    B10 Fout Register,
    /// Surname similarity under 0.85 (Jaro-Winkler after folding, prefix split off on both sides first, best of own and partner name).
    B11 Waarschuwing Register,
    /// Vaccination after the date of death; code and text for RIVM only.
    B12 Controle Register,
    /// BRP data older than 48 h or missing: stored, checked again by itself.
    B13 Waarschuwing Register,
    /// No BSN: one candidate, or none, on birth date + postcode + huisnummer + name.
    B14 Controle Register,
    /// What the sender sees instead of B12, D04, D05 or V32 when these follow from what others know: senders are told a code only if it follows from their own rows (V33 likewise, else nothing).
    B19 Controle Register,
    /// Same content (all columns after repair, bronsleutel aside) as an earlier row of the file; without consent only when the bronsleutel is the same too.
    D01 Dubbel InFile,
    /// Same mutatie and same bronsleutel, or same BSN + date + dose, other content, in one file: all of them.
    D02 Fout InFile,
    /// Same person, date and product known from this party, nothing new. From another party: GEACCEPTEERD, a second source of the same vaccination.
    D03 Dubbel Register,
    /// Same person and date, other product, batch or dose.
    D04 Controle Register,
    /// Same person and dose, other date.
    D05 Controle Register,
    /// One lost leading zero put back: a BSN of 8 digits, an AGB code of 7.
    H01 Hersteld Row,
    /// Dots, spaces, hyphens, apostrophe removed from a code.
    H02 Hersteld Row,
    /// Invisible characters removed (NBSP, zero width, BOM).
    H03 Hersteld Row,
    /// Spreadsheet day number read as a date, only inside the column's allowed range; four digits from 1890 to this year are a birth year, not a day number.
    H04 Hersteld Row,
    /// Batch: prefix (LOT, batch), spaces, case.
    H05 Hersteld Row,
    /// Vaccine alias mapped.
    H06 Hersteld Row,
    /// `.0` dropped from a number.
    H07 Hersteld Row,
    /// Prefix split from the surname ("Vries, de").
    H08 Hersteld Row,
    /// Bsn and reason both empty.
    P01 Fout Row,
    /// Not 9 digits after repair.
    P02 Fout Row,
    /// Eleven-test fails, or 000000000.
    P03 Fout Row,
    /// Scientific notation in text.
    P04 Fout Row,
    /// Geen_bsn_reden unknown.
    P05 Fout Row,
    /// Bsn and reason both filled.
    P06 Fout Row,
    /// No BSN and achternaam empty, or reason ONBEKEND and postcode empty.
    P07 Fout Row,
    /// Geboortedatum empty.
    P10 Fout Row,
    /// Not a date form.
    P11 Fout Row,
    /// Impossible date.
    P12 Fout Row,
    /// After the vaccination date or today.
    P13 Fout Row,
    /// Equal to the vaccination date.
    P14 Fout Row,
    /// Two-digit year.
    P15 Fout Row,
    /// Before 1890.
    P16 Fout Row,
    /// Older than 110.
    P17 Waarschuwing Row,
    /// Younger than 12 at vaccination.
    P18 Controle Row,
    /// Geslacht unknown.
    P20 Fout Row,
    /// Achternaam has no letter or is too long.
    P21 Fout Row,
    /// Mojibake.
    P22 Waarschuwing Row,
    /// Voorvoegsel longer than 20.
    P23 Fout Row,
    /// Postcode badly formed (`[1-9]ddd LL`, not SA SD SS).
    P30 Fout Row,
    /// Huisnummer not 1-99999.
    P31 Fout Row,
    /// Mutatie unknown.
    R01 Fout Row,
    /// C or V with an unknown bronsleutel.
    R02 Fout Register,
    /// Bronsleutel missing where required; always for C and V.
    R03 Fout Row,
    /// Bronsleutel holds a run of exactly 9 digits that passes the eleven-test.
    R04 Fout Row,
    /// Other number of fields than the header.
    R05 Fout Row,
    /// Bronsleutel badly formed.
    R06 Fout Row,
    /// N with a known bronsleutel and other content.
    R07 Fout Register,
    /// Row over 16 KiB or a cell over 1,000 characters.
    R08 Fout Row,
    /// Row cannot be read at all.
    R09 Fout Row,
    /// Test lane: a BSN outside the test range 9999….
    R10 Fout Row,
    /// Not J or N.
    T01 Fout Row,
    /// N without leeftijdsgroep.
    T02 Fout Row,
    /// J with leeftijdsgroep.
    T03 Fout Row,
    /// N, but any of columns 4-11 filled; these values reach no table, log or answer; the sealed raw file is destroyed as soon as its last row has been read.
    T10 Fout Row,
    /// AGB not 8 digits.
    U01 Fout Row,
    /// Not one of this party's.
    U02 Fout Register,
    /// Empty and not derivable.
    U03 Fout Row,
    /// BIG not 11 digits.
    U10 Fout Row,
    /// Empty and not derivable.
    U11 Fout Row,
    /// Vaccinatiedatum empty.
    V01 Fout Row,
    /// Not a date form.
    V02 Fout Row,
    /// Impossible date, or partly unknown.
    V03 Fout Row,
    /// After today.
    V04 Fout Row,
    /// Before 06-01-2021 (configuration).
    V05 Fout Row,
    /// Before the product's first use.
    V06 Fout Row,
    /// Two-digit year.
    V07 Fout Row,
    /// Month > 12 but day ≤ 12.
    V08 Fout Row,
    /// Vaccin and hpk_code both empty.
    V10 Fout Row,
    /// Vaccin unknown.
    V11 Fout Row,
    /// Hpk unknown.
    V12 Fout Row,
    /// Vaccin and hpk disagree.
    V13 Fout Row,
    /// Names more than one product.
    V14 Fout Row,
    /// Batch empty.
    V20 Fout Row,
    /// Batch is known for another vaccine only.
    V21 Fout Register,
    /// Batch unknown; suggestion when one is near (one edit, O/0, I/1).
    V22 Controle Register,
    /// Batch expired on the date.
    V23 Controle Register,
    /// Two batches in a cell.
    V24 Fout Row,
    /// Scientific notation or a date made of it.
    V25 Fout Row,
    /// Longer than 20 or other characters than `A-Z 0-9 - .`.
    V26 Fout Row,
    /// Dosisnummer empty.
    V30 Fout Row,
    /// Not 1-9.
    V31 Fout Row,
    /// Fewer days since the previous dose than the minimum of that previous dose's product.
    V32 Controle Register,
    /// Dose ≥ 2 and no earlier dose known.
    V33 Waarschuwing Register,
    /// Country unknown.
    V40 Fout Row,
    /// Doelgroep empty and no default.
    V41 Fout Row,
    /// Doelgroep unknown.
    V42 Fout Row,
    /// Vaccinatieplaats longer than 80.
    V43 Fout Row,
}

/// The text is not a code of the rule table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown rule code")]
pub struct UnknownCode;

impl Code {
    /// File or row.
    #[must_use]
    pub const fn scope(self) -> Scope {
        match self.stage() {
            Stage::File => Scope::File,
            Stage::Row | Stage::InFile | Stage::Register => Scope::Row,
        }
    }

    /// The sentence with its `{…}` still open.
    #[must_use]
    pub const fn sentence(self, lang: Lang) -> &'static str {
        text::sentence(self, lang)
    }

    /// What the help page of this code says.
    #[must_use]
    pub const fn help(self) -> &'static Help {
        text::help(self)
    }

    /// A repair (H codes).
    #[must_use]
    pub const fn is_repair(self) -> bool {
        matches!(self.severity(), Severity::Hersteld)
    }

    /// Codes that say a filled cell has not the form of its column. Many of them on many rows
    /// mean that columns are shifted (A15).
    #[must_use]
    pub const fn is_form(self) -> bool {
        #[rustfmt::skip]
        let form = matches!(
            self,
            Self::P02 | Self::P03 | Self::P04 | Self::P05 | Self::P11 | Self::P12 | Self::P15 | Self::P20 | Self::P21
                | Self::P30 | Self::P31 | Self::R01 | Self::R06 | Self::R09 | Self::T01 | Self::U01 | Self::U10
                | Self::V02 | Self::V03 | Self::V07 | Self::V08 | Self::V11 | Self::V12 | Self::V14 | Self::V24
                | Self::V25 | Self::V26 | Self::V31 | Self::V40 | Self::V42
        );
        form
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Code {
    type Err = UnknownCode;

    fn from_str(text: &str) -> Result<Self, UnknownCode> {
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or(UnknownCode)
    }
}

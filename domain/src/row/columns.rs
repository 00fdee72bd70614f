//! The table of columns of the standard format (specification §2).

use serde::{Deserialize, Serialize};

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

impl Column {
    /// Number of columns.
    pub const COUNT: usize = 22;
}

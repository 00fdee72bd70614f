//! Vaccine products: identity, HPK code, and how names of people and systems lead to a product.

use serde::{Deserialize, Serialize};
use time::Date;

/// A product of the managed list; the number is the list's and stays the same for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VaccineId(pub u16);

/// A product code of the G-Standaard (Handelsproductkode): 7 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hpk(u32);

impl Hpk {
    /// Reads exactly seven digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        (bytes.len() == 7 && bytes.iter().all(u8::is_ascii_digit))
            .then(|| text.parse().ok().map(Self))
            .flatten()
    }

    /// The number, below 10,000,000.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }
}

impl std::fmt::Display for Hpk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:07}", self.0)
    }
}

/// One product of the managed list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vaccine {
    /// Its identity.
    pub id: VaccineId,
    /// The name we show: `Comirnaty`.
    pub name: String,
    /// HPK codes of this product.
    pub hpk: Vec<Hpk>,
    /// EU marketing authorisation: `EU/1/20/1528`.
    pub eu_number: String,
    /// Other names people and systems use.
    pub aliases: Vec<String>,
    /// Doses of the first series.
    pub doses: u8,
    /// Fewest usual days to the next dose (V32).
    pub min_days: Option<u16>,
    /// First day it was used in the Netherlands (V06).
    pub first_use: Date,
    /// Last day it was used, once it ended (V11, V12). What was given until then may still be reported.
    pub last_use: Option<Date>,
}

impl Vaccine {
    /// It was in use in the Netherlands on this day.
    #[must_use]
    pub fn was_used_on(&self, day: Date) -> bool {
        self.first_use <= day && self.last_use.is_none_or(|last| day <= last)
    }
}

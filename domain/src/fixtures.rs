//! One failing and one passing row for every rule of stage 1, as data: the tests of the rules, of `cims check`
//! and of every channel take their rows from here, so no rule goes untested and none is restated.
//!
//! A fixture is the good row [`GOOD`] with a few cells changed. Persons are fictitious test persons.

use crate::codes::CodeLists;
use crate::delivery::Channel;
use crate::finding::Code;
use crate::row::{Column, Context, Profile, RawRow, RepairSet};
use Column::{
    Achternaam, Batchnummer, BigNummer, Bronsleutel, Bsn, Doelgroep, Dosisnummer, Geboortedatum,
    GeenBsnReden, Geslacht, HpkCode, Huisnummer, Leeftijdsgroep, Mutatie, Postcode, Toestemming,
    UitvoerderAgb, Vaccin, Vaccinatiedatum, Vaccinatieland, Vaccinatieplaats, Voorvoegsel,
};

/// Cells of a row.
pub type Cells = &'static [(Column, &'static str)];

/// The day on which the fixtures are judged.
pub const TODAY: time::Date = time::macros::date!(2021 - 06 - 15);

/// A row with consent and without findings, whatever the channel.
pub const GOOD: Cells = &[
    (Bronsleutel, "R-0001"),
    (Toestemming, "J"),
    (Bsn, "999990019"),
    (Geboortedatum, "01-04-1940"),
    (Vaccinatiedatum, "27-01-2021"),
    (Vaccin, "Comirnaty"),
    (Batchnummer, "EJ6795"),
    (Dosisnummer, "1"),
    (Doelgroep, "BEWONER_INSTELLING"),
    (UitvoerderAgb, "06010203"),
    (BigNummer, "19012345601"),
];

/// A row without consent and without findings.
pub const COUNTED: Cells = &[
    (Bronsleutel, "R-0002"),
    (Toestemming, "N"),
    (Vaccinatiedatum, "27-01-2021"),
    (Vaccin, "Comirnaty"),
    (Batchnummer, "EJ6795"),
    (Dosisnummer, "1"),
    (Leeftijdsgroep, "C"),
];

/// What a rule needs besides the row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// `cims check` gives the same finding.
    Any,
    /// Only for a party without any default in its profile.
    PartyWithoutDefaults,
    /// Only in the test lane.
    TestLane,
}

/// A failing and a passing row of one rule.
#[derive(Debug, Clone, Copy)]
pub struct Fixture {
    /// The rule.
    pub code: Code,
    /// The row both start from.
    pub base: Cells,
    /// Changes that give this code, on [`Self::column`].
    pub failing: Cells,
    /// Changes, as near to it as can be, that give no such finding.
    pub passing: Cells,
    /// Where the finding is.
    pub column: Column,
    /// Other codes that the failing row cannot but give.
    pub also: &'static [Code],
    /// What it needs besides the row.
    pub setting: Setting,
}

impl Fixture {
    /// The row that fails.
    #[must_use]
    pub fn failing_row(&self) -> RawRow<'static> {
        row(self.base, self.failing)
    }

    /// The row that passes.
    #[must_use]
    pub fn passing_row(&self) -> RawRow<'static> {
        row(self.base, self.passing)
    }

    const fn on(code: Code, base: Cells, column: Column, failing: Cells, passing: Cells) -> Self {
        Self {
            code,
            base,
            failing,
            passing,
            column,
            also: &[],
            setting: Setting::Any,
        }
    }

    const fn set(mut self, setting: Setting) -> Self {
        self.setting = setting;
        self
    }
}

/// In which the fixtures are judged, unless they say otherwise: a file of nobody in particular.
#[must_use]
pub const fn context(lists: &CodeLists) -> Context<'_> {
    Context {
        today: TODAY,
        channel: Channel::Sftp,
        profile: Profile::Unknown,
        lists,
        off: RepairSet::NONE,
        test_lane: false,
    }
}

/// A row of cells with some changed.
#[must_use]
pub fn row(base: Cells, changes: Cells) -> RawRow<'static> {
    let mut row = RawRow::EMPTY;
    for (column, text) in base.iter().chain(changes) {
        row.set(*column, text);
    }
    row
}

const fn bad(code: Code, column: Column, failing: Cells, passing: Cells) -> Fixture {
    Fixture::on(code, GOOD, column, failing, passing)
}

/// Longer than a cell may be.
const LONG: &str = match std::str::from_utf8(&[b'x'; 1_001]) {
    Ok(text) => text,
    Err(_) => "",
};
/// Exactly as long as a cell may be.
const LONGEST: &str = LONG.split_at(1_000).0;
/// Exactly as long as a place may be, and one more.
const PLACE_80: &str = LONG.split_at(80).0;
const PLACE_81: &str = LONG.split_at(81).0;

/// All fixtures: at least one for every code whose stage is [`crate::finding::Stage::Row`], R05 aside (only a
/// reader counts fields).
#[rustfmt::skip]
pub const ALL: &[Fixture] = &[
    bad(Code::R01, Mutatie, &[(Mutatie, "X")], &[(Mutatie, "n")]),
    bad(Code::R03, Bronsleutel, &[(Mutatie, "C"), (Bronsleutel, "")], &[(Mutatie, "C")]),
    Fixture::on(Code::R03, &[], Bronsleutel, &[(Mutatie, "V")], &[(Mutatie, "V"), (Bronsleutel, "R-0001")]),
    bad(Code::R03, Bronsleutel, &[(Bronsleutel, "")], &[]).set(Setting::PartyWithoutDefaults),
    bad(Code::R04, Bronsleutel, &[(Bronsleutel, "A-999990019")], &[(Bronsleutel, "A-9999900190")]),
    bad(Code::R06, Bronsleutel, &[(Bronsleutel, "R/0001")], &[(Bronsleutel, "R.0001_a-b")]),
    bad(Code::R08, Vaccinatieplaats, &[(Vaccinatieplaats, LONG)], &[(Vaccinatieplaats, LONGEST)]),
    bad(Code::R09, Vaccinatieplaats, &[(Vaccinatieplaats, "#N/B")], &[(Vaccinatieplaats, "N/B")]),
    bad(Code::R10, Bsn, &[(Bsn, "123456782")], &[]).set(Setting::TestLane),
    bad(Code::T01, Toestemming, &[(Toestemming, "")], &[(Toestemming, "ja")]),
    bad(Code::T01, Toestemming, &[(Toestemming, "misschien")], &[(Toestemming, "j")]),
    Fixture::on(Code::T02, COUNTED, Leeftijdsgroep, &[(Leeftijdsgroep, "")], &[(Leeftijdsgroep, "a")]),
    bad(Code::T03, Leeftijdsgroep, &[(Leeftijdsgroep, "C")], &[]),
    Fixture::on(Code::T10, COUNTED, Toestemming, &[(Geboortedatum, "01-04-1940")], &[]),
    bad(Code::P01, Bsn, &[(Bsn, "")], &[]),
    bad(Code::P02, Bsn, &[(Bsn, "9999900")], &[]),
    bad(Code::P03, Bsn, &[(Bsn, "999990091")], &[(Bsn, "999995571")]),
    bad(Code::P03, Bsn, &[(Bsn, "000000000")], &[(Bsn, "111222333")]),
    bad(Code::P04, Bsn, &[(Bsn, "9,9999E+08")], &[]),
    bad(Code::P05, GeenBsnReden, &[(Bsn, ""), (GeenBsnReden, "VERGETEN"), (Achternaam, "Jansen")],
        &[(Bsn, ""), (GeenBsnReden, "buitenland"), (Achternaam, "Jansen")]),
    bad(Code::P06, GeenBsnReden, &[(GeenBsnReden, "BUITENLAND")], &[]),
    bad(Code::P07, Achternaam, &[(Bsn, ""), (GeenBsnReden, "BUITENLAND")], &[(Bsn, ""), (GeenBsnReden, "BUITENLAND"), (Achternaam, "Jansen")]),
    bad(Code::P07, Postcode, &[(Bsn, ""), (GeenBsnReden, "ONBEKEND"), (Achternaam, "Jansen")],
        &[(Bsn, ""), (GeenBsnReden, "ONBEKEND"), (Achternaam, "Jansen"), (Postcode, "1234 AB")]),
    bad(Code::P10, Geboortedatum, &[(Geboortedatum, "")], &[]),
    bad(Code::P11, Geboortedatum, &[(Geboortedatum, "april 1940")], &[(Geboortedatum, "1940")]),
    bad(Code::P12, Geboortedatum, &[(Geboortedatum, "30-02-1940")], &[(Geboortedatum, "29-02-1940")]),
    bad(Code::P13, Geboortedatum, &[(Geboortedatum, "28-01-2021")], &[(Geboortedatum, "27-01-1999")]),
    bad(Code::P14, Geboortedatum, &[(Geboortedatum, "27-01-2021")], &[(Geboortedatum, "27-01-1921")]),
    bad(Code::P15, Geboortedatum, &[(Geboortedatum, "01-04-40")], &[]),
    bad(Code::P16, Geboortedatum, &[(Geboortedatum, "31-12-1889")], &[(Geboortedatum, "01-04-1911")]),
    bad(Code::P17, Geboortedatum, &[(Geboortedatum, "27-01-1910")], &[(Geboortedatum, "28-01-1910")]),
    bad(Code::P18, Geboortedatum, &[(Geboortedatum, "28-01-2009")], &[(Geboortedatum, "27-01-2009")]),
    bad(Code::P20, Geslacht, &[(Geslacht, "X")], &[(Geslacht, "vrouw")]),
    bad(Code::P21, Achternaam, &[(Achternaam, "12-34")], &[(Achternaam, "O'Neill")]),
    bad(Code::P22, Achternaam, &[(Achternaam, "GÃ«rard")], &[(Achternaam, "Gërard")]),
    bad(Code::P23, Voorvoegsel, &[(Voorvoegsel, "van der van der van d")], &[(Voorvoegsel, "van der van der van")]),
    bad(Code::P30, Postcode, &[(Postcode, "1234 SS")], &[(Postcode, "1234 AB")]),
    bad(Code::P31, Huisnummer, &[(Huisnummer, "12a")], &[(Huisnummer, "12")]),
    bad(Code::V01, Vaccinatiedatum, &[(Vaccinatiedatum, "")], &[]),
    bad(Code::V02, Vaccinatiedatum, &[(Vaccinatiedatum, "gisteren")], &[(Vaccinatiedatum, "27 jan 2021")]),
    bad(Code::V03, Vaccinatiedatum, &[(Vaccinatiedatum, "29-02-2021")], &[(Vaccinatiedatum, "28-02-2021")]),
    bad(Code::V03, Vaccinatiedatum, &[(Vaccinatiedatum, "00-01-2021")], &[(Vaccinatiedatum, "2021-01-27")]),
    bad(Code::V04, Vaccinatiedatum, &[(Vaccinatiedatum, "16-06-2021")], &[(Vaccinatiedatum, "15-06-2021")]),
    bad(Code::V05, Vaccinatiedatum, &[(Vaccinatiedatum, "05-01-2021")], &[(Vaccinatiedatum, "06-01-2021")]),
    bad(Code::V06, Vaccinatiedatum, &[(Vaccin, "Vaxzevria"), (Vaccinatiedatum, "07-02-2021")], &[(Vaccin, "Vaxzevria"), (Vaccinatiedatum, "08-02-2021")]),
    bad(Code::V07, Vaccinatiedatum, &[(Vaccinatiedatum, "27-01-21")], &[]),
    bad(Code::V08, Vaccinatiedatum, &[(Vaccinatiedatum, "01-27-2021")], &[]),
    bad(Code::V10, Vaccin, &[(Vaccin, "")], &[(Vaccin, ""), (HpkCode, "2924528")]),
    bad(Code::V11, Vaccin, &[(Vaccin, "Griepprik")], &[(Vaccin, "EU/1/20/1528")]),
    bad(Code::V12, HpkCode, &[(HpkCode, "1234567")], &[(HpkCode, "2924528")]),
    bad(Code::V13, HpkCode, &[(Vaccin, "EU/1/20/1507"), (HpkCode, "2924528")], &[(Vaccin, "EU/1/20/1528"), (HpkCode, "2924528")]),
    bad(Code::V14, Vaccin, &[(Vaccin, "Pfizer of Moderna")], &[(Vaccin, "Pfizer/BioNTech")]),
    bad(Code::V20, Batchnummer, &[(Batchnummer, "")], &[]),
    bad(Code::V24, Batchnummer, &[(Batchnummer, "EJ6795/EJ6796")], &[(Batchnummer, "21C10-02")]),
    bad(Code::V25, Batchnummer, &[(Batchnummer, "3,00043E+08")], &[(Batchnummer, "300042698")]),
    bad(Code::V25, Batchnummer, &[(Batchnummer, "10-02-2021")], &[(Batchnummer, "21C10-02")]),
    bad(Code::V26, Batchnummer, &[(Batchnummer, "EJ6795?")], &[(Batchnummer, "EJ.6795")]),
    bad(Code::V30, Dosisnummer, &[(Dosisnummer, "")], &[]),
    bad(Code::V31, Dosisnummer, &[(Dosisnummer, "10")], &[(Dosisnummer, "9")]),
    bad(Code::V40, Vaccinatieland, &[(Vaccinatieland, "Nederland")], &[(Vaccinatieland, "be")]),
    Fixture::on(Code::V40, COUNTED, Vaccinatieland, &[(Vaccinatieland, "BE")], &[(Vaccinatieland, "BES")]),
    bad(Code::V41, Doelgroep, &[(Doelgroep, "")], &[]).set(Setting::PartyWithoutDefaults),
    bad(Code::V42, Doelgroep, &[(Doelgroep, "PRINSES")], &[(Doelgroep, "zorgmedewerker")]),
    bad(Code::V43, Vaccinatieplaats, &[(Vaccinatieplaats, PLACE_81)], &[(Vaccinatieplaats, PLACE_80)]),
    bad(Code::U01, UitvoerderAgb, &[(UitvoerderAgb, "123456")], &[]),
    bad(Code::U03, UitvoerderAgb, &[(UitvoerderAgb, "")], &[]).set(Setting::PartyWithoutDefaults),
    bad(Code::U10, BigNummer, &[(BigNummer, "1901234560")], &[]),
    bad(Code::U11, BigNummer, &[(BigNummer, "")], &[]).set(Setting::PartyWithoutDefaults),
    bad(Code::H01, Bsn, &[(Bsn, "10000008")], &[]),
    bad(Code::H01, UitvoerderAgb, &[(UitvoerderAgb, "6010203")], &[]),
    bad(Code::H02, Bsn, &[(Bsn, "9999.90.019")], &[]),
    bad(Code::H02, Bsn, &[(Bsn, "'999990019")], &[]),
    bad(Code::H03, Bsn, &[(Bsn, "\u{feff}999990019\u{a0}")], &[]),
    bad(Code::H04, Vaccinatiedatum, &[(Vaccinatiedatum, "44223")], &[]),
    bad(Code::H04, Geboortedatum, &[(Geboortedatum, "14702")], &[(Geboortedatum, "1940")]),
    bad(Code::H05, Batchnummer, &[(Batchnummer, "Lot: ej 6795")], &[]),
    bad(Code::H06, Vaccin, &[(Vaccin, "Pfizer")], &[(Vaccin, "comirnaty")]),
    bad(Code::H07, Dosisnummer, &[(Dosisnummer, "2.0")], &[(Dosisnummer, "2")]),
    bad(Code::H08, Achternaam, &[(Achternaam, "Vries, de")], &[(Achternaam, "Vries"), (Voorvoegsel, "de")]),
];

/// Rows of one file that fail, or pass, a rule of the whole file.
#[derive(Debug, Clone, Copy)]
pub struct FileFixture {
    /// D01 or D02.
    pub code: Code,
    /// Changes to [`GOOD`], a row each: some row gets this code.
    pub failing: &'static [Cells],
    /// The same, and no row gets it.
    pub passing: &'static [Cells],
}

/// Fixtures of the rules that need the other rows of a file.
pub const IN_FILE: &[FileFixture] = &[
    FileFixture {
        code: Code::D01,
        failing: &[&[], &[(Bronsleutel, "R-0003")]],
        passing: &[&[], &[(Bronsleutel, "R-0003"), (Bsn, "999995571")]],
    },
    FileFixture {
        code: Code::D02,
        failing: &[&[], &[(Bronsleutel, "R-0003"), (Batchnummer, "EJ6796")]],
        passing: &[
            &[],
            &[
                (Bronsleutel, "R-0003"),
                (Batchnummer, "EJ6796"),
                (Dosisnummer, "2"),
            ],
        ],
    },
];

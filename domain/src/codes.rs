//! Code lists: vaccines and their names, campaign start, age groups, reasons, origins, countries.
//!
//! [`CodeLists`] is what a rule may know about products and dates. The server builds it from managed tables
//! with [`CodeLists::new`]; `cims check` and the tests use [`CodeLists::builtin`] (domain §4.1, §12).

use crate::dates::Days;
use crate::party::{TargetGroup, codes};
use crate::vaccine::{Hpk, Vaccine, VaccineId};
use serde::{Deserialize, Serialize};
use time::Date;
use time::macros::date;

codes!(
    /// Why there is no BSN.
    NoBsnReason {
        /// Lives abroad.
        Buitenland = "BUITENLAND", "Woont in het buitenland";
        /// Not known to the deliverer.
        Onbekend = "ONBEKEND", "Onbekend";
        /// No fixed address.
        GeenVastAdres = "GEEN_VAST_ADRES", "Geen vast adres";
    }
);
codes!(
    /// Sex as delivered.
    Sex {
        /// Male.
        Man = "M" | "man", "Man";
        /// Female.
        Vrouw = "V" | "vrouw", "Vrouw";
        /// Unknown.
        Onbekend = "O" | "onbekend", "Onbekend";
    }
);
codes!(
    /// Age group of a count without consent; its ages are a managed list ([`AgeBounds`]).
    AgeGroup {
        /// Youngest.
        A = "A", "A (jongste)";
        /// Middle.
        B = "B", "B (midden)";
        /// Oldest.
        C = "C", "C (oudste)";
    }
);
codes!(
    /// Where an anonymous count comes from.
    Origin {
        /// European Netherlands.
        Nl = "NL", "Nederland";
        /// Bonaire, Sint Eustatius, Saba.
        Bes = "BES", "Bonaire, Sint Eustatius en Saba";
        /// Curaçao, Aruba, Sint Maarten.
        Cas = "CAS", "Curaçao, Aruba en Sint Maarten";
    }
);
codes!(
    /// What a row does.
    Mutation {
        /// A new vaccination.
        New = "N" | "nieuw", "Nieuw";
        /// Replaces an earlier row of the same source key.
        Correction = "C" | "correctie", "Correctie";
        /// Withdraws an earlier row of the same source key.
        Withdrawal = "V" | "vervallen", "Vervallen";
    }
);
codes!(
    /// Consent to share with RIVM.
    Consent {
        /// Given.
        Yes = "J" | "ja", "Ja";
        /// Refused.
        No = "N" | "nee", "Nee";
    }
);

/// From which age on each group starts: a managed list, for the real bounds are not public (domain §2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgeBounds {
    /// First age of A.
    pub a: u8,
    /// First age of B.
    pub b: u8,
    /// First age of C.
    pub c: u8,
}

impl Default for AgeBounds {
    fn default() -> Self {
        Self {
            a: 12,
            b: 18,
            c: 60,
        }
    }
}

/// Oldest age that is a bound of a group.
pub const MOST_AGE: u8 = 120;

impl AgeBounds {
    /// First and last age of each group; the oldest is open.
    #[must_use]
    pub const fn ages(self) -> [(AgeGroup, u8, Option<u8>); 3] {
        [
            (AgeGroup::A, self.a, Some(self.b.saturating_sub(1))),
            (AgeGroup::B, self.b, Some(self.c.saturating_sub(1))),
            (AgeGroup::C, self.c, None),
        ]
    }

    /// The same with another first age of one group.
    #[must_use]
    pub const fn with(mut self, group: AgeGroup, first: u8) -> Self {
        match group {
            AgeGroup::A => self.a = first,
            AgeGroup::B => self.b = first,
            AgeGroup::C => self.c = first,
        }
        self
    }

    /// Every group has an age of its own.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        self.a < self.b && self.b < self.c && self.c <= MOST_AGE
    }
}

/// A country, ISO 3166-1 alpha-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

const COUNTRIES: &str = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH \
    GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB \
    LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM \
    PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG \
    TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW";

impl Country {
    /// The Netherlands: the default of `vaccinatieland`.
    pub const NL: Self = Self(*b"NL");

    /// Reads a two-letter code of the standard, without regard to case.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("NL") {
            return Some(Self::NL);
        }
        let code: [u8; 2] = text.as_bytes().try_into().ok()?;
        let code = code.map(|b| b.to_ascii_uppercase());
        COUNTRIES
            .split_ascii_whitespace()
            .any(|known| known.as_bytes() == code)
            .then_some(Self(code))
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 2] {
        &self.0
    }
}

/// What the rules may know about products and dates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLists {
    vaccines: Vec<Vaccine>,
    /// Folded names, sorted, each with its product and whether it is the product's own name or EU number.
    names: Vec<(String, VaccineId, NameKind)>,
    /// Folded names that one party uses, the first that holds before the others.
    own: Vec<OwnName>,
    hpk: Vec<(Hpk, VaccineId)>,
    campaign_start: Date,
    campaign_start_abroad: Date,
    age_bounds: AgeBounds,
    groups: Vec<TargetGroup>,
    /// What the codes mean, as far as the list says.
    meanings: Vec<(TargetGroup, String)>,
}

/// A name that one party uses.
#[derive(Debug, Clone, PartialEq, Eq)]
struct OwnName {
    folded: String,
    id: VaccineId,
    days: Days,
    /// Its place among the names that were given.
    place: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameKind {
    Own,
    Alias,
}

/// What a text says about the vaccine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedVaccine {
    /// The product's own name or EU number.
    Own(VaccineId),
    /// Another name of it (H06).
    Alias(VaccineId),
    /// More than one product (V14).
    Several,
    /// None we know (V11).
    Unknown,
}

impl CodeLists {
    /// Lists from managed tables. `campaign_start` holds for the Netherlands, `…_abroad` elsewhere (V05).
    #[must_use]
    pub fn new(vaccines: Vec<Vaccine>, campaign_start: Date, campaign_start_abroad: Date) -> Self {
        let mut names = Vec::new();
        let mut hpk = Vec::new();
        for vaccine in &vaccines {
            names.push((fold_name(&vaccine.name), vaccine.id, NameKind::Own));
            names.push((fold_name(&vaccine.eu_number), vaccine.id, NameKind::Own));
            names.extend(
                vaccine
                    .aliases
                    .iter()
                    .map(|alias| (fold_name(alias), vaccine.id, NameKind::Alias)),
            );
            hpk.extend(vaccine.hpk.iter().map(|code| (*code, vaccine.id)));
        }
        names.retain(|(name, ..)| !name.is_empty());
        names.sort_by(|a, b| a.0.cmp(&b.0));
        hpk.sort();
        Self {
            vaccines,
            names,
            own: Vec::new(),
            hpk,
            campaign_start,
            campaign_start_abroad,
            age_bounds: AgeBounds::default(),
            groups: TargetGroup::FIRST.to_vec(),
            meanings: Vec::new(),
        }
    }

    /// The same lists with other target groups, each with what it means.
    #[must_use]
    pub fn with_groups(mut self, groups: Vec<(TargetGroup, String)>) -> Self {
        self.groups = groups.iter().map(|(group, _)| *group).collect();
        self.meanings = groups;
        self
    }

    /// The target groups in force.
    #[must_use]
    pub fn groups(&self) -> &[TargetGroup] {
        &self.groups
    }

    /// What a target group means, as the managed list has it.
    #[must_use]
    pub fn meaning(&self, group: TargetGroup) -> Option<&str> {
        let mut meanings = self.meanings.iter();
        let (_, meaning) = meanings.find(|(known, _)| *known == group)?;
        Some(meaning)
    }

    /// What a text in column `doelgroep` says; `None` when the list has no such group (V42).
    #[must_use]
    pub fn group(&self, text: &str) -> Option<TargetGroup> {
        TargetGroup::parse(text).filter(|group| self.groups.contains(group))
    }

    /// They hold a name, code or target group that the built-in ones do not, or other days of use.
    #[must_use]
    pub fn knows_more(&self) -> bool {
        let builtin = Self::builtin();
        self.names != builtin.names
            || self.hpk != builtin.hpk
            || self.groups != builtin.groups
            || self.days_of_use().ne(builtin.days_of_use())
    }

    fn days_of_use(&self) -> impl Iterator<Item = (VaccineId, Date, Option<Date>)> + '_ {
        let vaccines = self.vaccines.iter();
        vaccines.map(|vaccine| (vaccine.id, vaccine.first_use, vaccine.last_use))
    }

    /// The same lists with names that one party uses: (its name, a name or number that these lists know, the days of the
    /// jabs it holds for), the first that holds before the others. What the lists call a product themselves stays what it
    /// is, as long as that was in use; a pair whose second half names no product is left out.
    #[must_use]
    pub fn with_names<'n>(
        mut self,
        names: impl IntoIterator<Item = (&'n str, &'n str, Days)>,
    ) -> Self {
        for (place, (name, product, days)) in names.into_iter().enumerate() {
            let folded = folded(name);
            if let (false, NamedVaccine::Own(id) | NamedVaccine::Alias(id)) =
                (folded.is_empty(), self.named(product))
            {
                self.own.push(OwnName {
                    folded,
                    id,
                    days,
                    place,
                });
            }
        }
        self
    }

    /// The same lists with other age groups.
    #[must_use]
    pub const fn with_age_bounds(mut self, bounds: AgeBounds) -> Self {
        self.age_bounds = bounds;
        self
    }

    /// The age groups of counts without consent.
    #[must_use]
    pub const fn age_bounds(&self) -> AgeBounds {
        self.age_bounds
    }

    /// The lists of domain §4.1 and §12.
    #[must_use]
    pub fn builtin() -> Self {
        let vaccine = |id,
                       name: &str,
                       hpk: Option<&str>,
                       eu: &str,
                       aliases: &[&str],
                       doses,
                       min_days,
                       first_use| Vaccine {
            id: VaccineId(id),
            name: name.to_owned(),
            hpk: hpk.and_then(Hpk::parse).into_iter().collect(),
            eu_number: eu.to_owned(),
            aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
            doses,
            min_days,
            first_use,
            last_use: None,
        };
        Self::new(
            vec![
                vaccine(
                    1,
                    "Comirnaty",
                    Some("2924528"),
                    "EU/1/20/1528",
                    &[
                        "Pfizer",
                        "BioNTech",
                        "BNT162b2",
                        "COVID-19 VACCIN PFIZER INJVLST 0,3ML",
                    ],
                    2,
                    Some(21),
                    date!(2021 - 01 - 04),
                ),
                vaccine(
                    2,
                    "Spikevax",
                    Some("2924536"),
                    "EU/1/20/1507",
                    &[
                        "Moderna",
                        "mRNA-1273",
                        "COVID-19 VACCIN MODERNA INJVLST 0,5ML",
                    ],
                    2,
                    Some(28),
                    date!(2021 - 01 - 18),
                ),
                vaccine(
                    3,
                    "Vaxzevria",
                    Some("2925508"),
                    "EU/1/21/1529",
                    &[
                        "AstraZeneca",
                        "AZ",
                        "ChAdOx1-S",
                        "COVID-19 VACCIN ASTRAZENECA INJVLST",
                    ],
                    2,
                    Some(28),
                    date!(2021 - 02 - 08),
                ),
                vaccine(
                    4,
                    "Jcovden",
                    Some("2934701"),
                    "EU/1/20/1525",
                    &[
                        "Janssen",
                        "J&J",
                        "Johnson & Johnson",
                        "Ad26.COV2.S",
                        "COVID-19 VACCIN JANSSEN INJVLST 0,5ML",
                    ],
                    1,
                    None,
                    date!(2021 - 04 - 21),
                ),
                vaccine(
                    5,
                    "Nuvaxovid",
                    None,
                    "EU/1/21/1618",
                    &["Novavax", "NVX-CoV2373"],
                    2,
                    Some(21),
                    date!(2022 - 03 - 14),
                ),
            ],
            date!(2021 - 01 - 06),
            date!(2020 - 12 - 08),
        )
    }

    /// All products.
    #[must_use]
    pub fn vaccines(&self) -> &[Vaccine] {
        &self.vaccines
    }

    /// One product.
    #[must_use]
    pub fn vaccine(&self, id: VaccineId) -> Option<&Vaccine> {
        self.vaccines.iter().find(|vaccine| vaccine.id == id)
    }

    /// The product of an HPK code.
    #[must_use]
    pub fn by_hpk(&self, hpk: Hpk) -> Option<VaccineId> {
        self.hpk
            .iter()
            .find(|(code, _)| *code == hpk)
            .map(|(_, id)| *id)
    }

    /// First day of vaccination in a country (V05).
    #[must_use]
    pub fn campaign_start(&self, country: Country) -> Date {
        if country == Country::NL {
            self.campaign_start
        } else {
            self.campaign_start_abroad
        }
    }

    /// What a text in column `vaccin` says by these lists, whoever delivers it and whenever the jab was given.
    #[must_use]
    pub fn named(&self, text: &str) -> NamedVaccine {
        let exact = self.vaccines.iter().find(|vaccine| vaccine.name == text);
        let own = || {
            self.vaccines
                .iter()
                .find(|vaccine| vaccine.name.eq_ignore_ascii_case(text))
        };
        match exact.or_else(own) {
            Some(vaccine) => NamedVaccine::Own(vaccine.id),
            None => self.read(text, None),
        }
    }

    /// What it says of a jab of a day: the names of the party hold where the lists know no such product, or only one that had
    /// ended (V11).
    #[must_use]
    pub fn named_on(&self, text: &str, day: Option<Date>, country: Country) -> NamedVaccine {
        let listed = self.named(text);
        if !KNOWS_OWN_NAMES {
            return listed;
        }
        let serves = match listed {
            NamedVaccine::Own(id) | NamedVaccine::Alias(id) => !self.has_ended(id, day, country),
            NamedVaccine::Several | NamedVaccine::Unknown => false,
        };
        if serves || self.own.is_empty() {
            listed
        } else {
            self.read(text, Some(day))
        }
    }

    /// By which of the names of the party (its place as given to [`Self::with_names`]) a text was read as this product, of a jab of
    /// this day; `None` when the lists call it so themselves.
    #[must_use]
    pub fn own_name(&self, text: &str, day: Date, product: VaccineId) -> Option<usize> {
        if self.own.is_empty() {
            return None;
        }
        if let NamedVaccine::Own(id) | NamedVaccine::Alias(id) = self.named(text)
            && id == product
        {
            return None;
        }
        let words = text.split(|c: char| !c.is_alphanumeric()).map(fold_name);
        let bare: String = words
            .filter(|word| !FILLERS.contains(&word.as_str()))
            .collect();
        let whole = folded(text);
        let mut holding = self.own.iter().filter(|own| own.days.hold(Some(day)));
        let said = holding.find(|own| own.folded == whole || own.folded == bare);
        said.filter(|own| own.id == product).map(|own| own.place)
    }

    /// The product was used no more on that day. The days of use are those of the Netherlands.
    fn has_ended(&self, id: VaccineId, day: Option<Date>, country: Country) -> bool {
        let last = self.vaccine(id).and_then(|vaccine| vaccine.last_use);
        country == Country::NL && day.zip(last).is_some_and(|(day, last)| last < day)
    }

    /// Reads a text by the names of the lists; with those that the party uses for a jab of a day before them.
    fn read(&self, text: &str, own: Option<Option<Date>>) -> NamedVaccine {
        match self.lookup(&folded(text), own) {
            Some((id, NameKind::Own)) => NamedVaccine::Own(id),
            Some((id, NameKind::Alias)) => NamedVaccine::Alias(id),
            None => self.named_in_words(text, own),
        }
    }

    /// The one product that an unknown text is near to: by a name of it among other words, or by a slip in its name.
    /// `None` when two are.
    #[must_use]
    pub fn near_name(&self, text: &str) -> Option<VaccineId> {
        let folded = fold_name(text);
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .map(fold_name)
            .collect();
        let near =
            |known: &String| words.contains(known) || strsim::jaro_winkler(known, &folded) >= NEAR;
        let mut products: Vec<VaccineId> = self
            .names
            .iter()
            .filter(|(name, ..)| near(name))
            .map(|(_, id, _)| *id)
            .collect();
        products.sort_unstable();
        products.dedup();
        match products.as_slice() {
            [only] if self.named(text) == NamedVaccine::Unknown => Some(*only),
            _ => None,
        }
    }

    /// `Pfizer/BioNTech`, `vaccin Pfizer`: names among words that say nothing. A word we do not know makes the
    /// whole unknown (`Pfizer kind` is another product); a second product makes it several.
    fn named_in_words(&self, text: &str, own: Option<Option<Date>>) -> NamedVaccine {
        let words: Vec<String> = text
            .split(|c: char| !c.is_alphanumeric())
            .map(fold_name)
            .filter(|word| !word.is_empty())
            .collect();
        let (mut product, mut unknown) = (None, false);
        let mut rest = words.as_slice();
        while !rest.is_empty() {
            // The longest name first: `mRNA 1273` is one name of two words.
            let name = (1..=rest.len().min(MOST_WORDS))
                .rev()
                .find_map(|n| Some((n, self.lookup(&rest[..n].concat(), own)?.0)));
            let used = match name {
                Some((_, found)) if product.is_some_and(|known| known != found) => {
                    return NamedVaccine::Several;
                }
                Some((n, found)) => {
                    product = Some(found);
                    n
                }
                None => {
                    unknown |= !FILLERS.contains(&rest[0].as_str());
                    1
                }
            };
            rest = &rest[used..];
        }
        match product {
            Some(id) if !unknown => NamedVaccine::Alias(id),
            _ => NamedVaccine::Unknown,
        }
    }

    fn lookup(&self, folded: &str, own: Option<Option<Date>>) -> Option<(VaccineId, NameKind)> {
        let mut owns = self.own.iter();
        let owned = own
            .filter(|_| KNOWS_OWN_NAMES)
            .and_then(|day| owns.find(|own| own.folded == folded && own.days.hold(day)));
        if let Some(own) = owned {
            return Some((own.id, NameKind::Alias));
        }
        let place = self
            .names
            .binary_search_by(|(name, ..)| name.as_str().cmp(folded))
            .ok()?;
        Some((self.names[place].1, self.names[place].2))
    }
}

/// Words beside a vaccine's name that say nothing about which one it is.
const FILLERS: [&str; 8] = [
    "vaccin",
    "vaccine",
    "covid",
    "covid19",
    "19",
    "corona",
    "coronavaccin",
    "van",
];

/// From here on two names of products are near (Jaro-Winkler): a slip of the pen, not another word.
const NEAR: f64 = 0.9;

/// Most words of a name that is looked up as one.
const MOST_WORDS: usize = 8;

/// The part of an EU number that names the product: `EU/1/20/1528/001` also names a package.
fn eu_number(text: &str) -> Option<&str> {
    if !text.get(..3)?.eq_ignore_ascii_case("EU/") {
        return None;
    }
    let package = text.match_indices('/').nth(3).map(|(at, _)| at)?;
    text[package + 1..]
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| &text[..package])
}

/// The EU number of a product, without that of a package: `EU/1/20/1528`.
#[must_use]
pub fn is_eu_number(text: &str) -> bool {
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let parts: Vec<&str> = text.split('/').collect();
    matches!(parts.as_slice(), ["EU", kind, year, number] if digits(kind, 1) && year.len() == 2 && digits(year, 2) && digits(number, 4))
}

/// A browser has the lists alone: what its party calls a product, the server knows when the row comes in.
const KNOWS_OWN_NAMES: bool = !cfg!(target_family = "wasm");

/// A name as it is looked up, an EU number without that of the package.
pub(crate) fn folded(text: &str) -> String {
    fold_name(eu_number(text).unwrap_or(text))
}

/// Lower case, letters and digits only.
fn fold_name(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_those_of_the_standard() {
        assert_eq!(COUNTRIES.split_ascii_whitespace().count(), 249);
        for code in ["NL", "nl", "BE", "bq", "CW", "AW", "SX"] {
            assert!(Country::parse(code).is_some(), "{code}");
        }
        for code in ["", "N", "NLD", "XX", "UK", "EU", "BES"] {
            assert_eq!(Country::parse(code), None, "{code}");
        }
    }

    #[test]
    fn an_unknown_text_is_near_to_the_product_whose_name_is_in_it_or_almost() {
        let lists = CodeLists::builtin();
        let name = |text: &str| {
            let near = lists.near_name(text).and_then(|id| lists.vaccine(id));
            near.map(|vaccine| vaccine.name.clone())
        };
        for text in ["Pfizer NL paars", "Comirnatty", "comirnaty 30"] {
            assert_eq!(name(text).as_deref(), Some("Comirnaty"), "{text}");
        }
        for text in ["Comirnaty", "Pfizer of Moderna", "griepprik", ""] {
            assert_eq!(name(text), None, "{text}");
        }
    }

    #[test]
    fn no_name_leads_to_two_products() {
        let lists = CodeLists::builtin();
        for pair in lists.names.windows(2) {
            assert!(
                pair[0].0 != pair[1].0 || pair[0].1 == pair[1].1,
                "{}",
                pair[0].0
            );
        }
    }

    #[test]
    fn a_party_has_names_of_its_own_that_take_nothing_from_the_lists() {
        let lists = CodeLists::builtin();
        let NamedVaccine::Own(comirnaty) = lists.named("Comirnaty") else {
            panic!("a product")
        };
        let own = lists.clone().with_names([
            ("Pfizer NL groot", "Comirnaty", Days::ALL),
            ("Spikevax", "Comirnaty", Days::ALL),
            ("Moderna vaccin", "Comirnaty", Days::ALL),
            ("Prik", "Wat dan ook", Days::ALL),
            ("", "Comirnaty", Days::ALL),
        ]);
        let named = |text: &str| own.named_on(text, None, Country::NL);
        assert_eq!(named("Pfizer NL groot"), NamedVaccine::Alias(comirnaty));
        assert_eq!(named("PFIZER nl-groot"), NamedVaccine::Alias(comirnaty));
        assert_eq!(own.named("Pfizer NL groot"), NamedVaccine::Unknown);
        for text in ["Spikevax", "Moderna vaccin", "Prik", ""] {
            assert_eq!(named(text), lists.named(text), "{text}");
        }
    }

    #[test]
    fn a_name_of_a_party_holds_from_its_first_day_up_to_its_last() {
        let days = |first, last| Days {
            first: Some(first),
            last,
        };
        let lists = CodeLists::builtin().with_names([
            (
                "Prik",
                "Comirnaty",
                days(date!(2021 - 02 - 01), Some(date!(2021 - 02 - 28))),
            ),
            ("Prik", "Spikevax", days(date!(2021 - 03 - 01), None)),
        ]);
        let on = |day| lists.named_on("prik", day, Country::NL);
        let product = |name: &str| match lists.named(name) {
            NamedVaccine::Own(id) => NamedVaccine::Alias(id),
            other => other,
        };
        for (day, expected) in [
            (date!(2021 - 01 - 31), NamedVaccine::Unknown),
            (date!(2021 - 02 - 01), product("Comirnaty")),
            (date!(2021 - 02 - 28), product("Comirnaty")),
            (date!(2021 - 03 - 01), product("Spikevax")),
        ] {
            assert_eq!(on(Some(day)), expected, "{day}");
        }
        assert_eq!(on(None), NamedVaccine::Unknown, "no day that can be read");
    }

    #[test]
    fn a_text_that_the_lists_do_not_know_tells_by_which_name_of_the_party_it_was_read() {
        let february = Days {
            first: Some(date!(2021 - 02 - 01)),
            last: Some(date!(2021 - 02 - 28)),
        };
        let lists = CodeLists::builtin().with_names([
            ("Wat dan ook", "Bestaat niet", Days::ALL),
            ("Prik", "Comirnaty", february),
            ("Prik", "Spikevax", Days::ALL),
            ("Spikevax", "Comirnaty", Days::ALL),
        ]);
        let (comirnaty, spikevax) = (lists.vaccines[0].id, lists.vaccines[1].id);
        let (in_february, later) = (date!(2021 - 02 - 14), date!(2021 - 03 - 14));
        for (text, day, product, place) in [
            ("prik", in_february, comirnaty, Some(1)),
            ("vaccin PRIK", in_february, comirnaty, Some(1)),
            ("Prik", later, spikevax, Some(2)),
            ("Prik", later, comirnaty, None),
            ("Prik kind", later, spikevax, None),
            ("Spikevax", later, spikevax, None),
            ("Wat dan ook", later, comirnaty, None),
        ] {
            assert_eq!(lists.own_name(text, day, product), place, "{text} {day}");
        }
    }

    #[test]
    fn a_name_of_a_party_holds_where_the_product_of_that_name_had_ended() {
        let mut lists = CodeLists::builtin();
        lists.vaccines[0].last_use = Some(date!(2021 - 02 - 28));
        let (comirnaty, spikevax) = (lists.vaccines[0].id, lists.vaccines[1].id);
        let eu = "EU/1/20/1528/001";
        let names = ["Comirnaty", "comirnaty", "Pfizer", "vaccin Pfizer", eu];
        let own = lists
            .clone()
            .with_names(names.map(|name| (name, "Spikevax", Days::ALL)));
        let belgium = Country::parse("BE").expect("a country");
        for name in names {
            let on = |day, country| own.named_on(name, day, country);
            let (last, after) = (Some(date!(2021 - 02 - 28)), Some(date!(2021 - 03 - 01)));
            assert_eq!(on(last, Country::NL), lists.named(name), "{name}");
            assert_eq!(
                on(after, Country::NL),
                NamedVaccine::Alias(spikevax),
                "{name}"
            );
            // The days of use are those of the Netherlands; without a day nothing had ended.
            assert_eq!(on(after, belgium), lists.named(name), "{name}");
            assert_eq!(on(None, Country::NL), lists.named(name), "{name}");
        }
        // Without a name of the party it stays the product that ended, which V11 refuses.
        let after = lists.named_on("Comirnaty", Some(date!(2021 - 03 - 01)), Country::NL);
        assert_eq!(after, NamedVaccine::Own(comirnaty));
    }

    #[test]
    fn a_target_group_is_known_by_the_list_in_force() {
        let lists = CodeLists::builtin();
        assert_eq!(lists.group("overig"), Some(TargetGroup::OVERIG));
        assert_eq!(lists.group("DAKLOOS"), None);
        let new = TargetGroup::parse("DAKLOOS").expect("a code");
        let lists = lists.with_groups(vec![(new, "Dak- of thuisloos".to_owned())]);
        assert_eq!(lists.group("dakloos"), Some(new));
        assert_eq!(lists.meaning(new), Some("Dak- of thuisloos"));
        assert_eq!(lists.group("overig"), None);
    }

    #[test]
    fn ages_of_groups_leave_nobody_out() {
        let bounds = AgeBounds::default().with(AgeGroup::B, 16);
        let ages = bounds.ages();
        assert_eq!(ages[0], (AgeGroup::A, 12, Some(15)));
        assert_eq!(ages[1], (AgeGroup::B, 16, Some(59)));
        assert_eq!(ages[2], (AgeGroup::C, 60, None));
        assert!(bounds.is_ordered());
        assert!(!bounds.with(AgeGroup::A, 16).is_ordered());
    }
}

//! Is the person of a row the person of the BRP? (specification B10-B14, domain §6.4)
//!
//! In go what the row says and the BRP lists found for its BSN; out comes one [`Match`] for RIVM's eyes. The sender
//! is told only the codes of [`Judged::findings`]: never a BRP value, nor which part differed.

mod candidates;
mod names;

pub use candidates::{Likeness, MOST_CANDIDATES, Sought, likeness};
pub use names::{NameParts, fold, name_similarity};

use crate::dates::PartialDate;
use crate::finding::{Code, Finding, Severity};
use crate::row::Person;
use time::Date;

/// What the row says, as far as it is compared.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// The row has a BSN.
    pub has_bsn: bool,
    /// Delivered date of birth.
    pub birth_date: PartialDate,
    /// Delivered name; an empty surname is not compared.
    pub name: NameParts<'a>,
}

impl<'a> From<&'a Person> for Asked<'a> {
    fn from(person: &'a Person) -> Self {
        Self {
            has_bsn: person.bsn().is_some(),
            birth_date: person.birth_date(),
            name: NameParts::own(
                person.surname().unwrap_or_default(),
                person.prefix().unwrap_or_default(),
            ),
        }
    }
}

/// Why a person list of the BRP is no longer kept up (67.20).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Suspension {
    /// O: died.
    Deceased,
    /// E: emigrated.
    Emigrated,
    /// M: by ministerial decision.
    Ministerial,
    /// R: moved to the register of non-residents.
    NonResident,
    /// F: the list is an error.
    Error,
    /// W: the list was wiped.
    Wiped,
    /// `.`: unknown.
    Unknown,
}

impl Suspension {
    /// From the letter of the BRP; anything unknown to us counts as unknown.
    #[must_use]
    pub fn parse(letter: &str) -> Option<Self> {
        match letter.trim() {
            "" => None,
            "O" => Some(Self::Deceased),
            "E" => Some(Self::Emigrated),
            "M" => Some(Self::Ministerial),
            "R" => Some(Self::NonResident),
            "F" => Some(Self::Error),
            "W" => Some(Self::Wiped),
            _ => Some(Self::Unknown),
        }
    }

    /// Such a list is nobody: the right person may be on another list with the same BSN.
    const fn is_nobody(self) -> bool {
        matches!(self, Self::Error | Self::Wiped)
    }
}

/// One BRP list with the BSN of the row.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// Date of birth; may be partly or fully unknown.
    pub birth_date: PartialDate,
    /// Own name and, if any, partner's.
    pub name: NameParts<'a>,
    /// Why it is no longer kept up, if so.
    pub suspension: Option<Suspension>,
    /// Date of death, if any; may be partly unknown.
    pub death: Option<PartialDate>,
    /// Indication of secrecy (70.10) other than 0: name and address are masked on screens.
    pub secret: bool,
}

/// The judgement, for RIVM (domain §6.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum Match {
    /// The same person.
    Gevonden,
    /// BSN and birth date fit, the surname does not.
    NaamWijktAf,
    /// Another date of birth.
    DatumAnders,
    /// No list, or only lists that are nobody.
    NietGevonden,
    /// More than one list.
    NietUniek,
    /// Died before the vaccination, whatever the unknown parts of the date of death.
    Overleden,
    /// The same person, emigrated.
    Geemigreerd,
    /// The same person, in the register of non-residents.
    Rni,
    /// The same person, list suspended for another reason.
    Overig,
    /// The BRP copy is too old or missing: checked again later.
    Uitgesteld,
    /// No BSN: RIVM looks.
    ZonderBsn,
}

impl Match {
    /// Every judgement.
    pub const ALL: [Self; 11] = [
        Self::Gevonden,
        Self::NaamWijktAf,
        Self::DatumAnders,
        Self::NietGevonden,
        Self::NietUniek,
        Self::Overleden,
        Self::Geemigreerd,
        Self::Rni,
        Self::Overig,
        Self::Uitgesteld,
        Self::ZonderBsn,
    ];

    /// The word in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gevonden => "GEVONDEN",
            Self::NaamWijktAf => "NAAM_WIJKT_AF",
            Self::DatumAnders => "DATUM_ANDERS",
            Self::NietGevonden => "NIET_GEVONDEN",
            Self::NietUniek => "NIET_UNIEK",
            Self::Overleden => "OVERLEDEN",
            Self::Geemigreerd => "GEEMIGREERD",
            Self::Rni => "RNI",
            Self::Overig => "OVERIG",
            Self::Uitgesteld => "UITGESTELD",
            Self::ZonderBsn => "ZONDER_BSN",
        }
    }

    /// BSN and birth date lead to one person: all the sender of a form is told ("te koppelen").
    #[must_use]
    pub const fn is_matched(self) -> bool {
        matches!(
            self,
            Self::Gevonden
                | Self::NaamWijktAf
                | Self::Overleden
                | Self::Geemigreerd
                | Self::Rni
                | Self::Overig
        )
    }
}

/// A judgement with what led to it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The judgement.
    pub result: Match,
    /// Place of the matched list among the candidates.
    pub candidate: Option<usize>,
    /// Surname similarity, when both sides have a surname.
    pub similarity: Option<f64>,
    /// The matched list is secret.
    pub secret: bool,
    thresholds: Thresholds,
}

/// From which similarity on a surname is the same (no finding), or a waarschuwing instead of a controle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// The same name from here on.
    pub same: f64,
    /// B11 is a waarschuwing from here on, below a controle.
    pub warn: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            same: 0.85,
            warn: 0.70,
        }
    }
}

impl Judged {
    const fn without_candidate(result: Match, thresholds: Thresholds) -> Self {
        Self {
            result,
            candidate: None,
            similarity: None,
            secret: false,
            thresholds,
        }
    }

    /// What the row gets for it. B12 is for RIVM only: a sender sees B19 in its place.
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        match self.result {
            Match::DatumAnders | Match::NietGevonden | Match::NietUniek => {
                findings.push(Finding::whole(Code::B10))
            }
            Match::Overleden => findings.push(Finding::whole(Code::B12)),
            Match::Uitgesteld => findings.push(Finding::whole(Code::B13)),
            Match::ZonderBsn => findings.push(Finding::whole(Code::B14)),
            Match::Gevonden
            | Match::NaamWijktAf
            | Match::Geemigreerd
            | Match::Rni
            | Match::Overig => {}
        }
        let name_differs = self
            .result
            .is_matched()
            .then_some(self.similarity)
            .flatten();
        if let Some(similarity) =
            name_differs.filter(|similarity| *similarity < self.thresholds.same)
        {
            let severity = if similarity >= self.thresholds.warn {
                Severity::Waarschuwing
            } else {
                Severity::Controle
            };
            findings.push(Finding::whole(Code::B11).severe(severity));
        }
        findings
    }
}

/// Judges one row against the BRP lists found for its BSN. `stale` says that the BRP copy is too old or missing.
#[must_use]
pub fn judge(
    asked: Asked<'_>,
    candidates: &[Candidate<'_>],
    vaccination: Date,
    stale: bool,
    thresholds: Thresholds,
) -> Judged {
    let nobody = |result| Judged::without_candidate(result, thresholds);
    if !asked.has_bsn {
        return nobody(Match::ZonderBsn);
    }
    if stale {
        return nobody(Match::Uitgesteld);
    }
    let mut lists = candidates
        .iter()
        .enumerate()
        .filter(|(_, candidate)| !candidate.suspension.is_some_and(Suspension::is_nobody));
    let (place, candidate) = match (lists.next(), lists.next()) {
        (None, _) => return nobody(Match::NietGevonden),
        (Some(_), Some(_)) => return nobody(Match::NietUniek),
        (Some(only), None) => only,
    };
    let similarity = (asked.name.is_comparable() && candidate.name.is_comparable())
        .then(|| name_similarity(asked.name, candidate.name));
    let same_name = similarity.is_some_and(|similarity| similarity >= thresholds.same);
    // With nothing known of the date of birth only the name can tell.
    let same_birth = match candidate.birth_date {
        PartialDate::Unknown => same_name,
        known => known.agrees_with(asked.birth_date),
    };
    let result = if same_birth {
        matched(candidate, similarity.is_none() || same_name, vaccination)
    } else {
        Match::DatumAnders
    };
    let secret = candidate.secret;
    Judged {
        result,
        candidate: Some(place),
        similarity,
        secret,
        thresholds,
    }
}

fn matched(candidate: &Candidate<'_>, name_fits: bool, vaccination: Date) -> Match {
    if candidate
        .death
        .is_some_and(|death| death != PartialDate::Unknown && death.latest() < vaccination)
    {
        return Match::Overleden;
    }
    if !name_fits {
        return Match::NaamWijktAf;
    }
    match candidate.suspension {
        Some(Suspension::Emigrated) => Match::Geemigreerd,
        Some(Suspension::NonResident) => Match::Rni,
        Some(Suspension::Ministerial | Suspension::Unknown) => Match::Overig,
        Some(Suspension::Deceased | Suspension::Error | Suspension::Wiped) | None => {
            Match::Gevonden
        }
    }
}

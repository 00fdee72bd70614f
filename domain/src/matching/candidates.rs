//! Who of the BRP may be the person of a row that was not matched (rules B10, B14) or has no true BSN (rule P03; features F10).
//! For RIVM's eyes: a reviewer chooses, nothing is linked by itself.

use super::{Candidate, NameParts, Suspension, Thresholds, name_similarity};
use crate::dates::PartialDate;
use std::cmp::Ordering;

/// Candidates that are shown of one row. More would be a list to leaf through.
pub const MOST_CANDIDATES: usize = 5;

/// What a row says of its person.
#[derive(Clone, Copy)]
pub struct Sought<'a> {
    /// Date of birth; may be partly unknown.
    pub birth_date: PartialDate,
    /// Name.
    pub name: NameParts<'a>,
    /// Postcode and house number.
    pub address: Option<(&'a str, i32)>,
}

/// What a list of the BRP has in common with a row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Likeness {
    /// The BSN that was delivered.
    pub bsn: bool,
    /// The date of birth, as far as it is known.
    pub birth_date: bool,
    /// Postcode and house number.
    pub address: bool,
    /// The surname is the same, or nearly.
    pub name: bool,
    /// How alike the surnames are, 0 to 1.
    pub similarity: f64,
}

impl Likeness {
    /// The most alike first.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        let parts = |one: &Self| {
            [one.bsn, one.birth_date, one.address, one.name]
                .into_iter()
                .filter(|same| *same)
                .count()
        };
        parts(other)
            .cmp(&parts(self))
            .then(other.similarity.total_cmp(&self.similarity))
    }
}

/// Whether this list may be the person: the date of birth fits, and the address or the surname; or the BSN and the surname.
/// Lists F and W are nobody.
#[must_use]
pub fn likeness(
    sought: Sought<'_>,
    candidate: &Candidate<'_>,
    address: Option<(&str, i32)>,
    same_bsn: bool,
) -> Option<Likeness> {
    if candidate.suspension.is_some_and(Suspension::is_nobody) {
        return None;
    }
    let comparable = sought.name.is_comparable() && candidate.name.is_comparable();
    let similarity = if comparable {
        name_similarity(sought.name, candidate.name)
    } else {
        0.0
    };
    let known = |date| date != PartialDate::Unknown;
    let found = Likeness {
        bsn: same_bsn,
        birth_date: known(sought.birth_date)
            && known(candidate.birth_date)
            && candidate.birth_date.agrees_with(sought.birth_date),
        address: sought.address.is_some() && sought.address == address,
        name: similarity >= Thresholds::default().same,
        similarity,
    };
    let fits = found.birth_date && (found.address || found.name) || found.bsn && found.name;
    fits.then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    const BORN: PartialDate = PartialDate::Full(date!(1950 - 03 - 02));
    const HOME: (&str, i32) = ("1234AB", 7);

    fn sought(name: &'static str) -> Sought<'static> {
        Sought {
            birth_date: BORN,
            name: NameParts::own(name, ""),
            address: Some(HOME),
        }
    }

    fn known(name: &'static str, birth_date: PartialDate) -> Candidate<'static> {
        Candidate {
            birth_date,
            name: NameParts::own(name, ""),
            suspension: None,
            death: None,
            secret: false,
        }
    }

    #[test]
    fn a_birth_date_needs_an_address_or_a_name_beside_it() {
        let elsewhere = Some(("9999ZZ", 1));
        let other = PartialDate::Full(date!(1951 - 03 - 02));
        for (name, born, address, bsn, may) in [
            ("Jansen", BORN, elsewhere, false, true),
            ("Bakker", BORN, Some(HOME), false, true),
            ("Bakker", BORN, elsewhere, false, false),
            ("Jansen", other, Some(HOME), false, false),
            ("Jansen", other, elsewhere, true, true),
            ("Bakker", other, Some(HOME), true, false),
            ("Jansen", PartialDate::Unknown, Some(HOME), false, false),
            ("Jansen", PartialDate::Year(1950), None, false, true),
        ] {
            let found = likeness(sought("Janssen"), &known(name, born), address, bsn);
            assert_eq!(found.is_some(), may, "{name} {born:?} {address:?} {bsn}");
        }
    }

    #[test]
    fn an_erroneous_or_wiped_list_is_nobody() {
        for (reason, may) in [("F", false), ("W", false), ("O", true), ("E", true)] {
            let list = Candidate {
                suspension: Suspension::parse(reason),
                ..known("Jansen", BORN)
            };
            let found = likeness(sought("Jansen"), &list, Some(HOME), true);
            assert_eq!(found.is_some(), may, "{reason}");
        }
    }

    #[test]
    fn a_row_that_says_nothing_of_its_person_finds_nobody() {
        let nothing = Sought {
            birth_date: PartialDate::Unknown,
            name: NameParts::default(),
            address: None,
        };
        assert!(likeness(nothing, &known("Jansen", BORN), None, true).is_none());
        assert!(likeness(nothing, &known("Jansen", PartialDate::Unknown), None, false).is_none());
    }

    #[test]
    fn who_has_most_in_common_comes_first() {
        let like = |name, address| likeness(sought("Jansen"), &known(name, BORN), address, false);
        let mut found = [
            like("Janssen", None),
            like("Jansen", Some(HOME)),
            like("Jansen", None),
        ]
        .map(|found| found.expect("alike"));
        found.sort_by(Likeness::order);
        assert!(found[0].address);
        assert!(found[1].similarity > found[2].similarity);
    }
}

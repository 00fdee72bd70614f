//! Rules D03-D05, V32, V33: a vaccination against what is known of the person.
//!
//! They are judged twice: over all that is known, and over what the own party reported. A code that
//! only the first gives must not tell the sender what others know: it is shown as rule B19. A registration whose person
//! RIVM found is known to be the person's by RIVM alone: to its sender it is as one of others.

use super::history::{Beside, History, Jab, Seen};
use super::{Facts, Known, Told, finding};
use domain::finding::Code;
use domain::row::{Column, Vaccination};
use domain::vaccine::VaccineId;
use std::collections::{BTreeSet, HashMap};
use time::Date;
use uuid::Uuid;

/// Where a row belongs among the vaccinations of its person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A vaccination of its own, with this key.
    New(Uuid),
    /// Another source of this one.
    Same(Uuid),
}

impl Place {
    /// The vaccination.
    #[must_use]
    pub const fn id(self) -> Uuid {
        match self {
            Self::New(id) | Self::Same(id) => id,
        }
    }
}

/// Judges one row; adds what it found to `told`. `corrects`: it says something new of what stood there. `by_rivm`: RIVM found its
/// person, so nothing follows from the sender's own rows about that person.
pub(super) fn judge(
    (jab, corrects): (&Vaccination, bool),
    person: Uuid,
    by_rivm: bool,
    replaces: Option<&Known>,
    facts: &Facts,
    told: &mut Vec<Told>,
) -> Place {
    let nothing = History::default();
    let history = facts.jabs.get(&person).unwrap_or(&nothing);
    let known = history.beside(replaces.map(|known| known.registration), by_rivm);
    if let Some(place) = known.same(jab) {
        let same = history.at(place);
        let new_of_it = corrects && replaces.is_some();
        if known.is_own(place) && !new_of_it {
            told.push(Told::Same(finding(Code::D03, Column::Vaccinatiedatum)));
        } else if !same.settled {
            // What makes the first report wait makes a second one wait: it would count by itself else.
            told.extend(said_of(jab, known.but(place), facts).filter(Told::is_between));
        }
        return Place::Same(same.id);
    }
    let goes_on = replaces.is_some_and(|known| known.goes_on);
    told.extend(said_of(jab, known, facts).filter(|told| !(goes_on && told.is_between())));
    Place::New(crate::clock::new_key())
}

/// What is said anew is this vaccination as it stands, and nobody has to look at it.
pub(super) fn goes_on(stood: Option<Uuid>, jab: &Vaccination, known: Option<&History>) -> bool {
    stood.zip(known).is_some_and(|(id, known)| {
        let mut same = known.with_content(jab).map(|place| known.at(place));
        same.any(|one| one.id == id && one.settled)
    })
}

/// What the rules say of a vaccination beside what is known, and how its sender sees it.
fn said_of(jab: &Vaccination, known: Beside<'_>, facts: &Facts) -> impl Iterator<Item = Told> {
    let (of_all, of_own) = (
        rules(jab, &known.all(), &facts.intervals),
        rules(jab, &known.reported(), &facts.intervals),
    );
    let mut told = Vec::new();
    for &(code, column) in &of_own {
        let also_of_all = code != Code::V33 || of_all.contains(&(code, column));
        let finding = finding(code, column);
        told.push(if also_of_all {
            Told::Same(finding)
        } else {
            Told::OnlySender(finding)
        });
    }
    for &(code, column) in of_all.iter().filter(|found| !of_own.contains(found)) {
        told.push(Told::Hidden(finding(code, column)));
    }
    told.into_iter()
}

/// Rules by which a row waits because of another vaccination of its person.
pub const BETWEEN_JABS: [Code; 3] = [Code::D04, Code::D05, Code::V32];

fn rules(
    jab: &Vaccination,
    known: &Seen<'_>,
    intervals: &HashMap<VaccineId, u16>,
) -> Vec<(Code, Column)> {
    let (dose, day) = (jab.dose(), jab.date());
    let mut found = Vec::new();
    if known.any_on(day) {
        found.push((Code::D04, Column::Vaccinatiedatum));
    }
    if known.any_of_dose_but_on(dose, day) {
        found.push((Code::D05, Column::Dosisnummer));
    }
    let too_soon = |vaccine: VaccineId, from: Date, until: Date| {
        let least = intervals.get(&vaccine);
        least.is_some_and(|least| (until - from).whole_days() < i64::from(*least))
    };
    // Whichever of the two came first: an earlier dose may be reported later.
    let (before, after) = (known.last_before(day), known.first_after(day));
    if before.is_some_and(|before| too_soon(before.vaccine, before.date, day))
        || after.is_some_and(|after| too_soon(jab.vaccine(), day, after.date))
    {
        found.push((Code::V32, Column::Vaccinatiedatum));
    }
    if dose >= 2 && !known.any_below_dose_until(dose, day) {
        found.push((Code::V33, Column::Dosisnummer));
    }
    found
}

/// What a stored row did counts for the next row of the chunk.
pub(super) fn remember(
    facts: &mut Facts,
    person: Uuid,
    registration: Uuid,
    (by_rivm, accepted): (bool, bool),
    replaces: Option<&Known>,
    place: Place,
    jab: &Vaccination,
) {
    if let Some(replaced) = replaces {
        // It may have been about somebody else.
        for whose in replaced.person.into_iter().chain([person]) {
            forget(facts, whose, replaced.registration);
        }
    }
    let history = facts.jabs.entry(person).or_default();
    match place {
        Place::Same(id) => history.rests((registration, by_rivm), id, jab, accepted),
        Place::New(id) => {
            let source = BTreeSet::from([registration]);
            let (own, linked) = if by_rivm {
                (BTreeSet::new(), source)
            } else {
                (source, BTreeSet::new())
            };
            history.add(Jab {
                id,
                date: jab.date(),
                vaccine: jab.vaccine(),
                batch: jab.batch().as_str().to_owned(),
                dose: jab.dose(),
                own,
                linked,
                others: false,
                settled: accepted,
            });
        }
    }
}

/// A registration that ends no longer counts for the next row.
pub(super) fn forget(facts: &mut Facts, person: Uuid, registration: Uuid) {
    if let Some(history) = facts.jabs.get_mut(&person) {
        history.forget(registration);
    }
}

//! Rules D03-D05, V32, V33: a vaccination against what is known of the person.
//!
//! They are judged twice: over all that is known, and over what the own party reported. A code that
//! only the first gives must not tell the sender what others know: it is shown as rule B19. A registration whose person
//! RIVM found is known to be the person's by RIVM alone: to its sender it is as one of others.

use super::{Facts, Known, Told, finding};
use domain::finding::Code;
use domain::row::{Column, Vaccination};
use domain::vaccine::VaccineId;
use std::collections::HashMap;
use time::Date;
use uuid::Uuid;

/// A vaccination of a person, as the register holds it.
#[derive(Clone)]
pub struct Jab {
    /// Its key.
    pub id: Uuid,
    /// Day.
    pub date: Date,
    /// Product.
    pub vaccine: VaccineId,
    /// Batch.
    pub batch: String,
    /// Dose.
    pub dose: u8,
    /// Registrations of the delivering party that rest on it.
    pub own: Vec<Uuid>,
    /// Registrations of the delivering party that rest on it because RIVM found their person.
    pub linked: Vec<Uuid>,
    /// Another party reported it too.
    pub others: bool,
    /// It counts, or RIVM said which one does in its place.
    pub settled: bool,
}

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
    let mut known = without(
        facts.jabs.get(&person).map_or(&[][..], Vec::as_slice),
        replaces.map(|known| known.registration),
    );
    if by_rivm {
        known.iter_mut().for_each(|known| known.own.clear());
    }
    if let Some(at) = known.iter().position(|known| is_same(known, jab)) {
        let same = known.swap_remove(at);
        let new_of_it = corrects && replaces.is_some();
        if !same.own.is_empty() && !new_of_it {
            told.push(Told::Same(finding(Code::D03, Column::Vaccinatiedatum)));
        } else if !same.settled {
            // What makes the first report wait makes a second one wait: it would count by itself else.
            told.extend(said_of(jab, &known, facts).filter(Told::is_between));
        }
        return Place::Same(same.id);
    }
    let goes_on = replaces.is_some_and(|known| known.goes_on);
    told.extend(said_of(jab, &known, facts).filter(|told| !(goes_on && told.is_between())));
    Place::New(crate::clock::new_key())
}

/// What is said anew is this vaccination as it stands, and nobody has to look at it.
pub(super) fn goes_on(stood: Option<Uuid>, jab: &Vaccination, known: &[Jab]) -> bool {
    let mut known = known.iter();
    stood.is_some_and(|id| known.any(|one| one.id == id && one.settled && is_same(one, jab)))
}

/// What the rules say of a vaccination beside what is known, and how its sender sees it.
fn said_of(jab: &Vaccination, known: &[Jab], facts: &Facts) -> impl Iterator<Item = Told> {
    let own: Vec<Jab> = known
        .iter()
        .filter(|known| !known.own.is_empty())
        .cloned()
        .collect();
    let (of_all, of_own) = (
        rules(jab, known, &facts.intervals),
        rules(jab, &own, &facts.intervals),
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

/// The vaccinations that remain when a registration is taken out.
fn without(known: &[Jab], registration: Option<Uuid>) -> Vec<Jab> {
    let Some(gone) = registration else {
        return known.to_vec();
    };
    let mut left = known.to_vec();
    left.retain_mut(|jab| {
        let mine = jab.own.contains(&gone) || jab.linked.contains(&gone);
        jab.own.retain(|own| *own != gone);
        jab.linked.retain(|own| *own != gone);
        !mine || jab.others || !jab.own.is_empty() || !jab.linked.is_empty()
    });
    left
}

fn is_same(known: &Jab, jab: &Vaccination) -> bool {
    known.date == jab.date()
        && known.vaccine == jab.vaccine()
        && known.batch == jab.batch().as_str()
        && known.dose == jab.dose()
}

/// Rules by which a row waits because of another vaccination of its person.
pub const BETWEEN_JABS: [Code; 3] = [Code::D04, Code::D05, Code::V32];

fn rules(
    jab: &Vaccination,
    known: &[Jab],
    intervals: &HashMap<VaccineId, u16>,
) -> Vec<(Code, Column)> {
    let mut found = Vec::new();
    if known.iter().any(|known| known.date == jab.date()) {
        found.push((Code::D04, Column::Vaccinatiedatum));
    }
    if known
        .iter()
        .any(|known| known.dose == jab.dose() && known.date != jab.date())
    {
        found.push((Code::D05, Column::Dosisnummer));
    }
    let before = known
        .iter()
        .filter(|known| known.date < jab.date())
        .max_by_key(|known| known.date);
    // Whichever of the two came first: an earlier dose may be reported later.
    let after = known
        .iter()
        .filter(|known| known.date > jab.date())
        .min_by_key(|known| known.date);
    let too_soon = |vaccine: VaccineId, from: Date, until: Date| {
        let least = intervals.get(&vaccine);
        least.is_some_and(|least| (until - from).whole_days() < i64::from(*least))
    };
    if before.is_some_and(|before| too_soon(before.vaccine, before.date, jab.date()))
        || after.is_some_and(|after| too_soon(jab.vaccine(), jab.date(), after.date))
    {
        found.push((Code::V32, Column::Vaccinatiedatum));
    }
    if jab.dose() >= 2
        && !known
            .iter()
            .any(|known| known.dose < jab.dose() && known.date <= jab.date())
    {
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
    let jabs = facts.jabs.entry(person).or_default();
    match place {
        Place::Same(id) => {
            for known in jabs.iter_mut().filter(|known| known.id == id) {
                known.settled |= accepted;
                if by_rivm {
                    known.linked.push(registration);
                } else {
                    known.own.push(registration);
                }
            }
        }
        Place::New(id) => jabs.push(Jab {
            id,
            date: jab.date(),
            vaccine: jab.vaccine(),
            batch: jab.batch().as_str().to_owned(),
            dose: jab.dose(),
            own: if by_rivm {
                Vec::new()
            } else {
                vec![registration]
            },
            linked: if by_rivm {
                vec![registration]
            } else {
                Vec::new()
            },
            others: false,
            settled: accepted,
        }),
    }
}

/// A registration that ends no longer counts for the next row.
pub(super) fn forget(facts: &mut Facts, person: Uuid, registration: Uuid) {
    if let Some(jabs) = facts.jabs.get_mut(&person) {
        *jabs = without(jabs, Some(registration));
    }
}

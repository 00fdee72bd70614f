//! The rules between vaccinations as they read: the whole list of a person, copied and looked through for each row.

use crate::intake::matching::doubles::Place;
use crate::intake::matching::history::Jab;
use crate::intake::matching::{Known, Told, finding};
use domain::finding::Code;
use domain::row::{Column, Vaccination};
use domain::vaccine::VaccineId;
use std::collections::{BTreeSet, HashMap};
use time::Date;
use uuid::Uuid;

type Intervals = HashMap<VaccineId, u16>;

/// The vaccination that the row is another source of, and what is told of it.
pub(super) fn judge(
    (jab, corrects): (&Vaccination, bool),
    by_rivm: bool,
    replaces: Option<&Known>,
    known: &[Jab],
    intervals: &Intervals,
) -> (Option<Uuid>, Vec<Told>) {
    let mut known = without(known, replaces.map(|known| known.registration));
    if by_rivm {
        known.iter_mut().for_each(|known| known.own.clear());
    }
    if let Some(at) = known.iter().position(|known| is_same(known, jab)) {
        let same = known.remove(at);
        let new_of_it = corrects && replaces.is_some();
        let told = if !same.own.is_empty() && !new_of_it {
            vec![Told::Same(finding(Code::D03, Column::Vaccinatiedatum))]
        } else if same.settled {
            Vec::new()
        } else {
            let mut told = said_of(jab, &known, intervals);
            told.retain(Told::is_between);
            told
        };
        return (Some(same.id), told);
    }
    let goes_on = replaces.is_some_and(|known| known.goes_on);
    let mut told = said_of(jab, &known, intervals);
    told.retain(|told| !(goes_on && told.is_between()));
    (None, told)
}

pub(super) fn goes_on(stood: Option<Uuid>, jab: &Vaccination, known: &[Jab]) -> bool {
    let mut known = known.iter();
    stood.is_some_and(|id| known.any(|one| one.id == id && one.settled && is_same(one, jab)))
}

fn said_of(jab: &Vaccination, known: &[Jab], intervals: &Intervals) -> Vec<Told> {
    let own = known.iter().filter(|known| !known.own.is_empty());
    let own: Vec<Jab> = own.cloned().collect();
    let (of_all, of_own) = (rules(jab, known, intervals), rules(jab, &own, intervals));
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
    told
}

fn without(known: &[Jab], registration: Option<Uuid>) -> Vec<Jab> {
    let mut left = known.to_vec();
    let Some(gone) = registration else {
        return left;
    };
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

fn rules(jab: &Vaccination, known: &[Jab], intervals: &Intervals) -> Vec<(Code, Column)> {
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

pub(super) fn remember(
    jabs: &mut Vec<Jab>,
    registration: Uuid,
    (by_rivm, accepted): (bool, bool),
    replaces: Option<&Known>,
    place: Place,
    jab: &Vaccination,
) {
    if let Some(replaced) = replaces {
        forget(jabs, replaced.registration);
    }
    match place {
        Place::Same(id) => {
            for known in jabs.iter_mut().filter(|known| known.id == id) {
                known.settled |= accepted;
                if by_rivm {
                    known.linked.insert(registration);
                } else {
                    known.own.insert(registration);
                }
            }
        }
        Place::New(id) => {
            let source = |is_it: bool| is_it.then_some(registration).into_iter();
            jabs.push(Jab {
                id,
                date: jab.date(),
                vaccine: jab.vaccine(),
                batch: jab.batch().as_str().to_owned(),
                dose: jab.dose(),
                own: source(!by_rivm).collect::<BTreeSet<_>>(),
                linked: source(by_rivm).collect::<BTreeSet<_>>(),
                others: false,
                settled: accepted,
            });
        }
    }
}

pub(super) fn forget(jabs: &mut Vec<Jab>, registration: Uuid) {
    *jabs = without(jabs, Some(registration));
}

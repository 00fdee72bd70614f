//! The vaccinations of one person, to be found by content, by day and by dose: however many there are, a row looks at a few.

use domain::row::Vaccination;
use domain::vaccine::VaccineId;
use std::collections::BTreeSet;
use std::ops::Bound::{Excluded, Included, Unbounded};
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
    pub own: BTreeSet<Uuid>,
    /// Registrations of the delivering party that rest on it because RIVM found their person.
    pub linked: BTreeSet<Uuid>,
    /// Another party reported it too.
    pub others: bool,
    /// It counts, or RIVM said which one does in its place.
    pub settled: bool,
}

impl Jab {
    /// It is there when this registration is taken out.
    fn stands_without(&self, gone: Uuid) -> bool {
        let mine = usize::from(self.own.contains(&gone)) + usize::from(self.linked.contains(&gone));
        mine == 0 || self.others || self.own.len() + self.linked.len() > mine
    }

    /// The party reported it by another registration than this one.
    fn is_own_without(&self, gone: Uuid) -> bool {
        self.own.len() > usize::from(self.own.contains(&gone))
    }
}

/// What makes two reports one vaccination: day, product, dose and batch.
type Content = (Date, VaccineId, u8, String);

fn content(jab: &Jab) -> Content {
    (jab.date, jab.vaccine, jab.dose, jab.batch.clone())
}

/// All vaccinations of a person, each at the place at which it became known.
#[derive(Default)]
pub struct History {
    /// Those that ended too; nothing finds them.
    jabs: Vec<Jab>,
    by_content: BTreeSet<(Content, usize)>,
    /// Which registration rests on which.
    reports: BTreeSet<(Uuid, usize)>,
    all: Days,
    /// Those that the party reported itself.
    own: Days,
}

impl History {
    /// One more became known.
    pub fn add(&mut self, jab: Jab) {
        let place = self.jabs.len();
        let sources = jab.own.iter().chain(&jab.linked);
        self.reports.extend(sources.map(|source| (*source, place)));
        self.jabs.push(jab);
        self.show(place);
    }

    /// How many there were ever.
    pub(super) const fn places(&self) -> usize {
        self.jabs.len()
    }

    /// The one at this place.
    pub(super) fn at(&self, place: usize) -> &Jab {
        &self.jabs[place]
    }

    /// How many the party reports.
    pub(super) fn own(&self) -> usize {
        self.own.by_day.len()
    }

    /// Those with this content, as they became known.
    pub(super) fn with_content(&self, jab: &Vaccination) -> impl Iterator<Item = usize> {
        let batch = jab.batch().as_str().to_owned();
        let content = (jab.date(), jab.vaccine(), jab.dose(), batch);
        let places = (content.clone(), 0)..=(content, usize::MAX);
        self.by_content.range(places).map(|(_, place)| *place)
    }

    /// What is known beside a row that takes the place of this registration. `by_rivm`: nothing of it is the party's own.
    pub(super) fn beside(&self, gone: Option<Uuid>, by_rivm: bool) -> Beside<'_> {
        Beside {
            history: self,
            own: if by_rivm { &NOTHING } else { &self.own },
            gone,
            but: None,
        }
    }

    /// A registration more rests on the vaccination with this key and content.
    pub(super) fn rests(
        &mut self,
        (registration, by_rivm): (Uuid, bool),
        id: Uuid,
        jab: &Vaccination,
        settles: bool,
    ) {
        let is_it = |place: &usize| self.jabs[*place].id == id;
        let place = self.with_content(jab).find(is_it);
        let Some(place) = place else { return };
        self.reports.insert((registration, place));
        let known = &mut self.jabs[place];
        known.settled |= settles;
        if by_rivm {
            known.linked.insert(registration);
        } else {
            known.own.insert(registration);
            self.own.insert(known, place);
        }
    }

    /// A registration ends, and so does what rests on nothing else.
    pub(super) fn forget(&mut self, registration: Uuid) {
        let places = (registration, 0)..=(registration, usize::MAX);
        let places = self.reports.range(places).map(|(_, place)| *place);
        for place in places.collect::<Vec<_>>() {
            self.reports.remove(&(registration, place));
            self.hide(place);
            let jab = &mut self.jabs[place];
            let stands = jab.stands_without(registration);
            jab.own.remove(&registration);
            jab.linked.remove(&registration);
            if stands {
                self.show(place);
            }
        }
    }

    /// Nothing finds it until it is shown again; whether something did.
    pub(super) fn hide(&mut self, place: usize) -> bool {
        let jab = &self.jabs[place];
        self.all.remove(jab, place);
        self.own.remove(jab, place);
        self.by_content.remove(&(content(jab), place))
    }

    /// It is found, at its old place among the others.
    pub(super) fn show(&mut self, place: usize) {
        let jab = &self.jabs[place];
        self.by_content.insert((content(jab), place));
        self.all.insert(jab, place);
        if !jab.own.is_empty() {
            self.own.insert(jab, place);
        }
    }
}

/// Vaccinations by their day, and by their dose and day; those of one day as they became known.
#[derive(Default)]
struct Days {
    by_day: BTreeSet<(Date, usize)>,
    by_dose: BTreeSet<(u8, Date, usize)>,
}

static NOTHING: Days = Days {
    by_day: BTreeSet::new(),
    by_dose: BTreeSet::new(),
};

impl Days {
    fn insert(&mut self, jab: &Jab, place: usize) {
        self.by_day.insert((jab.date, place));
        self.by_dose.insert((jab.dose, jab.date, place));
    }

    fn remove(&mut self, jab: &Jab, place: usize) {
        self.by_day.remove(&(jab.date, place));
        self.by_dose.remove(&(jab.dose, jab.date, place));
    }
}

/// What is known beside a row.
#[derive(Clone, Copy)]
pub(super) struct Beside<'h> {
    history: &'h History,
    own: &'h Days,
    /// This registration is taken out.
    gone: Option<Uuid>,
    /// And the vaccination at this place.
    but: Option<usize>,
}

impl<'h> Beside<'h> {
    /// The first with this content.
    pub(super) fn same(&self, jab: &Vaccination) -> Option<usize> {
        let all = self.all();
        let mut same = self.history.with_content(jab);
        same.find(|place| all.sees(*place))
    }

    /// The party reports the one at this place.
    pub(super) fn is_own(&self, place: usize) -> bool {
        let day = (self.history.at(place).date, place);
        self.own.by_day.contains(&day) && self.reported().sees(place)
    }

    /// The others.
    pub(super) fn but(self, place: usize) -> Self {
        Self {
            but: Some(place),
            ..self
        }
    }

    /// Whoever reported them.
    pub(super) fn all(self) -> Seen<'h> {
        Seen {
            beside: self,
            days: &self.history.all,
            stands: Jab::stands_without,
        }
    }

    /// As far as the party reported them.
    pub(super) fn reported(self) -> Seen<'h> {
        Seen {
            beside: self,
            days: self.own,
            stands: Jab::is_own_without,
        }
    }
}

/// The same as a rule sees it: it looks over what is taken out, which is one vaccination or two.
pub(super) struct Seen<'h> {
    beside: Beside<'h>,
    days: &'h Days,
    /// It is there without a registration.
    stands: fn(&Jab, Uuid) -> bool,
}

impl<'h> Seen<'h> {
    fn sees(&self, place: usize) -> bool {
        let without = |gone| (self.stands)(self.beside.history.at(place), gone);
        self.beside.but != Some(place) && self.beside.gone.is_none_or(without)
    }

    /// There is one of this day.
    pub(super) fn any_on(&self, day: Date) -> bool {
        let mut places = self.days.by_day.range((day, 0)..=(day, usize::MAX));
        places.any(|(_, place)| self.sees(*place))
    }

    /// There is one of this dose on another day.
    pub(super) fn any_of_dose_but_on(&self, dose: u8, day: Date) -> bool {
        let by_dose = &self.days.by_dose;
        let earlier = by_dose.range((dose, Date::MIN, 0_usize)..(dose, day, 0));
        let later = (dose, day, usize::MAX);
        let later = (Excluded(later), Included((dose, Date::MAX, usize::MAX)));
        let mut others = earlier.chain(by_dose.range(later));
        others.any(|(.., place)| self.sees(*place))
    }

    /// There is one of a lower dose on this day or before it.
    pub(super) fn any_below_dose_until(&self, dose: u8, day: Date) -> bool {
        (0..dose).any(|lower| {
            let until = (lower, Date::MIN, 0)..=(lower, day, usize::MAX);
            let mut places = self.days.by_dose.range(until);
            places.any(|(.., place)| self.sees(*place))
        })
    }

    /// Of the last day before this one; of several the one that became known last.
    pub(super) fn last_before(&self, day: Date) -> Option<&'h Jab> {
        let before = self.days.by_day.range(..(day, 0_usize)).rev();
        let mut places = before.map(|(_, place)| *place);
        let place = places.find(|place| self.sees(*place))?;
        Some(self.beside.history.at(place))
    }

    /// Of the first day after this one.
    pub(super) fn first_after(&self, day: Date) -> Option<&'h Jab> {
        let after = (Excluded((day, usize::MAX)), Unbounded);
        let mut places = self.days.by_day.range(after).map(|(_, place)| *place);
        let place = places.find(|place| self.sees(*place))?;
        Some(self.beside.history.at(place))
    }
}

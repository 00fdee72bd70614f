//! Judged rows turned into the columns of the tables, round by round, values sealed on the way.

use super::{Errand, Keep};
use crate::intake::matching::{Effect, Judged, Place};
use crate::keys::{Keys, Purpose};
use crate::store::counted;
use crate::store::products::Products;
use crate::store::register::{NewJabs, NewReports};
use crate::store::rows::{Cluster, NewRows};
use crate::store::turns::GoesOn;
use domain::dates::{PartialDate, dutch};
use domain::decision;
use domain::delivery::RowOutcome;
use domain::finding::{Finding, Severity};
use domain::row::{Accepted, AnonymousCount, Column, RowText, SourceKey, Vaccination};
use std::collections::HashMap;
use uuid::Uuid;

/// What a round of a chunk writes, after what it ends.
#[derive(Default)]
pub(super) struct Columns {
    /// Places of its rows in the chunk.
    pub(super) places: Vec<usize>,
    pub(super) rows: NewRows,
    pub(super) jabs: NewJabs,
    pub(super) reports: NewReports,
    /// Registrations and versions that end.
    pub(super) ends: (Vec<Uuid>, Vec<i32>),
    /// Vaccinations that go on.
    pub(super) goes_on: GoesOn,
}

impl Columns {
    /// All rounds; one, unless rows of the chunk end what others of it bring, or point at.
    pub(super) fn by_rounds(errand: &Errand<'_>, judged: &[Judged], keep: Keep) -> Vec<Self> {
        let mut rounds = vec![Self::default()];
        let mut in_turn = Rounds::default();
        for (place, row) in judged.iter().enumerate() {
            let round = match keep {
                Keep::Register => in_turn.of(row),
                _ => 0,
            };
            // At most one more than there are.
            if round == rounds.len() {
                rounds.push(Self::default());
            }
            let columns = &mut rounds[round];
            columns.places.push(place);
            let report = if keep == Keep::Register {
                columns.effect(errand, row)
            } else {
                None
            };
            // What was stored by a link alone is refused without it: no row of a registration any more.
            let refused = row.outcome == RowOutcome::Afgekeurd;
            columns.row(errand, row, keep, report.filter(|_| !refused));
        }
        rounds
    }

    /// Adds what the row does to the register; answers with its registration.
    fn effect(&mut self, errand: &Errand<'_>, row: &Judged) -> Option<Uuid> {
        match (&row.effect, &row.row.accepted) {
            (
                Effect::Report {
                    registration,
                    replaces,
                    place,
                },
                Some(Accepted::Vaccination(jab)),
            ) => {
                if let Some(known) = replaces {
                    self.ends.0.push(known.registration);
                    self.ends.1.push(known.version);
                }
                if let (Place::New(id), Some(person)) = (place, row.row.person) {
                    let goes_on = replaces.as_ref().filter(|known| known.goes_on);
                    let old = goes_on.and_then(|known| known.vaccination);
                    // Whether one that goes on counts is what was ruled of it.
                    let counts = old.is_none() && row.outcome == RowOutcome::Geaccepteerd;
                    self.jab(*id, person, jab, counts);
                    if let Some(old) = old {
                        self.goes_on.person_id.push(person);
                        self.goes_on.old.push(old);
                        self.goes_on.new.push(*id);
                    }
                }
                let version = replaces.as_ref().map_or(1, |known| known.version + 1);
                self.report(errand, row, *registration, version, Some((jab, *place)));
                Some(*registration)
            }
            (Effect::Withdraw(known), _) => {
                self.ends.0.push(known.registration);
                self.ends.1.push(known.version);
                self.report(errand, row, known.registration, known.version + 1, None);
                // The digest of what was withdrawn keeps a late re-delivery out.
                if let Some(digest) = self.reports.row_digest.last_mut() {
                    *digest = known.digest.map(Vec::from);
                }
                Some(known.registration)
            }
            _ => None,
        }
    }

    fn jab(&mut self, id: Uuid, person: Uuid, jab: &Vaccination, counts: bool) {
        let new = &mut self.jabs;
        new.person_id.push(person);
        new.id.push(id);
        new.vaccinated_on.push(jab.date());
        new.vaccine.push(Products::number(jab.vaccine()));
        new.hpk.push(jab.hpk().map(|hpk| hpk.to_string()));
        new.batch.push(jab.batch().as_str().to_owned());
        new.dose.push(i16::from(jab.dose()));
        new.country.push(jab.country().as_str().to_owned());
        new.target_group
            .push(jab.target_group().as_str().to_owned());
        new.agb.push(jab.agb().map(|agb| agb.as_str().to_owned()));
        new.effective.push(counts);
    }

    /// A new version; without content it is a withdrawal.
    fn report(
        &mut self,
        errand: &Errand<'_>,
        row: &Judged,
        id: Uuid,
        version: i32,
        said: Option<(&Vaccination, Place)>,
    ) {
        let jab = said.map(|(jab, _)| jab);
        let seal = |purpose: Purpose, plain: &[u8]| {
            errand
                .road
                .keys
                .seal(plain, &purpose.of(id.as_bytes()))
                .into_bytes()
        };
        let new = &mut self.reports;
        new.id.push(id);
        new.version.push(version);
        new.source_key
            .push(row.row.source_key.clone().unwrap_or_default());
        new.mutation
            .push(jab.map_or("V", |jab| jab.mutation().as_str()).to_owned());
        new.row_number.push(number(row.row.line));
        new.reference.push(errand.reference.clone());
        // Without its link a row may be known already: its registration ends as that of a refused row does.
        let outcome = match row.outcome {
            RowOutcome::Dubbel => RowOutcome::Afgekeurd,
            other => other,
        };
        new.outcome.push(outcome.as_str().to_owned());
        new.person_id.push(jab.and(row.row.person));
        new.vaccination_id
            .push(said.map(|(_, Place::New(id) | Place::Same(id))| id));
        new.vaccinated_on.push(jab.map(Vaccination::date));
        new.vaccine
            .push(jab.map(|jab| Products::number(jab.vaccine())));
        new.batch
            .push(jab.map(|jab| jab.batch().as_str().to_owned()));
        new.dose.push(jab.map(|jab| i16::from(jab.dose())));
        new.target_group
            .push(jab.map(|jab| jab.target_group().as_str().to_owned()));
        new.content_sealed
            .push(jab.map(|jab| seal(Purpose::Report, &json(&content(jab, errand.products)))));
        new.row_digest.push(row.row.digest.map(Vec::from));
        new.findings.push(findings(&row.shown));
        let linked = row.row.linked.as_ref();
        let linked = linked.filter(|linked| jab.is_some() || linked.bsn.is_none());
        new.link_id.push(linked.map(|linked| linked.decision));
        new.reason_sealed.push(
            errand
                .reason
                .as_ref()
                .map(|reason| seal(Purpose::Reason, reason.as_bytes())),
        );
    }

    fn row(&mut self, errand: &Errand<'_>, row: &Judged, keep: Keep, report: Option<Uuid>) {
        let id = crate::clock::new_key();
        let seal = |purpose: Purpose, plain: &[u8]| {
            errand
                .road
                .keys
                .seal(plain, &purpose.of(id.as_bytes()))
                .into_bytes()
        };
        let counted = row.outcome == RowOutcome::Geteld;
        // A counted row keeps nothing; until it is submitted its content waits here, sealed.
        let forget = counted && keep == Keep::Register || keep == Keep::Trial;
        let repairs: Vec<_> = row
            .row
            .repairs
            .iter()
            .map(|repair| (repair.code, repair.column, &repair.before, &repair.after))
            .collect();
        let hidden: Vec<Finding> = row
            .row
            .findings
            .iter()
            .filter(|finding| !row.shown.contains(finding))
            .cloned()
            .collect();
        let new = &mut self.rows;
        new.id.push(id);
        new.row_number.push(number(row.row.line));
        new.outcome.push(row.outcome.as_str().to_owned());
        new.findings.push(findings(&row.shown));
        new.staff_findings.push(findings(&hidden));
        new.matched.push(row.note.map(str::to_owned));
        new.mutation.push(mutation(row));
        new.source_key
            .push(if counted { None } else { source_key(row) });
        new.row_digest.push(if counted || forget {
            None
        } else {
            row.row.digest.map(Vec::from)
        });
        new.raw_sealed
            .push((!forget).then(|| seal(Purpose::Row, &json(&row.row.raw))));
        new.repairs_sealed.push(
            (!forget && !repairs.is_empty()).then(|| seal(Purpose::Repairs, &json(&repairs))),
        );
        let reason = row.row.reason.as_ref().filter(|_| !counted && !forget);
        new.reason_sealed
            .push(reason.map(|reason| seal(Purpose::Reason, reason.as_bytes())));
        new.person_id.push(report.and(row.row.person));
        new.report_id.push(report);
        new.vaccination_id.push(match &row.effect {
            Effect::Report {
                place: Place::New(id) | Place::Same(id),
                ..
            } if keep == Keep::Register => Some(*id),
            Effect::Known(known) if keep == Keep::Register => *known,
            _ => None,
        });
        new.state.push(state(row.outcome, keep).to_owned());
        let doses = doses(errand, row);
        new.doses_before.push(doses.map(|doses| doses.before));
        new.doses_after.push(doses.map(|doses| doses.after));
        new.doses_series.push(doses.and_then(|doses| doses.series));
        new.doses_above.push(doses.map(|doses| doses.above));
        new.clusters.push(if keep == Keep::Trial {
            Cluster::default()
        } else {
            cluster_of(errand, row)
        });
        // A count keeps nothing that leads to a person, and a test takes no row's place.
        new.replaces
            .push(row.row.replaces.filter(|_| !counted && !forget));
    }
}

/// In which round the rows of a chunk are written.
#[derive(Default)]
struct Rounds {
    /// The last about a person.
    persons: HashMap<Uuid, usize>,
    /// The last that brings a version of a registration, or points at a vaccination.
    touched: HashMap<Uuid, usize>,
}

impl Rounds {
    /// The round of the next row: not before an earlier one about the same person, and after what brings, or rests on, what it ends.
    fn of(&mut self, row: &Judged) -> usize {
        let (ends, touches) = match &row.effect {
            Effect::Report {
                registration,
                replaces,
                place,
            } => (replaces.as_ref(), [Some(*registration), Some(place.id())]),
            Effect::Withdraw(known) => (Some(known), [Some(known.registration), None]),
            Effect::Known(vaccination) => (None, [*vaccination, None]),
            Effect::Nothing | Effect::Count => return 0,
        };
        let whom = [row.row.person, ends.and_then(|known| known.person)];
        let whom = whom.into_iter().flatten();
        let beside = whom.clone().filter_map(|one| self.persons.get(&one)).max();
        let ended = ends.map(|known| [Some(known.registration), known.vaccination]);
        let ended = ended.into_iter().flatten().flatten();
        let after = ended.filter_map(|one| self.touched.get(&one)).max();
        let after = after.map(|round| round + 1);
        let round = beside.copied().max(after).unwrap_or_default();
        self.persons.extend(whom.map(|one| (one, round)));
        let touches = touches.into_iter().flatten();
        self.touched.extend(touches.map(|one| (one, round)));
        round
    }
}

/// What a row does for its person, among what its party reports (features F-X5).
#[derive(Clone, Copy)]
struct Doses {
    before: i16,
    after: i16,
    /// Of the product.
    series: Option<i16>,
    /// A third dose that says so is no riddle, a third where the row says "second" is.
    above: bool,
}

fn doses(errand: &Errand<'_>, row: &Judged) -> Option<Doses> {
    let (before, after) = row.doses?;
    let Some(Accepted::Vaccination(jab)) = &row.row.accepted else {
        return None;
    };
    let vaccine = errand.products.lists().vaccine(jab.vaccine());
    let series = vaccine.map(|vaccine| i16::from(vaccine.doses));
    let expected = series.unwrap_or_default().max(i16::from(jab.dose()));
    Some(Doses {
        before,
        after,
        series,
        above: after > expected,
    })
}

/// The cluster of a row that waits: its first finding of at least this weight, and the value that stands there. In a
/// column that names a person the value makes no cluster: a hundred wrong BSNs are one cause.
#[must_use]
pub fn cluster(keys: &Keys, least: Severity, findings: &[Finding], text: &RowText) -> Cluster {
    let mut findings = findings.iter();
    let Some(finding) = findings.find(|finding| finding.severity >= least) else {
        return Cluster::default();
    };
    let value = finding.column.filter(|column| decision::may_map(*column));
    let value = value.map(|column| {
        let folded = decision::folded(column, text.get(column));
        keys.value_mac(column.name(), &folded).named_hex()
    });
    Cluster {
        code: Some(finding.code.as_str().to_owned()),
        column: finding.column.map_or("", Column::name).to_owned(),
        value: value.unwrap_or_default(),
    }
}

fn cluster_of(errand: &Errand<'_>, row: &Judged) -> Cluster {
    let least = match row.outcome {
        RowOutcome::Afgekeurd => Severity::Fout,
        RowOutcome::TeControleren => Severity::Controle,
        _ => return Cluster::default(),
    };
    cluster(&errand.road.keys, least, &row.row.findings, &row.row.raw)
}

fn state(outcome: RowOutcome, keep: Keep) -> &'static str {
    match (keep, outcome) {
        (Keep::Register, RowOutcome::Afgekeurd | RowOutcome::TeControleren) => "open",
        (Keep::Register | Keep::Trial, _) => "closed",
        _ => "pending",
    }
}

fn number(line: u32) -> i32 {
    i32::try_from(line).unwrap_or(i32::MAX)
}

fn json(value: &impl serde::Serialize) -> zeroize::Zeroizing<Vec<u8>> {
    // Maps with text keys and lists of texts cannot fail to serialise.
    zeroize::Zeroizing::new(serde_json::to_vec(value).unwrap_or_default())
}

fn findings(findings: &[Finding]) -> serde_json::Value {
    serde_json::to_value(findings).unwrap_or_default()
}

/// The key as the answer may repeat it: as it was repaired, well formed and without a BSN (specification §7). A key of our
/// own making is none of the sender's.
pub(super) fn source_key(row: &Judged) -> Option<String> {
    let column = Column::Bronsleutel;
    let repaired = row
        .row
        .repairs
        .iter()
        .rfind(|repair| repair.column == column);
    let text = repaired.map_or(row.row.raw.get(column), |repair| &repair.after);
    SourceKey::parse(text.trim())
        .ok()
        .map(|key| key.as_str().to_owned())
}

fn mutation(row: &Judged) -> Option<String> {
    match &row.row.accepted {
        Some(Accepted::Vaccination(jab)) => Some(jab.mutation().as_str().to_owned()),
        Some(Accepted::Withdrawal { .. }) => Some("V".to_owned()),
        _ => None,
    }
}

pub(super) fn anonymous(count: &AnonymousCount) -> counted::AnonymousCount {
    counted::AnonymousCount {
        vaccinated_on: count.date,
        vaccine: Products::number(count.vaccine),
        batch: count.batch.as_str().to_owned(),
        dose: i16::from(count.dose),
        origin: count.origin.as_str().to_owned(),
        age_group: count.age_group.as_str().to_owned(),
    }
}

/// A vaccination as a row of the standard format, after repair: what a version of a registration holds.
#[must_use]
pub fn content(jab: &Vaccination, products: &Products) -> RowText {
    let mut row = RowText::default();
    let person = jab.person();
    let mut put = |column, text: &str| row.set(column, text);
    put(Column::Toestemming, "J");
    let digits = person.wrong_bsn().unwrap_or_default();
    put(Column::Bsn, person.bsn().map_or(digits, |bsn| bsn.expose()));
    put(
        Column::GeenBsnReden,
        person.no_bsn_reason().map_or("", |reason| reason.as_str()),
    );
    put(Column::Geboortedatum, &birth_date(person.birth_date()));
    put(Column::Achternaam, person.surname().unwrap_or_default());
    put(Column::Voorvoegsel, person.prefix().unwrap_or_default());
    put(
        Column::Geslacht,
        person.sex().map_or("", |sex| sex.as_str()),
    );
    put(
        Column::Postcode,
        person.postcode().map_or("", |postcode| postcode.as_str()),
    );
    put(
        Column::Huisnummer,
        &person
            .house_number()
            .map(|number| number.to_string())
            .unwrap_or_default(),
    );
    put(Column::Vaccinatiedatum, &dutch(jab.date()));
    put(
        Column::Vaccin,
        &products
            .lists()
            .vaccine(jab.vaccine())
            .map(|vaccine| vaccine.name.clone())
            .unwrap_or_default(),
    );
    put(
        Column::HpkCode,
        &jab.hpk().map(|hpk| hpk.to_string()).unwrap_or_default(),
    );
    put(Column::Batchnummer, jab.batch().as_str());
    put(Column::Dosisnummer, &jab.dose().to_string());
    put(Column::Doelgroep, jab.target_group().as_str());
    put(
        Column::UitvoerderAgb,
        jab.agb().map_or("", |agb| agb.as_str()),
    );
    put(Column::BigNummer, jab.big().map_or("", |big| big.as_str()));
    put(Column::Vaccinatieplaats, jab.place().unwrap_or_default());
    put(Column::Vaccinatieland, jab.country().as_str());
    row
}

fn birth_date(date: PartialDate) -> String {
    match date {
        PartialDate::Full(date) => dutch(date),
        PartialDate::YearMonth(year, month) => format!("00-{:02}-{year:04}", u8::from(month)),
        PartialDate::Year(year) => format!("00-00-{year:04}"),
        PartialDate::Unknown => String::new(),
    }
}

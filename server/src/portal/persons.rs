//! RIVM holds a stored row against what else is known of its person, rules which one counts, undoes that, and reads the
//! record of a person. Every answer names a person, so every method writes its line.

use super::again::{Halt, again};
use super::review::named;
use super::{OrBroken, Portal, event, reviewer, words};
use crate::audit::{self, Event, Kind};
use crate::intake::decide;
use crate::intake::freed::{self, Around, Way};
use crate::intake::matching::BETWEEN_JABS;
use crate::keys::Purpose;
use crate::store::products::Products;
use crate::store::rulings::{self, Becomes, Moved, NewRuling as Kept, Ruling, Stored, Version};
use crate::store::{StoreError, WorkerTx, decisions, looks, register, suggestions, worker_tx};
use app::ports::decisions::RecordChange;
use app::ports::persons::{
    Comparison, Jab, NewRuling, PersonView, Persons, Ruled, RulingView, Source, Undone, Why,
};
use app::ports::{Caller, PortError, PortResult};
use domain::bsn::Bsn;
use domain::dates::dutch;
use domain::delivery::{Channel, RowOutcome};
use domain::finding::Code;
use domain::row::{Column, RowText};
use domain::ruling::{RulingKind, is_better_source};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Longest reason that is kept, in characters.
const CHARS: usize = 500;

#[async_trait::async_trait]
impl Persons for Portal {
    async fn compare(
        &self,
        caller: &Caller,
        row: Uuid,
        other: Option<Uuid>,
    ) -> PortResult<Comparison> {
        reviewer(caller)?;
        again(caller, || self.try_compare(caller, row, other)).await
    }

    async fn rule(&self, caller: &Caller, row: Uuid, ruling: NewRuling) -> PortResult<Ruled> {
        reviewer(caller)?;
        again(caller, || self.try_rule(caller, row, &ruling)).await
    }

    async fn ruling(&self, caller: &Caller, id: Uuid) -> PortResult<RulingView> {
        reviewer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let ruling = one(&mut tx, caller, id).await?;
        let view = self.ruling_view(&ruling).or_broken(caller)?;
        let line = event(caller, Kind::RowOpened)
            .object("ruling", id)
            .about([ruling.person_id]);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(view)
    }

    async fn undo_ruling(&self, caller: &Caller, id: Uuid, reason: String) -> PortResult<()> {
        reviewer(caller)?;
        let reason = words::kept(&reason, CHARS);
        again(caller, || self.try_undo(caller, id, &reason)).await
    }

    async fn find_person(&self, caller: &Caller, bsn: String) -> PortResult<Option<Uuid>> {
        reviewer(caller)?;
        let digits: String = bsn.chars().filter(char::is_ascii_digit).collect();
        let Ok(bsn) = Bsn::parse(&digits) else {
            return Ok(None);
        };
        let mac = self.road.keys.bsn_mac(&bsn);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let found = register::persons_by_bsn(&mut tx, &mac.key_id(), &[mac.bytes.to_vec()])
            .await
            .or_broken(caller)?;
        let person = found.first().map(|(_, person)| *person);
        let line = event(caller, Kind::Searched)
            .detail("found", person.is_some())
            .about_mac(&mac)
            .about(person);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(person)
    }

    async fn person(&self, caller: &Caller, asked: Uuid, why: Why) -> PortResult<PersonView> {
        reviewer(caller)?;
        self.record_of(caller, asked, why).await
    }
}

impl Portal {
    async fn try_compare(
        &self,
        caller: &Caller,
        row: Uuid,
        other: Option<Uuid>,
    ) -> Result<Comparison, Halt> {
        let mut tx = worker_tx(&self.road.db).await?;
        let (stored, known) = self.known(&mut tx, row).await?;
        let (this, mut others) = known.around(&stored);
        let this = this.ok_or(PortError::NotFound)?;
        others.sort_by_key(|jab| Reverse(likeness(&this, jab)));
        let at = match other {
            None => (!others.is_empty()).then_some(0),
            Some(id) => Some(
                others
                    .iter()
                    .position(|jab| jab.id == id)
                    .ok_or(PortError::NotFound)?,
            ),
        };
        let other = at.map(|at| others.remove(at));
        let records = self
            .foreseen(&mut tx, caller, &stored, &known, other.as_ref())
            .await?;
        let now = self.road.clock.now();
        let also_open = looks::look(&mut tx, row, caller.user_id, now).await?;
        let view = Comparison {
            also_open,
            records,
            row,
            number: u32::try_from(stored.row_number).unwrap_or_default(),
            party: stored.party.clone(),
            findings: named(stored.findings.clone(), stored.staff_findings.clone())?,
            person: stored.person_id,
            other_first: other.as_ref().is_some_and(|other| {
                !is_better_source(&self.priority, &channels(&this), &channels(other))
            }),
            may_keep: may_keep(&this, other.as_slice(), &others),
            open: if is_open(&stored) {
                Ok(())
            } else {
                Err(stored.decided_by.clone())
            },
            this,
            other,
            others,
        };
        let line = event(caller, Kind::RowOpened)
            .for_party(stored.party_id)
            .object("row", row)
            .detail("compared", view.others.len() + view.other.iter().len())
            .about([stored.person_id]);
        audit::add(&mut tx, line).await?;
        tx.commit().await?;
        Ok(view)
    }

    async fn try_rule(
        &self,
        caller: &Caller,
        row: Uuid,
        ruling: &NewRuling,
    ) -> Result<Ruled, Halt> {
        let mut tx = worker_tx(&self.road.db).await?;
        let (stored, known) = self.known(&mut tx, row).await?;
        let (ruled, moved, freed) = self
            .carry_out_ruling(&mut tx, caller, &stored, &known, ruling)
            .await?;
        let Ruled::Done(id) = ruled else {
            return Ok(ruled);
        };
        let rows: Vec<Uuid> = moved.iter().map(|row| row.id).collect();
        decide::answers_anew(&mut tx, &rows).await?;
        let line = || {
            event(caller, Kind::Decided)
                .object("ruling", id)
                .detail("decision", ruling.kind.as_str())
                .detail("row", row.to_string())
                .about([stored.person_id])
        };
        let mut lines = of_each_party(line, &moved);
        lines.extend(freed);
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        Ok(Ruled::Done(id))
    }

    async fn try_undo(&self, caller: &Caller, id: Uuid, reason: &str) -> Result<(), Halt> {
        let purpose = Purpose::Undone.of(id.as_bytes());
        let reason = self.road.keys.seal(reason.as_bytes(), &purpose);
        let mut tx = worker_tx(&self.road.db).await?;
        let ruling = one(&mut tx, caller, id).await?;
        register::hold(&mut tx, &[ruling.person_id]).await?;
        if one(&mut tx, caller, id).await?.person_id != ruling.person_id {
            return Err(StoreError::Conflict("person".to_owned()).into());
        }
        let (by, at) = (caller.user_id, self.road.clock.now());
        if !rulings::undo(&mut tx, id, reason.into_bytes(), by, at).await? {
            return Err(PortError::Conflict.into());
        }
        let refused = ruling.kind == RulingKind::Refuse.as_str();
        let stored = rulings::stored(&mut tx, ruling.row_id).await?;
        // What was stored because it did not count waits again, as long as it stands against that.
        let around = Around {
            road: &self.road,
            way: Way::Back,
            delivery: stored.map_or_else(Uuid::nil, |row| row.delivery_id),
            by,
            persons: Vec::from_iter(refused.then_some(ruling.person_id)),
        };
        let before = freed::before(&mut tx, &around).await?;
        let moved = rulings::settle_rows(&mut tx, &ruling.rows, Becomes::Waiting, by, at).await?;
        rulings::settle(&mut tx, &[ruling.person_id]).await?;
        let held = freed::after(&mut tx, &around, before).await?;
        suggestions::ask_again(&mut tx, &ruling.rows, ruling.made_at).await?;
        decide::answers_anew(&mut tx, &ruling.rows).await?;
        let line = || {
            event(caller, Kind::Decided)
                .object("ruling", id)
                .detail("decision", ruling.kind.as_str())
                .detail("step", "undone")
                .about([ruling.person_id])
        };
        let mut lines = of_each_party(line, &moved);
        lines.extend(held);
        audit::add_all(&mut tx, lines).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A stored row, and what is known of its person.
    async fn known(&self, tx: &mut WorkerTx<'_>, row: Uuid) -> Result<(Stored, Known), Halt> {
        let stored = rulings::stored(tx, row).await?;
        let stored = stored.ok_or(PortError::NotFound)?;
        let known = self.record(tx, stored.person_id).await?;
        Ok((stored, known))
    }

    /// Does what a ruling says, and tells which rows it settled, and what the log has to say of others.
    async fn carry_out_ruling(
        &self,
        tx: &mut WorkerTx<'_>,
        caller: &Caller,
        stored: &Stored,
        known: &Known,
        ruling: &NewRuling,
    ) -> Result<(Ruled, Vec<Moved>, Vec<Event>), Halt> {
        let (this, others) = known.around(stored);
        let this = this.ok_or(PortError::NotFound)?;
        let other = ruling
            .other
            .map(|id| others.iter().find(|jab| jab.id == id));
        if !is_open(stored) || matches!(other, Some(None)) {
            return Ok((Ruled::Late, Vec::new(), Vec::new()));
        }
        let other = other.flatten();
        let merge = match (ruling.kind, other) {
            (RulingKind::Merge, None) => return Err(PortError::NotFound.into()),
            (RulingKind::Merge, Some(other)) if ruling.other_counts => Some((this.id, other.id)),
            (RulingKind::Merge, Some(other)) => Some((other.id, this.id)),
            (RulingKind::Keep, _) if !may_keep(&this, &[], &others) => {
                return Ok((Ruled::SameDay, Vec::new(), Vec::new()));
            }
            _ => None,
        };
        let (id, at) = (crate::clock::new_key(), self.road.clock.now());
        // Whoever merges two has seen both, and what waited because of either is settled. What does not count is refused with
        // whatever else was doubted of it.
        let mut settled = vec![this.id];
        settled.extend(merge.iter().flat_map(|(lesser, kept)| [*lesser, *kept]));
        let opened = (ruling.kind != RulingKind::Refuse).then_some(stored.id);
        let between = BETWEEN_JABS.into_iter().chain([Code::B19]);
        let between: Vec<String> = between.map(|code| code.as_str().to_owned()).collect();
        let rows = rulings::waiting(tx, &settled, opened, &between).await?;
        let reason = words::kept(&ruling.reason, CHARS);
        let purpose = Purpose::Reason.of(id.as_bytes());
        let kept = Kept {
            id,
            person_id: stored.person_id,
            kind: ruling.kind.as_str(),
            row_id: stored.id,
            jab: this.id,
            other: other.map(|other| other.id),
            merge,
            rows,
            reason_sealed: self
                .road
                .keys
                .seal(reason.as_bytes(), &purpose)
                .into_bytes(),
            by: caller.user_id,
            at,
        };
        rulings::insert(tx, &kept).await?;
        let becomes = match ruling.kind {
            RulingKind::Refuse => Becomes::Rejected,
            RulingKind::Merge | RulingKind::Keep => Becomes::Accepted,
        };
        // What does not count stands in nobody's way.
        let refuses = ruling.kind == RulingKind::Refuse;
        let around = Around {
            road: &self.road,
            way: Way::End,
            delivery: stored.delivery_id,
            by: caller.user_id,
            persons: Vec::from_iter(refuses.then_some(stored.person_id)),
        };
        let before = freed::before(tx, &around).await?;
        let moved = rulings::settle_rows(tx, &kept.rows, becomes, caller.user_id, at).await?;
        if ruling.kind == RulingKind::Keep {
            let moved: Vec<Uuid> = moved.iter().map(|row| row.id).collect();
            suggestions::as_it_stood(tx, &moved, at).await?;
        }
        rulings::settle(tx, &[stored.person_id]).await?;
        let lines = freed::after(tx, &around, before).await?;
        Ok((Ruled::Done(id), moved, lines))
    }

    /// What the record would say after each ruling that is possible: each is carried out, and undone.
    async fn foreseen(
        &self,
        tx: &mut WorkerTx<'_>,
        caller: &Caller,
        stored: &Stored,
        known: &Known,
        other: Option<&Jab>,
    ) -> Result<Vec<(RulingKind, RecordChange)>, Halt> {
        if !is_open(stored) {
            return Ok(Vec::new());
        }
        let doses = known.doses(stored.jab);
        let before = counting(tx, stored.person_id).await?;
        let mut records = Vec::new();
        for kind in RulingKind::ALL {
            if kind == RulingKind::Merge && other.is_none() {
                continue;
            }
            let ruling = NewRuling {
                kind,
                other: other.map(|other| other.id),
                other_counts: false,
                reason: String::new(),
            };
            tx.mark().await?;
            let (ruled, ..) = self
                .carry_out_ruling(tx, caller, stored, known, &ruling)
                .await?;
            let after = counting(tx, stored.person_id).await?;
            tx.go_back().await?;
            if matches!(ruled, Ruled::Done(_)) {
                let change = RecordChange {
                    before,
                    after,
                    doses,
                };
                records.push((kind, change));
            }
        }
        Ok(records)
    }

    pub(super) async fn record(
        &self,
        tx: &mut WorkerTx<'_>,
        person: Uuid,
    ) -> Result<Known, StoreError> {
        let today = self.road.clock.day(self.road.clock.now());
        Ok(Known {
            products: Products::load(tx, today).await?,
            jabs: rulings::jabs(tx, person).await?,
            versions: rulings::versions(tx, person).await?,
        })
    }

    pub(super) fn ruling_view(&self, ruling: &Ruling) -> Result<RulingView, StoreError> {
        let odd = || StoreError::Broken("ruling".to_owned());
        let reason = self.open_text(
            Purpose::Reason,
            ruling.id,
            Some(ruling.reason_sealed.clone()),
        )?;
        Ok(RulingView {
            id: ruling.id,
            person: ruling.person_id,
            kind: RulingKind::parse(&ruling.kind).ok_or_else(odd)?,
            reason: reason.unwrap_or_default(),
            made_by: ruling.made_by.clone(),
            made_at: words::moment(ruling.made_at),
            undone: match (&ruling.undone_by, ruling.undone_at) {
                (Some(by), Some(at)) => Some(Undone {
                    by: by.clone(),
                    at: words::moment(at),
                    reason: self
                        .open_text(Purpose::Undone, ruling.id, ruling.undone_sealed.clone())?
                        .unwrap_or_default(),
                }),
                _ => None,
            },
            row: ruling.row_id,
        })
    }
}

async fn one(tx: &mut WorkerTx<'_>, caller: &Caller, id: Uuid) -> PortResult<Ruling> {
    let found = rulings::list(tx, None, Some(id)).await.or_broken(caller)?;
    found.into_iter().next().ok_or(PortError::NotFound)
}

/// What the register holds of a person.
pub(super) struct Known {
    pub(super) products: Products,
    pub(super) jabs: Vec<rulings::Jab>,
    pub(super) versions: Vec<Version>,
}

impl Known {
    /// The vaccination of a row, and those it can be held against. Of a row that waits not the one that counts in its place:
    /// they are one already.
    fn around(&self, stored: &Stored) -> (Option<Jab>, Vec<Jab>) {
        let jab = stored.jab;
        let this = self.jabs.iter().find(|one| one.id == jab);
        let head = is_open(stored).then(|| self.head(jab));
        let mut others = self.jabs();
        others.retain(|one| one.id != jab && Some(one.id) != head);
        (this.map(|this| self.view(this)), others)
    }

    /// Doses of the series of a vaccination's product.
    fn doses(&self, jab: Uuid) -> Option<u8> {
        let jab = self.jabs.iter().find(|one| one.id == jab)?;
        let vaccine = self.products.lists().vaccine(Products::id(jab.vaccine)?)?;
        Some(vaccine.doses)
    }

    /// The one that counts in its place, or itself.
    fn head(&self, jab: Uuid) -> Uuid {
        let found = self.jabs.iter().find(|one| one.id == jab);
        found.and_then(|one| one.merged_into).unwrap_or(jab)
    }

    /// Vaccinations; those that gave way are among the sources of the one they gave way to.
    pub(super) fn jabs(&self) -> Vec<Jab> {
        let heads = self.jabs.iter().filter(|jab| jab.merged_into.is_none());
        heads.map(|jab| self.view(jab)).collect()
    }

    fn view(&self, jab: &rulings::Jab) -> Jab {
        let mut cells = jab_cells(&self.products, jab);
        for (column, text) in [
            (Column::Vaccinatieland, jab.country.as_str()),
            (Column::Doelgroep, jab.target_group.as_str()),
            (
                Column::UitvoerderAgb,
                jab.agb.as_deref().unwrap_or_default(),
            ),
        ] {
            cells.set(column, text);
        }
        let gave_way = jab.merged_into.is_some();
        let sources = self.versions.iter().filter(|version| {
            let its = version.jab.filter(|_| version.stands);
            its.is_some_and(|its| its == jab.id || (!gave_way && self.head(its) == jab.id))
        });
        Jab {
            id: jab.id,
            cells,
            counts: jab.effective,
            sources: sources.filter_map(source).collect(),
        }
    }
}

fn jab_cells(products: &Products, jab: &rulings::Jab) -> RowText {
    cells(
        products,
        Some(jab.vaccinated_on),
        Some(jab.vaccine),
        Some(&jab.batch),
        Some(jab.dose),
    )
}

pub(super) fn cells(
    products: &Products,
    on: Option<time::Date>,
    vaccine: Option<i16>,
    batch: Option<&str>,
    dose: Option<i16>,
) -> RowText {
    let mut row = RowText::default();
    for (column, text) in [
        (Column::Vaccinatiedatum, on.map(dutch)),
        (Column::Vaccin, vaccine.map(|number| products.name(number))),
        (Column::Batchnummer, batch.map(str::to_owned)),
        (Column::Dosisnummer, dose.map(|dose| dose.to_string())),
    ] {
        row.set(column, text.unwrap_or_default());
    }
    row
}

fn source(version: &Version) -> Option<Source> {
    Some(Source {
        party: version.party.clone(),
        channel: Channel::parse(&version.channel)?,
        received: words::moment(version.recorded_at),
        outcome: RowOutcome::parse(&version.outcome)?,
    })
}

/// The line once for each party whose rows moved, with their number; when none did, for none.
fn of_each_party(line: impl Fn() -> Event, moved: &[Moved]) -> Vec<Event> {
    let mut rows: BTreeMap<Uuid, u32> = BTreeMap::new();
    for row in moved {
        *rows.entry(row.party_id).or_default() += 1;
    }
    if rows.is_empty() {
        return vec![line().detail("rows", 0)];
    }
    let lines = rows.into_iter();
    lines
        .map(|(party, rows)| line().for_party(party).detail("rows", rows))
        .collect()
}

/// Vaccinations of a person that count.
async fn counting(tx: &mut WorkerTx<'_>, person: Uuid) -> Result<u32, StoreError> {
    let counted = decisions::counting_of(tx, &[person]).await?;
    let counted = counted.first().map_or(0, |(_, number)| *number);
    Ok(u32::try_from(counted).unwrap_or(u32::MAX))
}

fn channels(jab: &Jab) -> Vec<Channel> {
    jab.sources.iter().map(|source| source.channel).collect()
}

fn is_open(stored: &Stored) -> bool {
    stored.stands && stored.state == "open" && stored.outcome == RowOutcome::TeControleren.as_str()
}

/// No other one of its day and product counts.
fn may_keep(this: &Jab, other: &[Jab], others: &[Jab]) -> bool {
    let same = |jab: &Jab| {
        jab.counts
            && [Column::Vaccinatiedatum, Column::Vaccin]
                .into_iter()
                .all(|column| jab.cells.get(column) == this.cells.get(column))
    };
    !other.iter().chain(others).any(same)
}

/// How near another vaccination is: day first, then dose, product, batch.
fn likeness(this: &Jab, other: &Jab) -> u32 {
    let weights = [
        (Column::Vaccinatiedatum, 8),
        (Column::Dosisnummer, 4),
        (Column::Vaccin, 2),
        (Column::Batchnummer, 1),
    ];
    let same = weights
        .iter()
        .filter(|(column, _)| this.cells.get(*column) == other.cells.get(*column));
    same.map(|(_, weight)| weight).sum()
}

//! A person whose BSN the BRP changed stays that person (domain facts §6): the record moves to the new BSN, the old one goes to
//! its history and still leads to it. Who stands under the new BSN already and is the same becomes one with it.
//!
//! That a record belongs to the list is never taken from the number alone: what was reported of it must fit the list (birth
//! date, as before the load or after it), and no other list that has the old number now. Where that is not so nothing moves,
//! and what the record has goes to RIVM (rule B10). All in one transaction, because one may get the number that another left;
//! what is done is written down in it, so a kill does nothing twice.

use crate::audit::{self, Event, Kind};
use crate::clock;
use crate::intake::Road;
use crate::intake::matching::compare;
use crate::intake::recheck::{self, Why};
use crate::keys::{Keys, Mac, Purpose, Sealed};
use crate::store::register::{self, BrpList};
use crate::store::relink::{self, Content, Numbers, Renumbered, Settled};
use crate::store::{StoreError, WorkerTx, brp_people, late, rulings};
use domain::bsn::Bsn;
use domain::dates::{PartialDate, parse_partial};
use domain::finding::Code;
use domain::matching::{Asked, NameParts};
use domain::row::{Column, RowText};
use std::collections::{HashMap, HashSet};
use time::Date;
use uuid::Uuid;

/// Who a record says it is.
struct Who {
    text: RowText,
    birth_date: PartialDate,
    on: Date,
}

impl Who {
    /// This list may be that of the person; also when its birth date was corrected to `before`, or from it.
    fn fits(&self, list: &BrpList, before: Option<&str>) -> bool {
        let asked = || Asked {
            has_bsn: true,
            birth_date: self.birth_date,
            name: NameParts::own(
                self.text.get(Column::Achternaam),
                self.text.get(Column::Voorvoegsel),
            ),
        };
        let is_it = |list: BrpList| {
            compare(asked(), &[list], self.on, false)
                .result
                .is_matched()
        };
        is_it(list.clone())
            || before.is_some_and(|date| {
                is_it(BrpList {
                    birth_date: Some(date.to_owned()),
                    ..list.clone()
                })
            })
    }
}

/// All that must be known to judge the changes.
struct Facts {
    /// By key of the list.
    lists: HashMap<String, BrpList>,
    /// Lists that are somebody, by BSN.
    by_mac: HashMap<Vec<u8>, Vec<BrpList>>,
    /// Who has a BSN now.
    holders: HashMap<Vec<u8>, Uuid>,
    /// What is reported of them.
    who: HashMap<Uuid, Who>,
}

/// What is done with the records.
#[derive(Default)]
struct Plan {
    /// Person, new BSN.
    moves: Vec<(Uuid, Bsn, Mac)>,
    /// (kept, gone).
    merges: Vec<(Uuid, Uuid)>,
    /// Persons whose number is that of somebody else now.
    lost: Vec<Uuid>,
    /// Persons of whom nobody knows where they belong.
    unclear: Vec<Uuid>,
    settled: Settled,
}

impl Plan {
    fn settle(&mut self, change: &Renumbered, outcome: &'static str) {
        self.settled.load.push(change.load);
        self.settled.pl_id.push(change.pl_id.clone());
        self.settled.outcome.push(outcome);
    }
}

/// Moves the records of all lists that came back with another BSN. `load` is the load that this follows.
///
/// # Errors
/// When the database fails, or something sealed does not open.
pub(crate) async fn relink(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    load: Uuid,
) -> Result<(), StoreError> {
    relink::settle_nobody(tx).await?;
    let waiting = relink::waiting(tx).await?;
    let mut plan = Plan::default();
    if !waiting.is_empty() {
        let numbers: Vec<Option<(Bsn, Mac)>> = waiting
            .iter()
            .map(|change| new_number(&road.keys, change))
            .collect::<Result<_, _>>()?;
        let facts = facts(road, tx, &waiting, &numbers).await?;
        plan = judge(&road.keys, waiting, numbers, &facts)?;
    }
    let late_comers = relink::late_comers(tx).await?;
    apply(road, tx, load, plan, late_comers).await
}

/// The BSN that the list has now; none when it has none.
fn new_number(keys: &Keys, change: &Renumbered) -> Result<Option<(Bsn, Mac)>, StoreError> {
    let Some(sealed) = &change.new_enc else {
        return Ok(None);
    };
    let odd = || StoreError::Broken("sealed BSN of a list".to_owned());
    let aad = Purpose::BrpBsn.of(change.pl_id.as_bytes());
    let plain = keys
        .open(&Sealed::from_bytes(sealed.clone()), &aad)
        .map_err(|_| odd())?;
    let bsn = std::str::from_utf8(&plain)
        .ok()
        .and_then(|text| Bsn::parse(text).ok())
        .ok_or_else(odd)?;
    Ok(Some((bsn, keys.bsn_mac(&bsn))))
}

async fn facts(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    waiting: &[Renumbered],
    numbers: &[Option<(Bsn, Mac)>],
) -> Result<Facts, StoreError> {
    let pl_ids: Vec<String> = waiting.iter().map(|change| change.pl_id.clone()).collect();
    let new = || numbers.iter().flatten().map(|(_, mac)| mac);
    let new_macs: Vec<Vec<u8>> = new().map(|mac| mac.bytes.to_vec()).collect();
    let mut macs: Vec<Vec<u8>> = waiting
        .iter()
        .map(|change| change.old_mac.clone())
        .collect();
    macs.extend(new_macs.iter().cloned());
    let mut by_mac: HashMap<Vec<u8>, Vec<BrpList>> = HashMap::new();
    for list in register::brp_lists_of(tx, &macs).await? {
        if is_somebody(&list) {
            let mac = list.bsn_mac.clone().unwrap_or_default();
            by_mac.entry(mac).or_default().push(list);
        }
    }
    let holders: HashMap<Vec<u8>, Uuid> = match new().next() {
        Some(mac) => relink::holders(tx, &mac.key_id(), &new_macs)
            .await?
            .into_iter()
            .collect(),
        None => HashMap::new(),
    };
    let persons: Vec<Uuid> = waiting
        .iter()
        .filter_map(|change| change.person)
        .chain(holders.values().copied())
        .collect();
    let mut who = HashMap::new();
    for content in relink::contents(tx, &persons).await? {
        let person = content.person;
        who.insert(person, open(road, content)?);
    }
    let lists = brp_people::by_key(tx, &pl_ids).await?.into_iter();
    Ok(Facts {
        lists: lists.map(|listed| (listed.pl_id, listed.list)).collect(),
        by_mac,
        holders,
        who,
    })
}

fn open(road: &Road, content: Content) -> Result<Who, StoreError> {
    let text = recheck::content(&road.keys, content.report, content.content_sealed)?;
    let year = clock::dutch_day(road.clock.now()).year();
    let birth_date =
        parse_partial(text.get(Column::Geboortedatum), year).unwrap_or(PartialDate::Unknown);
    Ok(Who {
        text,
        birth_date,
        on: content.on,
    })
}

fn is_somebody(list: &BrpList) -> bool {
    !matches!(list.suspension_reason.as_deref(), Some("F" | "W"))
}

fn judge(
    keys: &Keys,
    waiting: Vec<Renumbered>,
    numbers: Vec<Option<(Bsn, Mac)>>,
    facts: &Facts,
) -> Result<Plan, StoreError> {
    let mut plan = Plan::default();
    let mut moving: Vec<(Renumbered, Uuid, Bsn, Mac)> = Vec::new();
    for (change, number) in waiting.into_iter().zip(numbers) {
        match (change.person, number) {
            (Some(person), Some((bsn, mac))) if !is_same(keys, &change, person, &bsn)? => {
                match belongs(&change, person, &mac, facts) {
                    Some(true) => moving.push((change, person, bsn, mac)),
                    Some(false) => plan.settle(&change, "nobody"),
                    None => {
                        plan.unclear.push(person);
                        plan.settle(&change, "unclear");
                    }
                }
            }
            _ => plan.settle(&change, "nobody"),
        }
    }
    let mut claims: HashMap<Uuid, HashSet<String>> = HashMap::new();
    for (change, person, ..) in &moving {
        let lists = claims.entry(*person).or_default();
        lists.insert(change.pl_id.clone());
    }
    let leaving: HashSet<Uuid> = claims.keys().copied().collect();
    let mut moved: HashSet<Uuid> = HashSet::new();
    let mut taken: HashMap<Vec<u8>, Uuid> = HashMap::new();
    for (change, person, bsn, mac) in moving {
        // Two lists had the number, and the record fits both: nobody knows whose it is.
        if claims.get(&person).is_some_and(|lists| lists.len() > 1) {
            plan.unclear.push(person);
            plan.settle(&change, "unclear");
            continue;
        }
        // A list that lost the number more than once goes one way.
        if !moved.insert(person) {
            plan.settle(&change, "moved");
            continue;
        }
        // Two records of one list, under numbers that it had one after the other: they become one.
        if let Some(&first) = taken.get(mac.bytes.as_slice()) {
            plan.merges.push((first, person));
            plan.settle(&change, "moved");
            continue;
        }
        taken.insert(mac.bytes.to_vec(), person);
        let holder = facts.holders.get(mac.bytes.as_slice());
        if let Some(&holder) = holder.filter(|holder| !leaving.contains(holder)) {
            let fits = facts.who.get(&holder).is_none_or(|who| {
                facts
                    .lists
                    .get(&change.pl_id)
                    .is_some_and(|list| who.fits(list, change.old_birth_date.as_deref()))
            });
            if fits {
                plan.merges.push((person, holder));
            } else {
                plan.lost.push(holder);
            }
        }
        plan.moves.push((person, bsn, mac));
        plan.settle(&change, "moved");
    }
    Ok(plan)
}

/// Only the key of the MAC is another.
fn is_same(keys: &Keys, change: &Renumbered, person: Uuid, new: &Bsn) -> Result<bool, StoreError> {
    let sealed = Sealed::from_bytes(change.old_enc.clone().unwrap_or_default());
    let old = keys
        .open_bsn(&sealed, person)
        .map_err(|_| StoreError::Broken("sealed BSN of a person".to_owned()))?;
    Ok(old == *new)
}

/// Whether the record is of the person of this list; `None` when that is not to be told.
fn belongs(change: &Renumbered, person: Uuid, new: &Mac, facts: &Facts) -> Option<bool> {
    let list = facts
        .lists
        .get(&change.pl_id)
        .filter(|list| is_somebody(list));
    let Some(list) = list else {
        // The list is an error now: it says nothing of anybody.
        return Some(false);
    };
    let others = facts
        .by_mac
        .get(&change.old_mac)
        .map_or(&[][..], Vec::as_slice);
    let alone = facts
        .by_mac
        .get(new.bytes.as_slice())
        .is_some_and(|lists| lists.len() == 1);
    match facts.who.get(&person) {
        _ if !alone => None,
        None => others.is_empty().then_some(true),
        Some(who) => {
            let another = others.iter().any(|other| who.fits(other, None));
            match (who.fits(list, change.old_birth_date.as_deref()), another) {
                (true, false) => Some(true),
                (false, true) => Some(false),
                _ => None,
            }
        }
    }
}

async fn apply(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    load: Uuid,
    plan: Plan,
    late_comers: Vec<(Uuid, Uuid)>,
) -> Result<(), StoreError> {
    let (moved, merged) = (plan.moves.len(), plan.merges.len());
    let (mut kept, gone): (Vec<Uuid>, Vec<Uuid>) =
        plan.merges.into_iter().chain(late_comers).unzip();
    let unclear: Vec<Uuid> = plan.unclear.iter().chain(&plan.lost).copied().collect();
    let leaving: Vec<Uuid> = plan
        .moves
        .iter()
        .map(|(person, ..)| *person)
        .chain(gone.iter().copied())
        .chain(plan.lost)
        .collect();
    let about: Vec<Uuid> = leaving.iter().chain(&plan.unclear).copied().collect();
    relink::settled(tx, &plan.settled).await?;
    if about.is_empty() {
        return Ok(());
    }
    let all: Vec<Uuid> = about.iter().chain(&kept).copied().collect();
    register::hold(tx, &all).await?;
    relink::leave(tx, load, &leaving).await?;
    if let Some((_, _, mac)) = plan.moves.first() {
        let key = mac.key_id();
        let mut numbers = Numbers::default();
        for (person, bsn, mac) in &plan.moves {
            numbers.person.push(*person);
            numbers.mac.push(mac.bytes.to_vec());
            numbers
                .enc
                .push(road.keys.seal_bsn(bsn, *person).into_bytes());
        }
        relink::get(tx, &key, &numbers).await?;
    }
    let doubtful = late::accepted_of(tx, &unclear, &[]).await?;
    let mut reviewed = recheck::review(road, tx, load, &doubtful, Why::NotSure).await?;
    if !kept.is_empty() {
        let contradicts = relink::merge(tx, load, &kept, &gone).await?;
        for (same_day, code) in [(true, Code::D04), (false, Code::D05)] {
            let jabs: Vec<Uuid> = contradicts
                .iter()
                .filter(|one| one.same_day == same_day)
                .map(|one| one.jab)
                .collect();
            let some = late::accepted_of(tx, &[], &jabs).await?;
            reviewed += recheck::review(road, tx, load, &some, Why::Contradicts(code)).await?;
        }
    }
    kept.extend(unclear);
    rulings::settle(tx, &kept).await?;
    for (kind, number) in [(Kind::Relinked, moved), (Kind::PersonsMerged, merged)] {
        if number > 0 {
            let event = Event::of_worker(None, None, kind)
                .object("brp-load", load)
                .detail("persons", number)
                .about(about.clone());
            audit::add(tx, event).await?;
        }
    }
    if reviewed > 0 {
        let event = Event::of_worker(None, None, Kind::CheckedAgain)
            .object("brp-load", load)
            .detail("to_review", reviewed)
            .about(about);
        audit::add(tx, event).await?;
    }
    Ok(())
}

//! Fetches what must be known to judge a chunk: one query per kind of fact, whatever its size.

use super::People;
use crate::intake::matching::{BY_KEY, Batches, BrpFacts, Facts, History, Incoming, Jab, Known};
use crate::keys::Keys;
use crate::store::products::Products;
use crate::store::register::{self, BrpList};
use crate::store::{StoreError, WorkerTx, rows};
use domain::finding::{Code, Filled};
use domain::row::Accepted;
use std::collections::{HashMap, HashSet};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// Hours after which the copy of the BRP is too old (specification B13).
const BRP_MAX_AGE: Duration = Duration::hours(48);

/// Finds the facts for these rows, and gives each row its person. With `hold` they are true until the end of the
/// transaction.
///
/// # Errors
/// When the database fails; `StoreError::Conflict` when what a key stood for changed just now.
pub(super) async fn gather(
    tx: &mut WorkerTx<'_>,
    keys: &Keys,
    products: &Products,
    (party, delivery): (Uuid, Uuid),
    now: OffsetDateTime,
    rows: &mut [Incoming],
    hold: bool,
) -> Result<(Facts, People), StoreError> {
    let people = People::find(tx, keys, rows).await?;
    let mut known = known_keys(tx, party, delivery, rows).await?;
    if hold {
        // Not of a row that would have its key, had RIVM found its person: it changes nothing of whoever that is.
        let of_keys = |known: &HashMap<String, Known>| -> HashSet<Uuid> {
            let keys = rows.iter().filter_map(|row| row.source_key.as_ref());
            let known = keys.filter_map(|key| known.get(key));
            known.filter_map(|known| known.person).collect()
        };
        let mut held: HashSet<Uuid> = people.known().collect();
        held.extend(of_keys(&known));
        register::hold(tx, &Vec::from_iter(held.iter().copied())).await?;
        if !known.is_empty() {
            known = known_keys(tx, party, delivery, rows).await?;
            if !of_keys(&known).is_subset(&held) {
                return Err(StoreError::Conflict("person".to_owned()));
            }
        }
    }
    let persons: Vec<Uuid> = rows
        .iter()
        .filter_map(|row| row.person)
        .collect::<HashSet<_>>()
        .into_iter()
        .collect();
    let facts = Facts {
        brp: brp(tx, now, rows, &people).await?,
        batches: Batches::new(
            register::batches(tx)
                .await?
                .into_iter()
                .filter_map(|batch| {
                    Some((
                        batch.lot,
                        Products::id(batch.vaccine)?,
                        batch.expiration_date,
                    ))
                }),
        ),
        agbs: register::agbs(tx, party).await?,
        keys: known,
        jabs: jabs(tx, party, &persons).await?,
        intervals: products
            .lists()
            .vaccines()
            .iter()
            .filter_map(|vaccine| Some((vaccine.id, vaccine.min_days?)))
            .collect(),
        kept_out: kept_out(tx, delivery, rows).await?,
    };
    Ok((facts, people))
}

async fn known_keys(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    delivery: Uuid,
    rows: &[Incoming],
) -> Result<HashMap<String, Known>, StoreError> {
    let if_found = |row: &Incoming| row.if_found.as_ref().map(|(key, _)| key.clone());
    let keys: HashSet<String> = rows
        .iter()
        .filter_map(|row| row.source_key.clone().or_else(|| if_found(row)))
        .collect();
    let keys = Vec::from_iter(keys);
    let found = register::known_keys(tx, party, delivery, &keys).await?;
    Ok(found
        .into_iter()
        .map(|key| {
            let known = Known {
                registration: key.report_id,
                version: key.version,
                digest: key.row_digest.and_then(|digest| digest.try_into().ok()),
                said_before: key
                    .said_before
                    .into_iter()
                    .flatten()
                    .filter_map(|digest| digest.try_into().ok())
                    .collect(),
                person: key.person_id,
                vaccination: key.vaccination_id,
                withdrawn: key.mutation == "V",
                undone: key.undone,
                later: key.later,
                waits: key.waits,
                goes_on: false,
            };
            (key.source_key, known)
        })
        .collect())
}

/// Of the rows before this chunk that rows of it repeat (rule D01) those that their keys kept out.
async fn kept_out(
    tx: &mut WorkerTx<'_>,
    delivery: Uuid,
    chunk: &[Incoming],
) -> Result<HashMap<u32, Option<String>>, StoreError> {
    let findings = chunk.iter().flat_map(|row| &row.findings);
    let mut repeated: HashSet<u32> = findings
        .filter_map(|finding| match &finding.filled {
            Filled::Line(line) if finding.code == Code::D01 => Some(*line),
            _ => None,
        })
        .collect();
    for row in chunk {
        repeated.remove(&row.line);
    }
    if repeated.is_empty() {
        return Ok(HashMap::new());
    }
    let repeated = repeated.into_iter();
    let numbers: Vec<i32> = repeated.filter_map(|line| line.try_into().ok()).collect();
    let codes = BY_KEY.map(|code| code.as_str().to_owned());
    let found = rows::refused_by(tx, delivery, &numbers, &codes).await?;
    Ok(found
        .into_iter()
        .filter_map(|(number, key)| Some((number.try_into().ok()?, key)))
        .collect())
}

async fn jabs(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    persons: &[Uuid],
) -> Result<HashMap<Uuid, History>, StoreError> {
    let mut found: HashMap<Uuid, History> = HashMap::new();
    for known in register::jabs(tx, party, persons).await? {
        let Some(vaccine) = Products::id(known.vaccine) else {
            continue;
        };
        found.entry(known.person_id).or_default().add(Jab {
            id: known.id,
            date: known.vaccinated_on,
            vaccine,
            batch: known.batch,
            dose: u8::try_from(known.dose).unwrap_or_default(),
            own: known.own.into_iter().collect(),
            linked: known.linked.into_iter().collect(),
            others: known.others > 0,
            settled: known.settled,
        });
    }
    Ok(found)
}

/// The copy of the BRP is missing or too old (rule B13).
///
/// # Errors
/// When the database fails.
pub async fn brp_is_late(tx: &mut WorkerTx<'_>, now: OffsetDateTime) -> Result<bool, StoreError> {
    Ok(is_late(register::brp_loaded_at(tx).await?, now))
}

/// The same of a copy that was loaded then, or never.
pub(crate) fn is_late(loaded: Option<OffsetDateTime>, now: OffsetDateTime) -> bool {
    loaded.is_none_or(|loaded| now - loaded > BRP_MAX_AGE)
}

async fn brp(
    tx: &mut WorkerTx<'_>,
    now: OffsetDateTime,
    rows: &[Incoming],
    people: &People,
) -> Result<BrpFacts, StoreError> {
    if brp_is_late(tx, now).await? {
        return Ok(BrpFacts {
            late: true,
            ..BrpFacts::default()
        });
    }
    let mut lists: HashMap<Uuid, Vec<BrpList>> = HashMap::new();
    let (macs, owners) = people.by_bsn();
    for list in register::brp_by_bsn(tx, &macs).await? {
        if let Some(person) = list.bsn_mac.as_ref().and_then(|mac| owners.get(mac)) {
            lists.entry(*person).or_default().push(list);
        }
    }
    let mut at: HashMap<(String, i32), HashSet<Uuid>> = HashMap::new();
    for row in rows {
        let (Some(person), Some(Accepted::Vaccination(jab))) = (row.person, &row.accepted) else {
            continue;
        };
        let who = jab.person();
        if row.bsn(jab).is_none()
            && let (Some(postcode), Some(number)) = (
                who.postcode(),
                who.house_number().and_then(|n| i32::try_from(n).ok()),
            )
        {
            at.entry((postcode.as_str().to_owned(), number))
                .or_default()
                .insert(person);
        }
    }
    if !at.is_empty() {
        let (postcodes, numbers): (Vec<String>, Vec<i32>) = at.keys().cloned().unzip();
        for list in register::brp_by_address(tx, &postcodes, &numbers).await? {
            let address = list.postcode.clone().zip(list.house_number);
            for person in address
                .and_then(|address| at.get(&address))
                .into_iter()
                .flatten()
            {
                lists.entry(*person).or_default().push(list.clone());
            }
        }
    }
    Ok(BrpFacts {
        lists,
        ..BrpFacts::default()
    })
}

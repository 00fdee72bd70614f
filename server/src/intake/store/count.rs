//! People without consent: numbers, by the deliveries that said them, and for 30 days a keyed hash against counting twice.
//!
//! A row whose key counts already is not counted again, but the count then rests on both deliveries: it goes when neither
//! counts any more. No key leads to what the first one said, so that holds where the second says the same.

use super::{Errand, columns};
use crate::intake::matching::{Effect, Judged};
use crate::keys::Mac;
use crate::store::counted::{self, AnonymousCount, Cell, Remembered};
use crate::store::{StoreError, WorkerTx};
use domain::delivery::Channel;
use domain::row::Accepted;
use std::collections::{BTreeMap, HashMap, HashSet};
use time::{Date, Duration};
use uuid::Uuid;

/// Days that a hash is kept.
const DAYS: i64 = 30;
/// Deliveries that are known to have said one row (constraint `counted_said_by_some`).
const MOST: usize = 32;

/// Counts the rows without consent, each once.
///
/// # Errors
/// When the database fails.
pub(super) async fn count(
    tx: &mut WorkerTx<'_>,
    errand: &Errand<'_>,
    judged: &[Judged],
) -> Result<(), StoreError> {
    if errand.counted_before {
        return Ok(());
    }
    let rows: Vec<(Option<Mac>, AnonymousCount)> = judged
        .iter()
        .filter_map(|row| match (&row.effect, &row.row.accepted) {
            (Effect::Count, Some(Accepted::Count(count))) => Some(count),
            _ => None,
        })
        .map(|count| {
            let key = count.source_key.as_ref();
            let mac = key.map(|key| errand.road.keys.count_key(errand.party, key.as_str()));
            (mac, columns::anonymous(count))
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    counted::hold(tx, errand.party).await?;
    let hash_key = rows.iter().find_map(|(mac, _)| mac.map(|mac| mac.key_id()));
    let known = match hash_key {
        None => HashMap::new(),
        Some(_) => known(tx, errand, &rows).await?,
    };
    let said = said(tx, errand.party, &known, &rows).await?;
    // What is typed in the entry form is never withdrawn as a whole: nothing needs to know what it counted.
    let by = (errand.channel != Channel::Portaal).then_some(errand.delivery);
    let changes = Changes::of(by, rows, &known, said);
    counted::add(tx, errand.party, changes.more).await?;
    counted::change(tx, errand.party, changes.cells).await?;
    let hash_key = hash_key.unwrap_or_default();
    let until = errand.today + Duration::days(DAYS);
    let (new, shared) = (&changes.new, &changes.shared);
    counted::remember(tx, errand.party, &hash_key, new, Some(until)).await?;
    counted::remember(tx, errand.party, &hash_key, shared, None).await
}

async fn known(
    tx: &mut WorkerTx<'_>,
    errand: &Errand<'_>,
    rows: &[(Option<Mac>, AnonymousCount)],
) -> Result<HashMap<Vec<u8>, Remembered>, StoreError> {
    let hashes: Vec<Vec<u8>> = rows
        .iter()
        .filter_map(|(mac, _)| mac.map(|mac| mac.bytes.to_vec()))
        .collect();
    let known = counted::remembered(tx, errand.party, &hashes, errand.today).await?;
    let known = known.into_iter().map(|one| (one.key_hash.clone(), one));
    Ok(known.collect())
}

/// What the deliveries said that know these keys.
async fn said(
    tx: &mut WorkerTx<'_>,
    party: Uuid,
    known: &HashMap<Vec<u8>, Remembered>,
    rows: &[(Option<Mac>, AnonymousCount)],
) -> Result<HashMap<Cell, i32>, StoreError> {
    let deliveries: HashSet<Uuid> = known
        .values()
        .flat_map(|one| one.said_by.iter().flatten().copied())
        .collect();
    let days: HashSet<Date> = rows.iter().map(|(_, count)| count.vaccinated_on).collect();
    let (deliveries, days) = (Vec::from_iter(deliveries), Vec::from_iter(days));
    let cells = counted::cells(tx, party, &deliveries, &days).await?;
    Ok(cells.into_iter().collect())
}

/// What a chunk changes.
#[derive(Default)]
struct Changes {
    more: BTreeMap<AnonymousCount, i32>,
    cells: BTreeMap<Cell, i32>,
    /// Keys that count from now on, and keys that count already; with who said them.
    new: Vec<(Vec<u8>, Option<Vec<Uuid>>)>,
    shared: Vec<(Vec<u8>, Option<Vec<Uuid>>)>,
}

impl Changes {
    fn of(
        by: Option<Uuid>,
        rows: Vec<(Option<Mac>, AnonymousCount)>,
        known: &HashMap<Vec<u8>, Remembered>,
        mut said: HashMap<Cell, i32>,
    ) -> Self {
        let alone = by.map(|by| vec![by]);
        let (mut changes, mut seen) = (Self::default(), HashSet::new());
        for (mac, count) in rows {
            let Some(mac) = mac else {
                changes.say(alone.clone(), &count, 1);
                *changes.more.entry(count).or_default() += 1;
                continue;
            };
            let hash = mac.bytes.to_vec();
            if !seen.insert(hash.clone()) {
                continue;
            }
            let one = known.get(&hash);
            let stands = one.is_some_and(|one| one.stands);
            let before = one.and_then(|one| one.said_by.as_ref());
            let had = |by: &Uuid| before.is_some_and(|before| before.contains(by));
            if stands && (before.is_none() || by.as_ref().is_some_and(had)) {
                continue;
            }
            let shares = before.and_then(|before| taken(&mut said, before, &count));
            if stands && shares.is_none() {
                // It counts as another delivery said it; should this one be withdrawn and come again, it may count.
                changes.say(alone.clone(), &count, 0);
                continue;
            }
            let now = by.map(|by| together(shares.as_deref().unwrap_or_default(), by));
            changes.say(shares, &count, -1);
            changes.say(now.clone(), &count, 1);
            if stands {
                changes.shared.push((hash, now));
            } else {
                *changes.more.entry(count).or_default() += 1;
                changes.new.push((hash, now));
            }
        }
        changes
    }

    fn say(&mut self, said_by: Option<Vec<Uuid>>, count: &AnonymousCount, number: i32) {
        if let Some(said_by) = said_by {
            *self.cells.entry((said_by, count.clone())).or_default() += number;
        }
    }
}

/// Those who said it before, when they said the same and room is left for one more.
fn taken(
    said: &mut HashMap<Cell, i32>,
    before: &[Uuid],
    count: &AnonymousCount,
) -> Option<Vec<Uuid>> {
    let left = said.get_mut(&(before.to_vec(), count.clone()))?;
    if *left == 0 || before.len() >= MOST {
        return None;
    }
    *left -= 1;
    Some(before.to_vec())
}

fn together(before: &[Uuid], by: Uuid) -> Vec<Uuid> {
    let mut all = before.to_vec();
    all.push(by);
    all.sort_unstable();
    all.dedup();
    all
}

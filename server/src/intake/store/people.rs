//! Which person of the register a row is about: known by the keyed hash of the BSN, or, without BSN, by
//! that of birth date, address and name. Who is not known yet gets a key here and is stored with the chunk.

use crate::intake::matching::Incoming;
use crate::keys::{Keys, Mac, Purpose};
use crate::store::register::{self, NewPersons};
use crate::store::{StoreError, WorkerTx};
use domain::bsn::Bsn;
use domain::row::{Accepted, Person};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// Keyed hash by which the person of a row is known, whether the register knows that person or not.
#[must_use]
pub fn key_of(keys: &Keys, row: &Incoming) -> Option<Vec<u8>> {
    let Some(Accepted::Vaccination(jab)) = &row.accepted else {
        return None;
    };
    let mac = match row.bsn(jab) {
        Some(bsn) => keys.bsn_mac(bsn),
        None => keys.identity_mac(identity(jab.person()).as_bytes()),
    };
    Some(mac.bytes.to_vec())
}

/// The persons of a chunk.
#[derive(Default)]
pub struct People {
    bsn: HashMap<Bsn, (Mac, Uuid)>,
    /// Canonical identity (see [`identity`]) of those without BSN.
    identity: BTreeMap<String, (Mac, Uuid)>,
    new: HashSet<Uuid>,
}

impl People {
    /// Gives each row its person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn find(
        tx: &mut WorkerTx<'_>,
        keys: &Keys,
        rows: &mut [Incoming],
    ) -> Result<Self, StoreError> {
        let mut people = Self::default();
        for row in &*rows {
            let Some(Accepted::Vaccination(jab)) = &row.accepted else {
                continue;
            };
            match row.bsn(jab) {
                Some(bsn) => {
                    people
                        .bsn
                        .entry(*bsn)
                        .or_insert_with(|| (keys.bsn_mac(bsn), Uuid::nil()));
                }
                None => {
                    let identity = identity(jab.person());
                    let mac = keys.identity_mac(identity.as_bytes());
                    people
                        .identity
                        .entry(identity)
                        .or_insert((mac, Uuid::nil()));
                }
            }
        }
        people.look_up(tx).await?;
        for row in rows {
            let Some(Accepted::Vaccination(jab)) = &row.accepted else {
                continue;
            };
            let person = match row.bsn(jab) {
                Some(bsn) => people.bsn.get(bsn).map(|(_, id)| *id),
                None => people
                    .identity
                    .get(&identity(jab.person()))
                    .map(|(_, id)| *id),
            };
            row.person = person;
        }
        Ok(people)
    }

    async fn look_up(&mut self, tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
        if let Some(key) = self.bsn.values().next().map(|(mac, _)| mac.key_id()) {
            let macs: Vec<Vec<u8>> = self
                .bsn
                .values()
                .map(|(mac, _)| mac.bytes.to_vec())
                .collect();
            let known: HashMap<_, _> = register::persons_by_bsn(tx, &key, &macs)
                .await?
                .into_iter()
                .collect();
            fill(self.bsn.values_mut(), &known, &mut self.new);
        }
        if let Some(key) = self.identity.values().next().map(|(mac, _)| mac.key_id()) {
            let macs: Vec<Vec<u8>> = self
                .identity
                .values()
                .map(|(mac, _)| mac.bytes.to_vec())
                .collect();
            let known: HashMap<_, _> = register::persons_by_identity(tx, &key, &macs)
                .await?
                .into_iter()
                .collect();
            fill(self.identity.values_mut(), &known, &mut self.new);
        }
        Ok(())
    }

    /// Those whom the register knows.
    pub fn known(&self) -> impl Iterator<Item = Uuid> {
        let of_bsn = self.bsn.values().map(|(_, id)| *id);
        let without = self.identity.values().map(|(_, id)| *id);
        of_bsn.chain(without).filter(|id| !self.new.contains(id))
    }

    /// Keyed hashes of all BSNs, and whose they are.
    #[must_use]
    pub fn by_bsn(&self) -> (Vec<Vec<u8>>, HashMap<Vec<u8>, Uuid>) {
        let owners: HashMap<Vec<u8>, Uuid> = self
            .bsn
            .values()
            .map(|(mac, id)| (mac.bytes.to_vec(), *id))
            .collect();
        (owners.keys().cloned().collect(), owners)
    }

    /// Stores those of `used` that the register does not know yet, their BSN sealed; answers those without BSN.
    ///
    /// # Errors
    /// When the database fails; a unique violation when somebody else was faster.
    pub async fn store_new(
        &self,
        tx: &mut WorkerTx<'_>,
        keys: &Keys,
        used: &HashSet<Uuid>,
    ) -> Result<Strangers, StoreError> {
        let mut rows = NewPersons::default();
        let mut strangers = Strangers::default();
        let wanted = |id: &Uuid| used.contains(id) && self.new.contains(id);
        for (bsn, (mac, id)) in self.bsn.iter().filter(|(_, (_, id))| wanted(id)) {
            rows.push(
                *id,
                mac.key_id(),
                Some((mac.bytes.to_vec(), keys.seal_bsn(bsn, *id).into_bytes())),
                None,
            );
        }
        for (identity, (mac, id)) in self.identity.iter().filter(|(_, (_, id))| wanted(id)) {
            let sealed = keys
                .seal(identity.as_bytes(), &Purpose::Identity.of(id.as_bytes()))
                .into_bytes();
            rows.push(*id, mac.key_id(), None, Some((mac.bytes.to_vec(), sealed)));
            strangers.add(mac, *id);
        }
        register::insert_persons(tx, &rows).await?;
        Ok(strangers)
    }
}

/// Persons without BSN whom a chunk brings. Nothing in the store makes an identity unique, as a BSN is: two chunks at
/// once would make two persons of one.
#[derive(Default)]
pub struct Strangers {
    mac_key: String,
    macs: Vec<Vec<u8>>,
    persons: Vec<Uuid>,
}

impl Strangers {
    fn add(&mut self, mac: &Mac, person: Uuid) {
        self.mac_key = mac.key_id();
        self.macs.push(mac.bytes.to_vec());
        self.persons.push(person);
    }

    /// Nobody else brought one of them in the meantime. Asked in the last moment before the commit.
    ///
    /// # Errors
    /// When the database fails; `StoreError::Conflict` when somebody else was faster: try again.
    pub(super) async fn are_still_new(&self, tx: &mut WorkerTx<'_>) -> Result<(), StoreError> {
        if self.macs.is_empty()
            || register::still_new(tx, &self.mac_key, &self.macs, &self.persons).await?
        {
            return Ok(());
        }
        Err(StoreError::Conflict("identity".to_owned()))
    }
}

fn fill<'p>(
    people: impl Iterator<Item = &'p mut (Mac, Uuid)>,
    known: &HashMap<Vec<u8>, Uuid>,
    new: &mut HashSet<Uuid>,
) {
    for (mac, id) in people {
        *id = known.get(mac.bytes.as_slice()).copied().unwrap_or_else(|| {
            let fresh = crate::clock::new_key();
            new.insert(fresh);
            fresh
        });
    }
}

/// What a person without BSN is known by: birth date, postcode, house number and folded name.
fn identity(person: &Person) -> String {
    let name = domain::matching::fold(person.surname().unwrap_or_default());
    let postcode = person.postcode().map_or("", |postcode| postcode.as_str());
    let number = person
        .house_number()
        .map(|number| number.to_string())
        .unwrap_or_default();
    [person.birth_date().iso().as_str(), postcode, &number, &name].join("\u{1f}")
}

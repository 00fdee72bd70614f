//! What two senders say, as anybody would keep it on paper: under each key the things that were said of it, each by one or more
//! files; the last of them that a file which counts still says, holds.

use crate::world::World;
use domain::row::{Column, RowText};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Keys that the ledger keeps: of rows with a BSN.
const KEYS: [&str; 5] = ["a", "b", "c", "d", "e"];

/// What is said of a jab: day, batch, dose.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Says(String, String, String);

impl Says {
    pub(crate) fn of(row: &RowText) -> Self {
        let cell = |column| row.get(column).to_owned();
        Self(
            cell(Column::Vaccinatiedatum),
            cell(Column::Batchnummer),
            cell(Column::Dosisnummer),
        )
    }
}

/// Something that was said, by these deliveries; nothing when it was taken back.
struct Said {
    by: BTreeSet<Uuid>,
    says: Option<Says>,
}

/// Sender (Maria or not) and key.
type Key = (bool, String);

#[derive(Default)]
pub(crate) struct Ledger {
    keys: BTreeMap<Key, Vec<Said>>,
    /// Deliveries that are withdrawn as a whole.
    pub(crate) gone: BTreeSet<Uuid>,
}

impl Ledger {
    pub(crate) fn keeps(key: &str) -> bool {
        KEYS.contains(&key)
    }

    pub(crate) fn said(&mut self, of_maria: bool, key: &str, by: Uuid, says: Option<Says>) {
        let said = Said {
            by: BTreeSet::from([by]),
            says,
        };
        self.keys
            .entry((of_maria, key.to_owned()))
            .or_default()
            .push(said);
    }

    /// The place of what holds under a key.
    fn holds(&self, key: &Key) -> Option<usize> {
        let said = self.keys.get(key)?;
        said.iter()
            .rposition(|one| one.by.iter().any(|by| !self.gone.contains(by)))
    }

    /// A file says what is known: under its own key what stands there, else whatever says the same.
    pub(crate) fn repeated(&mut self, of_maria: bool, key: &str, by: Uuid, says: Option<&Says>) {
        let own = (of_maria, key.to_owned());
        let (Some(says), keys) = (says, self.keys.keys().cloned().collect::<Vec<Key>>()) else {
            return;
        };
        let of_key = |key: &Key| {
            let at = self.holds(key)?;
            self.keys[key][at]
                .says
                .as_ref()
                .map(|said| (key.clone(), at, said.clone()))
        };
        let same: Vec<(Key, usize)> = if self.holds(&own).is_some() {
            let own = of_key(&own).into_iter();
            own.map(|(key, at, _)| (key, at)).collect()
        } else {
            let theirs = keys.iter().filter(|(maria, _)| *maria == of_maria);
            let same = theirs.filter_map(of_key).filter(|(.., said)| said == says);
            same.map(|(key, at, _)| (key, at)).collect()
        };
        for (key, at) in same {
            self.keys.get_mut(&key).unwrap()[at].by.insert(by);
        }
    }

    /// RIVM put another batch in what holds under a key.
    pub(crate) fn amended(&mut self, of_maria: bool, key: &str, batch: &str) {
        let key = (of_maria, key.to_owned());
        if let Some(at) = self.holds(&key)
            && let Some(says) = &mut self.keys.get_mut(&key).unwrap()[at].says
        {
            batch.clone_into(&mut says.1);
        }
    }

    /// That it was taken back does not hold.
    pub(crate) fn put_back(&mut self, of_maria: bool, key: &str) {
        let key = (of_maria, key.to_owned());
        if let Some(at) = self.holds(&key) {
            self.keys.get_mut(&key).unwrap().remove(at);
        }
    }

    /// All that holds.
    pub(crate) fn standing(&self) -> BTreeSet<(bool, String, Says)> {
        let keys = self.keys.iter().filter(|((_, key), _)| Self::keeps(key));
        keys.filter_map(|(key, said)| {
            let says = said[self.holds(key)?].says.clone()?;
            Some((key.0, key.1.clone(), says))
        })
        .collect()
    }

    /// The same, as the register has it.
    pub(crate) async fn stored(world: &World) -> BTreeSet<(bool, String, Says)> {
        let found: Vec<(bool, String, String, String, String)> = sqlx::query_as(
            "SELECT p.code = 'ZONNEHOF', r.source_key, to_char(r.vaccinated_on, 'DD-MM-YYYY'), r.batch, r.dose::text
             FROM reports r JOIN parties p ON p.id = r.party_id WHERE r.valid_to IS NULL AND r.mutation <> 'V' AND r.source_key = ANY ($1)",
        )
        .bind(KEYS.map(str::to_owned).to_vec())
        .fetch_all(&world.test.admin)
        .await
        .unwrap();
        found
            .into_iter()
            .map(|(of_maria, key, day, batch, dose)| (of_maria, key, Says(day, batch, dose)))
            .collect()
    }
}

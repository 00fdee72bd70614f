//! A row on the wire, read straight into the buffers of a record.

use crate::intake::read::record::Record;
use serde::de::{DeserializeSeed, Deserializer, Error as _, SeqAccess, Visitor};

/// Reads `[number, "cell", …]` straight into a record: no text is allocated.
pub(super) struct IntoRecord<'r>(pub(super) &'r mut Record);

impl<'de> DeserializeSeed<'de> for IntoRecord<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for IntoRecord<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a row: its number and its cells")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut row: A) -> Result<(), A::Error> {
        let number = row
            .next_element()?
            .ok_or_else(|| A::Error::custom("no number"))?;
        self.0.begin(number);
        while row.next_element_seed(IntoCell(self.0))?.is_some() {}
        Ok(())
    }
}

struct IntoCell<'r>(&'r mut Record);

impl<'de> DeserializeSeed<'de> for IntoCell<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_str(self)
    }
}

impl Visitor<'_> for IntoCell<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a cell")
    }

    fn visit_str<E>(self, cell: &str) -> Result<(), E> {
        self.0.push(cell);
        Ok(())
    }
}

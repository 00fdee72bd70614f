//! All Dutch sentences users read about rules, with their English twins.
//!
//! A sentence is whole: it is never built from pieces; only its `{…}` is filled by [`fill`].
//! The help texts per code live in [`help`].

mod help;
mod sentences;

pub use help::{Help, help};
pub use sentences::sentence;

use crate::finding::Filled;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A language of the screens. Dutch is what everybody gets unless they choose otherwise.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Dutch.
    #[default]
    Nl,
    /// English.
    En,
}

/// Puts the filling in the place of the sentence's `{…}`, if it has one.
#[must_use]
pub fn fill(sentence: &'static str, filled: &Filled) -> Cow<'static, str> {
    let filling = match filled {
        Filled::Nothing => return Cow::Borrowed(sentence),
        Filled::Line(line) => line.to_string(),
        Filled::Columns(names) => names.join(", "),
        Filled::Limit(text) | Filled::Date(text) | Filled::Encoding(text) => text.clone(),
    };
    match (sentence.find('{'), sentence.find('}')) {
        (Some(open), Some(close)) if open < close => {
            Cow::Owned([&sentence[..open], &filling, &sentence[close + 1..]].concat())
        }
        _ => Cow::Borrowed(sentence),
    }
}

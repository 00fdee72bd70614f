//! Stored rows judged once more, each against what was known of its person when it came.

use super::{Facts, Incoming, Judged, against};
use std::collections::HashMap;
use time::OffsetDateTime;
use uuid::Uuid;

/// When a row came: the moment it was stored, and its number.
pub type Came = (OffsetDateTime, i32);

/// A stored row.
pub struct Stored {
    /// As it was on its way in.
    pub row: Incoming,
    /// The vaccination that it reports; it is not held against that.
    pub jab: Uuid,
    /// When it came.
    pub came: Came,
}

/// Judges these rows, each by itself; the answers are in their order. `since`: from when on rows are held against these vaccinations;
/// all are against the others.
pub fn again(rows: Vec<Stored>, since: &HashMap<Uuid, Came>, facts: &mut Facts) -> Vec<Judged> {
    let mut rows: Vec<(usize, Stored)> = rows.into_iter().enumerate().collect();
    rows.sort_by_key(|(_, row)| row.came);
    let (mut places, mut later) = (HashMap::new(), Vec::new());
    for (person, history) in &mut facts.jabs {
        for place in 0..history.places() {
            let jab = history.at(place).id;
            places.insert(jab, (*person, place));
            if let Some(since) = since.get(&jab) {
                history.hide(place);
                later.push((*since, (*person, place)));
            }
        }
    }
    later.sort_unstable();
    // Each of these becomes known once, whatever the number of rows.
    let mut later = later.into_iter().peekable();
    let mut judged = Vec::with_capacity(rows.len());
    for (at, Stored { row, jab, came }) in rows {
        while let Some((_, place)) = later.next_if(|(since, _)| *since <= came) {
            show(facts, place);
        }
        let own = places.get(&jab).copied();
        let own = own.filter(|place| hide(facts, *place));
        judged.push((at, against(row, facts)));
        if let Some(place) = own {
            show(facts, place);
        }
    }
    judged.sort_unstable_by_key(|(at, _)| *at);
    judged.into_iter().map(|(_, row)| row).collect()
}

fn show(facts: &mut Facts, (person, place): (Uuid, usize)) {
    if let Some(history) = facts.jabs.get_mut(&person) {
        history.show(place);
    }
}

fn hide(facts: &mut Facts, (person, place): (Uuid, usize)) -> bool {
    let history = facts.jabs.get_mut(&person);
    history.is_some_and(|history| history.hide(place))
}

//! How old the copy of the BRP is, wherever somebody decides by it.

use super::answers::Answer;
use super::{alert, paragraph};
use crate::ports::BrpAge;
use crate::texts::{Texts, fill};
use leptos::prelude::*;

/// A line of its own; one that cannot be missed when the copy is too old.
pub(crate) fn line(brp: &BrpAge, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    match &brp.loaded {
        Some(at) if brp.late => alert::error(fill(p.brp_late, &[("moment", at)])),
        Some(at) => paragraph(fill(p.brp_at, &[("moment", at)])),
        None => alert::error(p.brp_never),
    }
}

/// The same for who sends rows: with a copy that is too old they simply go on (rule B13).
pub(crate) fn told(brp: &BrpAge, t: &'static Texts) -> AnyView {
    let p = &t.parties;
    let when = match &brp.loaded {
        Some(at) if brp.late => fill(p.brp_late, &[("moment", at)]),
        Some(at) => return paragraph(fill(p.brp_at, &[("moment", at)])),
        None => p.brp_never.to_owned(),
    };
    alert::warning(format!("{when} {}", t.entry.brp_later))
}

/// The same among other facts.
pub(crate) fn answer(brp: &BrpAge, t: &'static Texts) -> Answer {
    let o = &t.operations;
    let text = match &brp.loaded {
        Some(at) if brp.late => fill(o.brp_late, &[("moment", at)]),
        Some(at) => at.clone(),
        None => o.brp_never.to_owned(),
    };
    Answer::new(o.brp, text)
}

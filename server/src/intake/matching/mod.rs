//! Stage 2: what only the register knows, judged over a whole chunk (specification §5).
//!
//! The facts of a chunk are fetched as sets before ([`Facts`]); judging itself is pure and goes row by
//! row, so that a row sees what an earlier row of the same chunk did. Each row gets the findings as
//! they are (for RIVM) and as its sender may see them: a code only when it follows from the sender's
//! own rows, else rule B19.

mod again;
mod batches;
mod doubles;
mod history;
mod person;
#[cfg(test)]
mod tests;

pub use again::{Came, Stored, again};
pub use batches::Batches;
pub use doubles::{BETWEEN_JABS, Place};
pub use history::{History, Jab};
pub(super) use person::candidate;
pub use person::{Again, BrpFacts, brp_again, brp_again_of_found, compare};

use domain::bsn::Bsn;
use domain::codes::Mutation;
use domain::delivery::RowOutcome;
use domain::finding::{Code, Filled, Finding, Severity};
use domain::row::{Accepted, Column, Repair, RowText, Vaccination};
use domain::vaccine::VaccineId;
use std::collections::HashMap;
use time::Date;
use uuid::Uuid;

/// A keyed digest.
pub type Digest = [u8; 32];

/// A row after stage 1 (and the judgement of its file on doubles), on its way through the register.
#[derive(Clone)]
pub struct Incoming {
    /// Row number as the sender sees it.
    pub line: u32,
    /// What was delivered; without columns 4-11 when there was no consent.
    pub raw: RowText,
    /// Findings so far.
    pub findings: Vec<Finding>,
    /// Repairs, before and after.
    pub repairs: Vec<Repair>,
    /// Its content, when no rule refused it.
    pub accepted: Option<Accepted>,
    /// The person in the register, known or to be made.
    pub person: Option<Uuid>,
    /// Keyed digest of the content, bronsleutel and mutatie aside.
    pub digest: Option<Digest>,
    /// The sender's key, or the one we made.
    pub source_key: Option<String>,
    /// Key and digest that it would have, had RIVM found its person: nothing but its BSN is wrong, which is none (P03).
    pub if_found: Option<(String, Digest)>,
    /// Why the sender goes on although not matchable (features F39).
    pub reason: Option<String>,
    /// The refused row of an earlier delivery that it takes the place of, as its token says.
    pub replaces: Option<Uuid>,
    /// RIVM found its person.
    pub linked: Option<Linked>,
    /// The registration that it is stored under already: it gets a version more.
    pub stored: Option<Uuid>,
    /// Whoever typed it may not ask the BRP about its person now, or has not: as if the copy were late (security §4.6).
    pub unasked: bool,
}

/// The person of a row as two people of RIVM found it (features F53). Its sender said another BSN or none, and learns
/// nothing of this one.
#[derive(Clone)]
pub struct Linked {
    /// The decision.
    pub decision: Uuid,
    /// The person; none when such a link is undone, and the row is about whom its sender said again.
    pub bsn: Option<Bsn>,
}

impl Incoming {
    /// The BSN of its person: as RIVM found it, or as it was delivered.
    #[must_use]
    pub fn bsn<'a>(&'a self, jab: &'a Vaccination) -> Option<&'a Bsn> {
        let linked = self.linked.as_ref();
        let linked = linked.and_then(|linked| linked.bsn.as_ref());
        linked.or_else(|| jab.person().bsn())
    }

    /// The text with what was repaired in it.
    #[must_use]
    pub fn repaired(&self) -> RowText {
        let mut text = self.raw.clone();
        for repair in &self.repairs {
            text.set(repair.column, repair.after.as_str());
        }
        text
    }

    /// RIVM found its person.
    #[must_use]
    pub fn by_rivm(&self) -> bool {
        self.linked
            .as_ref()
            .is_some_and(|linked| linked.bsn.is_some())
    }

    /// The registration of a link that is undone.
    fn unlinked(&self) -> Option<Uuid> {
        self.linked.as_ref().filter(|linked| linked.bsn.is_none())?;
        self.stored
    }

    /// It says something new of a vaccination that is there: what stood there is not so.
    fn corrects(&self, jab: &Vaccination) -> bool {
        jab.mutation() == Mutation::Correction || (self.stored.is_some() && self.linked.is_none())
    }

    /// Nothing of it goes into the register, for this reason.
    pub fn refuse(&mut self, why: Finding) {
        self.findings.push(why);
        (self.accepted, self.person, self.digest, self.source_key) = (None, None, None, None);
        self.if_found = None;
    }
}

/// What the register holds under a source key of this party.
#[derive(Clone)]
pub struct Known {
    /// The registration: the same over all versions.
    pub registration: Uuid,
    /// Number of its newest version.
    pub version: i32,
    /// Digest of its content.
    pub digest: Option<Digest>,
    /// Digests of what the same row said before RIVM put it right.
    pub said_before: Vec<Digest>,
    /// The person it is about.
    pub person: Option<Uuid>,
    /// The vaccination it is a source of, if any.
    pub vaccination: Option<Uuid>,
    /// Withdrawn: the tombstone that keeps a late re-delivery out.
    pub withdrawn: bool,
    /// Its delivery was withdrawn as a whole: as if the key had never come, only the versions count on.
    pub undone: bool,
    /// It came with a later delivery of this party: what an earlier one says of it comes too late (features F59).
    pub later: bool,
    /// Its newest version waits: it does not count yet.
    pub waits: bool,
    /// The row says of the jab what stood there, and that was settled: the same vaccination goes on, with what was ruled of it.
    pub goes_on: bool,
}

/// What must be known to judge a chunk of one party.
pub struct Facts {
    /// The local copy of the BRP, for the persons of this chunk.
    pub brp: BrpFacts,
    /// All known batches.
    pub batches: Batches,
    /// AGB codes this party may deliver for, with their validity.
    pub agbs: Vec<(String, Date, Option<Date>)>,
    /// Source keys of this chunk that are known already.
    pub keys: HashMap<String, Known>,
    /// Vaccinations of the persons of this chunk.
    pub jabs: HashMap<Uuid, History>,
    /// Least number of days after a dose of a product.
    pub intervals: HashMap<VaccineId, u16>,
    /// Rows before this chunk that rows of it repeat, and that their keys kept out: by their lines, with these keys.
    pub kept_out: HashMap<u32, Option<String>>,
}

/// What the store does for a row.
pub enum Effect {
    /// Nothing in the register.
    Nothing,
    /// A double: points at the vaccination that is known.
    Known(Option<Uuid>),
    /// A new version of a registration.
    Report {
        /// The registration.
        registration: Uuid,
        /// The version that ends.
        replaces: Option<Known>,
        /// What it says about the person.
        place: Place,
    },
    /// Ends a registration.
    Withdraw(Known),
    /// Counted, nobody known.
    Count,
}

/// A judged row.
pub struct Judged {
    /// The row; its findings are those RIVM sees.
    pub row: Incoming,
    /// What became of it.
    pub outcome: RowOutcome,
    /// Findings as its sender may see them.
    pub shown: Vec<Finding>,
    /// What only RIVM sees of the match with the BRP.
    pub note: Option<&'static str>,
    /// What the store does.
    pub effect: Effect,
    /// BSN and birth date were held against the BRP, with this answer (`None`: not asked).
    pub matched: Option<bool>,
    /// Doses of the person that this party reports before and after the row, when the row changes something.
    pub doses: Option<(i16, i16)>,
}

/// Rules by which its source key alone keeps a row out.
pub const BY_KEY: [Code; 2] = [Code::R02, Code::R07];

/// Judges the rows of a chunk in their order. A row that says the same as an earlier one is no double of it (D01) when that
/// one's key kept it out and it has another: else what both say would be stored nowhere.
pub fn judge(rows: Vec<Incoming>, facts: &mut Facts) -> Vec<Judged> {
    let mut kept_out = std::mem::take(&mut facts.kept_out);
    let mut judged = Vec::with_capacity(rows.len());
    for mut row in rows {
        let key = &row.source_key;
        let of_one_kept_out = |line: &u32| kept_out.get(line).is_some_and(|other| other != key);
        row.findings.retain(|finding| match &finding.filled {
            Filled::Line(line) => finding.code != Code::D01 || !of_one_kept_out(line),
            _ => true,
        });
        let row = one(row, facts);
        let mut codes = row.row.findings.iter().map(|finding| finding.code);
        if row.outcome == RowOutcome::Afgekeurd && codes.any(|code| BY_KEY.contains(&code)) {
            kept_out.insert(row.row.line, row.row.source_key.clone());
        }
        judged.push(row);
    }
    judged
}

fn one(row: Incoming, facts: &mut Facts) -> Judged {
    let whom = row.person;
    let before = whom.map(|person| own_doses(facts, person));
    let mut judged = against(row, facts);
    remember(&judged, facts);
    if matches!(judged.effect, Effect::Report { .. }) && !judged.row.by_rivm() {
        judged.doses = before.zip(whom.map(|person| own_doses(facts, person)));
    }
    judged
}

/// Judges a row; what it reports is not known yet to the next one.
fn against(mut row: Incoming, facts: &mut Facts) -> Judged {
    let accepted = row.accepted.take();
    let verdict = match &accepted {
        None => follows_link(&mut row, facts).unwrap_or_else(|| Verdict::new(Effect::Nothing)),
        // A double within the file has no effect of its own, so the register is not asked.
        Some(_) if row.findings.iter().any(|finding| finding.code == Code::D01) => {
            Verdict::new(Effect::Known(None))
        }
        Some(Accepted::Vaccination(jab)) => vaccination(&row, jab, facts),
        Some(Accepted::Count(_)) => count(&row, facts),
        Some(Accepted::Withdrawal { .. }) => withdrawal(&row, facts),
    };
    let mut judged = settle(row, verdict);
    end_unlinked(&mut judged, facts);
    judged.row.accepted = accepted;
    judged
}

/// What a row reports is known to the rows after it.
fn remember(judged: &Judged, facts: &mut Facts) {
    let (
        Some(Accepted::Vaccination(jab)),
        Some(person),
        Effect::Report {
            registration,
            replaces,
            place,
        },
    ) = (&judged.row.accepted, judged.row.person, &judged.effect)
    else {
        return;
    };
    let by_rivm = judged.row.by_rivm();
    let replaced = replaces.as_ref();
    let how = (by_rivm, judged.outcome == RowOutcome::Geaccepteerd);
    doubles::remember(facts, person, *registration, how, replaced, *place, jab);
    // A correction further on in the same chunk finds what it corrects.
    if let Some(key) = &judged.row.source_key {
        let known = Known {
            registration: *registration,
            version: replaces.as_ref().map_or(1, |known| known.version + 1),
            digest: judged.row.digest,
            said_before: Vec::new(),
            person: Some(person),
            vaccination: Some(place.id()),
            withdrawn: false,
            undone: false,
            later: false,
            waits: judged.outcome == RowOutcome::TeControleren,
            goes_on: false,
        };
        facts.keys.insert(key.clone(), known);
    }
}

/// A row whose BSN is none (P03), sent once more after RIVM found its person: it says what stands there by that link (D03).
fn follows_link(row: &mut Incoming, facts: &Facts) -> Option<Verdict> {
    // One that is stored is no double of itself when its link is undone.
    let (key, digest) = row.if_found.clone().filter(|_| row.stored.is_none())?;
    let known = facts.keys.get(&key)?;
    let same = known.digest == Some(digest) || known.said_before.contains(&digest);
    if !same || known.withdrawn || known.undone {
        return None;
    }
    row.findings.retain(|finding| finding.code != Code::P03);
    (row.digest, row.source_key) = (Some(digest), Some(key));
    Some(Verdict::with(Effect::Known(known.vaccination), Code::D03))
}

/// A row that was stored by a link alone, and is not without it: its registration ends with the link.
fn end_unlinked(judged: &mut Judged, facts: &mut Facts) {
    let Some(registration) = judged.row.unlinked() else {
        return;
    };
    if matches!(judged.effect, Effect::Report { .. }) {
        return;
    }
    let mut keys = facts.keys.iter();
    let own = keys.find(|(_, known)| known.registration == registration);
    if let Some((key, known)) = own.map(|(key, known)| (key.clone(), known.clone())) {
        if let Some(person) = known.person {
            doubles::forget(facts, person, registration);
        }
        judged.row.source_key = Some(key);
        judged.effect = Effect::Withdraw(known);
    }
}

/// Vaccinations of a person that this party reports; what others report is not counted, so nothing is told of it.
fn own_doses(facts: &Facts, person: Uuid) -> i16 {
    let own = facts.jabs.get(&person).map_or(0, History::own);
    i16::try_from(own).unwrap_or(i16::MAX)
}

/// A finding of stage 2, and how its sender sees it.
enum Told {
    /// As it is.
    Same(Finding),
    /// As rule B19.
    Hidden(Finding),
    /// The sender alone: it follows from the own rows, though more is known.
    OnlySender(Finding),
}

impl Told {
    /// It is about another vaccination of the person.
    fn is_between(&self) -> bool {
        let (Self::Same(finding) | Self::Hidden(finding) | Self::OnlySender(finding)) = self;
        BETWEEN_JABS.contains(&finding.code)
    }
}

/// What stage 2 says of a row.
struct Verdict {
    told: Vec<Told>,
    note: Option<&'static str>,
    matched: Option<bool>,
    effect: Effect,
}

impl Verdict {
    const fn new(effect: Effect) -> Self {
        Self {
            told: Vec::new(),
            note: None,
            matched: None,
            effect,
        }
    }

    fn with(effect: Effect, code: Code) -> Self {
        Self {
            told: vec![Told::Same(finding(code, Column::Bronsleutel))],
            ..Self::new(effect)
        }
    }
}

fn finding(code: Code, column: Column) -> Finding {
    Finding::on(code, column)
}

fn vaccination(row: &Incoming, jab: &Vaccination, facts: &Facts) -> Verdict {
    let known = row
        .source_key
        .as_ref()
        .and_then(|key| facts.keys.get(key))
        .cloned();
    let mut verdict = Verdict::new(Effect::Nothing);
    let mut key_refused = false;
    let answer = match known {
        Some(known) if row.stored == Some(known.registration) => KeyAnswer::Replaces(known),
        known => key_rules(jab.mutation(), known, row.digest),
    };
    let answer = match answer {
        // RIVM found somebody else than whom the same row stands under.
        KeyAnswer::Double(known) if row.by_rivm() && known.person != row.person => {
            KeyAnswer::Refused(Code::R07)
        }
        answer => answer,
    };
    let replaces = match answer {
        KeyAnswer::Double(known) => {
            return Verdict::with(Effect::Known(known.vaccination), Code::D03);
        }
        KeyAnswer::Refused(code) => {
            key_refused = true;
            verdict
                .told
                .push(Told::Same(finding(code, Column::Bronsleutel)));
            None
        }
        KeyAnswer::Fresh => None,
        KeyAnswer::Replaces(known) => Some(known),
    };
    let replaces = replaces.map(|known| {
        let of_person = row.person.and_then(|person| facts.jabs.get(&person));
        let goes_on = doubles::goes_on(known.vaccination, jab, of_person);
        Known { goes_on, ..known }
    });
    let goes_on = replaces.as_ref().is_some_and(|known| known.goes_on);
    if let Some(agb) = jab.agb()
        && !may_deliver_for(facts, agb.as_str(), jab.date())
    {
        verdict
            .told
            .push(Told::Same(finding(Code::U02, Column::UitvoerderAgb)));
    }
    // Somebody accepted the batch as it is, or had no need to.
    let batch = facts.batches.judge(jab);
    let batch = batch.filter(|found| !(goes_on && found.severity == Severity::Controle));
    verdict.told.extend(batch.map(Told::Same));
    person::judge(jab, row, &facts.brp, &mut verdict);
    // Which registration a refused key means is not known, so neither is what it doubles.
    if let Some(person) = row.person.filter(|_| !key_refused) {
        let by_rivm = row.by_rivm();
        let place = doubles::judge(
            (jab, row.corrects(jab)),
            person,
            by_rivm,
            replaces.as_ref(),
            facts,
            &mut verdict.told,
        );
        let registration = replaces
            .as_ref()
            .map_or_else(crate::clock::new_key, |known| known.registration);
        verdict.effect = Effect::Report {
            registration,
            replaces,
            place,
        };
    }
    verdict
}

fn may_deliver_for(facts: &Facts, agb: &str, on: Date) -> bool {
    facts
        .agbs
        .iter()
        .any(|(own, from, to)| own == agb && *from <= on && to.is_none_or(|to| on <= to))
}

enum KeyAnswer {
    Refused(Code),
    Double(Known),
    Fresh,
    Replaces(Known),
}

/// Rules R02, R07 and D03 on the sender's key.
fn key_rules(mutation: Mutation, known: Option<Known>, digest: Option<Digest>) -> KeyAnswer {
    let Some(known) = known else {
        return if mutation == Mutation::Correction {
            KeyAnswer::Refused(Code::R02)
        } else {
            KeyAnswer::Fresh
        };
    };
    if known.undone {
        return match mutation {
            Mutation::New => KeyAnswer::Replaces(known),
            _ => KeyAnswer::Refused(Code::R02),
        };
    }
    match mutation {
        // A tombstone has the digest of what was withdrawn: sent again, it stays out.
        Mutation::New if known.digest == digest => KeyAnswer::Double(known),
        // Its sender goes on saying what it said.
        Mutation::New if digest.is_some_and(|digest| known.said_before.contains(&digest)) => {
            KeyAnswer::Double(known)
        }
        Mutation::New => KeyAnswer::Refused(Code::R07),
        _ if known.withdrawn => KeyAnswer::Refused(Code::R02),
        _ if known.digest == digest => KeyAnswer::Double(known),
        // A file that waited, and a newer one did not: its sender says anew what holds.
        _ if known.later => KeyAnswer::Refused(Code::R07),
        _ => KeyAnswer::Replaces(known),
    }
}

/// A row without consent: a count, unless its key is that of a person in the register.
fn count(row: &Incoming, facts: &Facts) -> Verdict {
    if row
        .source_key
        .as_ref()
        .and_then(|key| facts.keys.get(key))
        .is_some_and(|known| !known.undone)
    {
        return Verdict::with(Effect::Count, Code::R07);
    }
    Verdict::new(Effect::Count)
}

fn withdrawal(row: &Incoming, facts: &mut Facts) -> Verdict {
    let Some(known) = row
        .source_key
        .as_ref()
        .and_then(|key| facts.keys.get_mut(key))
        .filter(|known| !known.undone)
    else {
        return Verdict::with(Effect::Nothing, Code::R02);
    };
    if known.withdrawn {
        return Verdict::with(Effect::Known(known.vaccination), Code::D03);
    }
    if known.later {
        return Verdict::with(Effect::Nothing, Code::R07);
    }
    let before = known.clone();
    // As the register tells it from here on.
    (known.withdrawn, known.person, known.vaccination) = (true, None, None);
    if let Some(person) = before.person {
        doubles::forget(facts, person, before.registration);
    }
    Verdict::new(Effect::Withdraw(before))
}

/// Outcome and the two views of the findings.
fn settle(mut row: Incoming, verdict: Verdict) -> Judged {
    let mut shown = row.findings.clone();
    for told in verdict.told {
        match told {
            Told::Same(finding) => {
                shown.push(finding.clone());
                row.findings.push(finding);
            }
            Told::Hidden(finding) => {
                if !shown.iter().any(|shown| shown.code == Code::B19) {
                    shown.push(Finding::whole(Code::B19));
                }
                row.findings.push(finding);
            }
            Told::OnlySender(finding) => shown.push(finding),
        }
    }
    let worst = row.findings.iter().map(|finding| finding.severity).max();
    let (outcome, effect) = match (worst, verdict.effect) {
        (Some(Severity::Fout), _) => (RowOutcome::Afgekeurd, Effect::Nothing),
        (
            Some(Severity::Dubbel),
            Effect::Report {
                place: Place::Same(known),
                ..
            },
        ) => (RowOutcome::Dubbel, Effect::Known(Some(known))),
        (Some(Severity::Dubbel), Effect::Known(known)) => {
            (RowOutcome::Dubbel, Effect::Known(known))
        }
        (Some(Severity::Dubbel), _) => (RowOutcome::Dubbel, Effect::Known(None)),
        (_, Effect::Count) => (RowOutcome::Geteld, Effect::Count),
        (Some(Severity::Controle), effect) => (RowOutcome::TeControleren, effect),
        (_, effect) => (RowOutcome::Geaccepteerd, effect),
    };
    Judged {
        row,
        outcome,
        shown,
        note: verdict.note,
        effect,
        matched: verdict.matched,
        doses: None,
    }
}

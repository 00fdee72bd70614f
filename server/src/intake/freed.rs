//! Rows that wait because of what goes: a delivery that is withdrawn, or one registration that is corrected, withdrawn or refused
//! (rules D04, D05, V32; security G6). Had it not come they had been stored: so its end stores them, and undoing that lets them
//! wait again. Part of each chunk of a withdrawal, and of each chunk of rows that ends registrations, for its persons.
//!
//! Rows are judged anew by what judged them when they came: with what goes, and without. Only who that makes the difference for is
//! stored. One that waits is held against what counts, and of what waits only against what came before it. What is corrected came
//! when it was first reported, and is itself held against all that came before the correction. Nobody decided such a row, so what
//! RIVM or its sender says of it afterwards stands.

use super::check::Desk;
use super::decide::{accepted, answers_anew};
use super::matching::{BETWEEN_JABS, Came, Effect, Incoming, Judged, Linked, Place};
use super::recheck::content;
use super::{Road, store};
use crate::audit::{Event, Kind};
use crate::keys::Sealed;
use crate::store::freed::{self, Cause, Freed, Waiting};
use crate::store::products::Products;
use crate::store::rulings::{self, Becomes};
use crate::store::{StoreError, WorkerTx, register};
use domain::delivery::{Channel, RowOutcome};
use domain::finding::{Code, Finding, Severity};
use domain::row::{Context, Profile, RepairSet};
use futures::FutureExt as _;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use uuid::Uuid;

/// What becomes of registrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They go, or back to what was said before, with their delivery: by this withdrawal.
    Withdrawn(Uuid),
    /// They come back with it, or end again by its rows.
    PutBack {
        /// The undoing.
        by: Uuid,
        /// The withdrawal that is undone.
        undoes: Uuid,
    },
    /// They end one by one, by rows of the delivery.
    End,
    /// They come back one by one.
    Back,
}

/// A chunk whose registrations turn, or one registration by itself.
pub struct Around<'a> {
    /// Where things are.
    pub road: &'a Road,
    /// What becomes of the registrations.
    pub way: Way,
    /// The delivery.
    pub delivery: Uuid,
    /// Who wanted it.
    pub by: Uuid,
    /// Persons whose registrations turn.
    pub persons: Vec<Uuid>,
}

impl Around<'_> {
    const fn comes_back(&self) -> bool {
        matches!(self.way, Way::PutBack { .. } | Way::Back)
    }

    /// Why rows move; of what comes back by itself it is only known who wanted it.
    const fn why(&self) -> Option<Cause> {
        match self.way {
            Way::Withdrawn(by) | Way::PutBack { by, .. } => Some(Cause::Withdrawal(by)),
            Way::End => Some(Cause::Row(self.delivery)),
            Way::Back => None,
        }
    }

    /// By what is stored what waited; nothing goes where one comes back.
    const fn frees(&self) -> Option<Cause> {
        match self.way {
            Way::Withdrawn(by) => Some(Cause::Withdrawal(by)),
            Way::PutBack { .. } | Way::End => Some(Cause::Row(self.delivery)),
            Way::Back => None,
        }
    }
}

/// What was seen before the registrations turned.
#[derive(Default)]
pub struct Before {
    /// Rows that wait for other vaccinations only.
    waits: HashSet<Uuid>,
    /// Numbers of rows of the delivery that wait and come with what ends registrations: they may have been held against these.
    pub came: HashSet<i32>,
    /// Rows that wait again.
    held: Vec<Freed>,
}

/// Looks at the persons, who are held, before their registrations turn. Where these come back, what was stored in their
/// absence waits again first: a day and product counts once. So it does where a delivery goes, which may have ended some.
///
/// # Errors
/// When the database fails.
pub async fn before(tx: &mut WorkerTx<'_>, around: &Around<'_>) -> Result<Before, StoreError> {
    let mut before = Before::default();
    if around.frees().is_some() {
        let own = around.way == Way::End;
        let which = |row: &Waiting| row.may_go && (own || !row.ours) && waits_for_jabs(row);
        let seen = looked(tx, around, which).await?;
        let contradicted = seen.iter().filter(|seen| seen.is_contradicted());
        let rows: Vec<Uuid> = contradicted.map(|seen| seen.row.id).collect();
        if !rows.is_empty() {
            rulings::lock(tx, &rows).await?;
        }
        before.waits.extend(rows);
    }
    if around.way != Way::End {
        before.held = hold(tx, around).await?;
    }
    Ok(before)
}

/// Stores what nothing stands in the way of any more, or lets it wait again, after the registrations turned. Answers what
/// the log has to say: a line for each party.
///
/// # Errors
/// When the database fails.
pub async fn after(
    tx: &mut WorkerTx<'_>,
    around: &Around<'_>,
    before: Before,
) -> Result<Vec<Event>, StoreError> {
    let mut lines = Vec::new();
    if around.way != Way::End {
        lines.extend(hold_on(tx, around, before.held).await?);
    }
    lines.extend(free(tx, around, &before.waits, &before.came).await?);
    Ok(lines)
}

/// After a delivery was put back: its rows that waited for what ended since are stored, by that end (of each person). Answers what
/// the log has to say.
///
/// # Errors
/// When the database fails.
pub async fn come_back(
    tx: &mut WorkerTx<'_>,
    around: &Around<'_>,
    ended: &HashMap<Uuid, Cause>,
) -> Result<Vec<Event>, StoreError> {
    let seen = judge(tx, around, |row| {
        row.may_go && row.ours && waits_for_jabs(row)
    })
    .await?;
    let mut by: BTreeMap<Cause, Vec<Waiting>> = BTreeMap::new();
    for seen in seen.into_iter().filter(Seen::is_good) {
        if let Some(cause) = ended.get(&seen.row.person) {
            by.entry(*cause).or_default().push(seen.row);
        }
    }
    let mut moved = Vec::new();
    for (cause, rows) in by {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        let stored = store_by(tx, around, &ids, cause).await?;
        let rows = rows.into_iter().filter(|row| stored.contains(&row.id));
        moved.extend(rows.map(|row| (row.id, row.party, row.person)));
    }
    tell(tx, around, &moved, RowOutcome::TeControleren, "accepted").await
}

async fn free(
    tx: &mut WorkerTx<'_>,
    around: &Around<'_>,
    rows: &HashSet<Uuid>,
    came: &HashSet<i32>,
) -> Result<Vec<Event>, StoreError> {
    let none = rows.is_empty() && came.is_empty();
    let Some(cause) = around.frees().filter(|_| !none) else {
        return Ok(Vec::new());
    };
    let which = |row: &Waiting| {
        let new = row.ours && came.contains(&row.row_number);
        rows.contains(&row.id) || new && row.may_go && waits_for_jabs(row)
    };
    let seen = looked(tx, around, which).await?;
    let good: Vec<Waiting> = seen
        .into_iter()
        .filter(Seen::is_good)
        .map(|seen| seen.row)
        .collect();
    let ids: Vec<Uuid> = good.iter().map(|row| row.id).collect();
    let stored = store_by(tx, around, &ids, cause).await?;
    let moved = good.iter().filter(|row| stored.contains(&row.id));
    let moved: Vec<_> = moved.map(|row| (row.id, row.party, row.person)).collect();
    tell(tx, around, &moved, RowOutcome::TeControleren, "accepted").await
}

/// What the withdrawal that is undone stored waits again; of what others stored, what something stands against again.
async fn hold_on(
    tx: &mut WorkerTx<'_>,
    around: &Around<'_>,
    mut held: Vec<Freed>,
) -> Result<Vec<Event>, StoreError> {
    // What came back by it: rows of the delivery itself, or what it had changed.
    held.extend(hold(tx, around).await?);
    let undone = match around.way {
        Way::PutBack { undoes, .. } => Some(Cause::Withdrawal(undoes)),
        _ => None,
    };
    let others: HashMap<Uuid, Cause> = held
        .iter()
        .filter(|row| Some(row.by) != undone)
        .map(|row| (row.id, row.by))
        .collect();
    let mut again: BTreeMap<Cause, Vec<Uuid>> = BTreeMap::new();
    if !others.is_empty() {
        for seen in judge(tx, around, |row| others.contains_key(&row.id)).await? {
            if !seen.is_contradicted() {
                let by = others[&seen.row.id];
                again.entry(by).or_default().push(seen.row.id);
            }
        }
    }
    for (by, rows) in again {
        let stored = store_by(tx, around, &rows, by).await?;
        held.retain(|row| !stored.contains(&row.id));
    }
    let moved: Vec<_> = held
        .iter()
        .map(|row| (row.id, row.party, row.person))
        .collect();
    tell(tx, around, &moved, RowOutcome::Geaccepteerd, "to_review").await
}

/// What was stored of these persons in the absence of something waits again; where registrations go, not what a withdrawal stored
/// that stands: what a single row ended may be what comes back.
async fn hold(tx: &mut WorkerTx<'_>, around: &Around<'_>) -> Result<Vec<Freed>, StoreError> {
    let undone = !around.comes_back();
    let held = freed::freed(tx, &around.persons, around.delivery, undone).await?;
    if held.is_empty() {
        return Ok(held);
    }
    let rows: Vec<Uuid> = held.iter().map(|row| row.id).collect();
    let now = around.road.clock.now();
    rulings::settle_rows(tx, &rows, Becomes::Waiting, around.by, now).await?;
    let persons: Vec<Uuid> = held.iter().map(|row| row.person).collect();
    rulings::settle(tx, &persons).await?;
    Ok(held)
}

/// Stores rows that nothing stands against; answers which, for another vaccination of that day and product may count.
async fn store_by(
    tx: &mut WorkerTx<'_>,
    around: &Around<'_>,
    rows: &[Uuid],
    cause: Cause,
) -> Result<HashSet<Uuid>, StoreError> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let now = around.road.clock.now();
    let becomes = Becomes::Freed(cause);
    let (moved, _) = accepted(tx, rows, becomes, around.by, now).await?;
    Ok(moved.into_iter().map(|(id, _)| id).collect())
}

/// Keeps why rows (row, party, person) moved, has their files answered anew, and says it for the log.
async fn tell(
    tx: &mut WorkerTx<'_>,
    around: &Around<'_>,
    moved: &[(Uuid, Uuid, Uuid)],
    from: RowOutcome,
    what: &str,
) -> Result<Vec<Event>, StoreError> {
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Uuid> = moved.iter().map(|(row, ..)| *row).collect();
    let now = around.road.clock.now();
    let how = (around.why(), around.by);
    freed::remember(tx, &rows, from.as_str(), how, now).await?;
    answers_anew(tx, &rows).await?;
    let mut parties: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (_, party, person) in moved {
        parties.entry(*party).or_default().push(*person);
    }
    let (kind, of) = match around.why() {
        Some(Cause::Withdrawal(withdrawal)) => ("withdrawal", withdrawal),
        _ => ("delivery", around.delivery),
    };
    let lines = parties.into_iter().map(|(party, persons)| {
        Event::of_worker(Some(party), None, Kind::CheckedAgain)
            .object(kind, of)
            .detail(what, persons.len())
            .about(persons.into_iter().collect::<HashSet<_>>())
    });
    Ok(lines.collect())
}

/// Findings of rows of these persons that wait, as they would be judged now: (row, findings as RIVM sees them). Without rows that
/// are about somebody else by now.
///
/// # Errors
/// When the database fails.
pub async fn judged_now(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    persons: Vec<Uuid>,
    rows: &HashSet<Uuid>,
) -> Result<HashMap<Uuid, Vec<Finding>>, StoreError> {
    register::hold(tx, &persons).await?;
    // No delivery is left out.
    let around = Around {
        road,
        way: Way::Back,
        delivery: Uuid::nil(),
        by: Uuid::nil(),
        persons,
    };
    let seen = judge(tx, &around, |row| row.may_go && rows.contains(&row.id)).await?;
    let theirs = seen.into_iter().filter(Seen::is_theirs);
    Ok(theirs
        .map(|seen| (seen.row.id, seen.judged.row.findings))
        .collect())
}

/// A row that waits, judged anew.
struct Seen {
    row: Waiting,
    judged: Judged,
}

impl Seen {
    /// It is still about the person whose vaccinations it is held against.
    fn is_theirs(&self) -> bool {
        self.judged.row.person == Some(self.row.person)
    }

    fn is_contradicted(&self) -> bool {
        let mut findings = self.judged.row.findings.iter();
        self.is_theirs() && findings.any(|finding| BETWEEN_JABS.contains(&finding.code))
    }

    fn is_good(&self) -> bool {
        let of_its_own = matches!(
            self.judged.effect,
            Effect::Report {
                place: Place::New(_),
                ..
            }
        );
        self.is_theirs() && of_its_own && self.judged.outcome == RowOutcome::Geaccepteerd
    }
}

/// Nothing but other vaccinations of its person makes the row wait.
fn waits_for_jabs(row: &Waiting) -> bool {
    let read = |value: &serde_json::Value| -> Option<Vec<Finding>> {
        serde_json::from_value(value.clone()).ok()
    };
    let (Some(shown), Some(staff)) = (read(&row.shown), read(&row.staff)) else {
        return false;
    };
    let all = shown.iter().chain(&staff);
    let mut codes = all
        .filter(|finding| finding.severity >= Severity::Controle)
        .map(|finding| finding.code)
        // It stands for what RIVM sees.
        .filter(|code| *code != Code::B19)
        .peekable();
    codes.peek().is_some() && codes.all(|code| BETWEEN_JABS.contains(&code))
}

/// As [`judge`]. What cannot be judged waits on and is told, so that no row with C or V is refused for what somebody else said; a
/// withdrawal finds out by itself whom that is about.
async fn looked(
    tx: &mut WorkerTx<'_>,
    around: &Around<'_>,
    which: impl Fn(&Waiting) -> bool,
) -> Result<Vec<Seen>, StoreError> {
    if matches!(around.way, Way::Withdrawn(_)) {
        return judge(tx, around, which).await;
    }
    let judged = AssertUnwindSafe(judge(tx, around, which)).catch_unwind();
    match judged.await {
        Ok(Err(StoreError::Broken(_))) | Err(_) => {
            let delivery = around.delivery;
            tracing::error!(%delivery, "rows that cannot be judged wait on");
            Ok(Vec::new())
        }
        Ok(judged) => judged,
    }
}

/// Judges these rows of the persons that wait, party by party as they came in.
async fn judge(
    tx: &mut WorkerTx<'_>,
    around: &Around<'_>,
    which: impl Fn(&Waiting) -> bool,
) -> Result<Vec<Seen>, StoreError> {
    let waiting = freed::waiting(tx, &around.persons, around.delivery).await?;
    if !waiting.iter().any(&which) {
        return Ok(Vec::new());
    }
    // What waits itself, and since when: nothing that came before it is held against that.
    let alone = waiting.iter().filter(|row| row.alone);
    let since = alone.map(|row| (row.jab, (row.first_at, row.first_row)));
    let since: HashMap<Uuid, Came> = since.collect();
    let mut parties: BTreeMap<Uuid, Vec<Waiting>> = BTreeMap::new();
    for row in waiting.into_iter().filter(which) {
        parties.entry(row.party).or_default().push(row);
    }
    let now = around.road.clock.now();
    let products = Products::load(tx, around.road.clock.day(now)).await?;
    let mut seen = Vec::new();
    for (party, rows) in parties {
        let incoming = rows.iter().map(|row| {
            let came = (row.said_at, row.row_number);
            let incoming = incoming(around.road, &products, row)?;
            Ok((incoming, (row.jab, came)))
        });
        let incoming = incoming.collect::<Result<Vec<_>, StoreError>>()?;
        let keys = &around.road.keys;
        // Boxed: what seldom happens is no part of the size of every chunk.
        let again = Box::pin(store::again(
            tx, keys, &products, party, now, incoming, &since,
        ));
        let rows = rows.into_iter().zip(again.await?);
        seen.extend(rows.map(|(row, judged)| Seen { row, judged }));
    }
    Ok(seen)
}

/// A stored row as it was on its way in. What it is known by is left out: whether it is there already is not asked.
fn incoming(road: &Road, products: &Products, row: &Waiting) -> Result<Incoming, StoreError> {
    let context = Context {
        today: road.clock.day(row.received_at),
        channel: Channel::Upload,
        // What the profile filled in is there.
        profile: Profile::Unknown,
        lists: products.lists(),
        off: RepairSet::NONE,
        test_lane: false,
    };
    let desk = Desk {
        context,
        keys: &road.keys,
    };
    let text = content(&road.keys, row.report, row.content_sealed.clone())?;
    let line = u32::try_from(row.row_number).unwrap_or_default();
    let found = row.link.zip(row.bsn_enc.clone());
    let linked = found.map(|(decision, sealed)| {
        let bsn = road.keys.open_bsn(&Sealed::from_bytes(sealed), row.person);
        let bsn = bsn.map_err(|_| StoreError::Broken("sealed BSN of a person".to_owned()))?;
        Ok::<_, StoreError>(Linked {
            decision,
            bsn: Some(bsn),
        })
    });
    let mut incoming = desk.check_linked(line, &text.as_raw(), linked.transpose()?);
    incoming.source_key = None;
    Ok(incoming)
}

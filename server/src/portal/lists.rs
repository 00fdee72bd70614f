//! Managed code lists: RIVM-beheer proposes, somebody else of RIVM-beheer agrees, as `list_changes_four_eyes` says too
//! (security G18). No page holds data of a person.

use super::four_eyes::{Press, dropped, press};
use super::{OrBroken, Portal, broken, event, reviewer, words};
use crate::audit::{self, Event, Kind};
use crate::clock::dutch_midnight;
use crate::intake::lists as road;
use crate::intake::release_list::{self, NoList};
use crate::jobs::{self, JobKind};
use crate::keys::Purpose;
use crate::store::lists::{self, Change, InTheWay, Listed, NewChange, Suspect};
use crate::store::products::Products;
use crate::store::{StoreError, WorkerTx, register, sums_tx, worker_tx};
use app::ports::lists::{
    ChangeLine, ChangeState, ChangeView, EntriesView, EntryLine, EntryView, Imported, ItemLine,
    ListAgreed, Lists, ListsView, MayChange, PastLine, Proposed, SuspectLine, WaitingChange, Wish,
    WouldRelease, WrongLine,
};
use app::ports::{Caller, PAGE_ROWS, Page, PortError, PortResult};
use domain::dates::dutch;
use domain::lists::{Entry, Fault, ListKind, Typed, entry, from, key};
use domain::suggestion::near_batches;
use std::collections::{BTreeSet, HashMap};
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// Items of a change that are shown.
const SHOWN: i64 = 200;
/// Longest source that is kept, in characters.
const SOURCE_CHARS: usize = 200;
/// Days around those of suspicious batches in which a known one counts as in use.
const AROUND: Duration = Duration::days(7);
/// A change of a later day goes into its list so long after midnight: past it whatever the clocks did.
const AFTER_MIDNIGHT: Duration = Duration::hours(2);

/// A caller who manages the lists.
fn manager(caller: &Caller) -> PortResult<()> {
    if caller.role().may_operate() {
        Ok(())
    } else {
        Err(PortError::NotFound)
    }
}

#[async_trait::async_trait]
impl Lists for Portal {
    async fn lists(&self, caller: &Caller, page: u32) -> PortResult<ListsView> {
        reviewer(caller)?;
        let (page, offset) = place(page);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let counts = lists::counts(&mut tx).await.or_broken(caller)?;
        let counts = ListKind::ALL.map(|kind| {
            let count = counts.iter().find(|(list, _)| list == kind.as_str());
            (kind, number(count.map_or(0, |(_, count)| *count)))
        });
        let total = lists::total(&mut tx).await.or_broken(caller)?;
        let found = lists::list(&mut tx, None, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let items = found.iter().map(line).collect::<Result<Vec<_>, _>>();
        Ok(ListsView {
            counts: counts.into(),
            changes: Page {
                items: items.or_broken(caller)?,
                total: u64::try_from(total).unwrap_or_default(),
                page,
            },
        })
    }

    async fn entries(
        &self,
        caller: &Caller,
        kind: ListKind,
        search: String,
        page: u32,
    ) -> PortResult<EntriesView> {
        reviewer(caller)?;
        let (page, offset) = place(page);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let products = self.products_of_today(&mut tx).await.or_broken(caller)?;
        let most = i64::from(PAGE_ROWS);
        let found = lists::entries(&mut tx, kind.as_str(), search.trim(), most, offset)
            .await
            .or_broken(caller)?;
        let total = found.first().map_or(0, |entry| entry.total);
        let known = products.lists().vaccines().iter();
        Ok(EntriesView {
            products: known.map(|product| product.name.clone()).collect(),
            ages: products.lists().age_bounds(),
            entries: Page {
                items: found.into_iter().map(listed).collect(),
                total: u64::try_from(total).unwrap_or_default(),
                page,
            },
        })
    }

    async fn entry(
        &self,
        caller: &Caller,
        kind: ListKind,
        key: String,
        product: String,
    ) -> PortResult<EntryView> {
        reviewer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let found = lists::entry(&mut tx, kind.as_str(), &key, &product)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let history = lists::history(&mut tx, kind.as_str(), &key, found.vaccine)
            .await
            .or_broken(caller)?;
        let history = history.into_iter().map(past).collect::<Result<Vec<_>, _>>();
        Ok(EntryView {
            line: listed(found),
            history: history.or_broken(caller)?,
        })
    }

    async fn suspects(&self, caller: &Caller, page: u32) -> PortResult<Page<SuspectLine>> {
        reviewer(caller)?;
        let (page, offset) = place(page);
        let mut tx = sums_tx(&self.road.db).await.or_broken(caller)?;
        let products = self.products_of_today(&mut tx).await.or_broken(caller)?;
        let found = lists::suspects(&mut tx, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let near = nearest(&mut tx, &found).await.or_broken(caller)?;
        let total = found.first().map_or(0, |one| one.total);
        let items = found.into_iter().zip(near).map(|(one, near)| SuspectLine {
            product: products.name(one.vaccine),
            listed: one.listed,
            times: number(one.times),
            more: one.times >= lists::MOST_SEEN,
            parties: one.parties,
            days: (dutch(one.first), dutch(one.last)),
            near,
            batch: one.batch,
        });
        Ok(Page {
            items: items.collect(),
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    async fn propose_entry(&self, caller: &Caller, wish: Wish) -> PortResult<Proposed> {
        manager(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let products = self.products_of_today(&mut tx).await.or_broken(caller)?;
        let today = self.list_day();
        let mut faults = Vec::new();
        let found = key(wish.kind, &wish.typed, products.lists());
        let item = match found {
            Err(wrong) => Err(wrong),
            Ok((key, vaccine)) => {
                let number = vaccine.map(Products::number);
                let before =
                    lists::current(&mut tx, wish.kind.as_str(), std::slice::from_ref(&key))
                        .await
                        .or_broken(caller)?;
                let before = before.into_iter().find(|(_, of, _)| Some(*of) == number);
                let before = before.map(|(_, _, entry)| entry);
                let lists = products.lists();
                let year = today.year();
                entry(wish.kind, &wish.typed, lists, before.as_ref(), year)
                    .map(|after| (key, number, after))
            }
        };
        if let Err(wrong) = &item {
            faults.extend(wrong.iter().copied());
        }
        let (holds_from, wrong) = day_and_source(&wish.from, &wish.source, today);
        faults.extend(wrong);
        let (Ok((key, number, after)), Some(holds_from), true) =
            (item, holds_from, faults.is_empty())
        else {
            return Ok(Proposed::Wrong(faults));
        };
        let number = match number {
            Some(number) => number,
            None => lists::new_product(&mut tx).await.or_broken(caller)?,
        };
        let draft = Draft {
            kind: wish.kind,
            holds_from,
            source: &wish.source,
            items: vec![(key, number, after)],
            file: None,
        };
        let id = self.draft_change(caller, tx, draft).await?;
        Ok(Proposed::Made(id))
    }

    async fn import_list(
        &self,
        caller: &Caller,
        content: Vec<u8>,
        from: String,
        source: String,
    ) -> PortResult<Imported> {
        manager(caller)?;
        let today = self.list_day();
        let (holds_from, faults) = day_and_source(&from, &source, today);
        let Some(holds_from) = holds_from.filter(|_| faults.is_empty()) else {
            return Ok(Imported::Wrong(faults));
        };
        let lines = match release_list::read(&content) {
            Ok(lines) => lines,
            Err(NoList::Empty) => return Ok(Imported::Empty),
            Err(NoList::Lacks(column)) => return Ok(Imported::Lacks(column)),
            Err(NoList::Odd) => return Ok(Imported::Odd),
            Err(NoList::Long) => return Ok(Imported::Long),
            Err(NoList::Broken) => return Ok(Imported::Broken),
        };
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let products = self.products_of_today(&mut tx).await.or_broken(caller)?;
        let read = read_lines(&mut tx, &products, lines, today)
            .await
            .or_broken(caller)?;
        let draft = Draft {
            kind: ListKind::Batches,
            holds_from,
            source: &source,
            items: read.items,
            file: Some((read.lines, read.unchanged, read.wrong)),
        };
        Ok(Imported::Made(self.draft_change(caller, tx, draft).await?))
    }

    async fn list_change(&self, caller: &Caller, id: Uuid) -> PortResult<ChangeView> {
        let (mut tx, change) = self.open_change(caller, id).await?;
        let line = line(&change).or_broken(caller)?;
        let items = lists::items(&mut tx, id, SHOWN).await.or_broken(caller)?;
        let source = self
            .open_text(Purpose::Reason, id, Some(change.source_sealed.clone()))
            .or_broken(caller)?;
        let wrong = serde_json::from_value(change.wrong.clone())
            .map_err(|_| StoreError::Broken("list change".to_owned()))
            .or_broken(caller)?;
        let open = matches!(line.state, ChangeState::Draft | ChangeState::Asked);
        // Done and undone: what is foreseen is what would be.
        let foreseen = if open && change.items > 0 {
            let way = lists::in_the_way(&mut tx, &change).await;
            match way.or_broken(caller)? {
                Some(_) => None,
                None => Some(
                    road::foresee(&self.road, &mut tx, &change)
                        .await
                        .or_broken(caller)?,
                ),
            }
        } else {
            None
        };
        tx.rollback().await.or_broken(caller)?;
        let foreseen = foreseen.map(|rows| WouldRelease {
            looked_at: rows.looked_at,
            accepted: number(rows.accepted.into()),
            to_review: number(rows.to_review.into()),
            more: rows.more,
        });
        let own = change.asked_by == caller.user_id;
        let may = match (line.state, own) {
            _ if manager(caller).is_err() => MayChange::Look,
            (ChangeState::Draft, true) => MayChange::Ask,
            (ChangeState::Asked, true) => MayChange::CallBack,
            (ChangeState::Asked, false) => MayChange::Agree,
            _ => MayChange::Look,
        };
        Ok(ChangeView {
            source: source.unwrap_or_default(),
            lines: change
                .lines
                .map(|lines| u32::try_from(lines).unwrap_or_default()),
            unchanged: number(change.unchanged.into()),
            wrong,
            items: items
                .into_iter()
                .map(|item| ItemLine {
                    key: item.key,
                    product: item.product,
                    before: item.before.map(|entry| entry.0),
                    after: item.after.0,
                })
                .collect(),
            decided_by: change.decided_by_name.clone(),
            decided_at: change.decided_at.map(words::moment),
            foreseen,
            released: (
                number(change.accepted.into()),
                number(change.to_review.into()),
            ),
            may,
            line,
        })
    }

    async fn agree_list(&self, caller: &Caller, id: Uuid) -> PortResult<ListAgreed> {
        manager(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        // Before it is read: whoever waits here finds what the other did.
        lists::one_at_a_time(&mut tx).await.or_broken(caller)?;
        let change = change_of(&mut tx, caller, id).await?;
        let (asked_by, decided_by) = (change.asked_by, change.decided_by);
        let (to, by) = match press(caller, &change.state, asked_by, decided_by) {
            Press::Ask if change.items == 0 => return Err(PortError::Conflict),
            Press::Ask => ("asked", None),
            Press::Agree => ("agreed", Some(caller.user_id)),
            Press::SamePerson => return Ok(ListAgreed::SamePerson),
            Press::Goes => return Ok(ListAgreed::Going),
            Press::Before => return Ok(ListAgreed::Before),
        };
        match lists::in_the_way(&mut tx, &change)
            .await
            .or_broken(caller)?
        {
            Some(InTheWay::Other) => return Ok(ListAgreed::Other),
            Some(InTheWay::Stale) => return Ok(ListAgreed::Stale),
            None => {}
        }
        let now = self.road.clock.now();
        if !lists::step(&mut tx, id, &change.state, to, by, now)
            .await
            .or_broken(caller)?
        {
            return Err(PortError::Conflict);
        }
        if to == "agreed" {
            self.push_change(&mut tx, &change, now)
                .await
                .or_broken(caller)?;
        }
        let line = step_line(caller, &change, to);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        self.road.db.work.notify_waiters();
        Ok(if to == "asked" {
            ListAgreed::Waiting
        } else {
            ListAgreed::Going
        })
    }

    async fn drop_list(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        manager(caller)?;
        let (mut tx, change) = self.open_change(caller, id).await?;
        let to = dropped(caller, &change.state, change.asked_by).ok_or(PortError::Conflict)?;
        let now = self.road.clock.now();
        let by = Some(caller.user_id);
        if !lists::step(&mut tx, id, &change.state, to, by, now)
            .await
            .or_broken(caller)?
        {
            return Err(PortError::Conflict);
        }
        let line = step_line(caller, &change, to);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }
}

/// A change that is being prepared.
struct Draft<'a> {
    kind: ListKind,
    holds_from: Date,
    source: &'a str,
    items: Vec<(String, i16, Entry)>,
    /// Of a file: lines, those that change nothing, those that were not taken.
    file: Option<(i32, i32, Vec<WrongLine>)>,
}

/// What a release list says.
struct ReadLines {
    items: Vec<(String, i16, Entry)>,
    lines: i32,
    unchanged: i32,
    wrong: Vec<WrongLine>,
}

impl Portal {
    /// Changes of lists that wait for this person.
    pub(super) async fn list_changes_waiting(
        &self,
        caller: &Caller,
    ) -> PortResult<Vec<WaitingChange>> {
        if manager(caller).is_err() {
            return Ok(Vec::new());
        }
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let asked = lists::asked(&mut tx, caller.user_id)
            .await
            .or_broken(caller)?;
        let waiting = asked.into_iter().map(|asked| {
            Ok(WaitingChange {
                id: asked.id,
                kind: kind(&asked.list)?,
                items: number(asked.items),
                asked_by: asked.asked_by,
                asked_at: words::moment(asked.asked_at),
            })
        });
        waiting.collect::<Result<_, _>>().or_broken(caller)
    }

    fn list_day(&self) -> Date {
        self.road.clock.day(self.road.clock.now())
    }

    async fn products_of_today(&self, tx: &mut WorkerTx<'_>) -> Result<Products, StoreError> {
        Products::load(tx, self.list_day()).await
    }

    async fn open_change(&self, caller: &Caller, id: Uuid) -> PortResult<(WorkerTx<'_>, Change)> {
        reviewer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let change = change_of(&mut tx, caller, id).await?;
        Ok((tx, change))
    }

    async fn draft_change(
        &self,
        caller: &Caller,
        mut tx: WorkerTx<'_>,
        draft: Draft<'_>,
    ) -> PortResult<Uuid> {
        let id = crate::clock::new_key();
        let source = words::kept(draft.source, SOURCE_CHARS);
        let purpose = Purpose::Reason.of(id.as_bytes());
        let sealed = self.road.keys.seal(source.as_bytes(), &purpose);
        let (lines, unchanged, wrong) = match draft.file {
            Some((lines, unchanged, wrong)) => (Some(lines), unchanged, wrong),
            None => (None, 0, Vec::new()),
        };
        let wrong = serde_json::to_value(wrong).map_err(|error| broken(caller, &error))?;
        let new = NewChange {
            id,
            list: draft.kind.as_str(),
            source_sealed: sealed.into_bytes(),
            holds_from: draft.holds_from,
            lines,
            unchanged,
            wrong,
            by: caller.user_id,
            at: self.road.clock.now(),
            items: draft.items,
        };
        lists::insert(&mut tx, &new).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(id)
    }

    /// The job that puts a change in its list, on the day from which it holds.
    async fn push_change(
        &self,
        tx: &mut WorkerTx<'_>,
        change: &Change,
        now: OffsetDateTime,
    ) -> Result<(), StoreError> {
        let later = change.holds_from - self.list_day();
        if later.is_positive() {
            let day = dutch_midnight(now) + later + AFTER_MIDNIGHT;
            jobs::push_for(tx, JobKind::Lists, change.id, day).await
        } else {
            jobs::push(tx, JobKind::Lists, change.id).await
        }
    }
}

/// Judges the lines of a release list, with one look at what the list says of all of them.
async fn read_lines(
    tx: &mut WorkerTx<'_>,
    products: &Products,
    lines: Vec<release_list::Line>,
    today: Date,
) -> Result<ReadLines, StoreError> {
    let kind = ListKind::Batches;
    let mut read = ReadLines {
        items: Vec::new(),
        lines: i32::try_from(lines.len()).unwrap_or(i32::MAX),
        unchanged: 0,
        wrong: Vec::new(),
    };
    let mut named = Vec::new();
    for (line, typed) in lines {
        let found = match typed {
            None => Err(vec![Fault::Cells]),
            Some(typed) => key(kind, &typed, products.lists()).map(|key| (key, typed)),
        };
        match found {
            Ok(((key, Some(vaccine)), typed)) => named.push((line, key, vaccine, typed)),
            Ok(((_, None), _)) => {
                let faults = vec![Fault::NoVaccine];
                read.wrong.push(WrongLine { line, faults });
            }
            Err(faults) => read.wrong.push(WrongLine { line, faults }),
        }
    }
    let keys: Vec<String> = named.iter().map(|(_, key, ..)| key.clone()).collect();
    let current = lists::current(tx, kind.as_str(), &keys).await?;
    let said: HashMap<(String, i16), Entry> = current
        .into_iter()
        .map(|(key, vaccine, entry)| ((key, vaccine), entry))
        .collect();
    let mut taken: HashMap<(String, i16), Entry> = HashMap::new();
    for (line, key, vaccine, typed) in named {
        let place = (key, Products::number(vaccine));
        let before = said.get(&place);
        match line_entry(&typed, products, before, today) {
            Err(faults) => read.wrong.push(WrongLine { line, faults }),
            Ok(after) if taken.get(&place).is_some_and(|other| *other != after) => {
                let faults = vec![Fault::Twice];
                read.wrong.push(WrongLine { line, faults });
            }
            Ok(after) => {
                let new = before != Some(&after);
                let first = taken.insert(place.clone(), after.clone()).is_none();
                match (new, first) {
                    (true, true) => read.items.push((place.0, place.1, after)),
                    _ => read.unchanged += 1,
                }
            }
        }
    }
    read.wrong.sort_by_key(|wrong| wrong.line);
    Ok(read)
}

/// The entry of a line; one that changes nothing is none the worse for it.
fn line_entry(
    typed: &Typed,
    products: &Products,
    before: Option<&Entry>,
    today: Date,
) -> Result<Entry, Vec<Fault>> {
    match entry(
        ListKind::Batches,
        typed,
        products.lists(),
        before,
        today.year(),
    ) {
        Err(faults) if faults == [Fault::Nothing] => before.cloned().ok_or(faults),
        other => other,
    }
}

/// The known batch of the same product that each of these is nearest to: one that looks the same, or else the one that was
/// given most in those days.
async fn nearest(
    tx: &mut WorkerTx<'_>,
    suspects: &[Suspect],
) -> Result<Vec<Option<String>>, StoreError> {
    let (Some(first), Some(last)) = (
        suspects.iter().map(|one| one.first).min(),
        suspects.iter().map(|one| one.last).max(),
    ) else {
        return Ok(Vec::new());
    };
    let mut known: HashMap<i16, Vec<(String, u32)>> = HashMap::new();
    for batch in register::batches(tx).await? {
        known.entry(batch.vaccine).or_default().push((batch.lot, 0));
    }
    let near = suspects.iter().map(|one| {
        let lots = known.get(&one.vaccine).cloned().unwrap_or_default();
        let near = near_batches(&one.batch, lots).into_iter();
        near.map(|near| near.lot).collect::<Vec<_>>()
    });
    let near: Vec<Vec<String>> = near.collect();
    let lots: BTreeSet<String> = near.iter().flatten().cloned().collect();
    let lots: Vec<String> = lots.into_iter().collect();
    let given = lists::given(tx, &lots, first - AROUND, last + AROUND).await?;
    let given: HashMap<String, i64> = given.into_iter().collect();
    let used = |lot: String| {
        let times = given.get(&lot).copied().unwrap_or_default();
        (lot, number(times))
    };
    let best = suspects.iter().zip(near).map(|(one, lots)| {
        let ranked = near_batches(&one.batch, lots.into_iter().map(used));
        ranked.into_iter().next().map(|near| near.lot)
    });
    Ok(best.collect())
}

/// From which day, and what is wrong with that or with the source.
fn day_and_source(day: &str, source: &str, today: Date) -> (Option<Date>, Vec<Fault>) {
    let mut faults = Vec::new();
    let day = from(day, today).map_err(|fault| faults.push(fault)).ok();
    if source.trim().is_empty() {
        faults.push(Fault::NoSource);
    }
    (day, faults)
}

/// A change as it stands; a draft is its maker's.
async fn change_of(tx: &mut WorkerTx<'_>, caller: &Caller, id: Uuid) -> PortResult<Change> {
    let found = lists::list(tx, Some(id), 1, 0).await.or_broken(caller)?;
    let change = found.into_iter().next().ok_or(PortError::NotFound)?;
    if change.state == "draft" && change.asked_by != caller.user_id {
        return Err(PortError::NotFound);
    }
    Ok(change)
}

/// The page from 1, and the rows before it.
fn place(page: u32) -> (u32, i64) {
    let page = page.max(1);
    (page, i64::from(page - 1) * i64::from(PAGE_ROWS))
}

fn kind(list: &str) -> Result<ListKind, StoreError> {
    ListKind::parse(list).ok_or_else(|| StoreError::Broken("list".to_owned()))
}

fn state(text: &str) -> Result<ChangeState, StoreError> {
    ChangeState::parse(text).ok_or_else(|| StoreError::Broken("list change".to_owned()))
}

fn line(change: &Change) -> Result<ChangeLine, StoreError> {
    Ok(ChangeLine {
        id: change.id,
        kind: kind(&change.list)?,
        items: number(change.items),
        first: change.first.clone().unwrap_or_default(),
        state: state(&change.state)?,
        from: dutch(change.holds_from),
        asked_by: change.asked_by_name.clone(),
        asked_at: words::moment(change.asked_at),
    })
}

fn listed(found: Listed) -> EntryLine {
    EntryLine {
        key: found.key,
        product: found.product,
        entry: found.entry.0,
        from: found.valid_from.map(dutch),
        until: found.valid_to.map(dutch),
        change: found.change_id,
    }
}

fn past(past: lists::Past) -> Result<PastLine, StoreError> {
    Ok(PastLine {
        change: past.change,
        state: state(&past.state)?,
        before: past.before.map(|entry| entry.0),
        after: past.after.0,
        from: dutch(past.holds_from),
        asked_by: past.asked_by,
        asked_at: words::moment(past.asked_at),
        decided_by: past.decided_by,
        decided_at: past.decided_at.map(words::moment),
    })
}

fn step_line(caller: &Caller, change: &Change, step: &str) -> Event {
    event(caller, Kind::CodeListChanged)
        .object("list-change", change.id)
        .detail("list", change.list.clone())
        .detail("items", change.items)
        .detail("step", step)
}

fn number(count: i64) -> u32 {
    u32::try_from(count).unwrap_or_default()
}

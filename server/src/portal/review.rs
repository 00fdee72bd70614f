//! RIVM looks at refused and for-review rows of all parties. The list names no person; opening a row does,
//! and is audited.

use super::deliveries::CAUSES;
use super::links::waits_for_person;
use super::{OrBroken, Portal, brp_age, event, reviewer, words};
use crate::audit::{self, Kind};
use crate::clock::dutch_day;
use crate::intake::suggest::{self, Bench};
use crate::keys::{Mac, Purpose};
use crate::store::products::Products;
use crate::store::quality::{self, OfParty, Wanted};
use crate::store::review::{self, Filter, Line, OpenCount, Place};
use crate::store::{
    PartyTx, StoreError, WorkerTx, assignments, looks, party_tx, sums_tx, worker_tx,
};
use app::ports::review::{
    PartyNumbers, PartyQuality, Queue, Review, ReviewFilter, ReviewLine, ReviewNumbers, ReviewView,
    Reviewer, Solved, SolvedBy, Suggestion, With,
};
use app::ports::{BrpAge, Caller, PAGE_ROWS, Page, PortError, PortResult};
use domain::bsn::Bsn;
use domain::decision::{folded, is_overdue, may_map};
use domain::delivery::{Channel, RowOutcome};
use domain::finding::{Code, Finding};
use domain::matching::Match;
use domain::row::{Column, RowText};
use domain::search;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

/// What was delivered in so many days counts for the share of refused rows.
const DAYS: i64 = 28;
/// Parties that the page of numbers shows.
const PARTIES: i64 = 10;
/// Rows that are counted under a filter whose count is not kept.
const COUNTED: i32 = 10_000;

#[async_trait::async_trait]
impl Review for Portal {
    async fn rows(&self, caller: &Caller, filter: ReviewFilter) -> PortResult<Queue> {
        reviewer(caller)?;
        let after = filter.na.as_deref().and_then(place);
        let most = i32::try_from(PAGE_ROWS).unwrap_or(i32::MAX);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let search = self
            .search(&mut tx, filter.zoek.as_deref())
            .await
            .or_broken(caller)?;
        let filter = wanted(caller, filter, search);
        let total = review::total(&mut tx, &filter, COUNTED)
            .await
            .or_broken(caller)?;
        let mut lines = review::list(&mut tx, &filter, after, most.saturating_add(1))
            .await
            .or_broken(caller)?;
        let today = dutch_day(self.road.clock.now());
        let more = lines.len() > usize::try_from(most).unwrap_or(usize::MAX);
        lines.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        let next = lines.last().filter(|_| more).map(cursor);
        let ids: Vec<Uuid> = lines.iter().map(|row| row.id).collect();
        let now = self.road.clock.now();
        let looks = looks::at_rows(&mut tx, &ids, caller.user_id, now)
            .await
            .or_broken(caller)?;
        let items = lines.into_iter().map(|mut row| {
            let staff = row.staff_findings.take();
            let mut line = line(row, staff, today)?;
            let theirs = looks.iter().filter(|(row, _)| *row == line.id);
            line.open_with = theirs.map(|(_, name)| name.clone()).collect();
            Ok::<_, StoreError>(line)
        });
        let items = items.collect::<Result<Vec<_>, _>>().or_broken(caller)?;
        let line = event(caller, Kind::ListShown)
            .detail("list", "review")
            .detail("rows", items.len());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Queue {
            items,
            total: u64::try_from(total).unwrap_or_default(),
            or_more: total >= i64::from(COUNTED) && filter.is_counted_so_far(),
            next,
        })
    }

    async fn next_row(
        &self,
        caller: &Caller,
        after: Uuid,
        filter: ReviewFilter,
    ) -> PortResult<Option<Uuid>> {
        reviewer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let here = review::one(&mut tx, after)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let here = Place {
            at: here.line.created_at,
            delivery: here.line.delivery_id,
            row: here.line.row_number,
        };
        let search = self
            .search(&mut tx, filter.zoek.as_deref())
            .await
            .or_broken(caller)?;
        let next = review::list(&mut tx, &wanted(caller, filter, search), Some(here), 1)
            .await
            .or_broken(caller)?;
        Ok(next.first().map(|line| line.id))
    }

    async fn reviewers(&self, caller: &Caller) -> PortResult<Vec<Reviewer>> {
        reviewer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let found = assignments::reviewers(&mut tx).await.or_broken(caller)?;
        let reviewers = found.into_iter().map(|one| Reviewer {
            me: one.id == caller.user_id,
            id: one.id,
            name: one.name,
            rows: u32::try_from(one.rows).unwrap_or(u32::MAX),
        });
        Ok(reviewers.collect())
    }

    async fn assign(
        &self,
        caller: &Caller,
        row: Uuid,
        whole_group: bool,
        to: Option<Uuid>,
    ) -> PortResult<u32> {
        reviewer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let known = review::one(&mut tx, row).await.or_broken(caller)?;
        let reviewers = assignments::reviewers(&mut tx).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        // Only who reviews has a list.
        if known.is_none() || to.is_some_and(|to| reviewers.iter().all(|one| one.id != to)) {
            return Err(PortError::NotFound);
        }
        let now = self.road.clock.now();
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let rows = match to {
            Some(to) => {
                assignments::assign(&mut tx, row, whole_group, to, caller.user_id, now).await
            }
            None => assignments::release(&mut tx, row, whole_group).await,
        };
        let rows = u32::try_from(rows.or_broken(caller)?.len()).unwrap_or(u32::MAX);
        if rows == 0 {
            return Err(PortError::Conflict);
        }
        let line = event(caller, Kind::RowAssigned)
            .object("row", row)
            .detail("rows", rows)
            .detail("to", to.map_or_else(String::new, |to| to.to_string()));
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(rows)
    }

    async fn numbers(&self, caller: &Caller) -> PortResult<ReviewNumbers> {
        reviewer(caller)?;
        let since = self.road.clock.now() - Duration::days(DAYS);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let open = review::open_counts(&mut tx).await.or_broken(caller)?;
        drop(tx);
        let mut tx = sums_tx(&self.road.db).await.or_broken(caller)?;
        let solved = review::solved(&mut tx, since).await.or_broken(caller)?;
        let wanted = Wanted {
            by_open: true,
            limit: PARTIES,
            ..self.of_parties("")
        };
        let parties = quality::parties(&mut tx, &wanted).await.or_broken(caller)?;
        let parties = with_causes(&mut tx, parties).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let mut found = numbers(open);
        found.parties = parties;
        found.solved = solved.into_iter().filter_map(how_solved).collect();
        Ok(found)
    }

    async fn qualities(
        &self,
        caller: &Caller,
        search: String,
        page: u32,
    ) -> PortResult<Page<PartyNumbers>> {
        reviewer(caller)?;
        let page = page.max(1);
        let mut tx = sums_tx(&self.road.db).await.or_broken(caller)?;
        let wanted = Wanted {
            offset: i64::from(page - 1) * i64::from(PAGE_ROWS),
            ..self.of_parties(search.trim())
        };
        let found = quality::parties(&mut tx, &wanted).await.or_broken(caller)?;
        let mut total = found.first().map_or(0, |party| party.total);
        if found.is_empty() && page > 1 {
            let first = self.of_parties(search.trim());
            let first = quality::parties(&mut tx, &first).await.or_broken(caller)?;
            total = first.first().map_or(0, |party| party.total);
        }
        let items = with_causes(&mut tx, found).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        Ok(Page {
            items,
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    async fn quality_of(&self, caller: &Caller, party: Uuid) -> PortResult<PartyQuality> {
        reviewer(caller)?;
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let known = quality::party(&mut tx, party).await.or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        let (name, open) = known.ok_or(PortError::NotFound)?;
        Ok(PartyQuality {
            party: name,
            open: u32::try_from(open).unwrap_or_default(),
            view: self.quality_view(caller, party).await?,
        })
    }

    async fn row(&self, caller: &Caller, id: Uuid) -> PortResult<ReviewView> {
        reviewer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let opened = review::one(&mut tx, id)
            .await
            .or_broken(caller)?
            .ok_or(PortError::NotFound)?;
        let (findings, matched) = review::notes(&mut tx, &[id])
            .await
            .or_broken(caller)?
            .pop()
            .map_or((serde_json::Value::Null, None), |(_, findings, matched)| {
                (findings, matched)
            });
        let delivery = opened.line.delivery_id;
        let (also_open, assignee, brp) = self.opened_by(caller, id, false).await?;
        let text = self
            .open_row(Purpose::Row, id, opened.raw_sealed)
            .or_broken(caller)?;
        let today = dutch_day(self.road.clock.now());
        let waits = opened.waits;
        let mut line = line(opened.line, findings, today).or_broken(caller)?;
        line.overdue &= waits;
        let suggested = self.suggested(caller, id, &text, &line.findings).await?;
        let linked = self.linked_by(caller, opened.report_id).await?;
        let view = ReviewView {
            may_link: opened.waits && waits_for_person(&line.findings),
            linked,
            brp,
            waits,
            also_open,
            assignee,
            row: text,
            suggestions: suggested.0,
            reason: self
                .open_text(Purpose::Reason, id, opened.reason_sealed)
                .or_broken(caller)?,
            matched: matched.as_deref().and_then(match_of),
            line,
            stored: opened.report_id.is_some(),
            delivery,
            file: opened.file_name,
        };
        let mut line = event(caller, Kind::RowOpened)
            .object("row", id)
            .detail("delivery", delivery.to_string());
        if let Some(report) = opened.report_id {
            line = line.detail("registration", report.to_string());
        }
        // Somebody of the BRP whom a suggestion points at was looked at too.
        let bsns = self.mac_of(&view.row).into_iter().chain(suggested.1);
        let line = audit::about_typed(&self.road.db, line, bsns)
            .await
            .or_broken(caller)?;
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(view)
    }
}

impl Portal {
    /// The first page of the list of parties by what is refused.
    fn of_parties<'s>(&self, search: &'s str) -> Wanted<'s> {
        let now = self.road.clock.now();
        Wanted {
            before: now - Duration::days(2 * DAYS),
            since: now - Duration::days(DAYS),
            search,
            by_open: false,
            limit: i64::from(PAGE_ROWS),
            offset: 0,
        }
    }

    /// A search of the queue or of the clusters as sets of keys; `None` when nothing is searched. A text that may hold a BSN
    /// finds nothing.
    pub(super) async fn search(
        &self,
        tx: &mut PartyTx<'_>,
        text: Option<&str>,
    ) -> Result<Option<serde_json::Value>, StoreError> {
        let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let words = search::words(text);
        if words.is_empty() {
            let nothing =
                serde_json::json!([{"parties": [], "codes": [], "columns": [], "values": []}]);
            return Ok(Some(nothing));
        }
        // The whole text as a value that rows share, known by its hash.
        let columns = Column::ALL.into_iter().filter(|column| may_map(*column));
        let keys = &self.road.keys;
        let values = columns.map(|column| {
            keys.value_mac(column.name(), &folded(column, text))
                .named_hex()
        });
        let values: Vec<String> = values.collect();
        Ok(Some(review::search(tx, &words, &values).await?))
    }

    /// What a waiting row was probably meant to say, and whom of the BRP that points at.
    pub(super) async fn suggested(
        &self,
        caller: &Caller,
        row: Uuid,
        text: &RowText,
        findings: &[Finding],
    ) -> PortResult<(Vec<Suggestion>, Vec<Mac>)> {
        let now = self.road.clock.now();
        let today = self.road.clock.day(now);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let products = Products::load(&mut tx, today).await.or_broken(caller)?;
        let bench = Bench {
            keys: &self.road.keys,
            products: &products,
            today,
        };
        let found = suggest::of_row(&mut tx, &bench, text, findings)
            .await
            .or_broken(caller)?;
        let record = suggest::shown(&mut tx, &bench, row, &found, now)
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        let about = found.iter().filter_map(|one| one.about).collect();
        let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        let view = |one: suggest::Suggested| Suggestion {
            record: record
                .get(one.kind.as_str())
                .map_or((0, 0), |(right, of)| (number(*right), number(*of))),
            kind: one.kind,
            column: one.column,
            value: one.value,
            places: one.places,
            look_alike: one.look_alike,
            used: one.used,
        };
        Ok((found.into_iter().map(view).collect(), about))
    }

    /// Tells colleagues that this row is open here; who has it open too, on whose list it is, and how old the BRP is.
    pub(super) async fn opened_by(
        &self,
        caller: &Caller,
        row: Uuid,
        group: bool,
    ) -> PortResult<(Vec<String>, Option<Uuid>, BrpAge)> {
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let now = self.road.clock.now();
        let mut others = looks::look(&mut tx, row, caller.user_id, now)
            .await
            .or_broken(caller)?;
        if group {
            others = looks::at_group(&mut tx, row, caller.user_id, now)
                .await
                .or_broken(caller)?;
        }
        let assignee = assignments::assignee(&mut tx, row)
            .await
            .or_broken(caller)?;
        let brp = brp_age(&mut tx, now).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok((others, assignee, brp))
    }

    /// MAC of the BSN in a row, when there is one.
    pub(super) fn mac_of(&self, row: &RowText) -> Option<Mac> {
        Bsn::in_text(row.get(Column::Bsn)).map(|bsn| self.road.keys.bsn_mac(&bsn))
    }
}

/// Findings with the codes as they are: what its sender sees as B19 is named here.
pub(super) fn named(
    shown: serde_json::Value,
    staff: serde_json::Value,
) -> Result<Vec<Finding>, StoreError> {
    let odd = |_| StoreError::Broken("row".to_owned());
    let mut findings: Vec<Finding> = serde_json::from_value(shown).map_err(odd)?;
    let hidden: Vec<Finding> = serde_json::from_value(staff).unwrap_or_default();
    if !hidden.is_empty() {
        findings.retain(|finding| finding.code != Code::B19);
        findings.extend(hidden);
    }
    Ok(findings)
}

fn line(row: Line, staff: serde_json::Value, today: Date) -> Result<ReviewLine, StoreError> {
    let odd = || StoreError::Broken("row".to_owned());
    Ok(ReviewLine {
        id: row.id,
        party: row.party,
        channel: Channel::parse(&row.channel).ok_or_else(odd)?,
        row: u32::try_from(row.row_number).unwrap_or_default(),
        outcome: RowOutcome::parse(&row.outcome).ok_or_else(odd)?,
        findings: named(row.findings, staff)?,
        received: words::moment(row.received_at),
        overdue: is_overdue(dutch_day(row.created_at), today),
        assignee: row.assignee,
        open_with: Vec::new(),
    })
}

/// Puts the counts in their places; those of most rows come first.
fn numbers(open: Vec<OpenCount>) -> ReviewNumbers {
    let mut found = ReviewNumbers::default();
    for count in open {
        let rows = number(count.rows);
        match (count.code.as_deref(), count.age) {
            (Some(code), _) => found.codes.extend(code.parse().map(|code| (code, rows))),
            (None, Some(age)) => {
                let place = usize::try_from(age).ok();
                if let Some(age) = place.and_then(|place| found.ages.get_mut(place)) {
                    *age = rows;
                }
            }
            (None, None) => {}
        }
    }
    found
}

fn number(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Parties with why their rows are refused, as each of them sees it itself.
async fn with_causes(
    tx: &mut WorkerTx<'_>,
    parties: Vec<OfParty>,
) -> Result<Vec<PartyNumbers>, StoreError> {
    let ids: Vec<Uuid> = parties.iter().map(|party| party.id).collect();
    let mut causes = quality::causes(tx, &ids, CAUSES).await?;
    let parties = parties.into_iter().map(|party| {
        let causes = causes.remove(&party.id).unwrap_or_default();
        of_party(party, &causes)
    });
    Ok(parties.collect())
}

fn of_party(found: OfParty, causes: &[(String, i64)]) -> PartyNumbers {
    let causes = causes.iter().filter_map(|(code, _)| code.parse().ok());
    PartyNumbers {
        id: found.id,
        party: found.name,
        open: number(found.open),
        rows: number(found.rows),
        refused: number(found.refused),
        before: (number(found.rows_before), number(found.refused_before)),
        causes: causes.collect(),
    }
}

fn how_solved(found: review::Solved) -> Option<Solved> {
    let by = SolvedBy::ALL
        .into_iter()
        .find(|by| by.as_str() == found.by)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what fits; less than a minute is none"
    )]
    let median = (found.median / 60.0).clamp(0.0, f64::from(u32::MAX)) as u32;
    Some(Solved {
        by,
        rows: u32::try_from(found.rows).unwrap_or(u32::MAX),
        median,
    })
}

/// Where a page ended, in the address: when (microseconds), delivery, row.
fn cursor(last: &Line) -> String {
    let at = last.created_at.unix_timestamp_nanos() / 1_000;
    format!("{at}.{}.{}", last.delivery_id, last.row_number)
}

/// The place that an address names; nonsense is the beginning.
fn place(cursor: &str) -> Option<Place> {
    let mut parts = cursor.splitn(3, '.');
    let micros: i128 = parts.next()?.parse().ok()?;
    let at = OffsetDateTime::from_unix_timestamp_nanos(micros.checked_mul(1_000)?).ok()?;
    Some(Place {
        at,
        delivery: parts.next()?.parse().ok()?,
        row: parts.next()?.parse().ok()?,
    })
}

fn wanted(caller: &Caller, filter: ReviewFilter, search: Option<serde_json::Value>) -> Filter {
    let (user, nobody) = match filter.bij {
        None => (None, false),
        Some(With::Me) => (Some(caller.user_id), false),
        Some(With::Colleague(id)) => (Some(id), false),
        Some(With::Nobody) => (None, true),
    };
    Filter {
        search,
        user,
        nobody,
        column: filter.kolom.map(|column| column.name().to_owned()),
        days: filter.dagen.map(|days| i32::from(days.days())),
        party: filter.partij.filter(|code| !code.is_empty()),
        code: filter.code.map(|code| code.as_str().to_owned()),
        channel: filter.kanaal.map(|channel| channel.as_str().to_owned()),
        outcome: filter.uitkomst.map(|outcome| outcome.as_str().to_owned()),
    }
}

fn match_of(word: &str) -> Option<Match> {
    Match::ALL.into_iter().find(|one| one.as_str() == word)
}

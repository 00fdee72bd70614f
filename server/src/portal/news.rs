//! News of the caller: own files that ended, and requests for a second person's say.

use super::deliveries::discarded;
use super::withdrawals::side;
use super::{OrBroken, Portal, brp_age, words};
use crate::clock::{dutch_day, dutch_midnight};
use crate::store::{corrections, decisions, news, party_tx, review, withdrawals, worker_tx};
use app::ports::corrections::WaitingCorrection;
use app::ports::news::{FileNews, News, NewsOf, RejectedRows, ReturnedRows, WaitingDecision};
use app::ports::withdrawals::WaitingRequest;
use app::ports::{Caller, PortResult};
use domain::decision::{is_overdue, last_overdue};
use domain::delivery::{Counts, FileOutcome};
use time::Duration;
use uuid::Uuid;

/// Older files are no news.
const DAYS: i64 = 14;
/// Overdue rows that are counted.
const OVERDUE: i64 = 1_000;

#[async_trait::async_trait]
impl News for Portal {
    async fn news(&self, caller: &Caller) -> PortResult<NewsOf> {
        let mut found = NewsOf::default();
        let role = caller.role();
        if role.may_review() || role.may_deliver() || role.may_key_cards() {
            let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
            let brp = brp_age(&mut tx, self.road.clock.now()).await;
            found.brp = Some(brp.or_broken(caller)?);
        }
        (found.connections, found.parked) = self.to_approve(caller).await?;
        if caller.role().may_review() {
            let all = self.installations(caller).await?;
            let lacking = all.iter().filter(|one| one.lacks()).count();
            found.incomplete = u32::try_from(lacking).unwrap_or_default();
            found.overdue = self.overdue(caller).await?;
        }
        found.lists = self.list_changes_waiting(caller).await?;
        let Ok(side) = side(caller) else {
            return Ok(found);
        };
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        if let Some(party) = side {
            let since = self.road.clock.now() - Duration::days(DAYS);
            let files = news::files(&mut tx, party, caller.user_id, since)
                .await
                .or_broken(caller)?;
            found.files = files.into_iter().map(file).collect();
            let rejected = news::rejected(&mut tx, party, since)
                .await
                .or_broken(caller)?;
            found.rejected = rejected.into_iter().map(rejected_rows).collect();
        }
        let waiting = withdrawals::waiting(&mut tx, side, caller.user_id)
            .await
            .or_broken(caller)?;
        found.waiting = waiting
            .into_iter()
            .map(|row| WaitingRequest {
                delivery: row.delivery_id,
                party: row.party,
                undo: row.undo,
                asked_by: row.asked_by,
                asked_at: words::moment(row.asked_at),
            })
            .collect();
        if caller.role().may_review() {
            let asked = decisions::asked(&mut tx, caller.user_id)
                .await
                .or_broken(caller)?;
            found.decisions = asked.into_iter().map(decision).collect();
            let asked = corrections::asked(&mut tx, caller.user_id)
                .await
                .or_broken(caller)?;
            found.corrections = asked.into_iter().map(correction).collect();
        }
        let today = dutch_day(self.road.clock.now());
        // A decision may be about the files of weeks.
        let returned = match side {
            Some(_) => decisions::returned(&mut tx).await,
            None => decisions::returned_by_decision(&mut tx).await,
        };
        let returned = returned.or_broken(caller)?;
        let mine = returned
            .into_iter()
            .filter(|row| side.is_some() || is_overdue(dutch_day(row.since), today));
        found.returned = mine.map(sent_back).collect();
        Ok(found)
    }

    async fn seen(&self, caller: &Caller, delivery: Uuid) -> PortResult<()> {
        let Ok(Some(party)) = side(caller) else {
            return Ok(());
        };
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let now = self.road.clock.now();
        news::looked(&mut tx, party, caller.user_id, delivery, now)
            .await
            .or_broken(caller)?;
        let since = now - Duration::days(DAYS);
        news::looked_at_rejected(&mut tx, party, delivery, since)
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)
    }
}

impl Portal {
    /// Rows that wait for RIVM too long (features F55).
    async fn overdue(&self, caller: &Caller) -> PortResult<u32> {
        let now = self.road.clock.now();
        let first = last_overdue(dutch_day(now)) + Duration::days(1);
        // Noon is that day in every season.
        let before = dutch_midnight(first.midnight().assume_utc() + Duration::hours(12));
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let rows = review::waiting_since_before(&mut tx, before, OVERDUE)
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        Ok(u32::try_from(rows).unwrap_or_default())
    }
}

fn rejected_rows(row: news::Rejected) -> RejectedRows {
    RejectedRows {
        delivery: row.delivery,
        file_name: row.file_name.unwrap_or_default(),
        rows: u32::try_from(row.rows).unwrap_or(u32::MAX),
    }
}

fn sent_back(row: decisions::Returned) -> ReturnedRows {
    ReturnedRows {
        decision: row.decision,
        delivery: row.delivery,
        party: row.party,
        file_name: row.file_name.unwrap_or_default(),
        deliveries: u32::try_from(row.deliveries).unwrap_or(u32::MAX),
        rows: u32::try_from(row.rows).unwrap_or(u32::MAX),
        stored: row.stored,
    }
}

fn decision(row: decisions::Asked) -> WaitingDecision {
    WaitingDecision {
        id: row.id,
        party: row.party,
        rows: u32::try_from(row.rows).unwrap_or_default(),
        asked_by: row.asked_by,
        asked_at: words::moment(row.asked_at),
    }
}

fn correction(row: corrections::Asked) -> WaitingCorrection {
    WaitingCorrection {
        id: row.id,
        party: row.party,
        asked_by: row.asked_by,
        asked_at: words::moment(row.asked_at),
    }
}

fn file(row: news::File) -> FileNews {
    let number = |count: i32| u32::try_from(count).unwrap_or_default();
    FileNews {
        delivery: row.id,
        file_name: row.file_name.unwrap_or_default(),
        discarded: discarded(&row.state, row.outcome.as_deref(), row.expired),
        outcome: row
            .outcome
            .and_then(|word| serde_json::from_value::<FileOutcome>(word.into()).ok()),
        counts: Counts {
            geaccepteerd: number(row.geaccepteerd),
            te_controleren: number(row.te_controleren),
            afgekeurd: number(row.afgekeurd),
            dubbel: number(row.dubbel),
            geteld: number(row.geteld),
        },
    }
}

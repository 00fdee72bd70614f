//! The BRP check of the entry form: a BSN and a birth date in, "te koppelen" or "niet te koppelen" out.
//!
//! It is an oracle on who has which BSN, so (security §4.6): one answer for an unknown BSN, another birth
//! date and a double BSN; never faster than 300 ms; budgets per user and party; a block and an alarm on
//! many mismatches; each question an audit line, also those that were not answered.

use super::super::{OrBroken, Portal, deliverer, event};
use crate::audit::{self, Kind, Outcome};
use crate::intake::matching::compare;
use crate::intake::store::brp_is_late;
use crate::store::brp_checks::{self, Allowed};
use crate::store::{register, worker_tx};
use app::ports::entry::BrpAnswer;
use app::ports::{Caller, PortError, PortResult};
use domain::bsn::Bsn;
use domain::dates::{PartialDate, parse_partial};
use domain::matching::{Asked, NameParts};
use domain::row::{Column, RowText};
use std::time::Duration;
use time::Date;

/// No answer comes faster: its time tells nothing.
const FLOOR: Duration = Duration::from_millis(300);

/// Runs what asks the BRP; answers no faster than the floor, whatever happened.
pub(super) async fn floor<T>(work: impl Future<Output = T>) -> T {
    let floor = tokio::time::sleep(FLOOR);
    let done = work.await;
    floor.await;
    done
}

/// BSN and birth date of a row that passed the rules; `None` without BSN.
pub(super) fn question(row: &RowText, today: Date) -> Option<(Bsn, PartialDate)> {
    let digits: String = row
        .get(Column::Bsn)
        .chars()
        .filter(char::is_ascii_digit)
        .collect();
    let digits = if digits.is_empty() {
        return None;
    } else {
        format!("{digits:0>9}")
    };
    let birth = parse_partial(row.get(Column::Geboortedatum).trim(), today.year()).ok()?;
    Some((Bsn::parse(&digits).ok()?, birth))
}

impl Portal {
    /// Asks, counts and audits. Whoever calls it waits for [`floor`] too.
    pub(super) async fn brp_answer(
        &self,
        caller: &Caller,
        bsn: &Bsn,
        birth: PartialDate,
    ) -> PortResult<BrpAnswer> {
        let party = deliverer(caller)?;
        let now = self.road.clock.now();
        let mac = self.road.keys.bsn_mac(bsn);
        let line = event(caller, Kind::BrpChecked).about_mac(&mac);
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let budget = brp_checks::budget(&mut tx).await.or_broken(caller)?;
        let allowed = brp_checks::allowed(&mut tx, budget, caller.user_id, party, now)
            .await
            .or_broken(caller)?;
        if allowed != Allowed::Yes {
            let line = line
                .outcome(Outcome::Failure)
                .detail("blocked", allowed == Allowed::Blocked);
            audit::add(&mut tx, line).await.or_broken(caller)?;
            tx.commit().await.or_broken(caller)?;
            return Err(PortError::TooMany);
        }
        let late = brp_is_late(&mut tx, now).await.or_broken(caller)?;
        if late {
            audit::add(&mut tx, line.detail("answer", "later"))
                .await
                .or_broken(caller)?;
            tx.commit().await.or_broken(caller)?;
            return Ok(BrpAnswer::Later);
        }
        let lists = register::brp_by_bsn(&mut tx, &[mac.bytes.to_vec()])
            .await
            .or_broken(caller)?;
        let asked = Asked {
            has_bsn: true,
            birth_date: birth,
            name: NameParts::own("", ""),
        };
        let matched = compare(asked, &lists, self.road.clock.day(now), false)
            .result
            .is_matched();
        let alarm = brp_checks::count(&mut tx, budget, caller.user_id, party, matched, now)
            .await
            .or_broken(caller)?;
        if alarm {
            tracing::error!(user = %caller.user_id, "too many persons could not be matched: checks are blocked");
        }
        let line = line
            .detail(
                "answer",
                if matched {
                    "te_koppelen"
                } else {
                    "niet_te_koppelen"
                },
            )
            .detail("alarm", alarm);
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(if matched {
            BrpAnswer::Matchable
        } else {
            BrpAnswer::NotMatchable
        })
    }
}

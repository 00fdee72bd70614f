//! The BRP check of the entry form: a BSN and a birth date in, "te koppelen" or "niet te koppelen" out.
//!
//! It is an oracle on who has which BSN, so (security §4.6): one answer for an unknown BSN, another birth
//! date and a double BSN; never faster than 300 ms; budgets per user and party; a block and an alarm on
//! many mismatches; each question an audit line, also those that were not answered.

use super::super::{OrBroken, Portal, deliverer, event};
use crate::audit::{self, Kind, Outcome};
use crate::intake::check::Question;
use crate::intake::matching::compare;
use crate::intake::store::brp_is_late;
use crate::store::brp_checks::{self, Allowed, Check, Turn};
use crate::store::register::{self, BrpList};
use crate::store::{StoreError, WorkerTx, worker_tx};
use app::ports::entry::BrpAnswer;
use app::ports::{Caller, PortError, PortResult, Wait};
use domain::matching::{Asked, NameParts};
use std::collections::HashMap;
use std::time::Duration;

/// No answer comes faster: its time tells nothing.
const FLOOR: Duration = Duration::from_millis(300);

/// What the BRP said, as the audit names it.
pub(in crate::portal) const ANSWERS: [(Option<bool>, &str); 3] = [
    (Some(true), "te_koppelen"),
    (Some(false), "niet_te_koppelen"),
    (None, "later"),
];

/// Runs what asks the BRP; answers no faster than the floor, whatever happened.
pub(in crate::portal) async fn floor<T>(work: impl Future<Output = T>) -> T {
    let floor = tokio::time::sleep(FLOOR);
    let done = work.await;
    floor.await;
    done
}

/// When one may ask again, as a port tells it.
pub(in crate::portal) const fn wait(allowed: Allowed) -> Wait {
    match allowed {
        Allowed::More(_) | Allowed::NextMinute => Wait::NextMinute,
        Allowed::Tomorrow => Wait::Tomorrow,
        Allowed::Blocked => Wait::Rivm,
    }
}

impl Portal {
    /// Asks, counts and audits. Whoever calls it waits for [`floor`] too.
    pub(super) async fn brp_answer(
        &self,
        caller: &Caller,
        asked: Question,
    ) -> PortResult<BrpAnswer> {
        let answers = self.brp_answers(caller, &[asked]).await?;
        answers
            .into_iter()
            .next()
            .ok_or(PortError::TooMany(Wait::NextMinute))
    }

    /// Asks about as many of these as the budgets allow, in their order, as one set. Each is in an
    /// audit line with its answer; one line holds all that were answered alike.
    pub(super) async fn brp_answers(
        &self,
        caller: &Caller,
        questions: &[Question],
    ) -> PortResult<Vec<BrpAnswer>> {
        let party = deliverer(caller)?;
        let now = self.road.clock.now();
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let budget = brp_checks::budget(&mut tx).await.or_broken(caller)?;
        let allowed = brp_checks::allowed(&mut tx, budget, caller.user_id, party, Turn::Party, now)
            .await
            .or_broken(caller)?;
        let line = |of: &[Question]| {
            let macs = of.iter().map(|asked| self.road.keys.bsn_mac(&asked.bsn));
            macs.fold(event(caller, Kind::BrpChecked), |line, mac| {
                line.about_mac(&mac)
            })
        };
        let Allowed::More(more) = allowed else {
            let line = line(questions)
                .outcome(Outcome::Failure)
                .detail("blocked", allowed == Allowed::Blocked);
            audit::add(&mut tx, line).await.or_broken(caller)?;
            tx.commit().await.or_broken(caller)?;
            return Err(PortError::TooMany(wait(allowed)));
        };
        let most = usize::try_from(more).unwrap_or_default();
        let asked = &questions[..questions.len().min(most)];
        let matched = if brp_is_late(&mut tx, now).await.or_broken(caller)? {
            vec![None; asked.len()]
        } else {
            let matched = self.matched(&mut tx, asked).await.or_broken(caller)?;
            matched.into_iter().map(Some).collect()
        };
        let keys = &self.road.keys;
        let checks: Vec<Check> = asked
            .iter()
            .zip(&matched)
            .map(|(asked, matched)| Check {
                question: asked.digest(keys),
                matched: *matched,
                of_file: false,
            })
            .collect();
        let alarm = brp_checks::count(&mut tx, budget, caller.user_id, party, &checks, now)
            .await
            .or_broken(caller)?;
        if alarm {
            tracing::error!(user = %caller.user_id, "too many persons could not be matched: checks are blocked");
        }
        for (answer, word) in ANSWERS {
            let alike = asked.iter().zip(&matched);
            let alike: Vec<_> = alike
                .filter(|(_, matched)| **matched == answer)
                .map(|(question, _)| question.clone())
                .collect();
            if !alike.is_empty() {
                let line = line(&alike).detail("answer", word).detail("alarm", alarm);
                audit::add(&mut tx, line).await.or_broken(caller)?;
            }
        }
        tx.commit().await.or_broken(caller)?;
        let answer = |matched| match matched {
            Some(true) => BrpAnswer::Matchable,
            Some(false) => BrpAnswer::NotMatchable,
            None => BrpAnswer::Later,
        };
        Ok(matched.into_iter().map(answer).collect())
    }

    /// Which of them the BRP knows so.
    async fn matched(
        &self,
        tx: &mut WorkerTx<'_>,
        asked: &[Question],
    ) -> Result<Vec<bool>, StoreError> {
        let macs: Vec<Vec<u8>> = asked
            .iter()
            .map(|asked| self.road.keys.bsn_mac(&asked.bsn).bytes.to_vec())
            .collect();
        let mut lists: HashMap<Vec<u8>, Vec<BrpList>> = HashMap::new();
        for list in register::brp_by_bsn(tx, &macs).await? {
            let mac = list.bsn_mac.clone().unwrap_or_default();
            lists.entry(mac).or_default().push(list);
        }
        let today = self.road.clock.day(self.road.clock.now());
        let known = |(question, mac): (&Question, &Vec<u8>)| {
            let asked = Asked {
                has_bsn: true,
                birth_date: question.birth,
                name: NameParts::own("", ""),
            };
            let lists = lists.get(mac).map_or(&[][..], Vec::as_slice);
            compare(asked, lists, today, false).result.is_matched()
        };
        Ok(asked.iter().zip(&macs).map(known).collect())
    }
}

//! The person step: consent first; the BRP is asked within its budgets.

use super::super::Portal;
use super::draft::{Draft, is_person_step};
use crate::intake::check::{self, Question};
use crate::intake::matching::{Incoming, Judged};
use app::ports::entry::{BrpAnswer, Saved, Step};
use app::ports::{Caller, PortResult};
use domain::finding::{Code, Severity};
use domain::row::{Column, RowText};
use uuid::Uuid;

impl Portal {
    pub(super) async fn save_person_step(
        &self,
        caller: &Caller,
        id: Uuid,
        typed: &RowText,
        reason: String,
    ) -> PortResult<Saved> {
        let mut draft = self.load_draft(caller, id).await?;
        draft.of_another_day(self.road.clock.day(self.road.clock.now()));
        for column in Column::ALL
            .into_iter()
            .filter(|column| is_person_step(*column))
        {
            draft.row.set(column, typed.get(column));
        }
        draft.person_saved = true;
        draft.reason = reason;
        if check::refuses_consent(&draft.row) {
            // Nothing about the person may be kept, not even sealed (rule T10).
            check::forget_person(&mut draft.row);
            draft.reason.clear();
            draft.confirm(None);
            (draft.brp, draft.asked) = (None, None);
            // Of a vaccination that was kept from the person before: the age group was not asked yet.
            if draft.row.get(Column::Leeftijdsgroep).is_empty() {
                draft.vaccination_saved = false;
            }
            if let Some(number) = draft.worklist.take() {
                self.forget_line(caller, number).await?;
            }
        } else {
            draft.row.set(Column::Leeftijdsgroep, "");
        }
        // What was typed survives whatever comes next (features F07).
        self.keep_draft(caller, id, &draft).await?;
        if caller.only_keeps {
            return Ok(Saved::LookAgain);
        }

        let looked = self.look(caller, &draft).await?;
        let refused = looked.judged.shown.iter().any(|finding| {
            finding.severity == Severity::Fout
                && finding.code != Code::B10
                && finding.column.is_some_and(is_person_step)
        });
        if refused {
            return Ok(Saved::LookAgain);
        }
        let about = self.about(&looked.judged.row.repaired());
        // A reason is about this person: it was typed where it stood that the two cannot be matched.
        let seen = draft.asked == about && draft.brp == Some(BrpAnswer::NotMatchable);
        self.ask_brp(caller, &mut draft, &looked.judged.row).await?;
        if draft.brp == Some(BrpAnswer::NotMatchable) && !seen {
            draft.reason.clear();
        }
        self.keep_draft(caller, id, &draft).await?;
        if draft.brp == Some(BrpAnswer::NotMatchable) && draft.reason.trim().is_empty() {
            return Ok(Saved::LookAgain);
        }
        Ok(self.go_on(&draft, &self.look(caller, &draft).await?.judged))
    }

    fn go_on(&self, draft: &Draft, judged: &Judged) -> Saved {
        match draft.step(&self.road.keys, judged) {
            Step::Person => Saved::LookAgain,
            step => Saved::GoOn(step),
        }
    }

    /// About whom the BRP would be asked (keyed digest): of a row as repaired, for so it is asked.
    pub(super) fn about(&self, repaired: &RowText) -> Option<Vec<u8>> {
        let year = self.road.clock.day(self.road.clock.now()).year();
        let asked = Question::of(repaired, year)?;
        Some(asked.digest(&self.road.keys))
    }

    /// Asks the BRP, unless it was asked about this person in this draft already. `row` is the draft after the rules.
    pub(super) async fn ask_brp(
        &self,
        caller: &Caller,
        draft: &mut Draft,
        row: &Incoming,
    ) -> PortResult<()> {
        let year = self.road.clock.day(self.road.clock.now()).year();
        let Some(asked) = Question::of(&row.repaired(), year) else {
            (draft.brp, draft.asked) = (None, None);
            return Ok(());
        };
        let about = asked.digest(&self.road.keys);
        if draft.asked.as_ref() == Some(&about) && draft.brp != Some(BrpAnswer::Later) {
            return Ok(());
        }
        draft.brp = Some(self.brp_answer(caller, asked).await?);
        draft.asked = Some(about);
        Ok(())
    }
}

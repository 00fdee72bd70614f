//! The person step: consent first; the BRP is asked within its budgets.

use super::super::Portal;
use super::draft::{Draft, is_person_step};
use crate::intake::check;
use app::ports::entry::{BrpAnswer, Saved, Step};
use app::ports::{Caller, PortResult};
use domain::bsn::Bsn;
use domain::dates::PartialDate;
use domain::finding::{Code, Severity};
use domain::row::{Column, RowText};
use sha2::{Digest, Sha256};
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
            (draft.brp, draft.asked) = (None, None);
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
        self.ask_brp(caller, &mut draft).await?;
        self.keep_draft(caller, id, &draft).await?;
        if draft.brp == Some(BrpAnswer::NotMatchable) && draft.reason.trim().is_empty() {
            return Ok(Saved::LookAgain);
        }
        Ok(self.go_on(&draft, &self.look(caller, &draft).await?.judged))
    }

    fn go_on(&self, draft: &Draft, judged: &crate::intake::matching::Judged) -> Saved {
        match draft.step(judged) {
            Step::Person => Saved::LookAgain,
            step => Saved::GoOn(step),
        }
    }

    /// Keyed digest of a question to the BRP.
    pub(super) fn asked_about(&self, bsn: &Bsn, birth: PartialDate) -> Vec<u8> {
        let who = zeroize::Zeroizing::new(format!("{}\u{1f}{}", bsn.expose(), birth.iso()));
        let digest = self.road.keys.digest(Sha256::digest(who.as_bytes()).into());
        digest.bytes.to_vec()
    }

    /// Asks the BRP, unless it was asked about this person in this draft already.
    pub(super) async fn ask_brp(&self, caller: &Caller, draft: &mut Draft) -> PortResult<()> {
        let Some((bsn, birth)) =
            super::brp::question(&draft.row, self.road.clock.day(self.road.clock.now()))
        else {
            (draft.brp, draft.asked) = (None, None);
            return Ok(());
        };
        let about = self.asked_about(&bsn, birth);
        if draft.asked.as_ref() == Some(&about) && draft.brp != Some(BrpAnswer::Later) {
            return Ok(());
        }
        draft.brp = Some(self.brp_answer(caller, &bsn, birth).await?);
        draft.asked = Some(about);
        Ok(())
    }
}

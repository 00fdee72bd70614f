//! Recording vaccinations one by one (features F01-F12).
//!
//! A draft is sealed before it is stored and belongs to one user at one party. Submitting it is a delivery
//! of one row on the same road as a file; the draft is locked meanwhile, so twice is once.

mod brp;
mod change;
mod draft;
mod mending;
mod person;
mod registrations;
mod restore;
mod stand_by;
mod submit;
mod vaccination;
mod worklist;

pub(super) use brp::{ANSWERS, floor, wait};
pub(super) use draft::{KeptRow, context};
pub(super) use submit::{Arrived, Parcel};

use super::{Portal, words};
use app::ports::entry::{
    Corrected, DraftView, Entry, Placed, Receipt, RegistrationFilter, RegistrationLine,
    RegistrationView, Restored, Saved, Step, StoodBy, Submitted, Withdrawn,
};
use app::ports::{Caller, Page, PortResult};
use domain::row::RowText;
use uuid::Uuid;

#[async_trait::async_trait]
impl Entry for Portal {
    async fn begin(
        &self,
        caller: &Caller,
        same_as: Option<String>,
        same_person: bool,
    ) -> PortResult<Uuid> {
        self.begin_draft(caller, same_as, same_person).await
    }

    async fn open_draft(&self, caller: &Caller) -> PortResult<Option<DraftView>> {
        self.newest_draft(caller).await
    }

    async fn waiting(&self, caller: &Caller) -> PortResult<Option<String>> {
        let found = self.newest_typed(caller).await?;
        Ok(found.map(|(_, at, _)| words::clock_time(at)))
    }

    async fn draft(&self, caller: &Caller, id: Uuid) -> PortResult<DraftView> {
        self.show_draft(caller, id).await
    }

    async fn place(
        &self,
        caller: &Caller,
        id: Uuid,
        revision: Option<String>,
        row: &RowText,
        step: Step,
    ) -> PortResult<Placed> {
        self.place_typed(caller, id, revision, row, step).await
    }

    async fn discard(&self, caller: &Caller, id: Uuid) -> PortResult<()> {
        self.discard_draft(caller, id).await
    }

    async fn save_person(
        &self,
        caller: &Caller,
        id: Uuid,
        row: RowText,
        reason: String,
    ) -> PortResult<Saved> {
        brp::floor(self.save_person_step(caller, id, &row, reason)).await
    }

    async fn save_vaccination(
        &self,
        caller: &Caller,
        id: Uuid,
        row: RowText,
        ticked: Option<String>,
    ) -> PortResult<Saved> {
        self.save_vaccination_step(caller, id, &row, ticked).await
    }

    async fn submit(
        &self,
        caller: &Caller,
        id: Uuid,
        revision: Option<String>,
    ) -> PortResult<Submitted> {
        self.submit_draft(caller, id, revision.as_deref()).await
    }

    async fn receipt(&self, caller: &Caller, reference: String) -> PortResult<Receipt> {
        self.show_receipt(caller, &reference).await
    }

    async fn registrations(
        &self,
        caller: &Caller,
        filter: RegistrationFilter,
        page: u32,
    ) -> PortResult<Page<RegistrationLine>> {
        self.list_registrations(caller, &filter, page).await
    }

    async fn registration(&self, caller: &Caller, id: Uuid) -> PortResult<RegistrationView> {
        self.show_registration(caller, id).await
    }

    async fn correct(
        &self,
        caller: &Caller,
        id: Uuid,
        row: RowText,
        reason: String,
        ticked: Option<String>,
        version: Option<u32>,
    ) -> PortResult<Corrected> {
        let typed = (&row, reason, ticked);
        brp::floor(self.correct_registration(caller, id, typed, version)).await
    }

    async fn withdraw(
        &self,
        caller: &Caller,
        id: Uuid,
        reason: String,
        consent_withdrawn: bool,
    ) -> PortResult<Withdrawn> {
        self.withdraw_registration(caller, id, reason, consent_withdrawn)
            .await
    }

    async fn restore(&self, caller: &Caller, id: Uuid, reason: String) -> PortResult<Restored> {
        self.restore_registration(caller, id, reason).await
    }

    async fn stand_by(&self, caller: &Caller, id: Uuid, why: String) -> PortResult<StoodBy> {
        self.stand_by_registration(caller, id, &why).await
    }
}

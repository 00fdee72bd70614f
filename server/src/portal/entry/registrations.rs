//! "Mijn registraties": the list and one registration with its versions. Own party only.

use super::super::{OrBroken, Portal, deliverer, event, words};
use super::change::withdraw_freely;
use super::draft::odd;
use crate::audit::{self, Kind};
use crate::intake::answer::told;
use crate::keys::Purpose;
use crate::store::products::Products;
use crate::store::registrations::{self, Filter, Line, Version};
use crate::store::{StoreError, party_tx, returned, worker_tx};
use app::ports::entry::{
    RegistrationFilter, RegistrationLine, RegistrationVersion, RegistrationView,
};
use app::ports::{Caller, PAGE_ROWS, Page, PortError, PortResult};
use domain::codes::NamedVaccine;
use domain::dates::{dutch, parse_full};
use domain::delivery::RowOutcome;
use domain::finding::Finding;
use domain::row::Column;
use time::Date;
use uuid::Uuid;

impl Portal {
    async fn products(&self, caller: &Caller) -> PortResult<Products> {
        let mut tx = worker_tx(&self.road.db).await.or_broken(caller)?;
        let products = Products::load(&mut tx, self.road.clock.day(self.road.clock.now()))
            .await
            .or_broken(caller)?;
        tx.rollback().await.or_broken(caller)?;
        Ok(products)
    }

    pub(super) async fn list_registrations(
        &self,
        caller: &Caller,
        filter: &RegistrationFilter,
        page: u32,
    ) -> PortResult<Page<RegistrationLine>> {
        let party = deliverer(caller)?;
        let products = self.products(caller).await?;
        let page = page.max(1);
        let filter = wanted(
            filter,
            &products,
            self.road.clock.day(self.road.clock.now()),
        );
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let total = registrations::total(&mut tx, party, &filter)
            .await
            .or_broken(caller)?;
        let offset = i64::from(page - 1) * i64::from(PAGE_ROWS);
        let lines = registrations::list(&mut tx, party, &filter, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let persons: Vec<Uuid> = lines.iter().filter_map(|line| line.person_id).collect();
        let items = lines
            .into_iter()
            .map(|line| self.line(line, &products))
            .collect::<Result<Vec<_>, _>>()
            .or_broken(caller)?;
        let event = event(caller, Kind::ListShown)
            .detail("list", "registrations")
            .detail("rows", items.len());
        audit::add(&mut tx, event.about(persons))
            .await
            .or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Page {
            items,
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    fn line(&self, line: Line, products: &Products) -> Result<RegistrationLine, StoreError> {
        let content = self.open_row(Purpose::Report, line.id, line.content_sealed)?;
        Ok(RegistrationLine {
            id: line.id,
            bsn_masked: words::masked(content.get(Column::Bsn)),
            date: line.vaccinated_on.map(dutch).unwrap_or_default(),
            vaccine: line
                .vaccine
                .map(|number| products.name(number))
                .unwrap_or_default(),
            batch: line.batch.unwrap_or_default(),
            dose: line
                .dose
                .and_then(|dose| u8::try_from(dose).ok())
                .unwrap_or_default(),
            outcome: RowOutcome::parse(&line.outcome)
                .ok_or_else(|| StoreError::Broken("outcome".to_owned()))?,
            corrected: line.version > 1 && line.mutation == "C",
            withdrawn: line.mutation == "V",
            recorded: words::moment(line.recorded_at),
            recorded_by: line.recorded_by.unwrap_or_default(),
        })
    }

    pub(super) async fn show_registration(
        &self,
        caller: &Caller,
        id: Uuid,
    ) -> PortResult<RegistrationView> {
        let party = deliverer(caller)?;
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let versions = registrations::versions(&mut tx, party, id)
            .await
            .or_broken(caller)?;
        let newest = versions.first().ok_or(PortError::NotFound)?;
        let withdrawn = newest.mutation == "V";
        let outcome = RowOutcome::parse(&newest.outcome).ok_or_else(|| odd(caller))?;
        let recorded = versions.last().map(|first| first.recorded_at);
        let may_restore = withdrawn_alone(&versions);
        let findings: Vec<Finding> =
            serde_json::from_value(newest.findings.clone()).unwrap_or_default();
        let reference = versions
            .iter()
            .find_map(|version| version.reference.clone())
            .unwrap_or_default();
        let persons: Vec<Uuid> = versions
            .iter()
            .filter_map(|version| version.person_id)
            .collect();
        let places = versions
            .iter()
            .map(|version| (version.delivery_id, version.row_number))
            .collect();
        let (earlier, bsns) = self
            .earlier(&mut tx, party, &places)
            .await
            .or_broken(caller)?;
        let shown = versions
            .into_iter()
            .map(|version| self.version(id, version))
            .collect::<Result<Vec<_>, _>>()
            .or_broken(caller)?;
        let asked = returned::about(&mut tx, party, id)
            .await
            .or_broken(caller)?;
        let may_stand_by = asked.as_ref().is_some_and(|asked| asked.stored);
        let message = match asked {
            Some(asked) => self
                .open_text(Purpose::Reason, asked.decision, Some(asked.message_sealed))
                .or_broken(caller)?,
            None => None,
        };
        let line = event(caller, Kind::RegistrationRead)
            .object("registration", id)
            .about(persons);
        let line = audit::about_typed(&self.road.db, line, bsns)
            .await
            .or_broken(caller)?;
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(RegistrationView {
            id,
            reference,
            outcome,
            // Repairs too: what differs from what was typed is listed (features F-X3).
            findings,
            message,
            versions: shown,
            earlier,
            may_change: !withdrawn,
            withdraw_freely: recorded.is_some_and(|at| withdraw_freely(at, self.road.clock.now())),
            may_restore,
            may_stand_by,
        })
    }

    fn version(&self, id: Uuid, version: Version) -> Result<RegistrationVersion, StoreError> {
        Ok(RegistrationVersion {
            number: u32::try_from(version.version).unwrap_or_default(),
            row: self.open_row(Purpose::Report, id, version.content_sealed)?,
            recorded: words::moment(version.recorded_at),
            recorded_by: version.recorded_by.unwrap_or_default(),
            reason: match version.withdrawal_id {
                // One reason for all that came with a delivery.
                Some(withdrawal) => {
                    self.open_text(Purpose::Reason, withdrawal, version.withdrawal_reason)?
                }
                None => self.open_text(Purpose::Reason, id, version.reason_sealed)?,
            },
            withdrawal: version.mutation == "V",
            rejected: version.rejected.then(|| told(version.told.as_deref())),
        })
    }
}

/// Withdrawn by its party, by itself, and what stood there before is of a delivery that still counts.
fn withdrawn_alone(versions: &[Version]) -> bool {
    let [newest, before, ..] = versions else {
        return false;
    };
    let origin = before.restores.unwrap_or(before.version);
    newest.mutation == "V"
        && newest.withdrawal_id.is_none()
        && !newest.unlinked
        && !newest.rejected
        && before.mutation != "V"
        && versions
            .iter()
            .any(|one| one.version == origin && !one.delivery_withdrawn)
}

/// The filter as the database wants it; what cannot be read is left out.
fn wanted(filter: &RegistrationFilter, products: &Products, today: Date) -> Filter {
    let date = |text: &Option<String>| {
        text.as_deref()
            .and_then(|text| parse_full(text, today.year()).ok())
    };
    let vaccine = filter.vaccin.as_deref().filter(|name| !name.is_empty());
    Filter {
        from: date(&filter.van),
        to: date(&filter.tot),
        vaccine: vaccine.map(|name| match products.lists().named(name) {
            NamedVaccine::Own(id) | NamedVaccine::Alias(id) => Products::number(id),
            // No product has this number: a name we do not know finds nothing.
            _ => -1,
        }),
        outcome: filter.uitkomst.map(|outcome| outcome.as_str().to_owned()),
    }
}

//! RIVM looks at refused and for-review rows of all parties. The list names no person; opening a row does,
//! and is audited.

use super::{OrBroken, Portal, event, reviewer, words};
use crate::audit::{self, Kind};
use crate::keys::Purpose;
use crate::store::review::{self, Delivered, Filter, Line, OpenCount};
use crate::store::{StoreError, party_tx};
use app::ports::review::{
    PartyNumbers, Review, ReviewFilter, ReviewLine, ReviewNumbers, ReviewView,
};
use app::ports::{Caller, PAGE_ROWS, Page, PortError, PortResult};
use domain::delivery::{Channel, RowOutcome};
use domain::finding::{Code, Finding};
use domain::matching::Match;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use time::Duration;
use uuid::Uuid;

/// What was delivered in so many days counts for the share of refused rows.
const DAYS: i64 = 28;
/// Causes that are named of a party.
const CAUSES: usize = 3;

#[async_trait::async_trait]
impl Review for Portal {
    async fn rows(
        &self,
        caller: &Caller,
        filter: ReviewFilter,
        page: u32,
    ) -> PortResult<Page<ReviewLine>> {
        reviewer(caller)?;
        let page = page.max(1);
        let filter = wanted(filter);
        let offset = i64::from(page - 1) * i64::from(PAGE_ROWS);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let total = review::total(&mut tx, &filter).await.or_broken(caller)?;
        let lines = review::list(&mut tx, &filter, i64::from(PAGE_ROWS), offset)
            .await
            .or_broken(caller)?;
        let ids: Vec<Uuid> = lines.iter().map(|line| line.id).collect();
        let notes = review::notes(&mut tx, &ids).await.or_broken(caller)?;
        let mut hidden: HashMap<Uuid, serde_json::Value> = notes
            .into_iter()
            .map(|(id, findings, _)| (id, findings))
            .collect();
        let items = lines.into_iter().map(|row| {
            let staff = hidden.remove(&row.id).unwrap_or_default();
            line(row, staff)
        });
        let items = items.collect::<Result<Vec<_>, _>>().or_broken(caller)?;
        let line = event(caller, Kind::ListShown)
            .detail("list", "review")
            .detail("rows", items.len());
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(Page {
            items,
            total: u64::try_from(total).unwrap_or_default(),
            page,
        })
    }

    async fn numbers(&self, caller: &Caller) -> PortResult<ReviewNumbers> {
        reviewer(caller)?;
        let since = self.road.clock.now() - Duration::days(DAYS);
        let mut tx = party_tx(&self.road.db, caller).await.or_broken(caller)?;
        let open = review::open_counts(&mut tx).await.or_broken(caller)?;
        let delivered = review::delivered(&mut tx, since).await.or_broken(caller)?;
        Ok(numbers(open, delivered))
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
        let view = ReviewView {
            row: self
                .open_row(Purpose::Row, id, opened.raw_sealed)
                .or_broken(caller)?,
            reason: self
                .open_text(Purpose::Reason, id, opened.reason_sealed)
                .or_broken(caller)?,
            match_note: matched.as_deref().and_then(note).map(str::to_owned),
            line: line(opened.line, findings).or_broken(caller)?,
            stored: opened.report_id.is_some(),
            delivery,
        };
        let mut line = event(caller, Kind::RowOpened)
            .object("row", id)
            .detail("delivery", delivery.to_string());
        if let Some(report) = opened.report_id {
            line = line.detail("registration", report.to_string());
        }
        // Known by MAC: a refused row has no person in the register.
        if let Some(mac) = self.mac_of(&view.row) {
            line = line.about_mac(&mac);
        }
        audit::add(&mut tx, line).await.or_broken(caller)?;
        tx.commit().await.or_broken(caller)?;
        Ok(view)
    }
}

impl Portal {
    pub(super) fn mac_of(&self, row: &domain::row::RowText) -> Option<crate::keys::Mac> {
        let digits: String = row
            .get(domain::row::Column::Bsn)
            .chars()
            .filter(char::is_ascii_digit)
            .collect();
        domain::bsn::Bsn::parse(&digits)
            .ok()
            .map(|bsn| self.road.keys.bsn_mac(&bsn))
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

fn line(row: Line, staff: serde_json::Value) -> Result<ReviewLine, StoreError> {
    let odd = || StoreError::Broken("row".to_owned());
    Ok(ReviewLine {
        id: row.id,
        party: row.party,
        channel: Channel::parse(&row.channel).ok_or_else(odd)?,
        row: u32::try_from(row.row_number).unwrap_or_default(),
        outcome: RowOutcome::parse(&row.outcome).ok_or_else(odd)?,
        findings: named(row.findings, staff)?,
        received: words::moment(row.received_at),
    })
}

/// Puts the counts in their places; those of most rows come first.
fn numbers(open: Vec<OpenCount>, delivered: Vec<Delivered>) -> ReviewNumbers {
    let number = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    let mut found = ReviewNumbers::default();
    let mut parties: BTreeMap<String, PartyNumbers> = BTreeMap::new();
    for count in open {
        let code = count.code.as_deref().and_then(|code| code.parse().ok());
        match (count.party, code, count.age) {
            (Some(party), None, _) => parties.entry(party).or_default().open = number(count.rows),
            (Some(party), Some(code), _) => {
                let causes = &mut parties.entry(party).or_default().causes;
                if causes.len() < CAUSES {
                    causes.push(code);
                }
            }
            (None, Some(code), _) => found.codes.push((code, number(count.rows))),
            (None, None, Some(age)) => {
                let place = usize::try_from(age).ok();
                if let Some(rows) = place.and_then(|place| found.ages.get_mut(place)) {
                    *rows = number(count.rows);
                }
            }
            (None, None, None) => {}
        }
    }
    for party in delivered {
        let told = parties.entry(party.party).or_default();
        (told.rows, told.refused) = (number(party.rows), number(party.refused));
    }
    let named = parties
        .into_iter()
        .map(|(party, numbers)| PartyNumbers { party, ..numbers });
    found.parties = named.collect();
    found
        .parties
        .sort_by_key(|party| (Reverse(party.open), Reverse(party.refused)));
    found
}

fn wanted(filter: ReviewFilter) -> Filter {
    Filter {
        party: filter.partij.filter(|code| !code.is_empty()),
        code: filter.code.map(|code| code.as_str().to_owned()),
        channel: filter.kanaal.map(|channel| channel.as_str().to_owned()),
        outcome: filter.uitkomst.map(|outcome| outcome.as_str().to_owned()),
    }
}

/// The match in words; nothing when there is nothing to say.
fn note(word: &str) -> Option<&'static str> {
    let found = Match::ALL
        .into_iter()
        .find(|found| found.as_str() == word)?;
    match found {
        Match::Gevonden => None,
        Match::NaamWijktAf => Some("De naam wijkt af van de BRP."),
        Match::DatumAnders => Some("De geboortedatum wijkt af van de BRP."),
        Match::NietGevonden => Some("Dit BSN staat niet in de BRP."),
        Match::NietUniek => Some("Dit BSN staat op meer dan één persoonslijst."),
        Match::Overleden => Some("Volgens de BRP was deze persoon al overleden."),
        Match::Geemigreerd => Some("Deze persoon is geëmigreerd."),
        Match::Rni => Some("Deze persoon staat in het register van niet-ingezetenen."),
        Match::Overig => Some("De persoonslijst is om een andere reden opgeschort."),
        Match::Uitgesteld => Some("De BRP was niet actueel; de controle volgt nog."),
        Match::ZonderBsn => Some("Deze regel heeft geen BSN."),
    }
}

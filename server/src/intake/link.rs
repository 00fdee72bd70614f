//! Linking a row to a person of the BRP (features F10, F53): who it may be, and what a link comes to.
//!
//! What is looked for is what the row says, and nothing else: nobody searches the BRP here. What the row said stays as it was
//! delivered. Its registration gets a version about the person that was found, by the road of mending, so that the rules on
//! doubles and intervals are those of any row; its sender learns nothing that follows from that person.

use super::Road;
use super::decide::Rows;
use super::matching::candidate;
use super::mend::{self, Became, Done, Mended, Mending, Typed};
use crate::keys::{Mac, Purpose, Sealed};
use crate::store::brp_people::{self, Listed, Wanted};
use crate::store::decisions::{self, Decision, LinkedRow};
use crate::store::register;
use crate::store::{StoreError, WorkerTx};
use domain::bsn::{Bsn, nine_digits};
use domain::dates::{PartialDate, parse_partial};
use domain::delivery::RowOutcome;
use domain::finding::{Code, Finding};
use domain::matching::{Likeness, MOST_CANDIDATES, NameParts, Sought, likeness};
use domain::row::{Column, Postcode, RowText};
use domain::suggestion::swapped_bsns;
use std::collections::HashMap;
use time::Date;
use uuid::Uuid;

/// Candidates that are asked whether their BSN is theirs alone, before the first few are shown.
const LOOKED_AT: usize = 20;

/// Somebody of the BRP who may be the person of a row.
pub struct Found {
    /// The list.
    pub listed: Listed,
    /// What it has in common with the row.
    pub like: Likeness,
    /// Vaccinations that count for this person.
    pub counting: i64,
}

/// Who of the BRP may be the person of a row, the most alike first; and whether there are more.
///
/// # Errors
/// When the database fails.
pub async fn candidates(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    row: &RowText,
    today: Date,
) -> Result<(Vec<Found>, bool), StoreError> {
    let (mut found, mut more) = alike(road, tx, row, today, None).await?;
    found.retain(|one| one.2);
    more |= found.len() > MOST_CANDIDATES;
    found.truncate(MOST_CANDIDATES);
    Ok((counted(tx, found).await?, more))
}

/// One list as a candidate of a row, however many there are; `None` when it is none (any more).
///
/// # Errors
/// When the database fails.
pub async fn chosen(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    row: &RowText,
    today: Date,
    pl_id: &str,
) -> Result<Option<Found>, StoreError> {
    let (found, _) = alike(road, tx, row, today, Some(pl_id)).await?;
    let found = found.into_iter().filter(|one| one.2).collect();
    Ok(counted(tx, found).await?.pop())
}

/// A list, what it has in common, and whether its BSN is on this list alone.
type Alike = (Listed, Likeness, bool);

async fn alike(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    row: &RowText,
    today: Date,
    only: Option<&str>,
) -> Result<(Vec<Alike>, bool), StoreError> {
    let cell = |column| row.get(column).trim();
    let birth_date =
        parse_partial(cell(Column::Geboortedatum), today.year()).unwrap_or(PartialDate::Unknown);
    let postcode = Postcode::parse(cell(Column::Postcode));
    let number: Option<i32> = cell(Column::Huisnummer).parse().ok();
    let bsn = Bsn::in_text(cell(Column::Bsn)).map(|bsn| road.keys.bsn_mac(&bsn));
    // Whom digits that changed places point at is looked at by name and birth date as anybody: what is the same is not the BSN.
    let digits = nine_digits(cell(Column::Bsn)).unwrap_or_default();
    let swapped = swapped_bsns(&digits).into_iter();
    let swapped = swapped.map(|one| road.keys.bsn_mac(&one.bsn));
    let sought = Sought {
        birth_date,
        name: NameParts::own(cell(Column::Achternaam), cell(Column::Voorvoegsel)),
        address: postcode.as_ref().map(Postcode::as_str).zip(number),
    };
    let wanted = match only {
        Some(pl_id) => Wanted {
            pl_id: Some(pl_id.to_owned()),
            ..Wanted::default()
        },
        None => Wanted {
            bsn: bsn
                .into_iter()
                .chain(swapped)
                .map(|mac| mac.bytes.to_vec())
                .collect(),
            born: born(birth_date),
            postcode: postcode.map(|postcode| postcode.as_str().to_owned()),
            number,
            pl_id: None,
        },
    };
    let mut found: Vec<(Listed, Likeness)> = brp_people::find(tx, &wanted)
        .await?
        .into_iter()
        .filter_map(|listed| {
            let list = &listed.list;
            let address = list.postcode.as_deref().zip(list.house_number);
            let same_bsn = bsn.is_some_and(|mac| list.bsn_mac.as_deref() == Some(&mac.bytes[..]));
            let like = likeness(sought, &candidate(list), address, same_bsn)?;
            Some((listed, like))
        })
        .collect();
    found.sort_by(|one, other| one.1.order(&other.1));
    let more = found.len() > LOOKED_AT;
    found.truncate(LOOKED_AT);
    let macs: Vec<Vec<u8>> = found
        .iter()
        .filter_map(|(listed, _)| listed.list.bsn_mac.clone())
        .collect();
    let mut lists: HashMap<Vec<u8>, usize> = HashMap::new();
    for list in register::brp_by_bsn(tx, &macs).await? {
        // Lists F and W are nobody.
        if !matches!(list.suspension_reason.as_deref(), Some("F" | "W")) {
            *lists.entry(list.bsn_mac.unwrap_or_default()).or_default() += 1;
        }
    }
    let alone = |listed: &Listed| {
        let mac = listed.list.bsn_mac.as_ref();
        mac.and_then(|mac| lists.get(mac)) == Some(&1)
    };
    let found = found.into_iter().map(|(listed, like)| {
        let alone = alone(&listed);
        (listed, like, alone)
    });
    Ok((found.collect(), more))
}

async fn counted(tx: &mut WorkerTx<'_>, found: Vec<Alike>) -> Result<Vec<Found>, StoreError> {
    let macs: Vec<Vec<u8>> = found
        .iter()
        .filter_map(|(listed, ..)| listed.list.bsn_mac.clone())
        .collect();
    let keys: Vec<String> = found.iter().map(|one| one.0.mac_key.clone()).collect();
    let counts: HashMap<Vec<u8>, i64> = brp_people::counting(tx, &keys, &macs)
        .await?
        .into_iter()
        .collect();
    let found = found.into_iter().map(|(listed, like, _)| Found {
        counting: listed
            .list
            .bsn_mac
            .as_ref()
            .and_then(|mac| counts.get(mac).copied())
            .unwrap_or_default(),
        listed,
        like,
    });
    Ok(found.collect())
}

/// Dates of birth in the BRP that may be the delivered one. Of a year alone there would be a hundred thousand persons: then
/// only the address leads to somebody.
fn born(date: PartialDate) -> Vec<String> {
    match date {
        PartialDate::Full(date) => {
            let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
            vec![
                format!("{year:04}{month:02}{day:02}"),
                format!("{year:04}{month:02}00"),
                format!("{year:04}0000"),
            ]
        }
        PartialDate::YearMonth(year, month) => {
            let month = u8::from(month);
            let days = (0..=31).map(|day| format!("{year:04}{month:02}{day:02}"));
            days.chain([format!("{year:04}0000")]).collect()
        }
        PartialDate::Year(_) | PartialDate::Unknown => Vec::new(),
    }
}

/// What a link comes to.
pub struct Link {
    /// What became of the row.
    pub outcome: RowOutcome,
    /// Its findings, as RIVM sees them.
    pub findings: Vec<Finding>,
    /// What the road of mending did.
    pub done: Done,
    /// Vaccinations that counted for the person before, and that count now.
    pub counting: (i64, i64),
}

impl Link {
    /// The row is stored about the person, or would be: nothing else is wrong with it. Or the same row stands there under that
    /// person already.
    #[must_use]
    pub fn holds(&self) -> bool {
        let mut codes = self.findings.iter().map(|finding| finding.code);
        let known = self.outcome == RowOutcome::Dubbel && codes.any(|code| code == Code::D03);
        self.outcome.is_stored() || known
    }
}

/// Links a row, and goes back when it would be refused all the same; `None` when the row changed since, or its delivery is
/// being withdrawn.
///
/// # Errors
/// When the database fails.
pub async fn link(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
    bsn: Bsn,
) -> Result<Option<Link>, StoreError> {
    tx.mark().await?;
    let link = try_link(road, tx, decision, delivery, rows, bsn).await?;
    if !link.as_ref().is_some_and(Link::holds) {
        tx.go_back().await?;
    }
    Ok(link)
}

/// What [`link`] would come to; nothing is kept.
///
/// # Errors
/// When the database fails.
pub async fn foresee(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
    bsn: Bsn,
) -> Result<Option<Link>, StoreError> {
    tx.mark().await?;
    let link = try_link(road, tx, decision, delivery, rows, bsn).await;
    tx.go_back().await?;
    link
}

async fn try_link(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
    bsn: Bsn,
) -> Result<Option<Link>, StoreError> {
    let mac = road.keys.bsn_mac(&bsn);
    let before = counting(tx, &mac).await?;
    let Some(judged) = judge_anew(road, tx, decision, delivery, rows, Some(bsn)).await? else {
        return Ok(None);
    };
    let (outcome, findings, done) = judged;
    Ok(Some(Link {
        outcome,
        findings,
        counting: (before, counting(tx, &mac).await?),
        done,
    }))
}

/// The row by the road of mending, about who RIVM found or, without, whom its sender said: outcome, findings as RIVM sees
/// them, and what was done.
async fn judge_anew(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    delivery: Uuid,
    rows: &Rows,
    bsn: Option<Bsn>,
) -> Result<Option<(RowOutcome, Vec<Finding>, Done)>, StoreError> {
    let typed = rows.iter().map(|(number, id)| Typed {
        number: u32::try_from(*number).unwrap_or_default(),
        seen: *id,
        linked: Some((decision.id, bsn)),
        ..Typed::default()
    });
    let mending = Mending {
        delivery,
        party: decision.party_id,
        by: decision.asked_by,
        staff: true,
        asks: None,
        foresee: false,
        decision: Some(decision.id),
        again: false,
        as_of: None,
        rows: typed.collect(),
    };
    let Mended::Done(mut done) = mend::mend(road, tx, mending).await? else {
        return Ok(None);
    };
    let Some((_, Became::Judged(outcome, _))) = done.rows.first() else {
        return Ok(None);
    };
    let outcome = *outcome;
    let findings = std::mem::take(&mut done.of_linked);
    Ok(Some((outcome, findings, done)))
}

/// Undoes a link: the row is judged as its sender said it, and the person that was found has it no more. `None`, and nothing
/// done, when the link holds no longer or its delivery is being withdrawn.
///
/// # Errors
/// When the database fails.
pub async fn unlink(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    link: Uuid,
) -> Result<Option<Link>, StoreError> {
    tx.mark().await?;
    let undone = try_unlink(road, tx, decision, link).await?;
    if undone.is_none() {
        tx.go_back().await?;
    }
    Ok(undone)
}

/// What [`unlink`] would come to, and the number of the row; nothing is kept.
///
/// # Errors
/// When the database fails.
pub async fn foresee_unlink(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    link: Uuid,
) -> Result<Option<(Uuid, Link)>, StoreError> {
    let row = decisions::linked_row(tx, link).await?.map(|row| row.id);
    tx.mark().await?;
    let undone = try_unlink(road, tx, decision, link).await;
    tx.go_back().await?;
    Ok(row.zip(undone?))
}

async fn try_unlink(
    road: &Road,
    tx: &mut WorkerTx<'_>,
    decision: &Decision,
    link: Uuid,
) -> Result<Option<Link>, StoreError> {
    let Some(row) = decisions::linked_row(tx, link).await? else {
        return Ok(None);
    };
    let LinkedRow {
        report,
        person,
        counting: before,
        ..
    } = row;
    let rows = vec![(row.row_number, row.id)];
    let judged = judge_anew(road, tx, decision, row.delivery_id, &rows, None).await?;
    let Some((outcome, findings, mut done)) = judged else {
        return Ok(None);
    };
    // Whatever it came to, nothing stands under the person that was found.
    if decisions::stands_by_link(tx, link).await? {
        return Ok(None);
    }
    decisions::mark_undone(tx, report, decision.id).await?;
    done.persons.push(person);
    let after = decisions::counting_of(tx, &[person]).await?;
    let after = after.first().map_or(0, |(_, number)| *number);
    Ok(Some(Link {
        outcome,
        findings,
        counting: (before, after),
        done,
    }))
}

async fn counting(tx: &mut WorkerTx<'_>, mac: &Mac) -> Result<i64, StoreError> {
    let found = brp_people::counting(tx, &[mac.key_id()], &[mac.bytes.to_vec()]).await?;
    Ok(found.first().map_or(0, |(_, number)| *number))
}

/// The BSN on a list.
///
/// # Errors
/// When it cannot be opened.
pub fn bsn_of(road: &Road, listed: &Listed) -> Result<Bsn, StoreError> {
    let broken = || StoreError::Broken("list of the BRP".to_owned());
    let purpose = Purpose::BrpBsn.of(listed.pl_id.as_bytes());
    let sealed = Sealed::from_bytes(listed.bsn_enc.clone());
    let plain = road.keys.open(&sealed, &purpose).map_err(|_| broken())?;
    std::str::from_utf8(&plain)
        .ok()
        .and_then(|text| Bsn::parse(text).ok())
        .ok_or_else(broken)
}

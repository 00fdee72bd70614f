//! Rules B10-B14: a row against the local copy of the BRP.
//!
//! What `domain` says of the match goes to RIVM as a note; the sender gets a code that is the same for
//! an unknown BSN, another birth date and a BSN on two lists.

use super::{Incoming, Told, Verdict};
use crate::store::register::BrpList;
use domain::dates::PartialDate;
use domain::finding::{Code, Finding, Severity};
use domain::matching::{Asked, Candidate, Match, NameParts, Suspension, Thresholds};
use domain::row::{Column, Vaccination};
use std::collections::HashMap;
use time::Date;
use uuid::Uuid;

/// The local copy of the BRP, as far as a chunk needs it.
#[derive(Default)]
pub struct BrpFacts {
    /// The copy is missing or too old: nothing is held against it now.
    pub late: bool,
    /// A BSN that it does not know is not held against it: test persons are in no real copy.
    pub lenient: bool,
    /// Lists that may be the person, per person of the chunk.
    pub lists: HashMap<Uuid, Vec<BrpList>>,
}

/// What `domain` says of somebody and these lists.
#[must_use]
pub fn compare(
    asked: Asked<'_>,
    lists: &[BrpList],
    on: Date,
    late: bool,
) -> domain::matching::Judged {
    let candidates: Vec<Candidate<'_>> = lists.iter().map(candidate).collect();
    domain::matching::judge(asked, &candidates, on, late, Thresholds::default())
}

pub(in crate::intake) fn candidate(list: &BrpList) -> Candidate<'_> {
    let date = |text: &Option<String>| text.as_deref().and_then(PartialDate::from_lo3);
    Candidate {
        birth_date: date(&list.birth_date).unwrap_or(PartialDate::Unknown),
        name: NameParts {
            surname: list.surname.as_deref().unwrap_or_default(),
            prefix: list.prefix.as_deref().unwrap_or_default(),
            partner_surname: list.partner_surname.as_deref().unwrap_or_default(),
            partner_prefix: list.partner_prefix.as_deref().unwrap_or_default(),
        },
        suspension: list
            .suspension_reason
            .as_deref()
            .and_then(Suspension::parse),
        death: date(&list.death_date),
        secret: list.secret,
    }
}

/// Judges one row; adds what it found to the verdict.
pub(super) fn judge(jab: &Vaccination, row: &Incoming, brp: &BrpFacts, verdict: &mut Verdict) {
    let lists = row
        .person
        .and_then(|person| brp.lists.get(&person))
        .map_or(&[][..], Vec::as_slice);
    if row.by_rivm() {
        return found_by_rivm(jab, lists, verdict);
    }
    let late = brp.late || row.unasked || (brp.lenient && lists.is_empty());
    let judged = compare(Asked::from(jab.person()), lists, jab.date(), late);
    verdict.note = Some(judged.result.as_str());
    let asked = jab.person().bsn().is_some() && !late;
    verdict.matched = asked.then(|| judged.result.is_matched());
    for finding in judged.findings() {
        verdict.told.push(told(finding, row.reason.is_some()));
    }
}

/// Two people of RIVM saw the list: what the row says of its person is not held against it again, only what no list can
/// say of a living one (rule B12).
fn found_by_rivm(jab: &Vaccination, lists: &[BrpList], verdict: &mut Verdict) {
    let (result, died) = of_found(lists, jab.date());
    verdict.note = Some(result.as_str());
    verdict.told.extend(died.map(|finding| told(finding, true)));
}

/// What the BRP says of whom RIVM found: the match, and that they had died.
fn of_found(lists: &[BrpList], on: Date) -> (Match, Option<Finding>) {
    let Some(list) = lists.iter().find(|list| !is_nobody(list)) else {
        return (Match::Gevonden, None);
    };
    let candidate = candidate(list);
    let asked = Asked {
        has_bsn: true,
        birth_date: candidate.birth_date,
        name: candidate.name,
    };
    let judged = compare(asked, std::slice::from_ref(list), on, false);
    let mut findings = judged.findings().into_iter();
    let died = findings.find(|finding| finding.code == Code::B12);
    (judged.result, died)
}

/// Lists F and W.
fn is_nobody(list: &BrpList) -> bool {
    matches!(list.suspension_reason.as_deref(), Some("F" | "W"))
}

/// What the BRP says of a row that was stored before it could be asked.
pub struct Again {
    /// The match.
    pub result: Match,
    /// Findings as they are, for RIVM.
    pub findings: Vec<Finding>,
    /// Findings as the sender may see them.
    pub shown: Vec<Finding>,
}

/// Judges it after all; as it is stored, nothing refuses it any more.
#[must_use]
pub fn brp_again(asked: Asked<'_>, lists: &[BrpList], on: Date) -> Again {
    let judged = compare(asked, lists, on, false);
    Again::of(judged.result, judged.findings())
}

/// The same of a registration whose person RIVM found.
#[must_use]
pub fn brp_again_of_found(lists: &[BrpList], on: Date) -> Again {
    let (result, died) = of_found(lists, on);
    Again::of(result, died)
}

impl Again {
    fn of(result: Match, found: impl IntoIterator<Item = Finding>) -> Self {
        let mut again = Self {
            result,
            findings: Vec::new(),
            shown: Vec::new(),
        };
        for finding in found {
            match told(finding, true) {
                Told::Same(finding) => {
                    again.shown.push(finding.clone());
                    again.findings.push(finding);
                }
                Told::Hidden(finding) => {
                    again.shown.push(Finding::whole(Code::B19));
                    again.findings.push(finding);
                }
                Told::OnlySender(finding) => again.shown.push(finding),
            }
        }
        again
    }
}

fn told(finding: Finding, goes_on: bool) -> Told {
    let at = |column| Finding {
        column: Some(column),
        ..finding.clone()
    };
    match finding.code {
        // Only after BSN and birth date both matched, and never what the BRP says (domain facts §6.4).
        Code::B11 => Told::Same(at(Column::Achternaam)),
        Code::B12 => Told::Hidden(at(Column::Vaccinatiedatum)),
        Code::B14 => Told::Same(at(Column::GeenBsnReden)),
        Code::B10 if goes_on => Told::Same(at(Column::Bsn).severe(Severity::Controle)),
        _ => Told::Same(at(Column::Bsn)),
    }
}

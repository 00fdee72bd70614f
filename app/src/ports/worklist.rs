//! The list of a round through a ward (features F05): whom somebody is going to vaccinate, and who was done.
//!
//! Each user has one at each institution, sealed, 24 hours. Asking the BRP about it spends the same budgets as the form.

use super::BrpAge;
use super::entry::EarlierJab;
#[cfg(feature = "ssr")]
use super::{Caller, PortResult};
use domain::finding::{Code, Finding};
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use uuid::Uuid;

/// Where somebody on the list stands.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum Stands {
    /// To do.
    Open,
    /// Recorded by this institution since the day of the list.
    Recorded,
    /// BSN and birth date do not belong together, or are unknown: one answer (security §4.6).
    NotMatchable,
    /// The BRP was not asked yet: the budget ended.
    NotAsked,
    /// BSN or birth date is wrong: what the rules say.
    Wrong(Vec<Finding>),
}

/// A person on the list.
#[derive(Clone, Serialize, Deserialize)]
pub struct WorklistLine {
    /// Number of the line as it was pasted.
    pub number: u32,
    /// `*****1234`, or what was typed when that is no BSN.
    pub bsn: String,
    /// Birth date as typed.
    pub birth_date: String,
    /// Where it stands.
    pub stands: Stands,
    /// Newest registration of this person by the own institution.
    pub newest: Option<EarlierJab>,
}

/// A list.
#[derive(Clone, Serialize, Deserialize)]
pub struct WorklistView {
    /// "14:05".
    pub made: String,
    /// The copy of the BRP that they are held against.
    pub brp: BrpAge,
    /// In the order they were pasted.
    pub lines: Vec<WorklistLine>,
}

impl WorklistView {
    /// How many stand so.
    #[must_use]
    pub fn count(&self, stands: &Stands) -> usize {
        let same = std::mem::discriminant(stands);
        self.lines
            .iter()
            .filter(|line| std::mem::discriminant(&line.stands) == same)
            .count()
    }
}

/// After pasting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Made {
    /// There is a list now.
    Done,
    /// Not one line with a number.
    Empty,
    /// More than [`domain::worklist::MOST`] lines.
    TooLong,
    /// There is a list now; hidden rows of the workbook were left out.
    WithoutHidden,
    /// The file cannot be read as a list: the rule that refuses it.
    Refused(Code),
    /// The file cannot be looked at now: the scanner is away.
    Later,
}

/// Where making a list leads: to it, or back with a word under this name.
#[must_use]
pub fn made_path(made: Made, name: &str) -> String {
    let word = match made {
        Made::Done => return "/werklijst".to_owned(),
        Made::WithoutHidden => return "/werklijst?melding=verborgen".to_owned(),
        Made::Empty => "leeg",
        Made::TooLong => "lang",
        Made::Later => "later",
        Made::Refused(code) => code.as_str(),
    };
    format!("/werklijst?nieuw=1&{name}={word}#foutoverzicht")
}

/// The list of a round (roles invoerder, instellingsbeheerder).
#[cfg(feature = "ssr")]
#[async_trait::async_trait]
pub trait Worklists: Send + Sync {
    /// The list of this user here (audited).
    async fn worklist(&self, caller: &Caller) -> PortResult<Option<WorklistView>>;
    /// How many of it are to do; `None` without a list (audited).
    async fn open_on_worklist(&self, caller: &Caller) -> PortResult<Option<usize>>;
    /// Makes it from pasted text, in place of an earlier one, and asks the BRP as far as the budget goes. The caller
    /// says that all of them consented: nobody else may be on it.
    async fn make_worklist(&self, caller: &Caller, text: String) -> PortResult<Made>;
    /// The same of a file (CSV, XLSX or ODS): BSN and birth date, and nothing else of it.
    async fn make_worklist_of_file(&self, caller: &Caller, content: Vec<u8>) -> PortResult<Made>;
    /// Asks the BRP about those of whom it was not asked yet. `TooMany` when the budget is still used up.
    async fn ask_further(&self, caller: &Caller) -> PortResult<()>;
    /// Throws it away.
    async fn discard_worklist(&self, caller: &Caller) -> PortResult<()>;
    /// A draft for somebody on it, or for the next one who is open; `same_as` keeps the vaccination of a receipt.
    /// `None` when nobody is open.
    async fn begin_from_worklist(
        &self,
        caller: &Caller,
        number: Option<u32>,
        same_as: Option<String>,
    ) -> PortResult<Option<Uuid>>;
}

//! The request for a new party (features F79): what is asked for, and what is wrong with it. Whether a code or a number is
//! taken already only the register knows.

use crate::delivery::Channel;
use crate::party::{Agb, codes};
use crate::row::Column;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Longest name, purpose and contact, in characters.
pub const NAME_CHARS: usize = 100;
/// Longest purpose.
pub const PURPOSE_CHARS: usize = 200;
/// Longest contact.
pub const CONTACT_CHARS: usize = 200;
/// Most columns besides those of the format.
pub const MOST_COLUMNS: usize = 30;
/// Longest text of a field that is kept.
const FIELD_CHARS: usize = 3_000;
/// Longest name of a column.
const COLUMN_CHARS: usize = 60;

codes!(
    /// What an institution is.
    PartyKind {
        /// Nursing home.
        Verpleeghuis = "verpleeghuis", "Verpleeghuis";
        /// Hospital.
        Ziekenhuis = "ziekenhuis", "Ziekenhuis";
        /// General practice.
        Huisarts = "huisarts", "Huisartsenpraktijk";
        /// Occupational health service.
        Arbodienst = "arbodienst", "Arbodienst";
        /// Municipal health service.
        Ggd = "ggd", "GGD";
        /// Any other.
        Instelling = "instelling", "Andere instelling";
    }
);

impl PartyKind {
    /// First two digits of its AGB codes, where they are certain (domain §5).
    const fn agb_kind(self) -> Option<&'static str> {
        match self {
            Self::Huisarts => Some("01"),
            Self::Ziekenhuis => Some("06"),
            Self::Verpleeghuis | Self::Arbodienst | Self::Ggd | Self::Instelling => None,
        }
    }
}

/// A request as it is typed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PartyForm {
    /// Name of the institution.
    pub name: String,
    /// Short code, as in names of files.
    pub code: String,
    /// One of [`PartyKind`].
    pub kind: String,
    /// AGB code.
    pub agb: String,
    /// Code of the party in between; empty without one.
    pub intermediary: String,
    /// Name of a party in between that is not known yet.
    pub between_name: String,
    /// Its short code.
    pub between_code: String,
    /// One of [`Channel`].
    pub channel: String,
    /// Columns besides those of the format, separated by commas or lines.
    pub columns: String,
    /// What the data is used for.
    pub purpose: String,
    /// Whom to ask at the institution.
    pub contact: String,
}

/// What is wrong with a request, in the order of its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Fault {
    /// No name, or too long.
    Name,
    /// Not 2 to 20 capitals and digits.
    Code,
    /// Another party has this code.
    CodeTaken,
    /// No kind.
    Kind,
    /// Not 8 digits, or all zero.
    Agb,
    /// Not of this kind of institution.
    AgbKind,
    /// Of another party.
    AgbTaken,
    /// No channel.
    Channel,
    /// A party in between does not type on our screens.
    Between,
    /// A known party in between, and a new one.
    BetweenTwice,
    /// A new party in between without a name, or with one that is too long.
    BetweenName,
    /// Its code is not 2 to 20 capitals and digits, or that of the party itself.
    BetweenCode,
    /// Another party has its code.
    BetweenTaken,
    /// A column of the format, too long, or too many.
    Columns,
    /// No purpose.
    Purpose,
    /// Nobody to ask.
    Contact,
}

/// The party in between that a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Between {
    /// Known already, by its code.
    Known(String),
    /// To be judged with this request.
    New {
        /// Its name.
        name: String,
        /// Its short code.
        code: String,
    },
}

/// A request without a fault, as far as its own words tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewParty {
    /// Name of the institution.
    pub name: String,
    /// Short code.
    pub code: String,
    /// What it is.
    pub kind: PartyKind,
    /// AGB code.
    pub agb: Agb,
    /// The party in between.
    pub between: Option<Between>,
    /// The channel.
    pub channel: Channel,
    /// Columns besides those of the format.
    pub columns: Vec<String>,
    /// What the data is used for.
    pub purpose: String,
}

impl fmt::Debug for PartyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PartyForm(…)")
    }
}

impl PartyForm {
    /// What is kept of it: no field longer than anybody types.
    #[must_use]
    pub fn kept(mut self) -> Self {
        for field in [
            &mut self.name,
            &mut self.code,
            &mut self.kind,
            &mut self.agb,
            &mut self.intermediary,
            &mut self.between_name,
            &mut self.between_code,
            &mut self.channel,
            &mut self.columns,
            &mut self.purpose,
            &mut self.contact,
        ] {
            *field = field.chars().take(FIELD_CHARS).collect();
        }
        self
    }

    /// Reads it.
    ///
    /// # Errors
    /// Every fault, one for each field.
    pub fn read(&self) -> Result<NewParty, Vec<Fault>> {
        let mut faults = Vec::new();
        let short = |text: &str, most: usize| {
            let text = text.trim();
            !text.is_empty() && text.chars().count() <= most
        };
        let mut unless = |holds: bool, fault: Fault| {
            if !holds {
                faults.push(fault);
            }
        };
        unless(short(&self.name, NAME_CHARS), Fault::Name);
        let code = code_of(&self.code);
        unless(fits(&code), Fault::Code);
        let kind = PartyKind::parse(&self.kind);
        unless(kind.is_some(), Fault::Kind);
        let agb = Agb::parse(self.agb.trim()).filter(|agb| *agb != Agb::NONE);
        unless(agb.is_some(), Fault::Agb);
        let of_kind = match (agb, kind.and_then(PartyKind::agb_kind)) {
            (Some(agb), Some(first)) => agb.as_str().starts_with(first),
            _ => true,
        };
        unless(of_kind, Fault::AgbKind);
        let channel = Channel::parse(&self.channel);
        unless(channel.is_some(), Fault::Channel);
        let known = !self.intermediary.is_empty();
        let between_code = code_of(&self.between_code);
        let another = !self.between_name.trim().is_empty() || !between_code.is_empty();
        let typed = channel.is_some_and(Channel::is_portal);
        unless(!(typed && (known || another)), Fault::Between);
        unless(!(known && another), Fault::BetweenTwice);
        if another {
            unless(short(&self.between_name, NAME_CHARS), Fault::BetweenName);
            unless(
                fits(&between_code) && between_code != code,
                Fault::BetweenCode,
            );
        }
        let columns = columns(&self.columns);
        unless(columns.is_some(), Fault::Columns);
        unless(short(&self.purpose, PURPOSE_CHARS), Fault::Purpose);
        unless(short(&self.contact, CONTACT_CHARS), Fault::Contact);
        match (kind, agb, channel, columns) {
            (Some(kind), Some(agb), Some(channel), Some(columns)) if faults.is_empty() => {
                Ok(NewParty {
                    name: self.name.trim().to_owned(),
                    code,
                    kind,
                    agb,
                    between: if known {
                        Some(Between::Known(self.intermediary.clone()))
                    } else {
                        another.then(|| Between::New {
                            name: self.between_name.trim().to_owned(),
                            code: between_code,
                        })
                    },
                    channel,
                    columns,
                    purpose: self.purpose.trim().to_owned(),
                })
            }
            _ => Err(faults),
        }
    }
}

/// A short code as it is kept.
#[must_use]
pub fn code_of(text: &str) -> String {
    text.trim().to_ascii_uppercase()
}

/// Whether it can be the short code of a party.
fn fits(code: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (2..=20).contains(&code.len()) && code.bytes().all(fits)
}

/// Names of columns besides those of the format; none when one of them cannot be asked for.
fn columns(text: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    let parts = text.split([',', ';', '\n']).map(str::trim);
    for name in parts.filter(|name| !name.is_empty()) {
        let ours = Column::ALL
            .iter()
            .any(|column| column.name().eq_ignore_ascii_case(name));
        if ours || name.chars().count() > COLUMN_CHARS || name.chars().any(char::is_control) {
            return None;
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    (names.len() <= MOST_COLUMNS).then_some(names)
}

/// Where a part of a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskState {
    /// Done.
    Done,
    /// Somebody has to do it.
    Todo,
    /// Something else has to be done before.
    NotYet,
    /// This channel does not need it.
    NotNeeded,
    /// It ended here.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> PartyForm {
        PartyForm {
            name: " Verpleeghuis Lindehof ".into(),
            code: "lindehof".into(),
            kind: "verpleeghuis".into(),
            agb: "47470009".into(),
            channel: "sftp".into(),
            intermediary: "ZORGSOFT".into(),
            columns: "kamer, afdeling\nkamer".into(),
            purpose: "vaccinatieregistratie".into(),
            contact: "Anne de Boer, 070 000 00 00".into(),
            ..PartyForm::default()
        }
    }

    #[test]
    fn a_good_request_is_read_as_it_was_meant() {
        let read = good().read().unwrap();
        assert_eq!(
            (read.name.as_str(), read.code.as_str()),
            ("Verpleeghuis Lindehof", "LINDEHOF")
        );
        assert_eq!(read.columns, ["afdeling", "kamer"]);
        assert_eq!(read.between, Some(Between::Known("ZORGSOFT".into())));
    }

    #[test]
    fn a_party_in_between_that_is_new_has_a_name_and_a_code() {
        let mut form = good();
        form.intermediary.clear();
        (form.between_name, form.between_code) = (" Nieuwsoft ".into(), "nieuwsoft".into());
        let new = Between::New {
            name: "Nieuwsoft".into(),
            code: "NIEUWSOFT".into(),
        };
        assert_eq!(form.read().unwrap().between, Some(new));
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let faults = PartyForm::default().read().unwrap_err();
        assert_eq!(
            faults,
            [
                Fault::Name,
                Fault::Code,
                Fault::Kind,
                Fault::Agb,
                Fault::Channel,
                Fault::Purpose,
                Fault::Contact
            ]
        );
        type Spoil = fn(&mut PartyForm);
        let cases: [(Spoil, Fault); 13] = [
            (|form| form.code = "LINDE-HOF".into(), Fault::Code),
            (|form| form.code = "A".into(), Fault::Code),
            (|form| form.agb = "4747000".into(), Fault::Agb),
            (|form| form.agb = "00000000".into(), Fault::Agb),
            (|form| form.kind = "huisarts".into(), Fault::AgbKind),
            (|form| form.kind = "rivm".into(), Fault::Kind),
            (|form| form.channel = "upload".into(), Fault::Between),
            (|form| form.columns = "kamer, BSN".into(), Fault::Columns),
            (|form| form.name = "n".repeat(101), Fault::Name),
            (
                |form| (form.between_name, form.between_code) = ("Nieuw".into(), "NIEUW".into()),
                Fault::BetweenTwice,
            ),
            (
                |form| (form.intermediary, form.between_code) = (String::new(), "NIEUW".into()),
                Fault::BetweenName,
            ),
            (
                |form| (form.intermediary, form.between_name) = (String::new(), "Nieuw".into()),
                Fault::BetweenCode,
            ),
            (
                |form| {
                    form.intermediary.clear();
                    (form.between_name, form.between_code) = ("Nieuw".into(), "LINDEHOF".into());
                },
                Fault::BetweenCode,
            ),
        ];
        for (spoil, fault) in cases {
            let mut form = good();
            spoil(&mut form);
            assert_eq!(form.read().unwrap_err(), [fault]);
        }
    }

    #[test]
    fn the_agb_code_of_a_practice_begins_with_its_kind() {
        let mut form = good();
        (form.kind, form.agb) = ("huisarts".into(), "01010005".into());
        assert!(form.read().is_ok());
        form.kind = "ziekenhuis".into();
        assert_eq!(form.read().unwrap_err(), [Fault::AgbKind]);
    }
}

//! Every text of the screens, in Dutch and English, side by side.
//!
//! Each part of the portal has a struct with a constant per language, made by `texts!`: a text that lacks
//! one of the two does not compile. Sentences about findings are not here; they come from `domain`.
//! `{…}` is filled by [`fill`]; no sentence is glued together from pieces.

pub mod accounts;
pub mod cards;
pub mod corrections;
pub mod decisions;
pub mod entry;
pub mod fixed;
pub mod frame;
pub mod kept;
pub mod links;
pub mod lists;
pub mod locations;
pub mod mend;
pub mod numbers;
pub mod onboarding;
pub mod operations;
pub mod outside;
pub mod parties;
pub mod persons;
pub mod registrations;
pub mod returned;
pub mod review;
pub mod upload;
pub mod users;
pub mod withdrawals;
pub mod worklist;

/// Makes a struct of texts with the constants `NL` and `EN`.
macro_rules! texts {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $nl:literal / $en:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug)]
        #[expect(missing_docs, reason = "the name and the Dutch text describe each field")]
        pub struct $name { $(pub $field: &'static str),* }

        impl $name {
            /// Dutch, the default.
            pub const NL: Self = Self { $($field: $nl),* };
            /// English.
            pub const EN: Self = Self { $($field: $en),* };
            /// Names and texts, for the test that reads them all.
            #[must_use]
            pub fn all(&self) -> Vec<(&'static str, &'static str)> {
                vec![$((stringify!($field), self.$field)),*]
            }
        }
    };
}
pub(crate) use texts;

use domain::text::Lang;

/// From the cookie; anything but "en" is Dutch.
#[must_use]
pub fn language(code: &str) -> Lang {
    if code == "en" { Lang::En } else { Lang::Nl }
}

/// Value of `<html lang>`.
#[must_use]
pub const fn code(language: Lang) -> &'static str {
    match language {
        Lang::Nl => "nl",
        Lang::En => "en",
    }
}

/// The texts in a language.
#[must_use]
pub const fn of(language: Lang) -> &'static Texts {
    match language {
        Lang::Nl => &NL,
        Lang::En => &EN,
    }
}

/// All texts of one language.
#[derive(Debug)]
pub struct Texts {
    /// Which.
    pub language: Lang,
    /// Page frame, errors, start page.
    pub frame: frame::Frame,
    /// Recording a vaccination.
    pub entry: entry::Entry,
    /// What this institution recorded.
    pub registrations: registrations::Registrations,
    /// Rows that RIVM sent back.
    pub returned: returned::Returned,
    /// Upload, preview, result.
    pub upload: upload::Upload,
    /// Mending refused rows.
    pub mend: mend::Mend,
    /// Withdrawing deliveries, and news.
    pub withdrawals: withdrawals::Withdrawals,
    /// Review by RIVM.
    pub review: review::Review,
    /// Decisions about clusters.
    pub decisions: decisions::Decisions,
    /// Linking a row to a person.
    pub links: links::Links,
    /// Numbers of the work.
    pub numbers: numbers::Numbers,
    /// Approval of connections.
    pub parties: parties::Parties,
    /// Users of an institution.
    pub users: users::Users,
    /// Locations of an institution.
    pub locations: locations::Locations,
    /// A form that was kept.
    pub kept: kept::Kept,
    /// The list of a round.
    pub worklist: worklist::Worklist,
    /// How a party comes in.
    pub onboarding: onboarding::Onboarding,
    /// Paper cards.
    pub cards: cards::Cards,
    /// Code lists.
    pub lists: lists::Lists,
    /// Accesses to the drop box.
    pub accounts: accounts::Accounts,
    /// How the work goes.
    pub operations: operations::Operations,
    /// One vaccination for each jab.
    pub persons: persons::Persons,
    /// Corrections on request.
    pub corrections: corrections::Corrections,
    /// Help, privacy, cookies, accessibility, sessions.
    pub fixed: fixed::Fixed,
    /// Pages that the server makes when the app cannot be asked.
    pub outside: outside::Outside,
}

/// Dutch.
pub static NL: Texts = Texts {
    language: Lang::Nl,
    frame: frame::Frame::NL,
    entry: entry::Entry::NL,
    registrations: registrations::Registrations::NL,
    returned: returned::Returned::NL,
    upload: upload::Upload::NL,
    mend: mend::Mend::NL,
    withdrawals: withdrawals::Withdrawals::NL,
    review: review::Review::NL,
    decisions: decisions::Decisions::NL,
    links: links::Links::NL,
    numbers: numbers::Numbers::NL,
    parties: parties::Parties::NL,
    users: users::Users::NL,
    kept: kept::Kept::NL,
    locations: locations::Locations::NL,
    worklist: worklist::Worklist::NL,
    onboarding: onboarding::Onboarding::NL,
    cards: cards::Cards::NL,
    lists: lists::Lists::NL,
    accounts: accounts::Accounts::NL,
    operations: operations::Operations::NL,
    persons: persons::Persons::NL,
    corrections: corrections::Corrections::NL,
    fixed: fixed::Fixed::NL,
    outside: outside::Outside::NL,
};

/// English.
pub static EN: Texts = Texts {
    language: Lang::En,
    frame: frame::Frame::EN,
    entry: entry::Entry::EN,
    registrations: registrations::Registrations::EN,
    returned: returned::Returned::EN,
    upload: upload::Upload::EN,
    mend: mend::Mend::EN,
    withdrawals: withdrawals::Withdrawals::EN,
    review: review::Review::EN,
    decisions: decisions::Decisions::EN,
    links: links::Links::EN,
    numbers: numbers::Numbers::EN,
    parties: parties::Parties::EN,
    users: users::Users::EN,
    kept: kept::Kept::EN,
    locations: locations::Locations::EN,
    worklist: worklist::Worklist::EN,
    onboarding: onboarding::Onboarding::EN,
    cards: cards::Cards::EN,
    lists: lists::Lists::EN,
    accounts: accounts::Accounts::EN,
    operations: operations::Operations::EN,
    persons: persons::Persons::EN,
    corrections: corrections::Corrections::EN,
    fixed: fixed::Fixed::EN,
    outside: outside::Outside::EN,
};

/// Fills the `{name}` of a text.
#[must_use]
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut out = text.to_owned();
    for (name, value) in values {
        out = out.replace(&format!("{{{name}}}"), value);
    }
    out
}

/// A number with Dutch or English separators: 1.200, 1,200.
#[must_use]
pub fn number(language: Lang, value: u64) -> String {
    let digits = value.to_string();
    let separator = if language == Lang::Nl { '.' } else { ',' };
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(digit);
    }
    out
}

//! Pages, one file each; a page is an async function from `Visit` to `Screen`.

pub(crate) mod choices;

mod check;
mod correct;
mod deliveries;
mod delivery;
mod errors;
mod help;
mod institution;
mod login;
mod mend;
mod person;
mod preview;
mod receipt;
mod registration;
mod registrations;
mod review;
mod sessions;
mod start;
mod statements;
mod upload;
mod vaccination;
mod vaccination_fields;
mod withdraw;
mod without_consent;

pub(crate) use check::check;
pub(crate) use correct::correct;
pub(crate) use deliveries::deliveries;
pub(crate) use delivery::delivery;
pub(crate) use errors::{broken, conflict, not_found, too_many};
pub(crate) use help::{columns, help, rule, rules};
pub(crate) use institution::institution;
pub(crate) use login::login;
pub(crate) use mend::{list as refused_rows, row as refused_row};
pub(crate) use person::person;
pub(crate) use receipt::receipt;
pub(crate) use registration::registration;
pub(crate) use registrations::registrations;
pub(crate) use review::{review, review_row};
pub(crate) use sessions::sessions;
pub(crate) use start::start;
pub(crate) use statements::{accessibility, cookies, privacy};
pub(crate) use upload::upload;
pub(crate) use vaccination::vaccination;
pub(crate) use withdraw::withdraw;
pub(crate) use without_consent::without_consent;

//! Pages, one file each; a page is an async function from `Visit` to `Screen`.

pub(crate) mod choices;

mod check;
mod errors;
mod institution;
mod login;
mod person;
mod receipt;
mod start;
mod vaccination;
mod vaccination_fields;
mod without_consent;

pub(crate) use check::check;
pub(crate) use errors::{broken, conflict, not_found, too_many};
pub(crate) use institution::institution;
pub(crate) use login::login;
pub(crate) use person::person;
pub(crate) use receipt::receipt;
pub(crate) use start::start;
pub(crate) use vaccination::vaccination;
pub(crate) use without_consent::without_consent;

//! Pages about what went wrong: not found (also: no right), too many, changed meanwhile, our fault.

use crate::page::page;
use crate::ports::{PortError, Wait};
use leptos::prelude::*;

/// No such page, or no right to it: the same answer.
pub(crate) fn not_found() -> AnyView {
    page(|_| async { Err(PortError::NotFound) })
}

/// A budget is used up.
pub(crate) fn too_many() -> AnyView {
    page(|visit| async move {
        Err(PortError::TooMany(
            visit.wait("tot").unwrap_or(Wait::NextMinute),
        ))
    })
}

/// Somebody else changed it.
pub(crate) fn conflict() -> AnyView {
    page(|_| async { Err(PortError::Conflict) })
}

/// Our fault, with the number to quote.
pub(crate) fn broken() -> AnyView {
    page(|visit| async move {
        let incident = visit
            .param("incident")
            .parse()
            .map_err(|_| PortError::NotFound)?;
        Err(PortError::Broken(incident))
    })
}

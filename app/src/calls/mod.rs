//! Server functions by subject: plain form posts that take who asks, call a port, and redirect.
//!
//! The redirect is always named, because no browser sends us a `Referer`. What is refused is a redirect to
//! the page that shows it; nothing personal is ever in an address. Only `progress` is asked by a script.

pub(crate) mod accounts;
pub(crate) mod cards;
pub(crate) mod corrections;
pub(crate) mod decisions;
pub(crate) mod delivery;
pub(crate) mod entry;
pub(crate) mod lists;
pub(crate) mod locations;
pub(crate) mod look;
pub(crate) mod mend;
pub(crate) mod onboarding;
pub(crate) mod parties;
pub(crate) mod persons;
pub(crate) mod progress;
pub(crate) mod registrations;
pub(crate) mod review;
pub(crate) mod sessions;
pub(crate) mod users;
pub(crate) mod withdrawals;
pub(crate) mod worklist;

mod answer {
    use crate::error::after_post;
    use crate::ports::{PortError, PortResult};
    use leptos::prelude::*;
    use std::future::Future;

    /// What a post answers: nothing; where it leads is in the redirect.
    pub(crate) type Posted = Result<(), ServerFnError>;

    /// Does the work and redirects to where it leads, or to the page about the error.
    pub(crate) async fn go(work: impl Future<Output = PortResult<String>>) -> Posted {
        let to = work.await.unwrap_or_else(after_post);
        leptos_axum::redirect(&to);
        Ok(())
    }

    /// Where somebody lands who did not want what takes a second person: its page, which says who was first when somebody was.
    pub(crate) fn not_wanted(page: String, dropped: PortResult<()>) -> PortResult<String> {
        match dropped {
            Err(PortError::Conflict) => Ok(format!("{page}?melding=eerder")),
            dropped => dropped.map(|()| page),
        }
    }

    /// An own path, or the start page: what comes from a form never leads elsewhere.
    pub(crate) fn own_path(path: &str) -> String {
        let own = path.starts_with('/')
            && !path.starts_with("//")
            && !path.starts_with("/\\")
            && path.chars().all(|c| c.is_ascii_graphic() && c != '\\');
        if own { path.to_owned() } else { "/".to_owned() }
    }
}

//! Posts about the lists of work of the reviewers.

use super::answer::{Posted, go, own_path};
use crate::page::{caller, review};
use crate::ports::PortError;
use crate::ports::review::With;
use leptos::prelude::*;
use uuid::Uuid;

/// Puts a row, or its whole group, on a list; leads back to the page it was asked on.
#[server(prefix = "/api", endpoint = "regel-toewijzen")]
pub(crate) async fn assign(
    row: Uuid,
    #[server(default)] group: bool,
    #[server(default)] to: String,
    #[server(default)] back: String,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let to = match With::parse(&to).ok_or(PortError::NotFound)? {
            With::Me => Some(caller.user_id),
            With::Colleague(id) => Some(id),
            With::Nobody => None,
        };
        review()?.assign(&caller, row, group, to).await?;
        Ok(own_path(&back))
    })
    .await
}

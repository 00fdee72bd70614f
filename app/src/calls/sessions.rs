//! Posts about the own sessions and the chosen institution.

use super::answer::{Posted, go};
use crate::page::{caller, sessions};
use leptos::prelude::*;
use uuid::Uuid;

/// Ends one of the own sessions.
#[server(prefix = "/api", endpoint = "sessie-beeindigen")]
pub(crate) async fn end_session(session: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        sessions()?.end(&caller, session).await?;
        Ok("/sessies".to_owned())
    })
    .await
}

/// Ends one session of somebody else, or all of theirs.
#[server(prefix = "/api", endpoint = "sessies-beeindigen")]
pub(crate) async fn end_user_sessions(
    user: Uuid,
    #[server(default)] session: Option<Uuid>,
) -> Posted {
    go(async move {
        let caller = caller().await?;
        let ended = sessions()?.end_sessions(&caller, user, session).await?;
        let word = if ended > 0 { "beeindigd" } else { "al" };
        Ok(format!("/gebruikers/sessies?melding={word}"))
    })
    .await
}

/// Throws a form away that was kept.
#[server(prefix = "/api", endpoint = "bewaard-weggooien")]
pub(crate) async fn discard_kept(id: Uuid) -> Posted {
    go(async move {
        let caller = caller().await?;
        sessions()?.discard_kept(&caller, id).await?;
        Ok("/".to_owned())
    })
    .await
}

/// Chooses the institution to work for; empty is the role at RIVM.
#[server(prefix = "/api", endpoint = "instelling-kiezen")]
pub(crate) async fn choose_institution(#[server(default)] instelling: String) -> Posted {
    go(async move {
        let caller = caller().await?;
        let party = if instelling.is_empty() {
            None
        } else {
            Some(
                instelling
                    .parse()
                    .map_err(|_| crate::ports::PortError::NotFound)?,
            )
        };
        sessions()?.choose(&caller, party).await?;
        Ok("/".to_owned())
    })
    .await
}

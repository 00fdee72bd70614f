//! How far a delivery is, asked by the island once a second; it does not slide the session.

use crate::islands::progress::HowFar;
use crate::page::{caller, deliveries, withdrawals};
use crate::ports::PortError;
use crate::ports::deliveries::Phase;
use leptos::prelude::*;
use uuid::Uuid;

/// How far is this delivery of the own institution? Any failure reads as "no longer working", so that the page is asked anew.
#[server(prefix = "/api", endpoint = "aanlevering-voortgang")]
pub(crate) async fn delivery_progress(delivery: Uuid) -> Result<HowFar, ServerFnError> {
    let ended = HowFar {
        working: false,
        done: 0,
        total: 0,
    };
    let Ok(caller) = caller().await else {
        return Ok(ended);
    };
    let Ok(port) = deliveries() else {
        return Ok(ended);
    };
    let shown = port.delivery(&caller, delivery).await;
    // RIVM has no page of a delivery; it looks on while one is withdrawn
    if shown
        .as_ref()
        .is_err_and(|error| *error == PortError::NotFound)
        && let Ok(port) = withdrawals()
        && let Ok(view) = port.withdrawal(&caller, delivery).await
        && let Some(request) = view.open.filter(|request| request.running)
    {
        return Ok(HowFar {
            working: true,
            done: request.progress.0,
            total: request.progress.1,
        });
    }
    Ok(shown.map_or(ended, |view| HowFar {
        working: matches!(
            view.line.phase,
            Phase::Received
                | Phase::Checking
                | Phase::Storing
                | Phase::Withdrawing
                | Phase::Restoring
        ),
        done: view.progress.0,
        total: view.progress.1,
    }))
}
